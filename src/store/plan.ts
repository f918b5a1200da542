// Plans and their lines. A line of class `write` is what apply may do, and nothing else.
import type { Json, JsonObject } from "../base/json.ts";
import type { Queries, Tx } from "./database.ts";
import type { Waiting } from "./outlook.ts";
import { integer, sql, text, uuid } from "./sql.ts";

export type PlanState = "computing" | "ready" | "failed" | "applying" | "applied";

export interface PlanRow {
  readonly id: string;
  readonly state: PlanState;
  readonly connectionId: string | null;
  readonly streamId: number | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly readyAt: number | null;
  readonly approvedBy: string | null;
  /** The key that had it applied; null of one that was applied before that was kept. */
  readonly appliedBy: string | null;
  readonly approvedAt: number | null;
  readonly appliedAt: number | null;
  /** What is undone, in words; null for the plan of a sync. */
  readonly undoes: string | null;
  /** The change of a stream that it shows, in words; null where it is of none. */
  readonly supposes: string | null;
  readonly requests: JsonObject;
  readonly notes: readonly string[];
  readonly error: { readonly code: string; readonly message: string } | null;
  /** What waited for a person when it was computed; null of an undo, and of an older one. */
  readonly waiting: Waiting | null;
  /** Counted when it became ready, which holds as long as it is; null of an older one. */
  readonly totals: readonly PlanTotal[] | null;
}

export async function insertPlan(
  tx: Queries,
  plan: {
    id: string;
    connectionId: string | null;
    streamId: number | null;
    undoes: string | null;
    supposes: string | null;
    owner: string;
    by: string;
    at: number;
  },
): Promise<void> {
  await tx.run(sql`
    insert into plan (id, state, connection_id, stream_id, undoes, supposes, owner, created_by, created_at)
    values (${plan.id}::uuid, 'computing', ${plan.connectionId}::uuid, ${plan.streamId}, ${plan.undoes}, ${plan.supposes}, ${plan.owner}, ${plan.by}, ${new Date(plan.at)})`);
}

/** Newest first; one of them with `id`. */
export async function listPlans(
  tx: Queries,
  query: { id: string | null; after: string | null; limit: number },
): Promise<PlanRow[]> {
  return tx.rows<PlanRow>(sql`
    select id, state, connection_id as "connectionId", stream_id as "streamId", created_by as "createdBy", created_at as "createdAt", ready_at as "readyAt",
      approved_by as "approvedBy", applied_by as "appliedBy", approved_at as "approvedAt", applied_at as "appliedAt", undoes, supposes, requests, notes, error, waiting,
      case when state = 'ready' then totals end as totals
    from plan where (${query.id}::uuid is null or id = ${query.id}::uuid) and (${query.after}::uuid is null or id < ${query.after}::uuid)
    order by id desc limit ${query.limit}`);
}

/** Its lines are there. They are counted here once, for whoever asks what it comes to: a plan may have a million of them. */
export async function readyPlan(
  tx: Queries,
  id: string,
  of: { at: number; requests: JsonObject; notes: readonly string[]; waiting: Waiting | null },
): Promise<void> {
  const totals = JSON.stringify(await planTotals(tx, id));
  await tx.run(sql`
    update plan set state = 'ready', ready_at = ${new Date(of.at)}, requests = ${JSON.stringify(of.requests)}::jsonb, notes = ${JSON.stringify(of.notes)}::jsonb,
      totals = ${totals}::jsonb, waiting = ${of.waiting === null ? null : JSON.stringify(of.waiting)}::jsonb
    where id = ${id}::uuid`);
}

export async function failPlan(tx: Queries, id: string, error: { code: string; message: string }): Promise<void> {
  await tx.run(sql`
    update plan set state = 'failed', error = ${JSON.stringify(error)}::jsonb where id = ${id}::uuid and state = 'computing'`);
}

/** Plans that are being computed, by the process that does it. */
export async function computingPlans(tx: Queries): Promise<{ id: string; owner: string; createdAt: number }[]> {
  return tx.rows(sql`select id, owner, created_at as "createdAt" from plan where state = 'computing'`);
}

export interface PlanTotal {
  readonly class: string;
  readonly op: string;
  readonly kind: string;
  readonly connection: string | null;
  readonly stream: string | null;
  readonly state: string;
  readonly count: number;
  /** Values that would be blank afterwards and are not now. */
  readonly blanks: number;
}

