import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { sql } from "../store/sql.ts";
import { createDoubt } from "../../test/support/doubt.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const named = (record: { fields: Readonly<Record<string, unknown>> }): unknown => record.fields["lastName"];

test("pairs are shown with both records, where they live and the keys they share", async () => {
  await using world = await createDoubt();
  const pairs = await world.duplicates.list({ limit: 10 });
  assert.deepEqual(
    pairs.map((pair) => [named(pair.left), named(pair.right), pair.shared, pair.state]),
    [
      ["First", "Which?", [{ key: "email", value: "ann@example.com" }], "open"],
      ["Second", "Which?", [{ key: "email", value: "ann@example.com" }], "open"],
    ],
  );
  assert.deepEqual(
    [pairs[0]!.left.links!.map((one) => one.connection), pairs[0]!.right.links!.map((one) => one.connection)],
    [["tern"], ["other"]],
  );
  assert.deepEqual(await world.duplicates.get(pairs[1]!.id), pairs[1]);
  await assert.rejects(world.duplicates.get(world.which), /There is no pair/u);
  const [next] = await world.duplicates.list({ limit: 10, after: pairs[0]!.id });
  assert.equal(next!.id, pairs[1]!.id);
});

test("said to be the same, one takes in the other: blanks fill, what differs is in the ledger, history names who decided, and the other question is settled", async () => {
  await using world = await createDoubt();
  const [pair, other] = await world.duplicates.list({ limit: 10 });
  const decided = await world.duplicates.decide(pair!.id, "same", "key:ops");
  assert.equal(decided.state, "same");
  const one = await world.records.get("person", undefined, world.which);
  assert.deepEqual([one.id, named(one), one.fields["title"]], [pair!.left.id, "First", "77"]);
  assert.deepEqual(one.links!.map((link) => link.connection).toSorted(), ["other", "tern"]);
  assert.deepEqual(
    (await world.runs.conflicts({ entityId: one.id, limit: 10 })).map((row) => [
      row.field,
      row.winston,
      row.record,
      row.winner,
      row.rule,
      row.connection,
    ]),
    [["lastName", "First", "Which?", "winston", "merged", "other"]],
  );
  const [latest] = await world.records.history("person", one.id);
  assert.deepEqual([latest!.actor, latest!.changes], ["key:ops", { title: { old: null, new: "77" } }]);
  assert.deepEqual(await world.duplicates.list({ state: "same", limit: 10 }), [decided]);
  // The other pair asks now whether First, who lives at Tern, is Second, who does too.
  await assert.rejects(
    world.duplicates.decide(other!.id, "same", "key:ops"),
    (thrown) =>
      isError(thrown, "request.conflict") &&
      /Both live at the connection tern, as .*Merge them there/u.test(thrown.message),
  );
});

test("what was refused of the one that is taken in is owed by nobody any more", async () => {
  await using world = await createDoubt();
  await world.mayWrite();
  world.other.faults = [{ refuse: "NO", field: "tel", when: (values) => values["tel"] === "refused" }];
  await world.save({ title: "refused" }, world.which);
  await world.settle();
  assert.deepEqual(
    (await world.runs.parked({ limit: 10 })).map((one) => one.subject),
    [world.which],
  );
  const [pair] = await world.duplicates.list({ limit: 10 });
  await world.duplicates.decide(pair!.id, "same", "key:ops");
  await world.settle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  assert.deepEqual(await world.database.rows(sql`select * from intent where entity_id = ${world.which}::uuid`), []);
});

test("what the one says now goes to the record that had other words", async () => {
  await using world = await createDoubt();
  const [pair] = await world.duplicates.list({ limit: 10 });
  await world.duplicates.decide(pair!.id, "same", "key:ops");
  await world.mayWrite();
  const [, row] = world.other.living("person").find(([, one]) => one.fields["tel"] === "77")!;
  assert.equal(row.fields["last"], "First");
  const atTern = world.tern.living("person").find(([, one]) => one.fields["last"] === "First")!;
  assert.equal(atTern[1].fields["tel"], "77");
});

