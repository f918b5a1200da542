import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import type { JsonObject } from "../base/json.ts";
import type { Value } from "../mapping/types.ts";
import { merge } from "./merge.ts";
import { pack, setOrigins, type Origin } from "./origin.ts";
import { fieldRules, rulesFor } from "./rules.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const RULES = ["newest", "winston", "record", "nonBlank", "restrictive", "ask"] as const;
type Rule = (typeof RULES)[number];

/** What somebody set the field to, and when. Undefined: this party did nothing. */
type Edit = { readonly value: Value; readonly at: number } | undefined;

interface Tick {
  readonly was: Value;
  readonly here: Edit;
  /** Each connection's edit, and the rule of its mapping. */
  readonly there: readonly { readonly edit: Edit; readonly rule: Rule }[];
}

const same = (a: Value | undefined, b: Value | undefined): boolean => (a ?? null) === (b ?? null);

/** Plays one tick with the connections looked at in this order, then on until all is quiet. Returns what each party has, and what is asked. */
function play({ was, here, there }: Tick, looks: readonly number[]) {
  const of = fieldRules(
    there.map(({ rule }, index) => ({
      id: index + 1,
      mapping: { ruleOf: () => rule, inbound: new Set(["f"]), outbound: new Set(["f"]) },
    })),
  );
  let ours: Value = here ? here.value : was;
  let origin: JsonObject = { "*": pack({ from: 0, to: 0 }) };
  if (here) origin = setOrigins(origin, ["f"], { actor: "key:ann", from: here.at, to: here.at });
  const sides = there.map(({ edit }) => ({ baseline: was, value: edit ? edit.value : was, at: edit?.at ?? 0 }));
  const asked = new Set<string>();

  const look = (index: number): void => {
    const side = sides[index]!;
    const from: Origin = { stream: index + 1, from: side.at, to: side.at };
    const merged = merge(
      {
        baseline: { f: side.baseline },
        met: () => true,
        entity: { f: ours },
        record: { f: side.value },
      },
      {
        equal: (_, a, b) => same(a, b),
        standsFor: (_, a, b) => same(a, b),
        outbound: new Set(["f"]),
        ...rulesFor(of, { record: from, winston: origin }),
      },
    );
    if ("f" in merged.take) ours = merged.take["f"]!;
    if ("f" in merged.take || merged.confirmed.length > 0) origin = setOrigins(origin, ["f"], from);
    side.baseline = merged.baseline["f"] ?? null;
    const [conflict] = merged.conflicts;
    asked.delete(String(index));
    if (conflict?.winner === "open") asked.add(String(index));
  };
  /** A record is read again before it is written, and nothing is written while a person is asked. */
  const write = (index: number): void => {
    look(index);
    const side = sides[index]!;
    if (asked.size > 0 || same(ours, side.baseline)) return;
    Object.assign(side, { baseline: ours, value: ours, at: 100 });
  };

  for (const index of looks) look(index);
  for (let round = 0; round < 4; round++) for (const index of looks) write(index);
  return { ours, theirs: sides.map((side) => side.value), asked: asked.size > 0 };
}

const value = fc.constantFrom<Value>(null, "a", "b", true, false);
const edit = fc.option(fc.record({ value, at: fc.integer({ min: 1, max: 4 }) }), { nil: undefined });
const tick = (connections: number): fc.Arbitrary<Tick> =>
  fc.record({
    was: value,
    here: edit,
    there: fc.array(fc.record({ edit, rule: fc.constantFrom(...RULES) }), {
      minLength: connections,
      maxLength: connections,
    }),
  });

const orders = (count: number): number[][] =>
  count === 0
    ? [[]]
    : orders(count - 1).flatMap((order) => order.concat(count - 1).map((_, at) => order.toSpliced(at, 0, count - 1)));

test("the edits of one tick end in one value, in whatever order the systems are looked at, under any mix of rules", () => {
  for (const connections of [2, 3])
    fc.assert(
      fc.property(tick(connections), (one) => {
        const ends = orders(connections).map((order) => play(one, order));
        const [first] = ends;
        if (ends.some((end) => end.asked)) {
          // While somebody is asked, what was heard first stands; that somebody is asked does not depend on it.
          assert.ok(ends.every((end) => end.asked));
          return;
        }
        for (const end of ends) {
          assert.deepEqual(end.ours, first!.ours);
          assert.ok(
            end.theirs.every((one) => same(one, end.ours)),
            "and all systems have it",
          );
        }
      }),
      { numRuns: 5_000 },
    );
});

