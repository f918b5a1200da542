// Sweep: a stream beside its vendor, record by record, and each difference with its cause (guarantee R16). It lists what is there, tells it
// apart from what is known here in the database, reads what is not the same once more by its id, and only then says something. A page, what
// it showed and the checkpoint commit together, so that a run that was cut short goes on where it was.
import type { Json } from "../base/json.ts";
import type { Page } from "../connector/contract.ts";
import {
  beginComparison,
  countComparison,
  deleteComparisonsBefore,
  endComparison,
  lastDepth,
  moveComparison,
  nextComparison,
  SCHEDULE,
  type ComparisonRow,
  type Depth,
} from "../store/comparison.ts";
import type { Tx } from "../store/database.ts";
import { readEntities } from "../store/entity.ts";
import {
  countDifferences,
  differOwed,
  differParked,
  differUnmade,
  differWaiting,
  dropResolved,
  dropUnmade,
  forgottenWrites,
  movingRecords,
  noteRepaired,
  unmadeThings,
  writeDifferences,
} from "../store/difference.ts";
import { hurryIntents, insertIntents } from "../store/intent.ts";
import { backfillOwed, holdLane, saveCheckpoint } from "../store/lane.ts";
import {
  agreedOn,
  clearListed,
  countListed,
  countUnlisted,
  doubtedRecords,
  noteListed,
  unlistedRecords,
} from "../store/listed.ts";
import { askForParked, releasePushes } from "../store/parked.ts";
import { countRun } from "../store/run.ts";
import type { StreamContext } from "./context.ts";
import { packCounts } from "./counts.ts";
import { isWritten, unwritten } from "./filter.ts";
import { imageOf } from "./image.ts";
import { writeProblemOf } from "./leave.ts";
import { look, type LookOf } from "./look.ts";
import type { PullParts, PullRun } from "./pull.ts";
import { atOnce, fewOf, sparedIn, untouched, type Spared } from "./spared.ts";

export interface SweepRun extends PullRun {
  /** Requests sent in this run so far. */
  requests(): number;
}

/** Where a comparison stands, in the lane's checkpoint. */
interface SweepCheckpoint {
  readonly comparisonId: string;
  /** listed: all pages are noted, and none is asked for again. */
  readonly phase: "list" | "listed" | "doubts" | "missing";
  /** What the records were read by: under another mapping all begins anew. */
  readonly mapping: number;
  /** How many records the vendor counted before it listed them; null where it does not tell, or was not asked yet. */
  readonly counted: number | null;
  /** The connector's own, within the listing. */
  readonly cursor: Json;
  /** The record behind which the reading of single ones goes on. */
  readonly after: string | null;
  /** When the listing began, by our clock: what was linked since then cannot be in it. */
  readonly startedAt: number;
  /** Requests of earlier runs of this comparison. */
  readonly spent: number;
  /** Of fields that no record showed so far: of how many records both sides agreed on a value. */
  readonly hidden: Readonly<Record<string, number>>;
  /** Fields that some record showed. */
  readonly carried: readonly string[];
}

/** How long an edit may be on its way before it is a difference, besides what the vendor itself takes to show it. */
const LAG_MS = 15 * 60_000;
/** Up to so many records all fields are compared every day. */
const DAILY_FIELDS_MAX = 50_000;
const WEEK_MS = 7 * 86_400_000;
/** A day early is a week: the hour of the day is the same, and a minute may be missing. */
const NEARLY_MS = 3_600_000;
const KEPT_MS = 90 * 86_400_000;
const LOOK_MAX = 200;

/** How long after a look what was moving is looked at again. */
export const lagOf = ({ declaration, stream }: Pick<StreamContext, "declaration" | "stream">): number =>
  LAG_MS + declaration.overlapMs + stream.everyMs;

/** Daily, the fields of all records are read; of a large stream once a week, and its versions on the other days. */
export function depthOf(
  asked: Pick<ComparisonRow, "askedBy" | "depth">,
  of: { linked: number; fieldsAt: number | null; now: number },
): Depth {
  if (asked.askedBy !== SCHEDULE || of.linked <= DAILY_FIELDS_MAX) return asked.depth;
  return of.fieldsAt === null || of.now - of.fieldsAt >= WEEK_MS - NEARLY_MS ? "fields" : "versions";
}

/** Works off the comparisons that a stream is asked for, and looks again at what was moving. Throws what the vendor or the store threw; what was committed stays. */
export async function sweep(parts: PullParts, run: SweepRun): Promise<void> {
  const { ctx } = run;
  if (await backfillOwed(parts.database, ctx.stream.id)) return;
  const spared = await sparedIn(parts, run);
  for (;;) {
    run.signal.throwIfAborted();
    const next = await nextComparison(parts.database, ctx.stream.id, parts.clock.now());
    if (!next) return;
    if (next.state === "done") await lookAgain(parts, run, next, spared);
    else await compare(parts, run, next, spared);
  }
}

