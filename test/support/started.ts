// Winston as a person has it: the real process, in a folder of its own, and what it says.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../src/base/log.ts";
import { eraseDataFolder } from "../../src/cli/data-folder.ts";
import { createTestFolder } from "./folder.ts";

const root = join(import.meta.dirname, "..", "..");
const winston = join(root, "scripts", "winston.mjs");

/** The project's npm, called from the folder of the test. */
export const NPM = ["npm", "--prefix", root, "--silent"];

/** A bare environment: no HOME, no locale, a zone that is 45 minutes off. */
const ENV = { PATH: process.env["PATH"], LC_ALL: "C", TZ: "Pacific/Chatham" };

export interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when standard output and error together match; fails when the process ends first. */
  seen(pattern: RegExp): Promise<string>;
  ended(): Promise<number>;
}

/** A folder below a temporary one, where processes are started; `end` kills what is left and removes all of it. */
export function createHome(...parts: readonly string[]) {
  const folder = createTestFolder();
  const home = join(folder.path, ...parts);
  const data = join(home, ".winston");
  mkdirSync(home, { recursive: true, mode: 0o711 });
  const children: ChildProcess[] = [];

  const start = (
    args: readonly string[],
    command: readonly string[] = [process.execPath, winston],
    stdin = "",
  ): Started => {
    const [file, ...before] = command;
    // In a process group of its own, as a terminal gives it: Ctrl-C goes to the whole group.
    const child = spawn(file!, [...before, ...args], {
      cwd: home,
      env: ENV,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    children.push(child);
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    child.stderr.on("data", (chunk) => (err += String(chunk)));
    const end = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
    return {
      child,
      out: () => out,
      err: () => err,
      async seen(pattern) {
        for (;;) {
          const found = pattern.exec(`${out}\n${err}`);
          if (found) return found[1] ?? found[0];
          const ended = await Promise.race([
            once(child.stdout, "data"),
            once(child.stderr, "data"),
            end.then(() => "ended"),
          ]);
          if (ended === "ended" && !pattern.test(`${out}\n${err}`))
            assert.fail(`ended without ${String(pattern)}:\n${out}\n${err}`);
        }
      },
      // As a shell counts: 130 for a process that an interrupt ended.
      async ended() {
        const [code, signal] = await end;
        return code ?? 128 + constants.signals[signal!];
      },
    };
  };

  return {
    home,
    data,
    start,
    end: async (): Promise<void> => {
      for (const child of children) child.kill("SIGKILL");
      await eraseDataFolder(data, silentLog);
      folder[Symbol.dispose]();
    },
  };
}
