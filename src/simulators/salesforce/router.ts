// One request to one answer, without a socket: sign-in, limits, faults, and the table of paths.
import { bulkJobs } from "./bulk.ts";
import type { Call, Handler } from "./call.ts";
import { collections } from "./collections.ts";
import { batch, composite } from "./composite.ts";
import { VERSIONS, describe, describeGlobal, limits, objectInfo, resources, versions } from "./describe.ts";
import { instead, spoil, type FaultWords } from "../shared/dials.ts";
import { segments } from "../shared/exchange.ts";
import {
  Refusal,
  json,
  notAllowed,
  notFound,
  refusalBody,
  type VendorRequest,
  type VendorResponse,
} from "./exchange.ts";
import { bearer, identity, introspect, revoke, sessionUser, token } from "./oauth.ts";
import { parseId } from "./ids.ts";
import { spend, usedToday, type Actor, type Org } from "./org.ts";
import { query } from "./query.ts";
import { deleted, updated } from "./replication.ts";
import { byExternalId, byId, create } from "./sobjects.ts";
import { soap } from "./soap.ts";
import { tooling } from "./tooling.ts";

const URI_MAX = 16_384;

const WORDS: FaultWords = {
  failed: [{ message: "An unexpected error occurred.", errorCode: "UNKNOWN_EXCEPTION" }],
  inside200: [{ message: "The server is being maintained", errorCode: "SERVER_UNAVAILABLE" }],
};

/** Answers a request and writes it into the log. Never throws for what a caller sent. */
export function handle(org: Org, request: VendorRequest): VendorResponse {
  const at = org.clock.now();
  org.tables.settle(at);
  const fault = org.dials.strike(request);
  const apiCall = request.path.startsWith("/services/data/v") || request.path.startsWith("/services/Soap/");
  let response = (fault && instead(fault, WORDS)) ?? (apiCall ? unavailable(org) : undefined) ?? answer(org, request);
  if (fault) response = spoil(fault, response);
  const { latencyMs, jitterMs } = org.dials.settings;
  const delayMs = latencyMs + (jitterMs > 0 ? Math.floor(org.random.float() * jitterMs) : 0);
  const reached = response.cut === undefined || response.cut === "truncate";
  org.log.add({
    at,
    method: request.method,
    path: request.path,
    query: request.query.toString(),
    status: reached ? response.status : 0,
    mutating: response.mutating ?? (response.status >= 400 && writes(request)),
    rows: response.rows ?? 0,
    apiCall,
    ...(fault ? { fault: fault.kind } : {}),
    ...(request.body === "" ? {} : { body: request.body }),
  });
  return { ...response, delayMs };
}

function answer(org: Org, request: VendorRequest): VendorResponse {
  try {
    return route(org, request);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return withUsage(org, json(thrown.status, refusalBody(thrown.errors)));
  }
}

function route(org: Org, request: VendorRequest): VendorResponse {
  const size = request.path.length + request.query.toString().length;
  if (size > URI_MAX)
    return {
      status: 414,
      headers: { "content-type": "text/html" },
      body: "<h1>Bad Message 414</h1><pre>URI Too Long</pre>",
    };
  const path = segments(request.path);
  const [services, area] = path;
  if (services === "id") return identity(org, request, path);
  if (services !== "services") throw notFound();
  if (area === "oauth2") return oauth(org, request, path[2]);
  if (area === "Soap" && path[2] === "u") return soap(org, request);
  if (area !== "data") throw notFound();
  if (path.length === 2) return versions();
  const userId = sessionUser(org, bearer(request));
  if (userId === undefined) throw new Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid");
  spend(org, 1);
  const allowDuplicates = /allowSave\s*=\s*true/iu.test(request.headers["sforce-duplicate-rule-header"] ?? "");
  const actor: Actor = { userId, api: true, allowDuplicates, ...assigned(request) };
  const response = dispatch({ org, request, version: "", path: [], actor }, request);
  return response.status === 204 ? response : withUsage(org, response);
}

/** Sforce-Auto-Assign: TRUE, FALSE or a rule's id; a call without it runs the active rules. */
function assigned(request: VendorRequest): Pick<Actor, "assign"> {
  const said = request.headers["sforce-auto-assign"]?.trim() ?? "TRUE";
  if (/^false$/iu.test(said)) return {};
  return { assign: /^true$/iu.test(said) ? "active" : { ruleId: parseId(said) ?? said } };
}

/** Runs a call below /services/data/vNN.N for an actor who is signed in. */
function dispatch(outer: Call, request: VendorRequest): VendorResponse {
  const path = segments(request.path);
  const version = /^v(\d+\.\d+)$/u.exec(path[2] ?? "")?.[1];
  if (version === undefined || !VERSIONS.some((one) => one.version === version)) throw notFound();
  const call: Call = { ...outer, request, version, path: path.slice(3) };
  const [head, second, third] = call.path;
  switch (head?.toLowerCase()) {
    case undefined:
      return resources(call);
    case "query":
    case "queryall":
      return query(call);
    case "limits":
      return only("GET", limits)(call);
    case "jobs":
      return bulkJobs(call);
    case "tooling":
      return tooling(call);
    case "composite":
      if (second === undefined) return composite(call, dispatch);
      if (second === "batch") return batch(call, dispatch);
      if (second === "sobjects") return collections(call);
      throw notFound();
    case "sobjects":
      if (second === undefined) return only("GET", describeGlobal)(call);
      if (third === undefined) return request.method === "POST" ? create(call) : only("GET", objectInfo)(call);
      if (third === "describe" && call.path.length === 3) return only("GET", describe)(call);
      if (third === "updated" && call.path.length === 3) return only("GET", updated)(call);
      if (third === "deleted" && call.path.length === 3) return only("GET", deleted)(call);
      if (call.path.length === 3 && !isField(call, third)) return byId(call);
      if (call.path.length <= 4) return byExternalId(call);
      throw notFound();
    default:
      throw notFound();
  }
}

const isField = (call: Call, name: string): boolean => name.toLowerCase() === "id" && call.request.method === "POST";

function only(method: string, handler: Handler): Handler {
  return (call) => {
    if (call.request.method !== method && call.request.method !== "HEAD")
      throw notAllowed(call.request.method, `${method},HEAD`);
    return handler(call);
  };
}

function oauth(org: Org, request: VendorRequest, what: string | undefined): VendorResponse {
  if (what === "token") return token(org, request);
  if (what === "revoke") return revoke(org, request);
  if (what === "introspect") return introspect(org, request);
  if (what === "userinfo") return identity(org, request, []);
  throw notFound();
}

function withUsage(org: Org, response: VendorResponse): VendorResponse {
  const usage = `api-usage=${usedToday(org)}/${org.dials.settings.dailyCap}`;
  return { ...response, headers: { ...response.headers, "sforce-limit-info": usage } };
}

/** Whether a refused request set out to change rows. */
function writes(request: VendorRequest): boolean {
  if (["GET", "HEAD"].includes(request.method)) return false;
  if (/\/composite\/sobjects\/[^/]+$/u.test(request.path)) return false; // The read by POST.
  return /\/(?:sobjects|composite|jobs\/ingest)(?:\/|$)|\/Soap\//u.test(request.path);
}

function unavailable(org: Org): VendorResponse | undefined {
  const { rate503 } = org.dials.settings;
  if (rate503 === 0 || org.random.float() >= rate503) return undefined;
  return json(503, [{ message: "Server is too busy", errorCode: "SERVER_UNAVAILABLE" }]);
}
