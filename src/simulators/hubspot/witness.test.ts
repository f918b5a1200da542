// The vendor's own client must work against the simulator: @hubspot/api-client speaks, nothing of ours does.
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { Client } from "@hubspot/api-client";
import { FilterOperatorEnum } from "@hubspot/api-client/lib/codegen/crm/contacts/index.js";
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { startHubspot, type HubspotSimulator } from "./index.ts";

let opened: Promise<void> | undefined;
let sim: HubspotSimulator;
let client: Client;
const clock = new VirtualClock();

// Not in `before`: where no test of this file is asked for, that begins all the same, and `after` comes before it has ended.
beforeEach(() => (opened ??= open()));

async function open(): Promise<void> {
  sim = await startHubspot({ clock, random: seededRandom(11) });
  sim.dials.set({ searchLagMs: 0, privateCallsPer10s: 10_000, searchesPerSecond: 10_000 });
  client = new Client({ basePath: sim.url, accessToken: sim.credentials.privateToken });
}

after(async () => {
  if (opened) await sim.close();
});

const contact = (email: string, more: Record<string, string> = {}) =>
  client.crm.contacts.basicApi.create({ properties: { email, ...more }, associations: [] });

test("the client creates, reads, changes and archives one contact", async () => {
  const made = await contact("one@example.com", { firstname: "One" });
  assert.match(made.id, /^\d{12}$/u);
  assert.equal(made.properties["firstname"], "One");
  assert.ok(made.createdAt instanceof Date && !Number.isNaN(made.createdAt.getTime()));
  const read = await client.crm.contacts.basicApi.getById(made.id, ["firstname", "phone", "no_such"]);
  assert.deepEqual([read.properties["firstname"], read.properties["phone"]], ["One", null]);
  assert.equal("no_such" in read.properties, false);
  const byEmail = await client.crm.contacts.basicApi.getById(
    "ONE@example.com",
    ["email"],
    undefined,
    undefined,
    false,
    "email",
  );
  assert.equal(byEmail.id, made.id);
  const changed = await client.crm.contacts.basicApi.update(made.id, { properties: { firstname: "" } });
  assert.equal(changed.properties["firstname"], null);
  await client.crm.contacts.basicApi.archive(made.id);
  await assert.rejects(client.crm.contacts.basicApi.getById(made.id), { code: 404 });
  const archived = await client.crm.contacts.basicApi.getPage(100, undefined, undefined, undefined, undefined, true);
  assert.ok(archived.results.some((one) => one.id === made.id && one.archived && one.archivedAt));
});

test("the client reads a list to its end, page by page", async () => {
  for (let index = 0; index < 25; index++)
    await client.crm.companies.basicApi.create({ properties: { name: `Company ${index}` }, associations: [] });
  const seen: string[] = [];
  let afterId: string | undefined;
  do {
    const page = await client.crm.companies.basicApi.getPage(10, afterId, ["name"]);
    seen.push(...page.results.map((one) => one.id));
    afterId = page.paging?.next?.after;
  } while (afterId !== undefined);
  assert.equal(new Set(seen).size, 25);
  assert.equal((await client.crm.companies.getAll(10)).length, 25);
});

