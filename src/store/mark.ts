// The mark of the database: which one it is and how far it has come. Whoever remembers a later one knows that it was set back.
import pg from "pg";
import type { Database, Queries, Tx } from "./database.ts";
import { readSetting, settleSetting } from "./setting.ts";
import { sql } from "./sql.ts";

/** Where a server stands in its log. A backup put back, and a standby that lacks the last commits, stand before what was seen. */
export interface LogPosition {
  /** The same for a server and its standbys. */
  readonly system: string;
  /** Raised by each failover and each recovery to a point in time. */
  readonly timeline: number;
  /** Bytes. */
  readonly position: number;
}

export interface Mark {
  /** Another one from each restore on. */
  readonly epoch: string;
  /** Raised by each look, and never lowered. */
  readonly count: number;
  /** Null where the server does not tell. */
  readonly log: LogPosition | null;
}

export interface StoreMark extends Mark {
  /** The epochs before this one, and how far each had come when it was ended. */
  readonly past: readonly { readonly epoch: string; readonly count: number }[];
}

type Stored = { epoch: string; count: number; past: { epoch: string; count: number }[] };

const KEY = "store";
/** More restores than these are not remembered; whoever has slept through them is told once more. */
const PAST_MAX = 100;

/** Raises the count, and tells where the database stands once that is committed. `epoch` names a database that has none. */
export async function raiseMark(database: Database, epoch: string): Promise<StoreMark> {
  const stored = await database.transaction(async (tx) => {
    await settleSetting<Stored>(tx, KEY, { epoch, count: 0, past: [] });
    const row = await tx.one<{ value: Stored }>(sql`
      update setting set value = jsonb_set(value, '{count}', to_jsonb((value ->> 'count')::bigint + 1)) where key = ${KEY} returning value`);
    return row!.value;
  });
  return { ...stored, log: await logPosition(database) };
}

/** Ends the epoch that was seen and begins another. False where somebody else has done it: then nothing is to be done. The row stays locked. */
export async function beginEpoch(tx: Tx, seen: string | null, epoch: string): Promise<boolean> {
  await settleSetting<Stored>(tx, KEY, { epoch, count: 0, past: [] });
  await tx.one(sql`select from setting where key = ${KEY} for update`);
  const stored = (await readSetting<Stored>(tx, KEY))!;
  if (seen !== null && stored.epoch !== seen) return false;
  const past = [{ epoch: stored.epoch, count: stored.count }, ...stored.past].slice(0, PAST_MAX);
  await tx.run(sql`update setting set value = ${JSON.stringify({ ...stored, epoch, past })}::jsonb where key = ${KEY}`);
  return true;
}

async function logPosition(database: Queries): Promise<LogPosition | null> {
  try {
    const row = await database.one<{ system: string; file: string; position: number }>(sql`
      select system_identifier::text as system, pg_walfile_name(pg_current_wal_lsn()) as file, (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint as position
      from pg_control_system()`);
    return { system: row!.system, timeline: Number.parseInt(row!.file.slice(0, 8), 16), position: row!.position };
  } catch (thrown) {
    // Some hosts of databases keep this to themselves; the count alone must do there.
    if (thrown instanceof pg.DatabaseError && ["42501", "42883", "0A000"].includes(thrown.code ?? "")) return null;
    throw thrown;
  }
}
