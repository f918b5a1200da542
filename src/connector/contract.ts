// The contract: what a connector is. One literal per vendor; what is absent is unsupported.
import type { z } from "zod";
import type { Json, JsonObject } from "../base/json.ts";
import type { VendorWords } from "../base/errors.ts";
import type { Api, Auth, ExchangeReading } from "./api.ts";

/** Our side of a stream: which kind its records are, and for persons which stage. Custom kinds are allowed. */
export type KindKey = "person" | "account" | "deal" | "campaign" | "activity" | "user" | (string & {});

/** One account of a vendor as it names itself. A changed `id` blocks writes until a person confirms. */
export interface Identity {
  readonly id: string;
  readonly label: string;
  readonly environment: "production" | "sandbox" | "simulator";
  /** What the account says of itself that is a setting: kept for those that nobody gave. */
  readonly settings?: JsonObject;
}

/** A record as the vendor last showed it. */
export interface VendorRecord {
  /** The vendor's own id, in its longest form. */
  readonly id: string;
  /** The vendor's stamp of the last change, in milliseconds; null where it has none. */
  readonly changedAt: number | null;
  /** What the vendor offers to tell versions apart (a stamp, an ETag); null where it has none. */
  readonly version: string | null;
  /** Raw values by the vendor's field name: only the fields asked for. Absent and null are different. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The value of Winston's own external-id field at the vendor; absent when the stream has none. */
  readonly handle?: string | null;
  /** The stage of an entity first met in this record, where the stream itself has none; without it, `stageForNew`. */
  readonly stage?: string;
  /** By field, what to tell a person beside a value that cannot be read. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Told to be gone by an explicit signal. */
  readonly deleted?: boolean;
  /** Swallowed by a merge: the id of the survivor. */
  readonly mergedInto?: string;
  /** Became another record, as a converted lead becomes a contact. `related` are records made on the way. */
  readonly convertedTo?: {
    readonly stream: string;
    readonly id: string;
    readonly related: readonly { readonly stream: string; readonly id: string }[];
  };
}

/** One response's worth of records, oldest change first where the vendor can. */
export interface Page {
  readonly records: readonly VendorRecord[];
  /** Where to go on after a crash in this run; null on the last page. Only the connector reads it. */
  readonly cursor: Json;
  /** When set, every change up to here has been shown once this page is committed: the next run may start here. In milliseconds. */
  readonly watermark?: number;
  /** Of a full reading: how many records are still to come after this page, where the vendor tells. Only told to people. */
  readonly left?: number;
  /**
   * Beginnings of ids: of the records whose id is one of these, a colon and more, this page shows all that there are. Those that were
   * known and are not shown are gone; a vendor that tells of no removal says it so. Never said where an answer was cut short.
   */
  readonly whole?: readonly string[];
  /** Beginnings of ids that became others, as what they name was merged: what was known under one is, where it is still there, under the other. */
  readonly moved?: ReadonlyMap<string, string>;
  /**
   * Of `pullDeleted`: the vendor has forgotten some of the deletions asked for. Every known record is then read once, and a person is
   * asked about those that are not there.
   */
  readonly missed?: boolean;
}

/** What to read. A `cursor` continues a run cut short; `since` begins an incremental one; neither begins a backfill. */
export interface PullRequest {
  readonly fields: readonly string[];
  readonly since: number | null;
  readonly cursor: Json;
  /** Wall time of this run's start, in milliseconds: an upper bound where the vendor has no better one. */
  readonly now: number;
  readonly signal: AbortSignal;
  /**
   * Given where processes died of what they read. A page that is put together of several requests asks the later ones by it, once the ids of its
   * records are known: for a few of them at a time, and not for those of which processes die. Absent: for all at once.
   */
  readonly few?: Few;
}

export type Few = <T>(
  ids: readonly string[],
  ask: (ids: readonly string[]) => Promise<readonly T[]>,
) => Promise<readonly T[]>;

