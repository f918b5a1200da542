// Whether a mapping may be put in force; and where rows cannot go both ways, the one way they can.
import { isError, type Problem } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { StreamRow } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import type { Catalog } from "./catalog.ts";
import { readDocument } from "./put-mapping.ts";
import type { MappingCheck } from "./types.ts";

/** What a row breaks that goes both ways and may not. */
const BOTH_WAYS: readonly string[] = ["mapping.unlawful", "mapping.one_way"];

/** Stores nothing. Throws rule.invalid where the mapping is right and the stream's filter no longer fits. */
export async function checkMapping(
  db: Queries,
  catalog: Pick<Catalog, "fields" | "compile" | "compileFilter">,
  stream: StreamRow,
  given: JsonObject,
): Promise<MappingCheck> {
  const first = await tryOut(db, catalog, stream, given);
  if ("document" in first) {
    const { document, notes } = first;
    return { usable: true, document, notes, problems: [], offer: null };
  }
  const rows = new Set(
    first.problems
      .filter((problem) => BOTH_WAYS.includes(problem.code))
      .map((problem) => Number(/^\/rows\/(\d+)\/direction$/u.exec(problem.pointer)?.[1])),
  );
  let offered = given;
  let left = first.problems;
  for (const index of rows) {
    // Reading first: it changes nothing at the vendor.
    for (const direction of ["in", "out"]) {
      const next = withDirection(offered, index, direction);
      const tried = await tryOut(db, catalog, stream, next);
      const after = "document" in tried ? [] : tried.problems;
      if (after.some((problem) => problem.pointer.startsWith(`/rows/${index}/`))) continue;
      [offered, left] = [next, after];
      break;
    }
  }
  const offer = offered !== given && left.length === 0 ? offered : null;
  return { usable: false, document: null, notes: [], problems: first.problems, offer };
}

async function tryOut(
  db: Queries,
  catalog: Pick<Catalog, "fields" | "compile" | "compileFilter">,
  stream: StreamRow,
  document: JsonObject,
): Promise<{ document: JsonObject; notes: readonly string[] } | { problems: readonly Problem[] }> {
  try {
    return await readDocument(db, catalog, stream, document);
  } catch (thrown) {
    if (!isError(thrown, "mapping.invalid")) throw thrown;
    const itself = { pointer: "", code: "mapping.invalid", message: thrown.message };
    return { problems: thrown.problems.length > 0 ? thrown.problems : [itself] };
  }
}

const withDirection = (document: JsonObject, index: number, direction: string): JsonObject => ({
  ...document,
  rows: (document["rows"] as JsonObject[]).map((row, at) => (at === index ? { ...row, direction } : row)),
});
