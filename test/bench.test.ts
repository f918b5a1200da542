// Each bench at a tiny size: what it says last is what people and programs compare. Its rates mean nothing here.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Rounds } from "../bench/measure.ts";
import { lastLine, type Result, sentences } from "../bench/report.ts";

const main = join(import.meta.dirname, "..", "bench", "main.ts");
const sizes = { "first-load": 300, "re-read": 300, pull: 300, plan: 300, "plan-memory": 300, "api-calls": 400 };

for (const [name, records] of Object.entries(sizes))
  test(`the bench ${name} runs to its last line, a ratio beside its goal, and prints its peak memory`, async () => {
    const argv = [main, name, "--rounds", "1", "--records", String(records), "--no-keep"];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    const lines = stdout.trimEnd().split("\n");
    assert.match(lines.at(-1)!, new RegExp(`^bench ${name}: ratio \\d+\\.\\d\\d \\(goal [≥≤] [\\d.]+\\)$`, "u"));
    assert.match(stdout, /^peak memory \d+ MB/mu);
    if (name === "first-load" || name === "re-read") {
      assert.match(stdout, /^COPY of the same rows {2,}\d/mu);
      const written = [...stdout.matchAll(/^rows in \w+: (\d+) by .*, (\d+) by COPY$/gmu)];
      assert.equal(written.length, 3, stdout);
      for (const [, ours, copied] of written) assert.equal(ours, copied);
    }
    if (name === "plan")
      for (const what of ["300 new contacts", "an edit of each of them"])
        assert.match(
          stdout,
          new RegExp(`^API calls to apply a plan of ${what}: forecast (\\d+), counted \\1, difference 0\\.0 %$`, "mu"),
        );
    if (name === "re-read") assert.match(stdout, /^again, unchanged: [\d.]+ × first load$/mu);
  });

test("the bench realtime tells of all its edits when they arrived, and its goal is one of p99", async () => {
  const argv = [main, "realtime", "--records", "3", "--no-keep"];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  const [, p50, p99] = /^bench realtime: p50 (\d+) ms p99 (\d+) ms over 3 edits\n$/mu.exec(stdout)!;
  assert.ok(Number(p50) > 0 && Number(p99) >= Number(p50));
  assert.match(stdout, /^arrived at the other vendor +\d+ +\d+ +\d+ +\d+$/mu);
});

test("the bench back-test tells how long a changed mapping takes to be tried, and its goal is one of p99", async () => {
  const argv = [main, "back-test", "--records", "700", "--rounds", "1", "--no-keep"];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  const [, p50, p99] = /^bench back-test: p50 (\d+) ms p99 (\d+) ms over 40 tries\n$/mu.exec(stdout)!;
  assert.ok(Number(p50) > 0 && Number(p99) >= Number(p50));
  assert.match(stdout, /^tried on 500 records +\d+ +\d+ +\d+ +\d+$/mu);
});

test("of the other vendor, too, no call is made beyond the least: at any size, for calls do not vary", async () => {
  const argv = [main, "api-calls", "--vendor", "hubspot", "--records", "400", "--no-keep"];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  for (const phase of ["first load of", "push of new", "push of edits of"])
    for (const records of ["contacts", "companies", "deals"])
      assert.match(stdout, new RegExp(`^${phase} ${records} +(\\d+) +\\1 +1\\.00 `, "mu"));
  assert.match(stdout, /^bench api-calls: ratio 1\.00 \(goal ≤ 1\.05\)\n$/mu);
});

test("where a goal is missed, one line before the last says what limits it, by what was measured", () => {
  const measured = new Rounds();
  measured.add("ours", 1_000, { ms: 60, clientMs: 35, serverMs: 22 });
  measured.add("theirs", 1_000, { ms: 30, clientMs: 8, serverMs: 20 });
  const result: Result = {
    table: [["what"]],
    notes: ["a note"],
    ratio: 0.4,
    limit: measured.limit("ours", "theirs"),
    postgres: "18",
  };
  const goal = { sign: "≥", value: 0.5 } as const;
  const said = sentences("first-load", result, goal);
  assert.equal(said[0], "a note");
  assert.match(said[1]!, /^goal missed: ours takes 60\.0 µs a row .* is work of this process, 27\.0 µs a row$/u);
  assert.deepEqual(said.slice(2), [lastLine("first-load", 0.4, goal)]);
  assert.deepEqual(
    sentences("first-load", { ...result, ratio: 0.5 }, goal).length,
    2,
    "a goal that is met is not explained",
  );
  assert.equal(sentences("api-calls", { ...result, ratio: 1.2 }, { sign: "≤", value: 1.05 }).length, 3);
});
