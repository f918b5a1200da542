// Health, the API's own description, and the fields of every kind.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import { KINDS } from "../../mapping/kinds.ts";
import { FIELD_TYPES } from "../../mapping/types.ts";
import { computedNames } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function systemRoutes(
  { health, catalogue, records }: Pick<HttpOptions, "health" | "catalogue" | "records">,
  book: Book,
  common: Common,
  describe: () => object,
): Route[] {
  const { named, said } = book;
  const kind = z.enum(Object.keys(KINDS) as [keyof typeof KINDS]);
  const field = named(
    "Field",
    z.object({
      kind: z.string(),
      key: z.string(),
      type: z.enum(FIELD_TYPES),
      label: z.string(),
      custom: z.boolean(),
      target: said(z.string().nullable(), "The kind a reference points to."),
    }),
  );
  const ready = named(
    "Readiness",
    z.object({
      status: z.enum(["ready", "not ready"]),
      checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
    }),
  );
  const flow = named(
    "Flow",
    z.object({
      status: z.enum(["flows", "does not flow"]),
      streams: said(z.record(z.string(), z.int()), "How many streams are in each state.", { ok: 12, failing: 1 }),
      alerts: said(z.object({ warning: z.int(), critical: z.int() }), "Those that are not over."),
    }),
  );
  return [
    route({
      method: "GET",
      url: "/healthz",
      scope: "public",
      operationId: "getHealth",
      tag: "system",
      summary: "Whether the process lives",
      answers: { 200: { description: "It does.", schema: named("Health", z.object({ status: z.literal("ok") })) } },
      handle: async () => ({ status: 200, body: { status: "ok" } }),
    }),
    route({
      method: "GET",
      url: "/readyz",
      scope: "public",
      operationId: "getReadiness",
      tag: "system",
      summary: "Whether it can work: the database, migrations, the queue",
      answers: {
        200: { description: "It can.", schema: ready },
        503: { description: "It cannot, and which check says so.", schema: ready },
      },
      handle: async () => {
        const { ok, checks } = await health.ready();
        return { status: ok ? 200 : 503, body: { status: ok ? "ready" : "not ready", checks } };
      },
    }),
    route({
      method: "GET",
      url: "/flowz",
      scope: "public",
      operationId: "getFlow",
      tag: "system",
      summary: "Whether what should flow flows: for whatever watches Winston",
      description:
        "From proof of flow, not from Winston's own word: it also tells that no worker is at work. Numbers only; names are in GET /api/streams and GET /api/alerts. What it says is at most five seconds old.",
      answers: {
        200: { description: "It does.", schema: flow },
        503: { description: "A stream is late, silent, failing or stopped.", schema: flow },
      },
      handle: async () => {
        const { ok, streams, alerts } = await health.flow();
        return { status: ok ? 200 : 503, body: { status: ok ? "flows" : "does not flow", streams, alerts } };
      },
    }),
    route({
      method: "GET",
      url: "/openapi.json",
      scope: "public",
      operationId: "getOpenApi",
      tag: "system",
      summary: "This description",
      answers: { 200: { description: "OpenAPI 3.1.", schema: z.record(z.string(), z.unknown()) } },
      handle: async () => ({ status: 200, body: describe() }),
    }),
    route({
      method: "GET",
      url: "/api/fields",
      scope: "records:read",
      operationId: "listFields",
      tag: "fields",
      summary: "List the fields of every kind, standard and custom",
      query: z.strictObject({ kind: kind.optional() }),
      answers: { 200: { description: "The fields.", schema: common.all("FieldList", field) } },
      handle: async ({ query }) => {
        const kinds = query.kind === undefined ? Object.keys(KINDS) : [query.kind];
        const data = [];
        for (const key of kinds) {
          for (const one of await catalogue.fields(key))
            data.push({
              kind: key,
              key: one.key,
              type: one.type,
              label: one.label,
              custom: one.custom ?? false,
              target: one.target ?? null,
            });
        }
        return { status: 200, body: { data } };
      },
    }),
    route({
      method: "POST",
      url: "/api/fields",
      scope: "records:write",
      operationId: "createField",
      tag: "fields",
      summary: "Declare a custom field",
      description: "Declaring it again as it is changes nothing; with another type it is a conflict.",
      body: named(
        "FieldInput",
        z
          .strictObject({
            kind,
            key: common.asked.min(1).max(255),
            type: z.enum(FIELD_TYPES),
            label: common.asked.min(1).max(255).optional(),
            target: kind.optional(),
          })
          .refine((one) => one.type !== "reference" || one.target !== undefined, {
            path: ["target"],
            error: "is needed: the kind the reference points to",
          }),
        { examples: [{ kind: "person", key: "shoeSize", type: "number", label: "Shoe size" }] },
      ),
      answers: { 201: { description: "The field.", schema: field } },
      handle: async ({ body, caller }) => {
        if (computedNames(body.kind).has(body.key))
          throw new WinstonError(
            "request.conflict",
            `"${body.key}" is what Winston itself says of a ${body.kind}; give the field another key.`,
            { problems: [{ pointer: "/key", code: "request.conflict", message: "is a name of Winston's own" }] },
          );
        const label = body.label ?? body.key;
        await records.declareField(
          body.kind,
          { key: body.key, type: body.type, label, target: body.target },
          `key:${caller.name}`,
        );
        return {
          status: 201,
          body: { kind: body.kind, key: body.key, type: body.type, label, custom: true, target: body.target ?? null },
        };
      },
    }),
  ];
}
