// winston-ai: `const winston = require("winston-ai")`, `import { Client } from "winston-ai"` and `import winston from "winston-ai"`.
export * from "./exports.ts";
// oxlint-disable-next-line import/no-default-export -- people write `import winston from "winston-ai"`
export * as default from "./exports.ts";
