import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { parseLossless } from "./lossless.ts";

test("a number that a double cannot hold comes as its text, others as numbers", () => {
  assert.deepEqual(
    parseLossless("[9007199254740993,-9007199254740993,1e400,12345678901234567.89,1.10,1e3,-0.5,5.0000000000000000]"),
    ["9007199254740993", "-9007199254740993", "1e400", "12345678901234567.89", 1.1, 1000, -0.5, 5],
  );
  assert.deepEqual(parseLossless('{"text":"12345678901234567890, 12345678901234567890"}'), {
    text: "12345678901234567890, 12345678901234567890",
  });
});

test("whatever JSON holds, it comes back as JSON.parse gives it, as long as doubles hold its numbers", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const plain = JSON.stringify(
        JSON.parse(text, (_key, one: unknown) =>
          typeof one === "number" && Math.abs(one) > Number.MAX_SAFE_INTEGER ? String(one) : one,
        ),
      );
      assert.equal(JSON.stringify(parseLossless(text)), plain);
    }),
  );
});
