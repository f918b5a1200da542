// Quarantine: connections that are only read, until all of their records and open writes are known again.
import type { Queries, Tx } from "./database.ts";
import { sql } from "./sql.ts";
import type { Lane } from "./lane.ts";

/** Far more than a lane is ever taken between a backup and its restore: whoever held one in what was lost commits nothing. */
const EPOCHS_AHEAD = 1_000_000;

/**
 * Every connection is only read from now on, every stream is to be read from its beginning, what was under way is unknown, and nobody
 * holds a lane. Returns the lanes that are due.
 */
export async function quarantineAll(
  tx: Tx,
  of: { at: number; reason: string; asks: boolean },
): Promise<{ streamId: number; lane: Lane }[]> {
  await tx.run(sql`
    update connection set quarantined_at = ${new Date(of.at)}, quarantine_reason = ${of.reason}, quarantine_asks = quarantine_asks or ${of.asks}`);
  await tx.run(sql`update lane set epoch = epoch + ${EPOCHS_AHEAD}`);
  await tx.run(sql`update attempt set state = 'unknown'`);
  // What woke a lane before has no job that anybody can count on: it is woken again.
  await tx.run(sql`update wake set done = wanted`);
  await tx.run(sql`
    insert into lane (stream_id, lane, checkpoint) select id, 'backfill', 'null'::jsonb from stream where enabled and direction <> 'out'
    on conflict (stream_id, lane) do update set checkpoint = excluded.checkpoint, watermark = null`);
  return tx.rows<{ streamId: number; lane: Lane }>(sql`
    select stream.id as "streamId", lane.lane from stream cross join (values ('backfill'), ('batch'), ('push')) as lane (lane)
    where stream.enabled and (lane.lane = 'push' or stream.direction <> 'out') order by stream.position, stream.id`);
}

export interface QuarantineRow {
  readonly connectionId: string;
  readonly connection: string;
  readonly since: number;
  readonly reason: string;
  /** Whether a person is to say when writing starts. */
  readonly asks: boolean;
  /** Why it cannot be read, where it cannot. */
  readonly problem: string | null;
  /** Streams that have not been read to their end since. */
  readonly unread: readonly string[];
  /** Writes of which nobody knows yet what became of them. */
  readonly unsettled: number;
}

/** Connections in quarantine; a stream is read when a full reading and a look at what changed, deletions too, have begun and ended since. */
export async function listQuarantines(tx: Queries, connectionId: string | null): Promise<QuarantineRow[]> {
  return tx.rows<QuarantineRow>(sql`
    select connection.id as "connectionId", connection.name as connection, quarantined_at as since, quarantine_reason as reason, quarantine_asks as asks, problem,
      (select coalesce(jsonb_agg(stream.key order by stream.position, stream.id), '[]') from stream
       where stream.connection_id = connection.id and stream.enabled and stream.direction <> 'out'
         and (select count(distinct run.lane) from run where run.stream_id = stream.id and run.lane in ('backfill', 'batch') and run.state = 'done'
              and run.started_at >= connection.quarantined_at) < 2) as unread,
      (select count(*) from attempt join stream on stream.id = attempt.stream_id where stream.connection_id = connection.id) as unsettled
    from connection where quarantined_at is not null and (${connectionId}::uuid is null or connection.id = ${connectionId}::uuid) order by created_at, connection.id`);
}

/** It may be written to again. Returns its lanes that owe something by now; nothing when it was let go already. */
export async function endQuarantine(
  tx: Tx,
  connectionId: string,
): Promise<{ ended: boolean; wakes: { streamId: number; lane: Lane }[] }> {
  const ended = await tx.run(sql`
    update connection set quarantined_at = null, quarantine_reason = null, quarantine_asks = false
    where id = ${connectionId}::uuid and quarantined_at is not null`);
  if (ended === 0) return { ended: false, wakes: [] };
  const wakes = await tx.rows<{ streamId: number; lane: Lane }>(sql`
    select id as "streamId", 'push' as lane from stream where connection_id = ${connectionId}::uuid and enabled and direction <> 'in' order by position, id`);
  return { ended: true, wakes };
}

/**
 * Things met since this quarantine began that are owed somewhere as new records, each with another one met meanwhile and linked there,
 * which says the same wherever both say something: a create that the restored database has forgotten may have made it.
 */
export async function forgottenCreates(
  tx: Queries,
  connectionId: string,
): Promise<{ kind: string; leftId: string; rightId: string }[]> {
  return tx.rows(sql`
    with met as (
      select entity.id, entity.kind, entity.fields, coalesce(fields ->> 'lastName', fields ->> 'name', fields ->> 'subject') as called
      from entity, connection where connection.id = ${connectionId}::uuid and entity.created_at >= connection.quarantined_at and entity.deleted_at is null and entity.merged_into is null)
    select distinct one.kind, least(one.id, other.id) as "leftId", greatest(one.id, other.id) as "rightId"
    from met as one join intent on intent.entity_id = one.id and intent.op = 'upsert' join stream on stream.id = intent.stream_id
    join met as other on other.kind = one.kind and other.called = one.called and other.id <> one.id
    where exists (select from link where link.entity_id = other.id and link.connection_id = stream.connection_id and link.state = 'active')
      -- One that both live at already is nobody's double.
      and not exists (select from link as mine join link as theirs on theirs.connection_id = mine.connection_id
                      where mine.entity_id = one.id and theirs.entity_id = other.id and mine.state = 'active' and theirs.state = 'active')
      -- References may lead to two of one thing themselves, so they say nothing here.
      and not exists (select from jsonb_each(one.fields) as said where other.fields ? said.key and other.fields -> said.key <> said.value
                      and said.value::text !~ '^"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"$')
    limit 10000`);
}
