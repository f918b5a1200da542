// Differences that a comparison found, each with its cause. What the database itself knows the cause of is found by it, a statement for each cause.
import type { Json } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { boolean, integer, jsonb, sql, text, uuid } from "./sql.ts";

export interface DifferenceOf {
  readonly streamId: number;
  readonly comparisonId: string;
  readonly at: number;
}

export interface DifferenceWrite {
  readonly cause: string;
  /** The record's id, or the entity's where there is no record. */
  readonly subject: string;
  readonly field: string | null;
  readonly recordId: string | null;
  readonly entityId: string | null;
  readonly message: string;
  readonly there: Json;
  readonly here: Json;
  readonly repaired: boolean;
}

const shown = (value: Json): string | null => (value === null ? null : JSON.stringify(value));

export async function writeDifferences(tx: Queries, of: DifferenceOf, rows: readonly DifferenceWrite[]): Promise<void> {
  if (rows.length === 0) return;
  const at = new Date(of.at);
  await tx.run(sql`
    insert into difference (stream_id, comparison_id, first_at, found_at, cause, subject, field, record_id, entity_id, message, there, here, repaired_at)
    select ${of.streamId}, ${of.comparisonId}::uuid, ${at}, ${at}, seen.cause, seen.subject, seen.field, seen.record_id, seen.entity_id, seen.message,
      seen.there, seen.here, case when seen.repaired then ${at}::timestamptz end
    from unnest(${text(rows.map((row) => row.cause))}::text[], ${text(rows.map((row) => row.subject))}::text[], ${text(rows.map((row) => row.field ?? ""))}::text[],
                ${text(rows.map((row) => row.recordId))}::text[], ${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.message))}::text[],
                ${jsonb(rows.map((row) => shown(row.there)))}::jsonb[], ${jsonb(rows.map((row) => shown(row.here)))}::jsonb[], ${boolean(rows.map((row) => row.repaired))}::bool[])
      as seen (cause, subject, field, record_id, entity_id, message, there, here, repaired)
    on conflict (stream_id, cause, subject, field) do update set comparison_id = excluded.comparison_id, found_at = excluded.found_at, record_id = excluded.record_id,
      entity_id = excluded.entity_id, message = excluded.message, there = excluded.there, here = excluded.here, repaired_at = excluded.repaired_at`);
}

/** What is parked is a difference with a reason: one that could not be read, or was refused. */
export async function differParked(tx: Queries, of: DifferenceOf): Promise<void> {
  const at = new Date(of.at);
  await tx.run(sql`
    insert into difference (stream_id, comparison_id, first_at, found_at, cause, subject, field, record_id, entity_id, message)
    select ${of.streamId}, ${of.comparisonId}::uuid, ${at}, ${at},
      case when parked.side = 'pull' then 'read.parked' when parked.reason = 'record.gone' then 'gone' else 'write.parked' end,
      parked.subject, coalesce(parked.field, ''), case when parked.side = 'pull' then parked.subject else link.record_id end,
      case when parked.side = 'push' then entity.id end, parked.reason || ': ' || parked.message
    from parked
    left join entity on parked.side = 'push' and entity.id::text = parked.subject
    left join link on link.entity_id = entity.id and link.stream_id = ${of.streamId} and link.state = 'active'
    where parked.stream_id = ${of.streamId}
    on conflict (stream_id, cause, subject, field) do update set comparison_id = excluded.comparison_id, found_at = excluded.found_at, record_id = excluded.record_id,
      entity_id = excluded.entity_id, message = excluded.message, repaired_at = null`);
}

/**
 * Writes that wait: held for a person's answer about a pair, or owed for longer than `since` and not gone out. What was owed since then is
 * on its way. `why` says it for all that wait, where their connection may not write; null where each waits by itself.
 */
