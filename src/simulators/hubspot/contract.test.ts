// Against what the vendor's client accepts (extracted from @hubspot/api-client 14.0.1): every path it calls is answered
// with a status it takes and a body of the types it reads.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testPortal, type TestPortal } from "./test-portal.ts";

const file = join(import.meta.dirname, "../../../../shared/specs/hubspot/sdk-14.0.1-contract.json");
const skip = existsSync(file) ? false : "the contract of the vendor's client is not beside this repository";

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly accepts: Readonly<Record<string, string>>;
}

type Models = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Contract {
  readonly modules: Readonly<Record<string, { readonly operations: readonly Operation[]; readonly models: Models }>>;
}

/** What of a value is not of the type the client reads. Fields it does not know are dropped by it, so they may be there. */
function wrong(models: Models, type: string, value: unknown, path = "body"): string[] {
  if (value === undefined || type === "any" || type === "void") return [];
  const list = /^Array<(.+)>$/u.exec(type)?.[1];
  if (list !== undefined) {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    return value.flatMap((one, index) => wrong(models, list, one, `${path}[${index}]`));
  }
  const map = /^\{ \[key: string\]: (.+); \}$/u.exec(type)?.[1];
  if (map !== undefined || models[type]) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} is not an object`];
    return Object.entries(value).flatMap(([key, one]) => {
      const field = map ?? models[type]![key];
      if (key === "label" && one === null) return []; // A tie without a label, as the vendor's guide prints it.
      return field === undefined ? [] : wrong(models, field, one, `${path}.${key}`);
    });
  }
  const [base] = type.split(":") as [string];
  if (base === "string | null") return value === null || typeof value === "string" ? [] : [`${path} is no text`];
  if (base === "Date") {
    const ok = typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/u.test(value);
    return ok ? [] : [`${path} is no time: ${JSON.stringify(value)}`];
  }
  const kind = base.endsWith("Enum") ? "string" : base;
  return typeof value === kind ? [] : [`${path} is ${typeof value}, not ${type}`];
}

type Body = object | string | undefined;
type Case = readonly [method: string, template: string, path: string, body?: Body];

const defined = (associationTypeId: number) => ({ associationCategory: "HUBSPOT_DEFINED", associationTypeId });

/** Calls of one module, in order, on a portal with one contact, company and deal and what they need. */
function objectCases(object: string, id: string, other: string, properties: object): Case[] {
  const base = `/crm/v3/objects/${object}`;
  const one = `${base}/{${object === "companies" ? "company" : object.slice(0, -1)}Id}`;
  return [
    ["POST", base, base, { properties, associations: [] }],
    ["GET", base, `${base}?limit=1&associations=contacts&propertiesWithHistory=hs_object_id`],
    ["GET", one, `${base}/${id}?associations=companies&propertiesWithHistory=hubspot_owner_id`],
    ["PATCH", one, `${base}/${id}`, { properties }],
    ["POST", `${base}/search`, `${base}/search`, { limit: 1 }],
    ["POST", `${base}/batch/create`, `${base}/batch/create`, { inputs: [{ properties }] }],
    [
      "POST",
      `${base}/batch/create`,
      `${base}/batch/create`,
      {
        inputs: [
          { properties, objectWriteTraceId: "1" },
          { properties: { nope: "x" }, objectWriteTraceId: "2" },
        ],
      },
    ],
    [
      "POST",
      `${base}/batch/read`,
      `${base}/batch/read`,
      { inputs: [{ id }], properties: [], propertiesWithHistory: [] },
    ],
    ["POST", `${base}/batch/read`, `${base}/batch/read`, { inputs: [{ id }, { id: "1" }] }],
    ["POST", `${base}/batch/update`, `${base}/batch/update`, { inputs: [{ id, properties }] }],
    ["POST", `${base}/batch/update`, `${base}/batch/update`, { inputs: [{ id: "1", properties }] }],
    ["POST", `${base}/batch/upsert`, `${base}/batch/upsert`, { inputs: [{ id: "k", idProperty: "key", properties }] }],
    [
      "POST",
      `${base}/batch/upsert`,
      `${base}/batch/upsert`,
      {
        inputs: [
          { id: "k", idProperty: "key", properties, objectWriteTraceId: "1" },
          { id: "l", idProperty: "key", properties: { nope: "x" }, objectWriteTraceId: "2" },
        ],
      },
    ],
    ["POST", `${base}/merge`, `${base}/merge`, { primaryObjectId: id, objectIdToMerge: other }],
    ["POST", `${base}/batch/archive`, `${base}/batch/archive`, { inputs: [{ id: "1" }] }],
    ["DELETE", one, `${base}/${id}`],
  ];
}

function ready(): TestPortal & { ids: (object: string) => [string, string] } {
  const world = testPortal();
  const { data } = world.portal;
  const ids = new Map<string, [string, string]>();
  for (const object of ["contacts", "companies", "deals"]) {
    const rows = ["a", "b"].map((name) => ({ lastname: name, name, dealname: name }));
    ids.set(object, data.load(object, rows) as [string, string]);
    data.addProperty(object, { name: "key", label: "Key", type: "string", fieldType: "text", hasUniqueValue: true });
  }
  return { ...world, ids: (object) => ids.get(object)! };
}

function check(module: string, world: TestPortal, cases: readonly Case[]): void {
  const contract = JSON.parse(readFileSync(file, "utf8")) as Contract;
  const { operations, models } = contract.modules[module]!;
  for (const [method, template, path, body] of cases) {
    world.clock.advance(2_000);
    const found = operations.filter((one) => one.method === method && one.path === template);
    assert.ok(found.length > 0, `${module} has no ${method} ${template}`);
    const reply = world.call(method, path, body);
    const model = found.map((one) => one.accepts[String(reply.status)]).find((one) => one !== undefined);
    const what = `${method} ${path} ${JSON.stringify(body)} → ${reply.status} ${reply.text}`;
    assert.ok(model, `the client throws on ${what}`);
    assert.deepEqual(wrong(models, model, reply.body ?? undefined), [], what);
  }
}

for (const [object, properties] of [
  ["contacts", { lastname: "New" }],
  ["companies", { name: "New" }],
  ["deals", { dealname: "New" }],
] as const)
  test(`the client takes every answer about ${object}`, { skip }, () => {
    const world = ready();
    const [id, other] = world.ids(object);
    world.portal.data.associate("contacts", world.ids("contacts")[0], "companies", world.ids("companies")[0]);
    check(`crm/${object}`, world, objectCases(object, id, other, properties));
  });

test("the client takes the answer to a privacy deletion", { skip }, () => {
  const world = ready();
  const path = "/crm/v3/objects/contacts/gdpr-delete";
  check("crm/contacts", world, [["POST", path, path, { objectId: world.ids("contacts")[0] }]]);
});

test("the client takes every answer about associations", { skip }, () => {
  const world = ready();
  const [contact] = world.ids("contacts");
  const [company] = world.ids("companies");
  const [from, to] = [{ id: contact }, { id: company }];
  const pair = "/crm/v4/associations/{fromObjectType}/{toObjectType}";
  const real = "/crm/v4/associations/contacts/companies";
  const batch = (what: string, input: object): Case => [
    "POST",
    `${pair}/batch/${what}`,
    `${real}/batch/${what}`,
    { inputs: [input] },
  ];
  const one = "/crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}";
  const realOne = `/crm/v4/objects/contacts/${contact}/associations`;
  check("crm/associations/v4", world, [
    batch("read", { id: contact }),
    batch("create", { from, to, types: [defined(279)] }),
    batch("create", { from, to: { id: "1" }, types: [defined(279)] }),
    batch("read", { id: contact }),
    ["GET", one, `${realOne}/companies`],
    ["PUT", `${one}/{toObjectId}`, `${realOne}/companies/${company}`, [defined(1)]],
    batch("labels/archive", { from, to, types: [defined(1)] }),
    batch("archive", { from, to: [to] }),
    batch("associate/default", { from, to }),
    [
      "PUT",
      "/crm/v4/objects/{fromObjectType}/{fromObjectId}/associations/default/{toObjectType}/{toObjectId}",
      `${realOne}/default/companies/${company}`,
    ],
    ["DELETE", `${one}/{toObjectId}`, `${realOne}/companies/${company}`],
  ]);
  const labels = `${pair}/labels`;
  check("crm/associations/v4/schema", world, [
    ["GET", labels, `${real}/labels`],
    ["POST", labels, `${real}/labels`, { label: "L", name: "l" }],
    ["PUT", labels, `${real}/labels`, { associationTypeId: 71_000_001, label: "M" }],
    ["DELETE", `${labels}/{associationTypeId}`, `${real}/labels/71000001`],
    [
      "GET",
      "/crm/associations/v4/{fromObjectType}/{toObjectType}/labels",
      "/crm/associations/v4/contacts/companies/labels",
    ],
  ]);
  const old = "/crm/v3/associations/{fromObjectType}/{toObjectType}/batch";
  const realOld = "/crm/v3/associations/contacts/companies/batch";
  check("crm/associations", world, [
    ["POST", `${old}/read`, `${realOld}/read`, { inputs: [{ id: contact }] }],
    ["POST", `${old}/create`, `${realOld}/create`, { inputs: [{ from, to, type: "contact_to_company" }] }],
    ["POST", `${old}/read`, `${realOld}/read`, { inputs: [{ id: contact }] }],
    ["POST", `${old}/archive`, `${realOld}/archive`, { inputs: [{ from, to, type: "contact_to_company" }] }],
  ]);
});

test("the client takes every answer about properties, pipelines and owners", { skip }, () => {
  const world = ready();
  const [properties, real] = ["/crm/v3/properties/{objectType}", "/crm/v3/properties/deals"];
  const made = { name: "made", label: "Made", type: "string", fieldType: "text", groupName: "dealinformation" };
  const group = { name: "ours", label: "Ours" };
  check("crm/properties", world, [
    ["GET", properties, real],
    ["POST", properties, real, made],
    ["GET", `${properties}/{propertyName}`, `${real}/made`],
    ["PATCH", `${properties}/{propertyName}`, `${real}/made`, { label: "M" }],
    ["DELETE", `${properties}/{propertyName}`, `${real}/made`],
    ["GET", properties, `${real}?archived=true`],
    [
      "POST",
      `${properties}/batch/create`,
      `${real}/batch/create`,
      { inputs: [{ ...made, name: "more" }, made, { ...made, name: "more" }] },
    ],
    ["POST", `${properties}/batch/read`, `${real}/batch/read`, { inputs: [{ name: "more" }], archived: false }],
    ["POST", `${properties}/batch/archive`, `${real}/batch/archive`, { inputs: [{ name: "more" }] }],
    ["POST", `${properties}/groups`, `${real}/groups`, group],
    ["GET", `${properties}/groups`, `${real}/groups`],
    ["GET", `${properties}/groups/{groupName}`, `${real}/groups/ours`],
    ["PATCH", `${properties}/groups/{groupName}`, `${real}/groups/ours`, { label: "O" }],
    ["DELETE", `${properties}/groups/{groupName}`, `${real}/groups/ours`],
  ]);
  const [pipelines, realPipelines] = ["/crm/v3/pipelines/{objectType}", "/crm/v3/pipelines/deals"];
  const stage = { label: "S", displayOrder: 0, metadata: { probability: "0.5" } };
  const pipeline = { label: "P", displayOrder: 1, stages: [stage] };
  const [one, realOne] = [`${pipelines}/{pipelineId}`, `${realPipelines}/default`];
  check("crm/pipelines", world, [
    ["GET", pipelines, realPipelines],
    ["POST", pipelines, realPipelines, pipeline],
    ["GET", one, realOne],
    ["PATCH", one, realOne, { label: "Sales" }],
    ["GET", `${one}/stages`, `${realOne}/stages`],
    ["POST", `${one}/stages`, `${realOne}/stages`, stage],
    ["GET", `${one}/stages/{stageId}`, `${realOne}/stages/closedwon`],
    ["PATCH", `${one}/stages/{stageId}`, `${realOne}/stages/closedwon`, { label: "Won" }],
    ["PUT", `${one}/stages/{stageId}`, `${realOne}/stages/closedwon`, stage],
    ["DELETE", `${one}/stages/{stageId}`, `${realOne}/stages/closedwon`],
    ["PUT", one, realOne, { ...pipeline, label: "All new" }],
    ["DELETE", one, realOne],
  ]);
  const owner = world.portal.data.addOwner({ firstName: "A", lastName: "B", email: "ab@example.com" });
  check("crm/owners", world, [
    ["GET", "/crm/v3/owners", "/crm/v3/owners"],
    ["GET", "/crm/v3/owners/{ownerId}", `/crm/v3/owners/${owner}`],
  ]);
});

test("the client takes every answer about tokens, and every error", { skip }, () => {
  const world = ready();
  const { clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token } = world.portal.credentials;
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id, client_secret, refresh_token }).toString();
  const access = world.signIn();
  check("oauth", world, [
    ["POST", "/oauth/v1/token", "/oauth/v1/token", form],
    ["GET", "/oauth/v1/access-tokens/{token}", `/oauth/v1/access-tokens/${access}`],
    ["GET", "/oauth/v1/refresh-tokens/{token}", `/oauth/v1/refresh-tokens/${refresh_token}`],
    ["DELETE", "/oauth/v1/refresh-tokens/{token}", `/oauth/v1/refresh-tokens/${refresh_token}`],
  ]);
  const { models } = (JSON.parse(readFileSync(file, "utf8")) as Contract).modules["crm/contacts"]!;
  world.portal.dials.set({ scopes: ["crm.objects.contacts.read", "crm.objects.contacts.write"] });
  for (const [method, path, body, status] of [
    ["GET", "/crm/v3/objects/contacts/1", undefined, 404],
    ["POST", "/crm/v3/objects/contacts", { properties: { nope: "x" } }, 400],
    ["GET", "/crm/v3/owners", undefined, 403],
    ["POST", "/crm/v3/objects/contacts/search", { sorts: ["a", "b"] }, 400],
    ["GET", "/crm/v3/objects/contacts/batch/read", undefined, 405],
  ] as const) {
    const reply = world.call(method, path, body);
    assert.equal(reply.status, status, path);
    assert.deepEqual(wrong(models, "ModelError", reply.body), [], reply.text);
  }
});
