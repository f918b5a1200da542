import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { compareNames, nameOf, sortByName } from "./names.ts";

const person = (name: string) => {
  const [firstName, lastName] = name.split("|");
  return nameOf({ firstName: firstName || null, lastName: lastName || null });
};
const compared = (one: string, other: string) => compareNames(person(one), person(other));

test("a name that may be the other's spelling is one", () => {
  for (const [one, other] of [
    ["John|Smith", "john|SMITH"],
    ["Céline|Müller", "Celine|Muller"],
    ["Anne-Marie|O’Brien", "Anne Marie|O'Brien"],
    ["J.|Smith", "John|Smith"],
    ["John|Smith", "John A.|Smith"],
    ["J A|Smith", "John Albert|Smith"],
    ["Chris|Smith", "Christopher|Smith"],
    ["|Smith", "John|Smith"],
    ["John|", "John|Smith"],
    ["|", "John|Smith"],
    ["|", "|"],
  ] as const)
    assert.equal(compared(one, other), "one", `${one} ${other}`);
});

test("a name that differs in one part is a question, and so is one letter more or another", () => {
  for (const [one, other] of [
    ["John|Smith", "Mary|Smith"],
    ["John|Smith", "John|Miller"],
    ["John|Smith", "|Jones"],
    ["Al|Kay", "|Reception"],
    ["John|", "Mary|Smith"],
    ["Jon|Smith", "John|Smith"],
    ["Paul|Smith", "Paula|Smith"],
    ["Daniel|Smith", "Daniela|Smith"],
    ["Jon|Smith", "Jonas|Smyth"],
    ["明|王", "明华|王"],
    ["Mary Ann|Smith", "Mary Beth|Smith"],
  ] as const)
    assert.equal(compared(one, other), "ask", `${one} ${other}`);
});

test("who differs in both names is another, and nobody is asked", () => {
  for (const [one, other] of [
    ["John|Smith", "Mary|Jones"],
    ["Al|Kay", "Bo|Ray"],
  ] as const)
    assert.equal(compared(one, other), "two", `${one} ${other}`);
});

test("whoever is compared with whom, the answer is the same, and everybody is themselves", () => {
  const part = fc.constantFrom("", "J", "Jo", "John", "Johnny", "Mary Ann", "Mary", "?");
  const name = fc.tuple(part, part).map(([first, last]) => person(`${first}|${last}`));
  fc.assert(
    fc.property(name, name, (one, other) => {
      assert.equal(compareNames(one, other), compareNames(other, one));
      assert.equal(compareNames(one, one), "one");
    }),
  );
});

test("of several those that somebody may be are told from those that only a person can tell", () => {
  const names = ["John|Smith", "Mary|Smith", "Al|Kay", "|Smith"];
  assert.deepEqual(sortByName(person("J.|Smith"), names, person), {
    one: ["John|Smith", "|Smith"],
    ask: ["Mary|Smith"],
  });
});
