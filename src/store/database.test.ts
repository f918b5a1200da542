import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type Server, createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { openDatabase, type Tx } from "./database.ts";
import { sql } from "./sql.ts";

test("columns come back in the forms the house uses", async () => {
  await using database = await createTestDatabase({ empty: true });
  const row = await database.one(sql`
    select 9007199254740991::int8 as small, 9007199254740993::int8 as large, 1.10::numeric as amount, date '2026-01-05' as day,
      timestamptz '2026-01-05 09:00:00.1239+02' as at, 'infinity'::timestamptz as never, '{"a": [1]}'::jsonb as json,
      timestamptz '0044-03-15 12:00:00+00 BC' as ides, '\\x00ff'::bytea as bytes, array[1, null, 3]::int8[] as list,
      array[timestamptz '1969-12-31 23:59:59.5+00'] as times`);
  assert.deepEqual(row, {
    small: 9_007_199_254_740_991,
    large: "9007199254740993",
    amount: "1.10",
    day: "2026-01-05",
    at: Date.UTC(2026, 0, 5, 7, 0, 0, 123),
    never: Infinity,
    ides: new Date("-000043-03-15T12:00:00Z").getTime(),
    json: { a: [1] },
    bytes: Buffer.from([0, 255]),
    list: [1, null, 3],
    times: [-500],
  });
});

