// Push: Winston → vendor. Intents name what; the newest state is read when a batch is built. The attempt is stored before the call,
// outcomes are stored per record, and an unknown outcome is settled by reading, never by a blind retry.
import type { Json, JsonObject } from "../base/json.ts";
import { isError } from "../base/errors.ts";
import type { Api } from "../connector/api.ts";
import type { CreateRow, RowOutcome, UpdateRow, VendorRecord } from "../connector/contract.ts";
import type { Fields, Value } from "../mapping/types.ts";
import { endsOf } from "../mapping/kinds.ts";
import { openConflicts } from "../store/conflict.ts";
import type { Database, Tx } from "../store/database.ts";
import { holdDoubtful } from "../store/duplicate.ts";
import { namedByOwed } from "../store/named-by.ts";
import { lockEntities } from "../store/entity.ts";
import {
  delayIntents,
  delayMissed,
  insertAttempts,
  lockIntents,
  narrowAttempts,
  nextIntents,
  settleIntents,
  unsettledAttempts,
  type AttemptRow,
  type IntentRow,
} from "../store/intent.ts";
import { holdLane, type Claim } from "../store/lane.ts";
import { activeLinks, entitiesOfRecords, setLinkState } from "../store/link.ts";
import { replacePendingPushes } from "../store/pending.ts";
import { park, parkedFor, releasePushes, unpark, type ParkedWrite } from "../store/parked.ts";
import { placeInRollout } from "../store/rollout.ts";
import { countRun } from "../store/run.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { applyRecords } from "./apply.ts";
import { brakeBatch } from "./brake.ts";
import { carefulOf, deathsAmong, inBatches, setKillerAside, type Careful } from "./careful.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { addCounts, packCounts, type Counts } from "./counts.ts";
import { attemptFor, neighbours, removal } from "./draft.ts";
import { endItems, meetPlanned, permitsOf } from "../store/plan.ts";
import { unwritten } from "./filter.ts";
import { endsToldTo, GONE_FOR_GOOD, goneForGood, WITHDRAWN, withdrawn } from "./gone.ts";
import { holdLeave } from "./leave.ts";
import { leavingOut, type RestOutcome } from "./leave-out.ts";
import { askAboutExisting, refusedByExisting, storeOutcomes } from "./outcome.ts";
import { permitted } from "./permit.ts";
import { wakePushes } from "./pull.ts";
import type { RunApi } from "./run-api.ts";
import { dueOf, isByPlan } from "./strategy.ts";
import { problemTold } from "./told.ts";
import { MERGE_LOST_MS, settleMerges } from "./vendor-merge.ts";
import { leftAlone, lookAgain, NOTHING, readyInPart, writesUnread } from "./re-read.ts";

export interface PushParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly api: Api;
  readonly clock: { now(): number };
  readonly newId: () => string;
  /** Has leave to write asked for before the next call's first request. */
  readonly guard?: RunApi["guard"];
  /** Nothing is really written: no write waits for another one. */
  readonly pretends?: boolean;
}

export interface PushRun {
  readonly ctx: StreamContext;
  readonly claim: Claim;
  readonly runId: string;
  readonly counts: Counts;
  readonly signal: AbortSignal;
}

/** Pushes until no intent may go now; those delayed wait for their time. */
export async function push(parts: PushParts, run: PushRun): Promise<void> {
  const careful = carefulOf(parts, run.claim);
  // Once, for they are as many as a plan has: what is linked from now on is met when its own reading ends.
  if (isByPlan(run.ctx)) await parts.database.transaction((tx) => meetPlanned(tx));
  if (careful) await setKillerAside(parts, run, careful);
  await settleUnknown(parts, run, careful);
  if (!careful) await createMany(parts, run);
  const most = Math.min(run.ctx.declaration.batch.create ?? 200, run.ctx.declaration.batch.update ?? 200);
  const size = careful?.size(most) ?? most;
  let after: string | null = null;
  for (;;) {
    const intents = await owed(parts, run, after, size);
    if (intents.length === 0) return;
    after = intents.at(-1)!.entityId;
    for (const due of await inBatches(parts, run, intents)) {
      await careful?.hold(due.map((intent) => intent.entityId));
      const attempts = await prepareBatch(parts, run, due);
      for (const op of ["create", "update", "delete"] as const) {
        const batch = attempts.filter((attempt) => attempt.op === op);
        if (batch.length > 0) await sendBatch(parts, run, op, batch);
      }
    }
    // A create that was found may still lack something, or nothing: its intent is looked at once more.
    if (await settleUnknown(parts, run, careful)) after = null;
  }
}

