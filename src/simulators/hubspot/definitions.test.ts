// What a portal is made of: properties, groups, pipelines, owners.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPortal, type Reply, type TestPortal } from "./test-portal.ts";

const PROPERTIES = "/crm/v3/properties/contacts";

const make = ({ call }: TestPortal, more: object): Reply =>
  call("POST", PROPERTIES, {
    name: "made",
    label: "Made",
    type: "string",
    fieldType: "text",
    groupName: "contactinformation",
    ...more,
  });

test("properties say who may write them and which have options", () => {
  const { call } = testPortal();
  const all = call("GET", "/crm/v3/properties/deals").body["results"] as unknown as {
    name: string;
    calculated: boolean;
    hubspotDefined: boolean;
    options: { value: string }[];
    modificationMetadata: { readOnlyValue: boolean };
  }[];
  const find = (name: string) => all.find((one) => one.name === name)!;
  assert.equal(find("amount").modificationMetadata.readOnlyValue, false);
  assert.equal(find("hs_is_closed").modificationMetadata.readOnlyValue, true);
  assert.equal(find("hs_is_closed").calculated, true);
  assert.ok(find("dealstage").options.some((one) => one.value === "closedwon"));
  assert.deepEqual(
    find("pipeline").options.map((one) => one.value),
    ["default"],
  );
});

test("a property is made once; archived and made again it is the same, with what it held", () => {
  const world = testPortal();
  assert.equal(make(world, {}).status, 201);
  const again = make(world, {});
  assert.deepEqual(
    [again.status, again.body["category"], again.body["subCategory"]],
    [409, "OBJECT_ALREADY_EXISTS", "Properties.PROPERTY_WITH_NAME_EXISTS"],
  );
  const id = world.portal.data.add("contacts", { lastname: "L", made: "kept" });
  assert.equal(world.call("DELETE", `${PROPERTIES}/made`).status, 204);
  assert.equal(world.call("GET", `${PROPERTIES}/made`).status, 404);
  assert.equal(world.call("GET", `${PROPERTIES}/made?archived=true`).body["archived"], true);
  const read = (): Reply => world.call("GET", `/crm/v3/objects/contacts/${id}?properties=made`);
  assert.equal("made" in read().body["properties"]!, false);
  assert.equal(make(world, {}).status, 201);
  assert.equal(read().body["properties"]!["made"], "kept");
});

test("ten properties of an object may be unique, and none becomes it later", () => {
  const world = testPortal();
  for (let index = 0; index < 10; index++)
    assert.equal(make(world, { name: `unique_${index}`, hasUniqueValue: true }).status, 201);
  assert.equal(make(world, { name: "unique_10", hasUniqueValue: true }).status, 400);
  make(world, { name: "plain" });
  assert.equal(world.call("PATCH", `${PROPERTIES}/plain`, { hasUniqueValue: true }).status, 400);
  assert.equal(world.call("PATCH", `${PROPERTIES}/plain`, { label: "Plain" }).body["label"], "Plain");
});

test("a list of options replaces the whole list, and without one it stays", () => {
  const world = testPortal();
  const option = (value: string) => ({ label: value, value, displayOrder: 0, hidden: false });
  make(world, { type: "enumeration", fieldType: "select", options: [option("a"), option("b")] });
  const values = (body: object): string[] =>
    (world.call("PATCH", `${PROPERTIES}/made`, body).body["options"] as unknown as { value: string }[]).map(
      (one) => one.value,
    );
  assert.deepEqual(values({ label: "Other" }), ["a", "b"]);
  assert.deepEqual(values({ options: [option("c")] }), ["c"]);
  assert.equal(make(world, { name: "none", type: "enumeration", fieldType: "select" }).status, 400);
  assert.equal(make(world, { name: "odd", type: "number", fieldType: "text" }).status, 400);
  assert.equal(make(world, { name: "Odd Name" }).status, 400);
  assert.equal(make(world, { name: "odd", groupName: "nowhere" }).status, 400);
  assert.equal(world.call("POST", PROPERTIES, { name: "odd" }).status, 400);
});

