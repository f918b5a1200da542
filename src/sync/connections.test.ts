import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import { isError, WinstonError, type ErrorCode } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { insertConnection, readConnections } from "../store/connection.ts";

const code = (expected: ErrorCode) => (thrown: unknown) => isError(thrown, expected);

test("a connection that observes reads and writes nothing; what is owed goes out when it may write", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann), { mode: "observe" });
  const [person] = await world.people();
  world.clock.advance(1_000);
  await world.save({ title: "edited here" }, person!.id);
  await world.save({ externalId: "2", lastName: "New", company: "x" });
  await world.cycle();
  assert.deepEqual(world.tern.writes, []);
  assert.match((await world.stream("person")).health, /2 to write, held in observe mode/u);
  assert.equal((await world.connections.quiet()).quiet, true, "nothing waits that may go");
  world.tern.edit("person", world.tern.living("person")[0]![0], { last: "Lee-Ray" });
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["lastName"], "Lee-Ray", "reading goes on");
  await world.connections.update(world.connection.id, { mode: "write" });
  await world.settle();
  assert.deepEqual(
    world.tern.living("person").map(([, row]) => [row.fields["last"], row.fields["tel"]]),
    [
      ["Lee-Ray", "edited here"],
      ["New", undefined],
    ],
  );
});

test("what an account says of itself is a setting where nobody gave one, and none where somebody did", async () => {
  await using world = await createTernWorld();
  const settings = async (): Promise<JsonObject> => (await readConnections(world.database, "tern"))[0]!.settings;
  world.tern.says = { timeZone: "Europe/Berlin", word: "said" };
  await world.connect("tern");
  assert.deepEqual([(await settings())["timeZone"], (await settings())["word"]], ["Europe/Berlin", "said"]);
  await world.connections.connect({
    vendor: "tern",
    name: "tern",
    mode: "write",
    settings: { word: "given" },
    secrets: {},
  });
  assert.deepEqual([(await settings())["timeZone"], (await settings())["word"]], ["Europe/Berlin", "given"]);
});

test("a paused connection writes nothing, also when work is found by the clock, and goes on where it was", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connections.update(world.connection.id, { paused: true });
  await world.save({ title: "held" }, (await world.people())[0]!.id);
  await world.settle();
  world.clock.advance(3_600_000);
  await world.engine.tick();
  await world.settle();
  assert.deepEqual(world.tern.writes, []);
  assert.match((await world.stream("person")).health, /1 to write, paused/u);
  await world.connections.update(world.connection.id, { paused: false });
  await world.settle();
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "held");
});

test("credentials that open another organisation are refused: nothing is read or written until the right ones return", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  world.tern.organisation = "another";
  await assert.rejects(world.connect("tern"), code("organisation.changed"));
  assert.match(
    (await world.connections.get("tern")).problem!,
    /belonged to organisation tern-org .* and these credentials open another/u,
  );
  world.clock.advance(1_000);
  world.tern.add("person", { ...ann, mail: "foreign@example.com" });
  await world.save({ title: "must not arrive" }, (await world.people())[0]!.id);
  await assert.rejects(world.cycle(), code("organisation.changed"), "asking again does not make it right");
  await world.engine.tick();
  await world.settle();
  assert.equal((await world.people()).length, 1);
  assert.deepEqual(world.tern.writes, []);
  assert.match((await world.stream("person")).health, /^stopped: /u);

  world.tern.organisation = undefined;
  await world.connect("tern");
  await world.cycle();
  assert.equal((await world.connections.get("tern")).problem, null);
  assert.equal((await world.people()).length, 2);
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "must not arrive");
});

test("connecting anew that fails leaves a connection that works as it was", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  world.tern.beforeIdentify = () => {
    throw new WinstonError("vendor.unavailable", "Tern cannot be reached.");
  };
  await assert.rejects(world.connect("tern", "observe"), code("vendor.unavailable"));
  const { mode, problem } = await world.connections.get("tern");
  assert.deepEqual([mode, problem], ["write", null]);
  await world.save({ title: "Boss" }, (await world.people())[0]!.id);
  await world.settle();
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "Boss");
});

