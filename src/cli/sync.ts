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
import { streamNamed } from "./stream-named.ts";
import { meant } from "./which.ts";
import { duration, listed } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  command
    .argument("[which]", "a connection, a stream such as lead, or CONNECTION/STREAM; every connection when left out")
    .option("--stream <key>", "only this stream, such as lead, or CONNECTION/STREAM")
    .option("--full", "read everything again, not only what changed")
    .option("--no-wait", "only wake it, do not follow")
    .addHelpText(
      "after",
      `\nExits 3 when some records were parked on the way; when a run failed with what stopped it: 4 credentials, 5 a spent allowance, else 1.`,
    )
    .action(async (name: string | undefined, options: { stream?: string; full?: true; wait: boolean }) => {
      const globals = globalsOf(command);
      const { client } = openRemote(shell, globals);
      const { connections, stream } = await chosen(client, name, options.stream, shell);
      const { full } = options;
      const names = listed(connections.map((one) => one.name));
      const startedAt = shell.clock.now();
      const since: string[] = [];
      for (const connection of connections) {
        const earlier = await runningSince(client, connection, shell);
        const woken = await client.connections.sync(
          connection.id,
          { ...(stream === undefined ? {} : { stream }), ...(full ? { full } : {}) },
          { signal: shell.signal },
        );
        since.push(options.wait ? (earlier ?? woken.since) : woken.since);
      }
      const first = since.toSorted()[0]!;
      const data =
        connections.length === 1 ? { connection: names } : { connections: connections.map((one) => one.name) };
      if (!options.wait) {
        return printOne(shell, globals, {
          schema: "syncStarted",
          data: { ...data, since: first },
          lines: connections.map((one) => `${one.name} was woken.`),
          next: "runs watch",
        });
      }
      tell(
        shell,
        `Syncing ${names}${stream === undefined ? "" : `, stream ${stream}`}${full ? ", everything" : ""}...`,
      );
      const followed = await follow(shell, client, { connections, since: first });
      tell(shell, `Took ${duration(shell.clock.now() - startedAt)}.`);
      await printSummary(shell, globals, followed, { schema: "sync", data });
    });
}

/** What is to be synced: all of some connections, or one stream. Throws not.found or usage.wrong. */
async function chosen(
  client: Client,
  name: string | undefined,
  stream: string | undefined,
  shell: Shell,
): Promise<{ readonly connections: readonly Connection[]; readonly stream?: string }> {
  const call = { signal: shell.signal };
  const all = await client.connections.list(call);
  if (all.length === 0)
    throw new WinstonError(
      "not.found",
      `There is no connection yet. Make one: ${shell.self} connect ${simulators[0].key} --simulator`,
    );
  const which = await meant(client, name, shell);
  if (which.stream !== undefined && stream !== undefined)
    throw new WinstonError("usage.wrong", `Name the stream once: ${name} is one already.`);
  const key = stream ?? which.stream;
  if (key !== undefined) {
    const one = await streamNamed(client, key, which.connection, shell);
    return { connections: all.filter(({ id }) => id === one.connectionId), stream: one.key };
  }
  const wanted = which.connection;
  return { connections: wanted === undefined ? all : all.filter((one) => one.id === wanted || one.name === wanted) };
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
