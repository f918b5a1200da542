import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import type { ExchangePort } from "../connector/ports.ts";
import type { Database } from "../store/database.ts";
import { insertExchanges } from "../store/exchange.ts";
import { sql } from "../store/sql.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { createExchanges } from "./exchanges.ts";

const CONNECTION = "0198a000-0000-7000-8000-000000000001";
const RUN = "0198a000-0000-7000-8000-000000000002";

const recorder = (database: Database) =>
  createExchanges({ database, clock: new VirtualClock(), log: silentLog, connectionId: CONNECTION, runId: RUN });

const ask = (port: ExchangePort, path = "/leads", limit = "calls"): void =>
  port.record({ class: limit, method: "GET", path, status: 200, ms: 12.6, requestBytes: 0, responseBytes: 512 });

const stored = async (database: Database): Promise<number> =>
  (await database.one<{ count: number }>(sql`select count(*) from exchange where run_id = ${RUN}::uuid`))!.count;

test("requests are stored many at a time, counted, and the rest with the step or the flush", async () => {
  await using database = await createTestDatabase();
  let statements = 0;
  const exchanges = recorder({
    ...database,
    run: (query) => {
      statements += 1;
      return database.run(query);
    },
  });
  for (let count = 0; count < 450; count++) ask(exchanges, "/leads", count % 3 === 0 ? "search" : "calls");
  const rows = exchanges.take();
  await database.transaction((tx) => insertExchanges(tx, rows));
  await exchanges.flush();
  assert.deepEqual([await stored(database), exchanges.count, exchanges.take().length], [450, 450, 0]);
  assert.deepEqual(Object.fromEntries(exchanges.byClass), { search: 150, calls: 300 });
  assert.ok(statements <= 3, `${statements} statements`);
});

test("no query is recorded, and a path that the database cannot hold does not undo a step", async () => {
  await using database = await createTestDatabase();
  const exchanges = recorder(database);
  ask(exchanges, "/query?q=SELECT+Id+WHERE+Email='canary@example.com'");
  ask(exchanges, `/a\u0000b\uD800${"x".repeat(1_000)}`);
  exchanges.record({
    class: "calls",
    method: "POST",
    path: "/x",
    status: null,
    ms: 1,
    requestBytes: 3,
    responseBytes: -1,
    error: "ECONNRESET\u0000",
  });
  await database.transaction((tx) => insertExchanges(tx, exchanges.take()));
  const rows = await database.rows<{ path: string; problem: string | null; ms: number }>(
    sql`select path, problem, ms from exchange order by length(path), path`,
  );
  assert.deepEqual(rows.map((row) => row.path).slice(0, 2), ["/x", "/query"]);
  assert.equal(rows[2]!.path.length, 499);
  assert.deepEqual([rows[0]!.problem, rows[1]!.ms], ["ECONNRESET", 13]);
});

test("a step that fails gives its rows back, and a database that is away loses only the oldest", async () => {
  await using database = await createTestDatabase();
  let away = true;
  const exchanges = recorder({
    ...database,
    run: (query) => (away ? Promise.reject(new Error("away")) : database.run(query)),
  });
  ask(exchanges);
  const rows = exchanges.take();
  exchanges.giveBack(rows);
  await exchanges.flush();
  for (let count = 0; count < 6_000; count++) ask(exchanges);
  away = false;
  await exchanges.flush();
  await exchanges.flush();
  assert.equal(await stored(database), 5_000);
  assert.equal(exchanges.count, 6_001);
});

test("which step took what a request brought is stored with it, however many there are", async () => {
  await using database = await createTestDatabase();
  const exchanges = recorder(database);
  // Pages of one request, each with the next one on its way.
  for (let page = 1; page <= 450; page++) {
    ask(exchanges);
    if (page > 1) exchanges.took(page - 1, page * 1_000);
  }
  exchanges.took(450, 451_000);
  await exchanges.flush();
  const [row] = await database.rows<{ taken: number; moments: number }>(
    sql`select count(taken_at)::int as taken, count(distinct taken_at)::int as moments from exchange`,
  );
  assert.deepEqual([row!.taken, row!.moments], [450, 450]);
});
