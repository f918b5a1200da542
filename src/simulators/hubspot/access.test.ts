// Who may ask, how often, and under which path.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testPortal, type Reply, type TestPortal } from "./test-portal.ts";

const CONTACTS = "/crm/v3/objects/contacts";

const form = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();

function refresh({ raw, portal }: TestPortal, token: string, path = "/oauth/v3/token"): Reply {
  const { clientId: client_id, clientSecret: client_secret } = portal.credentials;
  return raw("POST", path, form({ grant_type: "refresh_token", client_id, client_secret, refresh_token: token }));
}

test("a missing, an unknown and an expired token are 401, each in its own words", () => {
  const world = testPortal();
  const ask = (authorization?: string): Reply =>
    world.raw("GET", CONTACTS, "", authorization === undefined ? {} : { authorization });
  assert.deepEqual([ask().status, ask().body["category"]], [401, "INVALID_AUTHENTICATION"]);
  assert.equal(ask("Bearer nonsense").status, 401);
  const token = world.signIn();
  assert.equal(ask(`Bearer ${token}`).status, 200);
  world.clock.advance(1_800_000 + 7_000);
  const late = ask(`Bearer ${token}`);
  assert.deepEqual(
    [late.status, late.body["category"], late.body["message"]],
    [401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired 7 second(s) ago."],
  );
  assert.deepEqual(late.body["context"], { "expire time": ["2026-01-05T09:30:00.000Z"] });
});

test("a refresh gives half an hour, on each of the token paths; v1 says less", () => {
  const world = testPortal();
  const { refreshToken } = world.portal.credentials;
  for (const path of ["/oauth/v3/token", "/oauth/2026-03/token", "/oauth/2026-09/token"]) {
    const { body } = refresh(world, refreshToken, path);
    assert.deepEqual(
      [body["expires_in"], body["hub_id"], body["token_use"], body["refresh_token"]],
      [1_800, 48_123_770, "access_token", refreshToken],
    );
  }
  const old = refresh(world, refreshToken, "/oauth/v1/token");
  assert.deepEqual([old.status, "hub_id" in old.body, old.body["token_type"]], [200, false, "bearer"]);
});

test("a refresh token can rotate: the new one works, the old one is dead", () => {
  const world = testPortal();
  world.portal.dials.set({ rotateRefreshTokens: true });
  const first = String(refresh(world, world.portal.credentials.refreshToken).body["refresh_token"]);
  const dead = refresh(world, world.portal.credentials.refreshToken);
  assert.deepEqual([dead.status, dead.body["error"], dead.body["status"]], [400, "invalid_grant", "BAD_REFRESH_TOKEN"]);
  assert.equal(refresh(world, first).status, 200);
});

test("a wrong client, an unknown grant and a used code are refused", () => {
  const world = testPortal();
  const { clientId: client_id, clientSecret: client_secret } = world.portal.credentials;
  const ask = (values: Readonly<Record<string, string>>): Reply =>
    world.raw("POST", "/oauth/v3/token", form({ client_id, client_secret, ...values }));
  assert.equal(ask({ grant_type: "refresh_token", client_secret: "wrong" }).body["error"], "invalid_client");
  assert.equal(ask({ grant_type: "password" }).body["error"], "unsupported_grant_type");
  const code = world.portal.data.authorizationCode();
  assert.equal(ask({ grant_type: "authorization_code", code }).status, 200);
  assert.equal(ask({ grant_type: "authorization_code", code }).body["status"], "BAD_AUTH_CODE");
});

test("revoking a refresh token does not kill its access tokens", () => {
  const world = testPortal();
  const authorization = `Bearer ${world.signIn()}`;
  const token = world.portal.credentials.refreshToken;
  const active = (): unknown => world.raw("POST", "/oauth/v3/token/introspect", form({ token })).body["active"];
  assert.equal(active(), true);
  world.raw("POST", "/oauth/2026-03/token/revoke", form({ token }));
  assert.equal(active(), false);
  assert.equal(world.raw("GET", CONTACTS, "", { authorization }).status, 200);
});

test("a missing scope is 403 and named", () => {
  const world = testPortal();
  world.portal.dials.set({ scopes: ["crm.objects.contacts.read", "crm.schemas.deals.read"] });
  assert.equal(world.call("GET", CONTACTS).status, 200);
  assert.equal(world.search("contacts", {}).status, 200);
  const write = world.call("POST", CONTACTS, { properties: { lastname: "L" } });
  assert.deepEqual([write.status, write.body["category"]], [403, "MISSING_SCOPES"]);
  const [error] = write.body["errors"] as unknown as { context: { requiredGranularScopes: string[] } }[];
  assert.deepEqual(error!.context.requiredGranularScopes, ["crm.objects.contacts.write"]);
  assert.equal(world.call("GET", "/crm/v3/owners").status, 403);
  assert.equal(world.call("GET", "/crm/v3/properties/deals").status, 200);
  assert.equal(world.call("GET", "/crm/v3/properties/companies").status, 403);
  assert.equal(world.call("GET", "/account-info/v3/details").status, 200);
});

test("the 111th call of the OAuth app within ten seconds is 429, and the window rolls", () => {
  const world = testPortal();
  const authorization = `Bearer ${world.signIn()}`;
  const ask = (): Reply => world.raw("GET", CONTACTS, "", { authorization });
  const first = ask();
  assert.equal(first.headers["x-hubspot-ratelimit-max"], "110");
  assert.equal(first.headers["x-hubspot-ratelimit-remaining"], "109");
  assert.equal(first.headers["x-hubspot-ratelimit-interval-milliseconds"], "10000");
  assert.equal(first.headers["x-hubspot-ratelimit-secondly"], "11");
  assert.equal("x-hubspot-ratelimit-daily" in first.headers, false);
  world.clock.advance(4_000);
  for (let index = 0; index < 109; index++) assert.equal(ask().status, 200);
  const over = ask();
  assert.deepEqual(
    [over.status, over.body["errorType"], over.body["policyName"], over.body["message"]],
    [429, "RATE_LIMIT", "TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit."],
  );
  assert.equal("category" in over.body, false);
  assert.equal("retry-after" in over.headers, false);
  world.clock.advance(6_000);
  assert.equal(ask().status, 200); // The first one is ten seconds old.
  assert.equal(ask().status, 429);
});

test("a private app has 190 calls in ten seconds and a day's allowance that ends at midnight", () => {
  const world = testPortal();
  const first = world.call("GET", CONTACTS);
  assert.deepEqual(
    [first.headers["x-hubspot-ratelimit-max"], first.headers["x-hubspot-ratelimit-daily"]],
    ["190", "625000"],
  );
  world.portal.dials.set({ dailyCap: 3 });
  assert.equal(world.call("GET", CONTACTS).headers["x-hubspot-ratelimit-daily-remaining"], "1");
  world.call("GET", CONTACTS);
  const over = world.call("GET", CONTACTS);
  assert.deepEqual([over.status, over.body["policyName"]], [429, "DAILY"]);
  world.clock.advance(15 * 3_600_000);
  assert.equal(world.call("GET", CONTACTS).status, 200);
});

test("the day's allowance begins anew at midnight of the account's zone, which the account tells", () => {
  const world = testPortal();
  world.portal.dials.set({ dailyCap: 1, timeZone: "America/New_York" });
  const details = world.call("GET", "/account-info/v3/details").body;
  const offset = Number(details["utcOffsetMilliseconds"]);
  assert.deepEqual([details["timeZone"], details["utcOffset"]], ["America/New_York", "-05:00"]);
  assert.equal(offset, -5 * 3_600_000);
  const day = 86_400_000;
  const toMidnight = (zone: number): number => day - ((world.clock.now() + zone) % day);
  world.clock.advance(toMidnight(offset));
  assert.equal(world.call("GET", CONTACTS).status, 200);
  world.clock.advance(toMidnight(0));
  assert.equal(world.call("GET", CONTACTS).status, 429);
  world.clock.advance(toMidnight(offset) - 1);
  assert.equal(world.call("GET", CONTACTS).status, 429);
  world.clock.advance(1);
  assert.equal(world.call("GET", CONTACTS).status, 200);
});

test("the sixth search within a second is 429 for the whole account, and searches carry no headers", () => {
  const world = testPortal();
  const apps = [world.portal.credentials.privateToken, world.signIn()];
  const ask = (index: number): Reply =>
    world.raw("POST", `${CONTACTS}/search`, "{}", { authorization: `Bearer ${apps[index % 2]}` });
  for (let index = 0; index < 5; index++) {
    const { status, headers } = ask(index);
    assert.equal(status, 200);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith("x-hubspot")),
      [],
    );
  }
  const over = ask(5);
  assert.deepEqual(
    [over.status, over.body["policyName"], over.body["message"]],
    [429, "SECONDLY", "You have reached your secondly limit."],
  );
  assert.equal(world.call("GET", CONTACTS).headers["x-hubspot-ratelimit-remaining"], "189");
  world.clock.advance(1_000);
  assert.equal(ask(0).status, 200);
});