/** A large load goes through one job of the vendor's, where it offers one: fewer requests than batches would need. */
async function createMany(parts: PushParts, run: PushRun): Promise<void> {
  const { declaration } = run.ctx;
  const limits = declaration.batch.createMany;
  if (!declaration.createMany || !limits) return;
  let after: string | null = null;
  for (;;) {
    const intents = await owed(parts, run, after, limits.most);
    const died = await deathsAmong(parts, run, intents);
    const creates = intents.filter(
      ({ entityId, recordId, op }) => recordId === null && op === "upsert" && !died.has(entityId),
    );
    if (creates.length < limits.least) return;
    after = intents.at(-1)!.entityId;
    const attempts = await prepareBatch(parts, run, creates);
    const made = attempts.filter((attempt) => attempt.op === "create");
    const rest = attempts.filter((attempt) => attempt.op !== "create");
    if (made.length > 0) await sendBatch(parts, run, "createMany", made);
    // Linked meanwhile: these go with the ordinary batches.
    if (rest.length > 0)
      await storeOutcomes(
        parts,
        run,
        rest,
        rest.map(() => "withdrawn" as const),
      );
    await settleUnknown(parts, run);
  }
}

function owed(parts: PushParts, run: PushRun, after: string | null, limit: number): Promise<IntentRow[]> {
  run.signal.throwIfAborted();
  const { stream, connection } = run.ctx;
  const now = parts.clock.now();
  const onlyPlanned = isByPlan(run.ctx);
  const of = { id: stream.id, connectionId: connection.id, onlyPlanned, owedBefore: dueOf(run.ctx, now) };
  return nextIntents(parts.database, of, now, after, limit);
}

/** Streams whose records name those of this one, as far as they are written; without ties, which end with what they join. */
const childrenOf = (ctx: StreamContext): { id: number; planned: boolean }[] =>
  [...ctx.siblings.values()]
    .filter((one) => one.id !== ctx.stream.id && one.enabled && one.direction !== "in" && !endsOf(one.kind))
    .filter((one) => (ctx.connector.streams[one.key]?.after ?? []).includes(ctx.stream.key))
    .map((stream) => ({ id: stream.id, planned: isByPlan({ connection: ctx.connection, stream }) }));

const stepOf = (parts: PushParts, run: PushRun): StepOf => ({
  now: parts.clock.now(),
  runId: run.runId,
  lastLook: null,
  newId: parts.newId,
});

/**
 * Builds one batch: two-way records are read again first and merged, so that an edit made since the last pull is not overwritten; then,
 * on locked entities, what differs from the baseline is what is sent. The attempts are committed before anything is sent.
 *
 * Fields whose reading costs a call of its own are read again only where they are to be written. Where it shows under the lock that one is
 * after all, or that a record may not be read in part, those records are read again whole.
 */
async function prepareBatch(parts: PushParts, run: PushRun, intents: readonly IntentRow[]): Promise<AttemptRow[]> {
  const first = await prepare(parts, run, intents, await leftAlone(parts, run, intents));
  if (first.again.length === 0) return first.made;
  const second = await prepare(parts, run, first.again, NOTHING);
  return [...first.made, ...second.made];
}

