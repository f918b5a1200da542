import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { canonical } from "./canonical.ts";
import { collapse, joinName, splitName } from "./full-name.ts";
import { breaksGetPut, breaksPutGet, counterExample, groupBreaksGetPut, groupBreaksPutGet } from "./laws.ts";
import type { GroupLens, Lens, RowShape } from "./lens.ts";
import { TRANSFORMS } from "./transforms.ts";
import { FIELD_TYPES, type FieldType, type Value } from "./types.ts";
import { Unreadable } from "./unreadable.ts";

type Options = Record<string, unknown>;

function lensOf(name: string, options: Options = {}, type: FieldType = TRANSFORMS[name]!.types[0]!): Lens {
  const transform = TRANSFORMS[name]!;
  return transform.lens!(transform.options.parse(options) as never, type);
}

function groupOf(name: string, options: Options, shape: Partial<RowShape>): GroupLens {
  const transform = TRANSFORMS[name]!;
  const whole: RowShape = {
    fieldTypes: ["text"],
    fields: 1,
    records: 1,
    keys: [],
    names: [],
    direction: "both",
    ...shape,
  };
  const lens = transform.group!(transform.options.parse(options) as never, whole);
  assert.ok(lens, `${name} has no lens of this shape`);
  return lens;
}

const refused = (value: unknown): string => {
  assert.ok(value instanceof Unreadable, `expected a refusal, got ${JSON.stringify(value)}`);
  return value.why;
};

// What Winston may hold, by type: canonical whatever the generator made.
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.lorem({ maxCount: 3 }),
  fc.constantFrom(" a ", "a;b", "Ann Lee", "Lee, Ann", "\u00a0x"),
);
const instant = fc
  .date({ min: new Date(-60_000_000_000_000), max: new Date(253_000_000_000_000), noInvalidDate: true })
  .map((date) => date.toISOString());