test("a property that becomes read-only refuses values from then on; the vendor's own cannot be archived", () => {
  const world = testPortal();
  make(world, {});
  const id = world.portal.data.add("contacts", { lastname: "L", made: "x" });
  world.portal.data.changeProperty("contacts", "made", { readOnlyValue: true });
  const reply = world.call("PATCH", `/crm/v3/objects/contacts/${id}`, { properties: { made: "y" } });
  assert.match(String(reply.body["message"]), /READ_ONLY_VALUE/u);
  assert.equal(world.call("DELETE", `${PROPERTIES}/email`).status, 400);
});

test("a group with properties in use cannot be archived", () => {
  const world = testPortal();
  const groups = `${PROPERTIES}/groups`;
  assert.equal(world.call("POST", groups, { name: "ours", label: "Ours" }).status, 201);
  assert.equal(world.call("POST", groups, { name: "ours", label: "Ours" }).status, 409);
  make(world, { groupName: "ours" });
  assert.equal(world.call("DELETE", `${groups}/ours`).status, 400);
  world.call("DELETE", `${PROPERTIES}/made`);
  assert.equal(world.call("DELETE", `${groups}/ours`).status, 204);
  assert.equal(world.call("GET", `${groups}/ours`).status, 404);
});

test("the default pipeline is as old as 1970 and its metadata is text", () => {
  const { call } = testPortal();
  const { body } = call("GET", "/crm/v3/pipelines/deals/default");
  assert.equal(body["createdAt"], "1970-01-01T00:00:00.000Z");
  const stages = body["stages"] as unknown as { id: string; metadata: object }[];
  assert.equal(stages.length, 7);
  assert.deepEqual(stages[5]!.metadata, { isClosed: "true", probability: "1.0" });
});

test("a pipeline or stage in use is removed only unasked; a stage needs a probability", () => {
  const world = testPortal();
  const url = "/crm/v3/pipelines/deals";
  const made = world.call("POST", url, {
    label: "Renewals",
    displayOrder: 1,
    stages: [{ label: "Open", displayOrder: 0, metadata: { probability: "0.5" } }],
  });
  const [id, stage] = [String(made.body["id"]), String(made.body["stages"]![0]!["id"])];
  world.portal.data.add("deals", { dealname: "D", pipeline: id, dealstage: stage });
  const ask = "validateReferencesBeforeDelete=true";
  assert.equal(world.call("DELETE", `${url}/${id}/stages/${stage}?${ask}`).status, 400);
  assert.equal(world.call("DELETE", `${url}/${id}?${ask}`).status, 400);
  assert.equal(world.call("POST", `${url}/${id}/stages`, { label: "Odd", displayOrder: 1 }).status, 400);
  assert.equal(world.call("DELETE", `${url}/${id}`).status, 204);
  assert.equal(world.call("GET", `${url}/${id}`).status, 404);
});

test("owners are listed by page; deactivated ones are archived, without a userId and with userIdIncludingInactive", () => {
  const world = testPortal();
  const ids = ["a", "b", "c"].map((name) =>
    world.portal.data.addOwner({ firstName: name, lastName: name, email: `${name}@example.com` }),
  );
  const ask = (query: string): Reply => world.call("GET", `/crm/v3/owners?${query}`);
  const first = ask("limit=2");
  assert.equal(first.body["paging"]!["next"]!["after"], ids[1]);
  assert.equal("paging" in ask(`limit=2&after=${ids[1]}`).body, false);
  assert.equal(ask("email=B@example.com").body["results"]![0]!["id"], ids[1]);
  world.portal.data.deactivateOwner(ids[1]!);
  assert.equal((ask("").body["results"] as unknown as object[]).length, 2);
  const [left] = ask("archived=true").body["results"] as unknown as Record<string, unknown>[];
  assert.deepEqual([left!["id"], left!["archived"], "userId" in left!], [ids[1], true, false]);
  assert.equal(typeof left!["userIdIncludingInactive"], "number");
  assert.equal(world.call("GET", `/crm/v3/owners/${ids[1]}`).status, 404);
  assert.equal(world.call("GET", `/crm/v3/owners/${ids[1]}?archived=true`).status, 200);
  const { userId } = world.portal.data.owners()[0]!;
  assert.equal(world.call("GET", `/crm/v3/owners/${userId}?idProperty=userId`).body["id"], ids[0]);
});
