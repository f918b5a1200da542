// Schema drift: mapped fields of vendors that are not what they were.
import { z } from "zod";
import { DRIFT_CAUSES } from "../../store/schema-drift.ts";
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
  return [
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
