// Intents, attempts and writes: what we owe a vendor, what is under way, what was done.
import type { JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { integer, jsonb, sql, text, timestamp, uuid } from "./sql.ts";

export interface IntentWrite {
  readonly streamId: number;
  readonly entityId: string;
  /** withdraw: taken away there, and nowhere else. */
  readonly op: "upsert" | "delete" | "withdraw";
  readonly version: number;
}

/** Owes a write. One row per stream and entity: a later wish replaces an earlier one and wakes a parked one. What was urgent stays so. To a connection that was removed nothing is owed. */
export async function insertIntents(tx: Queries, writes: readonly IntentWrite[], at: number): Promise<void> {
  if (writes.length === 0) return;
  // Owed twice by one step is owed once, for the newest version: a statement may not touch a row twice.
  const newest = new Map<string, IntentWrite>();
  for (const one of writes) {
    const name = `${one.streamId} ${one.entityId}`;
    if ((newest.get(name)?.version ?? 0) <= one.version) newest.set(name, one);
  }
  const rows = [...newest.values()];
  await tx.run(sql`
    insert into intent (stream_id, entity_id, op, version, created_at)
    select seen.stream_id, seen.entity_id, seen.op, seen.version, ${new Date(at)}
    from unnest(${integer(rows.map((row) => row.streamId))}::int[], ${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.op))}::text[],
                ${integer(rows.map((row) => row.version))}::int[]) as seen (stream_id, entity_id, op, version)
    join (select id from stream where id = any(${integer([...new Set(rows.map((row) => row.streamId))])}::int[]) order by id for key share) as stream on stream.id = seen.stream_id
    on conflict (stream_id, entity_id) do update set op = excluded.op, version = greatest(intent.version, excluded.version), state = 'ready', tries = 0, not_before = null, urgent = nullif(intent.urgent, false)`);
}

export interface IntentRow {
  readonly entityId: string;
  readonly op: "upsert" | "delete" | "withdraw";
  readonly version: number;
  readonly tries: number;
  readonly recordId: string | null;
}

/** The next intents that may go, with the record each belongs to at this connection; `onlyPlanned`: of what a plan being applied says. `owedBefore`: of what was owed then, is urgent, or is in such a plan. Nothing is locked: the batch is decided again on locked rows. */
export async function nextIntents(
  tx: Queries,
  stream: { id: number; connectionId: string; onlyPlanned: boolean; owedBefore: number | null },
  now: number,
  after: string | null,
  limit: number,
): Promise<IntentRow[]> {
  const owedBefore = stream.owedBefore === null ? null : new Date(stream.owedBefore);
  return tx.rows<IntentRow>(sql`
    select intent.entity_id as "entityId", intent.op, intent.version, intent.tries, link.record_id as "recordId"
    from intent left join link on link.entity_id = intent.entity_id and link.connection_id = ${stream.connectionId}::uuid and link.state = 'active' and link.stream_id = intent.stream_id
    where intent.stream_id = ${stream.id} and intent.state = 'ready' and (intent.not_before is null or intent.not_before <= ${new Date(now)})
      and (${after}::uuid is null or intent.entity_id > ${after}::uuid)
      and (not ${stream.onlyPlanned ?? false} or exists (
        select from plan join plan_item item on item.plan_id = plan.id where plan.state = 'applying' and item.class = 'write' and item.state = 'open'
          and item.stream_id = intent.stream_id and item.entity_id = intent.entity_id))
      and (${owedBefore}::timestamptz is null or intent.created_at <= ${owedBefore} or intent.urgent or exists (
        select from plan join plan_item item on item.plan_id = plan.id where plan.state = 'applying' and item.class = 'write' and item.state = 'open'
          and item.stream_id = intent.stream_id and item.entity_id = intent.entity_id))
      and not exists (select from attempt where attempt.stream_id = intent.stream_id and attempt.entity_id = intent.entity_id)
      -- What was met at a connection in quarantine is made nowhere before that ends: what is there already may not be known yet.
      and (link.record_id is not null or not exists (select from connection where quarantined_at is not null) or not exists (
        select from entity join link as met on met.entity_id = entity.id and met.state = 'active' join connection on connection.id = met.connection_id
        where entity.id = intent.entity_id and entity.created_at >= connection.quarantined_at))
    order by intent.entity_id limit ${limit}`);
}

export async function lockIntents(tx: Queries, streamId: number, entityIds: readonly string[]): Promise<IntentRow[]> {
  if (entityIds.length === 0) return [];
  return tx.rows<IntentRow>(sql`
    select entity_id as "entityId", op, version, tries, null as "recordId" from intent
    where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) and state = 'ready'
      and not exists (select from attempt where attempt.stream_id = intent.stream_id and attempt.entity_id = intent.entity_id)
    order by entity_id for update`);
}

/** Settled: the vendor has a version at least this new. An intent for a newer one stays. */
export async function settleIntents(
  tx: Queries,
  streamId: number,
  rows: readonly { entityId: string; version: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    delete from intent using unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${integer(rows.map((row) => row.version))}::int[]) as done (entity_id, version)
    where intent.stream_id = ${streamId} and intent.entity_id = done.entity_id and intent.version <= done.version`);
}

/** Parked, unless a newer version asked meanwhile: that one may be right. */
export async function parkIntents(
  tx: Queries,
  streamId: number,
  rows: readonly { entityId: string; version: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update intent set state = 'parked', missed_at = null
    from unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${integer(rows.map((row) => row.version))}::int[]) as refused (entity_id, version)
    where intent.stream_id = ${streamId} and intent.entity_id = refused.entity_id and intent.version <= refused.version`);
}

