// Records that a person decided about: each is read once more, and what is not there any more is deleted, or made again, as they said.
import type { VendorRecord } from "../connector/contract.ts";
import { answerAsked, nextAsked, type AskedRecord } from "../store/asked.ts";
import type { Database, Tx } from "../store/database.ts";
import { holdLane } from "../store/lane.ts";
import { imagesOf } from "../store/link.ts";
import { applyRecords } from "./apply.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { addCounts } from "./counts.ts";
import { putBack } from "./ends.ts";
import { fieldsOf } from "./image.ts";
import { wakePushes, type PullParts, type PullRun } from "./pull.ts";
import { atOnce, type Spared } from "./spared.ts";

/** Works off what was asked for, but for what processes die of: that stays asked for. Where a vendor shows no single record, what it last said of each counts. */
export async function workAsked(parts: PullParts, run: PullRun, spared: Spared): Promise<void> {
  const { ctx } = run;
  const { careful, killers } = spared;
  const limit = atOnce(spared, ctx.declaration.batch.read ?? 200);
  for (let after: string | null = null; ;) {
    run.signal.throwIfAborted();
    const next: AskedRecord[] = await nextAsked(parts.database, ctx.stream.id, { after, limit });
    if (next.length === 0) return;
    after = next.at(-1)!.recordId;
    const asked = next.filter(({ recordId }) => !killers.has(recordId));
    if (asked.length === 0) continue;
    await careful?.hold(asked.map(({ recordId }) => recordId));
    const there = await shownNow(parts, run, asked);
    const counts = await parts.database.transaction(async (tx) => {
      await holdLane(tx, run.claim);
      const of: StepOf = { now: parts.clock.now(), runId: run.runId, lastLook: null, newId: parts.newId };
      const missing = (kind: AskedRecord["missing"]) =>
        asked.filter((one) => one.missing === kind && !there.has(one.recordId));
      const ended = missing("end").map(({ recordId, toldAt }): VendorRecord => ({
        id: recordId,
        changedAt: toldAt,
        version: null,
        fields: {},
        deleted: true,
      }));
      const records = [...there.values(), ...ended];
      const applied = await applyRecords(tx, ctx, records, of, { force: true, released: true });
      await wakePushes(tx, parts.jobs, applied);
      const again = missing("restore").map((one) => one.recordId);
      await wakePushes(tx, parts.jobs, { owing: await putBack(tx, ctx, again, of) });
      await answerAsked(
        tx,
        ctx.stream.id,
        asked.map((one) => one.recordId),
      );
      return applied.counts;
    });
    addCounts(run.counts, counts);
  }
}

/** Those that are there, by id; also what leads to a record that took them in. */
async function shownNow(
  parts: PullParts,
  { ctx, signal }: Pick<PullRun, "ctx" | "signal">,
  asked: readonly AskedRecord[],
): Promise<Map<string, VendorRecord>> {
  const { read } = ctx.declaration;
  if (!read)
    return lastShown(
      parts.database,
      ctx,
      asked.filter((one) => one.missing === "merge"),
    );
  const ids = asked.map((one) => one.recordId);
  const records = await read(parts.api, { ids, fields: ctx.mapping.vendorFields, signal });
  return new Map(records.flatMap((record, index) => (record ? [[ids[index]!, record]] : [])));
}

async function lastShown(
  tx: Database | Tx,
  ctx: StreamContext,
  asked: readonly AskedRecord[],
): Promise<Map<string, VendorRecord>> {
  const images = await imagesOf(
    tx,
    ctx.stream.id,
    asked.map((one) => one.recordId),
  );
  return new Map(
    images.map(({ recordId, image, changedAt, vendorVersion }) => [
      recordId,
      { id: recordId, changedAt, version: vendorVersion, fields: fieldsOf(image, ctx.mapping.vendorFields) },
    ]),
  );
}
