import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { CreateRow, RowOutcome, UpdateRow } from "../../connector/contract.ts";
import { hubspot } from "./index.ts";
import { createPortal, never, refuse, states, thrown, type Request } from "./test-portal.ts";

const { company, contact, deal } = hubspot.streams;

const handle = (index: number): string => `0198a1b2-c3d4-7e5f-8a9b-${String(index).padStart(12, "0")}`;
const created = (count: number, values: (index: number) => Record<string, unknown> = () => ({})): CreateRow[] =>
  Array.from({ length: count }, (_, index) => ({
    handle: handle(index),
    values: { email: `new${index}@example.com`, ...values(index) },
  }));
const updated = (id: string, values: Record<string, unknown>): UpdateRow => ({ id, values });

/** What HubSpot answers to a batch in which everything went well. */
const done = ({ body }: Request) => ({
  status: "COMPLETE",
  results: body.inputs.map(({ id, objectWriteTraceId, properties, idProperty }) => ({
    id: idProperty ? `9${Number(id.slice(-12))}` : id,
    objectWriteTraceId,
    properties,
    new: true,
  })),
});
const tiedAs = ({ body }: Request) => ({
  status: "COMPLETE",
  results: body.inputs.map(({ from, to }) => ({ fromObjectId: from.id, toObjectId: to.id, labels: [] })),
});
const failures = (outcomes: readonly RowOutcome[]) => outcomes.filter((one) => one.state === "failed");

test("creates go by upsert on Winston's property, a hundred at a time, and come back in the order of the rows", async () => {
  await using portal = await createPortal((request) => {
    const answer = done(request);
    return { ...answer, results: answer.results.toReversed() };
  });
  const outcomes = await contact.create!(portal.api, created(130), never);
  assert.deepEqual(
    outcomes.map((one) => one.state === "done" && [one.id, one.created]),
    Array.from({ length: 130 }, (_, index) => [`9${index}`, true]),
  );
  assert.deepEqual(
    portal.seen.map(({ fullPath, body }) => [fullPath, body.inputs.length]),
    [
      ["/crm/objects/2026-09/contacts/batch/upsert", 100],
      ["/crm/objects/2026-09/contacts/batch/upsert", 30],
    ],
  );
  assert.deepEqual(portal.seen[0]!.body.inputs[1], {
    id: handle(1),
    idProperty: "winston_id",
    objectWriteTraceId: handle(1),
    properties: { email: "new1@example.com", winston_id: handle(1) },
  });
});

test("every value is sent as text: blanks are cleared by an update, and left out when a record is made", async () => {
  await using portal = await createPortal(done);
  const values = { firstname: "Zoë", lastname: null, numberofemployees: 12, optin: true, off: false, tags: "a;b" };
  await company.update!(portal.api, [updated("1", values)], never);
  await company.create!(portal.api, [{ handle: handle(1), values }], never);
  const texts = { firstname: "Zoë", numberofemployees: "12", optin: "true", off: "false", tags: "a;b" };
  assert.deepEqual(portal.seen[0]!.body.inputs[0]!.properties, { ...texts, lastname: "" });
  assert.deepEqual(portal.seen[1]!.body.inputs[0]!.properties, { ...texts, winston_id: handle(1) });
});