async function compare(parts: PullParts, run: SweepRun, asked: ComparisonRow, spared: Spared): Promise<void> {
  const { ctx, claim } = run;
  const { database, clock } = parts;
  const saved = claim.checkpoint as unknown as SweepCheckpoint | null;
  const sentBefore = run.requests();
  let comparison = asked;
  let at: SweepCheckpoint;
  const moveTo = async (tx: Tx, to: SweepCheckpoint, more: { counts?: Record<string, number>; note?: string } = {}) => {
    const requests = to.spent + run.requests() - sentBefore;
    const counts = { ...more.counts, requests };
    await moveComparison(tx, claim, {
      checkpoint: { ...to, spent: requests } as unknown as Json,
      run: { id: run.runId, counts: packCounts(run.counts) },
      comparison: { id: comparison.id, counts, note: more.note ?? null },
    });
  };
  const { mappingVersion: mapping } = ctx.stream;
  if (asked.state === "running" && saved?.comparisonId === asked.id && saved.mapping === mapping) at = saved;
  else {
    const { linked, fieldsAt } = await lastDepth(database, ctx.stream.id);
    comparison = { ...asked, depth: depthOf(asked, { linked, fieldsAt, now: clock.now() }) };
    const none = { counted: null, cursor: null, after: null, spent: 0, hidden: {}, carried: [] };
    at = { comparisonId: asked.id, phase: "list", mapping, startedAt: clock.now(), ...none };
    await database.transaction(async (tx) => {
      await holdLane(tx, claim);
      await clearListed(tx, ctx.stream.id);
      await beginComparison(tx, asked.id, { depth: comparison.depth, runId: run.runId, at: at.startedAt });
      await moveTo(tx, at);
    });
    if (!ctx.declaration.read) return refuse(parts, run, comparison);
  }

  let there = comparison.counts["there"] as number | undefined;
  if (at.phase === "list") {
    at = { ...at, counted: at.counted ?? (await ctx.declaration.count?.(parts.api, run.signal)) ?? null };
    const fields = comparison.depth === "fields" ? ctx.mapping.vendorFields : [];
    const few = fewOf(spared);
    const of = { fields, since: null, cursor: at.cursor, now: at.startedAt, signal: run.signal };
    const request = { ...of, ...(few && { few }) };
    for await (const given of ctx.declaration.pull(parts.api, request)) {
      const page = await untouched(given, spared, ctx);
      run.counts.read = (run.counts.read ?? 0) + page.records.length;
      at = await database.transaction(async (tx) => {
        await holdLane(tx, claim);
        const phase = page.cursor === null ? ("listed" as const) : at.phase;
        const noted = await notePage(tx, ctx, comparison.depth, page, at);
        const to: SweepCheckpoint = { ...at, phase, cursor: page.cursor, ...noted };
        await moveTo(tx, to);
        return to;
      });
      run.signal.throwIfAborted();
    }
  }
  if (at.phase !== "doubts" && at.phase !== "missing") {
    const listed = await countListed(database, ctx.stream.id);
    there = at.counted ?? undefined;
    // Told again where it does not fit: what was made or deleted meanwhile is in one and not in the other.
    if (there !== undefined && listed < there)
      there = Math.min(there, await ctx.declaration.count!(parts.api, run.signal));
    at = { ...at, phase: "doubts", cursor: null };
    await database.transaction(async (tx) => {
      await holdLane(tx, claim);
      const lagMs = lagOf(ctx);
      const of = { streamId: ctx.stream.id, comparisonId: comparison.id, at: clock.now() };
      await differParked(tx, of);
      await differOwed(tx, { ...of, since: clock.now() - lagMs, why: whyNothingIsWritten(ctx) });
      await differWaiting(tx, of);
      await writeDifferences(
        tx,
        of,
        Object.entries(at.hidden).map(([field, count]) => ({
          cause: "hidden",
          subject: field,
          field,
          recordId: null,
          entityId: null,
          message: `No record shows what ${field} is made from; ${count} had a value. Nothing is taken for blank.`,
          there: null,
          here: null,
          repaired: false,
        })),
      );
      await moveTo(tx, at, {
        counts: { listed, ...(there === undefined ? {} : { there }) },
        ...(there !== undefined && listed < there
          ? { note: `The vendor counts ${there} records and listed ${listed}: what is missing was not judged.` }
          : {}),
      });
    });
  }
  const listed = await countListed(database, ctx.stream.id);
  const complete = there === undefined || listed >= there;
  const missing = complete ? await countUnlisted(database, ctx.stream.id, at.startedAt) : 0;
  const of: LookOf = {
    again: false,
    watermark: (await lastDepth(database, ctx.stream.id)).watermark,
    lagMs: lagOf(ctx),
    tooMany: missing > Math.max(50, (listed + missing) * 0.05),
  };
  const looking = { ...run, comparison };
  const limit = atOnce(spared, Math.min(LOOK_MAX, ctx.declaration.batch.read ?? LOOK_MAX));
  const lookAt = async (next: (after: string | null) => Promise<string[]>): Promise<void> => {
    for (;;) {
      run.signal.throwIfAborted();
      const ids = await next(at.after);
      if (ids.length === 0) return spared.careful?.hold([]);
      const to = { ...at, after: ids.at(-1)! };
      const safe = ids.filter((id) => !spared.killers.has(id));
      await spared.careful?.hold(safe);
      await look(parts, looking, safe, of, (tx) => moveTo(tx, to));
      at = to;
    }
  };
  if (at.phase === "doubts") {
    await lookAt((after) => doubtedRecords(database, ctx.stream.id, { after, limit }));
    at = { ...at, phase: "missing", after: null };
  }
  if (complete)
    await lookAt((after) => unlistedRecords(database, ctx.stream.id, { before: at.startedAt, after, limit }));

  await database.transaction(async (tx) => {
    await holdLane(tx, claim);
    const now = clock.now();
    const found = { streamId: ctx.stream.id, comparisonId: comparison.id, at: now };
    const { kind, stage, direction, connectionId } = ctx.stream;
    if (ctx.declaration.create && direction !== "in") {
      const takes = ctx.declaration.takes ?? null;
      await differUnmade(tx, { ...found, connectionId, kind, stage, takes, since: now - of.lagMs });
      await dropLeftOut(tx, ctx, found);
    }
    await dropResolved(tx, found);
    if (comparison.repair === "all") await repairOwed(parts, tx, ctx, now);
    const counts = await countDifferences(tx, ctx.stream.id);
    await clearListed(tx, ctx.stream.id);
    await moveTo(tx, at);
    await endComparison(tx, comparison.id, { at: now, againAt: counts.moving > 0 ? now + of.lagMs : null, counts });
    await deleteComparisonsBefore(tx, ctx.stream.id, now - KEPT_MS);
    await saveCheckpoint(tx, claim, { checkpoint: null, watermark: null });
  });
}

