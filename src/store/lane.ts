// Lanes and wakes: where each part of a stream stands, the fence around it, and what is owed to it.
import type { Json, JsonObject } from "../base/json.ts";
import { WinstonError } from "../base/errors.ts";
import type { Queries } from "./database.ts";
import { LOST } from "./run.ts";
import { integer, sql, text } from "./sql.ts";

export const LANES = ["hints", "batch", "backfill", "sweep", "push"] as const;
export type Lane = (typeof LANES)[number];

/** What a process works on: an id of the lane's own stream, or that of a record of another one with its stream. */
export type InHand = string | readonly [streamId: number, recordId: string];

export interface Claim {
  readonly streamId: number;
  readonly lane: Lane;
  readonly epoch: number;
  readonly checkpoint: Json;
  /** Milliseconds. */
  readonly watermark: number | null;
  /** Processes in a row that died in this lane without getting any further. */
  readonly crashes: number;
  /** The ids that the last of them had in hand, where that was stored. */
  readonly inHand: readonly InHand[] | null;
}

/**
 * Takes the lane and opens a run of it, in one statement: whoever held the lane before commits nothing more, and a run that it left open
 * is over, as that of a process that died. How many died in a row without getting any further, or with something in hand, is counted here.
 * Increments that begin anew begin where they are to be read once more from.
 */
export async function beginRun(
  tx: Queries,
  run: { id: string; streamId: number; lane: Lane; trigger: string; owner: string; at: number },
): Promise<Claim> {
  const { streamId, lane } = run;
  const row = await tx.one<Omit<Claim, "streamId" | "lane">>(sql`
    with again as (
      delete from reread where stream_id = ${streamId} and ${lane === "batch"} and exists (
        select from lane where lane.stream_id = reread.stream_id and lane.lane = 'batch' and watermark is not null
          and coalesce(checkpoint -> 'cursor', 'null') = 'null' and coalesce(checkpoint ->> 'phase', 'records') = 'records')
      returning since),
    taken as (
      insert into lane (stream_id, lane, epoch, owner) values (${streamId}, ${lane}, 1, ${run.owner})
      on conflict (stream_id, lane) do update set epoch = lane.epoch + 1, owner = excluded.owner,
        watermark = least(lane.watermark, (select since from again)),
        checkpoint = case when lane.checkpoint -> 'deletionsTo' <> 'null' and exists (select from again)
          then lane.checkpoint || jsonb_build_object('deletionsTo', least((lane.checkpoint ->> 'deletionsTo')::float8, (select floor(extract(epoch from since) * 1000) from again)))
          else lane.checkpoint end,
        crashes = coalesce(
        (select case when bool_or(left_open.counts <> '{}'::jsonb) and lane.in_hand is null then 0 else lane.crashes + 1 end from run as left_open
         where left_open.stream_id = lane.stream_id and left_open.lane = lane.lane and left_open.state = 'running' having count(*) > 0), lane.crashes)
      returning epoch, checkpoint, watermark, crashes, in_hand),
    lost as (
      update run set state = 'stopped', ended_at = ${new Date(run.at)}, error = ${JSON.stringify(LOST)}::jsonb
      where stream_id = ${streamId} and lane = ${lane} and state = 'running'),
    begun as (
      insert into run (id, stream_id, lane, epoch, state, trigger, started_at)
      select ${run.id}::uuid, ${streamId}, ${lane}, epoch, 'running', ${run.trigger}, ${new Date(run.at)} from taken)
    select epoch, checkpoint, watermark, crashes, in_hand as "inHand" from taken`);
  return { streamId, lane, ...row! };
}

/** Takes the lane: whoever held it before commits nothing more. */
export async function claimLane(tx: Queries, streamId: number, lane: Lane, owner: string): Promise<Claim> {
  const row = await tx.one<Omit<Claim, "streamId" | "lane">>(sql`
    insert into lane (stream_id, lane, epoch, owner) values (${streamId}, ${lane}, 1, ${owner})
    on conflict (stream_id, lane) do update set epoch = lane.epoch + 1, owner = excluded.owner
    returning epoch, checkpoint, watermark, crashes, in_hand as "inHand"`);
  return { streamId, lane, ...row! };
}

/** The fence: fails unless the lane is still ours, and keeps it so until the transaction ends. Throws lane.lost. */
export async function holdLane(tx: Queries, claim: Pick<Claim, "streamId" | "lane" | "epoch">): Promise<void> {
  const held = await tx.one(
    sql`select 1 from lane where stream_id = ${claim.streamId} and lane = ${claim.lane} and epoch = ${claim.epoch} for share`,
  );
  if (!held) throw laneLost(claim);
}

