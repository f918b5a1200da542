import assert from "node:assert/strict";
import { test } from "node:test";
import { testOrg } from "./test-org.ts";

const LEAD = { LastName: "Vale", Company: "Cedar" };

test("a create answers 201 with the id, an update 204 without a body, a read shows the record", () => {
  const { call } = testOrg();
  const made = call("POST", "/sobjects/Lead", { ...LEAD, FirstName: "Ada" });
  assert.equal(made.status, 201);
  assert.deepEqual(made.body, { id: made.body["id"], success: true, errors: [] });
  assert.match(String(made.body["id"]), /^00Q[0-9A-Za-z]{15}$/u);
  assert.match(made.headers["location"]!, /^\/services\/data\/v66\.0\/sobjects\/Lead\/00Q/u);
  assert.match(made.headers["sforce-limit-info"]!, /^api-usage=1\/108000$/u);
  const id = String(made.body["id"]);
  const changed = call("PATCH", `/sobjects/Lead/${id}`, { Company: "Vale Ltd" });
  assert.deepEqual([changed.status, changed.text, changed.headers["sforce-limit-info"]], [204, "", undefined]);
  const read = call("GET", `/sobjects/Lead/${id.slice(0, 15)}`).body;
  assert.equal(read["Name"], "Ada Vale");
  assert.equal(read["Company"], "Vale Ltd");
  assert.equal(read["Status"], "Open - Not Contacted");
  assert.equal(read["IsConverted"], false);
  assert.equal(read["attributes"]!["url"], `/services/data/v66.0/sobjects/Lead/${id}`);
});

test("stamps are whole seconds with a +0000 offset, and any update moves them", () => {
  const { call, clock } = testOrg();
  clock.advance(1_234);
  const id = String(call("POST", "/sobjects/Lead", LEAD).body["id"]);
  const before = call("GET", `/sobjects/Lead/${id}`).body;
  assert.equal(before["SystemModstamp"], "2026-01-05T09:00:01.000+0000");
  clock.advance(5_000);
  call("PATCH", `/sobjects/Lead/${id}`, { Company: "Cedar" });
  const after = call("GET", `/sobjects/Lead/${id}`).body;
  assert.equal(after["SystemModstamp"], "2026-01-05T09:00:06.000+0000");
  assert.equal(after["CreatedDate"], before["CreatedDate"]);
});

/** What is sent, and the code, the words and the fields of the refusal. */
const REFUSED: [string, Record<string, unknown>, string, RegExp, string[] | undefined][] = [
  [
    "a missing required field",
    { FirstName: "A" },
    "REQUIRED_FIELD_MISSING",
    /\[LastName, Company\]/u,
    ["LastName", "Company"],
  ],
  [
    "too long a text",
    { ...LEAD, LastName: "x".repeat(81) },
    "STRING_TOO_LONG",
    /Last Name: data value too large: x+ \(max length=80\)/u,
    ["LastName"],
  ],
  [
    "no e-mail address",
    { ...LEAD, Email: "nobody" },
    "INVALID_EMAIL_ADDRESS",
    /Email: invalid email address: nobody/u,
    ["Email"],
  ],
  [
    "a value outside a restricted picklist",
    { ...LEAD, Kind__c: "C" },
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    /Kind: bad value for restricted picklist field: C/u,
    ["Kind__c"],
  ],
  [
    "a read-only field",
    { ...LEAD, Name: "X" },
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    /Unable to create\/update fields: Name/u,
    ["Name"],
  ],
  [
    "an unknown field",
    { ...LEAD, Nope__c: 1 },
    "INVALID_FIELD",
    /No such column 'Nope__c' on sobject of type Lead/u,
    undefined,
  ],
  [
    "an owner that is not there",
    { ...LEAD, OwnerId: "005000000000001AAA" },
    "INVALID_CROSS_REFERENCE_KEY",
    /invalid cross reference id/u,
    ["OwnerId"],
  ],
  [
    "an owner that is no user",
    { ...LEAD, OwnerId: "001000000000001AAA" },
    "FIELD_INTEGRITY_EXCEPTION",
    /Owner ID/u,
    ["OwnerId"],
  ],
  ["a malformed id", { ...LEAD, OwnerId: "me" }, "MALFORMED_ID", /id value of incorrect type: me/u, ["OwnerId"]],
  [
    "a word where a number belongs",
    { ...LEAD, AnnualRevenue: "lots" },
    "JSON_PARSER_ERROR",
    /Cannot deserialize instance of double from VALUE_STRING value lots/u,
    undefined,
  ],
  [
    "a number where a text belongs",
    { ...LEAD, Title: 7 },
    "JSON_PARSER_ERROR",
    /instance of string from VALUE_NUMBER_INT/u,
    undefined,
  ],
  [
    "too large a number",
    { ...LEAD, NumberOfEmployees: 123_456_789 },
    "NUMBER_OUTSIDE_VALID_RANGE",
    /Employees/u,
    ["NumberOfEmployees"],
  ],
  [
    "an id in the body",
    { ...LEAD, Id: "00Q000000000001AAA" },
    "INVALID_FIELD",
    /The Id field should not be specified/u,
    ["Id"],
  ],
];

