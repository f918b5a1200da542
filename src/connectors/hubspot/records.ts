// Reading: first loads by list, changes by search from key to key, archived and merged records, and records by id or handle.
import type { Json, JsonObject } from "../../base/json.ts";
import type { Api } from "../../connector/api.ts";
import type { Page, PullRequest, VendorRecord } from "../../connector/contract.ts";
import { targetsOf } from "./associations.ts";
import { expected, expectedList, SEARCH } from "./errors.ts";
import { histories, HISTORY } from "./history.ts";
import { STAGE_FIELDS, stagesOf, type Stage } from "./pipelines.ts";
import { pathsOf, settingsOf } from "./settings.ts";
import { askedProperties, OVERLAP_MS, stampOf, swallowed, toRecord, type ObjectFacts, type Row } from "./stream.ts";

export const BATCH_MAX = 100;
const LIST_MAX = 100;
const SEARCH_MAX = 200;
/** Longer lists of properties make addresses that servers on the way refuse (414). */
const QUERY_MAX = 6_000;
/** A search's body may have 3,000 characters (Search guide, "Limits"). */
const SEARCH_BODY_MAX = 3_000;

/** Where a run stands. `began` is the vendor's time when the run began. */
type Cursor =
  | { readonly kind: "list"; readonly began: number; readonly after: string }
  | ({ readonly kind: "search"; readonly began: number; readonly since: number } & Position);

/**
 * Where a search goes on. `from`: rows stamped at or after `at`. `within`: rows stamped exactly `at` with an id above `id`; imports
 * give thousands one stamp. `behind`: rows stamped after `at`.
 */
type Position =
  | { readonly step: "from" | "behind"; readonly at: number }
  | { readonly step: "within"; readonly at: number; readonly id: string };

interface ListAnswer {
  readonly results: readonly Row[];
  readonly paging?: { readonly next?: { readonly after?: string } };
}

/**
 * Pages of a first load in the order of ids, those of an increment in the order of change. The watermark is the vendor's own time
 * (the Date of the first answer) at the start of the run, less the overlap: what the index did not show yet is read by the next run.
 * It is never taken from our clock where that is ahead, not even where the last one was.
 */
export function pull(api: Api, facts: ObjectFacts, request: PullRequest): AsyncGenerator<Page> {
  const resumed = request.cursor as Cursor | null;
  const since = resumed ? (resumed.kind === "search" ? resumed.since : null) : request.since;
  return since === null
    ? listed(api, facts, request, resumed?.kind === "list" ? resumed : null)
    : searched(api, facts, request, since, resumed?.kind === "search" ? resumed : null);
}

async function* listed(
  api: Api,
  facts: ObjectFacts,
  request: PullRequest,
  resumed: (Cursor & { kind: "list" }) | null,
): AsyncGenerator<Page> {
  const { signal, fields } = request;
  let began = resumed?.began ?? null;
  let after = resumed?.after;
  for (;;) {
    const { answer, at, short } = await list(api, facts, { fields, after, archived: false, signal });
    began ??= Math.min(at ?? Infinity, request.now);
    const records = await completed(api, facts, request, { rows: answer.results, short, listed: true });
    after = answer.paging?.next?.after;
    if (after === undefined) {
      yield { records, cursor: null, watermark: began - OVERLAP_MS };
      return;
    }
    yield { records, cursor: { kind: "list", began, after } satisfies Cursor };
  }
}

/** How many records a first load would show: the total of a search for all of them, which lags as searches do. */
export async function count(api: Api, facts: ObjectFacts, signal: AbortSignal): Promise<number> {
  const { total } = await api.post<{ total?: number }>(
    pathsOf(settingsOf(api)).objects(facts.object, "/search"),
    { filterGroups: [], properties: [facts.stamp], limit: 1 },
    { class: SEARCH, repeatable: true, signal },
  );
  expected(Number.isSafeInteger(total), "the total of a search");
  return total!;
}

