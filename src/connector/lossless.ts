// JSON in, without losing a digit: a number that a double cannot hold comes as its text.

/** Like JSON.parse, but a number whose digits would change is kept as the text it was written with. Throws SyntaxError. */
export function parseLossless(text: string): unknown {
  // Few bodies have such a number, and looking for one costs a fraction of reading with a reviver.
  return LONG_NUMBER.test(text)
    ? JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
}

/** Sixteen characters of a number outside of a string, or an exponent. */
const LONG_NUMBER = /(?:^|[[:,])\s*-?(?:[\d.]{16}|[\d.]+[eE])/u;

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return exact(context.source, value) ? value : context.source;
}

function exact(source: string, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (Number.isInteger(value))
    return Number.isSafeInteger(value) && !/[.eE]/u.test(source) ? true : same(source, value);
  return same(source, value);
}

/** Whether the shortest text of the double has the same digits and the same size as the source. */
function same(source: string, value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER && canonical(source) === canonical(String(value));
}

/** Digits without leading and trailing zeros, and where the point lies. */
function canonical(text: string): string {
  const [, sign, whole, fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/u.exec(text) ?? [];
  if (whole === undefined) return text;
  const digits = whole + fraction;
  const kept = digits.replace(/^0+/u, "");
  const trimmed = kept.replace(/0+$/u, "");
  if (trimmed === "") return "0";
  return `${sign}${trimmed}e${Number(power) - fraction.length + (kept.length - trimmed.length)}`;
}
