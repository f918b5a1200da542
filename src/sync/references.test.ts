import assert from "node:assert/strict";
import { test } from "node:test";
import { ripeStreams } from "../store/pending.ts";
import { sql } from "../store/sql.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

test("a reference to a record that is not here yet waits, and resolves when it comes, without another word of the child", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, employer: "company_000002" }));
  assert.equal((await world.people())[0]!.fields["account"], undefined);
  assert.equal((await world.stream("person")).counts.parked, 0, "it waits; nothing is wrong with it");
  world.clock.advance(1_000);
  world.tern.add("company", { title: "Acme" });
  await world.cycle();
  const [acme] = await world.accounts();
  assert.equal((await world.people())[0]!.fields["account"], acme!.id);
  assert.deepEqual(world.tern.writes, [], "the vendor has known it all along");
});

/** A company appears at Tern under an id that others waited for, and is pulled. */
async function companyComes(world: TernWorld, id: string): Promise<void> {
  world.clock.advance(1_000);
  world.tern.companies.set(id, {
    fields: { title: "Awaited" },
    changedAt: world.clock.now(),
    handle: null,
    deleted: false,
  });
  const { id: streamId } = await world.stream("company");
  await world.engine.runLane({ streamId, lane: "batch", trigger: "test", signal: world.signal });
}

test("a reference that resolves late brings nothing else: what was written meanwhile stays", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, employer: "company_000099" }));
  const [person] = await world.people();
  world.clock.advance(1_000);
  await world.save({ title: "written" }, person!.id);
  await world.settle();
  await companyComes(world, "company_000099");
  const [after] = await world.people();
  assert.deepEqual([after!.fields["account"], after!.fields["title"]], [(await world.accounts())[0]!.id, "written"]);
  await world.cycle();
  assert.equal(world.tern.living("person")[0]![1].fields["tel"], "written");
});

test("a reference that was written anew while it waited is not put back when its old target comes", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, employer: "company_000099" }));
  const [person] = await world.people();
  const [acme] = await world.saveAll("account", [{ name: "Acme" }]);
  assert.ok(acme && acme.status !== "failed");
  await world.settle();
  world.clock.advance(1_000);
  await world.save({ account: acme.id }, person!.id);
  await world.settle();
  await companyComes(world, "company_000099");
  assert.equal((await world.people())[0]!.fields["account"], acme.id);
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["account"], acme.id);
});

test("a reference waits for its own target, not for a record of another object with the same id", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, employer: "person_000001" }));
  assert.equal(world.tern.living("person")[0]![0], "person_000001");
  assert.deepEqual(await ripeStreams(world.database, world.connection.id), []);
  await companyComes(world, "person_000001");
  assert.equal((await world.people())[0]!.fields["account"], (await world.accounts())[0]!.id);
});

test("a child whose parent is refused goes without it, and gets it once the parent is made", async () => {
  await using world = await createTernWorld();
  world.tern.faults = [{ refuse: "BAD_TITLE", field: "title", when: (values) => values["title"] === "Bad" }];
  await world.saveAll("account", [{ externalId: "A", name: "Bad" }]);
  await world.save({ externalId: "P", lastName: "Child", company: "x", account: { externalId: "A" } });
  await world.settle();
  const child = (): Record<string, unknown> => world.tern.living("person")[0]![1].fields;
  assert.equal(child()["employer"] ?? null, null);
  await world.saveAll("account", [{ externalId: "A", name: "Good" }]);
  await world.settle();
  assert.equal(child()["employer"], world.tern.living("company")[0]![0]);
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["account"], (await world.accounts())[0]!.id);
});

