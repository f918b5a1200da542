// Writing in batches of a hundred rows: properties first, associations after them. One answer per row, told apart by trace ids.
import { isError, type WinstonError } from "../../base/errors.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import type { Api } from "../../connector/api.ts";
import type { CreateRow, RowOutcome, UpdateRow } from "../../connector/contract.ts";
import { writeTies, type TieRow } from "./associations.ts";
import { failed, failedRow, type RawError } from "./errors.ts";
import { stagesOf } from "./pipelines.ts";
import { batchRead, BATCH_MAX } from "./records.ts";
import { pathsOf, settingsOf, type Settings } from "./settings.ts";
import { isProperty, type ObjectFacts, type Row } from "./stream.ts";
import { noonOf } from "./zone.ts";

type Values = Readonly<Record<string, unknown>>;

/** A row on its way. `trace` pairs it with its answer: errors of a partly refused batch name nothing else. */
interface Sending {
  readonly trace: string;
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly values: Values;
}

/** Creates by upsert on Winston's own unique property, so that the same handle never makes two records. */
export async function create(
  api: Api,
  facts: ObjectFacts,
  rows: readonly CreateRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const { handleProperty } = settingsOf(api);
  const sending = await Promise.all(
    rows.map(async ({ handle, values }): Promise<Sending> => ({
      trace: handle,
      id: handle,
      values,
      properties: { ...(await outgoing(api, facts, values, { forCreate: true })), [handleProperty]: handle },
    })),
  );
  const made = await inParts(sending, (part) => sent(api, facts, part, { operation: "upsert", signal }));
  return withTies(api, facts, rows, made, signal);
}

export async function update(
  api: Api,
  facts: ObjectFacts,
  rows: readonly UpdateRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const sending = await Promise.all(
    rows.map(async ({ id, values }): Promise<Sending> => ({
      trace: id,
      id,
      values,
      properties: await outgoing(api, facts, values, { forCreate: false }),
    })),
  );
  const due = sending.filter(({ properties }) => Object.keys(properties).length > 0);
  const outcomes = await inParts(due, (part) => sent(api, facts, part, { operation: "update", signal }));
  const written = new Map(due.map(({ id }, index) => [id, outcomes[index]!]));
  // Only associations change: the record itself is let be.
  const all = rows.map(({ id }): RowOutcome => written.get(id) ?? { state: "done", id, created: false });
  return withTies(api, facts, rows, all, signal);
}

export function remove(
  api: Api,
  facts: ObjectFacts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  return inParts(ids, async (part) => {
    await api.post(
      pathsOf(settingsOf(api)).objects(facts.object, "/batch/archive"),
      { inputs: part.map((id) => ({ id })) },
      { signal },
    );
    return part.map((id): RowOutcome => ({ state: "done", id, created: false }));
  });
}

/** The answer is the record of both, by default under an id that neither had (contacts guide, "Merge contacts"; the same of other objects). */
export async function merge(
  api: Api,
  facts: ObjectFacts,
  { keep, lose, signal }: { readonly keep: string; readonly lose: string; readonly signal: AbortSignal },
): Promise<RowOutcome> {
  try {
    const row = await api.post<Row | null>(
      pathsOf(settingsOf(api)).objects(facts.object, "/merge"),
      { primaryObjectId: keep, objectIdToMerge: lose },
      { signal },
    );
    if (typeof row?.id !== "string") return { state: "unknown", why: "HubSpot's answer to the merge names no record" };
    return { state: "done", id: row.id, created: row.id !== keep };
  } catch (error) {
    if (isError(error, "vendor.refused") && error.vendor) return failed(error.vendor, true);
    throw error;
  }
}

/** What HubSpot takes: text only, "" to clear, a stage with its pipeline, a day as a time of that day. */
async function outgoing(
  api: Api,
  facts: ObjectFacts,
  values: Values,
  how: { forCreate: boolean },
): Promise<Record<string, string>> {
  const { timeZone } = settingsOf(api);
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!isProperty(name)) continue;
    if (value === null || value === undefined || value === "") {
      if (!how.forCreate) properties[name] = "";
    } else if (typeof value === "string" && facts.days.includes(name)) properties[name] = noonOf(value, timeZone);
    else properties[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  const stage = properties["dealstage"];
  if (facts.staged && stage && properties["pipeline"] === undefined) {
    // A stage is valid only within its pipeline. One that is in none is HubSpot's to refuse.
    const pipeline = (await stagesOf(api)).get(stage)?.pipeline;
    if (pipeline !== undefined) properties["pipeline"] = pipeline;
  }
  return properties;
}

