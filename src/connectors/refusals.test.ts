import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { seededRandom } from "../base/random.ts";
import { connectDirectly } from "../connector/direct.ts";
import { startHubspot } from "../simulators/hubspot/index.ts";
import { startSalesforce } from "../simulators/salesforce/index.ts";
import { failed, failedRow as hubspotRow } from "./hubspot/errors.ts";
import { hubspot } from "./hubspot/index.ts";
import { refusalFor as hubspotRefusal, REFUSALS as HUBSPOT } from "./hubspot/refusals.ts";
import { failedRow as salesforceRow } from "./salesforce/errors.ts";
import { salesforce } from "./salesforce/index.ts";
import { REFUSALS as SALESFORCE } from "./salesforce/refusals.ts";

/** A sentence that tells somebody to do something. */
const ACT =
  /(?:^|\. |: |, or )(?:Add|Activate|Approve|Ask|Change|Choose|Correct|Fill|Give|Let|Make|Merge|Remove|See|Shorten|Take|give|merge|ask|approve|edit|change|`winston)/u;

for (const [code, { act }] of Object.entries({ ...HUBSPOT, ...SALESFORCE }))
  test(`the refusal ${code} says what a person can do, in whole sentences`, () => {
    assert.match(act, ACT);
    assert.match(act, /[.)]$/u);
  });

for (const code of Object.keys(SALESFORCE))
  test(`Salesforce: a row refused with ${code} carries its act, whether it is made or changed`, () => {
    for (const byId of [true, false])
      for (const fields of [[], ["Field__c"]]) {
        const outcome = salesforceRow({ statusCode: code, message: "said", fields }, byId);
        assert.ok(outcome.state === "failed");
        assert.equal(outcome.vendor.act, SALESFORCE[code as keyof typeof SALESFORCE].act);
        assert.equal(outcome.vendor.message, "said", "the vendor's words stay as they are");
        // Nothing can be left out where nothing is named.
        if (fields.length === 0) assert.notEqual(outcome.kind, "field");
      }
  });

test("Salesforce: what nobody here knows is parked with its words, and says what to do all the same", () => {
  const outcome = salesforceRow({ statusCode: "NEW_IN_69", message: "said" }, true);
  assert.ok(outcome.state === "failed" && outcome.kind === "record");
  assert.match(outcome.vendor.act!, ACT);
});

test("Salesforce: a refusal that names an id and no field is about the field that leads there", () => {
  const error = {
    statusCode: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    message: "insufficient access rights on cross-reference id: 001000000000001",
  };
  const outcome = salesforceRow(error, true, { Name: "x", AccountId: "001000000000001AAA" });
  assert.ok(outcome.state === "failed" && outcome.kind === "field");
  assert.deepEqual(outcome.vendor.fields, ["AccountId"]);
});

test("Salesforce: a deleted record is gone only where it is the row's own; a field that leads to one is left out", () => {
  const kind = (fields: string[], byId: boolean): string => {
    const outcome = salesforceRow({ statusCode: "ENTITY_IS_DELETED", message: "entity is deleted", fields }, byId);
    return outcome.state === "failed" ? outcome.kind : outcome.state;
  };
  assert.deepEqual([kind([], true), kind(["AccountId"], true), kind(["AccountId"], false)], ["gone", "field", "field"]);
  assert.equal(kind([], false), "record", "a record that is made anew was not there to be gone");
});

for (const code of Object.keys(HUBSPOT))
  test(`HubSpot: a row refused with ${code} carries its act, in a 207 and for a whole call`, () => {
    for (const byId of [true, false]) {
      for (const outcome of [
        hubspotRow({ category: code, message: "said", context: { propertyName: ["city"] } }, byId),
        failed({ status: 400, code, message: "said", fields: ["city"] }, byId),
      ]) {
        assert.ok(outcome.state === "failed");
        assert.equal(outcome.vendor.act, HUBSPOT[code as keyof typeof HUBSPOT].act);
        assert.equal(outcome.vendor.message, "said");
      }
    }
  });

/** Codes as answers carry them, and the guides write them otherwise. */
for (const [code, known] of [
  ["READ_ONLY", "READ_ONLY_VALUE"],
  ["PROPERTY_DOESNT_EXIST", "PROPERTY_DOESNT_EXIST"],
  ["INVALID_OWNER", "INVALID_OWNER_ID"],
  ["MISSING_CONDITIONALLY_REQUIRED_PROPERTIES", "MISSING_REQUIRED_PROPERTY"],
] as const)
  test(`HubSpot: ${code} is known as ${known}`, () => {
    assert.equal(hubspotRefusal(code, "VALIDATION_ERROR"), HUBSPOT[known]);
  });

test("HubSpot: an address that another contact has is left out of an update, and stops a create", () => {
  const words = { status: 409, code: "CONFLICT", message: "Contact already exists. Existing ID: 12", fields: [] };
  const [update, create] = [failed(words, true), failed(words, false)];
  assert.ok(update.state === "failed" && create.state === "failed");
  assert.deepEqual([update.kind, update.vendor.fields], ["field", ["email"]]);
  assert.deepEqual([create.kind, create.existingIds], ["exists", ["12"]]);
});

test("HubSpot: a unique value that another record has names its property, which only the sentence does", () => {
  const message =
    "Cannot set PropertyValueCoordinates{portalId=1, objectTypeId=ObjectTypeId{legacyObjectType=CONTACT}, propertyName=badge, value=7} on 12. 34 already has that value.";
  const outcome = hubspotRow({ category: "VALIDATION_ERROR", message }, true);
  assert.ok(outcome.state === "failed" && outcome.kind === "field");
  assert.deepEqual([outcome.vendor.code, outcome.vendor.fields], ["VALUE_TAKEN", ["badge"]]);
});

const never = new AbortController().signal;

test("each code that Salesforce refuses a row with comes through the connector as what it is, out of an organisation that says it", async () => {
  await using world = await createOrg();
  const id = world.org.data.add("Lead", { LastName: "Ray", Company: "X" });
  for (const [code, { kind, act }] of Object.entries(SALESFORCE)) {
    const message = code.startsWith("DUPLICATE_")
      ? `duplicate value found: Title duplicates value on record with id: ${id}`
      : code;
    world.org.dials.settings.rowRules = [{ object: "Lead", field: "Title", code, message, fields: ["Title"] }];
    const row = { id, values: { Title: "a", Company: "Y" } };
    const [outcome] = await salesforce.streams.lead.update!(world.api, [row], never);
    assert.ok(outcome?.state === "failed", code);
    assert.deepEqual([outcome.vendor.code, outcome.vendor.act, outcome.vendor.fields], [code, act, ["Title"]]);
    // A unique value of an update concerns its field; a create that meets it is about the other record.
    assert.equal(outcome.kind, kind === "exists" ? "field" : kind, code);
  }
});

test("each value that HubSpot refuses comes through the connector as what it is, out of a portal that says it", async () => {
  await using world = await createPortal();
  const id = world.portal.data.add("contacts", { email: "a@example.com" });
  const codes = Object.entries(HUBSPOT).filter(([, { kind }]) => kind === "field");
  assert.ok(codes.length >= 10);
  for (const [error, { act }] of codes) {
    world.portal.dials.settings.valueRules = [{ object: "contacts", property: "city", error, message: "said" }];
    const row = { id, values: { city: "Ghent", jobtitle: error } };
    const [outcome] = await hubspot.streams.contact.update!(world.api, [row], never);
    assert.ok(outcome?.state === "failed", error);
    assert.deepEqual([outcome.kind, outcome.vendor.code, outcome.vendor.act], ["field", error, act]);
    assert.deepEqual([outcome.vendor.fields, outcome.vendor.message], [["city"], "said"]);
  }
});

async function createOrg() {
  const clock = systemClock;
  const org = await startSalesforce({ clock, random: seededRandom(7), story: "empty" });
  const { clientId, clientSecret } = org.credentials;
  const settings = { loginUrl: org.url, simulator: true };
  const secrets = { clientId, clientSecret };
  const options = { connector: salesforce, settings, secrets, clock, random: seededRandom(1), simulator: true };
  return opened(org, { org, ...connectDirectly(options) });
}

async function createPortal() {
  const clock = systemClock;
  const portal = await startHubspot({ clock, random: seededRandom(7), story: "empty" });
  const settings = { baseUrl: portal.url, simulator: true };
  const secrets = { accessToken: portal.credentials.privateToken };
  const options = { connector: hubspot, settings, secrets, clock, random: seededRandom(1), simulator: true };
  return opened(portal, { portal, ...connectDirectly(options) });
}

const opened = <World extends AsyncDisposable>(side: { close(): Promise<unknown> }, world: World): World => ({
  ...world,
  async [Symbol.asyncDispose]() {
    await world[Symbol.asyncDispose]();
    await side.close();
  },
});
