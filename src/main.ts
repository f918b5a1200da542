// The process `winston`: the front door through which terminal, environment, time and chance come in, and its exit codes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "./base/clock.ts";
import { systemRandom } from "./base/random.ts";
import { runProgram } from "./cli/program.ts";
import { type Shell, typedFor } from "./cli/shell.ts";

/** A terminal, a shell and npm may each pass on one and the same Ctrl-C; within these times it counts once. */
const ONE_PRESS_MS = { direct: 300, passedOn: 1_000 };

async function main(): Promise<void> {
  // What scripts/winston.mjs says is for this file; the rest of the environment is for src/config.ts.
  const { WINSTON_SELF: self = "winston", WINSTON_DEBUG: debug, ...env } = process.env;
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const stop = new AbortController();
  const shell: Shell = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env,
    cwd: userFolder(env),
    version,
    self: typedFor(self, process.argv.slice(2)),
    startedAt: performance.timeOrigin,
    clock: systemClock,
    random: systemRandom,
    signal: stop.signal,
    exitCode: 0,
    log: undefined,
    logFile: undefined,
    atForcedExit: undefined,
  };
  const interrupted = onSignals(stop, shell);
  onClosedOutput();
  const fail = async (thrown: unknown): Promise<number> => {
    const { explain } = await import("./cli/failure.ts");
    const { exit, message, unexpected } = explain(thrown, { aborted: stop.signal.aborted, logFile: shell.logFile });
    if (unexpected) shell.log?.error({ error: thrown instanceof Error ? thrown.stack : String(thrown) }, "unexpected");
    if (message !== "") process.stderr.write(`winston: ${message}\n`);
    if (debug) console.error(thrown);
    return exit;
  };
  process.on("uncaughtException", (thrown) => {
    void fail(thrown).then((exit) => {
      shell.atForcedExit?.();
      process.exit(exit);
    });
  });
  let exit: number;
  try {
    await runProgram(process.argv.slice(2), shell);
    exit = shell.exitCode;
  } catch (thrown) {
    exit = await fail(thrown);
  }
  // Ctrl-C exits 130 also after a clean stop; a service that was asked to stop (SIGTERM) and did is done.
  const by = interrupted();
  if (by === undefined) await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(by === undefined ? exit : by === "SIGINT" ? 130 : exit === 130 ? 143 : exit);
}

/** Waits until what was said has left this process: a pipe takes a long answer piece by piece. */
const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write("", () => resolve()));

/** Relative paths are the user's: npm runs scripts in the project folder and says where it was called. */
function userFolder(env: Shell["env"]): string {
  const from = env["npm_lifecycle_event"] === undefined ? undefined : env["INIT_CWD"];
  return from ?? process.cwd();
}

/** The first signal asks for a clean stop, the second ends the process. Returns which signal came, if any. */
function onSignals(stop: AbortController, shell: Shell): () => NodeJS.Signals | undefined {
  let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  const on = (signal: NodeJS.Signals, onePressMs = ONE_PRESS_MS.direct): void => {
    const now = performance.now();
    if (first === undefined) {
      first = { signal, at: now };
      if (shell.stderr.isTTY) shell.stderr.write("\n");
      stop.abort(new DOMException(`stopped by ${signal}`, "AbortError"));
    } else if (now - first.at > onePressMs) {
      shell.atForcedExit?.();
      process.exit(130);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => on(signal));
  // scripts/winston.mjs holds the other end and passes on what it is told; when it dies, so do we, and nothing of ours is left.
  if (process.channel) {
    process.on("message", (message: { signal?: NodeJS.Signals }) => {
      if (message.signal) on(message.signal, ONE_PRESS_MS.passedOn);
    });
    process.on("disconnect", () => first ?? on("SIGTERM"));
  }
  return () => first?.signal;
}

/** `winston runs list | head` ends well when head has enough. */
function onClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
}

await main();
