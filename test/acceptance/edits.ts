// Random edits on both sides while the connection is paused, each noted in a journal. The same seed makes the same edits.
import type { Server } from "./server.ts";
import { ACCOUNTS, type Cell, type Column, columnOf, type Kind, KINDS, type KindName, type Row } from "./columns.ts";
import type { Files } from "./data.ts";
import { idsByKey, type Simulator } from "./simulator.ts";

export type Side = "winston" | "salesforce";

/** One thing somebody did. */
export interface Edit {
  readonly side: Side;
  readonly op: "add" | "change" | "delete";
  readonly kind: KindName;
  readonly key: string;
  /** The columns set: all of them for an addition, none for a deletion. */
  readonly set: Row;
}

/** `at`: when it happened, in milliseconds since 1970: Winston's answer says updatedAt; the vendor's SystemModstamp is a whole second. */
export type Entry = Edit & { readonly at: number };
export type Journal = readonly Entry[];

const SHARE = 0.05;
const SHARE_OF_CONFLICTS = 0.01;
/** Records edited on both sides, in different fields. */
const SHARE_OF_MEETINGS = 0.005;
const CONCURRENT = 4;

/** Steps that may happen in any order, each with edits that happen one after the other. */
export function planEdits(files: Files, seed: number): Edit[][] {
  const random = generator(seed);
  const steps = KINDS.flatMap((kind) => planKind(files, kind, random));
  return shuffled(steps, random);
}

function planKind(files: Files, kind: Kind, random: Random): Edit[][] {
  const rows = files.rows[kind.name];
  const few = kind.name === "accounts" ? 0 : Math.max(2, Math.round(rows.size / 1_000));
  const part = (share: number): number => Math.max(1, Math.round(rows.size * share));
  const values = valuesFor(files, kind, random);
  const pool = shuffled([...rows.keys()], random);
  const take = (count: number): string[] => pool.splice(0, count);
  const change = (side: Side, key: string, set: Row): Edit => ({ side, op: "change", kind: kind.name, key, set });
  const remove = (side: Side, key: string): Edit => ({ side, op: "delete", kind: kind.name, key, set: {} });
  const some = (key: string, not: readonly string[] = []): Row => {
    const row = rows.get(key)!;
    const columns = shuffled(
      editable(kind, row, values).filter((column) => !not.includes(column.name)),
      random,
    );
    const chosen = columns.slice(0, 1 + Math.floor(random() * 3));
    return Object.fromEntries(chosen.map((column) => [column.name, values.other(column, row, [row[column.name]!])]));
  };
  const steps: Edit[][] = [];

  // The same field on both sides, with different values: at once or minutes apart, in either order, some with another field beside.
  for (const key of take(part(SHARE_OF_CONFLICTS))) {
    const row = rows.get(key)!;
    const column = pick(
      editable(kind, row, values).filter((one) => one.type !== "boolean"),
      random,
    );
    const ours = values.other(column, row, [row[column.name]!]);
    const theirs = values.other(column, row, [row[column.name]!, ours]);
    const beside = random() < 0.5 ? {} : some(key, [column.name]);
    const pair = shuffled(
      [
        change("winston", key, { [column.name]: ours }),
        change("salesforce", key, { ...beside, [column.name]: theirs }),
      ],
      random,
    );
    if (random() < 0.5) steps.push(pair);
    else steps.push(...pair.map((one) => [one]));
  }
  // One record, different fields: both edits must live.
  for (const key of take(part(SHARE_OF_MEETINGS))) {
    const ours = some(key);
    steps.push([change("winston", key, ours)], [change("salesforce", key, some(key, Object.keys(ours)))]);
  }
  const rest = part(SHARE) - part(SHARE_OF_CONFLICTS) - part(SHARE_OF_MEETINGS);
  for (const side of ["winston", "salesforce"] as const) {
    const other = side === "winston" ? "salesforce" : "winston";
    for (const key of take(Math.max(1, rest))) steps.push([change(side, key, some(key))]);
    for (const key of take(few)) steps.push([remove(side, key)]);
    // Deleted on one side, then edited on the other, which does not know yet: the edit lives.
    for (const key of take(few > 0 ? 2 : 0)) steps.push([remove(side, key), change(other, key, some(key))]);
    for (let index = 0; index < Math.max(1, few); index++) steps.push([values.addition(side, index)]);
  }
  return steps;
}

/** What may be edited in this row: not its key, and a parent account only where no circle can come of it. */
function editable(kind: Kind, row: Row, values: Values): Column[] {
  return kind.columns.filter(
    (column) =>
      !column.fixed &&
      !column.absent &&
      (kind !== ACCOUNTS || column.type !== "account" || !values.parents.has(String(row[kind.key]))),
  );
}

type Values = ReturnType<typeof valuesFor>;

