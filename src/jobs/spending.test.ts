import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { seededRandom } from "../base/random.ts";
import type { BudgetRow } from "../store/budget.ts";
import {
  chunkOf,
  firstRow,
  holdMs,
  observe,
  PROBE_EVERY_MS,
  slowDown,
  take,
  type Limit,
  type Rank,
} from "./spending.ts";

const NOW = Date.UTC(2026, 0, 5, 9);
const DAY: Limit = { class: "daily", requests: 1_000, perMs: 86_400_000, reserve: 0.1 };
const BURSTY: Limit = { class: "burst", requests: 100, perMs: 10_000, reserve: 0.2 };

test("no window ever holds more requests than the limit, whatever the processes hold in hand", () => {
  fc.assert(
    fc.property(
      fc.record({
        requests: fc.integer({ min: 1, max: 300 }),
        perMs: fc.constantFrom(250, 1_000, 10_000, 60_000),
        seed: fc.integer(),
      }),
      ({ requests, perMs, seed }) => {
        const limit: Limit = { class: "x", requests, perMs };
        const random = seededRandom(seed);
        const sent: number[] = [];
        let row = firstRow(limit, NOW);
        for (let now = NOW; now < NOW + 4 * perMs; now += random.float() * (perMs / 40)) {
          const rank = Math.floor(random.float() * 4) as Rank;
          const answer = take(row, limit, { rank, want: chunkOf(limit, rank, 5), returned: 0 }, now);
          row = answer.row;
          // The worst a process may do: keep them until the last moment.
          if (answer.state === "granted")
            for (let one = 0; one < answer.count; one++) sent.push(now + random.float() * holdMs(limit));
        }
        sent.sort((a, b) => a - b);
        for (let first = 0; first + requests < sent.length; first++)
          assert.ok(sent[first + requests]! - sent[first]! >= perMs, `${requests + 1} requests within ${perMs} ms`);
      },
    ),
    { numRuns: 200 },
  );
});

test("a limit is used well: work that is always waiting gets at least five sixths of it", () => {
  for (const limit of [BURSTY, { class: "x", requests: 10, perMs: 1_000 }, { class: "x", requests: 1, perMs: 1_000 }]) {
    let row = firstRow(limit, NOW);
    let sent = 0;
    let now = NOW;
    while (now < NOW + 20 * limit.perMs) {
      const answer = take(row, limit, { rank: 3, want: chunkOf(limit, 3, 1), returned: 0 }, now);
      row = answer.row;
      if (answer.state === "granted") sent += answer.count;
      else now += answer.waitMs;
    }
    assert.ok(sent >= (limit.requests * 20 * 5) / 6, `${sent} of ${limit.requests * 20}`);
  }
});

test("backfills leave a share of a short window for hints", () => {
  let row = firstRow(BURSTY, NOW);
  let taken = 0;
  for (;;) {
    const answer = take(row, BURSTY, { rank: 3, want: 1, returned: 0 }, NOW);
    if (answer.state === "refused") break;
    row = answer.row;
    taken += 1;
  }
  assert.equal(taken, 8);
  assert.equal(take(row, BURSTY, { rank: 0, want: 2, returned: 0 }, NOW).state, "granted");
  // Given back, they can be taken again.
  assert.equal(take(row, BURSTY, { rank: 3, want: 1, returned: 3 }, NOW).state, "granted");
});

test("the vendor's account of a day is the truth, and its last tenth is for hints and pushes", () => {
  const told = observe(firstRow(DAY, NOW), DAY, { used: 890, allowed: 1_000, at: NOW });
  const batch = take(told, DAY, { rank: 2, want: 20, returned: 0 }, NOW);
  assert.deepEqual([batch.state, batch.state === "granted" && batch.count, batch.row.used], ["granted", 10, 900]);
  const again = take(batch.row, DAY, { rank: 2, want: 20, returned: 0 }, NOW);
  assert.deepEqual([again.state, again.state === "refused" && again.why], ["refused", "reserved"]);
  for (const rank of [0, 1] as const)
    assert.equal(take(batch.row, DAY, { rank, want: 20, returned: 0 }, NOW).state, "granted");
  // More than we thought: somebody bought more, or a day went by.
  const more = observe(batch.row, DAY, { used: 100, allowed: 2_000, at: NOW + 1 });
  assert.equal(take(more, DAY, { rank: 3, want: 20, returned: 0 }, NOW + 1).state, "granted");
});

