// What a vendor lists, beside what is linked here: told apart by the database, a page at a time.
import type { JsonObject } from "../base/json.ts";
import type { Queries } from "./database.ts";
import type { EntityRow } from "./entity.ts";
import type { LinkRow } from "./link.ts";
import { boolean, bytea, sql, text, timestamp } from "./sql.ts";

export interface ListedRecord {
  readonly recordId: string;
  readonly version: string | null;
  readonly changedAt: number | null;
  /** Of what was read; null where only versions were listed. */
  readonly digest: Uint8Array | null;
  /** Told to have ended, as what a merge swallowed. */
  readonly ended: boolean;
  /** There is another reason to look at it. */
  readonly doubt: boolean;
}

/** Notes what a page showed, and which of it is not as it is known here. A record shown twice is in doubt if either showing is. */
export async function noteListed(
  tx: Queries,
  of: { stream: number; mapping: number; depth: "versions" | "fields" },
  page: readonly ListedRecord[],
): Promise<void> {
  const rows = [...new Map(page.map((row) => [row.recordId, row])).values()];
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into listed (stream_id, record_id, doubt)
    select ${of.stream}, seen.record_id, seen.doubt or case
      when seen.ended then coalesce(link.state = 'active', false)
      when link.record_id is null or link.state <> 'active' or link.mapping_version <> ${of.mapping} then true
      when ${of.depth === "fields"} then link.digest is distinct from seen.digest
      else link.vendor_version is distinct from seen.version or link.changed_at is distinct from seen.changed_at end
    from unnest(${text(rows.map((row) => row.recordId))}::text[], ${text(rows.map((row) => row.version))}::text[], ${timestamp(rows.map((row) => row.changedAt))}::timestamptz[],
                ${bytea(rows.map((row) => row.digest))}::bytea[], ${boolean(rows.map((row) => row.ended))}::bool[], ${boolean(rows.map((row) => row.doubt))}::bool[])
      as seen (record_id, version, changed_at, digest, ended, doubt)
    left join link on link.stream_id = ${of.stream} and link.record_id = seen.record_id
    where not (seen.ended and link.record_id is null)
    on conflict (stream_id, record_id) do update set doubt = listed.doubt or excluded.doubt`);
}

/** Records in doubt, in the order of their ids. */
export async function doubtedRecords(
  tx: Queries,
  stream: number,
  of: { after: string | null; limit: number },
): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select record_id as id from listed where stream_id = ${stream} and doubt and (${of.after}::text is null or record_id > ${of.after})
    order by record_id limit ${of.limit}`);
  return rows.map((row) => row.id);
}

