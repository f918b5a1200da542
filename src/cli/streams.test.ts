// The choices of streams of a real engine through the API, the SDK and the command line; and every snippet of their guide.
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

/** `beside`: a second connection is there, as after `npm start`, and has no deals. */
async function createDesk({ beside = false } = {}) {
  const world = await createTernWorld((tern, _, other) => {
    tern.sells = true;
    other.sells = !beside;
  });
  if (beside) await world.connect("other");
  const http = createTestHttp({ connections: world.connections, plans: world.plans });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  const client = new Client({ token: http.token, baseUrl: url });
  return {
    world,
    client,
    deal: async () => (await client.streams.list({ connection: "tern" })).find((one) => one.key === "deal")!,
    run: (argv: readonly string[], terminal?: number): Promise<Ran> =>
      runCommand(argv, {
        env: { WINSTON_URL: url, WINSTON_TOKEN: http.token },
        ...(terminal === undefined ? {} : { terminal }),
      }),
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

test("what is chosen about a stream is listed, shown, tried and changed from the command line", async () => {
  await using desk = await createDesk();
  const listed = await desk.run(["streams"], 200);
  assert.match(listed.out, /tern +deal +both +realtime +every 1 min 0 s/u);
  const args = ["streams", "set", "deal", "--strategy", "batch", "--cron", "0 7 * * 1-5", "--zone", "Europe/Berlin"];
  const tried = await desk.run([...args, "--dry-run"], 160);
  assert.match(tried.out, /Nothing was changed\. It would change stream deal: .*"cron":"0 7 \* \* 1-5"/u);
  assert.equal((await desk.deal()).strategy, "realtime");
  const set = await desk.run(args, 160);
  assert.match(set.out, /Strategy +batch\n.*Schedule +0 7 \* \* 1-5 \(Europe\/Berlin\)/u);
  const filtered = await desk.run(
    ["streams", "set", "deal", "--filter-in", "amount.amount > 10", "--since", "2025-01-01"],
    160,
  );
  assert.match(filtered.out, /Filter in +amount\.amount > 10\n/u);
  assert.match(filtered.out, /Everything is read once more; what is left out is neither deleted nor blanked anywhere/u);
  const shown = await desk.run(["streams", "show", "deal", "--json"]);
  const { data, ...flat } = JSON.parse(shown.out) as { data?: object };
  const stream = { ...flat, ...data } as unknown as Awaited<ReturnType<typeof desk.deal>>;
  assert.deepEqual([stream.filter.in, stream.backfillSince], ["amount.amount > 10", "2025-01-01T00:00:00.000Z"]);
});

test("what a choice, or another mapping, would write is shown as a plan before it is made", async () => {
  await using desk = await createDesk();
  const shown = await desk.run(["streams", "set", "deal", "--filter-in", "amount.amount > 10", "--plan", "--json"]);
  assert.equal(exitOf(shown), 0, String(shown.thrown));
  const plan = JSON.parse(shown.out) as { schema: string; state: string; supposes: string };
  assert.deepEqual([plan.schema, plan.state], ["winston.plan/v1", "ready"]);
  assert.match(plan.supposes, /^tern deal with filter changed$/u);
  assert.equal((await desk.deal()).filter.in, null);
  const before = (await desk.deal()).mappingVersion;
  const { document } = await desk.client.streams.mapping((await desk.deal()).id);
  const file = join(mkdtempSync(join(tmpdir(), "winston-mapping-")), "mapping.json");
  writeFileSync(file, JSON.stringify(document));
  const mapped = await desk.run(["mappings", "put", "deal", file, "--plan"], 160);
  assert.match(
    mapped.out,
    /^Plan \S+, supposing tern deal with another mapping changed: ready\n\nIn step: nothing to do\./u,
  );
  assert.equal((await desk.deal()).mappingVersion, before);
  const both = await desk.client.plans.create({ connection: "tern", suppose: { streamId: 1 } }).catch((error) => error);
  assert.ok(both instanceof ValidationError, String(both));
});

test("a choice that cannot be is refused with the place, what was expected and the fields there are", async () => {
  await using desk = await createDesk();
  const refused = await desk.run(["streams", "set", "deal", "--filter-in", "amout.amount > 1", "--deletes", "none"]);
  assert.match(
    String(refused.thrown),
    /Line 1, column 1: expected a field, and there is no amout; the nearest is amount\. Fields: amount, closeDate, name/u,
  );
  assert.equal((await desk.deal()).deletes, "both");
  for (const [args, words] of [
    [["--strategy", "fast"], /--strategy takes realtime, batch, hybrid, not "fast"/u],
    [["--every", "soon"], /takes minutes, hours or days, as 5m, 1h or 1d/u],
    [["--every", "1h", "--cron", "0 7 * * *"], /not both/u],
    [["--zone", "UTC"], /give --cron, too/u],
    [["--since", "once"], /takes a date/u],
    [[], /Nothing to change was named/u],
  ] as const)
    assert.match(String((await desk.run(["streams", "set", "deal", ...args])).thrown), words);
  const { id } = await desk.deal();
  await assert.rejects(
    desk.client.streams.update(id, { critical: "true" }),
    (thrown) => thrown instanceof ValidationError && /Only a hybrid stream/u.test(thrown.message),
  );
});

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/guides/choose-a-strategy.md"), "utf8");
const blocks = (language: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gsu"))].map((match) => match[1]!);
const words = (line: string): string[] => [...line.matchAll(/'([^']*)'|(\S+)/gu)].map((match) => match[1] ?? match[2]!);

test("every command of the guide on strategies does what it says, where there are two connections", async () => {
  await using desk = await createDesk({ beside: true });
  const lines = blocks("sh").flatMap((block) => block.trim().split("\n"));
  assert.ok(lines.length >= 10);
  for (const line of lines) {
    const [winston, ...argv] = words(line);
    assert.equal(winston, "winston");
    const ran = await desk.run(argv);
    assert.equal(ran.thrown, undefined, `${line}: ${String(ran.thrown)}`);
  }
  const after = await desk.deal();
  assert.deepEqual(
    [after.strategy, after.filter, after.direction, after.deletes, after.approval, after.backfillSince],
    ["realtime", { in: null, out: null }, "both", "none", "plan", "2025-01-01T00:00:00.000Z"],
  );
});

test("a connection as the guide on strategies makes it, and its program, do what they say", async () => {
  await using desk = await createDesk();
  const [json] = blocks("json");
  const input = JSON.parse(json!) as Parameters<typeof desk.client.connections.create>[0];
  const made = await desk.client.connections.create({ ...input, vendor: "other" });
  const streams = await desk.client.streams.list({ connection: made.id });
  assert.equal(streams.find((one) => one.key === "deal")!.filter.in, "amount.amount > 1000");

  const [js] = blocks("js");
  const AsyncFunction = (async () => {}).constructor as new (...of: string[]) => (client: Client) => Promise<void>;
  await new AsyncFunction("client", js!)(desk.client);
  assert.equal((await desk.deal()).cron, "*/15 8-17 * * 1-5");
});

test("a mapping is checked from the command line: what is lost is named, one way is offered, nothing is stored", async () => {
  await using desk = await createDesk();
  const { id, mappingVersion } = await desk.deal();
  const { document } = await desk.client.streams.mapping(id);
  const folder = mkdtempSync(join(tmpdir(), "winston-mapping-"));
  const file = join(folder, "mapping.json");
  const rows = (document["rows"] as { field: string }[]).map((row) =>
    row.field === "name" ? { ...row, transform: "picklist", options: { table: { a: "x", b: "x" } } } : row,
  );
  writeFileSync(file, JSON.stringify({ ...document, rows }));
  const lossy = await desk.run(["mappings", "check", "deal", file], 200);
  assert.equal(exitOf(lossy), 1);
  assert.match(
    lossy.out,
    /^It cannot be put in force in deal:\n- Row 1: .*\n\nIt could be with these rows one way.*\n {2}\{"field":"name".*"direction":"in"/u,
  );
  const { offer } = await desk.client.streams.checkMapping(id, { ...document, rows });
  writeFileSync(file, JSON.stringify(offer));
  const offered = await desk.run(["mappings", "check", "deal", file], 200);
  assert.equal(exitOf(offered), 0);
  assert.match(offered.out, /^It may be put in force in deal\./u);
  assert.equal((await desk.deal()).mappingVersion, mappingVersion);
});
