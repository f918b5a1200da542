// What a vendor refuses for the values of some fields alone is sent without them: one word that it does not know must not hold up a record.
import { isError, type VendorWords, type WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { RowOutcome } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { AttemptRow } from "../store/intent.ts";
import type { StreamContext } from "./context.ts";

type Failed = Extract<RowOutcome, { state: "failed" }>;

/** Certainly not sent: what the rest of a row becomes when sending it was stopped before anything was done. */
export type RestOutcome = RowOutcome | "withdrawn";

/**
 * The vendor's names of what goes with these: a field of ours that is written to several of them is left out of all, as an amount is with its
 * currency. Pure.
 */
function together({ mapping }: Pick<StreamContext, "mapping">, names: readonly string[]): ReadonlySet<string> {
  const all = new Set(names);
  for (let size = 0; size < all.size;) {
    size = all.size;
    for (const written of mapping.writtenTo.values())
      if (written.some((name) => all.has(name))) for (const name of written) all.add(name);
  }
  return all;
}

/** An attempt without these fields of the vendor's, and without those of ours that go into them. Pure. */
export function lacking(
  { mapping }: Pick<StreamContext, "mapping">,
  attempt: AttemptRow,
  names: ReadonlySet<string>,
): AttemptRow {
  const left = (values: JsonObject, gone: (name: string) => boolean): JsonObject =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !gone(name)));
  return {
    ...attempt,
    sent: left(attempt.sent, (field) => (mapping.writtenTo.get(field) ?? []).some((name) => names.has(name))),
    body: left(attempt.body, (name) => names.has(name)),
    fillers: left(attempt.fillers, (name) => names.has(name)),
  };
}

/**
 * What to send of a row that was refused for some of its fields, and the refusal with all that is left out. Null where that is no help: none
 * of them was sent, nothing would be left, or a tie would lose one of its ends. Pure.
 */
export function without(
  ctx: Pick<StreamContext, "stream" | "mapping">,
  attempt: AttemptRow,
  vendor: VendorWords,
): { rest: AttemptRow; left: VendorWords } | null {
  if (!vendor.fields.some((name) => attempt.body[name] !== undefined)) return null;
  const refused = together(ctx, vendor.fields);
  const ends = (endsOf(ctx.stream.kind) ?? []).flatMap((end) => ctx.mapping.writtenTo.get(end) ?? []);
  if (ends.some((name) => refused.has(name))) return null;
  const rest = lacking(ctx, attempt, refused);
  if (Object.keys(rest.body).length === 0) return null;
  const fields = [...refused].filter((name) => attempt.body[name] !== undefined);
  return { rest, left: { ...vendor, fields } };
}

/**
 * Sends what was refused for some fields again without these, in one call for all, until nothing is refused for that reason. Outcomes in the
 * order of the attempts; `stopped` is what kept the rest from being sent. Where a row is refused without them too, its first refusal stands:
 * what it lacks then is often what was left out.
 */
export async function leavingOut(
  ctx: Pick<StreamContext, "stream" | "mapping">,
  attempts: readonly AttemptRow[],
  outcomes: readonly RowOutcome[],
  send: (rest: readonly AttemptRow[]) => Promise<readonly RowOutcome[]>,
): Promise<{ outcomes: RestOutcome[]; stopped?: WinstonError }> {
  const final: RestOutcome[] = [...outcomes];
  const left = new Map<number, VendorWords[]>();
  let due = attempts.map((attempt, index) => ({ attempt, index }));
  for (;;) {
    const again: typeof due = [];
    for (const { attempt, index } of due) {
      const outcome = final[index]!;
      const before = left.get(index) ?? [];
      if (typeof outcome !== "object") continue;
      if (outcome.state === "done" && before.length > 0)
        final[index] = { ...outcome, unwritten: [...before, ...(outcome.unwritten ?? [])] };
      if (outcome.state !== "failed" || (outcome.kind !== "field" && outcome.kind !== "record")) continue;
      const found = outcome.kind === "field" ? without(ctx, attempt, outcome.vendor) : null;
      if (found === null) final[index] = stands(outcome, before);
      else {
        left.set(index, [...before, found.left]);
        again.push({ attempt: found.rest, index });
      }
    }
    if (again.length === 0) return { outcomes: final };
    let sent: readonly RowOutcome[];
    try {
      sent = await send(again.map(({ attempt }) => attempt));
    } catch (thrown) {
      if (!isError(thrown)) throw thrown;
      for (const { index } of again) final[index] = "withdrawn";
      return { outcomes: final, stopped: thrown };
    }
    again.forEach(({ index }, at) => (final[index] = sent[at]!));
    due = again;
  }
}

const stands = (last: Failed, [first]: readonly VendorWords[]): Failed => ({
  ...last,
  kind: "record",
  vendor: first ?? last.vendor,
});
