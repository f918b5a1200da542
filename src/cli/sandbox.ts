// `winston sandbox`: the first pretend vendor alone, `winston sandbox VENDOR`: another; and turning the dials of one that runs, through
// its control surface.
import { resolve } from "node:path";
import type { Command } from "commander";
import { WinstonError } from "../base/errors.ts";
import { simulators } from "../simulators/index.ts";
import { readStart } from "../simulators/shared/process.ts";
import type { Simulator } from "../simulators/shared/simulator.ts";
import { untilStopped } from "./host.ts";
import { pairs, printList, printOne } from "./output.ts";
import { lookAtSimulator, sandboxOf } from "./pretend.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { configOf, readAddresses } from "./remote.ts";
import { type Globals, type Shell, tell } from "./shell.ts";
import type { Column } from "./table.ts";
import { count, moment } from "./words.ts";

interface LogEntry {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  readonly mutating: boolean;
  readonly rows: number;
}

export function define(command: Command, shell: Shell): void {
  const [first, ...others] = simulators;
  defineFor(first, command, shell);
  for (const one of others)
    defineFor(one, subcommand(command, shell, one.key, `the same of the pretend ${one.title}`), shell);
}

function defineFor(simulator: Simulator, command: Command, shell: Shell): void {
  const self = sandboxOf(simulator);
  const find = async (globals: Globals, url: string | undefined): Promise<string> => {
    const known = url ?? readAddresses(configOf(shell, globals).dataDir)[simulator.address];
    return (await lookAtSimulator(simulator, known, shell)).url;
  };
  command
    .option("--port <n>", "where it listens (default: any free port)", wholeNumber(0, 65_535))
    .option("--story <story>", "larkfield or empty; larkfield by default")
    .option("--state <file>", "keep the organisation in this file between starts")
    .option("--seed <n>", "another seed tells another story", wholeNumber(0, 2 ** 31 - 1))
    .addHelpText(
      "after",
      `\nThe commands below turn a running one: that of \`${shell.self} dev\` in this folder, or --url.`,
    )
    .action(async () => {
      const globals = globalsOf(command);
      // With those of the command above: `sandbox` takes the same ones, and has them first.
      const { port, story, state, seed } = command.optsWithGlobals<StartOptions>();
      const rest = Object.fromEntries(Object.entries({ port, story, seed }).filter(([, value]) => value !== undefined));
      const argv = Object.entries({ ...rest, ...(state === undefined ? {} : { state: resolve(shell.cwd, state) }) });
      const running = await simulator.start(readStart(argv.flatMap(([key, value]) => [`--${key}`, String(value)])));
      const { url, credentials } = running;
      printOne(shell, globals, {
        schema: "sandbox",
        data: { url, ...credentials },
        lines: pairs([[simulator.title, `${url} (pretend)`], ...Object.entries(credentials)]),
        next: `connect ${simulator.key} --simulator ${url}`,
      });
      tell(shell, "Ctrl-C stops it.");
      await untilStopped(shell);
      await running.close();
    });

  const fault = subcommand(
    command,
    shell,
    "fault [kind]",
    "make the next request fail: status, hang, hang-after, reset-before, reset-after, truncate, html, error-in-200, empty-json",
  );
  fault
    .option("--url <url>", "the simulator's address")
    .option("--status <code>", "for kind status: such as 503 or 429", wholeNumber(100, 599))
    .option("--path <text>", "only requests with this in path and query")
    .option("--method <method>", "only requests of this method")
    .option("--times <n>", "how often; once by default", wholeNumber(1, 1_000_000))
    .option("--every <n>", "each n-th matching request", wholeNumber(1, 1_000_000))
    .option("--rate <share>", "with this chance, 0 to 1", Number)
    .option("--clear", "disarm all faults")
    .action(async (kind: string | undefined, options: FaultOptions) => {
      const globals = globalsOf(fault);
      const { url, clear, path, method, ...rule } = options;
      const sim = await find(globals, url);
      if (clear) await ask(shell, sim, "DELETE", "faults");
      else if (kind === undefined)
        throw new WinstonError("usage.wrong", "Name a kind of fault, or --clear. See --help.");
      else
        await ask(shell, sim, "POST", "faults", {
          kind,
          ...rule,
          ...(path === undefined && method === undefined ? {} : { match: { path, method } }),
        });
      printOne(shell, globals, {
        schema: "fault",
        data: { armed: !clear, kind: kind ?? null },
        lines: [clear ? "No fault is armed." : `Armed: ${kind}.`],
        next: clear ? `${self} log` : "sync",
      });
    });

  const dials = subcommand(
    command,
    shell,
    "dials [settings...]",
    "show the dials, or turn some: latencyMs=200 dailyCap=50",
  );
  dials
    .option("--url <url>", "the simulator's address")
    .action(async (settings: string[], options: { url?: string }) => {
      const globals = globalsOf(dials);
      const sim = await find(globals, options.url);
      const changes = Object.fromEntries(settings.map(readDial));
      const now = (await ask(
        shell,
        sim,
        settings.length > 0 ? "PATCH" : "GET",
        "dials",
        settings.length > 0 ? changes : undefined,
      )) as object;
      printOne(shell, globals, {
        schema: "dials",
        data: now,
        lines: pairs(Object.entries(now).map(([key, value]) => [key, JSON.stringify(value)] as const)),
      });
    });

  const log = subcommand(command, shell, "log", "the requests it has answered, newest last");
  log
    .option("--url <url>", "the simulator's address")
    .option("--mutating", "only those that write")
    .option("--limit <n>", "at most this many", wholeNumber(1, 1_000_000), 30)
    .action(async (options: { url?: string; mutating?: true; limit: number }) => {
      const globals = globalsOf(log);
      const sim = await find(globals, options.url);
      const { entries } = (await ask(shell, sim, "GET", `log${options.mutating ? "?mutating=true" : ""}`)) as {
        entries: LogEntry[];
      };
      const columns: Column<LogEntry>[] = [
        { title: "WHEN", of: (one) => moment(new Date(one.at).toISOString()) },
        { title: "METHOD", of: (one) => one.method },
        { title: "PATH", of: (one) => one.path },
        { title: "STATUS", of: (one) => one.status, right: true },
        { title: "ROWS", of: (one) => one.rows, right: true },
        { title: "QUERY", of: (one) => decode(one.query) },
      ];
      await printList(shell, globals, {
        schema: "request",
        columns,
        rows: entries.slice(-options.limit),
        none: "It was asked nothing yet.",
      });
    });

  const data = subcommand(
    command,
    shell,
    "data [object] [id]",
    "how many records each object has; the records of one; one of them",
  );
  data
    .option("--url <url>", "the simulator's address")
    .option("--set <field=value...>", "edit the record as a user of that organisation would")
    .option("--limit <n>", "at most this many", wholeNumber(1, 1_000_000), 30)
    .action(async (object: string | undefined, id: string | undefined, options: DataOptions) => {
      const globals = globalsOf(data);
      const sim = await find(globals, options.url);
      if (object === undefined) {
        const counts = Object.entries((await ask(shell, sim, "GET", "counts")) as Record<string, number>).filter(
          ([, n]) => n > 0,
        );
        return printOne(shell, globals, {
          schema: "sandboxCounts",
          data: Object.fromEntries(counts),
          lines: pairs(counts.map(([name, n]) => [name, count(n)] as const)),
          next: `${self} data ${simulator.example}`,
        });
      }
      const at = `rows/${encodeURIComponent(object)}`;
      if (id === undefined) {
        const rows = (await ask(shell, sim, "GET", at)) as Record<string, unknown>[];
        const keys = simulator.columns.filter((key) => rows.some((row) => key in row));
        return printList(shell, globals, {
          schema: "sandboxRow",
          columns: keys.map((key): Column<Record<string, unknown>> => ({
            title: key.toUpperCase(),
            of: (row) => row[key],
          })),
          rows,
          none: `There is no ${object}.`,
          limit: options.limit,
        });
      }
      const one = `${at}/${encodeURIComponent(id)}`;
      if (options.set) await ask(shell, sim, "PATCH", one, { values: Object.fromEntries(options.set.map(readDial)) });
      const row = (await ask(shell, sim, "GET", one)) as object;
      printOne(shell, globals, {
        schema: "sandboxRow",
        data: row,
        lines: pairs(Object.entries(row).map(([key, value]) => [key, value === null ? null : String(value)] as const)),
        next: options.set ? "sync" : undefined,
      });
    });
}

