// `winston brake`: mass deletions and blankings that were stopped, and a person's word on them.
import type { Command } from "commander";
import type { Brake } from "../../sdk/src/index.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { pairs, printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list what was stopped and waits for a person")
    .option("--all", "those that were decided, too")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 50);
  list.action(async ({ all, limit }: { all?: true; limit: number }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "brake",
      columns: [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "STREAM", of: (one) => `${one.connection} ${one.stream}` },
        { title: "BY", of: (one) => (one.direction === "pull" ? "vendor" : "us") },
        { title: "WHAT", of: whatOf },
        { title: "LOST", of: (one) => Math.max(one.lost, one.waits + one.went), right: true },
        { title: "OF", of: (one) => one.records, right: true, spare: 2 },
        { title: "WAIT", of: (one) => one.waits, right: true },
        { title: "STATE", of: (one) => one.state, spare: 3 },
        { title: "SINCE", of: (one) => moment(one.at), whole: true, spare: 4 },
      ],
      rows: client.brakes.list(
        { ...(all ? {} : { on: true }), limit: Math.min(limit + 1, 500) },
        { signal: shell.signal },
      ),
      none: all ? "Nothing was ever stopped." : "Nothing waits at the brake.",
      next: "brake show ID",
      limit,
    });
  });

  const show = subcommand(command, shell, "show <id>", "one of them, with examples");
  show.action(async (id: string) => {
    const globals = globalsOf(show);
    const { client } = openRemote(shell, globals);
    const data = await client.brakes.get(id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "brake",
      data,
      lines: [
        data.says,
        ...pairs([
          ["Brake", data.id],
          ["Since", moment(data.at)],
          ["Decided", data.decidedAt === null ? null : `${moment(data.decidedAt)} ${data.decidedBy ?? "by itself"}`],
        ]),
        ...(data.examples ?? []).map(
          (one) => `  ${one.name ?? one.entityId} (${one.recordId})${lostValue(data, one.value)}, ${one.state}`,
        ),
      ],
      next: data.state === "on" ? `brake release ${data.id}` : "brake list",
    });
  });

  const decide = (decision: "release" | "restore", summary: string) => {
    const weight = decision === "release" ? "deletes" : "light";
    const sub = guarded(subcommand(command, shell, `${decision} <id>`, summary), weight);
    sub.action(async (id: string, options: Guarded) => {
      const globals = globalsOf(sub);
      const { client } = openRemote(shell, globals);
      if (options.dryRun || weight === "deletes") {
        const brake = await client.brakes.get(id, { signal: shell.signal });
        const does = `${decision === "release" ? "carry out" : "put back"} the ${whatOf(brake)} of ${brake.waits + (decision === "restore" ? brake.went : 0)} records of ${brake.connection} ${brake.stream}`;
        if (!(await mayGo(shell, globals, options, { weight, does, data: { brake } }))) return;
      }
      const data = await client.brakes[decision](id, { signal: shell.signal });
      printOne(shell, globals, { schema: "brake", data, lines: [data.says], next: "runs list" });
    });
  };
  decide("release", "it was meant: carry out what waits");
  decide("restore", "it was a mistake: put back what was lost, where it was lost");
}

const whatOf = (one: Brake): string => (one.what === "deletion" ? "deletion" : `blanking of ${one.field}`);

const lostValue = (brake: Brake, value: unknown): string =>
  brake.what === "deletion" ? "" : ` had ${JSON.stringify(value)}`;
