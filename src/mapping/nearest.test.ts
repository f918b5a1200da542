import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest, nearestInWords } from "./nearest.ts";

test("a slip of the fingers finds the name that was meant", () => {
  const names = ["email", "phone", "mobile", "firstName", "lastName", "annualRevenue", "Rating__c"];
  assert.deepEqual(nearest("emial", names), ["email"]);
  assert.equal(nearest("first_name", names)[0], "firstName");
  assert.equal(nearest("rating", names)[0], "Rating__c");
  assert.equal(nearest("AnnualRevenu", names)[0], "annualRevenue");
  assert.deepEqual(nearest("xyzzy", names), []);
  assert.equal(nearestInWords("xyzzy", names), "");
});

test("a swap of neighbours is one step", () => {
  assert.equal(editDistance("ab", "ba"), 1);
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("", "abc"), 3);
});
