// Each rule of a transform on values that its laws do not tell apart: what counts as the same, what is refused, and in which words.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lens } from "./lens.ts";
import { TRANSFORMS, transformsFor } from "./transforms.ts";
import { FIELD_TYPES, type FieldType } from "./types.ts";
import { Unreadable } from "./unreadable.ts";

type Options = Record<string, unknown>;

const lensOf = (name: string, options: Options = {}, type: FieldType = TRANSFORMS[name]!.types[0]!): Lens =>
  TRANSFORMS[name]!.lens!(TRANSFORMS[name]!.options.parse(options) as never, type);

const why = (value: unknown): string => {
  assert.ok(value instanceof Unreadable, `expected a refusal, got ${JSON.stringify(value)}`);
  return value.why;
};

const accepts = (name: string, options: Options): boolean => TRANSFORMS[name]!.options.safeParse(options).success;
const complaint = (name: string, options: Options): string[] =>
  TRANSFORMS[name]!.options.safeParse(options).error!.issues.map((issue) => issue.message);

test("two raw values are the same where they read as one, a blank only as a blank, and what cannot be read only as itself", () => {
  const phone = lensOf("phone", { country: "US" });
  assert.equal(phone.same("(415) 555-2671", "+14155552671"), true);
  assert.equal(phone.same("+14155552671", "+14155552672"), false);
  for (const blank of [undefined, null, ""]) {
    assert.equal(phone.same(blank, null), true);
    assert.equal(phone.same(blank, "+14155552671"), false);
    assert.equal(phone.same("+14155552671", blank), false);
  }
  const number = lensOf("number");
  assert.equal(number.same("1.50", 1.5), true);
  assert.equal(number.same("many", "many"), true);
  assert.equal(number.same("many", "few"), false);
  assert.equal(number.same("many", 1), false);
  assert.equal(number.same(1, "many"), false);
  assert.equal(number.same("many", null), false);
  assert.equal(lensOf("url").same("HTTPS://Acme.example/A", "https://acme.example/A"), true);
  assert.equal(lensOf("url").same("https://acme.example/A", "https://acme.example/a"), false);
});

test("what is brought into a form of its own equals every spelling of it", () => {
  const email = lensOf("email", {}, "text");
  assert.equal(email.equal("Ann@EXAMPLE.com", "Ann@example.com"), true);
  assert.equal(email.equal("Ann@example.com", "ann@example.com"), false);
  assert.equal(email.equal("no address", "no address"), true);
  assert.equal(email.put("Ann@EXAMPLE.com"), "Ann@example.com");
  assert.equal(email.get(" Ann@EXAMPLE.com "), "Ann@example.com");
});

test("text is compared as it is stored, and its spaces count; trimmed text is compared without those around it", () => {
  const [composed, apart] = ["Zo\u00eb", "Zoe\u0308"];
  const text = lensOf("text");
  assert.equal(text.equal(composed, apart), true);
  assert.equal(text.equal("a", "a "), false);
  assert.equal(text.same(composed, apart), true);
  assert.equal(text.same("a", "b"), false);
  assert.equal(text.same("a", ""), false);
  assert.equal(text.same(null, "a"), false);
  assert.equal(text.same("", null), true);
  assert.equal(text.same(undefined, ""), true);
  assert.equal(text.same("1", 1), true);
  const trim = lensOf("trim");
  assert.equal(trim.equal(" a ", "a"), true);
  assert.equal(trim.equal("a", "b"), false);
  assert.equal(trim.same("  ", null), true);
  assert.equal(trim.same(undefined, " "), true);
  assert.equal(trim.same(null, "a"), false);
  assert.equal(trim.get("  "), null);
  assert.equal(trim.put(" a b "), "a b");
});

