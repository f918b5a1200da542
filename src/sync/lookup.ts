// Paths through a reference, such as account.name: the target is found by its key, or made; never renamed.
import type { Reading, Value } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { insertEntities } from "../store/entity.ts";
import { findByIdentity, insertIdentities, lockKeys } from "../store/identity.ts";
import { identityValue, lockOf, weakKeys } from "./keys.ts";
import { pack } from "./origin.ts";

export interface LookupContext {
  /** Kind of each reference field. */
  readonly kindOf: (field: string) => string | undefined;
  readonly streamId: number | null;
  readonly actor: string | null;
}

/** The targets of all lookups of a page, by "field\nvalue as JSON". Where several things carry the key, the oldest is taken. Without `of` none is made. */
export async function findOrMake(
  tx: Queries,
  lookups: readonly { readonly field: string; readonly key: string; readonly value: Value }[],
  ctx: LookupContext,
  of: { now: number; newId: () => string } | null,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const groups = new Map<string, { field: string; kind: string; key: string; values: Map<string, Value> }>();
  for (const lookup of lookups) {
    const kind = ctx.kindOf(lookup.field);
    const value = identityValue(lookup.key, lookup.value);
    if (kind === undefined || value === null) continue;
    const name = `${lookup.field}\n${lookup.key}`;
    const group =
      groups.get(name) ??
      groups.set(name, { field: lookup.field, kind, key: lookup.key, values: new Map() }).get(name)!;
    if (!group.values.has(value)) group.values.set(value, lookup.value);
  }
  for (const { field, kind, key, values } of groups.values()) {
    const asked = [...values.keys()];
    if (of)
      await lockKeys(tx, lockOf(kind), asked.length, () =>
        asked.map((value) => lockOf(kind, { key, value, strong: false })),
      );
    const ids = new Map<string, string>();
    for (const one of await findByIdentity(
      tx,
      kind,
      asked.map((value) => ({ key, value })),
      null,
    ))
      if (!ids.has(asked[one.index]!)) ids.set(asked[one.index]!, one.entityId);
    const missing = asked.filter((value) => !ids.has(value));
    if (of) for (const one of await make(tx, ctx, { kind, key, values }, missing, of)) ids.set(one.value, one.id);
    for (const [value, id] of ids) found.set(`${field}\n${JSON.stringify(values.get(value) ?? null)}`, id);
    // Other spellings of the same key lead to the same thing.
    for (const lookup of lookups) {
      if (lookup.field !== field || lookup.key !== key) continue;
      const id = ids.get(identityValue(key, lookup.value) ?? "");
      if (id !== undefined) found.set(`${field}\n${JSON.stringify(lookup.value)}`, id);
    }
  }
  return found;
}

async function make(
  tx: Queries,
  ctx: LookupContext,
  { kind, key, values }: { kind: string; key: string; values: ReadonlyMap<string, Value> },
  missing: readonly string[],
  of: { now: number; newId: () => string },
): Promise<readonly { id: string; value: string }[]> {
  const made = missing.map((value) => ({ id: of.newId(), value, fields: { [key]: values.get(value) ?? null } }));
  const origin = JSON.stringify({
    "*": pack({
      ...(ctx.streamId === null ? {} : { stream: ctx.streamId }),
      ...(ctx.actor === null ? {} : { actor: ctx.actor }),
      from: of.now,
      to: of.now,
    }),
  });
  await insertEntities(
    tx,
    kind,
    made.map((one) => ({ id: one.id, stage: null, fields: JSON.stringify(one.fields), origin })),
    of.now,
  );
  await insertIdentities(
    tx,
    kind,
    made.flatMap((one) => weakKeys(kind, one.fields).map((identity) => ({ entityId: one.id, ...identity }))),
  );
  return made;
}

/** The lookups of a page of readings. Without `of` nothing is made. */
export async function resolveLookups(
  tx: Queries,
  ctx: {
    readonly mapping: { readonly references: ReadonlyMap<string, { readonly kind: string }> };
    readonly stream: { readonly id: number };
  },
  readings: readonly Reading[],
  of: { now: number; newId: () => string } | null,
): Promise<Map<string, string>> {
  const lookups = readings.flatMap((reading) =>
    Object.entries(reading.lookups).flatMap(([field, lookup]) =>
      lookup === null ? [] : [{ field, key: lookup.field, value: lookup.value }],
    ),
  );
  if (lookups.length === 0) return new Map();
  return findOrMake(
    tx,
    lookups,
    { kindOf: (field) => ctx.mapping.references.get(field)?.kind, streamId: ctx.stream.id, actor: null },
    of,
  );
}

/** What a record says in values of ours, its references by what was found of them. A target that is not linked yet says nothing, and waits. */
export function valuesRead(
  reading: Reading,
  references: ReadonlyMap<string, string>,
  lookups: ReadonlyMap<string, string>,
): { values: Record<string, Value>; waiting: readonly { readonly field: string; readonly targetId: string }[] } {
  const values: Record<string, Value> = { ...reading.fields };
  const waiting: { field: string; targetId: string }[] = [];
  for (const [field, targetId] of Object.entries(reading.references)) {
    const target = targetId === null ? null : references.get(`${field}\n${targetId}`);
    if (target === undefined) waiting.push({ field, targetId: targetId! });
    else values[field] = target;
  }
  for (const [field, lookup] of Object.entries(reading.lookups))
    values[field] = lookup === null ? null : (lookups.get(`${field}\n${JSON.stringify(lookup.value)}`) ?? null);
  return { values, waiting };
}
