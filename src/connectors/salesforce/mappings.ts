// The mappings a new connection begins with: plain data, as a person could have written it (src/mapping/document.ts).
import type { Json, JsonObject } from "../../base/json.ts";

/** What stands in a field that the vendor requires and we lack; read back, it is blank. */
const NOT_PROVIDED = "[not provided]";

interface Row {
  readonly field: string | readonly string[];
  readonly record: string | readonly string[];
  readonly transform: string;
  readonly direction?: "both" | "in" | "out";
  readonly options?: JsonObject;
  readonly onCreate?: Json;
  readonly rule?: "restrictive";
}

const text = (field: string, record: string, more: Partial<Row> = {}): Row => ({
  field,
  record,
  transform: "text",
  ...more,
});
const pick = (field: string, record: string, more: Partial<Row> = {}): Row => ({
  field,
  record,
  transform: "picklist",
  ...more,
});
const as =
  (transform: string) =>
  (field: string, record: string, more: Partial<Row> = {}): Row => ({ field, record, transform, ...more });
const [email, phone, url, number, money, date, datetime, reference] = (
  ["email", "phone", "url", "number", "money", "date", "datetime", "reference"] as const
).map(as) as [typeof text, typeof text, typeof text, typeof text, typeof text, typeof text, typeof text, typeof text];

/** The vendor's checkboxes know no blank: blank is false. Consent goes to the stricter side. */
const flag = (field: string, record: string, more: Partial<Row> = {}): Row => ({
  field,
  record,
  transform: "boolean",
  options: { blank: false },
  ...more,
});
const consent = { rule: "restrictive" } as const;

const owner = reference("owner", "OwnerId");
const address = (prefix: string): Row[] => [
  text("street", `${prefix}Street`),
  text("city", `${prefix}City`),
  text("state", `${prefix}State`),
  text("postalCode", `${prefix}PostalCode`),
  text("country", `${prefix}Country`),
];

const document = (kind: string, rows: readonly Row[], stage?: string): JsonObject => ({
  kind,
  ...(stage === undefined ? {} : { stage }),
  rows: rows.map((row) => ({ direction: "both", ...row }) as unknown as Json),
});

const person: Row[] = [
  text("firstName", "FirstName"),
  text("lastName", "LastName", { onCreate: NOT_PROVIDED }),
  pick("salutation", "Salutation"),
  text("title", "Title"),
  email("email", "Email"),
  phone("phone", "Phone"),
  phone("mobile", "MobilePhone"),
  pick("source", "LeadSource"),
  text("description", "Description"),
  flag("doNotEmail", "HasOptedOutOfEmail", consent),
  flag("doNotCall", "DoNotCall", consent),
  owner,
];

/** The beginnings of ids are the same in every organisation (Object Reference, "Standard Object Prefixes"). */
const relatedTo: Row = {
  field: ["deal", "campaign", "account"],
  record: "WhatId",
  transform: "reference",
  options: { beginnings: { "006": "deal", "701": "campaign", "001": "account" } },
};

export const mappings = {
  user: document("user", [
    text("name", "Name", { direction: "in" }),
    email("email", "Email", { direction: "in" }),
    flag("active", "IsActive", { direction: "in" }),
  ]),
  // Its address is where its members are told, and may be one of theirs: it is nobody's.
  queue: document("user", [text("name", "Name", { direction: "in" })]),
  lead: document(
    "person",
    [
      ...person,
      text("company", "Company", { onCreate: NOT_PROVIDED }),
      url("website", "Website"),
      ...address(""),
      pick("status", "Status"),
      pick("rating", "Rating"),
      pick("industry", "Industry"),
      number("employees", "NumberOfEmployees"),
      money("annualRevenue", "AnnualRevenue"),
    ],
    "lead",
  ),
  contact: document(
    "person",
    [...person, ...address("Mailing"), date("birthday", "Birthdate"), reference("account", "AccountId")],
    "contact",
  ),
  account: document("account", [
    text("name", "Name", { onCreate: NOT_PROVIDED }),
    url("website", "Website"),
    phone("phone", "Phone"),
    pick("industry", "Industry"),
    pick("type", "Type"),
    number("employees", "NumberOfEmployees"),
    money("annualRevenue", "AnnualRevenue"),
    text("description", "Description"),
    ...address("Billing"),
    reference("parent", "ParentId"),
    owner,
  ]),
  opportunity: document("deal", [
    text("name", "Name", { onCreate: NOT_PROVIDED }),
    money("amount", "Amount"),
    pick("stage", "StageName", { onCreate: "Prospecting" }),
    number("probability", "Probability"),
    flag("isClosed", "IsClosed", { direction: "in" }),
    flag("isWon", "IsWon", { direction: "in" }),
    date("closeDate", "CloseDate", { onCreate: "2099-12-31" }),
    pick("type", "Type"),
    pick("source", "LeadSource"),
    text("description", "Description"),
    text("nextStep", "NextStep"),
    reference("account", "AccountId"),
    reference("campaign", "CampaignId"),
    owner,
  ]),
  opportunityContactRole: document("deal-contact", [
    reference("deal", "OpportunityId"),
    reference("contact", "ContactId"),
    pick("role", "Role"),
    flag("primary", "IsPrimary"),
  ]),
  campaign: document("campaign", [
    text("name", "Name", { onCreate: NOT_PROVIDED }),
    pick("type", "Type"),
    pick("status", "Status"),
    date("startDate", "StartDate"),
    date("endDate", "EndDate"),
    money("budget", "BudgetedCost"),
    money("actualCost", "ActualCost"),
    flag("isActive", "IsActive"),
    text("description", "Description"),
    reference("parent", "ParentId"),
    owner,
  ]),
  task: document("activity", [
    // Set at create only, and a note is a task there: what comes back could not tell the two apart.
    pick("type", "TaskSubtype", {
      direction: "out",
      options: { table: { Task: "task", Call: "call", Email: "email" }, otherwise: "null" },
    }),
    text("subject", "Subject"),
    text("body", "Description"),
    pick("status", "Status"),
    pick("priority", "Priority"),
    date("dueDate", "ActivityDate"),
    reference("person", "WhoId"),
    relatedTo,
    owner,
  ]),
  event: document("activity", [
    { field: "type", record: [], transform: "constant", direction: "in", options: { value: "meeting" } },
    text("subject", "Subject"),
    text("body", "Description"),
    datetime("startsAt", "StartDateTime"),
    datetime("endsAt", "EndDateTime"),
    reference("person", "WhoId"),
    relatedTo,
    owner,
  ]),
} as const satisfies Record<string, JsonObject>;
