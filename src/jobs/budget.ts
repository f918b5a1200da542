// The requests a connection may still spend, shared by all processes through one row per limit class (R19).
//
// A process takes a few requests in hand at a time, so that most of them cost no statement; it serves hints before pushes
// before batches before backfills, and gives back what it did not send. Work waits here; it does not fail.
import type { Clock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { count, type Answered } from "./counted.ts";
import { lockBudget, putBudget, swapBudget, type BudgetRow } from "../store/budget.ts";
import type { Database } from "../store/database.ts";
import {
  LONG_MS,
  chunkOf,
  firstRow,
  holdMs,
  observe,
  rankOf,
  slowDown,
  take,
  type Granted,
  type Limit,
  type Rank,
  type Refused,
  type Slower,
} from "./spending.ts";

/** The `BudgetPort` of the connector runtime. */
export interface Budget {
  /**
   * Waits for room and takes one request; rejects with the signal's reason when aborted first. Throws vendor.budget_spent,
   * with `retryAfterMs`, when the wait would be longer than `waitMaxMs`. A class that no limit names is free.
   */
  spend(limitClass: string, lane: string, signal: AbortSignal | undefined): Promise<void>;
  observe(usage: readonly { readonly class: string; readonly used: number; readonly allowed: number }[]): void;
  slowDown(limitClass: string, retryAfterMs?: number, spent?: boolean): void;
  /** A request of this class was answered, by an error or well. */
  answered(limitClass: string, isError: boolean): void;
}

export interface Budgets {
  /** All callers of one connection in this process share one. `label` is the connection's name, for sentences. */
  forConnection(connectionId: string, limits: readonly Limit[], label: string): Budget;
  /** Stores what vendors said last and gives back what was not sent: after a run, and before the process ends. */
  settle(): Promise<void>;
}

const NO_ANSWERS: Answered = { answers: 0, errors: 0 };

/** So often the row is put without locking it first; whoever finds it changed each time takes it for itself. */
const SWAPS_MAX = 2;
/** Longer than this no worker waits: the work goes back to its queue. */
const WAIT_MAX_MS = 5 * 60_000;

export function createBudgets(parts: { database: Database; clock: Clock; log: Log; waitMaxMs?: number }): Budgets {
  const purses = new Map<string, Purse>();
  const purseOf = (connectionId: string, limit: Limit, label: string): Purse => {
    const key = `${connectionId} ${limit.class}`;
    const present = purses.get(key);
    if (present) {
      present.limit = limit;
      return present;
    }
    const purse = new Purse({ waitMaxMs: WAIT_MAX_MS, ...parts, connectionId, limit, label });
    purses.set(key, purse);
    return purse;
  };
  return {
    forConnection(connectionId, limits, label) {
      const own = new Map(limits.map((limit) => [limit.class, purseOf(connectionId, limit, label)]));
      return {
        spend: async (limitClass, lane, signal) => own.get(limitClass)?.spend(rankOf(lane), signal),
        observe(usage) {
          for (const { class: limitClass, ...count } of usage) own.get(limitClass)?.observe(count);
        },
        slowDown: (limitClass, retryAfterMs, spent = false) =>
          own.get(limitClass)?.slowDown({ retryAfterMs, spent, at: parts.clock.now() }),
        answered: (limitClass, isError) => own.get(limitClass)?.answered(isError),
      };
    },
    async settle() {
      for (const purse of purses.values()) await purse.settle();
    },
  };
}

interface Waiter {
  readonly rank: Rank;
  readonly since: number;
  serve(): void;
  refuse(reason: unknown): void;
}

interface PurseParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly waitMaxMs: number;
  readonly connectionId: string;
  readonly label: string;
}

/** One limit class of one connection, as this process sees it. */
class Purse {
  readonly #parts: PurseParts;
  /** As the account's settings are now. */
  limit: Limit;
  /** In hand, by the rank they were taken for: a backfill must not spend what was taken for a hint. */
  #held: [number, number, number, number] = [0, 0, 0, 0];
  #heldUntil = 0;
  #returned = 0;
  /** By rank, then by arrival. */
  #waiters: Waiter[] = [];
  #refusals: Slower[] = [];
  #answered: Answered = NO_ANSWERS;
  #seen: { used: number; allowed: number; at: number } | null = null;
  /** Something is to be stored although nobody waits. */
  #owing = false;
  #pump: Promise<void> | null = null;
  /** The row as this process put it last. */
  #last: BudgetRow | null = null;
  #nap: AbortController | null = null;

