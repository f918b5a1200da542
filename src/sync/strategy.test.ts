import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import type { StreamChange } from "./types.ts";

const HOUR = 3_600_000;

async function set(world: TernWorld, change: StreamChange): Promise<void> {
  await world.connections.updateStream((await world.stream("person")).id, change, "test");
  await world.settle();
}

/** Half past, with nothing left to do, and the clock's own look at what is due. */
async function halfPast(world: TernWorld): Promise<void> {
  const now = world.clock.now();
  world.clock.advance(HOUR - (now % HOUR) + HOUR / 2);
  await tick(world);
}

async function tick(world: TernWorld): Promise<void> {
  await world.engine.tick();
  await world.settle();
}

const there = (world: TernWorld): string[] =>
  world.tern
    .living("person")
    .map(([, row]) => `${row.fields["last"] as string} ${row.fields["tel"] as string}`)
    .toSorted();

const edit = async (world: TernWorld, last: string, title: string): Promise<void> => {
  const one = (await world.people()).find(({ fields }) => fields["lastName"] === last);
  await world.save({ title }, one!.id);
  await world.settle();
};

test("a batch stream writes with its schedule: what was owed when it came, and nothing before", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await set(world, { strategy: "batch", schedule: { everyMs: HOUR } });
  await halfPast(world);
  await edit(world, "Lee", "2");
  await world.save({ lastName: "New", company: "x", title: "1" });
  await tick(world);
  assert.deepEqual(there(world), ["Lee 1"]);
  assert.deepEqual(world.tern.writes, []);
  assert.equal((await world.connections.quiet()).quiet, true, "nobody need wait for the schedule");
  assert.match((await world.stream("person")).health, /2 to write with its schedule/u);
  const lee = (await world.people()).find((one) => one.fields["lastName"] === "Lee")!;
  assert.match(
    JSON.stringify(await world.why.explain(lee.id, { field: "title" })),
    /It is written there with the schedule of its stream/u,
  );

  world.clock.advance(HOUR / 2);
  await edit(world, "Lee", "3");
  await tick(world);
  assert.deepEqual(there(world), ["Lee 3", "New 1"], "an edit that is owed already is not put off by another");
  assert.equal(world.tern.writes.length, 2, "one call for what is made, one for what is changed");
  await edit(world, "Lee", "4");
  await tick(world);
  assert.deepEqual(there(world), ["Lee 3", "New 1"], "what is owed after the hour waits for the next");
  await world.cycle();
  assert.deepEqual(there(world), ["Lee 4", "New 1"], "a person says now");
});

test("a hybrid stream writes what is critical at once, and the rest with its schedule", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await set(world, {
    strategy: "hybrid",
    critical: 'title.startsWith("!") || int(title) > 100',
    schedule: { everyMs: HOUR },
  });
  await halfPast(world);
  await edit(world, "Lee", "2");
  await world.save({ lastName: "New", company: "x", title: "!1" });
  await world.save({ lastName: "Odd", company: "x", title: "many" });
  await world.settle();
  assert.deepEqual(there(world), ["Lee 1", "New !1"]);
  const [told] = await world.runs.parked({ limit: 10 });
  assert.match(told!.message, /fails on \{"title":"many"\}.*written with the schedule/u);
  await edit(world, "Lee", "!3");
  assert.deepEqual(there(world), ["Lee !3", "New !1"], "it became critical while it waited");
  world.clock.advance(HOUR / 2);
  await tick(world);
  assert.deepEqual(there(world), ["Lee !3", "New !1", "Odd many"]);
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  await edit(world, "New", "5");
  assert.deepEqual(there(world), ["Lee !3", "New !1", "Odd many"]);
  await set(world, { strategy: "realtime" });
  assert.deepEqual(there(world), ["Lee !3", "New 5", "Odd many"], "what waited goes at once");
});

test("a schedule in a zone says when a stream reads", async () => {
  await using world = await createTernWorld();
  const reads = async (): Promise<number> =>
    (await world.runs.list({ limit: 100 })).filter((run) => run.stream === "person" && run.lane === "batch").length;
  await set(world, { schedule: { cron: "0 7 * * 1-5", zone: "Europe/Berlin" } });
  const stream = await world.stream("person");
  assert.deepEqual([stream.cron, stream.zone, stream.everyMs], ["0 7 * * 1-5", "Europe/Berlin", 73 * HOUR]);
  const before = await reads();
  // A Saturday.
  world.clock.advance(Date.parse("2030-01-05T12:00:00Z") - world.clock.now());
  await tick(world);
  assert.equal(await reads(), before + 1, "what it missed it reads once");
  world.clock.advance(24 * HOUR);
  await tick(world);
  assert.equal(await reads(), before + 1);
  world.clock.advance(Date.parse("2030-01-07T06:00:00Z") - world.clock.now());
  await tick(world);
  assert.equal(await reads(), before + 2);
});

