// The seeded story, told from HubSpot's side: Larkfield Robotics again. Its marketing keeps people in HubSpot whom its
// sellers keep in Salesforce. A Salesforce simulator of the same seed has the same people, and some of them are here,
// with the small differences that typing twice makes; others are only here. And the dirt real portals have: addresses
// like info@ that several people share, companies that share a domain, imports in one millisecond, an owner who left.
import { pick, type Random } from "../../base/random.ts";
import { createSalesforce } from "../salesforce/index.ts";
import { PLACES, TITLES } from "../salesforce/story-names.ts";
import type { Data, Manner } from "./data.ts";
import type { Portal } from "./portal.ts";

const DAY = 86_400_000;
const SPAN = 540 * DAY;

const SIZE = {
  /** From the other side's contacts and leads, and people only here: 1,200. */
  sharedContacts: 380,
  sharedLeads: 320,
  ownContacts: 500,
  sharedCompanies: 95,
  ownCompanies: 55,
  sharedDeals: 80,
  ownDeals: 70,
};

/** A record of the other side, as its own pages show it. */
type There = Readonly<Record<string, unknown>>;

interface Told {
  readonly data: Data;
  readonly random: Random;
  readonly now: number;
  readonly start: number;
  /** Owner ids by the other side's user id. */
  readonly owners: ReadonlyMap<unknown, string>;
  readonly sellers: readonly string[];
}

/** Tells the story into an empty portal. Everything comes from `random`, which must be fresh for people to overlap. */
export function tellLarkfield(portal: Portal, data: Data): void {
  const { random, clock } = portal;
  const there = createSalesforce({ clock, random, story: "larkfield" }).data;
  const now = clock.now();
  const users = there.list("User");
  const owners = new Map(users.map((user) => [user["Id"], addOwner(data, user, now - SPAN)]));
  const sellers = [...owners.values()].slice(1); // The first is the integration user.
  const told: Told = { data, random, now, start: now - SPAN, owners, sellers };

  addProperties(data);
  const accounts = shuffled(random, there.list("Account")).slice(0, SIZE.sharedCompanies);
  const companies = addCompanies(told, accounts);
  const people = addContacts(told, there, companies);
  addDeals(told, there, companies, people);
  // Somebody who left keeps what was hers; the other side has not heard of it yet.
  data.deactivateOwner(owners.get(users.find((one) => one["LastName"] === "Rahman")!["Id"])!);
  data.indexNow();
}

function addOwner(data: Data, user: There, at: number): string {
  const owner = { firstName: text(user["FirstName"]), lastName: text(user["LastName"]), email: text(user["Email"]) };
  return data.addOwner(owner, { at });
}

function addProperties(data: Data): void {
  const choice = (value: string, displayOrder: number) => ({ label: value, value, displayOrder, hidden: false });
  data.addProperty("companies", {
    name: "tier",
    label: "Tier",
    type: "enumeration",
    fieldType: "select",
    options: ["A", "B", "C"].map(choice),
  });
  data.addProperty("contacts", {
    name: "interests",
    label: "Interests",
    type: "enumeration",
    fieldType: "checkbox",
    options: ["Robots", "Vision", "Safety", "Service"].map(choice),
  });
  data.addProperty("contacts", { name: "score", label: "Score", type: "number", fieldType: "number" });
  data.addLabel("deals", "contacts", "Decision maker", "Decides on");
  data.addLabel("deals", "contacts", "Champion", "Champion of");
  data.addLabel("deals", "contacts", "Evaluator", "Evaluates");
}

interface Company {
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly at: number;
  /** The account this is on the other side. */
  readonly account?: unknown;
}

function addCompanies(told: Told, accounts: readonly There[]): Company[] {
  const { data, random, now, start } = told;
  const companies: Company[] = [];
  const add = (name: string, domain: string, more: Record<string, string>, at: number, account?: unknown): void => {
    const id = data.add("companies", filled({ name, domain, hubspot_owner_id: pick(random, told.sellers), ...more }), {
      at,
    });
    companies.push({ id, domain, name, at, account });
  };
  for (const account of accounts) {
    const website = text(account["Website"]).replace(/^https?:\/\/(?:www\.)?/u, "");
    const owner = told.owners.get(account["OwnerId"]);
    add(
      retyped(random, text(account["Name"])),
      website,
      {
        phone: text(account["Phone"]),
        city: text(account["BillingCity"]),
        country: text(account["BillingCountry"]),
        numberofemployees: chance(random, 0.8) ? text(account["NumberOfEmployees"]) : "",
        annualrevenue: text(account["AnnualRevenue"]),
        industry: account["Industry"] === "Retail" ? "RETAIL" : account["Industry"] === "Shipping" ? "MARITIME" : "",
        lifecyclestage: text(account["Type"]).startsWith("Customer") ? "customer" : "lead",
        tier: chance(random, 0.3) ? pick(random, ["A", "B", "C"]) : "",
        ...(owner !== undefined && chance(random, 0.85) ? { hubspot_owner_id: owner } : {}),
      },
      between(random, start, now - 20 * DAY),
      account["Id"],
    );
  }
  for (let index = 0; index < SIZE.ownCompanies; index++) {
    const place = pick(random, PLACES);
    const name = `${pick(random, place.firms)} ${pick(random, place.suffixes)}`;
    // Two companies of one domain: a branch, or the same firm typed twice.
    const domain = index % 11 === 5 ? companies[index]!.domain : `${plain(name) || "firm"}-${index}.example`;
    const more = { city: pick(random, place.cities), country: place.country, lifecyclestage: "lead" };
    add(name, domain, more, between(random, start, now - DAY));
  }
  for (const company of companies.slice(20, 28))
    data.associate("companies", company.id, "companies", pick(random, companies.slice(0, 20)).id, "Parent Company", {
      at: company.at,
    });
  return companies;
}

