// Pull: vendor → Winston. A page and its checkpoint commit together; the next page is fetched while this one commits.
import type { Json } from "../base/json.ts";
import type { Api } from "../connector/api.ts";
import type { Page, PullRequest, VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Database, Tx } from "../store/database.ts";
import { noteWaited } from "../store/change.ts";
import { lockEntities } from "../store/entity.ts";
import { holdLane, holdReading, moveRun, readAnew, type Claim } from "../store/lane.ts";
import { entitiesOfRecords, imagesOf, linksBesides, lockLinks } from "../store/link.ts";
import { deletePendingReferences, ripeReferences, takePendingReferences, waitingUnder } from "../store/pending.ts";
import { askedRecords, noteAnswered, noteAnsweredOnce, noteAskedStill, unpark } from "../store/parked.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { applyRecords, type Applied } from "./apply.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { addCounts, packCounts, type Counts } from "./counts.ts";
import { carefulOf, CRASHED, crashedIn, holding, type Careful } from "./careful.ts";
import { givenByPeople, type GivenByPeople } from "./filled.ts";
import { askAboutGone, recordsNotShown } from "./gone.ts";
import { fieldsOf } from "./image.ts";
import { resumed } from "./resumed.ts";
import { makeReady, type Ready } from "./ready.ts";
import type { RunApi } from "./run-api.ts";
import { atOnce, fewOf, sparedIn, type Spared } from "./spared.ts";
import { endsToldBy } from "./whole.ts";

export interface PullParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly api: Api;
  readonly clock: { now(): number };
  readonly newId: () => string;
  /** Which requests brought a page is noted, as far as this tells and takes it. */
  readonly way?: Pick<RunApi, "requests" | "took">;
}

/** Where a pull stands, in the lane's checkpoint. A run cut short goes on from here. */
interface PullCheckpoint {
  readonly phase: "records" | "deletions";
  readonly since: number | null;
  readonly cursor: Json;
  /** Up to where deletions are known, in milliseconds. */
  readonly deletionsTo: number | null;
  /** What the records phase of this run has covered, while its deletions are still to be read. */
  readonly recordsTo: number | null;
  /** The vendor has forgotten some deletions that it was asked for: the next run reads every known record first. */
  readonly missed: boolean;
  /** Why this run, or the one that ended here, read again what was read before: the place where it stood had died. */
  readonly reread?: string | null;
}

export interface PullRun {
  readonly ctx: StreamContext;
  readonly claim: Claim;
  readonly runId: string;
  readonly counts: Counts;
  readonly signal: AbortSignal;
  /** What must be stored together with the end of this pull: a process killed right after it would not do it any more. May be called twice. */
  readonly atEnd?: (tx: Tx) => Promise<unknown>;
  /** Called for each page of which no record shows some field that is asked for. */
  readonly notShown?: () => unknown;
}

