import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { asking, createOrg, pages, refuse, thrown } from "../../../test/support/salesforce-org.ts";
import { salesforce } from "./index.ts";

const { lead, task } = salesforce.streams;

test("refusals are read as the vendor means them: the day, the crowd, the session and the limit header", () => {
  const read = (status: number, errorCode: string, message = "", headers = {}) =>
    salesforce.classify({ status, headers, body: [{ errorCode, message }] });
  assert.equal(read(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").refusal?.kind, "daily");
  assert.equal(
    read(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.").refusal?.kind,
    "rate",
  );
  assert.equal(read(401, "INVALID_SESSION_ID").refusal?.kind, "credential");
  assert.equal(read(503, "SERVER_UNAVAILABLE").refusal?.kind, "busy");
  assert.equal(read(400, "QUERY_TIMEOUT").refusal?.kind, "unavailable");
  assert.equal(read(403, "INSUFFICIENT_ACCESS").refusal?.kind, "refused");
  assert.deepEqual(
    read(200, "", "", { "sforce-limit-info": "api-usage=24/15000; per-app-api-usage=17/250(appName=x)" }).usage,
    [{ class: "daily", used: 24, allowed: 15_000 }],
  );
});

test("a session that ended is renewed once; a rotated refresh token is kept in the grant and used next", async () => {
  const redeemed: string[] = [];
  let session = "none";
  await using org = await createOrg((request, response) => {
    if (request.path === "/services/oauth2/token") {
      redeemed.push(new URLSearchParams(request.text).get("refresh_token")!);
      session = `session${redeemed.length}`;
      return {
        access_token: session,
        instance_url: org.url,
        id: "x",
        token_type: "Bearer",
        issued_at: "1",
        refresh_token: `r${redeemed.length}`,
      };
    }
    if (request.headers["authorization"] !== `Bearer ${session}`) return refuse(response, 401, "INVALID_SESSION_ID");
    return { totalSize: 0, done: true, records: [] };
  });
  await using connection = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: org.url },
    secrets: { clientId: "id", refreshToken: "r0" },
    clock: systemClock,
    random: seededRandom(1),
    simulator: true,
  });
  await pages(lead.pull(connection.api, asking()));
  session = "ended";
  await Promise.all([1, 2, 3].map(() => pages(lead.pull(connection.api, asking()))));
  assert.deepEqual(redeemed, ["r0", "r1"]);
  assert.equal(connection.grant()!["refresh_token"], "r2");
});

test("credentials refused for good say what to do", async () => {
  await using org = await createOrg((_request, response) => {
    response.statusCode = 400;
    return { error: "invalid_grant", error_description: "expired access/refresh token" };
  });
  await using connection = connectDirectly({
    connector: salesforce,
    settings: { loginUrl: org.url },
    secrets: { clientId: "id", clientSecret: "secret", refreshToken: "r0" },
    clock: systemClock,
    random: seededRandom(1),
    simulator: true,
  });
  const error = await thrown(pages(lead.pull(connection.api, asking())));
  assert.equal(error.code, "credential.expired");
  assert.match(error.message, /expired access\/refresh token.*reconnect/u);
});

test("an organisation is known by its long id, and a version it does not offer is refused", async () => {
  await using org = await createOrg((request) =>
    request.path === "/services/data"
      ? [{ version: "65.0" }, { version: "66.0" }]
      : { totalSize: 1, done: true, records: [{ Id: "00D000000000001", Name: "Larkfield", IsSandbox: false }] },
  );
  assert.deepEqual(await salesforce.identify(org.api), {
    id: "00D000000000001EAA",
    label: "Larkfield",
    environment: "simulator",
  });
  await using old = await createOrg(() => [{ version: "64.0" }]);
  assert.match(
    (await thrown(salesforce.identify(old.api))).message,
    /does not offer API version 66\.0.*newest is 64\.0/u,
  );
});

test("without the right to make its field, Winston says what an administrator does", async () => {
  await using org = await createOrg((request, response) =>
    request.path.endsWith("/describe")
      ? { fields: [] }
      : refuse(response, 403, "INSUFFICIENT_ACCESS", "no right to customise"),
  );
  const steps = await task.prepare!(org.api);
  assert.match(
    steps.join("\n"),
    /no right to customise[\s\S]*Object Manager › Activity[\s\S]*length 36[\s\S]*External ID/u,
  );
});

test("the field of the handle is made, granted to Winston's user, and then used", async () => {
  const made: Record<string, unknown>[] = [];
  await using org = await createOrg((request, response) => {
    if (request.path.endsWith("/describe"))
      return {
        fields:
          made.length < 4
            ? []
            : [{ name: "WinstonId__c", externalId: true, unique: true, createable: true, updateable: true }],
      };
    if (request.path.endsWith("/userinfo")) return { user_id: "005000000000001AAA" };
    if (request.method === "GET") return { totalSize: 0, done: true, records: [] };
    made.push({ path: request.path.replace("/services/data/v66.0", ""), ...request.json() });
    response.statusCode = 201;
    return { id: "0PS000000000001AAA", success: true, errors: [] };
  });
  assert.deepEqual(await lead.prepare!(org.api), []);
  assert.deepEqual(
    made.map((one) => one["path"]),
    [
      "/tooling/sobjects/CustomField",
      "/sobjects/PermissionSet",
      "/sobjects/FieldPermissions",
      "/sobjects/PermissionSetAssignment",
    ],
  );
  assert.equal(made[0]!["FullName"], "Lead.WinstonId__c");
  assert.equal(made[2]!["Field"], "Lead.WinstonId__c");
});
