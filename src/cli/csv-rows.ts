// The rows of a CSV file, one after the other, whatever its size. A row that does not parse spoils only itself.
import { open, stat } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import { WinstonError } from "../base/errors.ts";

export type CsvRow =
  | { readonly line: number; readonly cells: readonly string[] }
  /** `raw`: the row as it stands in the file, cut after a while. */
  | { readonly line: number; readonly problem: string; readonly raw: string };

export interface CsvFile {
  readonly headers: readonly string[];
  readonly delimiter: string;
  /** In bytes. */
  readonly size: number;
  /** Each call reads the file anew. */
  rows(signal?: AbortSignal): AsyncGenerator<CsvRow>;
}

const RECORD_MAX = 1_000_000;
const DELIMITERS = [",", ";", "\t", "|"] as const;

/** Opens a file by its first line. Throws usage.wrong for a file that cannot be read, is empty, or is not UTF-8 text. */
export async function openCsv(path: string): Promise<CsvFile> {
  const start = await beginning(path);
  if (start.bytes.length === 0) throw wrong(`${path} is empty; its first line must name the columns.`);
  if (start.bytes[0] === 0xff || start.bytes[0] === 0xfe || start.bytes.includes(0))
    throw wrong(`${path} is not UTF-8 text (it looks like UTF-16). Save it as "CSV UTF-8" and try again.`);
  const delimiter = delimiterOf(
    start.bytes
      .toString("utf8")
      .replace(/^\uFEFF/u, "")
      .split(/\r?\n/u, 1)[0]!,
  );
  const first = await readRecords(path, delimiter).next();
  if (first.done || "problem" in first.value)
    throw wrong(
      `The first line of ${path} does not parse: ${first.done ? "there is none" : (first.value as { problem: string }).problem}.`,
    );
  const headers = (first.value as { cells: readonly string[] }).cells.map((one) => one.trim());
  return {
    headers,
    delimiter,
    size: start.size,
    async *rows(signal) {
      let header = true;
      for await (const row of readRecords(path, delimiter)) {
        signal?.throwIfAborted();
        if (header) header = false;
        else if ("cells" in row && row.cells.length !== headers.length)
          yield {
            line: row.line,
            problem: `has ${row.cells.length} columns, and the first line names ${headers.length}`,
            raw: row.cells.join(delimiter).slice(0, 2_000),
          };
        else if ("cells" in row && row.cells.some((cell) => cell.includes("\uFFFD")))
          yield {
            line: row.line,
            problem: "holds characters that are not UTF-8",
            raw: row.cells.join(delimiter).slice(0, 2_000),
          };
        else yield row;
      }
    },
  };
}

/** Parsed records. After one that cannot be parsed (a stray quote takes half the file with it), reading begins anew on the next line. */
async function* readRecords(path: string, delimiter: string): AsyncGenerator<CsvRow> {
  let place: Place = { from: 0, line: 1 };
  for (;;) {
    let good = 0;
    try {
      for await (const { row, next } of parseFrom(path, delimiter, place)) {
        yield row;
        good += 1;
        place = next;
      }
      return;
    } catch (error) {
      const { code, message, records = good } = error as { code?: string; message: string; records?: number };
      if (!code?.startsWith("CSV_")) throw error;
      // What was parsed before the bad row and not yet handed out went down with the parser: once more, and no further.
      if (records > good) {
        for await (const { row, next } of parseFrom(path, delimiter, place, records - good)) {
          yield row;
          place = next;
        }
      }
      let bad = await lineAt(path, place.from);
      while (bad.text === "" && bad.next !== undefined) {
        place = { from: bad.next, line: place.line + 1 };
        bad = await lineAt(path, place.from);
      }
      yield { line: place.line, problem: whyNot(code, message), raw: bad.text };
      if (bad.next === undefined) return;
      place = { from: bad.next, line: place.line + 1 };
    }
  }
}

interface Place {
  /** Byte offset and number of a line. */
  readonly from: number;
  readonly line: number;
}

type Info = { readonly bytes: number; readonly empty_lines: number };

/** Records from a place on, at most `most`, each with the place behind it. Throws csv-parse's errors. */
async function* parseFrom(
  path: string,
  delimiter: string,
  { from, line }: Place,
  most?: number,
): AsyncGenerator<{ row: CsvRow; next: Place }> {
  const input = createReadStream(path, { start: from });
  const parser = input.pipe(
    parse({
      bom: from === 0,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: RECORD_MAX,
      ...(most === undefined ? {} : { to: most }),
    }),
  );
  input.on("error", (error) => parser.destroy(error));
  let nextLine = line;
  let emptyLines = 0;
  try {
    for await (const { info, record } of parser as AsyncIterable<{ info: Info; record: string[] }>) {
      const row = { line: nextLine + info.empty_lines - emptyLines, cells: record };
      emptyLines = info.empty_lines;
      // csv-parse counts \r\n within quotes as two lines.
      nextLine = row.line + 1 + record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/gu)?.length ?? 0), 0);
      yield { row, next: { from: from + info.bytes, line: nextLine } };
    }
  } finally {
    input.destroy();
  }
}

function whyNot(code: string, message: string): string {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
    case "CSV_MAX_RECORD_SIZE":
      return "opens a quote that is never closed";
    case "CSV_INVALID_CLOSING_QUOTE":
    case "CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE":
      return "has text after a closing quote";
    case "CSV_INVALID_OPENING_QUOTE":
      return "has a quote in the middle of a value";
    default:
      return message;
  }
}

/** The line that begins at a byte offset, its first 2,000 characters, and where the next begins. */
async function lineAt(path: string, offset: number): Promise<{ text: string; next: number | undefined }> {
  const file = await open(path);
  try {
    const kept: Buffer[] = [];
    const chunk = Buffer.alloc(65_536);
    for (let at = offset; ;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      const end = chunk.subarray(0, bytesRead).indexOf(0x0a);
      if (kept.length === 0) kept.push(Buffer.from(chunk.subarray(0, end === -1 ? bytesRead : end)));
      if (end !== -1 || bytesRead === 0) {
        const text = Buffer.concat(kept).toString("utf8").replace(/\r$/u, "").slice(0, 2_000);
        return { text, next: bytesRead === 0 ? undefined : at + end + 1 };
      }
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function beginning(path: string): Promise<{ bytes: Buffer; size: number }> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new Error("it is no file");
    const file = await open(path);
    try {
      const bytes = Buffer.alloc(65_536);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return { bytes: bytes.subarray(0, bytesRead), size: info.size };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw wrong(`${path} cannot be read (${(cause as Error).message}).`);
  }
}

/** The mark that stands most often in the first line, outside quotes. */
export function delimiterOf(line: string): string {
  const bare = line.replaceAll(/"[^"]*"/gu, "");
  const times = (mark: string): number => bare.split(mark).length - 1;
  return DELIMITERS.reduce((best, mark) => (times(mark) > times(best) ? mark : best));
}

const wrong = (message: string): WinstonError => new WinstonError("usage.wrong", message);