test("the client writes and reads batches, and reads a 207", async () => {
  const { batchApi } = client.crm.contacts;
  await client.crm.properties.coreApi.create("contacts", {
    name: "witness_key",
    label: "Key",
    type: "string",
    fieldType: "text",
    groupName: "contactinformation",
    hasUniqueValue: true,
  } as Parameters<typeof client.crm.properties.coreApi.create>[1]);
  const made = await batchApi.create({
    inputs: ["a", "b"].map((name) => ({
      properties: { email: `${name}@example.org`, witness_key: name },
      associations: [],
      objectWriteTraceId: `trace-${name}`,
    })),
  });
  assert.deepEqual(
    made.results.map((one) => one.objectWriteTraceId),
    ["trace-a", "trace-b"],
  );
  const ids = made.results.map((one) => one.id);
  const partly = await batchApi.create({
    inputs: [
      { properties: { email: "c@example.org" }, associations: [], objectWriteTraceId: "t1" },
      { properties: { email: "a@example.org" }, associations: [], objectWriteTraceId: "t2" },
    ],
  });
  assert.ok("errors" in partly);
  assert.deepEqual([partly.results.length, partly.numErrors], [1, 1]);
  assert.deepEqual(partly.errors?.[0]?.context, { objectWriteTraceId: ["t2"] });
  const read = await batchApi.read({
    inputs: [{ id: "a" }, { id: "gone" }],
    idProperty: "witness_key",
    properties: ["email"],
    propertiesWithHistory: [],
  });
  assert.ok("errors" in read);
  assert.deepEqual(read.errors?.[0]?.context, { ids: ["gone"] });
  const updated = await batchApi.update({ inputs: [{ id: ids[0]!, properties: { city: "Leeds" } }] });
  assert.equal(updated.results[0]!.properties["city"], "Leeds");
  const upserted = await batchApi.upsert({
    inputs: [
      { id: "a", idProperty: "witness_key", properties: { city: "Kiel" } },
      { id: "new", idProperty: "witness_key", properties: { lastname: "New" } },
    ],
  });
  assert.deepEqual(
    upserted.results.map((one) => [one._new, one.properties["lastname"] ?? null]),
    [
      [false, null],
      [true, "New"],
    ],
  );
  await batchApi.archive({ inputs: ids.map((id) => ({ id })) });
  assert.deepEqual(
    ids.map((id) => sim.data.get("contacts", id)!["archived"]),
    ["true", "true"],
  );
});

test("the client is told of a duplicate address with 409 and the id that has it", async () => {
  const { id } = await contact("twice@example.com");
  await assert.rejects(contact("Twice@Example.com"), (thrown: { code: number; body: { message: string } }) => {
    assert.equal(thrown.body.message, `Contact already exists. Existing ID: ${id}`);
    return thrown.code === 409;
  });
});

test("the client searches with filters, a sort and pages", async () => {
  for (let index = 0; index < 15; index++) {
    clock.advance(10);
    await contact(`s${index}@search.example`, { jobtitle: "Seeker" });
  }
  const search = (afterId?: string) =>
    client.crm.contacts.searchApi.doSearch({
      filterGroups: [{ filters: [{ propertyName: "jobtitle", operator: FilterOperatorEnum.Eq, value: "SEEKER" }] }],
      sorts: ["-lastmodifieddate"],
      properties: ["email"],
      limit: 10,
      ...(afterId === undefined ? {} : { after: afterId }),
    });
  const first = await search();
  assert.deepEqual([first.total, first.results.length, first.paging?.next?.after], [15, 10, "10"]);
  assert.equal(first.results[0]!.properties["email"], "s14@search.example");
  const second = await search("10");
  assert.deepEqual([second.results.length, second.paging], [5, undefined]);
});

