// What one row makes of one record, and what it would make of it again: each row of a mapping tried by itself, by the same readers and
// writers that a sync runs. Pure; nothing here decides what is done.
import { equalJson, type Json } from "../base/json.ts";
import { roundings } from "./exactness.ts";
import { isBlank } from "./lens.ts";
import { readerOf } from "./read.ts";
import type { Plan } from "./row.ts";
import type { CompiledMapping, CompiledRow, Fields, Reading, TrialIn, TrialOut, Value, Writing } from "./types.ts";
import { Unreadable } from "./unreadable.ts";
import { writerOf } from "./write.ts";

/** The rows of a mapping, each by itself. */
export function rowsOf(plans: readonly Plan[]): CompiledRow[] {
  return plans.map((plan) => {
    const read = readerOf([plan]);
    const write = writerOf([plan], plans);
    return {
      index: plan.index,
      row: plan.row,
      fields: plan.fields.map(({ key }) => key),
      records: plan.records,
      in: plan.in,
      out: plan.out,
      tryIn: (record, fillers) => tryIn(plan, record, read(record, fillers)),
      tryOut: (input) => tryOut(plan, input, { read, write }),
    };
  });
}

function tryIn(plan: Plan, record: Readonly<Record<string, unknown>>, reading: Reading): TrialIn {
  const raws = plan.records.map((name) => record[name] as Json | undefined);
  const nothing = { from: raws, to: [], back: [] };
  const [problem] = reading.problems;
  if (problem) return { ...nothing, verdict: "rejected", code: problem.code, message: problem.message };
  if (plan.row.transform !== "constant" && raws.includes(undefined))
    return { ...nothing, verdict: "unread", code: null, message: null };
  const values = plan.fields.map((field) => valueIn(reading, field));
  const back = backOf(plan, values);
  const same = { from: raws, to: values, back, code: null, message: null };
  return { ...same, verdict: isRespelt(plan, { raws, values, back }) ? "coerced" : "ok" };
}

function valueIn(reading: Reading, { key, path, target }: Plan["fields"][number]): Value {
  if (path !== undefined) return reading.lookups[key]?.value ?? null;
  return (target === undefined ? reading.fields[key] : reading.references[key]) ?? null;
}

/** What would be written of values that were read; nothing where that cannot be. */
function backOf(plan: Plan, values: readonly Value[]): readonly (Json | undefined)[] {
  if (plan.row.transform === "constant") return [];
  if (!plan.lens) {
    const put = plan.group!.put(values);
    return put instanceof Unreadable ? [] : put;
  }
  const value = values[0] ?? plan.lens.blank ?? null;
  const put = value === null ? null : plan.lens.put(value);
  return put instanceof Unreadable ? [] : [put];
}

/** Whether a record's values are taken in another form than they have: written back, they would be spelt otherwise. */
function isRespelt(
  plan: Plan,
  of: { raws: readonly unknown[]; values: readonly Value[]; back: readonly (Json | undefined)[] },
): boolean {
  const { raws, values, back } = of;
  const lost = raws.some((raw) => !isBlank(raw)) && values.every((value) => value === null);
  // One way a value may become any other; only one that is lost was not just translated.
  if ((plan.lens ?? plan.group!).oneWay !== undefined || back.length === 0) return lost && plan.fields.length > 0;
  // A filler reads as blank, and is written again as it is.
  if (lost && plan.row.onCreate !== undefined) return false;
  return back.some((raw, index) => raw !== undefined && !spelt(plan, raws[index], raw));
}

/** An instant has many spellings, which say nothing. */
const spelt = (plan: Plan, a: unknown, b: Json): boolean =>
  (isBlank(a) && isBlank(b)) ||
  equalJson(a, b) ||
  (plan.fields[0]?.type === "datetime" && plan.lens !== undefined && plan.lens.same(a, b));

function tryOut(
  plan: Plan,
  input: Parameters<CompiledRow["tryOut"]>[0],
  { read, write }: Pick<CompiledMapping, "read" | "write">,
): TrialOut {
  const values = plan.fields.map(({ key }) => input.entity[key] ?? null);
  const forCreate = plan.createOnly || plan.row.transform === "constant";
  const writing = write({ ...input, changed: new Set(plan.fields.map(({ key }) => key)), forCreate });
  const raws = plan.records.map((name) => (writing.values[name] ?? null) as Json);
  const nothing = { from: values, to: [], back: [] };
  const [problem] = writing.problems;
  if (problem) return { ...nothing, verdict: "rejected", code: problem.code, message: problem.message };
  if (writing.pending.length > 0)
    return {
      ...nothing,
      verdict: "waits",
      code: null,
      message: `${writing.pending.join(", ")}: the target is not linked at the vendor yet, or not active there.`,
    };
  const back = readBack(plan, writing, raws, read);
  const same = { from: values, to: raws, back, code: null, message: null };
  return { ...same, verdict: isAltered(plan, values, back, input.entity) ? "coerced" : "ok" };
}

/** What is read of what was written; nothing where that cannot be. */
function readBack(
  plan: Plan,
  writing: Writing,
  raws: readonly Json[],
  read: CompiledMapping["read"],
): readonly Value[] {
  if (plan.row.transform === "constant" || plan.row.transform === "template") return [];
  const record = Object.fromEntries(plan.records.map((name, index) => [name, raws[index]!]));
  const reading = read(record, writing.fillers);
  return reading.problems.length > 0 ? [] : plan.fields.map((field) => valueIn(reading, field));
}

/** Whether a value comes back in another form, or the vendor keeps it less exactly. */
function isAltered(plan: Plan, values: readonly Value[], back: readonly Value[], entity: Fields): boolean {
  if (plan.fields.some(({ target }) => target !== undefined)) return false;
  if (plan.exact && plan.fields.length === 1 && roundings(plan.fields[0]!.type, values[0]!, plan.exact).length > 0)
    return true;
  if (back.length === 0 || (plan.lens ?? plan.group!).oneWay !== undefined) return false;
  return plan.fields.some(({ key }, index) => {
    const [was, is] = [entity[key] ?? null, back[index] ?? null];
    return !equalJson(was, is) && !(was === null && is === (plan.lens?.blank ?? null));
  });
}
