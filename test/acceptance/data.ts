// The files, read: rows by their key, every cell as a value. "Select" and blanks are null.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { type Cell, type Column, type Kind, KINDS, type KindName, type Row } from "./columns.ts";

/** What stands for nothing in the leads' file. */
export const NULLS: readonly string[] = ["Select", ""];

export interface Files {
  readonly folder: string;
  /** Rows by key, in the order of the file. */
  readonly rows: Readonly<Record<KindName, ReadonlyMap<string, Row>>>;
  /** Names of the sales agents: the vendor's users. */
  readonly agents: readonly string[];
}

/** Throws a sentence that names the file or column that is not as expected. */
export function readFiles(folder: string): Files {
  const rows = Object.fromEntries(KINDS.map((kind) => [kind.name, readKind(folder, kind)])) as Record<
    KindName,
    Map<string, Row>
  >;
  const agents = readTable(folder, "maven-crm/sales_teams.csv").map((row) => row["sales_agent"]!);
  return { folder, rows, agents };
}

function readKind(folder: string, kind: Kind): Map<string, Row> {
  const table = readTable(folder, kind.file);
  const inFile = kind.columns.filter((column) => !column.absent);
  const headers = Object.keys(table[0] ?? {});
  const strange = headers.filter((header) => !inFile.some((column) => column.name === header));
  const missing = inFile.filter((column) => !headers.includes(column.name)).map((column) => column.name);
  if (strange.length + missing.length > 0)
    throw new Error(
      `${kind.file}: columns missing: ${missing.join(", ") || "none"}; columns not expected: ${strange.join(", ") || "none"}.`,
    );
  const rows = new Map<string, Row>();
  for (const [index, raw] of table.entries()) {
    const row: Row = {};
    for (const column of kind.columns)
      row[column.name] = column.absent ? null : cell(column, raw[column.name]!, `${kind.file}, row ${index + 1}`);
    const key = raw[kind.key]!;
    if (rows.has(key)) throw new Error(`${kind.file}: ${kind.key} ${key} stands there twice.`);
    rows.set(key, row);
  }
  return rows;
}

function readTable(folder: string, file: string): Record<string, string>[] {
  const path = join(folder, file);
  if (!existsSync(path))
    throw new Error(`${folder} has no ${file}; name a folder of the same shape (docs/guides/acceptance.md).`);
  return parse(readFileSync(path), { columns: true, bom: true });
}

function cell(column: Column, raw: string, where: string): Cell {
  if (NULLS.includes(raw)) return null;
  const wrong = (): never => {
    throw new Error(`${where}: ${column.name} is ${JSON.stringify(raw)}, which is no ${column.type}.`);
  };
  switch (column.type) {
    case "number":
    case "money":
      return Number.isFinite(Number(raw)) ? Number(raw) : wrong();
    case "boolean":
      return /^yes$/iu.test(raw) || (!/^no$/iu.test(raw) && wrong());
    case "date": {
      const [, month, day, year] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/u.exec(raw) ?? wrong();
      return `${year}-${month!.padStart(2, "0")}-${day!.padStart(2, "0")}`;
    }
    default:
      return raw;
  }
}
