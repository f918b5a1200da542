// The simulator's own account of what it was asked, so that a test need not believe the client.

export interface LoggedRequest {
  /** Milliseconds on the simulator's clock. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number;
  /** Set out to change rows, whether or not it succeeded. Sign-ins, queries and reads by POST are not. */
  readonly mutating: boolean;
  /** Rows read or written. */
  readonly rows: number;
  /** Counted against the daily allowance. */
  readonly apiCall: boolean;
  /** What a fault did to it, if one struck. */
  readonly fault?: string;
  /** The first 2,000 characters of the request body. */
  readonly body?: string;
}

export interface RequestCounts {
  requests: number;
  apiCalls: number;
  mutating: number;
  rowsRead: number;
  rowsWritten: number;
  /** By method and path, ids and locators replaced by {id}. */
  byCall: Record<string, number>;
}

const KEPT = 20_000;
const BODY = 2_000;

/** The last 20,000 requests and counters over all of them. */
export class RequestLog {
  readonly #shape: (path: string) => string;
  #entries: LoggedRequest[] = [];
  #counts = zero();

  /** `shape` turns a path into the kind of call it is, ids replaced. */
  constructor(shape: (path: string) => string) {
    this.#shape = shape;
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  get counts(): Readonly<RequestCounts> {
    return this.#counts;
  }

  add(entry: LoggedRequest): void {
    this.#entries.push(entry.body === undefined ? entry : { ...entry, body: entry.body.slice(0, BODY) });
    if (this.#entries.length > KEPT) this.#entries.splice(0, KEPT / 10);
    const counts = this.#counts;
    counts.requests += 1;
    if (entry.apiCall) counts.apiCalls += 1;
    if (entry.mutating) {
      counts.mutating += 1;
      counts.rowsWritten += entry.rows;
    } else counts.rowsRead += entry.rows;
    const call = `${entry.method} ${this.#shape(entry.path)}`;
    counts.byCall[call] = (counts.byCall[call] ?? 0) + 1;
  }

  clear(): void {
    this.#entries = [];
    this.#counts = zero();
  }
}

function zero(): RequestCounts {
  return { requests: 0, apiCalls: 0, mutating: 0, rowsRead: 0, rowsWritten: 0, byCall: {} };
}
