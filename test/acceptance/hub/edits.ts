// What people do on all three sides while the connections are paused: each step is in the journal, and the world is told what must come of it.
// Edits fall into rounds more than a second apart, so that everybody agrees which of two came later.
import { type Cell, type Row } from "../columns.ts";
import { generator, pick, shuffled } from "../edits.ts";
import type { Files } from "../data.ts";
import { HUBSPOT_FIELDS, HUBSPOT_OBJECTS, HUBSPOT_STAGES, inSalesforce } from "./preload.ts";
import { foreseeMerged } from "./said.ts";
import {
  CELLS,
  HUB_KINDS,
  type HubKind,
  OPEN_STAGES,
  ROLES,
  type System,
  SYSTEMS,
  type Thing,
  tied,
  type World,
} from "./world.ts";
import type { Contents, Sides, Three } from "./checker.ts";

export interface Edit {
  readonly round: number;
  readonly side: System;
  readonly kind: HubKind;
  readonly key: string;
  readonly set: Row;
}

/** A value that lost, by the thing and cell it was for: it must stand in the ledger. */
export interface Lost {
  readonly kind: HubKind;
  readonly key: string;
  readonly cell: string;
  readonly value: Cell;
  /** To the one that took the thing in, not to an edit. */
  readonly merged?: true;
}

/** Everything that people do: edits by rounds, and events that are no edit of a cell. */
export interface Plan {
  readonly edits: readonly Edit[];
  /** Leads that become contacts: with the account they come to, or a new one. */
  readonly conversions: readonly { readonly key: string; readonly account: string | null }[];
  /** In HubSpot `other` is merged into `primary`. */
  readonly merges: readonly { readonly primary: string; readonly other: string }[];
  readonly deactivated: readonly { readonly agent: string; readonly at: readonly ("salesforce" | "hubspot")[] }[];
}

export const ROUNDS = 3;
const SHARES = { single: 0.04, conflict: 0.01, meeting: 0.005 };

