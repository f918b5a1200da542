// Records that are gone without a word: neither shown, nor among what the vendor says was deleted or merged.
import type { Tx } from "../store/database.ts";
import { lockEntities } from "../store/entity.ts";
import { deletionsToldTo } from "../store/lane.ts";
import { activeRecords, entitiesOfRecords, lockLinks, setLinkState } from "../store/link.ts";
import { park, type ParkedWrite } from "../store/parked.ts";
import { brakeEnds } from "./brake.ts";
import type { StreamContext } from "./context.ts";
import { addCounts } from "./counts.ts";
import type { PullParts, PullRun } from "./pull.ts";
import { atOnce, type Spared } from "./spared.ts";

/** Why something is no longer written to a vendor. What is parked for this is not made there anew either: somebody may have asked to be forgotten. */
export const GONE_FOR_GOOD = "record.gone";

/** The same, where somebody took back that Winston had made it there. */
export const WITHDRAWN = "record.withdrawn";

export const withdrawn = ({ connection }: Pick<StreamContext, "connection">, entityId: string): ParkedWrite => ({
  subject: entityId,
  reason: WITHDRAWN,
  message: `Winston had made this record at ${connection.name}, and an undo took it away there. It lives on here and is not made there again; undo the undo to have it there.`,
  field: null,
  vendor: null,
});

/** The question to a person, about an entity. */
export const goneForGood = ({ connection }: Pick<StreamContext, "connection">, entityId: string): ParkedWrite => ({
  subject: entityId,
  reason: GONE_FOR_GOOD,
  message: `${connection.name} has this record no more, and tells of no deletion: it was deleted for good, as people may ask for. If somebody did, delete it here too, and it is deleted in every other system. Else it lives on here, and is not made there again.`,
  field: null,
  vendor: null,
});

/**
 * Up to when the vendor has told every deletion and merge, in milliseconds. A record that was not there before then, still is not, and was
 * among none of them, ended without a word: its first absence woke one look at the changes, and a look at all that ended has followed it
 * by as much as changes are shown late.
 */
export async function endsToldTo(tx: Tx, { stream, declaration }: StreamContext, now: number): Promise<number> {
  // A stream that is only written is never looked at.
  if (stream.direction === "out") return now - declaration.overlapMs;
  return (await deletionsToldTo(tx, stream.id)) ?? 0;
}

/**
 * Known records of a stream that its vendor does not show when it is asked for each, but for those of which processes die. One call for
 * many; asked where the vendor has forgotten deletions.
 */
export async function recordsNotShown(
  parts: Pick<PullParts, "api" | "database">,
  { ctx, signal }: Pick<PullRun, "ctx" | "signal">,
  spared: Spared,
): Promise<string[]> {
  const { careful, killers } = spared;
  const { read, batch } = ctx.declaration;
  const limit = atOnce(spared, batch.read ?? 200);
  const missing: string[] = [];
  for (let after: string | null = null; read;) {
    signal.throwIfAborted();
    const known: string[] = await activeRecords(parts.database, ctx.stream.id, { after, limit });
    if (known.length === 0) break;
    after = known.at(-1)!;
    const ids = known.filter((id) => !killers.has(id));
    if (ids.length === 0) continue;
    await careful?.hold(ids);
    const records = await read(parts.api, { ids, fields: [], signal });
    missing.push(...ids.filter((_, index) => !records[index]));
  }
  await careful?.hold([]);
  return missing;
}

/** Asks a person about those of these records that nothing has told the end of since. */
export async function askAboutGone(
  tx: Tx,
  { ctx, runId, counts, newId }: Pick<PullRun, "ctx" | "runId" | "counts"> & Pick<PullParts, "newId">,
  missing: readonly string[],
  at: number,
): Promise<void> {
  // Too many at once are more likely to be hidden, as from a user who lost a permission. Whatever showing of one proves that it is there.
  const told = missing.map((id) => ({ id, changedAt: 0, version: null, fields: {}, deleted: true as const }));
  const step = { now: at, runId, lastLook: null, newId };
  const recordIds = (await brakeEnds(tx, ctx, told, step)).map((one) => one.id);
  const owners = await entitiesOfRecords(tx, [ctx.stream.id], recordIds);
  const entities = await lockEntities(tx, [...new Set(owners.map((row) => row.entityId))].toSorted());
  const gone = (await lockLinks(tx, ctx.stream.id, recordIds)).filter((link) => link.state === "active");
  await setLinkState(
    tx,
    ctx.stream.id,
    gone.map((link) => link.recordId),
    "deleted",
  );
  const living = new Set(
    entities.flatMap((row) => (row.deletedAt === null && row.mergedInto === null ? [row.id] : [])),
  );
  const asked = gone.flatMap((link) => (living.has(link.entityId) ? [goneForGood(ctx, link.entityId)] : []));
  const of = { streamId: ctx.stream.id, side: "push" as const, mapping: ctx.stream.mappingVersion, runId, at };
  await park(tx, of, asked);
  addCounts(counts, { parked: asked.length });
}
