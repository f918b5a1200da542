import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { createExchanges, type ExchangeRecorder } from "../jobs/exchanges.ts";
import type { Api } from "../connector/api.ts";
import type { EngineParts } from "./engine.ts";
import type { TestDatabase } from "../../test/support/database.ts";
import { insertFrozen } from "../store/frozen.ts";
import { park } from "../store/parked.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

test("a value is followed from who set it to every place it reached, with runs, versions, outcomes and what is next", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  world.tern.edit("person", "person_000001", { last: "Leigh" });
  await world.cycle();
  const { fields } = await world.why.explain(person!.id, { field: "lastName" });
  const [why] = fields;
  assert.equal(why!.value, "Leigh");
  const { set } = why!;
  assert.deepEqual(
    { by: set.by, before: set.before, stream: set.stream, version: set.version, mapping: set.mappingVersion },
    { by: "connection:tern", before: "Lee", stream: "tern person", version: 2, mapping: 1 },
  );
  const pull = (await world.runs.list({ limit: 50 })).find((one) => one.id === set.run);
  assert.deepEqual([pull!.connection, pull!.lane], ["tern", "batch"]);
  assert.deepEqual(
    why!.places.map((one) => [
      one.connection,
      one.agreed,
      one.sent?.value ?? null,
      one.sent?.outcome ?? null,
      one.next,
    ]),
    [
      ["tern", "Leigh", null, null, "Nothing: both sides agree."],
      ["other", "Leigh", "Leigh", "done", "Nothing: both sides agree."],
    ],
  );
  const push = (await world.runs.list({ limit: 50 })).find((one) => one.id === why!.places[1]!.sent!.run);
  assert.deepEqual([push!.connection, push!.lane], ["other", "push"]);
});

test("every field of a record has its chain, and as of an earlier time it is the value of then", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  const then = world.clock.now();
  world.clock.advance(60_000);
  await world.save({ lastName: "Leigh" }, person!.id);
  await world.settle();
  const now = await world.why.explain(person!.id, {});
  assert.deepEqual(
    now.fields.map((one) => one.field),
    Object.keys(person!.fields).toSorted(),
  );
  for (const one of now.fields) assert.notEqual(one.set.by, "unknown", one.field);
  const before = await world.why.explain(person!.id, { field: "lastName", asOf: then });
  assert.deepEqual([before.fields[0]!.value, before.fields[0]!.set.by, before.version], ["Lee", "connection:tern", 1]);
});

test("a value that came with a first load names the run, the mapping and the stream that brought it", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  world.clock.advance(60_000);
  await world.mapAlso("person", [{ field: "status", record: "firm", direction: "in", transform: "text" }]);
  const { set } = (await world.why.explain(person!.id, { field: "lastName" })).fields[0]!;
  const load = (await world.runs.list({ limit: 50 })).find(
    (one) => one.lane === "backfill" && one.counts.created === 1,
  )!;
  assert.deepEqual([set.by, set.stream, set.run, set.mappingVersion], ["connection:tern", "tern person", load.id, 1]);
});

/** A Winston that reads Tern a record a page; every answer comes at once, that of the page ahead before its turn. */
async function createPaged(fill: (tern: Tern) => unknown) {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  tern.pageSize = 1;
  fill(tern);
  let way: ExchangeRecorder | undefined;
  const open =
    (database: TestDatabase): EngineParts["open"] =>
    ({ connection }, { runId }) => {
      const exchanges = createExchanges({ database, clock, log: silentLog, connectionId: connection.id, runId });
      way = exchanges;
      return {
        api: { settings: {} } as unknown as Api,
        requests: () => exchanges.count,
        spent: () => exchanges.byClass,
        took: (requests, at) => {
          exchanges.took(requests, at);
          // No two pages are stored at one moment.
          clock.advance(5);
        },
        close: () => exchanges.flush(),
      };
    };
  const world = await createTestEngine({ tern: ternConnector(tern) }, { clock, open });
  tern.beforePage = (page) => {
    const answer = { class: "calls", method: "GET", status: 200, ms: 1, requestBytes: 0, responseBytes: 1 };
    way!.record({ ...answer, path: `/page/${page}` });
    clock.advance(5);
  };
  const { id } = await world.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await world.settle();
  return {
    ...world,
    tern,
    connectionId: id,
    /** By the name of each thing of a kind: what set a field of it. */
    set: async (kind: string, name: string, field: string) => {
      const things = await world.records.list({ kind, limit: 5 });
      const told = await Promise.all(things.map((one) => world.why.explain(one.id, {})));
      const of = (index: number) => told[index]!.fields.find((one) => one.field === field)?.set;
      return new Map(things.map((one, index) => [one.fields[name] as string, of(index)]));
    },
  };
}

