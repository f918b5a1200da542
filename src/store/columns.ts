// What a column becomes when it is read.
import pg from "pg";

type Parser = (value: string) => unknown;

/** A number where a double holds it exactly, else its text. */
export function integer(value: string): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Milliseconds since 1970 UTC, rounded down, from PostgreSQL's ISO form at time zone UTC; ±Infinity for its infinities. */
export function milliseconds(value: string): number {
  if (value === "infinity") return Infinity;
  if (value === "-infinity") return -Infinity;
  const exact = value.endsWith("+00") ? Date.parse(`${value.slice(0, 10)}T${value.slice(11, -3)}Z`) : Number.NaN;
  // Years before Christ or of five digits, and sessions that someone moved to another zone.
  return Number.isNaN(exact) ? Math.floor((slowly(value) as Date).getTime()) : exact;
}

const { INT8, NUMERIC, DATE, TIMESTAMP, TIMESTAMPTZ } = pg.types.builtins;
const slowly = pg.types.getTypeParser(TIMESTAMPTZ) as Parser;
const texts = pg.types.getTypeParser(1009 as number) as (value: string) => (string | null)[];
const asIs: Parser = (value) => value;
const each =
  (parse: Parser): Parser =>
  (value) =>
    texts(value).map((one) => (one === null ? null : parse(one)));

/** By type id: int8 → number or text, numeric and dates → text, timestamptz → milliseconds; arrays of them likewise. */
const PARSERS = new Map<number, Parser>([
  [INT8, integer],
  [1016, each(integer)],
  [NUMERIC, asIs],
  [1231, each(asIs)],
  [DATE, asIs],
  [1182, each(asIs)],
  [TIMESTAMP, asIs],
  [1115, each(asIs)],
  [TIMESTAMPTZ, milliseconds],
  [1185, each(milliseconds)],
]);

/** Everything else as pg does it: jsonb parsed, bytea as Buffer, boolean, small integers and floats as such. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: "text" | "binary") =>
    (format === "binary" ? undefined : PARSERS.get(id)) ??
    pg.types.getTypeParser(id, format as "text")) as pg.CustomTypesConfig["getTypeParser"],
};
