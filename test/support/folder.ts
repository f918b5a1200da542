// A folder for one test.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new empty folder that any account may pass through (as root the database is another account's). Removed when disposed of. */
export function createTestFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "folder-"));
  chmodSync(path, 0o711);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
