import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { LOST_WITHIN_MS, tooMany } from "./brake.ts";

/** So many people at Tern, each with an address and a number. */
const crowd = (count: number) => (tern: TernWorld["tern"]) => {
  for (let n = 0; n < count; n++)
    tern.add("person", { ...ann, last: `Lee ${n}`, mail: `p${n}@example.com`, tel: `${n}` });
};
const idsAt = (world: TernWorld, side: "tern" | "other" = "tern"): string[] =>
  world[side].living("person").map(([id]) => id);
const removeAtTern = (world: TernWorld, ids: readonly string[]): void => {
  for (const id of ids) world.tern.remove("person", id);
};
/** The one brake that is on. */
const theBrake = async (world: TernWorld) => {
  const [brake, ...more] = await world.brakes.list({ on: true, limit: 5 });
  assert.deepEqual(more, []);
  return brake!;
};
const living = async (world: TernWorld): Promise<number> => (await world.people()).length;

test("more than fifty, and more than one in twenty, are too many", () => {
  assert.deepEqual(
    [
      [50, 50],
      [51, 51],
      [51, 1_020],
      [51, 1_019],
      [500, 10_000],
      [501, 10_000],
    ].map(([lost, records]) => tooMany(lost!, records!)),
    [false, true, false, true, false, true],
  );
});

test("a mass deletion at a vendor waits for a person, however it is split, and all else goes on", async () => {
  await using world = await createTernWorld(crowd(200));
  const there = await world.connect("other");
  await world.settle();
  assert.equal(idsAt(world, "other").length, 200);
  const ids = idsAt(world);
  removeAtTern(world, ids.slice(0, 40));
  await world.cycle();
  assert.deepEqual([await living(world), await world.brakes.list({ limit: 5 })], [160, []]);
  world.clock.advance(LOST_WITHIN_MS / 2);
  removeAtTern(world, ids.slice(40, 80));
  world.tern.edit("person", ids[199]!, { first: "Bea" });
  await world.cycle();
  await world.sync(there.id);
  const brake = await theBrake(world);
  assert.deepEqual(
    [brake.direction, brake.what, brake.lost, brake.records, brake.waits, brake.went, brake.connection],
    ["pull", "deletion", 80, 200, 40, 40, "tern"],
  );
  assert.match(brake.says, /tern tells that 80 of person are deleted there; 40 wait .* 40 went before/u);
  assert.deepEqual([await living(world), idsAt(world, "other").length], [160, 160]);
  assert(
    world.other.living("person").some(([, row]) => row.fields["first"] === "Bea"),
    "an edit travels on",
  );
  assert.match((await world.stream("person")).health, /40 wait at the brake/u);

  // What is deleted from now on waits as well, also long after.
  world.clock.advance(2 * LOST_WITHIN_MS);
  removeAtTern(world, ids.slice(80, 81));
  await world.cycle();
  assert.deepEqual([(await theBrake(world)).waits, await living(world)], [41, 160]);

  const done = await world.brakes.decide(brake.id, "release", "key:ada");
  assert.deepEqual([done.state, done.decidedBy], ["released", "key:ada"]);
  await world.settle();
  assert.deepEqual([await living(world), idsAt(world, "other").length], [119, 119]);
  assert.deepEqual(await world.brakes.list({ on: true, limit: 5 }), [], "nobody is asked twice, at the next vendor");
  await assert.rejects(world.brakes.decide(brake.id, "restore", "key:ada"), (thrown) =>
    isError(thrown, "request.conflict"),
  );
});

test("one call puts a mass deletion back at the vendor that lost it, with what had gone before it was noticed", async () => {
  await using world = await createTernWorld(crowd(120));
  await world.connect("other");
  await world.settle();
  const ids = idsAt(world);
  removeAtTern(world, ids.slice(0, 30));
  await world.cycle();
  assert.equal(idsAt(world, "other").length, 90);
  removeAtTern(world, ids.slice(30));
  await world.cycle();
  assert.deepEqual([await living(world), idsAt(world).length], [90, 0]);
  const brake = await theBrake(world);
  // Edited while it waits: the edit is put back too.
  const edited = (await world.people())[5]!;
  await world.save({ title: "edited" }, edited.id);
  await world.brakes.decide(brake.id, "restore", "key:ada");
  await world.settle();
  for (const side of ["tern", "other"] as const)
    assert.deepEqual(
      [
        world[side].living("person").length,
        new Set(world[side].living("person").map(([, row]) => row.fields["mail"])).size,
      ],
      [120, 120],
      side,
    );
  assert(world.tern.living("person").some(([, row]) => row.fields["tel"] === "edited"));
  assert.equal(await living(world), 120);
  const writes = world.tern.writes.length;
  await world.sync(world.connection.id, true);
  assert.deepEqual([world.tern.writes.length, await world.runs.parked({ limit: 5 })], [writes, []]);
});

