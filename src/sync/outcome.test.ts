// What becomes of what was sent, one verdict at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RowOutcome } from "../connector/contract.ts";
import type { AttemptRow } from "../store/intent.ts";
import { sql } from "../store/sql.ts";
import { refusedByExisting } from "./outcome.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

const vendor = { status: 409, code: "DUPLICATE", message: "There is one.", fields: [] };
const attempt = (entityId: string, op: AttemptRow["op"]): AttemptRow => ({ entityId, op }) as unknown as AttemptRow;

test("only creates that met what is there are asked about, each with the records it met", () => {
  const attempts = (["create", "create", "update", "create", "create", "create", "create"] as const).map((op, index) =>
    attempt(`e${index}`, op),
  );
  const exists = (existingIds?: string[]): RowOutcome => ({
    state: "failed",
    kind: "exists",
    vendor,
    ...(existingIds ? { existingIds } : {}),
  });
  const found = refusedByExisting(attempts, [
    exists(["r1", "r2"]),
    exists(),
    exists(["r3"]),
    { state: "failed", kind: "record", vendor },
    { state: "unknown", why: "no answer" },
    "withdrawn",
    { settled: null },
  ]);
  assert.deepEqual(found, [
    { entityId: "e0", recordIds: ["r1", "r2"], attempt: attempts[0] },
    { entityId: "e1", recordIds: [], attempt: attempts[1] },
  ]);
});

const done = (world: TernWorld) =>
  world.database.rows<{ op: string; outcome: string; record: string | null }>(
    sql`select op, outcome, record_id as record from write order by at, attempt_id`,
  );
const links = (world: TernWorld) =>
  world.database.rows<{ state: string; baseline: object }>(sql`select state, baseline from link`);
/** What the runs that wrote or parked anything count of it, oldest first. */
const counted = async (world: TernWorld) =>
  (await world.runs.list({ limit: 50 }))
    .map(({ counts: { created = 0, updated = 0, deleted = 0, parked = 0 } }) => [created, updated, deleted, parked])
    .filter((counts) => counts.some((count) => count > 0))
    .toReversed();

test("what was made, written and deleted is counted by its run and kept, and both sides agree on what was sent", async () => {
  await using world = await createTernWorld();
  const id = await world.save({ externalId: "1", lastName: "Lee", company: "x" });
  await world.settle();
  assert.deepEqual(await links(world), [{ state: "active", baseline: { lastName: "Lee", company: "x" } }]);
  await world.save({ externalId: "1", title: "9" });
  await world.settle();
  assert.deepEqual(await links(world), [{ state: "active", baseline: { lastName: "Lee", company: "x", title: "9" } }]);
  await world.records.remove("person", id, "test");
  await world.settle();
  assert.equal((await links(world))[0]!.state, "deleted");
  const [[record]] = [...world.tern.people] as [[string, unknown]];
  assert.deepEqual(await done(world), [
    { op: "create", outcome: "done", record },
    { op: "update", outcome: "done", record },
    { op: "delete", outcome: "done", record },
  ]);
  assert.deepEqual(await counted(world), [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ]);
});

