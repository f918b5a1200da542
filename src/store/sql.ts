// SQL is SQL: a tagged template that keeps values out of the text, and arrays in PostgreSQL's binary form.
//
// Arrays go out as one binary parameter each, encoded into reused scratch memory when the statement is sent: measured 1.5 times
// the rate of text array literals (docs/decisions/sql-by-hand.md). A statement's text never depends on its data, so every
// template is prepared once per connection.

export interface Sql {
  readonly text: string;
  readonly name: string;
  readonly values: readonly unknown[];
}

const names = new WeakMap<TemplateStringsArray, { text: string; name: string }>();
let counter = 0;

/** A statement with its values: numbers, strings, booleans, null, Date, Buffer, plain objects (jsonb), or one of the arrays below. */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  let known = names.get(strings);
  if (!known) {
    const text = strings.reduce((whole, part, index) => whole + (index === 0 ? "" : `$${index}`) + part, "");
    known = { text, name: `w${++counter}` };
    names.set(strings, known);
  }
  return { text: known.text, name: known.name, values };
}

/** An array parameter, encoded when sent. */
export class ArrayParameter {
  readonly #encode: (scratch: Scratch, slot: number) => Buffer;

  constructor(encode: (scratch: Scratch, slot: number) => Buffer) {
    this.#encode = encode;
  }

  encode(scratch: Scratch, slot: number): Buffer {
    return this.#encode(scratch, slot);
  }
}

/** Memory for the array parameters of one connection, grown and reused. One statement may be under way per scratch. */
export class Scratch {
  readonly #slots: Buffer[] = [];

  room(slot: number, bytes: number): Buffer {
    const present = this.#slots[slot];
    if (present && present.length >= bytes) return present;
    const grown = Buffer.allocUnsafeSlow(Math.max(4096, Math.ceil(bytes * 1.25)));
    // Very large parameters are not kept: one huge page must not hold its memory for ever.
    if (bytes <= 8 * 1024 * 1024) this.#slots[slot] = grown;
    return grown;
  }
}

/** How values of a type lie in PostgreSQL's binary form. `put` writes and returns where it ended; `size` is never less than what it writes. */
export interface BinaryType<T> {
  readonly oid: number;
  size(value: T): number;
  put(into: Buffer, value: T, at: number): number;
}

/** Bytes of a string that is almost always ASCII: three per unit is an upper bound, used where measuring would cost more than the room. */
const utf8Size = (value: string): number => (value.length < 64 ? value.length * 3 : Buffer.byteLength(value));

export const TYPES: {
  readonly text: BinaryType<string>;
  readonly bytea: BinaryType<Uint8Array>;
  /** JSON text. */
  readonly jsonb: BinaryType<string>;
  readonly uuid: BinaryType<string>;
  readonly integer: BinaryType<number>;
  readonly bigint: BinaryType<number | bigint>;
  readonly boolean: BinaryType<boolean>;
  /** Milliseconds since 1970, as timestamptz. */
  readonly timestamp: BinaryType<number>;
} = {
  text: {
    oid: 25,
    size: utf8Size,
    put: (into, value, at) => at + into.write(value, at, "utf8"),
  },
  bytea: {
    oid: 17,
    size: (value) => value.length,
    put: (into, value, at) => {
      into.set(value, at);
      return at + value.length;
    },
  },
  jsonb: {
    oid: 3802,
    size: (value) => 1 + utf8Size(value),
    put: (into, value, at) => {
      into[at] = 1; // The version of jsonb's binary form.
      return at + 1 + into.write(value, at + 1, "utf8");
    },
  },
  uuid: {
    oid: 2950,
    size: () => 16,
    put: (into, value, at) => {
      into.write(value.replaceAll("-", ""), at, 16, "hex");
      return at + 16;
    },
  },
  integer: {
    oid: 23,
    size: () => 4,
    put: (into, value, at) => into.writeInt32BE(value, at),
  },
  bigint: {
    oid: 20,
    size: () => 8,
    put: (into, value, at) => into.writeBigInt64BE(BigInt(value), at),
  },
  boolean: {
    oid: 16,
    size: () => 1,
    put: (into, value, at) => into.writeUInt8(value ? 1 : 0, at),
  },
  timestamp: {
    oid: 1184,
    size: () => 8,
    // PostgreSQL counts microseconds from 2000.
    put: (into, value, at) => into.writeBigInt64BE((BigInt(Math.trunc(value)) - 946_684_800_000n) * 1000n, at),
  },
};

function arrayOf<T>(type: BinaryType<T>): (list: readonly (T | null)[]) => ArrayParameter {
  return (list) =>
    new ArrayParameter((scratch, slot) => {
      let need = 20;
      let nulls = 0;
      for (const value of list) {
        if (value === null) nulls = 1;
        need += 4 + (value === null ? 0 : type.size(value));
      }
      const into = scratch.room(slot, need);
      let at = 0;
      // Dimensions, whether nulls occur, element type, length, lower bound.
      for (const word of [1, nulls, type.oid, list.length, 1]) at = into.writeInt32BE(word, at);
      for (const value of list) at = putField(into, type, value, at);
      return into.subarray(0, at);
    });
}

/** A value after its length, as arrays and rows of COPY hold it. */
export function putField<T>(into: Buffer, type: BinaryType<T>, value: T | null, at: number): number {
  if (value === null) return into.writeInt32BE(-1, at);
  const end = type.put(into, value, at + 4);
  into.writeInt32BE(end - at - 4, at);
  return end;
}

export const text = arrayOf(TYPES.text);
export const bytea = arrayOf(TYPES.bytea);
/** Values already in JSON text. */
export const jsonb = arrayOf(TYPES.jsonb);
export const uuid = arrayOf(TYPES.uuid);
export const integer = arrayOf(TYPES.integer);
export const bigint = arrayOf(TYPES.bigint);
export const boolean = arrayOf(TYPES.boolean);
export const timestamp = arrayOf(TYPES.timestamp);
