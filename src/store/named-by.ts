// Which things are still named at a vendor by records of others that are about to be written.
import type { Queries } from "./database.ts";
import { integer, sql, text, uuid } from "./sql.ts";

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

/** A reference of a thing at one stream: the record that it named there when it was read last, and the thing that this is. */
export interface NamedThere {
  readonly entityId: string;
  readonly field: string;
  readonly targetId: string;
  readonly recordId: string;
}

/**
 * Of these references, those whose record ended while its thing has another one at the connection by now, that Winston never named there since.
 * Returns their places in the list.
 */
export async function namingFormer(
  tx: Queries,
  of: { readonly streamId: number; readonly connectionId: string; readonly targets: readonly number[] },
  rows: readonly NamedThere[],
): Promise<ReadonlySet<number>> {
  if (rows.length === 0) return new Set();
  const found = await tx.rows<{ index: number }>(sql`
    select (seen.n - 1)::int as index
    from unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.field))}::text[], ${uuid(rows.map((row) => row.targetId))}::uuid[],
                ${text(rows.map((row) => row.recordId))}::text[]) with ordinality as seen (entity_id, field, target_id, record_id, n)
    join link as former on former.stream_id = any(${integer(of.targets)}::int[]) and former.record_id = seen.record_id and former.entity_id = seen.target_id and former.state = 'deleted'
    join link as present on present.entity_id = seen.target_id and present.connection_id = ${of.connectionId}::uuid and present.state = 'active'
    where not exists (
      select from write where write.entity_id = seen.entity_id and write.stream_id = ${of.streamId} and write.outcome = 'done' and write.at >= present.created_at and write.sent ? seen.field)`);
  return new Set(found.map((row) => row.index));
}
