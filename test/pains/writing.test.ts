// Pains of other systems that come from writing: loops, values that come back, poison, blanks, locks, and success that is none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLine } from "../support/line.ts";
import { ann, createTernWorld, type TernWorld } from "../support/world.ts";

const SECOND = 1_000;

async function cycles(world: TernWorld, count: number): Promise<void> {
  for (let round = 0; round < count; round++) {
    world.clock.advance(60 * SECOND);
    for (const { id } of await world.connections.list()) await world.sync(id, round % 2 === 1);
  }
}

test("pain 7: what Winston writes at one system is no edit there: it is written once, and goes to nobody again", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  world.clock.advance(SECOND);
  world.tern.edit("person", world.tern.living("person")[0]![0], { tel: "2", mail: "ann.lee@example.com" });
  await cycles(world, 6);
  assert.deepEqual([world.other.writes.map((one) => one.op), world.tern.writes], [["create", "update"], []]);
});

test("pain 7: one person here who is two records of a system comes to rest: nothing is written to and fro between them", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  for (const tel of ["1", "2"]) world.other.add("person", { ...ann, tel });
  await world.connect("other");
  await world.settle();
  await cycles(world, 2);
  const writes = (): number => world.tern.writes.length + world.other.writes.length;
  const [before, people] = [writes(), await world.people()];
  await cycles(world, 6);
  assert.equal(writes(), before);
  assert.deepEqual(await world.people(), people);
  const linked = await Promise.all(people.map((one) => world.records.get("person", undefined, one.id)));
  const parked = (await world.runs.parked({ limit: 10 })).map((one) => one.subject);
  const known = linked.flatMap((one) => one.links!.map((link) => `${link.connection} ${link.recordId}`));
  const there = world.tern.living("person").length + world.other.living("person").length;
  assert.deepEqual([new Set(known).size, known.length + parked.length], [known.length, there]);
});

test("pain 8: two quick edits here do not bounce: the first never stands again on either side", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const there = (): unknown => world.tern.living("person")[0]![1].fields["tel"];
  const seen: unknown[] = [];
  const look = async (): Promise<void> => {
    seen.push([(await world.people())[0]!.fields["title"], there()]);
  };
  world.clock.advance(60 * SECOND);
  // While the first is on its way the second is made, and a reading shows the first coming back, stamped later than both.
  world.tern.afterWrite = async () => {
    world.tern.afterWrite = undefined;
    await world.save({ title: "second" }, person!.id);
    world.clock.advance(SECOND);
    world.tern.edit("person", world.tern.living("person")[0]![0], {});
    const { id } = await world.stream("person");
    const { signal } = new AbortController();
    await world.engine.runLane({ streamId: id, lane: "batch", trigger: "test", signal });
    await look();
  };
  await world.save({ title: "first" }, person!.id);
  await world.settle();
  await look();
  await cycles(world, 2);
  await look();
  assert.deepEqual(seen, [
    ["second", "first"],
    ["second", "second"],
    ["second", "second"],
  ]);
});

test("pain 8: a record that is deleted here does not come back with a page that was read before", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  const [id, row] = world.tern.living("person")[0]!;
  const before = structuredClone(row);
  await world.records.remove("person", person!.id, "test");
  await world.settle();
  // The vendor's list lags: for one reading more it shows the record as it was.
  const deleted = world.tern.people.get(id)!;
  world.tern.people.set(id, { ...deleted, ...before, deleted: false });
  await world.cycle();
  world.tern.people.set(id, deleted);
  await cycles(world, 3);
  assert.deepEqual([await world.people(), world.tern.living("person"), world.other.living("person")], [[], [], []]);
});

test("pain 14: a record that the vendor refuses is sent once and not each run anew, until it or a person says otherwise", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const refuse = { refuse: "TOO_LONG", field: "tel", when: (values: object) => JSON.stringify(values).includes("bad") };
  world.tern.faults = Array.from({ length: 20 }, () => refuse);
  const [person] = await world.people();
  await world.save({ title: "bad" }, person!.id);
  await world.settle();
  const sent = world.tern.writes.length;
  await cycles(world, 6);
  assert.equal(world.tern.writes.length, sent, "six cycles later nothing was sent again");
  const [parked, ...more] = await world.runs.parked({ limit: 10 });
  assert.deepEqual([parked!.field, parked!.times, more], ["tel", 1, []]);
  assert.match(parked!.message, /TOO_LONG/u);
  await world.runs.retryParked({ subject: parked!.subject });
  await world.settle();
  assert.equal(world.tern.writes.length, sent + 1, "a person asks for one try, and gets one");
  await world.save({ title: "good" }, person!.id);
  await world.settle();
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "good");
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
});

