// The connector against the simulator, which was written from the vendor's documentation by other hands.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { seededRandom } from "../../base/random.ts";
import type { Page, StreamDeclaration, VendorRecord } from "../../connector/contract.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { startHubspot } from "../../simulators/hubspot/index.ts";
import { compileMapping } from "../../mapping/compile.ts";
import { suggest } from "../../mapping/suggest.ts";
import { discoverFields, fitMapping } from "../../sync/discover.ts";
import { hubspot } from "./index.ts";
import { never, states } from "./test-portal.ts";

const { company, contact, deal, owner } = hubspot.streams;
const MINUTE = 60_000;
const VERSIONS = ["2026-09", "v3"];

/** A clock for both sides: it moves when told, and short waits take no time. */
function jumpingClock(): Clock & { move(ms: number): void } {
  let now = Date.UTC(2026, 0, 5, 9);
  return {
    now: () => now,
    move: (ms) => {
      now += ms;
    },
    sleep: (ms, signal) => {
      if (ms >= 100_000) return systemClock.sleep(ms, signal);
      now += ms;
      return Promise.resolve();
    },
  };
}

async function createWorld(
  options: { settings?: JsonObject; story?: "larkfield"; oauth?: boolean; bare?: boolean } = {},
) {
  const clock = jumpingClock();
  const portal = await startHubspot({ clock, random: seededRandom(7), story: options.story ?? "empty" });
  const { clientId, clientSecret, refreshToken, privateToken } = portal.credentials;
  const connection = connectDirectly({
    connector: hubspot,
    settings: { baseUrl: portal.url, simulator: true, ...options.settings },
    secrets: options.oauth ? { clientId, clientSecret, refreshToken } : { accessToken: privateToken },
    clock,
    random: seededRandom(1),
    simulator: true,
  });
  if (!options.bare)
    for (const stream of [company, contact, deal]) assert.deepEqual(await stream.prepare!(connection.api), []);
  return {
    clock,
    portal,
    ...connection,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await portal.close();
    },
  };
}
type World = Awaited<ReturnType<typeof createWorld>>;

async function pulled(
  world: World,
  stream: StreamDeclaration,
  fields: readonly string[],
  more: { since?: number | null; cursor?: Json } = {},
): Promise<{ records: VendorRecord[]; watermark: number; pages: Page[] }> {
  const pages: Page[] = [];
  const request = { fields, since: null, cursor: null, now: world.clock.now(), signal: never, ...more };
  for await (const page of stream.pull(world.api, request)) pages.push(page);
  return { pages, records: pages.flatMap((page) => page.records), watermark: pages.at(-1)!.watermark! };
}

const handle = (index: number): string => `0198a1b2-c3d4-7e5f-8a9b-${String(index).padStart(12, "0")}`;
const rowsOf = (count: number, more: (index: number) => Record<string, unknown> = () => ({})) =>
  Array.from({ length: count }, (_, index) => ({
    handle: handle(index),
    values: { email: `new${index}@example.com`, lastname: `New ${index}`, ...more(index) },
  }));
const madeIds = (outcomes: Awaited<ReturnType<NonNullable<StreamDeclaration["create"]>>>): string[] =>
  outcomes.map((one) => (one.state === "done" ? one.id : `not made: ${JSON.stringify(one)}`));
const emails = (records: readonly VendorRecord[]): unknown[] => records.map((one) => one.fields["email"]);

