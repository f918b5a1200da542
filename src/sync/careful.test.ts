import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { WinstonError } from "../base/errors.ts";
import { deaths } from "../../test/support/deaths.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { CRASHED, CRASHES_MAX } from "./careful.ts";
import { retryDelayMs } from "./engine.ts";

const DYING = join(import.meta.dirname, "../../test/support/dying.ts");
const crowd = (count: number) => (tern: TernWorld["tern"]) => {
  for (let n = 0; n < count; n++) tern.add("person", { ...ann, last: `Lee ${n}`, mail: `p${n}@example.com` });
};

test("a record that kills every process that reads it is found, parked and left aside, and the rest of its page arrives", async () => {
  const count = 30;
  await using world = await createTernWorld();
  await world.connections.remove(world.connection.id);
  crowd(count)(world.tern);
  const killer = world.tern.living("person")[17]![0];
  await world.connect("tern");
  const ends: (string | number | null)[] = [];
  for (;;) {
    const child = spawn(process.execPath, [DYING, world.database.url, String(count), killer], { stdio: "inherit" });
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    ends.push(signal ?? code);
    if (signal === null || ends.length > 20) break;
  }
  assert.deepEqual([...new Set(ends)], ["SIGKILL", 0]);
  assert(ends.length > CRASHES_MAX && ends.length <= CRASHES_MAX + 4, `it took ${ends.length} processes`);
  assert.equal((await world.people()).length, count - 1);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.side, parked!.subject, more], [CRASHED, "pull", killer, []]);
  assert.match(parked!.message, /ended without a word .* the rest goes on/u);
  assert.deepEqual(await world.runs.list({ state: "running", limit: 5 }), []);
  // It is not touched by a later reading, and is tried when a person asks.
  const { id } = await world.connections.get("tern");
  await world.sync(id, true);
  assert.equal((await world.people()).length, count - 1);
  await world.runs.retryParked({});
  await world.settle();
  assert.deepEqual([(await world.people()).length, await world.runs.parked({ limit: 5 })], [count, []]);
});

