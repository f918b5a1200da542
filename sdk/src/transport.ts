// One call to Winston: its tries, its time limit, and one idempotency key for all of them.
import { AbortedError, ApiError, ConnectionError, TimeoutError, WinstonError } from "./errors.ts";
import type { ProblemDocument } from "./errors.ts";

export interface ClientOptions {
  /** An API key, or a function that gives one (asked before every try). WINSTON_TOKEN when absent. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** Where Winston is; WINSTON_URL when absent, else http://127.0.0.1:4400. */
  readonly baseUrl?: string | undefined;
  /** For one try, in milliseconds; 30,000 when absent. */
  readonly timeoutMs?: number | undefined;
  /** Further tries after a first that may succeed later; 2 when absent. */
  readonly maxRetries?: number | undefined;
  /** The first pause before another try, in milliseconds; it doubles, and the real pause is a random part of it. 500 when absent. */
  readonly backoffMs?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The second argument of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly maxRetries?: number | undefined;
  /** The same key and the same request within 24 hours get the same answer. One is made for every POST and PATCH. */
  readonly idempotencyKey?: string | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | Date | undefined>>;

export interface Request extends CallOptions {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the base URL, parts already encoded. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** A value to be sent as JSON, or JSON text already. */
  readonly body?: unknown;
  readonly json?: string | undefined;
}

export interface Reply<T> {
  readonly data: T;
  readonly requestId: string | undefined;
}

const BASE_URL = "http://127.0.0.1:4400";
/** Asked to wait longer than this, the call fails at once and says how long. */
const WAIT_MAX_MS = 60_000;
const BACKOFF_MAX_MS = 8_000;

export class Transport {
  readonly baseUrl: string;
  readonly #options: ClientOptions;
  readonly #token: NonNullable<ClientOptions["token"]>;

  constructor(options: ClientOptions) {
    const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
    const token = options.token ?? env.WINSTON_TOKEN;
    if (token === undefined || token === "") {
      throw new WinstonError(
        "No token: give `new Client({ token })`, or set WINSTON_TOKEN. `npm start` of Winston prints one.",
      );
    }
    this.#token = token;
    this.#options = options;
    const base = options.baseUrl ?? (env.WINSTON_URL || BASE_URL);
    if (!/^https?:\/\/[^\s/?#]+/u.test(base))
      throw new WinstonError(`The baseUrl ${JSON.stringify(base)} is no http address; give one such as ${BASE_URL}.`);
    this.baseUrl = base.replace(/\/+$/u, "").replace(/\/api$/u, "");
  }

  /** Makes the call. Throws an ApiError for a refusal, ConnectionError or TimeoutError after the last try, AbortedError. */
  async call<T>(request: Request): Promise<Reply<T>> {
    const { method } = request;
    const retries = request.maxRetries ?? this.#options.maxRetries ?? 2;
    const key = request.idempotencyKey ?? (method === "POST" || method === "PATCH" ? newKey() : undefined);
    const json = request.json ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
    for (let retry = 0; ; retry++) {
      try {
        return await this.#try<T>(request, json, key);
      } catch (error) {
        if (!(error instanceof WinstonError)) throw error;
        // An earlier try was cut off after Winston had done it.
        if (retry > 0 && method === "DELETE" && (error as ApiError).status === 404)
          return { data: undefined as T, requestId: (error as ApiError).requestId };
        const under = retry > 0 && key !== undefined && (error as ApiError).status === 409;
        const asked = (error as ApiError).retryAfterMs;
        if (retry >= retries || !(error.isRetryable || under) || (asked ?? 0) > WAIT_MAX_MS) throw error;
        const most = Math.min((this.#options.backoffMs ?? 500) * 2 ** retry, BACKOFF_MAX_MS);
        await pause(asked === undefined ? Math.random() * most : asked + Math.random() * most, request.signal);
      }
    }
  }

  async #try<T>(request: Request, json: string | undefined, key: string | undefined): Promise<Reply<T>> {
    const { signal } = request;
    if (signal?.aborted) throw aborted(signal);
    const token = (typeof this.#token === "function" ? await this.#token() : this.#token).trim();
    if (!/^[\x21-\x7e]+$/u.test(token))
      throw new WinstonError("The token is empty or holds characters that no token has; nothing was sent.");
    const timeoutMs = request.timeoutMs ?? this.#options.timeoutMs ?? 30_000;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    const stop = (): void => limit.abort();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const response = await (this.#options.fetch ?? fetch)(this.baseUrl + request.path + search(request.query), {
        method: request.method,
        redirect: "manual",
        signal: limit.signal,
        headers: {
          ...this.#options.headers,
          accept: "application/json",
          authorization: `Bearer ${token}`,
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        ...(json === undefined ? {} : { body: json }),
      });
      return read<T>(response, await response.text(), this.baseUrl);
    } catch (cause) {
      if (cause instanceof WinstonError) throw cause;
      if (signal?.aborted) throw aborted(signal);
      if (limit.signal.aborted)
        throw new TimeoutError(`Winston at ${this.baseUrl} did not answer within ${timeoutMs} ms.`, { cause });
      throw new ConnectionError(whyNot(cause, this.baseUrl), { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}

function read<T>(response: Response, text: string, baseUrl: string): Reply<T> {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  let body: unknown;
  try {
    body = text === "" ? undefined : JSON.parse(text);
  } catch {
    body = text;
  }
  if (response.ok && typeof body !== "string") return { data: body as T, requestId };
  const said = (typeof body === "object" && body !== null ? body : {}) as Partial<ProblemDocument>;
  const after = said.retryAfterMs ?? retryAfter(response.headers.get("retry-after"));
  throw ApiError.from({
    type: said.type ?? "about:blank",
    title: said.title ?? (response.statusText || `HTTP ${response.status}`),
    status: response.ok ? 502 : response.status,
    detail:
      said.detail ??
      `${baseUrl} answered ${response.status} with something that is not Winston's; is baseUrl the address of a Winston?`,
    code: said.code ?? "unknown",
    requestId: said.requestId ?? requestId,
    errors: said.errors ?? [],
    retryAfterMs: after,
  });
}

/** Seconds or a date, as milliseconds from now. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/u.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function search(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) params.set(key, value instanceof Date ? value.toISOString() : String(value));
  }
  return params.size === 0 ? "" : `?${params.toString()}`;
}

const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const aborted = (signal: AbortSignal): AbortedError =>
  new AbortedError("The call was stopped by its signal.", { cause: signal.reason });

export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(aborted(signal!));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

function whyNot(cause: unknown, baseUrl: string): string {
  const inner = (cause as { cause?: { code?: unknown; message?: unknown } } | undefined)?.cause;
  const reason = String(inner?.code ?? inner?.message ?? (cause instanceof Error ? cause.message : cause));
  return `Winston cannot be reached at ${baseUrl} (${reason}). Is it running there? \`npm start\` starts it; baseUrl or WINSTON_URL says where it is.`;
}