/** Outcomes in the order of the rows, a hundred at a time. Throws what stops all of them before any was done. */
export async function inParts<R>(
  rows: readonly R[],
  send: (part: readonly R[]) => Promise<readonly RowOutcome[]>,
): Promise<readonly RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  for (let at = 0; at < rows.length; at += BATCH_MAX) {
    const part = rows.slice(at, at + BATCH_MAX);
    try {
      outcomes.push(...(await send(part)));
    } catch (error) {
      if (isError(error, "vendor.unknown_outcome", "vendor.bad_answer"))
        outcomes.push(...part.map((): RowOutcome => ({ state: "unknown", why: error.message })));
      else if (at === 0) throw error;
      // Earlier parts were done and must be told; the rest was never sent.
      else return [...outcomes, ...rows.slice(at).map(() => notDone(error))];
    }
  }
  return outcomes;
}

interface BatchAnswer {
  readonly results?: readonly (Row & { readonly new?: boolean; readonly objectWriteTraceId?: string })[];
  readonly errors?: readonly RawError[];
}

interface How {
  readonly operation: "upsert" | "update";
  /** A lifecycle stage is on its way back: nothing is to be tried again. */
  readonly goingBack?: true;
  readonly signal: AbortSignal;
}

/** One batch. One refused as a whole is parted until the rows that spoil it stand alone: the rest must not wait for them. */
async function sent(api: Api, facts: ObjectFacts, rows: readonly Sending[], how: How): Promise<RowOutcome[]> {
  const settings = settingsOf(api);
  let answer: BatchAnswer;
  try {
    answer = await api.post<BatchAnswer>(
      pathsOf(settings).objects(facts.object, `/batch/${how.operation}`),
      { inputs: rows.map((row) => inputOf(row, settings, how)) as Json[] },
      { signal: how.signal },
    );
  } catch (error) {
    return refusedWhole(api, facts, rows, how, error);
  }
  const outcomes = rows.map((row) => outcomeOf(facts, row, rows, { answer, settings, how }));
  return how.operation === "update" && !how.goingBack
    ? backwards(api, facts, rows, { answer, outcomes, how })
    : outcomes;
}

function inputOf({ id, trace, properties }: Sending, { handleProperty }: Settings, { operation }: How): JsonObject {
  return {
    id,
    properties: { ...properties },
    objectWriteTraceId: trace,
    ...(operation === "upsert" ? { idProperty: handleProperty } : {}),
  };
}

function outcomeOf(
  facts: ObjectFacts,
  row: Sending,
  rows: readonly Sending[],
  { answer, settings, how }: { answer: BatchAnswer; settings: Settings; how: How },
): RowOutcome {
  const { results = [], errors = [] } = answer;
  const byId = how.operation === "update";
  const result =
    results.find((one) => one.objectWriteTraceId === row.trace) ??
    results.find((one) => (byId ? one.id === row.id : one.properties[settings.handleProperty] === row.id));
  if (result) {
    const changedAt = Date.parse(result.updatedAt ?? "");
    return {
      state: "done",
      id: result.id,
      created: result.new ?? false,
      ...(Number.isNaN(changedAt) ? {} : { changedAt }),
    };
  }
  const named = (error: RawError): boolean =>
    Object.values(error.context ?? {})
      .flat()
      .includes(row.trace);
  const error = errors.find(named) ?? (rows.length === 1 ? errors[0] : undefined);
  return error
    ? withItsPipeline(facts, failedRow(error, byId))
    : { state: "unknown", why: "HubSpot did not answer for this row" };
}

