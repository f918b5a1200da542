// What became of the records of one bulk call.
import { WinstonError } from "./errors.ts";
import type { FieldProblem } from "./errors.ts";

/** Counts of records. `done` grows to all of them; what waits to be sent again is not done. */
export interface BulkProgress {
  readonly done: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly failed: number;
}

export interface BulkFailure<T extends object = object> {
  /** Its place in what was given, from 0. */
  readonly index: number;
  readonly input: T;
  /** What was wrong; pointers lead into the record. */
  readonly errors: readonly FieldProblem[];
}

/** What became of the records of one bulk call. */
export class BulkResult<T extends object = object> {
  created = 0;
  updated = 0;
  unchanged = 0;
  /** In the order they were given. */
  readonly failed: BulkFailure<T>[] = [];
  /** Of every chunk that was answered: they name the requests in Winston's log. */
  readonly requestIds: string[] = [];
  readonly #again: () => Promise<BulkResult<T>>;

  constructor(again: () => Promise<BulkResult<T>>) {
    this.#again = again;
  }

  /** How many were given. */
  get total(): number {
    return this.created + this.updated + this.unchanged + this.failed.length;
  }

  /** Throws a WinstonError that names the first failures, with this result as its `result`; returns itself when there are none. */
  throwIfFailed(): this {
    if (this.failed.length === 0) return this;
    const first = this.failed
      .slice(0, 3)
      .map(
        ({ index, errors }) =>
          `record ${index}: ${errors.map((one) => `${one.pointer} ${one.message}`.trim()).join(", ")}`,
      );
    const error = new WinstonError(
      `${this.failed.length} of ${this.total} records failed. ${first.join("; ")}${this.failed.length > 3 ? "; ..." : "."}`,
    );
    error.result = this;
    throw error;
  }

  /** Sends the failed ones again; their indexes stay those of the first call. */
  retryFailed(): Promise<BulkResult<T>> {
    return this.#again();
  }
}
