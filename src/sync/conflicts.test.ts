import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConflictView, Take, Taken } from "./types.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

const asks = { field: "title", record: "tel", direction: "both", transform: "text", rule: "ask" };

/** A person whose title was changed on both sides, under a rule that asks. */
async function createAsked(): Promise<{ world: TernWorld; person: string; record: string; asked: ConflictView }> {
  const world = await createTernWorld((tern) => tern.add("person", ann));
  await world.mapAlso("person", [asks]);
  const person = (await world.people())[0]!.id;
  const record = world.tern.living("person")[0]![0];
  world.clock.advance(1_000);
  world.tern.edit("person", record, { tel: "theirs" });
  await world.save({ title: "ours" }, person);
  await world.cycle();
  return { world, person, record, asked: (await open(world))[0]! };
}

const open = (world: TernWorld): Promise<readonly ConflictView[]> => world.runs.conflicts({ open: true, limit: 10 });
const take = (world: TernWorld, id: string, what: Take = {}): Promise<readonly Taken[]> =>
  world.conflicts.take([id], what, "key:ann");
const titleOf = async (world: TernWorld): Promise<unknown> => (await world.people())[0]!.fields["title"];
const telOf = (world: TernWorld, record: string): unknown => world.tern.people.get(record)!.fields["tel"];
const side = (one: "winston" | "record"): Take => ({ choice: { side: one } });

test("an open conflict that a person decides stands on both sides, is in the history with who it was, and is not asked again", async () => {
  for (const [what, stands, winner] of [
    [side("winston"), "ours", "winston"],
    [side("record"), "theirs", "record"],
    [{ choice: { value: "neither" } }, "neither", "given"],
  ] as const) {
    const { world, person, record, asked } = await createAsked();
    await using _ = world;
    const [taken] = await take(world, asked.id, what);
    assert.equal(taken!.status, "taken");
    const writes = world.tern.writes.length;
    await world.settle();
    assert.deepEqual([await titleOf(world), telOf(world, record)], [stands, stands]);
    assert.equal(world.tern.writes.length - writes, winner === "record" ? 0 : 1, "only what differs is written");
    const after = await world.conflicts.get(asked.id);
    assert.deepEqual(
      [after.winner, after.decidedBy, after.given],
      [winner, "key:ann", winner === "given" ? "neither" : null],
    );
    const [newest] = await world.records.history("person", person);
    assert.deepEqual([newest!.actor, newest!.changes["title"]], ["key:ann", { old: "ours", new: stands }]);

    await world.cycle();
    await world.sync(world.connection.id, true);
    assert.deepEqual(await open(world), []);
    assert.equal((await world.runs.conflicts({ limit: 10 })).length, 1);
    assert.equal((await world.connections.quiet()).intents, 0);
  }
});

test("a question ends by itself when both sides agree, or one goes back to what both last agreed on", async () => {
  const ends: [string, (of: { world: TernWorld; person: string; record: string }) => unknown, string][] = [
    ["the vendor says what we say", ({ world, record }) => world.tern.edit("person", record, { tel: "ours" }), "ours"],
    ["we say what the vendor says", ({ world, person }) => world.save({ title: "theirs" }, person), "theirs"],
    ["the vendor goes back", ({ world, record }) => world.tern.edit("person", record, { tel: "1" }), "ours"],
    ["we go back", ({ world, person }) => world.save({ title: "1" }, person), "theirs"],
  ];
  for (const [name, act, stands] of ends) {
    const { world, person, record, asked } = await createAsked();
    await using _ = world;
    world.clock.advance(1_000);
    await act({ world, person, record });
    await world.cycle();
    assert.deepEqual([await titleOf(world), telOf(world, record)], [stands, stands], name);
    assert.deepEqual(await open(world), [], name);
    const after = await world.conflicts.get(asked.id);
    assert.deepEqual([after.winner, after.decidedBy], ["moot", null], name);
    const [refused] = await take(world, asked.id, side("winston"));
    assert.match(refused!.status === "failed" ? refused!.message : "", /Nobody need decide/u, name);
    assert.equal((await world.connections.quiet()).intents, 0, name);
  }
});

