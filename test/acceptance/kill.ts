// SIGKILL at chosen moments. The simulator leaves one request unanswered, so that what the server was doing is certain: a run is open, and
// nothing that it was told after that request can have been stored.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, type Server } from "./server.ts";
import type { Logged, Simulator } from "./simulator.ts";

export interface Moment {
  readonly title: string;
  /** The request that gets no answer: the first that fits one of these. `nth` strikes the nth only. */
  readonly match: readonly { readonly method?: string; readonly path: string; readonly nth?: number }[];
  /** hang-after: the vendor does it and does not say so. hang: the vendor does nothing. */
  readonly kind: "hang" | "hang-after";
  readonly lane: string;
}

export const MOMENTS = {
  creating: {
    title: "while records are created",
    // By collections, or by a bulk job that has just been closed: what waits when the push begins decides.
    match: [{ path: "/composite/sobjects/Opportunity" }, { method: "PATCH", path: "/jobs/ingest/" }],
    kind: "hang-after",
    lane: "push",
  },
  updating: {
    title: "while records are updated",
    match: [{ method: "PATCH", path: "/composite/sobjects?", nth: 2 }],
    kind: "hang-after",
    lane: "push",
  },
  reading: {
    title: "while changes are read",
    match: [{ method: "GET", path: "FROM Lead WHERE" }],
    kind: "hang",
    lane: "batch",
  },
} as const satisfies Record<string, Moment>;

/** Two full CRMs are read before the first record is made, which takes minutes on a busy machine. */
const WITHIN_MS = 15 * 60_000;

/** Of a simulator: its dials by HTTP, and which stream of Winston's a request serves. */
export interface Struck {
  readonly vendor: string;
  control<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  readonly streamOf: (request: Logged) => string | Promise<string>;
}

export const struckSalesforce = (simulator: Simulator): Struck => ({
  vendor: "Salesforce",
  control: (method, path, body) => simulator.control(method, path, body),
  streamOf: (request) => streamOf(request, simulator),
});

/**
 * Arms the moment. The function returned waits until it has come, kills the server, starts it again, and says what was hit; it
 * resolves to the id of the run that was open.
 */
export async function armKill(
  moment: Moment,
  on: { server: Server; struck: Struck; say: (line: string) => void },
): Promise<() => Promise<string>> {
  const { server, struck, say } = on;
  const before = (await unanswered(struck)).length;
  for (const { nth = 1, ...match } of moment.match)
    await struck.control("POST", "/faults", { kind: moment.kind, match, every: nth, times: 1 });
  return async () => {
    const deadline = performance.now() + WITHIN_MS;
    let caught = await unanswered(struck);
    while (caught.length === before) {
      if (performance.now() > deadline)
        throw new Error(
          `No request matched ${JSON.stringify(moment.match)} within a quarter of an hour; nothing was killed ${moment.title}.`,
        );
      await sleep(20);
      caught = await unanswered(struck);
    }
    const request = caught.at(-1)!;
    const stream = await struck.streamOf(request);
    const runs = await server.client.runs.list({ state: "running" }).toArray({ limit: 50 });
    const run = runs.find((one) => one.lane === moment.lane && one.stream === stream);
    if (!run)
      throw new Error(
        `No run of ${stream}, lane ${moment.lane}, was open ${moment.title}; open were: ${runs.map(describe).join("; ") || "none"}.`,
      );
    await server.kill();
    await struck.control("DELETE", "/faults");
    const asked = `${request.method} ${request.path}`;
    say(`killed ${moment.title}: ${describe(run)}`);
    say(
      moment.kind === "hang-after"
        ? `  an attempt was open: ${struck.vendor} did ${asked} (${request.rows} rows) and never answered, so no outcome of it was stored`
        : `  ${struck.vendor} was asked ${asked} and never answered`,
    );
    const startedAt = performance.now();
    await server.start();
    say(`  ready again after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return run.id;
  };
}

/** Requests that were left without an answer. */
async function unanswered(struck: Struck): Promise<Logged[]> {
  const { entries } = await struck.control<{ entries: Logged[] }>("GET", "/log");
  return entries.filter((entry) => entry.fault === "hang" || entry.fault === "hang-after");
}

/** The stream that a request serves, by the object it names or its job is for. */
async function streamOf({ path, query, body = "" }: Logged, simulator: Simulator): Promise<string> {
  if (path.includes("/jobs/ingest/")) {
    const { object } = await simulator.jsforce.request<{ object: string }>(path);
    return object.toLowerCase();
  }
  const said = `${path} ${new URLSearchParams(query).get("q") ?? ""} ${body}`;
  const named = /\/sobjects\/(\w+)\/|FROM (\w+)|"type":"(\w+)"/u.exec(said);
  return (named?.[1] ?? named?.[2] ?? named?.[3] ?? "").toLowerCase();
}
