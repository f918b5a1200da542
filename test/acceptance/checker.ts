// Reads both systems as they are, from outside (Winston by its HTTP API, Salesforce by the vendor's own client), and compares every cell
// with what expected.ts computes.
import type { Conflict } from "../../sdk/src/index.ts";
import { type Cell, type Column, columnOf, type Kind, KINDS, type KindName, type Row } from "./columns.ts";
import { type Expected, type ExpectedConflict, inSalesforce } from "./expected.ts";
import type { Server } from "./server.ts";
import type { Simulator } from "./simulator.ts";

/** One system's records of each kind: as many as it shows, in its order. */
type Shown = Record<KindName, Row[]>;

export interface Verdict {
  /** Cells equal to the expected state, of all cells, over both systems. */
  readonly fields: { readonly equal: number; readonly all: number };
  /** Losing values found in the ledger, of all that were provoked. */
  readonly conflicts: { readonly found: number; readonly provoked: number };
  /** Cells that differ, records missing or too many, values in the ledger that nobody provoked. */
  readonly differences: readonly string[];
  /** Records that exist more than once. */
  readonly duplicates: readonly string[];
  /** How often a filler stands in Salesforce, by "Object.Field", and that it is blank in Winston is among the cells. */
  readonly fillers: ReadonlyMap<string, number>;
}

