// A budget kept in memory: for tests, simulations and single processes. The shared one lives in the store and keeps the same port.
import type { Clock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import type { LimitDeclaration } from "./contract.ts";
import type { BudgetPort, Lane } from "./ports.ts";

/** Parts of a window that are counted together: a window of 24 hours forgets in steps of 24 minutes. */
const PARTS = 60;
/** From here on a window is the vendor's to count, and running out of it is not waited for. */
const LONG_MS = 3_600_000;
const GAP_FIRST_MS = 100;
const GAP_MAX_MS = 10_000;
/** What each request that went well takes off the gap. */
const GAP_LESS_MS = 10;

interface Window {
  readonly limit: LimitDeclaration;
  /** Requests by part of the window, newest last. */
  readonly parts: { readonly at: number; count: number }[];
  /** What the vendor said last, and how many we sent since. */
  told: { used: number; allowed: number; since: number } | null;
  /** Nothing may go before this time. */
  notBefore: number;
  gapMs: number;
}

/** Sliding windows per limit class; refusals for rate widen the gap between requests by doubling, success narrows it by steps. */
export function memoryBudget(limits: readonly LimitDeclaration[], clock: Clock): BudgetPort {
  const windows = new Map(
    limits.map((limit): [string, Window] => [limit.class, { limit, parts: [], told: null, notBefore: 0, gapMs: 0 }]),
  );
  const windowOf = (limitClass: string): Window | undefined => windows.get(limitClass);
  return {
    async spend(limitClass, lane, signal) {
      const window = windowOf(limitClass);
      if (!window) return;
      for (;;) {
        signal?.throwIfAborted();
        const waitMs = take(window, lane, clock.now());
        if (waitMs === 0) return;
        await clock.sleep(waitMs, signal);
      }
    },
    observe(usage) {
      for (const { class: limitClass, used, allowed } of usage) {
        const window = windowOf(limitClass);
        if (window) window.told = { used, allowed, since: 0 };
      }
    },
    // Errors of a day are for the shared one to count: no such process lasts for a day.
    answered() {},
    slowDown(limitClass, retryAfterMs) {
      const window = windowOf(limitClass);
      if (!window) return;
      window.gapMs = Math.min(GAP_MAX_MS, window.gapMs === 0 ? GAP_FIRST_MS : window.gapMs * 2);
      window.notBefore = Math.max(window.notBefore, clock.now() + (retryAfterMs ?? window.gapMs));
    },
  };
}

/** Takes one request and returns 0, or returns how long to wait before asking again. */
function take(window: Window, lane: Lane, now: number): number {
  const { limit, parts } = window;
  const kept = lane === "interactive" || lane === "realtime" ? 0 : (limit.reserve ?? 0);
  const allowed = Math.max(1, Math.floor((window.told?.allowed ?? limit.requests) * (1 - kept)));
  // A short window passes by waiting; what the vendor counts in it is its size only.
  if (limit.perMs >= LONG_MS && window.told && window.told.used + window.told.since >= allowed)
    throw new WinstonError(
      "vendor.budget_spent",
      `The vendor counts ${window.told.used + window.told.since} of ${window.told.allowed} requests used (${limit.class}); the rest is kept for urgent work or gone. The work waits.`,
      { retryAfterMs: Math.ceil(limit.perMs / PARTS) },
    );
  if (now < window.notBefore) return window.notBefore - now;
  while (parts.length > 0 && parts[0]!.at + limit.perMs <= now) parts.shift();
  const used = parts.reduce((sum, part) => sum + part.count, 0);
  if (used >= allowed) return Math.max(1, parts[0]!.at + limit.perMs - now);
  const step = Math.max(1, Math.floor(limit.perMs / PARTS));
  const last = parts.at(-1);
  // A part is dated by its last request, so that no window of `perMs` ever holds more than allowed.
  if (last && Math.floor(last.at / step) === Math.floor(now / step)) {
    parts.pop();
    parts.push({ at: now, count: last.count + 1 });
  } else parts.push({ at: now, count: 1 });
  if (window.told) window.told.since += 1;
  window.notBefore = now + window.gapMs;
  window.gapMs = Math.max(0, window.gapMs - GAP_LESS_MS);
  return 0;
}
