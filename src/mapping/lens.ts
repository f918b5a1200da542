// A lens: how one value (or a small group) of a record and of an entity stand for each other, and when two count as the same.
import type { Json } from "../base/json.ts";
import type { FieldType, Value } from "./types.ts";
import type { Unreadable } from "./unreadable.ts";

/** Values from which the laws are tried, beside the general ones. */
export interface Examples {
  readonly raws: readonly unknown[];
  readonly values: readonly Value[];
}

/** One vendor field ↔ one Winston field. Blank ("", null) never comes here: it is null on both sides. */
export interface Lens {
  /** Vendor's value → canonical value. */
  readonly get: (raw: unknown) => Value | Unreadable;
  /** Canonical value → what the vendor is sent. */
  readonly put: (value: Value) => Json | Unreadable;
  /** Whether two canonical values, neither of them null, are the same to this lens. */
  readonly equal: (a: Value, b: Value) => boolean;
  /** Whether two raw values are the same to this lens: its declared equivalence. */
  readonly same: (a: unknown, b: unknown) => boolean;
  /** What null means to a vendor that has no blank for this: null is sent as it and equals it. */
  readonly blank?: Value;
  /** Set where `get` and `put` do not undo each other: the reason. */
  readonly oneWay?: string;
  readonly examples?: Examples;
}

/** Several fields on one side or both. Blanks are null in the lists; in what `put` returns, undefined is left alone at the vendor. */
export interface GroupLens {
  /** A reference that is undefined in what it returns was not said. */
  readonly get: (raws: readonly unknown[]) => readonly (Value | undefined)[] | Unreadable;
  readonly put: (values: readonly Value[]) => readonly (Json | undefined)[] | Unreadable;
  /** Whether two canonical values of one field are the same, nulls among them. */
  readonly equal: (a: Value, b: Value) => boolean;
  readonly same: (a: readonly unknown[], b: readonly unknown[]) => boolean;
  readonly oneWay?: string;
}

/** Options as a mapping row gives them, already checked by the transform's schema. */
export type Options = Readonly<Record<string, Json>>;

/** What the row that uses a transform looks like. */
export interface RowShape {
  readonly fieldTypes: readonly FieldType[];
  readonly fields: number;
  readonly records: number;
  /** Winston's fields, in the row's order. */
  readonly keys: readonly string[];
  /** The names on the side a template reads from, in the row's order. */
  readonly names: readonly string[];
  readonly direction: "both" | "in" | "out";
}

/** Whether null, undefined or "". */
export const isBlank = (raw: unknown): boolean => raw === undefined || raw === null || raw === "";