interface Person {
  readonly id: string;
  readonly company?: Company;
  /** The contact or lead this is on the other side. */
  readonly there?: unknown;
  readonly at: number;
}

function addContacts(told: Told, there: { list(object: string): There[] }, companies: readonly Company[]): Person[] {
  const { data, random, now, start } = told;
  const byAccount = new Map(companies.map((one) => [one.account, one]));
  const people: Person[] = [];
  const taken = new Set<string>();
  const add = (
    values: Record<string, string>,
    company: Company | undefined,
    manner: Manner & { at: number },
    other?: unknown,
  ): void => {
    const email = (values["email"] ?? "").toLowerCase();
    // Here an address belongs to one contact only; whoever comes second has none.
    const own = taken.has(email) ? "" : email;
    if (own !== "") taken.add(own);
    const owned = { hubspot_owner_id: pick(random, told.sellers), ...values, email: own };
    const id = data.add("contacts", filled(owned), manner);
    if (company) data.associate("contacts", id, "companies", company.id, undefined, manner);
    people.push({ id, at: manner.at, there: other, ...(company ? { company } : {}) });
    if (chance(random, 0.25))
      data.edit("contacts", id, { jobtitle: pick(random, TITLES) }, { at: between(random, manner.at, now) });
  };
  const from = (one: There, company: string, stage: string, at: number, manner: Manner = {}): void => {
    const owner = told.owners.get(one["OwnerId"]);
    add(
      {
        firstname: retyped(random, text(one["FirstName"])),
        lastname: retyped(random, text(one["LastName"])),
        email: text(one["Email"]),
        phone: chance(random, 0.3) ? text(one["Phone"]).replaceAll(/[^\d+]/gu, "") : text(one["Phone"]),
        mobilephone: chance(random, 0.5) ? text(one["MobilePhone"]) : "",
        jobtitle: chance(random, 0.7) ? text(one["Title"]).trim() : "",
        company,
        city: text(one["City"] ?? one["MailingCity"]),
        country: text(one["Country"] ?? one["MailingCountry"]),
        lifecyclestage: stage,
        ...(owner !== undefined && chance(random, 0.85) ? { hubspot_owner_id: owner } : {}),
      },
      byAccount.get(one["AccountId"]),
      { ...manner, at },
      one["Id"],
    );
  };
  const listed = shuffled(random, there.list("Contact"));
  const known = [...listed.filter((one) => byAccount.has(one["AccountId"])), ...listed];
  for (const one of [...new Set(known)].slice(0, SIZE.sharedContacts))
    from(
      one,
      byAccount.get(one["AccountId"])?.name ?? "",
      pick(random, ["opportunity", "customer"]),
      between(random, start, now),
    );
  const open = there.list("Lead").filter((one) => one["IsConverted"] !== true);
  // The fair's list: many people, one millisecond.
  const fair = between(random, start, now - 30 * DAY);
  for (const [index, one] of shuffled(random, open).slice(0, SIZE.sharedLeads).entries())
    from(
      one,
      text(one["Company"]),
      "lead",
      index < 150 ? fair : between(random, start, now),
      index < 150 ? { source: "IMPORT" } : {},
    );
  for (let index = 0; index < SIZE.ownContacts; index++) {
    const place = pick(random, PLACES);
    const [first, last] = [pick(random, place.first), pick(random, place.last)];
    const company = chance(random, 0.5) ? pick(random, companies) : undefined;
    const domain = company?.domain || pick(random, ["example.com", "example.net", "example.org"]);
    const local = chance(random, 0.06)
      ? "info"
      : `${plain(first)}.${plain(last)}`.replaceAll(/^\.|\.$/gu, "") || "person";
    add(
      {
        firstname: chance(random, 0.94) ? first : "",
        lastname: last,
        email: chance(random, 0.88)
          ? `${local}${local === "info" || chance(random, 0.2) ? "" : `h${index}`}@${domain}`
          : "",
        jobtitle: chance(random, 0.5) ? pick(random, TITLES).trim() : "",
        company: company?.name ?? "",
        city: pick(random, place.cities),
        country: place.country,
        lifecyclestage: pick(random, ["subscriber", "lead", "marketingqualifiedlead"]),
        hs_lead_status: chance(random, 0.4) ? pick(random, ["NEW", "OPEN", "CONNECTED"]) : "",
        interests: chance(random, 0.2) ? pick(random, ["Robots", "Robots;Vision", "Safety", "Service;Robots"]) : "",
        score: chance(random, 0.3) ? String(Math.round(random.float() * 1000) / 10) : "",
      },
      company,
      { at: between(random, start, now) },
    );
  }
  return people;
}

