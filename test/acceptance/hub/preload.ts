// Fills both CRMs before Winston comes, each as its own users would have: owners, accounts, people, deals, and what ties them.
import type { Cell, Row } from "../columns.ts";
import type { Simulator } from "../simulator.ts";
import type { Hubspot } from "./hubspot.ts";
import { FORBIDS, lastNameOf, type HubKind, ROLES, type Thing, type World } from "./world.ts";

/** Vendor ids by key, as they were before Winston came. */
export type Ids = Readonly<Record<HubKind, ReadonlyMap<string, string>>>;

/** How a cell is written and read at each side; references are not among them. */
export const SALESFORCE_FIELDS: Readonly<Record<HubKind, Readonly<Record<string, string>>>> = {
  people: {
    key: "LastName",
    firstName: "FirstName",
    email: "Email",
    title: "Title",
    city: "City",
    country: "Country",
    company: "Company",
    [FORBIDS]: "HasOptedOutOfEmail",
  },
  accounts: {
    key: "Name",
    city: "BillingCity",
    country: "BillingCountry",
    employees: "NumberOfEmployees",
    revenue: "AnnualRevenue",
  },
  deals: { key: "Name", amount: "Amount", stage: "StageName", closeDate: "CloseDate", nextStep: "NextStep" },
};
const CONTACT_FIELDS: Readonly<Record<string, string>> = {
  key: "LastName",
  firstName: "FirstName",
  email: "Email",
  title: "Title",
  city: "MailingCity",
  country: "MailingCountry",
  [FORBIDS]: "HasOptedOutOfEmail",
};
const SALESFORCE_OBJECTS = { people: "Lead", accounts: "Account", deals: "Opportunity" } as const;

/** What a thing is in Salesforce, and where its cells stand there. */
export const inSalesforce = ({ kind, contact }: Pick<Thing, "kind" | "contact">) =>
  contact
    ? { object: "Contact", fields: CONTACT_FIELDS }
    : { object: SALESFORCE_OBJECTS[kind], fields: SALESFORCE_FIELDS[kind] };

export const HUBSPOT_FIELDS: Readonly<Record<HubKind, Readonly<Record<string, string>>>> = {
  people: {
    key: "lastname",
    firstName: "firstname",
    email: "email",
    title: "jobtitle",
    city: "city",
    country: "country",
    company: "company",
    [FORBIDS]: "hs_email_optout",
  },
  accounts: {
    key: "name",
    city: "city",
    country: "country",
    employees: "numberofemployees",
    revenue: "annualrevenue",
  },
  deals: {
    key: "dealname",
    amount: "amount",
    stage: "dealstage",
    closeDate: "closedate",
    nextStep: "hs_next_step",
  },
};
export const HUBSPOT_OBJECTS = { people: "contacts", accounts: "companies", deals: "deals" } as const;
export const HUBSPOT_STAGES: Readonly<Record<string, string>> = {
  Prospecting: "appointmentscheduled",
  Qualification: "qualifiedtobuy",
  "Value Proposition": "presentationscheduled",
  "Proposal/Price Quote": "decisionmakerboughtin",
  "Negotiation/Review": "contractsent",
  "Closed Won": "closedwon",
  "Closed Lost": "closedlost",
};

/** What Salesforce itself gives an opportunity of this stage. */
const PROBABILITIES: Readonly<Record<string, number>> = {
  Prospecting: 10,
  Qualification: 10,
  "Value Proposition": 50,
  "Proposal/Price Quote": 75,
  "Negotiation/Review": 90,
  "Closed Won": 100,
  "Closed Lost": 0,
};

const ROWS_PER_LOAD = 500;

export async function preloadSalesforce(simulator: Simulator, world: World): Promise<Ids> {
  const users = await salesforceUsers(simulator);
  const ids = {
    people: new Map<string, string>(),
    accounts: new Map<string, string>(),
    deals: new Map<string, string>(),
  };
  const load = async (kind: HubKind, things: readonly Thing[]): Promise<void> => {
    if (things.length === 0) return;
    const { object, fields } = inSalesforce(things[0]!);
    for (let from = 0; from < things.length; from += ROWS_PER_LOAD) {
      const part = things.slice(from, from + ROWS_PER_LOAD);
      const rows = part.map(({ key, preloaded, contact }) => {
        const row = preloaded.salesforce!;
        const values = valuesOf(fields, key, row);
        return {
          ...values,
          ...(kind === "people" && !contact ? { Status: "Open - Not Contacted" } : {}),
          ...(kind === "deals" ? { Probability: PROBABILITIES[String(row["stage"])] } : {}),
          ...(row["owner"] ? { OwnerId: users.get(String(row["owner"])) } : {}),
          ...(row["account"] ? { AccountId: ids.accounts.get(String(row["account"])) } : {}),
          ...(row["parent"] ? { ParentId: ids.accounts.get(String(row["parent"])) } : {}),
        };
      });
      const loaded = await simulator.control<{ ids: string[] }>("POST", `/load/${object}`, { rows });
      for (const [index, { key }] of part.entries()) ids[kind].set(key, loaded.ids[index]!);
    }
  };
  for (const [kind, things] of inOrder(world, "salesforce")) await load(kind, things);
  const rows = world.preloadedTies
    .filter(({ roles }) => roles.salesforce !== undefined)
    .map(({ deal, person, roles: { salesforce: role } }) => ({
      OpportunityId: ids.deals.get(deal),
      ContactId: ids.people.get(person),
      ...(role === null ? {} : { Role: role }),
    }));
  for (let from = 0; from < rows.length; from += ROWS_PER_LOAD)
    await simulator.control("POST", "/load/OpportunityContactRole", { rows: rows.slice(from, from + ROWS_PER_LOAD) });
  const tasks = [...world.tasks].map(([Subject, key]) => ({ Subject, WhoId: ids.people.get(key) }));
  for (let from = 0; from < tasks.length; from += ROWS_PER_LOAD)
    await simulator.control("POST", "/load/Task", { rows: tasks.slice(from, from + ROWS_PER_LOAD) });
  return ids;
}