test("numbered and dated paths lead to the same, and the numbered ones can be switched off", () => {
  const world = testPortal();
  const [id] = world.portal.data.load("contacts", [{ lastname: "L" }]);
  const pairs = [
    [`/crm/v3/objects/contacts/${id}`, `/crm/objects/2026-09/contacts/${id}`],
    [`/crm/v3/objects/0-1/${id}`, `/crm/objects/2026-09/0-1/${id}`],
    ["/crm/v3/properties/contacts/email", "/crm/properties/2026-09/contacts/email"],
    ["/crm/v3/pipelines/deals", "/crm/pipelines/2026-09/deals"],
    ["/crm/v3/owners", "/crm/owners/2026-09"],
    ["/crm/v4/associations/contacts/companies/labels", "/crm/associations/2026-09/contacts/companies/labels"],
    ["/account-info/v3/details", "/account-info/2026-09/details"],
  ] as const;
  for (const [numbered, dated] of pairs) {
    const [one, other] = [world.call("GET", numbered), world.call("GET", dated)];
    assert.deepEqual([one.status, one.text], [200, other.text], dated);
  }
  world.portal.dials.set({ numberedPaths: false });
  for (const [numbered, dated] of pairs)
    assert.deepEqual([world.call("GET", numbered).status, world.call("GET", dated).status], [404, 200]);
});