test("the client associates, reads and removes associations by v4", async () => {
  const { id } = await contact("tied@example.com");
  const { id: company } = await client.crm.companies.basicApi.create({
    properties: { name: "Tied" },
    associations: [],
  });
  const { id: deal } = await client.crm.deals.basicApi.create({
    properties: { dealname: "Tied", dealstage: "qualifiedtobuy" },
    associations: [{ to: { id }, types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 3 }] }],
  } as unknown as Parameters<typeof client.crm.deals.basicApi.create>[0]);
  const { basicApi, batchApi, schema } = client.crm.associations.v4;
  const made = await basicApi.create("contacts", id, "companies", company, [
    { associationCategory: "HUBSPOT_DEFINED", associationTypeId: 279 },
  ] as unknown as Parameters<typeof basicApi.create>[4]);
  assert.deepEqual([made.fromObjectId, made.toObjectId, made.labels], [id, company, []]);
  const page = await basicApi.getPage("contacts", id, "companies");
  assert.deepEqual(
    page.results.map((one) => [one.toObjectId, one.associationTypes.map((each) => each.typeId)]),
    [[company, [1, 279]]],
  );
  const deals = await batchApi.getPage("contacts", "deals", { inputs: [{ id }] });
  assert.deepEqual(
    deals.results[0]!.to.map((one) => one.toObjectId),
    [deal],
  );
  const plain = await basicApi.createDefault("deals", deal, "companies", company);
  assert.equal(plain.results.length, 2);
  const many = await batchApi.createDefault("deals", "companies", {
    inputs: [{ _from: { id: deal }, to: { id: company } }],
  });
  assert.equal(many.results.length, 2);
  const labels = await schema.definitionsApi.create("deals", "contacts", {
    label: "Champion",
    name: "champion",
    inverseLabel: "Champion of",
  } as Parameters<typeof schema.definitionsApi.create>[2]);
  const { typeId } = labels.results[0]!;
  await batchApi.create("deals", "contacts", {
    inputs: [
      {
        _from: { id: deal },
        to: { id },
        types: [{ associationCategory: "USER_DEFINED", associationTypeId: typeId }],
      },
    ],
  } as unknown as Parameters<typeof batchApi.create>[2]);
  assert.deepEqual(sim.data.associations("contacts", id, "deals"), [{ id: deal, labels: ["Champion of"] }]);
  const known = await batchApi.getPage("deals", "contacts", { inputs: [{ id: deal }] });
  assert.deepEqual(
    known.results[0]!.to[0]!.associationTypes.map((one) => [one.category, one.label ?? null]),
    [
      ["HUBSPOT_DEFINED", null],
      ["USER_DEFINED", "Champion"],
    ],
  );
  await batchApi.archiveLabels("deals", "contacts", {
    inputs: [
      {
        _from: { id: deal },
        to: { id },
        types: [{ associationCategory: "USER_DEFINED", associationTypeId: typeId }],
      },
    ],
  } as unknown as Parameters<typeof batchApi.archiveLabels>[2]);
  assert.deepEqual(sim.data.associations("contacts", id, "deals"), [{ id: deal, labels: [] }]);
  const all = await schema.definitionsApi.getAll("deals", "contacts");
  assert.ok(all.results.some((one) => one.label === "Champion" && one.category === "USER_DEFINED"));
  type Change = Parameters<typeof schema.definitionsApi.update>[2];
  const change = { associationTypeId: typeId, label: "Patron", inverseLabel: "Patron of" } as Change;
  await schema.definitionsApi.update("deals", "contacts", change);
  const changed = (await schema.definitionsApi.getAll("deals", "contacts")).results;
  assert.equal(changed.find((one) => one.typeId === typeId)?.label, "Patron");
  await schema.definitionsApi.remove("deals", "contacts", typeId);
  const left = (await schema.definitionsApi.getAll("deals", "contacts")).results;
  assert.ok(left.length > 0 && left.every((one) => one.typeId !== typeId));
  await basicApi.archive("contacts", id, "companies", company);
  assert.deepEqual(sim.data.associations("contacts", id, "companies"), []);
  await batchApi.archive("deals", "contacts", {
    inputs: [{ _from: { id: deal }, to: [{ id }] }],
  } as unknown as Parameters<typeof batchApi.archive>[2]);
  assert.deepEqual(sim.data.associations("contacts", id, "deals"), []);
  const read = await client.crm.deals.basicApi.getById(deal, undefined, undefined, ["companies"]);
  assert.deepEqual(
    read.associations?.["companies"]?.results.map((one) => [one.id, one.type]),
    [
      [company, "deal_to_company"],
      [company, "deal_to_company_unlabeled"],
    ],
  );
});

test("the client associates by v3 and is answered with both directions", async () => {
  const { id } = await contact("v3@example.com");
  const { id: company } = await client.crm.companies.basicApi.create({ properties: { name: "V3" }, associations: [] });
  const { batchApi } = client.crm.associations;
  const made = await batchApi.create("contacts", "companies", {
    inputs: [{ _from: { id }, to: { id: company }, type: "contact_to_company" }],
  });
  assert.deepEqual(
    made.results.map((one) => [one._from.id, one.to.id, one.type]),
    [
      [id, company, "contact_to_company"],
      [company, id, "company_to_contact"],
    ],
  );
  const read = await batchApi.read("contacts", "companies", { inputs: [{ id }] });
  assert.deepEqual(read.results[0]!.to.map((one) => one.id)[0], company);
  await batchApi.archive("contacts", "companies", {
    inputs: [{ _from: { id }, to: { id: company }, type: "contact_to_company" }],
  });
  assert.deepEqual(sim.data.associations("contacts", id, "companies"), []);
});

