// Connections, their streams and mappings, and the connectors they are made with.
import { z } from "zod";
import type { JsonObject } from "../../base/json.ts";
import { HEALTH_STATES } from "../../sync/health.ts";
import type { StreamView } from "../../sync/types.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

const MODES = ["observe", "plan", "write"] as const;
const STRATEGIES = ["realtime", "batch", "hybrid"] as const;
const APPROVALS = ["auto", "plan"] as const;
const DELETES = ["both", "in", "out", "none"] as const;
const STRATEGY_SAID =
  "realtime: writes at once. batch: writes with its schedule. hybrid: what is critical at once, the rest with the schedule.";
const APPROVAL_SAID =
  "auto: writes go by themselves. plan: nothing is written but what a plan says that somebody applied.";
const DELETES_SAID = "Which deletions travel: those here to the vendor (out), those there to Winston (in).";
const SINCE_SAID = "Records that changed last before this are not brought in, unless they are known already.";

export function connectionRoutes(
  options: Pick<HttpOptions, "connections" | "connectors">,
  book: Book,
  common: Common,
): Route[] {
  const { connections, connectors } = options;
  const { named, said } = book;
  const tag = "connections";
  const byId = z.object({ id: said(common.asked, "The connection's id or its name.", "acme") });
  const mode = said(z.enum(MODES), "observe: reads, never writes; plan: writes only approved plans; write: writes.");
  const json = z.record(z.string(), z.unknown());

  const connection = named(
    "Connection",
    z.object({
      id: z.uuid(),
      vendor: z.string(),
      name: z.string(),
      organisationId: z.string().nullable(),
      organisationLabel: z.string().nullable(),
      environment: z.string().nullable(),
      mode,
      paused: z.boolean(),
      problem: said(
        z.string().nullable(),
        "Why it does not run, in words a person can act on; null while all is well.",
      ),
      createdAt: common.time,
    }),
  );
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
      }),
    }),
  );
  const quiet = named(
    "Quiet",
    z.object({
      quiet: said(z.boolean(), "Nothing is owed: no wake, no run, no first load, no intent that may go now."),
      running: z.int(),
      owed: z.int(),
      intents: z.int(),
      parked: z.int(),
      held: said(z.int(), "New records that wait until a person decides about a suspected duplicate."),
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
  const condition = said(
    z.string().min(1).max(4_000),
    "In Common Expression Language, over the fields of the stream's kind.",
    'source == "Web" && !doNotCall',
  );
  const interval = z
    .int()
    .min(60_000)
    .max(31 * 86_400_000);
  const choices = z.strictObject({
    enabled: z.boolean().optional(),
    direction: z.enum(["both", "in", "out"]).optional(),
    filter: said(
      z.strictObject({ in: condition.nullish(), out: condition.nullish() }).optional(),
      "Which records are synced. Null takes a condition away.",
    ),
    strategy: said(z.enum(STRATEGIES).optional(), STRATEGY_SAID),
    critical: said(condition.nullish(), "Of a hybrid stream: the condition on ours whose writes go at once."),
    schedule: said(
      z
        .union([
          z.strictObject({ everyMs: interval }),
          z.strictObject({ cron: z.string().min(1).max(200), zone: z.string().min(1).max(100).optional() }),
        ])
        .optional(),
      "When it reads, and writes what does not go at once: an interval, or five-part cron with a zone (UTC where none is given).",
    ),
    approval: said(z.enum(APPROVALS).optional(), APPROVAL_SAID),
    deletes: said(z.enum(DELETES).optional(), DELETES_SAID),
    backfillSince: said(z.iso.datetime({ offset: true }).nullish(), SINCE_SAID),
    lagTargetMs: said(
      interval.nullish(),
      "How old its last reading and its oldest owed write may get, in milliseconds; null for three of its intervals, and at least 15 minutes.",
    ),
  });
  const streamId = z.object({ id: z.coerce.number().int().positive() });

  return [
    route({
      method: "GET",
      url: "/api/connections",
      scope: "connections:read",
      operationId: "listConnections",
      tag,
      summary: "List connections",
      answers: { 200: { description: "All of them.", schema: common.all("ConnectionList", connection) } },
      handle: async () => ({ status: 200, body: { data: (await connections.list()).map(showConnection) } }),
    }),
    route({
      method: "POST",
      url: "/api/connections",
      scope: "connections:write",
      operationId: "createConnection",
      tag,
      summary: "Connect an account at a vendor",
      description:
        "Checks the credentials, seals them, identifies the account, and lays out its streams. A connection of that name is given the new secrets instead.",
      body: named(
        "ConnectionInput",
        z.strictObject({
          vendor: said(z.string().min(1), "The connector's key: see GET /api/connectors."),
          name: z.string().min(1).max(100).optional(),
          settings: json.default({}),
          secrets: said(
            z.record(z.string(), z.string()).default({}),
            "What the connector asks for: see GET /api/connectors.",
          ),
          mode: mode.default("observe"),
          streams: said(
            z.record(z.string(), choices).optional(),
            "What is chosen of streams before their first load, by key: as in PATCH /api/streams/{id}.",
          ),
        }),
        { examples: [{ vendor: "tern", name: "acme", settings: {}, secrets: { apiKey: "..." }, mode: "observe" }] },
      ),
      answers: { 201: { description: "The connection.", schema: connection } },
      handle: async ({ body }) => {
        const made = await connections.connect({
          ...body,
          name: body.name ?? body.vendor,
          settings: body.settings as JsonObject,
          streams:
            body.streams &&
            Object.fromEntries(Object.entries(body.streams).map(([key, change]) => [key, readChoices(change)])),
        });
        return { status: 201, body: showConnection(made), headers: { location: `/api/connections/${made.id}` } };
      },
    }),
    route({
      method: "GET",
      url: "/api/connections/:id",
      scope: "connections:read",
      operationId: "getConnection",
      tag,
      summary: "Get one connection",
      params: byId,
      answers: { 200: { description: "The connection.", schema: connection } },
      handle: async ({ params }) => ({ status: 200, body: showConnection(await connections.get(params.id)) }),
    }),
    route({
      method: "PATCH",
      url: "/api/connections/:id",
      scope: "connections:write",
      operationId: "updateConnection",
      tag,
      summary: "Change its mode, pause it or let it go on",
      params: byId,
      body: named("ConnectionChange", z.strictObject({ mode: mode.optional(), paused: z.boolean().optional() }), {
        examples: [{ paused: true }],
      }),
      answers: { 200: { description: "The connection as it is now.", schema: connection } },
      handle: async ({ params, body }) => {
        const { id } = await connections.get(params.id);
        return { status: 200, body: showConnection(await connections.update(id, body)) };
      },
    }),
    route({
      method: "DELETE",
      url: "/api/connections/:id",
      scope: "connections:write",
      operationId: "deleteConnection",
      tag,
      summary: "Remove a connection",
      description: "Its credentials and streams go; the records stay, here and at the vendor.",
      params: byId,
      answers: { 204: { description: "It is removed." } },
      handle: async ({ params }) => {
        await connections.remove((await connections.get(params.id)).id);
        return { status: 204 };
      },
    }),
    route({
      method: "POST",
      url: "/api/connections/:id/sync",
      scope: "connections:write",
      operationId: "syncConnection",
      tag,
      summary: "Sync now",
      params: byId,
      body: z
        .strictObject({
          stream: said(z.string().min(1).optional(), "Only this stream, by its key."),
          full: said(z.boolean().optional(), "Read everything again, not only what changed."),
        })
        .nullish(),
      answers: {
        202: {
          description: "It was woken; runs that started at or after `since` are its work.",
          schema: named("SyncStarted", z.object({ since: common.time })),
        },
      },
      handle: async ({ params, body, caller }) => {
        const { id } = await connections.get(params.id);
        const { since } = await connections.sync(id, { ...body, trigger: `key:${caller.name}` });
        return { status: 202, body: { since: isoTime(since) } };
      },
    }),
    route({
      method: "GET",
      url: "/api/connections/:id/quiet",
      scope: "connections:read",
      operationId: "getConnectionQuiet",
      tag,
      summary: "Whether a connection has work left",
      params: byId,
      answers: { 200: { description: "What is left.", schema: quiet } },
      handle: async ({ params }) => ({
        status: 200,
        body: await connections.quiet((await connections.get(params.id)).id),
      }),
    }),
    route({
      method: "GET",
      url: "/api/quiet",
      scope: "connections:read",
      operationId: "getQuiet",
      tag,
      summary: "Whether Winston has work left at all",
      answers: { 200: { description: "What is left.", schema: quiet } },
      handle: async () => ({ status: 200, body: await connections.quiet() }),
    }),
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
      body: named("StreamChange", choices, {
        examples: [
          { filter: { in: 'source == "Web"' } },
          {
            strategy: "hybrid",
            critical: "amount.amount > 10000",
            schedule: { cron: "0 7 * * 1-5", zone: "Europe/Berlin" },
          },
        ],
      }),
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
    route({
      method: "GET",
      url: "/api/connectors",
      scope: "connections:read",
      operationId: "listConnectors",
      tag,
      summary: "List the connectors and what each asks for",
      answers: {
        200: {
          description: "The connectors.",
          schema: common.all(
            "ConnectorList",
            named(
              "Connector",
              z.object({
                key: z.string(),
                title: z.string(),
                docs: z.string(),
                badge: said(
                  z.enum(["drafted", "simulated", "verified"]),
                  "What was shown, never more: from documentation, against our simulator, on a real account.",
                ),
                secrets: z.array(z.object({ key: z.string(), title: z.string(), optional: z.boolean() })),
                settings: said(json, "JSON Schema of the settings."),
                streams: z.array(
                  z.object({ key: z.string(), title: z.string(), kind: z.string(), stage: z.string().nullable() }),
                ),
              }),
            ),
          ),
        },
      },
      handle: async () => ({
        status: 200,
        body: {
          data: connectors.map((connector) => ({
            key: connector.key,
            title: connector.title,
            docs: connector.docs,
            badge: connector.badge,
            secrets: connector.auth.secrets.map(({ key, title, optional = false }) => ({ key, title, optional })),
            settings: z.toJSONSchema(connector.settings, { io: "input", unrepresentable: "any" }),
            streams: Object.entries(connector.streams).map(([key, { title, kind, stage = null }]) => ({
              key,
              title,
              kind,
              stage,
            })),
          })),
        },
      }),
    }),
  ];
}

/** Times as milliseconds. */
const readChoices = <Change extends { readonly backfillSince?: string | null | undefined }>({
  backfillSince,
  ...change
}: Change): Omit<Change, "backfillSince"> & { backfillSince?: number | null } => ({
  ...change,
  ...(backfillSince === undefined ? {} : { backfillSince: backfillSince === null ? null : Date.parse(backfillSince) }),
});

const showStream = (one: StreamView): object => ({
  ...one,
  backfillSince: isoOrNull(one.backfillSince),
  lanes: one.lanes.map((lane) => ({ ...lane, watermark: isoOrNull(lane.watermark), ranAt: isoOrNull(lane.ranAt) })),
});

const showConnection = (one: { readonly createdAt: number }): object => ({ ...one, createdAt: isoTime(one.createdAt) });
