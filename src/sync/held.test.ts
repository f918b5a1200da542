import assert from "node:assert/strict";
import { test } from "node:test";
import { createDoubt } from "../../test/support/doubt.ts";
import type { Tern } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { sql } from "../store/sql.ts";

const names = (tern: Tern): string[] => tern.living("person").map(([, row]) => String(row.fields["last"]));

test("what may be another that is there is not made there until a person decides, and all else goes on", async () => {
  await using world = await createDoubt();
  const first = (await world.people()).find((one) => one.fields["lastName"] === "First")!;
  await world.save({ title: "new title" }, first.id);
  await world.save({ externalId: "9", lastName: "Nobody else", company: "x" });
  await world.mayWrite();
  assert.deepEqual(
    [names(world.tern), names(world.other)],
    [
      ["First", "Second", "Nobody else"],
      ["Which?", "Nobody else"],
    ],
  );
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "new title");
  const { quiet, held, parked, intents } = await world.connections.quiet();
  assert.deepEqual({ quiet, held, parked, intents }, { quiet: true, held: 3, parked: 0, intents: 0 });
  const { counts, health } = await world.stream("person");
  assert.equal(counts.held, 1);
  assert.match(health, /^1 held until a person decides: winston duplicates list/u);
});

test("an edit of what is held changes nothing about it, and what is made later is made as it is then", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  await world.save({ title: "later" }, world.which);
  await world.settle();
  assert.deepEqual(names(world.tern), ["First", "Second"]);
  for (const { id } of await world.duplicates.list({ limit: 10 }))
    await world.duplicates.decide(id, "different", "test");
  await world.settle();
  const made = world.tern.living("person").find(([, row]) => row.fields["last"] === "Which?")!;
  assert.equal(made[1].fields["tel"], "later");
});

test("said to be different, a pair holds nothing any more; another pair still does", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  const [one, two] = await world.duplicates.list({ limit: 10 });
  await world.duplicates.decide(one!.id, "different", "test");
  await world.settle();
  assert.deepEqual(
    [names(world.tern), names(world.other)],
    [
      ["First", "Second"],
      ["Which?", "First"],
    ],
  );
  await world.duplicates.decide(two!.id, "different", "test");
  await world.settle();
  assert.deepEqual(
    [names(world.tern), names(world.other).toSorted()],
    [
      ["First", "Second", "Which?"],
      ["First", "Second", "Which?"],
    ],
  );
  assert.equal((await world.connections.quiet()).held, 0);
});

test("said to be the same, nothing is doubled, and who may be that one waits for the next answer", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  const [pair] = await world.duplicates.list({ limit: 10 });
  await world.duplicates.decide(pair!.id, "same", "test");
  await world.settle();
  assert.deepEqual([names(world.tern), names(world.other)], [["First", "Second"], ["First"]]);
  const [asked] = await world.duplicates.list({ limit: 10 });
  assert.deepEqual(
    [asked!.left, asked!.right].map((one) => one.fields["lastName"]),
    ["Second", "First"],
  );
  assert.deepEqual(await world.database.rows(sql`select state from intent`), [{ state: "held" }]);
  await world.duplicates.decide(asked!.id, "different", "test");
  await world.settle();
  assert.deepEqual(names(world.other), ["First", "Second"]);
});

test("where neither is yet, neither is made", async () => {
  await using world = await createTernWorld();
  await world.connections.update(world.connection.id, { paused: true });
  await world.save({ externalId: "1", firstName: "Ann", lastName: "One", email: ann.mail, company: "x" });
  await world.save({ externalId: "2", firstName: "Ann", lastName: "Two", email: ann.mail, company: "x" });
  world.other.add("person", { ...ann, last: "Which?" });
  await world.connect("other");
  await world.settle();
  await world.connections.update(world.connection.id, { paused: false });
  await world.settle();
  assert.deepEqual([names(world.tern), names(world.other)], [[], ["Which?"]]);
  for (const { id } of await world.duplicates.list({ limit: 10 }))
    await world.duplicates.decide(id, "different", "test");
  await world.settle();
  assert.deepEqual(names(world.tern).toSorted(), ["One", "Two", "Which?"]);
});

test("when the one in question is removed here, who waited for it goes on", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  await world.records.remove("person", world.which, "test");
  await world.settle();
  assert.deepEqual(names(world.other), ["First", "Second"]);
});

test("when the one in question is deleted at its vendor, who waited for it goes on", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  const other = await world.connections.get("other");
  world.clock.advance(1_000);
  world.other.remove("person", world.other.living("person")[0]![0]);
  await world.sync(other.id);
  assert.deepEqual(names(world.other), ["First", "Second"]);
});

