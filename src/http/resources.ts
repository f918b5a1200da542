// The seven record resources of the API and the kind behind each. Leads and contacts are stages of one kind: person.
import type { KINDS } from "../mapping/kinds.ts";

export interface Resource {
  /** As in the path: /api/<name>. */
  readonly name: "leads" | "contacts" | "accounts" | "deals" | "campaigns" | "activities" | "users";
  /** One of them, in words and as the name of its schema. */
  readonly one: string;
  readonly schema: string;
  readonly kind: keyof typeof KINDS;
  readonly stage?: "lead" | "contact";
}

export const RESOURCES: readonly Resource[] = [
  { name: "leads", one: "lead", schema: "Lead", kind: "person", stage: "lead" },
  { name: "contacts", one: "contact", schema: "Contact", kind: "person", stage: "contact" },
  { name: "accounts", one: "account", schema: "Account", kind: "account" },
  { name: "deals", one: "deal", schema: "Deal", kind: "deal" },
  { name: "campaigns", one: "campaign", schema: "Campaign", kind: "campaign" },
  { name: "activities", one: "activity", schema: "Activity", kind: "activity" },
  { name: "users", one: "user", schema: "User", kind: "user" },
];
