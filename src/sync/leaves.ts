// What a change of a stream leaves out, told with the plan that shows the change: records that it would touch no longer, fields that it would
// read or write no longer. Nothing of it is deleted or blanked.
import type { Connector } from "../connector/contract.ts";
import type { CompiledMapping } from "../mapping/types.ts";
import type { StreamRow } from "../store/connection.ts";
import type { Database, Tx } from "../store/database.ts";
import { countAgreed, gatherLeft, insertLeaves, linkedThings } from "../store/plan-leave.ts";
import { createCatalog } from "./catalog.ts";
import type { StreamContext } from "./context.ts";
import { isWritten } from "./filter.ts";
import { titleOf } from "./undo.ts";

/** What a stream reads and writes, by field of ours. */
export interface Reach {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

export function reachOf(
  { enabled, direction }: Pick<StreamRow, "enabled" | "direction">,
  { inbound, outbound }: Pick<CompiledMapping, "inbound" | "outbound">,
  takesWrites: boolean,
): Reach {
  const none: ReadonlySet<string> = new Set();
  return {
    reads: enabled && direction !== "out" ? inbound : none,
    writes: enabled && direction !== "in" && takesWrites ? outbound : none,
  };
}

export interface LeftField {
  readonly field: string;
  /** What it is no longer. */
  readonly way: "read" | "written" | "read or written";
}

/** Fields that were read or written before and are so no longer. Pure. */
export function fieldsLeft(before: Reach, after: Reach): LeftField[] {
  const unread = before.reads.difference(after.reads);
  const unwritten = before.writes.difference(after.writes);
  return [...unread.union(unwritten)].toSorted().map((field) => {
    const way = unread.has(field) ? (unwritten.has(field) ? "read or written" : "read") : "written";
    return { field, way };
  });
}

const PAGE = 1_000;
const STAYS = "nothing there is deleted or blanked, and nothing here";

/** Keeps as lines of plan `id` what a stream does no longer on the stage, where a change of it was made. Call after the plan's other lines were gathered. */
export async function gatherLeaves(
  tx: Tx,
  id: string,
  of: {
    readonly connectors: Readonly<Record<string, Connector>>;
    readonly database: Database;
    readonly stage: Database;
    readonly schema: string;
    readonly streamId: number;
  },
): Promise<void> {
  const { streamId } = of;
  const contextOf = (db: Database): Promise<StreamContext> => createCatalog(of.connectors).context(db, streamId);
  const [before, after] = [await contextOf(of.database), await contextOf(of.stage)];
  const place = `${before.connection.name} ${before.stream.key}`;
  const takesWrites = before.declaration.create !== undefined || before.declaration.update !== undefined;

  const off = before.stream.enabled && !after.stream.enabled;
  await gatherLeft(tx, id, {
    stage: of.schema,
    streamId,
    all: off,
    detail: {
      reason: off ? "off" : "filter",
      message: `It would be left alone: ${place} neither reads nor writes it any more; ${STAYS}.`,
    },
  });
  if (after.stream.direction !== "in" && !off) await gatherUnwritten(tx, id, { before, after, place });

  const left = fieldsLeft(
    reachOf(before.stream, before.mapping, takesWrites),
    reachOf(after.stream, after.mapping, takesWrites),
  );
  const counts = await countAgreed(
    of.database,
    streamId,
    left.map((one) => one.field),
  );
  await insertLeaves(
    tx,
    id,
    left.map(({ field, way }) => {
      const records = counts.get(field) ?? 0;
      const message = `${field} would no longer be ${way} at ${place}. ${records.toLocaleString("en")} of its records have a value; ${STAYS}.`;
      return {
        op: "field",
        kind: before.stream.kind,
        streamId,
        recordId: null,
        entityId: null,
        title: field,
        detail: { reason: way, field, records, message },
      };
    }),
  );
}

/** Those that were written so far and are not under another filter for writing, a page at a time: what is theirs is read as ever. */
async function gatherUnwritten(
  tx: Tx,
  id: string,
  { before, after, place }: { readonly before: StreamContext; readonly after: StreamContext; readonly place: string },
): Promise<void> {
  if (after.filter.out === undefined || after.stream.rules.out === before.stream.rules.out) return;
  const message = `It would no longer be written at ${place}: the filter for writing leaves it out; ${STAYS}.`;
  for (let from: string | null = null; ;) {
    const things = await linkedThings(tx, before.stream.id, from, PAGE);
    const [last] = things.slice(-1);
    if (!last) return;
    from = last.recordId;
    await insertLeaves(
      tx,
      id,
      things
        .filter((entity) => isWritten(before, entity) && !isWritten(after, entity))
        .map(({ recordId, entityId, fields }) => ({
          op: "record",
          kind: before.stream.kind,
          streamId: before.stream.id,
          recordId,
          entityId,
          title: titleOf(fields),
          detail: { reason: "filter out", message },
        })),
    );
  }
}
