// `winston frozen`: fields that two writers set to and fro, and letting go.
import type { Command } from "commander";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { pairs, printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list fields that are frozen, with both who set them")
    .option("--all", "those that were released, too")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 50);
  list.action(async ({ all, limit }: { all?: true; limit: number }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "frozenField",
      columns: [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "RECORD", of: (one) => `${one.kind} ${one.name ?? one.entityId}` },
        { title: "FIELD", of: (one) => one.field },
        { title: "ONE", of: (one) => one.writers[0]?.connection ?? one.writers[0]?.actor },
        { title: "SETS", of: (one) => one.writers[0]?.value },
        { title: "OTHER", of: (one) => one.writers[1]?.connection ?? one.writers[1]?.actor },
        { title: "SETS", of: (one) => one.writers[1]?.value },
        { title: "STATE", of: (one) => one.state, spare: 3 },
        { title: "SINCE", of: (one) => moment(one.at), whole: true, spare: 4 },
      ],
      rows: client.frozen.list(
        { ...(all ? {} : { on: true }), limit: Math.min(limit + 1, 500) },
        { signal: shell.signal },
      ),
      none: all ? "No field was ever frozen." : "No field is frozen.",
      next: "frozen show ID",
      limit,
    });
  });

  const show = subcommand(command, shell, "show <id>", "one of them, in words");
  show.action(async (id: string) => {
    const globals = globalsOf(show);
    const { client } = openRemote(shell, globals);
    const data = await client.frozen.get(id, { signal: shell.signal });
    const lines = pairs([
      ["Record", `${data.kind} ${data.entityId}`],
      ["Since", moment(data.at)],
      ["Released", data.releasedAt === null ? null : `${moment(data.releasedAt)} ${data.releasedBy ?? ""}`],
    ]);
    printOne(shell, globals, {
      schema: "frozenField",
      data,
      lines: [data.says, ...lines],
      next: data.state === "on" ? `frozen release ${data.id}` : "frozen list",
    });
  });

  const release = guarded(
    subcommand(
      command,
      shell,
      "release <id>",
      "let the field be taken and written again: mend one of the writers first",
    ),
    "light",
  );
  release.action(async (id: string, options: Guarded) => {
    const globals = globalsOf(release);
    const { client } = openRemote(shell, globals);
    if (options.dryRun) {
      const { field, kind, entityId } = await client.frozen.get(id, { signal: shell.signal });
      return void (await mayGo(shell, globals, options, {
        weight: "light",
        does: `release ${field} of ${kind} ${entityId}`,
      }));
    }
    const data = await client.frozen.release(id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "frozenField",
      data,
      lines: [`${data.field} of ${data.kind} ${data.name ?? data.entityId} is taken and written again.`],
      next: "frozen list",
    });
  });
}
