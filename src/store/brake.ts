// The brake's book: which deletions and blankings were carried out of late, which wait, and what a person decided.
import type { Json } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { jsonb, sql, text, timestamp, uuid } from "./sql.ts";

export type Direction = "pull" | "push";

/** One deletion, or one blanking of a field, at one record. */
export interface LossWrite {
  /** The field of ours that would be blank; empty: a deletion. */
  readonly field: string;
  readonly entityId: string;
  readonly recordId: string;
  /** The value that is lost, of a blanking. */
  readonly value: Json;
  /** The vendor's own time of a deletion, in milliseconds, where it gives one. */
  readonly toldAt: number | null;
}

/** Where losses are counted: together, per stream and direction, and per field. */
export interface LossOf {
  readonly streamId: number;
  readonly direction: Direction;
}

/** Fields of which the brake is on, with its id; the empty one stands for deletions. */
export async function brakesOn(tx: Queries, of: LossOf): Promise<Map<string, string>> {
  const rows = await tx.rows<{ field: string; id: string }>(sql`
    select field, id from brake where stream_id = ${of.streamId} and direction = ${of.direction} and state = 'on'`);
  return new Map(rows.map((row) => [row.field, row.id]));
}

/** Notes losses that are about to be carried out. One that was noted before is noted anew; what waits goes on waiting. In the order of the entities, so that two steps never wait for each other in a circle. */
export async function noteLosses(
  tx: Queries,
  of: LossOf & { at: number },
  losses: readonly LossWrite[],
): Promise<void> {
  const once = new Map(losses.map((one) => [`${one.field} ${one.entityId}`, one]));
  const rows = [...once.values()].toSorted((a, b) => (a.entityId < b.entityId ? -1 : 1));
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into loss (stream_id, direction, at, field, entity_id, record_id, value, told_at)
    select ${of.streamId}, ${of.direction}, ${new Date(of.at)}, seen.*
    from unnest(${text(rows.map((row) => row.field))}::text[], ${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.recordId))}::text[],
                ${jsonb(rows.map((row) => (row.value === null ? null : JSON.stringify(row.value))))}::jsonb[], ${timestamp(rows.map((row) => row.toldAt))}::timestamptz[]) as seen
    on conflict (stream_id, direction, field, entity_id) do update
      set at = excluded.at, record_id = excluded.record_id, value = excluded.value, told_at = excluded.told_at, brake_id = null, state = 'went'
      where loss.state <> 'waits'`);
}

/** How many records lost each of these fields (or were deleted) since a time, this step's own included. What was counted longer ago is forgotten. */
export async function countLosses(
  tx: Queries,
  of: LossOf & { since: number },
  fields: readonly string[],
): Promise<Map<string, number>> {
  await tx.run(sql`
    delete from loss where stream_id = ${of.streamId} and direction = ${of.direction} and field = any(${text(fields)}::text[])
      and brake_id is null and at <= ${new Date(of.since)}`);
  const rows = await tx.rows<{ field: string; count: number }>(sql`
    select field, count(*) as count from loss
    where stream_id = ${of.streamId} and direction = ${of.direction} and field = any(${text(fields)}::text[]) and brake_id is null
    group by field`);
  return new Map(rows.map((row) => [row.field, row.count]));
}

/** How many records lost each of the fields of these losses since a time, besides the records of these. Reads only. */
export async function lossesBesides(
  tx: Queries,
  of: LossOf & { since: number },
  losses: readonly Pick<LossWrite, "field" | "entityId">[],
): Promise<Map<string, number>> {
  const rows = await tx.rows<{ field: string; count: number }>(sql`
    select loss.field, count(*) as count from loss
    left join unnest(${text(losses.map((one) => one.field))}::text[], ${uuid(losses.map((one) => one.entityId))}::uuid[]) as these (field, entity_id)
      on these.field = loss.field and these.entity_id = loss.entity_id
    where loss.stream_id = ${of.streamId} and loss.direction = ${of.direction} and loss.brake_id is null and loss.at > ${new Date(of.since)}
      and loss.field = any(${text([...new Set(losses.map((one) => one.field))])}::text[]) and these.entity_id is null
    group by loss.field`);
  return new Map(rows.map((row) => [row.field, row.count]));
}

/** How many records a stream has, as far as that matters: counting stops at `most`. */
export async function recordsUpTo(tx: Queries, streamId: number, most: number): Promise<number> {
  const row = await tx.one<{ count: number }>(sql`
    select count(*) as count from (select from link where stream_id = ${streamId} and state = 'active' limit ${most}) as few`);
  return row!.count;
}

/**
 * Puts the brake on, and returns its id; where another lane of the stream did so in the same moment, that one's. What was carried out within
 * the time that is counted is remembered with it, so that it can be put back as well.
 */
export async function insertBrake(
  tx: Queries,
  brake: LossOf & { id: string; field: string; lost: number; records: number; at: number },
): Promise<string> {
  const on = await tx.one<{ id: string }>(sql`
    insert into brake (id, stream_id, direction, field, state, lost, records, at)
    values (${brake.id}::uuid, ${brake.streamId}, ${brake.direction}, ${brake.field}, 'on', ${brake.lost}, ${brake.records}, ${new Date(brake.at)})
    on conflict (stream_id, direction, field) where state = 'on' do update set lost = greatest(brake.lost, excluded.lost) returning id`);
  await tx.run(sql`
    update loss set brake_id = ${on!.id}::uuid
    where stream_id = ${brake.streamId} and direction = ${brake.direction} and field = ${brake.field} and brake_id is null`);
  return on!.id;
}

/** These wait, instead of being carried out. */
export async function holdLosses(
  tx: Queries,
  of: LossOf & { brakeId: string; field: string },
  entityIds: readonly string[],
): Promise<void> {
  if (entityIds.length === 0) return;
  await tx.run(sql`
    update loss set brake_id = ${of.brakeId}::uuid, state = 'waits'
    where stream_id = ${of.streamId} and direction = ${of.direction} and field = ${of.field} and entity_id = any(${uuid(entityIds)}::uuid[])`);
}

/** Of these entities, those whose deletion a person has let pass: it is not asked about again at the next vendor. */
export async function lettingPass(tx: Queries, entityIds: readonly string[], field: string): Promise<Set<string>> {
  if (entityIds.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select distinct entity_id as id from loss
    where entity_id = any(${uuid(entityIds)}::uuid[]) and field = ${field} and state = 'released'`);
  return new Set(rows.map((row) => row.id));
}

