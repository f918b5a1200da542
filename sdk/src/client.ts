// The client and its resources: one method per thing Winston's HTTP API does.
import type { components } from "./api.ts";
import { bulk } from "./bulk.ts";
import type { BulkAnswer, BulkOptions } from "./bulk.ts";
import type { BulkResult } from "./bulk-result.ts";
import { Calls } from "./calls.ts";
import { Listing } from "./listing.ts";
import type { Page } from "./listing.ts";
import type { Records } from "./source.ts";
import { pause, Transport } from "./transport.ts";
import type { CallOptions, ClientOptions, Query, Request } from "./transport.ts";

type Schemas = components["schemas"];
export type Lead = Schemas["Lead"];
export type Contact = Schemas["Contact"];
export type Account = Schemas["Account"];
export type Deal = Schemas["Deal"];
export type DealContact = Schemas["DealContact"];
export type Campaign = Schemas["Campaign"];
export type Activity = Schemas["Activity"];
export type User = Schemas["User"];
export type Connection = Schemas["Connection"];
export type Stream = Schemas["Stream"];
export type ConfigPlan = Schemas["ConfigPlan"];
export type StreamChange = Schemas["StreamChange"];
export type Run = Schemas["Run"];
export type Parked = Schemas["Parked"];
export type Comparison = Schemas["Comparison"];
export type Conflict = Schemas["Conflict"];
export type Difference = Schemas["Difference"];
export type Duplicate = Schemas["Duplicate"];
export type Plan = Schemas["Plan"];
export type PlanChange = Schemas["PlanChange"];
export type Brake = Schemas["Brake"];
export type FrozenField = Schemas["FrozenField"];
export type SchemaDrift = Schemas["SchemaDrift"];
export type Alert = Schemas["Alert"];
export type AlertChannel = Schemas["AlertChannel"];
export type Quarantine = Schemas["Quarantine"];
export type Field = Schemas["Field"];
export type Key = Schemas["Key"];
export type Connector = Schemas["Connector"];
export type Explanation = Schemas["Explanation"];
export type HistoryEntry = Schemas["History"]["data"][number];
export type FieldOrigin = Schemas["Origins"]["data"][number];

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

const PAGE = 500;
const BULK_TIMEOUT_MS = 120_000;

interface Paging {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/**
 * Winston's API. Every method takes, last, `{ signal, timeoutMs, maxRetries, idempotencyKey }`.
 *
 * @example
 * const client = new Client({ token: process.env.WINSTON_TOKEN });
 * const result = await client.leads.bulkCreate(await crm.getLeads());
 * for (const { index, errors } of result.failed) console.error(index, errors);
 */
export class Client {
  readonly leads: RecordResource<Lead, Schemas["LeadInput"]>;
  readonly contacts: RecordResource<Contact, Schemas["ContactInput"]>;
  readonly accounts: RecordResource<Account, Schemas["AccountInput"]>;
  readonly deals: RecordResource<Deal, Schemas["DealInput"]>;
  /** Who is concerned with a deal, and in what role. */
  readonly dealContacts: RecordResource<DealContact, Schemas["DealContactInput"]>;
  readonly campaigns: RecordResource<Campaign, Schemas["CampaignInput"]>;
  readonly activities: RecordResource<Activity, Schemas["ActivityInput"]>;
  readonly users: RecordResource<User, Schemas["UserInput"]>;
  readonly connections: ConnectionResource;
  readonly streams: StreamResource;
  /** Connections, streams, mappings and rules as one YAML document. */
  readonly config: ConfigResource;
  readonly runs: RunResource;
  readonly comparisons: ComparisonResource;
  readonly parked: ParkedResource;
  readonly conflicts: ConflictResource;
  readonly duplicates: DuplicateResource;
  /** What a sync would write, shown before it is written. */
  readonly plans: PlanResource;
  /** Mass deletions and blankings that were stopped until a person decides. */
  readonly brakes: BrakeResource;
  /** Fields that two writers set to and fro. */
  readonly frozen: FrozenResource;
  readonly alerts: AlertResource;
  readonly alertChannels: AlertChannelResource;
  /** Connections that are only read, because the database was restored. */
  readonly quarantines: QuarantineResource;
  readonly fields: FieldResource;
  readonly schema: SchemaResource;
  readonly keys: KeyResource;
  readonly baseUrl: string;

