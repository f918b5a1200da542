// The OpenAPI 3.1 document, from the same literals that serve the requests.
import { z } from "zod";
import { ERRORS } from "../base/errors.ts";
import type { Route } from "./route.ts";
import type { Book, Common } from "./schemas.ts";

type Json = Record<string, unknown>;

export function openApi(routes: readonly Route[], book: Book, common: Common, version: string): Json {
  const components: Json = {};

  /** A zod schema as JSON Schema, with what has a name moved to the components. */
  const schemaOf = (schema: z.ZodType, io: "input" | "output"): Json => {
    const {
      $schema: _,
      $defs = {},
      ...rest
    } = z.toJSONSchema(schema, {
      metadata: book.registry,
      io,
      unrepresentable: "any",
      override: ({ jsonSchema }) => {
        // Answers may grow: a client that refuses what it does not know would break.
        if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
        delete jsonSchema.propertyNames;
        if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      },
    }) as { $schema?: string; $defs?: Json } & Json;
    const named = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
    for (const [id, definition] of Object.entries($defs)) components[id] ??= clean(named(definition) as Json);
    const { id, examples } = book.registry.get(schema) ?? {};
    if (id === undefined) return named(rest) as Json;
    // zod leaves examples out where reading transforms the value; ours are of what is sent.
    const component = (components[id] ??= clean(named(rest) as Json)) as Json;
    if (examples) component.examples ??= examples;
    return { $ref: `#/components/schemas/${id}` };
  };
  const content = (schema: z.ZodType, io: "input" | "output", type = "application/json"): Json => ({
    content: { [type]: { schema: schemaOf(schema, io) } },
  });
  const answered = (schema: z.ZodType, line: z.ZodType | undefined): Json => {
    const page = content(schema, "output");
    if (line === undefined) return page;
    const lines = content(line, "output", "application/x-ndjson");
    return { content: { ...(page["content"] as Json), ...(lines["content"] as Json) } };
  };
  const parameters = (place: "path" | "query", schema: z.ZodObject | undefined): Json[] =>
    Object.entries(schema?.shape ?? {}).map(([name, one]) => {
      const { description, examples, ...json } = schemaOf(one as z.ZodType, "input");
      return {
        name,
        in: place,
        required: place === "path",
        ...(description === undefined ? {} : { description }),
        schema: json,
        ...(Array.isArray(examples) ? { example: examples[0] as unknown } : {}),
      };
    });

  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/gu, "{$1}");
    const mutating = route.method === "POST" || route.method === "PATCH";
    const body = route.bodyDoc ?? route.body;
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: {
        operationId: route.operationId,
        tags: [route.tag],
        summary: route.summary,
        ...(route.description === undefined ? {} : { description: route.description }),
        ...(route.scope === "public" ? { security: [] } : { security: [{ token: [route.scope] }] }),
        parameters: [
          ...parameters("path", route.params),
          ...parameters("query", route.query),
          ...(mutating && route.scope !== "public" && route.keepsAnswer !== false
            ? [{ $ref: "#/components/parameters/IdempotencyKey" }]
            : []),
        ],
        ...(body === undefined
          ? {}
          : { requestBody: { required: !route.body!.safeParse(undefined).success, ...content(body, "input") } }),
        responses: {
          ...Object.fromEntries(
            Object.entries(route.answers).map(([status, { description, schema }]) => [
              status,
              { description, ...(schema === undefined ? {} : answered(schema, route.line)) },
            ]),
          ),
          default: { $ref: "#/components/responses/Problem" },
        },
      },
    };
  }

  const problem = content(common.problemDocument, "output", "application/problem+json");
  return {
    openapi: "3.1.0",
    info: {
      title: "Winston",
      version,
      description:
        "Leads, contacts, accounts, deals, deal contacts, campaigns and activities, kept in step with your CRMs. Every path under /api takes `Authorization: Bearer <key>`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "http://127.0.0.1:4400" }],
    security: [{ token: [] }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API key; its scopes are named with each operation." },
      },
      parameters: {
        IdempotencyKey: {
          name: "Idempotency-Key",
          in: "header",
          required: false,
          description:
            "Any text of up to 255 visible characters. A repeat of the same request within 24 hours gets the first one's answer; while that one runs 409; with another body 422.",
          schema: { type: "string", maxLength: 255 },
        },
      },
      responses: {
        Problem: {
          description: `What went wrong. Codes: ${Object.keys(ERRORS).join(", ")}.`,
          headers: { "x-request-id": { description: "Names this request in the log.", schema: { type: "string" } } },
          ...problem,
        },
      },
      schemas: Object.fromEntries(Object.entries(components).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

const clean = ({ $id: _id, id: _name, $schema: _schema, ...rest }: Json): Json => rest;
