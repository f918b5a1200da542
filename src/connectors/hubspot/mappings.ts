// The mappings a new connection begins with: plain data, as a person could have written it (src/mapping/document.ts).
import type { Json, JsonObject } from "../../base/json.ts";
import type { VendorField } from "../../connector/contract.ts";

interface Row {
  readonly field: string | readonly string[];
  readonly record: string | readonly string[];
  readonly transform: string;
  readonly direction?: "both" | "in" | "out";
  readonly options?: JsonObject;
  readonly onCreate?: Json;
  readonly rule?: "restrictive" | "winston";
}

type Make = (field: string, record: string, more?: Partial<Row>) => Row;
const as =
  (transform: string, options?: JsonObject): Make =>
  (field, record, more = {}) => ({ field, record, transform, ...(options ? { options } : {}), ...more });

const text = as("text");
const [email, phone, url, date, reference] = [as("email"), as("phone"), as("url"), as("date"), as("reference")];
/** Every value is text to HubSpot. */
const number = as("number", { as: "text" });
const money = as("money", { as: "text" });

const owner = reference("owner", "hubspot_owner_id");
const inbound = { direction: "in" } as const;

const document = (kind: string, rows: readonly Row[]): JsonObject => ({
  kind,
  rows: rows.map((row) => ({ direction: "both", ...row }) as unknown as Json),
});

/**
 * The stages every account begins with, by the names that most sales systems give them. Stages of an account's own go by their labels
 * (`withStages`). Two-way, so each name stands for one stage.
 */
const STAGES: Readonly<Record<string, string>> = {
  appointmentscheduled: "Prospecting",
  qualifiedtobuy: "Qualification",
  presentationscheduled: "Value Proposition",
  decisionmakerboughtin: "Proposal/Price Quote",
  contractsent: "Negotiation/Review",
  closedwon: "Closed Won",
  closedlost: "Closed Lost",
};

/** Steps that other systems have besides, and the stage that stands for them here; what they say is not coarsened by that. */
const ALSO: Readonly<Record<string, string>> = {
  "Needs Analysis": "qualifiedtobuy",
  "Id. Decision Makers": "presentationscheduled",
  "Perception Analysis": "presentationscheduled",
};

export const mappings = {
  owner: document("user", [
    text("name", "name", inbound),
    email("email", "email", inbound),
    as("boolean")("active", "active", inbound),
  ]),
  company: document("account", [
    text("name", "name"),
    url("website", "website"),
    phone("phone", "phone"),
    number("employees", "numberofemployees"),
    money("annualRevenue", "annualrevenue"),
    text("description", "description"),
    text("street", "address"),
    text("city", "city"),
    text("state", "state"),
    text("postalCode", "zip"),
    text("country", "country"),
    reference("parent", "associations.parent"),
    owner,
  ]),
  contact: document("person", [
    text("firstName", "firstname"),
    text("lastName", "lastname"),
    text("salutation", "salutation"),
    text("title", "jobtitle"),
    email("email", "email"),
    phone("phone", "phone"),
    phone("mobile", "mobilephone"),
    text("company", "company"),
    url("website", "website"),
    text("street", "address"),
    text("city", "city"),
    text("state", "state"),
    text("postalCode", "zip"),
    text("country", "country"),
    // Who unsubscribed must be known everywhere; HubSpot itself is told by its subscription pages only.
    as("boolean", { blank: false })("doNotEmail", "hs_email_optout", { ...inbound, rule: "restrictive" }),
    reference("account", "associations.company"),
    owner,
  ]),
  deal: document("deal", [
    text("name", "dealname"),
    money("amount", "amount"),
    as("picklist", { table: STAGES, also: ALSO, otherwise: "problem" })("stage", "dealstage"),
    // HubSpot derives it from the stage; what another system says of the same deal is not overwritten by that.
    as("number")("probability", "stage.probability", { ...inbound, rule: "winston" }),
    as("boolean")("isClosed", "stage.closed", inbound),
    as("boolean")("isWon", "stage.won", inbound),
    date("closeDate", "closedate"),
    text("description", "description"),
    text("nextStep", "hs_next_step"),
    reference("account", "associations.company"),
    owner,
  ]),
  dealContact: document("deal-contact", [
    reference("deal", "dealId"),
    reference("contact", "contactId"),
    as("picklist", { otherwise: "pass" })("role", "label"),
  ]),
} as const satisfies Record<string, JsonObject>;

