// The rules of a budget beside a model that counts: whatever is asked, returned, told and refused, in whatever order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { firstRow, holdMs, observe, PROBE_EVERY_MS, slowDown, take, type Limit, type Rank } from "./spending.ts";

const NOW = Date.UTC(2026, 0, 5, 9);

type Step =
  | { readonly do: "take"; readonly rank: Rank; readonly want: number; readonly back: number; readonly after: number }
  | { readonly do: "tell"; readonly share: number; readonly after: number }
  | { readonly do: "refuse"; readonly retryAfter: number | undefined; readonly after: number };

/** `after` and `retryAfter` are shares of the window. */
const after = fc.double({ min: 0, max: 0.05, noNaN: true });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("take" as const),
        rank: fc.constantFrom<Rank>(0, 1, 2, 3),
        want: fc.integer({ min: 1, max: 20 }),
        back: fc.integer({ min: 0, max: 3 }),
        after,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("tell" as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        after,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("refuse" as const),
        retryAfter: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
        after,
      }),
    },
  ),
  { maxLength: 120 },
);

test("under any mix of asking, giving back, refusals and news, no short window holds more than the limit, and nothing goes while the vendor said wait", () => {
  const limits = fc.record({
    requests: fc.integer({ min: 1, max: 60 }),
    perMs: fc.constantFrom(1_000, 10_000, 60_000),
  });
  fc.assert(
    fc.property(limits, steps, ({ requests, perMs }, list) => {
      const limit: Limit = { class: "x", requests, perMs };
      let [row, now, waitUntil, inHand] = [firstRow(limit, NOW), NOW, NOW, 0];
      const sent: number[] = [];
      for (const step of list) {
        now += Math.round(step.after * perMs);
        if (step.do === "tell")
          row = observe(row, limit, { used: Math.round(step.share * requests), allowed: requests, at: now });
        else if (step.do === "refuse") {
          const retryAfterMs = step.retryAfter === undefined ? undefined : Math.round(step.retryAfter * perMs);
          row = slowDown(row, limit, { retryAfterMs, at: now });
          waitUntil = Math.max(waitUntil, now + (retryAfterMs ?? 0));
          inHand = 0;
        } else {
          const returned = Math.min(step.back, inHand);
          const answer = take(row, limit, { rank: step.rank, want: step.want, returned }, now);
          row = answer.row;
          for (let one = 0; one < returned; one++) sent.pop();
          inHand = 0;
          if (answer.state === "refused") {
            assert.ok(answer.waitMs > 0, "whoever is refused is told when to ask again");
            continue;
          }
          assert.ok(now >= waitUntil, `granted ${waitUntil - now} ms too early`);
          assert.ok(answer.count >= 1 && answer.count <= step.want);
          inHand = answer.count;
          for (let one = 0; one < answer.count; one++) sent.push(now);
        }
        assert.ok(row.pace >= 1 / 64 && row.pace <= 1, `a pace of ${row.pace}`);
      }
      for (let first = 0; first + requests < sent.length; first++)
        // The worst that processes may do: keep the first as long as they may, and send the last at once.
        assert.ok(
          sent[first + requests]! - sent[first]! >= perMs + holdMs(limit),
          `${requests + 1} within ${perMs} ms`,
        );
    }),
    { numRuns: 200 },
  );
});

test("of a day that the vendor counts, readings never touch the reserve and nobody takes more than there is, one look each quarter of an hour apart", () => {
  const DAY: Limit = { class: "daily", requests: 1_000, perMs: 86_400_000, reserve: 0.1 };
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 400 }), steps, (allowed, list) => {
      let [row, now] = [observe(firstRow(DAY, NOW), DAY, { used: 0, allowed, at: NOW }), NOW];
      let [left, looks, seenAt] = [allowed, 0, NOW];
      for (const step of list) {
        now += Math.round(step.after * 3_600_000);
        if (step.do !== "take") continue;
        const answer = take(row, DAY, { rank: step.rank, want: step.want, returned: 0 }, now);
        row = answer.row;
        const kept = step.rank < 2 ? 0 : Math.floor(allowed * 0.1);
        const may = Math.max(0, Math.min(step.want, left - kept));
        const look = may === 0 && now - seenAt >= PROBE_EVERY_MS;
        assert.equal(answer.state === "granted" ? answer.count : 0, look ? 1 : may);
        if (look) [looks, seenAt] = [looks + 1, now];
        else left -= may;
        if (look) left -= 1;
      }
      assert.ok(left >= -looks);
    }),
    { numRuns: 200 },
  );
});

test("a pace that was halved comes back whole, additively, and each new refusal halves it once", () => {
  const limit: Limit = { class: "x", requests: 100, perMs: 10_000 };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 12 }), (gaps) => {
      let [row, now, pace, blocked, filledAt] = [firstRow(limit, NOW), NOW, 1, NOW, NOW];
      for (const gap of gaps) {
        now += gap;
        const asked = take(row, limit, { rank: 3, want: 1, returned: 0 }, now);
        pace = Math.min(1, pace + (now - filledAt) / 100_000);
        filledAt = now;
        assert.ok(Math.abs(asked.row.pace - pace) < 1e-9, `${asked.row.pace} is not ${pace}`);
        row = slowDown(asked.row, limit, { retryAfterMs: 1_000, at: now });
        if (now >= blocked) pace = Math.max(1 / 64, pace / 2);
        blocked = Math.max(blocked, now + 1_000);
        assert.ok(Math.abs(row.pace - pace) < 1e-9, `${row.pace} is not ${pace}`);
      }
    }),
    { numRuns: 100 },
  );
});