/** Runs one pull of one lane to its end. Throws what the vendor or the store threw; what was committed stays. */
export async function pull(parts: PullParts, run: PullRun): Promise<void> {
  const { ctx, claim } = run;
  const startedAt = parts.clock.now();
  const saved = (claim.checkpoint as unknown as PullCheckpoint | null) ?? null;
  let at: PullCheckpoint = {
    phase: saved?.phase ?? "records",
    since:
      saved?.cursor !== undefined && saved.cursor !== null
        ? saved.since
        : claim.lane === "batch"
          ? claim.watermark
          : null,
    cursor: saved?.cursor ?? null,
    deletionsTo: saved?.deletionsTo ?? claim.watermark ?? null,
    recordsTo: saved?.recordsTo ?? null,
    missed: saved?.missed ?? false,
    reread: saved?.cursor === undefined || saved.cursor === null ? null : (saved.reread ?? null),
  };
  const died = (why: string): void => {
    at = { ...at, reread: why };
  };
  const spared = await sparedIn(parts, run);
  const { careful, killers } = spared;
  // Read before the changes are: what is deleted meanwhile is told among them.
  const notShown = at.missed ? await recordsNotShown(parts, run, spared) : [];
  let missed = false;
  const few = fewOf(spared);
  const request = (since: number | null, cursor: Json): PullRequest => ({
    fields: ctx.mapping.vendorFields,
    since,
    cursor,
    now: startedAt,
    signal: run.signal,
    ...(few && { few }),
  });
  // What is in hand is one thing: nothing is fetched while something else is worked on.
  const eager = !careful;
  const lastLook = claim.lane === "batch" ? claim.watermark : null;
  // Whether most of the last page needed work: then the next one is read through the mapping before anybody asks.
  let mostNew = claim.lane === "backfill";
  const readied = async (given: Page, askedAt: number): Promise<ReadyPage> => {
    // Those of the page ahead come after.
    const requests = parts.way?.requests() ?? 0;
    const page = without(given, killers);
    const aside = [...killers];
    if (run.notShown && hidesAny(ctx, page)) run.notShown();
    // Nothing is touched before it is stored as being in hand.
    const ready = careful ? NOT_READY : await makeReady(ctx.mapping, page.records, mostNew);
    return { ...page, askedAt, requests, ready, aside, given: await givenByPeople(parts, run, page.records) };
  };

  if (at.phase === "records") {
    const { since, cursor: from } = at;
    const pages = (cursor: Json) => ctx.declaration.pull(parts.api, request(since, cursor));
    for await (const page of ahead(resumed(from, pages, died), readied, { ...parts, eager })) {
      if (careful) await inPieces(parts, run, page, lastLook, careful);
      at = { ...at, cursor: page.cursor, recordsTo: page.watermark ?? at.recordsTo };
      mostNew = await commitPage(parts, run, page, at, lastLook);
      run.signal.throwIfAborted();
    }
    at = { ...at, phase: "deletions", cursor: null };
  }
  // A first load needs no deletions: what was deleted before was never here.
  if (ctx.declaration.pullDeleted && at.deletionsTo !== null) {
    const { pullDeleted } = ctx.declaration;
    const { deletionsTo, cursor: from } = at;
    const pages = (cursor: Json) => pullDeleted(parts.api, request(deletionsTo, cursor));
    for await (const page of ahead(resumed(from, pages, died), readied, { ...parts, eager })) {
      const gone = page.records.map((record) => record.id);
      if (careful) await inPieces(parts, run, page, lastLook, careful);
      // The changes that were read before would hide that it dies of these again and again.
      else if (gone.length > 0) await holding(parts, claim)(gone);
      missed ||= page.missed === true;
      at = { ...at, cursor: page.cursor, deletionsTo: page.watermark ?? at.deletionsTo, missed: at.missed || missed };
      await commitPage(parts, run, page, at, lastLook);
      if (!careful && gone.length > 0) await holding(parts, claim)([]);
      run.signal.throwIfAborted();
    }
  } else at = { ...at, deletionsTo: at.recordsTo ?? startedAt };

  const end: PullCheckpoint = {
    phase: "records",
    since: null,
    cursor: null,
    deletionsTo: at.deletionsTo,
    recordsTo: null,
    missed,
    reread: at.reread ?? null,
  };
  const to = { checkpoint: end as unknown as Json, watermark: at.recordsTo, run: counted(run, run.counts) };
  // What has nothing to be stored with it is one statement.
  if (notShown.length === 0 && !run.atEnd) return moveRun(parts.database, claim, to);
  await parts.database.transaction(async (tx) => {
    await holdOn(tx, run);
    await askAboutGone(tx, { ...run, newId: parts.newId }, notShown, parts.clock.now());
    await moveRun(tx, claim, to);
    await run.atEnd?.(tx);
  });
}

/** Of a page, the records that no process dies of. */
const without = (page: Page, killers: ReadonlySet<string>): Page =>
  killers.size === 0 ? page : { ...page, records: page.records.filter((record) => !killers.has(record.id)) };

