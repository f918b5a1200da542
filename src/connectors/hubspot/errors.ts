// The vendor's refusals, call by call and row by row (developers.hubspot.com, "Error handling" and "Usage guidelines").
import { WinstonError, type VendorWords } from "../../base/errors.ts";
import type { ExchangeReading } from "../../connector/api.ts";
import type { Connector, RowOutcome } from "../../connector/contract.ts";
import { refusedAs } from "../../connector/refusals.ts";
import { refusalFor, REFUSALS, VALUE_TAKEN } from "./refusals.ts";

/** All calls but searches share the ten-second window; searches have a window of their own and tell nothing about it; both count for the day. */
export const CALLS = "calls";
export const SEARCH = "search";
export const DAILY = "daily";

/** Far beyond what the ten-second window lets through in a day. */
const NO_LIMIT = 1_000_000_000;

/** Reads the request counts and the refusal off an answer. Answers that count the ten seconds and not the day are those to OAuth apps, which have no limit for it. */
export const classify: Connector["classify"] = ({ status, headers, body }) => {
  const calls = usageOf(CALLS, headers["x-hubspot-ratelimit-max"], headers["x-hubspot-ratelimit-remaining"]);
  const daily = usageOf(DAILY, headers["x-hubspot-ratelimit-daily"], headers["x-hubspot-ratelimit-daily-remaining"]);
  const without = calls && { class: DAILY, used: 0, allowed: NO_LIMIT };
  const usage = [calls, daily ?? without].filter((one) => one !== null);
  const bad = status >= 400 || (status === 200 && (body as { status?: unknown } | null)?.status === "error");
  const refusal = bad ? refusalOf(status, headers, body) : undefined;
  return { ...(usage.length > 0 ? { usage } : {}), ...(refusal ? { refusal } : {}) };
};

/** Throws vendor.bad_answer when an answer is not what the call promises: an empty one must never look like "nothing there". */
export function expected(condition: boolean, what: string): asserts condition {
  if (!condition)
    throw new WinstonError(
      "vendor.bad_answer",
      `HubSpot's answer is not ${what}. Nothing of it was used; the next run asks again.`,
    );
}

/** The same for a list; what it holds is taken on trust. */
export function expectedList<T>(list: readonly T[] | undefined, what: string): asserts list is readonly T[] {
  expected(Array.isArray(list), what);
}

/** An error as it comes for a whole call or, in a 207, for a row. Every part may be missing. */
export interface RawError {
  readonly status?: unknown;
  readonly category?: unknown;
  readonly subCategory?: unknown;
  readonly message?: unknown;
  readonly context?: Readonly<Record<string, readonly unknown[]>>;
  readonly errors?: readonly {
    readonly message?: unknown;
    readonly code?: unknown;
    readonly in?: unknown;
    readonly context?: Readonly<Record<string, readonly unknown[]>>;
  }[];
}

/** What became of a row that was refused. `byId`: the row named an existing record. */
export function failedRow(error: RawError, byId: boolean): RowOutcome {
  return failed(wordsOf(numeric(error.status) ?? 400, error), byId, text(error.category));
}

/** The same for a call that was refused as a whole, and whose only row this is. */
export function failed(vendor: VendorWords, byId: boolean, category = vendor.code): RowOutcome {
  const refusal = refusalFor(vendor.code, category);
  if (refusal.kind === "later" || vendor.status === 423 || vendor.status >= 500)
    return refusedAs(refusal.kind === "later" ? refusal : REFUSALS.TRANSIENT, vendor);
  if (category === "OBJECT_NOT_FOUND" || vendor.status === 404)
    return refusedAs({ ...REFUSALS.OBJECT_NOT_FOUND, kind: byId ? "gone" : "record" }, vendor);
  // The message is the only place where the id of the record that has the address stands, and not always.
  if (/already exists/iu.test(vendor.message)) {
    const fields = vendor.fields.length > 0 ? vendor.fields : ["email"];
    const existing = /existing ID: ?(\d+)/iu.exec(vendor.message)?.[1];
    const taken = refusedAs({ ...REFUSALS.CONFLICT, kind: byId ? "field" : "record" }, { ...vendor, fields });
    return byId || existing === undefined ? taken : { ...taken, kind: "exists", existingIds: [existing] };
  }
  // Who is made without an address would be made once more when it is corrected elsewhere.
  if (!byId && refusal === REFUSALS.INVALID_EMAIL) return refusedAs({ ...refusal, kind: "record" }, vendor);
  return refusedAs(refusal.kind === "exists" ? { ...refusal, kind: "record" } : refusal, vendor);
}

