// What a run, a record or a time wrote, and what stood before: read off history and the log of writes, set-based.
import type { Json, JsonObject } from "../base/json.ts";
import type { Queries, Tx } from "./database.ts";
import { integer, jsonb, sql, text, uuid } from "./sql.ts";

/** What is to be undone; all that is given must hold. Times are milliseconds since 1970 UTC. */
export interface UndoScope {
  readonly runId: string | null;
  readonly entityId: string | null;
  readonly field: string | null;
  readonly since: number | null;
}

export interface UndoneField {
  readonly entityId: string;
  readonly kind: string;
  /** Of ours; or deletedAt, mergedInto, stage. */
  readonly field: string;
  readonly current: Json;
  readonly target: Json;
  /** Who changed it after what is undone; null where nobody did. */
  readonly changedBy: string | null;
}

/**
 * Keeps as edits of plan `id`, which say nothing yet, all things that changed or were written within the scope; `ofPlan`: also what applying that
 * plan wrote. Nothing of it passes through this process.
 */
export async function insertTouched(tx: Queries, id: string, scope: UndoScope, ofPlan: string | null): Promise<void> {
  const since = scope.since === null ? null : new Date(scope.since);
  await tx.run(sql`
    insert into plan_edit (plan_id, entity_id, kind)
    select ${id}::uuid, entity.id, entity.kind from entity where entity.id in (
      select change.entity_id from change
      where (${scope.runId}::uuid is null or change.run_id = ${scope.runId}::uuid) and (${scope.entityId}::uuid is null or change.entity_id = ${scope.entityId}::uuid)
        and (${since}::timestamptz is null or change.at >= ${since}::timestamptz) and (${scope.field}::text is null or change.old ? ${scope.field})
      union
      select write.entity_id from write
      where (${scope.runId}::uuid is not null or ${since}::timestamptz is not null) and write.outcome = 'done'
        and (${scope.entityId}::uuid is null or write.entity_id = ${scope.entityId}::uuid) and (${since}::timestamptz is null or write.at >= ${since}::timestamptz)
        and (${scope.runId}::uuid is null or write.run_id = ${scope.runId}::uuid or exists (
          select from plan_item item where item.plan_id = ${ofPlan}::uuid and item.class = 'write' and item.state = 'done'
            and item.stream_id = write.stream_id and item.entity_id = write.entity_id)))`);
}

/**
 * Among the edits of plan `id`: what a vendor took along with a thing that Winston deleted there and that the plan restores is made there
 * again. It is such where it lives here, is owed there, and named that thing there by what was last agreed on; where it ended longer before than
 * two clocks may be apart, somebody had deleted it. What was made there within the scope, and is noted as left, stays away.
 */
export async function insertTakenAlong(tx: Queries, id: string, clocksApartMs: number): Promise<void> {
  await tx.run(sql`
    with deleted as materialized (
      select edit.entity_id::text as id, stream.connection_id, max(write.at) as at
      from plan_edit edit join write on write.entity_id = edit.entity_id and write.op = 'delete' and write.outcome = 'done' join stream on stream.id = write.stream_id
      where edit.plan_id = ${id}::uuid and edit.restore group by edit.entity_id, stream.connection_id),
    owed as (
      select stream_id, entity_id from intent where state = 'ready' and op = 'upsert' and exists (select from deleted)
      union select stream_id, entity_id from pending_push where exists (select from deleted)),
    ended as (
      select distinct on (link.connection_id, link.entity_id) link.*
      from owed join stream on stream.id = owed.stream_id join link on link.entity_id = owed.entity_id and link.connection_id = stream.connection_id and link.state <> 'active'
      where not exists (select from link there where there.entity_id = owed.entity_id and there.connection_id = stream.connection_id and there.state = 'active')
      order by link.connection_id, link.entity_id, link.created_at desc)
    insert into plan_edit (plan_id, entity_id, kind, fields, restore)
    select distinct ${id}::uuid, entity.id, entity.kind, '{"deletedAt": [null, null]}'::jsonb, true
    from ended join entity on entity.id = ended.entity_id and entity.deleted_at is null and entity.merged_into is null
    cross join lateral jsonb_each_text(ended.baseline) as field
    join deleted on deleted.id = field.value and deleted.connection_id = ended.connection_id
    left join loss on loss.stream_id = ended.stream_id and loss.direction = 'pull' and loss.field = '' and loss.entity_id = ended.entity_id and loss.record_id = ended.record_id
    where ended.state = 'deleted' and not exists (
        select from plan_item item where item.plan_id = ${id}::uuid and item.class = 'reject' and item.entity_id = entity.id and item.detail ->> 'field' is null)
      and (loss.told_at is null or loss.told_at >= deleted.at - make_interval(secs => ${clocksApartMs / 1000}))
    on conflict (plan_id, entity_id) do update set restore = true, fields = plan_edit.fields || excluded.fields`);
}

