// One Winston per folder.
import { chownSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { WinstonError } from "../../base/errors.ts";

export interface FolderLock {
  release(): void;
}

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
    database.exec("begin exclusive");
    if (owner) chownSync(join(folder, "lock"), owner.uid, owner.gid);
  } catch (thrown) {
    database?.close();
    if ((thrown as { errcode?: number }).errcode === 5) {
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
  // Only for the sentence above; made anew, never written through a link that someone left here.
  rmSync(holderFile, { force: true });
  writeFileSync(holderFile, `${process.pid}\n`, { flag: "wx", mode: 0o644 });
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      rmSync(holderFile, { force: true });
      database.close();
    },
  };
}

function holder(file: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(file, "utf8"), 10)})`;
  } catch {
    return "";
  }
}
