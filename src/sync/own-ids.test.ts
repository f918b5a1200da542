// A business's own number of a thing, under which both systems know it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

const OWN = { field: "externalId", record: "tel", transform: "text", direction: "in" };

/** Two systems that hold a customer number as `tel`; what is there before they are connected is given. */
async function createNumbered(fill: (world: TernWorld) => void) {
  const world = await createTernWorld();
  const there = await world.connect("other", "observe");
  for (const id of [world.connection.id, there.id]) {
    const stream = await world.stream("person", id);
    const { document } = await world.connections.mapping(stream.id);
    const rows = (document["rows"] as { field: unknown; record: unknown }[]).filter((row) => row.record !== "tel");
    await world.connections.putMapping(stream.id, { ...document, rows: [...rows, OWN] } as never, "test");
  }
  await world.settle();
  fill(world);
  await world.sync(world.connection.id);
  await world.sync(there.id);
  return { world, there };
}

const numbers = async (world: TernWorld) => (await world.people()).map((one) => one.externalId ?? "").toSorted();
const openPairs = async (world: TernWorld) =>
  (await world.duplicates.list({ state: "open", limit: 10 })).map((pair) => pair.id);

test("an own id decides by itself: one person under other names and addresses, and the API knows the id", async () => {
  const { world } = await createNumbered(({ tern, other }) => {
    tern.add("person", { ...ann, tel: "C-1", mail: "ann@example.com" });
    other.add("person", { ...ann, tel: "C-1", mail: "a.lee@example.org", last: "Lee-Ray" });
  });
  await using _ = world;
  assert.deepEqual(await numbers(world), ["C-1"]);
  assert.equal((await world.records.list({ kind: "person", limit: 5, externalId: "C-1" })).length, 1);
  assert.deepEqual(await openPairs(world), []);
});

test("other own ids make two of what has one address and one name", async () => {
  const { world } = await createNumbered(({ tern, other }) => {
    tern.add("person", { ...ann, tel: "C-1" });
    other.add("person", { ...ann, tel: "C-2" });
  });
  await using _ = world;
  assert.deepEqual(await numbers(world), ["C-1", "C-2"]);
});

test("two records of one own id in one system are two, and a person is asked", async () => {
  const { world } = await createNumbered(({ tern }) => {
    tern.add("person", { ...ann, tel: "C-1" });
    tern.add("person", { ...ann, tel: "C-1", mail: "other@example.com", last: "Ray" });
  });
  await using _ = world;
  assert.deepEqual(await numbers(world), ["C-1", "C-1"]);
  assert.equal((await openPairs(world)).length, 1);
});

test("an own id that comes later is known from then on, and one that another has is asked about", async () => {
  const { world, there } = await createNumbered(({ tern, other }) => {
    tern.add("person", { ...ann, tel: null });
    other.add("person", { ...ann, tel: "C-1", mail: "else@example.com", last: "Ray" });
  });
  await using _ = world;
  world.tern.edit("person", world.tern.living("person")[0]![0], { tel: "C-2" });
  await world.cycle();
  world.other.add("person", { ...ann, tel: "C-2", mail: "third@example.com", last: "Moe" });
  await world.sync(there.id);
  assert.deepEqual(await numbers(world), ["C-1", "C-2"]);
  world.tern.edit("person", world.tern.living("person")[0]![0], { tel: "C-1" });
  await world.cycle();
  assert.equal((await openPairs(world)).length, 1);
});
