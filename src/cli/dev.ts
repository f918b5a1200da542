// `winston dev`, which is `npm start`: everything in one process, on pretend vendors with a story. Nothing is asked.
import { join } from "node:path";
import type { Command } from "commander";
import { Client, type Connection } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { simulators } from "../simulators/index.ts";
import type { Running, Simulator } from "../simulators/shared/simulator.ts";
import { START_TOKEN_FILE } from "../vault/keys.ts";
import { eraseDataFolder, readUnfinished, type Unfinished, writeAddresses, writeUnfinished } from "./data-folder.ts";
import { type Followed, follow } from "./follow.ts";
import { openHost, untilStopped } from "./host.ts";
import { openLog } from "./log.ts";
import { pairs, widthOf } from "./output.ts";
import { contentsOf, openSimulator, totalsOf } from "./pretend.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { type Addresses, configOf, readAddresses } from "./remote.ts";
import { type Globals, type Shell, tell } from "./shell.ts";
import { bothDirections, type BothDirections } from "./story.ts";
import { exitOf } from "./report.ts";
import { failuresOf, keyOf, summaryLines } from "./summary.ts";
import { letTravel, type Place } from "./travel.ts";
import { duration } from "./words.ts";

interface Options {
  readonly port?: number;
  readonly fresh?: true;
  readonly story: boolean;
  readonly once?: true;
  /** Of each simulator but the first, under its key: whether it is there. Of each, as `<address>Port`: its port. */
  readonly [more: string]: unknown;
}

const [FIRST, ...OTHERS] = simulators;

export function define(command: Command, shell: Shell): void {
  const port = wholeNumber(0, 65_535);
  command.option("--port <n>", "the server's port (WINSTON_PORT; default 4400; 0: any free one)", port);
  for (const { title, address, portVariable } of simulators)
    command.option(
      `--${address}-port <n>`,
      `the pretend ${title}'s port (${portVariable}; default: any free one)`,
      port,
    );
  command
    .option("--fresh", "begin anew: remove what an earlier start made in the data folder")
    .option("--no-story", "empty pretend vendors, without the story of Larkfield Robotics");
  for (const { key, title } of OTHERS) command.option(`--no-${key}`, `without the pretend ${title}`);
  command
    .option("--once", "end after the first sync instead of staying")
    .action((options: Options) => dev(shell, globalsOf(command), options));
}

/** A pretend vendor that is connected, under the vendor's name. */
interface Side {
  readonly simulator: Simulator;
  readonly running: Running;
  readonly connection: Connection;
  /** This start made it. */
  readonly isNew: boolean;
}

