// Outcomes: what became of each row of a batch, stored in one step. The baseline of the sent fields moves only here.
import type { JsonObject } from "../base/json.ts";
import type { VendorWords } from "../base/errors.ts";
import type { RowOutcome, VendorRecord } from "../connector/contract.ts";
import type { Database, Tx } from "../store/database.ts";
import { lockEntities } from "../store/entity.ts";
import {
  closeAttempts,
  delayIntents,
  insertUnsent,
  insertIntents,
  markUnknown,
  parkIntents,
  settleIntents,
  type AttemptRow,
  type Outcome,
} from "../store/intent.ts";
import { holdLane } from "../store/lane.ts";
import { insertLinks, moveBaselines, setLinkState, type LinkWrite } from "../store/link.ts";
import { park, type ParkedWrite } from "../store/parked.ts";
import { takePendingPushes } from "../store/pending.ts";
import { countRun } from "../store/run.ts";
import { packCounts } from "./counts.ts";
import type { PushParts, PushRun } from "./push.ts";

/** What the engine itself says of an attempt: `withdrawn`, certainly not sent; `settled`, read back after an unknown outcome (null: not there). */
type Verdict = RowOutcome | "withdrawn" | { readonly settled: VendorRecord | null };

/** How often a row is tried when the vendor says that the same row may succeed later; then it is parked. */
const TRIES_MAX = 12;

