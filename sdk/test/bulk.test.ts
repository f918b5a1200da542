import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { TOKEN } from "../../src/http/test-support.ts";
import { AbortedError, AuthenticationError, Client, ConnectionError, ServerError } from "../src/index.ts";
import type { BulkProgress, BulkResult } from "../src/index.ts";
import { contentId } from "../src/identity.ts";
import { sha256 } from "../src/sha256.ts";
import { createNetwork, createWorld } from "./world.ts";

const leads = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    leadId: `L${index}`,
    email: `p${index}@example.com`,
    company: "Acme",
  }));
const counts = ({ created, updated, unchanged, failed }: BulkResult) => [created, updated, unchanged, failed.length];

test("records are cut into chunks; the second run finds all of them unchanged", async () => {
  await using world = await createWorld();
  const progress: BulkProgress[] = [];
  const first = await world.client.leads.bulkCreate(leads(23), {
    chunkSize: 5,
    onProgress: (one) => progress.push(one),
  });
  assert.deepEqual(counts(first), [23, 0, 0, 0]);
  assert.deepEqual([first.total, first.requestIds.length], [23, 5]);
  assert.deepEqual(
    world.records.saves.toSorted((a, b) => a - b),
    [3, 5, 5, 5, 5],
  );
  assert.deepEqual(
    [progress.length, progress.at(-1)],
    [5, { done: 23, created: 23, updated: 0, unchanged: 0, failed: 0 }],
  );
  assert.deepEqual(counts(await world.client.leads.bulkUpsert(leads(23))), [0, 0, 23, 0]);
  assert.equal(world.records.all.size, 23);
});

test("what is wrong with one record is said of that record; the others are stored", async () => {
  await using world = await createWorld();
  const records: object[] = leads(6);
  records[2] = { leadId: "L2", email: "nope" };
  records[4] = null as unknown as object;
  const result = await world.client.leads.bulkCreate(records, { chunkSize: 2 });
  assert.deepEqual(counts(result), [4, 0, 0, 2]);
  assert.deepEqual(
    result.failed.map(({ index, input, errors }) => [index, input, errors[0]!.pointer]),
    [
      [2, records[2], "/email"],
      [4, null, ""],
    ],
  );
  assert.throws(
    () => result.throwIfFailed(),
    /2 of 6 records failed\. record 2: \/email "nope" is not an email address; record 4: must be an object/u,
  );
});

test("failed ones are sent again under their old index", async () => {
  await using world = await createWorld();
  const records = leads(4);
  records[3]!.email = "nope";
  const result = await world.client.leads.bulkCreate(records);
  const again = await result.retryFailed();
  assert.deepEqual(
    again.failed.map((one) => one.index),
    [3],
  );
  records[3]!.email = "mended@example.com";
  assert.deepEqual(counts((await again.retryFailed()).throwIfFailed()), [1, 0, 0, 0]);
});

test("the records may come from a slow or endless source: no more are read than are under way", async () => {
  await using world = await createWorld();
  await using network = await createNetwork(world.url);
  const client = new Client({ token: TOKEN, baseUrl: network.url });
  let read = 0;
  let most = 0;
  let done = 0;
  async function* source() {
    for (const lead of leads(200)) {
      read += 1;
      most = Math.max(most, read - done);
      yield lead;
    }
  }
  const result = await client.leads.bulkCreate(source(), {
    chunkSize: 10,
    concurrency: 3,
    onProgress: (one) => void (done = one.done),
  });
  assert.deepEqual(counts(result), [200, 0, 0, 0]);
  assert.ok(most <= 10 * (3 + 2), `${most} records were read ahead`);
  assert.ok(network.most.under <= 3 && network.most.under > 1, `${network.most.under} requests at one time`);
});

test("a source that ends with an error stops the call after what is under way", async () => {
  await using world = await createWorld();
  let closed = false;
  function* source() {
    try {
      yield* leads(4);
      throw new Error("the CRM went away");
    } finally {
      closed = true;
    }
  }
  await assert.rejects(world.client.leads.bulkCreate(source(), { chunkSize: 2 }), /the CRM went away/u);
  assert.ok(closed);
});

