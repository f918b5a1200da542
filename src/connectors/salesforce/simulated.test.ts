// The connector against the simulator, which was written from the vendor's documentation by other hands.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { seededRandom } from "../../base/random.ts";
import type { Page, RowOutcome, VendorRecord } from "../../connector/contract.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { isError } from "../../base/errors.ts";
import { startSalesforce } from "../../simulators/salesforce/index.ts";
import { compileMapping } from "../../mapping/compile.ts";
import { suggest } from "../../mapping/suggest.ts";
import { discoverFields, fitMapping } from "../../sync/discover.ts";
import { salesforce } from "./index.ts";

const { account, contact, event, lead, opportunity, task, user } = salesforce.streams;
const never = new AbortController().signal;
const MINUTE = 60_000;

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
  options: { settings?: JsonObject; secrets?: Record<string, string>; story?: "larkfield" } = {},
) {
  const clock = jumpingClock();
  const org = await startSalesforce({ clock, random: seededRandom(7), story: options.story ?? "empty" });
  const { clientId, clientSecret } = org.credentials;
  const connection = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: org.url, simulator: true, ...options.settings },
    secrets: options.secrets ?? { clientId, clientSecret },
    clock,
    random: seededRandom(1),
    simulator: true,
  });
  return {
    clock,
    org,
    ...connection,
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await org.close();
    },
  };
}
type World = Awaited<ReturnType<typeof createWorld>>;
type Stream = (typeof salesforce.streams)[keyof typeof salesforce.streams];

async function pulled(
  world: World,
  stream: Stream,
  fields: readonly string[],
  more: { since?: number | null; cursor?: Json } = {},
): Promise<{ records: VendorRecord[]; watermark: number; pages: Page[] }> {
  const pages: Page[] = [];
  const request = { fields, since: null, cursor: null, now: world.clock.now(), signal: never, ...more };
  for await (const page of stream.pull(world.api, request)) pages.push(page);
  return { pages, records: pages.flatMap((page) => page.records), watermark: pages.at(-1)!.watermark! };
}

const lastNames = (records: readonly VendorRecord[]): unknown[] => records.map((one) => one.fields["LastName"]);
const newLead = (index: number): Record<string, string> => ({ LastName: `Lead ${index}`, Company: "Larkfield" });
const states = (outcomes: readonly RowOutcome[]): string[] =>
  outcomes.map((one) => (one.state === "failed" ? `${one.kind} ${one.vendor.code}` : one.state));
const rowsOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    handle: `0198a1b2-c3d4-7e5f-8a9b-${String(from + index).padStart(12, "0")}`,
    values: newLead(from + index),
  }));

test("the organisation is identified with client credentials and with a refresh token", async () => {
  await using world = await createWorld();
  const identity = await salesforce.identify(world.api);
  assert.match(identity.id, /^00D[A-Za-z\d]{15}$/u);
  assert.equal(identity.environment, "simulator");
  const { clientId, clientSecret, refreshToken } = world.org.credentials;
  await using other = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: world.org.url, simulator: true },
    secrets: { clientId, clientSecret, refreshToken },
    clock: world.clock,
    random: seededRandom(1),
    simulator: true,
  });
  assert.deepEqual(await salesforce.identify(other.api), identity);
});

test("every stream is described with the fields its mapping names, and read whole from the story", async () => {
  await using world = await createWorld({ story: "larkfield", settings: { bulkAbove: 100_000 } });
  // Groups of another type own nothing.
  const queues = world.org.data.list("Group").filter((one) => one["Type"] === "Queue").length;
  const counts: Record<string, number> = { ...world.org.data.counts(), Group: queues };
  assert.ok(queues > 0 && queues < world.org.data.list("Group").length);
  const objects = {
    user: "User",
    queue: "Group",
    account: "Account",
    campaign: "Campaign",
    contact: "Contact",
    lead: "Lead",
    opportunity: "Opportunity",
    task: "Task",
    event: "Event",
    "contact-role": "OpportunityContactRole",
  };
  for (const [key, stream] of Object.entries(salesforce.streams)) {
    const described = new Set((await stream.describe(world.api)).map((field) => field.name));
    const rows = stream.mapping["rows"] as { record: string | string[] }[];
    const named = rows.flatMap((row) => row.record);
    assert.deepEqual(
      named.filter((name) => !described.has(name)),
      [],
      key,
    );
    const { records } = await pulled(world, stream, named);
    assert.equal(new Set(records.map((one) => one.id)).size, counts[objects[key as keyof typeof objects]], key);
    // A lead's activity says nothing of what else it is related to.
    const [whole] = records.filter((one) => !String(one.fields["WhoId"]).startsWith("00Q"));
    assert.deepEqual(Object.keys(whole!.fields).toSorted(), named.toSorted(), key);
  }
});

