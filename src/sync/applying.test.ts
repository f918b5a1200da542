import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { mortal } from "../../test/support/database.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

const bob = { first: "Bob", last: "Ray", mail: "bob@example.com", tel: "5", firm: "Bolt" };
const refused = (words: RegExp) => (thrown: unknown) => {
  assert.ok(isError(thrown, "request.conflict"), String(thrown));
  assert.match(thrown.message, words);
  return true;
};

async function planOf(world: TernWorld, ask: { connection?: string; stream?: string } = {}) {
  const { id } = await world.plans.create(ask, "tester");
  const plan = await world.plans.settled(id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  return { ...plan, items: await world.plans.items(id, { limit: 1_000 }) };
}

const statesOf = async (world: TernWorld, id: string) =>
  (await world.plans.items(id, { class: "write", limit: 100 })).map((one) => [one.connection, one.state, one.reason]);

/** A process applies a plan and is killed before a step; returns whether there was such a step. */
async function applyAndDie(world: TernWorld, planId: string, step: number): Promise<boolean> {
  const body = mortal(world.database, step, "before");
  const dying = await world.another(100 + step, body);
  await dying.plans
    .apply(planId, {}, "tester")
    .then(() => dying.settle())
    .catch((thrown: unknown) => {
      if (!body.dead()) throw thrown;
    });
  return body.dead();
}

test("killed before any step of applying, another process ends the plan: all of it is written once, and nothing beside it", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)), {
    mode: "plan",
  });
  const [one, two] = await world.people();
  const there = (id: string, field: string): unknown =>
    world.tern.people.get(id === one!.id ? recordOf[one!.id]! : recordOf[two!.id]!)!.fields[field];
  const recordOf: Record<string, string> = {};
  for (const { id } of [one!, two!])
    recordOf[id] = (await world.records.get("person", undefined, id)).links![0]!.recordId;
  let killed = 0;
  for (let step = 1; ; step++) {
    const why = `killed before step ${step}`;
    await world.save({ lastName: `One ${step}` }, one!.id);
    await world.save({ lastName: `Two ${step}` }, two!.id);
    const plan = await planOf(world);
    const lines = plan.items.filter((line) => line.class === "write");
    assert.equal(lines.length, 2, why);
    const wrote = world.tern.writes.length;
    const isKilled = await applyAndDie(world, plan.id, step);
    // Killed before anybody approved it: it is as it was, and can be applied.
    if ((await world.plans.get(plan.id)).state === "ready") {
      assert.equal(world.tern.writes.length, wrote, why);
      await world.plans.apply(plan.id, {}, "tester");
    }
    await world.settle();
    // Where all was written already, the clock ends it.
    await world.engine.tick();
    await world.settle();
    assert.equal((await world.plans.get(plan.id)).state, "applied", why);
    assert.deepEqual([there(one!.id, "last"), there(two!.id, "last")], [`One ${step}`, `Two ${step}`], why);
    const rows = world.tern.writes.slice(wrote).flatMap(({ ids }) => ids);
    assert.deepEqual(rows.toSorted(), Object.values(recordOf).toSorted(), `${why}: each is written once`);
    if (!isKilled) break;
    killed += 1;
  }
  assert.ok(killed > 5, `it was killed ${killed} times`);
});

test("killed before any step of applying an undo, another process ends it: all of it is put back, and written once", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)));
  const people = await world.people();
  let killed = 0;
  for (let step = 1; ; step++) {
    const why = `killed before step ${step}`;
    const since = world.clock.now();
    world.clock.advance(1_000);
    for (const { id } of people) await world.save({ lastName: `Wrong ${step}` }, id);
    await world.settle();
    const plan = await world.plans.settled((await world.plans.undo({ since }, "tester")).id);
    assert.equal(plan.state, "ready", JSON.stringify(plan.error));
    const wrote = world.tern.writes.length;
    const isKilled = await applyAndDie(world, plan.id, step);
    // Killed before anybody approved it: nothing of it was done here either.
    if ((await world.plans.get(plan.id)).state === "ready") {
      const names = (await world.people()).map((one) => one.fields["lastName"]);
      assert.deepEqual(new Set(names), new Set([`Wrong ${step}`]), why);
      await world.plans.apply(plan.id, {}, "tester");
    }
    await world.settle();
    await world.engine.tick();
    await world.settle();
    assert.equal((await world.plans.get(plan.id)).state, "applied", why);
    const names = world.tern.living("person").map(([, row]) => row.fields["last"]);
    assert.deepEqual(names, ["Lee", "Ray"], why);
    const rows = world.tern.writes.slice(wrote).flatMap(({ ids }) => ids);
    assert.deepEqual(
      rows.toSorted(),
      world.tern.living("person").map(([id]) => id),
      `${why}: each is written once`,
    );
    if (!isKilled) break;
    killed += 1;
  }
  assert.ok(killed > 5, `it was killed ${killed} times`);
});

