// Reading: key-set pages over SOQL, first loads by Bulk, deletions, and records by id or handle.
import { isError } from "../../base/errors.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import type { Api } from "../../connector/api.ts";
import type { Page, PullRequest, VendorRecord } from "../../connector/contract.ts";
import { bulkPages, type BulkCursor } from "./bulk-query.ts";
import { rawFields } from "./describe.ts";
import { expected } from "./errors.ts";
import { longId } from "./ids.ts";
import { dataPath, settingsOf } from "./settings.ts";
import { after, chunksForUrl, moment, quote, select, since, type Position } from "./soql.ts";
import { askedFields, OVERLAP_MS, toRecord, type ObjectFacts, type Row } from "./stream.ts";

/** Where a run stands: behind a record, or within a Bulk job. `began` is the vendor's time when the run began. */
type Cursor =
  | {
      readonly kind: "rows";
      readonly began: number;
      readonly since: number | null;
      readonly behind: Position | null;
      /** Bulk was refused in this run. */
      readonly noBulk?: boolean;
    }
  | ({ readonly kind: "bulk"; readonly began: number } & BulkCursor);

/** A wish only: pages may be smaller, and their length means nothing. */
const LARGE_PAGES = { "Sforce-Query-Options": "batchSize=2000" };

interface QueryAnswer {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly Row[];
}

/**
 * Pages in the order of change. An incremental run asks queryAll, so that deletions and merges come in the same calls. A backfill of
 * more than `bulkAbove` rows goes on by Bulk API 2.0 after its first page, in no order; a crashed run goes on from its cursor.
 *
 * The watermark is the vendor's own time (the Date of the first answer) at the start of the run, less the overlap: what was
 * stamped before that and was not yet visible then commits within the overlap, and the next run reads it. It is never taken from
 * our clock where that is ahead, not even where the last one was. getUpdated would tell the same by latestDateCovered for one more call per run.
 */
export async function* pull(api: Api, facts: ObjectFacts, request: PullRequest): AsyncGenerator<Page> {
  const { externalIdField, bulkAbove } = settingsOf(api);
  let shape: Shape = { facts, fields: request.fields };
  const asked = (): string[] => askedFields(shape.facts, externalIdField, shape.fields);
  const asRecord = (row: Row): VendorRecord => toRecord(shape.facts, externalIdField, shape.fields, row);
  const resumed = request.cursor as Cursor | null;
  if (resumed?.kind === "bulk") return yield* bulk(resumed);

  let began = resumed?.began ?? null;
  let behind = resumed?.behind ?? null;
  const from = resumed ? resumed.since : request.since;
  const mayBulk = from === null && !resumed?.noBulk;
  for (;;) {
    // One query, then its locators; a locator that died is replaced by a query from the last record shown.
    const where = [
      ...(from === null ? firstLoad(facts) : [...onlyOf(facts), since(from)]),
      ...(behind ? [after(behind)] : []),
    ].join(" AND ");
    const soql = select({ fields: asked(), object: facts.object, where, ordered: true });
    const resource = facts.activity || (facts.bin && from !== null) ? "/queryAll" : "/query";
    let next: { path: string; query?: Record<string, string> } | null = {
      path: dataPath(api, resource),
      query: { q: soql },
    };
    let first = true;
    let shown = 0;
    while (next) {
      let answer: QueryAnswer;
      try {
        const { body, headers } = await api.call<QueryAnswer>({
          ...next,
          method: "GET",
          headers: LARGE_PAGES,
          signal: request.signal,
        });
        answer = checked(body);
        began ??= Math.min(Date.parse(String(headers["date"])) || Infinity, request.now);
      } catch (error) {
        if (!first && isError(error, "vendor.refused") && error.vendor?.code === "INVALID_QUERY_LOCATOR") break;
        const slow = isError(error, "vendor.unavailable") && error.vendor?.code === "QUERY_TIMEOUT";
        if (slow && first && mayBulk) {
          began ??= request.now;
          return yield* bulk({ kind: "bulk", began, behind, job: null, locator: null });
        }
        if (!first) throw error;
        shape = await narrowed(api, shape, error);
        break;
      }
      const last = answer.records.at(-1);
      if (last) behind = { at: String(last["SystemModstamp"]), id: String(last["Id"]) };
      const records = answer.records.map(asRecord);
      shown += records.length;
      const left = from === null ? { left: Math.max(0, answer.totalSize - shown) } : {};
      if (answer.done) {
        yield { records, cursor: null, watermark: began - OVERLAP_MS };
        return;
      }
      const many = first && mayBulk && answer.totalSize > bulkAbove && behind !== null;
      const cursor: Cursor = many
        ? { kind: "bulk", began, behind, job: null, locator: null }
        : { kind: "rows", began, since: from, behind, ...(resumed?.noBulk ? { noBulk: true } : {}) };
      yield { records, cursor: cursor as unknown as Json, ...left };
      if (many) return yield* bulk(cursor as Cursor & { kind: "bulk" });
      next = { path: answer.nextRecordsUrl! };
      first = false;
    }
  }

  async function* bulk(cursor: Cursor & { kind: "bulk" }): AsyncGenerator<Page> {
    const began = cursor.began;
    let position: BulkCursor | null = cursor;
    try {
      const asking = {
        object: facts.object,
        fields: asked(),
        where: firstLoad(facts),
        all: facts.activity,
        cursor,
        signal: request.signal,
      };
      for await (const page of bulkPages(api, asking)) {
        position = page.next;
        const next = position && ({ kind: "bulk", began, ...position } satisfies Cursor);
        yield {
          records: page.rows.map(asRecord),
          cursor: next as unknown as Json,
          ...(next ? {} : { watermark: began - OVERLAP_MS }),
        };
      }
    } catch (error) {
      // An edition or a user without Bulk reads by pages instead. A job that was begun is begun again by the next run.
      if (!isError(error, "vendor.refused") || position?.job) throw error;
      const rows: Cursor = { kind: "rows", began, since: null, behind: cursor.behind, noBulk: true };
      yield* pull(api, facts, { ...request, cursor: rows as unknown as Json });
    }
  }
}