test("the client reads, makes, changes and archives properties and their groups", async () => {
  const { coreApi, groupsApi, batchApi } = client.crm.properties;
  const { results } = await coreApi.getAll("deals");
  const amount = results.find((one) => one.name === "amount");
  assert.deepEqual(
    [amount?.type, amount?.hubspotDefined, amount?.modificationMetadata?.readOnlyValue],
    ["number", true, false],
  );
  await groupsApi.create("deals", { name: "witness", label: "Witness", displayOrder: 1 });
  type New = Parameters<typeof coreApi.create>[1];
  const made = await coreApi.create("deals", {
    name: "witness_choice",
    label: "Choice",
    type: "enumeration",
    fieldType: "select",
    groupName: "witness",
    options: [{ label: "A", value: "a", displayOrder: 0, hidden: false }],
  } as New);
  assert.deepEqual([made.name, made.hubspotDefined, made.options.length], ["witness_choice", false, 1]);
  await assert.rejects(coreApi.create("deals", made as unknown as New), { code: 409 });
  const changed = await coreApi.update("deals", "witness_choice", {
    options: [{ label: "B", value: "b", displayOrder: 0, hidden: false }],
  });
  assert.deepEqual(
    changed.options.map((one) => one.value),
    ["b"],
  );
  const read = await batchApi.read("deals", {
    archived: false,
    inputs: [{ name: "witness_choice" }, { name: "none" }],
  });
  assert.ok("errors" in read && read.results.length === 1);
  await coreApi.archive("deals", "witness_choice");
  await assert.rejects(coreApi.getByName("deals", "witness_choice"), { code: 404 });
  await groupsApi.archive("deals", "witness");
  assert.ok((await groupsApi.getAll("deals")).results.every((one) => one.name !== "witness"));
});

test("the client reads, makes, changes and removes pipelines and stages", async () => {
  const { pipelinesApi, pipelineStagesApi } = client.crm.pipelines;
  const [sales] = (await pipelinesApi.getAll("deals")).results;
  assert.deepEqual([sales?.id, sales?.createdAt.getTime()], ["default", 0]);
  assert.deepEqual(sales?.stages[0]?.metadata, { isClosed: "false", probability: "0.2" });
  const stage = (label: string, probability: string) => ({ label, displayOrder: 0, metadata: { probability } });
  const made = await pipelinesApi.create("deals", {
    label: "Renewals",
    displayOrder: 1,
    stages: [stage("Open", "0.5"), stage("Kept", "1.0")],
  });
  assert.equal(made.stages.length, 2);
  const added = await pipelineStagesApi.create("deals", made.id, stage("Gone", "0.0"));
  assert.equal(added.metadata?.["isClosed"], "true");
  await pipelineStagesApi.update("deals", made.id, added.id, { label: "Lost" } as Parameters<
    typeof pipelineStagesApi.update
  >[3]);
  assert.equal((await pipelineStagesApi.getById("deals", made.id, added.id)).label, "Lost");
  const replaced = await pipelineStagesApi.replace("deals", made.id, added.id, stage("Dropped", "0.0"));
  assert.deepEqual([replaced.id, replaced.label], [added.id, "Dropped"]);
  await pipelineStagesApi.archive("deals", made.id, added.id);
  assert.equal((await pipelinesApi.getById("deals", made.id)).stages.length, 2);
  const renamed = await pipelinesApi.update("deals", made.id, { label: "Renewed" } as Parameters<
    typeof pipelinesApi.update
  >[2]);
  assert.deepEqual([renamed.label, renamed.stages.length], ["Renewed", 2]);
  const anew = await pipelinesApi.replace("deals", made.id, {
    label: "Anew",
    displayOrder: 2,
    stages: [stage("Only", "0.5")],
  });
  assert.deepEqual([anew.id, anew.label, anew.stages.map((one) => one.label)], [made.id, "Anew", ["Only"]]);
  await pipelinesApi.archive("deals", made.id);
  await assert.rejects(pipelinesApi.getById("deals", made.id), { code: 404 });
});

