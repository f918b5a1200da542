// One record at a time: what is shown, what is refused, what happens to records that end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPortal, type Reply, type TestPortal } from "./test-portal.ts";

const CONTACTS = "/crm/v3/objects/contacts";
const DEALS = "/crm/v3/objects/deals";

const add = ({ call }: TestPortal, object: string, properties: object): string =>
  String(call("POST", `/crm/v3/objects/${object}`, { properties }).body["id"]);

const codes = (reply: Reply): string[] =>
  (reply.body["errors"] as unknown as { code: string }[]).map((one) => one.code);

test("values are text whatever was sent; asked and empty is null, not asked is absent, unknown is left out", () => {
  const world = testPortal();
  const made = world.call("POST", "/crm/v3/objects/companies", { properties: { name: "A", numberofemployees: 12 } });
  assert.equal(made.status, 201);
  assert.equal(made.body["properties"]!["numberofemployees"], "12");
  const read = world.call(
    "GET",
    `/crm/v3/objects/companies/${String(made.body["id"])}?properties=phone,name&properties=nope`,
  );
  assert.deepEqual(Object.keys(read.body["properties"]!).toSorted(), [
    "createdate",
    "hs_lastmodifieddate",
    "hs_object_id",
    "name",
    "phone",
  ]);
  assert.equal(read.body["properties"]!["phone"], null);
  assert.equal(read.body["properties"]!["hs_object_id"], made.body["id"]);
});

test("contacts carry lastmodifieddate, other objects hs_lastmodifieddate, in milliseconds", () => {
  const world = testPortal();
  world.clock.advance(123);
  const contact = world.call("GET", `${CONTACTS}/${add(world, "contacts", { lastname: "L" })}`);
  assert.equal(contact.body["properties"]!["lastmodifieddate"], "2026-01-05T09:00:00.123Z");
  const deal = world.call("GET", `${DEALS}/${add(world, "deals", { dealname: "D" })}`);
  assert.equal(deal.body["properties"]!["hs_lastmodifieddate"], "2026-01-05T09:00:00.123Z");
  assert.equal("lastmodifieddate" in deal.body["properties"]!, false);
});

test("a list gives 10 by default and 100 at most; the last page has no paging key; archived ones are a list of their own", () => {
  const world = testPortal();
  const ids = world.portal.data.load(
    "contacts",
    Array.from({ length: 30 }, (_, index) => ({ lastname: `L${index}` })),
  );
  const first = world.call("GET", CONTACTS);
  assert.equal((first.body["results"] as unknown as object[]).length, 10);
  const after = String(first.body["paging"]!["next"]!["after"]);
  const rest = world.call("GET", `${CONTACTS}?limit=100&after=${after}`);
  assert.equal((rest.body["results"] as unknown as object[]).length, 20);
  assert.equal("paging" in rest.body, false);
  assert.equal(world.call("GET", `${CONTACTS}?limit=101`).status, 400);
  assert.equal(world.call("GET", `${CONTACTS}?limit=51&propertiesWithHistory=lastname`).status, 400);
  assert.equal(world.call("DELETE", `${CONTACTS}/${ids[3]}`).status, 204);
  assert.equal((world.call("GET", `${CONTACTS}?limit=100`).body["results"] as unknown as object[]).length, 29);
  const archived = world.call("GET", `${CONTACTS}?archived=true`).body["results"] as unknown as { id: string }[];
  assert.deepEqual(
    archived.map((one) => one.id),
    [ids[3]],
  );
});

test("a list goes on from its cursor also when the record it named was archived meanwhile", () => {
  const world = testPortal();
  const ids = world.portal.data.load(
    "contacts",
    Array.from({ length: 6 }, () => ({ lastname: "L" })),
  );
  const first = world.call("GET", `${CONTACTS}?limit=3`);
  world.portal.data.archive("contacts", ids[2]!);
  const next = world.call("GET", `${CONTACTS}?limit=3&after=${String(first.body["paging"]!["next"]!["after"])}`);
  assert.deepEqual(
    (next.body["results"] as unknown as { id: string }[]).map((one) => one.id),
    ids.slice(3),
  );
});

