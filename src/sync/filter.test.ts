import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import type { StreamChange } from "./types.ts";

/** Sets a filter, and lets what follows from it happen. */
async function filter(world: TernWorld, to: StreamChange["filter"], connection = world.connection.id): Promise<void> {
  await world.connections.updateStream((await world.stream("person", connection)).id, { filter: to }, "test");
  await world.settle();
}

const names = async (world: TernWorld): Promise<string[]> =>
  (await world.people()).map((one) => one.fields["lastName"] as string).toSorted();

const there = (world: TernWorld, which: "tern" | "other" = "tern"): string[] =>
  world[which]
    .living("person")
    .map(([, row]) => String(row.fields["last"]))
    .toSorted();

const bob = { first: "Bob", last: "Ray", mail: "bob@example.com", tel: "2", firm: "Byte" };

test("a record outside the filter is not brought in, and is when it is inside", async () => {
  await using world = await createTernWorld();
  await filter(world, { in: 'company == "Acme"' });
  world.clock.advance(1_000);
  world.tern.add("person", ann);
  const id = world.tern.add("person", bob);
  await world.cycle();
  assert.deepEqual(await names(world), ["Lee"]);
  assert.equal((await world.stream("person")).counts.outside, 1, "it is counted, though nothing here is linked to it");
  world.clock.advance(1_000);
  world.tern.edit("person", id, { firm: "Acme" });
  await world.cycle();
  assert.equal((await world.stream("person")).counts.outside, 0);
  assert.deepEqual(await names(world), ["Lee", "Ray"]);
  assert.deepEqual(world.tern.writes, []);
});

test("a record that leaves the filter is neither deleted nor blanked nor written, and comes back as after a pause", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  await filter(world, { in: 'company == "Acme"' });
  const [recordId] = world.tern.living("person")[0]!;
  const [person] = await world.people();
  const writes = world.tern.writes.length;

  world.clock.advance(1_000);
  world.tern.edit("person", recordId, { firm: "Byte", first: "Anna", tel: "9" });
  await world.cycle();
  const outside = (await world.people())[0]!;
  assert.deepEqual(outside.fields, person!.fields, "nothing of it is taken");
  assert.deepEqual(outside.links, person!.links);
  const { linked, outside: left } = (await world.stream("person")).counts;
  assert.deepEqual([linked, left], [1, 1]);
  world.clock.advance(1_000);
  await world.save({ lastName: "Lee-Ray", title: "7" }, person!.id);
  await world.settle();
  await world.connections.sync(world.connection.id, { trigger: "test", full: true });
  await world.settle();
  assert.equal(world.tern.writes.length, writes, "nothing is written to it");
  assert.deepEqual(there(world), ["Lee"]);
  assert.deepEqual(there(world, "other"), ["Lee-Ray"], "other systems are not concerned");
  assert.equal((await world.connections.quiet()).intents, 0, "nothing is owed to it");

  world.clock.advance(1_000);
  world.tern.edit("person", recordId, { firm: "Acme" });
  await world.cycle();
  const back = (await world.people())[0]!.fields;
  assert.deepEqual([back["firstName"], back["lastName"], back["title"]], ["Anna", "Lee-Ray", "9"]);
  assert.deepEqual(there(world), ["Lee-Ray"], "what was edited here meanwhile goes out");
  const ledger = await world.runs.conflicts({ limit: 10 });
  assert.deepEqual(
    ledger.map((one) => [one.field, one.winston, one.record]),
    [["title", "7", "9"]],
    "what both edited is in the ledger",
  );
});

test("what is deleted on one side while it is outside lives on the other, and is not made again", async () => {
  await using world = await createTernWorld((tern) => [tern.add("person", ann), tern.add("person", bob)]);
  await filter(world, { in: 'title != "gone"' });
  const [first, second] = world.tern.living("person").map(([id]) => id);
  world.clock.advance(1_000);
  for (const id of [first!, second!]) world.tern.edit("person", id, { tel: "gone" });
  await world.cycle();

  world.tern.remove("person", first!);
  const other = (await world.people()).find((one) => one.fields["lastName"] === "Ray")!;
  await world.records.remove("person", other.id, "test");
  await world.cycle();
  assert.deepEqual(await names(world), ["Lee"], "deleted there, it lives here; deleted here, it is deleted here");
  assert.deepEqual(there(world), ["Ray"], "deleted here, it lives there");
  world.clock.advance(1_000);
  await world.save({ title: "3" }, (await world.people())[0]!.id);
  await world.settle();
  assert.deepEqual(there(world), ["Ray"], "what was deleted there is not made again");
});

