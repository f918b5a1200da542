import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { isError } from "../base/errors.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { goesToAndFro, type Turn } from "./freeze.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The turns before the one that is about to be made by `a`, from "B" to "A": newest first. */
const turns = (
  count: number,
  more: { gap?: number; actors?: readonly string[]; olds?: readonly string[] } = {},
): Turn[] =>
  Array.from({ length: count }, (_, index) => ({
    at: 100 * HOUR - (index + 1) * (more.gap ?? MINUTE),
    actor: (more.actors ?? ["b", "a"])[index % 2]!,
    old: (more.olds ?? ["A", "B"])[index % 2]!,
  }));
const next = { at: 100 * HOUR, actor: "a", ours: "B", theirs: "A" };

test("five changes in a row between two values, by two writers in turn and soon, are to and fro", () => {
  assert.equal(goesToAndFro(next, turns(4), HOUR), true);
  assert.equal(goesToAndFro(next, turns(9), HOUR), true);
  assert.equal(goesToAndFro(next, turns(3), HOUR), false, "four changes are two minds changed twice");
  assert.equal(goesToAndFro(next, turns(4, { gap: HOUR + 1 }), HOUR), false, "people take their time");
  assert.equal(goesToAndFro(next, turns(4, { actors: ["a", "a"] }), HOUR), false, "one who changes their mind");
  assert.equal(goesToAndFro(next, turns(4, { olds: ["A", "C"] }), HOUR), false, "a third value");
  assert.equal(goesToAndFro(next, [...turns(3), { ...turns(4)[3]!, actor: "c" }], HOUR), false, "a third writer");
});

test("of any history, to and fro is what the words say: six values that are two in turn, of two writers in turn", () => {
  const turn = fc.record({
    old: fc.constantFrom("A", "B"),
    actor: fc.constantFrom("a", "b"),
    gap: fc.constantFrom(1, 2),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 6 }), (before) => {
      let at = next.at;
      const history = before.map(({ old, actor, gap }) => ({ old, actor, at: (at -= gap) }));
      const values = [
        ...before
          .slice(0, 4)
          .map((one) => one.old)
          .toReversed(),
        "B",
        "A",
      ].join("");
      const actors = [
        ...before
          .slice(0, 4)
          .map((one) => one.actor)
          .toReversed(),
        "a",
      ].join("");
      const soon = before.slice(0, 4).every((one) => one.gap === 1);
      assert.equal(goesToAndFro(next, history, 1), values === "BABABA" && actors === "ababa" && soon);
    }),
  );
});