test("a first load by Bulk gives the same records as one by pages", async () => {
  await using byPages = await createWorld({ story: "larkfield", settings: { bulkAbove: 100_000 } });
  const fields = [
    "LastName",
    "Email",
    "HasOptedOutOfEmail",
    "AnnualRevenue",
    "NumberOfEmployees",
    "Description",
    "OwnerId",
    "ConvertedDate",
  ];
  const whole = (await pulled(byPages, lead, fields)).records;
  await using byBulk = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: byPages.org.url, simulator: true, bulkAbove: 500 },
    secrets: { clientId: byPages.org.credentials.clientId, clientSecret: byPages.org.credentials.clientSecret },
    clock: byPages.clock,
    random: seededRandom(1),
    simulator: true,
  });
  byPages.org.dials.set({ pageSize: 500 });
  const bulk = await pulled({ ...byPages, api: byBulk.api }, lead, fields);
  assert.ok(byBulk.exchanges.some((one) => one.path.endsWith("/results")));
  const byId = (list: readonly VendorRecord[]): VendorRecord[] => list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  assert.deepEqual(byId(bulk.records), byId(whole));
});

test("equal stamps, small pages and a locator that dies lose nothing and repeat nothing", async () => {
  await using world = await createWorld();
  for (let index = 0; index < 40; index++) world.org.data.add("Lead", newLead(index));
  world.org.dials.set({ pageSize: 7 });
  const records: VendorRecord[] = [];
  const request = { fields: ["LastName"], since: 0, cursor: null, now: world.clock.now(), signal: never };
  for await (const page of lead.pull(world.api, request)) {
    records.push(...page.records);
    world.org.data.expireLocators();
  }
  assert.equal(records.length, 40);
  assert.equal(new Set(records.map((one) => one.id)).size, 40);
});

test("a row that commits late, behind the newest one seen, is shown by the next run", async () => {
  await using world = await createWorld();
  world.org.data.add("Lead", newLead(1), { lateMs: 4 * MINUTE });
  world.clock.move(MINUTE);
  world.org.data.add("Lead", newLead(2));
  const first = await pulled(world, lead, ["LastName"]);
  assert.deepEqual(lastNames(first.records), ["Lead 2"]);
  world.clock.move(4 * MINUTE);
  const second = await pulled(world, lead, ["LastName"], { since: first.watermark });
  assert.deepEqual(lastNames(second.records), ["Lead 1", "Lead 2"]);
  assert.ok(second.watermark > first.watermark);
});

test("what changed is read once the overlap has passed, and nothing else", async () => {
  await using world = await createWorld();
  for (let index = 0; index < 5; index++) world.org.data.add("Lead", newLead(index));
  world.clock.move(10 * MINUTE);
  const first = await pulled(world, lead, ["LastName"]);
  world.clock.move(10 * MINUTE);
  world.org.data.edit("Lead", first.records[2]!.id, { LastName: "Edited" });
  const second = await pulled(world, lead, ["LastName"], { since: first.watermark });
  assert.deepEqual(lastNames(second.records), ["Edited"]);
});

