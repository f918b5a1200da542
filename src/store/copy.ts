// COPY: many new rows of one table for half of what INSERT costs the server (docs/decisions/first-loads-are-copied.md).
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

/** Rows made ready to be sent: sends them in the open transaction, once. */
export type Copy = () => Promise<void>;

/**
 * Encodes rows at once, so that the database need not wait for it while it works on what was sent before; they are copied when
 * the result is called. A row that breaks a constraint fails the statement, and with it the transaction, with PostgreSQL's own
 * error; nothing is skipped, so the caller has looked before.
 */
export function copyRows<Row>(tx: Tx, table: string, columns: readonly Column<Row>[], rows: readonly Row[]): Copy {
  if (rows.length === 0) return () => Promise.resolve();
  const names = columns.map((one) => one.name).join(", ");
  let need = 5 + SIGNATURE.length + 2 + COPY_DONE.length + 2 * rows.length;
  for (const row of rows) for (const one of columns) need += one.size(row);
  const memory = takeMemory(need);
  const message = encode(memory, columns, rows);
  return async () => {
    try {
      await new Promise<void>((done, failed) => {
        tx.raw.query(new CopyIn(`copy ${table} (${names}) from stdin (format binary)`, message, done, failed));
      });
    } catch (thrown) {
      throw storeFailure(thrown);
    }
    // Only now has the server read all of it; what failed may still be on its way, and its memory is left to it.
    giveMemory(memory);
  };
}

/** Memory of earlier COPYs, to be used again: fresh memory of that size costs more than what is written into it. */
const idle: Buffer[] = [];
const IDLE_MAX = 8;
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

/** "PGCOPY", eleven bytes in all, then flags and the length of an extension. */
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
/** PostgreSQL's message "the data has ended". */
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/** All rows as one message of data, and the message that ends them. */
function encode<Row>(into: Buffer, columns: readonly Column<Row>[], rows: readonly Row[]): Buffer {
  let at = into.writeUInt8(0x64, 0) + 4;
  at += SIGNATURE.copy(into, at);
  for (const row of rows) {
    at = into.writeInt16BE(columns.length, at);
    for (const one of columns) at = one.put(into, row, at);
  }
  at = into.writeInt16BE(-1, at);
  into.writeInt32BE(at - 1, 1);
  at += COPY_DONE.copy(into, at);
  return into.subarray(0, at);
}

/** A query as pg runs them. The data follows the statement at once: a server that refuses the statement passes over it. */
class CopyIn implements Submittable {
  readonly #statement: string;
  readonly #message: Buffer;
  readonly #done: () => void;
  readonly #failed: (error: Error) => void;

  constructor(statement: string, message: Buffer, done: () => void, failed: (error: Error) => void) {
    this.#statement = statement;
    this.#message = message;
    this.#done = done;
    this.#failed = failed;
  }

  submit(connection: Connection): void {
    connection.query(this.#statement);
    connection.stream.write(this.#message);
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#done();
  }

  handleError(error: Error): void {
    this.#failed(error);
  }
}
