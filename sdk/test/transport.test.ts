import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { TOKEN } from "../../src/http/test-support.ts";
import {
  AbortedError,
  ApiError,
  Client,
  ConnectionError,
  ServerError,
  TimeoutError,
  WinstonError,
} from "../src/index.ts";
import { createNetwork, createWorld } from "./world.ts";

async function createPair() {
  const world = await createWorld();
  const network = await createNetwork(world.url);
  return {
    world,
    network,
    client: new Client({ token: TOKEN, baseUrl: network.url, backoffMs: 1 }),
    [Symbol.asyncDispose]: async () => {
      await network[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("a write whose answer was cut off is tried again under the same key and done once", async () => {
  await using pair = await createPair();
  pair.network.next.push("cut", "cut");
  const made = await pair.client.activities.create({ subject: "Call" });
  assert.equal(made.subject, "Call");
  const keys = pair.network.seen.map((one) => one.key);
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1);
  assert.ok(keys[0]!.length >= 32);
  assert.equal(pair.world.records.all.size, 1);
});

test("a delete whose answer was cut off counts as done", async () => {
  await using pair = await createPair();
  const { id } = await pair.client.leads.create({ leadId: 1 });
  pair.network.next.push("cut");
  await pair.client.leads.delete(id);
  assert.equal((await pair.client.leads.list().toArray()).length, 0);
});

test("a busy server is asked again, a mistaken one is not, and the tries are bounded", async () => {
  await using pair = await createPair();
  pair.network.next.push(503, 429);
  assert.deepEqual(await pair.client.leads.list().toArray(), []);
  assert.equal(pair.network.seen.length, 3);
  pair.network.next.push(503, 503, 503);
  await assert.rejects(
    pair.client.leads.list().toArray(),
    (error) => error instanceof ServerError && error.isRetryable,
  );
  assert.equal(pair.network.seen.length, 6);
  pair.network.next.push(404);
  await assert.rejects(pair.client.leads.list().toArray(), ApiError);
  pair.network.next.push(503);
  await assert.rejects(pair.client.leads.list({}, { maxRetries: 0 }).toArray(), ServerError);
  assert.equal(pair.network.seen.length, 8);
});

test("no answer within the time is a TimeoutError, and a retry can still win", async () => {
  await using pair = await createPair();
  pair.network.next.push("hang");
  const error = await pair.client.leads
    .get("external:1", { timeoutMs: 30, maxRetries: 0 })
    .catch((one: unknown) => one);
  assert.ok(error instanceof TimeoutError && error instanceof ConnectionError && error.isRetryable);
  assert.match(error.message, /did not answer within 30 ms/u);
  pair.network.next.push("hang");
  assert.equal((await pair.client.leads.create({ leadId: 1 }, { timeoutMs: 300 })).externalId, "1");
});

test("a signal stops a call, before, during and between its tries", async () => {
  await using pair = await createPair();
  await assert.rejects(pair.client.leads.get("external:1", { signal: AbortSignal.abort() }), AbortedError);
  assert.equal(pair.network.seen.length, 0);
  const stop = new AbortController();
  pair.network.next.push("hang");
  const call = pair.client.leads.get("external:1", { signal: stop.signal });
  while (pair.network.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await assert.rejects(call, AbortedError);
  let tries = 0;
  const cut = (): Promise<Response> => {
    tries += 1;
    return Promise.reject(new TypeError("fetch failed"));
  };
  const patient = new Client({ token: TOKEN, fetch: cut, backoffMs: 60_000 });
  const between = new AbortController();
  const second = patient.leads.get("external:1", { signal: between.signal });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(tries, 1, "it waits for its second try");
  between.abort();
  await assert.rejects(second, AbortedError);
});

test("where nobody listens, the error says where it asked and what to do", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const client = new Client({ token: "t", baseUrl: `http://127.0.0.1:${port}`, backoffMs: 1 });
  const error = await client.leads
    .list()
    .toArray()
    .catch((one: unknown) => one);
  assert.ok(error instanceof ConnectionError);
  assert.match(
    error.message,
    new RegExp(`cannot be reached at http://127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\).*npm start`, "u"),
  );
});

test("another server's page is not taken for Winston's answer", async () => {
  const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const client = new Client({
      token: "t",
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      maxRetries: 0,
    });
    await assert.rejects(client.leads.list().toArray(), /is baseUrl the address of a Winston\?/u);
  } finally {
    server.close();
  }
});

test("a token that cannot be one is never sent nor shown", async () => {
  await using pair = await createPair();
  const client = new Client({ token: "secret\nwith a line", baseUrl: pair.network.url });
  const error = await client.leads
    .list()
    .toArray()
    .catch((one: unknown) => one);
  assert.ok(error instanceof WinstonError);
  assert.doesNotMatch(error.message, /secret/u);
  assert.equal(pair.network.seen.length, 0);
});
