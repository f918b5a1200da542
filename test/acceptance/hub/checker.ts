// Reads all three systems from outside (Winston by its HTTP API, each CRM by the vendor's own client), and compares every cell with what
// the preloaded data, the journal and the declared rules say.
import type { Cell, Row } from "../columns.ts";
import type { Server } from "../server.ts";
import type { Simulator } from "../simulator.ts";
import type { Lost } from "./edits.ts";
import type { Hubspot, Shown } from "./hubspot.ts";
import { HUBSPOT_FIELDS, HUBSPOT_STAGES, type Ids, SALESFORCE_FIELDS } from "./preload.ts";
import { judgeSaid, tasksOf } from "./said.ts";
import {
  CELLS,
  FORBIDS,
  HUB_KINDS,
  type HubKind,
  personKey,
  standsIn,
  type System,
  SYSTEMS,
  tied,
  waitsFor,
  type World,
} from "./world.ts";

/** A record as one system shows it. */
export interface Held {
  readonly id: string;
  readonly key: string;
  readonly row: Row;
}
export type Contents = Readonly<Record<HubKind, readonly Held[]>> & {
  /** A deal's people, each as `tied` says it. */
  readonly ties: readonly string[];
  /** Tasks, each as `about` says it; HubSpot's are not read. */
  readonly tasks: readonly string[];
};

export type Three = Readonly<Record<System, Contents>>;

export interface Sides {
  readonly server: Server;
  readonly simulator: Simulator;
  readonly hubspot: Hubspot;
}

export interface Verdict {
  readonly fields: { readonly equal: number; readonly all: number };
  readonly differences: readonly string[];
  readonly duplicates: readonly string[];
  /** Records that stood for one person before and stand for another now. */
  readonly ambiguousMerged: readonly string[];
  /** Records that should have an owner and have none. */
  readonly ownersBlanked: readonly string[];
  /** People who may be somebody the CRM has, by the same address: held until a person says whether they are one. */
  readonly held: number;
}

export async function readAll({ server, simulator, hubspot }: Sides): Promise<Three> {
  return {
    winston: await readWinston(server),
    salesforce: await readSalesforce(simulator),
    hubspot: await readHubspot(hubspot),
  };
}

/** A record that was loaded before Winston came is still the person it was: `before` are its ids by key. */
export function judge(
  world: World,
  three: Three,
  before: Readonly<Record<"salesforce" | "hubspot", Ids>>,
): Omit<Verdict, "held"> {
  const [differences, duplicates, ambiguousMerged, ownersBlanked]: string[][] = [[], [], [], []];
  let [equal, all] = [0, 0];
  for (const system of SYSTEMS)
    for (const kind of HUB_KINDS) {
      const byKey = Map.groupBy(three[system][kind], (one) => one.key);
      const things = world[kind];
      for (const [key, same] of byKey) {
        const wanted = things.get(key);
        if (same.length > 1) duplicates!.push(`${system}: ${kind} ${key} exists ${same.length} times`);
        if (!wanted || !standsIn(system, wanted))
          differences!.push(`${system}: ${kind} ${key} is there and should not be`);
      }
      for (const [key, wanted] of things) {
        if (!standsIn(system, wanted)) continue;
        const cells = CELLS[kind].filter((cell) => !(wanted.hidden?.[system] ?? []).includes(cell));
        all += cells.length;
        const found = byKey.get(key)?.[0];
        if (!found) {
          differences!.push(`${system}: ${kind} ${key} is missing`);
          continue;
        }
        for (const cell of cells) {
          const [want, got] = [wanted.row[cell] ?? null, found.row[cell] ?? null];
          if (want === got) equal += 1;
          else
            differences!.push(
              `${system}: ${kind} ${key}: ${cell} is ${JSON.stringify(got)} and should be ${JSON.stringify(want)}`,
            );
        }
        if (wanted.row["owner"] && !found.row["owner"])
          ownersBlanked!.push(`${system}: ${kind} ${key} had ${wanted.row["owner"]} as its owner and has none`);
      }
    }
  for (const system of SYSTEMS) {
    const left = new Set(three[system].ties);
    if (left.size < three[system].ties.length) duplicates!.push(`${system}: somebody is twice of one deal`);
    for (const tie of world.ties) if (!left.delete(tie)) differences!.push(`${system}: ${tie}, which is missing`);
    for (const tie of left) differences!.push(`${system}: ${tie}, which should not be`);
  }
  const said = judgeSaid(world, three);
  differences!.push(...said.differences);
  for (const crm of ["salesforce", "hubspot"] as const) {
    const now = new Map(three[crm].people.map((one) => [one.id, one.key]));
    for (const [key, id] of before[crm].people) {
      const is = now.get(id);
      if (is !== undefined && is !== key) ambiguousMerged!.push(`${crm}: the record ${id} was ${key} and is ${is}`);
    }
  }
  return {
    fields: { equal: equal + said.equal, all: all + said.all },
    differences: differences!,
    duplicates: duplicates!,
    ambiguousMerged: ambiguousMerged!,
    ownersBlanked: ownersBlanked!,
  };
}

