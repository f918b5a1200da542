// What is held of a stream's records: as last read, with the things of ours that they are. For looking at, not for changing.
import type { JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import type { EntityRow } from "./entity.ts";
import { integer, sql, text } from "./sql.ts";

export interface HeldRecord {
  readonly recordId: string;
  readonly image: JsonObject;
  readonly baseline: JsonObject;
  readonly fillers: JsonObject | null;
  readonly mappingVersion: number;
  readonly changedAt: number | null;
  readonly entity: EntityRow;
}

/** Those of these records that are linked to what lives here and were read since, the last in the order of their ids first. */
export async function heldRecords(tx: Queries, streamId: number, ids: readonly string[]): Promise<HeldRecord[]> {
  if (ids.length === 0) return [];
  type Row = Omit<HeldRecord, "entity"> & EntityRow;
  const rows = await tx.rows<Row>(sql`
    select link.record_id as "recordId", link.image, link.baseline, link.fillers, link.mapping_version as "mappingVersion", link.changed_at as "changedAt",
      entity.id, entity.kind, entity.stage, entity.fields, entity.origin, entity.version, entity.created_at as "createdAt", entity.updated_at as "updatedAt",
      entity.deleted_at as "deletedAt", entity.merged_into as "mergedInto"
    from link join entity on entity.id = link.entity_id and entity.deleted_at is null and entity.merged_into is null
    where link.stream_id = ${streamId} and link.record_id = any(${text(ids)}::text[]) and link.state = 'active' and link.image is not null
    order by link.record_id desc`);
  return rows.map(({ recordId, image, baseline, fillers, mappingVersion, changedAt, ...entity }) => ({
    recordId,
    image,
    baseline,
    fillers,
    mappingVersion,
    changedAt,
    entity,
  }));
}

/**
 * The last of such records in the order of their ids, which is the order in which a vendor that counts has made them. Walked from the end on,
 * one step of the index after another: however many a stream has, and whatever the planner believes of a table that nobody has analysed yet,
 * no more are looked at than are wanted, and those among them that live no more.
 */
export async function lastHeld(tx: Queries, streamId: number, limit: number): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    with recursive last (id) as (
      (select record_id from link where stream_id = ${streamId} order by record_id desc limit 1)
      union all
      select before.record_id from last cross join lateral (
        select record_id from link where stream_id = ${streamId} and record_id < last.id order by record_id desc limit 1) as before)
    select last.id from last cross join lateral (
      select from link join entity on entity.id = link.entity_id and entity.deleted_at is null and entity.merged_into is null
      where link.stream_id = ${streamId} and link.record_id = last.id and link.state = 'active' and link.image is not null offset 0) as living
    limit ${limit}`);
  return rows.map((row) => row.id);
}

/** The record of a thing of ours in a stream. */
export async function recordOfEntity(tx: Queries, streamId: number, entityId: string): Promise<string | undefined> {
  const row = await tx.one<{ id: string }>(sql`
    select record_id as id from link where entity_id::text = ${entityId} and stream_id = ${streamId} and state = 'active'`);
  return row?.id;
}

/** These versions of a stream's mapping. */
export async function mappingDocuments(
  tx: Queries,
  streamId: number,
  versions: readonly number[],
): Promise<Map<number, JsonObject>> {
  if (versions.length === 0) return new Map();
  const rows = await tx.rows<{ version: number; document: JsonObject }>(sql`
    select version, document from mapping where stream_id = ${streamId} and version = any(${integer(versions)}::int[])`);
  return new Map(rows.map((row) => [row.version, row.document]));
}

export interface MappingVersionRow {
  readonly version: number;
  readonly rows: number;
  readonly rules: JsonObject;
  readonly actor: string;
  readonly createdAt: number;
}

/** Every version of a stream's mapping, the newest first; its filter goes with it. */
export async function mappingVersions(tx: Queries, streamId: number): Promise<MappingVersionRow[]> {
  return tx.rows<MappingVersionRow>(sql`
    select version, jsonb_array_length(document -> 'rows') as rows, rules, actor, created_at as "createdAt"
    from mapping where stream_id = ${streamId} order by version desc`);
}
