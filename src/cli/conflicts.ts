// `winston conflicts`: where both sides changed one field, what was decided, and a person's word on what is open or what lost.
import type { Command } from "commander";
import type { Client, Conflict } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { resolve } from "node:path";
import { readAll } from "./ask.ts";
import { conflictsPage } from "./conflicts-html.ts";
import { EXIT } from "./failure.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { pairs, printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import { type Shell, tell } from "./shell.ts";
import { counted, moment, nameFor } from "./words.ts";
import { writePieces } from "./write-file.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list conflicts, newest first")
    .option("--open", "only those that wait for a person")
    .option("--record <id>", "only those of this record, by Winston's id")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 50)
    .option("--html <file>", "write them as a page that needs nothing else, too");
  list.action(async ({ open, record, limit, html }: { open?: true; record?: string; limit: number; html?: string }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    const asked = { ...(record === undefined ? {} : { entityId: record }), ...(open ? { open } : {}) };
    if (html !== undefined) {
      // The page has all of them, as they come, unless somebody says how many.
      const all = client.conflicts.list({ ...asked, limit: 500 }, { signal: shell.signal });
      const some = list.getOptionValueSource("limit") === "default" ? null : await all.toArray({ limit: limit + 1 });
      const rows = some?.slice(0, limit) ?? all;
      const which = `${open ? " that wait for a person" : ""}${record === undefined ? "" : ` of ${record}`}`;
      const heading =
        some === null
          ? `All conflicts${which}, newest first`
          : some.length > limit
            ? `The newest ${counted(limit, "conflict")}${which}, and there are more`
            : `${counted(some.length, "conflict")}${which}, newest first`;
      await writePieces(resolve(html), conflictsPage(heading, rows, standing));
    }
    await printList(shell, globals, {
      schema: "conflict",
      columns: [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "WHEN", of: (one) => moment(one.at), whole: true, spare: 4 },
        { title: "STREAM", of: (one) => `${one.connection} ${one.stream}`, least: 16, spare: 2 },
        { title: "FIELD", of: (one) => one.field },
        { title: "BEFORE", of: (one) => nameFor(one.baseline, one.names), spare: 5 },
        { title: "WINSTON SAID", of: (one) => nameFor(one.winston, one.names), least: 12 },
        { title: "VENDOR SAID", of: (one) => nameFor(one.record, one.names), least: 12 },
        { title: "WON", of: standing },
        { title: "RULE", of: (one) => one.rule, spare: 3 },
        { title: "NAME", of: (one) => one.title, spare: 1 },
        { title: "RECORD", of: (one) => one.entityId, whole: true, spare: 6 },
      ],
      rows: client.conflicts.list({ ...asked, limit: Math.min(limit + 1, 500) }, { signal: shell.signal }),
      none: open ? "Nobody is asked anything." : "There was no conflict.",
      next: open ? "conflicts take ID record" : "conflicts show ID",
      limit,
    });
  });

  const show = subcommand(command, shell, "show <id>", "one conflict, with all that was said");
  show.action(async (id: string) => {
    const globals = globalsOf(show);
    const { client } = openRemote(shell, globals);
    const data = await client.conflicts.get(id, { signal: shell.signal });
    const next = data.winner === "open" ? `conflicts take ${data.id} record` : `conflicts take ${data.id}`;
    printOne(shell, globals, {
      schema: "conflict",
      data,
      lines: linesOf(data),
      next: data.winner === "moot" ? "conflicts list --open" : next,
    });
  });

  const take = guarded(
    subcommand(
      command,
      shell,
      "take <ids> [value...]",
      "decide open ones, or put losing values back; several ids with commas between, or - for one on each line of standard input",
    ),
    "light",
  )
    .option("--blank", "leave the field blank")
    .option("--text <value>", 'a value that is itself the word "winston" or "record"')
    .option("--force", "put a losing value back also over a later edit")
    .addHelpText(
      "after",
      `\nThe value is \`winston\`, \`record\` (the vendor's), or another one. Without it, the losing value of a decided conflict is put back.\n  ${shell.self} conflicts take ID record\n  ${shell.self} conflicts list --open --ndjson | jq -r .id | ${shell.self} conflicts take - winston`,
    );
  take.action(async (given: string, words: string[], options: Guarded & TakeOptions) => {
    const globals = globalsOf(take);
    const { client } = openRemote(shell, globals);
    const what = readTaking(words, options);
    const ids = (given === "-" ? await readAll(shell.stdin) : given).split(/[\s,]+/u).filter((id) => id !== "");
    if (ids.length === 0) throw new WinstonError("usage.wrong", "No id was given; `conflicts list --open` shows them.");
    if (options.dryRun) {
      const does = (await Promise.all(ids.map((id) => client.conflicts.get(id, { signal: shell.signal }))))
        .map((one) => `${one.field} of ${one.kind} ${titled(one)} ${said(wouldBe(one, what), one.names)}`)
        .join("; ");
      return void (await mayGo(shell, globals, options, { weight: "light", does: `make ${does}`, data: { ids } }));
    }
    if (ids.length > 1) return takeMany(shell, globals, client, ids, what);
    const data = await client.conflicts.take(ids[0]!, what, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "conflict",
      data,
      lines: [
        data.restoredBy === null
          ? `${data.field} is ${said(stands(data), data.names)} now, here and at every vendor that has it.`
          : `${data.field} of ${data.kind} ${data.entityId} has the value back that had lost; it travels like any edit.`,
      ],
      next: "conflicts list --open",
    });
  });
}

