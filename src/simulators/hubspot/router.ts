// One request to one answer, without a socket: sign-in, limits, scopes, faults, and the two families of paths.
import { instead, spoil, type FaultWords } from "../shared/dials.ts";
import { json, segments, type VendorRequest, type VendorResponse } from "../shared/exchange.ts";
import { associations } from "./associations.ts";
import { spend, withUsage, type App } from "./limits.ts";
import { appOf, demand, oauth } from "./oauth.ts";
import { objects } from "./objects.ts";
import { objectType } from "./object-types.ts";
import { owners } from "./owners.ts";
import { pipelines } from "./pipelines.ts";
import { isDated, typeOr404, type Call, type Portal } from "./portal.ts";
import { propertyApi } from "./property-api.ts";
import { Refusal, notAllowed, notFound, refused } from "./refusal.ts";

const URI_MAX = 16_384;

/** Dates in the path that are in support; two a year, 18 months each. */
const DATES = ["2026-03", "2026-09"];

const WORDS: FaultWords = {
  failed: { status: "error", message: "internal error", correlationId: "00000000-0000-4000-8000-000000000000" },
  inside200: { status: "error", message: "internal error", category: "INTERNAL_ERROR" },
};

/** Answers a request and writes it into the log. Never throws for what a caller sent. */
export function handle(portal: Portal, request: VendorRequest): VendorResponse {
  const at = portal.clock.now();
  portal.records.settle(at);
  const fault = portal.dials.strike(request);
  const apiCall = !request.path.startsWith("/oauth/");
  let response =
    (fault && instead(fault, WORDS)) ?? (apiCall ? unavailable(portal) : undefined) ?? answer(portal, request);
  if (fault) response = spoil(fault, response);
  const { latencyMs, jitterMs } = portal.dials.settings;
  const delayMs = latencyMs + (jitterMs > 0 ? Math.floor(portal.random.float() * jitterMs) : 0);
  const reached = response.cut === undefined || response.cut === "truncate";
  portal.log.add({
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

function answer(portal: Portal, request: VendorRequest): VendorResponse {
  if (request.path.length + request.query.toString().length > URI_MAX)
    return { status: 414, headers: { "content-type": "text/html" }, body: "<h1>414 Request-URI Too Large</h1>" };
  const path = segments(request.path);
  let app: App | undefined;
  const isSearch = request.method === "POST" && path[0] === "crm" && path.at(-1) === "search";
  try {
    if (path[0] === "oauth") return oauth(portal, request, versionOf(portal, path[1]), path.slice(2));
    app = appOf(portal, request);
    spend(portal, app, isSearch);
    return withUsage(portal, app, isSearch, route(portal, request, path));
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const response = refused(thrown, portal.random);
    return app === undefined ? response : withUsage(portal, app, isSearch, response);
  }
}

/** A version this portal answers to. Throws 404 for others. */
function versionOf(portal: Portal, text: string | undefined): string {
  if (text !== undefined && DATES.includes(text)) return text;
  if (text !== undefined && /^v[1-4]$/u.test(text) && portal.dials.settings.numberedPaths) return text;
  throw notFound();
}

const OBJECTS = "objects";
const ASSOCIATIONS = "associations";

/** Where each area lives: the area of a numbered path follows the version, that of a dated one comes before. */
function route(portal: Portal, request: VendorRequest, path: readonly string[]): VendorResponse {
  if (path[0] === "account-info") {
    versionOf(portal, path[1]);
    if (path[2] !== "details" || path.length > 3) throw notFound();
    if (request.method !== "GET") throw notAllowed(request.method);
    return accountInfo(portal);
  }
  if (path[0] !== "crm") throw notFound();
  const first = /^(?:v\d|\d{4}-\d\d)$/u.test(path[1] ?? "");
  const version = versionOf(portal, first ? path[1] : path[2]);
  const area = first ? path[2] : path[1];
  // crm/associations/v4 is the numbered path that looks like a dated one.
  if (first === isDated(version) && !(version === "v4" && area === ASSOCIATIONS)) throw notFound();
  const call: Call = {
    portal,
    request,
    version,
    path: path.slice(3),
    actor: { source: "INTEGRATION", enforced: version >= "2026-09" && isDated(version) },
  };
  demand(portal, scopesOf(call, area));
  switch (area) {
    case OBJECTS:
      // v4 has only the associations of objects, v3 everything else.
      if (!isDated(version) && (call.path[2] === ASSOCIATIONS) !== (version === "v4")) throw notFound();
      return objects(call);
    case ASSOCIATIONS:
      return associations(call);
    case "properties":
      return propertyApi(call);
    case "pipelines":
      return pipelines(call);
    case "owners":
      return owners(call);
    default:
      throw notFound();
  }
}

/** What an app needs one of. */
function scopesOf(call: Call, area: string | undefined): string[] {
  if (area === "owners") return ["crm.objects.owners.read"];
  const { scope } = objectType(call.path[0] ?? "") ?? typeOr404(call.path[0]);
  const write = writes(call.request);
  if (area === OBJECTS || area === ASSOCIATIONS) return [`crm.objects.${scope}.${write ? "write" : "read"}`];
  return write
    ? [`crm.schemas.${scope}.write`]
    : [`crm.schemas.${scope}.read`, `crm.objects.${scope}.read`, `crm.objects.${scope}.write`];
}

function accountInfo(portal: Portal): VendorResponse {
  const { timeZone } = portal.dials.settings;
  const offset = offsetOf(timeZone, portal.clock.now());
  return json(200, {
    portalId: portal.portalId,
    accountType: "DEVELOPER_TEST",
    timeZone,
    companyCurrency: "USD",
    additionalCurrencies: [],
    utcOffset: offset,
    utcOffsetMilliseconds: millisecondsOf(offset),
    uiDomain: "app.hubspot.com",
    dataHostingLocation: "na1",
  });
}

/** How far a zone is from UTC at a time, as "+01:00". */
function offsetOf(timeZone: string, at: number): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).formatToParts(at);
  return parts.find((one) => one.type === "timeZoneName")!.value.slice("GMT".length) || "+00:00";
}

function millisecondsOf(offset: string): number {
  const [hours, minutes] = offset.slice(1).split(":").map(Number) as [number, number];
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Whether a request sets out to change something: reads by POST do not. */
function writes(request: VendorRequest): boolean {
  if (["GET", "HEAD"].includes(request.method) || request.path.startsWith("/oauth/")) return false;
  return !/\/(?:search|batch\/read)$/u.test(request.path);
}

function unavailable(portal: Portal): VendorResponse | undefined {
  const { rate503 } = portal.dials.settings;
  if (rate503 === 0 || portal.random.float() >= rate503) return undefined;
  return json(503, { status: "error", message: "Service temporarily unavailable" });
}