test("a date that never was, a mixture of the families and an unknown object are 404", () => {
  const world = testPortal();
  for (const path of [
    "/crm/objects/2026-01/contacts",
    "/crm/objects/v3/contacts",
    "/crm/2026-09/objects/contacts",
    "/crm/v3/objects/planets",
    "/crm/v3/nothing",
    "/nothing",
  ])
    assert.equal(world.call("GET", path).status, 404, path);
  assert.equal(world.call("DELETE", CONTACTS).status, 405);
  assert.equal(world.call("GET", `${CONTACTS}?properties=${"x".repeat(17_000)}`).status, 414);
});

test("the account tells which portal it is", () => {
  const { body } = testPortal({ portalId: 62_515 }).call("GET", "/account-info/2026-09/details");
  assert.deepEqual([body["portalId"], body["timeZone"], body["companyCurrency"]], [62_515, "UTC", "USD"]);
});

test("the log counts calls, tells writes from reads, and leaves sign-ins out of the calls", () => {
  const world = testPortal();
  world.signIn();
  world.call("POST", CONTACTS, { properties: { lastname: "L" } });
  world.call("POST", CONTACTS, { properties: { nope: "L" } });
  world.search("contacts", {});
  world.call("POST", `${CONTACTS}/batch/read`, { inputs: [{ id: "1" }] });
  world.call("GET", `${CONTACTS}/151000000001`);
  const { requests, apiCalls, mutating, rowsWritten, byCall } = world.portal.log.counts;
  assert.deepEqual([requests, apiCalls, mutating, rowsWritten], [6, 5, 2, 1]);
  assert.equal(byCall[`GET ${CONTACTS}/{id}`], 1);
  assert.deepEqual(
    world.portal.log.entries.map((one) => [one.status, one.mutating]),
    [
      [200, false],
      [201, true],
      [400, true],
      [200, false],
      [207, false],
      [200, false],
    ],
  );
});
