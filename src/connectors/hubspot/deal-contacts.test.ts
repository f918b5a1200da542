// Associations of deals with contacts as records, against the simulator.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import type { Few, Page, StreamDeclaration } from "../../connector/contract.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { compileMapping, parseMappingDocument } from "../../mapping/document.ts";
import { standardFields } from "../../mapping/kinds.ts";
import { startHubspot } from "../../simulators/hubspot/index.ts";
import { hubspot } from "./index.ts";
import { asking, createPortal, idsOf, never, pages, states } from "./test-portal.ts";

const ties: StreamDeclaration = hubspot.streams["deal-contact"];
const FIELDS = ["contactId", "dealId", "label"];

async function createWorld(apiVersion = "2026-09") {
  let now = Date.UTC(2026, 0, 5, 9);
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) => (ms >= 100_000 ? systemClock.sleep(ms, signal) : Promise.resolve(void (now += ms))),
  };
  const portal = await startHubspot({ clock, random: seededRandom(7) });
  const { data } = portal;
  for (const label of ["Decision maker", "Champion"]) data.addLabel("deals", "contacts", label, `${label} of`);
  const deals = ["One", "Two"].map((dealname) => data.add("deals", { dealname, dealstage: "qualifiedtobuy" }));
  const contacts = ["Ann", "Bob", "Cy"].map((lastname) => data.add("contacts", { lastname }));
  data.indexNow();
  const connection = connectDirectly({
    connector: hubspot,
    settings: { baseUrl: portal.url, simulator: true, apiVersion },
    secrets: { accessToken: portal.credentials.privateToken },
    clock,
    random: seededRandom(1),
    simulator: true,
  });
  const { api } = connection;
  return {
    ...connection,
    portal,
    data,
    deals: deals as [string, string],
    contacts: contacts as [string, string, string],
    move: (ms: number) => (now += ms),
    now: () => now,
    shown: async (since: number | null = null) =>
      (await pages(ties.pull(api, asking({ fields: FIELDS, since, now })))).map((page) => ({
        ids: page.records.map((record) => record.id),
        labels: page.records.map((record) => record.fields["label"]),
        whole: page.whole?.toSorted(),
        ...(page.moved?.size ? { moved: Object.fromEntries(page.moved) } : {}),
      })),
    create: (...rows: [deal: string, contact: string, label?: string][]) =>
      ties.create!(
        api,
        rows.map(([dealId, contactId, label], index) => ({
          handle: `00000000-0000-7000-8000-00000000000${index}`,
          values: { dealId, contactId, ...(label === undefined ? {} : { label }) },
        })),
        never,
      ),
    update: (id: string, label: string | null) => ties.update!(api, [{ id, values: { label } }], never),
    labels: (deal: string) => data.associations("deals", deal, "contacts"),
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await portal.close();
    },
  };
}

for (const apiVersion of ["2026-09", "v3"])
  test(`${apiVersion}: a deal's contacts are shown whole, with their labels, at first and where the deal changed`, async () => {
    await using world = await createWorld(apiVersion);
    const { data, deals, contacts } = world;
    data.associate("deals", deals[0], "contacts", contacts[0], "Champion");
    data.associate("deals", deals[0], "contacts", contacts[1]);
    data.indexNow();
    assert.deepEqual(await world.shown(), [
      {
        ids: [`${deals[0]}:${contacts[0]}`, `${deals[0]}:${contacts[1]}`],
        labels: ["Champion", null],
        whole: [...deals].toSorted(),
      },
    ]);
    const since = world.move(10 * 60_000);
    data.dissociate("deals", deals[0], "contacts", contacts[0]);
    data.indexNow();
    assert.deepEqual(await world.shown(since), [
      { ids: [`${deals[0]}:${contacts[1]}`], labels: [null], whole: [deals[0]] },
    ]);
  });

test("a merge of deals says that those it swallowed have no contacts any more, and in which deal they are now", async () => {
  await using world = await createWorld();
  const { data, deals, contacts } = world;
  data.associate("deals", deals[0], "contacts", contacts[0]);
  const both = data.merge("deals", deals[0], deals[1]);
  data.indexNow();
  assert.deepEqual(await world.shown(), [
    {
      ids: [`${both}:${contacts[0]}`],
      labels: [null],
      whole: [...deals, both].toSorted(),
      moved: { [deals[0]]: both, [deals[1]]: both },
    },
  ]);
});

test("associations are read for many lists of deals at once, and a run cut short goes on behind those it has shown", async () => {
  await using world = await createWorld();
  const { api, data, contacts, portal } = world;
  const deals = data.load(
    "deals",
    Array.from({ length: 1_150 }, (_, index) => ({ dealname: `Deal ${index}` })),
  );
  data.associate("deals", deals.at(-1)!, "contacts", contacts[0]);
  const calls = () => portal.log.entries.filter((one) => one.path.includes("/deals/contacts/batch/read")).length;
  let cursor: Page["cursor"] = null;
  for await (const page of ties.pull(api, asking({ fields: FIELDS }))) {
    assert.deepEqual([page.whole!.length, calls()], [900, 1]);
    cursor = page.cursor;
    break;
  }
  const rest = await pages(ties.pull(api, asking({ fields: FIELDS, cursor })));
  assert.deepEqual(
    rest.map((page) => page.whole!.length),
    [252],
  );
  assert.equal(rest[0]!.records[0]!.id, `${deals.at(-1)}:${contacts[0]}`);
});

