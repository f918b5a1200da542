// Comparisons: asked for, under way, ended; and which streams are due for one.
import type { Json, JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import type { Claim } from "./lane.ts";
import { integer, sql, uuid } from "./sql.ts";

export type Depth = "versions" | "fields";
export type Repair = "none" | "reads" | "all";

export interface ComparisonRow {
  readonly id: string;
  readonly streamId: number;
  readonly state: "asked" | "running" | "done";
  readonly askedBy: string;
  readonly depth: Depth;
  readonly repair: Repair;
  readonly askedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly againAt: number | null;
  readonly counts: JsonObject;
  readonly note: string | null;
}

/** Who asks for those that nobody asked for. */
export const SCHEDULE = "schedule";

/** Asks for comparisons; where the same one is asked for already, that one is meant. Returns all of these streams that are asked for so. */
export async function askComparisons(
  tx: Queries,
  of: { by: string; depth: Depth; repair: Repair; at: number },
  rows: readonly { id: string; streamId: number }[],
): Promise<{ id: string; streamId: number }[]> {
  if (rows.length === 0) return [];
  const streams = integer(rows.map((row) => row.streamId));
  await tx.run(sql`
    insert into comparison (id, stream_id, state, asked_by, depth, repair, asked_at)
    select seen.id, seen.stream_id, 'asked', ${of.by}, ${of.depth}, ${of.repair}, ${new Date(of.at)}
    from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${streams}::int[]) as seen (id, stream_id) on conflict do nothing`);
  return tx.rows(sql`
    select id, stream_id as "streamId" from comparison
    where stream_id = any(${streams}::int[]) and state = 'asked' and depth = ${of.depth} and repair = ${of.repair} order by id`);
}

/** What a stream's sweep has to do next: go on with what is under way, begin the oldest that is asked for, or look again at what was moving. */
export async function nextComparison(tx: Queries, streamId: number, now: number): Promise<ComparisonRow | undefined> {
  return tx.one<ComparisonRow>(sql`
    select id, stream_id as "streamId", state, asked_by as "askedBy", depth, repair, asked_at as "askedAt", started_at as "startedAt",
      ended_at as "endedAt", again_at as "againAt", counts, note
    from comparison where stream_id = ${streamId} and (state <> 'done' or again_at <= ${new Date(now)})
    order by state = 'running' desc, state = 'asked' desc, id limit 1`);
}

export async function beginComparison(
  tx: Queries,
  id: string,
  of: { depth: Depth; runId: string; at: number },
): Promise<void> {
  // What an earlier one would look at again is looked at by this one.
  await tx.run(sql`
    with earlier as (
      update comparison set again_at = null
      where stream_id = (select stream_id from comparison where id = ${id}::uuid) and id <> ${id}::uuid and state = 'done' and again_at is not null)
    update comparison set state = 'running', depth = ${of.depth}, run_id = ${of.runId}::uuid, started_at = ${new Date(of.at)} where id = ${id}::uuid`);
}

/** The counts so far, written with the step they count. */
export async function countComparison(
  tx: Queries,
  id: string,
  of: { counts: JsonObject; runId: string; note: string | null },
): Promise<void> {
  await tx.run(sql`
    update comparison set counts = counts || ${JSON.stringify(of.counts)}::jsonb, run_id = ${of.runId}::uuid, note = coalesce(${of.note}, note) where id = ${id}::uuid`);
}

/** Moves the checkpoint, with the counts so far of the run and of the comparison. The caller holds the lane. */
export async function moveComparison(
  tx: Queries,
  claim: Pick<Claim, "streamId" | "lane">,
  to: {
    checkpoint: Json;
    run: { id: string; counts: JsonObject };
    comparison: { id: string; counts: JsonObject; note: string | null };
  },
): Promise<void> {
  await tx.run(sql`
    with moved as (
      update lane set checkpoint = ${JSON.stringify(to.checkpoint)}::jsonb where stream_id = ${claim.streamId} and lane = ${claim.lane}),
    counted as (update run set counts = ${JSON.stringify(to.run.counts)}::jsonb where id = ${to.run.id}::uuid)
    update comparison set counts = counts || ${JSON.stringify(to.comparison.counts)}::jsonb, run_id = ${to.run.id}::uuid, note = coalesce(${to.comparison.note}, note)
    where id = ${to.comparison.id}::uuid`);
}

export async function endComparison(
  tx: Queries,
  id: string,
  of: { at: number; againAt: number | null; counts: JsonObject },
): Promise<void> {
  const again = of.againAt === null ? null : new Date(of.againAt);
  await tx.run(sql`
    update comparison set state = 'done', ended_at = ${new Date(of.at)}, again_at = ${again}, counts = counts || ${JSON.stringify(of.counts)}::jsonb
    where id = ${id}::uuid`);
}

/** Lets go of comparisons that ended before a time; the last one of a stream stays. */
export async function deleteComparisonsBefore(tx: Queries, streamId: number, before: number): Promise<void> {
  await tx.run(sql`
    delete from comparison where stream_id = ${streamId} and state = 'done' and ended_at < ${new Date(before)} and again_at is null
      and exists (select from comparison as later where later.stream_id = comparison.stream_id and later.state = 'done' and later.id > comparison.id)`);
}

/** How many records a stream has, and when a comparison of all fields of it last began. */
export async function lastDepth(
  tx: Queries,
  streamId: number,
): Promise<{ linked: number; fieldsAt: number | null; watermark: number | null }> {
  const row = await tx.one<{ linked: number; fieldsAt: number | null; watermark: number | null }>(sql`
    select (select count(*) from link where stream_id = ${streamId} and state = 'active') as linked,
      (select max(started_at) from comparison where stream_id = ${streamId} and depth = 'fields' and state = 'done') as "fieldsAt",
      (select watermark from lane where stream_id = ${streamId} and lane = 'batch') as watermark`);
  return row!;
}

/**
 * Streams that nobody has compared since their hour of the day: each has one of its own, so that the requests are spread over the day. One
 * that is still being read for the first time, or was not yet when its hour came, waits for the next.
 */
export async function streamsToCompare(tx: Queries, now: number): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(sql`
    select stream.id from stream
    join connection on connection.id = stream.connection_id
    join lane on lane.stream_id = stream.id and lane.lane = 'backfill'
    cross join lateral (select ${DAY_MS}::bigint * ((${Math.floor(now)}::bigint - (stream.id * ${SPREAD_MS}::bigint) % ${DAY_MS}::bigint) / ${DAY_MS}::bigint)
      + (stream.id * ${SPREAD_MS}::bigint) % ${DAY_MS}::bigint as at) as slot
    where stream.enabled and stream.direction <> 'out' and connection.problem is null
      and lane.checkpoint -> 'cursor' = 'null' and lane.checkpoint ->> 'phase' = 'records'
      and lane.ran_at <= to_timestamp(slot.at / 1000.0)
      and not exists (select from comparison where comparison.stream_id = stream.id and comparison.asked_by = ${SCHEDULE}
        and (comparison.state <> 'done' or comparison.asked_at >= to_timestamp(slot.at / 1000.0)))
    order by stream.id`);
  return rows.map((row) => row.id);
}