for (const [what, values, code, words, fields] of REFUSED)
  test(`${what} is refused with ${code} and nothing is stored`, () => {
    const { org, call } = testOrg();
    org.data.addCustomField("Lead", { name: "Kind__c", type: "Picklist", values: ["A", "B"], restricted: true });
    const answer = call("POST", "/sobjects/Lead", values);
    assert.equal(answer.status, 400);
    assert.equal(answer.body[0]!["errorCode"], code);
    assert.match(String(answer.body[0]!["message"]), words);
    assert.deepEqual(answer.body[0]!["fields"], fields);
    assert.equal(org.data.list("Lead").length, 0);
  });

test("texts lose outer blanks, addresses are lower case, an empty text is null", () => {
  const { org, call } = testOrg();
  call("POST", "/sobjects/Lead", { ...LEAD, Title: "  Head of \t", Email: "Ada@Example.COM", City: "", Fax: null });
  const [lead] = org.data.list("Lead");
  assert.deepEqual([lead!["Title"], lead!["Email"], lead!["City"]], ["Head of", "ada@example.com", null]);
  const account = String(call("POST", "/sobjects/Account", { Name: "A" }).body["id"]);
  const deal = { Name: "D", StageName: "Closed Won", CloseDate: "2026-02-01", Amount: 10.01, AccountId: account };
  call("POST", "/sobjects/Opportunity", deal);
  const [made] = org.data.list("Opportunity");
  assert.deepEqual([made!["Amount"], made!["IsWon"], made!["Probability"]], [10.01, true, 100]);
});

test("the API keeps more decimals than a field promises, people's pages round to it, and times are cut to the second", () => {
  const { org, call } = testOrg();
  const { id } = call("POST", "/sobjects/Opportunity", {
    Name: "D",
    StageName: "Prospecting",
    CloseDate: "2026-02-01",
    Amount: 10.0051,
  }).body;
  const amount = (): unknown => org.data.get("Opportunity", String(id))!["Amount"];
  assert.equal(amount(), 10.0051);
  for (const [typed, kept] of [
    [10.0051, 10.01],
    [12.345, 12.35],
    [-12.345, -12.34],
    [1.005, 1.01],
    [-0.001, 0],
    [7, 7],
  ] as const) {
    org.data.edit("Opportunity", String(id), { Amount: typed });
    assert.equal(amount(), kept, String(typed));
  }
  const times = { StartDateTime: "2026-01-05T09:00:00.750Z", EndDateTime: "2026-01-05T10:00:00.999+01:00" };
  call("POST", "/sobjects/Event", { Subject: "E", ...times });
  const [event] = org.data.list("Event");
  assert.deepEqual(
    [event!["StartDateTime"], event!["EndDateTime"]],
    ["2026-01-05T09:00:00.000+0000", "2026-01-05T09:00:00.000+0000"],
  );
});