test("of a batch that is partly refused each row hears its own, by its trace", async () => {
  await using portal = await createPortal((request, response) => {
    response.statusCode = 207;
    const [good, bad, taken] = request.body.inputs;
    return {
      status: "COMPLETE",
      results: [{ id: "77", properties: {}, objectWriteTraceId: good!.objectWriteTraceId, new: false }],
      numErrors: 2,
      errors: [
        {
          status: "error",
          category: "CONFLICT",
          message: "Contact already exists. Existing ID: 4711",
          context: { objectWriteTraceId: [taken!.objectWriteTraceId] },
        },
        {
          status: "error",
          category: "VALIDATION_ERROR",
          message: `Property values were not valid: [{"isValid":false,"message":"Email address nobody is invalid","error":"INVALID_EMAIL","name":"email","localizedErrorMessage":"x"}]`,
          context: { objectWriteTraceId: [bad!.objectWriteTraceId] },
        },
      ],
    };
  });
  const [first, second, third, fourth] = await contact.create!(portal.api, created(4), never);
  assert.deepEqual(first, { state: "done", id: "77", created: false });
  assert.deepEqual(second, {
    state: "failed",
    kind: "record",
    vendor: {
      status: 400,
      code: "INVALID_EMAIL",
      message: "Email address nobody is invalid",
      fields: ["email"],
      act: "Correct the address, here or wherever it comes from; the next edit sends it again.",
    },
  });
  assert.deepEqual(states([third!]), ["exists CONFLICT"]);
  assert.deepEqual(third!.state === "failed" && third!.existingIds, ["4711"]);
  assert.equal(fourth!.state, "unknown");
});

test("a batch refused as a whole is parted until the row that spoils it stands alone", async () => {
  await using portal = await createPortal((request, response) =>
    request.body.inputs.some(({ properties }) => properties["email"] === "new5@example.com")
      ? refuse(response, 409, "CONFLICT", "Contact already exists. Existing ID: 12")
      : done(request),
  );
  const outcomes = await contact.create!(portal.api, created(8), never);
  assert.deepEqual(failures(outcomes).length, 1);
  assert.deepEqual(outcomes[5]!.state === "failed" && [outcomes[5]!.kind, outcomes[5]!.existingIds], [
    "exists",
    ["12"],
  ]);
  assert.ok(portal.seen.length <= 7);
});

test("rows with a property that takes nothing are refused for it, and the others go in one call beside them", async () => {
  await using portal = await createPortal((request, response) =>
    request.body.inputs.some(({ properties }) => properties["old_field"] !== undefined)
      ? refuse(
          response,
          400,
          "VALIDATION_ERROR",
          `Property values were not valid: [{"isValid":false,"message":"Property \\"old_field\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"old_field"}]`,
        )
      : done(request),
  );
  const rows = created(20, (index) => (index === 3 ? { old_field: "x" } : {}));
  const outcomes = await contact.create!(portal.api, rows, never);
  assert.equal(outcomes.filter((one) => one.state === "done").length, 19);
  const third = outcomes[3]!;
  assert.ok(third.state === "failed" && third.kind === "field");
  assert.equal(third.vendor.message, 'Property "old_field" does not exist');
  assert.match(third.vendor.act!, /^Take its row out of the mapping/u);
  assert.deepEqual(third.vendor.fields, ["old_field"]);
  assert.deepEqual(
    portal.seen.map(({ body }) => body.inputs.length),
    [20, 19],
  );
});

test("a missing scope stops the work before anything was done; a lost answer leaves the rows unknown", async () => {
  await using portal = await createPortal((_request, response) => refuse(response, 403, "MISSING_SCOPES"));
  const error = await thrown(contact.create!(portal.api, created(3), never));
  assert.deepEqual([error.code, error.vendor!.code], ["vendor.refused", "MISSING_SCOPES"]);
  await using broken = await createPortal((_request, response) => void response.destroy());
  const outcomes = await contact.update!(broken.api, [updated("1", { email: "a@example.com" })], never);
  assert.deepEqual(states(outcomes), ["unknown"]);
  assert.equal(broken.seen.length, 1);
});

test("what a part of the rows hears after the first parts were written is not lost", async () => {
  await using portal = await createPortal((request, response) =>
    portal.seen.length === 1
      ? done(request)
      : refuse(response, 429, "RATE_LIMITS", "You have reached your daily limit.", { policyName: "DAILY" }),
  );
  const outcomes = await contact.create!(portal.api, created(150), never);
  assert.deepEqual([...new Set(states(outcomes))], ["done", "later RATE_LIMITS"]);
  assert.equal(outcomes.filter((one) => one.state === "done").length, 100);
});

