// Tables of a mapping's references: which user of theirs stands for which of ours, where no address says so.
import type { Queries } from "../store/database.ts";
import { findByIdentity } from "../store/identity.ts";
import { activeLinks, entitiesOfRecords } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { identityValue } from "./keys.ts";

/** One reference's table, with both sides found. */
export interface Pairs {
  /** Vendor's id → our entity. */
  readonly ours: ReadonlyMap<string, string>;
  /** Our entity → what the vendor has for it: its id, the entity that it is by itself, and whether it can be given anything. */
  readonly theirs: ReadonlyMap<
    string,
    { readonly recordId: string; readonly entityId: string; readonly active: boolean }
  >;
}

/** The tables of this mapping, by field. A line of which a side is not there is left out until it is. */
export async function pairsOf(tx: Queries, ctx: StreamContext): Promise<ReadonlyMap<string, Pairs>> {
  const found = new Map<string, Pairs>();
  for (const [field, { kind, table }] of ctx.mapping.references) {
    if (!table) continue;
    const [ours, theirs] = [
      new Map<string, string>(),
      new Map<string, { recordId: string; entityId: string; active: boolean }>(),
    ];
    for (const [their, our] of Object.entries(table)) {
      const entityId = await findNamed(tx, kind, our);
      const record = entityId === undefined ? undefined : await recordNamed(tx, ctx, { field, kind, their });
      if (entityId === undefined || !record) continue;
      ours.set(record.recordId, entityId);
      // Of several that stand for one of ours, the first is written.
      if (!theirs.has(entityId)) theirs.set(entityId, record);
    }
    found.set(field, { ours, theirs });
  }
  return found;
}

/** Who a document names: by Winston's id, an email address or a name. */
export async function findNamed(tx: Queries, kind: string, text: string): Promise<string | undefined> {
  const keys = ["email", "name"].flatMap((key) => {
    const value = identityValue(key, text);
    return value === null ? [] : [{ key, value }];
  });
  const [one] = await findByIdentity(tx, kind, keys, null);
  return one?.entityId ?? (isId(text) ? text : undefined);
}

const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(text);

/** The vendor's record that a table names by its id there, or by its email address. */
async function recordNamed(
  tx: Queries,
  ctx: StreamContext,
  { field, kind, their }: { readonly field: string; readonly kind: string; readonly their: string },
) {
  const streams = ctx.targets.get(field) ?? [];
  const entities = (await entitiesOfRecords(tx, streams, [their])).map((row) => row.entityId);
  const email = identityValue("email", their);
  if (entities.length === 0 && email !== null)
    for (const one of await findByIdentity(tx, kind, [{ key: "email", value: email }], null))
      entities.push(one.entityId);
  const link = (await activeLinks(tx, entities, ctx.connection.id)).find((one) => streams.includes(one.streamId));
  return link && { recordId: link.recordId, entityId: link.entityId, active: link.baseline["active"] !== false };
}