test("rows, the first row and the number of touched rows", async () => {
  await using database = await createTestDatabase({ empty: true });
  await database.run(sql`create table one (n integer)`);
  assert.equal(await database.run(sql`insert into one select generate_series(1, 3)`), 3);
  assert.deepEqual(await database.rows(sql`select n from one order by n`), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.equal(await database.one(sql`select n from one where n > 3`), undefined);
});

test("a transaction keeps all or nothing, and a unique key says so in PostgreSQL's own code", async () => {
  await using database = await createTestDatabase({ empty: true });
  await database.run(sql`create table one (n integer primary key)`);
  await assert.rejects(
    database.transaction(async (tx) => {
      await tx.run(sql`insert into one values (1)`);
      await tx.run(sql`insert into one values (1)`);
    }),
    { code: "23505" },
  );
  assert.deepEqual(await database.rows(sql`select * from one`), []);
});

test("a body that swallows a failed statement does not pass for committed", async () => {
  await using database = await createTestDatabase({ empty: true });
  await assert.rejects(
    database.transaction(async (tx) => {
      await tx.run(sql`select 1 / 0`).catch(() => {});
    }),
    (thrown) => isError(thrown, "winston.bug"),
  );
});

test("a transaction that has ended takes no more statements", async () => {
  await using database = await createTestDatabase({ empty: true });
  let kept: Tx | undefined;
  await database.transaction(async (tx) => {
    kept = tx;
    await Promise.resolve();
  });
  await assert.rejects(kept!.run(sql`select 1`), /through a transaction that had ended/u);
});

test("two transactions that deadlock both finish, one of them run again as a whole", async () => {
  await using database = await createTestDatabase({ empty: true });
  await database.run(sql`create table one (n integer primary key, hits integer not null)`);
  await database.run(sql`insert into one values (1, 0), (2, 0)`);
  let runs = 0;
  const met = Promise.withResolvers<void>();
  const touch = (first: number, second: number) =>
    database.transaction(async (tx) => {
      const run = ++runs;
      await tx.run(sql`set local deadlock_timeout = '20ms'`);
      await tx.run(sql`update one set hits = hits + 1 where n = ${first}`);
      if (run === 2) met.resolve();
      if (run <= 2) await met.promise;
      await tx.run(sql`update one set hits = hits + 1 where n = ${second}`);
    });
  await Promise.all([touch(1, 2), touch(2, 1)]);
  // Three runs, or a few more: on a busy machine both may be chosen, one after the other.
  assert.ok(runs >= 3, `${runs} runs`);
  assert.deepEqual(await database.rows(sql`select hits from one`), [{ hits: 2 }, { hits: 2 }]);
});

test("retries are bounded", async () => {
  await using database = await createTestDatabase({ empty: true });
  let runs = 0;
  const failing = database.transaction(
    async (tx) => {
      runs++;
      await tx.run(sql`do $$ begin raise exception using errcode = '40001'; end $$`);
    },
    { retries: 2 },
  );
  await assert.rejects(failing, { code: "40001" });
  assert.equal(runs, 3);
});

for (const when of ["before", "after"] as const) {
  test(`a connection cut ${when} the commit reaches the server leaves an outcome that is called unknown`, async () => {
    await using database = await createTestDatabase({ empty: true });
    await database.run(sql`create table one (n integer)`);
    await using proxy = await cuttingProxy(String(database.connection.host), when);
    const through = openDatabase({ ...database.connection, host: proxy.folder }, silentLog);
    const cut = through.transaction(async (tx) => {
      await tx.run(sql`insert into one values (1)`);
    });
    await assert.rejects(cut, (thrown) => {
      assert(isError(thrown, "store.unavailable"));
      assert.match(String(thrown.cause), /outcome of the commit is unknown/u);
      return true;
    });
    // The pool is not poisoned: the next statement gets a fresh connection and reads what became of it.
    assert.equal((await through.rows(sql`select * from one`)).length, when === "before" ? 0 : 1);
    await through.close();
  });
}

test("while no connection is to be had work is held back and told so, and none of it is half done; then it goes on", async () => {
  await using database = await createTestDatabase({ empty: true });
  await database.run(sql`create table one (n integer)`);
  const few = openDatabase({ ...database.connection, max: 2, connectionTimeoutMillis: 300 }, silentLog);
  const { promise: until, resolve: letGo } = Promise.withResolvers<void>();
  const held = [1, 2].map((n) =>
    few.transaction(async (tx) => {
      await tx.run(sql`insert into one values (${n})`);
      await until;
    }),
  );
  const turnedAway = await Promise.allSettled(
    Array.from({ length: 5 }, (_, n) => few.transaction((tx) => tx.run(sql`insert into one values (${10 + n})`))),
  );
  for (const one of turnedAway)
    assert(one.status === "rejected" && isError(one.reason, "store.unavailable"), JSON.stringify(one));
  const waits = few.run(sql`insert into one values (3)`);
  letGo();
  await Promise.all([...held, waits]);
  assert.deepEqual(await few.rows(sql`select n from one order by n`), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  await few.close();
});

test("a server that goes away is told as store.unavailable, and the pool recovers", async () => {
  await using database = await createTestDatabase({ empty: true });
  const killed = database.transaction(async (tx) => {
    const me = await tx.one<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await database.run(sql`select pg_terminate_backend(${me!.pid})`);
    await tx.run(sql`select 1`);
  });
  await assert.rejects(killed, (thrown) => isError(thrown, "store.unavailable"));
  assert.deepEqual(await database.one(sql`select 1 as alive`), { alive: 1 });
});

test("no server at all is told as store.unavailable", async () => {
  const database = openDatabase(
    { host: join(tmpdir(), "no-such-socket"), user: "winston", database: "winston" },
    silentLog,
  );
  await assert.rejects(database.rows(sql`select 1`), (thrown) => isError(thrown, "store.unavailable"));
  await database.close();
});

/** Stands between pg and the server's socket, and cuts the connection at its first COMMIT: before passing it on, or after the server has answered it. */
async function cuttingProxy(socketFolder: string, when: "before" | "after") {
  const folder = mkdtempSync(join(tmpdir(), "proxy-"));
  let cutOnce = false;
  const server: Server = createServer((client) => {
    const upstream = createConnection(join(socketFolder, ".s.PGSQL.5432"));
    let cutting = false;
    client.on("data", (chunk) => {
      if (!cutOnce && chunk.includes("commit\0")) {
        cutOnce = true;
        if (when === "before") return void (client.destroy(), upstream.destroy());
        cutting = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (cutting) return void (client.destroy(), upstream.destroy());
      client.write(chunk);
    });
    client.on("error", () => {}).on("close", () => upstream.destroy());
    upstream.on("error", () => {}).on("close", () => client.destroy());
  });
  await new Promise<void>((listening) => server.listen(join(folder, ".s.PGSQL.5432"), listening));
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => server.close(closed));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
