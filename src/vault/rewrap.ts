// Changing the master key: every secret's data key is wrapped anew, in small transactions, while everything runs. A stop at any
// point leaves each secret readable under one of the two keys; the next start goes on.
import { lockSealedByOthers, replaceSealed } from "../store/credential.ts";
import type { Database } from "../store/database.ts";
import { putSetting, readSetting } from "../store/setting.ts";
import { MASTER_KEY_SETTING } from "./master-key.ts";
import { rewrapPepper } from "./pepper.ts";
import type { Seal } from "./seal.ts";

const BATCH = 100;

/** Seals everything under the first master key. Returns how many secrets that took; 0 with nothing to do. Afterwards the other keys are not needed any more. */
export async function rewrap(database: Database, seal: Seal): Promise<number> {
  if ((await readSetting<string>(database, MASTER_KEY_SETTING)) === seal.keyId) return 0;
  let count = 0;
  for (;;) {
    const done = await database.transaction(async (tx) => {
      const rows = await lockSealedByOthers(tx, seal.keyId, BATCH);
      await replaceSealed(
        tx,
        seal.keyId,
        rows.map((row) => ({
          ...row,
          sealed: seal.rewrap(row.sealed, { table: "credential", row: row.connectionId, part: row.part }),
        })),
      );
      return rows.length;
    });
    if (done === 0) break;
    count += done;
  }
  // Last, and together: from here on a start with the old key alone is refused.
  await database.transaction(async (tx) => {
    await rewrapPepper(tx, seal);
    await putSetting(tx, MASTER_KEY_SETTING, seal.keyId);
  });
  return count + 1;
}
