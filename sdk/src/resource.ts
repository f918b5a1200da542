// What every resource does to ask, and how a path is made.
import { Listing } from "./listing.ts";
import type { Page } from "./listing.ts";
import type { CallOptions, Query, Request, Transport } from "./transport.ts";

const PAGE = 500;

/** A call that does much at once may take so long where nobody says otherwise. */
export const MUCH_TIMEOUT_MS = 120_000;

export interface Paging {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** What every resource does to ask. */
export abstract class Resource {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  protected async ask<T>(request: Request, options: CallOptions = {}): Promise<T> {
    return (await this.#transport.call<T>({ ...options, ...request })).data;
  }

  protected reply<T>(request: Request): Promise<{ data: T; requestId: string | undefined }> {
    return this.#transport.call<T>(request);
  }

  protected listing<T>(path: string, query: Query & Paging, options: CallOptions = {}): Listing<T> {
    return new Listing<T>((cursor = query.cursor) =>
      this.ask<Page<T>>({ method: "GET", path, query: { ...query, limit: query.limit ?? PAGE, cursor } }, options),
    );
  }
}

/** A part of a path. "." and ".." would be taken for folders. */
export const part = (text: string): string =>
  encodeURIComponent(text).replace(/^\.{1,2}$/u, (dots) => dots.replaceAll(".", "%2E"));
