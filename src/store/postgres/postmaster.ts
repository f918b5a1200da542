// The server's main process: which one runs on a cluster, and how it is stopped.
import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { WinstonError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";

/** What a postmaster writes of itself into postmaster.pid (src/include/utils/pidfile.h of PostgreSQL). */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
  /** starting, ready, standby, stopping; empty while it has not said. */
  readonly status: string;
}

/** What postmaster.pid says, whether or not that process still runs; undefined without the file or before its lines are written. */
export function readPostmaster(cluster: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isSafeInteger(pid) || pid < 2) return undefined;
  return { pid, port: Number(lines[3]), socketFolder: lines[4] ?? "", status: lines[7]?.trim() ?? "" };
}

/** The postmaster that runs on this cluster now; undefined when there is none, also when its number now belongs to something else. */
export function runningPostmaster(cluster: string): Postmaster | undefined {
  const said = readPostmaster(cluster);
  if (!said || !isAlive(said.pid)) return undefined;
  try {
    if (process.platform === "linux") {
      // A postmaster's current folder is its cluster.
      return readlinkSync(`/proc/${said.pid}/cwd`) === cluster ? said : undefined;
    }
    return /postgres/u.test(execFileSync("ps", ["-o", "command=", "-p", String(said.pid)], { encoding: "utf8" }))
      ? said
      : undefined;
  } catch {
    return isAlive(said.pid) ? said : undefined;
  }
}

/**
 * Clears the way for a new postmaster; called only where none runs. PostgreSQL takes the number in a postmaster.pid that was left
 * behind for a running server when anything of the same user still has it: another process after the restart of a container, or
 * the dead server itself until somebody asks after it. Our own number, as the parent's, it passes over; the rest of the file
 * stays, for with it PostgreSQL sees whether orphans of the last server still write to the cluster.
 */
export function disownStalePid(cluster: string): void {
  const file = join(cluster, "postmaster.pid");
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return;
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/^-?\d*/u, String(process.pid)));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  try {
    // One that ended and whose parent has not asked after it is still listed, as a zombie.
    return !/\) [ZX] /u.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits until the process has ended; false when it still runs after `ms`. */
export async function hasEnded(pid: number, ms: number): Promise<boolean> {
  const until = systemClock.now() + ms;
  while (isAlive(pid)) {
    if (systemClock.now() >= until) return false;
    await systemClock.sleep(5);
  }
  return true;
}

/**
 * Stops a postmaster: fast (SIGINT: sessions are ended, everything is written out), and when that takes longer than 30 s at once
 * (SIGQUIT, at last SIGKILL), which loses nothing that was committed but costs a recovery at the next start.
 */
export async function stopPostmaster(pid: number, log: Log): Promise<void> {
  for (const [signal, ms] of [
    ["SIGINT", 30_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 5_000],
  ] as const) {
    if (!isAlive(pid)) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between, or is another user's; waiting tells.
    }
    if (await hasEnded(pid, ms)) return;
    log.warn({ pid, signal, ms }, "the database server does not stop");
  }
  throw new WinstonError("store.busy", `The database server (process ${pid}) cannot be stopped; stop it by hand.`);
}
