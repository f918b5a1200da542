// Links: the stored fact that a record and an entity are the same thing, with the third leg of every merge.
import type { JsonObject } from "../base/json.ts";
import { column, Copy } from "./copy.ts";
import type { Queries } from "./database.ts";
import { DecideAgain, sqlState } from "./failures.ts";
import { AWAY } from "./former.ts";
import { boolean, bytea, integer, jsonb, sql, text, timestamp, uuid } from "./sql.ts";

export type LinkState = "active" | "converted" | "merged" | "deleted" | "detached";

/** Why a record and an entity are taken for the same thing, and what that rests on. */
export interface LinkReason {
  readonly is: "new" | "created" | "handle" | "keys" | "person" | "split" | "merge" | "conversion";
  readonly of?: JsonObject;
}

export interface LinkRow {
  readonly recordId: string;
  readonly entityId: string;
  readonly state: LinkState;
  readonly baseline: JsonObject;
  readonly fillers: JsonObject | null;
  readonly mappingVersion: number;
  readonly parked: boolean;
  /** Left alone: the filter of its stream leaves its record out. */
  readonly outside: boolean;
  /** The vendor's stamp of the record as it was last seen, in milliseconds. */
  readonly changedAt: number | null;
  /** When Winston linked it, or made it there, by its own clock, in milliseconds. */
  readonly linkedAt: number;
  /** Whether Winston made the record. */
  readonly made: boolean;
  /** Whether the record was read at all since it was linked: one that Winston made was not, before its first reading. */
  readonly shown: boolean;
}

/** What of a page needs work: new to us, not active, parked, mapped by another version, or different. Echoes and repeats never leave the database. `index` is the place in the page. */
export async function needsWork(
  tx: Queries,
  page: {
    stream: number;
    mapping: number;
    ids: readonly string[];
    digests: readonly Uint8Array[];
    changedAts: readonly (number | null)[];
  },
): Promise<{ index: number; entityId: string | null }[]> {
  if (page.ids.length === 0) return [];
  const rows = await tx.rows<{
    index: number;
    entityId: string | null;
    changedAt: number | null;
    former: boolean;
    same: boolean | null;
  }>(sql`
    select (seen.n - 1)::int as index, link.entity_id as "entityId", link.changed_at as "changedAt",
      link.state = 'active' and not link.parked and link.mapping_version = ${page.mapping} and link.digest is not distinct from seen.digest as same,
      not link.parked and link.state = 'active' and link.mapping_version = ${page.mapping} and link.digest = seen.digest || ${WRITTEN}::bytea as former
    from unnest(${text(page.ids)}::text[], ${bytea(page.digests)}::bytea[], ${timestamp(page.changedAts)}::timestamptz[]) with ordinality as seen (record_id, digest, changed_at, n)
    left join link on link.stream_id = ${page.stream} and link.record_id = seen.record_id
    where link.record_id is null or link.state <> 'active' or link.parked
       or link.mapping_version <> ${page.mapping} or link.digest is distinct from seen.digest or link.changed_at < seen.changed_at
    order by seen.n`);
  // The same under a newer stamp: nothing to do but to know that what is older is outdated.
  const same = rows.flatMap((row) =>
    row.same
      ? { id: page.ids[row.index]!, digest: page.digests[row.index]!, changedAt: page.changedAts[row.index]! }
      : [],
  );
  const moved = await moveStamps(tx, page.stream, same);
  // What Winston has written over since is shown once more by an index that lags; under a new stamp somebody has put it back.
  return rows.filter(
    ({ index, former, changedAt }) =>
      !moved.has(page.ids[index]!) && (!former || changedAt === null || changedAt !== page.changedAts[index]),
  );
}

/** Moves the stamps of links that still are what was seen, and returns the records' ids. What another lane changed since it was compared is not among them. */
async function moveStamps(
  tx: Queries,
  stream: number,
  rows: readonly { readonly id: string; readonly digest: Uint8Array; readonly changedAt: number | null }[],
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const moved = await tx.rows<{ id: string }>(sql`
    update link set changed_at = seen.changed_at
    from unnest(${text(rows.map((row) => row.id))}::text[], ${bytea(rows.map((row) => row.digest))}::bytea[],
                ${timestamp(rows.map((row) => row.changedAt))}::timestamptz[]) as seen (record_id, digest, changed_at)
    where link.stream_id = ${stream} and link.record_id = seen.record_id and link.changed_at < seen.changed_at
      and link.state = 'active' and link.digest is not distinct from seen.digest
    returning link.record_id as id`);
  return new Set(moved.map((one) => one.id));
}

