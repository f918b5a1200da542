import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChangeBehind } from "../store/why.ts";
import { agreedThen, inOrder, stateAt } from "./as-of.ts";

const change = (version: number, at: number, old: string, streamId: number | null = null): ChangeBehind => ({
  version,
  at,
  actor: "test",
  old: { title: old },
  streamId,
  runId: null,
  mappingVersion: null,
  waitedSince: null,
});

test("what a step that waited changed after another is walked back after it, whatever its time: versions say which came first", () => {
  // Version 3 began at 20, waited for version 2, which was stored at 30, and came after it.
  const changes = inOrder([change(3, 20, "two"), change(2, 30, "one")], 10);
  assert.deepEqual(
    changes.map((one) => [one.version, one.toldAt]),
    [
      [3, 30],
      [2, 30],
    ],
  );
  const now = { fields: { title: "three" } };
  const titleAt = (asOf: number) => stateAt(now, changes, asOf).fields["title"];
  assert.deepEqual([10, 20, 29, 30].map(titleAt), ["one", "one", "one", "three"]);
  assert.equal(inOrder([change(2, 5, "one")], 10)[0]!.toldAt, 10, "nothing changed before it was made");
});

test("what both sides had agreed on is what was last written there, came from there or lost to ours by then; else it is not told", () => {
  const place = { streamId: 1, recordId: "r", reason: "keys" as const, linkedAt: 10 };
  const changes = inOrder([change(3, 40, "from there"), change(2, 20, "first", 1)], 0);
  const write = { streamId: 1, recordId: "r", op: "update", outcome: "done", vendor: null, runId: null };
  const writes = [{ ...write, at: 50, sent: { title: "ours" } }];
  const of = { row: { fields: { title: "ours" }, createdAt: 0 }, changes, writes, conflicts: [] };
  assert.deepEqual(
    [5, 15, 30, 45, 60].map((asOf) => agreedThen(place, "title", asOf, of)),
    [undefined, undefined, "from there", "from there", "ours"],
  );
  const failed = { ...of, writes: [{ ...writes[0]!, outcome: "failed" }] };
  assert.equal(agreedThen(place, "title", 60, failed), "from there", "what was refused is no agreement");
  assert.equal(agreedThen({ ...place, reason: "new" }, "title", 15, of), "first", "it was made of that record");
});
