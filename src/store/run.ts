// Runs: one pull, push or sweep of one stream, with an end and counts.
import type { JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { sql } from "./sql.ts";

/** Why a run is over whose process died. */
export const LOST: JsonObject = {
  code: "lane.lost",
  message: "The process that ran it ended; the next run goes on from its last committed page.",
};

/** The counts so far, written with the page they count. */
export async function countRun(tx: Queries, id: string, counts: JsonObject): Promise<void> {
  await tx.run(sql`update run set counts = ${JSON.stringify(counts)}::jsonb where id = ${id}::uuid`);
}

export async function endRun(
  tx: Queries,
  id: string,
  end: { state: "done" | "failed" | "stopped"; at: number; counts: JsonObject; error: JsonObject | null },
): Promise<void> {
  await tx.run(sql`
    update run set state = ${end.state}, ended_at = ${new Date(end.at)}, counts = ${JSON.stringify(end.counts)}::jsonb, error = ${end.error === null ? null : JSON.stringify(end.error)}::jsonb
    where id = ${id}::uuid and state = 'running'`);
}

/** Runs that a process left open which died, of a lane that has nothing else to do. */
export async function closeLostRuns(tx: Queries, of: { streamId: number; lane: string; at: number }): Promise<void> {
  await tx.run(sql`
    update run set state = 'stopped', ended_at = ${new Date(of.at)}, error = ${JSON.stringify(LOST)}::jsonb
    where stream_id = ${of.streamId} and lane = ${of.lane} and state = 'running'`);
}

export interface RunRow {
  readonly id: string;
  readonly streamId: number;
  readonly connectionId: string;
  readonly connection: string;
  readonly stream: string;
  readonly lane: string;
  readonly state: "running" | "done" | "failed" | "stopped";
  readonly trigger: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly counts: JsonObject;
  readonly error: { code: string; message: string } | null;
}

/** Newest first. */
export async function listRuns(
  tx: Queries,
  query: {
    connectionId: string | null;
    state: string | null;
    since: number | null;
    after: string | null;
    id: string | null;
    limit: number;
  },
): Promise<RunRow[]> {
  return tx.rows<RunRow>(sql`
    select run.id, run.stream_id as "streamId", connection.id as "connectionId", connection.name as connection, stream.key as stream, run.lane, run.state, run.trigger,
      run.started_at as "startedAt", run.ended_at as "endedAt", run.counts, run.error
    from run join stream on stream.id = run.stream_id join connection on connection.id = stream.connection_id
    where (${query.connectionId}::uuid is null or connection.id = ${query.connectionId}::uuid) and (${query.state}::text is null or run.state = ${query.state})
      and (${query.since === null ? null : new Date(query.since)}::timestamptz is null or run.started_at >= ${query.since === null ? null : new Date(query.since)}::timestamptz)
      and (${query.after}::uuid is null or run.id < ${query.after}::uuid) and (${query.id}::uuid is null or run.id = ${query.id}::uuid)
    order by run.id desc limit ${query.limit}`);
}

/** The newest finished run of each lane of a stream, and how many are running. */
export async function lastRuns(
  tx: Queries,
  streamId: number,
): Promise<
  {
    lane: string;
    state: string;
    startedAt: number;
    endedAt: number | null;
    counts: JsonObject;
    error: { code: string; message: string } | null;
  }[]
> {
  return tx.rows(sql`
    select distinct on (lane) lane, state, started_at as "startedAt", ended_at as "endedAt", counts, error from run where stream_id = ${streamId} order by lane, started_at desc, id desc`);
}

export interface RunUnderWay {
  readonly streamId: number;
  readonly lane: "backfill" | "push";
  readonly startedAt: number;
  readonly counts: JsonObject;
  /** Sent so far, as far as it is stored. */
  readonly requests: number;
  /** No run of this lane has come to its end before. */
  readonly first: boolean;
}

/** Loads and pushes that run now. */
export async function runsUnderWay(tx: Queries): Promise<RunUnderWay[]> {
  return tx.rows<RunUnderWay>(sql`
    select run.stream_id as "streamId", run.lane, run.started_at as "startedAt", run.counts,
      (select count(*) from exchange where exchange.run_id = run.id and exchange.at >= run.started_at) as requests,
      not exists (select from run as before where before.stream_id = run.stream_id and before.lane = run.lane and before.state = 'done') as first
    from run where run.state = 'running' and run.lane in ('backfill', 'push') order by run.started_at`);
}

/** Runs under way that bring records in step: comparisons only look. */
export async function countRunning(tx: Queries, connectionId: string | null): Promise<number> {
  const row = await tx.one<{ count: number }>(sql`
    select count(*) as count from run join stream on stream.id = run.stream_id where run.state = 'running' and run.lane <> 'sweep' and (${connectionId}::uuid is null or stream.connection_id = ${connectionId}::uuid)`);
  return row!.count;
}
