// A database that is not alone: commits that a standby did not confirm, and a replica that answers in place of its primary.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import pg from "pg";
import { systemClock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { createTestFolder } from "../../test/support/folder.ts";
import { openDatabase } from "./database.ts";
import { eraseData, type PostgresServer, startPostgres } from "./postgres/server.ts";
import { findPrograms, ownerAccount, spawnOptions } from "./postgres/programs.ts";
import { sql } from "./sql.ts";

test("a commit whose wait for the standby was cancelled is called unknown, whether it stood alone or in a transaction", async () => {
  await using data = dataFolder();
  const server = await start(data.path);
  const connection = { ...server.connection, database: "postgres" };
  const watch = new pg.Client(connection);
  const database = openDatabase(connection, silentLog);
  try {
    await watch.connect();
    await watch.query("create table one (n integer)");
    await watch.query("alter system set synchronous_standby_names = 'nobody'");
    await watch.query("select pg_reload_conf()");
    for (const write of [
      () => database.run(sql`insert into one values (1)`),
      () => database.transaction((tx) => tx.run(sql`insert into one values (2)`)),
    ]) {
      await assert.rejects(await cancelledAtItsWait(write, watch), (thrown) => {
        assert(isError(thrown, "store.unavailable"), String(thrown));
        assert.match(String(thrown.cause), /outcome of the commit is unknown/u);
        return true;
      });
    }
    // Unknown, and not undone: here it is there, and a failover might have lost it.
    assert.deepEqual(await database.rows(sql`select distinct n from one order by n`), [{ n: 1 }, { n: 2 }]);
  } finally {
    await watch.end();
    await database.close();
    await server.stop();
  }
});

test("a replica is never asked: its connection is refused in words, before anything is read", async () => {
  await using data = dataFolder();
  const server = await start(data.path);
  await server.stop();
  await using replica = await startReplica(data.path);
  const database = openDatabase(replica.connection, silentLog);
  const asked = database.rows(sql`select 1`);
  await assert.rejects(asked, (thrown) => isError(thrown, "store.unavailable") && /is a replica/u.test(thrown.message));
  await database.close();
});

/**
 * Writes until a commit waits for its standby, and cancels that wait. The server takes a new setting up in its own
 * time, and a commit before that waits for nobody.
 */
async function cancelledAtItsWait(write: () => Promise<unknown>, watch: pg.Client): Promise<() => Promise<unknown>> {
  for (;;) {
    let over = false;
    const written = write();
    written.catch(() => {}).finally(() => (over = true));
    while (!over) {
      const { rowCount } = await watch.query(
        "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'",
      );
      if (rowCount === 1) return () => written;
      await systemClock.sleep(10);
    }
    await written;
  }
}

/** The data of a server that has stopped, served as a hot standby serves it: readable, and in recovery. */
async function startReplica(dataDir: string) {
  const cluster = realpathSync(join(dataDir, "data"));
  const account = ownerAccount(statSync(cluster));
  writeFileSync(join(cluster, "standby.signal"), "");
  const socketFolder = cluster; // The one folder here that is the server's own.
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${socketFolder}`,
    "max_connections=200",
    "max_locks_per_transaction=256",
  ];
  const args = ["-D", cluster, ...settings.flatMap((one) => ["-c", one])];
  const child = spawn(findPrograms(account).postgres, args, { ...spawnOptions(account), stdio: "ignore" });
  const connection = { host: socketFolder, user: "winston", database: "postgres" };
  for (;;) {
    const client = new pg.Client(connection);
    client.on("error", () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ replica: boolean }>("select pg_is_in_recovery() as replica");
      assert.equal(rows[0]!.replica, true);
      break;
    } catch {
      assert.equal(child.exitCode, null, "the replica did not start");
      await systemClock.sleep(20);
    } finally {
      await client.end().catch(() => {});
    }
  }
  return {
    connection,
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await once(child, "exit");
    },
  };
}

const start = (dataDir: string): Promise<PostgresServer> =>
  startPostgres({ dataDir, log: silentLog, unsafeForTests: true });

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
