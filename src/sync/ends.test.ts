import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../store/sql.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

test("a merge at the vendor makes one record here: blanks fill, losing values are in the ledger, both old ids lead to it", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", { ...ann, tel: null });
    tern.add("person", { ...ann, mail: "second@example.com", tel: "555", firm: "Acme Inc" });
  });
  const [one, two] = await world.people();
  const [[kept], [gone]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  world.clock.advance(1_000);
  world.tern.merge("person", gone, kept);
  await world.cycle();
  await world.cycle();
  assert.deepEqual(
    (await world.people()).map((person) => [person.id, person.fields["title"], person.fields["email"]]),
    [[one!.id, "555", "ann@example.com"]],
  );
  assert.equal(world.tern.people.get(kept)!.fields["tel"], "555", "what filled a blank is written to the survivor");
  const losers = (await world.runs.conflicts({ entityId: one!.id, limit: 10 })).map(
    (line) => `${line.field} ${line.rule} ${String(line.record)}`,
  );
  assert.deepEqual(losers.toSorted(), ["company merged Acme Inc", "email merged second@example.com"]);
  assert.equal((await world.records.get("person", undefined, two!.id)).id, one!.id);
  assert.equal(world.tern.living("person").length, 1);
});

test("a merge, and the deletion of whom it left, told by one page: the one that is left is deleted, and the stream goes on", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", { ...ann, tel: null });
    tern.add("person", { ...ann, tel: null, mail: "second@example.com" });
  });
  const [[kept], [gone]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  world.clock.advance(1_000);
  world.tern.merge("person", gone, kept);
  world.clock.advance(1_000);
  world.tern.remove("person", kept);
  await world.cycle();
  const runs = await world.runs.list({ limit: 10 });
  assert.deepEqual(
    runs.filter((run) => run.state === "failed").map((run) => run.error),
    [],
  );
  assert.deepEqual(
    (await world.people()).map((person) => person.deletedAt),
    [],
  );
  assert.deepEqual(world.tern.living("person"), []);
});

test("after a merge of parents their children still lead to the survivor, and are still written with it", async () => {
  let [kept, gone] = ["", ""];
  await using world = await createTernWorld((tern) => {
    kept = tern.add("company", { title: "Acme" });
    gone = tern.add("company", { title: "Acme (old)" });
    tern.add("person", { ...ann, employer: gone });
  });
  const [person] = await world.people();
  const [survivor] = await world.accounts();
  world.clock.advance(1_000);
  world.tern.merge("company", gone, kept);
  await world.cycle();
  // Tern left the child as it was: it still names the record that is gone.
  const [[child]] = world.tern.living("person") as [[string, unknown]];
  world.clock.advance(1_000);
  world.tern.edit("person", child, { tel: "2" });
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["account"], survivor!.id);
  const other = await world.save({
    externalId: "2",
    lastName: "New",
    company: "x",
    account: person!.fields["account"],
  });
  await world.settle();
  assert.equal((await world.records.get("person", undefined, other)).fields["account"], survivor!.id);
  const made = world.tern.living("person").find(([, row]) => row.fields["last"] === "New")!;
  assert.equal(made[1].fields["employer"], kept);
});

test("a child that waits to be written while its parent is merged away is written with the survivor", async () => {
  let [kept, gone] = ["", ""];
  await using world = await createTernWorld((tern) => {
    kept = tern.add("company", { title: "Acme" });
    gone = tern.add("company", { title: "Acme (old)" });
  });
  const [, loser] = await world.accounts();
  await world.connections.update(world.connection.id, { paused: true });
  await world.save({ externalId: "1", lastName: "Waiting", company: "x", account: loser!.id });
  world.clock.advance(1_000);
  world.tern.merge("company", gone, kept);
  await world.cycle();
  await world.connections.update(world.connection.id, { paused: false });
  await world.settle();
  assert.equal(world.tern.living("person")[0]![1].fields["employer"], kept);
});

