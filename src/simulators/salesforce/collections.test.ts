import assert from "node:assert/strict";
import { test } from "node:test";
import { testOrg } from "./test-org.ts";

const lead = (LastName: string, more: object = {}): Record<string, unknown> => ({
  attributes: { type: "Lead" },
  LastName,
  Company: "C",
  ...more,
});

test("a collection answers 200 with one result per row, in order, even when rows fail", () => {
  const { org, call } = testOrg();
  const answer = call("POST", "/composite/sobjects", {
    allOrNone: false,
    records: [lead("One"), lead("x".repeat(90)), { attributes: { type: "Account" }, Name: "Two" }],
  });
  assert.equal(answer.status, 200);
  const [one, two, three] = answer.body as unknown as Record<string, unknown>[];
  assert.deepEqual(one, { id: org.data.list("Lead")[0]!["Id"], success: true, errors: [] });
  assert.equal(two!["success"], false);
  assert.equal(two!["id"], undefined);
  assert.deepEqual(Object.keys((two!["errors"] as object[])[0]!), ["statusCode", "message", "fields"]);
  assert.equal(three!["id"], org.data.list("Account")[0]!["Id"]);
});

test("allOrNone undoes every row and says so on the innocent ones", () => {
  const { org, call } = testOrg();
  const id = org.data.add("Lead", { LastName: "Was", Company: "C" });
  const before = org.data.get("Lead", id);
  const answer = call("PATCH", "/composite/sobjects", {
    allOrNone: true,
    records: [
      { attributes: { type: "Lead" }, Id: id, LastName: "Is" },
      { attributes: { type: "Lead" }, Id: id, LastName: null },
    ],
  });
  const codes = (answer.body as unknown as { errors: { statusCode: string }[] }[]).map(
    (one) => one.errors[0]!.statusCode,
  );
  assert.deepEqual(codes, ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]);
  assert.deepEqual(org.data.get("Lead", id), before);
});

test("a collection takes 200 rows and refuses 201", () => {
  const { org, call } = testOrg();
  const many = (count: number) => ({ records: Array.from({ length: count }, (_, index) => lead(`L${index}`)) });
  assert.equal(call("POST", "/composite/sobjects", many(201)).status, 400);
  assert.equal(org.data.list("Lead").length, 0);
  assert.equal(call("POST", "/composite/sobjects", many(200)).status, 200);
  assert.equal(org.data.list("Lead").length, 200);
});

test("an upsert collection creates and updates by external id, row by row", () => {
  const { org, call } = testOrg();
  org.data.addCustomField("Lead", { name: "Key__c", type: "Text", length: 40, unique: true, externalId: true });
  const path = "/composite/sobjects/Lead/Key__c";
  const first = call("PATCH", path, { records: [lead("A", { Key__c: "a" }), lead("B", { Key__c: "b" })] });
  assert.deepEqual(
    (first.body as unknown as { created: boolean }[]).map((one) => one.created),
    [true, true],
  );
  const records = [
    lead("A2", { Key__c: "A" }),
    lead("N"),
    lead("D", { Key__c: "d" }),
    lead("D", { Key__c: "D" }),
    lead("I", { Key__c: "i", Id: "00Q" }),
  ];
  const second = call("PATCH", path, { records });
  const rows = second.body as unknown as {
    success: boolean;
    created?: boolean;
    errors: { statusCode: string; message: string }[];
  }[];
  assert.deepEqual([rows[0]!.success, rows[0]!.created], [true, false]);
  assert.equal(rows[1]!.errors[0]!.statusCode, "MISSING_ARGUMENT");
  assert.equal(rows[2]!.created, true);
  assert.match(rows[3]!.errors[0]!.message, /Duplicate external id specified: D/u);
  assert.equal(rows[4]!.errors[0]!.statusCode, "INVALID_FIELD");
  assert.equal(call("PATCH", "/composite/sobjects/Lead/Email", { records: [lead("E")] }).status, 404);
});

