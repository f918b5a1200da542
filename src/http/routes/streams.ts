// Streams: how each is, what is chosen of it, and its mapping.
import { z } from "zod";
import type { JsonObject } from "../../base/json.ts";
import { HEALTH_STATES } from "../../sync/health.ts";
import type { StreamView } from "../../sync/types.ts";
import { isoOrNull } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";
import {
  APPROVALS,
  APPROVAL_SAID,
  DELETES,
  DELETES_SAID,
  readChoices,
  SINCE_SAID,
  STRATEGIES,
  STRATEGY_SAID,
  type StreamChange,
} from "./stream-choices.ts";

export function streamRoutes(
  { connections }: Pick<HttpOptions, "connections">,
  book: Book,
  common: Common,
  change: StreamChange,
): Route[] {
  const { named, said } = book;
  const json = z.record(z.string(), z.unknown());
  const stream = named(
    "Stream",
    z.object({
      id: z.int(),
      connectionId: z.uuid(),
      key: z.string(),
      kind: z.string(),
      stage: z.string().nullable(),
      direction: z.enum(["both", "in", "out"]),
      strategy: said(z.enum(STRATEGIES), STRATEGY_SAID),
      everyMs: said(z.number(), "The interval, or the longest that its cron expression leaves between two times."),
      cron: z.string().nullable(),
      zone: z.string().nullable(),
      critical: said(z.string().nullable(), "Of a hybrid stream: the condition on ours whose writes go at once."),
      approval: said(z.enum(APPROVALS), APPROVAL_SAID),
      deletes: said(z.enum(DELETES), DELETES_SAID),
      backfillSince: said(common.timeOrNull, SINCE_SAID),
      enabled: z.boolean(),
      mappingVersion: z.int(),
      filter: said(
        z.object({ in: z.string().nullable(), out: z.string().nullable() }),
        "Which records are synced: `in` is a condition on the record there, `out` one on ours before it is written. Null: all.",
      ),
      state: said(
        z.enum(HEALTH_STATES),
        "How it is, in a word, computed from proof of flow. ok: what should flow flowed lately; held: somebody paused or observes it and writes wait; waiting: the vendor's allowance is spent; late: older than its target; silent: nobody works on it; failing: its last finished run failed; stopped: its connection does not run.",
      ),
      health: said(z.string(), "The same in words.", "in step, read 10 s ago"),
      lag: said(
        z.object({ pullMs: z.number().nullable(), writeMs: z.number().nullable(), targetMs: z.number() }),
        "Age of its last completed reading and of its oldest owed write, and how old they may get.",
      ),
      lanes: z.array(
        z.object({ lane: z.string(), watermark: common.timeOrNull, ranAt: common.timeOrNull, owed: z.boolean() }),
      ),
      counts: z.object({
        linked: z.int(),
        parked: z.int(),
        waiting: z.int(),
        held: said(z.int(), "New records that wait until a person decides about a suspected duplicate."),
        staged: said(z.int(), "Writes that wait because the rollout of the connection does not let them go yet."),
        outside: said(
          z.int(),
          "Records that the filter leaves out: linked ones, and others that have a key to be known by, so that they are not made there twice.",
        ),
      }),
    }),
  );
  const mappingInput = named("MappingDocument", z.looseObject({ kind: z.string(), rows: z.array(json) }), {
    description: "See docs/reference/mappings.md.",
    examples: [
      {
        kind: "person",
        stage: "lead",
        rows: [{ field: "email", record: "Email", direction: "both", transform: "email" }],
      },
    ],
  });
  const streamId = z.object({ id: z.coerce.number().int().positive() });

  return [
    route({
      method: "GET",
      url: "/api/streams",
      scope: "connections:read",
      operationId: "listStreams",
      tag: "streams",
      summary: "List streams, their health and what waits",
      query: z.strictObject({
        connection: said(common.asked.optional(), "Only those of this connection, by id or name."),
      }),
      answers: { 200: { description: "The streams.", schema: common.all("StreamList", stream) } },
      handle: async ({ query }) => {
        const id = query.connection === undefined ? undefined : (await connections.get(query.connection)).id;
        return { status: 200, body: { data: (await connections.streams(id)).map(showStream) } };
      },
    }),
    route({
      method: "PATCH",
      url: "/api/streams/:id",
      scope: "connections:write",
      operationId: "updateStream",
      tag: "streams",
      summary: "Change how a stream is kept in step",
      description:
        "What is given is changed, all of it or nothing. A changed filter reads everything once more; what it leaves out is neither deleted nor blanked anywhere.",
      params: streamId,
      body: change,
      answers: { 200: { description: "The stream as it is now.", schema: stream } },
      handle: async ({ params, body, caller }) => {
        await connections.updateStream(params.id, readChoices(body), `key:${caller.name}`);
        const found = (await connections.streams()).find((one) => one.id === params.id)!;
        return { status: 200, body: showStream(found) };
      },
    }),
    route({
      method: "GET",
      url: "/api/streams/:id/mapping",
      scope: "connections:read",
      operationId: "getMapping",
      tag: "streams",
      summary: "The mapping in force",
      params: streamId,
      answers: {
        200: {
          description: "The document, its version, and what cannot be written and why.",
          schema: named("Mapping", z.object({ version: z.int(), document: json, notes: z.array(z.string()) })),
        },
      },
      handle: async ({ params }) => ({ status: 200, body: await connections.mapping(params.id) }),
    }),
    route({
      method: "POST",
      url: "/api/streams/:id/mapping/check",
      scope: "connections:read",
      operationId: "checkMapping",
      tag: "streams",
      summary: "Whether a mapping may be put in force",
      description: "Nothing is stored. A row that loses something both ways is named with the value that shows it.",
      params: streamId,
      body: z.record(z.string(), z.unknown(), { error: "must be a mapping document: a JSON object" }),
      bodyDoc: mappingInput,
      answers: {
        200: {
          description: "What was found.",
          schema: named(
            "MappingCheck",
            z.object({
              usable: z.boolean(),
              document: said(json.nullable(), "As it would be in force."),
              notes: said(z.array(z.string()), "What it does that its author may not expect."),
              problems: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })),
              offer: said(
                json.nullable(),
                "The same with the rows that lose something set to one way, where that is all that is wrong.",
              ),
            }),
          ),
        },
      },
      handle: async ({ params, body }) => ({
        status: 200,
        body: await connections.checkMapping(params.id, body as JsonObject),
      }),
    }),
    route({
      method: "PUT",
      url: "/api/streams/:id/mapping",
      scope: "connections:write",
      operationId: "putMapping",
      tag: "streams",
      summary: "Put a new version of the mapping in force",
      params: streamId,
      body: z.record(z.string(), z.unknown(), { error: "must be a mapping document: a JSON object" }),
      bodyDoc: mappingInput,
      answers: {
        200: {
          description: "The new version.",
          schema: named("MappingPut", z.object({ version: z.int(), notes: z.array(z.string()) })),
        },
      },
      handle: async ({ params, body, caller }) => ({
        status: 200,
        body: await connections.putMapping(params.id, body as JsonObject, `key:${caller.name}`),
      }),
    }),
  ];
}

const showStream = (one: StreamView): object => ({
  ...one,
  backfillSince: isoOrNull(one.backfillSince),
  lanes: one.lanes.map((lane) => ({ ...lane, watermark: isoOrNull(lane.watermark), ranAt: isoOrNull(lane.ranAt) })),
});
