// API calls: what the simulator's own log says that we asked for a first load, for pushing as many new leads, and for pushing edits of a fifth of
// them; beside the least that REST allows: one call for 2,000 records listed, one for 200 written, and before each batch of two-way
// updates one to read it again. Winston reads and creates many by Bulk API 2.0, which needs fewer calls; the same is measured without it.
import { strict as assert } from "node:assert";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { silentLog } from "../src/base/log.ts";
import { systemRandom } from "../src/base/random.ts";
import type { Connector, StreamDeclaration } from "../src/connector/contract.ts";
import { salesforce } from "../src/connectors/salesforce/index.ts";
import type { LoggedRequest } from "../src/simulators/salesforce/index.ts";
import { eraseData } from "../src/store/postgres/server.ts";
import { createWinston, type WinstonApp } from "../src/winston.ts";
import { lead } from "./leads.ts";
import { startOrg } from "./org.ts";
import { peakMb, type Bench } from "./report.ts";

const [LISTED, WRITTEN] = [2_000, 200] as const;
/** How long a phase may take. */
const PATIENCE_MS = 30 * 60_000;

/** What a request was for. Only `work` counts; the rest is reported apart. */
type Purpose = "work" | "sign-in" | "description" | "increments";

export const apiCalls: Bench = {
  goal: { sign: "≤", value: 1.05 },
  records: 50_000,
  run: async ({ records, say }) => {
    const table: string[][] = [["phase", "calls", "least", "ratio", "sign-in", "description", "increments"]];
    const ratios: number[] = [];
    let postgres = "";
    for (const [way, connector, bulkAbove] of [
      ["as it is", salesforce, 2_000],
      ["without Bulk", withoutBulk(salesforce), 1_000_000_000],
    ] as const) {
      using org = await startOrg(records);
      await using winston = await startWinston(connector);
      postgres = winston.postgres;
      const phase = async (what: string, least: number, body: () => Promise<unknown>): Promise<void> => {
        say(`${what}, ${way}`);
        await body();
        await quiet(winston.app);
        const purposes = purposesOf(await org.takeLog(), what === "first load");
        const ratio = purposes.work / least;
        ratios.push(ratio);
        const apart = [purposes["sign-in"], purposes.description, purposes.increments];
        table.push([`${what}, ${way}`, ...[purposes.work, least].map(String), ratio.toFixed(2), ...apart.map(String)]);
      };
      await org.takeLog();
      await phase("first load", Math.ceil(records / LISTED), async () => {
        await winston.app.connections.connect({
          vendor: "salesforce",
          name: "salesforce",
          mode: "write",
          settings: { loginUrl: org.url, simulator: true, bulkAbove },
          secrets: org.secrets,
        });
        await winston.app.work();
      });
      assert.equal(await linked(winston.app), records, "not every lead was loaded");
      let ids: string[] = [];
      await phase("push of new leads", Math.ceil(records / WRITTEN), async () => {
        ids = await saveNew(winston.app, records);
      });
      assert.equal(await linked(winston.app), 2 * records, "not every new lead was pushed");
      const edits = Math.ceil(records / 5);
      await phase("push of edits", 2 * Math.ceil(edits / WRITTEN), () => edit(winston.app, ids.slice(0, edits)));
    }
    return {
      table,
      notes: [
        `the least is that of REST: a call for ${LISTED.toLocaleString("en")} records listed, ${WRITTEN} written, ${WRITTEN} read again before they are updated; a ratio below 1 is Bulk API 2.0`,
        `the simulator does a bulk job at once, so its state is asked for once or twice; the vendor needs longer, and is asked every 0.5 to 10 seconds`,
        `apart: sign-in, description (versions, organisation, fields, making the external-id fields) and increments (what other streams ask, and this one each minute)`,
        `the ratio is that of the worst phase; one round: calls do not vary`,
        `peak memory ${peakMb()} MB`,
      ],
      ratio: Math.max(...ratios),
      postgres,
    };
  },
};

