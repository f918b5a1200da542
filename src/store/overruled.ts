// What an undo would put back and a vendor says otherwise by now, as only the rehearsal found out that read the record: it stays, and is named.
// A few statements on the stage, whatever their number.
import pg from "pg";
import type { Tx } from "./database.ts";
import { sourceOf } from "./plan-gather.ts";
import { titleIn } from "./title.ts";

/**
 * Takes out of plan `id`, an undo, the fields that did not stay put back on the stage `schema`: out of its edits and out of what it writes, and
 * notes of each who changed it (store/undo.ts). Call once, before the stage is gathered. `actor`: as whom the edits were carried out.
 */
export async function strikeOverruled(tx: Tx, id: string, schema: string, actor: string): Promise<void> {
  const stage = pg.escapeIdentifier(schema);
  await strikeStaying(tx, id, stage, actor);
  const { rowCount } = await tx.raw.query(
    `create unlogged table ${stage}.overruled as
     select edit.entity_id, edit.kind, field.key as field, field.value -> 1 as target, ${titleIn("entity.fields")} as title,
       ${sourceOf("entity.origin", "field.key")} as by
     from plan_edit edit cross join lateral jsonb_each(edit.fields) as field join ${stage}.entity on entity.id = edit.entity_id
     where edit.plan_id = '${uuidOf(id)}' and entity.deleted_at is null and entity.merged_into is null
       and coalesce(entity.fields -> field.key, 'null') <> field.value -> 1
       and exists (select from ${stage}.change where change.entity_id = edit.entity_id and change.actor = ${pg.escapeLiteral(actor)} and change.old ? field.key)`,
  );
  if (!rowCount) return;
  await tx.raw.query(
    `update plan_edit set fields = plan_edit.fields - struck.fields
     from (select entity_id, array_agg(field) as fields from ${stage}.overruled group by entity_id) as struck
     where plan_edit.plan_id = $1::uuid and plan_edit.entity_id = struck.entity_id`,
    [id],
  );
  await tx.raw.query(
    `delete from plan_edit where plan_id = $1::uuid and fields = '{}' and not restore and withdraw = '[]'
       and entity_id in (select entity_id from ${stage}.overruled)`,
    [id],
  );
  // What was written before that was read is not; what was written because of it is the sync's, unless more went in the same write.
  await tx.raw.query(
    `update ${stage}.write set sent = write.sent - struck.fields
     from (select write.attempt_id, array_agg(overruled.field) as fields from ${stage}.write join ${stage}.overruled on overruled.entity_id = write.entity_id
           where write.op = 'update' and write.sent ? overruled.field and (write.sent -> overruled.field = overruled.target
             or not exists (select from plan_edit where plan_edit.plan_id = $1::uuid and plan_edit.entity_id = write.entity_id)
             or not exists (select from jsonb_each(write.sent) as other
               where not exists (select from ${stage}.overruled too where too.entity_id = write.entity_id and too.field = other.key)))
           group by write.attempt_id) as struck
     where write.attempt_id = struck.attempt_id`,
    [id],
  );
  await tx.raw.query(
    `delete from ${stage}.write where op = 'update' and sent = '{}' and entity_id in (select entity_id from ${stage}.overruled)`,
  );
  // Here it is read by the next sync, not by the undo.
  await tx.raw.query(
    `update ${stage}.change set old = change.old - struck.fields
     from (select entity_id, array_agg(field) as fields from ${stage}.overruled group by entity_id) as struck
     where change.entity_id = struck.entity_id`,
  );
  await tx.raw.query(
    `insert into plan_item (plan_id, number, class, op, kind, entity_id, title, detail, state)
     select $1::uuid, (select coalesce(min(number) filter (where number < 0), 0) from plan_item where plan_id = $1::uuid) - row_number() over (order by entity_id, field),
       'reject', 'undo', kind, entity_id, title,
       jsonb_build_object('reason', 'undo.left', 'message', coalesce(by, 'Somebody') || ' changed it since; that stays.', 'field', field), 'skipped'
     from ${stage}.overruled`,
    [id],
  );
}

/**
 * What an undo would take away at a vendor, and did not on the stage, because it was read there with somebody's edit since it was made: it
 * stays, and is named. The plan does not show that it goes.
 */
async function strikeStaying(tx: Tx, id: string, stage: string, actor: string): Promise<void> {
  const { rowCount } = await tx.raw.query(
    `create unlogged table ${stage}.staying as
     select edit.entity_id, edit.kind, taken.value::int as stream_id, ${titleIn("entity.fields")} as title, connection.name as connection
     from plan_edit edit cross join lateral jsonb_array_elements(edit.withdraw) as taken join ${stage}.entity on entity.id = edit.entity_id
       join stream on stream.id = taken.value::int join connection on connection.id = stream.connection_id
     where edit.plan_id = '${uuidOf(id)}' and entity.deleted_at is null and entity.merged_into is null
       and exists (select from ${stage}.change where change.entity_id = edit.entity_id and change.actor <> ${pg.escapeLiteral(actor)})
       and not exists (select from ${stage}.write where write.entity_id = edit.entity_id and write.stream_id = taken.value::int and write.op = 'delete')`,
  );
  if (!rowCount) return;
  await tx.raw.query(
    `update plan_edit set withdraw = (
       select coalesce(jsonb_agg(taken.value), '[]') from jsonb_array_elements(plan_edit.withdraw) as taken
       where not exists (select from ${stage}.staying where staying.entity_id = plan_edit.entity_id and staying.stream_id = taken.value::int))
     where plan_id = $1::uuid and entity_id in (select entity_id from ${stage}.staying)`,
    [id],
  );
  await tx.raw.query(
    `delete from plan_edit where plan_id = $1::uuid and fields = '{}' and not restore and withdraw = '[]'
       and entity_id in (select entity_id from ${stage}.staying)`,
    [id],
  );
  await tx.raw.query(
    `insert into plan_item (plan_id, number, class, op, kind, entity_id, title, detail, state)
     select $1::uuid, (select coalesce(min(number) filter (where number < 0), 0) from plan_item where plan_id = $1::uuid) - row_number() over (order by entity_id, stream_id),
       'reject', 'undo', kind, entity_id, title,
       jsonb_build_object('reason', 'undo.left', 'message', 'What was made at ' || connection || ' was edited since; it stays.'), 'skipped'
     from ${stage}.staying`,
    [id],
  );
}

/** The one place where it cannot be a parameter. */
function uuidOf(id: string): string {
  if (/^[0-9a-f-]{36}$/iu.test(id)) return id;
  throw new Error(`${id} is no id of a plan`);
}
