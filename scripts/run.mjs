// The project's own jobs, each an npm script: test, check, fix, build, generate, bench, acceptance, simulate, crash, mutation. Sets up what is missing first.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, nodePath, root, runNode } from "./setup.mjs";

const bin = (name) => join(root, "node_modules", ".bin", name);
const [job, ...args] = process.argv.slice(2);

/** Runs one tool to its end and stops the job when it fails. */
function tool(name, toolArgs) {
  const done = spawnSync(bin(name), toolArgs, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

async function node(nodeArgs) {
  const code = await runNode(nodeArgs, { cwd: root });
  if (code !== 0) process.exit(code);
}

const jobs = {
  async "check:static"() {
    tool("oxfmt", ["--check", "."]);
    tool("oxlint", ["--type-aware"]);
    tool("tsc", ["--noEmit"]);
    process.stderr.write("check: format, lint and types are clean\n");
  },
  async fix() {
    tool("oxfmt", ["."]);
    tool("oxlint", ["--type-aware", "--fix"]);
  },
  async build() {
    tool("tsc", ["--project", "sdk/tsconfig.json"]);
  },
  async test() {
    await jobs.build();
    const named = args.filter((arg) => !arg.startsWith("-"));
    const files = named.length > 0 ? named : ["src/**/*.test.ts", "test/**/*.test.ts", "sdk/**/*.test.ts"];
    const flags = args.filter((arg) => arg.startsWith("-"));
    const reporter =
      process.stdout.isTTY || flags.some((flag) => flag.startsWith("--test-reporter")) ? [] : ["--test-reporter=spec"];
    await node([
      "--test",
      "--test-concurrency=2",
      "--test-global-setup=test/global-setup.ts",
      ...reporter,
      ...flags,
      ...files,
    ]);
  },
  async check() {
    await jobs["check:static"]();
    await jobs.test();
  },
  generate: () => node([join(root, "scripts", "generate.ts"), ...args]),
  bench: () => node([join(root, "bench", "main.ts"), ...args]),
  acceptance: () => node([join(root, "test", "acceptance", "main.ts"), ...args]),
  simulate: () => node([join(root, "test", "simulation", "main.ts"), ...args]),
  crash: () => node([join(root, "test", "crash", "main.ts"), ...args]),
  mutation: () => node([join(root, "tools", "mutation", "run.mjs"), ...args]),
};

if (!Object.hasOwn(jobs, job)) {
  process.stderr.write(`Usage: npm run ${Object.keys(jobs).join(" | ")}\n`);
  process.exit(64);
}
ensureInstalled();
nodePath();
await jobs[job]();