/** Counts all lines of a plan. */
export async function planTotals(tx: Queries, id: string): Promise<PlanTotal[]> {
  return tx.rows<PlanTotal>(sql`
    select item.class, item.op, item.kind, named.connection, named.key as stream, item.state, count(*) as count,
      coalesce(sum(case when item.class in ('write', 'here') and item.op = 'update' then
        (select count(*) from jsonb_each(item.fields) as field where field.value -> 1 = 'null' and field.value -> 0 <> 'null') end), 0)::bigint as blanks
    from plan_item item left join named_stream named on named.id = item.stream_id left join stream on stream.id = item.stream_id
    where item.plan_id = ${id}::uuid
    group by item.class, item.op, item.kind, named.connection, named.key, stream.position, item.state
    order by item.class, stream.position, named.key, item.op, item.kind, item.state`);
}

export interface PlanItemRow {
  readonly number: number;
  readonly class: "write" | "here" | "link" | "duplicate" | "conflict" | "reject" | "leave";
  readonly op: string;
  readonly kind: string;
  readonly connection: string | null;
  readonly stream: string | null;
  readonly recordId: string | null;
  readonly entityId: string | null;
  readonly planned: boolean;
  readonly title: string | null;
  /** By field of ours: what it is now, what it would be, where that is from, and the rule that decided it, where one did. */
  readonly fields: Readonly<Record<string, readonly [Json, Json, string | null, (string | null)?]>>;
  readonly detail: JsonObject | null;
  readonly state: "open" | "done" | "skipped" | "excluded";
  readonly reason: string | null;
}

/** In the order of the plan. */
export async function planItems(
  tx: Queries,
  id: string,
  query: { class: string | null; state: string | null; after: number; limit: number },
): Promise<PlanItemRow[]> {
  return tx.rows<PlanItemRow>(sql`
    select item.number, item.class, item.op, item.kind, named.connection, named.key as stream, item.record_id as "recordId",
      item.entity_id as "entityId", item.planned, item.title, item.detail, item.state, item.reason,
      -- Of what is new here fields and origins are kept as they were.
      case when jsonb_typeof(item.fields) <> 'array' then item.fields else coalesce(
        (select jsonb_object_agg(field.key, jsonb_build_array(null, field.value, coalesce(
            (select jsonb_object_agg(id::text, 'connection:' || connection) from named_stream)
              ->> (coalesce(item.fields -> 1 -> field.key, item.fields -> 1 -> '*') ->> 0),
            coalesce(item.fields -> 1 -> field.key, item.fields -> 1 -> '*') ->> 1)))
         from jsonb_each(item.fields -> 0) as field), '{}') end as fields
    from plan_item item left join named_stream named on named.id = item.stream_id
    where item.plan_id = ${id}::uuid and item.number > ${query.after} and (${query.class}::text is null or item.class = ${query.class})
      and (${query.state}::text is null or item.state = ${query.state})
    order by item.number limit ${query.limit}`);
}

/**
 * Lines that a person leaves out: by number, or all of a thing; with `wholeThings`, all of each thing of which a line is named. Returns the
 * things.
 */
