// Tern tells a deletion with what its record said last here, as a recycle bin does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTernWorld } from "../../test/support/world.ts";

type Fields = Record<string, unknown>;

/** Somebody at Tern, at Other and here, who is changed at Tern between the look before the next write there and that write. */
async function createBinned() {
  const world = await createTernWorld();
  const other = await world.connect("other");
  world.tern.hasBin = true;
  const person = await world.save({ firstName: "Ann", lastName: "Lee", title: "1", company: "Acme" });
  await world.settle();
  await world.cycle();
  const [[record]] = world.tern.living("person") as [[string, unknown]];
  const said = (all: readonly [string, { fields: Fields }][]) =>
    all.map(([, { fields }]) => [fields["tel"], fields["firm"]]);
  return {
    ...world,
    person,
    record,
    meanwhile: (fields: Fields): void => {
      world.tern.afterRead = () => {
        world.tern.afterRead = undefined;
        world.clock.advance(1_000);
        world.tern.edit("person", record, fields);
        world.clock.advance(1_000);
      };
    },
    /** Happens when Tern has deleted it, and its answer is on its way. */
    beforeStored: (happens: () => unknown): void => {
      world.tern.afterWrite = async (op) => {
        if (op !== "delete") return;
        world.tern.afterWrite = undefined;
        await happens();
      };
    },
    later: async (): Promise<void> => {
      for (let again = 0; again < 2; again++) {
        world.clock.advance(60_000);
        await world.cycle();
        await world.sync(other.id);
        await world.settle();
      }
    },
    /** Title and company: here, at Tern, at Other. */
    all: async () => [
      (await world.people())
        .filter((one) => one.deletedAt === null)
        .map(({ fields }) => [fields["title"], fields["company"]]),
      said(world.tern.living("person")),
      said(world.other.living("person")),
    ],
    lost: async () =>
      (await world.runs.conflicts({ limit: 9 })).map((one) => [one.field, one.winston, one.record, one.winner]),
    /** Takes back what made the record at Tern; what is done before it is applied comes after the plan's own look. */
    withdraw: async (before: () => unknown): Promise<void> => {
      const made = (await world.runs.list({ limit: 100 })).find(
        (one) => one.lane === "push" && one.connection === "tern" && (one.counts.created ?? 0) > 0,
      )!;
      const { id } = await world.plans.undo({ run: made.id }, "tester");
      assert.equal((await world.plans.settled(id)).state, "ready");
      before();
      await world.plans.apply(id, {}, "tester");
      await world.settle();
    },
  };
}

test("what was edited in a record between the last look and its deletion by Winston outlives that deletion, where the vendor tells of it", async () => {
  for (const told of ["later", "before anybody stored that it was done"]) {
    await using world = await createBinned();
    world.meanwhile({ firm: "Blue" });
    if (told !== "later") world.beforeStored(world.cycle);
    await world.records.remove("person", world.person, "test");
    await world.settle();
    await world.later();
    assert.deepEqual(await world.all(), [[["1", "Blue"]], [["1", "Blue"]], [["1", "Blue"]]], told);
    const writes = world.tern.writes.length;
    await world.later();
    assert.equal(world.tern.writes.length, writes, "what is told once more brings nothing");
  }
});

test("what Winston deleted stays deleted where its last words are no edit that anybody could lose", async () => {
  await using world = await createBinned();
  world.tern.edit("person", world.record, { firm: "Blue" });
  await world.later();
  await world.save({ title: "2" }, world.person);
  await world.settle();
  await world.records.remove("person", world.person, "test");
  await world.settle();
  await world.later();
  assert.deepEqual(await world.all(), [[], [], []]);
});

test("what somebody brought back, edited and deleted again long after Winston had deleted it stays deleted", async () => {
  await using world = await createBinned();
  await world.records.remove("person", world.person, "test");
  await world.settle();
  await world.later();
  world.clock.advance(3_600_000);
  world.tern.edit("person", world.record, { firm: "Blue" });
  await world.later();
  assert.deepEqual(await world.all(), [[], [], []]);
});

test("what was edited in a record between the last look and its withdrawal by an undo arrives, and the record is there again", async () => {
  await using world = await createBinned();
  await world.withdraw(() => world.meanwhile({ firm: "Blue" }));
  assert.deepEqual(world.tern.living("person"), []);
  await world.later();
  assert.deepEqual(await world.all(), [[["1", "Blue"]], [["1", "Blue"]], [["1", "Blue"]]]);
  assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
});

test("of two edits, one in a record that an undo takes away and a later one here, the later stands and the other is in the ledger", async () => {
  await using world = await createBinned();
  await world.withdraw(() => world.meanwhile({ tel: "at Tern" }));
  await world.save({ title: "here" }, world.person);
  await world.settle();
  await world.later();
  assert.deepEqual(await world.all(), [[["here", "Acme"]], [["here", "Acme"]], [["here", "Acme"]]]);
  assert.deepEqual(await world.lost(), [["title", "here", "at Tern", "winston"]]);
});

test("what an undo takes away lives on here and elsewhere, also where its deletion is told before anybody stored that it was done", async () => {
  await using world = await createBinned();
  await world.withdraw(() => world.beforeStored(world.cycle));
  await world.later();
  assert.deepEqual(await world.all(), [[["1", "Acme"]], [], [["1", "Acme"]]]);
});
