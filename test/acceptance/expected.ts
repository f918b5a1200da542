// What both systems must hold at the end, computed from the files, the journal and the declared rules. Pure.
//
// The rules, as the product declares them:
// 1. An edit on one side arrives on the other; edits of different fields of one record both live.
// 2. A field edited on both sides is a conflict: the newest observed interval wins, a tie goes to Winston. The vendor's stamp is a whole
//    second s and stands for [s, s + 999 ms]; an edit in Winston is the moment t. So the vendor wins if and only if s > t.
//    The losing value is in the ledger, by record and field.
// 3. A deletion travels, unless the other side edited the record since: then the record lives, with that edit.
// 4. A field that the vendor requires and nobody filled in holds its filler there, and is blank in Winston.
import { type Cell, type Kind, KINDS, type KindName, type Row } from "./columns.ts";
import type { Files } from "./data.ts";
import type { Entry, Journal, Side } from "./edits.ts";

export interface ExpectedConflict {
  readonly kind: KindName;
  readonly key: string;
  readonly column: string;
  readonly winner: Side;
  /** The edit in Winston lies within the vendor's second. */
  readonly tie: boolean;
  readonly winston: Cell;
  readonly salesforce: Cell;
}

export interface Expected {
  /** Winston's values, by key. Salesforce's are the same, fillers aside. */
  readonly rows: Readonly<Record<KindName, ReadonlyMap<string, Row>>>;
  readonly conflicts: readonly ExpectedConflict[];
}

export function expectedState(files: Pick<Files, "rows">, journal: Journal): Expected {
  const conflicts: ExpectedConflict[] = [];
  const rows = { leads: new Map<string, Row>(), accounts: new Map<string, Row>(), deals: new Map<string, Row>() };
  for (const kind of KINDS) rows[kind.name] = expectedRows(kind, files.rows[kind.name], journal, conflicts);
  return { rows, conflicts };
}

function expectedRows(
  kind: Kind,
  file: ReadonlyMap<string, Row>,
  journal: Journal,
  conflicts: ExpectedConflict[],
): Map<string, Row> {
  const rows = new Map([...file].map(([key, row]) => [key, { ...row }]));
  const byKey = Map.groupBy(
    journal.filter((entry) => entry.kind === kind.name),
    (entry) => entry.key,
  );
  for (const [key, entries] of byKey) {
    const of = (side: Side): Entry | undefined => entries.find((entry) => entry.side === side);
    const [ours, theirs] = [of("winston"), of("salesforce")];
    const edits = [ours, theirs].filter((entry) => entry !== undefined && entry.op !== "delete");
    if (edits.length === 0) rows.delete(key);
    const row = rows.get(key) ?? {};
    for (const edit of edits) {
      rows.set(key, row);
      for (const column of kind.columns) if (edit!.op === "add") row[column.name] ??= null;
      Object.assign(row, edit!.set);
    }
    if (ours?.op !== "change" || theirs?.op !== "change") continue;
    for (const column of Object.keys(ours.set).filter((name) => name in theirs.set)) {
      const [winston, salesforce] = [ours.set[column]!, theirs.set[column]!];
      const winner = theirs.at > ours.at ? "salesforce" : "winston";
      row[column] = winner === "winston" ? winston : salesforce;
      const tie = ours.at >= theirs.at && ours.at < theirs.at + 1_000;
      conflicts.push({ kind: kind.name, key, column, winner, tie, winston, salesforce });
    }
  }
  return rows;
}

/** What stands in Salesforce where Winston has this value. */
export function inSalesforce(kind: Kind, row: Row): Row {
  return Object.fromEntries(kind.columns.map((column) => [column.name, row[column.name] ?? column.filler ?? null]));
}
