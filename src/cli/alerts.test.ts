// Alerts of a real engine through the API, the SDK and the command line.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Client, ConflictError, NotFoundError, ValidationError } from "../../sdk/src/index.ts";
import { createTernWorld } from "../../test/support/world.ts";
import { createAlerts } from "../alerts/alerts.ts";
import { signature } from "../alerts/message.ts";
import { isError } from "../base/errors.ts";
import { idMaker } from "../base/ids.ts";
import { silentLog } from "../base/log.ts";
import { seededRandom } from "../base/random.ts";
import { createAgent, type AddressPolicy } from "../connector/egress.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { updateConnection } from "../store/connection.ts";
import { sql } from "../store/sql.ts";
import { createChannelSecrets } from "../vault/channels.ts";
import { createSeal } from "../vault/seal.ts";
import { type Ran, runCommand } from "./test-shell.ts";

async function createDesk() {
  const world = await createTernWorld();
  const { database, clock } = world;
  const random = seededRandom(3);
  const addresses: AddressPolicy = { simulator: false, listed: ["127.0.0.1"], plain: true };
  const agent = createAgent(addresses);
  const secrets = createChannelSecrets(createSeal([new Uint8Array(32).fill(1)], random));
  const newId = idMaker(clock, random);
  const alerts = createAlerts({
    database,
    connectors: {},
    catalog: world.catalog,
    newId,
    clock,
    random,
    log: silentLog,
    agent,
    addresses,
    secrets,
  });
  const http = createTestHttp({ alerts, connections: world.connections });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  const heard: { headers: Record<string, unknown>; body: string }[] = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      heard.push({ headers: request.headers, body });
      response.writeHead(request.url!.startsWith("/no") ? 500 : 204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  return {
    world,
    alerts,
    heard,
    http,
    hook: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
    client: new Client({ token: http.token, baseUrl: url }),
    /** The connection is stopped, and somebody looked. */
    stop: async () => {
      await updateConnection(database, world.connection.id, { problem: "Tern refused the key.", at: clock.now() });
      await alerts.tick();
      await alerts.settled();
    },
    run: (argv: readonly string[], more: { stdin?: string; terminal?: number } = {}): Promise<Ran> =>
      runCommand(["alerts", ...argv], { env: { WINSTON_URL: url, WINSTON_TOKEN: http.token }, ...more }),
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await alerts.settled();
      await agent.destroy();
      receiver.closeAllConnections();
      receiver.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("an alert is listed, shown with what to do and where it was told, and acknowledged from the command line", async () => {
  await using desk = await createDesk();
  assert.match((await desk.run(["list"], { terminal: 120 })).out, /Nothing is wrong that Winston knows of/u);
  const added = await desk.run(["channels", "add", "webhook", "on-call", "--url", `${desk.hook}/`], { terminal: 200 });
  const secret = /shown only now: (whsec_\S+)/u.exec(added.out)![1]!;
  await desk.stop();
  const listed = await desk.run(["list"], { terminal: 200 });
  assert.match(listed.out, /critical +open +tern: does not let Winston in/u);
  const { data } = JSON.parse((await desk.run(["list", "--json"])).out) as { data: { id: string }[] };
  const { id } = data[0]!;
  const shown = await desk.run(["show", id], { terminal: 160 });
  assert.match(shown.out, /What to do: +docs\/operations\/alerts\.md#credential\n\nTern refused the key\./u);
  assert.match(shown.out, /on-call +raised +sent +1/u);
  assert.match((await desk.run(["ack", id, "--dry-run"])).out, /acknowledge "tern: does not let Winston in"/u);
  assert.match((await desk.run(["ack", id], { terminal: 120 })).out, /is known to key:wk_test_everything/u);
  assert.match((await desk.run(["list"], { terminal: 200 })).out, /acknowledged/u);

  const { headers, body } = desk.heard[0]!;
  const [webhookId, at] = [String(headers["webhook-id"]), String(headers["webhook-timestamp"])];
  assert.equal(headers["webhook-signature"], `v1,${signature(secret, webhookId, at, body)}`);
  const told = JSON.parse(body) as { type: string; data: { connection: string; help: string } };
  assert.deepEqual(
    [told.type, told.data.connection, told.data.help],
    ["alert.raised", "tern", "docs/operations/alerts.md#credential"],
  );

  await updateConnection(desk.world.database, desk.world.connection.id, { problem: null, at: desk.world.clock.now() });
  await desk.world.cycle();
  for (const _ of [1, 2]) {
    await desk.alerts.tick();
    await desk.alerts.settled();
    desk.world.clock.advance(5 * 60_000);
  }
  assert.match((await desk.run(["list"], { terminal: 120 })).out, /Nothing is wrong/u);
  assert.match((await desk.run(["list", "--all"], { terminal: 200 })).out, /critical +resolved/u);
  assert.match((await desk.run(["ack", id], { terminal: 120 })).out, /is over already/u);
  assert.equal(desk.heard.length, 2);
});

test("channels are added with their secrets from standard input, tried, listed without them, and removed", async () => {
  await using desk = await createDesk();
  const slack = `${desk.hook}/services/T0/B0/secret-part`;
  assert.equal((await desk.run(["channels", "add", "slack", "sales", "--dry-run"])).exitCode, 0);
  assert.deepEqual(await desk.client.alertChannels.list(), []);
  assert.equal((await desk.run(["channels", "add", "slack", "sales"], { stdin: `${slack}\n` })).thrown, undefined);
  const mail = ["--host", "127.0.0.1", "--from", "w@example.com", "--to", "a@example.com", "b@example.com"];
  const added = await desk.run(["channels", "add", "email", "ops", ...mail], { stdin: "winston\nhidden-word\n" });
  assert.equal(added.thrown, undefined);
  await desk.run(["channels", "add", "webhook", "broken", "--url", `${desk.hook}/no?key=hidden-word`]);

  const tried = await desk.run(["channels", "test", "sales"], { terminal: 120 });
  assert.match(tried.out, /sales took it/u);
  const { text } = JSON.parse(desk.heard[0]!.body) as { text: string };
  assert.match(text, /^a test: Winston can be heard through sales/u);
  const broken = await desk.run(["channels", "test", "broken"], { terminal: 120 });
  assert.deepEqual(
    [broken.exitCode, /did not take it: 127\.0\.0\.1:\d+ answered with status 500/u.test(broken.out)],
    [1, true],
  );

  const listed = await desk.run(["channels", "list", "--json"]);
  assert.doesNotMatch(listed.out, /secret-part|hidden-word/u);
  const stored = await desk.world.database.rows<{ row: string }>(
    sql`select alert_channel::text as row from alert_channel`,
  );
  assert.doesNotMatch(stored.map(({ row }) => row).join("\n"), /secret-part/u);
  const refused = await desk.run(["channels", "remove", "sales"]);
  assert.match(String(refused.thrown), /say --yes to do it/u);
  assert.equal((await desk.run(["channels", "remove", "sales", "--yes"])).exitCode, 0);
  assert.deepEqual(
    (await desk.client.alertChannels.list()).map((one) => one.name),
    ["broken", "ops"],
  );
});

test("what cannot be a channel is refused with what to give instead", async () => {
  await using desk = await createDesk();
  const { alertChannels, alerts, streams } = desk.client;
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const given = await alertChannels.create({ name: "a", type: "webhook", url: `${desk.hook}/`, secret });
  assert.equal(given.secret, null, "one that the caller has is not shown");
  await assert.rejects(alertChannels.create({ name: "a", type: "webhook", url: `${desk.hook}/` }), ConflictError);
  await assert.rejects(
    alertChannels.create({ name: "b", type: "webhook", url: `${desk.hook}/`, secret: "short" }),
    /24 to 64 bytes/u,
  );
  await assert.rejects(
    alertChannels.create({ name: "b", type: "slack", url: "http://10.0.0.1/x" }),
    /only https is allowed/u,
  );
  await assert.rejects(alertChannels.create({ name: "b", type: "slack", url: "https://10.0.0.1/x" }), /private/u);
  const mail = {
    name: "b",
    type: "email",
    host: "127.0.0.1",
    port: 25,
    from: "w@example.com",
    to: ["a@example.com"],
  } as const;
  const to = ["a@example.com"];
  await assert.rejects(
    alertChannels.create({ ...mail, to, security: "none", user: "u", password: "p" }),
    /in the clear/u,
  );
  await assert.rejects(alertChannels.create({ ...mail, to: [], security: "tls" }), ValidationError);
  await assert.rejects(alertChannels.create({ ...mail, to: ["a@b\r\nBcc: c@d"], security: "tls" }), ValidationError);
  await assert.rejects(alertChannels.test("nobody"), NotFoundError);
  await assert.rejects(alertChannels.delete("nobody"), NotFoundError);
  await assert.rejects(alerts.get("nothing"), NotFoundError);
  await assert.rejects(alerts.acknowledge("01890a5d-ac96-774b-bcce-b302099a8057"), NotFoundError);
  await assert.rejects(streams.update(999_999, { lagTargetMs: 60_000 }), NotFoundError);
  const [stream] = await streams.list();
  await assert.rejects(streams.update(stream!.id, { lagTargetMs: 5 }), ValidationError);
  assert.equal((await streams.update(stream!.id, { lagTargetMs: 60_000 })).lag.targetMs, 60_000);
  for (const argv of [
    ["channels", "add", "pigeon", "x"],
    ["channels", "add", "webhook", "x"],
    ["channels", "add", "email", "x"],
  ])
    assert.ok(isError((await desk.run(argv)).thrown, "usage.wrong"), argv.join(" "));
});

test("acknowledging and channels need their rights", async () => {
  await using desk = await createDesk();
  desk.http.keys.add("wk_reader", ["runs:read"]);
  const reader = new Client({ token: "wk_reader", baseUrl: desk.client.baseUrl });
  await desk.stop();
  const [alert] = await reader.alerts.list().toArray();
  await assert.rejects(reader.alerts.acknowledge(alert!.id), /runs:write/u);
  await assert.rejects(reader.alertChannels.list(), /connections:read/u);
});
