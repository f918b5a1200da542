// The kinds Winston knows from birth and their standard fields. Custom fields and custom kinds are added beside these by data.
import type { Field, FieldType } from "./types.ts";

export interface Kind {
  readonly key: string;
  readonly label: string;
  readonly plural: string;
  /** Steps of one life, in order: a lead and the contact it becomes are one person. Empty for most kinds. */
  readonly stages: readonly string[];
  readonly fields: readonly Field[];
  /**
   * Of a tie: the two references that it joins. It is known by what they point to, cannot be made anywhere before both are there, and goes
   * with either of them.
   */
  readonly ends?: readonly [string, string];
}

type Row = readonly [key: string, type: FieldType, label: string, target?: string];

const fields = (rows: readonly Row[]): readonly Field[] =>
  rows.map(([key, type, label, target]) => ({ key, type, label, ...(target === undefined ? {} : { target }) }));

const ADDRESS: readonly Row[] = [
  ["street", "text", "Street"],
  ["city", "text", "City"],
  ["state", "text", "State or province"],
  ["postalCode", "text", "Postal code"],
  ["country", "text", "Country"],
];
const OWNER: Row = ["owner", "reference", "Owner", "user"];

export const KINDS = {
  person: {
    key: "person",
    label: "Person",
    plural: "People",
    stages: ["lead", "contact"],
    fields: fields([
      ["firstName", "text", "First name"],
      ["lastName", "text", "Last name"],
      ["salutation", "picklist", "Salutation"],
      ["title", "text", "Job title"],
      ["email", "email", "Email"],
      ["phone", "phone", "Phone"],
      ["mobile", "phone", "Mobile phone"],
      ["company", "text", "Company"],
      ["website", "url", "Website"],
      ...ADDRESS,
      ["source", "picklist", "Source"],
      ["status", "picklist", "Status"],
      ["rating", "picklist", "Rating"],
      ["industry", "picklist", "Industry"],
      ["employees", "number", "Employees"],
      ["annualRevenue", "money", "Annual revenue"],
      ["description", "text", "Description"],
      ["doNotEmail", "boolean", "Do not email"],
      ["doNotCall", "boolean", "Do not call"],
      ["birthday", "date", "Birthday"],
      ["account", "reference", "Account", "account"],
      OWNER,
    ]),
  },
  account: {
    key: "account",
    label: "Account",
    plural: "Accounts",
    stages: [],
    fields: fields([
      ["name", "text", "Name"],
      ["website", "url", "Website"],
      ["phone", "phone", "Phone"],
      ["industry", "picklist", "Industry"],
      ["type", "picklist", "Type"],
      ["employees", "number", "Employees"],
      ["annualRevenue", "money", "Annual revenue"],
      ["description", "text", "Description"],
      ...ADDRESS,
      ["parent", "reference", "Parent account", "account"],
      OWNER,
    ]),
  },
  deal: {
    key: "deal",
    label: "Deal",
    plural: "Deals",
    stages: [],
    fields: fields([
      ["name", "text", "Name"],
      ["amount", "money", "Amount"],
      ["stage", "picklist", "Stage"],
      ["probability", "number", "Probability in percent"],
      ["isClosed", "boolean", "Closed, won or lost"],
      ["isWon", "boolean", "Closed and won"],
      ["stageHistory", "json", "Stages with the times they began"],
      ["closeDate", "date", "Close date"],
      ["type", "picklist", "Type"],
      ["source", "picklist", "Source"],
      ["description", "text", "Description"],
      ["nextStep", "text", "Next step"],
      ["account", "reference", "Account", "account"],
      ["campaign", "reference", "Campaign", "campaign"],
      OWNER,
    ]),
  },
  campaign: {
    key: "campaign",
    label: "Campaign",
    plural: "Campaigns",
    stages: [],
    fields: fields([
      ["name", "text", "Name"],
      ["type", "picklist", "Type"],
      ["status", "picklist", "Status"],
      ["startDate", "date", "Start date"],
      ["endDate", "date", "End date"],
      ["budget", "money", "Budget"],
      ["actualCost", "money", "Actual cost"],
      ["isActive", "boolean", "Active"],
      ["description", "text", "Description"],
      ["parent", "reference", "Parent campaign", "campaign"],
      OWNER,
    ]),
  },
  "deal-contact": {
    key: "deal-contact",
    label: "Deal contact",
    plural: "Deal contacts",
    stages: [],
    fields: fields([
      ["deal", "reference", "Deal", "deal"],
      ["contact", "reference", "Contact", "person"],
      ["role", "picklist", "Role of the contact in the deal"],
      ["primary", "boolean", "The deal's primary contact"],
    ]),
    ends: ["deal", "contact"],
  },
  activity: {
    key: "activity",
    label: "Activity",
    plural: "Activities",
    stages: [],
    fields: fields([
      ["type", "picklist", "Type: task, call, email, meeting or note"],
      ["subject", "text", "Subject"],
      ["body", "text", "Body"],
      ["status", "picklist", "Status"],
      ["priority", "picklist", "Priority"],
      ["dueDate", "date", "Due date"],
      ["startsAt", "datetime", "Starts at"],
      ["endsAt", "datetime", "Ends at"],
      ["completed", "boolean", "Completed"],
      ["person", "reference", "Person", "person"],
      ["account", "reference", "Account", "account"],
      ["deal", "reference", "Deal", "deal"],
      ["campaign", "reference", "Campaign", "campaign"],
      OWNER,
    ]),
  },
  user: {
    key: "user",
    label: "User",
    plural: "Users",
    stages: [],
    fields: fields([
      ["name", "text", "Name"],
      ["email", "email", "Email"],
      ["active", "boolean", "Active"],
    ]),
  },
} as const satisfies Record<string, Kind>;

export type StandardKind = keyof typeof KINDS;

/** The values of an activity's `type`. */
export const ACTIVITY_TYPES = ["task", "call", "email", "meeting", "note"] as const;

/** The standard fields of a kind; none for a custom kind. */
export function standardFields(kind: string): readonly Field[] {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as StandardKind].fields : [];
}

/** The stages of a kind in their order; none for a kind without any. */
export function standardStages(kind: string): readonly string[] {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as StandardKind].stages : [];
}

/** The two references that things of this kind join; undefined for a kind whose things stand alone. */
export function endsOf(kind: string): readonly [string, string] | undefined {
  return Object.hasOwn(KINDS, kind) ? (KINDS[kind as StandardKind] as Kind).ends : undefined;
}

/** The kinds of ties that have things of this kind at an end, with the references that may lead to it. */
export function tiesTo(kind: string): readonly { readonly kind: string; readonly fields: readonly string[] }[] {
  return Object.values<Kind>(KINDS).flatMap((tie) => {
    const ends = (tie.ends ?? []).filter((end) => tie.fields.find(({ key }) => key === end)!.target === kind);
    return ends.length === 0 ? [] : [{ kind: tie.key, fields: ends }];
  });
}

/** What a word such as "lead", "contacts" or "deal" names: a kind, with its stage where the word is one. undefined for any other word. */
export function kindNamed(word: string): { readonly kind: string; readonly stage?: string } | undefined {
  const name = word.toLowerCase().replaceAll("-", " ");
  for (const kind of Object.values<Kind>(KINDS)) {
    if (name === kind.key.replaceAll("-", " ") || name === kind.plural.toLowerCase()) return { kind: kind.key };
    const stage = kind.stages.find((one) => name === one || name === `${one}s`);
    if (stage !== undefined) return { kind: kind.key, stage };
  }
  return undefined;
}
