// Runs, and what they left behind: parked records.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import type { ParkedView, RunView } from "../../sync/types.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { isWinstonId } from "../input.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

export function runRoutes(options: Pick<HttpOptions, "runs" | "connections">, book: Book, common: Common): Route[] {
  const { runs, connections } = options;
  const { named, said } = book;
  const ofConnection = said(common.asked.optional(), "Only those of this connection, by id or name.");
  const idOf = async (connection: string | undefined): Promise<string | undefined> =>
    connection === undefined ? undefined : (await connections.get(connection)).id;

  const count = z.int().optional();
  const run = named(
    "Run",
    z.object({
      id: z.uuid(),
      connectionId: z.uuid(),
      connection: z.string(),
      stream: z.string(),
      lane: z.string(),
      state: z.enum(["running", "done", "failed", "stopped"]),
      trigger: z.string(),
      startedAt: common.time,
      endedAt: common.timeOrNull,
      counts: said(
        z.object({
          read: count,
          expected: count,
          created: count,
          updated: count,
          unchanged: count,
          deleted: count,
          linked: count,
          conflicts: count,
          parked: count,
          requests: count,
        }),
        "read: records the vendor showed; expected: how many it shows in all, where it tells; created, updated, deleted, linked: records of ours (pull) or of the vendor (push); requests: API calls.",
      ),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
      parked: said(
        z
          .array(
            z.object({
              reason: z.string(),
              message: z.string(),
              field: z.string().nullable(),
              count: z.int(),
              example: z.string(),
            }),
          )
          .optional(),
        "Parked by cause, with one example each; only when one run is asked for.",
      ),
    }),
  );
  const parked = named(
    "Parked",
    z.object({
      connection: z.string(),
      stream: z.string(),
      side: z.enum(["pull", "push"]),
      subject: said(z.string(), "The vendor's record id (pull) or Winston's id (push)."),
      reason: z.string(),
      message: said(z.string(), "The vendor's own words where it is the vendor that refused."),
      field: z.string().nullable(),
      vendor: z.unknown(),
      times: z.int(),
      firstAt: common.time,
      lastAt: common.time,
    }),
  );

  return [
    route({
      method: "GET",
      url: "/api/runs",
      scope: "runs:read",
      operationId: "listRuns",
      tag: "runs",
      summary: "List runs, newest first",
      query: z.strictObject({
        connection: ofConnection,
        state: z.enum(["running", "done", "failed", "stopped"]).optional(),
        since: common.since("Only those that started at or after this time."),
        limit: common.limit,
        cursor: common.cursor,
      }),
      answers: { 200: { description: "A page of runs.", schema: common.page("RunPage", run) } },
      handle: async ({ query }) => {
        const rows = await runs.list({
          connectionId: await idOf(query.connection),
          state: query.state,
          since: query.since,
          limit: query.limit + 1,
          after: readCursor("runs", query.cursor),
        });
        return {
          status: 200,
          body: pageOf(rows, { listing: "runs", limit: query.limit, mark: (row) => row.id, show: showRun }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/runs/:id",
      scope: "runs:read",
      operationId: "getRun",
      tag: "runs",
      summary: "One run, with what it parked by cause",
      params: z.object({ id: common.asked }),
      answers: { 200: { description: "The run.", schema: run } },
      handle: async ({ params: { id } }) => {
        if (!isWinstonId(id))
          throw new WinstonError(
            "not.found",
            `There is no run ${JSON.stringify(id)}; \`winston runs list\` (GET /api/runs) shows them.`,
          );
        return { status: 200, body: showRun(await runs.get(id)) };
      },
    }),
    route({
      method: "GET",
      url: "/api/parked",
      scope: "runs:read",
      operationId: "listParked",
      tag: "parked",
      summary: "List what is set aside, with its reason",
      query: z.strictObject({ connection: ofConnection, limit: common.limit, cursor: common.cursor }),
      answers: { 200: { description: "A page of parked records.", schema: common.page("ParkedPage", parked) } },
      handle: async ({ query }) => {
        const rows = await runs.parked({
          connectionId: await idOf(query.connection),
          limit: query.limit + 1,
          after: readCursor("parked", query.cursor, isParkedMark),
        });
        return {
          status: 200,
          body: pageOf(rows, {
            listing: "parked",
            limit: query.limit,
            mark: (row) => row.cursor ?? "",
            show: showParked,
          }),
        };
      },
    }),
    route({
      method: "POST",
      url: "/api/parked/retry",
      scope: "runs:write",
      operationId: "retryParked",
      tag: "parked",
      summary: "Try parked ones again",
      description: "All of a connection, of a stream, or one; without a body, all there are.",
      body: named(
        "RetryParked",
        z.strictObject({
          connection: common.asked.optional(),
          stream: common.asked.optional(),
          subject: common.asked.optional(),
        }),
        { examples: [{ connection: "acme" }] },
      ).nullish(),
      answers: {
        202: { description: "How many are tried again.", schema: named("Retried", z.object({ retried: z.int() })) },
      },
      handle: async ({ body }) => {
        const connectionId = await idOf(body?.connection);
        return {
          status: 202,
          body: { retried: await runs.retryParked({ connectionId, stream: body?.stream, subject: body?.subject }) },
        };
      },
    }),
  ];
}

/** What the engine takes as `after`: [stream, side, subject] as JSON. */
function isParkedMark(after: string): boolean {
  const [stream, side, subject] = JSON.parse(after) as unknown[];
  return Number.isSafeInteger(stream) && typeof side === "string" && typeof subject === "string";
}

const showRun = (run: RunView): object => ({
  ...run,
  startedAt: isoTime(run.startedAt),
  endedAt: isoOrNull(run.endedAt),
});
const showParked = (row: ParkedView): object => ({
  ...row,
  cursor: undefined,
  firstAt: isoTime(row.firstAt),
  lastAt: isoTime(row.lastAt),
});
