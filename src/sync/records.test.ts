import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const notFound = (thrown: unknown): boolean => isError(thrown, "not.found");

test("a record is had by Winston's id or by the caller's own, with where it lives", async () => {
  await using world = await createTernWorld();
  const id = await world.save({ externalId: "L:1", lastName: "Lee", company: "Acme" });
  await world.settle();
  const byId = await world.records.get("person", "lead", id);
  assert.deepEqual(await world.records.get("person", undefined, "external:L:1"), byId);
  assert.deepEqual(byId.links, [
    { connection: "tern", stream: "person", recordId: world.tern.living("person")[0]![0], state: "active" },
  ]);
  for (const [kind, stage, name] of [
    ["person", "contact", id],
    ["account", undefined, id],
    ["person", undefined, "external:l:1"],
    ["person", undefined, "nonsense"],
    ["person", undefined, "external:"],
  ] as const)
    await assert.rejects(world.records.get(kind, stage, name), notFound, `${kind} ${stage} ${name}`);
});

test("a record merged into another answers under its old ids with the one that took it in", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.add("person", { ...ann, mail: "ann.lee@example.com", tel: "2" });
  });
  const [one, two] = await world.people();
  await world.saveAll("person", [{ id: two!.id, externalId: "old" }]);
  const [[kept], [gone]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  world.clock.advance(1_000);
  world.tern.merge("person", gone, kept);
  await world.cycle();
  assert.equal((await world.records.get("person", undefined, two!.id)).id, one!.id);
  assert.equal((await world.records.get("person", undefined, "external:old")).id, one!.id);
});

test("history walks back: each entry says what every field was before and after it", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [[recordId]] = world.tern.living("person") as [[string, unknown]];
  const id = person!.id;
  await world.save({ title: "2", city: "Ghent" }, id);
  await world.settle();
  world.clock.advance(1_000);
  world.tern.edit("person", recordId, { tel: "3" });
  await world.cycle();
  await world.save({ title: null, city: "Bruges" }, id);
  await world.records.remove("person", id, "key:ops");
  const history = await world.records.history("person", id);
  assert.deepEqual(
    history.map((entry) => [entry.version, entry.actor, entry.changes]),
    [
      [5, "key:ops", { deletedAt: { old: null, new: new Date(world.clock.now()).toISOString() } }],
      [4, "test", { title: { old: "3", new: null }, city: { old: "Ghent", new: "Bruges" } }],
      [3, "connection:tern", { title: { old: "2", new: "3" } }],
      [2, "test", { title: { old: "1", new: "2" }, city: { old: null, new: "Ghent" } }],
    ],
  );
  const pulled = history.find((entry) => entry.version === 3)!;
  assert.equal((await world.runs.get(pulled.runId!)).stream, "person");
});

test("a list goes on after an id, and finds by email, by external id and by time of change", async () => {
  await using world = await createTernWorld();
  await world.saveAll(
    "person",
    [1, 2, 3].map((n) => ({
      externalId: `${n}`,
      lastName: `P${n}`,
      email: n < 3 ? "Two@example.com" : "3@example.com",
    })),
  );
  const all = await world.people();
  const names = async (query: object): Promise<unknown[]> =>
    (await world.records.list({ kind: "person", limit: 10, ...query })).map((one) => one.fields["lastName"]);
  assert.deepEqual(await names({ after: all[0]!.id, limit: 1 }), ["P2"]);
  assert.deepEqual(await names({ email: " two@EXAMPLE.com" }), ["P1", "P2"]);
  assert.deepEqual(await names({ externalId: "3" }), ["P3"]);
  assert.deepEqual(await names({ email: "nobody@example.com" }), []);
  assert.deepEqual(await names({ stage: "contact" }), []);
  world.clock.advance(1_000);
  await world.save({ title: "new" }, all[1]!.id);
  assert.deepEqual(await names({ updatedSince: world.clock.now() }), ["P2"]);
  await world.records.remove("person", all[2]!.id, "test");
  assert.deepEqual(await names({}), ["P1", "P2"]);
  assert.deepEqual(await names({ includeDeleted: true }), ["P1", "P2", "P3"]);
});

test("removing twice is told, and what was parked or still to be made is no longer owed", async () => {
  await using world = await createTernWorld();
  world.tern.faults = [{ refuse: "BAD_NAME", field: "last", when: () => true }];
  const id = await world.save({ externalId: "1", lastName: "Bad" });
  await world.settle();
  assert.equal((await world.runs.parked({ limit: 10 })).length, 1);
  await world.records.remove("person", id, "test");
  await assert.rejects(world.records.remove("person", id, "test"), notFound);
  await world.settle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  assert.deepEqual(world.tern.living("person"), []);
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("a record removed while its create is under way is removed at the vendor too", async () => {
  for (const fault of ["none", "unknown-done", "unknown-not-done"] as const) {
    await using world = await createTernWorld();
    const id = await world.save({ externalId: "1", lastName: "Brief", company: "Acme" });
    world.tern.faults = fault === "none" ? [] : [fault];
    world.tern.afterWrite = () => {
      world.tern.afterWrite = undefined;
      return world.records.remove("person", id, "test");
    };
    await world.settle();
    await world.cycle();
    assert.deepEqual(world.tern.living("person"), [], fault);
    assert.deepEqual(await world.people(), [], fault);
  }
});

test("a custom field is declared once, and not again as something else", async () => {
  await using world = await createTernWorld();
  const score = { key: "score", type: "number", label: "Score" };
  await world.records.declareField("person", score, "test");
  await world.records.declareField("person", score, "test");
  assert.equal((await world.saveAll("person", [{ externalId: "1", score: "12" }]))[0]!.status, "created");
  await assert.rejects(world.records.declareField("person", { ...score, type: "text" }, "test"), (thrown) =>
    isError(thrown, "request.conflict"),
  );
  await assert.rejects(world.records.declareField("person", { ...score, key: "email" }, "test"), (thrown) =>
    isError(thrown, "request.conflict"),
  );
  await assert.rejects(world.records.declareField("person", { ...score, key: "x", type: "colour" }, "test"), (thrown) =>
    isError(thrown, "request.invalid"),
  );
});

test("what is saved under the id of a record that was merged away is saved of the one that took it in", async () => {
  await using world = await createTernWorld((tern) => {
    for (const tel of ["1", "2", "3"]) tern.add("person", { ...ann, mail: `p${tel}@example.com`, tel });
  });
  const [one, two, three] = await world.people();
  const ids = world.tern.living("person").map(([id]) => id);
  for (const [from, into] of [
    [2, 1],
    [1, 0],
  ] as const) {
    world.clock.advance(1_000);
    world.tern.merge("person", ids[from]!, ids[into]!);
    await world.cycle();
  }
  const results = await world.saveAll(
    "person",
    [
      { id: three!.id, title: "by way of two" },
      { id: two!.id, company: "by way of one" },
    ],
    { mode: "update" },
  );
  assert.deepEqual(
    results.map((result) => [result.status, "id" in result && result.id]),
    [
      ["updated", one!.id],
      ["updated", one!.id],
    ],
  );
  await world.settle();
  assert.deepEqual(
    world.tern.living("person").map(([id, row]) => [id, row.fields["tel"], row.fields["firm"]]),
    [[ids[0], "by way of two", "by way of one"]],
  );
});
