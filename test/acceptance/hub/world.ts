// What two full CRMs hold before Winston comes, and what must hold in all three systems after their first meeting. Computed from the files and
// the declared rules alone; nothing here imports src/.
import type { Cell, Row } from "../columns.ts";
import { generator, pick } from "../edits.ts";
import type { Files } from "../data.ts";

export type HubKind = "people" | "accounts" | "deals";
export const HUB_KINDS: readonly HubKind[] = ["accounts", "people", "deals"];
export type Crm = "salesforce" | "hubspot";
export type System = Crm | "winston";
export const SYSTEMS: readonly System[] = ["winston", "salesforce", "hubspot"];

/** One person, account or deal as it really is, however many systems hold it. */
export interface Thing {
  readonly kind: HubKind;
  /** Its identity: the last name of a person (the Prospect ID; of families with the first name, see `personKey`), the name of an account or deal. No edit touches it. */
  readonly key: string;
  /** What each CRM holds of it before the first sync; absent where it has no such record. */
  readonly preloaded: Readonly<Partial<Record<Crm, Row>>>;
  /** Its cells in every system that holds it, when all is told to all. */
  row: Row;
  /** The key of whom HubSpot has by this address: it keeps one, so this one is held until a person says whether the two are one. */
  readonly beside: string | null;
  /** Keys of people of its address and last name that the other CRM holds: a person is asked about each, and none is made where the other is. */
  readonly kin: readonly string[];
  /** Salesforce holds it as a contact before Winston comes, not as a lead. */
  readonly contact: boolean;
  /** Shares its address with other people. */
  readonly shared: boolean;
  /** Where it stands, when that is not everywhere. */
  only?: readonly System[];
  /** Cells that a system has no place for: not compared there. */
  hidden?: Readonly<Partial<Record<System, readonly string[]>>>;
}

export type World = Readonly<Record<HubKind, Map<string, Thing>>> & {
  /** Who is of which deal, in every system: `tied` of the checker says it. */
  readonly ties: Set<string>;
  /** Who is of which deal before Winston comes. */
  readonly preloadedTies: readonly PreloadedTie[];
  /** By key, whether somebody may be written to. */
  readonly consent: Map<string, Consent>;
  /** Tasks by their subjects: the keys of whom they are about. Before Winston comes all are Salesforce's. */
  readonly tasks: Map<string, string>;
  /** Whom a merge in HubSpot swallowed, with the one that took them in. */
  readonly swallowed: Map<string, string>;
};

/** The field of consent: true forbids. HubSpot's is its own people's to set, and nobody else's. */
export const FORBIDS = "doNotEmail";

/** Whether somebody may not be written to: what stands in Winston and Salesforce, and what HubSpot has. */
export interface Consent {
  stands: boolean;
  hubspot: boolean;
}

/** The most restrictive of what the two hold stands, from the first meeting on. */
export function consentOf({ preloaded: { salesforce, hubspot } }: Pick<Thing, "preloaded">): Consent {
  const there = hubspot?.[FORBIDS] === true;
  return { stands: there || salesforce?.[FORBIDS] === true, hubspot: there };
}

/** A deal and one of its people, with the role each CRM gives: null is none, and a CRM that does not tie the two is absent. */
export interface PreloadedTie {
  readonly deal: string;
  readonly person: string;
  readonly roles: Readonly<Partial<Record<Crm, string | null>>>;
}

/** A deal and one of its people, by their keys, and in which role. */
export const tied = (deal: string, person: string, role: unknown): string =>
  `${person} is of ${deal} ${typeof role === "string" && role !== "" ? `as ${role}` : "in no role"}`;

/** Roles in a deal that both CRMs know: Salesforce from the start, HubSpot because its administrator made labels of them. */
export const ROLES = ["Decision Maker", "Evaluator"] as const;

/** About how many deals of a large set have people before Winston comes; of a small one all have that can. */
const DEALS_TIED = 400;

/** The cells compared, by kind. `account`, `parent` and `owner` go by name. */
export const CELLS = {
  people: ["firstName", "email", "title", "city", "country", "company", "account", "owner"],
  accounts: ["city", "country", "employees", "revenue", "parent", "owner"],
  deals: ["amount", "stage", "closeDate", "nextStep", "account", "owner"],
} as const satisfies Record<HubKind, readonly string[]>;

