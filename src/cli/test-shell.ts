// A shell for tests: streams that keep what is written, no environment, no terminal unless a test wants one.
import { PassThrough } from "node:stream";
import { VirtualClock } from "../base/clock.ts";
import { seededRandom } from "../base/random.ts";
import { runProgram } from "./program.ts";
import type { Shell } from "./shell.ts";

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
  readonly thrown: unknown;
}

/** Runs one command line to its end. `terminal` makes standard output and error a terminal 100 columns wide. */
export async function runCommand(
  argv: readonly string[],
  given: { env?: Record<string, string>; cwd?: string; stdin?: string; terminal?: boolean } = {},
): Promise<Ran> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const stdin = new PassThrough();
  stdin.end(given.stdin ?? "");
  const terminal = given.terminal ? { isTTY: true, columns: 100 } : {};
  const shell: Shell = {
    stdin: stdin as unknown as Shell["stdin"],
    stdout: Object.assign(out, terminal) as unknown as Shell["stdout"],
    stderr: Object.assign(err, terminal) as unknown as Shell["stderr"],
    env: given.env ?? {},
    cwd: given.cwd ?? "/nowhere",
    version: "1.2.3",
    self: "winston",
    startedAt: Date.UTC(2026, 0, 5, 9),
    clock: new VirtualClock(),
    random: seededRandom(1),
    signal: new AbortController().signal,
    exitCode: 0,
    log: undefined,
    logFile: undefined,
    atForcedExit: undefined,
  };
  let thrown: unknown;
  try {
    await runProgram(argv, shell);
  } catch (error) {
    thrown = error;
  }
  out.end();
  err.end();
  const text = async (stream: PassThrough): Promise<string> => (await Array.fromAsync(stream)).join("");
  return { out: await text(out), err: await text(err), exitCode: shell.exitCode, thrown };
}
