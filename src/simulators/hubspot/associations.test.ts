// Associations: two directions, one primary, labels; batches with their own limits and their own way to be empty.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPortal, type Reply, type TestPortal } from "./test-portal.ts";

const defined = (associationTypeId: number) => ({ associationCategory: "HUBSPOT_DEFINED", associationTypeId });

function world(): TestPortal & { contact: string; companies: string[]; deal: string } {
  const made = testPortal();
  const { data } = made.portal;
  const [contact] = data.load("contacts", [{ lastname: "L" }]);
  const companies = data.load("companies", [{ name: "A" }, { name: "B" }]);
  const [deal] = data.load("deals", [{ dealname: "D" }]);
  return { ...made, contact: contact!, companies, deal: deal! };
}

const put = ({ call }: TestPortal, from: string, to: string, types: readonly object[]): Reply => {
  const [a, id] = from.split("/") as [string, string];
  return call("PUT", `/crm/v4/objects/${a}/${id}/associations/${to}`, types);
};

test("the first company of a contact is its primary, another primary takes its place, and the other side sees both", () => {
  const it = world();
  const { contact, companies, portal } = it;
  const [a, b] = companies as [string, string];
  assert.equal(put(it, `contacts/${contact}`, `companies/${a}`, [defined(279)]).status, 201);
  put(it, `contacts/${contact}`, `companies/${b}`, [defined(279)]);
  assert.deepEqual(portal.data.associations("contacts", contact, "companies"), [
    { id: a, labels: ["Primary"] },
    { id: b, labels: [] },
  ]);
  assert.equal(portal.data.get("contacts", contact)!["associatedcompanyid"], a);
  put(it, `contacts/${contact}`, `companies/${b}`, [defined(1)]);
  assert.equal(portal.data.get("contacts", contact)!["associatedcompanyid"], b);
  assert.deepEqual(portal.data.associations("companies", b, "contacts"), [{ id: contact, labels: ["Primary"] }]);
  assert.equal(portal.data.get("companies", a)!["num_associated_contacts"], "1");
});

test("direction matters, and a record that is not there is 404", () => {
  const it = world();
  const { contact, companies } = it;
  assert.equal(put(it, `contacts/${contact}`, `companies/${companies[0]}`, [defined(280)]).status, 400);
  assert.equal(put(it, `companies/${companies[0]}`, `contacts/${contact}`, [defined(280)]).status, 201);
  assert.equal(put(it, `contacts/${contact}`, "companies/1", [defined(279)]).status, 404);
  assert.equal(put(it, `contacts/${contact}`, `companies/${companies[0]}`, []).status, 400);
});

test("a company has one parent, and gets another by a new association", () => {
  const it = world();
  const [a, b] = it.companies as [string, string];
  const [child] = it.portal.data.load("companies", [{ name: "Child" }]);
  const parent = (): unknown => it.portal.data.get("companies", child!)!["hs_parent_company_id"];
  put(it, `companies/${child}`, `companies/${a}`, [defined(14)]);
  assert.equal(parent(), a);
  put(it, `companies/${b}`, `companies/${child}`, [defined(13)]);
  assert.equal(parent(), b);
  assert.equal(it.portal.data.get("companies", a)!["hs_num_child_companies"], "0");
  assert.equal(it.portal.data.get("companies", b)!["hs_num_child_companies"], "1");
});

test("an association moves the stamps of both records, unless the dial says otherwise", () => {
  const it = world();
  const { contact, deal, portal, clock } = it;
  clock.advance(1_000);
  put(it, `deals/${deal}`, `contacts/${contact}`, [defined(3)]);
  const stamps = (): unknown[] => [
    portal.data.get("deals", deal)!["hs_lastmodifieddate"],
    portal.data.get("contacts", contact)!["lastmodifieddate"],
  ];
  assert.deepEqual(stamps(), ["2026-01-05T09:00:01.000Z", "2026-01-05T09:00:01.000Z"]);
  portal.dials.set({ associationsTouch: false });
  clock.advance(1_000);
  it.call("DELETE", `/crm/v4/objects/deals/${deal}/associations/contacts/${contact}`);
  assert.deepEqual(portal.data.associations("deals", deal, "contacts"), []);
  assert.deepEqual(stamps(), ["2026-01-05T09:00:01.000Z", "2026-01-05T09:00:01.000Z"]);
});

