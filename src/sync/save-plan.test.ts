import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { outcomes } from "../../test/support/outcomes.ts";
import { createTernWorld } from "../../test/support/world.ts";
import { listDuplicates } from "../store/duplicate.ts";
import { sql } from "../store/sql.ts";

const open = { state: "open", id: null, after: null, limit: 10 };

test("an item said twice changes nothing the second time, and what ends as it was is no edit", async () => {
  await using world = await createTernWorld();
  const items = [
    { externalId: "f", firstName: "A", lastName: "B", title: "same" },
    { externalId: "f", firstName: "A", lastName: "C", title: "same" },
    { externalId: "f", firstName: "A", lastName: "C", title: "same" },
  ];
  assert.deepEqual(outcomes(await world.saveAll("person", items)), ["created", "updated", "unchanged"]);
  await world.settle();
  const [before] = await world.database.rows(sql`select version, origin from entity where kind = 'person'`);
  const writes = world.tern.writes.length;
  world.clock.advance(60_000);
  assert.deepEqual(outcomes(await world.saveAll("person", items)), ["unchanged", "unchanged", "unchanged"]);
  await world.settle();
  assert.deepEqual(await world.database.rows(sql`select version, origin from entity where kind = 'person'`), [before]);
  assert.equal(world.tern.writes.length, writes, "nothing is written for it");
});

test("what one item of a call says and a later one replaces is in the history, each as a version", async () => {
  await using world = await createTernWorld();
  const items = ["One", "Two", "Three"].map((title) => ({ externalId: "1", title, lastName: "Lee" }));
  await world.saveAll("person", items);
  const id = await world.save({ externalId: "1", title: "Four" });
  await world.saveAll("person", [...items.slice(1), { externalId: "1", salutation: "Dr" }]);
  const versions = (await world.records.history("person", id)).map(({ version, changes }) => [
    version,
    changes["title"]?.old,
    changes["title"]?.new,
  ]);
  assert.deepEqual(versions, [
    [6, "Two", "Three"],
    [5, "Four", "Two"],
    [4, "Three", "Four"],
    [3, "Two", "Three"],
    [2, "One", "Two"],
  ]);
  assert.equal((await world.records.get("person", undefined, id)).version, 6);
});

test("an email names a record only while one alone may be meant", async () => {
  await using world = await createTernWorld();
  await world.saveAll("person", [{ externalId: "1", email: "shared@example.com", lastName: "One" }]);
  assert.deepEqual(outcomes(await world.saveAll("person", [{ email: "Shared@example.com", title: "found" }])), [
    "updated",
  ]);
  assert.deepEqual(
    outcomes(await world.saveAll("person", [{ externalId: "2", email: "shared@example.com", lastName: "Two" }])),
    ["created"],
    "a caller's own id is stronger than an email",
  );
  assert.deepEqual(
    outcomes(await world.saveAll("person", [{ email: "shared@example.com", lastName: "Two" }])),
    ["unchanged"],
    "of two that it may be, one says all of it already",
  );
  assert.deepEqual(await listDuplicates(world.database, open), []);
  const people = (await world.people()).map((one) => one.id);
  const who = await world.save({ email: "shared@example.com", lastName: "Who?" });
  assert.ok(!people.includes(who), "two have the address, so it names neither");
  const pairs = await listDuplicates(world.database, open);
  assert.deepEqual(
    pairs.map((one) => [one.kind, one.leftId, one.rightId]),
    people.map((id) => ["person", id, who]),
  );
});

test("people of one address and other names are each their own, in one call and in several, as when they come from a vendor", async () => {
  const people = [
    { email: "desk@example.com", firstName: "Ann", lastName: "One", phone: "+1 555 0100" },
    { email: "desk@example.com", firstName: "Bob", lastName: "Two", title: "CFO" },
    { email: "desk@example.com", firstName: "Cleo", lastName: "Three" },
  ];
  for (const calls of [[people], people.map((one) => [one])]) {
    await using world = await createTernWorld();
    for (const call of calls)
      assert.deepEqual(new Set(outcomes(await world.saveAll("person", call))), new Set(["created"]));
    for (const call of calls)
      assert.deepEqual(new Set(outcomes(await world.saveAll("person", call))), new Set(["unchanged"]));
    assert.deepEqual(
      (await world.people()).map(({ fields }) => [fields["firstName"], fields["phone"], fields["title"]]),
      [
        ["Ann", "+1 555 0100", undefined],
        ["Bob", undefined, "CFO"],
        ["Cleo", undefined, undefined],
      ],
    );
    assert.deepEqual(await listDuplicates(world.database, open), []);
  }
});

