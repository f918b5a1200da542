// Secrets at rest: AES-256-GCM envelopes. Each secret has a random data key of its own, wrapped by a master key that never
// lies in the database, and both layers are bound to their place, so that an envelope cannot be moved to another row.
//
//   1 format | 8 key id | 12 nonce, 32 data key, 16 tag (wrapped) | 12 nonce, n content, 16 tag
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { WinstonError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";

/** Where a secret lies. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly part: string;
}

/** Seals with the first key, opens with any. */
export interface Seal {
  /** Of the first key: 16 hex digits that tell nothing about it. */
  readonly keyId: string;
  readonly keyIds: readonly string[];
  seal(plain: Uint8Array, place: Place): Buffer;
  /** Throws key.wrong: sealed under a key that is not here, moved from another place, or changed. */
  open(sealed: Uint8Array, place: Place): Buffer;
  /** The same secret, its data key wrapped anew by the first master key. Throws like `open`. */
  rewrap(sealed: Uint8Array, place: Place): Buffer;
}

const FORMAT = 1;
const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_AT = 1 + KEY_ID_BYTES;
const CONTENT_AT = WRAPPED_AT + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/** `masterKeys`: 32 bytes each, the present one first, then those it replaced. `random` must be cryptographically strong. */
export function createSeal(masterKeys: readonly Uint8Array[], random: Random): Seal {
  const keys = masterKeys.map((master) => ({
    master,
    id: masterKeyId(master),
    wrapping: expand(master, "wrap data keys"),
  }));
  const present = keys[0];
  if (!present || masterKeys.some((master) => master.length !== KEY_BYTES))
    throw new TypeError("a seal needs at least one master key, of 32 bytes");

  const wrap = (dataKey: Uint8Array, place: Place): Buffer =>
    Buffer.concat([
      Buffer.of(FORMAT),
      Buffer.from(present.id, "hex"),
      encrypt(present.wrapping, dataKey, bound(place, "key"), random),
    ]);

  const unwrap = (sealed: Uint8Array, place: Place): Buffer => {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (bytes.length < CONTENT_AT + NONCE_BYTES + TAG_BYTES || bytes[0] !== FORMAT) throw damaged(place);
    const id = bytes.toString("hex", 1, WRAPPED_AT);
    const key = keys.find((one) => one.id === id);
    if (!key)
      throw new WinstonError(
        "key.wrong",
        `${inWords(place)} is sealed under master key ${id}, and this Winston has ${keys.map((one) => one.id).join(", ")}. Give it the key it was sealed with (as a further line of the key file), or enter the secret anew.`,
      );
    return decrypt(key.wrapping, bytes.subarray(WRAPPED_AT, CONTENT_AT), bound(place, "key"), place);
  };

  return {
    keyId: present.id,
    keyIds: keys.map((one) => one.id),
    seal(plain, place) {
      const dataKey = random.bytes(new Uint8Array(KEY_BYTES));
      return Buffer.concat([wrap(dataKey, place), encrypt(dataKey, plain, bound(place, "content"), random)]);
    },
    open: (sealed, place) =>
      decrypt(unwrap(sealed, place), Buffer.from(sealed).subarray(CONTENT_AT), bound(place, "content"), place),
    rewrap: (sealed, place) =>
      Buffer.concat([wrap(unwrap(sealed, place), place), Buffer.from(sealed).subarray(CONTENT_AT)]),
  };
}

/** A name for a master key that tells nothing about it: 16 hex digits. */
export function masterKeyId(master: Uint8Array): string {
  return expand(master, "key id").toString("hex", 0, KEY_ID_BYTES);
}

/** HKDF-SHA-256 (RFC 5869): one master key, unrelated keys for each purpose. */
function expand(master: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", master, "", `winston: ${purpose}`, KEY_BYTES));
}

/** What both tags cover besides the bytes. JSON, so that no two places are written alike. */
function bound(place: Place, layer: "key" | "content"): Buffer {
  return Buffer.from(JSON.stringify(["winston", FORMAT, place.table, place.row, place.part, layer]));
}

function encrypt(key: Uint8Array, plain: Uint8Array, covered: Buffer, random: Random): Buffer {
  const nonce = random.bytes(new Uint8Array(NONCE_BYTES));
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(covered);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, bytes: Buffer, covered: Buffer, place: Place): Buffer {
  const end = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(covered)
    .setAuthTag(bytes.subarray(end));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch {
    throw damaged(place);
  }
}

const inWords = (place: Place): string => `The ${place.part} of ${place.table} ${place.row}`;

function damaged(place: Place): WinstonError {
  return new WinstonError(
    "key.wrong",
    `${inWords(place)} cannot be opened: the envelope was changed, or belongs to another row. Restore it from a backup, or enter the secret anew.`,
  );
}
