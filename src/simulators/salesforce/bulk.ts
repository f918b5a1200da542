// Bulk API 2.0: /jobs/ingest and /jobs/query. The same writes and queries as everywhere, with CSV around them.
import { base, type Call } from "./call.ts";
import { DELIMITERS, csvLine, readCsv } from "./csv.ts";
import { Refusal, empty, json, notAllowed, notFound, parseObject, said, type VendorResponse } from "./exchange.ts";
import { readValue } from "./incoming.ts";
import { vendorTime, visible, type Actor, type BulkJob, type Org } from "./org.ts";
import { makeId, parseId } from "./ids.ts";
import type { Field, Value } from "./schema.ts";
import { runQuery } from "./soql/run.ts";
import { createRow, deleteRow, updateRow, upsertRow, type Outcome, type Raw } from "./writes.ts";

const OPERATIONS = ["insert", "update", "upsert", "delete", "hardDelete"];
const KEPT_MS = 7 * 86_400_000;

/** Everything below /jobs. */
export function bulkJobs(call: Call): VendorResponse {
  const { org, request, path } = call;
  const kind = path[1];
  if (kind !== "ingest" && kind !== "query") throw notFound();
  for (const job of org.jobs.values()) if (job.createdAt < org.clock.now() - KEPT_MS) org.jobs.delete(job.id);
  if (path.length === 2) {
    if (request.method === "POST") return kind === "ingest" ? createIngest(call) : createQuery(call);
    if (request.method !== "GET") throw notAllowed(request.method, "GET,HEAD,POST");
    const records = [...org.jobs.values()].filter((job) => job.kind === kind).map((job) => info(org, job));
    return json(200, { done: true, records, nextRecordsUrl: null });
  }
  const job = org.jobs.get(path[2]!);
  if (!job || job.kind !== kind) throw notFound();
  settleJob(org, job, call.actor);
  if (path.length === 3) return oneJob(call, job);
  if (path.length > 4) throw notFound();
  if (kind === "query") {
    if (path[3] !== "results" || request.method !== "GET") throw notFound();
    return queryResults(call, job);
  }
  if (path[3] === "batches") {
    if (request.method !== "PUT") throw notAllowed(request.method, "PUT");
    return upload(call, job);
  }
  if (request.method !== "GET") throw notAllowed(request.method, "GET,HEAD");
  const lists: Record<string, string[]> = {
    successfulResults: job.successful,
    failedResults: job.refused,
    unprocessedrecords: job.unprocessed,
    unprocessedRecords: job.unprocessed,
  };
  const list = lists[path[3]!];
  if (!list) throw notFound();
  if (!["JobComplete", "Failed", "Aborted"].includes(job.state))
    throw new Refusal(400, "INVALIDJOBSTATE", "The job has not reached an end state yet");
  return csv(list, list.length > 0 ? list.length - 1 : 0);
}

function csv(lines: readonly string[], rows: number, headers: Record<string, string> = {}): VendorResponse {
  return {
    status: 200,
    headers: { "content-type": "text/csv", ...headers },
    body: lines.map((line) => `${line}\n`).join(""),
    rows,
  };
}

function newJob(call: Call, given: Partial<BulkJob> & Pick<BulkJob, "kind" | "operation" | "object">): BulkJob {
  const { org } = call;
  const now = org.clock.now();
  const job: BulkJob = {
    id: makeId("750", org.jobs.size + Math.floor(org.random.float() * 1e9)),
    externalIdFieldName: null,
    assignmentRuleId: null,
    lineEnding: "LF",
    columnDelimiter: "COMMA",
    apiVersion: call.version,
    createdAt: now,
    state: "Open",
    changedAt: now,
    readyAt: Infinity,
    upload: null,
    errorMessage: null,
    processed: 0,
    failed: 0,
    successful: [],
    refused: [],
    unprocessed: [],
    header: "",
    lines: [],
    ...given,
  };
  org.jobs.set(job.id, job);
  return job;
}