/** Behind the digest of an image that Winston has written over since. */
const WRITTEN = Buffer.of(0);
/** The same where the vendor told the stamp of that write: what it shows under that very stamp it has put back itself. */
const WRITTEN_AT = Buffer.of(1);

/**
 * Of these records, those whose links ended because Winston deleted them there, or is deleting them, and that were otherwise when they were
 * seen last. One that ended so long after that has been back, and was deleted by somebody else.
 */
export async function deletedOtherwise(
  tx: Queries,
  stream: number,
  rows: readonly { readonly id: string; readonly digest: Uint8Array; readonly changedAt: number | null }[],
  apartMs: number,
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const found = await tx.rows<{ id: string }>(sql`
    select link.record_id as id
    from unnest(${text(rows.map((row) => row.id))}::text[], ${bytea(rows.map((row) => row.digest))}::bytea[],
                ${timestamp(rows.map((row) => (row.changedAt === null ? null : row.changedAt - apartMs)))}::timestamptz[]) as seen (record_id, digest, ended_at)
    join link on link.stream_id = ${stream} and link.record_id = seen.record_id
    where link.state = 'deleted' and not link.outside and link.mapping_version <> ${AWAY}
      and substring(link.digest for 20) is distinct from seen.digest
      and (exists (select from attempt where attempt.stream_id = link.stream_id and attempt.entity_id = link.entity_id
                     and attempt.record_id = link.record_id and attempt.op = 'delete')
        or exists (select from write where write.stream_id = link.stream_id and write.entity_id = link.entity_id
                     and write.record_id = link.record_id and write.op = 'delete' and write.outcome = 'done'
                     and (seen.ended_at is null or write.at >= seen.ended_at)))`);
  return new Set(found.map((row) => row.id));
}

/** The links of these records, locked. Call after their entities are locked. */
export async function lockLinks(tx: Queries, stream: number, ids: readonly string[]): Promise<LinkRow[]> {
  if (ids.length === 0) return [];
  return tx.rows<LinkRow>(sql`
    select record_id as "recordId", entity_id as "entityId", state, baseline, fillers, mapping_version as "mappingVersion", parked, outside, changed_at as "changedAt", created_at as "linkedAt", coalesce(reason = 'created', false) as made, digest is not null as shown
    from link where stream_id = ${stream} and record_id = any(${text(ids)}::text[]) order by record_id for update`);
}

/** Which entity each of these records is, whatever the link's state. */
export async function entitiesOfRecords(
  tx: Queries,
  streams: readonly number[],
  ids: readonly string[],
): Promise<{ recordId: string; entityId: string }[]> {
  if (ids.length === 0 || streams.length === 0) return [];
  return tx.rows(sql`
    select record_id as "recordId", entity_id as "entityId" from link
    where stream_id = any(${integer(streams)}::int[]) and record_id = any(${text(ids)}::text[]) and state <> 'detached'
    union all
    select alias.old_id, link.entity_id from alias join link on link.stream_id = alias.stream_id and link.record_id = alias.record_id
    where alias.stream_id = any(${integer(streams)}::int[]) and alias.old_id = any(${text(ids)}::text[])`);
}

/**
 * Active links of records whose id begins with one of these and a colon, that are not among `shown` and were there before a time: a record
 * that Winston made while a vendor answered cannot be in the answer.
 */
export async function linksBesides(
  tx: Queries,
  stream: number,
  of: { beginnings: readonly string[]; shown: readonly string[]; before: number },
): Promise<{ recordId: string; entityId: string }[]> {
  if (of.beginnings.length === 0) return [];
  return tx.rows(sql`
    select record_id as "recordId", entity_id as "entityId" from link
    where stream_id = ${stream} and strpos(record_id, ':') > 0 and split_part(record_id, ':', 1) = any(${text(of.beginnings)}::text[])
      and state = 'active' and record_id <> all(${text(of.shown)}::text[]) and created_at < ${new Date(of.before)}
    order by record_id`);
}

