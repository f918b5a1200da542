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
