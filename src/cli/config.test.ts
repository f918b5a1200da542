// The configuration of a real engine through the API, the SDK and the command line; and every snippet of its guide.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, ValidationError } from "../../sdk/src/index.ts";
import { createTernWorld } from "../../test/support/world.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { exitOf, type Ran, runCommand } from "./test-shell.ts";

async function createDesk() {
  const world = await createTernWorld((tern) => {
    tern.sells = true;
  });
  const http = createTestHttp({ connections: world.connections, configDocuments: world.configDocuments });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  const cwd = mkdtempSync(join(tmpdir(), "winston-config-"));
  return {
    world,
    keys: http.keys,
    client: new Client({ token: http.token, baseUrl: url }),
    file: (text: string, name = "winston.yaml"): void => writeFileSync(join(cwd, name), text),
    read: (name = "winston.yaml"): string => readFileSync(join(cwd, name), "utf8"),
    run: (argv: readonly string[], more: { terminal?: number; answers?: string[] } = {}): Promise<Ran> =>
      runCommand(argv, { env: { WINSTON_URL: url, WINSTON_TOKEN: http.token }, cwd, ...more }),
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

const CHANGE =
  "version: 1\nconnections:\n  tern:\n    vendor: tern\n    streams:\n      deal: { strategy: batch, filter: { out: amount.amount > 1 } }\n";

test("a document is exported, planned, tried, agreed to and applied from the command line", async () => {
  await using desk = await createDesk();
  const out = await desk.run(["config", "export"]);
  assert.equal(out.out, await desk.world.configDocuments.export());
  desk.file(CHANGE);
  const planned = await desk.run(["config", "plan", "--exit-code"], { terminal: 160 });
  assert.equal(exitOf(planned), 10);
  assert.match(
    planned.out,
    /^It would change:\n~ connections\.tern\.streams\.deal\.strategy: realtime → batch\n\+ connections\.tern\.streams\.deal\.filter\.out: amount\.amount > 1\n\nNext: winston config apply winston\.yaml/u,
  );
  const json = JSON.parse((await desk.run(["config", "plan", "--json"])).out) as { schema: string; changes: object[] };
  assert.deepEqual([json.schema, json.changes.length], ["winston.configPlan/v1", 2]);
  const tried = await desk.run(["config", "apply", "--dry-run"], { terminal: 160 });
  assert.match(tried.out, /^Nothing was changed\. It would change:\n~ /u);
  const unasked = await desk.run(["config", "apply"]);
  assert.equal(exitOf(unasked), 6);
  assert.match(
    String(unasked.thrown),
    /This will change 2 things of the configuration\. Nothing was changed: say --yes/u,
  );
  assert.equal(exitOf(await desk.run(["config", "apply"], { terminal: 160, answers: ["no"] })), 2);
  assert.equal(await desk.world.configDocuments.export(), out.out);
  const done = await desk.run(["config", "apply", "--yes"], { terminal: 160 });
  assert.match(done.out, /^Changed:\n~ .*realtime → batch/u);
  assert.equal((await desk.world.stream("deal")).strategy, "batch");
  const again = await desk.run(["config", "plan", "--exit-code"], { terminal: 160 });
  assert.deepEqual([exitOf(again), again.out], [0, "Nothing would change.\n"]);
});

test("what is wrong with a document, a secret in it and a connection that is missing end as they should", async () => {
  await using desk = await createDesk();
  desk.file("version: 1\nconnections: { tern: { vendor: tern, password: hush-hush } }\n");
  const secret = await desk.run(["config", "apply", "--yes"]);
  assert.match(String(secret.thrown), /Line 2, column 38, connections\.tern\.password is a secret/u);
  assert.doesNotMatch(String(secret.thrown), /hush/u);
  assert.equal(exitOf(secret), 1);
  desk.file("version: 1\nconnections: { acme: { vendor: other } }\n");
  const missing = await desk.run(["config", "apply", "--yes"], { terminal: 160 });
  assert.match(
    missing.out,
    /! acme is not connected, and nothing of it is applied: winston connect other --name acme connects it/u,
  );
  assert.equal(exitOf(missing), 4);
  const none = await desk.run(["config", "plan", "elsewhere.yaml"]);
  assert.equal(exitOf(none), 64);
  await assert.rejects(
    desk.client.config.plan("version: 2"),
    (thrown) => thrown instanceof ValidationError && /Line 1, column 10, version: is 1/u.test(thrown.message),
  );
  const { digest } = await desk.client.config.plan(CHANGE);
  await desk.world.connections.updateStream((await desk.world.stream("deal")).id, { strategy: "batch" }, "somebody");
  await assert.rejects(desk.client.config.apply(CHANGE, { digest }), /is not what it was when this was planned/u);
});

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/guides/configuration-as-a-document.md"), "utf8");
const blocks = (language: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gsu"))].map((match) => match[1]!);

test("a document that declares a field needs what declaring one needs, and else changes nothing", async () => {
  await using desk = await createDesk();
  desk.keys.add("wk_connector", ["connections:read", "connections:write"]);
  desk.keys.add("wk_both", ["connections:write", "records:write"]);
  const [some, both] = ["wk_connector", "wk_both"].map(
    (token) => new Client({ token, baseUrl: desk.client.baseUrl }),
  ) as [Client, Client];
  const yaml = `${CHANGE}fields:\n  person:\n    shoeSize: { type: number }\n`;
  const before = await desk.world.configDocuments.export();
  await assert.rejects(some.config.apply(yaml), /fields\.person\.shoeSize.*needs the scope records:write/su);
  await assert.rejects(some.fields.create({ kind: "person", key: "shoeSize", type: "number" }), /records:write/u);
  assert.equal(await desk.world.configDocuments.export(), before);
  await both.config.apply(yaml);
  assert.deepEqual((await some.config.apply(yaml)).changes, [], "one that is there needs no such right");
});

test("every snippet of the guide on the configuration does what it says", async () => {
  await using desk = await createDesk();
  const before = await desk.world.configDocuments.export();
  const lines = blocks("sh").flatMap((block) => block.trim().split("\n"));
  assert.equal(lines.length, 4);
  for (const line of lines) {
    const [winston, ...argv] = line.split(" ");
    assert.equal(winston, "winston");
    const ran = await desk.run(argv);
    assert.deepEqual([ran.thrown, ran.exitCode], [undefined, 0], `${line}: ${String(ran.thrown)}`);
  }
  assert.equal(desk.read(), before);

  desk.file(blocks("yaml")[0]!);
  assert.equal(exitOf(await desk.run(["config", "apply", "--yes"])), 0);
  const deal = await desk.world.stream("deal");
  assert.deepEqual([deal.strategy, deal.cron, deal.filter.in], ["hybrid", "0 7 * * 1-5", "amount.amount >= 1000"]);
  assert.deepEqual((await desk.client.config.plan(blocks("yaml")[0]!)).changes, []);

  const AsyncFunction = (async () => {}).constructor as new (
    ...of: string[]
  ) => (client: Client, console: object) => Promise<void>;
  const logged: object[][] = [];
  await new AsyncFunction("client", "console", blocks("js")[0]!)(desk.client, {
    log: (one: object[]) => logged.push(one),
  });
  assert.equal(logged[0]!.length, 1);
  assert.equal((await desk.world.stream("deal")).deletes, "out");
});
