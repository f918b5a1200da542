// Date literals of SOQL: TODAY, LAST_N_DAYS:7 … as half-open spans of time. The user's zone is GMT and the fiscal year the
// calendar year in a simulated org; weeks begin on Sunday, as in the locale en_US.
import { malformed } from "./grammar.ts";

/** From `start` up to, not including, `end`, in milliseconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const DAY = 86_400_000;

type Unit = "DAY" | "WEEK" | "MONTH" | "QUARTER" | "YEAR";

function begin(unit: Unit, at: number, shift: number): number {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  switch (unit) {
    case "DAY":
      return Date.UTC(year, month, day) + shift * DAY;
    case "WEEK":
      return Date.UTC(year, month, day - date.getUTCDay()) + shift * 7 * DAY;
    case "MONTH":
      return Date.UTC(year, month + shift, 1);
    case "QUARTER":
      return Date.UTC(year, Math.floor(month / 3) * 3 + shift * 3, 1);
    case "YEAR":
      return Date.UTC(year + shift, 0, 1);
  }
}

/** The span of a literal such as "THIS_MONTH" or "LAST_N_DAYS:30", seen from `now`. */
export function span(literal: string, now: number): Span {
  const [name, count] = literal.toUpperCase().replace("FISCAL_", "").split(":") as [string, string | undefined];
  const units = (unit: Unit, from: number, to: number): Span => ({
    start: begin(unit, now, from),
    end: begin(unit, now, to),
  });
  if (name === "TODAY") return units("DAY", 0, 1);
  if (name === "YESTERDAY") return units("DAY", -1, 0);
  if (name === "TOMORROW") return units("DAY", 1, 2);
  if (name === "LAST_90_DAYS") return units("DAY", -90, 1);
  if (name === "NEXT_90_DAYS") return units("DAY", 1, 91);
  const plain = /^(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)$/u.exec(name);
  if (plain) {
    const shift = { LAST: -1, THIS: 0, NEXT: 1 }[plain[1] as "LAST" | "THIS" | "NEXT"];
    return units(plain[2] as Unit, shift, shift + 1);
  }
  const n = Number(count);
  const counted = /^(?:(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR)S|N_(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO)$/u.exec(name);
  if (!counted || !Number.isInteger(n) || n < 0) throw malformed(`unexpected token: '${literal}'`);
  if (counted[3]) return units(counted[3] as Unit, -n, -n + 1);
  const unit = counted[2] as Unit;
  if (counted[1] === "NEXT") return units(unit, 1, n + 1);
  return unit === "DAY" ? units(unit, -n, 1) : units(unit, -n, 0); // The last n days run up to now, the last n weeks do not.
}

/** CALENDAR_YEAR(field) and its kin, on a time in milliseconds; null when there is no such function. */
export function datePart(name: string): ((at: number) => number | string) | null {
  const part = DATE_PARTS[name.replace("FISCAL_", "CALENDAR_")];
  return part ?? null;
}

const DATE_PARTS: Readonly<Record<string, (at: number) => number | string>> = {
  CALENDAR_YEAR: (at) => new Date(at).getUTCFullYear(),
  CALENDAR_QUARTER: (at) => Math.floor(new Date(at).getUTCMonth() / 3) + 1,
  CALENDAR_MONTH: (at) => new Date(at).getUTCMonth() + 1,
  DAY_IN_MONTH: (at) => new Date(at).getUTCDate(),
  DAY_IN_WEEK: (at) => new Date(at).getUTCDay() + 1,
  DAY_IN_YEAR: (at) => Math.floor((at - begin("YEAR", at, 0)) / DAY) + 1,
  DAY_ONLY: (at) => new Date(at).toISOString().slice(0, 10),
  HOUR_IN_DAY: (at) => new Date(at).getUTCHours(),
};
