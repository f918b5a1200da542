import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { catchMutants } from "./catch.ts";
import { MUTANTS, NOT_SHOWN } from "./mutants.ts";

test("every mutant still fits the engine: each place that it changes is there once", () => {
  const misfits: string[] = [];
  for (const { name, changes } of MUTANTS) {
    const sources = new Map<string, string>();
    for (const { file, find, replace } of changes) {
      const source = sources.get(file) ?? readFileSync(join(import.meta.dirname, "../../src", file), "utf8");
      const parts = source.split(find);
      if (parts.length !== 2)
        misfits.push(`${name}: ${parts.length - 1} places of ${file} are ${JSON.stringify(find)}`);
      if (find === replace) misfits.push(`${name} changes nothing in ${file}`);
      sources.set(file, parts.join(replace));
    }
  }
  assert.deepEqual(
    misfits,
    [],
    "mend the patch in test/simulation/mutants.ts, so that it makes the same mistake again",
  );
});

test("a mutant that meets tests instead of worlds says why no world shows it, and names tests that are there", () => {
  for (const { name, tests, why, seeds } of MUTANTS) {
    assert.equal(why !== undefined, tests !== undefined, `${name}: tests and the reason for them go together`);
    assert.ok(tests === undefined || seeds === undefined, `${name} meets worlds or tests`);
    for (const file of tests ?? [])
      assert.ok(existsSync(join(import.meta.dirname, "../../src", file)), `${name}: there is no src/${file}`);
  }
});

test("a mutant that is caught is told with what caught it, and the last line counts it", async () => {
  const lines: string[] = [];
  const code = await catchMutants((line) => lines.push(line), { only: ["whose value it is forgotten by the rule"] });
  assert.equal(code, 0, lines.join("\n"));
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /^caught {4}whose value it is forgotten by the rule: src\/\S+\.test\.ts, ".+"$/u);
  assert.equal(lines[1], "mutants: caught 1/1");
});

test("a mutant that nobody knows is told with those there are", async () => {
  await assert.rejects(
    catchMutants(() => {}, { only: ["no such mutant"] }),
    /There is no mutant "no such mutant"\. There are: echo window by time, /u,
  );
});

test("every mutant has a name of its own, and is either tried or said to be out of reach", () => {
  const names = [...MUTANTS.map((one) => one.name), ...Object.keys(NOT_SHOWN)];
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});
