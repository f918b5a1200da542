import assert from "node:assert/strict";
import { test } from "node:test";
import { isTakenBack, passesForOlder } from "./staff.ts";

const bob = { salesforce: "005B", hubspot: "71B" };
const ada = { salesforce: "005A", hubspot: "71A" };
/** Whoever set Salesforce up has no account in HubSpot. */
const admin = { salesforce: "005X", hubspot: undefined };

test("an undo leaves whose it was before, and whom it was given to only where nobody can say that", () => {
  const of = { given: bob, site: "salesforce", to: admin } as const;
  assert.ok(isTakenBack({ salesforce: "005X", hubspot: "71B" }, of));
  assert.ok(isTakenBack({ salesforce: "005X", hubspot: undefined }, of), "it never came there");
  assert.ok(!isTakenBack({ salesforce: "005B", hubspot: "71B" }, of), "nothing was taken back");
  assert.ok(!isTakenBack({ salesforce: "005X", hubspot: "71A" }, of), "nobody gave it to Ada");
  assert.ok(!isTakenBack({ salesforce: "005X", hubspot: undefined }, { ...of, site: "hubspot" }), "it was blanked");

  assert.ok(isTakenBack(ada, { ...of, to: ada }));
  assert.ok(!isTakenBack({ ...ada, hubspot: "71B" }, { ...of, to: ada }), "HubSpot knows Ada");
});

test("an undo leaves what was nobody's nobody's where that may be", () => {
  const of = { given: bob, site: "hubspot", to: null } as const;
  assert.ok(isTakenBack({ salesforce: "005B", hubspot: undefined }, of));
  assert.ok(!isTakenBack(bob, of));
  assert.ok(!isTakenBack({ salesforce: "005A", hubspot: undefined }, of));
});

test("what was given passes for older only where it was made at both before, and the clock there is behind by more than lies between", () => {
  assert.ok(passesForOlder({ madeAt: 1_000, givenAt: 45_000, behindMs: 300_000 }));
  assert.ok(!passesForOlder({ madeAt: 1_000, givenAt: 45_000, behindMs: 40_000 }));
  assert.ok(!passesForOlder({ madeAt: 1_000, givenAt: 45_000, behindMs: -300_000 }));
  assert.ok(!passesForOlder({ madeAt: undefined, givenAt: 45_000, behindMs: 300_000 }));
});
