// The same witness on the dated paths: the vendor's own client still builds numbered ones, so each of its requests gets its dated address on
// the way out. What it sends and what it takes for an answer stay its own. Addresses: "Date-based versioning" (/api-name/2026-09/resource).
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { Client } from "@hubspot/api-client";
import { FilterOperatorEnum } from "@hubspot/api-client/lib/codegen/crm/contacts/index.js";
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { startHubspot, type HubspotSimulator } from "./index.ts";

const DATE = "2026-09";
/** Numbered beginnings, and the dated ones in their place. */
const DATED: readonly (readonly [RegExp, string])[] = [
  [/^\/crm\/v[34]\/objects\//u, `/crm/objects/${DATE}/`],
  [/^\/crm\/v4\/associations\//u, `/crm/associations/${DATE}/`],
  [/^\/crm\/v3\/properties\//u, `/crm/properties/${DATE}/`],
  [/^\/crm\/v3\/pipelines\//u, `/crm/pipelines/${DATE}/`],
  [/^\/crm\/v3\/owners/u, `/crm/owners/${DATE}`],
];

function dated(address: string): string {
  const url = new URL(address);
  const [numbered, date] = DATED.find(([beginning]) => beginning.test(url.pathname)) ?? [];
  assert.ok(numbered, `${url.pathname} has no dated address here`);
  url.pathname = url.pathname.replace(numbered, date!).replace(/\/$/u, "");
  return url.href;
}

let opened: Promise<void> | undefined;
let sim: HubspotSimulator;
let client: Client;
const clock = new VirtualClock();

beforeEach(() => (opened ??= open()));

async function open(): Promise<void> {
  sim = await startHubspot({ clock, random: seededRandom(12) });
  // A request that kept its number is 404.
  sim.dials.set({ searchLagMs: 0, privateCallsPer10s: 10_000, searchesPerSecond: 10_000, numberedPaths: false });
  client = new Client({
    basePath: sim.url,
    accessToken: sim.credentials.privateToken,
    middleware: [
      {
        pre: (context) => {
          const request = context as { getUrl(): string; setUrl(address: string): void };
          request.setUrl(dated(request.getUrl()));
          return request;
        },
        post: (context) => context,
      },
    ],
  });
}

after(async () => {
  if (!opened) return;
  assert.deepEqual(
    sim.log.entries.filter(({ path }) => !path.includes(`/${DATE}`)).map(({ path }) => path),
    [],
    "nothing went by another address",
  );
  await sim.close();
});

const UNIQUE = { label: "Key", type: "string", fieldType: "text", hasUniqueValue: true };

for (const [object, name, property, group, needs] of [
  ["contacts", "lastname", "city", "contactinformation", {}],
  ["companies", "name", "city", "companyinformation", {}],
  ["deals", "dealname", "hs_next_step", "dealinformation", { dealstage: "qualifiedtobuy", pipeline: "default" }],
] as const)
  test(`${DATE}: the client lists, reads, makes, changes, upserts, searches, merges and archives ${object}`, async () => {
    const { basicApi, batchApi, searchApi } = client.crm[object];
    await client.crm.properties.coreApi.create(object, {
      ...UNIQUE,
      name: "witness_key",
      groupName: group,
    } as Parameters<typeof client.crm.properties.coreApi.create>[1]);
    const one = await basicApi.create({ properties: { [name]: "One", ...needs }, associations: [] });
    assert.equal((await basicApi.getById(one.id, [name, property])).properties[property], null);
    assert.equal((await basicApi.update(one.id, { properties: { [property]: "x" } })).properties[property], "x");

    const made = await batchApi.create({
      inputs: ["a", "b"].map((key) => ({
        properties: { [name]: `Witness ${key}`, witness_key: key, ...needs },
        associations: [],
        objectWriteTraceId: key,
      })),
    });
    assert.deepEqual(
      made.results.map((each) => each.objectWriteTraceId),
      ["a", "b"],
    );
    const ids = made.results.map((each) => each.id) as [string, string];
    const partly = await batchApi.create({
      inputs: ["a", "d"].map((key) => ({
        properties: { [name]: `Again ${key}`, witness_key: key, ...needs },
        associations: [],
        objectWriteTraceId: key,
      })),
    });
    assert.ok("errors" in partly, "a 207, each row by its trace");
    assert.deepEqual(
      [partly.results.length, partly.errors?.map((error) => error.context)],
      [1, [{ objectWriteTraceId: ["a"] }]],
    );
    await batchApi.update({ inputs: ids.map((id) => ({ id, properties: { [property]: "two" } })) });
    const upserted = await batchApi.upsert({
      inputs: [
        { id: "b", idProperty: "witness_key", properties: { [property]: "three" } },
        { id: "c", idProperty: "witness_key", properties: { [name]: "Witness c", ...needs } },
      ],
    });
    assert.deepEqual(
      upserted.results.map((each) => each._new),
      [false, true],
    );
    const read = await batchApi.read({
      inputs: [{ id: "a" }, { id: "b" }, { id: "gone" }],
      idProperty: "witness_key",
      properties: [property],
      propertiesWithHistory: [],
    });
    assert.ok("errors" in read, "a 207 for what is not there");
    assert.deepEqual(new Set(read.results.map((each) => each.properties[property])), new Set(["two", "three"]));

    const listed: string[] = [];
    let next: string | undefined;
    do {
      const page = await basicApi.getPage(2, next, [name]);
      listed.push(...page.results.map((each) => each.id));
      next = page.paging?.next?.after;
    } while (next !== undefined);
    assert.equal(new Set(listed).size, 5, "one, a, b, c and d, on three pages");

    const found = await searchApi.doSearch({
      filterGroups: [
        { filters: [{ propertyName: "witness_key", operator: FilterOperatorEnum.In, values: ["a", "b", "c"] }] },
      ],
      sorts: [object === "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate"],
      properties: [name],
      limit: 2,
    });
    assert.deepEqual([found.total, found.results.length, found.paging?.next?.after], [3, 2, "2"]);

    const merged = await basicApi.merge({ primaryObjectId: ids[0], objectIdToMerge: ids[1] });
    const survivor = await basicApi.getById(merged.id, ["hs_merged_object_ids"]);
    assert.equal(survivor.properties["hs_merged_object_ids"], ids.join(";"));
    await batchApi.archive({ inputs: [{ id: merged.id }] });
    await basicApi.archive(one.id);
    const archived = await basicApi.getPage(100, undefined, [name], undefined, undefined, true);
    assert.deepEqual(archived.results.map((each) => each.id).toSorted(), [merged.id, one.id].toSorted());
    if (object !== "contacts") return;
    const { id } = await basicApi.create({ properties: { email: "private@example.com" }, associations: [] });
    await basicApi.create({ properties: { email: "twice@example.com" }, associations: [] });
    await assert.rejects(basicApi.create({ properties: { email: "Twice@example.com" }, associations: [] }), {
      code: 409,
    });
    await client.crm.contacts.basicApi.purge({ objectId: id });
    await assert.rejects(basicApi.getById(id), { code: 404 });
  });

test(`${DATE}: the client associates one and many, reads and removes, and makes and removes labels`, async () => {
  const { basicApi, batchApi, schema } = client.crm.associations.v4;
  const { id: contact } = await client.crm.contacts.basicApi.create({
    properties: { email: "tied@example.com" },
    associations: [],
  });
  const { id: company } = await client.crm.companies.basicApi.create({
    properties: { name: "Tied" },
    associations: [],
  });
  const { id: deal } = await client.crm.deals.basicApi.create({
    properties: { dealname: "Tied", dealstage: "qualifiedtobuy", pipeline: "default" },
    associations: [],
  });
  const typed = (associationTypeId: number, associationCategory = "HUBSPOT_DEFINED") =>
    [{ associationCategory, associationTypeId }] as never;
  const made = await basicApi.create("contacts", contact, "companies", company, typed(279));
  assert.deepEqual([made.fromObjectId, made.toObjectId], [contact, company]);
  // The read of one record's by GET is not among the 2026-09 paths: a batch of one does.
  await assert.rejects(basicApi.getPage("contacts", contact, "companies"), { code: 405 });
  const read = async (from: string, id: string, to: string) =>
    (await batchApi.getPage(from, to, { inputs: [{ id }] })).results.flatMap((one) =>
      one.to.map((each) => `${each.toObjectId} ${each.associationTypes.map((type) => type.typeId).join(" ")}`),
    );
  assert.deepEqual(await read("contacts", contact, "companies"), [`${company} 1 279`]);
  await batchApi.createDefault("deals", "companies", { inputs: [{ _from: { id: deal }, to: { id: company } }] });
  const label = { label: "Champion", name: "champion", inverseLabel: "Champion of" };
  const { typeId } = (await schema.definitionsApi.create("deals", "contacts", label as never)).results[0]!;
  const champion = [{ _from: { id: deal }, to: { id: contact }, types: typed(typeId, "USER_DEFINED") }] as never;
  await batchApi.create("deals", "contacts", { inputs: champion });
  assert.deepEqual(sim.data.associations("deals", deal, "contacts"), [{ id: contact, labels: ["Champion"] }]);
  await batchApi.archiveLabels("deals", "contacts", { inputs: champion });
  assert.deepEqual(await read("deals", deal, "contacts"), [`${contact} 3`]);
  const labels = (await schema.definitionsApi.getAll("deals", "contacts")).results;
  assert.ok(labels.some((one) => one.label === "Champion" && one.typeId === typeId));
  await schema.definitionsApi.remove("deals", "contacts", typeId);
  await basicApi.archive("contacts", contact, "companies", company);
  await batchApi.archive("deals", "contacts", { inputs: [{ _from: { id: deal }, to: [{ id: contact }] }] as never });
  assert.deepEqual(
    [sim.data.associations("contacts", contact, "companies"), sim.data.associations("deals", deal, "contacts")],
    [[], []],
  );
});

test(`${DATE}: the client reads, makes, changes and archives properties, pipelines and stages`, async () => {
  const { coreApi, groupsApi, batchApi } = client.crm.properties;
  assert.ok((await coreApi.getAll("deals")).results.some((one) => one.name === "amount" && one.hubspotDefined));
  await groupsApi.create("deals", { name: "witness", label: "Witness", displayOrder: 1 });
  const choice = { name: "witness_choice", label: "Choice", type: "enumeration", fieldType: "select" };
  const options = ["a", "b"].map((value) => ({ label: value, value, displayOrder: 0, hidden: false }));
  const made = await coreApi.create("deals", { ...choice, groupName: "witness", options } as never);
  assert.equal(made.options.length, 2);
  await assert.rejects(coreApi.create("deals", made as never), { code: 409 });
  const changed = await coreApi.update("deals", "witness_choice", { options: options.slice(1) });
  assert.equal(changed.options.length, 1);
  assert.equal((await coreApi.getByName("deals", "witness_choice")).label, "Choice");
  const read = await batchApi.read("deals", { archived: false, inputs: [{ name: "witness_choice" }] });
  assert.equal(read.results.length, 1);
  await coreApi.archive("deals", "witness_choice");
  await assert.rejects(coreApi.getByName("deals", "witness_choice"), { code: 404 });

  const { pipelinesApi, pipelineStagesApi } = client.crm.pipelines;
  const stage = (label: string, probability: string) => ({ label, displayOrder: 0, metadata: { probability } });
  const pipeline = await pipelinesApi.create("deals", {
    label: "Renewals",
    displayOrder: 1,
    stages: [stage("Open", "0.5")],
  });
  const added = await pipelineStagesApi.create("deals", pipeline.id, stage("Gone", "0.0"));
  assert.equal(added.metadata?.["isClosed"], "true");
  await pipelineStagesApi.archive("deals", pipeline.id, added.id);
  const all = (await pipelinesApi.getAll("deals")).results;
  assert.deepEqual(
    all.find((one) => one.id === pipeline.id)?.stages.map((one) => one.label),
    ["Open"],
  );
  await pipelinesApi.archive("deals", pipeline.id);
  await assert.rejects(pipelinesApi.getById("deals", pipeline.id), { code: 404 });
});

test(`${DATE}: the client reads owners, active and not, and each by its id`, async () => {
  const active = sim.data.addOwner({ firstName: "Ada", lastName: "Active", email: "ada@example.com" });
  const left = sim.data.addOwner({ firstName: "Leo", lastName: "Left", email: "leo@example.com", active: false });
  const { ownersApi } = client.crm.owners;
  const ids = async (archived: boolean) =>
    (await ownersApi.getPage(undefined, undefined, 100, archived)).results.map((one) => one.id);
  assert.ok((await ids(false)).includes(active));
  assert.deepEqual(await ids(true), [left]);
  assert.equal((await ownersApi.getById(Number(active))).email, "ada@example.com");
});
