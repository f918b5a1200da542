// The composition root: builds everything from what comes in by the front door.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type AlertEngine, createAlerts } from "./alerts/alerts.ts";
import { createFlow } from "./alerts/flow.ts";
import { stoppedCauses } from "./alerts/stopped.ts";
import type { Clock } from "./base/clock.ts";
import { idMaker } from "./base/ids.ts";
import type { Log } from "./base/log.ts";
import type { Random } from "./base/random.ts";
import type { Config } from "./config.ts";
import { createConfigDocuments } from "./config-document/config-documents.ts";
import type { ConfigDocuments } from "./config-document/types.ts";
import { limitsOf, type Connector } from "./connector/contract.ts";
import { createAgent, publicAddresses, simulatorAddresses, type AddressPolicy } from "./connector/egress.ts";
import { createApi } from "./connector/runtime.ts";
import { createTokenPost } from "./connector/token-post.ts";
import { createHttp } from "./http/app.ts";
import { listen } from "./http/listen.ts";
import type { Access } from "./http/ports.ts";
import { createBudgets } from "./jobs/budget.ts";
import { createExchanges } from "./jobs/exchanges.ts";
import { openJobs } from "./jobs/jobs.ts";
import { deleteBrakesBefore } from "./store/brake.ts";
import { insertAccess } from "./store/access-log.ts";
import { abandonIdempotent, beginIdempotent, deleteIdempotentBefore, finishIdempotent } from "./store/idempotency.ts";
import type { Database } from "./store/database.ts";
import { MARK_FILE, readMark, writeMark } from "./store/mark-file.ts";
import { openStore } from "./store/open.ts";
import { createRetention, KEPT_DAYS } from "./store/partitions.ts";
import { createBrakes } from "./sync/brakes.ts";
import { createCatalog } from "./sync/catalog.ts";
import { createComparisons } from "./sync/comparisons.ts";
import { createConflicts } from "./sync/conflicts.ts";
import type { ConnectionParts } from "./sync/connect.ts";
import { createConnections } from "./sync/connections.ts";
import { createDuplicates } from "./sync/duplicates.ts";
import { createEngine } from "./sync/engine.ts";
import { Leave } from "./sync/leave.ts";
import { createMappings, type Mappings } from "./sync/mappings.ts";
import { createPlans } from "./sync/plans.ts";
import { createQuarantines, type Witness } from "./sync/quarantine.ts";
import { createRecords } from "./sync/records.ts";
import { createRuns } from "./sync/runs.ts";
import type { Why } from "./sync/explained.ts";
import { createFrozen } from "./sync/frozen.ts";
import type { Plans } from "./sync/planned.ts";
import type { Brakes, Frozen } from "./sync/stopped.ts";
import type { Comparisons, Conflicts, Connections, Duplicates, Quarantines, Records, Runs } from "./sync/types.ts";
import { createSchema, type Schema } from "./sync/drifts.ts";
import { createWhy } from "./sync/why.ts";
import { createChannelSecrets } from "./vault/channels.ts";
import { createCredentials, createTrial } from "./vault/credentials.ts";
import { openKeys, type Keys } from "./vault/keys.ts";
import { openSeal } from "./vault/master-key.ts";
import { rewrap } from "./vault/rewrap.ts";

/** What the surfaces (HTTP, CLI) are given. */
export interface Winston {
  readonly records: Records;
  readonly connections: Connections;
  readonly runs: Runs;
  readonly comparisons: Comparisons;
  readonly conflicts: Conflicts;
  readonly duplicates: Duplicates;
  readonly plans: Plans;
  readonly why: Why;
  readonly brakes: Brakes;
  readonly frozen: Frozen;
  readonly configDocuments: ConfigDocuments;
  readonly schema: Schema;
  readonly mappings: Mappings;
  readonly alerts: AlertEngine;
  readonly quarantines: Quarantines;
}

export interface WinstonApp extends Winston {
  readonly keys: Keys;
  /** Whether the database is Winston's own. */
  readonly embedded: boolean;
  readonly database: Database;
  /** Opens the HTTP surface. Throws start.failed. */
  listen(options: { host: string; port: number; allowRemote?: boolean }): Promise<{ url: string; port: number }>;
  /** Starts to work on what is owed, in this process. */
  work(): Promise<void>;
  /** Ends the steps in hand, closes the door, then the database. Stopping twice is harmless. */
  stop(): Promise<void>;
}