test("an upsert creates with 201, updates with 200, and answers 300 when several match", () => {
  const { org, call } = testOrg();
  org.data.addCustomField("Lead", { name: "Key__c", type: "Text", length: 40, unique: true, externalId: true });
  org.data.addCustomField("Lead", { name: "Loose__c", type: "Text", length: 40, externalId: true });
  const made = call("PATCH", "/sobjects/Lead/Key__c/a%2Fb%20c", LEAD);
  assert.deepEqual([made.status, made.body["created"]], [201, true]);
  assert.equal(org.data.list("Lead")[0]!["Key__c"], "a/b c");
  const again = call("PATCH", "/sobjects/Lead/Key__c/A%2FB%20C", { Company: "Later" });
  assert.deepEqual([again.status, again.body["created"], again.body["id"]], [200, false, made.body["id"]]);
  for (const name of ["One", "Two"]) call("POST", "/sobjects/Lead", { ...LEAD, LastName: name, Loose__c: "same" });
  const several = call("PATCH", "/sobjects/Lead/Loose__c/same", { Company: "X" });
  assert.equal(several.status, 300);
  assert.match(String(several.body[1]), /^\/services\/data\/v66\.0\/sobjects\/Lead\/00Q/u);
  assert.equal(call("PATCH", "/sobjects/Lead/Key__c/new?updateOnly=true", LEAD).status, 404);
  const unknown = call("PATCH", "/sobjects/Lead/Company/x", LEAD);
  assert.equal(unknown.body[0]!["message"], "Provided external ID field does not exist or is not accessible: Company");
});

test("a unique value is refused without regard to case and the refusal names the other record", () => {
  const { org, call } = testOrg();
  org.data.addCustomField("Lead", { name: "Key__c", type: "Text", length: 40, unique: true, externalId: true });
  const first = call("POST", "/sobjects/Lead", { ...LEAD, Key__c: "abc" }).body["id"];
  const second = call("POST", "/sobjects/Lead", { ...LEAD, Key__c: "ABC" });
  assert.equal(second.body[0]!["errorCode"], "DUPLICATE_VALUE");
  assert.equal(
    second.body[0]!["message"],
    `duplicate value found: Key__c duplicates value on record with id: ${String(first)}`,
  );
});

test("a deleted record answers ENTITY_IS_DELETED, shows in queryAll, and its children go with it", () => {
  const { org, call, query } = testOrg();
  const account = String(call("POST", "/sobjects/Account", { Name: "Parent" }).body["id"]);
  const contact = String(call("POST", "/sobjects/Contact", { LastName: "Child", AccountId: account }).body["id"]);
  assert.equal(call("DELETE", `/sobjects/Account/${account}`).status, 204);
  const again = call("DELETE", `/sobjects/Account/${account}`);
  assert.deepEqual([again.status, again.body[0]!["errorCode"]], [404, "ENTITY_IS_DELETED"]);
  assert.equal(call("PATCH", `/sobjects/Account/${account}`, { Name: "X" }).status, 404);
  assert.equal(query("SELECT Id FROM Contact").body["totalSize"], 0);
  const all = call("GET", "/queryAll?q=SELECT+Id,IsDeleted+FROM+Contact").body["records"]!;
  assert.deepEqual([all[0]!["Id"], all[0]!["IsDeleted"]], [contact, true]);
  org.data.undelete(account);
  assert.equal(query("SELECT Id FROM Contact").body["totalSize"], 1);
});

