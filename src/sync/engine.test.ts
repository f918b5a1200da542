import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import type { Sql } from "../store/sql.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

test("a first load brings every record, and a second cycle changes and writes nothing", async () => {
  await using world = await createTernWorld((tern) => {
    for (let index = 0; index < 450; index++)
      tern.add("person", { ...ann, mail: `p${index}@example.com`, last: `Lee ${index}` });
  });
  const people = await world.people();
  assert.equal(people.length, 450);
  assert.equal(people[0]!.fields["lastName"], "Lee 0");
  await world.cycle();
  await world.sync(world.connection.id, true);
  assert.deepEqual(
    (await world.people()).map((one) => one.version),
    people.map(() => 1),
  );
  assert.deepEqual(world.tern.writes, []);
});

test("an edit on either side arrives at the other, and edits of different fields both survive", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  world.clock.advance(1_000);
  world.tern.edit("person", id, { tel: "2" });
  await world.save({ firstName: "Anna" }, person!.id);
  await world.cycle();
  const [after] = await world.people();
  assert.equal(after!.fields["title"], "2");
  assert.equal(world.tern.people.get(id)!.fields["first"], "Anna");
  assert.equal(world.tern.people.get(id)!.fields["tel"], "2");
});

test("a record made here is made there once, with the filler a blank needs, which reads back as blank", async () => {
  await using world = await createTernWorld();
  await world.save({ externalId: "L1", lastName: "Okafor", email: "o@example.com" });
  await world.settle();
  const made = world.tern.living("person");
  assert.equal(made.length, 1);
  assert.equal(made[0]![1].fields["firm"], "[unknown]");
  await world.cycle();
  const [person] = await world.people();
  assert.equal(person!.fields["company"] ?? null, null);
  assert.equal(world.tern.writes.length, 1);
});

test("both sides changed one field: the newest wins and the loser is in the ledger", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.add("person", { ...ann, mail: "bo@example.com", last: "Bo" });
  });
  const people = await world.people();
  const ids = world.tern.living("person").map(([id]) => id);
  world.clock.advance(1_000);
  await world.save({ title: "from winston, older" }, people[0]!.id);
  world.tern.edit("person", ids[1]!, { tel: "from tern, older" });
  world.clock.advance(1_000);
  world.tern.edit("person", ids[0]!, { tel: "from tern, newer" });
  await world.save({ title: "from winston, newer" }, people[1]!.id);
  await world.cycle();
  const after = await world.people();
  assert.deepEqual(
    after.map((one) => one.fields["title"]),
    ["from tern, newer", "from winston, newer"],
  );
  assert.deepEqual(
    ids.map((id) => world.tern.people.get(id)!.fields["tel"]),
    ["from tern, newer", "from winston, newer"],
  );
  const ledger = await world.runs.conflicts({ limit: 10 });
  const losers = ledger.map(
    (one) => `${one.winner} won over ${String(one.winner === "record" ? one.winston : one.record)}`,
  );
  assert.deepEqual(losers.toSorted(), ["record won over from winston, older", "winston won over from tern, older"]);
});

test("what a create did not get to before its answer was lost is sent again, and blanks nothing here", async () => {
  await using world = await createTernWorld((tern) => tern.add("company", { title: "Acme" }));
  const [acme] = await world.accounts();
  world.tern.keeps = (field, value) => (field === "employer" ? null : value);
  world.tern.afterWrite = () => void (world.tern.keeps = (_, value) => value);
  world.tern.faults = ["unknown-done"];
  await world.save({ lastName: "New", account: acme!.id, email: "n@example.com" });
  await world.settle();
  world.clock.advance(3_600_000);
  await world.cycle();
  assert.deepEqual(
    [(await world.people()).map((one) => one.fields["account"]), world.tern.living("person")[0]![1].fields["employer"]],
    [[acme!.id], "company_000001"],
  );
});

