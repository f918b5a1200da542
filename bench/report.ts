// What a bench says: a table of medians, sentences, and the line that is compared with its goal; kept with the machine it ran on.
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

export interface Result {
  /** The first row is the head. */
  readonly table: readonly (readonly string[])[];
  /** What else must be said: rows written, peak memory, what limits it. */
  readonly notes: readonly string[];
  /** What is compared with the goal. */
  readonly ratio: number;
  /** The last line, where it does not speak of a ratio. */
  readonly line?: string;
  /** What keeps the ratio where it is, from this run's own measurements; said where the goal is missed. */
  readonly limit?: string;
  /** PostgreSQL's version. */
  readonly postgres: string;
}

export interface Goal {
  readonly sign: "≥" | "≤";
  readonly value: number;
}

export interface Options {
  readonly rounds: number;
  readonly records: number;
  readonly vendor?: string;
}

export interface Bench {
  readonly goal: Goal;
  /** How many when nobody says otherwise. */
  readonly records: number;
  /** Whose simulator it may run against, the first when nobody says otherwise; absent where there is none. */
  readonly vendors?: readonly string[];
  run(options: Options & { say: (what: string) => void }): Promise<Result>;
}

/** The last line, exactly: `bench NAME: ratio X (goal ≥ Y)`. */
export const lastLine = (name: string, ratio: number, goal: Goal): string =>
  `bench ${name}: ratio ${ratio.toFixed(2)} (goal ${goal.sign} ${goal.value})`;

export const missed = (ratio: number, { sign, value }: Goal): boolean => (sign === "≥" ? ratio < value : ratio > value);

/** All that is said beside the table, the last line last. */
export function sentences(name: string, { notes, ratio, limit, line }: Result, goal: Goal): string[] {
  const why = limit ?? "where the requests or the time went stands above";
  return [...notes, ...(missed(ratio, goal) ? [`goal missed: ${why}`] : []), line ?? lastLine(name, ratio, goal)];
}

export function printed(table: Result["table"]): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  "),
    )
    .join("\n");
}

const KEPT = join(import.meta.dirname, "results.md");
const HEAD = `# Results of the benches

Appended by \`npm run bench -- NAME\`, oldest first; what each bench does is in its file. Rates differ from machine to machine and from hour to hour: compare ratios.
`;

export function keep(name: string, options: Options, result: Result, goal: Goal): void {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const [head, ...body] = result.table;
  const lines = [
    ``,
    `## ${name}${options.vendor === undefined ? "" : ` --vendor ${options.vendor}`}, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, commit ${commit()}`,
    ``,
    `${machine()}; Node ${process.versions.node}; PostgreSQL ${result.postgres}; load average at the end ${loadavg()[0]!.toFixed(1)}; ${options.records.toLocaleString("en")} records, ${options.rounds} rounds.`,
    ``,
    row(head!),
    row(head!.map((_, column) => (column === 0 ? "---" : "---:"))),
    ...body.map(row),
    ``,
    ...sentences(name, result, goal)
      .slice(0, -1)
      .map((note) => `- ${note}`),
    ``,
    `\`${result.line ?? lastLine(name, result.ratio, goal)}\``,
    ``,
  ];
  appendFileSync(KEPT, (existsSync(KEPT) ? "" : HEAD) + lines.join("\n"));
}

function machine(): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? "unknown processor"}, ${all.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
    return (
      git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "src", "bench") === "" ? "" : " with changes")
    );
  } catch {
    return "unknown";
  }
}

/** Peak resident memory of this process, in MB. */
export const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024);
