// Records that are read again because a person decided about them.
import type { Queries } from "./database.ts";
import { integer, sql, text, timestamp } from "./sql.ts";

/** What is done with one that is not there: it is deleted, it is made again, or nothing. One that is there is merged whatever its image. */
export type Missing = "merge" | "end" | "restore";

export interface AskedRecord {
  readonly recordId: string;
  readonly missing: Missing;
  /** When the vendor says it was deleted, in milliseconds. */
  readonly toldAt: number | null;
}

export async function askForRecords(
  tx: Queries,
  rows: readonly (AskedRecord & { readonly streamId: number })[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into asked_record (stream_id, record_id, missing, told_at)
    select seen.* from unnest(${integer(rows.map((row) => row.streamId))}::int[], ${text(rows.map((row) => row.recordId))}::text[],
                              ${text(rows.map((row) => row.missing))}::text[], ${timestamp(rows.map((row) => row.toldAt))}::timestamptz[]) as seen
    on conflict (stream_id, record_id) do update set missing = excluded.missing, told_at = excluded.told_at`);
}

/** Those of a stream, in the order of their ids. */
export async function nextAsked(
  tx: Queries,
  streamId: number,
  of: { after: string | null; limit: number },
): Promise<AskedRecord[]> {
  return tx.rows<AskedRecord>(sql`
    select record_id as "recordId", missing, told_at as "toldAt" from asked_record
    where stream_id = ${streamId} and (${of.after}::text is null or record_id > ${of.after}) order by record_id limit ${of.limit}`);
}

export async function answerAsked(tx: Queries, streamId: number, recordIds: readonly string[]): Promise<void> {
  await tx.run(
    sql`delete from asked_record where stream_id = ${streamId} and record_id = any(${text(recordIds)}::text[])`,
  );
}
