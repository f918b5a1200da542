// The vendor's refusals, call by call and row by row (REST API Developer Guide, "Status Codes and Error Responses").
import { WinstonError, type VendorWords } from "../../base/errors.ts";
import type { ExchangeReading } from "../../connector/api.ts";
import type { Connector, RowOutcome } from "../../connector/contract.ts";
import { refusedAs } from "../../connector/refusals.ts";
import { idsIn, longId } from "./ids.ts";
import { GONE, refusalFor } from "./refusals.ts";
import { textIn } from "./xml.ts";

/** The limit class of all requests: the organisation's rolling 24 hours. */
export const DAILY = "daily";

/** Reads the request count and the refusal off an answer. */
export const classify: Connector["classify"] = ({ status, headers, body }) => {
  const usage = usageOf(headers["sforce-limit-info"]);
  const refusal = status >= 400 || errorList(body) ? refusalOf(status, body) : undefined;
  return { ...(usage ? { usage: [usage] } : {}), ...(refusal ? { refusal } : {}) };
};

/** A list of errors is a refusal also where the status says 200: rows of a good answer carry no errorCode. */
function errorList(body: unknown): boolean {
  return Array.isArray(body) && typeof (body[0] as { errorCode?: unknown } | null | undefined)?.errorCode === "string";
}

/** Throws vendor.bad_answer when an answer is not what the call promises: an empty one must never look like "nothing there". */
export function expected(condition: boolean, what: string): asserts condition {
  if (!condition)
    throw new WinstonError(
      "vendor.bad_answer",
      `Salesforce's answer is not ${what}. Nothing of it was used; the next run asks again.`,
    );
}

/** One row of a collection call, as the vendor answers it. */
export interface RowResult {
  readonly id?: string | null;
  readonly success: boolean;
  readonly created?: boolean;
  readonly errors?: readonly {
    readonly statusCode: string;
    readonly message: string;
    readonly fields?: readonly string[];
    readonly duplicateResult?: unknown;
  }[];
}

/** What became of one row. `mine` is the id the row was addressed by; a create has none. */
export function rowOutcome(
  result: RowResult,
  mine?: string,
  values: Readonly<Record<string, unknown>> = {},
): RowOutcome {
  const id = result.id ? longId(result.id) : mine;
  if (result.success) {
    if (id === undefined) return { state: "unknown", why: "Salesforce reports success without an id" };
    return { state: "done", id, created: result.created ?? false };
  }
  const error = result.errors?.[0];
  if (!error) return { state: "unknown", why: "Salesforce reports neither success nor an error" };
  return failedRow(error, mine !== undefined, values);
}

/**
 * `byId`: the row named an existing record, so that a key which leads nowhere means that record. `values`: what was sent, by which a
 * refusal that names an id and no field is known for what it is about.
 */
