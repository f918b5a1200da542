// The store, ready for use: a server, a database that keeps what it accepts, and its tables.
import { join } from "node:path";
import pg from "pg";
import type { Clock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { type Database, openDatabase } from "./database.ts";
import { storeFailure } from "./failures.ts";
import { migrate } from "./migrate.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";
import { sql } from "./sql.ts";

export interface Store {
  readonly database: Database;
  /** Whether the server is Winston's own. */
  readonly embedded: boolean;
  /** Closes the connections and stops Winston's own server. */
  close(): Promise<void>;
}

/**
 * Opens `databaseUrl`, or without one Winston's own PostgreSQL on `dataDir`; makes the database where it is missing, checks that the
 * server flushes what it commits, and migrates. Throws `store.busy`, `store.newer`, `store.full`, `store.unsafe`, `store.unavailable` or
 * `start.failed`, and leaves nothing running then.
 */
export async function openStore(options: {
  databaseUrl?: string | undefined;
  dataDir: string;
  clock: Pick<Clock, "now">;
  log: Log;
  migrationsDir?: string;
  /** Most connections of Winston's pool. */
  connectionsMax?: number;
  /** Does without the flush, as the servers of tests do. */
  unsafeForTests?: boolean;
}): Promise<Store> {
  const { clock, log, migrationsDir = join(import.meta.dirname, "migrations"), unsafeForTests = false } = options;
  let server: PostgresServer | undefined;
  let database: Database | undefined;
  const close = async (): Promise<void> => {
    await database?.close();
    await server?.stop();
  };
  try {
    if (options.databaseUrl === undefined) {
      server = await startPostgres({ dataDir: options.dataDir, log, unsafeForTests });
    }
    const connection = server?.connection ?? connectionOf(options.databaseUrl!);
    database = openDatabase({ ...connection, max: options.connectionsMax ?? 10 }, log, {
      trouble: () => server?.trouble,
    });
    await createMissing(database, connection);
    await assertSafe(database, { embedded: server !== undefined, unsafeForTests });
    const applied = await migrate(database, migrationsDir, clock);
    if (applied > 0) log.info({ applied }, "the database was migrated");
    return { database, embedded: server !== undefined, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function connectionOf(databaseUrl: string): pg.PoolConfig {
  const connection = { connectionString: databaseUrl };
  try {
    if (/^postgres(?:ql)?:\/\//u.test(databaseUrl) && new pg.Client(connection).database) return connection;
  } catch {
    // What is thrown holds the address with its password, so it goes no further.
  }
  throw new WinstonError(
    "start.failed",
    "DATABASE_URL is not the address of a PostgreSQL database. One looks like postgres://user:password@host:5432/winston, with special characters of the password written as %40 and so on.",
  );
}

/** Makes the database where the server has none of its name. */
async function createMissing(database: Database, connection: pg.PoolConfig): Promise<void> {
  try {
    (await database.pool.connect()).release();
    return;
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== "3D000") throw storeFailure(thrown);
  }
  const { connectionString } = connection;
  const client = new pg.Client(
    connectionString === undefined
      ? { ...connection, database: "postgres" }
      : { connectionString: databaseNamed(connectionString, "postgres") },
  );
  client.on("error", () => {});
  const name = new pg.Client(connection).database!;
  try {
    await client.connect();
    await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } catch (thrown) {
    // 42P04 and 23505: another process was making it at the same moment.
    if (["42P04", "23505"].includes((thrown as { code?: string }).code ?? "")) return;
    throw new WinstonError(
      "store.unavailable",
      `The database ${name} does not exist and could not be made (${(thrown as Error).message}). Create it, or let DATABASE_URL name another.`,
      { cause: thrown },
    );
  } finally {
    await client.end().catch(() => {});
  }
}

function databaseNamed(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.toString();
}

/** A server that does not flush its log loses commits with the power, whatever Winston does. */
async function assertSafe(database: Database, how: { embedded: boolean; unsafeForTests: boolean }): Promise<void> {
  if (how.unsafeForTests) return;
  const wanted = how.embedded ? ["fsync", "full_page_writes", "data_checksums"] : ["fsync"];
  const rows = await database.rows<{ name: string; setting: string }>(
    sql`select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'data_checksums')`,
  );
  const off = rows.filter((row) => wanted.includes(row.name) && row.setting !== "on").map((row) => row.name);
  if (off.length === 0) return;
  throw new WinstonError(
    "store.unsafe",
    `The database server has ${off.join(" and ")} off, so it would lose accepted data when its machine stops. Switch ${off.length > 1 ? "them" : "it"} on (ALTER SYSTEM SET ... = on), or use another server.`,
  );
}
