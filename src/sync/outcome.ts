// Outcomes: what became of each row of a batch, stored in one step. The baseline of the sent fields moves only here.
import type { JsonObject } from "../base/json.ts";
import type { VendorWords } from "../base/errors.ts";
import type { RowOutcome, VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Database, Tx } from "../store/database.ts";
import { holdDoubtful, insertDuplicates } from "../store/duplicate.ts";
import { lockEntities } from "../store/entity.ts";
import {
  closeAttempts,
  delayIntents,
  delayMissed,
  insertUnsent,
  insertIntents,
  markUnknown,
  parkIntents,
  settleIntents,
  type AttemptRow,
  type Outcome,
} from "../store/intent.ts";
import { holdLane } from "../store/lane.ts";
import {
  activeLinks,
  entitiesOfRecords,
  insertLinks,
  lockLinks,
  moveBaselines,
  setLinkState,
  type LinkWrite,
} from "../store/link.ts";
import { park, parkedFor, unpark, type ParkedWrite } from "../store/parked.ts";
import { takePendingPushes } from "../store/pending.ts";
import { countRun } from "../store/run.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { packCounts } from "./counts.ts";
import { endsToldTo, goneForGood, WITHDRAWN } from "./gone.ts";
import { lacking } from "./leave-out.ts";
import { CREATED } from "./linked.ts";
import type { PushParts, PushRun } from "./push.ts";
import { leftOut, refusedWhole } from "./told.ts";
import { setAside } from "./twins.ts";

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
    const entities = await lockEntities(tx, [...new Set(attempts.map((attempt) => attempt.entityId))].toSorted());
    // Merged away while its create was on its way: the record belongs to the one that took it in.
    const survivors = new Map(entities.flatMap((row) => (row.mergedInto === null ? [] : [[row.id, row.mergedInto]])));
    const ended = await endedMeanwhile(tx, ctx, attempts, verdicts);
    const takenAway = await goneBeforeTakenAway(tx, ctx, attempts, verdicts);
    const closed: Outcome[] = [];
    const settled: { entityId: string; version: number }[] = [];
    const newLinks: LinkWrite[] = [];
    const moved: Parameters<typeof moveBaselines>[2][number][] = [];
    const gone: string[] = [];
    const later: string[] = [];
    const missed: string[] = [];
    const parked: ParkedWrite[] = [];
    const unknown: string[] = [];
    const linked: string[] = [];
    const madeAt = new Map<string, number>();
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
    const setAside = (attempt: AttemptRow, told: ParkedWrite): void => {
      // What was merged away or converted meanwhile owes nothing: what it became says so itself where something is wrong.
      if (survivors.has(attempt.entityId) || ended.has(attempt.recordId ?? "")) return;
      parked.push(told);
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
        const unwritten = verdict.unwritten ?? [];
        if (unwritten.length > 0) setAside(attempt, leftOut(attempt.entityId, attempt.body, unwritten));
        else settled.push({ entityId: attempt.entityId, version: attempt.version });
        const written = writtenOf(ctx, attempt, unwritten);
        close(written, "done", { recordId: verdict.id, ...(unwritten[0] ? { vendor: unwritten[0] } : {}) });
        if (attempt.op === "create") {
          newLinks.push(linkFor(written, verdict.id));
          if (verdict.created && verdict.changedAt !== undefined) madeAt.set(verdict.id, verdict.changedAt);
          linked.push(attempt.entityId);
          run.counts.created = (run.counts.created ?? 0) + 1;
        } else if (attempt.op === "update") {
          moved.push({
            recordId: attempt.recordId!,
            changedAt: verdict.changedAt ?? null,
            sent: JSON.stringify(written.sent),
            written: Object.keys(written.body),
            fillers: JSON.stringify(written.fillers),
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
      if (kind === "gone" && attempt.op === "delete" && !takenAway.has(attempt.entityId)) {
        gone.push(attempt.recordId!);
        settled.push({ entityId: attempt.entityId, version: attempt.version });
      } else if (kind === "gone") missed.push(attempt.entityId);
      else if (kind === "later") later.push(attempt.entityId);
      else setAside(attempt, refusedWhole(attempt.entityId, attempt.body, vendor));
    });

    const toldTo = missed.length === 0 ? now : await endsToldTo(tx, ctx, now);
    const lost = new Set(await delayMissed(tx, ctx.stream.id, missed, { now, toldTo }));
    for (const { entityId, recordId } of attempts) {
      if (!lost.has(entityId) || survivors.has(entityId)) continue;
      gone.push(recordId!);
      parked.push(goneForGood(ctx, entityId));
      run.counts.parked = (run.counts.parked ?? 0) + 1;
    }
    await closeAttempts(tx, closed, now);
    await markUnknown(tx, unknown);
    await linkMade(tx, run, newLinks, survivors, { now, runId: run.runId, lastLook: null, newId: parts.newId });
    await insertUnsent(
      tx,
      ctx.stream.id,
      closed.flatMap(({ attempt, outcome, recordId }) =>
        outcome === "done" && recordId !== null && attempt.unsent.length > 0
          ? [{ recordId, fields: attempt.unsent, madeAt: madeAt.get(recordId) ?? null }]
          : [],
      ),
    );
    await moveBaselines(tx, ctx.stream.id, moved);
    await setLinkState(tx, ctx.stream.id, gone, "deleted");
    await settleIntents(tx, ctx.stream.id, settled);
    const owed = await takePendingPushes(tx, ctx.connection.id, linked);
    // Deleted there and alive here: it is to be made anew, or came back to life meanwhile.
    const removed = new Set(
      closed.flatMap(({ attempt }) => (gone.includes(attempt.recordId ?? "") ? [attempt.entityId] : [])),
    );
    const away = await parkedFor(tx, ctx.stream.id, "push", { reason: WITHDRAWN, subjects: [...removed] });
    for (const { id: entityId, version, deletedAt, mergedInto } of entities)
      if (
        removed.has(entityId) &&
        !lost.has(entityId) &&
        !away.has(entityId) &&
        deletedAt === null &&
        mergedInto === null
      )
        owed.push({ streamId: ctx.stream.id, entityId, version });
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
    // Gone, says the vendor: the next look at its deletions tells whether it was deleted or merged, and that look is due now.
    const missing = verdicts.some(
      (verdict) => typeof verdict === "object" && "kind" in verdict && verdict.kind === "gone",
    );
    if (missing && ctx.stream.direction !== "out")
      await parts.jobs.wake(tx, [{ streamId: ctx.stream.id, lane: "batch" }], "gone");
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
              act: "See whether the record is right there, then let it be written again with `winston parked retry`.",
            };
      setAside(attempts[index]!, refusedWhole(entityId, attempts[index]!.body, vendor));
    }
    await park(
      tx,
      { streamId: ctx.stream.id, side: "push", mapping: ctx.stream.mappingVersion, runId: run.runId, at: now },
      parked,
    );
    const sentVersion = new Map(attempts.map((attempt) => [attempt.entityId, attempt.version]));
    await parkIntents(
      tx,
      ctx.stream.id,
      parked.map(({ subject }) => ({ entityId: subject, version: sentVersion.get(subject)! })),
    );
    await askAboutExisting(parts, tx, run, refusedByExisting(attempts, verdicts));
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