async function prepare(
  parts: PushParts,
  run: PushRun,
  intents: readonly IntentRow[],
  unread: ReadonlySet<string>,
): Promise<{ made: AttemptRow[]; again: IntentRow[] }> {
  const { ctx } = run;
  const known = intents.flatMap((intent) => (intent.recordId === null ? [] : [intent.recordId]));
  const { fresh, merged, absent, given, lookedAt } = await lookAgain(parts, run, known, unread);
  const prepared = await parts.database.transaction(async (tx) => {
    await holdLane(tx, run.claim);
    await holdLeave(tx, ctx);
    const of = stepOf(parts, run);
    let conflicts = 0;
    const entities = new Map(
      (await lockEntities(tx, intents.map((intent) => intent.entityId).toSorted())).map((row) => [row.id, row]),
    );
    const ready = unread.size === 0 ? undefined : await readyInPart(tx, ctx, fresh, unread);
    if (fresh.length > 0) {
      const records = ready ? [...ready.keys()] : fresh;
      const applied = await applyRecords(tx, ctx, records, of, ready ? { ready, given } : { given });
      conflicts = applied.counts.conflicts ?? 0;
      await wakePushes(tx, parts.jobs, {
        owing: new Set([...applied.owing].filter((streamId) => streamId !== ctx.stream.id)),
      });
      for (const row of await lockEntities(tx, [...entities.keys()].toSorted())) entities.set(row.id, row);
    }
    // A person is asked whether these are others that are there: they wait for the answer, and the rest goes on.
    if (ctx.connection.rolloutPercent !== null) await placeInRollout(tx, ctx.connection.id, "ready");
    const doubtful = await holdDoubtful(tx, ctx.stream.id, [...entities.keys()]);
    await unpark(tx, ctx.stream.id, "push", doubtful);
    const unsure = new Set(ready && fresh.flatMap((record) => (ready.has(record) ? [] : [record.id])));
    const due = await lockIntents(tx, ctx.stream.id, [...entities.keys()]);
    const links = new Map(
      (await activeLinks(tx, [...entities.keys()], ctx.connection.id)).map((link) => [link.entityId, link]),
    );
    const held = new Map<string, Set<string>>();
    for (const { entityId, field } of await openConflicts(tx, [...entities.keys()]))
      (held.get(entityId) ?? held.set(entityId, new Set()).get(entityId)!).add(field);
    const around = await neighbours(tx, ctx, [...entities.values()]);

    const planned = isByPlan(ctx);
    const permits = Map.groupBy(
      planned ? await permitsOf(tx, ctx.stream.id, [...entities.keys()]) : [],
      (one) => one.entityId,
    );
    const outside: { planId: string; number: number; reason: string }[] = [];

    const lost = await parkedFor(tx, ctx.stream.id, "push", {
      reason: GONE_FOR_GOOD,
      subjects: due.flatMap(({ entityId }) => (links.has(entityId) ? [] : [entityId])),
    });
    const away = await parkedFor(tx, ctx.stream.id, "push", {
      reason: WITHDRAWN,
      subjects: due.flatMap(({ entityId }) => (links.has(entityId) ? [] : [entityId])),
    });

    // Edited since, there or here: it is somebody's by now, and stays.
    const withdraws = new Set(
      due.flatMap(({ entityId, op, version }) => {
        const { deletedAt, version: now } = entities.get(entityId)!;
        return op === "withdraw" && deletedAt === null && now <= version ? [entityId] : [];
      }),
    );
    const subject = due.flatMap(({ entityId }) => (withdraws.has(entityId) ? [] : [entities.get(entityId)!]));
    const { left, failed } = await unwritten(tx, ctx, subject, links);
    const drafts = new Map<string, ReturnType<typeof attemptFor>>(
      due.map(({ entityId }) => {
        const [entity, link] = [entities.get(entityId)!, links.get(entityId)];
        const removes = withdraws.has(entityId) && link?.streamId === ctx.stream.id && ctx.declaration.delete;
        if (left.has(entityId)) return [entityId, { attempt: null, pending: [], problem: null }];
        return [
          entityId,
          removes
            ? { attempt: removal(entity, link), pending: [], problem: null }
            : attemptFor(ctx, entity, link, held.get(entityId), around),
        ];
      }),
    );
    const mustWait = (entityId: string): boolean => {
      const [link, draft] = [links.get(entityId), drafts.get(entityId)!];
      return Boolean((link && unsure.has(link.recordId)) || (draft.attempt && writesUnread(draft.attempt, unread)));
    };
    // A vendor may take along what names a thing that is deleted there: what is taken off it goes first.
    const named = await namedByOwed(
      tx,
      [...drafts].flatMap(([id, { attempt }]) => (attempt?.op === "delete" ? [id] : [])),
      parts.pretends ? [] : childrenOf(ctx),
    );
    const braked = await brakeBatch(
      tx,
      ctx,
      // What a plan says was seen by whoever approved it.
      planned
        ? []
        : [...drafts].flatMap(([id, { attempt }]) => (attempt && !mustWait(id) && !named.has(id) ? [attempt] : [])),
      { entities, links },
      of,
    );
    for (const [id, fields] of braked.blankings)
      drafts.set(
        id,
        attemptFor(ctx, entities.get(id)!, links.get(id), fields.union(held.get(id) ?? new Set()), around),
      );

    const made: AttemptRow[] = [];
    const gone: string[] = [];
    const settled: { entityId: string; version: number }[] = [];
    const waiting: { entityId: string; field: string; targetEntityId: string }[] = [];
    const unwritable: ParkedWrite[] = [...failed];
    const locked: typeof due = [];
    const again = new Set<string>();
    const untilLater: string[] = [];
    const missed: string[] = [];
    for (const intent of due) {
      const entity = entities.get(intent.entityId)!;
      const link = links.get(entity.id);
      if (lost.has(entity.id) && entity.deletedAt === null) {
        locked.push(intent);
        unwritable.push(goneForGood(ctx, entity.id));
        settled.push({ entityId: entity.id, version: Math.max(intent.version, entity.version) });
        continue;
      }
      if (entity.deletedAt === null && (away.has(entity.id) || (withdraws.has(entity.id) && !link))) {
        locked.push(intent);
        unwritable.push(withdrawn(ctx, entity.id));
        settled.push({ entityId: entity.id, version: Math.max(intent.version, entity.version) });
        continue;
      }
      if (mustWait(entity.id)) {
        again.add(entity.id);
        continue;
      }
      if (named.has(entity.id)) {
        untilLater.push(entity.id);
        continue;
      }
      if (link && merged.has(link.recordId)) {
        if (!planned) untilLater.push(entity.id);
        for (const line of permits.get(entity.id) ?? [])
          outside.push({ ...line, reason: "The record was merged into another there by now." });
        continue;
      }
      const draft = drafts.get(entity.id)!;
      if (planned && draft.attempt) {
        const verdict = permitted(draft.attempt, permits.get(entity.id) ?? [], (field) =>
          ctx.mapping.references.has(field),
        );
        if (!verdict || "differs" in verdict) {
          if (verdict) outside.push({ ...verdict.line, reason: verdict.differs });
          continue; // Owed still: the next plan shows it.
        }
      }
      // Gone before Winston took it away: whoever deleted it there deleted the thing, and its vendor tells.
      if (link && withdraws.has(entity.id) && draft.attempt?.op === "delete" && absent.has(link.recordId)) {
        missed.push(entity.id);
        continue;
      }
      locked.push(intent);
      if (withdraws.has(entity.id) && draft.attempt?.op === "delete") unwritable.push(withdrawn(ctx, entity.id));
      for (const field of draft.pending)
        waiting.push({
          entityId: entity.id,
          field,
          targetEntityId: around.awaited(field, entity.fields[field] as string),
        });
      if (draft.problem)
        unwritable.push({
          subject: entity.id,
          reason: draft.problem.code,
          message: problemTold(draft.problem),
          field: draft.problem.field,
          vendor: null,
        });
      if (draft.gone) gone.push(link!.recordId);
      if (!draft.attempt || braked.deletions.has(entity.id))
        settled.push({ entityId: entity.id, version: Math.max(intent.version, entity.version) });
      else
        made.push({
          ...draft.attempt,
          id: parts.newId(),
          streamId: ctx.stream.id,
          epoch: run.claim.epoch,
          runId: run.runId,
          at: lookedAt,
        });
    }
    if (missed.length > 0) {
      const untold = new Set(await waitForWord(tx, parts, ctx, missed, of.now));
      for (const intent of due) {
        if (!untold.has(intent.entityId)) continue;
        locked.push(intent);
        gone.push(links.get(intent.entityId)!.recordId);
        unwritable.push(goneForGood(ctx, intent.entityId));
        settled.push({ entityId: intent.entityId, version: intent.version });
      }
    }
    await replacePendingPushes(
      tx,
      { streamId: ctx.stream.id, at: of.now },
      locked.map((intent) => intent.entityId),
      waiting,
    );
    await unpark(
      tx,
      ctx.stream.id,
      "push",
      locked.map((intent) => intent.entityId),
    );
    await park(
      tx,
      { streamId: ctx.stream.id, side: "push", mapping: ctx.stream.mappingVersion, runId: run.runId, at: of.now },
      unwritable,
    );
    await setLinkState(tx, ctx.stream.id, gone, "deleted");
    await settleIntents(tx, ctx.stream.id, settled);
    // The merge is read with what it left, and what is owed then is said anew.
    await delayIntents(tx, ctx.stream.id, untilLater, { now: of.now, triesMax: Infinity });
    await endItems(tx, "skipped", outside);
    await insertAttempts(tx, made);
    return { made, conflicts, again: intents.filter((intent) => again.has(intent.entityId)) };
  });
  // Counted once, also where the transaction ran again.
  addCounts(run.counts, { conflicts: prepared.conflicts });
  return prepared;
}