/** Whether no record of a page carries some field that was asked for. What costs a call of its own may be left out of it. */
function hidesAny({ mapping }: Pick<StreamContext, "mapping">, { records }: Page): boolean {
  const living = records.filter((one) => !one.deleted && one.mergedInto === undefined && !one.convertedTo);
  if (living.length === 0) return false;
  return mapping.vendorFields.some(
    (name) => !mapping.apart.has(name) && living.every(({ fields }) => fields[name] === undefined),
  );
}

const NOT_READY: ReadonlyMap<VendorRecord, Ready> = new Map();

/** Works on a page a few records at a time, each few stored as being in hand before they are touched. The page is committed afterwards, as ever. */
async function inPieces(
  parts: PullParts,
  run: PullRun,
  page: ReadyPage,
  lastLook: number | null,
  careful: Careful,
): Promise<void> {
  const size = careful.size(page.records.length);
  for (let start = 0; start < page.records.length; start += size) {
    run.signal.throwIfAborted();
    const piece = page.records.slice(start, start + size);
    await careful.hold(piece.map((record) => record.id));
    const {
      unchanged: _,
      read: __,
      ...counts
    } = await parts.database.transaction(async (tx) => {
      await holdLane(tx, run.claim);
      const of: StepOf = { now: parts.clock.now(), runId: run.runId, lastLook, newId: parts.newId };
      const applied = await applyRecords(tx, run.ctx, piece, of, { askedAt: page.askedAt, given: page.given });
      await wakePushes(tx, parts.jobs, applied);
      return applied.counts;
    });
    addCounts(run.counts, counts);
  }
  await careful.hold([]);
}

interface ReadyPage extends Page {
  /** When it was asked for, in milliseconds. */
  readonly askedAt: number;
  /** How many requests the run had sent when it was there. */
  readonly requests: number;
  /** Of which processes die: that they are not in it says nothing of them. */
  readonly aside: readonly string[];
  readonly ready: ReadonlyMap<VendorRecord, Ready>;
  readonly given: GivenByPeople;
}

/** Another mapping was put in force while all was being read under an older one: the reading begins anew under that. */
export class Replaced extends Error {}

/** Throws lane.lost, Replaced. */
async function holdOn(tx: Tx, { claim, ctx }: PullRun): Promise<void> {
  if (!(await holdReading(tx, claim, ctx.stream.mappingVersion)))
    throw new Replaced(`mapping ${ctx.stream.mappingVersion} of stream ${ctx.stream.key} was replaced`);
}

/** Returns whether most of the page's records needed work. */
async function commitPage(
  parts: PullParts,
  run: PullRun,
  page: ReadyPage,
  checkpoint: PullCheckpoint,
  lastLook: number | null,
): Promise<boolean> {
  const to = { checkpoint: checkpoint as unknown as Json, watermark: null };
  if (page.records.length === 0 && page.whole === undefined && !run.atEnd) {
    if (page.left !== undefined) run.counts.expected = (run.counts.read ?? 0) + page.left;
    // Where it is the last one, what comes next moves the checkpoint too: until then nothing is lost by reading it once more.
    if (page.cursor !== null) await moveRun(parts.database, run.claim, { ...to, run: counted(run, run.counts) });
    return false;
  }
  let storedAt = 0;
  const counts = await parts.database.transaction(async (tx) => {
    await holdOn(tx, run);
    const of: StepOf = { now: parts.clock.now(), runId: run.runId, lastLook, newId: parts.newId };
    storedAt = of.now;
    const gone = page.whole === undefined ? [] : await endsToldBy(tx, run.ctx, page);
    // After a restore every record is worked on: what is as it was may have been deleted and brought back meanwhile.
    const force = run.ctx.connection.quarantinedAt !== null;
    const applied = await applyRecords(tx, run.ctx, [...page.records, ...gone], of, { ...page, force });
    const total = { ...run.counts };
    const more = { ...applied.counts, read: page.records.length };
    addCounts(total, more);
    if (page.left !== undefined) total.expected = (total.read ?? 0) + page.left;
    await moveRun(tx, run.claim, { ...to, run: counted(run, total) });
    // Nobody who finds this checkpoint can tell it from that of a pull that ended.
    if (checkpoint.phase === "records" && checkpoint.cursor === null) await run.atEnd?.(tx);
    await wakePushes(tx, parts.jobs, applied);
    return more;
  });
  parts.way?.took?.(page.requests, storedAt);
  addCounts(run.counts, counts);
  if (page.left !== undefined) run.counts.expected = (run.counts.read ?? 0) + page.left;
  return (counts.unchanged ?? 0) * 2 < page.records.length;
}

