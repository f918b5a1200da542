import assert from "node:assert/strict";
import { test } from "node:test";
import { failureIn, healthOf } from "./health.ts";

type Seen = Parameters<typeof healthOf>[0];

const run = (lane: string, state: string, endedAt: number | null, message?: string): Seen["runs"][number] => ({
  lane,
  state,
  endedAt,
  error: message === undefined ? null : { message },
});

const health = (more: Partial<Seen> = {}): string =>
  healthOf({
    connection: { problem: null, paused: false, mode: "write" },
    stream: { enabled: true, direction: "both" },
    runs: [run("batch", "done", 90_000)],
    linked: 10,
    parked: 0,
    waiting: 0,
    held: 0,
    now: 100_000,
    ...more,
  });

test("a stream whose last runs ended well is in step, and says since when that is known", () => {
  assert.equal(health(), "in step, read 10 s ago");
});

test("a failed run is never hidden by a good one of another lane", () => {
  const runs = [run("batch", "done", 95_000), run("push", "failed", 90_000, "the vendor said no")];
  assert.equal(health({ runs }), "failing (push): the vendor said no");
  assert.equal(failureIn(health({ runs })), "the vendor said no");
  assert.equal(failureIn(health()), undefined);
});

test("a stream that was never read does not call itself well", () => {
  assert.equal(health({ runs: [] }), "not read yet");
  assert.equal(health({ runs: [run("batch", "stopped", 90_000)] }), "not read yet");
});

test("what stands in the way is said: the connection's problem before all, then being switched off", () => {
  const connection = { problem: "the key was refused", paused: false, mode: "write" } as const;
  assert.equal(health({ connection, stream: { enabled: false, direction: "both" } }), "stopped: the key was refused");
  assert.equal(health({ stream: { enabled: false, direction: "both" } }), "switched off");
});

test("what waits and what is parked is counted, with why it waits", () => {
  assert.equal(health({ waiting: 3, parked: 2 }), "3 to write, 2 parked, read 10 s ago");
  const paused = { problem: null, paused: true, mode: "write" } as const;
  assert.equal(health({ waiting: 3, connection: paused }), "3 to write, paused, read 10 s ago");
  const observing = { problem: null, paused: false, mode: "observe" } as const;
  assert.equal(health({ waiting: 3, connection: observing }), "3 to write, held in observe mode, read 10 s ago");
});

test("a first load under way is said, and a push is no proof of reading", () => {
  assert.equal(health({ runs: [run("backfill", "running", null)] }), "first load under way");
  assert.equal(health({ runs: [run("push", "done", 99_000)] }), "in step");
});

test("what waits at the brake, what is frozen, and a place that died are said; so is how a failure goes on", () => {
  const lane = { lane: "batch", stuck: 0, halting: 0, crashes: 0 };
  assert.equal(
    health({ braked: 1_200, frozen: 1 }),
    "1,200 wait at the brake until a person decides: winston brake list, 1 field frozen: winston frozen list, read 10 s ago",
  );
  const checkpoint = { reread: "no such cursor", missed: true };
  assert.equal(
    health({ lanes: [{ ...lane, checkpoint }] }),
    "batch was read again from where it began, because the place where it stood had died (no such cursor), the vendor has forgotten deletions, so the next run looks at every known record once, read 10 s ago",
  );
  assert.match(health({ lanes: [{ ...lane, crashes: 3 }] }), /^3 processes in a row ended in batch without getting/u);
  const runs = [run("batch", "failed", 90_000, "no")];
  assert.equal(health({ runs, lanes: [{ ...lane, stuck: 1 }] }), "failing (batch): no");
  assert.equal(
    health({ runs, lanes: [{ ...lane, stuck: 4 }] }),
    "failing (batch, 4 in a row without getting further): no",
  );
  assert.equal(failureIn(health({ runs, lanes: [{ ...lane, halting: 2 }] })), "no");
});