/** About each person whom HubSpot has no place for a person is asked, once, beside whoever has the address there; about each two of a family of whom each CRM has one; about nobody else; and nothing is parked but leads of people whom a merge in HubSpot swallowed. */
export async function judgeAsked(
  world: World,
  { server: { client } }: Pick<Sides, "server">,
  { salesforce }: Pick<Three, "salesforce">,
): Promise<{ held: number; differences: string[] }> {
  const differences: string[] = [];
  const swallowed = new Set([...world.people.values()].filter((one) => one.only !== undefined).map((one) => one.key));
  const leads = new Map(salesforce.people.map((one) => [one.id, one.key]));
  for (const one of await client.parked.list().toArray({ limit: 100_000 })) {
    const key = one.connection === "salesforce" && one.reason === "record.twin" ? leads.get(one.subject) : undefined;
    if (key !== undefined && swallowed.delete(key)) continue;
    differences.push(
      `parked: ${one.connection} ${one.stream} ${one.side} ${one.subject}: ${one.message} ${JSON.stringify(one.vendor)}`,
    );
  }
  for (const key of swallowed)
    differences.push(`parked: nobody is told that salesforce's ${key} stands for nobody any more`);
  const seen = new Map<string, number>();
  for await (const { left, right, connection } of client.duplicates.list()) {
    const names = [left, right].map((one) => personKey(one["firstName"], one["lastName"]));
    const name = asked(names, connection);
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  const wanted = new Set(
    [...world.people.values()].flatMap(({ key, beside, kin }) => [
      ...(beside === null ? [] : [asked([key, beside], "hubspot")]),
      ...kin.map((other) => asked([key, other], null)),
    ]),
  );
  for (const name of wanted) {
    if (seen.get(name) !== 1)
      differences.push(`duplicates: ${name} should be asked once, and is ${seen.get(name) ?? 0} times`);
    seen.delete(name);
  }
  for (const [name, times] of seen)
    differences.push(`duplicates: ${name} is asked ${times} times, and nobody may be in doubt`);
  let all = 0;
  for (const crm of ["salesforce", "hubspot"] as const) {
    const { held } = await client.connections.quiet(crm);
    const should = [...world.people.values()].filter((one) => waitsFor(crm, one)).length;
    if (held !== should) differences.push(`${crm}: ${held} are held and ${should} should be`);
    all += held;
  }
  return { held: all, differences };
}

/** A question, whichever way round it is asked. */
const asked = (names: readonly string[], connection: string | null): string =>
  `${names.toSorted((a, b) => (a < b ? -1 : 1)).join(" and ")} (${connection ?? "everywhere"})`;

/** The ledger holds every value that lost, once, and none that nobody lost; those a merge of records took away say that it was one. `was` is Winston before the edits: whom a merge swallowed is no longer there, and what it lost before still is in the ledger. */
export async function judgeLedger(
  lost: readonly Lost[],
  { server }: Pick<Sides, "server">,
  { winston }: Pick<Three, "winston">,
  was: Contents,
): Promise<{ found: number; differences: string[] }> {
  const subjects = new Map(
    [was, winston].flatMap((contents) =>
      HUB_KINDS.flatMap((kind) => contents[kind].map((one) => [one.id, { kind, key: one.key }] as const)),
    ),
  );
  const names = await namesOf(server);
  const left = new Map<string, number>();
  for await (const entry of server.client.conflicts.list()) {
    const subject = subjects.get(entry.entityId);
    const cell = entry.field === "annualRevenue" ? "revenue" : entry.field;
    if (!subject || !(CELLS[subject.kind] as readonly string[]).includes(cell)) continue;
    const value = cellOfWinston(entry.winner === "record" ? entry.winston : entry.record, cell, names);
    const line = lineOf({ ...subject, cell, value, ...(entry.rule === "merged" ? { merged: true } : {}) });
    left.set(line, (left.get(line) ?? 0) + 1);
  }
  const differences: string[] = [];
  for (const one of lost) {
    const line = lineOf(one);
    const count = left.get(line) ?? 0;
    if (count === 0) differences.push(`ledger: ${line} lost and is not there`);
    else left.set(line, count - 1);
  }
  const found = lost.length - differences.length;
  for (const [line, count] of left) if (count > 0) differences.push(`ledger: nobody provoked ${count} of ${line}`);
  return { found, differences };
}

const lineOf = ({ kind, key, cell, value, merged }: Lost): string =>
  `${kind} ${key}: ${cell}: ${JSON.stringify(value)}${merged ? ", by a merge" : ""}`;

type Names = ReadonlyMap<string, string | null>;

async function namesOf({ client }: Server): Promise<Names> {
  const names = new Map<string, string | null>();
  for await (const user of client.users.list()) names.set(user.id, user.name);
  for await (const account of client.accounts.list()) names.set(account.id, account.name);
  return names;
}

function cellOfWinston(value: unknown, cell: string, names: Names): Cell {
  if (value === null || value === undefined) return null;
  if (cell === "amount" || cell === "revenue") return Number((value as { amount: string }).amount);
  if (!["owner", "account", "parent"].includes(cell)) return value as Cell;
  return names.get(value as string) ?? `nobody: ${value as string}`;
}

async function readWinston(server: Server): Promise<Contents> {
  const { client } = server;
  const names = await namesOf(server);
  const read = async (kind: HubKind, resource: "leads" | "contacts" | "accounts" | "deals"): Promise<Held[]> => {
    const records: Held[] = [];
    for await (const record of client[resource].list() as AsyncIterable<Record<string, unknown> & { id: string }>) {
      const row: Row = {};
      for (const cell of CELLS[kind])
        row[cell] = cellOfWinston(record[cell === "revenue" ? "annualRevenue" : cell], cell, names);
      if (kind === "people") row[FORBIDS] = (record[FORBIDS] ?? null) as Cell;
      const key = kind === "people" ? personKey(row["firstName"], record["lastName"]) : String(record["name"]);
      records.push({ id: record.id, key, row });
    }
    return records;
  };
  const people = [...(await read("people", "leads")), ...(await read("people", "contacts"))];
  const deals = await read("deals", "deals");
  const nameOf = namesById([...people, ...deals]);
  const ties: string[] = [];
  for await (const tie of client.dealContacts.list()) ties.push(tied(nameOf(tie.deal), nameOf(tie.contact), tie.role));
  const tasks = (await client.activities.list().toArray({ limit: 100_000 })).map(({ subject, person }) => ({
    subject,
    person,
  }));
  return { accounts: await read("accounts", "accounts"), people, deals, ties, tasks: tasksOf(tasks, people) };
}

/** Keys of records by their ids. */
function namesById(records: readonly Held[]): (id: unknown) => string {
  const keys = new Map(records.map((one) => [one.id, one.key]));
  return (id) => keys.get(id as string) ?? `nobody: ${String(id)}`;
}

export async function readSalesforce(simulator: Simulator): Promise<Contents> {
  const read = async (
    kind: HubKind,
    object: string,
    references: Readonly<Record<string, string>>,
    where = "",
    rename: Readonly<Record<string, string | null>> = {},
  ): Promise<Held[]> => {
    const { key, ...cells } = SALESFORCE_FIELDS[kind];
    const fields = Object.entries({ ...cells, ...references })
      .map(([cell, field]) => [cell, rename[field] === undefined ? field : rename[field]] as const)
      .filter((pair): pair is readonly [string, string] => pair[1] !== null);
    const rows = await simulator.query(
      `SELECT Id, ${key}, ${fields.map(([, field]) => field).join(", ")} FROM ${object}${where}`,
    );
    return rows.map((record) => ({
      id: String(record["Id"]),
      key: kind === "people" ? personKey(record["FirstName"], record[key!]) : String(record[key!]),
      row: Object.fromEntries(fields.map(([cell, field]) => [cell, blank(deep(record, field.split(".")))])),
    }));
  };
  const owner = { owner: "Owner.Name" };
  const account = { account: "Account.Name" };
  const mailing = { City: "MailingCity", Country: "MailingCountry", Company: null };
  const people = [
    ...(await read("people", "Lead", owner, " WHERE IsConverted = false")),
    ...(await read("people", "Contact", { ...owner, ...account }, "", mailing)),
  ];
  const deals = await read("deals", "Opportunity", { ...owner, ...account });
  const nameOf = namesById([...people, ...deals]);
  const roles = await simulator.query("SELECT OpportunityId, ContactId, Role FROM OpportunityContactRole");
  const tasks = (await simulator.query("SELECT Subject, WhoId FROM Task")).map((one) => ({
    subject: one["Subject"],
    person: one["WhoId"],
  }));
  return {
    accounts: await read("accounts", "Account", { ...owner, parent: "Parent.Name" }),
    people,
    deals,
    ties: roles.map((one) => tied(nameOf(one["OpportunityId"]), nameOf(one["ContactId"]), one["Role"])),
    tasks: tasksOf(tasks, people),
  };
}

/** What stands where the vendor requires a value and nobody gave one. */
const blank = (value: Cell): Cell => (value === "[not provided]" ? null : value);

function deep(row: unknown, [name, ...rest]: string[]): Cell {
  const value = (row as Record<string, unknown> | null)?.[name!] ?? null;
  return rest.length === 0 ? (value as Cell) : deep(value, rest);
}

const STAGE_NAMES = new Map(Object.entries(HUBSPOT_STAGES).map(([name, id]) => [id, name]));
const NUMBERS = new Set(["employees", "revenue", "amount"]);

async function readHubspot(hubspot: Hubspot): Promise<Contents> {
  const owners = await hubspot.owners();
  const companies = await hubspot.all("companies", propertiesOf("accounts"));
  const names = new Map(companies.map((one) => [one.id, one.properties["name"] ?? null]));
  const record = (kind: HubKind, shown: Shown): Held => {
    const { key, ...cells } = HUBSPOT_FIELDS[kind];
    const row: Row = {};
    for (const [cell, field] of Object.entries(cells)) row[cell] = cellOf(cell, shown.properties[field] || null);
    const owner = shown.properties["hubspot_owner_id"];
    row["owner"] = owner ? (owners.get(owner) ?? `nobody: ${owner}`) : null;
    const company = (suffix: string): Cell => {
      const tied = Object.entries(shown.ties).find(([type]) => type.endsWith(suffix))?.[1][0];
      return tied === undefined ? null : (names.get(tied) ?? `nobody: ${tied}`);
    };
    if (kind === "accounts") row["parent"] = company("child_to_parent_company") ?? company("child_to_parent");
    else row["account"] = company("to_company");
    const name = shown.properties[key!];
    return { id: shown.id, key: kind === "people" ? personKey(row["firstName"], name) : String(name), row };
  };
  const people = (await hubspot.all("contacts", propertiesOf("people"))).map((one) => record("people", one));
  const deals = await hubspot.all("deals", propertiesOf("deals"));
  const nameOf = namesById(people);
  const dealOf = new Map(deals.map((one) => [one.id, String(one.properties["dealname"])]));
  const roles = await hubspot.roles(deals.map((one) => one.id));
  return {
    accounts: companies.map((one) => record("accounts", one)),
    people,
    deals: deals.map((one) => record("deals", one)),
    ties: roles.map(({ deal, contact, role }) => tied(dealOf.get(deal)!, nameOf(contact), role)),
    tasks: [],
  };
}

const propertiesOf = (kind: HubKind): string[] => [...Object.values(HUBSPOT_FIELDS[kind]), "hubspot_owner_id"];

function cellOf(cell: string, text: string | null): Cell {
  if (text === null) return null;
  if (cell === FORBIDS) return text === "true";
  if (NUMBERS.has(cell)) return Number(text);
  if (cell === "stage") return STAGE_NAMES.get(text) ?? text;
  return cell === "closeDate" ? text.slice(0, 10) : text;
}