  constructor(options: ClientOptions = {}) {
    const transport = new Transport(options);
    const calls = new Calls();
    const records = <Out, In extends object>(name: string, ...ids: string[]): RecordResource<Out, In> =>
      new RecordResource<Out, In>(transport, name, { ids, calls });
    const person = ["leadid", "contactid", "personid"];
    this.baseUrl = transport.baseUrl;
    this.leads = records("leads", ...person);
    this.contacts = records("contacts", ...person);
    this.accounts = records("accounts", "accountid");
    this.deals = records("deals", "dealid");
    this.dealContacts = records("deal-contacts", "dealcontactid");
    this.campaigns = records("campaigns", "campaignid");
    this.activities = records("activities", "activityid");
    this.users = records("users", "userid");
    this.connections = new ConnectionResource(transport);
    this.streams = new StreamResource(transport);
    this.config = new ConfigResource(transport);
    this.runs = new RunResource(transport);
    this.comparisons = new ComparisonResource(transport);
    this.parked = new ParkedResource(transport);
    this.conflicts = new ConflictResource(transport);
    this.duplicates = new DuplicateResource(transport);
    this.plans = new PlanResource(transport);
    this.brakes = new BrakeResource(transport);
    this.frozen = new FrozenResource(transport);
    this.alerts = new AlertResource(transport);
    this.alertChannels = new AlertChannelResource(transport);
    this.quarantines = new QuarantineResource(transport);
    this.fields = new FieldResource(transport);
    this.schema = new SchemaResource(transport);
    this.keys = new KeyResource(transport);
  }
}

/** What every resource does to ask. */
abstract class Resource {
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
        timeoutMs: BULK_TIMEOUT_MS,
        send: (json, { signal, timeoutMs, maxRetries }) =>
          this.reply<BulkAnswer>({
            method: "POST",
            path: `/api/${this.#name}/bulk`,
            json,
            signal,
            timeoutMs: timeoutMs ?? BULK_TIMEOUT_MS,
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

export class ConnectionResource extends Resource {
  async list(options?: CallOptions): Promise<readonly Connection[]> {
    return (await this.ask<Schemas["ConnectionList"]>({ method: "GET", path: "/api/connections" }, options)).data;
  }

  /** By id or by name. */
  get(id: string, options?: CallOptions): Promise<Connection> {
    return this.ask({ method: "GET", path: `/api/connections/${part(id)}` }, options);
  }

  /** Connects an account at a vendor; `connectors()` says what each asks for. */
  create(input: Partial<Schemas["ConnectionInput"]> & { vendor: string }, options?: CallOptions): Promise<Connection> {
    return this.ask({ method: "POST", path: "/api/connections", body: input }, { timeoutMs: 120_000, ...options });
  }

  update(id: string, change: Schemas["ConnectionChange"], options?: CallOptions): Promise<Connection> {
    return this.ask({ method: "PATCH", path: `/api/connections/${part(id)}`, body: change }, options);
  }

  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.ask({ method: "DELETE", path: `/api/connections/${part(id)}` }, options);
  }

  /** Syncs now: all its streams or one; `full` reads everything again. Runs that started at or after `since` are its work. */
  sync(
    id: string,
    what: { stream?: string; full?: boolean } = {},
    options?: CallOptions,
  ): Promise<Schemas["SyncStarted"]> {
    return this.ask({ method: "POST", path: `/api/connections/${part(id)}/sync`, body: what }, options);
  }

  /** Whether a connection, or without one Winston, has work left. */
  quiet(id?: string, options?: CallOptions): Promise<Schemas["Quiet"]> {
    return this.ask(
      { method: "GET", path: id === undefined ? "/api/quiet" : `/api/connections/${part(id)}/quiet` },
      options,
    );
  }

  /** The connectors there are, and the secrets and settings each asks for. */
  async connectors(options?: CallOptions): Promise<readonly Connector[]> {
    return (await this.ask<Schemas["ConnectorList"]>({ method: "GET", path: "/api/connectors" }, options)).data;
  }
}

export class StreamResource extends Resource {
  async list(query: { connection?: string } = {}, options?: CallOptions): Promise<readonly Stream[]> {
    return (await this.ask<Schemas["StreamList"]>({ method: "GET", path: "/api/streams", query }, options)).data;
  }

  /** Changes what is given, all of it or nothing: which records are synced, when, which way. Throws ValidationError. */
  update(id: number, change: Schemas["StreamChange"], options?: CallOptions): Promise<Stream> {
    return this.ask({ method: "PATCH", path: `/api/streams/${id}`, body: change }, options);
  }

  mapping(id: number, options?: CallOptions): Promise<Schemas["Mapping"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/mapping` }, options);
  }

  /** Whether a mapping may be put in force, and where rows cannot go both ways an offer in which they go one. Stores nothing. */
  checkMapping(
    id: number,
    document: Schemas["MappingDocument"] | object,
    options?: CallOptions,
  ): Promise<Schemas["MappingCheck"]> {
    return this.ask({ method: "POST", path: `/api/streams/${id}/mapping/check`, body: document }, options);
  }

  /** Puts a new version of the mapping in force. */
  putMapping(
    id: number,
    document: Schemas["MappingDocument"] | object,
    options?: CallOptions,
  ): Promise<Schemas["MappingPut"]> {
    return this.ask({ method: "PUT", path: `/api/streams/${id}/mapping`, body: document }, options);
  }

  /** Every version of the mapping, newest first. */
  async mappingVersions(id: number, options?: CallOptions): Promise<readonly Schemas["MappingVersion"][]> {
    const request = { method: "GET", path: `/api/streams/${id}/mapping/versions` } as const;
    return (await this.ask<Schemas["MappingVersionList"]>(request, options)).data;
  }

  /** One version, whole. Throws NotFoundError. */
  mappingVersion(id: number, version: number, options?: CallOptions): Promise<Schemas["MappingVersionWhole"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/mapping/versions/${version}` }, options);
  }