/**
 * Tries again after a wait that doubles from one second to ten minutes, and up to half as long again: the same for all that are put off
 * here, so that they go together, and another for those of another stream that wait for the same lock. Returns the entities whose tries
 * are used up.
 */
export async function delayIntents(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  of: { now: number; triesMax: number },
): Promise<string[]> {
  if (entityIds.length === 0) return [];
  const seed = `${streamId} ${entityIds.toSorted()[0]!}`;
  const rows = await tx.rows<{ entityId: string; tries: number }>(sql`
    update intent set tries = tries + 1, missed_at = null, not_before = ${new Date(of.now)}::timestamptz
      + round(least(600000, 1000 * power(2, least(tries, 10))) * (1 + (hashtextextended(${seed}, tries) & 4095) / 8192.0)) * interval '1 millisecond'
    where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) returning entity_id as "entityId", tries`);
  return rows.filter((row) => row.tries >= of.triesMax).map((row) => row.entityId);
}

/**
 * The vendor says that these have no record: tried again after a wait that doubles from one second to two minutes. Returns those of which it
 * was said first no later than `toldTo`.
 */
export async function delayMissed(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  of: { now: number; toldTo: number },
): Promise<string[]> {
  if (entityIds.length === 0) return [];
  const rows = await tx.rows<{ entityId: string; missedAt: number }>(sql`
    update intent set tries = tries + 1, missed_at = coalesce(missed_at, ${new Date(of.now)}::timestamptz),
      not_before = ${new Date(of.now)}::timestamptz + least(120000, 1000 * power(2, least(tries, 10))) * interval '1 millisecond'
    where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) returning entity_id as "entityId", missed_at as "missedAt"`);
  return rows.filter((row) => row.missedAt <= of.toldTo).map((row) => row.entityId);
}

/** What waits for its time goes now. */
export async function hurryIntents(tx: Queries, streamId: number): Promise<void> {
  await tx.run(
    sql`update intent set not_before = null where stream_id = ${streamId} and state = 'ready' and not_before is not null`,
  );
}

/** When the first of a stream's delayed intents may go, in milliseconds; null when none is delayed. */
export async function nextDelayed(tx: Queries, streamId: number, now: number): Promise<number | null> {
  const row = await tx.one<{ at: number | null }>(sql`
    select min(not_before) as at from intent where stream_id = ${streamId} and state = 'ready' and not_before > ${new Date(now)}`);
  return row?.at ?? null;
}

