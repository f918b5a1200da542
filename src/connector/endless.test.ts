// A vendor whose answer has no end, read by a process that may not have much memory.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

const PIECE = Buffer.alloc(1_000_000, "x");

test("an answer without end is given up within the memory that an ordinary one takes, and the next one is read", async () => {
  let sent = 0;
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    if (request.url !== "/endless") return response.end("[1]");
    response.write('["');
    const more = (): void => {
      while (!response.destroyed && response.write(PIECE)) sent += PIECE.length;
      if (!response.destroyed) response.once("drain", more);
    };
    return more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const script = `
    const { createApi } = await import(${JSON.stringify(join(import.meta.dirname, "runtime.ts"))});
    const { createAgent, simulatorAddresses } = await import(${JSON.stringify(join(import.meta.dirname, "egress.ts"))});
    const { memoryBudget } = await import(${JSON.stringify(join(import.meta.dirname, "budget.ts"))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, "..", "base", "clock.ts"))});
    const { systemRandom } = await import(${JSON.stringify(join(import.meta.dirname, "..", "base", "random.ts"))});
    const { silentLog } = await import(${JSON.stringify(join(import.meta.dirname, "..", "base", "log.ts"))});
    const api = createApi({
      connector: { key: "tern", title: "Tern CRM", auth: { secrets: [], obtain: async () => ({}), headers: () => ({}) },
        baseUrl: () => "http://127.0.0.1:${(server.address() as AddressInfo).port}", limits: [], classify: () => ({}) },
      settings: {}, credentials: { current: async () => ({}), renew: async () => ({}) }, budget: memoryBudget([], systemClock),
      exchanges: { record: () => {} }, clock: { now: systemClock.now, sleep: (ms, signal) => systemClock.sleep(ms > 30_000 ? ms : 0, signal) },
      random: systemRandom, agent: createAgent(simulatorAddresses), addresses: simulatorAddresses, lane: "batch", log: silentLog });
    const failed = await api.get("/endless").then(() => "read", (thrown) => thrown.code + ": " + thrown.message);
    console.log(JSON.stringify({ failed, next: await api.get("/next"), peakMb: process.resourceUsage().maxRSS / 1024 }));
    process.exit(0);`;
  // Its heap is small: were the answer kept, it would be killed.
  const child = spawn(process.execPath, ["--max-old-space-size=64", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(code, 0, out);
  const { failed, next, peakMb } = JSON.parse(out) as { failed: string; next: unknown; peakMb: number };
  assert.match(failed, /^vendor\.bad_answer: .*larger than \d+ bytes/u);
  assert.deepEqual(next, [1]);
  assert.ok(peakMb < 700, `${peakMb} MB at most, after ${sent} bytes were sent`);
});
