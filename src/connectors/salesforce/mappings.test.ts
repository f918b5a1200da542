import assert from "node:assert/strict";
import { test } from "node:test";

import { compileMapping, parseMappingDocument } from "../../mapping/document.ts";
import { standardFields } from "../../mapping/kinds.ts";
import { salesforce } from "./index.ts";

const compiled = Object.fromEntries(
  Object.entries(salesforce.streams).map(([key, { kind, mapping }]) => [
    key,
    compileMapping({ document: parseMappingDocument(mapping), kindFields: standardFields(kind) }),
  ]),
);

test("every stream begins with a mapping that compiles, of its own kind and stage", () => {
  for (const [key, { document }] of Object.entries(compiled)) {
    const { kind, stage } = salesforce.streams[key as keyof typeof salesforce.streams];
    assert.deepEqual([document.kind, document.stage], [kind, stage], key);
  }
});

test("a lead is read into canonical values as the vendor spells them", () => {
  const { fields, references, problems } = compiled["lead"]!.read(
    {
      FirstName: "Zoë",
      LastName: "[not provided]",
      Email: "Zoe@EXAMPLE.com",
      HasOptedOutOfEmail: true,
      AnnualRevenue: 1250000.5,
      NumberOfEmployees: 12,
      OwnerId: "005000000000001AAA",
    },
    { LastName: "[not provided]" },
  );
  assert.deepEqual(problems, []);
  assert.equal(fields["lastName"], null);
  assert.equal(fields["email"], "Zoe@example.com");
  assert.equal(fields["doNotEmail"], true);
  assert.deepEqual(fields["annualRevenue"], { amount: "1250000.5", currency: null });
  assert.equal(references["owner"], "005000000000001AAA");
  assert.equal("city" in fields, false);
});

test("a deal without what the vendor requires is created with fillers, and an event's times are read from the vendor's form", () => {
  const { values, fillers } = compiled["opportunity"]!.write({
    entity: { name: "Robot arms" },
    changed: "all",
    forCreate: true,
    reference: () => undefined,
    related: () => undefined,
  });
  assert.deepEqual(values, { Name: "Robot arms", StageName: "Prospecting", CloseDate: "2099-12-31" });
  assert.deepEqual(fillers, { StageName: "Prospecting", CloseDate: "2099-12-31" });
  const lost = compiled["opportunity"]!.read({
    StageName: "Closed Lost",
    IsClosed: true,
    IsWon: false,
    Probability: 0,
  });
  assert.deepEqual(
    ["stage", "isClosed", "isWon", "probability"].map((field) => lost.fields[field]),
    ["Closed Lost", true, false, 0],
  );
  const event = compiled["event"]!.read({ StartDateTime: "2026-01-05T09:00:00.000+0000" });
  assert.deepEqual([event.fields["type"], event.fields["startsAt"]], ["meeting", "2026-01-05T09:00:00.000Z"]);
});

test("a note becomes a plain task, a call a call, and its deal stands before its account", () => {
  const write = (entity: Record<string, string>): Record<string, unknown> =>
    compiled["task"]!.write({
      entity,
      changed: "all",
      forCreate: true,
      reference: (_field, id) => `${id}-there`,
      related: () => undefined,
    }).values;
  assert.deepEqual(write({ type: "note", subject: "s" }), { Subject: "s" });
  assert.deepEqual(write({ type: "call", deal: "d", account: "a" }), { TaskSubtype: "Call", WhatId: "d-there" });
});