test("what somebody emptied in a record whose create was never answered is empty everywhere, whoever reads it first", async () => {
  for (const first of ["settling", "pull"]) {
    await using world = await createTernWorld();
    world.clock.advance(60_000);
    await world.save({ lastName: "New", title: "boss", email: "n@example.com" });
    world.tern.faults = ["unknown-done"];
    world.tern.afterWrite = async () => {
      world.tern.afterWrite = undefined;
      world.clock.advance(1_000);
      world.tern.edit("person", world.tern.living("person")[0]![0], { tel: null, first: "Ann" });
      const { id } = await world.stream("person");
      if (first === "pull")
        await world.engine.runLane({
          streamId: id,
          lane: "batch",
          trigger: "test",
          signal: new AbortController().signal,
        });
    };
    await world.settle();
    world.clock.advance(3_600_000);
    await world.cycle();
    const [person] = await world.people();
    const there = world.tern.living("person")[0]![1].fields;
    assert.deepEqual(
      [person!.fields["title"], person!.fields["firstName"], there["tel"], there["first"]],
      [undefined, "Ann", null, "Ann"],
      first,
    );
  }
});

test("what a vendor makes of a value that it is sent with a create is its own, also where the answer never came", async () => {
  for (const faults of [[], ["unknown-done"]] as const) {
    await using world = await createTernWorld((tern) => {
      tern.behindMs = 500;
      tern.keeps = (field, value) => (field === "tel" ? String(value).toUpperCase() : value);
    });
    world.tern.faults = [...faults];
    world.clock.advance(60_000);
    await world.save({ lastName: "New", title: "boss", email: "n@example.com" });
    await world.settle();
    world.clock.advance(3_600_000);
    await world.cycle();
    await world.cycle();
    assert.deepEqual(
      [(await world.people()).map((one) => one.fields["title"]), world.tern.living("person")[0]![1].fields["tel"]],
      [["BOSS"], "BOSS"],
    );
    assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
  }
});

test("a create whose answer was lost is not made twice, whether or not it happened", async () => {
  for (const fault of ["unknown-done", "unknown-not-done"] as const) {
    await using world = await createTernWorld();
    world.tern.faults = [fault];
    await world.save({ externalId: "L1", lastName: "Once", company: "Acme" });
    await world.settle();
    assert.equal(world.tern.living("person").length, 1, fault);
    assert.equal((await world.connections.quiet()).quiet, true, "nothing waits for the next tick");
    await world.cycle();
    assert.equal((await world.people()).length, 1, fault);
    assert.equal((await world.connections.quiet()).quiet, true);
  }
});

test("an update whose answer was lost is recognised as our own when it is read back", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.tern.faults = ["unknown-done"];
  await world.save({ title: "new" }, person!.id);
  await world.settle();
  await world.cycle();
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "new");
  assert.deepEqual(await world.runs.conflicts({ limit: 10 }), []);
  assert.equal(world.tern.writes.length, 1);
});

test("an edit made there in the last moment before our write survives", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  await world.save({ firstName: "Anna" }, person!.id);
  world.tern.beforeRead = () => {
    world.tern.beforeRead = undefined;
    world.clock.advance(100);
    world.tern.edit("person", id, { tel: "last moment" });
  };
  await world.settle();
  await world.cycle();
  assert.deepEqual(
    [world.tern.people.get(id)!.fields["first"], world.tern.people.get(id)!.fields["tel"]],
    ["Anna", "last moment"],
  );
  assert.equal((await world.people())[0]!.fields["title"], "last moment");
});

test("a row the vendor refuses is parked with its words, the rest goes on, and a correction frees it", async () => {
  await using world = await createTernWorld();
  world.tern.faults = [{ refuse: "NAME_TOO_LONG", field: "last", when: (values) => values["last"] === "Bad" }];
  await world.records.save(
    [
      { input: { externalId: "1", lastName: "Bad", company: "A" } },
      { input: { externalId: "2", lastName: "Good", company: "A" } },
    ],
    { kind: "person", stage: "lead", mode: "upsert", unknownKeys: "error", actor: "test" },
  );
  await world.settle();
  assert.equal(world.tern.living("person").length, 1);
  const [parked] = await world.runs.parked({ limit: 10 });
  assert.match(parked!.message, /NAME_TOO_LONG/u);
  assert.equal(parked!.field, "last");
  await world.save({ externalId: "1", lastName: "Better" });
  await world.settle();
  assert.equal(world.tern.living("person").length, 2);
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
});

