// `winston conflicts`: where both sides changed one field, what was decided, and the value that lost.
import type { Command } from "commander";
import { printList } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list conflicts, newest first")
    .option("--record <id>", "only those of this record, by Winston's id")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 50);
  list.action(async ({ record, limit }: { record?: string; limit: number }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "conflict",
      columns: [
        { title: "WHEN", of: (one) => moment(one.at) },
        { title: "RECORD", of: (one) => one.entityId, cut: "middle" },
        { title: "STREAM", of: (one) => `${one.connection} ${one.stream}` },
        { title: "FIELD", of: (one) => one.field },
        { title: "BEFORE", of: (one) => one.baseline },
        { title: "WINSTON SAID", of: (one) => one.winston },
        { title: "VENDOR SAID", of: (one) => one.record },
        { title: "WON", of: (one) => (one.winner === "record" ? "vendor" : one.winner) },
        { title: "RULE", of: (one) => one.rule },
      ],
      rows: client.conflicts.list(
        { ...(record === undefined ? {} : { entityId: record }), limit: Math.min(limit + 1, 500) },
        { signal: shell.signal },
      ),
      none: "There was no conflict.",
      next: "records history KIND ID",
      limit,
    });
  });
}
