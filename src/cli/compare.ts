// `winston compare`: both sides beside each other, record by record; each difference with its cause and what to do about it.
import type { Command } from "commander";
import type { Client, Comparison, Difference } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { EXIT, Stopped } from "./failure.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { isHuman, printNext, printOne, widthOf } from "./output.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import { type Globals, type Shell, tell } from "./shell.ts";
import { drawTable } from "./table.ts";
import { count, counted, moment } from "./words.ts";
import { meant, type Which } from "./which.ts";

interface Options extends Guarded {
  readonly repair?: true;
  readonly quick?: true;
  readonly last?: true;
  readonly exitCode?: true;
  readonly wait: boolean;
  readonly limit: number;
}

const POLL_MS = 500;

export function define(command: Command, shell: Shell): void {
  guarded(
    command.argument("[which]", "a connection, a stream such as lead, or connection/stream; everything when left out"),
    "light",
  )
    .option("--repair", "read what was missed and try again what is owed; what a person must decide is only listed")
    .option("--quick", "only versions, not the fields of every record: what moves no time of change is not seen")
    .option("--last", "what the last comparison found, without a new one")
    .option("--no-wait", "only ask for it, do not follow")
    .option("--exit-code", "exit 10 when there are differences")
    .option("--limit <n>", "show at most this many differences of each stream", wholeNumber(0, 100_000), 20)
    .addHelpText(
      "after",
      `\nRecords that are being edited are no differences: they are looked at again a while later.\n  ${shell.self} compare\n  ${shell.self} compare acme/lead --repair\n  ${shell.self} compare --last --exit-code`,
    )
    .action(async (name: string | undefined, options: Options) => {
      const globals = globalsOf(command);
      const { client } = openRemote(shell, globals);
      const which = await meant(client, name, shell);
      if (options.repair && !options.last) {
        const does = `read what was missed and try again what is owed in ${name ?? "every stream"}`;
        if (!(await mayGo(shell, globals, options, { weight: "light", does, data: { ...which } }))) return;
      }
      const comparisons = options.last
        ? await client.comparisons.list({ ...which, last: true }, { signal: shell.signal }).toArray()
        : await run(shell, client, which, options);
      if (comparisons.length === 0)
        throw new WinstonError("not.found", `Nothing was compared yet. Begin with \`${shell.self} compare\`.`);
      await print(shell, globals, client, comparisons, options);
    });
}

/** Asks for comparisons and follows them to their end. One whose run fails is told of, and goes on by itself. */
async function run(shell: Shell, client: Client, which: Which, options: Options): Promise<readonly Comparison[]> {
  const call = { signal: shell.signal };
  const { repair = false, quick } = options;
  const asked = { ...which, repair, depth: quick ? ("versions" as const) : ("fields" as const) };
  let all: readonly Comparison[] = await client.comparisons.start(asked, call);
  if (!options.wait) return all;
  tell(shell, `Comparing ${counted(all.length, "stream")}...`);
  for (;;) {
    all = await Promise.all(
      all.map(async (one) => (one.state === "done" ? one : client.comparisons.get(one.id, call))),
    );
    const failed = all.find((one) => one.error !== null);
    if (failed)
      throw new Stopped(
        EXIT.failed,
        `Comparing ${nameOf(failed)} failed, and is tried again by itself: ${failed.error!.message}`,
      );
    if (all.every((one) => one.state === "done")) return all;
    await shell.clock.sleep(POLL_MS, shell.signal);
  }
}

const nameOf = ({ connection, stream }: { connection: string; stream: string }): string => `${connection} ${stream}`;

async function print(
  shell: Shell,
  globals: Globals,
  client: Client,
  comparisons: readonly Comparison[],
  options: Options,
): Promise<void> {
  const call = { signal: shell.signal };
  const differing = comparisons.filter((one) => one.differences > 0 || one.moving > 0);
  const found: Difference[] = [];
  for (const { connection, stream, id } of differing) {
    let left = options.limit;
    for await (const one of client.comparisons.differences({ connection, stream, limit: 500 }, call)) {
      if (left === 0) break;
      if (one.comparisonId !== id) continue;
      found.push(one);
      left -= 1;
    }
  }
  const sum = comparisons.reduce((total, one) => total + one.differences, 0);
  const waiting = comparisons.some((one) => one.state !== "done");
  if (isHuman(shell, globals)) {
    shell.stdout.write(`${linesOf(shell, comparisons, found).join("\n")}\n`);
    const act = comparisons
      .flatMap((one) => one.causes)
      .find((one) => one.act !== null && one.count > one.repaired)?.act;
    printNext(shell, globals, waiting ? "compare --last" : act?.replace(/^winston /u, ""));
  } else
    printOne(shell, globals, {
      schema: "compare",
      data: { differences: sum, comparisons, found },
      lines: [],
      rows: found.map((one) => [
        nameOf(one),
        one.cause,
        one.recordId ?? one.entityId,
        one.field,
        one.there,
        one.here,
        one.message,
      ]),
    });
  if (options.exitCode && sum > 0) throw new Stopped(EXIT.different, "");
}

function linesOf(shell: Shell, comparisons: readonly Comparison[], found: readonly Difference[]): string[] {
  const lines = drawTable<Comparison>(
    [
      { title: "STREAM", of: nameOf, whole: true },
      { title: "COMPARED", of: (one) => (one.endedAt === null ? one.state : moment(one.endedAt)), whole: true },
      { title: "THERE", of: (one) => one.there, right: true, spare: 3 },
      { title: "LISTED", of: (one) => one.listed, right: true },
      { title: "DIFFERENT", of: (one) => one.differences, right: true },
      { title: "REPAIRED", of: (one) => one.repaired, right: true, spare: 2 },
      { title: "BEING EDITED", of: (one) => one.moving, right: true, spare: 4 },
      { title: "CALLS", of: (one) => one.requests, right: true, spare: 5 },
    ],
    comparisons,
    { width: widthOf(shell), styled: false },
  );
  for (const one of comparisons) if (one.note !== null) lines.push("", `${nameOf(one)}: ${one.note}`);
  for (const one of comparisons)
    for (const cause of one.causes) {
      const repaired = cause.repaired > 0 ? `, ${count(cause.repaired)} repaired` : "";
      lines.push("", `${nameOf(one)}: ${counted(cause.count, "record")}, ${cause.title}${repaired}. ${cause.words}`);
      for (const row of found.filter((each) => each.comparisonId === one.id && each.cause === cause.cause))
        lines.push(`  ${row.recordId ?? row.entityId ?? row.field ?? ""}  ${row.message}${valuesOf(row)}`);
    }
  const again = comparisons.flatMap((one) => one.againAt ?? []).toSorted()[0];
  if (again !== undefined) lines.push("", `What is being edited is looked at again after ${moment(again)}.`);
  return lines;
}

const valuesOf = ({ there, here, field }: Difference): string =>
  field === null || (there === null && here === null)
    ? ""
    : ` There: ${JSON.stringify(there)}, here: ${JSON.stringify(here)}.`;
