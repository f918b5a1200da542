import assert from "node:assert/strict";
import { test } from "node:test";
import { idMaker } from "../base/ids.ts";
import { silentLog } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import type { Mark } from "../store/mark.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/database.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";
import { createQuarantines } from "./quarantine.ts";

/** The database as it is now, to be put back later. */
const backUp = (world: TernWorld): Promise<TestDatabase> => createTestDatabase({ copyOf: world.database });

/** One more Winston on what was backed up, and its quarantines. */
async function putBack(world: TernWorld, backup: TestDatabase, more: { asks?: boolean } = {}) {
  world.clock.advance(3_600_000);
  const engine = await world.another(77, backup);
  return { ...engine, quarantines: quarantinesOf(world, backup, { ...more, jobs: engine.jobs }) };
}

function quarantinesOf(
  world: Pick<TernWorld, "clock" | "jobs">,
  database: TestDatabase,
  {
    jobs = world.jobs,
    witness = memory(),
    asks,
  }: { jobs?: TernWorld["jobs"]; witness?: ReturnType<typeof memory>; asks?: boolean } = {},
) {
  const newId = idMaker(world.clock, seededRandom(99));
  const parts = { database, jobs, clock: world.clock, newId, log: silentLog, witness };
  return createQuarantines({ ...parts, ...(asks === undefined ? {} : { asks }) });
}

/** A side file in memory. */
function memory(mark?: Mark) {
  const file = { mark };
  return { file, read: () => file.mark, write: (seen: Mark) => void (file.mark = seen) };
}

/** How often each lane was taken. */
const epochsOf = async ({ pool }: TestDatabase): Promise<number[]> =>
  (await pool.query<{ epoch: number }>("select epoch from lane")).rows.map((row) => Number(row.epoch));

const valueAt = (world: TernWorld, id: string, field: string): unknown => world.tern.people.get(id)!.fields[field];

test("after a restore nothing is written before all is read, and no newer value of the vendor's is put back", async () => {
  const ids: Record<string, string> = {};
  await using world = await createTernWorld((tern) => {
    for (const name of ["stale", "theirs", "ours", "still"])
      ids[name] = tern.add("person", { ...ann, last: name, mail: `${name}@example.com`, tel: "before" });
  });
  const ofOurs = async (name: string) => (await world.people()).find((one) => one.fields["lastName"] === name)!.id;
  const [stale, ours] = [await ofOurs("stale"), await ofOurs("ours")];
  world.clock.advance(60_000);
  await world.save({ title: "owed at the backup" }, stale);
  await using backup = await backUp(world);

  await world.settle();
  assert.equal(valueAt(world, ids["stale"]!, "tel"), "owed at the backup");
  world.clock.advance(60_000);
  world.tern.edit("person", ids["stale"]!, { tel: "newer there" });
  world.tern.edit("person", ids["theirs"]!, { tel: "newer there" });
  await world.save({ title: "newer here, and pushed" }, ours);
  await world.cycle();
  const lost = world.tern.writes.length;

  const old = await putBack(world, backup);
  await old.quarantines.begin("a person", {});
  await old.settle();
  await old.engine.tick();
  assert.deepEqual(await old.quarantines.list(), [], "all was read, so it ended by itself");
  await old.settle();
  assert.equal(world.tern.writes.length, lost, "nothing had to be written");
  assert.deepEqual(
    Object.values(ids).map((id) => valueAt(world, id, "tel")),
    ["newer there", "newer there", "newer here, and pushed", "before"],
  );
  const titles = (await old.records.list({ kind: "person", limit: 10 })).map((one) => [
    one.fields["lastName"],
    one.fields["title"],
  ]);
  assert.deepEqual(Object.fromEntries(titles), {
    stale: "newer there",
    theirs: "newer there",
    ours: "newer here, and pushed",
    still: "before",
  });
  const [conflict] = await old.runs.conflicts({ limit: 10 });
  assert.deepEqual(
    [conflict?.winston, conflict?.record, conflict?.winner],
    ["owed at the backup", "newer there", "record"],
  );
});

test("what was owed at the backup and is news to the vendor goes out when all is read, and not before", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann }));
  const [person] = await world.people();
  await world.save({ title: "never sent" }, person!.id);
  await using backup = await backUp(world);
  const old = await putBack(world, backup, { asks: true });
  await old.quarantines.begin("a person", {});
  await old.settle();
  await old.engine.tick();
  await old.settle();
  assert.equal(world.tern.writes.length, 0, "a person is asked");
  const [held] = await old.quarantines.list();
  assert.deepEqual([held!.unread, held!.unsettled, held!.asks], [[], 0, true]);
  assert.match((await old.connections.streams())[0]!.health, /restored: only read/u);
  assert.equal((await old.connections.quiet()).quiet, true, "what may not go out is not waited for");
  await old.quarantines.release(held!.connectionId, {});
  await old.settle();
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "never sent");
});

