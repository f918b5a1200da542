// Proof of flow: what streams have really done and still owe, from which their health and alerts are computed.
import type { Queries } from "./database.ts";
import type { DriftRow } from "./schema-drift.ts";
import { sql } from "./sql.ts";

export interface LaneFlow {
  readonly streamId: number;
  readonly lane: string;
  /** Of its last run that ended well or failed. */
  readonly state: "done" | "failed" | null;
  readonly endedAt: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** When a run last ended well. */
  readonly doneAt: number | null;
  /** Runs that failed since then, counted up to 100, and when the first of them did. */
  readonly failures: number;
  readonly failingSince: number | null;
  /** When the run that is under way began. */
  readonly runningSince: number | null;
}

export interface StreamFlow {
  readonly streamId: number;
  readonly madeAt: number;
  /** Whether its first load, or a full reading, has not come to its end. */
  readonly loading: boolean;
  /** Whether any stream of its connection that holds the same kind is read for the first time: writes wait for that. */
  readonly kindLoading: boolean;
  /** Writes that are owed and may go, the oldest of them, and those that wait for a person. */
  readonly waiting: number;
  readonly owedSince: number | null;
  readonly held: number;
  /** What was parked since the time asked for, and still is. */
  readonly parkedLately: number;
  /** What mapped fields of the vendor are that they were not. */
  readonly drifts: readonly Pick<DriftRow, "name" | "cause" | "message" | "pauses">[];
  /** Since when the vendor has refused to describe its fields, in milliseconds, and in which words; null where it describes them. */
  readonly undescribedSince: number | null;
  readonly undescribedWords: string | null;
  readonly lanes: readonly LaneFlow[];
}

/** Of all streams, or those of one connection, in two statements. */
export async function readFlow(
  tx: Queries,
  of: { connectionId: string | null; parkedSince: number },
): Promise<Map<number, StreamFlow>> {
  const { connectionId } = of;
  const streams = await tx.rows<Omit<StreamFlow, "lanes" | "kindLoading"> & { connectionId: string; kind: string }>(sql`
    select stream.id as "streamId", stream.connection_id as "connectionId", stream.kind, coalesce((select created_at from mapping where mapping.stream_id = stream.id and version = 1), connection.created_at) as "madeAt",
      stream.enabled and stream.direction <> 'out' and (lane.checkpoint is null or lane.checkpoint -> 'cursor' <> 'null' or lane.checkpoint ->> 'phase' <> 'records') as loading,
      owed.count as waiting, owed.since as "owedSince",
      (select count(*) from intent where intent.stream_id = stream.id and intent.state = 'held') as held,
      (select count(*) from parked where parked.stream_id = stream.id and parked.first_at >= ${new Date(of.parkedSince)}) as "parkedLately",
      coalesce((select jsonb_agg(jsonb_build_object('name', name, 'cause', cause, 'message', message, 'pauses', pauses) order by name)
        from schema_drift where schema_drift.stream_id = stream.id), '[]') as drifts,
      stream.undescribed_since as "undescribedSince", stream.undescribed_words as "undescribedWords"
    from stream join connection on connection.id = stream.connection_id
    left join lane on lane.stream_id = stream.id and lane.lane = 'backfill'
    left join lateral (
      select count(*) as count, min(intent.created_at) as since from intent where intent.stream_id = stream.id and intent.state = 'ready') as owed on true
    where (${connectionId}::uuid is null or stream.connection_id = ${connectionId}::uuid) order by stream.position, stream.id`);
  const lanes = await tx.rows<LaneFlow>(sql`
    select stream.id as "streamId", lane.lane, finished.state, finished.ended_at as "endedAt", finished.error, well.ended_at as "doneAt",
      failed.count as failures, failed.since as "failingSince", running.since as "runningSince"
    from stream join lane on lane.stream_id = stream.id
    left join lateral (
      select state, ended_at, error from run where run.stream_id = stream.id and run.lane = lane.lane and run.state in ('done', 'failed')
      order by started_at desc, id desc limit 1) as finished on true
    left join lateral (
      select started_at, ended_at from run where run.stream_id = stream.id and run.lane = lane.lane and run.state = 'done'
      order by started_at desc limit 1) as well on true
    left join lateral (
      select count(*) as count, min(ended_at) as since from (
        select ended_at from run where run.stream_id = stream.id and run.lane = lane.lane and run.state = 'failed'
          and run.started_at > coalesce(well.started_at, '-infinity') order by started_at limit 100) as one) as failed on finished.state = 'failed'
    left join lateral (
      select min(started_at) as since from run where run.stream_id = stream.id and run.lane = lane.lane and run.state = 'running') as running on true
    where (${connectionId}::uuid is null or stream.connection_id = ${connectionId}::uuid) order by stream.id, lane.lane`);
  const byStream = Map.groupBy(lanes, (row) => row.streamId);
  const kindOf = (row: { connectionId: string; kind: string }): string => `${row.connectionId} ${row.kind}`;
  const loading = new Set(streams.filter((row) => row.loading).map(kindOf));
  return new Map(
    streams.map((row) => [
      row.streamId,
      {
        ...row,
        kindLoading: loading.has(kindOf(row)),
        lanes: (byStream.get(row.streamId) ?? []).map((one) => ({ ...one, failures: one.failures ?? 0 })),
      },
    ]),
  );
}
