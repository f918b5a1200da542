// What a failure of the database means to us. Business failures (a unique key, a check) stay as PostgreSQL threw them.
import pg from "pg";
import { WinstonError } from "../base/errors.ts";

/** What Node says when there is no connection to be had, or no longer one. */
const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOENT",
  "EACCES",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** PostgreSQL's classes 08 (connection), 28 (not let in), 57P (shut down, crashed, starting), and single states: too many clients, no such database, idle too long in a transaction, read-only after a failover. */
const UNAVAILABLE = /^(?:08|28|57P|53300$|3D000$|25P03$|25006$)/u;

/** pg says these in words only. */
const CUT =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after)/u;

/** Thrown inside a transaction whose ground moved while it was decided: `transaction` runs the whole body again, on what is there now. */
export class DecideAgain extends Error {
  readonly code = "40001";
}

/** The code of a PostgreSQL error, or of one that it caused; undefined when no statement failed. */
export function sqlState(thrown: unknown): string | undefined {
  for (let one = thrown; one instanceof Error; one = one.cause) {
    if (one instanceof pg.DatabaseError || one instanceof DecideAgain) return one.code;
  }
  return undefined;
}

/** Whether the connection itself failed, so that what was sent last may or may not have been done. */
export function isCut(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown instanceof pg.DatabaseError) return /^(?:08|57P)/u.test(thrown.code ?? "");
  return CONNECTION_CODES.has((thrown as NodeJS.ErrnoException).code ?? "") || CUT.test(thrown.message);
}

/** Whether the disk that the words or the code speak of is full. */
export function isDiskFull(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code } = thrown as NodeJS.ErrnoException;
  return code === "53100" || code === "ENOSPC" || code === "EDQUOT" || saysDiskFull(thrown.message);
}

/** PostgreSQL calls it "wrote only 4096 of 8192 bytes" when the last of the room went while it wrote. */
export const saysDiskFull = (words: string): boolean =>
  /No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes/iu.test(words);

/** The failure in our words: `store.full`, `store.unavailable`, or the thing itself. */
export function storeFailure(thrown: unknown): unknown {
  if (thrown instanceof WinstonError) return thrown;
  if (isDiskFull(thrown)) {
    return new WinstonError(
      "store.full",
      "The disk of the database is full; nothing of this step was kept. Make room on it, and the work goes on by itself.",
      { cause: thrown },
    );
  }
  const state = sqlState(thrown);
  if (isCut(thrown) || (state !== undefined && UNAVAILABLE.test(state))) {
    const words = (thrown as Error).message || (thrown as NodeJS.ErrnoException).code || "no reason given";
    return new WinstonError("store.unavailable", `The database does not answer (${words}).`, { cause: thrown });
  }
  return thrown;
}
