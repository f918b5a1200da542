// One try to tell one channel. It throws where that failed, in a sentence that holds no secret.
import { request, type Dispatcher } from "undici";
import { isError, WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { checkUrl, connectTo, type AddressPolicy } from "../connector/egress.ts";
import type { ChannelRow } from "../store/alert-channel.ts";
import { mailOf, slackOf, webhookOf, type Told } from "./message.ts";
import type { EmailSettings } from "./types.ts";

export interface Message {
  /** The same in each try, so that a receiver knows a repeat. */
  readonly id: string;
  readonly body: JsonObject;
  readonly createdAt: number;
}

export interface SendParts {
  readonly agent: Dispatcher;
  readonly addresses: AddressPolicy;
  readonly clock: { now(): number };
}

/** No try takes longer. */
const ANSWER_MS = 15_000;

export async function send(
  parts: SendParts,
  channel: Pick<ChannelRow, "type" | "settings">,
  secrets: Readonly<Record<string, string>>,
  message: Message,
): Promise<void> {
  const told = message.body as unknown as Told;
  if (channel.type === "email")
    return sendMail(parts, channel.settings as unknown as EmailSettings, secrets, message, told);
  if (channel.type === "slack") {
    const headers = { "content-type": "application/json" };
    return post(parts, secrets["url"]!, headers, JSON.stringify(slackOf(told)));
  }
  const { id, createdAt } = message;
  const { body, headers } = webhookOf(message.body as JsonObject & Told, {
    id,
    createdAt,
    at: parts.clock.now(),
    secret: secrets["secret"]!,
  });
  return post(parts, channel.settings["url"] as string, headers, body);
}

/** Redirects are not followed: whoever answers with one did not take it. */
async function post(parts: SendParts, url: string, headers: Record<string, string>, body: string): Promise<void> {
  const target = new URL(url);
  checkUrl(target, parts.addresses);
  let status: number;
  try {
    const answer = await request(target, {
      dispatcher: parts.agent,
      method: "POST",
      headers: { "user-agent": "winston", ...headers },
      body,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    status = answer.statusCode;
    await answer.body.dump({ limit: 65_536 });
  } catch (error) {
    throw failure(target.host, error);
  }
  if (status < 200 || status > 299)
    throw new WinstonError("vendor.refused", `${target.host} answered with status ${status}, which is not 2xx.`);
}

async function sendMail(
  parts: SendParts,
  settings: EmailSettings,
  secrets: Readonly<Record<string, string>>,
  { id }: Message,
  told: Told,
): Promise<void> {
  const { host, port, security, from, to } = settings;
  try {
    const { createTransport } = await import("nodemailer");
    // Connected here, so that what was checked is what is reached.
    const connection = await connectTo({ host, port }, parts.addresses, ANSWER_MS);
    const user = secrets["user"];
    const transport = createTransport({
      connection,
      host,
      port,
      secure: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      greetingTimeout: ANSWER_MS,
      socketTimeout: ANSWER_MS,
      ...(user === undefined ? {} : { auth: { user, pass: secrets["password"] ?? "" } }),
    });
    try {
      await transport.sendMail({
        from,
        to: [...to],
        ...mailOf(told),
        messageId: `<${id}@alerts.winston>`,
        headers: { "Auto-Submitted": "auto-generated", "X-Winston-Alert": told.id },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    } finally {
      transport.close();
      connection.destroy();
    }
  } catch (error) {
    throw failure(`${host}:${port}`, error);
  }
}

function failure(host: string, error: unknown): WinstonError {
  if (isError(error)) return error;
  if (error instanceof Error && isError(error.cause)) return error.cause;
  const { message, code, response } = error as Error & { code?: string; response?: string };
  const said = response ?? (message || code || "no answer");
  return new WinstonError(
    "vendor.unavailable",
    `${host} did not take it: ${said.replaceAll(/\s+/gu, " ").slice(0, 300)}`,
    {
      cause: error,
    },
  );
}