test("a side that says something else by now is asked about anew, and the old question cannot be answered", async () => {
  for (const who of ["winston", "record"] as const) {
    const { world, person, record, asked } = await createAsked();
    await using _ = world;
    world.clock.advance(1_000);
    if (who === "record") world.tern.edit("person", record, { tel: "theirs, later" });
    else await world.save({ title: "ours, later" }, person);
    await world.cycle();
    const [anew, ...more] = await open(world);
    assert.deepEqual(more, []);
    assert.notEqual(anew!.id, asked.id);
    assert.equal(anew![who], who === "record" ? "theirs, later" : "ours, later");
    assert.equal((await world.conflicts.get(asked.id)).winner, "moot");
    assert.equal((await take(world, asked.id, side("record")))[0]!.status, "failed");
    await take(world, anew!.id, side("record"));
    await world.settle();
    assert.equal(await titleOf(world), telOf(world, record));
  }
});

test("an edit at the vendor that nobody has seen is not overwritten by a decision: it is asked about", async () => {
  const { world, record, asked } = await createAsked();
  await using _ = world;
  world.clock.advance(1_000);
  world.tern.edit("person", record, { tel: "not seen yet" });
  await take(world, asked.id, side("winston"));
  await world.settle();
  assert.equal(telOf(world, record), "not seen yet");
  const [anew] = await open(world);
  assert.deepEqual([anew!.winston, anew!.record, anew!.baseline], ["ours", "not seen yet", "theirs"]);
});

test("while a person is asked the field waits everywhere, and when it is decided every vendor gets it", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  world.other.add("person", ann);
  await world.connect("other");
  await world.settle();
  await world.mapAlso("person", [asks]);
  const person = (await world.people())[0]!.id;
  const [record, there] = [world.tern.living("person")[0]![0], world.other.living("person")[0]![1].fields];
  world.clock.advance(1_000);
  world.tern.edit("person", record, { tel: "theirs" });
  await world.connections.update(world.connection.id, { paused: true });
  await world.save({ title: "ours", firstName: "Anna" }, person);
  await world.sync(world.connection.id);
  await world.settle();
  const [asked] = await open(world);
  assert.equal(asked!.connection, "tern");
  world.clock.advance(1_000);
  await world.save({ title: "ours, later" }, person);
  await world.settle();
  const [anew] = await open(world);
  assert.deepEqual([there["first"], there["tel"]], ["Anna", "1"]);
  await world.connections.update(world.connection.id, { paused: false });
  await take(world, anew!.id, { choice: { value: "third" } });
  await world.settle();
  assert.deepEqual([there["tel"], telOf(world, record), await titleOf(world)], ["third", "third", "third"]);
});

test("a question about a record that is gone, or under a rule that no longer asks, holds nothing back", async () => {
  const removed = await createAsked();
  await using _ = removed.world;
  await removed.world.records.remove("person", removed.person, "test");
  assert.deepEqual(await open(removed.world), []);

  const deleted = await createAsked();
  await using __ = deleted.world;
  deleted.world.clock.advance(1_000);
  deleted.world.tern.remove("person", deleted.record);
  await deleted.world.cycle();
  assert.deepEqual(await open(deleted.world), []);

  const ruled = await createAsked();
  await using ___ = ruled.world;
  await ruled.world.mapAlso("person", [{ ...asks, rule: "winston" }]);
  await ruled.world.cycle();
  assert.deepEqual(await open(ruled.world), []);
  assert.equal(telOf(ruled.world, ruled.record), "ours");

  const disconnected = await createAsked();
  await using ____ = disconnected.world;
  await disconnected.world.connections.remove(disconnected.world.connection.id);
  assert.deepEqual(await open(disconnected.world), []);
});

test("a losing value is put back as an edit of whoever takes it, and travels like any other", async () => {
  for (const loser of ["winston", "record"] as const) {
    await using world = await createTernWorld((tern) => tern.add("person", ann));
    const person = (await world.people())[0]!.id;
    const record = world.tern.living("person")[0]![0];
    const here = (): unknown => world.save({ title: "ours" }, person);
    const there = (): unknown => world.tern.edit("person", record, { tel: "theirs" });
    for (const act of loser === "winston" ? [here, there] : [there, here]) {
      world.clock.advance(1_000);
      await act();
    }
    await world.cycle();
    const [lost] = await world.runs.conflicts({ limit: 10 });
    assert.notEqual(lost!.winner, loser);
    const [taken] = await take(world, lost!.id);
    assert.equal(taken!.status, "taken");
    await world.cycle();
    const value = loser === "winston" ? "ours" : "theirs";
    assert.deepEqual([await titleOf(world), telOf(world, record)], [value, value]);
    const [newest] = await world.records.history("person", person);
    assert.deepEqual([newest!.actor, newest!.changes["title"]!.new], ["key:ann", value]);
    const after = await world.conflicts.get(lost!.id);
    assert.deepEqual([after.restoredBy, after.winner], ["key:ann", lost!.winner]);
    assert.deepEqual(
      (await take(world, lost!.id)).map((one) => one.status),
      ["unchanged"],
    );
    assert.equal((await world.runs.conflicts({ limit: 10 })).length, 1, "putting back is no new conflict");
  }
});

