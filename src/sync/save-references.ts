// References that a caller gives by a key: what they lead to, also among the records that the same call makes.
import { pointerTo } from "../mapping/invalid.ts";
import type { Tx } from "../store/database.ts";
import { readEntities, survivorsOf } from "../store/entity.ts";
import { findByIdentity } from "../store/identity.ts";
import { EXTERNAL, identityValue } from "./keys.ts";
import { findOrMake } from "./lookup.ts";
import { ID, type GivenReference, type Item } from "./save-items.ts";

/** A reference to a thing of the call's own kind that is not in the store: another item may make it. `value` as keys are compared. */
export interface OpenReference {
  readonly item: Item;
  readonly given: GivenReference;
  readonly value: string;
}

interface ResolveContext {
  readonly kind: string;
  /** The kind each reference field leads to. */
  readonly kindOf: (field: string) => string | undefined;
  readonly actor: string;
  readonly now: number;
  readonly newId: () => string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;
const nameOf = ({ field, value }: GivenReference): string => `${field}\n${JSON.stringify(value)}`;

/**
 * Puts into the items' values what their references lead to. Accounts named for the first time are made; people and users must be there.
 * What only another item of the call can settle is returned, anything else unknown is a problem of its item.
 */
export async function resolveGivenReferences(
  tx: Tx,
  items: readonly Item[],
  ctx: ResolveContext,
): Promise<OpenReference[]> {
  const { kindOf } = ctx;
  const makes = ({ field, key }: GivenReference): boolean => key === "name" && kindOf(field) === "account";
  const given = items.flatMap((item) => item.references);
  const found = await findOrMake(tx, given.filter(makes), { kindOf, streamId: null, actor: ctx.actor }, ctx);
  const ids = given.filter((one) => one.key === ID && UUID.test(one.value)).map((one) => one.value);
  const byId = new Map((await readEntities(tx, [...new Set(ids)])).map((row) => [row.id, row]));
  const away = await survivorsOf(tx, [...byId.keys()]);
  for (const one of given.filter(({ key }) => key === ID)) {
    const row = byId.get(one.value);
    const target = kindOf(one.field);
    if (row && (target === undefined || row.kind === target)) found.set(nameOf(one), away.get(row.id) ?? row.id);
  }
  const asked = given.filter((one) => one.key !== ID && !makes(one));
  for (const target of new Set(asked.map((one) => kindOf(one.field) ?? ""))) {
    const list = asked.filter((one) => kindOf(one.field) === target);
    const keys = list.map((one) => ({ key: one.key, value: identityValue(one.key, one.value) ?? "" }));
    for (const one of await findByIdentity(tx, target, keys, null)) {
      const name = nameOf(list[one.index]!);
      if (!found.has(name)) found.set(name, one.entityId);
    }
  }
  const open: OpenReference[] = [];
  for (const item of items) {
    for (const one of item.references) {
      const id = found.get(nameOf(one));
      const value = one.key === EXTERNAL && kindOf(one.field) === ctx.kind ? identityValue(EXTERNAL, one.value) : null;
      if (id !== undefined) item.values[one.field] = id;
      else if (value !== null) open.push({ item, given: one, value });
      else refuse(item, one, kindOf);
    }
  }
  return open;
}

/**
 * Settles references among the items themselves, in whatever order they stand: to what is there by now (`known`, by external id), or to what
 * an item without problems makes. Returns the ids that these new records must get, by external id.
 */
export function settleAmong(
  items: readonly Item[],
  open: readonly OpenReference[],
  of: {
    readonly known: ReadonlyMap<string, string>;
    /** Whether items that name nothing that is there make something. */
    readonly makes: boolean;
    readonly kindOf: (field: string) => string | undefined;
    readonly newId: () => string;
  },
): Map<string, string> {
  const reserved = new Map<string, string>();
  if (open.length === 0) return reserved;
  // One that says an external id of a record it names otherwise gives that record the id, and makes none.
  const taken = new Set(items.flatMap((item) => (item.id === undefined ? [] : (item.external ?? []))));
  const makers = new Map<string, number>();
  const count = ({ id, external, problems }: Item, by: number): void => {
    if (of.makes && id === undefined && external !== null && problems.length === 0 && !taken.has(external))
      makers.set(external, (makers.get(external) ?? 0) + by);
  };
  for (const item of items) count(item, 1);
  const unknown = ({ value }: OpenReference): boolean => !of.known.has(value) && !makers.get(value);
  // Who leans on an item that is refused is refused too, until nobody more is.
  for (;;) {
    const bad = open.filter((one) => one.item.problems.length === 0 && unknown(one));
    if (bad.length === 0) break;
    for (const item of new Set(bad.map((one) => one.item))) count(item, -1);
    for (const { item, given: one } of bad) refuse(item, one, of.kindOf);
  }
  for (const { item, given: one, value } of open) {
    if (item.problems.length > 0) continue;
    let id = of.known.get(value) ?? reserved.get(value);
    if (id === undefined) reserved.set(value, (id = of.newId()));
    item.values[one.field] = id;
  }
  return reserved;
}

function refuse(
  item: Item,
  { field, key, value }: GivenReference,
  kindOf: (field: string) => string | undefined,
): void {
  item.problems.push({
    pointer: pointerTo(field),
    code: "reference.unknown",
    message: `There is no ${kindOf(field) ?? "record"} whose ${key === EXTERNAL ? "externalId" : key} is ${JSON.stringify(value)}. ${key === ID ? `Give the id of one, or {"externalId": ...}, {"name": ...} or {"email": ...}.` : "Send it first."}`,
  });
}
