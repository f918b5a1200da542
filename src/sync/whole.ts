// Pages that show all there is of something: what they lack is gone.
import type { Page, VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Queries } from "../store/database.ts";
import { readEntities, type EntityRow } from "../store/entity.ts";
import { findByIdentity } from "../store/identity.ts";
import { activeLinks, linksBesides, mergedAway } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { JOINED, joined } from "./keys.ts";
import { resolveReferences, type Item } from "./match.ts";
import { awaitedEnds, joinsOf } from "./ties.ts";

/**
 * What a page that shows all of something tells by what it lacks: a tie that is not in it was removed, or is another record of the same tie
 * now, because one of its ends was merged: the page says so itself, or what the two join does. While an end of a record shown is not known,
 * nobody can say which: what shares an end with it is left for when it is (`formerNames`).
 */
export async function endsToldBy(
  tx: Queries,
  ctx: StreamContext,
  page: Pick<Page, "records" | "whole" | "moved"> & { readonly askedAt: number; readonly aside: readonly string[] },
): Promise<VendorRecord[]> {
  const shown = page.records.filter((one) => !one.deleted && one.mergedInto === undefined && !one.convertedTo);
  const missing = await linksBesides(tx, ctx.stream.id, {
    beginnings: page.whole ?? [],
    shown: [...shown.map((one) => one.id), ...page.aside],
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
  const there = new Set(shown.map((record) => record.id));
  return missing.flatMap(({ recordId, entityId }): VendorRecord[] => {
    const [beginning, ...rest] = recordId.split(":");
    const parts = [page.moved?.get(beginning!) ?? beginning!, ...rest];
    const moved = parts.join(":");
    const isThere = moved !== recordId && there.has(moved);
    if (!isThere && parts.some((part) => unsure.has(part))) return [];
    const into = isThere ? moved : nowAt.get(joins.get(entityId) ?? "");
    const end = into === undefined ? { deleted: true } : { mergedInto: into };
    return [{ id: recordId, changedAt: null, version: null, fields: {}, ...end }];
  });
}

/**
 * What these ties were called before: other records here of the same ties that the vendor cannot have any more, because it merged one of their
 * ends into another. Whoever shows a tie under its new name, and whenever, the old one takes it along. `found` are their references.
 */
export async function formerNames(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Pick<Item, "record" | "reading">[],
  found: ReadonlyMap<string, string>,
): Promise<VendorRecord[]> {
  const { kind, id: streamId } = ctx.stream;
  const ends = endsOf(kind);
  if (!ends || items.length === 0) return [];
  const asked = await joinsOf(tx, kind, items, found);
  const keys = asked.map(({ value }) => ({ key: JOINED, value }));
  const known = await findByIdentity(tx, kind, keys, ctx.connection.id);
  const nowOf = new Map(known.map(({ index, entityId }) => [entityId, asked[index]!.item]));
  const others = (await activeLinks(tx, [...nowOf.keys()], ctx.connection.id)).filter(
    (link) => link.streamId === streamId && link.recordId !== nowOf.get(link.entityId)!.record.id,
  );
  const parts = others.flatMap((link) => link.recordId.split(":"));
  const gone = new Map<string, ReadonlySet<string>>();
  for (const end of ends) gone.set(end, await mergedAway(tx, ctx.targets.get(end) ?? [], parts));
  return others
    .toSorted((a, b) => (a.recordId < b.recordId ? -1 : 1))
    .flatMap(({ recordId, entityId }): VendorRecord[] => {
      const { record, reading } = nowOf.get(entityId)!;
      const now = record.id.split(":");
      const renamed = recordId
        .split(":")
        .some(
          (part, place) =>
            part !== now[place] &&
            ends.some((end) => reading.references[end] === now[place] && gone.get(end)!.has(part)),
        );
      return renamed ? [{ id: recordId, changedAt: null, version: null, fields: {}, mergedInto: record.id }] : [];
    });
}

function joinedBy({ kind, fields }: EntityRow): string | undefined {
  const [a, b] = (endsOf(kind) ?? []).map((end) => fields[end]);
  return typeof a === "string" && typeof b === "string" ? joined(a, b) : undefined;
}
