// Whether what a record shows is somebody's edit, by which a thing lives on that was deleted here.
import type { VendorRecord } from "../connector/contract.ts";
import type { Value } from "../mapping/types.ts";
import type { Tx } from "../store/database.ts";
import { readEntities } from "../store/entity.ts";
import { activeLinks, imagesOf, type LinkRow } from "../store/link.ts";
import { namingFormer } from "../store/named-by.ts";
import type { StreamContext } from "./context.ts";
import type { GivenByPeople } from "./filled.ts";
import { fieldsOf } from "./image.ts";
import type { Item } from "./match.ts";

/** So long after Winston made a record its vendor's automations have done their part, where its clock is wrong by minutes, too. In milliseconds. */
export const AUTOMATION_MS = 15 * 60_000;

/**
 * Whether a record's new values are anybody's edit. What one that Winston made shows at its first reading in fields that were left blank is
 * its vendor's own doing, a default or an automation: such values are taken, and nothing that was deleted lives again by them. One that was
 * changed long after it was made has been in somebody's hands: an index may have hidden it until then. A reference that is blank because
 * what it named is gone was blanked by that, and by nobody.
 */
export async function editsAmong(
  tx: Tx,
  ctx: StreamContext,
  items: readonly Item[],
  isDeleted: (entityId: string) => boolean,
  given: GivenByPeople | undefined,
): Promise<(item: Item, taken: Readonly<Record<string, Value>>) => boolean> {
  const deleted = items.filter((item) => item.link && item.entityId && isDeleted(item.entityId));
  const named = (link: LinkRow, field: string): string | undefined => {
    const id = ctx.mapping.references.has(field) ? link.baseline[field] : undefined;
    return typeof id === "string" ? id : undefined;
  };
  const targets = deleted.flatMap(({ link }) =>
    [...ctx.mapping.references.keys()].flatMap((field) => named(link!, field) ?? []),
  );
  const there = await standing(tx, ctx, [...new Set(targets)]);
  return ({ record, link }, taken) => {
    const fields = Object.keys(taken).filter((field) => {
      const target = link && taken[field] === null ? named(link, field) : undefined;
      return target === undefined || there.has(target);
    });
    if (!link || link.shown || (record.changedAt !== null && record.changedAt > link.linkedAt + AUTOMATION_MS))
      return fields.length > 0;
    return fields.some((field) => (link.baseline[field] ?? null) !== null || given?.get(record.id)?.has(field));
  };
}

/**
 * References that a record shows blank because what they named ended there, while it lives here: what an undo took away at that vendor, or
 * what was deleted there and lives on. Nobody cleared them, and they are owed: where it was made there anew already, though no stamp told
 * what its end did to the record, to what it is there now.
 */
export async function lostThere(
  tx: Tx,
  ctx: StreamContext,
  items: readonly Item[],
): Promise<(item: Item) => readonly string[]> {
  const blanked = ({ link, reading }: Item): [string, string][] =>
    [...ctx.mapping.references.keys()].flatMap((field): [string, string][] => {
      const target = link?.state === "active" && reading.references[field] === null ? link.baseline[field] : undefined;
      return typeof target === "string" ? [[field, target]] : [];
    });
  const ids = [...new Set(items.flatMap((item) => blanked(item).map(([, target]) => target)))];
  if (ids.length === 0) return () => [];
  const there = new Set((await activeLinks(tx, ids, ctx.connection.id)).map((link) => link.entityId));
  const living = new Set(
    (await readEntities(tx, ids)).flatMap((row) => (row.deletedAt === null && row.mergedInto === null ? [row.id] : [])),
  );
  const former = await namedFormer(
    tx,
    ctx,
    items.flatMap((item) =>
      blanked(item).flatMap(([field, targetId]) =>
        living.has(targetId) && there.has(targetId) ? [{ item, field, targetId }] : [],
      ),
    ),
  );
  return (item) =>
    blanked(item).flatMap(([field, target]) =>
      living.has(target) && (!there.has(target) || former.has(`${item.record.id}\n${field}`)) ? [field] : [],
    );
}

/** Which of these references named a record that has ended, when theirs was read last: "record id\nfield". */
async function namedFormer(
  tx: Tx,
  ctx: StreamContext,
  asked: readonly { readonly item: Item; readonly field: string; readonly targetId: string }[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(asked.map(({ item }) => item.record.id))];
  const images = new Map(
    (await imagesOf(tx, ctx.stream.id, ids)).map(({ recordId, image }) => [
      recordId,
      ctx.mapping.read(fieldsOf(image, ctx.mapping.vendorFields)).references,
    ]),
  );
  const named = asked.flatMap(({ item, field, targetId }) => {
    const recordId = images.get(item.record.id)?.[field];
    const key = `${item.record.id}\n${field}`;
    return typeof recordId === "string" ? [{ key, entityId: item.link!.entityId, field, targetId, recordId }] : [];
  });
  const targets = [...new Set([...ctx.targets.values()].flat())];
  const former = await namingFormer(tx, { streamId: ctx.stream.id, connectionId: ctx.connection.id, targets }, named);
  return new Set(named.flatMap(({ key }, index) => (former.has(index) ? [key] : [])));
}

/** Which of these are neither deleted here nor gone at this connection. */
async function standing(tx: Tx, ctx: StreamContext, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const linked = new Set((await activeLinks(tx, ids, ctx.connection.id)).map((link) => link.entityId));
  return new Set(
    (await readEntities(tx, ids)).flatMap((row) => (row.deletedAt === null && linked.has(row.id) ? [row.id] : [])),
  );
}

/** After a restore: somebody has had the record in hand since it was seen last, so that an old deletion of ours is not carried out any more. */
export const touchedSince = ({ changedAt }: VendorRecord, link: LinkRow | undefined): boolean =>
  changedAt !== null && link !== undefined && link.changedAt !== null && changedAt > link.changedAt;