/** Plans it all. Nothing is touched twice except where two sides are meant to meet. */
export function planHubEdits(files: Files, world: World, seed: number): Plan {
  const random = generator(seed + 77);
  const gone = files.agents.slice(0, 3);
  const agents = files.agents.slice(3);
  const deactivated: Plan["deactivated"] = [
    { agent: gone[0]!, at: ["salesforce"] },
    { agent: gone[1]!, at: ["hubspot"] },
    { agent: gone[2]!, at: ["salesforce", "hubspot"] },
  ];
  const edits: Edit[] = [];
  let invented = 0;
  const other = (cell: string, was: Cell, nullable = true): Cell => {
    invented += 1;
    if (cell === "owner")
      return pick(
        agents.filter((one) => one !== was),
        random,
      );
    if (cell === "stage")
      return pick(
        Object.keys(HUBSPOT_STAGES).filter((one) => one !== was),
        random,
      );
    if (cell === "employees") return 50_000 + invented;
    if (cell === "amount") return 40_000 + invented + 0.25;
    if (cell === "closeDate") return new Date(Date.UTC(2019, 0, 1 + (invented % 700))).toISOString().slice(0, 10);
    if (nullable && was !== null && cell !== "firstName" && random() < 0.15) return null;
    return `${pick(["Ænima", "北京", "“quoted”, with comma", "O’Brien & Söhne"], random)} ${invented}`;
  };
  const cellsOf = ({ kind, row }: Thing): string[] => {
    const cells: Readonly<Record<HubKind, readonly string[]>> = {
      people: ["firstName", "title", "city", "country", "owner"],
      accounts: ["city", "country", "employees", "owner"],
      deals: ["amount", "closeDate", "nextStep", "owner"],
    };
    const open = OPEN_STAGES.some((one) => one === row["stage"]);
    return [...cells[kind], ...(kind === "deals" && open ? ["stage"] : [])];
  };

  const pools = new Map<HubKind, string[]>();
  for (const kind of HUB_KINDS) {
    const parents = new Set([...world.accounts.values()].map((one) => one.row["parent"]));
    const pool = shuffled(
      [...world[kind].values()].filter((one) => !one.shared && !parents.has(one.key)).map((one) => one.key),
      random,
    );
    pools.set(kind, pool);
    const size = world[kind].size;
    const part = (share: number): number => Math.max(1, Math.round(size * share));
    const take = (count: number, which: (thing: Thing) => boolean = () => true): Thing[] => {
      const found = pool.map((key) => world[kind].get(key)!).filter(which);
      return found.slice(0, count).map((thing) => world[kind].get(pool.splice(pool.indexOf(thing.key), 1)[0]!)!);
    };
    if (kind === "accounts")
      edits.push(...reparents(take, { parents: [...parents].flatMap((one) => one ?? []), random }));
    // One field, two or three sides, one after the other in any order.
    for (const thing of take(Math.max(2, part(SHARES.conflict)))) {
      const cell = pick(
        cellsOf(thing).filter((one) => one !== "stage" && one !== "owner"),
        random,
      );
      const sides = shuffled(SYSTEMS, random).slice(0, random() < 0.4 ? 3 : 2);
      for (const [index, side] of sides.entries())
        edits.push({ round: index, side, kind, key: thing.key, set: { [cell]: other(cell, thing.row[cell]!, false) } });
    }
    // One record, another field on each side: all edits must live.
    for (const thing of take(part(SHARES.meeting))) {
      const cells = shuffled(cellsOf(thing), random);
      for (const [index, side] of SYSTEMS.entries())
        edits.push({
          round: Math.floor(random() * ROUNDS),
          side,
          kind,
          key: thing.key,
          set: { [cells[index]!]: other(cells[index]!, thing.row[cells[index]!]!) },
        });
    }
    for (const side of SYSTEMS) {
      for (const thing of take(part(SHARES.single))) {
        const cells = shuffled(cellsOf(thing), random).slice(0, 1 + Math.floor(random() * 2));
        const set = Object.fromEntries(cells.map((cell) => [cell, other(cell, thing.row[cell]!)]));
        edits.push({ round: Math.floor(random() * ROUNDS), side, kind, key: thing.key, set });
      }
    }
  }

  const people = pools.get("people")!;
  const most = (count: number): number => Math.min(count, Math.floor(world.people.size / 15));
  const accounts = [...world.accounts.values()].filter((one) => one.preloaded.salesforce).map((one) => one.key);
  const steady = people.filter((key) => !gone.includes(String(world.people.get(key)!.row["owner"])));
  const conversions = steady
    .filter((key) => world.people.get(key)!.preloaded.salesforce && !world.people.get(key)!.contact)
    .slice(0, most(50))
    .map((key, index) => ({ key, account: index % 2 === 0 ? pick(accounts, random) : null }));
  // HubSpot's users edit three of four of those who are being converted: before it, in the same moment, and after it.
  for (const [index, { key }] of conversions.entries()) {
    const cell = pick(["title", "city", "country", "firstName"], random);
    const round = index % 4;
    if (round < ROUNDS)
      edits.push({ round, side: "hubspot", kind: "people", key, set: { [cell]: other(cell, null, false) } });
  }
  const converted = new Set(conversions.map((one) => one.key));
  const rest = steady.filter((key) => !converted.has(key) && !world.people.get(key)!.contact);
  const merges = Array.from({ length: Math.min(20, Math.floor(rest.length / 4)) }, (_, index) => ({
    primary: rest[2 * index]!,
    other: rest[2 * index + 1]!,
  }));
  return { edits, conversions, merges, deactivated };
}

const REPARENTED = 3;

/** Accounts that come under another parent, on each side; on each side one that loses its parent; and one that two sides give different parents. */
function reparents(
  take: (count: number, which?: (thing: Thing) => boolean) => Thing[],
  { parents, random }: { parents: readonly Cell[]; random: () => number },
): Edit[] {
  const edits: Edit[] = [];
  const give = (thing: Thing, round: number, side: System, not: readonly Cell[] = []): Cell => {
    const others = parents.filter((one) => one !== thing.row["parent"] && !not.includes(one));
    const parent = others.length === 0 ? null : pick(others, random);
    edits.push({ round, side, kind: "accounts", key: thing.key, set: { parent } });
    return parent;
  };
  for (const side of SYSTEMS)
    for (const thing of take(1, ({ row }) => row["parent"] !== null))
      edits.push({ round: 1, side, kind: "accounts", key: thing.key, set: { parent: null } });
  if (parents.length < 3) return edits;
  const [first, second] = shuffled(SYSTEMS, random) as [System, System];
  for (const thing of take(1)) give(thing, 1, second, [give(thing, 0, first)]);
  for (const side of SYSTEMS) for (const [index, thing] of take(REPARENTED).entries()) give(thing, index, side);
  return edits;
}

