// `winston runs`: every pull, push and sweep, with its counts and what it left aside.
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Run } from "../../sdk/src/index.ts";
import { follow } from "./follow.ts";
import { pairs, printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import { printSummary } from "./report.ts";
import { runsPage } from "./runs-html.ts";
import type { Shell } from "./shell.ts";
import { parkedCauses, runTime } from "./summary.ts";
import { runningSince } from "./sync.ts";
import type { Column } from "./table.ts";
import { count, counted, moment } from "./words.ts";
import { writePieces } from "./write-file.ts";

interface ListOptions {
  readonly connection?: string;
  readonly state?: Run["state"];
  readonly since?: string;
  readonly limit: number;
  readonly html?: string;
}

const number = (title: string, spare: number, of: (run: Run) => number | undefined): Column<Run> => ({
  title,
  of,
  right: true,
  spare,
});

const COLUMNS: readonly Column<Run>[] = [
  { title: "ID", of: (run) => run.id, whole: true },
  { title: "STARTED", of: (run) => moment(run.startedAt), whole: true, spare: 2 },
  { title: "CONNECTION", of: (run) => run.connection, spare: 3 },
  { title: "STREAM", of: (run) => run.stream },
  { title: "LANE", of: (run) => run.lane, spare: 1 },
  { title: "STATE", of: (run) => run.state },
  { title: "TOOK", of: runTime, right: true, spare: 8 },
  number("READ", 5, (run) => run.counts.read),
  number("NEW", 6, (run) => run.counts.created),
  number("CHANGED", 7, (run) => run.counts.updated),
  number("PARKED", 4, (run) => run.counts.parked),
  number("CALLS", 9, (run) => run.counts.requests),
  { title: "ERROR", of: (run) => run.error?.message, least: 30 },
];

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list runs, newest first")
    .option("--connection <connection>", "only those of this one")
    .option("--state <state>", "only those that are running, done, failed or stopped")
    .option("--since <time>", "only those that started then or later, such as 2026-01-05T09:00:00Z")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 30)
    .option("--html <file>", "write them as a page that needs nothing else, too");
  list.action(async (options: ListOptions) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    const { limit, html, ...query } = options;
    if (html !== undefined) {
      const rows = await client.runs.list(query, { signal: shell.signal }).toArray({ limit });
      await writePieces(resolve(html), runsPage(`${counted(rows.length, "run")}, newest first`, rows));
    }
    await printList(shell, globals, {
      schema: "run",
      columns: COLUMNS,
      rows: client.runs.list({ ...query, limit: Math.min(limit + 1, 500) }, { signal: shell.signal }),
      none: "There are no such runs.",
      next: "runs show ID",
      limit,
    });
  });

  const show = subcommand(command, shell, "show <id>", "one run, with what it parked by cause").option(
    "--html <file>",
    "write it as a page that needs nothing else, too",
  );
  show.action(async (id: string, { html }: { html?: string }) => {
    const globals = globalsOf(show);
    const { client } = openRemote(shell, globals);
    const run = await client.runs.get(id, { signal: shell.signal });
    if (html !== undefined) await writePieces(resolve(html), runsPage(`Run ${run.id}`, [run]));
    printOne(shell, globals, {
      schema: "run",
      data: run,
      lines: describeRun(run),
      next: (run.counts.parked ?? 0) > 0 ? `parked list --connection ${run.connection}` : "runs list",
    });
  });

  const watch = subcommand(command, shell, "watch", "follow what runs now until all is quiet").option(
    "--connection <connection>",
    "only this one",
  );
  watch.action(async ({ connection }: { connection?: string }) => {
    const globals = globalsOf(watch);
    const { client } = openRemote(shell, globals);
    const since =
      (await runningSince(client, { name: connection }, shell)) ?? new Date(shell.clock.now()).toISOString();
    const call = { signal: shell.signal };
    const connections =
      connection === undefined ? await client.connections.list(call) : [await client.connections.get(connection, call)];
    const followed = await follow(shell, client, { connections, since });
    await printSummary(shell, globals, followed, { schema: "watch", data: { runs: followed.runs } });
  });
}

function describeRun(run: Run): string[] {
  const lines = pairs([
    ["Run", run.id],
    ["Of", `${run.connection}, stream ${run.stream}, lane ${run.lane}`],
    ["State", run.state],
    ["Why", run.trigger],
    ["Started", `${moment(run.startedAt)} UTC`],
    ["Took", runTime(run)],
    ...Object.entries(run.counts).map(([key, value]) => [`  ${key}`, count(value ?? 0)] as const),
    ["Error", run.error === null ? null : `${run.error.message} (${run.error.code})`],
  ]);
  const causes = parkedCauses([run]);
  if (causes.length > 0) lines.push("", "Parked, by cause:");
  for (const cause of causes) {
    lines.push(
      `  ${count(cause.count)}${cause.field === null ? "" : ` ${cause.field}:`} ${cause.message} (${cause.reason}; for example ${cause.example})`,
    );
  }
  return lines;
}
