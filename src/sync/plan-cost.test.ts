import assert from "node:assert/strict";
import { test } from "node:test";
import { firstRow, type Limit } from "../jobs/spending.ts";
import type { BudgetRow } from "../store/budget.ts";
import { applyingMs, costOf } from "./plan-cost.ts";

const now = Date.parse("2026-03-02T18:00:00Z");
const day: Limit = { class: "day", requests: 1_000, perMs: 86_400_000, zone: "UTC" };
const limits = [
  { class: "calls", requests: 100, perMs: 10_000, also: ["day"] },
  { class: "search", requests: 5, perMs: 1_000, also: ["day"] },
  day,
];
const spent = {
  requestMs: 300,
  classes: {
    calls: { read: 7, first: 2, again: 10, write: 20 },
    search: { read: 4, first: 3, again: 1, write: 0 },
  },
};
const rowOf = (of: Partial<BudgetRow>): BudgetRow => ({ ...firstRow(day, now), seenAt: now, ...of });
const known = (rows: Readonly<Record<string, Partial<BudgetRow>>>): ReadonlyMap<string, BudgetRow> =>
  new Map(Object.entries(rows).map(([limit, row]) => [limit, rowOf(row)]));

test("calls are told by limit, and those of the day hold all that count for it", () => {
  const cost = costOf("crm", spent, { limits, budgets: new Map(), now });
  assert.deepEqual(cost.classes, [
    { class: "calls", read: 7, first: 2, toApply: 30, again: 10, writes: 20, left: null, runsDry: null },
    { class: "search", read: 4, first: 3, toApply: 1, again: 1, writes: 0, left: null, runsDry: null },
    { class: "day", read: 11, first: 5, toApply: 31, again: 11, writes: 20, left: null, runsDry: null },
  ]);
  const { classes: _, ...all } = cost;
  assert.deepEqual(all, { connection: "crm", read: 11, first: 5, toApply: 31, again: 11, writes: 20, left: null });
});

test("what is left is of the day, never of a window of seconds that fills by itself", () => {
  const budgets = known({ calls: { used: 7, allowed: 190 }, day: { used: 900, allowed: 1_000 } });
  const { left, classes } = costOf("crm", spent, { limits, budgets, now });
  assert.deepEqual([left, classes.map((one) => one.left)], [100, [null, null, 100]]);
  // What was used yesterday counts no more.
  const before = known({ day: { used: 900, allowed: 1_000, seenAt: now - 20 * 3_600_000 } });
  assert.equal(costOf("crm", spent, { limits, budgets: before, now }).left, 1_000);
  // A day that nobody can come to the end of is no limit.
  const endless = known({ calls: { used: 7, allowed: 190 }, day: { used: 0, allowed: 1_000_000_000 } });
  assert.equal(costOf("crm", spent, { limits, budgets: endless, now }).left, null);
});

test("a day that does not suffice says how long it lasts once applying begins, and when the vendor gives more", () => {
  const dry = (allowed: number, of: Limit = day, requestMs: number | null = 300) => {
    const budgets = known({ day: { used: 900, allowed } });
    const rows = costOf("crm", { ...spent, requestMs }, { limits: [...limits.slice(0, 2), of], budgets, now }).classes;
    return rows.find((one) => one.class === "day")!.runsDry;
  };
  // It takes 31, and 5 that read what changed before.
  assert.equal(dry(936), null);
  assert.deepEqual(dry(935), { afterMs: 10_500, renewsAt: Date.parse("2026-03-03T00:00:00Z") });
  assert.deepEqual(dry(900), { afterMs: 0, renewsAt: Date.parse("2026-03-03T00:00:00Z") });
  assert.deepEqual(dry(935, { ...day, zone: undefined }, null), { afterMs: null, renewsAt: null });
});

test("of a limit that is declared no more the calls are told all the same", () => {
  const { classes, toApply } = costOf("crm", spent, { limits: limits.slice(1), budgets: new Map(), now });
  assert.deepEqual(
    [toApply, classes.map((one) => [one.class, one.toApply])],
    [
      31,
      [
        ["search", 1],
        ["day", 1],
        ["calls", 30],
      ],
    ],
  );
});

test("how long applying takes is what the requests took, and no faster than the vendor allows for each limit", () => {
  const calls = new Map([["calls", 50]]);
  assert.equal(applyingMs(calls, { requestMs: 300, limits }), 15_000);
  assert.equal(applyingMs(calls, { requestMs: 20, limits }), 5_000);
  assert.equal(applyingMs(new Map([...calls, ["search", 10]]), { requestMs: 20, limits }), 7_000);
  assert.equal(applyingMs(calls, { requestMs: undefined, limits }), 5_000);
  assert.equal(applyingMs(new Map([["day", 50]]), { requestMs: undefined, limits }), null);
  assert.equal(applyingMs(new Map(), { requestMs: 20, limits }), null);
});
