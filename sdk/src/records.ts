// Records of a kind: the same methods for each.
import { bulk } from "./bulk.ts";
import type { BulkAnswer, BulkOptions } from "./bulk.ts";
import type { BulkResult } from "./bulk-result.ts";
import type { Calls } from "./calls.ts";
import type { Listing } from "./listing.ts";
import { MUCH_TIMEOUT_MS, part, Resource } from "./resource.ts";
import type { Explanation, HistoryEntry, FieldOrigin, Schemas } from "./schemas.ts";
import type { Records } from "./source.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** Winston's id of a record, "external:<your own id>", or `{ externalId: "<your own id>" }`. */
export type RecordId = string | { readonly externalId: string | number };

export interface ListQuery {
  readonly email?: string | undefined;
  readonly externalId?: string | undefined;
  /** Changed at or after this time. */
  readonly updatedSince?: Date | string | undefined;
  readonly includeDeleted?: boolean | undefined;
  /** Records per page, 1 to 500; 500 when absent. */
  readonly limit?: number | undefined;
  /** Where to go on: a cursor kept from an earlier page's `next`. */
  readonly cursor?: string | undefined;
}

export interface WriteOptions extends CallOptions {
  /** What becomes of keys that are no field: `custom` (default) makes custom fields of them, `error` refuses the record. */
  readonly unknownKeys?: "custom" | "error" | undefined;
}

/** Leads, contacts, accounts, deals, deal contacts, campaigns, activities or users: the same methods for each. */
export class RecordResource<Out, In extends object> extends Resource {
  readonly #name: string;
  readonly #of: { readonly ids: readonly string[]; readonly calls: Calls };

  /** `ids`: names of the records' own id, besides "id" and "externalId". `calls`: the bulk calls of the client. */
  constructor(transport: Transport, name: string, of: { readonly ids: readonly string[]; readonly calls: Calls }) {
    super(transport);
    this.#name = name;
    this.#of = of;
  }

  /** All that match, page by page as they are needed: `for await (const lead of client.leads.list({ updatedSince }))`. */
  list(query: ListQuery = {}, options?: CallOptions): Listing<Out> {
    return this.listing(`/api/${this.#name}`, { ...query }, options);
  }

  /** One of them. Throws NotFoundError. */
  get(id: RecordId, options?: CallOptions): Promise<Out> {
    return this.ask({ method: "GET", path: this.#path(id) }, options);
  }

  /**
   * Creates it, or brings the one with its external id up to date, or else the one person of its email address that it may be: twice is
   * once. One that neither names for sure is new each time; give it an id of yours.
   */
  create(record: In | object, { unknownKeys, ...options }: WriteOptions = {}): Promise<Out> {
    return this.ask({ method: "POST", path: `/api/${this.#name}`, query: { unknownKeys }, body: record }, options);
  }

  /** Changes the keys that are given; null clears a field. Throws NotFoundError. */
  update(id: RecordId, changes: In | object, { unknownKeys, ...options }: WriteOptions = {}): Promise<Out> {
    return this.ask({ method: "PATCH", path: this.#path(id), query: { unknownKeys }, body: changes }, options);
  }

  /** Creates or changes the one with this id of yours. */
  upsert(
    externalId: string | number,
    record: In | object,
    { unknownKeys, ...options }: WriteOptions = {},
  ): Promise<Out> {
    return this.ask({ method: "PUT", path: this.#path({ externalId }), query: { unknownKeys }, body: record }, options);
  }

  /** Deletes it here, and at the vendors whose streams are two-way. Throws NotFoundError. */
  async delete(id: RecordId, options?: CallOptions): Promise<void> {
    await this.ask({ method: "DELETE", path: this.#path(id) }, options);
  }

  /** Why each of its fields, or one, has the value that it has, or had at a time: change, run, rule, request, answer, and what is next. */
  why(
    id: RecordId,
    query: { field?: string | undefined; asOf?: Date | string | undefined } = {},
    options?: CallOptions,
  ): Promise<Explanation> {
    return this.ask({ method: "GET", path: `${this.#path(id)}/why`, query: { ...query } }, options);
  }

  /** What changed on it, newest first. */
  async history(id: RecordId, options?: CallOptions): Promise<readonly HistoryEntry[]> {
    const { data } = await this.ask<Schemas["History"]>({ method: "GET", path: `${this.#path(id)}/history` }, options);
    return data;
  }

  /** Where each of its fields came from: the vendor's record or who set it here, in which span of time, and since when it stands. */
  async origin(id: RecordId, options?: CallOptions): Promise<readonly FieldOrigin[]> {
    const { data } = await this.ask<Schemas["Origins"]>({ method: "GET", path: `${this.#path(id)}/origin` }, options);
    return data;
  }

  /** Takes the record at a connection (its id or name) out of this one, and returns what it is now: one of its own. */
  unlink(id: RecordId, connection: string, options?: CallOptions): Promise<Out> {
    return this.ask({ method: "POST", path: `${this.#path(id)}/unlink`, body: { connection } }, options);
  }

  /**
   * Creates any number of records, or brings them up to date, and says what became of each. Running it twice doubles nothing:
   * a record is known again by your own id of it (`leadId`, `externalId`, or the `externalId` option), else by all it says
   * (an id is made of its content, so equal records are one), else as the one person of its email address that it may be.
   * Records may refer to each other, and to those of other bulk calls of this client that are under way: what names something
   * that is not there yet is sent again at the end.
   *
   * @example
   * const result = await client.leads.bulkCreate(rows, { externalId: "Prospect ID", onProgress: console.log });
   * result.throwIfFailed();
   */
  bulkCreate<T extends object = In>(records: Records<T>, options?: BulkOptions<T>): Promise<BulkResult<T>> {
    return this.#bulk(records, "bulkCreate", options);
  }

  /** The same as bulkCreate, for programs that want to say that some exist. */
  bulkUpsert<T extends object = In>(records: Records<T>, options?: BulkOptions<T>): Promise<BulkResult<T>> {
    return this.#bulk(records, "bulkUpsert", options);
  }

  #bulk<T extends object>(
    records: Records<T>,
    method: string,
    options: BulkOptions<T> | undefined,
  ): Promise<BulkResult<T>> {
    return bulk(
      records,
      {
        ...this.#of,
        resource: this.#name,
        method,
        timeoutMs: MUCH_TIMEOUT_MS,
        send: (json, { signal, timeoutMs, maxRetries }) =>
          this.reply<BulkAnswer>({
            method: "POST",
            path: `/api/${this.#name}/bulk`,
            json,
            signal,
            timeoutMs: timeoutMs ?? MUCH_TIMEOUT_MS,
            maxRetries,
          }),
      },
      options,
    );
  }

  #path(id: RecordId): string {
    const text = typeof id === "string" ? id : `external:${id.externalId}`;
    return `/api/${this.#name}/${part(text)}`;
  }
}
