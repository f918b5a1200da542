// Writing by collections of up to 200 rows (REST API Developer Guide, "sObject Collections"): one answer per row, none for all.
import { isError, type WinstonError } from "../../base/errors.ts";
import type { Api, Call } from "../../connector/api.ts";
import type { CreateRow, RowOutcome, UpdateRow } from "../../connector/contract.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { failedRow, rowOutcome, type RowResult } from "./errors.ts";
import { dataPath, settingsOf } from "./settings.ts";
import { isLead, type ObjectFacts } from "./stream.ts";

export const COLLECTION_MAX = 200;

/** Creates by upsert on the external-id field, so that the same handle never makes two records. */
export function create(
  api: Api,
  facts: ObjectFacts,
  rows: readonly CreateRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const field = settingsOf(api).externalIdField;
  return collection(rows, {
    valuesOf: (row) => row.values,
    send: (part) =>
      api.call<RowResult[]>({
        method: "PATCH",
        path: dataPath(api, `/composite/sobjects/${facts.object}/${field}`),
        body: bodyOf(part.map((row) => ({ ...typeOf(facts), ...outgoing(facts, row.values), [field]: row.handle }))),
        headers: ruleHeaders(api),
        signal,
      }),
  });
}

export async function update(
  api: Api,
  facts: ObjectFacts,
  rows: readonly UpdateRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const plan: Plan<UpdateRow> = {
    idOf: (row) => row.id,
    valuesOf: (row) => row.values,
    send: (part) =>
      api.call<RowResult[]>({
        method: "PATCH",
        path: dataPath(api, "/composite/sobjects"),
        body: bodyOf(part.map((row) => ({ ...typeOf(facts), id: row.id, ...outgoing(facts, row.values) }))),
        headers: ruleHeaders(api),
        signal,
      }),
  };
  const outcomes = [...(await collection(rows, plan))];
  // Two that change places are a circle until both have moved: whoever was refused for that is tried once more when others have.
  const circled = rows.filter((_, index) => isCircle(outcomes[index]!));
  if (circled.length === 0 || !outcomes.some(({ state }) => state === "done")) return outcomes;
  try {
    const again = await collection(circled, plan);
    circled.forEach((row, index) => (outcomes[rows.indexOf(row)] = again[index]!));
  } catch (error) {
    for (const row of circled) outcomes[rows.indexOf(row)] = notDone(error);
  }
  return outcomes;
}

const isCircle = (outcome: RowOutcome): boolean =>
  outcome.state === "failed" && outcome.vendor.code === "CIRCULAR_DEPENDENCY";

export function remove(api: Api, ids: readonly string[], signal: AbortSignal): Promise<readonly RowOutcome[]> {
  return collection(ids, {
    idOf: (id) => id,
    valuesOf: () => ({}),
    send: (part) =>
      api.call<RowResult[]>({
        method: "DELETE",
        path: dataPath(api, "/composite/sobjects"),
        query: { ids: part.join(","), allOrNone: false },
        signal,
      }),
  });
}

/**
 * What the organisation's own rules may do to a save (REST API Developer Guide, "Assignment Rule Header" and "Duplicate Rule Header"). A
 * call that says nothing of assignment lets the active rules choose the owner, of updated records too, and of those a trigger writes.
 */
function ruleHeaders(api: Api): NonNullable<Call["headers"]> {
  const { assignmentRules, duplicateRules } = settingsOf(api);
  const assign = assignmentRules === "never" ? "FALSE" : assignmentRules === "active" ? "TRUE" : assignmentRules;
  return {
    "Sforce-Auto-Assign": assign,
    ...(duplicateRules === "allow" ? { "Sforce-Duplicate-Rule-Header": "allowSave=true" } : {}),
  };
}

/** An activity of a lead may be related to nothing else (Task, field WhatId): the lead wins. */
export function outgoing(facts: ObjectFacts, values: Readonly<Record<string, unknown>>): JsonObject {
  if (!facts.activity || !isLead(values["WhoId"])) return values as JsonObject;
  const { WhatId: _, ...rest } = values as JsonObject;
  return rest;
}