const ADDRESSES = { mailboxes: 150, info: 50, peopleEach: 3 };
const FIRST = ["Ada", "Bram", "Céline", "Dov", "Edda", "Femi", "Goran", "Hanna", "Imre", "Jo"];
export const OPEN_STAGES = [
  "Prospecting",
  "Qualification",
  "Value Proposition",
  "Proposal/Price Quote",
  "Negotiation/Review",
] as const;
/** The file knows four stages. Deals of the one that means work stand in every open stage but the first, in turn. */
const stageOf = (said: Cell | undefined, index: number): string => {
  if (said === "Won") return "Closed Won";
  if (said === "Lost") return "Closed Lost";
  return said === "Engaging" ? OPEN_STAGES[1 + (index % (OPEN_STAGES.length - 1))]! : OPEN_STAGES[0];
};

const FAMILY = "Family-";

/** A person is known by the last name, except where a family has one. */
export const personKey = (firstName: unknown, lastName: unknown): string =>
  String(lastName).startsWith(FAMILY) ? `${String(lastName)}, ${String(firstName)}` : String(lastName);

export const lastNameOf = (key: string): string => (key.startsWith(FAMILY) ? key.slice(0, key.indexOf(", ")) : key);

/** How many addresses are shared: the issue's 200, or as many as a small set has people for. */
export const sharedAddresses = (people: number): number =>
  Math.min(ADDRESSES.mailboxes + ADDRESSES.info, Math.floor(people / 15));

/**
 * Halves that overlap: of ten things four stand in Salesforce only, four in HubSpot only, two in both. Where both hold one, each lacks
 * something the other has, and some cells differ: HubSpot's were typed later.
 */
