// `winston alerts`: what is wrong and was told, who knows of it, and the channels it is told through.
import type { Command } from "commander";
import type { Alert } from "../../sdk/src/index.ts";
import { defineChannels } from "./alert-channels.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { isHuman, pairs, printList, printOne, widthOf } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { drawTable } from "./table.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list alerts that are not over, newest first")
    .option("--all", "those that are over, too")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 50);
  list.action(async ({ all, limit }: { all?: true; limit: number }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "alert",
      columns: [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "SINCE", of: (one) => moment(one.raisedAt), whole: true, spare: 3 },
        { title: "SEVERITY", of: (one) => one.severity, spare: 2 },
        { title: "STATE", of: (one) => one.state },
        { title: "WHAT", of: (one) => one.title, least: 20 },
        { title: "STREAMS", of: (one) => one.streams.join(" "), spare: 4 },
        { title: "KNOWN TO", of: (one) => one.acknowledgedBy, spare: 5 },
      ],
      rows: client.alerts.list(
        { ...(all ? { state: "all" as const } : {}), limit: Math.min(limit + 1, 500) },
        { signal: shell.signal },
      ),
      none: all ? "There was no alert." : "Nothing is wrong that Winston knows of.",
      next: "alerts show ID",
      limit,
    });
  });

  const show = subcommand(command, shell, "show <id>", "one alert, what to do, and what was told of it");
  show.action(async (id: string) => {
    const globals = globalsOf(show);
    const { client } = openRemote(shell, globals);
    const data = await client.alerts.get(id, { signal: shell.signal });
    const told = isHuman(shell, globals)
      ? drawTable(
          [
            { title: "CHANNEL", of: (one) => one.channel },
            { title: "EVENT", of: (one) => one.event },
            { title: "STATE", of: (one) => one.state.replace("_", " ") },
            { title: "TRIES", of: (one) => one.tries, right: true },
            { title: "WHEN", of: (one) => moment(one.endedAt ?? one.createdAt) },
            { title: "PROBLEM", of: (one) => one.problem },
          ],
          data.deliveries ?? [],
          { width: widthOf(shell) },
        )
      : [];
    printOne(shell, globals, {
      schema: "alert",
      data,
      lines: [...linesOf(data), "", ...told],
      next: data.state === "open" ? `alerts ack ${data.id}` : "alerts list",
    });
  });

  const ack = guarded(subcommand(command, shell, "ack <id>", "say that you know: no reminder for a day"), "light");
  ack.action(async (id: string, options: Guarded) => {
    const globals = globalsOf(ack);
    const { client } = openRemote(shell, globals);
    if (options.dryRun) {
      const { title } = await client.alerts.get(id, { signal: shell.signal });
      return void (await mayGo(shell, globals, options, {
        weight: "light",
        does: `acknowledge "${title}"`,
        data: { id },
      }));
    }
    const data = await client.alerts.acknowledge(id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "alert",
      data,
      lines: [
        data.state === "resolved"
          ? `"${data.title}" is over already.`
          : `"${data.title}" is known to ${data.acknowledgedBy ?? "somebody"}. It is told again when it gets worse, or in a day.`,
      ],
      next: "alerts list",
    });
  });

  defineChannels(subcommand(command, shell, "channels", "where alerts are told: webhooks, Slack, mail"), shell);
}

const linesOf = (one: Alert): string[] => [
  ...pairs([
    ["Alert", one.id],
    ["What", one.title],
    ["Severity", one.severity],
    ["State", one.state],
    ["Streams", one.streams.join(", ")],
    ["Since", moment(one.raisedAt)],
    ["Cause gone", one.clearSince === null ? null : `${moment(one.clearSince)}; it may come back`],
    ["Known to", one.acknowledgedAt === null ? null : `${one.acknowledgedBy ?? ""} ${moment(one.acknowledgedAt)}`],
    ["Over", moment(one.resolvedAt)],
    ["What to do", one.help],
  ]),
  "",
  ...one.message.split("\n"),
];