/** Records that are linked here since before the listing began and that it did not show. */
export async function unlistedRecords(
  tx: Queries,
  stream: number,
  of: { before: number; after: string | null; limit: number },
): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select record_id as id from link
    where stream_id = ${stream} and state = 'active' and created_at < ${new Date(of.before)} and (${of.after}::text is null or record_id > ${of.after})
      and not exists (select from listed where listed.stream_id = ${stream} and listed.record_id = link.record_id)
    order by record_id limit ${of.limit}`);
  return rows.map((row) => row.id);
}

export async function countUnlisted(tx: Queries, stream: number, before: number): Promise<number> {
  const row = await tx.one<{ count: number }>(sql`
    select count(*) as count from link where stream_id = ${stream} and state = 'active' and created_at < ${new Date(before)}
      and not exists (select from listed where listed.stream_id = ${stream} and listed.record_id = link.record_id)`);
  return row!.count;
}

export async function countListed(tx: Queries, stream: number): Promise<number> {
  return (await tx.one<{ count: number }>(sql`select count(*) as count from listed where stream_id = ${stream}`))!
    .count;
}

export async function clearListed(tx: Queries, stream: number): Promise<void> {
  await tx.run(sql`delete from listed where stream_id = ${stream}`);
}

/** A record as it is known here: its link, the entity it is, and what is already known to be on its way. All of one moment. */
export interface Known {
  readonly link: LinkRow;
  readonly digest: Uint8Array | null;
  readonly entity: EntityRow;
  /** The state of what its stream owes the entity; null where nothing is owed. */
  readonly owed: "ready" | "parked" | "held" | null;
  /** A write of it is under way, or its outcome unknown. */
  readonly underWay: boolean;
  /** When Winston last wrote it, where that was not long ago. */
  readonly wroteAt: number | null;
}

/** What is known of these records, of one moment: one statement, so that a push between two of them is not taken for a difference. */
export async function knownRecords(
  tx: Queries,
  stream: number,
  ids: readonly string[],
  of: { since: number },
): Promise<Known[]> {
  if (ids.length === 0) return [];
  const rows = await tx.rows<
    Omit<LinkRow, "state" | "shown"> &
      Omit<EntityRow, "id"> & {
        state: LinkRow["state"];
        digest: Uint8Array | null;
        owed: Known["owed"];
        underWay: boolean;
        wroteAt: number | null;
      }
  >(sql`
    select link.record_id as "recordId", link.entity_id as "entityId", link.state, link.baseline, link.fillers, link.mapping_version as "mappingVersion",
      link.parked, link.outside, link.changed_at as "changedAt", link.created_at as "linkedAt", link.digest, coalesce(link.reason = 'created', false) as made,
      entity.kind, entity.stage, entity.fields, entity.origin, entity.version, entity.created_at as "createdAt", entity.updated_at as "updatedAt",
      entity.deleted_at as "deletedAt", entity.merged_into as "mergedInto", intent.state as owed,
      exists (select from attempt where attempt.entity_id = entity.id) as "underWay",
      (select max(write.at) from write where write.entity_id = entity.id and write.stream_id = ${stream} and write.at >= ${new Date(of.since)}) as "wroteAt"
    from link join entity on entity.id = link.entity_id
    left join intent on intent.stream_id = ${stream} and intent.entity_id = link.entity_id
    where link.stream_id = ${stream} and link.record_id = any(${text(ids)}::text[])`);
  return rows.map((row) => ({
    link: {
      recordId: row.recordId,
      entityId: row.entityId,
      state: row.state,
      baseline: row.baseline,
      fillers: row.fillers,
      mappingVersion: row.mappingVersion,
      parked: row.parked,
      outside: row.outside,
      changedAt: row.changedAt,
      linkedAt: row.linkedAt,
      made: row.made,
      shown: row.digest !== null,
    },
    digest: row.digest,
    entity: {
      id: row.entityId,
      kind: row.kind,
      stage: row.stage,
      fields: row.fields,
      origin: row.origin,
      version: row.version,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      deletedAt: row.deletedAt,
      mergedInto: row.mergedInto,
    },
    owed: row.owed,
    underWay: row.underWay,
    wroteAt: row.wroteAt,
  }));
}

/** Of a page: what each linked record's two sides last agreed on, beside what is here now. */
export async function agreedOn(
  tx: Queries,
  stream: number,
  ids: readonly string[],
): Promise<{ recordId: string; baseline: JsonObject; fields: JsonObject; ended: boolean; owed: boolean }[]> {
  if (ids.length === 0) return [];
  return tx.rows(sql`
    select link.record_id as "recordId", link.baseline, entity.fields, entity.deleted_at is not null or entity.merged_into is not null as ended,
      intent.entity_id is not null as owed
    from link join entity on entity.id = link.entity_id
    left join intent on intent.stream_id = ${stream} and intent.entity_id = link.entity_id
    where link.stream_id = ${stream} and link.record_id = any(${text(ids)}::text[]) and link.state = 'active' and not link.outside`);
}

/**
 * Of records: which wait for something that is known already (set aside until their ends come, or parked). One that is linked no
 * more waits only where it is nothing but its ends (`ties`): another may come back before what it names is known.
 */
export async function waitingRecords(
  tx: Queries,
  stream: number,
  ids: readonly string[],
  of: { readonly ties: boolean },
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select record_id as id from pending_reference where stream_id = ${stream} and record_id = any(${text(ids)}::text[])
      and (${of.ties} or not exists (
        select from link where link.stream_id = ${stream} and link.record_id = pending_reference.record_id and link.state <> 'active'))
    union select subject from parked where stream_id = ${stream} and side = 'pull' and subject = any(${text(ids)}::text[])`);
  return new Set(rows.map((row) => row.id));
}

/** Whether a create of this stream is under way: a record that nobody knows may be what it makes. */
export async function creating(tx: Queries, stream: number): Promise<boolean> {
  const row = await tx.one<{ any: boolean }>(
    sql`select exists (select from attempt where stream_id = ${stream} and op = 'create') as any`,
  );
  return row!.any;
}

/** Records that say the same as when they were last read, under another version: the next listing need not look at them. */
export async function noteVersions(
  tx: Queries,
  stream: number,
  rows: readonly { recordId: string; digest: Uint8Array; version: string | null; changedAt: number | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update link set vendor_version = seen.version, changed_at = greatest(link.changed_at, seen.changed_at)
    from unnest(${text(rows.map((row) => row.recordId))}::text[], ${bytea(rows.map((row) => row.digest))}::bytea[],
                ${text(rows.map((row) => row.version))}::text[], ${timestamp(rows.map((row) => row.changedAt))}::timestamptz[]) as seen (record_id, digest, version, changed_at)
    where link.stream_id = ${stream} and link.record_id = seen.record_id and link.state = 'active' and link.digest = seen.digest
      and coalesce(link.changed_at <= seen.changed_at, true)`);
}
