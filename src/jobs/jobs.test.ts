import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { insertConnection, insertStream } from "../store/connection.ts";
import { unsettledAttempts } from "../store/intent.ts";
import { claimLane, noteWakes, owedLanes } from "../store/lane.ts";
import { sql } from "../store/sql.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { openJobs, type Jobs, type LaneEnd, type LaneJob } from "./jobs.ts";

/** A database with three streams, and processes that work on their lanes. */
async function createWorld() {
  const database = await createTestDatabase({ connectionsMax: 20 });
  const connectionId = "00000000-0000-7000-8000-000000000001";
  const at = systemClock.now();
  await insertConnection(database, { id: connectionId, vendor: "tern", name: "tern", mode: "write", settings: {}, at });
  const streams: number[] = [];
  for (const key of ["a", "b", "c"]) {
    const stream = { connectionId, key, kind: "person", stage: null, direction: "both" as const, position: 0 };
    streams.push(await insertStream(database, { ...stream, everyMs: 60_000, mapping: {}, actor: "test", at }));
  }
  await database.pool.query("create table told (n int)");
  const opened: Jobs[] = [];

  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    const patience = systemClock.now() + 60_000;
    while (!(await holds())) {
      assert.ok(systemClock.now() < patience, `it did not come to this: ${holds.toString()}`);
      await systemClock.sleep(10);
    }
  };
  return {
    database,
    streams,
    until,
    /** One process; with a handler it works. */
    process: async (lane?: (job: LaneJob) => Promise<LaneEnd>, concurrent = 4): Promise<Jobs> => {
      const worker = lane !== undefined;
      const jobs = await openJobs({ database, clock: systemClock, log: silentLog, worker, concurrent });
      opened.push(jobs);
      if (lane) await jobs.work({ lane, tick: () => Promise.resolve() });
      return jobs;
    },
    /** Owes work to the push lane of a stream, and tells so in the same transaction. */
    wake: (jobs: Jobs, streamId: number, n = 0): Promise<void> =>
      database.transaction(async (tx) => {
        await tx.raw.query("insert into told values ($1)", [n]);
        await jobs.wake(tx, [{ streamId, lane: "push" }], "test");
      }),
    told: async (): Promise<number> => Number((await database.pool.query("select count(*) from told")).rows[0].count),
    quiet: async (): Promise<boolean> => (await owedLanes(database, null)).length === 0,
    async [Symbol.asyncDispose]() {
      for (const jobs of opened) await jobs.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}

test("a wake runs its lane with what it said, and one whose transaction was rolled back runs nothing", async () => {
  await using world = await createWorld();
  const ran: LaneJob[] = [];
  const jobs = await world.process((job) => (ran.push(job), Promise.resolve("worked")));
  const [a, b] = world.streams as [number, number];
  await assert.rejects(
    world.database.transaction(async (tx) => {
      await jobs.wake(tx, [{ streamId: a, lane: "push" }], "never");
      throw new Error("rolled back");
    }),
    /rolled back/u,
  );
  await world.wake(jobs, b);
  await world.until(() => ran.length > 0 && world.quiet());
  // A second one behind it: whatever the first had enqueued would have come before.
  await world.wake(jobs, b);
  await world.until(() => ran.length > 1 && world.quiet());
  assert.deepEqual(
    ran.map(({ streamId, lane, trigger }) => [streamId, lane, trigger]),
    [
      [b, "push", "test"],
      [b, "push", "test"],
    ],
  );
});

test("wakes coalesce and none is lost: sent while the lane runs, from many sides, the last run sees them all", async () => {
  await using world = await createWorld();
  const [a] = world.streams as [number];
  const seen: number[] = [];
  let atWork = 0;
  let atWorkMost = 0;
  const lane = async (): Promise<LaneEnd> => {
    atWorkMost = Math.max(atWorkMost, ++atWork);
    seen.push(await world.told());
    await systemClock.sleep(seen.length % 4);
    atWork -= 1;
    return "worked";
  };
  const [one, two, enqueues] = [await world.process(lane), await world.process(lane), await world.process()];
  const total = 400;
  for (let sent = 0; sent < total; sent += 8) {
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => world.wake([one, two, enqueues][index % 3]!, a, sent + index)),
    );
    if (sent % 40 === 0) await world.until(world.quiet);
  }
  await world.until(world.quiet);
  assert.equal(seen.at(-1), total);
  assert.equal(atWorkMost, 1, "one worker has the lane at a time");
  assert.ok(seen.length < total, `${seen.length} runs for ${total} wakes`);
});

test("lanes of different streams run side by side, and one lane's wakes in one transaction are one", async () => {
  await using world = await createWorld();
  const atWork = new Set<number>();
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const jobs = await world.process(async ({ streamId }) => {
    atWork.add(streamId);
    if (atWork.size === 3) resolve();
    await all;
    return "worked";
  });
  await world.database.transaction((tx) =>
    jobs.wake(
      tx,
      [...world.streams, ...world.streams].map((streamId) => ({ streamId, lane: "batch" })),
      "test",
    ),
  );
  await all;
  await world.until(world.quiet);
  const { rows } = await world.database.pool.query("select wanted from wake");
  assert.deepEqual(
    rows.map((row: { wanted: number }) => Number(row.wanted)),
    [1, 1, 1],
  );
});

