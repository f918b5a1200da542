// Dates and instants as text. A date never passes through a zone; an instant without an offset is never guessed.
import { Unreadable, show } from "./unreadable.ts";

export type DateOrder = "monthFirst" | "dayFirst";

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]!) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

/** "YYYY-MM-DD", or undefined for a day that is in no calendar. */
export function dateText(year: number, month: number, day: number): string | undefined {
  return isDay(year, month, day) ? `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}` : undefined;
}

/** A calendar date. Text: YYYY-MM-DD, also with a time that says midnight UTC or nothing; with `order`, also 10/20/2016 or 20.10.2016. */
export function readDate(raw: unknown, order?: DateOrder): string | Unreadable {
  if (typeof raw === "string") {
    const text = raw.trim();
    const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ]00:00(?::00(?:\.0{1,9})?)?(?:Z|[+-]00:?00)?)?$/u.exec(text);
    const parted = iso ? null : /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})$/u.exec(text);
    let found: string | undefined;
    if (iso) found = dateText(Number(iso[1]), Number(iso[2]), Number(iso[3]));
    else if (parted && order === undefined)
      return new Unreadable(`${show(raw)} may be day first or month first; write it as YYYY-MM-DD or say the order.`);
    else if (parted) {
      const [first, second] = [Number(parted[1]), Number(parted[3])];
      const [month, day] = order === "monthFirst" ? [first, second] : [second, first];
      found = dateText(Number(parted[4]), month, day);
    }
    if (found !== undefined) return found;
    if (/^\d{4}-\d\d-\d\d[T ]\d/u.test(text))
      return new Unreadable(`${show(raw)} has a time of day; a date has none, so map it to a datetime field.`);
  }
  return new Unreadable(`${show(raw)} is not a date; write it as YYYY-MM-DD.`);
}

/** A reader and a writer for a format of YYYY, MM or M, DD or D and punctuation, such as "MM/DD/YYYY"; undefined when the format cannot say a whole date. */
export function dateFormat(
  format: string,
): { readonly read: (raw: unknown) => string | Unreadable; readonly write: (date: string) => string } | undefined {
  const tokens: string[] = format.match(/YYYY|MM?|DD?|[^YMD]+/gu) ?? [];
  const kinds = tokens.filter((token) => /^[YMD]/u.test(token)).map((token) => token[0]);
  if (
    tokens.join("") !== format ||
    kinds.length !== 3 ||
    new Set(kinds).size !== 3 ||
    /[\p{L}\p{N}]/u.test(format.replaceAll(/[YMD]/gu, ""))
  )
    return undefined;
  // Parts without punctuation between them, as in YYYYMMDD, must have a fixed width.
  const adjoining = tokens.some((token, at) => /^[YMD]/u.test(token) && /^[YMD]/u.test(tokens[at + 1] ?? ""));
  if (adjoining && (tokens.includes("M") || tokens.includes("D"))) return undefined;
  const pattern = tokens
    .map((token) => {
      if (token === "YYYY") return "(\\d{4})";
      if (/^[MD]/u.test(token)) return adjoining ? `(\\d{${token.length}})` : "(\\d{1,2})";
      return token.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);
    })
    .join("");
  const reader = new RegExp(`^${pattern}$`, "u");
  return {
    read: (raw) => {
      const match = typeof raw === "string" ? reader.exec(raw.trim()) : null;
      if (match) {
        const part = (kind: string): number => Number(match[kinds.indexOf(kind) + 1]);
        const found = dateText(part("Y"), part("M"), part("D"));
        if (found !== undefined) return found;
      }
      return new Unreadable(`${show(raw)} is not a date in the form ${format}.`);
    },
    write: (date) => {
      const [year, month, day] = date.split("-") as [string, string, string];
      const say: Record<string, string> = {
        YYYY: year,
        MM: month,
        M: String(Number(month)),
        DD: day,
        D: String(Number(day)),
      };
      return tokens.map((token) => say[token] ?? token).join("");
    },
  };
}

