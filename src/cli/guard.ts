// What a command would change, said before it does: --dry-run stops there. What cannot be taken back asks a person, and needs --yes in
// a script; what deletes needs --allow-delete as well (docs/decisions/what-a-command-changes.md).
import type { Command } from "commander";
import { askLine } from "./ask.ts";
import { EXIT, Stopped } from "./failure.ts";
import { printOne } from "./output.ts";
import type { Globals, Shell } from "./shell.ts";

/** `light`: another command takes it back, or it does no harm. `final`: none does. `deletes`: something is gone afterwards. */
export type Weight = "light" | "final" | "deletes";

export interface Guarded {
  readonly dryRun?: true;
  readonly yes?: true;
  readonly allowDelete?: true;
}

/** Adds the options that `mayGo` reads. */
export function guarded(command: Command, weight: Weight): Command {
  command.option("--dry-run", "say what it would do, and do nothing");
  if (weight !== "light") command.option("-y, --yes", "do it without asking");
  if (weight === "deletes") command.option("--allow-delete", "with --yes: delete, too");
  return command;
}

/**
 * Whether to go on. False after a dry run, which is printed. `does`: "remove the connection acme", as it stands after "It would" and
 * "This will". Throws Stopped: exit 2 when the person says no, 6 when a script did not say yes.
 */
export async function mayGo(
  shell: Shell,
  globals: Globals,
  options: Guarded,
  { weight, does, data = {} }: { weight: Weight; does: string; data?: object },
): Promise<boolean> {
  if (options.dryRun) {
    printOne(shell, globals, {
      schema: "dryRun",
      data: { wouldDo: does, ...data },
      lines: [`Nothing was changed. It would ${does}.`],
    });
    return false;
  }
  const missing = [
    ...(weight !== "light" && !options.yes ? ["--yes"] : []),
    ...(weight === "deletes" && !options.allowDelete ? ["--allow-delete"] : []),
  ];
  if (missing.length === 0) return true;
  if (options.yes || !shell.stdin.isTTY || !shell.stderr.isTTY)
    throw new Stopped(
      EXIT.refused,
      `This will ${does}. Nothing was changed: say ${missing.join(" ")} to do it, or --dry-run to see what it would do.`,
    );
  const answer = await askLine(shell, `This will ${does}. Go on? [y/N] `);
  if (/^y(?:es)?$/iu.test(answer.trim())) return true;
  throw new Stopped(EXIT.cancelled, "Nothing was changed.");
}
