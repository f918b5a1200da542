// The whole line: a Salesforce org that runs here, and a Winston as `createWinston` composes it, with its vault, its HTTP runtime and pg-boss at work.
import { systemClock, type Clock } from "../../src/base/clock.ts";
import type { JsonObject } from "../../src/base/json.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom, systemRandom } from "../../src/base/random.ts";
import { connectors } from "../../src/connectors/index.ts";
import { startSalesforce, type SalesforceSimulator } from "../../src/simulators/salesforce/index.ts";
import type { RunView, StoredRecord } from "../../src/sync/types.ts";
import { createWinston } from "../../src/winston.ts";
import { createTestDatabase } from "./database.ts";
import { createTestFolder } from "./folder.ts";

/** How long a condition is waited for: far beyond what any needs, so that a hang is told and not endured. */
const PATIENCE_MS = 300_000;

/** Real time that can be moved forward: whoever sleeps until then wakes. */
export class MovableClock implements Clock {
  #ahead = 0;
  #moved = new AbortController();

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.now() + ms;
    for (let left = ms; left > 0; left = until - this.now()) {
      const moved = this.#moved.signal;
      await systemClock.sleep(left, signal ? AbortSignal.any([signal, moved]) : moved).catch((thrown: unknown) => {
        if (signal?.aborted) throw thrown;
      });
    }
  }

  move(ms: number): void {
    this.#ahead += ms;
    this.#moved.abort();
    this.#moved = new AbortController();
  }
}

type Row = Record<string, unknown>;

/** `fill` runs before Winston connects, so that its first load brings what is there. */
export async function createLine(
  fill: (org: SalesforceSimulator) => unknown = () => {},
  options: { settings?: JsonObject; story?: "larkfield" | "empty" } = {},
) {
  const clock = new MovableClock();
  const folder = createTestFolder();
  const database = await createTestDatabase();
  const org = await startSalesforce({ clock, random: seededRandom(7), story: options.story ?? "empty" });
  await fill(org);
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

  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const began = systemClock.now();
    while (!(await holds())) {
      if (systemClock.now() - began > PATIENCE_MS) throw new Error(`it did not come to this: ${what}`);
      await systemClock.sleep(15);
    }
  };
  const settle = (): Promise<void> => until("nothing is owed", async () => (await winston.connections.quiet()).quiet);

  const { clientId, clientSecret, refreshToken } = org.credentials;
  const connect = (settings: JsonObject = {}) =>
    winston.connections.connect({
      vendor: "salesforce",
      name: "salesforce",
      mode: "write",
      settings: { loginUrl: org.url, simulator: true, ...options.settings, ...settings },
      secrets: { clientId, clientSecret, refreshToken },
    });
  const connection = await connect();
  await winston.work();
  await settle();

  const list = (kind: string, stage?: string): Promise<readonly StoredRecord[]> =>
    winston.records.list({ kind, stage, limit: 5_000 });
  return {
    org,
    clock,
    winston,
    /** Of Winston's own data. */
    dataDir: folder.path,
    database,
    connection,
    connect,
    until,
    settle,
    list,
    /** One incremental cycle of every stream, to its end. */
    cycle: async (more: { full?: boolean; stream?: string } = {}): Promise<void> => {
      await winston.connections.sync(connection.id, { trigger: "test", ...more });
      await settle();
    },
    save: async (kind: string, input: Row, id?: string): Promise<string> => {
      const [result] = await winston.records.save([{ id, input }], {
        kind,
        ...(kind === "person" ? { stage: "lead" } : {}),
        mode: "upsert",
        unknownKeys: "error",
        actor: "test",
      });
      if (result!.status === "failed") throw new Error(JSON.stringify(result));
      return result!.id;
    },
    /** The record of ours that is this one of theirs. */
    of: async (recordId: string): Promise<StoredRecord> => {
      const { rows } = await database.pool.query<{ kind: string; id: string }>(
        "select entity.kind, entity.id from link join entity on entity.id = link.entity_id where record_id = $1",
        [recordId],
      );
      if (!rows[0]) throw new Error(`${recordId} is not linked`);
      return winston.records.get(rows[0].kind, undefined, rows[0].id);
    },
    /** Requests that set out to change records, set-up apart. */
    writes: (): number => org.log.entries.filter((one) => one.mutating && !/tooling|Permission/u.test(one.path)).length,
    /** The records of theirs that carry this last name. */
    named: (object: string, lastName: string): Row[] =>
      org.data.list(object).filter((row) => row["LastName"] === lastName),
    runs: (stream: string): Promise<RunView[]> =>
      winston.runs.list({ limit: 500 }).then((runs) => runs.filter((run) => run.stream === stream)),
    async [Symbol.asyncDispose]() {
      await winston.stop();
      await org.close();
      await database[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

export type Line = Awaited<ReturnType<typeof createLine>>;
