// Winston between both CRMs: each test has a Salesforce, a HubSpot and a Winston of its own, and one clock for all of them.
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom, systemRandom } from "../../src/base/random.ts";
import { connectors } from "../../src/connectors/index.ts";
import { startHubspot, type HubspotSimulator } from "../../src/simulators/hubspot/index.ts";
import { startSalesforce, type SalesforceSimulator } from "../../src/simulators/salesforce/index.ts";
import type { StoredRecord } from "../../src/sync/types.ts";
import { createWinston } from "../../src/winston.ts";
import { createTestDatabase } from "./database.ts";
import { createTestFolder } from "./folder.ts";
import { MovableClock } from "./line.ts";

const PATIENCE_MS = 300_000;

/** Deletion logs are read, and changes become certain, within so long. */
const LONG_MS = 11 * 60_000;

type Side = "salesforce" | "hubspot";

/** `fill` runs before Winston connects; Salesforce is read first. */
export async function createHub(
  fill: (sides: {
    org: SalesforceSimulator["data"];
    portal: HubspotSimulator["data"];
    dials: HubspotSimulator["dials"];
  }) => unknown = () => {},
  options: { story?: "larkfield" | "empty" } = {},
) {
  // What was started when something fails on the way is closed too: a process that still serves never ends.
  await using started = new AsyncDisposableStack();
  const clock = new MovableClock();
  const folder = started.use(createTestFolder());
  const database = started.use(await createTestDatabase());
  const story = options.story ?? "empty";
  const org = await startSalesforce({ clock, random: seededRandom(7), story });
  started.defer(() => org.close());
  const portal = await startHubspot({ clock, random: seededRandom(7), story });
  started.defer(() => portal.close());
  // What is written is found at once, and nobody waits for the limits of an account.
  portal.dials.set({ searchLagMs: 0, privateCallsPer10s: 100_000, searchesPerSecond: 1_000 });
  await fill({ org: org.data, portal: portal.data, dials: portal.dials });
  portal.data.indexNow();
  const winston = await createWinston({
    config: {
      dataDir: folder.path,
      databaseUrl: database.url,
      databaseConnections: 10,
      key: undefined,
      keyFile: undefined,
      workers: 4,
    },
    connectors,
    clock,
    random: systemRandom,
    log: silentLog,
    version: "0.0.0-test",
    unsafeForTests: true,
  });
  started.defer(() => winston.stop());
  const settle = async (): Promise<void> => {
    const began = systemClock.now();
    while (!(await winston.connections.quiet()).quiet) {
      if (systemClock.now() - began > PATIENCE_MS) throw new Error("it does not come to rest");
      await systemClock.sleep(15);
    }
  };
  const { clientId, clientSecret, refreshToken } = org.credentials;
  const connect = {
    salesforce: () =>
      winston.connections.connect({
        vendor: "salesforce",
        name: "salesforce",
        mode: "write",
        settings: { loginUrl: org.url, simulator: true },
        secrets: { clientId, clientSecret, refreshToken },
      }),
    hubspot: () =>
      winston.connections.connect({
        vendor: "hubspot",
        name: "hubspot",
        mode: "write",
        settings: { baseUrl: portal.url, simulator: true },
        secrets: { accessToken: portal.credentials.privateToken },
      }),
  };
  const connections = { salesforce: (await connect.salesforce()).id, hubspot: "" };
  await winston.work();
  await settle();
  connections.hubspot = (await connect.hubspot()).id;
  await settle();

  const closing = started.move();
  const list = (kind: string): Promise<readonly StoredRecord[]> => winston.records.list({ kind, limit: 500 });
  const hub = {
    org: org.data,
    portal: portal.data,
    simulators: { salesforce: org, hubspot: portal },
    clock,
    winston,
    connections,
    database,
    settle,
    list,
    /** One cycle of both CRMs at once, to its end. */
    cycle: async (more: { full?: boolean } = {}): Promise<void> => {
      clock.move(LONG_MS);
      portal.data.indexNow();
      for (const id of [connections.salesforce, connections.hubspot])
        await winston.connections.sync(id, { trigger: "test", ...more });
      await settle();
    },
    disconnect: (side: Side): Promise<void> => winston.connections.remove(connections[side]),
    /** The same account once more, to the end of its first loads. */
    reconnect: async (side: Side): Promise<void> => {
      connections[side] = (await connect[side]()).id;
      await settle();
    },
    /** Requests so far that set out to change something at either CRM. */
    writes: (): string[] =>
      [org, portal].flatMap((side) =>
        side.log.entries
          .filter((one) => one.mutating && !/tooling|Permission|properties/u.test(one.path))
          .map((one) => `${one.method} ${one.path}`),
      ),
    save: async (kind: string, input: Record<string, unknown>, id?: string): Promise<string> => {
      const [result] = await winston.records.save([{ id, input }], {
        kind,
        mode: "upsert",
        unknownKeys: "error",
        actor: "test",
      });
      if (result!.status === "failed") throw new Error(JSON.stringify(result));
      return result!.id;
    },
    parked: async (): Promise<string[]> =>
      (await winston.runs.parked({ limit: 100 })).map((one) => `${one.connection} ${one.stream} ${one.reason}`),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
  return hub;
}

export type Hub = Awaited<ReturnType<typeof createHub>>;
