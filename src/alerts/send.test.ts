import assert from "node:assert/strict";
import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { test } from "node:test";
import { isError } from "../base/errors.ts";
import { createAgent, publicAddresses, type AddressPolicy } from "../connector/egress.ts";
import { send, type Message } from "./send.ts";
import type { EmailSettings } from "./types.ts";

const clock = { now: () => Date.UTC(2026, 0, 5, 9) };
const house: AddressPolicy = { simulator: false, listed: ["127.0.0.1"], plain: true };

const message: Message = {
  id: "01890a5d-ac96-774b-bcce-b302099a8057",
  createdAt: clock.now(),
  body: {
    id: "01890a5d-ac96-774b-bcce-000000000001",
    event: "raised",
    severity: "critical",
    title: "Łódź: runs keep failing",
    message: "lead: no answer\n.\nmore",
    help: "docs/operations/alerts.md#failing",
  },
};

/** `send` under a policy, with an agent of its own. */
async function sendUnder(addresses: AddressPolicy, ...rest: [Parameters<typeof send>[1], Parameters<typeof send>[2]]) {
  const agent = createAgent(addresses);
  try {
    await send({ agent, addresses, clock }, ...rest, message);
  } finally {
    await agent.destroy();
  }
}

async function listening<One extends Server>(server: One): Promise<{ port: number } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** A mail server: it says what it offers, takes one login, refuses whom it is told to, and keeps what it got. */
function mailServer(options: { offers?: string[]; refuses?: string } = {}) {
  const got: { from: string; to: string[]; data: string; login: string | null }[] = [];
  const server = createServer((socket) => {
    let rest = "";
    let mail: { from: string; to: string[]; data: string; login: string | null } = {
      from: "",
      to: [],
      data: "",
      login: null,
    };
    let inData = false;
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    socket.on("error", () => {});
    say("220 mail.example ESMTP");
    const onLine = (line: string): void => {
      if (inData) {
        if (line !== ".") return void (mail.data += `${line.replace(/^\.\./u, ".")}\n`);
        inData = false;
        got.push(mail);
        return say("250 kept");
      }
      const word = line.split(/[ :]/u)[0]!.toUpperCase();
      if (word === "EHLO") {
        const offers = ["mail.example", ...(options.offers ?? [])];
        for (const [at, offer] of offers.entries()) say(`250${at === offers.length - 1 ? " " : "-"}${offer}`);
      } else if (word === "AUTH") {
        mail.login = Buffer.from(line.split(" ")[2] ?? "", "base64")
          .toString("utf8")
          .replaceAll("\u0000", "|");
        say("235 welcome");
      } else if (word === "MAIL") {
        mail = { ...mail, from: /<(.*?)>/u.exec(line)![1]!, to: [], data: "" };
        say("250 ok");
      } else if (word === "RCPT") {
        const to = /<(.*?)>/u.exec(line)![1]!;
        if (to === options.refuses) return say("550 nobody of that name here");
        mail.to.push(to);
        say("250 ok");
      } else if (word === "DATA") {
        inData = true;
        say("354 go on");
      } else if (word === "QUIT") {
        say("221 bye");
        socket.end();
      } else say(word === "STARTTLS" ? "502 not here" : "250 ok");
    };
    socket.on("data", (chunk) => {
      rest += chunk.toString("utf8");
      const lines = rest.split("\r\n");
      rest = lines.pop()!;
      for (const line of lines) onLine(line);
    });
  });
  return { server, got };
}

const mail = (
  port: number,
  more: Partial<Omit<EmailSettings, "to">> & { to?: string[] } = {},
): Parameters<typeof send>[1] => ({
  type: "email",
  settings: {
    host: "127.0.0.1",
    port,
    security: "none",
    from: "winston@example.com",
    to: ["ann@example.com", "bob@example.com"],
    ...more,
  },
});

