// Files that only Winston's own user may read: the master key and the start token.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { WinstonError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";

/**
 * A file with a secret in it, or undefined when there is none. Throws start.failed when others could read it, when it
 * belongs to somebody else, or when it cannot be read. Windows has no such modes; there the folder's rights are trusted.
 */
export function readPrivateFile(file: string, what: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new WinstonError("start.failed", `The ${what} file ${file} cannot be read (${(thrown as Error).message}).`, {
      cause: thrown,
    });
  }
  try {
    const { mode, uid } = fstatSync(handle);
    const me = process.geteuid?.();
    if (me !== undefined) {
      if ((mode & 0o077) !== 0)
        throw new WinstonError(
          "start.failed",
          `The ${what} file ${file} has mode ${(mode & 0o777).toString(8).padStart(3, "0")}, so others than its owner may read it. Close it with: chmod 600 ${file} (a secret mounted into a container: give it mode 0400).`,
        );
      if (uid !== me && uid !== 0 && me !== 0)
        throw new WinstonError(
          "start.failed",
          `The ${what} file ${file} belongs to user ${uid}, and Winston runs as user ${me}. Make it Winston's own: chown ${me} ${file}`,
        );
    }
    return readFileSync(handle, "utf8");
  } catch (thrown) {
    if (thrown instanceof WinstonError) throw thrown;
    throw new WinstonError("start.failed", `The ${what} file ${file} cannot be read (${(thrown as Error).message}).`, {
      cause: thrown,
    });
  } finally {
    closeSync(handle);
  }
}

/** Writes a file of mode 0600 that is there whole and on the disk, or not at all; one that is already there stays. Throws start.failed. */
export function writePrivateFileOnce(file: string, content: string, random: Random): void {
  put(file, content, random, (draft) => {
    try {
      linkSync(draft, file); // Unlike a rename, a link never replaces what another process put there.
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    }
  });
}

/** Writes a file of mode 0600 whole and onto the disk, in place of one that is there. Throws start.failed. */
export function replacePrivateFile(file: string, content: string, random: Random): void {
  put(file, content, random, (draft) => renameSync(draft, file));
}

function put(file: string, content: string, random: Random, place: (draft: string) => void): void {
  // A name of its own: two containers on one volume may well have the same process id.
  const draft = `${file}.${Buffer.from(random.bytes(new Uint8Array(8))).toString("hex")}`;
  try {
    writeToDisk(draft, content);
    try {
      place(draft);
    } finally {
      rmSync(draft, { force: true });
    }
    if (process.platform !== "win32") syncFolder(dirname(file));
  } catch (thrown) {
    throw new WinstonError("start.failed", `The file ${file} cannot be written (${(thrown as Error).message}).`, {
      cause: thrown,
    });
  }
}

function writeToDisk(file: string, content: string): void {
  const handle = openSync(file, "wx", 0o600);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