for (const apiVersion of VERSIONS) {
  test(`${apiVersion}: the portal is identified with a private app's token and as an OAuth app`, async () => {
    await using world = await createWorld({ settings: { apiVersion }, bare: true });
    await using app = await createWorld({ settings: { apiVersion }, oauth: true, bare: true });
    const identity = await hubspot.identify(world.api);
    assert.match(identity.id, /^\d+$/u);
    assert.equal(identity.environment, "simulator");
    assert.deepEqual(await hubspot.identify(app.api), identity);
  });

  test(`${apiVersion}: every stream is described with the fields its mapping names, and read whole from the story`, async () => {
    await using world = await createWorld({ story: "larkfield", settings: { apiVersion } });
    const counts = world.portal.data.counts();
    for (const [key, stream] of Object.entries(hubspot.streams) as [string, StreamDeclaration][]) {
      const fields = await stream.describe(world.api);
      const names = new Set(fields.map(({ name }) => name));
      const mapped = (stream.mapping["rows"] as { record: string }[]).map(({ record }) => record);
      assert.deepEqual(
        mapped.filter((name) => !names.has(name)),
        [],
        key,
      );
      const { records } = await pulled(world, stream, mapped);
      const ids = records.filter((record) => record.mergedInto === undefined).map((record) => record.id);
      assert.equal(new Set(ids).size, ids.length, key);
      const objects: Record<string, string> = {
        owner: "owners",
        company: "companies",
        contact: "contacts",
        deal: "deals",
      };
      // A deal's contacts are associations, which nobody counts.
      if (key in objects) assert.equal(ids.length, counts[objects[key]!], key);
      else assert.ok(ids.length > 0, key);
      // Every field that was asked for is told, were it as null; only what has several answers is not.
      for (const record of records.filter((one) => one.mergedInto === undefined))
        assert.deepEqual(
          mapped.filter((name) => !(name in record.fields)),
          [],
          `${key} ${record.id}`,
        );
    }
  });

  test(`${apiVersion}: a hundred and more records are made, found by their handles, changed, tied and archived`, async () => {
    await using world = await createWorld({ settings: { apiVersion } });
    const companies = await company.create!(
      world.api,
      [0, 1].map((index) => ({ handle: handle(900 + index), values: { name: `Firm ${index}` } })),
      never,
    );
    const [first, second] = madeIds(companies) as [string, string];
    const rows = rowsOf(130, (index) => (index < 60 ? { "associations.company": first } : {}));
    const ids = madeIds(await contact.create!(world.api, rows, never));
    assert.equal(new Set(ids).size, 130);
    const found = await contact.find!(world.api, {
      handles: rows.map((row) => row.handle),
      fields: ["email", "associations.company"],
      signal: never,
    });
    assert.deepEqual(
      new Map(found.map(({ handle, fields }) => [handle, [fields["email"], fields["associations.company"]]])),
      new Map(rows.map(({ handle, values }, index) => [handle, [values["email"], index < 60 ? first : null]])),
    );
    // The same handles once more make nothing new.
    const again = await contact.create!(world.api, rows.slice(0, 5), never);
    assert.deepEqual(
      again.map((one) => one.state === "done" && [one.id, one.created]),
      ids.slice(0, 5).map((id) => [id, false]),
    );
    const updates = [
      { id: ids[0]!, values: { "associations.company": second, city: "Ghent" } },
      { id: ids[1]!, values: { "associations.company": null } },
      { id: ids[2]!, values: { lastname: null } },
    ];
    assert.deepEqual(states(await contact.update!(world.api, updates, never)), ["done", "done", "done"]);
    const read = await contact.read!(world.api, {
      ids: ids.slice(0, 3),
      fields: ["associations.company", "city", "lastname"],
      signal: never,
    });
    assert.deepEqual(
      read.map((record) => record!.fields),
      [
        { "associations.company": second, city: "Ghent", lastname: "New 0" },
        { "associations.company": null, city: null, lastname: "New 1" },
        { "associations.company": first, city: null, lastname: null },
      ],
    );
    assert.deepEqual(states(await contact.delete!(world.api, ids.slice(0, 2), never)), ["done", "done"]);
    const gone = await contact.read!(world.api, { ids: ids.slice(0, 3), fields: [], signal: never });
    assert.deepEqual(
      gone.map((record) => record?.id ?? null),
      [null, null, ids[2]!],
    );
  });
}

test("creates whose answer was lost are found, and made once", async () => {
  await using world = await createWorld();
  world.portal.dials.failNext({ kind: "reset-after", match: { path: "/batch/upsert" } });
  const rows = rowsOf(20);
  assert.deepEqual([...new Set(states(await contact.create!(world.api, rows, never)))], ["unknown"]);
  const found = await contact.find!(world.api, { handles: rows.map((row) => row.handle), fields: [], signal: never });
  assert.equal(found.length, 20);
  assert.equal(world.portal.data.counts()["contacts"], 20);
});