test("every property that is wrong is named, in the message as JSON and beside it", () => {
  const world = testPortal();
  const reply = world.call("POST", CONTACTS, {
    properties: {
      nope: "x",
      num_associated_deals: "3",
      lastmodifieddate: "2026-01-01",
      lifecyclestage: "Lead",
      email: "not an address",
      hubspot_owner_id: "999",
    },
  });
  assert.equal(reply.status, 400);
  assert.equal(reply.body["category"], "VALIDATION_ERROR");
  assert.deepEqual(codes(reply), [
    "PROPERTY_DOESNT_EXIST",
    "READ_ONLY_VALUE",
    "READ_ONLY_VALUE",
    "INVALID_OPTION",
    "INVALID_EMAIL",
    "INVALID_OWNER_ID",
  ]);
  const nested = JSON.parse(String(reply.body["message"]).replace("Property values were not valid: ", "")) as {
    name: string;
    isValid: boolean;
  }[];
  assert.deepEqual([nested.length, nested[0]!.name, nested[0]!.isValid], [6, "nope", false]);
  assert.match(String(reply.body["correlationId"]), /^[0-9a-f-]{36}$/u);
});

test("numbers, booleans, dates and date-times are checked and kept in one form", () => {
  const world = testPortal();
  const { data } = world.portal;
  for (const [name, type, fieldType] of [
    ["flag", "bool", "booleancheckbox"],
    ["day", "date", "date"],
    ["moment", "datetime", "date"],
    ["size", "number", "number"],
  ])
    data.addProperty("contacts", { name, label: name, type, fieldType });
  const made = (properties: object): Reply =>
    world.call("POST", CONTACTS, { properties: { lastname: "L", ...properties } });
  const good = made({ flag: true, day: 1_767_571_200_000, moment: "2026-01-05T10:00:00+01:00", size: "1.50" });
  const { flag, day, moment, size } = good.body["properties"]!;
  assert.deepEqual([flag, day, moment, size], ["true", "2026-01-05", "2026-01-05T09:00:00.000Z", "1.50"]);
  assert.deepEqual(codes(made({ flag: "maybe", day: "2026-01-05T10:00:00Z", moment: "soon", size: "many" })), [
    "INVALID_BOOLEAN",
    "INVALID_DATE",
    "INVALID_LONG",
    "INVALID_LONG",
  ]);
});

test("an empty text empties a property, null leaves it alone", () => {
  const world = testPortal();
  const id = add(world, "contacts", { lastname: "L", city: "Leeds", phone: "1" });
  world.call("PATCH", `${CONTACTS}/${id}`, { properties: { city: "", phone: null } });
  const { city, phone } = world.portal.data.get("contacts", id)!;
  assert.deepEqual([city, phone], [null, "1"]);
});

test("a multiple choice is one text with semicolons, and a leading one adds to what is there", () => {
  const world = testPortal();
  const option = (value: string, displayOrder: number) => ({ label: value, value, displayOrder, hidden: false });
  world.portal.data.addProperty("contacts", {
    name: "likes",
    label: "Likes",
    type: "enumeration",
    fieldType: "checkbox",
    options: ["a", "b", "c"].map(option),
  });
  const id = add(world, "contacts", { lastname: "L", likes: "a;b" });
  world.call("PATCH", `${CONTACTS}/${id}`, { properties: { likes: ";c" } });
  assert.equal(world.portal.data.get("contacts", id)!["likes"], "a;b;c");
  const reply = world.call("PATCH", `${CONTACTS}/${id}`, { properties: { likes: "a;d" } });
  assert.match(String(reply.body["message"]), /d was not one of the allowed options: \[a, b, c\]/u);
});

test("addresses are kept in lower case and belong to one contact; the id of the other is only in the message", () => {
  const world = testPortal();
  const id = add(world, "contacts", { email: "Ann@Example.COM" });
  assert.equal(world.portal.data.get("contacts", id)!["email"], "ann@example.com");
  const again = world.call("POST", CONTACTS, { properties: { email: "ANN@example.com" } });
  assert.deepEqual(
    [again.status, again.body["category"], again.body["message"]],
    [409, "CONFLICT", `Contact already exists. Existing ID: ${id}`],
  );
  world.call("DELETE", `${CONTACTS}/${id}`);
  assert.equal(world.call("POST", CONTACTS, { properties: { email: "ann@example.com" } }).status, 201);
});

test("two companies may have one domain, and ids of two objects may be the same number", () => {
  const world = testPortal();
  const company = add(world, "companies", { name: "A", domain: "a.example" });
  assert.ok(Number(add(world, "companies", { name: "B", domain: "a.example" })) > 0);
  assert.equal(add(world, "contacts", { lastname: "L" }), company);
});

