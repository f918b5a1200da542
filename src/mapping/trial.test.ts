import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { compileMapping, type RecordField } from "./document.ts";
import { standardFields } from "./kinds.ts";
import type { Fields, MappingRow } from "./types.ts";

const compiled = (rows: readonly MappingRow[], recordFields?: readonly RecordField[]) =>
  compileMapping({ document: { kind: "person", rows }, kindFields: standardFields("person"), recordFields });
const row = (field: MappingRow["field"], transform: string, more: Partial<MappingRow> = {}): MappingRow => ({
  field,
  record: "R",
  direction: "both",
  transform,
  ...more,
});

const tryIn = (one: MappingRow, record: Record<string, unknown>, fillers?: Record<string, never>) =>
  compiled([one]).rows[0]!.tryIn(record, fillers);
const tryOut = (one: MappingRow, entity: Fields, recordFields?: readonly RecordField[]) =>
  compiled([one], recordFields).rows[0]!.tryOut({ entity, reference: () => undefined, related: () => undefined });

test("a record's value is taken as it is, in another form, or not at all, and what would be written of it is shown", () => {
  const table = { options: { table: { Hot: "hot" } } };
  const tried: readonly (readonly [MappingRow, unknown, string, unknown, unknown])[] = [
    [row("email", "email"), "ann@example.com", "ok", "ann@example.com", "ann@example.com"],
    [row("email", "email"), " ann@EXAMPLE.com", "coerced", "ann@example.com", "ann@example.com"],
    [row("title", "trim"), "  ", "coerced", null, null],
    [row("title", "text"), null, "ok", null, null],
    [row("rating", "picklist", table), "Hot", "ok", "hot", "Hot"],
    [row("rating", "picklist", table), "Warm", "rejected", undefined, undefined],
    [row("employees", "number"), "1,000", "coerced", 1000, 1000],
    [
      row("annualRevenue", "money", { options: { currency: "EUR" } }),
      12.5,
      "ok",
      { amount: "12.5", currency: "EUR" },
      12.5,
    ],
    [
      row("birthday", "date", { options: { format: "MM/DD/YYYY" } }),
      "2/29/2024",
      "coerced",
      "2024-02-29",
      "02/29/2024",
    ],
    [row("email", "email"), "none", "rejected", undefined, undefined],
    // One way, a translation is no loss; a value that goes is one.
    [row("rating", "picklist", { direction: "in", options: { table: { A: "x", B: "x" } } }), "B", "ok", "x", "A"],
    [
      row("rating", "picklist", { direction: "in", options: { otherwise: "null", table: {} } }),
      "B",
      "coerced",
      null,
      null,
    ],
  ];
  for (const [one, raw, verdict, value, back] of tried) {
    const found = tryIn(one, { R: raw });
    assert.deepEqual([found.verdict, found.to[0], found.back[0]], [verdict, value, back], JSON.stringify(one));
  }
  assert.match(tryIn(row("email", "email"), { R: "none" }).message!, /^R: "none" is not one email address/u);
  assert.equal(tryIn(row("email", "email"), {}).verdict, "unread");
});

test("spellings of one instant say nothing, and a filler is a blank", () => {
  const kindFields = [{ key: "seenAt", type: "datetime" as const, label: "Seen at" }];
  const { rows } = compileMapping({ document: { kind: "person", rows: [row("seenAt", "datetime")] }, kindFields });
  assert.equal(rows[0]!.tryIn({ R: "2024-02-29T10:00:00.000+0000" }).verdict, "ok");
  const filled = compiled([row("title", "text", { onCreate: "[none]" })]).rows[0]!.tryIn(
    { R: "[none]" },
    { R: "[none]" },
  );
  assert.deepEqual([filled.verdict, filled.to], ["ok", [null]]);
});