test("records are read in the order asked, null for what is not there, up to 2,000 by POST", () => {
  const { org, call } = testOrg();
  const [a, b] = ["A", "B"].map((LastName) => org.data.add("Lead", { LastName, Company: "C" })) as [string, string];
  org.data.delete(b);
  const missing = `${a.slice(0, 12)}zzz`;
  const answer = call("POST", "/composite/sobjects/Lead", { ids: [b, missing, a, "nonsense"], fields: ["LastName"] });
  assert.equal(answer.status, 200);
  const url = `/services/data/v66.0/sobjects/Lead/${a}`;
  assert.deepEqual(answer.body, [null, null, { attributes: { type: "Lead", url }, Id: a, LastName: "A" }, null]);
  const byUrl = call("GET", `/composite/sobjects/Lead?ids=${a},${b}&fields=Id,LastName`).body;
  assert.deepEqual([byUrl[0]!["LastName"], byUrl[1]], ["A", null]);
  assert.equal(call("POST", "/composite/sobjects/Lead", { ids: [a], fields: ["Nope"] }).status, 400);
  assert.equal(call("POST", "/composite/sobjects/Lead", { ids: Array(2_001).fill(a), fields: ["Id"] }).status, 400);
  assert.equal(org.log.counts.mutating, 0);
});

test("deleting a collection tells each row's fate", () => {
  const { org, call } = testOrg();
  const id = org.data.add("Lead", { LastName: "A", Company: "C" });
  const answer = call("DELETE", `/composite/sobjects?ids=${id},${id}&allOrNone=false`);
  const rows = answer.body as unknown as { success: boolean; errors: { statusCode: string }[] }[];
  assert.deepEqual([rows[0]!.success, rows[1]!.errors[0]!.statusCode], [true, "ENTITY_IS_DELETED"]);
});

test("an unknown field in one row refuses the whole collection", () => {
  const { org, call } = testOrg();
  const answer = call("POST", "/composite/sobjects", { records: [lead("A"), lead("B", { Nope__c: 1 })] });
  assert.deepEqual(
    [answer.status, answer.body[0]!["errorCode"], org.data.list("Lead").length],
    [400, "INVALID_FIELD", 0],
  );
});

test("a composite hands earlier answers to later calls and undoes all when one fails", () => {
  const { org, call } = testOrg();
  const request = (name: string | null) => ({
    allOrNone: true,
    compositeRequest: [
      { method: "POST", url: "/services/data/v66.0/sobjects/Account", referenceId: "acc", body: { Name: "Acc" } },
      {
        method: "POST",
        url: "/services/data/v66.0/sobjects/Contact",
        referenceId: "con",
        body: { LastName: name, AccountId: "@{acc.id}" },
      },
    ],
  });
  const good = call("POST", "/composite", request("Con")).body["compositeResponse"]!;
  assert.deepEqual(
    [good[0]!["httpStatusCode"], good[1]!["httpStatusCode"], good[1]!["referenceId"]],
    [201, 201, "con"],
  );
  assert.equal(org.data.list("Contact")[0]!["AccountId"], org.data.list("Account")[0]!["Id"]);
  const bad = call("POST", "/composite", request(null)).body["compositeResponse"]!;
  assert.equal(bad[0]!["body"]![0]!["errorCode"], "PROCESSING_HALTED");
  assert.equal(bad[1]!["body"]![0]!["errorCode"], "REQUIRED_FIELD_MISSING");
  assert.equal(org.data.list("Account").length, 1);
});

test("a batch runs its calls apart and counts each", () => {
  const { org, call } = testOrg();
  const answer = call("POST", "/composite/batch", {
    batchRequests: [
      { method: "GET", url: "v66.0/limits" },
      { method: "GET", url: "v66.0/sobjects/Lead/00QSm00000zzzzz" },
      { method: "POST", url: "v66.0/sobjects/Account", richInput: { Name: "B" } },
    ],
  });
  assert.equal(answer.body["hasErrors"], true);
  assert.deepEqual(
    (answer.body["results"] as unknown as { statusCode: number }[]).map((one) => one.statusCode),
    [200, 404, 201],
  );
  assert.match(answer.headers["sforce-limit-info"]!, /^api-usage=3\//u);
  assert.equal(org.log.counts.mutating, 1);
});
