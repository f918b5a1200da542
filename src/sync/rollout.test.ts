import assert from "node:assert/strict";
import { test } from "node:test";
import { createTernWorld, type TernWorld } from "../../test/support/world.ts";

const PEOPLE = Array.from({ length: 120 }, (_, index) => ({
  lastName: `Person ${String(index).padStart(3, "0")}`,
  email: `person${index}@example.com`,
  company: "Acme",
}));

const there = (world: TernWorld): string[] =>
  world.tern
    .living("person")
    .map(([, row]) => row.fields["last"] as string)
    .toSorted();

const roll = async (
  world: TernWorld,
  rollout: { percent: number; records?: readonly string[] } | null,
): Promise<void> => {
  await world.connections.update(world.connection.id, { rollout });
  await world.settle();
};

const tick = async (world: TernWorld): Promise<void> => {
  await world.engine.tick();
  await world.settle();
};

test("a share of all things is written, always the same ones; a larger share adds to it, and in the end all are there", async () => {
  await using world = await createTernWorld();
  await roll(world, { percent: 30 });
  await world.saveAll("person", PEOPLE);
  await world.settle();
  await tick(world);
  const some = there(world);
  assert.ok(some.length > 15 && some.length < 60, `${some.length} of 120 at 30 %`);
  const { quiet, staged, intents } = await world.connections.quiet();
  assert.deepEqual([quiet, staged, intents], [true, 120 - some.length, 0], "what is not let go is owed nobody yet");
  const stream = await world.stream("person");
  assert.deepEqual([stream.state, stream.counts.staged], ["ok", 120 - some.length]);

  const people = await world.people();
  const [inside, outside] = [true, false].map((is) =>
    people.find(({ fields }) => some.includes(fields["lastName"] as string) === is)!,
  );
  for (const one of [inside!, outside!]) await world.save({ title: "edited" }, one.id);
  await tick(world);
  assert.deepEqual(there(world), some, "an edit lets nothing in");
  const title = world.tern.living("person").find(([, row]) => row.fields["last"] === inside!.fields["lastName"]);
  assert.equal(title![1].fields["tel"] ?? title![1].fields["title"], "edited");
  await roll(world, { percent: 60 });
  const more = there(world);
  assert.ok(more.length > some.length && some.every((one) => more.includes(one)));
  await roll(world, { percent: 20 });
  assert.deepEqual(there(world), more, "a smaller share takes nothing away");
  await roll(world, null);
  assert.equal(there(world).length, 120);
  assert.equal((await world.connections.quiet()).staged, 0);
});

test("things on the list are written whatever the share, and taken off it they wait", async () => {
  await using world = await createTernWorld();
  await roll(world, { percent: 0 });
  const ids: string[] = [];
  for (const one of PEOPLE.slice(0, 4)) ids.push(await world.save(one));
  await world.settle();
  assert.deepEqual(there(world), []);
  await roll(world, { percent: 0, records: [ids[1]!] });
  assert.deepEqual(there(world), ["Person 001"]);
  const [connection] = await world.connections.list();
  assert.deepEqual(connection!.rollout, { percent: 0, records: 1 });
  await roll(world, { percent: 0, records: [] });
  await world.save({ title: "edited" }, ids[1]);
  await tick(world);
  const edited = world.tern.living("person").filter(([, row]) => Object.values(row.fields).includes("edited"));
  assert.deepEqual(edited, [], "off the list again, it waits");
  const why = await world.why.explain(ids[1]!, { field: "title" });
  assert.match(JSON.stringify(why), /It waits: this is not among what is rolled out at tern yet/u);
});

test("a plan holds what the rollout lets go, and a comparison says why the rest is not there", async () => {
  await using world = await createTernWorld();
  await roll(world, { percent: 0 });
  const ids: string[] = [];
  for (const one of PEOPLE.slice(0, 3)) ids.push(await world.save(one));
  await world.settle();
  await roll(world, { percent: 0, records: [ids[0]!] });
  await world.save({ title: "planned" }, ids[0]);
  const { id } = await world.plans.create({}, "test");
  const plan = await world.plans.settled(id);
  assert.deepEqual(
    plan.totals.filter((one) => one.class === "write").map((one) => [one.op, one.count]),
    [["update", 1]],
    JSON.stringify(plan),
  );
  await world.comparisons.start({ connection: "tern", stream: "person" }, { depth: "fields", repair: false }, "test");
  await world.settle();
  const differences = await world.comparisons.differences({ connection: "tern", limit: 10 });
  const staged = differences.filter((one) => one.message === "Not among what is rolled out there yet.");
  assert.deepEqual(staged.map((one) => one.entityId!).toSorted(), ids.slice(1).toSorted());
});
