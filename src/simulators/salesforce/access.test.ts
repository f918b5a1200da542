// Signing in, allowances, and what can be said about change: sessions, limits, getUpdated and getDeleted, late commits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testOrg, type TestOrg } from "./test-org.ts";

const form = (values: Record<string, string>): string => new URLSearchParams(values).toString();

function refresh({ org, raw }: TestOrg, token: string) {
  const { clientId: client_id, clientSecret: client_secret } = org.credentials;
  return raw(
    "POST",
    "/services/oauth2/token",
    form({ grant_type: "refresh_token", refresh_token: token, client_id, client_secret }),
  );
}

test("a refresh answers with a token, the instance and the identity, and nothing of when it ends", () => {
  const world = testOrg();
  world.org.setUrl("http://127.0.0.1:1234");
  const { status, body } = refresh(world, world.org.credentials.refreshToken);
  assert.equal(status, 200);
  assert.equal(body["instance_url"], "http://127.0.0.1:1234");
  assert.match(String(body["id"]), /^http:\/\/127\.0\.0\.1:1234\/id\/00D[^/]{15}\/005[^/]{15}$/u);
  assert.deepEqual(
    [body["token_type"], typeof body["issued_at"], body["refresh_token"], body["expires_in"]],
    ["Bearer", "string", undefined, undefined],
  );
});

test("with rotation each refresh returns a new token and kills the old one", () => {
  const world = testOrg();
  world.org.dials.set({ rotateRefreshTokens: true });
  const old = world.org.credentials.refreshToken;
  const next = String(refresh(world, old).body["refresh_token"]);
  const dead = refresh(world, old);
  assert.deepEqual(
    [dead.status, dead.body],
    [400, { error: "invalid_grant", error_description: "expired access/refresh token" }],
  );
  assert.equal(refresh(world, next).status, 200);
});

test("wrong clients and grants are refused by name", () => {
  const { raw, org } = testOrg();
  const { clientId } = org.credentials;
  const error = (values: Record<string, string>): unknown =>
    raw("POST", "/services/oauth2/token", form(values)).body["error"];
  assert.equal(error({ grant_type: "client_credentials", client_id: "x", client_secret: "y" }), "invalid_client_id");
  assert.equal(error({ grant_type: "client_credentials", client_id: clientId, client_secret: "y" }), "invalid_client");
  assert.equal(error({ grant_type: "password", client_id: clientId }), "unsupported_grant_type");
});

test("a session dies of disuse and answers 401 until somebody signs in again", () => {
  const { org, clock, query, signIn } = testOrg();
  org.dials.set({ sessionMs: 60_000 });
  clock.advance(50_000);
  assert.equal(query("SELECT Id FROM Lead").status, 200);
  clock.advance(50_000);
  assert.equal(query("SELECT Id FROM Lead").status, 200);
  clock.advance(60_000);
  const dead = query("SELECT Id FROM Lead");
  assert.equal(dead.status, 401);
  assert.deepEqual(dead.body, [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }]);
  signIn();
  assert.equal(query("SELECT Id FROM Lead").status, 200);
});

test("revoking a refresh token ends its sessions, introspection tells what is alive", () => {
  const { org, raw, query, signIn } = testOrg();
  const token = signIn();
  const client = { client_id: org.credentials.clientId, client_secret: org.credentials.clientSecret };
  const active = (): unknown => raw("POST", "/services/oauth2/introspect", form({ token, ...client })).body["active"];
  assert.equal(active(), true);
  assert.equal(raw("POST", "/services/oauth2/revoke", form({ token: org.credentials.refreshToken })).status, 200);
  assert.equal(active(), false);
  assert.equal(query("SELECT Id FROM Lead").status, 401);
});

