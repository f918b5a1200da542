// Ties: things that join two others, as a deal's contacts do. A tie is known by what it joins, waits where an end is not known yet, and
// goes with either of its ends.
import { endsOf, tiesTo } from "../mapping/kinds.ts";
import type { Fields } from "../mapping/types.ts";
import { insertChanges, type ChangeOf } from "../store/change.ts";
import type { Queries } from "../store/database.ts";
import { lockEntities, readEntities, updateEntities, withMerged, type EntityRow } from "../store/entity.ts";
import { findByIdentity, lockKeys } from "../store/identity.ts";
import type { IntentWrite } from "../store/intent.ts";
import { activeLinks, setLinkState } from "../store/link.ts";
import type { StreamContext, WritersOf } from "./context.ts";
import { joined, JOINED, lockOf } from "./keys.ts";
import { ENDS } from "./linked.ts";
import type { Item } from "./match.ts";

/** What a record's references lead to, by "field\nvendor id". */
type Resolved = ReadonlyMap<string, string>;

/** The ends of a record that name something which is not linked yet. One that names nothing, or whose field is not mapped, is not awaited. */
export function awaitedEnds(kind: string, item: Pick<Item, "reading">, found: Resolved): string[] {
  const { references } = item.reading;
  return (endsOf(kind) ?? []).filter((end) => references[end] && !found.has(`${end}\n${references[end]}`));
}

/** What each record joins, as a tie may know it: both ends, or what was merged into them. */
export async function joinsOf<T extends Pick<Item, "reading">>(
  tx: Queries,
  kind: string,
  items: readonly T[],
  found: Resolved,
): Promise<{ item: T; value: string }[]> {
  const [one, other] = endsOf(kind)!;
  const known = items.flatMap((item) => {
    const [a, b] = [one, other].map((end) => found.get(`${end}\n${item.reading.references[end]}`));
    return a === undefined || b === undefined ? [] : [{ item, a, b }];
  });
  const families = Map.groupBy(
    await withMerged(tx, [...new Set(known.flatMap(({ a, b }) => [a, b]))]),
    (row) => row.into,
  );
  return known.flatMap(({ item, a, b }) =>
    families.get(a)!.flatMap((left) => families.get(b)!.map((right) => ({ item, value: joined(left.id, right.id) }))),
  );
}

/**
 * Finds ties for records without a link: one that joins the same two and has no record here. Of several the one that says most of the same,
 * then the oldest: two ties of one pair differ by what they say, and there is nothing to ask a person about.
 */
export async function matchTies(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Item[],
  found: Resolved,
  taken: Set<string>,
): Promise<void> {
  const { kind } = ctx.stream;
  const asked = await joinsOf(tx, kind, items, found);
  const keys = asked.map(({ value }) => ({ key: JOINED, value, strong: false }));
  await lockKeys(tx, lockOf(kind), keys.length, () => keys.map((key) => lockOf(kind, key)));
  const candidates = new Map<Item, Set<string>>();
  for (const one of await findByIdentity(tx, kind, keys, ctx.connection.id)) {
    const { item } = asked[one.index]!;
    if (!one.taken) (candidates.get(item) ?? candidates.set(item, new Set()).get(item)!).add(one.entityId);
  }
  const possible = [...new Set([...candidates.values()].flatMap((ids) => [...ids]))];
  const known = new Map((await readEntities(tx, possible)).map((row) => [row.id, row.fields as Fields]));
  for (const [item, ids] of candidates) {
    const said = Object.entries(item.reading.fields);
    const alike = (id: string): number =>
      said.filter(([field, value]) => ctx.mapping.equal(field, value, known.get(id)?.[field])).length;
    const best = [...ids]
      .filter((id) => !taken.has(id))
      .toSorted((a, b) => alike(b) - alike(a) || (a < b ? -1 : 1))
      .at(0);
    if (best === undefined) continue;
    item.entityId = best;
    item.reason = ENDS;
    taken.add(best);
  }
}

/** What the ties of an entity become when it ends. */
export interface TiesEnd {
  readonly kind: string;
  readonly id: string;
  /** Whether it lives on and is made again where it ended: then its ties are, too. Else they end with it. */
  readonly livesOn: boolean;
  /** The connection where it ended: the vendor took the ties along. null: it ended here. */
  readonly connectionId: string | null;
  /** Who may write ties of a kind. */
  readonly writersOf: WritersOf;
  readonly by: ChangeOf;
}

/** Ends (or owes anew) the ties of an entity. Returns what the vendors are owed. */
export async function endTies(tx: Queries, end: TiesEnd): Promise<IntentWrite[]> {
  const intents: IntentWrite[] = [];
  for (const { kind, fields } of tiesTo(end.kind)) {
    const family = (await withMerged(tx, [end.id])).map((row) => row.id);
    const keys = fields.flatMap((key) => family.map((value) => ({ key, value })));
    const ids = new Set((await findByIdentity(tx, kind, keys, null)).map((one) => one.entityId));
    const ties = (await lockEntities(tx, [...ids].toSorted())).filter((row) => row.deletedAt === null);
    if (ties.length === 0) continue;
    const links = await activeLinks(
      tx,
      ties.map((row) => row.id),
      null,
    );
    const here = links.filter((link) => link.connectionId === end.connectionId);
    for (const [streamId, group] of Map.groupBy(here, (link) => link.streamId))
      await setLinkState(
        tx,
        streamId,
        group.map((link) => link.recordId),
        "deleted",
      );
    const wasHere = new Set(here.map((link) => link.entityId));
    for (const { streamId, connectionId } of await end.writersOf(tx, kind))
      for (const { id: entityId, version } of ties) {
        const took = connectionId === end.connectionId && wasHere.has(entityId);
        if (end.livesOn && took) intents.push({ streamId, entityId, op: "upsert", version });
        // Also where it is only about to be made.
        else if (!end.livesOn && !took) intents.push({ streamId, entityId, op: "delete", version: version + 1 });
      }
    if (!end.livesOn) await bury(tx, ties, end.by);
  }
  return intents;
}

async function bury(tx: Queries, rows: readonly EntityRow[], by: ChangeOf): Promise<void> {
  await updateEntities(
    tx,
    rows.map((row) => ({
      id: row.id,
      stage: row.stage,
      fields: JSON.stringify(row.fields),
      origin: JSON.stringify(row.origin),
      version: row.version + 1,
      deletedAt: by.at,
      mergedInto: null,
    })),
    by.at,
  );
  await insertChanges(
    tx,
    by,
    rows.map((row) => ({ entityId: row.id, version: row.version + 1, old: JSON.stringify({ deletedAt: null }) })),
  );
}
