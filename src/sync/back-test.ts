// The back-test: what a mapping would do to the records that are held, row by row, without asking the vendor and without doing any of it.
// The decisions are the engine's own (merge.ts, draft.ts), so that a plan of the same change says the same.
import type { CompiledRow, Fields, TrialIn, TrialOut, Value } from "../mapping/types.ts";
import { openConflicts } from "../store/conflict.ts";
import type { Tx } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import type { HeldRecord } from "../store/held.ts";
import { owedAmong } from "../store/intent.ts";
import type { ActiveLink } from "../store/link.ts";
import { letGo } from "../store/rollout.ts";
import { wouldBeHeldThere } from "./brake.ts";
import type { StreamContext } from "./context.ts";
import { attemptFor, neighbours, type Around } from "./draft.ts";
import { isWritten } from "./filter.ts";
import { heldBack, type HeldBack } from "./held-back.ts";
import { resolveLookups, valuesRead } from "./lookup.ts";
import { resolveReferences } from "./match.ts";
import { merge, type Merge } from "./merge.ts";
import { observed } from "./origin.ts";
import { rulesFor } from "./rules.ts";
import { titleOf } from "./undo.ts";

/** A held record with what is known of its fields: one that was never asked for is not in it. */
export interface Known {
  readonly held: HeldRecord;
  readonly record: Readonly<Record<string, unknown>>;
}

/** What would change of one field: of ours (`here`), of the vendor's record (`there`), or a question of who is right. */
export interface FieldEffect {
  readonly field: string;
  readonly side: "here" | "there" | "conflict";
  readonly old: Value;
  readonly new: Value;
  /** Of a conflict: who would win, by which rule. */
  readonly rule: string | null;
}

export const VERDICTS = ["ok", "coerced", "rejected", "unchanged", "unread"] as const;

/**
 * What becomes of one row of one record. ok: something changes, and the value is taken as it is. coerced: something changes, and the value
 * is taken or written in another form. rejected: it cannot be read, or cannot be written where it is to be. unchanged: nothing would
 * change. unread: the record, as far as it is held, does not carry the field, or nobody knows yet whether it got what was sent to it, so only the
 * vendor can say.
 */
export interface RowTrial {
  readonly index: number;
  readonly verdict: (typeof VERDICTS)[number];
  /** Of a rejected one, what refuses it: the row's transform. */
  readonly rule: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly effects: readonly FieldEffect[];
  /** What the row makes of the record and of the entity; null where it does not go that way. Worked out when asked for. */
  readonly in: () => TrialIn | null;
  readonly out: () => TrialOut | null;
}

export interface RecordTrial {
  readonly recordId: string;
  readonly entityId: string;
  readonly title: string | null;
  /** The stream's filter leaves it alone under this mapping, or cannot tell: nothing of it is taken or written. */
  readonly outside: boolean;
  readonly rows: readonly RowTrial[];
  /** Of the fields asked about, those whose value here could not be written, whether or not it is to be now, with why. */
  readonly unwritable: ReadonlyMap<string, string>;
}

/** Of records that would be blanked of a field, on either side, so many wait at the brake instead. */
export interface BrakedField {
  readonly field: string;
  readonly side: "here" | "there";
  readonly records: number;
}

/**
 * Tries the mapping of `ctx` on these records: a few statements for all of them, and nothing is stored. `asked`: fields of ours of which it
 * is told whether they could be written at all. `sample`: these records stand for the rest of their stream, where the brake counts.
 */