test("a value that the vendor shows without a time counts as newer than what was owed at the backup", async () => {
  await using world = await createTernWorld((tern) => {
    tern.stampless = true;
    tern.add("person", { ...ann, tel: "before" });
  });
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  const [person] = await world.people();
  world.clock.advance(60_000);
  await world.save({ title: "owed at the backup" }, person!.id);
  await using backup = await backUp(world);
  world.tern.edit("person", id, { tel: "newer there" });

  const old = await putBack(world, backup);
  await old.quarantines.begin("a person", {});
  await old.settle();
  await old.engine.tick();
  await old.settle();
  assert.deepEqual(await old.quarantines.list(), []);
  assert.equal(valueAt(world, id, "tel"), "newer there");
  const [conflict] = await old.runs.conflicts({ limit: 10 });
  assert.equal(conflict?.winston, "owed at the backup", "the value that lost can be had back");
});

test("records that were made after the backup are found by their handle, also those that the database never knew", async () => {
  await using world = await createTernWorld();
  await world.connect("other");
  await world.settle();
  await world.save({ lastName: "Owed", company: "x" });
  await using backup = await backUp(world);
  await world.settle();
  const forgotten = await world.save({ lastName: "Forgotten", company: "x" });
  await world.settle();
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [2, 2]);

  const old = await putBack(world, backup);
  await old.quarantines.begin("a person", {});
  await old.settle();
  await old.engine.tick();
  await old.settle();
  assert.deepEqual(await old.quarantines.list(), []);
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [2, 2]);
  const people = await old.records.list({ kind: "person", limit: 10 });
  assert.equal(people.length, 2);
  const { links } = await old.records.get("person", undefined, forgotten);
  assert.equal(links!.length, 2, "it has its id again, and both its records");
  const told = (await old.why.explain(forgotten, {})).links.map((one) => one.reason);
  assert.deepEqual(told, ["handle", "handle"], "and each says by what it was known");
});

test("what was filled in where a record was made after the backup reads as blank, also of one that the database never knew", async () => {
  await using world = await createTernWorld();
  const owed = await world.save({ lastName: "Owed" });
  await using backup = await backUp(world);
  await world.settle();
  const forgotten = await world.save({ lastName: "Forgotten" });
  await world.settle();
  const firms = () => world.tern.living("person").map(([, row]) => row.fields["firm"]);
  assert.deepEqual(firms(), ["[unknown]", "[unknown]"]);

  const old = await putBack(world, backup);
  await old.quarantines.begin("a person", {});
  await old.settle();
  await old.engine.tick();
  await old.settle();
  assert.deepEqual(await old.quarantines.list(), []);
  const company = async (id: string) => (await old.records.get("person", undefined, id)).fields["company"] ?? null;
  assert.deepEqual([await company(owed), await company(forgotten), firms()], [null, null, ["[unknown]", "[unknown]"]]);

  world.clock.advance(60_000);
  world.tern.edit("person", world.tern.living("person")[1]![0], { firm: "Acme" });
  await old.sync(world.connection.id);
  assert.equal(await company(forgotten), "Acme", "what somebody writes over it is theirs");
});

test("what one vendor had after the backup and Winston had made at another is asked about where nothing names it, and is not made twice", async () => {
  await using world = await createTernWorld();
  await world.connect("other");
  await world.settle();
  await using backup = await backUp(world);
  world.clock.advance(60_000);
  world.tern.add("person", { first: "No", last: "Address", mail: null, tel: "1", firm: "Acme" });
  await world.cycle();
  assert.equal(world.other.living("person").length, 1);

  const old = await putBack(world, backup);
  await old.quarantines.begin("a person", {});
  await old.settle();
  await old.engine.tick();
  await old.settle();
  assert.deepEqual(await old.quarantines.list(), []);
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [1, 1]);
  const asked = await old.duplicates.list({ state: "open", limit: 10 });
  assert.equal(asked.length, 1, "a person says that the two are one");
});

