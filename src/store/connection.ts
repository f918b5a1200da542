// Connections, their streams, mappings and vendor fields.
import type { JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import { integer, jsonb, sql, text } from "./sql.ts";

export interface ConnectionRow {
  readonly id: string;
  readonly vendor: string;
  readonly name: string;
  readonly organisationId: string | null;
  readonly organisationLabel: string | null;
  readonly environment: string | null;
  readonly mode: "observe" | "plan" | "write";
  readonly paused: boolean;
  readonly problem: string | null;
  /** Since when it is only read, because the database was restored; null while all is well. */
  readonly quarantinedAt: number | null;
  /** Of a hundred things, those that may be written there, and those of a list (rollout.ts); null: all. */
  readonly rolloutPercent: number | null;
  readonly settings: JsonObject;
  readonly createdAt: number;
}

export async function insertConnection(
  tx: Queries,
  row: { id: string; vendor: string; name: string; mode: string; settings: JsonObject; at: number },
): Promise<void> {
  await tx.run(sql`
    insert into connection (id, vendor, name, mode, settings, created_at, updated_at)
    values (${row.id}::uuid, ${row.vendor}, ${row.name}, ${row.mode}, ${JSON.stringify(row.settings)}::jsonb, ${new Date(row.at)}, ${new Date(row.at)})`);
}

export async function updateConnection(
  tx: Queries,
  id: string,
  change: {
    organisationId?: string;
    organisationLabel?: string;
    environment?: string;
    mode?: string | undefined;
    paused?: boolean | undefined;
    problem?: string | null;
    settings?: JsonObject;
    at: number;
  },
): Promise<void> {
  await tx.run(sql`
    update connection set organisation_id = coalesce(${change.organisationId ?? null}, organisation_id), organisation_label = coalesce(${change.organisationLabel ?? null}, organisation_label),
      environment = coalesce(${change.environment ?? null}, environment), mode = coalesce(${change.mode ?? null}, mode), paused = coalesce(${change.paused ?? null}::bool, paused),
      problem = case when ${change.problem !== undefined} then ${change.problem ?? null} else problem end,
      settings = coalesce(${change.settings === undefined ? null : JSON.stringify(change.settings)}::jsonb, settings), updated_at = ${new Date(change.at)}
    where id = ${id}::uuid`);
}

/** One by id or by name, or all. */
export async function readConnections(tx: Queries, idOrName: string | null): Promise<ConnectionRow[]> {
  return tx.rows<ConnectionRow>(sql`
    select id, vendor, name, organisation_id as "organisationId", organisation_label as "organisationLabel", environment, mode, paused, problem, quarantined_at as "quarantinedAt", rollout_percent as "rolloutPercent", settings, created_at as "createdAt"
    from connection where (${idOrName}::text is null or id::text = ${idOrName} or name = ${idOrName}) order by created_at, id`);
}

export interface StreamRow {
  readonly id: number;
  readonly connectionId: string;
  readonly key: string;
  readonly kind: string;
  readonly stage: string | null;
  readonly direction: "both" | "in" | "out";
  readonly strategy: "realtime" | "batch" | "hybrid";
  readonly position: number;
  readonly everyMs: number;
  readonly cron: string | null;
  readonly zone: string | null;
  readonly critical: string | null;
  readonly approval: "auto" | "plan";
  readonly deletes: "both" | "in" | "out" | "none";
  /** Milliseconds. */
  readonly backfillSince: number | null;
  readonly enabled: boolean;
  readonly mappingVersion: number;
  readonly rules: RulesRow;
  readonly settings: JsonObject;
  /** Grows whenever the vendor describes the stream's fields otherwise than before, or they drift. */
  readonly schemaVersion: number;
}

/** The filter that belongs to a version of the mapping: conditions on the record and on the entity. */
export interface RulesRow {
  readonly in?: string;
  readonly out?: string;
}

export async function insertStream(
  tx: Queries,
  row: {
    connectionId: string;
    key: string;
    kind: string;
    stage: string | null;
    direction: string;
    position: number;
    everyMs: number;
    mapping: JsonObject;
    actor: string;
    at: number;
  },
): Promise<number> {
  const made = await tx.one<{ id: number }>(sql`
    insert into stream (connection_id, key, kind, stage, direction, position, every_ms, mapping_version)
    values (${row.connectionId}::uuid, ${row.key}, ${row.kind}, ${row.stage}, ${row.direction}, ${row.position}, ${row.everyMs}, 1)
    on conflict (connection_id, key) do nothing returning id`);
  if (!made)
    return (await tx.one<{ id: number }>(
      sql`select id from stream where connection_id = ${row.connectionId}::uuid and key = ${row.key}`,
    ))!.id;
  await insertMapping(tx, {
    streamId: made.id,
    version: 1,
    document: row.mapping,
    rules: {},
    actor: row.actor,
    at: row.at,
  });
  return made.id;
}

export async function readStreams(
  tx: Queries,
  of: { connectionId?: string | null; id?: number | null },
): Promise<StreamRow[]> {
  return tx.rows<StreamRow>(sql`
    select id, connection_id as "connectionId", key, kind, stage, direction, strategy, position, every_ms as "everyMs", cron, zone, critical, approval, deletes, backfill_since as "backfillSince",
      enabled, mapping_version as "mappingVersion", settings, schema_version as "schemaVersion",
      (select rules from mapping where mapping.stream_id = stream.id and mapping.version = stream.mapping_version) as rules
    from stream where (${of.connectionId ?? null}::uuid is null or connection_id = ${of.connectionId ?? null}::uuid) and (${of.id ?? null}::int is null or id = ${of.id ?? null}::int)
    order by position, id`);
}

/** What a run of a stream has to know before it begins, read in one statement. */
export interface ContextRows {
  /** All streams of all connections, and these. */
  readonly streams: StreamRow[];
  readonly connections: Map<string, ConnectionRow>;
  /** Whether anything of the stream is parked. */
  readonly parked: boolean;
  /** Whether anything of it waits at the brake. */
  readonly braked: boolean;
  /** Another whenever the vendor's fields of the stream were described anew. */
  readonly described: string;
  /** When they were asked for last, in milliseconds, and whether any of them drifted, or nothing was told of them. */
  readonly looked: Looked;
  /** Whether it leaves any record alone. */
  readonly leaves: boolean;
}

export interface Looked {
  readonly at: number | null;
  readonly drifted: boolean;
  /** Whether something smells of a change since then. */
  readonly suspected: boolean;
}

export async function readContextRows(tx: Queries, streamId: number): Promise<ContextRows> {
  type Row = StreamRow & {
    readonly connection: string;
    readonly connectionSettings: JsonObject;
    readonly parked: boolean | null;
    readonly braked: boolean | null;
    readonly described: string | null;
    readonly lookedAt: number | null;
    readonly drifted: boolean | null;
    readonly suspected: boolean | null;
    readonly leaves: boolean | null;
  } & Omit<ConnectionRow, "id" | "settings" | "name">;
  const rows = await tx.rows<Row>(sql`
    select stream.id, stream.connection_id as "connectionId", stream.key, stream.kind, stream.stage, stream.direction, stream.strategy, stream.position,
      stream.every_ms as "everyMs", stream.cron, stream.zone, stream.critical, stream.approval, stream.deletes, stream.backfill_since as "backfillSince", stream.enabled, stream.mapping_version as "mappingVersion", stream.settings, stream.schema_version as "schemaVersion",
      (select rules from mapping where mapping.stream_id = stream.id and mapping.version = stream.mapping_version) as rules,
      connection.vendor, connection.name as connection, connection.organisation_id as "organisationId", connection.organisation_label as "organisationLabel",
      connection.environment, connection.mode, connection.paused, connection.problem, connection.quarantined_at as "quarantinedAt", connection.rollout_percent as "rolloutPercent",
      connection.settings as "connectionSettings", connection.created_at as "createdAt",
      case when stream.id = ${streamId} then exists (select from parked where parked.stream_id = ${streamId}) end as parked,
      case when stream.id = ${streamId} then exists (select from brake where brake.stream_id = ${streamId} and brake.state = 'on') end as braked,
      case when stream.id = ${streamId} then (select count(*) || ' ' || max(seen_at) from vendor_field where vendor_field.stream_id = ${streamId}) end as described,
      case when stream.id = ${streamId} then stream.described_at end as "lookedAt",
      case when stream.id = ${streamId} then stream.suspected_at is not null end as suspected,
      case when stream.id = ${streamId} then stream.undescribed_since is not null or exists (select from schema_drift where schema_drift.stream_id = ${streamId}) end as drifted,
      case when stream.id = ${streamId} then exists (select from bystander where bystander.stream_id = ${streamId}) or exists (select from link where link.stream_id = ${streamId} and link.outside) end as leaves
    from stream join connection on connection.id = stream.connection_id order by stream.position, stream.id`);
  const connections = new Map<string, ConnectionRow>();
  for (const { connectionId, connection, connectionSettings, ...row } of rows)
    if (!connections.has(connectionId))
      connections.set(connectionId, {
        id: connectionId,
        vendor: row.vendor,
        name: connection,
        organisationId: row.organisationId,
        organisationLabel: row.organisationLabel,
        environment: row.environment,
        mode: row.mode,
        paused: row.paused,
        problem: row.problem,
        quarantinedAt: row.quarantinedAt,
        rolloutPercent: row.rolloutPercent,
        settings: connectionSettings,
        createdAt: row.createdAt,
      });
  const own = rows.find((row) => row.id === streamId);
  return {
    streams: rows,
    connections,
    parked: own?.parked ?? false,
    braked: own?.braked ?? false,
    described: own?.described ?? "",
    looked: { at: own?.lookedAt ?? null, drifted: own?.drifted ?? false, suspected: own?.suspected ?? false },
    leaves: own?.leaves ?? false,
  };
}

/** What a person chose of a stream. Its filter is with the mapping's version. */
export type StreamChoices = Pick<
  StreamRow,
  | "direction"
  | "strategy"
  | "everyMs"
  | "cron"
  | "zone"
  | "critical"
  | "approval"
  | "deletes"
  | "backfillSince"
  | "enabled"
>;

export async function updateStream(tx: Queries, id: number, to: StreamChoices): Promise<void> {
  await tx.run(sql`
    update stream set direction = ${to.direction}, strategy = ${to.strategy}, every_ms = ${to.everyMs}, cron = ${to.cron}, zone = ${to.zone}, critical = ${to.critical},
      approval = ${to.approval}, deletes = ${to.deletes}, backfill_since = ${to.backfillSince === null ? null : new Date(to.backfillSince)}::timestamptz, enabled = ${to.enabled}
    where id = ${id}`);
}

/** Sets one setting of a stream, or takes it out (null). False where there is no such stream. */
export async function setStreamSetting(
  tx: Queries,
  streamId: number,
  key: string,
  value: number | null,
): Promise<boolean> {
  const json = value === null ? null : JSON.stringify(value);
  const touched = await tx.run(sql`
    update stream set settings = case when ${json}::jsonb is null then settings - ${key}::text else settings || jsonb_build_object(${key}::text, ${json}::jsonb) end
    where id = ${streamId}`);
  return touched > 0;
}

export async function insertMapping(
  tx: Queries,
  row: {
    streamId: number;
    version: number;
    document: JsonObject;
    rules: RulesRow;
    /** Fields that meet for the first time under it, whatever versions before it named. */
    unmet?: readonly string[];
    actor: string;
    at: number;
  },
): Promise<void> {
  await tx.run(sql`
    insert into mapping (stream_id, version, document, rules, unmet, actor, created_at)
    values (${row.streamId}, ${row.version}, ${JSON.stringify(row.document)}::jsonb, ${JSON.stringify(row.rules)}::jsonb, ${text(row.unmet ?? [])}::text[], ${row.actor}, ${new Date(row.at)})`);
}

/** Puts a mapping version in force. */
export async function useMapping(tx: Queries, streamId: number, version: number): Promise<void> {
  await tx.run(sql`update stream set mapping_version = ${version} where id = ${streamId}`);
}

export async function readMapping(tx: Queries, streamId: number, version: number): Promise<JsonObject | undefined> {
  return (
    await tx.one<{ document: JsonObject }>(
      sql`select document from mapping where stream_id = ${streamId} and version = ${version}`,
    )
  )?.document;
}

/** What a mapping is compiled from, in one statement: the document, the vendor's fields as described last with their stamp, and those that pause their rows. */
export async function readMappingSources(
  tx: Queries,
  streamId: number,
  version: number,
): Promise<
  | {
      readonly document: JsonObject;
      readonly vendorFields: readonly JsonObject[];
      readonly described: string;
      readonly paused: readonly { readonly name: string; readonly message: string }[];
    }
  | undefined
> {
  return tx.one(sql`
    select document,
      (select coalesce(jsonb_agg(vendor_field.document order by vendor_field.name), '[]') from vendor_field where vendor_field.stream_id = ${streamId}) as "vendorFields",
      (select count(*) || ' ' || max(seen_at) from vendor_field where vendor_field.stream_id = ${streamId}) as described,
      (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'message', message) order by name), '[]') from schema_drift where schema_drift.stream_id = ${streamId} and pauses) as paused
    from mapping where stream_id = ${streamId} and version = ${version}`);
}

export async function lastMappingVersion(tx: Queries, streamId: number): Promise<number> {
  return (
    (
      await tx.one<{ version: number | null }>(
        sql`select max(version) as version from mapping where stream_id = ${streamId}`,
      )
    )?.version ?? 0
  );
}

/** The vendor's fields as just described; those gone are forgotten. */
export async function writeVendorFields(
  tx: Queries,
  streamId: number,
  fields: readonly { name: string; document: string }[],
  at: number,
): Promise<void> {
  await tx.run(sql`
    with described as (
      insert into vendor_field (stream_id, name, document, seen_at)
      select ${streamId}, seen.name, seen.document, ${new Date(at)} from unnest(${text(fields.map((one) => one.name))}::text[], ${jsonb(fields.map((one) => one.document))}::jsonb[]) as seen (name, document)
      on conflict (stream_id, name) do update set document = excluded.document, seen_at = excluded.seen_at)
    delete from vendor_field where stream_id = ${streamId} and not name = any(${text(fields.map((one) => one.name))}::text[])`);
}

export async function readVendorFields(tx: Queries, streamId: number): Promise<JsonObject[]> {
  return (
    await tx.rows<{ document: JsonObject }>(
      sql`select document from vendor_field where stream_id = ${streamId} order by name`,
    )
  ).map((row) => row.document);
}

/**
 * Links, parked, waiting and held (until a person decides about a pair) of each stream of a connection; and what lies outside its filter: records
 * that are linked, and bystanders, which are kept where they have a key to be known by.
 */
export async function countStreams(
  tx: Queries,
  connectionId: string | null,
): Promise<
  { streamId: number; linked: number; parked: number; waiting: number; held: number; staged: number; outside: number }[]
> {
  return tx.rows(sql`
    select stream.id as "streamId", (select count(*) from link where link.stream_id = stream.id and link.state = 'active') as linked,
      (select count(*) from parked where parked.stream_id = stream.id) as parked, (select count(*) from intent where intent.stream_id = stream.id and intent.state = 'ready') as waiting,
      (select count(*) from intent where intent.stream_id = stream.id and intent.state = 'held') as held,
      (select count(*) from intent where intent.stream_id = stream.id and intent.state = 'staged') as staged,
      (select count(*) from link where link.stream_id = stream.id and link.state = 'active' and link.outside)
        + (select count(distinct record_id) from bystander where bystander.stream_id = stream.id) as outside
    from stream where (${connectionId}::uuid is null or stream.connection_id = ${connectionId}::uuid) order by stream.position`);
}

/** Active links of each of these streams. */
export async function countLinked(tx: Queries, streams: readonly number[]): Promise<Map<number, number>> {
  if (streams.length === 0) return new Map();
  const rows = await tx.rows<{ streamId: number; count: number }>(sql`
    select stream_id as "streamId", count(*) as count from link where stream_id = any(${integer(streams)}::int[]) and state = 'active' group by stream_id`);
  return new Map(rows.map((row) => [row.streamId, row.count]));
}

export async function laneStates(
  tx: Queries,
  streamId: number,
): Promise<
  {
    lane: string;
    watermark: number | null;
    ranAt: number | null;
    owed: boolean;
    checkpoint: unknown;
    stuck: number;
    halting: number;
    crashes: number;
  }[]
> {
  return tx.rows(sql`
    select lane.lane, lane.watermark, lane.ran_at as "ranAt", lane.checkpoint, lane.stuck, lane.halting, lane.crashes, coalesce(wake.wanted > wake.done, false) as owed
    from lane left join wake on wake.stream_id = lane.stream_id and wake.lane = lane.lane where lane.stream_id = ${streamId} order by lane.lane`);
}