test("deletions, merges and conversions are told as what they are", async () => {
  await using world = await createWorld();
  const { data } = world.org;
  const ids = [1, 2, 3, 4].map((index) => data.add("Lead", newLead(index)));
  world.clock.move(10 * MINUTE);
  const { watermark } = await pulled(world, lead, ["LastName"]);
  world.clock.move(10 * MINUTE);
  data.delete(ids[0]!);
  data.merge("Lead", ids[1]!, [ids[2]!]);
  const converted = data.convertLead({
    leadId: ids[3]!,
    convertedStatus: "Closed - Converted",
    doNotCreateOpportunity: false,
  });
  const { records } = await pulled(world, lead, ["LastName"], { since: watermark });
  const told = new Map(records.map((one) => [one.id, one]));
  assert.equal(told.get(ids[0]!)!.deleted, true);
  assert.equal(told.get(ids[2]!)!.mergedInto, ids[1]);
  assert.equal(told.get(ids[1]!)!.deleted, undefined);
  assert.deepEqual(told.get(ids[3]!)!.convertedTo, {
    stream: "contact",
    id: converted.contactId,
    related: [
      { stream: "account", id: converted.accountId },
      { stream: "opportunity", id: converted.opportunityId },
    ],
  });
});

test("two records are merged by the SOAP call, within a session that has ended too, and a refusal is in the vendor's words", async () => {
  await using world = await createWorld();
  const { data } = world.org;
  const [keep, lose] = [1, 2].map((index) => data.add("Lead", newLead(index))) as [string, string];
  const kept = data.add("Account", { Name: "Kept" });
  await lead.read!(world.api, { ids: [keep], fields: [], signal: never });
  data.expireSessions();
  assert.deepEqual(await lead.merge!(world.api, { keep, lose, signal: never }), {
    state: "done",
    id: keep,
    created: false,
  });
  const { records } = await pulled(world, lead, ["LastName"], { since: 0 });
  assert.equal(records.find((one) => one.id === lose)!.mergedInto, keep);
  const refused = await lead.merge!(world.api, { keep, lose: kept, signal: never });
  assert.deepEqual(states([refused]), ["gone INVALID_CROSS_REFERENCE_KEY"]);
  assert.equal(opportunity.merge, undefined);
});

test("a merge whose answer was lost is unknown, and was asked for once", async () => {
  await using world = await createWorld();
  const [keep, lose] = [1, 2].map((index) => world.org.data.add("Lead", newLead(index))) as [string, string];
  await lead.read!(world.api, { ids: [keep], fields: [], signal: never });
  world.org.dials.failNext({ kind: "reset-after", match: { path: "/services/Soap" } });
  await assert.rejects(lead.merge!(world.api, { keep, lose, signal: never }), (thrown) =>
    isError(thrown, "vendor.unknown_outcome"),
  );
  const [, gone] = await lead.read!(world.api, { ids: [keep, lose], fields: [], signal: never });
  assert.equal(gone, null);
});

test("what the bin no longer holds is told by the deletion log", async () => {
  await using world = await createWorld();
  const id = world.org.data.add("Lead", newLead(1));
  const since = world.clock.now();
  world.clock.move(15 * MINUTE);
  world.org.data.delete(id);
  world.org.data.emptyBin();
  world.clock.move(15 * MINUTE);
  const request = { fields: [], since, cursor: null, now: world.clock.now(), signal: never };
  const pages: Page[] = [];
  for await (const page of lead.pullDeleted!(world.api, request)) pages.push(page);
  assert.deepEqual(
    pages.flatMap((page) => page.records.map((one) => [one.id, one.deleted])),
    [[id, true]],
  );
});

test("the handle's field is made and granted for every stream that is written", async () => {
  await using world = await createWorld();
  for (const [key, stream] of Object.entries(salesforce.streams)) {
    if (!stream.prepare) continue;
    assert.deepEqual(await stream.prepare(world.api), [], key);
    const field = (await stream.describe(world.api)).find((one) => one.name === "WinstonId__c");
    assert.deepEqual([field?.createable, field?.updateable, field?.unique], [true, true, true], key);
  }
});

test("without the right to customise, the steps for an administrator name the object", async () => {
  await using world = await createWorld();
  world.org.dials.set({ canCustomize: false });
  const steps = (await task.prepare!(world.api)).join("\n");
  assert.match(steps, /Object Manager › Activity/u);
  assert.match((await lead.prepare!(world.api)).join("\n"), /Object Manager › Lead/u);
});

