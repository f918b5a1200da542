// The second look of a comparison: records that a listing did not show as they are known here are read by their ids, judged, and where it
// may repair, what was missed of them is taken in. A few statements for each batch, whatever is in it.
import type { Json } from "../base/json.ts";
import type { VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Fields, Value } from "../mapping/types.ts";
import { openConflicts } from "../store/conflict.ts";
import type { ComparisonRow } from "../store/comparison.ts";
import type { Tx } from "../store/database.ts";
import { dropMoving, firstGone, writeDifferences, type DifferenceWrite } from "../store/difference.ts";
import { holdLane } from "../store/lane.ts";
import { creating, knownRecords, noteVersions, waitingRecords, type Known } from "../store/listed.ts";
import { applyRecords } from "./apply.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { addCounts, type Counts } from "./counts.ts";
import { attemptFor, neighbours, type Around } from "./draft.ts";
import { deletes, isInside, isWritten } from "./filter.ts";
import { askAboutGone } from "./gone.ts";
import { onlyHidden } from "./hidden.ts";
import { imageOf } from "./image.ts";
import { judge, type Apart, type Verdict } from "./judge.ts";
import { identityValue } from "./keys.ts";
import { resolveReferences } from "./match.ts";
import { wakePushes, type PullParts, type PullRun } from "./pull.ts";

export interface LookRun extends PullRun {
  readonly comparison: ComparisonRow;
}

export interface LookOf {
  /** These were looked at before, and have had their time. */
  readonly again: boolean;
  /** Up to where ordinary reading has shown every change, by the vendor's time. */
  readonly watermark: number | null;
  readonly lagMs: number;
  /** So much is missing at once that nobody is asked about each. */
  readonly tooMany: boolean;
}

/** Reads these records and commits what is different of them, in one step with `also`. */
export async function look(
  parts: PullParts,
  run: LookRun,
  ids: readonly string[],
  of: LookOf,
  also: (tx: Tx) => Promise<unknown>,
): Promise<void> {
  const { ctx, comparison } = run;
  const askedAt = parts.clock.now();
  const asked = { ids, fields: ctx.mapping.vendorFields, signal: run.signal };
  const records = ids.length === 0 ? [] : await ctx.declaration.read!(parts.api, asked);
  const counts = await parts.database.transaction(async (tx) => {
    await holdLane(tx, run.claim);
    const now = parts.clock.now();
    const shown = new Map(ids.map((id, index) => [id, records[index] ?? null]));
    const verdicts = await judgeAll(tx, ctx, shown, { ...of, now });
    const step = { ctx, runId: run.runId, counts: {} as Counts, newId: parts.newId };
    const may = comparison.repair !== "none";
    const missed = may ? idsOf(verdicts, "read") : [];
    if (missed.length > 0) {
      const due = missed.flatMap((id) => shown.get(id) ?? []);
      const hidden = await onlyHidden(tx, ctx, due, verdicts.known);
      const taken = due.map((one) => (hidden.has(one.id) ? one : asNew(one, verdicts.known.get(one.id))));
      const stepOf: StepOf = { now, runId: run.runId, lastLook: null, newId: parts.newId };
      const applied = await applyRecords(tx, ctx, taken, stepOf, { force: true, askedAt, hidden });
      addCounts(step.counts, applied.counts);
      await wakePushes(tx, parts.jobs, applied);
    }
    const asks = may && !of.tooMany && ctx.declaration.deletions !== "none" ? idsOf(verdicts, "ask") : [];
    if (asks.length > 0) await askAboutGone(tx, step, asks, now);
    const repaired = new Set([...missed, ...asks]);
    if (of.again) await dropMoving(tx, ctx.stream.id, ids);
    await writeDifferences(
      tx,
      { streamId: ctx.stream.id, comparisonId: comparison.id, at: now },
      [...verdicts.found].flatMap(([id, found]) =>
        found.map((one): DifferenceWrite => ({
          ...one,
          subject: id,
          recordId: id,
          entityId: verdicts.known.get(id)?.entity.id ?? null,
          repaired: one.repair !== null && repaired.has(id),
        })),
      ),
    );
    await noteVersions(tx, ctx.stream.id, sameAsBefore(ctx, shown, verdicts.known));
    await also(tx);
    return { ...step.counts, read: records.filter(Boolean).length };
  });
  addCounts(run.counts, counts);
}

