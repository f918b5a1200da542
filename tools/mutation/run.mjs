// `npm run mutation -- [FILE...]`: changes each deciding file in every small way, one after another, and sees whether its tests notice. Ends
// with one line for each and exits 1 where fewer than nine in ten were noticed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

const here = import.meta.dirname;
const root = join(here, "..", "..");
const WANTED = 90;

/** Each with the tests that decide about it alone: what needs a database would take hours. */
const DECIDING = {
  "src/sync/merge.ts": ["src/sync/merge.test.ts", "src/sync/merge-rules.test.ts"],
  "src/sync/origin.ts": ["src/sync/origin.test.ts"],
  "src/sync/names.ts": ["src/sync/names.test.ts"],
  "src/mapping/transforms.ts": ["src/mapping/transforms.test.ts", "src/mapping/composition.test.ts"],
  "src/mapping/read.ts": ["src/mapping/document.test.ts", "src/mapping/composition.test.ts"],
  "src/mapping/write.ts": ["src/mapping/document.test.ts", "src/mapping/composition.test.ts"],
};

const reports = join(here, "reports");
mkdirSync(reports, { recursive: true });

/** Stryker works on a copy of the project, with one small change at a time. */
const configOf = (file, tests, report) => ({
  testRunner: "command",
  commandRunner: { command: ["node", "--test", "--test-reporter=dot", "--test-concurrency=1", ...tests].join(" ") },
  mutate: [file],
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: report },
  // Node takes the types away itself: nothing is compiled.
  tsconfigFile: "tools/mutation/none.json",
  tempDirName: "tools/mutation/.stryker-tmp",
  // Nothing but sources is needed in the copy.
  ignorePatterns: ["/.git", "/docs", "/bench", "**/node_modules", "/tools/mutation"],
  coverageAnalysis: "off",
  concurrency: 2,
  timeoutMS: 30_000,
});

const run = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }).status ?? 1;

if (!existsSync(join(here, "node_modules"))) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  if (run(npm, ["ci", "--prefix", here, "--no-audit", "--no-fund"]) !== 0) process.exit(1);
}
const files = process.argv.slice(2);
const strange = files.filter((file) => !Object.hasOwn(DECIDING, file));
if (strange.length > 0) {
  process.stderr.write(`There is no ${strange.join(", ")} among: ${Object.keys(DECIDING).join(", ")}\n`);
  process.exit(64);
}
const told = [];
for (const file of files.length > 0 ? files : Object.keys(DECIDING)) {
  const tests = DECIDING[file];
  const stryker = join(here, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
  const report = join(reports, `${file.replaceAll("/", "-")}.json`);
  writeFileSync(join(reports, "config.json"), JSON.stringify(configOf(file, tests, report)));
  rmSync(report, { force: true });
  // The node of this project, for the tests that it runs by name.
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  run(process.execPath, [stryker, "run", join(reports, "config.json")], { PATH: path });
  const { mutants } = JSON.parse(readFileSync(report, "utf8")).files[file];
  const counted = mutants.filter(({ status }) => status !== "Ignored" && status !== "CompileError");
  const noticed = counted.filter(({ status }) => status === "Killed" || status === "Timeout").length;
  told.push({ file, noticed, all: counted.length, score: (100 * noticed) / counted.length });
}
for (const { file, noticed, all, score } of told)
  process.stdout.write(`mutation: ${file} ${noticed}/${all} ${score.toFixed(1)} %\n`);
process.exit(told.some(({ score }) => score < WANTED) ? 1 : 0);