const laneLost = ({ streamId, lane }: Pick<Claim, "streamId" | "lane">): WinstonError =>
  new WinstonError(
    "lane.lost",
    `Another worker took over lane ${lane} of stream ${streamId}; this one stops without committing.`,
  );

/** Moves the checkpoint and the counts of the run that moves it, in a statement that is its own fence. Throws lane.lost. */
export async function moveRun(
  tx: Queries,
  claim: Claim,
  to: { checkpoint: Json; watermark: number | null; run: { id: string; counts: Json } },
): Promise<void> {
  const held = await tx.one(sql`
    with moved as (
      update lane set checkpoint = ${JSON.stringify(to.checkpoint)}::jsonb, watermark = coalesce(${to.watermark === null ? null : new Date(to.watermark)}::timestamptz, watermark)
      where stream_id = ${claim.streamId} and lane = ${claim.lane} and epoch = ${claim.epoch} returning 1),
    counted as (update run set counts = ${JSON.stringify(to.run.counts)}::jsonb where id = ${to.run.id}::uuid and exists (select from moved))
    select 1 from moved`);
  if (!held) throw laneLost(claim);
}

/** The same for a reading of all that a mapping asked for. Returns whether that mapping is still in force: another one begins the reading anew. */
export async function holdReading(
  tx: Queries,
  claim: Pick<Claim, "streamId" | "lane" | "epoch">,
  mapping: number,
): Promise<boolean> {
  await holdLane(tx, claim);
  if (claim.lane !== "backfill") return true;
  const row = await tx.one<{ version: number }>(
    sql`select mapping_version as version from stream where id = ${claim.streamId}`,
  );
  return row?.version === mapping;
}

/** Moves the checkpoint with the page it follows. */
export async function saveCheckpoint(
  tx: Queries,
  claim: Claim,
  to: { checkpoint: Json; watermark: number | null },
): Promise<void> {
  await tx.run(sql`
    update lane set checkpoint = ${JSON.stringify(to.checkpoint)}::jsonb, watermark = coalesce(${to.watermark === null ? null : new Date(to.watermark)}::timestamptz, watermark)
    where stream_id = ${claim.streamId} and lane = ${claim.lane}`);
}

/** Up to when every deletion of a stream has been told, in milliseconds; null before the first look at them. */
export async function deletionsToldTo(tx: Queries, streamId: number): Promise<number | null> {
  const row = await tx.one<{ to: number | null }>(sql`
    select (checkpoint ->> 'deletionsTo')::float8 as to from lane where stream_id = ${streamId} and lane = 'batch'`);
  return row?.to ?? null;
}

/**
 * A run came to its end, well or not: nobody died in it. `failed`: whether it got further before it failed; one that did not says nothing
 * of what the last process died of, and what that had in hand stays known. Returns how many have failed in a row now, apart by that
 * (whichever came last ends the other row), and whether a plan is being applied. Of a lane that another took over meanwhile only the run
 * is ended.
 */
export async function finishRun(
  tx: Queries,
  claim: Claim,
  of: {
    runId: string;
    at: number;
    counts: JsonObject;
    failed: "further" | "nowhere" | null;
    error: JsonObject | null;
  },
): Promise<{ stuck: number; halting: number; applying: boolean }> {
  const nowhere = of.failed === "nowhere";
  // Of one alone it is known only until it is set aside.
  const inHand = JSON.stringify(claim.inHand);
  const several = (claim.inHand?.length ?? 0) > 1;
  const row = await tx.one<{ stuck: number | null; halting: number | null; applying: boolean }>(sql`
    with finished as (
      update lane set ran_at = ${new Date(of.at)}, crashes = case when ${nowhere} then crashes else 0 end,
        in_hand = case when ${nowhere} and (${several} or in_hand = ${inHand}::jsonb) then ${inHand}::jsonb end,
        stuck = case when ${nowhere} then stuck + 1 else 0 end, halting = case when ${of.failed === "further"} then halting + 1 else 0 end
      where stream_id = ${claim.streamId} and lane = ${claim.lane} and epoch = ${claim.epoch} returning stuck, halting),
    ended as (
      update run set state = ${of.failed === null ? "done" : "failed"}, ended_at = ${new Date(of.at)}, counts = ${JSON.stringify(of.counts)}::jsonb,
        error = ${of.error === null ? null : JSON.stringify(of.error)}::jsonb
      where id = ${of.runId}::uuid and state = 'running')
    select (select stuck from finished) as stuck, (select halting from finished) as halting, exists (select from plan where state = 'applying') as applying`);
  return { stuck: row!.stuck ?? 0, halting: row!.halting ?? 0, applying: row!.applying };
}