/** One page of a list. Where the properties make the address too long it is not `short`: it says which records, and no more of them. */
async function list(
  api: Api,
  facts: ObjectFacts,
  asked: { fields: readonly string[]; after: string | undefined; archived: boolean; signal: AbortSignal },
): Promise<{ answer: ListAnswer; at: number | null; short: boolean }> {
  const { signal } = asked;
  const properties = askedProperties(facts, settingsOf(api), asked.fields);
  const text = properties.join(",");
  const short = text.length <= QUERY_MAX;
  const ties = facts.ties.filter((tie) => asked.fields.includes(tie.field)).map((tie) => tie.to);
  const { body, headers } = await api.call<ListAnswer>({
    method: "GET",
    path: pathsOf(settingsOf(api)).objects(facts.object),
    query: {
      limit: LIST_MAX,
      after: asked.after,
      properties: short ? text : facts.stamp,
      associations: ties.length > 0 ? [...new Set(ties)].join(",") : undefined,
      archived: asked.archived,
    },
    signal,
  });
  return { answer: checked(body), at: Date.parse(String(headers["date"])) || null, short };
}

/**
 * The records of a page. Where it is not `short`, its properties were too many for one request: the page says which records, and a batch read the
 * rest. That, and whatever else is asked about them, goes by few where processes died of it.
 */
async function completed(
  api: Api,
  facts: ObjectFacts,
  { fields, signal, few }: Pick<PullRequest, "fields" | "signal" | "few">,
  { rows, short, listed }: { readonly rows: readonly Row[]; readonly short: boolean; readonly listed: boolean },
): Promise<readonly VendorRecord[]> {
  const shown = new Map(rows.map((row) => [row.id, row]));
  const ask = async (ids: readonly string[]): Promise<VendorRecord[]> => {
    if (short) return finished(api, facts, { fields, rows: ids.map((id) => shown.get(id)!), listed, signal });
    const properties = askedProperties(facts, settingsOf(api), fields);
    const whole = (await batchRead(api, facts, { ids, properties, signal })).flatMap((row): Row[] => {
      const associations = shown.get(row.id)?.associations;
      // Of the survivor of a merge, which took the place of one that was listed, the list says nothing; its own turn comes.
      return listed && !shown.has(row.id) ? [] : [{ ...row, ...(associations ? { associations } : {}) }];
    });
    return finished(api, facts, { fields, rows: whole, listed, signal });
  };
  const ids = [...shown.keys()];
  return few ? few(ids, ask) : ask(ids);
}

/**
 * Changes since a time, from key to key: every page is the first page of a new search from the last stamp shown. Offsets are not used,
 * for a row that changes while it is read moves to the end and pulls a row unseen over each boundary before it; so no search
 * comes near the 10,000 rows it may show.
 */
async function* searched(
  api: Api,
  facts: ObjectFacts,
  request: PullRequest,
  since: number,
  resumed: (Cursor & { kind: "search" }) | null,
): AsyncGenerator<Page> {
  const { signal, fields } = request;
  const properties = askedProperties(facts, settingsOf(api), fields);
  let began = resumed?.began ?? null;
  let position: Position = resumed ?? { step: "from", at: since };
  let shown = new Set<string>();
  for (;;) {
    const asked: JsonObject = { ...question(facts, position), properties, limit: SEARCH_MAX };
    const short = JSON.stringify(asked).length <= SEARCH_BODY_MAX;
    const { body, headers } = await api.call<ListAnswer>({
      method: "POST",
      path: pathsOf(settingsOf(api)).objects(facts.object, "/search"),
      body: short ? asked : { ...asked, properties: [facts.stamp] },
      class: SEARCH,
      repeatable: true,
      signal,
    });
    const { results } = checked(body);
    began ??= Math.min(Date.parse(String(headers["date"])) || Infinity, request.now);
    const full = results.length > 0 && (results.length >= SEARCH_MAX || body.paging?.next?.after !== undefined);
    const next = full
      ? nextPosition(facts, position, results)
      : position.step === "within"
        ? behind(position.at)
        : null;
    const fresh = results.filter((row) => !shown.has(row.id));
    const records = await completed(api, facts, request, { rows: fresh, short, listed: false });
    if (next === null) {
      yield { records, cursor: null, watermark: began - OVERLAP_MS };
      return;
    }
    yield { records, cursor: { kind: "search", began, since, ...next } satisfies Cursor };
    // Rows of the last stamp come once more with the next page.
    shown = new Set(results.filter((row) => stampOf(facts, row) === next.at).map((row) => row.id));
    position = next;
  }
}

