// `winston config`: connections, streams, mappings and rules as one document; what applying it would change, and applying it.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { ConfigPlan } from "../../sdk/src/index.ts";
import { ERRORS, WinstonError } from "../base/errors.ts";
import { readAll } from "./ask.ts";
import { EXIT } from "./failure.ts";
import { type Guarded, guarded, mayGo } from "./guard.ts";
import { printOne } from "./output.ts";
import { globalsOf, subcommand } from "./program.ts";
import { openRemote } from "./remote.ts";
import type { Globals, Shell } from "./shell.ts";

const FILE = "winston.yaml";

export function define(command: Command, shell: Shell): void {
  const out = subcommand(command, shell, "export", "the configuration as YAML, without secrets");
  out.option("--out <file>", "write it to this file").action(async (options: { out?: string }) => {
    const globals = globalsOf(out);
    const { client } = openRemote(shell, globals);
    const { yaml } = await client.config.export({ signal: shell.signal });
    if (options.out === undefined && !globals.json && !globals.ndjson) {
      shell.stdout.write(yaml);
      return;
    }
    if (options.out !== undefined) writeFile(shell, options.out, yaml);
    printOne(shell, globals, {
      schema: "config",
      data: options.out === undefined ? { yaml } : { file: options.out },
      lines: [`Written to ${options.out}.`],
      next: `config plan ${options.out}`,
    });
  });

  const plan = subcommand(
    command,
    shell,
    "plan [file]",
    `what applying a document (${FILE}; - for standard input) would change`,
  );
  plan
    .option("--exit-code", "exit 10 where there is something to change")
    .action(async (file: string = FILE, options: { exitCode?: true }) => {
      const globals = globalsOf(plan);
      const yaml = await readFile(shell, file);
      const { client } = openRemote(shell, globals);
      const found = await client.config.plan(yaml, { signal: shell.signal });
      show(shell, globals, found, {
        head: found.changes.length === 0 ? "Nothing would change." : "It would change:",
        next: found.changes.length === 0 ? undefined : `config apply ${file}`,
      });
      if (options.exitCode && found.changes.length > 0) shell.exitCode = EXIT.different;
    });

  const apply = guarded(
    subcommand(command, shell, "apply [file]", `put a document (${FILE}; - for standard input) in force`),
    "final",
  );
  apply.action(async (file: string = FILE, options: Guarded) => {
    const globals = globalsOf(apply);
    const yaml = await readFile(shell, file);
    const { client } = openRemote(shell, globals);
    const call = { signal: shell.signal };
    const found = await client.config.plan(yaml, call);
    if (options.dryRun || found.changes.length === 0)
      show(shell, globals, found, {
        head: found.changes.length === 0 ? "Nothing to change." : "Nothing was changed. It would change:",
        next: undefined,
      });
    else {
      shell.stderr.write(`${linesOf(found).join("\n")}\n`);
      const does = `change ${found.changes.length} ${found.changes.length === 1 ? "thing" : "things"} of the configuration`;
      if (!(await mayGo(shell, globals, options, { weight: "final", does }))) return;
      const done = await client.config.apply(yaml, { digest: found.digest }, call);
      show(shell, globals, done, { head: "Changed:", next: "sync" });
    }
    if (found.missing.length > 0) shell.exitCode = ERRORS["credential.missing"].exit;
  });
}

function show(
  shell: Shell,
  globals: Globals,
  plan: ConfigPlan,
  { head, next }: { readonly head: string; readonly next: string | undefined },
): void {
  printOne(shell, globals, {
    schema: "configPlan",
    data: plan,
    lines: [head, ...linesOf(plan)],
    rows: plan.changes.map((one) => [one.sign, one.path, one.old, one.new]),
    next: next ?? plan.missing[0]?.command.replace(/^winston /u, ""),
  });
}

/** One line for each thing, old → new, and what nobody connected yet. */
function linesOf(plan: ConfigPlan): string[] {
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const sides = ({ sign, old, new: next }: ConfigPlan["changes"][number]): string =>
    sign === "+" ? text(next) : sign === "-" ? text(old) : `${text(old)} → ${text(next)}`;
  return [
    ...plan.changes.map((one) => `${one.sign} ${one.path}: ${sides(one)}`),
    ...plan.notes.map((note) => `! ${note}`),
    ...plan.missing.map(
      (one) => `! ${one.connection} is not connected, and nothing of it is applied: ${one.command} connects it.`,
    ),
  ];
}

/** Throws usage.wrong. */
async function readFile(shell: Shell, file: string): Promise<string> {
  try {
    return file === "-" ? await readAll(shell.stdin) : readFileSync(resolve(shell.cwd, file), "utf8");
  } catch (cause) {
    throw new WinstonError(
      "usage.wrong",
      `The configuration ${file} cannot be read (${(cause as Error).message}); \`winston config export --out ${FILE}\` writes one.`,
      { cause },
    );
  }
}

function writeFile(shell: Shell, file: string, text: string): void {
  try {
    writeFileSync(resolve(shell.cwd, file), text);
  } catch (cause) {
    throw new WinstonError("usage.wrong", `${file} cannot be written (${(cause as Error).message}).`, { cause });
  }
}
