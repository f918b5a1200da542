// Where the master key comes from: a variable, a file somebody names, or a file Winston makes on its first start.
import { join } from "node:path";
import { WinstonError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Database } from "../store/database.ts";
import { readSetting, settleSetting } from "../store/setting.ts";
import { readPrivateFile, writePrivateFileOnce } from "./private-file.ts";
import { createSeal, masterKeyId, type Seal } from "./seal.ts";

/** Made on the first start where no other source is given; beside the database folder, never in it. */
export const KEY_FILE_NAME = "master.key";

/** The setting that names the key under which everything is sealed. */
export const MASTER_KEY_SETTING = "masterKey.id";

export interface KeySource {
  /** The key itself: 32 bytes as base64 or hex; several, separated by spaces or lines, the present one first. */
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly dataDir: string;
}

/**
 * The seal of this installation. The first one that a database meets becomes its own; later ones must know that key.
 * Throws key.wrong when the key is missing or another, start.failed when the key file is unsafe or cannot be read.
 */
export async function openSeal(parts: { database: Database; source: KeySource; random: Random }): Promise<Seal> {
  const { database, source, random } = parts;
  const expected = await readSetting<string>(database, MASTER_KEY_SETTING);
  const { keys, origin } = findMasterKeys(source, random, { make: expected === undefined, expected });
  const seal = createSeal(keys, random);
  const settled = await settleSetting(database, MASTER_KEY_SETTING, seal.keyId);
  if (!seal.keyIds.includes(settled))
    throw new WinstonError(
      "key.wrong",
      `The secrets in this database are sealed under master key ${settled}, but ${origin} holds ${seal.keyIds.join(", ")}. Point WINSTON_KEY_FILE at the right key; to change keys, keep the old one as a second line of the file.`,
    );
  return seal;
}

/** Reads the keys, or makes the first one. `origin` says where they came from, for sentences. */
export function findMasterKeys(
  source: KeySource,
  random: Random,
  options: { make: boolean; expected?: string | undefined },
): { keys: readonly Buffer[]; origin: string } {
  if (source.key !== undefined) return { keys: parseKeys(source.key, "WINSTON_KEY"), origin: "WINSTON_KEY" };
  const file = source.keyFile ?? join(source.dataDir, KEY_FILE_NAME);
  const present = readPrivateFile(file, "master key");
  if (present !== undefined) return { keys: parseKeys(present, file), origin: file };
  if (source.keyFile !== undefined)
    throw new WinstonError(
      "start.failed",
      `There is no key file ${file}, which WINSTON_KEY_FILE names. Make one with: (umask 077; openssl rand -base64 32 > ${file})`,
    );
  if (!options.make)
    throw new WinstonError(
      "key.wrong",
      `The master key is missing: the secrets in this database are sealed under key ${options.expected}, and ${file} is not there. Put the file back, or give the key in WINSTON_KEY_FILE or WINSTON_KEY. No new key was made.`,
    );
  writePrivateFileOnce(file, `${Buffer.from(random.bytes(new Uint8Array(32))).toString("base64")}\n`, random);
  // Another process may have been faster: what the file holds counts.
  return { keys: parseKeys(readPrivateFile(file, "master key")!, file), origin: file };
}

function parseKeys(text: string, origin: string): readonly Buffer[] {
  const keys = text
    .split(/\s+/u)
    .filter((word) => word !== "")
    .map((word) => {
      const bytes = /^[0-9a-f]{64}$/iu.test(word)
        ? Buffer.from(word, "hex")
        : /^[A-Za-z0-9+/_-]{43}=?$/u.test(word)
          ? Buffer.from(word, "base64")
          : null;
      if (bytes?.length === 32 && bytes.some((byte) => byte !== bytes[0])) return bytes;
      throw new WinstonError(
        "start.failed",
        `${origin} holds no master key: 32 random bytes are wanted, as 44 characters of base64 or 64 of hex, and a word of ${word.length} characters is there. Make one with: openssl rand -base64 32`,
      );
    });
  if (keys.length === 0)
    throw new WinstonError(
      "start.failed",
      `${origin} is empty. It must hold a master key of 32 bytes: make one with openssl rand -base64 32`,
    );
  return [...new Map(keys.map((key) => [masterKeyId(key), key])).values()];
}
