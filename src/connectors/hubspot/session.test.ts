import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import type { JsonObject } from "../../base/json.ts";
import { seededRandom } from "../../base/random.ts";
import { limitsOf } from "../../connector/contract.ts";
import { connectDirectly } from "../../connector/direct.ts";
import { hubspot } from "./index.ts";
import { settingsSchema } from "./settings.ts";
import { asking, contact, createPortal, never, NOW, pages, refuse, thrown } from "./test-portal.ts";

const { company, contact: contacts, deal, owner } = hubspot.streams;

test("refusals are read as the vendor means them: the windows, the day, the lock, the move and the credentials", () => {
  const read = (status: number, body: object, headers: Record<string, string> = {}) => {
    const { refusal } = hubspot.classify({ status, headers, body });
    return refusal && [refusal.kind, refusal.retryAfterMs];
  };
  const limit = (policyName: string, message: string) => ({
    status: "error",
    errorType: "RATE_LIMIT",
    policyName,
    message,
  });
  const rolling = limit("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.");
  assert.deepEqual(read(429, rolling), ["rate", 10_000]);
  assert.deepEqual(read(429, rolling, { "x-hubspot-ratelimit-interval-milliseconds": "7000" }), ["rate", 7_000]);
  assert.deepEqual(read(429, rolling, { "retry-after": "3" }), ["rate", undefined]);
  assert.deepEqual(read(429, limit("SECONDLY", "You have reached your secondly limit.")), ["rate", 1_000]);
  assert.deepEqual(read(429, limit("DAILY", "You have reached your daily limit.")), ["daily", undefined]);
  assert.deepEqual(read(423, { message: "locked" }), ["busy", 2_000]);
  assert.deepEqual(read(477, {}, { "retry-after": "12" }), ["busy", undefined]);
  for (const status of [502, 504, 521, 524, 526]) assert.deepEqual(read(status, {}), ["unavailable", undefined]);
  assert.deepEqual(read(401, { category: "EXPIRED_AUTHENTICATION" }), ["credential", undefined]);
  assert.deepEqual(read(403, { category: "MISSING_SCOPES" }), ["refused", undefined]);
  assert.deepEqual(read(200, { status: "error", message: "no" }), ["refused", undefined]);
  assert.equal(read(200, { results: [] }), undefined);
});

test("the headers tell what is left of the window and of the day", () => {
  const { usage } = hubspot.classify({
    status: 200,
    body: {},
    headers: {
      "x-hubspot-ratelimit-max": "190",
      "x-hubspot-ratelimit-remaining": "150",
      "x-hubspot-ratelimit-daily": "625000",
      "x-hubspot-ratelimit-daily-remaining": "600000",
    },
  });
  assert.deepEqual(usage, [
    { class: "calls", used: 40, allowed: 190 },
    { class: "daily", used: 25_000, allowed: 625_000 },
  ]);
  assert.deepEqual(hubspot.classify({ status: 200, body: {}, headers: {} }), {});
});

test("the day begins with the least that an account has, and an answer that counts no day says that there is no limit", () => {
  assert.equal(hubspot.limits.find((one) => one.class === "daily")!.requests, 250_000);
  const { usage } = hubspot.classify({
    status: 200,
    body: {},
    headers: { "x-hubspot-ratelimit-max": "110", "x-hubspot-ratelimit-remaining": "100" },
  });
  const [calls, daily] = usage!;
  assert.deepEqual(calls, { class: "calls", used: 10, allowed: 110 });
  assert.equal(daily!.used, 0);
  assert.ok(daily!.allowed > (110 * 86_400) / 10);
});

test("a refusal's words are HubSpot's own, out of whatever it wraps them in", () => {
  const words = (body: object) => hubspot.classify({ status: 400, headers: {}, body }).refusal!.vendor;
  assert.deepEqual(
    words({
      category: "VALIDATION_ERROR",
      message: `Property values were not valid: [{"isValid":false,"message":"9 was not one of the allowed options","error":"INVALID_OPTION","name":"dealstage"}]`,
    }),
    { status: 400, code: "INVALID_OPTION", message: "9 was not one of the allowed options", fields: ["dealstage"] },
  );
  assert.deepEqual(
    words({
      category: "VALIDATION_ERROR",
      message: "Error creating CONTACT.",
      errors: [
        {
          message: "Some required properties were not set.",
          code: "MISSING_REQUIRED_PROPERTY",
          context: { properties: ["phone"] },
        },
      ],
    }),
    {
      status: 400,
      code: "MISSING_REQUIRED_PROPERTY",
      message: "Error creating CONTACT. Some required properties were not set.",
      fields: ["phone"],
    },
  );
  assert.deepEqual(words({}), { status: 400, code: "400", message: "", fields: [] });
});

