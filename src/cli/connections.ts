// `winston connections`: what is connected and how each of its streams is.
import type { Command } from "commander";
import { describeConnection, readMode } from "./connect.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { isHuman, printList, printOne, widthOf } from "./output.ts";
import { standing } from "./standing.ts";
import { define as definePause } from "./pause.ts";
import { define as defineResume } from "./resume.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import { defineRollout } from "./rollout.ts";
import type { Shell } from "./shell.ts";
import { drawTable } from "./table.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = async (): Promise<void> => {
    const globals = globalsOf(command);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "connection",
      columns: [
        { title: "NAME", of: (one) => one.name },
        { title: "VENDOR", of: (one) => one.vendor },
        { title: "ACCOUNT", of: (one) => one.organisationLabel, spare: 1 },
        { title: "KIND", of: (one) => one.environment, spare: 2 },
        { title: "MODE", of: (one) => (one.paused ? `${one.mode}, paused` : one.mode) },
        { title: "PROBLEM", of: (one) => one.problem, least: 30 },
        { title: "ID", of: (one) => one.id, whole: true, spare: 4 },
      ],
      rows: await client.connections.list({ signal: shell.signal }),
      none: "Nothing is connected.",
      next: "connections show NAME",
    });
  };
  command.action(list);
  subcommand(command, shell, "list", "list connections").action(list);

  const show = subcommand(command, shell, "show <connection>", "one connection and its streams");
  show.action(async (name: string) => {
    const globals = globalsOf(show);
    const { client } = openRemote(shell, globals);
    const connection = await client.connections.get(name, { signal: shell.signal });
    const streams = await client.streams.list({ connection: connection.id }, { signal: shell.signal });
    const table = isHuman(shell, globals)
      ? drawTable(
          [
            { title: "STREAM", of: (one) => one.key },
            { title: "OF", of: (one) => one.stage ?? one.kind },
            { title: "WAY", of: (one) => one.direction },
            { title: "LINKED", of: (one) => one.counts.linked, right: true },
            { title: "PARKED", of: (one) => one.counts.parked, right: true },
            { title: "WAITING", of: (one) => one.counts.waiting, right: true },
            { title: "HELD", of: (one) => one.counts.held, right: true },
            {
              title: "LAST LOOK",
              of: (one) =>
                moment(
                  one.lanes
                    .map((lane) => lane.ranAt ?? "")
                    .toSorted()
                    .at(-1),
                ),
            },
            { title: "HEALTH", of: (one) => one.health },
          ],
          streams,
          { width: widthOf(shell) },
        )
      : [];
    printOne(shell, globals, {
      schema: "connection",
      data: { ...connection, streams },
      lines: [...describeConnection(connection), "", ...table],
      next: `sync ${connection.name}`,
    });
  });

  definePause(subcommand(command, shell, "pause", "stop all writing there at once; reading goes on"), shell);
  defineResume(subcommand(command, shell, "resume", "show what waits to be written there, and let it go"), shell);
  defineRollout(command, shell);

  const mode = guarded(
    subcommand(command, shell, "mode <connection> <mode>", "observe only reads, write writes too"),
    "light",
  );
  mode.action(async (which: string, text: string, options: Guarded) => {
    const globals = globalsOf(mode);
    const chosen = readMode(text, false);
    const { client } = openRemote(shell, globals);
    if (options.dryRun) {
      const does = `put into mode ${chosen} ${await standing(client, which, shell)}`;
      return void (await mayGo(shell, globals, options, { weight: "light", does }));
    }
    const connection = await client.connections.update(which, { mode: chosen }, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "connection",
      data: connection,
      lines: describeConnection(connection),
      next: `sync ${connection.name}`,
    });
  });

  const remove = guarded(
    subcommand(command, shell, "remove <connection>", "forget its credentials and streams; all records stay"),
    "deletes",
  );
  remove.action(async (which: string, options: Guarded) => {
    const globals = globalsOf(remove);
    const { client } = openRemote(shell, globals);
    const connection = await client.connections.get(which, { signal: shell.signal });
    const does = `remove ${await standing(client, connection.id, shell)}, with its credentials, mappings and what is owed to it; all records stay, here and at the vendor`;
    if (!(await mayGo(shell, globals, options, { weight: "deletes", does, data: { id: connection.id } }))) return;
    await client.connections.delete(connection.id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "connectionRemoved",
      data: { id: connection.id, name: connection.name },
      lines: [
        `${connection.name} was removed; the records stay, here and at the vendor. Connected again, the same account's records are known again.`,
      ],
      next: "connections",
    });
  });
}
