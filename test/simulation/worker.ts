// One Winston process of a world: the real engine, store, vault, budgets and connectors, on gated statements and the world's wire.
import { idMaker } from "../../src/base/ids.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import type { Random } from "../../src/base/random.ts";
import { simulatorAddresses } from "../../src/connector/egress.ts";
import { createApi } from "../../src/connector/runtime.ts";
import { createTokenPost } from "../../src/connector/token-post.ts";
import { connectors } from "../../src/connectors/index.ts";
import { createBudgets } from "../../src/jobs/budget.ts";
import { createExchanges } from "../../src/jobs/exchanges.ts";
import type { Jobs } from "../../src/jobs/jobs.ts";
import type { Database } from "../../src/store/database.ts";
import { noteWakes } from "../../src/store/lane.ts";
import { KEPT_DAYS } from "../../src/store/partitions.ts";
import { createBrakes } from "../../src/sync/brakes.ts";
import { createCatalog } from "../../src/sync/catalog.ts";
import type { ConnectionParts } from "../../src/sync/connect.ts";
import { createConnections } from "../../src/sync/connections.ts";
import { createDuplicates } from "../../src/sync/duplicates.ts";
import { createEngine } from "../../src/sync/engine.ts";
import { Leave } from "../../src/sync/leave.ts";
import { createPlans } from "../../src/sync/plans.ts";
import { createRecords } from "../../src/sync/records.ts";
import { createRuns } from "../../src/sync/runs.ts";
import { createCredentials, createTrial } from "../../src/vault/credentials.ts";
import { createSeal } from "../../src/vault/seal.ts";
import type { Dispatcher } from "undici";

export interface WorkerParts {
  readonly name: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly agent: Dispatcher;
  readonly log: Log;
  /** A wake for later, kept by the world: it outlives this process, as the queue's jobs do. */
  readonly later: Jobs["wakeLater"];
}

export const MASTER_KEY = Buffer.alloc(32, 7);

/** Puts a process together as `createWinston` does; the world runs its lanes. */
export function createWorker(parts: WorkerParts) {
  const { database, clock, random, agent, log } = parts;
  const newId = idMaker(clock, random);
  const seal = createSeal([MASTER_KEY], random);
  const credentials = createCredentials({ database, seal, clock, log });
  const budgets = createBudgets({ database, clock, log });
  const stopping = new AbortController();
  const jobs: Jobs = {
    wake: async (tx, wakes) => {
      await noteWakes(tx, wakes);
    },
    wakeLater: parts.later,
    work: async () => {},
    stop: async () => stopping.abort(),
  };
  const catalog = createCatalog(connectors);
  const open: ConnectionParts["open"] = ({ connector, connection }, { lane, runId, secrets }) => {
    const exchanges = createExchanges({ database, clock, log, connectionId: connection.id, runId });
    const leave = new Leave();
    const post = createTokenPost({ agent, addresses: simulatorAddresses });
    const trial = secrets && createTrial(secrets, connector.auth, connection.settings, post);
    const api = createApi({
      connector,
      settings: connection.settings,
      credentials: trial ?? credentials.forConnection(connection.id, connector.auth, connection.settings, post),
      budget: budgets.forConnection(connection.id, connector.limits, connection.name),
      exchanges,
      clock,
      random,
      agent,
      addresses: simulatorAddresses,
      lane,
      leave,
      log,
    });
    return {
      api,
      requests: () => exchanges.count,
      spent: () => exchanges.byClass,
      took: (requests, at) => exchanges.took(requests, at),
      granted: () => trial?.granted() ?? null,
      guard: (check) => leave.guard(check),
      close: () => exchanges.flush(),
    };
  };
  const shared = { database, jobs, catalog, clock, newId };
  const engine = createEngine({ ...shared, log, owner: parts.name, open });
  return {
    name: parts.name,
    engine,
    budgets,
    signal: stopping.signal,
    connections: createConnections({ ...shared, connectors, credentials, open }),
    records: createRecords(shared),
    brakes: createBrakes(shared),
    duplicates: createDuplicates({ ...shared, open }),
    plans: createPlans({ ...shared, connectors, log, open, owner: parts.name, historyDays: KEPT_DAYS.history }),
    runs: createRuns({ database, jobs, catalog }),
  };
}

export type Worker = ReturnType<typeof createWorker>;
