import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import { canonical, canonicalFields, equalValues, type Loose } from "./canonical.ts";
import { looseDecimal, normalDecimal, numberOrText } from "./decimal.ts";
import { standardFields } from "./kinds.ts";
import { sampleValues } from "./laws.ts";
import { canonicalPhone } from "./phone.ts";
import { dateFormat, readInstant, zoneOf } from "./temporal.ts";
import { FIELD_TYPES, type FieldType } from "./types.ts";
import { Unreadable } from "./unreadable.ts";

const refused = (value: unknown): string => {
  assert.ok(value instanceof Unreadable, `expected a refusal, got ${JSON.stringify(value)}`);
  return value.why;
};

test("blank is null for every type", () => {
  for (const type of FIELD_TYPES) for (const blank of [undefined, null, ""]) assert.equal(canonical(type, blank), null);
});

test("a canonical value is canonical again, whatever it came from", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FIELD_TYPES),
      fc.anything({ maxDepth: 2 }),
      fc.string({ unit: "binary" }),
      (type, thing, text) => {
        for (const input of [thing, text]) {
          const once = canonical(type, input);
          if (!(once instanceof Unreadable)) assert.deepEqual(canonical(type, once), once);
        }
      },
    ),
    { numRuns: 2000 },
  );
  for (const type of FIELD_TYPES)
    for (const value of sampleValues(type))
      assert.deepEqual(canonical(type, value), value, `${type} ${JSON.stringify(value)}`);
});

test("NUL and half surrogate pairs are refused wherever text may be, and never removed", () => {
  const cases: [FieldType, unknown][] = [
    ["text", "a\u0000b"],
    ["text", "\ud800"],
    ["email", "a\u0000@example.com"],
    ["phone", "+1\udfff"],
    ["url", "\u0000"],
    ["picklist", "\ud83d"],
    ["multipicklist", "a;b\u0000"],
    ["reference", "\u0000"],
    ["json", { "a\u0000": 1 }],
    ["json", [{ deep: "\ud800" }]],
  ];
  for (const [type, input] of cases) assert.match(refused(canonical(type, input)), /NUL|surrogate/u);
  // Control characters, bidirectional marks and joined emoji are ordinary text.
  for (const fine of ["\u0001", "\u202Eabc", "👩‍👩‍👧", "ﷺ", "'; drop table x; --"])
    assert.equal(canonical("text", fine), fine);
});

test("text is brought to NFC and is not trimmed", () => {
  assert.equal(canonical("text", " Zoe\u0308 "), " Zoë ");
  assert.equal(canonical("text", 12.5), "12.5");
  assert.match(refused(canonical("text", { a: 1 })), /is not text/u);
});

test("an email keeps its local part and lowers its domain", () => {
  assert.equal(canonical("email", " Ann.Lee@EXAMPLE.Com "), "Ann.Lee@example.com");
  for (const wrong of ["ann", "@example.com", "ann@", "a b@example.com", "a@x.com, b@x.com", "Ann <a@x.com>"])
    assert.match(refused(canonical("email", wrong)), /not one email address/u);
});

test("a phone number becomes E.164 where it is one, and stays as written where it is not", () => {
  const cases: [string, Loose, string][] = [
    ["(415) 555-0100", { country: "US" }, "+14155550100"],
    ["030 901820", { country: "DE" }, "+4930901820"],
    ["+44 (0)20 7946 0958", {}, "+442079460958"],
    ["+1 415-555-0100 x12", {}, "+14155550100 ext. 12"],
    ["(415) 555-0100", {}, "(415) 555-0100"],
    [" ask Ann ", { country: "US" }, "ask Ann"],
    ["123", { country: "US" }, "123"],
  ];
  for (const [written, loose, expected] of cases) assert.equal(canonical("phone", written, loose), expected);
});

test("the short way for North American numbers agrees with the library", () => {
  const digits = (length: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.nat(9).map(String), minLength: length, maxLength: length });
  const mark = fc.constantFrom("", " ", "-", ".");
  fc.assert(
    fc.property(
      fc.constantFrom("", "+1", "+1 ", "1-", "1"),
      digits(3),
      digits(3),
      digits(4),
      mark,
      fc.boolean(),
      (head, a, b, c, by, bracket) => {
        const text = `${head}${bracket ? `(${a})` : a}${by}${b}${by}${c}`;
        const parsed = parsePhoneNumberFromString(text, { defaultCountry: "US", extract: false });
        assert.equal(canonicalPhone(text, "US"), /^\+1[2-9]\d{9}$/u.test(parsed?.number ?? "") ? parsed!.number : text);
      },
    ),
    { numRuns: 500 },
  );
});

