// Pages that are older than what is known: the next page is on its way while this one commits, and lanes of one stream run side by side.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { Connector, Page } from "../connector/contract.ts";
import type { Lane } from "../store/lane.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

/** A world with Ann on both sides, whose next page of people can be held between being read and being given out. */
async function createHeldWorld() {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  const recordId = tern.add("person", ann);
  let hold: (() => Promise<void>) | undefined;
  const plain = ternConnector(tern);
  const { person } = plain.streams;
  const pull: typeof person.pull = async function* (api, request): AsyncGenerator<Page> {
    for await (const page of person.pull(api, request)) {
      const held = hold;
      hold = undefined;
      await held?.();
      yield page;
    }
  };
  const connector: Connector = { ...plain, streams: { ...plain.streams, person: { ...person, pull } } };
  const winston = await createTestEngine({ tern: connector }, { clock });
  const connection = await winston.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await winston.settle();
  clock.advance(10_000);
  const stream = (await winston.connections.streams(connection.id)).find((one) => one.key === "person")!;
  const run = (lane: Lane) =>
    winston.engine.runLane({ streamId: stream.id, lane, trigger: "test", signal: winston.signal });
  const [entity] = await winston.records.list({ kind: "person", limit: 10 });
  return {
    ...winston,
    tern,
    recordId,
    entityId: entity!.id,
    run,
    /** A full reading whose page is read, and given out only after `meanwhile`. */
    readingWhile: async (meanwhile: () => Promise<void>) => {
      hold = async () => {
        clock.advance(10_000);
        await meanwhile();
        clock.advance(10_000);
      };
      await winston.connections.sync(connection.id, { trigger: "test", full: true });
      await run("backfill");
    },
    person: () => winston.records.get("person", undefined, entity!.id),
  };
}

test("a page read before our own write was seen again does not undo it", async () => {
  await using world = await createHeldWorld();
  await world.readingWhile(async () => {
    await world.records.save([{ id: world.entityId, input: { title: "2" } }], {
      kind: "person",
      mode: "update",
      unknownKeys: "error",
      actor: "test",
    });
    await world.run("push");
    await world.run("batch");
  });
  assert.equal((await world.person()).fields["title"], "2");
  await world.settle();
  assert.equal((await world.person()).fields["title"], "2");
  assert.equal(world.tern.people.get(world.recordId)!.fields["tel"], "2");
});

test("what Winston wrote and somebody put back before it was seen there is their edit; what a lagging page shows once more is none", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [[id, row]] = world.tern.living("person") as [ReturnType<typeof world.tern.living>[0]];
  const [before, stamp] = [{ ...row.fields }, row.changedAt];
  world.clock.advance(1_000);
  await world.save({ title: "written" }, person!.id);
  await world.settle();
  const [after, later] = [{ ...row.fields }, row.changedAt];
  // The index has not heard of it.
  Object.assign(row, { fields: before, changedAt: stamp });
  await world.sync(world.connection.id, true);
  assert.equal((await world.people())[0]!.fields["title"], "written");
  Object.assign(row, { fields: after, changedAt: later });
  world.clock.advance(1_000);
  world.tern.edit("person", id, { tel: before["tel"] });
  await world.cycle();
  assert.deepEqual([(await world.people())[0]!.fields["title"], row.fields["tel"]], ["1", "1"]);
  const writes = world.tern.writes.length;
  await world.cycle();
  assert.equal(world.tern.writes.length, writes);
});

test("what a vendor puts back in the very moment of our write, under its stamp, is an edit of the vendor's", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  world.tern.tellsStamps = true;
  const [person] = await world.people();
  const [[, row]] = world.tern.living("person") as [ReturnType<typeof world.tern.living>[0]];
  const before = { ...row.fields };
  world.clock.advance(1_000);
  await world.save({ title: "written" }, person!.id);
  await world.settle();
  assert.equal(row.fields["tel"], "written");
  Object.assign(row, { fields: before });
  await world.sync(world.connection.id, true);
  assert.equal((await world.people())[0]!.fields["title"], "1");
});

test("a version between the last one seen and our own write, which an index that lags shows afterwards, is no edit", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  world.tern.tellsStamps = true;
  const [person] = await world.people();
  const [[, row]] = world.tern.living("person") as [ReturnType<typeof world.tern.living>[0]];
  const before = { ...row.fields };
  world.clock.advance(2_000);
  await world.save({ title: "written" }, person!.id);
  await world.settle();
  const [after, later] = [{ ...row.fields }, row.changedAt];
  // Something touched the record before the write, and left its values: a stamp that nobody has seen.
  Object.assign(row, { fields: before, changedAt: later - 1_000 });
  await world.sync(world.connection.id, true);
  assert.equal((await world.people())[0]!.fields["title"], "written");
  Object.assign(row, { fields: after, changedAt: later });
  await world.cycle();
  assert.deepEqual([(await world.people())[0]!.fields["title"], row.fields["tel"]], ["written", "written"]);
});

test("a page read before a record was deleted here does not bring it back", async () => {
  await using world = await createHeldWorld();
  await world.readingWhile(async () => {
    await world.records.remove("person", world.entityId, "test");
    await world.run("push");
  });
  await world.settle();
  const changes = (await world.records.history("person", world.entityId)).map((entry) => [
    entry.actor,
    Object.keys(entry.changes),
  ]);
  assert.deepEqual(changes, [["test", ["deletedAt"]]]);
});

test("a page read before a record was deleted at the vendor does not bring it back", async () => {
  await using world = await createHeldWorld();
  await world.readingWhile(async () => {
    world.tern.remove("person", world.recordId);
    await world.run("batch");
  });
  await world.settle();
  const changes = (await world.records.history("person", world.entityId)).map((entry) => [
    entry.actor,
    Object.keys(entry.changes),
  ]);
  assert.deepEqual(changes, [["connection:tern", ["deletedAt"]]]);
});

test("a value that our own write replaced before any answer showed it is kept in the ledger when a late page shows it, once, and can be had back", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  world.tern.tellsStamps = true;
  const [person] = await world.people();
  const [[, row]] = world.tern.living("person") as [ReturnType<typeof world.tern.living>[0]];
  const before = { ...row.fields };
  world.clock.advance(3_000);
  await world.save({ title: "written" }, person!.id);
  await world.settle();
  const [after, later] = [{ ...row.fields }, row.changedAt];
  const ledger = () => world.runs.conflicts({ limit: 10 });
  // The state before anybody's edit, though late, says nothing that was not known.
  Object.assign(row, { fields: before, changedAt: later - 2_000 });
  await world.sync(world.connection.id, true);
  assert.deepEqual(await ledger(), []);
  Object.assign(row, { fields: { ...before, tel: "theirs" }, changedAt: later - 1_000 });
  await world.sync(world.connection.id, true);
  await world.sync(world.connection.id, true);
  const kept = await ledger();
  assert.deepEqual(
    kept.map(({ field, record, winston, winner, rule }) => [field, record, winston, winner, rule]),
    [["title", "theirs", "written", "winston", "late"]],
  );
  Object.assign(row, { fields: after, changedAt: later });
  await world.cycle();
  assert.deepEqual([(await world.people())[0]!.fields["title"], row.fields["tel"]], ["written", "written"]);
  await world.conflicts.take([kept[0]!.id], { choice: { side: "record" } }, "key:ann");
  await world.cycle();
  assert.deepEqual([(await world.people())[0]!.fields["title"], row.fields["tel"]], ["theirs", "theirs"]);
});
