// What a connector speaks through. A try is thin (one request over undici); what follows from a failed one is decided purely.
import { request as send, type Dispatcher } from "undici";
import type { Clock } from "../base/clock.ts";
import { isError, WinstonError, type VendorWords } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Answer, Api, Call, ExchangeReading, Grant } from "./api.ts";
import { collect, loose, parse, streamed, TooLarge, unpacked, utf8 } from "./body.ts";
import type { Connector } from "./contract.ts";
import { checkUrl, wasNotSent, type AddressPolicy } from "./egress.ts";
import { Gate } from "./gate.ts";
import type { BudgetPort, CredentialPort, ExchangePort, Lane, LeavePort } from "./ports.ts";

export interface ApiParts {
  readonly connector: Pick<Connector, "key" | "title" | "auth" | "baseUrl" | "limits" | "classify">;
  readonly settings: JsonObject;
  readonly credentials: CredentialPort;
  readonly budget: BudgetPort;
  readonly exchanges: ExchangePort;
  readonly clock: Clock;
  readonly random: Random;
  /** From `createAgent` with the same address policy: it checks every connection, `addresses` every URL. */
  readonly agent: Dispatcher;
  readonly addresses: AddressPolicy;
  readonly lane: Lane;
  readonly leave?: LeavePort;
  readonly log: Log;
  /** Most bytes of an answer that is not a stream, unpacked. Default 64 MiB. */
  readonly responseBytesMax?: number;
  /** A stream that brings nothing for so long is broken. Default 60 s. */
  readonly idleMs?: number;
}

/** Tries of one call, the first included; renewing credentials is not counted. */
const TRIES = 4;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** A vendor that asks for a longer pause gets it from the queue, not from a waiting worker. */
const RETRY_AFTER_MAX_MS = 60_000;
const TIMEOUT_MS = 120_000;

/** An `Api` for one connection and lane. What it throws is listed at `Api`. */
export function createApi(parts: ApiParts): Api {
  const gates = new Map(
    parts.connector.limits.map((limit) => [limit.class, limit.concurrent ? new Gate(limit.concurrent) : null]),
  );
  const call = async <Body>(request: Call): Promise<Answer<Body>> =>
    (await perform(parts, gates, request)) as Answer<Body>;
  return {
    settings: parts.settings,
    call,
    get: async <Body>(path: string, options: object = {}) =>
      (await call<Body>({ ...options, method: "GET", path })).body,
    post: async <Body>(path: string, body: Call["body"], options: object = {}) =>
      (await call<Body>({ ...options, method: "POST", path, ...(body === undefined ? {} : { body }) })).body,
    patch: async <Body>(path: string, body: Call["body"], options: object = {}) =>
      (await call<Body>({ ...options, method: "PATCH", path, ...(body === undefined ? {} : { body }) })).body,
    wait: (ms, signal) => parts.clock.sleep(ms, signal),
  };
}

/** A try without a good answer. `sent: false` means that the vendor certainly did nothing. */
export type Failure =
  | { readonly state: "refused"; readonly refusal: NonNullable<ExchangeReading["refusal"]> }
  | {
      readonly state: "broken";
      readonly how: "connection" | "timeout" | "truncated" | "unreadable";
      readonly sent: boolean;
      readonly why: string;
      readonly cause: unknown;
    };

export type Decision =
  | { readonly next: "retry"; readonly waitMs: number }
  | { readonly next: "renew" }
  | { readonly next: "throw"; readonly code: ThrownCode };
type ThrownCode = Parameters<typeof thrown>[0];

/**
 * What follows a failed try. Only what certainly was not done, or what may be done twice, is tried again: a call that may
 * have been carried out and must not be repeated ends as an unknown outcome.
 */
