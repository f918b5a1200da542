// ORDER BY: text without regard to case, ids as they are, nulls first unless the query says otherwise.
import type { Value } from "../schema.ts";

export interface Direction {
  readonly descending: boolean;
  readonly nullsLast: boolean;
}

export function compareValues(a: Value, b: Value, { descending, nullsLast }: Direction): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === nullsLast ? 1 : -1;
  }
  const [left, right] = typeof a === "string" && typeof b === "string" ? [a.toLowerCase(), b.toLowerCase()] : [a, b];
  const compared = left < right ? -1 : left > right ? 1 : 0;
  return descending ? -compared : compared;
}

/** Ids differ by case, so they are compared as they are. */
export function compareIds(a: Value, b: Value, { descending }: Direction): number {
  const compared = a! < b! ? -1 : a! > b! ? 1 : 0;
  return descending ? -compared : compared;
}