test("a number goes out as the vendor writes it: with its mark, as text or as a number", () => {
  const comma = lensOf("number", { decimal: "," });
  assert.equal(comma.get("1,5"), 1.5);
  assert.equal(comma.put(1.5), 1.5);
  assert.equal(comma.put("12345678901234567890.5"), "12345678901234567890,5");
  const said = lensOf("number", { as: "text", decimal: "," });
  assert.equal(said.put(1.5), "1,5");
  assert.equal(said.put(1e21), "1000000000000000000000");
  assert.equal(lensOf("number", { as: "text" }).put(1.5), "1.5");
  assert.equal(lensOf("number", { as: "text", decimal: "." }).put(-2), "-2");
  assert.equal(lensOf("number").put("12345678901234567890.5"), "12345678901234567890.5");
  assert.equal(lensOf("number").put(7), 7);
  assert.ok(lensOf("number", { as: "text" }).put(Number.NaN) instanceof Unreadable);
  assert.equal(lensOf("number", { as: "number" }).put(7), 7);
  assert.equal(accepts("number", { decimal: ";" }), false);
  assert.equal(accepts("number", { as: "float" }), false);
  assert.equal(accepts("number", { unit: "cm" }), false);
});

test("an amount belongs to the currency of its row, and equals one that names none", () => {
  const euros = lensOf("money", { currency: "EUR" });
  const none = lensOf("money");
  assert.equal(euros.equal({ amount: "5", currency: null }, { amount: "5", currency: "EUR" }), true);
  assert.equal(euros.equal({ amount: "5", currency: "EUR" }, { amount: "5", currency: null }), true);
  assert.equal(euros.equal({ amount: "5", currency: "USD" }, { amount: "5", currency: null }), false);
  assert.equal(euros.equal({ amount: "5", currency: "EUR" }, { amount: "6", currency: "EUR" }), false);
  assert.equal(none.equal({ amount: "5", currency: null }, { amount: "5", currency: "EUR" }), false);
  assert.deepEqual(euros.get({ amount: "5", currency: "EUR" }), { amount: "5", currency: "EUR" });
  assert.deepEqual(none.get({ amount: "5", currency: null }), { amount: "5", currency: null });
  assert.match(why(euros.get({ amount: "5", currency: "USD" })), /names USD, but this row reads EUR\.$/u);
  assert.match(
    why(none.get({ amount: "5", currency: "USD" })),
    /names USD, but this row reads amounts without a currency\.$/u,
  );
  assert.match(why(euros.get("much")), /much/u);
  assert.equal(euros.get("  "), null);
  assert.equal(euros.put({ amount: "5", currency: "EUR" }), 5);
  assert.equal(euros.put({ amount: "5.1", currency: null }), 5.1);
  assert.equal(euros.same(5, "5.00"), true);
  assert.equal(euros.same(5, 6), false);
  for (const [one, other, same] of [
    [null, 5, false],
    [5, "", false],
    [null, undefined, true],
    ["much", "more", false],
    ["much", 5, false],
  ] as const)
    assert.equal(euros.same(one, other), same, `${one} ${other}`);
  assert.equal(lensOf("money", { as: "text" }).put({ amount: "5.1", currency: null }), "5.1");
  assert.equal(lensOf("money", { as: "number" }).put({ amount: "5.1", currency: null }), 5.1);
  assert.equal(
    why(none.put({ amount: "5", currency: "USD" })),
    '5 USD cannot be written: the mapping does not say which currency the vendor\'s field is in. Give the row "currency" or "currencyField".',
  );
  assert.equal(
    why(euros.put({ amount: "5", currency: "USD" })),
    "5 USD cannot be written: the vendor's field is in EUR.",
  );
  for (const currency of ["EURO", "eur", "xEUR", "EURx"])
    assert.deepEqual(complaint("money", { currency }), ["a currency is three capital letters, such as EUR"]);
  assert.equal(accepts("money", { currencyField: "" }), false);
  assert.equal(accepts("money", { as: "cents" }), false);
  assert.equal(accepts("money", { rate: 2 }), false);
});