/** What lives here and was to be taken away there by an undo, and was gone already: somebody deleted it there, as its vendor tells. */
async function goneBeforeTakenAway(
  tx: Tx,
  { stream }: StreamContext,
  attempts: readonly AttemptRow[],
  verdicts: readonly Verdict[],
): Promise<ReadonlySet<string>> {
  const subjects = attempts.flatMap(({ op, entityId }, index) => {
    const verdict = verdicts[index]!;
    return op === "delete" && typeof verdict === "object" && "kind" in verdict && verdict.kind === "gone"
      ? [entityId]
      : [];
  });
  return subjects.length === 0 ? new Set() : parkedFor(tx, stream.id, "push", { reason: WITHDRAWN, subjects });
}

/** Records that ended while a write of theirs was on its way, which was refused for that: a converted lead takes no edit. */
async function endedMeanwhile(
  tx: Tx,
  { stream }: StreamContext,
  attempts: readonly AttemptRow[],
  verdicts: readonly Verdict[],
): Promise<ReadonlySet<string>> {
  const refused = attempts.flatMap(({ recordId }, index) => {
    const verdict = verdicts[index]!;
    return recordId !== null && typeof verdict === "object" && "kind" in verdict ? [recordId] : [];
  });
  const links = await lockLinks(tx, stream.id, refused);
  return new Set(links.flatMap((link) => (link.state === "active" ? [] : [link.recordId])));
}