/** Records with active links, in the order of their ids. */
export async function activeRecords(
  tx: Queries,
  stream: number,
  of: { after: string | null; limit: number },
): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select record_id as id from link where stream_id = ${stream} and state = 'active' and (${of.after}::text is null or record_id > ${of.after})
    order by record_id limit ${of.limit}`);
  return rows.map((row) => row.id);
}

/** Of these records, those that are linked to a thing that lives here. */
export async function livingLinks(
  tx: Queries,
  streamId: number,
  ids: readonly string[],
): Promise<{ recordId: string; entityId: string }[]> {
  if (ids.length === 0) return [];
  return tx.rows(sql`
    select link.record_id as "recordId", link.entity_id as "entityId" from link join entity on entity.id = link.entity_id and entity.deleted_at is null
    where link.stream_id = ${streamId} and link.record_id = any(${text(ids)}::text[]) and link.state = 'active'`);
}

export interface ActiveLink {
  readonly entityId: string;
  readonly connectionId: string;
  readonly streamId: number;
  readonly recordId: string;
  readonly baseline: JsonObject;
  readonly fillers: JsonObject | null;
  readonly outside: boolean;
}

/** The active links of these entities; of one connection, or of all. */
export async function activeLinks(
  tx: Queries,
  entityIds: readonly string[],
  connectionId: string | null,
): Promise<ActiveLink[]> {
  if (entityIds.length === 0) return [];
  return tx.rows<ActiveLink>(sql`
    select entity_id as "entityId", connection_id as "connectionId", stream_id as "streamId", record_id as "recordId", baseline, fillers, outside
    from link where entity_id = any(${uuid(entityIds)}::uuid[]) and state = 'active'
      and (${connectionId}::uuid is null or connection_id = ${connectionId}::uuid)`);
}

/** Every link of an entity, whatever became of it: the active ones first, then the youngest. */
export async function linksOf(
  tx: Queries,
  entityId: string,
): Promise<{ streamId: number; recordId: string; state: LinkState }[]> {
  return tx.rows(sql`
    select stream_id as "streamId", record_id as "recordId", state from link
    where entity_id = ${entityId}::uuid order by state <> 'active', created_at desc, record_id`);
}

/** The records that entities have at a connection besides their own there: merged away, or standing aside. */
export async function mergedLinks(
  tx: Queries,
  entityIds: readonly string[],
  connectionId: string,
): Promise<{ entityId: string; streamId: number; recordId: string }[]> {
  if (entityIds.length === 0) return [];
  return tx.rows(sql`
    select entity_id as "entityId", stream_id as "streamId", record_id as "recordId" from link
    where entity_id = any(${uuid(entityIds)}::uuid[]) and connection_id = ${connectionId}::uuid and state = 'merged'`);
}

export interface LinkWrite {
  readonly recordId: string;
  readonly entityId: string;
  readonly state: LinkState;
  /** JSON text. */
  readonly baseline: string;
  /** JSON text of the raw mapped fields, or null when the record was not pulled back yet. */
  readonly image: string | null;
  readonly digest: Uint8Array | null;
  readonly fillers: string | null;
  readonly vendorVersion: string | null;
  readonly changedAt: number | null;
  readonly parked: boolean;
  /** Kept when the link is made, and left as it is by every later write of it. */
  readonly reason: LinkReason;
}

/** What all links of a step have in common. */
export interface LinksOf {
  readonly stream: number;
  readonly connectionId: string;
  readonly mapping: number;
  readonly at: number;
}

/** Makes links. Where somebody else linked one of these records or entities meanwhile, the transaction is decided again on what is there (it fails as a serialisation failure, which `transaction` retries). */
export async function insertLinks(tx: Queries, of: LinksOf, rows: readonly LinkWrite[]): Promise<void> {
  if (rows.length === 0) return;
  const made = await tx.run(sql`
    insert into link (stream_id, connection_id, mapping_version, created_at, record_id, entity_id, state, baseline, image, digest, fillers, vendor_version, changed_at, parked, reason, reason_of)
    select ${of.stream}, ${of.connectionId}::uuid, ${of.mapping}, ${new Date(of.at)},
      unnest(${text(rows.map((row) => row.recordId))}::text[]), unnest(${uuid(rows.map((row) => row.entityId))}::uuid[]), unnest(${text(rows.map((row) => row.state))}::text[]),
      unnest(${jsonb(rows.map((row) => row.baseline))}::jsonb[]), unnest(${jsonb(rows.map((row) => row.image))}::jsonb[]), unnest(${bytea(rows.map((row) => row.digest))}::bytea[]),
      unnest(${jsonb(rows.map((row) => row.fillers))}::jsonb[]), unnest(${text(rows.map((row) => row.vendorVersion))}::text[]),
      unnest(${timestamp(rows.map((row) => row.changedAt))}::timestamptz[]), unnest(${boolean(rows.map((row) => row.parked))}::bool[]),
      unnest(${text(rows.map((row) => row.reason.is))}::text[]), unnest(${jsonb(rows.map((row) => reasonOf(row.reason)))}::jsonb[])
    on conflict do nothing`);
  if (made !== rows.length) throw linkedMeanwhile();
}

/** The same by COPY, for many rows. */
export function copyOfLinks(of: LinksOf): Copy<LinkWrite> {
  const columns = [
    column("stream_id", "integer", () => of.stream),
    column("connection_id", "uuid", () => of.connectionId),
    column("mapping_version", "integer", () => of.mapping),
    column("created_at", "timestamp", () => of.at),
    column("record_id", "text", (row: LinkWrite) => row.recordId),
    column("entity_id", "uuid", (row: LinkWrite) => row.entityId),
    column("state", "text", (row: LinkWrite) => row.state),
    column("baseline", "jsonb", (row: LinkWrite) => row.baseline),
    column("image", "jsonb", (row: LinkWrite) => row.image),
    column("digest", "bytea", (row: LinkWrite) => row.digest),
    column("fillers", "jsonb", (row: LinkWrite) => row.fillers),
    column("vendor_version", "text", (row: LinkWrite) => row.vendorVersion),
    column("changed_at", "timestamp", (row: LinkWrite) => row.changedAt),
    column("parked", "boolean", (row: LinkWrite) => row.parked),
    column("reason", "text", (row: LinkWrite) => row.reason.is),
    column("reason_of", "jsonb", (row: LinkWrite) => reasonOf(row.reason)),
  ];
  return new Copy("link", columns, (thrown) =>
    sqlState(thrown) === UNIQUE_VIOLATION ? linkedMeanwhile(thrown) : thrown,
  );
}

const reasonOf = ({ of }: LinkReason): string | null => (of === undefined ? null : JSON.stringify(of));

const UNIQUE_VIOLATION = "23505";
const linkedMeanwhile = (cause?: unknown): DecideAgain =>
  new DecideAgain("a record or entity of this page was linked meanwhile", { cause });

/** Writes locked links back whole, with the image just pulled: they are synced. */
export async function updateLinks(
  tx: Queries,
  of: { stream: number; mapping: number },
  rows: readonly LinkWrite[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update link set mapping_version = ${of.mapping}, entity_id = seen.entity_id, state = seen.state, baseline = seen.baseline, image = seen.image, digest = seen.digest,
      fillers = seen.fillers, vendor_version = seen.vendor_version, changed_at = seen.changed_at, parked = seen.parked, outside = false
    from unnest(${text(rows.map((row) => row.recordId))}::text[], ${uuid(rows.map((row) => row.entityId))}::uuid[], ${text(rows.map((row) => row.state))}::text[],
                ${jsonb(rows.map((row) => row.baseline))}::jsonb[], ${jsonb(rows.map((row) => row.image))}::jsonb[], ${bytea(rows.map((row) => row.digest))}::bytea[],
                ${jsonb(rows.map((row) => row.fillers))}::jsonb[], ${text(rows.map((row) => row.vendorVersion))}::text[],
                ${timestamp(rows.map((row) => row.changedAt))}::timestamptz[], ${boolean(rows.map((row) => row.parked))}::bool[])
      as seen (record_id, entity_id, state, baseline, image, digest, fillers, vendor_version, changed_at, parked)
    where link.stream_id = ${of.stream} and link.record_id = seen.record_id`);
}