/** Streams among these with intents that may go now: children wait for them. */
export async function streamsWithIntents(
  tx: Queries,
  streams: readonly Due[],
  now: number,
  of: { readonly deletions: boolean } = { deletions: true },
): Promise<number[]> {
  if (streams.length === 0) return [];
  const rows = await tx.rows<{ id: number }>(sql`
    select distinct intent.stream_id as id from intent
    join unnest(${integer(streams.map((one) => one.id))}::int[], ${timestamp(streams.map((one) => one.owedBefore))}::timestamptz[]) as due (stream_id, owed_before) on due.stream_id = intent.stream_id
    where intent.state = 'ready' and (intent.not_before is null or intent.not_before <= ${new Date(now)}) and (${of.deletions} or intent.op <> 'delete')
      and (due.owed_before is null or intent.created_at <= due.owed_before or intent.urgent or exists (
        select from plan join plan_item item on item.plan_id = plan.id where plan.state = 'applying' and item.class = 'write' and item.state = 'open'
          and item.stream_id = intent.stream_id and item.entity_id = intent.entity_id))`);
  return rows.map((row) => row.id);
}

/** Up to when a write of a stream must have been owed to go now; null: it goes whenever it was. */
export interface Due {
  readonly id: number;
  readonly owedBefore: number | null;
}