test("a deal with more contacts than one answer shows is read to its end; one without a plain answer is not called whole", async () => {
  const deal = (id: string) => ({ id, properties: { hs_lastmodifieddate: "2026-01-05T08:00:00Z" }, archived: false });
  await using portal = await createPortal(({ path, body }) => {
    if (path === "/objects/deals") return { results: [deal("7"), deal("8")] };
    const to = (toObjectId: string) => ({
      toObjectId,
      associationTypes: [{ category: "HUBSPOT_DEFINED", typeId: 3, label: null }],
    });
    return body.inputs[0]!["after" as "id"]
      ? { results: [{ from: { id: "7" }, to: [to("2")] }] }
      : {
          results: [{ from: { id: "7" }, to: [to("1")], paging: { next: { after: "1" } } }],
          errors: [{ status: "error", category: "INTERNAL_ERROR", message: "try again", context: {} }],
        };
  });
  const [page] = await pages(ties.pull(portal.api, asking({ fields: FIELDS })));
  assert.deepEqual(
    page!.records.map((record) => record.id),
    ["7:1", "7:2"],
  );
  assert.deepEqual(page!.whole, ["7"]);
});

for (const apiVersion of ["2026-09", "v3"])
  test(`${apiVersion}: contacts are tied in their roles, found again by the pair, and untied`, async () => {
    await using world = await createWorld(apiVersion);
    const { api, deals, contacts } = world;
    const made = await world.create([deals[0], contacts[0], "Decision maker"], [deals[0], contacts[1]]);
    const ids = [0, 1].map((index) => `${deals[0]}:${contacts[index]}`);
    assert.deepEqual(
      made.map((one) => (one.state === "done" ? [one.id, one.created] : one)),
      ids.map((id) => [id, true]),
    );
    assert.deepEqual(world.labels(deals[0]), [
      { id: contacts[0], labels: ["Decision maker"] },
      { id: contacts[1], labels: [] },
    ]);
    const found = await ties.find!(api, {
      handles: ["h1", "h2"],
      sent: [
        { dealId: deals[0], contactId: contacts[0] },
        { dealId: deals[1], contactId: contacts[0] },
      ],
      fields: FIELDS,
      signal: never,
    });
    assert.deepEqual(
      found.map(({ id, handle }) => [id, handle]),
      [[ids[0], "h1"]],
    );
    const read = await ties.read!(api, { ids: [`${deals[1]}:${contacts[0]}`, ids[0]!], fields: FIELDS, signal: never });
    assert.deepEqual(
      read.map((one) => one?.fields ?? null),
      [null, { dealId: deals[0], contactId: contacts[0], label: "Decision maker" }],
    );
    assert.deepEqual(states(await ties.delete!(api, ids, never)), ["done", "done"]);
    assert.deepEqual(world.labels(deals[0]), []);
    assert.deepEqual(states(await ties.delete!(api, ids, never)), ["done", "done"], "twice is once");
  });

test("a pair that is tied already, or twice in one call, is not written over", async () => {
  await using world = await createWorld();
  const { deals, contacts, data } = world;
  data.associate("deals", deals[0], "contacts", contacts[0], "Champion");
  const outcomes = await world.create(
    [deals[0], contacts[0], "Decision maker"],
    [deals[0], contacts[1], "Champion"],
    [deals[0], contacts[1], "Decision maker"],
  );
  assert.deepEqual(states(outcomes), ["exists ALREADY_ASSOCIATED", "done", "exists ALREADY_ASSOCIATED"]);
  assert.deepEqual(
    outcomes.map((one) => (one.state === "failed" ? one.existingIds : null)),
    [[`${deals[0]}:${contacts[0]}`], null, [`${deals[0]}:${contacts[1]}`]],
  );
  assert.deepEqual(
    world.labels(deals[0]).map((one) => one.labels),
    [["Champion"], ["Champion"]],
  );
});

test("a contact that is not there is refused with HubSpot's words and names the contact; the others are tied", async () => {
  await using world = await createWorld();
  const { deals, contacts } = world;
  const [bad, good, half] = await world.create([deals[0], "999999999"], [deals[0], contacts[0]], [deals[0], ""]);
  assert.ok(bad!.state === "failed" && bad!.kind === "record");
  assert.deepEqual(bad!.vendor.fields, ["contactId"]);
  assert.match(bad!.vendor.message, /999999999/u);
  assert.deepEqual(states([good!, half!]), ["done", "record MISSING_END"]);
});

