import assert from "node:assert/strict";
import { test } from "node:test";
import { healthOf, type Seen } from "../sync/health.ts";
import { causesOf, type SeenBudget, type SeenConnection, type SeenStream } from "./causes.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const NOW = Date.UTC(2026, 0, 5, 9);

type Lane = Seen["lanes"][number];

const lane = (more: Partial<Lane> = {}): Lane => ({
  lane: "batch",
  state: "done",
  endedAt: NOW - MIN,
  error: null,
  doneAt: NOW - MIN,
  failures: 0,
  failingSince: null,
  runningSince: null,
  ...more,
});

const failing = (times: number, sinceMs: number, code = "vendor.unavailable"): Lane =>
  lane({
    state: "failed",
    failures: times,
    failingSince: NOW - sinceMs,
    doneAt: NOW - sinceMs - MIN,
    error: { code, message: "no answer" },
  });

const stream = (key: string, seen: Partial<Seen> = {}, more: Partial<SeenStream> = {}): SeenStream => ({
  id: 7,
  key,
  health: healthOf({
    connection: { problem: null, paused: false, mode: "write", settings: {} },
    stream: { enabled: true, direction: "both", everyMs: MIN, settings: {} },
    lanes: [lane()],
    madeAt: 0,
    loading: false,
    kindLoading: false,
    owedSince: null,
    parked: 0,
    waiting: 0,
    held: 0,
    now: NOW,
    ...seen,
  }),
  parkedLately: 0,
  linked: null,
  drifts: [],
  undescribed: null,
  ...more,
});

const budget = (used: number, more: Partial<SeenBudget> = {}): SeenBudget => ({
  class: "daily",
  perMs: 24 * HOUR,
  reserve: 0.1,
  used,
  allowed: 1_000,
  seenAt: NOW - MIN,
  blockedUntil: null,
  ...more,
});

const told = (more: Partial<SeenConnection>): string[] =>
  causesOf(
    { id: "c1", name: "acme", problem: null, streams: [stream("lead")], budgets: [], endings: [], ...more },
    NOW,
  ).map((cause) => `${cause.kind} ${cause.severity} ${cause.subject} [${cause.scope.join(" ")}]`);

const TEL = { name: "tel", cause: "gone", message: "The vendor does not show tel any more.", pauses: true } as const;
const off: Partial<Seen> = { stream: { enabled: false, direction: "both", everyMs: MIN, settings: {} } };
const late: Partial<Seen> = { lanes: [lane({ doneAt: NOW - HOUR, runningSince: NOW - 50 * MIN })] };
const silent: Partial<Seen> = { lanes: [lane({ doneAt: NOW - HOUR })] };

