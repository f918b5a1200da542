// Open questions after something moved: those that ended by themselves close, those about other values by now are asked anew.
import { equalJson, type Json } from "../base/json.ts";
import type { Value } from "../mapping/types.ts";
import { agreeOn, closeConflicts, insertConflicts, openQuestions, type OpenQuestion } from "../store/conflict.ts";
import type { Queries } from "../store/database.ts";
import { lockEntities } from "../store/entity.ts";
import type { IntentWrite } from "../store/intent.ts";
import type { StepOf, StreamContext, Writer, WritersOf } from "./context.ts";
import { editDraft, setField, writeDrafts } from "./edit.ts";
import { intentsFor, type Changed } from "./owed.ts";

/**
 * agreed: both sides say the same. theirs: our side went back to what both last agreed on, so only the record moved. over: what was asked
 * about is gone. anew: our side says something else by now. stands: as it was.
 */
export type Ending = "agreed" | "theirs" | "over" | "anew" | "stands";

/** What became of a question, its values as they were asked beside ours now. Pure. */
export function endingOf(
  question: Pick<OpenQuestion, "baseline" | "winston" | "record" | "stands">,
  ours: Json,
): Ending {
  if (!question.stands) return "over";
  if (equalJson(ours, question.record)) return "agreed";
  if (equalJson(ours, question.winston)) return "stands";
  return equalJson(ours, question.baseline) ? "theirs" : "anew";
}

export interface ReviewOf {
  readonly kind: string;
  readonly writersOf: WritersOf;
  readonly now: number;
  readonly newId: () => string;
  readonly decided?: boolean;
}

/** The same of a stream's step. */
export const reviewOf = ({ stream, writersOf }: StreamContext, { now, newId }: StepOf): ReviewOf => ({
  kind: stream.kind,
  writersOf,
  now,
  newId,
});

/**
 * Looks again at what is asked about these entities of one kind, after their fields or links moved in this transaction. Returns what
 * is owed: a field that is asked about is held back everywhere, so when the question ends, every vendor gets what stands. `decided`: our
 * value was chosen by a person, who may choose what both last agreed on; then the other side does not take over by itself.
 */
export async function reviewQuestions(tx: Queries, entityIds: readonly string[], of: ReviewOf): Promise<IntentWrite[]> {
  const questions = await openQuestions(tx, entityIds);
  if (questions.length === 0) return [];
  const { now } = of;
  const ending = (question: OpenQuestion, ours: Json): Ending => {
    const end = endingOf(question, ours);
    return end === "theirs" && of.decided ? "anew" : end;
  };

  // What a record takes over is ours before the other questions are looked at.
  const taken = new Map<string, OpenQuestion>();
  for (const one of questions)
    if (ending(one, one.ours) === "theirs" && !taken.has(fieldOf(one))) taken.set(fieldOf(one), one);
  await takeOver(tx, [...taken.values()], of);

  const closed: OpenQuestion[] = [];
  const agreed: OpenQuestion[] = [];
  const released: OpenQuestion[] = [];
  for (const one of questions) {
    const ours = taken.get(fieldOf(one))?.record ?? one.ours;
    const end = ending(one, ours);
    if (end === "stands") continue;
    closed.push(one);
    if (end === "agreed") agreed.push(one);
    if (end !== "anew") released.push(one);
    else
      await insertConflicts(tx, { streamId: one.streamId, runId: null, at: now }, [
        { ...one, id: of.newId(), winston: ours, winner: "open" },
      ]);
  }
  await closeConflicts(
    tx,
    { by: null, at: now },
    closed.map(({ id }) => ({ id, winner: "moot", given: null })),
  );
  await agreeOn(
    tx,
    agreed.map((one) => ({ ...one, value: one.record })),
  );
  return owedFor(tx, await of.writersOf(tx, of.kind), released);
}

/** The record's value becomes ours, as if it had been read just now: nobody here says otherwise any more. */
async function takeOver(
  tx: Queries,
  questions: readonly OpenQuestion[],
  of: { readonly kind: string; readonly now: number },
): Promise<void> {
  const rows = new Map(
    (await lockEntities(tx, [...new Set(questions.map((one) => one.entityId))].toSorted())).map((row) => [row.id, row]),
  );
  for (const one of questions) {
    const draft = editDraft(rows.get(one.entityId)!);
    setField(draft, one.field, one.record as Value);
    await writeDrafts(tx, {
      kind: of.kind,
      created: [],
      changed: [draft],
      origin: { stream: one.streamId, from: one.at, to: one.at },
      actor: `connection:${one.connection}`,
      now: of.now,
    });
    // Another field of the same entity goes on from here.
    const [now] = await lockEntities(tx, [one.entityId]);
    rows.set(one.entityId, now!);
  }
}

/** Every vendor that has these entities is owed the fields that were held back. */
export async function owedFor(
  tx: Queries,
  writers: readonly Writer[],
  held: readonly { readonly entityId: string; readonly field: string }[],
): Promise<IntentWrite[]> {
  const fields = new Map<string, Set<string>>();
  for (const { entityId, field } of held)
    (fields.get(entityId) ?? fields.set(entityId, new Set()).get(entityId)!).add(field);
  const rows = await lockEntities(tx, [...fields.keys()].toSorted());
  return intentsFor(
    tx,
    writers,
    rows.flatMap((row): Changed[] =>
      row.deletedAt === null
        ? [{ id: row.id, stage: row.stage, version: row.version, changed: fields.get(row.id)! }]
        : [],
    ),
  );
}

const fieldOf = (one: OpenQuestion): string => `${one.entityId} ${one.field}`;
