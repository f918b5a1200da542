import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { type ErrorCode, WinstonError, isError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import { createTestFolder } from "../../../test/support/folder.ts";
import { openDatabase } from "../database.ts";
import { sql } from "../sql.ts";
import { hasEnded, isAlive } from "./postmaster.ts";
import { type PostgresServer, eraseData, startPostgres } from "./server.ts";

const ROOT = process.getuid?.() === 0;
const asRoot = ROOT ? {} : { skip: "only root can give a server to another account" };

test("a server from nothing is safe, speaks only through its socket, and stands apart from the terminal", async () => {
  await using data = dataFolder();
  const server = await startPostgres({ dataDir: data.path, log: silentLog });
  const settings = await inDatabase(server, async (database) =>
    Object.fromEntries(
      (await database.rows<{ name: string; setting: string }>(sql`select name, setting from pg_settings`)).map(
        (one) => [one.name, one.setting],
      ),
    ),
  );
  const wanted = {
    fsync: "on",
    full_page_writes: "on",
    data_checksums: "on",
    synchronous_commit: "on",
    listen_addresses: "",
    TimeZone: "UTC",
    server_encoding: "UTF8",
    log_min_error_statement: "panic",
  };
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, settings[name]])), wanted);
  const socket = String(server.connection.host);
  assert.equal(lstatSync(socket).mode & 0o777, 0o700);
  assert(Buffer.byteLength(join(socket, ".s.PGSQL.5432")) <= 107);
  // A group of its own: Ctrl-C reaches the group of the terminal, and Winston decides when the server goes.
  assert.equal(Number(execFileSync("ps", ["-o", "pgid=", "-p", String(server.pid)], { encoding: "utf8" })), server.pid);
  await server.stop();
  assert.equal(isAlive(server.pid), false);
  assert.equal(existsSync(socket), false);
});

test("rows sort and fold by Unicode, whatever the machine's locale", async () => {
  await using data = dataFolder();
  const server = await start(data.path);
  const row = await inDatabase(server, (database) =>
    database.one(sql`select lower('ÄÖÜ') as lower, 'É' ilike 'é' as alike`),
  );
  assert.deepEqual(row, { lower: "äöü", alike: true });
  await server.stop();
});

test("a second Winston on the folder is refused and told who has it, in this process and from another", async () => {
  await using data = dataFolder();
  const server = await start(data.path);
  await rejects(start(data.path), "store.busy", new RegExp(`process ${process.pid}`, "u"));
  const other = await inChild(data.path);
  assert.equal(other.error?.code, "store.busy");
  assert.match(other.error.message, new RegExp(`process ${process.pid}\\) is using the data in`, "u"));
  await inDatabase(server, (database) => database.one(sql`select 1`));
  await server.stop();
});

test("of two processes that start at once on an empty folder one gets it", async () => {
  await using data = dataFolder();
  const both = await Promise.all([inChild(data.path), inChild(data.path)]);
  assert.deepEqual(both.map((one) => one.error?.code ?? "started").toSorted(), ["started", "store.busy"]);
  for (const one of both) await one.end("SIGTERM");
});

test("the server a killed Winston left running is taken over, with all that was committed", async () => {
  await using data = dataFolder();
  const killed = await inChild(data.path);
  await killed.end("SIGKILL");
  assert(isAlive(killed.pid!));
  const server = await start(data.path);
  assert.equal(server.pid, killed.pid);
  assert.deepEqual(await inDatabase(server, (database) => database.rows(sql`select n from kept`)), [{ n: 7 }]);
  await server.stop();
  assert.equal(isAlive(server.pid), false);
});

test("a left server that was started with other settings is replaced", async () => {
  await using data = dataFolder();
  const killed = await inChild(data.path);
  await killed.end("SIGKILL");
  const server = await startPostgres({ dataDir: data.path, log: silentLog });
  assert.notEqual(server.pid, killed.pid);
  assert.equal(isAlive(killed.pid!), false);
  assert.deepEqual(
    await inDatabase(server, (database) => database.rows(sql`select n, current_setting('fsync') as fsync from kept`)),
    [{ n: 7, fsync: "on" }],
  );
  await server.stop();
});