test("a losing value is not put over a later edit, unless somebody insists", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const person = (await world.people())[0]!.id;
  const record = world.tern.living("person")[0]![0];
  world.clock.advance(1_000);
  world.tern.edit("person", record, { tel: "theirs" });
  world.clock.advance(1_000);
  await world.save({ title: "ours" }, person);
  await world.cycle();
  const [lost] = await world.runs.conflicts({ limit: 10 });
  await world.save({ title: "edited since" }, person);
  const [refused] = await take(world, lost!.id);
  assert.deepEqual([refused!.status, refused!.status === "failed" && refused!.code], ["failed", "request.conflict"]);
  assert.match(refused!.status === "failed" ? refused!.message : "", /"edited since" now, and "ours" had won/u);
  assert.equal(await titleOf(world), "edited since");
  await take(world, lost!.id, { force: true });
  await world.settle();
  assert.equal(telOf(world, record), "theirs");
});

test("many are taken in one transaction, each by itself, and the list goes on where it stopped", async () => {
  await using world = await createTernWorld((tern) => {
    for (let index = 0; index < 5; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  });
  await world.mapAlso("person", [asks, { ...asks, field: "firstName", record: "first" }]);
  world.clock.advance(1_000);
  for (const [id] of world.tern.living("person")) world.tern.edit("person", id, { tel: "theirs", first: "Their" });
  await world.saveAll(
    "person",
    (await world.people()).map(({ id }) => ({ id, title: "ours", firstName: "Our" })),
  );
  await world.cycle();
  const pages: ConflictView[][] = [];
  for (let after: string | undefined; ; after = pages.at(-1)!.at(-1)!.id) {
    const page = await world.runs.conflicts({ open: true, limit: 4, after });
    if (page.length === 0) break;
    pages.push([...page]);
  }
  assert.deepEqual(
    pages.map((page) => page.length),
    [4, 4, 2],
  );
  const ids = pages.flat().map((one) => one.id);
  assert.deepEqual(ids, ids.toSorted().toReversed(), "newest first");
  const wrong = "00000000-0000-7000-8000-000000000000";
  const results = await world.conflicts.take([wrong, ...ids, "no id"], side("record"), "key:ann");
  assert.deepEqual(
    results.map((one) => one.status),
    ["failed", ...ids.map(() => "taken"), "failed"],
  );
  await world.settle();
  const people = await world.people();
  assert.deepEqual(
    [...new Set(people.map(({ fields }) => JSON.stringify([fields["title"], fields["firstName"]])))],
    ['["theirs","Their"]'],
  );
  const versions = await world.records.history("person", people[0]!.id);
  assert.deepEqual(Object.keys(versions[0]!.changes).toSorted(), ["firstName", "title"], "one version for both fields");
});

test("two fields of one record are decided at once, and neither is asked again", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.mapAlso("person", [asks, { ...asks, field: "firstName", record: "first" }]);
  const [id, row] = world.tern.living("person")[0]!;
  world.clock.advance(1_000);
  world.tern.edit("person", id, { tel: "theirs", first: "Their" });
  await world.save({ title: "ours", firstName: "Our" }, (await world.people())[0]!.id);
  await world.cycle();
  await world.conflicts.take(
    (await open(world)).map((one) => one.id),
    side("winston"),
    "key:ann",
  );
  await world.cycle();
  assert.deepEqual([row.fields["tel"], row.fields["first"]], ["ours", "Our"]);
  assert.equal((await world.runs.conflicts({ limit: 10 })).length, 2);
});

test("what cannot be taken is refused with what to do", async () => {
  const { world, asked } = await createAsked();
  await using _ = world;
  const said = async (what: Take): Promise<string> => {
    const [one] = await take(world, asked.id, what);
    return one!.status === "failed" ? one!.message : one!.status;
  };
  assert.match(await said({}), /is open\. Say what title shall be: winston, record, or a value/u);
  assert.match(await said({ choice: { value: { no: "text" } } }), /^title: /u);
  await take(world, asked.id, { choice: { value: "third" } });
  assert.match(await said({}), /decided for a third value. Say which to put back/u);
  assert.match(await said({ choice: { value: "fourth" } }), /gives back one of its own values/u);
  await assert.rejects(world.conflicts.get("nothing"), /There is no conflict nothing/u);
});
