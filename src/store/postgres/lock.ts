// One Winston per folder.
import { chownSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { WinstonError } from "../../base/errors.ts";

export interface FolderLock {
  release(): void;
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/**
 * Takes the folder for this process, or throws `store.busy` and names the process that has it.
 *
 * The lock is the operating system's (fcntl), so it ends with its process however that ends, and holds between containers that
 * share the folder, where process numbers say nothing. Node offers no call for it; SQLite, which is part of Node, takes one when
 * an exclusive transaction begins. Nothing is ever stored in its file, which is given to `owner`.
 */
export function lockFolder(folder: string, owner?: { uid: number; gid: number }): FolderLock {
  const holderFile = join(folder, "holder");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
    database.exec("pragma journal_mode = memory; begin exclusive");
    if (owner) chownSync(join(folder, "lock"), owner.uid, owner.gid);
  } catch (thrown) {
    database?.close();
    const { errcode } = thrown as { errcode?: number };
    if (errcode === SQLITE_FULL) throw Object.assign(new Error("disk full", { cause: thrown }), { code: "ENOSPC" });
    if (errcode === SQLITE_BUSY) {
      throw new WinstonError(
        "store.busy",
        `Another Winston${holder(holderFile)} is using the data in ${folder}. Stop it first, or give this one a folder of its own.`,
        { cause: thrown },
      );
    }
    throw new WinstonError(
      "start.failed",
      `The data folder ${folder} cannot be locked (${(thrown as Error).message}). It must be on a disk of this machine that Winston may write.`,
      { cause: thrown },
    );
  }
  try {
    // Only for the sentence above; made anew, never written through a link that someone left here.
    rmSync(holderFile, { force: true });
    writeFileSync(holderFile, `${process.pid}\n`, { flag: "wx", mode: 0o644 });
  } catch {
    // A full disk, say. The lock holds without it.
  }
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      try {
        rmSync(holderFile, { force: true });
      } finally {
        database.close();
      }
    },
  };
}

function holder(file: string): string {
  try {
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    return Number.isNaN(pid) ? "" : ` (process ${pid})`;
  } catch {
    return "";
  }
}