/** Writes that nobody has looked at whether they are critical, in the order of their entities. */
export async function notLookedAt(
  tx: Queries,
  streamId: number,
  of: { after: string | null; limit: number },
): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select entity_id as id from intent where stream_id = ${streamId} and state = 'ready' and urgent is null
      and (${of.after}::uuid is null or entity_id > ${of.after}::uuid) order by entity_id limit ${of.limit}`);
  return rows.map((row) => row.id);
}

/** These are urgent or not, as far as nobody has said otherwise meanwhile. */
export async function noteUrgent(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  urgent: boolean,
): Promise<void> {
  if (entityIds.length === 0) return;
  await tx.run(sql`
    update intent set urgent = ${urgent} where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) and urgent is null`);
}

/** Another condition says what is critical: what was found not to be is looked at once more. */
export async function forgetUrgency(tx: Queries, streamId: number): Promise<void> {
  await tx.run(sql`update intent set urgent = null where stream_id = ${streamId} and not urgent`);
}

/** A person says now: what these streams owe does not wait for their schedule. */
export async function hurryStreams(tx: Queries, streamIds: readonly number[]): Promise<void> {
  await tx.run(
    sql`update intent set urgent = true where stream_id = any(${integer(streamIds)}::int[]) and state = 'ready' and urgent is distinct from true`,
  );
}

export interface IntentCounts {
  readonly ready: number;
  readonly delayed: number;
  readonly parked: number;
  readonly held: number;
  readonly staged: number;
}

/** Counts of what waits to be pushed. `exceptAt`: accounts of this environment are written nothing. `due`: streams of which some waits for a schedule, and so is not owed yet. */
export async function countIntents(
  tx: Queries,
  connectionId: string | null,
  now: number,
  due: readonly Due[],
  exceptAt: string | null,
): Promise<IntentCounts> {
  const row = await tx.one<IntentCounts>(sql`
    select count(*) filter (where intent.state = 'ready' and (not_before is null or not_before <= ${new Date(now)})) as ready,
      count(*) filter (where intent.state = 'ready' and not_before > ${new Date(now)}) as delayed, count(*) filter (where intent.state = 'parked') as parked,
      count(*) filter (where intent.state = 'held') as held, count(*) filter (where intent.state = 'staged') as staged
    from intent join stream on stream.id = intent.stream_id join connection on connection.id = stream.connection_id
    left join unnest(${integer(due.map((one) => one.id))}::int[], ${timestamp(due.map((one) => one.owedBefore))}::timestamptz[]) as due (stream_id, owed_before) on due.stream_id = intent.stream_id
    where (${connectionId}::uuid is null or stream.connection_id = ${connectionId}::uuid)
      and (due.owed_before is null or intent.created_at <= due.owed_before or intent.urgent) and stream.approval = 'auto' and connection.mode = 'write' and not connection.paused and connection.problem is null and connection.quarantined_at is null and stream.enabled
      and (${exceptAt}::text is null or connection.environment is distinct from ${exceptAt}::text)`);
  return row!;
}

export interface AttemptRow {
  readonly id: string;
  readonly streamId: number;
  readonly epoch: number;
  readonly op: "create" | "update" | "delete" | "merge";
  readonly entityId: string;
  readonly recordId: string | null;
  readonly handle: string | null;
  readonly version: number;
  /** Canonical values sent, by field of ours. */
  readonly sent: JsonObject;
  /** Raw values sent, by the vendor's field. */
  readonly body: JsonObject;
  readonly fillers: JsonObject;
  /** Fields of ours that a create left out, because their target cannot be named there yet. */
  readonly unsent: readonly string[];
  readonly before: JsonObject | null;
  readonly runId: string | null;
  /** When the look before it began. */
  readonly at: number;
}

/** Stored before the call: what is here after a crash is unknown. */
export async function insertAttempts(tx: Queries, rows: readonly AttemptRow[]): Promise<void> {
  if (rows.length === 0) return;
  const first = rows[0]!;
  await tx.run(sql`
    insert into attempt (stream_id, epoch, run_id, at, id, op, entity_id, record_id, handle, version, sent, body, fillers, unsent, before)
    select ${first.streamId}, ${first.epoch}, ${first.runId}::uuid, ${new Date(first.at)}, seen.*
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${text(rows.map((row) => row.op))}::text[], ${uuid(rows.map((row) => row.entityId))}::uuid[],
                ${text(rows.map((row) => row.recordId))}::text[], ${text(rows.map((row) => row.handle))}::text[], ${integer(rows.map((row) => row.version))}::int[],
                ${jsonb(rows.map((row) => JSON.stringify(row.sent)))}::jsonb[], ${jsonb(rows.map((row) => JSON.stringify(row.body)))}::jsonb[],
                ${jsonb(rows.map((row) => JSON.stringify(row.fillers)))}::jsonb[], ${jsonb(rows.map((row) => JSON.stringify(row.unsent)))}::jsonb[],
                ${jsonb(rows.map((row) => (row.before === null ? null : JSON.stringify(row.before))))}::jsonb[]) as seen`);
}

/** Stored before what is left of attempts is sent: what else they carried was refused, and nothing of it was done. */
export async function narrowAttempts(
  tx: Queries,
  rows: readonly Pick<AttemptRow, "id" | "sent" | "body" | "fillers">[],
): Promise<void> {
  await tx.run(sql`
    update attempt set sent = rest.sent, body = rest.body, fillers = rest.fillers
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${jsonb(rows.map((row) => JSON.stringify(row.sent)))}::jsonb[],
                ${jsonb(rows.map((row) => JSON.stringify(row.body)))}::jsonb[], ${jsonb(rows.map((row) => JSON.stringify(row.fillers)))}::jsonb[]) as rest (id, sent, body, fillers)
    where attempt.id = rest.id`);
}

/** Attempts whose outcome nobody stored: of earlier epochs, or said to be unknown. A merge is not the push lane's own: it is under way until `mergesBefore`. */
export async function unsettledAttempts(
  tx: Queries,
  streamId: number,
  limit: number,
  mergesBefore: number,
): Promise<AttemptRow[]> {
  return tx.rows<AttemptRow>(sql`
    select id, stream_id as "streamId", epoch, op, entity_id as "entityId", record_id as "recordId", handle, version, sent, body, fillers, unsent, before, run_id as "runId", at
    from attempt where stream_id = ${streamId} and (op <> 'merge' or at <= ${new Date(mergesBefore)}) order by at, id limit ${limit}`);
}

/** The attempts of an entity that a stream has open, but for merges. */
export async function attemptsOf(tx: Queries, streamId: number, entityId: string): Promise<AttemptRow[]> {
  return tx.rows<AttemptRow>(sql`
    select id, stream_id as "streamId", epoch, op, entity_id as "entityId", record_id as "recordId", handle, version, sent, body, fillers, unsent, before, run_id as "runId", at
    from attempt where stream_id = ${streamId} and entity_id = ${entityId}::uuid and op <> 'merge'`);
}

/** Streams with merges that a process began before a time and did not end. */
export async function streamsWithLostMerges(tx: Queries, before: number): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(
    sql`select distinct stream_id as id from attempt where op = 'merge' and at <= ${new Date(before)}`,
  );
  return rows.map((row) => row.id);
}

export async function markUnknown(tx: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.run(sql`update attempt set state = 'unknown' where id = any(${uuid(ids)}::uuid[])`);
}

export interface Outcome {
  readonly attempt: AttemptRow;
  readonly outcome: "done" | "failed" | "unknown" | "superseded";
  readonly recordId: string | null;
  readonly returned: JsonObject | null;
  readonly vendor: JsonObject | null;
}

/** Ends attempts: each leaves the open list and becomes a line of history, in one statement each. */
export async function closeAttempts(tx: Queries, rows: readonly Outcome[], at: number): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`delete from attempt where id = any(${uuid(rows.map((row) => row.attempt.id))}::uuid[])`);
  await tx.run(sql`
    insert into write (at, attempt_id, stream_id, entity_id, record_id, op, version, before, sent, returned, outcome, vendor, run_id)
    select ${new Date(at)}, seen.* from unnest(${uuid(rows.map((row) => row.attempt.id))}::uuid[], ${integer(rows.map((row) => row.attempt.streamId))}::int[],
      ${uuid(rows.map((row) => row.attempt.entityId))}::uuid[], ${text(rows.map((row) => row.recordId ?? row.attempt.recordId))}::text[], ${text(rows.map((row) => row.attempt.op))}::text[],
      ${integer(rows.map((row) => row.attempt.version))}::int[], ${jsonb(rows.map((row) => (row.attempt.before === null ? null : JSON.stringify(row.attempt.before))))}::jsonb[],
      ${jsonb(rows.map((row) => JSON.stringify(row.attempt.sent)))}::jsonb[], ${jsonb(rows.map((row) => (row.returned === null ? null : JSON.stringify(row.returned))))}::jsonb[],
      ${text(rows.map((row) => row.outcome))}::text[], ${jsonb(rows.map((row) => (row.vendor === null ? null : JSON.stringify(row.vendor))))}::jsonb[],
      ${uuid(rows.map((row) => row.attempt.runId))}::uuid[]) as seen`);
}

/** What a create left out, of a record that nobody has read back yet. */
export interface LeftOut {
  readonly fields: readonly string[];
  /** When the record was made, by its vendor's own clock; null where its answer did not tell. */
  readonly madeAt: number | null;
}

/** Notes what creates left out, until their records are read back. */
export async function insertUnsent(
  tx: Queries,
  streamId: number,
  rows: readonly ({ readonly recordId: string } & LeftOut)[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into unsent (stream_id, record_id, fields, made_at)
    select ${streamId}, seen.* from unnest(${text(rows.map((row) => row.recordId))}::text[], ${jsonb(rows.map((row) => JSON.stringify(row.fields)))}::jsonb[],
      ${timestamp(rows.map((row) => row.madeAt))}::timestamptz[]) as seen
    on conflict (stream_id, record_id) do update set fields = excluded.fields, made_at = excluded.made_at`);
}

