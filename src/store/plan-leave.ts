// What a change of a stream would touch no longer, as lines of the plan that shows the change. Nothing of it is deleted or blanked.
import pg from "pg";
import type { JsonObject } from "../base/json.ts";
import type { Queries, Tx } from "./database.ts";
import { integer, jsonb, sql, text, uuid } from "./sql.ts";
import { titleIn } from "./title.ts";

/** A record that is left alone (op record), or a field that is read or written no longer (op field). */
export interface LeaveLine {
  readonly op: "record" | "field";
  readonly kind: string;
  readonly streamId: number;
  readonly recordId: string | null;
  readonly entityId: string | null;
  readonly title: string | null;
  readonly detail: JsonObject;
}

export async function insertLeaves(tx: Queries, planId: string, rows: readonly LeaveLine[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into plan_item (plan_id, number, class, op, kind, stream_id, record_id, entity_id, title, detail)
    select ${planId}::uuid, (select coalesce(max(number), 0) from plan_item where plan_id = ${planId}::uuid) + seen.n, 'leave', seen.op, seen.kind, seen.stream_id, seen.record_id,
      seen.entity_id, seen.title, seen.detail
    from unnest(${text(rows.map((row) => row.op))}::text[], ${text(rows.map((row) => row.kind))}::text[], ${integer(rows.map((row) => row.streamId))}::int[],
                ${text(rows.map((row) => row.recordId))}::text[], ${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.title))}::text[],
                ${jsonb(rows.map((row) => JSON.stringify(row.detail)))}::jsonb[]) with ordinality as seen (op, kind, stream_id, record_id, entity_id, title, detail, n)`);
}

/** Records of a stream that are left alone on the stage `schema` and are not so far; with `all`, every one of them. */
export async function gatherLeft(
  tx: Tx,
  planId: string,
  of: { readonly stage: string; readonly streamId: number; readonly all: boolean; readonly detail: JsonObject },
): Promise<void> {
  const schema = pg.escapeIdentifier(of.stage);
  await tx.raw.query(
    `insert into plan_item (plan_id, number, class, op, kind, stream_id, record_id, entity_id, title, fields, detail)
     select $1::uuid, (select coalesce(max(number), 0) from plan_item where plan_id = $1::uuid) + row_number() over (order by link.record_id),
       'leave', 'record', entity.kind, link.stream_id, link.record_id, link.entity_id, ${titleIn("entity.fields")}, '{}', $4::jsonb
     from link join ${schema}.link after on after.stream_id = link.stream_id and after.record_id = link.record_id and after.state = 'active'
     join entity on entity.id = link.entity_id
     where link.stream_id = $2::int and link.state = 'active' and not link.outside and (after.outside or $3::bool)`,
    [planId, of.streamId, of.all, JSON.stringify(of.detail)],
  );
}

/** Of how many records of a stream each of these fields has a value on which both sides agree. */
export async function countAgreed(
  tx: Queries,
  streamId: number,
  fields: readonly string[],
): Promise<Map<string, number>> {
  if (fields.length === 0) return new Map();
  const rows = await tx.rows<{ field: string; count: number }>(sql`
    select field, count(*) as count from link cross join lateral jsonb_object_keys(link.baseline) as field
    where link.stream_id = ${streamId} and link.state = 'active' and field = any(${text(fields)}::text[]) group by field`);
  return new Map(rows.map((row) => [row.field, row.count]));
}

export interface LinkedThing {
  readonly recordId: string;
  readonly entityId: string;
  readonly fields: JsonObject;
}

/** Records of a stream that are synced, with what they are here, in the order of their ids: a page. */
export async function linkedThings(
  tx: Queries,
  streamId: number,
  after: string | null,
  limit: number,
): Promise<LinkedThing[]> {
  return tx.rows<LinkedThing>(sql`
    select link.record_id as "recordId", link.entity_id as "entityId", entity.fields
    from link join entity on entity.id = link.entity_id and entity.deleted_at is null and entity.merged_into is null
    where link.stream_id = ${streamId} and link.state = 'active' and not link.outside and (${after}::text is null or link.record_id > ${after})
    order by link.record_id limit ${limit}`);
}
