// What a vendor makes of a value that it keeps less exactly than we do.
import { normalDecimal, numberOrText, roundedDecimals } from "./decimal.ts";
import { instantText } from "./temporal.ts";
import type { FieldType, Value } from "./types.ts";
import { Unreadable } from "./unreadable.ts";

/** How exactly a vendor's field keeps what it is given; absent: as exactly as ours. */
export interface Exactness {
  /** Digits after the point, of numbers and amounts. */
  readonly scale?: number | undefined;
  /** Numbers and amounts are kept as doubles of 64 bits. */
  readonly double?: boolean | undefined;
  /** Milliseconds, of date-times. */
  readonly precisionMs?: number | undefined;
  /** What becomes of text. */
  readonly tidies?: readonly ("trim" | "lowerCase")[] | undefined;
}

/**
 * What may come back of a canonical value besides itself; nothing where the field keeps it as it is. Numbers come back rounded, and
 * halfway between two either of them, for vendors differ and are not sure themselves (docs/connectors). Times are cut or rounded,
 * which vendors do not say, so either neighbour. Text comes back tidied.
 */
export function roundings(type: FieldType, value: Value, exact: Exactness): readonly Value[] {
  if (value === null) return [];
  if (type === "datetime")
    return exact.precisionMs === undefined ? [] : roundedTimes(value as string, exact.precisionMs);
  if (typeof value === "string" && TEXTS.has(type)) return tidied(value, exact.tidies ?? []);
  if (type === "number") return roundedNumbers(String(value as number | string), exact).map(numberOrText);
  if (type !== "money") return [];
  const money = value as { amount: string; currency: string | null };
  return roundedNumbers(money.amount, exact).map((amount) => ({ ...money, amount }));
}

function roundedNumbers(text: string, { scale, double }: Exactness): string[] {
  const decimal = normalDecimal(text) ?? "";
  const rounded = scale === undefined ? [] : roundedDecimals(decimal, scale);
  const doubles = double ? [decimal, ...rounded].flatMap((one) => normalDecimal(String(Number(one))) ?? []) : [];
  return [...new Set([...rounded, ...doubles])].filter((one) => one !== decimal);
}

const TEXTS: ReadonlySet<FieldType> = new Set(["text", "email", "phone", "url", "picklist"]);

function tidied(text: string, ways: NonNullable<Exactness["tidies"]>): readonly Value[] {
  let kept = text;
  if (ways.includes("trim")) kept = kept.trim();
  if (ways.includes("lowerCase")) kept = kept.toLowerCase();
  return kept === text ? [] : [kept || null];
}

function roundedTimes(instant: string, precisionMs: number): readonly Value[] {
  const ms = Date.parse(instant);
  const over = ((ms % precisionMs) + precisionMs) % precisionMs;
  if (over === 0) return [];
  return [ms - over, ms - over + precisionMs]
    .map(instantText)
    .filter((one) => !(one instanceof Unreadable)) as string[];
}