function format(body: Record<string, unknown>): Pick<BulkJob, "lineEnding" | "columnDelimiter"> {
  const [lineEnding, columnDelimiter] = [body["lineEnding"] ?? "LF", body["columnDelimiter"] ?? "COMMA"];
  if (lineEnding !== "LF" && lineEnding !== "CRLF")
    throw new Refusal(400, "INVALIDJOB", `Invalid lineEnding: ${said(lineEnding)}`);
  if (typeof columnDelimiter !== "string" || !(columnDelimiter in DELIMITERS))
    throw new Refusal(400, "INVALIDJOB", `Invalid columnDelimiter: ${said(columnDelimiter)}`);
  if (body["contentType"] !== undefined && body["contentType"] !== "CSV")
    throw new Refusal(400, "INVALIDJOB", "Only CSV content is supported");
  return { lineEnding, columnDelimiter };
}

function createIngest(call: Call): VendorResponse {
  const body = parseObject(call.request.body);
  const { org } = call;
  const object = org.schema.object(said(body["object"]));
  if (!object) throw new Refusal(400, "INVALIDENTITY", `Unknown object: ${said(body["object"])}`);
  const operation = said(body["operation"]);
  if (!OPERATIONS.includes(operation)) throw new Refusal(400, "INVALIDJOB", `Unknown operation: ${operation}`);
  let external: Field | undefined;
  if (operation === "upsert") {
    external = org.schema.field(object.name, said(body["externalIdFieldName"]));
    const usable =
      external && (external.externalId || external.type === "id") && visible(org, object.name, external, true);
    if (!usable)
      throw new Refusal(
        400,
        "INVALIDJOB",
        "InvalidJob : Missing or invalid external ID field name for upsert operation",
      );
  }
  const job = newJob(call, {
    kind: "ingest",
    operation,
    object,
    externalIdFieldName: external?.name ?? null,
    assignmentRuleId: typeof body["assignmentRuleId"] === "string" ? body["assignmentRuleId"] : null,
    ...format(body),
  });
  return json(200, info(org, job, `${base(call).slice(1)}/jobs/ingest/${job.id}/batches`), { mutating: true });
}

function createQuery(call: Call): VendorResponse {
  const body = parseObject(call.request.body);
  const { org, version } = call;
  const operation = said(body["operation"]);
  if (operation !== "query" && operation !== "queryAll")
    throw new Refusal(400, "INVALIDJOB", `Unknown operation: ${operation}`);
  const layout = format(body);
  const answer = runQuery(org, said(body["query"] ?? ""), { api: true, version, all: operation === "queryAll" });
  const cannot = (what: string): Refusal => new Refusal(400, "API_ERROR", `${what} not supported in Bulk Query`);
  if (answer.kind !== "rows") throw cannot("Aggregate Relationships");
  if (answer.hasSubquery) throw cannot("Nested Query");
  if (answer.hasCompound) throw cannot("Selecting compound data");
  if (answer.hasOffset) throw cannot("OFFSET clause");
  const delimiter = DELIMITERS[layout.columnDelimiter]!;
  const job = newJob(call, {
    kind: "query",
    operation,
    object: answer.object,
    state: "UploadComplete",
    readyAt: org.clock.now() + org.dials.settings.bulkMs,
    header: csvLine(
      answer.columns.map((column) => column.header),
      delimiter,
    ),
    lines: answer.rows.map((row) =>
      csvLine(
        answer.columns.map(({ field, get }) => csvValue(field, get(row))),
        delimiter,
      ),
    ),
    ...layout,
  });
  return json(200, info(org, job));
}

/** Bulk results write times with a Z and no offset. */
function csvValue(field: Field, value: Value): Value {
  return field.type === "datetime" && typeof value === "number" ? new Date(value).toISOString() : value;
}