test("a family of one address in one call is each their own, and a person is asked", async () => {
  await using world = await createTernWorld();
  const family = ["John", "Mary", "J."].map((firstName) => ({
    email: "smith@example.com",
    firstName,
    lastName: "Smith",
  }));
  assert.deepEqual(outcomes(await world.saveAll("person", family)), ["created", "created", "updated"]);
  const people = await world.people();
  assert.deepEqual(
    people.map(({ fields }) => fields["firstName"]),
    ["J.", "Mary"],
  );
  assert.deepEqual(
    (await listDuplicates(world.database, open)).map((one) => [one.leftId, one.rightId]),
    [people.map((one) => one.id)],
  );
  assert.deepEqual(outcomes(await world.saveAll("person", [family[1]!])), ["unchanged"]);
});

test("a lead with a contact's address and another name does not rename the contact", async () => {
  await using world = await createTernWorld();
  await world.saveAll(
    "person",
    [{ externalId: "C", email: "x@example.com", firstName: "Lakshmi", lastName: "Singh" }],
    { stage: "contact" },
  );
  assert.deepEqual(
    outcomes(await world.saveAll("person", [{ email: "x@example.com", firstName: "New", lastName: "Lead" }])),
    ["created"],
  );
  assert.deepEqual(
    (await world.people()).map((one) => [one.stage, one.fields["lastName"]]),
    [
      ["contact", "Singh"],
      ["lead", "Lead"],
    ],
  );
});

test("what is said of somebody whose address tells nobody is known again by its content", async () => {
  await using world = await createTernWorld();
  const shared = { email: "e@example.com" };
  const items = [
    { externalId: "s1", ...shared },
    { externalId: "s2", ...shared },
    { ...shared, firstName: "C", lastName: "Three", contentId: "content:1" },
    { email: "info@example.com", lastName: "Desk", contentId: "content:2" },
    { email: "info@example.com", lastName: "Reception", contentId: "content:3" },
    { company: "nameless", contentId: "content:4" },
    { company: "nameless", contentId: "content:4" },
  ];
  const first = await world.saveAll("person", items);
  assert.deepEqual(outcomes(first), [...Array<string>(6).fill("created"), "unchanged"]);
  for (let run = 0; run < 2; run++)
    assert.deepEqual(outcomes(await world.saveAll("person", items)), Array(7).fill("unchanged"));
  assert.equal((await world.people()).length, 6);

  const desk = (await world.people()).find((one) => one.fields["lastName"] === "Desk")!.id;
  await world.saveAll("person", [{ id: desk, lastName: "Renamed", email: "moved@example.com" }]);
  assert.deepEqual(outcomes(await world.saveAll("person", items)).slice(2, 5), ["unchanged", "updated", "unchanged"]);
  assert.equal((await world.people()).length, 6, "also after somebody edited it");
  assert.equal((await world.records.get("person", undefined, desk)).externalId, null, "it is no id that anyone gave");
  await world.records.remove("person", desk, "test");
  assert.equal((await world.saveAll("person", [items[3]!]))[0]!.status, "updated", "a deleted one lives again");
  assert.equal((await world.people()).length, 6);
});

test("an item is who an earlier item of its call has become", async () => {
  await using world = await createTernWorld();
  await world.saveAll("person", [{ externalId: "1", email: "old@example.com", firstName: "Ann", lastName: "Lee" }]);
  assert.deepEqual(
    outcomes(
      await world.saveAll("person", [
        { externalId: "1", email: "new@example.com" },
        { email: "new@example.com", title: "by the new address" },
        { email: "old@example.com", title: "somebody new" },
      ]),
    ),
    ["updated", "updated", "created"],
  );
  assert.deepEqual(
    (await world.people()).map(({ fields }) => [fields["email"], fields["title"]]),
    [
      ["new@example.com", "by the new address"],
      ["old@example.com", "somebody new"],
    ],
  );
});

