#!/usr/bin/env node
// The `winston` command: sets up what is missing, then hands over to src/main.ts under Node 24.
import { basename, join, relative } from "node:path";
import { ensureInstalled, root, runNode } from "./setup.mjs";

/** How a person types the next command where this one was typed. */
function self() {
  if (process.env.npm_lifecycle_event !== undefined) return "npm run -s winston --";
  const typed = process.argv[1] ?? "";
  return basename(typed) === "winston" ? "winston" : `node ${relative(process.cwd(), typed) || typed}`;
}

ensureInstalled();
const env = { ...process.env, WINSTON_SELF: self() };
process.exitCode = await runNode([join(root, "src", "main.ts"), ...process.argv.slice(2)], { env, channel: true });
