import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault } from "./faults.ts";
import { openWorlds, shrink, type Worlds } from "./run.ts";
import type { Outcome } from "./world.ts";

const FIFTY = Array.from({ length: 50 }, (_, number) => number);
const BROKEN = { invariant: "I2 replicas agree", words: "Acct1 is missing at hubspot" };
const OTHER = { invariant: "I3 quiet is quiet", words: "1 writing requests in a full reading of it all" };

/** A world of fifty events that breaks as `breaks` says of those that take place. */
function worldOf(breaks: (happens: ReadonlySet<number>) => Outcome["violations"]) {
  const asked: { readonly seed: number; readonly more: unknown }[] = [];
  const outcome = (skip: ReadonlySet<number>): Outcome => {
    const happens = new Set(FIFTY.filter((one) => !skip.has(one)));
    return {
      seed: 7,
      size: "small",
      kinds: ["account"],
      more: { acts: 3, bursts: 1 },
      steps: 1_000,
      edits: happens.size,
      days: 30,
      faults: new Map(),
      acts: new Map(),
      violations: breaks(happens),
      planned: FIFTY,
    };
  };
  const worlds: Pick<Worlds, "simulate"> = {
    simulate: async (seed, { skip = new Set<number>(), more, onLine } = {}) => {
      asked.push({ seed, more });
      onLine?.(`${FIFTY.length - skip.size} events`);
      return outcome(skip);
    },
  };
  return { worlds, failing: outcome(new Set()), asked };
}

test("a world that breaks only where two events meet is made smaller until hardly more than those two are left", async () => {
  const { worlds, failing, asked } = worldOf((happens) => (happens.has(9) && happens.has(41) ? [BROKEN] : []));
  const told: string[] = [];
  const { outcome, lines } = await shrink(worlds, failing, (words) => told.push(words));
  assert.deepEqual(outcome.violations, [BROKEN], "what is shown breaks still");
  assert.ok(outcome.edits <= 5, `${outcome.edits} of 50 events are left`);
  assert.deepEqual(lines, [`${outcome.edits} events`], "the history is that of the smallest");
  assert.equal(told[0], "50 of 50 events are enough");
  assert.equal(told.at(-1), `${outcome.edits} of 50 events are enough`);
  assert.deepEqual(
    asked.filter(({ seed, more }) => seed !== 7 || more !== failing.more),
    [],
    "the same seed, in which people go on no longer than they did",
  );
});

test("a world that breaks by itself is made smaller to nothing, and another rule broken on the way is not the one looked for", async () => {
  const alone = worldOf(() => [BROKEN]);
  assert.equal((await shrink(alone.worlds, alone.failing, () => {})).outcome.edits, 0);
  const changing = worldOf((happens) => (happens.size > 30 ? [BROKEN] : [OTHER]));
  const { outcome } = await shrink(changing.worlds, changing.failing, () => {});
  assert.deepEqual([outcome.violations, outcome.edits > 30], [[BROKEN], true]);
});

test("no more worlds are tried than was said", async () => {
  const { worlds, failing, asked } = worldOf((happens) => (happens.size > 48 ? [BROKEN] : []));
  await shrink(worlds, failing, () => {}, 10);
  assert.equal(asked.length, 10);
});

test("a real world that is made smaller has fewer events, edits and faults, and still the one it is made smaller for", async () => {
  const wanted: Fault = "23 worker paused past its lease";
  await using worlds = await openWorlds();
  // A rule that the fault itself breaks: so nothing hangs on a mistake of the engine.
  const simulate: Worlds["simulate"] = async (seed, options) => {
    const outcome = await worlds.simulate(seed, options);
    return { ...outcome, violations: outcome.faults.has(wanted) ? [BROKEN] : [] };
  };
  const whole = await simulate(SEED);
  assert.deepEqual(whole.violations, [BROKEN], `seed ${SEED} has no such fault any more: take another`);
  const { outcome, lines } = await shrink({ simulate }, whole, () => {}, 3);
  const struck = ({ faults }: Outcome): number => [...faults.values()].reduce((sum, times) => sum + times, 0);
  assert.ok(outcome.faults.has(wanted) && lines.some((line) => line.endsWith(`# ${wanted}`)), lines.at(-1));
  assert.ok(outcome.edits < whole.edits, `${outcome.edits} of ${whole.edits} edits`);
  assert.ok(struck(outcome) < struck(whole), `${struck(outcome)} of ${struck(whole)} faults`);
});

/** A small world with that fault. */
const SEED = 4;
