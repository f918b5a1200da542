// What a rehearsal did, read off its stage and kept as the lines of a plan: a few statements, whatever its size.
import pg from "pg";
import type { Tx } from "./database.ts";

/** What a person knows a thing by. */
const titleOf = (fields: string): string =>
  `coalesce(nullif(${fields} ->> 'name', ''), nullif(concat_ws(' ', ${fields} ->> 'firstName', ${fields} ->> 'lastName'), ''), ${fields} ->> 'subject', ${fields} ->> 'email')`;

/** Where the value of a field is from: a connection's name, or who set it here. The names are gathered once for a whole statement. */
const sourceOf = (origin: string, field: string, schema: string): string =>
  `coalesce((select jsonb_object_agg(of_stream.id::text, one.name) from ${schema}.stream of_stream join ${schema}.connection one on one.id = of_stream.connection_id)
     ->> (coalesce(${origin} -> ${field}, ${origin} -> '*') ->> 0), coalesce(${origin} -> ${field}, ${origin} -> '*') ->> 1)`;

/** Links to records that are there, with the turn in which each was linked to its thing: one pass, where no index leads from things to all their links. */
const known = (schema: string): string =>
  `select link.*, row_number() over (partition by entity_id order by created_at, stream_id, record_id) as turn from ${schema}.link where record_id not like 'new:%'`;

/** What grew while it was rehearsed on, and is joined below. PostgreSQL took these tables for as small as they began. */
const GROWN = ["entity", "link", "write", "change", "conflict", "duplicate", "parked"] as const;