export async function excludeItems(
  tx: Queries,
  id: string,
  what: { numbers: readonly number[]; entityIds: readonly string[]; wholeThings: boolean },
): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    update plan_item set state = 'excluded' where plan_id = ${id}::uuid and state = 'open' and (class = 'write' or class = 'here' and ${what.wholeThings})
      and (number = any(${integer(what.numbers)}::int[]) or entity_id = any(${uuid(what.entityIds)}::uuid[])
        or ${what.wholeThings} and entity_id in (select named.entity_id from plan_item named where named.plan_id = ${id}::uuid and named.number = any(${integer(what.numbers)}::int[])))
    returning entity_id as id`);
  return [...new Set(rows.map((row) => row.id))];
}

/** Those of these numbers and things of which the plan has no line that may be left out: in the order in which they were named. */
export async function notInPlan(
  tx: Queries,
  id: string,
  what: { numbers: readonly number[]; entityIds: readonly string[]; wholeThings: boolean },
): Promise<{ numbers: number[]; entityIds: string[] }> {
  const rows = await tx.rows<{ number: number | null; entityId: string | null }>(sql`
    with line as (
      select number, entity_id from plan_item
      where plan_id = ${id}::uuid and (class = 'write' or class = 'here' and ${what.wholeThings})
        and (number = any(${integer(what.numbers)}::int[]) or entity_id = any(${uuid(what.entityIds)}::uuid[])))
    select named.number, null::uuid as "entityId", named.n from unnest(${integer(what.numbers)}::int[]) with ordinality as named (number, n)
    where not exists (select from line where line.number = named.number)
    union all select null, named.id, named.n from unnest(${uuid(what.entityIds)}::uuid[]) with ordinality as named (id, n)
    where not exists (select from line where line.entity_id = named.id)
    order by 3`);
  return {
    numbers: rows.flatMap((row) => row.number ?? []),
    entityIds: rows.flatMap((row) => row.entityId ?? []),
  };
}

/** Connections of lines left out where the sync writes by itself. */
export async function excludedAnyway(tx: Queries, id: string): Promise<string[]> {
  const rows = await tx.rows<{ name: string }>(sql`
    select distinct connection.name from plan_item item join stream on stream.id = item.stream_id join connection on connection.id = stream.connection_id
    where item.plan_id = ${id}::uuid and item.class = 'write' and item.state = 'excluded' and connection.mode = 'write' and stream.approval = 'auto' order by connection.name`);
  return rows.map((row) => row.name);
}

/** Lines of a plan at these connections are left out, each with the reason. */
export async function leaveOut(
  tx: Queries,
  id: string,
  closed: readonly { connection: string; reason: string }[],
): Promise<void> {
  if (closed.length === 0) return;
  await tx.run(sql`
    update plan_item item set state = 'skipped', reason = closed.reason
    from stream join connection on connection.id = stream.connection_id
    join unnest(${text(closed.map((one) => one.connection))}::text[], ${text(closed.map((one) => one.reason))}::text[]) as closed (name, reason) on closed.name = connection.name
    where item.plan_id = ${id}::uuid and item.class = 'write' and item.state = 'open' and stream.id = item.stream_id`);
}

/** A ready plan begins to be applied. Returns whether it was ready. */
export async function approvePlan(
  tx: Queries,
  id: string,
  of: { named: string; by: string; at: number },
): Promise<boolean> {
  const touched = await tx.run(sql`
    update plan set state = 'applying', approved_by = ${of.named}, applied_by = ${of.by}, approved_at = ${new Date(of.at)} where id = ${id}::uuid and state = 'ready'`);
  return touched === 1;
}

/**
 * Streams with lines that may be written now, of plans being applied: when all that such a plan was read from was read once more. So what is
 * written goes in as few calls as the plan says, and nothing that changed since is met half-way.
 */
export async function streamsPermitted(tx: Queries): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(sql`
    select distinct item.stream_id as id from plan join plan_item item on item.plan_id = plan.id join stream target on target.id = item.stream_id
    where plan.state = 'applying' and item.class = 'write' and item.state = 'open' and (plan.undoes is not null or not exists (
      select from stream join connection on connection.id = stream.connection_id left join lane on lane.stream_id = stream.id and lane.lane = 'batch'
      where stream.enabled and stream.direction <> 'out' and connection.problem is null and (plan.connection_id is null or plan.connection_id = stream.connection_id)
        and (plan.stream_id is null or plan.stream_id = stream.id) and (lane.ran_at is null or lane.ran_at < plan.approved_at)))`);
  return rows.map((row) => row.id);
}

/** Streams a plan writes to, with the mode of their connection. */
export async function planTargets(
  tx: Queries,
  id: string,
): Promise<{ streamId: number; connection: string; mode: string }[]> {
  return tx.rows(sql`
    select distinct stream.id as "streamId", connection.name as connection, connection.mode
    from plan_item item join stream on stream.id = item.stream_id join connection on connection.id = stream.connection_id
    where item.plan_id = ${id}::uuid and item.class = 'write' and item.state = 'open' order by stream.id`);
}

export interface Permit {
  readonly planId: string;
  readonly number: number;
  readonly entityId: string;
  readonly op: string;
  readonly fields: Readonly<Record<string, readonly [Json, Json, string | null]>>;
}

/** The lines by which these entities may be written in a stream now. */
export async function permitsOf(tx: Queries, streamId: number, entityIds: readonly string[]): Promise<Permit[]> {
  if (entityIds.length === 0) return [];
  return tx.rows<Permit>(sql`
    select item.plan_id as "planId", item.number, item.entity_id as "entityId", item.op, item.fields
    from plan join plan_item item on item.plan_id = plan.id
    where plan.state = 'applying' and item.class = 'write' and item.state = 'open' and not item.planned
      and item.stream_id = ${streamId} and item.entity_id = any(${uuid(entityIds)}::uuid[])
    order by plan.approved_at, plan.id, item.number`);
}

/** Ends lines, each with its reason. */
export async function endItems(
  tx: Queries,
  state: "done" | "skipped",
  rows: readonly { planId: string; number: number; reason: string | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update plan_item set state = ${state}, reason = over.reason
    from unnest(${uuid(rows.map((row) => row.planId))}::uuid[], ${integer(rows.map((row) => row.number))}::int[], ${text(rows.map((row) => row.reason))}::text[]) as over (plan_id, number, reason)
    where plan_item.plan_id = over.plan_id and plan_item.number = over.number and plan_item.state = 'open'`);
}