/** How most sales systems write the roles of a deal's contacts. */
const ROLES = [
  "Business User",
  "Decision Maker",
  "Economic Buyer",
  "Economic Decision Maker",
  "Evaluator",
  "Executive Sponsor",
  "Influencer",
  "Technical Buyer",
  "Other",
];

/** The mapping of deal contacts with the account's own labels: one that is a usual role but for its capitals is that role; others pass as they are. */
export function withRoles(mapping: JsonObject, fields: readonly VendorField[]): JsonObject {
  const options = fields.find(({ name }) => name === "label")?.options ?? [];
  const table = Object.fromEntries(
    options.flatMap(({ value }) => {
      const role = ROLES.find((one) => one.toLowerCase() === value.toLowerCase());
      return role === undefined || role === value ? [] : [[value, role] as const];
    }),
  );
  if (Object.keys(table).length === 0) return mapping;
  const rows = (mapping["rows"] as unknown as Row[]).map((row) =>
    row.record === "label" ? { ...row, options: { ...row.options, table } } : row,
  );
  return { ...mapping, rows: rows as unknown as Json[] };
}

/** A mapping of deals in force with the stages that its table lacks. What it calls others stays. */
export function withNewStages(mapping: JsonObject, fields: readonly VendorField[]): JsonObject {
  const options = fields.find(({ name }) => name === "dealstage")?.options ?? [];
  const rows = (mapping["rows"] as unknown as Row[]).map((row) => {
    const { table, also = {} } = (row.options ?? {}) as {
      table?: Record<string, string>;
      also?: Record<string, string>;
    };
    const missing = row.record === "dealstage" && table ? options.filter(({ value }) => !(value in table)) : [];
    if (missing.length === 0) return row;
    const taken = new Set(Object.values(table!));
    const added: Record<string, string> = {};
    for (const { value, label } of missing) {
      added[value] = taken.has(label) ? `${label} (${value})` : label;
      taken.add(added[value]);
    }
    // A step that is a stage of its own here by now needs no other to stand for it.
    const left = Object.fromEntries(Object.entries(also).filter(([name]) => !taken.has(name)));
    return {
      ...row,
      options: { ...row.options, table: { ...table, ...added }, ...(row.options!["also"] ? { also: left } : {}) },
    };
  });
  return rows.some((row, index) => row !== (mapping["rows"] as unknown as Row[])[index])
    ? { ...mapping, rows: rows as unknown as Json[] }
    : mapping;
}

/** The mapping of deals with a table of the account's own stages, from the options of `dealstage`. */
export function withStages(mapping: JsonObject, fields: readonly VendorField[]): JsonObject {
  const options = fields.find(({ name }) => name === "dealstage")?.options ?? [];
  if (options.length === 0) return mapping;
  const table: Record<string, string> = {};
  const taken = new Set<string>();
  for (const { value, label } of options) {
    const plain = STAGES[value] ?? label;
    // Two stages of one name would be one on the way back.
    const name = taken.has(plain) ? `${plain} (${value})` : plain;
    taken.add(name);
    table[value] = name;
  }
  // A step that is a stage of its own here needs no other to stand for it.
  const also = Object.fromEntries(
    Object.entries(ALSO).filter(([name, stage]) => table[stage] !== undefined && !taken.has(name)),
  );
  const rows = (mapping["rows"] as unknown as Row[]).map((row) =>
    row.record === "dealstage" ? { ...row, options: { ...row.options, table, also } } : row,
  );
  return { ...mapping, rows: rows as unknown as Json[] };
}
