// What a plan is held against: how many records a stream has, what was written of it in a day so far, and how long requests take there.
import type { Queries } from "./database.ts";
import { integer, sql } from "./sql.ts";

/** Records that are linked, by stream. */
export async function linkedRecords(tx: Queries, streamIds: readonly number[]): Promise<Map<number, number>> {
  const rows = await tx.rows<{ streamId: number; count: number }>(sql`
    select stream_id as "streamId", count(*) as count from link where stream_id = any(${integer(streamIds)}::int[]) and state = 'active' group by stream_id`);
  return new Map(rows.map((row) => [row.streamId, row.count]));
}

/** How many records were written on each day (UTC) on which any were, by stream. */
export async function writtenByDay(
  tx: Queries,
  streamIds: readonly number[],
  within: { readonly from: number; readonly to: number },
): Promise<Map<number, number[]>> {
  const rows = await tx.rows<{ streamId: number; count: number }>(sql`
    select day.stream_id as "streamId", day.count from (
      select stream_id, date_trunc('day', started_at at time zone 'UTC') as day,
        sum(coalesce((counts ->> 'created')::bigint, 0) + coalesce((counts ->> 'updated')::bigint, 0) + coalesce((counts ->> 'deleted')::bigint, 0))::bigint as count
      from run where stream_id = any(${integer(streamIds)}::int[]) and lane = 'push' and started_at >= ${new Date(within.from)} and started_at < ${new Date(within.to)}
      group by 1, 2) as day
    where day.count > 0 order by day.stream_id, day.day`);
  const days = new Map<number, number[]>();
  for (const { streamId, count } of rows) days.set(streamId, [...(days.get(streamId) ?? []), count]);
  return days;
}

/** What waits for a person: in no plan, however much of it there is. */
export interface Waiting {
  /** Writes that wait for whether the record is there already. */
  readonly held: number;
  readonly parked: number;
  readonly conflicts: number;
  /** Pairs that may be one. */
  readonly duplicates: number;
  /** Deletions and blankings that the brake holds. */
  readonly braked: number;
}

/** What waits for a person in these streams, and among the things that they bring. */
export async function waitingIn(tx: Queries, streamIds: readonly number[]): Promise<Waiting> {
  const ids = integer(streamIds);
  const row = await tx.one<Waiting>(sql`
    select (select count(*) from intent where state = 'held' and stream_id = any(${ids}::int[])) as held,
      (select count(*) from parked where reason <> 'record.withdrawn' and stream_id = any(${ids}::int[])) as parked,
      (select count(*) from conflict where winner = 'open' and stream_id = any(${ids}::int[])) as conflicts,
      (select count(*) from duplicate where state = 'open' and kind in (select kind from stream where id = any(${ids}::int[]))) as duplicates,
      (select count(*) from loss where state = 'waits' and stream_id = any(${ids}::int[])) as braked`);
  return row!;
}

/** How long the last requests of each connection took on average, in milliseconds, by its name. */
export async function requestTimes(tx: Queries, since: number): Promise<Map<string, number>> {
  const rows = await tx.rows<{ name: string; ms: number }>(sql`
    select connection.name, last.ms from connection cross join lateral (
      select avg(ms)::float8 as ms from (
        select ms from exchange where exchange.connection_id = connection.id and exchange.at >= ${new Date(since)} order by at desc limit 500) recent) last
    where last.ms is not null`);
  return new Map(rows.map((row) => [row.name, row.ms]));
}
