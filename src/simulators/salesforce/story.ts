// The seeded story: Larkfield Robotics, an invented maker of picking arms, and a year and a half of its sales, with the
// dirt real orgs have: the same John Smith twice, shared and missing addresses, stray blanks, converted leads, an
// inactive owner, a queue, mass imports that share one stamp.
import { pick, type Random } from "../../base/random.ts";
import type { Data } from "./data.ts";
import { today, type Org } from "./org.ts";
import { addRoles } from "./story-roles.ts";
import { DESCRIPTIONS, PLACES, SUBJECTS, TITLES, type Place } from "./story-names.ts";

const DAY = 86_400_000;
const SPAN = 540 * DAY;

const SIZE = {
  leads: 2_000,
  accounts: 150,
  contacts: 600,
  deals: 200,
  converted: 110,
  convertedWithDeal: 60,
  tasks: 240,
  events: 80,
  members: 400,
};

interface Person {
  readonly place: Place;
  readonly first: string;
  readonly last: string;
}

/** Tells the story into an empty org. Everything comes from `random`, stamps lie between 18 months ago and now. */
export function tellLarkfield(org: Org, data: Data): void {
  const { random } = org;
  const now = org.clock.now();
  const chance = (share: number): boolean => random.float() < share;
  const whole = (below: number): number => Math.floor(random.float() * below);
  const moment = (from: number, to = now): number => from + whole(Math.max(1, to - from));
  const start = now - SPAN;
  const somebody = (): Person => {
    const place = pick(random, PLACES);
    return { place, first: pick(random, place.first), last: pick(random, place.last) };
  };

  addFields(data);
  const sellers = addSellers(data, start);
  const queue = String(data.list("Group")[0]!["Id"]);
  const owner = (): string => pick(random, sellers);
  const later = (object: string, id: string, from: number, values: () => Record<string, unknown>): void => {
    if (chance(0.3)) data.edit(object, id, values(), { by: owner(), at: moment(from) });
  };

  const accounts: { id: string; place: Place; domain: string; at: number }[] = [];
  for (let index = 0; index < SIZE.accounts; index++) {
    const place = pick(random, PLACES);
    const name = firm(random, place);
    const domain = domainOf(name, index);
    const at = moment(start, now - 20 * DAY);
    const id = data.add(
      "Account",
      {
        Name: chance(0.04) ? name.toUpperCase() : name,
        Website: chance(0.7) ? `https://www.${domain}` : null,
        Phone: chance(0.7) ? phone(random) : null,
        Industry: chance(0.7)
          ? pick(random, ["Manufacturing", "Food & Beverage", "Shipping", "Retail", "Other"])
          : null,
        Type: chance(0.6) ? pick(random, ["Prospect", "Customer - Direct", "Other"]) : null,
        BillingCity: pick(random, place.cities),
        BillingCountry: place.country,
        AnnualRevenue: chance(0.5) ? whole(900) * 100_000 : null,
        NumberOfEmployees: chance(0.5) ? 5 + whole(4_000) : null,
        ParentId: accounts.length > 10 && chance(0.05) ? pick(random, accounts).id : null,
        OwnerId: owner(),
      },
      { by: owner(), at },
    );
    accounts.push({ id, place, domain, at });
    later("Account", id, at, () => ({ Rating: pick(random, ["Hot", "Warm", "Cold"]) }));
  }

  const contacts: { id: string; account: string; at: number }[] = [];
  for (let index = 0; index < SIZE.contacts - SIZE.converted; index++) {
    const account = pick(random, accounts);
    const { first, last } = chance(0.7)
      ? { first: pick(random, account.place.first), last: pick(random, account.place.last) }
      : somebody();
    const at = moment(account.at);
    const id = data.add(
      "Contact",
      {
        FirstName: chance(0.95) ? first : null,
        LastName: last,
        AccountId: chance(0.97) ? account.id : null,
        Email: email(random, first, last, account.domain, index),
        Phone: chance(0.6) ? phone(random) : null,
        MobilePhone: chance(0.3) ? phone(random) : null,
        Title: chance(0.8) ? pick(random, TITLES) : null,
        MailingCity: chance(0.5) ? pick(random, account.place.cities) : null,
        MailingCountry: chance(0.5) ? account.place.country : null,
        Birthdate: chance(0.05) ? `19${60 + whole(40)}-0${1 + whole(9)}-1${whole(10)}` : null,
        LeadSource: chance(0.6) ? pick(random, ["Web", "Partner Referral", "Trade show", "Other"]) : null,
        OwnerId: owner(),
      },
      { by: owner(), at },
    );
    contacts.push({ id, account: account.id, at });
    later("Contact", id, at, () => ({ Title: pick(random, TITLES) }));
  }

  for (let index = 0; index < SIZE.deals - SIZE.convertedWithDeal; index++) {
    const account = pick(random, accounts);
    const at = moment(account.at);
    const stage = pick(random, DEAL_STAGES);
    const id = data.add(
      "Opportunity",
      {
        Name: `${pick(random, ["Picking cell", "Palletiser", "Service contract", "Retrofit", "Pilot"])} – ${1 + whole(8)} units`,
        AccountId: account.id,
        StageName: stage,
        CloseDate: new Date(at + (10 + whole(200)) * DAY).toISOString().slice(0, 10),
        Amount: chance(0.85) ? Math.round((4_000 + random.float() * 400_000) * 100) / 100 : null,
        LeadSource: chance(0.5) ? "Web" : null,
        NextStep: chance(0.3) ? pick(random, SUBJECTS) : null,
        OwnerId: owner(),
      },
      { by: owner(), at },
    );
    later("Opportunity", id, at, () => ({ StageName: pick(random, DEAL_STAGES) }));
  }

  const leads: { id: string; at: number; person: Person }[] = [];
  let importedAt = 0;
  let imported = 0;
  for (let index = 0; index < SIZE.leads; index++) {
    if (imported === 0 && chance(0.02)) [imported, importedAt] = [20 + whole(80), moment(start, now - DAY)];
    const at = imported > 0 ? importedAt : moment(start);
    if (imported > 0) imported -= 1;
    const person = index < 2 ? { place: PLACES[0]!, first: "John", last: "Smith" } : somebody();
    const company = firm(random, person.place);
    const id = data.add("Lead", leadValues(random, person, company, index, chance(0.06) ? queue : owner()), {
      by: owner(),
      at,
    });
    leads.push({ id, at, person });
    later("Lead", id, at, () => ({
      Status: pick(random, ["Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"]),
      Rating: pick(random, ["Hot", "Warm", "Cold"]),
    }));
  }

  for (let index = 0; index < SIZE.converted; index++) {
    const lead = leads[index * 17 + 5]!;
    const account = pick(random, accounts);
    const stamp = Date.parse(String(data.get("Lead", lead.id)!["SystemModstamp"]).replace("+0000", "Z"));
    const at = moment(Math.max(stamp, account.at));
    const made = data.convertLead(
      {
        leadId: lead.id,
        convertedStatus: "Closed - Converted",
        accountId: account.id,
        doNotCreateOpportunity: index >= SIZE.convertedWithDeal,
        ownerId: owner(),
      },
      { by: owner(), at },
    );
    contacts.push({ id: made.contactId, account: account.id, at });
  }

  addCampaigns(org, data, {
    leads: leads.map((one) => one.id),
    contacts: contacts.map((one) => one.id),
    owner,
    moment,
    start,
  });
  addActivities(org, data, { contacts, leads, owner, moment });
  addRoles(data, contacts, now);
  // A user who left keeps what was his.
  data.edit("User", sellers[sellers.length - 1]!, { IsActive: false }, { at: now - 9 * DAY });
}

