// Against answers recorded from the vendor (restforce's fixtures): the same keys, of the same types.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testOrg, type Reply, type TestOrg } from "./test-org.ts";

const fixtures = join(import.meta.dirname, "../../../../shared/specs/salesforce/restforce-fixtures");
const skip = existsSync(fixtures) ? false : "the folder of recorded answers is not beside this repository";

/** Keys and types of `recorded` that `ours` lacks. A recorded null matches anything; lists are compared by their first element. */
function missing(recorded: unknown, ours: unknown, path = ""): string[] {
  if (recorded === null || recorded === undefined) return [];
  if (Array.isArray(recorded)) {
    if (!Array.isArray(ours)) return [`${path} is not a list`];
    return recorded.length > 0 && ours.length > 0 ? missing(recorded[0], ours[0], `${path}[0]`) : [];
  }
  if (typeof recorded === "object") {
    if (typeof ours !== "object" || ours === null || Array.isArray(ours)) return [`${path} is not an object`];
    return Object.entries(recorded).flatMap(([key, value]) =>
      key in ours
        ? missing(value, (ours as Record<string, unknown>)[key], `${path}.${key}`)
        : [`${path}.${key} is missing`],
    );
  }
  if (ours === null) return [];
  return typeof ours === typeof recorded ? [] : [`${path} is ${typeof ours}, not ${typeof recorded}`];
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(fixtures, name), "utf8"));

const LEAD = { LastName: "L", Company: "C" };
const lead = ({ org }: TestOrg): string => org.data.add("Lead", LEAD);
const times = "start=2026-01-05T08:00:00Z&end=2026-01-05T09:05:00Z";
const form = (values: Record<string, string>): string => new URLSearchParams(values).toString();

/** Fields only the recorded object Whizbang has. */
const OWN_FIELDS =
  /\.(?:Text_Label|Checkbox_Label|.*_Label|Auto_Number|ParentWhizbang__r|Whizbangs__r|External_Field__c)/u;

