// A mapping file: a document of ours, the specification's field_mappings, or what `mappings show` and `mappings suggest` print as JSON.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { WinstonError } from "../base/errors.ts";
import { readAll } from "./ask.ts";
import type { Shell } from "./shell.ts";

/** Answers of this command line that hold a mapping document. */
const ANSWERS: readonly unknown[] = ["winston.mapping/v1", "winston.mappingSuggestion/v1"];

/** `-` is standard input. Throws usage.wrong. */
export async function readMappingFile(shell: Shell, file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = file === "-" ? await readAll(shell.stdin) : readFileSync(resolve(shell.cwd, file), "utf8");
  } catch (cause) {
    throw new WinstonError("usage.wrong", `The mapping file ${file} cannot be read (${(cause as Error).message}).`, {
      cause,
    });
  }
  try {
    const read = JSON.parse(text) as { schema?: string; document?: object };
    const whole = ANSWERS.includes(read.schema) && read.document !== undefined ? read.document : read;
    return whole as Record<string, unknown>;
  } catch (cause) {
    throw new WinstonError("usage.wrong", `The mapping file ${file} is not JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** Throws usage.wrong. */
export function writeMappingFile(shell: Shell, file: string, document: object): void {
  try {
    writeFileSync(resolve(shell.cwd, file), `${JSON.stringify(document, null, 2)}\n`);
  } catch (cause) {
    throw new WinstonError("usage.wrong", `The file ${file} cannot be written (${(cause as Error).message}).`, {
      cause,
    });
  }
}

/** The names of a row's side in one word. */
export const sideOf = (names: string | readonly string[]): string =>
  typeof names === "string" ? names : names.join(" + ");
