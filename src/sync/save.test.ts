import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld } from "../../test/support/world.ts";
import type { SaveResult } from "./types.ts";

/** What became of each item, with the place of its first problem. */
const outcomes = (results: readonly SaveResult[]): string[] =>
  results.map((one) =>
    one.status === "failed" ? `${one.problems[0]!.code} at ${one.problems[0]!.pointer}` : one.status,
  );

test("bad items are refused one by one with a pointer, and the others are stored", async () => {
  await using world = await createTernWorld();
  const results = await world.saveAll("person", [
    { externalId: "1", lastName: "Good" },
    { externalId: "2", lastName: "Bad", email: "no address" },
    { externalId: "3", lastName: "Bad", "shoe/size": 44 },
    { externalId: "4", lastName: "nul\u0000" },
    { externalId: "5", lastName: "half \ud83d" },
    { externalId: "6", lastName: "Bad", annualRevenue: { amount: "x" } },
    { externalId: "7", lastName: "Good too" },
  ]);
  assert.deepEqual(outcomes(results), [
    "created",
    "value.unreadable at /email",
    "field.unknown at /shoe~1size",
    "value.unreadable at /lastName",
    "value.unreadable at /lastName",
    "value.unreadable at /annualRevenue",
    "created",
  ]);
  assert.deepEqual(
    results.map((one) => one.index),
    [0, 1, 2, 3, 4, 5, 6],
  );
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["lastName"]),
    ["Good", "Good too"],
  );
});

test("text that no database can hold is refused wherever it stands, and never the whole call", async () => {
  await using world = await createTernWorld();
  const results = await world.saveAll(
    "person",
    [
      { externalId: "nul\u0000", lastName: "A" },
      { externalId: "2", lastName: "B", account: { externalId: "nul\u0000" } },
      { externalId: "3", lastName: "C", account: { name: "half \udc00" } },
      { externalId: "4", lastName: "D", "key\ud800": "x" },
      { externalId: "5", lastName: "E", extra: { deep: ["nul\u0000"] } },
      { externalId: "6", lastName: "F", extra: { deep: ["fine"] } },
    ],
    { unknownKeys: "custom" },
  );
  assert.deepEqual(
    results.map((one) => one.status),
    ["failed", "failed", "failed", "failed", "failed", "created"],
  );
});

test("unknown keys become custom fields of the type of their first value, or of the type the caller says", async () => {
  await using world = await createTernWorld();
  const results = await world.saveAll(
    "person",
    [
      { externalId: "1", shoeSize: 44, vip: true, note: "hi", extra: { a: 1 }, since: "2020-01-31", blank: "" },
      { externalId: "2", shoeSize: "many" },
      { externalId: "3", _hidden: 1 },
      { externalId: "4", "a.b": 1 },
    ],
    { unknownKeys: "custom", types: { since: "date" }, labels: { since: "Customer since" } },
  );
  assert.deepEqual(outcomes(results), [
    "created",
    "value.unreadable at /shoeSize",
    "field.bad_key at /_hidden",
    "field.bad_key at /a.b",
  ]);
  const fields = new Map((await world.catalog.fields(world.database, "person")).map((one) => [one.key, one]));
  assert.deepEqual(
    ["shoeSize", "vip", "note", "extra", "since"].map((key) => fields.get(key)?.type),
    ["number", "boolean", "text", "json", "date"],
  );
  assert.equal(fields.get("since")!.label, "Customer since");
  assert.equal(fields.has("blank"), false, "a blank says nothing about a field's type");
  assert.deepEqual((await world.people())[0]!.fields["extra"], { a: 1 });
});

test("the same new record twice in one call is one record, and the later item wins", async () => {
  await using world = await createTernWorld();
  const results = await world.saveAll("person", [
    { externalId: "1", lastName: "First", title: "kept" },
    { externalId: "2", lastName: "Other" },
    { externalId: "1", lastName: "Second" },
    { email: "x@example.com", lastName: "Third" },
    { email: "X@example.com", lastName: "Fourth" },
  ]);
  assert.deepEqual(outcomes(results), ["created", "created", "updated", "created", "updated"]);
  assert.deepEqual(
    (await world.people()).map((one) => [one.externalId, one.fields["lastName"], one.fields["title"]]),
    [
      ["1", "Second", "kept"],
      ["2", "Other", undefined],
      [null, "Fourth", undefined],
    ],
  );
});

test("a second run of the same call changes nothing", async () => {
  await using world = await createTernWorld();
  const items = [
    { externalId: "1", lastName: "Lee", annualRevenue: "1.50", account: { name: "Acme" } },
    { email: "only@example.com", lastName: "Mail" },
  ];
  assert.deepEqual(outcomes(await world.saveAll("person", items)), ["created", "created"]);
  assert.deepEqual(outcomes(await world.saveAll("person", items)), ["unchanged", "unchanged"]);
  assert.deepEqual(
    (await world.people()).map((one) => one.version),
    [1, 1],
  );
});

test("an email names a record only while one alone has it", async () => {
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
    outcomes(await world.saveAll("person", [{ email: "shared@example.com", lastName: "Who?" }])),
    ["created"],
    "two have the address, so it names neither",
  );
});

