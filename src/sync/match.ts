// Match: which entity a record is. Links first, then Winston's own handle at the vendor, then its own id, then keys that only suggest: one free candidate
// is taken; several, or one whose name says otherwise, are left to a person.
import type { JsonObject } from "../base/json.ts";
import type { VendorRecord } from "../connector/contract.ts";
import type { Fields, Reading, Value } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { readEntities } from "../store/entity.ts";
import { findByCommonKey, findByIdentity, identitiesOf, lockKeys } from "../store/identity.ts";
import { beingMade, madeSince } from "../store/intent.ts";
import { activeLinks, entitiesOfRecords, type LinkReason, type LinkRow } from "../store/link.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { StreamContext } from "./context.ts";
import { dealComparer } from "./deals.ts";
import { DEAL_NAME, identityFields, lockOf, matchKeys, type IdentityKey } from "./keys.ts";
import { CREATED, HANDLE, knownBy } from "./linked.ts";
import { compareNames, NO_NAME, nameOf } from "./names.ts";
import { matchOwnIds, ownIdsApart, ownKey, type Owned } from "./own-ids.ts";
import { pairsOf } from "./tables.ts";
import { matchTies } from "./ties.ts";

/** One record under work in a step. */
export interface Item {
  readonly record: VendorRecord;
  readonly image: string;
  readonly digest: Uint8Array;
  link: LinkRow | undefined;
  entityId: string | undefined;
  /** The id its entity gets where it becomes a new one: it carries the handle of one that the database was restored to before. */
  lostId?: string;
  /** It is taken for its entity by keys that only suggest. */
  guessed?: boolean;
  /** Why the record is taken for its entity, where a link is made of the two. */
  reason: LinkReason;
  /** Vendor fields that hold a filler, and read as blank while they do. */
  fillers: JsonObject | null;
  reading: Reading;
}

export const NOTHING_READ: Reading = { fields: {}, references: {}, lookups: {}, problems: [] };

/** Which of the items are linked, in what `needsWork` already told or in the link table. */
export async function findLinked(
  tx: Queries,
  ctx: StreamContext,
  items: Item[],
  work: readonly { index: number; entityId: string | null }[],
  shown: readonly VendorRecord[],
  options: { readonly force?: boolean },
): Promise<void> {
  const entityOf = new Map<string, string>();
  if (options.force) {
    for (const row of await entitiesOfRecords(
      tx,
      [ctx.stream.id],
      shown.map((one) => one.id),
    ))
      entityOf.set(row.recordId, row.entityId);
  } else for (const { index, entityId } of work) if (entityId) entityOf.set(shown[index]!.id, entityId);
  for (const item of items) item.entityId = entityOf.get(item.record.id);
}

/**
 * Finds entities for records without a link: by Winston's handle at the vendor, by their own id, then by keys where exactly one candidate has no active link
 * here and is one by all that is known of both. A candidate that Winston itself made here since `lastLook`, or is making, is a question. Returns the
 * candidates of records for which that could not be decided: each becomes an entity of its own, and a person is asked. `references` are
 * those of these records, resolved, by "field
vendor id".
 */