const DEAL_STAGES = [
  "Prospecting",
  "Qualification",
  "Needs Analysis",
  "Value Proposition",
  "Proposal/Price Quote",
  "Negotiation/Review",
  "Closed Won",
  "Closed Lost",
];

function addFields(data: Data): void {
  data.addCustomField("Lead", {
    name: "Product_Interest__c",
    type: "Picklist",
    values: ["Picking arm", "Palletiser", "Service"],
    restricted: true,
  });
  data.addCustomField("Lead", { name: "Score__c", type: "Number", precision: 5, scale: 1 });
  data.addCustomField("Account", { name: "Tier__c", type: "Picklist", values: ["A", "B", "C"], restricted: true });
  data.addCustomField("Contact", {
    name: "Interests__c",
    type: "MultiselectPicklist",
    values: ["Robots", "Vision", "Safety", "Service"],
  });
}

/** Seven people who sell; with the integration user the org has eight users. */
function addSellers(data: Data, at: number): string[] {
  const people: [string, string][] = [
    ["Rosalind", "Achterberg"],
    ["Tomás", "Quintanilla"],
    ["Yuki", "Hayashi"],
    ["Oluwadamilare", "Bankole"],
    ["Siobhán", "Gallagher"],
    ["Nadia", "Rahman"],
    ["Piotr", "Leśniak"],
  ];
  return people.map(([firstName, lastName]) => {
    const local = `${firstName}.${lastName}`
      .normalize("NFD")
      .replaceAll(/[^A-Za-z.]/gu, "")
      .toLowerCase();
    return data.addUser(
      { firstName, lastName, email: `${local}@larkfield.example`, title: "Account Executive" },
      { at },
    );
  });
}

