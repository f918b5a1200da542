// One class, one table. HTTP, CLI, retries and docs read the table.

/** `fault`: whose turn it is. `retry`: when trying again can help. `status`: the HTTP answer. `exit`: the CLI's exit code (docs/reference/cli.md). */
export interface ErrorRow {
  readonly status: number;
  readonly fault: "caller" | "account" | "vendor" | "winston";
  readonly retry: "never" | "later" | "afterChange" | "afterReconnect";
  readonly exit: number;
  readonly title: string;
}

export const ERRORS = {
  "request.invalid": { status: 400, fault: "caller", retry: "never", exit: 1, title: "The request is not valid" },
  "request.malformed": { status: 400, fault: "caller", retry: "never", exit: 1, title: "The body is not valid JSON" },
  "request.too_large": { status: 413, fault: "caller", retry: "never", exit: 1, title: "The body is too large" },
  "request.unsupported": {
    status: 415,
    fault: "caller",
    retry: "never",
    exit: 1,
    title: "The body has a type that is not accepted here",
  },
  "request.conflict": {
    status: 409,
    fault: "caller",
    retry: "afterChange",
    exit: 6,
    title: "The request conflicts with what is there",
  },
  "plan.failed": { status: 409, fault: "account", retry: "later", exit: 1, title: "The plan could not be computed" },
  "plan.stale": { status: 409, fault: "caller", retry: "afterChange", exit: 6, title: "The plan is out of date" },
  "write.withheld": {
    status: 409,
    fault: "account",
    retry: "afterChange",
    exit: 6,
    title: "Writing is not let go there",
  },
  "request.mismatch": {
    status: 422,
    fault: "caller",
    retry: "never",
    exit: 1,
    title: "The Idempotency-Key belongs to another request",
  },
  "auth.missing": { status: 401, fault: "caller", retry: "never", exit: 4, title: "The token is missing" },
  "auth.wrong": { status: 401, fault: "caller", retry: "never", exit: 4, title: "The token is not right" },
  "auth.forbidden": { status: 403, fault: "caller", retry: "never", exit: 4, title: "The key may not do this" },
  "rate.limited": { status: 429, fault: "caller", retry: "later", exit: 5, title: "Too many requests" },
  "not.found": { status: 404, fault: "caller", retry: "never", exit: 1, title: "There is no such thing" },
  "mapping.invalid": { status: 422, fault: "caller", retry: "never", exit: 1, title: "The mapping cannot be used" },
  "rule.invalid": { status: 422, fault: "caller", retry: "never", exit: 1, title: "The condition cannot be used" },
  "field.read_only": { status: 422, fault: "caller", retry: "never", exit: 1, title: "The field is inbound only" },
  "connector.unknown": { status: 422, fault: "caller", retry: "never", exit: 64, title: "There is no such connector" },
  "credential.missing": {
    status: 424,
    fault: "account",
    retry: "afterReconnect",
    exit: 4,
    title: "The connection has no credentials",
  },
  "credential.expired": {
    status: 424,
    fault: "account",
    retry: "afterReconnect",
    exit: 4,
    title: "The vendor refused the credentials",
  },
  "organisation.changed": {
    status: 424,
    fault: "account",
    retry: "afterReconnect",
    exit: 6,
    title: "The connection answers for another organisation",
  },
  "address.forbidden": {
    status: 422,
    fault: "caller",
    retry: "never",
    exit: 1,
    title: "The address may not be reached",
  },
  "vendor.rate_limited": {
    status: 503,
    fault: "vendor",
    retry: "later",
    exit: 5,
    title: "The vendor asks us to slow down",
  },
  "vendor.budget_spent": {
    status: 503,
    fault: "vendor",
    retry: "later",
    exit: 5,
    title: "The vendor's daily allowance is spent",
  },
  "vendor.unavailable": { status: 503, fault: "vendor", retry: "later", exit: 1, title: "The vendor does not answer" },
  "vendor.bad_answer": {
    status: 502,
    fault: "vendor",
    retry: "later",
    exit: 1,
    title: "The vendor's answer cannot be read",
  },
  "vendor.refused": {
    status: 502,
    fault: "vendor",
    retry: "afterChange",
    exit: 1,
    title: "The vendor refused the request",
  },
  "vendor.unknown_outcome": {
    status: 502,
    fault: "vendor",
    retry: "later",
    exit: 1,
    title: "Whether the vendor did it is not known",
  },
  "store.unavailable": {
    status: 503,
    fault: "winston",
    retry: "later",
    exit: 1,
    title: "The database does not answer",
  },
  "store.busy": { status: 503, fault: "winston", retry: "later", exit: 1, title: "The data folder is in use" },
  "store.newer": {
    status: 503,
    fault: "winston",
    retry: "never",
    exit: 1,
    title: "The data was written by a newer Winston",
  },
  "store.unsafe": {
    status: 503,
    fault: "winston",
    retry: "never",
    exit: 1,
    title: "The database would not keep what it accepts",
  },
  "store.full": { status: 503, fault: "winston", retry: "later", exit: 1, title: "The disk is full" },
  "key.wrong": {
    status: 503,
    fault: "winston",
    retry: "afterChange",
    exit: 1,
    title: "The master key is not the one that sealed the data",
  },
  "config.invalid": {
    status: 500,
    fault: "caller",
    retry: "afterChange",
    exit: 64,
    title: "The configuration is not right",
  },
  "start.failed": { status: 500, fault: "caller", retry: "afterChange", exit: 1, title: "Winston cannot start here" },
  "usage.wrong": { status: 400, fault: "caller", retry: "never", exit: 64, title: "Wrong usage" },
  "lane.lost": { status: 503, fault: "winston", retry: "later", exit: 1, title: "Another worker took this work over" },
  "winston.bug": { status: 500, fault: "winston", retry: "never", exit: 1, title: "Winston made a mistake" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing wrong with one part of an input. `pointer` is a JSON pointer (RFC 6901) into it. */
export interface Problem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** What a vendor said when it refused: its HTTP status, its own code and words, and the fields it named. */
export interface VendorWords {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly fields: readonly string[];
  /** The one thing that a person can do about it, in words of ours. */
  readonly act?: string;
}

export class WinstonError extends Error {
  override readonly name = "WinstonError";
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  /** When the other side said how long to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly vendor: VendorWords | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown;
      problems?: readonly Problem[];
      retryAfterMs?: number | undefined;
      vendor?: VendorWords | undefined;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.vendor = options.vendor;
  }

  get row(): ErrorRow {
    return ERRORS[this.code];
  }
}

/** Whether the thrown thing is ours and has one of these codes. */
export function isError(thrown: unknown, ...codes: ErrorCode[]): thrown is WinstonError {
  return thrown instanceof WinstonError && (codes.length === 0 || codes.includes(thrown.code));
}
