// The record of every request to a vendor: kept in memory for a moment, stored many at a time.
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Database } from "../store/database.ts";
import { insertExchanges, type ExchangeRow } from "../store/exchange.ts";

/** The `ExchangePort` of the connector runtime, for one run or one caller. */
export interface ExchangeRecorder {
  record(exchange: {
    readonly class: string;
    readonly method: string;
    readonly path: string;
    readonly status: number | null;
    readonly ms: number;
    readonly requestBytes: number;
    readonly responseBytes: number;
    readonly error?: string;
  }): void;
  /** How many were recorded since the beginning: the run's `requests`. */
  readonly count: number;
  /** The same by the limit that they spent from. */
  readonly byClass: ReadonlyMap<string, number>;
  /** What the first so many brought, and no earlier step took, is stored by the step of this moment. */
  took(requests: number, at: number): void;
  /** Hands over what is not stored yet, for `insertExchanges` in a transaction of the caller's. Should that fail, `giveBack` them. */
  take(): ExchangeRow[];
  giveBack(rows: readonly ExchangeRow[]): void;
  /** Stores the rest in a statement of its own. Never throws: a log is not worth a run. */
  flush(): Promise<void>;
}

/** From so many on they are stored without waiting for the caller's next step. */
const FLUSH_AT = 200;
/** While the database is away no more than these are kept, the newest. */
const KEPT_MAX = 5_000;
const TEXT_MAX = 500;

export function createExchanges(parts: {
  database: Database;
  clock: Clock;
  log: Log;
  connectionId: string;
  runId: string | null;
}): ExchangeRecorder {
  const { database, clock, log, connectionId, runId } = parts;
  let rows: ExchangeRow[] = [];
  /** So many were taken by steps; nothing is known of those before the first step that took any. */
  let taken = 0;
  let count = 0;
  const byClass = new Map<string, number>();
  let storing: Promise<void> | null = null;

  const giveBack = (back: readonly ExchangeRow[]): void => {
    rows = [...back, ...rows].slice(-KEPT_MAX);
  };
  const take = (kept = 0): ExchangeRow[] => {
    const all = rows;
    rows = kept === 0 ? [] : all.slice(-kept);
    return kept === 0 ? all : all.slice(0, -kept);
  };
  const store = async (kept: number): Promise<void> => {
    const going = take(kept);
    try {
      await insertExchanges(database, going);
    } catch (thrown) {
      giveBack(going);
      log.warn({ connectionId, rows: going.length, error: String(thrown) }, "requests are not recorded now");
    }
  };
  const start = (kept = 0): Promise<void> =>
    (storing ??= store(kept).finally(() => {
      storing = null;
    }));
  /** Of a run whose steps take them, those that no step took yet wait for it; but not for ever. */
  const awaited = (): number => (taken > 0 && count - taken < FLUSH_AT ? Math.min(rows.length, count - taken) : 0);

  return {
    record(exchange) {
      count += 1;
      byClass.set(exchange.class, (byClass.get(exchange.class) ?? 0) + 1);
      rows.push({
        at: clock.now(),
        connectionId,
        runId,
        method: exchange.method,
        path: plain(withoutQuery(exchange.path)),
        status: exchange.status,
        ms: Math.round(exchange.ms),
        sentBytes: exchange.requestBytes,
        receivedBytes: exchange.responseBytes,
        problem: exchange.error === undefined ? null : plain(exchange.error),
        takenAt: null,
      });
      if (rows.length % FLUSH_AT === 0) void start(awaited());
      if (rows.length > KEPT_MAX) rows = rows.slice(-KEPT_MAX);
    },
    get count() {
      return count;
    },
    byClass,
    took(requests, at) {
      const first = count - rows.length;
      rows = rows.map((row, index) =>
        first + index >= taken && first + index < requests ? { ...row, takenAt: at } : row,
      );
      taken = Math.max(taken, requests);
    },
    take: () => take(),
    giveBack,
    async flush() {
      await storing;
      if (rows.length > 0) await start();
    },
  };
}

/** Queries hold values of records, and sometimes secrets. */
const withoutQuery = (path: string): string => path.replace(/[?#].*$/su, "");

/** What the database can hold: no NUL, no half characters, not endless. One bad path must not undo a step. */
const plain = (text: string): string => text.slice(0, TEXT_MAX).replaceAll("\u0000", "").toWellFormed();
