// History: the old values of every accepted change.
import type { Json, JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { integer, jsonb, sql, text, timestamp, uuid } from "./sql.ts";

export interface ChangeWrite {
  readonly entityId: string;
  /** The version the change made. */
  readonly version: number;
  /** JSON text of the old values of the fields that changed; null for a field that was not there. */
  readonly old: string;
}

export interface ChangeOf {
  readonly at: number;
  readonly actor: string;
  readonly streamId: number | null;
  readonly runId: string | null;
  readonly mapping: number | null;
}

export async function insertChanges(tx: Queries, of: ChangeOf, rows: readonly ChangeWrite[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into change (at, actor, stream_id, run_id, mapping_version, entity_id, version, old)
    select ${new Date(of.at)}, ${of.actor}, ${of.streamId}::int, ${of.runId}::uuid, ${of.mapping}::int, seen.*
    from unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${integer(rows.map((row) => row.version))}::int[], ${jsonb(rows.map((row) => row.old))}::jsonb[]) as seen`);
}

/** Of the changes that a step made here: each settled references which had waited since the record with them was stored. */
export async function noteWaited(
  tx: Queries,
  of: { readonly at: number; readonly streamId: number; readonly runId: string | null },
  rows: readonly { readonly entityId: string; readonly since: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update change set waited_since = seen.since
    from unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${timestamp(rows.map((row) => row.since))}::timestamptz[]) as seen (entity_id, since)
    where change.entity_id = seen.entity_id and change.at = ${new Date(of.at)} and change.stream_id = ${of.streamId} and change.run_id = ${of.runId}::uuid`);
}

export interface ChangeRow {
  readonly at: number;
  readonly version: number;
  readonly old: JsonObject;
  readonly actor: string;
  readonly streamId: number | null;
  readonly runId: string | null;
}

/** Newest first. */
export async function changesOf(tx: Queries, entityId: string, limit: number): Promise<ChangeRow[]> {
  return tx.rows<ChangeRow>(sql`
    select at, version, old, actor, stream_id as "streamId", run_id as "runId" from change where entity_id = ${entityId}::uuid order by version desc limit ${limit}`);
}

/** Which fields of these entities were changed after a time each, by our clock, as "entity field". */
export async function changedSince(
  tx: Queries,
  of: readonly { readonly entityId: string; readonly since: number }[],
): Promise<ReadonlySet<string>> {
  if (of.length === 0) return new Set();
  const rows = await tx.rows<{ name: string }>(sql`
    select distinct change.entity_id || ' ' || field as name
    from unnest(${uuid(of.map((one) => one.entityId))}::uuid[], ${timestamp(of.map((one) => one.since))}::timestamptz[]) as asked (entity_id, since)
    join change on change.entity_id = asked.entity_id and change.at > asked.since cross join lateral jsonb_object_keys(change.old) as field`);
  return new Set(rows.map((row) => row.name));
}

/** Of entities that were deleted: the connection that told it; null where it was done here. One of which nobody knows, or that a connection told which was removed since, is not among them. */
export async function deletionsTold(tx: Queries, entityIds: readonly string[]): Promise<Map<string, string | null>> {
  if (entityIds.length === 0) return new Map();
  const rows = await tx.rows<{ entityId: string; connectionId: string | null; away: boolean }>(sql`
    select distinct on (change.entity_id) change.entity_id as "entityId", stream.connection_id as "connectionId",
      change.stream_id is not null and stream.id is null as away
    from change left join stream on stream.id = change.stream_id
    where change.entity_id = any(${uuid(entityIds)}::uuid[]) and change.old ? 'deletedAt'
    order by change.entity_id, change.version desc`);
  return new Map(rows.flatMap((row) => (row.away ? [] : [[row.entityId, row.connectionId]])));
}

/** Every value that these fields of these entities had before, and every one that the ledger keeps of them. */
export async function everHeld(
  tx: Queries,
  of: readonly { readonly entityId: string; readonly field: string }[],
): Promise<{ entityId: string; field: string; value: Json }[]> {
  if (of.length === 0) return [];
  return tx.rows(sql`
    with asked as (
      select distinct * from unnest(${uuid(of.map((one) => one.entityId))}::uuid[], ${text(of.map((one) => one.field))}::text[]) as asked (entity_id, field))
    select asked.entity_id as "entityId", asked.field, change.old -> asked.field as value
    from asked join change on change.entity_id = asked.entity_id and change.old ? asked.field
    union
    select asked.entity_id, asked.field, kept.value
    from asked join conflict on conflict.entity_id = asked.entity_id and conflict.field = asked.field
    cross join lateral (values (conflict.record), (conflict.winston), (conflict.baseline)) as kept (value)
    where kept.value is not null`);
}
