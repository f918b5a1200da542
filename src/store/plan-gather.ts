// What a rehearsal did, read off its stage and kept as the lines of a plan: a few statements, whatever its size, each of which reads what it
// needs once and in order. Nothing of it passes through this process.
import pg from "pg";
import type { Tx } from "./database.ts";
import { titleIn } from "./title.ts";

/** Where the value of a field is from, as history names it: a connection, or who set it here. The names are gathered once for a whole statement. */
export const sourceOf = (origin: string, field: string): string =>
  `coalesce((select jsonb_object_agg(id::text, 'connection:' || connection) from named_stream)
     ->> (coalesce(${origin} -> ${field}, ${origin} -> '*') ->> 0), coalesce(${origin} -> ${field}, ${origin} -> '*') ->> 1)`;

/**
 * The rule by which a value that is written stands: of the last decision about the field, where its winner is what is written and nobody set the
 * field since, as far as that was observed. Null where none decided.
 */
const RULE = `case when ruled.fields -> field.key -> 0 = field.value
    and (ruled.fields -> field.key ->> 2)::float8 >= coalesce(((coalesce(entity.origin -> field.key, entity.origin -> '*')) ->> 3)::float8, 0)
  then ruled.fields -> field.key -> 1 end`;

/**
 * What grew while it was rehearsed on, and is joined below. PostgreSQL took these tables for as small as they began. Of wide columns it need
 * know nothing: comparing those takes longer than all else.
 */
const GROWN: Readonly<Record<string, string>> = {
  entity: "id, kind, deleted_at, merged_into",
  link: "stream_id, record_id, entity_id, state, created_at",
  write: "stream_id, entity_id, op, outcome, at",
  change: "entity_id, version",
  conflict: "id, entity_id, winner",
  duplicate: "id, state",
  parked: "stream_id, subject, side, run_id",
};

/** Sorts of so much are done in memory, greater ones on disk: a plan of any size takes as much. */
const SORT_MEMORY = "64MB";

/** One kind of lines: what each column of `plan_item` is, in which order, read from what. All of it SQL. */
interface Lines {
  readonly class: string;
  readonly op: string;
  readonly kind: string;
  readonly stream: string;
  readonly record: string;
  readonly entity: string;
  /** Whether the plan itself would make the thing; told by looking whether it is here, where nothing is said. */
  readonly planned?: string;
  readonly title: string;
  readonly fields: string;
  readonly detail: string;
  readonly from: string;
  readonly order: string;
}