test("a spent day is looked at again by one request each quarter of an hour", () => {
  const spent = observe(firstRow(DAY, NOW), DAY, { used: 1_000, allowed: 1_000, at: NOW });
  const early = take(spent, DAY, { rank: 0, want: 5, returned: 0 }, NOW + 60_000);
  assert.deepEqual([early.state, early.state === "refused" && early.why], ["refused", "spent"]);
  assert.equal(early.state === "refused" && early.waitMs, PROBE_EVERY_MS - 60_000);
  const later = NOW + PROBE_EVERY_MS;
  const probe = take(spent, DAY, { rank: 2, want: 20, returned: 0 }, later);
  assert.equal(probe.state === "granted" && probe.count, 1);
  assert.equal(take(probe.row, DAY, { rank: 2, want: 20, returned: 0 }, later).state, "refused");
  // Only somebody who will send it may take it.
  assert.equal(take(spent, DAY, { rank: 0, want: 0, returned: 0 }, later).state, "refused");
});

test("an older account than the one in hand changes nothing", () => {
  const told = observe(firstRow(DAY, NOW), DAY, { used: 500, allowed: 1_000, at: NOW });
  assert.equal(observe(told, DAY, { used: 100, allowed: 1_000, at: NOW - 1 }), told);
});

test("a day that the vendor calls spent is looked at again after a while, by one request; a time that it names is obeyed", () => {
  const open = observe(firstRow(DAY, NOW), DAY, { used: 40, allowed: 2_000, at: NOW });
  const spent = slowDown(open, DAY, { spent: true, at: NOW });
  const refused = take(spent, DAY, { rank: 0, want: 1, returned: 0 }, NOW + 1);
  assert.deepEqual(refused.state === "refused" && [refused.why, refused.waitMs], ["spent", PROBE_EVERY_MS - 1]);
  const probe = take(spent, DAY, { rank: 2, want: 20, returned: 0 }, NOW + PROBE_EVERY_MS);
  assert.deepEqual(probe.state === "granted" && probe.count, 1);
  const others = take(probe.row, DAY, { rank: 2, want: 20, returned: 0 }, NOW + PROBE_EVERY_MS + 5);
  assert.deepEqual(others.state === "refused" && others.waitMs, 1_000, "they wait for what it brings");
  const named = slowDown(open, DAY, { spent: true, retryAfterMs: 2 * PROBE_EVERY_MS, at: NOW });
  const later = take(named, DAY, { rank: 0, want: 1, returned: 0 }, NOW + PROBE_EVERY_MS);
  assert.deepEqual(later.state === "refused" && [later.why, later.waitMs], ["spent", PROBE_EVERY_MS]);
  const never = slowDown(firstRow(DAY, NOW), DAY, { spent: true, at: NOW });
  assert.equal(take(never, DAY, { rank: 0, want: 1, returned: 0 }, NOW + 1).state, "refused", "with no account before");
});

test("a refusal halves the pace once, obeys Retry-After, and the pace grows back", () => {
  const before = firstRow(BURSTY, NOW);
  const refused = slowDown(before, BURSTY, { retryAfterMs: 7_000, at: NOW });
  const twice = slowDown(refused, BURSTY, { retryAfterMs: 3_000, at: NOW + 5 });
  assert.deepEqual([refused.pace, twice.pace, twice.blockedUntil], [0.5, 0.5, NOW + 7_000]);
  const answer = take(twice, BURSTY, { rank: 0, want: 1, returned: 0 }, NOW + 6_999);
  assert.deepEqual([answer.state === "refused" && [answer.why, answer.waitMs]], [["blocked", 1]]);
  const rate = (row: BudgetRow, now: number) => {
    let [at, sent, state] = [now, 0, row];
    while (at < now + 10_000) {
      const next = take(state, BURSTY, { rank: 0, want: 1, returned: 0 }, at);
      state = next.row;
      if (next.state === "granted") sent += 1;
      else at += next.waitMs;
    }
    return sent;
  };
  const slow = rate({ ...twice, filledAt: NOW + 7_000 }, NOW + 7_000);
  assert.ok(slow > 35 && slow < 60, `${slow} requests in 10 s at half pace`);
  assert.ok(rate(twice, NOW + 7_000 + 60_000) > 80, "all of it a minute later");
});

