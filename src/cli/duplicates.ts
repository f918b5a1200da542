// `winston duplicates`: pairs that may be one thing, for a person to decide; and taking a wrongly joined record out again.
import { type Command, Option } from "commander";
import type { Client, Duplicate } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printList, printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { recordsOf, resourceNamed } from "./records.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { listed, moment } from "./words.ts";

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
        { title: "ONE", of: (one) => nameOf(one.left) },
        { title: "LIVES AT", of: (one) => placesOf(one.left), spare: 2 },
        { title: "OTHER", of: (one) => nameOf(one.right) },
        { title: "LIVES AT", of: (one) => placesOf(one.right), spare: 2 },
        { title: "BOTH HAVE", of: (one) => listed(one.shared.map(({ key, value }) => `${key} ${value}`)) },
        { title: "ONLY ONE AT", of: (one) => one.connection ?? "" },
        { title: "SINCE", of: (one) => moment(one.foundAt), whole: true, spare: 4 },
      ],
      rows: client.duplicates.list({ state, limit: Math.min(limit + 1, 500) }, { signal: shell.signal }),
      none: "There are no such pairs.",
      next: "duplicates link ID",
      limit,
    });
  });

  const decide = (name: string, decision: "same" | "different", summary: string, said: (one: Duplicate) => string) => {
    const weight = decision === "same" ? "final" : "light";
    const sub = guarded(subcommand(command, shell, `${name} <id>`, summary), weight);
    sub.action(async (id: string, options: Guarded) => {
      const globals = globalsOf(sub);
      const { client } = openRemote(shell, globals);
      if (options.dryRun || (weight === "final" && !options.yes)) {
        const pair = await openPair(client, id, shell);
        const does = `${decision === "same" ? "make one of" : "keep apart"} ${pair.kind}s ${described(pair.left)} and ${described(pair.right)}`;
        if (!(await mayGo(shell, globals, options, { weight, does, data: { pair } }))) return;
      }
      const data = await client.duplicates.decide(id, decision, { signal: shell.signal });
      printOne(shell, globals, { schema: "duplicate", data, lines: [said(data)], next: "duplicates list" });
    });
  };
  decide(
    "link",
    "same",
    "say that a pair is one: one takes in the other, and no value is lost",
    (one) => `${nameOf(one.left)} and ${nameOf(one.right)} are one now; winston conflicts list shows what differed.`,
  );
  decide(
    "dismiss",
    "different",
    "say that a pair is two: nobody is asked again",
    (one) => `${nameOf(one.left)} and ${nameOf(one.right)} stay two.`,
  );

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
        `${nameOf(data.pair.left)} and ${nameOf(data.pair.right)} are one now; winston conflicts list shows what differed.`,
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
  for (const state of ["open", "different"] as const)
    for await (const one of client.duplicates.list({ state, limit: 500 }, { signal: shell.signal }))
      if (one.id === id) return one;
  throw new WinstonError("not.found", `There is no pair ${id} that is still two; \`duplicates list\` shows them.`);
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