/** What is not there waits for its vendor to tell how it ended, and that look is due now. Returns those that ended without a word. */
async function waitForWord(
  tx: Tx,
  { jobs }: PushParts,
  ctx: StreamContext,
  entityIds: readonly string[],
  now: number,
): Promise<string[]> {
  await jobs.wake(tx, [{ streamId: ctx.stream.id, lane: "batch" }], "gone");
  return delayMissed(tx, ctx.stream.id, entityIds, { now, toldTo: await endsToldTo(tx, ctx, now) });
}

/** Sends one batch and stores what became of each row. A call that broke off leaves its attempts open: they are unknown, and settled next. */
async function sendBatch(
  parts: PushParts,
  run: PushRun,
  op: Exclude<AttemptRow["op"], "merge"> | "createMany",
  attempts: readonly AttemptRow[],
): Promise<void> {
  let first: readonly RowOutcome[];
  try {
    first = await called(parts, run, op, attempts);
  } catch (thrown) {
    // Certainly not done: the attempts go back to being intents, and the run ends with the vendor's words.
    if (isError(thrown) && !run.signal.aborted)
      await storeOutcomes(
        parts,
        run,
        attempts,
        attempts.map(() => "withdrawn" as const),
      );
    throw thrown;
  }
  // A few rows that go again are not worth a job of the vendor's.
  const lastSent = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  const { outcomes, stopped } = await leavingOut(run.ctx, attempts, first, async (rest) => {
    // Whoever reads the record while no answer was stored must not take what it was never sent for emptied there.
    await parts.database.transaction(async (tx) => {
      await holdLane(tx, run.claim);
      await narrowAttempts(tx, rest);
    });
    for (const attempt of rest) lastSent.set(attempt.id, attempt);
    return called(parts, run, op === "createMany" ? "create" : op, rest);
  });
  // Told to stop in the middle: what became of the rest is for the next look to tell.
  if (stopped && run.signal.aborted) throw stopped;
  const last = attempts.map(({ id }) => lastSent.get(id)!);
  const named = op === "create" || op === "createMany" ? await namedStrangers(parts, run, last, outcomes) : [];
  const waits = new Set(named.map(({ attempt }) => attempt.id));
  const told = attempts.filter(({ id }) => !waits.has(id));
  const verdicts = outcomes.filter((_, index) => !waits.has(attempts[index]!.id));
  if (told.length > 0) await storeOutcomes(parts, run, told, verdicts);
  if (stopped) throw stopped;
  if (named.length > 0) await meetExisting(parts, run, named);
}

