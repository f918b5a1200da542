import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { normalDecimal, numberOrText, roundedDecimals } from "./decimal.ts";
import { compileMapping, parseMappingDocument, type RecordField } from "./document.ts";
import { roundings } from "./exactness.ts";
import { standardFields } from "./kinds.ts";
import { mappingBreaksGetPut, mappingBreaksPutGet } from "./laws.ts";
import type { Value } from "./types.ts";

const money = (amount: string, currency: string | null = null): Value => ({ amount, currency });

test("a value comes back as itself, rounded, or from halfway as either neighbour", () => {
  const numbers: [string, number, string[]][] = [
    ["1234567.89", 0, ["1234568"]],
    ["1234567.4999", 0, ["1234567"]],
    ["1234567.89", 2, []],
    ["1200", 0, []],
    ["0.5", 0, ["0", "1"]],
    ["-12.345", 2, ["-12.34", "-12.35"]],
    ["-0.4", 0, ["0"]],
    ["9.99", 1, ["10"]],
    ["99999999999999999999.51", 1, ["99999999999999999999.5"]],
    ["0.05", 1, ["0", "0.1"]],
  ];
  for (const [given, scale, expected] of numbers) assert.deepEqual(roundedDecimals(given, scale), expected, given);
  assert.deepEqual(roundings("number", 2.5, { scale: 0 }), [2, 3]);
  assert.deepEqual(roundings("number", 1e-7, { scale: 2 }), [0]);
  assert.deepEqual(roundings("money", money("2.6", "EUR"), { scale: 0 }), [money("3", "EUR")]);
  const doubles: [string, number | undefined, Value[]][] = [
    ["9007199254740993", 0, [9_007_199_254_740_992]],
    ["9007199254740992", 0, []],
    ["0.1", 2, []],
    ["12345678901234567.5", 0, ["12345678901234567", 12_345_678_901_234_568]],
    ["0.12345678901234567890123", undefined, [0.123_456_789_012_345_68]],
    [`1${"0".repeat(390)}`, 0, []],
  ];
  for (const [given, scale, expected] of doubles)
    assert.deepEqual(roundings("number", given, { scale, double: true }), expected, given);
  assert.deepEqual(roundings("money", money("9007199254740993"), { double: true }), [money("9007199254740992")]);
  assert.deepEqual(roundings("datetime", "2026-01-05T09:00:00.750Z", { precisionMs: 1_000 }), [
    "2026-01-05T09:00:00.000Z",
    "2026-01-05T09:00:01.000Z",
  ]);
  assert.deepEqual(roundings("datetime", "1969-12-31T23:59:59.999Z", { precisionMs: 1_000 }), [
    "1969-12-31T23:59:59.000Z",
    "1970-01-01T00:00:00.000Z",
  ]);
  assert.deepEqual(roundings("datetime", "2026-01-05T09:00:00.000Z", { precisionMs: 1_000 }), []);
  assert.deepEqual(roundings("datetime", "9999-12-31T23:59:59.999Z", { precisionMs: 1_000 }), [
    "9999-12-31T23:59:59.000Z",
  ]);
  for (const [type, value] of [
    ["number", 2.5],
    ["money", money("2.5")],
    ["datetime", "2026-01-05T09:00:00.750Z"],
    ["text", "2.5"],
  ] as const)
    assert.deepEqual(roundings(type, value, {}), [], type);
  assert.deepEqual(roundings("money", null, { scale: 0 }), []);
  const texts: [string, ("trim" | "lowerCase")[], Value[]][] = [
    [" Ada  Lee\n", ["trim"], ["Ada  Lee"]],
    ["Ada@Example.com", ["trim", "lowerCase"], ["ada@example.com"]],
    ["ada@example.com", ["trim", "lowerCase"], []],
    ["  ", ["trim"], [null]],
    [" Ada", [], []],
  ];
  for (const [given, tidies, expected] of texts)
    assert.deepEqual(roundings("text", given, { tidies }), expected, given);
});

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 8 }))
  .map(([units, places]) => normalDecimal(`${units}e-${places}`)!);
