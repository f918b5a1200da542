import assert from "node:assert/strict";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { compileCondition, type Answer } from "./condition.ts";
import { standardFields } from "./kinds.ts";
import type { Field, Fields } from "./types.ts";

const FIELDS: readonly Field[] = [
  ...standardFields("person"),
  { key: "tags", type: "multipicklist", label: "Tags", custom: true },
  { key: "seenAt", type: "datetime", label: "Seen at", custom: true },
];

const of = (text: string, values: Fields): Answer => compileCondition(text, FIELDS, "/filter/in").of(values);

const refused = (text: string, fields: readonly Field[] = FIELDS): string => {
  try {
    compileCondition(text, fields, "/filter/in");
  } catch (thrown) {
    assert.ok(isError(thrown, "rule.invalid"), String(thrown));
    assert.equal(thrown.problems[0]!.pointer, "/filter/in");
    return thrown.problems[0]!.message;
  }
  return assert.fail(`${text} was not refused`);
};

test("each type of field can be asked about", () => {
  const ann = {
    source: "Web",
    employees: 40,
    annualRevenue: { amount: "1200.50", currency: "EUR" },
    birthday: "1990-04-01",
    doNotCall: true,
    tags: ["VIP", "old"],
    seenAt: "2026-03-01T10:00:00.000Z",
  };
  for (const text of [
    'source == "Web" && source in ["Web", "Fair"]',
    "employees == 40 && employees > 39.5 && employees != 3",
    'annualRevenue.amount > 1200 && annualRevenue.currency == "EUR"',
    'birthday < "1990-12-31"',
    "doNotCall && !doNotEmail",
    '"VIP" in tags && tags.exists(one, one.startsWith("o"))',
    'seenAt > timestamp("2026-02-28T00:00:00Z") && seenAt.getFullYear() == 2026',
    "blank(company) && blank(mobile) && !blank(employees)",
  ])
    assert.equal(of(text, ann), "yes", text);
  assert.equal(of("employees == 3", { employees: "12345678901234567890" }), "no");
});

test("a blank text is empty, a blank yes-or-no is no, and of a blank number, amount or date nothing is said", () => {
  assert.equal(of('source != "Web"', {}), "yes");
  assert.equal(of("!doNotCall", { doNotCall: null }), "yes");
  assert.equal(of('"VIP" in tags', {}), "no");
  for (const text of ["employees < 10", "!(employees < 10)", "annualRevenue.amount < 1", 'birthday < "2000-01-01"'])
    assert.equal(of(text, {}), "no", text);
  assert.equal(of('employees > 10 || source == "Web"', { source: "Web" }), "yes");
  assert.equal(of("blank(employees) || employees > 10", {}), "yes");
});

test("a field whose name the language keeps for itself has an underscore behind it", () => {
  const deal = standardFields("deal");
  const renewals = compileCondition('type_ == "Renewal"', deal, "/filter/in");
  assert.deepEqual([...renewals.fields], ["type"]);
  assert.equal(renewals.of({ type: "Renewal" }), "yes");
  assert.match(
    refused('type == "Renewal"', deal),
    /type is a word of the language: the field is type_ in a condition/u,
  );
  const odd: Field[] = ["package", "in", "string", "int"].map((key) => ({ key, type: "text", label: key }));
  assert.equal(compileCondition("package_ == in_ && string_ == int_", odd, "/x").of({}), "yes");
});

test("what fails on a value says so, and is neither yes nor no", () => {
  assert.deepEqual(of("int(postalCode) > 8000", { postalCode: "SW1A" }), {
    failed: "int() type error: cannot convert to int",
  });
  assert.equal(of("int(postalCode) > 8000", { postalCode: "8001" }), "yes");
});

test("a condition that cannot be used is refused with line, column, what was expected and the fields", () => {
  assert.match(
    refused('source == "Web" &&\n  sorce == "x"'),
    /^Line 2, column 3: expected a field, and there is no sorce; the nearest (is|are) .*source.*\. Fields: .*company.*source/u,
  );
  assert.match(
    refused("source == 3"),
    /^Line 1, column 1: .*== expected string \(text, as "Web"\) on its right and found int/u,
  );
  assert.match(refused("employees in [1, 2]"), /expected list<double> \(numbers, as \[1\.0, 2\.0\]\)/u);
  for (const [text, said] of [
    [
      "annualRevenue > 3",
      /money is compared by its number, as annualRevenue\.amount > 1000, or by its currency, as annualRevenue\.currency/u,
    ],
    ["3 <= annualRevenue", /by its number, as annualRevenue\.amount <= 1000/u],
  ] as const)
    assert.match(refused(text), said);
  assert.match(refused("source =="), /^Line 1, column 10: it ends where something is expected/u);
  assert.match(refused("source"), /expected something that is true or false, found string/u);
  assert.match(refused('owner == "x"'), /owner is a reference field, and no condition can look into one/u);
  assert.match(refused("blank(doNotCall)"), /a blank yes-or-no is no/u);
  assert.match(refused('email.matches("(a+)+$")'), /matches\(\) is not offered; expected contains\(\)/u);
  assert.match(refused(""), /it ends where something is expected/u);
  assert.match(refused("source == 'a' || ".repeat(300)), /Line 1, column/u);
});