test("userinfo and the identity URL say who is signed in, without counting a call", () => {
  const { org, raw, signIn } = testOrg();
  const authorization = `Bearer ${signIn()}`;
  const info = raw("GET", "/services/oauth2/userinfo", "", { authorization }).body;
  const id = raw("GET", `/id/${String(info["organization_id"])}/${String(info["user_id"])}`, "", {
    authorization,
  }).body;
  assert.equal(id["username"], info["preferred_username"]);
  assert.equal(raw("GET", "/services/oauth2/userinfo").status, 403);
  assert.equal(org.log.counts.apiCalls, 0);
});

test("the day's allowance answers 403 REQUEST_LIMIT_EXCEEDED when spent, and comes back after 24 hours", () => {
  const { org, call, query, clock } = testOrg();
  org.dials.set({ dailyCap: 3, sessionMs: 3 * 86_400_000 });
  for (let used = 1; used <= 3; used++)
    assert.equal(query("SELECT Id FROM Lead").headers["sforce-limit-info"], `api-usage=${used}/3`);
  const spent = query("SELECT Id FROM Lead");
  assert.deepEqual(
    [spent.status, spent.body[0]!["errorCode"], spent.body[0]!["message"]],
    [403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."],
  );
  clock.advance(86_400_000);
  assert.deepEqual(call("GET", "/limits").body["DailyApiRequests"], { Max: 3, Remaining: 2 });
});

test("versions 60.0 to 67.0 are listed and served, others are not found", () => {
  const { raw, signIn } = testOrg();
  const listed = raw("GET", "/services/data").body as unknown as { version: string }[];
  assert.deepEqual([listed[0]!.version, listed.at(-1)!.version], ["60.0", "67.0"]);
  const authorization = `Bearer ${signIn()}`;
  assert.equal(raw("GET", "/services/data/v67.0/limits", "", { authorization }).status, 200);
  assert.equal(raw("GET", "/services/data/v59.0/limits", "", { authorization }).status, 404);
});

const span = (start: string, end: string): string =>
  `?start=${encodeURIComponent(start)}&end=${encodeURIComponent(end)}`;

test("getUpdated and getDeleted name ids between two minutes and how far they can be trusted", () => {
  const { org, call, clock } = testOrg();
  const [kept, gone] = ["K", "G"].map((Name) => org.data.add("Account", { Name })) as [string, string];
  clock.advance(90_000);
  org.data.delete(gone);
  clock.advance(90_000);
  const times = span("2026-01-05T09:00:00+00:00", "2026-01-05T09:03:30+00:00");
  const updated = call("GET", `/sobjects/Account/updated/${times}`).body;
  assert.deepEqual(updated, { ids: [kept], latestDateCovered: "2026-01-05T09:03:00.000+0000" });
  const deleted = call("GET", `/sobjects/Account/deleted/${times}`).body;
  assert.deepEqual(deleted, {
    deletedRecords: [{ deletedDate: "2026-01-05T09:01:30.000+0000", id: gone }],
    earliestDateAvailable: "2025-12-21T09:03:00.000+0000",
    latestDateCovered: "2026-01-05T09:03:00.000+0000",
  });
  org.data.emptyBin();
  assert.equal(
    (call("GET", `/sobjects/Account/deleted/${times}`).body["deletedRecords"] as unknown as unknown[]).length,
    1,
  );
});

test("replication refuses spans too old, too short or unreadable", () => {
  const { call } = testOrg();
  const code = (what: string, start: string, end: string): unknown =>
    call("GET", `/sobjects/Lead/${what}/${span(start, end)}`).body[0]!["errorCode"];
  assert.equal(code("updated", "2025-12-01T00:00:00Z", "2026-01-05T09:00:00Z"), "INVALID_REPLICATION_DATE");
  assert.equal(code("deleted", "2025-12-20T00:00:00Z", "2026-01-05T09:00:00Z"), "INVALID_REPLICATION_DATE");
  assert.equal(code("updated", "2026-01-05T09:00:10Z", "2026-01-05T09:00:50Z"), "INVALID_REPLICATION_DATE");
  assert.equal(code("updated", "soon", "2026-01-05T09:00:50Z"), "INVALID_REPLICATION_DATE");
});

test("a late commit is stamped before it can be seen, locks its row, and holds latestDateCovered back", () => {
  const { org, call, query, clock } = testOrg();
  const id = org.data.add("Lead", { LastName: "Early", Company: "C" });
  clock.advance(60_000);
  org.data.edit("Lead", id, { LastName: "Late" }, { lateMs: 120_000 });
  clock.advance(60_000);
  const changed = "SELECT LastName FROM Lead WHERE SystemModstamp > 2026-01-05T09:00:30Z";
  assert.equal(query(changed).body["totalSize"], 0);
  assert.equal(call("PATCH", `/sobjects/Lead/${id}`, { Title: "x" }).body[0]!["errorCode"], "UNABLE_TO_LOCK_ROW");
  const covered = call("GET", `/sobjects/Lead/updated/${span("2026-01-05T08:00:00Z", "2026-01-05T09:02:00Z")}`).body;
  assert.equal(covered["latestDateCovered"], "2026-01-05T09:01:00.000+0000");
  clock.advance(60_000);
  const { body } = query(changed);
  assert.equal(body["records"]![0]!["LastName"], "Late");
});

test("the dial for late commits stamps what the API writes in the past", () => {
  const { org, call } = testOrg();
  org.dials.set({ lateCommitMs: 30_000 });
  const id = String(call("POST", "/sobjects/Lead", { LastName: "L", Company: "C" }).body["id"]);
  assert.equal(org.data.get("Lead", id)!["SystemModstamp"], "2026-01-05T08:59:30.000+0000");
});

test("however late what the API writes commits, a record's stamp never goes back: its row was held from the stamp on", () => {
  const { org, call, clock } = testOrg();
  const id = org.data.add("Lead", { LastName: "L", Company: "C" });
  clock.advance(60_000);
  org.data.edit("Lead", id, { Title: "by a person" });
  org.dials.set({ lateCommitMs: 30_000 });
  clock.advance(5_000);
  const stamps = (): unknown[] => [org.data.get("Lead", id)!["SystemModstamp"], org.data.get("Lead", id)!["Title"]];
  assert.deepEqual(stamps(), ["2026-01-05T09:01:00.000+0000", "by a person"]);
  call("PATCH", `/sobjects/Lead/${id}`, { Title: "by the API" });
  assert.deepEqual(stamps(), ["2026-01-05T09:01:00.000+0000", "by the API"]);
  clock.advance(60_000);
  call("PATCH", `/sobjects/Lead/${id}`, { Title: "later" });
  assert.deepEqual(stamps(), ["2026-01-05T09:01:35.000+0000", "later"]);
});

test("a record that sharing hides from the integration user is in no query and no listing, cannot be written, and is not deleted", () => {
  const { org, call, query } = testOrg({ story: "empty" });
  const id = org.data.add("Account", { Name: "Acme" });
  const before = org.data.get("Account", id)!["SystemModstamp"];
  org.data.share(id, false);
  assert.equal(query("SELECT Id FROM Account").body["totalSize"], 0);
  assert.equal(query("SELECT COUNT() FROM Account").body["totalSize"], 0);
  assert.deepEqual(call("POST", "/composite/sobjects/Account", { ids: [id], fields: ["Name"] }).body, [null]);
  assert.equal(call("GET", `/sobjects/Account/${id}`).status, 404);
  const records = [{ attributes: { type: "Account" }, Id: id, Name: "Other" }];
  const [refused] = call("PATCH", "/composite/sobjects", { records }).body as unknown as {
    errors: { statusCode: string }[];
  }[];
  assert.equal(refused!.errors[0]!.statusCode, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY");
  const deleted = call("DELETE", `/composite/sobjects?ids=${id}`).body as unknown as { success: boolean }[];
  assert.equal(deleted[0]!.success, false);
  org.data.share(id, true);
  const [shown] = query("SELECT Name, SystemModstamp FROM Account").body["records"] as unknown as {
    Name: string;
    SystemModstamp: unknown;
  }[];
  assert.deepEqual([shown!.Name, shown!.SystemModstamp], ["Acme", before]);
});