function oneJob(call: Call, job: BulkJob): VendorResponse {
  const { org, request } = call;
  if (request.method === "GET") return json(200, info(org, job));
  const mutating = job.kind === "ingest";
  if (request.method === "DELETE") {
    if (job.state === "InProgress" || job.state === "UploadComplete")
      throw new Refusal(400, "INVALIDJOBSTATE", "Cannot delete a job that is being processed");
    org.jobs.delete(job.id);
    return empty(204, { mutating });
  }
  if (request.method !== "PATCH") throw notAllowed(request.method, "DELETE,GET,HEAD,PATCH");
  const { state } = parseObject(request.body);
  if (state === "Aborted") {
    if (job.state === "JobComplete" || job.state === "Failed")
      throw new Refusal(400, "INVALIDJOBSTATE", `Aborting a job in state ${job.state} is not allowed`);
    job.state = "Aborted";
  } else if (state === "UploadComplete" && job.kind === "ingest") {
    if (job.state !== "Open")
      throw new Refusal(400, "INVALIDJOBSTATE", `Closing a job in state ${job.state} is not allowed`);
    job.state = "UploadComplete";
    job.readyAt = org.clock.now() + org.dials.settings.bulkMs;
  } else throw new Refusal(400, "INVALIDJOB", `Invalid state: ${said(state)}`);
  job.changedAt = org.clock.now();
  const answer = info(org, job);
  const before = job.processed;
  settleJob(org, job, call.actor);
  return json(200, answer, { mutating, rows: job.processed - before });
}

function upload(call: Call, job: BulkJob): VendorResponse {
  if (job.state !== "Open" || job.upload !== null)
    throw new Refusal(400, "INVALIDJOBSTATE", "Data can be uploaded once, while the job is open");
  job.upload = call.request.body;
  return empty(201, { mutating: true });
}

function queryResults(call: Call, job: BulkJob): VendorResponse {
  const { org, request } = call;
  if (job.state !== "JobComplete") throw new Refusal(400, "INVALIDJOBSTATE", "The job is not complete");
  const locator = request.query.get("locator");
  const from = locator === null ? 0 : Number(Buffer.from(locator, "base64").toString("latin1"));
  if (!Number.isInteger(from) || from < 0 || (from >= job.lines.length && from > 0))
    throw new Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
  const asked = Number(request.query.get("maxRecords") ?? org.dials.settings.bulkPageSize);
  const lines = job.lines.slice(from, from + Math.max(1, asked));
  const next = from + lines.length;
  return csv([job.header, ...lines], lines.length, {
    "sforce-numberofrecords": String(lines.length),
    "sforce-locator": next < job.lines.length ? Buffer.from(String(next)).toString("base64") : "null",
  });
}

/** Does the work of a job whose time has come. */
function settleJob(org: Org, job: BulkJob, asking: Actor): void {
  // A job runs the rule that it names, and no header speaks for it.
  const { assign: _, ...caller } = asking;
  const actor: Actor =
    job.assignmentRuleId === null ? caller : { ...caller, assign: { ruleId: parseId(job.assignmentRuleId) ?? "" } };
  if (job.state !== "UploadComplete" && job.state !== "InProgress") return;
  if (org.clock.now() < job.readyAt) {
    job.state = "InProgress";
    return;
  }
  job.changedAt = job.readyAt;
  job.state = "JobComplete";
  if (job.kind === "query") {
    job.processed = job.lines.length;
    return;
  }
  const delimiter = DELIMITERS[job.columnDelimiter]!;
  const parsed = readCsv(job.upload ?? "", delimiter, job.lineEnding);
  const wrong = typeof parsed === "string" ? parsed : wrongColumn(org, job, parsed.header);
  if (typeof parsed === "string" || wrong !== undefined) {
    job.state = "Failed";
    job.errorMessage = wrong ?? "";
    return;
  }
  const { header, rows } = parsed;
  job.successful = [csvLine(["sf__Id", "sf__Created", ...header], delimiter)];
  job.refused = [csvLine(["sf__Id", "sf__Error", ...header], delimiter)];
  job.unprocessed = [csvLine(header, delimiter)];
  for (const row of rows) {
    const raw: Record<string, unknown> = {};
    for (const [index, name] of header.entries()) {
      const cell = row[index] ?? "";
      if (cell !== "") raw[name] = cell === "#N/A" ? null : cell;
    }
    const outcome = ingestRow(org, job, raw, actor);
    job.processed += 1;
    if (outcome.ok) job.successful.push(csvLine([outcome.id, outcome.created, ...row], delimiter));
    else {
      const [error] = outcome.errors;
      const text = `${error!.code}:${error!.message}:${(error!.fields ?? []).join(",")} --`;
      job.failed += 1;
      job.refused.push(csvLine([parseIdCell(raw), text, ...row], delimiter));
    }
  }
  job.upload = null;
}