/** What is about to be touched, before it is; none: nothing is any more. */
export async function noteInHand(
  tx: Queries,
  claim: Pick<Claim, "streamId" | "lane">,
  ids: readonly InHand[],
): Promise<void> {
  await tx.run(sql`
    update lane set in_hand = ${ids.length === 0 ? null : JSON.stringify(ids)}::jsonb where stream_id = ${claim.streamId} and lane = ${claim.lane}`);
}

/** Sets a lane's starting point without taking it: a new stream's increments begin where its backfill began. */
export async function placeLane(
  tx: Queries,
  streamId: number,
  lane: Lane,
  to: { watermark: number | null; checkpoint: Json },
): Promise<void> {
  await tx.run(sql`
    insert into lane (stream_id, lane, watermark, checkpoint) values (${streamId}, ${lane}, ${to.watermark === null ? null : new Date(to.watermark)}, ${JSON.stringify(to.checkpoint)}::jsonb)
    on conflict (stream_id, lane) do update set watermark = excluded.watermark, checkpoint = excluded.checkpoint`);
}

/**
 * Has the increments of a stream begin where its first load began by the vendor's own clock, where that is before they were placed: they
 * were placed by ours when the stream was made, less `leadMs`, and what the vendor stamped meanwhile would be read by neither.
 */
export async function beginWithLoad(tx: Queries, streamId: number, leadMs: number): Promise<void> {
  await tx.run(sql`
    insert into reread (stream_id, since)
    select batch.stream_id, load.began from lane batch join (
      select stream_id, coalesce(watermark, to_timestamp((checkpoint ->> 'recordsTo')::float8 / 1000)) as began from lane where lane = 'backfill') as load
      on load.stream_id = batch.stream_id
    where batch.stream_id = ${streamId} and batch.lane = 'batch' and load.began < batch.watermark
      and load.began < (select created_at from mapping where stream_id = ${streamId} and version = 1) - ${leadMs}::float8 * interval '1 millisecond'
    on conflict (stream_id) do update set since = least(reread.since, excluded.since)`);
}

/** Has all of a stream read once more, from its start. A first load that has not come to its end stays one. */
export async function readAnew(tx: Queries, streamId: number): Promise<void> {
  await tx.run(sql`
    update lane set watermark = null,
      checkpoint = case when lane.checkpoint is null or lane.checkpoint -> 'cursor' <> 'null' or lane.checkpoint ->> 'phase' <> 'records' then null else 'null'::jsonb end
    where stream_id = ${streamId} and lane = 'backfill'`);
}

/**
 * Has a stream read its changes from a time on, where it has read further or is reading just now: what was told of them is told once more.
 * A reading that is under way, or was cut off, comes to its end first.
 */
export async function readChangesFrom(tx: Queries, streamId: number, from: number): Promise<void> {
  await tx.run(sql`
    insert into reread (stream_id, since)
    select stream_id, ${new Date(from)} from lane where stream_id = ${streamId} and lane = 'batch' and watermark is not null
      and (watermark > ${new Date(from)} or checkpoint -> 'cursor' <> 'null' or checkpoint ->> 'phase' <> 'records'
        or exists (select from run where run.stream_id = lane.stream_id and run.lane = lane.lane and run.state = 'running'))
    on conflict (stream_id) do update set since = least(reread.since, excluded.since)`);
}

/**
 * Notes that work is owed; returns the lanes that owed nothing before. Only those need a job: where a wake already stood, its job is
 * still to come or still at work, and looks again before it ends. In the order of (stream, lane), so that two transactions never
 * wait for each other in a circle. A stream whose connection was removed is not woken.
 */
export async function noteWakes(
  tx: Queries,
  wakes: readonly { streamId: number; lane: Lane }[],
): Promise<{ streamId: number; lane: Lane }[]> {
  if (wakes.length === 0) return [];
  const unique = [...new Map(wakes.map((one) => [`${one.streamId} ${one.lane}`, one])).values()];
  const sorted = unique.toSorted((a, b) => a.streamId - b.streamId || (a.lane < b.lane ? -1 : 1));
  const rows = await tx.rows<{ streamId: number; lane: Lane; first: boolean }>(sql`
    insert into wake (stream_id, lane, wanted)
    select seen.stream_id, seen.lane, 1 from unnest(${integer(sorted.map((one) => one.streamId))}::int[], ${text(sorted.map((one) => one.lane))}::text[]) as seen (stream_id, lane)
    join (select id from stream where id = any(${integer(sorted.map((one) => one.streamId))}::int[]) order by id for key share) as stream on stream.id = seen.stream_id
    order by seen.stream_id, seen.lane
    on conflict (stream_id, lane) do update set wanted = wake.wanted + 1
    returning stream_id as "streamId", lane, wanted - 1 = done as first`);
  return rows.filter((row) => row.first);
}