test("of an address that hundreds have, only who is meant is locked", async () => {
  await using world = await createTernWorld();
  const crowd = Array.from({ length: 300 }, (_, index) => ({
    externalId: `${index}`,
    email: "all@example.com",
    firstName: `F${index}`,
    lastName: `L${index}`,
  }));
  await world.saveAll("person", crowd);
  await world.database.transaction(async (tx) => {
    await tx.run(sql`select from entity where fields ->> 'firstName' = 'F7' for update`);
    const results = await world.saveAll("person", [
      { email: "all@example.com", firstName: "F8", lastName: "L8", title: "8" },
      { email: "all@example.com", firstName: "F300", lastName: "L300" },
    ]);
    assert.deepEqual(outcomes(results), ["updated", "created"]);
  });
});

test("whatever a call says of people who share addresses, a second run changes nothing and no name it said is lost", async () => {
  await using world = await createTernWorld();
  const oneOf = (...values: (string | undefined)[]) => fc.constantFrom(...values);
  const item = fc.record({
    externalId: oneOf("1", "2", undefined, undefined),
    email: oneOf("one", "two", "info", undefined),
    firstName: oneOf("Ann", "Bob", "Cleo", undefined),
    lastName: oneOf("Lee", "Ray", undefined),
    title: oneOf("CEO", "CFO", undefined),
  });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 2, maxLength: 8 }), async (drawn) => {
      round += 1;
      const items = drawn.map(({ externalId, email, ...rest }) => {
        const own = externalId === undefined ? undefined : `${round} ${externalId}`;
        const said = { ...rest, email: email === undefined ? undefined : `${email}@${round}.example` };
        return own === undefined
          ? { ...said, contentId: `content:${round}:${JSON.stringify(said)}` }
          : { ...said, externalId: own };
      });
      const first = await world.saveAll("person", items);
      for (let again = 0; again < 2; again++)
        assert.deepEqual(new Set(outcomes(await world.saveAll("person", items))), new Set(["unchanged"]));
      for (const [index, result] of first.entries()) {
        assert.ok(result.status !== "failed");
        const now = (await world.records.get("person", undefined, result.id)).fields;
        const was = await world.records.history("person", result.id);
        for (const field of ["firstName", "lastName", "title"] as const) {
          const said = items[index]![field];
          const held = [now[field], ...was.map((one) => one.changes[field]?.old)];
          assert.ok(said === undefined || held.includes(said), `${said} of item ${index} is nowhere`);
        }
      }
    }),
    { numRuns: 25, seed: 71 },
  );
});

test("an update must name a record that is there", async () => {
  await using world = await createTernWorld();
  const id = await world.save({ externalId: "1", lastName: "Lee" });
  const gone = await world.save({ externalId: "2", lastName: "Gone" });
  await world.records.remove("person", gone, "test");
  const results = await world.saveAll(
    "person",
    [
      { id, title: "by id" },
      { externalId: "1", firstName: "by external id" },
      { externalId: "3", title: "nobody" },
      { id: gone, title: "deleted" },
      { id: "00000000-0000-7000-8000-000000000000", title: "nobody" },
      { id: "nonsense", title: "nobody" },
      { id: id.toUpperCase(), salutation: "Dr" },
    ],
    { mode: "update" },
  );
  assert.deepEqual(outcomes(results), [
    "updated",
    "updated",
    "not.found at /externalId",
    "not.found at /id",
    "not.found at /id",
    "not.found at /id",
    "updated",
  ]);
  const [account] = await world.saveAll("account", [{ id, name: "A person is no account" }], { mode: "update" });
  assert.equal(account!.status, "failed");
  const person = await world.records.get("person", undefined, id);
  assert.deepEqual(person.fields, { lastName: "Lee", title: "by id", firstName: "by external id", salutation: "Dr" });
});

test("an external id that another record has is not taken from it", async () => {
  await using world = await createTernWorld();
  const one = await world.save({ externalId: "1", lastName: "One" });
  const two = await world.save({ externalId: "2", lastName: "Two" });
  const results = await world.saveAll("person", [
    { id: two, externalId: "1" },
    { id: two, externalId: "3" },
    { id: one, externalId: "3" },
    { externalId: "4", lastName: "New" },
    { id: one, externalId: "4" },
    { externalId: "3", title: "the one renamed above" },
  ]);
  assert.deepEqual(outcomes(results), [
    "request.conflict at /externalId",
    "updated",
    "request.conflict at /externalId",
    "created",
    "request.conflict at /externalId",
    "updated",
  ]);
  assert.equal((await world.people()).length, 3);
  assert.equal((await world.records.get("person", undefined, "external:1")).id, one);
  assert.equal((await world.records.get("person", undefined, "external:3")).id, two);
});