interface StartOptions {
  readonly port?: number;
  readonly story?: string;
  readonly state?: string;
  readonly seed?: number;
}

interface FaultOptions {
  readonly url?: string;
  readonly status?: number;
  readonly path?: string;
  readonly method?: string;
  readonly times?: number;
  readonly every?: number;
  readonly rate?: number;
  readonly clear?: true;
}

interface DataOptions {
  readonly url?: string;
  readonly set?: string[];
  readonly limit: number;
}

/** One request to the control surface. Throws usage.wrong with its own words. */
async function ask(shell: Shell, url: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${url}/__winston/${path}`, {
    method,
    signal: shell.signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const said = (await answer.json()) as unknown;
  const { error } = said as { error?: unknown };
  if (!answer.ok || typeof error === "string")
    throw new WinstonError(
      "usage.wrong",
      `The simulator refuses: ${typeof error === "string" ? error : answer.statusText}`,
    );
  return said;
}

/** "latencyMs=200": the value is JSON where it can be, else text. */
function readDial(pair: string): [string, unknown] {
  const at = pair.indexOf("=");
  if (at < 1) throw new WinstonError("usage.wrong", `"${pair}" must look like name=value.`);
  const text = pair.slice(at + 1);
  try {
    return [pair.slice(0, at), JSON.parse(text) as unknown];
  } catch {
    return [pair.slice(0, at), text];
  }
}

const decode = (query: string): string => {
  try {
    return decodeURIComponent(query.replaceAll("+", " "));
  } catch {
    return query;
  }
};
