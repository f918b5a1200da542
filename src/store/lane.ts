// Lanes and wakes: where each part of a stream stands, the fence around it, and what is owed to it.
import type { Json } from "../base/json.ts";
import { WinstonError } from "../base/errors.ts";
import type { Queries } from "./database.ts";
import { integer, sql, text } from "./sql.ts";

export const LANES = ["hints", "batch", "backfill", "sweep", "push"] as const;
export type Lane = (typeof LANES)[number];

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
  readonly inHand: readonly string[] | null;
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
  if (!held)
    throw new WinstonError(
      "lane.lost",
      `Another worker took over lane ${claim.lane} of stream ${claim.streamId}; this one stops without committing.`,
    );
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
 * A run came to its end, well or not: nobody died in it. `failed`: whether it got further before it failed. Returns how many have failed
 * in a row now, apart by that; whichever came last ends the other row.
 */
export async function finishLane(
  tx: Queries,
  claim: Claim,
  of: { at: number; failed: "further" | "nowhere" | null },
): Promise<{ stuck: number; halting: number }> {
  const row = await tx.one<{ stuck: number; halting: number }>(sql`
    update lane set ran_at = ${new Date(of.at)}, crashes = 0, in_hand = null,
      stuck = case when ${of.failed === "nowhere"} then stuck + 1 else 0 end, halting = case when ${of.failed === "further"} then halting + 1 else 0 end
    where stream_id = ${claim.streamId} and lane = ${claim.lane} returning stuck, halting`);
  return row ?? { stuck: 0, halting: 0 };
}

/** A process died in this lane, having got further or not. Returns how many did in a row without getting any further, or with something stored in hand. */
export async function noteCrash(tx: Queries, claim: Claim, further: boolean): Promise<number> {
  const row = await tx.one<{ crashes: number }>(sql`
    update lane set crashes = case when ${further} and in_hand is null then 0 else crashes + 1 end
    where stream_id = ${claim.streamId} and lane = ${claim.lane} returning crashes`);
  return row!.crashes;
}

/** What is about to be touched, before it is; none: nothing is any more. */
export async function noteInHand(
  tx: Queries,
  claim: Pick<Claim, "streamId" | "lane">,
  ids: readonly string[],
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
 * Notes that work is owed; returns the lanes that owed nothing before. Only those need a job: where a wake already stood, its job is
 * still to come or still at work, and looks again before it ends. In the order of (stream, lane), so that two transactions never
 * wait for each other in a circle.
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
export async function readingStreams(
  tx: Queries,
): Promise<{ id: number; everyMs: number; cron: string | null; zone: string | null; ranAt: number | null }[]> {
  return tx.rows(sql`
    select stream.id, stream.every_ms as "everyMs", stream.cron, stream.zone, lane.ran_at as "ranAt"
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
