// A private database for a test, cloned from the migrated template.
import { spawn } from "node:child_process";
import pg from "pg";
import { silentLog } from "../../src/base/log.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import type { Sql } from "../../src/store/sql.ts";
import { SERVER_VARIABLE, startTestServer, TEMPLATE } from "./server.ts";

let server: Promise<pg.PoolConfig> | undefined;
let clones = 0;

export interface TestDatabase extends Database, AsyncDisposable {
  /** As DATABASE_URL takes it. */
  readonly url: string;
}

/**
 * Clones the migrated template (or, `empty`, PostgreSQL's own; or `copyOf`, as a backup does); the clone is dropped when disposed of. With
 * `test/global-setup.ts` all files share its server, else a file starts one.
 */
export async function createTestDatabase(
  options: { connectionsMax?: number; empty?: boolean; copyOf?: TestDatabase } = {},
): Promise<TestDatabase> {
  const connection = await (server ??= findServer());
  const name = `test_${process.pid}_${++clones}`;
  const copied = options.copyOf?.connection.database;
  // Nobody may be connected to what is copied; its pool opens others when they are needed.
  if (copied !== undefined)
    await administer(connection, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${copied}'`);
  const template = copied ?? (options.empty ? "template0" : TEMPLATE);
  await administer(connection, `create database ${name} template ${template} strategy file_copy`);
  const database = openDatabase({ ...connection, database: name, max: options.connectionsMax ?? 10 }, silentLog);
  return {
    ...database,
    url: urlOf({ ...connection, database: name }),
    async [Symbol.asyncDispose]() {
      await database.close();
      await administer(connection, `drop database ${name} with (force)`);
    },
  };
}

/**
 * What a process sees of the database that is killed at its nth step (a transaction, or a statement that writes by itself), before
 * or after that step is committed: from then on, nothing of it arrives. `dead` tells whether it came to that.
 */
export function mortal(
  database: TestDatabase,
  step: number,
  when: "before" | "after",
): TestDatabase & { readonly dead: () => boolean } {
  let steps = 0;
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Error("this process was killed");
  };
  const kill = (): never => {
    dead = true;
    throw new Error("this process was killed");
  };
  const statement = async <T>(query: Sql, send: () => Promise<T>): Promise<T> => {
    alive();
    if (!/\b(?:insert into|delete from|(?<!for |no key )update)\b/u.test(query.text)) return send();
    const last = ++steps === step;
    if (last && when === "before") kill();
    const answer = await send();
    return last ? kill() : answer;
  };
  return {
    ...database,
    dead: () => dead,
    rows: async (query) => statement(query, () => database.rows(query)),
    one: async (query) => statement(query, () => database.one(query)),
    run: async (query) => statement(query, () => database.run(query)),
    transaction: async (body, options) => {
      alive();
      const last = ++steps === step;
      const result = await database.transaction(async (tx) => {
        const inner = await body(tx);
        return last && when === "before" ? kill() : inner;
      }, options);
      return last ? kill() : result;
    },
  };
}

/** The address of a database behind a Unix socket. */
export const urlOf = (connection: pg.PoolConfig): string =>
  `postgresql://${connection.user}@localhost:${connection.port}/${connection.database}?host=${encodeURIComponent(connection.host!)}`;

/** One statement outside of any test's database. */
async function administer(connection: pg.PoolConfig, statement: string): Promise<void> {
  const client = new pg.Client({ ...connection, database: "postgres" });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function findServer(): Promise<pg.PoolConfig> {
  const shared = process.env[SERVER_VARIABLE];
  if (shared !== undefined) return JSON.parse(shared) as pg.PoolConfig;
  const own = await startTestServer();
  // The test runner ends this process when the tests have; only then is the server of no more use.
  process.once("exit", () => {
    spawn(process.execPath, [new URL("erase.ts", import.meta.url).pathname, own.dataDir], {
      detached: true,
      stdio: "ignore",
    }).unref();
  });
  return own.connection;
}