/** 400 years, after which the calendar repeats: Date.UTC would take the years 0 to 99 for 1900 to 1999. */
const CYCLE_MS = 146_097 * 86_400_000;

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?$/u;
const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|\+0000|\+00:00)$/u;

/**
 * An instant as "YYYY-MM-DDTHH:mm:ss.sssZ", cut to milliseconds. The text carries its offset, or is local time of `zone`; where a local
 * time happens twice (clocks set back) it is the earlier one, where it never happens it is refused.
 */
export function readInstant(raw: unknown, zone?: Zone): string | Unreadable {
  const match = typeof raw === "string" ? INSTANT.exec(raw.trim()) : null;
  if (!match) return new Unreadable(`${show(raw)} is not a time; write it as YYYY-MM-DDTHH:mm:ssZ.`);
  const [year, month, day, hour, minute] = [match[1], match[2], match[3], match[4], match[5]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const second = Number(match[6] ?? 0);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59)
    return new Unreadable(`${show(raw)} is not a time that exists.`);
  const text = raw as string;
  if (CANONICAL.test(text)) return `${text.slice(0, 23)}Z`;
  const local =
    Date.UTC(year + 400, month - 1, day, hour, minute, second, Number((match[7] ?? "").padEnd(3, "0").slice(0, 3))) -
    CYCLE_MS;
  const offset = match[8];
  if (offset === undefined) {
    if (!zone) return new Unreadable(`${show(raw)} does not say its zone; end it with Z or an offset such as +02:00.`);
    const at = zone.instantOf(local);
    return at === undefined
      ? new Unreadable(`${show(raw)} never happened in ${zone.name}: clocks skipped it.`)
      : iso(at, raw);
  }
  if (/^z$/iu.test(offset)) return iso(local, raw);
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(":", "") || 0)];
  if (hours > 18 || minutes > 59) return new Unreadable(`${show(raw)} has an offset that no zone has.`);
  return iso(local - (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000, raw);
}

/** Milliseconds since 1970 UTC as an instant's text. */
export function instantText(ms: number): string | Unreadable {
  return iso(ms, ms);
}

function iso(ms: number, raw: unknown): string | Unreadable {
  const year = Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).getUTCFullYear() : 0;
  return year < 1 || year > 9999
    ? new Unreadable(`${show(raw)} lies outside the years 1 to 9999.`)
    : new Date(ms).toISOString();
}

/** A time zone by its IANA name, such as "Europe/Berlin". */
export interface Zone {
  readonly name: string;
  /** The instant at which clocks there showed this local time (given as if it were UTC), the earlier where there are two; undefined where clocks skipped it. */
  readonly instantOf: (localMs: number) => number | undefined;
  /** What clocks there show at an instant, as "YYYY-MM-DDTHH:mm:ss.sss"; undefined where the same local time comes first at an earlier instant. */
  readonly localText: (ms: number) => string | undefined;
}

/** undefined when there is no zone of this name. */
export function zoneOf(name: string): Zone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    return undefined;
  }
  const localMs = (ms: number): number => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const year = part["era"]!.startsWith("B") ? 1 - Number(part["year"]) : Number(part["year"]);
    const whole = Date.UTC(
      year + 400,
      Number(part["month"]) - 1,
      Number(part["day"]),
      Number(part["hour"]),
      Number(part["minute"]),
      Number(part["second"]),
    );
    return whole - CYCLE_MS + (((ms % 1000) + 1000) % 1000);
  };
  const instantOf = (local: number): number | undefined => {
    const candidates = [local - 86_400_000, local + 86_400_000].map((near) => local - (localMs(near) - near));
    return candidates.filter((ms) => localMs(ms) === local).toSorted((a, b) => a - b)[0];
  };
  return {
    name,
    instantOf,
    localText: (ms) => {
      const local = localMs(ms);
      return instantOf(local) === ms ? new Date(local).toISOString().slice(0, -1) : undefined;
    },
  };
}
