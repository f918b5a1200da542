// What differs from object to object, as data.
import type { VendorRecord } from "../../connector/contract.ts";
import { expected } from "./errors.ts";
import { longId } from "./ids.ts";

export interface ObjectFacts {
  /** The vendor's API name. */
  readonly object: string;
  /** Has IsDeleted, so that queryAll shows what was deleted. */
  readonly bin: boolean;
  /** Has MasterRecordId: where a merge's loser points to its survivor. */
  readonly merges: boolean;
  /** Becomes contact, account and opportunity. */
  readonly converts: boolean;
  /** Carries Winston's external-id field. */
  readonly handle: boolean;
  /** Task or Event: its custom fields are defined on Activity, and it points to people and things by WhoId and WhatId. */
  readonly activity: boolean;
  /** Of the object's records only these, as a condition of SOQL. */
  readonly only?: string;
}

/** Rows become visible after the stamp they carry: a transaction stamps first and commits later. Five minutes is what others re-read too (Fivetran's documentation; measured delays are seconds). */
export const OVERLAP_MS = 5 * 60_000;

/** A row of a query, retrieve or bulk answer: values by API name, related records nested. */
export type Row = Readonly<Record<string, unknown>>;

/** The fields to ask for: those of the mapping and those Winston needs itself. */
export function askedFields(facts: ObjectFacts, handleField: string, fields: readonly string[]): string[] {
  return [
    ...new Set([
      "Id",
      "SystemModstamp",
      ...(facts.bin ? ["IsDeleted"] : []),
      ...(facts.merges ? ["MasterRecordId"] : []),
      ...(facts.converts ? ["IsConverted", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId"] : []),
      ...(facts.handle ? [handleField] : []),
      ...fields,
    ]),
  ];
}

/** A row as a record. Fields that the row does not carry stay absent. */
export function toRecord(facts: ObjectFacts, handleField: string, fields: readonly string[], row: Row): VendorRecord {
  const values: Record<string, unknown> = {};
  for (const name of fields) {
    const value = name.includes(".") ? nested(row, name) : row[name];
    // What refers to a record names it by its long id, however it is shown.
    if (value !== undefined) values[name] = name.endsWith("Id") && typeof value === "string" ? longId(value) : value;
  }
  // An activity of a lead can be related to nothing else (`outgoing`): that it is not says nothing.
  if (facts.activity && values["WhatId"] === null && isLead(values["WhoId"])) delete values["WhatId"];
  const id = text(row["Id"]);
  expected(id !== undefined, "a record with an id");
  const stamp = text(row["SystemModstamp"]);
  const survivor = text(row["MasterRecordId"]);
  const contact = row["IsConverted"] === true ? text(row["ConvertedContactId"]) : undefined;
  const related: { stream: string; id: string }[] = [];
  for (const [name, stream] of CONVERTED_ALONG) {
    const made = text(row[name]);
    if (made) related.push({ stream, id: longId(made) });
  }
  return {
    id: longId(id),
    changedAt: stamp ? Date.parse(stamp) : null,
    version: stamp ?? null,
    fields: values,
    ...(facts.handle && handleField in row ? { handle: text(row[handleField]) ?? null } : {}),
    ...(row["IsDeleted"] === true ? { deleted: true } : {}),
    ...(survivor ? { mergedInto: longId(survivor) } : {}),
    ...(contact ? { convertedTo: { stream: "contact", id: longId(contact), related } } : {}),
  };
}

export const isLead = (id: unknown): boolean => typeof id === "string" && id.startsWith("00Q");

const CONVERTED_ALONG = [
  ["ConvertedAccountId", "account"],
  ["ConvertedOpportunityId", "opportunity"],
] as const;

/** The value at a path such as Account.Name; null where the record refers to nothing; absent where the row does not carry it. */
function nested(row: Row, path: string): unknown {
  let value: unknown = row;
  for (const part of path.split(".")) {
    if (value === null || value === undefined) return value;
    value = (value as Row)[part];
  }
  return value;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
