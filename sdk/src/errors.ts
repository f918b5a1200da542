// What can go wrong, one class per thing a caller would do about it.

/** One thing wrong with one part of an input; `pointer` is a JSON pointer into it. */
export interface FieldProblem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** A problem document (RFC 9457) as Winston sends it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId?: string | undefined;
  readonly errors?: readonly FieldProblem[] | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** `instanceof` asks for this brand, so that it works across copies of the package (one bundled, one not). */
const BRAND = Symbol.for("winston-ai.errors");

/** Anything this package throws on purpose. */
export class WinstonError extends Error {
  /** The name by which a class is known to other copies; a class without one of its own is known only to itself. */
  static readonly brand: string = "WinstonError";
  /** Whether the same call may succeed when made again later. */
  readonly isRetryable: boolean = false;
  /** What a bulk call had reached when it had to stop. */
  result?: unknown;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    const brands: string[] = [];
    for (
      let one = new.target as typeof WinstonError | undefined;
      one?.brand !== undefined;
      one = Object.getPrototypeOf(one) as typeof WinstonError
    )
      if (Object.hasOwn(one, "brand")) brands.push(one.brand);
    Object.defineProperty(this, BRAND, { value: brands });
    Object.defineProperty(this, "name", { value: brands[0], configurable: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, "brand")) return Function.prototype[Symbol.hasInstance].call(this, value);
    const brands = (value as { [BRAND]?: unknown } | null | undefined)?.[BRAND];
    return Array.isArray(brands) && brands.includes(this.brand);
  }
}

/** Winston answered, and the answer is no. */
export class ApiError extends WinstonError {
  static override readonly brand: string = "ApiError";
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly title: string;
  /** What went wrong, which thing, and what to do next. */
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
  /** Names the request in Winston's log. */
  readonly requestId: string | undefined;
  /** How long Winston asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  override readonly isRetryable: boolean;

  constructor(problem: ProblemDocument) {
    super(`${problem.detail || problem.title}${problem.requestId ? ` (request ${problem.requestId})` : ""}`);
    this.status = problem.status;
    this.type = problem.type;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.retryAfterMs = problem.retryAfterMs;
    this.isRetryable = RETRYABLE.has(problem.status) || (problem.status >= 500 && problem.code !== "winston.bug");
  }

  /** The class that fits the status. */
  static from(problem: ProblemDocument): ApiError {
    const { status } = problem;
    if (status === 401) return new AuthenticationError(problem);
    if (status === 403) return new PermissionError(problem);
    if (status === 404) return new NotFoundError(problem);
    if (status === 409) return new ConflictError(problem);
    if (status === 429) return new RateLimitError(problem);
    if (status >= 500) return new ServerError(problem);
    if (status === 400 || status === 413 || status === 415 || status === 422) return new ValidationError(problem);
    return new ApiError(problem);
  }
}

const RETRYABLE = new Set([408, 425, 429]);

/** What was sent is not valid; `errors` says what and where. */
export class ValidationError extends ApiError {
  static override readonly brand = "ValidationError";
}
/** The token is missing, wrong, expired or revoked. */
export class AuthenticationError extends ApiError {
  static override readonly brand = "AuthenticationError";
}
/** The key lacks the scope. */
export class PermissionError extends ApiError {
  static override readonly brand = "PermissionError";
}
export class NotFoundError extends ApiError {
  static override readonly brand = "NotFoundError";
}
/** It conflicts with what is there, or the same request is under way. */
export class ConflictError extends ApiError {
  static override readonly brand = "ConflictError";
}
export class RateLimitError extends ApiError {
  static override readonly brand = "RateLimitError";
}
export class ServerError extends ApiError {
  static override readonly brand = "ServerError";
}

/** Winston could not be reached, or the connection was cut. Whether the request was done is not known. */
export class ConnectionError extends WinstonError {
  static override readonly brand: string = "ConnectionError";
  override readonly isRetryable = true;
}
/** No answer within `timeoutMs`. Whether the request was done is not known. */
export class TimeoutError extends ConnectionError {
  static override readonly brand = "TimeoutError";
}
/** The caller's own signal stopped it. */
export class AbortedError extends WinstonError {
  static override readonly brand = "AbortedError";
}