/** How many records a first load would show: one call, and no rows. What is archived (activities of more than a year) is not counted. */
export async function count(api: Api, facts: ObjectFacts, signal: AbortSignal): Promise<number> {
  const where = firstLoad(facts).join(" AND ");
  const { totalSize } = checked(
    await api.get<QueryAnswer>(dataPath(api, "/query"), {
      query: { q: select({ fields: ["COUNT()"], object: facts.object, where }) },
      signal,
    }),
  );
  expected(Number.isSafeInteger(totalSize), "a count of records");
  return totalSize;
}

/**
 * Deletions that queryAll cannot show, because the bin was emptied, and those that happened during a backfill. One call in ten minutes; a
 * span with more ids than one answer may hold is asked for in halves, of which each is a page.
 */
export async function* pullDeleted(api: Api, facts: ObjectFacts, request: PullRequest): AsyncGenerator<Page> {
  const to = Math.floor(request.now / LOG_EVERY_MS) * LOG_EVERY_MS;
  const reach = request.now - LOG_REACH_MS;
  const wanted = (request.cursor as LogCursor | null)?.from ?? request.since ?? reach;
  let from = Math.max(wanted, reach);
  let missed = from > wanted;
  if (to - from <= MINUTE_MS) {
    // The log is asked for whole steps: before the next one has passed there is nothing to ask.
    yield { records: [], cursor: null, watermark: wanted };
    return;
  }
  for (let span = to - from; ;) {
    const end = Math.min(from + span, to);
    let log: DeletionLog;
    try {
      log = await deletionLog(api, facts, { from, end, signal: request.signal });
    } catch (error) {
      const code = isError(error, "vendor.refused") ? error.vendor?.code : undefined;
      if (code === "EXCEEDED_ID_LIMIT" && end - from > 2 * MINUTE_MS)
        span = Math.ceil((end - from) / 2 / MINUTE_MS) * MINUTE_MS;
      else if (code === "INVALID_REPLICATION_DATE" && from < to - LOG_KEPT_MS) {
        // Not even so far back: what is left is what is never purged.
        from = to - LOG_KEPT_MS;
        missed = true;
      } else throw error;
      continue;
    }
    missed ||= from < to - LOG_KEPT_MS && log.earliest > from;
    const records = await toldBy(api, facts, log, request.signal);
    const last = end === to || log.covered < end;
    yield {
      records,
      cursor: last ? null : ({ from: log.covered } satisfies LogCursor),
      watermark: log.covered,
      ...(missed ? { missed } : {}),
    };
    if (last) return;
    from = log.covered;
  }
}