test("a web address has its scheme and host in lower case and the rest as written", () => {
  assert.equal(canonical("url", " HTTPS://Example.COM/Path?Q=A "), "https://example.com/Path?Q=A");
  assert.equal(canonical("url", "Example.com/A"), "Example.com/A");
});

test("a number is exact: a JSON number where a double holds it, else its digits", () => {
  const cases: [unknown, unknown][] = [
    ["1,234.50", 1234.5],
    ["1 234", 1234],
    ["-0", 0],
    [-0, 0],
    ["1e3", 1000],
    ["9007199254740993", "9007199254740993"],
    ["9007199254740992", 9007199254740992],
    ["0.10000000000000000001", "0.10000000000000000001"],
    ["1e21", 1e21],
    [12345678901234567890n, "12345678901234567890"],
    [" ", null],
  ];
  for (const [given, expected] of cases) assert.deepEqual(canonical("number", given), expected);
  assert.equal(canonical("number", "1.234,5", { decimal: "," }), 1234.5);
  for (const wrong of ["12a", "1,23", "1.2.3", "50%", "--1", "1e999", NaN, Infinity, true, "0x10", "."])
    refused(canonical("number", wrong));
  refused(canonical("number", "1.5", { decimal: "," }));
});

test("every double and every bigint survives the way through decimal text", () => {
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), fc.bigInt(), (double, big) => {
      assert.equal(numberOrText(normalDecimal(String(double))!), double === 0 ? 0 : double);
      assert.equal(BigInt(normalDecimal(String(big))!), big);
    }),
  );
  assert.equal(looseDecimal("1".repeat(5000)), null);
});

test("money is decimal text with its currency, and which dollar is never guessed", () => {
  const cases: [unknown, string, string | null, Loose?][] = [
    ["1,234.50", "1234.5", null],
    [1e-7, "0.0000001", null],
    ["0.00", "0", null],
    ["€ 1.234,50", "1234.5", "EUR", { decimal: "," }],
    ["12 usd", "12", "USD"],
    ["-$5", "-5", null],
    ["$5", "5", "CAD", { currency: "CAD" }],
    [{ amount: 12.5, currency: "eur" }, "12.5", "EUR"],
    ["99999999999999999999.01", "99999999999999999999.01", null],
  ];
  for (const [given, amount, currency, loose] of cases)
    assert.deepEqual(canonical("money", given, loose), { amount, currency });
  assert.equal(canonical("money", { amount: null, currency: "EUR" }), null);
  for (const wrong of ["about 5", "¥5", { amount: "5", currency: "euro" }, { value: 5 }, "5 EUR USD", [5], true])
    refused(canonical("money", wrong));
});

test("a boolean is read from the words people use, and from nothing else", () => {
  for (const yes of [true, "TRUE", "yes", "Y", 1, "on"]) assert.equal(canonical("boolean", yes), true);
  for (const no of [false, "False", "no", "n", 0, "off"]) assert.equal(canonical("boolean", no), false);
  for (const wrong of ["maybe", 2, {}, "Select"]) refused(canonical("boolean", wrong));
});

test("a date is a day of the calendar and its order is never guessed", () => {
  assert.equal(canonical("date", "2024-02-29"), "2024-02-29");
  assert.equal(canonical("date", "2024-02-29T00:00:00.000+0000"), "2024-02-29");
  assert.equal(canonical("date", "10/9/2016", { dateOrder: "monthFirst" }), "2016-10-09");
  assert.equal(canonical("date", "10.9.2016", { dateOrder: "dayFirst" }), "2016-09-10");
  assert.match(refused(canonical("date", "10/9/2016")), /day first or month first/u);
  assert.match(refused(canonical("date", "2024-02-29T10:00:00Z")), /time of day/u);
  for (const wrong of ["2023-02-29", "1900-02-29", "2024-13-01", "0000-01-01", "24-01-01", 20240101, "13/13/2016"])
    refused(canonical("date", wrong, { dateOrder: "monthFirst" }));
});