export async function check(expected: Expected, on: { server: Server; simulator: Simulator }): Promise<Verdict> {
  const winston = await readWinston(on.server);
  const salesforce = await readSalesforce(on.simulator);
  const compared: Comparison[] = [];
  const fillers = new Map<string, number>();
  for (const kind of KINDS) {
    const rows = expected.rows[kind.name];
    const there = new Map([...rows].map(([key, row]) => [key, inSalesforce(kind, row)]));
    compared.push(compare(kind, "Winston", rows, winston.shown[kind.name]));
    compared.push(compare(kind, "Salesforce", there, salesforce[kind.name]));
    for (const column of kind.columns.filter((one) => one.filler !== undefined)) {
      const count = salesforce[kind.name].filter((row) => row[column.name] === column.filler).length;
      fillers.set(`${kind.object}.${column.salesforce} = ${JSON.stringify(column.filler)}`, count);
    }
  }
  const ledger = await on.server.client.conflicts.list().toArray({ limit: 1_000_000 });
  const conflicts = compareLedger(expected.conflicts, ledger, winston);
  return {
    fields: { equal: sum(compared, (one) => one.equal), all: sum(compared, (one) => one.all) },
    conflicts,
    differences: [...compared.flatMap((one) => one.differences), ...conflicts.differences],
    duplicates: compared.flatMap((one) => one.duplicates),
    fillers,
  };
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

interface Comparison {
  readonly equal: number;
  readonly all: number;
  readonly differences: readonly string[];
  readonly duplicates: readonly string[];
}

/** Every cell of every record that should be there, and every record that should not. Pure. */
export function compare(
  kind: Kind,
  system: string,
  wanted: ReadonlyMap<string, Row>,
  shown: readonly Row[],
): Comparison {
  const differences: string[] = [];
  const duplicates: string[] = [];
  let equal = 0;
  const byKey = Map.groupBy(shown, (row) => String(row[kind.key]));
  for (const [key, same] of byKey) {
    if (same.length > 1) duplicates.push(`${system}: ${kind.one} ${key} exists ${same.length} times`);
    if (!wanted.has(key)) differences.push(`${system}: ${kind.one} ${key} is there and should not be`);
  }
  for (const [key, row] of wanted) {
    const found = byKey.get(key)?.[0];
    if (!found) {
      differences.push(`${system}: ${kind.one} ${key} is missing`);
      continue;
    }
    for (const { name } of kind.columns) {
      const [want, got] = [row[name] ?? null, found[name] ?? null];
      if (want === got) equal += 1;
      else
        differences.push(
          `${system}: ${kind.one} ${key}: ${name} is ${JSON.stringify(got)} and should be ${JSON.stringify(want)}`,
        );
    }
  }
  return { equal, all: wanted.size * kind.columns.length, differences, duplicates };
}

/** How many of the file's records stand in both systems. */
export async function countImported(
  files: Expected["rows"],
  on: { server: Server; simulator: Simulator },
): Promise<Record<KindName, number>> {
  const winston = await readWinston(on.server);
  const salesforce = await readSalesforce(on.simulator);
  const count = (kind: Kind): number => {
    const [here, there] = [winston.shown, salesforce].map(
      (shown) => new Set(shown[kind.name].map((row) => row[kind.key])),
    );
    return [...files[kind.name].keys()].filter((key) => here!.has(key) && there!.has(key)).length;
  };
  return Object.fromEntries(KINDS.map((kind) => [kind.name, count(kind)])) as Record<KindName, number>;
}

/** What the API shows. */
interface WinstonState {
  readonly shown: Shown;
  /** Winston's id of each record, by its key. */
  readonly ids: Readonly<Record<KindName, Map<string, string>>>;
  /** Names of users and accounts by Winston's id. */
  readonly names: ReadonlyMap<string, string | null>;
}

/** Every lead, account and deal that the API lists. */
async function readWinston({ client }: Server): Promise<WinstonState> {
  const shown: Shown = { leads: [], accounts: [], deals: [] };
  const ids = {
    leads: new Map<string, string>(),
    accounts: new Map<string, string>(),
    deals: new Map<string, string>(),
  };
  const names = new Map<string, string | null>();
  for await (const user of client.users.list()) names.set(user.id, user.name);
  for await (const account of client.accounts.list()) names.set(account.id, account.name);
  for (const kind of KINDS) {
    for await (const record of client[kind.name].list() as AsyncIterable<Record<string, unknown> & { id: string }>) {
      const all = { ...record, ...(record["customFields"] as object) } as Record<string, unknown>;
      const row = Object.fromEntries(
        kind.columns.map((column) => [column.name, cellOfWinston(column, all[column.winston] ?? null, names)]),
      );
      shown[kind.name].push(row);
      ids[kind.name].set(String(row[kind.key]), record.id);
    }
  }
  return { shown, ids, names };
}

function cellOfWinston(column: Column, value: unknown, names: ReadonlyMap<string, string | null>): Cell {
  if (value === null) return null;
  if (column.type === "money") return Number((value as { amount: string }).amount);
  if (column.type === "user" || column.type === "account")
    return names.get(value as string) ?? `a record that is not there: ${value as string}`;
  return value as Cell;
}

/** Every row that jsforce reads. */
async function readSalesforce(simulator: Simulator): Promise<Shown> {
  const shown: Shown = { leads: [], accounts: [], deals: [] };
  for (const kind of KINDS) {
    const path = (column: Column): string => column.read ?? column.salesforce;
    const rows = await simulator.query(`SELECT Id, ${kind.columns.map(path).join(", ")} FROM ${kind.object}`);
    shown[kind.name] = rows.map((row) =>
      Object.fromEntries(kind.columns.map((column) => [column.name, at(row, path(column).split("."))])),
    );
  }
  return shown;
}

/** A field, or a field of a related record: {Owner: {Name}}. */
function at(row: unknown, [name, ...rest]: string[]): Cell {
  const value = (row as Record<string, unknown> | null)?.[name!] ?? null;
  return rest.length === 0 ? (value as Cell) : at(value, rest);
}

/** Looks every provoked conflict up in the ledger, by record and field, with the values of both sides and the winner. Pure. */
export function compareLedger(
  provoked: readonly ExpectedConflict[],
  ledger: readonly Conflict[],
  { ids, names }: Pick<WinstonState, "ids" | "names">,
): Verdict["conflicts"] & { readonly differences: readonly string[] } {
  const differences: string[] = [];
  const left = Map.groupBy(ledger, (row) => `${row.entityId} ${row.field}`);
  for (const conflict of provoked) {
    const kind = KINDS.find((one) => one.name === conflict.kind)!;
    const column = columnOf(kind, conflict.column);
    const rows = left.get(`${ids[conflict.kind].get(conflict.key)} ${column.winston}`) ?? [];
    const match = rows.findIndex(
      (row) =>
        row.winner === (conflict.winner === "winston" ? "winston" : "record") &&
        cellOfWinston(column, row.winston ?? null, names) === conflict.winston &&
        cellOfWinston(column, row.record ?? null, names) === conflict.salesforce,
    );
    if (match >= 0) rows.splice(match, 1);
    else
      differences.push(
        `Ledger: ${kind.one} ${conflict.key}: ${conflict.column}: no entry of ${JSON.stringify(conflict.winston)} here and ${JSON.stringify(conflict.salesforce)} there, won by ${conflict.winner}`,
      );
  }
  const found = provoked.length - differences.length;
  for (const row of [...left.values()].flat())
    differences.push(
      `Ledger: nobody provoked ${row.stream} ${row.recordId}: ${row.field}, ${JSON.stringify(row.winston)} here and ${JSON.stringify(row.record)} there`,
    );
  return { found, provoked: provoked.length, differences };
}
