// References that wait: pulled ones whose target record is not linked yet, and pushed ones whose target is not at that vendor yet.
import type { Queries } from "./database.ts";
import { integer, sql, text, uuid } from "./sql.ts";

export async function insertPendingReferences(
  tx: Queries,
  of: { streamId: number; connectionId: string; at: number },
  rows: readonly { recordId: string; field: string; targetKind: string; targetId: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into pending_reference (stream_id, connection_id, created_at, record_id, field, target_kind, target_id)
    select ${of.streamId}, ${of.connectionId}::uuid, ${new Date(of.at)}, seen.*
    from unnest(${text(rows.map((row) => row.recordId))}::text[], ${text(rows.map((row) => row.field))}::text[],
                ${text(rows.map((row) => row.targetKind))}::text[], ${text(rows.map((row) => row.targetId))}::text[]) as seen
    on conflict (stream_id, record_id, field) do update set target_kind = excluded.target_kind, target_id = excluded.target_id, created_at = excluded.created_at`);
}

/** Takes the references of these records off the list, and returns those that still wait, since when: a field that was written since the record was seen has another value by now. */
export async function takePendingReferences(
  tx: Queries,
  streamId: number,
  recordIds: readonly string[],
): Promise<{ recordId: string; field: string; since: number }[]> {
  if (recordIds.length === 0) return [];
  return tx.rows(sql`
    with taken as (
      delete from pending_reference where stream_id = ${streamId} and record_id = any(${text(recordIds)}::text[])
      returning stream_id, record_id, field, created_at)
    select taken.record_id as "recordId", taken.field, taken.created_at as since from taken
    where not exists (
      select from link join write on write.entity_id = link.entity_id and write.stream_id = link.stream_id and write.record_id = link.record_id
      where link.stream_id = taken.stream_id and link.record_id = taken.record_id
        and write.at >= taken.created_at and write.outcome = 'done' and write.sent ? taken.field)`);
}

/** These references are settled (or no longer there). */
export async function deletePendingReferences(
  tx: Queries,
  streamId: number,
  recordIds: readonly string[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await tx.run(
    sql`delete from pending_reference where stream_id = ${streamId} and record_id = any(${text(recordIds)}::text[])`,
  );
}

/** Of these beginnings of ids, those of records that wait: ids that are one of them, a colon and more. */
export async function waitingUnder(
  tx: Queries,
  streamId: number,
  beginnings: readonly string[],
): Promise<ReadonlySet<string>> {
  if (beginnings.length === 0) return new Set();
  const rows = await tx.rows<{ beginning: string }>(sql`
    select distinct split_part(record_id, ':', 1) as beginning from pending_reference
    where stream_id = ${streamId} and split_part(record_id, ':', 1) = any(${text(beginnings)}::text[])`);
  return new Set(rows.map((row) => row.beginning));
}

/** Records of a stream whose awaited target is linked by now. */
export async function ripeReferences(
  tx: Queries,
  streamId: number,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await tx.rows<{ recordId: string }>(sql`
    select distinct pending_reference.record_id as "recordId" from pending_reference
    join stream as target on target.connection_id = pending_reference.connection_id and target.kind = pending_reference.target_kind
    join link on link.stream_id = target.id and link.record_id = pending_reference.target_id and link.state <> 'detached'
    where pending_reference.stream_id = ${streamId} and (${after}::text is null or pending_reference.record_id > ${after}) order by 1 limit ${limit}`);
  return rows.map((row) => row.recordId);
}

/** Streams of a connection with references that are ripe. */
export async function ripeStreams(tx: Queries, connectionId: string): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(sql`
    select stream.id from stream where stream.connection_id = ${connectionId}::uuid and exists (
      select from pending_reference
      join stream as target on target.connection_id = pending_reference.connection_id and target.kind = pending_reference.target_kind
      join link on link.stream_id = target.id and link.record_id = pending_reference.target_id and link.state <> 'detached'
      where pending_reference.stream_id = stream.id)
    order by stream.position`);
  return rows.map((row) => row.id);
}

export async function insertPendingPushes(
  tx: Queries,
  of: { streamId: number; at: number },
  rows: readonly { entityId: string; field: string; targetEntityId: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into pending_push (stream_id, created_at, entity_id, field, target_entity_id)
    select ${of.streamId}, ${new Date(of.at)}, seen.* from unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.field))}::text[], ${uuid(rows.map((row) => row.targetEntityId))}::uuid[]) as seen
    on conflict (stream_id, entity_id, field) do update set target_entity_id = excluded.target_entity_id`);
}

/** What these entities wait for at this stream now, in place of what they waited for before: a field that was sent or is no longer wanted waits no more. */
export async function replacePendingPushes(
  tx: Queries,
  of: { streamId: number; at: number },
  entityIds: readonly string[],
  rows: readonly { entityId: string; field: string; targetEntityId: string }[],
): Promise<void> {
  if (entityIds.length === 0) return;
  await tx.run(sql`
    delete from pending_push where stream_id = ${of.streamId} and entity_id = any(${uuid(entityIds)}::uuid[])`);
  await insertPendingPushes(tx, of, rows);
}

/** Pushes of a connection that waited for one of these entities, taken off the list: each owes a write now. */
export async function takePendingPushes(
  tx: Queries,
  connectionId: string,
  targetEntityIds: readonly string[],
): Promise<{ streamId: number; entityId: string; version: number }[]> {
  if (targetEntityIds.length === 0) return [];
  return tx.rows(sql`
    with taken as (
      delete from pending_push using stream where stream.id = pending_push.stream_id and stream.connection_id = ${connectionId}::uuid
        and pending_push.target_entity_id = any(${uuid(targetEntityIds)}::uuid[]) returning pending_push.stream_id, pending_push.entity_id)
    select distinct taken.stream_id as "streamId", taken.entity_id as "entityId", entity.version from taken join entity on entity.id = taken.entity_id`);
}

/** Pushes of all connections that waited for one of two entities which are one now: each owes a look at the one that is left. */
export async function takePushesWaitingFor(
  tx: Queries,
  entityIds: readonly string[],
): Promise<{ streamId: number; entityId: string; version: number }[]> {
  return tx.rows(sql`
    with taken as (delete from pending_push where target_entity_id = any(${uuid(entityIds)}::uuid[]) returning stream_id, entity_id)
    select distinct taken.stream_id as "streamId", taken.entity_id as "entityId", entity.version from taken join entity on entity.id = taken.entity_id`);
}

export async function countPending(tx: Queries, streams: readonly number[]): Promise<number> {
  const row = await tx.one<{ count: number }>(
    sql`select count(*) as count from pending_reference where stream_id = any(${integer(streams)}::int[])`,
  );
  return row!.count;
}