test("a child that waited for a parent the vendor refused is written with the one that took it in elsewhere", async () => {
  let [kept, gone] = ["", ""];
  await using world = await createTernWorld((tern) => {
    kept = tern.add("company", { title: "Acme" });
    gone = tern.add("company", { title: "Refused" });
    tern.add("person", { ...ann, employer: gone });
  });
  world.other.faults = Array.from({ length: 3 }, () => ({
    refuse: "NO",
    field: "title",
    when: (values) => values["title"] === "Refused",
  }));
  await world.connect("other");
  await world.settle();
  const employers = () => world.other.living("person").map(([, row]) => row.fields["employer"] ?? null);
  assert.deepEqual(employers(), [null]);
  world.clock.advance(1_000);
  world.tern.merge("company", gone, kept);
  await world.cycle();
  assert.deepEqual(
    employers(),
    world.other.living("company").map(([id]) => id),
  );
});

test("a deletion at one vendor is carried out at the others", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connect("other");
  await world.save({ title: "2" }, (await world.people())[0]!.id);
  await world.settle();
  assert.equal(world.other.living("person").length, 1);
  world.clock.advance(1_000);
  world.tern.remove("person", world.tern.living("person")[0]![0]);
  await world.cycle();
  assert.equal(world.other.living("person").length, 0);
  assert.deepEqual(await world.people(), []);
});

test("who is deleted at one vendor while they are made at another is deleted there too, whatever becomes of that write", async () => {
  for (const fault of ["none", "unknown-done", "unknown-not-done"] as const) {
    await using world = await createTernWorld();
    await world.connect("other");
    await world.settle();
    const { id: person } = await world.stream("person");
    world.other.faults = fault === "none" ? [] : [fault];
    world.other.afterWrite = async () => {
      world.other.afterWrite = undefined;
      world.clock.advance(1_000);
      world.tern.remove("person", world.tern.living("person")[0]![0]);
      const { signal } = world;
      await world.engine.runLane({ streamId: person, lane: "batch", trigger: "test", signal });
    };
    world.clock.advance(1_000);
    world.tern.add("person", ann);
    await world.cycle();
    await world.cycle();
    assert.deepEqual([world.other.living("person"), await world.people()], [[], []], fault);
  }
});

test("who is deleted at one vendor is owed to no other that refused them", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  world.other.faults = [{ refuse: "BAD_NAME", field: "last", when: () => true }];
  await world.connect("other");
  await world.settle();
  assert.equal((await world.runs.parked({ limit: 10 })).length, 1);
  world.clock.advance(1_000);
  world.tern.remove("person", world.tern.living("person")[0]![0]);
  await world.cycle();
  assert.deepEqual([await world.runs.parked({ limit: 10 }), await world.people()], [[], []]);
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("a merge at one vendor brings the survivor's values to the record that another vendor had of the other one", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, tel: "kept" }));
  world.other.faults = [{ refuse: "NO", field: "tel", when: (values) => values["tel"] === "kept" }];
  await world.connect("other");
  await world.settle();
  world.clock.advance(1_000);
  const gone = world.tern.add("person", { ...ann, mail: "second@example.com", tel: "lost" });
  await world.cycle();
  assert.deepEqual(
    world.other.living("person").map(([, row]) => row.fields["tel"]),
    ["lost"],
  );
  world.clock.advance(1_000);
  world.tern.merge("person", gone, world.tern.living("person")[0]![0]);
  await world.cycle();
  assert.deepEqual(
    world.other.living("person").map(([, row]) => [row.fields["tel"], row.fields["mail"]]),
    [["kept", "ann@example.com"]],
  );
});

test("what was refused of a record that is merged away is owed by nobody any more", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.add("person", { ...ann, mail: "second@example.com", tel: "refused" });
  });
  world.other.faults = [{ refuse: "NO", field: "tel", when: (values) => values["tel"] === "refused" }];
  await world.connect("other");
  await world.settle();
  assert.equal((await world.connections.quiet()).parked, 1);
  const [[kept], [gone]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  world.clock.advance(1_000);
  world.tern.merge("person", gone, kept);
  await world.cycle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  assert.deepEqual(await world.database.rows(sql`select * from intent`), []);
});

test("what a vendor could never be told is no edit: a record deleted there stays deleted", async () => {
  await using world = await createTernWorld();
  world.tern.faults = [{ refuse: "NO_COMPANIES", field: "title", when: () => true }];
  const [acme] = await world.saveAll("account", [{ name: "Acme" }]);
  assert.ok(acme && acme.status !== "failed");
  await world.save({ externalId: "1", lastName: "Lee", company: "x", account: acme.id });
  await world.settle();
  await world.cycle();
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  world.clock.advance(1_000);
  world.tern.remove("person", id);
  await world.cycle();
  assert.deepEqual([world.tern.living("person"), await world.people()], [[], []]);
});