test("the same handles sent twice make each record once, and are found again", async () => {
  await using world = await createWorld();
  await lead.prepare!(world.api);
  const rows = rowsOf(250);
  const first = await lead.create!(world.api, rows, never);
  const second = await lead.create!(world.api, rows, never);
  assert.ok(first.every((one) => one.state === "done" && one.created));
  assert.ok(second.every((one) => one.state === "done" && !one.created));
  assert.equal(world.org.data.counts()["Lead"], 250);
  const found = await lead.find!(world.api, {
    handles: rows.map((row) => row.handle),
    fields: ["LastName"],
    signal: never,
  });
  assert.deepEqual(
    new Map(found.map((one) => [one.handle, one.fields["LastName"]])),
    new Map(rows.map((row) => [row.handle, row.values["LastName"]])),
  );
});

test("a create whose answer was lost is unknown, and the handle finds what it made", async () => {
  await using world = await createWorld();
  await lead.prepare!(world.api);
  world.org.dials.failNext({ kind: "reset-after", match: { method: "PATCH", path: "composite" } });
  const rows = rowsOf(3);
  assert.deepEqual(states(await lead.create!(world.api, rows, never)), ["unknown", "unknown", "unknown"]);
  const found = await lead.find!(world.api, { handles: rows.map((row) => row.handle), fields: [], signal: never });
  assert.equal(found.length, 3);
  assert.equal(world.org.data.counts()["Lead"], 3);
});

test("a cut or unreadable answer to a write is unknown; a web page in a read stops the run", async () => {
  await using world = await createWorld();
  await lead.prepare!(world.api);
  for (const kind of ["truncate", "reset-before", "html", "empty-json"] as const) {
    world.org.dials.failNext({ kind, match: { method: "PATCH", path: "composite" } });
    assert.deepEqual(states(await lead.create!(world.api, rowsOf(1), never)), ["unknown"], kind);
  }
  for (const kind of ["html", "empty-json"] as const) {
    world.org.dials.failNext({ kind, match: { path: "/query" } });
    await assert.rejects(pulled(world, lead, []), (error) => isError(error, "vendor.bad_answer"), kind);
  }
  // What passes by itself is asked again.
  for (const kind of ["truncate", "reset-before", "error-in-200"] as const) {
    world.org.dials.failNext({ kind, match: { path: "/query" } });
    assert.equal((await pulled(world, lead, [])).records.length, world.org.data.counts()["Lead"], kind);
  }
});

test("each row that the organisation refuses says why, and the others are written", async () => {
  await using world = await createWorld();
  const { data } = world.org;
  await lead.prepare!(world.api);
  data.addCustomField("Lead", { name: "Code__c", type: "Text", length: 20, unique: true, externalId: true });
  const taken = data.add("Lead", { ...newLead(0), Code__c: "X1" });
  const values = [
    newLead(1),
    { LastName: "No company" },
    { ...newLead(2), LastName: "x".repeat(81) },
    { ...newLead(3), Email: "not an address" },
    { ...newLead(4), Code__c: "X1" },
    { ...newLead(5), OwnerId: "005000000000000AAA" },
    newLead(6),
  ];
  const rows = values.map((one, index) => ({ handle: `h${index}`, values: one }));
  const outcomes = await lead.create!(world.api, rows, never);
  assert.deepEqual(states(outcomes), [
    "done",
    "record REQUIRED_FIELD_MISSING",
    "field STRING_TOO_LONG",
    "record INVALID_EMAIL_ADDRESS",
    "exists DUPLICATE_VALUE",
    "field INVALID_CROSS_REFERENCE_KEY",
    "done",
  ]);
  assert.deepEqual(outcomes[4]!.state === "failed" && outcomes[4]!.existingIds, [taken]);
  assert.deepEqual(outcomes[1]!.state === "failed" && outcomes[1]!.vendor.fields, ["Company"]);
});

