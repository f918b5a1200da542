import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualClock } from "../base/clock.ts";
import type { Tern } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const EXACT = "1234567.89";
const exact = { amount: EXACT, currency: null };

/** Two vendors: Tern, which makes whole amounts of what it is sent, and another that keeps them as they are. */
async function createCoarseWorld(fill?: (tern: Tern, clock: VirtualClock) => unknown) {
  const world = await createTernWorld(fill);
  world.tern.keeps = (field, value) => (field === "worth" && value !== null ? Math.round(Number(value)) : value);
  await world.connect("other");
  await world.settle();
  const worth = { field: "annualRevenue", record: "worth", direction: "both", transform: "money" };
  await world.mapAlso("person", [worth]);
  const streams = await world.connections.streams();
  const other = streams.find((one) => one.key === "person" && one.connectionId !== world.connection.id)!;
  const { document } = await world.connections.mapping(other.id);
  await world.connections.putMapping(
    other.id,
    { ...document, rows: [...(document["rows"] as never[]), worth] } as never,
    "test",
  );
  await world.settle();
  return {
    ...world,
    worths: () => [world.tern, world.other].map((one) => one.living("person").map(([, row]) => row.fields["worth"])),
    both: async () => {
      await world.cycle();
      await world.sync(other.connectionId);
    },
  };
}

test("an amount that the vendor rounds comes back as no edit: the exact one stays everywhere, and is sent once", async () => {
  await using world = await createCoarseWorld();
  const id = await world.save({ lastName: "Lee", company: "Acme", annualRevenue: exact });
  await world.settle();
  const writes = world.tern.writes.length;
  for (let round = 0; round < 3; round++) {
    world.clock.advance(1_000);
    await world.both();
  }
  // Another field is edited, and the amount is left alone.
  await world.save({ title: "Head" }, id);
  await world.settle();
  await world.both();
  const [person] = await world.people();
  assert.deepEqual(person!.fields["annualRevenue"], exact);
  assert.deepEqual(world.worths(), [[1234568], [1234567.89]]);
  assert.equal(world.tern.writes.length, writes + 1);
  assert.deepEqual(await world.runs.conflicts({ limit: 10 }), []);
});

test("an unanswered write that comes back rounded is our own", async () => {
  await using world = await createCoarseWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.tern.faults = ["unknown-done"];
  await world.save({ annualRevenue: exact }, person!.id);
  await world.settle();
  await world.both();
  assert.deepEqual((await world.people())[0]!.fields["annualRevenue"], exact);
  assert.deepEqual(world.worths(), [[1234568], [1234567.89]]);
  assert.equal(world.tern.writes.filter(({ op }) => op === "update").length, 1);
});

test("another amount there is an edit, and so is one here that is finer than what is there", async () => {
  await using world = await createCoarseWorld((tern) => tern.add("person", { ...ann, worth: 5 }));
  const [person] = await world.people();
  const [[record]] = world.tern.living("person") as [[string, unknown]];
  await world.save({ annualRevenue: exact }, person!.id);
  await world.settle();
  await world.both();
  world.clock.advance(1_000);
  world.tern.edit("person", record, { worth: 1234570 });
  await world.both();
  assert.deepEqual((await world.people())[0]!.fields["annualRevenue"], { amount: "1234570", currency: null });
  assert.deepEqual(world.worths(), [[1234570], [1234570]]);
  world.clock.advance(1_000);
  await world.save({ annualRevenue: { amount: "1234570.3", currency: null } }, person!.id);
  const writes = world.tern.writes.length;
  await world.settle();
  await world.both();
  assert.equal(world.tern.writes.length, writes + 1);
  assert.deepEqual((await world.people())[0]!.fields["annualRevenue"], { amount: "1234570.3", currency: null });
  assert.deepEqual(world.worths(), [[1234570], [1234570.3]]);
  // A vendor that keeps more than it describes: what is finer there is an edit, too.
  world.clock.advance(1_000);
  world.tern.edit("person", record, { worth: 1234570.4 });
  await world.both();
  assert.deepEqual(world.worths(), [[1234570.4], [1234570.4]]);
});
