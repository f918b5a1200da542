// What is told of a record's past: what changed on it, and where each of its fields came from.
import type { z } from "zod";
import type { FieldOrigin, HistoryEntry, StoredRecord } from "../../sync/types.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { type Resource, withArticle } from "../resources.ts";
import { type Route, route } from "../route.ts";
import type { Common } from "../schemas.ts";

export function pastRoutes(of: {
  readonly records: HttpOptions["records"];
  readonly resource: Resource;
  readonly common: Common;
  readonly params: z.ZodObject<{ id: z.ZodString }>;
  /** The one that is meant, deleted ones too. Throws not.found. */
  readonly find: (id: string) => Promise<StoredRecord>;
}): Route[] {
  const { records, common, params, find } = of;
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
