import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../base/clock.ts";
import { isError } from "../base/errors.ts";
import { memoryBudget } from "./budget.ts";

/** Sleeping moves the time and nothing else does. */
function jumpingClock(): Clock {
  let now = 1_000_000;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
}

test("no window ever holds more requests than the limit allows", async () => {
  const clock = jumpingClock();
  const budget = memoryBudget([{ class: "main", requests: 5, perMs: 1_000 }], clock);
  const times: number[] = [];
  for (let index = 0; index < 23; index++) {
    await budget.spend("main", "interactive", undefined);
    times.push(clock.now());
  }
  for (const [index, at] of times.entries()) {
    const before = times[index - 5];
    if (before !== undefined)
      assert.ok(at - before >= 1_000, `requests ${index - 5} and ${index} are ${at - before} ms apart`);
  }
});

test("a batch leaves the reserve to interactive work", async () => {
  const clock = jumpingClock();
  const budget = memoryBudget([{ class: "main", requests: 10, perMs: 60_000, reserve: 0.2 }], clock);
  const start = clock.now();
  for (let index = 0; index < 8; index++) await budget.spend("main", "batch", undefined);
  assert.equal(clock.now(), start);
  await budget.spend("main", "interactive", undefined);
  assert.equal(clock.now(), start);
  await budget.spend("main", "batch", undefined);
  assert.ok(clock.now() > start);
});

test("what the vendor counts is the truth: a spent day throws, a new count lets work go on", async () => {
  const budget = memoryBudget([{ class: "main", requests: 1_000, perMs: 86_400_000 }], jumpingClock());
  budget.observe([{ class: "main", used: 14_999, allowed: 15_000 }]);
  await budget.spend("main", "batch", undefined);
  await assert.rejects(budget.spend("main", "batch", undefined), (error) => isError(error, "vendor.budget_spent"));
  budget.observe([{ class: "main", used: 100, allowed: 15_000 }]);
  await budget.spend("main", "batch", undefined);
});

test("a short window that the vendor counts as full is waited for, and has the size the vendor says", async () => {
  const clock = jumpingClock();
  const budget = memoryBudget([{ class: "main", requests: 2, perMs: 10_000 }], clock);
  budget.observe([{ class: "main", used: 5, allowed: 5 }]);
  const start = clock.now();
  for (let index = 0; index < 5; index++) await budget.spend("main", "interactive", undefined);
  assert.equal(clock.now(), start);
  await budget.spend("main", "interactive", undefined);
  assert.ok(clock.now() > start);
});

test("a refusal for rate holds everything back for as long as asked, then widens the gap, which closes again", async () => {
  const clock = jumpingClock();
  const budget = memoryBudget([{ class: "main", requests: 1_000, perMs: 1_000 }], clock);
  const start = clock.now();
  budget.slowDown("main", 3_000);
  await budget.spend("main", "batch", undefined);
  assert.equal(clock.now() - start, 3_000);
  await budget.spend("main", "batch", undefined);
  assert.equal(clock.now() - start, 3_100);
  for (let index = 0; index < 20; index++) await budget.spend("main", "batch", undefined);
  const settled = clock.now();
  await budget.spend("main", "batch", undefined);
  assert.equal(clock.now(), settled);
});

test("waiting for room ends when the work is stopped", async () => {
  const stop = new AbortController();
  const budget = memoryBudget([{ class: "main", requests: 1, perMs: 1_000 }], {
    now: () => 0,
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => {
        signal!.addEventListener("abort", () => reject(signal!.reason as Error));
      }),
  });
  await budget.spend("main", "batch", stop.signal);
  const waiting = budget.spend("main", "batch", stop.signal);
  stop.abort(new Error("stopping"));
  await assert.rejects(waiting, /stopping/u);
});
