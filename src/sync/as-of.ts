// A thing as it was at a time, read back from its history by version. Pure.
import type { Json, JsonObject } from "../base/json.ts";
import type { EntityRow } from "../store/entity.ts";
import type { ChangeBehind, ConflictBehind, PlaceBehind, WriteBehind } from "../store/why.ts";

/** A change with the time that is told of it: never before the version that it follows. */
export interface ToldChange extends ChangeBehind {
  readonly toldAt: number;
}

/**
 * Changes in the order of their versions, newest first. A step that waited for another to end has an earlier time than what it followed;
 * versions say which came first. `changes`: newest first.
 */
export function inOrder(changes: readonly ChangeBehind[], createdAt: number): ToldChange[] {
  let last = createdAt;
  return changes
    .toReversed()
    .map((one): ToldChange => ({ ...one, toldAt: (last = Math.max(last, one.at)) }))
    .toReversed();
}

/** The fields as they were, and what changed later: changes keep old values, so what came later is walked back. */
export function stateAt(
  row: Pick<EntityRow, "fields">,
  changes: readonly ToldChange[],
  asOf: number | undefined,
): { fields: JsonObject; later: readonly ToldChange[] } {
  const fields: JsonObject = { ...row.fields };
  const later = asOf === undefined ? [] : changes.filter((one) => one.toldAt > asOf);
  for (const { old } of later)
    for (const [field, value] of Object.entries(old)) {
      if (field === "deletedAt" || field === "mergedInto" || field === "stage") continue;
      if (value === null) delete fields[field];
      else fields[field] = value;
    }
  return { fields, later };
}

/**
 * What both sides had last agreed on about a field there, as far as what is kept tells it: what was written there and done, what came from
 * there, what lost against ours. Undefined where nothing tells. All of `of` is newest first.
 */
export function agreedThen(
  { streamId, recordId, reason, linkedAt }: Pick<PlaceBehind, "streamId" | "recordId" | "reason" | "linkedAt">,
  field: string,
  asOf: number,
  of: {
    readonly row: Pick<EntityRow, "fields" | "createdAt">;
    readonly changes: readonly ToldChange[];
    readonly writes: readonly WriteBehind[];
    readonly conflicts: readonly ConflictBehind[];
  },
): Json | undefined {
  if (recordId === null || linkedAt === null || linkedAt > asOf) return undefined;
  const sayings: { readonly at: number; readonly value: Json }[] = [];
  const write = of.writes.find(
    (one) =>
      one.streamId === streamId &&
      (one.recordId === null || one.recordId === recordId) &&
      one.outcome === "done" &&
      one.at <= asOf &&
      Object.hasOwn(one.sent, field),
  );
  if (write) sayings.push({ at: write.at, value: write.sent[field] ?? null });
  // After a change stands what the next one found.
  let after: Json = of.row.fields[field] ?? null;
  for (const { old, streamId: from, toldAt } of of.changes) {
    if (!Object.hasOwn(old, field)) continue;
    if (from === streamId && toldAt <= asOf) {
      sayings.push({ at: toldAt, value: after });
      break;
    }
    after = old[field] ?? null;
  }
  const lost = of.conflicts.find(
    (one) => one.streamId === streamId && one.field === field && one.at <= asOf && one.winner === "winston",
  );
  if (lost && lost.decidedAt === null) sayings.push({ at: lost.at, value: lost.record });
  // Of the record that the thing was made of, it began with what that said.
  const changed = of.changes.filter((one) => Object.hasOwn(one.old, field));
  if (reason === "new")
    sayings.push({ at: linkedAt, value: (changed.length === 0 ? of.row.fields : changed.at(-1)!.old)[field] ?? null });
  return sayings.toSorted((a, b) => b.at - a.at)[0]?.value;
}