test("true and false are the row's words for them in any case, or the usual ones", () => {
  const words = lensOf("boolean", { true: "Yes", false: "No" });
  for (const raw of ["Yes", " yes ", "YES", true]) assert.equal(words.get(raw), true, String(raw));
  for (const raw of ["No", " no ", "NO", false]) assert.equal(words.get(raw), false, String(raw));
  for (const raw of ["true", 1, null]) assert.match(why(words.get(raw)), /is neither "Yes" nor "No"\.$/u);
  assert.equal(words.put(true), "Yes");
  assert.equal(words.put(false), "No");
  assert.equal(lensOf("boolean", { true: "Zo\u00eb", false: "n" }).get("ZOE\u0308"), true);
  assert.equal(lensOf("boolean", { true: "ß", false: "ss" }).get("ss"), false);
  const usual = lensOf("boolean");
  assert.equal(usual.get("true"), true);
  assert.equal(usual.get(false), false);
  assert.equal(usual.put(true), true);
  assert.equal(usual.put(false), false);
  assert.equal(usual.equal(true, true), true);
  assert.equal(usual.equal(true, false), false);
  assert.equal(usual.same("true", true), true);
  assert.equal(usual.same(null, false), false);
  assert.equal("blank" in usual, false);
  const checkbox = lensOf("boolean", { blank: false });
  assert.equal(checkbox.blank, false);
  assert.equal(checkbox.same(null, false), true);
  assert.equal(checkbox.same(null, true), false);
  assert.equal(lensOf("boolean", { blank: true }).same("", true), true);
});

test("words for true and false come in twos that differ", () => {
  for (const options of [{ true: "Yes" }, { false: "No" }])
    assert.deepEqual(complaint("boolean", options), ['give both "true" and "false"']);
  for (const options of [
    { true: "X", false: "x" },
    { true: " x", false: "x " },
  ])
    assert.deepEqual(complaint("boolean", options), ['"true" and "false" are the same text']);
  assert.equal(accepts("boolean", { true: "Yes", false: "No" }), true);
  assert.equal(accepts("boolean", { true: "", false: "No" }), false);
  assert.equal(accepts("boolean", { true: "Yes", false: "" }), false);
  assert.equal(accepts("boolean", { maybe: "x" }), false);
});

test("a date is read and written in its row's form, and blank text is no date", () => {
  for (const options of [{}, { as: "ms" }, { format: "MM/DD/YYYY" }]) {
    assert.equal(lensOf("date", options).get("  "), null, JSON.stringify(options));
    assert.equal(lensOf("date", options).equal("2026-01-05", "2026-01-05"), true);
    assert.equal(lensOf("date", options).equal("2026-01-05", "2026-01-06"), false);
  }
  assert.equal(lensOf("date").get("2026-01-05"), "2026-01-05");
  assert.equal(lensOf("date").put("2026-01-05"), "2026-01-05");
  assert.match(why(lensOf("date").get(1_767_571_200_000)), /is not a date/u);
  const ms = lensOf("date", { as: "ms" });
  assert.equal(ms.get(1_767_571_200_000), "2026-01-05");
  assert.equal(ms.get(" 1767571200000 "), "2026-01-05");
  assert.equal(ms.get("-86400000"), "1969-12-31");
  assert.equal(ms.put("2026-01-05"), 1_767_571_200_000);
  for (const raw of ["2026-01-05", 1.5, "1.5", "x1", "1x", "12345678901234567", true])
    assert.match(why(ms.get(raw)), /is not a number of milliseconds\.$/u, String(raw));
  const spelled = lensOf("date", { format: "DD.MM.YYYY" });
  assert.equal(spelled.get("05.01.2026"), "2026-01-05");
  assert.equal(spelled.put("2026-01-05"), "05.01.2026");
  assert.equal(spelled.same("05.01.2026", "05.01.2026"), true);
  assert.equal(spelled.same("05.01.2026", "06.01.2026"), false);
  assert.deepEqual(complaint("date", { format: "DD.MM.YYYY", as: "ms" }), ['"format" is for text only']);
  assert.deepEqual(complaint("date", { format: "MM" }), [
    "a format holds YYYY, MM or M, and DD or D once each, as in MM/DD/YYYY",
  ]);
  assert.equal(accepts("date", { as: "seconds" }), false);
  assert.equal(accepts("date", { zone: "UTC" }), false);
});

