// Real time: an edit through Winston's own HTTP, one after the other on idle queues, and when the request that carries it arrives at HubSpot's
// simulator, by the simulator's own log. Both processes read one clock. What lies between: the commit, the wake, the second look before a
// write (a request of its own), and the write.
import { strict as assert } from "node:assert";
import { cpus, loadavg } from "node:os";
import { systemClock } from "../src/base/clock.ts";
import type { WinstonApp } from "../src/winston.ts";
import { hubspot } from "./api-calls-hubspot.ts";
import { peakMb, type Bench } from "./report.ts";
import { startWinston, type Started } from "./winston.ts";

/** Between two edits: longer than any took, so that none waits behind another. */
const PAUSE_MS = 400;
/** Edits before those that are measured: a process that has just started is not what people work with. */
const WARM = 20;
const PATIENCE_MS = 60_000;

/** A request of the simulator's log. */
interface Arrived {
  readonly at: number;
  readonly mutating: boolean;
  readonly body?: string;
}

export const realtime: Bench = {
  goal: { sign: "≤", value: 250 },
  records: 200,
  run: async ({ records, say }) => {
    using simulated = await hubspot.start(1);
    await using winston = await startServing();
    const { app, send } = winston;
    await app.connections.connect({
      vendor: "hubspot",
      name: "hubspot",
      mode: "write",
      settings: { ...simulated.settings, simulator: true },
      secrets: simulated.secrets,
    });
    await app.work();
    await quiet(app);
    const { id } = (await send("POST", "/api/leads", {
      lastName: "Edited",
      company: "Acme",
      email: "edited@example.com",
    })) as {
      id: string;
    };
    for (let number = 0; number < WARM; number++) {
      await send("PATCH", `/api/leads/${id}`, { title: `Warm ${number}` });
      await systemClock.sleep(PAUSE_MS);
    }
    await quiet(app);
    await simulated.takeLog();

    say(`${records} edits, ${PAUSE_MS} ms between two`);
    const edits: { title: string; sentAt: number; answeredAt: number }[] = [];
    for (let number = 0; number < records; number++) {
      const title = `Title ${number} of this bench`;
      const sentAt = systemClock.now();
      await send("PATCH", `/api/leads/${id}`, { title });
      edits.push({ title, sentAt, answeredAt: systemClock.now() });
      await systemClock.sleep(PAUSE_MS);
    }
    await quiet(app);
    const log = (await simulated.takeLog()) as unknown as readonly Arrived[];
    const arrivals = edits.map(({ title, sentAt }) => {
      const arrived = log.find(({ mutating, body }) => mutating && body?.includes(`"${title}"`));
      assert(arrived, `the edit "${title}" never arrived`);
      return arrived.at - sentAt;
    });
    const answers = edits.map(({ sentAt, answeredAt }) => answeredAt - sentAt);
    const [p50, p99] = [at(arrivals, 0.5), at(arrivals, 0.99)];
    const row = (what: string, of: readonly number[]): string[] => [
      what,
      ...[0.5, 0.9, 0.99, 1].map((part) => String(at(of, part))),
    ];
    return {
      table: [
        ["from the request", "p50 ms", "p90 ms", "p99 ms", "worst ms"],
        row("answered by the API", answers),
        row("arrived at the other vendor", arrivals),
      ],
      notes: [
        `the first ${WARM} edits are not counted`,
        "an edit is one PATCH of one lead; before each write the record is read once more at the vendor, which is counted",
        "times are whole milliseconds of one clock; the simulator notes a request when it has read it",
        `peak memory ${peakMb()} MB`,
      ],
      ratio: p99,
      limit: `answering an edit alone took up to ${at(answers, 0.99)} ms, at a load average of ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores`,
      line: `bench realtime: p50 ${p50} ms p99 ${p99} ms over ${records} edits`,
      postgres: winston.postgres,
    };
  },
};

/** The smallest value that this part of all does not exceed. */
function at(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;
}

interface Running extends Started {
  readonly send: (method: string, path: string, body: object) => Promise<unknown>;
}

/** With an API that is listened on, and a key for it. */
async function startServing(): Promise<Running> {
  const started = await startWinston({ hubspot: hubspot.ways[0]!.connector });
  const { url } = await started.app.listen({ host: "127.0.0.1", port: 0 });
  const { token } = await started.app.keys.create({ name: "bench", scopes: ["records:write", "records:read"] });
  return {
    ...started,
    send: async (method, path, body) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
      assert(answer.ok, `${method} ${path} was answered ${answer.status}: ${await answer.clone().text()}`);
      return answer.json();
    },
  };
}

async function quiet(app: WinstonApp): Promise<void> {
  for (const until = systemClock.now() + PATIENCE_MS; systemClock.now() < until;) {
    if ((await app.connections.quiet()).quiet) return;
    await systemClock.sleep(50);
  }
  throw new Error("Winston does not come to rest.");
}