export type RowOutcome =
  | {
      readonly state: "done";
      readonly id: string;
      readonly created: boolean;
      /** The vendor's stamp of the record after the write, in milliseconds, where its answer tells: an index that lags may still show the record as it was before, under an older stamp that nobody has seen. */
      readonly changedAt?: number;
      readonly record?: VendorRecord;
      /** What a write in several calls could not do while the rest was done: the vendor's words, with its names of the fields. A person is told, and it is owed still. */
      readonly unwritten?: readonly VendorWords[];
    }
  | {
      readonly state: "failed";
      /**
       * `field`: refused for the values of `vendor.fields` alone, and nothing of it was done; without them it may be taken, and is sent so.
       * `record`: parked until the record or the mapping changes. `later`: the same row may succeed by itself. `gone`: the record is no
       * longer there. `exists`: the handle or a unique value is taken by `existingIds`.
       */
      readonly kind: "field" | "record" | "later" | "gone" | "exists";
      readonly vendor: VendorWords;
      readonly existingIds?: readonly string[];
    }
  /** Nobody can say whether it happened; the engine settles it by reading. */
  | { readonly state: "unknown"; readonly why: string };

export interface CreateRow {
  /** Goes into Winston's external-id field; the same handle never makes two records. */
  readonly handle: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface UpdateRow {
  readonly id: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Requests that one call with these rows takes where the vendor refuses nothing, all of the first limit that is declared. What is absent takes one. */
export interface WriteCost {
  readonly create?: (rows: readonly CreateRow[]) => number;
  readonly createMany?: (rows: readonly CreateRow[]) => number;
  readonly update?: (rows: readonly UpdateRow[]) => number;
  readonly delete?: (ids: readonly string[]) => number;
}

/** A field as the vendor describes it. */
export interface VendorField {
  readonly name: string;
  readonly label: string;
  /** Ours, for mapping: text, email, phone, url, number, boolean, date, datetime, money, picklist, multipicklist, reference, json. */
  readonly type: string;
  readonly custom: boolean;
  /** Must be given at create and has no default of the vendor's. */
  readonly required: boolean;
  /** The vendor fills it in where a create leaves it blank, and lets nobody empty it. */
  readonly unclearable?: boolean;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly unique: boolean;
  readonly maxLength?: number;
  /** Of numbers and amounts: digits after the point that are sure to be kept. What is finer may come back rounded to them. Absent: all. */
  readonly scale?: number;
  /** Of numbers and amounts: kept as a double of 64 bits. What has more digits than that may come back as the nearest one. */
  readonly double?: boolean;
  /** Takes whole numbers only, and refuses others. */
  readonly integer?: boolean;
  /** How exactly a date-time is kept, in milliseconds. What is finer may come back cut or rounded. Absent: as exactly as ours. */
  readonly precisionMs?: number;
  /** Of text: kept without the white space around it, or in lower case. */
  readonly tidies?: readonly ("trim" | "lowerCase")[];
  /** Reading it costs a call of its own, so it is not read again before a write that leaves it alone. */
  readonly apart?: boolean;
  /** A reference that is changed by several calls: a write that broke off between them may leave it blank. */
  readonly inSteps?: boolean;
  /** A reference that, once set, can be changed and not cleared: the vendor refuses null. */
  readonly neverBlank?: boolean;
  /** Of a boolean that knows no blank, as a checkbox: what stands there for blank. */
  readonly blank?: boolean;
  readonly options?: readonly { readonly value: string; readonly label: string; readonly active: boolean }[];
  /** True when values outside `options` are refused. */
  readonly restricted?: boolean;
  /** Winston's own external-id field: never mapped. */
  readonly handle?: boolean;
  /** Streams a reference may point to. */
  readonly targets?: readonly string[];
}

/** One collection a vendor offers. */
export interface StreamDeclaration {
  readonly title: string;
  readonly kind: KindKey;
  readonly stage?: string;
  /** Of a stream that holds records of every stage: the stage of an entity first met here. */
  readonly stageForNew?: string;
  /** Streams whose records this one's references point to; they are pulled and pushed first. */
  readonly after?: readonly string[];
  /** How exact `changedAt` is, in milliseconds. */
  readonly precisionMs: number;
  /** How much an incremental run re-reads, in milliseconds, because rows become visible late. Watermarks have it taken off already: begin at the watermark itself. */
  readonly overlapMs: number;
  /** How deletions become known: `signal` (pull or `pullDeleted` says so), `absence` (only a sweep can notice), `none`. */
  readonly deletions: "signal" | "absence" | "none";
  /** Most records per call of each kind. */
  readonly batch: {
    readonly read?: number;
    readonly create?: number;
    readonly update?: number;
    readonly delete?: number;
    /** Most rows of one `createMany`, and how few are not worth one. */
    readonly createMany?: { readonly least: number; readonly most: number };
  };
  /**
   * Which entities are created here, where several streams share a kind: those whose `field` has one of `values`
   * (null: also those where it is blank). Absent: all of them.
   */
  readonly takes?: { readonly field: string; readonly values: readonly (string | null)[] };
  /** The mapping a new connection begins with: a mapping document (src/mapping/document.ts) as plain data. */
  readonly mapping: JsonObject;
  /** What an account's own description makes of that mapping, such as a table of its options. Pure. Absent: nothing. */
  readonly fit?: (mapping: JsonObject, fields: readonly VendorField[]) => JsonObject;
  /** What an account has added since makes of a mapping in force, whoever wrote it: entries are added, and none is changed. The same mapping where nothing is. Pure. */
  readonly refit?: (mapping: JsonObject, fields: readonly VendorField[]) => JsonObject;

  readonly describe: (api: Api) => Promise<readonly VendorField[]>;
  /** `describe` does not tell which fields must have a value: what is emptied may be refused. */
  readonly hidesRequired?: boolean;
  readonly pull: (api: Api, request: PullRequest) => AsyncIterable<Page>;
  /** How many records a backfill would show, where the vendor tells it in a call or two. It may lag behind what is there. */
  readonly count?: (api: Api, signal: AbortSignal) => Promise<number>;
  /** Explicit deletions since a time: records with `deleted` or `mergedInto`. The last page's watermark is the next start. */
  readonly pullDeleted?: (api: Api, request: PullRequest) => AsyncIterable<Page>;
  /** The records of these ids, in the same order; null where the vendor shows none. */
  readonly read?: (
    api: Api,
    request: { ids: readonly string[]; fields: readonly string[]; signal: AbortSignal },
  ) => Promise<readonly (VendorRecord | null)[]>;
  /**
   * The records that carry these handles: how an unknown create is settled. Several under one handle are all returned. `sent`: the values
   * that went with each, for records that can be known by those alone; such a record comes back with the handle it was asked for.
   */
  readonly find?: (
    api: Api,
    request: {
      handles: readonly string[];
      sent?: readonly CreateRow["values"][];
      fields: readonly string[];
      signal: AbortSignal;
    },
  ) => Promise<readonly VendorRecord[]>;
  /**
   * Of these records, the fields whose value a person there set last, as the vendor's own history tells. Asked of few: of records that Winston
   * made, where a field that it left out has a value at the first look. Absent: the vendor does not tell.
   */
  readonly setByPeople?: (
    api: Api,
    request: { ids: readonly string[]; fields: readonly string[]; signal: AbortSignal },
  ) => Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /** Creates by upsert on the handle. Outcomes in the order of the rows. */
  readonly create?: (api: Api, rows: readonly CreateRow[], signal: AbortSignal) => Promise<readonly RowOutcome[]>;
  /** Creates by upsert on the handle in one job of the vendor's, for loads that `create` would need many calls for. Outcomes in the order of the rows. */
  readonly createMany?: (api: Api, rows: readonly CreateRow[], signal: AbortSignal) => Promise<readonly RowOutcome[]>;
  readonly update?: (api: Api, rows: readonly UpdateRow[], signal: AbortSignal) => Promise<readonly RowOutcome[]>;
  readonly delete?: (api: Api, ids: readonly string[], signal: AbortSignal) => Promise<readonly RowOutcome[]>;
  /**
   * Merges one record into another of this stream, because a person says that they are one. `done` with the survivor's id, which may be
   * new. An unknown outcome is settled by `read`ing both: one that was merged away comes back with `mergedInto`, or as null.
   */
  readonly merge?: (
    api: Api,
    which: { readonly keep: string; readonly lose: string; readonly signal: AbortSignal },
  ) => Promise<RowOutcome>;
  /** How many requests a write takes. Absent: one a call. */
  readonly cost?: WriteCost;
  /** What must be true at the vendor before the first write, such as the external-id field. Returns what a person must do, empty when ready. */
  readonly prepare?: (api: Api) => Promise<readonly string[]>;
}

/** How many requests a connection may spend. `class` names a limit; a call names the class it spends from. */
export interface LimitDeclaration {
  readonly class: string;
  /** At most this many requests in any window of `perMs` milliseconds. */
  readonly requests: number;
  readonly perMs: number;
  /** At most this many at one time. */
  readonly concurrent?: number;
  /** Other limits that a request of this class counts for as well. */
  readonly also?: readonly string[];
  /** A share kept for interactive and real-time work, 0 to 1. */
  readonly reserve?: number;
  /** Where the window is a day of the account's calendar: its zone, by the connection's settings. Absent: the window rolls. */
  readonly zoneOf?: (settings: JsonObject) => string;
  /** Of a window of a day: the share of its requests that the vendor lets be answered by errors, 0 to 1. */
  readonly errorShareMax?: number;
}

/** The limits of one account, by its settings. */
export const limitsOf = ({ limits }: Pick<Connector, "limits">, settings: JsonObject) =>
  limits.map(({ zoneOf, ...limit }) => (zoneOf === undefined ? limit : { ...limit, zone: zoneOf(settings) }));
/** A version of the vendor's API, and when the vendor ends it. */
export interface VersionEnd {
  readonly version: string;
  /** The first day on which it may not answer, in milliseconds. */
  readonly endsAt: number;
  /** The one thing a person can do, as a sentence. */
  readonly instead: string;
}

export interface Connector {
  readonly key: string;
  readonly title: string;
  readonly docs: string;
  /** What was shown, never more: from documentation, against our simulator, on a real account. */
  readonly badge: "drafted" | "simulated" | "verified";
  readonly auth: Auth;
  /** An address of the vendor's, the same for every account, that answers without a sign-in: the doctor asks it whether the vendor is reached from here. */
  readonly reachedAt?: string;
  /** Where the API is: a URL, or made from settings and the grant. No trailing slash. */
  readonly baseUrl: (settings: JsonObject, grant: JsonObject) => string;
  readonly settings: z.ZodType<JsonObject>;
  readonly limits: readonly LimitDeclaration[];
  /** The versions of its API that a connection of these settings speaks and whose end the vendor has told. Pure. Absent: it tells of none. */
  readonly versionEnds?: (settings: JsonObject) => readonly VersionEnd[];
  readonly identify: (api: Api) => Promise<Identity>;
  readonly streams: Readonly<Record<string, StreamDeclaration>>;
  /** Reads limits and refusals off every answer, also those vendors that hide errors in a 200. */
  readonly classify: (answer: {
    status: number;
    headers: Readonly<Record<string, string | string[] | undefined>>;
    body: unknown;
  }) => ExchangeReading;
}

/** Gives a literal its type and checks what types cannot. */
export function defineConnector<const C extends Connector>(connector: C): C {
  const classes = new Set(connector.limits.map((limit) => limit.class));
  for (const limit of connector.limits)
    for (const other of limit.also ?? [])
      if (!classes.has(other))
        throw new Error(`connector ${connector.key}: limit ${limit.class} counts for ${other}, which is not declared`);
  for (const [key, stream] of Object.entries(connector.streams)) {
    // What cannot be read back cannot be settled after a lost answer, and what cannot be settled is not written.
    if (stream.create && !stream.find)
      throw new Error(`connector ${connector.key}: stream ${key} creates and cannot find by handle`);
    if ((stream.update || stream.delete || stream.merge) && !stream.read)
      throw new Error(`connector ${connector.key}: stream ${key} writes and cannot read by id`);
    for (const parent of stream.after ?? []) {
      if (!(parent in connector.streams))
        throw new Error(`connector ${connector.key}: stream ${key} comes after ${parent}, which is not declared`);
    }
  }
  return connector;
}
