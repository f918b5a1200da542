// "There is no field emial; did you mean email?": the names a person most likely meant.

/** Up to three of `names` that look like `wrong`, best first: by edit distance, ignoring case, punctuation and the usual ending of custom fields ("__c"). Empty when nothing is near. */
export function nearest(wrong: string, names: Iterable<string>): string[] {
  const from = plain(wrong);
  const near: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    const to = plain(name);
    const contained = from.length >= 3 && to.length >= 3 && (to.includes(from) || from.includes(to));
    const distance = contained ? 1 : editDistance(from, to);
    if (distance <= Math.max(2, Math.floor(from.length / 3)) && distance < Math.max(from.length, to.length))
      near.push({ name, distance });
  }
  return near
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map((one) => one.name);
}

/** "; the nearest is email" or "; the nearest are email, mail": the end of a sentence, empty when nothing is near. */
export function nearestInWords(wrong: string, names: Iterable<string>): string {
  const near = nearest(wrong, names);
  return near.length === 0 ? "" : `; the nearest ${near.length === 1 ? "is" : "are"} ${near.join(", ")}`;
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/__c$/u, "")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .slice(0, 100);

/** How many insertions, deletions, replacements and swaps of neighbours turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
