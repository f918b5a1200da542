// The edits of an undo, in the database: worked out and read a page of things at a time, so an undo of any size takes as much memory.
import type { Database, Queries } from "../store/database.ts";
import {
  insertTakenAlong,
  insertTouched,
  noteRejects,
  planEdits,
  replacePlanEdits,
  type PlanEdit,
} from "../store/undo.ts";
import type { Catalog } from "./catalog.ts";
import { CLOCKS_APART_MS } from "./ends.ts";
import { editsOf, titled, type UndoAsked } from "./undo.ts";

/** Things that are held at a time. */
export const EDITS_AT_ONCE = 250;

/** The edits of a plan, in the order of their things. What is done to those of a page before the next is asked for is seen by nobody. */
export async function* editPages(db: Queries, planId: string): AsyncGenerator<readonly PlanEdit[]> {
  for (let after: string | null = null; ;) {
    const page: readonly PlanEdit[] = await planEdits(db, planId, after, EDITS_AT_ONCE);
    if (page.length === 0) return;
    after = page.at(-1)!.entityId;
    yield page;
  }
}

/** Works out what plan `id` sets here to undo what is asked, and notes what it leaves. */
export async function fillEdits(
  database: Database,
  parts: { readonly catalog: Pick<Catalog, "writersOf"> },
  asked: Pick<UndoAsked, "scope" | "planId">,
  id: string,
): Promise<void> {
  await insertTouched(database, id, asked.scope, asked.planId);
  for await (const page of editPages(database, id)) {
    const ids = page.map((one) => one.entityId);
    await database.transaction(async (tx) => {
      const { edits, left } = await editsOf(tx, parts, asked, ids);
      await replacePlanEdits(tx, id, ids, edits);
      await noteRejects(tx, id, await titled(tx, left));
    });
  }
  // Where one thing or one field is named nothing else goes back.
  if (asked.scope.entityId === null && asked.scope.field === null)
    await insertTakenAlong(database, id, CLOCKS_APART_MS);
}
