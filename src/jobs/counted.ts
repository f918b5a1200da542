// What is counted in a long window: what the vendor says is used, and how many answers were errors. Pure.
import { dayOf } from "../base/day.ts";
import type { BudgetRow } from "../store/budget.ts";
import type { Limit } from "./spending.ts";

/** Answers that came since they were stored last. */
export interface Answered {
  readonly answers: number;
  readonly errors: number;
}

/** Loads and comparisons wait from this part of the allowed share of errors on: what is sent meanwhile must have room for some more. */
const NEAR = 0.8;
/** Fewer answers than this are taken for so many: one error among the first ten of a day says nothing of the day. */
const ANSWERS_LEAST = 1_000;

/** When the window that it is now began; null where it is no calendar day. */
const beganAt = ({ zone }: Limit, now: number): number | null => (zone === undefined ? null : dayOf(now, zone).began);

/** When what is used or counted now counts no more, where that is known. */
export const endsAt = ({ zone }: Limit, now: number): number => (zone === undefined ? Infinity : dayOf(now, zone).ends);

/** The row as of the window it is now: at the vendor's midnight all begins anew, whoever used how much of the day before. */
export function inWindow(row: BudgetRow, limit: Limit, now: number): BudgetRow {
  const began = beganAt(limit, now);
  const isOver = (at: number | null): boolean => at !== null && (began === null ? now - at >= limit.perMs : at < began);
  const ofAccount = began !== null && row.used !== null && isOver(row.seenAt) ? { used: 0, seenAt: began } : {};
  const ofAnswers = isOver(row.countedFrom) ? { countedFrom: null, answers: 0, errors: 0 } : {};
  return { ...row, ...ofAccount, ...ofAnswers };
}

export function count(before: BudgetRow, limit: Limit, answered: Answered, now: number): BudgetRow {
  if (answered.answers === 0) return before;
  const row = inWindow(before, limit, now);
  return {
    ...row,
    countedFrom: row.countedFrom ?? now,
    answers: row.answers + answered.answers,
    errors: row.errors + answered.errors,
  };
}

/** How near the errors of this window come to what the vendor allows: `near` from four fifths on, `over` beyond it. */
export function errorsIn(before: BudgetRow, limit: Limit, now: number): "few" | "near" | "over" {
  if (limit.errorShareMax === undefined) return "few";
  const { answers, errors } = inWindow(before, limit, now);
  const allowed = limit.errorShareMax * Math.max(answers, ANSWERS_LEAST);
  return errors >= allowed ? "over" : errors >= NEAR * allowed ? "near" : "few";
}