/** Keeps what was done on the stage `schema` as the lines of plan `id`. Call once, in the transaction that says the plan is ready. */
export async function gatherPlan(tx: Tx, id: string, stage: string): Promise<void> {
  const schema = pg.escapeIdentifier(stage);
  await tx.raw.query(`set local work_mem = '${SORT_MEMORY}'`);
  await tx.raw.query(
    `analyze ${Object.entries(GROWN)
      .map(([table, columns]) => `${schema}.${table} (${columns})`)
      .join(", ")}`,
  );
  // By which record each thing was first known, of those that are there: no index leads from things to all their links.
  await tx.raw.query(
    `create unlogged table ${schema}.first_link as
     select distinct on (entity_id) entity_id, stream_id, record_id from ${schema}.link
     where record_id not like 'new:%' order by entity_id, created_at, stream_id, record_id`,
  );
  await tx.raw.query(`analyze ${schema}.first_link`);
  // The last decision about each field that both sides had changed, by thing: the value that won, by which rule, and when.
  await tx.raw.query(
    `create unlogged table ${schema}.ruled as
     select entity_id, jsonb_object_agg(field, jsonb_build_array(value, rule, at)) as fields from (
       select distinct on (entity_id, field) entity_id, field, rule, extract(epoch from coalesce(decided_at, at)) * 1000 as at,
         case winner when 'record' then record when 'given' then given else winston end as value
       from ${schema}.conflict where winner in ('winston', 'record', 'given') order by entity_id, field, coalesce(decided_at, at) desc, id desc) one
     group by entity_id`,
  );
  await tx.raw.query(`analyze ${schema}.ruled (entity_id)`);
  let written = 0;
  const lines = async (of: Lines): Promise<void> => {
    const planned =
      of.planned ??
      `${of.entity} is not null and not exists (select from entity present where present.id = ${of.entity})`;
    const { rowCount } = await tx.raw.query(
      `insert into plan_item (plan_id, number, class, op, kind, stream_id, record_id, entity_id, planned, title, fields, detail)
       select $1::uuid, $2::int + row_number() over (order by ${of.order}), '${of.class}', ${of.op}, ${of.kind}, ${of.stream}, ${of.record}, ${of.entity},
         ${planned}, ${of.title}, ${of.fields}, ${of.detail}
       from ${of.from}`,
      [id, written],
    );
    written += rowCount ?? 0;
  };

  // At vendors. A create shows all that is sent, an update what differs, a deletion what goes.
  await lines({
    class: "write",
    op: "write.op",
    kind: "stream.kind",
    stream: "write.stream_id",
    record: "case when write.op <> 'create' then write.record_id end",
    entity: "write.entity_id",
    title: titleIn("entity.fields"),
    fields: `coalesce(case when write.op = 'delete' then
        (select jsonb_object_agg(field.key, jsonb_build_array(field.value, null, null)) from jsonb_each(write.before) as field where field.value <> 'null')
      else
        (select jsonb_object_agg(field.key, jsonb_build_array(coalesce(write.before -> field.key, 'null'), field.value, ${sourceOf("entity.origin", "field.key")}, ${RULE}))
         from jsonb_each(write.sent) as field where write.op <> 'create' or field.value <> 'null')
      end, '{}')`,
    detail: "null::jsonb",
    from: `${schema}.write join ${schema}.stream on stream.id = write.stream_id join ${schema}.entity on entity.id = write.entity_id
        left join ${schema}.ruled on ruled.entity_id = write.entity_id
      where write.outcome = 'done'`,
    order: "stream.position, stream.id, write.op, write.at, write.entity_id",
  });

  // Of Winston's own: what is new, and what every field was before the first change. Of what is new fields and origins are kept as they are,
  // and told field by field when somebody reads them (plan.ts): a first load has one for every record.
  await lines({
    class: "here",
    op: "'create'",
    kind: "entity.kind",
    stream: "made.stream_id",
    record: "made.record_id",
    entity: "entity.id",
    planned: "true",
    title: titleIn("entity.fields"),
    fields: "jsonb_build_array(entity.fields, entity.origin)",
    detail: "null::jsonb",
    from: `${schema}.entity left join ${schema}.first_link made on made.entity_id = entity.id
      where not exists (select from entity present where present.id = entity.id) and entity.deleted_at is null and entity.merged_into is null`,
    order: "entity.kind, entity.id",
  });
  await lines({
    class: "here",
    op: "case when entity.merged_into is not null then 'merge' when old.fields ? 'deletedAt' and entity.deleted_at is not null then 'delete' else 'update' end",
    kind: "entity.kind",
    stream: "null::int",
    record: "null::text",
    entity: "entity.id",
    planned: "false",
    title: titleIn("entity.fields"),
    fields: `coalesce((select jsonb_object_agg(field.key, jsonb_build_array(field.value, coalesce(entity.fields -> field.key, 'null'), ${sourceOf("entity.origin", "field.key")}))
                from jsonb_each(old.fields) as field where field.key not in ('deletedAt', 'mergedInto', 'stage')), '{}')`,
    detail:
      "case when entity.merged_into is not null then jsonb_build_object('into', entity.merged_into) else null::jsonb end",
    from: `(select entity_id, jsonb_object_agg(field.key, field.value order by change.version desc) as fields
          from ${schema}.change cross join lateral jsonb_each(change.old) as field group by entity_id) old
      join ${schema}.entity on entity.id = old.entity_id
      where exists (select from entity present where present.id = entity.id)`,
    order: "entity.kind, entity.id",
  });

  // Records that would be known as things that are here already.
  await lines({
    class: "link",
    op: "'match'",
    kind: "stream.kind",
    stream: "link.stream_id",
    record: "link.record_id",
    entity: "link.entity_id",
    title: titleIn("entity.fields"),
    fields: "'{}'::jsonb",
    detail: "jsonb_build_object('reason', link.reason, 'basis', link.reason_of)",
    from: `${schema}.link join ${schema}.first_link made on made.entity_id = link.entity_id
        join ${schema}.stream on stream.id = link.stream_id join ${schema}.entity on entity.id = link.entity_id
      where link.state = 'active' and link.record_id not like 'new:%'
        and not exists (select from link present where present.stream_id = link.stream_id and present.record_id = link.record_id)
        and (made.record_id <> link.record_id or made.stream_id <> link.stream_id or exists (select from entity present where present.id = link.entity_id))`,
    order: "stream.position, link.stream_id, link.record_id",
  });
  await lines({
    class: "duplicate",
    op: "'ask'",
    kind: "duplicate.kind",
    stream: "null::int",
    record: "null::text",
    entity: "duplicate.left_id",
    title: titleIn("one.fields"),
    fields: "'{}'::jsonb",
    detail: `jsonb_build_object('other', duplicate.right_id, 'otherTitle', ${titleIn("two.fields")})`,
    from: `${schema}.duplicate join ${schema}.entity one on one.id = duplicate.left_id join ${schema}.entity two on two.id = duplicate.right_id
      where duplicate.state = 'open' and not exists (select from duplicate present where present.id = duplicate.id)`,
    order: "duplicate.kind, duplicate.id",
  });
  await lines({
    class: "conflict",
    op: "conflict.winner",
    kind: "entity.kind",
    stream: "conflict.stream_id",
    record: "conflict.record_id",
    entity: "conflict.entity_id",
    title: titleIn("entity.fields"),
    fields: `jsonb_build_object(conflict.field, jsonb_build_array(
        case when conflict.winner = 'record' then conflict.winston when conflict.winner = 'winston' then conflict.record else conflict.baseline end,
        case when conflict.winner = 'record' then conflict.record when conflict.winner = 'winston' then conflict.winston end, null, conflict.rule))`,
    detail:
      "jsonb_build_object('field', conflict.field, 'baseline', conflict.baseline, 'winston', conflict.winston, 'record', conflict.record, 'rule', conflict.rule)",
    from: `${schema}.conflict join ${schema}.entity on entity.id = conflict.entity_id
      where conflict.winner in ('winston', 'record', 'open') and not exists (select from conflict present where present.id = conflict.id)`,
    order: "conflict.at, conflict.id",
  });
  await lines({
    class: "reject",
    op: "parked.side",
    kind: "stream.kind",
    stream: "parked.stream_id",
    record: "case when parked.side = 'pull' then parked.subject end",
    entity: "case when parked.side = 'push' then parked.subject::uuid end",
    title: "null::text",
    fields: "'{}'::jsonb",
    detail: "jsonb_build_object('reason', parked.reason, 'message', parked.message, 'field', parked.field)",
    from: `${schema}.parked join ${schema}.stream on stream.id = parked.stream_id
      where parked.run_id in (select id from ${schema}.run) and parked.reason <> 'record.withdrawn'`,
    order: "stream.position, parked.stream_id, parked.subject",
  });

  // What the plan's own things are known again by, and where lines refer to them.
  await tx.raw.query(
    `insert into plan_source (plan_id, planned_id, stream_id, record_id, title)
     select $1::uuid, made.entity_id, made.stream_id, made.record_id, ${titleIn("entity.fields")}
     from ${schema}.first_link made join ${schema}.entity on entity.id = made.entity_id
     where not exists (select from entity present where present.id = made.entity_id) order by made.entity_id`,
    [id],
  );
  await tx.raw.query("analyze plan_item (plan_id, number, class, stream_id, entity_id, state), plan_source");
  await tx.raw.query(
    `insert into plan_reference (plan_id, number, field, planned_id)
     select item.plan_id, item.number, field.key, source.planned_id
     from plan_item item cross join lateral jsonb_each(item.fields) as field
     join plan_source source on source.plan_id = item.plan_id and source.planned_id::text = field.value ->> 1
     where item.plan_id = $1::uuid and item.class = 'write'`,
    [id],
  );
}
