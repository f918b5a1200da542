// `winston plans`: plans made before, and their lines.
import type { Command } from "commander";
import type { PlanChange } from "../../sdk/src/index.ts";
import { printList } from "./output.ts";
import { showPlan, writes } from "./plan.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { changeLines } from "./plan-view.ts";
import { moment } from "./words.ts";

export function define(command: Command, shell: Shell): void {
  const list = subcommand(command, shell, "list", "list plans, newest first").option(
    "--limit <n>",
    "at most this many",
    wholeNumber(1, 100_000),
    20,
  );
  list.action(async ({ limit }: { limit: number }) => {
    const globals = globalsOf(list);
    const { client } = openRemote(shell, globals);
    await printList(shell, globals, {
      schema: "plan",
      columns: [
        { title: "ID", of: (one) => one.id, whole: true },
        { title: "STATE", of: (one) => one.state, whole: true },
        {
          title: "OF",
          of: (one) => [one.connection, one.stream].filter((name) => name !== null).join(" ") || "everything",
        },
        { title: "TO WRITE", of: (one) => writes(one), whole: true },
        { title: "MADE", of: (one) => moment(one.createdAt), whole: true },
        { title: "BY", of: (one) => one.createdBy, spare: 2 },
        { title: "APPROVED BY", of: (one) => one.approvedBy ?? "", spare: 1 },
      ],
      rows: client.plans.list({ limit: Math.min(limit + 1, 500) }, { signal: shell.signal }),
      none: "No plan was made yet.",
      next: "plan",
      limit,
    });
  });

  const show = subcommand(command, shell, "show <id>", "show a plan, its totals and its lines")
    .option("--sample <n>", "show at most this many lines", wholeNumber(0, 100_000), 20)
    .option("--state <state>", "only lines that are open, done, skipped or excluded")
    .option("--fields", "show every field of what would be made, too")
    .option("--out <file>", "write the plan with all its lines to a file, which `winston apply` takes")
    .option("--html <file>", "write the plan as a page that needs nothing else");
  show.action(
    async (
      id: string,
      options: { sample: number; state?: PlanChange["state"]; fields?: true; out?: string; html?: string },
    ) => {
      const globals = globalsOf(show);
      const { client } = openRemote(shell, globals);
      if (options.state === undefined)
        return showPlan(shell, globals, client, await client.plans.get(id, { signal: shell.signal }), options);
      await printList(shell, globals, {
        schema: "planChange",
        columns: [{ title: "CHANGE", of: (one) => changeLines(one, { all: false }).join(" "), whole: true }],
        rows: client.plans.changes(id, { state: options.state }, { signal: shell.signal }),
        none: `No line of the plan is ${options.state}.`,
        limit: options.sample,
      });
    },
  );
}