test("pain 20: a blank that was never filled overwrites nothing, and a field that is emptied is emptied everywhere", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, tel: null }));
  const other = world.other.add("person", { ...ann, tel: "7", first: null });
  await world.connect("other");
  await world.settle();
  await cycles(world, 2);
  const all = async (field: string, key: string): Promise<unknown[]> => [
    (await world.people())[0]!.fields[key] ?? null,
    world.tern.living("person")[0]![1].fields[field],
    world.other.living("person")[0]![1].fields[field],
  ];
  assert.deepEqual(
    [await all("tel", "title"), await all("first", "firstName")],
    [
      ["7", "7", "7"],
      ["Ann", "Ann", "Ann"],
    ],
  );
  world.clock.advance(SECOND);
  world.other.edit("person", other, { tel: null });
  await cycles(world, 2);
  assert.deepEqual(await all("tel", "title"), [null, null, null], "emptied at a vendor");
  await world.save({ firstName: null }, (await world.people())[0]!.id);
  await cycles(world, 2);
  assert.deepEqual(await all("first", "firstName"), [null, null, null], "emptied here");
});

test("pain 22: when every row is refused the run, the stream and the list of parked say so with the reason, and nothing is skipped later", async () => {
  await using world = await createTernWorld();
  const refuse = { refuse: "NO_LICENCE", field: "last", when: () => true };
  world.tern.faults = Array.from({ length: 10 }, () => refuse);
  await world.saveAll(
    "person",
    Array.from({ length: 10 }, (_, index) => ({ externalId: `L${index}`, lastName: `Lee ${index}`, company: "Acme" })),
  );
  await world.settle();
  assert.equal(world.tern.living("person").length, 0);
  const pushed = (await world.runs.list({ limit: 20 })).filter((run) => run.lane === "push" && run.stream === "person");
  assert.equal(
    pushed.reduce((sum, run) => sum + (run.counts.parked ?? 0), 0),
    10,
  );
  const [cause, ...more] = (await world.runs.get(pushed[0]!.id)).parked!;
  assert.deepEqual([cause!.field, cause!.count, more], ["last", 10, []]);
  assert.match(cause!.message, /NO_LICENCE/u);
  const stream = await world.stream("person");
  assert.match(stream.health, /10 parked/u);
  assert.doesNotMatch(stream.health, /in step/u);
  world.tern.faults = [];
  await world.runs.retryParked({ stream: "person" });
  await world.settle();
  assert.equal(world.tern.living("person").length, 10);
  assert.match((await world.stream("person")).health, /in step/u);
});

test("pain 23: rows that meet a lock in Salesforce go through by themselves when it ends: none is lost, none is parked, none is made twice", async () => {
  let account = "";
  await using line = await createLine(({ data }) => {
    account = data.add("Account", { Name: "Busy" });
    data.add("Contact", { LastName: "First", AccountId: account });
  });
  const { id } = await line.of(account);
  line.org.data.lockRow(account, 1_500);
  const results = await line.winston.records.save(
    Array.from({ length: 12 }, (_, index) => ({
      input: { externalId: `C${index}`, lastName: `Child ${index}`, account: id },
    })),
    { kind: "person", stage: "contact", mode: "upsert", unknownKeys: "error", actor: "test" },
  );
  assert.ok(results.every((one) => one.status === "created"));
  await line.settle();
  const refused = line.org.log.entries.filter((one) => one.mutating && one.status !== 204).length;
  assert.ok(refused > 0);
  const there = line.org.data.list("Contact").filter((row) => row["AccountId"] === account);
  assert.equal(there.length, 13);
  assert.equal(new Set(there.map((row) => row["LastName"])).size, 13);
  assert.deepEqual(await line.winston.runs.parked({ limit: 20 }), []);
});