test("the owner's value stands against any other, and that of a system that yields against none", () => {
  const at = (value: Value, time: number): Edit => ({ value, at: time });
  const there = (...list: [Edit, Rule][]) => list.map(([edit, rule]) => ({ edit, rule }));
  const ends = (here: Edit, ...list: [Edit, Rule][]): Value =>
    play({ was: "x", here, there: there(...list) }, [0, 1]).ours;
  assert.equal(ends(at("ours", 3), [at("owner", 1), "record"], [at("late", 4), "newest"]), "owner");
  assert.equal(ends(undefined, [at("yields", 4), "winston"], [at("other", 1), "newest"]), "other");
  assert.equal(ends(undefined, [at("yields", 4), "winston"], [undefined, "newest"]), "yields", "nobody says otherwise");
  assert.equal(ends(undefined, [at("a", 4), "record"], [at("b", 1), "record"]), "a", "of two owners the newest");
  assert.equal(
    ends(at(true, 1), [at(false, 4), "newest"], [undefined, "restrictive"]),
    true,
    "the most careful rule counts",
  );
});

test("three systems that edit one field in one tick end alike, whichever is read first", async () => {
  const rules = ["newest", "record", "nonBlank", "winston"] as const;
  for (const rule of rules) {
    const ends = new Set<unknown>();
    for (const first of ["tern", "other"] as const) {
      await using world = await createTernWorld((tern) => tern.add("person", ann));
      world.other.add("person", ann);
      const second = await world.connect("other");
      await world.settle();
      await world.mapAlso("person", [{ field: "title", record: "tel", direction: "both", transform: "text", rule }]);
      const person = (await world.people())[0]!.id;
      const [mine, theirs] = [world.tern.living("person")[0]!, world.other.living("person")[0]!];
      world.clock.advance(1_000);
      world.tern.edit("person", mine[0], { tel: rule === "nonBlank" ? null : "from tern" });
      world.clock.advance(1_000);
      await world.save({ title: "from here" }, person);
      world.clock.advance(1_000);
      world.other.edit("person", theirs[0], { tel: "from other" });
      world.clock.advance(1_000);
      const ids = [world.connection.id, second.id];
      for (const id of first === "tern" ? ids : ids.toReversed()) await world.sync(id);
      for (const id of ids) await world.sync(id);
      const title = (await world.people())[0]!.fields["title"];
      assert.deepEqual([mine[1].fields["tel"], theirs[1].fields["tel"]], [title, title], `${rule}, ${first} first`);
      ends.add(title);
    }
    assert.deepEqual([...ends], [rule === "record" ? "from tern" : "from other"], rule);
  }
});

test("what each system computes for itself is nobody's conflict, whoever is read first; what people set is one", () => {
  const stream = (id: number, rule: Rule, outbound: readonly string[]) => ({
    id,
    mapping: { ruleOf: () => rule, inbound: new Set(["f"]), outbound: new Set(outbound) },
  });
  const meeting = (
    streams: Parameters<typeof fieldRules>[0],
    from: { readonly record: Origin; readonly here: Origin },
  ) => {
    const sides = { baseline: {}, met: () => false, entity: { f: true }, record: { f: false } };
    const merged = merge(sides, {
      equal: (_, a, b) => same(a, b),
      standsFor: (_, a, b) => same(a, b),
      outbound: new Set(),
      ...rulesFor(fieldRules(streams), { record: from.record, winston: setOrigins({}, ["f"], from.here) }),
    });
    return { told: merged.conflicts.length, taken: merged.take["f"] ?? null };
  };
  const [early, late] = [
    { from: 0, to: 0 },
    { from: 9, to: 9 },
  ];
  const both = [stream(1, "newest", []), stream(2, "newest", [])];
  assert.deepEqual(meeting(both, { record: { stream: 2, ...late }, here: { stream: 1, ...early } }), {
    told: 0,
    taken: false,
  });
  assert.deepEqual(meeting(both, { record: { stream: 2, ...early }, here: { stream: 1, ...late } }), {
    told: 0,
    taken: null,
  });
  assert.equal(meeting(both, { record: { stream: 2, ...late }, here: { actor: "key:ann", ...early } }).told, 1);
  assert.equal(
    meeting([stream(1, "ask", []), stream(2, "newest", [])], {
      record: { stream: 2, ...late },
      here: { stream: 1, ...early },
    }).told,
    1,
    "a person who wants to be asked is",
  );
  const yields = [stream(1, "newest", ["f"]), stream(2, "winston", [])];
  assert.equal(meeting(yields, { record: { stream: 2, ...late }, here: { stream: 1, ...early } }).told, 0);
  const careful = [stream(1, "restrictive", ["f"]), stream(2, "restrictive", [])];
  assert.equal(meeting(careful, { record: { stream: 2, ...late }, here: { stream: 1, ...early } }).told, 1);
});