test("a record that is brought back at the vendor lives again, as the same record here", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  world.clock.advance(1_000);
  world.tern.remove("person", id);
  await world.cycle();
  assert.deepEqual(await world.people(), []);
  world.clock.advance(1_000);
  world.tern.people.get(id)!.deleted = false;
  world.tern.edit("person", id, { tel: "back" });
  await world.cycle();
  assert.deepEqual(
    (await world.people()).map((one) => [one.id, one.fields["title"]]),
    [[person!.id, "back"]],
  );
});

test("a record that is gone without a word of deletion is told to a person: it lives on here, and is never made there again", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const other = await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  const [[purged]] = world.tern.living("person") as [[string, unknown]];
  world.tern.people.delete(purged);
  world.clock.advance(1_000);
  await world.save({ title: "Boss" }, person!.id);
  await world.settle();
  const parked = async () =>
    (await world.runs.parked({ limit: 10 })).map((one) => [one.connection, one.reason, one.subject]);
  assert.deepEqual(await parked(), [["tern", "record.gone", person!.id]]);
  assert.match((await world.runs.parked({ limit: 1 }))[0]!.message, /delete it here too/u);
  assert.deepEqual([(await world.people())[0]!.fields["title"], world.tern.people.size], ["Boss", 0]);
  assert.equal(world.other.living("person")[0]![1].fields["tel"], "Boss", "elsewhere it is written as ever");
  // Neither the next edit nor a person's asking again makes it anew.
  await world.save({ title: "Chief" }, person!.id);
  await world.settle();
  await world.runs.retryParked({ stream: "person" });
  await world.settle();
  await world.cycle();
  await world.sync(other.id);
  assert.deepEqual([await parked(), world.tern.people.size], [[["tern", "record.gone", person!.id]], 0]);
  // Somebody makes it there: it is the same person, and no question any more.
  world.clock.advance(1_000);
  const anew = world.tern.add("person", { ...ann, tel: null });
  await world.cycle();
  assert.deepEqual([await parked(), world.tern.people.get(anew)!.fields["tel"]], [[], "Chief"]);
});

test("what a vendor fills in on a record that Winston made is no edit by which a deleted one lives again; what somebody typed over our value, or long after, is", async () => {
  for (const typed of [{}, { first: "Bea" }, { tel: "1" }]) {
    await using world = await createTernWorld((tern) => void tern.add("person", { ...ann, tel: null }));
    world.other.defaults = { tel: "new" };
    await world.connect("other");
    await world.settle();
    const [there] = world.other.living("person")[0]!;
    if ("tel" in typed) world.clock.advance(20 * 60_000);
    if (Object.keys(typed).length > 0) world.other.edit("person", there, typed);
    // Told before the record that was made of it was ever read.
    world.tern.remove("person", world.tern.living("person")[0]![0]);
    await world.cycle();
    assert.deepEqual(
      [(await world.people()).length, world.tern.living("person").length, world.other.living("person").length],
      Object.keys(typed).length > 0 ? [1, 1, 1] : [0, 0, 0],
    );
  }
});

test("what somebody typed into a blank of a record that Winston has just made is an edit by which a deleted one lives again where the vendor tells that a person did; what the vendor filled in is none", async () => {
  for (const typed of [{}, { tel: "typed" }]) {
    await using world = await createTernWorld((tern, _, other) => {
      tern.add("person", { ...ann, tel: null });
      other.tellsPeople = true;
      other.defaults = { tel: "new" };
    });
    await world.connect("other");
    await world.settle();
    const [there] = world.other.living("person")[0]!;
    world.clock.advance(1_000);
    if ("tel" in typed) world.other.edit("person", there, typed);
    world.tern.remove("person", world.tern.living("person")[0]![0]);
    await world.cycle();
    assert.deepEqual(
      [await world.people(), world.tern.living("person"), world.other.living("person")].map((all) => all.length),
      "tel" in typed ? [1, 1, 1] : [0, 0, 0],
    );
  }
});

