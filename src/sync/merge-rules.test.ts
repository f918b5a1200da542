// What rules may say beside who wins: to wait, to withhold, that nothing is lost, and for what reason.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "../mapping/types.ts";
import { merge, type Merge, type Rules } from "./merge.ts";

interface Legs {
  readonly was?: Value;
  readonly ours?: Value;
  readonly theirs: Value;
}

const of = (value: Value | undefined): Record<string, Value> => (value === undefined ? {} : { f: value });
const same = (_: string, a: Value | undefined, b: Value | undefined): boolean => (a ?? null) === (b ?? null);

function run({ was, ours, theirs }: Legs, rules: Partial<Rules> = {}): Merge {
  const sides = { baseline: of(was), met: () => true, entity: of(ours), record: { f: theirs } };
  return merge(sides, {
    equal: same,
    standsFor: same,
    ruleOf: () => "newest",
    outbound: new Set(["f"]),
    newer: () => "record",
    ...rules,
  });
}

test("what waits moves nothing, and it is asked for what: for a blank that the record alone came to, or for something else", () => {
  const asked: boolean[] = [];
  const waits: Rules["waits"] = (_, blanked) => {
    asked.push(blanked);
    return blanked;
  };
  const cleared = run({ was: "a", ours: "a", theirs: null }, { waits });
  assert.deepEqual([cleared.take, cleared.behind, cleared.baseline, cleared.conflicts], [{}, [], { f: "a" }, []]);
  const changed = run({ was: "a", ours: "a", theirs: "b" }, { waits });
  assert.deepEqual([changed.take, changed.baseline], [{ f: "b" }, { f: "b" }]);
  const both = run({ was: "a", ours: "b", theirs: null }, { waits });
  assert.equal(both.conflicts.length, 1);
  assert.deepEqual(asked, [true, false, false]);
  const all = run({ was: "a", ours: "b", theirs: "c" }, { waits: () => true });
  assert.deepEqual([all.take, all.behind, all.baseline, all.conflicts], [{}, [], { f: "a" }, []]);
});

test("what is withheld is told with all that was said, blanks too", () => {
  const withheld = () => true;
  const told = { field: "f", winner: "winston", rule: "restrictive" };
  assert.deepEqual(run({ was: true, ours: true, theirs: false }, { withheld }).conflicts, [
    { ...told, baseline: true, winston: true, record: false },
  ]);
  assert.deepEqual(run({ theirs: false }, { withheld }).conflicts, [
    { ...told, baseline: null, winston: null, record: false },
  ]);
});

test("what loses nothing is in no ledger, but a person who is asked is told of it", () => {
  const legs = { was: "a", ours: "b", theirs: "c" };
  const losesNothing: Rules["losesNothing"] = (_, winner) => winner === "record";
  const won = run(legs, { losesNothing });
  assert.deepEqual([won.take, won.conflicts], [{ f: "c" }, []]);
  const lost = run(legs, { losesNothing, newer: () => "winston" });
  assert.deepEqual([lost.behind, lost.conflicts.map((one) => one.record)], [["f"], ["c"]]);
  const asked = run(legs, { losesNothing: () => true, ruleOf: () => "ask" });
  assert.deepEqual(
    asked.conflicts.map((one) => one.winner),
    ["open"],
  );
});

test("a decision says its rule, and its reason where there is one", () => {
  const legs = { was: "a", ours: "b", theirs: "c" };
  const ruleSaid = (rules: Partial<Rules>, of: Legs = legs): string => run(of, rules).conflicts[0]!.rule;
  assert.equal(ruleSaid({ ruleOf: () => "record" }), "record");
  assert.equal(ruleSaid({ ruleOf: () => "record", reasonOf: () => "owner" }), "owner");
  assert.equal(ruleSaid({ ruleOf: () => "winston", reasonOf: () => undefined }), "winston");
  assert.equal(ruleSaid({ ruleOf: () => "nonBlank" }), "nonBlank, then newest");
  assert.equal(ruleSaid({ ruleOf: () => "nonBlank" }, { ...legs, theirs: null }), "nonBlank");
  assert.equal(ruleSaid({ ruleOf: () => "restrictive" }), "restrictive, then newest");
  assert.equal(ruleSaid({ ruleOf: () => "restrictive" }, { was: null, ours: true, theirs: false }), "restrictive");
});

test("where both came to forbid, who did so later is the one whose word it is", () => {
  const both = { was: false, ours: true, theirs: true };
  assert.deepEqual(run(both, { ruleOf: () => "restrictive" }).confirmed, ["f"]);
  assert.deepEqual(run(both, { ruleOf: () => "restrictive", newer: () => "winston" }).confirmed, []);
});

test("what stands for a blank, where nothing is here, moves nothing: both sides agree on the blank", () => {
  const quiet = run({ theirs: "x" }, { standsFor: () => true });
  assert.deepEqual([quiet.take, quiet.behind, quiet.baseline, quiet.conflicts], [{}, [], {}, []]);
  const cleared = run({ was: "a", theirs: "x" }, { standsFor: (_, __, ours) => ours === undefined });
  assert.deepEqual([cleared.take, cleared.conflicts], [{}, []]);
});
