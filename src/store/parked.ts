// Parked: set aside for a person or a change, with its reason; never in the way of the rest.
import type { JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { integer, jsonb, sql, text } from "./sql.ts";

export interface ParkedWrite {
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
  readonly field: string | null;
  readonly vendor: JsonObject | null;
}

export async function park(
  tx: Queries,
  of: { streamId: number; side: "pull" | "push"; mapping: number; runId: string | null; at: number },
  rows: readonly ParkedWrite[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into parked (stream_id, side, mapping_version, run_id, first_at, last_at, subject, reason, message, field, vendor)
    select ${of.streamId}, ${of.side}, ${of.mapping}, ${of.runId}::uuid, ${new Date(of.at)}, ${new Date(of.at)}, seen.*
    from unnest(${text(rows.map((row) => row.subject))}::text[], ${text(rows.map((row) => row.reason))}::text[], ${text(rows.map((row) => row.message))}::text[],
                ${text(rows.map((row) => row.field))}::text[], ${jsonb(rows.map((row) => (row.vendor === null ? null : JSON.stringify(row.vendor))))}::jsonb[]) as seen
    on conflict (stream_id, side, subject) do update set reason = excluded.reason, message = excluded.message, field = excluded.field, vendor = excluded.vendor,
      mapping_version = excluded.mapping_version, run_id = excluded.run_id, last_at = excluded.last_at, times = parked.times + 1`);
}

/** Those of these subjects that are parked for this reason. */
export async function parkedFor(
  tx: Queries,
  streamId: number,
  side: "pull" | "push",
  of: { reason: string; subjects: readonly string[] },
): Promise<Set<string>> {
  if (of.subjects.length === 0) return new Set();
  const rows = await tx.rows<{ subject: string }>(sql`
    select subject from parked where stream_id = ${streamId} and side = ${side} and reason = ${of.reason} and subject = any(${text(of.subjects)}::text[])`);
  return new Set(rows.map((row) => row.subject));
}

/** What is parked of a stream's records for this reason, under this version of its mapping. */
export async function parkedAs(
  tx: Queries,
  streamId: number,
  of: { reason: string; mapping: number },
): Promise<Set<string>> {
  const rows = await tx.rows<{ subject: string }>(sql`
    select subject from parked where stream_id = ${streamId} and side = 'pull' and reason = ${of.reason} and mapping_version = ${of.mapping}`);
  return new Set(rows.map((row) => row.subject));
}

/** Those of these that are parked for this reason are asked for no longer, before they are tried. Returns which. */
export async function noteAnsweredOnce(
  tx: Queries,
  streamId: number,
  of: { reason: string; subjects: readonly string[] },
): Promise<string[]> {
  const rows = await tx.rows<{ subject: string }>(sql`
    update parked set asked = false where stream_id = ${streamId} and side = 'pull' and reason = ${of.reason} and asked
      and subject = any(${text(of.subjects)}::text[]) returning subject`);
  return rows.map((row) => row.subject);
}

/** These could not be tried after all: they are asked for still. */
export async function noteAskedStill(tx: Queries, streamId: number, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  await tx.run(
    sql`update parked set asked = true where stream_id = ${streamId} and side = 'pull' and subject = any(${text(subjects)}::text[])`,
  );
}

/** Freed: these are well again. Returns how many were parked. */
export async function unpark(
  tx: Queries,
  streamId: number,
  side: "pull" | "push",
  subjects: readonly string[],
): Promise<number> {
  if (subjects.length === 0) return 0;
  return tx.run(
    sql`delete from parked where stream_id = ${streamId} and side = ${side} and subject = any(${text(subjects)}::text[])`,
  );
}

/** What was parked while an entity was written, at any connection: nothing is owed for it any more. */
export async function unparkPushesOf(tx: Queries, entityId: string): Promise<void> {
  await tx.run(
    sql`delete from parked using stream where stream.id = parked.stream_id and side = 'push' and subject = ${entityId}`,
  );
}

export interface ParkedRow {
  readonly streamId: number;
  readonly connection: string;
  readonly stream: string;
  readonly side: "pull" | "push";
  readonly subject: string;
  readonly reason: string;
  readonly message: string;
  readonly field: string | null;
  readonly vendor: JsonObject | null;
  readonly times: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export async function listParked(
  tx: Queries,
  query: {
    connectionId: string | null;
    streams: readonly number[] | null;
    after: readonly [number, string, string] | null;
    limit: number;
  },
): Promise<ParkedRow[]> {
  return tx.rows<ParkedRow>(sql`
    select parked.stream_id as "streamId", connection.name as connection, stream.key as stream, parked.side, parked.subject, parked.reason, parked.message, parked.field, parked.vendor, parked.times, first_at as "firstAt", last_at as "lastAt"
    from parked join stream on stream.id = parked.stream_id join connection on connection.id = stream.connection_id
    where (${query.connectionId}::uuid is null or connection.id = ${query.connectionId}::uuid)
      and (${query.streams === null} or parked.stream_id = any(${integer(query.streams ?? [])}::int[]))
      and (${query.after === null} or (parked.stream_id, side, subject) > (${query.after?.[0] ?? 0}, ${query.after?.[1] ?? ""}, ${query.after?.[2] ?? ""}))
    order by parked.stream_id, side, subject limit ${query.limit}`);
}

/** Parked by cause, which is the reason and the field, the most frequent first; each with the words about one example. */
export async function parkedByCause(
  tx: Queries,
  of: { runId: string | null; connectionId: string | null },
): Promise<
  {
    stream: string;
    side: string;
    reason: string;
    message: string;
    field: string | null;
    count: number;
    example: string;
  }[]
> {
  return tx.rows(sql`
    select stream.key as stream, side, reason, (array_agg(message order by subject))[1] as message, field, count(*) as count, min(subject) as example
    from parked join stream on stream.id = parked.stream_id
    where (${of.runId}::uuid is null or parked.run_id = ${of.runId}::uuid) and (${of.connectionId}::uuid is null or stream.connection_id = ${of.connectionId}::uuid)
    group by stream.key, side, reason, field order by count(*) desc, reason limit 50`);
}

/** Lets parked pushes go again: of some subjects, or all of these streams. Returns their streams. */
export async function releasePushes(tx: Queries, streams: readonly number[], subject: string | null): Promise<number> {
  return tx.run(sql`
    update intent set state = 'ready', tries = 0, not_before = null
    where stream_id = any(${integer(streams)}::int[]) and state = 'parked' and (${subject}::text is null or entity_id::text = ${subject})`);
}

/** Asks for parked records of these streams to be read again, all or one. Returns the stream of each. */
export async function askForParked(tx: Queries, streams: readonly number[], subject: string | null): Promise<number[]> {
  const rows = await tx.rows<{ streamId: number }>(sql`
    update parked set asked = true where stream_id = any(${integer(streams)}::int[]) and side = 'pull'
      and (${subject}::text is null or subject = ${subject}) returning stream_id as "streamId"`);
  return rows.map((row) => row.streamId);
}

/** Parked records that somebody asked for, in the order of their ids. */
export async function askedRecords(
  tx: Queries,
  streamId: number,
  of: { after: string | null; limit: number },
): Promise<string[]> {
  const rows = await tx.rows<{ subject: string }>(sql`
    select subject from parked where stream_id = ${streamId} and side = 'pull' and asked
      and (${of.after}::text is null or subject > ${of.after}) order by subject limit ${of.limit}`);
  return rows.map((row) => row.subject);
}

/** These were read again: one that is still not well stays parked, and nobody asks for it any more. */
export async function noteAnswered(tx: Queries, streamId: number, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  await tx.run(
    sql`update parked set asked = false where stream_id = ${streamId} and side = 'pull' and subject = any(${text(subjects)}::text[])`,
  );
}
