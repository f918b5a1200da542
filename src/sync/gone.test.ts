import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { Api } from "../connector/api.ts";
import type { PullRequest } from "../connector/contract.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann } from "../../test/support/world.ts";

test("where the vendor has forgotten deletions every record is read once: what is not there is asked about, what is told to be deleted is deleted", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  const [purged, removed, kept] = ["purged", "removed", "kept"].map((last) =>
    tern.add("person", { ...ann, last, mail: `${last}@example.com` }),
  ) as [string, string, string];
  const connector = ternConnector(tern);
  const { person } = connector.streams;
  let forgetful = true;
  const pullDeleted = async function* (api: Api, request: PullRequest) {
    for await (const page of person.pullDeleted(api, request)) yield { ...page, missed: forgetful };
  };
  const streams = { ...connector.streams, person: { ...person, pullDeleted } };
  await using world = await createTestEngine({ tern: { ...connector, streams } }, { clock });
  const { id } = await world.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await world.settle();
  const living = async () =>
    (await world.records.list({ kind: "person", limit: 5 })).map((one) => one.fields["lastName"] as string).toSorted();

  clock.advance(1_000);
  tern.people.delete(purged);
  await world.sync(id);
  assert.equal(tern.reads.length, 0, "what is deleted right now may still be told");
  clock.advance(1_000);
  tern.remove("person", removed);
  forgetful = false;
  await world.sync(id);
  assert.deepEqual(
    tern.reads.map((one) => one.records),
    [3],
  );
  assert.deepEqual(await living(), ["kept", "purged"]);
  const [question, ...more] = await world.runs.parked({ limit: 5 });
  assert.deepEqual([question!.reason, question!.side, more], ["record.gone", "push", []]);
  const entity = await world.records.get("person", undefined, question!.subject);
  assert.deepEqual([entity.fields["lastName"], entity.links], ["purged", []]);
  await world.sync(id);
  assert.equal(tern.reads.length, 1, "once");

  // The person says that it was deleted.
  await world.records.remove("person", question!.subject, "test");
  await world.settle();
  assert.deepEqual([await living(), await world.runs.parked({ limit: 5 })], [["kept"], []]);
  assert.deepEqual(
    tern.living("person").map(([one]) => one),
    [kept],
  );
});

test("who is not there is asked about as soon as every end up to then was told, and not before", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  const LAG_MS = 300_000;
  const EVERY_MS = 600_000;
  const connector = ternConnector(tern);
  const { person } = connector.streams;
  // It lists its deletions once in ten minutes, and they show five minutes late.
  let looked = -Infinity;
  const pullDeleted = async function* (api: Api, request: PullRequest) {
    if (request.now - looked < EVERY_MS) return void (yield { records: [], cursor: null, watermark: request.since! });
    looked = request.now;
    for await (const page of person.pullDeleted(api, request)) yield { ...page, watermark: request.now - LAG_MS };
  };
  const streams = { ...connector.streams, person: { ...person, pullDeleted, overlapMs: LAG_MS } };
  await using world = await createTestEngine({ tern: { ...connector, streams } }, { clock });
  const purged = tern.add("person", { ...ann, mail: "purged@example.com" });
  const { id } = await world.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await world.settle();
  const [entity] = await world.records.list({ kind: "person", limit: 5 });
  clock.advance(LAG_MS);
  await world.sync(id);
  tern.people.delete(purged);
  clock.advance(1_000);
  const missedAt = clock.now();
  const [saved] = await world.records.save([{ id: entity!.id, input: { title: "Boss" } }], {
    kind: "person",
    mode: "upsert",
    unknownKeys: "error",
    actor: "test",
  });
  assert.notEqual(saved!.status, "failed");
  let asked: number | undefined;
  for (let minute = 0; minute < 60 && asked === undefined; minute++) {
    await world.settle(false);
    if ((await world.runs.parked({ limit: 5 })).some((one) => one.reason === "record.gone")) asked = clock.now();
    clock.advance(60_000);
    await world.engine.tick();
  }
  assert.ok(asked !== undefined && asked - missedAt >= LAG_MS, "not before a look could show it");
  assert.ok(asked - missedAt <= LAG_MS + EVERY_MS + 180_000, `${(asked - missedAt) / 60_000} minutes`);
});
