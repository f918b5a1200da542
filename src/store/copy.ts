// COPY: many new rows of one table for half of what INSERT costs the server (docs/decisions/first-loads-are-copied.md).
import { strict as assert } from "node:assert";
import type { Connection, Submittable } from "pg";
import type { Tx } from "./database.ts";
import { storeFailure } from "./failures.ts";
import { putField, TYPES, type BinaryType } from "./sql.ts";

/** A column, and where its value is in a row. */
export interface Column<Row> {
  readonly name: string;
  readonly size: (row: Row) => number;
  readonly put: (into: Buffer, row: Row, at: number) => number;
}

type Typed = {
  readonly [Name in keyof typeof TYPES]: (typeof TYPES)[Name] extends BinaryType<infer Value> ? Value : never;
};

/** `column("record_id", "text", (row) => row.recordId)`. The type must be the table's own: nothing is converted. */
export function column<Row, Name extends keyof Typed>(
  name: string,
  type: Name,
  of: (row: Row) => Typed[Name] | null,
): Column<Row> {
  const binary = TYPES[type] as BinaryType<Typed[Name]>;
  return {
    name,
    size: (row) => {
      const value = of(row);
      return 4 + (value === null ? 0 : binary.size(value));
    },
    put: (into, row, at) => putField(into, binary, of(row), at),
  };
}

/**
 * A COPY into a table, in binary form. Rows are encoded when they are added, and sent at once where the statement runs already,
 * else when it starts: the database works on the first while the caller is still at the last.
 *
 * A row that breaks a constraint fails the statement, and with it the transaction, with PostgreSQL's own error; nothing is
 * skipped, so the caller has looked before. From `start` to `end` its transaction can send nothing else; a COPY that is left
 * without `end` must be disposed of, or the transaction waits for it for ever.
 */
export class Copy<Row> implements Disposable {
  readonly #columns: readonly Column<Row>[];
  readonly #statement: string;
  readonly #refusal: (thrown: unknown) => unknown;
  #memory: Buffer[] = [];
  #unsent: Buffer[] = [];
  #connection: Connection | undefined;
  #outcome: Promise<void> | undefined;

  /** `refusal` says what a failure of the statement means. */
  constructor(table: string, columns: readonly Column<Row>[], refusal: (thrown: unknown) => unknown = (one) => one) {
    this.#columns = columns;
    this.#statement = `copy ${table} (${columns.map((one) => one.name).join(", ")}) from stdin (format binary)`;
    this.#refusal = refusal;
  }

  add(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    let bytes = HEAD + 2 * rows.length;
    for (const row of rows) for (const one of this.#columns) bytes += one.size(row);
    const memory = takeMemory(bytes);
    this.#memory.push(memory);
    this.#send(encode(memory, this.#columns, rows));
  }

  start(tx: Tx): void {
    this.#outcome ??= new Promise<void>((done, failed) => tx.raw.query(this.#query(done, failed))).catch((thrown) => {
      throw this.#refusal(storeFailure(thrown));
    });
    this.#outcome.catch(() => {}); // Met at the end, not as an unhandled rejection now.
  }

  /** Waits until all rows are in the table. Throws what the statement failed with. */
  async end(): Promise<void> {
    assert(this.#outcome, "a COPY was ended that had not begun");
    this.#send(END);
    await this.#outcome;
    // Only now has the server read all of it; what failed may still be on its way, and its memory is left to it.
    for (const memory of this.#memory.splice(0)) giveMemory(memory);
  }

  /** Breaks off a COPY that was begun and not ended: it fails, and nothing of it is kept. */
  [Symbol.dispose](): void {
    if (this.#outcome) this.#send(BROKEN_OFF);
  }

  #send(message: Buffer): void {
    if (this.#connection) this.#connection.stream.write(message);
    else this.#unsent.push(message);
  }

  /** A query as pg runs them. The data follows the statement at once; a server that refused the statement passes over it. */
  #query(done: () => void, failed: (error: Error) => void): Submittable {
    const query = {
      submit: (connection: Connection): void => {
        connection.query(this.#statement);
        this.#connection = connection;
        for (const message of [BEGIN, ...this.#unsent.splice(0)]) this.#send(message);
      },
      handleCopyInResponse: (): void => {},
      handleCommandComplete: (): void => {},
      handleReadyForQuery: (): void => {
        this.#connection = undefined;
        done();
      },
      handleError: (error: Error): void => {
        this.#connection = undefined;
        failed(error);
      },
    };
    return query;
  }
}

/** A message of data ("d") and its length. */
const HEAD = 5;
const dataMessage = (bytes: string): Buffer => {
  const data = Buffer.from(bytes, "latin1");
  const message = Buffer.alloc(HEAD + data.length, "d");
  message.writeInt32BE(4 + data.length, 1);
  data.copy(message, HEAD);
  return message;
};
/** What binary data begins with: a signature, flags, and the length of an extension. */
const BEGIN = dataMessage("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
/** What it ends with, and the message that it is complete. */
const END = Buffer.concat([dataMessage("\xff\xff"), Buffer.from("c\0\0\0\x04", "latin1")]);
/** The message that it failed on our side, with the reason. */
const BROKEN_OFF = Buffer.from("f\0\0\0\x0fbroken off\0", "latin1");

function encode<Row>(into: Buffer, columns: readonly Column<Row>[], rows: readonly Row[]): Buffer {
  let at = into.writeUInt8(0x64, 0) + 4;
  for (const row of rows) {
    at = into.writeInt16BE(columns.length, at);
    for (const one of columns) at = one.put(into, row, at);
  }
  into.writeInt32BE(at - 1, 1);
  return into.subarray(0, at);
}

/** Memory of earlier COPYs, to be used again: fresh memory of that size costs more than what is written into it. */
const idle: Buffer[] = [];
const IDLE_MAX = 16;
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

function takeMemory(bytes: number): Buffer {
  const index = idle.findIndex((one) => one.length >= bytes);
  return index < 0 ? Buffer.allocUnsafeSlow(Math.ceil(bytes * 1.25)) : idle.splice(index, 1)[0]!;
}

function giveMemory(memory: Buffer): void {
  if (memory.length > KEPT_BYTES_MAX) return;
  // The newest are kept: sizes drift with what is loaded.
  if (idle.length === IDLE_MAX) idle.shift();
  idle.push(memory);
}
