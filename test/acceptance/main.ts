// `npm run acceptance -- DIR [--kill] [--seed N]`: real data through the real server and back, and the count of what is not as it must be.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { check, countImported, type Verdict } from "./checker.ts";
import { endAllChildren } from "../support/children.ts";
import { ACCOUNTS, DEALS, type Kind, KINDS, LEADS } from "./columns.ts";
import { type Files, NULLS, readFiles } from "./data.ts";
import { asWinston, type Journal, perform, planEdits } from "./edits.ts";
import { type Expected, expectedState } from "./expected.ts";
import { playHub } from "./hub/play.ts";
import { armKill, type Moment, MOMENTS, struckSalesforce } from "./kill.ts";
import { describe, Server } from "./server.ts";
import { furnish, type Simulator, startSimulator } from "./simulator.ts";

const USAGE = `Usage: npm run acceptance -- DIR [--kill] [--seed N] [--systems salesforce[,hubspot]]
  DIR      a folder with x-education-leads.csv and maven-crm/ (docs/guides/acceptance.md)
  --kill   kill the server three times on the way
  --seed   which random edits are made; 1 when absent
  --systems  salesforce, or salesforce,hubspot: two CRMs that are both full already; salesforce when absent\n`;

const CONNECTION = "salesforce";
const SHOWN_MAX = 40;

interface Stage {
  readonly server: Server;
  readonly simulator: Simulator;
  readonly files: Files;
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Arms a kill where kills were asked for; the function returned does it. */
  readonly kill: (moment: Moment) => Promise<() => Promise<void>>;
  /** Ids of the runs that were open when the server was killed. */
  readonly killed: string[];
  /** Names what takes time. */
  readonly phase: <Result>(title: string, work: () => Promise<Result>) => Promise<Result>;
}

