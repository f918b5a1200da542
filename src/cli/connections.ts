// `winston connections`: what is connected and how each of its streams is.
import type { Command } from "commander";
import { describeConnection, readMode } from "./connect.ts";
import { isHuman, printList, printOne, widthOf } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
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
        { title: "ACCOUNT", of: (one) => one.organisationLabel },
        { title: "KIND", of: (one) => one.environment },
        { title: "MODE", of: (one) => (one.paused ? `${one.mode}, paused` : one.mode) },
        { title: "PROBLEM", of: (one) => one.problem },
        { title: "ID", of: (one) => one.id, cut: "middle" },
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

  const change = (name: string, summary: string, paused: boolean): void => {
    const one = subcommand(command, shell, `${name} <connection>`, summary);
    one.action(async (which: string) => {
      const globals = globalsOf(one);
      const { client } = openRemote(shell, globals);
      const connection = await client.connections.update(which, { paused }, { signal: shell.signal });
      printOne(shell, globals, {
        schema: "connection",
        data: connection,
        lines: describeConnection(connection),
        next: "connections",
      });
    });
  };
  change("pause", "stop all writing at the vendor; reading goes on", true);
  change("resume", "let writing go on", false);

  const mode = subcommand(command, shell, "mode <connection> <mode>", "observe only reads, write writes too");
  mode.action(async (which: string, text: string) => {
    const globals = globalsOf(mode);
    const { client } = openRemote(shell, globals);
    const connection = await client.connections.update(
      which,
      { mode: readMode(text, false) },
      { signal: shell.signal },
    );
    printOne(shell, globals, {
      schema: "connection",
      data: connection,
      lines: describeConnection(connection),
      next: `sync ${connection.name}`,
    });
  });

  const remove = subcommand(
    command,
    shell,
    "remove <connection>",
    "forget its credentials and streams; all records stay",
  );
  remove.action(async (which: string) => {
    const globals = globalsOf(remove);
    const { client } = openRemote(shell, globals);
    const connection = await client.connections.get(which, { signal: shell.signal });
    await client.connections.delete(connection.id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "connectionRemoved",
      data: { id: connection.id, name: connection.name },
      lines: [`${connection.name} was removed; the records stay, here and at the vendor.`],
      next: "connections",
    });
  });
}
