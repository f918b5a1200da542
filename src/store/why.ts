// What stands behind the values of one thing: its changes, what was sent of it, what it waits for.
import type { Json, JsonObject } from "../base/json.ts";
import type { Winner } from "./conflict.ts";
import type { Queries } from "./database.ts";
import type { LinkReason } from "./link.ts";
import { integer, sql, timestamp, uuid } from "./sql.ts";

export interface ChangeBehind {
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly old: JsonObject;
  readonly streamId: number | null;
  readonly runId: string | null;
  readonly mappingVersion: number | null;
  /** Where it settled a reference that waited for what it names: when the record with it was stored. */
  readonly waitedSince: number | null;
}

/** Newest first. */
export async function changesBehind(tx: Queries, entityId: string): Promise<ChangeBehind[]> {
  return tx.rows<ChangeBehind>(sql`
    select version, at, actor, old, stream_id as "streamId", run_id as "runId", mapping_version as "mappingVersion", waited_since as "waitedSince"
    from change where entity_id = ${entityId}::uuid order by version desc`);
}

export interface WriteBehind {
  readonly at: number;
  readonly streamId: number;
  readonly recordId: string | null;
  readonly op: string;
  readonly sent: JsonObject;
  readonly outcome: string;
  readonly vendor: JsonObject | null;
  readonly runId: string | null;
}

/** What was sent to vendors of it, newest first. */
export async function writesBehind(tx: Queries, entityId: string): Promise<WriteBehind[]> {
  return tx.rows<WriteBehind>(sql`
    select at, stream_id as "streamId", record_id as "recordId", op, sent, outcome, vendor, run_id as "runId"
    from write where entity_id = ${entityId}::uuid order by at desc, attempt_id desc`);
}

export interface PlaceBehind {
  readonly streamId: number;
  readonly connection: string;
  readonly stream: string;
  readonly mode: string;
  readonly approval: string;
  readonly strategy: string;
  /** Whether what is owed does not wait for the schedule. */
  readonly urgent: boolean | null;
  /** Whether the filter of the stream leaves the record out. */
  readonly outside: boolean;
  readonly paused: boolean;
  readonly problem: string | null;
  /** Of the stream. */
  readonly enabled: boolean;
  /** Null where no record of it is or was there. */
  readonly recordId: string | null;
  /** Of its link, or absent. */
  readonly state: string;
  readonly linkedAt: number | null;
  readonly reason: LinkReason["is"] | null;
  readonly reasonOf: JsonObject | null;
  readonly baseline: JsonObject;
  readonly intent: string | null;
  readonly notBefore: number | null;
  readonly parked: string | null;
  readonly parkedField: string | null;
  /** References that wait until what they name can be named there. */
  readonly awaiting: readonly string[];
  /** Why what its record says by now is not read. */
  readonly unread: string | null;
  /** Brakes at which it waits, by field of ours; an empty one stands for its deletion. */
  readonly brakes: readonly { readonly field: string; readonly id: string }[];
}

/** Where it lives or lived, and these streams where it could be made; what it is owed there. */
export async function placesBehind(tx: Queries, entityId: string, couldBe: readonly number[]): Promise<PlaceBehind[]> {
  return tx.rows<PlaceBehind>(sql`
    select stream.id as "streamId", connection.name as connection, stream.key as stream, connection.mode, stream.approval, stream.strategy, intent.urgent,
      coalesce(link.outside, false) as outside, connection.paused, connection.problem, stream.enabled,
      link.record_id as "recordId", coalesce(link.state, 'absent') as state, link.created_at as "linkedAt", link.reason, link.reason_of as "reasonOf", coalesce(link.baseline, '{}') as baseline,
      intent.state as intent, intent.not_before as "notBefore", parked.message as parked, parked.field as "parkedField",
      coalesce((select jsonb_agg(field) from pending_push where pending_push.stream_id = stream.id and pending_push.entity_id = ${entityId}::uuid), '[]') as awaiting,
      (select message from parked unread where unread.stream_id = stream.id and unread.side = 'pull' and unread.subject = link.record_id) as unread,
      coalesce((select jsonb_agg(jsonb_build_object('field', loss.field, 'id', loss.brake_id)) from loss
        where loss.stream_id = stream.id and loss.entity_id = ${entityId}::uuid and loss.state = 'waits' and loss.brake_id is not null), '[]') as brakes
    from stream join connection on connection.id = stream.connection_id
    left join (select * from link where entity_id = ${entityId}::uuid and state = 'active' union all select * from link where entity_id = ${entityId}::uuid and state <> 'active') link on link.stream_id = stream.id
    left join intent on intent.stream_id = stream.id and intent.entity_id = ${entityId}::uuid
    left join parked on parked.stream_id = stream.id and parked.side = 'push' and parked.subject = ${entityId}
    where link.record_id is not null or stream.id = any(${integer(couldBe)}::int[])
    order by stream.position, stream.id, link.created_at`);
}

