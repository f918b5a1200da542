// Numbers as text: normalised by moving characters, never through a float.

/** Longest text and widest exponent taken for a number. */
const DIGITS_MAX = 400;

/** The one spelling of a decimal: no plus, no leading or trailing zeros, no exponent, no "-0". null when it is not a number. `"1.50e2"` → `"150"`. */
export function normalDecimal(text: string): string | null {
  if (text.length > DIGITS_MAX) return null;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/u.exec(text);
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  const shift = Number(exponent);
  if (digits === "" || Math.abs(shift) > DIGITS_MAX) return null;
  const point = whole.length + shift;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/u, "");
  const right = trimZeros(padded.slice(at));
  const body = right === "" ? left : `${left}.${right}`;
  return sign === "-" && body !== "0" ? `-${body}` : body;
}

/** Without its trailing zeros; a loop, because /0+$/ takes quadratic time on hostile input. */
function trimZeros(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "0") end -= 1;
  return text.slice(0, end);
}

/** A normal decimal as a JSON number where a double holds it exactly, else as it is. */
export function numberOrText(decimal: string): number | string {
  const number = Number(decimal);
  return Number.isFinite(number) && normalDecimal(String(number)) === decimal ? number : decimal;
}

/**
 * A decimal as people write it ("1,234.50", "1 234,50", "−5"), in its normal form. `mark` is the decimal mark; groups of three may be
 * parted by the other mark, a space or an apostrophe. null when it is not one.
 */
export function looseDecimal(text: string, mark: "." | "," = "."): string | null {
  let plain = text.trim().replace(/^\u2212/u, "-");
  if (plain.length > DIGITS_MAX) return null;
  const grouped =
    mark === "."
      ? /^[+-]?\d{1,3}([,'’ \u00A0\u202F])\d{3}(?:\1\d{3})*(?:\.\d+)?$/u
      : /^[+-]?\d{1,3}([.'’ \u00A0\u202F])\d{3}(?:\1\d{3})*(?:,\d+)?$/u;
  const group = grouped.exec(plain)?.[1];
  if (group !== undefined) plain = plain.replaceAll(group, "");
  if (mark === ",") {
    // "1.5" is not one and a half here: it is refused rather than guessed.
    if (group === undefined && plain.includes(".")) return null;
    plain = plain.replace(",", ".");
  }
  return normalDecimal(plain);
}

/**
 * A normal decimal rounded to so many digits after the point: nothing where it has no more than those, and both neighbours where it
 * lies halfway. `("2.345", 2)` → `["2.34", "2.35"]`
 */
export function roundedDecimals(decimal: string, scale: number): readonly string[] {
  const match = /^(-?)(\d+)\.(\d+)$/u.exec(decimal);
  if (!match || match[3]!.length <= scale) return [];
  const [, sign, whole, fraction] = match as unknown as [string, string, string, string];
  const lower = BigInt(whole + fraction.slice(0, scale));
  // Without trailing zeros, texts of digits behind a point have the order of what they say.
  const rest = fraction.slice(scale);
  const near = rest === "5" ? [lower, lower + 1n] : [rest < "5" ? lower : lower + 1n];
  return near.map((units) => {
    const digits = String(units).padStart(scale + 1, "0");
    const point = digits.length - scale;
    return normalDecimal(`${sign}${digits.slice(0, point)}.${digits.slice(point)}`)!;
  });
}