test("one NUL and one half surrogate in a page of a thousand park two records, and 998 commit", async () => {
  await using world = await createTernWorld((tern) => {
    tern.pageSize = 1_000;
    for (let index = 0; index < 1_000; index++) {
      const last = index === 500 ? "nul\u0000here" : index === 700 ? "half\ud800" : `ok \u0001 ${index}`;
      tern.add("person", { ...ann, mail: `p${index}@example.com`, last });
    }
  });
  const parked = await world.runs.parked({ limit: 10 });
  assert.deepEqual(
    parked.map((one) => [one.reason, one.field]),
    [
      ["record.unstorable", "last"],
      ["record.unstorable", "last"],
    ],
  );
  const [row] = await world.people().then((people) => people.slice(-1));
  assert.equal((await world.connections.streams()).find((stream) => stream.key === "person")!.counts.linked, 998);
  assert.ok(row);
});

test("a deletion there makes a tombstone, unless the record was edited here since: then it is made again", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.add("person", { ...ann, mail: "bo@example.com", last: "Bo" });
  });
  const people = await world.people();
  const ids = world.tern.living("person").map(([id]) => id);
  world.clock.advance(1_000);
  for (const id of ids) world.tern.remove("person", id);
  await world.save({ title: "edited" }, people[1]!.id);
  await world.cycle();
  await world.cycle();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["lastName"]),
    ["Bo"],
  );
  const there = world.tern.living("person");
  assert.deepEqual(
    there.map(([, row]) => [row.fields["last"], row.fields["tel"]]),
    [["Bo", "edited"]],
  );
});

test("a deletion here is carried out there, unless the record was edited there since: then it lives", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.add("person", { ...ann, mail: "bo@example.com", last: "Bo" });
  });
  const people = await world.people();
  const ids = world.tern.living("person").map(([id]) => id);
  world.clock.advance(1_000);
  world.tern.edit("person", ids[1]!, { tel: "edited there" });
  for (const person of people) await world.records.remove("person", person.id, "test");
  await world.settle();
  await world.cycle();
  assert.deepEqual(
    world.tern.living("person").map(([id]) => id),
    [ids[1]],
  );
  assert.deepEqual(
    (await world.people()).map((one) => [one.fields["lastName"], one.fields["title"]]),
    [["Bo", "edited there"]],
  );
});

