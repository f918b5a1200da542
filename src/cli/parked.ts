// `winston parked`: records set aside with their reason, and trying them again.
import type { Command } from "commander";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { streamNamed } from "./stream-named.ts";
import { counted, moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list what is set aside")
    .option("--connection <connection>", "only those of this one")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 50);
  list.action(async ({ connection, limit }: { connection?: string; limit: number }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "parked",
      columns: [
        { title: "STREAM", of: (one) => one.stream, spare: 2 },
        { title: "SIDE", of: (one) => one.side, spare: 3 },
        { title: "RECORD", of: (one) => one.subject, whole: true },
        { title: "REASON", of: (one) => one.reason, whole: true, spare: 1 },
        { title: "FIELD", of: (one) => one.field, least: 12 },
        { title: "WHAT WAS SAID", of: (one) => one.message, least: 36 },
        { title: "TIMES", of: (one) => one.times, right: true, spare: 4 },
        { title: "SINCE", of: (one) => moment(one.firstAt), whole: true, spare: 5 },
      ],
      rows: client.parked.list(
        { ...(connection === undefined ? {} : { connection }), limit: Math.min(limit + 1, 500) },
        { signal: shell.signal },
      ),
      none: "Nothing is parked.",
      next: "parked retry",
      limit,
    });
  });

  const retry = guarded(
    subcommand(command, shell, "retry [id]", "try them again: all, or the one with the id that `parked list` shows"),
    "light",
  )
    .option("--connection <connection>", "only those of this one")
    .option("--stream <key>", "only those of this stream, such as lead, or CONNECTION/STREAM");
  retry.action(async (record: string | undefined, options: Guarded & { connection?: string; stream?: string }) => {
    const globals = globalsOf(retry);
    const { client } = openRemote(shell, globals);
    const { dryRun, ...given } = options;
    const one = given.stream?.includes("/") ? await streamNamed(client, given.stream, given.connection, shell) : null;
    const which = one ? { ...given, connection: one.connectionId, stream: one.key } : given;
    if (dryRun) {
      const { connection, stream } = which;
      let found = 0;
      const all = client.parked.list(connection === undefined ? {} : { connection }, { signal: shell.signal });
      for await (const one of all)
        if ((stream ?? one.stream) === one.stream && (record ?? one.subject) === one.subject) found += 1;
      const does = `try ${counted(found, "parked record")} again`;
      return void (await mayGo(shell, globals, { dryRun }, { weight: "light", does, data: { found } }));
    }
    const { retried } = await client.parked.retry(
      { ...which, ...(record === undefined ? {} : { subject: record }) },
      { signal: shell.signal },
    );
    printOne(shell, globals, {
      schema: "retried",
      data: { retried },
      lines: [retried === 0 ? "Nothing was parked there." : `${counted(retried, "record")} will be tried again.`],
      next: "runs watch",
    });
  });
}
