import assert from "node:assert/strict";
import { test } from "node:test";
import { failureIn, healthOf, lagTargetMs, type HealthState, type Seen, UNWELL } from "./health.ts";

type Lane = Seen["lanes"][number];

const MIN = 60_000;
const HOUR = 60 * MIN;
const NOW = 100 * HOUR;

const lane = (name: string, more: Partial<Lane> = {}): Lane => ({
  lane: name,
  state: "done",
  endedAt: NOW - 10_000,
  error: null,
  doneAt: NOW - 10_000,
  failures: 0,
  failingSince: null,
  runningSince: null,
  ...more,
});

const failed = (name: string, message = "the vendor said no", more: Partial<Lane> = {}): Lane =>
  lane(name, {
    state: "failed",
    error: { code: "vendor.unavailable", message },
    failures: 3,
    failingSince: NOW - 20 * MIN,
    ...more,
  });

const writing: Seen["connection"] = { problem: null, paused: false, mode: "write", settings: {} };
const both: Seen["stream"] = { enabled: true, direction: "both", everyMs: MIN, settings: {} };

const health = (more: Partial<Seen> = {}) =>
  healthOf({
    connection: writing,
    stream: both,
    lanes: [lane("batch")],
    madeAt: 0,
    loading: false,
    kindLoading: more.loading ?? false,
    owedSince: more.waiting ? NOW - MIN : null,
    parked: 0,
    waiting: 0,
    held: 0,
    now: NOW,
    ...more,
  });

const readAgo = (ms: number, more: Partial<Lane> = {}): Lane =>
  lane("batch", { doneAt: NOW - ms, endedAt: NOW - ms, ...more });