test("a row that is refused hears HubSpot's words, and the others of its batch are written", async () => {
  await using world = await createWorld();
  const taken = world.portal.data.add("contacts", { email: "new3@example.com" });
  const outcomes = await contact.create!(
    world.api,
    rowsOf(10, (index) => (index === 5 ? { email: "not an address" } : index === 7 ? { no_such_property: "x" } : {})),
    never,
  );
  const bad = outcomes.flatMap((one, index) => (one.state === "failed" ? [[index, one.kind, one.vendor.fields]] : []));
  assert.deepEqual(bad, [
    [3, "exists", ["email"]],
    [5, "record", ["email"]],
    [7, "field", ["no_such_property"]],
  ]);
  assert.deepEqual(outcomes[3]!.state === "failed" && outcomes[3]!.existingIds, [taken]);
  assert.equal(outcomes.filter((one) => one.state === "done").length, 7);
});

test("properties that became read-only, records that are gone and stages that were removed concern their rows only", async () => {
  await using world = await createWorld();
  const ids = ["One", "Two", "Three"].map((name) => world.portal.data.add("companies", { name }));
  world.portal.data.archive("companies", ids[1]!);
  world.portal.data.changeProperty("companies", "city", { readOnlyValue: true });
  const outcomes = await company.update!(
    world.api,
    [
      { id: ids[0]!, values: { city: "Ghent" } },
      { id: ids[1]!, values: { phone: "+1 555 0100" } },
      { id: ids[2]!, values: { phone: "+1 555 0101" } },
    ],
    never,
  );
  assert.deepEqual(
    outcomes.map((one) => (one.state === "failed" ? one.kind : one.state)),
    ["field", "gone", "done"],
  );
  assert.deepEqual(outcomes[0]!.state === "failed" && outcomes[0]!.vendor.fields, ["city"]);
  const made = await deal.create!(
    world.api,
    [
      { handle: handle(1), values: { dealname: "Pilot", dealstage: "closedwon" } },
      { handle: handle(2), values: { dealname: "Retrofit", dealstage: "was_removed" } },
    ],
    never,
  );
  assert.deepEqual(
    made.map((one) => (one.state === "failed" ? one.kind : one.state)),
    ["done", "field"],
  );
  assert.ok(made[1]!.state === "failed");
  assert.match(made[1]!.vendor.message, /was_removed/u);
  assert.deepEqual(made[1]!.vendor.fields, ["dealstage", "pipeline"]);
});

test("a company that is not there parks the association, and the record is written all the same", async () => {
  await using world = await createWorld();
  const id = world.portal.data.add("contacts", { email: "a@example.com" });
  const both = await contact.update!(
    world.api,
    [{ id, values: { city: "Ghent", "associations.company": "999999999999" } }],
    never,
  );
  assert.ok(both[0]!.state === "done");
  assert.deepEqual(
    both[0]!.unwritten!.map((one) => [one.code, one.fields]),
    [["OBJECT_NOT_FOUND", ["associations.company"]]],
  );
  assert.equal(world.portal.data.get("contacts", id)!["city"], "Ghent");
  const [alone] = await contact.update!(world.api, [{ id, values: { "associations.company": "999999999999" } }], never);
  assert.equal(alone!.state === "failed" && alone!.kind, "record");
  assert.deepEqual(alone!.state === "failed" && alone!.vendor.fields, ["associations.company"]);
});

test("changes become visible late and out of order, and none is missed between two increments", async () => {
  await using world = await createWorld();
  world.portal.dials.settings.searchLagMs = 20_000;
  world.portal.dials.settings.searchJitterMs = 60_000;
  let since = world.clock.now() - MINUTE;
  const seen = new Set<unknown>();
  for (let round = 0; round < 12; round++) {
    for (let index = 0; index < 5; index++) {
      world.portal.data.add("contacts", { email: `r${round}n${index}@example.com` });
      world.clock.move(3_000);
    }
    const { records, watermark } = await pulled(world, contact, ["email"], { since });
    for (const email of emails(records)) seen.add(email);
    since = watermark;
  }
  world.clock.move(10 * MINUTE);
  for (const email of emails((await pulled(world, contact, ["email"], { since })).records)) seen.add(email);
  assert.equal(seen.size, 60);
});

