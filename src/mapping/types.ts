// Words of the mapping room. Everything here is pure: plain values in, plain values out.
import type { Json } from "../base/json.ts";
import type { Problem } from "../base/errors.ts";

/**
 * A canonical value. Blank is always null, never "". Text is NFC and trimmed only by its transform. By field type:
 * text, email (domain lower-cased), phone (E.164 where it parses, with " ext. 12" after it where there is an extension; else as written), url, picklist: string ·
 * number: a JSON number where a double holds it exactly, else its decimal text · boolean · date: "YYYY-MM-DD" ·
 * datetime: "YYYY-MM-DDTHH:mm:ss.sssZ" · money: { amount: decimal text without trailing zeros, currency: ISO 4217 or null } ·
 * multipicklist: sorted array of strings without repeats · reference: the id of an entity · json: any JSON.
 */
export type Value = Json;

/** Canonical values by Winston's field key. A key that is absent was not said; null was said to be empty. */
export type Fields = Readonly<Record<string, Value>>;

export const FIELD_TYPES = [
  "text",
  "email",
  "phone",
  "url",
  "number",
  "boolean",
  "date",
  "datetime",
  "money",
  "picklist",
  "multipicklist",
  "reference",
  "json",
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** A field of a kind. */
export interface Field {
  readonly key: string;
  readonly type: FieldType;
  readonly label: string;
  readonly custom?: boolean;
  /** The kind a reference points to. */
  readonly target?: string;
}

export type Direction = "both" | "in" | "out";

/** One pair (or small group) of fields. `field` may be a path through a reference, such as "account.name". */
export interface MappingRow {
  readonly field: string | readonly string[];
  readonly record: string | readonly string[];
  readonly direction: Direction;
  readonly transform: string;
  readonly options?: Readonly<Record<string, Json>>;
  /** Sent when the value is blank and the vendor requires one, at create and when it is cleared; read back it is blank: the filler. */
  readonly onCreate?: Json;
  /** Who wins when both sides changed: newest (default), winston, record, nonBlank, restrictive, ask. */
  readonly rule?: "newest" | "winston" | "record" | "nonBlank" | "restrictive" | "ask";
}

export interface MappingDocument {
  readonly kind: string;
  readonly stage?: string;
  readonly rows: readonly MappingRow[];
}

/** What a record says, in canonical values. */
export interface Reading {
  /** Own fields. Absent keys were not carried by the record. References are not in here. */
  readonly fields: Record<string, Value>;
  /** Reference fields: the vendor's id of the target, or null when the record says there is none. */
  readonly references: Record<string, string | null>;
  /** Paths: find (or create) the target of reference `key` by the value of its field, or null when blank. */
  readonly lookups: Record<string, { readonly field: string; readonly value: Value } | null>;
  /** Values that could not be read; `pointer` is "/<vendor field>". The rest of the record is still good. */
  readonly problems: readonly Problem[];
}

/** What to send. */
export interface Writing {
  /** Raw values by the vendor's field name. null clears. */
  readonly values: Record<string, unknown>;
  /** Winston's field keys that `values` carries, with the canonical values sent: what becomes baseline on success. */
  readonly sent: Record<string, Value>;
  /** Vendor fields filled with a default because they may not be empty; they are blank when read back. */
  readonly fillers: Record<string, Json>;
  /** Reference fields whose target is not linked at this vendor yet. */
  readonly pending: readonly string[];
  /** Values that could not be written; `pointer` is "/<Winston field>". */
  readonly problems: readonly Problem[];
}

/**
 * `fallback`, while the target is not linked at the vendor or not active there: `keep` (the default) leaves the vendor's value alone and
 * writes it later, `park` asks a person, `default` names another target by Winston's id, email or name.
 */
export interface ReferenceField {
  readonly kind: string;
  readonly path?: string;
  readonly fallback?: "keep" | "park" | { readonly default: string };
  /** Their id or email → ours, by Winston's id, email or name. It goes before what matching says. */
  readonly table?: Readonly<Record<string, string>>;
  /** The vendor makes no record without it: a create waits for its target. */
  readonly required?: boolean;
  /** The vendor lets nobody change it once the record is made. */
  readonly fixed?: boolean;
}

/** What a row makes of a record: `from` the vendor's values `to` Winston's, and `back` to what would be written of them. */
export interface TrialIn {
  /** coerced: taken in another form. unread: the record, as far as it is known, does not carry the field. */
  readonly verdict: "ok" | "coerced" | "rejected" | "unread";
  readonly from: readonly (Json | undefined)[];
  readonly to: readonly Value[];
  readonly back: readonly (Json | undefined)[];
  readonly code: string | null;
  readonly message: string | null;
}

/** What a row makes of an entity: `from` Winston's values `to` the vendor's, and `back` to what would be read of them. */
export interface TrialOut {
  /** coerced: it comes back in another form, or less exact. waits: a target that cannot be named there yet. */
  readonly verdict: "ok" | "coerced" | "rejected" | "waits";
  readonly from: readonly Value[];
  readonly to: readonly Json[];
  readonly back: readonly Value[];
  readonly code: string | null;
  readonly message: string | null;
}

/** One row of a mapping, by itself. */
export interface CompiledRow {
  /** Its place in the document. */
  readonly index: number;
  readonly row: MappingRow;
  /** Winston's own field keys; a path counts as its reference field. */
  readonly fields: readonly string[];
  /** The vendor's fields, that of a currency last. */
  readonly records: readonly string[];
  /** Which ways it goes, as far as the vendor lets it. */
  readonly in: boolean;
  readonly out: boolean;
  readonly tryIn: (record: Readonly<Record<string, unknown>>, fillers?: Readonly<Record<string, Json>>) => TrialIn;
  readonly tryOut: (input: Omit<Parameters<CompiledMapping["write"]>[0], "changed" | "forCreate">) => TrialOut;
}

export interface CompiledMapping {
  readonly document: MappingDocument;
  /** Its rows, each by itself; those that are left out or paused are not among them. */
  readonly rows: readonly CompiledRow[];
  /** Vendor fields to ask for, sorted. */
  readonly vendorFields: readonly string[];
  /** Those of them whose reading costs a call of its own. */
  readonly apart: ReadonlySet<string>;
  /** Fields of ours that are changed there by several calls, so that a write that broke off may leave them blank. */
  readonly inSteps: ReadonlySet<string>;
  /** Vendor fields that each outbound field is written to. */
  readonly writtenTo: ReadonlyMap<string, readonly string[]>;
  /** Winston's own field keys this mapping reads (in or both) and writes (out or both). A path counts as its reference field. */
  readonly inbound: ReadonlySet<string>;
  readonly outbound: ReadonlySet<string>;
  /** Fields that only the vendor may change: local edits of them are refused. */
  readonly inboundOnly: ReadonlySet<string>;
  /** Outbound fields that the vendor takes no blank for, and that nothing stands in for. */
  readonly neverEmptied: ReadonlySet<string>;
  /** Reference fields, with the kind they point to; for paths, the related field that must be loaded to write; and what to write while the target cannot be named there. */
  readonly references: ReadonlyMap<string, ReferenceField>;
  readonly ruleOf: (field: string) => NonNullable<MappingRow["rule"]>;
  /** `fillers`: what this link was filled with; a vendor value still equal to it reads as blank. */
  readonly read: (record: Readonly<Record<string, unknown>>, fillers?: Readonly<Record<string, Json>>) => Reading;
  readonly write: (input: {
    /** All fields of the entity. */
    entity: Fields;
    /** The field keys to send; "all" at create. */
    changed: ReadonlySet<string> | "all";
    forCreate: boolean;
    /** The vendor's id for an entity this record refers to, or undefined when not linked there. */
    reference: (field: string, entityId: string) => string | undefined;
    /** Fields of the entity a reference points to, for paths. */
    related: (field: string) => Fields | undefined;
  }) => Writing;
  /** Equal by the field's declared equivalence. Absent and null are equal here. */
  readonly equal: (field: string, a: Value | undefined, b: Value | undefined) => boolean;
  /**
   * Whether `theirs`, shown by the vendor, stands for `ours`: equal, or what the vendor's field, less exact than ours, makes of it
   * (src/mapping/exactness.ts). So what comes back rounded is no edit.
   */
  readonly standsFor: (field: string, theirs: Value | undefined, ours: Value | undefined) => boolean;
  /** Whether a vendor field holds the same in two records (raw values), by the equivalence of the row that maps it: what a write would change is what is not the same. */
  readonly same: (
    recordField: string,
    a: Readonly<Record<string, unknown>>,
    b: Readonly<Record<string, unknown>>,
  ) => boolean;
  /** What goes both ways through one row, and so keeps the laws (src/mapping/laws.ts): Winston's field keys and the vendor's field names. */
  readonly twoWay: { readonly fields: ReadonlySet<string>; readonly records: ReadonlySet<string> };
  /** Sentences for a person: rows that cannot be written here, required fields nobody fills. */
  readonly notes: readonly string[];
}
