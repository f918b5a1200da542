import assert from "node:assert/strict";
import { test } from "node:test";
import { sizeOf, SIZES } from "./size.ts";

const SEEDS = Array.from({ length: 200 }, (_, index) => index + 1);

test("worlds are of every size, and most of them small", () => {
  const sizes = SEEDS.map((seed) => sizeOf(seed).name);
  const counts = SIZES.map((size) => sizes.filter((one) => one === size).length);
  assert.ok(counts[0]! > 100 && counts[1]! > 10 && counts[2]! > 5, `${SIZES.join(", ")}: ${counts.join(", ")}`);
});

test("a large world has all kinds, and everything as often as it is said to be", () => {
  const large = SEEDS.map(sizeOf).find((one) => one.name === "large")!;
  assert.deepEqual(large.kinds, ["person", "account", "deal"]);
  assert.equal(large.chance("two are merged", 0.25), 0.25);
});

test("of a smaller world half of what may happen takes no part, another half in the next, and the rest is likelier for it", () => {
  const small = SEEDS.map(sizeOf).filter((one) => one.name === "small");
  const chances = small.map((one) => one.chance("two are merged", 0.25));
  const taken = chances.filter((chance) => chance > 0);
  assert.ok(taken.length > small.length / 3 && taken.length < (small.length * 2) / 3, `${taken.length}`);
  assert.ok(taken.every((chance) => chance > 0.25 && chance < 1));
  const both = small.filter((one) => one.chance("two are merged", 0.25) > 0 && one.chance("rows are locked", 0.3) > 0);
  assert.ok(both.length > 0 && both.length < taken.length, "what takes part hangs on each name");
});

test("a seed draws the same size each time", () => {
  for (const seed of SEEDS.slice(0, 20)) {
    const [one, again] = [sizeOf(seed), sizeOf(seed)];
    assert.deepEqual(
      [one.name, one.kinds, one.acts, one.looks, one.lastDay],
      [again.name, again.kinds, again.acts, again.looks, again.lastDay],
    );
    assert.equal(one.chance("two schedulers", 0.3), again.chance("two schedulers", 0.3));
  }
});
