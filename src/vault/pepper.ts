// The pepper under which API keys are hashed: random, sealed by the master key, kept in the database. Changing the master
// key re-wraps it and leaves every API key as it is; a dump without the master key hashes nothing.
import type { Random } from "../base/random.ts";
import type { Database, Queries } from "../store/database.ts";
import { putSetting, readSetting, settleSetting } from "../store/setting.ts";
import type { Place, Seal } from "./seal.ts";

const SETTING = "apiKey.pepper";
const PLACE: Place = { table: "setting", row: SETTING, part: "value" };

/** 32 bytes, made on the first call that a database sees. Throws key.wrong. */
export async function openPepper(parts: { database: Database; seal: Seal; random: Random }): Promise<Buffer> {
  const { database, seal, random } = parts;
  const fresh = seal.seal(random.bytes(new Uint8Array(32)), PLACE);
  const sealed = await settleSetting(database, SETTING, fresh.toString("base64"));
  return seal.open(Buffer.from(sealed, "base64"), PLACE);
}

/** Seals it under the first master key. */
export async function rewrapPepper(queries: Queries, seal: Seal): Promise<void> {
  const sealed = await readSetting<string>(queries, SETTING);
  if (sealed === undefined) return;
  await putSetting(queries, SETTING, seal.rewrap(Buffer.from(sealed, "base64"), PLACE).toString("base64"));
}