test("updates go by id, a record that is gone says so, and archiving is one call", async () => {
  await using portal = await createPortal((request, response) => {
    if (request.path.endsWith("/archive")) {
      response.statusCode = 204;
      return null;
    }
    response.statusCode = 207;
    const answer = done(request);
    return {
      ...answer,
      results: answer.results.slice(1),
      errors: [{ category: "OBJECT_NOT_FOUND", message: "resource not found", context: { objectWriteTraceId: ["1"] } }],
    };
  });
  const outcomes = await contact.update!(
    portal.api,
    [updated("1", { city: "Ghent" }), updated("2", { city: "Ghent" })],
    never,
  );
  assert.deepEqual(states(outcomes), ["gone OBJECT_NOT_FOUND", "done"]);
  assert.equal(portal.seen[0]!.body.inputs[1]!.idProperty, undefined);
  assert.deepEqual(states(await contact.delete!(portal.api, ["1", "2"], never)), ["done", "done"]);
  assert.deepEqual(portal.seen[1]!.body.inputs, [{ id: "1" }, { id: "2" }]);
});

test("a lifecycle stage that did not move back is cleared and set again; one that moved forward costs nothing more", async () => {
  const order = ["", "lead", "customer"];
  const stage = new Map([
    ["1", "customer"],
    ["2", "lead"],
  ]);
  await using portal = await createPortal((request) => {
    for (const { id, properties } of request.body.inputs) {
      const asked = properties["lifecyclestage"];
      if (asked !== undefined && (asked === "" || order.indexOf(asked) > order.indexOf(stage.get(id)!)))
        stage.set(id, asked);
    }
    return {
      results: request.body.inputs.map(({ id, objectWriteTraceId }) => ({
        id,
        objectWriteTraceId,
        properties: { lifecyclestage: stage.get(id)! },
      })),
    };
  });
  const rows = [updated("1", { lifecyclestage: "lead" }), updated("2", { lifecyclestage: "customer" })];
  assert.deepEqual(states(await contact.update!(portal.api, rows, never)), ["done", "done"]);
  assert.deepEqual([...stage.values()], ["lead", "customer"]);
  assert.deepEqual(
    portal.seen.map(({ body }) => body.inputs.map(({ id, properties }) => [id, properties["lifecyclestage"]])),
    [
      [
        ["1", "lead"],
        ["2", "customer"],
      ],
      [["1", ""]],
      [["1", "lead"]],
    ],
  );
});

test("a stage is sent with the pipeline it belongs to, and a close date as noon of its day", async () => {
  await using portal = await createPortal(
    (request) =>
      request.path.startsWith("/pipelines")
        ? {
            results: [
              {
                id: "881",
                label: "Renewals",
                displayOrder: 0,
                stages: [{ id: "9911", label: "Lost", displayOrder: 0 }],
              },
            ],
          }
        : done(request),
    { timeZone: "America/New_York" },
  );
  await deal.update!(
    portal.api,
    [
      updated("1", { dealstage: "9911", closedate: "2026-07-01" }),
      updated("2", { dealstage: "removed", amount: "5" }),
      updated("3", { amount: "6" }),
    ],
    never,
  );
  assert.deepEqual(
    portal.seen[1]!.body.inputs.map(({ properties }) => properties),
    [
      { dealstage: "9911", closedate: "2026-07-01T16:00:00.000Z", pipeline: "881" },
      { dealstage: "removed", amount: "5" },
      { amount: "6" },
    ],
  );
});

test("a new record is tied after it was made: one call for all, of the primary type", async () => {
  await using portal = await createPortal((request) =>
    request.path.startsWith("/associations") ? tiedAs(request) : done(request),
  );
  const rows = created(3, (index) => ({ "associations.company": index === 1 ? undefined : "500" }));
  assert.deepEqual(states(await contact.create!(portal.api, rows, never)), ["done", "done", "done"]);
  assert.equal(portal.seen.length, 2);
  assert.equal(portal.seen[1]!.fullPath, "/crm/associations/2026-09/contacts/companies/batch/create");
  assert.deepEqual(
    portal.seen[1]!.body.inputs,
    [0, 2].map((index) => ({
      types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 1 }],
      from: { id: `9${index}` },
      to: { id: "500" },
    })),
  );
});