test("an OAuth app's token is renewed once, and a rotated refresh token is used next", async () => {
  const redeemed: string[] = [];
  let token = "none";
  await using portal = await createPortal(({ fullPath, text, headers }, response) => {
    if (fullPath === "/oauth/2026-09/token") {
      redeemed.push(new URLSearchParams(text).get("refresh_token")!);
      token = `token${redeemed.length}`;
      return {
        access_token: token,
        refresh_token: `r${redeemed.length}`,
        token_type: "bearer",
        expires_in: 1800,
        hub_id: 7,
      };
    }
    if (headers["authorization"] !== `Bearer ${token}`) return refuse(response, 401, "EXPIRED_AUTHENTICATION");
    return { results: [contact(1, NOW)] };
  });
  await using connection = connectDirectly({
    connector: hubspot,
    settings: { baseUrl: portal.url },
    secrets: { clientId: "id", clientSecret: "secret", refreshToken: "r0" },
    clock: systemClock,
    random: seededRandom(1),
    simulator: true,
  });
  await pages(contacts.pull(connection.api, asking()));
  token = "ended";
  await Promise.all([1, 2, 3].map(() => pages(contacts.pull(connection.api, asking()))));
  assert.deepEqual(redeemed, ["r0", "r1"]);
  assert.equal(connection.grant()!["refresh_token"], "r2");
});

