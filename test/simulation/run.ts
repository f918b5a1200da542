// A world run in a database of its own; and a failing one made smaller.
import { createTestDatabase } from "../support/database.ts";
import { World, type Outcome, type WorldOptions } from "./world.ts";

/** Runs the world of a seed. The same seed and options give the same run. */
export async function simulate(seed: number, options: Pick<WorldOptions, "onLine" | "skip"> = {}): Promise<Outcome> {
  await using database = await createTestDatabase({ connectionsMax: 1 });
  return await new World({ seed, connection: database.connection, ...options }).run();
}

/** Most worlds that shrinking tries. */
const TRIES = 60;

/** Leaves planned events out, halves first and then one by one, for as long as the same invariant is violated. */
export async function shrink(
  failing: Outcome,
  tell: (words: string) => void,
): Promise<{ outcome: Outcome; lines: readonly string[] }> {
  const invariants = new Set(failing.violations.map((one) => one.invariant));
  let outcome = failing;
  let lines: string[] = [];
  let skipped = new Set<number>();
  let tries = 0;
  const holds = async (skip: Set<number>): Promise<boolean> => {
    tries += 1;
    const tried: string[] = [];
    const result = await simulate(failing.seed, { skip, onLine: (line) => tried.push(line) });
    if (!result.violations.some((one) => invariants.has(one.invariant))) return false;
    [outcome, lines, skipped] = [result, tried, skip];
    tell(`${failing.planned.length - skip.size} of ${failing.planned.length} events are enough`);
    return true;
  };
  await holds(skipped);
  for (let size = Math.ceil(failing.planned.length / 2); size >= 1 && tries < TRIES; size = Math.floor(size / 2)) {
    const left = failing.planned.filter((one) => !skipped.has(one));
    for (let start = 0; start < left.length && tries < TRIES; start += size)
      await holds(new Set([...skipped, ...left.slice(start, start + size)]));
  }
  return { outcome, lines };
}