test("a left server whose socket was cleaned away is replaced", async () => {
  await using data = dataFolder();
  const killed = await inChild(data.path);
  await killed.end("SIGKILL");
  rmSync(killed.socketFolder!, { recursive: true });
  const server = await start(data.path);
  assert.notEqual(server.pid, killed.pid);
  assert.deepEqual(await inDatabase(server, (database) => database.rows(sql`select n from kept`)), [{ n: 7 }]);
  await server.stop();
});

test("a server killed with its Winston recovers what was committed", async () => {
  await using data = dataFolder();
  const killed = await inChild(data.path);
  process.kill(killed.pid!, "SIGKILL");
  await killed.end("SIGKILL");
  const server = await start(data.path);
  assert.deepEqual(await inDatabase(server, (database) => database.rows(sql`select n from kept`)), [{ n: 7 }]);
  await server.stop();
});

test("a server that is killed under a living Winston is started again, with all that was committed", async () => {
  await using data = dataFolder();
  const server = await start(data.path);
  const database = openDatabase({ ...server.connection, database: "postgres" }, silentLog);
  await database.run(sql`create table kept as select 7 as n`);
  const first = server.pid;
  process.kill(first, "SIGKILL");
  // Sessions of the killed server live a moment longer, so the first answer may still be one of theirs.
  const until = systemClock.now() + 15_000;
  for (let answer: unknown; server.pid === first || answer === undefined; await systemClock.sleep(10)) {
    assert(systemClock.now() < until, "not started again within 15 s");
    answer = await database
      .rows(sql`select n from kept`)
      .catch((thrown) => assert(isError(thrown, "store.unavailable")));
    if (answer !== undefined) assert.deepEqual(answer, [{ n: 7 }]);
  }
  await database.close();
  await server.stop();
  await server.stop();
  assert.equal(isAlive(server.pid), false);
});

test("a postmaster.pid whose number another process has by now does not stop the start", async () => {
  await using data = dataFolder();
  const killed = await inChild(data.path);
  process.kill(killed.pid!, "SIGKILL");
  await killed.end("SIGKILL");
  await hasEnded(killed.pid!, 5_000);
  // A process of the server's own account, as after the restart of a container.
  const account = lstatSync(join(data.path, "data"));
  const bystander = spawn("sleep", ["60"], ROOT ? { uid: account.uid, gid: account.gid } : {});
  for (const file of [join(data.path, "data", "postmaster.pid"), join(killed.socketFolder!, ".s.PGSQL.5432.lock")])
    writeFileSync(file, readFileSync(file, "utf8").replace(/^\d+/u, String(bystander.pid)));
  const server = await start(data.path);
  assert.deepEqual(await inDatabase(server, (database) => database.rows(sql`select n from kept`)), [{ n: 7 }]);
  await server.stop();
  assert(isAlive(bystander.pid!));
  bystander.kill();
  await once(bystander, "exit");
});

test("a first start that was cut short leaves nothing that the next one trips over", async () => {
  await using data = dataFolder();
  const cut = spawnChild(data.path);
  while (!existsSync(data.path) || !readdirSync(data.path).some((name) => name.startsWith("unfinished-"))) {
    assert.equal(cut.exitCode, null);
    await systemClock.sleep(2);
  }
  cut.kill("SIGKILL");
  await once(cut, "close");
  assert.equal(existsSync(join(data.path, "data")), false);
  const server = await start(data.path);
  await server.stop();
  // The initdb of the first may write on for a moment; later starts clear it.
  for (let turn = 0; turn < 10 && readdirSync(data.path).length > 3; turn++) await (await start(data.path)).stop();
  assert.deepEqual(readdirSync(data.path).toSorted(), ["data", "lock", "postgres.log"]);
});

test("an empty cluster folder is filled; one with something else in it is left alone", async () => {
  await using data = dataFolder();
  mkdirSync(join(data.path, "data"), { recursive: true });
  if (ROOT) execFileSync("chown", ["nobody", join(data.path, "data")]);
  await (await start(data.path)).stop();
  rmSync(join(data.path, "data", "PG_VERSION"));
  await rejects(start(data.path), "start.failed", /holds something that is not a PostgreSQL cluster/u);
  assert(existsSync(join(data.path, "data", "base")));
});