export interface WinstonParts {
  readonly config: Pick<Config, "dataDir" | "databaseUrl" | "databaseConnections" | "key" | "keyFile" | "workers"> &
    Partial<
      Pick<
        Config,
        | "historyDays"
        | "exchangeDays"
        | "accessDays"
        | "sharedMailboxes"
        | "allowAddresses"
        | "afterRestore"
        | "environment"
      >
    >;
  readonly connectors: Readonly<Record<string, Connector>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  /** Of tests: a database that does not flush. */
  readonly unsafeForTests?: boolean;
}

const DAY_MS = 24 * 3_600_000;
/** How long what was decided at the brake is remembered. */
const BRAKES_KEPT_DAYS = 30;

/** Builds a Winston. Nothing listens and nothing works before it is told to. Throws what opening the store throws, and leaves nothing behind then. */
export async function createWinston(parts: WinstonParts): Promise<WinstonApp> {
  const { config, connectors, clock, random, log, version } = parts;
  const store = await openStore({
    databaseUrl: config.databaseUrl,
    dataDir: join(config.dataDir, "pg"),
    clock,
    log,
    connectionsMax: config.databaseConnections,
    ...(parts.unsafeForTests === undefined ? {} : { unsafeForTests: parts.unsafeForTests }),
  });
  try {
    return await assemble(store);
  } catch (thrown) {
    await store.close();
    throw thrown;
  }

  async function assemble(opened: typeof store): Promise<WinstonApp> {
    const { database, embedded } = opened;
    const newId = idMaker(clock, random);
    const seal = await openSeal({
      database,
      source: { key: config.key, keyFile: config.keyFile, dataDir: config.dataDir },
      random,
    });
    await rewrap({ database, seal, log });
    const keys = await openKeys({ database, seal, clock, random });
    const credentials = createCredentials({ database, seal, clock, log });
    const budgets = createBudgets({ database, clock, log });
    const jobs = await openJobs({
      database,
      clock,
      log,
      worker: config.workers > 0,
      concurrent: Math.max(1, config.workers),
    });
    const catalog = createCatalog(connectors, {
      sharedMailboxes: config.sharedMailboxes,
      environment: config.environment,
    });
    const agents = { simulator: createAgent(simulatorAddresses), public: createAgent(publicAddresses) };

    const open: ConnectionParts["open"] = ({ connector, connection }, { lane, runId, secrets }) => {
      const simulator = connection.settings["simulator"] === true;
      const addresses = simulator ? simulatorAddresses : publicAddresses;
      const agent = simulator ? agents.simulator : agents.public;
      const exchanges = createExchanges({ database, clock, log, connectionId: connection.id, runId });
      const leave = new Leave();
      const post = createTokenPost({ agent, addresses });
      const trial = secrets && createTrial(secrets, connector.auth, connection.settings, post);
      const api = createApi({
        connector,
        settings: connection.settings,
        credentials: trial ?? credentials.forConnection(connection.id, connector.auth, connection.settings, post),
        budget: budgets.forConnection(connection.id, limitsOf(connector, connection.settings), connection.name),
        exchanges,
        clock,
        random,
        agent,
        addresses,
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
    const owner = `${process.pid}-${randomUUID()}`;
    const engine = createEngine({ ...shared, log, owner, open });
    const records = createRecords(shared);
    const connections = createConnections({ ...shared, connectors, credentials, open });
    const runs = createRuns({ database, jobs, catalog });
    const comparisons = createComparisons(shared);
    const conflicts = createConflicts(shared);
    const duplicates = createDuplicates({ ...shared, open });
    const plans = createPlans({
      ...shared,
      connectors,
      log,
      open,
      owner,
      historyDays: config.historyDays ?? KEPT_DAYS.history,
    });
    const why = createWhy(shared);
    const brakes = createBrakes(shared);
    const frozen = createFrozen(shared);
    const configDocuments = createConfigDocuments({ ...shared, connectors, connections });
    const schema = createSchema({ ...shared, connectors, open });
    const mappings = createMappings(shared);
    const alertAddresses: AddressPolicy = { simulator: false, listed: config.allowAddresses ?? [], plain: true };
    const alertAgent = createAgent(alertAddresses);
    const alerts = createAlerts({
      ...shared,
      connectors,
      agent: alertAgent,
      addresses: alertAddresses,
      secrets: createChannelSecrets(seal),
      random,
      log,
      sources: [stoppedCauses],
    });
    const quarantines = createQuarantines({
      ...shared,
      log,
      witness: sideFile(config.dataDir, log),
      asks: config.afterRestore === "ask",
    });
    await quarantines.look();
    const access = accessLog(database, clock, log);
    const { historyDays, exchangeDays, accessDays } = config;
    const retention = createRetention({
      database,
      clock,
      log,
      days: {
        history: historyDays ?? KEPT_DAYS.history,
        exchanges: exchangeDays ?? KEPT_DAYS.exchanges,
        access: accessDays ?? KEPT_DAYS.access,
      },
    });

    const http = createHttp({
      records,
      connections,
      runs,
      comparisons,
      conflicts,
      duplicates,
      plans,
      why,
      brakes,
      frozen,
      configDocuments,
      schema,
      mappings,
      quarantines,
      keys,
      idempotency: {
        begin: (keyId, key, digest, once) => beginIdempotent(database, { keyId, key, digest, now: clock.now(), once }),
        finish: (keyId, key, answer) =>
          answer === null
            ? abandonIdempotent(database, { keyId, key })
            : finishIdempotent(database, { keyId, key, ...answer }),
      },
      alerts,
      health: {
        ready: () => ready(connections, quarantines),
        flow: createFlow({ database, connectors, catalog, clock }),
      },
      catalogue: { fields: (kind) => catalog.fields(database, kind) },
      connectors: Object.values(connectors),
      clock,
      log,
      requestId: newId,
      version,
      access: access.note,
    });

    const tick = async (): Promise<void> => {
      await engine.tick();
      await alerts.tick();
      await budgets.settle();
      await access.flush();
      await deleteIdempotentBefore(database, clock.now() - DAY_MS);
      await deleteBrakesBefore(database, clock.now() - BRAKES_KEPT_DAYS * DAY_MS);
      await retention.run();
      await plans.tidy();
    };

    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await plans.stop();
      await jobs.stop();
      await http.close();
      await budgets.settle();
      await credentials.settled();
      await alerts.settled();
      await access.flush();
      await Promise.all([agents.simulator.close(), agents.public.close(), alertAgent.close()]);
      await opened.close();
    };

    return {
      records,
      connections,
      runs,
      comparisons,
      conflicts,
      duplicates,
      plans,
      why,
      brakes,
      frozen,
      configDocuments,
      schema,
      mappings,
      alerts,
      quarantines,
      keys,
      embedded,
      database,
      listen: (options) => listen(http, options),
      work: async () => {
        // Before there is anything to keep, so that a new database has its months from the first row on.
        await retention.run();
        await engine.resume();
        await jobs.work({
          lane: async (job) => {
            await quarantines.look();
            return engine.runLane(job);
          },
          tick,
        });
      },
      stop: () => (stopped ??= stop()),
    };
  }
}

async function ready(
  connections: Connections,
  quarantines: Quarantines,
): Promise<{ ok: boolean; checks: Record<string, { ok: boolean; detail?: string }> }> {
  try {
    const { owed } = await connections.quiet();
    const held = (await quarantines.list()).length;
    const restore = held === 0 ? {} : { restore: { ok: true, detail: `${held} connections are only read for now` } };
    return {
      ok: true,
      checks: { database: { ok: true }, queue: { ok: true, detail: `${owed} lanes owe work` }, ...restore },
    };
  } catch {
    return { ok: false, checks: { database: { ok: false, detail: "the database does not answer" } } };
  }
}

/** The mark this machine saw last, beside its data. Where it cannot be written work goes on, and a restore may go unnoticed here. */
function sideFile(dataDir: string, log: Log): Witness {
  const file = join(dataDir, MARK_FILE);
  return {
    read: () => readMark(file),
    write: (mark) => {
      try {
        writeMark(file, mark);
      } catch (thrown) {
        log.warn({ file, error: String(thrown) }, "the mark of the database could not be written beside the data");
      }
    },
  };
}

/** Keeps lines of the access log in memory for a moment and stores them many at a time. */
function accessLog(
  database: Database,
  clock: Clock,
  log: Log,
): { note: (entry: Access) => void; flush: () => Promise<void> } {
  let lines: Access[] = [];
  let under: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    const batch = lines;
    lines = [];
    if (batch.length === 0) return;
    await insertAccess(database, batch).catch((thrown: unknown) =>
      log.warn({ lost: batch.length, error: String(thrown) }, "lines of the access log were lost"),
    );
  };
  return {
    note: (entry) => {
      lines.push(entry);
      under ??= clock
        .sleep(500)
        .then(flush)
        .finally(() => (under = undefined));
    },
    flush,
  };
}
