// Bulk API 2.0 speaks CSV: UTF-8, commas, LF, a header row on every page.
import { Readable } from "node:stream";
import { parse } from "csv-parse";

/** Rows of a CSV body as they arrive, by column name. An empty cell is null: the vendor has no empty text. */
export async function* csvRows(body: AsyncIterable<Uint8Array>): AsyncGenerator<Record<string, string | null>> {
  const source = Readable.from(body, { objectMode: false });
  const parser = parse({ bom: true });
  // Readable.pipe does not carry errors on; a body that broke off must end the rows with an error.
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let header: readonly string[] | null = null;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (header === null) {
        header = cells;
        continue;
      }
      const row: Record<string, string | null> = {};
      for (const [index, name] of header.entries()) row[name] = cells[index] || null;
      yield row;
    }
  } finally {
    source.destroy();
    parser.destroy();
  }
}
