// Child processes: started, listened to, ended; none is left behind.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = join(import.meta.dirname, "..", "..");

const running = new Set<ChildProcess>();

/** Starts a program of this project under the present Node. What it says goes to `logFile`; its first pipe is stdout where asked for. */
export function startNode(
  args: readonly string[],
  options: { logFile: string; stdout?: "pipe"; env?: NodeJS.ProcessEnv },
): ChildProcess {
  const log = openSync(options.logFile, "a", 0o600);
  const child = spawn(process.execPath, [...args], {
    cwd: ROOT,
    env: options.env ?? cleanEnvironment(),
    stdio: ["ignore", options.stdout ?? log, log],
  });
  closeSync(log);
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** The first line that a child prints on its stdout, as JSON. Rejects when it ends before. */
export function firstSaid<Said>(child: ChildProcess, title: string, logFile: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    createInterface(child.stdout!).once("line", (line) => resolve(JSON.parse(line) as Said));
    child.once("exit", (code) => reject(new Error(`${title} ended with ${code}; its words are in ${logFile}.`)));
  });
}

/** The environment without what would point Winston elsewhere. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(?:WINSTON_|DATABASE_URL|NODE_TEST|https?_proxy|all_proxy)/iu.test(name),
    ),
  );
}

/** Ends a child and waits for its end. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

/** For Ctrl-C: nothing we started outlives us. Servers are asked, so that they end their database. */
export function endAllChildren(): Promise<unknown> {
  return Promise.all([...running].map((child) => endChild(child, "SIGTERM")));
}

/** A port that nobody has at this moment, for a server that keeps its own over restarts. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