test("a unique property refuses a value somebody has, naming who, and finds records by it", () => {
  const world = testPortal();
  world.portal.data.addProperty("contacts", {
    name: "key",
    label: "Key",
    type: "string",
    fieldType: "text",
    hasUniqueValue: true,
  });
  const id = add(world, "contacts", { lastname: "L", key: "k1" });
  const reply = world.call("POST", CONTACTS, { properties: { lastname: "M", key: "k1" } });
  assert.equal(reply.status, 400);
  assert.match(String(reply.body["message"]), /^Cannot set PropertyValueCoordinates\{.*propertyName=key, value=k1\}/u);
  assert.ok(String(reply.body["message"]).endsWith(` ${id} already has that value.`));
  const changed = world.call("PATCH", `${CONTACTS}/k1?idProperty=key`, { properties: { city: "Kiel" } });
  assert.equal(changed.body["id"], id);
  assert.equal(world.call("GET", `${CONTACTS}/x?idProperty=city`).status, 400);
});

test("a new record needs a name or something like it", () => {
  const world = testPortal();
  for (const [object, properties] of [
    ["contacts", { city: "Leeds" }],
    ["companies", { city: "Leeds" }],
    ["notes", { hs_note_body: "no time" }],
  ] as const)
    assert.equal(world.call("POST", `/crm/v3/objects/${object}`, { properties }).status, 400);
  assert.equal(world.call("POST", CONTACTS, {}).status, 400);
  assert.equal(world.call("POST", CONTACTS, "{").status, 400);
});

test("a lifecycle stage moves only forward: back is answered 200 and ignored, until the property is emptied", () => {
  const world = testPortal();
  const id = add(world, "contacts", { lastname: "L", lifecyclestage: "lead" });
  const set = (lifecyclestage: string): Reply =>
    world.call("PATCH", `${CONTACTS}/${id}`, { properties: { lifecyclestage } });
  assert.equal(set("customer").body["properties"]!["lifecyclestage"], "customer");
  const back = set("lead");
  assert.deepEqual([back.status, back.body["properties"]!["lifecyclestage"]], [200, "customer"]);
  world.portal.dials.set({ lifecycleBack: "refuse" });
  assert.equal(set("lead").status, 400);
  set("");
  assert.equal(set("lead").body["properties"]!["lifecyclestage"], "lead");
});

test("a deal's stage is valid only with its pipeline", () => {
  const world = testPortal();
  const renewals = world.portal.data.addPipeline("deals", {
    label: "Renewals",
    stages: [{ label: "Open", metadata: { probability: "0.5" } }],
  });
  const pipeline = world.portal.data.pipelines().find((one) => one.id === renewals);
  const open = pipeline!.stages[0]!.id;
  const id = add(world, "deals", { dealname: "D", dealstage: "contractsent", amount: "100" });
  assert.equal(world.portal.data.get("deals", id)!["pipeline"], "default");
  assert.equal(world.portal.data.get("deals", id)!["hs_projected_amount"], "90");
  const move = (properties: object): Reply => world.call("PATCH", `${DEALS}/${id}`, { properties });
  assert.deepEqual(codes(move({ dealstage: open })), ["INVALID_OPTION"]);
  assert.deepEqual(codes(move({ pipeline: renewals })), ["INVALID_OPTION"]);
  assert.deepEqual(codes(move({ pipeline: "none" })), ["INVALID_OPTION"]);
  assert.equal(move({ pipeline: renewals, dealstage: open }).status, 200);
  world.portal.data.removePipeline("deals", renewals);
  assert.deepEqual(codes(move({ dealstage: open })), ["INVALID_OPTION"]);
  assert.equal(move({ dealname: "Still editable" }).status, 200);
});

test("closed and won follow from the stage", () => {
  const world = testPortal();
  const flags = (dealstage: string): unknown[] => {
    const deal = world.portal.data.get("deals", add(world, "deals", { dealname: "D", dealstage }))!;
    return [deal["hs_is_closed"], deal["hs_is_closed_won"], deal["hs_is_closed_lost"]];
  };
  assert.deepEqual(flags("qualifiedtobuy"), ["false", "false", "false"]);
  assert.deepEqual(flags("closedwon"), ["true", "true", "false"]);
  assert.deepEqual(flags("closedlost"), ["true", "false", "true"]);
});

