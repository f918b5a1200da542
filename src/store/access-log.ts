// Who asked Winston for what, by time: routes and never addresses with ids or queries in them, no bodies.
import type { Queries } from "./database.ts";
import { integer, sql, text, timestamp, uuid } from "./sql.ts";

export interface AccessRow {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly requestId: string;
  /** null for a caller without a valid key. */
  readonly keyId: string | null;
  readonly method: string;
  /** The route's pattern ("/api/leads/:id"), not the address. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly remote: string | null;
}

export async function insertAccess(tx: Queries, rows: readonly AccessRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into access_log (at, request_id, key_id, method, route, status, ms, remote)
    select * from unnest(
      ${timestamp(rows.map((row) => row.at))}::timestamptz[], ${text(rows.map((row) => row.requestId))}::text[],
      ${uuid(rows.map((row) => row.keyId))}::uuid[], ${text(rows.map((row) => row.method))}::text[],
      ${text(rows.map((row) => row.route))}::text[], ${integer(rows.map((row) => row.status))}::int[],
      ${integer(rows.map((row) => row.ms))}::int[], ${text(rows.map((row) => row.remote))}::text[])`);
}
