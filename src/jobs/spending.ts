// Whether a request may go now: the rules of a budget (R19), as pure functions over the row that all processes share.
//
// A short window (seconds, minutes) is a token bucket. Its burst and its rate are chosen so that no window of `perMs` ever
// holds more than `requests`, whatever the processes hold in hand. A long window (a day) is the vendor's own account where it
// gives one: Winston adds what it sends to it, and corrects itself with each answer.
import type { BudgetRow } from "../store/budget.ts";
import { endsAt, errorsIn, inWindow } from "./counted.ts";

/** A limit as a connector declares it, with the zone of its account. */
export interface Limit {
  readonly class: string;
  readonly requests: number;
  readonly perMs: number;
  /** Share kept for hints and pushes, 0 to 1. Default 0.1. */
  readonly reserve?: number | undefined;
  /** Of a calendar day: the zone whose midnight ends it. Absent: the window rolls. */
  readonly zone?: string | undefined;
  /** Of a long window: at most this share of its requests may be answered by errors, 0 to 1. */
  readonly errorShareMax?: number | undefined;
}

/** Whose turn it is: 0 hints, 1 pushes, 2 batches, 3 backfills and sweeps. */
export type Rank = 0 | 1 | 2 | 3;

export interface Granted {
  readonly state: "granted";
  readonly row: BudgetRow;
  readonly count: number;
}

export interface Refused {
  readonly state: "refused";
  readonly row: BudgetRow;
  /** When asking again makes sense. */
  readonly waitMs: number;
  /** pace: our own rate. blocked: the vendor said wait. spent: the vendor's window is used up. reserved: the rest is for hints and pushes. errors: so many answers were errors that loads and comparisons wait. */
  readonly why: "pace" | "blocked" | "spent" | "reserved" | "errors";
}

/** A refusal for rate. `spent`: the vendor said that its long window is used up. */
export interface Slower {
  /** As the vendor said. */
  readonly retryAfterMs?: number | undefined;
  readonly spent?: boolean;
  readonly at: number;
}

/** From here on a window is long: it is spent down by need, not paced evenly. */
export const LONG_MS = 3_600_000;
/** How often one request may look whether a vendor that said "spent" has room again. */
export const PROBE_EVERY_MS = 15 * 60_000;
/** So long the others wait for what that one brings. */
const PROBE_ANSWER_MS = 10_000;
const PROBE_LOOK_MS = 1_000;
/** Kept for hints and pushes where a connector says nothing. */
export const RESERVE = 0.1;
/** Most requests a process takes in hand at once. */
const CHUNK_MAX = 20;
const PACE_MIN = 1 / 64;
const BLOCKED_MAX_MS = 24 * 3_600_000;
/** Clocks of machines differ by less; a larger step backwards is a clock that was set. */
const SKEW_MS = 60_000;

const RANKS: Readonly<Record<string, Rank>> = {
  hints: 0,
  interactive: 0,
  push: 1,
  realtime: 1,
  batch: 2,
  backfill: 3,
  sweep: 3,
  audit: 3,
};

export const rankOf = (lane: string): Rank => RANKS[lane] ?? 2;

/** How long a process may keep what it took, in milliseconds. */
export const holdMs = (limit: Limit): number => Math.min(1_000, limit.perMs / 20);

/** How many to take in hand for callers of this rank. The first two take exactly what they need, so that the reserve is not carried off. */
export function chunkOf(limit: Limit, rank: Rank, waiting: number): number {
  if (rank < 2) return Math.min(CHUNK_MAX, waiting);
  const chunk = limit.perMs >= LONG_MS ? CHUNK_MAX : Math.min(CHUNK_MAX, Math.floor(shapeOf(limit, null).burst / 2));
  return Math.max(1, chunk);
}

export function firstRow(limit: Limit, now: number): BudgetRow {
  return {
    tokens: shapeOf(limit, null).burst,
    filledAt: now,
    pace: 1,
    blockedUntil: null,
    used: null,
    allowed: null,
    seenAt: null,
    countedFrom: null,
    answers: 0,
    errors: 0,
  };
}

/** Takes up to `want` requests, and gives back `returned` that were taken before and not sent. */
export function take(
  before: BudgetRow,
  limit: Limit,
  ask: { rank: Rank; want: number; returned: number },
  now: number,
): Granted | Refused {
  const row = fill(before, limit, now, ask.returned);
  if (row.blockedUntil !== null) {
    const spent = limit.perMs >= LONG_MS && row.used !== null && row.allowed !== null && row.used >= row.allowed;
    return { state: "refused", row, waitMs: row.blockedUntil - now, why: spent ? "spent" : "blocked" };
  }
  if (ask.rank === 3 && errorsIn(row, limit, now) !== "few")
    return { state: "refused", row, waitMs: Math.min(PROBE_EVERY_MS, endsAt(limit, now) - now), why: "errors" };
  return limit.perMs >= LONG_MS && row.used !== null && row.allowed !== null && row.seenAt !== null
    ? takeFromAccount({ ...row, used: row.used, allowed: row.allowed, seenAt: row.seenAt }, limit, ask, now)
    : takeFromBucket(row, limit, ask);
}