/** One call of the connector's, and what became of each row. Throws what stopped it before anything was done. */
async function called(
  { api, database, guard }: PushParts,
  { ctx, signal }: PushRun,
  op: Exclude<AttemptRow["op"], "merge"> | "createMany",
  attempts: readonly AttemptRow[],
): Promise<readonly RowOutcome[]> {
  const { declaration } = ctx;
  const unknown = (why: string): RowOutcome[] => attempts.map(() => ({ state: "unknown", why }));
  guard?.(() => holdLeave(database, ctx));
  let outcomes: readonly RowOutcome[];
  try {
    if (op === "create" || op === "createMany") {
      const rows: CreateRow[] = attempts.map((attempt) => ({ handle: attempt.handle!, values: attempt.body }));
      outcomes = await declaration[op]!(api, rows, signal);
    } else if (op === "update") {
      const rows: UpdateRow[] = attempts.map((attempt) => ({ id: attempt.recordId!, values: attempt.body }));
      outcomes = await declaration.update!(api, rows, signal);
    } else {
      const ids = attempts.map((attempt) => attempt.recordId!);
      outcomes = await declaration.delete!(api, ids, signal);
    }
  } catch (thrown) {
    if (isError(thrown, "vendor.unknown_outcome")) return unknown(thrown.message);
    throw thrown;
  }
  return outcomes.length === attempts.length
    ? outcomes
    : unknown(`the vendor answered ${outcomes.length} rows for ${attempts.length}`);
}

