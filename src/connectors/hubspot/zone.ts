// Days of the account's calendar. HubSpot keeps a close date as a time; people mean the day they saw when they chose it.

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const present = formats.get(timeZone);
  if (present) return present;
  const made = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
  });
  formats.set(timeZone, made);
  return made;
}

function partsAt(ms: number, timeZone: string): { day: string; hour: number } {
  const part = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  return { day: `${part["year"]!.padStart(4, "0")}-${part["month"]}-${part["day"]}`, hour: Number(part["hour"]) };
}

/** The day of a time (ISO or milliseconds) in a zone, as YYYY-MM-DD. What is no time comes back as it is. */
export function calendarDay(time: string, timeZone: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/u.test(time)) return time;
  const at = /^-?\d+$/u.test(time) ? Number(time) : Date.parse(time);
  return Number.isNaN(at) ? time : partsAt(at, timeZone).day;
}

/** Noon of a day in a zone, as ISO: the day is the same for everybody who looks from within half a day. */
export function noonOf(day: string, timeZone: string): string {
  const noon = Date.parse(`${day}T12:00:00.000Z`);
  if (Number.isNaN(noon)) return day;
  const there = partsAt(noon, timeZone);
  const offset = (there.day === day ? there.hour : there.day < day ? there.hour - 24 : there.hour + 24) - 12;
  return new Date(noon - offset * 3_600_000).toISOString();
}
