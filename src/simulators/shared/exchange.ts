// What goes in and out of a simulated vendor, whether or not a socket is between: one request, one response.

/** A request as a handler sees it. Header names are lower case; `path` is still percent-encoded and has no query. */
export interface VendorRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/**
 * An answer, and what a fault does to it on its way: `hang` never arrives, `reset` cuts the connection before a byte,
 * `truncate` cuts it in the middle of the body. Whatever the request changed stays changed.
 */
export interface VendorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly cut?: "hang" | "reset" | "truncate";
  /** How long the answer takes, in milliseconds, on the simulator's clock. */
  readonly delayMs?: number;
  /** For the request log: rows read or written, and whether the request set out to change rows. */
  readonly rows?: number;
  readonly mutating?: boolean;
}

/** What a caller sent, as text in a message. */
export const said = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

export function json(status: number, body: unknown, more: Partial<VendorResponse> = {}): VendorResponse {
  return {
    status,
    body: JSON.stringify(body),
    ...more,
    headers: { "content-type": "application/json;charset=UTF-8", ...more.headers },
  };
}

export function empty(status: number, more: Partial<VendorResponse> = {}): VendorResponse {
  return { status, body: "", ...more, headers: { ...more.headers } };
}

/** The path's segments, decoded; a segment that cannot be decoded stays as it is. */
export function segments(path: string): string[] {
  return path
    .split("/")
    .filter(Boolean)
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        return segment;
      }
    });
}