test("records that are brought back at their vendor wait no more, and one that is there is not deleted by a release", async () => {
  await using world = await createTernWorld(crowd(60));
  const ids = idsAt(world);
  removeAtTern(world, ids);
  await world.cycle();
  assert.equal((await theBrake(world)).waits, 60);
  world.clock.advance(1_000);
  const back = (some: readonly string[]): void => {
    for (const id of some) {
      world.tern.people.get(id)!.deleted = false;
      world.tern.edit("person", id, {});
    }
  };
  back(ids.slice(0, 10));
  await world.cycle();
  assert.equal((await theBrake(world)).waits, 50);
  back(ids.slice(10, 20));
  await world.brakes.decide((await theBrake(world)).id, "release", "key:ada");
  await world.settle();
  assert.deepEqual(
    [await living(world), new Set((await world.people()).map((one) => one.fields["email"]))],
    [20, new Set(ids.slice(0, 20).map((id) => world.tern.people.get(id)!.fields["mail"]))],
  );

  await using other = await createTernWorld(crowd(60));
  const all = idsAt(other);
  removeAtTern(other, all);
  await other.cycle();
  other.clock.advance(1_000);
  for (const id of all) {
    other.tern.people.get(id)!.deleted = false;
    other.tern.edit("person", id, {});
  }
  await other.cycle();
  const [brake] = await other.brakes.list({ limit: 5 });
  assert.deepEqual([brake!.state, await living(other)], ["over", 60]);
});

test("a first load, a handful of records and a slow trickle are let be", async () => {
  await using small = await createTernWorld(crowd(10));
  removeAtTern(small, idsAt(small));
  await small.cycle();
  assert.deepEqual([await living(small), await small.brakes.list({ limit: 5 })], [0, []]);

  await using slow = await createTernWorld(crowd(200));
  for (let hour = 0; hour < 3; hour++) {
    removeAtTern(slow, idsAt(slow).slice(0, 50));
    await slow.cycle();
    slow.clock.advance(LOST_WITHIN_MS + 1);
  }
  assert.deepEqual([await living(slow), await slow.brakes.list({ limit: 5 })], [50, []]);

  // All of it known here already, and poorer there: blanks fill, and nothing is blanked.
  await using first = await createTernWorld();
  await first.saveAll(
    "person",
    Array.from({ length: 100 }, (_, n) => ({ lastName: `Lee ${n}`, email: `p${n}@example.com`, title: "kept" })),
  );
  for (let n = 0; n < 100; n++) first.other.add("person", { last: `Lee ${n}`, mail: `p${n}@example.com`, tel: null });
  await first.connect("other");
  await first.settle();
  assert.deepEqual(await first.brakes.list({ limit: 5 }), []);
  assert((await first.people()).every((one) => one.fields["title"] === "kept"));
});

test("a mass blanking of one field at a vendor waits, while the rest of the same records goes on", async () => {
  await using world = await createTernWorld(crowd(100));
  await world.connect("other");
  await world.settle();
  const blankNumbers = (): void => {
    for (const id of idsAt(world).slice(0, 60)) world.tern.edit("person", id, { tel: null, first: "Bea" });
  };
  const titled = async (): Promise<number[]> => [
    (await world.people()).filter((one) => one.fields["title"] !== undefined).length,
    ...(["tern", "other"] as const).map(
      (side) => world[side].living("person").filter(([, row]) => typeof row.fields["tel"] === "string").length,
    ),
  ];
  blankNumbers();
  await world.cycle();
  const brake = await theBrake(world);
  assert.deepEqual([brake.what, brake.field, brake.waits, brake.records], ["blanking", "title", 60, 100]);
  assert.deepEqual(await titled(), [100, 40, 100]);
  assert.equal((await world.people()).filter((one) => one.fields["firstName"] === "Bea").length, 60);
  // Once more, and another edit of the same records: it is the same sixty that wait.
  for (const id of idsAt(world).slice(0, 60)) world.tern.edit("person", id, { first: "Cleo" });
  // One has a value again.
  world.tern.edit("person", idsAt(world)[0]!, { tel: "again" });
  await world.cycle();
  assert.deepEqual([(await theBrake(world)).waits, (await titled())[0]], [59, 100]);

  await world.brakes.decide(brake.id, "restore", "key:ada");
  await world.settle();
  assert.deepEqual(await titled(), [100, 100, 100]);

  blankNumbers();
  await world.cycle();
  await world.brakes.decide((await theBrake(world)).id, "release", "key:ada");
  await world.settle();
  assert.deepEqual([await titled(), await world.brakes.list({ on: true, limit: 5 })], [[40, 40, 40], []]);
});

