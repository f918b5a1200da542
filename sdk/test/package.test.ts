// The package as people get it: packed, installed in an empty folder, and run there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SCOPES } from "../../src/http/ports.ts";
import { TOKEN } from "../../src/http/test-support.ts";
import { createNetwork, createWorld } from "./world.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "winston sdk "));
const home = join(folder, "home");
after(() => rmSync(folder, { recursive: true, force: true }));

interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string>; stdin?: string },
): Promise<Done> {
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_OPTIONS: "", ...options.env };
    const child = execFile(program, args, { cwd: options.cwd, env, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin!.end(options.stdin ?? "");
  });
}

const ok = (done: Done): Done => {
  assert.equal(done.code, 0, `${done.stdout}\n${done.stderr}`);
  return done;
};

let packed: { unpackedSize: number; entryCount: number; files: readonly { path: string }[] };

before(async () => {
  const source = join(folder, "source");
  mkdirSync(home);
  for (const file of ["package.json", "README.md", "LICENSE"]) cpSync(join(root, "sdk", file), join(source, file));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  ok(
    await run(process.execPath, [tsc, "--project", join(root, "sdk/tsconfig.json"), "--outDir", join(source, "dist")], {
      cwd: root,
    }),
  );
  const { stdout } = ok(await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: source }));
  [packed] = JSON.parse(stdout) as [typeof packed];
  writeFileSync(join(home, "package.json"), '{"private": true}');
  ok(
    await run("npm", ["install", join(folder, "winston-ai-0.1.0.tgz"), "--offline", "--no-audit", "--no-fund"], {
      cwd: home,
    }),
  );
  writeFileSync(
    join(home, "your-crm-sdk.js"),
    `const id = (number) => "L" + number + (process.env.TEST_CRM ?? "");
    const leads = [
      { leadId: id(1), email: "ada@example.com", name: "Ada Lovelace", company: "Engines", hat: "bowler" },
      { leadId: id(2), email: "grace@example.com", name: "Grace Hopper", company: "Navy" },
    ];
    exports.getLeads = async () => leads;
    exports.getActivities = async () => [{ type: "call", subject: "Hello", leadId: id(1) }, { type: "note", subject: "Met", leadId: id(2) }];`,
  );
});

/** The Nodes at hand: ours, and the system's where it can require ES modules. */
async function nodes(): Promise<string[]> {
  const { code, stdout } = await run("node", ["-p", "process.execPath + ' ' + process.versions.node"], { cwd: folder });
  const [path, version = "0"] = stdout.trim().split(/ (?=\S+$)/u);
  const [major, minor] = version.split(".").map(Number) as [number, number];
  const able = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
  return code === 0 && able && path !== process.execPath ? [process.execPath, path!] : [process.execPath];
}

const SCRIPT = `const winston = require('winston-ai');
const client = new winston.Client({ token: 'your_token' });
`;