test("rows leave queryAll when the bin is emptied or their fifteen days are over", () => {
  const { org, call, clock } = testOrg();
  const ids = ["A", "B"].map((Name) => String(call("POST", "/sobjects/Account", { Name }).body["id"]));
  call("DELETE", `/sobjects/Account/${ids[0]}`);
  org.data.emptyBin("Account");
  const count = () => call("GET", "/queryAll?q=SELECT+Id+FROM+Account").body["totalSize"];
  assert.equal(count(), 1);
  call("DELETE", `/sobjects/Account/${ids[1]}`);
  assert.equal(count(), 1);
  org.dials.set({ sessionMs: 30 * 86_400_000 });
  clock.advance(16 * 86_400_000);
  assert.equal(count(), 0);
});

test("a hidden field is not there, a read-only one cannot be written", () => {
  const { org, call, query } = testOrg();
  org.data.setFieldAccess("Lead", "Phone", "hidden");
  org.data.setFieldAccess("Lead", "Title", "readonly");
  const names = (call("GET", "/sobjects/Lead/describe").body["fields"] as unknown as { name: string }[]).map(
    (one) => one.name,
  );
  assert.ok(!names.includes("Phone") && names.includes("Title"));
  assert.equal(query("SELECT Phone FROM Lead").body[0]!["errorCode"], "INVALID_FIELD");
  assert.equal(call("POST", "/sobjects/Lead", { ...LEAD, Phone: "1" }).body[0]!["errorCode"], "INVALID_FIELD");
  const refused = call("POST", "/sobjects/Lead", { ...LEAD, Title: "x" });
  assert.deepEqual(
    [refused.body[0]!["errorCode"], refused.body[0]!["fields"]],
    ["INVALID_FIELD_FOR_INSERT_UPDATE", ["Title"]],
  );
});

test("a locked row, and a child of a locked parent, answer UNABLE_TO_LOCK_ROW until the lock ends", () => {
  const { org, call, clock } = testOrg();
  const account = String(call("POST", "/sobjects/Account", { Name: "Locked" }).body["id"]);
  org.data.lockRow(account, 5_000);
  assert.equal(
    call("PATCH", `/sobjects/Account/${account}`, { Name: "X" }).body[0]!["errorCode"],
    "UNABLE_TO_LOCK_ROW",
  );
  const child = call("POST", "/sobjects/Contact", { LastName: "C", AccountId: account });
  assert.match(
    String(child.body[0]!["message"]),
    new RegExp(`unable to obtain exclusive access to this record or 1 records: ${account}`, "u"),
  );
  clock.advance(5_001);
  assert.equal(call("PATCH", `/sobjects/Account/${account}`, { Name: "X" }).status, 204);
});

test("a lead whose last edit is not committed yet is not converted before it is", () => {
  const { org, call, clock } = testOrg();
  const leadId = org.data.add("Lead", { LastName: "L", Company: "X" });
  org.data.edit("Lead", leadId, { Title: "late" }, { lateMs: 5_000 });
  const conversion = { leadId, convertedStatus: "Closed - Converted", doNotCreateOpportunity: true };
  assert.throws(() => org.data.convertLead(conversion), /unable to obtain exclusive access/u);
  clock.advance(5_001);
  assert.equal(call("GET", `/sobjects/Lead/${leadId}`).body["Title"], "late");
  const { contactId } = org.data.convertLead(conversion);
  assert.equal(org.data.get("Contact", contactId)!["Title"], "late");
  assert.equal(org.data.get("Lead", leadId)!["IsConverted"], true);
});

test("who, or whose child, has an edit that is not committed yet is neither merged nor deleted before it is", () => {
  const { org, call, clock } = testOrg();
  const [keep, lose] = ["Keep", "Lose"].map((Name) => org.data.add("Account", { Name })) as [string, string];
  const deal = { Name: "D", StageName: "Prospecting", CloseDate: "2026-02-01", AccountId: lose };
  const dealId = org.data.add("Opportunity", deal);
  for (const [object, id] of [
    ["Account", lose],
    ["Opportunity", dealId],
  ] as const) {
    org.data.edit(object, id, { Description: "late" }, { lateMs: 5_000 });
    assert.throws(() => org.data.merge("Account", keep, [lose]), /unable to obtain exclusive access/u);
    assert.throws(() => org.data.delete(lose), /unable to obtain exclusive access/u);
    clock.advance(5_001);
    assert.equal(call("GET", `/sobjects/${object}/${id}`).body["Description"], "late");
  }
  org.data.merge("Account", keep, [lose]);
  assert.equal(org.data.get("Opportunity", dealId)!["AccountId"], keep);
  org.data.delete(keep);
  clock.advance(60_000);
  call("GET", "/limits");
  for (const [object, id] of [
    ["Account", lose],
    ["Opportunity", dealId],
  ] as const)
    assert.equal(org.data.get(object, id)!["IsDeleted"], true);
});

