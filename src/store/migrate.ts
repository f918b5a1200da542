// Forward only: numbered files, each applied once, in order, whole or not at all.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { Clock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import type { Database, Tx } from "./database.ts";
import { sql } from "./sql.ts";

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** SHA-256 of the file's text with Unix line ends, in hexadecimal. */
  readonly digest: string;
  readonly text: string;
}

type Applied = Omit<Migration, "text">;

/**
 * Brings the database to the newest of the folder's files (`NNNN-name.sql`) and returns how many were applied. Each file runs in a
 * transaction of its own, under a lock: of processes that start at once one applies it and the others find it done, and a
 * process that is killed leaves the state before a file or after it.
 *
 * Throws `store.newer` when the database knows a later migration than the folder, `start.failed` when an applied file was changed
 * or is missing, or a file fails (with its name and line).
 */
export async function migrate(database: Database, folder: string, clock: Pick<Clock, "now">): Promise<number> {
  const files = readMigrations(folder);
  for (let count = 0; ; count++) {
    const done = await database.transaction(async (tx) => {
      await tx.run(sql`select pg_advisory_xact_lock(hashtextextended('winston.migrate', 0))`);
      const next = pending(files, await appliedIn(tx));
      if (!next) return true;
      await apply(tx, next);
      await tx.run(sql`
        insert into migration (number, name, digest, applied_at)
        values (${next.number}, ${next.name}, ${next.digest}, ${new Date(clock.now())})`);
      return false;
    });
    if (done) return count;
  }
}

/** The next file to apply. Pure. */
export function pending(files: readonly Migration[], applied: readonly Applied[]): Migration | undefined {
  const newest = files.at(-1)?.number ?? 0;
  const last = Math.max(0, ...applied.map((one) => one.number));
  if (last > newest) {
    throw new WinstonError(
      "store.newer",
      `The data was written by a newer Winston (migration ${last}; this one knows up to ${newest}). Start that version, or restore a backup.`,
    );
  }
  const done = new Map(applied.map((one) => [one.number, one]));
  const known = new Map(files.map((one) => [one.number, one]));
  for (const one of applied) {
    const file = known.get(one.number);
    if (file?.digest === one.digest) continue;
    throw new WinstonError(
      "start.failed",
      file
        ? `The migration ${nameOf(file)} was changed after it was applied to this database. Put the released file back; a development database can be begun anew with --fresh.`
        : `The migration ${nameOf(one)} was applied to this database, and this Winston does not have it. Start the Winston that wrote the data; a development database can be begun anew with --fresh.`,
    );
  }
  const next = files.find((one) => !done.has(one.number));
  if (next && next.number < last) {
    throw new WinstonError(
      "start.failed",
      `The migration ${nameOf(next)} is new but comes before number ${last}, which this database already has. Give it the next free number.`,
    );
  }
  return next;
}

/** The files of the folder in order; other kinds of files are passed over. */
export function readMigrations(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .map((file): Migration => {
      const match = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/u.exec(file);
      if (!match) throw new WinstonError("start.failed", `${join(folder, file)} is not named NNNN-name.sql.`);
      const text = readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
      return {
        number: Number(match[1]),
        name: match[2]!,
        digest: createHash("sha256").update(text).digest("hex"),
        text,
      };
    })
    .toSorted((a, b) => a.number - b.number);
  for (const [index, one] of migrations.entries()) {
    if (one.number === migrations[index - 1]?.number)
      throw new WinstonError("start.failed", `${folder} has two migrations with number ${one.number}.`);
  }
  return migrations;
}

async function appliedIn(tx: Tx): Promise<Applied[]> {
  await tx.run(sql`
    create table if not exists migration (
      number integer primary key,
      name text not null,
      digest text not null,
      applied_at timestamptz not null
    )`);
  return tx.rows<Applied>(sql`select number, name, digest from migration order by number`);
}

async function apply(tx: Tx, file: Migration): Promise<void> {
  try {
    // Many statements at once, so not through a prepared one.
    await tx.raw.query(file.text);
  } catch (thrown) {
    if (!(thrown instanceof pg.DatabaseError) || /^(?:08|40|53|57|58)/u.test(thrown.code ?? "")) throw thrown;
    const line = thrown.position ? ` at line ${file.text.slice(0, Number(thrown.position)).split("\n").length}` : "";
    throw new WinstonError("start.failed", `The migration ${nameOf(file)} failed${line}: ${thrown.message}`, {
      cause: thrown,
    });
  }
}

const nameOf = (one: Applied): string => `${String(one.number).padStart(4, "0")}-${one.name}`;
