// The process's log: JSON lines by pino, to a file of the data folder while a person watches the terminal, else to standard error.
import { constants, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { pino } from "pino";
import type { Log } from "../base/log.ts";
import type { Config } from "../config.ts";
import type { Shell } from "./shell.ts";

export const LOG_FILE = "winston.log";
const FILE_MAX = 10_000_000;

/** `to` "file": `winston.log` in the data folder, whose last 10 MB before this start are kept beside it. The shell is told of it. */
export function openLog(shell: Shell, config: Pick<Config, "dataDir" | "logLevel">, to: "file" | "stderr"): Log {
  const file = to === "file" ? join(config.dataDir, LOG_FILE) : undefined;
  const write = file === undefined ? (line: string): void => void shell.stderr.write(line) : writerTo(file);
  const options = { level: config.logLevel, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  const log = pino(options, { write });
  Object.assign(shell, { log, logFile: file });
  return log;
}

/**
 * Appends to a file once its folder is there: the store makes the folder, for it knows as whom. A full disk takes lines of the log
 * and nothing else.
 */
function writerTo(file: string): (line: string) => void {
  let handle: number | undefined;
  let waiting = "";
  return (line) => {
    try {
      if (handle === undefined && !existsSync(dirname(file))) {
        waiting += line;
        return;
      }
      handle ??= open(file);
      writeSync(handle, waiting + line);
      waiting = "";
    } catch {
      // Nowhere left to say it.
    }
  };
}

/** Never through a link that somebody put there. */
function open(file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > FILE_MAX) renameSync(file, `${file}.1`);
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  return openSync(file, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0), 0o600);
}

/** The data folder of an installation with a database elsewhere; Winston's own database makes the folder itself. */
export function makeDataFolder(config: Pick<Config, "dataDir" | "databaseUrl">): void {
  if (config.databaseUrl !== undefined) mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
}
