// Changing the master key: every secret's data key is wrapped anew, in small transactions, while everything runs. A stop at any
// point leaves each secret readable under one of the two keys; the next start goes on.
import type { Log } from "../base/log.ts";
import { lockChannelsSealedByOthers, replaceChannelSeals } from "../store/alert-channel.ts";
import { lockSealedByOthers, replaceSealed } from "../store/credential.ts";
import type { Database } from "../store/database.ts";
import { putSetting, readSetting } from "../store/setting.ts";
import { channelPlace } from "./channels.ts";
import { MASTER_KEY_SETTING } from "./master-key.ts";
import { rewrapPepper } from "./pepper.ts";
import type { Seal } from "./seal.ts";

const BATCH = 100;

/** Seals everything under the first master key: call it at each start. Returns how many secrets that took; afterwards the other keys are needed only by processes that still begin with them. */
export async function rewrap(parts: { database: Database; seal: Seal; log: Log }): Promise<number> {
  const { database, seal, log } = parts;
  if (seal.keyIds.length === 1) return 0;
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
      const channels = await lockChannelsSealedByOthers(tx, seal.keyId, BATCH);
      await replaceChannelSeals(
        tx,
        seal.keyId,
        channels.map(({ id, sealed }) => ({ id, sealed: seal.rewrap(sealed, channelPlace(id)) })),
      );
      return rows.length + channels.length;
    });
    if (done === 0) break;
    count += done;
  }
  // Last, and together: from here on a start with the old key alone is refused.
  if ((await readSetting<string>(database, MASTER_KEY_SETTING)) !== seal.keyId) {
    await database.transaction(async (tx) => {
      await rewrapPepper(tx, seal);
      await putSetting(tx, MASTER_KEY_SETTING, seal.keyId);
    });
    count += 1;
  }
  log.info(
    { secrets: count, keyId: seal.keyId },
    "every secret is sealed under the present master key; once all processes begin with it, remove the older ones",
  );
  return count;
}