test("a stream's state and words are what its proof of flow says", () => {
  const observing: Seen["connection"] = { ...writing, mode: "observe" };
  const paused: Seen["connection"] = { ...writing, paused: true };
  const spent = { error: { code: "vendor.budget_spent", message: "all 100 are used" } };
  const table: [what: string, seen: Partial<Seen>, state: HealthState, words: string][] = [
    ["all well", {}, "ok", "in step, read 10 s ago"],
    ["never ran", { lanes: [], madeAt: NOW }, "loading", "not read yet"],
    [
      "only stopped runs",
      { lanes: [lane("batch", { state: null, doneAt: null })], madeAt: NOW },
      "loading",
      "not read yet",
    ],
    [
      "first load runs",
      { lanes: [lane("backfill", { state: null, doneAt: null, runningSince: NOW - HOUR })] },
      "loading",
      "first load under way",
    ],
    [
      "all is read once more",
      { lanes: [lane("backfill", { doneAt: NOW - HOUR, runningSince: NOW })] },
      "loading",
      "everything is being read once more",
    ],
    ["changes read, load to come", { loading: true }, "loading", "not read to the end yet, read 10 s ago"],
    [
      "stopped",
      { connection: { ...writing, problem: "the key was refused" }, stream: { ...both, enabled: false } },
      "stopped",
      "stopped: the key was refused",
    ],
    [
      "a field that is paused is not in step",
      {
        drifts: [
          { name: "tel", pauses: true },
          { name: "fax", pauses: false },
        ],
      },
      "ok",
      "tel changed at the vendor and is paused, fax changed at the vendor: winston schema diff, read 10 s ago",
    ],
    [
      "what only warns leaves it in step",
      { drifts: [{ name: "fax", pauses: false }] },
      "ok",
      "fax changed at the vendor: winston schema diff, in step, read 10 s ago",
    ],
    [
      "a vendor that does not describe its fields",
      { undescribedSince: NOW - 3 * HOUR },
      "ok",
      "the vendor has not described its fields for 3 h: they are taken as they were, in step, read 10 s ago",
    ],
    ["off", { stream: { ...both, enabled: false } }, "off", "switched off"],
    [
      "a failed run beside a good one of another lane",
      { lanes: [lane("batch"), failed("push")] },
      "failing",
      "failing (push): the vendor said no",
    ],
    [
      "failed, and the next try is under way",
      { lanes: [failed("batch", "the vendor said no", { runningSince: NOW - 1_000 })] },
      "failing",
      "failing (batch): the vendor said no",
    ],
    [
      "writing failed before it was paused",
      { connection: paused, lanes: [lane("batch"), failed("push")], waiting: 2 },
      "held",
      "2 to write, paused, read 10 s ago",
    ],
    [
      "a load that failed after its end, and was read since",
      { lanes: [lane("batch"), failed("backfill", "x", { endedAt: NOW - HOUR })] },
      "ok",
      "in step, read 10 s ago",
    ],
    [
      "a load that failed and is owed",
      { loading: true, lanes: [lane("batch"), failed("backfill", "x", { endedAt: NOW - HOUR })] },
      "failing",
      "failing (backfill): x",
    ],
    [
      "the allowance is spent",
      { lanes: [failed("batch", "", { ...spent, doneAt: NOW - MIN })] },
      "waiting",
      "waits for the vendor's allowance: all 100 are used, read 60 s ago",
    ],
    [
      "spent, and past its target",
      { lanes: [failed("batch", "", { ...spent, doneAt: NOW - HOUR })] },
      "late",
      "waits for the vendor's allowance: all 100 are used, late: it was read last 60 min ago; 15 min is meant",
    ],
    [
      "spent in one lane, failing in another",
      { lanes: [failed("batch", "", { ...spent, failures: 9 }), failed("push")] },
      "failing",
      "failing (push): the vendor said no",
    ],
    [
      "to write, parked and held",
      { waiting: 3, parked: 2, held: 1 },
      "ok",
      "3 to write, 1 held until a person decides: winston duplicates list, 2 parked, read 10 s ago",
    ],
    [
      "a write waits too long",
      { waiting: 3, owedSince: NOW - HOUR },
      "late",
      "late: 3 to write, the oldest for 60 min; 15 min is meant, read 10 s ago",
    ],
    [
      "it waits while the first load runs",
      { waiting: 3, owedSince: NOW - HOUR, loading: true },
      "loading",
      "not read to the end yet, 3 to write, read 10 s ago",
    ],
    [
      "paused with writes owed",
      { connection: paused, waiting: 3, owedSince: 0 },
      "held",
      "3 to write, paused, read 10 s ago",
    ],
    [
      "observing with writes owed",
      { connection: observing, waiting: 3, owedSince: 0 },
      "held",
      "3 to write, held in observe mode, read 10 s ago",
    ],
    ["paused and nothing owed", { connection: paused }, "held", "in step, read 10 s ago, paused"],
    ["observing and nothing owed", { connection: observing }, "ok", "in step, read 10 s ago, observing"],
    [
      "an administrator is waited for",
      { connection: { ...writing, settings: { writeProblem: "make the field" } }, waiting: 1 },
      "held",
      "1 to write, make the field, read 10 s ago",
    ],
    [
      "old, with a run under way",
      { lanes: [readAgo(20 * MIN, { runningSince: NOW - 18 * MIN })] },
      "late",
      "late: it was read last 20 min ago; 15 min is meant, and a run is under way since 18 min",
    ],
    [
      "old, and nothing runs",
      { lanes: [readAgo(20 * MIN)] },
      "silent",
      "silent: it was read last 20 min ago; 15 min is meant, and nothing failed: no worker works on it",
    ],
    [
      "so old that the run that is under way is no proof",
      { lanes: [readAgo(3 * HOUR, { runningSince: NOW - 2 * HOUR })] },
      "silent",
      "silent: it was read last 3 h ago; 15 min is meant, and nothing failed: no worker works on it",
    ],
    [
      "never read since long",
      { lanes: [], madeAt: NOW - HOUR },
      "silent",
      "not read yet, silent: it was never read since it was connected 60 min ago; 15 min is meant, and nothing failed: no worker works on it",
    ],
    ["only written to", { stream: { ...both, direction: "out" }, lanes: [lane("push")] }, "ok", "in step"],
    [
      "a push is no proof of reading",
      { lanes: [lane("push")], madeAt: NOW - HOUR },
      "silent",
      "silent: it was never read since it was connected 60 min ago; 15 min is meant, and nothing failed: no worker works on it",
    ],
  ];
  for (const [what, seen, state, words] of table) {
    const found = health(seen);
    assert.deepEqual({ state: found.state, words: found.words }, { state, words }, what);
  }
});

