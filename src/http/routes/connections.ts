// Connections, and the connectors they are made with.
import { z } from "zod";
import type { JsonObject } from "../../base/json.ts";
import type { ConnectionView } from "../../sync/types.ts";
import { isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";
import { readChoices, type StreamChange } from "./stream-choices.ts";

const MODES = ["observe", "plan", "write"] as const;
export function connectionRoutes(
  options: Pick<HttpOptions, "connections" | "connectors">,
  book: Book,
  common: Common,
  change: StreamChange,
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
      rollout: said(
        z
          .object({
            percent: said(z.int(), "Of a hundred things, those that are written there; always the same ones."),
            records: said(z.int(), "How many are written there whatever the share."),
          })
          .nullable(),
        "Null: everything that is owed is written there.",
      ),
      problem: said(
        z.string().nullable(),
        "Why it does not run, in words a person can act on; null while all is well.",
      ),
      endings: said(
        z.array(
          z.object({
            version: z.string(),
            endsAt: common.time,
            message: said(z.string(), "What ends when, and what to do."),
            near: said(z.boolean(), "Within a month, or over."),
          }),
        ),
        "Versions of the vendor's API that it speaks and that end within half a year, the nearest first.",
      ),
      createdAt: common.time,
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
      staged: said(z.int(), "Writes that wait because the rollout of their connection does not let them go yet."),
    }),
  );
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
            z.record(z.string(), change).optional(),
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
      summary: "Change its mode, pause it, let it go on, or set how much of it is let go",
      description:
        "A pause holds in every process before the next request that would change something is sent; reading goes on, and what is owed waits. What the rollout does not let go waits, too: a larger share only adds things, and `null` lets all go.",
      params: byId,
      body: named(
        "ConnectionChange",
        z.strictObject({
          mode: mode.optional(),
          paused: said(
            z.boolean().optional(),
            "false lets go at once what waited. POST /api/plans with this `connection`, while it is paused, says first what that is; `winston resume` does both, and asks in between.",
          ),
          rollout: z
            .strictObject({
              percent: z.int().min(0).max(100),
              records: said(
                z.array(z.uuid()).max(10_000).optional(),
                "Ids of things in Winston, in place of those before; absent: as they were.",
              ),
            })
            .nullable()
            .optional(),
        }),
        { examples: [{ paused: true }, { rollout: { percent: 10 } }] },
      ),
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
      description:
        "Its credentials and streams go, with what was owed to it; lines of plans at it are skipped. The records stay, here and at the vendor, and are known again when the same account is connected again.",
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

const showConnection = (one: ConnectionView): object => ({
  ...one,
  endings: one.endings.map((ending) => ({ ...ending, endsAt: isoTime(ending.endsAt) })),
  createdAt: isoTime(one.createdAt),
});
