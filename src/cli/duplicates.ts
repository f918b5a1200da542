// `winston duplicates`: pairs that may be one thing, for a person to decide; and taking a wrongly joined record out again.
import { type Command, Option } from "commander";
import { type Client, ConflictError, type Duplicate, NotFoundError } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { readAll } from "./ask.ts";
import { EXIT } from "./failure.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { pairs, printList, printOne, widthOf } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { brief, recordsOf, resourceNamed } from "./records.ts";
import { openRemote } from "./remote.ts";
import { type Globals, type Shell, tell } from "./shell.ts";
import { type Column, drawTable } from "./table.ts";
import { counted, listed, moment } from "./words.ts";

type Side = Duplicate["left"];

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list pairs that may be one thing, with what both are known by")
    .option("--state <state>", "those that are open, same or different", "open")
    .option("--limit <n>", "at most this many", wholeNumber(1, 100_000), 50);
  list.action(async ({ state, limit }: { state: Duplicate["state"]; limit: number }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "duplicate",
      columns: [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "KIND", of: (one) => one.kind, spare: 3 },
        { title: "ONE", of: (one) => nameOf(one.left), least: 16 },
        { title: "LIVES AT", of: (one) => placesOf(one.left), least: 18, spare: 2 },
        { title: "OTHER", of: (one) => nameOf(one.right), least: 16 },
        { title: "LIVES AT", of: (one) => placesOf(one.right), least: 18, spare: 2 },
        { title: "BOTH HAVE", of: (one) => listed(one.shared.map(({ key, value }) => `${key} ${value}`)), least: 20 },
        { title: "ONLY ONE AT", of: (one) => one.connection ?? "" },
        { title: "SINCE", of: (one) => moment(one.foundAt), whole: true, spare: 4 },
      ],
      rows: client.duplicates.list({ state, limit: Math.min(limit + 1, 500) }, { signal: shell.signal }),
      none: "There are no such pairs.",
      next: "duplicates show ID",
      limit,
    });
  });

  const show = subcommand(command, shell, "show <id>", "one pair: what each of the two says, field by field");
  show.action(async (id: string) => {
    const globals = globalsOf(show);
    const { client } = openRemote(shell, globals);
    const data = await client.duplicates.get(id, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "duplicate",
      data,
      lines: sideBySide(data, widthOf(shell)),
      next: data.state === "same" ? "duplicates list" : `duplicates link ${id} (or dismiss, or merge)`,
    });
  });

  const decide = (name: string, decision: "same" | "different", summary: string) => {
    const weight = decision === "same" ? "final" : "light";
    const several = "; several ids with commas between, or - for one on each line of standard input";
    const sub = guarded(subcommand(command, shell, `${name} <ids>`, summary + several), weight);
    const said = (one: Duplicate): string =>
      decision === "same" ? nowOne(one, shell) : `${nameOf(one.left)} and ${nameOf(one.right)} stay two.`;
    sub.action(async (given: string, options: Guarded) => {
      const globals = globalsOf(sub);
      const { client } = openRemote(shell, globals);
      const ids = (given === "-" ? await readAll(shell.stdin) : given).split(/[\s,]+/u).filter((id) => id !== "");
      const [id] = ids;
      if (id === undefined) throw new WinstonError("usage.wrong", "No id was given; `duplicates list` shows them.");
      if (options.dryRun || (weight === "final" && !options.yes)) {
        const verb = decision === "same" ? "make one of" : "keep apart";
        const pair = ids.length === 1 ? await openPair(client, id, shell) : undefined;
        const does = pair
          ? `${verb} ${pair.kind}s ${described(pair.left)} and ${described(pair.right)}`
          : `${verb} the two of each of ${ids.length} pairs`;
        if (!(await mayGo(shell, globals, options, { weight, does, data: pair ? { pair } : { ids } }))) return;
      }
      if (ids.length > 1) return decideMany(shell, globals, client, ids, decision);
      const data = await client.duplicates.decide(id, decision, { signal: shell.signal });
      printOne(shell, globals, { schema: "duplicate", data, lines: [said(data)], next: "duplicates list" });
    });
  };
  decide("link", "same", "say that a pair is one: one takes in the other, and no value is lost");
  decide("dismiss", "different", "say that a pair is two: nobody is asked again");

  const merge = guarded(
    subcommand(
      command,
      shell,
      "merge <id>",
      "merge the two records of a pair at the vendor where both live; then they are one here too",
    ).addOption(
      new Option(
        "--keep <side>",
        "which of the two stays, as `duplicates list` shows them: left is ONE, right OTHER",
      ).choices(["left", "right"]),
    ),
    "final",
  );
  merge.action(async (id: string, options: Guarded & { keep?: "left" | "right" }) => {
    const globals = globalsOf(merge);
    const { client } = openRemote(shell, globals);
    const { keep } = options;
    if (options.dryRun || !options.yes) {
      const pair = await openPair(client, id, shell);
      const stays = keep === undefined ? "" : `; ${described(pair[keep])} stays`;
      const does = `merge at their vendor the ${pair.kind}s ${described(pair.left)} and ${described(pair.right)}${stays}`;
      if (!(await mayGo(shell, globals, options, { weight: "final", does, data: { pair } }))) return;
    }
    const data = await client.duplicates.merge(id, keep === undefined ? {} : { keep }, { signal: shell.signal });
    printOne(shell, globals, {
      schema: "duplicateMerge",
      data,
      lines: [
        ...data.merged.map((one) => {
          const under = one.survivor === one.kept ? "" : `; both are ${one.survivor} there now`;
          return `${one.connection}: ${one.lost} was merged into ${one.kept}${under}.`;
        }),
        nowOne(data.pair, shell),
      ],
      next: "duplicates list",
    });
  });

  const unlink = guarded(
    subcommand(
      command,
      shell,
      "unlink <kind> <id> <connection>",
      "take the record at one connection out of a thing of ours: it becomes one of its own",
    ),
    "final",
  );
  unlink.action(async (word: string, id: string, connection: string, options: Guarded) => {
    const globals = globalsOf(unlink);
    const resource = resourceNamed(word);
    const { client } = openRemote(shell, globals);
    const does = `make the record that ${connection} has of ${resource.one} ${id} a ${resource.one} of its own`;
    if (!(await mayGo(shell, globals, options, { weight: "final", does }))) return;
    const data = await recordsOf(client, resource).unlink(id, connection, { signal: shell.signal });
    printOne(shell, globals, {
      schema: resource.one,
      data,
      lines: [`What ${connection} has is ${resource.one} ${data.id} now, one of its own.`],
      next: `records show ${resource.one} ${data.id}`,
    });
  });
}