test("the history of a property has every value with its time, the newest first", () => {
  const world = testPortal();
  const id = add(world, "deals", { dealname: "D", dealstage: "qualifiedtobuy" });
  world.clock.advance(60_000);
  world.call("PATCH", `${DEALS}/${id}`, { properties: { dealstage: "closedwon" } });
  const { body } = world.call("GET", `${DEALS}/${id}?propertiesWithHistory=dealstage,dealname`);
  const versions = body["propertiesWithHistory"]!["dealstage"] as unknown as { value: string; timestamp: string }[];
  assert.deepEqual(
    versions.map((one) => [one.value, one.timestamp]),
    [
      ["closedwon", "2026-01-05T09:01:00.000Z"],
      ["qualifiedtobuy", "2026-01-05T09:00:00.000Z"],
    ],
  );
  assert.equal((body["propertiesWithHistory"]!["dealname"] as unknown as object[]).length, 1);
});

test("records stay with an owner who was deactivated, but are not given to one", () => {
  const world = testPortal();
  const owner = world.portal.data.addOwner({ firstName: "A", lastName: "B", email: "ab@example.com" });
  const id = add(world, "contacts", { lastname: "L", hubspot_owner_id: owner });
  world.portal.data.deactivateOwner(owner);
  assert.equal(world.portal.data.get("contacts", id)!["hubspot_owner_id"], owner);
  const properties = { lastname: "M", hubspot_owner_id: owner };
  assert.deepEqual(codes(world.call("POST", CONTACTS, { properties })), ["INVALID_OWNER_ID"]);
  world.portal.dials.set({ inactiveOwnersAssignable: true });
  assert.equal(world.call("POST", CONTACTS, { properties }).status, 201);
});

test("a write that changes nothing still moves the stamp, unless the dial says otherwise", () => {
  const world = testPortal();
  const id = add(world, "contacts", { lastname: "L" });
  const stamp = (): unknown => {
    world.clock.advance(1_000);
    world.call("PATCH", `${CONTACTS}/${id}`, { properties: { lastname: "L" } });
    return world.portal.data.get("contacts", id)!["lastmodifieddate"];
  };
  assert.equal(stamp(), "2026-01-05T09:00:01.000Z");
  world.portal.dials.set({ touchOnNoChange: false });
  assert.equal(stamp(), "2026-01-05T09:00:01.000Z");
});

test("archiving again is as good, an archived record is found only as archived, and restoring brings it back", () => {
  const world = testPortal();
  const id = add(world, "contacts", { lastname: "L" });
  const url = `${CONTACTS}/${id}`;
  assert.deepEqual([world.call("DELETE", url).status, world.call("DELETE", url).status], [204, 204]);
  assert.equal(world.call("GET", url).status, 404);
  assert.equal(world.call("PATCH", url, { properties: { city: "x" } }).status, 404);
  assert.equal(world.call("GET", `${url}?archived=true`).body["archived"], true);
  world.portal.data.restore("contacts", id);
  assert.equal(world.call("GET", url).body["archived"], false);
});

test("a contact deleted for privacy is nowhere, not among the archived ones either", () => {
  const world = testPortal();
  const id = add(world, "contacts", { email: "p@example.com" });
  const erase = (body: object): number => world.call("POST", `${CONTACTS}/gdpr-delete`, body).status;
  assert.equal(erase({ objectId: "p@example.com", idProperty: "email" }), 204);
  assert.equal(world.call("GET", `${CONTACTS}/${id}`).status, 404);
  assert.equal(world.call("GET", `${CONTACTS}/${id}?archived=true`).status, 404);
  assert.deepEqual(world.call("GET", `${CONTACTS}?archived=true`).body["results"], []);
  assert.equal(erase({ objectId: id }), 404);
});

