// All commands by name. Each lives in a file of its own, read only when it is asked for, so that help and start are quick.
import { Command, InvalidArgumentError } from "commander";
import type { Globals, Shell } from "./shell.ts";

/** What a command's file exports: adds arguments, options and the action to a bare command. */
export type Define = (command: Command, shell: Shell) => void;

interface Entry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

const RUN = "Run Winston:";
const VENDORS = "Vendors:";
const LOOK = "See what happened:";
const DATA = "Data:";
const OTHER = "Other:";

const COMMANDS: readonly Entry[] = [
  {
    name: "dev",
    group: RUN,
    summary: "server, worker and pretend vendors with a story, all in one",
    load: () => import("./dev.ts"),
  },
  { name: "start", group: RUN, summary: "the server and a worker, for real use", load: () => import("./start.ts") },
  { name: "worker", group: RUN, summary: "one more worker on the same database", load: () => import("./worker.ts") },
  {
    name: "doctor",
    group: RUN,
    summary: "check this machine and the settings, with a fix for each finding",
    load: () => import("./doctor.ts"),
  },
  {
    name: "restored",
    group: RUN,
    summary: "after a backup was put back: say so, and see what is read before anything is written",
    load: () => import("./restored.ts"),
  },
  {
    name: "sandbox",
    group: RUN,
    summary: "a pretend vendor alone; its faults, log and data",
    load: () => import("./sandbox.ts"),
  },
  { name: "connect", group: VENDORS, summary: "connect an account at a vendor", load: () => import("./connect.ts") },
  {
    name: "connections",
    group: VENDORS,
    summary: "list, pause, resume, roll out or remove connections",
    load: () => import("./connections.ts"),
  },
  {
    name: "pause",
    group: VENDORS,
    summary: "stop all writing at vendors at once; reading goes on",
    load: () => import("./pause.ts"),
  },
  {
    name: "resume",
    group: VENDORS,
    summary: "show what waited to be written, and let it go",
    load: () => import("./resume.ts"),
  },
  {
    name: "sync",
    group: VENDORS,
    summary: "sync now and follow it until all is quiet",
    load: () => import("./sync.ts"),
  },
  {
    name: "plan",
    group: VENDORS,
    summary: "what a sync would write on every side, field by field, without writing it",
    load: () => import("./plan.ts"),
  },
  {
    name: "apply",
    group: VENDORS,
    summary: "write what a plan says, and nothing else",
    load: () => import("./apply.ts"),
  },
  {
    name: "undo",
    group: VENDORS,
    summary: "plan how to put back what a run, a plan or a time wrote, on every side it reached",
    load: () => import("./undo.ts"),
  },
  {
    name: "why",
    group: LOOK,
    summary: "why a field has its value: who set it, by which rule, what was sent and answered",
    load: () => import("./why.ts"),
  },
  {
    name: "plans",
    group: LOOK,
    summary: "plans made before, and what became of them",
    load: () => import("./plans.ts"),
  },
  {
    name: "streams",
    group: VENDORS,
    summary: "which records each stream syncs, when, which way, and who has to agree",
    load: () => import("./streams.ts"),
  },
  {
    name: "mappings",
    group: VENDORS,
    summary: "how fields are mapped: see, suggest, try on real records, replace",
    load: () => import("./mappings.ts"),
  },
  {
    name: "config",
    group: VENDORS,
    summary: "connections, streams, mappings and rules as one document; what applying it would change",
    load: () => import("./config.ts"),
  },
  { name: "runs", group: LOOK, summary: "what each sync read, wrote and left aside", load: () => import("./runs.ts") },
  {
    name: "alerts",
    group: LOOK,
    summary: "what is wrong and who knows of it; the channels it is told through",
    load: () => import("./alerts.ts"),
  },
  {
    name: "parked",
    group: LOOK,
    summary: "records set aside, with the reason; try them again",
    load: () => import("./parked.ts"),
  },
  {
    name: "compare",
    group: LOOK,
    summary: "whether both sides are the same, and why not where they are not",
    load: () => import("./compare.ts"),
  },
  {
    name: "conflicts",
    group: LOOK,
    summary: "values that lost where both sides changed one field",
    load: () => import("./conflicts.ts"),
  },
  {
    name: "duplicates",
    group: LOOK,
    summary: "pairs that may be one; link them, dismiss them, or take a record out",
    load: () => import("./duplicates.ts"),
  },
  {
    name: "brake",
    group: LOOK,
    summary: "mass deletions and blankings that were stopped: carry out, or put back",
    load: () => import("./brake.ts"),
  },
  {
    name: "frozen",
    group: LOOK,
    summary: "fields that two writers set to and fro; let go",
    load: () => import("./frozen.ts"),
  },
  {
    name: "schema",
    group: LOOK,
    summary: "fields of vendors: what is there, and what is gone or changed and paused for it",
    load: () => import("./schema.ts"),
  },
  {
    name: "records",
    group: DATA,
    summary: "leads, contacts, accounts, deals and the rest",
    load: () => import("./records.ts"),
  },
  { name: "import", group: DATA, summary: "bring in a CSV file", load: () => import("./import.ts") },
  {
    name: "fields",
    group: DATA,
    summary: "the fields of each kind; add custom ones",
    load: () => import("./fields.ts"),
  },
  { name: "keys", group: OTHER, summary: "make, list or revoke API keys", load: () => import("./keys.ts") },
  { name: "api", group: OTHER, summary: "one raw request to the API", load: () => import("./api.ts") },
  {
    name: "version",
    group: OTHER,
    summary: "versions of Winston, Node and the server",
    load: () => import("./version.ts"),
  },
];

