// `winston connections rollout`: how much of what is owed a vendor is let go there.
import type { Command } from "commander";
import type { Connection } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printOne } from "./output.ts";
import { globalsOf, subcommand, wholeNumber } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Shell } from "./shell.ts";
import { counted } from "./words.ts";

interface Options extends Guarded {
  readonly percent?: number;
  readonly records?: readonly string[];
  readonly all?: true;
}

export function defineRollout(command: Command, shell: Shell): void {
  const rollout = guarded(
    subcommand(
      command,
      shell,
      "rollout <connection>",
      "how much of what is owed is written there: a share, a list, or all",
    )
      .option(
        "--percent <n>",
        "of a hundred things, write these many; always the same, and a larger share only adds",
        wholeNumber(0, 100),
      )
      .option("--records <ids...>", "write these in any case, by Winston's ids; in place of the list before")
      .option("--all", "write everything"),
    "light",
  );
  rollout.action(async (which: string, options: Options) => {
    const globals = globalsOf(rollout);
    const { client } = openRemote(shell, globals);
    const call = { signal: shell.signal };
    const before = await client.connections.get(which, call);
    const asked = options.percent !== undefined || options.records !== undefined;
    if (options.all && asked)
      throw new WinstonError("request.invalid", "--all lets everything go: leave --percent and --records out.");
    if (!options.all && !asked) return printOne(shell, globals, told(before));
    const percent = options.percent ?? before.rollout?.percent ?? 0;
    const to = options.all ? null : { percent, ...(options.records ? { records: [...options.records] } : {}) };
    const does = `write ${inWords(to && { percent, records: to.records?.length ?? before.rollout?.records ?? 0 })} at ${before.name}`;
    if (!(await mayGo(shell, globals, options, { weight: "light", does }))) return;
    printOne(shell, globals, told(await client.connections.update(before.id, { rollout: to }, call)));
  });
}

const told = (connection: Connection) => ({
  schema: "connection",
  data: connection,
  lines: [`${connection.name}: what is owed there is written for ${inWords(connection.rollout)}.`],
  rows: [[connection.name, inWords(connection.rollout)]],
  next: "connections",
});

/** "30 % of all things, and 3 on the list" */
export function inWords(rollout: Connection["rollout"]): string {
  if (rollout === null) return "all things";
  const listed = rollout.records > 0 ? `${counted(rollout.records, "thing")} on the list` : "";
  if (rollout.percent === 0) return listed || "nothing";
  return `${rollout.percent} % of all things${listed && `, and ${listed}`}`;
}
