// First loads by Bulk API 2.0 query: one job, pages of results by locator (Bulk API 2.0 and Bulk API Developer Guide).
import { isError, WinstonError } from "../../base/errors.ts";
import type { Api } from "../../connector/api.ts";
import { parseLossless } from "../../connector/lossless.ts";
import { csvRows } from "./csv.ts";
import { rawFields, type RawField } from "./describe.ts";
import { expected } from "./errors.ts";
import { dataPath } from "./settings.ts";
import { after, select, type Position } from "./soql.ts";
import type { Row } from "./stream.ts";

/** Within a job: which page of its results comes next. `behind`: what the job leaves out, to begin it again where it is gone. */
export interface BulkCursor {
  readonly behind: Position | null;
  readonly job: string | null;
  /** null: the first page. */
  readonly locator: string | null;
}

/** Rows of one page of results. Fewer requests than REST pages, and still little in memory: they are handed on in parts. */
const ROWS_PER_RESULT = 10_000;
const ROWS_PER_PAGE = 2_000;
const POLL_FIRST_MS = 500;
const POLL_MAX_MS = 10_000;
/** A job that takes longer is left to the next run, which finds it by its id. */
const POLLS_MAX = 360;

/** The rows of an object behind a position, in no order. `next` is null on the last page. */
export async function* bulkPages(
  api: Api,
  input: {
    object: string;
    fields: readonly string[];
    /** Conditions besides the position. */
    where: readonly string[];
    /** Also what is archived or in the bin. */
    all: boolean;
    cursor: BulkCursor;
    signal: AbortSignal;
  },
): AsyncGenerator<{ rows: Row[]; next: BulkCursor | null }> {
  const { object, signal } = input;
  const { behind } = input.cursor;
  const types = new Map((await rawFields(api, object)).map((field) => [field.name, field]));
  // Bulk queries know no compound values; their parts are fields of their own.
  const fields = input.fields.filter((name) => !COMPOUND.has(types.get(name)?.type ?? ""));
  let { job, locator } = input.cursor;
  if (job !== null && !(await alive(api, job, signal))) job = locator = null;
  const where = [...input.where, ...(behind ? [after(behind)] : [])].join(" AND ");
  job ??= await begin(
    api,
    { operation: input.all ? "queryAll" : "query", query: select({ fields, object, where }) },
    signal,
  );
  await finished(api, job, signal);

  for (;;) {
    const answer = await api.call<AsyncIterable<Uint8Array>>({
      method: "GET",
      path: dataPath(api, `/jobs/query/${job}/results`),
      query: { maxRecords: ROWS_PER_RESULT, ...(locator === null ? {} : { locator }) },
      headers: { accept: "text/csv" },
      as: "stream",
      signal,
    });
    const header = answer.headers["sforce-locator"];
    const told = Array.isArray(header) ? header[0] : header;
    const expected = Number(answer.headers["sforce-numberofrecords"] ?? Number.NaN);
    let count = 0;
    let rows: Row[] = [];
    for await (const cells of csvRows(answer.body)) {
      // A full part goes on only when another row follows, so that the last part carries the next locator.
      if (rows.length === ROWS_PER_PAGE) {
        yield { rows, next: { behind, job, locator } };
        rows = [];
      }
      rows.push(typed(cells, types));
      count += 1;
    }
    if (!Number.isNaN(expected) && count !== expected)
      throw new WinstonError(
        "vendor.bad_answer",
        `Salesforce announced ${expected} rows of ${object} and sent ${count}; the page is read again by the next run.`,
      );
    // The last page says so with the text "null".
    const more = told !== undefined && told !== "null" && told !== "";
    yield { rows, next: more ? { behind, job, locator: told } : null };
    if (!more) return;
    locator = told;
  }
}

const COMPOUND = new Set(["address", "location"]);

async function begin(api: Api, body: { operation: string; query: string }, signal: AbortSignal): Promise<string> {
  const { id } = await api.post<{ id: string }>(
    dataPath(api, "/jobs/query"),
    body,
    // A job that nobody reads is harmless: asking twice costs a job, not a row.
    { repeatable: true, signal },
  );
  expected(typeof id === "string", "a bulk job");
  return id;
}

interface Job {
  readonly id: string;
  readonly state: "UploadComplete" | "InProgress" | "JobComplete" | "Failed" | "Aborted";
  readonly errorMessage?: string;
}

/** Whether a job of an earlier run can still be read; they are kept for seven days. */
async function alive(api: Api, job: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { state } = await api.get<Job>(dataPath(api, `/jobs/query/${job}`), { signal });
    expected(typeof state === "string", "the state of a bulk job");
    return state !== "Failed" && state !== "Aborted";
  } catch (error) {
    if (isError(error, "vendor.refused")) return false;
    throw error;
  }
}

async function finished(api: Api, job: string, signal: AbortSignal): Promise<void> {
  let waitMs = POLL_FIRST_MS;
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const { state, errorMessage } = await api.get<Job>(dataPath(api, `/jobs/query/${job}`), { signal });
    expected(typeof state === "string", "the state of a bulk job");
    if (state === "JobComplete") return;
    if (state === "Failed" || state === "Aborted")
      throw new WinstonError(
        "vendor.unavailable",
        `Salesforce gave up a bulk query (${state}: ${errorMessage ?? "no reason given"}); the next run begins it again.`,
      );
    await api.wait(waitMs, signal);
    waitMs = Math.min(POLL_MAX_MS, Math.ceil(waitMs * 1.5));
  }
  throw new WinstonError(
    "vendor.unavailable",
    `A bulk query of Salesforce is still not done (job ${job}); the next run goes on with it.`,
  );
}

/** Cells as the REST answers would give them, so that both readings of a record are equal. */
function typed(cells: Readonly<Record<string, string | null>>, types: ReadonlyMap<string, RawField>): Row {
  const row: Record<string, unknown> = {};
  for (const [name, cell] of Object.entries(cells)) {
    row[name] = cell === null ? blank(types.get(name)?.type) : value(cell, types.get(name)?.type);
    if (name.includes(".")) place(row, name, row[name]);
  }
  return row;
}

function value(cell: string, type: string | undefined): unknown {
  switch (type) {
    case "boolean":
      return cell === "true";
    case "int":
    case "long":
    case "double":
    case "percent":
    case "currency":
      return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/u.test(cell) ? parseLossless(cell) : cell;
    case "datetime":
      // Bulk writes Z where REST writes +0000.
      return cell.endsWith("Z") ? `${cell.slice(0, -1)}+0000` : cell;
    default:
      return cell;
  }
}

function blank(type: string | undefined): unknown {
  return type === "boolean" ? false : null;
}

/** Fields of related records are columns with a dot; in records they are nested. */
function place(row: Record<string, unknown>, path: string, cell: unknown): void {
  const parts = path.split(".");
  let into = row;
  for (const part of parts.slice(0, -1)) into = (into[part] ??= {}) as Record<string, unknown>;
  into[parts.at(-1)!] = cell;
}