test("two that live at one connection are not made one: they are merged there, and nothing is changed", async () => {
  await using world = await createDoubt();
  const pairs = await world.duplicates.list({ limit: 10 });
  for (const { id } of pairs) await world.duplicates.decide(id, "different", "key:ops");
  await world.mayWrite();
  const before = await world.people();
  await assert.rejects(
    world.duplicates.decide(pairs[0]!.id, "same", "key:ops"),
    (thrown) => isError(thrown, "request.conflict") && /Both live at the connection/u.test(thrown.message),
  );
  assert.deepEqual(await world.people(), before);
  assert.deepEqual(await world.duplicates.list({ state: "same", limit: 10 }), []);
});

test("said to be different, a pair is not asked about again, and may still be made one later", async () => {
  await using world = await createDoubt();
  const [pair, other] = await world.duplicates.list({ limit: 10 });
  await world.duplicates.decide(pair!.id, "different", "key:ops");
  await world.duplicates.decide(pair!.id, "different", "key:ops");
  assert.deepEqual(
    (await world.duplicates.list({ limit: 10 })).map((one) => one.id),
    [other!.id],
  );
  await world.duplicates.decide(pair!.id, "same", "key:ops");
  await assert.rejects(world.duplicates.decide(pair!.id, "different", "key:ops"), (thrown) =>
    isError(thrown, "request.conflict"),
  );
  await assert.rejects(world.duplicates.decide(world.which, "same", "key:ops"), (thrown) =>
    isError(thrown, "not.found"),
  );
});

test("a pair of which one is gone asks nothing any more", async () => {
  await using world = await createDoubt();
  const [pair] = await world.duplicates.list({ limit: 10 });
  await world.records.remove("person", world.which, "test");
  assert.deepEqual(await world.duplicates.list({ limit: 10 }), []);
  await assert.rejects(world.duplicates.decide(pair!.id, "same", "key:ops"), (thrown) =>
    isError(thrown, "request.conflict"),
  );
});

test("a record that was taken for something it is not becomes one of its own, and stays so", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann), { mode: "observe" });
  const record = world.other.add("person", { ...ann, tel: null });
  const other = await world.connect("other", "observe");
  await world.settle();
  const [ours] = await world.people();
  assert.equal((await world.records.get("person", undefined, ours!.id)).links!.length, 2);

  const { id } = await world.duplicates.unlink("person", ours!.id, "other", "key:ops");
  const own = await world.records.get("person", "lead", id);
  assert.deepEqual(
    own.links!.map((one) => [one.connection, one.recordId]),
    [["other", record]],
  );
  assert.deepEqual([own.fields["firstName"], own.fields["email"]], ["Ann", "ann@example.com"]);
  const [latest] = await world.records.history("person", ours!.id);
  assert.deepEqual([latest!.actor, latest!.changes], ["key:ops", { "link to other": { old: record, new: null } }]);
  assert.deepEqual(await world.duplicates.list({ limit: 10 }), []);

  world.other.edit("person", record, { first: "Berta" });
  await world.sync(other.id, true);
  const firstOf = async (of: string): Promise<unknown> =>
    (await world.records.get("person", undefined, of)).fields["firstName"];
  assert.deepEqual([await firstOf(id), await firstOf(ours!.id)], ["Berta", "Ann"]);
  assert.equal((await world.people()).length, 2);
  await assert.rejects(
    world.duplicates.unlink("person", ours!.id, "other", "key:ops"),
    (thrown) => isError(thrown, "not.found") && /has no record at other/u.test(thrown.message),
  );
});

test("a record that Winston made for a thing of ours is not taken out of it", async () => {
  await using world = await createTernWorld();
  const id = await world.save({ firstName: "Eve", lastName: "Ny", email: "eve@example.com", company: "Acme" });
  await world.settle();
  await assert.rejects(
    world.duplicates.unlink("person", id, "tern", "key:ops"),
    (thrown) => isError(thrown, "request.conflict") && /Winston itself made the record/u.test(thrown.message),
  );
});
