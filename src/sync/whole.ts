// Pages that show all there is of something: what they lack is gone.
import type { VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Queries } from "../store/database.ts";
import { readEntities, type EntityRow } from "../store/entity.ts";
import { findByIdentity } from "../store/identity.ts";
import { activeLinks, linksBesides } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { JOINED, joined } from "./keys.ts";
import { resolveReferences } from "./match.ts";
import { awaitedEnds, joinsOf } from "./ties.ts";

/**
 * What a page that shows all of something tells by what it lacks: a tie that is not in it was removed, or is another record of the same tie
 * now, because one of its ends was merged. While an end of a record shown is not known, nobody can say which; the vendor shows such pages
 * again, and what shares an end with it is left for then.
 */
export async function endsToldBy(
  tx: Queries,
  ctx: StreamContext,
  page: { readonly records: readonly VendorRecord[]; readonly whole?: readonly string[]; readonly askedAt: number },
): Promise<VendorRecord[]> {
  const shown = page.records.filter((one) => !one.deleted && one.mergedInto === undefined && !one.convertedTo);
  const missing = await linksBesides(tx, ctx.stream.id, {
    beginnings: page.whole ?? [],
    shown: shown.map((one) => one.id),
    before: page.askedAt,
  });
  if (missing.length === 0) return [];
  const { kind } = ctx.stream;
  const items = shown.map((record) => ({ record, reading: ctx.mapping.read(record.fields) }));
  const found = await resolveReferences(tx, ctx, items);
  const unsure = new Set(
    items.flatMap((item) => (awaitedEnds(kind, item, found).length > 0 ? item.record.id.split(":") : [])),
  );
  const nowAt = new Map<string, string>();
  if (endsOf(kind))
    for (const { item, value } of await joinsOf(tx, kind, items, found)) nowAt.set(value, item.record.id);
  const rows = await readEntities(
    tx,
    missing.map((one) => one.entityId),
  );
  const joins = new Map(rows.map((row) => [row.id, joinedBy(row)]));
  return missing.flatMap(({ recordId, entityId }): VendorRecord[] => {
    if (recordId.split(":").some((part) => unsure.has(part))) return [];
    const into = nowAt.get(joins.get(entityId) ?? "");
    const end = into === undefined ? { deleted: true } : { mergedInto: into };
    return [{ id: recordId, changedAt: null, version: null, fields: {}, ...end }];
  });
}

/** Other records here of the ties that these records are, too: where the vendor shows one no longer, it became the other, because an end of it was merged. */
export async function othersOf(
  tx: Queries,
  ctx: StreamContext,
  records: readonly VendorRecord[],
): Promise<{ recordId: string; into: string }[]> {
  const { kind } = ctx.stream;
  if (!endsOf(kind)) return [];
  const items = records.map((record) => ({ record, reading: ctx.mapping.read(record.fields) }));
  const asked = await joinsOf(tx, kind, items, await resolveReferences(tx, ctx, items));
  const into = new Map<string, string>();
  const keys = asked.map(({ value }) => ({ key: JOINED, value }));
  for (const { index, entityId } of await findByIdentity(tx, kind, keys, ctx.connection.id))
    into.set(entityId, asked[index]!.item.record.id);
  return (await activeLinks(tx, [...into.keys()], ctx.connection.id))
    .flatMap((link) =>
      link.streamId === ctx.stream.id && link.recordId !== into.get(link.entityId)
        ? [{ recordId: link.recordId, into: into.get(link.entityId)! }]
        : [],
    )
    .toSorted((a, b) => (a.recordId < b.recordId ? -1 : 1));
}

function joinedBy({ kind, fields }: EntityRow): string | undefined {
  const [a, b] = (endsOf(kind) ?? []).map((end) => fields[end]);
  return typeof a === "string" && typeof b === "string" ? joined(a, b) : undefined;
}
