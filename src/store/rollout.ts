// How much of what is owed a connection is let go: a share of all things, and those on a list.
//
// The share is told by the thing's own id, so that it is the same at each look and in each process, and a larger share only adds to it.
import type { Queries, Tx } from "./database.ts";
import { sql, uuid } from "./sql.ts";

export interface Rollout {
  /** Of a hundred things, those that are let go; the list is, in any case. */
  readonly percent: number;
  /** How many stand on the list. */
  readonly records: number;
}

/** Of connections that let go only a part. */
export async function readRollouts(tx: Queries): Promise<Map<string, Rollout>> {
  const rows = await tx.rows<{ id: string; percent: number; records: number }>(sql`
    select id, rollout_percent as percent, (select count(*) from rollout_member where connection_id = connection.id) as records
    from connection where rollout_percent is not null`);
  return new Map(rows.map(({ id, ...rollout }) => [id, rollout]));
}

/** Null lets all go. The list is replaced where one is given. */
export async function setRollout(
  tx: Tx,
  connectionId: string,
  to: { readonly percent: number; readonly records?: readonly string[] | undefined } | null,
): Promise<void> {
  await tx.run(sql`update connection set rollout_percent = ${to?.percent ?? null} where id = ${connectionId}::uuid`);
  if (to !== null && to.records === undefined) return;
  await tx.run(sql`delete from rollout_member where connection_id = ${connectionId}::uuid`);
  await tx.run(sql`
    insert into rollout_member (connection_id, entity_id)
    select distinct ${connectionId}::uuid, id from unnest(${uuid(to?.records ?? [])}::uuid[]) as listed (id)`);
}

/**
 * Puts what is owed a connection where the rollout has it: `ready`, what became owed and is not let go waits as staged; `both`, what is let go by
 * now goes, too. Returns the streams that owe something more than before.
 */
export async function placeInRollout(tx: Queries, connectionId: string, of: "ready" | "both"): Promise<number[]> {
  const rows = await tx.rows<{ id: number; state: string }>(sql`
    update intent set state = placed.state from (
      select owed.stream_id, owed.entity_id, case when connection.rollout_percent is null
          or ('x' || substr(md5(owed.entity_id::text), 1, 8))::bit(32)::bigint % 100 < connection.rollout_percent
          or exists (select from rollout_member member left join entity listed on listed.id = member.entity_id
            where member.connection_id = connection.id and owed.entity_id in (member.entity_id, listed.merged_into))
        then 'ready' else 'staged' end as state
      from intent as owed join stream on stream.id = owed.stream_id join connection on connection.id = stream.connection_id
      where connection.id = ${connectionId}::uuid and (owed.state = 'ready' or ${of === "both"} and owed.state = 'staged')) as placed
    where intent.stream_id = placed.stream_id and intent.entity_id = placed.entity_id and intent.state <> placed.state
    returning intent.stream_id as id, intent.state`);
  return [...new Set(rows.flatMap((row) => (row.state === "ready" ? [row.id] : [])))];
}

/** Of these entities, those that the rollout of a connection lets go. Reads only. */
export async function letGo(
  tx: Queries,
  connectionId: string,
  entityIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.rows<{ id: string }>(sql`
    select owed.id from unnest(${uuid(entityIds)}::uuid[]) as owed (id) join connection on connection.id = ${connectionId}::uuid
    where connection.rollout_percent is null
      or ('x' || substr(md5(owed.id::text), 1, 8))::bit(32)::bigint % 100 < connection.rollout_percent
      or exists (select from rollout_member member left join entity listed on listed.id = member.entity_id
        where member.connection_id = connection.id and owed.id in (member.entity_id, listed.merged_into))`);
  return new Set(rows.map((row) => row.id));
}
