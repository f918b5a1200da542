// The conflict ledger: every losing value, and the questions that wait for a person.
import type { Json } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { integer, jsonb, sql, text, uuid } from "./sql.ts";

/**
 * winston, record: whose value stands. given: one that a person gave instead. open: a person is asked, and neither side moves. moot:
 * nobody need answer any more: both sides agree, the record is gone, or the question was asked anew about other values.
 */
export type Winner = "winston" | "record" | "given" | "open" | "moot";

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
  readonly kind: string;
  readonly field: string;
  readonly streamId: number;
  readonly connection: string;
  readonly stream: string;
  readonly recordId: string;
  readonly baseline: Json;
  readonly winston: Json;
  readonly record: Json;
  readonly winner: Winner;
  /** Where the winner is `given`: the value that was. */
  readonly given: Json;
  readonly rule: string;
  readonly at: number;
  /** Who answered an open question, and when; an answer of nobody is one that became moot. */
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  /** Who put the losing value back, and when. */
  readonly restoredBy: string | null;
  readonly restoredAt: number | null;
}

/** Newest first: in the order of their ids, which is the order of time, backwards. */
export async function listConflicts(
  tx: Queries,
  query: { entityId: string | null; open: boolean; after: string | null; limit: number },
): Promise<ConflictRow[]> {
  const { entityId, after, limit } = query;
  // Apart, so that the few open ones are found by an index of their own, however long the ledger is.
  const found = query.open
    ? await tx.rows<{ id: string }>(sql`
        select id from conflict where winner = 'open' and (${entityId}::uuid is null or entity_id = ${entityId}::uuid)
          and (${after}::uuid is null or id < ${after}::uuid) order by id desc limit ${limit}`)
    : await tx.rows<{ id: string }>(sql`
        select id from conflict where (${entityId}::uuid is null or entity_id = ${entityId}::uuid)
          and (${after}::uuid is null or id < ${after}::uuid) order by id desc limit ${limit}`);
  return readConflicts(
    tx,
    found.map((row) => row.id),
  );
}

/** The conflicts of these ids, newest first. */
export async function readConflicts(tx: Queries, ids: readonly string[]): Promise<ConflictRow[]> {
  if (ids.length === 0) return [];
  return tx.rows<ConflictRow>(sql`
    select conflict.id, conflict.entity_id as "entityId", coalesce(entity.kind, '') as kind, conflict.field, conflict.stream_id as "streamId",
      coalesce(connection.name, '') as connection, coalesce(stream.key, '') as stream, conflict.record_id as "recordId",
      conflict.baseline, conflict.winston, conflict.record, conflict.winner, conflict.given, conflict.rule, conflict.at,
      conflict.decided_by as "decidedBy", conflict.decided_at as "decidedAt", conflict.restored_by as "restoredBy", conflict.restored_at as "restoredAt"
    from conflict left join entity on entity.id = conflict.entity_id
    left join stream on stream.id = conflict.stream_id left join connection on connection.id = stream.connection_id
    where conflict.id = any(${uuid(ids)}::uuid[]) order by conflict.id desc`);
}

/** Fields of these entities that wait for a person, because one is asked or they are frozen: nothing is written over them. A question about a record that is gone holds nothing. */
export async function openConflicts(
  tx: Queries,
  entityIds: readonly string[],
): Promise<{ entityId: string; field: string }[]> {
  if (entityIds.length === 0) return [];
  return tx.rows(sql`
    select distinct conflict.entity_id as "entityId", conflict.field from conflict
    join link on link.stream_id = conflict.stream_id and link.record_id = conflict.record_id and link.entity_id = conflict.entity_id and link.state = 'active'
    join stream on stream.id = conflict.stream_id
    where conflict.entity_id = any(${uuid(entityIds)}::uuid[]) and conflict.winner = 'open'
    union all
    select entity_id, field from frozen where entity_id = any(${uuid(entityIds)}::uuid[]) and state = 'on'`);
}

/** An open question beside what there is now. */
export interface OpenQuestion {
  readonly id: string;
  readonly entityId: string;
  readonly streamId: number;
  readonly recordId: string;
  readonly field: string;
  readonly baseline: Json;
  readonly winston: Json;
  readonly record: Json;
  readonly rule: string;
  readonly at: number;
  /** The connection's name; blank where it was removed. */
  readonly connection: string;
  /** The entity's value now; null for none. */
  readonly ours: Json;
  /** Whether the record still is this entity's, at a connection that is still there, and neither was deleted. */
  readonly stands: boolean;
}

