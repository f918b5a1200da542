// What is left of Winston's own PostgreSQL when the machine under it loses its power.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../base/log.ts";
import { createTestFolder } from "../../test/support/folder.ts";
import { type Database, openDatabase } from "./database.ts";
import { eraseData, type PostgresServer, startPostgres } from "./postgres/server.ts";
import { sql } from "./sql.ts";

const PAGE = 8_192;

test("after a power cut that left only what was flushed, and pages torn in two, all that was accepted is there", async () => {
  await using data = dataFolder();
  const server = await startPostgres({ dataDir: data.path, log: silentLog });
  const cluster = realpathSync(join(data.path, "data"));
  const before = join(data.path, "before");
  let flushed: { file: string; offset: number };
  try {
    const database = openIn(server);
    await database.run(sql`create table kept (n integer primary key, filler text)`);
    await database.run(sql`insert into kept select n, repeat('a', 400) from generate_series(1, 500) as n`);
    await database.run(sql`checkpoint`);
    // Whatever is not of the log may be as old as the last checkpoint: nothing else was flushed since.
    execFileSync("cp", ["-a", cluster, before]);
    for (let n = 501; n <= 560; n++)
      await database.transaction(async (tx) => {
        await tx.run(sql`insert into kept values (${n}, repeat('b', 400))`);
        await tx.run(sql`update kept set filler = repeat('c', 400) where n = ${n - 500}`);
      });
    flushed = (await database.one<{ file: string; offset: number }>(
      sql`select file_name as file, file_offset as "offset" from pg_walfile_name_offset(pg_current_wal_flush_lsn())`,
    ))!;
    await endAtOnce(server, database);
  } finally {
    await server.stop();
  }
  cutPower({ cluster, before, flushed });
  const again = await startPostgres({ dataDir: data.path, log: silentLog });
  try {
    const database = openIn(again);
    const rows = await database.rows<{ n: number; filler: string }>(
      sql`select n, left(filler, 1) as filler from kept order by n`,
    );
    assert.equal(rows.length, 560);
    for (const { n, filler } of rows) assert.equal(filler, n <= 60 ? "c" : n <= 500 ? "a" : "b", `row ${n}`);
    await database.close();
  } finally {
    await again.stop();
  }
});

/** The disk as a power cut may leave it: the log up to what was flushed, all else as at the checkpoint, its pages torn. */
function cutPower(of: { cluster: string; before: string; flushed: { file: string; offset: number } }): void {
  const { cluster, before, flushed } = of;
  const wal = join(cluster, "pg_wal");
  const log = readFileSync(join(wal, flushed.file)).fill(0, flushed.offset);
  for (const name of readdirSync(join(before, "base"))) {
    for (const file of readdirSync(join(before, "base", name)).filter((one) => /^\d+$/u.test(one))) {
      const [old, now] = [before, cluster].map((root) => join(root, "base", name, file));
      if (!existsSync(now!)) continue;
      const handle = openSync(old!, "r+");
      const written = readFileSync(now!);
      const pages = Math.min(statSync(old!).size, written.length) / PAGE;
      for (let page = 0; page < pages; page++) writeSync(handle, written, page * PAGE, PAGE / 2, page * PAGE);
      closeSync(handle);
    }
  }
  const { uid, gid } = statSync(cluster);
  for (const name of readdirSync(cluster)) if (name !== "pg_wal") rmSync(join(cluster, name), { recursive: true });
  for (const name of readdirSync(before))
    if (name !== "pg_wal" && name !== "postmaster.pid") execFileSync("cp", ["-a", join(before, name), cluster]);
  writeFileSync(join(wal, flushed.file), log);
  execFileSync("chown", ["-R", `${uid}:${gid}`, cluster]);
  rmSync(before, { recursive: true });
}

/** Ends every process of the server at one moment, as a cut of the power does; nobody starts it again. */
async function endAtOnce(server: PostgresServer, database: Database): Promise<void> {
  const pids = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/u).map(Number))
    .flatMap(([pid, parent]) => (parent === server.pid ? [pid!] : []));
  const stopped = server.stop();
  for (const pid of [server.pid, ...pids])
    try {
      process.kill(pid, "SIGKILL");
    } catch (thrown) {
      // A backend may have ended by itself since it was listed.
      if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
    }
  await stopped;
  await database.close();
}

function dataFolder() {
  const folder = createTestFolder();
  const path = join(folder.path, "pg");
  return {
    path,
    async [Symbol.asyncDispose]() {
      await eraseData(path, silentLog);
      folder[Symbol.dispose]();
    },
  };
}

const openIn = (server: PostgresServer): Database =>
  openDatabase({ ...server.connection, database: "postgres" }, silentLog);