/** Where the next part of the deletion log begins, in milliseconds. */
interface LogCursor extends JsonObject {
  readonly from: number;
}

interface DeletionLog {
  readonly entries: readonly { readonly id: string; readonly deletedDate: string }[];
  /** Before this the log may have been purged. */
  readonly earliest: number;
  /** Up to here all deletions are told, at most the end that was asked for. */
  readonly covered: number;
}

/** "sObject Get Deleted". */
async function deletionLog(
  api: Api,
  facts: ObjectFacts,
  of: { from: number; end: number; signal: AbortSignal },
): Promise<DeletionLog> {
  const { deletedRecords, earliestDateAvailable, latestDateCovered } = await api.get<{
    deletedRecords: DeletionLog["entries"];
    earliestDateAvailable?: string;
    latestDateCovered: string;
  }>(dataPath(api, `/sobjects/${facts.object}/deleted/`), {
    query: { start: moment(of.from), end: moment(of.end) },
    signal: of.signal,
  });
  expected(Array.isArray(deletedRecords) && typeof latestDateCovered === "string", "a list of deleted records");
  return {
    entries: deletedRecords,
    earliest: Date.parse(earliestDateAvailable ?? "") || 0,
    covered: Math.min(Date.parse(latestDateCovered) || of.end, of.end),
  };
}

/** What became of the records of a log: one that was brought back, or lost a merge, tells so itself. */
async function toldBy(api: Api, facts: ObjectFacts, log: DeletionLog, signal: AbortSignal): Promise<VendorRecord[]> {
  const known = new Map<string, Row>();
  const fields = ["Id", "SystemModstamp", "IsDeleted", ...(facts.merges ? ["MasterRecordId"] : [])];
  const ids = log.entries.map((one) => one.id);
  for (const some of chunksForUrl(ids, 200)) {
    const soql = select({ fields, object: facts.object, where: `Id IN (${some.map(quote).join(",")})` });
    for await (const rows of query(api, "/queryAll", soql, signal))
      for (const row of rows) known.set(longId(String(row["Id"])), row);
  }
  return log.entries.flatMap(({ id, deletedDate }) => {
    const row = known.get(longId(id)) ?? { Id: id, SystemModstamp: deletedDate, IsDeleted: true };
    return row["IsDeleted"] === true ? [toRecord(facts, "", [], row)] : [];
  });
}

const MINUTE_MS = 60_000;
const LOG_EVERY_MS = 10 * MINUTE_MS;
/** The log reaches back 15 days at most; a day less is asked for, because days are counted in the organisation's zone. */
const LOG_REACH_MS = 14 * 86_400_000;
/** What is in the log for less than two hours is never purged. */
const LOG_KEPT_MS = 2 * 3_600_000;

/** Records by id, in order; null where the vendor shows none (sObject Collections, "Get Records with a Request Body"). */
export async function read(
  api: Api,
  facts: ObjectFacts,
  request: { ids: readonly string[]; fields: readonly string[]; signal: AbortSignal },
): Promise<readonly (VendorRecord | null)[]> {
  if (request.ids.length === 0) return [];
  const { externalIdField } = settingsOf(api);
  const { signal } = request;
  const rows = new Map<string, Row>();
  if (request.fields.some((name) => name.includes("."))) {
    // Fields of related records are known to queries only.
    const fields = askedFields(facts, externalIdField, request.fields);
    for (const ids of chunksForUrl(request.ids, fields.join(", ").length + 100)) {
      const soql = select({ fields, object: facts.object, where: `Id IN (${ids.map(quote).join(",")})` });
      for await (const found of query(api, "/query", soql, signal))
        for (const row of found) rows.set(longId(String(row["Id"])), row);
    }
  } else {
    let found: readonly (Row | null)[] | null = null;
    for (let shape: Shape = { facts, fields: request.fields }; found === null;) {
      try {
        found = await api.post<readonly (Row | null)[]>(
          dataPath(api, `/composite/sobjects/${facts.object}`),
          { ids: [...request.ids], fields: askedFields(shape.facts, externalIdField, shape.fields) },
          { repeatable: true, signal },
        );
      } catch (error) {
        shape = await narrowed(api, shape, error);
      }
    }
    expected(Array.isArray(found) && found.length === request.ids.length, "one record or null for each id");
    for (const row of found) {
      if (row === null) continue;
      expected(typeof row["Id"] === "string", "a record with an id");
      rows.set(longId(row["Id"]), row);
    }
  }
  return request.ids.map((id) => {
    const row = rows.get(longId(id));
    return row ? toRecord(facts, externalIdField, request.fields, row) : null;
  });
}

