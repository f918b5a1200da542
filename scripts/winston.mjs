#!/usr/bin/env node
// The `winston` command: sets up what is missing, then hands over to src/main.ts under Node 24.
import { join } from "node:path";
import { ensureInstalled, root, runNode } from "./setup.mjs";

ensureInstalled();
process.exitCode = await runNode([join(root, "src", "main.ts"), ...process.argv.slice(2)]);