/** So many things are met at a time: what a first load made is not held in memory at once. */
const MET_AT_ONCE = 5_000;

/** What plans being applied would make, and is there by now, takes its place in their lines. */
export async function meetPlanned(tx: Tx): Promise<void> {
  while ((await meetSome(tx)) === MET_AT_ONCE);
}

/** Returns how many were met. */
async function meetSome(tx: Tx): Promise<number> {
  const met = await tx.rows<{ planId: string; plannedId: string; entityId: string }>(sql`
    update plan_source set entity_id = found.entity_id from (
      select source.plan_id, source.planned_id, link.entity_id from plan join plan_source source on source.plan_id = plan.id
      join link on link.stream_id = source.stream_id and link.record_id = source.record_id and link.state = 'active'
      where plan.state = 'applying' and source.entity_id is null limit ${MET_AT_ONCE}) as found
    where plan_source.plan_id = found.plan_id and plan_source.planned_id = found.planned_id and plan_source.entity_id is null
    returning plan_source.plan_id as "planId", plan_source.planned_id as "plannedId", plan_source.entity_id as "entityId"`);
  if (met.length === 0) return 0;
  const plans = uuid(met.map((row) => row.planId));
  const planned = uuid(met.map((row) => row.plannedId));
  const entities = uuid(met.map((row) => row.entityId));
  await tx.run(sql`
    update plan_item set entity_id = met.entity_id, planned = false
    from unnest(${plans}::uuid[], ${planned}::uuid[], ${entities}::uuid[]) as met (plan_id, planned_id, entity_id)
    where plan_item.plan_id = met.plan_id and plan_item.entity_id = met.planned_id and plan_item.planned`);
  await tx.run(sql`
    update plan_item set fields = plan_item.fields || over.fields
    from (select reference.plan_id, reference.number, jsonb_object_agg(reference.field, jsonb_set(item.fields -> reference.field, '{1}', to_jsonb(met.entity_id::text))) as fields
          from unnest(${plans}::uuid[], ${planned}::uuid[], ${entities}::uuid[]) as met (plan_id, planned_id, entity_id)
          join plan_reference reference on reference.plan_id = met.plan_id and reference.planned_id = met.planned_id
          join plan_item item on item.plan_id = reference.plan_id and item.number = reference.number
          group by reference.plan_id, reference.number) over
    where plan_item.plan_id = over.plan_id and plan_item.number = over.number`);
  return met.length;
}

/**
 * Ticks off the lines of plans being applied: those that both sides agree on by now are done; those whose write is owed by nobody any
 * more, waits for a person, or was to go to a connection that was removed, are left out with the reason. A plan without open lines is applied. Returns those plans.
 */
