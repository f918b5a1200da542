// Merges that come in any order, at one vendor and at two, while records are written, deleted and brought back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../store/sql.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

const bob = { ...ann, first: "Bob", mail: "bob@example.com", tel: "2" };

/** Ann and Bob, and so many more, live at both vendors; Tern takes Bob's record in with Ann's. At the other one Bob's stands aside. */
async function createTwins(more = 0) {
  const crowd = Array.from({ length: more }, (_, n) => ({ ...ann, first: `No. ${n}`, mail: `${n}@example.com` }));
  const world = await createTernWorld((tern) => [ann, bob, ...crowd].forEach((one) => tern.add("person", one)));
  const { id } = await world.connect("other");
  await world.settle();
  const at = (name: string) => world.other.living("person").find(([, row]) => row.fields["first"] === name)![0];
  const [hers, his] = [at("Ann"), at("Bob")];
  const [[kept], [gone]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  const cycle = async (): Promise<void> => {
    world.clock.advance(60_000);
    for (const connection of [world.connection.id, id]) await world.sync(connection);
  };
  world.clock.advance(60_000);
  world.tern.merge("person", gone, kept);
  await cycle();
  assert.deepEqual(await parked(world), [["record.twin", his]]);
  return { world, hers, his, cycle, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const parked = async (world: TernWorld) =>
  (await world.runs.parked({ limit: 10 })).map((one) => [one.reason, one.subject]);
const activeAt = async (world: TernWorld, name: string) =>
  (
    await world.database.rows<{ id: string }>(sql`
      select record_id as id from link join connection on connection.id = link.connection_id
      where connection.name = ${name} and state = 'active' order by 1`)
  ).map((row) => row.id);

/** Edits on either side arrive at the other, at the record that is the person's. */
async function inStep({ world, cycle }: { world: TernWorld; cycle: () => Promise<void> }, record: string) {
  const [[there]] = world.tern.living("person") as [[string, unknown]];
  world.clock.advance(60_000);
  world.tern.edit("person", there, { tel: "from tern" });
  await cycle();
  assert.equal(world.other.people.get(record)!.fields["tel"], "from tern");
  world.clock.advance(60_000);
  world.other.edit("person", record, { tel: "from other" });
  await cycle();
  assert.equal(world.tern.people.get(there)!.fields["tel"], "from other");
}

test("merged at the other vendor the other way round, the record that stood aside takes the place of the one that is gone", async () => {
  await using it = await createTwins();
  const { world, hers, his, cycle } = it;
  world.clock.advance(60_000);
  world.other.merge("person", hers, his);
  await cycle();
  await cycle();
  assert.deepEqual([await parked(world), await activeAt(world, "other")], [[], [his]]);
  assert.deepEqual([(await world.people()).length, world.other.living("person").length], [1, 1]);
  assert.equal(world.other.people.get(his)!.fields["first"], "Ann", "it is brought to what stands");
  await inStep(it, his);
});

test("the one of two that is not aside is deleted: the other takes its place, and nobody is deleted anywhere", async () => {
  await using it = await createTwins();
  const { world, hers, his, cycle } = it;
  world.clock.advance(60_000);
  world.other.edit("person", his, { firm: "Edited aside" });
  await cycle();
  world.clock.advance(60_000);
  world.other.remove("person", hers);
  await cycle();
  await cycle();
  assert.deepEqual([await parked(world), await activeAt(world, "other")], [[], [his]]);
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [1, 1]);
  assert.equal(
    (await world.people())[0]!.fields["company"],
    "Edited aside",
    "what was said there meanwhile counts now",
  );
  await inStep(it, his);
});

test("the one of two that is not aside is lost in a mass deletion that is put back: the other takes its place, and is not made a second time", async () => {
  await using it = await createTwins(60);
  const { world, hers, his, cycle } = it;
  world.clock.advance(60_000);
  for (const [id] of world.other.living("person")) if (id !== his) world.other.remove("person", id);
  await cycle();
  const [brake] = await world.brakes.list({ on: true, limit: 5 });
  assert.deepEqual([brake!.waits, await parked(world)], [61, [["record.twin", his]]]);
  world.clock.advance(60_000);
  world.other.edit("person", his, { firm: "Edited aside" });
  await world.brakes.decide(brake!.id, "restore", "key:ada");
  await cycle();
  await cycle();
  assert.deepEqual(await parked(world), []);
  const active = await activeAt(world, "other");
  assert.deepEqual([active.includes(hers), active.includes(his), active.length], [false, true, 61]);
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [61, 61]);
  const named = await world.people();
  assert.equal(named.find(({ fields }) => fields["firstName"] === "Ann")!.fields["company"], "Edited aside");
  await inStep(it, his);
});

test("one into another, that into a third, and the first is brought back: it is told, nothing is written to it, and it goes again in peace", async () => {
  await using world = await createTernWorld((tern) => {
    for (const n of [1, 2, 3]) tern.add("person", { ...ann, mail: `${n}@example.com`, tel: `${n}` });
  });
  const [a, b, c] = world.tern.living("person").map(([id]) => id) as [string, string, string];
  for (const [from, into] of [
    [a, b],
    [b, c],
  ] as const) {
    world.clock.advance(60_000);
    world.tern.merge("person", from, into);
    await world.cycle();
  }
  const [one] = await world.people();
  assert.deepEqual([(await world.people()).length, await activeAt(world, "tern")], [1, [c]]);
  for (const conflict of ["1@example.com", "2@example.com"])
    assert.ok(
      (await world.runs.conflicts({ limit: 20 })).some((line) => line.record === conflict),
      conflict,
    );
  world.clock.advance(60_000);
  const row = world.tern.people.get(a)!;
  row.deleted = false;
  delete row.mergedInto;
  world.tern.edit("person", a, { tel: "back" });
  await world.cycle();
  assert.deepEqual([await parked(world), await activeAt(world, "tern")], [[["record.twin", a]], [c]]);
  world.clock.advance(60_000);
  await world.save({ title: "new" }, one!.id);
  await world.settle();
  assert.deepEqual([world.tern.people.get(a)!.fields["tel"], world.tern.people.get(c)!.fields["tel"]], ["back", "new"]);
  world.clock.advance(60_000);
  world.tern.remove("person", a);
  await world.cycle();
  assert.deepEqual([await parked(world), await activeAt(world, "tern")], [[], [c]]);
  assert.equal((await world.people()).length, 1);
});

test("children of what was merged twice are written with the last one", async () => {
  await using world = await createTernWorld((tern) => {
    for (const title of ["A", "B", "C"]) tern.add("company", { title });
    tern.add("person", { ...ann, employer: "company_000001" });
  });
  world.other.faults = Array.from({ length: 9 }, () => ({
    refuse: "NO",
    field: "title",
    when: (values) => typeof values["title"] === "string" && values["title"] !== "C!",
  }));
  const { id } = await world.connect("other");
  await world.settle();
  assert.equal(world.other.living("person")[0]![1].fields["employer"] ?? null, null, "it waits for its company");
  for (const [from, into] of [
    ["company_000001", "company_000002"],
    ["company_000002", "company_000003"],
  ] as const) {
    world.clock.advance(60_000);
    world.tern.merge("company", from, into);
    await world.cycle();
  }
  world.other.faults = [];
  world.clock.advance(60_000);
  world.tern.edit("company", "company_000003", { title: "C!" });
  await world.cycle();
  const [[company]] = world.other.living("company") as [[string, unknown]];
  assert.deepEqual(
    world.other.living("person").map(([, row]) => row.fields["employer"]),
    [company],
  );
  world.clock.advance(60_000);
  await world.sync(id, true);
  assert.deepEqual([world.other.living("company").length, await parked(world)], [1, []]);
});

test("a record that was being made while its person was merged away stands aside, and a person is told", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  world.clock.advance(60_000);
  const second = world.tern.add("person", bob);
  const first = world.tern.living("person")[0]![0];
  world.other.afterWrite = async () => {
    world.other.afterWrite = undefined;
    world.clock.advance(1_000);
    world.tern.merge("person", second, first);
    const { id: streamId } = await world.stream("person");
    await world.engine.runLane({ streamId, lane: "batch", trigger: "test", signal: world.signal });
  };
  await world.cycle();
  const made = world.other.living("person").find(([, row]) => row.fields["first"] === "Bob")![0];
  assert.equal((await world.people()).length, 1);
  assert.deepEqual(await parked(world), [["record.twin", made]]);
  assert.equal((await activeAt(world, "other")).length, 1);
});
