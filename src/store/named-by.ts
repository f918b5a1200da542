// Which things are still named at a vendor by records of others that are about to be written.
import type { Queries } from "./database.ts";
import { integer, sql, uuid } from "./sql.ts";

/**
 * Of these entities, those that a record of these streams names there by what was last agreed on, while an update of it is to go. Of streams
 * that are written by plan only (`planned`) what an open line of a plan that is being applied lets go.
 */
export async function namedByOwed(
  tx: Queries,
  entityIds: readonly string[],
  streams: readonly { readonly id: number; readonly planned: boolean }[],
): Promise<ReadonlySet<string>> {
  if (entityIds.length === 0 || streams.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    with gone as (select id::text from unnest(${uuid(entityIds)}::uuid[]) as gone (id))
    select distinct gone.id
    from unnest(${integer(streams.map((one) => one.id))}::int[], ${integer(streams.map((one) => Number(one.planned)))}::int[]) as child (id, planned)
    join intent on intent.stream_id = child.id and intent.state = 'ready' and intent.op = 'upsert'
    join link on link.stream_id = intent.stream_id and link.entity_id = intent.entity_id and link.state = 'active'
    join entity on entity.id = intent.entity_id and entity.deleted_at is null
    cross join lateral jsonb_each_text(link.baseline) as field
    join gone on gone.id = field.value
    where child.planned = 0 or exists (
      select from plan join plan_item item on item.plan_id = plan.id where plan.state = 'applying' and item.class = 'write' and item.state = 'open'
        and item.stream_id = intent.stream_id and item.entity_id = intent.entity_id)`);
  return new Set(rows.map((row) => row.id));
}