test("updates clear and set fields; a locked row goes later, a deleted one is gone, a converted one is refused", async () => {
  await using world = await createWorld();
  const { data } = world.org;
  const ids = [1, 2, 3, 4].map((index) =>
    data.add("Lead", { ...newLead(index), City: "Oslo", Email: "a@example.com" }),
  );
  data.lockRow(ids[1]!, 3_600_000);
  data.delete(ids[2]!);
  data.convertLead({ leadId: ids[3]!, convertedStatus: "Closed - Converted" });
  const values = { City: null, Title: "Engineer" };
  const outcomes = await lead.update!(
    world.api,
    ids.map((id) => ({ id, values })),
    never,
  );
  assert.deepEqual(
    states(outcomes).map((one) => one.split(" ")[0]),
    ["done", "later", "gone", "record"],
  );
  const [first, , third] = await lead.read!(world.api, { ids, fields: ["City", "Title", "Email"], signal: never });
  assert.deepEqual(first!.fields, { City: null, Title: "Engineer", Email: "a@example.com" });
  assert.equal(third, null);
});

test("assignment rules choose no owner unless the setting asks for it, of a large load not even then", async () => {
  const RULE = "01Q000000000001EAA";
  const ownersOf = async (settings: JsonObject) => {
    await using world = await createWorld({ settings });
    const { data, dials } = world.org;
    await lead.prepare!(world.api);
    const [mine, theirs] = [
      data.addUser({ lastName: "a", email: "a@example.com" }),
      data.addUser({ lastName: "b", email: "b@example.com" }),
    ];
    dials.set({ assignmentRule: { id: RULE, ownerId: theirs, active: true } });
    const owned = rowsOf(2).map((row) => ({ ...row, values: { ...row.values, OwnerId: mine } }));
    const [made, updated, bulk] = [owned[0]!, data.add("Lead", { ...newLead(9), OwnerId: mine }), owned[1]!];
    await lead.create!(world.api, [made], never);
    await lead.update!(world.api, [{ id: updated, values: { Title: "x" } }], never);
    await lead.createMany!(world.api, [bulk], never);
    const owner = (name: string) => data.list("Lead").find((row) => row["LastName"] === name)!["OwnerId"];
    return ["Lead 0", "Lead 9", "Lead 1"].map((name) => (owner(name) === theirs ? "the rule's" : "ours"));
  };
  assert.deepEqual(await ownersOf({}), ["ours", "ours", "ours"]);
  assert.deepEqual(await ownersOf({ assignmentRules: "active" }), ["the rule's", "the rule's", "ours"]);
  assert.deepEqual(await ownersOf({ assignmentRules: RULE }), ["the rule's", "ours", "ours"]);
});

test("two accounts that change places are both moved, in whatever order they go; a circle is refused in the vendor's words", async () => {
  await using world = await createWorld();
  const { data } = world.org;
  const { account } = salesforce.streams;
  const top = data.add("Account", { Name: "Top" });
  const low = data.add("Account", { Name: "Low", ParentId: top });
  const moves = [
    { id: top, values: { ParentId: low } },
    { id: low, values: { ParentId: null } },
  ];
  assert.deepEqual(states(await account.update!(world.api, moves, never)), ["done", "done"]);
  assert.equal(data.get("Account", top)!["ParentId"], low);
  const circle = [{ id: low, values: { ParentId: top } }];
  assert.deepEqual(states(await account.update!(world.api, circle, never)), ["field CIRCULAR_DEPENDENCY"]);
});

test("deleting twice is done and then gone", async () => {
  await using world = await createWorld();
  const id = world.org.data.add("Lead", newLead(1));
  assert.deepEqual(states(await lead.delete!(world.api, [id], never)), ["done"]);
  assert.deepEqual(states(await lead.delete!(world.api, [id], never)), ["gone ENTITY_IS_DELETED"]);
});

