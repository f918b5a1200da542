// Pairs that may be one thing: nobody decides but a person, and what would be doubled meanwhile is held.
import type { Queries } from "./database.ts";
import { sql, uuid } from "./sql.ts";

/** Asks about pairs that nobody was asked about before, whichever way round. `connectionId`: only there they cannot both be. */
export async function insertDuplicates(
  tx: Queries,
  of: { kind: string; at: number; connectionId?: string },
  rows: readonly { id: string; leftId: string; rightId: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into duplicate (kind, found_at, connection_id, id, left_id, right_id)
    select ${of.kind}, ${new Date(of.at)}, ${of.connectionId ?? null}::uuid, seen.* from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${uuid(rows.map((row) => row.leftId))}::uuid[], ${uuid(rows.map((row) => row.rightId))}::uuid[]) as seen (id, left_id, right_id)
    where not exists (select from duplicate as known where known.left_id = seen.right_id and known.right_id = seen.left_id)
    on conflict (left_id, right_id) do nothing`);
}

/**
 * Holds what these entities owe a stream as creates while a person is asked whether one of them is another that is at that connection,
 * or would be made there too. Returns which. Where nobody is asked about any of them it is one look at an index.
 */
export async function holdDoubtful(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  from: "ready" | "parked" = "ready",
): Promise<string[]> {
  if (entityIds.length === 0) return [];
  const asked = await tx.rows<{ id: string }>(sql`
    select seen.id from unnest(${uuid(entityIds)}::uuid[]) as seen (id)
    where exists (select from duplicate where state = 'open' and left_id = seen.id)
       or exists (select from duplicate where state = 'open' and right_id = seen.id)`);
  if (asked.length === 0) return [];
  const rows = await tx.rows<{ id: string }>(sql`
    update intent set state = 'held', tries = 0, not_before = null
    where stream_id = ${streamId} and state = ${from} and entity_id = any(${uuid(asked.map((row) => row.id))}::uuid[])
      and exists (select from doubtful_create as doubtful where doubtful.stream_id = intent.stream_id and doubtful.entity_id = intent.entity_id)
    returning entity_id as id`);
  return rows.map((row) => row.id);
}

/** Lets go what is held and no longer in doubt: decided, the other one gone, or linked meanwhile. Returns the streams that owe pushes now. */
export async function releaseHeld(tx: Queries): Promise<number[]> {
  const rows = await tx.rows<{ streamId: number }>(sql`
    update intent set state = 'ready' where state = 'held'
      and not exists (select from doubtful_create as doubtful where doubtful.stream_id = intent.stream_id and doubtful.entity_id = intent.entity_id)
    returning stream_id as "streamId"`);
  return [...new Set(rows.map((row) => row.streamId))];
}

export interface DuplicateRow {
  readonly id: string;
  readonly kind: string;
  readonly leftId: string;
  readonly rightId: string;
  readonly state: "open" | "same" | "different";
  readonly foundAt: number;
  /** The connection that keeps only one of the two; null where they look alike by themselves. */
  readonly connection: string | null;
}

/** Oldest first. Open pairs of which one is gone meanwhile, deleted or merged, ask nothing any more and are left out. */
export async function listDuplicates(
  tx: Queries,
  query: { state: string | null; id: string | null; after: string | null; limit: number },
): Promise<DuplicateRow[]> {
  return tx.rows<DuplicateRow>(sql`
    select id, kind, left_id as "leftId", right_id as "rightId", state, found_at as "foundAt",
      (select name from connection where connection.id = duplicate.connection_id) as connection
    from duplicate
    where (${query.state}::text is null or state = ${query.state}) and (${query.id}::uuid is null or id = ${query.id}::uuid) and (${query.after}::uuid is null or id > ${query.after}::uuid)
      and (${query.id}::uuid is not null or state <> 'open' or not exists (select from entity where entity.id in (left_id, right_id) and entity.deleted_at is not null))
    order by id limit ${query.limit}`);
}

/** The open pairs among these entities. */
export async function openPairs(tx: Queries, ids: readonly string[]): Promise<(readonly [string, string])[]> {
  if (ids.length < 2) return [];
  const rows = await tx.rows<{ leftId: string; rightId: string }>(sql`
    select left_id as "leftId", right_id as "rightId" from duplicate
    where state = 'open' and left_id = any(${uuid(ids)}::uuid[]) and right_id = any(${uuid(ids)}::uuid[])`);
  return rows.map((row) => [row.leftId, row.rightId]);
}

export async function decideDuplicate(tx: Queries, id: string, state: "same" | "different"): Promise<void> {
  await tx.run(sql`update duplicate set state = ${state} where id = ${id}::uuid`);
}

/** Two that are one now, by whatever way: nobody is asked any more. */
export async function settleDuplicate(tx: Queries, one: string, other: string): Promise<void> {
  await tx.run(sql`
    update duplicate set state = 'same' where (left_id = ${one}::uuid and right_id = ${other}::uuid) or (left_id = ${other}::uuid and right_id = ${one}::uuid)`);
}

/** One pair, locked until the transaction ends: two people decide one after the other. Lock it before its entities. */
export async function lockDuplicate(tx: Queries, id: string): Promise<DuplicateRow | undefined> {
  return tx.one<DuplicateRow>(sql`
    select id, kind, left_id as "leftId", right_id as "rightId", state, found_at as "foundAt",
      (select name from connection where connection.id = duplicate.connection_id) as connection
    from duplicate where id = ${id}::uuid for update`);
}

/** What was asked of an entity that another took in is asked of that one, where it was not asked before. */
export async function repointDuplicates(tx: Queries, of: { from: string; to: string }): Promise<void> {
  await tx.run(sql`
    update duplicate set left_id = case when left_id = ${of.from}::uuid then ${of.to}::uuid else left_id end,
      right_id = case when right_id = ${of.from}::uuid then ${of.to}::uuid else right_id end
    where state = 'open' and ${of.from}::uuid in (left_id, right_id) and not ${of.to}::uuid in (left_id, right_id)
      and not exists (
        select from duplicate as known where ${of.to}::uuid in (known.left_id, known.right_id)
          and case when duplicate.left_id = ${of.from}::uuid then duplicate.right_id else duplicate.left_id end in (known.left_id, known.right_id))`);
}

/** Gives what an entity has at one connection, the ended links too, to another entity, because somebody took it out. */
export async function moveLinksAt(
  tx: Queries,
  of: { from: string; to: string; connectionId: string; by: string },
): Promise<void> {
  const rests = JSON.stringify({ by: of.by, entity: of.from });
  await tx.run(sql`
    update link set entity_id = ${of.to}::uuid, reason = 'split', reason_of = ${rests}::jsonb where entity_id = ${of.from}::uuid and connection_id = ${of.connectionId}::uuid`);
}
