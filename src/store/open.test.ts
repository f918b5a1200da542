import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { VirtualClock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { createTestFolder } from "../../test/support/folder.ts";
import { openStore } from "./open.ts";
import { sql } from "./sql.ts";

const clock = new VirtualClock();

test("Winston's own server is migrated, keeps what it is told, and stops with the store", async () => {
  using folder = createTestFolder();
  const options = { dataDir: join(folder.path, "pg"), clock, log: silentLog };
  const first = await openStore(options);
  assert.equal(first.embedded, true);
  await first.database.run(sql`insert into setting values ('kept', '"through a restart"')`);
  await first.close();
  const second = await openStore(options);
  assert.deepEqual(await second.database.rows(sql`select value from setting where key = 'kept'`), [
    { value: "through a restart" },
  ]);
  await second.close();
  await assert.rejects(second.database.rows(sql`select 1`), (thrown) => isError(thrown, "store.unavailable"));
});

test("the server of DATABASE_URL is used, and a database it does not have yet is made", async () => {
  await using database = await createTestDatabase({ empty: true });
  const name = `${String(database.connection.database)}_ünü "made`;
  const databaseUrl = database.url.replace(String(database.connection.database), encodeURIComponent(name));
  const options = { databaseUrl, dataDir: "unused", clock, log: silentLog, unsafeForTests: true };
  // Two processes of a first start ask at the same moment.
  const stores = await Promise.all([openStore(options), openStore(options)]);
  for (const store of stores) {
    assert.equal(store.embedded, false);
    assert.deepEqual(await store.database.rows(sql`select current_database() as name, count(*) from setting`), [
      { name, count: 0 },
    ]);
    await store.close();
  }
  await database.pool.query(`drop database ${pg.escapeIdentifier(name)} with (force)`);
});

test("a server without fsync is refused", async () => {
  await using database = await createTestDatabase({ empty: true });
  const opening = openStore({ databaseUrl: database.url, dataDir: "unused", clock, log: silentLog });
  await assert.rejects(opening, (thrown) => {
    assert(isError(thrown, "store.unsafe"));
    assert.match(thrown.message, /has fsync off/u);
    return true;
  });
});

test("an address that is none is refused without repeating its password", async () => {
  for (const databaseUrl of ["mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "", "secret"]) {
    await assert.rejects(openStore({ databaseUrl, dataDir: "unused", clock, log: silentLog }), (thrown) => {
      assert(isError(thrown, "start.failed"), String(thrown));
      assert.match(thrown.message, /DATABASE_URL is not the address/u);
      assert.doesNotMatch(JSON.stringify([thrown.message, thrown.cause, thrown.stack]), /secret/u);
      return true;
    });
  }
});

test("data of a newer Winston is refused, untouched, and the folder is free afterwards", async () => {
  using folder = createTestFolder();
  const dataDir = join(folder.path, "pg");
  const migrationsDir = mkdtempSync(join(tmpdir(), "migrations-"));
  writeFileSync(join(migrationsDir, "0001-one.sql"), "create table one (n integer)");
  const options = { dataDir, clock, log: silentLog, migrationsDir, unsafeForTests: true };
  const newer = await openStore(options);
  await newer.database.run(sql`insert into migration values (2, 'two', 'digest', '2026-01-05')`);
  await newer.close();
  for (let turn = 0; turn < 2; turn++) {
    await assert.rejects(openStore(options), (thrown) => isError(thrown, "store.newer"));
  }
  rmSync(migrationsDir, { recursive: true });
});
