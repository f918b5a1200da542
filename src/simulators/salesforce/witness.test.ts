// The vendor's own client must work against the simulator: jsforce speaks, nothing of ours does.
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { Connection, OAuth2 } from "@jsforce/jsforce-node";
import { VirtualClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { startSalesforce, type SalesforceSimulator } from "./index.ts";

let opened: Promise<void> | undefined;
let sim: SalesforceSimulator;
let connection: Connection;

// Not in `before`: where no test of this file is asked for, that begins all the same, and `after` comes before it has ended.
beforeEach(() => (opened ??= open()));

async function open(): Promise<void> {
  sim = await startSalesforce({ clock: new VirtualClock(), random: seededRandom(11), story: "larkfield" });
  sim.data.addCustomField("Lead", { name: "Key__c", type: "Text", length: 64, unique: true, externalId: true });
  connection = new Connection({ instanceUrl: sim.url, loginUrl: sim.url, version: "66.0" });
  await connection.authorize({
    grant_type: "client_credentials",
    client_id: sim.credentials.clientId,
    client_secret: sim.credentials.clientSecret,
  } as unknown as Parameters<Connection["authorize"]>[0]);
}

after(async () => {
  if (opened) await sim.close();
});

test("jsforce signs in with client credentials and is told where and who it is", async () => {
  assert.equal(connection.instanceUrl, sim.url);
  assert.equal(connection.userInfo?.organizationId, sim.data.list("Organization")[0]!["Id"]);
  const info = await connection.request<{ organization_id: string }>("/services/oauth2/userinfo");
  assert.equal(info.organization_id, connection.userInfo?.organizationId);
});

test("jsforce refreshes a dead session with its refresh token and repeats the call", async () => {
  const refreshing = new Connection({
    oauth2: new OAuth2({
      loginUrl: sim.url,
      clientId: sim.credentials.clientId,
      clientSecret: sim.credentials.clientSecret,
      redirectUri: "http://127.0.0.1/none",
    }),
    instanceUrl: sim.url,
    version: "66.0",
    refreshToken: sim.credentials.refreshToken,
    accessToken: "dead",
  });
  const result = await refreshing.query("SELECT Id FROM Lead LIMIT 1");
  assert.equal(result.records.length, 1);
});

test("jsforce describes the org and its objects", async () => {
  const all = await connection.describeGlobal();
  assert.ok(all.sobjects.some((one) => one.name === "Lead" && one.queryable));
  const lead = await connection.describe("Lead");
  const company = lead.fields.find((field) => field.name === "Company");
  assert.deepEqual([company?.type, company?.length, company?.nillable], ["string", 255, false]);
  const versions = await connection.request<{ version: string }[]>("/services/data");
  assert.ok(versions.some((one) => one.version === "66.0"));
});

test("jsforce reads a query to its end over many pages", async () => {
  sim.dials.set({ pageSize: 200 });
  const { records } = await connection.query("SELECT Id, Name FROM Lead", { autoFetch: true, maxFetch: 100_000 });
  sim.dials.set({ pageSize: 2_000 });
  assert.equal(records.length, 2_000);
  assert.equal(new Set(records.map((one) => one["Id"])).size, 2_000);
});

test("jsforce creates, reads, updates, upserts and deletes", async () => {
  const leads = connection.sobject("Lead");
  const made = await leads.create({ LastName: "Witness", Company: "Jsforce Co", Email: "W@Example.COM" });
  assert.ok(made.success && made.id);
  const read = await leads.retrieve(made.id);
  assert.equal(read["Email"], "w@example.com");
  await leads.update({ Id: made.id, Company: "Changed" });
  assert.equal(sim.data.get("Lead", made.id)!["Company"], "Changed");
  const upserted = await leads.upsert({ Key__c: "w1", LastName: "Up", Company: "Sert" }, "Key__c");
  assert.equal((upserted as { created?: boolean }).created, true);
  const again = await leads.upsert({ Key__c: "W1", LastName: "Up", Company: "Again" }, "Key__c");
  assert.equal(again.id, upserted.id);
  const many = await leads.create(
    Array.from({ length: 3 }, (_, index) => ({ LastName: `M${index}`, Company: "Many" })),
  );
  assert.ok(many.every((one) => one.success));
  const removed = await leads.destroy([made.id, ...many.map((one) => one.id!)]);
  assert.ok(removed.every((one) => one.success));
  await assert.rejects(leads.retrieve(made.id), { name: "ENTITY_IS_DELETED" });
});

test("jsforce runs a Bulk API 2.0 ingest and reads what failed", async () => {
  const job = connection.bulk2.createJob({ object: "Lead", operation: "insert" });
  await job.open();
  await job.uploadData([
    { LastName: 'Bulk, "quoted"', Company: "Bulk Co" },
    { LastName: "", Company: "No last name" },
  ]);
  await job.close();
  await job.poll(10, 5_000);
  const results = await job.getAllResults();
  assert.equal(results.successfulResults.length, 1);
  assert.equal(
    results.failedResults[0]!.sf__Error,
    "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
  );
  assert.equal(sim.data.query("SELECT LastName FROM Lead WHERE Company = 'Bulk Co'").length, 1);
});

test("jsforce runs a Bulk API 2.0 query of one page", async () => {
  const stream = await connection.bulk2.query("SELECT Id, Name, CreatedDate FROM Account", { pollInterval: 10 });
  let text = "";
  for await (const chunk of stream.stream("csv")) text += String(chunk);
  assert.equal(text.trim().split("\n").length, 151); // With the header; names hold no line breaks.
});

test("jsforce reads the limits and sees the usage header", async () => {
  const limits = await connection.limits();
  assert.equal(limits["DailyApiRequests"]?.Max, 108_000);
  assert.ok(connection.limitInfo.apiUsage!.used > 0);
});

test("jsforce converts a lead by SOAP", async () => {
  const leadId = sim.data.add("Lead", { LastName: "Soap", Company: "Soap <& Co>" });
  const converted = await connection.soap.convertLead({
    leadId,
    convertedStatus: "Closed - Converted",
    doNotCreateOpportunity: true,
    overwriteLeadSource: false,
    sendNotificationEmail: false,
  });
  assert.equal(converted.success, true);
  assert.equal(sim.data.get("Account", converted.accountId!)!["Name"], "Soap <& Co>");
  assert.equal(sim.data.get("Lead", leadId)!["ConvertedContactId"], converted.contactId);
});

test("jsforce ties a contact to an opportunity in a role, changes the role and removes the tie", async () => {
  const roles = connection.sobject("OpportunityContactRole");
  const described = await roles.describe();
  assert.equal(described.fields.find((field) => field.name === "ContactId")?.referenceTo?.[0], "Contact");
  const OpportunityId = sim.data.add("Opportunity", {
    Name: "Tied",
    StageName: "Prospecting",
    CloseDate: "2026-03-01",
  });
  const ContactId = sim.data.add("Contact", { LastName: "Tied" });
  const made = await roles.create({ OpportunityId, ContactId, Role: "Decision Maker", IsPrimary: true });
  assert.ok(made.success && made.id);
  await roles.update({ Id: made.id, Role: "Evaluator" });
  const soql = `SELECT Contact.LastName, Role, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '${OpportunityId}'`;
  const { records } = await connection.query<{ Contact: { LastName: string }; Role: string; IsPrimary: boolean }>(soql);
  assert.deepEqual(
    records.map((one) => [one.Contact.LastName, one.Role, one.IsPrimary]),
    [["Tied", "Evaluator", true]],
  );
  assert.equal((await roles.destroy(made.id)).success, true);
  const log = await roles.deleted("2026-01-05T08:00:00Z", "2026-01-05T10:00:00Z");
  assert.ok(log.deletedRecords.some((one) => one.id === made.id));
});

const QUERIES: [string, (records: Record<string, unknown>[], size: number) => void][] = [
  ["SELECT COUNT() FROM Contact", (records, size) => assert.deepEqual([records.length, size >= 600], [0, true])],
  [
    "SELECT Status, COUNT(Id) n FROM Lead GROUP BY Status ORDER BY COUNT(Id) DESC",
    (records) => assert.ok(records.length >= 3),
  ],
  [
    "SELECT MIN(Amount), MAX(Amount), SUM(Amount), AVG(Amount) FROM Opportunity",
    ([one]) => assert.ok((one!["expr0"] as number) < (one!["expr3"] as number)),
  ],
  [
    "SELECT Name, Account.Name, Account.Owner.Name, Owner.Email FROM Contact WHERE Account.Name != null LIMIT 5",
    (records) => assert.ok(records.every((one) => (one["Account"] as Record<string, unknown>)["Name"])),
  ],
  ["SELECT Id FROM Lead WHERE Name LIKE 'john sm_th%'", (records) => assert.ok(records.length >= 2)],
  ["SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS:365 LIMIT 3", (records) => assert.equal(records.length, 3)],
  [
    "SELECT Id FROM Lead WHERE CreatedDate < TODAY AND CreatedDate > LAST_YEAR LIMIT 10",
    (records) => assert.ok(records),
  ],
  ["SELECT Id, Name FROM Account ORDER BY Name LIMIT 10 OFFSET 5", (records) => assert.equal(records.length, 10)],
  ["SELECT Id FROM Lead WHERE Country IN ('Poland', 'Iceland')", (records) => assert.ok(records.length > 10)],
  [
    "SELECT Id FROM Account WHERE Industry = 'Retail' OR Industry = 'Shipping'",
    (records) => assert.ok(records.length > 5),
  ],
  ["SELECT Id FROM Account WHERE (NOT Name LIKE 'A%') AND Rating = null", (records) => assert.ok(records.length > 50)],
  [
    "SELECT Id, Rating FROM Lead ORDER BY Rating NULLS LAST, Id DESC LIMIT 5",
    (records) => assert.ok(records.every((one) => one["Rating"] !== null)),
  ],
  ["SELECT Id FROM Lead WHERE Email = null", (records) => assert.ok(records.length > 100)],
  [
    "SELECT Id, (SELECT Id, Email FROM Contacts) FROM Account LIMIT 20",
    (records) => assert.ok(records.some((one) => one["Contacts"])),
  ],
  [
    "SELECT Id FROM Lead WHERE Id IN (SELECT LeadId FROM CampaignMember) LIMIT 7",
    (records) => assert.equal(records.length, 7),
  ],
  [
    "SELECT CALENDAR_YEAR(CloseDate) y, SUM(Amount) total FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate) HAVING SUM(Amount) > 0",
    (records) => assert.ok(records.length >= 2),
  ],
];

for (const [soql, check] of QUERIES)
  test(`jsforce asks: ${soql}`, async () => {
    const result = await connection.query(soql);
    check(result.records as Record<string, unknown>[], result.totalSize);
  });