const behind = (at: number): Position => ({ step: "behind", at });

/** Behind a full page. A page of one stamp only leads into that stamp, where rows are told apart by their ids. */
function nextPosition(facts: ObjectFacts, position: Position, rows: readonly Row[]): Position {
  if (position.step === "within") return { ...position, id: rows.at(-1)!.id };
  const stamps = rows.map((row) => stampOf(facts, row));
  const [first, last] = [stamps[0], stamps.at(-1)];
  expected(typeof first === "number" && typeof last === "number" && first <= last, "in the order of change");
  return first === last ? { step: "within", at: last, id: "0" } : { step: "from", at: last };
}

function question(facts: ObjectFacts, position: Position): JsonObject {
  const stamp = (operator: string): JsonObject => ({ propertyName: facts.stamp, operator, value: String(position.at) });
  const order = (propertyName: string): Json[] => [{ propertyName, direction: "ASCENDING" }];
  if (position.step === "within")
    return {
      filterGroups: [{ filters: [stamp("EQ"), { propertyName: "hs_object_id", operator: "GT", value: position.id }] }],
      sorts: order("hs_object_id"),
    };
  return { filterGroups: [{ filters: [stamp(position.step === "from" ? "GTE" : "GT")] }], sorts: order(facts.stamp) };
}

/**
 * Archived records. HubSpot lists them without an order or a filter of time, so all of them are listed, once in ten minutes, and those archived
 * since the last look are shown. They stay listed for ninety days.
 */
export async function* pullDeleted(api: Api, facts: ObjectFacts, request: PullRequest): AsyncGenerator<Page> {
  const resumed = request.cursor as { began: number; after: string } | null;
  const since = request.since ?? 0;
  const step = (at: number): number => Math.floor(at / ARCHIVED_EVERY_MS);
  if (!resumed && step(request.now) === step(since + OVERLAP_MS)) {
    yield { records: [], cursor: null, watermark: since };
    return;
  }
  let began = resumed?.began ?? null;
  let after = resumed?.after;
  const { handleProperty } = settingsOf(api);
  for (;;) {
    const { answer, at } = await list(api, facts, { fields: [], after, archived: true, signal: request.signal });
    began ??= Math.min(at ?? Infinity, request.now);
    const records = answer.results
      .filter((row) => row.archivedAt === undefined || !(Date.parse(row.archivedAt) < since))
      .map((row): VendorRecord => ({
        id: row.id,
        changedAt: row.archivedAt ? Date.parse(row.archivedAt) : null,
        version: null,
        fields: {},
        deleted: true,
        ...(row.properties?.[handleProperty] ? { handle: row.properties[handleProperty] } : {}),
      }));
    after = answer.paging?.next?.after;
    if (after === undefined) {
      yield { records, cursor: null, watermark: began - OVERLAP_MS };
      return;
    }
    yield { records, cursor: { began, after } };
  }
}

const ARCHIVED_EVERY_MS = 10 * 60_000;

/** Records by id, in order; null where HubSpot shows none. An id that a merge swallowed leads to its survivor, where HubSpot still answers for it. */
export async function read(
  api: Api,
  facts: ObjectFacts,
  request: { ids: readonly string[]; fields: readonly string[]; signal: AbortSignal },
): Promise<readonly (VendorRecord | null)[]> {
  const { ids, fields, signal } = request;
  const properties = askedProperties(facts, settingsOf(api), fields);
  const rows = await batchRead(api, facts, { ids: [...new Set(ids)], properties, signal });
  const asked = new Set(ids);
  const records = await finished(api, facts, { fields, rows, listed: false, signal });
  const found = new Map(
    records
      .filter((record) => record.mergedInto === undefined || asked.has(record.id))
      .map((record) => [record.id, record]),
  );
  return ids.map((id) => found.get(id) ?? null);
}