test("a value names the request that brought its page, also where that of the next page was answered before it was stored", async () => {
  await using world = await createPaged((tern) => {
    for (const last of ["One", "Two", "Three"]) tern.add("person", { ...ann, last, mail: `${last}@example.com` });
  });
  const { tern, clock } = world;
  const brought = async (): Promise<object> =>
    Object.fromEntries(
      [...(await world.set("person", "lastName", "title"))].map(([one, set]) => [one, set?.request?.path]),
    );
  assert.deepEqual(await brought(), { One: "/page/0", Two: "/page/1", Three: "/page/2" });
  clock.advance(60_000);
  for (const [id] of tern.living("person").toReversed()) {
    clock.advance(5);
    tern.edit("person", id, { tel: "new" });
  }
  await world.sync(world.connectionId);
  assert.deepEqual(await brought(), { One: "/page/2", Two: "/page/1", Three: "/page/0" });
});

test("a reference that waited for what it names is told with the request that brought it, and since when it waited", async () => {
  await using world = await createPaged((tern) => {
    const child = tern.add("company", { title: "Child" });
    for (const title of ["Between", "Parent"]) tern.add("company", { title });
    tern.table("company").get(child)!.fields["parent"] = tern.living("company").at(-1)![0];
  });
  const set = (await world.set("account", "name", "parent")).get("Child")!;
  const load = (await world.runs.list({ limit: 50 })).find((one) => one.id === set.run)!;
  assert.deepEqual([load.stream, load.lane, set.request?.path], ["company", "backfill", "/page/0"]);
  assert.ok(set.waitedSince !== null && set.waitedSince < set.at, `${set.waitedSince} ${set.at}`);
});

test("where a thing is not yet, it says what keeps it from being made there", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const id = await world.save({ lastName: "New", company: "Acme" });
  const nextOf = async (): Promise<unknown[]> => {
    const { fields, links } = await world.why.explain(id, { field: "lastName" });
    assert.deepEqual(links, []);
    return fields[0]!.places.map((one) => [one.connection, one.recordId, one.state, one.agreed, one.next]);
  };
  const absent = ["tern", null, "absent", null];
  await world.settle();
  assert.deepEqual(await nextOf(), [[...absent, "It waits for a plan that somebody approves: tern is in plan mode."]]);
  await world.connections.update(world.connection.id, { mode: "write", paused: true });
  assert.deepEqual(await nextOf(), [[...absent, "It waits: tern is paused (winston resume tern)."]]);
  await world.connections.update(world.connection.id, { paused: false });
  assert.deepEqual(await nextOf(), [[...absent, "It is made there."]]);
  world.tern.faults = [{ refuse: "NO", field: "last", when: () => true }];
  await world.settle();
  assert.match(String(((await nextOf())[0] as unknown[])[4]), /^Nothing, until somebody acts: .*Tern says: NO/u);
  await world.records.remove("person", id, "test");
  assert.deepEqual(await nextOf(), []);
});

test("what waits says for what, and what lost says by which rule", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann), { mode: "plan" });
  const [person] = await world.people();
  world.tern.edit("person", "person_000001", { last: "There" });
  world.clock.advance(1_000);
  await world.save({ lastName: "Here" }, person!.id);
  await world.cycle();
  const [why] = (await world.why.explain(person!.id, { field: "lastName" })).fields;
  assert.equal(why!.value, "Here");
  assert.deepEqual([why!.rule!.rule, why!.rule!.winner, why!.rule!.lost], ["newest", "winston", "There"]);
  assert.equal(why!.places[0]!.next, "It waits for a plan that somebody approves: tern is in plan mode.");
});

test("the rule is named where it decided the value that stands, and no more once somebody set it since", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  world.tern.edit("person", "person_000001", { last: "There" });
  world.clock.advance(1_000);
  await world.save({ lastName: "Here" }, person!.id);
  await world.cycle();
  const decidedAt = world.clock.now();
  const told = async (asOf?: number) =>
    (await world.why.explain(person!.id, { field: "lastName", asOf })).fields[0]!.rule?.rule ?? null;
  assert.equal(await told(), "newest");
  world.clock.advance(1_000);
  await world.save({ lastName: "Later" }, person!.id);
  assert.equal(await told(), null, "nobody decided about that one");
  assert.equal(await told(decidedAt), "newest", "then it stood by the rule");
  await world.save({ lastName: "Here" }, person!.id);
  assert.equal(await told(), null, "nor about the same value, said anew");
});

