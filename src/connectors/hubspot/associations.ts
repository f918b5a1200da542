// Associations (version 4 and dated) as references: read with the records, written after them.
import { isError, type VendorWords } from "../../base/errors.ts";
import type { Api } from "../../connector/api.ts";
import type { RowOutcome } from "../../connector/contract.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { expectedList, failed, failedRow, type RawError } from "./errors.ts";
import { pathsOf, settingsOf } from "./settings.ts";
import type { ObjectFacts, Row, Tie } from "./stream.ts";

/** Inputs of one batch read (Associations v4 guide). */
const READ_MAX = 1_000;

/** null: there is none. undefined: there are several and none is meant more than the others, so nothing is said. */
type Target = string | null | undefined;

/** What the ties among `fields` lead to, by tie field and record id. Properties and lists that carry it are believed; the rest is read. */
export async function targetsOf(
  api: Api,
  facts: ObjectFacts,
  asked: { fields: readonly string[]; rows: readonly Row[]; listed: boolean; signal: AbortSignal },
): Promise<ReadonlyMap<string, ReadonlyMap<string, Target>>> {
  const found = new Map<string, Map<string, Target>>();
  for (const tie of facts.ties) {
    if (!asked.fields.includes(tie.field)) continue;
    const targets = new Map<string, Target>();
    const unknown: string[] = [];
    for (const row of asked.rows) {
      const property = tie.property === undefined ? undefined : row.properties[tie.property];
      const told = property !== undefined ? { target: property || null } : asked.listed ? fromList(tie, row) : null;
      if (told) targets.set(row.id, told.target);
      else unknown.push(row.id);
    }
    for (const [id, ties] of await readTies(api, facts, tie, unknown, asked.signal)) targets.set(id, choose(tie, ties));
    found.set(tie.field, targets);
  }
  return found;
}

/** What a list answer says of a tie; null where it does not say enough. */
function fromList(tie: Tie, row: Row): { target: Target } | null {
  const told = row.associations?.[tie.to];
  if (!told || told.results.length === 0) return { target: null };
  if (told.paging !== undefined) return null;
  const ids = new Set(told.results.filter(({ type }) => type === tie.listed).map(({ id }) => String(id)));
  if (ids.size === 1) return { target: [...ids][0]! };
  const usual = told.results.some(({ type }) => type === `${tie.listed}_unlabeled`) || tie.keeps === "sole";
  return ids.size === 0 && usual ? { target: null } : null;
}

/** Who is tied by this type, of each of the ids. An id that HubSpot gives no plain answer for is left out. */
async function readTies(
  api: Api,
  facts: ObjectFacts,
  tie: Tie,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const found = await readAssociations(api, facts.object, tie.to, ids, signal);
  return new Map(
    [...found].map(([id, list]) => [
      id,
      list.filter((one) => one.types.some(({ typeId }) => typeId === tie.typeId)).map((one) => one.to),
    ]),
  );
}

/** A kind of association, as answers show it and as labels are listed. */
export interface AssociationType {
  readonly category: string;
  readonly typeId: number;
  readonly label?: string | null;
}

/** Types that HubSpot itself defines (@hubspot/api-client, AssociationTypes). */
export const UNLABELED = {
  dealToContact: { category: "HUBSPOT_DEFINED", typeId: 3, label: null },
} as const satisfies Record<string, AssociationType>;

export interface Association {
  /** The record at the other end. */
  readonly to: string;
  readonly types: readonly AssociationType[];
}

