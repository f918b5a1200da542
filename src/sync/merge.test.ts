import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { roundings } from "../mapping/exactness.ts";
import type { Value } from "../mapping/types.ts";
import { merge, type Merge, type Rules } from "./merge.ts";

type Rule = ReturnType<Rules["ruleOf"]>;

/** One field under merge. `undefined` as a record's value: it was not carried. */
interface Case {
  met?: boolean;
  was?: Value;
  ours?: Value;
  theirs?: Value;
  sent?: Value;
  rule?: Rule;
  newer?: "record" | "winston";
  outbound?: boolean;
}

const same = (a: Value | undefined, b: Value | undefined): boolean => (a ?? null) === (b ?? null);
const onlyIf = (value: Value | undefined): Record<string, Value> => (value === undefined ? {} : { f: value });

function run(one: Case): Merge {
  return merge(
    {
      baseline: one.was === null ? {} : onlyIf(one.was),
      met: () => one.met ?? true,
      entity: onlyIf(one.ours),
      record: onlyIf(one.theirs),
      ...(one.sent === undefined ? {} : { sent: { f: one.sent } }),
    },
    {
      equal: (_, a, b) => same(a, b),
      standsFor: (_, theirs, ours) => same(theirs, ours),
      ruleOf: () => one.rule ?? "newest",
      outbound: new Set(one.outbound === false ? [] : ["f"]),
      newer: () => one.newer ?? "winston",
    },
  );
}

/** What a merge did to the field, in one word. */
function said(result: Merge): string {
  const winner = result.conflicts[0]?.winner;
  if (winner === "open") return "open";
  const what = "f" in result.take ? "record" : result.behind.length > 0 ? "winston" : "agree";
  return winner === undefined ? what : `conflict: ${winner}`;
}

test("a table of what three legs mean", () => {
  const table: [string, Case, string][] = [
    ["nobody moved", { was: "a", ours: "a", theirs: "a" }, "agree"],
    ["both moved to the same", { was: "a", ours: "b", theirs: "b" }, "agree"],
    ["the record moved", { was: "a", ours: "a", theirs: "b" }, "record"],
    ["Winston moved", { was: "a", ours: "b", theirs: "a" }, "winston"],
    ["the record was cleared", { was: "a", ours: "a", theirs: null }, "record"],
    ["Winston was cleared", { was: "a", theirs: "a" }, "winston"],
    ["cleared here, changed there", { was: "a", theirs: "b", newer: "record" }, "conflict: record"],
    ["changed here, cleared there", { was: "a", ours: "b", theirs: null, newer: "winston" }, "conflict: winston"],
    ["both moved apart, the record later", { was: "a", ours: "b", theirs: "c", newer: "record" }, "conflict: record"],
    ["both moved apart, Winston later", { was: "a", ours: "b", theirs: "c", newer: "winston" }, "conflict: winston"],
    ["the record did not carry the field", { was: "a", ours: "b" }, "agree"],
    ["a first meeting fills our blank", { met: false, theirs: "b" }, "record"],
    ["a first meeting fills their blank", { met: false, ours: "b", theirs: null }, "winston"],
    [
      "a first meeting of different values",
      { met: false, ours: "a", theirs: "b", newer: "record" },
      "conflict: record",
    ],
    ["a blank since the last meeting is an edit", { met: true, was: null, ours: null, theirs: "b" }, "record"],
    ["our own write seen again", { was: "a", ours: "c", theirs: "b", sent: "b" }, "winston"],
    ["our own write seen again, nothing newer", { was: "a", ours: "b", theirs: "b", sent: "b" }, "agree"],
    ["our own clearing seen again", { was: "a", ours: "c", theirs: null, sent: null }, "winston"],
    ["not our write after all", { was: "a", ours: "b", theirs: "c", sent: "b", newer: "record" }, "conflict: record"],
    ["a field that is not written there", { was: "a", ours: "b", theirs: "a", outbound: false }, "agree"],
    [
      "the rule says Winston",
      { was: "a", ours: "b", theirs: "c", rule: "winston", newer: "record" },
      "conflict: winston",
    ],
    [
      "the rule says the record",
      { was: "a", ours: "b", theirs: "c", rule: "record", newer: "winston" },
      "conflict: record",
    ],
    ["the rule asks a person", { was: "a", ours: "b", theirs: "c", rule: "ask" }, "open"],
    ["a blank loses", { was: "a", ours: null, theirs: "c", rule: "nonBlank", newer: "winston" }, "conflict: record"],
    [
      "a blank loses there too",
      { was: "a", ours: "b", theirs: null, rule: "nonBlank", newer: "record" },
      "conflict: winston",
    ],
    ["neither is blank", { was: "a", ours: "b", theirs: "c", rule: "nonBlank", newer: "record" }, "conflict: record"],
    [
      "who forbids wins",
      { was: null, ours: true, theirs: false, rule: "restrictive", newer: "record" },
      "conflict: winston",
    ],
    [
      "who forbids wins there too",
      { was: null, ours: false, theirs: true, rule: "restrictive", newer: "winston" },
      "conflict: record",
    ],
  ];
  for (const [name, one, expected] of table) assert.equal(said(run(one)), expected, name);
});

