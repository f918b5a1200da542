// Whether the database is older than what this machine has seen of it. Pure.
import type { Mark, StoreMark } from "../store/mark.ts";

/**
 * Why the database must be taken for one that was set back; null while nothing says so. `known` is what was seen last, of a commit that
 * was acknowledged; `seen` is read after the count was raised once more. Without `known` there is no evidence, and no alarm.
 */
export function wentBack(known: Mark | undefined, seen: StoreMark): string | null {
  if (!known) return null;
  if (known.epoch !== seen.epoch) {
    // Another machine has noticed it already, and began this epoch.
    if (seen.past.some((one) => one.epoch === known.epoch)) return null;
    return "The database is not the one that this machine worked on last, or one from before its last restore.";
  }
  if (seen.count <= known.count)
    return `The database was set back: it had been looked at ${known.count} times, and knows of ${seen.count}.`;
  if (!known.log || known.log.system !== seen.log?.system) return null;
  if (seen.log.timeline > known.log.timeline)
    return `The database server was failed over or recovered (timeline ${seen.log.timeline} after ${known.log.timeline}): its last commits may be missing.`;
  if (seen.log.position < known.log.position)
    return "The log of the database server ends before what was seen of it: its last commits are missing.";
  return null;
}
