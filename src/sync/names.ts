// Whether two people who share an address are one: by their names. The one rule for vendors' records and for what callers send. Pure.
import { identityValue } from "./keys.ts";
import type { Fields } from "../mapping/types.ts";

/** First and last name as they are compared; null where one is not known. */
export type PersonName = readonly [first: string | null, last: string | null];

export const NO_NAME: PersonName = [null, null];

export const nameOf = (fields: Fields): PersonName => [
  folded(identityValue("firstName", fields["firstName"])),
  folded(identityValue("lastName", fields["lastName"])),
];

/**
 * `two`: both have first and last names, and both differ. `one`: no last name differs from the other, and the first names may be one
 * name. `ask`: anything else, as John and Mary Smith, John Smith and John Miller, or Al Kay and somebody called Reception: a person says
 * (docs/decisions/people-of-one-address.md).
 */
export function compareNames([first, last]: PersonName, [otherFirst, otherLast]: PersonName): "one" | "two" | "ask" {
  const otherPeople = first !== null && otherFirst !== null && !mayBeOneName(first, otherFirst);
  const otherFamilies = last !== null && otherLast !== null && last !== otherLast;
  if (otherPeople && otherFamilies) return "two";
  return otherPeople || otherFamilies ? "ask" : "one";
}

/** Those of several that somebody may be: `one` by all that is known, `ask` where only a person can tell. */
export function sortByName<Who>(
  name: PersonName,
  candidates: readonly Who[],
  nameOfOne: (one: Who) => PersonName,
): { readonly one: Who[]; readonly ask: Who[] } {
  const sorted = { one: [] as Who[], ask: [] as Who[] };
  for (const candidate of candidates) {
    const verdict = compareNames(name, nameOfOne(candidate));
    if (verdict !== "two") sorted[verdict].push(candidate);
  }
  return sorted;
}

/** First names word by word, as far as both go: the same, an initial of it, or short for it. Paul is not short for Paula: one letter more is another name, or a slip. */
function mayBeOneName(one: string, other: string): boolean {
  const [words, others] = [one.split(" "), other.split(" ")];
  return words.every((word, index) => {
    const theirs = others[index];
    if (theirs === undefined || word === theirs) return true;
    const [short, long] = word.length < theirs.length ? [word, theirs] : [theirs, word];
    if (!long.startsWith(short)) return false;
    // Scripts without capitals have no initials: a name of one sign is a whole one.
    if (short.length === 1) return short.toUpperCase() !== short;
    return short.length >= SHORT_FORM_MIN && long.length - short.length >= LEFT_OUT_MIN;
  });
}

/** Chris for Christopher, Dan for Daniel. */
const SHORT_FORM_MIN = 3;
const LEFT_OUT_MIN = 2;

/** Accents, hyphens and dots do not tell two people apart. */
function folded(name: string | null): string | null {
  if (name === null) return null;
  const plain = name
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[’'`]/gu, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  return plain === "" ? name : plain;
}