test("an import that shares one stamp is read whole through the wall of a search", async () => {
  await using world = await createWorld();
  world.portal.dials.settings.searchWall = 500;
  const since = world.clock.now();
  world.clock.move(MINUTE);
  const at = world.clock.now();
  world.portal.data.load(
    "contacts",
    Array.from({ length: 1_700 }, (_, index) => ({ email: `i${index}@example.com` })),
    () => at,
  );
  world.portal.data.add("contacts", { email: "late@example.com" }, { at: at + 5 });
  world.portal.data.indexNow();
  const { records } = await pulled(world, contact, ["email"], { since });
  assert.equal(new Set(emails(records)).size, 1_701);
});

for (const mergeKeepsPrimaryId of [false, true]) {
  test(`merged contacts lead to their survivor, where the merge ${mergeKeepsPrimaryId ? "keeps the primary id" : "makes a new id"}`, async () => {
    await using world = await createWorld();
    world.portal.dials.settings.mergeKeepsPrimaryId = mergeKeepsPrimaryId;
    const [a, b] = ["a@example.com", "b@example.com"].map((email) => world.portal.data.add("contacts", { email })) as [
      string,
      string,
    ];
    const since = world.clock.now();
    world.clock.move(MINUTE);
    const survivor = world.portal.data.merge("contacts", a, b);
    world.clock.move(MINUTE);
    const { records } = await pulled(world, contact, ["email"], { since });
    const lead = records
      .filter((record) => record.mergedInto !== undefined)
      .map(({ id, mergedInto }) => [id, mergedInto] as const);
    assert.deepEqual(new Map(lead), new Map((mergeKeepsPrimaryId ? [b] : [a, b]).map((id) => [id, survivor])));
    assert.equal(
      records
        .filter((record) => record.mergedInto === undefined)
        .map(({ id }) => id)
        .join(),
      survivor,
    );
    for (const mergedIdsRedirect of [true, false]) {
      world.portal.dials.settings.mergedIdsRedirect = mergedIdsRedirect;
      const [old] = await contact.read!(world.api, { ids: [b], fields: ["email"], signal: never });
      assert.equal(old?.mergedInto ?? null, mergedIdsRedirect ? survivor : null);
      const [kept] = await contact.read!(world.api, { ids: [survivor], fields: ["email"], signal: never });
      assert.equal(kept!.id, survivor);
    }
  });
}

test("archived contacts are told, restored ones come back, and those deleted for privacy are not there when they are read", async () => {
  await using world = await createWorld();
  const ids = [1, 2, 3].map((index) => world.portal.data.add("contacts", { email: `p${index}@example.com` }));
  const since = world.clock.now();
  world.clock.move(20 * MINUTE);
  world.portal.data.archive("contacts", ids[0]!);
  world.portal.data.archive("contacts", ids[1]!);
  world.portal.data.restore("contacts", ids[1]!);
  world.portal.data.privacyDelete(ids[2]!);
  world.clock.move(MINUTE);
  const pages: Page[] = [];
  const request = { fields: ["email"], since, cursor: null, now: world.clock.now(), signal: never };
  for await (const page of contact.pullDeleted!(world.api, request)) pages.push(page);
  const told = pages.flatMap((page) => page.records);
  assert.ok(told.every((record) => record.deleted));
  assert.deepEqual(told.map(({ id }) => id).includes(ids[0]!), true);
  assert.equal(told.map(({ id }) => id).includes(ids[1]!), false);
  const read = await contact.read!(world.api, { ids, fields: [], signal: never });
  assert.deepEqual(
    read.map((record) => record?.id ?? null),
    [null, ids[1], null],
  );
});

