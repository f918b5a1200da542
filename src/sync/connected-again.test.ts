import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld, type Input, type TernWorld } from "../../test/support/world.ts";

/** Known by nothing but its link: no address, and a name that others have too. */
const nameless = { first: "Jo", last: "Doe", mail: null, tel: "7", firm: null };
const MINUTE_MS = 60_000;

async function createLinked(people: readonly Input[] = [nameless, { ...nameless, tel: "8" }]) {
  const world = await createTernWorld((tern) => people.forEach((one) => tern.add("person", one)));
  const other = await world.connect("other");
  await world.settle();
  assert.equal(world.other.living("person").length, people.length);
  world.clock.advance(MINUTE_MS);
  return { world, otherId: other.id };
}

async function away(world: TernWorld, meanwhile: () => unknown = () => {}): Promise<void> {
  await world.connections.remove((await world.connections.get("tern")).id);
  await world.settle();
  world.clock.advance(MINUTE_MS);
  await meanwhile();
  await world.settle();
  world.clock.advance(MINUTE_MS);
  await world.connect("tern");
  await world.settle();
}

const tels = (side: TernWorld["tern"]): string[] => side.living("person").map(([, row]) => String(row.fields["tel"]));
const linksOf = async (world: TernWorld) => {
  const links: string[] = [];
  for (const { id } of await world.people()) {
    const one = await world.records.get("person", undefined, id);
    links.push(...one.links!.map((link) => `${id} ${link.connection} ${link.recordId}`));
  }
  return links.toSorted();
};
const failedRuns = async (world: TernWorld) =>
  (await world.runs.list({ limit: 100 })).filter((run) => run.state === "failed");

test("who connects the same account again finds each record linked as it was, however often, and nothing is written anywhere", async () => {
  const { world } = await createLinked();
  await using _ = world;
  const before = await linksOf(world);
  assert.equal(before.length, 4);
  const wrote = [world.tern.writes.length, world.other.writes.length];
  for (let times = 0; times < 2; times++) {
    await away(world);
    assert.deepEqual(await linksOf(world), before);
  }
  assert.equal((await world.people()).length, 2);
  assert.deepEqual([world.tern.writes.length, world.other.writes.length], wrote);
  assert.deepEqual(await failedRuns(world), []);
  assert.equal((await world.connections.quiet()).quiet, true);
  const plan = await world.plans.settled((await world.plans.create({}, "tester")).id);
  assert.deepEqual(await world.plans.items(plan.id, { class: "write", limit: 10 }), []);
});

test("an account that was never connected takes up nothing, though the vendor and the records' ids are the same", async () => {
  const { world } = await createLinked();
  await using _ = world;
  await away(world, () => {
    world.tern.organisation = "another";
  });
  // Nobody can tell that these are the two from before: the other organisation's are made of them, and the two are made there.
  assert.equal((await world.people()).length, 4);
});

test("what changed on either side while it was away meets as for the first time: the newest stands everywhere, and what lost is in the ledger", async () => {
  const { world } = await createLinked([nameless, ann]);
  await using _ = world;
  const [jo, lee] = ["Doe", "Lee"].map((last) =>
    world.tern.living("person").find(([, one]) => one.fields["last"] === last)!,
  );
  const idOf = async (last: string) => (await world.people()).find((one) => one.fields["lastName"] === last)!.id;
  const ids = [await idOf("Doe"), await idOf("Lee")] as const;
  await away(world, async () => {
    world.tern.edit("person", jo![0], { tel: "70" });
    await world.save({ firstName: "Joan" }, ids[0]);
    world.tern.edit("person", lee![0], { tel: "10" });
    world.clock.advance(MINUTE_MS);
    await world.save({ title: "11" }, ids[1]);
  });
  for (const side of [world.tern, world.other]) {
    assert.deepEqual(tels(side).toSorted(), ["11", "70"]);
    assert.deepEqual(new Set(side.living("person").map(([, one]) => one.fields["first"])), new Set(["Joan", "Ann"]));
  }
  const ledger = await world.runs.conflicts({ limit: 10 });
  assert.deepEqual(
    ledger
      .map((one) => `${one.field}: ${one.winner}, ${String(one.winston)} here and ${String(one.record)} there`)
      .toSorted(),
    [
      "firstName: winston, Joan here and Jo there",
      "title: record, 7 here and 70 there",
      "title: winston, 11 here and 10 there",
    ],
  );
});

test("what was deleted here while it was away is neither deleted nor made again by connecting, here or anywhere", async () => {
  const { world } = await createLinked();
  await using _ = world;
  const [one] = await world.people();
  await away(world, () => world.records.remove("person", one!.id, "tester"));
  assert.equal((await world.people()).length, 1);
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [2, 1]);
  await world.comparisons.start({ connection: "tern", stream: "person" }, { depth: "fields", repair: false }, "test");
  await world.settle();
  const found = await world.comparisons.differences({ connection: "tern", limit: 10 });
  assert.deepEqual(
    found.map((one) => [one.entityId, one.cause]),
    [[one!.id, "write.forgotten"]],
  );
});

test("what was edited here and then deleted while it was away stays deleted, here and everywhere", async () => {
  const { world } = await createLinked();
  await using _ = world;
  const [one] = await world.people();
  await away(world, async () => {
    await world.save({ firstName: "Joan", title: null }, one!.id);
    await world.records.remove("person", one!.id, "tester");
  });
  assert.equal((await world.people()).length, 1);
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [2, 1]);
});

test("what was deleted there while it was away is not made again, also where it is edited here: a person is asked", async () => {
  const { world } = await createLinked();
  await using _ = world;
  const [[recordId]] = world.tern.living("person") as [[string, unknown]];
  await away(world, () => world.tern.remove("person", recordId));
  const there = () => [world.tern.living("person").length, world.other.living("person").length];
  assert.deepEqual([(await world.people()).length, ...there()], [2, 1, 2]);
  for (const { id } of await world.people()) await world.save({ firstName: "Joan" }, id);
  await world.settle();
  assert.deepEqual(there(), [1, 2]);
  const parked = await world.runs.parked({ limit: 10 });
  assert.deepEqual(
    parked.map(({ connection, reason }) => `${connection} ${reason}`),
    ["tern record.gone"],
  );
});