const typeOf = (facts: ObjectFacts): { attributes: { type: string } } => ({ attributes: { type: facts.object } });
const bodyOf = (records: JsonObject[]): JsonObject => ({ allOrNone: false, records: records as Json[] });

interface Plan<Row> {
  readonly idOf?: (row: Row) => string;
  readonly valuesOf: (row: Row) => Readonly<Record<string, unknown>>;
  readonly send: (rows: readonly Row[]) => Promise<{ body: RowResult[] }>;
}

/** Outcomes in the order of the rows. Throws what stops all of them before any was done. */
async function collection<Row>(rows: readonly Row[], plan: Plan<Row>): Promise<readonly RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  for (let at = 0; at < rows.length; at += COLLECTION_MAX) {
    const part = rows.slice(at, at + COLLECTION_MAX);
    try {
      outcomes.push(...(await sent(part, plan)));
    } catch (error) {
      if (at === 0) throw error;
      // Earlier parts were done and must be told; the rest was never sent.
      return [...outcomes, ...rows.slice(at).map(() => notDone(error))];
    }
  }
  return outcomes;
}

/** One call. A part refused as a whole is halved until the rows that spoil it stand alone: the rest must not wait for them. */
async function sent<Row>(rows: readonly Row[], plan: Plan<Row>): Promise<RowOutcome[]> {
  try {
    const { body } = await plan.send(rows);
    if (!Array.isArray(body) || body.length !== rows.length)
      return rows.map(() => ({ state: "unknown", why: "Salesforce did not answer for each row" }));
    return rows.map((row, index) => rowOutcome(body[index]!, plan.idOf?.(row), plan.valuesOf(row)));
  } catch (error) {
    if (isError(error, "vendor.unknown_outcome", "vendor.bad_answer"))
      return rows.map(() => ({ state: "unknown", why: error.message }));
    if (!isError(error, "vendor.refused") || !error.vendor || !SPOILS.has(error.vendor.code)) throw error;
    if (rows.length === 1) return [refused(error, plan.idOf !== undefined)];
    const missing = /No such column '([^']+)'/u.exec(error.vendor.message)?.[1]?.toLowerCase();
    const spoilt = (row: Row): boolean =>
      missing !== undefined && Object.keys(plan.valuesOf(row)).some((name) => name.toLowerCase() === missing);
    if (rows.some(spoilt)) {
      const others = rows.filter((row) => !spoilt(row));
      const rest = others.length > 0 ? await sent(others, plan) : [];
      let next = 0;
      return rows.map((row) => (spoilt(row) ? refused(error, false) : rest[next++]!));
    }
    const half = Math.ceil(rows.length / 2);
    const left = await sent(rows.slice(0, half), plan);
    try {
      return [...left, ...(await sent(rows.slice(half), plan))];
    } catch (later) {
      return [...left, ...rows.slice(half).map(() => notDone(later))];
    }
  }
}

/** Refusals of a whole call that one row can cause. */
const SPOILS = new Set([
  "INVALID_FIELD",
  "INVALID_FIELD_FOR_INSERT_UPDATE",
  "JSON_PARSER_ERROR",
  "MALFORMED_ID",
  "INVALID_CROSS_REFERENCE_KEY",
  "STRING_TOO_LONG",
]);

function refused(error: WinstonError, byId: boolean): RowOutcome {
  const { code, message, fields } = error.vendor!;
  const missing = /No such column '([^']+)'/u.exec(message)?.[1];
  return failedRow({ statusCode: code, message, fields: fields.length > 0 ? fields : missing ? [missing] : [] }, byId);
}

/** A row whose call was never made: it may go later. */
function notDone(error: unknown): RowOutcome {
  const vendor =
    isError(error) && error.vendor
      ? error.vendor
      : { status: 0, code: "NOT_SENT", message: (error as Error).message, fields: [] };
  return { state: "failed", kind: "later", vendor };
}