const idsOf = ({ found }: Judged, repair: Verdict["repair"]): string[] =>
  [...found].flatMap(([id, list]) => (list.some((one) => one.repair === repair) ? [id] : []));

/** A record whose ending was only supposed is taken as it is now, also where its stamp is the one it was closed on. */
const asNew = (record: VendorRecord, known: Known | undefined): VendorRecord =>
  known?.link.state === "deleted" && !record.deleted ? { ...record, changedAt: null } : record;

interface Judged {
  readonly found: ReadonlyMap<string, readonly Verdict[]>;
  readonly known: ReadonlyMap<string, Known>;
}

async function judgeAll(
  tx: Tx,
  ctx: StreamContext,
  shown: ReadonlyMap<string, VendorRecord | null>,
  of: LookOf & { now: number },
): Promise<Judged> {
  const stream = ctx.stream.id;
  const ids = [...shown.keys()];
  const known = new Map(
    (await knownRecords(tx, stream, ids, { since: of.now - of.lagMs })).map((one) => [one.link.recordId, one]),
  );
  const waits = await waitingRecords(tx, stream, ids, { ties: endsOf(ctx.stream.kind) !== undefined });
  const gone = await firstGone(tx, stream, ids);
  const at = { watermark: of.watermark, again: of.again, creating: await creating(tx, stream) };
  const living = [...shown].flatMap(([id, record]) => {
    const one = known.get(id);
    return record && one?.link.state === "active" ? [{ record, one }] : [];
  });
  const entities = living.map(({ one }) => one.entity);
  const around = await neighbours(tx, ctx, entities);
  const asked = Map.groupBy(
    await openConflicts(
      tx,
      entities.map((entity) => entity.id),
    ),
    (one) => one.entityId,
  );
  const all = living.map(({ record, one }) => ({
    record,
    one,
    reading: ctx.mapping.read(record.fields, (one.link.fillers ?? undefined) as Record<string, Json> | undefined),
  }));
  // What is let be differs on purpose.
  const items = all.filter(({ one, reading }) =>
    isInside(ctx, { ...(one.link.baseline as Fields), ...reading.fields }),
  );
  const targets = await resolveReferences(tx, ctx, items);
  const moved = new Map<string, Apart[]>();
  const forgotten = new Map<string, Apart[] | null>();
  for (const { record, one, reading } of items) {
    const held = new Set(asked.get(one.entity.id)?.map(({ field }) => field));
    const values = valuesOf(reading, targets);
    const apart = movedIn(ctx, one, values).concat(movedPaths(one, reading.lookups, around));
    moved.set(
      record.id,
      apart.filter(({ field }) => !held.has(field)),
    );
    const kept = one.entity.deletedAt !== null && !deletes(ctx, "out");
    const owes = one.owed === null && !one.link.outside && !kept && isWritten(ctx, one.entity);
    forgotten.set(record.id, owes ? forgottenIn(ctx, one, held, around) : []);
  }
  const found = new Map<string, Verdict[]>();
  for (const [id, record] of shown) {
    const one = known.get(id);
    const verdicts = judge(
      {
        record,
        known: one
          ? {
              state: one.link.state,
              changedAt: one.link.changedAt,
              // Read under another mapping meanwhile: this run does not know its fields.
              underWay: one.underWay || one.link.mappingVersion > ctx.stream.mappingVersion,
              wrote: one.wroteAt !== null,
              moved: moved.get(id) ?? [],
              forgotten: forgotten.has(id) ? forgotten.get(id)! : [],
            }
          : null,
        waits: waits.has(id) || (!one && record !== null && !isInside(ctx, ctx.mapping.read(record.fields).fields)),
        wasGone: sinceWhen(gone.get(id), of.now - of.lagMs),
      },
      at,
    );
    if (verdicts.length > 0) found.set(id, verdicts);
  }
  return { found, known };
}

