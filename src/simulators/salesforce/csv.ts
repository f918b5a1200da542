// CSV as Bulk API 2.0 writes and reads it.
import { parse } from "csv-parse/sync";

export const DELIMITERS: Readonly<Record<string, string>> = {
  COMMA: ",",
  TAB: "\t",
  PIPE: "|",
  SEMICOLON: ";",
  CARET: "^",
  BACKQUOTE: "`",
};

/** One line with every value quoted; null is the empty text. */
export function csvLine(values: readonly (string | number | boolean | null)[], delimiter: string): string {
  return values.map((value) => `"${value === null ? "" : String(value).replaceAll('"', '""')}"`).join(delimiter);
}

/** Header and rows, or a sentence on what is wrong with the text. */
export function readCsv(
  text: string,
  delimiter: string,
  lineEnding: "LF" | "CRLF",
): { header: string[]; rows: string[][] } | string {
  const first = text.indexOf("\n");
  const used = first > 0 && text[first - 1] === "\r" ? "CRLF" : "LF";
  if (first >= 0 && used !== lineEnding)
    return `InvalidBatch : LineEnding is invalid on user data. Current LineEnding setting is ${lineEnding}`;
  try {
    const [header, ...rows] = parse(text, {
      delimiter,
      bom: true,
      record_delimiter: lineEnding === "LF" ? "\n" : "\r\n",
      skip_empty_lines: true,
    }) as string[][];
    if (!header) return "InvalidBatch : The file is empty";
    return { header, rows };
  } catch (cause) {
    return `InvalidBatch : ${(cause as Error).message}`;
  }
}