/** Fields of these things that changed within the scope, with what stood before the first of these changes. */
export async function changedWithin(
  tx: Queries,
  scope: UndoScope,
  entityIds: readonly string[],
): Promise<UndoneField[]> {
  const since = scope.since === null ? null : new Date(scope.since);
  return tx.rows<UndoneField>(sql`
    with scoped as materialized (
      select change.entity_id, change.version, field.key as field, field.value as old
      from change cross join lateral jsonb_each(change.old) as field
      where change.entity_id = any(${uuid(entityIds)}::uuid[]) and (${scope.runId}::uuid is null or change.run_id = ${scope.runId}::uuid) and (${scope.entityId}::uuid is null or change.entity_id = ${scope.entityId}::uuid)
        and (${since}::timestamptz is null or change.at >= ${since}::timestamptz) and (${scope.field}::text is null or field.key = ${scope.field})),
    span as (
      select distinct on (entity_id, field) entity_id, field, old, max(version) over (partition by entity_id, field) as last from scoped order by entity_id, field, version)
    select span.entity_id as "entityId", entity.kind, span.field, span.old as target,
      case span.field when 'deletedAt' then to_jsonb(entity.deleted_at) when 'mergedInto' then to_jsonb(entity.merged_into) when 'stage' then to_jsonb(entity.stage)
        else coalesce(entity.fields -> span.field, 'null') end as current,
      (select change.actor from change where change.entity_id = span.entity_id and change.version > span.last and change.old ? span.field order by change.version limit 1) as "changedBy"
    from span join entity on entity.id = span.entity_id order by span.entity_id, span.field`);
}

export interface WriteWithin {
  readonly entityId: string;
  readonly kind: string;
  readonly streamId: number;
  readonly connection: string;
  readonly recordId: string | null;
  readonly op: "create" | "update" | "delete" | "merge";
  readonly before: JsonObject | null;
  readonly sent: JsonObject;
  readonly fields: JsonObject;
  /** Whether the entity is not deleted here. */
  readonly lives: boolean;
  /** Whether the record is still the entity's there. */
  readonly linked: boolean;
}

/** What was written of these things at vendors within the scope; `planId`: by applying that plan. All that is given must hold. The newest first. */
export async function writtenWithin(
  tx: Queries,
  scope: UndoScope,
  planId: string | null,
  entityIds: readonly string[],
): Promise<WriteWithin[]> {
  const { runId, entityId } = scope;
  const since = scope.since === null ? null : new Date(scope.since);
  return tx.rows<WriteWithin>(sql`
    select write.entity_id as "entityId", entity.kind, write.stream_id as "streamId", connection.name as connection, write.record_id as "recordId", write.op, write.before, write.sent, entity.fields, entity.deleted_at is null as lives,
      exists (select from link where link.stream_id = write.stream_id and link.record_id = write.record_id and link.entity_id = write.entity_id and link.state = 'active') as linked
    from write join entity on entity.id = write.entity_id join stream on stream.id = write.stream_id join connection on connection.id = stream.connection_id
    where write.entity_id = any(${uuid(entityIds)}::uuid[]) and write.outcome = 'done' and (${entityId}::uuid is null or write.entity_id = ${entityId}::uuid) and (${since}::timestamptz is null or write.at >= ${since}::timestamptz)
      and (${runId}::uuid is null or write.run_id = ${runId}::uuid or exists (
        select from plan join plan_item item on item.plan_id = plan.id
        where plan.id = ${planId}::uuid and item.class = 'write' and item.state = 'done' and item.stream_id = write.stream_id and item.entity_id = write.entity_id and item.op = write.op
          and write.at >= plan.approved_at and (plan.applied_at is null or write.at <= plan.applied_at)))
    order by write.at desc, write.attempt_id desc`);
}

export interface PlanEdit {
  readonly entityId: string;
  readonly kind: string;
  /** By field, what stood when the plan was made and what it is put back to; in `deletedAt` nothing and nothing, of what lived then. */
  readonly fields: Readonly<Record<string, readonly [Json, Json]>>;
  readonly restore: boolean;
  readonly withdraw: readonly number[];
}

