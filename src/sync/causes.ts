// Why a record is not the same on both sides: each cause in a code, in words, and with what to do about it. Pure.

export const CAUSES = {
  moving: {
    title: "being edited",
    words: "It was being edited when it was looked at, and is looked at again before anything is said of it.",
    act: null,
  },
  "missed.read": {
    title: "missed read",
    words: "It was changed or made there, and Winston did not read it.",
    act: "winston compare --repair",
  },
  "missed.silent": {
    title: "missed read: its time did not move",
    words:
      "It is otherwise there although its time of change did not move, as with formulas, roll-ups and associations.",
    act: "winston compare --repair",
  },
  "missed.end": {
    title: "missed ending",
    words: "It was deleted, merged or converted there, and Winston did not hear of it.",
    act: "winston compare --repair",
  },
  gone: {
    title: "not there",
    words:
      "The vendor shows it no more and tells of no deletion: it was deleted for good, or is hidden from Winston's user.",
    act: "winston parked list",
  },
  "read.parked": {
    title: "cannot be read",
    words: "Something in it cannot be read and is set aside with its reason.",
    act: "winston parked list",
  },
  "write.parked": {
    title: "refused write",
    words: "The vendor refused what Winston has for it, or it cannot be written there.",
    act: "winston parked list",
  },
  "write.waiting": {
    title: "waiting write",
    words: "Winston owes it a write that has not gone out.",
    act: "winston compare --repair",
  },
  "write.held": {
    title: "suspected duplicate",
    words: "It is not made there before a person says whether it is one that is there already.",
    act: "winston duplicates list",
  },
  "write.forgotten": {
    title: "write nobody owes",
    words: "It is otherwise here than both sides last agreed on, and nothing would send it.",
    act: "winston compare --repair",
  },
  "never.made": {
    title: "only here",
    words: "It was never made there, and nothing would make it.",
    act: "winston compare --repair",
  },
  "reference.waits": {
    title: "waiting reference",
    words: "What it names on one side is not known, or not active, on the other.",
    act: null,
  },
  question: {
    title: "open conflict",
    words: "Both sides changed one field, and a person is asked.",
    act: "winston conflicts list --open",
  },
  hidden: {
    title: "hidden field",
    words:
      "The vendor shows a mapped field in no record: Winston's user may not see it, or it was removed. Nothing is taken for blank.",
    act: "winston doctor",
  },
} as const satisfies Record<string, { title: string; words: string; act: string | null }>;

export type Cause = keyof typeof CAUSES;

export const isCause = (text: string): text is Cause => Object.hasOwn(CAUSES, text);

/** "compared 03:12: 12,044 records, no difference". The day is told once it is not today any more. */
export function comparedInWords(
  last: { endedAt: number; counts: { listed?: number; differences?: number; repaired?: number } },
  now: number,
): string {
  const at = new Date(last.endedAt).toISOString();
  const time = at.slice(11, 16);
  const day = at.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? "" : `${at.slice(0, 10)} `;
  const { listed = 0, differences = 0, repaired = 0 } = last.counts;
  const found =
    differences === 0
      ? "no difference"
      : `${number(differences)} ${differences === 1 ? "difference" : "differences"}${repaired > 0 ? `, ${number(repaired)} of them repaired` : ""}`;
  return `compared ${day}${time}: ${number(listed)} ${listed === 1 ? "record" : "records"}, ${found}`;
}

const number = (value: number): string => value.toLocaleString("en-US");