test("a stream whose writes wait for a plan is written nothing but what an applied plan says", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await set(world, { approval: "plan", strategy: "batch", schedule: { everyMs: HOUR } });
  await edit(world, "Lee", "2");
  world.clock.advance(2 * HOUR);
  await tick(world);
  await world.cycle();
  assert.deepEqual(world.tern.writes, []);
  assert.match((await world.stream("person")).health, /1 to write.*held until a plan is applied/u);
  assert.equal((await world.connections.quiet()).quiet, true);
  const asked = await world.plans.create({}, "test");
  for (let plan = asked; plan.state === "computing"; plan = await world.plans.get(asked.id))
    await new Promise((resolve) => setTimeout(resolve, 10));
  await edit(world, "Lee", "2");
  await world.save({ lastName: "New", company: "x", title: "1" });
  await world.plans.apply(asked.id, {}, "test");
  await world.settle();
  assert.deepEqual(there(world), ["Lee 2"], "what came after the plan still waits, and the schedule is not waited for");
});

test("deletions travel only the way that a stream says", async () => {
  await using world = await createTernWorld((tern) => [
    tern.add("person", ann),
    tern.add("person", { ...ann, last: "Ray", mail: "ray@example.com" }),
  ]);
  await set(world, { deletes: "none" });
  const [lee] = world.tern.living("person").find(([, row]) => row.fields["last"] === "Lee")!;
  world.clock.advance(1_000);
  world.tern.remove("person", lee);
  const ray = (await world.people()).find((one) => one.fields["lastName"] === "Ray")!;
  await world.records.remove("person", ray.id, "test");
  await world.cycle();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["lastName"]),
    ["Lee"],
  );
  assert.deepEqual(there(world), ["Ray 1"]);
  world.clock.advance(1_000);
  await edit(world, "Lee", "2");
  world.tern.edit("person", world.tern.living("person")[0]![0], { tel: "9" });
  await world.cycle();
  assert.deepEqual(there(world), ["Ray 9"], "what was deleted there is not made again");
  assert.equal((await world.people()).length, 1, "what was deleted here does not come back by an edit there");
});

test("a backfill range leaves out what changed last before it, until it changes; nothing of it is made a second time", async () => {
  await using world = await createTernWorld((_, __, other) => other.add("person", { ...ann, tel: "8" }));
  const since = world.clock.now() + HOUR;
  await world.connections.remove(world.connection.id);
  const old = world.tern.add("person", ann);
  world.clock.advance(2 * HOUR);
  world.tern.add("person", { ...ann, last: "Ray", mail: "ray@example.com" });
  const connected = await world.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
    streams: { person: { backfillSince: since } },
  });
  await world.settle();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["lastName"]),
    ["Ray"],
  );
  await world.connect("other");
  await world.settle();
  assert.deepEqual(there(world), ["Lee 1", "Ray 1"]);
  world.clock.advance(1_000);
  world.tern.edit("person", old, { tel: "7" });
  await world.connections.sync(connected.id, { trigger: "test" });
  await world.settle();
  assert.deepEqual(there(world), ["Lee 7", "Ray 1"]);
  assert.equal((await world.people()).find((one) => one.fields["lastName"] === "Lee")!.fields["title"], "7");
  assert.equal((await world.people()).length, 2);
});

test("a direction that is opened later writes what was edited meanwhile, and one that is closed writes nothing", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await set(world, { direction: "in" });
  await edit(world, "Lee", "2");
  await world.save({ lastName: "New", company: "x", title: "1" });
  await world.cycle();
  assert.deepEqual(world.tern.writes, []);
  await set(world, { direction: "both" });
  assert.deepEqual(there(world), ["Lee 2", "New 1"]);
});

test("a choice that cannot be is refused in words, and nothing of it is kept", async () => {
  await using world = await createTernWorld();
  const { id } = await world.stream("person");
  for (const [change, words] of [
    [{ strategy: "hybrid" }, /needs a condition that says what is critical/u],
    [{ critical: "true" }, /Only a hybrid stream has critical records/u],
    [{ strategy: "hybrid", critical: "titel == 1" }, /there is no titel; the nearest is title/u],
    [{ deletes: "none", schedule: { cron: "whenever" } }, /Expected five parts/u],
    [{ deletes: "none", filter: { in: "x" } }, /there is no x/u],
  ] as const)
    await assert.rejects(
      world.connections.updateStream(id, change, "test"),
      (thrown) => isError(thrown) && words.test(thrown.message),
    );
  const { strategy, deletes, critical } = await world.stream("person");
  assert.deepEqual([strategy, deletes, critical], ["realtime", "both", null]);
  await assert.rejects(
    world.connections.connect({
      vendor: "other",
      name: "o",
      settings: {},
      secrets: {},
      mode: "write",
      streams: { persn: {} },
    }),
    /has no stream persn; the nearest is person/u,
  );
});
