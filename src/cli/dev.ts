// `winston dev`, which is `npm start`: everything in one process, on a pretend Salesforce with a story. Nothing is asked.
import { join } from "node:path";
import type { Command } from "commander";
import { Client, type Connection } from "../../sdk/src/index.ts";
import { isError, WinstonError } from "../base/errors.ts";
import { seededRandom } from "../base/random.ts";
import { startSalesforce, type SalesforceSimulator } from "../simulators/salesforce/index.ts";
import { START_TOKEN_FILE } from "../vault/keys.ts";
import { eraseDataFolder, SIMULATOR_FILE, writeAddresses } from "./data-folder.ts";
import { EXIT } from "./failure.ts";
import { type Followed, follow } from "./follow.ts";
import { openHost, untilStopped } from "./host.ts";
import { openLog } from "./log.ts";
import { pairs, widthOf } from "./output.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { configOf, readAddresses } from "./remote.ts";
import { type Globals, type Shell, tell } from "./shell.ts";
import { bothDirections, type BothDirections } from "./story.ts";
import { summaryLines } from "./summary.ts";
import { count, duration } from "./words.ts";

interface Options {
  readonly port?: number;
  readonly simulatorPort?: number;
  readonly fresh?: true;
  readonly story: boolean;
  readonly once?: true;
}

/** The connection that `dev` makes. */
const NAME = "salesforce";
/** The objects of the pretend Salesforce behind the connector's streams: how many there are to read is known here. */
const OBJECTS: Readonly<Record<string, string>> = {
  user: "User",
  account: "Account",
  campaign: "Campaign",
  contact: "Contact",
  lead: "Lead",
  opportunity: "Opportunity",
  task: "Task",
  event: "Event",
};

export function define(command: Command, shell: Shell): void {
  command
    .option("--port <n>", "the server's port (WINSTON_PORT; default 4400; 0: any free one)", wholeNumber(0, 65_535))
    .option("--simulator-port <n>", "the pretend Salesforce's port (default: any free one)", wholeNumber(0, 65_535))
    .option("--fresh", "begin anew: remove what an earlier start made in the data folder")
    .option("--no-story", "an empty Salesforce, without the story of Larkfield Robotics")
    .option("--once", "end after the first sync instead of staying")
    .action((options: Options) => dev(shell, globalsOf(command), options));
}

async function dev(shell: Shell, globals: Globals, options: Options): Promise<void> {
  const config = configOf(shell, globals, {
    dataDir: globals.data,
    port: options.port,
    simulatorPort: options.simulatorPort,
  });
  const { dataDir } = config;
  const log = openLog(shell, config, "file");
  if (options.fresh) {
    if (config.databaseUrl !== undefined)
      throw new WinstonError(
        "usage.wrong",
        `--fresh removes only Winston's own database, and ${config.origins.databaseUrl} names another. Empty that one yourself, or unset it.`,
      );
    await eraseDataFolder(dataDir, log);
  }
  const sinceStart = (): string => duration(shell.clock.now() - shell.startedAt);
  const step = (line: string): void => tell(shell, `  ${sinceStart().padStart(7)}  ${line}`);
  tell(shell, `Winston ${shell.version}, data in ${dataDir}`);

  await using stack = new AsyncDisposableStack();
  const before = readAddresses(dataDir);
  // Stopped in the opposite order: Winston's last calls still find the other side.
  const late = stack.use(new AsyncDisposableStack());
  const app = await openHost(shell, config, { log, stack });
  step(app.embedded ? "database ready: Winston's own PostgreSQL" : `database ready: ${config.origins.databaseUrl}`);
  const { url } = await app.listen({ host: config.host, port: config.port, allowRemote: config.allowRemote });
  step(`server ready: ${url}`);
  const simulator = await openSimulator(shell, {
    port: config.simulatorPort || portOf(before.simulator),
    exact: config.simulatorPort !== 0,
    stateFile: join(dataDir, SIMULATOR_FILE),
    story: options.story,
  });
  late.defer(() => simulator.close());
  const objects = simulator.data.counts();
  step(
    `pretend Salesforce ready: ${simulator.url}, with ${count(objects["Lead"] ?? 0)} leads, ${count(objects["Contact"] ?? 0)} contacts, ${count(objects["Account"] ?? 0)} accounts`,
  );
  writeAddresses(dataDir, { api: url, simulator: simulator.url });
  const token = await app.keys.startToken(dataDir, ["admin"]);
  const client = new Client({ token, baseUrl: url });
  const since = new Date(shell.clock.now()).toISOString();
  await app.work();

  const known = (await client.connections.list({ signal: shell.signal })).find((one) => one.name === NAME);
  const connection = await connect(shell, client, { known, moved: before.simulator !== simulator.url, simulator });
  step(known ? "syncing what changed since the last start" : "first sync, both ways");
  // A new connection is woken already.
  if (known) await client.connections.sync(connection.id, {}, { signal: shell.signal });
  const totals = new Map(Object.entries(OBJECTS).map(([stream, object]) => [stream, objects[object] ?? 0]));
  let followed = await follow(shell, client, { connection: connection.id, since, ...(known ? {} : { totals }) });
  const { firstAt } = followed;
  let both: BothDirections | undefined;
  if (options.story && !known) {
    both = await bothDirections(client, simulator, shell.signal);
    step(`now the other way: ${both.made} leads made here, and one title changed on both sides`);
    await client.connections.sync(connection.id, {}, { signal: shell.signal });
    followed = await follow(shell, client, { connection: connection.id, since });
  }
  const told = both === undefined ? [] : await both.tell();
  shell.stdout.write(
    `${report(shell, { url, simulator, token, dataDir, connection, followed, told, firstMs: firstAt === undefined ? undefined : firstAt - shell.startedAt }).join("\n")}\n`,
  );
  if (followed.runs.some((run) => run.state === "failed") && !followed.quiet) shell.exitCode = EXIT.failed;
  if (!options.once) await untilStopped(shell);
}

