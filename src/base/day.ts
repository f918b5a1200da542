// Days of a calendar: when the one it is now began in a zone, and when it ends. Pure.

export interface Day {
  /** In milliseconds. */
  readonly began: number;
  readonly ends: number;
}

const HOUR_MS = 3_600_000;
/** From the beginning of any day so far leads into the next one: days of a zone have 23 to 25 hours. */
const INTO_THE_NEXT_MS = 36 * HOUR_MS;

const formats = new Map<string, Intl.DateTimeFormat>();
/** The last day asked for in each zone: it is asked for again and again. */
const last = new Map<string, Day>();

/** Whether days can be told in a zone of this name. */
export function isZone(zone: string): boolean {
  try {
    return formatOf(zone).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The day it is at a time. Where clocks are put on at midnight the day begins with its first moment. */
export function dayOf(at: number, zone: string): Day {
  const known = last.get(zone);
  if (known && at >= known.began && at < known.ends) return known;
  const began = beginningOf(at, zone);
  const day = { began, ends: beginningOf(began + INTO_THE_NEXT_MS, zone) };
  last.set(zone, day);
  return day;
}

function beginningOf(at: number, zone: string): number {
  const midnight = Math.floor(wallAt(at, zone) / (24 * HOUR_MS)) * 24 * HOUR_MS;
  // The clock stood otherwise at midnight where it was changed since.
  let began = midnight - (wallAt(at, zone) - at);
  began = midnight - (wallAt(began, zone) - began);
  while (wallAt(began, zone) < midnight) began += HOUR_MS / 2;
  return began;
}

/** What a clock on the wall shows at a time, as if it were UTC; to the second. */
function wallAt(at: number, zone: string): number {
  const whole = Math.floor(at / 1_000) * 1_000;
  const part = Object.fromEntries(
    formatOf(zone)
      .formatToParts(whole)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<"year" | "month" | "day" | "hour" | "minute" | "second", number>;
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) + (at - whole);
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const present = formats.get(zone);
  if (present) return present;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, made);
  return made;
}
