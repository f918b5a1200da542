import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ALERT_KINDS, helpOf } from "./kinds.ts";
import { headline, isWebhookSecret, mailOf, signature, slackOf, webhookOf, type Told } from "./message.ts";

const told: Told = {
  id: "01890a5d-ac96-774b-bcce-b302099a8057",
  event: "raised",
  severity: "critical",
  title: "acme: runs keep failing",
  message: "lead: <nobody> & co",
  help: "docs/operations/alerts.md#failing",
};

test("every kind has its page of what to do", () => {
  const root = join(import.meta.dirname, "..", "..");
  const anchors = new Set<string>();
  for (const kind of Object.keys(ALERT_KINDS)) {
    const [page, anchor] = helpOf(kind).split("#");
    assert.ok(existsSync(join(root, page!)), page);
    const section = readFileSync(join(root, page!), "utf8").split(`\n## ${anchor}\n`)[1];
    assert.ok(section !== undefined, `${page} has no heading "## ${anchor}"`);
    assert.match(section.split("\n## ")[0]!, /\*\*What to do/u, `${anchor} does not say what to do`);
    anchors.add(anchor!);
  }
  assert.equal(anchors.size, Object.keys(ALERT_KINDS).length);
});

test("a webhook is signed as the Standard Webhooks specification has it", () => {
  // The example of the specification's own libraries.
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  assert.equal(
    signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}'),
    "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
  const { body, headers } = webhookOf(
    { ...told },
    { id: "d1", at: 1_614_265_330_900, createdAt: 1_614_265_000_000, secret },
  );
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`d1.1614265330.${body}`).digest("base64");
  assert.deepEqual(headers, {
    "content-type": "application/json",
    "webhook-id": "d1",
    "webhook-timestamp": "1614265330",
    "webhook-signature": `v1,${expected}`,
  });
  const { event: _, ...data } = told;
  assert.deepEqual(JSON.parse(body), { type: "alert.raised", timestamp: "2021-02-25T14:56:40.000Z", data });
});

test("a secret is of the length that the specification asks for", () => {
  const of = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;
  assert.deepEqual(
    [23, 24, 64, 65].map((bytes) => isWebhookSecret(of(bytes))),
    [false, true, true, false],
  );
  assert.equal(isWebhookSecret(Buffer.alloc(32).toString("base64")), false);
});

test("Slack gets text and blocks, within its lengths, and its own signs as text", () => {
  const { text, blocks } = slackOf({ ...told, title: "x".repeat(4_000) }) as {
    text: string;
    blocks: { type: string; text?: { text: string } }[];
  };
  assert.ok(text.length <= 3_000);
  assert.deepEqual(
    blocks.map((block) => block.type),
    ["header", "section", "context"],
  );
  assert.ok(blocks[0]!.text!.text.length <= 150);
  assert.equal(blocks[1]!.text!.text, "lead: &lt;nobody&gt; &amp; co");
});

test("what happened is in the first line, and a mail's subject is one line", () => {
  assert.equal(headline(told), "critical: acme: runs keep failing");
  assert.equal(headline({ ...told, event: "reminded" }), "critical: still: acme: runs keep failing");
  assert.equal(headline({ ...told, event: "resolved" }), "over: acme: runs keep failing");
  const { subject, text } = mailOf({ ...told, title: "a\r\nBcc: x@example.com" });
  assert.equal(subject, "[Winston] critical: a Bcc: x@example.com");
  assert.match(
    text,
    /What to do: docs\/operations\/alerts\.md#failing\nSay that you know: winston alerts ack 01890a5d/u,
  );
});