/** Runs one command line. Throws what stops it; src/main.ts explains that. */
export async function runProgram(argv: readonly string[], shell: Shell): Promise<void> {
  const program = bare(new Command("winston"), shell)
    .description("Keeps your sales data the same everywhere. `winston dev` shows it on pretend vendors.")
    .option("--api <url>", "the server to speak to (WINSTON_URL)")
    .option("--token-file <file>", "a file with the API key to use (WINSTON_TOKEN)")
    .option("--data <folder>", "Winston's data folder (WINSTON_DATA_DIR; default .winston)")
    .option("--json", "answer as one JSON document")
    .option("--ndjson", "answer as one JSON line per row")
    .option("--plain", "answer as tab-separated rows, also on a terminal")
    .version(shell.version, "-V, --version", "print the version")
    .helpCommand("help [command]", "help on one command")
    .addHelpText(
      "after",
      `\nExamples:\n  ${shell.self} dev\n  ${shell.self} sync --full\n  ${shell.self} import leads.csv --kind lead --dry-run\n  ${shell.self} runs list --json\n\nEvery command answers --help. Exit codes: 0 done, 1 failed, 2 not wanted, 3 some records failed, 4 sign-in needed,\n5 rate-limited, 6 refused by a guard, 10 differences found (with --exit-code), 64 wrong usage, 130 interrupted.`,
    );
  program.commandsGroup("");
  await Promise.all(
    COMMANDS.map(async ({ name, group, summary, load }) => {
      const command = bare(program.command(name), shell)
        .summary(summary)
        .description(sentence(summary))
        .helpGroup(group);
      if (argv.includes(name)) (await load()).define(command, shell);
      else command.allowUnknownOption().allowExcessArguments();
    }),
  );
  if (argv.length === 0) {
    shell.stdout.write(program.helpInformation());
    return;
  }
  await program.parseAsync([...argv], { from: "user" });
}

/** A command that throws where commander would exit, and writes where the shell says. */
function bare(command: Command, shell: Shell): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text.replace(/^error: /u, "winston: ")),
      getOutHelpWidth: () => Math.min(shell.stdout.columns || 100, 120),
      getErrHelpWidth: () => Math.min(shell.stderr.columns || 100, 120),
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();
}

/** A command below another, with the same manners. */
export function subcommand(parent: Command, shell: Shell, nameAndArguments: string, summary: string): Command {
  return bare(parent.command(nameAndArguments), shell).summary(summary).description(sentence(summary));
}

export const globalsOf = (command: Command): Globals => command.optsWithGlobals();

const sentence = (summary: string): string => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

/** Reads an option's whole number, for `command.option(..., wholeNumber(...))`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
