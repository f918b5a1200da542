// Bystanders: records that a filter leaves out and that nothing here is linked to, by the keys they would be known by.
import type { Queries } from "./database.ts";
import { sql, text, uuid } from "./sql.ts";

export interface BystanderRow {
  readonly recordId: string;
  readonly key: string;
  readonly value: string;
}

/** What is known of these records from now on; without keys, nothing. */
export async function replaceBystanders(
  tx: Queries,
  streamId: number,
  recordIds: readonly string[],
  rows: readonly BystanderRow[],
): Promise<void> {
  if (recordIds.length === 0) return;
  await tx.run(
    sql`delete from bystander where stream_id = ${streamId} and record_id = any(${text(recordIds)}::text[])`,
  );
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into bystander (stream_id, record_id, key, value)
    select ${streamId}, unnest(${text(rows.map((row) => row.recordId))}::text[]), unnest(${text(rows.map((row) => row.key))}::text[]), unnest(${text(rows.map((row) => row.value))}::text[])
    on conflict do nothing`);
}

/** Of these entities, those whose record at a stream may be there already, left out by its filter, or was and is left alone since. */
export async function leftAloneThere(
  tx: Queries,
  stream: { readonly id: number; readonly kind: string },
  entityIds: readonly string[],
): Promise<Set<string>> {
  if (entityIds.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select identity.entity_id as id from identity join bystander on bystander.key = identity.key and bystander.value = identity.value
    where bystander.stream_id = ${stream.id} and identity.kind = ${stream.kind} and identity.entity_id = any(${uuid(entityIds)}::uuid[])
    union
    select entity_id from link where stream_id = ${stream.id} and entity_id = any(${uuid(entityIds)}::uuid[]) and state = 'deleted' and outside`);
  return new Set(rows.map((row) => row.id));
}

/** Whether a stream leaves any record alone. */
export async function leavesAny(tx: Queries, streamId: number): Promise<boolean> {
  const row = await tx.one<{ any: boolean }>(sql`
    select exists (select from bystander where stream_id = ${streamId}) or exists (select from link where stream_id = ${streamId} and outside) as any`);
  return row!.any;
}