test("a role without a label is told of and leaves the contact tied; written alone it is refused with what to do", async () => {
  await using world = await createWorld();
  const { deals, contacts } = world;
  const [made] = await world.create([deals[0], contacts[0], "Judge"]);
  assert.ok(made!.state === "done");
  assert.deepEqual(
    made!.unwritten?.map(({ code, fields }) => [code, fields]),
    [["NO_SUCH_LABEL", ["label"]]],
  );
  assert.deepEqual(world.labels(deals[0]), [{ id: contacts[0], labels: [] }]);
  const [outcome] = await world.update(`${deals[0]}:${contacts[0]}`, "Judge");
  assert.ok(outcome!.state === "failed" && outcome!.kind === "record");
  assert.match(outcome!.vendor.message, /no label "Judge".*"Decision maker", "Champion"/u);
  assert.match(outcome!.vendor.act!, /^Add the label in HubSpot/u);
  assert.deepEqual(outcome!.vendor.fields, ["label"]);
});

for (const labelsReplace of [true, false])
  test(`a role takes the place of another where HubSpot ${labelsReplace ? "replaces" : "adds"} labels, and is cleared`, async () => {
    await using world = await createWorld();
    world.portal.dials.set({ labelsReplace });
    const { deals, contacts, data } = world;
    const id = `${deals[0]}:${contacts[0]}`;
    data.associate("deals", deals[0], "contacts", contacts[0], "Champion");
    const labels = () => world.labels(deals[0])[0]!.labels;
    assert.deepEqual(states(await world.update(id, "Decision maker")), ["done"]);
    assert.deepEqual(labels(), ["Decision maker"]);
    assert.deepEqual(states(await world.update(id, null)), ["done"]);
    assert.deepEqual(labels(), []);
    assert.deepEqual(states(await world.update(`${deals[1]}:${contacts[0]}`, null)), ["gone NOT_ASSOCIATED"]);
  });

test("of several labels the oldest is the role, and none is taken away", async () => {
  await using world = await createWorld();
  const { api, deals, contacts, data } = world;
  const id = `${deals[0]}:${contacts[0]}`;
  for (const label of ["Champion", "Decision maker"]) data.associate("deals", deals[0], "contacts", contacts[0], label);
  const [record] = await ties.read!(api, { ids: [id], fields: FIELDS, signal: never });
  assert.equal(record!.fields["label"], "Decision maker");
  assert.deepEqual(states(await world.update(id, "Decision maker")), ["done"]);
  const [outcome] = await world.update(id, "Champion");
  assert.ok(outcome!.state === "failed");
  assert.match(outcome!.vendor.message, /the labels "Decision maker" and "Champion"/u);
  assert.match(outcome!.vendor.act!, /^Remove all but one/u);
  assert.equal(world.labels(deals[0])[0]!.labels.length, 2);
});

test("labels are a role's options, and one that is a usual role but for its capitals is read as that", async () => {
  await using world = await createWorld();
  const fields = await ties.describe(world.api);
  assert.deepEqual(
    fields.map(({ name, required, updateable }) => [name, required, updateable]),
    [
      ["dealId", true, false],
      ["contactId", true, false],
      ["label", false, true],
    ],
  );
  assert.deepEqual(
    fields[2]!.options!.map((one) => one.value),
    ["Decision maker", "Champion"],
  );
  const mapping = compileMapping({
    document: parseMappingDocument(ties.fit!(ties.mapping, fields)),
    kindFields: standardFields("deal-contact"),
    recordFields: fields,
  });
  const read = (label: string) => mapping.read({ dealId: "1", contactId: "2", label }).fields["role"];
  assert.deepEqual(["Decision maker", "Champion"].map(read), ["Decision Maker", "Champion"]);
  const written = mapping.write({
    entity: { deal: "d", contact: "c", role: "Decision Maker" },
    changed: "all",
    forCreate: true,
    reference: (_, id) => `#${id}`,
    related: () => undefined,
  });
  assert.deepEqual(written.values, { dealId: "#d", contactId: "#c", label: "Decision maker" });
  assert.deepEqual(
    ["deal", "contact"].map((field) => [mapping.references.get(field)!.required, mapping.references.get(field)!.fixed]),
    [
      [true, true],
      [true, true],
    ],
  );
});

test("where processes died, the contacts of few deals are asked for at a time, and of a deal of which they die nothing is told", async () => {
  await using world = await createWorld();
  const { data, deals, contacts, api } = world;
  for (const deal of deals) data.associate("deals", deal, "contacts", contacts[0]);
  data.indexNow();
  const handed: string[][] = [];
  const few: Few = async (ids, ask) => {
    handed.push([...ids]);
    return ask(ids.filter((id) => id !== deals[0]));
  };
  const [page, ...more] = await pages(ties.pull(api, { ...asking({ fields: FIELDS, now: world.now() }), few }));
  assert.deepEqual(handed, [deals], "the deals themselves cost no second request");
  assert.deepEqual([page!.whole, idsOf([page!]), more], [[deals[1]], [`${deals[1]}:${contacts[0]}`], []]);
});
