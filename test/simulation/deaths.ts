// How many processes died in a lane since something was set aside there: what is tried once more after that begins a new row of deaths.
import type pg from "pg";
import { LOST } from "../../src/store/run.ts";

/** Runs of a lane, as `12:push`, that ended without a word since the last one that set something aside and came to its end, well or not; with the one that is about to. */
export async function diedSince(pool: Pick<pg.Pool, "query">, lane: string): Promise<number> {
  const { rows } = await pool.query<{ died: number }>(
    `select count(*)::int as died from run where stream_id = $1 and lane = $2 and (state = 'running' or error = $3)
       and epoch > coalesce((select max(epoch) from run where stream_id = $1 and lane = $2 and state in ('done', 'failed') and (counts ->> 'parked')::int > 0), 0)`,
    [...lane.split(":"), JSON.stringify(LOST)],
  );
  return rows[0]!.died;
}
