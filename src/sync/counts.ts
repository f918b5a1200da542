// Counts of a run, added up page by page.
import type { JsonObject } from "../base/json.ts";
import type { RunCounts } from "./types.ts";

export type Counts = { -readonly [key in keyof RunCounts]?: number };

export function addCounts(into: Counts, more: Counts): void {
  for (const [key, value] of Object.entries(more) as [keyof Counts, number | undefined][])
    if (value) into[key] = (into[key] ?? 0) + value;
}

/** As stored: without zeros. */
export function packCounts(counts: Counts): JsonObject {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value));
}
