import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomes } from "../../test/support/outcomes.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { beginIdempotent } from "../store/idempotency.ts";
import type { SaveInput, SaveResult } from "./types.ts";

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
    { email: "x@example.com", lastName: "Third", title: "one" },
    { email: "X@example.com", lastName: "Third", title: "two" },
  ]);
  assert.deepEqual(outcomes(results), ["created", "created", "updated", "created", "updated"]);
  assert.deepEqual(
    (await world.people()).map((one) => [one.externalId, one.fields["lastName"], one.fields["title"]]),
    [
      ["1", "Second", "kept"],
      ["2", "Other", undefined],
      [null, "Third", "two"],
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

test("a tie is known by what it joins, and cannot do without either end", async () => {
  await using world = await createTernWorld();
  const ann = await world.save({ externalId: "P", lastName: "Lee", company: "x" });
  const [deal] = await world.saveAll("deal", [{ externalId: "D", name: "Big one" }]);
  assert.ok(deal && deal.status !== "failed");
  const tie = { deal: { externalId: "D" }, contact: ann };
  assert.deepEqual(
    outcomes(
      await world.saveAll("deal-contact", [
        { ...tie, role: "Judge" },
        { ...tie, role: "Buyer" },
        { deal: deal.id, role: "Nobody" },
      ]),
    ),
    ["created", "updated", "field.required at /contact"],
  );
  const [made] = await world.records.list({ kind: "deal-contact", limit: 10 });
  assert.deepEqual(made!.fields, { deal: deal.id, contact: ann, role: "Buyer" });
  assert.deepEqual(outcomes(await world.saveAll("deal-contact", [{ ...tie, role: "Buyer" }])), ["unchanged"]);
  assert.deepEqual(outcomes(await world.saveAll("deal-contact", [{ id: made!.id, contact: null }])), [
    "field.required at /contact",
  ]);
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
      world.saveAll("person", [{ ...known, lastName: "Lee", title: `Caller ${index}` }]),
    );
    const statuses = (await Promise.all(calls)).map(([one]) => one!.status);
    assert.deepEqual(statuses.toSorted(), ["created", ...Array<string>(5).fill("updated")]);
  }
  assert.equal((await world.people()).length, 2);
});

test("a request that was done and never answered is not done again when it is repeated, and undoes nothing that came between", async () => {
  await using world = await createTernWorld();
  const { database, records } = world;
  const send = async (key: string, input: SaveInput, mode: "upsert" | "update"): Promise<SaveResult> => {
    const claim = { keyId: "0198a000-0000-7000-8000-000000000001", key };
    await beginIdempotent(database, { ...claim, digest: Buffer.from(key), now: world.clock.now(), once: true });
    const [result] = await records.save([input], { kind: "deal", mode, unknownKeys: "error", actor: "test", claim });
    return result!;
  };
  // Nothing but its name: sent twice it would be two deals.
  const made = await send("make", { input: { name: "Ten arms", nextStep: "call" } }, "upsert");
  assert.deepEqual(await send("make", { input: { name: "Ten arms", nextStep: "call" } }, "upsert"), made);
  const deals = await records.list({ kind: "deal", limit: 10 });
  assert.deepEqual(
    deals.map((one) => one.id),
    [(made as { id: string }).id],
  );
  const { id } = deals[0]!;
  const edit = { id, input: { nextStep: "visit" } };
  const first = await send("edit", edit, "update");
  await send("later", { id, input: { nextStep: "sign" } }, "update");
  assert.deepEqual(await send("edit", edit, "update"), first);
  assert.equal((await records.get("deal", undefined, id)).fields["nextStep"], "sign");
});
