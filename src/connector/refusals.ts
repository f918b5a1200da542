// What a connector knows of its vendor's refusals of a row: what each is about, and the one thing a person can do about it.
import type { VendorWords } from "../base/errors.ts";
import type { RowOutcome } from "./contract.ts";

export interface Refusal {
  readonly kind: Extract<RowOutcome, { state: "failed" }>["kind"];
  /** A sentence, or two: what to do, and where. */
  readonly act: string;
}

/** Refusals by the vendor's own code. */
export type Refusals = Readonly<Record<string, Refusal>>;

/** The refusal as an outcome. A `field` that the vendor does not name is for a person to find: it concerns the row. */
export function refusedAs({ kind, act }: Refusal, vendor: VendorWords): Extract<RowOutcome, { state: "failed" }> {
  const named = vendor.fields.length > 0 || kind !== "field";
  return { state: "failed", kind: named ? kind : "record", vendor: { ...vendor, act: vendor.act ?? act } };
}