/** A create that was refused for a record that is there, with the outcome that says so. */
interface Named {
  readonly attempt: AttemptRow;
  readonly outcome: RestOutcome;
  readonly recordId: string;
}

/**
 * Creates refused for one record that nobody here knows yet. It may be the very one that was made: until it is read the attempt stays open, so that
 * whoever meets the record meanwhile, or after this process died, knows what it was sent.
 */
async function namedStrangers(
  { database }: PushParts,
  { ctx }: PushRun,
  attempts: readonly AttemptRow[],
  outcomes: readonly RestOutcome[],
): Promise<Named[]> {
  if (!ctx.declaration.read) return [];
  const outcomeOf = new Map(attempts.map((attempt, index) => [attempt, outcomes[index]!]));
  const named = refusedByExisting(attempts, outcomes).flatMap(({ attempt, recordIds }) =>
    recordIds.length === 1 ? [{ attempt, outcome: outcomeOf.get(attempt)!, recordId: recordIds[0]! }] : [],
  );
  if (named.length === 0) return [];
  const ids = [...new Set(named.map((one) => one.recordId))];
  const known = new Set((await entitiesOfRecords(database, [ctx.stream.id], ids)).map((row) => row.recordId));
  return named.filter((one) => !known.has(one.recordId));
}

/**
 * A value that must be unique is taken by a record that nobody here knows yet: it is read and matched like any pulled one. Where it turns
 * out to be the same thing, the create becomes an update; else a person is asked whether it is.
 */
async function meetExisting(parts: PushParts, run: PushRun, named: readonly Named[]): Promise<void> {
  const { ctx } = run;
  const asked = {
    ids: [...new Set(named.map((one) => one.recordId))],
    fields: ctx.mapping.vendorFields,
    signal: run.signal,
  };
  const records = await ctx.declaration.read!(parts.api, asked).catch(async (thrown: unknown) => {
    // Nobody is shown it, now or later: the creates are refused, as they were.
    if (isError(thrown, "vendor.refused"))
      await storeOutcomes(
        parts,
        run,
        named.map((one) => one.attempt),
        named.map((one) => one.outcome),
      );
    throw thrown;
  });
  // One that carries the handle is the one that was just made, and says what it was sent.
  const made = new Map(
    records.flatMap((record) => {
      const ours = named.find(({ attempt }) => attempt.entityId === record?.handle?.toLowerCase());
      return record && ours ? [[record.id, ours.attempt] as const] : [];
    }),
  );
  const of = <Value>(what: (attempt: AttemptRow) => Value): ReadonlyMap<string, Value> =>
    new Map([...made].map(([id, attempt]) => [id, what(attempt)]));
  const before = { ...run.counts };
  await parts.database.transaction(async (tx) => {
    // A body that runs again counts again from where it began.
    for (const key of Object.keys(run.counts) as (keyof typeof run.counts)[]) delete run.counts[key];
    Object.assign(run.counts, before);
    await holdLane(tx, run.claim);
    // What is being made is taken for nothing that is there: it is refused first.
    await storeOutcomes(
      { ...parts, tx },
      run,
      named.map((one) => one.attempt),
      named.map((one) => one.outcome),
    );
    const applied = await applyRecords(
      tx,
      ctx,
      records.flatMap((record) => record ?? []),
      stepOf(parts, run),
      {
        sent: of((attempt) => attempt.sent as Fields),
        fillers: of((attempt) => attempt.fillers),
        unsent: of((attempt) => attempt.unsent),
      },
    );
    const ids = named.map(({ attempt }) => attempt.entityId);
    const met = new Set((await activeLinks(tx, ids, ctx.connection.id)).map((link) => link.entityId));
    for (const entityId of met) await releasePushes(tx, [ctx.stream.id], entityId);
    const unmet = named.filter(({ attempt }) => !met.has(attempt.entityId));
    await askAboutExisting(
      parts,
      tx,
      run,
      unmet.map(({ attempt, recordId }) => ({ entityId: attempt.entityId, recordIds: [recordId] })),
    );
    const owing = met.size > 0 ? new Set([...applied.owing, ctx.stream.id]) : applied.owing;
    await wakePushes(tx, parts.jobs, { owing });
  });
}