/** A stage and its pipeline are refused as one: HubSpot names either, and Winston sends the pipeline by itself. */
function withItsPipeline(facts: ObjectFacts, outcome: RowOutcome): RowOutcome {
  if (!facts.staged || outcome.state !== "failed") return outcome;
  const { vendor } = outcome;
  if (!vendor.fields.some((name) => STAGED.includes(name))) return outcome;
  return { ...outcome, vendor: { ...vendor, fields: [...new Set([...vendor.fields, ...STAGED])] } };
}

const STAGED: readonly string[] = ["dealstage", "pipeline"];

async function refusedWhole(
  api: Api,
  facts: ObjectFacts,
  rows: readonly Sending[],
  how: How,
  error: unknown,
): Promise<RowOutcome[]> {
  // A missing scope or a wrong version concerns no row in particular.
  if (!isError(error, "vendor.refused") || !error.vendor || !SPOILS.has(error.vendor.status)) throw error;
  const outcome = withItsPipeline(facts, failed(error.vendor, how.operation === "update"));
  const carries = (row: Sending): boolean => error.vendor!.fields.some((name) => row.properties[name] !== undefined);
  // The rows that carry what no row may: the others go beside them, in one call.
  if (outcome.state === "failed" && TAKES_NOTHING.test(outcome.vendor.code) && rows.some(carries)) {
    const good = rows.filter((row) => !carries(row));
    const done = good.length > 0 ? await sent(api, facts, good, how) : [];
    let next = 0;
    return rows.map((row) => (carries(row) ? outcome : done[next++]!));
  }
  if (rows.length === 1) {
    const outcomes = [outcome];
    if (how.operation !== "update" || how.goingBack) return outcomes;
    return backwards(api, facts, rows, { answer: {}, outcomes, how });
  }
  const parts = partedBy(error, rows);
  const outcomes = new Map<Sending, RowOutcome>();
  for (const [index, part] of parts.entries()) {
    try {
      const done = await sent(api, facts, part, how);
      part.forEach((row, at) => outcomes.set(row, done[at]!));
    } catch (later) {
      if (index === 0) throw later;
      for (const row of part) outcomes.set(row, notDone(later));
    }
  }
  return rows.map((row) => outcomes.get(row)!);
}

/** Refusals of a property whatever is sent of it. */
const TAKES_NOTHING = /READ_ONLY|DOESNT_EXIST/u;

/** Statuses of refusals that one row can cause. */
const SPOILS = new Set([400, 404, 409]);

/** Rows with a property that was refused apart from those without; else two halves. */
function partedBy(error: WinstonError, rows: readonly Sending[]): readonly (readonly Sending[])[] {
  const { fields } = error.vendor!;
  const spoilt = (row: Sending): boolean => fields.some((name) => row.properties[name] !== undefined);
  const others = rows.filter((row) => !spoilt(row));
  if (others.length > 0 && others.length < rows.length) {
    return [others, rows.filter(spoilt)];
  }
  const half = Math.ceil(rows.length / 2);
  return [rows.slice(0, half), rows.slice(half)];
}

/**
 * A lifecycle stage moves only forward by itself: HubSpot keeps the later one, in silence or with a refusal. Where a mapping asks to go
 * back, the stage is cleared and then set, as HubSpot's own guide says.
 */
async function backwards(
  api: Api,
  facts: ObjectFacts,
  rows: readonly Sending[],
  done: { answer: BatchAnswer; outcomes: RowOutcome[]; how: How },
): Promise<RowOutcome[]> {
  const { answer, outcomes, how } = done;
  const asked = rows.filter((row, index) => {
    const outcome = outcomes[index]!;
    return row.properties[LIFECYCLE] && outcome.state === "done";
  });
  const now = new Map((answer.results ?? []).map((one) => [one.id, one.properties[LIFECYCLE]]));
  const silent = asked.filter((row) => now.get(row.id) === undefined).map((row) => row.id);
  if (silent.length > 0)
    for (const row of await batchRead(api, facts, { ids: silent, properties: [LIFECYCLE], signal: how.signal }))
      now.set(row.id, row.properties[LIFECYCLE]);
  const kept = new Set(asked.filter((row) => now.get(row.id) !== row.properties[LIFECYCLE]));
  const stuck = rows.filter((row, index) => kept.has(row) || (row.properties[LIFECYCLE] && keptBack(outcomes[index]!)));
  if (stuck.length === 0) return outcomes;
  const again: How = { ...how, goingBack: true };
  const settled = new Map<Sending, RowOutcome>();
  try {
    const cleared = stuck.map((row) => ({ ...row, properties: { ...row.properties, [LIFECYCLE]: "" } }));
    (await sent(api, facts, cleared, again)).forEach((outcome, index) => settled.set(stuck[index]!, outcome));
    const blank = stuck.filter((row) => settled.get(row)!.state === "done");
    const set = blank.map((row) => ({ ...row, properties: { [LIFECYCLE]: row.properties[LIFECYCLE]! } }));
    if (set.length > 0)
      (await sent(api, facts, set, again)).forEach((outcome, index) => settled.set(blank[index]!, outcome));
  } catch (error) {
    if (!isError(error)) throw error;
    for (const row of stuck) settled.set(row, { state: "unknown", why: error.message });
  }
  return rows.map((row, index) => settled.get(row) ?? outcomes[index]!);
}

