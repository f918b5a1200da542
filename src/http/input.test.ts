import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS } from "../mapping/kinds.ts";
import { inputReader } from "./input.ts";
import type { Normalised } from "./input.ts";

type Reader = ReturnType<typeof inputReader>;
/** What is read, without the names it was given under: one test below is about those. */
const plain =
  (read: Reader) =>
  (...args: Parameters<Reader>): Omit<Normalised, "said"> & Pick<Normalised, "problems"> => {
    const { said: _said, ...rest } = read(...args) as Normalised & { said?: unknown };
    return rest;
  };
const readLead = inputReader({ kind: "person", stage: "lead", fields: KINDS.person.fields });
const lead = plain(readLead);
const activity = plain(inputReader({ kind: "activity", fields: KINDS.activity.fields }));
const account = plain(inputReader({ kind: "account", fields: KINDS.account.fields }));
const ID = "01890a5d-ac96-774b-bcce-b302099a8057";

test("names in the caller's style find their field; what is unknown passes through as it is", () => {
  assert.deepEqual(
    lead({ first_name: "Ada", "Last Name": "L", EMAIL: "a@b", "Postal-Code": 1, "How did you hear": "x", größe: 3 }),
    {
      input: { firstName: "Ada", lastName: "L", email: "a@b", postalCode: 1, "How did you hear": "x", größe: 3 },
    },
  );
});

test("a field said in our own word wins, and its variant is kept beside it", () => {
  assert.deepEqual(lead({ first_name: "B", firstName: "A" }), { input: { firstName: "A", first_name: "B" } });
});

test("a whole name is split where the parts are not given", () => {
  assert.deepEqual(lead({ name: "Ada King Lovelace" }), { input: { firstName: "Ada King", lastName: "Lovelace" } });
  assert.deepEqual(lead({ full_name: "Plato" }), { input: { firstName: null, lastName: "Plato" } });
  assert.deepEqual(lead({ name: "Ada Lovelace", lastName: "King" }), { input: { firstName: "Ada", lastName: "King" } });
  assert.deepEqual(lead({ name: null }), { input: { firstName: null, lastName: null } });
  assert.deepEqual(account({ name: "Ada & Co" }), { input: { name: "Ada & Co" } });
});

test("an id of the caller's own becomes the external id, whatever it is called", () => {
  for (const key of ["externalId", "external_id", "leadId", "lead_id", "Lead ID", "contactId", "personId", "id"])
    assert.deepEqual(lead({ [key]: 17 }), { input: { externalId: "17" } }, key);
  assert.deepEqual(lead({ externalId: "a", leadId: "b" }), { input: { externalId: "a", leadId: "b" } });
  assert.deepEqual(lead({ leadId: "" }), { input: {} });
  assert.deepEqual(lead({ leadId: ["x"] }).problems?.[0]?.pointer, "/leadId");
});

test("externalIdKey names the key that holds it; a standard field stays a field as well", () => {
  assert.deepEqual(lead({ "Prospect ID": "p-1", city: "Bonn" }, { externalIdKey: "Prospect ID" }), {
    input: { externalId: "p-1", city: "Bonn" },
  });
  assert.deepEqual(account({ name: "Acme" }, { externalIdKey: "name" }), {
    input: { externalId: "Acme", name: "Acme" },
  });
});

test("the names things were given under are kept, to point at them when they are wrong", () => {
  assert.deepEqual(readLead({ leadId: 1, "E-Mail": "a", name: "A B", city: "C" }), {
    input: { externalId: "1", email: "a", firstName: "A", lastName: "B", city: "C" },
    said: { externalId: "leadId", email: "E-Mail", firstName: "name", lastName: "name" },
  });
  assert.deepEqual(readLead({ externalId: "1", city: "C" }), { input: { externalId: "1", city: "C" } });
});

test("an id of Winston's names the record to change", () => {
  assert.deepEqual(lead({ id: ID.toUpperCase(), email: "x" }), { id: ID, input: { email: "x" } });
});

test("a record as Winston shows it can be sent back", () => {
  const shown = {
    id: ID,
    externalId: "L1",
    stage: "lead",
    name: "A B",
    firstName: "A",
    lastName: "B",
    account: null,
    customFields: { hat: 1 },
    version: 3,
    createdAt: "x",
    updatedAt: "x",
    deletedAt: null,
    links: [],
  };
  assert.deepEqual(lead(shown), {
    id: ID,
    input: { externalId: "L1", firstName: "A", lastName: "B", account: null, hat: 1 },
  });
  assert.deepEqual(
    lead({ leadId: 1, createdAt: "mine" }),
    { input: { externalId: "1", createdAt: "mine" } },
    "a caller's own createdAt is data",
  );
});

test("references are found under the names people use, and take ids of either side", () => {
  assert.deepEqual(
    activity({
      activityId: "T1",
      lead_id: "L1",
      accountId: 7,
      dealId: { externalId: "D" },
      ownerId: ID,
      campaign: null,
    }),
    {
      input: {
        externalId: "T1",
        person: { externalId: "L1" },
        account: { externalId: "7" },
        deal: { externalId: "D" },
        owner: ID,
        campaign: null,
      },
    },
  );
  assert.deepEqual(activity({ contactId: `external:${ID}` }), { input: { person: { externalId: ID } } });
  assert.deepEqual(account({ accountId: "A", parentId: "B", userId: "U" }), {
    input: { externalId: "A", parent: { externalId: "B" }, owner: { externalId: "U" } },
  });
  assert.deepEqual(activity({ owner: { email: "g@example.com" }, account: { name: "Acme" } }), {
    input: { owner: { email: "g@example.com" }, account: { name: "Acme" } },
  });
  assert.equal(activity({ leadId: true }).problems?.[0]?.pointer, "/leadId");
});

test("customFields are flattened, but cannot hide a standard field", () => {
  assert.deepEqual(lead({ customFields: { hat: "bowler" } }), { input: { hat: "bowler" } });
  assert.equal(lead({ customFields: { email: "x" } }).problems?.[0]?.pointer, "/customFields/email");
  assert.equal(lead({ customFields: { name: "Ada" } }).problems?.[0]?.pointer, "/customFields/name");
  assert.deepEqual(account({ customFields: { stage: "x" } }), { input: { stage: "x" } });
  assert.equal(lead({ customFields: [1] }).problems?.[0]?.pointer, "/customFields");
});

test("what is no record is said to be none", () => {
  for (const item of [null, "x", 3, [], undefined]) assert.equal(lead(item).problems?.[0]?.code, "invalid_type");
  assert.equal(lead({ "": 1 }).problems?.length, 1);
  assert.equal(lead({ "a\u0000": 1 }).problems?.length, 1);
});