test("data of a newer PostgreSQL is refused and left as it is", async () => {
  await using data = dataFolder();
  await (await start(data.path)).stop();
  const version = join(data.path, "data", "PG_VERSION");
  writeFileSync(version, "19\n");
  await rejects(start(data.path), "store.newer", /written by PostgreSQL 19; this Winston brings 18/u);
  writeFileSync(version, "17\n");
  await rejects(start(data.path), "start.failed", /written by PostgreSQL 17; this Winston brings 18/u);
  writeFileSync(version, "18\n");
  await (await start(data.path)).stop();
});

for (const [kind, name] of [
  ["with spaces, quotes and other scripts", `my "data" it's 日本 %41 \\ $HOME`],
  ["longer than a socket's path may be", "d".repeat(150)],
  ["longer than PostgreSQL's own paths may be", Array.from({ length: 15 }, () => "long ".repeat(40).trim()).join("/")],
] as const) {
  test(`a path ${kind} works`, async () => {
    await using data = dataFolder(name);
    const server = await start(data.path);
    await rejects(start(data.path), "store.busy");
    await inDatabase(server, (database) => database.run(sql`create table kept (n integer)`));
    await server.stop();
    const again = await start(data.path);
    assert.deepEqual(await inDatabase(again, (database) => database.rows(sql`select * from kept`)), []);
    await again.stop();
  });
}

test("no HOME, any zone and locale, and misleading PG variables change nothing", async () => {
  await using data = dataFolder();
  const env = Object.fromEntries(
    "LC_ALL=C LANG=xx_XX TZ=Asia/Kathmandu PGDATA=/nowhere PGHOST=nowhere PGPORT=1 PGUSER=x PGDATABASE=x PGOPTIONS=-cnonsense=1 PGSSLMODE=require PGTZ=Asia/Tokyo PGDATESTYLE=German"
      .split(" ")
      .map((one) => one.split(/=(.*)/u).slice(0, 2) as [string, string]),
  );
  const child = await inChild(data.path, { env });
  assert.equal(child.error, undefined);
  assert.deepEqual(child.said, { zone: "UTC", at: 1_767_603_600_000 });
  await child.end("SIGTERM");
});

test("root's server runs as another account, and that account may start it by itself later", asRoot, async () => {
  await using data = dataFolder();
  const server = await start(data.path);
  const user = execFileSync("ps", ["-o", "user=", "-p", String(server.pid)], { encoding: "utf8" }).trim();
  assert.equal(user, "nobody");
  await server.stop();
  await using own = dataFolder();
  mkdirSync(own.path);
  execFileSync("chown", ["nobody", own.path]);
  await (await start(own.path)).stop();
  const child = await inChild(own.path, { uid: lstatSync(own.path).uid });
  assert.equal(child.error, undefined, child.error?.message);
  await child.end("SIGTERM");
});

test("an ordinary user is told whose a folder is that it cannot use", asRoot, async () => {
  await using data = dataFolder();
  mkdirSync(data.path, { mode: 0o700 });
  const child = await inChild(data.path, { uid: 65_534 });
  assert.equal(child.error?.code, "start.failed");
  assert.match(child.error.message, /cannot be (?:used|locked)/u);
});

test("a user without an entry in the list of accounts is told what PostgreSQL wants", asRoot, async () => {
  await using data = dataFolder();
  mkdirSync(data.path);
  chmodSync(data.path, 0o777);
  const child = await inChild(data.path, { uid: 54_321 });
  assert.equal(child.error?.code, "start.failed");
  assert.match(child.error.message, /user 54321, who has no entry in \/etc\/passwd/u);
});

