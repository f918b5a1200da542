// `winston schema`: mapped fields of vendors that are not what they were.
import type { Command } from "commander";
import { printList } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const diff = subcommand(
    command,
    shell,
    "diff [connection]",
    "mapped fields that are gone or changed at the vendor, and the rows that are paused for it",
  );
  diff.action(async (connection: string | undefined) => {
    const globals = globalsOf(diff);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "schemaDrift",
      columns: [
        { title: "CONNECTION", of: (one) => one.connection },
        { title: "STREAM", of: (one) => one.stream },
        { title: "FIELD", of: (one) => one.field, whole: true },
        { title: "OURS", of: (one) => one.fields.join(", ") },
        { title: "CAUSE", of: (one) => one.cause },
        { title: "ROW", of: (one) => (one.pauses ? "paused" : "runs") },
        { title: "SINCE", of: (one) => moment(one.noticedAt), spare: 2 },
        { title: "WHAT TO DO", of: (one) => one.message, spare: 1 },
      ],
      rows: await client.schema.diff(connection === undefined ? {} : { connection }, { signal: shell.signal }),
      none: "Every mapped field is what it was.",
      next: "mappings show STREAM",
    });
  });
}