export interface ConflictBehind {
  readonly id: string;
  readonly at: number;
  readonly field: string;
  readonly winner: Winner;
  readonly rule: string;
  readonly winston: Json;
  readonly record: Json;
  /** The value that a person gave instead. */
  readonly given: Json;
  /** When an open one was answered, or ended by itself. */
  readonly decidedAt: number | null;
  readonly streamId: number;
}

/** Its lines of the ledger, newest first. */
export async function conflictsBehind(tx: Queries, entityId: string): Promise<ConflictBehind[]> {
  return tx.rows<ConflictBehind>(sql`
    select id, at, field, winner, rule, winston, record, given, decided_at as "decidedAt", stream_id as "streamId"
    from conflict where entity_id = ${entityId}::uuid order by at desc, id desc`);
}

/** A field that moves on neither side: a person is asked about it, at a record, or it is frozen everywhere. */
export interface HeldField {
  readonly is: "asked" | "frozen";
  readonly field: string;
  /** Of the conflict, or of the frozen field. */
  readonly id: string;
  readonly streamId: number | null;
  readonly recordId: string | null;
  /** Connection and stream by name. */
  readonly place: string | null;
}

/** The fields of a thing that are held, the oldest question first. A question about a record that is gone holds nothing. */
export async function heldFields(tx: Queries, entityId: string): Promise<HeldField[]> {
  return tx.rows<HeldField>(sql`
    select held.* from (
      select 'asked' as is, conflict.field, conflict.id, conflict.stream_id as "streamId", conflict.record_id as "recordId", connection.name || ' ' || stream.key as place
      from conflict
      join link on link.stream_id = conflict.stream_id and link.record_id = conflict.record_id and link.entity_id = conflict.entity_id and link.state = 'active'
      join stream on stream.id = conflict.stream_id join connection on connection.id = stream.connection_id
      where conflict.entity_id = ${entityId}::uuid and conflict.winner = 'open'
      union all
      select 'frozen', frozen.field, frozen.id, null, null, null from frozen where frozen.entity_id = ${entityId}::uuid and frozen.state = 'on') as held
    order by held.id`);
}

export interface RequestBehind {
  readonly runId: string;
  /** The moment that was asked about. */
  readonly moment: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
}

/**
 * The request that brought or carried what each of these runs stored at a moment: of a page the last of those that it was put together from,
 * for which the page ahead may be on its way already; of anything else the last that the run had sent by then.
 */
export async function requestsBehind(
  tx: Queries,
  moments: readonly { runId: string; at: number }[],
): Promise<RequestBehind[]> {
  if (moments.length === 0) return [];
  return tx.rows<RequestBehind>(sql`
    select asked.run_id as "runId", asked.moment, last.at, last.method, last.path, last.status
    from unnest(${uuid(moments.map((one) => one.runId))}::uuid[], ${timestamp(moments.map((one) => one.at))}::timestamptz[]) as asked (run_id, moment)
    cross join lateral (select at, method, path, status from exchange where exchange.run_id = asked.run_id and exchange.at <= asked.moment
      order by exchange.taken_at is not distinct from asked.moment desc, at desc limit 1) as last`);
}

/** The run of a stream that stored something at a moment, and the mapping that was in force then: a thing that is made leaves no change. */
export async function madeBy(
  tx: Queries,
  streamId: number,
  at: number,
): Promise<{ runId: string | null; mappingVersion: number | null }> {
  const moment = new Date(at);
  const row = await tx.one<{ runId: string | null; mappingVersion: number | null }>(sql`
    select
      (select id from run where stream_id = ${streamId} and lane <> 'push' and started_at <= ${moment} and (ended_at is null or ended_at >= ${moment})
        order by exists (select from exchange where exchange.run_id = run.id and exchange.taken_at = ${moment}) desc, coalesce((counts ->> 'created')::bigint, 0) > 0 desc, started_at desc limit 1) as "runId",
      (select max(version) from mapping where stream_id = ${streamId} and created_at <= ${moment}) as "mappingVersion"`);
  return row!;
}

/** Names of streams: "connection stream", also of those that are switched off, or of a connection that was removed. */
export async function streamNames(tx: Queries, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await tx.rows<{ id: number; name: string }>(sql`
    select id, connection || ' ' || key as name from named_stream where id = any(${integer(ids)}::int[])`);
  return new Map(rows.map((row) => [row.id, row.name]));
}