/** What the filter leaves out is not made there on purpose. */
async function dropLeftOut(
  tx: Tx,
  ctx: StreamContext,
  of: { readonly streamId: number; readonly comparisonId: string },
): Promise<void> {
  if (!ctx.filter.out && !ctx.leaves) return;
  for (let after: string | null = null; ;) {
    const ids: string[] = await unmadeThings(tx, of, { after, limit: 1_000 });
    if (ids.length === 0) return;
    after = ids.at(-1)!;
    const { left } = await unwritten(tx, ctx, await readEntities(tx, ids), new Map());
    await dropUnmade(tx, of.streamId, [...left]);
  }
}

/** What was moving has had its time: looked at once more, it is a difference or none. One that moves still is left for the next comparison. */
async function lookAgain(parts: PullParts, run: SweepRun, comparison: ComparisonRow, spared: Spared): Promise<void> {
  const { ctx, claim } = run;
  const limit = atOnce(spared, Math.min(LOOK_MAX, ctx.declaration.batch.read ?? LOOK_MAX));
  const before = run.requests();
  const { watermark } = await lastDepth(parts.database, ctx.stream.id);
  const of = { again: true, watermark, lagMs: lagOf(ctx), tooMany: false };
  for (let after: string | null = null; ;) {
    run.signal.throwIfAborted();
    const ids: string[] = await movingRecords(parts.database, ctx.stream.id, { after, limit });
    if (ids.length === 0) break;
    after = ids.at(-1)!;
    const safe = ids.filter((id) => !spared.killers.has(id));
    await spared.careful?.hold(safe);
    await look(parts, { ...run, comparison }, safe, of, (tx) => countRun(tx, run.runId, packCounts(run.counts)));
  }
  await spared.careful?.hold([]);
  await parts.database.transaction(async (tx) => {
    await holdLane(tx, claim);
    const counts = await countDifferences(tx, ctx.stream.id);
    const requests = ((comparison.counts["requests"] as number | undefined) ?? 0) + run.requests() - before;
    await endComparison(tx, comparison.id, { at: comparison.endedAt!, againAt: null, counts: { ...counts, requests } });
  });
}

