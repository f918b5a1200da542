// One text with a whole name ↔ first and last name. What is written is always read back the same: a pair that the plain
// order would read differently ("Gabriel", "García Márquez") is written last name first, with a comma.

/** Parts of a name; null where there is none. */
export interface NameParts {
  readonly first: string | null;
  readonly last: string | null;
}

/** Words that begin a last name of several words. */
const PARTICLES = new Set(
  "af al av bar ben bin d da dal das de degli dei del della den der des di do dos du e el ibn la las le li lo los san st te ten ter van vande vanden vander vom von y zu zum zur 't".split(
    " ",
  ),
);
/** What may follow a name after a comma and is no first name. */
const SUFFIX = /^(?:jr|sr|ii|iii|iv|v|phd|ph\.d|md|m\.d|esq|mba|cpa|dds)\.?$/iu;

/** A single word is the last name, unless `single` says it is the first. */
export function splitName(text: string, single: "first" | "last" = "last"): NameParts {
  const name = collapse(text);
  if (name === "") return { first: null, last: null };
  const comma = name.indexOf(",");
  if (comma >= 0 && comma === name.lastIndexOf(",") && !SUFFIX.test(name.slice(comma + 1).trim()))
    return { first: name.slice(comma + 1).trim() || null, last: name.slice(0, comma).trim() || null };
  const words = name.split(" ");
  let start = words.length - 1;
  while (start > 1 && SUFFIX.test(words[start]!)) start -= 1;
  while (start > 1 && PARTICLES.has(words[start - 1]!.toLowerCase().replaceAll(".", ""))) start -= 1;
  if (start === 0) return single === "last" ? { first: null, last: name } : { first: name, last: null };
  return { first: words.slice(0, start).join(" "), last: words.slice(start).join(" ") };
}

/** The text that `splitName` reads back as these parts; undefined when there is none (both parts hold commas). null for no name at all. */
export function joinName(parts: NameParts, single: "first" | "last" = "last"): string | null | undefined {
  const [first, last] = [collapse(parts.first ?? ""), collapse(parts.last ?? "")];
  if (first === "" && last === "") return null;
  const back = (text: string): boolean => {
    const read = splitName(text, single);
    return (read.first ?? "") === first && (read.last ?? "") === last;
  };
  return [collapse(`${first} ${last}`), collapse(`${last}, ${first}`)].find(back);
}

/** Equal as names are: runs of white space count as one space. */
export const collapse = (text: string): string => text.replaceAll(/\s+/gu, " ").trim();