test("a project that the server's account cannot reach has its data in a folder of Winston's own", asRoot, async () => {
  await using data = dataFolder("closed/pg");
  mkdirSync(dirname(data.path), { mode: 0o700 });
  const server = await start(data.path);
  const cluster = realpathSync(join(data.path, "data"));
  assert.match(cluster, /^\/var\/lib\/winston\/closed-/u);
  await inDatabase(server, (database) => database.run(sql`create table kept (n integer)`));
  await server.stop();
  // A copy of the project leads to the same data, so the two do not run at once.
  const copy = join(dirname(dirname(data.path)), "copy");
  execFileSync("cp", ["-a", dirname(data.path), copy]);
  const again = await start(data.path);
  await rejects(start(join(copy, basename(data.path))), "store.busy");
  assert.deepEqual(await inDatabase(again, (database) => database.rows(sql`select * from kept`)), []);
  await again.stop();
  await eraseData(data.path, silentLog);
  assert.equal(existsSync(dirname(cluster)), false);
});

test("a folder that someone else put where the socket should lie is passed by", asRoot, async () => {
  await using data = dataFolder();
  const server = await start(data.path);
  const socket = String(server.connection.host);
  await server.stop();
  mkdirSync(socket, { mode: 0o777 });
  const again = await start(data.path);
  assert.equal(again.connection.host, `${socket}-1`);
  await again.stop();
  rmSync(socket, { recursive: true });
});