export async function differOwed(tx: Queries, of: DifferenceOf & { since: number; why: string | null }): Promise<void> {
  const at = new Date(of.at);
  await tx.run(sql`
    insert into difference (stream_id, comparison_id, first_at, found_at, cause, subject, record_id, entity_id, message)
    select ${of.streamId}, ${of.comparisonId}::uuid, ${at}, ${at}, case when intent.state = 'held' then 'write.held' else 'write.waiting' end,
      coalesce(link.record_id, intent.entity_id::text), link.record_id, intent.entity_id,
      case when intent.state = 'staged' then 'Not among what is rolled out there yet.' when intent.state = 'held' then 'Not made there, because it may be one with another that is there.'
        when ${of.why}::text is not null then ${of.why}
        when intent.not_before > ${at} then 'Owed since ' || to_char(intent.created_at, 'YYYY-MM-DD HH24:MI') || '; tried ' || intent.tries || ' times, and tried again by itself.'
        else 'Owed since ' || to_char(intent.created_at, 'YYYY-MM-DD HH24:MI') || ', and not sent yet.' end
    from intent left join link on link.entity_id = intent.entity_id and link.stream_id = ${of.streamId} and link.state = 'active'
    where intent.stream_id = ${of.streamId} and (intent.state in ('held', 'staged') or (intent.state = 'ready' and (${of.why}::text is not null or intent.created_at < ${new Date(of.since)})))
      and not exists (select from attempt where attempt.stream_id = intent.stream_id and attempt.entity_id = intent.entity_id and attempt.at >= ${new Date(of.since)})
    on conflict (stream_id, cause, subject, field) do update set comparison_id = excluded.comparison_id, found_at = excluded.found_at, record_id = excluded.record_id,
      entity_id = excluded.entity_id, message = excluded.message, repaired_at = null`);
}

/** References that wait for what they name, on either side, and fields that a person is asked about. */
export async function differWaiting(tx: Queries, of: DifferenceOf): Promise<void> {
  const at = new Date(of.at);
  await tx.run(sql`
    insert into difference (stream_id, comparison_id, first_at, found_at, cause, subject, field, record_id, entity_id, message)
    select ${of.streamId}, ${of.comparisonId}::uuid, ${at}, ${at}, waits.cause, coalesce(waits.record_id, waits.entity_id::text), waits.field, waits.record_id, waits.entity_id, waits.message
    from (
      select 'reference.waits' as cause, pending.record_id, pending.field, link.entity_id,
        'It names ' || pending.target_kind || ' ' || pending.target_id || ' there, which is not known here.' as message
      from pending_reference as pending left join link on link.stream_id = pending.stream_id and link.record_id = pending.record_id and link.state = 'active'
      where pending.stream_id = ${of.streamId}
      union all
      select 'reference.waits', link.record_id, pending.field, pending.entity_id,
        'It names ' || pending.target_entity_id || ' here, which is not, or not active, there.'
      from pending_push as pending left join link on link.stream_id = pending.stream_id and link.entity_id = pending.entity_id and link.state = 'active'
      where pending.stream_id = ${of.streamId}
        and not exists (select from pending_reference as both_ways where both_ways.stream_id = pending.stream_id and both_ways.record_id = link.record_id and both_ways.field = pending.field)
      union all
      select distinct on (conflict.record_id, conflict.field) 'question', conflict.record_id, conflict.field, conflict.entity_id,
        'Both sides changed it, and a person is asked which stands: conflict ' || conflict.id || '.'
      from conflict join link on link.stream_id = conflict.stream_id and link.record_id = conflict.record_id and link.entity_id = conflict.entity_id and link.state = 'active'
      where conflict.stream_id = ${of.streamId} and conflict.winner = 'open') as waits
    on conflict (stream_id, cause, subject, field) do update set comparison_id = excluded.comparison_id, found_at = excluded.found_at, record_id = excluded.record_id,
      entity_id = excluded.entity_id, message = excluded.message, repaired_at = null`);
}