test("an association that is refused parks its row in HubSpot's words when it stands alone, and is left out of the rest of a record when it does not", async () => {
  await using portal = await createPortal((request, response) => {
    if (!request.path.startsWith("/associations")) return done(request);
    response.statusCode = 207;
    const answer = tiedAs(request);
    return {
      ...answer,
      results: answer.results.filter(({ toObjectId }) => toObjectId !== "666"),
      errors: [
        {
          status: "error",
          category: "OBJECT_NOT_FOUND",
          message: "company 666 is not there",
          context: { toObjectId: ["666"] },
        },
      ],
    };
  });
  const outcomes = await contact.update!(
    portal.api,
    [
      updated("1", { "associations.company": "666" }),
      updated("2", { "associations.company": "500" }),
      updated("3", { city: "Ghent", "associations.company": "666" }),
      updated("4", { city: "Ghent" }),
    ],
    never,
  );
  assert.deepEqual(states(outcomes), ["record OBJECT_NOT_FOUND", "done", "done", "done"]);
  assert.deepEqual(outcomes[0]!.state === "failed" && outcomes[0]!.vendor.fields, ["associations.company"]);
  assert.match(
    outcomes[0]!.state === "failed" ? outcomes[0]!.vendor.message : "",
    /Primary company 666: company 666 is not there/u,
  );
  assert.deepEqual(
    portal.seen[0]!.body.inputs.map(({ id }) => id),
    ["3", "4"],
  );
  const [made] = await contact.create!(
    portal.api,
    created(1, () => ({ "associations.company": "666" })),
    never,
  );
  for (const outcome of [outcomes[2]!, made!]) {
    assert.ok(outcome.state === "done");
    assert.deepEqual(
      outcome.unwritten!.map(({ code, fields, act }) => [code, fields, act !== undefined]),
      [["OBJECT_NOT_FOUND", ["associations.company"], true]],
    );
  }
});

test("records that were made are never reported as not made, whatever becomes of their associations", async () => {
  const spent = (request: Request, response: Parameters<typeof refuse>[0]) =>
    request.path.startsWith("/associations")
      ? refuse(response, 429, "RATE_LIMITS", "You have reached your daily limit.", { policyName: "DAILY" })
      : done(request);
  await using portal = await createPortal(spent);
  const rows = created(2, (index) => (index === 0 ? { "associations.company": "500" } : {}));
  assert.deepEqual(states(await contact.create!(portal.api, rows, never)), ["unknown", "done"]);
  await using other = await createPortal(spent);
  const alone = await thrown(contact.update!(other.api, [updated("1", { "associations.company": "500" })], never));
  assert.equal(alone.code, "vendor.budget_spent");
});

test("a company is untied by removing the pair; a sole contact is replaced, and several are only joined", async () => {
  const present: Record<string, number[]> = { "1": [500], "2": [70], "3": [70, 71] };
  await using portal = await createPortal((request, response) => {
    if (request.path.endsWith("/batch/read"))
      return {
        results: request.body.inputs.map(({ id }) => ({
          from: { id },
          to: present[id]!.map((toObjectId) => ({
            toObjectId,
            associationTypes: [{ typeId: request.path.includes("companies") ? 5 : 3 }],
          })),
        })),
      };
    if (request.path.endsWith("/batch/create")) return tiedAs(request);
    response.statusCode = 204;
    return null;
  });
  const outcomes = await deal.update!(
    portal.api,
    [
      updated("1", { "associations.company": null }),
      updated("2", { "associations.contact": "72" }),
      updated("3", { "associations.contact": "72" }),
    ],
    never,
  );
  assert.deepEqual(states(outcomes), ["done", "done", "done"]);
  const calls = portal.seen.map(({ path, body }) => [
    path.replace("/associations/deals", ""),
    body.inputs.map((one) => [one.from?.id, one.to]),
  ]);
  assert.deepEqual(calls, [
    ["/companies/batch/read", [[undefined, undefined]]],
    ["/companies/batch/archive", [["1", [{ id: "500" }]]]],
    [
      "/contacts/batch/read",
      [
        [undefined, undefined],
        [undefined, undefined],
      ],
    ],
    [
      "/contacts/batch/create",
      [
        ["2", { id: "72" }],
        ["3", { id: "72" }],
      ],
    ],
    ["/contacts/batch/archive", [["2", [{ id: "70" }]]]],
  ]);
});

