// Errors become application/problem+json (RFC 9457). What a caller can mend is said in full; what is ours is only named by its request id.
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { ERRORS, isError, WinstonError } from "../base/errors.ts";
import type { ErrorCode, ErrorRow, Problem } from "../base/errors.ts";
import { escapePointer } from "./body.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly requestId: string;
  readonly errors: readonly Problem[];
  /** Milliseconds, where waiting helps. */
  readonly retryAfterMs?: number;
}

/** The answer for anything thrown. Only an error of ours speaks for itself; everything else is `winston.bug`. */
export function problemOf(thrown: unknown, requestId: string): ProblemDocument {
  const error = known(thrown);
  const row: ErrorRow = ERRORS[error.code];
  const hidden = error.code === "winston.bug";
  return {
    type: `/problems/${error.code}`,
    title: row.title,
    status: row.status,
    detail: hidden
      ? `Winston made a mistake and logged it under request id ${requestId}. Nothing of this request was kept. Look that id up in the log.`
      : error.message,
    code: error.code,
    requestId,
    errors: hidden ? [] : error.problems,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  };
}

/** Rows of one input that failed, as one error: the code of the problems where they agree, else request.invalid. */
export function failedInput(problems: readonly Problem[], what: string): WinstonError {
  const codes = new Set(problems.map((problem) => problem.code));
  const [only] = codes;
  const code: ErrorCode = codes.size === 1 && Object.hasOwn(ERRORS, only!) ? (only as ErrorCode) : "request.invalid";
  return new WinstonError(code, `${what}: ${problems.map((problem) => problem.message).join("; ")}`, { problems });
}

/** Fastify's own refusals and the schema's, in our words. */
function known(thrown: unknown): WinstonError {
  if (isError(thrown)) return thrown;
  if (hasZodFastifySchemaValidationErrors(thrown)) return invalid(thrown as unknown as SchemaRefusal);
  const code = (thrown as { code?: unknown } | null)?.code;
  const message = thrown instanceof Error ? thrown.message : "";
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new WinstonError(
        "request.too_large",
        "The body is larger than this server takes; send fewer records per request (the SDK cuts bulk calls by itself).",
      );
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_TYPE":
    case "FST_ERR_CTP_EMPTY_TYPE":
      return new WinstonError(
        "request.unsupported",
        "Send the body as JSON with the header 'Content-Type: application/json'.",
      );
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new WinstonError("request.malformed", "The body's length is not what Content-Length says; send it again.");
    case "FST_ERR_BAD_URL":
      return new WinstonError(
        "request.invalid",
        "The address is not a valid URL; percent-encode the parts of it (encodeURIComponent).",
      );
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new WinstonError("request.invalid", "A part of the address is longer than 1,024 characters.");
    default:
      return new WinstonError("winston.bug", message, { cause: thrown });
  }
}

interface SchemaRefusal {
  readonly validationContext?: string;
  readonly validation: readonly {
    readonly instancePath: string;
    readonly message?: string;
    readonly keyword: string;
    readonly params?: { readonly keys?: readonly string[] };
  }[];
}

/** Where a schema said no. Pointers into the body are bare; those into the query or the path begin with /query or /path. */
function invalid(refusal: SchemaRefusal): WinstonError {
  const place = { querystring: "/query", params: "/path", headers: "/headers" }[refusal.validationContext ?? ""] ?? "";
  const problems = refusal.validation.flatMap((issue): Problem[] => {
    const at = `${place}${issue.instancePath.replace(/^\/$/u, "")}`;
    const keys = issue.keyword === "unrecognized_keys" ? (issue.params?.keys ?? []) : [];
    const code = issue.keyword === "unrecognized_keys" ? "unknown_key" : issue.keyword;
    if (keys.length > 0) {
      return keys.map((key) => ({
        pointer: `${at}/${escapePointer(key)}`,
        code,
        message: `"${key}" is not known here`,
      }));
    }
    return [{ pointer: at, code, message: inWords(issue.message) }];
  });
  const words = problems.map((problem) => `${whereInWords(problem.pointer)} ${problem.message}`);
  return new WinstonError("request.invalid", `The request is not valid: ${words.join("; ")}.`, { problems });
}

const TYPES: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a JSON object",
  record: "a JSON object",
};

/** The schema's sentence as one that follows the name of what is wrong; our own sentences pass as they are. */
function inWords(message: string | undefined): string {
  const said = message ?? "is not valid";
  const type = /^Invalid input: expected (\w+), received (\w+)$/u.exec(said);
  if (type) return type[2] === "undefined" ? "is missing" : `must be ${TYPES[type[1]!] ?? type[1]!}`;
  const option = /^Invalid (?:option: expected one of|input: expected) ("[^]*")$/u.exec(said);
  if (option) return `must be ${option[1]!.replaceAll('"|"', '" or "')}`;
  const size = /^Too (?:small|big): expected (\w+) to (?:be|have) ([<>])=(-?\d+)/u.exec(said);
  if (size) {
    const bound = `${size[2] === ">" ? "at least" : "at most"} ${size[3]!}`;
    const unit = { string: " characters", array: " items" }[size[1]!];
    return unit === undefined ? `must be ${bound}` : `must have ${bound}${unit}`;
  }
  if (/^Invalid (?:ISO )?[\w ]+$/u.test(said)) return `is ${said.replace(/^Invalid (?:ISO )?/u, "no valid ")}`;
  return said;
}

/** "/path/id" is the id in the address, "/query/limit" the limit in the query; a place in the body is its pointer. */
function whereInWords(pointer: string): string {
  if (pointer === "") return "the body";
  const [, place, name] = /^\/(path|query|headers)\/(.+)$/u.exec(pointer) ?? [];
  if (place === undefined) return pointer;
  return `"${name!}" in the ${place === "path" ? "address" : place}`;
}
