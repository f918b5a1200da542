import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOut, problemTold, refusedWhole } from "./told.ts";

const words = { status: 400, code: "RULE", message: "No such industry", fields: ["industry"] };

test("what was left out is told with its value, the vendor's words and what to do; so is a row of which nothing was taken", () => {
  const act = "Add the option there.";
  const parked = leftOut("e1", { industry: "Steel", note: "x" }, [{ ...words, act }]);
  assert.equal(
    parked.message,
    'industry "Steel" was left out, and the rest of the record was written. No such industry. Add the option there.',
  );
  assert.deepEqual([parked.subject, parked.reason, parked.field], ["e1", "vendor.RULE", "industry"]);
  const whole = refusedWhole("e1", { industry: "Steel" }, { ...words, act });
  assert.equal(whole.message, 'industry "Steel" was not taken. No such industry. Add the option there.');
});

test("each of several fields that were left out is told, and a value that was to be emptied or is long", () => {
  const parked = leftOut("e1", { industry: null, note: "y".repeat(500) }, [words, { ...words, fields: ["note"] }]);
  assert.match(parked.message, /^industry \(to be emptied\) was left out.* note "y{20,80}… was left out/u);
});

test("a refusal of which nobody knows more still says what a person can do", () => {
  assert.match(
    refusedWhole("e1", {}, words).message,
    /^No such industry\. Correct what it says, here or there: .*retry/u,
  );
  assert.match(refusedWhole("e1", {}, { ...words, message: "" }).message, /^RULE\. Correct/u);
});

for (const code of ["value.unreadable", "value.unwritable", "field.create_only"])
  test(`a value that does not go through its row of the mapping is told with what to do: ${code}`, () => {
    const told = problemTold({ code, message: "Stage: it is called Gold there" }, "People see Gold.");
    assert.match(told, /^Stage: it is called Gold there\. People see Gold\. (?:Correct|Set) /u);
  });