/** Deletions that wait although their record is there again: shown later than its deletion was told. They wait no more. */
export async function dropShown(
  tx: Queries,
  streamId: number,
  shown: readonly { readonly id: string; readonly changedAt: number | null }[],
  at: number,
): Promise<void> {
  await tx.run(sql`
    update loss set state = 'over'
    from unnest(${text(shown.map((one) => one.id))}::text[], ${timestamp(shown.map((one) => one.changedAt))}::timestamptz[]) as seen (record_id, changed_at)
    left join link on link.stream_id = ${streamId} and link.record_id = seen.record_id
    where loss.stream_id = ${streamId} and loss.direction = 'pull' and loss.field = '' and loss.state = 'waits' and loss.record_id = seen.record_id
      and (seen.changed_at is null or seen.changed_at > coalesce(loss.told_at, link.changed_at, '-infinity'))`);
  await endEmpty(tx, streamId, at);
}

/** Blankings that wait although their record has a value there again. They wait no more. */
export async function dropFilled(
  tx: Queries,
  streamId: number,
  filled: readonly { readonly field: string; readonly recordId: string }[],
  at: number,
): Promise<void> {
  if (filled.length === 0) return;
  await tx.run(sql`
    update loss set state = 'over'
    from unnest(${text(filled.map((one) => one.field))}::text[], ${text(filled.map((one) => one.recordId))}::text[]) as seen (field, record_id)
    where loss.stream_id = ${streamId} and loss.direction = 'pull' and loss.state = 'waits' and loss.field = seen.field and loss.record_id = seen.record_id`);
  await endEmpty(tx, streamId, at);
}

/** Deletions at vendors that wait although their thing lives again here. */
export async function dropRevived(tx: Queries, entityIds: readonly string[], at: number): Promise<void> {
  const rows = await tx.rows<{ streamId: number }>(sql`
    update loss set state = 'over'
    where entity_id = any(${uuid(entityIds)}::uuid[]) and direction = 'push' and field = '' and state = 'waits'
    returning stream_id as "streamId"`);
  for (const streamId of new Set(rows.map((row) => row.streamId))) await endEmpty(tx, streamId, at);
}

