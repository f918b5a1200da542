// Bulk calls against the engine itself: who is known again, and what refers to what.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { TOKEN } from "../../src/http/test-support.ts";
import { createTernWorld } from "../../test/support/world.ts";
import { Client } from "../src/index.ts";
import type { BulkResult } from "../src/index.ts";
import { createNetwork, createWorld } from "./world.ts";

/** A client of a server over a real engine and its database. */
async function createEngineWorld() {
  const engine = await createTernWorld();
  const world = await createWorld({ records: engine.records, catalogue: { fields: async () => [] } });
  return {
    client: world.client,
    people: engine.people,
    accounts: engine.accounts,
    database: engine.database,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

const counts = ({ created, updated, unchanged, failed }: BulkResult) => [created, updated, unchanged, failed.length];

test("people who share an address are neither made one nor made again, whatever the size of the chunks", async () => {
  await using world = await createEngineWorld();
  const { leads } = world.client;
  const e = "desk@example.com";
  const rows = [
    { leadId: "s1", email: e, name: "Ann One" },
    { leadId: "s2", email: e, name: "Bob Two", title: "CFO" },
    { email: e, name: "Cleo Three" },
    { email: e, name: "Dan Four", phone: "+1 555 0100" },
    { email: "info@example.com", name: "Front Desk" },
    { email: "info@example.com", name: "Back Office" },
    { email: "info@example.com", company: "Nameless" },
    { company: "Without address" },
  ];
  assert.deepEqual(counts(await leads.bulkCreate(rows)), [8, 0, 0, 0]);
  for (const chunkSize of [500, 1, 3])
    assert.deepEqual(counts(await leads.bulkCreate(rows, { chunkSize })), [0, 0, 8, 0]);
  const names = (await world.people()).map(({ fields }) => [fields["firstName"], fields["title"], fields["phone"]]);
  assert.deepEqual(names.slice(0, 4), [
    ["Ann", undefined, undefined],
    ["Bob", "CFO", undefined],
    ["Cleo", undefined, undefined],
    ["Dan", undefined, "+1 555 0100"],
  ]);
  assert.ok((await world.people()).every((one) => one.externalId === null || one.externalId.startsWith("s")));
});

test("an account finds its parent in the same call, in another chunk and whatever the order", async () => {
  await using world = await createEngineWorld();
  const chain = (name: string) =>
    Array.from({ length: 60 }, (_, index) => ({
      accountId: `${name}${index}`,
      ...(index === 0 ? {} : { parentId: `${name}${index - 1}` }),
    }));
  const { accounts } = world.client;
  assert.deepEqual(counts(await accounts.bulkCreate(chain("a"), { chunkSize: 10, concurrency: 1 })), [60, 0, 0, 0]);
  const done: number[] = [];
  const turned = await accounts.bulkCreate(chain("b").reverse(), {
    chunkSize: 10,
    onProgress: (one) => done.push(one.done),
  });
  assert.deepEqual(counts(turned), [60, 0, 0, 0]);
  assert.deepEqual([done.at(-1), Math.max(...done)], [60, 60]);
  const ids = new Map((await world.accounts()).map((one) => [one.externalId, one]));
  assert.equal(ids.get("b59")!.fields["parent"], ids.get("b58")!.id);
});

test("what refers to nothing fails once it is clear, with its own index and word", async () => {
  await using world = await createEngineWorld();
  const rows = [{ accountId: "1" }, { accountId: "2", parentId: "none" }, { accountId: "3", parentId: "2" }];
  const result = await world.client.accounts.bulkCreate(rows, { chunkSize: 1, concurrency: 1 });
  assert.deepEqual(counts(result), [1, 0, 0, 2]);
  assert.deepEqual(
    result.failed.map(({ index, errors }) => [index, errors[0]!.code, errors[0]!.pointer]),
    [
      [1, "reference.unknown", "/parentId"],
      [2, "reference.unknown", "/parentId"],
    ],
  );
});

test("bulk calls that overlap find each other's records, whichever began first", async () => {
  await using world = await createEngineWorld();
  const { client } = world;
  const count = 30;
  const index = Array.from({ length: count }, (_, one) => one);
  async function* slowly<T>(rows: readonly T[]) {
    for (const row of rows) {
      await new Promise((resolve) => setImmediate(resolve));
      yield row;
    }
  }
  const results = await Promise.all([
    client.activities.bulkCreate(
      index.map((one) => ({ activityId: `t${one}`, subject: "Call", leadId: `l${one}`, accountId: `a${one}` })),
    ),
    client.accounts.bulkCreate(slowly(index.map((one) => ({ accountId: `a${one}`, name: `Account ${one}` }))), {
      chunkSize: 4,
    }),
    client.leads.bulkCreate(slowly(index.map((one) => ({ leadId: `l${one}`, accountId: `a${one}` }))), {
      chunkSize: 3,
    }),
  ]);
  assert.deepEqual(results.map(counts), Array(3).fill([count, 0, 0, 0]));
});

test("a call whose source waits for another call of the client is not waited for without end", async () => {
  await using world = await createEngineWorld();
  const { client } = world;
  const inner: BulkResult[] = [];
  async function* source() {
    inner.push(await client.activities.bulkCreate([{ subject: "Call", leadId: "later" }], { timeoutMs: 300 }));
    yield { leadId: "later" };
  }
  assert.deepEqual(counts(await client.leads.bulkCreate(source())), [1, 0, 0, 0]);
  assert.deepEqual(inner.map(counts), [[0, 0, 0, 1]]);
  assert.deepEqual(counts(await inner[0]!.retryFailed()), [1, 0, 0, 0]);
});

test("a call ends after those that may be about to wait for it, and not after others of its own kind or with a source still open", async () => {
  await using world = await createWorld();
  await using network = await createNetwork(world.url);
  const client = new Client({ token: TOKEN, baseUrl: network.url });
  const events = new EventEmitter();
  network.hold.after = (path) => void events.emit(path);
  network.hold.before = (path) =>
    path.includes("activities") ? once(events, "/api/leads/bulk").then(() => {}) : undefined;
  const kinds = (): string[] => [...world.records.all.values()].map((one) => one.kind);
  const [there] = await Promise.all([
    client.leads.bulkCreate([{ leadId: "1" }]).then(kinds),
    client.activities.bulkCreate([{ subject: "Call", leadId: "1" }]),
  ]);
  assert.deepEqual(there, ["person", "activity"]);

  network.hold.before = (path) => (path.includes("contacts") ? once(events, "go on").then(() => {}) : undefined);
  async function* open() {
    yield { subject: "Call" };
    await once(events, "go on");
  }
  const reading = client.activities.bulkCreate(open(), { chunkSize: 1 });
  const held = client.contacts.bulkCreate([{ contactId: "2" }]);
  while (!network.seen.some((one) => one.path.includes("contacts")))
    await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(counts(await client.contacts.bulkCreate([])), [0, 0, 0, 0]);
  events.emit("go on");
  assert.deepEqual((await Promise.all([reading, held])).map(counts), [
    [1, 0, 0, 0],
    [1, 0, 0, 0],
  ]);
});

test("a signal ends the wait for another call", async () => {
  await using world = await createEngineWorld();
  const { client } = world;
  const [stop, end] = [new AbortController(), new AbortController()];
  async function* endless() {
    yield { leadId: "1" };
    await new Promise(() => {});
  }
  const first = client.leads.bulkCreate(endless(), { signal: end.signal });
  const second = client.activities.bulkCreate([{ subject: "Call", leadId: "none" }], {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  const error = await second.catch((one: unknown) => one as { name: string; result: BulkResult });
  assert.equal((error as { name: string }).name, "AbortedError");
  assert.deepEqual(counts((error as { result: BulkResult }).result), [0, 0, 0, 1]);
  end.abort();
  await assert.rejects(first, /stopped by its signal/u);
});
