import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorlds } from "./run.ts";

/** Fixed, so that the run that failed is the run that is looked at. More: npm run simulate -- --seeds N. */
const SEEDS = [2, 6, 105, 4];
/** One that is run once more, after others. */
const AGAIN = 4;

test("worlds come to rest with nothing lost, doubled or out of step, and a seed repeats its world bit for bit", async (context) => {
  await using worlds = await openWorlds();
  const first: string[] = [];
  for (const seed of SEEDS)
    await context.test(`seed ${seed}`, async () => {
      const onLine = (line: string): void => void (seed === AGAIN && first.push(line));
      const { violations, steps, edits, faults } = await worlds.simulate(seed, { onLine });
      assert.deepEqual(violations, []);
      const struck = [...faults.values()].reduce((sum, times) => sum + times, 0);
      assert.ok(
        steps >= 300 && edits >= 30 && struck >= 10,
        `${steps} steps, ${edits} edits and ${struck} faults are too few to show anything`,
      );
    });
  const again: string[] = [];
  await worlds.simulate(AGAIN, { onLine: (line) => again.push(line) });
  assert.deepEqual(again, first);
});
