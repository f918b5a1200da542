// What stands behind the values of one thing: its changes, what was sent of it, what it waits for.
import type { Json, JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import type { LinkReason } from "./link.ts";
import { integer, sql, uuid } from "./sql.ts";

export interface ChangeBehind {
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly old: JsonObject;
  readonly streamId: number | null;
  readonly runId: string | null;
  readonly mappingVersion: number | null;
}

/** Newest first. */
export async function changesBehind(tx: Queries, entityId: string): Promise<ChangeBehind[]> {
  return tx.rows<ChangeBehind>(sql`
    select version, at, actor, old, stream_id as "streamId", run_id as "runId", mapping_version as "mappingVersion"
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
  readonly recordId: string;
  readonly state: string;
  readonly linkedAt: number;
  readonly reason: LinkReason["is"] | null;
  readonly reasonOf: JsonObject | null;
  readonly baseline: JsonObject;
  readonly mappingVersion: number;
  readonly intent: string | null;
  readonly notBefore: number | null;
  readonly parked: string | null;
  readonly parkedField: string | null;
}

/** Where it lives or lived, and what it is owed there. */
export async function placesBehind(tx: Queries, entityId: string): Promise<PlaceBehind[]> {
  return tx.rows<PlaceBehind>(sql`
    select link.stream_id as "streamId", connection.name as connection, stream.key as stream, connection.mode, stream.approval, stream.strategy, intent.urgent, link.outside, connection.paused, connection.problem,
      link.record_id as "recordId", link.state, link.created_at as "linkedAt", link.reason, link.reason_of as "reasonOf", link.baseline, link.mapping_version as "mappingVersion", intent.state as intent, intent.not_before as "notBefore",
      parked.message as parked, parked.field as "parkedField"
    from link join stream on stream.id = link.stream_id join connection on connection.id = stream.connection_id
    left join intent on intent.stream_id = link.stream_id and intent.entity_id = link.entity_id
    left join parked on parked.stream_id = link.stream_id and parked.side = 'push' and parked.subject = link.entity_id::text
    where link.entity_id = ${entityId}::uuid order by stream.position, stream.id, link.created_at`);
}

export interface ConflictBehind {
  readonly id: string;
  readonly at: number;
  readonly field: string;
  readonly winner: string;
  readonly rule: string;
  readonly winston: Json;
  readonly record: Json;
  readonly streamId: number;
}

/** Its lines of the ledger, newest first. */
export async function conflictsBehind(tx: Queries, entityId: string): Promise<ConflictBehind[]> {
  return tx.rows<ConflictBehind>(sql`
    select id, at, field, winner, rule, winston, record, stream_id as "streamId" from conflict where entity_id = ${entityId}::uuid order by at desc, id desc`);
}

export interface RequestBehind {
  readonly runId: string;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
}

/** The requests that these runs sent in order to write or read; the last of each run and path. */
export async function requestsBehind(tx: Queries, runIds: readonly string[]): Promise<RequestBehind[]> {
  if (runIds.length === 0) return [];
  return tx.rows<RequestBehind>(sql`
    select distinct on (run_id, method, path) run_id as "runId", at, method, path, status
    from exchange where run_id = any(${uuid(runIds)}::uuid[]) order by run_id, method, path, at desc`);
}

/** Names of streams: "connection stream", also of those that are switched off. */
export async function streamNames(tx: Queries, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await tx.rows<{ id: number; name: string }>(sql`
    select stream.id, connection.name || ' ' || stream.key as name from stream join connection on connection.id = stream.connection_id
    where stream.id = any(${integer(ids)}::int[])`);
  return new Map(rows.map((row) => [row.id, row.name]));
}
