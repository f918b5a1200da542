// A run that began before another system was connected owes that system what it changes, as any later run does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { Connector, Page } from "../connector/contract.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann } from "../../test/support/world.ts";

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
