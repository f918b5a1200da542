// The answer on standard output: a table for people, tab-separated rows for pipes, JSON for programs (docs/reference/cli.md).
import { once } from "node:events";
import { styleText } from "node:util";
import type { Globals, Shell } from "./shell.ts";
import { type Column, drawTable, drawTsv } from "./table.ts";

/** Something listed. `schema` names one row ("run"); the JSON says "winston.run/v1", a list of them "winston.runs/v1". */
export interface Listed<Row> {
  readonly schema: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: AsyncIterable<Row> | Iterable<Row>;
  /** Said when there are none. */
  readonly none: string;
  /** The next useful command, without the word winston. */
  readonly next?: string | undefined;
  /** At most this many; people are told when there are more. */
  readonly limit?: number | undefined;
}

export async function printList<Row extends object>(
  shell: Shell,
  globals: Globals,
  listed: Listed<Row>,
): Promise<void> {
  const { stdout } = shell;
  const put = (text: string): Promise<void> => putText(shell, text);
  const limit = listed.limit ?? Infinity;
  const human = isHuman(shell, globals);
  const buffer: Row[] = [];
  let seen = 0;
  if (globals.json) stdout.write(`{"schema":"winston.${plural(listed.schema)}/v1","data":[`);
  for await (const row of listed.rows) {
    if (seen === limit) {
      if (human) shell.stderr.write(`Only the first ${limit} are shown; --limit shows more.\n`);
      break;
    }
    seen += 1;
    if (globals.json) await put(`${seen === 1 ? "" : ","}\n${JSON.stringify(row)}`);
    else if (globals.ndjson) await put(`${JSON.stringify({ schema: `winston.${listed.schema}/v1`, ...row })}\n`);
    else if (human) buffer.push(row);
    else await put(`${drawTsv(listed.columns, [row])[0]}\n`);
  }
  if (globals.json) stdout.write(`${seen === 0 ? "" : "\n"}]}\n`);
  if (!human) return;
  const lines =
    seen === 0 ? [listed.none] : drawTable(listed.columns, buffer, { width: widthOf(shell), styled: isStyled(shell) });
  stdout.write(`${lines.join("\n")}\n`);
  printNext(shell, globals, listed.next);
}

/** Writes to standard output no faster than it is read: a listing of any length is never held, however slow its reader. */
export async function putText({ stdout }: Pick<Shell, "stdout">, text: string): Promise<void> {
  if (!stdout.write(text)) await once(stdout, "drain");
}

/** One thing: `lines` for people, `data` for programs, and what a pipe gets, tab-separated: `rows` where it is made of rows, else each name of `data` with its value. */
export function printOne(
  shell: Shell,
  globals: Globals,
  one: {
    readonly schema: string;
    readonly data: object;
    readonly lines: readonly string[];
    readonly rows?: readonly (readonly unknown[])[];
    readonly next?: string | undefined;
  },
): void {
  const { stdout } = shell;
  if (globals.json || globals.ndjson) {
    const document = { schema: `winston.${one.schema}/v1`, ...one.data };
    stdout.write(`${globals.json ? JSON.stringify(document, null, 2) : JSON.stringify(document)}\n`);
  } else if (isHuman(shell, globals)) {
    stdout.write(`${one.lines.join("\n")}\n`);
    printNext(shell, globals, one.next);
  } else {
    const rows: readonly (readonly unknown[])[] = one.rows ?? Object.entries(one.data);
    const columns = Array.from(rows[0] ?? [], (_, at): Column<readonly unknown[]> => ({
      title: "",
      of: (row) => row[at],
    }));
    for (const line of drawTsv(columns, rows)) stdout.write(`${line}\n`);
  }
}

/** The last line of an answer to a person: what to do next. */
export function printNext(shell: Shell, globals: Globals, next: string | undefined): void {
  if (next !== undefined && isHuman(shell, globals)) shell.stdout.write(`\nNext: ${shell.self} ${next}\n`);
}

/** Whether a person reads standard output. */
export const isHuman = (shell: Shell, globals: Globals): boolean =>
  shell.stdout.isTTY && !globals.json && !globals.ndjson && !globals.plain;

export const widthOf = (shell: Shell): number => shell.stdout.columns || 120;

export const isStyled = (shell: Shell): boolean => styleText("bold", "x", { stream: shell.stdout }) !== "x";

const plural = (schema: string): string =>
  schema.endsWith("ed") ? schema : /[^aeiou]y$/u.test(schema) ? `${schema.slice(0, -1)}ies` : `${schema}s`;

/** "Name:   value" lines with the values in one column; blank values are left out. */
export function pairs(rows: readonly (readonly [name: string, value: string | null | undefined])[]): string[] {
  const filled = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const width = Math.max(0, ...filled.map(([name]) => name.length));
  return filled.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${value}`);
}