export function planWorld(files: Files, seed: number): World {
  const random = generator(seed);
  const accounts = new Map<string, Thing>();
  const agent = (index: number): string => files.agents[index % files.agents.length]!;
  const text = (cell: Cell | undefined): Cell => (cell === undefined || cell === null ? null : cell);

  const parents = new Set([...files.rows.accounts.values()].map((row) => row["subsidiary_of"]).filter(Boolean));
  let index = 0;
  for (const [key, row] of files.rows.accounts) {
    const sides = parents.has(key) ? BOTH : sidesOf(index);
    const whole: Row = {
      city: `City ${index}`,
      country: text(row["office_location"]),
      employees: text(row["employees"]),
      // In the file in millions; the vendors keep whole amounts.
      revenue: row["revenue"] === null ? null : Math.round(Number(row["revenue"]) * 1_000_000),
      parent: text(row["subsidiary_of"]),
      owner: agent(index),
    };
    accounts.set(key, thing("accounts", key, whole, sides, { lacks: ["city", "employees"], index }));
    index += 1;
  }

  const accountsOf = (sides: readonly Crm[]): string[] =>
    [...accounts.values()].filter(({ preloaded }) => sides.every((crm) => preloaded[crm])).map((one) => one.key);
  const homes = { one: accountsOf(SALESFORCE), both: accountsOf(BOTH) };

  const people = new Map<string, Thing>();
  const ids = [...files.rows.leads.keys()];
  const groups = sharedAddresses(ids.length);
  // Of every fourth shared address all have one last name, too.
  const isFamily = (group: number): boolean => group < groups && group % 4 === 1;
  const sharedFirst = (position: number): string =>
    FIRST[(Math.floor(position / ADDRESSES.peopleEach) + (position % ADDRESSES.peopleEach)) % FIRST.length]!;
  const keys = ids.map((id, position) => {
    const group = Math.floor(position / ADDRESSES.peopleEach);
    return isFamily(group) ? personKey(sharedFirst(position), `${FAMILY}${group}`) : id;
  });
  for (const [position, id] of ids.entries()) {
    const key = keys[position]!;
    const row = files.rows.leads.get(id)!;
    const group = Math.floor(position / ADDRESSES.peopleEach);
    const shared = group < groups;
    const inGroup = position % ADDRESSES.peopleEach;
    const info = group % 4 === 3;
    // Of three people who share an address two are Salesforce's and one HubSpot's; of every fifth mailbox the first is in both, and the
    // third only in Salesforce.
    const known = shared && !info && group % 5 === 0;
    const sides = !shared
      ? sidesOf(position)
      : known
        ? inGroup === 0
          ? BOTH
          : SALESFORCE
        : inGroup === 2
          ? HUBSPOT
          : SALESFORCE;
    const others = keys.slice(group * ADDRESSES.peopleEach, (group + 1) * ADDRESSES.peopleEach);
    // Where HubSpot's one of a family is none of Salesforce's, all are in doubt from the first meeting.
    const doubted = isFamily(group) && !known;
    const kin = !doubted ? [] : inGroup === 2 ? others.slice(0, 2) : others.slice(2);
    const beside = shared && !doubted && !sides.includes("hubspot") ? others[known ? 0 : 2]! : null;
    // Of those in Salesforce who share no address, a third are contacts of an account. A contact has no company of its own there.
    const contact = !shared && sides.includes("salesforce") && [2, 3].includes(position % 10);
    const both = sides.length === 2;
    const whole: Row = {
      firstName: shared ? sharedFirst(position) : pick(FIRST, random),
      email: shared ? (info ? `info@firm-${group}.example.com` : `family-${group}@example.com`) : `${id}@example.com`,
      title: text(row["What is your current occupation"]),
      city: text(row["City"]),
      country: text(row["Country"]),
      company: contact && !both ? null : `Firm ${position}`,
      account: contact ? pick(both ? homes.both : homes.one, random) : null,
      owner: agent(position),
    };
    const made = thing("people", key, whole, sides, { lacks: ["city", "title"], index: position });
    // Some may not be written to: of those in both CRMs either or both of them say so.
    if (made.preloaded.salesforce) made.preloaded.salesforce[FORBIDS] = Math.floor(position / 5) % 4 < 2;
    if (made.preloaded.hubspot && (Math.floor(position / 5) % 4) % 2 === 1) made.preloaded.hubspot[FORBIDS] = true;
    if (contact) {
      made.preloaded.salesforce!["company"] = null;
      made.hidden = { salesforce: ["company"] };
      if (both && position % 4 === 0) made.preloaded.hubspot!["account"] = null;
    }
    people.set(key, { ...made, beside, kin, contact, shared });
  }

  const deals = new Map<string, Thing>();
  index = 0;
  for (const [key, row] of files.rows.deals) {
    const account = text(row["account"]);
    // Deals are told apart by their account; each side holds a deal only with its account.
    const holders = account === null ? undefined : accounts.get(String(account))?.preloaded;
    const has = (crm: Crm): boolean => account === null || holders?.[crm] !== undefined;
    const wanted = sidesOf(index);
    const possible = (["salesforce", "hubspot"] as const).filter(has);
    let sides = wanted.filter((crm) => possible.includes(crm));
    if (sides.length === 0) sides = possible;
    if (sides.length === 2 && account === null) sides = [sides[index % 4 < 2 ? 0 : 1]!];
    const whole: Row = {
      amount: text(row["close_value"]),
      stage: stageOf(row["deal_stage"], index),
      closeDate: text(row["close_date"]) ?? "2018-12-31",
      nextStep: index % 3 === 0 ? `Call ${index}` : null,
      account,
      owner: String(row["sales_agent"]),
    };
    deals.set(key, thing("deals", key, whole, sides, { lacks: ["nextStep"], index }));
    index += 1;
  }
  const preloadedTies = tiesBefore({ people, deals });
  const ties = new Set(
    preloadedTies.map(({ deal, person, roles }) => tied(deal, person, roles.hubspot ?? roles.salesforce)),
  );
  const consent = new Map([...people.values()].map((one) => [one.key, consentOf(one)]));
  const tasks = new Map(
    [...people.values()]
      .filter(({ preloaded }, at) => preloaded.salesforce && at % 5 < 2)
      .map(({ key }) => [`Call ${key}`, key] as const),
  );
  return { accounts, people, deals, ties, preloadedTies, consent, tasks, swallowed: new Map() };
}

