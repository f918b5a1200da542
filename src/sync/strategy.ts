// Strategies: what a stream writes now, and what waits for its schedule or for a plan.
import type { Fields } from "../mapping/types.ts";
import type { Database } from "../store/database.ts";
import { lockEntities } from "../store/entity.ts";
import { notLookedAt, noteUrgent } from "../store/intent.ts";
import { park, type ParkedWrite } from "../store/parked.ts";
import type { StreamContext } from "./context.ts";
import { failedOn } from "./filter.ts";
import { owedBefore } from "./schedule.ts";

/** Whether only what an approved plan says is written. */
export const isByPlan = ({ connection, stream }: Pick<StreamContext, "connection" | "stream">): boolean =>
  connection.mode === "plan" || stream.approval === "plan";

/** Up to when a write must have been owed to go now; null: it goes whenever it was. What a plan lets go does not wait. */
export const dueOf = (ctx: Pick<StreamContext, "connection" | "stream">, now: number): number | null =>
  isByPlan(ctx) ? null : owedBefore(ctx.stream, now);

const AT_ONCE = 1_000;

const UNTOLD = { what: "condition", after: "So it is not critical, and is written with the schedule." };

/** Finds out which of the writes that a hybrid stream owes are critical, and so do not wait. One that cannot be told waits, and a person is told. */
export async function lookForCritical(database: Database, ctx: StreamContext, now: number): Promise<void> {
  const { stream, critical } = ctx;
  if (stream.strategy !== "hybrid" || !critical) return;
  for (let after: string | null = null; ;) {
    const ids: string[] = await notLookedAt(database, stream.id, { after, limit: AT_ONCE });
    if (ids.length === 0) return;
    after = ids.at(-1)!;
    await database.transaction(async (tx) => {
      const urgent: string[] = [];
      const failed: ParkedWrite[] = [];
      for (const { id, fields } of await lockEntities(tx, ids)) {
        const answer = critical.of(fields as Fields);
        if (answer === "yes") urgent.push(id);
        else if (answer !== "no")
          failed.push(failedOn(id, critical, fields as Fields, { ...UNTOLD, why: answer.failed }));
      }
      await noteUrgent(tx, stream.id, urgent, true);
      await noteUrgent(tx, stream.id, ids, false);
      await park(
        tx,
        { streamId: stream.id, side: "push", mapping: stream.mappingVersion, runId: null, at: now },
        failed,
      );
    });
  }
}
