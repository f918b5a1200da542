// How a stream is, in words, from proof of flow: never well while its last finished run failed. Pure.
import type { ConnectionRow, StreamRow } from "../store/connection.ts";

export function healthOf(seen: {
  connection: Pick<ConnectionRow, "problem" | "paused" | "mode"> & Partial<Pick<ConnectionRow, "quarantinedAt">>;
  stream: Pick<StreamRow, "enabled" | "direction">;
  runs: readonly { lane: string; state: string; endedAt: number | null; error: { message: string } | null }[];
  linked: number;
  parked: number;
  waiting: number;
  held: number;
  /** What is to be told of a run under way (forecast.ts). */
  forecast?: string | undefined;
  now: number;
}): string {
  const { connection, stream, runs } = seen;
  if (connection.problem !== null) return `stopped: ${connection.problem}`;
  if (!stream.enabled) return "switched off";
  const failed = runs.find((run) => run.state === "failed");
  if (failed) return `${FAILING}${failed.lane}): ${failed.error?.message ?? "see its last run"}`;
  if (!runs.some((run) => run.state === "done" || run.state === "running")) return "not read yet";
  const parts: string[] = [];
  if (typeof connection.quarantinedAt === "number") parts.push("restored: only read until all is known again");
  if (seen.forecast !== undefined) parts.push(seen.forecast);
  else if (runs.some((run) => run.lane === "backfill" && run.state === "running")) parts.push("first load under way");
  if (seen.waiting > 0)
    parts.push(
      `${seen.waiting} to write${connection.mode === "write" ? (connection.paused ? ", paused" : "") : `, held in ${connection.mode} mode`}`,
    );
  if (seen.held > 0) parts.push(`${seen.held} held until a person decides: winston duplicates list`);
  if (seen.parked > 0) parts.push(`${seen.parked} parked`);
  const read = runs.filter((run) => run.lane !== "push" && run.endedAt !== null).map((run) => run.endedAt!);
  if (parts.length === 0) parts.push("in step");
  if (read.length > 0) parts.push(`read ${Math.max(0, Math.round((seen.now - Math.max(...read)) / 1000))} s ago`);
  return parts.join(", ");
}

const FAILING = "failing (";

/** Why a stream of this health does not go on; undefined where it does. */
export const failureIn = (health: string): string | undefined =>
  health.startsWith(FAILING) ? health.slice(health.indexOf("): ") + 3) : undefined;