/** Leaves locked links alone from now on. What their records say is noted, so that the same is not looked at twice; what both sides last agreed on stays. */
export async function leaveLinks(
  tx: Queries,
  of: { stream: number; mapping: number },
  rows: readonly Pick<LinkWrite, "recordId" | "image" | "digest" | "vendorVersion" | "changedAt" | "parked">[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update link set mapping_version = ${of.mapping}, outside = true, image = seen.image, digest = seen.digest, vendor_version = seen.vendor_version, changed_at = seen.changed_at, parked = seen.parked
    from unnest(${text(rows.map((row) => row.recordId))}::text[], ${jsonb(rows.map((row) => row.image))}::jsonb[], ${bytea(rows.map((row) => row.digest))}::bytea[],
                ${text(rows.map((row) => row.vendorVersion))}::text[], ${timestamp(rows.map((row) => row.changedAt))}::timestamptz[], ${boolean(rows.map((row) => row.parked))}::bool[])
      as seen (record_id, image, digest, vendor_version, changed_at, parked)
    where link.stream_id = ${of.stream} and link.record_id = seen.record_id`);
}

/** The records of these links ended while they were left alone: so they stay. */
export async function endLeftAlone(tx: Queries, stream: number, ids: readonly string[]): Promise<void> {
  await tx.run(
    sql`update link set state = 'deleted', outside = true where stream_id = ${stream} and record_id = any(${text(ids)}::text[])`,
  );
}

/** After a write that succeeded: the sent fields become baseline, all others keep theirs; of the vendor's fields written, those with a filler have it, the others no longer. What the record was before the stamp of the write is outdated. */
export async function moveBaselines(
  tx: Queries,
  stream: number,
  rows: readonly {
    readonly recordId: string;
    readonly sent: string;
    readonly written: readonly string[];
    readonly fillers: string;
    /** The vendor's stamp after the write, where it tells. */
    readonly changedAt: number | null;
  }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    update link set baseline = link.baseline || seen.sent, changed_at = greatest(link.changed_at, seen.changed_at),
      digest = case when seen.changed_at is not null then substring(link.digest for 20) || ${WRITTEN_AT}::bytea
                    when octet_length(link.digest) > 20 then link.digest else link.digest || ${WRITTEN}::bytea end,
      fillers = (coalesce(link.fillers, '{}'::jsonb) - array(select jsonb_array_elements_text(seen.written))) || seen.fillers
    from unnest(${text(rows.map((row) => row.recordId))}::text[], ${jsonb(rows.map((row) => row.sent))}::jsonb[],
                ${jsonb(rows.map((row) => JSON.stringify(row.written)))}::jsonb[], ${jsonb(rows.map((row) => row.fillers))}::jsonb[],
                ${timestamp(rows.map((row) => row.changedAt))}::timestamptz[]) as seen (record_id, sent, written, fillers, changed_at)
    where link.stream_id = ${stream} and link.record_id = seen.record_id`);
}