test("an open conflict moves neither side nor the baseline, and holds both values", () => {
  const { take, behind, baseline, conflicts } = run({ was: "a", ours: "b", theirs: "c", rule: "ask" });
  assert.deepEqual([take, behind, baseline], [{}, [], { f: "a" }]);
  assert.deepEqual(conflicts, [{ field: "f", winner: "open", rule: "ask", baseline: "a", winston: "b", record: "c" }]);
});

test("a taken null stands in `take` and leaves the baseline, so that a clear travels", () => {
  const { take, baseline } = run({ was: "a", ours: "a", theirs: null });
  assert.deepEqual([take, baseline], [{ f: null }, {}]);
});

test("a value that both sides came to is the record's where its word weighs more, so that a third side meets the stronger of the two", () => {
  const both = { was: "a", ours: "b", theirs: "b" } as const;
  assert.deepEqual(run({ ...both, newer: "record" }).confirmed, ["f"]);
  assert.deepEqual(run({ ...both, newer: "winston" }).confirmed, []);
  assert.deepEqual(run({ ...both, newer: "winston", rule: "record" }).confirmed, ["f"]);
  assert.deepEqual(run({ ...both, newer: "record", was: "b" }).confirmed, [], "nobody moved");
  assert.deepEqual(run({ ...both, newer: "record", sent: "b" }).confirmed, [], "it was our own write");
});

test("fields the record did not carry keep their baseline", () => {
  const { baseline } = merge(
    { baseline: { f: "a", g: "b" }, met: () => true, entity: { f: "a", g: "b" }, record: { f: "c" } },
    {
      equal: (_, a, b) => same(a, b),
      standsFor: (_, theirs, ours) => same(theirs, ours),
      ruleOf: () => "newest",
      outbound: new Set(),
      newer: () => "winston",
    },
  );
  assert.deepEqual(baseline, { f: "c", g: "b" });
});

/** A side moved when it left the baseline; at a first meeting, when it has something to say. One mover wins, two are a conflict. */
function model(one: Required<Pick<Case, "met" | "was" | "ours" | "theirs" | "rule" | "newer">> & Case): string {
  const own = one.sent !== undefined && same(one.sent, one.theirs);
  const was = own ? one.theirs : one.was;
  const moved = (value: Value): boolean => (one.met || own ? !same(value, was) : value !== null);
  if (same(one.ours, one.theirs)) return "agree";
  if (!moved(one.ours)) return "record";
  if (!moved(one.theirs)) return "winston";
  const newest = one.newer === "record" ? "record" : "winston";
  if (one.rule === "ask") return "open";
  if (one.rule === "winston" || one.rule === "record") return `conflict: ${one.rule}`;
  if (one.rule === "nonBlank" && one.theirs === null) return "conflict: winston";
  if (one.rule === "nonBlank" && one.ours === null) return "conflict: record";
  if (one.rule === "restrictive" && one.ours === true) return "conflict: winston";
  if (one.rule === "restrictive" && one.theirs === true) return "conflict: record";
  return `conflict: ${newest}`;
}

const value = fc.constantFrom<Value>(null, "a", "b", "c", true, false);
const anyCase = fc.record({
  met: fc.boolean(),
  was: value,
  ours: value,
  theirs: value,
  rule: fc.constantFrom<Rule>("newest", "winston", "record", "nonBlank", "restrictive", "ask"),
  newer: fc.constantFrom("record" as const, "winston" as const),
});