/** How often the lane was woken, and up to where that was answered. */
export async function readWake(tx: Queries, streamId: number, lane: Lane): Promise<{ wanted: number; done: number }> {
  return (
    (await tx.one<{ wanted: number; done: number }>(
      sql`select wanted, done from wake where stream_id = ${streamId} and lane = ${lane}`,
    )) ?? { wanted: 0, done: 0 }
  );
}

/** All wakes up to `wanted` are answered. Returns whether later ones still stand. */
export async function answerWake(tx: Queries, streamId: number, lane: Lane, wanted: number): Promise<boolean> {
  const row = await tx.one<{ more: boolean }>(sql`
    update wake set done = greatest(done, ${wanted}) where stream_id = ${streamId} and lane = ${lane} returning wanted > done as more`);
  return row?.more ?? false;
}

/** Enabled streams that read, with their schedule and when each read its changes last. */
export async function readingStreams(tx: Queries): Promise<
  {
    id: number;
    everyMs: number;
    cron: string | null;
    zone: string | null;
    ranAt: number | null;
    lookedAt: number | null;
    suspected: boolean;
  }[]
> {
  return tx.rows(sql`
    select stream.id, stream.every_ms as "everyMs", stream.cron, stream.zone, lane.ran_at as "ranAt",
      stream.described_at as "lookedAt", stream.suspected_at is not null as suspected
    from stream join connection on connection.id = stream.connection_id
    left join lane on lane.stream_id = stream.id and lane.lane = 'batch'
    where stream.enabled and stream.direction <> 'out' and connection.problem is null
    order by stream.position, stream.id`);
}

/** Streams of a connection whose first load (or full reading) has not come to its end: never begun, or cut short at a cursor. */
export async function unfinishedLoads(tx: Queries, connectionId: string): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(sql`
    select stream.id from stream left join lane on lane.stream_id = stream.id and lane.lane = 'backfill'
    where stream.connection_id = ${connectionId}::uuid and stream.enabled and stream.direction <> 'out'
      and (lane.checkpoint is null or lane.checkpoint -> 'cursor' <> 'null' or lane.checkpoint ->> 'phase' <> 'records')
    order by stream.position, stream.id`);
  return rows.map((row) => row.id);
}

/**
 * Of unfinished loads, those for which no wake stands although nothing stops them: each waits for its parents, for a later try after
 * it failed (only with `failed`), or was forgotten.
 */
export async function loadsNotWoken(
  tx: Queries,
  of: { connectionId: string | null; failed: boolean },
): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(sql`
    select stream.id from stream join connection on connection.id = stream.connection_id
    left join lane on lane.stream_id = stream.id and lane.lane = 'backfill'
    left join wake on wake.stream_id = stream.id and wake.lane = 'backfill'
    where (${of.connectionId}::uuid is null or connection.id = ${of.connectionId}::uuid) and connection.problem is null
      and stream.enabled and stream.direction <> 'out' and coalesce(wake.wanted <= wake.done, true)
      and (lane.checkpoint is null or lane.checkpoint -> 'cursor' <> 'null' or lane.checkpoint ->> 'phase' <> 'records')
      and (${of.failed} or (select run.state from run where run.stream_id = stream.id and run.lane = 'backfill'
                            order by run.started_at desc, run.id desc limit 1) is distinct from 'failed')
    order by stream.position, stream.id`);
  return rows.map((row) => row.id);
}

/** Whether a stream's backfill is owed: never ended, cut short, or asked for anew. A wake that came while the last one ran finds it done. */
export async function backfillOwed(tx: Queries, streamId: number): Promise<boolean> {
  const row = await tx.one<{ owed: boolean }>(sql`
    select coalesce(checkpoint = 'null'::jsonb or checkpoint -> 'cursor' <> 'null' or checkpoint ->> 'phase' <> 'records', true) as owed
    from lane where stream_id = ${streamId} and lane = 'backfill'`);
  return row?.owed ?? true;
}

/** Lanes with wakes not answered. */
export async function owedLanes(tx: Queries, connectionId: string | null): Promise<{ streamId: number; lane: Lane }[]> {
  return tx.rows(sql`
    select wake.stream_id as "streamId", wake.lane from wake join stream on stream.id = wake.stream_id
    where wake.wanted > wake.done and (${connectionId}::uuid is null or stream.connection_id = ${connectionId}::uuid)
    order by stream.position, wake.stream_id`);
}