const counted = ({ runId }: Pick<PullRun, "runId">, counts: Counts) => ({ id: runId, counts: packCounts(counts) });

export async function wakePushes(tx: Tx, jobs: Pick<Jobs, "wake">, applied: Pick<Applied, "owing">): Promise<void> {
  await jobs.wake(
    tx,
    [...applied.owing].map((streamId) => ({ streamId, lane: "push" as const })),
    "change",
  );
}

/** Yields pages, made ready; when it is eager, while the next one is already being fetched and made ready: one ahead, never more. */
async function* ahead(
  pages: AsyncIterable<Page>,
  ready: (page: Page, askedAt: number) => Promise<ReadyPage>,
  { clock, eager }: { readonly clock: { now(): number }; readonly eager: boolean },
): AsyncGenerator<ReadyPage> {
  const iterator = pages[Symbol.asyncIterator]();
  const fetch = async (): Promise<ReadyPage | undefined> => {
    const askedAt = clock.now();
    const { value, done } = await iterator.next();
    return done ? undefined : ready(value, askedAt);
  };
  let next = fetch();
  try {
    for (;;) {
      const page = await next;
      if (!page) return;
      if (eager) next = fetch();
      // A failure of the page ahead is met when its turn comes, not as an unhandled rejection now.
      next.catch(() => {});
      yield page;
      if (!eager) next = fetch();
    }
  } finally {
    await next.then(() => iterator.return?.()).catch(() => {});
  }
}

/**
 * Works on records again whose awaited reference is linked by now, from their images; those that were set aside for it have none, and are read.
 * Of what processes die nothing is touched. What is read is stored as being in hand before, for pages that were read first would hide a death.
 * Returns how many.
 */
export async function settleReferences(
  parts: PullParts,
  run: Pick<PullRun, "claim" | "runId" | "signal">,
  ctx: StreamContext,
): Promise<number> {
  const careful = carefulOf(parts, run.claim);
  const killers = await crashedIn(parts, ctx);
  const hold = holding(parts, run.claim);
  const limit = careful?.size(RIPE_MAX) ?? RIPE_MAX;
  let settled = 0;
  let after: string | null = null;
  for (;;) {
    run.signal.throwIfAborted();
    const ripe: string[] = await ripeReferences(parts.database, ctx.stream.id, after, limit);
    if (ripe.length === 0) return settled;
    after = ripe.at(-1)!;
    const ids = ripe.filter((id) => !killers.has(id));
    if (ids.length === 0) continue;
    const asideIds = await unlinkedOf(parts.database, ctx.stream.id, ids);
    const holds = careful !== undefined || asideIds.length > 0;
    if (holds) await hold(ids.map((id) => (ctx.stream.id === run.claim.streamId ? id : [ctx.stream.id, id])));
    await settleSome(parts, run, ctx, { ids, asideIds, killers });
    if (holds) await hold([]);
    settled += ids.length;
  }
}

const RIPE_MAX = 500;

