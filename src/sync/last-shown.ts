// What a vendor tells of a record that Winston deleted there: its recycle bin shows what it said last, and somebody may have edited it
// after the look before the deletion.
import type { VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Value } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { deletedOtherwise } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { CLOCKS_APART_MS } from "./ends.ts";
import { imageOf } from "./image.ts";
import type { Item } from "./match.ts";

/**
 * Of records whose deletion is told, those that Winston itself deleted and that say otherwise than they did when it looked last: whoever
 * edited them meanwhile saw no deletion. What a vendor's own user deleted was seen by them, and a tie ends with what it joins.
 */
export async function lastShown(
  tx: Queries,
  ctx: StreamContext,
  ends: readonly VendorRecord[],
): Promise<readonly VendorRecord[]> {
  if (endsOf(ctx.stream.kind)) return [];
  const told = ends.flatMap((record) =>
    record.deleted && record.mergedInto === undefined && !record.convertedTo && Object.keys(record.fields).length > 0
      ? [
          {
            record,
            id: record.id,
            changedAt: record.changedAt,
            digest: imageOf(record.fields, ctx.mapping.vendorFields).digest,
          },
        ]
      : [],
  );
  const otherwise = await deletedOtherwise(tx, ctx.stream.id, told, CLOCKS_APART_MS);
  return told.flatMap(({ record, id }) => (otherwise.has(id) ? [record] : []));
}

/** Whether this is such a record, and no showing of one that is there. */
export const isLast = ({ record }: Pick<Item, "record">): boolean => record.deleted === true;

/** Of what such a record says anew, what people write: what its vendor works out by itself is shown anew of what is in its bin, too. */
export const writtenAmong = (
  { mapping }: Pick<StreamContext, "mapping">,
  taken: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(taken).filter(([field]) => mapping.outbound.has(field)));