export function decide(input: {
  failure: Failure;
  repeatable: boolean;
  /** The number of this try, from 1. */
  tries: number;
  renewed: boolean;
  /** In [0, 1): full jitter. */
  chance: number;
}): Decision {
  const { failure, repeatable, tries, chance } = input;
  const backoff = Math.floor(chance * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** tries));
  const again = (code: ThrownCode, waitMs = backoff): Decision =>
    tries < TRIES ? { next: "retry", waitMs } : { next: "throw", code };

  if (failure.state === "broken") {
    if (!failure.sent) return again("vendor.unavailable");
    if (!repeatable) return { next: "throw", code: "vendor.unknown_outcome" };
    if (failure.how === "unreadable") return { next: "throw", code: "vendor.bad_answer" };
    return again(failure.how === "truncated" ? "vendor.bad_answer" : "vendor.unavailable");
  }
  const { kind, retryAfterMs } = failure.refusal;
  switch (kind) {
    case "credential":
      return input.renewed ? { next: "throw", code: "credential.expired" } : { next: "renew" };
    case "rate":
    case "busy":
      // The vendor says itself that it did not do it.
      if ((retryAfterMs ?? 0) > RETRY_AFTER_MAX_MS) return { next: "throw", code: "vendor.rate_limited" };
      return again("vendor.rate_limited", Math.max(retryAfterMs ?? 0, backoff));
    case "daily":
      return { next: "throw", code: "vendor.budget_spent" };
    case "unavailable":
      if (!repeatable) return { next: "throw", code: "vendor.unknown_outcome" };
      if ((retryAfterMs ?? 0) > RETRY_AFTER_MAX_MS) return { next: "throw", code: "vendor.unavailable" };
      return again("vendor.unavailable", Math.max(retryAfterMs ?? 0, backoff));
    case "refused":
      return { next: "throw", code: "vendor.refused" };
  }
}

async function perform(parts: ApiParts, gates: ReadonlyMap<string, Gate | null>, call: Call): Promise<Answer> {
  const limitClass = call.class ?? parts.connector.limits[0]?.class ?? "requests";
  // The longest window first: who has to wait there must not hold room in a short one.
  const classes = [...alsoOf(parts, limitClass), limitClass];
  const repeatable = call.repeatable ?? (call.method === "GET" || call.method === "PUT" || call.method === "DELETE");
  let grant = (await parts.credentials.current()) ?? (await parts.credentials.renew(null));
  let renewed = false;
  let maybeDone: Failure | undefined;
  for (let tries = 1; ;) {
    call.signal?.throwIfAborted();
    for (const one of classes) await parts.budget.spend(one, parts.lane, call.signal);
    const gate = gates.get(limitClass);
    const leave = await gate?.enter(call.signal);
    let result: Answer | Failure;
    try {
      if (call.method !== "GET")
        await parts.leave?.ask().catch((refused: unknown) => {
          throw maybeDone ? thrown("vendor.unknown_outcome", parts, call, maybeDone) : refused;
        });
      result = await attempt(parts, call, grant, limitClass);
    } finally {
      leave?.();
    }
    if (!("state" in result)) {
      if (call.method !== "GET") parts.leave?.begun();
      return result;
    }
    if (result.state === "broken" ? result.sent : result.refusal.kind === "unavailable") maybeDone = result;
    // Stopping wins over retrying; but whether a write went through stays unknown, and the caller must hear that.
    if (call.signal?.aborted && (repeatable || (result.state === "broken" && !result.sent))) throw call.signal.reason;
    const decision = decide({ failure: result, repeatable, tries, renewed, chance: parts.random.float() });
    if (decision.next === "throw") throw thrown(decision.code, parts, call, result);
    if (decision.next === "renew") {
      const vendor = result.state === "refused" ? result.refusal.vendor : undefined;
      grant = await parts.credentials.renew(grant).catch((refused: unknown) => {
        throw withItsWords(refused, parts.connector.title, vendor);
      });
      renewed = true;
      continue;
    }
    if (result.state === "refused" && (result.refusal.kind === "rate" || result.refusal.kind === "busy"))
      parts.budget.slowDown(limitClass, result.refusal.retryAfterMs);
    parts.log.debug({ method: call.method, path: pathOnly(call.path), tries, waitMs: decision.waitMs }, "trying again");
    await parts.clock.sleep(decision.waitMs, call.signal);
    tries += 1;
  }
}

