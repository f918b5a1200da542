// Forecast: when what is under way ends, and what of the vendor's day it takes (R19). Decided purely, from what is owed and the pace so far.
import type { Connector } from "../connector/contract.ts";
import { LONG_MS, RESERVE } from "../jobs/spending.ts";
import { listBudgets } from "../store/budget.ts";
import type { ConnectionRow, StreamRow } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import { runsUnderWay, type RunUnderWay } from "../store/run.ts";

/** Something under way. Times are milliseconds since 1970 UTC. */
export interface Work {
  /** "the first load": what stands at the beginning of the sentence. */
  readonly what: string;
  /** Records so far, and in all; null where nobody knows how many there are. */
  readonly done: number;
  readonly total: number | null;
  /** Requests so far. */
  readonly requests: number;
  readonly startedAt: number;
}

/** The vendor's own account of its day. `kept` is not for this work: it is for what is more urgent. */
export interface Day {
  readonly used: number;
  readonly allowed: number;
  readonly kept: number;
}

/** In less time and from fewer records nobody can tell a pace. */
const TELLS_MS = 5_000;
const TELLS_RECORDS = 20;

/** One sentence without its full stop; null while there is nothing to tell yet. */
export function forecast(
  { what, done, total, requests, startedAt }: Work,
  day: Day | null,
  now: number,
): string | null {
  const elapsed = now - startedAt;
  if (elapsed < TELLS_MS || done < TELLS_RECORDS) return null;
  if (total === null)
    return `${what} takes ${number((done * 60_000) / elapsed)} records a minute; how many there are is not known`;
  const left = Math.max(0, total - done);
  const endsAt = now + (left * elapsed) / done;
  const ends = `${what} ends about ${clockTime(endsAt, now)}`;
  if (!day || requests === 0) return ends;
  const toCome = (left * requests) / done;
  const free = Math.max(0, day.allowed - day.kept - day.used);
  if (toCome > free) {
    const until = now + (free * elapsed) / requests;
    const spent = free === 0 ? "is used up" : `is used up about ${clockTime(until, now)}`;
    return `${what} needs ${number(toCome)} more requests: its share of today ${spent}, and it goes on by itself when the vendor gives more`;
  }
  return `${ends} and uses ${share(requests + toCome, day.allowed)} of today`;
}

/** By stream, what is to be told of its run under way. */
export async function forecasts(
  tx: Queries,
  of: {
    connections: readonly ConnectionRow[];
    streams: readonly StreamRow[];
    connectors: Readonly<Record<string, Connector>>;
    counts: ReadonlyMap<number, { linked: number; waiting: number }>;
    now: number;
  },
): Promise<Map<number, string>> {
  const told = new Map<number, string>();
  const running = await runsUnderWay(tx);
  if (running.length === 0) return told;
  const budgets = await listBudgets(tx, null);
  for (const run of running) {
    const stream = of.streams.find((one) => one.id === run.streamId);
    const connection = of.connections.find((one) => one.id === stream?.connectionId);
    const count = of.counts.get(run.streamId);
    if (!connection || !count) continue;
    const limits = of.connectors[connection.vendor]?.limits ?? [];
    const days = limits.flatMap((limit): Day[] => {
      const row = budgets.find((one) => one.connectionId === connection.id && one.class === limit.class);
      if (limit.perMs < LONG_MS || !row || row.used === null || row.allowed === null) return [];
      const kept = run.lane === "push" ? 0 : Math.floor(row.allowed * (limit.reserve ?? RESERVE));
      return [{ used: row.used, allowed: row.allowed, kept }];
    });
    const sentence = forecast(workOf(run, count), days[0] ?? null, of.now);
    if (sentence !== null) told.set(run.streamId, sentence);
  }
  return told;
}

function workOf(run: RunUnderWay, { linked, waiting }: { linked: number; waiting: number }): Work {
  const { startedAt, requests, counts } = run;
  if (run.lane === "push") {
    const done = sum(counts["created"], counts["updated"], counts["deleted"], counts["parked"]);
    return { what: "the writing", done, total: done + waiting, requests, startedAt };
  }
  const done = sum(counts["read"]);
  const said = counts["expected"];
  const total = typeof said === "number" ? said : run.first ? null : Math.max(done, linked);
  return { what: run.first ? "the first load" : "the full reading", done, total, requests, startedAt };
}

const sum = (...values: readonly unknown[]): number =>
  values.reduce<number>((all, value) => all + (typeof value === "number" ? value : 0), 0);

const number = (value: number): string => Math.round(value).toLocaleString("en-US");

function share(part: number, whole: number): string {
  const percent = (part * 100) / whole;
  return percent < 1 ? "less than 1 %" : `${Math.round(percent)} %`;
}

const DAY_MS = 24 * 3_600_000;

/** 14:20 UTC, with its day where that is not today. */
function clockTime(at: number, now: number): string {
  const iso = new Date(at).toISOString();
  const today = Math.floor(at / DAY_MS) === Math.floor(now / DAY_MS);
  return `${today ? "" : `${iso.slice(0, 10)} `}${iso.slice(11, 16)} UTC`;
}