test("a first load cut short by refused credentials goes on when they are given anew, and reads nothing twice", async () => {
  await using world = await createTernWorld();
  for (let index = 0; index < 500; index++) world.tern.add("person", { ...ann, mail: `p${index}@example.com` });
  let expired = true;
  world.tern.beforePage = (page) => {
    if (page === 1 && expired) throw new WinstonError("credential.expired", "Tern refuses the key; reconnect it.");
  };
  await world.connections.remove(world.connection.id);
  const { id } = await world.connect("tern");
  await world.settle();
  assert.equal((await world.people()).length, 200);
  assert.equal((await world.connections.get(id)).problem, "Tern refuses the key; reconnect it.");
  assert.equal((await world.connections.quiet()).quiet, true, "no try is wasted while a person must act");
  expired = false;
  await world.connect("tern");
  await world.settle();
  assert.equal((await world.people()).length, 500);
  const reads = (await world.runs.list({ limit: 50 })).filter(
    (run) => run.stream === "person" && run.lane === "backfill",
  );
  assert.deepEqual(
    reads.map((run) => run.counts.read),
    [300, 200],
  );
});

test("an edit in the second of the connection is read, although its stamp is earlier than the connection", async () => {
  await using world = await createTernWorld((tern, clock) => {
    tern.precisionMs = 1_000;
    tern.add("person", ann);
    clock.advance(300);
  });
  world.clock.advance(100);
  world.tern.edit("person", world.tern.living("person")[0]![0], { tel: "at once" });
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["title"], "at once");
});

test("a newly mapped field meets for the first time: blanks fill from the other side, true differences go to the rule, nothing else is touched", async () => {
  await using world = await createTernWorld((tern) => {
    for (const [index, score] of [5, null, 7, 8].entries())
      tern.add("person", { ...ann, mail: `p${index}@example.com`, score });
  });
  await world.records.declareField("person", { key: "score", type: "number", label: "Score" }, "test");
  const people = await world.people();
  world.clock.advance(1_000);
  await world.saveAll("person", [
    { id: people[1]!.id, score: 6 },
    { id: people[2]!.id, score: 70 },
    { id: people[3]!.id, score: 8 },
  ]);
  await world.settle();
  const before = world.tern.writes.length;
  await world.mapAlso("person", [{ field: "score", record: "score", direction: "both", transform: "number" }]);
  await world.settle();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["score"]),
    [5, 6, 70, 8],
  );
  assert.deepEqual(
    world.tern.living("person").map(([, row]) => row.fields["score"]),
    [5, 6, 70, 8],
  );
  assert.deepEqual(world.tern.writes.slice(before).flatMap((write) => write.ids).length, 2);
  assert.deepEqual(
    (await world.runs.conflicts({ limit: 10 })).map((one) => [one.field, one.record, one.winner]),
    [["score", 7, "winston"]],
  );
  // From here on it is a field like any other: clearing it travels.
  world.clock.advance(1_000);
  world.tern.edit("person", world.tern.living("person")[0]![0], { score: null });
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["score"], undefined);
});

test("a row that becomes read-only while an edit of it waits writes nothing there, and the rest of the edit goes out", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connections.update(world.connection.id, { paused: true });
  await world.save({ title: "stays here", firstName: "Anna" }, (await world.people())[0]!.id);
  await world.mapAlso("person", [{ field: "title", record: "tel", direction: "in", transform: "text" }]);
  await world.connections.update(world.connection.id, { paused: false });
  await world.settle();
  await world.cycle();
  const row = world.tern.living("person")[0]![1].fields;
  assert.deepEqual([row["tel"], row["first"]], ["1", "Anna"]);
  assert.equal((await world.connections.quiet()).intents, 0);
});

test("a mapping that names an unknown field is refused with the nearest names, and the one in force stays", async () => {
  await using world = await createTernWorld();
  const { id } = await world.stream("person");
  const { document, version } = await world.connections.mapping(id);
  const rows = [
    ...(document["rows"] as object[]),
    { field: "emial", record: "mial", direction: "both", transform: "text" },
  ];
  await assert.rejects(world.connections.putMapping(id, { ...document, rows: rows as never }, "test"), (thrown) => {
    assert.ok(isError(thrown, "mapping.invalid"));
    assert.match(JSON.stringify(thrown.problems), /email.*mail/u);
    return true;
  });
  assert.equal((await world.connections.mapping(id)).version, version);
});

