// The Winston that a bench measures: whole, in this process, on a database and in a folder of its own, which go with it.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { silentLog } from "../src/base/log.ts";
import { systemRandom } from "../src/base/random.ts";
import type { Connector } from "../src/connector/contract.ts";
import { eraseData } from "../src/store/postgres/server.ts";
import { createWinston, type WinstonApp } from "../src/winston.ts";

export interface Started extends AsyncDisposable {
  readonly app: WinstonApp;
  /** The version of its PostgreSQL. */
  readonly postgres: string;
}

export async function startWinston(connectors: Readonly<Record<string, Connector>>): Promise<Started> {
  const dataDir = mkdtempSync(join(tmpdir(), "winston-bench-"));
  chmodSync(dataDir, 0o711); // As root the database server is another account's.
  const app = await createWinston({
    config: {
      dataDir,
      databaseUrl: undefined,
      databaseConnections: 10,
      key: undefined,
      keyFile: undefined,
      workers: 4,
    },
    connectors,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    version: "0.0.0-bench",
  });
  const { rows } = await app.database.pool.query<{ server_version: string }>("show server_version");
  return {
    app,
    postgres: rows[0]!.server_version,
    [Symbol.asyncDispose]: async () => {
      await app.stop();
      await eraseData(join(dataDir, "pg"), silentLog);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
