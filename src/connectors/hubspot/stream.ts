// What differs from object to object, as data, and a row as a record.
import type { VendorRecord } from "../../connector/contract.ts";
import { expected } from "./errors.ts";
import type { Settings } from "./settings.ts";
import { calendarDay } from "./zone.ts";

export interface ObjectFacts {
  /** The vendor's name of the object in paths. */
  readonly object: "contacts" | "companies" | "deals";
  /** The property with the time of the last change: contacts have their own. */
  readonly stamp: "lastmodifieddate" | "hs_lastmodifieddate";
  readonly ties: readonly Tie[];
  /** Times that stand for a day of the account's calendar. */
  readonly days: readonly string[];
  /** The stage that a person begins at who is first met here. */
  readonly begins?: (properties: Properties) => string;
  /** Fields of a deal that its stage tells; HubSpot keeps them with the pipeline. */
  readonly staged: boolean;
}

/** An association as a reference: one of the records tied to this one, by the rule of its type. */
export interface Tie {
  /** As mappings name it. */
  readonly field: string;
  readonly label: string;
  /** The object and the stream at the other end. */
  readonly to: "contacts" | "companies";
  readonly stream: "contact" | "company";
  /** The type that is meant, seen from this record (@hubspot/api-client, AssociationTypes). */
  readonly typeId: number;
  /** How lists name that type. */
  readonly listed: string;
  /**
   * `primary`: HubSpot keeps one of them primary, and the others are let be. `sole`: this type is meant to be one, so that a new one
   * replaces the old; where there are several, the field says nothing.
   */
  readonly keeps: "primary" | "sole";
  /** HubSpot keeps one of this type for a record: a second one takes its place, or is refused while the first stands. */
  readonly exclusive?: boolean;
  /** A read-only property with the id of the record at the other end; where an account shows it, no association is read. */
  readonly property?: string;
}

export type Properties = Readonly<Record<string, string | null>>;

/** A record of a list, search or batch answer. Every value is text. */
export interface Row {
  readonly id: string;
  readonly properties: Properties;
  readonly createdAt?: string;
  readonly updatedAt?: string;
  readonly archived?: boolean;
  readonly archivedAt?: string;
  readonly associations?: Readonly<
    Record<string, { results: readonly { id: string; type: string }[]; paging?: unknown }>
  >;
}

/** Rows become visible to searches some moments after they changed. Seconds are usual; five minutes cover a slow index. */
export const OVERLAP_MS = 5 * 60_000;

/** Of a merge's survivor: the ids it swallowed, divided by semicolons. */
export const MERGED = "hs_merged_object_ids";

const LIFECYCLE = "lifecyclestage";
/** Who has a deal or has bought is a contact; everybody else is a lead. */
const CONTACT_STAGES = new Set(["opportunity", "customer", "evangelist"]);

const company = (typeId: number, from: string, property: string): Tie => ({
  field: "associations.company",
  label: "Primary company",
  to: "companies",
  stream: "company",
  typeId,
  listed: `${from}_to_company`,
  keeps: "primary",
  property,
});

export const FACTS = {
  contact: {
    object: "contacts",
    stamp: "lastmodifieddate",
    ties: [company(1, "contact", "associatedcompanyid")],
    days: [],
    staged: false,
    begins: (properties) => (CONTACT_STAGES.has(properties[LIFECYCLE] ?? "") ? "contact" : "lead"),
  },
  company: {
    object: "companies",
    stamp: "hs_lastmodifieddate",
    ties: [
      {
        field: "associations.parent",
        label: "Parent company",
        to: "companies",
        stream: "company",
        typeId: 14,
        listed: "child_to_parent_company",
        keeps: "sole",
        exclusive: true,
        property: "hs_parent_company_id",
      },
    ],
    days: [],
    staged: false,
  },
  deal: {
    object: "deals",
    stamp: "hs_lastmodifieddate",
    ties: [
      company(5, "deal", "hs_primary_associated_company"),
      {
        field: "associations.contact",
        label: "Contact, where the deal has one",
        to: "contacts",
        stream: "contact",
        typeId: 3,
        listed: "deal_to_contact",
        keeps: "sole",
      },
    ],
    days: ["closedate"],
    staged: true,
  },
} as const satisfies Record<string, ObjectFacts>;

/** Which fields are properties, and which are put together by Winston. */
export const isProperty = (field: string): boolean => !field.includes(".");

/** The properties to ask for: those of the mapping and those Winston needs itself. */
export function askedProperties(facts: ObjectFacts, { handleProperty }: Settings, fields: readonly string[]): string[] {
  return [
    ...new Set([
      facts.stamp,
      handleProperty,
      MERGED,
      ...(facts.begins ? [LIFECYCLE] : []),
      ...(facts.staged && fields.some((field) => field.startsWith("stage.")) ? ["dealstage"] : []),
      ...facts.ties.flatMap((tie) => (tie.property !== undefined && fields.includes(tie.field) ? [tie.property] : [])),
      ...fields.filter(isProperty),
    ]),
  ];
}

/** A row as a record, without what is put together. A property that the row does not carry stays absent. */
export function toRecord(
  facts: ObjectFacts,
  { handleProperty, timeZone }: Settings,
  fields: readonly string[],
  row: Row,
): VendorRecord & { readonly fields: Record<string, unknown> } {
  expected(typeof row?.id === "string" && typeof row.properties === "object", "a record with an id and properties");
  const { properties } = row;
  const values: Record<string, unknown> = {};
  for (const name of fields) {
    const value = isProperty(name) ? properties[name] : undefined;
    if (value === undefined) continue;
    values[name] = value && facts.days.includes(name) ? calendarDay(value, timeZone) : value;
  }
  const handle = properties[handleProperty];
  return {
    id: row.id,
    changedAt: stampOf(facts, row),
    version: row.updatedAt ?? properties[facts.stamp] ?? null,
    fields: values,
    ...(handle === undefined ? {} : { handle: handle || null }),
    ...(row.archived === true ? { deleted: true } : {}),
    ...(facts.begins ? { stage: facts.begins(properties) } : {}),
  };
}

/** The ids a record swallowed in merges, as records that point to it. HubSpot lists them nowhere else. */
export function swallowed(row: Row): VendorRecord[] {
  const ids = (row.properties[MERGED] ?? "").split(";").map((id) => id.trim());
  return ids
    .filter((id) => id !== "" && id !== row.id)
    .map((id) => ({ id, changedAt: null, version: null, fields: {}, mergedInto: row.id }));
}

/** The time of the last change in milliseconds; answers write it as ISO or as milliseconds. */
export function stampOf(facts: ObjectFacts, row: Row): number | null {
  const stamp = row.properties[facts.stamp] ?? row.updatedAt;
  if (!stamp) return null;
  const at = /^\d+$/u.test(stamp) ? Number(stamp) : Date.parse(stamp);
  return Number.isNaN(at) ? null : at;
}
