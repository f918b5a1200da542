import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { newer, observed, originOf, pack, setOrigins, type Origin } from "./origin.ts";

const look = { last: 1_000, now: 9_000, precisionMs: 1_000 };

test("a stamp is as exact as the vendor says, and a record without one changed somewhere between two looks", () => {
  assert.deepEqual(observed(4_000, look), { from: 4_000, to: 4_999 });
  assert.deepEqual(observed(null, look), { from: 1_000, to: 9_000 });
});

test("a vendor's wrong clock cannot put an edit before the last look or after this one", () => {
  assert.deepEqual(observed(500, look), { from: 1_000, to: 1_499 });
  assert.deepEqual(observed(-50_000, look), { from: 1_000, to: 1_000 });
  assert.deepEqual(observed(50_000, look), { from: 9_000, to: 9_000 });
  assert.deepEqual(observed(5, { ...look, last: null }), { from: 5, to: 1_004 });
});

test("two edits have one newest: the one that began to be possible later, then the one made here, then the older connection's", () => {
  const at = (from: number, to: number, stream?: number) => ({ from, to, ...(stream === undefined ? {} : { stream }) });
  assert.equal(newer(at(5, 6, 1), at(3, 4)), "record");
  assert.equal(newer(at(3, 4, 1), at(5, 6)), "winston");
  assert.equal(newer(at(3, 9, 1), at(5, 5)), "winston", "it may have been made before ours");
  assert.equal(newer(at(5, 9, 1), at(5, 5)), "winston", "ours is a moment, theirs may be the same");
  assert.equal(newer(at(5, 9, 1), at(5, 5, 2)), "record");
  assert.equal(newer(at(5, 9, 2), at(5, 5, 1)), "winston");
});

test("any three edits stand in one order, whichever two of them are compared", () => {
  const edit = fc
    .tuple(fc.nat(5), fc.nat(9), fc.nat(3))
    .map(([from, to, stream]): Origin => (stream === 0 ? { from, to } : { from, to, stream }));
  const beats = (a: Origin, b: Origin): boolean => newer(a, b) === "record";
  fc.assert(
    fc.property(edit, edit, edit, (a, b, c) => {
      assert.ok(!(beats(a, b) && beats(b, a)), "one of two");
      if (beats(a, b) && beats(b, c)) assert.ok(beats(a, c), "and no circle");
    }),
    { numRuns: 2_000 },
  );
});

test("an observed span lies between the looks, and an edit that surely came later is never put earlier", () => {
  const time = fc.integer({ min: 0, max: 100_000 });
  fc.assert(
    fc.property(time, time, time, fc.integer({ min: 1, max: 5_000 }), (a, b, stamp, precisionMs) => {
      const [last, now] = [Math.min(a, b), Math.max(a, b)];
      const span = observed(stamp, { last, now, precisionMs });
      assert.ok(last <= span.from && span.from <= span.to && span.to <= now);
      // Winston's own edit after this look.
      assert.equal(newer({ stream: 1, ...span }, { from: now + 1, to: now + 1 }), "winston");
    }),
  );
});

test("one entry stands for all fields of a first load, and a later edit names only its own", () => {
  const loaded = { "*": pack({ stream: 7, from: 1, to: 2 }) };
  const edited = setOrigins(loaded, ["email"], { actor: "key:ops", from: 5, to: 5 });
  assert.deepEqual(originOf(edited, "email"), { actor: "key:ops", from: 5, to: 5 });
  assert.deepEqual(originOf(edited, "phone"), { stream: 7, from: 1, to: 2 });
  assert.deepEqual(loaded, { "*": [7, null, 1, 2] }, "the given origins are left as they were");
});

test("a field of unknown origin is older than everything", () => {
  assert.equal(newer({ from: 1, to: 1 }, originOf({}, "email")), "record");
});
