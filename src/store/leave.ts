// What a person lets go of a stream at this moment.
import type { Queries } from "./database.ts";
import { sql } from "./sql.ts";

/** Whether writes of a stream are let go as these say, and neither it nor its connection was stopped since. */
export async function leaveStands(
  tx: Queries,
  of: { streamId: number; mode: string; approval: string; quarantined: boolean; rolloutPercent: number | null },
): Promise<boolean> {
  const row = await tx.one(sql`
    select from stream join connection on connection.id = stream.connection_id
    where stream.id = ${of.streamId} and stream.enabled and stream.direction <> 'in' and stream.approval = ${of.approval}
      and connection.mode = ${of.mode} and not connection.paused and connection.problem is null
      and connection.rollout_percent is not distinct from ${of.rolloutPercent}::smallint and (connection.quarantined_at is not null) = ${of.quarantined}`);
  return row !== undefined;
}