test("Winston's value is written as it is, comes back otherwise or less exact, or cannot be written", () => {
  const table = { options: { table: { Hot: "hot" } } };
  const tried: readonly (readonly [MappingRow, Fields, string, unknown, unknown])[] = [
    [row("title", "text"), { title: "CEO" }, "ok", "CEO", "CEO"],
    [row("title", "trim"), { title: " CEO" }, "coerced", "CEO", "CEO"],
    [row("rating", "picklist", table), { rating: "hot" }, "ok", "Hot", "hot"],
    [row("rating", "picklist", table), { rating: "warm" }, "rejected", undefined, undefined],
    [row("title", "text", { onCreate: "[none]" }), {}, "ok", "[none]", null],
    [row("account.name", "text"), { account: "a1" }, "waits", undefined, undefined],
    [
      row(["firstName", "lastName"], "template", { direction: "out", options: { template: "Dear {firstName}" } }),
      { firstName: "Ann" },
      "ok",
      "Dear Ann",
      undefined,
    ],
  ];
  for (const [one, entity, verdict, raw, back] of tried) {
    const found = tryOut(one, entity);
    assert.deepEqual([found.verdict, found.to[0], found.back[0]], [verdict, raw, back], JSON.stringify(one));
  }
  const money = row("annualRevenue", "money");
  const exact = [{ name: "R", scale: 0 }];
  assert.equal(tryOut(money, { annualRevenue: { amount: "1.5", currency: null } }, exact).verdict, "coerced");
  assert.equal(tryOut(money, { annualRevenue: { amount: "2", currency: null } }, exact).verdict, "ok");
});

test("row by row a record is read, and an entity written, as the whole mapping does it", () => {
  const rows: readonly MappingRow[] = [
    { ...row(["firstName", "lastName"], "fullName"), record: "name" },
    { ...row("email", "email"), record: "mail" },
    { ...row("phone", "phone", { options: { country: "US" } }), record: "tel" },
    { ...row("employees", "number"), record: "staff" },
    { ...row("rating", "picklist", { options: { table: { A: "a", B: "b" } } }), record: "heat" },
    { ...row("annualRevenue", "money", { options: { currencyField: "cur" } }), record: "worth" },
    { ...row("doNotCall", "boolean"), record: "silent" },
  ];
  const mapping = compiled(rows);
  const raw = fc.constantFrom(
    undefined,
    null,
    "",
    " a ",
    "Ann Lee",
    "ann@X.com",
    "415 555 0100",
    "A",
    "7",
    1.5,
    true,
    "USD",
  );
  const record = fc.record(Object.fromEntries(mapping.vendorFields.map((name) => [name, raw])));
  fc.assert(
    fc.property(record, (given) => {
      const reading = mapping.read(given);
      const tried = mapping.rows.map((one) => ({ one, way: one.tryIn(given) }));
      const read = tried.filter(({ way }) => way.verdict === "ok" || way.verdict === "coerced");
      assert.deepEqual(
        Object.fromEntries(read.flatMap(({ one, way }) => one.fields.map((key, at) => [key, way.to[at]]))),
        reading.fields,
      );
      assert.deepEqual(
        tried.flatMap(({ way }) => (way.verdict === "rejected" ? [way.message] : [])),
        reading.problems.map(({ message }) => message),
      );
      const entity = reading.fields;
      const input = { entity, reference: () => undefined, related: () => undefined };
      const writing = mapping.write({ ...input, changed: mapping.outbound, forCreate: false });
      const sent = mapping.rows.map((one) => ({ one, way: one.tryOut(input) }));
      assert.deepEqual(
        sent.flatMap(({ way }) => (way.verdict === "rejected" ? [way.message] : [])),
        writing.problems.map(({ message }) => message),
      );
      for (const { one, way } of sent)
        if (way.verdict === "ok" || way.verdict === "coerced")
          one.records.forEach((name, at) => assert.deepEqual(way.to[at], writing.values[name] ?? null));
    }),
  );
});
