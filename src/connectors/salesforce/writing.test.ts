import assert from "node:assert/strict";
import { test } from "node:test";
import type { RowOutcome } from "../../connector/contract.ts";
import { createOrg, ID, never, refuse, thrown } from "../../../test/support/salesforce-org.ts";
import { salesforce } from "./index.ts";

const { lead, opportunity, task } = salesforce.streams;

const kinds = (outcomes: readonly RowOutcome[]): string[] =>
  outcomes.map((one) => (one.state === "failed" ? one.kind : one.state));

test("creates go out as upserts on the handle, and each row gets its own outcome", async () => {
  await using org = await createOrg(() => [
    { id: "00Q000000000001", success: true, created: true, errors: [] },
    {
      success: false,
      created: false,
      errors: [{ statusCode: "UNABLE_TO_LOCK_ROW", message: "unable to obtain exclusive access", fields: [] }],
    },
    {
      success: false,
      created: false,
      errors: [
        {
          statusCode: "DUPLICATE_VALUE",
          message: "duplicate value found: Code__c duplicates value on record with id: 00Q000000000009",
          fields: [],
        },
      ],
    },
    {
      success: false,
      created: false,
      errors: [
        {
          statusCode: "REQUIRED_FIELD_MISSING",
          message: "Required fields are missing: [Company]",
          fields: ["Company"],
        },
      ],
    },
  ]);
  const rows = ["h1", "h2", "h3", "h4"].map((handle) => ({ handle, values: { LastName: handle } }));
  const outcomes = await lead.create!(org.api, rows, never);
  assert.deepEqual(kinds(outcomes), ["done", "later", "exists", "record"]);
  assert.deepEqual(outcomes[0], { state: "done", id: ID(1), created: true });
  assert.deepEqual(outcomes[2]!.state === "failed" && outcomes[2]!.existingIds, [ID(9)]);
  assert.deepEqual(outcomes[3]!.state === "failed" && outcomes[3]!.vendor.fields, ["Company"]);
  assert.equal(org.seen[0]!.method, "PATCH");
  assert.equal(org.seen[0]!.path, "/services/data/v66.0/composite/sobjects/Lead/WinstonId__c");
  assert.equal(org.seen[0]!.headers["sforce-call-options"], "client=Winston");
  const { allOrNone, records } = org.seen[0]!.json() as { allOrNone: boolean; records: object[] };
  assert.equal(allOrNone, false);
  assert.deepEqual(records[0], { attributes: { type: "Lead" }, LastName: "h1", WinstonId__c: "h1" });
});

test("updates and deletes go by id; a record that is gone says so", async () => {
  await using org = await createOrg((request) =>
    request.method === "PATCH"
      ? [{ success: false, errors: [{ statusCode: "ENTITY_IS_DELETED", message: "entity is deleted", fields: [] }] }]
      : [{ id: ID(1), success: true, errors: [] }],
  );
  assert.deepEqual(kinds(await lead.update!(org.api, [{ id: ID(1), values: { Email: null } }], never)), ["gone"]);
  assert.deepEqual((org.seen[0]!.json()["records"] as object[])[0], {
    attributes: { type: "Lead" },
    id: ID(1),
    Email: null,
  });
  assert.deepEqual(kinds(await lead.delete!(org.api, [ID(1)], never)), ["done"]);
  assert.equal(org.seen[1]!.query.get("ids"), ID(1));
});

test("a batch whose answer was lost is unknown for every row, and was sent once", async () => {
  await using org = await createOrg((_request, response) => void response.destroy());
  const rows = ["h1", "h2"].map((handle) => ({ handle, values: { LastName: handle } }));
  assert.deepEqual(kinds(await lead.create!(org.api, rows, never)), ["unknown", "unknown"]);
  assert.equal(org.seen.length, 1);
});

test("one row that spoils the whole call is found by halving, and the others are written", async () => {
  await using org = await createOrg((request, response) => {
    const { records } = request.json() as { records: { id: string; Birthdate?: string }[] };
    if (records.some((one) => one.Birthdate === "not a date"))
      return refuse(response, 400, "JSON_PARSER_ERROR", "Cannot deserialize instance of date");
    return records.map((one) => ({ id: one.id, success: true, errors: [] }));
  });
  const rows = Array.from({ length: 200 }, (_, index) => ({
    id: ID(index),
    values: { Birthdate: index === 77 ? "not a date" : "2000-01-01" },
  }));
  const outcomes = await lead.update!(org.api, rows, never);
  assert.deepEqual(
    outcomes.flatMap((one, index) => (one.state === "done" ? [] : [index])),
    [77],
  );
  assert.ok(org.seen.length <= 17, `${org.seen.length} calls`);
});

