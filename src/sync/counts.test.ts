import assert from "node:assert/strict";
import { test } from "node:test";
import { addCounts, packCounts, type Counts } from "./counts.ts";

test("counts add up page by page, and are stored without zeros", () => {
  const counts: Counts = { read: 2 };
  addCounts(counts, { read: 3, created: 1, parked: 0 });
  addCounts(counts, { created: 2, updated: 0 });
  assert.deepEqual(counts, { read: 5, created: 3 });
  assert.deepEqual(packCounts({ ...counts, deleted: 0 }), { read: 5, created: 3 });
});