  constructor({ limit, ...parts }: PurseParts & { readonly limit: Limit }) {
    this.#parts = parts;
    this.limit = limit;
  }

  spend(rank: Rank, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.#waiters.every((one) => one.rank > rank) && this.#takeHeld(rank)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        signal?.removeEventListener("abort", abort);
      };
      const abort = (): void => {
        leave();
        this.#nap?.abort();
        reject(signal!.reason as Error);
      };
      const waiter: Waiter = {
        rank,
        since: this.#parts.clock.now(),
        serve: () => {
          leave();
          resolve();
        },
        refuse: (reason) => {
          leave();
          reject(reason as Error);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      const first = this.#waiters[0];
      this.#waiters = [...this.#waiters, waiter].toSorted((a, b) => a.rank - b.rank);
      if (!first || rank < first.rank) this.#nap?.abort();
      this.#start();
    });
  }

  observe(count: { used: number; allowed: number }): void {
    const [used, allowed] = [Math.round(count.used), Math.round(count.allowed)];
    if (!Number.isSafeInteger(used) || !Number.isSafeInteger(allowed) || used < 0 || allowed <= 0) return;
    this.#seen = { used, allowed, at: this.#parts.clock.now() };
    if (used >= allowed) this.#dropHeld();
    this.#nap?.abort();
  }

  slowDown(refusal: Slower): void {
    this.#refusals = [...this.#refusals, refusal];
    this.#dropHeld();
    this.#nap?.abort();
    this.#start(); // Other processes must hear of it although nobody here waits.
  }

  answered(isError: boolean): void {
    if (this.limit.errorShareMax === undefined) return;
    const { answers, errors } = this.#answered;
    this.#answered = { answers: answers + 1, errors: errors + (isError ? 1 : 0) };
  }

  async settle(): Promise<void> {
    if (this.#waiters.length > 0) return; // Whoever waits will do it.
    this.#putBack();
    this.#owing = this.#returned > 0 || this.#seen !== null || this.#refusals.length > 0 || this.#answered.answers > 0;
    if (this.#owing) this.#start();
    await this.#pump;
  }

  #takeHeld(rank: Rank): boolean {
    if (this.#parts.clock.now() >= this.#heldUntil) this.#putBack();
    for (let from = 3; from >= rank; from--) {
      if (this.#held[from]! > 0) {
        this.#held[from]! -= 1;
        return true;
      }
    }
    return false;
  }

  #putBack(): void {
    this.#returned += this.#held.reduce((sum, count) => sum + count, 0);
    this.#dropHeld();
  }

  #dropHeld(): void {
    this.#held = [0, 0, 0, 0];
  }

  #start(): void {
    this.#pump ??= this.#run().finally(() => {
      this.#pump = null;
      if (this.#waiters.length > 0) this.#start(); // Somebody came while it ended.
    });
  }

  /** Serves until nobody waits. Never rejects. */
  async #run(): Promise<void> {
    while (this.#waiters.length > 0 || this.#refusals.length > 0 || this.#owing) {
      const rank = this.#waiters[0]?.rank ?? null;
      let answer: Granted | Refused;
      try {
        answer = await this.#exchange(rank);
      } catch (thrown) {
        this.#owing = false; // What is still to be stored goes with the next exchange.
        this.#parts.log.warn(
          { connectionId: this.#parts.connectionId, error: String(thrown) },
          "a budget is out of reach",
        );
        for (const waiter of this.#waiters) waiter.refuse(thrown);
        return;
      }
      // Refused by the vendor meanwhile: what was granted under the old pace is not used.
      if (rank === null || this.#refusals.length > 0) continue;
      if (answer.state === "granted") this.#serve(rank, answer.count);
      else if (this.#seen === null && this.#waiters[0]?.rank === rank) await this.#wait(answer);
    }
  }

  /** Those in line are served however long the database took; the rest is held for a moment. */
  #serve(rank: Rank, count: number): void {
    this.#held[rank] = count;
    for (const waiter of this.#waiters) {
      if (waiter.rank > rank || this.#held[rank] === 0) break;
      this.#held[rank] -= 1;
      waiter.serve();
    }
  }

  /** One look at the shared row: says what is new, gives back what is held, takes for `rank`. */
  async #exchange(rank: Rank | null): Promise<Granted | Refused> {
    const { database, clock, connectionId } = this.#parts;
    const { limit } = this;
    const now = clock.now();
    this.#putBack();
    const [seen, refusals, returned] = [this.#seen, this.#refusals, this.#returned];
    const answered = this.#answered;
    const want = rank === null ? 0 : chunkOf(limit, rank, this.#waiters.filter((one) => one.rank <= rank).length);
    let at = now;
    const taken = (before: BudgetRow): Granted | Refused => {
      let row = count(before, limit, answered, at);
      if (seen) row = observe(row, limit, seen);
      for (const refusal of refusals) row = slowDown(row, limit, refusal);
      return take(row, limit, { rank: rank ?? 0, want, returned }, at);
    };
    // Mostly nobody else was there since: then the row is still as this process left it, and one statement is enough. Else it says how the row is now.
    let known = this.#last;
    this.#last = null;
    let answer: Granted | Refused | undefined;
    for (let tries = 0; known && !answer && tries < SWAPS_MAX; tries++) {
      at = clock.now();
      const guess = taken(known);
      const found = await swapBudget(database, connectionId, limit.class, known, guess.row);
      if (found.swapped) answer = guess;
      else known = found.now ?? null;
    }
    answer ??= await database.transaction(async (tx) => {
      const locked = await lockBudget(tx, connectionId, limit.class, firstRow(limit, now));
      at = clock.now();
      const exact = taken(locked);
      await putBudget(tx, connectionId, limit.class, exact.row);
      return exact;
    });
    this.#last = answer.row;
    if (this.#seen === seen) this.#seen = null;
    this.#refusals = this.#refusals.filter((one) => !refusals.includes(one));
    this.#returned -= returned;
    this.#answered = {
      answers: this.#answered.answers - answered.answers,
      errors: this.#answered.errors - answered.errors,
    };
    this.#owing = false;
    if (answer.state === "granted" && limit.perMs < LONG_MS) at = await this.#countAnew(answer.row, at);
    this.#heldUntil = at + holdMs(limit);
    return answer;
  }

  /**
   * What was counted at `at` must be sent within `holdMs`, or a window would see more than it holds. Where the database took longer, it is counted
   * as of now: what the bucket gained meanwhile is let go. Returns as of when it is counted. A database that is slow each time is waited for no longer.
   */
  async #countAnew(row: BudgetRow, at: number): Promise<number> {
    const { database, clock, connectionId } = this.#parts;
    const { limit } = this;
    let counted = at;
    let known = row;
    for (let tries = 0; tries < 3 && clock.now() - counted > holdMs(limit); tries++) {
      const now = clock.now();
      const later = (before: BudgetRow): BudgetRow => ({ ...before, filledAt: Math.max(before.filledAt, now) });
      const next = later(known);
      if ((await swapBudget(database, connectionId, limit.class, known, next)).swapped) known = next;
      else
        known = await database.transaction(async (tx) => {
          const fresh = later(await lockBudget(tx, connectionId, limit.class, firstRow(limit, now)));
          await putBudget(tx, connectionId, limit.class, fresh);
          return fresh;
        });
      counted = now;
    }
    this.#last = known;
    return counted;
  }

  /** Waits for room, or for news; those who would wait too long are told when to come back. */
  async #wait(refused: Refused): Promise<void> {
    const { clock, waitMaxMs } = this.#parts;
    const now = clock.now();
    for (const waiter of this.#waiters) {
      if (now + refused.waitMs - waiter.since > waitMaxMs) waiter.refuse(this.#spent(refused, now));
    }
    if (this.#waiters.length === 0) return;
    const nap = new AbortController();
    this.#nap = nap;
    await clock.sleep(refused.waitMs, nap.signal).catch(() => {});
    this.#nap = null;
  }

  #spent(refused: Refused, now: number): WinstonError {
    const { limit } = this;
    const { label } = this.#parts;
    const { used, allowed, answers, errors } = refused.row;
    const counts = used !== null && allowed !== null ? ` (${used} of ${allowed} used)` : "";
    const why = {
      pace: `more work than ${limit.requests} requests in ${limit.perMs / 1_000} s is waiting`,
      blocked: "the vendor asked for a pause",
      spent: `the vendor's allowance is used up${counts}`,
      reserved: `the rest of the vendor's allowance is kept for urgent work${counts}`,
      errors: `${errors} of ${answers} requests of the vendor's day were answered by errors, and it wants them to be fewer than ${(limit.errorShareMax ?? 1) * 100} in a hundred, so loads and comparisons wait`,
    }[refused.why];
    return new WinstonError(
      "vendor.budget_spent",
      `Connection "${label}" may send no "${limit.class}" request now: ${why}. The work goes on at ${new Date(now + refused.waitMs).toISOString()}.`,
      { retryAfterMs: refused.waitMs },
    );
  }
}
