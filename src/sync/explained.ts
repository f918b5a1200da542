// Why a value is what it is, as the surfaces see it.
import type { JsonObject } from "../base/json.ts";

/**
 * The request that brought or carried it: of a page that was read, the last of those that brought the page; else the last that the run had sent by
 * then. Where, when, and the status of the answer; null where none came.
 */
export interface WhyRequest {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
}

export interface WhyPlace {
  readonly connection: string;
  readonly stream: string;
  /** Null where it has no record there: it would be made, or waits for something. */
  readonly recordId: string | null;
  /** Of its link, or absent. */
  readonly state: string;
  /** What both sides last agreed on; of an earlier time, had by then. */
  readonly agreed: unknown;
  /** False where nothing that is kept tells it of the time that is asked about. */
  readonly agreedTold: boolean;
  /** The last time this field was written there, with the vendor's words where it said some. */
  readonly sent: {
    readonly at: number;
    readonly value: unknown;
    readonly outcome: string;
    readonly answer: JsonObject | null;
    readonly run: string | null;
    readonly request: WhyRequest | null;
  } | null;
  /** What the next sync would do about it, in words; of an earlier time, that this is not told. */
  readonly next: string;
}

/** A record that is taken for the thing, or was. */
export interface LinkWhy {
  readonly connection: string;
  readonly stream: string;
  readonly recordId: string;
  readonly state: string;
  /** When the record was linked first; a merge or a person may have brought it here later. */
  readonly linkedAt: number;
  /** new, created, handle, keys, person, split, merge or conversion; null where it is older than what is kept. */
  readonly reason: string | null;
  /** What that rests on: the keys with their values, who said it, which records were made one. */
  readonly basis: JsonObject | null;
  /** The same in words. */
  readonly because: string;
}

export interface FieldWhy {
  readonly field: string;
  readonly value: unknown;
  /** The change that set it. `by`: connection, key, import or undo, as history names it. `observed`: when it happened, as far as it was observed. */
  readonly set: {
    readonly at: number;
    readonly version: number;
    readonly by: string;
    readonly before: unknown;
    readonly stream: string | null;
    readonly run: string | null;
    readonly mappingVersion: number | null;
    readonly request: WhyRequest | null;
    /** Of a reference that waited for what it names: since when. Run and request are of the reading that brought it then. */
    readonly waitedSince: number | null;
    readonly observed: { readonly from: number; readonly to: number };
  };
  /** The decision by which the value stands, where two sides had changed it and nobody set it since. Winner `open`: a person is asked. */
  readonly rule: {
    readonly rule: string;
    readonly winner: string;
    readonly lost: unknown;
    readonly against: string | null;
    readonly conflict: string;
    readonly at: number;
  } | null;
  readonly places: readonly WhyPlace[];
}

export interface Explanation {
  readonly id: string;
  readonly kind: string;
  readonly version: number;
  readonly deletedAt: number | null;
  readonly asOf: number | null;
  /** As they are now, also where it is asked about an earlier time. */
  readonly links: readonly LinkWhy[];
  readonly fields: readonly FieldWhy[];
  /** Titles of the things that values name, by their ids. */
  readonly names: Readonly<Record<string, string>>;
}

export interface Why {
  /** Why each field of a thing, or one, has the value that it has or had at a time, and why each record is taken for it. Throws not.found. */
  explain(id: string, of: { field?: string | undefined; asOf?: number | undefined }): Promise<Explanation>;
}
