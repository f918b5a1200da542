import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { lastTime, longestGapMs, owedBefore, readsNow } from "./schedule.ts";

const at = (text: string): number => Date.parse(text);
const weekdays = { everyMs: 0, cron: "0 7 * * 1-5", zone: "Europe/Berlin" };
const hourly = { everyMs: 3_600_000, cron: null, zone: null };
const iso = (ms: number): string => new Date(ms).toISOString();

test("a cron schedule is kept in its zone, over the change of the clocks, and its own moment belongs to it", () => {
  assert.equal(iso(lastTime(weekdays, at("2026-11-30T05:59:59.999Z"))), "2026-11-27T06:00:00.000Z");
  assert.equal(iso(lastTime(weekdays, at("2026-11-30T06:00:00.000Z"))), "2026-11-30T06:00:00.000Z");
  assert.equal(iso(lastTime(weekdays, at("2026-06-30T12:00:00.000Z"))), "2026-06-30T05:00:00.000Z");
  const nightly = { everyMs: 0, cron: "30 2 * * *", zone: "Europe/Berlin" };
  assert.equal(
    iso(lastTime(nightly, at("2026-03-29T12:00:00.000Z"))),
    "2026-03-29T01:00:00.000Z",
    "a time that is left out comes as it ends",
  );
});

test("what was owed when the schedule came goes; of a stream that writes at once all goes", () => {
  assert.equal(owedBefore({ ...hourly, strategy: "realtime" }, at("2026-11-30T05:30:00Z")), null);
  assert.equal(
    iso(owedBefore({ ...hourly, strategy: "batch" }, at("2026-11-30T05:30:00Z"))!),
    "2026-11-30T05:00:00.000Z",
  );
  assert.ok(readsNow(hourly, null, 0));
  assert.ok(!readsNow(hourly, at("2026-11-30T05:10:00Z"), at("2026-11-30T06:09:59Z")));
  assert.ok(readsNow(hourly, at("2026-11-30T05:10:00Z"), at("2026-11-30T06:10:00Z")));
  assert.ok(!readsNow(weekdays, at("2026-11-27T06:00:01Z"), at("2026-11-29T12:00:00Z")));
  assert.ok(readsNow(weekdays, at("2026-11-27T06:00:01Z"), at("2026-11-30T06:00:00Z")));
});

test("a schedule that is none is refused in words, and the longest gap of another is known", () => {
  const now = at("2026-11-30T05:30:00Z");
  assert.equal(
    longestGapMs("0 7 * * 1-5", "Europe/Berlin", now),
    73 * 3_600_000,
    "a weekend on which the clocks go back",
  );
  for (const [cron, zone] of [
    ["every day", "UTC"],
    ["* * * * * *", "UTC"],
    ["0 7 * * *", "Mars/Olympus"],
    ["0 0 30 2 *", "UTC"],
  ] as const)
    assert.throws(
      () => longestGapMs(cron, zone, now),
      (thrown) => isError(thrown, "request.invalid") && /Expected five parts/u.test(thrown.message),
    );
});
