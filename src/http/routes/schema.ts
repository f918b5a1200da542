// Schema drift: mapped fields of vendors that are not what they were.
import { z } from "zod";
import { DRIFT_CAUSES } from "../../store/schema-drift.ts";
import type { SchemaLook } from "../../sync/drifts.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function schemaRoutes({ schema }: Pick<HttpOptions, "schema">, book: Book, common: Common): Route[] {
  const { named, said } = book;
  const drift = named(
    "SchemaDrift",
    z.object({
      connectionId: z.uuid(),
      connection: z.string(),
      stream: z.string(),
      field: said(z.string(), "The vendor's name of the field."),
      cause: said(
        z.enum(DRIFT_CAUSES),
        "gone: not shown any more; retyped: of another type; optionGone: a value of its list was removed or renamed; readOnly: not written any more; required: needed by now to make a record.",
      ),
      message: said(z.string(), "What happened, and what to do."),
      pauses: said(z.boolean(), "Whether the mapping rows that name it are paused: neither read nor written."),
      fields: said(z.array(z.string()), "Winston's fields in those rows."),
      noticedAt: common.time,
      lookedAt: said(common.timeOrNull, "When the fields of the stream were read last."),
    }),
  );
  const looks = {
    connectionId: z.uuid(),
    connection: z.string(),
    stream: z.string(),
    lookedAt: said(common.timeOrNull, "When the fields of the stream were read last."),
    suspectedAt: said(
      common.timeOrNull,
      "Since when something smells of a change that was not looked at yet: it is, ten minutes after the last look.",
    ),
  };
  const look = named("SchemaLook", z.object(looks));
  const looked = named(
    "SchemaLooked",
    z.object({
      ...looks,
      differs: said(z.boolean(), "Whether anything is other than before."),
      refusal: said(z.string().nullable(), "Why the vendor says nothing of its fields, where it does not."),
    }),
  );
  const withTimes = <Row extends SchemaLook>(one: Row) => ({
    ...one,
    lookedAt: isoOrNull(one.lookedAt),
    suspectedAt: isoOrNull(one.suspectedAt),
  });
  return [
    route({
      method: "GET",
      url: "/api/schema/looks",
      scope: "connections:read",
      operationId: "listSchemaLooks",
      tag: "streams",
      summary: "When the fields of each stream were read last at its vendor",
      query: z.strictObject({
        connection: said(common.asked.optional(), "Only those of this connection, by id or name."),
      }),
      answers: { 200: { description: "Stream by stream.", schema: common.all("SchemaLookList", look) } },
      handle: async ({ query }) => ({
        status: 200,
        body: { data: (await schema.looks(query.connection)).map(withTimes) },
      }),
    }),
    route({
      method: "POST",
      url: "/api/schema/looks",
      scope: "connections:write",
      operationId: "lookAtSchema",
      tag: "streams",
      summary: "Read the fields of the streams at their vendors now",
      body: z
        .strictObject({ connection: said(common.asked.optional(), "Only those of this connection, by id or name.") })
        .nullish(),
      answers: { 200: { description: "What was seen.", schema: common.all("SchemaLookedList", looked) } },
      handle: async ({ body }) => ({
        status: 200,
        body: { data: (await schema.look(body?.connection)).map(withTimes) },
      }),
    }),
    route({
      method: "GET",
      url: "/api/schema/drifts",
      scope: "connections:read",
      operationId: "listSchemaDrifts",
      tag: "streams",
      summary: "List mapped fields of vendors that are not what they were",
      query: z.strictObject({
        connection: said(common.asked.optional(), "Only those of this connection, by id or name."),
      }),
      answers: { 200: { description: "What drifted.", schema: common.all("SchemaDriftList", drift) } },
      handle: async ({ query }) => ({
        status: 200,
        body: {
          data: (await schema.diff(query.connection)).map((one) => ({
            ...one,
            fields: [...one.fields],
            noticedAt: isoTime(one.noticedAt),
            lookedAt: isoOrNull(one.lookedAt),
          })),
        },
      }),
    }),
  ];
}
