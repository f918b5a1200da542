// Parts of matching that need no store: what a handle looks like, and by which values a record is known.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isUuid, NOTHING_READ, valuesOf, type Item } from "./match.ts";

test("a handle of ours is a UUID and nothing but one, in either case", () => {
  for (const text of ["018f0000-0000-7000-8000-00000000000d", "018F0000-0000-7000-8000-00000000000D"])
    assert.equal(isUuid(text), true, text);
  for (const text of [
    null,
    undefined,
    "",
    "ann@example.com",
    "018f0000-0000-7000-8000-00000000000",
    "018f0000-0000-7000-8000-00000000000dd",
    "x018f0000-0000-7000-8000-00000000000d",
    "018f0000-0000-7000-00000000000d",
    "018g0000-0000-7000-8000-00000000000d",
    "018f00000000700080000000000000000d00",
    " 018f0000-0000-7000-8000-00000000000d",
  ])
    assert.equal(isUuid(text), false, String(text));
});

test("a record is known by what it says, and by whom it refers to where that is a key of its kind", () => {
  const item = {
    reading: { ...NOTHING_READ, fields: { name: "Renewal" }, references: { account: "x1", owner: "u1", parent: null } },
  } as unknown as Item;
  const known = new Map([
    ["account\nx1", "a1"],
    ["owner\nx1", "no"],
  ]);
  assert.deepEqual(valuesOf(item, known, ["name"]), { name: "Renewal" });
  assert.deepEqual(valuesOf(item, known, ["name", "account"]), {
    name: "Renewal",
    account: "a1",
    owner: null,
    parent: null,
  });
  const plain = { reading: { ...NOTHING_READ, fields: { name: "Renewal" } } } as unknown as Item;
  assert.equal(valuesOf(plain, known, ["name", "account"]), plain.reading.fields);
  assert.deepEqual(NOTHING_READ, { fields: {}, references: {}, lookups: {}, problems: [] });
});