test("references resolve whatever the order of arrival, and children are pushed after their parents", async () => {
  await using world = await createTernWorld((tern) => {
    const child = tern.add("company", { title: "Child" });
    const parent = tern.add("company", { title: "Parent" });
    tern.edit("company", child, { parent });
    tern.add("person", { ...ann, employer: child });
  });
  const accounts = await world.records.list({ kind: "account", limit: 10 });
  const byName = new Map(accounts.map((one) => [one.fields["name"], one.id]));
  assert.equal(accounts.find((one) => one.fields["name"] === "Child")!.fields["parent"], byName.get("Parent"));
  assert.equal((await world.people())[0]!.fields["account"], byName.get("Child"));

  await world.records.save(
    [
      { input: { externalId: "A", name: "New parent" } },
      { input: { externalId: "B", name: "New child", parent: { externalId: "A" } } },
    ].slice(0, 1),
    { kind: "account", mode: "upsert", unknownKeys: "error", actor: "t" },
  );
  await world.records.save([{ input: { externalId: "B", name: "New child", parent: { externalId: "A" } } }], {
    kind: "account",
    mode: "upsert",
    unknownKeys: "error",
    actor: "t",
  });
  await world.save({ externalId: "P", lastName: "Emp", company: "x", account: { externalId: "B" } });
  await world.settle();
  const company = (title: string) => world.tern.living("company").find(([, row]) => row.fields["title"] === title)!;
  assert.equal(company("New child")[1].fields["parent"], company("New parent")[0]);
  assert.equal(
    world.tern.living("person").find(([, row]) => row.fields["last"] === "Emp")![1].fields["employer"],
    company("New child")[0],
  );
  await world.cycle();
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("a page that cannot be had stops the run, deletes nothing, and the next run goes on after the last committed page", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  for (let index = 0; index < 500; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  let broke = false;
  const pages: number[] = [];
  tern.beforePage = (page) => {
    pages.push(page);
    if (page === 2 && !broke) {
      broke = true;
      throw new Error("the page was cut off");
    }
  };
  await using world = await createTestEngine({ tern: ternConnector(tern) }, { clock });
  const connection = await world.connections.connect({
    vendor: "tern",
    name: "tern",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await world.settle(false);
  const failed = (await world.runs.list({ limit: 10 })).find((run) => run.state === "failed");
  assert.match(failed!.error!.message, /the page was cut off/u);
  assert.equal(failed!.counts.created, 400);
  await world.settle();
  assert.equal((await world.records.list({ kind: "person", limit: 500 })).length, 500);
  const [resumed] = (await world.runs.list({ limit: 20 })).filter(
    (run) => run.lane === "backfill" && run.stream === "person" && run.state === "done",
  );
  assert.equal(resumed!.counts.read, 100);
  assert.equal((await world.connections.get(connection.id)).problem, null);
});

test("a worker that lost its lane commits nothing more", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  for (let index = 0; index < 300; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  await using world = await createTestEngine({ tern: ternConnector(tern) }, { clock });
  await world.connections.connect({ vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "write" });
  const { claimLane } = await import("../store/lane.ts");
  const streams = await world.connections.streams();
  const stream = streams.find((one) => one.key === "person")!;
  let stole: Promise<unknown> | undefined;
  const load = (streamId: number) =>
    world.engine.runLane({ streamId, lane: "backfill", trigger: "test", signal: new AbortController().signal });
  await load(streams.find((one) => one.key === "company")!.id);
  tern.beforePage = (page) => {
    if (page === 1) stole ??= claimLane(world.database, stream.id, "backfill", "thief");
  };
  await load(stream.id);
  await stole;
  const count = (await world.records.list({ kind: "person", limit: 500 })).length;
  assert.ok(count < 300, `${count} were committed`);
  const [run] = await world.runs.list({ limit: 1 });
  assert.equal(run!.state, "stopped");
});

test("a record that comes back while its entity lives on as another is parked, and the stream goes on", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  world.clock.advance(1_000);
  await world.save({ title: "edited here" }, person!.id);
  world.tern.remove("person", id);
  await world.cycle();
  assert.equal(world.tern.living("person").length, 1, "the edit lives on as a new record");
  world.clock.advance(1_000);
  world.tern.people.get(id)!.deleted = false;
  world.tern.edit("person", id, { tel: "back again" });
  world.tern.add("person", { ...ann, mail: "new@example.com" });
  await world.cycle();
  assert.deepEqual(
    (await world.runs.parked({ limit: 10 })).map((one) => [one.subject, one.reason]),
    [[id, "record.twin"]],
  );
  assert.equal((await world.people()).length, 2);
  assert.equal((await world.people())[0]!.fields["title"], "edited here");
});

test("the specification's field_mappings JSON is put in force as written, with its asymmetries named", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const stream = (await world.connections.streams()).find((one) => one.key === "person")!;
  const written = {
    field_mappings: {
      crm: { "lead.email": "contact.mail", "lead.title": "contact.tel" },
      winston: { "contact.mail": "lead.email", "contact.firm": "lead.title" },
    },
  };
  const { version, notes } = await world.connections.putMapping(stream.id, written, "test");
  assert.equal(version, 2);
  assert.match(notes.join("\n"), /contact\.tel.*contact\.firm/su);
  await world.settle();
  assert.equal((await world.people())[0]!.fields["title"], "Acme");
  await assert.rejects(
    world.connections.putMapping(stream.id, { field_mappings: { crm: { "account.name": "company.title" } } }, "test"),
    /account.*holds lead records/su,
  );
});

test("a filler is blank in Winston however its record is met again: after a lost answer, and when a required field is emptied", async () => {
  await using world = await createTernWorld();
  world.tern.faults = ["unknown-done"];
  await world.save({ externalId: "1", lastName: "Lost" });
  await world.settle();
  await world.cycle();
  const [person] = await world.people();
  assert.equal(person!.fields["company"] ?? null, null);
  await world.save({ company: "Acme" }, person!.id);
  await world.settle();
  await world.cycle();
  assert.equal(world.tern.living("person")[0]![1].fields["firm"], "Acme");
  await world.save({ company: null }, person!.id);
  await world.settle();
  await world.cycle();
  await world.sync(world.connection.id, true);
  assert.equal(world.tern.living("person")[0]![1].fields["firm"], "[unknown]");
  assert.equal((await world.people())[0]!.fields["company"] ?? null, null);
  assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
});

test("two CRMs that are full already: one person in both is linked and not doubled, blanks fill, and the rest is made in the other", async () => {
  const clock = new VirtualClock();
  const [left, right] = [new Tern(clock), new Tern(clock)];
  left.add("person", { ...ann, tel: null });
  left.add("person", { ...ann, mail: "only-left@example.com", last: "Left" });
  right.add("person", { ...ann, mail: "ANN@example.com", firm: null });
  right.add("person", { ...ann, mail: "only-right@example.com", last: "Right" });
  await using world = await createTestEngine(
    { left: ternConnector(left, "left"), right: ternConnector(right, "right") },
    { clock },
  );
  for (const vendor of ["left", "right"])
    await world.connections.connect({ vendor, name: vendor, settings: {}, secrets: {}, mode: "write" });
  await world.settle();
  assert.equal((await world.records.list({ kind: "person", limit: 10 })).length, 3);
  for (const tern of [left, right]) {
    const people = tern
      .living("person")
      .map(([, row]) => `${String(row.fields["last"])} ${String(row.fields["tel"])} ${String(row.fields["firm"])}`);
    assert.deepEqual(people.toSorted(), ["Lee 1 Acme", "Left 1 Acme", "Right 1 Acme"]);
  }
  const writes = left.writes.length + right.writes.length;
  for (const connection of await world.connections.list()) await world.sync(connection.id, true);
  assert.equal(left.writes.length + right.writes.length, writes);
});

test("a first load waits for the streams its records point to, and no longer where their load failed", async () => {
  const clock = new VirtualClock();
  const tern = new Tern(clock);
  tern.add("person", { ...ann, employer: tern.add("company", { title: "Acme" }) });
  await using world = await createTestEngine({ tern: ternConnector(tern) }, { clock });
  await world.connections.connect({ vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "write" });
  const streams = await world.connections.streams();
  const load = async (key: string) => {
    await world.engine.runLane({
      streamId: streams.find((one) => one.key === key)!.id,
      lane: "backfill",
      trigger: "test",
      signal: new AbortController().signal,
    });
    return (await world.records.list({ kind: "person", limit: 5 })).length;
  };
  assert.equal(await load("person"), 0, "companies first");
  tern.beforePage = () => {
    throw new Error("companies cannot be read");
  };
  await load("company");
  tern.beforePage = undefined;
  assert.equal(await load("person"), 1, "their load failed");
});

test("a run that finds nothing asks the database five times: what it must know, the lane, where it stands, what waits for it, and its end", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const statements: string[] = [];
  const noted = (query: Sql): Sql => {
    statements.push(query.text.trim().slice(0, 60));
    return query;
  };
  const database = {
    ...world.database,
    rows: <Row extends object>(query: Sql) => world.database.rows<Row>(noted(query)),
    one: <Row extends object>(query: Sql) => world.database.one<Row>(noted(query)),
    run: (query: Sql) => world.database.run(noted(query)),
  };
  await using other = await world.another(2, database);
  const job = {
    streamId: (await world.stream("person")).id,
    lane: "batch",
    trigger: "test",
    signal: other.signal,
  } as const;
  // The first one reads the mappings, and what overlaps.
  for (let cycle = 0; cycle < 2; cycle++) {
    world.clock.advance(30 * 60_000);
    statements.length = 0;
    await other.engine.runLane(job);
  }
  assert.equal(statements.length, 5, statements.join("\n"));
});