test("when the one in question is merged into another at its vendor, the question is about that one", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  const other = await world.connections.get("other");
  const kept = world.other.add("person", { last: "Kept", mail: "kept@example.com", firm: "Acme" });
  await world.sync(other.id);
  world.clock.advance(1_000);
  world.other.merge("person", world.other.living("person")[0]![0], kept);
  await world.sync(other.id);
  assert.deepEqual(
    (await world.duplicates.list({ limit: 10 })).map((pair) => [
      pair.left.fields["lastName"],
      pair.right.fields["lastName"],
    ]),
    [
      ["First", "Kept"],
      ["Second", "Kept"],
    ],
  );
  assert.deepEqual(names(world.other), ["Kept"]);
});

test("two that are merged at a vendor are one, and nobody is asked about them any more", async () => {
  await using world = await createDoubt();
  const pairs = await world.duplicates.list({ limit: 10 });
  for (const { id } of pairs) await world.duplicates.decide(id, "different", "test");
  await world.mayWrite();
  const recordOf = (last: string) => world.tern.living("person").find(([, row]) => row.fields["last"] === last)![0];
  world.clock.advance(1_000);
  world.tern.merge("person", recordOf("Which?"), recordOf("First"));
  await world.cycle();
  assert.deepEqual(
    (await world.duplicates.list({ state: "same", limit: 10 })).map((one) => one.id),
    [pairs[0]!.id],
  );
});

test("a child of what is held is made without it, and is tied when the two are one", async () => {
  let acme = "";
  await using world = await createTernWorld(
    (tern) => {
      acme = tern.add("company", { title: "Acme" });
      tern.add("company", { title: "Acme" });
    },
    { mode: "observe" },
  );
  const employer = world.other.add("company", { title: "Acme" });
  world.other.add("person", { ...ann, employer });
  await world.connect("other");
  await world.settle();
  await world.connections.update(world.connection.id, { mode: "write" });
  await world.settle();
  const employers = () => world.tern.living("person").map(([, row]) => row.fields["employer"] ?? null);
  assert.deepEqual(employers(), [null]);
  const [pair] = await world.duplicates.list({ limit: 10 });
  await world.duplicates.decide(pair!.id, "same", "test");
  await world.settle();
  assert.deepEqual(employers(), [acme]);
  assert.equal(world.tern.living("company").length, 2);
});

test("what is held for no reason any more, in whatever way that came about, is found by the clock", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  await world.database.run(sql`update duplicate set state = 'different'`);
  await world.engine.tick();
  await world.settle();
  assert.equal(world.other.living("person").length, 3);
});

test("a value that only one record may have, and another thing of ours has there, is a question for a person; after it, the refusal stands", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.add("person", { ...ann, last: "Husband" });
  });
  world.other.uniqueMail = true;
  await world.connect("other");
  await world.settle();
  // Both went in one batch, so the other one was nobody's record yet when the answer was stored.
  assert.deepEqual(names(world.other), ["Lee"]);
  const { held, parked } = await world.connections.quiet();
  assert.deepEqual({ held, parked }, { held: 1, parked: 0 });
  const [pair, ...more] = await world.duplicates.list({ limit: 10 });
  assert.deepEqual([pair!.left.fields["lastName"], pair!.right.fields["lastName"], more], ["Lee", "Husband", []]);
  await world.duplicates.decide(pair!.id, "different", "test");
  await world.settle();
  assert.deepEqual(
    (await world.runs.parked({ limit: 10 })).map((one) => [one.subject, one.reason, one.field]),
    [[pair!.right.id, "vendor.TAKEN", "mail"]],
  );
  await world.runs.retryParked({});
  await world.settle();
  assert.deepEqual([await world.duplicates.list({ limit: 10 }), names(world.other)], [[], ["Lee"]]);
  assert.equal((await world.connections.quiet()).parked, 1);
});

test("also where nobody knew the record that has the value, and it turns out to be another's", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, first: "Ann", last: "Lee" }));
  world.other.uniqueMail = true;
  await world.connect("other", "observe");
  await world.settle();
  world.other.add("person", { ...ann, first: "Ben", last: "Ray" });
  const other = await world.connections.get("other");
  await world.connections.update(other.id, { mode: "write" });
  await world.settle();
  assert.deepEqual(names(world.other), ["Ray"]);
  const [pair] = await world.duplicates.list({ limit: 10 });
  assert.deepEqual([pair!.left.fields["lastName"], pair!.right.fields["lastName"]], ["Ray", "Lee"]);
  const { held, parked } = await world.connections.quiet();
  assert.deepEqual({ held, parked }, { held: 1, parked: 0 });
  // Only the other vendor cannot have both: Ben goes to Tern, whenever that is.
  assert.equal(pair!.connection, "other");
  assert.deepEqual(names(world.tern), ["Lee", "Ray"]);
});
