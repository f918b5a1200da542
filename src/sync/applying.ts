// Before a plan is applied: where nothing of it may be written, and what would be written although a person leaves it out.
import { WinstonError } from "../base/errors.ts";
import { readConnections } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import { excludedAnyway, notInPlan, planTargets } from "../store/plan.ts";
import { seenFrom, writeProblemOf, type Environment } from "./leave.ts";

/** Connections that a plan writes to and that are closed to it, with the reason. Throws request.conflict where there is no other. */
export async function closedTargets(
  db: Queries,
  environment: Environment,
  planId: string,
): Promise<{ connection: string; reason: string }[]> {
  const targets = await planTargets(db, planId);
  const here = new Map((await readConnections(db, null)).map((one) => [one.name, one]));
  const closed = targets.flatMap(({ connection, mode }) => {
    if (mode === "observe")
      return [
        {
          connection,
          reason: `Connection ${connection} is in observe: nothing is written there. \`winston connections mode ${connection} plan\` lets approved plans be written, and nothing else.`,
        },
      ];
    const withheld = writeProblemOf(seenFrom(environment, here.get(connection)!));
    return withheld === null ? [] : [{ connection, reason: withheld }];
  });
  if (targets.length > 0 && closed.length === targets.length)
    throw new WinstonError("request.conflict", `Nothing was written. ${closed[0]!.reason}`);
  return closed;
}

/** So many of what a plan does not have are named. */
const NAMED = 10;

/** Throws request.invalid where something is left out that the plan does not write: whoever named it would take it for left out. */
export async function refuseNotThere(
  tx: Queries,
  planId: string,
  out: { numbers: readonly number[]; entityIds: readonly string[]; wholeThings: boolean },
): Promise<void> {
  const { numbers, entityIds } = await notInPlan(tx, planId, out);
  if (numbers.length + entityIds.length === 0) return;
  const words = [...numbers.map((one) => `#${one}`), ...entityIds];
  const more = words.length > NAMED ? ` and ${words.length - NAMED} more` : "";
  const message = `Plan ${planId} writes nothing that is ${words.slice(0, NAMED).join(", ")}${more}, so it cannot be left out; \`winston plans show ${planId}\` has the numbers of its lines. Nothing was written.`;
  throw new WinstonError("request.invalid", message, {
    problems: [
      ...numbers.map((one) => ({ pointer: `/exclude/${out.numbers.indexOf(one)}`, code: "unknown", message })),
      ...entityIds.map((one) => ({
        pointer: `/excludeRecords/${out.entityIds.indexOf(one)}`,
        code: "unknown",
        message,
      })),
    ].slice(0, NAMED),
  });
}

/** Throws request.conflict where a line that is left out would be written all the same. */
export async function refuseWrittenAnyway(tx: Queries, planId: string): Promise<void> {
  const [open] = await excludedAnyway(tx, planId);
  if (open !== undefined)
    throw new WinstonError(
      "request.conflict",
      `Connection ${open} writes by itself, so what is left out would be written there all the same. \`winston connections mode ${open} plan\` lets only approved plans be written; then apply this one.`,
    );
}
