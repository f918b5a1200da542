// Folders for tests.
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new empty folder that any account may pass through (as root the database is another account's). Removed when disposed of. */
export function createTestFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(folderOfTests(), "winston-folder-"));
  chmodSync(path, 0o711);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Memory where there is plenty: a clone is 400 small files, and a disk's file system is slow to make files where many were just deleted. */
export function folderOfTests(): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    accessSync("/dev/shm", constants.W_OK);
    if (bavail * bsize > 2 * 1024 ** 3) return "/dev/shm";
  } catch {
    // None on this system.
  }
  return tmpdir();
}