test("a write that kills every process that prepares it is found and parked, and the rest is written", async () => {
  await using world = await createTernWorld(crowd(40));
  const people = await world.people();
  await world.saveAll(
    "person",
    people.map(({ id }) => ({ id, title: "new" })),
  );
  const killer = world.tern.living("person")[11]![0];
  const died = await deaths(world, (die) => {
    world.tern.beforeRead = (ids) => {
      if (ids.includes(killer)) die();
    };
  });
  assert(died > CRASHES_MAX && died <= CRASHES_MAX + 3, `${died} processes died`);
  const written = world.tern.living("person").filter(([, row]) => row.fields["tel"] === "new");
  assert.equal(written.length, 39);
  const [parked, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([parked!.reason, parked!.side, more], [CRASHED, "push", []]);
  // Edited again it is tried again.
  world.tern.beforeRead = undefined;
  await world.save({ title: "newer" }, parked!.subject);
  await world.settle();
  assert.deepEqual(
    [world.tern.people.get(killer)!.fields["tel"], await world.runs.parked({ limit: 5 })],
    ["newer", []],
  );
});

test("a write that kills is found also where the vendor is out of reach in between", async () => {
  await using world = await createTernWorld(crowd(40));
  const people = await world.people();
  await world.saveAll(
    "person",
    people.map(({ id }) => ({ id, title: "new" })),
  );
  const killer = world.tern.living("person")[11]![0];
  let away = false;
  const died = await deaths(world, (die) => {
    world.tern.beforeRead = (ids) => {
      if (away) {
        away = false;
        throw new WinstonError("vendor.unavailable", "Tern is not to be reached.");
      }
      if (!ids.includes(killer)) return;
      away = true;
      die();
    };
  });
  assert(died > CRASHES_MAX && died <= CRASHES_MAX + 3, `${died} processes died`);
});

test("a write that kills every process that sends it is parked after five, and all else is written once, whether it is an edit or a new record", async () => {
  await using world = await createTernWorld(crowd(40));
  const people = await world.people();
  await world.saveAll("person", [
    ...people.map(({ id, fields }) => ({ id, title: fields["lastName"] === "Lee 17" ? "deadly edit" : "new" })),
    ...Array.from({ length: 20 }, (_, n) => ({
      firstName: "New",
      lastName: `Ray ${n}`,
      email: `r${n}@example.com`,
      title: n === 3 ? "deadly record" : "new",
    })),
  ]);
  const died = await deaths(world, (die) => {
    world.tern.keeps = (_, value) => (String(value).startsWith("deadly") ? die() : value);
  });
  // The attempts of a whole batch are stored before any of it is sent: the first death is of both.
  assert.equal(died, 2 * CRASHES_MAX - 1);
  const titles = world.tern.living("person").map(([, row]) => String(row.fields["tel"]));
  assert.deepEqual(
    [titles.length, titles.filter((one) => one === "new").length],
    [40 + 19, 39 + 19],
    "nothing twice, and everything but the two",
  );
  const parked = await world.runs.parked({ limit: 5 });
  assert.deepEqual(
    parked.map(({ reason, side }) => [reason, side]),
    Array.from({ length: 2 }, () => [CRASHED, "push"]),
  );
  assert.match(parked[0]!.message, /sent this write ended without a word .* the rest goes on/u);
  // Nobody dies of it any more, and when somebody asks it is tried.
  world.tern.keeps = (_, value) => value;
  await world.cycle();
  assert.equal(world.tern.living("person").length, 40 + 19);
  await world.runs.retryParked({});
  await world.settle();
  const ended = world.tern.living("person").map(([, row]) => String(row.fields["tel"]));
  assert.deepEqual(
    [ended.length, ended.filter((one) => one.startsWith("deadly")).toSorted(), await world.runs.parked({ limit: 5 })],
    [60, ["deadly edit", "deadly record"], []],
  );
});

test("a write that kills every process that sends it is found also where our clock was ahead when it had its last outcome", async () => {
  await using world = await createTernWorld(crowd(1));
  const [person] = await world.people();
  world.clock.advance(3_600_000);
  world.tern.faults = [{ refuse: "NO", field: "tel", when: ({ tel }) => tel === "refused" }];
  await world.save({ title: "refused" }, person!.id);
  await world.settle();
  assert.equal((await world.runs.parked({ limit: 5 })).length, 1);
  world.clock.advance(-3_600_000);
  await world.save({ title: "deadly" }, person!.id);
  const died = await deaths(world, (die) => {
    world.tern.keeps = (_, value) => (value === "deadly" ? die() : value);
  });
  assert.equal(died, CRASHES_MAX);
  assert.deepEqual(
    (await world.runs.parked({ limit: 5 })).map(({ reason }) => reason),
    [CRASHED],
  );
});

test("processes that are killed while they send set nothing aside, where what they sent gets through in the end", async () => {
  await using world = await createTernWorld(crowd(30));
  let sends = 0;
  for (let round = 0; round < CRASHES_MAX + 2; round++) {
    const people = await world.people();
    await world.saveAll(
      "person",
      people.map(({ id }) => ({ id, title: `round ${round}` })),
    );
    let left = 1;
    const died = await deaths(world, (die) => {
      world.tern.keeps = (_, value) => (left-- === 1 ? die() : value);
    });
    sends += died;
  }
  assert.equal(sends, CRASHES_MAX + 2);
  assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
  const titles = new Set(world.tern.living("person").map(([, row]) => row.fields["tel"]));
  assert.deepEqual([...titles], [`round ${CRASHES_MAX + 1}`]);
});

test("processes that are killed while they get further set nothing aside", async () => {
  await using world = await createTernWorld();
  world.tern.pageSize = 1;
  crowd(20)(world.tern);
  await world.connections.sync(world.connection.id, { trigger: "test" });
  const died = await deaths(world, (die) => {
    let pages = 0;
    world.tern.beforePage = () => {
      // The page ahead of the one being committed.
      if (++pages > 3) die();
    };
  });
  assert(died > CRASHES_MAX, `${died} processes died`);
  assert.deepEqual([(await world.people()).length, await world.runs.parked({ limit: 5 })], [20, []]);
});

test("failures that got further are counted apart from those that got nowhere, wait less, and health says which", async () => {
  const health = async (): Promise<string> => (await world.stream("person")).health;
  await using world = await createTernWorld();
  world.tern.pageSize = 2;
  crowd(12)(world.tern);
  let asked = 0;
  let every = 2;
  world.tern.beforePage = () => {
    if (++asked % every === 0) throw new WinstonError("vendor.unavailable", "Tern is tired.");
  };
  await world.connections.sync(world.connection.id, { trigger: "test", stream: "person" });
  for (let run = 0; run < 3; run++) {
    await world.settle(false);
    await world.connections.sync(world.connection.id, { trigger: "test", stream: "person" });
  }
  assert.equal(await health(), "failing (batch, further each time, 3 in a row): Tern is tired.");
  every = 1;
  for (let run = 0; run < 2; run++) {
    await world.settle(false);
    await world.connections.sync(world.connection.id, { trigger: "test", stream: "person" });
  }
  assert.equal(await health(), "failing (batch, 2 in a row without getting further): Tern is tired.");
  world.tern.beforePage = undefined;
  await world.settle();
  assert.match(await health(), /^in step/u);
  assert.equal((await world.people()).length, 12);

  const waits = [1, 2, 3, 9, 50].map((stuck) => retryDelayMs({ stuck, halting: 0 }));
  assert.deepEqual(waits, [5_000, 10_000, 20_000, 600_000, 600_000]);
  const further = [1, 5, 10, 12].map((halting) => retryDelayMs({ stuck: 0, halting }));
  assert.deepEqual(further, [5_000, 5_000, 5_000, 20_000]);
});
