// What a command is given: its terminal, the environment, time and chance, and the signal that says stop. Made once, in src/main.ts.
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";

export interface Shell {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  /** How a person types the next command here: "winston", or "npm run -s winston --" in a clone, with what says which Winston. */
  readonly self: string;
  /** When this process began, in milliseconds since 1970 UTC. */
  readonly startedAt: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted by the first Ctrl-C (or SIGTERM). */
  readonly signal: AbortSignal;
  /** What the process will exit with when the command ends well (docs/reference/cli.md). */
  exitCode: number;
  /** The log, once there is one, and its file where it goes to one. */
  log: Log | undefined;
  logFile: string | undefined;
  /** Done, synchronously, when a second Ctrl-C ends the process at once. */
  atForcedExit: (() => void) | undefined;
}

/** Options that every command takes. */
export interface Globals {
  readonly api?: string;
  readonly tokenFile?: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly plain?: boolean;
}

/** Options that say which Winston is meant: what a person is told to type next has them too. */
const WHICH = ["--data", "--api", "--token-file"];

/** How a person types the next command for the same Winston. */
export function typedFor(self: string, argv: readonly string[]): string {
  const given = argv.flatMap((word, at) => {
    const name = WHICH.find((one) => word === one || word.startsWith(`${one}=`));
    const value = name === undefined ? undefined : word === name ? argv[at + 1] : word.slice(name.length + 1);
    return name === undefined || value === undefined ? [] : [name, quoted(value)];
  });
  return [self, ...given].join(" ");
}

/** A word as a shell takes it for one. */
export const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A line for the person, beside the answer. */
export function tell(shell: Pick<Shell, "stderr">, line: string): void {
  shell.stderr.write(`${line}\n`);
}

/** Whether the terminal shows more than ASCII; under LC_ALL=C a bar is drawn with #. */
export function showsUnicode(env: Shell["env"]): boolean {
  return /utf-?8/iu.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "");
}

/** Whether lines may be redrawn in place. */
export function redraws(shell: Pick<Shell, "stderr" | "env">): boolean {
  return shell.stderr.isTTY && shell.env["TERM"] !== "dumb" && !shell.env["CI"];
}
