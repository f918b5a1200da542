// What an alert says, in each channel's own form. Pure.
import { createHmac } from "node:crypto";
import type { JsonObject } from "../base/json.ts";

/** What is told: src/alerts/watch.ts makes it. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly severity: string;
  readonly title: string;
  readonly message: string;
  readonly help: string;
}

const EVENT_WORDS: Readonly<Record<string, string>> = {
  raised: "",
  changed: "worse: ",
  reminded: "still: ",
  resolved: "over: ",
  test: "a test: ",
};

/** One line: "critical: acme: runs keep failing", "over: acme: runs keep failing". */
export function headline({ event, severity, title }: Told): string {
  const word = EVENT_WORDS[event] ?? `${event}: `;
  return event === "resolved" || event === "test" ? `${word}${title}` : `${severity}: ${word}${title}`;
}

/** The body and headers of a webhook, by the Standard Webhooks specification. `id` is the same in each try. */
export function webhookOf(
  told: JsonObject & { readonly event: string },
  of: { readonly id: string; readonly at: number; readonly createdAt: number; readonly secret: string },
): { body: string; headers: Record<string, string> } {
  const { event, ...data } = told;
  const body = JSON.stringify({
    type: `alert.${event}`,
    timestamp: new Date(of.createdAt).toISOString(),
    data,
  });
  const timestamp = String(Math.floor(of.at / 1000));
  return {
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": of.id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature(of.secret, of.id, timestamp, body)}`,
    },
  };
}

export const SECRET_MARK = "whsec_";
const SECRET_LEAST = 24;
const SECRET_MOST = 64;

/** Whether it is one as the specification has them: 24 to 64 bytes in base64, after "whsec_". */
export function isWebhookSecret(secret: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/u.test(secret)) return false;
  const { length } = keyOf(secret);
  return length >= SECRET_LEAST && length <= SECRET_MOST;
}

const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(SECRET_MARK.length), "base64");

export const signature = (secret: string, id: string, timestamp: string, body: string): string =>
  createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64");

const SLACK_HEADER_MAX = 150;
const SLACK_TEXT_MAX = 2_900;

/** The body of a Slack incoming webhook. */
export function slackOf(told: Told): JsonObject {
  const line = headline(told);
  return {
    text: slackText(line, SLACK_TEXT_MAX),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cut(line, SLACK_HEADER_MAX) } },
      { type: "section", text: { type: "mrkdwn", text: slackText(told.message, SLACK_TEXT_MAX) } },
      { type: "context", elements: [{ type: "mrkdwn", text: slackText(footer(told), SLACK_TEXT_MAX) }] },
    ],
  };
}

/** Subject and text of a mail. */
export function mailOf(told: Told): { subject: string; text: string } {
  return {
    subject: cut(`[Winston] ${headline(told)}`.replaceAll(/\s+/gu, " "), 200),
    text: `${headline(told)}\n\n${told.message}\n\n${footer(told)}\n`,
  };
}

const footer = ({ id, event, help }: Told): string =>
  event === "test"
    ? "Nothing is wrong: somebody tried this channel."
    : event === "resolved"
      ? `winston alerts show ${id}`
      : `What to do: ${help}\nSay that you know: winston alerts ack ${id}`;

/** Slack reads these three signs as its own, and has a length for each text. */
const slackText = (text: string, most: number): string =>
  cut(text, most).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Never in the middle of a sign. */
const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/\p{Cs}$/u, "")}…`;