function leadValues(
  random: Random,
  person: Person,
  company: string,
  index: number,
  ownerId: string,
): Record<string, unknown> {
  const chance = (share: number): boolean => random.float() < share;
  const { place, first, last } = person;
  const domain = chance(0.5) ? domainOf(company, index) : pick(random, ["example.com", "example.net", "example.org"]);
  const shout = chance(0.03);
  return {
    FirstName: chance(0.94) ? (shout ? first.toUpperCase() : first) : null,
    LastName: shout ? last.toUpperCase() : chance(0.02) ? `${last}\u00a0` : last, // A no-break space survives the vendor's trim.
    Company: chance(0.03) ? "[not provided]" : chance(0.03) ? company.replace(" ", "  ") : company,
    Email: email(random, first, last, domain, index),
    Phone: chance(0.55) ? phone(random) : chance(0.1) ? "n/a" : null,
    MobilePhone: chance(0.2) ? phone(random) : null,
    Title: chance(0.6) ? pick(random, TITLES) : null,
    Website: chance(0.3) ? domain : null,
    City: chance(0.7) ? pick(random, place.cities) : null,
    Country: chance(0.8) ? (place.country === "United Kingdom" && chance(0.3) ? "UK" : place.country) : null,
    LeadSource: chance(0.8) ? pick(random, ["Web", "Phone Inquiry", "Purchased List", "Trade show", "Other"]) : null,
    Industry: chance(0.4) ? pick(random, ["Manufacturing", "Agriculture", "Retail", "Machinery"]) : null,
    AnnualRevenue: chance(0.2) ? Math.floor(random.float() * 500) * 10_000 : null,
    NumberOfEmployees: chance(0.3) ? 1 + Math.floor(random.float() * 900) : null,
    Description: chance(0.2) ? pick(random, DESCRIPTIONS) : null,
    HasOptedOutOfEmail: chance(0.05),
    DoNotCall: chance(0.03),
    Product_Interest__c: chance(0.4) ? pick(random, ["Picking arm", "Palletiser", "Service"]) : null,
    Score__c: chance(0.5) ? Math.round(random.float() * 1000) / 10 : null,
    OwnerId: ownerId,
  };
}

