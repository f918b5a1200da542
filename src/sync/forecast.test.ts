import assert from "node:assert/strict";
import { test } from "node:test";
import { createTernWorld } from "../../test/support/world.ts";
import { forecast, type Day, type Work } from "./forecast.ts";

const at = (time: string): number => Date.parse(`2026-01-05T${time}Z`);
const now = at("14:00:00");
/** A quarter done in five minutes with 1,425 requests: 15 more minutes, 4,275 more requests. */
const work: Work = { what: "the first load", done: 25_000, total: 100_000, requests: 1_425, startedAt: at("13:55:00") };
const day: Day = { used: 3_000, allowed: 15_000, kept: 1_500 };

test("what is under way ends when the rest is done at the pace so far, and its part of the day is told with it", () => {
  assert.equal(forecast(work, day, now), "the first load ends about 14:15 UTC and uses 38 % of today");
  assert.equal(forecast(work, null, now), "the first load ends about 14:15 UTC", "a vendor that gives no account");
  const slow = { ...work, total: 5_000_000 };
  assert.match(forecast(slow, null, now)!, /ends about 2026-01-06 06:35 UTC$/u, "another day is named");
  const few = { ...work, requests: 10 };
  assert.match(forecast(few, day, now)!, /uses less than 1 % of today$/u);
  assert.match(forecast({ ...work, done: 100_000 }, day, now)!, /ends about 14:00 UTC/u);
});

test("where the day does not suffice it says when it is used up, and that the work goes on by itself", () => {
  // Of the 13,500 that are not kept for others 1,425 are left: as many as the last five minutes took.
  const words = forecast(work, { ...day, used: 12_075 }, now);
  assert.equal(
    words,
    "the first load needs 4,275 more requests: its share of today is used up about 14:05 UTC, and it goes on by itself when the vendor gives more",
  );
  assert.match(forecast(work, { ...day, used: 14_000 }, now)!, /share of today is used up, and/u);
});

test("what nobody can tell is not guessed", () => {
  assert.equal(
    forecast({ ...work, total: null }, day, now),
    "the first load takes 5,000 records a minute; how many there are is not known",
  );
  assert.equal(forecast({ ...work, startedAt: now - 1_000 }, day, now), null, "it has only begun");
  assert.equal(forecast({ ...work, done: 3 }, day, now), null);
});

test("a stream tells of its first load and of a full reading while they run, and of neither afterwards", async () => {
  await using world = await createTernWorld();
  const { other, clock } = world;
  for (let index = 0; index < 100; index++)
    other.add("person", { first: "A", last: `B${index}`, mail: `b${index}@example.com`, tel: "1", firm: "x" });
  other.pageSize = 25;
  other.tellsLeft = true;
  const told: string[] = [];
  const people = async () => (await world.connections.streams()).find((one) => one.key === "person" && one.id > 2)!;
  other.beforePage = async (page) => {
    clock.advance(60_000);
    if (page > 0) told.push((await people()).health);
  };
  const { id } = await world.connect("other");
  await world.settle();
  assert.ok(
    told.some((words) => /^the first load ends about \d\d:\d\d UTC/u.test(words)),
    told.join("\n"),
  );
  told.length = 0;
  other.tellsLeft = false;
  await world.sync(id, true);
  assert.ok(
    told.some((words) => /^the full reading ends about \d\d:\d\d UTC/u.test(words)),
    told.join("\n"),
  );
  assert.doesNotMatch((await people()).health, /ends about/u);
});
