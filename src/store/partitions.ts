// Retention: tables that grow with time have a partition for each month, made ahead and dropped whole when all of it is old.
// What lies in no month (older data, a month that had rows before its partition could be made) is in the table's `_rest`.
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Database, Tx } from "./database.ts";
import { sqlState } from "./failures.ts";

/** How long what is kept, in days. */
export interface KeptDays {
  /** Changes of records, and writes at vendors. */
  readonly history: number;
  /** Requests to vendors. */
  readonly exchanges: number;
  /** Requests to Winston. */
  readonly access: number;
}

export const KEPT_DAYS: KeptDays = { history: 400, exchanges: 30, access: 90 };

export interface Retention {
  /** Makes the partitions of this month and the next two, then lets go of what is too old. Does so at the first call and then once an hour; calls between do nothing. */
  run(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** `byDay`: has an index by time, so that single old rows are deleted too; the others are dropped by the month, and only their `_rest` is searched. */
const TABLES = [
  { name: "change", kept: "history", byDay: false },
  { name: "write", kept: "history", byDay: false },
  { name: "exchange", kept: "exchanges", byDay: true },
  { name: "access_log", kept: "access", byDay: true },
] as const satisfies readonly { name: string; kept: keyof KeptDays; byDay: boolean }[];

type Table = (typeof TABLES)[number];

export function createRetention(parts: { database: Database; clock: Clock; log: Log; days?: KeptDays }): Retention {
  const { database, clock, log, days = KEPT_DAYS } = parts;
  let ranAt = -Infinity;
  let searchedAt = -Infinity;

  /** One step in a transaction that does not wait long for others, nor make others wait. Two processes do not do it at once. Returns whether the table could be had. */
  const step = async (table: Table, body: (tx: Tx) => Promise<void>): Promise<boolean> => {
    try {
      await database.transaction(
        async (tx) => {
          await tx.raw.query("set local lock_timeout = '1s'");
          const { rows } = await tx.raw.query<{ free: boolean }>(
            `select pg_try_advisory_xact_lock(hashtext('winston retention ${table.name}')) as free`,
          );
          if (rows[0]!.free) await body(tx);
        },
        { retries: 0 },
      );
      return true;
    } catch (thrown) {
      // Busy now: 55P03 is a lock not given in time, 40P01 a deadlock, 40001 a change underneath. The next hour is as good.
      if (!["55P03", "40P01", "40001"].includes(sqlState(thrown) ?? "")) throw thrown;
      log.debug({ table: table.name, error: String(thrown) }, "retention waits for a quieter hour");
      return false;
    }
  };

  return {
    run: async () => {
      const now = clock.now();
      if (now - ranAt < HOUR_MS) return;
      ranAt = now;
      const searches = now - searchedAt >= DAY_MS;
      if (searches) searchedAt = now;
      for (const table of TABLES) {
        const before = now - days[table.kept] * DAY_MS;
        const steps = [
          ...[0, 1, 2].map((ahead) => (tx: Tx) => makeMonth(tx, table, monthOf(now, ahead))),
          (tx: Tx) => dropMonths(tx, table, before),
          ...(table.byDay || searches ? [(tx: Tx) => deleteBefore(tx, table, before)] : []),
        ];
        for (const one of steps) if (!(await step(table, one))) break;
      }
    },
  };
}

interface Month {
  /** "202601" */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The month of a time, or one so many months later, in UTC. */
function monthOf(time: number, later = 0): Month {
  const at = new Date(time);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth() + later];
  const from = Date.UTC(year, month);
  return { name: new Date(from).toISOString().slice(0, 7).replace("-", ""), from, to: Date.UTC(year, month + 1) };
}

const literal = (time: number): string => `'${new Date(time).toISOString()}'`;

/** A month whose rows began to gather in `_rest` stays there: moving them would hold everybody up. */
async function makeMonth(tx: Tx, { name }: Table, month: Month): Promise<void> {
  const { rows } = await tx.raw.query<{ there: boolean }>(
    `select to_regclass('${name}_${month.name}') is not null
       or exists (select from ${name}_rest where at >= ${literal(month.from)} and at < ${literal(month.to)}) as there`,
  );
  if (rows[0]!.there) return;
  await tx.raw.query(
    `create table ${name}_${month.name} partition of ${name} for values from (${literal(month.from)}) to (${literal(month.to)})`,
  );
}

/** Drops the months that ended before. */
async function dropMonths(tx: Tx, { name }: Table, before: number): Promise<void> {
  const { rows } = await tx.raw.query<{ part: string }>(
    `select relname as part from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = '${name}'::regclass and relname ~ '^${name}_[0-9]{6}$' order by relname`,
  );
  for (const { part } of rows) {
    const [year, month] = [Number(part.slice(-6, -2)), Number(part.slice(-2))];
    if (Date.UTC(year, month) <= before) await tx.raw.query(`drop table ${part}`);
  }
}

async function deleteBefore(tx: Tx, { name, byDay }: Table, before: number): Promise<void> {
  await tx.raw.query(`delete from ${byDay ? name : `${name}_rest`} where at < ${literal(before)}`);
}
