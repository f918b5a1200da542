// The back-test: what a mapping would do to the records that are held, row by row, without asking the vendor and without doing any of it.
// The decisions are the engine's own (merge.ts, draft.ts), so that a plan of the same change says the same.
import type { CompiledRow, Fields, TrialIn, TrialOut, Value } from "../mapping/types.ts";
import { openConflicts } from "../store/conflict.ts";
import type { Tx } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import type { HeldRecord } from "../store/held.ts";
import type { ActiveLink } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { attemptFor, neighbours, type Around } from "./draft.ts";
import { isWritten } from "./filter.ts";
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
 * change. unread: the record, as far as it is held, does not carry the field, so only the vendor can say.
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

/**
 * Tries the mapping of `ctx` on these records: a few statements for all of them, and nothing is stored. `asked`: fields of ours of which it
 * is told whether they could be written at all.
 */
export async function tryRecords(
  tx: Tx,
  ctx: StreamContext,
  known: readonly Known[],
  { now, asked: outbound }: { readonly now: number; readonly asked: ReadonlySet<string> },
): Promise<RecordTrial[]> {
  const readings = known.map(({ held, record }) => ctx.mapping.read(record, held.fillers ?? undefined));
  const references = await resolveReferences(
    tx,
    ctx,
    readings.map((reading) => ({ reading })),
  );
  const lookups = await resolveLookups(tx, ctx, readings, null);
  const decided = known.map(({ held }, index) => {
    const reading = readings[index]!;
    const inside = (ctx.filter.in?.of({ ...(held.baseline as Fields), ...reading.fields }) ?? "yes") === "yes";
    const { values } = valuesRead(reading, references, lookups);
    // A target that is not here yet would be made.
    for (const [field, lookup] of Object.entries(reading.lookups))
      if (lookup !== null && values[field] === null) values[field] = `new: ${JSON.stringify(lookup.value)}`;
    const merged = mergedOf(ctx, held, values, now);
    return { inside, merged, entity: after(held.entity, merged) };
  });
  const around = await neighbours(
    tx,
    ctx,
    decided.map(({ entity }) => entity),
  );
  const open = await openConflicts(
    tx,
    known.map(({ held }) => held.entity.id),
  );
  const waiting = Map.groupBy(open, (one) => one.entityId);
  return known.map((one, index) => {
    const { inside, merged, entity } = decided[index]!;
    const asked = new Set([
      ...(waiting.get(entity.id) ?? []).map(({ field }) => field),
      ...merged.conflicts.flatMap(({ field, winner }) => (winner === "open" ? [field] : [])),
    ]);
    // What could not be read, by the vendor's field that the problem names.
    const unread = new Set(readings[index]!.problems.map(({ pointer }) => pointer.slice(1)));
    const draft = inside ? draftOf(ctx, { ...one, merged, entity, asked, around }) : undefined;
    return {
      recordId: one.held.recordId,
      entityId: entity.id,
      title: titleOf(one.held.entity.fields),
      outside: !inside,
      rows: ctx.mapping.rows.map((row) => {
        const before = one.held.entity.fields as Fields;
        const effects = inside ? effectsOf(row.fields, before, merged, draft) : [];
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
          verdict: problem && inside ? "rejected" : verdictOf(row, one.record, { effects, wayIn, wayOut }),
          rule: problem ? row.row.transform : null,
          code: problem?.code ?? null,
          message: problem?.message ?? null,
          effects,
          in: wayIn,
          out: wayOut,
        };
      }),
      unwritable: unwritableOf(ctx, entity, around, outbound),
    };
  });
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
function mergedOf(ctx: StreamContext, held: HeldRecord, values: Fields, now: number): Merge {
  const { mapping, stream, declaration } = ctx;
  const span = observed(held.changedAt, { last: null, now, precisionMs: declaration.precisionMs });
  const met = held.mappingVersion === stream.mappingVersion ? () => true : ctx.metIn(held.mappingVersion);
  return merge(
    { baseline: held.baseline as Fields, met, entity: held.entity.fields as Fields, record: values },
    {
      equal: mapping.equal,
      standsFor: mapping.standsFor,
      outbound: mapping.outbound,
      ...rulesFor(ctx.rules, { record: { stream: stream.id, ...span }, winston: held.entity.origin }),
    },
  );
}

const after = (entity: EntityRow, { take }: Merge): EntityRow => ({
  ...entity,
  fields: { ...entity.fields, ...take } as EntityRow["fields"],
});

/** What would be written to the record, where the merge found it behind. */
function draftOf(
  ctx: StreamContext,
  of: Known & {
    readonly merged: Merge;
    readonly entity: EntityRow;
    readonly asked: ReadonlySet<string>;
    readonly around: Around;
  },
): ReturnType<typeof attemptFor> | undefined {
  const { held, merged, entity } = of;
  if (merged.behind.length === 0 || ctx.stream.direction === "in" || !isWritten(ctx, entity)) return undefined;
  const link: ActiveLink = {
    entityId: entity.id,
    connectionId: ctx.connection.id,
    streamId: ctx.stream.id,
    recordId: held.recordId,
    baseline: merged.baseline as ActiveLink["baseline"],
    fillers: held.fillers,
    outside: false,
  };
  return attemptFor(ctx, entity, link, of.asked, of.around);
}

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