test("a converted lead is read-only and points to what it became", () => {
  const { org, call } = testOrg();
  const id = org.data.add("Lead", { ...LEAD, Email: "v@example.com", LeadSource: "Web", Phone: "+1-212-555-0100" });
  const contact = org.data.add("Contact", {
    LastName: "Old",
    AccountId: org.data.add("Account", { Name: "Old" }),
    Phone: "kept",
  });
  const accountId = String(org.data.get("Contact", contact)!["AccountId"]);
  const made = org.data.convertLead({
    leadId: id,
    convertedStatus: "Closed - Converted",
    accountId,
    contactId: contact,
  });
  const after = org.data.get("Contact", contact)!;
  assert.deepEqual([after["LastName"], after["Phone"], after["Email"]], ["Old", "kept", "v@example.com"]);
  const lead = call("GET", `/sobjects/Lead/${id}`).body;
  assert.deepEqual(
    [lead["IsConverted"], lead["ConvertedContactId"], lead["ConvertedOpportunityId"], lead["ConvertedDate"]],
    [true, contact, made.opportunityId, "2026-01-05"],
  );
  const refused = call("PATCH", `/sobjects/Lead/${id}`, { Company: "X" });
  assert.deepEqual(
    [refused.status, refused.body[0]!["errorCode"], refused.body[0]!["message"]],
    [400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"],
  );
});

test("a merge leaves the loser in the bin with the survivor's id, and its children with the survivor", () => {
  const { org, call } = testOrg();
  const [keep, lose] = ["Keep", "Lose"].map((Name) => org.data.add("Account", { Name })) as [string, string];
  const contact = org.data.add("Contact", { LastName: "C", AccountId: lose });
  org.data.merge("Account", keep, [lose], { Site: "merged" });
  assert.equal(org.data.get("Contact", contact)!["AccountId"], keep);
  assert.equal(org.data.get("Account", keep)!["Site"], "merged");
  const query = encodeURIComponent(`SELECT Id, IsDeleted, MasterRecordId FROM Account WHERE Id = '${lose}'`);
  const [row] = call("GET", `/queryAll?q=${query}`).body["records"] as unknown as Record<string, unknown>[];
  assert.deepEqual([row!["IsDeleted"], row!["MasterRecordId"]], [true, keep]);
});

test("a parent can be named by its external id", () => {
  const { org, call } = testOrg();
  org.data.addCustomField("Account", { name: "Key__c", type: "Text", length: 20, unique: true, externalId: true });
  const account = org.data.add("Account", { Name: "A", Key__c: "k1" });
  call("POST", "/sobjects/Contact", { LastName: "C", Account: { Key__c: "K1" } });
  assert.equal(org.data.list("Contact")[0]!["AccountId"], account);
  const missing = call("POST", "/sobjects/Contact", { LastName: "C", Account: { Key__c: "none" } });
  assert.match(
    String(missing.body[0]!["message"]),
    /Foreign key external ID: none not found for field Key__c in entity Account/u,
  );
});

test("a task on a lead takes no WhatId, an event derives its end, a member's status must be the campaign's", () => {
  const { org, call } = testOrg();
  const lead = org.data.add("Lead", LEAD);
  const account = org.data.add("Account", { Name: "A" });
  assert.equal(call("POST", "/sobjects/Task", { WhoId: lead, WhatId: account }).status, 400);
  const contact = org.data.add("Contact", { LastName: "C", AccountId: account });
  const task = org.data.add("Task", { WhoId: contact, Status: "Completed" });
  assert.deepEqual(
    [org.data.get("Task", task)!["AccountId"], org.data.get("Task", task)!["IsClosed"]],
    [account, true],
  );
  assert.equal(
    call("PATCH", `/sobjects/Task/${task}`, { TaskSubtype: "Call" }).body[0]!["errorCode"],
    "INVALID_FIELD_FOR_INSERT_UPDATE",
  );
  const event = org.data.add("Event", { WhoId: contact, StartDateTime: "2026-01-06T10:00:00Z", DurationInMinutes: 45 });
  assert.equal(org.data.get("Event", event)!["EndDateTime"], "2026-01-06T10:45:00.000+0000");
  const campaign = org.data.add("Campaign", { Name: "Fair" });
  assert.equal(
    call("POST", "/sobjects/CampaignMember", { CampaignId: campaign, LeadId: lead, Status: "Maybe" }).status,
    400,
  );
  const member = call("POST", "/sobjects/CampaignMember", { CampaignId: campaign, LeadId: lead, Status: "Responded" });
  assert.equal(org.data.get("CampaignMember", String(member.body["id"]))!["HasResponded"], true);
  const twice = call("POST", "/sobjects/CampaignMember", { CampaignId: campaign, LeadId: lead });
  assert.equal(twice.body[0]!["message"], "Already a campaign member.");
});

test("a duplicate rule refuses with its matches, and one that only alerts lets a header pass", () => {
  const { org, call } = testOrg();
  const first = org.data.add("Lead", { ...LEAD, Email: "same@example.com" });
  org.dials.set({ duplicateRule: { object: "Lead", field: "Email", action: "alert" } });
  const refused = call("POST", "/sobjects/Lead", { ...LEAD, Email: "same@example.com" });
  assert.equal(refused.body[0]!["errorCode"], "DUPLICATES_DETECTED");
  const [match] = refused.body[0]!["duplicateResult"]!["matchResults"]![0]!["matchRecords"] as unknown as {
    record: { Id: string };
  }[];
  assert.equal(match!.record.Id, first);
  const header = { "sforce-duplicate-rule-header": "allowSave=true" };
  assert.equal(call("POST", "/sobjects/Lead", { ...LEAD, Email: "same@example.com" }, header).status, 201);
});

test("the active assignment rule gives away what a call creates or updates, unless its header says no; a rule named by its id only what is new", () => {
  const { org, call } = testOrg();
  const [mine, theirs] = [
    org.data.addUser({ lastName: "a", email: "a@example.com" }),
    org.data.addUser({ lastName: "b", email: "b@example.com" }),
  ];
  const rule = "01Q000000000001EAA";
  org.dials.set({ assignmentRule: { id: rule, ownerId: theirs, active: true } });
  const ownerOf = (id: unknown) => org.data.get("Lead", String(id))!["OwnerId"];
  const say = (value: string) => ({ "sforce-auto-assign": value });
  const made = (headers: Record<string, string>) =>
    ownerOf(call("POST", "/sobjects/Lead", { ...LEAD, OwnerId: mine }, headers).body["id"]);
  assert.deepEqual([made({}), made(say("true")), made(say("FALSE")), made(say(rule))], [theirs, theirs, mine, theirs]);
  const changed = (headers: Record<string, string>) => {
    const id = org.data.add("Lead", { ...LEAD, OwnerId: mine });
    const body = { allOrNone: false, records: [{ attributes: { type: "Lead" }, id, Title: "x" }] };
    call("PATCH", "/composite/sobjects", body, headers);
    return ownerOf(id);
  };
  assert.deepEqual([changed({}), changed(say("false")), changed(say(rule))], [theirs, mine, mine]);
  org.dials.set({ assignmentRule: { id: rule, ownerId: theirs, active: false } });
  assert.deepEqual([made({}), made(say("TRUE")), made(say(rule.slice(0, 15)))], [mine, mine, theirs]);
});

test("a hierarchy has no circles, and two that change places are refused until one has left", () => {
  const { org, call } = testOrg();
  const top = org.data.add("Account", { Name: "Top" });
  const middle = org.data.add("Account", { Name: "Middle", ParentId: top });
  const low = org.data.add("Account", { Name: "Low", ParentId: middle });
  for (const ParentId of [top, middle, low]) {
    const refused = call("PATCH", `/sobjects/Account/${top}`, { ParentId });
    assert.deepEqual([refused.status, refused.body[0]!["errorCode"]], [400, "CIRCULAR_DEPENDENCY"]);
  }
  assert.equal(call("PATCH", `/sobjects/Account/${middle}`, { ParentId: null }).status, 204);
  assert.equal(call("PATCH", `/sobjects/Account/${top}`, { ParentId: middle }).status, 204);
});

test("the Tooling API makes an external-id field that shows only once it is granted", () => {
  const { org, call, query } = testOrg();
  const request = {
    FullName: "Lead.Winston_Id__c",
    Metadata: { type: "Text", label: "Winston ID", length: 36, externalId: true, unique: true, caseSensitive: false },
  };
  assert.equal(call("POST", "/tooling/sobjects/CustomField", request).status, 201);
  assert.equal(
    call("POST", "/tooling/sobjects/CustomField", request).body[0]!["errorCode"],
    "DUPLICATE_DEVELOPER_NAME",
  );
  const described = () =>
    (call("GET", "/sobjects/Lead/describe").body["fields"] as unknown as { name: string; externalId: boolean }[]).find(
      (one) => one.name === "Winston_Id__c",
    );
  assert.equal(described(), undefined);
  const sets = query("SELECT PermissionSetId FROM PermissionSetAssignment").body["records"]!;
  const grant = {
    ParentId: sets[0]!["PermissionSetId"],
    SobjectType: "Lead",
    Field: "Lead.Winston_Id__c",
    PermissionsRead: true,
    PermissionsEdit: true,
  };
  org.dials.set({ canCustomize: false });
  assert.equal(call("POST", "/sobjects/FieldPermissions", grant).status, 403);
  assert.equal(call("POST", "/tooling/sobjects/CustomField", request).status, 403);
  org.dials.set({ canCustomize: true });
  assert.equal(call("POST", "/sobjects/FieldPermissions", grant).status, 201);
  assert.equal(described()?.externalId, true);
  assert.equal(call("PATCH", "/sobjects/Lead/Winston_Id__c/x1", LEAD).status, 201);
});

test("describe answers 304 to somebody who has it, until a field is added", () => {
  const { org, call, clock } = testOrg();
  const first = call("GET", "/sobjects/Lead/describe");
  const header = { "if-modified-since": first.headers["last-modified"]! };
  assert.equal(call("GET", "/sobjects/Lead/describe", undefined, header).status, 304);
  clock.advance(60_000);
  org.data.addCustomField("Lead", { name: "New__c", type: "Text" });
  assert.equal(call("GET", "/sobjects/Lead/describe", undefined, header).status, 200);
});

test("users cannot be made through the API, and a user who left cannot own what is new", () => {
  const { org, call } = testOrg();
  const user = {
    LastName: "L",
    Username: "l@example.com",
    Email: "l@example.com",
    Alias: "l",
    ProfileId: "00e000000000001AAA",
  };
  assert.equal(call("POST", "/sobjects/User", user).body[0]!["errorCode"], "LICENSE_LIMIT_EXCEEDED");
  const gone = org.data.addUser({ lastName: "Gone", email: "gone@example.com", active: false });
  assert.equal(
    call("POST", "/sobjects/Lead", { ...LEAD, OwnerId: gone }).body[0]!["errorCode"],
    "INACTIVE_OWNER_OR_USER",
  );
});