const CASES: [string, (world: TestOrg) => Reply][] = [
  [
    "auth_success_response.json",
    ({ raw, org }) => {
      const { clientId: client_id, clientSecret: client_secret } = org.credentials;
      return raw(
        "POST",
        "/services/oauth2/token",
        form({ grant_type: "client_credentials", client_id, client_secret }),
      );
    },
  ],
  [
    "refresh_success_response.json",
    ({ raw, org }) => {
      const { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token } = org.credentials;
      return raw(
        "POST",
        "/services/oauth2/token",
        form({ grant_type: "refresh_token", refresh_token, client_id, client_secret }),
      );
    },
  ],
  [
    "refresh_error_response.json",
    ({ raw, org }) => {
      const { clientId: client_id } = org.credentials;
      return raw(
        "POST",
        "/services/oauth2/token",
        form({ grant_type: "refresh_token", refresh_token: "dead", client_id }),
      );
    },
  ],
  [
    "expired_session_response.json",
    ({ raw }) => raw("GET", "/services/data/v66.0/limits", "", { authorization: "Bearer dead" }),
  ],
  ["services_data_success_response.json", ({ raw }) => raw("GET", "/services/data")],
  ["sobject_create_success_response.json", ({ call }) => call("POST", "/sobjects/Lead", LEAD)],
  ["sobject_delete_error_response.json", ({ call }) => call("DELETE", "/sobjects/Lead/rid")],
  ["sobject_describe_sobjects_success_response.json", ({ call }) => call("GET", "/sobjects")],
  ["sobject_list_sobjects_success_response.json", ({ call }) => call("GET", "/sobjects")],
  [
    "sobject_get_deleted_success_response.json",
    (world) => {
      world.org.data.delete(lead(world));
      return world.call("GET", `/sobjects/Lead/deleted/?${times}`);
    },
  ],
  [
    "sobject_get_updated_success_response.json",
    (world) => {
      lead(world);
      return world.call("GET", `/sobjects/Lead/updated/?${times}`);
    },
  ],
  ["sobject_org_query_response.json", ({ query }) => query("SELECT Id FROM Organization")],
  [
    "sobject_query_aggregate_success_response.json",
    (world) => {
      world.org.data.add("Opportunity", { Name: "N", StageName: "Prospecting", CloseDate: "2026-01-05", Amount: 1 });
      return world.query("SELECT CampaignId, SUM(Amount) FROM Opportunity GROUP BY CampaignId");
    },
  ],
  ["sobject_query_empty_response.json", ({ query }) => query("SELECT Id FROM Lead")],
  ["sobject_query_error_response.json", ({ query }) => query("SELECT Nope FROM Lead")],
  [
    "sobject_query_success_response.json",
    (world) => {
      lead(world);
      return world.query("SELECT Id FROM Lead");
    },
  ],
  [
    "sobject_query_paginated_first_page_response.json",
    (world) => {
      world.org.dials.set({ pageSize: 1 });
      lead(world);
      lead(world);
      return world.query("SELECT Id FROM Lead");
    },
  ],
  [
    "sobject_query_paginated_last_page_response.json",
    (world) => {
      world.org.dials.set({ pageSize: 1 });
      lead(world);
      lead(world);
      const next = String(world.query("SELECT Id FROM Lead").body["nextRecordsUrl"]);
      return world.call("GET", next.replace("/services/data/v66.0", ""));
    },
  ],
  ["sobject_sobject_describe_success_response.json", ({ call }) => call("GET", "/sobjects/Account/describe")],
  ["sobject_sobject_describe_error_response.json", ({ call }) => call("GET", "/sobjects/Whizbang/describe")],
  ["sobject_sobject_find_success_response.json", (world) => world.call("GET", `/sobjects/Lead/${lead(world)}`)],
  ["sobject_sobject_find_error_response.json", ({ call }) => call("GET", "/sobjects/Lead/23foo")],
  [
    "sobject_sobject_select_success_response.json",
    (world) => world.call("GET", `/sobjects/Lead/${lead(world)}?fields=Id,Name`),
  ],
  [
    "sobject_upsert_created_success_response.json",
    (world) => {
      world.org.data.addCustomField("Lead", { name: "Key__c", type: "Text", externalId: true });
      return world.call("PATCH", "/sobjects/Lead/Key__c/x", LEAD);
    },
  ],
  ["sobject_upsert_error_response.json", ({ call }) => call("PATCH", "/sobjects/Lead/Namez/x", LEAD)],
  [
    "sobject_upsert_multiple_error_response.json",
    (world) => {
      world.org.data.addCustomField("Lead", { name: "Key__c", type: "Text", externalId: true });
      for (const LastName of ["A", "B"]) world.org.data.add("Lead", { ...LEAD, LastName, Key__c: "x" });
      return world.call("PATCH", "/sobjects/Lead/Key__c/x", {});
    },
  ],
  ["sobject_write_error_response.json", ({ call }) => call("POST", "/sobjects/Lead", { ...LEAD, foo: 1 })],
];

for (const [name, ask] of CASES)
  test(`our answer has the shape of ${name}`, { skip }, () => {
    const gaps = missing(read(name), ask(testOrg()).body).filter((gap) => !OWN_FIELDS.test(gap));
    assert.deepEqual(gaps, []);
  });

test("the recorded messages of the same mistakes are ours too", { skip }, () => {
  const { call } = testOrg();
  const said = (name: string): string => (read(name) as { message: string }[])[0]!.message;
  const ours = (reply: Reply): unknown => reply.body[0]!["message"];
  assert.equal(ours(call("GET", "/sobjects/Lead/23foo")), said("sobject_sobject_find_error_response.json"));
  assert.equal(ours(call("PATCH", "/sobjects/Lead/Namez/x", LEAD)), said("sobject_upsert_error_response.json"));
  assert.equal(ours(call("GET", "/sobjects/Whizbang/describe")), said("sobject_sobject_describe_error_response.json"));
  const unknown = String(ours(call("POST", "/sobjects/Lead", { ...LEAD, foo: 1 })));
  assert.equal(unknown.replace("Lead", "Bar"), said("sobject_write_error_response.json"));
});
