// How many requests a write takes where nothing is refused: batches of a hundred for the properties, and more for associations.
import type { CreateRow, UpdateRow, WriteCost } from "../../connector/contract.ts";
import { isProperty, type ObjectFacts } from "./stream.ts";
import { BATCH_MAX } from "./records.ts";

type Values = Readonly<Record<string, unknown>>;

const batches = (rows: number): number => Math.ceil(rows / BATCH_MAX);

/** Of an object: its properties in one batch, each association type in one more; one that takes the place of another is read first and the former removed. */
export function objectCost({ ties }: ObjectFacts): WriteCost {
  const tied = (rows: readonly { readonly values: Values }[], fresh: boolean): number =>
    ties.reduce((sum, { field, keeps }) => {
      const asked = rows.filter(({ values }) => values[field] !== undefined && !(fresh && values[field] === null));
      const set = asked.filter(({ values }) => typeof values[field] === "string" && values[field] !== "").length;
      const looked = fresh ? 0 : keeps === "sole" ? asked.length : asked.length - set;
      return sum + batches(set) + 2 * batches(looked);
    }, 0);
  return {
    create: (rows) => batches(rows.length) + tied(rows, true),
    update: (rows) =>
      batches(rows.filter(({ values }) => Object.keys(values).some(isProperty)).length) + tied(rows, false),
    delete: (ids) => batches(ids.length),
  };
}

/** Of the contacts of deals: what is there is read, for each deal once; then a batch to add, and at a changed role one to remove. */
export const dealContactCost: WriteCost = {
  create: (rows: readonly CreateRow[]) =>
    batches(new Set(rows.map(({ values }) => dealIn(values))).size) + batches(rows.length),
  update: (rows: readonly UpdateRow[]) =>
    batches(new Set(rows.map(({ id }) => id.split(":", 1)[0])).size) + 2 * batches(rows.length),
  delete: (ids) => batches(ids.length),
};

const dealIn = (values: Values): unknown => values["dealId"];