test("a write of which nobody ever says what became of it is parked, and says so", async () => {
  await using world = await createTernWorld();
  world.tern.faults = Array.from({ length: 100 }, () => "unknown-not-done");
  await world.save({ externalId: "1", lastName: "Lee", company: "x" });
  await world.settle();
  const [parked] = await world.runs.parked({ limit: 10 });
  assert.equal(parked!.reason, "vendor.no_outcome");
  assert.equal(
    parked!.message,
    "The vendor did not say what became of this write in 12 tries. See whether the record is right there, then let it be written again with `winston parked retry`.",
  );
  assert.equal(world.tern.faults.length, 100 - 12);
  assert.deepEqual((await counted(world)).at(-1), [0, 0, 0, 1]);
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("a deletion whose answer was lost is settled by looking, whether or not it happened", async () => {
  for (const fault of ["unknown-done", "unknown-not-done"] as const) {
    await using world = await createTernWorld((tern) => tern.add("person", ann));
    world.tern.faults = [fault];
    const [one] = await world.people();
    await world.records.remove("person", one!.id, "test");
    await world.settle();
    assert.equal(world.tern.living("person").length, 0, fault);
    assert.equal(world.tern.writes.filter(({ op }) => op === "delete").length, 1, fault);
    assert.equal((await links(world))[0]!.state, "deleted", fault);
    assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
    assert.equal((await world.connections.quiet()).quiet, true);
  }
});

test("what is to be deleted and is gone already is done, and nobody is told", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [one] = await world.people();
  // Between the look at it and the write.
  world.tern.beforeRead = () => {
    world.tern.beforeRead = undefined;
    setImmediate(() => world.tern.people.clear());
  };
  await world.records.remove("person", one!.id, "test");
  await world.settle();
  assert.equal((await links(world))[0]!.state, "deleted");
  assert.deepEqual(
    world.tern.writes.map(({ op }) => op),
    ["delete"],
    "it was sent, though nothing was there any more",
  );
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("a row that is refused is kept with the vendor's words, counted as parked, and the rest of its batch is done", async () => {
  await using world = await createTernWorld();
  world.tern.faults = [{ refuse: "RULE", field: "last", when: ({ last }) => last === "Ray" }];
  await world.saveAll("person", [
    { externalId: "1", lastName: "Lee", company: "x" },
    { externalId: "2", lastName: "Ray", company: "x" },
  ]);
  await world.settle();
  assert.deepEqual(await counted(world), [[1, 0, 0, 1]]);
  assert.deepEqual((await done(world)).map(({ op, outcome }) => `${op} ${outcome}`).toSorted(), [
    "create done",
    "create failed",
  ]);
  const [{ vendor }] = (await world.database.rows<{ vendor: { code: string } }>(
    sql`select vendor from write where outcome = 'failed'`,
  )) as [{ vendor: { code: string } }];
  assert.equal(vendor.code, "RULE");
});

test("what somebody set after a write of which nobody knows whether it arrived is the later one, also where the vendor's clock is behind", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", ann);
    tern.behindMs = 5 * 60_000;
  });
  world.clock.advance(3_600_000);
  const [person] = await world.people();
  const [[recordId]] = world.tern.living("person") as [[string, unknown]];
  const before = world.tern.writes.length;
  world.tern.faults = ["unknown-done"];
  let edited = false;
  world.tern.beforeRead = () => {
    if (edited || world.tern.writes.length === before) return;
    edited = true;
    world.tern.edit("person", recordId, { tel: "theirs" });
  };
  await world.save({ title: "ours" }, person!.id);
  await world.settle();
  await world.cycle();
  assert(edited);
  assert.deepEqual(
    [(await world.people())[0]!.fields["title"], world.tern.people.get(recordId)!.fields["tel"]],
    ["theirs", "theirs"],
  );
});

test("where a rule names whose value wins, what a record says after a write of which nobody knows whether it arrived lost to it, and is in the ledger", async () => {
  for (const fault of ["unknown-done", "unknown-not-done"] as const) {
    await using world = await createTernWorld((tern) => void tern.add("person", ann));
    await world.mapAlso("person", [
      { field: "title", record: "tel", direction: "both", transform: "text", rule: "winston" },
    ]);
    const [person] = await world.people();
    const [[recordId]] = world.tern.living("person") as [[string, unknown]];
    world.tern.faults = [fault];
    world.tern.afterWrite = () => {
      world.tern.afterWrite = undefined;
      world.clock.advance(1_000);
      world.tern.edit("person", recordId, { tel: "theirs" });
    };
    world.clock.advance(60_000);
    await world.save({ title: "ours" }, person!.id);
    await world.settle();
    await world.cycle();
    assert.deepEqual(
      [(await world.people())[0]!.fields["title"], world.tern.people.get(recordId)!.fields["tel"]],
      ["ours", "ours"],
      fault,
    );
    assert.deepEqual(
      (await world.runs.conflicts({ limit: 5 })).map((one) => [one.winner, one.rule, one.winston, one.record]),
      [["winston", "winston", "ours", "theirs"]],
      fault,
    );
  }
});