/** What creates of these records left out, taken off the list: they are being read back. */
export async function takeUnsent(
  tx: Queries,
  streamId: number,
  recordIds: readonly string[],
): Promise<Map<string, LeftOut>> {
  if (recordIds.length === 0) return new Map();
  const rows = await tx.rows<{ recordId: string } & LeftOut>(sql`
    delete from unsent where stream_id = ${streamId} and record_id = any(${text(recordIds)}::text[]) returning record_id as "recordId", fields, made_at as "madeAt"`);
  return new Map(rows.map((row) => [row.recordId, row]));
}

/** The fields of the same, left on the list. */
export async function unsentOf(
  tx: Queries,
  streamId: number,
  recordIds: readonly string[],
): Promise<Map<string, readonly string[]>> {
  if (recordIds.length === 0) return new Map();
  const rows = await tx.rows<{ recordId: string; fields: string[] }>(sql`
    select record_id as "recordId", fields from unsent where stream_id = ${streamId} and record_id = any(${text(recordIds)}::text[])`);
  return new Map(rows.map((row) => [row.recordId, row.fields]));
}

/**
 * Of these records that Winston made and that nobody has looked at since: what their creates left out; and what was agreed on with those
 * whose things were deleted meanwhile, of which every value beside that tells whether somebody has them in hand.
 */
