// `winston undo`: a plan that puts back what was written. `winston apply` carries it out.
import type { Command } from "commander";
import { isHuman } from "./output.ts";
import { type PlanOptions, showPlan } from "./plan.ts";
import { globalsOf, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { asUsage } from "./usage.ts";

interface Options extends PlanOptions {
  readonly record?: string;
  readonly field?: string;
  readonly since?: string;
}

export function define(command: Command, shell: Shell): void {
  command
    .argument("[run]", "a run, or an applied plan, by its id")
    .option("--record <id>", "what was changed of this thing, by Winston's id or external:<your own id>")
    .option("--field <field>", "only this field: of the thing, or of all that the run or the time changed")
    .option("--since <time>", "only what was changed at or after this time, such as 2026-01-05T09:00:00Z")
    .option("--sample <n>", "show at most this many lines", wholeNumber(0, 100_000), 20)
    .option("--fields", "show every field of what would be made, too")
    .option("--out <file>", "write the plan with all its lines to a file, which `winston apply` takes")
    .option("--html <file>", "write the plan as a page that needs nothing else")
    .option("--exit-code", "exit 10 where the plan would write anything at a vendor")
    .action(async (run: string | undefined, options: Options) => {
      const globals = globalsOf(command);
      const { client } = openRemote(shell, globals);
      const call = { signal: shell.signal };
      const { record, field, since } = options;
      const what = {
        ...(run === undefined ? {} : { run }),
        ...(record === undefined ? {} : { record }),
        ...(field === undefined ? {} : { field }),
        ...(since === undefined ? {} : { since }),
      };
      const names = { "/run": "RUN", "/record": "--record", "/field": "--field", "/since": "--since" };
      const begun = await asUsage(names, client.plans.undo(what, call));
      if (isHuman(shell, globals)) shell.stderr.write(`Working out what can be put back (${begun.undoes})…\n`);
      await showPlan(shell, globals, client, await client.plans.settled(begun.id, call), options);
    });
}