const scale = fc.integer({ min: 0, max: 4 });

/** In units of the eighth digit, exactly. */
const units = (text: string): bigint => {
  const [whole, fraction = ""] = text.replace("-", "").split(".") as [string, string?];
  return BigInt(whole + fraction.padEnd(8, "0")) * (text.startsWith("-") ? -1n : 1n);
};

test("rounding moves a decimal by half a unit of its last digit at most, and leaves what is round as it is", () => {
  fc.assert(
    fc.property(decimal, scale, (given, digits) => {
      const unit = 10n ** BigInt(8 - digits);
      const near = roundedDecimals(given, digits);
      assert.equal(near.length > 0, units(given) % unit !== 0n);
      for (const one of near) {
        assert.equal(normalDecimal(one), one);
        assert.equal(units(one) % unit, 0n);
        const off = units(one) - units(given);
        assert.ok(2n * (off < 0n ? -off : off) <= unit, `${given} came back as ${one}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

const FIELDS: RecordField[] = [
  { name: "Worth", type: "money", scale: 0 },
  { name: "Heads", type: "number", scale: 1 },
];
const mapping = compileMapping({
  document: parseMappingDocument({
    kind: "account",
    rows: [
      { field: "annualRevenue", record: "Worth", transform: "money" },
      { field: "employees", record: "Heads", transform: "number" },
    ],
  }),
  kindFields: standardFields("account"),
  recordFields: FIELDS,
});

/** Ways in which vendors round: halves up, halves away from zero, halves to even, not at all. */
const WAYS: readonly ((given: string, digits: number) => string)[] = [
  (given, digits) => roundedDecimals(given, digits).at(given.startsWith("-") ? 0 : -1) ?? given,
  (given, digits) => roundedDecimals(given, digits).at(-1) ?? given,
  (given, digits) => {
    const near = roundedDecimals(given, digits);
    return near.find((one) => (units(one) / 10n ** BigInt(8 - digits)) % 2n === 0n) ?? near[0] ?? given;
  },
  (given) => given,
];

test("PutGet where the vendor rounds: what comes back stands for what was written, however halves go", () => {
  fc.assert(
    fc.property(decimal, decimal, fc.constantFrom(...WAYS), (worth, heads, way) => {
      const kept = (raw: unknown, name: string): unknown =>
        numberOrText(way(normalDecimal(String(raw))!, FIELDS.find((field) => field.name === name)!.scale!));
      const entity = { annualRevenue: money(worth), employees: numberOrText(heads) };
      assert.deepEqual(mappingBreaksPutGet(mapping, entity, kept), []);
    }),
    { numRuns: 2_000 },
  );
});

test("GetPut where the vendor rounds: what was read is written back as it was", () => {
  fc.assert(
    fc.property(decimal, decimal, (worth, heads) => {
      assert.deepEqual(mappingBreaksGetPut(mapping, { Worth: numberOrText(worth), Heads: numberOrText(heads) }), []);
    }),
  );
});

test("a value that is really another does not stand for ours, and ours does not stand for theirs", () => {
  const standsFor = (theirs: string, ours: string): boolean =>
    mapping.standsFor("annualRevenue", money(theirs), money(ours));
  assert.ok(standsFor("1234568", "1234567.89"));
  assert.ok(!standsFor("1234567", "1234567.89"));
  assert.ok(!standsFor("1234569", "1234567.89"));
  // The vendor shows digits that its description does not promise: they are somebody's.
  assert.ok(!standsFor("1234567.89", "1234568"));
  assert.ok(!mapping.standsFor("annualRevenue", money("3", "EUR"), money("2.6", "USD")));
  assert.ok(!mapping.standsFor("annualRevenue", null, money("0.4")));
  assert.ok(!mapping.equal("annualRevenue", money("1234568"), money("1234567.89")));
});