test("it is small, holds what it should, and needs nothing else", async () => {
  assert.ok(packed.entryCount < 50, `${packed.entryCount} files`);
  assert.ok(packed.unpackedSize < 500_000, `${packed.unpackedSize} bytes`);
  const paths = packed.files.map((file) => file.path);
  for (const path of ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"])
    assert.ok(paths.includes(path), path);
  assert.ok(!paths.some((path) => path.includes("test") || path.endsWith(".map")));
  assert.deepEqual(statSync(join(home, "node_modules")).isDirectory(), true);
  assert.equal(
    ok(await run("npm", ["ls", "--all", "--parseable"], { cwd: home }))
      .stdout.trim()
      .split("\n").length,
    2,
  );
});

test("the specification's script runs in a CommonJS file, and twice doubles nothing", async () => {
  await using world = await createWorld();
  world.keys.add("your_token", SCOPES);
  writeFileSync(
    join(home, "sync.js"),
    `const crm = require('./your-crm-sdk.js');
${SCRIPT}async function main() {
  const leads = await client.leads.bulkCreate(await crm.getLeads());
  const activities = await client.activities.bulkCreate(await crm.getActivities());
  console.log(JSON.stringify([leads.created, leads.unchanged, activities.created, activities.unchanged]));
}
main();`,
  );
  const runs: string[] = [];
  for (const node of [...(await nodes()), process.execPath]) {
    const done = ok(await run(node, ["sync.js"], { cwd: home, env: { WINSTON_URL: world.url } }));
    assert.equal(done.stderr, "", node);
    runs.push(done.stdout.trim());
  }
  assert.deepEqual(new Set(runs.slice(1)), new Set(["[0,2,0,2]"]));
  assert.equal(runs[0], "[2,0,2,0]");
  const lead = await world.client.leads.get({ externalId: "L1" });
  assert.deepEqual([lead.firstName, lead.company, lead.customFields], ["Ada", "Engines", { hat: "bowler" }]);
  const people = (await world.client.activities.list().toArray()).map((one) => one.person);
  assert.ok(people.includes(lead.id));
});

test("the specification's script runs line by line in the REPL, though that does not wait between lines", async () => {
  await using world = await createWorld();
  await using network = await createNetwork(world.url);
  world.keys.add("your_token", SCOPES);
  const all = await nodes();
  for (const [index, node] of all.entries()) {
    // A REPL that reads a pipe runs the next line while the last one waits, and leaves when the first is done. Here the activities arrive first.
    const answered = new EventEmitter();
    network.hold.before = (path) => (path.includes("leads") ? once(answered, "activities").then(() => {}) : undefined);
    network.hold.after = (path) => void (path.includes("activities") && answered.emit("activities"));
    const stdin = `const crm = require('./your-crm-sdk.js');
${SCRIPT}await client.leads.bulkCreate(await crm.getLeads());
await client.activities.bulkCreate(await crm.getActivities());
`;
    const env = { WINSTON_URL: network.url, NODE_REPL_HISTORY: "", TEST_CRM: `-${index}` };
    const done = ok(await run(node, ["-i"], { cwd: home, env, stdin }));
    assert.doesNotMatch(done.stdout, /Uncaught|Error/u, done.stdout);
    assert.match(done.stdout, /BulkResult \{/u);
    assert.doesNotMatch(done.stdout, /failed: \[ ?[^\]]/u, done.stdout);
  }
  assert.equal((await world.client.leads.list().toArray()).length, 2 * all.length);
  assert.equal((await world.client.activities.list().toArray()).length, 2 * all.length);
});

test("it is imported as an ES module too, by name and as a whole", async () => {
  writeFileSync(
    join(home, "names.mjs"),
    `import winston, { Client, Winston } from "winston-ai";
import { createRequire } from "node:module";
console.log(winston.Client === Client, Winston === Client, createRequire(import.meta.url)("winston-ai").Client === Client);`,
  );
  for (const node of await nodes())
    assert.equal(ok(await run(node, ["names.mjs"], { cwd: home })).stdout, "true true true\n");
});

test("the examples of its README run", async () => {
  await using world = await createWorld();
  const readme = readFileSync(join(root, "sdk/README.md"), "utf8");
  const examples = [...readme.matchAll(/```javascript run\n(.*?)```/gsu)].map((match) => match[1]!);
  assert.ok(examples.length >= 3);
  const said: string[] = [];
  for (const [index, example] of examples.entries()) {
    writeFileSync(join(home, `example-${index}.mjs`), example);
    const env = { WINSTON_URL: world.url, WINSTON_TOKEN: TOKEN };
    said.push(ok(await run(process.execPath, [`example-${index}.mjs`], { cwd: home, env })).stdout);
  }
  assert.match(
    said[0]!,
    /^2 done, 1 failed\n1 0 0\n1 Grace Hopper \/email .* is not an email address\n1 done, 0 failed\n$/u,
  );
  assert.match(said[1]!, /^1\n\/email .* request-\d+\ntrue\n$/u);
  assert.match(said[2]!, /Ada Lovelace ada@example\.com/u);
});

test("its types are found by a TypeScript program, and know the fields", async () => {
  writeFileSync(
    join(home, "typed.mts"),
    `import winston, { Client } from "winston-ai";
import type { Lead } from "winston-ai";
const client = new Client({ token: "t" });
interface Row { leadId: string; email: string }
const rows: Row[] = [];
export async function main(): Promise<string | null> {
  const result = await client.leads.bulkCreate(rows, { externalId: (row) => row.leadId });
  const email: string | undefined = result.failed[0]?.input.email;
  const lead: Lead = await client.leads.create({ email: email ?? null, firstName: "A", hat: 1 });
  // @ts-expect-error A lead has no such field.
  void lead.nonsense;
  try {
    for await (const deal of client.deals.list()) void deal.amount?.currency;
  } catch (error) {
    if (error instanceof winston.ValidationError) return error.errors[0]?.pointer ?? null;
  }
  return lead.company;
}`,
  );
  const args = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2022,dom,dom.iterable",
    "typed.mts",
  ];
  for (const typescript of ["node_modules/typescript", "tools/openapi/node_modules/typescript"])
    ok(await run(process.execPath, [join(root, typescript, "bin/tsc"), ...args], { cwd: home }));
});