export function failedRow(
  error: { statusCode: string; message: string; fields?: readonly string[]; duplicateResult?: unknown },
  byId: boolean,
  values: Readonly<Record<string, unknown>> = {},
): RowOutcome {
  const { statusCode: code, message } = error;
  const named = /duplicate value found: (\w+)/u.exec(message)?.[1];
  const fields = error.fields?.length ? error.fields : named ? [named] : leadingTo(message, values);
  const vendor: VendorWords = { status: 400, code, message, fields };
  const refusal = refusalFor(code);
  if (code === "DUPLICATE_VALUE" || code === "DUPLICATE_EXTERNAL_ID") {
    // The message names the record that has the value already, with 15 or 18 characters.
    const existingIds = idsIn(message.replace(/^[^:[]*[:[]/u, ""));
    if (byId) return { ...refusedAs({ ...refusal, kind: "field" }, vendor), existingIds };
    return { ...refusedAs({ ...refusal, kind: existingIds.length > 0 ? "exists" : "record" }, vendor), existingIds };
  }
  if (code === "DUPLICATES_DETECTED") {
    // A duplicate rule compares loosely: which record was meant is for a person to say.
    const ids = idsIn(JSON.stringify(error.duplicateResult ?? ""));
    const seen = ids.length > 0 ? ` (${ids.join(", ")})` : "";
    return { ...refusedAs(refusal, { ...vendor, message: message + seen }), existingIds: ids };
  }
  // Who is made without an address would be made once more when it is corrected elsewhere.
  if (!byId && code === "INVALID_EMAIL_ADDRESS") return refusedAs({ ...refusal, kind: "record" }, vendor);
  const gone = byId && fields.length === 0 && NOT_THERE.has(code);
  return refusedAs(gone ? { ...refusal, kind: "gone" } : refusal, vendor);
}

/** Of a row that names no field: its own record is not there. */
const NOT_THERE = new Set([GONE, "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"]);

/** The fields whose value is an id that the message names, with 15 or 18 characters. */
function leadingTo(message: string, values: Readonly<Record<string, unknown>>): string[] {
  const ids = idsIn(message);
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === "string" && ids.includes(longId(value)) ? [name] : [],
  );
}

function refusalOf(status: number, body: unknown): NonNullable<ExchangeReading["refusal"]> {
  const vendor = wordsOf(status, body);
  const { code, message } = vendor;
  if (status === 401 || code === "INVALID_SESSION_ID") return { kind: "credential", vendor };
  if (code === "REQUEST_LIMIT_EXCEEDED") {
    // One code for two limits: too many long calls at once pass in seconds, the day's sum does not.
    return /concurrent/iu.test(message) ? { kind: "rate", vendor, retryAfterMs: 5_000 } : { kind: "daily", vendor };
  }
  if (code === "SERVER_UNAVAILABLE" || code === "UNABLE_TO_LOCK_ROW" || status === 420 || status === 429)
    return { kind: "busy", vendor };
  // The SOAP API says with status 500 what it refuses, too.
  if (faultIn(body) !== undefined) return { kind: "refused", vendor };
  if (code === "QUERY_TIMEOUT" || status >= 500) return { kind: "unavailable", vendor };
  return {
    kind: "refused",
    vendor: status === 403 ? { ...vendor, act: refusalFor("INSUFFICIENT_ACCESS").act } : vendor,
  };
}

/** The code of a SOAP fault; undefined where the body is none. */
const faultIn = (body: unknown): string | undefined =>
  typeof body === "string" ? textIn(body, "faultcode") : undefined;

/** The first error of a refusal's array; single-call errors say errorCode, rows of collections statusCode, OAuth error. */
export function wordsOf(status: number, body: unknown): VendorWords {
  const first = (Array.isArray(body) ? body[0] : body) as Record<string, unknown> | string | null | undefined;
  const fault = faultIn(first)?.replace(/^.*:/u, "");
  if (fault !== undefined) {
    const said = textIn(first as string, "faultstring") ?? "";
    return { status, code: fault, message: said.replace(`${fault}: `, ""), fields: [] };
  }
  if (typeof first !== "object" || first === null)
    return { status, code: String(status), message: typeof first === "string" ? first.slice(0, 500) : "", fields: [] };
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    status,
    code: text(first["errorCode"]) || text(first["statusCode"]) || text(first["error"]) || String(status),
    message: text(first["message"]) || text(first["error_description"]),
    fields: Array.isArray(first["fields"]) ? first["fields"].map(String) : [],
  };
}

/** `Sforce-Limit-Info: api-usage=24/15000; per-app-api-usage=…`. Absent on some answers. */
function usageOf(header: string | string[] | undefined): { class: string; used: number; allowed: number } | null {
  const match = /(?:^|[\s;])api-usage=(\d+)\/(\d+)/u.exec(Array.isArray(header) ? header.join(";") : (header ?? ""));
  return match ? { class: DAILY, used: Number(match[1]), allowed: Number(match[2]) } : null;
}
