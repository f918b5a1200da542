import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { applyingTold, radiusTold } from "./outlook.ts";

test("what a plan writes is said beside what is usual, and what is far beyond it says so first", () => {
  const place = "acme lead";
  assert.equal(
    radiusTold({ place, writes: 1_189, records: 2_900, days: [20, 23, 400] }),
    "Unusual: acme lead: 1,189 records, 41 % of 2,900; usual is 23 a day (0.8 %).",
  );
  assert.equal(
    radiusTold({ place, writes: 40, records: 2_900, days: [20, 23, 24, 400] }),
    "acme lead: 40 records, 1.4 % of 2,900; usual is 24 a day (0.8 %).",
  );
  assert.equal(
    radiusTold({ place, writes: 1, records: 0, days: [20, 23] }),
    "acme lead: 1 record; what is usual there is not known yet.",
  );
  // Before anything is usual, the same holds as for the brake: more than 50, and more than one in twenty.
  const unknown = { place, days: [20, 23] };
  assert.equal(
    radiusTold({ ...unknown, writes: 180, records: 240 }),
    "Unusual: acme lead: 180 records, 75 % of 240; what is usual there is not known yet, and this is much at once.",
  );
  assert.match(radiusTold({ ...unknown, writes: 51, records: 0 }), /^Unusual: acme lead: 51 records; what/u);
  assert.doesNotMatch(radiusTold({ ...unknown, writes: 50, records: 60 }), /^Unusual/u);
  assert.doesNotMatch(radiusTold({ ...unknown, writes: 60, records: 1_200 }), /^Unusual/u);
  assert.match(radiusTold({ ...unknown, writes: 61, records: 1_200 }), /^Unusual/u);
  // Many times what is usual, and few all the same.
  assert.doesNotMatch(radiusTold({ place, writes: 100, records: 2_900, days: [1, 1, 1] }), /^Unusual/u);
});

test("how long applying takes is said so that a person reads it", () => {
  assert.deepEqual(
    [200, 80_000, 1_200_000, 9_000_000].map((ms) => applyingTold("crm", ms)),
    ["1 s", "80 s", "20 min", "2.5 h"].map((length) => `crm: applying takes about ${length}, once it begins.`),
  );
});

test("a plan says how much of a stream it writes, beside the days before", async () => {
  const DAY_MS = 86_400_000;
  await using world = await createTernWorld((tern) => {
    for (let index = 0; index < 60; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  });
  const people = await world.people();
  for (let day = 0; day < 3; day++) {
    world.clock.advance(DAY_MS);
    await world.save({ title: `day ${day}` }, people[day]!.id);
    await world.settle();
  }
  await world.connections.update(world.connection.id, { mode: "plan" });
  for (const { id } of people.slice(0, 30)) await world.save({ title: "all of them" }, id);
  const told = async (): Promise<string> => {
    const { id } = await world.plans.create({}, "tester");
    const { notes } = await world.plans.settled(id);
    return notes.find((note) => note.includes("tern person: "))!;
  };
  const unknown = "tern person: 30 records, 50 % of 60; what is usual there is not known yet.";
  assert.equal(await told(), unknown, "a first load is no day of writing, and today is not over");
  world.clock.advance(DAY_MS);
  assert.equal(await told(), "Unusual: tern person: 30 records, 50 % of 60; usual is 1 a day (1.7 %).");
  world.clock.advance(40 * DAY_MS);
  assert.equal(await told(), unknown, "what is long ago is not usual");
});