for (const apiVersion of VERSIONS)
  for (const mergeKeepsPrimaryId of [false, true])
    test(`two contacts are merged under ${mergeKeepsPrimaryId ? "the id of one" : "a new id"} (${apiVersion}), and reading the lost one leads there`, async () => {
      await using world = await createWorld({ settings: { apiVersion } });
      world.portal.dials.settings.mergeKeepsPrimaryId = mergeKeepsPrimaryId;
      const [keep, lose] = [1, 2].map((index) =>
        world.portal.data.add("contacts", { email: `m${index}@example.com` }),
      ) as [string, string];
      const merged = await contact.merge!(world.api, { keep, lose, signal: never });
      assert.ok(merged.state === "done");
      assert.equal(merged.id === keep, mergeKeepsPrimaryId);
      const [, gone] = await contact.read!(world.api, { ids: [keep, lose], fields: ["email"], signal: never });
      assert.equal(gone!.mergedInto, merged.id);
      const again = await contact.merge!(world.api, { keep: merged.id, lose: "999999999999", signal: never });
      assert.equal(again.state === "failed" && again.kind, "gone");
    });

for (const lifecycleBack of ["ignore", "refuse"] as const) {
  test(`a lifecycle stage goes back where a mapping asks for it, where HubSpot would ${lifecycleBack} that`, async () => {
    await using world = await createWorld();
    world.portal.dials.settings.lifecycleBack = lifecycleBack;
    const ids = ["customer", "lead"].map((lifecyclestage, index) =>
      world.portal.data.add("contacts", { email: `l${index}@example.com`, lifecyclestage }),
    );
    const rows = ids.map((id, index) => ({
      id,
      values: { city: "Ghent", lifecyclestage: ["lead", "customer"][index] },
    }));
    assert.deepEqual(states(await contact.update!(world.api, rows, never)), ["done", "done"]);
    assert.deepEqual(
      ids.map((id) => world.portal.data.get("contacts", id)!).map((one) => [one["lifecyclestage"], one["city"]]),
      [
        ["lead", "Ghent"],
        ["customer", "Ghent"],
      ],
    );
  });
}

test("stages of a second pipeline are written with it, and a deal tells what its stage means", async () => {
  await using world = await createWorld();
  world.portal.data.addPipeline("deals", {
    label: "Renewals",
    displayOrder: 5,
    stages: [
      { label: "In talks", displayOrder: 0, metadata: { isClosed: "false", probability: "0.35" } },
      { label: "Renewed", displayOrder: 1, metadata: { isClosed: "true", probability: "1.0" } },
    ],
  });
  const stages = (await deal.describe(world.api)).find(({ name }) => name === "dealstage")!.options!;
  const talks = stages.find(({ label }) => label === "Renewals: In talks")!.value;
  const [made] = await deal.create!(
    world.api,
    [
      {
        handle: handle(1),
        values: { dealname: "Service contract", dealstage: talks, closedate: "2026-03-31", amount: "1200.50" },
      },
    ],
    never,
  );
  assert.equal(made!.state, "done");
  world.clock.move(MINUTE);
  const fields = [
    "dealname",
    "dealstage",
    "closedate",
    "amount",
    "stage.probability",
    "stage.closed",
    "stage.won",
    "history.dealstage",
  ];
  const { records } = await pulled(world, deal, fields, { since: world.clock.now() - 5 * MINUTE });
  const { "history.dealstage": history, ...rest } = records[0]!.fields;
  assert.deepEqual(rest, {
    dealname: "Service contract",
    dealstage: talks,
    closedate: "2026-03-31",
    amount: "1200.50",
    "stage.probability": 35,
    "stage.closed": false,
    "stage.won": false,
  });
  assert.deepEqual(
    (history as { value: string }[]).map(({ value }) => value),
    [talks],
  );
});

test("a deal tells the name of its stage, for whoever knows only the number", async () => {
  await using world = await createWorld();
  const { data } = world.portal;
  const pipeline = data.addPipeline("deals", {
    label: "Later",
    displayOrder: 2,
    stages: [{ label: "Fresh", displayOrder: 0, metadata: { probability: "0.3" } }],
  });
  const stage = data.pipelines("deals").find(({ id }) => id === pipeline)!.stages[0]!.id;
  data.add("deals", { dealname: "Pilot", pipeline, dealstage: stage });
  const { records } = await pulled(world, deal, ["dealstage", "stage.probability"]);
  assert.deepEqual(records[0]!.fields, { dealstage: stage, "stage.probability": 30 });
  assert.match(records[0]!.notes!["dealstage"]!, /the stage "Fresh" of the pipeline "Later"/u);
});

