// Which branches of the deciding files their tests take, by what V8 counts of each block.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DECIDING } from "./deciding.mjs";

/** Tells a line for each file, and each line of it with a branch that no test takes. Returns how many there are. */
export function branchesOf(root, files, reports) {
  let missing = 0;
  for (const file of files) {
    const report = join(reports, `${file.replaceAll("/", "-")}.lcov`);
    rmSync(report, { force: true });
    const ran = spawnSync(
      process.execPath,
      [
        "--test",
        "--test-isolation=none",
        "--test-force-exit",
        "--experimental-test-coverage",
        `--test-coverage-include=${file}`,
        "--test-reporter=lcov",
        `--test-reporter-destination=${report}`,
        ...DECIDING[file].tests,
        ...(DECIDING[file].also ?? []),
      ],
      { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
    );
    const told = existsSync(report) ? readFileSync(report, "utf8") : "";
    const branches = [...told.matchAll(/^BRDA:(\d+),\d+,\d+,(\d+|-)$/gmu)].map(([, line, times]) => ({
      line: Number(line),
      taken: Number(times) > 0,
    }));
    if (ran.status !== 0 || branches.length === 0) {
      process.stdout.write(
        `branches: ${file} not counted: ${ran.status === 0 ? "no branch was told" : "a test failed"}\n`,
      );
      missing += 1;
      continue;
    }
    const left = branches.filter(({ taken }) => !taken);
    missing += left.length;
    const where = left.length === 0 ? "" : `, not at line ${[...new Set(left.map(({ line }) => line))].join(", ")}`;
    process.stdout.write(`branches: ${file} ${branches.length - left.length}/${branches.length}${where}\n`);
  }
  return missing;
}