export async function unseenOf(
  tx: Queries,
  streamId: number,
  recordIds: readonly string[],
): Promise<Map<string, { readonly fields: readonly string[]; readonly deleted: JsonObject | null }>> {
  const rows = await tx.rows<{ recordId: string; fields: string[]; deleted: JsonObject | null }>(sql`
    select link.record_id as "recordId", coalesce(unsent.fields, '[]') as fields, case when entity.id is not null then link.baseline end as deleted
    from link left join unsent on unsent.stream_id = link.stream_id and unsent.record_id = link.record_id
    left join entity on entity.id = link.entity_id and entity.deleted_at is not null and link.state = 'active' and link.reason = 'created' and link.digest is null
    where link.stream_id = ${streamId} and link.record_id = any(${text(recordIds)}::text[]) and (unsent.record_id is not null or entity.id is not null)`);
  return new Map(rows.map((row) => [row.recordId, row]));
}

/** Of these entities, those of which a stream owes a write, whatever that waits for. */
export async function owedAmong(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (entityIds.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select entity_id as id from intent where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) and op = 'upsert'`);
  return new Set(rows.map((row) => row.id));
}

/** A request that was given up as unknown may land this much later; what it does is still our own then. */
export const MAY_LAND_MS = 15 * 60_000;

/** What Winston itself sent of these entities and nobody has settled: attempts under way, and writes since a time whose outcome stayed unknown and which may still land. */
export async function ownWrites(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  since: number,
): Promise<
  {
    entityId: string;
    sent: JsonObject;
    fillers: JsonObject;
    unsent: string[];
    lookedAt: number | null;
    before: JsonObject | null;
  }[]
> {
  if (entityIds.length === 0) return [];
  return tx.rows(sql`
    select entity_id as "entityId", sent, fillers, unsent, case when op = 'update' then at end as "lookedAt", before from attempt where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[])
    union all
    select entity_id, sent, '{}'::jsonb, '[]'::jsonb, null, before from write
    where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) and outcome = 'unknown' and at >= ${new Date(since)}`);
}

/** Of these entities, those whose records a stream has written since a time. */
export async function writtenSince(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  since: number,
): Promise<Set<string>> {
  if (entityIds.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select distinct entity_id as id from write
    where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) and outcome = 'done' and at >= ${new Date(since)}`);
  return new Set(rows.map((row) => row.id));
}

/** When Winston itself last deleted the records of these at a connection, also before its account was connected anew, in milliseconds; a deletion whose outcome is not known yet counts. */
export async function deletedByUs(
  tx: Queries,
  connectionId: string,
  entityIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (entityIds.length === 0) return new Map();
  const rows = await tx.rows<{ id: string; at: number }>(sql`
    select ours.entity_id as id, max(ours.at) as at
    from (select stream_id, entity_id, at from write where entity_id = any(${uuid(entityIds)}::uuid[]) and op = 'delete' and outcome = 'done'
          union all select stream_id, entity_id, at from attempt where entity_id = any(${uuid(entityIds)}::uuid[]) and op = 'delete') as ours
    join (
      select id from stream where connection_id = ${connectionId}::uuid
      union all select former.id from former_stream former join connection on connection.id = ${connectionId}::uuid
        and connection.vendor = former.vendor and connection.organisation_id = former.organisation_id) as there on there.id = ours.stream_id
    group by ours.entity_id`);
  return new Map(rows.map((row) => [row.id, row.at]));
}

