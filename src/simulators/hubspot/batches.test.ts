// Batches: all or nothing, unless every input has a trace of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPortal, type Reply, type TestPortal } from "./test-portal.ts";

const batch = (world: TestPortal, what: string, body: object): Reply =>
  world.call("POST", `/crm/v3/objects/contacts/batch/${what}`, body);

function keyed(): TestPortal {
  const world = testPortal();
  const key = { name: "key", label: "Key", type: "string", fieldType: "text", hasUniqueValue: true };
  world.portal.data.addProperty("contacts", key);
  return world;
}

interface Errors {
  readonly category: string;
  readonly context: Readonly<Record<string, string[]>>;
}

const errors = (reply: Reply): Errors[] => reply.body["errors"] as unknown as Errors[];
const results = (reply: Reply): { id: string; new?: boolean; objectWriteTraceId?: string }[] =>
  reply.body["results"] as unknown as { id: string }[];

test("one bad input fails the whole batch and nothing is written", () => {
  const world = testPortal();
  const reply = batch(world, "create", {
    inputs: [{ properties: { lastname: "Good" } }, { properties: { nope: "x" } }],
  });
  assert.deepEqual([reply.status, reply.body["category"]], [400, "VALIDATION_ERROR"]);
  assert.equal(world.portal.data.counts()["contacts"] ?? 0, 0);
});

test("with a trace on every input the good ones are written and the answer is 207", () => {
  const world = testPortal();
  const reply = batch(world, "create", {
    inputs: [
      { properties: { lastname: "Good" }, objectWriteTraceId: "t1" },
      { properties: { nope: "x" }, objectWriteTraceId: "t2" },
    ],
  });
  assert.deepEqual([reply.status, reply.body["status"], reply.body["numErrors"]], [207, "COMPLETE", 1]);
  assert.deepEqual(
    results(reply).map((one) => one.objectWriteTraceId),
    ["t1"],
  );
  assert.deepEqual(errors(reply)[0]!.context, { objectWriteTraceId: ["t2"] });
  assert.equal("correlationId" in errors(reply)[0]!, false);
});

test("the same trace twice is as good as none", () => {
  const world = testPortal();
  const inputs = [{ properties: { lastname: "Good" } }, { properties: { nope: "x" } }];
  const reply = batch(world, "create", { inputs: inputs.map((one) => ({ ...one, objectWriteTraceId: "t" })) });
  assert.equal(reply.status, 400);
});

test("two inputs of one batch cannot take the same address or the same unique value", () => {
  const world = keyed();
  const inputs = (properties: object) => [1, 2].map((n) => ({ properties, objectWriteTraceId: `t${n}` }));
  const emails = batch(world, "create", { inputs: inputs({ email: "a@example.com" }) });
  assert.deepEqual([emails.status, results(emails).length, errors(emails)[0]!.category], [207, 1, "CONFLICT"]);
  const keys = batch(world, "create", { inputs: inputs({ lastname: "L", key: "k" }) });
  assert.deepEqual([keys.status, results(keys).length, errors(keys)[0]!.category], [207, 1, "VALIDATION_ERROR"]);
});

test("ids that are not there make a read 207, and leave the rest of an update standing", () => {
  const world = testPortal();
  const [id] = world.portal.data.load("contacts", [{ lastname: "L" }]);
  const read = batch(world, "read", { inputs: [{ id }, { id: "1" }, { id: "2" }, { id }], properties: ["lastname"] });
  assert.deepEqual([read.status, results(read).length, read.body["numErrors"]], [207, 1, 1]);
  assert.deepEqual([errors(read)[0]!.category, errors(read)[0]!.context], ["OBJECT_NOT_FOUND", { ids: ["1", "2"] }]);
  const updated = batch(world, "update", {
    inputs: [
      { id, properties: { city: "Kiel" } },
      { id: "1", properties: { city: "Kiel" } },
    ],
  });
  assert.deepEqual([updated.status, results(updated).length], [207, 1]);
  assert.deepEqual(errors(updated)[0]!.context, { ids: ["1"] });
  const traced = batch(world, "update", { inputs: [{ id: "1", properties: {}, objectWriteTraceId: "t" }] });
  assert.deepEqual(errors(traced)[0]!.context, { objectWriteTraceId: ["t"], ids: ["1"] });
});