const parseIdCell = (raw: Raw): string => (typeof raw["Id"] === "string" ? raw["Id"] : "");

function wrongColumn(org: Org, job: BulkJob, header: readonly string[]): string | undefined {
  const { name } = job.object;
  for (const column of header) {
    const [first, second] = column.split(".");
    const field = second === undefined ? org.schema.field(name, first!) : org.schema.relationship(name, first!);
    if (!field || !visible(org, name, field, true)) return `InvalidBatch : Field name not found : ${column}`;
  }
  const needsId = job.operation === "update" || job.operation === "delete" || job.operation === "hardDelete";
  if (needsId && !header.some((column) => column.toLowerCase() === "id"))
    return "InvalidBatch : Field name not found : Id";
  return undefined;
}

function ingestRow(org: Org, job: BulkJob, raw: Record<string, unknown>, actor: Actor): Outcome {
  const { object, operation } = job;
  const idKey = Object.keys(raw).find((key) => key.toLowerCase() === "id");
  const id = idKey === undefined ? undefined : raw[idKey];
  const rest: Raw = Object.fromEntries(Object.entries(raw).filter(([key]) => key !== idKey));
  const refusedRow = (code: string, message: string): Outcome => ({
    ok: false,
    status: 400,
    errors: [{ code, message }],
  });
  try {
    switch (operation) {
      case "insert":
        return createRow(org, object, raw, actor, { text: true });
      case "update":
        return updateRow(org, object, id, rest, actor, { text: true });
      case "delete":
      case "hardDelete": {
        const outcome = deleteRow(org, id, actor);
        if (outcome.ok && operation === "hardDelete") org.tables.purge(object.name, outcome.id);
        return outcome;
      }
      default: {
        const field = org.schema.field(object.name, job.externalIdFieldName!)!;
        if (field.type === "id")
          return id === undefined
            ? createRow(org, object, rest, actor, { text: true })
            : updateRow(org, object, id, rest, actor, { text: true });
        const key = Object.keys(rest).find((one) => one.toLowerCase() === field.name.toLowerCase());
        const value = key === undefined ? null : readValue(field, rest[key]);
        if (value === null) return refusedRow("MISSING_ARGUMENT", `${field.name} not specified`);
        if (typeof value === "object") return { ok: false, status: 400, errors: [value] };
        const outcome = upsertRow(org, object, field, value, rest, actor, { text: true });
        if (!("several" in outcome)) return outcome;
        return refusedRow(
          "DUPLICATE_EXTERNAL_ID",
          `more than one record found for external id field: [${outcome.several.join(", ")}]`,
        );
      }
    }
  } catch (thrown) {
    if (thrown instanceof Refusal) return { ok: false, status: 400, errors: thrown.errors };
    throw thrown;
  }
}

function info(org: Org, job: BulkJob, contentUrl?: string): Record<string, unknown> {
  const common = {
    id: job.id,
    operation: job.operation,
    object: job.object.name,
    createdById: org.runningUser,
    createdDate: vendorTime(job.createdAt),
    systemModstamp: vendorTime(job.changedAt),
    state: job.state,
    concurrencyMode: "Parallel",
    contentType: "CSV",
    apiVersion: Number(job.apiVersion),
    lineEnding: job.lineEnding,
    columnDelimiter: job.columnDelimiter,
  };
  if (contentUrl !== undefined) return { ...common, contentUrl, ...externalId(job) };
  return {
    ...common,
    ...externalId(job),
    jobType: job.kind === "ingest" ? "V2Ingest" : "V2Query",
    numberRecordsProcessed: job.processed,
    ...(job.kind === "ingest" ? { numberRecordsFailed: job.failed } : {}),
    retries: 0,
    totalProcessingTime: Math.max(0, Math.round(job.changedAt - job.createdAt)),
    ...(job.kind === "ingest" ? { apiActiveProcessingTime: 0, apexProcessingTime: 0 } : {}),
    ...(job.errorMessage === null ? {} : { errorMessage: job.errorMessage }),
  };
}

const externalId = (job: BulkJob): object =>
  job.externalIdFieldName === null ? {} : { externalIdFieldName: job.externalIdFieldName };