export async function matchUnlinked(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Item[],
  references: ReadonlyMap<string, string>,
  options: { readonly known?: ReadonlyMap<string, string>; readonly lastLook: number | null },
): Promise<Map<Item, readonly string[]>> {
  const suspects = new Map<Item, readonly string[]>();
  const loose = items.filter((item) => !item.entityId);
  if (loose.length === 0) return suspects;
  const { kind } = ctx.stream;
  const taken = new Set<string>();

  const handled = loose.filter((item) => isUuid(item.record.handle) || options.known?.has(item.record.id));
  if (handled.length > 0) {
    const idOf = (item: Item): string => options.known?.get(item.record.id) ?? item.record.handle!.toLowerCase();
    const ids = [...new Set(handled.map(idOf))];
    const restored = ctx.connection.quarantinedAt !== null;
    const lockOfHandle = (id: string): bigint => lockOf(kind, { key: "handle", value: id, strong: true });
    if (restored) await lockKeys(tx, lockOf(kind), ids.length, () => ids.map(lockOfHandle));
    const living = await readEntities(tx, ids);
    const forgotten = new Set(restored ? ids : []);
    for (const row of living) forgotten.delete(row.id);
    const linked = new Set(
      (
        await activeLinks(
          tx,
          living.map((row) => row.id),
          ctx.connection.id,
        )
      ).map((link) => link.entityId),
    );
    const free = new Set(
      living.filter((row) => row.kind === kind && !linked.has(row.id) && row.mergedInto === null).map((row) => row.id),
    );
    for (const item of handled) {
      const id = idOf(item);
      // Made by Winston after the backup: the same thing again, so that its other records find it too.
      if (forgotten.delete(id)) {
        item.lostId = id;
        item.reason = HANDLE;
      }
      if (!free.has(id) || taken.has(id)) continue;
      item.entityId = id;
      item.reason = options.known?.has(item.record.id) ? CREATED : HANDLE;
      taken.add(id);
    }
  }

  if (endsOf(kind)) {
    await matchTies(
      tx,
      ctx,
      loose.filter((item) => !item.entityId),
      references,
      taken,
    );
    return suspects;
  }

  const asked: { item: Item; key: IdentityKey }[] = [];
  const owned: Owned[] = [];
  const keysOf = new Map<Item, readonly IdentityKey[]>();
  const valuesIn = new Map<Item, Fields>();
  const keyed = identityFields(kind);
  for (const item of loose) {
    if (item.entityId) continue;
    const values = valuesOf(item, references, keyed);
    const keys = matchKeys(kind, values, ctx.sharedMailboxes);
    keysOf.set(item, keys);
    valuesIn.set(item, values);
    for (const key of keys) asked.push({ item, key });
    const own = ownKey(values);
    if (own) owned.push({ item, key: own });
  }
  const every = owned.length === 0 ? asked : [...asked, ...owned];
  if (every.length === 0) return suspects;
  await lockKeys(tx, lockOf(kind), every.length, () => every.map(({ key }) => lockOf(kind, key)));
  await matchOwnIds(tx, ctx, owned, { taken, suspects });
  const open = asked.filter(({ item }) => !item.entityId && !suspects.has(item));
  const candidates = new Map<Item, Map<string, Candidate>>();
  for (const { item, key, entityId, taken: isTaken } of await candidatesFor(tx, ctx, open)) {
    const list = candidates.get(item) ?? candidates.set(item, new Map()).get(item)!;
    const found = list.get(entityId) ?? { taken: isTaken, by: [] };
    found.by.push(key);
    list.set(entityId, found);
  }
  const possible = [...new Set([...candidates.values()].flatMap((list) => [...list.keys()]))];
  const verdictOf = await comparer(tx, kind, { keysOf, valuesIn, possible });
  const areApart = await ownIdsApart(tx, owned, possible);
  // What Winston has made here since the last look, nobody could see who made the same here meanwhile.
  const linked = [
    ...new Set([...candidates.values()].flatMap((list) => [...list].flatMap(([id, one]) => (one.taken ? id : [])))),
  ];
  const made = new Set(
    options.lastLook === null ? [] : await madeSince(tx, ctx.connection.id, linked, options.lastLook),
  );
  // Nor what it is making here just now: whose record that is says its handle, so this is another.
  for (const id of await beingMade(tx, ctx.connection.id, possible)) made.add(id);
  const doubtful: { item: Item; ask: readonly string[] }[] = [];
  for (const [item, list] of candidates) {
    const possible = [...list].filter(([id, one]) => (!one.taken || made.has(id)) && !taken.has(id));
    const sorted = Map.groupBy(possible, ([id]) => (areApart(item, id) ? "two" : verdictOf(item, id)));
    const [one, ask] = [sorted.get("one") ?? [], sorted.get("ask") ?? []].map((list) => list.map(([id]) => id));
    const free = one!.filter((id) => !made.has(id));
    if (free.length === 1) {
      item.entityId = free[0]!;
      item.reason = knownBy(list.get(free[0]!)!.by);
      item.guessed = true;
      taken.add(free[0]!);
    } else if (free.length > 1) suspects.set(item, free.slice(0, SUSPECTS_MAX));
    else doubtful.push({ item, ask: [...one!, ...ask!] });
  }
  // Who turned out to be somebody else of this page is nobody's second record.
  for (const { item, ask } of doubtful) {
    const left = ask.filter((id) => !taken.has(id));
    if (left.length > 0) suspects.set(item, left.slice(0, SUSPECTS_MAX));
  }
  return suspects;
}

/** What a record may be: the keys that led to it, and whether it has a record here already. */
interface Candidate {
  readonly taken: boolean;
  readonly by: IdentityKey[];
}