/**
 * Things of ours that this stream would hold, that never were at this connection, and that nobody owes it. `takes` says which it would
 * hold, where several streams share a kind; what changed since then may still become owed.
 */
export async function differUnmade(
  tx: Queries,
  of: DifferenceOf & {
    connectionId: string;
    kind: string;
    stage: string | null;
    since: number;
    takes: { field: string; values: readonly (string | null)[] } | null;
  },
): Promise<void> {
  const at = new Date(of.at);
  const named = of.takes?.values.flatMap((value) => value ?? []) ?? [];
  const blank = of.takes?.values.includes(null) ?? true;
  await tx.run(sql`
    insert into difference (stream_id, comparison_id, first_at, found_at, cause, subject, entity_id, message)
    select ${of.streamId}, ${of.comparisonId}::uuid, ${at}, ${at}, 'never.made', entity.id::text, entity.id, 'It is only here: it was never made there, and nobody owes it.'
    from entity
    where entity.kind = ${of.kind} and (${of.stage}::text is null or entity.stage = ${of.stage}) and entity.deleted_at is null and entity.merged_into is null
      and entity.updated_at < ${new Date(of.since)}
      and (${of.takes?.field ?? null}::text is null or entity.fields ->> ${of.takes?.field ?? null} = any(${text(named)}::text[]) or (${blank} and entity.fields ->> ${of.takes?.field ?? null} is null))
      and not exists (select from link where link.entity_id = entity.id and link.connection_id = ${of.connectionId}::uuid)
      and not exists (select from intent where intent.stream_id = ${of.streamId} and intent.entity_id = entity.id)
      and not exists (select from attempt where attempt.stream_id = ${of.streamId} and attempt.entity_id = entity.id)
      and not exists (select from pending_push where pending_push.stream_id = ${of.streamId} and pending_push.entity_id = entity.id)
    on conflict (stream_id, cause, subject, field) do update set comparison_id = excluded.comparison_id, found_at = excluded.found_at, repaired_at = null`);
}

/** Things that this comparison found to be made nowhere there, in the order of their ids. */
export async function unmadeThings(
  tx: Queries,
  of: Pick<DifferenceOf, "streamId" | "comparisonId">,
  page: { after: string | null; limit: number },
): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select entity_id as id from difference where stream_id = ${of.streamId} and comparison_id = ${of.comparisonId}::uuid and cause = 'never.made'
      and (${page.after}::uuid is null or entity_id > ${page.after}::uuid) order by entity_id limit ${page.limit}`);
  return rows.map((row) => row.id);
}

/** These are made nowhere there on purpose. */
export async function dropUnmade(tx: Queries, streamId: number, entityIds: readonly string[]): Promise<void> {
  await tx.run(
    sql`delete from difference where stream_id = ${streamId} and cause = 'never.made' and entity_id = any(${uuid(entityIds)}::uuid[])`,
  );
}

/** What this comparison did not find again is resolved. */
export async function dropResolved(tx: Queries, of: Pick<DifferenceOf, "streamId" | "comparisonId">): Promise<void> {
  await tx.run(
    sql`delete from difference where stream_id = ${of.streamId} and comparison_id <> ${of.comparisonId}::uuid`,
  );
}

/** These were looked at again: what was told of them before is told anew, or not at all. */
export async function dropMoving(tx: Queries, streamId: number, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  await tx.run(
    sql`delete from difference where stream_id = ${streamId} and cause = 'moving' and subject = any(${text(subjects)}::text[])`,
  );
}

/** Records that were moving when they were looked at, in the order of their ids. */
export async function movingRecords(
  tx: Queries,
  streamId: number,
  of: { after: string | null; limit: number },
): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select subject as id from difference where stream_id = ${streamId} and cause = 'moving' and (${of.after}::text is null or subject > ${of.after})
    order by subject limit ${of.limit}`);
  return rows.map((row) => row.id);
}