test("a reference that its vendor blanks because its account was deleted is no edit by which a deal lives again that was deleted with it", async () => {
  await using world = await createTernWorld((tern, _, other) => {
    tern.sells = true;
    other.sells = true;
    const company = tern.add("company", { title: "Acme", parent: null });
    tern.add("deal", { title: "Chairs", worth: null, due: null, buyer: company });
  });
  await world.connect("other");
  await world.settle();
  await world.cycle();
  const [there] = world.other.living("deal")[0]!;
  world.other.afterWrite = (op) => {
    if (op === "delete" && world.other.living("company").length === 0 && world.other.deals.get(there)!.fields["buyer"])
      world.other.edit("deal", there, { buyer: null });
  };
  world.tern.remove("deal", world.tern.living("deal")[0]![0]);
  world.tern.remove("company", world.tern.living("company")[0]![0]);
  world.clock.advance(60_000);
  await world.cycle();
  await world.cycle();
  assert.equal(world.other.deals.get(there)!.fields["buyer"], null);
  assert.deepEqual(
    [(await world.deals()).length, world.tern.living("deal").length, world.other.living("deal").length],
    [0, 0, 0],
  );
});

test("a deal that a vendor takes along when Winston deletes its account there lives on, and is made there again without it", async () => {
  await using world = await createTernWorld((tern, _, other) => {
    tern.sells = true;
    other.sells = true;
    const company = tern.add("company", { title: "Acme", parent: null });
    tern.add("deal", { title: "Chairs", worth: null, due: null, buyer: company });
  });
  const { id: otherId } = await world.connect("other");
  await world.settle();
  await world.cycle();
  world.other.afterWrite = (op) => {
    const [deal] = world.other.living("deal");
    if (op === "delete" && world.other.living("company").length === 0 && deal) world.other.remove("deal", deal[0]);
  };
  world.clock.advance(60_000);
  world.tern.remove("company", world.tern.living("company")[0]![0]);
  for (const id of [world.connection.id, otherId, otherId]) await world.sync(id);
  assert.deepEqual(
    [(await world.deals()).length, world.tern.living("deal").length, (await world.accounts()).length],
    [1, 1, 0],
  );
  const there = world.other.living("deal").map(([, row]) => [row.fields["title"], row.fields["buyer"] ?? null]);
  assert.deepEqual(there, [["Chairs", null]]);
});

test("a deletion that is told late, of what was taken for gone without a word, is one: what was edited since outlives it", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [deleted, row] = world.tern.living("person")[0]!;
  world.tern.people.delete(deleted);
  world.clock.advance(1_000);
  await world.save({ title: "Boss" }, person!.id);
  await world.settle();
  assert.deepEqual(
    (await world.runs.parked({ limit: 10 })).map((one) => one.reason),
    ["record.gone"],
  );
  // The vendor's list of deletions comes after all.
  world.tern.people.set(deleted, { ...row, deleted: true, changedAt: world.clock.now() });
  await world.cycle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  assert.deepEqual(
    world.tern.living("person").map(([, one]) => one.fields["tel"]),
    ["Boss"],
  );
});

test("who is gone without a word and deleted here is deleted everywhere, and nothing is parked for it", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.connect("other");
  await world.settle();
  const [person] = await world.people();
  world.tern.people.clear();
  world.clock.advance(1_000);
  await world.save({ title: "Boss" }, person!.id);
  await world.settle();
  await world.records.remove("person", person!.id, "test");
  await world.settle();
  assert.deepEqual(world.other.living("person"), []);
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
});

test("a record deleted on both sides at once owes nothing and is not made again", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  world.clock.advance(1_000);
  world.tern.remove("person", id);
  await world.records.remove("person", person!.id, "test");
  await world.cycle();
  await world.cycle();
  assert.deepEqual([world.tern.living("person"), await world.people()], [[], []]);
  const { quiet, ...left } = await world.connections.quiet();
  assert.deepEqual([quiet, left], [true, { running: 0, owed: 0, intents: 0, parked: 0, held: 0, staged: 0 }]);
});

test("the deletion of a record that was never here is no news", async () => {
  await using world = await createTernWorld();
  const id = world.tern.add("person", ann);
  world.clock.advance(1_000);
  world.tern.remove("person", id);
  await world.cycle();
  assert.deepEqual(await world.records.list({ kind: "person", limit: 10, includeDeleted: true }), []);
});