test("a field that a mapping only reads is refused for records of that vendor, with what to do", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, score: 5 }));
  await world.records.declareField("person", { key: "score", type: "number", label: "Score" }, "test");
  await world.mapAlso("person", [{ field: "score", record: "score", direction: "in", transform: "number" }]);
  const [person] = await world.people();
  assert.equal(person!.fields["score"], 5);
  const results = await world.saveAll("person", [
    { id: person!.id, score: 6, title: "not kept either" },
    { id: person!.id, score: 5, firstName: "Anna" },
    { externalId: "new", lastName: "Local", score: 7 },
  ]);
  assert.deepEqual(outcomes(results), ["field.read_only at /score", "updated", "created"]);
  assert.match(JSON.stringify(results[0]), /make the mapping row two-way/u);
  const after = await world.records.get("person", undefined, person!.id);
  assert.deepEqual([after.fields["firstName"], after.fields["score"], after.fields["title"]], ["Anna", 5, "1"]);
});

test("references are given by id, by the target's external id, name or email; accounts named first are made, people and users are not", async () => {
  await using world = await createTernWorld();
  await world.saveAll("account", [{ externalId: "A", name: "Acme" }]);
  const [user] = await world.saveAll("user", [{ email: "boss@example.com", name: "The Boss" }]);
  const boss = user!.status === "failed" ? "" : user!.id;
  const [acme] = await world.accounts();
  const results = await world.saveAll("person", [
    { externalId: "1", account: acme!.id },
    { externalId: "2", account: { externalId: "A" } },
    { externalId: "3", account: { name: " ACME " } },
    { externalId: "4", account: { name: "New Co" }, owner: { email: "Boss@example.com" } },
    { externalId: "5", account: { name: "new co" }, owner: { name: "the boss" } },
    { externalId: "6", account: { externalId: "nobody" } },
    { externalId: "7", owner: { email: "nobody@example.com" } },
    { externalId: "8", account: { phone: "5" } },
    { externalId: "9", account: null },
    { externalId: "10", account: "no id" },
    { externalId: "11", account: boss },
  ]);
  assert.deepEqual(outcomes(results).slice(0, 9), [
    "created",
    "created",
    "created",
    "created",
    "created",
    "reference.unknown at /account",
    "reference.unknown at /owner",
    "value.unreadable at /account",
    "created",
  ]);
  assert.deepEqual(outcomes(results).slice(9), ["reference.unknown at /account", "reference.unknown at /account"]);
  const people = await world.people();
  const accounts = await world.accounts();
  assert.deepEqual(
    accounts.map((one) => one.fields["name"]),
    ["Acme", "New Co"],
  );
  assert.deepEqual(
    people.map((one) => one.fields["account"]),
    [acme!.id, acme!.id, acme!.id, accounts[1]!.id, accounts[1]!.id, undefined],
  );
  assert.equal(people[3]!.fields["owner"], people[4]!.fields["owner"]);
});

test("a deleted record lives again when its external id is sent again, and is made again at the vendor", async () => {
  await using world = await createTernWorld();
  const id = await world.save({ externalId: "1", lastName: "Phoenix", company: "Ash" });
  await world.settle();
  await world.records.remove("person", id, "test");
  await world.settle();
  assert.equal(world.tern.living("person").length, 0);
  const results = await world.saveAll("person", [{ externalId: "1", lastName: "Phoenix" }]);
  assert.deepEqual(outcomes(results), ["updated"]);
  assert.equal((await world.people())[0]!.id, id);
  await world.settle();
  assert.deepEqual(
    world.tern.living("person").map(([, row]) => [row.fields["last"], row.fields["firm"]]),
    [["Phoenix", "Ash"]],
  );
  const [revival] = await world.records.history("person", id);
  assert.equal(revival!.changes["deletedAt"]!.new, null);
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

test("two thousand records in one call are one step, each with its own result", async () => {
  await using world = await createTernWorld();
  const items = Array.from({ length: 2_000 }, (_, index) => ({
    externalId: `L${index}`,
    lastName: `Lee ${index}`,
    email: `p${index}@example.com`,
    ...(index === 1_234 ? { employees: "lots" } : {}),
  }));
  const results = await world.saveAll("person", items);
  assert.equal(results.filter((one) => one.status === "created").length, 1_999);
  assert.deepEqual(outcomes(results)[1_234], "value.unreadable at /employees");
  const ids = new Set(results.flatMap((one) => (one.status === "failed" ? [] : [one.id])));
  assert.equal(ids.size, 1_999);
  assert.equal((await world.records.get("person", undefined, "external:L1999")).fields["lastName"], "Lee 1999");
});

test("two callers that send one new person at once make one record", async () => {
  await using world = await createTernWorld();
  for (const known of [{ externalId: "X" }, { email: "x@example.com" }]) {
    const calls = Array.from({ length: 6 }, (_, index) =>
      world.saveAll("person", [{ ...known, lastName: `Caller ${index}` }]),
    );
    const statuses = (await Promise.all(calls)).map(([one]) => one!.status);
    assert.deepEqual(statuses.toSorted(), ["created", ...Array<string>(5).fill("updated")]);
  }
  assert.equal((await world.people()).length, 2);
});

test("two callers that name one new account at once make one account", async () => {
  await using world = await createTernWorld();
  await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      world.saveAll("person", [{ externalId: `${index}`, account: { name: "Same Co" } }]),
    ),
  );
  assert.equal((await world.accounts()).length, 1);
});