test("each cause is told once, of the subject it is about, and what explains the others stands alone", () => {
  const table: [what: string, seen: Partial<SeenConnection>, told: string[]][] = [
    ["all well", {}, []],
    ["nothing connected to it", { streams: [] }, []],
    [
      "a dead credential explains all else",
      { problem: "refused", streams: [stream("lead", silent)], budgets: [budget(1_000)] },
      ["credential critical connection:c1 []"],
    ],
    ["two failures are daily life", { streams: [stream("lead", { lanes: [failing(2, HOUR)] })] }, []],
    ["many in a short time are, too", { streams: [stream("lead", { lanes: [failing(9, 5 * MIN)] })] }, []],
    [
      "it keeps failing",
      { streams: [stream("lead", { lanes: [failing(3, 10 * MIN)] })] },
      ["failing critical connection:c1 [lead]"],
    ],
    [
      "one outage of a vendor is one alert",
      { streams: ["lead", "deal", "task"].map((key) => stream(key, { lanes: [failing(5, HOUR)] })) },
      ["failing critical connection:c1 [lead deal task]"],
    ],
    [
      "waiting for the allowance is no failure",
      { streams: [stream("lead", { lanes: [failing(9, 20 * MIN, "vendor.budget_spent")] })], budgets: [budget(1_000)] },
      ["budget critical connection:c1:daily []"],
    ],
    [
      "a budget that nobody explains leaves the lag",
      { streams: [stream("lead", { lanes: [failing(9, 20 * MIN, "vendor.budget_spent")] })] },
      ["lag warning connection:c1 [lead]"],
    ],
    [
      "late, with a run under way",
      { streams: [stream("lead", late), stream("deal")] },
      ["lag warning connection:c1 [lead]"],
    ],
    [
      "a write waits",
      { streams: [stream("lead", { waiting: 1, owedSince: NOW - HOUR })] },
      ["lag warning connection:c1 [lead]"],
    ],
    [
      "nobody works",
      { streams: [stream("lead", silent), stream("deal", silent)] },
      ["silent critical connection:c1 [lead deal]"],
    ],
    [
      "failing and silent are two causes",
      { streams: [stream("lead", silent), stream("deal", { lanes: [failing(5, HOUR)] })] },
      ["failing critical connection:c1 [deal]", "silent critical connection:c1 [lead]"],
    ],
    [
      "paused is no alert",
      {
        streams: [
          stream("lead", {
            connection: { problem: null, paused: true, mode: "write", settings: {} },
            waiting: 5,
            owedSince: 0,
          }),
        ],
      },
      [],
    ],
    [
      "switched off is none",
      {
        streams: [
          stream("lead", { ...silent, stream: { enabled: false, direction: "both", everyMs: MIN, settings: {} } }),
        ],
      },
      [],
    ],
    ["half of the allowance", { budgets: [budget(500)] }, []],
    ["nearly spent", { budgets: [budget(800)] }, ["budget warning connection:c1:daily []"]],
    [
      "only the reserve is left: reading waits, and its lag is explained",
      { streams: [stream("lead", late)], budgets: [budget(900)] },
      ["budget critical connection:c1:daily []"],
    ],
    ["what was said a day ago is of another day", { budgets: [budget(1_000, { seenAt: NOW - 25 * HOUR })] }, []],
    ["the vendor gives no account", { budgets: [budget(0, { used: null, allowed: null, seenAt: null })] }, []],
    [
      "few errors, many, and too many",
      {
        budgets: (["few", "near", "over"] as const).map((how) =>
          budget(0, { class: how, errors: { answers: 2_000, errors: 90, shareMax: 0.05, how } }),
        ),
      },
      ["errors warning connection:c1:near []", "errors critical connection:c1:over []"],
    ],
    ["a short pause", { budgets: [budget(0, { blockedUntil: NOW + 5 * MIN })] }, []],
    [
      "a long pause",
      { budgets: [budget(0, { blockedUntil: NOW + HOUR })] },
      ["budget critical connection:c1:daily []"],
    ],
    ["a few set aside", { streams: [stream("lead", { parked: 500 }, { parkedLately: 19 })] }, []],
    [
      "many set aside within a day",
      { streams: [stream("lead", {}, { parkedLately: 20, linked: 100 })] },
      ["parked warning stream:7 [lead]"],
    ],
    [
      "fields that changed are one cause for all streams that they meet, beside whatever else there is",
      { streams: [stream("lead", late, { drifts: [TEL] }), stream("task", {}, { drifts: [TEL] })] },
      ["lag warning connection:c1 [lead]", "drift warning connection:c1 [lead task]"],
    ],
    [
      "a vendor that does not describe a stream's fields",
      { streams: [stream("lead", {}, { undescribed: { since: NOW - HOUR, words: "No." } }), stream("task")] },
      ["undescribed warning connection:c1 [lead]"],
    ],
    ["none of that of a stream that is off", { streams: [stream("lead", off, { drifts: [TEL] })] }, []],
    [
      "a version of its API that ends",
      { endings: [{ version: "v1", endsAt: NOW + 1_000 * HOUR, message: "v1 ends.", near: false }] },
      ["version warning connection:c1 []"],
    ],
    [
      "one that ends soon",
      { endings: [{ version: "v1", endsAt: NOW + HOUR, message: "v1 ends.", near: true }] },
      ["version critical connection:c1 []"],
    ],
    ["many, but of very many", { streams: [stream("lead", {}, { parkedLately: 99, linked: 10_000 })] }, []],
  ];
  for (const [what, seen, expected] of table) assert.deepEqual(told(seen), expected, what);
});

test("a cause says which stream, since when and why, so that it can be acted on", () => {
  const [cause] = causesOf(
    {
      id: "c1",
      name: "acme",
      problem: null,
      streams: [stream("lead", { lanes: [failing(4, HOUR)] })],
      budgets: [],
      endings: [],
    },
    NOW,
  );
  assert.equal(cause!.title, "acme: runs keep failing");
  assert.equal(cause!.message, "lead: batch failed 4 times in a row, since 60 min: no answer");
});

test("a stream that is polled each minute and has nothing to say is never silent, at any time of a month", () => {
  for (let minute = 0; minute < 30 * 24 * 60; minute += 7) {
    const now = NOW + minute * MIN;
    // The last poll ended up to a minute ago; the next may be under way.
    const at = now - (minute % 60) * 1_000;
    const seen = {
      now,
      lanes: [lane({ endedAt: at, doneAt: at, runningSince: minute % 5 === 0 ? now - 2_000 : null })],
    };
    const causes = causesOf(
      { id: "c1", name: "acme", problem: null, streams: [stream("lead", seen)], budgets: [], endings: [] },
      now,
    );
    assert.deepEqual(causes, []);
  }
});

test("what is told of errors says how many, what the vendor wants, what waits and where to look", () => {
  const errors = { answers: 2_000, errors: 90, shareMax: 0.05, how: "near" as const };
  const [cause] = causesOf(
    { id: "c1", name: "acme", problem: null, streams: [], budgets: [budget(0, { errors })], endings: [] },
    NOW,
  );
  assert.equal(
    cause!.message,
    "90 of 2000 requests of its day were answered by errors, and the vendor wants fewer than 5 in a hundred. Loads and comparisons wait; all else goes on. What it refuses: winston parked list --connection acme",
  );
});
