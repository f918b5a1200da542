// A file of JSON lines that outlives crashes: appended as things change, rewritten whole (to a temporary file, then
// renamed) when a simulator starts and stops. A line torn by a crash is left out.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { WinstonError } from "../../base/errors.ts";

export class LineFile<Line> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The lines so far; undefined when there is no file yet. */
  read(): Line[] | undefined {
    if (!existsSync(this.#path)) return undefined;
    return readFileSync(this.#path, "utf8")
      .split("\n")
      .flatMap(parse<Line>);
  }

  append(lines: readonly Line[]): void {
    if (lines.length > 0) appendFileSync(this.#path, text(lines));
  }

  rewrite(lines: readonly Line[]): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    const temporary = `${this.#path}.new`;
    writeFileSync(temporary, text(lines));
    renameSync(temporary, this.#path);
  }
}

/** Runs `work` on a state file; what the file system refuses becomes `start.failed`. */
export function withStateFile(path: string | undefined, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (path === undefined || !(cause instanceof Error && "code" in cause)) throw cause;
    throw new WinstonError(
      "start.failed",
      `The simulated org cannot be kept in ${path}: ${cause.message}. Make the file writable or name another.`,
      { cause },
    );
  }
}

const text = (lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

function parse<Line>(line: string): Line[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as Line];
  } catch {
    return [];
  }
}
