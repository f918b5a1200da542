// How streams are named where several connections have them, and that what is said to do next works as it is printed.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestFolder } from "../../test/support/folder.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { listen } from "../http/listen.ts";
import { createTestHttp } from "../http/test-support.ts";
import { exitOf, type Ran, runCommand } from "./test-shell.ts";

/** Two connections, as after `npm start`: both have person and company, and tern alone has deal. */
async function createDesk() {
  const world = await createTernWorld((tern, _, other) => {
    tern.sells = true;
    tern.add("person", ann);
    tern.add("deal", { title: "Pumps" });
    other.add("person", { ...ann, mail: "bea@example.com" });
  });
  await world.connect("other", "write", "other crm");
  await world.settle();
  const { connections, plans, mappings, runs, schema } = world;
  const http = createTestHttp({ connections, plans, mappings, runs, schema });
  const { url } = await listen(http.app, { host: "127.0.0.1", port: 0 });
  const folder = createTestFolder();
  const run = (argv: readonly string[], terminal?: number): Promise<Ran> =>
    runCommand(argv, {
      env: { WINSTON_URL: url, WINSTON_TOKEN: http.token },
      cwd: folder.path,
      ...(terminal === undefined ? {} : { terminal }),
    });
  return {
    world,
    run,
    refused: async (...argv: string[]): Promise<string> => {
      const ran = await run(argv);
      assert.equal(exitOf(ran), 64, `${argv.join(" ")}: ${ran.out}${String(ran.thrown)}`);
      return String(ran.thrown);
    },
    /** Runs a line as a shell would, and returns the one that it says to run next. */
    type: async (line: string): Promise<string | undefined> => {
      const [command, target] = line.split(" > ");
      const argv = [...command!.matchAll(/'([^']*)'|(\S+)/gu)].map((match) => match[1] ?? match[2]!);
      // Nobody works here.
      if (argv[0] === "sync") argv.push("--no-wait");
      const ran = await run(argv, 200);
      assert.equal(exitOf(ran), 0, `${line}: ${String(ran.thrown)}`);
      if (target) writeFileSync(join(folder.path, target), ran.out);
      return /^Next: winston (.+)$/mu.exec(ran.out)?.[1];
    },
    async [Symbol.asyncDispose]() {
      await http.app.close();
      await world[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

test("a stream's name is enough where one connection has it; where several do, they are named, and how to say which", async () => {
  await using desk = await createDesk();
  for (const argv of [
    ["streams", "show", "deal"],
    ["streams", "show", "tern/deal"],
    ["streams", "show", "other crm/person"],
    ["streams", "show", "person", "--connection", "other crm"],
    ["streams", "show", "tern/person", "--connection", "tern"],
    ["mappings", "show", "deal"],
    ["mappings", "history", "tern/person"],
    ["schema", "fields", "deal"],
    ["sync", "deal", "--no-wait"],
    ["sync", "--stream", "deal", "--no-wait"],
    ["sync", "other crm/person", "--no-wait"],
    ["sync", "tern", "--stream", "person", "--no-wait"],
    ["sync", "--no-wait"],
    ["parked", "retry", "--stream", "other crm/person", "--dry-run"],
  ])
    assert.deepEqual(await desk.run(argv).then((ran) => [argv, exitOf(ran), ran.thrown]), [argv, 0, undefined]);
  for (const argv of [
    ["streams", "show", "person"],
    ["mappings", "suggest", "person"],
    ["schema", "fields", "person"],
    ["sync", "person"],
    ["sync", "--stream", "person"],
  ])
    assert.match(
      await desk.refused(...argv),
      /Several connections have a stream "person": say tern\/person or other crm\/person, or give --connection tern\./u,
    );
  assert.match(await desk.refused("streams", "show", "other crm/deal"), /no stream "deal" of other crm; there are /u);
  assert.match(await desk.refused("streams", "show", "deals"), /There is no stream "deals".*\bdeal\b/u);
  assert.match(await desk.refused("streams", "show", "tern/person", "--connection", "other crm"), /once/u);
  const unknown = await desk.run(["streams", "show", "turn/deal"]);
  assert.match(String(unknown.thrown), /There is no connection turn.*tern/u);
  const woken = await desk.run(["sync", "--no-wait", "--json"]);
  assert.deepEqual((JSON.parse(woken.out) as { connections: string[] }).connections, ["tern", "other crm"]);
});

test("what is said to do next works as it is printed, where several connections have a stream of that name", async () => {
  await using desk = await createDesk();
  const { type } = desk;
  const typed = new Set<string>();
  const follow = async (first: string): Promise<void> => {
    for (let line: string | undefined = first; line !== undefined && !typed.has(line);) {
      typed.add(line);
      line = await type(line);
      if (line?.startsWith("runs watch")) return;
    }
  };
  for (const stream of ["deal", "tern/person", "'other crm/person'"]) {
    await follow(`mappings show ${stream} --json > mapping.json`);
    for (const line of [
      "streams",
      `streams show ${stream}`,
      `streams set ${stream} --every 5m`,
      `streams set ${stream} --filter-in none --strategy batch`,
      `mappings show ${stream}`,
      `mappings export ${stream} --out f.json`,
      `mappings check ${stream} mapping.json`,
      `mappings back-test ${stream} mapping.json`,
      `mappings put ${stream} mapping.json`,
      `mappings history ${stream}`,
      `mappings suggest ${stream}`,
      `mappings suggest ${stream} --out mapping.json`,
      `schema fields ${stream}`,
    ])
      await follow(line);
  }
  assert.ok(typed.has("mappings put 'other crm/person' mapping.json --plan"), [...typed].join("\n"));
  assert.ok(typed.has("sync 'other crm/person'"));
  assert.ok(typed.has("mappings back-test deal mapping.json"));
});

test("what drifted is told with when that was last looked at, and is looked at now when asked", async () => {
  await using desk = await createDesk();
  const quiet = await desk.run(["schema", "diff"], 200);
  assert.match(quiet.out, /^Every mapped field is what it was\. Last looked: 20\d\d-\d\d-\d\d [\d:]+.* UTC\.\n/u);
  desk.world.tern.redescribed = { tel: null };
  const looked = await desk.run(["schema", "look", "tern"], 200);
  assert.match(
    looked.out,
    /\ntern +company +20\S+ [\d:]+ +as before\ntern +person +20\S+ [\d:]+ +other than before\n/u,
  );
  assert.match(looked.out, /Next: winston schema diff tern\n/u);
  const diff = await desk.run(["schema", "diff", "tern"], 250);
  assert.match(diff.out, /CONNECTION +STREAM .*LOOKED.*\ntern +person +tel +title +gone +paused /u);
  assert.match(diff.out, /Next: winston mappings show tern\/person\n/u);
  assert.equal(exitOf(await desk.run(["schema", "look", "turn"])), 1);
});
