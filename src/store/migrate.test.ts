import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { VirtualClock, systemClock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { createTestDatabase } from "../../test/support/database.ts";
import { migrate, pending, readMigrations } from "./migrate.ts";
import { sql } from "./sql.ts";

const clock = new VirtualClock();

test("files are applied in order, once, and their record says when", async () => {
  await using database = await createTestDatabase({ empty: true });
  using files = folder({
    "0002-more.sql": "alter table one add column m integer default 5; create table two (n integer)",
    "0001-one.sql": "create table one (n integer); insert into one values (1)",
    "notes.md": "not a migration",
  });
  assert.equal(await migrate(database, files.path, clock), 2);
  assert.deepEqual(await database.rows(sql`select n, m from one`), [{ n: 1, m: 5 }]);
  assert.deepEqual(await database.rows(sql`select number, name, applied_at as at from migration order by number`), [
    { number: 1, name: "one", at: clock.now() },
    { number: 2, name: "more", at: clock.now() },
  ]);
  assert.equal(await migrate(database, files.path, clock), 0);
  writeFileSync(join(files.path, "0003-last.sql"), "drop table two");
  assert.equal(await migrate(database, files.path, clock), 1);
});

test("a folder without migrations is fine", async () => {
  await using database = await createTestDatabase({ empty: true });
  using files = folder({});
  assert.equal(await migrate(database, files.path, clock), 0);
});

test("the released migrations apply to an empty database", async () => {
  await using database = await createTestDatabase({ empty: true });
  const released = join(import.meta.dirname, "migrations");
  assert.equal(await migrate(database, released, clock), readMigrations(released).length);
});

test("a file that fails leaves nothing of itself, and is named with its line", async () => {
  await using database = await createTestDatabase({ empty: true });
  using files = folder({
    "0001-one.sql": "create table one (n integer)",
    "0002-bad.sql": "create table two (n integer);\n\nselect nothing from nowhere",
  });
  await assert.rejects(migrate(database, files.path, clock), (thrown) => {
    assert(isError(thrown, "start.failed"));
    assert.match(thrown.message, /0002-bad failed at line 3: relation "nowhere" does not exist/u);
    return true;
  });
  const tables = await database.rows(sql`select relname from pg_class where relname in ('one', 'two')`);
  assert.deepEqual(tables, [{ relname: "one" }]);
});

test("a released file that was changed, is missing, or comes late is refused; one with other line ends is not", async () => {
  await using database = await createTestDatabase({ empty: true });
  using files = folder({
    "0001-one.sql": "create table one (\n n integer)",
    "0003-three.sql": "create table three (n integer)",
  });
  await migrate(database, files.path, clock);
  const refused = (words: RegExp) =>
    assert.rejects(migrate(database, files.path, clock), (thrown) => {
      assert(isError(thrown, "start.failed"));
      assert.match(thrown.message, words);
      return true;
    });
  writeFileSync(join(files.path, "0001-one.sql"), "create table one (\r\n n integer)");
  assert.equal(await migrate(database, files.path, clock), 0);
  writeFileSync(join(files.path, "0001-one.sql"), "create table one (n bigint)");
  await refused(/0001-one was changed after it was applied/u);
  rmSync(join(files.path, "0001-one.sql"));
  await refused(/0001-one was applied to this database, and this Winston does not have it/u);
  writeFileSync(join(files.path, "0001-one.sql"), "create table one (\n n integer)");
  writeFileSync(join(files.path, "0002-late.sql"), "create table late (n integer)");
  await refused(/0002-late is new but comes before number 3/u);
});

test("data of a newer Winston is refused and left as it is", () => {
  const file = { number: 9, name: "nine", digest: "d", text: "" };
  assert.throws(
    () => pending([file], [file, { number: 12, name: "twelve", digest: "e" }]),
    (thrown) => {
      assert(isError(thrown, "store.newer"));
      assert.equal(
        thrown.message,
        "The data was written by a newer Winston (migration 12; this one knows up to 9). Start that version, or restore a backup.",
      );
      return true;
    },
  );
});

test("file names that are no numbers, and numbers given twice, are refused", () => {
  using wrong = folder({ "1-one.sql": "" });
  assert.throws(() => readMigrations(wrong.path), /1-one\.sql is not named NNNN-name\.sql/u);
  using twice = folder({ "0001-one.sql": "", "0001-uno.sql": "" });
  assert.throws(() => readMigrations(twice.path), /two migrations with number 1/u);
});

test("of two processes that start at once one applies each file and both find it done", async () => {
  await using database = await createTestDatabase({ empty: true });
  using files = folder({
    "0001-one.sql": "create table one (n integer); select pg_sleep(0.1)",
    "0002-two.sql": "create table two (n integer); select pg_sleep(0.1)",
    "0003-three.sql": "create table three (n integer)",
  });
  const children = [1, 2, 3].map(() => migrateInChild(database.connection, files.path));
  const outcomes = await Promise.all(
    children.map(async (child) => (await once(child.process, "close"), child.output())),
  );
  const applied = outcomes.map((output) => Number(/applied (\d)/u.exec(output)?.[1] ?? assert.fail(output)));
  assert.equal(
    applied.reduce((sum, one) => sum + one),
    3,
  );
  assert.equal((await database.rows(sql`select * from migration`)).length, 3);
});

test("a process killed in the middle of a file leaves the state before it, and the next one goes on", async () => {
  await using database = await createTestDatabase({ empty: true });
  using files = folder({
    "0001-one.sql": "create table one (n integer)",
    "0002-two.sql": "create table two (n integer); select pg_sleep(60)",
  });
  const child = migrateInChild(database.connection, files.path);
  const asleep = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  while (!(await database.one(asleep))) {
    assert.equal(child.process.exitCode, null, child.output());
    await systemClock.sleep(10);
  }
  child.process.kill("SIGKILL");
  await once(child.process, "close");
  assert.deepEqual(await database.rows(sql`select number from migration`), [{ number: 1 }]);
  assert.equal(await database.one(sql`select 1 from pg_class where relname = 'two'`), undefined);
  writeFileSync(join(files.path, "0002-two.sql"), "create table two (n integer)");
  assert.equal(await migrate(database, files.path, clock), 1);
});

function folder(files: Record<string, string>) {
  const path = mkdtempSync(join(tmpdir(), "migrations-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function migrateInChild(connection: object, path: string): { process: ChildProcess; output: () => string } {
  const script = `
    import { openDatabase } from ${JSON.stringify(new URL("database.ts", import.meta.url).href)};
    import { migrate } from ${JSON.stringify(new URL("migrate.ts", import.meta.url).href)};
    import { silentLog } from ${JSON.stringify(new URL("../base/log.ts", import.meta.url).href)};
    const database = openDatabase(${JSON.stringify(connection)}, silentLog);
    console.log("applied", await migrate(database, ${JSON.stringify(path)}, { now: () => 0 }));
    await database.close();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => (output += String(chunk)));
  return { process: child, output: () => output };
}