const decimal = fc.oneof(
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.tuple(fc.bigInt(), fc.nat()).map(([whole, part]) => `${whole}.${part}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const RAW: Record<FieldType, fc.Arbitrary<unknown>> = {
  text,
  picklist: fc.oneof(text, fc.constantFrom("Hot", "Warm", "hot", "warm", "1 - Hot")),
  email: fc.oneof(fc.emailAddress(), text),
  phone: fc.oneof(
    fc
      .tuple(
        fc.constantFrom("+1 ", "+44 ", "+49", "0", "(415) ", ""),
        fc.bigInt({ min: 0n, max: 10n ** 11n }),
        fc.constantFrom("", " x5", " ext 77"),
      )
      .map(([a, b, c]) => `${a}${b}${c}`),
    text,
  ),
  url: fc.oneof(fc.webUrl(), text),
  number: fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
  boolean: fc.constantFrom(true, false, "true", "False", "Yes", "no", 0, 1),
  date: instant.map((at) => at.slice(0, 10)),
  datetime: fc.oneof(
    instant,
    instant.map((at) => at.replace("Z", "+0000")),
    instant.map((at) => at.replace("Z", "-03:30")),
  ),
  money: fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true })),
  multipicklist: fc.oneof(
    text,
    fc.array(text, { maxLength: 4 }).map((list) => list.join(";")),
  ),
  reference: fc.oneof(fc.uuid(), fc.integer(), text),
  json: fc.jsonValue(),
};
const canonicalOf = (type: FieldType, raw: fc.Arbitrary<unknown>): fc.Arbitrary<Value> =>
  raw.map((one) => canonical(type, one)).filter((one): one is Value => !(one instanceof Unreadable));
const VALUE = Object.fromEntries(FIELD_TYPES.map((type) => [type, canonicalOf(type, RAW[type])])) as Record<
  FieldType,
  fc.Arbitrary<Value>
>;
VALUE.money = fc
  .tuple(decimal, fc.constantFrom(null, "EUR", "USD"))
  .map(([amount, currency]) => canonical("money", { amount, currency }))
  .filter((one): one is Value => !(one instanceof Unreadable));
VALUE.multipicklist = canonicalOf("multipicklist", fc.array(text, { maxLength: 4 }));

const TABLE = { Hot: "hot", Warm: "warm", "1 - Cold": "cold" };

/** Every two-way transform with the options that change how it reads or writes. */
const TWO_WAY: readonly [name: string, options: Options, type?: FieldType, raw?: fc.Arbitrary<unknown>][] = [
  ["text", {}],
  ["text", {}, "picklist"],
  ["trim", {}],
  ["email", {}],
  ["email", {}, "text"],
  ["phone", {}],
  ["phone", { country: "US" }],
  ["phone", { country: "DE" }, "text"],
  ["url", {}],
  ["url", {}, "text"],
  ["number", {}],
  ["number", { as: "text" }],
  ["number", { as: "text", decimal: "," }],
  ["number", { decimal: "," }, "number", fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))],
  ["boolean", {}],
  ["boolean", { blank: false }],
  ["boolean", { true: "Yes", false: "No" }],
  ["date", {}],
  [
    "date",
    { format: "MM/DD/YYYY" },
    "date",
    instant.map((at) => `${at.slice(5, 7)}/${at.slice(8, 10)}/${at.slice(0, 4)}`),
  ],
  ["date", { format: "YYYYMMDD" }, "date", instant.map((at) => at.slice(0, 10).replaceAll("-", ""))],
  [
    "date",
    { format: "D.M.YYYY" },
    "date",
    instant.map((at) => `${at.slice(8, 10)}.${at.slice(5, 7)}.${at.slice(0, 4)}`),
  ],
  ["date", { as: "ms" }, "date", fc.integer({ min: -700_000, max: 2_900_000 }).map((day) => day * 86_400_000)],
  ["datetime", {}],
  ["datetime", { zone: "America/New_York" }, "datetime", instant.map((at) => at.slice(0, 19))],
  ["datetime", { zone: "Europe/Berlin", as: "local" }, "datetime", instant.map((at) => at.slice(0, 19))],
  ["datetime", { as: "ms" }, "datetime", fc.integer({ min: -60_000_000_000_000, max: 253_000_000_000_000 })],
  ["money", {}],
  ["money", { currency: "EUR" }],
  ["money", { as: "text" }],
  ["picklist", {}],
  ["picklist", { table: TABLE }],
  ["picklist", { table: TABLE, otherwise: "pass" }],
  ["picklist", { table: TABLE, otherwise: "problem" }, "text"],
  ["picklist", { table: TABLE, also: { lukewarm: Object.keys(TABLE)[0]! } }],
  ["picklist", { table: TABLE, otherwise: "pass", also: { lukewarm: Object.keys(TABLE)[0]! } }],
  ["multipicklist", {}],
  ["multipicklist", { separator: ", " }],
  ["multipicklist", { as: "list" }, "multipicklist", fc.array(text, { maxLength: 4 })],
  ["multipicklist", { table: TABLE, otherwise: "pass" }],
  ["reference", {}],
  ["json", {}],
  ["json", { as: "text" }, "json", fc.json()],
];

for (const [name, options, type, raw] of TWO_WAY) {
  const fieldType = type ?? TRANSFORMS[name]!.types[0]!;
  test(`${name} ${JSON.stringify(options)} on a ${fieldType} field keeps GetPut and PutGet`, () => {
    const lens = lensOf(name, options, fieldType);
    assert.equal(lens.oneWay, undefined);
    assert.equal(counterExample(lens, fieldType), undefined);
    fc.assert(
      fc.property(raw ?? RAW[fieldType], VALUE[fieldType], (record, value) => {
        assert.equal(breaksGetPut(lens, record), undefined);
        assert.equal(breaksPutGet(lens, value), undefined);
      }),
      { numRuns: 150 },
    );
  });
}

const word = fc.oneof(
  fc.constantFrom("Ann", "van", "der Berg", "García Márquez", "Smith, Jr.", "O'Brien", "de", "李", ",", " "),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((one) => one.normalize("NFC")),
);

for (const single of ["first", "last"] as const) {
  test(`a whole name keeps both laws in both shapes when one word is the ${single} name`, () => {
    const apart = groupOf("fullName", { single }, { fields: 2, records: 1, fieldTypes: ["text", "text"] });
    const together = groupOf("fullName", { single }, { fields: 1, records: 2 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), word, word, (words, first, last) => {
        const whole = words.join(" ");
        assert.equal(groupBreaksGetPut(apart, [whole]), undefined);
        assert.equal(groupBreaksPutGet(apart, [first, last]), undefined);
        assert.equal(groupBreaksGetPut(together, [first, last]), undefined);
        assert.equal(groupBreaksPutGet(together, [whole]), undefined);
      }),
      { numRuns: 500 },
    );
  });
}

test("names are parted as people part them, and written so that they part the same", () => {
  const cases: [string, string | null, string | null][] = [
    ["Ann Lee", "Ann", "Lee"],
    ["Ann  Maria\tLee", "Ann Maria", "Lee"],
    ["Ludwig van der Berg", "Ludwig", "van der Berg"],
    ["Lee, Ann", "Ann", "Lee"],
    ["Martin Smith, Jr.", "Martin", "Smith, Jr."],
    ["Madonna", null, "Madonna"],
    ["  ", null, null],
  ];
  for (const [whole, first, last] of cases) assert.deepEqual(splitName(whole), { first, last }, whole);
  assert.equal(joinName({ first: "Ann", last: "Lee" }), "Ann Lee");
  assert.equal(joinName({ first: "Gabriel", last: "García Márquez" }), "García Márquez, Gabriel");
  assert.equal(joinName({ first: "a, b", last: "c d" }), undefined);
  assert.equal(joinName({ first: null, last: null }), null);
  assert.equal(collapse(" a \n b "), "a b");
});

test("an amount with a currency field keeps both laws, and needs a currency to be written", () => {
  for (const options of [{ currencyField: "C" }, { currencyField: "C", currency: "USD" }]) {
    const lens = groupOf("money", options, { fields: 1, records: 2, fieldTypes: ["money"] });
    fc.assert(
      fc.property(RAW.money, fc.constantFrom("EUR", "USD", null), VALUE.money, (amount, currency, value) => {
        assert.equal(groupBreaksGetPut(lens, [amount, currency]), undefined);
        assert.equal(groupBreaksPutGet(lens, [value]), undefined);
      }),
    );
  }
  const strict = groupOf("money", { currencyField: "C" }, { fields: 1, records: 2, fieldTypes: ["money"] });
  assert.match(refused(strict.put([{ amount: "5", currency: null }])), /5 has no currency/u);
  assert.match(refused(strict.get([5, null])), /comes without a currency/u);
});

test("money in the wrong currency is refused in words, not converted and not relabelled", () => {
  assert.match(
    refused(lensOf("money", { currency: "EUR" }).put({ amount: "5", currency: "USD" })),
    /5 USD cannot be written: the vendor's field is in EUR/u,
  );
  assert.match(refused(lensOf("money").put({ amount: "5", currency: "USD" })), /does not say which currency/u);
  assert.deepEqual(lensOf("money", { currency: "EUR" }).get(12.5), { amount: "12.5", currency: "EUR" });
  assert.equal(lensOf("money").put({ amount: "12.5", currency: null }), 12.5);
  assert.equal(lensOf("money").put({ amount: "99999999999999999999.01", currency: null }), "99999999999999999999.01");
  assert.equal(lensOf("money", { as: "text" }).put({ amount: "12.5", currency: null }), "12.5");
});

test("a picklist translates both ways and names the value its table lacks", () => {
  const lens = lensOf("picklist", { table: TABLE });
  assert.equal(lens.get("Hot"), "hot");
  assert.equal(lens.put("cold"), "1 - Cold");
  assert.match(refused(lens.get("Tepid")), /"Tepid" is not in the row's table/u);
  assert.match(refused(lens.put("tepid")), /"tepid" is not in the row's table/u);
  const passing = lensOf("picklist", { table: TABLE, otherwise: "pass" });
  assert.equal(passing.get("Tepid"), "Tepid");
  assert.match(refused(passing.get("hot")), /cannot be told from it/u);
  assert.equal(lensOf("picklist", { table: TABLE, otherwise: "null" }).get("Tepid"), null);
});

test("a picklist that loses something is one-way and says what it would lose", () => {
  assert.match(
    lensOf("picklist", { table: { Hot: "hot", Warm: "hot" } }).oneWay!,
    /several of the vendor's values become "hot"/u,
  );
  assert.match(lensOf("picklist", { table: TABLE, otherwise: "null" }).oneWay!, /is lost/u);
});

test("the laws notice a lens that does not keep them, and tell the counter-example", () => {
  const upper: Lens = { ...lensOf("text"), get: (raw) => (raw as string).toUpperCase() };
  assert.match(breaksGetPut(upper, "Ann")!, /"Ann" is read as "ANN", and writing that back makes it "ANN"/u);
  assert.match(breaksPutGet(upper, "Ann")!, /"Ann" is written as "Ann", and that is read back as "ANN"/u);
  assert.notEqual(counterExample(upper, "text"), undefined);
  const cut: Lens = { ...lensOf("text"), put: (value) => (value as string).slice(0, 3) };
  assert.match(breaksPutGet(cut, "Annabel")!, /read back as "Ann"/u);
  assert.match(
    breaksGetPut({ ...lensOf("text"), put: () => new Unreadable("No.") }, "a")!,
    /cannot be written back: No\./u,
  );
});

test("dates and times go out in the form the vendor reads", () => {
  assert.equal(lensOf("date", { format: "M/D/YYYY" }).put("2016-03-01"), "3/1/2016");
  assert.equal(lensOf("date", { format: "DD.MM.YYYY" }).get("01.03.2016"), "2016-03-01");
  assert.match(
    refused(lensOf("date", { format: "MM/DD/YYYY" }).get("13/01/2016")),
    /not a date in the form MM\/DD\/YYYY/u,
  );
  assert.equal(lensOf("date", { as: "ms" }).put("1970-01-02"), 86_400_000);
  assert.equal(lensOf("datetime", { as: "ms" }).get("86400000"), "1970-01-02T00:00:00.000Z");
  assert.equal(
    lensOf("datetime", { zone: "Europe/Berlin", as: "local" }).put("2024-07-01T10:00:00.000Z"),
    "2024-07-01T12:00:00.000",
  );
  assert.match(
    refused(lensOf("datetime", { zone: "Europe/Berlin", as: "local" }).put("2024-10-27T01:30:00.000Z")),
    /clocks there were set back/u,
  );
});

test("a multi-select value that holds the separator is not torn apart", () => {
  assert.match(refused(lensOf("multipicklist").put(["a;b"])), /holds the separator/u);
  assert.equal(lensOf("multipicklist").put(["a", "b"]), "a;b");
  assert.deepEqual(lensOf("multipicklist", { as: "list" }).put(["a;b"]), ["a;b"]);
});

test("a template puts values into text, and leaves nothing for blanks", () => {
  const lens = groupOf(
    "template",
    { template: "{a}: {b} ({c})" },
    { names: ["a", "b", "c"], fields: 3, fieldTypes: ["text", "money", "boolean"], direction: "out" },
  );
  assert.deepEqual(lens.put(["x", { amount: "5", currency: "EUR" }, true]), ["x: 5 EUR (true)"]);
  assert.deepEqual(lens.put([null, null, null]), [null]);
  assert.deepEqual(lens.put([null, null, false]), [":  (false)"]);
});

test("options that mean nothing are refused in words", () => {
  const wrong: [string, Options, RegExp][] = [
    ["date", { format: "MM/YYYY" }, /DD or D once each/u],
    ["date", { format: "YYYYMD" }, /DD or D once each/u],
    ["date", { format: "YYYY-MM-DD", as: "ms" }, /for text only/u],
    ["datetime", { zone: "Mars" }, /IANA name/u],
    ["datetime", { as: "local" }, /needs a \\?"zone/u],
    ["phone", { country: "XX" }, /ISO 3166/u],
    ["money", { currency: "euro" }, /three capital letters/u],
    ["boolean", { true: "Yes" }, /give both/u],
    ["boolean", { true: "X", false: "x" }, /the same text/u],
    ["trim", { country: "US" }, /Unrecognized key/u],
  ];
  for (const [name, options, message] of wrong)
    assert.match(TRANSFORMS[name]!.options.safeParse(options).error!.message, message, name);
});

test("the reference page names every transform", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/reference/mappings.md"), "utf8");
  for (const [name, { does }] of Object.entries(TRANSFORMS))
    assert.ok(
      page.includes(`| \`${name}\` | ${does} |`),
      `docs/reference/mappings.md has no line "| \`${name}\` | ${does} |"`,
    );
});
