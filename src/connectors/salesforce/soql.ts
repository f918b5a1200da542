// Queries in the vendor's language. Values go in by these functions only.

/** Where a key-set read stands: everything up to this stamp and, within the stamp, this id has been shown. */
export interface Position {
  readonly at: string;
  readonly id: string;
}

/** A text literal (SOQL and SOSL Reference, "Quoted String Escape Sequences"). */
export function quote(text: string): string {
  return `'${text.replace(/[\\'"\n\r\t\b\f]/gu, (char) => ESCAPES[char]!)}'`;
}
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

/** A moment as a literal, unquoted, in whole milliseconds. */
export function moment(ms: number): string {
  return new Date(ms).toISOString();
}

/** Rows changed at or after a moment. */
export function since(ms: number): string {
  return `SystemModstamp >= ${moment(ms)}`;
}

/** Rows behind a position in the order (SystemModstamp, Id): whole-second stamps mean many ties. */
export function after(position: Position): string {
  const at = moment(Date.parse(position.at));
  return `(SystemModstamp > ${at} OR (SystemModstamp = ${at} AND Id > ${quote(position.id)}))`;
}

export function select(input: {
  fields: readonly string[];
  object: string;
  where?: string;
  ordered?: boolean;
}): string {
  const where = input.where ? ` WHERE ${input.where}` : "";
  return `SELECT ${input.fields.join(", ")} FROM ${input.object}${where}${input.ordered ? " ORDER BY SystemModstamp, Id" : ""}`;
}

/** Splits values so that a query with them in an IN list stays below the length that a URL may have (16,384 bytes with its headers). */
export function chunksForUrl(values: readonly string[], spent: number, most = 12_000): string[][] {
  const chunks: string[][] = [];
  let chunk: string[] = [];
  let length = spent;
  for (const value of values) {
    const more = encodeURIComponent(`${quote(value)},`).length + 4;
    if (chunk.length > 0 && length + more > most) {
      chunks.push(chunk);
      chunk = [];
      length = spent;
    }
    chunk.push(value);
    length += more;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