  /** The mapping in force as the specification's `field_mappings` JSON, and what that cannot say. */
  fieldMappings(id: number, options?: CallOptions): Promise<Schemas["FieldMappings"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/field-mappings` }, options);
  }

  /** What a mapping (the one in force where none is given) would do to one record, row by row and both ways. Stores nothing. */
  testMapping(
    id: number,
    what: { readonly record: string; readonly mapping?: Schemas["MappingDocument"] | object | undefined },
    options?: CallOptions,
  ): Promise<Schemas["MappingTest"]> {
    return this.ask({ method: "POST", path: `/api/streams/${id}/mapping/test`, body: what }, options);
  }

  /** The same of the last records (500 where nobody says otherwise), counted row by row, with examples. Stores nothing. */
  backTestMapping(
    id: number,
    what: {
      readonly mapping?: Schemas["MappingDocument"] | object | undefined;
      readonly records?: number | undefined;
      readonly examples?: number | undefined;
    } = {},
    options?: CallOptions,
  ): Promise<Schemas["BackTest"]> {
    return this.ask({ method: "POST", path: `/api/streams/${id}/mapping/back-test`, body: what }, options);
  }

  /** Every field at hand for a mapping, on both sides: type, permissions, how often filled, samples. */
  fields(
    id: number,
    query: { readonly samples?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<Schemas["FieldSurvey"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/fields`, query }, options);
  }

  /** Pairs of fields that the mapping in force does not have, with reasons, and that mapping with them. Puts nothing in force. */
  suggestMapping(id: number, options?: CallOptions): Promise<Schemas["MappingSuggestions"]> {
    return this.ask({ method: "GET", path: `/api/streams/${id}/mapping/suggestions` }, options);
  }
}

export class ConfigResource extends Resource {
  /** The same configuration is the same text, byte for byte. No secrets are in it. */
  export(options?: CallOptions): Promise<Schemas["ConfigExport"]> {
    return this.ask({ method: "GET", path: "/api/config" }, options);
  }

  /** What applying a document would change; nothing is changed. Throws ValidationError with line and column. */
  plan(yaml: string, options?: CallOptions): Promise<ConfigPlan> {
    return this.ask({ method: "POST", path: "/api/config/plan", body: { yaml } }, options);
  }

  /** Puts a document in force, all of it or nothing. With the `digest` of a plan exactly what that plan said, else it throws. */
  apply(yaml: string, agreed: { digest?: string | undefined } = {}, options?: CallOptions): Promise<ConfigPlan> {
    return this.ask({ method: "POST", path: "/api/config/apply", body: { yaml, ...agreed } }, options);
  }
}

