// Alerts as the surfaces see them, and the channels they are told through.
import { WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { checkUrl } from "../connector/egress.ts";
import { acknowledgeAlert, listAlerts, type AlertRow } from "../store/alert.ts";
import {
  deleteChannel,
  insertChannel,
  listDeliveries,
  noteChannel,
  readChannels,
  type ChannelRow,
} from "../store/alert-channel.ts";
import { readConnections } from "../store/connection.ts";
import type { ChannelSecrets } from "../vault/channels.ts";
import { createDelivery, tried } from "./deliver.ts";
import { helpOf } from "./kinds.ts";
import { isWebhookSecret, SECRET_MARK } from "./message.ts";
import { send, type SendParts } from "./send.ts";
import type { Alerts, AlertView, ChannelInput, ChannelView, EmailSettings } from "./types.ts";
import { watch, type WatchParts } from "./watch.ts";

export interface AlertParts extends WatchParts, SendParts {
  readonly secrets: ChannelSecrets;
  /** Must be cryptographically strong. */
  readonly random: Random;
  readonly log: Log;
}

export interface AlertEngine extends Alerts {
  /** Looks once, and begins to tell what there is to tell. Never throws: what cannot be looked at now is, a minute later. */
  tick(): Promise<void>;
  /** Nothing is being told any more. */
  settled(): Promise<void>;
}

const STATES = ["open", "acknowledged", "resolved"] as const;

export function createAlerts(parts: AlertParts): AlertEngine {
  const { database, clock, newId, secrets, log } = parts;
  const delivery = createDelivery(parts);

  const views = async (rows: readonly AlertRow[]): Promise<AlertView[]> => {
    const names = new Map((await readConnections(database, null)).map((row) => [row.id, row.name]));
    return rows.map((row) => alertView(row, names.get(row.connectionId ?? "") ?? null));
  };

  const get = async (id: string): Promise<AlertView> => {
    const [row] = await listAlerts(database, { states: STATES, id, after: null, limit: 1 });
    if (!row) throw new WinstonError("not.found", `There is no alert ${id}; \`winston alerts list --all\` shows them.`);
    const [view] = await views([row]);
    const deliveries = (await listDeliveries(database, id)).map((one) => ({
      id: one.id,
      channel: one.channel,
      event: one.event,
      state: one.state,
      tries: one.tries,
      problem: one.problem,
      createdAt: one.createdAt,
      endedAt: one.endedAt,
    }));
    return { ...view!, deliveries };
  };

  const channelNamed = async (idOrName: string): Promise<ChannelRow> => {
    const [row] = await readChannels(database, idOrName);
    if (!row)
      throw new WinstonError(
        "not.found",
        `There is no alert channel ${JSON.stringify(idOrName)}; \`winston alerts channels list\` shows them.`,
      );
    return row;
  };

  return {
    tick: async () => {
      try {
        await watch(parts, clock.now());
      } catch (thrown) {
        log.warn({ error: String(thrown) }, "alerts were not looked at; they are within a minute");
      }
      delivery.begin();
    },
    settled: () => delivery.settled(),
    list: async ({ states, limit, after }) =>
      views(await listAlerts(database, { states, id: null, after: after ?? null, limit })),
    get,
    acknowledge: async (id, by) => {
      await acknowledgeAlert(database, id, by, clock.now());
      return get(id);
    },
    channels: {
      list: async () => (await readChannels(database, null)).map(channelView),
      add: async (input) => {
        const { settings, hidden, shown } = laidOut(input, parts);
        const id = newId();
        const row = { id, name: input.name, type: input.type, settings, ...secrets.seal(id, hidden), at: clock.now() };
        if (!(await insertChannel(database, row)))
          throw new WinstonError(
            "request.conflict",
            `There is an alert channel ${JSON.stringify(input.name)} already. Choose another name, or remove it first.`,
          );
        return { channel: channelView(await channelNamed(id)), secret: shown };
      },
      remove: async (idOrName) => {
        const row = await channelNamed(idOrName);
        await deleteChannel(database, row.id);
        return channelView(row);
      },
      test: async (idOrName) => {
        const row = await channelNamed(idOrName);
        const body = {
          id: newId(),
          event: "test",
          kind: "test",
          state: "resolved",
          severity: "warning",
          title: `Winston can be heard through ${row.name}`,
          message: "This is what an alert looks like here.",
          connection: null,
          streams: [],
          raisedAt: null,
          resolvedAt: null,
          help: "docs/operations/alerts.md",
        };
        const problem = await tried(() =>
          send(parts, row, secrets.open(row.id, row.sealed), { id: body.id, body, createdAt: clock.now() }),
        );
        await noteChannel(database, row.id, { problem, at: clock.now() });
        return { sent: problem === null, problem };
      },
    },
  };
}

/** What of a channel is stored, what of it is sealed, and what is shown once. Throws request.invalid, address.forbidden. */
function laidOut(
  input: ChannelInput,
  { addresses, random }: Pick<AlertParts, "addresses" | "random">,
): { settings: JsonObject; hidden: Record<string, string>; shown: string | null } {
  if (input.type === "email") {
    const { host, port, security, from, to, user, password } = input;
    if (user === undefined && password !== undefined)
      throw invalid("/user", "A password needs a user beside it.", "is missing beside the password");
    if (user !== undefined && security === "none")
      throw invalid(
        "/security",
        "A password is not sent in the clear: use tls or starttls.",
        "is none, with a password",
      );
    const hidden = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
    return { settings: { host, port, security, from, to: [...to] }, hidden, shown: null };
  }
  checkUrl(new URL(input.url), addresses);
  // The address of a Slack webhook is its secret.
  if (input.type === "slack")
    return { settings: { host: new URL(input.url).host }, hidden: { url: input.url }, shown: null };
  if (input.secret !== undefined && !isWebhookSecret(input.secret))
    throw invalid("/secret", `A secret is "${SECRET_MARK}" and 24 to 64 bytes in base64.`, "is not one of a webhook");
  const secret = input.secret ?? `${SECRET_MARK}${Buffer.from(random.bytes(new Uint8Array(32))).toString("base64")}`;
  return { settings: { url: input.url }, hidden: { secret }, shown: input.secret === undefined ? secret : null };
}

const invalid = (pointer: string, sentence: string, message: string): WinstonError =>
  new WinstonError("request.invalid", sentence, { problems: [{ pointer, code: "request.invalid", message }] });

function alertView(row: AlertRow, connection: string | null): AlertView {
  const { id, kind, severity, title, message, acknowledgedAt, acknowledgedBy, resolvedAt, toldAt, clearSince } = row;
  const state = row.state === "resolved" ? "resolved" : acknowledgedAt === null ? "open" : "acknowledged";
  return {
    id,
    kind,
    state,
    severity,
    title,
    message,
    connection,
    streams: row.scope,
    raisedAt: row.raisedAt ?? row.seenAt,
    toldAt,
    clearSince: row.state === "open" ? clearSince : null,
    acknowledgedAt,
    acknowledgedBy,
    resolvedAt,
    help: helpOf(kind),
  };
}

function channelView(row: ChannelRow): ChannelView {
  const { id, name, type, createdAt, sentAt, problem } = row;
  const settings = row.settings as unknown as EmailSettings & { url: string };
  const { host, port, to, url } = settings;
  const target =
    type === "webhook" ? withoutQuery(url) : type === "slack" ? host : `${to.join(", ")} by ${host}:${port}`;
  return { id, name, type, target, createdAt, sentAt, problem };
}

/** What stands behind a ? may be a secret. */
function withoutQuery(url: string): string {
  const address = new URL(url);
  return `${address.origin}${address.pathname}${address.search === "" ? "" : "?…"}`;
}
