// What vendors' fields are that they were not: drifts of a stream, and when its fields were described last.
import type { JsonObject } from "../base/json.ts";
import type { Looked } from "./connection.ts";
import type { Queries } from "./database.ts";
import { boolean, jsonb, sql, text } from "./sql.ts";

export const DRIFT_CAUSES = ["gone", "retyped", "readOnly", "required", "optionGone"] as const;
export type DriftCause = (typeof DRIFT_CAUSES)[number];

export interface DriftRow {
  /** The vendor's field. */
  readonly name: string;
  readonly cause: DriftCause;
  readonly message: string;
  /** The rows that name it are neither read nor written meanwhile. */
  readonly pauses: boolean;
  /** The vendor's field as it was. */
  readonly was: JsonObject;
  /** Milliseconds. */
  readonly noticedAt: number;
}

export async function readDrifts(tx: Queries, streamId: number): Promise<DriftRow[]> {
  return tx.rows<DriftRow>(sql`
    select name, cause, message, pauses, was, noticed_at as "noticedAt" from schema_drift where stream_id = ${streamId} order by name`);
}

/** Drifts of one connection, or of all, each with its stream. */
export async function listDrifts(
  tx: Queries,
  connectionId: string | null,
): Promise<(DriftRow & { readonly streamId: number })[]> {
  return tx.rows(sql`
    select drift.stream_id as "streamId", drift.name, drift.cause, drift.message, drift.pauses, drift.was, drift.noticed_at as "noticedAt"
    from schema_drift drift join stream on stream.id = drift.stream_id
    where (${connectionId}::uuid is null or stream.connection_id = ${connectionId}::uuid) order by stream.position, stream.id, drift.name`);
}

/** The drifts of a stream as they are now; one that stood already keeps the time at which it was noticed. */
export async function replaceDrifts(
  tx: Queries,
  streamId: number,
  drifts: readonly Omit<DriftRow, "noticedAt">[],
  at: number,
): Promise<void> {
  await tx.run(sql`
    with standing as (
      insert into schema_drift (stream_id, name, cause, message, pauses, was, noticed_at)
      select ${streamId}, one.name, one.cause, one.message, one.pauses, one.was, ${new Date(at)}
      from unnest(${text(drifts.map((one) => one.name))}::text[], ${text(drifts.map((one) => one.cause))}::text[], ${text(drifts.map((one) => one.message))}::text[],
        ${boolean(drifts.map((one) => one.pauses))}::bool[], ${jsonb(drifts.map((one) => JSON.stringify(one.was)))}::jsonb[]) as one (name, cause, message, pauses, was)
      on conflict (stream_id, name) do update set cause = excluded.cause, message = excluded.message, pauses = excluded.pauses)
    delete from schema_drift where stream_id = ${streamId} and not name = any(${text(drifts.map((one) => one.name))}::text[])`);
}

/** Notes that the fields of a stream were described, or seen by a person, and whether anything of it is other than before. */
export async function noteDescribed(
  tx: Queries,
  streamId: number,
  of: { differs: boolean; at: number },
): Promise<void> {
  await tx.run(sql`
    update stream set described_at = ${new Date(of.at)}, suspected_at = null, schema_version = schema_version + ${of.differs ? 1 : 0}::int where id = ${streamId}`);
}

/** Notes whether the vendor describes the fields of a stream: null where it does, else why not. The time of the first refusal stays. */
export async function noteUndescribed(
  tx: Queries,
  streamId: number,
  refusal: { readonly words: string; readonly at: number } | null,
): Promise<void> {
  await tx.run(
    refusal
      ? sql`update stream set undescribed_since = coalesce(undescribed_since, ${new Date(refusal.at)}), undescribed_words = ${refusal.words} where id = ${streamId}`
      : sql`update stream set undescribed_since = null, undescribed_words = null where id = ${streamId} and undescribed_since is not null`,
  );
}

/** When the fields of a stream were asked for last, in milliseconds, and whether any of them drifted, or nothing was told of them. */
export async function lastDescribed(tx: Queries, streamId: number): Promise<Looked> {
  return (
    (await tx.one<Looked>(sql`
      select described_at as at, undescribed_since is not null or exists (select from schema_drift where stream_id = ${streamId}) as drifted, suspected_at is not null as suspected from stream where id = ${streamId}`)) ?? {
      at: null,
      drifted: false,
      suspected: false,
    }
  );
}

/** Notes that something smells of a change; since when, stays. */
export async function noteSuspected(tx: Queries, streamId: number, at: number): Promise<void> {
  await tx.run(sql`update stream set suspected_at = ${new Date(at)} where id = ${streamId} and suspected_at is null`);
}

/** When the fields of each stream were asked for last, of one connection or of all, and since when something smells of a change. Milliseconds. */
export async function listLooks(
  tx: Queries,
  connectionId: string | null,
): Promise<{ streamId: number; lookedAt: number | null; suspectedAt: number | null }[]> {
  return tx.rows(sql`
    select id as "streamId", described_at as "lookedAt", suspected_at as "suspectedAt" from stream
    where (${connectionId}::uuid is null or connection_id = ${connectionId}::uuid) order by connection_id, position, id`);
}

/** Fields that met anew under versions of a stream's mapping behind this one. */
export async function unmetAfter(
  tx: Queries,
  streamId: number,
  version: number,
): Promise<{ version: number; unmet: readonly string[] }[]> {
  return tx.rows(sql`
    select version, unmet from mapping where stream_id = ${streamId} and version > ${version} and unmet <> '{}'`);
}
