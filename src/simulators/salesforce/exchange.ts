// What goes in and out of the simulator, whether or not a socket is between: one request, one response, one way to refuse.

/** A request as the handler sees it. Header names are lower case; `path` is still percent-encoded and has no query. */
export interface VendorRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/**
 * An answer, and what a fault does to it on its way: `hang` never arrives, `reset` cuts the connection before a byte,
 * `truncate` cuts it in the middle of the body. Whatever the request changed stays changed.
 */
export interface VendorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly cut?: "hang" | "reset" | "truncate";
  /** How long the answer takes, in milliseconds, on the simulator's clock. */
  readonly delayMs?: number;
  /** For the request log: rows read or written, and whether the request set out to change rows. */
  readonly rows?: number;
  readonly mutating?: boolean;
}

/** One error of a single call. Collections and composites print `code` as `statusCode`, single calls as `errorCode`. */
export interface VendorError {
  readonly code: string;
  readonly message: string;
  readonly fields?: readonly string[];
  /** Only with DUPLICATES_DETECTED. */
  readonly duplicateResult?: unknown;
}

/** Thrown anywhere in the simulator: the whole request is refused with this status and these errors. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly VendorError[];

  constructor(status: number, code: string, message: string, fields?: readonly string[]) {
    super(message);
    this.status = status;
    this.errors = [fields ? { code, message, fields } : { code, message }];
  }
}

/** What a caller sent, as text in a message. */
export const said = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

export const notFound = (message = "The requested resource does not exist"): Refusal =>
  new Refusal(404, "NOT_FOUND", message);

export const notAllowed = (method: string, allowed: string): Refusal =>
  new Refusal(405, "METHOD_NOT_ALLOWED", `HTTP Method '${method}' not allowed. Allowed are ${allowed}`);

export function json(status: number, body: unknown, more: Partial<VendorResponse> = {}): VendorResponse {
  return {
    status,
    body: JSON.stringify(body),
    ...more,
    headers: { "content-type": "application/json;charset=UTF-8", ...more.headers },
  };
}

export function empty(status: number, more: Partial<VendorResponse> = {}): VendorResponse {
  return { status, body: "", ...more, headers: { ...more.headers } };
}

/** The body of a refused single call: an array, even for one error. */
export function refusalBody(errors: readonly VendorError[]): unknown[] {
  return errors.map((one) => ({
    message: one.message,
    errorCode: one.code,
    ...(one.fields === undefined ? {} : { fields: one.fields }),
    ...(one.duplicateResult === undefined ? {} : { duplicateResult: one.duplicateResult }),
  }));
}

/** The errors of one row of a collection, where the code goes by another name. */
export function rowErrors(errors: readonly VendorError[]): unknown[] {
  return errors.map((one) => ({
    statusCode: one.code,
    message: one.message,
    fields: one.fields ?? [],
    ...(one.duplicateResult === undefined ? {} : { duplicateResult: one.duplicateResult }),
  }));
}

/** Parses a JSON body into an object or array, or refuses as the vendor does. */
export function parseBody(body: string): Record<string, unknown> | unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (cause) {
    throw new Refusal(400, "JSON_PARSER_ERROR", `Unexpected character or end of input: ${(cause as Error).message}`);
  }
  if (typeof parsed !== "object" || parsed === null)
    throw new Refusal(400, "JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object or array");
  return parsed as Record<string, unknown> | unknown[];
}

export function parseObject(body: string): Record<string, unknown> {
  const parsed = parseBody(body);
  if (Array.isArray(parsed))
    throw new Refusal(400, "JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object, not an array");
  return parsed;
}
