import assert from "node:assert/strict";
import { test } from "node:test";
import type { Mark, StoreMark } from "../store/mark.ts";
import { wentBack } from "./went-back.ts";

const log = { system: "s", timeline: 1, position: 1_000 };
const known: Mark = { epoch: "a", count: 7, log };
const seen = (change: Partial<StoreMark> = {}): StoreMark => ({ ...known, count: 8, past: [], ...change });

test("a table of what tells that a database was set back", () => {
  assert.equal(wentBack(undefined, seen({ count: 1 })), null, "nothing is known: no evidence");
  assert.equal(wentBack(known, seen()), null, "one look further");
  assert.equal(
    wentBack(known, seen({ count: 5_000, log: { ...log, position: 9_000 } })),
    null,
    "others looked meanwhile",
  );
  assert.match(wentBack(known, seen({ count: 7 }))!, /set back/u, "our own look is missing, or an earlier one");
  assert.match(wentBack(known, seen({ epoch: "b" }))!, /not the one/u);
  const past = [{ epoch: "a", count: 3 }];
  assert.equal(wentBack(known, seen({ epoch: "b", count: 4, past })), null, "another machine noticed it");
  assert.match(wentBack(known, seen({ log: { ...log, position: 999 } }))!, /last commits are missing/u);
  assert.match(wentBack(known, seen({ log: { ...log, timeline: 2, position: 2_000 } }))!, /failed over/u);
  assert.equal(
    wentBack(known, seen({ log: { system: "t", timeline: 1, position: 1 } })),
    null,
    "moved to another server whole",
  );
  assert.equal(wentBack(known, seen({ log: null })), null, "a server that does not tell");
});