test("an instant is read and written in its row's form, and blank text is none", () => {
  const at = "2024-07-01T10:00:00.000Z";
  for (const options of [{}, { as: "ms" }, { as: "local", zone: "Europe/Berlin" }]) {
    assert.equal(lensOf("datetime", options).get("  "), null, JSON.stringify(options));
    assert.equal(lensOf("datetime", options).equal(at, at), true);
    assert.equal(lensOf("datetime", options).equal(at, "2024-07-01T10:00:00.001Z"), false);
  }
  assert.equal(lensOf("datetime").put(at), at);
  assert.equal(lensOf("datetime").get("2024-07-01T12:00:00+02:00"), at);
  assert.equal(lensOf("datetime").same(at, "2024-07-01T12:00:00+02:00"), true);
  assert.equal(lensOf("datetime", { zone: "Europe/Berlin" }).get("2024-07-01T12:00:00"), at);
  assert.ok(lensOf("datetime").get("2024-07-01T12:00:00") instanceof Unreadable);
  const ms = lensOf("datetime", { as: "ms" });
  assert.equal(ms.get(Date.parse(at)), at);
  assert.equal(ms.put(at), Date.parse(at));
  assert.ok(ms.get(at) instanceof Unreadable);
  const local = lensOf("datetime", { as: "local", zone: "Europe/Berlin" });
  assert.equal(local.put(at), "2024-07-01T12:00:00.000");
  assert.equal(
    why(local.put("2024-10-27T01:30:00.000Z")),
    '"2024-10-27T01:30:00.000Z" has no local time of its own in Europe/Berlin: clocks there were set back.',
  );
  assert.deepEqual(complaint("datetime", { as: "local" }), ['"as": "local" needs a "zone"']);
  assert.deepEqual(complaint("datetime", { zone: "Mars" }), ["a zone is an IANA name, such as Europe/Berlin"]);
  assert.equal(accepts("datetime", { as: "utc" }), true);
  assert.equal(accepts("datetime", { as: "ms", zone: "Europe/Berlin" }), true);
  assert.equal(accepts("datetime", { as: "seconds" }), false);
  assert.equal(accepts("datetime", { format: "x" }), false);
});

test("JSON goes as it is, or as text", () => {
  const value = { a: [1, "x"] };
  assert.deepEqual(lensOf("json").get(value), value);
  assert.deepEqual(lensOf("json").put(value), value);
  const text = lensOf("json", { as: "text" });
  assert.deepEqual(text.get('{"a":[1,"x"]}'), value);
  assert.equal(text.put(value), '{"a":[1,"x"]}');
  assert.equal(text.same('{"a": [1, "x"]}', '{"a":[1,"x"]}'), true);
  assert.equal(text.same('{"a":1}', '{"a":2}'), false);
  assert.match(why(text.get(value)), /is not JSON in text form\.$/u);
  assert.match(why(text.get("{")), /is not valid JSON\.$/u);
  assert.equal(accepts("json", { as: "yaml" }), false);
  assert.equal(accepts("json", { deep: true }), false);
});