/** Two systems with one person, whose number is `title` here. */
async function twoSystems() {
  const world = await createTernWorld((tern) => void tern.add("person", { ...ann, tel: "A" }));
  const there = await world.connect("other");
  await world.settle();
  const at = (side: "tern" | "other") => world[side].living("person")[0]!;
  const set = (side: "tern" | "other", tel: string): void => world[side].edit("person", at(side)[0], { tel });
  return {
    world,
    set,
    tel: (side: "tern" | "other"): unknown => at(side)[1].fields["tel"],
    /** Both are looked at, `afterMs` later. */
    look: async (afterMs = MINUTE): Promise<void> => {
      world.clock.advance(afterMs);
      await world.cycle();
      await world.sync(there.id);
    },
    title: async (): Promise<unknown> => (await world.people())[0]!.fields["title"],
    writes: (): number => world.tern.writes.length + world.other.writes.length,
    frozen: () => world.frozen.list({ on: true, limit: 5 }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("pain 7: an endless update loop is frozen and both writers are named", async () => {
  await using systems = await twoSystems();
  const { world, set, tel, look } = systems;
  // Each system's own automation knows better.
  const automate = (): void => {
    if (tel("tern") === "B") set("tern", "A");
    if (tel("other") === "A") set("other", "B");
  };
  for (let round = 0; round < 12; round++) {
    automate();
    await look();
  }
  const [one, ...more] = await systems.frozen();
  assert.deepEqual(more, []);
  assert.deepEqual(
    new Set(one!.writers.map((by) => [by.connection, by.stream, by.recordField, by.mapping, by.value].join(" "))),
    new Set(["tern person tel 1 A", "other person tel 1 B"]),
  );
  assert.match(
    one!.says,
    /title of person Ann Lee goes to and fro: .*(?:tern|other) \(person, its field tel, mapping version 1\) sets it to "[AB]"/u,
  );
  assert.match((await world.stream("person")).health, /1 fields? frozen/u);
  const writes = systems.writes();
  // Everything else goes on, and the field is written nowhere.
  for (let round = 0; round < 4; round++) {
    automate();
    world.tern.edit("person", world.tern.living("person")[0]![0], { first: `Ann ${round}` });
    await look();
  }
  assert.deepEqual([systems.writes() - writes, world.other.living("person")[0]![1].fields["first"]], [4, "Ann 3"]);
  await world.save({ title: "here" }, one!.entityId);
  await world.settle();
  assert.deepEqual([tel("tern") === "here", tel("other") === "here"], [false, false], "nor is an edit of ours");

  // The automation at one side is mended, and a person lets go.
  const done = await world.frozen.release(one!.id, "key:ada");
  assert.deepEqual([done.state, done.releasedBy, await systems.frozen()], ["released", "key:ada", []]);
  await world.settle();
  await look();
  assert.deepEqual([tel("tern"), tel("other")], [await systems.title(), await systems.title()]);
  await assert.rejects(world.frozen.release(one!.id, "key:ada"), (thrown) => isError(thrown, "request.conflict"));
  set("tern", "after");
  await look();
  assert.equal(tel("other"), "after");
});

test("a script of ours and a vendor's automation are two writers too", async () => {
  await using systems = await twoSystems();
  const { world, set, tel, look } = systems;
  const [person] = await world.people();
  for (let round = 0; round < 4; round++) {
    await world.saveAll("person", [{ id: person!.id, title: "B" }], { actor: "key:nightly" });
    await look();
    if (tel("tern") === "B") set("tern", "A");
    await look();
  }
  const [one] = await systems.frozen();
  assert.deepEqual(one!.writers.map((writer) => writer.actor).toSorted(), ["connection:tern", "key:nightly"]);
});

test("people who change their minds are not frozen: one of them as often as they like, two of them twice each, or slowly", async () => {
  await using systems = await twoSystems();
  const { set, look } = systems;
  for (let n = 0; n < 10; n++) {
    set("tern", n % 2 === 0 ? "B" : "A");
    await look();
  }
  set("tern", "between");
  await look();
  set("tern", "A");
  await look();
  for (let n = 0; n < 3; n++) {
    set(n % 2 === 0 ? "other" : "tern", n % 2 === 0 ? "B" : "A");
    await look();
  }
  set("other", "C");
  await look();
  for (let n = 0; n < 8; n++) {
    set(n % 2 === 0 ? "tern" : "other", n % 2 === 0 ? "A" : "C");
    await look(2 * HOUR);
  }
  assert.deepEqual(await systems.frozen(), []);
});

test("a field that is set back each time it is written is frozen, though nothing moves here", async () => {
  await using world: TernWorld = await createTernWorld((tern) => void tern.add("person", { ...ann, silent: true }));
  const row = { field: "doNotCall", record: "silent", transform: "boolean", rule: "restrictive" };
  await world.mapAlso("person", [{ ...row, direction: "both" }]);
  const there = await world.connect("other");
  await world.settle();
  const stream = await world.stream("person", there.id);
  const { document } = await world.connections.mapping(stream.id);
  const rows = [...(document["rows"] as object[]), { ...row, direction: "in" }];
  await world.connections.putMapping(stream.id, { ...document, rows } as never, "test");
  world.other.edit("person", world.other.living("person")[0]![0], { silent: true });
  await world.sync(there.id, true);
  const [id] = world.tern.living("person")[0]!;
  const untick = async (): Promise<void> => {
    world.clock.advance(MINUTE);
    world.tern.edit("person", id, { silent: false });
    await world.cycle();
  };
  await untick();
  assert.equal(world.tern.people.get(id)!.fields["silent"], true, "it is withheld elsewhere, and set again");
  for (let n = 0; n < 5; n++) await untick();
  const [one] = await world.frozen.list({ on: true, limit: 5 });
  assert.deepEqual(
    [one?.field, one?.writers.map((writer) => writer.actor)],
    ["doNotCall", ["connection:tern", "winston"]],
  );
  const writes = world.tern.writes.length;
  await untick();
  assert.equal(world.tern.writes.length, writes);
});