test("a deal's contact and a company's parent are references too", async () => {
  await using world = await createWorld();
  const { data } = world.portal;
  const [ada, bob] = ["ada@example.com", "bob@example.com"].map((email) => data.add("contacts", { email })) as [
    string,
    string,
  ];
  const [parent, other, child] = ["Parent", "Other", "Child"].map((name) => data.add("companies", { name })) as [
    string,
    string,
    string,
  ];
  const pilot = data.add("deals", { dealname: "Pilot" });
  const set = async (stream: StreamDeclaration, id: string, values: Record<string, unknown>) => {
    assert.deepEqual(states(await stream.update!(world.api, [{ id, values }], never)), ["done"]);
    const [record] = await stream.read!(world.api, { ids: [id], fields: Object.keys(values), signal: never });
    return record!.fields;
  };
  for (const who of [ada, bob, null])
    assert.deepEqual(await set(deal, pilot, { "associations.contact": who }), { "associations.contact": who });
  data.associate("deals", pilot, "contacts", ada);
  data.associate("deals", pilot, "contacts", bob);
  assert.deepEqual(
    (await deal.read!(world.api, { ids: [pilot], fields: ["associations.contact"], signal: never }))[0]!.fields,
    {},
  );
  for (const whose of [parent, other, null])
    assert.deepEqual(await set(company, child, { "associations.parent": whose }), { "associations.parent": whose });
});

test("owners who left are inactive, and giving them a record is refused for that record only", async () => {
  await using world = await createWorld();
  const [ada, bob] = ["ada", "bob"].map((name) =>
    world.portal.data.addOwner({ email: `${name}@example.com`, firstName: name, lastName: "Example" }),
  ) as [string, string];
  world.portal.data.deactivateOwner(bob);
  const { records } = await pulled(world, owner, ["email", "active"]);
  const active = new Map(records.map((record) => [record.id, record.fields["active"]]));
  assert.deepEqual([active.get(ada), active.get(bob)], [true, false]);
  const ids = ["One", "Two"].map((name) => world.portal.data.add("companies", { name }));
  const outcomes = await company.update!(
    world.api,
    [
      { id: ids[0]!, values: { hubspot_owner_id: bob } },
      { id: ids[1]!, values: { hubspot_owner_id: ada } },
    ],
    never,
  );
  assert.deepEqual(
    outcomes.map((one) => (one.state === "failed" ? one.kind : one.state)),
    ["field", "done"],
  );
});

test("of what stands in a property HubSpot tells whether a person set it last", async () => {
  await using world = await createWorld();
  const { portal, api } = world;
  const [ada, bob] = ["ada", "bob"].map((name) =>
    portal.data.addOwner({ email: `${name}@example.com`, firstName: name, lastName: "Example" }),
  ) as [string, string];
  const rows = [null, ada, ada].map((hubspot_owner_id, index) => ({
    handle: handle(index),
    values: { name: `Firm ${index}`, hubspot_owner_id },
  }));
  const ids = madeIds(await company.create!(api, rows, never));
  for (const id of ids.slice(0, 2)) portal.data.edit("companies", id, { hubspot_owner_id: bob });
  await company.update!(api, [{ id: ids[1]!, values: { hubspot_owner_id: ada } }], never);
  const fields = ["name", "hubspot_owner_id", "associations.parent"];
  const told = await company.setByPeople!(api, { ids, fields, signal: never });
  assert.deepEqual(
    ids.map((id) => [...told.get(id)!]),
    [["hubspot_owner_id"], [], []],
  );
});

test("the windows of calls and of searches are kept, and refusals for rate end in nothing worse than waiting", async () => {
  await using world = await createWorld();
  world.portal.dials.settings.searchesPerSecond = 2;
  world.portal.dials.settings.privateCallsPer10s = 15;
  world.portal.data.load(
    "contacts",
    Array.from({ length: 900 }, (_, index) => ({ email: `w${index}@example.com` })),
  );
  world.portal.data.indexNow();
  const { records } = await pulled(world, contact, ["email", "associations.company"], {
    since: world.clock.now() - MINUTE,
  });
  assert.equal(new Set(records.map((one) => one.id)).size, 900);
  assert.equal((await pulled(world, contact, ["email"])).records.length, 900);
});

