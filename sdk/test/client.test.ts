import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ApiError,
  AuthenticationError,
  Client,
  ConflictError,
  NotFoundError,
  PermissionError,
  ValidationError,
  Winston,
  WinstonError,
} from "../src/index.ts";
import * as named from "../src/index.ts";
import { TOKEN } from "../../src/http/test-support.ts";
import { createWorld } from "./world.ts";

test("a lead's life: created, found, changed, its history and origins, deleted", async () => {
  await using world = await createWorld();
  const { leads } = world.client;
  const made = await leads.create({ leadId: "L1", email: "ada@example.com", name: "Ada Lovelace", hat: "bowler" });
  assert.deepEqual([made.firstName, made.externalId, made.customFields], ["Ada", "L1", { hat: "bowler" }]);
  assert.equal((await leads.create({ leadId: "L1", email: "ada@example.com" })).id, made.id);
  assert.equal((await leads.get(made.id)).email, "ada@example.com");
  assert.equal((await leads.get("external:L1")).id, made.id);
  assert.equal((await leads.get({ externalId: "L1" })).id, made.id);
  assert.equal((await leads.update(made.id, { company: "Engines" })).company, "Engines");
  assert.equal((await leads.upsert("L1", { company: "Mills" })).company, "Mills");
  assert.equal((await leads.upsert("L/2 ü", { company: "New" })).externalId, "L/2 ü");
  const [latest] = await leads.history({ externalId: "L1" });
  assert.deepEqual(latest!.changes, { company: { old: "Engines", new: "Mills" } });
  const origins = await leads.origin({ externalId: "L1" });
  assert.deepEqual(origins.find((one) => one.field === "company")?.value, "Mills");
  await leads.delete(made.id);
  await assert.rejects(leads.get(made.id), NotFoundError);
});

test("a listing is read as one sequence, page by page, or cut short", async () => {
  await using world = await createWorld();
  await world.client.deals.bulkCreate(
    Array.from({ length: 12 }, (_, index) => ({ dealId: index, name: `Deal ${index}` })),
  );
  const names: (string | null)[] = [];
  for await (const deal of world.client.deals.list({ limit: 5 })) names.push(deal.name);
  assert.deepEqual(
    names,
    Array.from({ length: 12 }, (_, index) => `Deal ${index}`),
  );
  const asked = world.accesses.length;
  const first = await world.client.deals.list({ limit: 5 }).toArray({ limit: 6 });
  assert.deepEqual([first.length, world.accesses.length - asked], [6, 2], "only the pages that are needed are fetched");
  const sizes: number[] = [];
  let cursor: string | null = null;
  for await (const page of world.client.deals.list({ limit: 5 }).pages()) {
    sizes.push(page.data.length);
    cursor ??= page.next;
  }
  assert.deepEqual(sizes, [5, 5, 2]);
  assert.equal((await world.client.deals.list({ cursor: cursor! }).toArray()).length, 7);
  const since = await world.client.deals.list({ updatedSince: new Date(world.clock.now() + 1) }).toArray();
  assert.equal(since.length, 0);
});

test("each refusal is a class of its own, with the server's words, pointers and request id", async () => {
  await using world = await createWorld();
  const { client, url, keys } = world;
  const invalid = await client.leads.create({ email: "nope" }).catch((error: unknown) => error);
  assert.ok(invalid instanceof ValidationError && invalid instanceof ApiError && invalid instanceof WinstonError);
  assert.deepEqual(
    [invalid.status, invalid.code, invalid.errors[0]!.pointer, invalid.isRetryable],
    [400, "request.invalid", "/email", false],
  );
  assert.match(invalid.requestId!, /^request-/u);
  assert.match(invalid.message, /"nope" is not an email address/u);
  assert.equal(invalid.name, "ValidationError");
  const wrong = await new Client({ token: "nope", baseUrl: url }).leads
    .list()
    .toArray()
    .catch((error: unknown) => error);
  assert.ok(wrong instanceof AuthenticationError);
  assert.match(wrong.message, /Authorization header is not a valid key/u);
  keys.add("reader", ["records:read"]);
  await assert.rejects(new Client({ token: "reader", baseUrl: url }).leads.create({}), PermissionError);
  await client.fields.create({ kind: "deal", key: "shade", type: "text" });
  await assert.rejects(client.fields.create({ kind: "deal", key: "shade", type: "number" }), ConflictError);
});

test("instanceof knows an error of another copy of the package, and tells the classes apart", () => {
  const problem = { type: "", title: "", status: 404, detail: "gone", code: "not.found" };
  const brand = Symbol.for("winston-ai.errors");
  const foreign = Object.assign(new Error("from another copy"), {
    [brand]: ["NotFoundError", "ApiError", "WinstonError"],
  });
  assert.ok(foreign instanceof NotFoundError && foreign instanceof WinstonError);
  assert.ok(!(foreign instanceof ValidationError) && !(new Error("x") instanceof WinstonError));
  class Mine extends NotFoundError {}
  assert.ok(new Mine(problem) instanceof NotFoundError && new Mine(problem) instanceof Mine);
  assert.ok(!(new NotFoundError(problem) instanceof Mine));
});