test("while a person is asked, what is next says so at every place, with the command; as of before the answer it still does not stand by it", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  await world.mapAlso("person", [{ field: "title", record: "tel", transform: "text", rule: "ask" }]);
  await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  await world.save({ title: "Here" }, person!.id);
  world.tern.edit("person", "person_000001", { tel: "There" });
  await world.cycle();
  const [asked] = await world.runs.conflicts({ open: true, limit: 5 });
  const field = async (asOf?: number) => (await world.why.explain(person!.id, { field: "title", asOf })).fields[0]!;
  const { rule, places } = await field();
  assert.deepEqual([rule!.rule, rule!.winner], ["ask", "open"]);
  const take = `\`winston conflicts take ${asked!.id} winston\``;
  assert.deepEqual(
    places.map((one) => [
      one.connection,
      one.next.startsWith("Nothing, until a person says") && one.next.includes(take),
    ]),
    [
      ["tern", true],
      ["other", true],
    ],
    JSON.stringify(places),
  );
  assert.match(places[1]!.next, /It is asked about person_000001 at tern person, and waits everywhere/u);

  const before = world.clock.now();
  world.clock.advance(1_000);
  await world.conflicts.take([asked!.id], { choice: { value: "Third" } }, "key:ann");
  await world.settle();
  const after = await field();
  assert.deepEqual([after.rule!.winner, after.value, after.set.by], ["given", "Third", "key:ann"]);
  assert.deepEqual(
    after.places.map((one) => one.next),
    ["Nothing: both sides agree.", "Nothing: both sides agree."],
  );
  assert.equal((await field(before)).rule!.winner, "open");
});

test("a field that is frozen, a stream that is switched off and a record there that cannot be read say so, with who ends it", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  const next = async (): Promise<string> =>
    (await world.why.explain(person!.id, { field: "title" })).fields[0]!.places[0]!.next;
  const id = "0190a1b2-0000-7000-8000-00000000000f";
  const writer = { actor: "connection:tern", streamId: null, mapping: null, value: "1" };
  await insertFrozen(
    world.database,
    [{ id, entityId: person!.id, field: "title", writers: [writer, writer] }],
    world.clock.now(),
  );
  assert.match(await next(), new RegExp(`frozen until \`winston frozen release ${id}\``, "u"));
  await world.frozen.release(id, "test");
  assert.equal(await next(), "Nothing: both sides agree.");

  const stream = await world.stream("person");
  const of = { streamId: stream.id, side: "pull", mapping: 1, runId: null, at: world.clock.now() } as const;
  const parked = { subject: "person_000001", reason: "value", message: "tel is no number.", field: null, vendor: null };
  await park(world.database, of, [parked]);
  assert.match(await next(), /not taken, until somebody acts: tel is no number/u);
  await world.connections.updateStream(stream.id, { enabled: false }, "test");
  assert.equal(await next(), "Nothing: tern person is switched off.");
});

test("as of an earlier time, what was agreed on is of then as far as it is told, and what was next is said not to be", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  const first = world.clock.now();
  world.clock.advance(60_000);
  await world.save({ lastName: "Leigh" }, person!.id);
  await world.settle();
  const second = world.clock.now();
  world.clock.advance(60_000);
  await world.connect("other", "plan");
  await world.settle();
  await world.save({ lastName: "Last" }, person!.id);
  const at = async (asOf?: number) =>
    (await world.why.explain(person!.id, { field: "lastName", asOf })).fields[0]!.places.map((one) => [
      one.connection,
      one.recordId === null ? null : one.agreed,
      one.next.replace(/ is not told.*/u, " is not told"),
    ]);
  const untold = "What was next then is not told";
  assert.deepEqual(await at(first), [
    ["tern", "Lee", untold],
    ["other", null, untold],
  ]);
  assert.deepEqual((await at(second))[0], ["tern", "Leigh", untold]);
  assert.deepEqual(await at(), [
    ["tern", "Leigh", "It is written there."],
    ["other", null, "It waits for a plan that somebody approves: other is in plan mode."],
  ]);
});

test("a reference is told with the name of what it names", async () => {
  await using world = await createTernWorld((tern) => {
    const parent = tern.add("company", { title: "Parent" });
    tern.add("company", { title: "Child", parent });
  });
  const [child, parent] = ["Child", "Parent"].map(
    (name) => async () => (await world.accounts()).find((one) => one.fields["name"] === name)!,
  );
  const { fields, names } = await world.why.explain((await child!()).id, {});
  const value = fields.find((one) => one.field === "parent")!.value as string;
  assert.equal(value, (await parent!()).id);
  assert.deepEqual(names, { [value]: "Parent" });
});

test("a field it never had, and a time before it was made, are refused in words", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", ann));
  const [person] = await world.people();
  await assert.rejects(
    world.why.explain(person!.id, { field: "rating" }),
    /never had a value of rating\. It has company, email, firstName/u,
  );
  await assert.rejects(world.why.explain(person!.id, { asOf: 0 }), /there was nothing of it before/u);
});
