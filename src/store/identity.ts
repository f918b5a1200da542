// Keys by which a record is known. Strong ones name one entity; weak ones only suggest one.
import { column, Copy } from "./copy.ts";
import type { Queries } from "./database.ts";
import { bigint, boolean, sql, text, uuid } from "./sql.ts";

export interface IdentityRow {
  readonly entityId: string;
  readonly key: string;
  readonly value: string;
  readonly strong: boolean;
}

/** Strong keys that another entity already holds are left with it: the caller has looked before and locked the kind's keys. */
export async function insertIdentities(tx: Queries, kind: string, rows: readonly IdentityRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into identity (kind, key, value, entity_id, strong)
    select ${kind}, unnest(${text(rows.map((row) => row.key))}::text[]), unnest(${text(rows.map((row) => row.value))}::text[]),
      unnest(${uuid(rows.map((row) => row.entityId))}::uuid[]), unnest(${boolean(rows.map((row) => row.strong))}::bool[])
    on conflict do nothing`);
}

/** Keys of entities just made, by COPY: nobody can hold them yet, strong ones excepted, of which none may be among them. */
export function copyOfIdentities(kind: string): Copy<IdentityRow> {
  return new Copy<IdentityRow>("identity", [
    column("kind", "text", () => kind),
    column("key", "text", (row) => row.key),
    column("value", "text", (row) => row.value),
    column("entity_id", "uuid", (row) => row.entityId),
    column("strong", "boolean", (row) => row.strong),
  ]);
}

/** Takes away the weak keys of these entities that are not in `keep`. Strong keys stay: they are what a thing was called. */
export async function deleteWeakIdentities(
  tx: Queries,
  rows: readonly { entityId: string; key: string; value: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    delete from identity using unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.key))}::text[], ${text(rows.map((row) => row.value))}::text[]) as gone (entity_id, key, value)
    where identity.entity_id = gone.entity_id and identity.key = gone.key and identity.value = gone.value and not identity.strong`);
}

/** Moves all keys of one entity to another. */
export async function moveIdentities(tx: Queries, from: string, to: string): Promise<void> {
  await tx.run(sql`
    insert into identity (kind, key, value, entity_id, strong) select kind, key, value, ${to}::uuid, false from identity where entity_id = ${from}::uuid and not strong on conflict do nothing`);
  await tx.run(sql`update identity set entity_id = ${to}::uuid where entity_id = ${from}::uuid and strong`);
  await tx.run(sql`delete from identity where entity_id = ${from}::uuid`);
}

export interface Candidate {
  /** Which of the asked keys found it (position). */
  readonly index: number;
  readonly entityId: string;
  readonly strong: boolean;
  /** It already has an active link to the asking connection. */
  readonly taken: boolean;
}

/** Living entities known by these keys. `connectionId` null asks without regard to links. */
export async function findByIdentity(
  tx: Queries,
  kind: string,
  keys: readonly { key: string; value: string }[],
  connectionId: string | null,
): Promise<Candidate[]> {
  if (keys.length === 0) return [];
  return tx.rows<Candidate>(sql`
    select (seen.n - 1)::int as index, identity.entity_id as "entityId", identity.strong,
      exists (select from link where link.entity_id = identity.entity_id and link.connection_id = ${connectionId}::uuid and link.state = 'active') as taken
    from unnest(${text(keys.map((one) => one.key))}::text[], ${text(keys.map((one) => one.value))}::text[]) with ordinality as seen (key, value, n)
    join identity on identity.kind = ${kind} and identity.key = seen.key and identity.value = seen.value
    join entity on entity.id = identity.entity_id and (entity.deleted_at is null or identity.strong) and entity.merged_into is null
    order by seen.n, identity.entity_id`);
}

/** The same by keys that many things may share: what more than `most` are known by tells nobody, and finds none. */
export async function findByCommonKey(
  tx: Queries,
  kind: string,
  keys: readonly { key: string; value: string }[],
  of: { connectionId: string; most: number },
): Promise<Candidate[]> {
  if (keys.length === 0) return [];
  return tx.rows<Candidate>(sql`
    select (seen.n - 1)::int as index, known.entity_id as "entityId", known.strong,
      exists (select from link where link.entity_id = known.entity_id and link.connection_id = ${of.connectionId}::uuid and link.state = 'active') as taken
    from unnest(${text(keys.map((one) => one.key))}::text[], ${text(keys.map((one) => one.value))}::text[]) with ordinality as seen (key, value, n)
    cross join lateral (
      select few.entity_id, few.strong, count(*) over () as many from (
        select entity_id, strong from identity where identity.kind = ${kind} and identity.key = seen.key and identity.value = seen.value limit ${of.most + 1}) as few) as known
    join entity on entity.id = known.entity_id and entity.deleted_at is null and entity.merged_into is null
    where known.many <= ${of.most}
    order by seen.n, known.entity_id`);
}

/** All weak keys of these entities. */
export async function identitiesOf(
  tx: Queries,
  entityIds: readonly string[],
): Promise<Map<string, { key: string; value: string }[]>> {
  const found = new Map<string, { key: string; value: string }[]>();
  if (entityIds.length === 0) return found;
  const rows = await tx.rows<{ entityId: string; key: string; value: string }>(sql`
    select entity_id as "entityId", key, value from identity where entity_id = any(${uuid(entityIds)}::uuid[]) and not strong`);
  for (const { entityId, key, value } of rows)
    (found.get(entityId) ?? found.set(entityId, []).get(entityId)!).push({ key, value });
  return found;
}

/** The values of one strong key that these entities have, by entity. */
export async function strongIdentitiesOf(
  tx: Queries,
  key: string,
  entityIds: readonly string[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (entityIds.length === 0) return found;
  const rows = await tx.rows<{ entityId: string; value: string }>(sql`
    select entity_id as "entityId", value from identity where entity_id = any(${uuid(entityIds)}::uuid[]) and strong and key = ${key}`);
  for (const { entityId, value } of rows) (found.get(entityId) ?? found.set(entityId, []).get(entityId)!).push(value);
  return found;
}

/** Most keys locked one by one; more lock the whole kind, so that a first load takes one lock and not thousands. */
const LOCKS_MAX = 64;

/**
 * Serialises the making of entities under one key until the transaction ends: two workers that meet one new person at once
 * make one entity. Few keys: the kind shared, each key alone. Many: the kind alone, and `keys` (64-bit hashes) is not asked for.
 */
export async function lockKeys(
  tx: Queries,
  kindLock: bigint,
  count: number,
  keys: () => readonly bigint[],
): Promise<void> {
  if (count === 0) return;
  if (count > LOCKS_MAX) {
    await tx.run(sql`select pg_advisory_xact_lock(${kindLock}::bigint)`);
    return;
  }
  const sorted = [...new Set(keys())].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  await tx.run(sql`select pg_advisory_xact_lock_shared(${kindLock}::bigint)`);
  await tx.run(
    sql`select pg_advisory_xact_lock(one) from (select one from unnest(${bigint(sorted)}::bigint[]) as seen (one) order by one) as sorted`,
  );
}
