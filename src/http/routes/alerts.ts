// Alerts, who knows of them, and the channels they are told through.
import { z } from "zod";
import { WinstonError } from "../../base/errors.ts";
import type { AlertView, ChannelView } from "../../alerts/types.ts";
import { ALERT_KINDS, type AlertKind } from "../../alerts/kinds.ts";
import { pageOf, readCursor } from "../cursor.ts";
import { isWinstonId } from "../input.ts";
import { isoOrNull, isoTime } from "../output.ts";
import type { HttpOptions } from "../ports.ts";
import { route } from "../route.ts";
import type { Route } from "../route.ts";
import type { Book, Common } from "../schemas.ts";

const STATES = ["open", "acknowledged", "resolved"] as const;

export function alertRoutes({ alerts }: Pick<HttpOptions, "alerts">, book: Book, common: Common): Route[] {
  const { named, said } = book;
  const delivery = z.object({
    id: said(z.uuid(), "Also the webhook-id of a webhook: the same in each try."),
    channel: z.string(),
    event: said(z.string(), "raised, changed (it got worse), reminded (it lasts) or resolved."),
    state: z.enum(["due", "sent", "given_up"]),
    tries: z.int(),
    problem: z.string().nullable(),
    createdAt: common.time,
    endedAt: common.timeOrNull,
  });
  const alert = named(
    "Alert",
    z.object({
      id: z.uuid(),
      kind: said(z.string(), `${Object.keys(ALERT_KINDS).join(", ")}.`, "failing" satisfies AlertKind),
      state: said(z.enum(STATES), "open: nobody acknowledged it yet. resolved: its cause is gone."),
      severity: z.enum(["warning", "critical"]),
      title: z.string(),
      message: z.string(),
      connection: z.string().nullable(),
      streams: said(z.array(z.string()), "What of the connection it is about; none where it is about all of it."),
      raisedAt: common.time,
      toldAt: common.timeOrNull,
      clearSince: said(common.timeOrNull, "Since when its cause is gone, while it may still come back."),
      acknowledgedAt: common.timeOrNull,
      acknowledgedBy: z.string().nullable(),
      resolvedAt: common.timeOrNull,
      help: said(z.string(), "The page of what to do.", "docs/operations/alerts.md#failing"),
      deliveries: said(
        z.array(delivery).optional(),
        "What was told of it, and where; only when one alert is asked for.",
      ),
    }),
  );
  const channel = named(
    "AlertChannel",
    z.object({
      id: z.uuid(),
      name: z.string(),
      type: z.enum(["webhook", "slack", "email"]),
      target: said(z.string(), "Where it leads, without what is secret."),
      createdAt: common.time,
      sentAt: common.timeOrNull,
      problem: said(z.string().nullable(), "Why the last try failed; null while all is well."),
    }),
  );
  const name = said(z.string().min(1).max(100), "What it is called.", "on-call");
  const url = z.url({ protocol: /^https?$/u, error: "must be a web address" }).max(2_048);
  const mailbox = z
    .string()
    .min(3)
    .max(320)
    .regex(/^[^\r\n]*@[^\r\n]*$/u, "must be an address");
  const channelInput = z.discriminatedUnion("type", [
    z.strictObject({
      name,
      type: z.literal("webhook"),
      url,
      secret: said(
        z.string().optional(),
        'With which its receiver checks what it gets: "whsec_" and base64. Made and shown once when absent.',
      ),
    }),
    z.strictObject({
      name,
      type: z.literal("slack"),
      url: said(url, "The address of the incoming webhook. It is kept sealed."),
    }),
    z.strictObject({
      name,
      type: z.literal("email"),
      host: z
        .string()
        .min(1)
        .max(253)
        .regex(/^[\w.:-]+$/u, "must be a bare name or address"),
      port: z.int().min(1).max(65_535).default(587),
      security: said(
        z.enum(["tls", "starttls", "none"]).default("starttls"),
        "tls: from the first byte. starttls: the server must offer it. none: in the clear, for a relay in the house.",
      ),
      from: mailbox,
      to: z.array(mailbox).min(1).max(50),
      user: z.string().max(1_024).optional(),
      password: z.string().max(1_024).optional(),
    }),
  ]);
  const byId = z.object({ id: common.asked });

  return [
    route({
      method: "GET",
      url: "/api/alerts",
      scope: "runs:read",
      operationId: "listAlerts",
      tag: "alerts",
      summary: "List alerts, newest first",
      query: z.strictObject({
        state: said(
          z.enum([...STATES, "all"]).optional(),
          "Those that are not over (open and acknowledged) when absent.",
        ),
        limit: common.limit,
        cursor: common.cursor,
      }),
      answers: { 200: { description: "A page of alerts.", schema: common.page("AlertPage", alert) } },
      handle: async ({ query: { state, limit, cursor } }) => {
        const states = state === undefined ? (["open", "acknowledged"] as const) : state === "all" ? STATES : [state];
        const rows = await alerts.list({ states, limit: limit + 1, after: readCursor("alerts", cursor) });
        return {
          status: 200,
          body: pageOf(rows, { listing: "alerts", limit, mark: (row) => row.id, show: showAlert }),
        };
      },
    }),
    route({
      method: "GET",
      url: "/api/alerts/:id",
      scope: "runs:read",
      operationId: "getAlert",
      tag: "alerts",
      summary: "One alert, with what was told of it",
      params: byId,
      answers: { 200: { description: "The alert.", schema: alert } },
      handle: async ({ params: { id } }) => ({ status: 200, body: showAlert(await alerts.get(known(id))) }),
    }),
    route({
      method: "POST",
      url: "/api/alerts/:id/ack",
      scope: "runs:write",
      operationId: "acknowledgeAlert",
      tag: "alerts",
      summary: "Say that somebody knows of it",
      description:
        "It is not told again for a day, unless it gets worse; when its cause ends it is over by itself. Who said so first stands, and one that is over stays as it is.",
      params: byId,
      answers: { 200: { description: "The alert as it is now.", schema: alert } },
      handle: async ({ params: { id }, caller }) => ({
        status: 200,
        body: showAlert(await alerts.acknowledge(known(id), `key:${caller.name}`)),
      }),
    }),
    route({
      method: "GET",
      url: "/api/alert-channels",
      scope: "connections:read",
      operationId: "listAlertChannels",
      tag: "alerts",
      summary: "List the channels alerts are told through",
      answers: { 200: { description: "All of them.", schema: common.all("AlertChannelList", channel) } },
      handle: async () => ({ status: 200, body: { data: (await alerts.channels.list()).map(showChannel) } }),
    }),
    route({
      method: "POST",
      url: "/api/alert-channels",
      scope: "connections:write",
      operationId: "createAlertChannel",
      tag: "alerts",
      summary: "Add a channel: a webhook, Slack or mail",
      description:
        "Secrets are sealed and never shown again. An address in the house is refused unless WINSTON_ALLOW_ADDRESSES lists it. Try it with POST /api/alert-channels/{id}/test.",
      keepsAnswer: false,
      body: named("AlertChannelInput", channelInput, {
        examples: [
          { name: "on-call", type: "webhook", url: "https://example.com/hooks/winston" },
          {
            name: "sales-ops",
            type: "email",
            host: "smtp.example.com",
            from: "winston@example.com",
            to: ["ops@example.com"],
          },
        ],
      }),
      answers: {
        201: {
          description: "The channel; and the secret of a webhook where Winston made it.",
          schema: named(
            "NewAlertChannel",
            z.object({ channel, secret: said(z.string().nullable(), "Shown here and nowhere else.") }),
          ),
        },
      },
      handle: async ({ body }) => {
        const made = await alerts.channels.add(body);
        return { status: 201, body: { channel: showChannel(made.channel), secret: made.secret } };
      },
    }),
    route({
      method: "POST",
      url: "/api/alert-channels/:id/test",
      scope: "connections:write",
      operationId: "testAlertChannel",
      tag: "alerts",
      summary: "Send a word that is marked as a test, now",
      params: byId,
      answers: {
        200: {
          description: "Whether it was taken, and else why not.",
          schema: named("AlertChannelTest", z.object({ sent: z.boolean(), problem: z.string().nullable() })),
        },
      },
      handle: async ({ params: { id } }) => ({ status: 200, body: await alerts.channels.test(id) }),
    }),
    route({
      method: "DELETE",
      url: "/api/alert-channels/:id",
      scope: "connections:write",
      operationId: "deleteAlertChannel",
      tag: "alerts",
      summary: "Remove a channel",
      description: "What was still to be told there is forgotten.",
      params: byId,
      answers: { 204: { description: "It is removed." } },
      handle: async ({ params: { id } }) => {
        await alerts.channels.remove(id);
        return { status: 204 };
      },
    }),
  ];
}

/** Throws not.found for what cannot be the id of one. */
function known(id: string): string {
  if (isWinstonId(id)) return id;
  throw new WinstonError(
    "not.found",
    `There is no alert ${JSON.stringify(id)}; \`winston alerts list\` (GET /api/alerts) shows them.`,
  );
}

const showAlert = ({ deliveries, ...row }: AlertView): object => ({
  ...row,
  raisedAt: isoTime(row.raisedAt),
  toldAt: isoOrNull(row.toldAt),
  clearSince: isoOrNull(row.clearSince),
  acknowledgedAt: isoOrNull(row.acknowledgedAt),
  resolvedAt: isoOrNull(row.resolvedAt),
  ...(deliveries === undefined
    ? {}
    : {
        deliveries: deliveries.map((one) => ({
          ...one,
          createdAt: isoTime(one.createdAt),
          endedAt: isoOrNull(one.endedAt),
        })),
      }),
});

const showChannel = (row: ChannelView): object => ({
  ...row,
  createdAt: isoTime(row.createdAt),
  sentAt: isoOrNull(row.sentAt),
});
