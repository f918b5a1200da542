import assert from "node:assert/strict";
import { test } from "node:test";
import { standardFields } from "./kinds.ts";
import { suggest, type SuggestedField, type Suggesting } from "./suggest.ts";
import type { MappingRow } from "./types.ts";

const field = (name: string, type: string, more: Partial<SuggestedField> = {}): SuggestedField => ({
  name,
  label: name,
  type,
  createable: true,
  updateable: true,
  ...more,
});
const row = (mine: string, theirs: string, transform: string): MappingRow => ({
  field: mine,
  record: theirs,
  direction: "both",
  transform,
});
const given = (recordFields: readonly SuggestedField[], more: Partial<Suggesting> = {}) =>
  suggest({
    kindFields: standardFields("person"),
    recordFields,
    rows: [],
    standard: [],
    valuesOf: () => [],
    agreement: () => ({ same: 0, of: 0 }),
    ...more,
  });
const pairsOf = (found: ReturnType<typeof suggest>) =>
  found.map((one) => [one.row.field, one.row.record, one.row.direction]);

test("a pair has its reasons: the same name, the same label, names that are near, the same type", () => {
  const found = given([
    field("PostalCode", "text"),
    field("hs_job", "text", { label: "Job Title" }),
    field("PhoneDirect__c", "phone"),
    field("Xyz", "text"),
  ]);
  assert.deepEqual(
    found.map((one) => [one.row.field, one.row.record, one.row.transform, ...one.reasons]),
    [
      ["postalCode", "PostalCode", "text", "the same name: postalCode and PostalCode", "the same type: text"],
      ["title", "hs_job", "text", 'the same label: "Job Title"', "the same type: text"],
      ["phone", "PhoneDirect__c", "phone", "names that are near: phone and PhoneDirect__c", "the same type: phone"],
    ],
  );
});

test("a type alone suggests nothing, and types that cannot stand for each other rule a pair out", () => {
  assert.deepEqual(given([field("Xyz", "email"), field("employees", "text"), field("birthday", "datetime")]), []);
  assert.deepEqual(given([field("account", "reference")]), [], "nobody knows what it points to");
});

test("values speak: those of a closed list, and those that both sides have of the same records", () => {
  const options = ["Hot", "Warm"].map((value) => ({ value, active: true }));
  const listed = given([field("Heat", "picklist", { options })], {
    valuesOf: (key) => (key === "rating" ? ["Hot", "Warm", "Hot"] : []),
  });
  assert.deepEqual(listed[0]!.reasons, ["2 of the 2 values here are in its list there", "the same type: picklist"]);
  const agreeing = given([field("Q7", "number")], {
    agreement: (record, key) => ({ same: record === "Q7" && key === "employees" ? 9 : 1, of: 10 }),
  });
  assert.deepEqual(
    [agreeing[0]!.row.field, agreeing[0]!.reasons[0]],
    ["employees", "the same values in 9 of 10 records that say something of both"],
  );
  assert.deepEqual(given([field("Q7", "number")], { agreement: () => ({ same: 2, of: 2 }) }), [], "two are chance");
});

test("the connector's own pairs come first, each field is in one pair, and what is mapped is in none", () => {
  const found = given([field("Title", "text"), field("Role", "text"), field("City", "text"), field("Email", "email")], {
    rows: [row("email", "Mail", "email"), row("owner.name", "City", "text")],
    standard: [row("title", "Role", "trim"), row("email", "Email", "email")],
  });
  assert.deepEqual(
    found.map((one) => [one.row.field, one.row.record, one.row.transform, one.reasons[0]]),
    [["title", "Role", "trim", "the connector's own mapping has this pair"]],
  );
});

test("what can only be read there is suggested inbound, and Winston's own handle never", () => {
  const readOnly = { createable: false, updateable: false };
  assert.deepEqual(pairsOf(given([field("City", "text", readOnly)])), [["city", "City", "in"]]);
  assert.deepEqual(given([field("city", "text", { handle: true })]), []);
});