/** The open questions about these entities, in the order they were asked. Call on locked entities, whose links do not move then. */
export async function openQuestions(tx: Queries, entityIds: readonly string[]): Promise<OpenQuestion[]> {
  if (entityIds.length === 0) return [];
  return tx.rows<OpenQuestion>(sql`
    select conflict.id, conflict.entity_id as "entityId", conflict.stream_id as "streamId", conflict.record_id as "recordId", conflict.field,
      conflict.baseline, conflict.winston, conflict.record, conflict.rule, conflict.at, coalesce(connection.name, '') as connection, entity.fields -> conflict.field as ours,
      entity.deleted_at is null and link.record_id is not null and stream.id is not null as stands
    from conflict join entity on entity.id = conflict.entity_id
    left join link on link.stream_id = conflict.stream_id and link.record_id = conflict.record_id and link.entity_id = conflict.entity_id and link.state = 'active'
    left join stream on stream.id = conflict.stream_id left join connection on connection.id = stream.connection_id
    where conflict.entity_id = any(${uuid(entityIds)}::uuid[]) and conflict.winner = 'open' order by conflict.id`);
}

/** Closes these: for a side, for a value that a person gave, or because nobody need answer any more (`by` null). */
export async function closeConflicts(
  tx: Queries,
  of: { by: string | null; at: number },
  rows: readonly { readonly id: string; readonly winner: Exclude<Winner, "open">; readonly given: Json }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update conflict set winner = seen.winner, given = seen.given, decided_by = ${of.by}, decided_at = ${new Date(of.at)}
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${text(rows.map((row) => row.winner))}::text[],
                ${jsonb(rows.map((row) => (row.given === null ? null : JSON.stringify(row.given))))}::jsonb[]) as seen (id, winner, given)
    where conflict.id = seen.id and conflict.winner = 'open'`);
}

/** Notes that the losing values of these were put back. */
export async function noteRestored(tx: Queries, of: { by: string; at: number }, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.run(
    sql`update conflict set restored_by = ${of.by}, restored_at = ${new Date(of.at)} where id = any(${uuid(ids)}::uuid[])`,
  );
}

/** What is asked about an entity that was taken in by another is asked about that one. */
export async function moveQuestions(tx: Queries, from: string, to: string): Promise<void> {
  await tx.run(sql`update conflict set entity_id = ${to}::uuid where entity_id = ${from}::uuid and winner = 'open'`);
}

/** Both sides agree on these values now, as a person decided or because they are the same: they become baseline. */
export async function agreeOn(
  tx: Queries,
  rows: readonly {
    readonly streamId: number;
    readonly recordId: string;
    readonly field: string;
    readonly value: Json;
  }[],
): Promise<void> {
  if (rows.length === 0) return;
  // One row for each record: an update takes only one of several.
  await tx.run(sql`
    update link set baseline = link.baseline || seen.agreed
    from (
      select stream_id, record_id, jsonb_object_agg(field, value) as agreed
      from unnest(${integer(rows.map((row) => row.streamId))}::int[], ${text(rows.map((row) => row.recordId))}::text[],
                  ${text(rows.map((row) => row.field))}::text[], ${jsonb(rows.map((row) => JSON.stringify(row.value)))}::jsonb[]) as one (stream_id, record_id, field, value)
      group by stream_id, record_id
    ) as seen
    where link.stream_id = seen.stream_id and link.record_id = seen.record_id`);
}

/** Closes what is asked about records of connections that are gone. Returns the fields that are not held back any more. */
export async function closeOrphans(
  tx: Queries,
  at: number,
): Promise<{ entityId: string; kind: string; field: string }[]> {
  return tx.rows(sql`
    update conflict set winner = 'moot', decided_at = ${new Date(at)} from entity
    where conflict.winner = 'open' and not exists (select from stream where stream.id = conflict.stream_id) and entity.id = conflict.entity_id
    returning conflict.entity_id as "entityId", entity.kind, conflict.field`);
}