test("records without an id of their own are known by the id option, by email, or by all they say", async () => {
  await using world = await createWorld();
  const { client, records } = world;
  const rows = [
    { "Prospect ID": "p1", city: "Bonn" },
    { "Prospect ID": "p2", city: "Kiel" },
  ];
  assert.deepEqual(counts(await client.leads.bulkCreate(rows, { externalId: "Prospect ID" })), [2, 0, 0, 0]);
  assert.deepEqual(
    counts(await client.leads.bulkCreate(rows, { externalId: (row) => row["Prospect ID"] })),
    [0, 2, 0, 0],
    "the function leaves the key a custom field",
  );
  assert.deepEqual(
    [...records.all.values()].map((one) => one.externalId),
    ["p1", "p2"],
  );

  const calls = [{ subject: "Call", body: "x" }, { subject: "Mail" }];
  assert.deepEqual(counts(await client.activities.bulkCreate(calls)), [2, 0, 0, 0]);
  assert.deepEqual(
    counts(await client.activities.bulkCreate([{ body: "x", subject: "Call" }, calls[1]!])),
    [0, 0, 2, 0],
  );

  const people = [{ email: "a@example.com", company: "A" }];
  await client.contacts.bulkCreate(people);
  assert.deepEqual(counts(await client.contacts.bulkCreate([{ email: "a@example.com", company: "B" }])), [0, 1, 0, 0]);
  assert.equal((await client.contacts.list().toArray())[0]!.externalId, null);
});

test("the id made of a record's content is the SHA-256 of its keys in order", () => {
  for (const text of ["", "abc", "ü".repeat(100), "x".repeat(55), "x".repeat(56), "x".repeat(64), "x".repeat(1000)])
    assert.equal(sha256(text), createHash("sha256").update(text).digest("hex"), text);
  assert.equal(
    contentId({ b: 1, a: { d: [1], c: undefined } }),
    `content:${sha256('{"a":{"d":[1]},"b":1}').slice(0, 32)}`,
  );
});

test("unknown keys can be refused record by record", async () => {
  await using world = await createWorld();
  const result = await world.client.leads.bulkCreate([{ leadId: 1, hat: "x" }, { leadId: 2 }], {
    unknownKeys: "error",
  });
  assert.deepEqual([result.created, result.failed[0]!.errors[0]!.pointer], [1, "/hat"]);
});

test("one record the server cannot even read does not take its chunk along", async () => {
  await using world = await createWorld();
  const records: object[] = leads(9);
  records[5] = JSON.parse('{"leadId":"L5","__proto__":{"x":1}}') as object;
  const loop: { self?: unknown } = {};
  loop.self = loop;
  records[7] = loop;
  const result = await world.client.leads.bulkCreate(records);
  assert.deepEqual(
    result.failed.map((one) => [one.index, one.errors[0]!.code]),
    [
      [5, "forbidden_key"],
      [7, "request.invalid"],
    ],
  );
  assert.equal(result.created, 7);
});

test("a body the server finds too large is cut until it fits", async () => {
  await using world = await createWorld({ bodyLimit: 2000 });
  const records = leads(12).map((lead, index) => ({ ...lead, description: "x".repeat(index === 4 ? 3000 : 300) }));
  const result = await world.client.leads.bulkCreate(records);
  assert.deepEqual(counts(result), [11, 0, 0, 1]);
  assert.deepEqual([result.failed[0]!.index, result.failed[0]!.errors[0]!.code], [4, "request.too_large"]);
});

test("a chunk that gets no answer fails alone once others got theirs", async () => {
  await using world = await createWorld();
  await using network = await createNetwork(world.url);
  const client = new Client({ token: TOKEN, baseUrl: network.url, backoffMs: 1, maxRetries: 0 });
  network.next.push(503);
  const result = await client.leads.bulkCreate(leads(6), { chunkSize: 2, concurrency: 1 });
  assert.deepEqual(counts(result), [4, 0, 0, 2]);
  assert.deepEqual(
    result.failed.map((one) => one.index),
    [0, 1],
  );
  assert.deepEqual(counts(await result.retryFailed()), [2, 0, 0, 0]);
});

test("a chunk whose answer was cut off is asked for again under its key, and doubles nothing", async () => {
  await using world = await createWorld();
  await using network = await createNetwork(world.url);
  const client = new Client({ token: TOKEN, baseUrl: network.url, backoffMs: 1 });
  network.next.push("cut", "cut");
  const calls = Array.from({ length: 4 }, (_, index) => ({ subject: `Call ${index}` }));
  assert.deepEqual(counts(await client.activities.bulkCreate(calls, { concurrency: 1 })), [4, 0, 0, 0]);
  assert.equal(new Set(network.seen.map((one) => one.key)).size, 1);
  assert.equal(world.records.all.size, 4);
});