test("what was deleted after the backup stays deleted, and an old deletion of ours takes nothing that lives there again", async () => {
  const ids: Record<string, string> = {};
  await using world = await createTernWorld((tern) => {
    for (const name of ["edited", "removed", "untouched"])
      ids[name] = tern.add("person", { ...ann, last: name, mail: `${name}@example.com` });
  });
  const named = async (name: string) => (await world.people()).find((one) => one.fields["lastName"] === name)!.id;
  world.clock.advance(60_000);
  await world.save({ title: "owed at the backup" }, await named("edited"));
  await world.save({ lastName: "Made", company: "x" });
  await world.records.remove("person", await named("removed"), "test");
  await world.records.remove("person", await named("untouched"), "test");
  await using backup = await backUp(world);

  await world.settle();
  assert.equal(valueAt(world, ids["edited"]!, "tel"), "owed at the backup");
  world.clock.advance(60_000);
  const made = world.tern.living("person").find(([, row]) => row.fields["last"] === "Made")![0];
  world.tern.remove("person", ids["edited"]!);
  world.tern.remove("person", made);
  for (const name of ["removed", "untouched"]) world.tern.people.get(ids[name]!)!.deleted = false;
  // Brought back by a person, who changed nothing; the other one is as if our deletion had never reached it.
  world.tern.edit("person", ids["removed"]!, {});
  world.tern.people.get(ids["untouched"]!)!.changedAt = 0;

  const old = await putBack(world, backup);
  await old.quarantines.begin("a person", {});
  await old.settle();
  await old.engine.tick();
  await old.settle();
  assert.deepEqual(await old.quarantines.list(), []);
  assert.deepEqual(
    world.tern.living("person").map(([, row]) => row.fields["last"]),
    ["removed"],
  );
  const people = await old.records.list({ kind: "person", limit: 10 });
  assert.deepEqual(
    people.map((one) => one.fields["lastName"]),
    ["removed"],
  );
});

test("a write that was under way at the backup is settled by reading, and is not made again", async () => {
  await using world = await createTernWorld();
  let backup: TestDatabase | undefined;
  world.tern.afterWrite = async () => {
    backup ??= await backUp(world);
  };
  await world.save({ lastName: "Under way", company: "x" });
  await world.settle();
  world.tern.afterWrite = undefined;
  await using kept = backup!;
  const made = world.tern.writes.length;

  const old = await putBack(world, kept);
  await old.quarantines.begin("a person", {});
  assert.equal((await old.quarantines.list())[0]!.unsettled, 1);
  // It is read for, also where nothing may be written; and what is owed beside it does not go along.
  await old.connections.update(world.connection.id, { paused: true });
  const input = { lastName: "Said since", company: "x" };
  const save = { kind: "person", stage: "lead", mode: "upsert", unknownKeys: "error", actor: "test" } as const;
  await old.records.save([{ input }], save);
  await old.settle();
  await old.engine.tick();
  await old.settle();
  assert.deepEqual(await old.quarantines.list(), []);
  assert.deepEqual([world.tern.living("person").length, world.tern.writes.length], [1, made]);
});

test("a connection that cannot be read goes on being only read, and holds up no other", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann }));
  await world.connect("other");
  await world.settle();
  await using backup = await backUp(world);
  const old = await putBack(world, backup);
  await old.quarantines.begin("a person", {});
  world.other.beforePage = () => {
    throw new Error("other does not answer");
  };
  await old.settle(false);
  await old.engine.tick();
  const left = await old.quarantines.list();
  assert.deepEqual(
    left.map((one) => [one.connection, one.unread]),
    [["other", ["company", "person"]]],
  );
  await assert.rejects(() => old.quarantines.release(left[0]!.connectionId, {}), { code: "request.conflict" });
  await old.quarantines.release(left[0]!.connectionId, { force: true });
  assert.deepEqual(await old.quarantines.list(), []);
  await assert.rejects(() => old.quarantines.release(left[0]!.connectionId, {}), { code: "not.found" });
});

test("a database that was set back is noticed by whoever saw it further on, once, and by nobody who did not", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann }));
  const [here, away] = [memory(), memory()];
  await quarantinesOf(world, world.database, { witness: here }).look();
  await quarantinesOf(world, world.database, { witness: away }).look();
  await using backup = await backUp(world);
  for (const witness of [here, away])
    for (let look = 0; look < 3; look++) await quarantinesOf(world, world.database, { witness }).look();
  assert.deepEqual(await quarantinesOf(world, world.database).list(), [], "looking finds nothing in what goes forward");

  const epochs = await epochsOf(backup);
  await quarantinesOf(world, backup, { witness: memory() }).look();
  assert.deepEqual(await quarantinesOf(world, backup).list(), [], "without a side file there is no evidence");
  await quarantinesOf(world, backup, { witness: here }).look();
  const [found] = await quarantinesOf(world, backup).list();
  assert.match(found!.reason, /set back/u);
  const after = await epochsOf(backup);
  assert.ok(Math.min(...after) > Math.max(...epochs), "no lane is held any more");
  await quarantinesOf(world, backup).release(found!.connectionId, { force: true });
  await quarantinesOf(world, backup, { witness: away }).look();
  await quarantinesOf(world, backup, { witness: here }).look();
  assert.deepEqual(await quarantinesOf(world, backup).list(), [], "told once, for all machines");
});
