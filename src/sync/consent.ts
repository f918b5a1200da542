// Consent that another system still withholds, and that nobody can give there but its own people: it is not given by an edit elsewhere. Nor by
// becoming one with somebody who gave it.
import type { Json } from "../base/json.ts";
import type { Fields } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { activeLinks } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import type { Item } from "./match.ts";
import type { FieldRules } from "./rules.ts";

/**
 * Fields under `restrictive`, by entity, that one of these records no longer forbids while a record of another system does, which Winston
 * reads and may not write: there it would stand against all others for ever.
 */
export async function withheldElsewhere(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Pick<Item, "entityId" | "reading">[],
  fieldsOf: (entityId: string) => Fields | undefined,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const careful = [...ctx.mapping.inbound].filter((field) => ctx.rules.ruleOf(field) === "restrictive");
  const given = new Map<string, string[]>();
  for (const { entityId, reading } of items) {
    const fields = entityId === undefined ? undefined : fieldsOf(entityId);
    const list = careful.filter(
      (field) => fields?.[field] === true && Object.hasOwn(reading.fields, field) && reading.fields[field] !== true,
    );
    if (list.length > 0) given.set(entityId!, list);
  }
  const withheld = new Map<string, Set<string>>();
  if (given.size === 0) return withheld;
  for (const link of await activeLinks(tx, [...given.keys()], null)) {
    if (link.streamId === ctx.stream.id) continue;
    for (const field of given.get(link.entityId)!)
      if (ctx.readOnlyAt.get(link.streamId)?.has(field) && link.baseline[field] === true)
        (withheld.get(link.entityId) ?? withheld.set(link.entityId, new Set()).get(link.entityId)!).add(field);
  }
  return withheld;
}

/** Where one takes in another: whether a value of the other stands over its own, because it forbids what that one allows. */
export const forbids = (
  rules: Pick<FieldRules, "ruleOf">,
  field: string,
  of: { readonly own: Json | undefined; readonly other: Json },
): boolean => of.other === true && of.own === false && rules.ruleOf(field) === "restrictive";