test("what is approved for somebody is kept with that name, and a thing is left out by its id", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)), {
    mode: "plan",
  });
  const [one, two] = await world.people();
  await world.save({ lastName: "One" }, one!.id);
  await world.save({ lastName: "Two" }, two!.id);
  const plan = await planOf(world);
  const counted = async (of: Pick<typeof plan, "id">) =>
    (await world.plans.get(of.id)).totals.flatMap((one) => (one.class === "write" ? [[one.state, one.count]] : []));
  assert.deepEqual(await counted(plan), [["open", 2]], "counted once, when it was ready");
  const how = { excludeRecords: [one!.id], approvedBy: "Ana" };
  const ahead = await world.plans.apply(plan.id, { ...how, dryRun: true }, "key:robot");
  assert.deepEqual(
    ahead.totals.filter((of) => of.class === "write").map((of) => [of.state, of.count]),
    [
      ["excluded", 1],
      ["open", 1],
    ],
  );
  assert.deepEqual([(await world.plans.get(plan.id)).state, await counted(plan)], ["ready", [["open", 2]]]);
  await world.plans.apply(plan.id, how, "key:robot");
  assert.deepEqual(
    await counted(plan),
    [
      ["excluded", 1],
      ["open", 1],
    ],
    "and again, now that lines are left out",
  );
  await world.settle();
  const done = await world.plans.get(plan.id);
  assert.deepEqual(
    [done.state, done.createdBy, done.approvedBy, done.appliedBy],
    ["applied", "tester", "Ana", "key:robot"],
  );
  assert.equal(world.tern.writes.flatMap(({ ids }) => ids).length, 1);
  const states = await world.plans.items(plan.id, { class: "write", limit: 10 });
  assert.deepEqual(Object.fromEntries(states.map((line) => [line.entityId, line.state])), {
    [one!.id]: "excluded",
    [two!.id]: "done",
  });
});

test("what is left out where the sync writes by itself would be written all the same: that is refused, and nothing is approved", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  await world.save({ lastName: "Leigh" }, person!.id);
  const plan = await planOf(world);
  const [line] = plan.items.filter((one) => one.class === "write");
  await assert.rejects(
    world.plans.apply(plan.id, { exclude: [line!.number] }, "tester"),
    refused(/^Connection tern writes by itself, .*`winston connections mode tern plan`/u),
  );
  assert.deepEqual(
    [(await world.plans.get(plan.id)).state, await statesOf(world, plan.id)],
    ["ready", [["tern", "open", null]]],
  );
});

test("a plan of one connection shows what its sync would write anywhere; where a connection observes, its lines are left out with the reason", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  await world.connect("other", "observe");
  await world.settle();
  world.other.add("person", { ...bob, mail: "cy@example.com" });
  world.tern.edit("person", "person_000001", { tel: "2" });
  const [person] = await world.people();
  await world.save({ lastName: "Leigh" }, person!.id);
  const plan = await planOf(world, { connection: "tern" });
  const lines = plan.items.filter((one) => one.class === "write").map((one) => [one.connection, one.op, one.title]);
  assert.deepEqual(lines, [
    ["tern", "update", "Ann Leigh"],
    ["other", "create", "Ann Leigh"],
  ]);
  assert.ok(plan.notes.includes("Only tern was read."), plan.notes.join(" "));
  await world.plans.apply(plan.id, {}, "tester");
  await world.settle();
  assert.deepEqual(
    (await statesOf(world, plan.id)).map(([connection, state]) => [connection, state]),
    [
      ["tern", "done"],
      ["other", "skipped"],
    ],
  );
  assert.match(String((await statesOf(world, plan.id))[1]![2]), /^Connection other is in observe/u);
  assert.deepEqual([world.tern.people.get("person_000001")!.fields["last"], world.other.writes], ["Leigh", []]);
  assert.equal((await world.plans.get(plan.id)).state, "applied");
});

test("a plan of one stream reads that stream alone, wherever it is", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  world.tern.add("person", bob);
  world.tern.add("company", { title: "Bolt" });
  const plan = await planOf(world, { stream: "company" });
  assert.deepEqual([plan.stream, plan.notes.at(-1)], ["company", "Only tern company was read."]);
  assert.deepEqual(
    plan.items.map((one) => [one.class, one.kind]),
    [["here", "account"]],
  );
});

test("what is left out and is not in the plan is refused with its number or its id, and nothing is written", async () => {
  await using world = await createTernWorld((tern) => [ann, bob].forEach((one) => tern.add("person", one)), {
    mode: "plan",
  });
  const [one, two] = await world.people();
  await world.save({ lastName: "One" }, one!.id);
  world.tern.edit("person", "person_000002", { tel: "77" });
  const plan = await planOf(world);
  const here = (await world.plans.items(plan.id, { class: "here", limit: 5 }))[0]!.number;
  const refused = async (how: Parameters<TernWorld["plans"]["apply"]>[1], words: RegExp, pointers: string[]) =>
    assert.rejects(world.plans.apply(plan.id, how, "tester"), (thrown) => {
      assert.ok(isError(thrown, "request.invalid"), String(thrown));
      assert.match(thrown.message, words);
      assert.deepEqual(
        thrown.problems.map((problem) => problem.pointer),
        pointers,
      );
      return true;
    });
  await refused({ exclude: [1, 999] }, /writes nothing that is #999, so it cannot be left out/u, ["/exclude/1"]);
  await refused({ exclude: [here] }, new RegExp(`nothing that is #${here},`, "u"), ["/exclude/0"]);
  await refused({ excludeRecords: [two!.id] }, new RegExp(`nothing that is ${two!.id},`, "u"), ["/excludeRecords/0"]);
  await refused({ exclude: [999], dryRun: true }, /#999/u, ["/exclude/0"]);
  assert.equal((await world.plans.get(plan.id)).state, "ready");
  assert.deepEqual(world.tern.writes, []);
});