test("a mail reaches everybody it is for, whole, and says that a machine wrote it", async () => {
  const { server, got } = mailServer();
  await using at = await listening(server);
  await sendUnder(house, mail(at.port), {});
  const [one, ...more] = got;
  assert.deepEqual([more, one!.from, one!.to], [[], "winston@example.com", ["ann@example.com", "bob@example.com"]]);
  assert.match(one!.data, /^Message-ID: <01890a5d-ac96-774b-bcce-b302099a8057@alerts\.winston>$/imu);
  assert.match(one!.data, /^Auto-Submitted: auto-generated$/mu);
  assert.match(one!.data, /^Subject: =\?UTF-8\?/mu);
  assert.match(one!.data, /lead: no answer/u);
  assert.match(one!.data, /alerts\.md#failing/u);
});

test("a mail server that refuses, or offers no TLS where it must, is said in its own words and gets no mail", async () => {
  const { server, got } = mailServer({ refuses: "ann@example.com" });
  await using at = await listening(server);
  await assert.rejects(sendUnder(house, mail(at.port, { to: ["ann@example.com"] }), {}), (thrown) => {
    assert.ok(isError(thrown, "vendor.unavailable"));
    assert.match(thrown.message, /127\.0\.0\.1:\d+ did not take it: .*nobody of that name/u);
    return true;
  });
  const login = { user: "winston", password: "secret-word" };
  await assert.rejects(sendUnder(house, mail(at.port, { security: "starttls" }), login), (thrown) => {
    assert.ok(isError(thrown, "vendor.unavailable"), String(thrown));
    assert.doesNotMatch(thrown.message, /secret-word/u);
    return true;
  });
  assert.deepEqual(got, []);
});

test("a login is given where the server takes one", async () => {
  const { server, got } = mailServer({ offers: ["AUTH PLAIN"] });
  await using at = await listening(server);
  await sendUnder(house, mail(at.port), { user: "winston", password: "word" });
  assert.equal(got[0]!.login, "|winston|word");
});

test("Slack gets its own shape at the sealed address", async () => {
  const asked: { url: string; headers: IncomingHttpHeaders; body: unknown }[] = [];
  const server = createHttpServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      asked.push({ url: request.url!, headers: request.headers, body: JSON.parse(text) });
      response.writeHead(200).end("ok");
    });
  });
  await using at = await listening(server);
  const url = `http://127.0.0.1:${at.port}/services/T0/B0/x`;
  await sendUnder(house, { type: "slack", settings: { host: "127.0.0.1" } }, { url });
  const [one] = asked;
  assert.equal(one!.url, "/services/T0/B0/x");
  assert.equal(one!.headers["content-type"], "application/json");
  assert.equal((one!.body as { text: string }).text, "critical: Łódź: runs keep failing");
});

test("no channel leads into the house unless an administrator listed the range", async () => {
  const { server, got } = mailServer();
  await using at = await listening(server);
  const slack = { type: "slack", settings: {} } as const;
  const refused: [AddressPolicy, Parameters<typeof send>[1], Record<string, string>][] = [
    [publicAddresses, mail(at.port), {}],
    [publicAddresses, mail(at.port, { host: "localhost" }), {}],
    [publicAddresses, mail(25, { host: "169.254.169.254" }), {}],
    [{ ...house, listed: ["10.0.0.0/8"] }, mail(at.port), {}],
    [publicAddresses, slack, { url: `http://127.0.0.1:${at.port}/` }],
    [publicAddresses, slack, { url: `https://localhost:8443/` }],
    [house, slack, { url: `http://localhost:${at.port}/` }],
    [house, slack, { url: "http://10.0.0.1/" }],
    [house, slack, { url: "http://example.com/" }],
    [house, slack, { url: `http://user:word@127.0.0.1:${at.port}/` }],
  ];
  for (const [policy, channel, secrets] of refused)
    await assert.rejects(sendUnder(policy, channel, secrets), (thrown) => {
      assert.ok(
        isError(thrown, "address.forbidden"),
        `${JSON.stringify([channel.settings, secrets])}: ${String(thrown)}`,
      );
      return true;
    });
  assert.deepEqual(got, []);
});
