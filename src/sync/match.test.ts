import assert from "node:assert/strict";
import { test } from "node:test";
import { listDuplicates } from "../store/duplicate.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { sql } from "../store/sql.ts";
import { matchKeys } from "./keys.ts";

const open = { state: "open", id: null, after: null, limit: 10 };

test("one candidate that is free is the same person; several are left to a person, and nothing is merged", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", { ...ann, last: "First" });
    tern.add("person", { ...ann, last: "Second" });
    tern.add("person", { ...ann, mail: "one@example.com", last: "One" });
  });
  world.other.add("person", { ...ann, mail: "Ann@Example.com", last: "Which?" });
  world.other.add("person", { ...ann, mail: "one@example.com", last: "One" });
  await world.connect("other");
  await world.settle();
  const people = await world.records.list({ kind: "person", limit: 10 });
  assert.deepEqual(people.map((one) => one.fields["lastName"] as string).toSorted(), [
    "First",
    "One",
    "Second",
    "Which?",
  ]);
  const suspects = await listDuplicates(world.database, open);
  const which = people.find((one) => one.fields["lastName"] === "Which?")!;
  assert.deepEqual(
    suspects.map((one) => one.rightId),
    [which.id, which.id],
  );
});

test("people of one address and other names stay apart, whichever system is read first, and do not hide the one who is meant", async () => {
  const bob = { ...ann, first: "Bob", last: "Ray" };
  const cleo = { ...ann, first: "Cleo", last: "Poe" };
  for (const [there, elsewhere] of [
    [[ann, bob], [ann]],
    [[ann], [bob, ann]],
    [[bob], [cleo, ann]],
  ] as const) {
    await using world = await createTernWorld((tern) => there.forEach((one) => tern.add("person", { ...one })));
    elsewhere.forEach((one) => world.other.add("person", { ...one }));
    await world.connect("other");
    await world.settle();
    const names = (await world.people()).map((one) => one.fields["firstName"] as string).toSorted();
    assert.deepEqual(names, [...new Set([...there, ...elsewhere].map((one) => one.first))].toSorted());
  }
});

test("people of one address who have one name in common are not made one: a person is asked, and nobody is overwritten", async () => {
  for (const [one, other] of [
    [
      ["John", "Smith"],
      ["Mary", "Smith"],
    ],
    [
      ["John", "Smith"],
      ["John", "Miller"],
    ],
    [
      ["John", "Smith"],
      ["", "Reception"],
    ],
  ] as const) {
    await using world = await createTernWorld((tern) =>
      tern.add("person", { ...ann, first: one[0], last: one[1], tel: "1" }),
    );
    world.other.add("person", { ...ann, first: other[0], last: other[1], tel: "2" });
    await world.connect("other");
    await world.settle();
    assert.deepEqual(
      (await world.people()).map(({ fields }) => [fields["firstName"] ?? "", fields["lastName"], fields["title"]]),
      [
        [...one, "1"],
        [...other, "2"],
      ],
    );
    assert.equal((await listDuplicates(world.database, open)).length, 1);
    const { first, last } = world.other.living("person")[0]![1].fields;
    assert.deepEqual([first, last], other, "nothing is written over who is there");
  }
});

test("what two systems make at once is asked about, not made a third and a fourth time", async () => {
  await using world = await createTernWorld();
  const { id } = await world.connect("other");
  await world.settle();
  world.clock.advance(60_000);
  world.tern.add("company", { title: "Globex" });
  world.other.add("company", { title: "Globex" });
  await world.cycle();
  assert.equal(world.other.living("company").length, 2, "nobody has looked there");
  await world.sync(id);
  const accounts = await world.accounts();
  assert.equal(accounts.length, 2);
  assert.deepEqual(
    (await listDuplicates(world.database, open)).map((one) => [one.leftId, one.rightId]),
    [accounts.map((one) => one.id)],
  );
  for (let again = 0; again < 2; again++) {
    world.clock.advance(60_000);
    for (const connection of [world.connection.id, id]) await world.sync(connection, again === 1);
  }
  assert.equal(world.tern.living("company").length, 1, "it waits for the answer");
  world.clock.advance(60_000);
  world.other.add("company", { title: "Globex" });
  await world.sync(id);
  assert.equal(
    (await listDuplicates(world.database, open)).length,
    1,
    "what was made there later is another, as it says",
  );
});

