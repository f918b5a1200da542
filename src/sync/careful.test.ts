import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { WinstonError } from "../base/errors.ts";
import type { TestDatabase } from "../../test/support/database.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { CRASHED, CRASHES_MAX } from "./careful.ts";
import { retryDelayMs } from "./engine.ts";

const DYING = join(import.meta.dirname, "../../test/support/dying.ts");
const crowd = (count: number) => (tern: TernWorld["tern"]) => {
  for (let n = 0; n < count; n++) tern.add("person", { ...ann, last: `Lee ${n}`, mail: `p${n}@example.com` });
};

/** What a process sees of the database until it is killed: from then on, nothing of it arrives. */
function doomed(database: TestDatabase): TestDatabase & { die(): never; readonly dead: () => boolean } {
  let dead = false;
  const alive = async <T>(does: () => Promise<T>): Promise<T> => {
    if (dead) throw new Error("this process was killed");
    return does();
  };
  return {
    ...database,
    dead: () => dead,
    die: () => {
      dead = true;
      throw new Error("this process was killed");
    },
    rows: (query) => alive(() => database.rows(query)),
    one: (query) => alive(() => database.one(query)),
    run: (query) => alive(() => database.run(query)),
    transaction: (body, options) =>
      alive(() =>
        database.transaction(async (tx) => {
          const result = await body(tx);
          return alive(async () => result);
        }, options),
      ),
  };
}

/** One process after another works until one comes to rest; `begin` is told each one's way to die. Returns how many died. */
async function deaths(world: TernWorld, begin: (die: () => never) => void): Promise<number> {
  for (let died = 0; ; died++) {
    assert(died < 20, "it never ends");
    const body = doomed(world.database);
    begin(() => body.die());
    const process = await world.another(100 + died, body);
    await process.settle().catch((thrown: unknown) => {
      if (!body.dead()) throw thrown;
    });
    if (!body.dead()) return died;
  }
}

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
