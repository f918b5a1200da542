// Salesforce record ids: 15 case-sensitive characters, or 18 with a suffix that spells out the case.

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** The id of the `number`th record made: key prefix, pod, a reserved 0, nine digits in base 62, the case suffix. */
export function makeId(keyPrefix: string, number: number): string {
  let digits = "";
  for (let rest = number; digits.length < 9; rest = Math.floor(rest / 62)) digits = DIGITS[rest % 62] + digits;
  return longId(`${keyPrefix}Sm0${digits}`);
}

export function longId(short: string): string {
  let id = short;
  for (let group = 0; group < 3; group++) {
    let bits = 0;
    for (let index = 0; index < 5; index++) {
      const letter = short[group * 5 + index]!;
      if (letter >= "A" && letter <= "Z") bits |= 1 << index;
    }
    id += SUFFIX[bits];
  }
  return id;
}

/** The 18-character form of what a caller wrote, in 15 or 18 characters (the latter in any case); null when it is no id. */
export function parseId(text: unknown): string | null {
  if (typeof text !== "string" || !/^(?:[0-9a-zA-Z]{15}|[0-9a-zA-Z]{18})$/u.test(text)) return null;
  if (text.length === 15) return longId(text);
  let short = "";
  for (let index = 0; index < 15; index++) {
    const bits = SUFFIX.indexOf(text[15 + Math.floor(index / 5)]!.toUpperCase());
    if (bits < 0) return null;
    const letter = text[index]!;
    short += bits & (1 << (index % 5)) ? letter.toUpperCase() : letter.toLowerCase();
  }
  return longId(short);
}
