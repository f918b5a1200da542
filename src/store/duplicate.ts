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

/** Oldest first. */
export async function listDuplicates(
  tx: Queries,
  query: { state: string | null; id: string | null; after: string | null; limit: number },
): Promise<DuplicateRow[]> {
  return tx.rows<DuplicateRow>(sql`
    select id, kind, left_id as "leftId", right_id as "rightId", state, found_at as "foundAt" from duplicate
    where (${query.state}::text is null or state = ${query.state}) and (${query.id}::uuid is null or id = ${query.id}::uuid) and (${query.after}::uuid is null or id > ${query.after}::uuid)
    order by id limit ${query.limit}`);
}

export async function decideDuplicate(tx: Queries, id: string, state: "same" | "different"): Promise<void> {
  await tx.run(sql`update duplicate set state = ${state} where id = ${id}::uuid`);
}
