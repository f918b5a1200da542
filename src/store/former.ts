// What outlives a connection: links, history and names. What was owed to it, or waits for it, goes with it.
import type { Queries } from "./database.ts";
import { integer, sql } from "./sql.ts";

/**
 * Removes a connection and all that was owed to it. Its streams are remembered by name and account. Call it before anything is decided on what
 * is left: who is at work for one of its streams ends first, and whoever comes later finds none.
 */
export async function removeConnection(tx: Queries, id: string, at: number): Promise<void> {
  const rows = await tx.rows<{ id: number }>(sql`
    insert into former_stream (id, connection_id, connection, vendor, organisation_id, key, kind, removed_at)
    select stream.id, connection.id, connection.name, connection.vendor, connection.organisation_id, stream.key, stream.kind, ${new Date(at)}
    from stream join connection on connection.id = stream.connection_id where connection.id = ${id}::uuid
    on conflict (id) do nothing returning id`);
  await tx.run(sql`delete from connection where id = ${id}::uuid`);
  const streams = integer(rows.map((row) => row.id));
  await tx.run(sql`delete from intent where stream_id = any(${streams}::int[])`);
  await tx.run(sql`delete from pending_push where stream_id = any(${streams}::int[])`);
  await tx.run(sql`delete from pending_reference where stream_id = any(${streams}::int[])`);
  await tx.run(sql`delete from parked where stream_id = any(${streams}::int[])`);
  // What was under way may have arrived, and nobody will ask any more.
  await tx.run(sql`
    with open as (delete from attempt where stream_id = any(${streams}::int[]) returning *)
    insert into write (at, attempt_id, stream_id, entity_id, record_id, op, version, before, sent, returned, outcome, vendor, run_id)
    select ${new Date(at)}, id, stream_id, entity_id, record_id, op, version, before, sent, null, 'unknown', null, run_id from open`);
  await tx.run(sql`
    update run set state = 'stopped', ended_at = ${new Date(at)}, error = ${JSON.stringify(REMOVED)}::jsonb
    where stream_id = any(${streams}::int[]) and state = 'running'`);
}

const REMOVED = { code: "stopped", message: "Its connection was removed while it ran." };

/** Under no mapping: its fields meet anew. */
export const AWAY = 0;

/**
 * A connection to an account that was connected before takes up what was linked there: a record that neither carries Winston's id nor has a
 * key is known by nothing else. What both sides last agreed on is not taken for agreed any more. Returns how many links there were.
 */
export async function takeUpLinks(
  tx: Queries,
  of: { connectionId: string; vendor: string; organisationId: string },
): Promise<number> {
  const rows = await tx.rows<{ was: number; is: number }>(sql`
    select former.id as was, stream.id as is from former_stream former
    join stream on stream.connection_id = ${of.connectionId}::uuid and stream.key = former.key and stream.kind = former.kind
    where former.connection_id = (
      select connection_id from former_stream where vendor = ${of.vendor} and organisation_id = ${of.organisationId}
      order by removed_at desc, connection_id limit 1)`);
  if (rows.length === 0) return 0;
  const was = integer(rows.map((row) => row.was));
  const is = integer(rows.map((row) => row.is));
  await tx.run(sql`
    update alias set stream_id = now.id from unnest(${was}::int[], ${is}::int[]) as now (was, id) where alias.stream_id = now.was`);
  await tx.run(sql`
    update unsent set stream_id = now.id from unnest(${was}::int[], ${is}::int[]) as now (was, id) where unsent.stream_id = now.was`);
  return tx.run(sql`
    update link set stream_id = now.id, connection_id = ${of.connectionId}::uuid, mapping_version = ${AWAY}, image = null, parked = false
    from unnest(${was}::int[], ${is}::int[]) as now (was, id) where link.stream_id = now.was`);
}