export async function preloadHubspot(hubspot: Hubspot, world: World, agents: readonly string[]): Promise<Ids> {
  const owners = new Map<string, string>();
  const optOut = (readOnlyValue: boolean): Promise<unknown> =>
    hubspot.control("PATCH", "/properties/contacts/hs_email_optout", { readOnlyValue });
  await optOut(false);
  for (const label of ROLES) await hubspot.control("POST", "/labels", { object: "deals", other: "contacts", label });
  for (const agent of agents) {
    const [firstName, ...rest] = agent.split(" ");
    const body = { firstName, lastName: rest.join(" "), email: addressOf(agent) };
    owners.set(agent, (await hubspot.control<{ id: string }>("POST", "/owners", body)).id);
  }
  const ids = {
    people: new Map<string, string>(),
    accounts: new Map<string, string>(),
    deals: new Map<string, string>(),
  };
  for (const [kind, things] of inOrder(world, "hubspot")) {
    const object = HUBSPOT_OBJECTS[kind];
    for (const { key, preloaded } of things) {
      const row = preloaded.hubspot!;
      const values: Record<string, string> = {};
      for (const [name, value] of Object.entries(valuesOf(HUBSPOT_FIELDS[kind], key, row)))
        if (value !== null) values[name] = String(value);
      if (values["dealstage"] !== undefined)
        Object.assign(values, { pipeline: "default", dealstage: HUBSPOT_STAGES[values["dealstage"]] });
      if (values["closedate"] !== undefined) values["closedate"] = `${values["closedate"]}T00:00:00.000Z`;
      if (kind === "people") values["lifecyclestage"] = "lead";
      if (row["owner"]) values["hubspot_owner_id"] = owners.get(String(row["owner"]))!;
      const { id } = await hubspot.control<{ id: string }>("POST", `/rows/${object}`, { values });
      ids[kind].set(key, id);
      if (row["account"]) {
        const otherId = ids.accounts.get(String(row["account"]));
        await hubspot.control("POST", "/associate", { object, id, other: "companies", otherId });
      }
      if (row["parent"]) {
        const otherId = ids.accounts.get(String(row["parent"]));
        await hubspot.control("POST", "/associate", { object, id, other: object, otherId, label: "Parent Company" });
      }
    }
  }
  for (const { deal, person, roles } of world.preloadedTies) {
    if (roles.hubspot === undefined) continue;
    const [id, otherId] = [ids.deals.get(deal), ids.people.get(person)];
    const label = roles.hubspot === null ? {} : { label: roles.hubspot };
    await hubspot.control("POST", "/associate", { object: "deals", id, other: "contacts", otherId, ...label });
  }
  await optOut(true);
  await hubspot.control("POST", "/index");
  return ids;
}

/** What stands there, parents first. */
function inOrder(world: World, crm: "salesforce" | "hubspot"): [HubKind, Thing[]][] {
  const of = (kind: HubKind): Thing[] => [...world[kind].values()].filter((one) => one.preloaded[crm]);
  const accounts = of("accounts");
  return [
    ["accounts", accounts.filter((one) => one.row["parent"] === null)],
    ["accounts", accounts.filter((one) => one.row["parent"] !== null)],
    ["people", of("people").filter((one) => !one.contact)],
    ["people", of("people").filter((one) => one.contact)],
    ["deals", of("deals")],
  ];
}

function valuesOf(fields: Readonly<Record<string, string>>, key: string, row: Row): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(fields).map(([cell, field]) => [field, cell === "key" ? lastNameOf(key) : (row[cell] ?? null)]),
  );
}

/** The address of an agent, the same in both CRMs: owners are known by it. */
export const addressOf = (agent: string): string => `${agent.toLowerCase().replaceAll(/[^a-z]+/gu, ".")}@example.com`;

export async function salesforceUsers(simulator: Simulator): Promise<Map<string, string>> {
  const rows = await simulator.query("SELECT Id, Name FROM User");
  return new Map(rows.map((row) => [String(row["Name"]), String(row["Id"])]));
}