const sinceWhen = (at: number | undefined, long: number): "long" | "short" | null =>
  at === undefined ? null : at <= long ? "long" : "short";

/** A record's own values, with what its references lead to; one whose target is not known here says nothing. */
function valuesOf(
  reading: ReturnType<StreamContext["mapping"]["read"]>,
  targets: ReadonlyMap<string, string>,
): Record<string, Value> {
  const values: Record<string, Value> = { ...reading.fields };
  for (const [field, id] of Object.entries(reading.references)) {
    const target = id === null ? null : targets.get(`${field}\n${id}`);
    if (target !== undefined) values[field] = target;
  }
  return values;
}

/** Fields that the record has otherwise than both sides last agreed on; one that never met is otherwise than it is here. */
function movedIn(ctx: StreamContext, { link, entity }: Known, values: Fields): Apart[] {
  const { standsFor } = ctx.mapping;
  const met = link.mappingVersion === ctx.stream.mappingVersion ? () => true : ctx.metIn(link.mappingVersion);
  return Object.entries(values).flatMap(([field, there]) => {
    const here = entity.fields[field] ?? null;
    if (standsFor(field, there, met(field) ? link.baseline[field] : here)) return [];
    return [{ field, there, here }];
  });
}

/** The same of paths, as account.name: told apart by the name, and only where the two sides agreed on the target. */
function movedPaths(
  { link, entity }: Known,
  lookups: ReturnType<StreamContext["mapping"]["read"]>["lookups"],
  around: Around,
): Apart[] {
  return Object.entries(lookups).flatMap(([field, asked]) => {
    const here = entity.fields[field];
    if ((here ?? null) !== (link.baseline[field] ?? null)) return [];
    const name = asked && typeof here === "string" ? (around.related(here)?.[asked.field] ?? null) : null;
    const same =
      asked === null
        ? typeof here !== "string"
        : name !== null && identityValue(asked.field, name) === identityValue(asked.field, asked.value);
    return same ? [] : [{ field, there: asked?.value ?? null, here: name }];
  });
}

/** What a push would send of it, had somebody asked for one. */
function forgottenIn(
  ctx: StreamContext,
  { link, entity }: Known,
  held: ReadonlySet<string>,
  around: Around,
): Apart[] | null {
  if (ctx.stream.direction === "in") return [];
  const active = { ...link, connectionId: ctx.connection.id, streamId: ctx.stream.id };
  const { attempt } = attemptFor(ctx, entity, active, held, around);
  if (!attempt) return [];
  if (attempt.op === "delete" && entity.deletedAt !== null) return null;
  // A tie whose ends moved is made anew between the others.
  if (attempt.op === "delete")
    return (endsOf(ctx.stream.kind) ?? []).map((field) => ({
      field,
      there: (link.baseline[field] ?? null) as Json,
      here: entity.fields[field] ?? null,
    }));
  return Object.keys(attempt.sent).map((field) => ({
    field,
    there: (link.baseline[field] ?? null) as Json,
    here: attempt.sent[field] ?? null,
  }));
}

function sameAsBefore(
  ctx: StreamContext,
  shown: ReadonlyMap<string, VendorRecord | null>,
  known: ReadonlyMap<string, Known>,
): Parameters<typeof noteVersions>[2] {
  return [...shown].flatMap(([recordId, record]) => {
    const before = known.get(recordId)?.digest;
    if (!record || !before || record.changedAt === null) return [];
    const { digest } = imageOf(record.fields, ctx.mapping.vendorFields);
    if (Buffer.compare(digest, before) !== 0) return [];
    return [{ recordId, digest, version: record.version, changedAt: record.changedAt }];
  });
}