test("the client reads owners, active and not", async () => {
  const active = sim.data.addOwner({ firstName: "Ada", lastName: "Active", email: "ada@example.com" });
  const left = sim.data.addOwner({ firstName: "Leo", lastName: "Left", email: "leo@example.com", active: false });
  const { ownersApi } = client.crm.owners;
  const { results } = await ownersApi.getPage(undefined, undefined, 100, false);
  assert.ok(results.some((one) => one.id === active && one.userId !== Number(one.id)));
  assert.ok(results.every((one) => one.id !== left));
  const inactive = await ownersApi.getPage(undefined, undefined, 100, true);
  assert.deepEqual(
    inactive.results.map((one) => [one.id, one.userId, one.archived]),
    [[left, undefined, true]],
  );
  assert.equal((await ownersApi.getPage("ADA@example.com")).results[0]!.id, active);
  assert.equal((await ownersApi.getById(Number(active))).email, "ada@example.com");
});

test("the client merges two contacts and is given a new id", async () => {
  const [a, b] = [await contact("first@merge.example"), await contact("second@merge.example")];
  const merged = await client.crm.contacts.basicApi.merge({ primaryObjectId: a.id, objectIdToMerge: b.id });
  assert.ok(merged.id !== a.id && merged.id !== b.id);
  const read = await client.crm.contacts.basicApi.getById(merged.id, ["email", "hs_merged_object_ids"]);
  assert.equal(read.properties["hs_merged_object_ids"], `${a.id};${b.id}`);
});

test("the client deletes a contact for privacy, and it is nowhere", async () => {
  const { id } = await contact("private@example.com");
  await client.crm.contacts.basicApi.purge({ objectId: id });
  await assert.rejects(client.crm.contacts.basicApi.getById(id), { code: 404 });
  assert.equal(sim.data.get("contacts", id), undefined);
});

test("the client's apiRequest speaks the dated paths and the new sign-in", async () => {
  const { clientId, clientSecret, refreshToken } = sim.credentials;
  const signedIn = await client.apiRequest({
    method: "POST",
    path: "/oauth/2026-03/token",
    authType: "none",
    defaultJson: false,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "refresh_token",
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    }),
  });
  const token = (await signedIn.json()) as { access_token: string; expires_in: number; hub_id: number };
  assert.deepEqual([token.expires_in, token.hub_id], [1_800, 48_123_770]);
  const app = new Client({ basePath: sim.url, accessToken: token.access_token });
  const found = await app.apiRequest({
    method: "POST",
    path: "/crm/objects/2026-09/contacts/search",
    body: { limit: 1 },
  });
  assert.equal(found.status, 200);
  assert.equal(((await found.json()) as { results: unknown[] }).results.length, 1);
  const account = await app.apiRequest({ path: "/account-info/2026-09/details" });
  assert.equal(((await account.json()) as { portalId: number }).portalId, 48_123_770);
});

test("the client signs in by OAuth v1, asks about its tokens and revokes one", async () => {
  const { tokensApi, accessTokensApi, refreshTokensApi } = client.oauth;
  const { clientId, clientSecret } = sim.credentials;
  const code = sim.data.authorizationCode();
  const token = await tokensApi.create("authorization_code", code, "http://localhost/back", clientId, clientSecret);
  assert.equal(token.expiresIn, 1_800);
  assert.equal((await accessTokensApi.get(token.accessToken)).hubId, 48_123_770);
  assert.equal((await refreshTokensApi.get(token.refreshToken)).clientId, clientId);
  await refreshTokensApi.archive(token.refreshToken);
  await assert.rejects(
    tokensApi.create("refresh_token", undefined, undefined, clientId, clientSecret, token.refreshToken),
    { code: 400 },
  );
});

test("the client writes an activity with its associations", async () => {
  const { id } = await contact("noted@example.com");
  const note = await client.crm.objects.notes.basicApi.create({
    properties: { hs_note_body: "Met at the fair", hs_timestamp: "2026-01-05T08:00:00Z" },
    associations: [{ to: { id }, types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 202 }] }],
  } as unknown as Parameters<typeof client.crm.objects.notes.basicApi.create>[0]);
  assert.deepEqual(sim.data.associations("notes", note.id, "contacts"), [{ id, labels: [] }]);
});

