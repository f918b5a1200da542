// Schedules: when a stream reads, and when what waits for its schedule is written. Pure; the clock is an argument.
import { Cron } from "croner";
import { WinstonError } from "../base/errors.ts";
import type { StreamRow } from "../store/connection.ts";

export type Schedule = Pick<StreamRow, "everyMs" | "cron" | "zone">;

/** The times of a schedule that are looked at to know the longest it leaves between two. */
const TIMES = 400;

/** Checks a cron expression and returns the longest it leaves between two times. Throws request.invalid. */
export function longestGapMs(cron: string, zone: string, now: number): number {
  const refuse = (why: string): never => {
    const message = `The schedule ${JSON.stringify(cron)} in ${zone} cannot be used: ${why}. Expected five parts (minute, hour, day, month, weekday), as "0 7 * * 1-5", and a zone as "Europe/Berlin".`;
    throw new WinstonError("request.invalid", message, {
      problems: [{ pointer: "/schedule/cron", code: "schedule", message }],
    });
  };
  let times: Date[];
  try {
    times = timesOf({ cron, zone }).nextRuns(TIMES, new Date(now));
  } catch (thrown) {
    return refuse((thrown as Error).message);
  }
  if (times.length < 2) return refuse("it never comes");
  return times.reduce(
    (longest, time, index) => Math.max(longest, time.getTime() - (times[index - 1]?.getTime() ?? now)),
    0,
  );
}

/** When a schedule came last, at `now` or before. */
export function lastTime(schedule: Schedule, now: number): number {
  if (schedule.cron === null) return now - (now % schedule.everyMs);
  // Those before a second; none of a fraction of one.
  const behind = new Date(now - (now % 1_000) + 1_000);
  const [time] = timesOf(schedule as { cron: string; zone: string | null }).previousRuns(1, behind);
  return time?.getTime() ?? 0;
}

/** Up to when a write must have been owed to go now; null: it goes whenever it was. */
export const owedBefore = (stream: Schedule & Pick<StreamRow, "strategy">, now: number): number | null =>
  stream.strategy === "realtime" ? null : lastTime(stream, now);

/** Whether a stream reads now, by when it did last. An interval is counted from there. */
export const readsNow = (stream: Schedule, ranAt: number | null, now: number): boolean =>
  ranAt === null || (stream.cron === null ? ranAt + stream.everyMs <= now : ranAt < lastTime(stream, now));

const known = new Map<string, Cron>();
const KNOWN_MAX = 1_000;

function timesOf({ cron, zone }: { readonly cron: string; readonly zone: string | null }): Cron {
  const name = `${cron}\n${zone ?? ""}`;
  let made = known.get(name);
  if (!made) {
    made = new Cron(cron, { timezone: zone ?? "UTC", paused: true, mode: "5-part" });
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(name, made);
  }
  return made;
}