test("an entity outside the filter for writing is neither made, changed nor deleted there, and is when it is inside", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await filter(world, { out: 'source == "Web"' });
  const [known] = await world.people();
  const made = await world.save({ lastName: "New", company: "x", title: "1" });
  await world.save({ title: "edited" }, known!.id);
  await world.settle();
  assert.deepEqual(world.tern.writes, []);
  assert.equal((await world.connections.quiet()).intents, 0);

  world.clock.advance(1_000);
  world.tern.edit("person", world.tern.living("person")[0]![0], { first: "Anna" });
  await world.cycle();
  const read = (await world.people()).find((one) => one.id === known!.id)!.fields;
  assert.deepEqual([read["firstName"], read["title"]], ["Anna", "edited"], "it is read as ever");
  assert.deepEqual(world.tern.writes, []);

  for (const id of [made, known!.id]) await world.save({ source: "Web" }, id);
  await world.settle();
  assert.deepEqual(there(world), ["Lee", "New"]);
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "edited");

  await world.save({ source: "Fair" }, known!.id);
  await world.records.remove("person", known!.id, "test");
  await world.settle();
  assert.deepEqual(there(world), ["Lee", "New"], "deleted here while outside, it lives there");
});

test("a record on which the filter fails is parked with its values, and the rest goes on", async () => {
  await using world = await createTernWorld();
  await filter(world, { in: "int(title) > 1", out: "int(title) > 1" });
  world.clock.advance(1_000);
  const wrong = world.tern.add("person", { ...ann, tel: "many" });
  world.tern.add("person", bob);
  await world.save({ lastName: "Here", company: "x", title: "few", externalId: "1" });
  await world.cycle();
  const parked = await world.runs.parked({ limit: 10 });
  assert.deepEqual(parked.map((one) => `${one.side} ${one.reason} ${one.field}`).toSorted(), [
    "pull rule.failed title",
    "push rule.failed title",
  ]);
  assert.match(
    parked.find((one) => one.side === "pull")!.message,
    /The filter int\(title\) > 1 fails on \{"title":"many"\}: int\(\) type error/u,
  );
  assert.deepEqual(await names(world), ["Here", "Ray"]);
  assert.deepEqual(there(world), ["Lee", "Ray"]);

  world.clock.advance(1_000);
  world.tern.edit("person", wrong, { tel: "2" });
  await world.save({ externalId: "1", title: "3" });
  await world.cycle();
  assert.deepEqual(await names(world), ["Here", "Lee", "Ray"]);
  assert.deepEqual(there(world), ["Here", "Lee", "Ray"]);
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);

  // One that is linked is left alone while nobody can say.
  world.clock.advance(1_000);
  world.tern.edit("person", wrong, { tel: "many", first: "Anna" });
  await world.cycle();
  assert.equal((await world.runs.parked({ limit: 10 })).length, 1);
  assert.ok(!(await world.people()).some((one) => one.fields["firstName"] === "Anna"));
  world.clock.advance(1_000);
  world.tern.edit("person", wrong, { tel: "4" });
  await world.cycle();
  assert.ok((await world.people()).some((one) => one.fields["firstName"] === "Anna"));
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
});

test("what the filter leaves out is not made a second time there, and is itself when it comes in", async () => {
  await using world = await createTernWorld((_, __, other) => other.add("person", { ...ann, tel: "5" }));
  await filter(world, { in: 'title != "private"' });
  world.clock.advance(1_000);
  const id = world.tern.add("person", { ...ann, tel: "private" });
  await world.cycle();
  assert.deepEqual(await names(world), []);
  await world.connect("other");
  await world.settle();
  assert.deepEqual(await names(world), ["Lee"]);
  assert.deepEqual(world.tern.writes, [], "she is there, left out");

  world.clock.advance(1_000);
  world.tern.edit("person", id, { tel: "6" });
  await world.cycle();
  assert.deepEqual(await names(world), ["Lee"]);
  assert.equal((await world.people())[0]!.fields["title"], "6");
  assert.deepEqual(there(world), ["Lee"]);
  assert.equal(world.other.living("person")[0]![1].fields["tel"], "6");
});

