// `winston apply`: writes what a plan says, and nothing else.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { WinstonError } from "../base/errors.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printOne } from "./output.ts";
import { deletions, writes } from "./plan.ts";
import { changeLines, costLines, summaryLines } from "./plan-view.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { asUsage } from "./usage.ts";
import { counted } from "./words.ts";

interface Options extends Guarded {
  readonly strict?: true;
  readonly exclude?: readonly string[];
  readonly approveAs?: string;
  readonly maxChanges?: number;
}

/** Lines left out are named up to here. */
const NAMED = 20;

export function define(command: Command, shell: Shell): void {
  guarded(
    command
      .argument("<plan>", "its id, or a file that `winston plan --out` wrote")
      .option("--strict", "compute the plan once more first, and write nothing where it would differ")
      .option("--exclude <what...>", "leave these out: numbers of lines, or Winston's ids of things")
      .option("--approve-as <name>", "who approved it, where that is not the key's own name")
      .option("--max-changes <n>", "refuse a plan that writes more records than this", wholeNumber(0, 100_000_000)),
    "deletes",
  );
  command.action(async (named: string, options: Options) => {
    const globals = globalsOf(command);
    const { client } = openRemote(shell, globals);
    const call = { signal: shell.signal };
    const { numbers, ids } = excluded(options.exclude ?? []);
    const how = {
      ...(options.strict ? { strict: true } : {}),
      ...(numbers.length > 0 ? { exclude: numbers } : {}),
      ...(ids.length > 0 ? { excludeRecords: ids } : {}),
      ...(options.approveAs === undefined ? {} : { approvedBy: options.approveAs }),
    };
    const id = idOf(named);
    const applied = (dryRun: boolean) =>
      asUsage(
        { "/exclude": "--exclude", "/excludeRecords": "--exclude", "/approvedBy": "--approve-as" },
        client.plans.apply(id, { ...how, ...(dryRun ? { dryRun } : {}) }, call),
      );
    // What is left out is not among what it would write; the server says what that leaves, and whether it may be applied at all.
    const isLess = numbers.length + ids.length > 0;
    const plan = isLess || options.dryRun ? await applied(true) : await client.plans.get(id, call);
    const most = options.maxChanges;
    if (most !== undefined && writes(plan) > most)
      throw new WinstonError(
        "request.conflict",
        `Plan ${plan.id} writes ${counted(writes(plan), "record")}, and --max-changes allows ${most}. Nothing was written.`,
      );
    const deletes = deletions(plan);
    const gone =
      deletes === 0
        ? ""
        : `, ${deletes.toLocaleString("en")} of which ${deletes === 1 ? "is a deletion" : "are deletions"}`;
    const told = [...summaryLines(plan), ...(isLess ? [] : costLines(plan))].join("; ");
    const asked = {
      weight: deletes > 0 ? ("deletes" as const) : ("final" as const),
      does: `write ${counted(writes(plan), "record")}${gone}: ${told}`,
      data: { plan },
    };
    if (!(await mayGo(shell, globals, options, asked))) return;
    await applied(false);
    const done = await client.plans.settled(plan.id, call);
    const left = client.plans.changes(plan.id, { state: "skipped", limit: NAMED }, call);
    const lines: string[] = [];
    const count = (state: string): number =>
      done.totals.reduce((sum, one) => sum + (one.class === "write" && one.state === state ? one.count : 0), 0);
    for await (const change of left) {
      if (lines.length >= NAMED) break;
      lines.push(changeLines(change, { all: false })[0]!);
    }
    const skipped = count("skipped");
    const more =
      skipped > lines.length
        ? [`… and ${skipped - lines.length} more: winston plans show ${plan.id} --state skipped`]
        : [];
    printOne(shell, globals, {
      schema: "plan",
      data: done,
      lines: [
        `Plan ${plan.id} is applied: ${counted(count("done"), "record")} written, ${skipped} left out, ${count("excluded")} excluded.`,
        ...lines,
        ...more,
      ],
      next: skipped > 0 ? "plan" : undefined,
    });
    if (skipped > 0) shell.exitCode = 3;
  });
}

function idOf(named: string): string {
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/iu.test(named)) return named;
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(resolve(named), "utf8"));
  } catch (error) {
    throw new WinstonError(
      "usage.wrong",
      `PLAN ${JSON.stringify(named)} is neither the id of a plan nor a file with one (${(error as Error).message}). \`winston plans list\` shows their ids.`,
    );
  }
  const id = (document as { id?: unknown } | null)?.id;
  if (typeof id === "string") return id;
  throw new WinstonError(
    "usage.wrong",
    `${named} holds no plan: it has no id. \`winston plan --out FILE\` writes one.`,
  );
}

function excluded(what: readonly string[]): { numbers: number[]; ids: string[] } {
  const numbers = what.filter((one) => /^\d{1,9}$/u.test(one)).map(Number);
  const ids = what.filter((one) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/iu.test(one));
  const other = what.find((one) => !/^\d{1,9}$/u.test(one) && !ids.includes(one));
  if (other !== undefined)
    throw new WinstonError(
      "usage.wrong",
      `--exclude takes numbers of lines and Winston's ids; ${JSON.stringify(other)} is neither.`,
    );
  return { numbers, ids };
}