/** An account in which company 1 has the parent 90, beside an ordinary tie to it. `create` answers each try to tie. */
const withParent = (create: (request: Request, response: ServerResponse, to: string) => unknown) =>
  createPortal((request, response) => {
    if (request.path.endsWith("/batch/read"))
      return {
        results: [{ from: { id: "1" }, to: [{ toObjectId: 90, associationTypes: [{ typeId: 14 }, { typeId: 450 }] }] }],
      };
    if (request.path.endsWith("/batch/create")) return create(request, response, request.body.inputs[0]!.to.id);
    response.statusCode = 204;
    return null;
  });
const moveTo91 = (portal: Awaited<ReturnType<typeof createPortal>>) =>
  company.update!(portal.api, [updated("1", { "associations.parent": "91" })], never);
const steps = (portal: Awaited<ReturnType<typeof createPortal>>) =>
  portal.seen.map(({ path, body }) => `${path.split("/batch/")[1]} ${body.inputs[0]!.to?.id ?? ""}`.trim());

test("another parent is set before the former is taken away, and only as a parent", async () => {
  await using portal = await withParent(tiedAs);
  assert.deepEqual(states(await moveTo91(portal)), ["done"]);
  assert.deepEqual(steps(portal), ["read", "create 91", "labels/archive 90"]);
  assert.deepEqual(portal.seen[2]!.body.inputs, [
    { types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 14 }], from: { id: "1" }, to: { id: "90" } },
  ]);
});

test("a parent that cannot be set, or of which nobody knows whether it was, takes the former from nobody", async () => {
  const missing = (_: Request, response: ServerResponse) =>
    refuse(response, 404, "OBJECT_NOT_FOUND", "91 is not there");
  await using archived = await withParent(missing);
  assert.deepEqual(states(await moveTo91(archived)), ["record OBJECT_NOT_FOUND"]);
  assert.deepEqual(steps(archived), ["read", "create 91"]);
  await using down = await withParent((_, response) => refuse(response, 503, "INTERNAL_ERROR"));
  assert.equal((await thrown(moveTo91(down))).code, "vendor.unavailable");
  assert.ok(steps(down).every((step) => step === "read" || step === "create 91"));
});

test("where HubSpot refuses a second parent beside the first, the first makes room, and comes back if the second is refused still", async () => {
  let archived = false;
  const oneOnly = (request: Request, response: ServerResponse, to: string) => {
    archived ||= portal.seen.some(({ path }) => path.endsWith("/labels/archive"));
    return archived && to !== refused ? tiedAs(request) : refuse(response, 400, "VALIDATION_ERROR", `not ${to}`);
  };
  let refused = "";
  let portal = await withParent(oneOnly);
  await using first = portal;
  assert.deepEqual(states(await moveTo91(first)), ["done"]);
  assert.deepEqual(steps(first), ["read", "create 91", "labels/archive 90", "create 91"]);

  [archived, refused] = [false, "91"];
  portal = await withParent(oneOnly);
  await using second = portal;
  assert.deepEqual(states(await moveTo91(second)), ["record VALIDATION_ERROR"]);
  assert.deepEqual(steps(second), ["read", "create 91", "labels/archive 90", "create 91", "create 90"]);

  // When the former is not taken back either, only a reading tells.
  [archived, refused] = [false, "91"];
  portal = await withParent((request, response, to) =>
    to === "90" ? refuse(response, 400, "VALIDATION_ERROR") : oneOnly(request, response, to),
  );
  await using third = portal;
  assert.deepEqual(states(await moveTo91(third)), ["unknown"]);
});
