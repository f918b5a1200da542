import assert from "node:assert/strict";
import { test } from "node:test";
import { endsOf, kindNamed, standardFields, tiesTo } from "./kinds.ts";

test("a kind is named by its key, by its plural and by its stages, with a hyphen or without", () => {
  for (const word of ["deal-contact", "deal contact", "Deal-Contacts", "deal contacts"])
    assert.deepEqual(kindNamed(word), { kind: "deal-contact" }, word);
  assert.deepEqual(kindNamed("deals"), { kind: "deal" });
  assert.deepEqual(kindNamed("contacts"), { kind: "person", stage: "contact" });
  assert.equal(kindNamed("deal-"), undefined);
});

test("a tie's ends are references, and each end's kind knows which ties may lead to it", () => {
  const [deal, contact] = endsOf("deal-contact")!;
  const target = (key: string) => standardFields("deal-contact").find((field) => field.key === key)!.target;
  assert.deepEqual([target(deal), target(contact)], ["deal", "person"]);
  assert.deepEqual(tiesTo("person"), [{ kind: "deal-contact", fields: ["contact"] }]);
  assert.deepEqual(tiesTo("deal"), [{ kind: "deal-contact", fields: ["deal"] }]);
  assert.deepEqual([tiesTo("account"), endsOf("deal"), endsOf("machine")], [[], undefined, undefined]);
});
