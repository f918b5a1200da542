import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, isZone } from "./day.ts";

const at = (iso: string): number => Date.parse(iso);

test("a day of a zone begins and ends at midnight there, with the hours it has", () => {
  const table: [zone: string, at: string, began: string, ends: string][] = [
    ["UTC", "2026-01-05T09:00:00Z", "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"],
    ["America/New_York", "2026-01-05T04:59:59Z", "2026-01-04T05:00:00Z", "2026-01-05T05:00:00Z"],
    ["America/New_York", "2026-01-05T05:00:00Z", "2026-01-05T05:00:00Z", "2026-01-06T05:00:00Z"],
    ["Asia/Kathmandu", "2026-01-05T18:20:00Z", "2026-01-05T18:15:00Z", "2026-01-06T18:15:00Z"],
    ["Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
    ["Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
    ["Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"],
    ["Pacific/Auckland", "2026-01-05T10:59:59.999Z", "2026-01-04T11:00:00Z", "2026-01-05T11:00:00Z"],
  ];
  for (const [zone, now, began, ends] of table)
    assert.deepEqual(dayOf(at(now), zone), { began: at(began), ends: at(ends) }, `${zone} ${now}`);
});

test("a name of no zone is told from one of a zone", () => {
  assert.deepEqual(["Europe/Berlin", "US/Eastern", "UTC", "Mars/Olympus", ""].map(isZone), [
    true,
    true,
    true,
    false,
    false,
  ]);
});