test("a merge makes a new record: the primary's values, the other's where it had none, both old ids listed", () => {
  const world = testPortal();
  const a = add(world, "contacts", { email: "a@example.com", firstname: "Ann", lifecyclestage: "lead" });
  world.clock.advance(1_000);
  const b = add(world, "contacts", {
    email: "b@example.com",
    firstname: "Anna",
    city: "Kiel",
    lifecyclestage: "customer",
  });
  const company = add(world, "companies", { name: "C" });
  world.portal.data.associate("contacts", b, "companies", company);
  const merged = world.call("POST", `${CONTACTS}/merge`, { primaryObjectId: a, objectIdToMerge: b });
  const id = String(merged.body["id"]);
  assert.ok(merged.status === 200 && id !== a && id !== b);
  const now = world.portal.data.get("contacts", id)!;
  assert.deepEqual(
    [
      now["email"],
      now["hs_additional_emails"],
      now["firstname"],
      now["city"],
      now["lifecyclestage"],
      now["createdate"],
    ],
    ["a@example.com", "b@example.com", "Ann", "Kiel", "customer", "2026-01-05T09:00:00.000Z"],
  );
  assert.equal(now["hs_merged_object_ids"], `${a};${b}`);
  assert.equal(now["associatedcompanyid"], company);
  assert.deepEqual(world.call("GET", `${CONTACTS}?archived=true`).body["results"], []);
  const other = world.call("POST", CONTACTS, { properties: { email: "b@example.com" } });
  assert.equal(other.body["message"], `Contact already exists. Existing ID: ${id}`);
});

test("an id that was merged away leads to the record it is in, or nowhere, as the dial says", () => {
  const world = testPortal();
  const [a, b, c] = ["a", "b", "c"].map((name) => add(world, "companies", { name }));
  const first = world.portal.data.merge("companies", a!, b!);
  const last = world.portal.data.merge("companies", first, c!);
  const read = (): Reply => world.call("GET", `/crm/v3/objects/companies/${b}`);
  assert.equal(read().body["id"], last);
  assert.equal(world.portal.data.survivorOf("companies", b!), last);
  assert.equal(world.portal.data.get("companies", last)!["hs_merged_object_ids"], [a, b, first, c].join(";"));
  world.portal.dials.set({ mergedIdsRedirect: false });
  assert.equal(read().status, 404);
});

test("a portal in the vendor's beta keeps the primary's id when it merges", () => {
  const world = testPortal();
  world.portal.dials.set({ mergeKeepsPrimaryId: true });
  const [a, b] = ["a", "b"].map((dealname) => add(world, "deals", { dealname }));
  const merge = (primaryObjectId: unknown, objectIdToMerge: unknown): Reply =>
    world.call("POST", `${DEALS}/merge`, { primaryObjectId, objectIdToMerge });
  assert.equal(merge(a, b).body["id"], a);
  assert.equal(world.portal.data.get("deals", a!)!["hs_merged_object_ids"], b);
  assert.equal(merge(a, a).status, 400);
  assert.equal(merge(a, "999").status, 404);
});

test("an administrator's required properties bind new records on the 2026-09 paths only", () => {
  const world = testPortal();
  world.portal.dials.set({ requiredProperties: { contacts: ["phone"] } });
  const create = (path: string): Reply => world.call("POST", path, { properties: { lastname: "L" } });
  assert.deepEqual(codes(create("/crm/objects/2026-09/contacts")), ["MISSING_REQUIRED_PROPERTY"]);
  assert.equal(create(CONTACTS).status, 201);
  assert.equal(create("/crm/objects/2026-03/contacts").status, 201);
});

test("an administrator's conditional rule binds every write that touches it, on the 2026-09 paths only", () => {
  const world = testPortal();
  const id = add(world, "contacts", { lastname: "Lee", jobtitle: "Boss", city: "Bern" })!;
  world.portal.dials.set({
    conditionalProperties: [{ object: "contacts", when: "city", is: "Bern", requires: ["jobtitle"] }],
  });
  const write = (path: string, properties: object): Reply => world.call("PATCH", `${path}/${id}`, { properties });
  const DATED = "/crm/objects/2026-09/contacts";
  const refused = write(DATED, { jobtitle: "" });
  assert.deepEqual([refused.status, codes(refused)], [400, ["MISSING_CONDITIONAL_REQUIRED_PROPERTY"]]);
  assert.equal(world.portal.data.get("contacts", id)!["jobtitle"], "Boss");
  assert.equal(write(DATED, { lastname: "Leigh" }).status, 200);
  assert.equal(write(DATED, { jobtitle: "", city: "Basel" }).status, 200);
  assert.deepEqual(codes(write(DATED, { city: "Bern" })), ["MISSING_CONDITIONAL_REQUIRED_PROPERTY"]);
  assert.equal(write(CONTACTS, { city: "Bern" }).status, 200);
  const made = world.call("POST", DATED, { properties: { lastname: "New", city: "Bern" } });
  assert.deepEqual(codes(made), ["MISSING_CONDITIONAL_REQUIRED_PROPERTY"]);
});
