// `winston restored`: which connections are only read after a restore, saying that a backup was put back, and letting one write again.
import type { Command } from "commander";
import type { Quarantine } from "../../sdk/src/index.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printList } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Globals, Shell } from "./shell.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  command.action(async () => {
    const globals = globalsOf(command);
    await print(shell, globals, await openRemote(shell, globals).client.quarantines.list({ signal: shell.signal }));
  });

  const begin = guarded(
    subcommand(
      command,
      shell,
      "begin",
      "say that a backup was put back: everything is read before anything is written",
    ),
    "light",
  ).option("--ask", "write only when a person says so, with `restored release`");
  begin.action(async (options: Guarded & { ask?: true }) => {
    const globals = globalsOf(begin);
    const { client } = openRemote(shell, globals);
    const does = "only read at every connection, all of it, before anything is written again";
    if (!(await mayGo(shell, globals, options, { weight: "light", does }))) return;
    const how = options.ask ? { asks: true } : {};
    await print(shell, globals, await client.quarantines.begin(how, { signal: shell.signal }));
  });

  const release = guarded(
    subcommand(command, shell, "release <connection>", "let a connection write again, when all of it is known"),
    "final",
  ).option("--force", "also before all is known: older values of ours may go over newer ones there");
  release.action(async (connection: string, options: Guarded & { force?: true }) => {
    const globals = globalsOf(release);
    const { client } = openRemote(shell, globals);
    const known = options.force ? ", although not all may be known there" : "";
    const does = `let Winston write at the connection ${connection} again${known}`;
    if (!(await mayGo(shell, globals, options, { weight: "final", does }))) return;
    const how = options.force ? { force: true } : {};
    await print(shell, globals, await client.quarantines.release(connection, how, { signal: shell.signal }));
  });
}

async function print(shell: Shell, globals: Globals, rows: readonly Quarantine[]): Promise<void> {
  await printList(shell, globals, {
    schema: "quarantine",
    columns: [
      { title: "CONNECTION", of: (one) => one.connection, whole: true },
      { title: "SINCE", of: (one) => moment(one.since), whole: true },
      { title: "WHY", of: (one) => one.reason, spare: 1, least: 30 },
      { title: "WAITS FOR", of: (one) => one.next, least: 30 },
    ],
    rows,
    none: "No connection waits after a restore; what is owed is written.",
    next: "runs watch",
  });
}