const inBothCrms = ({ preloaded }: Thing): boolean => BOTH.every((crm) => preloaded[crm]);

/** Contacts of deals: in both CRMs in one role, in both where one gives none, or in one of the two only. */
function tiesBefore({ people, deals }: Pick<World, "people" | "deals">): PreloadedTie[] {
  const ties: PreloadedTie[] = [];
  const all = [...people.values()].filter((one) => one.contact);
  const both = all.filter((one) => one.preloaded.hubspot);
  const step = Math.max(1, Math.floor(deals.size / DEALS_TIED));
  let inBoth = 0;
  const some = [...deals.values()].filter((one, index) => index % step === 0 || inBothCrms(one));
  for (const [nth, deal] of some.entries()) {
    const among = deal.preloaded.hubspot ? both : all;
    const count = inBothCrms(deal) ? 4 : 1 + (nth % 2);
    for (let more = 0; more < Math.min(count, among.length); more++) {
      const { key, preloaded } = among[(nth + more) % among.length]!;
      const holders = BOTH.filter((crm) => deal.preloaded[crm] && preloaded[crm]);
      const shared = holders.length === 2;
      const role = [...ROLES, null][(shared ? inBoth : nth) % (ROLES.length + 1)]!;
      const way = shared ? inBoth++ % 4 : 0;
      const at = way > 1 ? [holders[way - 2]!] : holders;
      const roles: Partial<Record<Crm, string | null>> = Object.fromEntries(at.map((crm) => [crm, role]));
      if (way === 1) roles[at[Math.floor(inBoth / 4) % 2]!] = null;
      ties.push({ deal: deal.key, person: key, roles });
    }
  }
  return ties;
}

const BOTH: readonly Crm[] = ["salesforce", "hubspot"];
const SALESFORCE: readonly Crm[] = ["salesforce"];
const HUBSPOT: readonly Crm[] = ["hubspot"];
const sidesOf = (index: number): readonly Crm[] => [SALESFORCE, HUBSPOT, BOTH, SALESFORCE, HUBSPOT][index % 5]!;

/** A thing and what each side holds of it. Blanks fill from the other side; where both have a value, the later one, HubSpot's, stays. */
function thing(
  kind: HubKind,
  key: string,
  whole: Row,
  sides: readonly Crm[],
  { lacks, index }: { lacks: readonly string[]; index: number },
): Thing & { readonly preloaded: Partial<Record<Crm, Row>> } {
  const preloaded: Partial<Record<Crm, Row>> = {};
  const row = { ...whole };
  for (const crm of sides) preloaded[crm] = { ...whole };
  if (sides.length === 2) {
    const here = preloaded.salesforce!;
    const there = preloaded.hubspot!;
    if (index % 3 === 0) here[lacks[0]!] = null;
    if (index % 3 === 1) there[lacks.at(-1)!] = null;
    if (index % 7 === 0) there["owner"] = null;
    if (index % 11 === 0 && kind === "people") row["country"] = there["country"] = `Elsewhere ${index}`;
  }
  return { kind, key, preloaded, row, beside: null, kin: [], contact: false, shared: false };
}

/** First meetings that the ledger must tell of: both had a value, and HubSpot's was later. */
export function lostAtMeeting(world: World): { kind: HubKind; key: string; cell: string; value: Cell }[] {
  return HUB_KINDS.flatMap((kind) =>
    [...world[kind].values()].flatMap(({ key, preloaded: { salesforce, hubspot } }) =>
      Object.keys(salesforce ?? {})
        .filter((cell) => hubspot && salesforce![cell] && hubspot[cell] && salesforce![cell] !== hubspot[cell])
        .map((cell) => ({ kind, key, cell, value: salesforce![cell]! })),
    ),
  );
}

/** Whether this system holds the thing when all is told to all. */
export function standsIn(system: System, { beside, kin, only, preloaded }: Thing): boolean {
  if (only) return only.includes(system);
  if (system !== "winston" && kin.length > 0) return preloaded[system] !== undefined;
  return !(system === "hubspot" && beside !== null);
}

/** Whether it waits for a person before it is made at this CRM. */
export const waitsFor = (crm: Crm, thing: Thing): boolean => !thing.only && !standsIn(crm, thing);
