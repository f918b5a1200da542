import assert from "node:assert/strict";
import { test } from "node:test";
import type { Run } from "../../sdk/src/index.ts";
import { drawProgress } from "./progress.ts";
import { exitOf } from "./report.ts";
import {
  failuresOf,
  failureWords,
  inOrder,
  parkedCauses,
  progressOf,
  summarise,
  summaryColumns,
  summaryLines,
  total,
} from "./summary.ts";

function run(part: Partial<Run>): Run {
  return {
    id: "r",
    connectionId: "c",
    connection: "acme",
    stream: "lead",
    lane: "batch",
    state: "done",
    trigger: "test",
    startedAt: "2026-01-05T09:00:00.000Z",
    endedAt: "2026-01-05T09:00:01.000Z",
    counts: {},
    error: null,
    ...part,
  };
}

const first = run({ lane: "backfill", counts: { read: 2000, created: 1990, linked: 10, parked: 3, requests: 4 } });
const later = run({
  startedAt: "2026-01-05T09:01:00.000Z",
  counts: { read: 5, updated: 2, unchanged: 3, requests: 1 },
});
const push = run({
  lane: "push",
  startedAt: "2026-01-05T09:02:00.000Z",
  counts: { created: 12, updated: 1, conflicts: 1, requests: 3 },
});

test("pulls count here, pushes count there, and calls count wherever", () => {
  const [lead] = summarise([push, later, first]);
  assert.deepEqual(lead, {
    connection: "acme",
    stream: "lead",
    read: 2005,
    created: 1990,
    updated: 2,
    unchanged: 3,
    deleted: 0,
    sentNew: 12,
    sentChanged: 1,
    sentDeleted: 0,
    conflicts: 1,
    parked: 3,
    requests: 8,
  });
  assert.equal(total([lead!, lead!]).read, 4010);
});

test("for people a column of zeros is left out, for programs none ever is", () => {
  const rows = summarise([later]);
  const titles = (all: boolean): string[] => summaryColumns(rows, { all }).map((column) => column.title);
  assert.ok(!titles(false).includes("SENT NEW"));
  assert.equal(titles(true).length, 12);
});

test("what was parked is told by cause over all runs, and a failed run with its reason", () => {
  const cause = { reason: "invalid", message: "bad email", field: "Email", count: 2, example: "00Q1" };
  const runs = [run({ parked: [cause] }), run({ parked: [{ ...cause, count: 3 }] })];
  assert.deepEqual(parkedCauses(runs), [{ connection: "acme", stream: "lead", ...cause, count: 5 }]);
  const failed = run({ state: "failed", error: { code: "credential.expired", message: "Reconnect it." } });
  const text = summaryLines([...runs, failed], { width: 120, self: "winston" }).join("\n");
  assert.match(text, /5 lead \(Email\): bad email \[for example 00Q1\]/u);
  assert.match(text, /acme lead failed: Reconnect it\./u);
});

test("a cause is a reason and a field: words that quote each record's value do not make a hundred of one", () => {
  const cause = { reason: "vendor.STRING_TOO_LONG", field: "Title", count: 1 };
  const said = (value: string) => `Job title: data value too large: ${value} (max length=128)`;
  const runs = Array.from({ length: 100 }, (_, n) =>
    run({ id: `r${n}`, parked: [{ ...cause, message: said(`Chief ${"x".repeat(n)}`), example: `00Q${n}` }] }),
  );
  const causes = parkedCauses(runs);
  assert.deepEqual(
    causes.map((one) => [one.count, one.example, one.message]),
    [[100, "00Q0", said("Chief ")]],
  );
});

test("what stands failed is told once for each reason, with its streams; what went through since is not", () => {
  const spent = { code: "vendor.budget_spent", message: "Spent until 09:15." };
  const refused = { code: "vendor.refused", message: "Refused GET /a" };
  const later = "2026-01-05T09:05:00.000Z";
  const failures = failuresOf([
    run({ id: "r1", state: "failed", error: spent }),
    run({ id: "r2", state: "failed", stream: "deal", error: { ...spent, message: "Spent until 09:16." } }),
    run({ id: "r3", state: "failed", lane: "push", error: refused }),
    run({ id: "r4", state: "failed", stream: "account", error: { ...refused, message: "Refused GET /b" } }),
    run({ id: "r5", state: "failed", stream: "user", error: refused }),
    run({ id: "r6", stream: "user", startedAt: later }),
    run({ id: "r7", stream: "user", state: "stopped", startedAt: later }),
  ]);
  assert.deepEqual(
    failures.map((one) => [one.code, one.run, failureWords(one)]),
    [
      ["vendor.budget_spent", "r2", "acme lead and deal failed: Spent until 09:16."],
      ["vendor.refused", "r3", "acme lead failed: Refused GET /a"],
      ["vendor.refused", "r4", "acme account failed: Refused GET /b"],
    ],
  );
  assert.equal(exitOf(failures.slice(0, 1)), 5);
  assert.equal(exitOf(failures), 1, "several codes are no one's");
  assert.equal(exitOf([]), 0);
});

