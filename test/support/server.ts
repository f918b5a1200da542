// One PostgreSQL for tests, with a template database that the migrations have been through.
import { chmodSync, existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { isError } from "../../src/base/errors.ts";
import { openStore } from "../../src/store/open.ts";
import { eraseData } from "../../src/store/postgres/server.ts";
import { folderOfTests } from "./folder.ts";

/** The database that tests clone. */
export const TEMPLATE = "winston";

/** Where test/global-setup.ts leaves the connection of its server, as JSON, for the processes of the test files. */
export const SERVER_VARIABLE = "WINSTON_TEST_SERVER";

const PREFIX = "winston-test-";

export interface TestServer {
  readonly connection: pg.PoolConfig;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Starts a server in a folder of its own; nothing is left of it after `stop`. */
export async function startTestServer(): Promise<TestServer> {
  const folder = folderOfTests();
  await sweepLeftovers(folder);
  const dataDir = mkdtempSync(join(folder, PREFIX));
  chmodSync(dataDir, 0o711); // As root the server is another account's.
  const migrationsDir = join(import.meta.dirname, "..", "..", "src", "store", "migrations");
  const store = await openStore({
    dataDir,
    clock: systemClock,
    log: silentLog,
    unsafeForTests: true,
    migrationsDir: existsSync(migrationsDir) ? migrationsDir : dataDir,
  });
  // Nobody may be connected to a template while it is cloned.
  await store.database.close();
  return {
    connection: store.database.connection,
    dataDir,
    async stop() {
      await store.close();
      await eraseData(dataDir, silentLog);
    },
  };
}

/** Removes what test runs that were killed left behind. A folder that its process still holds refuses, and one that was just made may not be held yet. */
async function sweepLeftovers(folder: string): Promise<void> {
  for (const name of readdirSync(folder).filter((one) => one.startsWith(PREFIX))) {
    const lock = statSync(join(folder, name, "lock"), { throwIfNoEntry: false });
    if (!lock || lock.mtimeMs > systemClock.now() - 60_000) continue;
    try {
      await eraseData(join(folder, name), silentLog);
    } catch (thrown) {
      if (!isError(thrown)) throw thrown;
    }
  }
}
