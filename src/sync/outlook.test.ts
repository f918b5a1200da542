import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { applyingMs, applyingTold, radiusTold } from "./outlook.ts";

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
  // Many times what is usual, and few all the same.
  assert.doesNotMatch(radiusTold({ place, writes: 100, records: 2_900, days: [1, 1, 1] }), /^Unusual/u);
});

test("how long applying takes is what the requests took, and no faster than the vendor allows", () => {
  const limits = [
    { class: "calls", requests: 100, perMs: 10_000 },
    { class: "day", requests: 10, perMs: 86_400_000 },
  ];
  assert.equal(applyingMs(50, { requestMs: 300, limits }), 15_000);
  assert.equal(applyingMs(50, { requestMs: 20, limits }), 5_000);
  assert.equal(applyingMs(50, { requestMs: undefined, limits: limits.slice(1) }), null);
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
  world.clock.advance(DAY_MS);
  await world.connections.update(world.connection.id, { mode: "plan" });
  for (const { id } of people.slice(0, 30)) await world.save({ title: "all of them" }, id);
  const { id } = await world.plans.create({}, "tester");
  const { notes } = await world.plans.settled(id);
  assert.ok(
    notes.includes("Unusual: tern person: 30 records, 50 % of 60; usual is 1 a day (1.7 %)."),
    notes.join("\n"),
  );
});
