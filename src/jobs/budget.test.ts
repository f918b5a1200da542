import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { BudgetPort } from "../connector/ports.ts";
import { listBudgets } from "../store/budget.ts";
import { openDatabase, type Database } from "../store/database.ts";
import { sql } from "../store/sql.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { createBudgets } from "./budget.ts";
import type { Limit } from "./spending.ts";

const CONNECTION = "0198a000-0000-7000-8000-000000000001";
const BURSTY: Limit = { class: "burst", requests: 100, perMs: 10_000, reserve: 0.2 };
const DAY: Limit = { class: "daily", requests: 1_000, perMs: 86_400_000, reserve: 0.1 };

/** A clock whose time passes only when as many sleep as the test says are at work: no real time plays a part. */
class SteppedClock implements Clock {
  readonly start = Date.UTC(2026, 0, 5, 9);
  #now = this.start;
  #sleepers: { at: number; wake: () => void }[] = [];
  #atWork: number;

  constructor(atWork: number) {
    this.#atWork = atWork;
  }

  get elapsed(): number {
    return this.#now - this.start;
  }

  now(): number {
    return this.#now;
  }

  leave(): void {
    this.#atWork -= 1;
    this.#step();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        reject(signal.reason as Error);
      });
      this.#step();
    });
  }

  #step(): void {
    if (this.#atWork === 0 || this.#sleepers.length < this.#atWork) return;
    const [next] = this.#sleepers.toSorted((a, b) => a.at - b.at);
    this.#sleepers = this.#sleepers.filter((one) => one !== next);
    this.#now = Math.max(this.#now, next!.at);
    next!.wake();
  }
}

async function connected(): Promise<Database & AsyncDisposable> {
  const database = await createTestDatabase();
  await database.run(sql`
    insert into connection (id, vendor, name, created_at, updated_at) values (${CONNECTION}::uuid, 'tern', 'main', ${new Date(0)}, ${new Date(0)})`);
  return database;
}

function processOf(database: Database, clock: Clock, limits: readonly Limit[], waitMaxMs = 3_600_000) {
  const budgets = createBudgets({ database, clock, log: silentLog, waitMaxMs });
  const port: BudgetPort = budgets.forConnection(CONNECTION, limits, "main");
  return { ...port, settle: () => budgets.settle() };
}

test("two processes together stay under the limit in every window, and use it well", async () => {
  await using database = await connected();
  const other = openDatabase(database.connection, silentLog);
  const clock = new SteppedClock(2);
  const sent: number[] = [];
  const work = async (one: Database): Promise<void> => {
    const budget = processOf(one, clock, [BURSTY]);
    for (let count = 0; count < 150; count++) {
      await budget.spend("burst", "backfill", undefined);
      sent.push(clock.now());
    }
    clock.leave();
  };
  await Promise.all([work(database), work(other)]);
  await other.close();
  assert.equal(sent.length, 300);
  for (let first = 0; first + 100 < sent.length; first++) assert.ok(sent[first + 100]! - sent[first]! >= 10_000);
  assert.ok(clock.elapsed < 40_000, `300 requests at 100 per 10 s took ${clock.elapsed} ms`);
});

test("most requests cost no statement", async () => {
  await using database = await connected();
  let transactions = 0;
  let statements = 0;
  const counted: Database = {
    ...database,
    transaction: (body, options) => {
      transactions += 1;
      return database.transaction(body, options);
    },
    one: (query) => {
      statements += 1;
      return database.one(query);
    },
  };
  const budget = processOf(counted, new SteppedClock(0), [DAY]);
  budget.observe([{ class: "daily", used: 0, allowed: 1_000 }]);
  for (let count = 0; count < 200; count++) await budget.spend("daily", "batch", undefined);
  assert.deepEqual({ transactions, statements }, { transactions: 1, statements: 9 });
  await budget.settle();
});

test("a process that finds the row as it left it spends by it, and one that does not counts what another spent", async () => {
  await using database = await connected();
  const clock = new SteppedClock(0);
  let transactions = 0;
  const counted: Database = {
    ...database,
    transaction: (body, options) => {
      transactions += 1;
      return database.transaction(body, options);
    },
  };
  const [one, other] = [processOf(counted, clock, [DAY]), processOf(counted, clock, [DAY])];
  one.observe([{ class: "daily", used: 0, allowed: 1_000 }]);
  for (let count = 0; count < 15; count++) {
    await one.spend("daily", "push", undefined);
    await one.spend("daily", "push", undefined);
    await other.spend("daily", "push", undefined);
  }
  const [row] = await listBudgets(database, null);
  assert.equal(row!.used, 45);
  assert.equal(transactions, 2, "each locked the row once, and was told from then on how it had become");
});

test("hints pass pushes, pushes pass batches, and a backfill goes last, whoever came first", async () => {
  await using database = await connected();
  const budget = processOf(database, new SteppedClock(1), [{ ...BURSTY, requests: 10 }]);
  await budget.spend("burst", "hints", undefined); // Now the bucket, of one, is empty.
  const order: string[] = [];
  await Promise.all(
    ["backfill", "batch", "push", "hints"].map(async (lane) => {
      await budget.spend("burst", lane, undefined);
      order.push(lane);
    }),
  );
  assert.deepEqual(order, ["hints", "push", "batch", "backfill"]);
});