test("a field that the vendor does not know fails the rows that carry it, in two calls", async () => {
  await using org = await createOrg((request, response) => {
    const { records } = request.json() as { records: { id: string; Nope__c?: string }[] };
    if (records.some((one) => "Nope__c" in one))
      return refuse(response, 400, "INVALID_FIELD", "No such column 'Nope__c' on sobject of type Lead");
    return records.map((one) => ({ id: one.id, success: true, errors: [] }));
  });
  const rows = [1, 2, 3].map((index) => ({ id: ID(index), values: index === 2 ? { Nope__c: "x" } : { City: "x" } }));
  const outcomes = await lead.update!(org.api, rows, never);
  assert.deepEqual(kinds(outcomes), ["done", "field", "done"]);
  assert.deepEqual(outcomes[1]!.state === "failed" && outcomes[1]!.vendor.fields, ["Nope__c"]);
  assert.equal(org.seen.length, 2);
});

test("a task of a lead carries no related record, one of a contact does", async () => {
  await using org = await createOrg((request) =>
    (request.json()["records"] as object[]).map(() => ({
      id: "00T000000000001AAA",
      success: true,
      created: true,
      errors: [],
    })),
  );
  await task.create!(
    org.api,
    [
      { handle: "h1", values: { WhoId: ID(1), WhatId: "006000000000001AAA" } },
      { handle: "h2", values: { WhoId: "003000000000001AAA", WhatId: "006000000000001AAA" } },
    ],
    never,
  );
  const [first, second] = org.seen[0]!.json()["records"] as Record<string, unknown>[];
  assert.equal("WhatId" in first!, false);
  assert.equal(second!["WhatId"], "006000000000001AAA");
});

test("a large create is one bulk job, paired by the handle; a row no result tells of is unknown", async () => {
  let csv = "";
  await using org = await createOrg((request, response) => {
    const text = (body: string): void => {
      response.setHeader("content-type", "text/csv");
      response.end(body);
    };
    if (request.path.endsWith("/jobs/ingest")) return { id: "750y", state: "Open" };
    if (request.path.endsWith("/batches")) {
      csv = request.text;
      response.statusCode = 201;
      return void response.end();
    }
    if (request.path.endsWith("/successfulResults"))
      return text(
        `"sf__Id","sf__Created","WinstonId__c","LastName"\n"00Q000000000003","true","h3","c"\n"00Q000000000001","false","h1","a"\n`,
      );
    if (request.path.endsWith("/failedResults"))
      return text(
        `"sf__Id","sf__Error","WinstonId__c","LastName"\n"","STRING_TOO_LONG:Last Name: data value too large: b:LastName --","h2","b"\n`,
      );
    if (request.path.endsWith("/unprocessedrecords")) return text("");
    if (request.path.endsWith("/composite/sobjects/Lead/WinstonId__c"))
      return [{ id: ID(5), success: true, created: true, errors: [] }];
    return { id: "750y", state: "JobComplete" };
  });
  const rows = [
    ["h1", 'a\n"q"'],
    ["h2", "b"],
    ["h3", "c"],
    ["h4", "d"],
    ["h5", "#N/A"],
  ].map(([handle, name]) => ({ handle: handle!, values: { LastName: name, City: null, DoNotCall: true } }));
  const outcomes = await lead.createMany!(org.api, rows, never);
  assert.deepEqual(kinds(outcomes), ["done", "field", "done", "unknown", "done"]);
  assert.deepEqual(outcomes[2], { state: "done", id: ID(3), created: true });
  assert.deepEqual(outcomes[1]!.state === "failed" && [outcomes[1]!.vendor.code, outcomes[1]!.vendor.fields], [
    "STRING_TOO_LONG",
    ["LastName"],
  ]);
  assert.equal(csv, `WinstonId__c,LastName,City,DoNotCall\nh1,"a\n""q""",,true\nh2,b,,true\nh3,c,,true\nh4,d,,true\n`);
});

test("a bulk upload keeps the rows of one parent together, for its parts are written side by side and lock what they belong to", async () => {
  let csv = "";
  await using org = await createOrg((request, response) => {
    if (request.path.endsWith("/batches")) csv = request.text;
    if (/(?:batches|Results|records)$/u.test(request.path)) return void response.end();
    return { id: "750y", state: request.path.includes("/jobs/ingest/") ? "JobComplete" : "Open" };
  });
  const parents = [
    ["A2", null],
    ["A1", "C1"],
    ["A2", null],
    [null, "C2"],
    ["A1", null],
  ] as const;
  const rows = parents.map(([AccountId, CampaignId], index) => ({
    handle: `h${index}`,
    values: { OwnerId: `U${5 - index}`, CampaignId, AccountId },
  }));
  const outcomes = await opportunity.createMany!(org.api, rows, never);
  assert.equal(outcomes.length, rows.length);
  const handles = csv
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",", 1)[0]);
  assert.deepEqual(handles, ["h3", "h4", "h1", "h0", "h2"]);
});

test("a bulk upload whose answer was lost wrote nothing, because its job was never closed", async () => {
  await using org = await createOrg((request, response) => {
    if (request.path.endsWith("/batches")) return void response.destroy();
    return { id: "750y", state: "Open" };
  });
  const error = await thrown(lead.createMany!(org.api, [{ handle: "h1", values: { LastName: "a" } }], never));
  assert.equal(error.code, "vendor.unavailable");
  assert.deepEqual(org.seen.at(-1)!.json(), { state: "Aborted" });
});