/**
 * Settles attempts whose outcome nobody stored, by reading: a create through Winston's handle, an update or delete by its record id. What
 * is found is merged, with a value equal to what was sent taken as our own; what is not found goes back to being an intent, which for
 * a create is safe because the same handle never makes two records. Returns whether there was anything to settle.
 */
export async function settleUnknown(parts: PushParts, run: PushRun, careful?: Careful): Promise<boolean> {
  const { ctx } = run;
  for (let settled = false; ; settled = true) {
    const due = parts.clock.now() - MERGE_LOST_MS;
    const most = ctx.declaration.batch.read ?? 200;
    const all = await unsettledAttempts(parts.database, ctx.stream.id, careful?.size(most) ?? most, due);
    if (all.length === 0) return settled;
    await careful?.hold(all.map((attempt) => attempt.entityId));
    run.signal.throwIfAborted();
    const merges = all.filter((attempt) => attempt.op === "merge");
    await settleMerges(parts, { ...run, hold: (tx) => holdLane(tx, run.claim) }, merges);
    const open = all.filter((attempt) => attempt.op !== "merge");
    if (open.length === 0) continue;
    const creates = open.filter((attempt) => attempt.op === "create");
    const others = open.filter((attempt) => attempt.op !== "create");
    const found = new Map<string, VendorRecord[]>();
    const note = (attemptId: string, record: VendorRecord): void => {
      (found.get(attemptId) ?? found.set(attemptId, []).get(attemptId)!).push(record);
    };
    if (creates.length > 0 && ctx.declaration.find) {
      const byHandle = new Map(creates.map((attempt) => [attempt.handle!.toLowerCase(), attempt.id]));
      const size = ctx.declaration.batch.read ?? 200;
      for (let start = 0; start < creates.length; start += size) {
        const asked = creates.slice(start, start + size);
        for (const record of await ctx.declaration.find(parts.api, {
          handles: asked.map((attempt) => attempt.handle!),
          sent: asked.map((attempt) => attempt.body),
          fields: ctx.mapping.vendorFields,
          signal: run.signal,
        })) {
          const attemptId = byHandle.get(record.handle?.toLowerCase() ?? "");
          if (attemptId !== undefined) note(attemptId, record);
        }
      }
    }
    if (others.length > 0 && ctx.declaration.read) {
      const records = await ctx.declaration.read(parts.api, {
        ids: others.map((attempt) => attempt.recordId!),
        fields: ctx.mapping.vendorFields,
        signal: run.signal,
      });
      records.forEach((record, index) => {
        if (record) note(others[index]!.id, record);
      });
    }
    await parts.database.transaction(async (tx) => {
      await holdLane(tx, run.claim);
      const of = stepOf(parts, run);
      const records: VendorRecord[] = [];
      const sent = new Map<string, Fields>();
      const fillers = new Map<string, JsonObject>();
      const unsent = new Map<string, readonly string[]>();
      const known = new Map<string, string>();
      for (const attempt of open) {
        const list = found.get(attempt.id) ?? [];
        // Several records under one handle: the vendor broke its own uniqueness; a person must look.
        if (list.length !== 1) continue;
        const record = list[0]!;
        records.push(record);
        sent.set(record.id, attempt.sent as Record<string, Value>);
        fillers.set(record.id, attempt.fillers);
        unsent.set(record.id, attempt.unsent);
        if (attempt.op === "create") known.set(record.id, attempt.entityId);
      }
      const applied = await applyRecords(tx, ctx, records, of, { force: true, sent, fillers, unsent, known });
      await storeOutcomes(
        { ...parts, tx },
        run,
        open,
        open.map((attempt) => {
          const list = found.get(attempt.id) ?? [];
          if (list.length > 1)
            return {
              state: "failed",
              kind: "exists",
              vendor: {
                status: 300,
                code: "several",
                message: `${list.length} records carry the handle ${attempt.handle}`,
                fields: [],
                act: "Merge them there, or delete all but one; then let it be written again with `winston parked retry`.",
              },
              existingIds: list.map((one) => one.id),
            };
          return { settled: list[0] ?? null };
        }),
      );
      await wakePushes(tx, parts.jobs, {
        owing: new Set([...applied.owing].filter((streamId) => streamId !== ctx.stream.id)),
      });
      await countRun(tx, run.runId, packCounts(run.counts) satisfies Json);
    });
  }
}