async function dev(shell: Shell, globals: Globals, options: Options): Promise<void> {
  const config = configOf(shell, globals, {
    dataDir: globals.data,
    port: options.port,
    ...Object.fromEntries(simulators.map((one) => [portOf(one), options[portOf(one)] as number | undefined])),
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
  const left = readUnfinished(dataDir);
  // Stopped in the opposite order: Winston's last calls still find the other side.
  const late = stack.use(new AsyncDisposableStack());
  const app = await openHost(shell, config, { log, stack });
  step(app.embedded ? "database ready: Winston's own PostgreSQL" : `database ready: ${config.origins.databaseUrl}`);
  const { url } = await app.listen({ host: config.host, port: config.port, allowRemote: config.allowRemote });
  step(`server ready: ${url}`);
  const open = async (simulator: Simulator): Promise<Running> => {
    const port = config[portOf(simulator)] ?? 0;
    const running = await openSimulator(shell, simulator, { dataDir, port, before, story: options.story });
    late.defer(() => running.close());
    step(`pretend ${simulator.title} ready: ${running.url}, with ${contentsOf(simulator, running)}`);
    return running;
  };
  const token = await app.keys.startToken(dataDir, ["admin"]);
  const client = new Client({ token, baseUrl: url });
  const since = new Date(shell.clock.now()).toISOString();
  const known = await client.connections.list({ signal: shell.signal });
  const connectTo = (simulator: Simulator, running: Running): Promise<Side> =>
    connect(shell, client, { simulator, running, known, before });
  // Work begins with the first of them, while the others get ready.
  const started = new Map([[FIRST, await open(FIRST)]]);
  // Told whole: a start that was stopped before it had told its story leaves the rest to the next one.
  const goesOn = options.story && left.story === "begun";
  const tells = goesOn || (options.story && !known.some((one) => one.name === FIRST.key));
  if (tells) writeUnfinished(dataDir, { ...left, story: "begun" });
  const first = await connectTo(FIRST, started.get(FIRST)!);
  await app.work();
  for (const one of OTHERS) if (options[one.key] !== false) started.set(one, await open(one));
  // The address of one that is left out is kept: it comes back there.
  const addresses = [...started].map(([{ address }, running]) => [address, running.url] as const);
  writeAddresses(dataDir, { ...before, ...Object.fromEntries(addresses), api: url });
  const all = [first];
  const held: string[] = [];
  for (const one of OTHERS) {
    const running = started.get(one);
    if (running) all.push(await comeBack(shell, client, await connectTo(one, running), left));
    else if (await holdWhatIsNotHere(shell, client, one, { known, left })) held.push(one.key);
  }
  const unfinished = (story: boolean): Unfinished => ({ ...(story ? { story: "begun" } : {}), held });
  writeUnfinished(dataDir, unfinished(tells));
  const sides: Side[] = all.filter((side) => {
    if (side.connection.paused)
      tell(
        shell,
        `${side.connection.name} is paused; to go on: ${shell.self} connections resume ${side.connection.name}`,
      );
    return !side.connection.paused;
  });
  const connections = sides.map((side) => side.connection);
  const news = sides.filter((side) => side.isNew);
  step(
    goesOn
      ? "the first sync goes on where it was stopped"
      : news.length > 0
        ? "first sync, both ways"
        : "syncing what changed since the last start",
  );
  // A new connection is woken already.
  const wake = async (woken: readonly Side[]): Promise<void> => {
    for (const side of woken) await client.connections.sync(side.connection.id, {}, { signal: shell.signal });
  };
  await wake(sides.filter((side) => !side.isNew));
  const totals = new Map(
    news.flatMap(({ simulator, running, connection }) =>
      [...totalsOf(simulator, running)].map(([stream, n]) => [keyOf(connection.id, stream), n] as const),
    ),
  );
  let followed = await follow(shell, client, { connections, since, totals });
  const { firstAt } = followed;
  let both: BothDirections | undefined;
  if (tells && !first.connection.paused) {
    both = await bothDirections(client, { title: FIRST.title, leads: first.running.leads }, shell.signal);
    step(`now the other way: ${both.made} leads made here, and one title changed on both sides`);
    await wake([first]);
    followed = await follow(shell, client, { connections, since });
    // What the vendor filled in on what was made there is read back, so that the next start finds nothing new.
    await wake([first]);
    followed = await follow(shell, client, { connections, since });
  }
  const places = sides.flatMap(({ simulator: { title }, running: { contacts }, connection }): Place[] =>
    contacts ? [{ title, connection, contacts }] : [],
  );
  const met = all.length > 1 && !first.connection.paused && (tells || all.some((side) => side !== first && side.isNew));
  if (options.story && met && places.length > 1) {
    await letTravel(shell, client, places, step);
    followed = await follow(shell, client, { connections, since });
  }
  const told = both === undefined ? [] : await both.tell();
  writeUnfinished(dataDir, unfinished(false));
  const firstMs = firstAt === undefined ? undefined : firstAt - shell.startedAt;
  shell.stdout.write(`${report(shell, { url, sides, token, dataDir, followed, told, firstMs }).join("\n")}\n`);
  shell.exitCode = exitOf(failuresOf(followed.runs));
  if (!options.once) await untilStopped(shell);
}

/** Under which a pretend vendor's port is among the options and the settings. */
const portOf = ({ address }: Simulator): `${string}Port` => `${address}Port`;

/** Connects, unless it is connected already to an account at this very address. */
async function connect(
  shell: Shell,
  client: Client,
  of: { simulator: Simulator; running: Running; known: readonly Connection[]; before: Addresses },
): Promise<Side> {
  const { simulator, running, before } = of;
  const { key } = simulator;
  // One without an account was being made when an earlier start was stopped: it is made now.
  const known = of.known.find((one) => one.name === key && one.organisationId !== null);
  if (known && before[simulator.address] === running.url && known.problem === null)
    return { simulator, running, connection: known, isNew: false };
  const connection = await client.connections.create(
    { vendor: key, name: key, mode: known?.mode ?? "write", ...simulator.connection(running) },
    { signal: shell.signal },
  );
  return { simulator, running, connection, isNew: known === undefined };
}

/** A pretend vendor of an earlier start that is left out now is not called in vain. Returns whether it is a start, and no person, that holds it. */
async function holdWhatIsNotHere(
  shell: Shell,
  client: Client,
  { key, title }: Simulator,
  { known, left }: { known: readonly Connection[]; left: Unfinished },
): Promise<boolean> {
  const out = known.find((one) => one.name === key && one.environment === "simulator");
  if (!out) return false;
  if (out.paused) return left.held?.includes(key) ?? false;
  await client.connections.update(out.id, { paused: true }, { signal: shell.signal });
  tell(
    shell,
    `The connection ${out.name} is paused, as its pretend ${title} is left out. A start without --no-${key} goes on with it.`,
  );
  return true;
}

/** One that an earlier start held because it was left out goes on; one that a person paused stays so. */
async function comeBack(shell: Shell, client: Client, side: Side, left: Unfinished): Promise<Side> {
  const { key, title } = side.simulator;
  if (!side.connection.paused || !left.held?.includes(key)) return side;
  const connection = await client.connections.update(side.connection.id, { paused: false }, { signal: shell.signal });
  tell(shell, `The connection ${connection.name} goes on: its pretend ${title} is back.`);
  return { ...side, connection };
}

/** What a person reads when all is in step; the last line is the next useful command. */
function report(
  shell: Shell,
  of: {
    url: string;
    sides: readonly Side[];
    token: string;
    dataDir: string;
    followed: Followed;
    told: readonly string[];
    firstMs: number | undefined;
  },
): string[] {
  const { url, sides, followed } = of;
  const first = of.firstMs === undefined ? "" : `First record in step ${duration(of.firstMs)} after the start; `;
  return [
    "",
    ...pairs([
      ["API", url],
      ["Described", `${url}/openapi.json`],
      ...sides.map(
        ({ simulator, running, connection }) =>
          [simulator.title, `${running.url} (pretend: ${connection.organisationLabel ?? ""})`] as const,
      ),
      ["Token", `${of.token} (also in ${join(of.dataDir, START_TOKEN_FILE)}, where commands in this folder find it)`],
    ]),
    "",
    ...summaryLines(followed.runs, { width: widthOf(shell), self: shell.self, streams: followed.streams }),
    "",
    ...of.told,
    followed.quiet
      ? `${first}${first ? "all" : "All"} in step ${duration(shell.clock.now() - shell.startedAt)} after the start.`
      : "Not all is in step yet; work goes on.",
    "Ctrl-C stops everything; the next start continues from here.",
    `Next, in another terminal: ${shell.self} records list lead`,
  ];
}
