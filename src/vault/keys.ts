// API keys (S4): shown once, stored as a keyed hash, dead within 5 s of being revoked in every process.
//
// A token is `wk_live_`, 30 random base-62 characters (178 bits) and 6 check characters, so that scanners recognise a leaked
// one offline and a mistyped one costs no look-up. High entropy needs no slow hash: HMAC-SHA-256 under a pepper does.
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Clock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import { idMaker } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import {
  findApiKey,
  insertApiKey,
  listApiKeys,
  revokeApiKey,
  revokeApiKeysNamed,
  touchApiKey,
  type ApiKeyRow,
} from "../store/api-key.ts";
import type { Database } from "../store/database.ts";
import { openPepper } from "./pepper.ts";
import { readPrivateFile, replacePrivateFile } from "./private-file.ts";
import type { Seal } from "./seal.ts";

export interface VerifiedKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

export interface Keys {
  /** Whom the token names; undefined for one that is mistyped, unknown, revoked or expired. */
  verify(token: string): Promise<VerifiedKey | undefined>;
  /** The token is shown here and never again. `expiresAt` in milliseconds since 1970 UTC. */
  create(key: {
    name: string;
    scopes: readonly string[];
    expiresAt?: number | null | undefined;
  }): Promise<{ id: string; token: string }>;
  /** Newest first, revoked ones too. */
  list(): Promise<readonly ApiKeyRow[]>;
  /** Throws not.found. */
  revoke(id: string): Promise<void>;
  /**
   * The token of this data folder, for the people and scripts on this machine: read from `start.token` (mode 0600) and good
   * as long as the folder lives, or made when it is not there, no longer right, or was revoked.
   */
  startToken(dataDir: string, scopes: readonly string[]): Promise<string>;
}

export const START_TOKEN_FILE = "start.token";
const START_KEY = "start";
const MARK = "wk_live_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_DIGITS = 30;
const CHECK_DIGITS = 6;
/** How many characters of a token may be shown, in lists and logs. */
const PREFIX = MARK.length + 4;
const WELL_FORMED = new RegExp(`^${MARK}[0-9A-Za-z]{${SECRET_DIGITS + CHECK_DIGITS}}$`, "u");
/** Within S4's 5 s, with time for the look-up itself. */
const VERIFIED_FOR_MS = 3_000;
const VERIFIED_MAX = 10_000;
const MINUTE_MS = 60_000;

/** `random` must be cryptographically strong. */
export async function openKeys(parts: { database: Database; seal: Seal; clock: Clock; random: Random }): Promise<Keys> {
  const { database, seal, clock, random } = parts;
  const pepper = await openPepper({ database, seal, random });
  const newId = idMaker(clock, random);
  const verified = new Map<string, { row: ApiKeyRow; at: number }>();

  const hashOf = (token: string): Buffer => createHmac("sha256", pepper).update(token).digest();

  const find = async (token: string): Promise<ApiKeyRow | undefined> => {
    const hash = hashOf(token);
    const name = hash.toString("base64");
    const known = verified.get(name);
    const now = clock.now();
    if (known && now >= known.at && now - known.at < VERIFIED_FOR_MS) return known.row;
    const row = await findApiKey(database, hash);
    if (!row || row.revokedAt !== null) {
      verified.delete(name);
      return undefined;
    }
    if (verified.size >= VERIFIED_MAX) verified.clear();
    verified.set(name, { row, at: now });
    const usedAt = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    if (row.usedAt === null || row.usedAt < usedAt) await touchApiKey(database, row.id, usedAt);
    return row;
  };

  const keys: Keys = {
    async verify(token) {
      if (!isToken(token)) return undefined;
      const row = await find(token);
      if (!row || (row.expiresAt !== null && row.expiresAt <= clock.now())) return undefined;
      return { id: row.id, name: row.name, scopes: row.scopes };
    },
    async create({ name, scopes, expiresAt }) {
      const now = clock.now();
      if (expiresAt !== undefined && expiresAt !== null && !(expiresAt > now))
        throw new WinstonError(
          "request.invalid",
          `The key "${name}" would have expired already; give a time in the future.`,
          {
            problems: [{ pointer: "/expiresAt", code: "past", message: "must be in the future" }],
          },
        );
      const token = makeToken(random);
      const id = newId();
      await insertApiKey(database, {
        id,
        name,
        prefix: token.slice(0, PREFIX),
        hash: hashOf(token),
        scopes,
        createdAt: now,
        expiresAt: expiresAt ?? null,
      });
      return { id, token };
    },
    list: () => listApiKeys(database),
    async revoke(id) {
      const found = isUuid(id) && (await revokeApiKey(database, id, clock.now()));
      if (!found) throw new WinstonError("not.found", `There is no API key ${id}. List them to see their ids.`);
      // Here at once; in other processes when their memory of it is 3 s old.
      for (const [name, { row }] of verified) if (row.id === id) verified.delete(name);
    },
    async startToken(dataDir, scopes) {
      const file = join(dataDir, START_TOKEN_FILE);
      const present = readPrivateFile(file, "token")?.trim();
      const key = present === undefined ? undefined : await keys.verify(present);
      if (present !== undefined && key && scopes.every((scope) => key.scopes.includes(scope))) return present;
      await revokeApiKeysNamed(database, START_KEY, clock.now());
      const { token } = await keys.create({ name: START_KEY, scopes });
      replacePrivateFile(file, `${token}\n`, random);
      return token;
    },
  };
  return keys;
}

/** A new token: each digit drawn evenly. */
export function makeToken(random: Random): string {
  let secret = "";
  const bytes = new Uint8Array(64);
  while (secret.length < SECRET_DIGITS) {
    for (const byte of random.bytes(bytes)) {
      // 248 is 4 × 62: a byte above it would favour the first digits.
      if (byte < 248 && secret.length < SECRET_DIGITS) secret += DIGITS[byte % 62];
    }
  }
  return MARK + secret + checkDigits(MARK + secret);
}

/** Whether the text has the form and the check characters of a token. Tells nothing about whether it is good. */
export function isToken(text: string): boolean {
  return WELL_FORMED.test(text) && text.endsWith(checkDigits(text.slice(0, -CHECK_DIGITS)));
}

/** CRC-32 (IEEE 802.3) of the token so far in base 62, padded with zeros. */
function checkDigits(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let index = 0; index < CHECK_DIGITS; index++) {
    digits = DIGITS[rest % 62]! + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(text);