for (const [object, name, property, group] of [
  ["companies", "name", "city", "companyinformation"],
  ["deals", "dealname", "hs_next_step", "dealinformation"],
] as const)
  test(`the client changes, searches, batches, merges and archives ${object} as it does contacts`, async () => {
    const { basicApi, batchApi, searchApi } = client.crm[object];
    await client.crm.properties.coreApi.create(object, {
      name: "witness_key",
      label: "Key",
      type: "string",
      fieldType: "text",
      groupName: group,
      hasUniqueValue: true,
    } as Parameters<typeof client.crm.properties.coreApi.create>[1]);
    const needs = object === "deals" ? { dealstage: "qualifiedtobuy" } : {};
    const made = await batchApi.create({
      inputs: ["a", "b"].map((key) => ({
        properties: { [name]: `Witness ${key}`, witness_key: key, ...needs },
        associations: [],
        objectWriteTraceId: key,
      })),
    });
    const ids = made.results.map((one) => one.id) as [string, string];
    assert.equal((await basicApi.update(ids[0], { properties: { [property]: "one" } })).properties[property], "one");
    await batchApi.update({ inputs: ids.map((id) => ({ id, properties: { [property]: "two" } })) });
    const upserted = await batchApi.upsert({
      inputs: [
        { id: "b", idProperty: "witness_key", properties: { [property]: "three" } },
        { id: "c", idProperty: "witness_key", properties: { [name]: "Witness c", ...needs } },
      ],
    });
    assert.deepEqual(
      upserted.results.map((one) => one._new),
      [false, true],
    );
    const read = await batchApi.read({
      inputs: ids.map((id) => ({ id })),
      properties: [property],
      propertiesWithHistory: [],
    });
    assert.deepEqual(new Set(read.results.map((one) => one.properties[property])), new Set(["three", "two"]));
    const found = await searchApi.doSearch({
      filterGroups: [
        { filters: [{ propertyName: "witness_key", operator: FilterOperatorEnum.In, values: ["a", "b", "c"] }] },
      ],
      sorts: ["hs_lastmodifieddate"],
      properties: [name],
      limit: 10,
    });
    assert.equal(found.total, 3);
    const merged = await basicApi.merge({ primaryObjectId: ids[0], objectIdToMerge: ids[1] });
    const survivor = await basicApi.getById(merged.id, [name, property, "hs_merged_object_ids"]);
    assert.deepEqual(
      [survivor.properties[name], survivor.properties[property], survivor.properties["hs_merged_object_ids"]],
      ["Witness a", "two", ids.join(";")],
    );
    await batchApi.archive({ inputs: [{ id: merged.id }] });
    await basicApi.archive(upserted.results[1]!.id);
    const archived = await basicApi.getPage(100, undefined, [name], undefined, undefined, true);
    assert.deepEqual(archived.results.map((one) => one.id).toSorted(), [merged.id, upserted.results[1]!.id].toSorted());
  });

test("the client makes and archives many properties at once, and renames a group", async () => {
  const { batchApi, groupsApi, coreApi } = client.crm.properties;
  await groupsApi.create("contacts", { name: "many", label: "Many", displayOrder: 1 });
  const renamed = await groupsApi.update("contacts", "many", { label: "Several" });
  assert.deepEqual([renamed.label, (await groupsApi.getByName("contacts", "many")).label], ["Several", "Several"]);
  const types: [string, string, string][] = [
    ["w_text", "string", "text"],
    ["w_number", "number", "number"],
    ["w_date", "date", "date"],
    ["w_moment", "datetime", "date"],
    ["w_bool", "bool", "booleancheckbox"],
  ];
  const made = await batchApi.create("contacts", {
    inputs: types.map(([name, type, fieldType]) => ({ name, label: name, type, fieldType, groupName: "many" })),
  } as unknown as Parameters<typeof batchApi.create>[1]);
  assert.deepEqual(
    made.results.map((one) => [one.name, one.type, one.fieldType]),
    types,
  );
  await batchApi.archive("contacts", { inputs: types.map(([name]) => ({ name })) });
  const names = (await coreApi.getAll("contacts")).results.map((one) => one.name);
  assert.ok(types.every(([name]) => !names.includes(name)));
});
