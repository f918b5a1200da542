// What a database server says of itself, for a check-up: nothing is changed and nothing migrated.
import type pg from "pg";
import type { Log } from "../base/log.ts";
import { openDatabase } from "./database.ts";
import { sql } from "./sql.ts";

export interface ServerFacts {
  /** "18.4" */
  readonly version: string;
  /** Whether what it commits survives its machine. */
  readonly fsync: boolean;
  /** Whether pages carry checksums. */
  readonly checksums: boolean;
  /** Its clock, in milliseconds since 1970 UTC. */
  readonly now: number;
}

/** Asks the server. Throws store.unavailable, or the driver's own error. */
export async function inspectServer(connection: pg.PoolConfig, log: Log): Promise<ServerFacts> {
  const database = openDatabase({ ...connection, max: 1, connectionTimeoutMillis: 5_000 }, log);
  try {
    const rows = await database.rows<{ name: string; setting: string }>(sql`
      select name, setting from pg_settings where name in ('server_version', 'fsync', 'data_checksums')
      union all select 'now', (extract(epoch from clock_timestamp()) * 1000)::bigint::text`);
    const facts = new Map(rows.map((row) => [row.name, row.setting]));
    return {
      version: facts.get("server_version") ?? "",
      fsync: facts.get("fsync") === "on",
      checksums: facts.get("data_checksums") === "on",
      now: Number(facts.get("now")),
    };
  } finally {
    await database.close();
  }
}