/** Connects, unless it is connected already to an organisation at this very address. */
async function connect(
  shell: Shell,
  client: Client,
  of: { known: Connection | undefined; moved: boolean; simulator: SalesforceSimulator },
): Promise<Connection> {
  const { known, moved, simulator } = of;
  if (known && !moved && known.problem === null) return known;
  return client.connections.create(
    {
      vendor: "salesforce",
      name: NAME,
      mode: known?.mode ?? "write",
      settings: { loginUrl: simulator.url, simulator: true },
      secrets: { ...simulator.credentials },
    },
    { signal: shell.signal },
  );
}

/** On the port of last time where that is still free, so that addresses stay. */
async function openSimulator(
  shell: Shell,
  options: { port: number; exact: boolean; stateFile: string; story: boolean },
): Promise<SalesforceSimulator> {
  const start = (port: number): Promise<SalesforceSimulator> =>
    startSalesforce({
      clock: shell.clock,
      random: seededRandom(1),
      port,
      story: options.story ? "larkfield" : "empty",
      stateFile: options.stateFile,
    });
  try {
    return await start(options.port);
  } catch (thrown) {
    const taken = isError(thrown, "start.failed") && (thrown.cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!taken || options.exact || options.port === 0) throw thrown;
    return start(0);
  }
}

const portOf = (url: string | undefined): number => (url === undefined ? 0 : Number(new URL(url).port));

/** What a person reads when all is in step; the last line is the next useful command. */
function report(
  shell: Shell,
  of: {
    url: string;
    simulator: SalesforceSimulator;
    token: string;
    dataDir: string;
    connection: Connection;
    followed: Followed;
    told: readonly string[];
    firstMs: number | undefined;
  },
): string[] {
  const { url, simulator, followed } = of;
  const first = of.firstMs === undefined ? "" : `First record in step ${duration(of.firstMs)} after the start; `;
  return [
    "",
    ...pairs([
      ["API", url],
      ["Described", `${url}/openapi.json`],
      ["Salesforce", `${simulator.url} (pretend: ${of.connection.organisationLabel ?? ""})`],
      ["Token", `${of.token} (also in ${join(of.dataDir, START_TOKEN_FILE)}, where commands in this folder find it)`],
    ]),
    "",
    ...summaryLines(followed.runs, { width: widthOf(shell) }),
    "",
    ...of.told,
    followed.quiet
      ? `${first}${first ? "all" : "All"} in step ${duration(shell.clock.now() - shell.startedAt)} after the start.`
      : "Not all is in step yet; work goes on.",
    "Ctrl-C stops everything; the next start continues from here.",
    `Next, in another terminal: ${shell.self} records list lead`,
  ];
}
