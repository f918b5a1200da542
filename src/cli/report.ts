// What a followed sync did, for people, pipes and programs, and what the process exits with: the end of `sync` and of `runs watch`.
import { ERRORS } from "../base/errors.ts";
import { EXIT } from "./failure.ts";
import type { Followed } from "./follow.ts";
import { isHuman, printList, printNext, printOne, widthOf } from "./output.ts";
import { type Globals, type Shell, tell } from "./shell.ts";
import {
  failuresOf,
  type Failures,
  failureWords,
  heldIn,
  parkedCauses,
  summarise,
  summaryColumns,
  summaryLines,
  total,
} from "./summary.ts";
import { counted } from "./words.ts";

/**
 * Prints a summary and sets the exit code: that of what failed, 1 when work is left standing, 3 when records were parked. `schema` and
 * `data` are of the one JSON document.
 */
export async function printSummary(
  shell: Shell,
  globals: Globals,
  followed: Followed,
  document: { readonly schema: string; readonly data: object },
): Promise<void> {
  const { runs, streams } = followed;
  const rows = summarise(runs, streams);
  const sum = total(rows);
  const held = heldIn(streams);
  const failures = failuresOf(runs);
  if (globals.json) {
    const { connection: _connection, stream: _stream, ...totals } = sum;
    printOne(shell, globals, {
      schema: document.schema,
      data: {
        ...document.data,
        quiet: followed.quiet,
        left: followed.left,
        streams: rows,
        total: totals,
        parked: parkedCauses(runs),
        held,
        failed: failures.length > 0,
        failures,
      },
      lines: [],
    });
  } else if (isHuman(shell, globals)) {
    shell.stdout.write(`${summaryLines(runs, { width: widthOf(shell), self: shell.self, streams }).join("\n")}\n`);
    printNext(shell, globals, nextOf(failures, { parked: sum.parked, held, conflicts: sum.conflicts }));
  } else {
    const columns = summaryColumns(rows, { all: true });
    await printList(shell, globals, { schema: "streamSummary", columns, rows, none: "" });
  }
  if (!isHuman(shell, globals)) for (const one of failures) tell(shell, `winston: ${failureWords(one)}`);
  if (!followed.quiet) {
    const { owed, intents } = followed.left;
    const why =
      failures.length > 0 ? "." : `, and nothing works on them. See ${shell.self} doctor, and that a worker runs.`;
    tell(shell, `winston: not all is done: ${counted(owed, "wake")} and ${counted(intents, "write")} wait${why}`);
  }
  shell.exitCode = exitOf(failures) || (followed.quiet ? 0 : EXIT.failed) || (sum.parked > 0 ? EXIT.someFailed : 0);
}

function nextOf(failures: readonly Failures[], seen: { parked: number; held: number; conflicts: number }): string {
  if (failures.length > 0) return `runs show ${failures[0]!.run}`;
  if (seen.parked > 0) return "parked list";
  if (seen.held > 0) return "duplicates list";
  return seen.conflicts > 0 ? "conflicts list" : "runs list";
}

/** The code of what failed; where that is several things, 1: no one of them is the whole story. */
export function exitOf(failures: readonly Failures[]): number {
  const codes = new Set(
    failures.map(({ code }) => (Object.hasOwn(ERRORS, code) ? ERRORS[code as keyof typeof ERRORS].exit : EXIT.failed)),
  );
  return codes.size > 1 ? EXIT.failed : (codes.values().next().value ?? 0);
}