function valuesFor(files: Files, kind: Kind, random: Random) {
  const rows = [...files.rows[kind.name].values()];
  const accounts = [...files.rows.accounts.keys()];
  const parents = new Set(
    [...files.rows.accounts.values()].flatMap((row) =>
      row["subsidiary_of"] === null ? [] : [String(row["subsidiary_of"])],
    ),
  );
  const seen = new Map(kind.columns.map((column) => [column.name, [...new Set(rows.map((row) => row[column.name]!))]]));
  let invented = 0;

  const one = (column: Column): Cell => {
    if (!column.required && column.type !== "boolean" && random() < 0.1) return null;
    switch (column.type) {
      case "boolean":
        return random() < 0.5;
      case "number":
        return Math.floor(random() * 1_000) / (column.make?.scale === 2 ? 4 : 1);
      case "money":
        return Math.floor(random() * 3_000_000) / 100;
      case "date":
        return new Date(Date.UTC(2017, 0, 1 + Math.floor(random() * 700))).toISOString().slice(0, 10);
      case "user":
        return pick(files.agents, random);
      case "account":
        return kind === ACCOUNTS ? pick([...parents], random) : pick(accounts, random);
      case "text":
        if (random() < 0.5)
          return `${pick(["Ænima", "北京", "“quoted”, with comma", "O’Brien & Söhne", "naïve\u0301 🙂"], random).normalize("NFC")} ${++invented}`;
        return pick(seen.get(column.name)!, random);
    }
  };
  /** A value for this column that is none of those. */
  const other = (column: Column, row: Row, not: readonly Cell[]): Cell => {
    for (;;) {
      const value = one(column);
      if (
        not.includes(value) ||
        (value === null && column.required) ||
        (column.type === "account" && value === row[kind.key])
      )
        continue;
      return value;
    }
  };
  /** A new record like one of the file's, with a key of its own. */
  const addition = (side: Side, index: number): Edit => {
    const key = `added-in-${side}-${kind.one}-${index + 1}`;
    const set: Row = { ...pick(rows, random), [kind.key]: key };
    if (side === "salesforce")
      // A person there types in what the form requires; nothing of it is a filler.
      for (const column of kind.columns)
        if (column.required) set[column.name] ??= column.type === "date" ? "2018-01-31" : `${column.name} ${index + 1}`;
    return { side, op: "add", kind: kind.name, key, set };
  };
  return { parents, other, addition };
}

/** Does the edits, a few at a time, and notes when each happened. */
export async function perform(
  steps: readonly (readonly Edit[])[],
  on: { server: Server; simulator: Simulator },
): Promise<Journal> {
  const { server, simulator } = on;
  const ids = {
    leads: new Map<string, string>(),
    accounts: new Map<string, string>(),
    deals: new Map<string, string>(),
  };
  for (const kind of KINDS) ids[kind.name] = await idsByKey(simulator, kind);
  const users = new Map(
    (await simulator.query("SELECT Id, Name FROM User")).map((row) => [String(row["Name"]), String(row["Id"])]),
  );
  const there: Directory = { records: ids, users };
  const entries: { -readonly [Key in keyof Entry]: Entry[Key] }[] = [];
  const waiting = steps.values();
  const worker = async (): Promise<void> => {
    for (const step of waiting)
      for (const edit of step)
        entries.push({
          ...edit,
          at: edit.side === "winston" ? await editWinston(server, edit) : await editSalesforce(simulator, there, edit),
        });
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  // The vendor's own stamps, read by its own client before Winston writes there again.
  for (const kind of KINDS) {
    const field = columnOf(kind, kind.key).salesforce;
    const stamps = new Map(
      (await simulator.query(`SELECT ${field}, SystemModstamp FROM ${kind.object}`)).map((row) => [
        row[field],
        Date.parse(String(row["SystemModstamp"])),
      ]),
    );
    for (const entry of entries)
      if (entry.side === "salesforce" && entry.kind === kind.name) entry.at = stamps.get(entry.key) ?? entry.at;
  }
  return entries;
}

interface Directory {
  readonly records: Readonly<Record<KindName, Map<string, string>>>;
  readonly users: ReadonlyMap<string, string>;
}

/** By the SDK, as a script of the customer's would. Returns Winston's time of it. */
async function editWinston({ client }: Server, edit: Edit): Promise<number> {
  const kind = KINDS.find((one) => one.name === edit.kind)!;
  const id = { externalId: edit.key };
  if (edit.op === "delete") {
    await client[edit.kind].delete(id);
    return 0;
  }
  const values = asWinston(kind, edit.set);
  const done =
    edit.op === "add" ? await client[edit.kind].upsert(edit.key, values) : await client[edit.kind].update(id, values);
  return Date.parse(done.updatedAt);
}

/** A row as the SDK is given it. References go by name or by the caller's own id. */
export function asWinston(kind: Kind, row: Row): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    const column = columnOf(kind, name);
    if (column.absent) continue;
    values[column.winston] =
      value === null
        ? null
        : column.type === "user"
          ? { name: value }
          : column.type === "account"
            ? { externalId: value }
            : column.type === "money"
              ? String(value)
              : value;
  }
  return values;
}

/** As a user of the organisation in its own pages. */
async function editSalesforce(simulator: Simulator, there: Directory, edit: Edit): Promise<number> {
  const kind = KINDS.find((one) => one.name === edit.kind)!;
  const ids = there.records[edit.kind];
  const path = `/rows/${kind.object}`;
  const values = Object.fromEntries(
    Object.entries(edit.set).map(([name, value]) => {
      const column = columnOf(kind, name);
      const known =
        column.type === "user" ? there.users : column.type === "account" ? there.records.accounts : undefined;
      return [column.salesforce, known && value !== null ? known.get(String(value)) : value];
    }),
  );
  if (edit.op === "add") ids.set(edit.key, (await simulator.control<{ id: string }>("POST", path, { values })).id);
  else if (edit.op === "change") await simulator.control("PATCH", `${path}/${ids.get(edit.key)}`, { values });
  else await simulator.control("DELETE", `${path}/${ids.get(edit.key)}`);
  return 0;
}

type Random = () => number;

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export function generator(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <Item>(items: readonly Item[], random: Random): Item => items[Math.floor(random() * items.length)]!;

export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const list = [...items];
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}