test("people of one address and one last name whom two systems make at once are asked about, whichever is read first", async () => {
  for (const first of ["tern", "other"] as const) {
    await using world = await createTernWorld();
    const { id } = await world.connect("other");
    await world.settle();
    world.clock.advance(60_000);
    world.tern.add("person", { ...ann, first: "Jon" });
    world.other.add("person", { ...ann, first: "John" });
    const ids = [world.connection.id, id];
    for (const connection of first === "tern" ? ids : ids.toReversed()) await world.sync(connection);
    assert.equal((await listDuplicates(world.database, open)).length, 1, first);
    assert.equal(world.tern.living("person").length + world.other.living("person").length, 3, first);
  }
});

test("whom somebody makes at a system while Winston is making the same there is asked about, and keeps the record", async () => {
  await using world = await createTernWorld();
  await world.connect("other");
  await world.settle();
  world.clock.advance(60_000);
  world.tern.add("person", ann);
  world.other.afterWrite = async () => {
    world.other.afterWrite = undefined;
    // Winston's own is not seen yet.
    const table = world.other.table("person");
    const [id, own] = [...table].find(([, row]) => row.handle !== null)!;
    table.delete(id);
    world.other.add("person", ann);
    const [stream] = await world.database.rows<{ id: number }>(
      sql`select stream.id from stream join connection on connection.id = stream.connection_id where connection.name = 'other' and stream.key = 'person'`,
    );
    await world.engine.runLane({ streamId: stream!.id, lane: "batch", trigger: "test", signal: world.signal });
    table.set(id, own);
  };
  await world.cycle();
  await world.settle();
  assert.equal((await listDuplicates(world.database, open)).length, 1);
  assert.equal((await world.people()).length, 2);
  assert.deepEqual([world.tern.living("person").length, world.other.living("person").length], [1, 2]);
  const parked = await world.database.rows(sql`select subject from parked`);
  assert.deepEqual(parked, []);
});

test("who is somebody else of the same page for sure is not in doubt", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, first: "John", last: "Smith" }));
  for (const first of ["Mary", "J."]) world.other.add("person", { ...ann, first, last: "Smith" });
  await world.connect("other");
  await world.settle();
  assert.equal((await world.people()).length, 2);
  assert.deepEqual(await listDuplicates(world.database, open), []);
});

test("which addresses tell nobody is a setting", async () => {
  const keys = (email: string, names?: ReadonlySet<string>) => matchKeys("person", { email }, names).length;
  for (const name of ["enquiries", "HR", "noreply", "kontakt", "info+web"])
    assert.equal(keys(`${name}@example.com`), 0, name);
  assert.equal(keys("information@example.com"), 1);
  const own = new Set(["lobby"]);
  assert.deepEqual([keys("lobby@example.com", own), keys("info@example.com", own)], [0, 1]);
});

test("an address that a company shares decides nothing", async () => {
  await using world = await createTernWorld((tern) =>
    tern.add("person", { ...ann, mail: "info@example.com", last: "Desk" }),
  );
  world.other.add("person", { ...ann, mail: "info@example.com", last: "Reception" });
  await world.connect("other");
  await world.settle();
  assert.equal((await world.records.list({ kind: "person", limit: 10 })).length, 2);
});

test("deals of one name are told apart by their account, and users are not matched by name", () => {
  const keys = (kind: string, fields: object) => matchKeys(kind, fields as never).map((one) => one.key);
  assert.deepEqual(keys("deal", { name: "Renewal" }), ["name"]);
  assert.deepEqual(keys("deal", { name: "Renewal", account: "a" }), ["nameAndAccount", "name"]);
  assert.notDeepEqual(
    matchKeys("deal", { name: "Renewal", account: "a" }),
    matchKeys("deal", { name: "Renewal", account: "b" }),
  );
  assert.deepEqual(keys("user", { name: "John Smith", email: "j@example.com" }), ["email"]);
});
