// Cursors are opaque to callers: they say where a listing stands and which listing it was.
import { WinstonError } from "../base/errors.ts";
import { isWinstonId } from "./input.ts";

export function writeCursor(listing: string, after: string): string {
  return Buffer.from(JSON.stringify([listing, after])).toString("base64url");
}

/** What to go on after. Throws request.invalid for a cursor that is not of this listing or does not hold what this one's marks look like. */
export function readCursor(
  listing: string,
  cursor: string | undefined,
  isMark: (after: string) => boolean = isWinstonId,
): string | undefined {
  if (cursor === undefined) return undefined;
  try {
    const [of, after] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown[];
    if (of === listing && typeof after === "string" && isMark(after)) return after;
  } catch {
    // Not one of ours; said below.
  }
  throw new WinstonError(
    "request.invalid",
    "The cursor is not one this listing gave; begin again without it and follow `next`.",
    { problems: [{ pointer: "/query/cursor", code: "invalid_cursor", message: "is not a cursor of this listing" }] },
  );
}

/** The rows of one page and the cursor of the next: callers ask the store for one row more than the limit. */
export function pageOf<Row, Out>(
  rows: readonly Row[],
  options: { listing: string; limit: number; mark: (row: Row) => string; show: (row: Row) => Out },
): { data: Out[]; next: string | null } {
  const shown = rows.slice(0, options.limit);
  const last = shown.at(-1);
  return {
    data: shown.map(options.show),
    next: rows.length > options.limit && last !== undefined ? writeCursor(options.listing, options.mark(last)) : null,
  };
}
