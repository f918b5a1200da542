import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
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

test("every mutant has a name of its own, and is either tried or said to be out of reach", () => {
  const names = [...MUTANTS.map((one) => one.name), ...Object.keys(NOT_SHOWN)];
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});
