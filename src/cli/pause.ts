// `winston pause`: stops all writing at vendors at once.
import type { Command } from "commander";
import type { Client, Connection, Plan } from "../../sdk/src/index.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printOne } from "./output.ts";
import { summaryLines } from "./plan-view.ts";
import { globalsOf } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Globals, Shell } from "./shell.ts";
import { standing } from "./standing.ts";

export function define(command: Command, shell: Shell): void {
  guarded(command.argument("[connection]", "its id or its name; all of them when absent"), "light");
  command.action(async (which: string | undefined, options: Guarded) => {
    const globals = globalsOf(command);
    const { client } = openRemote(shell, globals);
    const connections = (await named(client, which, shell)).filter((one) => !one.paused);
    const whom = which === undefined ? namesOf(connections) : await standing(client, which, shell);
    const does = `pause ${whom}: no request that changes anything is sent there any more, in whatever process; reading goes on`;
    if (!(await mayGo(shell, globals, options, { weight: "light", does }))) return;
    await change(shell, globals, client, connections, true);
  });
}

export async function named(client: Client, which: string | undefined, shell: Shell): Promise<readonly Connection[]> {
  const call = { signal: shell.signal };
  return which === undefined ? client.connections.list(call) : [await client.connections.get(which, call)];
}

export const namesOf = (connections: readonly Connection[]): string =>
  connections.length === 0 ? "nothing" : connections.map((one) => one.name).join(", ");

/** Pauses these or lets them go on, and says so. */
export async function change(
  shell: Shell,
  globals: Globals,
  client: Client,
  connections: readonly Connection[],
  paused: boolean,
  plan?: Plan,
): Promise<void> {
  const changed: Connection[] = [];
  for (const one of connections)
    changed.push(await client.connections.update(one.id, { paused }, { signal: shell.signal }));
  const lines =
    changed.length === 0
      ? [paused ? "Nothing to pause: no connection writes." : "Nothing to let go on: no connection is paused."]
      : changed.map((one) =>
          paused
            ? `${one.name} is paused: nothing more is written there, and what is owed waits.`
            : `${one.name} goes on${plan ? `: ${summaryLines(plan).join("; ")}` : "."}`,
        );
  printOne(shell, globals, {
    schema: paused ? "paused" : "resumed",
    data: { connections: changed, ...(plan ? { plan } : {}) },
    lines,
    rows: changed.map((one) => [one.name, paused ? "paused" : one.mode]),
    next: paused ? "resume" : "connections",
  });
}
