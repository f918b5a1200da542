import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { Leave, seenFrom, writeProblemOf } from "./leave.ts";
import type { ConnectionRow } from "../store/connection.ts";
import { sql } from "../store/sql.ts";

const person = (index: number): Record<string, unknown> => ({
  lastName: `Person ${index}`,
  email: `person${index}@example.com`,
  company: "Acme",
});

/** Three batches' worth of new people, owed and not sent. */
async function owing(world: TernWorld): Promise<void> {
  await world.saveAll(
    "person",
    Array.from({ length: 150 }, (_, index) => person(index)),
  );
}

test("a pause in the middle of a push lets the batch under way end and sends no other; what was not sent is owed, and goes on later", async () => {
  await using world = await createTernWorld();
  await owing(world);
  world.tern.afterWrite = async () => {
    if (world.tern.writes.length === 1) await world.connections.update(world.connection.id, { paused: true });
  };
  await world.settle();
  assert.equal(world.tern.living("person").length, 50, "one batch");
  const [run] = await world.runs.list({ limit: 1, stream: "person" } as never);
  assert.equal(run!.state, "stopped");
  assert.match(run!.error!.message, /Writing at tern was paused/u);
  const stream = await world.stream("person");
  assert.deepEqual([stream.state, stream.counts.waiting], ["held", 100], "no failure, and nothing is lost");

  world.tern.afterWrite = undefined;
  await world.engine.tick();
  await world.settle();
  assert.equal(world.tern.writes.length, 1, "no tick writes while it is paused");
  await world.connections.update(world.connection.id, { paused: false });
  await world.settle();
  assert.equal(world.tern.living("person").length, 150);
});

for (const [how, change] of [
  ["its mode becomes observe", { mode: "observe" }],
  ["its mode becomes plan", { mode: "plan" }],
  ["less of it is rolled out", { rollout: { percent: 0 } }],
] as const)
  test(`writing stops between two batches also when ${how}`, async () => {
    await using world = await createTernWorld();
    await owing(world);
    world.tern.afterWrite = async () => {
      if (world.tern.writes.length === 1) await world.connections.update(world.connection.id, change);
    };
    await world.settle();
    assert.equal(world.tern.living("person").length, 50);
  });

test("one call is asked about until its first request was answered, and the next call anew", async () => {
  const leave = new Leave();
  let asked = 0;
  await leave.ask();
  leave.guard(async () => void (asked += 1));
  await leave.ask();
  await leave.ask();
  assert.equal(asked, 2, "a request that is tried again is asked about again");
  leave.begun();
  await leave.ask();
  assert.equal(asked, 2);
  leave.guard(async () => {
    throw new Error("withheld");
  });
  await assert.rejects(leave.ask(), /withheld/u);
});

test("a staging Winston sees a production account as one that is written nothing, and a production one does not", () => {
  const real = { name: "acme", environment: "production", settings: {} } as unknown as ConnectionRow;
  assert.equal(seenFrom("production", real), real);
  assert.match(writeProblemOf(seenFrom("staging", real))!, /staging one .* acme opens a production/u);
  const sandbox = { ...real, environment: "sandbox" };
  assert.equal(seenFrom("staging", sandbox), sandbox);
});

test("a staging Winston reads a production account, writes nothing there, applies no plan, and owes nothing that is waited for", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann), { environment: "staging" });
  await world.database.run(sql`update connection set environment = 'production'`);
  assert.equal((await world.people()).length, 1);
  await world.save(person(1));
  await world.engine.tick();
  await world.settle();
  assert.deepEqual(world.tern.writes, []);
  const [connection] = await world.connections.list();
  assert.match(connection!.problem!, /staging one .* nothing is written there/u);
  assert.equal((await world.connections.quiet()).quiet, true);
  const plan = await world.plans.settled((await world.plans.create({}, "test")).id);
  assert.equal(plan.totals.filter((one) => one.class === "write").length, 1, "what it would write is shown");
  await assert.rejects(world.plans.apply(plan.id, {}, "test"), /Nothing was written\. This Winston is a staging one/u);
});