export async function tryRecords(
  tx: Tx,
  ctx: StreamContext,
  known: readonly Known[],
  of: { readonly now: number; readonly asked: ReadonlySet<string>; readonly sample: boolean },
): Promise<{ trials: RecordTrial[]; braked: BrakedField[] }> {
  const { now } = of;
  const readings = known.map(({ held, record }) => ctx.mapping.read(record, held.fillers ?? undefined));
  const references = await resolveReferences(
    tx,
    ctx,
    readings.map((reading) => ({ reading })),
  );
  const lookups = await resolveLookups(tx, ctx, readings, null);
  const insides = known.map(
    ({ held }, index) =>
      (ctx.filter.in?.of({ ...(held.baseline as Fields), ...readings[index]!.fields }) ?? "yes") === "yes",
  );
  const within = known.flatMap(({ held }, index) => (insides[index] ? [{ held, reading: readings[index]! }] : []));
  const back = await heldBack(tx, ctx, within, of);
  const decided = known.map(({ held }, index) => {
    const reading = readings[index]!;
    const { values } = valuesRead(reading, references, lookups);
    // A target that is not here yet would be made.
    for (const [field, lookup] of Object.entries(reading.lookups))
      if (lookup !== null && values[field] === null) values[field] = `new: ${JSON.stringify(lookup.value)}`;
    const merged = mergedOf(ctx, held, values, { now, back });
    return { held, inside: insides[index]!, merged, entity: after(held.entity, merged) };
  });
  const around = await neighbours(
    tx,
    ctx,
    decided.map(({ entity }) => entity),
  );
  const { drafts, braked } = await draftsOf(tx, ctx, decided, { ...of, around });
  const trials = known.map((one, index) => {
    const { inside, merged, entity } = decided[index]!;
    // What could not be read, by the vendor's field that the problem names.
    const unread = new Set(readings[index]!.problems.map(({ pointer }) => pointer.slice(1)));
    const draft = drafts.get(entity.id);
    const unsettled = back.unsettledOf(one.held);
    return {
      recordId: one.held.recordId,
      entityId: entity.id,
      title: titleOf(one.held.entity.fields),
      outside: !inside,
      rows: ctx.mapping.rows.map((row) => {
        const before = one.held.entity.fields as Fields;
        const found = inside ? effectsOf(row.fields, before, merged, draft) : [];
        const unsure = found.length > 0 && row.fields.some((field) => unsettled.has(field));
        const effects = unsure ? NO_EFFECTS : found;
        const wayIn = once(() => (row.in ? row.tryIn(one.record, one.held.fillers ?? undefined) : null));
        const wayOut = once(() => (row.out ? row.tryOut(entityAround(entity, around)) : null));
        const unreadable = row.in && unread.has(row.records[0] ?? "") ? wayIn() : null;
        const problem =
          unreadable?.verdict === "rejected"
            ? unreadable
            : draft?.problem && row.fields.includes(draft.problem.field)
              ? draft.problem
              : undefined;
        return {
          index: row.index,
          verdict:
            problem && inside ? "rejected" : unsure ? "unread" : verdictOf(row, one.record, { effects, wayIn, wayOut }),
          rule: problem ? row.row.transform : null,
          code: problem?.code ?? null,
          message: problem?.message ?? null,
          effects,
          in: wayIn,
          out: wayOut,
        } satisfies RowTrial;
      }),
      unwritable: unwritableOf(ctx, entity, around, of.asked),
    };
  });
  const here = [...back.braked].map(([field, records]): BrakedField => ({ field, side: "here", records }));
  return { trials, braked: [...here, ...braked] };
}

const once = <T>(of: () => T): (() => T) => {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: of() }).value;
};

/** One write says what could not be written of these fields. */
function unwritableOf(
  ctx: StreamContext,
  entity: EntityRow,
  around: Around,
  asked: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  if (asked.size === 0) return NONE;
  const writing = ctx.mapping.write({ ...entityAround(entity, around), changed: asked, forCreate: false });
  return new Map(
    writing.problems.flatMap(({ pointer, code, message }) =>
      code === "field.create_only" ? [] : [[pointer.slice(1), message] as const],
    ),
  );
}

const NONE: ReadonlyMap<string, string> = new Map();

function verdictOf(
  row: CompiledRow,
  record: Readonly<Record<string, unknown>>,
  of: Pick<RowTrial, "effects"> & { readonly wayIn: RowTrial["in"]; readonly wayOut: RowTrial["out"] },
): Exclude<RowTrial["verdict"], "rejected"> {
  const moves = (side: FieldEffect["side"]): boolean => of.effects.some((one) => one.side === side);
  if (!moves("here") && !moves("there"))
    return row.in && row.row.transform !== "constant" && row.records.some((name) => record[name] === undefined)
      ? "unread"
      : "unchanged";
  const respelt =
    (moves("here") && of.wayIn()?.verdict === "coerced") || (moves("there") && of.wayOut()?.verdict === "coerced");
  return respelt ? "coerced" : "ok";
}

/** The merge of a record with what it is here, as a reading of the whole stream under this mapping would decide it. */
function mergedOf(
  ctx: StreamContext,
  held: HeldRecord,
  values: Fields,
  { now, back }: { readonly now: number; readonly back: HeldBack },
): Merge {
  const { mapping, stream, declaration } = ctx;
  const span = observed(held.changedAt, { last: null, now, precisionMs: declaration.precisionMs });
  const met = held.mappingVersion === stream.mappingVersion ? () => true : ctx.metIn(held.mappingVersion);
  return merge(
    {
      baseline: held.baseline as Fields,
      met,
      entity: held.entity.fields as Fields,
      record: values,
      sent: back.ownOf(held, values),
    },
    {
      equal: mapping.equal,
      standsFor: mapping.standsFor,
      outbound: mapping.outbound,
      ...back.rulesOf(held),
      ...rulesFor(ctx.rules, { record: { stream: stream.id, ...span }, winston: held.entity.origin }),
    },
  );
}

const after = (entity: EntityRow, { take }: Merge): EntityRow => ({
  ...entity,
  fields: { ...entity.fields, ...take } as EntityRow["fields"],
});