test("a refusal in one process holds up the others for as long as the vendor said", async () => {
  await using database = await connected();
  const clock = new SteppedClock(1);
  const [here, there] = [processOf(database, clock, [BURSTY]), processOf(database, clock, [BURSTY])];
  await here.spend("burst", "batch", undefined);
  here.slowDown("burst", 42_000);
  await here.settle();
  await there.spend("burst", "hints", undefined);
  assert.ok(clock.elapsed >= 42_000);
  const [row] = await listBudgets(database, CONNECTION);
  assert.ok(row!.pace > 0.5 && row!.pace < 1, `pace ${row!.pace}`);
});

test("a spent day is told at once with the time when work goes on, and room that an answer shows is used", async () => {
  await using database = await connected();
  const clock = new SteppedClock(1);
  const budget = processOf(database, clock, [DAY], 300_000);
  budget.observe([{ class: "daily", used: 1_000, allowed: 1_000 }]);
  await assert.rejects(
    budget.spend("daily", "push", undefined),
    (thrown) =>
      isError(thrown, "vendor.budget_spent") &&
      thrown.retryAfterMs === 900_000 &&
      thrown.message.includes('"main"') &&
      thrown.message.includes("1000 of 1000") &&
      thrown.message.includes("2026-01-05T09:15:00.000Z"),
  );
  assert.equal(clock.elapsed, 0);
  budget.observe([{ class: "daily", used: 300, allowed: 1_000 }]);
  await budget.spend("daily", "backfill", undefined);
  await budget.settle();
  assert.equal((await listBudgets(database, CONNECTION))[0]!.allowed, 1_000);
});

test("whoever stops waiting leaves the line, and what was taken in hand is given back", async () => {
  await using database = await connected();
  const clock = new SteppedClock(0);
  const budget = processOf(database, clock, [BURSTY]);
  await budget.spend("burst", "batch", undefined);
  await budget.settle();
  assert.equal((await listBudgets(database, CONNECTION))[0]!.tokens, 9);

  budget.slowDown("burst", 60_000);
  const stop = new AbortController();
  const waiting = budget.spend("burst", "hints", stop.signal);
  stop.abort(new Error("stopping"));
  await assert.rejects(waiting, /stopping/u);
  await assert.rejects(budget.spend("burst", "hints", stop.signal), /stopping/u);
  await budget.settle();
});

test("answers and errors are counted for all processes together, told to whoever waits for them, and forgotten at midnight", async () => {
  await using database = await connected();
  const clock = new SteppedClock(1);
  const limit: Limit = { ...DAY, requests: 100_000, zone: "UTC", errorShareMax: 0.05 };
  const [here, there] = [processOf(database, clock, [limit], 300_000), processOf(database, clock, [limit], 300_000)];
  for (const budget of [here, there, here]) {
    for (let one = 0; one < 20; one++) budget.answered("daily", true);
    for (let one = 0; one < 80; one++) budget.answered("daily", false);
    await budget.settle();
  }
  const [row] = await listBudgets(database, CONNECTION);
  assert.deepEqual([row!.answers, row!.errors, row!.countedFrom], [300, 60, clock.start]);
  await there.spend("daily", "batch", undefined);
  await assert.rejects(
    there.spend("daily", "backfill", undefined),
    (thrown) =>
      isError(thrown, "vendor.budget_spent") &&
      thrown.retryAfterMs === 900_000 &&
      /60 of 300 requests of the vendor's day .* fewer than 5 in a hundred, so loads and comparisons wait/u.test(
        thrown.message,
      ),
  );
  await clock.sleep(24 * 3_600_000);
  await there.spend("daily", "backfill", undefined);
  await there.settle();
  const [next] = await listBudgets(database, CONNECTION);
  assert.deepEqual([next!.answers, next!.errors], [0, 0]);
});

test("a class without a limit is free, and a vendor's nonsense is not believed", async () => {
  await using database = await connected();
  const budget = processOf(database, new SteppedClock(0), [DAY]);
  await budget.spend("other", "batch", undefined);
  budget.observe([
    { class: "daily", used: Number.NaN, allowed: 100 },
    { class: "daily", used: 5, allowed: 0 },
    { class: "other", used: 5, allowed: 5 },
  ]);
  await budget.spend("daily", "batch", undefined);
  assert.equal((await listBudgets(database, null))[0]!.used, null);
});

test("when the database is away those in line hear it, and the next one finds it again", async () => {
  await using database = await connected();
  let away = true;
  const flaky: Database = {
    ...database,
    transaction: (body, options) => (away ? Promise.reject(new Error("away")) : database.transaction(body, options)),
  };
  const budget = processOf(flaky, new SteppedClock(0), [BURSTY]);
  await assert.rejects(budget.spend("burst", "batch", undefined), /away/u);
  away = false;
  await budget.spend("burst", "batch", undefined);
});

test("a database that is slow lets no window see more than it holds: what it granted late is counted as of when it is sent", async () => {
  await using database = await connected();
  let now = Date.UTC(2026, 0, 5, 9);
  const clock: Clock = { now: () => now, sleep: async (ms) => void (now += ms) };
  // Each transaction takes a quarter of the window.
  const slow: Database = Object.assign(Object.create(database) as Database, {
    transaction: (async (work) => {
      const done = await database.transaction(work);
      now += 250;
      return done;
    }) satisfies Database["transaction"],
  });
  const one = processOf(slow, clock, [{ class: "search", requests: 5, perMs: 1_000, reserve: 0 }]);
  const sent: number[] = [];
  for (let count = 0; count < 30; count++) {
    await one.spend("search", "push", undefined);
    sent.push(now);
  }
  const most = Math.max(...sent.map((at) => sent.filter((other) => other >= at && other < at + 1_000).length));
  assert.ok(most <= 5, `${most} in one window: ${sent.map((at) => at - sent[0]!).join(" ")}`);
});