test("a child is written with a parent that is linked while the child's write is being prepared", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.tern.faults = [{ refuse: "NO_COMPANIES", field: "title", when: () => true }];
  const [acme] = await world.saveAll("account", [{ name: "Acme" }]);
  assert.ok(acme && acme.status !== "failed");
  await world.settle();
  world.clock.advance(1_000);
  await world.save({ account: acme.id }, person!.id);
  const made = world.tern.add("company", { title: "Acme" });
  const run = async (key: string, lane: "push" | "batch") => {
    const { id: streamId } = await world.stream(key);
    await world.engine.runLane({ streamId, lane, trigger: "test", signal: world.signal });
  };
  // The child's write stops between its look at the links and its commit.
  const holder = await world.database.pool.connect();
  await holder.query("begin");
  await holder.query("lock table intent in share mode");
  const waiting = async (): Promise<number> => {
    const row = await world.database.one<{ count: number }>(
      sql`select count(*) as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return row!.count;
  };
  /** Starts it, and comes back when it waits, as the `nth`, or has ended. */
  const begin = async (nth: number, work: Promise<void>) => {
    let ended = false;
    const done = work.finally(() => (ended = true));
    while (!ended && (await waiting()) < nth);
    return { done };
  };
  const push = await begin(1, run("person", "push"));
  const pull = await begin(2, run("company", "batch"));
  await holder.query("commit");
  holder.release();
  await Promise.all([push.done, pull.done]);
  await world.settle();
  assert.equal(world.tern.living("person")[0]![1].fields["employer"], made);
});

test("new records that refer to themselves and to each other are made first and tied in a second pass", async () => {
  await using world = await createTernWorld();
  const account = (externalId: string, parent?: string) => ({
    externalId,
    name: externalId,
    ...(parent === undefined ? {} : { parent: { externalId: parent } }),
  });
  await world.saveAll("account", [account("self"), account("left"), account("right")]);
  await world.saveAll("account", [account("self", "self"), account("left", "right"), account("right", "left")]);
  await world.settle();
  const ids = new Map(world.tern.living("company").map(([id, row]) => [row.fields["title"], id]));
  const parents = Object.fromEntries(
    world.tern.living("company").map(([, row]) => [String(row.fields["title"]), row.fields["parent"]]),
  );
  assert.deepEqual(parents, { self: ids.get("self"), left: ids.get("right"), right: ids.get("left") });
  const writes = world.tern.writes.length;
  await world.cycle();
  await world.cycle();
  assert.equal(world.tern.writes.length, writes);
});

test("a reference that a write in several calls took away, and could not set, is no edit: it is set again", async () => {
  await using world = await createTernWorld((tern) => {
    tern.inSteps = ["parent"];
    tern.add("company", { title: "First" });
    tern.add("company", { title: "Second" });
    tern.add("company", { title: "Child", parent: "company_000001" });
  });
  const accounts = new Map((await world.accounts()).map((one) => [one.fields["name"], one.id]));
  const parents = async () => [
    world.tern.companies.get("company_000003")!.fields["parent"],
    (await world.accounts()).find((one) => one.fields["name"] === "Child")!.fields["parent"],
  ];
  world.clock.advance(1_000);
  world.tern.faults = ["unknown-not-done"];
  let broken = 0;
  world.tern.afterWrite = () => {
    if (broken++ === 0) world.tern.edit("company", "company_000003", { parent: null });
  };
  await world.saveAll("account", [{ id: accounts.get("Child"), parent: accounts.get("Second") }]);
  await world.settle();
  assert.deepEqual(await parents(), ["company_000002", accounts.get("Second")]);
  assert.equal(broken, 2, "one call that broke off, and one that did it");
  // Without such a write the same is a person's doing.
  await world.cycle();
  world.clock.advance(20 * 60_000);
  world.tern.edit("company", "company_000003", { parent: null });
  await world.cycle();
  assert.deepEqual(await parents(), [null, undefined]);
});

test("a reference that is cleared here is cleared there, and the other way round", async () => {
  await using world = await createTernWorld((tern) => {
    const acme = tern.add("company", { title: "Acme" });
    tern.add("person", { ...ann, employer: acme });
    tern.add("person", { ...ann, mail: "bo@example.com", employer: acme });
  });
  const [one, two] = await world.people();
  const [, [second]] = world.tern.living("person") as [[string, unknown], [string, unknown]];
  world.clock.advance(1_000);
  await world.save({ account: null }, one!.id);
  world.tern.edit("person", second, { employer: null });
  await world.cycle();
  assert.deepEqual(
    world.tern.living("person").map(([, row]) => row.fields["employer"]),
    [null, null],
  );
  assert.equal((await world.records.get("person", undefined, two!.id)).fields["account"], undefined);
});

test("an account named by a path is found by its name or made, once for a whole page, and never renamed", async () => {
  await using world = await createTernWorld();
  await world.saveAll("account", [{ externalId: "A", name: "Acme" }]);
  await world.settle();
  world.clock.advance(1_000);
  for (let index = 0; index < 5; index++)
    world.tern.add("person", { ...ann, mail: `p${index}@example.com`, firm: index < 2 ? "ACME" : "Newcomer" });
  await world.mapAlso("person", [
    { field: "company", record: "tel", direction: "both", transform: "text" },
    { field: "title", record: "last", direction: "in", transform: "text" },
    { field: "account", record: "employer", direction: "in", transform: "reference" },
  ]);
  const { document } = await world.connections.mapping((await world.stream("person")).id);
  const rows = (document["rows"] as { field: string }[]).filter((row) => row.field !== "account");
  await world.connections.putMapping(
    (await world.stream("person")).id,
    {
      ...document,
      rows: [
        ...rows,
        { field: "account.name", record: "firm", direction: "both", transform: "text", onCreate: "[unknown]" },
      ] as never,
    },
    "test",
  );
  await world.settle();
  await world.cycle();
  assert.deepEqual(
    (await world.accounts()).map((one) => one.fields["name"]),
    ["Acme", "Newcomer"],
  );
  const [acme, newcomer] = await world.accounts();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["account"]),
    [acme!.id, acme!.id, newcomer!.id, newcomer!.id, newcomer!.id],
  );
});

/** Who has whom as a parent at each of two systems and here, by name. */
async function parentsOf(world: TernWorld): Promise<Record<string, string | null>[]> {
  const at = (side: TernWorld["tern"]) => {
    const names = new Map(side.living("company").map(([id, row]) => [id, String(row.fields["title"])]));
    const parent = (id: unknown): string | null => (typeof id === "string" ? (names.get(id) ?? null) : null);
    return Object.fromEntries(
      side.living("company").map(([, row]) => [String(row.fields["title"]), parent(row.fields["parent"])]),
    );
  };
  const accounts = await world.accounts();
  const names = new Map(accounts.map((one) => [one.id, one.fields["name"] as string]));
  const here = Object.fromEntries(
    accounts.map((one) => [one.fields["name"] as string, names.get(one.fields["parent"] as string) ?? null]),
  );
  return [at(world.tern), at(world.other), here];
}

test("a child that is given another parent in either system moves in the other, and one that loses it stands alone everywhere", async () => {
  await using world = await createTernWorld((tern) => {
    for (const title of ["North", "South"]) tern.add("company", { title });
    for (const title of ["One", "Two"]) tern.add("company", { title, parent: "company_000001" });
  });
  const { id } = await world.connect("other");
  await world.settle();
  const idOf = (side: TernWorld["tern"], title: string): string =>
    side.living("company").find(([, row]) => row.fields["title"] === title)![0];
  const cycle = async (): Promise<void> => {
    world.clock.advance(60_000);
    for (const connection of [world.connection.id, id, world.connection.id]) await world.sync(connection);
  };
  const all = (parents: Record<string, string | null>) => [parents, parents, parents];
  const first = { North: null, South: null, One: "North", Two: "North" };
  assert.deepEqual(await parentsOf(world), all(first));
  world.clock.advance(60_000);
  world.tern.edit("company", idOf(world.tern, "One"), { parent: idOf(world.tern, "South") });
  world.other.edit("company", idOf(world.other, "Two"), { parent: idOf(world.other, "South") });
  await cycle();
  assert.deepEqual(await parentsOf(world), all({ ...first, One: "South", Two: "South" }));
  world.clock.advance(60_000);
  world.other.edit("company", idOf(world.other, "One"), { parent: null });
  await cycle();
  assert.deepEqual(await parentsOf(world), all({ ...first, One: null, Two: "South" }));
});

test("what is in a circle in one system is so in the other, and a child whose parent is not there yet comes without it and gets it", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("company", { title: "Left", parent: "company_000002" });
    tern.add("company", { title: "Right", parent: "company_000001" });
    tern.add("company", { title: "Self", parent: "company_000003" });
    tern.add("company", { title: "Child", parent: "company_000099" });
  });
  const { id } = await world.connect("other");
  await world.settle();
  const circle = { Left: "Right", Right: "Left", Self: "Self" };
  assert.deepEqual(
    await parentsOf(world),
    [1, 2, 3].map(() => ({ ...circle, Child: null })),
  );
  await companyComes(world, "company_000099");
  await world.cycle();
  await world.sync(id);
  assert.deepEqual(
    await parentsOf(world),
    [1, 2, 3].map(() => ({ ...circle, Child: "Awaited", Awaited: null })),
  );
  const before = [world.tern, world.other].map((side) => side.writes.length);
  for (const connection of [world.connection.id, id]) await world.sync(connection, true);
  assert.deepEqual(
    [world.tern, world.other].map((side) => side.writes.length),
    before,
  );
});

test("a reference that went blank because its target was taken away there, and lives here, is nobody's edit: it is set again when the target is there again", async () => {
  await using world = await createTernWorld();
  const [acme] = await world.saveAll("account", [{ name: "Acme" }]);
  assert.ok(acme && acme.status !== "failed");
  await world.save({ lastName: "Ann", account: acme.id });
  await world.settle();
  const [[company]] = world.tern.living("company") as [[string, unknown]];
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  assert.equal(world.tern.people.get(id)!.fields["employer"], company);
  const run = async (key: string): Promise<void> => {
    const { id: streamId } = await world.stream(key);
    await world.connections.sync(world.connection.id, { trigger: "test", stream: key });
    await world.engine.runLane({ streamId, lane: "batch", trigger: "test", signal: world.signal });
  };
  // It was edited here before the deletion there was known, so it lives on and is made there again.
  world.clock.advance(1_000);
  await world.saveAll("account", [{ id: acme.id, name: "Acme Inc." }]);
  world.tern.remove("company", company);
  world.tern.edit("person", id, { employer: null });
  await run("company");
  await run("person");
  assert.equal((await world.people())[0]!.fields["account"], acme.id);
  await world.settle();
  const [[again]] = world.tern.living("company") as [[string, unknown]];
  assert.notEqual(again, company);
  assert.equal(world.tern.people.get(id)!.fields["employer"], again);
  const writes = world.tern.writes.length;
  await world.cycle();
  assert.equal(world.tern.writes.length, writes);
});

test("a reference that went blank because the record of its target was deleted there, unseen until its target was made there anew, is nobody's edit either", async () => {
  await using world = await createTernWorld();
  await world.connect("other");
  const [acme] = await world.saveAll("account", [{ name: "Acme" }]);
  assert.ok(acme && acme.status !== "failed");
  await world.save({ lastName: "Ann", account: acme.id });
  await world.settle();
  await world.cycle();
  const [[company]] = world.tern.living("company") as [[string, unknown]];
  const [id, row] = world.tern.living("person")[0]!;
  assert.equal(row.fields["employer"], company);
  // It was edited here before the deletion there was known, so it lives on and is made there again. No stamp tells what the deletion did to the person.
  world.clock.advance(1_000);
  await world.saveAll("account", [{ id: acme.id, name: "Acme Inc." }]);
  world.tern.remove("company", company);
  row.fields["employer"] = null;
  await world.cycle();
  const [[again]] = world.tern.living("company") as [[string, unknown]];
  assert.notEqual(again, company);
  await world.sync(world.connection.id, true);
  assert.equal((await world.people())[0]!.fields["account"], acme.id);
  assert.equal(world.tern.people.get(id)!.fields["employer"], again);
  const [, there] = world.other.living("person")[0]!;
  assert.equal(there.fields["employer"], world.other.living("company")[0]![0]);
  // By now it names the new record: whoever blanks it clears it.
  world.clock.advance(1_000);
  world.tern.edit("person", id, { employer: null });
  await world.cycle();
  assert.equal((await world.people())[0]!.fields["account"] ?? null, null);
  assert.equal(there.fields["employer"], null);
});
