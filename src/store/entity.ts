// Entities: one row per thing of ours.
import type { JsonObject } from "../base/json.ts";
import { column, Copy } from "./copy.ts";
import type { Queries } from "./database.ts";
import { integer, jsonb, sql, text, timestamp, uuid } from "./sql.ts";

export interface EntityRow {
  readonly id: string;
  readonly kind: string;
  readonly stage: string | null;
  readonly fields: JsonObject;
  readonly origin: JsonObject;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly deletedAt: number | null;
  readonly mergedInto: string | null;
}

/** The entities of these ids, locked in id order until the transaction ends. Whoever locks more than one locks this way, so nobody waits in a circle. */
export async function lockEntities(tx: Queries, ids: readonly string[]): Promise<EntityRow[]> {
  if (ids.length === 0) return [];
  return tx.rows<EntityRow>(sql`
    select id, kind, stage, fields, origin, version, created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt", merged_into as "mergedInto"
    from entity where id = any(${uuid(ids)}::uuid[]) order by id for update`);
}

/** The entities of these ids, held as they are: nobody else links, changes or merges them until the transaction ends. */
export async function holdEntities(tx: Queries, ids: readonly string[]): Promise<EntityRow[]> {
  if (ids.length === 0) return [];
  return tx.rows<EntityRow>(sql`
    select id, kind, stage, fields, origin, version, created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt", merged_into as "mergedInto"
    from entity where id = any(${uuid(ids)}::uuid[]) order by id for share`);
}

export async function readEntities(tx: Queries, ids: readonly string[]): Promise<EntityRow[]> {
  if (ids.length === 0) return [];
  return tx.rows<EntityRow>(sql`
    select id, kind, stage, fields, origin, version, created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt", merged_into as "mergedInto"
    from entity where id = any(${uuid(ids)}::uuid[])`);
}

/** For each of these entities, itself and all that were merged into it, also by way of others. */
export async function withMerged(tx: Queries, ids: readonly string[]): Promise<{ id: string; into: string }[]> {
  if (ids.length === 0) return [];
  return tx.rows(sql`
    with recursive family (id, into_id) as (
      select one, one from unnest(${uuid(ids)}::uuid[]) as seen (one)
      union select entity.id, family.into_id from entity join family on entity.merged_into = family.id)
    select id, into_id as "into" from family order by id`);
}

/** Of these entities those that were merged away, each with the one that took it in at last. */
export async function mergedAway(tx: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows: { id: string; into: string }[] = await tx.rows(sql`
    with recursive way (id, at_id) as (
      select id, merged_into from entity where id = any(${uuid(ids)}::uuid[]) and merged_into is not null
      union select way.id, entity.merged_into from way join entity on entity.id = way.at_id where entity.merged_into is not null)
    select way.id, way.at_id as "into" from way join entity on entity.id = way.at_id where entity.merged_into is null`);
  return new Map(rows.map((row) => [row.id, row.into]));
}

export interface NewEntity {
  readonly id: string;
  readonly stage: string | null;
  /** JSON text: made once, sent once. */
  readonly fields: string;
  readonly origin: string;
}

export async function insertEntities(tx: Queries, kind: string, rows: readonly NewEntity[], at: number): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into entity (id, kind, stage, fields, origin, version, created_at, updated_at)
    select unnest(${uuid(rows.map((row) => row.id))}::uuid[]), ${kind}, unnest(${text(rows.map((row) => row.stage))}::text[]),
      unnest(${jsonb(rows.map((row) => row.fields))}::jsonb[]), unnest(${jsonb(rows.map((row) => row.origin))}::jsonb[]), 1, ${new Date(at)}, ${new Date(at)}`);
}

/** The same by COPY, for many rows. */
export function copyOfEntities(kind: string, at: number): Copy<NewEntity> {
  return new Copy<NewEntity>("entity", [
    column("id", "uuid", (row) => row.id),
    column("kind", "text", () => kind),
    column("stage", "text", (row) => row.stage),
    column("fields", "jsonb", (row) => row.fields),
    column("origin", "jsonb", (row) => row.origin),
    column("version", "integer", () => 1),
    column("created_at", "timestamp", () => at),
    column("updated_at", "timestamp", () => at),
  ]);
}

export interface ChangedEntity {
  readonly id: string;
  readonly stage: string | null;
  readonly fields: string;
  readonly origin: string;
  readonly version: number;
  readonly deletedAt: number | null;
  readonly mergedInto: string | null;
}

/** Writes locked entities back whole. */
export async function updateEntities(tx: Queries, rows: readonly ChangedEntity[], at: number): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update entity set stage = seen.stage, fields = seen.fields, origin = seen.origin, version = seen.version,
      updated_at = ${new Date(at)}, deleted_at = seen.deleted_at, merged_into = seen.merged_into
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${text(rows.map((row) => row.stage))}::text[],
                ${jsonb(rows.map((row) => row.fields))}::jsonb[], ${jsonb(rows.map((row) => row.origin))}::jsonb[],
                ${integer(rows.map((row) => row.version))}::int[], ${timestamp(rows.map((row) => row.deletedAt))}::timestamptz[],
                ${uuid(rows.map((row) => row.mergedInto))}::uuid[]) as seen (id, stage, fields, origin, version, deleted_at, merged_into)
    where entity.id = seen.id`);
}

/** Gives these entities later versions; nothing else of them changes. */
export async function raiseVersions(
  tx: Queries,
  rows: readonly { readonly id: string; readonly version: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update entity set version = seen.version
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${integer(rows.map((row) => row.version))}::int[]) as seen (id, version)
    where entity.id = seen.id`);
}

export interface EntityQuery {
  readonly kind: string;
  readonly stage: string | null;
  readonly after: string | null;
  readonly updatedSince: number | null;
  readonly includeDeleted: boolean;
  /** Only entities known by this identity; null for all. */
  readonly identity: { readonly key: string; readonly value: string } | null;
  readonly limit: number;
}

/** A page of entities in id order, which is the order of their making. */
export async function listEntities(tx: Queries, query: EntityQuery): Promise<EntityRow[]> {
  return tx.rows<EntityRow>(sql`
    select id, kind, stage, fields, origin, version, created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt", merged_into as "mergedInto"
    from entity
    where kind = ${query.kind} and (${query.stage}::text is null or stage = ${query.stage})
      and (${query.after}::uuid is null or id > ${query.after}::uuid)
      and (${query.updatedSince === null ? null : new Date(query.updatedSince)}::timestamptz is null or updated_at >= ${query.updatedSince === null ? null : new Date(query.updatedSince)}::timestamptz)
      and (${query.includeDeleted} or deleted_at is null)
      and (${query.identity?.key ?? null}::text is null or id in (
        select entity_id from identity where kind = ${query.kind} and key = ${query.identity?.key ?? null} and value = ${query.identity?.value ?? null}))
    order by id limit ${query.limit}`);
}
