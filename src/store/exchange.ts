// Every request to a vendor, by time: never bodies, never credentials, never queries.
import type { Queries } from "./database.ts";
import { bigint, integer, sql, text, timestamp, uuid } from "./sql.ts";

export interface ExchangeRow {
  /** When it ended, in milliseconds since 1970 UTC. */
  readonly at: number;
  readonly connectionId: string;
  readonly runId: string | null;
  readonly method: string;
  readonly path: string;
  /** null when no answer came. */
  readonly status: number | null;
  readonly ms: number;
  readonly sentBytes: number;
  /** -1 for a body read as a stream. */
  readonly receivedBytes: number;
  readonly problem: string | null;
  /** The moment of the step that stored the page which it brought, or helped to bring; null where none did. */
  readonly takenAt: number | null;
}

export async function insertExchanges(tx: Queries, rows: readonly ExchangeRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into exchange (at, connection_id, run_id, method, path, status, ms, sent_bytes, received_bytes, problem, taken_at)
    select * from unnest(
      ${timestamp(rows.map((row) => row.at))}::timestamptz[], ${uuid(rows.map((row) => row.connectionId))}::uuid[],
      ${uuid(rows.map((row) => row.runId))}::uuid[], ${text(rows.map((row) => row.method))}::text[],
      ${text(rows.map((row) => row.path))}::text[], ${integer(rows.map((row) => row.status))}::int[],
      ${integer(rows.map((row) => row.ms))}::int[], ${integer(rows.map((row) => row.sentBytes))}::int[],
      ${bigint(rows.map((row) => row.receivedBytes))}::bigint[], ${text(rows.map((row) => row.problem))}::text[],
      ${timestamp(rows.map((row) => row.takenAt))}::timestamptz[])`);
}