interface Decided {
  readonly held: HeldRecord;
  readonly inside: boolean;
  readonly merged: Merge;
  readonly entity: EntityRow;
}

/**
 * What would be written to the records, by entity: where the merge found one behind, or a write of it is owed already. As a batch is made of
 * them: without fields about which a person is asked, what the rollout keeps back, and what waits at the brake.
 */
async function draftsOf(
  tx: Tx,
  ctx: StreamContext,
  decided: readonly Decided[],
  of: { readonly now: number; readonly sample: boolean; readonly around: Around },
): Promise<{ drafts: ReadonlyMap<string, ReturnType<typeof attemptFor>>; braked: BrakedField[] }> {
  if (ctx.stream.direction === "in") return { drafts: new Map(), braked: [] };
  const { around, now, sample } = of;
  const ids = decided.map(({ entity }) => entity.id);
  const owed = await owedAmong(tx, ctx.stream.id, ids);
  const going = ctx.connection.rolloutPercent === null ? null : await letGo(tx, ctx.connection.id, ids);
  const waiting = Map.groupBy(await openConflicts(tx, ids), (one) => one.entityId);
  const due = decided.filter(
    ({ inside, merged, entity }) =>
      inside &&
      (merged.behind.length > 0 || owed.has(entity.id)) &&
      isWritten(ctx, entity) &&
      (going === null || going.has(entity.id)),
  );
  const links = new Map(due.map((one) => [one.entity.id, linkAfter(ctx, one)]));
  const askedOf = ({ entity, merged }: Decided): Set<string> =>
    new Set([
      ...(waiting.get(entity.id) ?? []).map(({ field }) => field),
      ...merged.conflicts.flatMap(({ field, winner }) => (winner === "open" ? [field] : [])),
    ]);
  const draft = (one: Decided, more: ReadonlySet<string>): ReturnType<typeof attemptFor> =>
    attemptFor(ctx, one.entity, links.get(one.entity.id), askedOf(one).union(more), around);
  const drafts = new Map(due.map((one) => [one.entity.id, draft(one, NO_FIELDS)]));
  const { blankings } = await wouldBeHeldThere(
    tx,
    ctx,
    [...drafts.values()].flatMap(({ attempt }) => attempt ?? []),
    {
      entities: new Map(due.map(({ entity }) => [entity.id, entity])),
      links,
      now,
      tried: sample ? decided.length : null,
    },
  );
  const braked = new Map<string, number>();
  for (const one of due) {
    const fields = blankings.get(one.entity.id);
    if (!fields) continue;
    drafts.set(one.entity.id, draft(one, fields));
    for (const field of fields) braked.set(field, (braked.get(field) ?? 0) + 1);
  }
  return { drafts, braked: [...braked].map(([field, records]) => ({ field, side: "there", records })) };
}

const NO_FIELDS: ReadonlySet<string> = new Set();

const linkAfter = (ctx: StreamContext, { entity, held, merged }: Decided): ActiveLink => ({
  entityId: entity.id,
  connectionId: ctx.connection.id,
  streamId: ctx.stream.id,
  recordId: held.recordId,
  baseline: merged.baseline as ActiveLink["baseline"],
  fillers: held.fillers,
  outside: false,
});

const NO_EFFECTS: readonly FieldEffect[] = [];

function effectsOf(
  fields: readonly string[],
  before: Fields,
  merged: Merge,
  draft: ReturnType<typeof attemptFor> | undefined,
): readonly FieldEffect[] {
  const sentAny = draft?.attempt !== undefined && draft.attempt !== null;
  if (!sentAny && merged.conflicts.length === 0 && !fields.some((field) => Object.hasOwn(merged.take, field)))
    return NO_EFFECTS;
  return fields.flatMap((field): FieldEffect[] => {
    const [sent, conflict] = [
      draft?.attempt?.sent as Fields | undefined,
      merged.conflicts.find((one) => one.field === field),
    ];
    return [
      ...(Object.hasOwn(merged.take, field)
        ? [{ field, side: "here" as const, old: before[field] ?? null, new: merged.take[field] ?? null, rule: null }]
        : []),
      ...(sent && Object.hasOwn(sent, field)
        ? [
            {
              field,
              side: "there" as const,
              old: (draft!.attempt!.before as Fields | null)?.[field] ?? null,
              new: sent[field] ?? null,
              rule: null,
            },
          ]
        : []),
      ...(conflict
        ? [
            {
              field,
              side: "conflict" as const,
              old: conflict.winston,
              new: conflict.record,
              rule: `${conflict.rule}: ${conflict.winner}`,
            },
          ]
        : []),
    ];
  });
}

const entityAround = (entity: EntityRow, around: Around) => ({
  entity: entity.fields as Fields,
  reference: around.recordOf,
  related: (field: string) => {
    const id = entity.fields[field];
    return typeof id === "string" ? around.related(id) : undefined;
  },
});