export interface RunQuery {
  readonly connection?: string | undefined;
  readonly state?: Run["state"] | undefined;
  readonly since?: Date | string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export class RunResource extends Resource {
  /** Newest first. */
  list(query: RunQuery = {}, options?: CallOptions): Listing<Run> {
    return this.listing("/api/runs", { ...query }, options);
  }

  /** One run, with what it parked by cause. */
  get(id: string, options?: CallOptions): Promise<Run> {
    return this.ask({ method: "GET", path: `/api/runs/${part(id)}` }, options);
  }
}

export class ComparisonResource extends Resource {
  /** Compares streams with their vendors: all, those of a connection, of a key, or one. They run now; `get` tells how each stands. */
  async start(which: Schemas["CompareInput"] = {}, options?: CallOptions): Promise<readonly Comparison[]> {
    const request = { method: "POST", path: "/api/comparisons", body: which } as const;
    return (await this.ask<Schemas["ComparisonList"]>(request, options)).data;
  }

  /** Newest first; with `last` of each stream the newest that has begun. */
  list(
    query: { connection?: string; stream?: string; last?: boolean; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Comparison> {
    return this.listing("/api/comparisons", query, options);
  }

  /** One of them. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Comparison> {
    return this.ask({ method: "GET", path: `/api/comparisons/${part(id)}` }, options);
  }

  /** What the last comparison of each stream found, each with its cause. */
  differences(
    query: { connection?: string; stream?: string; cause?: string; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Difference> {
    return this.listing("/api/differences", query, options);
  }
}

export class ParkedResource extends Resource {
  list(query: { connection?: string; limit?: number; cursor?: string } = {}, options?: CallOptions): Listing<Parked> {
    return this.listing("/api/parked", query, options);
  }

  /** Tries parked ones again: all, those of a connection or stream, or one. */
  retry(which: Schemas["RetryParked"] = {}, options?: CallOptions): Promise<Schemas["Retried"]> {
    return this.ask({ method: "POST", path: "/api/parked/retry", body: which }, options);
  }
}

export class ConflictResource extends Resource {
  /** Newest first; with `open` only those that wait for a person. */
  list(
    query: { entityId?: string; open?: boolean; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Conflict> {
    return this.listing("/api/conflicts", query, options);
  }

  /** One of them. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Conflict> {
    return this.ask({ method: "GET", path: `/api/conflicts/${part(id)}` }, options);
  }

  /**
   * Decides an open one, for Winston's value, the record's or another `value`; of a decided one, puts the losing value back. Throws
   * ConflictError where the field was edited since, unless `force` is said.
   */
  take(id: string, what: Schemas["ConflictTaking"] = {}, options?: CallOptions): Promise<Conflict> {
    return this.ask({ method: "POST", path: `/api/conflicts/${part(id)}/take`, body: what }, options);
  }

  /** The same for up to 2,000 at once: what cannot be taken is refused alone, with why. */
  takeMany(
    ids: readonly string[],
    what: Schemas["ConflictTaking"] = {},
    options?: CallOptions,
  ): Promise<Schemas["ConflictsTaken"]> {
    return this.ask({ method: "POST", path: "/api/conflicts/take", body: { ids, ...what } }, options);
  }
}

export class BrakeResource extends Resource {
  /** Newest first; with `on` only those that wait for a person. */
  list(query: { on?: boolean; limit?: number; cursor?: string } = {}, options?: CallOptions): Listing<Brake> {
    return this.listing("/api/brakes", query, options);
  }

  /** One of them, with examples. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Brake> {
    return this.ask({ method: "GET", path: `/api/brakes/${part(id)}` }, options);
  }

  /** It was meant: what waits is carried out. Throws ConflictError where somebody decided already. */
  release(id: string, options?: CallOptions): Promise<Brake> {
    return this.ask({ method: "POST", path: `/api/brakes/${part(id)}/release` }, options);
  }

  /** It was a mistake: what was lost is put back where it was lost, also what had gone before it was stopped. Throws ConflictError. */
  restore(id: string, options?: CallOptions): Promise<Brake> {
    return this.ask({ method: "POST", path: `/api/brakes/${part(id)}/restore` }, options);
  }
}

export class FrozenResource extends Resource {
  /** Newest first; with `on` only those that are frozen now. */
  list(query: { on?: boolean; limit?: number; cursor?: string } = {}, options?: CallOptions): Listing<FrozenField> {
    return this.listing("/api/frozen", query, options);
  }

  /** One of them, with both who set it. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<FrozenField> {
    return this.ask({ method: "GET", path: `/api/frozen/${part(id)}` }, options);
  }

  /** The field is taken and written again. Throws ConflictError where it was released already. */
  release(id: string, options?: CallOptions): Promise<FrozenField> {
    return this.ask({ method: "POST", path: `/api/frozen/${part(id)}/release` }, options);
  }
}

export class DuplicateResource extends Resource {
  /** Pairs that may be one thing, oldest first; those nobody has decided when no state is asked for. */
  list(
    query: { state?: Duplicate["state"]; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Duplicate> {
    return this.listing("/api/duplicates", query, options);
  }

  /** One of them, whatever was decided. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Duplicate> {
    return this.ask({ method: "GET", path: `/api/duplicates/${part(id)}` }, options);
  }

  /** `same` makes them one, `different` ends the question. Throws ConflictError where both live at one connection: merge them there. */
  decide(id: string, decision: Schemas["DuplicateDecision"]["decision"], options?: CallOptions): Promise<Duplicate> {
    return this.ask({ method: "POST", path: `/api/duplicates/${part(id)}`, body: { decision } }, options);
  }

  /** Merges the two at every vendor where both live, and makes the pair one. Throws ConflictError where that cannot be: its words say what to do. */
  merge(
    id: string,
    which: Schemas["DuplicateMergeInput"] = {},
    options?: CallOptions,
  ): Promise<Schemas["DuplicateMerge"]> {
    return this.ask({ method: "POST", path: `/api/duplicates/${part(id)}/merge`, body: which }, options);
  }
}

export class QuarantineResource extends Resource {
  /** Connections that are only read, and what each waits for; none while all is well. */
  async list(options?: CallOptions): Promise<readonly Quarantine[]> {
    return (await this.ask<Schemas["QuarantineList"]>({ method: "GET", path: "/api/quarantines" }, options)).data;
  }

  /** Says that the database was restored: every connection is only read until all is known again. */
  async begin(how: Schemas["QuarantineInput"] = {}, options?: CallOptions): Promise<readonly Quarantine[]> {
    const answer = await this.ask<Schemas["QuarantineList"]>(
      { method: "POST", path: "/api/quarantines", body: how },
      options,
    );
    return answer.data;
  }

  /** Lets a connection write again; returns what is still only read. Throws ConflictError while not all is known there, unless forced. */
  async release(
    connection: string,
    how: Schemas["QuarantineRelease"] = {},
    options?: CallOptions,
  ): Promise<readonly Quarantine[]> {
    const path = `/api/quarantines/${part(connection)}/release`;
    return (await this.ask<Schemas["QuarantineList"]>({ method: "POST", path, body: how }, options)).data;
  }
}

export class PlanResource extends Resource {
  /** Plans, newest first. */
  list(query: Paging = {}, options?: CallOptions): Listing<Plan> {
    return this.listing("/api/plans", { ...query }, options);
  }

  /** Begins to compute what a sync would write. Nothing is written anywhere. `ready` waits for it. */
  create(ask: Schemas["PlanInput"] = {}, options?: CallOptions): Promise<Plan> {
    return this.ask({ method: "POST", path: "/api/plans", body: ask }, options);
  }

  /** Begins to compute a plan that puts back what a run, an applied plan, or a time wrote. Throws ConflictError where history does not reach back so far. */
  undo(what: Schemas["Undoing"], options?: CallOptions): Promise<Plan> {
    return this.ask({ method: "POST", path: "/api/undo", body: what }, options);
  }

  /** Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Plan> {
    return this.ask({ method: "GET", path: `/api/plans/${part(id)}` }, options);
  }

  /** The lines of a plan, page by page as they are needed: `for await (const change of client.plans.changes(id))`. */
  changes(
    id: string,
    query: { class?: PlanChange["class"]; state?: PlanChange["state"] } & Paging = {},
    options?: CallOptions,
  ): Listing<PlanChange> {
    return this.listing(`/api/plans/${part(id)}/changes`, { ...query }, options);
  }

  /** Begins to write what the plan says, and nothing else. Throws ConflictError where it may not be, or with `strict` would not be the same any more. */
  apply(id: string, how: Schemas["PlanApplication"] = {}, options?: CallOptions): Promise<Plan> {
    return this.ask(
      { method: "POST", path: `/api/plans/${part(id)}/apply`, body: how },
      { timeoutMs: BULK_TIMEOUT_MS, ...options },
    );
  }

  /** The plan when it is computed (ready or failed), or when it is applied. Asks every half second; give a `signal` to end earlier. */
  async settled(id: string, options: CallOptions = {}): Promise<Plan> {
    for (;;) {
      const plan = await this.get(id, options);
      if (plan.state !== "computing" && plan.state !== "applying") return plan;
      await pause(500, options.signal);
    }
  }
}

export class AlertResource extends Resource {
  /** Newest first; those that are not over when no state is asked for. */
  list(
    query: { state?: Alert["state"] | "all"; limit?: number; cursor?: string } = {},
    options?: CallOptions,
  ): Listing<Alert> {
    return this.listing("/api/alerts", query, options);
  }

  /** One of them, with what was told of it. Throws NotFoundError. */
  get(id: string, options?: CallOptions): Promise<Alert> {
    return this.ask({ method: "GET", path: `/api/alerts/${part(id)}` }, options);
  }

  /** Says that somebody knows: it is not told again for a day, unless it gets worse. */
  acknowledge(id: string, options?: CallOptions): Promise<Alert> {
    return this.ask({ method: "POST", path: `/api/alerts/${part(id)}/ack` }, options);
  }
}

export class AlertChannelResource extends Resource {
  async list(options?: CallOptions): Promise<readonly AlertChannel[]> {
    return (await this.ask<Schemas["AlertChannelList"]>({ method: "GET", path: "/api/alert-channels" }, options)).data;
  }

  /** The secret of a webhook is in this answer and nowhere else. */
  create(channel: Schemas["AlertChannelInput"], options?: CallOptions): Promise<Schemas["NewAlertChannel"]> {
    return this.ask({ method: "POST", path: "/api/alert-channels", body: channel }, { maxRetries: 0, ...options });
  }

  /** Sends a word that is marked as a test, now. By id or by name. */
  test(id: string, options?: CallOptions): Promise<Schemas["AlertChannelTest"]> {
    return this.ask({ method: "POST", path: `/api/alert-channels/${part(id)}/test` }, options);
  }

  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.ask({ method: "DELETE", path: `/api/alert-channels/${part(id)}` }, options);
  }
}

export class FieldResource extends Resource {
  /** The fields of every kind, standard and custom. */
  async list(query: { kind?: Schemas["FieldInput"]["kind"] } = {}, options?: CallOptions): Promise<readonly Field[]> {
    return (await this.ask<Schemas["FieldList"]>({ method: "GET", path: "/api/fields", query }, options)).data;
  }

  /** Declares a custom field. */
  create(field: Schemas["FieldInput"], options?: CallOptions): Promise<Field> {
    return this.ask({ method: "POST", path: "/api/fields", body: field }, options);
  }
}

export class SchemaResource extends Resource {
  /** Mapped fields of vendors that are not what they were, and whether their rows are paused. Throws NotFoundError. */
  async diff(query: { connection?: string } = {}, options?: CallOptions): Promise<readonly SchemaDrift[]> {
    const path = "/api/schema/drifts";
    return (await this.ask<Schemas["SchemaDriftList"]>({ method: "GET", path, query }, options)).data;
  }
}

export class KeyResource extends Resource {
  async list(options?: CallOptions): Promise<readonly Key[]> {
    return (await this.ask<Schemas["KeyList"]>({ method: "GET", path: "/api/keys" }, options)).data;
  }

  /** The token is in this answer and nowhere else. */
  create(key: Schemas["KeyInput"], options?: CallOptions): Promise<Schemas["NewKey"]> {
    return this.ask({ method: "POST", path: "/api/keys", body: key }, { maxRetries: 0, ...options });
  }

  async revoke(id: string, options?: CallOptions): Promise<void> {
    await this.ask({ method: "DELETE", path: `/api/keys/${part(id)}` }, options);
  }
}

/** A part of a path. "." and ".." would be taken for folders. */
const part = (text: string): string =>
  encodeURIComponent(text).replace(/^\.{1,2}$/u, (dots) => dots.replaceAll(".", "%2E"));
