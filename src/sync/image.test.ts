import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import type { JsonObject } from "../base/json.ts";
import { fieldsOf, imageOf, unstorableField } from "./image.ts";

const ASKED = ["A", "B", "C", "D"];
const back = (text: string): Record<string, unknown> => fieldsOf(JSON.parse(text) as JsonObject, ASKED);

/** Undefined: the record did not carry the field. */
const record = fc.record(
  Object.fromEntries(
    ASKED.map((name) => [
      name,
      fc.oneof(
        fc.constantFrom(undefined, null, "", "a", "b", 0, 1, false, true),
        fc.string({ unit: "binary" }),
        fc.array(fc.constantFrom("x", "y"), { maxLength: 2 }),
      ),
    ]),
  ),
);
const carried = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

test("what was null comes back as null, and what was absent stays absent", () => {
  assert.deepEqual(back(imageOf({ A: "x", B: null, D: "" }, ASKED).text), { A: "x", B: null, D: "" });
});

test("any record comes back from its image as it was", () => {
  fc.assert(fc.property(record, (fields) => assert.deepEqual(back(imageOf(fields, ASKED).text), carried(fields))));
});

test("two records have one digest when they say the same, and only then", () => {
  fc.assert(
    fc.property(record, record, (one, two) => {
      const [a, b] = [imageOf(one, ASKED), imageOf(two, ASKED)];
      const equal = ASKED.every((name) => JSON.stringify(one[name]) === JSON.stringify(two[name]));
      assert.equal(Buffer.from(a.digest).equals(Buffer.from(b.digest)), equal);
    }),
    { numRuns: 1_000 },
  );
});

test("fields that nobody asked for do not change the digest", () => {
  assert.deepEqual(imageOf({ A: 1, Z: 2 }, ASKED), imageOf({ A: 1, Z: 3 }, ASKED));
});

test("the field with NUL or half a surrogate pair is named, however deep it lies, and well-formed escapes are let through", () => {
  const find = (fields: Record<string, unknown>): string | undefined =>
    unstorableField(imageOf(fields, ASKED).text, fields);
  assert.equal(find({ A: "fine", B: "nul\u0000" }), "B");
  assert.equal(find({ A: "half \ud83d", B: "fine" }), "A");
  assert.equal(find({ A: "fine", C: { deep: ["ok", { "key\u0000": 1 }] } }), "C");
  assert.equal(find({ A: "whole \u{1f600}", B: "bell \u0007", C: "a literal \\u0000" }), undefined);
});
