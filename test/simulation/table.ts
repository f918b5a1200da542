// What worlds came to, as it is told.
import { FAULTS } from "./faults.ts";
import { ACTS } from "./operators.ts";
import { SIZES } from "./size.ts";
import type { Outcome } from "./world.ts";

/** One world, with each rule that it broke and how to see it again. */
export function wordsOf({ seed, size, kinds, steps, edits, violations }: Outcome): string[] {
  return [
    `seed ${seed}: a ${size} world of ${kinds.join(", ")}; ${steps} steps, ${edits} edits`,
    ...violations.map(({ invariant, words }) => `  VIOLATED ${invariant}: ${words}`),
    ...(violations.length > 0 ? [`  again: npm run simulate -- --seed ${seed}`] : []),
  ];
}

/** How large the worlds were, what those who run Winston did, and the table of faults, also of those that never struck; then the line that others read. */
export function tableOf(outcomes: readonly Outcome[]): string[] {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + of(one), 0);
  const row = (times: number, what: string): string => `${String(times).padStart(8)}  ${what}`;
  const hits = FAULTS.map((fault) => [sum((one) => one.faults.get(fault) ?? 0), fault] as const);
  const hit = hits.filter(([times]) => times > 0).length;
  const totals = `steps ${sum((one) => one.steps)} edits ${sum((one) => one.edits)}`;
  return [
    ...SIZES.map((size) => row(outcomes.filter((one) => one.size === size).length, `${size} worlds`)),
    ...ACTS.map((act) =>
      row(
        sum((one) => one.acts.get(act) ?? 0),
        act,
      ),
    ),
    ...hits.map(([times, fault]) => row(times, fault)),
    `simulate: seeds ${outcomes.length} ${totals} faults-hit ${hit}/${FAULTS.length} violations ${sum((one) => one.violations.length)}`,
  ];
}