/** One request and its answer, read and judged. Throws only what is not about the vendor. */
async function attempt(parts: ApiParts, call: Call, grant: Grant, limitClass: string): Promise<Answer | Failure> {
  const url = locate(parts, call, grant);
  const { headers, body } = outgoing(call, parts.connector.auth.headers(grant), grant);
  const began = parts.clock.now();
  const note = (status: number | null, responseBytes: number, error?: string): void =>
    parts.exchanges.record({
      class: limitClass,
      method: call.method,
      path: pathOnly(call.path),
      status,
      ms: parts.clock.now() - began,
      requestBytes: body === null ? 0 : Buffer.byteLength(body),
      responseBytes,
      ...(error === undefined ? {} : { error }),
    });

  const timeoutMs = call.timeoutMs ?? TIMEOUT_MS;
  const total = new AbortController();
  const done = new AbortController();
  if (call.as !== "stream") {
    const late = (): void => total.abort(new Error(`no complete answer within ${timeoutMs} ms`));
    parts.clock.sleep(timeoutMs, done.signal).then(late, () => {});
  }
  try {
    let response: Dispatcher.ResponseData;
    try {
      response = await send(url, {
        dispatcher: parts.agent,
        method: call.method,
        headers,
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: Math.min(parts.idleMs ?? 60_000, timeoutMs),
        signal: call.signal ? AbortSignal.any([call.signal, total.signal]) : total.signal,
      });
    } catch (error) {
      note(null, 0, errorName(error));
      if (isError(cause(error), "address.forbidden")) throw cause(error);
      const timedOut = total.signal.aborted || /TIMEOUT/u.test((error as NodeJS.ErrnoException).code ?? "");
      return broken(timedOut ? "timeout" : "connection", error, { sent: !wasNotSent(error) });
    }
    const { statusCode: status } = response;
    for (const one of [...alsoOf(parts, limitClass), limitClass]) parts.budget.answered(one, status >= 400);
    const good = (status >= 200 && status < 300) || (call.accept?.includes(status) ?? false);
    if (call.as === "stream" && good) {
      note(status, -1);
      return { status, headers: response.headers, body: streamed(unpacked(response), parts.connector.title, call) };
    }
    let bytes: Buffer;
    try {
      bytes = await collect(unpacked(response), parts.responseBytesMax ?? 64 * 1024 * 1024);
    } catch (error) {
      note(status, 0, errorName(error));
      if (error instanceof TooLarge) return broken("unreadable", error);
      return broken(
        total.signal.aborted || /TIMEOUT/u.test((error as NodeJS.ErrnoException).code ?? "") ? "timeout" : "truncated",
        error,
      );
    }
    note(status, bytes.length);
    const text = utf8(bytes);
    if (text === null) return broken("unreadable", new Error("the answer is not UTF-8"));
    const read = good ? parse(call, status, response.headers, text) : { body: loose(text) };
    if (read.problem) return broken("unreadable", new Error(read.problem));
    return judge(parts, limitClass, { status, headers: response.headers, body: read.body }, good);
  } finally {
    done.abort();
  }
}

/** The vendor's own words decide; where the connector reads nothing off a bad status, its number does. */
function judge(parts: ApiParts, limitClass: string, answer: Answer, good: boolean): Answer | Failure {
  const reading = parts.connector.classify(answer);
  if (reading.usage?.length) parts.budget.observe(reading.usage);
  const retryAfterMs = retryAfter(answer.headers["retry-after"], parts.clock.now());
  const accepted = good && (answer.status < 200 || answer.status > 299);
  if (reading.refusal && !accepted) {
    if (reading.refusal.kind === "daily") {
      // The day is a limit of its own where one is declared: nothing that counts for it goes on.
      const also = alsoOf(parts, limitClass);
      for (const one of also.length > 0 ? also : [limitClass])
        parts.budget.slowDown(one, reading.refusal.retryAfterMs ?? retryAfterMs, true);
    }
    return {
      state: "refused",
      refusal: {
        ...reading.refusal,
        ...(reading.refusal.retryAfterMs === undefined && retryAfterMs !== undefined ? { retryAfterMs } : {}),
      },
    };
  }
  if (good) return answer;
  const kind =
    answer.status === 401
      ? "credential"
      : answer.status === 429
        ? "rate"
        : answer.status >= 500 || answer.status === 408
          ? "unavailable"
          : "refused";
  const words = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
  const vendor: VendorWords = {
    status: answer.status,
    code: String(answer.status),
    message:
      answer.status >= 300 && answer.status < 400
        ? `a redirect to ${String(answer.headers["location"] ?? "nowhere")}, which is not followed`
        : (words ?? "").slice(0, 500),
    fields: [],
  };
  return { state: "refused", refusal: { kind, vendor, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } };
}

const alsoOf = (parts: ApiParts, limitClass: string): readonly string[] =>
  parts.connector.limits.find((limit) => limit.class === limitClass)?.also ?? [];

