// `winston import FILE.csv`: rows of a CSV file into Winston, streamed. What cannot be taken is told line by line; the rest goes in.
import { once } from "node:events";
import { createWriteStream, existsSync, readFileSync, realpathSync, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { extname, resolve } from "node:path";
import type { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import type { BulkResult, Client } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";
import type { Resource } from "../http/resources.ts";
import type { Field } from "../mapping/types.ts";
import {
  type CsvMapping,
  type CsvPlan,
  type Item,
  NO_MAPPING,
  planColumns,
  readCsvMapping,
  REJECT_COLUMNS,
  toItem,
  TypeGuess,
  unreadableIn,
  withTypes,
} from "./csv-mapping.ts";
import { type CsvFile, openCsv } from "./csv-rows.ts";
import { EXIT } from "./failure.ts";
import { printOne } from "./output.ts";
import { globalsOf } from "./program.ts";
import { recordsOf, resourceNamed } from "./records.ts";
import { openRemote } from "./remote.ts";
import { redraws, type Shell, tell } from "./shell.ts";
import { count, counted, duration, listed } from "./words.ts";

interface Options {
  readonly kind?: string;
  readonly map?: string;
  readonly dryRun?: true;
  readonly rejects?: string;
}

export function define(command: Command, shell: Shell): void {
  command
    .argument("<file>", "a CSV file in UTF-8 whose first line names the columns")
    .option(
      "--kind <kind>",
      "lead, contact, account, deal, deal-contact, campaign, activity or user; may stand in the mapping instead",
    )
    .option("--map <mapping>", "a JSON file that says which column is which field; without it, names decide")
    .option(
      "--dry-run",
      "read and check every value, send nothing; what it refers to is looked up only when it is sent",
    )
    .option("--rejects <file>", "where refused rows go; beside the file by default")
    .addHelpText(
      "after",
      `\nExits 3 when some rows were refused. Run twice, nothing doubles, if rows have an id of their own.\nThe mapping file: docs/reference/cli.md, "Importing".`,
    )
    .action((path: string, options: Options) => run(shell, command, resolve(shell.cwd, path), options));
}

async function run(shell: Shell, command: Command, path: string, options: Options): Promise<void> {
  const globals = globalsOf(command);
  const mapping = options.map === undefined ? NO_MAPPING : readMapping(resolve(shell.cwd, options.map));
  const resource = kindOf(options.kind, mapping);
  const file = await openCsv(path);
  const rejects = new Rejects(rejectsPath(shell, path, options), file.headers);
  const { client, url } = openRemote(shell, globals);
  const fields = (await client.fields.list({ kind: resource.kind }, { signal: shell.signal })) as readonly Field[];
  const drafted = planColumns(mapping, file.headers, { word: resource.one, kind: resource.kind, fields });
  const plan = withTypes(drafted, await guessTypes(file, drafted, shell.signal));
  for (const line of describePlan(plan, mapping)) tell(shell, line);

  const startedAt = shell.clock.now();
  if (!options.dryRun) await declareFields(client, resource, plan, fields, shell.signal);
  const lines = new WeakMap<object, { line: number; cells: readonly string[] }>();
  let rows = 0;
  async function* items(): AsyncGenerator<Item> {
    for await (const row of file.rows(shell.signal)) {
      rows += 1;
      if ("problem" in row) await rejects.add(row.line, row.problem, [row.raw]);
      else {
        const read = toItem(plan, row.cells);
        const problem = "problem" in read ? read.problem : options.dryRun && unreadableIn(plan, read.item);
        if (problem) await rejects.add(row.line, problem, row.cells);
        else if ("item" in read) {
          lines.set(read.item, { line: row.line, cells: row.cells });
          yield read.item;
        }
      }
    }
  }

  let result: Pick<BulkResult<Item>, "created" | "updated" | "unchanged"> = { created: 0, updated: 0, unchanged: 0 };
  let good = 0;
  try {
    if (options.dryRun) for await (const _ of items()) good += 1;
    else {
      const sent = await recordsOf(client, resource).bulkCreate<Item>(items(), {
        signal: shell.signal,
        onProgress: progress(shell, () => rows),
      });
      if (redraws(shell)) shell.stderr.write("\n");
      for (const { input, errors } of sent.failed) {
        const { line, cells } = lines.get(input)!;
        await rejects.add(line, errors.map((one) => reasonOf(one, plan)).join("; "), cells);
      }
      result = sent;
      good = sent.created + sent.updated + sent.unchanged;
    }
  } finally {
    await rejects.close();
  }

  const { created, updated, unchanged } = result;
  const refused = rejects.count;
  const rejectsFile = refused > 0 ? rejects.path : null;
  const again = `import ${options.dryRun ? path : rejects.path} --kind ${resource.one}${options.map === undefined ? "" : ` --map ${options.map}`}`;
  printOne(shell, globals, {
    schema: "import",
    data: {
      file: path,
      kind: resource.one,
      dryRun: options.dryRun === true,
      rows,
      created,
      updated,
      unchanged,
      ...(options.dryRun ? { good } : {}),
      refused,
      rejects: rejectsFile,
      reasons: rejects.reasons(),
    },
    lines: [
      options.dryRun
        ? `Nothing was sent. Of ${counted(rows, "row")}, ${count(good)} would go to ${url} as ${resource.name}, and ${count(refused)} cannot be read.`
        : `${counted(rows, "row")} in ${duration(shell.clock.now() - startedAt)}: ${count(created)} created, ${count(updated)} updated, ${count(unchanged)} unchanged, ${count(refused)} refused.`,
      ...rejects.describe(),
    ],
    next: !options.dryRun && refused === 0 ? `records list ${resource.one}` : again,
  });
  if (refused > 0) {
    if (!shell.stdout.isTTY || globals.plain || globals.json) for (const line of rejects.describe()) tell(shell, line);
    shell.exitCode = EXIT.someFailed;
  }
}

/** Columns as a person checks them: what goes where, on standard error. */
function describePlan(plan: CsvPlan, mapping: CsvMapping): string[] {
  const standard = plan.columns.filter((one) => !one.custom);
  const custom = plan.columns.filter((one) => one.custom);
  const lines = [
    plan.externalId === undefined
      ? "Own id: none; rows are known again by email or by all they say"
      : `Own id: ${plan.externalId.header}`,
    ...(standard.length > 0
      ? [
          `Fields: ${listed(standard.map((one) => (one.header === one.field ? one.field : `${one.header} → ${one.field}`)))}`,
        ]
      : []),
    ...(custom.length > 0
      ? [`Custom fields: ${listed(custom.map((one) => `${one.header} → ${one.field} (${one.type})`))}`]
      : []),
    ...(plan.ignored.length > 0 ? [`Left out: ${listed(plan.ignored)}`] : []),
  ];
  if (mapping === NO_MAPPING && plan.columns.length > 0)
    lines.push("(by the columns' names; --map FILE says it otherwise)");
  return lines;
}

/** Looks at every value of the columns whose type nobody said. */
async function guessTypes(file: CsvFile, plan: CsvPlan, signal: AbortSignal): Promise<Map<string, TypeGuess>> {
  const open = plan.columns.filter((column) => column.inferred);
  const guesses = new Map(open.map((column) => [column.header, new TypeGuess()]));
  if (open.length === 0) return guesses;
  for await (const row of file.rows(signal)) {
    if ("problem" in row) continue;
    for (const { header, at } of open) {
      const text = row.cells[at]!.trim();
      if (text !== "" && !plan.nulls.has(text)) guesses.get(header)!.see(text);
    }
  }
  return guesses;
}

/** Makes the custom fields that are new, with their types and the headers as labels. */
async function declareFields(
  client: Client,
  resource: Resource,
  plan: CsvPlan,
  known: readonly Field[],
  signal: AbortSignal,
): Promise<void> {
  const keys = new Set(known.map((field) => field.key));
  for (const { custom, field, type, header } of plan.columns) {
    if (!custom || keys.has(field)) continue;
    await client.fields.create({ kind: resource.kind, key: field, type, label: header.slice(0, 255) }, { signal });
  }
}

/** "/customFields/totalVisits must be a number" in the words of the file: "TotalVisits: must be a number". */
function reasonOf(problem: { readonly pointer: string; readonly message: string }, plan: CsvPlan): string {
  const path = problem.pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const key = path[0] === "customFields" ? path[1] : path[0];
  const header = key === "externalId" ? plan.externalId?.header : plan.columns.find((one) => one.field === key)?.header;
  return header === undefined ? `${problem.pointer} ${problem.message}`.trim() : `${header}: ${problem.message}`;
}

/** A line that counts up on a terminal, and one every ten seconds elsewhere. */
function progress(shell: Shell, rows: () => number): (at: { done: number; failed: number }) => void {
  let next = shell.clock.now() + 10_000;
  return ({ done, failed }) => {
    const line = `  ${count(rows())} read, ${count(done)} sent${failed > 0 ? `, ${count(failed)} refused` : ""}`;
    if (redraws(shell)) shell.stderr.write(`\r\u001b[2K${line}`);
    else if (shell.clock.now() >= next) {
      next = shell.clock.now() + 10_000;
      tell(shell, line);
    }
  };
}

function kindOf(word: string | undefined, mapping: CsvMapping): Resource {
  const said = word ?? mapping.kind;
  if (said === undefined)
    throw new WinstonError(
      "usage.wrong",
      "Say what the rows are: --kind lead, contact, account, deal, deal-contact, campaign or activity.",
    );
  const resource = resourceNamed(said);
  if (word !== undefined && mapping.kind !== undefined && resourceNamed(mapping.kind) !== resource)
    throw new WinstonError(
      "usage.wrong",
      `--kind says ${word}, and the mapping file says ${mapping.kind}. Let one of them decide.`,
    );
  return resource;
}

function readMapping(path: string): CsvMapping {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new WinstonError("usage.wrong", `The mapping file ${path} cannot be used: ${(cause as Error).message}.`, {
      cause,
    });
  }
  return readCsvMapping(document);
}

function rejectsPath(shell: Shell, path: string, options: Options): string {
  const extension = extname(path);
  const chosen = options.rejects ?? `${path.slice(0, path.length - extension.length)}.rejects${extension}`;
  const full = resolve(shell.cwd, chosen);
  if (existsSync(full) && realpathSync(full) === realpathSync(path))
    throw new WinstonError("usage.wrong", `--rejects names the file that is imported; name another.`);
  return full;
}

/** Most refused rows held to be written in the order of their lines; of a file with more, each such part is in order. */
const HELD_MAX = 100_000;

/** Refused rows: counted by reason, and written, by line, to a CSV file with line and reason before their own columns. */
class Rejects {
  readonly path: string;
  /** Those of the file, without what an earlier import wrote before them. */
  readonly #kept: readonly number[];
  readonly #headers: readonly string[];
  readonly #reasons = new Map<string, { readonly reason: string; count: number; line: number }>();
  /** What the server refuses comes after what cannot be read, so rows wait here to be put in order. */
  #held: { readonly line: number; readonly cells: readonly string[] }[] = [];
  #file: WriteStream | undefined;
  #failed: Error | undefined;
  count = 0;

  constructor(path: string, headers: readonly string[]) {
    this.path = path;
    this.#headers = headers;
    this.#kept = headers.flatMap((header, at) => (REJECT_COLUMNS.includes(header) ? [] : [at]));
  }

  async add(line: number, reason: string, cells: readonly string[]): Promise<void> {
    this.count += 1;
    // "There is no user named ..." is one reason, whoever it is.
    const alike = reason.replaceAll(/"[^"]*"/gu, '""');
    const known = this.#reasons.get(alike);
    if (known) {
      known.count += 1;
      known.line = Math.min(known.line, line);
    } else if (this.#reasons.size < 1_000) this.#reasons.set(alike, { reason, count: 1, line });
    const own = cells.length === this.#headers.length ? this.#kept.map((at) => cells[at]!) : cells;
    this.#held.push({ line, cells: [String(line), reason, ...own] });
    if (this.#held.length >= HELD_MAX) await this.#write();
  }

  async close(): Promise<void> {
    await this.#write();
    if (this.#file === undefined) return;
    this.#file.end();
    await finished(this.#file).catch((error: Error) => (this.#failed = error));
    this.#check();
  }

  async #write(): Promise<void> {
    const held = this.#held.toSorted((a, b) => a.line - b.line);
    this.#held = [];
    if (held.length === 0) return;
    if (this.#file === undefined) {
      // People's data: for the one who imports only.
      this.#file = createWriteStream(this.path, { mode: 0o600 });
      this.#file.on("error", (error) => (this.#failed = error));
      this.#file.write(stringify([[...REJECT_COLUMNS, ...this.#kept.map((at) => this.#headers[at])]]));
    }
    for (const { cells } of held) {
      if (!this.#file.write(stringify([cells])) && !this.#failed)
        await once(this.#file, "drain").catch((error: Error) => (this.#failed = error));
      this.#check();
    }
  }

  /** Kinds of reasons by count, most first, each with the first line it struck. */
  reasons(): { readonly reason: string; readonly count: number; readonly line: number }[] {
    return [...this.#reasons.values()].toSorted((a, b) => b.count - a.count);
  }

  describe(): string[] {
    if (this.count === 0) return [];
    const reasons = this.reasons();
    return [
      `Refused rows are in ${this.path}, with line and reason:`,
      ...reasons.slice(0, 10).map((one) => `  ${count(one.count)} like line ${one.line}: ${one.reason}`),
      ...(reasons.length > 10 ? [`  and ${counted(reasons.length - 10, "reason")} more`] : []),
    ];
  }

  #check(): void {
    if (this.#failed)
      throw new WinstonError(
        "usage.wrong",
        `The rejects file ${this.path} cannot be written (${this.#failed.message}). Name another with --rejects.`,
        {
          cause: this.#failed,
        },
      );
  }
}