const DAY_MS = 86_400_000;
/** The golden section of a day: streams that follow each other are far apart in it, however many there are. */
export const SPREAD_MS = 53_398_137;

/** Streams with a comparison to begin, to go on with or to look at again, that no wake stands for, unless the stream is still being read as a whole. One that failed is not hurried. */
export async function comparisonsNotWoken(tx: Queries, now: number): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(sql`
    select distinct stream.id from comparison
    join stream on stream.id = comparison.stream_id
    join connection on connection.id = stream.connection_id
    join lane on lane.stream_id = stream.id and lane.lane = 'backfill' and lane.checkpoint -> 'cursor' = 'null' and lane.checkpoint ->> 'phase' = 'records'
    left join wake on wake.stream_id = stream.id and wake.lane = 'sweep'
    where (comparison.state <> 'done' or comparison.again_at <= ${new Date(now)}) and coalesce(wake.wanted <= wake.done, true)
      and stream.enabled and connection.problem is null
      and not exists (select from run where run.id = comparison.run_id and run.state = 'failed' and run.ended_at > ${new Date(now - HURRY_MS)})
    order by stream.id`);
  return rows.map((row) => row.id);
}

const HURRY_MS = 10 * 60_000;

export interface ComparisonListed extends ComparisonRow {
  readonly connection: string;
  readonly stream: string;
  /** Why its last run failed, while it is under way. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Newest first; `last`: of each stream the newest that is not only asked for. */
export async function listComparisons(
  tx: Queries,
  query: {
    streams: readonly number[];
    ids: readonly string[] | null;
    last: boolean;
    after: string | null;
    limit: number;
  },
): Promise<ComparisonListed[]> {
  return tx.rows<ComparisonListed>(sql`
    select comparison.id, comparison.stream_id as "streamId", comparison.state, asked_by as "askedBy", depth, repair, asked_at as "askedAt",
      comparison.started_at as "startedAt", comparison.ended_at as "endedAt", again_at as "againAt", comparison.counts, note,
      connection.name as connection, stream.key as stream, case when comparison.state = 'running' and run.state = 'failed' then run.error end as error
    from comparison join stream on stream.id = comparison.stream_id join connection on connection.id = stream.connection_id
    left join run on run.id = comparison.run_id
    where comparison.stream_id = any(${integer(query.streams)}::int[])
      and (${query.ids === null} or comparison.id = any(${uuid(query.ids ?? [])}::uuid[]))
      and (not ${query.last} or comparison.id = (select last.id from comparison as last where last.stream_id = comparison.stream_id and last.state <> 'asked' order by last.id desc limit 1))
      and (${query.after}::uuid is null or comparison.id < ${query.after}::uuid)
    order by comparison.id desc limit ${query.limit}`);
}

/** The last comparison of each stream that came to its end, for telling how the streams are. */
export async function lastCompared(
  tx: Queries,
  streams: readonly number[],
): Promise<{ streamId: number; endedAt: number; counts: JsonObject }[]> {
  if (streams.length === 0) return [];
  return tx.rows(sql`
    select distinct on (stream_id) stream_id as "streamId", ended_at as "endedAt", counts from comparison
    where stream_id = any(${integer(streams)}::int[]) and state = 'done' order by stream_id, id desc`);
}