/** The connector as it would be if the vendor had no Bulk API. */
function withoutBulk(connector: Connector): Connector {
  const streams = Object.entries(connector.streams).map(([key, stream]): [string, StreamDeclaration] => {
    const { read, create, update, delete: remove } = stream.batch as Required<StreamDeclaration["batch"]>;
    const plain: { -readonly [Slot in keyof StreamDeclaration]: StreamDeclaration[Slot] } = {
      ...stream,
      batch: { read, create, update, delete: remove },
    };
    delete plain.createMany;
    return [key, plain];
  });
  return { ...connector, streams: Object.fromEntries(streams) };
}

async function startWinston(connector: Connector): Promise<{ app: WinstonApp; postgres: string } & AsyncDisposable> {
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
    connectors: { salesforce: connector },
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

async function quiet(app: WinstonApp): Promise<void> {
  for (const until = systemClock.now() + PATIENCE_MS; systemClock.now() < until;) {
    const state = await app.connections.quiet();
    if (state.quiet) {
      assert.equal(state.parked, 0, "records were parked");
      return;
    }
    await systemClock.sleep(250);
  }
  throw new Error("Winston does not come to rest.");
}

const linked = async (app: WinstonApp): Promise<number> =>
  (await app.connections.streams()).find((stream) => stream.key === "lead")!.counts.linked;

const SAVED_AT_ONCE = 2_000;
const SAVE = { kind: "person", stage: "lead", unknownKeys: "error", actor: "bench" } as const;

async function saveNew(app: WinstonApp, records: number): Promise<string[]> {
  const ids: string[] = [];
  for (let start = 0; start < records; start += SAVED_AT_ONCE) {
    const inputs = Array.from({ length: Math.min(SAVED_AT_ONCE, records - start) }, (_, offset) => {
      // Beyond those that the simulator has.
      const { FirstName, LastName, Email, Company, Title, City } = lead(records + start + offset);
      return {
        input: { firstName: FirstName, lastName: LastName, email: Email, company: Company, title: Title, city: City },
      };
    });
    for (const result of await app.records.save(inputs, { ...SAVE, mode: "upsert" })) {
      assert(result.status === "created", `a new lead was ${result.status}`);
      ids.push(result.id);
    }
  }
  return ids;
}

async function edit(app: WinstonApp, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += SAVED_AT_ONCE) {
    const inputs = ids.slice(start, start + SAVED_AT_ONCE).map((id) => ({ id, input: { title: "Edited in Winston" } }));
    for (const result of await app.records.save(inputs, { ...SAVE, mode: "update" }))
      assert(result.status === "updated", `an edited lead was ${result.status}`);
  }
}

/** `listing`: pages behind a locator belong to the first load, else to an increment. */
function purposesOf(log: readonly LoggedRequest[], listing: boolean): Record<Purpose, number> {
  const counts = { work: 0, "sign-in": 0, description: 0, increments: 0 };
  for (const entry of log) counts[purposeOf(entry, listing)] += 1;
  return counts;
}

function purposeOf({ path, query }: LoggedRequest, listing: boolean): Purpose {
  if (path.endsWith("/oauth2/token")) return "sign-in";
  if (/\/(?:describe|deleted)\/?$/u.test(path)) return path.includes("/deleted") ? "increments" : "description";
  if (/\/query(?:All)?\/0r8/u.test(path)) return listing ? "work" : "increments";
  if (/\/query(?:All)?\/?$/u.test(path) && !path.includes("/tooling/")) {
    const soql = new URLSearchParams(query).get("q") ?? "";
    if (/ FROM (?:Organization|PermissionSet\w*)\b/u.test(soql)) return "description";
    if (!/ FROM Lead\b/u.test(soql)) return "increments";
    return /SystemModstamp >= /u.test(soql) ? "increments" : "work";
  }
  return /\/(?:jobs|composite)\//u.test(path) ? "work" : "description";
}