export async function setLinkState(
  tx: Queries,
  stream: number,
  ids: readonly string[],
  state: LinkState,
): Promise<void> {
  if (ids.length === 0) return;
  await tx.run(
    sql`update link set state = ${state} where stream_id = ${stream} and record_id = any(${text(ids)}::text[])`,
  );
}

/** Gives an entity's links to another, for this reason from now on. Where both are active at one connection, the giver's becomes `merged`. */
export async function moveLinks(tx: Queries, from: string, to: string, reason: LinkReason): Promise<void> {
  await tx.run(sql`
    update link set state = 'merged' where entity_id = ${from}::uuid and state = 'active'
      and exists (select from link as kept where kept.entity_id = ${to}::uuid and kept.connection_id = link.connection_id and kept.state = 'active')`);
  await tx.run(sql`
    update link set entity_id = ${to}::uuid, reason = ${reason.is}, reason_of = ${reasonOf(reason)}::jsonb where entity_id = ${from}::uuid`);
}

/** Raw mapped fields as last pulled, to work on a record again without asking the vendor. */
export async function imagesOf(
  tx: Queries,
  stream: number,
  ids: readonly string[],
): Promise<{ recordId: string; image: JsonObject; vendorVersion: string | null; changedAt: number | null }[]> {
  if (ids.length === 0) return [];
  return tx.rows(sql`
    select record_id as "recordId", image, vendor_version as "vendorVersion", changed_at as "changedAt"
    from link where stream_id = ${stream} and record_id = any(${text(ids)}::text[]) and image is not null and state = 'active'`);
}

export async function insertAliases(
  tx: Queries,
  stream: number,
  rows: readonly { oldId: string; recordId: string }[],
  at: number,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into alias (stream_id, old_id, record_id, created_at)
    select ${stream}, seen.old_id, seen.record_id, ${new Date(at)}
    from unnest(${text(rows.map((row) => row.oldId))}::text[], ${text(rows.map((row) => row.recordId))}::text[]) as seen (old_id, record_id)
    on conflict (stream_id, old_id) do update set record_id = excluded.record_id`);
}

/** Of these records, those that their vendor merged into others. */
export async function mergedAway(
  tx: Queries,
  streams: readonly number[],
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0 || streams.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select old_id as id from alias where stream_id = any(${integer(streams)}::int[]) and old_id = any(${text(ids)}::text[])`);
  return new Set(rows.map((row) => row.id));
}