function addCampaigns(
  org: Org,
  data: Data,
  story: {
    leads: readonly string[];
    contacts: readonly string[];
    owner: () => string;
    moment: (from: number) => number;
    start: number;
  },
): void {
  const { random } = org;
  const names = [
    "Spring fair",
    "Palletiser webinar",
    "Harvest mailing",
    "Ñandú tour",
    "Partner day",
    "Reactivation 🔁",
  ];
  const campaigns = names.map((name, index) =>
    data.add(
      "Campaign",
      {
        Name: name,
        Type: pick(random, ["Trade Show", "Webinar", "Email", "Other"]),
        Status: index < 4 ? "Completed" : "In Progress",
        IsActive: index >= 4,
        StartDate: today(org),
        BudgetedCost: 1_000 * (index + 1),
      },
      { by: story.owner(), at: story.start + index * 60 * DAY },
    ),
  );
  const seen = new Set<string>();
  while (seen.size < SIZE.members) {
    const campaign = pick(random, campaigns);
    const lead = random.float() < 0.75;
    const person = pick(random, lead ? story.leads : story.contacts);
    if (seen.has(campaign + person) || (lead && data.get("Lead", person)!["IsConverted"] === true)) continue;
    seen.add(campaign + person);
    const member = lead ? { LeadId: person } : { ContactId: person };
    const Status = random.float() < 0.3 ? "Responded" : "Sent";
    data.add("CampaignMember", { CampaignId: campaign, ...member, Status }, { at: story.moment(story.start) });
  }
}

function addActivities(
  org: Org,
  data: Data,
  story: {
    contacts: readonly { id: string; account: string; at: number }[];
    leads: readonly { id: string; at: number }[];
    owner: () => string;
    moment: (from: number) => number;
  },
): void {
  const { random } = org;
  for (let index = 0; index < SIZE.tasks + SIZE.events; index++) {
    const onLead = random.float() < 0.4;
    const contact = pick(random, story.contacts);
    const lead = pick(random, story.leads);
    const open = !onLead || data.get("Lead", lead.id)!["IsConverted"] !== true;
    const who = onLead && open ? { WhoId: lead.id } : { WhoId: contact.id, WhatId: contact.account };
    const at = story.moment(onLead && open ? lead.at : contact.at);
    const common = { ...who, Subject: pick(random, SUBJECTS), OwnerId: story.owner() };
    if (index < SIZE.tasks)
      data.add(
        "Task",
        {
          ...common,
          Status: pick(random, ["Not Started", "In Progress", "Completed", "Completed"]),
          Priority: pick(random, ["Normal", "Normal", "High"]),
          ActivityDate: new Date(at + 3 * DAY).toISOString().slice(0, 10),
          TaskSubtype: pick(random, ["Task", "Call", "Email"]),
          Description: random.float() < 0.4 ? pick(random, DESCRIPTIONS) : null,
        },
        { at },
      );
    else
      data.add(
        "Event",
        {
          ...common,
          StartDateTime: new Date(Math.floor(at / 3_600_000) * 3_600_000 + DAY).toISOString(),
          DurationInMinutes: pick(random, [30, 45, 60, 120]),
          Location: pick(random, ["Plant", "Video call", "HQ", "Messe, Halle 4"]),
        },
        { at },
      );
  }
}

const firm = (random: Random, place: Place): string => `${pick(random, place.firms)} ${pick(random, place.suffixes)}`;

/** A reserved domain of the company's own. */
function domainOf(name: string, index: number): string {
  const plain = name
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "");
  return `${plain || `firm-${index}`}.example`;
}

function email(random: Random, first: string, last: string, domain: string, index: number): string | null {
  const roll = random.float();
  if (roll < 0.12) return null;
  if (roll < 0.16) return `info@${domain}`;
  const plain = `${first}.${last}`
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z.]+/gu, "")
    .replaceAll(/\.+/gu, ".")
    .replaceAll(/^\.|\.$/gu, "");
  return `${plain || "person"}${roll < 0.4 ? "" : index}@${domain}`;
}

function phone(random: Random): string {
  const two = String(Math.floor(random.float() * 100)).padStart(2, "0");
  const area = pick(random, ["212", "305", "503", "617", "808"]);
  const shapes = [
    `+1-${area}-555-01${two}`,
    `(${area}) 555-01${two}`,
    `${area}.555.01${two}`,
    `07700 9000${two}`,
    `+44 7700 9000${two}`,
    `+1 ${area} 555 01${two} x4`,
  ];
  return pick(random, shapes);
}
