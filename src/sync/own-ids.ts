// A thing's own id (`externalId`): the number that the business itself gives it. Where systems are mapped to it, it decides by itself who is who.
import type { Fields } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { findByIdentity, strongIdentitiesOf } from "../store/identity.ts";
import type { StreamContext } from "./context.ts";
import { EXTERNAL, identityValue, type IdentityKey } from "./keys.ts";
import { knownBy } from "./linked.ts";
import type { Item } from "./match.ts";

/** The field under which a mapping names it. */
export const OWN_ID = "externalId";

export interface Owned {
  readonly item: Item;
  readonly key: IdentityKey;
}

/** The key of a thing with these fields; undefined where it has none. */
export function ownKey(fields: Fields): IdentityKey | undefined {
  const value = identityValue(EXTERNAL, fields[OWN_ID]);
  return value === null ? undefined : { key: EXTERNAL, value, strong: true };
}

/**
 * Takes records for the things that have their own ids, and adds those to `taken`. A record whose thing has a record here already is one of
 * two of one id, which only a person can mend: it goes to `suspects`, and no other key decides about it. Call with the keys locked.
 */
export async function matchOwnIds(
  tx: Queries,
  ctx: StreamContext,
  owned: readonly Owned[],
  to: { readonly taken: Set<string>; readonly suspects: Map<Item, readonly string[]> },
): Promise<void> {
  const keys = owned.map(({ key }) => key);
  for (const found of await findByIdentity(tx, ctx.stream.kind, keys, ctx.connection.id)) {
    const { item, key } = owned[found.index]!;
    if (!found.strong) continue;
    if (found.taken || to.taken.has(found.entityId)) {
      to.suspects.set(item, [found.entityId]);
      continue;
    }
    item.entityId = found.entityId;
    item.reason = knownBy([key]);
    to.taken.add(found.entityId);
  }
}

/** Whether a record has an own id and a thing of ours another: then no weaker key makes them one. */
export async function ownIdsApart(
  tx: Queries,
  owned: readonly Owned[],
  entityIds: readonly string[],
): Promise<(item: Item, entityId: string) => boolean> {
  if (owned.length === 0) return () => false;
  const mine = new Map(owned.map(({ item, key }) => [item, key.value]));
  const theirs = await strongIdentitiesOf(tx, EXTERNAL, entityIds);
  return (item, entityId) => {
    const known = theirs.get(entityId);
    return known !== undefined && mine.has(item) && !known.includes(mine.get(item)!);
  };
}

/** Of things that were just given an own id, those that another thing has already: pairs for a person to look at. */
export async function ownIdsTwice(
  tx: Queries,
  kind: string,
  given: readonly { readonly entityId: string; readonly key: string; readonly value: string }[],
): Promise<{ leftId: string; rightId: string }[]> {
  const found = await findByIdentity(tx, kind, given, null);
  return found.flatMap((one) => {
    const { entityId } = given[one.index]!;
    return one.strong && one.entityId !== entityId ? [{ leftId: one.entityId, rightId: entityId }] : [];
  });
}
