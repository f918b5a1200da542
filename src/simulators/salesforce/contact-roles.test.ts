// Object Reference, OpportunityContactRole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testOrg } from "./test-org.ts";

function world() {
  const made = testOrg();
  const { data } = made.org;
  const account = data.add("Account", { Name: "Acme" });
  const deal = data.add("Opportunity", {
    Name: "D",
    AccountId: account,
    StageName: "Prospecting",
    CloseDate: "2026-03-01",
  });
  const [ann, bob] = ["Ann", "Bob"].map((LastName) => data.add("Contact", { LastName, AccountId: account })) as [
    string,
    string,
  ];
  const role = (contact: string, more: object = {}): string =>
    data.add("OpportunityContactRole", { OpportunityId: deal, ContactId: contact, ...more });
  const primaries = (): unknown[] =>
    data.list("OpportunityContactRole").flatMap((one) => (one["IsPrimary"] === true ? [one["ContactId"]] : []));
  return { ...made, data, deal, ann, bob, role, primaries };
}

test("a contact role names a contact of an opportunity, in an unrestricted role; the opportunity cannot be changed", () => {
  const { call, deal, ann, bob, data } = world();
  const made = call("POST", "/sobjects/OpportunityContactRole", {
    OpportunityId: deal,
    ContactId: ann,
    Role: "Champion",
  });
  assert.equal(made.status, 201);
  const id = String(made.body["id"]);
  assert.match(id, /^00K/u);
  assert.equal(data.get("OpportunityContactRole", id)!["IsPrimary"], false);
  assert.equal(call("PATCH", `/sobjects/OpportunityContactRole/${id}`, { ContactId: bob }).status, 204);
  const other = data.add("Opportunity", { Name: "E", StageName: "Prospecting", CloseDate: "2026-03-01" });
  const moved = call("PATCH", `/sobjects/OpportunityContactRole/${id}`, { OpportunityId: other });
  assert.deepEqual([moved.status, String(moved.body["0"]!["errorCode"])], [400, "INVALID_FIELD_FOR_INSERT_UPDATE"]);
  const bare = call("POST", "/sobjects/OpportunityContactRole", { OpportunityId: deal });
  assert.deepEqual([bare.status, String(bare.body["0"]!["errorCode"])], [400, "REQUIRED_FIELD_MISSING"]);
  const lead = data.add("Lead", { LastName: "L", Company: "C" });
  const strange = call("POST", "/sobjects/OpportunityContactRole", { OpportunityId: deal, ContactId: lead });
  assert.equal(String(strange.body["0"]!["errorCode"]), "FIELD_INTEGRITY_EXCEPTION");
});

test("a describe shows its fields, required and updateable as they are", () => {
  const { call } = world();
  const fields = call("GET", "/sobjects/OpportunityContactRole/describe").body["fields"] as unknown as {
    name: string;
    nillable: boolean;
    updateable: boolean;
    picklistValues: { value: string }[];
  }[];
  const of = (name: string) => fields.find((field) => field.name === name)!;
  assert.deepEqual([of("OpportunityId").nillable, of("OpportunityId").updateable], [false, false]);
  assert.deepEqual([of("ContactId").nillable, of("ContactId").updateable], [false, true]);
  assert.ok(of("Role").picklistValues.some(({ value }) => value === "Decision Maker"));
});

test("an opportunity has one primary contact: a new one takes the place of the former, whose stamp moves", () => {
  const { role, primaries, ann, bob, clock, data } = world();
  const first = role(ann, { IsPrimary: true });
  clock.advance(5_000);
  role(bob, { IsPrimary: true });
  assert.deepEqual(primaries(), [bob]);
  assert.equal(data.get("OpportunityContactRole", first)!["SystemModstamp"], "2026-01-05T09:00:05.000+0000");
  data.edit("OpportunityContactRole", first, { IsPrimary: true });
  assert.deepEqual(primaries(), [ann]);
});

test("deleted itself it is nowhere but in the log; deleted with a parent it lies in the bin, and comes back with it", () => {
  const { role, ann, bob, deal, query, call, data, clock } = world();
  const [gone, kept] = [role(ann), role(bob)];
  clock.advance(60_000);
  data.delete(gone);
  const all = (): unknown =>
    (
      call("GET", `/queryAll?q=${encodeURIComponent("SELECT Id, IsDeleted FROM OpportunityContactRole")}`).body[
        "records"
      ] as unknown as { Id: string; IsDeleted: boolean }[]
    ).map((one) => [one.Id, one.IsDeleted]);
  assert.deepEqual(all(), [[kept, false]]);
  clock.advance(120_000);
  const log = call(
    "GET",
    "/sobjects/OpportunityContactRole/deleted/?start=2026-01-05T09:00:00Z&end=2026-01-05T09:03:00Z",
  ).body["deletedRecords"] as unknown as { id: string }[];
  assert.deepEqual(
    log.map((one) => one.id),
    [gone],
  );
  data.delete(deal);
  assert.deepEqual(all(), [[kept, true]]);
  assert.equal(Number(query("SELECT COUNT() FROM OpportunityContactRole").body["totalSize"]), 0);
  data.undelete(deal);
  assert.deepEqual(all(), [[kept, false]]);
  data.delete(bob);
  assert.deepEqual(all(), [[kept, true]]);
});

test("a merge of contacts moves their roles to the survivor, also where it has one in the same opportunity", () => {
  const { role, ann, bob, deal, data } = world();
  role(ann, { Role: "Evaluator" });
  role(bob, { Role: "Other" });
  data.merge("Contact", ann, [bob]);
  assert.deepEqual(
    data.list("OpportunityContactRole").map((one) => [one["OpportunityId"], one["ContactId"], one["Role"]]),
    [
      [deal, ann, "Evaluator"],
      [deal, ann, "Other"],
    ],
  );
});

test("a conversion makes the contact the primary one of the opportunity it makes", () => {
  const { data } = world();
  const leadId = data.add("Lead", { LastName: "L", Company: "C" });
  const { contactId, opportunityId } = data.convertLead({ leadId, convertedStatus: "Closed - Converted" });
  assert.deepEqual(
    data.list("OpportunityContactRole").map((one) => [one["OpportunityId"], one["ContactId"], one["IsPrimary"]]),
    [[opportunityId, contactId, true]],
  );
});