test("a new record comes with its associations, or not at all", () => {
  const it = world();
  const create = (id: string, type: number): Reply =>
    it.call("POST", "/crm/v3/objects/deals", {
      properties: { dealname: "New" },
      associations: [{ to: { id }, types: [defined(type)] }],
    });
  const made = create(it.companies[0]!, 5);
  assert.equal(made.status, 201);
  assert.deepEqual(it.portal.data.associations("deals", String(made.body["id"]), "companies"), [
    { id: it.companies[0]!, labels: ["Primary"] },
  ]);
  const before = it.portal.data.counts()["deals"];
  assert.equal(create("1", 5).status, 400);
  assert.equal(create(it.contact, 4).status, 400);
  assert.equal(it.portal.data.counts()["deals"], before);
});

test("a read of one record can show its associations, by name and twice where it is primary", () => {
  const it = world();
  const { contact, companies, call } = it;
  const read = (): Reply => call("GET", `/crm/v3/objects/contacts/${contact}?associations=companies,deals`);
  assert.equal("associations" in read().body, false);
  put(it, `contacts/${contact}`, `companies/${companies[0]}`, [defined(279)]);
  assert.deepEqual(read().body["associations"], {
    companies: {
      results: [
        { id: companies[0], type: "contact_to_company" },
        { id: companies[0], type: "contact_to_company_unlabeled" },
      ],
    },
  });
  assert.equal(call("GET", `/crm/v3/objects/contacts/${contact}?associations=planets`).status, 400);
});

for (const [family, base, objects] of [
  ["v4", "/crm/v4/associations", "/crm/v4/objects"],
  ["dated", "/crm/associations/2026-09", "/crm/objects/2026-09"],
] as const)
  test(`batches of associations on the ${family} paths: create, read with 207 for none, archive`, () => {
    const { call, contact, companies, portal } = world();
    const batch = (what: string, inputs: readonly object[]): Reply =>
      call("POST", `${base}/contacts/companies/batch/${what}`, { inputs });
    const [from, to] = [{ id: contact }, { id: companies[0] }];
    const made = batch("create", [
      { from, to, types: [defined(279)] },
      { from, to: { id: "1" }, types: [defined(279)] },
    ]);
    assert.deepEqual([made.status, made.body["numErrors"]], [207, 1]);
    const [lonely] = portal.data.load("contacts", [{ lastname: "Lonely" }]);
    const read = batch("read", [{ id: contact }, { id: lonely! }]);
    assert.equal(read.status, 207);
    const [row] = read.body["results"] as unknown as {
      from: object;
      to: { toObjectId: string; associationTypes: object[] }[];
    }[];
    assert.deepEqual(row!.from, { id: contact });
    assert.deepEqual(row!.to[0]!.associationTypes[0], { category: "HUBSPOT_DEFINED", typeId: 1, label: "Primary" });
    const [none] = read.body["errors"] as unknown as { subCategory: string; message: string; context: object }[];
    assert.equal(none!.subCategory, "crm.associations.NO_ASSOCIATIONS_FOUND");
    assert.equal(none!.message, `No company is associated with contact ${lonely}.`);
    assert.deepEqual(none!.context, { fromObjectId: [lonely], fromObjectType: ["contact"], toObjectType: ["company"] });
    assert.equal(batch("labels/archive", [{ from, to, types: [defined(1)] }]).status, 204);
    assert.deepEqual(portal.data.associations("contacts", contact, "companies"), [{ id: companies[0]!, labels: [] }]);
    assert.equal(batch("archive", [{ from, to: [to] }]).status, 204);
    assert.deepEqual(portal.data.associations("contacts", contact, "companies"), []);
    assert.equal(batch("associate/default", [{ from, to }]).status, 200);
    const one = `${objects}/contacts/${contact}/associations/companies/${companies[1]}`;
    assert.equal(call("PUT", one, [defined(279)]).status, 201);
    assert.equal(call("DELETE", one).status, 204);
    assert.deepEqual(portal.data.associations("contacts", contact, "companies"), [
      { id: companies[0]!, labels: ["Primary"] },
    ]);
  });