/** The other side's stages, in the words of the default pipeline here. */
const STAGES: Readonly<Record<string, string>> = {
  Prospecting: "appointmentscheduled",
  Qualification: "qualifiedtobuy",
  "Needs Analysis": "qualifiedtobuy",
  "Value Proposition": "presentationscheduled",
  "Proposal/Price Quote": "decisionmakerboughtin",
  "Negotiation/Review": "contractsent",
  "Closed Won": "closedwon",
  "Closed Lost": "closedlost",
};

function addDeals(
  told: Told,
  there: { list(object: string): There[] },
  companies: readonly Company[],
  people: readonly Person[],
): void {
  const { data, random, now, start } = told;
  const byAccount = new Map(companies.map((one) => [one.account, one]));
  const roles = Map.groupBy(there.list("OpportunityContactRole"), (one) => one["OpportunityId"]);
  const known = new Map(people.map((one) => [one.there, one.id]));
  const labels = new Set(["Decision maker", "Champion", "Evaluator"]);
  const add = (values: Record<string, string>, company: Company, at: number, deal?: There): void => {
    const id = data.add("deals", filled({ hubspot_owner_id: pick(random, told.sellers), ...values }), { at });
    data.associate("deals", id, "companies", company.id, undefined, { at });
    const colleagues = people.filter((one) => one.company === company);
    for (const [index, person] of shuffled(random, colleagues).slice(0, 2).entries()) {
      const label = chance(random, 0.4) ? pick(random, ["Decision maker", "Champion"]) : undefined;
      data.associate("deals", id, "contacts", person.id, label, { at });
      if (index === 0 && chance(random, 0.3)) break;
    }
    // Of those whom the other side has tied to the same deal, the first is tied here too, in the same role where there is one.
    for (const role of (roles.get(deal?.["Id"]) ?? []).slice(0, 1)) {
      const contact = known.get(role["ContactId"]);
      const label = text(role["Role"]).replace("Maker", "maker");
      if (contact) data.associate("deals", id, "contacts", contact, labels.has(label) ? label : undefined, { at });
    }
    if (chance(random, 0.3))
      data.edit("deals", id, { dealstage: pick(random, Object.values(STAGES)) }, { at: between(random, at, now) });
  };
  const deals = shuffled(random, there.list("Opportunity")).filter((one) => byAccount.has(one["AccountId"]));
  const shared = deals.slice(0, SIZE.sharedDeals);
  for (const one of shared) {
    const owner = told.owners.get(one["OwnerId"]);
    add(
      {
        dealname: text(one["Name"]),
        amount: text(one["Amount"]),
        closedate: text(one["CloseDate"]),
        dealstage: STAGES[text(one["StageName"])] ?? "qualifiedtobuy",
        ...(owner === undefined ? {} : { hubspot_owner_id: owner }),
      },
      byAccount.get(one["AccountId"])!,
      between(random, start, now),
      one,
    );
  }
  for (let index = shared.length; index < SIZE.sharedDeals + SIZE.ownDeals; index++) {
    const company = pick(random, companies);
    const at = between(random, company.at, now);
    add(
      {
        dealname: `${pick(random, ["Webinar follow-up", "Spare parts", "Trial cell", "Training"])} – ${company.name}`,
        amount: chance(random, 0.8) ? (1_000 + random.float() * 90_000).toFixed(2) : "",
        closedate: new Date(at + 60 * DAY).toISOString(),
        dealstage: pick(random, Object.values(STAGES)),
        dealtype: pick(random, ["newbusiness", "existingbusiness"]),
      },
      company,
      at,
    );
  }
}

const chance = (random: Random, share: number): boolean => random.float() < share;

const between = (random: Random, from: number, to: number): number =>
  from + Math.floor(random.float() * Math.max(1, to - from));

const text = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

const filled = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));

const plain = (name: string): string =>
  name
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "");

/** A name as a second person types it: mostly the same. */
function retyped(random: Random, name: string): string {
  const roll = random.float();
  if (roll < 0.06) return name.normalize("NFD").replaceAll(/\p{M}/gu, "");
  if (roll < 0.09) return name.toLowerCase();
  if (roll < 0.12) return name.replace(/[.,]$/u, "").replace(" ", "  ");
  if (roll < 0.14) return name.replace(/(.)\1/u, "$1");
  return name;
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const mixed = [...list];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random.float() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}