test("a changed filter is asked of everything: some are let be from now on, others come in and are made", async () => {
  await using world = await createTernWorld((tern) => [tern.add("person", ann), tern.add("person", bob)]);
  await filter(world, { in: 'company == "Acme"', out: 'company == "Acme"' });
  await world.save({ lastName: "New", company: "Byte" });
  world.clock.advance(1_000);
  const [, second] = world.tern.living("person").map(([id]) => id);
  world.tern.edit("person", second!, { tel: "22" });
  world.tern.add("person", { first: "Cy", last: "Fox", mail: "cy@example.com", tel: "3", firm: "Byte" });
  await world.cycle();
  assert.deepEqual(await names(world), ["Lee", "New", "Ray"]);
  assert.ok(!(await world.people()).some((one) => one.fields["title"] === "22"));
  assert.deepEqual(world.tern.writes, []);

  await filter(world, { in: null, out: null });
  assert.deepEqual(await names(world), ["Fox", "Lee", "New", "Ray"]);
  assert.ok((await world.people()).some((one) => one.fields["title"] === "22"));
  assert.deepEqual(there(world), ["Fox", "Lee", "New", "Ray"]);
  const before = world.tern.writes.length;
  await world.connections.sync(world.connection.id, { trigger: "test", full: true });
  await world.settle();
  assert.equal(world.tern.writes.length, before, "then all is quiet");
});

test("a filter that cannot be used is refused and changes nothing, and so is a mapping that lacks a field of the filter", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const stream = await world.stream("person");
  const refused = async (change: StreamChange, words: RegExp): Promise<void> =>
    assert.rejects(
      world.connections.updateStream(stream.id, change, "test"),
      (thrown) => isError(thrown, "rule.invalid") && words.test(thrown.message),
    );
  await refused(
    { filter: { in: "compny == 1" } },
    /Line 1, column 1: expected a field, and there is no compny; the nearest is company/u,
  );
  // The vendor's records say nothing of it, so that no record could be told by it.
  await refused({ filter: { in: 'source == "Web"' }, lagTargetMs: 60_000 }, /there is no source/u);
  await filter(world, { in: 'company == "Acme"' });
  const { document } = await world.connections.mapping(stream.id);
  const rows = (document["rows"] as { field: string }[]).filter((row) => row.field !== "company");
  await assert.rejects(
    world.connections.putMapping(stream.id, { ...document, rows: rows as never }, "test"),
    (thrown) => isError(thrown, "rule.invalid"),
  );
  const after = await world.stream("person");
  assert.deepEqual(after.filter, { in: 'company == "Acme"', out: null });
  assert.deepEqual([after.lag.targetMs, after.mappingVersion], [stream.lag.targetMs, stream.mappingVersion + 1]);
});

test("a comparison takes nothing that the filter leaves out for a difference, and repairs none of it", async () => {
  await using world = await createTernWorld((tern) => [tern.add("person", ann), tern.add("person", bob)]);
  await filter(world, { in: 'company != "Byte"', out: 'title != "draft"' });
  world.clock.advance(1_000);
  const [, second] = world.tern.living("person").map(([id]) => id);
  world.tern.edit("person", second!, { first: "Bobby" });
  world.tern.add("person", { ...bob, mail: "c@example.com" });
  await world.save({ lastName: "New", company: "x", title: "draft" });
  await world.save({ title: "draft" }, (await world.people()).find((one) => one.fields["lastName"] === "Lee")!.id);
  await world.cycle();
  for (let round = 0; round < 2; round++) {
    world.clock.advance(3_600_000);
    await world.cycle();
    await world.comparisons.start({ connection: "tern", stream: "person" }, { depth: "fields", repair: true }, "test");
    await world.settle(false);
  }
  const [comparison] = await world.comparisons.list({ stream: "person", last: true, limit: 1 });
  assert.deepEqual([comparison!.state, comparison!.listed, comparison!.differences], ["done", 3, 0]);
  assert.deepEqual(await names(world), ["Lee", "New", "Ray"]);
  assert.deepEqual(world.tern.writes, []);
});
