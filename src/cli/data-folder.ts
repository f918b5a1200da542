// Winston's data folder, as the commands that run Winston see it:
//
//     pg/              the database (src/store/postgres)         master.key, start.token   secrets, mode 0600 (src/vault)
//     VENDOR.jsonl     each pretend vendor of `winston dev`
//     addresses.json   where this Winston is reached             winston.log               the log
//     unfinished.json  what the next `winston dev` goes on with  store.mark            how far the database had come (src/store/mark.ts)
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { WinstonError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { MARK_FILE } from "../store/mark-file.ts";
import { runningPostmaster } from "../store/postgres/postmaster.ts";
import { eraseData } from "../store/postgres/server.ts";
import { START_TOKEN_FILE } from "../vault/keys.ts";
import { KEY_FILE_NAME } from "../vault/master-key.ts";
import { LOG_FILE } from "./log.ts";
import { simulators } from "../simulators/index.ts";
import { stateFileOf } from "./pretend.ts";
import { type Addresses, ADDRESSES_FILE } from "./remote.ts";

export const DATABASE_FOLDER = "pg";
const UNFINISHED_FILE = "unfinished.json";

/** What Winston makes in the folder, besides the database; drafts of these carry a suffix. */
const OURS = [
  KEY_FILE_NAME,
  START_TOKEN_FILE,
  ADDRESSES_FILE,
  UNFINISHED_FILE,
  LOG_FILE,
  MARK_FILE,
  ...simulators.map(stateFileOf),
];

/**
 * Begins anew: removes what Winston made in the folder, and nothing else. Throws `store.busy` while a Winston runs on it and
 * `start.failed` for a folder that is not Winston's; nothing is removed then.
 */
export async function eraseDataFolder(dataDir: string, log: Log): Promise<void> {
  if (!existsSync(dataDir)) return;
  try {
    const names = readdirSync(dataDir);
    if (names.length === 0) return;
    const database = join(dataDir, DATABASE_FOLDER);
    const isWinstons = existsSync(join(database, "lock")) || existsSync(join(dataDir, KEY_FILE_NAME));
    if (!isWinstons)
      throw new WinstonError(
        "start.failed",
        `${dataDir} holds no data of Winston (there is ${names.slice(0, 3).join(", ")}), so nothing was removed. Name Winston's data folder with --data, or start without --fresh.`,
      );
    if (existsSync(join(database, "lock"))) await eraseData(database, log);
    for (const name of readdirSync(dataDir))
      if (OURS.some((ours) => name === ours || name.startsWith(`${ours}.`)))
        rmSync(join(dataDir, name), { force: true });
    if (readdirSync(dataDir).length === 0) rmdirSync(dataDir);
  } catch (thrown) {
    if (thrown instanceof WinstonError) throw thrown;
    throw new WinstonError(
      "start.failed",
      `The data folder ${dataDir} cannot be emptied (${(thrown as Error).message}).`,
      {
        cause: thrown,
      },
    );
  }
}

/** What one start of `winston dev` leaves for the next. */
export interface Unfinished {
  /** The story of a first start was not told to its end. */
  readonly story?: "begun";
  /** These connections were paused because their pretend vendors were left out, not by a person. */
  readonly held?: readonly string[];
}

export function readUnfinished(dataDir: string): Unfinished {
  try {
    const read = JSON.parse(readFileSync(join(dataDir, UNFINISHED_FILE), "utf8")) as Record<string, unknown>;
    return {
      ...(read["story"] === "begun" ? { story: "begun" } : {}),
      // One name, as an earlier version wrote it, or several.
      held: [read["held"]].flat().filter((name) => typeof name === "string"),
    };
  } catch {
    return {};
  }
}

export function writeUnfinished(dataDir: string, unfinished: Unfinished): void {
  writeWhole(join(dataDir, UNFINISHED_FILE), unfinished);
}

/** Says where this Winston is reached, for commands given beside it. */
export function writeAddresses(dataDir: string, addresses: Addresses): void {
  writeWhole(join(dataDir, ADDRESSES_FILE), addresses);
}

/** Whole or not at all. Throws start.failed. */
function writeWhole(file: string, content: object): void {
  try {
    rmSync(`${file}.new`, { force: true });
    writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`, { flag: "wx", mode: 0o644 });
    renameSync(`${file}.new`, file);
  } catch (thrown) {
    throw new WinstonError(
      "start.failed",
      `${file} cannot be written (${(thrown as Error).message}). Make room, or make the folder writable.`,
      {
        cause: thrown,
      },
    );
  }
}

/** Ends Winston's own database at once, for a process that has no time left: its next start recovers from its log. */
export function killDatabase(dataDir: string): void {
  try {
    const left = runningPostmaster(realpathSync(join(dataDir, DATABASE_FOLDER, "data")));
    if (left) process.kill(left.pid, "SIGQUIT");
  } catch {
    // There is none.
  }
}