function takeFromBucket(row: BudgetRow, limit: Limit, ask: { rank: Rank; want: number }): Granted | Refused {
  const { ratePerMs, burst } = shapeOf(limit, row);
  const share = ask.rank < 2 ? 0 : ask.rank === 2 ? 0.5 : 1;
  const kept = Math.min(Math.floor(burst) - 1, Math.floor(burst * (limit.reserve ?? RESERVE) * share));
  const granted = Math.min(ask.want, Math.floor(row.tokens - kept));
  if (granted > 0) return { state: "granted", count: granted, row: { ...row, tokens: row.tokens - granted } };
  return { state: "refused", row, waitMs: Math.max(1, Math.ceil((kept + 1 - row.tokens) / ratePerMs)), why: "pace" };
}

function takeFromAccount(
  row: BudgetRow & { used: number; allowed: number; seenAt: number },
  limit: Limit,
  ask: { rank: Rank; want: number },
  now: number,
): Granted | Refused {
  const left = row.allowed - row.used;
  const kept = ask.rank < 2 ? 0 : Math.floor(row.allowed * (limit.reserve ?? RESERVE));
  const granted = Math.min(ask.want, left - kept);
  if (granted > 0) return { state: "granted", count: granted, row: { ...row, used: row.used + granted } };
  const waitMs = Math.min(row.seenAt + PROBE_EVERY_MS, endsAt(limit, now)) - now;
  // One request looks again; its answer brings the truth, and the others wait for that. More used than allowed says that it is out.
  if (waitMs <= 0 && ask.want > 0)
    return { state: "granted", count: 1, row: { ...row, used: row.used + 1, seenAt: now } };
  if (left < 0 && now - row.seenAt < PROBE_ANSWER_MS)
    return { state: "refused", row, waitMs: PROBE_LOOK_MS, why: "spent" };
  return { state: "refused", row, waitMs: Math.max(1, waitMs), why: left > 0 ? "reserved" : "spent" };
}

/** The vendor's own count. An older one than the row has changes nothing. */
export function observe(row: BudgetRow, limit: Limit, seen: { used: number; allowed: number; at: number }): BudgetRow {
  if (row.seenAt !== null && seen.at < row.seenAt) return row;
  const left = Math.max(0, seen.allowed - seen.used);
  return {
    ...row,
    used: seen.used,
    allowed: seen.allowed,
    seenAt: seen.at,
    tokens: limit.perMs >= LONG_MS ? row.tokens : Math.min(row.tokens, left),
  };
}

/**
 * The vendor refused for rate: half the pace, and nothing before it says. Refusals of one moment count once. Where it said that its
 * long window is used up and not until when, its account is taken to be full, and a request looks again from time to time.
 */
export function slowDown(before: BudgetRow, limit: Limit, { retryAfterMs, spent, at: now }: Slower): BudgetRow {
  const full = spent === true && limit.perMs >= LONG_MS;
  const row = full && before.allowed !== null ? { ...before, used: before.allowed, seenAt: now } : before;
  if (full && retryAfterMs === undefined)
    return row === before
      ? { ...row, blockedUntil: Math.max(row.blockedUntil ?? 0, Math.min(now + PROBE_EVERY_MS, endsAt(limit, now))) }
      : row;
  const again = row.blockedUntil !== null && row.blockedUntil > now;
  const pace = again ? row.pace : Math.max(PACE_MIN, row.pace / 2);
  const pauseMs = Math.min(BLOCKED_MAX_MS, retryAfterMs ?? (again ? 0 : 500 / pace));
  return { ...row, pace, tokens: 0, blockedUntil: Math.max(row.blockedUntil ?? 0, now + pauseMs) };
}

/** The row as it is now: of the window it is, filled, its pace grown back (from half in 50 s to 5 min), a block that ended forgotten. */
function fill(before: BudgetRow, limit: Limit, now: number, returned: number): BudgetRow {
  const moved = before.filledAt - now > SKEW_MS ? setBack(before, now) : before;
  const row = limit.perMs >= LONG_MS ? inWindow(moved, limit, now) : moved;
  const elapsed = Math.max(0, now - row.filledAt);
  const growMs = 10 * Math.min(60_000, Math.max(10_000, limit.perMs));
  const pace = Math.min(1, row.pace + elapsed / growMs);
  const { ratePerMs, burst } = shapeOf(limit, { ...row, pace });
  return {
    ...row,
    pace,
    tokens: Math.min(burst, row.tokens + returned + elapsed * ratePerMs),
    filledAt: Math.max(row.filledAt, now),
    blockedUntil: row.blockedUntil !== null && row.blockedUntil > now ? row.blockedUntil : null,
  };
}

/** After a clock was set back, times already stored would hold everything up: they move with it. */
function setBack(row: BudgetRow, now: number): BudgetRow {
  const by = row.filledAt - now;
  const move = (ms: number | null): number | null => (ms === null ? null : ms - by);
  return {
    ...row,
    filledAt: now,
    blockedUntil: move(row.blockedUntil),
    seenAt: move(row.seenAt),
    countedFrom: move(row.countedFrom),
  };
}

/**
 * Burst and rate: a request counted at one time is sent at most `holdMs` later, so a window sees at most
 * burst + rate × (perMs + holdMs), which is kept below requests + 1.
 */
function shapeOf(limit: Limit, row: Pick<BudgetRow, "pace" | "allowed"> | null): { ratePerMs: number; burst: number } {
  const requests = Math.max(1, row?.allowed ?? limit.requests);
  const pace = row?.pace ?? 1;
  const burst = Math.max(1, Math.floor(requests / 10));
  const ratePerMs = (requests + 1 - burst) / (limit.perMs + holdMs(limit));
  return { ratePerMs: ratePerMs * pace, burst: Math.max(1, burst * pace) };
}