async function acceptance(options: {
  files: Files;
  kill: boolean;
  seed: number;
  say: (line: string) => void;
}): Promise<boolean> {
  const { files, seed, say } = options;
  const folder = mkdtempSync(join(tmpdir(), "winston-acceptance-"));
  chmodSync(folder, 0o711); // Of root's folders the database, which is another account's, may only pass through.
  const phase: Stage["phase"] = async (title, work) => {
    const startedAt = performance.now();
    const result = await work();
    say(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${title}`);
    return result;
  };
  const simulator = await startSimulator({ logFile: join(folder, "simulator.log"), seed });
  try {
    await phase(`${files.agents.length} agents and the custom fields stand in Salesforce`, () =>
      furnish(simulator, files.agents),
    );
    const server = await phase("the server is ready", () =>
      Server.start({ data: join(folder, "data"), logFile: join(folder, "server.log") }),
    );
    try {
      const stage: Stage = {
        server,
        simulator,
        files,
        folder,
        say,
        phase,
        kill: async (moment) => {
          const strike = options.kill
            ? await armKill(moment, { server, struck: struckSalesforce(simulator), say })
            : undefined;
          return async () => {
            if (strike) stage.killed.push(await strike());
          };
        },
        killed: [],
      };
      return await play(stage, seed);
    } finally {
      await server.stop();
    }
  } finally {
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

async function play(stage: Stage, seed: number): Promise<boolean> {
  const { server, files, phase, say } = stage;
  await phase("connected, users read", () => connect(stage));
  await importAll(stage);
  await phase("all is in Salesforce", () => server.quiet(CONNECTION));
  const imported = await phase("counted on both sides", () => countImported(files.rows, stage));

  const journal = await editBothSides(stage, seed);
  const expected = expectedState(files, journal);
  await phase("synced to quiet again", () => meet(stage));
  const first = await phase("checked", () => check(expected, stage));

  const writes = await phase("two more cycles and a full comparison", () => idle(stage));
  const last = await phase("checked again", () => check(expected, stage));
  const verdict = last.differences.length + last.duplicates.length > 0 ? last : first;
  for (const id of stage.killed) say(`killed: ${describe(await server.client.runs.get(id))}`);
  report(expected, verdict, say);
  await reportParked(stage);

  const of = ({ name }: Kind): string => `${imported[name]}/${files.rows[name].size}`;
  const { fields, conflicts } = verdict;
  const differences = Math.max(first.differences.length, last.differences.length);
  const duplicates = Math.max(first.duplicates.length, last.duplicates.length);
  process.stdout.write(
    `acceptance: leads ${of(LEADS)} accounts ${of(ACCOUNTS)} deals ${of(DEALS)} fields ${fields.equal}/${fields.all} ` +
      `conflicts found ${conflicts.found} of ${conflicts.provoked} provoked differences ${differences} duplicates ${duplicates} writes-when-quiet ${writes}\n`,
  );
  const whole = KINDS.every(({ name }) => imported[name] === files.rows[name].size);
  return (
    whole &&
    fields.equal === fields.all &&
    conflicts.found === conflicts.provoked &&
    differences + duplicates + writes === 0
  );
}

async function connect({ server, simulator }: Stage): Promise<void> {
  await server.client.connections.create({
    vendor: "salesforce",
    name: CONNECTION,
    mode: "write",
    settings: { loginUrl: simulator.url, simulator: true },
    secrets: { ...simulator.secrets },
  });
  await server.quiet(CONNECTION);
}

/** Leads by the CSV importer; accounts and deals by the SDK; then the deals once more by the importer, which must find nothing to do. */
async function importAll(stage: Stage): Promise<void> {
  const { server, files, phase, kill } = stage;
  const { leads, accounts, deals } = files.rows;
  await phase(`${leads.size} leads imported from the CSV file`, () => importCsv(stage, LEADS));
  await phase(`${accounts.size} accounts sent by the SDK`, async () => {
    // An account must be there before another can name it as its parent.
    const items = [...accounts.values()].map((row) => ({ ...asWinston(ACCOUNTS, row), externalId: row["account"] }));
    (await server.client.accounts.bulkCreate(items.map((item) => ({ ...item, parent: null })))).throwIfFailed();
    (await server.client.accounts.bulkCreate(items)).throwIfFailed();
  });
  const killCreating = await kill(MOMENTS.creating);
  await phase(`${deals.size} deals sent by the SDK`, async () => {
    const items = [...deals.values()].map((row) => ({ ...asWinston(DEALS, row), externalId: row["opportunity_id"] }));
    (await server.client.deals.bulkCreate(items)).throwIfFailed();
  });
  await killCreating();
  await phase("the same deals again, from the CSV file", async () => {
    const { unchanged } = await importCsv(stage, DEALS);
    if (unchanged !== deals.size)
      throw new Error(`Of ${deals.size} deals imported a second time, ${unchanged} were unchanged; all should be.`);
  });
}

/** `winston import`, with a mapping file that names the field of every column. */
async function importCsv(
  { server, files, folder }: Stage,
  kind: Kind,
): Promise<{ created: number; unchanged: number }> {
  const columns = kind.columns
    .filter((column) => !column.absent)
    .map((column) => [
      column.name,
      {
        field: column.winston,
        ...(column.type === "user" ? { by: "name" } : column.type === "account" ? { by: "externalId" } : {}),
      },
    ]);
  const mapping = join(folder, `${kind.one}-mapping.json`);
  writeFileSync(
    mapping,
    JSON.stringify({
      kind: kind.one,
      externalId: kind.key,
      nulls: NULLS,
      dateOrder: "monthFirst",
      columns: Object.fromEntries(columns),
      unmapped: "error",
    }),
  );
  const rejects = join(folder, `${kind.one}-rejects.csv`);
  const printed = await server.command([
    "import",
    join(files.folder, kind.file),
    "--kind",
    kind.one,
    "--map",
    mapping,
    "--rejects",
    rejects,
    "--json",
  ]);
  return JSON.parse(printed) as { created: number; unchanged: number };
}

/** Pauses the writes, edits both sides, and lets go. No pull may fall in between: the rule for conflicts is about edits neither side has seen. */
async function editBothSides(stage: Stage, seed: number): Promise<Journal> {
  const { server, files, phase } = stage;
  const { client } = server;
  const steps = planEdits(files, seed);
  await phase("one more sync, so that none is due soon", () => cycle(stage));
  await client.connections.update(CONNECTION, { paused: true });
  const since = new Date();
  const journal = await phase(`${steps.flat().length} edits on both sides`, () => perform(steps, stage));
  const runs = await client.runs.list({ connection: CONNECTION, since }).toArray({ limit: 100 });
  if (runs.length > 0)
    throw new Error(
      `The edits took so long that a scheduled pull fell among them (${describe(runs[0]!)}), and the expected state cannot be told. Run it again on a machine that is less busy.`,
    );
  return journal;
}

/** Both sides meet; killed on the way, twice, where kills were asked for. */
async function meet(stage: Stage): Promise<void> {
  const { server, kill } = stage;
  const killUpdating = await kill(MOMENTS.updating);
  await server.client.connections.update(CONNECTION, { paused: false });
  await killUpdating();
  const killReading = await kill(MOMENTS.reading);
  await server.client.connections.sync(CONNECTION);
  await killReading();
  await server.quiet(CONNECTION);
}

async function cycle({ server }: Pick<Stage, "server">, what: { full?: boolean } = {}): Promise<void> {
  await server.client.connections.sync(CONNECTION, what);
  await server.quiet(CONNECTION);
}

/** Two cycles and a full comparison with nothing to do. Returns the mutating requests the vendor saw. */
async function idle(stage: Stage): Promise<number> {
  await stage.simulator.control("DELETE", "/log");
  await cycle(stage);
  await cycle(stage);
  await cycle(stage, { full: true });
  return (await stage.simulator.counted()).mutating;
}

function report(expected: Expected, verdict: Verdict, say: (line: string) => void): void {
  const { differences, duplicates, fillers } = verdict;
  for (const line of [...duplicates, ...differences].slice(0, SHOWN_MAX)) say(line);
  if (duplicates.length + differences.length > SHOWN_MAX)
    say(`... and ${duplicates.length + differences.length - SHOWN_MAX} more`);
  const ties = expected.conflicts.filter((one) => one.tie).length;
  const ours = expected.conflicts.filter((one) => one.winner === "winston").length;
  say(
    `conflicts to be won by Winston: ${ours}, of them ${ties} as a tie within one second; by Salesforce: ${expected.conflicts.length - ours}`,
  );
  say("fillers in Salesforce, blank in Winston:");
  for (const [field, count] of fillers) say(`  ${field}: ${count} records`);
}

async function reportParked({ server, say }: Stage): Promise<void> {
  const parked = await server.client.parked.list().toArray({ limit: SHOWN_MAX });
  for (const one of parked) say(`parked: ${one.stream} ${one.side} ${one.subject}: ${one.reason}: ${one.message}`);
}

const PLAYS = { salesforce: acceptance, "salesforce,hubspot": playHub } as const;

async function main(): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  let files: Files;
  let play: (typeof PLAYS)[keyof typeof PLAYS];
  let values: { kill?: boolean; seed?: string };
  try {
    const read = parseArgs({
      allowPositionals: true,
      options: {
        kill: { type: "boolean" },
        seed: { type: "string" },
        systems: { type: "string", default: "salesforce" },
      },
    });
    values = read.values;
    if (read.positionals.length !== 1) throw new Error("Name one folder.");
    if (!(read.values.systems in PLAYS))
      throw new Error(`There are no systems ${read.values.systems}; there are: ${Object.keys(PLAYS).join(" and ")}.`);
    play = PLAYS[read.values.systems as keyof typeof PLAYS];
    files = readFiles(resolve(process.env["INIT_CWD"] ?? process.cwd(), read.positionals[0]!));
  } catch (thrown) {
    process.stderr.write(`acceptance: ${(thrown as Error).message}\n${USAGE}`);
    return 64;
  }
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      interrupted = true;
      void endAllChildren(); // What waits for them fails then, and tidies up.
    });
  try {
    return (await play({ files, kill: values.kill === true, seed: Number(values.seed ?? 1), say })) ? 0 : 1;
  } catch (thrown) {
    if (interrupted) return 130;
    process.stderr.write(`acceptance: ${(thrown as Error).message}\n`);
    return 1;
  }
}

process.exitCode = await main();
