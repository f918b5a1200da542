// What a field does that is written in one place and read from another, or goes one way only: shown on values, by the transforms themselves.
import { equalJson, type Json } from "../base/json.ts";
import { sampleValues } from "./laws.ts";
import { planRow, type Plan, type RowContext } from "./row.ts";
import type { FieldType, MappingDocument, MappingRow, Value } from "./types.ts";
import { show, Unreadable } from "./unreadable.ts";

/** Values that a person knows as what was there and what comes. */
const KNOWN: Partial<Record<FieldType, readonly Value[]>> = {
  text: ["old", "new"],
  picklist: ["old", "new"],
  reference: ["one", "another"],
};
const NAMES: readonly (readonly Value[])[] = [
  ["Ann", "Lee"],
  ["Bo", "Ray"],
];

interface Side {
  readonly values: readonly Value[];
  readonly raws: readonly (Json | undefined)[];
}

/** In words, each with an example: every field of a document that is written to one field of the vendor's and read from another. */
export function splitFields(document: MappingDocument, context: Omit<RowContext, "document">): string[] {
  const said: string[] = [];
  for (const [field, rows] of Map.groupBy(document.rows, (row) => String(row.field))) {
    const reads = rows.find((row) => row.direction !== "out");
    for (const writes of rows.filter((row) => row.direction === "out")) {
      if (!reads || String(reads.record) === String(writes.record)) continue;
      const name = field.split(",").join(" and ");
      said.push(
        [
          `${name} is written to ${nameOf(writes)} but read from ${nameOf(reads)}: an edit in Winston is seen there again only if the vendor itself carries one over to the other.`,
          ...splitExample(writes, reads, { ...context, document }),
        ].join(" "),
      );
    }
  }
  return said;
}

/** What an edit becomes that is written in one place and read from another. Empty where no example can be had. */
export function splitExample(writes: MappingRow, reads: MappingRow, context: RowContext): string[] {
  const [out, back] = [planned(writes, context), planned(reads, context)];
  const [before, after] = sidesOf(out);
  const [held] = sidesOf(back).filter((side) => equalJson(side.values, before?.values));
  if (!back || !before || !after || !held) return [];
  const seen = read(back, held.raws);
  if (seen === undefined || equalJson(seen, after.values)) return [];
  return [
    `For example: ${shown(after.values)} set here makes ${nameOf(writes)} ${shown(after.raws)}; ${nameOf(reads)} is ${shown(held.raws)} still, and when that is read it is ${shown(seen)} here again.`,
  ];
}

/** What stays apart of a field that goes one way only. Empty where no example can be had. */
export function oneSidedExample(row: MappingRow, context: RowContext): string[] {
  const plan = planned(row, context);
  const [before, after] = sidesOf(plan);
  if (!before || !after) return [];
  const [here, there] = [shown(before.values), shown(after.raws)];
  return [
    row.direction === "out"
      ? `For example: ${here} was written, somebody makes ${nameOf(row)} ${there} there, and it is ${here} here still.`
      : `For example: with ${nameOf(row)} ${shown(before.raws)} there, an edit to ${shown(after.values)} here is refused.`,
  ];
}

const nameOf = (row: MappingRow): string => [row.record].flat().join(" and ");
const shown = (list: readonly unknown[]): string => list.map((one) => show(one ?? null)).join(" and ");

function planned(row: MappingRow, context: RowContext): Plan | undefined {
  const plan = planRow(row, 0, context, []);
  return plan && !("problems" in plan) ? plan : undefined;
}

/** Values with what they are written as, no two of them alike. */
function sidesOf(plan: Plan | undefined): Side[] {
  if (!plan) return [];
  const types = plan.fields.map(({ type }) => type);
  const of = (type: FieldType): readonly Value[] => KNOWN[type] ?? sampleValues(type).filter((value) => value !== null);
  const lists =
    plan.lens !== undefined
      ? [...(plan.lens.examples?.values ?? []), ...of(types[0]!)].map((value) => [value])
      : types.length === 2
        ? NAMES
        : of(types[0] ?? "text").map((value) => types.map(() => value));
  const sides: Side[] = [];
  for (const values of lists) {
    const put = plan.lens ? plan.lens.put(values[0]!) : plan.group!.put(values);
    if (put instanceof Unreadable) continue;
    const raws = plan.lens ? [put as Json] : (put as readonly (Json | undefined)[]);
    if (sides.some((side) => equalJson(side.raws, raws))) continue;
    sides.push({ values, raws });
  }
  return sides;
}

function read(plan: Plan, raws: readonly (Json | undefined)[]): readonly Value[] | undefined {
  const values = plan.lens ? plan.lens.get(raws[0]) : plan.group!.get(raws);
  if (values instanceof Unreadable) return undefined;
  return plan.lens ? [values as Value] : (values as readonly (Value | undefined)[]).map((value) => value ?? null);
}