test("connected again, what an account has added since is added to the mapping in force, and what waited for it is read", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  tern.notes = { tel: "It is the stage Fresh." };
  const plain = ternConnector(tern);
  const rowsOf = (mapping: JsonObject) => mapping["rows"] as unknown as { field: string; options?: JsonObject }[];
  let stages: Record<string, string> = {};
  const refit = (mapping: JsonObject): JsonObject => {
    if (Object.keys(stages).length === 0) return mapping;
    const rows = rowsOf(mapping).map((row) =>
      row.field === "status" ? { ...row, options: { ...row.options, table: { a: "mine", ...stages } } } : row,
    );
    return { ...mapping, rows: rows as never };
  };
  const connector = { ...plain, streams: { ...plain.streams, person: { ...plain.streams.person, refit } } };
  await using winston = await createTestEngine({ tern: connector }, { clock });
  const connect = () =>
    winston.connections.connect({ vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "write" });
  tern.add("person", { ...ann, tel: "b" });
  const { id } = await connect();
  await winston.settle();
  const person = (await winston.connections.streams(id)).find((stream) => stream.key === "person")!;
  const mapping = () => winston.connections.mapping(person.id);
  const { document } = await mapping();
  const picklist = {
    field: "status",
    record: "tel",
    direction: "both",
    transform: "picklist",
    options: { table: { a: "mine" }, otherwise: "problem" },
  };
  const rows = rowsOf(document).filter((row) => row.field !== "title");
  await winston.connections.putMapping(person.id, { ...document, rows: [...rows, picklist] as never }, "test");
  await winston.settle();
  const [parked] = await winston.runs.parked({ limit: 10 });
  assert.match(parked!.message, /"b" is not in the row's table.* It is the stage Fresh\./u);

  const { version } = await mapping();
  await connect();
  await winston.settle();
  assert.equal((await mapping()).version, version, "nothing was added");
  stages = { b: "Fresh" };
  await connect();
  await winston.settle();
  const added = rowsOf((await mapping()).document).find((row) => row.field === "status")!.options;
  assert.deepEqual(added, { otherwise: "problem", table: { a: "mine", b: "Fresh" } });
  assert.deepEqual(await winston.runs.parked({ limit: 10 }), []);
  const [read] = await winston.records.list({ kind: "person", limit: 5 });
  assert.equal(read!.fields["status"], "Fresh");
});

test("both sides of a field whose rule asks a person stay as they are until one decides", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.mapAlso("person", [{ field: "title", record: "tel", direction: "both", transform: "text", rule: "ask" }]);
  const [person] = await world.people();
  const [id, row] = world.tern.living("person")[0]!;
  world.clock.advance(1_000);
  world.tern.edit("person", id, { tel: "theirs" });
  await world.save({ title: "ours" }, person!.id);
  await world.cycle();
  await world.save({ firstName: "Anna" }, person!.id);
  await world.cycle();
  await world.sync(world.connection.id, true);
  assert.deepEqual([row.fields["tel"], row.fields["first"]], ["theirs", "Anna"]);
  assert.equal((await world.people())[0]!.fields["title"], "ours");
  const ledger = await world.runs.conflicts({ limit: 10 });
  assert.deepEqual(
    ledger.map((one) => [one.field, one.winner, one.winston, one.record, one.baseline]),
    [["title", "open", "ours", "theirs", "1"]],
  );
});

test("what cannot be connected is said in one sentence, and leaves nothing behind", async () => {
  await using world = await createTernWorld();
  await assert.rejects(world.connect("tren"), (thrown) => {
    assert.ok(isError(thrown, "connector.unknown"));
    assert.match(thrown.message, /tern/u);
    return true;
  });
  await assert.rejects(world.connect("other", "write", "tern"), code("request.conflict"));
  assert.deepEqual(
    (await world.connections.list()).map((one) => one.name),
    ["tern"],
  );
});

test("a removed connection leaves the records, and work that was owed to it ends quietly", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connections.sync(world.connection.id, { trigger: "test" });
  await world.connections.remove(world.connection.id);
  await world.settle();
  const [person] = await world.people();
  await world.save({ title: "still ours" }, person!.id);
  await world.settle();
  assert.deepEqual((await world.records.get("person", undefined, person!.id)).links, []);
  assert.deepEqual([await world.connections.list(), await world.connections.streams()], [[], []]);
});

test("a field that one vendor only shows may be edited here where another takes it", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  await world.mapAlso("person", [{ field: "title", record: "tel", direction: "in", transform: "text" }]);
  await assert.rejects(world.save({ title: "here" }, person!.id), /read_only/u);
  world.other.add("person", ann);
  await world.connect("other");
  await world.settle();
  await world.save({ title: "here" }, person!.id);
  await world.settle();
  assert.equal(world.other.living("person")[0]![1].fields["tel"], "here");
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "1");
});

test("a connection that was cut short while it was made is finished by the next sync", async () => {
  await using world = await createTernWorld();
  await world.connections.remove(world.connection.id);
  world.tern.add("person", ann);
  // The process that was making it was killed: what it stored first is all there is.
  await insertConnection(world.database, {
    id: world.connection.id,
    vendor: "tern",
    name: "tern",
    mode: "write",
    settings: {},
    at: world.clock.now(),
  });
  await world.sync(world.connection.id);
  assert.equal((await world.connections.get("tern")).organisationId, "tern-org");
  assert.equal((await world.people()).length, 1);
});