test("a blank that stands for no takes no no away, however many there are, and a yes that is gone from many waits", async () => {
  await using world = await createTernWorld((tern) => {
    for (let n = 0; n < 160; n++)
      tern.add("person", { ...ann, last: `Lee ${n}`, mail: `p${n}@example.com`, silent: n < 60 });
  });
  const transform = "boolean";
  await world.mapAlso("person", [{ field: "doNotCall", record: "silent", transform, options: { blank: false } }]);
  const [asked, free] = [idsAt(world).slice(0, 60), idsAt(world).slice(60)];
  // Nobody ever ticked or unticked these at the vendor: it shows nothing, where an import here says "no".
  for (const id of free) world.tern.edit("person", id, { silent: null });
  await world.cycle();
  assert.deepEqual(await world.brakes.list({ limit: 5 }), []);

  for (const id of asked) world.tern.edit("person", id, { silent: null });
  await world.cycle();
  const { field, waits } = await theBrake(world);
  assert.deepEqual([field, waits], ["doNotCall", 60]);
});

test("a mass deletion here waits before it is carried out at a vendor, and can be taken back there and here", async () => {
  for (const decision of ["release", "restore"] as const) {
    await using world = await createTernWorld(crowd(100));
    const people = await world.people();
    for (const { id } of people.slice(0, 70)) await world.records.remove("person", id, "key:script");
    await world.settle();
    const brake = await theBrake(world);
    assert.deepEqual(
      [brake.direction, brake.what, brake.waits + brake.went, idsAt(world).length],
      ["push", "deletion", 70, 100 - brake.went],
    );
    assert(brake.went <= 50 && brake.waits > 0);
    assert.equal((await world.connections.quiet()).quiet, true, "what waits owes nothing");
    await world.brakes.decide(brake.id, decision, "key:ada");
    await world.settle();
    const left = decision === "release" ? 30 : 100;
    assert.deepEqual([await living(world), idsAt(world).length], [left, left], decision);
    assert.deepEqual(await world.brakes.list({ on: true, limit: 5 }), []);
    assert.equal(new Set(world.tern.living("person").map(([, row]) => row.fields["mail"])).size, left);
  }
});

test("a mass blanking here waits before it is carried out at a vendor, while the rest is written", async () => {
  for (const decision of ["release", "restore"] as const) {
    await using world = await createTernWorld(crowd(100));
    const people = await world.people();
    await world.saveAll(
      "person",
      people.slice(0, 70).map(({ id }) => ({ id, title: null, firstName: "Bea" })),
    );
    await world.settle();
    const brake = await theBrake(world);
    const at = (field: string, value: unknown): number =>
      world.tern.living("person").filter(([, row]) => row.fields[field] === value).length;
    assert.deepEqual([brake.direction, brake.field, brake.waits + brake.went], ["push", "title", 70]);
    assert.deepEqual([at("tel", null), at("first", "Bea")], [brake.went, 70]);
    await world.brakes.decide(brake.id, decision, "key:ada");
    await world.settle();
    const blanked = decision === "release" ? 70 : 0;
    assert.deepEqual(
      [at("tel", null), (await world.people()).filter((one) => one.fields["title"] === undefined).length],
      [blanked, blanked],
    );
    assert.deepEqual(await world.brakes.list({ on: true, limit: 5 }), []);
  }
});

test("deletions that a vendor refuses to answer are counted once, however often they are tried", async () => {
  await using world = await createTernWorld(crowd(100));
  const people = await world.people();
  for (const { id } of people.slice(0, 20)) await world.records.remove("person", id, "key:script");
  world.tern.faults = ["unavailable", "unavailable", "unavailable", "unavailable"];
  await world.settle();
  assert.deepEqual([await world.brakes.list({ limit: 5 }), idsAt(world).length], [[], 80]);
});