async function settleSome(
  parts: PullParts,
  run: Pick<PullRun, "claim" | "runId" | "signal">,
  ctx: StreamContext,
  {
    ids,
    asideIds,
    killers,
  }: {
    readonly ids: readonly string[];
    readonly asideIds: readonly string[];
    readonly killers: ReadonlySet<string>;
  },
): Promise<void> {
  const aside = await readAll(parts, run, ctx, asideIds);
  const beginnings = [...new Set(asideIds.map((id) => id.split(":")[0]!))];
  const besides = await notThere(parts, run, ctx, { beginnings, shown: [...asideIds, ...killers] });
  await parts.database.transaction(async (tx) => {
    await holdLane(tx, run.claim);
    const of: StepOf = { now: parts.clock.now(), runId: run.runId, lastLook: null, newId: parts.newId };
    await wakePushes(tx, parts.jobs, await applyImages(tx, ctx, ids, of));
    if (asideIds.length === 0) return;
    await deletePendingReferences(tx, ctx.stream.id, asideIds);
    await wakePushes(tx, parts.jobs, await applyRecords(tx, ctx, aside, of));
    // What shares an end with one that waits still may be that one.
    const waiting = await waitingUnder(tx, ctx.stream.id, beginnings);
    const gone = besides.filter(({ id }) => !waiting.has(id.split(":")[0]!));
    await wakePushes(tx, parts.jobs, await applyRecords(tx, ctx, gone, of));
  });
}

async function unlinkedOf(db: Database, streamId: number, ids: readonly string[]): Promise<string[]> {
  const linked = new Set((await entitiesOfRecords(db, [streamId], ids)).map((row) => row.recordId));
  return ids.filter((id) => !linked.has(id));
}

/** Records beside those that were set aside, which were left alone for as long as nobody could say who those are: the ones that are not there any more. */
async function notThere(
  parts: Pick<PullParts, "api" | "database" | "clock">,
  run: Pick<PullRun, "signal">,
  ctx: StreamContext,
  of: { readonly beginnings: readonly string[]; readonly shown: readonly string[] },
): Promise<VendorRecord[]> {
  if (!ctx.declaration.read || !endsOf(ctx.stream.kind)) return [];
  const besides = await linksBesides(parts.database, ctx.stream.id, { ...of, before: parts.clock.now() });
  const asked = besides.map((one) => one.recordId);
  const there = new Set((await readAll(parts, run, ctx, asked)).map((record) => record.id));
  return asked.flatMap((id) =>
    there.has(id) ? [] : [{ id, changedAt: null, version: null, fields: {}, deleted: true }],
  );
}

async function readAll(
  parts: Pick<PullParts, "api">,
  run: Pick<PullRun, "signal">,
  ctx: StreamContext,
  ids: readonly string[],
): Promise<VendorRecord[]> {
  const found: VendorRecord[] = [];
  const size = ctx.declaration.batch.read ?? 200;
  for (let start = 0; ctx.declaration.read && start < ids.length; start += size) {
    const asked = { ids: ids.slice(start, start + size), fields: ctx.mapping.vendorFields, signal: run.signal };
    for (const record of await ctx.declaration.read(parts.api, asked)) if (record) found.push(record);
  }
  return found;
}

/**
 * Settles the references that waited, from the records as last pulled. Nothing else is taken from there: Winston may have written to the
 * record since, and its image is as it was. Entities are locked before the images are read, so nobody pulls a newer one in between.
 */