test("the 2026-09 paths no longer read the associations of one record by GET; 2026-03 does", () => {
  const { call, contact } = world();
  assert.equal(call("GET", `/crm/v4/objects/contacts/${contact}/associations/companies`).status, 200);
  assert.equal(call("GET", `/crm/objects/2026-03/contacts/${contact}/associations/companies`).status, 200);
  assert.equal(call("GET", `/crm/objects/2026-09/contacts/${contact}/associations/companies`).status, 405);
});

test("a read takes 1,000 records, an archive 100", () => {
  const { call } = world();
  const batch = (what: string, count: number): number =>
    call("POST", `/crm/v4/associations/contacts/companies/batch/${what}`, {
      inputs: Array.from({ length: count }, () => ({ id: "1", from: { id: "1" }, to: [{ id: "1" }] })),
    }).status;
  assert.deepEqual([batch("read", 1_000), batch("read", 1_001)], [207, 400]);
  assert.deepEqual([batch("archive", 100), batch("archive", 101)], [204, 400]);
});

test("labels an administrator makes have a number for each direction and say what a contact is to a deal", () => {
  const it = world();
  const { call, contact, deal, portal } = it;
  const url = "/crm/associations/2026-09/deals/contacts/labels";
  const made = call("POST", url, { label: "Decision maker", name: "decision_maker", inverseLabel: "Decides on" });
  const [there] = made.body["results"] as unknown as { typeId: number; category: string }[];
  assert.deepEqual([made.status, there!.category], [200, "USER_DEFINED"]);
  assert.equal(call("POST", url, { label: "Decision maker", name: "x" }).status, 409);
  const types = [{ associationCategory: "USER_DEFINED", associationTypeId: there!.typeId }];
  assert.deepEqual(put(it, `deals/${deal}`, `contacts/${contact}`, types).body["labels"], ["Decision maker"]);
  assert.deepEqual(portal.data.associations("contacts", contact, "deals"), [{ id: deal, labels: ["Decides on"] }]);
  assert.equal(call("PUT", url, { associationTypeId: there!.typeId, label: "Decider" }).status, 204);
  assert.deepEqual(portal.data.associations("deals", deal, "contacts"), [{ id: contact, labels: ["Decider"] }]);
  assert.equal(call("DELETE", `${url}/${there!.typeId}`).status, 204);
  assert.deepEqual(portal.data.associations("deals", deal, "contacts"), [{ id: contact, labels: [] }]);
});

test("a label that is written alone takes the place of the others, several stand together, and the dial lets one join", () => {
  const it = world();
  const { call, contact, deal, portal } = it;
  for (const label of ["Buyer", "User", "Judge"]) portal.data.addLabel("deals", "contacts", label);
  const { results } = call("GET", "/crm/v4/associations/deals/contacts/labels").body as unknown as {
    results: { label: string | null; typeId: number; category: string }[];
  };
  const types = (...labels: string[]) =>
    labels.map((label) => ({
      associationCategory: "USER_DEFINED",
      associationTypeId: results.find((one) => one.label === label)!.typeId,
    }));
  const write = (...labels: string[]): unknown => {
    const inputs = [{ from: { id: deal }, to: { id: contact }, types: types(...labels) }];
    call("POST", "/crm/associations/2026-09/deals/contacts/batch/create", { inputs });
    return portal.data.associations("deals", deal, "contacts")[0]!.labels;
  };
  assert.deepEqual(write("Buyer"), ["Buyer"]);
  assert.deepEqual(write("User"), ["User"]);
  assert.deepEqual(write("User", "Judge"), ["User", "Judge"]);
  put(it, `deals/${deal}`, `contacts/${contact}`, [defined(3)]);
  assert.deepEqual(portal.data.associations("deals", deal, "contacts")[0]!.labels, ["User", "Judge"]);
  portal.dials.set({ labelsReplace: false });
  assert.deepEqual(write("Buyer"), ["Buyer", "User", "Judge"]);
});

test("associations of an archived record are hidden and come back with it", () => {
  const it = world();
  const { contact, companies, portal } = it;
  put(it, `contacts/${contact}`, `companies/${companies[0]}`, [defined(279)]);
  portal.data.archive("companies", companies[0]!);
  assert.deepEqual(portal.data.associations("contacts", contact, "companies"), []);
  assert.equal(portal.data.get("contacts", contact)!["associatedcompanyid"], null);
  portal.data.restore("companies", companies[0]!);
  assert.equal(portal.data.get("contacts", contact)!["associatedcompanyid"], companies[0]);
});
