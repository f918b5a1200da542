// The yardstick: COPY, in binary form, of the rows that our own load wrote, into the same tables with the same indexes.
import { createReadStream, createWriteStream, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { from, to } from "pg-copy-streams";
import type { Database } from "../src/store/database.ts";

/** The tables that a first load fills. */
export const TABLES = ["entity", "link", "identity"] as const;
export type Rows = Readonly<Record<(typeof TABLES)[number], number>>;

/** Writes every table to a file of its own, in the order in which the rows lie. Returns the bytes. */
export async function dump(database: Database, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const client = await database.pool.connect();
  try {
    for (const table of TABLES)
      await pipeline(
        client.query(to(`copy ${table} to stdout (format binary)`)),
        createWriteStream(join(folder, table)),
      );
  } finally {
    client.release();
  }
  return TABLES.reduce((sum, table) => sum + statSync(join(folder, table)).size, 0);
}

/** Loads the files: one connection, one transaction for each table. Nothing is encoded here, the files are in the system's memory. */
export async function copy(database: Database, folder: string): Promise<void> {
  const client = await database.pool.connect();
  try {
    for (const table of TABLES) {
      const file = createReadStream(join(folder, table), { highWaterMark: 256 * 1024 });
      await pipeline(file, client.query(from(`copy ${table} from stdin (format binary)`)));
    }
  } finally {
    client.release();
  }
}

export async function countRows(database: Database): Promise<Rows> {
  const counts = TABLES.map((table) => `(select count(*)::int from ${table}) as ${table}`).join(", ");
  return (await database.pool.query<Rows>(`select ${counts}`)).rows[0]!;
}
