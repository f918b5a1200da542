// What is told of a record's past: what changed on it, where each of its fields came from, and why it is as it is.
import { z } from "zod";
import type { FieldOrigin, HistoryEntry, StoredRecord } from "../../sync/types.ts";
import { isoOrNull, isoTime, showExplanation } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { type Resource, withArticle } from "../resources.ts";
import { type Route, route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function pastRoutes(of: {
  readonly records: HttpOptions["records"];
  readonly why: HttpOptions["why"];
  readonly said: Book["said"];
  readonly resource: Resource;
  readonly common: Common;
  readonly params: z.ZodObject<{ id: z.ZodString }>;
  /** The one that is meant, deleted ones too. Throws not.found. */
  readonly find: (id: string) => Promise<StoredRecord>;
}): Route[] {
  const { records, why, said, common, params, find } = of;
  const { name, one, kind, schema } = of.resource;
  return [
    route({
      method: "GET",
      url: `/api/${name}/:id/history`,
      scope: "records:read",
      operationId: `get${schema}History`,
      tag: name,
      summary: `What changed on ${withArticle(one)}, when and by whom`,
      params,
      answers: { 200: { description: "Its versions, newest first.", schema: common.history } },
      handle: async ({ params: { id } }) => {
        const found = await find(id);
        const entries = await records.history(kind, found.id);
        return { status: 200, body: { data: entries.map(showEntry) } };
      },
    }),

    route({
      method: "GET",
      url: `/api/${name}/:id/why`,
      scope: "records:read",
      operationId: `why${schema}`,
      tag: name,
      summary: `Why ${withArticle(one)} has the values it has`,
      description:
        "For each field: the change that set it with its time, actor, run, mapping version and request; the rule where two sides had changed it; and for each vendor what was last sent, what was answered, and what the next sync would do. And for each of its records, why it is taken for it.",
      params,
      query: z.strictObject({
        field: said(common.asked.optional(), "Only this field."),
        asOf: common.since("As it was at this time."),
      }),
      answers: { 200: { description: "Why.", schema: common.explanation } },
      handle: async ({ params: { id }, query }) => {
        const { id: known } = await find(id);
        return {
          status: 200,
          body: showExplanation(await why.explain(known, { field: query.field, asOf: query.asOf })),
        };
      },
    }),

    route({
      method: "GET",
      url: `/api/${name}/:id/origin`,
      scope: "records:read",
      operationId: `get${schema}Origin`,
      tag: name,
      summary: `Where each field of ${withArticle(one)} came from, and when`,
      params,
      answers: {
        200: { description: "Its fields that have a value or were cleared, by name.", schema: common.origins },
      },
      handle: async ({ params: { id } }) => {
        const found = await find(id);
        return { status: 200, body: { data: (await records.origin(kind, found.id)).map(showOrigin) } };
      },
    }),
  ];
}

const showEntry = (entry: HistoryEntry): unknown => ({ ...entry, at: isoTime(entry.at) });

const showOrigin = (one: FieldOrigin): unknown => ({
  ...one,
  setFrom: isoOrNull(one.setFrom),
  setTo: isoOrNull(one.setTo),
  takenAt: isoOrNull(one.takenAt),
});
