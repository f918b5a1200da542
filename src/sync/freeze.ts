// The loop breaker: a field that two writers set to and fro is frozen, both are named, and a person releases it. Decided from history.
import { equalJson, type Json } from "../base/json.ts";
import type { Reading, Value } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import { frozenFields, insertFrozen, turnsOf, writesOf, type FrozenWrite, type FrozenWriter } from "../store/frozen.ts";
import type { StepOf, StreamContext } from "./context.ts";
import type { Item } from "./match.ts";
import { originOf } from "./origin.ts";

/** Each of the two has set its value three times: five changes, A→B→A→B→A→B. */
const TURNS = 5;
/** How soon each turn follows the one before. Who needs longer is a person who changes their mind. */
const ANSWER_MS = 60 * 60_000;
/** An automation's answer is seen at the next look: a stream that is looked at seldom is given so many looks. */
const ANSWER_LOOKS = 4;

/** One change of a field: its value before, and who changed it when. */
export interface Turn {
  readonly at: number;
  readonly actor: string;
  readonly old: Json;
}

/**
 * Whether the change that is about to be made is the fifth of a field in a row between the same two values, by two writers in turn, each
 * within `answerMs` of the one before. `turns`: the changes before it, newest first. Pure.
 */
export function goesToAndFro(
  next: { readonly at: number; readonly actor: string; readonly ours: Json; readonly theirs: Json },
  turns: readonly Turn[],
  answerMs: number,
): boolean {
  const before = turns.slice(0, TURNS - 1);
  if (before.length < TURNS - 1) return false;
  let later = next.at;
  return before.every(({ at, actor, old }, index) => {
    const theirTurn = index % 2 === 1;
    const soon = later - at <= answerMs;
    later = at;
    const writer = theirTurn ? actor === next.actor : actor === before[0]!.actor && actor !== next.actor;
    return soon && writer && equalJson(old, theirTurn ? next.ours : next.theirs);
  });
}

/** What a pair of field and entity is called in a set. */
export const frozenName = (entityId: string, field: string): string => `${entityId} ${field}`;

/**
 * Fields of these items' entities that are frozen, with those that this step freezes. History is asked only about a field that is about
 * to change, of an entity that was changed often enough, and that somebody else set last: of ordinary pages about none.
 */
export async function freezeLoops(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Item[],
  around: {
    readonly rowOf: (entityId: string) => EntityRow | undefined;
    /** What references lead to, by "field\nvendor id". */
    readonly references: ReadonlyMap<string, string>;
    /** Fields that a system withholds for which Winston's value is written again and again. */
    readonly withheld: ReadonlyMap<string, ReadonlySet<string>>;
  },
  of: StepOf,
): Promise<ReadonlySet<string>> {
  const answerMs = Math.max(ANSWER_MS, ANSWER_LOOKS * ctx.stream.everyMs);
  const actor = `connection:${ctx.connection.name}`;
  const taken: { entityId: string; field: string; ours: Json; theirs: Json }[] = [];
  const refused: typeof taken = [];
  for (const { link, entityId, reading } of items) {
    const row = entityId === undefined ? undefined : around.rowOf(entityId);
    if (!link || !row) continue;
    const withheld = around.withheld.get(row.id);
    const often = row.version >= TURNS;
    if (!often && !withheld) continue;
    for (const [field, theirs] of said(reading, around.references)) {
      const ours = (row.fields[field] as Value | undefined) ?? null;
      if (ctx.mapping.equal(field, theirs, ours)) continue;
      if (withheld?.has(field)) refused.push({ entityId: row.id, field, ours, theirs });
      else if (often && originOf(row.origin, field).stream !== ctx.stream.id)
        taken.push({ entityId: row.id, field, ours, theirs });
    }
  }
  const since = of.now - TURNS * answerMs;
  const turns = Map.groupBy(await turnsOf(tx, taken, { since, most: TURNS - 1 }), (one) =>
    frozenName(one.entityId, one.field),
  );
  const us = { streamId: ctx.stream.id, mapping: ctx.stream.mappingVersion };
  const found: FrozenWrite[] = [];
  const freeze = (one: (typeof taken)[number], other: FrozenWriter): void => {
    const { entityId, field, theirs } = one;
    found.push({ id: of.newId(), entityId, field, writers: [{ actor, ...us, value: theirs }, other] });
  };
  for (const one of taken) {
    const before = turns.get(frozenName(one.entityId, one.field)) ?? [];
    if (!goesToAndFro({ ...one, at: of.now, actor }, before, answerMs)) continue;
    const { actor: other, streamId, mapping } = before[0]!;
    freeze(one, { actor: other, streamId, mapping, value: one.ours });
  }
  // Nothing moves here, and the same value is written each time it is set back there.
  const asked = refused.map(({ entityId, field, ours }) => ({ entityId, field, value: ours }));
  const writes = Map.groupBy(await writesOf(tx, ctx.stream.id, asked, since), (one) =>
    frozenName(one.entityId, one.field),
  );
  for (const one of refused) {
    const [last, ...more] = writes.get(frozenName(one.entityId, one.field)) ?? [];
    if (!last || more.length < 2 || of.now - last.at > answerMs) continue;
    freeze(one, { actor: "winston", streamId: null, mapping: null, value: one.ours });
  }
  await insertFrozen(tx, found, of.now);
  const ids = items.flatMap((item) => (item.link && item.entityId ? [item.entityId] : []));
  return new Set((await frozenFields(tx, ids)).map((one) => frozenName(one.entityId, one.field)));
}

/** What a record says of each field, references as what they lead to; one whose target is not known yet says nothing. */
function* said(reading: Reading, found: ReadonlyMap<string, string>): Generator<[string, Value]> {
  yield* Object.entries(reading.fields as Readonly<Record<string, Value>>);
  for (const [field, targetId] of Object.entries(reading.references)) {
    const target = targetId === null ? null : found.get(`${field}\n${targetId}`);
    if (target !== undefined) yield [field, target];
  }
}
