// An engine over a private database, driven step by step: jobs are run here, in order, by `settle`, and time stands still until told.
import { VirtualClock } from "../../src/base/clock.ts";
import { idMaker } from "../../src/base/ids.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Connector } from "../../src/connector/contract.ts";
import type { Api } from "../../src/connector/api.ts";
import type { Jobs } from "../../src/jobs/jobs.ts";
import { createConfigDocuments } from "../../src/config-document/config-documents.ts";
import { answerWake, noteWakes, owedLanes, readWake } from "../../src/store/lane.ts";
import { createBrakes } from "../../src/sync/brakes.ts";
import { createCatalog } from "../../src/sync/catalog.ts";
import { createComparisons } from "../../src/sync/comparisons.ts";
import { createConflicts } from "../../src/sync/conflicts.ts";
import { createConnections } from "../../src/sync/connections.ts";
import { createDuplicates } from "../../src/sync/duplicates.ts";
import { createEngine, type EngineParts } from "../../src/sync/engine.ts";
import type { Environment } from "../../src/sync/leave.ts";
import { createMappings } from "../../src/sync/mappings.ts";
import { createPlans } from "../../src/sync/plans.ts";
import { createFrozen } from "../../src/sync/frozen.ts";
import { createRecords } from "../../src/sync/records.ts";
import { createRuns } from "../../src/sync/runs.ts";
import { createSchema } from "../../src/sync/drifts.ts";
import { createWhy } from "../../src/sync/why.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

/** Jobs without pg-boss: wakes are noted in the same transaction as always, and `settle` works them off. On a given `database` it is one more process of the same Winston, and leaves it behind. */
export async function createTestEngine(
  connectors: Readonly<Record<string, Connector>>,
  options: {
    clock?: VirtualClock;
    seed?: number;
    database?: TestDatabase;
    environment?: Environment;
    open?: (database: TestDatabase) => EngineParts["open"];
  } = {},
) {
  const database = options.database ?? (await createTestDatabase());
  const clock = options.clock ?? new VirtualClock();
  const newId = idMaker(clock, seededRandom(options.seed ?? 1));
  const later: { streamId: number; lane: Parameters<Jobs["wakeLater"]>[0]["lane"]; at: number }[] = [];
  const stopping = new AbortController();
  const jobs: Jobs = {
    wake: async (tx, wakes) => {
      await noteWakes(tx, wakes);
    },
    wakeLater: async (wake, _, delayMs) => {
      later.push({ ...wake, at: clock.now() + delayMs });
    },
    work: async () => {},
    stop: async () => stopping.abort(),
  };
  const catalog = createCatalog(connectors, { environment: options.environment });
  const silent: EngineParts["open"] = () => ({
    api: { settings: {} } as unknown as Api,
    requests: () => 0,
    spent: () => new Map(),
    close: async () => {},
  });
  const open = options.open?.(database) ?? silent;
  const shared = { database, jobs, catalog, clock, newId };
  const parts: EngineParts = { ...shared, log: silentLog, owner: "test", open };
  const engine = createEngine(parts);

  /** Works off what is owed until nothing is; `waits` also lets delayed tries come. */
  const settle = async (waits = true): Promise<void> => {
    for (let round = 0; round < 200; round++) {
      const owed = await owedLanes(database, null);
      if (owed.length === 0) {
        if (!waits || later.length === 0) return;
        const next = later.toSorted((a, b) => a.at - b.at)[0]!;
        later.splice(later.indexOf(next), 1);
        clock.advance(Math.max(0, next.at - clock.now()));
        await noteWakes(database, [next]);
        continue;
      }
      const one = owed[0]!;
      const { wanted } = await readWake(database, one.streamId, one.lane);
      const end = await engine.runLane({ ...one, trigger: "test", signal: stopping.signal });
      if (end === "lost") return; // Another engine works on it.
      await answerWake(database, one.streamId, one.lane, wanted);
      clock.advance(10);
    }
    throw new Error("the engine does not come to rest");
  };

  const connections = createConnections({ ...shared, connectors, credentials: { put: async () => {} }, open });
  return {
    database,
    clock,
    engine,
    jobs,
    catalog,
    connections,
    records: createRecords(shared),
    conflicts: createConflicts(shared),
    brakes: createBrakes(shared),
    frozen: createFrozen(shared),
    configDocuments: createConfigDocuments({ ...shared, connectors, connections }),
    comparisons: createComparisons(shared),
    duplicates: createDuplicates({ ...shared, open }),
    runs: createRuns({ database, jobs, catalog }),
    why: createWhy(shared),
    schema: createSchema({ ...shared, connectors, open }),
    mappings: createMappings(shared),
    plans: createPlans({ ...shared, connectors, log: silentLog, open, owner: "test", historyDays: 400 }),
    settle,
    /** Aborted by `jobs.stop`. */
    signal: stopping.signal,
    /** One incremental cycle of every stream of a connection. */
    sync: async (connectionId: string, full = false) => {
      await connections.sync(connectionId, { trigger: "test", full });
      await settle();
    },
    [Symbol.asyncDispose]: async () => {
      if (options.database === undefined) await database[Symbol.asyncDispose]();
    },
  };
}
