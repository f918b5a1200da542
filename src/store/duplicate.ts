// Pairs that may be one thing: nobody decides but a person.
import type { Queries } from "./database.ts";
import { sql, uuid } from "./sql.ts";

export async function insertDuplicates(
  tx: Queries,
  of: { kind: string; at: number },
  rows: readonly { id: string; leftId: string; rightId: string }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into duplicate (kind, found_at, id, left_id, right_id)
    select ${of.kind}, ${new Date(of.at)}, seen.* from unnest(${uuid(rows.map((row) => row.id))}::uuid[], ${uuid(rows.map((row) => row.leftId))}::uuid[], ${uuid(rows.map((row) => row.rightId))}::uuid[]) as seen
    on conflict (left_id, right_id) do nothing`);
}

export interface DuplicateRow {
  readonly id: string;
  readonly kind: string;
  readonly leftId: string;
  readonly rightId: string;
  readonly state: "open" | "same" | "different";
  readonly foundAt: number;
}

/** Oldest first. Open pairs of which one is gone meanwhile, deleted or merged, ask nothing any more and are left out. */
export async function listDuplicates(
  tx: Queries,
  query: { state: string | null; id: string | null; after: string | null; limit: number },
): Promise<DuplicateRow[]> {
  return tx.rows<DuplicateRow>(sql`
    select id, kind, left_id as "leftId", right_id as "rightId", state, found_at as "foundAt" from duplicate
    where (${query.state}::text is null or state = ${query.state}) and (${query.id}::uuid is null or id = ${query.id}::uuid) and (${query.after}::uuid is null or id > ${query.after}::uuid)
      and (${query.id}::uuid is not null or state <> 'open' or not exists (select from entity where entity.id in (left_id, right_id) and entity.deleted_at is not null))
    order by id limit ${query.limit}`);
}

export async function decideDuplicate(tx: Queries, id: string, state: "same" | "different"): Promise<void> {
  await tx.run(sql`update duplicate set state = ${state} where id = ${id}::uuid`);
}

/** One pair, locked until the transaction ends: two people decide one after the other. Lock it before its entities. */
export async function lockDuplicate(tx: Queries, id: string): Promise<DuplicateRow | undefined> {
  return tx.one<DuplicateRow>(sql`
    select id, kind, left_id as "leftId", right_id as "rightId", state, found_at as "foundAt" from duplicate where id = ${id}::uuid for update`);
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

/** Gives what an entity has at one connection, the ended links too, to another entity. */
export async function moveLinksAt(tx: Queries, of: { from: string; to: string; connectionId: string }): Promise<void> {
  await tx.run(sql`
    update link set entity_id = ${of.to}::uuid where entity_id = ${of.from}::uuid and connection_id = ${of.connectionId}::uuid`);
}
