// Frozen fields: which are, whose they are, and the history by which a field is seen to go to and fro.
import type { Json, JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { jsonb, sql, text, uuid } from "./sql.ts";

/** One of the two who set a frozen field. */
export interface FrozenWriter {
  /** As history names it. */
  readonly actor: string;
  readonly streamId: number | null;
  readonly mapping: number | null;
  readonly value: Json;
}

export interface FrozenWrite {
  readonly id: string;
  readonly entityId: string;
  readonly field: string;
  readonly writers: readonly [FrozenWriter, FrozenWriter];
}

export async function insertFrozen(tx: Queries, rows: readonly FrozenWrite[], at: number): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into frozen (state, at, id, entity_id, field, writers)
    select 'on', ${new Date(at)}, seen.* from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${uuid(rows.map((row) => row.entityId))}::uuid[],
      ${text(rows.map((row) => row.field))}::text[], ${jsonb(rows.map((row) => JSON.stringify(row.writers)))}::jsonb[]) as seen
    on conflict do nothing`);
}

/** The frozen fields of these entities. */
export async function frozenFields(
  tx: Queries,
  entityIds: readonly string[],
): Promise<{ entityId: string; field: string }[]> {
  if (entityIds.length === 0) return [];
  return tx.rows(sql`
    select entity_id as "entityId", field from frozen where entity_id = any(${uuid(entityIds)}::uuid[]) and state = 'on'`);
}

/** One change of one field. */
export interface TurnRow {
  readonly entityId: string;
  readonly field: string;
  readonly at: number;
  readonly actor: string;
  readonly streamId: number | null;
  readonly mapping: number | null;
  /** The value before it. */
  readonly old: Json;
}

/** The last changes of these fields since a time, and since they were frozen last, newest first: at most `most` of each. */
export async function turnsOf(
  tx: Queries,
  fields: readonly { readonly entityId: string; readonly field: string }[],
  of: { since: number; most: number },
): Promise<TurnRow[]> {
  if (fields.length === 0) return [];
  return tx.rows<TurnRow>(sql`
    select turn.entity_id as "entityId", turn.field, turn.at, turn.actor, turn.stream_id as "streamId", turn.mapping_version as mapping, turn.old
    from unnest(${uuid(fields.map((one) => one.entityId))}::uuid[], ${text(fields.map((one) => one.field))}::text[]) as seen (entity_id, field)
    cross join lateral (
      select change.entity_id, seen.field, change.at, change.actor, change.stream_id, change.mapping_version, change.version, change.old -> seen.field as old
      from change where change.entity_id = seen.entity_id and change.at >= ${new Date(of.since)} and jsonb_exists(change.old, seen.field)
        and change.at > coalesce((select max(released_at) from frozen where frozen.entity_id = seen.entity_id and frozen.field = seen.field), '-infinity')
      order by change.version desc limit ${of.most}) as turn
    order by turn.entity_id, turn.field, turn.version desc`);
}

/** When these fields were last written by a stream with these values, since a time and since they were frozen last, newest first. */
export async function writesOf(
  tx: Queries,
  streamId: number,
  fields: readonly { readonly entityId: string; readonly field: string; readonly value: Json }[],
  since: number,
): Promise<{ entityId: string; field: string; at: number }[]> {
  if (fields.length === 0) return [];
  return tx.rows(sql`
    select seen.entity_id as "entityId", seen.field, write.at
    from unnest(${uuid(fields.map((one) => one.entityId))}::uuid[], ${text(fields.map((one) => one.field))}::text[],
                ${jsonb(fields.map((one) => JSON.stringify(one.value)))}::jsonb[]) as seen (entity_id, field, value)
    join write on write.entity_id = seen.entity_id and write.stream_id = ${streamId} and write.at >= ${new Date(since)} and write.outcome = 'done'
      and write.sent -> seen.field = seen.value and coalesce(write.before -> seen.field, 'null') <> seen.value
      and write.at > coalesce((select max(released_at) from frozen where frozen.entity_id = seen.entity_id and frozen.field = seen.field), '-infinity')
    order by write.at desc`);
}

export interface FrozenRow {
  readonly id: string;
  readonly entityId: string;
  readonly kind: string;
  readonly fields: JsonObject;
  readonly field: string;
  readonly state: "on" | "released";
  readonly at: number;
  readonly writers: readonly (FrozenWriter & {
    readonly connection: string | null;
    readonly stream: string | null;
    /** The vendor's field, by that mapping. */
    readonly record: Json;
  })[];
  readonly releasedBy: string | null;
  readonly releasedAt: number | null;
}

/** Newest first; each writer with its connection, stream and the vendor's field. */
export async function listFrozen(
  tx: Queries,
  query: { id: string | null; on: boolean; after: string | null; limit: number },
): Promise<FrozenRow[]> {
  return tx.rows<FrozenRow>(sql`
    select frozen.id, frozen.entity_id as "entityId", entity.kind, entity.fields, frozen.field, frozen.state, frozen.at,
      frozen.released_by as "releasedBy", frozen.released_at as "releasedAt",
      (select jsonb_agg(one.writer || jsonb_build_object('connection', connection.name, 'stream', stream.key, 'record', (
          select row -> 'record' from mapping, jsonb_array_elements(mapping.document -> 'rows') as row
          where mapping.stream_id = stream.id and mapping.version = (one.writer ->> 'mapping')::int
            and (row -> 'field' = to_jsonb(frozen.field) or (jsonb_typeof(row -> 'field') = 'array' and jsonb_exists(row -> 'field', frozen.field))) limit 1)) order by one.place)
        from jsonb_array_elements(frozen.writers) with ordinality as one (writer, place)
        left join stream on stream.id = (one.writer ->> 'streamId')::int left join connection on connection.id = stream.connection_id) as writers
    from frozen join entity on entity.id = frozen.entity_id
    where (${query.id}::uuid is null or frozen.id = ${query.id}::uuid) and (not ${query.on} or frozen.state = 'on') and (${query.after}::uuid is null or frozen.id < ${query.after}::uuid)
    order by frozen.id desc limit ${query.limit}`);
}

/** How many fields of each stream's records are frozen. */
export async function countFrozen(tx: Queries): Promise<Map<number, number>> {
  const rows = await tx.rows<{ streamId: number; count: number }>(sql`
    select link.stream_id as "streamId", count(*) as count from frozen join link on link.entity_id = frozen.entity_id and link.state = 'active'
    where frozen.state = 'on' group by link.stream_id`);
  return new Map(rows.map((row) => [row.streamId, row.count]));
}

/** False where it was released already. */
export async function releaseFrozen(tx: Queries, id: string, of: { by: string; at: number }): Promise<boolean> {
  const done = await tx.run(sql`
    update frozen set state = 'released', released_by = ${of.by}, released_at = ${new Date(of.at)} where id = ${id}::uuid and state = 'on'`);
  return done > 0;
}