test("a full disk is said in one sentence at the first start, at a later one and while running, and nothing is damaged", async (t) => {
  await using data = dataFolder("disk/pg");
  const disk = dirname(data.path);
  mkdirSync(disk);
  const mount = (size: string) =>
    spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=755`, "tmpfs", disk]).status === 0;
  if (!ROOT || !mount("20m")) return t.skip("only where a small disk can be mounted");
  let running: PostgresServer | undefined;
  try {
    await rejects(start(data.path), "store.full", /^The disk/u);
    execFileSync("mount", ["-o", "remount,size=200m", disk]);
    running = await start(data.path);
    await inDatabase(running, async (database) => {
      await database.run(sql`create table kept as select 7 as n`);
      // Unlogged, so that it is the table and not the log that finds no room: a log without room ends the server.
      const filling = database.run(
        sql`create unlogged table more as select n, repeat(md5(n::text), 60) from generate_series(1, 200000) as n`,
      );
      await assert.rejects(filling, (thrown) => isError(thrown, "store.full"));
    });
    await running.stop();
    writeFileSync(join(disk, "filler"), Buffer.alloc(statfsSync(disk).bavail * statfsSync(disk).bsize));
    await rejects(start(data.path), "store.full", /^The disk/u);
    rmSync(join(disk, "filler"));
    running = await start(data.path);
    assert.deepEqual(await inDatabase(running, (database) => database.rows(sql`select n from kept`)), [{ n: 7 }]);
  } finally {
    await running?.stop();
    execFileSync("umount", [disk]);
  }
});

test("a disk that fills until the server ends is named as the reason, and with room again the work goes on", async (t) => {
  await using data = dataFolder("disk/pg");
  const disk = dirname(data.path);
  mkdirSync(disk);
  const mount = ["-t", "tmpfs", "-o", "size=200m,mode=755", "tmpfs", disk];
  if (!ROOT || spawnSync("mount", mount).status !== 0) return t.skip("only where a small disk can be mounted");
  let server: PostgresServer | undefined;
  try {
    server = await start(data.path);
    const database = openDatabase({ ...server.connection, database: "postgres" }, silentLog, {
      trouble: () => server?.trouble,
    });
    await database.run(sql`create table kept as select 7 as n`);
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, "filler"), Buffer.alloc(bavail * bsize));
    const until = systemClock.now() + 60_000;
    // The statement that finds no room ends the server; whoever comes after it is to be told why there is none.
    let named: unknown;
    while (!isError(named, "store.full") || !/^The disk with .* is full/u.test(named.message)) {
      assert(systemClock.now() < until, `not named within 60 s: ${String(named)}`);
      // More than what room the log has taken already.
      named = await database
        .run(sql`select pg_logical_emit_message(true, '', repeat('x', 1000000)) from generate_series(1, 40)`)
        .catch((thrown: unknown) => thrown);
      await systemClock.sleep(20);
    }
    rmSync(join(disk, "filler"));
    for (let answer: unknown; answer === undefined; await systemClock.sleep(20)) {
      assert(systemClock.now() < until, "not started again within 60 s");
      answer = await database.rows(sql`select n from kept`).catch(() => undefined);
      if (answer !== undefined) assert.deepEqual(answer, [{ n: 7 }]);
    }
    assert.equal(server.trouble, undefined);
    await database.close();
  } finally {
    await server?.stop();
    execFileSync("umount", [disk]);
  }
});

test("erasing refuses a folder in use, and stops a server that was left on it", async () => {
  await using data = dataFolder();
  const child = await inChild(data.path);
  await rejects(eraseData(data.path, silentLog), "store.busy");
  await child.end("SIGKILL");
  writeFileSync(join(data.path, "letter"), "not Winston's");
  await eraseData(data.path, silentLog);
  assert.equal(isAlive(child.pid!), false);
  assert.deepEqual(readdirSync(data.path), ["letter"]);
  rmSync(join(data.path, "letter"));
  assert.equal(existsSync(child.socketFolder!), false);
  await eraseData(data.path, silentLog);
});

const start = (dataDir: string): Promise<PostgresServer> =>
  startPostgres({ dataDir, log: silentLog, unsafeForTests: true });

/** A data folder that does not exist yet; in the end whatever runs on it is stopped. */
function dataFolder(name = "pg") {
  const folder = createTestFolder();
  const path = join(folder.path, name);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await eraseData(path, silentLog);
      folder[Symbol.dispose]();
    },
  };
}

async function inDatabase<T>(
  server: PostgresServer,
  body: (database: ReturnType<typeof openDatabase>) => Promise<T>,
): Promise<T> {
  const database = openDatabase({ ...server.connection, database: "postgres" }, silentLog);
  try {
    return await body(database);
  } finally {
    await database.close();
  }
}

async function rejects(promise: Promise<unknown>, code: ErrorCode, words = /./u): Promise<void> {
  await assert.rejects(promise, (thrown) => {
    assert(thrown instanceof WinstonError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, words);
    return true;
  });
}

interface Said {
  readonly pid?: number;
  readonly socketFolder?: string;
  readonly said?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Another Winston: starts the server, keeps one row, says so, and holds on until it is ended. */
function spawnChild(dataDir: string, options: { env?: Record<string, string>; uid?: number } = {}): ChildProcess {
  const script = `
    import { startPostgres } from ${JSON.stringify(new URL("server.ts", import.meta.url).href)};
    import { openDatabase } from ${JSON.stringify(new URL("../database.ts", import.meta.url).href)};
    import { sql } from ${JSON.stringify(new URL("../sql.ts", import.meta.url).href)};
    import { silentLog } from ${JSON.stringify(new URL("../../base/log.ts", import.meta.url).href)};
    try {
      const server = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: silentLog, unsafeForTests: true });
      const database = openDatabase({ ...server.connection, database: "postgres" }, silentLog);
      await database.run(sql\`create table if not exists kept as select 7 as n\`);
      const said = await database.one(sql\`select current_setting('timezone') as zone, timestamptz '2026-01-05 09:00+00' as at\`);
      await database.close();
      process.once("SIGTERM", () => void server.stop().then(() => process.exit()));
      console.log(JSON.stringify({ pid: server.pid, socketFolder: server.connection.host, said }));
      setInterval(() => {}, 1000);
    } catch (error) {
      console.log(JSON.stringify({ error: { code: error.code, message: error.message } }));
    }`;
  const { uid } = options;
  return spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: "/",
    env: options.env ?? {},
    stdio: ["ignore", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

async function inChild(
  dataDir: string,
  options: { env?: Record<string, string>; uid?: number } = {},
): Promise<Said & { end: (signal: NodeJS.Signals) => Promise<void> }> {
  const child = spawnChild(dataDir, options);
  const closed = once(child, "close");
  let output = "";
  child.stdout!.on("data", (chunk: Buffer) => (output += String(chunk)));
  await Promise.race([once(child.stdout!, "data"), closed]);
  return {
    ...(JSON.parse(output) as Said),
    async end(signal) {
      child.kill(signal);
      await closed;
    },
  };
}
