// Writes that were on their way when processes died: what tells one of which each dies that sends it.
import type { Queries } from "./database.ts";
import { LOST } from "./run.ts";
import { sql, uuid } from "./sql.ts";

/**
 * Of each of these entities, how many processes died while a write of it was on its way, since the last one that had an outcome and since then;
 * those of which none did are left out. Which write came after which, the runs that sent them tell: a clock may have been set back.
 */
export async function deathsOf(
  tx: Queries,
  streamId: number,
  entityIds: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, number>> {
  if (entityIds.length === 0) return new Map();
  const rows = await tx.rows<{ id: string; deaths: number }>(sql`
    select died.entity_id as id, count(*)::int as deaths from write as died join run on run.id = died.run_id
    where died.stream_id = ${streamId} and died.entity_id = any(${uuid(entityIds)}::uuid[]) and died.at >= ${new Date(since)} and died.outcome = 'unknown'
      and run.error = ${JSON.stringify(LOST)}::jsonb
      and not exists (select from write as ended left join run as ending on ending.id = ended.run_id
        where ended.stream_id = died.stream_id and ended.entity_id = died.entity_id and ended.at >= ${new Date(since)} and ended.outcome in ('done', 'failed')
          and (coalesce(ending.epoch, run.epoch), ended.at) >= (run.epoch, died.at))
    group by died.entity_id`);
  return new Map(rows.map(({ id, deaths }) => [id, deaths]));
}
