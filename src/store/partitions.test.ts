import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../../test/support/database.ts";
import { VirtualClock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { insertAccess } from "./access-log.ts";
import { insertChanges } from "./change.ts";
import { insertExchanges } from "./exchange.ts";
import { createRetention, type KeptDays } from "./partitions.ts";
import { sql } from "./sql.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ID = "0198a000-0000-7000-8000-000000000001";

async function createShelf(days?: KeptDays) {
  const database = await createTestDatabase();
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  return {
    database,
    clock,
    retention: createRetention({ database, clock, log: silentLog, ...(days ? { days } : {}) }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Partitions of a table, without its name. */
const months = async (database: TestDatabase, table: string): Promise<string[]> =>
  (
    await database.rows<{ name: string }>(sql`
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = ${table}::text::regclass order by 1`)
  ).map((row) => row.name.slice(table.length + 1));

let version = 0;
const change = (database: TestDatabase, at: number): Promise<void> =>
  insertChanges(database, { at, actor: "test", streamId: null, runId: null, mapping: null }, [
    { entityId: ID, version: ++version, old: "{}" },
  ]);

/** Where each change lies, by its day. */
const changes = async (database: TestDatabase): Promise<Record<string, string>> =>
  Object.fromEntries(
    (
      await database.rows<{ at: number; part: string }>(
        sql`select at, tableoid::regclass::text as part from change order by at`,
      )
    ).map(({ at, part }) => [new Date(at).toISOString().slice(0, 10), part.slice("change_".length)]),
  );

test("this month and the next two have a partition in every table that grows with time, and each hour makes what is missing", async () => {
  await using shelf = await createShelf();
  await shelf.retention.run();
  for (const table of ["change", "write", "exchange", "access_log"])
    assert.deepEqual(await months(shelf.database, table), ["202601", "202602", "202603", "rest"], table);
  await change(shelf.database, Date.UTC(2026, 1, 28, 23));
  await change(shelf.database, Date.UTC(2026, 4, 1));
  assert.deepEqual(await changes(shelf.database), { "2026-02-28": "202602", "2026-05-01": "rest" });
  shelf.clock.advance(40 * DAY);
  await shelf.retention.run();
  assert.deepEqual(await months(shelf.database, "change"), ["202601", "202602", "202603", "202604", "rest"]);
});

test("a month whose rows gathered in the rest stays there, and nothing of it is lost", async () => {
  await using shelf = await createShelf();
  await change(shelf.database, shelf.clock.now());
  await shelf.retention.run();
  await change(shelf.database, shelf.clock.now() + DAY);
  await change(shelf.database, Date.UTC(2026, 1, 3));
  assert.deepEqual(await months(shelf.database, "change"), ["202602", "202603", "rest"]);
  assert.deepEqual(await changes(shelf.database), {
    "2026-01-05": "rest",
    "2026-01-06": "rest",
    "2026-02-03": "202602",
  });
});

test("a month of history is dropped when all of it is too old, the rest row by row, and not before", async () => {
  await using shelf = await createShelf();
  await change(shelf.database, Date.UTC(2025, 11, 31)); // Before any month that was made: in the rest.
  await shelf.retention.run();
  await change(shelf.database, Date.UTC(2026, 0, 10));
  await change(shelf.database, Date.UTC(2026, 1, 10));
  shelf.clock.advance(Date.UTC(2027, 2, 6) - shelf.clock.now()); // 400 days after 2026-01-30.
  await shelf.retention.run();
  assert.deepEqual(await changes(shelf.database), { "2026-01-10": "202601", "2026-02-10": "202602" });
  shelf.clock.advance(3 * DAY);
  await shelf.retention.run();
  assert.deepEqual(await changes(shelf.database), { "2026-02-10": "202602" });
  assert.deepEqual((await months(shelf.database, "change")).includes("202601"), false);
});

test("requests leave by the day, each kind after its own time, once an hour", async () => {
  await using shelf = await createShelf({ history: 400, exchanges: 2, access: 5 });
  const { database, clock, retention } = shelf;
  await retention.run();
  const [status, ms] = [200, 3];
  for (let day = 0; day < 7; day++) {
    const at = clock.now() + day * DAY;
    await insertExchanges(database, [
      {
        at,
        connectionId: ID,
        runId: null,
        method: "GET",
        path: "/",
        status,
        ms,
        sentBytes: 0,
        receivedBytes: 0,
        problem: null,
        takenAt: null,
      },
    ]);
    await insertAccess(database, [
      { at, requestId: "r", keyId: null, method: "GET", route: "/", status, ms, remote: null },
    ]);
  }
  const left = async (): Promise<[number, number]> => {
    const [row] = await database.rows<{ exchanges: number; access: number }>(
      sql`select (select count(*) from exchange) as exchanges, (select count(*) from access_log) as access`,
    );
    return [Number(row!.exchanges), Number(row!.access)];
  };
  clock.advance(6 * DAY);
  await retention.run();
  assert.deepEqual(await left(), [3, 6]);
  clock.advance(HOUR - 1);
  await retention.run();
  assert.deepEqual(await left(), [3, 6]);
  clock.advance(1);
  await retention.run();
  assert.deepEqual(await left(), [2, 5]);
});

test("where somebody holds a table, retention lets it be and comes again", async () => {
  await using shelf = await createShelf();
  await shelf.database.transaction(async (tx) => {
    await tx.run(sql`lock table change in access exclusive mode`);
    await shelf.retention.run();
  });
  assert.deepEqual(await months(shelf.database, "change"), ["rest"]);
  assert.deepEqual(await months(shelf.database, "exchange"), ["202601", "202602", "202603", "rest"]);
  shelf.clock.advance(HOUR);
  await shelf.retention.run();
  assert.deepEqual(await months(shelf.database, "change"), ["202601", "202602", "202603", "rest"]);
});
