// The eight record resources of the API and the kind behind each. Leads and contacts are stages of one kind: person.
import type { KINDS } from "../mapping/kinds.ts";

export interface Resource {
  /** As in the path: /api/<name>. */
  readonly name: "leads" | "contacts" | "accounts" | "deals" | "deal-contacts" | "campaigns" | "activities" | "users";
  /** The client's member for it. */
  readonly sdk: "leads" | "contacts" | "accounts" | "deals" | "dealContacts" | "campaigns" | "activities" | "users";
  /** One of them, in words and as the name of its schema. */
  readonly one: string;
  readonly schema: string;
  readonly kind: keyof typeof KINDS;
  readonly stage?: "lead" | "contact";
}

export const RESOURCES: readonly Resource[] = [
  { name: "leads", sdk: "leads", one: "lead", schema: "Lead", kind: "person", stage: "lead" },
  { name: "contacts", sdk: "contacts", one: "contact", schema: "Contact", kind: "person", stage: "contact" },
  { name: "accounts", sdk: "accounts", one: "account", schema: "Account", kind: "account" },
  { name: "deals", sdk: "deals", one: "deal", schema: "Deal", kind: "deal" },
  { name: "deal-contacts", sdk: "dealContacts", one: "deal contact", schema: "DealContact", kind: "deal-contact" },
  { name: "campaigns", sdk: "campaigns", one: "campaign", schema: "Campaign", kind: "campaign" },
  { name: "activities", sdk: "activities", one: "activity", schema: "Activity", kind: "activity" },
  { name: "users", sdk: "users", one: "user", schema: "User", kind: "user" },
];

/** "a lead", "an account", "a user". */
export const withArticle = (one: string): string => `${/^[aeio]/u.test(one) ? "an" : "a"} ${one}`;