/** The full address of a call. An absolute path must be at the base's origin: credentials go nowhere else. */
function locate(parts: ApiParts, call: Call, grant: Grant): URL {
  const base = parts.connector.baseUrl(parts.settings, grant);
  if (!URL.canParse(base))
    throw new WinstonError(
      "address.forbidden",
      `"${base}" is not a web address. Correct it in the connection's settings.`,
    );
  const absolute = /^[a-z][a-z\d+.-]*:/iu.test(call.path);
  const url = absolute ? new URL(call.path) : new URL(base + call.path);
  if (url.origin !== new URL(base).origin)
    throw new WinstonError(
      "address.forbidden",
      `${parts.connector.title} pointed to ${url.origin}, which is not its own address ${new URL(base).origin}; Winston does not follow it.`,
    );
  checkUrl(url, parts.addresses);
  for (const [key, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url;
}

function outgoing(
  call: Call,
  credentials: Readonly<Record<string, string>>,
  grant: Grant,
): { headers: Record<string, string>; body: string | Uint8Array | null } {
  const headers: Record<string, string> = {
    accept: "application/json",
    "accept-encoding": "gzip",
    "user-agent": "Winston",
  };
  const body = call.bodyWith ? call.bodyWith(grant) : call.body;
  const plain = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  if (!plain) headers["content-type"] = "application/json";
  for (const [name, value] of Object.entries({ ...call.headers, ...credentials })) headers[name.toLowerCase()] = value;
  return { headers, body: body === undefined ? null : plain ? body : JSON.stringify(body) };
}

/** Seconds or an HTTP date, as milliseconds from `now`. */
function retryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  if (/^\d+$/u.test(text.trim())) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function broken(
  how: "connection" | "timeout" | "truncated" | "unreadable",
  error: unknown,
  options: { sent: boolean } = { sent: true },
): Failure {
  return { state: "broken", how, sent: options.sent, why: (error as Error).message, cause: error };
}

function thrown(
  code:
    | "credential.expired"
    | "vendor.rate_limited"
    | "vendor.budget_spent"
    | "vendor.unavailable"
    | "vendor.bad_answer"
    | "vendor.refused"
    | "vendor.unknown_outcome",
  parts: ApiParts,
  call: Call,
  failure: Failure,
): WinstonError {
  const { title } = parts.connector;
  const what = `${call.method} ${pathOnly(call.path)}`;
  const vendor = failure.state === "refused" ? failure.refusal.vendor : undefined;
  const said = vendor ? `${vendor.code}: ${vendor.message}` : failure.state === "broken" ? failure.why : "";
  const message = {
    "credential.expired": `${title} refused the credentials twice, also fresh ones (${said}). Reconnect the connection.`,
    "vendor.rate_limited": `${title} asks to slow down (${said}); the work waits and goes on.`,
    "vendor.budget_spent": `${title} says that the daily allowance is spent (${said}); the work waits for room.`,
    "vendor.unavailable": `${title} does not answer ${what} (${said}); Winston tries again later.`,
    "vendor.bad_answer": `${title} answered ${what} with something that cannot be read: ${said}. Nothing of it was used.`,
    "vendor.refused": `${title} refused ${what}: ${said}${vendor?.act === undefined ? "" : ` ${vendor.act}`}`,
    "vendor.unknown_outcome": `${title} was sent ${what} and gave no answer that tells whether it was done (${said}); Winston looks before it tries again.`,
  }[code];
  return new WinstonError(code, message, {
    ...(failure.state === "broken" ? { cause: failure.cause } : {}),
    ...(vendor ? { vendor } : {}),
    ...(failure.state === "refused" ? { retryAfterMs: failure.refusal.retryAfterMs } : {}),
  });
}

/** Where nothing is left to renew, what the vendor said to the call itself is all that tells a person what is wrong. */
function withItsWords(refused: unknown, title: string, vendor: VendorWords | undefined): unknown {
  if (!isError(refused, "credential.expired") || refused.vendor !== undefined || vendor === undefined) return refused;
  return new WinstonError(
    refused.code,
    `${refused.message} (${title} said: ${vendor.status} ${vendor.code}: ${vendor.message})`,
    { cause: refused, vendor },
  );
}

function cause(error: unknown): unknown {
  return error instanceof Error && !(error instanceof WinstonError) && error.cause ? error.cause : error;
}

function errorName(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
}

function pathOnly(path: string): string {
  const cut = path.indexOf("?");
  return cut < 0 ? path : path.slice(0, cut);
}
