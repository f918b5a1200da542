import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { FAULTS } from "./faults.ts";
import { ACTS } from "./operators.ts";
import { tableOf, wordsOf } from "./table.ts";
import type { Outcome } from "./world.ts";

const held: Outcome = {
  seed: 8841,
  size: "small",
  kinds: ["person", "deal"],
  more: { acts: 0, bursts: 0 },
  steps: 2_300,
  edits: 31,
  days: 30,
  faults: new Map([
    ["15 cut before COMMIT", 2],
    ["67 an owner leaves", 1],
  ]),
  acts: new Map([["a plan was applied", 1]]),
  violations: [],
  planned: [],
};
const broken: Outcome = {
  ...held,
  seed: 8842,
  size: "large",
  steps: 700,
  edits: 40,
  faults: new Map([["15 cut before COMMIT", 3]]),
  violations: [
    { invariant: "I2 replicas agree", words: "Acct1 is missing at hubspot" },
    { invariant: "I3 quiet is quiet", words: "1 writing requests in a full reading of it all" },
  ],
};

test("the table tells every fault by the times it struck, also none, and the last line is as others read it", () => {
  const lines = tableOf([held, broken]);
  assert.equal(lines.at(-1), `simulate: seeds 2 steps 3000 edits 71 faults-hit 2/${FAULTS.length} violations 2`);
  assert.deepEqual(
    lines.slice(0, 3 + ACTS.length).filter((line) => !line.startsWith("       0  ")),
    ["       1  small worlds", "       1  large worlds", "       2  a plan was applied"],
  );
  assert.deepEqual(
    lines.slice(3 + ACTS.length, -1),
    FAULTS.map((fault) => {
      const times = fault === "15 cut before COMMIT" ? 5 : fault === "67 an owner leaves" ? 1 : 0;
      return `       ${times}  ${fault}`;
    }),
  );
  assert.equal(tableOf([]).at(-1), `simulate: seeds 0 steps 0 edits 0 faults-hit 0/${FAULTS.length} violations 0`);
});

test("a world that broke a rule says which, in words, and how it is seen again", () => {
  assert.deepEqual(wordsOf(held), ["seed 8841: a small world of person, deal; 2300 steps, 31 edits"]);
  assert.deepEqual(wordsOf(broken), [
    "seed 8842: a large world of person, deal; 700 steps, 40 edits",
    "  VIOLATED I2 replicas agree: Acct1 is missing at hubspot",
    "  VIOLATED I3 quiet is quiet: 1 writing requests in a full reading of it all",
    "  again: npm run simulate -- --seed 8842",
  ]);
});

test("one seed, run as people run it, ends with the table and that line, and exits well", () => {
  const ran = spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), "--seeds", "1", "--from", "5"], {
    encoding: "utf8",
  });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  const lines = ran.stdout.trimEnd().split("\n");
  assert.match(
    lines.at(-1)!,
    /^simulate: seeds 1 steps [1-9]\d{2,} edits [1-9]\d+ faults-hit [1-9]\d*\/\d+ violations 0$/u,
  );
  assert.deepEqual(
    lines.slice(-1 - FAULTS.length, -1).map((line) => line.replace(/^ *\d+  /u, "")),
    [...FAULTS],
  );
});
