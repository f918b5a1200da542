// /composite and /composite/batch: several calls in one body.
import type { Call } from "./call.ts";
import {
  Refusal,
  json,
  notAllowed,
  parseObject,
  refusalBody,
  type VendorRequest,
  type VendorResponse,
} from "./exchange.ts";
import { spend } from "./org.ts";

/** Runs one call inside another: no sign-in, no counting. */
export type Dispatch = (call: Call, request: VendorRequest) => VendorResponse;

const SUBREQUESTS_MAX = 25;

function subrequests(call: Call, key: string): Record<string, unknown>[] {
  if (call.request.method !== "POST") throw notAllowed(call.request.method, "POST");
  const list = parseObject(call.request.body)[key];
  if (!Array.isArray(list) || list.length === 0)
    throw new Refusal(400, "JSON_PARSER_ERROR", `The request body must have a list ${key}`);
  if (list.length > SUBREQUESTS_MAX)
    throw new Refusal(
      400,
      "LIMIT_EXCEEDED",
      `The number of subrequests (${list.length}) exceeds the maximum of ${SUBREQUESTS_MAX}`,
    );
  return list as Record<string, unknown>[];
}

function toRequest(url: string, method: unknown, body: unknown, headers: unknown): VendorRequest {
  const [path, query] = url.split("?", 2) as [string, string | undefined];
  return {
    method: String(method).toUpperCase(),
    path,
    query: new URLSearchParams(query ?? ""),
    headers: Object.fromEntries(
      Object.entries((headers ?? {}) as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: body === undefined ? "" : JSON.stringify(body),
  };
}

function attempt(call: Call, dispatch: Dispatch, request: VendorRequest): VendorResponse {
  try {
    return dispatch(call, request);
  } catch (thrown) {
    if (thrown instanceof Refusal)
      return json(thrown.status, refusalBody(thrown.errors), { mutating: request.method !== "GET" });
    throw thrown;
  }
}

const bodyOf = (response: VendorResponse): unknown =>
  response.body === "" ? null : (JSON.parse(response.body) as unknown);

/** POST /composite: in order, later calls may use earlier answers as @{referenceId.path}. */
export function composite(call: Call, dispatch: Dispatch): VendorResponse {
  const list = subrequests(call, "compositeRequest");
  const allOrNone = parseObject(call.request.body)["allOrNone"] === true;
  const answers = new Map<string, unknown>();
  const responses: { response: VendorResponse; referenceId: string }[] = [];
  const kept = call.org.tables.transaction(() => {
    for (const one of list) {
      const referenceId = String(one["referenceId"]);
      let response: VendorResponse;
      try {
        const url = fill(String(one["url"]), answers) as string;
        response = attempt(
          call,
          dispatch,
          toRequest(url, one["method"], fill(one["body"], answers), one["httpHeaders"]),
        );
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown;
        response = json(thrown.status, refusalBody(thrown.errors));
      }
      responses.push({ response, referenceId });
      if (response.status < 300) answers.set(referenceId, bodyOf(response));
      else if (allOrNone) return false;
    }
    return true;
  });
  const halted = [
    {
      errorCode: "PROCESSING_HALTED",
      message: "The transaction was rolled back since another operation in the same transaction failed.",
    },
  ];
  const compositeResponse = list.map((one, index) => {
    const done = responses[index];
    const failed = done && done.response.status >= 300;
    if (!done || (!kept && !failed))
      return { body: halted, httpHeaders: {}, httpStatusCode: 400, referenceId: String(one["referenceId"]) };
    const { location } = done.response.headers;
    return {
      body: bodyOf(done.response),
      httpHeaders: location === undefined ? {} : { Location: location },
      httpStatusCode: done.response.status,
      referenceId: done.referenceId,
    };
  });
  return json(200, { compositeResponse }, sum(responses.map((one) => one.response)));
}

/** POST /composite/batch: independent calls, each counted as one. */
export function batch(call: Call, dispatch: Dispatch): VendorResponse {
  const list = subrequests(call, "batchRequests");
  const haltOnError = parseObject(call.request.body)["haltOnError"] === true;
  spend(call.org, list.length - 1);
  const responses: VendorResponse[] = [];
  let halted = false;
  const results = list.map((one) => {
    if (halted)
      return {
        statusCode: 412,
        result: [{ errorCode: "BATCH_PROCESSING_HALTED", message: "Batch processing halted per request" }],
      };
    const url = String(one["url"]).replace(/^\/?(?:services\/data\/)?/u, "/services/data/");
    const response = attempt(call, dispatch, toRequest(url, one["method"], one["richInput"], undefined));
    responses.push(response);
    halted = haltOnError && response.status >= 400;
    return { statusCode: response.status, result: bodyOf(response) };
  });
  return json(200, { hasErrors: results.some((one) => one.statusCode >= 400), results }, sum(responses));
}

function sum(responses: readonly VendorResponse[]): Partial<VendorResponse> {
  return {
    mutating: responses.some((one) => one.mutating ?? false),
    rows: responses.reduce((total, one) => total + (one.rows ?? 0), 0),
  };
}

/** Puts earlier answers into a later call. */
function fill(value: unknown, answers: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === "string")
    return value.replaceAll(/@\{([^}]+)\}/gu, (whole, path: string) => {
      const [reference, ...rest] = path.split(/[.[\]]+/u).filter(Boolean) as [string, ...string[]];
      let at: unknown = answers.get(reference);
      for (const key of rest)
        at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
      if (at === undefined || at === null || typeof at === "object")
        throw new Refusal(400, "PROCESSING_HALTED", `Invalid reference specified. No value for ${whole} found.`);
      return String(at as string | number | boolean);
    });
  if (Array.isArray(value)) return value.map((one) => fill(one, answers));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, answers)]));
  return value;
}