test("no state that calls itself well has a last finished run that failed and is tried again", () => {
  for (const name of ["hints", "batch", "backfill", "push", "sweep"])
    for (const runningSince of [null, NOW - 1_000])
      for (const more of [
        {},
        { waiting: 1 },
        { parked: 3 },
        { connection: { ...writing, mode: "observe" as const } },
      ]) {
        const { state } = health({
          loading: true,
          lanes: [lane("batch"), failed(name, "no", { runningSince })],
          ...more,
        });
        // Writes that somebody holds back are not tried again: held, but never well.
        if (name === "push" && "connection" in more) assert.ok(state === "held" || state === "loading", state);
        else assert.ok(UNWELL.has(state), `${name}: ${state}`);
      }
});

test("a failing stream says why to those who ask only that", () => {
  assert.equal(failureIn(health({ lanes: [failed("push")] }).words), "the vendor said no");
  const error = { code: "vendor.budget_spent", message: "all 100 are used" };
  assert.match(failureIn(health({ lanes: [failed("batch", "", { error })] }).words)!, /^all 100 are used/u);
  assert.equal(failureIn(health().words), undefined);
});

test("the target of the lag is a setting, else three intervals and never under a quarter of an hour", () => {
  assert.equal(lagTargetMs(both), 15 * MIN);
  assert.equal(lagTargetMs({ ...both, everyMs: HOUR }), 3 * HOUR);
  const stream = { ...both, settings: { lagTargetMs: 2 * HOUR } };
  assert.equal(lagTargetMs(stream), 2 * HOUR);
  assert.equal(health({ stream, lanes: [readAgo(HOUR)] }).state, "ok");
  assert.deepEqual(health({ lanes: [readAgo(HOUR)], waiting: 1, owedSince: NOW - MIN }).lag, {
    pullMs: HOUR,
    writeMs: MIN,
    targetMs: 15 * MIN,
  });
});

test("what waits at the brake, what is frozen, and a place that died are said; so is how a failure goes on", () => {
  const stand = { lane: "batch", stuck: 0, halting: 0, crashes: 0 };
  const words = (more: Partial<Seen>): string => health(more).words;
  assert.equal(
    words({ braked: 1_200, frozen: 1 }),
    "1,200 wait at the brake until a person decides: winston brake list, 1 field frozen: winston frozen list, read 10 s ago",
  );
  const checkpoint = { reread: "no such cursor", missed: true };
  assert.match(
    words({ stands: [{ ...stand, checkpoint }] }),
    /^batch was read again from where it began, because the place where it stood had died \(no such cursor\), the vendor has forgotten deletions, so the next run looks at every known record once, /u,
  );
  const dying = health({ stands: [{ ...stand, crashes: 3 }] });
  assert.equal(dying.state, "failing");
  assert.match(dying.words, /^3 processes in a row ended in batch without getting further/u);
  const lanes = [failed("batch", "no")];
  assert.equal(words({ lanes, stands: [{ ...stand, stuck: 1 }] }), "failing (batch): no");
  assert.equal(
    words({ lanes, stands: [{ ...stand, stuck: 4 }] }),
    "failing (batch, 4 in a row without getting further): no",
  );
  assert.equal(failureIn(words({ lanes, stands: [{ ...stand, halting: 2 }] })), "no");
});
