// What a call of `save` came to, for tests to compare.
import type { SaveResult } from "../../src/sync/types.ts";

/** What became of each item, with the place of its first problem. */
export const outcomes = (results: readonly SaveResult[]): string[] =>
  results.map((one) =>
    one.status === "failed" ? `${one.problems[0]!.code} at ${one.problems[0]!.pointer}` : one.status,
  );