export async function storeOutcomes(
  parts: (PushParts & { tx?: Tx }) | (Omit<PushParts, "database"> & { database: Database; tx?: Tx }),
  run: PushRun,
  attempts: readonly AttemptRow[],
  verdicts: readonly Verdict[],
): Promise<void> {
  const body = async (tx: Tx): Promise<void> => {
    const { ctx } = run;
    const now = parts.clock.now();
    await lockEntities(tx, [...new Set(attempts.map((attempt) => attempt.entityId))].toSorted());
    const closed: Outcome[] = [];
    const settled: { entityId: string; version: number }[] = [];
    const newLinks: LinkWrite[] = [];
    const moved: { recordId: string; sent: string; written: string[]; fillers: string }[] = [];
    const gone: string[] = [];
    const later: string[] = [];
    const parked: ParkedWrite[] = [];
    const unknown: string[] = [];
    const linked: string[] = [];
    const close = (
      attempt: AttemptRow,
      outcome: Outcome["outcome"],
      more: { recordId?: string; vendor?: VendorWords } = {},
    ): void => {
      closed.push({
        attempt,
        outcome,
        recordId: more.recordId ?? null,
        returned: null,
        vendor: more.vendor ? (more.vendor as unknown as JsonObject) : null,
      });
    };
    const setAside = (attempt: AttemptRow, reason: string, vendor: VendorWords): void => {
      parked.push({
        subject: attempt.entityId,
        reason,
        message: vendor.message,
        field: vendor.fields[0] ?? null,
        vendor: vendor as unknown as JsonObject,
      });
      run.counts.parked = (run.counts.parked ?? 0) + 1;
    };

    attempts.forEach((attempt, index) => {
      const verdict = verdicts[index]!;
      if (verdict === "withdrawn") return close(attempt, "superseded");
      if ("settled" in verdict) {
        const record = verdict.settled;
        // A create that was found is linked by the merge already; a delete whose record is gone is done.
        if (attempt.op === "create" && record) {
          close(attempt, "done", { recordId: record.id });
          run.counts.created = (run.counts.created ?? 0) + 1;
        } else if (attempt.op === "delete" && !record) {
          gone.push(attempt.recordId!);
          settled.push({ entityId: attempt.entityId, version: attempt.version });
          close(attempt, "done");
        } else {
          // Read back, and not (all) there: it is owed still, a little later.
          close(attempt, "unknown");
          later.push(attempt.entityId);
        }
        return;
      }
      if (verdict.state === "unknown") {
        unknown.push(attempt.id);
        return;
      }
      if (verdict.state === "done") {
        settled.push({ entityId: attempt.entityId, version: attempt.version });
        close(attempt, "done", { recordId: verdict.id });
        if (attempt.op === "create") {
          newLinks.push(linkFor(attempt, verdict.id));
          linked.push(attempt.entityId);
          run.counts.created = (run.counts.created ?? 0) + 1;
        } else if (attempt.op === "update") {
          moved.push({
            recordId: attempt.recordId!,
            sent: JSON.stringify(attempt.sent),
            written: Object.keys(attempt.body),
            fillers: JSON.stringify(attempt.fillers),
          });
          run.counts.updated = (run.counts.updated ?? 0) + 1;
        } else {
          gone.push(attempt.recordId!);
          run.counts.deleted = (run.counts.deleted ?? 0) + 1;
        }
        return;
      }
      const { kind, vendor } = verdict;
      close(attempt, "failed", { vendor });
      if (kind === "gone" && attempt.op === "delete") {
        gone.push(attempt.recordId!);
        settled.push({ entityId: attempt.entityId, version: attempt.version });
      } else if (kind === "later" || kind === "gone") later.push(attempt.entityId);
      else setAside(attempt, `vendor.${vendor.code}`, vendor);
    });

    await closeAttempts(tx, closed, now);
    await markUnknown(tx, unknown);
    await insertLinks(
      tx,
      { stream: ctx.stream.id, connectionId: ctx.connection.id, mapping: ctx.stream.mappingVersion, at: now },
      newLinks,
    );
    await insertUnsent(
      tx,
      ctx.stream.id,
      closed.flatMap(({ attempt, outcome, recordId }) =>
        outcome === "done" && recordId !== null && attempt.unsent.length > 0
          ? [{ recordId, fields: attempt.unsent }]
          : [],
      ),
    );
    await moveBaselines(tx, ctx.stream.id, moved);
    await setLinkState(tx, ctx.stream.id, gone, "deleted");
    await settleIntents(tx, ctx.stream.id, settled);
    const owed = await takePendingPushes(tx, ctx.connection.id, linked);
    await insertIntents(
      tx,
      owed.map((one) => ({ ...one, op: "upsert" as const })),
      now,
    );
    await parts.jobs.wake(
      tx,
      [...new Set(owed.map((one) => one.streamId))].map((streamId) => ({ streamId, lane: "push" as const })),
      "reference",
    );
    const exhausted = await delayIntents(tx, ctx.stream.id, later, { now, triesMax: TRIES_MAX });
    for (const entityId of exhausted) {
      const index = attempts.findIndex((one) => one.entityId === entityId);
      const verdict = verdicts[index]!;
      const vendor: VendorWords =
        typeof verdict === "object" && "state" in verdict && verdict.state === "failed"
          ? verdict.vendor
          : {
              status: 0,
              code: "no_outcome",
              message: `The vendor did not say what became of this write in ${TRIES_MAX} tries.`,
              fields: [],
            };
      setAside(attempts[index]!, `vendor.${vendor.code}`, vendor);
    }
    await park(
      tx,
      { streamId: ctx.stream.id, side: "push", mapping: ctx.stream.mappingVersion, runId: run.runId, at: now },
      parked,
    );
    await parkIntents(
      tx,
      ctx.stream.id,
      parked.map((one) => one.subject),
    );
    await countRun(tx, run.runId, packCounts(run.counts));
  };
  if (parts.tx) return body(parts.tx);
  const before = { ...run.counts };
  await parts.database.transaction(async (tx) => {
    // A body that runs again counts again from where it began.
    for (const key of Object.keys(run.counts) as (keyof typeof run.counts)[]) delete run.counts[key];
    Object.assign(run.counts, before);
    await holdLane(tx, run.claim);
    await body(tx);
  });
}

/** A record just made: both sides agree on what was sent. It has no image yet; the next pull brings one, and it is merged like any other. */
function linkFor(attempt: AttemptRow, recordId: string): LinkWrite {
  const baseline = Object.fromEntries(Object.entries(attempt.sent).filter(([, value]) => value !== null));
  return {
    recordId,
    entityId: attempt.entityId,
    state: "active",
    baseline: JSON.stringify(baseline),
    image: null,
    digest: null,
    fillers: Object.keys(attempt.fillers).length > 0 ? JSON.stringify(attempt.fillers) : null,
    vendorVersion: null,
    changedAt: null,
    parked: false,
  };
}
