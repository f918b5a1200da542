// The engine over a database of the ground, without pg-boss: a lane is run when the bench says so.
import { strict as assert } from "node:assert";
import { systemClock } from "../src/base/clock.ts";
import { idMaker } from "../src/base/ids.ts";
import type { JsonObject } from "../src/base/json.ts";
import { silentLog } from "../src/base/log.ts";
import { systemRandom } from "../src/base/random.ts";
import type { Api } from "../src/connector/api.ts";
import type { Connector } from "../src/connector/contract.ts";
import type { Jobs } from "../src/jobs/jobs.ts";
import { readStreams } from "../src/store/connection.ts";
import type { Database } from "../src/store/database.ts";
import { type Lane, noteWakes, placeLane } from "../src/store/lane.ts";
import { listRuns } from "../src/store/run.ts";
import { createCatalog } from "../src/sync/catalog.ts";
import { createConnections } from "../src/sync/connections.ts";
import { createEngine, type EngineParts } from "../src/sync/engine.ts";
import { createPlans } from "../src/sync/plans.ts";
import type { RunCounts } from "../src/sync/types.ts";

export interface Rig {
  /** Connects the connector, in mode observe; its streams are laid out and wait. */
  connect(connector: string, settings?: JsonObject): Promise<void>;
  /** Runs one lane to its end and returns the run's counts. Throws what the run says went wrong. A backfill begins anew. */
  run(stream: string, lane: Lane): Promise<RunCounts>;
  /** Computes a plan of a connection, and returns how many lines it has of each class, change and kind. Throws why there is none. */
  plan(connection: string): Promise<Readonly<Record<string, number>>>;
}

/** `api` is what the connector speaks through; benches without HTTP need none. */
export function createRig(database: Database, connectors: Readonly<Record<string, Connector>>, api?: () => Api): Rig {
  const newId = idMaker(systemClock, systemRandom);
  const jobs: Jobs = {
    wake: async (tx, wakes) => {
      await noteWakes(tx, wakes);
    },
    wakeLater: async () => {},
    work: async () => {},
    stop: async () => {},
  };
  const catalog = createCatalog(connectors);
  const open: EngineParts["open"] = () => ({
    api: api?.() ?? ({ settings: {} } as unknown as Api),
    requests: () => 0,
    spent: () => new Map(),
    close: async () => {},
  });
  const shared = { database, jobs, catalog, clock: systemClock, newId };
  const engine = createEngine({ ...shared, log: silentLog, owner: "bench", open });
  const plans = createPlans({ ...shared, connectors, log: silentLog, owner: "bench", open, historyDays: 400 });
  const connections = createConnections({ ...shared, connectors, credentials: { put: async () => {} }, open });
  return {
    connect: async (vendor, settings = {}) => {
      // The secrets are with whoever opened the connection; what is said here is only that there are some.
      const secrets = Object.fromEntries(connectors[vendor]!.auth.secrets.map(({ key }) => [key, "known"]));
      await connections.connect({ vendor, name: vendor, mode: "observe", settings, secrets });
    },
    run: async (key, lane) => {
      const stream = (await readStreams(database, {})).find((one) => one.key === key)!;
      if (lane === "backfill") await placeLane(database, stream.id, lane, { watermark: null, checkpoint: null });
      await engine.runLane({ streamId: stream.id, lane, trigger: "bench", signal: new AbortController().signal });
      const [run] = await listRuns(database, {
        connectionId: null,
        state: null,
        since: null,
        after: null,
        id: null,
        limit: 1,
      });
      assert(run?.state === "done", `the run of ${key} ended as ${run?.state}: ${run?.error?.message}`);
      // How many the vendor said there would be is only for people who wait.
      const { expected: _, ...counts } = run.counts as RunCounts;
      return counts;
    },
    plan: async (connection) => {
      const plan = await plans.settled((await plans.create({ connection }, "bench")).id);
      assert(plan.state === "ready", `the plan is ${plan.state}: ${plan.error?.message}`);
      return Object.fromEntries(plan.totals.map((one) => [`${one.class} ${one.op} ${one.kind}`, one.count]));
    },
  };
}
