// Records that were taken for gone, and are there: their vendor only hid them, as from a user who lost a permission.
import type { VendorRecord } from "../connector/contract.ts";
import { deletionsTold } from "../store/change.ts";
import type { Queries } from "../store/database.ts";
import { deletedByUs } from "../store/intent.ts";
import type { Known } from "../store/listed.ts";
import type { StreamContext } from "./context.ts";

/**
 * Of records that were read by their ids just now and whose things were deleted: those that never ended there. Nothing was done to them
 * since they were seen last, neither their vendor nor Winston deleted them, and what was deleted elsewhere meanwhile is to be deleted
 * there too. What has a new stamp was brought back, or edited; who deleted it nobody may know any more: such a one lives again.
 */
export async function onlyHidden(
  tx: Queries,
  ctx: StreamContext,
  shown: readonly VendorRecord[],
  known: ReadonlyMap<string, Known>,
): Promise<ReadonlySet<string>> {
  const dead = shown.flatMap((record) => {
    const one = known.get(record.id);
    return one?.link.state === "deleted" && one.entity.deletedAt !== null && !isNewer(record, one) ? [one] : [];
  });
  const never = await neverEnded(
    tx,
    ctx,
    dead.map(({ entity }) => entity.id),
  );
  return new Set(dead.flatMap(({ link, entity }) => (never.has(entity.id) ? [link.recordId] : [])));
}

/** Of things that were deleted, those whose records at this connection neither it nor Winston deleted. */
export async function neverEnded(
  tx: Queries,
  ctx: StreamContext,
  entityIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (entityIds.length === 0) return new Set();
  const told = await deletionsTold(tx, entityIds);
  const ours = await deletedByUs(tx, ctx.connection.id, entityIds);
  return new Set(
    entityIds.filter((id) => {
      const by = told.get(id);
      return by !== undefined && by !== ctx.connection.id && !ours.has(id);
    }),
  );
}

/** Without stamps nobody can say. */
const isNewer = ({ changedAt }: VendorRecord, { link }: Known): boolean =>
  changedAt === null || link.changedAt === null || changedAt > link.changedAt;