/** All associations of each of the ids with records of another object, whole. An id that HubSpot gives no plain answer for is left out. */
export async function readAssociations(
  api: Api,
  from: string,
  to: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Association[]>> {
  const found = new Map<string, Association[]>();
  const path = pathsOf(settingsOf(api)).associations(from, to, "/batch/read");
  for (let at = 0; at < ids.length; at += READ_MAX) {
    let inputs: { id: string; after?: string }[] = ids.slice(at, at + READ_MAX).map((id) => ({ id }));
    while (inputs.length > 0) {
      const answer = await api.post<{
        results: readonly {
          from: { id: string };
          to: readonly { toObjectId: string | number; associationTypes: readonly AssociationType[] }[];
          paging?: { next?: { after?: string } };
        }[];
        errors?: readonly RawError[];
      }>(path, { inputs }, { repeatable: true, signal });
      expectedList(answer?.results, "a list of associations");
      const more: typeof inputs = [];
      const answered = new Set<string>();
      for (const { from: record, to: others, paging } of answer.results) {
        const id = String(record.id);
        answered.add(id);
        const list = found.get(id) ?? found.set(id, []).get(id)!;
        for (const { toObjectId, associationTypes } of others)
          list.push({ to: String(toObjectId), types: associationTypes });
        if (paging?.next?.after !== undefined) more.push({ id, after: paging.next.after });
      }
      // A record without associations comes as an error of its own kind, or not at all.
      const strange = (answer.errors ?? []).some(
        (error) =>
          !/NO_ASSOCIATIONS_FOUND|OBJECT_NOT_FOUND/u.test(`${String(error.subCategory)} ${String(error.category)}`),
      );
      if (!strange) for (const { id } of inputs) if (!answered.has(id) && !found.has(id)) found.set(id, []);
      inputs = more;
    }
  }
  return found;
}

function choose(tie: Tie, ids: readonly string[]): Target {
  const different = [...new Set(ids)];
  return different.length === 0 ? null : different.length === 1 || tie.keeps === "primary" ? different[0] : undefined;
}

/** One record's new target; null unties. */
export interface TieRow {
  readonly id: string;
  readonly to: string | null;
  /** Just made: nothing is tied to it yet. */
  readonly fresh?: boolean;
}

/**
 * Ties records. A new primary leaves the former one tied, as HubSpot's own pages do; untying and replacing a sole one remove what is
 * there, after the new one stands. Outcomes in the order of the rows; `done` carries the record's own id. Throws what stopped it before
 * anything was known to be done.
 */
export async function writeTies(
  api: Api,
  facts: ObjectFacts,
  tie: Tie,
  rows: readonly TieRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const looked = rows.filter((row) => !row.fresh && (row.to === null || tie.keeps === "sole")).map((row) => row.id);
  const present = await readTies(api, facts, tie, looked, signal);
  const former = new Map<string, string>();
  for (const { id, to } of rows) {
    const others = (present.get(id) ?? []).filter((one) => one !== to);
    // Where people tied several, none is taken away, and a new one joins them.
    if (others.length === 1) former.set(id, others[0]!);
  }
  const additions = rows.filter((row): row is Pair => row.to !== null && !present.get(row.id)?.includes(row.to));
  const outcomes = new Map<string, RowOutcome>(rows.map(({ id }) => [id, { state: "done", id, created: false }]));
  const stands = ({ id }: { id: string }): boolean => outcomes.get(id)!.state === "done";
  if (additions.length > 0)
    for (const [id, one] of await tied(api, facts, tie, additions, signal)) outcomes.set(id, one);
  try {
    const due = rows.filter(stands).flatMap(({ id }) => (former.has(id) ? [{ id, to: former.get(id)! }] : []));
    if (due.length > 0) await untie(api, facts, tie, due, signal);
    const kept = additions.filter(({ id }) => former.has(id) && mayBeInTheWay(outcomes.get(id)!));
    if (tie.exclusive && kept.length > 0)
      for (const [id, one] of await replaced(api, facts, tie, { rows: kept, former }, signal)) outcomes.set(id, one);
  } catch (error) {
    // The first half was done: what the records show now is for a reading to tell.
    if (!isError(error)) throw error;
    for (const row of rows) if (stands(row)) outcomes.set(row.id, { state: "unknown", why: error.message });
  }
  return rows.map(({ id }) => outcomes.get(id)!);
}

interface Pair {
  readonly id: string;
  readonly to: string;
}

/** Whether a refusal may be for the one that is there; a target that is not there is no matter of that. */
const mayBeInTheWay = (outcome: RowOutcome): boolean =>
  outcome.state === "failed" &&
  outcome.kind !== "later" &&
  outcome.vendor.status !== 404 &&
  !/NOT_FOUND/u.test(outcome.vendor.code);

/**
 * Where HubSpot refuses a second one beside the first, the first makes room, and comes back where the second is not taken even so: a
 * record must not be left with neither.
 */
async function replaced(
  api: Api,
  facts: ObjectFacts,
  tie: Tie,
  { rows, former }: { rows: readonly Pair[]; former: ReadonlyMap<string, string> },
  signal: AbortSignal,
): Promise<Map<string, RowOutcome>> {
  const before = rows.map(({ id }) => ({ id, to: former.get(id)! }));
  const outcomes = new Map<string, RowOutcome>();
  const unknown = (error: unknown): void => {
    if (!isError(error)) throw error;
    for (const { id } of rows) outcomes.set(id, { state: "unknown", why: error.message });
  };
  try {
    await untie(api, facts, tie, before, signal);
    for (const [id, one] of await tied(api, facts, tie, rows, signal)) outcomes.set(id, one);
  } catch (error) {
    unknown(error);
  }
  const back = before.filter(({ id }) => outcomes.get(id)?.state !== "done");
  try {
    if (back.length > 0)
      for (const [id, one] of await tied(api, facts, tie, back, signal))
        // A refusal stands for what it is only where all is as it was.
        if (one.state !== "done")
          outcomes.set(id, {
            state: "unknown",
            why: "HubSpot did not take the former one back after it refused another",
          });
  } catch (error) {
    unknown(error);
  }
  return outcomes;
}

async function tied(
  api: Api,
  facts: ObjectFacts,
  tie: Tie,
  rows: readonly Pair[],
  signal: AbortSignal,
): Promise<[string, RowOutcome][]> {
  const types = [{ category: "HUBSPOT_DEFINED", typeId: tie.typeId }];
  const typed = rows.map(({ id, to }) => ({ id, to, types }));
  const made = await associate(api, facts.object, tie.to, typed, signal);
  return rows.map((row, index) => [row.id, refusal(tie, row, made[index]!)]);
}

export interface NewAssociation {
  readonly id: string;
  readonly to: string;
  readonly types: readonly AssociationType[];
}

/** Makes associations, or gives those that are there these types. Outcomes in the order of the rows; `done` carries the first record's id. */
export async function associate(
  api: Api,
  from: string,
  to: string,
  rows: readonly NewAssociation[],
  signal: AbortSignal,
): Promise<RowOutcome[]> {
  if (rows.length === 0) return [];
  const inputs = rows.map((row) => ({
    types: row.types.map((type) => ({ associationCategory: type.category, associationTypeId: type.typeId })),
    from: { id: row.id },
    to: { id: row.to },
  }));
  let answer: {
    results?: readonly { fromObjectId: string | number; toObjectId: string | number }[];
    errors?: readonly RawError[];
  };
  try {
    answer = await api.post(
      pathsOf(settingsOf(api)).associations(from, to, "/batch/create"),
      { inputs: inputs as unknown as Json[] },
      // Tying twice is tying once.
      { repeatable: true, signal },
    );
  } catch (error) {
    if (!isError(error, "vendor.refused") || !error.vendor) throw error;
    if (rows.length === 1) return [failed(error.vendor, false)];
    const half = Math.ceil(rows.length / 2);
    const left = await associate(api, from, to, rows.slice(0, half), signal);
    return [...left, ...(await associate(api, from, to, rows.slice(half), signal))];
  }
  const pairs = new Set((answer.results ?? []).map((one) => `${one.fromObjectId} ${one.toObjectId}`));
  return rows.map((row): RowOutcome => {
    if (pairs.has(`${row.id} ${row.to}`)) return { state: "done", id: row.id, created: false };
    const errors = answer.errors ?? [];
    const own = errors.find((error) => names(error, row.id)) ?? errors.find((error) => names(error, row.to));
    const error = own ?? (errors.length === 1 ? errors[0] : undefined);
    return error
      ? failedRow(error, false)
      : { state: "unknown", why: "HubSpot does not say what became of an association" };
  });
}

async function untie(
  api: Api,
  facts: ObjectFacts,
  tie: Tie,
  rows: readonly Pair[],
  signal: AbortSignal,
): Promise<void> {
  const { associations } = pathsOf(settingsOf(api));
  // Between two companies other ties may stand, which are not ours to remove.
  const labelled = tie.exclusive === true;
  const types = [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: tie.typeId }];
  const inputs: JsonObject[] = rows.map(({ id, to }) =>
    labelled ? { types, from: { id }, to: { id: to } } : { from: { id }, to: [{ id: to }] },
  );
  await api.post(
    associations(facts.object, tie.to, labelled ? "/batch/labels/archive" : "/batch/archive"),
    { inputs },
    { repeatable: true, signal },
  );
}

/** The refusal with the field a person knows, and the record at the other end. */
function refusal(tie: Tie, row: { to: string }, outcome: RowOutcome): RowOutcome {
  if (outcome.state !== "failed") return outcome;
  const vendor: VendorWords = {
    ...outcome.vendor,
    message: `${tie.label} ${row.to}: ${outcome.vendor.message}`,
    fields: [tie.field],
  };
  return { ...outcome, kind: outcome.kind === "later" ? "later" : "field", vendor };
}

function names(error: RawError, id: string): boolean {
  const context = Object.values(error.context ?? {})
    .flat()
    .map(String);
  return context.includes(id) || new RegExp(`(?<!\\d)${id}(?!\\d)`, "u").test(String(error.message));
}