/** Records that carry these handles. A batch read knows at once what a search would show only after a while. */
export async function find(
  api: Api,
  facts: ObjectFacts,
  request: { handles: readonly string[]; fields: readonly string[]; signal: AbortSignal },
): Promise<readonly VendorRecord[]> {
  const { handles, fields, signal } = request;
  const { handleProperty } = settingsOf(api);
  const properties = askedProperties(facts, settingsOf(api), fields);
  const rows = await batchRead(api, facts, {
    ids: [...new Set(handles)],
    properties,
    signal,
    idProperty: handleProperty,
  });
  return (await finished(api, facts, { fields, rows, listed: false, signal })).filter(
    (record) => record.mergedInto === undefined,
  );
}

/** Rows by id, or by a property with unique values, a hundred at a time. What HubSpot does not have is left out. */
export async function batchRead(
  api: Api,
  facts: Pick<ObjectFacts, "object">,
  asked: { ids: readonly string[]; properties: readonly string[]; signal: AbortSignal; idProperty?: string },
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let at = 0; at < asked.ids.length; at += BATCH_MAX) {
    const answer = await api.post<ListAnswer & { errors?: readonly { category?: string; message?: string }[] }>(
      pathsOf(settingsOf(api)).objects(facts.object, "/batch/read"),
      {
        inputs: asked.ids.slice(at, at + BATCH_MAX).map((id) => ({ id })),
        properties: [...asked.properties],
        ...(asked.idProperty === undefined ? {} : { idProperty: asked.idProperty }),
      },
      { repeatable: true, signal: asked.signal },
    );
    rows.push(...checked(answer).results);
    // Only "not there" is an answer; anything else must not look like it.
    const strange = answer.errors?.find((error) => error.category !== "OBJECT_NOT_FOUND");
    expected(strange === undefined, `free of errors (${strange?.category ?? ""}: ${strange?.message ?? ""})`);
  }
  return rows;
}

/** Rows as records, with what is put together from associations and pipelines, and the ids they swallowed. */
async function finished(
  api: Api,
  facts: ObjectFacts,
  asked: { fields: readonly string[]; rows: readonly Row[]; listed: boolean; signal: AbortSignal },
): Promise<VendorRecord[]> {
  const { fields, rows, signal } = asked;
  if (rows.length === 0) return [];
  const settings = settingsOf(api);
  const records = rows.map((row) => toRecord(facts, settings, fields, row));
  for (const [field, targets] of await targetsOf(api, facts, asked))
    for (const record of records) {
      const target = targets.get(record.id);
      if (target !== undefined) record.fields[field] = target;
    }
  const staged = facts.staged ? STAGE_FIELDS.filter(({ name }) => fields.includes(name)) : [];
  if (staged.length > 0) {
    const stages = await stagesOf(api);
    rows.forEach((row, index) => {
      const id = row.properties["dealstage"];
      if (id === undefined) return;
      // A stage that was removed from its pipeline tells nothing.
      const stage = id ? stages.get(id) : undefined;
      if (stage) records[index] = { ...records[index]!, notes: { dealstage: noteOf(stage) } };
      for (const { name, of } of staged) if (stage || !id) records[index]!.fields[name] = stage ? of(stage) : null;
    });
  }
  if (facts.staged && fields.includes(HISTORY.field)) {
    const entries = await histories(
      api,
      rows.map((row) => row.id),
      signal,
    );
    for (const record of records) if (entries.has(record.id)) record.fields[HISTORY.field] = entries.get(record.id);
  }
  return rows.flatMap((row, index) => [...swallowed(row), records[index]!]);
}

/** For a stage that no mapping knows yet: HubSpot's pages show its name, and not the number in its place. */
const noteOf = ({ label, pipelineLabel }: Stage): string =>
  `It is the stage "${label}" of the pipeline "${pipelineLabel}". Connect HubSpot again, and stages made since are added to the table.`;

/** An answer without its list must never look like an empty one. */
function checked<Answer extends ListAnswer>(answer: Answer): Answer {
  expectedList(answer?.results, "a list of records");
  return answer;
}
