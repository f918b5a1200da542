// Large creates by Bulk API 2.0 ingest: an upsert on the handle, whose results are paired by the handle and never by their order.
import { stringify } from "csv-stringify/sync";
import { isError, WinstonError } from "../../base/errors.ts";
import type { Api } from "../../connector/api.ts";
import type { CreateRow, RowOutcome } from "../../connector/contract.ts";
import { csvRows } from "./csv.ts";
import { expected, failedRow } from "./errors.ts";
import { longId } from "./ids.ts";
import { dataPath, settingsOf } from "./settings.ts";
import type { ObjectFacts } from "./stream.ts";
import { create, outgoing } from "./writes.ts";

/** One job takes 150 MB after base64, so 100 MB of text; rows of that many fields stay far below. */
export const INGEST = { least: 2_000, most: 20_000 } as const;

const POLL_FIRST_MS = 500;
const POLL_MAX_MS = 10_000;
const POLLS_MAX = 360;

interface Job {
  readonly id: string;
  readonly state: "Open" | "UploadComplete" | "InProgress" | "JobComplete" | "Failed" | "Aborted";
  readonly errorMessage?: string;
}

/**
 * Creates many. Until the job is closed nothing happens at the vendor, so a failure before that is thrown; after it, rows that no
 * result tells about are unknown.
 */
export async function createMany(
  api: Api,
  facts: ObjectFacts,
  rows: readonly CreateRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const field = settingsOf(api).externalIdField;
  // "#N/A" means "set to null" in these files and has no other spelling: such a row goes by the ordinary way.
  const awkward = rows.filter((row) => Object.values(row.values).includes(NULL));
  const plain = rows.filter((row) => !Object.values(row.values).includes(NULL));
  const outcomes = new Map<string, RowOutcome>();
  if (plain.length > 0) {
    const job = await begin(api, facts, plain, field, signal);
    for (const [handle, outcome] of await settled(api, job, field, signal)) outcomes.set(handle, outcome);
  }
  if (awkward.length > 0) {
    const others = await create(api, facts, awkward, signal);
    for (const [index, row] of awkward.entries()) outcomes.set(row.handle, others[index]!);
  }
  return rows.map(
    (row) => outcomes.get(row.handle) ?? { state: "unknown", why: "the bulk job tells nothing of this row" },
  );
}

const NULL = "#N/A";

/** Creates the job, uploads the rows and closes it. Returns once the vendor may have begun. */
async function begin(
  api: Api,
  facts: ObjectFacts,
  rows: readonly CreateRow[],
  field: string,
  signal: AbortSignal,
): Promise<string> {
  const columns = [field, ...new Set(rows.flatMap((row) => Object.keys(row.values)))];
  const text = stringify(
    byParent(rows).map((row) => {
      const values = outgoing(facts, row.values);
      return columns.map((name) => (name === field ? row.handle : cell(values[name])));
    }),
    { header: true, columns, record_delimiter: "\n" },
  );
  const path = dataPath(api, "/jobs/ingest");
  const { id } = await api.post<Job>(
    path,
    { object: facts.object, operation: "upsert", externalIdFieldName: field, contentType: "CSV", lineEnding: "LF" },
    // Without assignmentRuleId no assignment rule runs. An open job without data does nothing.
    { repeatable: true, signal },
  );
  expected(typeof id === "string", "a bulk job");
  try {
    await api.call({
      method: "PUT",
      path: `${path}/${id}/batches`,
      body: text,
      headers: { "content-type": "text/csv; charset=UTF-8" },
      as: "text",
      repeatable: false,
      timeoutMs: 600_000,
      signal,
    });
  } catch (error) {
    // The job was never closed, so none of its rows was or will be done, whatever became of the upload.
    await api.patch(`${path}/${id}`, { state: "Aborted" }).catch(() => {});
    if (!isError(error, "vendor.unknown_outcome")) throw error;
    throw new WinstonError("vendor.unavailable", `${error.message} The job was not closed, so nothing was written.`, {
      cause: error,
    });
  }
  try {
    await api.patch(`${path}/${id}`, { state: "UploadComplete" });
  } catch (error) {
    // Closed or not: the job's own state tells.
    if (!isError(error, "vendor.unknown_outcome")) throw error;
  }
  return id;
}

/**
 * Rows of one parent side by side. The vendor writes parts of a job at the same time, and a part locks the parents of its rows ("Organize Data
 * to Minimize Lock Contention").
 */
function byParent(rows: readonly CreateRow[]): readonly CreateRow[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.values)))].toSorted();
  const parents = names.filter((name) => name.endsWith("Id") && name !== "OwnerId");
  const keyed = rows.map((row) => ({ row, key: parents.map((name) => cell(row.values[name])).join(" ") }));
  return keyed.toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key))).map(({ row }) => row);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Outcomes by handle, from the three lists of a job that ended. Whatever goes wrong here leaves the rest unknown. */
async function settled(api: Api, job: string, field: string, signal: AbortSignal): Promise<Map<string, RowOutcome>> {
  const outcomes = new Map<string, RowOutcome>();
  const path = dataPath(api, `/jobs/ingest/${job}`);
  try {
    if (!(await ended(api, path, signal))) return outcomes;
    for await (const row of list(api, `${path}/successfulResults`)) {
      const [handle, id] = [row[field], row["sf__Id"]];
      if (handle && id) outcomes.set(handle, { state: "done", id: longId(id), created: row["sf__Created"] === "true" });
    }
    for await (const row of list(api, `${path}/failedResults`)) {
      const handle = row[field];
      if (handle) outcomes.set(handle, failedRow(parseError(row["sf__Error"] ?? ""), false));
    }
    for await (const row of list(api, `${path}/unprocessedrecords`)) {
      const handle = row[field];
      if (handle)
        outcomes.set(
          handle,
          failedRow({ statusCode: "PROCESSING_HALTED", message: "the bulk job ended before this row" }, false),
        );
    }
  } catch (error) {
    // Thrown away on purpose: rows without an outcome are reported as unknown, and settled by reading.
    if (!isError(error) && !signal.aborted) throw error;
  }
  return outcomes;
}

async function ended(api: Api, path: string, signal: AbortSignal): Promise<boolean> {
  let waitMs = POLL_FIRST_MS;
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const { state } = await api.get<Job>(path, { signal });
    expected(typeof state === "string", "the state of a bulk job");
    if (state === "JobComplete" || state === "Failed" || state === "Aborted") return true;
    // Closing it did not arrive.
    if (state === "Open") await api.patch(path, { state: "UploadComplete" }, { repeatable: true });
    await api.wait(waitMs, signal);
    waitMs = Math.min(POLL_MAX_MS, Math.ceil(waitMs * 1.5));
  }
  return false;
}

async function* list(api: Api, path: string): AsyncGenerator<Record<string, string | null>> {
  const { body } = await api.call<AsyncIterable<Uint8Array>>({
    method: "GET",
    path,
    headers: { accept: "text/csv" },
    as: "stream",
  });
  yield* csvRows(body);
}

/** `CODE:message:fields --`, as the failed rows carry it. */
function parseError(text: string): { statusCode: string; message: string; fields: string[] } {
  const match = /^([A-Z_]+):([\s\S]*?)(?::([\w.,\s]*?))?\s*--\s*$/u.exec(text);
  if (!match) return { statusCode: "UNKNOWN", message: text, fields: [] };
  return {
    statusCode: match[1]!,
    message: match[2]!.trim(),
    fields: (match[3] ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  };
}