/** These are the plan's edits of these things; of the others among them there is none any more. */
export async function replacePlanEdits(
  tx: Tx,
  planId: string,
  entityIds: readonly string[],
  rows: readonly PlanEdit[],
): Promise<void> {
  await tx.run(
    sql`delete from plan_edit where plan_id = ${planId}::uuid and entity_id = any(${uuid(entityIds)}::uuid[])`,
  );
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into plan_edit (plan_id, entity_id, kind, fields, restore, withdraw)
    select ${planId}::uuid, seen.entity_id, seen.kind, seen.fields, seen.restore <> 0, seen.withdraw
    from unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.kind))}::text[], ${jsonb(rows.map((row) => JSON.stringify(row.fields)))}::jsonb[],
                ${integer(rows.map((row) => Number(row.restore)))}::int[], ${jsonb(rows.map((row) => JSON.stringify(row.withdraw)))}::jsonb[]) as seen (entity_id, kind, fields, restore, withdraw)`);
}

/** The edits of a plan in the order of their entities, a page at a time. */
export async function planEdits(tx: Queries, planId: string, after: string | null, limit: number): Promise<PlanEdit[]> {
  return tx.rows<PlanEdit>(sql`
    select entity_id as "entityId", kind, fields, restore, withdraw from plan_edit
    where plan_id = ${planId}::uuid and (${after}::uuid is null or entity_id > ${after}::uuid) order by entity_id limit ${limit}`);
}

/** The edits of one plan are another's, too. */
export async function copyPlanEdits(tx: Queries, from: string, to: string): Promise<void> {
  await tx.run(sql`
    insert into plan_edit (plan_id, entity_id, kind, fields, restore, withdraw)
    select ${to}::uuid, entity_id, kind, fields, restore, withdraw from plan_edit where plan_id = ${from}::uuid`);
}

/** How many things that were deleted are here again by a plan. */
export async function countRestored(tx: Queries, planId: string): Promise<number> {
  const row = await tx.one<{ count: number }>(sql`
    select count(*) as count from plan_edit where plan_id = ${planId}::uuid and restore`);
  return row!.count;
}

/** What an undo sets here is set: its lines of that are done, but for things of which it set nothing. */
export async function endHere(tx: Queries, planId: string, gone: readonly string[]): Promise<void> {
  const ids = uuid(gone);
  await tx.run(sql`
    update plan_item set state = case when entity_id = any(${ids}::uuid[]) then 'skipped' else 'done' end,
      reason = case when entity_id = any(${ids}::uuid[]) then 'It is gone by now.' end
    where plan_id = ${planId}::uuid and class = 'here' and state = 'open'
      and entity_id in (select entity_id from plan_edit where plan_id = ${planId}::uuid)`);
}

/** Lines of a plan that say what it does not do, after those that it has. */
export async function insertRejects(
  tx: Queries,
  planId: string,
  rows: Parameters<typeof noteRejects>[2],
): Promise<void> {
  if (rows.length === 0) return;
  await noteRejects(tx, planId, rows);
  await placeRejects(tx, planId);
}

/** What was noted follows the lines that the plan has, and is seen from now on. */
export async function placeRejects(tx: Queries, planId: string): Promise<void> {
  await tx.run(sql`
    update plan_item set number = (select coalesce(max(number) filter (where number > 0), 0) from plan_item where plan_id = ${planId}::uuid) - number
    where plan_id = ${planId}::uuid and number < 0`);
}

/** Such lines, before there are others: their numbers are below zero until they are placed, and nobody sees them. */
export async function noteRejects(
  tx: Queries,
  planId: string,
  rows: readonly { entityId: string; kind: string; title: string | null; message: string; field: string | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into plan_item (plan_id, number, class, op, kind, entity_id, title, detail, state)
    select ${planId}::uuid, (select coalesce(min(number) filter (where number < 0), 0) from plan_item where plan_id = ${planId}::uuid) - seen.n, 'reject', 'undo', seen.kind, seen.entity_id, seen.title, seen.detail, 'skipped'
    from unnest(${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.kind))}::text[], ${text(rows.map((row) => row.title))}::text[],
                ${jsonb(rows.map(({ message, field }) => JSON.stringify({ reason: "undo.left", message, field })))}::jsonb[]) with ordinality as seen (entity_id, kind, title, detail, n)`);
}

/** Of these things, those that somebody changed after plan `id` was ready to be read; none while it is made. `actor`: as whom it is carried out. */
export async function changedAfter(
  tx: Queries,
  id: string,
  of: { readonly actor: string; readonly entityIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  if (of.entityIds.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select distinct change.entity_id as id from plan join change on change.at > plan.ready_at
    where plan.id = ${id}::uuid and change.entity_id = any(${uuid(of.entityIds)}::uuid[]) and change.actor <> ${of.actor}`);
  return new Set(rows.map((row) => row.id));
}
