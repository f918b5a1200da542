// The memory of a plan: one of a first load, asked for over HTTP, computed, stored and read to its last line through the SDK, in a process of its
// own for a quarter of the records and for all of them. What the larger one took at its peak, beside the smaller one. Everything is in it: the
// server, the engine and the client; the vendor and the database are processes apart.
import { strict as assert } from "node:assert";
import { fork } from "node:child_process";
import { once } from "node:events";
import { Client } from "../sdk/src/index.ts";
import { salesforce } from "../src/connectors/salesforce/index.ts";
import { startPages } from "./page-server.ts";
import { peakMb, type Bench } from "./report.ts";
import { startWinston } from "./winston.ts";

interface Weighed {
  readonly lines: number;
  readonly startedMb: number;
  readonly computedMb: number;
  readonly readMb: number;
  readonly computedMs: number;
  readonly readMs: number;
  readonly postgres: string;
}

export const planMemory: Bench = {
  goal: { sign: "≤", value: 1.25 },
  records: 200_000,
  run: async ({ records, say }) => {
    const sizes = [Math.ceil(records / 4), records];
    const found: Weighed[] = [];
    for (const size of sizes) {
      say(`a plan of ${size.toLocaleString("en")} records`);
      const child = fork(import.meta.filename, [String(size)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const ended = once(child, "exit").then(([code]) => {
        throw new Error(`the process that computed a plan ended with ${code}`);
      });
      found.push((await Promise.race([once(child, "message"), ended]))[0] as Weighed);
      ended.catch(() => {});
    }
    const [few, all] = found as [Weighed, Weighed];
    const row = (size: number, of: Weighed): string[] => [
      `${size.toLocaleString("en")} records`,
      of.lines.toLocaleString("en"),
      ...[of.startedMb, of.computedMb, of.readMb].map(String),
      ...[of.computedMs, of.readMs].map((ms) => (ms / 1000).toFixed(1)),
    ];
    return {
      table: [
        ["peak memory, MB", "lines", "before", "computed", "read to the end", "computing, s", "reading, s"],
        ...found.map((of, index) => row(sizes[index]!, of)),
      ],
      notes: [
        "peaks of one process each, from its start on; pages of 2,000 records come in and lines go out 500 at a time",
        `peak memory ${all.readMb} MB`,
      ],
      ratio: all.readMb / few.readMb,
      limit: `four times the records took ${all.readMb - few.readMb} MB more`,
      postgres: all.postgres,
    };
  },
};

/** One plan of so many leads, weighed. */
async function weigh(records: number): Promise<Weighed> {
  using pages = await startPages(records);
  await using winston = await startWinston({ salesforce });
  const { app, postgres } = winston;
  await app.connections.connect({
    vendor: "salesforce",
    name: "salesforce",
    mode: "observe",
    // Reads REST pages: a first load would be read by Bulk.
    settings: { loginUrl: pages.url, apiVersion: "66.0", simulator: true, bulkAbove: 1_000_000_000 },
    secrets: pages.secrets,
  });
  const { url } = await app.listen({ host: "127.0.0.1", port: 0 });
  const { token } = await app.keys.create({ name: "bench", scopes: ["records:read", "runs:read", "runs:write"] });
  const client = new Client({ token, baseUrl: url });
  const startedMb = peakMb();
  let began = performance.now();
  const plan = await client.plans.settled((await client.plans.create()).id);
  assert.equal(plan.state, "ready", JSON.stringify(plan.error));
  const [computedMb, computedMs] = [peakMb(), performance.now() - began];
  began = performance.now();
  let lines = 0;
  for await (const change of client.plans.changes(plan.id, { limit: 500 })) lines += change.number > 0 ? 1 : 0;
  assert.equal(
    lines,
    plan.totals.reduce((sum, one) => sum + one.count, 0),
  );
  assert.ok(lines >= records, "there is a line for every record");
  return { lines, startedMb, computedMb, readMb: peakMb(), computedMs, readMs: performance.now() - began, postgres };
}

if (import.meta.main) {
  const weighed = await weigh(Number(process.argv[2]));
  process.send!(weighed);
  process.disconnect();
}