test("the merge of any three legs is what the model says", () => {
  const withSent = fc.tuple(anyCase, fc.option(value, { nil: undefined }));
  fc.assert(
    fc.property(withSent, ([one, sent]) => {
      const whole = sent === undefined ? one : { ...one, sent };
      assert.equal(said(run(whole)), model(whole));
    }),
    { numRuns: 3_000 },
  );
});

test("of any record each field is decided by itself: one that is not carried says nothing, one that is null says blank", () => {
  const absent = fc.tuple(anyCase, fc.boolean()).map(([one, carried]) => ({ ...one, carried }));
  fc.assert(
    fc.property(fc.array(absent, { minLength: 3, maxLength: 3 }), (fields) => {
      const keys = fields.map((_, index) => `f${index}`);
      const legs = (leg: "was" | "ours" | "theirs", which = fields): Record<string, Value> =>
        Object.fromEntries(keys.flatMap((key, at) => (which.includes(fields[at]!) ? [[key, fields[at]![leg]]] : [])));
      const at = (key: string) => fields[keys.indexOf(key)]!;
      const held = fields.filter((one) => one.was !== null);
      const whole = merge(
        {
          baseline: legs("was", held),
          met: (key) => at(key).met,
          entity: legs("ours"),
          record: legs(
            "theirs",
            fields.filter((one) => one.carried),
          ),
        },
        {
          equal: (_, a, b) => same(a, b),
          standsFor: (_, theirs, ours) => same(theirs, ours),
          ruleOf: (key) => at(key).rule,
          outbound: new Set(keys),
          newer: (key) => at(key).newer,
        },
      );
      for (const key of keys) {
        const one = at(key);
        const mine = <T>(list: readonly T[], of: (item: T) => string): T[] => list.filter((item) => of(item) === key);
        const conflict = mine(whole.conflicts, (item) => item.field);
        const alone = {
          take: key in whole.take ? { f: whole.take[key]! } : {},
          behind: mine(whole.behind, (item) => item),
          conflicts: conflict,
        };
        if (one.carried) assert.equal(said({ ...whole, ...alone } as Merge), model(one));
        else {
          assert.deepEqual(alone, { take: {}, behind: [], conflicts: [] });
          assert.deepEqual(whole.baseline[key] ?? null, one.was);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("seen from the other side, the same edits have the same outcome", () => {
  const other = { record: "winston", winston: "record" } as const;
  const swapped = { agree: "agree", record: "winston", winston: "record", open: "open" } as const;
  fc.assert(
    fc.property(anyCase, (one) => {
      const rule = one.rule === "winston" || one.rule === "record" ? other[one.rule] : one.rule;
      const mirrored = said(run({ ...one, ours: one.theirs, theirs: one.ours, newer: other[one.newer], rule }));
      const [head, winner] = said(run(one)).split(": ") as [string, "record" | "winston" | undefined];
      const expected = winner === undefined ? swapped[head as keyof typeof swapped] : `conflict: ${other[winner]}`;
      assert.equal(mirrored, expected);
    }),
    { numRuns: 2_000 },
  );
});

test("once what was decided is carried out, the next merge finds nothing to do", () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      fc.pre(one.rule !== "ask");
      const first = run(one);
      const ours = "f" in first.take ? first.take["f"]! : one.ours;
      const pushed = first.behind.length > 0;
      const again = run({
        ...one,
        met: true,
        was: pushed ? ours : (first.baseline["f"] ?? null),
        ours,
        theirs: pushed ? ours : one.theirs,
      });
      assert.deepEqual([again.take, again.behind, again.conflicts], [{}, [], []]);
    }),
    { numRuns: 2_000 },
  );
});

interface Numbers {
  was?: number | undefined;
  ours?: number | undefined;
  theirs?: number | undefined;
  sent?: number;
  met?: boolean;
}

/** A vendor that keeps whole numbers, and of halves makes either neighbour. */
const wholeOnly = (one: Numbers): Merge =>
  merge(
    {
      baseline: onlyIf(one.was) as Record<string, number>,
      met: () => one.met ?? true,
      entity: onlyIf(one.ours),
      record: onlyIf(one.theirs),
      ...(one.sent === undefined ? {} : { sent: { f: one.sent } }),
    },
    {
      equal: (_, a, b) => same(a, b),
      standsFor: (_, theirs, ours) =>
        same(theirs, ours) || roundings("number", ours ?? null, { scale: 0 }).some((near) => same(theirs, near)),
      ruleOf: () => "newest",
      outbound: new Set(["f"]),
      newer: () => "record",
    },
  );

test("a value that comes back rounded is no edit, and the exact one stays; any other is one", () => {
  const table: [string, Numbers, string, number | undefined][] = [
    ["ours comes back rounded", { was: 7.89, ours: 7.89, theirs: 8 }, "agree", 7.89],
    ["ours comes back as it is", { was: 7.89, ours: 7.89, theirs: 7.89 }, "agree", 7.89],
    ["halves may go either way", { was: 7.5, ours: 7.5, theirs: 7 }, "agree", 7.5],
    ["an unanswered write comes back rounded", { was: 3, ours: 7.89, theirs: 8, sent: 7.89 }, "agree", 7.89],
    ["edited there", { was: 7.89, ours: 7.89, theirs: 9 }, "record", 9],
    ["edited here", { was: 7.89, ours: 7.6, theirs: 8 }, "winston", 8],
    ["edited here to what is finer than there", { was: 8, ours: 8.3, theirs: 8 }, "winston", 8],
    ["edited here to what is there already", { was: 7.89, ours: 8, theirs: 8 }, "agree", 8],
    ["edited on both sides to the same, as far as can be told", { was: 3, ours: 7.89, theirs: 8 }, "agree", 7.89],
    ["edited on both sides", { was: 7.89, ours: 5.5, theirs: 9 }, "conflict: record", 9],
    ["finer there than was promised", { was: 8, ours: 8, theirs: 7.89 }, "record", 7.89],
    ["a first meeting of one value", { met: false, ours: 7.89, theirs: 8 }, "agree", 7.89],
    ["a first meeting of two", { met: false, ours: 7.89, theirs: 9 }, "conflict: record", 9],
  ];
  for (const [name, one, expected, baseline] of table) {
    const result = wholeOnly(one);
    assert.equal(said(result), expected, name);
    assert.equal(result.baseline["f"], baseline, name);
  }
});

test("once what was decided is carried out by a vendor that rounds, the next merge finds nothing to do", () => {
  const number = fc.option(
    fc.integer({ min: -40, max: 40 }).map((tenths) => tenths / 10),
    { nil: undefined },
  );
  const anyNumbers = fc.record({
    was: number,
    ours: number,
    theirs: fc.integer({ min: -4, max: 4 }),
    met: fc.boolean(),
  });
  fc.assert(
    fc.property(anyNumbers, fc.boolean(), (one, up) => {
      const first = wholeOnly(one);
      const ours = "f" in first.take ? (first.take["f"] as number) : one.ours;
      const pushed = first.behind.length > 0;
      const near = roundings("number", ours ?? null, { scale: 0 }) as number[];
      const kept = near.at(up ? -1 : 0) ?? ours ?? undefined;
      const baseline = first.baseline["f"] as number | undefined;
      const again = wholeOnly({ was: pushed ? ours : baseline, ours, theirs: pushed ? kept : one.theirs });
      assert.deepEqual([again.take, again.behind, again.conflicts], [{}, [], []]);
      // And nothing that differs from the baseline is left to be sent.
      assert.ok(same(again.baseline["f"], ours ?? null));
    }),
    { numRuns: 3_000 },
  );
});

test("what another system withholds is not given by a side that moved alone: it is told, and the field is sent back", () => {
  const sides = (was: boolean, theirs: boolean) => ({
    baseline: { off: was },
    met: () => true,
    entity: { off: was },
    record: { off: theirs },
  });
  const rules = {
    equal: (_: string, a: unknown, b: unknown) => a === b,
    standsFor: (_: string, a: unknown, b: unknown) => a === b,
    ruleOf: () => "restrictive" as const,
    outbound: new Set(["off"]),
    newer: () => "record" as const,
  };
  const kept = merge(sides(true, false), { ...rules, withheld: () => true });
  assert.deepEqual([kept.take, kept.behind, kept.conflicts.length], [{}, ["off"], 1]);
  const given = merge(sides(true, false), rules);
  assert.deepEqual([given.take, given.conflicts], [{ off: false }, []]);
});