/** A brake at which nothing waits any more is over. */
async function endEmpty(tx: Queries, streamId: number, at: number): Promise<void> {
  await tx.run(sql`
    update brake set state = 'over', decided_at = ${new Date(at)}
    where stream_id = ${streamId} and state = 'on' and not exists (select from loss where loss.brake_id = brake.id and loss.state = 'waits')`);
}

export interface BrakeRow {
  readonly id: string;
  readonly streamId: number;
  readonly connectionId: string;
  readonly connection: string;
  readonly stream: string;
  readonly kind: string;
  readonly direction: Direction;
  /** Empty: deletions. */
  readonly field: string;
  readonly state: "on" | "released" | "restored" | "over";
  readonly lost: number;
  readonly records: number;
  readonly waits: number;
  readonly went: number;
  readonly at: number;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
}

/** Newest first. */
export async function listBrakes(
  tx: Queries,
  query: { id: string | null; on: boolean; after: string | null; limit: number },
): Promise<BrakeRow[]> {
  return tx.rows<BrakeRow>(sql`
    select brake.id, brake.stream_id as "streamId", connection.id as "connectionId", connection.name as connection, stream.key as stream, stream.kind,
      brake.direction, brake.field, brake.state, brake.lost, brake.records, coalesce(held.waits, 0)::int as waits, coalesce(held.went, 0)::int as went,
      brake.at, brake.decided_by as "decidedBy", brake.decided_at as "decidedAt"
    from brake join stream on stream.id = brake.stream_id join connection on connection.id = stream.connection_id
    left join lateral (
      select count(*) filter (where loss.state = 'waits') as waits, count(*) filter (where loss.state = 'went') as went from loss where loss.brake_id = brake.id) as held on true
    where (${query.id}::uuid is null or brake.id = ${query.id}::uuid) and (not ${query.on} or brake.state = 'on')
      and (${query.after}::uuid is null or brake.id < ${query.after}::uuid)
    order by brake.id desc limit ${query.limit}`);
}

/** How many things of each stream wait at the brake. */
export async function countBraked(tx: Queries): Promise<Map<number, number>> {
  const rows = await tx.rows<{ streamId: number; count: number }>(sql`
    select brake.stream_id as "streamId", count(*) as count from brake join loss on loss.brake_id = brake.id and loss.state = 'waits'
    where brake.state = 'on' group by brake.stream_id`);
  return new Map(rows.map((row) => [row.streamId, row.count]));
}

export interface LossRow {
  readonly entityId: string;
  readonly recordId: string;
  readonly value: Json;
  readonly toldAt: number | null;
  readonly at: number;
  readonly state: "went" | "waits" | "released" | "restored" | "over";
}

/** What belongs to a brake, in the order of the entities: those that wait, or all of one state. */
export async function lossesOf(
  tx: Queries,
  brakeId: string,
  of: { state: LossRow["state"] | null; after: string | null; limit: number },
): Promise<LossRow[]> {
  return tx.rows<LossRow>(sql`
    select entity_id as "entityId", record_id as "recordId", value, told_at as "toldAt", at, state from loss
    where brake_id = ${brakeId}::uuid and (${of.state}::text is null or state = ${of.state}) and (${of.after}::uuid is null or entity_id > ${of.after}::uuid)
    order by entity_id limit ${of.limit}`);
}

/** A person decided: the brake is off, and what waited or had gone is marked with the decision. False where it was off already. */
export async function decideBrake(
  tx: Queries,
  id: string,
  of: { state: "released" | "restored"; by: string; at: number },
): Promise<boolean> {
  const done = await tx.run(sql`
    update brake set state = ${of.state}, decided_by = ${of.by}, decided_at = ${new Date(of.at)} where id = ${id}::uuid and state = 'on'`);
  await tx.run(sql`update loss set state = ${of.state} where brake_id = ${id}::uuid and state in ('waits', 'went')`);
  return done > 0;
}

/** Forgets brakes decided before a time, with all that waited at them. */
export async function deleteBrakesBefore(tx: Queries, before: number): Promise<void> {
  await tx.run(sql`delete from brake where state <> 'on' and decided_at < ${new Date(before)}`);
}