test("stopping tells the lane at work, and what it still owed runs after the next start", async () => {
  await using world = await createWorld();
  const [a] = world.streams as [number];
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const stopping = await world.process(async ({ signal }) => {
    resolve();
    await once(signal, "abort");
    return "worked";
  });
  await world.wake(stopping, a);
  await begun;
  await stopping.stop();
  assert.equal(await world.quiet(), false, "it is owed still");
  let again: LaneJob | undefined;
  await world.process((job) => ((again = job), Promise.resolve("worked")));
  await world.until(world.quiet);
  assert.deepEqual([again!.streamId, again!.lane], [a, "push"]);
});

test("a wake that lost its job is found when the next process starts", async () => {
  await using world = await createWorld();
  await noteWakes(world.database, [{ streamId: world.streams[1]!, lane: "backfill" }]);
  const ran: string[] = [];
  await world.process(({ streamId, lane, trigger }) => {
    ran.push(`${streamId} ${lane} ${trigger}`);
    return Promise.resolve("worked");
  });
  await world.until(world.quiet);
  assert.deepEqual(ran, [`${world.streams[1]} backfill restart`]);
});

test("a lane whose work fails is tried again, and one that another worker took over stays owed to that one", async () => {
  await using world = await createWorld();
  const [a, b] = world.streams as [number, number];
  const ran: number[] = [];
  const jobs = await world.process(({ streamId }) => {
    ran.push(streamId);
    if (streamId === b) return Promise.resolve("lost");
    return ran.length === 1 ? Promise.reject(new Error("the database went away")) : Promise.resolve("worked");
  });
  await world.wake(jobs, a);
  await world.until(world.quiet);
  assert.deepEqual(ran, [a, a]);
  await world.wake(jobs, b);
  await world.until(() => ran.length === 3);
  await world.wake(jobs, a);
  await world.until(async () => ran.length === 4 && (await owedLanes(world.database, null)).length === 1);
  assert.deepEqual(await owedLanes(world.database, null), [{ streamId: b, lane: "push" }]);
});

test("a lane that is owed work all the time does not keep others from theirs", async () => {
  await using world = await createWorld();
  const [a, b] = world.streams as [number, number];
  const ran = { a: 0, b: 0 };
  const enqueues = await world.process();
  await world.process(async ({ streamId }) => {
    if (streamId === b) ran.b += 1;
    else {
      ran.a += 1;
      await systemClock.sleep(20);
      if (ran.b === 0) await world.wake(enqueues, a);
    }
    return "worked";
  }, 1);
  await world.wake(enqueues, a);
  await world.until(() => ran.a > 2);
  await world.wake(enqueues, b);
  await world.until(() => ran.b === 1);
  await world.until(world.quiet);
});

test("later is not before its time, and brings a wake of its own", async () => {
  await using world = await createWorld();
  const [a] = world.streams as [number];
  const ranAt: number[] = [];
  const jobs = await world.process(() => (ranAt.push(systemClock.now()), Promise.resolve("worked")));
  const asked = systemClock.now();
  await jobs.wakeLater({ streamId: a, lane: "push" }, "later", 1_000);
  assert.equal(await world.quiet(), true, "nothing is owed until then");
  await world.until(() => ranAt.length === 1);
  assert.ok(ranAt[0]! - asked >= 990, `it ran after ${ranAt[0]! - asked} ms`);
});

test("work of a process that was killed runs in another within seconds, where it would wait for minutes", async () => {
  await using world = await createWorld();
  const script = join(import.meta.dirname, "..", "..", "test", "support", "stuck-worker.ts");
  const child = spawn(process.execPath, [script, world.database.url], { stdio: ["ignore", "pipe", "inherit"] });
  const over = new AbortController();
  const patience = (ms: number): Promise<undefined> =>
    systemClock.sleep(ms, over.signal).then(
      () => undefined,
      () => undefined,
    );
  try {
    const enqueues = await world.process();
    await world.wake(enqueues, world.streams[0]!);
    await once(child.stdout, "data");
    const { promise: ran, resolve } = Promise.withResolvers<LaneJob>();
    let killed = false;
    await world.process((job) => (resolve(job), Promise.resolve("worked")));
    await Promise.race([ran.then(() => assert.ok(killed, "two at work on one lane")), patience(500)]);
    killed = true;
    child.kill("SIGKILL");
    await once(child, "exit");
    const job = await Promise.race([ran, patience(25_000)]);
    assert.equal(job?.streamId, world.streams[0], "nobody took it over in 25 s");
    await world.until(world.quiet);
  } finally {
    over.abort();
    child.kill("SIGKILL");
  }
});

test("a process that stood still while another took its lane commits nothing when it wakes, and what it was about to send is unknown", async () => {
  await using world = await createWorld();
  const { database } = world;
  const stream = world.streams[0]!;
  const script = join(import.meta.dirname, "..", "..", "test", "support", "paused-worker.ts");
  const child = spawn(process.execPath, [script, database.url, String(stream)], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const said = createInterface(child.stdout)[Symbol.asyncIterator]();
    assert.equal((await said.next()).value, "taken");
    child.kill("SIGSTOP");
    const claim = await database.transaction((tx) => claimLane(tx, stream, "push", "another"));
    assert.deepEqual(
      (await unsettledAttempts(database, stream, 10, 0)).map(({ epoch, op }) => [epoch, op]),
      [[claim.epoch - 1, "update"]],
    );
    child.stdin.write("go on\n");
    child.kill("SIGCONT");
    assert.equal((await said.next()).value, "lane.lost");
    const row = await database.one<{ epoch: number; checkpoint: unknown }>(
      sql`select epoch, checkpoint from lane where stream_id = ${stream} and lane = 'push'`,
    );
    assert.deepEqual(row, { epoch: claim.epoch, checkpoint: null });
  } finally {
    child.kill("SIGKILL");
  }
});