/** Keeps what was done on the stage `schema` as the lines of plan `id`. Call once, in the transaction that says the plan is ready. */
export async function gatherPlan(tx: Tx, id: string, stage: string): Promise<void> {
  const schema = pg.escapeIdentifier(stage);
  await tx.raw.query(`analyze ${GROWN.map((table) => `${schema}.${table}`).join(", ")}`);
  const lines = async (select: string): Promise<void> => {
    await tx.raw.query(
      `insert into plan_item (plan_id, number, class, op, kind, stream_id, record_id, entity_id, planned, title, fields, detail)
       select $1::uuid, (select coalesce(max(number), 0) from plan_item where plan_id = $1::uuid) + row_number() over (order by line.place),
         line.class, line.op, line.kind, line.stream_id, line.record_id, line.entity_id,
         line.entity_id is not null and not exists (select from entity where entity.id = line.entity_id), line.title, line.fields, line.detail
       from (${select}) as line (place, class, op, kind, stream_id, record_id, entity_id, title, fields, detail)`,
      [id],
    );
  };

  // At vendors. A create shows all that is sent, an update what differs, a deletion what goes.
  await lines(`
    select row(stream.position, stream.id, write.op, write.at, write.entity_id), 'write', write.op, stream.kind, write.stream_id,
      case when write.op <> 'create' then write.record_id end, write.entity_id, ${titleOf("entity.fields")},
      coalesce(case when write.op = 'delete' then
        (select jsonb_object_agg(field.key, jsonb_build_array(field.value, null, null)) from jsonb_each(write.before) as field where field.value <> 'null')
      else
        (select jsonb_object_agg(field.key, jsonb_build_array(coalesce(write.before -> field.key, 'null'), field.value, ${sourceOf("entity.origin", "field.key", schema)}))
         from jsonb_each(write.sent) as field where write.op <> 'create' or field.value <> 'null')
      end, '{}'), null::jsonb
    from ${schema}.write join ${schema}.stream on stream.id = write.stream_id join ${schema}.entity on entity.id = write.entity_id
    where write.outcome = 'done'`);

  // Of Winston's own: what is new, and what every field was before the first change.
  await lines(`
    select row(entity.kind, entity.id), 'here', 'create', entity.kind, made.stream_id, made.record_id, entity.id, ${titleOf("entity.fields")},
      coalesce((select jsonb_object_agg(field.key, jsonb_build_array(null, field.value, ${sourceOf("entity.origin", "field.key", schema)})) from jsonb_each(entity.fields) as field), '{}'), null::jsonb
    from ${schema}.entity left join (${known(schema)}) made on made.entity_id = entity.id and made.turn = 1
    where not exists (select from entity present where present.id = entity.id) and entity.deleted_at is null and entity.merged_into is null`);
  await lines(`
    select row(entity.kind, entity.id), 'here',
      case when entity.merged_into is not null then 'merge' when old.fields ? 'deletedAt' and entity.deleted_at is not null then 'delete' else 'update' end,
      entity.kind, null::int, null::text, entity.id, ${titleOf("entity.fields")},
      coalesce((select jsonb_object_agg(field.key, jsonb_build_array(field.value, coalesce(entity.fields -> field.key, 'null'), ${sourceOf("entity.origin", "field.key", schema)}))
                from jsonb_each(old.fields) as field where field.key not in ('deletedAt', 'mergedInto', 'stage')), '{}'),
      case when entity.merged_into is not null then jsonb_build_object('into', entity.merged_into) end
    from (select entity_id, jsonb_object_agg(field.key, field.value order by change.version desc) as fields
          from ${schema}.change cross join lateral jsonb_each(change.old) as field group by entity_id) old
    join ${schema}.entity on entity.id = old.entity_id
    where exists (select from entity present where present.id = entity.id)`);

  // Records that would be known as things that are here already.
  await lines(`
    select row(stream.position, link.stream_id, link.record_id), 'link', 'match', stream.kind, link.stream_id, link.record_id, link.entity_id, ${titleOf("entity.fields")}, '{}'::jsonb,
      jsonb_build_object('reason', link.reason, 'basis', link.reason_of)
    from (${known(schema)}) link join ${schema}.stream on stream.id = link.stream_id join ${schema}.entity on entity.id = link.entity_id
    where link.state = 'active'
      and not exists (select from link present where present.stream_id = link.stream_id and present.record_id = link.record_id)
      and (exists (select from entity present where present.id = link.entity_id) or link.turn > 1)`);
  await lines(`
    select row(duplicate.kind, duplicate.id), 'duplicate', 'ask', duplicate.kind, null::int, null::text, duplicate.left_id, ${titleOf("one.fields")}, '{}'::jsonb,
      jsonb_build_object('other', duplicate.right_id, 'otherTitle', ${titleOf("two.fields")})
    from ${schema}.duplicate join ${schema}.entity one on one.id = duplicate.left_id join ${schema}.entity two on two.id = duplicate.right_id
    where duplicate.state = 'open' and not exists (select from duplicate present where present.id = duplicate.id)`);
  await lines(`
    select row(conflict.at, conflict.id), 'conflict', conflict.winner, entity.kind, conflict.stream_id, conflict.record_id, conflict.entity_id, ${titleOf("entity.fields")},
      jsonb_build_object(conflict.field, jsonb_build_array(
        case when conflict.winner = 'record' then conflict.winston when conflict.winner = 'winston' then conflict.record else conflict.baseline end,
        case when conflict.winner = 'record' then conflict.record when conflict.winner = 'winston' then conflict.winston end, conflict.rule)),
      jsonb_build_object('field', conflict.field, 'baseline', conflict.baseline, 'winston', conflict.winston, 'record', conflict.record, 'rule', conflict.rule)
    from ${schema}.conflict join ${schema}.entity on entity.id = conflict.entity_id
    where conflict.winner in ('winston', 'record', 'open') and not exists (select from conflict present where present.id = conflict.id)`);
  await lines(`
    select row(stream.position, parked.stream_id, parked.subject), 'reject', parked.side, stream.kind, parked.stream_id,
      case when parked.side = 'pull' then parked.subject end, case when parked.side = 'push' then parked.subject::uuid end, null::text, '{}'::jsonb,
      jsonb_build_object('reason', parked.reason, 'message', parked.message, 'field', parked.field)
    from ${schema}.parked join ${schema}.stream on stream.id = parked.stream_id
    where parked.run_id in (select id from ${schema}.run) and parked.reason <> 'record.withdrawn'`);

  // What the plan's own things are known again by, and where lines refer to them.
  await tx.raw.query(
    `insert into plan_source (plan_id, planned_id, stream_id, record_id)
     select distinct on (link.entity_id) $1::uuid, link.entity_id, link.stream_id, link.record_id
     from ${schema}.link where link.record_id not like 'new:%' and not exists (select from entity where entity.id = link.entity_id)
     order by link.entity_id, link.created_at, link.stream_id, link.record_id`,
    [id],
  );
  await tx.raw.query("analyze plan_item, plan_source");
  await tx.raw.query(
    `insert into plan_reference (plan_id, number, field, planned_id)
     select item.plan_id, item.number, field.key, source.planned_id
     from plan_item item cross join lateral jsonb_each(item.fields) as field
     join plan_source source on source.plan_id = item.plan_id and source.planned_id::text = field.value ->> 1
     where item.plan_id = $1::uuid and item.class = 'write'`,
    [id],
  );
}