async function applyImages(tx: Tx, ctx: StreamContext, ids: readonly string[], of: StepOf): Promise<Applied> {
  const owners = await entitiesOfRecords(tx, [ctx.stream.id], ids);
  await lockEntities(tx, [...new Set(owners.map((row) => row.entityId))].toSorted());
  const waiting = new Map<string, Set<string>>();
  const since = new Map<string, number>();
  for (const { recordId, field, since: at } of await takePendingReferences(tx, ctx.stream.id, ids)) {
    since.set(recordId, Math.max(at, since.get(recordId) ?? 0));
    (waiting.get(recordId) ?? waiting.set(recordId, new Set()).get(recordId)!).add(field);
  }
  // An image of another mapping says nothing of this one's fields: its record is read again by itself, like one that has no image.
  const links = await lockLinks(tx, ctx.stream.id, [...waiting.keys()]);
  const current = links.filter((link) => link.mappingVersion === ctx.stream.mappingVersion).map((one) => one.recordId);
  const waitingIn = new Map<object, ReadonlySet<string>>();
  const records = (await imagesOf(tx, ctx.stream.id, current)).map((one) => {
    const fields = fieldsOf(one.image, ctx.mapping.vendorFields);
    waitingIn.set(fields, waiting.get(one.recordId)!);
    return { id: one.recordId, changedAt: one.changedAt, version: one.vendorVersion, fields };
  });
  const read: StreamContext["mapping"]["read"] = (fields, fillers) => {
    const { references, problems } = ctx.mapping.read(fields, fillers);
    const due = Object.entries(references).filter(([field]) => waitingIn.get(fields)!.has(field));
    return { fields: {}, references: Object.fromEntries(due), lookups: {}, problems };
  };
  // What is parked stays so: the vendor was not asked.
  const settling = { ...ctx, mapping: { ...ctx.mapping, read }, parkedBefore: false };
  const applied = await applyRecords(tx, settling, records, of, { force: true });
  const waited = owners.flatMap(({ recordId, entityId }) => {
    const at = since.get(recordId);
    return at === undefined ? [] : [{ entityId, since: at }];
  });
  await noteWaited(tx, { at: of.now, streamId: ctx.stream.id, runId: of.runId }, waited);
  return { ...applied, counts: {} };
}

/**
 * Reads the parked records that were asked for again from the vendor, and applies them whatever their image. Where a vendor shows no
 * single record, the whole stream is read anew instead. Returns how many were read.
 */
export async function retryParkedPulls(parts: PullParts, run: PullRun, spared: Spared): Promise<number> {
  const { ctx } = run;
  if (!ctx.parkedBefore) return 0;
  if (!ctx.declaration.read) {
    await parts.database.transaction(async (tx) => {
      await holdLane(tx, run.claim);
      const ids = await askedRecords(tx, ctx.stream.id, { after: null, limit: 1_000_000 });
      if (ids.length === 0) return;
      await noteAnswered(tx, ctx.stream.id, ids);
      await readAnew(tx, ctx.stream.id);
      await parts.jobs.wake(tx, [{ streamId: ctx.stream.id, lane: "backfill" }], "retry parked");
    });
    return 0;
  }
  let tried = 0;
  const size = atOnce(spared, ctx.declaration.batch.read ?? 200);
  for (let after: string | null = null; ;) {
    run.signal.throwIfAborted();
    const ids: string[] = await askedRecords(parts.database, ctx.stream.id, { after, limit: size });
    if (ids.length === 0) return tried;
    after = ids.at(-1)!;
    tried += ids.length;
    await spared.careful?.hold(ids);
    // What processes died of is tried once for each time that somebody asks, so that one more dies of it at most.
    const once = await noteAnsweredOnce(parts.database, ctx.stream.id, { reason: CRASHED, subjects: ids });
    const asked = { ids, fields: ctx.mapping.vendorFields, signal: run.signal };
    try {
      const records = await ctx.declaration.read(parts.api, asked);
      await parts.database.transaction(async (tx) => {
        await holdLane(tx, run.claim);
        const of: StepOf = { now: parts.clock.now(), runId: run.runId, lastLook: null, newId: parts.newId };
        const there = records.flatMap((one) => (one ? [one] : []));
        const applied = await applyRecords(tx, ctx, there, of, { force: true });
        // What is not there any more cannot be corrected either.
        const gone = ids.filter((_, index) => !records[index]);
        await unpark(tx, ctx.stream.id, "pull", gone);
        // After things are locked, in the order in which a push does both.
        await noteAnswered(tx, ctx.stream.id, ids);
        addCounts(run.counts, applied.counts);
        await wakePushes(tx, parts.jobs, applied);
      });
    } catch (thrown) {
      await noteAskedStill(parts.database, ctx.stream.id, once);
      throw thrown;
    }
  }
}
