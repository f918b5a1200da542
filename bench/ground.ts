// What a bench stands on: Winston's own PostgreSQL as users have it (fsync on, checksums on) in a folder of its own, and databases
// cloned from a prepared one, so that every measurement begins with fresh tables, fresh indexes and no statistics.
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { systemClock } from "../src/base/clock.ts";
import { silentLog } from "../src/base/log.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { openStore } from "../src/store/open.ts";
import { eraseData } from "../src/store/postgres/server.ts";

export interface Ground extends AsyncDisposable {
  /** PostgreSQL's version, in its own words. */
  readonly version: string;
  /** Gives `body` the database that later ones are cloned from. Nobody else may be connected to it afterwards. */
  prepare(body: (database: Database) => Promise<void>): Promise<void>;
  /** A fresh clone, everything of it on the disk; dropped when disposed of. */
  fresh(): Promise<Database & AsyncDisposable>;
}

const TEMPLATE = "winston";

export async function openGround(): Promise<Ground> {
  const dataDir = mkdtempSync(join(tmpdir(), "winston-bench-"));
  chmodSync(dataDir, 0o711); // As root the server is another account's.
  const store = await openStore({ dataDir, clock: systemClock, log: silentLog });
  const { connection } = store.database;
  const version = (await store.database.pool.query<{ server_version: string }>("show server_version")).rows[0]!;
  await store.database.close();
  const administer = async (...statements: string[]): Promise<void> => {
    const client = new pg.Client({ ...connection, database: "postgres" });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  let clones = 0;
  return {
    version: version.server_version,
    prepare: async (body) => {
      const database = openDatabase({ ...connection, database: TEMPLATE, max: 4 }, silentLog);
      try {
        await body(database);
      } finally {
        await database.close();
      }
    },
    fresh: async () => {
      const name = `bench_${++clones}`;
      await administer(`create database ${name} template ${TEMPLATE} strategy file_copy`, "checkpoint");
      const database = openDatabase({ ...connection, database: name, max: 4 }, silentLog);
      return {
        ...database,
        [Symbol.asyncDispose]: async () => {
          await database.close();
          await administer(`drop database ${name} with (force)`);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await eraseData(dataDir, silentLog);
    },
  };
}