/** An attempt without the fields that the vendor took nothing for. */
const writtenOf = (ctx: StreamContext, attempt: AttemptRow, unwritten: readonly VendorWords[]): AttemptRow =>
  unwritten.length === 0 ? attempt : lacking(ctx, attempt, new Set(unwritten.flatMap(({ fields }) => fields)));

/** Creates that the vendor refused because a record is there that has a value only one may have. */
export function refusedByExisting(
  attempts: readonly AttemptRow[],
  verdicts: readonly (Verdict | RowOutcome)[],
): { entityId: string; recordIds: readonly string[]; attempt: AttemptRow }[] {
  return verdicts.flatMap((verdict, index) =>
    typeof verdict === "object" && "kind" in verdict && verdict.kind === "exists" && attempts[index]!.op === "create"
      ? [
          {
            entityId: attempts[index]!.entityId,
            recordIds: verdict.existingIds ?? [],
            attempt: attempts[index]!,
          },
        ]
      : [],
  );
}

/**
 * Where the record that is there belongs to something else of ours, the two may be one: a person is asked, and the create is held instead
 * of parked. A pair about which a person has said already that it is two is not asked about again.
 */
export async function askAboutExisting(
  parts: Pick<PushParts, "clock" | "newId">,
  tx: Tx,
  { ctx, counts }: PushRun,
  refused: readonly { entityId: string; recordIds: readonly string[] }[],
): Promise<void> {
  // Two ties of one pair are no question: the vendor's words say that it has one already.
  if (refused.length === 0 || endsOf(ctx.stream.kind)) return;
  const recordIds = refused.flatMap((one) => one.recordIds);
  const owners = new Map(
    (await entitiesOfRecords(tx, [ctx.stream.id], recordIds)).map((row) => [row.recordId, row.entityId]),
  );
  const pairs = refused.flatMap(({ entityId, recordIds: ids }) =>
    [...new Set(ids.flatMap((id) => owners.get(id) ?? []))]
      .filter((other) => other !== entityId)
      .map((other) => ({ id: parts.newId(), leftId: other, rightId: entityId })),
  );
  await insertDuplicates(tx, { kind: ctx.stream.kind, at: parts.clock.now(), connectionId: ctx.connection.id }, pairs);
  const asked = [...new Set(pairs.map((pair) => pair.rightId))];
  const held = await holdDoubtful(tx, ctx.stream.id, asked, "parked");
  await unpark(tx, ctx.stream.id, "push", held);
  if (held.length > 0) counts.parked = (counts.parked ?? 0) - held.length;
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
    reason: CREATED,
  };
}

/**
 * Links records just made. A pull may have met one meanwhile and linked it by its handle: that link stands. One whose entity was merged
 * away goes to the survivor: as its record here, or, where it has one already, as a merged one that a person joins at the vendor.
 */
async function linkMade(
  tx: Tx,
  { ctx }: PushRun,
  made: readonly LinkWrite[],
  survivors: ReadonlyMap<string, string>,
  at: StepOf,
): Promise<void> {
  const known = new Set(
    (
      await entitiesOfRecords(
        tx,
        [ctx.stream.id],
        made.map((link) => link.recordId),
      )
    ).map((row) => row.recordId),
  );
  const fresh = made
    .filter((link) => !known.has(link.recordId))
    .map((link) => ({ ...link, entityId: survivors.get(link.entityId) ?? link.entityId }));
  const ids = fresh.map((link) => link.entityId);
  const taken = new Map((await activeLinks(tx, ids, ctx.connection.id)).map((link) => [link.entityId, link.recordId]));
  const of = { stream: ctx.stream.id, connectionId: ctx.connection.id, mapping: ctx.stream.mappingVersion, at: at.now };
  const links = fresh.map((link) => (taken.has(link.entityId) ? { ...link, state: "merged" as const } : link));
  await insertLinks(tx, of, links);
  // Ties are of what they join: nobody need be told of theirs.
  for (const { entityId, recordId } of endsOf(ctx.stream.kind) ? [] : fresh) {
    const kept = taken.get(entityId);
    const why = "since two were made one while this was being made";
    if (kept !== undefined) await setAside(tx, at, { streamId: ctx.stream.id, recordId, kept, why });
  }
}