/** Most candidates noted for one record: a shared address may have hundreds. */
export const SUSPECTS_MAX = 5;

/** Where more deals than this have one name, it says nothing of any of them. */
const DEALS_OF_A_NAME_MAX = 20;

/** What is known by the keys of these items, with whether it has a record here. */
async function candidatesFor(
  tx: Queries,
  ctx: StreamContext,
  asked: readonly { readonly item: Item; readonly key: IdentityKey }[],
): Promise<{ item: Item; key: IdentityKey; entityId: string; taken: boolean }[]> {
  const { kind } = ctx.stream;
  const connectionId = ctx.connection.id;
  const isCommon = ({ key }: { readonly key: IdentityKey }): boolean => kind === "deal" && key.key === DEAL_NAME;
  const [common, telling] = [asked.filter(isCommon), asked.filter((one) => !isCommon(one))];
  const keysOf = (list: typeof asked): IdentityKey[] => list.map(({ key }) => key);
  const found = await findByIdentity(tx, kind, keysOf(telling), connectionId);
  const alike = await findByCommonKey(tx, kind, keysOf(common), { connectionId, most: DEALS_OF_A_NAME_MAX });
  return [
    ...found.map((one) => ({ ...one, ...telling[one.index]! })),
    ...alike.map((one) => ({ ...one, ...common[one.index]! })),
  ];
}

/** Whether a record may be a thing of ours that has a key of it, by what else is known of both. */
async function comparer(
  tx: Queries,
  kind: string,
  of: {
    readonly keysOf: ReadonlyMap<Item, readonly IdentityKey[]>;
    readonly valuesIn: ReadonlyMap<Item, Fields>;
    readonly possible: readonly string[];
  },
): Promise<(item: Item, entityId: string) => "one" | "two" | "ask"> {
  if (kind === "deal") {
    const compare = await dealComparer(tx, { records: [...of.valuesIn.values()], entityIds: of.possible });
    return (item, id) => compare(of.valuesIn.get(item)!, id);
  }
  if (kind === "person") {
    const names = new Map((await readEntities(tx, of.possible)).map((row) => [row.id, nameOf(row.fields as Fields)]));
    return (item, id) => compareNames(nameOf(item.reading.fields), names.get(id) ?? NO_NAME);
  }
  const known = await identitiesOf(tx, of.possible);
  return (item, id) => (contradicts(of.keysOf.get(item)!, known.get(id) ?? []) ? "two" : "one");
}

/** Whether both have a key of one name and none of its values in common: two companies of one name with different addresses on the web. */
function contradicts(record: readonly IdentityKey[], entity: readonly { key: string; value: string }[]): boolean {
  return record.some(({ key, value }) => {
    const theirs = entity.filter((one) => one.key === key);
    return theirs.length > 0 && !theirs.some((one) => one.value === value);
  });
}

/** What a record says, with the references that are known where one is `keyed`. */
export function valuesOf(item: Item, references: ReadonlyMap<string, string>, keyed: readonly string[]): Fields {
  if (!keyed.some((field) => Object.hasOwn(item.reading.references, field))) return item.reading.fields;
  const values: Record<string, Value> = { ...item.reading.fields };
  for (const [field, id] of Object.entries(item.reading.references))
    values[field] = references.get(`${field}\n${id}`) ?? null;
  return values;
}

export const isUuid = (text: string | null | undefined): boolean =>
  typeof text === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(text);

/** Vendor ids of references to entity ids, for the whole page at once. Keyed by "field\nvendor id". */
export async function resolveReferences(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Pick<Item, "reading">[],
): Promise<Map<string, string>> {
  const byField = new Map<string, Set<string>>();
  for (const item of items) {
    for (const [field, id] of Object.entries(item.reading.references)) {
      if (id !== null) (byField.get(field) ?? byField.set(field, new Set()).get(field)!).add(id);
    }
  }
  const found = new Map<string, string>();
  for (const [field, ids] of byField) {
    for (const row of await entitiesOfRecords(tx, ctx.targets.get(field) ?? [], [...ids]))
      found.set(`${field}\n${row.recordId}`, row.entityId);
  }
  if (byField.size === 0) return found;
  // What the mapping says in a table goes before what matching says.
  for (const [field, { ours }] of await pairsOf(tx, ctx))
    for (const id of byField.get(field) ?? []) if (ours.has(id)) found.set(`${field}\n${id}`, ours.get(id)!);
  return found;
}
