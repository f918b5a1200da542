// How the org refuses, and how its errors are written; requests and answers themselves are every simulator's.

export { empty, json, said, type VendorRequest, type VendorResponse } from "../shared/exchange.ts";

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

export const notFound = (message = "The requested resource does not exist"): Refusal =>
  new Refusal(404, "NOT_FOUND", message);

export const notAllowed = (method: string, allowed: string): Refusal =>
  new Refusal(405, "METHOD_NOT_ALLOWED", `HTTP Method '${method}' not allowed. Allowed are ${allowed}`);

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
