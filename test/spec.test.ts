// Every invariant of src/sync/SPEC.md names tests, and every test it names is there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const SPEC = "src/sync/SPEC.md";

interface Invariant {
  readonly name: string;
  readonly proofs: { readonly file: string; readonly test: string }[];
}

/** Headings `### E1. Sentence`, each followed by lines "- `file`: "name of a test"". */
function invariants(text: string): Invariant[] {
  const found: Invariant[] = [];
  for (const line of text.split("\n")) {
    const heading = /^### (?<name>.+)$/u.exec(line)?.groups?.["name"];
    if (heading !== undefined) found.push({ name: heading, proofs: [] });
    const proof = /^- `(?<file>[^`]+)`: "(?<name>.+)"$/u.exec(line)?.groups;
    if (proof) found.at(-1)!.proofs.push({ file: proof["file"]!, test: proof["name"]! });
    else if (line.startsWith("- ")) assert.fail(`${SPEC}: this line names no test as \`file\`: "name": ${line}`);
  }
  return found;
}

/** Names as they stand in the file: of `test("...")`, and of a table of tests by their template. */
const namesIn = (file: string): Set<string> =>
  new Set(
    [...readFileSync(join(root, file), "utf8").matchAll(/\btest\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/gu)].map((match) =>
      match[2]!.replaceAll(/\\(.)/gu, "$1"),
    ),
  );

const spec = invariants(readFileSync(join(root, SPEC), "utf8"));

test("the invariants are numbered from E1 without a gap", () => {
  assert.deepEqual(
    spec.map(({ name }) => name.split(". ")[0]),
    spec.map((_, index) => `E${index + 1}`),
  );
  assert.ok(spec.length > 0);
});

test("every invariant names at least one test", () => {
  assert.deepEqual(
    spec.filter(({ proofs }) => proofs.length === 0).map(({ name }) => name),
    [],
  );
});

test("every test that the specification names is in the file it names", () => {
  const missing: string[] = [];
  for (const { name, proofs } of spec) {
    for (const proof of proofs) {
      if (!existsSync(join(root, proof.file))) missing.push(`${name}: there is no ${proof.file}`);
      else if (!namesIn(proof.file).has(proof.test)) missing.push(`${name}: ${proof.file} has no test "${proof.test}"`);
    }
  }
  assert.deepEqual(missing, []);
});
