// Alerts: one row for a cause and its subject, from when it is first seen until some time after it ended.
import type { Queries, Tx } from "./database.ts";
import { sql, text, uuid } from "./sql.ts";

export type Severity = "warning" | "critical";

export interface AlertRow {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly connectionId: string | null;
  readonly state: "watched" | "open" | "resolved";
  readonly severity: Severity;
  readonly title: string;
  readonly message: string;
  readonly scope: readonly string[];
  readonly seenAt: number;
  readonly raisedAt: number | null;
  readonly toldAt: number | null;
  readonly toldSeverity: Severity | null;
  readonly toldScope: readonly string[];
  readonly clearSince: number | null;
  readonly flaps: number;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: number | null;
}

/** Whether this transaction is the one that evaluates now; false while another does. */
export async function mayEvaluate(tx: Tx): Promise<boolean> {
  const row = await tx.one<{ free: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended('winston alerts', 0)) as free`,
  );
  return row!.free;
}

/** All that are watched or open, locked: an acknowledgement comes before or after. */
export async function lockAlerts(tx: Tx): Promise<AlertRow[]> {
  return tx.rows<AlertRow>(sql`
    select id, kind, subject, connection_id as "connectionId", state, severity, title, message, scope, seen_at as "seenAt", raised_at as "raisedAt",
      told_at as "toldAt", told_severity as "toldSeverity", told_scope as "toldScope", clear_since as "clearSince", flaps,
      acknowledged_at as "acknowledgedAt", acknowledged_by as "acknowledgedBy", resolved_at as "resolvedAt"
    from alert where state <> 'resolved' order by id for update`);
}

/** Of each cause and subject the last alert that ended since. */
export async function endedAlerts(
  tx: Queries,
  since: number,
): Promise<{ kind: string; subject: string; flaps: number }[]> {
  return tx.rows(sql`
    select distinct on (kind, subject) kind, subject, flaps from alert
    where state = 'resolved' and resolved_at >= ${new Date(since)} order by kind, subject, resolved_at desc`);
}

export async function putAlerts(tx: Queries, rows: readonly AlertRow[]): Promise<void> {
  if (rows.length === 0) return;
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const said = rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    connection_id: row.connectionId,
    state: row.state,
    severity: row.severity,
    title: row.title,
    message: row.message,
    scope: row.scope,
    seen_at: iso(row.seenAt),
    raised_at: iso(row.raisedAt),
    told_at: iso(row.toldAt),
    told_severity: row.toldSeverity,
    told_scope: row.toldScope,
    clear_since: iso(row.clearSince),
    flaps: row.flaps,
    acknowledged_at: iso(row.acknowledgedAt),
    acknowledged_by: row.acknowledgedBy,
    resolved_at: iso(row.resolvedAt),
  }));
  await tx.run(sql`
    insert into alert (id, kind, subject, connection_id, state, severity, title, message, scope, seen_at, raised_at, told_at, told_severity, told_scope,
      clear_since, flaps, acknowledged_at, acknowledged_by, resolved_at)
    select * from jsonb_to_recordset(${JSON.stringify(said)}::jsonb) as seen (id uuid, kind text, subject text, connection_id uuid, state text, severity text,
      title text, message text, scope jsonb, seen_at timestamptz, raised_at timestamptz, told_at timestamptz, told_severity text, told_scope jsonb,
      clear_since timestamptz, flaps integer, acknowledged_at timestamptz, acknowledged_by text, resolved_at timestamptz)
    on conflict (id) do update set state = excluded.state, severity = excluded.severity, title = excluded.title, message = excluded.message, scope = excluded.scope,
      raised_at = excluded.raised_at, told_at = excluded.told_at, told_severity = excluded.told_severity, told_scope = excluded.told_scope,
      clear_since = excluded.clear_since, flaps = excluded.flaps, acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by,
      resolved_at = excluded.resolved_at`);
}

/** Forgets what was watched and came to nothing. */
export async function dropAlerts(tx: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.run(sql`delete from alert where id = any(${uuid(ids)}::uuid[]) and state = 'watched'`);
}

export async function deleteAlertsBefore(tx: Queries, before: number): Promise<void> {
  await tx.run(sql`delete from alert where state = 'resolved' and resolved_at < ${new Date(before)}`);
}

export type AlertFilter = "open" | "acknowledged" | "resolved";

/** Newest first; what is only watched is not shown. Open ones are those that nobody acknowledged. */
export async function listAlerts(
  tx: Queries,
  query: { states: readonly AlertFilter[]; id: string | null; after: string | null; limit: number },
): Promise<AlertRow[]> {
  return tx.rows<AlertRow>(sql`
    select id, kind, subject, connection_id as "connectionId", state, severity, title, message, scope, seen_at as "seenAt", raised_at as "raisedAt",
      told_at as "toldAt", told_severity as "toldSeverity", told_scope as "toldScope", clear_since as "clearSince", flaps,
      acknowledged_at as "acknowledgedAt", acknowledged_by as "acknowledgedBy", resolved_at as "resolvedAt"
    from alert where state <> 'watched' and (${query.id}::uuid is null or id = ${query.id}::uuid) and (${query.after}::uuid is null or id < ${query.after}::uuid)
      and (case when state = 'resolved' then 'resolved' when acknowledged_at is not null then 'acknowledged' else 'open' end) = any(${text(query.states)}::text[])
    order by id desc limit ${query.limit}`);
}

/** Somebody knows of it. Nothing happens to one that somebody else acknowledged, or that ended. */
export async function acknowledgeAlert(tx: Queries, id: string, by: string, at: number): Promise<void> {
  await tx.run(sql`
    update alert set acknowledged_at = ${new Date(at)}, acknowledged_by = ${by} where id = ${id}::uuid and state = 'open' and acknowledged_at is null`);
}

export async function countOpenAlerts(tx: Queries): Promise<{ warning: number; critical: number }> {
  const row = await tx.one<{ warning: number; critical: number }>(sql`
    select count(*) filter (where severity = 'warning') as warning, count(*) filter (where severity = 'critical') as critical from alert where state = 'open'`);
  return row!;
}
