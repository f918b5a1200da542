// The guides of a job each, every snippet of them run between two CRMs as a reader would.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "../../sdk/src/index.ts";
import { exitOf } from "../../src/cli/test-shell.ts";
import { createTestFolder } from "../support/folder.ts";
import { createHub } from "../support/hub.ts";
import { surfaces } from "../support/surfaces.ts";

/** What the blocks of a language say in a guide. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "docs", "guides", `${page}.md`), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gmu)].flatMap(([, of, block]) =>
    of === language ? [block!] : [],
  );
}

async function createReader() {
  await using started = new AsyncDisposableStack();
  const folder = started.use(createTestFolder());
  const hub = started.use(
    await createHub(({ org }) => {
      org.add("Lead", { LastName: "Lee", Company: "Acme", Email: "lee@example.com", Title: "first" });
    }),
  );
  const { url, token, get, run } = await surfaces(hub);
  const client = new Client({ baseUrl: url, token });
  const id = (await hub.list("person"))[0]!.id;
  const closing = started.move();
  const title = (): unknown => hub.org.list("Lead")[0]!["Title"];
  return {
    hub,
    client,
    id,
    folder: folder.path,
    title,
    edit: async (to: string): Promise<void> => {
      await client.leads.update(id, { title: to });
      await hub.settle();
    },
    /** Runs each line of a page's shell blocks; `names` stand for what a reader puts in. */
    shell: async (page: string, names: Record<string, () => Promise<string> | string> = {}): Promise<string[]> => {
      const lines = blocks(page, "sh").flatMap((block) => block.trim().split("\n"));
      assert.ok(lines.length >= 2, `${page} has snippets`);
      const said: string[] = [];
      const newest = async (): Promise<string> => String((await get("/api/plans?limit=1"))[0]!["id"]);
      for (const line of lines) {
        const [winston, ...words] = line.split(" ");
        assert.equal(winston, "winston");
        const argv: string[] = [];
        for (const word of words) argv.push(word === "PLAN" ? await newest() : ((await names[word]?.()) ?? word));
        const ran = await run(...argv);
        assert.deepEqual([ran.thrown, exitOf(ran)], [undefined, 0], `${line}: ${String(ran.thrown)}`);
        await hub.settle();
        said.push(ran.out);
      }
      return said;
    },
    /** Runs a page's program, and returns what it logged. */
    program: async (page: string): Promise<unknown[][]> => {
      const [code, ...more] = blocks(page, "js");
      assert.deepEqual(more, []);
      const logged: unknown[][] = [];
      const AsyncFunction = (async () => {}).constructor as new (
        ...of: string[]
      ) => (...of: unknown[]) => Promise<void>;
      await new AsyncFunction("client", "leadId", "console", code!)(client, id, {
        log: (...of: unknown[]) => logged.push(of),
      });
      await hub.settle();
      return logged;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

test("see before you sync: every snippet does what it says, and nothing is written", async () => {
  await using reader = await createReader();
  const { hub, folder } = reader;
  await hub.winston.connections.update("hubspot", { mode: "plan" });
  hub.org.edit("Lead", hub.org.list("Lead")[0]!["Id"] as string, { Title: "seen before" });
  hub.clock.move(11 * 60_000);
  const before = hub.writes().length;
  const [page, json] = ["plan.html", "plan.json"].map((name) => join(folder, name)) as [string, string];
  const said = await reader.shell("see-before-you-sync", { "plan.html": () => page, "plan.json": () => json });
  assert.match(said[0]!, /hubspot contact: .*~ 1 changed/u);
  assert.match(readFileSync(page, "utf8"), /<ins>seen before<\/ins>/u);
  assert.ok(existsSync(json));
  assert.deepEqual(
    (await reader.program("see-before-you-sync")).map(([op]) => op),
    ["update"],
  );
  assert.equal(hub.writes().length, before);
});

test("turn it on safely: every snippet does what it says", async () => {
  await using reader = await createReader();
  const { hub, client } = reader;
  await client.connections.update("salesforce", { mode: "observe" });
  await reader.edit("approved");
  assert.equal(reader.title(), "first");
  await reader.shell("turn-it-on-safely");
  assert.equal(reader.title(), "approved");
  const now = await client.connections.get("salesforce");
  assert.deepEqual([now.mode, now.paused, now.rollout], ["write", false, null]);
  await client.connections.update("salesforce", { mode: "plan" });
  await reader.edit("approved by a program");
  assert.equal(reader.title(), "approved");
  await reader.program("turn-it-on-safely");
  assert.equal(reader.title(), "approved by a program");
  assert.deepEqual((await client.connections.get("salesforce")).rollout, { percent: 10, records: 0 });
  assert.ok(hub.writes().length > 0);
});

test("take a sync back, and find out why: every snippet does what it says", async () => {
  await using reader = await createReader();
  const { hub, id } = reader;
  await reader.edit("a mistake");
  assert.equal(reader.title(), "a mistake");
  const names = {
    ID: () => id,
    RUN: async () =>
      (await hub.winston.runs.list({ limit: 50, lane: "push" } as never)).find(
        (one) => one.connection === "salesforce" && one.lane === "push" && (one.counts.updated ?? 0) > 0,
      )!.id,
    "2026-01-05T09:00:00Z": () => new Date(hub.clock.now() - 3_600_000).toISOString(),
  };
  await reader.shell("take-a-sync-back", names);
  assert.equal(reader.title(), "first");
  const [[undoes]] = (await reader.program("take-a-sync-back")) as [[string]];
  assert.match(undoes, /\w/u);

  const [one] = await reader.shell("find-out-why", names);
  assert.match(one!, /title/u);
  const because = await reader.program("find-out-why");
  assert.deepEqual(because.map(([connection]) => String(connection)).toSorted(), ["hubspot", "salesforce"]);
});
