import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTestFolder } from "./support/folder.ts";

const root = join(import.meta.dirname, "..");

test("npm start and npm test say in one sentence what is wrong with a folder whose path has a backslash", () => {
  using folder = createTestFolder();
  const project = join(folder.path, "back\\slash");
  mkdirSync(project);
  cpSync(join(root, "scripts"), join(project, "scripts"), { recursive: true });
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const name of ["start", "winston", "test"]) {
    const { status, stderr } = spawnSync("/bin/sh", ["-c", scripts[name]!], { cwd: project, encoding: "utf8" });
    assert.equal(status, 1);
    assert.match(stderr, /^winston: the path .*back\\slash has a backslash in it, .* Move or rename the folder.*\n$/u);
  }
});

test("a run of one test ends also in the files that have none of that name, and leaves no server behind", () => {
  const files = ["salesforce", "hubspot"].map((vendor) => join(root, `src/simulators/${vendor}/witness.test.ts`));
  // Inside a test run, Node would not run another unless it is told that this is none.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ["--test", "--test-reporter=spec", "--test-name-pattern=no test has this name", ...files];
  const { status, signal, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", env, timeout: 60_000 });
  assert.deepEqual([status, signal], [0, null], stdout);
});
