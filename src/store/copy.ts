// COPY: many new rows of one table for half of what INSERT costs the server (docs/decisions/first-loads-are-copied.md).
import type { Connection, Submittable } from "pg";
import type { Tx } from "./database.ts";
import { storeFailure } from "./failures.ts";
import { putField, Scratch, TYPES, type BinaryType } from "./sql.ts";

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
 * Copies rows into a table, in the open transaction. A row that breaks a constraint fails the statement, and with it the
 * transaction, with PostgreSQL's own error; nothing is skipped, so the caller has looked before.
 */
export async function copyRows<Row>(
  tx: Tx,
  table: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = columns.map((one) => one.name).join(", ");
  let scratch = scratches.get(tx.raw);
  if (!scratch) scratches.set(tx.raw, (scratch = new Scratch()));
  const message = encode(scratch, columns, rows);
  try {
    await new Promise<void>((done, failed) => {
      tx.raw.query(new CopyIn(`copy ${table} (${names}) from stdin (format binary)`, message, done, failed));
    });
  } catch (thrown) {
    throw storeFailure(thrown);
  }
}

/** Memory of each connection. It is written anew by the next COPY, which comes after the server has answered this one. */
const scratches = new WeakMap<object, Scratch>();

/** "PGCOPY", eleven bytes in all, then flags and the length of an extension. */
const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
/** PostgreSQL's message "the data has ended". */
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/** All rows as one message of data, and the message that ends them. */
function encode<Row>(scratch: Scratch, columns: readonly Column<Row>[], rows: readonly Row[]): Buffer {
  let need = 5 + SIGNATURE.length + 2 + COPY_DONE.length + 2 * rows.length;
  for (const row of rows) for (const one of columns) need += one.size(row);
  const into = scratch.room(0, need);
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
