// What is set while a run is on its way: another system that is connected, another mapping that is put in force.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { JsonObject } from "../base/json.ts";
import type { Connector, Page } from "../connector/contract.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

/** Two systems that know Ann. The first one's reading stops before its page until `go` is called. */
async function createSlow() {
  const clock = new VirtualClock();
  const [tern, other] = [new Tern(clock), new Tern(clock)];
  tern.add("person", { ...ann, tel: "1" });
  other.add("person", { ...ann, tel: null });
  const plain = ternConnector(tern);
  const { person } = plain.streams;
  const gate = Promise.withResolvers<void>();
  const [asked, reading] = [Promise.withResolvers<void>(), { slow: false }];
  const pull = async function* (...given: Parameters<typeof person.pull>): AsyncGenerator<Page> {
    if (reading.slow) {
      asked.resolve();
      await gate.promise;
    }
    yield* person.pull(...given);
  };
  const connectors: Record<string, Connector> = {
    tern: { ...plain, streams: { ...plain.streams, person: { ...person, pull } } },
    other: ternConnector(other, "other"),
  };
  const winston = await createTestEngine(connectors, { clock });
  const connect = (vendor: string) =>
    winston.connections.connect({ vendor, name: vendor, settings: {}, secrets: {}, mode: "write" });
  const at = (one: Tern, field: string) => one.living("person").map(([, row]) => row.fields[field]);
  return { ...winston, tern, other, connect, at, reading, asked: asked.promise, go: () => gate.resolve() };
}

test("what a run changes that began before a system was connected is owed to that system", async () => {
  await using world = await createSlow();
  const { id } = await world.connect("tern");
  await world.settle();
  const stream = (await world.connections.streams(id)).find((one) => one.key === "person")!;
  world.tern.edit("person", world.tern.living("person")[0]![0], { tel: "2" });
  world.reading.slow = true;
  const running = world.engine.runLane({ streamId: stream.id, lane: "batch", trigger: "test", signal: world.signal });
  await world.asked;
  await world.connect("other");
  await world.settle();
  assert.deepEqual([world.at(world.other, "tel"), world.other.people.size], [["1"], 1], "the two met meanwhile");

  world.go();
  assert.equal(await running, "worked");
  await world.settle();
  assert.deepEqual(world.at(world.other, "tel"), ["2"]);
});

test("a run that began before another mapping was put keeps what was agreed on under that: an edit here is not taken for a first meeting", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const stream = await world.stream("person");
  const [person] = await world.people();
  const [there] = world.tern.living("person")[0]!;
  await world.save({ title: "ours" }, person!.id);
  world.clock.advance(1_000);
  world.tern.edit("person", there, { first: "Anna" });
  // While it is read again to be written, a mapping is put, and somebody looks at it under that one.
  world.tern.beforeRead = async () => {
    world.tern.beforeRead = undefined;
    const { document } = await world.connections.mapping(stream.id);
    const rows = (document["rows"] as JsonObject[]).map((row) =>
      row["field"] === "title" ? { ...row, rule: "record" } : row,
    );
    await world.connections.putMapping(stream.id, { ...document, rows }, "test");
    await world.engine.runLane({ streamId: stream.id, lane: "batch", trigger: "test", signal: world.signal });
  };
  await world.settle();
  const row = world.tern.living("person")[0]![1];
  assert.deepEqual([(await world.people())[0]!.fields["title"], row.fields["tel"]], ["ours", "ours"]);
  assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
});

const SCORED = { field: "employees", record: "score", transform: "number" };

test("a mapping that is put while all is being read has all of it read under that mapping", async () => {
  await using world = await createTernWorld((tern) => {
    for (const last of ["Lee", "Ray", "Moe"])
      tern.add("person", { ...ann, last, mail: `${last}@example.com`, score: 7 });
  });
  const stream = await world.stream("person");
  // So that no ordinary reading shows them any more.
  world.clock.advance(3_600_000);
  await world.cycle();
  await world.connections.sync(world.connection.id, { trigger: "test", full: true });
  world.tern.pageSize = 1;
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  world.tern.beforePage = (page) => {
    if (page !== 2) return undefined;
    asked.resolve();
    return gate.promise;
  };
  const reading = world.engine.runLane({
    streamId: stream.id,
    lane: "backfill",
    trigger: "test",
    signal: world.signal,
  });
  await asked.promise;
  world.tern.beforePage = undefined;
  const { document } = await world.connections.mapping(stream.id);
  const rows = [...(document["rows"] as object[]), SCORED];
  await world.connections.putMapping(stream.id, { ...document, rows } as never, "test");
  gate.resolve();
  assert.equal(await reading, "worked");
  await world.settle();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["employees"]),
    [7, 7, 7],
  );
});

test("what was here before a system was connected is made there, also when its mapping was put, or all of it asked for, before it was read", async () => {
  for (const meanwhile of ["mapping", "full"] as const) {
    await using world = await createTernWorld((tern) => void tern.add("person", ann));
    const there = await world.connect("other");
    const stream = await world.stream("person", there.id);
    if (meanwhile === "full") await world.connections.sync(there.id, { trigger: "test", full: true });
    else {
      const { document } = await world.connections.mapping(stream.id);
      const rows = [...(document["rows"] as object[]), SCORED];
      await world.connections.putMapping(stream.id, { ...document, rows } as never, "test");
    }
    await world.settle();
    assert.equal(world.other.living("person").length, 1, meanwhile);
  }
});