/** Records that carry these handles. */
export async function find(
  api: Api,
  facts: ObjectFacts,
  request: { handles: readonly string[]; fields: readonly string[]; signal: AbortSignal },
): Promise<readonly VendorRecord[]> {
  const { externalIdField } = settingsOf(api);
  const fields = askedFields(facts, externalIdField, request.fields);
  const records: VendorRecord[] = [];
  for (const handles of chunksForUrl(request.handles, fields.join(", ").length + 100)) {
    const where = `${externalIdField} IN (${handles.map(quote).join(",")})`;
    for await (const rows of query(api, "/query", select({ fields, object: facts.object, where }), request.signal))
      for (const row of rows) records.push(toRecord(facts, externalIdField, request.fields, row));
  }
  return records;
}

/** The rows of a query that is not resumed, page by page. */
export async function* query(
  api: Api,
  resource: "/query" | "/queryAll",
  soql: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly Row[]> {
  const options = signal ? { signal } : {};
  let answer = checked(await api.get<QueryAnswer>(dataPath(api, resource), { ...options, query: { q: soql } }));
  for (;;) {
    yield answer.records;
    if (answer.done) return;
    answer = checked(await api.get<QueryAnswer>(answer.nextRecordsUrl!, options));
  }
}

/** An answer that says it is not done must say where to go on, else rows would be lost in silence. */
function checked(answer: QueryAnswer): QueryAnswer {
  const whole = Array.isArray(answer?.records) && typeof answer.done === "boolean";
  expected(whole && (answer.done || typeof answer.nextRecordsUrl === "string"), "a page of records");
  return answer;
}

/** What is asked for, less what turned out not to be there. */
interface Shape {
  readonly facts: ObjectFacts;
  readonly fields: readonly string[];
}

/**
 * What to ask for after a refusal of INVALID_FIELD: a field was hidden or removed since the mapping was made, or the handle's
 * field was never made. Reading goes on without it; absent is not blank. Any other error, or nothing to leave out, is thrown again.
 */
async function narrowed(api: Api, shape: Shape, error: unknown): Promise<Shape> {
  if (!isError(error, "vendor.refused") || error.vendor?.code !== "INVALID_FIELD") throw error;
  const handleField = settingsOf(api).externalIdField.toLowerCase();
  const missing = /No such column '([^']+)'/iu.exec(error.vendor.message)?.[1]?.toLowerCase();
  if (shape.facts.handle && missing === handleField) return { ...shape, facts: { ...shape.facts, handle: false } };
  const visible = new Set((await rawFields(api, shape.facts.object)).map((field) => field.name.toLowerCase()));
  const fields = shape.fields.filter((name) => name.includes(".") || visible.has(name.toLowerCase()));
  const handle = shape.facts.handle && visible.has(handleField);
  if (fields.length === shape.fields.length && handle === shape.facts.handle) throw error;
  return { facts: { ...shape.facts, handle }, fields };
}

/** A first load shows what is there; activities of more than a year are archived, and only queryAll still shows them. */
function firstLoad(facts: ObjectFacts): string[] {
  return [...onlyOf(facts), ...(facts.activity ? ["IsDeleted = false"] : [])];
}

const onlyOf = ({ only }: ObjectFacts): string[] => (only === undefined ? [] : [only]);