type Taking = Parameters<Client["conflicts"]["take"]>[1];

interface TakeOptions {
  readonly blank?: true;
  readonly text?: string;
  readonly force?: true;
}

/** What the words after the ids say. Throws usage.wrong. */
function readTaking(words: readonly string[], { blank, text, force }: TakeOptions): NonNullable<Taking> {
  const forced = force ? { force } : {};
  const value = words.join(" ");
  if ([words.length > 0, blank, text !== undefined].filter(Boolean).length > 1)
    throw new WinstonError("usage.wrong", "Give one value: a word or text after the ids, --text, or --blank.");
  if (blank) return { value: null, ...forced };
  if (text !== undefined) return { value: text, ...forced };
  if (value === "winston" || value === "record") return { take: value, ...forced };
  return words.length > 0 ? { value, ...forced } : forced;
}

const AT_ONCE = 500;

async function takeMany(
  shell: Shell,
  globals: ReturnType<typeof globalsOf>,
  client: Client,
  ids: readonly string[],
  what: NonNullable<Taking>,
): Promise<void> {
  const counts = { taken: 0, unchanged: 0, failed: 0 };
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const answer = await client.conflicts.takeMany(ids.slice(start, start + AT_ONCE), what, { signal: shell.signal });
    for (const key of ["taken", "unchanged", "failed"] as const) counts[key] += answer.counts[key];
    for (const one of answer.results)
      for (const { message } of one.errors ?? []) tell(shell, `winston: ${one.id}: ${message}`);
  }
  printOne(shell, globals, {
    schema: "conflictsTaken",
    data: counts,
    lines: [`${counted(counts.taken, "conflict")} taken, ${counts.unchanged} as they were, ${counts.failed} refused.`],
    next: "conflicts list --open",
  });
  if (counts.failed > 0) shell.exitCode = EXIT.someFailed;
}

/** Who won, in a word. */
function standing(one: Conflict): string {
  const words = { winston: "winston", record: "vendor", given: "a third value", open: "open", moot: "nobody" };
  return one.restoredBy === null ? words[one.winner] : `${words[one.winner]}, put back since`;
}

const stands = (one: Conflict): unknown =>
  one.winner === "given" ? one.given : one.winner === "record" ? one.record : one.winston;

/** What a field would be after it was taken so. Throws usage.wrong where an open one is given no value. */
function wouldBe(one: Conflict, what: NonNullable<Taking>): unknown {
  if ("value" in what) return what.value;
  if (what.take !== undefined) return one[what.take];
  if (one.winner === "open")
    throw new WinstonError("usage.wrong", `${one.id} is open. Say what ${one.field} shall be.`);
  return one.winner === "record" ? one.winston : one.record;
}

function said(value: unknown, names: Conflict["names"]): string {
  if (value === null || value === undefined) return "blank";
  return typeof value === "string" && Object.hasOwn(names, value)
    ? `${JSON.stringify(names[value])} (${value})`
    : JSON.stringify(value);
}

/** What a person knows the record by, with its id. */
const titled = ({ title, entityId }: Conflict): string => (title === null ? entityId : `${title} (${entityId})`);

function linesOf(one: Conflict): string[] {
  return pairs([
    ["Conflict", one.id],
    ["When", moment(one.at)],
    ["Record", `${one.kind} ${titled(one)}`],
    ["At", `${one.connection} ${one.stream} ${one.recordId}`],
    ["Field", one.field],
    ["Before", said(one.baseline, one.names)],
    ["Winston said", said(one.winston, one.names)],
    ["Vendor said", said(one.record, one.names)],
    ["Won", standing(one)],
    ["Given", one.winner === "given" ? said(one.given, one.names) : null],
    ["Rule", one.rule],
    ["Decided", one.decidedAt === null ? null : `${moment(one.decidedAt)} ${one.decidedBy ?? "by itself"}`],
    ["Put back", one.restoredAt === null ? null : `${moment(one.restoredAt)} ${one.restoredBy ?? ""}`],
  ]);
}
