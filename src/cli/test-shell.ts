// A shell for tests: streams that keep what is written, no environment, no terminal unless a test wants one.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { type Clock, VirtualClock } from "../base/clock.ts";
import { seededRandom } from "../base/random.ts";
import { explain } from "./failure.ts";
import { runProgram } from "./program.ts";
import type { Shell } from "./shell.ts";

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
  readonly thrown: unknown;
}

interface Given {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Makes standard input a terminal where a person types these lines. */
  readonly answers?: readonly string[];
  /** Makes standard output and error a terminal 100 columns wide, or as many as it says. */
  readonly terminal?: boolean | number;
  /** Without one nobody waits for real. */
  readonly clock?: Clock;
}

export interface Started {
  /** Resolves with the first group once what was written matches; rejects when the command ends without it. */
  seen(pattern: RegExp): Promise<string>;
  /** As Ctrl-C does. */
  stop(): Promise<Ran>;
  readonly ended: Promise<Ran>;
}

/** Runs one command line to its end. */
export const runCommand = (argv: readonly string[], given: Given = {}): Promise<Ran> => startCommand(argv, given).ended;

export function startCommand(argv: readonly string[], given: Given = {}): Started {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const text = { out: "", err: "" };
  out.on("data", (chunk) => (text.out += String(chunk)));
  err.on("data", (chunk) => (text.err += String(chunk)));
  const stdin = new PassThrough();
  stdin.end(given.answers === undefined ? (given.stdin ?? "") : given.answers.map((line) => `${line}\n`).join(""));
  const terminal = given.terminal ? { isTTY: true, columns: given.terminal === true ? 100 : given.terminal } : {};
  const stopped = new AbortController();
  const shell: Shell = {
    stdin: Object.assign(stdin, { isTTY: given.answers !== undefined }) as unknown as Shell["stdin"],
    stdout: Object.assign(out, terminal) as unknown as Shell["stdout"],
    stderr: Object.assign(err, terminal) as unknown as Shell["stderr"],
    env: given.env ?? {},
    cwd: given.cwd ?? "/nowhere",
    version: "1.2.3",
    self: "winston",
    startedAt: Date.UTC(2026, 0, 5, 9),
    clock: given.clock ?? new VirtualClock(),
    random: seededRandom(1),
    signal: stopped.signal,
    exitCode: 0,
    log: undefined,
    logFile: undefined,
    atForcedExit: undefined,
  };
  const run = async (): Promise<Ran> => {
    let thrown: unknown;
    try {
      await runProgram(argv, shell);
    } catch (error) {
      thrown = error;
    }
    await Promise.all([out, err].map((stream) => finished(stream.end())));
    return { ...text, exitCode: shell.exitCode, thrown };
  };
  const ended = run();
  return {
    ended,
    async seen(pattern) {
      for (;;) {
        const found = pattern.exec(`${text.out}\n${text.err}`);
        if (found) return found[1] ?? found[0];
        const news = Promise.race([once(out, "data"), once(err, "data"), ended.then(() => "ended")]);
        if ((await news) === "ended" && !pattern.test(`${text.out}\n${text.err}`))
          throw new Error(
            `ended without ${String(pattern)}: ${text.out}\n${text.err}\n${String((await ended).thrown)}`,
          );
      }
    },
    stop() {
      stopped.abort(new DOMException("stopped by SIGINT", "AbortError"));
      return ended;
    },
  };
}

/** What a process would exit with. */
export const exitOf = ({ thrown, exitCode }: Ran): number =>
  thrown === undefined ? exitCode : explain(thrown, { aborted: false, logFile: undefined }).exit;

/** A server that answers "METHOD /path" as told (a function is given the query), all else with 404, and keeps what it was asked. */
export async function startAnswering(
  answers: Readonly<Record<string, unknown>>,
): Promise<{ readonly url: string; readonly asked: readonly string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [path, query] = request.url!.split("?");
    const what = `${request.method} ${path}`;
    asked.push(what);
    const answer = answers[what];
    const body: unknown = typeof answer === "function" ? answer(new URLSearchParams(query)) : answer;
    const problem = { type: "/problems/not.found", title: "none", status: 404, detail: "None.", code: "not.found" };
    const type = body === undefined ? "application/problem+json" : "application/json";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(JSON.stringify(body ?? problem));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
