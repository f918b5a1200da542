// Records that a vendor hides for a while, and what becomes of their things meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";

const HOUR_MS = 3_600_000;

/** Ann and Bo at Tern and at Other, of which Tern can hide Ann. `fields` are of Ann's record there. */
async function createHiding(fields: Record<string, unknown> = {}) {
  const world = await createTernWorld((tern) => {
    tern.add("person", { ...ann, ...fields });
    tern.add("person", { ...ann, first: "Bo", last: "Day", mail: "bo@example.com" });
  });
  const other = await world.connect("other");
  await world.settle();
  const { tern } = world;
  const [id, row] = tern.living("person")[0]!;
  const later = async (): Promise<void> => {
    world.clock.advance(HOUR_MS);
    await world.cycle();
    await world.sync(other.id);
  };
  await later();
  const thing = (await world.people()).find((one) => one.fields["firstName"] === "Ann")!.id;
  return {
    ...world,
    id,
    row,
    thing,
    later,
    hide: () => void tern.people.delete(id),
    show: () => void tern.people.set(id, row),
    removeAtOther: async (): Promise<void> => {
      const [there] = world.other.living("person").find(([, one]) => one.fields["first"] === "Ann")!;
      world.other.remove("person", there);
      await world.sync(other.id);
    },
    /** What the daily comparison does, and what follows from it. */
    compare: async (): Promise<void> => {
      const of = { connection: "tern", stream: "person" };
      await world.comparisons.start(of, { depth: "fields", repair: true }, "test");
      await world.settle();
      await later();
    },
    /** Who is called Ann: here, at Tern, at Other. */
    anns: async () => [
      (await world.people()).filter((one) => one.fields["firstName"] === "Ann").length,
      tern.living("person").filter(([, one]) => one.fields["first"] === "Ann").length,
      world.other.living("person").filter(([, one]) => one.fields["first"] === "Ann").length,
    ],
    parked: async () => (await world.runs.parked({ limit: 5 })).map((one) => one.reason),
  };
}

type Hiding = Awaited<ReturnType<typeof createHiding>>;

/** It is to be written, and is not there: a person is asked. */
async function miss(world: Hiding): Promise<void> {
  await world.save({ title: "edited" }, world.thing);
  await world.later();
  assert.deepEqual(await world.parked(), ["record.gone"]);
}

const WAYS: Readonly<Record<string, (world: Hiding) => Promise<unknown>>> = {
  "deleted elsewhere": (world) => world.removeAtOther(),
  "deleted here": (world) => world.records.remove("person", world.thing, "test"),
  "asked about, and then deleted elsewhere": (world) => miss(world).then(world.removeAtOther),
  "asked about, and then deleted here": (world) =>
    miss(world).then(() => world.records.remove("person", world.thing, "test")),
};

for (const [way, happens] of Object.entries(WAYS))
  for (const employer of [null, "nobody"]) {
    const names = employer === null ? "" : ", and names somebody who is not known";
    test(`a hidden record whose thing is ${way} is deleted when it is shown again${names}`, async () => {
      await using world = await createHiding({ employer });
      world.hide();
      await happens(world);
      await world.settle();
      await world.later();
      assert.deepEqual([await world.anns(), await world.parked()], [[0, 0, 0], []]);
      world.show();
      await world.later();
      assert.deepEqual(await world.anns(), [0, 1, 0]);
      await world.compare();
      assert.deepEqual([await world.anns(), world.row.deleted, await world.parked()], [[0, 0, 0], true, []]);
    });
  }

test("what was edited in a hidden record outlives what was deleted elsewhere meanwhile", async () => {
  for (const ask of [false, true]) {
    await using world = await createHiding();
    world.hide();
    if (ask) await miss(world);
    await world.removeAtOther();
    await world.settle();
    await world.later();
    assert.deepEqual(await world.anns(), [0, 0, 0]);
    world.show();
    world.tern.edit("person", world.id, { firm: "Other", tel: null });
    await world.later();
    assert.deepEqual([await world.anns(), await world.parked()], [[1, 1, 1], []]);
    // What was cleared in it stays cleared.
    assert.equal(world.row.fields["tel"] ?? null, null);
    await world.compare();
    assert.deepEqual(await world.anns(), [1, 1, 1]);
  }
});

test("a hidden record that is shown again before anybody could ask for its deletion is deleted, and nothing lives again by it", async () => {
  await using world = await createHiding();
  world.hide();
  await miss(world);
  await world.connections.update(world.connection.id, { paused: true });
  await world.removeAtOther();
  world.show();
  await world.sync(world.connection.id, true);
  assert.deepEqual(await world.anns(), [0, 1, 0]);
  await world.connections.update(world.connection.id, { paused: false });
  await world.settle();
  assert.deepEqual([await world.anns(), await world.parked()], [[0, 0, 0], []]);
});

test("a record that was deleted where it is, and is there again under the stamp it had, lives again", async () => {
  for (const byUs of [false, true]) {
    await using world = await createHiding();
    const { changedAt } = world.row;
    if (byUs) await world.removeAtOther();
    else world.tern.remove("person", world.id);
    await world.settle();
    await world.later();
    assert.deepEqual(await world.anns(), [0, 0, 0]);
    Object.assign(world.row, { deleted: false, changedAt });
    await world.later();
    await world.compare();
    assert.deepEqual(await world.anns(), [1, 1, 1], byUs ? "by Winston" : "by its vendor");
  }
});

test("a record that was deleted everywhere, and was brought back where no reading showed it, lives again", async () => {
  await using world = await createHiding();
  world.tern.remove("person", world.id);
  await world.removeAtOther();
  await world.settle();
  await world.later();
  assert.deepEqual(await world.anns(), [0, 0, 0]);
  await world.later();
  Object.assign(world.row, { deleted: false, changedAt: world.clock.now() - HOUR_MS / 4 });
  await world.later();
  assert.deepEqual(await world.anns(), [0, 1, 0]);
  await world.compare();
  assert.deepEqual(await world.anns(), [1, 1, 1]);
});