test("what is also written by a picklist must be read by its table, and under another name", () => {
  const table = { Hot: "hot", Cold: "cold" };
  assert.equal(accepts("picklist", { table, also: { warm: "Hot" } }), true);
  assert.deepEqual(complaint("picklist", { table, also: { warm: "Warm" } }), [
    '"also" writes "warm" as "Warm", which the table does not read',
  ]);
  assert.deepEqual(complaint("picklist", { also: { warm: "Warm" } }), [
    '"also" writes "warm" as "Warm", which the table does not read',
  ]);
  assert.deepEqual(complaint("picklist", { table, also: { cold: "Hot" } }), [
    '"also" names "cold", which the table writes already',
  ]);
  for (const [name, options] of [
    ["picklist", { table: { "": "x" } }],
    ["picklist", { table: { x: "" } }],
    ["picklist", { otherwise: "drop" }],
    ["picklist", { list: [] }],
    ["multipicklist", { separator: "" }],
    ["multipicklist", { as: "json" }],
    ["multipicklist", { list: [] }],
  ] as const)
    assert.equal(accepts(name, options), false, `${name} ${JSON.stringify(options)}`);
  for (const otherwise of ["pass", "null", "problem"])
    for (const name of ["picklist", "multipicklist"]) assert.equal(accepts(name, { otherwise }), true);
  assert.deepEqual(TRANSFORMS["multipicklist"]!.options.parse({}), { separator: ";", as: "text" });
});

test("a reference says what stands in for a target that cannot be named", () => {
  for (const fallback of ["keep", "park", { default: "House" }])
    assert.equal(accepts("reference", { fallback }), true, JSON.stringify(fallback));
  for (const options of [
    { fallback: "blank" },
    { fallback: {} },
    { fallback: { default: "" } },
    { fallback: { default: "x", more: 1 } },
    { table: { "": "x" } },
    { table: { x: "" } },
    { beginnings: { "": "deal" } },
    { beginnings: { "006": "" } },
    { target: "user" },
  ])
    assert.equal(accepts("reference", options), false, JSON.stringify(options));
  assert.equal(accepts("reference", { table: { a: "b" }, beginnings: { "006": "deal" } }), true);
  const lens = lensOf("reference");
  assert.equal(lens.equal("a", "a"), true);
  assert.equal(lens.equal("a", "b"), false);
  assert.equal(lens.put("a"), "a");
});

test("transforms without options take none, and the others no empty ones", () => {
  for (const name of ["text", "trim", "email", "url"]) {
    assert.equal(accepts(name, {}), true);
    assert.equal(accepts(name, { any: 1 }), false, name);
  }
  assert.deepEqual(complaint("phone", { country: "XX" }), ["a country is two capital letters of ISO 3166, such as US"]);
  for (const given of [1, ["US"]]) assert.equal(accepts("phone", { country: given }), false);
  assert.equal(accepts("phone", { area: "x" }), false);
  assert.equal(accepts("fullName", { single: "middle" }), false);
  assert.equal(accepts("fullName", { order: "x" }), false);
  assert.deepEqual(TRANSFORMS["fullName"]!.options.parse({}), { single: "last" });
  assert.equal(accepts("constant", { value: 0 }), true);
  assert.equal(accepts("constant", { value: "x", more: 1 }), false);
  assert.equal(accepts("template", { template: "" }), false);
  assert.equal(accepts("template", { template: "{a}", more: 1 }), false);
});

test("each type has the transforms that can stand for it", () => {
  const every = Object.fromEntries(FIELD_TYPES.map((type) => [type, transformsFor(type)]));
  assert.deepEqual(every, {
    text: ["text", "trim", "email", "phone", "url", "fullName", "picklist", "constant", "template"],
    email: ["email", "constant"],
    phone: ["phone", "constant"],
    url: ["url", "constant"],
    number: ["number", "constant"],
    boolean: ["boolean", "constant"],
    date: ["date", "constant"],
    datetime: ["datetime", "constant"],
    money: ["money", "constant"],
    picklist: ["text", "trim", "picklist", "constant", "template"],
    multipicklist: ["multipicklist", "constant"],
    reference: ["reference"],
    json: ["json", "constant"],
  });
});