/** Of these records, when each was first found to be there no more. */
export async function firstGone(
  tx: Queries,
  streamId: number,
  subjects: readonly string[],
): Promise<Map<string, number>> {
  if (subjects.length === 0) return new Map();
  const rows = await tx.rows<{ subject: string; at: number }>(sql`
    select subject, first_at as at from difference where stream_id = ${streamId} and cause = 'gone' and subject = any(${text(subjects)}::text[])`);
  return new Map(rows.map((row) => [row.subject, row.at]));
}

export async function countDifferences(
  tx: Queries,
  streamId: number,
): Promise<{ differences: number; moving: number; repaired: number }> {
  const row = await tx.one<{ differences: number; moving: number; repaired: number }>(sql`
    select count(*) filter (where cause <> 'moving') as differences, count(*) filter (where cause = 'moving') as moving, count(repaired_at) as repaired
    from difference where stream_id = ${streamId}`);
  return row!;
}

/** How many differences of each cause a comparison found, the most frequent first; those of the last one of its stream are kept. */
export async function differencesByCause(
  tx: Queries,
  comparisons: readonly string[],
): Promise<{ comparisonId: string; cause: string; count: number; repaired: number }[]> {
  if (comparisons.length === 0) return [];
  return tx.rows(sql`
    select comparison_id as "comparisonId", cause, count(*) as count, count(repaired_at) as repaired from difference
    where comparison_id = any(${uuid(comparisons)}::uuid[]) group by comparison_id, cause order by count(*) desc, cause`);
}

/** What nobody owes and is to be owed: the entities of these causes, with the version each has now. */
export async function forgottenWrites(
  tx: Queries,
  streamId: number,
  of: { after: number; limit: number },
): Promise<{ id: number; entityId: string; version: number; deleted: boolean }[]> {
  return tx.rows(sql`
    select difference.id, difference.entity_id as "entityId", entity.version, entity.deleted_at is not null as deleted
    from difference join entity on entity.id = difference.entity_id
    where difference.stream_id = ${streamId} and difference.cause in ('write.forgotten', 'never.made') and difference.id > ${of.after}
    order by difference.id limit ${of.limit}`);
}

/** Something was done about all of these causes. */
export async function noteRepaired(
  tx: Queries,
  streamId: number,
  causes: readonly string[],
  at: number,
): Promise<void> {
  await tx.run(sql`
    update difference set repaired_at = ${new Date(at)} where stream_id = ${streamId} and cause = any(${text(causes)}::text[])`);
}

export interface DifferenceRow {
  readonly id: string;
  readonly comparisonId: string;
  readonly connection: string;
  readonly stream: string;
  readonly cause: string;
  readonly field: string | null;
  readonly recordId: string | null;
  readonly entityId: string | null;
  readonly kind: string;
  readonly message: string;
  readonly there: unknown;
  readonly here: unknown;
  readonly firstAt: number;
  readonly foundAt: number;
  readonly repairedAt: number | null;
}

export async function listDifferences(
  tx: Queries,
  query: { streams: readonly number[]; cause: string | null; after: string | null; limit: number },
): Promise<DifferenceRow[]> {
  return tx.rows<DifferenceRow>(sql`
    select difference.id::text as id, comparison_id as "comparisonId", connection.name as connection, stream.key as stream, cause, nullif(field, '') as field,
      record_id as "recordId", entity_id as "entityId", stream.kind, message, there, here, first_at as "firstAt", found_at as "foundAt", repaired_at as "repairedAt"
    from difference join stream on stream.id = difference.stream_id join connection on connection.id = stream.connection_id
    where difference.stream_id = any(${integer(query.streams)}::int[]) and (${query.cause}::text is null or cause = ${query.cause})
      and (${query.after}::bigint is null or difference.id > ${query.after}::bigint)
    order by difference.id limit ${query.limit}`);
}