test("what is lost on the way is asked for again, a page for data is not taken for it, and tokens that ended are renewed", async () => {
  await using world = await createWorld({ oauth: true });
  world.portal.data.load(
    "contacts",
    Array.from({ length: 250 }, (_, index) => ({ email: `f${index}@example.com` })),
  );
  world.portal.dials.settings.rotateRefreshTokens = true;
  for (const kind of ["reset-before", "status", "truncate"] as const) {
    world.portal.dials.failNext({
      kind,
      match: { path: "/contacts" },
      ...(kind === "status" ? { status: 502, body: "bad gateway" } : {}),
    });
    world.portal.data.expireTokens();
    assert.equal((await pulled(world, contact, ["email"])).records.length, 250, kind);
  }
  for (const kind of ["html", "empty-json", "error-in-200"] as const) {
    world.portal.dials.failNext({ kind, match: { path: "/contacts" } });
    await assert.rejects(pulled(world, contact, ["email"]), /HubSpot/u, kind);
  }
});

test("what the connector sends is what HubSpot's own client would send", async (t) => {
  const file = join(import.meta.dirname, "../../../../shared/specs/hubspot/sdk-14.0.1-contract.json");
  if (!existsSync(file)) return t.skip("the contract of HubSpot's client is not on this machine");
  interface Module {
    operations: readonly {
      path: string;
      method: string;
      query: readonly string[];
      body?: string;
      accepts: Record<string, string>;
    }[];
    models: Record<string, Record<string, string>>;
  }
  const modules = Object.values(
    (JSON.parse(readFileSync(file, "utf8")) as { modules: Record<string, Module> }).modules,
  );
  const matches = (template: string, path: string): boolean =>
    new RegExp(`^${template.replaceAll(/\{[^}]+\}/gu, "[^/]+")}$`, "u").test(path);
  // The body's own fields, and those of its inputs, must be in the model of the operation.
  const unknownIn = (module: Module, model: string, body: Record<string, unknown>): string[] => {
    const known = module.models[model] ?? {};
    return Object.entries(body).flatMap(([key, value]) => {
      if (!(key in known)) return [`${model}.${key}`];
      const inner = /^Array<(\w+)>$/u.exec(known[key]!)?.[1] ?? known[key]!;
      if (!(inner in module.models)) return [];
      return [value].flat().flatMap((one) => unknownIn(module, inner, one as Record<string, unknown>));
    });
  };
  await using world = await createWorld({ settings: { apiVersion: "v3" }, story: "larkfield" });
  const since = world.clock.now() - 400 * 86_400_000;
  for (const stream of Object.values(hubspot.streams) as StreamDeclaration[]) {
    const fields = (await stream.describe(world.api))
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("history."));
    await pulled(world, stream, fields.slice(-60));
    await pulled(world, stream, fields.slice(-60), { since });
  }
  const [id] = madeIds(await contact.create!(world.api, rowsOf(1), never)) as [string];
  const firm = world.portal.data.add("companies", { name: "Firm" });
  for (const to of [firm, null])
    await contact.update!(world.api, [{ id, values: { city: "Ghent", "associations.company": to } }], never);
  for await (const _ of contact.pullDeleted!(world.api, {
    fields: [],
    since: 0,
    cursor: null,
    now: world.clock.now(),
    signal: never,
  }));
  const [keep, lose] = [1, 2].map((n) => world.portal.data.add("contacts", { email: `m${n}@example.com` }));
  await contact.merge!(world.api, { keep: keep!, lose: lose!, signal: never });
  await contact.delete!(world.api, [id], never);
  const ties: StreamDeclaration = hubspot.streams["deal-contact"];
  const dealId = world.portal.data.add("deals", { dealname: "Tied" });
  const contactId = world.portal.data.add("contacts", { lastname: "Tied" });
  const tie = { handle: "0190", values: { dealId, contactId, label: "Champion" } };
  const [made] = madeIds(await ties.create!(world.api, [tie], never)) as [string];
  for (const label of ["Decision maker", null]) await ties.update!(world.api, [{ id: made, values: { label } }], never);
  await ties.delete!(world.api, [made], never);

  const wrong = new Set<string>();
  const checked = new Set<string>();
  for (const { method, path, query, body, status } of world.portal.log.entries) {
    // The client has no account information and an older path for tokens.
    if (path.startsWith("/oauth") || path.startsWith("/account-info")) continue;
    const found = modules.flatMap((module) =>
      module.operations
        .filter((one) => one.method === method && matches(one.path, path))
        .map((one) => ({ module, one })),
    );
    if (found.length === 0) wrong.add(`${method} ${path} is no operation`);
    const complaints = found.map(({ module, one }) => [
      ...(status in one.accepts || status === 404 ? [] : [`${method} ${path} answered ${status}`]),
      ...[...new URLSearchParams(query).keys()]
        .filter((key) => !one.query.includes(key))
        .map((key) => `${method} ${path}?${key}`),
      // The log keeps the beginning of long bodies only.
      ...(one.body && body && body.length < 2_000
        ? unknownIn(module, one.body, JSON.parse(body) as Record<string, unknown>)
        : []),
    ]);
    const least = complaints.toSorted((a, b) => a.length - b.length)[0] ?? [];
    for (const complaint of least) wrong.add(complaint);
    checked.add(`${method} ${path.replaceAll(/\d{4,}/gu, "{id}")}`);
  }
  assert.deepEqual([...wrong], []);
  for (const path of [
    "/batch/upsert",
    "/batch/update",
    "/batch/read",
    "/batch/archive",
    "/search",
    "/batch/create",
    "/labels",
    "/batch/labels/archive",
    "/merge",
  ])
    assert.ok(
      [...checked].some((one) => one.endsWith(path)),
      path,
    );
});