test("a field that is hidden later stops neither reading nor the rows that do not carry it", async () => {
  await using world = await createWorld();
  await lead.prepare!(world.api);
  const id = world.org.data.add("Lead", { ...newLead(1), Title: "Engineer", City: "Oslo" });
  world.org.data.setFieldAccess("Lead", "Title", "hidden");
  const { records } = await pulled(world, lead, ["LastName", "Title", "City"]);
  assert.deepEqual(records[0]!.fields, { LastName: "Lead 1", City: "Oslo" });
  const [read] = await lead.read!(world.api, { ids: [id], fields: ["Title", "City"], signal: never });
  assert.deepEqual(read!.fields, { City: "Oslo" });
});

test("large creates go by one bulk job, each row with its own outcome", async () => {
  await using world = await createWorld();
  await lead.prepare!(world.api);
  const rows = rowsOf(2_500).map((row, index) =>
    index === 700
      ? { ...row, values: { LastName: 'Quote " and\nline, comma' } }
      : index === 900
        ? { ...row, values: { ...row.values, LastName: "#N/A" } }
        : row,
  );
  const calls = world.exchanges.length;
  const outcomes = await lead.createMany!(world.api, rows, never);
  assert.ok(world.exchanges.length - calls < 12);
  assert.deepEqual(
    outcomes.flatMap((one, index) => (one.state === "done" ? [] : [[index, states([one])[0]]])),
    [[700, "record REQUIRED_FIELD_MISSING"]],
  );
  assert.equal(world.org.data.counts()["Lead"], 2_499);
  const again = await lead.createMany!(world.api, rows, never);
  assert.equal(again.filter((one) => one.state === "done" && !one.created).length, 2_499);
  assert.equal(world.org.data.counts()["Lead"], 2_499);
});

test("a contact, a deal, a call and a meeting are created with their references and read back", async () => {
  await using world = await createWorld();
  for (const stream of [account, contact, opportunity, task, event])
    assert.deepEqual(await stream.prepare!(world.api), []);
  const make = async (stream: typeof lead, handle: string, values: Record<string, unknown>): Promise<string> => {
    const [outcome] = await stream.create!(world.api, [{ handle, values }], never);
    assert.ok(outcome?.state === "done", JSON.stringify(outcome));
    return outcome.id;
  };
  const accountId = await make(account, "a", { Name: "Larkfield Robotics" });
  const contactId = await make(contact, "c", { LastName: "Okafor", AccountId: accountId });
  const dealId = await make(opportunity, "d", {
    Name: "Arms",
    AccountId: accountId,
    StageName: "Prospecting",
    CloseDate: "2026-12-01",
    Amount: 1250.5,
  });
  await make(task, "t", { Subject: "Call", TaskSubtype: "Call", WhoId: contactId, WhatId: dealId });
  await make(event, "e", {
    Subject: "Meet",
    WhoId: contactId,
    StartDateTime: "2026-05-01T09:00:00.000Z",
    EndDateTime: "2026-05-01T10:00:00.000Z",
  });
  const { records } = await pulled(world, task, ["Subject", "WhoId", "WhatId", "AccountId"]);
  assert.deepEqual(records[0]!.fields, { Subject: "Call", WhoId: contactId, WhatId: dealId, AccountId: accountId });
  assert.equal(records[0]!.handle, "t");
  const deals = await pulled(world, opportunity, ["Amount", "Account.Name"]);
  assert.deepEqual(deals.records[0]!.fields, { Amount: 1250.5, "Account.Name": "Larkfield Robotics" });
});

test("an activity of a lead says nothing of what else it is related to, for it may not be", async () => {
  await using world = await createWorld();
  const { data } = world.org;
  const contact = data.add("Contact", { LastName: "Vale" });
  data.add("Task", { Subject: "of a lead", WhoId: data.add("Lead", newLead(1)) });
  data.add("Task", { Subject: "of a contact", WhoId: contact });
  const { records } = await pulled(world, task, ["Subject", "WhoId", "WhatId"]);
  assert.deepEqual(
    records.map(({ fields }) => [fields["Subject"], "WhatId" in fields]),
    [
      ["of a lead", false],
      ["of a contact", true],
    ],
  );
});