function refusalOf(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: unknown,
): NonNullable<ExchangeReading["refusal"]> {
  const vendor = wordsOf(status, body);
  const told = headers["retry-after"] !== undefined;
  const after = (ms: number): { retryAfterMs: number } | object => (told ? {} : { retryAfterMs: ms });
  if (status === 401) return { kind: "credential", vendor };
  if (status === 429 || vendor.code === "RATE_LIMITS") {
    const policy = `${text((body as Record<string, unknown> | null)?.["policyName"])} ${vendor.message}`;
    // When it ends no answer tells: at midnight of the account's zone, which the limit names.
    if (/daily/iu.test(policy)) return { kind: "daily", vendor };
    const interval = numeric(one(headers["x-hubspot-ratelimit-interval-milliseconds"])) ?? 10_000;
    return { kind: "rate", vendor, ...after(/ten_secondly/iu.test(policy) ? interval : 1_000) };
  }
  // Locked while another change goes through; moved to another data centre.
  if (status === 423) return { kind: "busy", vendor, ...after(2_000) };
  if (status === 477) return { kind: "busy", vendor, ...after(30_000) };
  if (status >= 500 || status === 408) return { kind: "unavailable", vendor };
  return { kind: "refused", vendor: status === 403 ? { ...vendor, act: REFUSALS.MISSING_SCOPES.act } : vendor };
}

/** What HubSpot said, in one shape. Some messages carry a JSON list of what is wrong with which property. */
export function wordsOf(status: number, body: unknown): VendorWords {
  if (typeof body !== "object" || body === null)
    return { status, code: String(status), message: typeof body === "string" ? body.slice(0, 500) : "", fields: [] };
  const error = body as RawError & { readonly errorType?: unknown };
  // Several things may be wrong with several properties: the first kind is told, that of properties that can be left out before others.
  const all = nestedIn(text(error.message));
  const first = all.find((one) => refusalFor(text(one["error"]), "").kind === "field") ?? all[0];
  const nested = all.filter((one) => one["error"] === first?.["error"]);
  const details = error.errors ?? [];
  // A value that only one record may have is told in a sentence.
  const taken = /PropertyValueCoordinates\{.*?propertyName=(\w+)/u.exec(text(error.message))?.[1];
  const fields = [
    ...nested.map((one) => text(one["name"])),
    ...details.flatMap((one) => namesIn(one.context)),
    ...namesIn(error.context),
    ...(taken === undefined ? [] : [taken]),
  ].filter((name) => name !== "");
  const code =
    text(nested[0]?.["error"]) ||
    text(details[0]?.code) ||
    (taken === undefined ? "" : VALUE_TAKEN) ||
    text(error.subCategory) ||
    text(error.category) ||
    text(error.errorType) ||
    String(status);
  const words = nested.length > 0 ? nested.map((one) => text(one["message"])).join(" ") : text(error.message);
  const more = details.map((one) => text(one.message)).filter((one) => one !== "" && !words.includes(one));
  return {
    status,
    code: code.split(".").at(-1)!,
    message: [words, ...more].join(" ").slice(0, 1_000),
    fields: [...new Set(fields)],
  };
}

/** `Property values were not valid: [{"isValid":false,"message":…,"error":"INVALID_OPTION","name":"industry",…}]` */
function nestedIn(message: string): readonly Readonly<Record<string, unknown>>[] {
  const at = message.indexOf("[{");
  if (at < 0) return [];
  try {
    const list = JSON.parse(message.slice(at)) as unknown;
    return Array.isArray(list) ? (list as Record<string, unknown>[]) : [];
  } catch {
    return [];
  }
}

function namesIn(context: RawError["context"]): string[] {
  const list = context?.["propertyName"] ?? context?.["properties"] ?? [];
  return (Array.isArray(list) ? list : [list]).map(String);
}

function usageOf(
  limitClass: string,
  max: string | string[] | undefined,
  remaining: string | string[] | undefined,
): { class: string; used: number; allowed: number } | null {
  const [allowed, left] = [numeric(one(max)), numeric(one(remaining))];
  return allowed !== null && left !== null && allowed > 0
    ? { class: limitClass, used: Math.max(0, allowed - left), allowed }
    : null;
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const numeric = (value: unknown): number | null => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
};