test("of several connections each row is named, in the order of connections and their streams, whatever ran first", () => {
  const hub = { connectionId: "d", connection: "hub" };
  const runs = [
    run({ ...hub, stream: "contact", startedAt: "2026-01-05T08:00:00.000Z", counts: { read: 3 } }),
    run({ stream: "contact", startedAt: "2026-01-05T08:30:00.000Z", counts: { read: 2 } }),
    run({ ...hub, stream: "owner", counts: { read: 1 } }),
    first,
  ];
  const streams = inOrder([
    { connectionId: "c", key: "lead" },
    { connectionId: "d", key: "owner" },
    { connectionId: "c", key: "contact" },
    { connectionId: "d", key: "contact" },
  ]);
  const rows = summaryLines(runs, { width: 120, self: "winston", streams }).map((line) =>
    line.split(/ +/u).slice(0, 3),
  );
  assert.deepEqual(rows, [
    ["CONNECTION", "STREAM", "READ"],
    ["acme", "lead", "2,000"],
    ["acme", "contact", "2"],
    ["hub", "owner", "1"],
    ["hub", "contact", "3"],
    ["total", "2,006", "1,990"],
  ]);
  const names = new Map([
    ["c", "acme"],
    ["d", "hub"],
  ]);
  const progress = progressOf(runs, [{ ...streams[3]!, lanes: [] }], { names, totals: new Map([["d/contact", 7]]) });
  assert.deepEqual([progress[0]!.stream, progress[0]!.read, progress[0]!.total], ["hub contact", 3, 7]);
});

test("parked records say where, what was said without the id of one of many, and how to see each", () => {
  const cause = {
    reason: "vendor.CONFLICT",
    field: "email",
    example: "01a2",
    message: "Existing ID: 151000000705. Merge.",
  };
  const runs = [
    run({ parked: [{ ...cause, count: 2 }] }),
    run({ connectionId: "d", connection: "hub", parked: [{ ...cause, count: 1 }] }),
  ];
  const text = summaryLines(runs, { width: 120, self: "npm run -s winston --" }).join("\n");
  assert.match(text, /2 acme lead \(email\): Existing ID: …\. Merge\. \[for example 01a2\]/u);
  assert.match(text, /1 hub lead \(email\): Existing ID: 151000000705\. Merge\./u);
  assert.match(text, /To see each: npm run -s winston -- parked list$/u);
});

test("new records that wait for a person's word are counted over all streams, with the command that shows them", () => {
  const streams = [
    { connectionId: "c", key: "lead", counts: { held: 2 } },
    { connectionId: "c", key: "contact", counts: { held: 0 } },
  ];
  const text = summaryLines([run({})], { width: 120, self: "winston", streams }).join("\n");
  assert.match(text, /Held: 2 new records wait until a person says whether they are ones that are there already\./u);
  assert.match(text, /To see each: winston duplicates list$/u);
  const none = summaryLines([run({})], { width: 120, self: "winston", streams: streams.slice(1) }).join("\n");
  assert.doesNotMatch(none, /Held/u);
});

test("progress says what each stream does now and how far it is", () => {
  const running = { ...first, state: "running" as const, endedAt: null };
  const streams = [
    { connectionId: "c", key: "account", lanes: [{ lane: "backfill", owed: true }] },
    { connectionId: "c", key: "lead", lanes: [{ lane: "backfill", owed: true }] },
  ];
  const seen = progressOf([running], streams, { totals: new Map([["c/lead", 4000]]) });
  assert.deepEqual(
    seen.map((one) => [one.stream, one.doing, one.lane, one.read, one.total]),
    [
      ["account", "waiting", "", 0, undefined],
      ["lead", "reading", "backfill", 2000, 4000],
    ],
  );
  assert.equal(progressOf([first], streams)[1]!.doing, "waiting");
  assert.equal(progressOf([first], [{ connectionId: "c", key: "lead", lanes: [] }])[0]!.doing, "in step");
});

test("a progress line has a bar, fits the terminal, and is plain ASCII where nothing else is shown", () => {
  const lead = { stream: "lead", doing: "reading", lane: "backfill", read: 1000, total: 2000, written: 0, parked: 2 };
  assert.deepEqual(drawProgress([lead], { width: 100, unicode: false }), [
    "  lead  ########........  1,000 of 2,000 read, 2 parked  reading (backfill)",
  ]);
  const [short] = drawProgress([lead], { width: 40, unicode: true });
  assert.equal(short!.length, 40);
  assert.match(short!, /^ {2}lead {2}████████░░░░░░░░ /u);
});