test("what makes going on useless is thrown, with the result so far", async () => {
  await using world = await createWorld();
  const wrong = new Client({ token: "nope", baseUrl: world.url });
  await assert.rejects(wrong.leads.bulkCreate(leads(3)), AuthenticationError);

  await using network = await createNetwork(world.url);
  const client = new Client({ token: TOKEN, baseUrl: network.url, maxRetries: 0 });
  network.next.push(503);
  await assert.rejects(client.leads.bulkCreate(leads(2)), ServerError);
  network.next.push(...Array.from({ length: 5 }, () => "cut" as const));
  let read = 0;
  function* source() {
    for (const lead of leads(100)) {
      read += 1;
      yield lead;
    }
  }
  const lost = await client.leads
    .bulkCreate(source(), { chunkSize: 2, concurrency: 1 })
    .catch((error: unknown) => error);
  assert.ok(lost instanceof ConnectionError);
  assert.equal((lost.result as BulkResult).failed.length, 10);
  assert.ok(read < 20, "the rest is not read");
});

test("a signal stops the source and the requests under way", async () => {
  await using world = await createWorld();
  await using network = await createNetwork(world.url);
  const client = new Client({ token: TOKEN, baseUrl: network.url });
  const stop = new AbortController();
  network.next.push("hang");
  const call = client.leads.bulkCreate(leads(10), { chunkSize: 5, concurrency: 1, signal: stop.signal });
  while (network.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  const error = await call.catch((one: unknown) => one);
  assert.ok(error instanceof AbortedError);
  assert.equal((error.result as BulkResult).total, 0);
});

test("a signal ends the call also while its source has nothing to give, and the source is closed", async () => {
  await using world = await createWorld();
  const stop = new AbortController();
  const source = new EventEmitter();
  let closed = false;
  async function* slow() {
    try {
      yield* leads(3);
      stop.abort();
      await once(source, "more");
      yield { leadId: "late" };
    } finally {
      closed = true;
      source.emit("closed");
    }
  }
  const error = await world.client.leads.bulkCreate(slow(), { signal: stop.signal }).catch((one: unknown) => one);
  assert.ok(error instanceof AbortedError);
  assert.equal(closed, false, "it still waits");
  const end = once(source, "closed");
  source.emit("more");
  await end;
  assert.equal(world.records.all.size, 0);
});

test("a call that must stop does not wait for its source, and closes one that is ready", async () => {
  await using world = await createWorld();
  const wrong = new Client({ token: "nope", baseUrl: world.url });
  async function* never() {
    yield* leads(2);
    await new Promise(() => {});
  }
  await assert.rejects(wrong.leads.bulkCreate(never(), { chunkSize: 1, concurrency: 1 }), AuthenticationError);
  let closed = 0;
  function* ready() {
    try {
      for (;;) yield* leads(5);
    } finally {
      closed += 1;
    }
  }
  await assert.rejects(wrong.leads.bulkCreate(ready(), { chunkSize: 1, concurrency: 1 }), AuthenticationError);
  assert.equal(closed, 1);
});

test("an iterable may hold promises of records", async () => {
  await using world = await createWorld();
  const promises = leads(3).map((lead) => Promise.resolve(lead));
  assert.deepEqual(counts(await world.client.leads.bulkCreate(promises)), [3, 0, 0, 0]);
  assert.ok(await world.client.leads.get({ externalId: "L2" }));
});

test("what is not a list of records is refused with a word on what it is", async () => {
  const { leads: resource } = new Client({ token: "t" });
  const give = (records: unknown) => resource.bulkCreate(records as object[]);
  await assert.rejects(give(undefined), /client\.leads\.bulkCreate takes an array.*it got a value of type undefined/u);
  await assert.rejects(give(Promise.resolve([])), /a promise; await it first/u);
  await assert.rejects(give("text"), TypeError);
  await assert.rejects(give({ leads: [] }), TypeError);
  await assert.rejects(resource.bulkCreate([], { chunkSize: 0 }), RangeError);
  assert.equal((await resource.bulkCreate([])).total, 0);
});
