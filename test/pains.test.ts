// The pains of docs/proof.md and the tests named for them are the same, and none that is promised is missing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");

/** 10, 18 and 24 come with their parts; 25 is about installing. */
const PROMISED = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23];

const FILES = ["src/**/*.test.ts", "test/**/*.test.ts"];
const tests = globSync(FILES, { cwd: root }).flatMap((file) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/^\s*test\("(?<name>pain \d+: [^"]+)"/gmu)].map(
    (match) => `${file}: ${match.groups!["name"]}`,
  ),
);
const named = readFileSync(join(root, "docs/proof.md"), "utf8")
  .split("\n")
  .flatMap((line) => [...line.matchAll(/`(?<file>[^`]+\.test\.ts)`: "(?<name>pain \d+: [^"]+)"/gu)])
  .map((match) => `${match.groups!["file"]}: ${match.groups!["name"]}`);

test("every test that is named for a pain is in the table of docs/proof.md, and every one there is in its file", () => {
  assert.deepEqual(named.toSorted(), tests.toSorted());
});

test("each pain that is promised a test has one", () => {
  const numbers = new Set(named.map((one) => Number(/pain (\d+):/u.exec(one)![1])));
  assert.deepEqual(
    [...numbers].toSorted((a, b) => a - b),
    PROMISED,
  );
});
