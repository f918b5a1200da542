import assert from "node:assert/strict";
import { test } from "node:test";
import { insertIntents } from "../store/intent.ts";
import { noteWakes } from "../store/lane.ts";
import { sql } from "../store/sql.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

/** Two connections that are written by plan only, and a plan with a line at each. */
async function createPlanned() {
  const world = await createTernWorld((tern) => tern.add("person", ann), { mode: "plan" });
  const other = await world.connect("other", "plan");
  await world.settle();
  const [person] = await world.people();
  // Made at the other by a plan of its own, so that the next one changes both.
  await applied(world, await planned(world));
  await world.save({ lastName: "Low" }, person!.id);
  const planId = await planned(world);
  assert.deepEqual(await linesOf(world, planId), ["other update open", "tern update open"]);
  return { world, other, planId, personId: person!.id };
}

async function planned(world: TernWorld): Promise<string> {
  const plan = await world.plans.settled((await world.plans.create({}, "tester")).id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  return plan.id;
}

async function applied(world: TernWorld, planId: string): Promise<void> {
  await world.plans.apply(planId, {}, "tester");
  await world.settle();
  await world.engine.tick();
  await world.settle();
  assert.equal((await world.plans.get(planId)).state, "applied");
}

const linesOf = async (world: TernWorld, planId: string): Promise<string[]> =>
  (await world.plans.items(planId, { class: "write", limit: 100 }))
    .map((one) => `${one.connection} ${one.op} ${one.state}`)
    .toSorted();

const reasonsOf = async (world: TernWorld, planId: string) =>
  (await world.plans.items(planId, { class: "write", limit: 100 })).flatMap(({ reason }) => reason ?? []);

const lastNames = (side: TernWorld["tern"]): unknown[] => side.living("person").map(([, row]) => row.fields["last"]);

const failedRuns = async (world: TernWorld) =>
  (await world.runs.list({ limit: 100 })).filter((run) => run.state === "failed").map((run) => run.error?.message);

test("a plan is applied to its end where one of its connections was removed since: that one's lines say so, all else is written", async () => {
  const { world, other, planId } = await createPlanned();
  await using _ = world;
  await world.connections.remove(other.id);
  await applied(world, planId);
  assert.deepEqual(await linesOf(world, planId), ["other update skipped", "tern update done"]);
  assert.deepEqual(await reasonsOf(world, planId), ["Connection other was removed, so nothing is written there."]);
  assert.deepEqual([lastNames(world.tern), lastNames(world.other)], [["Low"], ["Lee"]]);
  assert.deepEqual(await failedRuns(world), []);
});

test("a connection that is removed while a plan is applied ends its own lines, and that plan and others go on", async () => {
  const { world, other, planId, personId } = await createPlanned();
  await using _ = world;
  await world.plans.apply(planId, {}, "tester");
  await world.connections.remove(other.id);
  await world.settle();
  await world.engine.tick();
  await world.settle();
  assert.equal((await world.plans.get(planId)).state, "applied");
  assert.deepEqual(await linesOf(world, planId), ["other update skipped", "tern update done"]);
  await world.save({ title: "Boss" }, personId);
  await applied(world, await planned(world));
  assert.deepEqual(await failedRuns(world), []);
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("a plan of which every line was at a removed connection is applied at once, and writes nothing", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  await world.save({ lastName: "Low" }, person!.id);
  const planId = await planned(world);
  await world.connections.remove(world.connection.id);
  await world.plans.apply(planId, {}, "tester");
  assert.equal((await world.plans.get(planId)).state, "applied");
  assert.deepEqual(await linesOf(world, planId), ["tern update skipped"]);
  assert.deepEqual(world.tern.writes, []);
});

test("of a removed connection nothing is left that was owed to it, waits for it or would wake it", async () => {
  await using world = await createTernWorld((tern, _, other) => [tern, other].forEach((one) => one.add("person", ann)));
  const gone = await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  const [stream] = (await world.connections.streams(gone.id)).filter((one) => one.key === "person");
  world.other.faults.push({ refuse: "no", field: "last", when: () => true });
  await world.save({ lastName: "Refused" }, person!.id);
  await world.settle();
  // What a push left out, an attempt whose process died, and a run that nobody ended.
  const at = new Date(world.clock.now());
  await world.database.run(sql`
    insert into pending_push (stream_id, entity_id, field, target_entity_id, created_at) values (${stream!.id}, ${person!.id}::uuid, 'account', ${person!.id}::uuid, ${at})`);
  await world.database.run(sql`
    insert into pending_reference (stream_id, record_id, field, connection_id, target_kind, target_id, created_at) values (${stream!.id}, 'p9', 'account', ${gone.id}::uuid, 'account', 'c9', ${at})`);
  await world.database.run(sql`
    insert into attempt (id, stream_id, epoch, op, entity_id, version, sent, body, fillers, at) values (gen_random_uuid(), ${stream!.id}, 1, 'create', ${person!.id}::uuid, 1, '{}', '{}', '{}', ${at})`);
  await world.database.run(sql`
    insert into run (id, stream_id, lane, epoch, state, trigger, started_at) values (gen_random_uuid(), ${stream!.id}, 'push', 1, 'running', 'test', ${at})`);
  const owed = async (): Promise<Record<string, number>> => {
    const id = stream!.id;
    const rows = await world.database.rows<{ name: string; count: number }>(sql`
      select 'intent' as name, count(*) as count from intent where stream_id = ${id}
      union all select 'parked', count(*) from parked where stream_id = ${id}
      union all select 'attempt', count(*) from attempt where stream_id = ${id}
      union all select 'pending push', count(*) from pending_push where stream_id = ${id}
      union all select 'pending reference', count(*) from pending_reference where stream_id = ${id}
      union all select 'wake', count(*) from wake where stream_id = ${id}
      union all select 'running', count(*) from run where stream_id = ${id} and state = 'running'`);
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  };
  const before = await owed();
  for (const [table, count] of Object.entries(before)) assert.ok(count > 0, `${table} holds nothing to be taken away`);
  await world.connections.remove(gone.id);
  assert.deepEqual(await owed(), Object.fromEntries(Object.keys(before).map((table) => [table, 0])));
});

test("who decided before a connection was removed owes it nothing afterwards, wakes none of its streams, and goes on", async () => {
  await using world = await createTernWorld();
  const gone = await world.connect("other");
  await world.settle();
  const { id: streamId } = await world.stream("person", gone.id);
  const lives = await world.stream("person");
  await world.connections.remove(gone.id);
  const streams = [streamId, lives.id];
  const entityId = await world.save({ lastName: "Lee" });
  await world.database.transaction((tx) =>
    insertIntents(
      tx,
      streams.map((id) => ({ streamId: id, entityId, op: "upsert" as const, version: 9 })),
      world.clock.now(),
    ),
  );
  const woken = await noteWakes(
    world.database,
    streams.map((id) => ({ streamId: id, lane: "sweep" as const })),
  );
  assert.deepEqual(
    woken.map((one) => one.streamId),
    [lives.id],
  );
  const owed = await world.database.rows<{ id: number }>(sql`select stream_id as id from intent`);
  assert.deepEqual(owed, [{ id: lives.id }]);
});

test("why a value stands names the connection that it came from, also once that was removed", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const told = async () => {
    const { set } = (await world.why.explain(person!.id, { field: "lastName" })).fields[0]!;
    return [set.by, set.stream];
  };
  const before = await told();
  assert.deepEqual(before, ["connection:tern", "tern person"]);
  await world.connections.remove(world.connection.id);
  assert.deepEqual(await told(), before);
});