/** Vendor and Winston ids of everything, as the vendors' own clients and the API show them before the edits. */
type Directory = Readonly<Record<System, Readonly<Record<HubKind, ReadonlyMap<string, string>>>>>;

function directoryOf(three: Three): Directory {
  const of = (contents: Contents): Directory["winston"] =>
    Object.fromEntries(
      HUB_KINDS.map((kind) => [kind, new Map(contents[kind].map((one) => [one.key, one.id]))]),
    ) as unknown as Directory["winston"];
  return { winston: of(three.winston), salesforce: of(three.salesforce), hubspot: of(three.hubspot) };
}

const CONCURRENT = 4;

/** The deal that comes of a conversion. */
export const dealOf = (key: string): string => `Deal of ${key}`;

/** Two of three who came by a conversion are given a role in its deal by Salesforce's users. */
const roleOf = (index: number): string | null => [null, ...ROLES][index % (ROLES.length + 1)]!;

/** Does one round on all three sides at once. */
export async function performRound(
  plan: Plan,
  round: number,
  on: Sides & { readonly world: World; readonly three: Three; readonly users: ReadonlyMap<string, string> },
): Promise<void> {
  const ids = directoryOf(on.three);
  const owners = new Map([...(await on.hubspot.owners())].map(([id, name]) => [name, id]));
  const steps: (() => Promise<unknown>)[] = plan.edits
    .filter((edit) => edit.round === round)
    .map((edit) => () => {
      if (edit.side === "winston") return editWinston(on, ids, edit);
      return edit.side === "salesforce"
        ? editSalesforce(on, ids, edit)
        : editHubspot(on, { ids, owners, three: on.three }, edit);
    });
  if (round === 1) {
    for (const { key, account } of plan.conversions)
      steps.push(() =>
        on.simulator.control("POST", "/convert", {
          leadId: ids.salesforce.people.get(key),
          convertedStatus: "Closed - Converted",
          ...(account === null ? {} : { accountId: ids.salesforce.accounts.get(account) }),
          opportunityName: dealOf(key),
        }),
      );
    for (const { primary, other } of plan.merges)
      steps.push(() =>
        on.hubspot.control("POST", "/merge", {
          object: "contacts",
          primaryId: ids.hubspot.people.get(primary),
          otherId: ids.hubspot.people.get(other),
        }),
      );
  }
  if (round === 2) {
    const made = await on.simulator.query("SELECT Id, Contact.LastName FROM OpportunityContactRole");
    const ofPerson = new Map(made.map((one) => [(one["Contact"] as unknown as Row)["LastName"], one["Id"]]));
    for (const [index, { key }] of plan.conversions.entries()) {
      const path = `/rows/OpportunityContactRole/${String(ofPerson.get(key))}`;
      const role = roleOf(index);
      if (role !== null) steps.push(() => on.simulator.control("PATCH", path, { values: { Role: role } }));
    }
  }
  const waiting = steps.values();
  const worker = async (): Promise<void> => {
    for (const step of waiting) await step();
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  if (round === ROUNDS - 1)
    for (const { agent, at } of plan.deactivated) {
      if (at.includes("salesforce"))
        await on.simulator.control("PATCH", `/rows/User/${on.users.get(agent)}`, { values: { IsActive: false } });
      if (at.includes("hubspot")) await on.hubspot.control("POST", `/owners/${owners.get(agent)}/deactivate`);
    }
}

function editWinston(
  { server, world }: Sides & { world: World },
  ids: Directory,
  { kind, key, set }: Edit,
): Promise<unknown> {
  const values = Object.fromEntries(
    Object.entries(set).map(([cell, value]) => {
      if (cell === "owner") return [cell, value === null ? null : { name: value }];
      if (cell === "parent") return [cell, value === null ? null : ids.winston.accounts.get(String(value))];
      return [cell, cell === "amount" && value !== null ? String(value) : value];
    }),
  );
  const people = world[kind].get(key)!.contact ? "contacts" : "leads";
  return server.client[kind === "people" ? people : kind].update(ids.winston[kind].get(key)!, values);
}

function editSalesforce(
  { simulator, users, world }: Sides & { users: ReadonlyMap<string, string>; world: World },
  ids: Directory,
  { kind, key, set }: Edit,
): Promise<unknown> {
  const { object, fields } = inSalesforce(world[kind].get(key)!);
  const values = Object.fromEntries(
    Object.entries(set).map(([cell, value]) => {
      if (cell === "owner") return ["OwnerId", users.get(String(value))];
      if (cell === "parent") return ["ParentId", value === null ? null : ids.salesforce.accounts.get(String(value))];
      return [fields[cell]!, value];
    }),
  );
  const path = `/rows/${object}/${ids.salesforce[kind].get(key)}`;
  return simulator.control("PATCH", path, { values });
}

async function editHubspot(
  { hubspot }: Sides,
  { ids, owners, three }: { ids: Directory; owners: ReadonlyMap<string, string>; three: Three },
  { kind, key, set }: Edit,
): Promise<void> {
  const object = HUBSPOT_OBJECTS[kind];
  const id = ids.hubspot[kind].get(key)!;
  const { parent, ...cells } = set;
  const values = Object.fromEntries(
    Object.entries(cells).map(([cell, value]) => {
      if (cell === "owner") return ["hubspot_owner_id", owners.get(String(value))];
      if (cell === "stage") return ["dealstage", HUBSPOT_STAGES[String(value)]];
      if (cell === "closeDate") return ["closedate", `${String(value)}T00:00:00.000Z`];
      return [HUBSPOT_FIELDS[kind][cell]!, value === null ? "" : String(value)];
    }),
  );
  if (Object.keys(values).length > 0) await hubspot.control("PATCH", `/rows/${object}/${id}`, { values });
  if (parent === null) {
    const was = three.hubspot.accounts.find((one) => one.key === key)!.row["parent"];
    const otherId = ids.hubspot.accounts.get(String(was));
    await hubspot.control("POST", "/dissociate", { object, id, other: object, otherId });
  } else if (parent !== undefined) {
    const otherId = ids.hubspot.accounts.get(String(parent));
    await hubspot.control("POST", "/associate", { object, id, other: object, otherId, label: "Parent Company" });
  }
}

/**
 * Tells the world what must come of the plan, and returns the values that lost. The last edit of a cell stays; the others are in the ledger.
 * What a conversion made is as Salesforce shows it, `converted`, before anything was synced.
 */
export function foresee(world: World, plan: Plan, converted: Contents): Lost[] {
  const lost: Lost[] = [];
  const byCell = Map.groupBy(
    plan.edits.flatMap((edit) => Object.entries(edit.set).map(([cell, value]) => ({ ...edit, cell, value }))),
    (one) => `${one.kind}\n${one.key}\n${one.cell}`,
  );
  for (const same of byCell.values()) {
    const inOrder = same.toSorted((a, b) => a.round - b.round);
    const { kind, key, cell, value } = inOrder.at(-1)!;
    world[kind].get(key)!.row[cell] = value;
    for (const one of inOrder.slice(0, -1)) lost.push({ kind, key, cell, value: one.value });
  }
  for (const kind of ["accounts", "deals"] as const)
    for (const { key, row } of converted[kind]) {
      if (world[kind].has(key)) continue;
      const whole = Object.fromEntries(CELLS[kind].map((cell) => [cell, row[cell] ?? null]));
      world[kind].set(key, {
        kind,
        key,
        preloaded: {},
        row: whole,
        beside: null,
        kin: [],
        contact: false,
        shared: false,
      });
    }
  const contacts = new Map(converted.people.map((one) => [one.key, one.row]));
  for (const [index, { key }] of plan.conversions.entries()) {
    const thing = world.people.get(key)!;
    thing.row["account"] = contacts.get(key)!["account"]!;
    world.ties.add(tied(dealOf(key), key, roleOf(index)));
    // A contact has no company of its own in Salesforce; it has an account.
    thing.hidden = { salesforce: ["company"] };
  }
  for (const { primary, other } of plan.merges) {
    // What the first of the two lacks it has from the other. Where they differ the other's value is lost, and the ledger tells so.
    const [kept, gone] = [world.people.get(primary)!, world.people.get(other)!];
    for (const cell of CELLS.people) {
      const [value, stays] = [gone.row[cell] ?? null, kept.row[cell] ?? null];
      if (stays === null) kept.row[cell] = value;
      else if (value !== null && value !== stays)
        lost.push({ kind: "people", key: primary, cell, value, merged: true });
    }
    foreseeMerged(world, { primary, other });
    // Salesforce's API merges no leads: the other's stays there as it is, and stands for nobody any more, until a user there merges the two.
    gone.only = ["salesforce"];
  }
  return lost;
}
