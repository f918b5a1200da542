import assert from "node:assert/strict";
import { test } from "node:test";
import { failed, failedRow as hubspotRow } from "./hubspot/errors.ts";
import { refusalFor as hubspotRefusal, REFUSALS as HUBSPOT } from "./hubspot/refusals.ts";
import { failedRow as salesforceRow } from "./salesforce/errors.ts";
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