export async function tickOff(tx: Tx, at: number): Promise<string[]> {
  if (!(await tx.one(sql`select from plan where state = 'applying' limit 1`))) return [];
  await meetPlanned(tx);
  // One statement, of one moment: what a push ends between two of them is neither owed any more nor seen as agreed.
  // A pull that is still owed may yet bring the thing, and an attempt under way its outcome.
  await tx.run(sql`
    update plan_item set state = case when seen.agreed then 'done' else 'skipped' end, reason = case when seen.agreed then plan_item.reason else coalesce(
      (select 'Waits for a person: ' || parked.message from parked where parked.stream_id = seen.stream_id and parked.side = 'push' and parked.subject = seen.entity_id::text),
      case when exists (select from intent where intent.stream_id = seen.stream_id and intent.entity_id = seen.entity_id and intent.state = 'held')
        then 'May be a record that is there already; a person is asked (winston duplicates list).' end,
      case when exists (select from intent where intent.stream_id = seen.stream_id and intent.entity_id = seen.entity_id and intent.state = 'staged')
        then 'Not among what is rolled out there (winston connections rollout).' end,
      case when not seen.there then coalesce((select 'Connection ' || named.connection || ' was removed' from named_stream named where named.id = seen.stream_id), 'Its connection was removed') || ', so nothing is written there.' end,
      case when seen.planned then 'The record that it was to follow is not here; it may have changed since.' end,
      'Nothing is owed there any more: it was changed, written or removed since the plan.') end
    from (
      select item.plan_id, item.number, item.stream_id, item.entity_id, item.planned, stream.id is not null as there,
        not item.planned and (
          exists (select from link where link.entity_id = item.entity_id and link.stream_id = item.stream_id and link.state = 'active' and item.op <> 'delete'
            and not exists (select from jsonb_each(item.fields) as field where coalesce(link.baseline -> field.key, 'null') <> field.value -> 1))
          or item.op = 'delete' and not exists (select from link where link.stream_id = item.stream_id and link.record_id = item.record_id and link.state = 'active')
            and (stream.id is not null or exists (select from link where link.stream_id = item.stream_id and link.record_id = item.record_id))) as agreed,
        stream.id is not null and (exists (select from intent where intent.stream_id = item.stream_id and intent.entity_id = item.entity_id and intent.state = 'ready')
          or exists (select from attempt where attempt.stream_id = item.stream_id and attempt.entity_id = item.entity_id)
          or item.planned and exists (select from plan_source source join link on link.stream_id = source.stream_id and link.record_id = source.record_id
            where source.plan_id = item.plan_id and source.planned_id = item.entity_id and link.state = 'active')
          or exists (select from wake join stream on stream.id = wake.stream_id where wake.lane <> 'push' and wake.wanted > wake.done and stream.enabled)
          or exists (select from pending_push where pending_push.stream_id = item.stream_id and pending_push.entity_id = item.entity_id
            and exists (select from plan_item target where target.plan_id = item.plan_id and target.entity_id = pending_push.target_entity_id and target.class = 'write' and target.state = 'open'))) as owed
      from plan join plan_item item on item.plan_id = plan.id left join stream on stream.id = item.stream_id
      where plan.state = 'applying' and item.class = 'write' and item.state = 'open') as seen
    where plan_item.plan_id = seen.plan_id and plan_item.number = seen.number and plan_item.state = 'open' and (seen.agreed or not seen.owed)`);
  const rows = await tx.rows<{ id: string }>(sql`
    update plan set state = 'applied', applied_at = ${new Date(at)}
    where state = 'applying' and not exists (select from plan_item item where item.plan_id = plan.id and item.class = 'write' and item.state = 'open')
    returning id`);
  return rows.map((row) => row.id);
}

/**
 * Names the first lines of one plan that the other has not, or has otherwise, and counts all: what changed between two plans of the same thing.
 * Lines are the same by what they are about: a thing that is here, or the record of which a plan would make one. `stays`: also what the other
 * leaves as it is.
 */
export async function planDifference(
  tx: Queries,
  id: string,
  other: string,
  how: { stays: boolean; limit: number },
): Promise<{ names: string[]; count: number }> {
  const rows = await tx.rows<{ name: string; count: number }>(sql`
    with line as (
      select item.*, coalesce(source.stream_id || ' ' || source.record_id, item.entity_id::text) as subject
      from plan_item item left join plan_source source on source.plan_id = item.plan_id and source.planned_id = item.entity_id
      where item.plan_id in (${id}::uuid, ${other}::uuid) and item.class = 'write'),
    differing as (
      select item.number, item.entity_id, item.title from line item
      where item.plan_id = ${id}::uuid and item.state = 'open' and not exists (
        select from line twin where twin.plan_id = ${other}::uuid and twin.stream_id = item.stream_id and twin.op = item.op and twin.subject = item.subject
          and (twin.fields = item.fields or (select jsonb_object_agg(key, value - 3 - 2) from jsonb_each(twin.fields)) = (select jsonb_object_agg(key, value - 3 - 2) from jsonb_each(item.fields))
            or exists (select from plan_reference where plan_reference.plan_id = item.plan_id and plan_reference.number = item.number)))),
    named as (
      select 1 as part, number, '#' || number || ' ' || coalesce(title, entity_id::text) as name from differing
      union all
      select 2, min(number), coalesce(title, entity_id::text) from plan_item item
      where ${how.stays} and plan_id = ${other}::uuid and class = 'reject'
        and not exists (select from differing where differing.entity_id = item.entity_id)
      group by coalesce(title, entity_id::text))
    select name, count(*) over () as count from named order by part, number limit ${how.limit}`);
  return { names: rows.map((one) => one.name), count: rows[0]?.count ?? 0 };
}

/** Plans that are over and older than a time go, with their lines. */
export async function deletePlansBefore(tx: Queries, before: number): Promise<number> {
  return tx.run(sql`
    delete from plan where state in ('ready', 'failed', 'applied') and greatest(created_at, coalesce(applied_at, created_at)) < ${new Date(before)}`);
}
