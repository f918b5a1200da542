// Record ids: 15 characters that differ by case, or 18 that do not (developer.salesforce.com, "ID Field Type"). We keep 18.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** The 18-character form of an id of 15 or 18 characters; anything else comes back as it is. */
export function longId(id: string): string {
  if (!/^[A-Za-z\d]{15}$/u.test(id)) return id;
  let suffix = "";
  for (let block = 0; block < 3; block++) {
    let bits = 0;
    for (let at = 0; at < 5; at++) {
      const char = id[block * 5 + at]!;
      if (char >= "A" && char <= "Z") bits |= 1 << at;
    }
    suffix += LETTERS[bits]!;
  }
  return id + suffix;
}

/** Ids named in a vendor's sentence, in their long form. */
export function idsIn(text: string): string[] {
  return [
    ...new Set(
      (text.match(/\b[A-Za-z\d]{15}(?:[A-Za-z\d]{3})?\b/gu) ?? []).filter((word) => /\d/u.test(word)).map(longId),
    ),
  ];
}
