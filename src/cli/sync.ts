// `winston sync`: wakes a connection's streams and follows them until all is quiet.
import type { Command } from "commander";
import type { Client, Connection } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { simulators } from "../simulators/index.ts";
import { follow } from "./follow.ts";
import { printOne } from "./output.ts";
import { globalsOf } from "./program.ts";
import { openRemote } from "./remote.ts";
import { printSummary } from "./report.ts";
import { type Shell, tell } from "./shell.ts";
import { duration, listed } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  command
    .argument("[connection]", "its name or id; may be left out while there is only one")
    .option("--stream <key>", "only this stream, such as lead")
    .option("--full", "read everything again, not only what changed")
    .option("--no-wait", "only wake it, do not follow")
    .addHelpText(
      "after",
      `\nExits 3 when some records were parked on the way; when a run failed with what stopped it: 4 credentials, 5 a spent allowance, else 1.`,
    )
    .action(async (name: string | undefined, options: { stream?: string; full?: true; wait: boolean }) => {
      const globals = globalsOf(command);
      const { client } = openRemote(shell, globals);
      const connection = await chooseConnection(client, name, shell);
      const { stream, full } = options;
      const startedAt = shell.clock.now();
      const earlier = await runningSince(client, connection, shell);
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
      const followed = await follow(shell, client, { connections: [connection], since: earlier ?? since });
      tell(shell, `Took ${duration(shell.clock.now() - startedAt)}.`);
      await printSummary(shell, globals, followed, { schema: "sync", data: { connection: connection.name } });
    });
}

/** When the earliest began of the runs that go on already, such as a first load: what they bring belongs to what is followed. */
export async function runningSince(
  client: Client,
  { name }: { readonly name: string | undefined },
  shell: Shell,
): Promise<string | undefined> {
  const runs = await client.runs.list({ state: "running", connection: name }, { signal: shell.signal }).toArray();
  return runs.map((run) => run.startedAt).toSorted()[0];
}

/** The named connection, or the only one. Throws not.found or usage.wrong. */
export async function chooseConnection(client: Client, name: string | undefined, shell: Shell): Promise<Connection> {
  if (name !== undefined) return client.connections.get(name, { signal: shell.signal });
  const all = await client.connections.list({ signal: shell.signal });
  if (all.length === 1) return all[0]!;
  throw all.length === 0
    ? new WinstonError(
        "not.found",
        `There is no connection yet. Make one: ${shell.self} connect ${simulators[0].key} --simulator`,
      )
    : new WinstonError(
        "usage.wrong",
        `There are several connections; name one of ${listed(all.map((one) => one.name))}.`,
      );
}
