// What a connector is given to speak to its vendor. It adds credentials, spends the budget, retries only what is safe,
// records the exchange, honours AbortSignal and refuses addresses it must not reach.
import type { Json, JsonObject } from "../base/json.ts";
import type { VendorWords } from "../base/errors.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Call {
  readonly method: Method;
  /** Below the base URL ("/sobjects/Lead/describe"), or absolute at the same origin. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; text and bytes as they are, with the content type of `headers`. */
  readonly body?: JsonObject | Json[] | string | Uint8Array;
  /** The body as text, made when it is sent: for vendors that want the credential there. It is kept nowhere. */
  readonly bodyWith?: (grant: Grant) => string;
  /** How the answer's body comes: parsed JSON (default), text, or a stream of chunks that the caller reads to its end. */
  readonly as?: "json" | "text" | "stream";
  /** Whether repeating the call is harmless; GET, PUT and DELETE are unless said otherwise. Only such calls are retried after their outcome became unknown. */
  readonly repeatable?: boolean;
  /** Which declared limit it spends from; the first by default. */
  readonly class?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Statuses that are answers and not refusals, besides 2xx. */
  readonly accept?: readonly number[];
}

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
}

/** What the connector reads off an answer. */
export interface ExchangeReading {
  /** Not set: the answer is good. */
  readonly refusal?: {
    readonly kind: "credential" | "rate" | "daily" | "busy" | "refused" | "unavailable";
    readonly vendor: VendorWords;
    readonly retryAfterMs?: number;
  };
  /** The vendor's own account of a limit: what is used and allowed in its present window. */
  readonly usage?: readonly { readonly class: string; readonly used: number; readonly allowed: number }[];
}

/** Throws `WinstonError`: credential.expired, vendor.rate_limited, vendor.budget_spent, vendor.unavailable, vendor.bad_answer, vendor.refused (each with `vendor`), vendor.unknown_outcome (sent, and no answer). */
export interface Api {
  readonly settings: JsonObject;
  call<Body = unknown>(call: Call): Promise<Answer<Body>>;
  get<Body = unknown>(path: string, options?: Omit<Call, "method" | "path" | "body">): Promise<Body>;
  post<Body = unknown>(
    path: string,
    body: Call["body"],
    options?: Omit<Call, "method" | "path" | "body">,
  ): Promise<Body>;
  patch<Body = unknown>(
    path: string,
    body: Call["body"],
    options?: Omit<Call, "method" | "path" | "body">,
  ): Promise<Body>;
  /** Waits `ms` on Winston's clock, for polls of a vendor's job. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A grant as the vault keeps it, sealed: access and refresh tokens, instance address and whatever else the vendor returned. */
export type Grant = JsonObject;

/** How a connection proves who it is. */
export interface Auth {
  /** Names of the secrets a person gives (client id, client secret, refresh token), in the order asked. `optional` ones may stay empty. */
  readonly secrets: readonly { readonly key: string; readonly title: string; readonly optional?: boolean }[];
  /** How what it is given and granted looks, where nobody else's text looks so: a configuration in which one stands is refused. */
  readonly shapes?: readonly RegExp[];
  /** Gets a first or a fresh grant. Called by one process at a time per connection. Throws credential.expired when the vendor refuses for good. */
  readonly obtain: (input: {
    settings: JsonObject;
    secrets: Readonly<Record<string, string>>;
    grant: Grant | null;
    post: (url: string, form: Readonly<Record<string, string>>) => Promise<{ status: number; body: unknown }>;
  }) => Promise<Grant>;
  /** The headers that carry the grant. */
  readonly headers: (grant: Grant) => Readonly<Record<string, string>>;
}