/** Records that Winston itself may have deleted there, of these: their deletion is under way, or was given up as unknown since a time. With when the look before it began, in milliseconds. */
export async function deletionsUnderWay(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, number>> {
  if (entityIds.length === 0) return new Map();
  const rows = await tx.rows<{ recordId: string; at: number }>(sql`
    select ours.record_id as "recordId", max(ours.at) as at
    from (select record_id, at from attempt where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) and op = 'delete'
          union all select record_id, at from write where stream_id = ${streamId} and entity_id = any(${uuid(entityIds)}::uuid[]) and op = 'delete' and outcome = 'unknown' and at >= ${new Date(since)}) as ours
    where ours.record_id is not null group by ours.record_id`);
  return new Map(rows.map((row) => [row.recordId, row.at]));
}

/**
 * Owes a create to a stream for every living entity of its kind that has no link at its connection and never had one there. Returns how many. Both
 * tables are read once and grouped: no index leads from things to all their links, and a join is planned for as small as tables were before a load.
 */
export async function oweUnlinked(
  tx: Queries,
  stream: { id: number; connectionId: string; kind: string; stage: string | null },
  at: number,
): Promise<number> {
  return tx.run(sql`
    insert into intent (stream_id, entity_id, op, version, created_at)
    select ${stream.id}, either.id, 'upsert', max(either.version), ${new Date(at)} from (
      select id, version from entity
      where kind = ${stream.kind} and (${stream.stage}::text is null or stage = ${stream.stage}) and deleted_at is null and merged_into is null
      union all select entity_id, null from link where connection_id = ${stream.connectionId}::uuid) as either (id, version)
    group by either.id having count(*) = count(either.version)
    on conflict do nothing`);
}

/** Nothing is owed for an entity any more: to one stream, or to any. */
export async function deleteIntentsOf(tx: Queries, entityId: string, streamId: number | null): Promise<void> {
  await tx.run(sql`
    delete from intent using stream
    where stream.id = intent.stream_id and intent.entity_id = ${entityId}::uuid and (${streamId}::int is null or stream.id = ${streamId}::int)`);
}

/** Whether a write of one of these entities is under way, or its outcome unknown. Ask on locked entities: a batch is made on locked ones too. */
export async function underWay(tx: Queries, entityIds: readonly string[]): Promise<boolean> {
  const row = await tx.one<{ any: boolean }>(sql`
    select exists (select from attempt where entity_id = any(${uuid(entityIds)}::uuid[])) as any`);
  return row!.any;
}

/** Whether a record is there because Winston made it for this entity: it carries the entity's handle then. */
export async function createdByUs(
  tx: Queries,
  of: { streamId: number; entityId: string; recordId: string },
): Promise<boolean> {
  const row = await tx.one<{ any: boolean }>(sql`
    select exists (select from write where entity_id = ${of.entityId}::uuid and stream_id = ${of.streamId}::int
      and record_id = ${of.recordId} and op = 'create' and outcome = 'done') as any`);
  return row!.any;
}

/** Those of these entities of which Winston made a record at this connection since then. */
export async function madeSince(
  tx: Queries,
  connectionId: string,
  entityIds: readonly string[],
  since: number,
): Promise<Set<string>> {
  if (entityIds.length === 0) return new Set();
  const rows = await tx.rows<{ entityId: string }>(sql`
    select distinct write.entity_id as "entityId" from write join stream on stream.id = write.stream_id
    where write.entity_id = any(${uuid(entityIds)}::uuid[]) and stream.connection_id = ${connectionId}::uuid
      and write.at >= ${new Date(since)} and write.op = 'create' and write.outcome = 'done'`);
  return new Set(rows.map((row) => row.entityId));
}

/** Those of these entities of which a record is being made at this connection, or may have been: nobody stored what became of it. */
export async function beingMade(
  tx: Queries,
  connectionId: string,
  entityIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (entityIds.length === 0) return new Set();
  const rows = await tx.rows<{ entityId: string }>(sql`
    select distinct attempt.entity_id as "entityId" from attempt join stream on stream.id = attempt.stream_id
    where attempt.entity_id = any(${uuid(entityIds)}::uuid[]) and stream.connection_id = ${connectionId}::uuid
      and attempt.op = 'create'`);
  return new Set(rows.map((row) => row.entityId));
}