test("Winston's own handle is told as such, so that it is no custom field, in no first mapping, in no suggestion and in no mapping", async () => {
  await using world = await createWorld();
  for (const [key, stream] of Object.entries<StreamDeclaration>(hubspot.streams)) {
    if (!stream.prepare) continue;
    assert.deepEqual(await stream.prepare(world.api), [], key);
    const fields = await stream.describe(world.api);
    assert.deepEqual(
      fields.flatMap((one) => (one.handle ? [one.name] : [])),
      ["winston_id"],
      key,
    );
    const custom = discoverFields(stream.kind, fields, "crm");
    assert.ok(!custom.some((one) => one.name === "winston_id"), key);
    const first = fitMapping(stream.fit?.(stream.mapping, fields) ?? stream.mapping, fields, custom);
    assert.doesNotMatch(JSON.stringify(first), /winston_?id/iu, key);
    const mine = { key: "winstonId", type: "text" as const, label: "Winston Id", custom: true };
    const given = { recordFields: fields, kindFields: [mine], rows: [], standard: [] };
    assert.deepEqual(
      suggest({ ...given, valuesOf: () => [], agreement: () => ({ same: 9, of: 9 }) }).filter(
        ({ row }) => row.record === "winston_id",
      ),
      [],
      key,
    );
    const row = { field: "winstonId", record: "winston_id", direction: "both", transform: "text" } as const;
    assert.throws(
      () => compileMapping({ document: { kind: stream.kind, rows: [row] }, kindFields: [mine], recordFields: fields }),
      /holds Winston's own handle/u,
      key,
    );
  }
});

test("its tokens are known by their look, and what begins alike is none", () => {
  const secret = (text: string): boolean => hubspot.auth.shapes!.some((shape) => shape.test(`# ${text}, of Ann`));
  for (const text of ["pat-na1-3f2504e0-4f89-41d3-9a0c-0305e82c3301", "pat-eu1-3f2504e0-4f89-41d3-9a0c-0305e82c3301"])
    assert.ok(secret(text), text);
  for (const text of [
    "pat-na1-…",
    "pat-a-cake",
    "pat-smith-and-his-accounts-of-2026",
    "hs_lastmodifieddate",
    "compat-na1-test",
  ])
    assert.ok(!secret(text), text);
});
