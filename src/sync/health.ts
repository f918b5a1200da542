// How a stream is, in words, from proof of flow: never well while its last finished run failed. Pure.
import type { ConnectionRow, StreamRow } from "../store/connection.ts";

export function healthOf(seen: {
  connection: Pick<ConnectionRow, "problem" | "paused" | "mode">;
  stream: Pick<StreamRow, "enabled" | "direction">;
  runs: readonly { lane: string; state: string; endedAt: number | null; error: { message: string } | null }[];
  linked: number;
  parked: number;
  waiting: number;
  held: number;
  /** Deletions and blankings that wait at the brake. */
  braked?: number;
  /** Fields of its records that are frozen. */
  frozen?: number;
  /** Failures in a row, apart by whether the run got further before it failed; and processes that died in it. */
  lanes?: readonly { lane: string; stuck: number; halting: number; crashes: number; checkpoint?: unknown }[];
  now: number;
}): string {
  const { connection, stream, runs } = seen;
  if (connection.problem !== null) return `stopped: ${connection.problem}`;
  if (!stream.enabled) return "switched off";
  const failed = runs.find((run) => run.state === "failed");
  if (failed) {
    const lane = seen.lanes?.find((one) => one.lane === failed.lane);
    return `${FAILING}${failed.lane}${howOften(lane)}): ${failed.error?.message ?? "see its last run"}`;
  }
  if (!runs.some((run) => run.state === "done" || run.state === "running")) return "not read yet";
  const parts: string[] = [];
  for (const { lane, checkpoint } of seen.lanes ?? []) {
    const { reread, missed } = (checkpoint ?? {}) as { reread?: string | null; missed?: boolean };
    if (reread)
      parts.push(`${lane} was read again from where it began, because the place where it stood had died (${reread})`);
    if (missed) parts.push("the vendor has forgotten deletions, so the next run looks at every known record once");
  }
  const dying = seen.lanes?.find((lane) => lane.crashes > 1);
  if (dying) parts.push(`${dying.crashes} processes in a row ended in ${dying.lane} without getting further`);
  if (runs.some((run) => run.lane === "backfill" && run.state === "running")) parts.push("first load under way");
  if (seen.waiting > 0)
    parts.push(
      `${seen.waiting} to write${connection.mode === "write" ? (connection.paused ? ", paused" : "") : `, held in ${connection.mode} mode`}`,
    );
  if (seen.held > 0) parts.push(`${seen.held} held until a person decides: winston duplicates list`);
  if (seen.braked)
    parts.push(`${seen.braked.toLocaleString("en")} wait at the brake until a person decides: winston brake list`);
  if (seen.frozen)
    parts.push(
      `${seen.frozen.toLocaleString("en")} ${seen.frozen === 1 ? "field" : "fields"} frozen: winston frozen list`,
    );
  if (seen.parked > 0) parts.push(`${seen.parked} parked`);
  const read = runs.filter((run) => run.lane !== "push" && run.endedAt !== null).map((run) => run.endedAt!);
  if (parts.length === 0) parts.push("in step");
  if (read.length > 0) parts.push(`read ${Math.max(0, Math.round((seen.now - Math.max(...read)) / 1000))} s ago`);
  return parts.join(", ");
}

/** How often in a row, where it is not the first time, and whether it gets further all the same. */
function howOften(lane: { stuck: number; halting: number } | undefined): string {
  if (!lane) return "";
  if (lane.halting > 0) return `, further each time, ${lane.halting} in a row`;
  return lane.stuck > 1 ? `, ${lane.stuck} in a row without getting further` : "";
}

const FAILING = "failing (";

/** Why a stream of this health does not go on; undefined where it does. */
export const failureIn = (health: string): string | undefined =>
  health.startsWith(FAILING) ? health.slice(health.indexOf("): ") + 3) : undefined;