/** Refused because it would move back, not because there is no such stage. */
function keptBack(outcome: RowOutcome): boolean {
  if (outcome.state !== "failed" || outcome.vendor.code === "INVALID_OPTION") return false;
  return /LIFECYCLE/u.test(outcome.vendor.code) && outcome.vendor.fields.includes(LIFECYCLE);
}

const LIFECYCLE = "lifecyclestage";

/**
 * Ties what was written. An association that HubSpot refuses is left out and told, and all else stands. Where it may be taken later, or nobody can
 * say whether it was, a record that was made or changed is unknown: the engine reads it, sees which half is there, and owes the other.
 */
async function withTies(
  api: Api,
  facts: ObjectFacts,
  rows: readonly { readonly values: Values }[],
  outcomes: readonly RowOutcome[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const final = [...outcomes];
  const half = (index: number): boolean => alsoProperties(rows[index]!.values) || wasMade(outcomes[index]!);
  const tiedTo = new Set<number>();
  for (const tie of facts.ties) {
    const due: (TieRow & { index: number })[] = [];
    rows.forEach(({ values }, index) => {
      const outcome = final[index]!;
      const to = values[tie.field];
      if (to === undefined || outcome.state !== "done" || (to === null && outcome.created)) return;
      due.push({ index, id: outcome.id, fresh: outcome.created, to: typeof to === "string" && to !== "" ? to : null });
    });
    if (due.length === 0) continue;
    let tied: readonly RowOutcome[];
    try {
      tied = await writeTies(api, facts, tie, due, signal);
    } catch (error) {
      if (!isError(error)) throw error;
      if (due.length === rows.length && tiedTo.size === 0 && !rows.some((_, index) => half(index))) throw error;
      tied = due.map(() => ({ state: "unknown", why: error.message }));
    }
    due.forEach(({ index }, at) => {
      const outcome = tied[at]!;
      const before = final[index]!;
      if (outcome.state === "done") tiedTo.add(index);
      else if (outcome.state === "failed" && outcome.kind === "field" && before.state === "done")
        final[index] = { ...before, unwritten: [...(before.unwritten ?? []), outcome.vendor] };
      else if (outcome.state === "failed" && (half(index) || tiedTo.has(index)))
        final[index] = { state: "unknown", why: outcome.vendor.message };
      else final[index] = outcome;
    });
  }
  // Nothing of it was done.
  return final.map((outcome, index) => {
    const refused = outcome.state === "done" ? outcome.unwritten?.[0] : undefined;
    return refused && !half(index) && !tiedTo.has(index)
      ? { state: "failed", kind: "record", vendor: refused }
      : outcome;
  });
}

const alsoProperties = (values: Values): boolean => Object.keys(values).some(isProperty);
const wasMade = (outcome: RowOutcome): boolean => outcome.state === "done" && outcome.created;

/** A row whose call was never made: it may go later. */
function notDone(error: unknown): RowOutcome {
  if (isError(error, "vendor.unknown_outcome", "vendor.bad_answer")) return { state: "unknown", why: error.message };
  const vendor =
    isError(error) && error.vendor
      ? error.vendor
      : { status: 0, code: "NOT_SENT", message: (error as Error).message, fields: [] };
  return { state: "failed", kind: "later", vendor };
}