test("a pair is shown and decided, and a record is taken out of one it does not belong to", async () => {
  await using world = await createWorld();
  const { client, pairs } = world;
  const [left, right] = [await client.contacts.create({ name: "Ada" }), await client.contacts.create({ name: "Eda" })];
  const pair = pairs.add(left.id, right.id);
  const [shown] = await client.duplicates.list().toArray();
  assert.deepEqual(
    [shown!.id, shown!.left["name"], shown!.right["name"], shown!.shared, shown!.foundAt],
    [pair.id, "Ada", "Eda", [{ key: "email", value: "ada@example.com" }], "1970-01-01T00:00:01.000Z"],
  );
  assert.deepEqual(await client.duplicates.get(pair.id), shown);
  assert.equal((await client.duplicates.decide(pair.id, "different")).state, "different");
  assert.deepEqual(await client.duplicates.list().toArray(), []);
  assert.equal((await client.duplicates.list({ state: "different" }).toArray()).length, 1);
  await assert.rejects(client.duplicates.decide("nope", "same"), NotFoundError);
  const { pair: merged, merged: places } = await client.duplicates.merge(pair.id, { keep: "left" });
  assert.deepEqual([merged.state, places[0]!.survivor], ["same", "r3"]);
  const own = await client.contacts.unlink(left.id, "acme");
  assert.notEqual(own.id, left.id);
  assert.equal(own.name, "Ada");
  assert.deepEqual(pairs.calls, [
    { id: pair.id, decision: "different", actor: `key:${TOKEN}` },
    { id: pair.id, keep: "left", actor: `key:${TOKEN}` },
    { kind: "person", id: left.id, connection: "acme", actor: `key:${TOKEN}` },
  ]);
});

test("connections, streams, runs, parked, conflicts, fields and keys answer", async () => {
  await using world = await createWorld();
  const { client } = world;
  const made = await client.connections.create({ vendor: "tern", name: "acme", secrets: { key: "k" } });
  assert.equal((await client.connections.get("acme")).id, made.id);
  assert.equal((await client.connections.list()).length, 1);
  assert.equal((await client.connections.update("acme", { paused: true })).paused, true);
  assert.match((await client.connections.sync("acme", { full: true })).since, /Z$/u);
  assert.equal((await client.connections.quiet("acme")).quiet, true);
  assert.equal((await client.connections.quiet()).quiet, true);
  assert.deepEqual(await client.connections.connectors(), []);
  assert.equal((await client.streams.list({ connection: "acme" }))[0]!.health, "in step");
  assert.equal((await client.streams.mapping(1)).version, 1);
  assert.equal((await client.streams.putMapping(1, { kind: "person", rows: [] })).version, 2);
  assert.deepEqual(await client.runs.list({ state: "failed" }).toArray(), []);
  assert.deepEqual(await client.parked.list().toArray(), []);
  assert.deepEqual(await client.parked.retry(), { retried: 0 });
  assert.deepEqual(await client.conflicts.list().toArray(), []);
  assert.ok((await client.fields.list({ kind: "deal" })).some((field) => field.key === "amount"));
  const key = await client.keys.create({ name: "n", scopes: ["records:read"] });
  assert.deepEqual(
    await new Client({ token: () => Promise.resolve(key.token), baseUrl: world.url }).leads.list().toArray(),
    [],
  );
  await client.keys.revoke(key.id);
  assert.ok((await client.keys.list()).every((one) => one.id !== key.id));
  await client.connections.delete("acme");
});

test("the package is found under every name people write", () => {
  assert.equal(Winston, Client);
  assert.equal(named.default.Client, Client);
});

test("a client without a token, or with an address that is none, says so at once", (t) => {
  for (const name of ["WINSTON_TOKEN", "WINSTON_URL"]) {
    const old = process.env[name];
    delete process.env[name];
    t.after(() => void (old === undefined ? delete process.env[name] : (process.env[name] = old)));
  }
  assert.throws(() => new Client(), /No token: give `new Client\(\{ token \}\)`, or set WINSTON_TOKEN/u);
  assert.throws(() => new Client({ token: "t", baseUrl: "localhost:4400" }), /is no http address/u);
  assert.equal(new Client({ token: "t" }).baseUrl, "http://127.0.0.1:4400");
  process.env.WINSTON_TOKEN = "t";
  process.env.WINSTON_URL = "http://winston.example/api/";
  assert.equal(new Client().baseUrl, "http://winston.example");
});