test("a date is the same whatever zone the machine is in", () => {
  const before = process.env["TZ"];
  try {
    for (const zone of ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu"]) {
      process.env["TZ"] = zone;
      assert.equal(canonical("date", "2024-03-31"), "2024-03-31");
      assert.equal(dateFormat("M/D/YYYY")!.read("3/31/2024"), "2024-03-31");
      assert.equal(canonical("datetime", "2024-03-31T01:30:00+02:00"), "2024-03-30T23:30:00.000Z");
    }
  } finally {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  }
});

test("a time is an instant, cut to milliseconds, and without an offset it needs a zone", () => {
  assert.equal(canonical("datetime", "2024-05-01T10:00:00.000+0000"), "2024-05-01T10:00:00.000Z");
  assert.equal(canonical("datetime", "2024-05-01T10:00:00.1239-05"), "2024-05-01T15:00:00.123Z");
  assert.equal(canonical("datetime", "0050-01-01T00:00Z"), "0050-01-01T00:00:00.000Z");
  assert.match(refused(canonical("datetime", "2024-05-01T10:00:00")), /does not say its zone/u);
  for (const wrong of [
    "2024-05-01",
    "2024-02-30T00:00Z",
    "2024-05-01T24:00:00Z",
    "2024-05-01T23:59:60Z",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59:59-01:00",
    0,
  ])
    refused(canonical("datetime", wrong));
});

test("local times: the earlier of two, and never one that clocks skipped", () => {
  const berlin = zoneOf("Europe/Berlin")!;
  assert.equal(readInstant("2024-07-01T12:00:00", berlin), "2024-07-01T10:00:00.000Z");
  assert.equal(readInstant("2024-10-27T02:30:00", berlin), "2024-10-27T00:30:00.000Z");
  assert.match(refused(readInstant("2024-03-31T02:30:00", berlin)), /never happened in Europe\/Berlin/u);
  assert.equal(berlin.localText(Date.UTC(2024, 9, 27, 0, 30)), "2024-10-27T02:30:00.000");
  assert.equal(berlin.localText(Date.UTC(2024, 9, 27, 1, 30)), undefined);
  assert.equal(zoneOf("Mars/Olympus"), undefined);
});

test("a multi-select is a sorted list without repeats, and null when nothing is chosen", () => {
  assert.deepEqual(canonical("multipicklist", "b; a ;;a"), ["a", "b"]);
  assert.deepEqual(canonical("multipicklist", ["b", null, "a"]), ["a", "b"]);
  assert.deepEqual(canonical("multipicklist", "a,b", { separator: "," }), ["a", "b"]);
  assert.equal(canonical("multipicklist", []), null);
  assert.equal(canonical("multipicklist", " ; "), null);
  refused(canonical("multipicklist", [{ a: 1 }]));
});

test("JSON is taken as it is, unless JSON cannot say it or it is too deep", () => {
  assert.deepEqual(canonical("json", { b: [1, null], a: "x" }), { a: "x", b: [1, null] });
  let deep: unknown = 1;
  for (let level = 0; level < 200; level++) deep = [deep];
  assert.match(refused(canonical("json", deep)), /more than 100 levels/u);
  refused(canonical("json", { a: NaN }));
  refused(canonical("json", () => 1));
});

test("values are equal as values: order of keys does not matter, absent is null", () => {
  assert.ok(equalValues({ amount: "1", currency: null }, { currency: null, amount: "1" }));
  assert.ok(equalValues(undefined, null));
  assert.ok(!equalValues(null, false));
  assert.ok(!equalValues(["a"], ["a", "b"]));
});

test("an item keeps its good fields and gets a problem, with a pointer, for each other", () => {
  const { fields, problems } = canonicalFields(standardFields("person"), {
    firstName: "Ann",
    phone: null,
    birthday: "31.31.2000",
    emial: "ann@example.com",
    "a/b~": 1,
    lastName: undefined,
  });
  assert.deepEqual(fields, { firstName: "Ann", phone: null });
  assert.deepEqual(
    problems.map(({ pointer, code }) => [pointer, code]),
    [
      ["/birthday", "value.unreadable"],
      ["/emial", "field.unknown"],
      ["/a~1b~0", "field.unknown"],
    ],
  );
  assert.match(problems[1]!.message, /There is no field "emial"; the nearest (is|are) email/u);
});