/** The pair, while the two are not one. Throws not.found. */
async function openPair(client: Client, id: string, shell: Shell): Promise<Duplicate> {
  const pair = await client.duplicates.get(id, { signal: shell.signal });
  if (pair.state !== "same") return pair;
  throw new WinstonError(
    "not.found",
    `The two of pair ${id} are one already; \`duplicates list\` shows those that are not.`,
  );
}

/** Each by itself: one that cannot be decided is told, and the others are. */
async function decideMany(
  shell: Shell,
  globals: Globals,
  client: Client,
  ids: readonly string[],
  decision: "same" | "different",
): Promise<void> {
  const data = { decided: 0, refused: 0 };
  for (const id of ids)
    try {
      await client.duplicates.decide(id, decision, { signal: shell.signal });
      data.decided += 1;
    } catch (thrown) {
      // What is no answer about this pair is none about the next.
      if (!(thrown instanceof NotFoundError || thrown instanceof ConflictError)) throw thrown;
      data.refused += 1;
      tell(shell, `winston: ${id}: ${thrown.message}`);
    }
  printOne(shell, globals, {
    schema: "duplicatesDecided",
    data,
    lines: [
      `${counted(data.decided, "pair")} ${decision === "same" ? "made one" : "kept apart"}, ${data.refused} refused.`,
    ],
    next: "duplicates list",
  });
  if (data.refused > 0) shell.exitCode = EXIT.someFailed;
}

const nowOne = (pair: Duplicate, { self }: Shell): string =>
  `${nameOf(pair.left)} and ${nameOf(pair.right)} are one now; ${self} conflicts list shows what differed.`;

/** What stands with the fields in a record, and is none. */
const NO_FIELDS = new Set(["customFields", "links", "version", "createdAt", "updatedAt", "deletedAt"]);

const ALWAYS_DIFFER = new Set(["id", "lives at"]);

/** Both records as a table: what differs is marked, what neither has is left out. */
function sideBySide(pair: Duplicate, width: number): string[] {
  const fieldsOf = ({ customFields, ...side }: Side): Record<string, unknown> => ({
    ...side,
    ...(customFields as Record<string, unknown> | undefined),
  });
  const [left, right] = [fieldsOf(pair.left), fieldsOf(pair.right)];
  const rows = [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((field) => !NO_FIELDS.has(field))
    .map((field) => ({ field, one: brief(left[field]), other: brief(right[field]) }))
    .filter(({ one, other }) => one !== "" || other !== "");
  rows.push({ field: "lives at", one: placesOf(pair.left), other: placesOf(pair.right) });
  const columns: Column<(typeof rows)[number]>[] = [
    { title: "FIELD", of: (row) => row.field },
    { title: "ONE", of: (row) => row.one },
    { title: "OTHER", of: (row) => row.other },
    {
      title: "DIFFER",
      of: ({ field, one, other }) => (one !== other && one && other && !ALWAYS_DIFFER.has(field) ? "yes" : ""),
    },
  ];
  return [
    ...drawTable(columns, rows, { width }),
    "",
    ...pairs([
      ["State", pair.state],
      ["Both have", listed(pair.shared.map(({ key, value }) => `${key} ${value}`))],
      ["Only one at", pair.connection],
      ["Since", moment(pair.foundAt)],
    ]),
  ];
}

/** "Ada Lee (acme r1)" */
function described(side: Side): string {
  const places = placesOf(side);
  return `${nameOf(side)} (${places === "" ? "only in Winston" : places})`;
}

/** As a person calls it: its name, else its address, else its id. */
function nameOf(side: Side): string {
  const { name, email, id } = side as { name?: unknown; email?: unknown; id: string };
  return typeof name === "string" ? name : typeof email === "string" ? email : id;
}

function placesOf(side: Side): string {
  const links = (side["links"] ?? []) as { connection: string; recordId: string }[];
  return listed(links.map((one) => `${one.connection} ${one.recordId}`));
}
