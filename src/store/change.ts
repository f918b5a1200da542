// History: the old values of every accepted change, and every losing value of a conflict.
import type { Json, JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { integer, jsonb, sql, text, uuid } from "./sql.ts";

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

export interface ConflictWrite {
  readonly id: string;
  readonly entityId: string;
  readonly recordId: string;
  readonly field: string;
  readonly baseline: Json;
  readonly winston: Json;
  readonly record: Json;
  readonly winner: "winston" | "record" | "open";
  readonly rule: string;
}

/** A question that stands open already, between the same values, is not asked again. */
export async function insertConflicts(
  tx: Queries,
  of: { streamId: number; runId: string | null; at: number },
  rows: readonly ConflictWrite[],
): Promise<void> {
  if (rows.length === 0) return;
  const json = (value: Json): string => JSON.stringify(value);
  await tx.run(sql`
    insert into conflict (stream_id, run_id, at, id, entity_id, record_id, field, baseline, winston, record, winner, rule)
    select ${of.streamId}, ${of.runId}::uuid, ${new Date(of.at)}, seen.*
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.recordId))}::text[],
                ${text(rows.map((row) => row.field))}::text[], ${jsonb(rows.map((row) => json(row.baseline)))}::jsonb[], ${jsonb(rows.map((row) => json(row.winston)))}::jsonb[],
                ${jsonb(rows.map((row) => json(row.record)))}::jsonb[], ${text(rows.map((row) => row.winner))}::text[], ${text(rows.map((row) => row.rule))}::text[])
      as seen (id, entity_id, record_id, field, baseline, winston, record, winner, rule)
    where seen.winner <> 'open' or not exists (
      select from conflict where conflict.entity_id = seen.entity_id and conflict.field = seen.field and conflict.record_id = seen.record_id
        and conflict.winner = 'open' and conflict.winston = seen.winston and conflict.record = seen.record)`);
}

export interface ConflictRow {
  readonly id: string;
  readonly entityId: string;
  readonly field: string;
  readonly connection: string;
  readonly stream: string;
  readonly recordId: string;
  readonly baseline: Json;
  readonly winston: Json;
  readonly record: Json;
  readonly winner: "winston" | "record" | "open";
  readonly rule: string;
  readonly at: number;
}

/** In the order of their ids, which is the order of time. */
export async function listConflicts(
  tx: Queries,
  query: { entityId: string | null; after: string | null; limit: number },
): Promise<ConflictRow[]> {
  return tx.rows<ConflictRow>(sql`
    select conflict.id, conflict.entity_id as "entityId", conflict.field, coalesce(connection.name, '') as connection, coalesce(stream.key, '') as stream,
      conflict.record_id as "recordId", conflict.baseline, conflict.winston, conflict.record, conflict.winner, conflict.rule, conflict.at
    from conflict left join stream on stream.id = conflict.stream_id left join connection on connection.id = stream.connection_id
    where (${query.entityId}::uuid is null or conflict.entity_id = ${query.entityId}::uuid) and (${query.after}::uuid is null or conflict.id > ${query.after}::uuid)
    order by conflict.id limit ${query.limit}`);
}

/** Fields of these entities that wait for a person: nothing is written over them. */
export async function openConflicts(
  tx: Queries,
  entityIds: readonly string[],
): Promise<{ entityId: string; field: string }[]> {
  if (entityIds.length === 0) return [];
  return tx.rows(
    sql`select distinct entity_id as "entityId", field from conflict where entity_id = any(${uuid(entityIds)}::uuid[]) and winner = 'open'`,
  );
}