test("without Retry-After each refusal in a row waits longer", () => {
  let row = firstRow(BURSTY, NOW);
  const pauses: number[] = [];
  let now = NOW;
  for (let refusal = 0; refusal < 8; refusal++) {
    row = slowDown(row, BURSTY, { at: now });
    pauses.push(row.blockedUntil! - now);
    now = row.blockedUntil!;
  }
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000]);
});

test("a clock that is set back an hour neither stops the work nor fills the bucket twice", () => {
  const blocked = slowDown({ ...firstRow(BURSTY, NOW), filledAt: NOW }, BURSTY, { retryAfterMs: 5_000, at: NOW });
  const answer = take(blocked, BURSTY, { rank: 0, want: 1, returned: 0 }, NOW - 3_600_000);
  assert.equal(answer.state === "refused" && answer.waitMs, 5_000);
  // Two machines whose clocks differ by a little, in turns, get no more than one.
  let row: BudgetRow = { ...firstRow(BURSTY, NOW), tokens: 0 };
  let sent = 0;
  for (let step = 0; step < 1_000; step++) {
    const next = take(row, BURSTY, { rank: 0, want: 1, returned: 0 }, NOW + step * 10 + (step % 2 === 0 ? 0 : -500));
    row = next.row;
    if (next.state === "granted") sent += next.count;
  }
  assert.ok(sent <= 100, `${sent} in 10 s`);
});

test("a day of the vendor's calendar ends at its midnight: what was used counts no more, and nobody is told to wait beyond it", () => {
  const limit: Limit = { ...DAY, zone: "America/New_York" };
  const evening = Date.UTC(2026, 0, 6, 4, 50);
  const midnight = Date.UTC(2026, 0, 6, 5);
  const full = observe(firstRow(limit, evening), limit, { used: 1_000, allowed: 1_000, at: evening });
  const ask = { rank: 3 as Rank, want: 1, returned: 0 };
  const late = take(full, limit, ask, evening);
  assert.deepEqual([late.state, late.state === "refused" && late.waitMs], ["refused", midnight - evening]);
  const next = take(late.row, limit, ask, midnight);
  assert.deepEqual([next.state, next.row.used], ["granted", 1]);
  const told = slowDown(firstRow(limit, evening), limit, { spent: true, at: evening });
  assert.equal(told.blockedUntil, midnight, "also where the vendor only said that the day is over");
  const rolling = take(full, DAY, ask, midnight);
  assert.equal(rolling.state, "refused", "a window that rolls knows no midnight");
});

test("loads and comparisons wait while errors come near what the vendor allows, nothing else does, and the next day begins anew", () => {
  const limit: Limit = { ...DAY, requests: 100_000, zone: "UTC", errorShareMax: 0.05 };
  const after = (answers: number, errors: number): BudgetRow => ({
    ...firstRow(limit, NOW),
    tokens: 10_000,
    countedFrom: NOW,
    answers,
    errors,
  });
  const why = (row: BudgetRow, rank: Rank, now = NOW): string => {
    const answer = take(row, limit, { rank, want: 1, returned: 0 }, now);
    return answer.state === "refused" ? answer.why : answer.state;
  };
  assert.deepEqual([why(after(10_000, 399), 3), why(after(10_000, 400), 3)], ["granted", "errors"]);
  assert.deepEqual(
    [0, 1, 2].map((rank) => why(after(10_000, 5_000), rank as Rank)),
    ["granted", "granted", "granted"],
  );
  assert.deepEqual([why(after(10, 10), 3), why(after(40, 40), 3)], ["granted", "errors"], "a few say nothing of a day");
  assert.equal(why(after(10_000, 5_000), 3, Date.UTC(2026, 0, 6)), "granted");
  assert.equal(why({ ...after(10_000, 5_000) }, 3, Date.UTC(2026, 0, 5, 23, 59)), "errors");
  const plain = take(
    after(10_000, 5_000),
    { ...limit, errorShareMax: undefined },
    { rank: 3, want: 1, returned: 0 },
    NOW,
  );
  assert.equal(plain.state, "granted", "where no vendor asks for it, nothing waits");
});