/** A vendor that shows no single record cannot be asked a second time, and one look would take each edit for a difference. */
async function refuse(parts: PullParts, { claim, runId }: SweepRun, comparison: ComparisonRow): Promise<void> {
  await parts.database.transaction(async (tx) => {
    await holdLane(tx, claim);
    const note = "This vendor shows no single record, so that nothing could be looked at twice: it was not compared.";
    await countComparison(tx, comparison.id, { counts: {}, runId, note });
    await endComparison(tx, comparison.id, { at: parts.clock.now(), againAt: null, counts: {} });
  });
}

/** Notes a page, and which fields it shows. Of all fields read, also what differs here from what both sides agreed on, though nobody owes it. */
async function notePage(
  tx: Tx,
  ctx: StreamContext,
  depth: Depth,
  page: Page,
  before: Pick<SweepCheckpoint, "hidden" | "carried">,
): Promise<Pick<SweepCheckpoint, "hidden" | "carried">> {
  const { mapping, stream } = ctx;
  const ended = (record: Page["records"][number]): boolean =>
    record.deleted === true || record.mergedInto !== undefined || record.convertedTo !== undefined;
  const living = page.records.filter((record) => !ended(record));
  const agreed =
    depth === "fields"
      ? new Map(
          (
            await agreedOn(
              tx,
              stream.id,
              living.map((one) => one.id),
            )
          ).map((row) => [row.recordId, row]),
        )
      : new Map<string, never>();
  const differs = ({ id }: { id: string }): boolean => {
    const one = agreed.get(id);
    if (!one || one.owed || stream.direction === "in") return false;
    if (!isWritten(ctx, one)) return false;
    return (
      one.ended || [...mapping.outbound].some((field) => !mapping.equal(field, one.fields[field], one.baseline[field]))
    );
  };
  await noteListed(
    tx,
    { stream: stream.id, mapping: stream.mappingVersion, depth },
    page.records.map((record) => ({
      recordId: record.id,
      version: record.version,
      changedAt: record.changedAt,
      digest: depth === "fields" ? imageOf(record.fields, mapping.vendorFields).digest : null,
      ended: ended(record),
      doubt: !ended(record) && differs(record),
    })),
  );
  if (depth !== "fields") return before;
  const carried = new Set(before.carried);
  const hidden: Record<string, number> = { ...before.hidden };
  for (const { field, record: names, direction } of mapping.document.rows) {
    const [name] = [field].flat() as string[];
    const ours = name!.split(".")[0]!;
    if (direction === "out" || carried.has(ours)) continue;
    if (living.some((record) => [names].flat().some((one) => record.fields[one] !== undefined))) {
      carried.add(ours);
      delete hidden[ours];
      continue;
    }
    let had = 0;
    for (const { baseline } of agreed.values()) if ((baseline[ours] ?? null) !== null) had += 1;
    if (had > 0) hidden[ours] = (hidden[ours] ?? 0) + had;
  }
  return { hidden, carried: [...carried] };
}

/** Why what is owed does not go out, where it is the same for all of it. */
function whyNothingIsWritten({ connection }: StreamContext): string | null {
  const { mode, paused } = connection;
  if (mode !== "write")
    return `Connection ${connection.name} only ${mode === "observe" ? "observes" : "plans"}: nothing is written there.`;
  if (paused) return `Connection ${connection.name} is paused: nothing is written there.`;
  return writeProblemOf(connection);
}

/** What is owed is tried again, what nobody owes is owed, and what could not be read is read again. Each is decided anew when it is sent. */
async function repairOwed(parts: PullParts, tx: Tx, ctx: StreamContext, now: number): Promise<void> {
  const { id: streamId, direction } = ctx.stream;
  const done = ["read.parked"];
  if (direction !== "in") {
    for (let after = 0; ;) {
      const rows = await forgottenWrites(tx, streamId, { after, limit: 1_000 });
      if (rows.length === 0) break;
      after = rows.at(-1)!.id;
      const intents = rows.map(({ entityId, version, deleted }) => ({
        streamId,
        entityId,
        version,
        op: deleted ? ("delete" as const) : ("upsert" as const),
      }));
      await insertIntents(tx, intents, now);
    }
    await releasePushes(tx, [streamId], null);
    await hurryIntents(tx, streamId);
    await parts.jobs.wake(tx, [{ streamId, lane: "push" }], "compare");
    done.push("write.forgotten", "never.made", "write.parked");
    if (whyNothingIsWritten(ctx) === null) done.push("write.waiting");
  }
  const asked = await askForParked(tx, [streamId], null);
  if (asked.length > 0) await parts.jobs.wake(tx, [{ streamId, lane: "hints" }], "compare");
  await noteRepaired(tx, streamId, done, now);
}