test("credentials refused for good say what to do: a private app's token, and a refresh token in the old words", async () => {
  await using portal = await createPortal(({ fullPath }, response) => {
    if (!fullPath.startsWith("/oauth")) return refuse(response, 401, "INVALID_AUTHENTICATION");
    response.statusCode = 400;
    return { status: "BAD_REFRESH_TOKEN", message: "missing or unknown refresh token" };
  });
  const token = await thrown(pages(contacts.pull(portal.api, asking())));
  assert.equal(token.code, "credential.expired");
  assert.match(token.message, /private app's access token.*reconnect/u);
  await using connection = connectDirectly({
    connector: hubspot,
    settings: { baseUrl: portal.url, apiVersion: "v3" },
    secrets: { clientId: "id", clientSecret: "secret", refreshToken: "r0" },
    clock: systemClock,
    random: seededRandom(1),
    simulator: true,
  });
  const refresh = await thrown(pages(contacts.pull(connection.api, asking())));
  assert.deepEqual([refresh.code, portal.seen.at(-1)!.fullPath], ["credential.expired", "/oauth/v3/token"]);
  assert.match(refresh.message, /BAD_REFRESH_TOKEN: missing or unknown refresh token.*reconnect/u);
  const nothing = await thrown(
    hubspot.auth.obtain({ settings: {}, secrets: {}, grant: null, post: () => Promise.reject(new Error("unused")) }),
  );
  assert.equal(nothing.code, "credential.missing");
});

test("an account is known by its portal's number, and a test account is no production", async () => {
  const accounts = [
    { portalId: 62515, accountType: "STANDARD" },
    { portalId: 62516, accountType: "SANDBOX" },
    { portalId: 62517, accountType: "DEVELOPER_TEST" },
  ];
  await using portal = await createPortal(() => accounts.shift() ?? {}, { simulator: false });
  const environments = [];
  for (let index = 0; index < 3; index++) environments.push(await hubspot.identify(portal.api));
  assert.deepEqual(
    environments.map(({ id, environment }) => [id, environment]),
    [
      ["62515", "production"],
      ["62516", "sandbox"],
      ["62517", "sandbox"],
    ],
  );
  assert.equal(portal.seen[0]!.fullPath, "/account-info/2026-09/details");
  assert.equal((await thrown(hubspot.identify(portal.api))).code, "vendor.bad_answer");
});

test("an account tells its zone, which is that of its day's limit and of its close dates unless somebody gave another", async () => {
  const zones = ["America/New_York", "Mars/Olympus", undefined];
  await using portal = await createPortal(() => ({ portalId: 62515, timeZone: zones.shift() }));
  const told = [];
  for (let index = 0; index < 3; index++) told.push((await hubspot.identify(portal.api)).settings);
  assert.deepEqual(told, [{ timeZone: "America/New_York" }, undefined, undefined], "a zone that nobody knows is none");
  const daily = (settings: JsonObject) => limitsOf(hubspot, settings).find((one) => one.class === "daily")!;
  assert.deepEqual(
    [daily({ timeZone: "America/New_York" }), daily({})].map((one) => "zone" in one && one.zone),
    ["America/New_York", "UTC"],
  );
  assert.equal(daily({}).errorShareMax, 0.05);
  assert.equal(settingsSchema.parse({}).timeZone, undefined, "nothing is stored that would hide what the account says");
});

test("every path of the numbered family is the one that HubSpot's own client uses", async () => {
  await using portal = await createPortal(
    ({ path, query }) =>
      path.startsWith("/associations") || query.get("archived") === "true"
        ? { results: [] }
        : { results: [contact(1, NOW)] },
    { apiVersion: "v3" },
  );
  await pages(contacts.pull(portal.api, asking()));
  await pages(contacts.pull(portal.api, asking({ since: NOW, fields: ["associations.company"] })));
  await contacts.describe(portal.api);
  await contacts.prepare!(portal.api);
  await pages(owner.pull(portal.api, asking()));
  assert.deepEqual(
    [...new Set(portal.seen.map(({ method, fullPath }) => `${method} ${fullPath}`))],
    [
      "GET /crm/v3/objects/contacts",
      "POST /crm/v3/objects/contacts/search",
      "POST /crm/v4/associations/contacts/companies/batch/read",
      "GET /crm/v3/properties/contacts",
      "GET /crm/v3/properties/contacts/winston_id",
      "GET /crm/v3/owners",
    ],
  );
});

test("properties are described in our words: what is written, what is chosen from, and whom it points to", async () => {
  const property = (name: string, type: string, fieldType: string, more = {}) => ({
    name,
    label: name,
    type,
    fieldType,
    hubspotDefined: true,
    ...more,
  });
  await using portal = await createPortal(({ path }) =>
    path.startsWith("/pipelines")
      ? {
          results: ["One", "Two"].map((label, index) => ({
            id: label,
            label,
            displayOrder: 1 - index,
            stages: [{ id: `s${label}`, label: "Open", displayOrder: 0, metadata: {} }],
          })),
        }
      : {
          results: [
            property("dealname", "string", "text"),
            property("email", "string", "text"),
            property("phone", "string", "phonenumber"),
            property("closedate", "datetime", "date"),
            property("hs_lastmodifieddate", "datetime", "date", { modificationMetadata: { readOnlyValue: true } }),
            property("score", "number", "calculation_equation", { calculated: true, hubspotDefined: false }),
            property("agreed", "bool", "booleancheckbox", { options: [{ label: "Yes", value: "true" }] }),
            property("dealtype", "enumeration", "select", {
              options: [
                { label: "New", value: "new" },
                { label: "Old", value: "old", hidden: true },
              ],
            }),
            property("tags", "enumeration", "checkbox", { hubspotDefined: false, externalOptions: true }),
            property("dealstage", "enumeration", "radio", { options: [] }),
            property("hubspot_owner_id", "enumeration", "select", {
              referencedObjectType: "OWNER",
              externalOptions: true,
            }),
            property("winston_id", "string", "text", { hubspotDefined: false, hasUniqueValue: true }),
            property("place", "object_coordinates", "text"),
          ],
        },
  );
  const fields = new Map((await deal.describe(portal.api)).map((field) => [field.name, field]));
  const types = [...fields.values()].map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(types, [
    "dealname text",
    "email email",
    "phone phone",
    "closedate date",
    "hs_lastmodifieddate datetime",
    "score number",
    "agreed boolean",
    "dealtype picklist",
    "tags multipicklist",
    "dealstage picklist",
    "hubspot_owner_id reference",
    "winston_id text",
    "associations.company reference",
    "associations.contact reference",
    "stage.label text",
    "stage.pipeline text",
    "stage.probability number",
    "stage.closed boolean",
    "stage.won boolean",
    "history.dealstage json",
  ]);
  const writable = [...fields.values()].filter((field) => field.createable && field.updateable).map(({ name }) => name);
  assert.ok(["hs_lastmodifieddate", "score", "stage.won"].every((name) => !writable.includes(name)));
  assert.ok(["dealname", "associations.company"].every((name) => writable.includes(name)));
  assert.deepEqual(fields.get("dealtype")!.options, [
    { value: "new", label: "New", active: true },
    { value: "old", label: "Old", active: false },
  ]);
  assert.deepEqual([fields.get("dealtype")!.restricted, fields.get("tags")!.restricted], [true, false]);
  assert.deepEqual(
    fields.get("dealstage")!.options!.map(({ value, label }) => [value, label]),
    [
      ["sTwo", "Two: Open"],
      ["sOne", "One: Open"],
    ],
  );
  assert.deepEqual([fields.get("winston_id")!.handle, fields.get("winston_id")!.unique], [true, true]);
  assert.deepEqual(
    [...fields.values()].filter((field) => field.custom).map(({ name }) => name),
    ["score", "tags", "winston_id"],
  );
  assert.deepEqual(fields.get("hubspot_owner_id")!.targets, ["owner"]);
  assert.deepEqual(fields.get("associations.company")!.targets, ["company"]);
});

test("the property of the handle is made with unique values where it is missing", async () => {
  await using portal = await createPortal(({ method }, response) =>
    method === "GET"
      ? refuse(response, 404, "OBJECT_NOT_FOUND")
      : ((response.statusCode = 201), { name: "winston_id" }),
  );
  assert.deepEqual(await company.prepare!(portal.api), []);
  const made = portal.seen[1]!;
  assert.deepEqual([made.method, made.fullPath], ["POST", "/crm/properties/2026-09/companies"]);
  assert.deepEqual(
    ["name", "type", "fieldType", "groupName", "hasUniqueValue"].map((key) => made.body[key]),
    ["winston_id", "string", "text", "companyinformation", true],
  );
});

test("where Winston may not make its property, or one is there that allows repeats, a person is told what to do", async () => {
  await using closed = await createPortal(({ method }, response) =>
    method === "GET"
      ? refuse(response, 404, "OBJECT_NOT_FOUND")
      : refuse(response, 403, "MISSING_SCOPES", "This app hasn't been granted all required scopes."),
  );
  assert.match(
    (await deal.prepare!(closed.api)).join("\n"),
    /hasn't been granted[\s\S]*internal name "winston_id"[\s\S]*Require unique values[\s\S]*crm\.schemas\.deals\.write/u,
  );
  await using repeated = await createPortal(() => ({ name: "winston_id", hasUniqueValue: false }));
  assert.match((await deal.prepare!(repeated.api)).join("\n"), /allows repeated values.*handleProperty/u);
  await using ready = await createPortal(() => ({ name: "winston_id", hasUniqueValue: true }));
  assert.deepEqual(await deal.prepare!(ready.api), []);
});

test("settings that could not work are refused with the reason", () => {
  const wrong = (settings: object) => {
    const parsed = hubspot.settings.safeParse(settings);
    assert.equal(parsed.success, false, JSON.stringify(settings));
    return parsed.error!.issues[0]!.message;
  };
  assert.match(wrong({ apiVersion: "v1/../x" }), /2026-09/u);
  assert.match(wrong({ handleProperty: "Winston Id" }), /internal name/u);
  assert.match(wrong({ timeZone: "Mars/Olympus" }), /IANA/u);
});

test("calls stop when they are told to", async () => {
  const stop = new AbortController();
  await using portal = await createPortal(() => {
    stop.abort(new Error("enough"));
    return { results: [contact(1, NOW)], paging: { next: { after: "1" } } };
  });
  await assert.rejects(pages(contacts.pull(portal.api, asking({ signal: stop.signal }))), /enough/u);
  assert.equal(portal.seen.length, 1);
  assert.equal(never.aborted, false);
});