test("an ended session is renewed, rotated refresh tokens are followed, and a revoked one says reconnect", async () => {
  await using world = await createWorld();
  const { clientId, clientSecret, refreshToken } = world.org.credentials;
  world.org.dials.set({ rotateRefreshTokens: true });
  await using rotating = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: world.org.url, simulator: true },
    secrets: { clientId, clientSecret, refreshToken },
    clock: world.clock,
    random: seededRandom(1),
    simulator: true,
  });
  for (let round = 0; round < 3; round++) {
    await salesforce.identify(rotating.api);
    world.org.data.expireSessions();
  }
  world.org.data.revokeRefreshTokens();
  await assert.rejects(pulled({ ...world, api: rotating.api }, user, ["Name"]), (error) =>
    isError(error, "credential.expired"),
  );
});

test("the day's allowance is taken from the answers, and spent it stops the work without another call", async () => {
  await using world = await createWorld();
  world.org.dials.set({ dailyCap: 20 });
  const spend = async (): Promise<never> => {
    for (;;) await pulled(world, user, ["Name"]);
  };
  await assert.rejects(spend(), (error) => isError(error, "vendor.budget_spent"));
  assert.ok(world.org.log.entries.every((entry) => entry.status < 400));
});

test("a vendor that fails one call in five costs time and no rows", async () => {
  await using world = await createWorld();
  for (let index = 0; index < 60; index++) world.org.data.add("Lead", newLead(index));
  world.org.dials.set({ pageSize: 5, rate503: 0.2 });
  const { records } = await pulled(world, lead, ["LastName"]);
  assert.equal(new Set(records.map((one) => one.id)).size, 60);
});

test("Winston's own handle is told as such, so that it is no custom field, in no first mapping, in no suggestion and in no mapping", async () => {
  await using world = await createWorld();
  for (const [key, stream] of Object.entries(salesforce.streams)) {
    if (!stream.prepare) continue;
    assert.deepEqual(await stream.prepare(world.api), [], key);
    const fields = await stream.describe(world.api);
    assert.deepEqual(
      fields.flatMap((one) => (one.handle ? [one.name] : [])),
      ["WinstonId__c"],
      key,
    );
    const custom = discoverFields(stream.kind, fields, "crm");
    assert.ok(!custom.some((one) => one.name === "WinstonId__c"), key);
    const first = fitMapping(stream.fit?.(stream.mapping, fields) ?? stream.mapping, fields, custom);
    assert.doesNotMatch(JSON.stringify(first), /winston_?id/iu, key);
    const mine = { key: "winstonId", type: "text" as const, label: "Winston Id", custom: true };
    const given = { recordFields: fields, kindFields: [mine], rows: [], standard: [] };
    assert.deepEqual(
      suggest({ ...given, valuesOf: () => [], agreement: () => ({ same: 9, of: 9 }) }).filter(
        ({ row }) => row.record === "WinstonId__c",
      ),
      [],
      key,
    );
    const row = { field: "winstonId", record: "WinstonId__c", direction: "both", transform: "text" } as const;
    assert.throws(
      () => compileMapping({ document: { kind: stream.kind, rows: [row] }, kindFields: [mine], recordFields: fields }),
      /holds Winston's own handle/u,
      key,
    );
  }
});

test("its secrets are known by their look, and its ids, names and digests are none", async () => {
  await using world = await createWorld();
  const { clientId, clientSecret } = world.org.credentials;
  const answer = await fetch(`${world.org.url}/services/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret }),
  });
  const granted = (await answer.json()) as { access_token: string };
  const secret = (text: string): boolean => salesforce.auth.shapes!.some((shape) => shape.test(`# ${text}, of Ann`));
  for (const text of [
    granted.access_token,
    `00D5g000004ABCDEAW!${"AQ4AQFZ._x".repeat(9)}`,
    `5Aep861${"KIwKdekr90".repeat(7)}`,
    "0123456789ABCDEF".repeat(4),
  ])
    assert.ok(secret(text), text);
  for (const text of [
    "00D5g000004ABCDEAW",
    "0015g00000ABCDEFGH! yes",
    "WinstonId__c",
    "0123456789abcdef".repeat(4),
    "A".repeat(64),
    "7".repeat(64),
  ])
    assert.ok(!secret(text), text);
});
