import assert from "node:assert/strict";
import { test } from "node:test";
import { testOrg, type TestOrg } from "./test-org.ts";

/** Creates, uploads and closes an ingest job; returns its id. */
function ingest({ call }: TestOrg, job: object, csv: string): string {
  const made = call("POST", "/jobs/ingest", { contentType: "CSV", lineEnding: "LF", ...job });
  assert.equal(made.status, 200, made.text);
  assert.equal(made.body["state"], "Open");
  const id = String(made.body["id"]);
  assert.equal(made.body["contentUrl"], `services/data/v66.0/jobs/ingest/${id}/batches`);
  const upload = call("PUT", `/jobs/ingest/${id}/batches`, csv, { "content-type": "text/csv" });
  assert.deepEqual([upload.status, upload.text], [201, ""]);
  assert.equal(call("PATCH", `/jobs/ingest/${id}`, { state: "UploadComplete" }).body["state"], "UploadComplete");
  return id;
}

test("an ingest job reports rows that succeeded and rows that failed, each with its own columns", () => {
  const world = testOrg();
  const { org, call } = world;
  const csv = 'LastName,Company,AnnualRevenue\n"Ünal, ""Q""",Co,12.6\n,No Name,1\nBad,Co,lots\n';
  const id = ingest(world, { object: "Lead", operation: "insert" }, csv);
  const info = call("GET", `/jobs/ingest/${id}`).body;
  assert.deepEqual(
    [info["state"], info["numberRecordsProcessed"], info["numberRecordsFailed"], info["jobType"]],
    ["JobComplete", 3, 2, "V2Ingest"],
  );
  const [lead] = org.data.list("Lead");
  assert.deepEqual([lead!["LastName"], lead!["AnnualRevenue"]], ['Ünal, "Q"', 12.6]);
  const good = call("GET", `/jobs/ingest/${id}/successfulResults`);
  assert.equal(good.headers["content-type"], "text/csv");
  assert.equal(
    good.text,
    `"sf__Id","sf__Created","LastName","Company","AnnualRevenue"\n"${String(lead!["Id"])}","true","Ünal, ""Q""","Co","12.6"\n`,
  );
  const bad = call("GET", `/jobs/ingest/${id}/failedResults`).text.split("\n");
  assert.equal(
    bad[1],
    '"","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","","No Name","1"',
  );
  assert.match(
    bad[2]!,
    /INVALID_TYPE_ON_FIELD_IN_RECORD:Annual Revenue: value not of required type: lots:AnnualRevenue --/u,
  );
  assert.equal(call("GET", `/jobs/ingest/${id}/unprocessedrecords`).text, '"LastName","Company","AnnualRevenue"\n');
});

test("an empty cell leaves a field as it is and #N/A clears it; an upsert matches its external id", () => {
  const world = testOrg();
  const { org } = world;
  org.data.addCustomField("Lead", { name: "Key__c", type: "Text", length: 20, unique: true, externalId: true });
  const id = org.data.add("Lead", { LastName: "A", Company: "C", Title: "keep", City: "clear", Key__c: "k1" });
  const job = { object: "Lead", operation: "upsert", externalIdFieldName: "Key__c" };
  ingest(world, job, "Key__c,LastName,Company,Title,City\nK1,B,,,#N/A\nk2,New,Co,,\n");
  const lead = org.data.get("Lead", id)!;
  assert.deepEqual([lead["LastName"], lead["Company"], lead["Title"], lead["City"]], ["B", "C", "keep", null]);
  assert.equal(org.data.list("Lead").length, 2);
});

test("a file with an unknown column or the wrong line ending fails the job whole", () => {
  const world = testOrg();
  const unknown = ingest(world, { object: "Lead", operation: "insert" }, "LastName,Nope__c\nA,1\n");
  const first = world.call("GET", `/jobs/ingest/${unknown}`).body;
  assert.deepEqual(
    [first["state"], first["errorMessage"]],
    ["Failed", "InvalidBatch : Field name not found : Nope__c"],
  );
  const ending = ingest(world, { object: "Lead", operation: "insert" }, "LastName,Company\r\nA,B\r\n");
  assert.match(String(world.call("GET", `/jobs/ingest/${ending}`).body["errorMessage"]), /LineEnding is invalid/u);
  assert.equal(world.org.data.list("Lead").length, 0);
});

test("a job takes its time when the dial says so, and can be aborted before", () => {
  const world = testOrg();
  world.org.dials.set({ bulkMs: 10_000 });
  const id = ingest(world, { object: "Lead", operation: "insert" }, "LastName,Company\nA,B\n");
  assert.equal(world.call("GET", `/jobs/ingest/${id}`).body["state"], "InProgress");
  assert.equal(world.call("GET", `/jobs/ingest/${id}/successfulResults`).status, 400);
  assert.equal(world.org.data.list("Lead").length, 0);
  world.clock.advance(10_000);
  assert.equal(world.call("GET", `/jobs/ingest/${id}`).body["state"], "JobComplete");
  assert.equal(world.org.data.list("Lead").length, 1);
  const open = String(world.call("POST", "/jobs/ingest", { object: "Lead", operation: "insert" }).body["id"]);
  assert.equal(world.call("PATCH", `/jobs/ingest/${open}`, { state: "Aborted" }).body["state"], "Aborted");
  assert.equal(world.call("DELETE", `/jobs/ingest/${open}`).status, 204);
});

test("a query job pages by Sforce-Locator with a header row on every page and the word null at the end", () => {
  const { org, call } = testOrg();
  org.data.load(
    "Lead",
    Array.from({ length: 5 }, (_, index) => ({ LastName: `L${index}`, Company: 'a "b"\nc' })),
  );
  const made = call("POST", "/jobs/query", {
    operation: "query",
    query: "SELECT LastName, Company, CreatedDate, Owner.Name FROM Lead",
  });
  const id = String(made.body["id"]);
  assert.equal(made.body["state"], "UploadComplete");
  const info = call("GET", `/jobs/query/${id}`).body;
  assert.deepEqual([info["state"], info["numberRecordsProcessed"], info["object"]], ["JobComplete", 5, "Lead"]);
  const header = '"LastName","Company","CreatedDate","Owner.Name"\n';
  let locator = "";
  let rows = 0;
  for (const expected of [2, 2, 1]) {
    const page = call("GET", `/jobs/query/${id}/results?maxRecords=2${locator}`);
    assert.ok(page.text.startsWith(header));
    assert.equal(page.headers["sforce-numberofrecords"], String(expected));
    assert.match(page.text, /"a ""b""\nc","2026-01-05T09:00:00\.000Z","Integration User"\n/u);
    rows += expected;
    locator = `&locator=${page.headers["sforce-locator"]}`;
  }
  assert.deepEqual([rows, locator], [5, "&locator=null"]);
});

test("a bulk query takes no aggregates, children, compounds or offsets", () => {
  const { call } = testOrg();
  const queries = [
    "SELECT COUNT(Id) FROM Lead",
    "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
    "SELECT Address FROM Lead",
    "SELECT Id FROM Lead LIMIT 5 OFFSET 1",
    "SELECT Nope FROM Lead",
  ];
  for (const query of queries)
    assert.equal(call("POST", "/jobs/query", { operation: "query", query }).status, 400, query);
  const job = { object: "Lead", operation: "upsert", externalIdFieldName: "Company" };
  assert.equal(call("POST", "/jobs/ingest", job).body[0]!["errorCode"], "INVALIDJOB");
});
