import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../base/json.ts";
import type { VendorField } from "../connector/contract.ts";
import { camelCase, discoverFields, fitMapping } from "./discover.ts";

const field = (name: string, type = "text", more: Partial<VendorField> = {}): VendorField => ({
  name,
  label: name,
  type,
  custom: name.endsWith("__c"),
  required: false,
  createable: true,
  updateable: true,
  unique: false,
  ...more,
});

test("a vendor's custom fields become ours under names as we write them", () => {
  const found = discoverFields("person", [field("Lead_Score__c", "number"), field("Größe (cm)__c")], "crm");
  assert.deepEqual(found, [
    { key: "leadScore", type: "number", label: "Lead_Score__c", name: "Lead_Score__c" },
    { key: "größeCm", type: "text", label: "Größe (cm)__c", name: "Größe (cm)__c" },
  ]);
  assert.equal(camelCase("HTTP_Status code"), "hTTPStatusCode");
});

test("a custom field with the name of a standard one, or of another custom one, gets the vendor's name before it", () => {
  const names = ["Email__c", "External_Id__c", "A_b__c", "AB__c", "aB__c"];
  const found = discoverFields(
    "person",
    names.map((name) => field(name)),
    "crm",
  );
  assert.deepEqual(
    found.map((one) => one.key),
    ["crmEmail", "crmExternalId", "aB", "crmAB", "crmAB2"],
  );
});

test("standard fields, Winston's own handle, references and amounts are left to a mapping of their own", () => {
  const fields = [
    field("Email", "email"),
    field("WinstonId__c", "text", { handle: true }),
    field("Boss__c", "reference", { targets: ["contact"] }),
    field("Fee__c", "money"),
    field("___c"),
  ];
  assert.deepEqual(discoverFields("person", fields, "crm"), []);
});

test("the default mapping loses rows this account cannot carry and gains its custom fields, both ways and as their type is read", () => {
  const mapping = {
    kind: "person",
    rows: [
      { field: "email", record: "Email", direction: "both", transform: "email" },
      { field: "phone", record: "Phone", direction: "both", transform: "phone" },
      { field: ["firstName", "lastName"], record: ["First", "Gone"], direction: "both", transform: "x" },
      { field: "score", record: "Score__c", direction: "in", transform: "number" },
    ],
  };
  const fields = [field("Email"), field("First"), field("Score__c", "number"), field("Tags__c", "multipicklist")];
  const fitted = fitMapping(mapping as unknown as JsonObject, fields, discoverFields("person", fields, "crm"));
  assert.deepEqual(fitted["rows"], [
    { field: "email", record: "Email", direction: "both", transform: "email" },
    { field: "score", record: "Score__c", direction: "in", transform: "number" },
    { field: "tags", record: "Tags__c", direction: "both", transform: "multipicklist" },
  ]);
  assert.equal(fitted["kind"], "person");
});
