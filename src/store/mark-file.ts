// The side file: the mark this machine saw last, outside of the database. What is lost or unreadable tells nothing.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Mark } from "./mark.ts";

/** In the data folder. */
export const MARK_FILE = "store.mark";

const shape = z.object({
  epoch: z.string(),
  count: z.number(),
  log: z.object({ system: z.string(), timeline: z.number(), position: z.number() }).nullable(),
});

/** The mark in the file; undefined where there is none that can be read. */
export function readMark(file: string): Mark | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return shape.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** Whole or not at all: a kill between leaves the one before. */
export function writeMark(file: string, { epoch, count, log }: Mark): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ epoch, count, log })}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
