// `npm run mutation -- [FILE[:FROM-TO]...]`: changes each deciding file in every small way, one after another, and sees whether its tests
// notice; `--left` tries once more only what nobody noticed, `--quick` only those tests that need no store. What was found is kept for as long as the file stays as it is, so that a file can
// be gone through in pieces. `--branches` counts the branches that the same tests take instead. Ends with one line for each file and
// exits 1 where fewer than nine in ten changes were noticed, or a branch was not taken.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { DECIDING } from "./deciding.mjs";
import { branchesOf } from "./branches.mjs";

const here = import.meta.dirname;
const root = join(here, "..", "..");
const WANTED = 90;

const reports = join(here, "reports");
mkdirSync(reports, { recursive: true });
const keptFile = join(reports, "kept.json");

/** Stryker works on a copy of the project, with one small change at a time. */
const configOf = (mutate, tests, report) => ({
  testRunner: "command",
  commandRunner: { command: ["node", JSON.stringify(join(here, "tests.mjs")), ...tests].join(" ") },
  mutate,
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: report },
  // Node takes the types away itself: nothing is compiled.
  tsconfigFile: "tools/mutation/none.json",
  tempDirName: "tools/mutation/.stryker-tmp",
  // Nothing but sources is needed in the copy.
  ignorePatterns: ["/.git", "/bench", "**/node_modules", "/tools/mutation"],
  coverageAnalysis: "off",
  concurrency: 2,
  timeoutMS: 20_000,
  timeoutFactor: 3,
});

const run = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }).status ?? 1;

const digestOf = (file) =>
  createHash("sha256")
    .update(readFileSync(join(root, file)))
    .digest("hex");

/** What was found of each file as it is now: by the place and the text of each change, what became of it. */
function readKept() {
  const kept = existsSync(keptFile) ? JSON.parse(readFileSync(keptFile, "utf8")) : {};
  return Object.fromEntries(Object.entries(kept).filter(([file, { digest }]) => digest === digestOf(file)));
}

const keyOf = ({ location: { start, end }, mutatorName, replacement }) =>
  `${start.line}:${start.column}-${end.line}:${end.column} ${mutatorName} ${replacement ?? ""}`;

const isNoticed = (status) => status === "Killed" || status === "Timeout" || status === "RuntimeError";
const isCounted = (status) => status !== "Ignored" && status !== "CompileError";

/** The lines of what nobody noticed, as Stryker takes them. */
const leftIn = (file, kept) =>
  [
    ...new Set(
      Object.entries(kept[file]?.mutants ?? {})
        .filter(([, status]) => isCounted(status) && !isNoticed(status))
        .map(([key]) => /^(\d+):\d+-(\d+)/u.exec(key))
        .map(([, from, to]) => `${file}:${from}-${to}`),
    ),
  ].join(",");

/** The node of this project, for the tests that it runs by name. */
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);

function mutate(file, places, tests) {
  const stryker = join(here, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
  const report = join(reports, `${file.replaceAll("/", "-")}.json`);
  const config = join(reports, "config.json");
  writeFileSync(config, JSON.stringify(configOf(places, tests, report)));
  rmSync(report, { force: true });
  run(process.execPath, [stryker, "run", config], { PATH: path });
  if (!existsSync(report)) {
    process.stderr.write(`mutation: ${file} was not gone through: the lines above say why\n`);
    process.exit(1);
  }
  const kept = readKept();
  const mutants = { ...kept[file]?.mutants };
  for (const mutant of JSON.parse(readFileSync(report, "utf8")).files[file]?.mutants ?? [])
    mutants[keyOf(mutant)] = mutant.status;
  writeFileSync(keptFile, JSON.stringify({ ...kept, [file]: { digest: digestOf(file), mutants } }, null, 1));
}

/** One line for each file that was gone through, by what is kept of it. Returns whether enough was noticed of each. */
function tell(files) {
  const kept = readKept();
  let enough = true;
  for (const file of files) {
    const all = Object.values(kept[file]?.mutants ?? {}).filter(isCounted);
    const noticed = all.filter(isNoticed).length;
    const late = all.filter((status) => status === "Timeout").length;
    const score = all.length === 0 ? 0 : (100 * noticed) / all.length;
    enough &&= score >= WANTED;
    process.stdout.write(`mutation: ${file} ${noticed}/${all.length} ${score.toFixed(1)} % (${late} by time)\n`);
  }
  return enough;
}

/** Starts a PostgreSQL for the tests that need one, and runs what is to be run. */
async function withStore(files, work) {
  if (!files.some((file) => DECIDING[file].store)) return work();
  const { SERVER_VARIABLE, startTestServer } = await import("../../test/support/server.ts");
  const server = await startTestServer();
  process.env[SERVER_VARIABLE] = JSON.stringify(server.connection);
  try {
    return await work();
  } finally {
    await server.stop();
  }
}

const args = process.argv.slice(2);
const [left, quick, branches, told] = ["--left", "--quick", "--branches", "--told"].map((flag) => args.includes(flag));
const wanted = args.filter((arg) => !arg.startsWith("--"));
const fileOf = (place) => place.replace(/:\d+-\d+$/u, "");
const strange = wanted.filter((place) => !Object.hasOwn(DECIDING, fileOf(place)));
if (strange.length > 0) {
  process.stderr.write(`There is no ${strange.join(", ")} among: ${Object.keys(DECIDING).join(", ")}\n`);
  process.exit(64);
}
const places = wanted.length > 0 ? wanted : Object.keys(DECIDING);
const files = [...new Set(places.map(fileOf))];

if (branches) {
  const missing = await withStore(files, () => branchesOf(root, files, reports));
  process.exitCode = missing > 0 ? 1 : 0;
} else {
  if (!told) {
    if (!existsSync(join(here, "node_modules"))) {
      const npm = process.platform === "win32" ? "npm.cmd" : "npm";
      if (run(npm, ["ci", "--prefix", here, "--no-audit", "--no-fund"]) !== 0) process.exit(1);
    }
    await withStore(files, () => {
      for (const place of places) {
        const file = fileOf(place);
        const { first, tests } = DECIDING[file];
        if (first && !left) mutate(file, [place], first);
        const rest = first || left ? leftIn(file, readKept()) : place;
        if (rest !== "" && !quick) mutate(file, rest.split(","), tests);
      }
    });
  }
  process.exitCode = tell(files) ? 0 : 1;
}