test("a merged id in an update answers with the id of the record it is in", () => {
  const world = testPortal();
  const [a, b] = world.portal.data.load("contacts", [{ lastname: "A" }, { lastname: "B" }]);
  const id = world.portal.data.merge("contacts", a!, b!);
  const reply = batch(world, "update", { inputs: [{ id: b, properties: { city: "Kiel" } }] });
  assert.deepEqual([reply.status, results(reply)[0]!.id], [200, id]);
});

test("an upsert by a unique property makes or changes, and says which", () => {
  const world = keyed();
  const upsert = (city: string): Reply =>
    batch(world, "upsert", { inputs: [{ id: "k1", idProperty: "key", properties: { city, lastname: "L" } }] });
  const made = upsert("Kiel");
  assert.deepEqual([made.status, results(made)[0]!.new], [200, true]);
  const changed = upsert("Leeds");
  assert.deepEqual([results(changed)[0]!.new, results(changed)[0]!.id], [false, results(made)[0]!.id]);
  const { key, city } = world.portal.data.get("contacts", results(made)[0]!.id)!;
  assert.deepEqual([key, city], ["k1", "Leeds"]);
});

test("an upsert by address loses what it does not name", () => {
  const world = testPortal();
  const [id] = world.portal.data.load("contacts", [{ email: "a@example.com", city: "Kiel", lifecyclestage: "lead" }]);
  const upsert = (): Reply =>
    batch(world, "upsert", { inputs: [{ id: "a@example.com", idProperty: "email", properties: { lastname: "L" } }] });
  world.portal.dials.set({ emailUpsertLosesRest: false });
  assert.equal(upsert().status, 200);
  assert.equal(world.portal.data.get("contacts", id!)!["city"], "Kiel");
  world.portal.dials.set({ emailUpsertLosesRest: true });
  upsert();
  const { city, lastname, lifecyclestage } = world.portal.data.get("contacts", id!)!;
  assert.deepEqual([city, lastname, lifecyclestage], [null, "L", "lead"]);
});

test("an upsert needs a property that names one record, and the same record twice refuses all, traced or not", () => {
  const world = keyed();
  const one = (id: string, idProperty: string, trace: string) => ({
    id,
    idProperty,
    properties: { lastname: "L" },
    objectWriteTraceId: trace,
  });
  const wrong = batch(world, "upsert", { inputs: [one("x", "city", "t1")] });
  assert.deepEqual([wrong.status, errors(wrong)[0]!.category], [207, "VALIDATION_ERROR"]);
  const twice = batch(world, "upsert", { inputs: [one("x", "key", "t1"), one("x", "key", "t2")] });
  assert.deepEqual(
    [twice.status, twice.body["message"], twice.body["context"]],
    [400, "Duplicate IDs found in batch input: [x]. IDs must be unique", { ids: ["x"] }],
  );
});

test("a batch takes 100 inputs and no more, and not none", () => {
  const world = testPortal();
  const inputs = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ properties: { lastname: `L${index}` } }));
  assert.equal(batch(world, "create", { inputs: inputs(100) }).status, 201);
  assert.equal(batch(world, "create", { inputs: inputs(101) }).status, 400);
  assert.equal(batch(world, "create", { inputs: [] }).status, 400);
  assert.equal(batch(world, "create", {}).status, 400);
  assert.equal(batch(world, "erase", { inputs: [{}] }).status, 404);
});

test("archiving a batch is 204, whatever of it was there", () => {
  const world = testPortal();
  const [id] = world.portal.data.load("contacts", [{ lastname: "L" }]);
  assert.equal(batch(world, "archive", { inputs: [{ id }, { id: "1" }] }).status, 204);
  assert.equal(world.portal.data.get("contacts", id!)!["archived"], "true");
  const read = world.call("POST", "/crm/v3/objects/contacts/batch/read?archived=true", { inputs: [{ id }] });
  assert.deepEqual([read.status, results(read).length], [200, 1]);
});
