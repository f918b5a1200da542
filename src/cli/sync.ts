// `winston sync`: wakes a connection's streams and follows them until all is quiet.
import type { Command } from "commander";
import type { Connection } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { EXIT } from "./failure.ts";
import { type Followed, follow } from "./follow.ts";
import { isHuman, printList, printNext, printOne, widthOf } from "./output.ts";
import { globalsOf } from "./program.ts";
import { openRemote } from "./remote.ts";
import { type Globals, type Shell, tell } from "./shell.ts";
import { heldIn, parkedCauses, summarise, summaryColumns, summaryLines, total } from "./summary.ts";
import { counted, duration, listed } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  command
    .argument("[connection]", "its name or id; may be left out while there is only one")
    .option("--stream <key>", "only this stream, such as lead")
    .option("--full", "read everything again, not only what changed")
    .option("--no-wait", "only wake it, do not follow")
    .addHelpText("after", `\nExits 3 when some records were parked on the way, 1 when a run failed.`)
    .action(async (name: string | undefined, options: { stream?: string; full?: true; wait: boolean }) => {
      const globals = globalsOf(command);
      const { client } = openRemote(shell, globals);
      const connection = await chooseConnection(client, name, shell);
      const { stream, full } = options;
      const startedAt = shell.clock.now();
      const { since } = await client.connections.sync(
        connection.id,
        { ...(stream === undefined ? {} : { stream }), ...(full ? { full } : {}) },
        { signal: shell.signal },
      );
      if (!options.wait) {
        return printOne(shell, globals, {
          schema: "syncStarted",
          data: { connection: connection.name, since },
          lines: [`${connection.name} was woken.`],
          next: "runs watch",
        });
      }
      tell(
        shell,
        `Syncing ${connection.name}${stream === undefined ? "" : `, stream ${stream}`}${full ? ", everything" : ""}...`,
      );
      const followed = await follow(shell, client, { connections: [connection], since });
      tell(shell, `Took ${duration(shell.clock.now() - startedAt)}.`);
      await report(shell, globals, connection, followed);
    });
}

/** Prints what a sync did and sets the exit code: 1 when a run failed or work is left standing, 3 when records were parked. */
async function report(shell: Shell, globals: Globals, connection: Connection, followed: Followed): Promise<void> {
  const { runs } = followed;
  const streams = summarise(runs, followed.streams);
  const sum = total(streams);
  const parked = sum.parked > 0;
  const held = heldIn(followed.streams);
  const next = parked
    ? "parked list"
    : held > 0
      ? "duplicates list"
      : sum.conflicts > 0
        ? "conflicts list"
        : "runs list";
  const failed = runs.some((run) => run.state === "failed" && !wentOn(run, runs));
  if (globals.json) {
    const { connection: _connection, stream: _stream, ...totals } = sum;
    printOne(shell, globals, {
      schema: "sync",
      data: {
        connection: connection.name,
        quiet: followed.quiet,
        left: followed.left,
        streams,
        total: totals,
        parked: parkedCauses(runs),
        held,
        failed,
      },
      lines: [],
    });
  } else if (isHuman(shell, globals)) {
    shell.stdout.write(
      `${summaryLines(runs, { width: widthOf(shell), self: shell.self, streams: followed.streams }).join("\n")}\n`,
    );
    printNext(shell, globals, next);
  } else {
    const columns = summaryColumns(streams, { all: true });
    await printList(shell, globals, { schema: "streamSummary", columns, rows: streams, none: "" });
  }
  if (!followed.quiet) {
    tell(
      shell,
      `winston: not all is done: ${counted(followed.left.owed, "wake")} and ${counted(followed.left.intents, "write")} wait, and nothing works on them. See ${shell.self} connections, and that a worker runs.`,
    );
  }
  shell.exitCode = failed || !followed.quiet ? EXIT.failed : parked ? EXIT.someFailed : 0;
}

type AnyRun = Followed["runs"][number];

/** Whether a later run of the same stream and lane ended well. */
const wentOn = (failed: AnyRun, runs: readonly AnyRun[]): boolean =>
  runs.some(
    (run) =>
      run.stream === failed.stream &&
      run.lane === failed.lane &&
      run.state === "done" &&
      run.startedAt > failed.startedAt,
  );

/** The named connection, or the only one. Throws not.found or usage.wrong. */
export async function chooseConnection(
  client: ReturnType<typeof openRemote>["client"],
  name: string | undefined,
  shell: Shell,
): Promise<Connection> {
  if (name !== undefined) return client.connections.get(name, { signal: shell.signal });
  const all = await client.connections.list({ signal: shell.signal });
  if (all.length === 1) return all[0]!;
  throw all.length === 0
    ? new WinstonError(
        "not.found",
        `There is no connection yet. Make one: ${shell.self} connect salesforce --simulator`,
      )
    : new WinstonError(
        "usage.wrong",
        `There are several connections; name one of ${listed(all.map((one) => one.name))}.`,
      );
}
