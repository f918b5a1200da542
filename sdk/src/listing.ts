// Listings come page by page and are read as one sequence.

export interface Page<T> {
  readonly data: readonly T[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * Everything a listing holds: `for await (const lead of client.leads.list())`. Pages are fetched as they are needed, and each
 * loop begins anew.
 */
export class Listing<T> implements AsyncIterable<T> {
  readonly #fetch: (cursor: string | undefined) => Promise<Page<T>>;

  constructor(fetch: (cursor: string | undefined) => Promise<Page<T>>) {
    this.#fetch = fetch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.data;
  }

  /** Page by page. `from` is a cursor kept from `page.next`. */
  async *pages(from?: string): AsyncGenerator<Page<T>, void, undefined> {
    let cursor = from;
    do {
      const page = await this.#fetch(cursor);
      yield page;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  /** All of them, or the first `limit`. */
  async toArray({ limit = Infinity }: { limit?: number } = {}): Promise<T[]> {
    const all: T[] = [];
    if (limit <= 0) return all;
    for await (const one of this) {
      all.push(one);
      if (all.length >= limit) break;
    }
    return all;
  }
}
