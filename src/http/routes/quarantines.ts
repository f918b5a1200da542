// After a restore: which connections are only read, what they wait for, saying that a backup was put back, and letting them write.
import { z } from "zod";
import type { QuarantineView } from "../../sync/types.ts";
import { isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function quarantineRoutes(
  options: Pick<HttpOptions, "quarantines" | "connections">,
  book: Book,
  common: Common,
): Route[] {
  const { quarantines, connections } = options;
  const { named, said } = book;
  const tag = "quarantines";
  const quarantine = named(
    "Quarantine",
    z.object({
      connectionId: z.uuid(),
      connection: z.string(),
      since: common.time,
      reason: said(z.string(), "What tells that the database is older than what was done at the vendor."),
      asks: said(z.boolean(), "Whether a person is to say when writing starts; else it starts when all is read."),
      unread: said(z.array(z.string()), "Streams that have not been read to their end since."),
      unsettled: said(z.int(), "Writes of which nobody knows yet what became of them."),
      next: said(z.string(), "What it waits for, in words."),
    }),
  );
  const show = (one: QuarantineView) => ({ ...one, unread: [...one.unread], since: isoTime(one.since) });
  const all = common.all("QuarantineList", quarantine);

  return [
    route({
      method: "GET",
      url: "/api/quarantines",
      scope: "connections:read",
      operationId: "listQuarantines",
      tag,
      summary: "List connections that are only read, because the database was restored",
      answers: { 200: { description: "Those; none while all is well.", schema: all } },
      handle: async () => ({ status: 200, body: { data: (await quarantines.list()).map(show) } }),
    }),
    route({
      method: "POST",
      url: "/api/quarantines",
      scope: "connections:write",
      operationId: "beginQuarantines",
      tag,
      summary: "Say that the database was restored from a backup",
      description:
        "Every connection is only read until all of its records and open writes are known again, so that no newer value of a vendor is written over. Winston notices most restores by itself; said once more, reading begins anew.",
      body: named(
        "QuarantineInput",
        z.strictObject({
          asks: said(z.boolean().optional(), "Whether a person is to say when writing starts."),
        }),
        { examples: [{ asks: true }] },
      ),
      answers: { 200: { description: "The connections that are only read now.", schema: all } },
      handle: async ({ body, caller }) => ({
        status: 200,
        body: { data: (await quarantines.begin(`key:${caller.name}`, body)).map(show) },
      }),
    }),
    route({
      method: "POST",
      url: "/api/quarantines/{id}/release",
      scope: "connections:write",
      operationId: "releaseQuarantine",
      tag,
      summary: "Let a connection write again",
      description: "A conflict while not all is known there, unless forced: then older values may go over newer ones.",
      params: z.object({ id: said(common.asked, "The connection's id or its name.", "acme") }),
      body: named("QuarantineRelease", z.strictObject({ force: z.boolean().optional() }), { examples: [{}] }),
      answers: { 200: { description: "What is still only read.", schema: all } },
      handle: async ({ params, body }) => {
        await quarantines.release((await connections.get(params.id)).id, body);
        return { status: 200, body: { data: (await quarantines.list()).map(show) } };
      },
    }),
  ];
}
