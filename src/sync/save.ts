// Local edits: what comes through the API, the SDK and the importer. One call is one transaction, set-based; a bad item is refused alone.
import type { Problem } from "../base/errors.ts";
import { storable } from "../base/json.ts";
import { canonical, type Loose } from "../mapping/canonical.ts";
import { endsOf } from "../mapping/kinds.ts";
import { FIELD_TYPES, type Field, type FieldType, type Value } from "../mapping/types.ts";
import { pointerTo } from "../mapping/invalid.ts";
import { Unreadable } from "../mapping/unreadable.ts";
import type { Database, Tx } from "../store/database.ts";
import { lockEntities, readEntities, type EntityRow } from "../store/entity.ts";
import { insertFields, type FieldRow } from "../store/field.ts";
import { findByIdentity, lockKeys } from "../store/identity.ts";
import { insertIntents } from "../store/intent.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Catalog } from "./catalog.ts";
import { differs, editDraft, readOnlyFields, setField, writeDrafts, type EditDraft } from "./edit.ts";
import { EXTERNAL, identityValue, lockOf, PAIR, weakKeys } from "./keys.ts";
import { findOrMake } from "./lookup.ts";
import { intentsFor } from "./owed.ts";
import { reviewQuestions } from "./questions.ts";
import type { RecordInput, SaveOptions, SaveResult } from "./types.ts";

export interface SaveParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly catalog: Catalog;
  readonly clock: { now(): number };
  readonly newId: () => string;
}

/** One item on its way. */
interface Item {
  readonly index: number;
  readonly id: string | undefined;
  readonly externalId: string | null;
  readonly values: Record<string, Value>;
  /** References, by Winston's id or another key of the target. */
  readonly references: { readonly field: string; readonly key: string; readonly value: string }[];
  readonly problems: Problem[];
  target: EditDraft | undefined;
}

/** Saves inputs in their order; the result of each says what became of it. Two items with one external id are one record, the later one wins. */
export async function save(
  parts: SaveParts,
  inputs: readonly { readonly id?: string | undefined; readonly input: RecordInput }[],
  options: SaveOptions,
): Promise<SaveResult[]> {
  const fields = new Map((await parts.catalog.fields(parts.database, options.kind)).map((field) => [field.key, field]));
  const made = new Map<string, FieldRow>();
  const items = inputs.map((one, index) => readItem(one, index, fields, made, options));
  const results = await parts.database.transaction((tx) =>
    commit(parts, tx, items, [...made.values()], fields, options),
  );
  if (made.size > 0) parts.catalog.forget();
  return results;
}

/** Canonical values of one item. A key that is no field becomes a custom field, or a problem, as the caller chose. */
function readItem(
  one: { readonly id?: string | undefined; readonly input: RecordInput },
  index: number,
  fields: Map<string, Field>,
  made: Map<string, FieldRow>,
  options: SaveOptions,
): Item {
  const values: Record<string, Value> = {};
  const references: Item["references"] = [];
  const problems: Problem[] = [];
  const loose: Loose = options.loose ?? {};
  for (const [key, given] of Object.entries(one.input)) {
    if (given === undefined) continue;
    let field = fields.get(key);
    if (!field) {
      if (options.unknownKeys === "error") {
        problems.push({
          pointer: pointerTo(key),
          code: "field.unknown",
          message: `There is no field ${key}. Declare it first, or send unknownKeys: "custom" to have it made.`,
        });
        continue;
      }
      if (given === null || given === "") continue;
      const bad = badKey(key);
      if (bad) {
        problems.push({ pointer: pointerTo(key), code: "field.bad_key", message: bad });
        continue;
      }
      field = { key, type: options.types?.[key] ?? typeOf(given), label: key, custom: true };
      fields.set(key, field);
      made.set(key, {
        kind: options.kind,
        key,
        type: field.type,
        label: options.labels?.[key] ?? key,
        target: null,
        source: options.actor,
      });
    }
    if (field.type === "reference" && typeof given === "object" && given !== null) {
      const entry = Object.entries(given as Record<string, unknown>).find(
        ([name, value]) =>
          ["externalId", "name", "email"].includes(name) &&
          typeof value === "string" &&
          value.trim() !== "" &&
          storable(value),
      );
      if (entry)
        references.push({
          field: key,
          key: entry[0] === "externalId" ? EXTERNAL : entry[0],
          value: entry[1] as string,
        });
      else
        problems.push({
          pointer: pointerTo(key),
          code: "value.unreadable",
          message: `Give ${key} as a Winston id, or as {"externalId": ...}, {"name": ...} or {"email": ...}.`,
        });
      continue;
    }
    if (field.type === "reference" && typeof given === "string" && given !== "") {
      references.push({ field: key, key: ID, value: given.trim().toLowerCase() });
      continue;
    }
    const value = canonical(field.type, given, loose);
    if (value instanceof Unreadable)
      problems.push({ pointer: pointerTo(key), code: "value.unreadable", message: value.why });
    else values[key] = value;
  }
  const externalId = typeof values["externalId"] === "string" ? values["externalId"] : null;
  return { index, id: one.id?.toLowerCase(), externalId, values, references, problems, target: undefined };
}

/** Under this key a reference is given by Winston's id. */
const ID = "id";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

const typeOf = (value: unknown): FieldType =>
  typeof value === "boolean"
    ? "boolean"
    : typeof value === "number" || typeof value === "bigint"
      ? "number"
      : typeof value === "object"
        ? "json"
        : "text";

function badKey(key: string): string | undefined {
  if (key.length > 100) return "The name is longer than 100 characters.";
  if (key === "" || key.startsWith("_") || /[\p{Cc}\p{Cs}.]/u.test(key))
    return `${JSON.stringify(key)} cannot be the name of a field: it is empty, begins with "_", or holds a dot, a control character or half of a surrogate pair.`;
  return undefined;
}

async function commit(
  parts: SaveParts,
  tx: Tx,
  items: readonly Item[],
  newFields: readonly FieldRow[],
  fields: Map<string, Field>,
  options: SaveOptions,
): Promise<SaveResult[]> {
  const now = parts.clock.now();
  const { kind } = options;
  await insertFields(tx, newFields, now);
  for (const item of items) item.target = undefined;
  const problems = new Map(items.map((item) => [item, [...item.problems]]));
  const sound = (): Item[] => items.filter((item) => problems.get(item)!.length === 0);

  await resolveGivenReferences(parts, tx, sound(), fields, problems, { now, actor: options.actor });
  const drafts = await findTargets(parts, tx, sound(), options, problems);

  const { writers, inboundOnly } = await parts.catalog.writers(tx, kind);
  const readOnly = await readOnlyFields(tx, [...drafts.values()], inboundOnly, writers);
  for (const item of sound()) {
    const draft = item.target!;
    const refused = Object.keys(item.values).find(
      (field) => draft.row && readOnly.get(draft.id)?.has(field) && differs(draft.fields[field], item.values[field]),
    );
    if (refused !== undefined) {
      problems.get(item)!.push({
        pointer: pointerTo(refused),
        code: "field.read_only",
        message: `${refused} comes from a vendor only: its mapping reads it and does not write it. Change it there, or make the mapping row two-way.`,
      });
      continue;
    }
    const loose = (endsOf(kind) ?? []).find((end) => ({ ...draft.fields, ...item.values })[end] == null);
    if (loose !== undefined) {
      problems.get(item)!.push({
        pointer: pointerTo(loose),
        code: "field.required",
        message: `A ${kind.replace("-", " ")} joins two things; give its ${loose}, or delete it where it no longer joins them.`,
      });
      continue;
    }
    for (const [field, value] of Object.entries(item.values))
      if (differs(draft.fields[field], value)) setField(draft, field, value);
  }

  const results: SaveResult[] = [];
  const touched = new Set(sound().map((item) => item.target!));
  const created = [...touched].filter((draft) => !draft.row);
  const changed = [...touched].filter((draft) => draft.row && (draft.changed.size > 0 || draft.revived));
  const origin = { actor: options.actor, from: now, to: now };
  await writeDrafts(tx, { kind, created, changed, origin, actor: options.actor, now });

  const owed = await intentsFor(tx, writers, [
    ...created.map((draft) => ({
      id: draft.id,
      stage: draft.stage,
      version: 1,
      changed: new Set(Object.keys(draft.fields)),
    })),
    ...changed.map((draft) => ({
      id: draft.id,
      stage: draft.stage,
      version: draft.row!.version + 1,
      // One that lives again owes all of itself: its delete may be under way.
      changed: draft.revived ? new Set([...Object.keys(draft.fields), ...draft.changed]) : draft.changed,
    })),
  ]);
  const ids = changed.map((draft) => draft.id);
  owed.push(...(await reviewQuestions(tx, ids, { kind, writers, now, newId: parts.newId })));
  await insertIntents(tx, owed, now);
  await parts.jobs.wake(
    tx,
    [...new Set(owed.map((intent) => intent.streamId))].map((streamId) => ({ streamId, lane: "push" as const })),
    "edit",
  );

  const seen = new Set<EditDraft>();
  for (const item of items) {
    const wrong = problems.get(item)!;
    if (wrong.length > 0) results[item.index] = { index: item.index, status: "failed", problems: wrong };
    else {
      const draft = item.target!;
      const status = seen.has(draft)
        ? "updated"
        : !draft.row
          ? "created"
          : draft.changed.size > 0 || draft.revived
            ? "updated"
            : "unchanged";
      seen.add(draft);
      results[item.index] = {
        index: item.index,
        status,
        id: draft.id,
        externalId: typeof draft.fields["externalId"] === "string" ? draft.fields["externalId"] : null,
      };
    }
  }
  return results;
}

/** Turns references given by a key into entity ids. Accounts named for the first time are made; people and users must be there. */
async function resolveGivenReferences(
  parts: SaveParts,
  tx: Tx,
  items: readonly Item[],
  fields: Map<string, Field>,
  problems: Map<Item, Problem[]>,
  of: { now: number; actor: string },
): Promise<void> {
  const kindOf = (field: string): string | undefined => fields.get(field)?.target;
  const makes = (field: string, key: string): boolean => key === "name" && kindOf(field) === "account";
  const given = items.flatMap((item) => item.references);
  const found = await findOrMake(
    tx,
    given.filter((one) => makes(one.field, one.key)),
    { kindOf, streamId: null, actor: of.actor },
    { now: of.now, newId: parts.newId },
  );
  const ids = given.filter((one) => one.key === ID && UUID.test(one.value)).map((one) => one.value);
  const byId = new Map((await readEntities(tx, [...new Set(ids)])).map((row) => [row.id, row]));
  for (const { field, value } of given.filter((one) => one.key === ID)) {
    const row = byId.get(value);
    const target = kindOf(field);
    if (row && (target === undefined || row.kind === target))
      found.set(`${field}\n${JSON.stringify(value)}`, row.mergedInto ?? row.id);
  }
  const asked = given.filter((one) => one.key !== ID && !makes(one.field, one.key));
  for (const target of new Set(asked.map((one) => kindOf(one.field) ?? ""))) {
    const list = asked.filter((one) => kindOf(one.field) === target);
    const keys = list.map((one) => ({ key: one.key, value: identityValue(one.key, one.value) ?? "" }));
    for (const one of await findByIdentity(tx, target, keys, null)) {
      const { field, value } = list[one.index]!;
      const name = `${field}\n${JSON.stringify(value)}`;
      if (!found.has(name)) found.set(name, one.entityId);
    }
  }
  for (const item of items) {
    for (const { field, key, value } of item.references) {
      const id = found.get(`${field}\n${JSON.stringify(value)}`);
      if (id !== undefined) item.values[field] = id;
      else
        problems.get(item)!.push({
          pointer: pointerTo(field),
          code: "reference.unknown",
          message: `There is no ${kindOf(field) ?? "record"} whose ${key === EXTERNAL ? "externalId" : key} is ${JSON.stringify(value)}. ${key === ID ? `Give the id of one, or {"externalId": ...}, {"name": ...} or {"email": ...}.` : "Send it first."}`,
        });
    }
  }
}

/** Which entity each item is: by Winston's id, by the external id, by an email that only one has, a tie by what it joins; else a new one. All are locked. */
async function findTargets(
  parts: SaveParts,
  tx: Tx,
  items: readonly Item[],
  options: SaveOptions,
  problems: Map<Item, Problem[]>,
): Promise<Map<string, EditDraft>> {
  const { kind } = options;
  const drafts = new Map<string, EditDraft>();
  const keyed = items.flatMap((item) => {
    const external = identityValue(EXTERNAL, item.externalId);
    if (external !== null) return [{ item, key: { key: EXTERNAL, value: external, strong: true } }];
    if (item.id !== undefined) return [];
    return weakKeys(kind, item.values)
      .filter((key) => key.key === "email" || key.key === PAIR)
      .map((key) => ({ item, key }));
  });
  await lockKeys(tx, lockOf(kind), keyed.length, () => keyed.map(({ key }) => lockOf(kind, key)));
  const entityOf = new Map<Item, string>();
  const holders = new Map<string, string>();
  const weak = new Map<Item, Set<string>>();
  for (const found of await findByIdentity(
    tx,
    kind,
    keyed.map(({ key }) => key),
    null,
  )) {
    const { item, key } = keyed[found.index]!;
    if (key.strong) {
      if (!found.strong) continue;
      entityOf.set(item, found.entityId);
      holders.set(key.value, found.entityId);
    } else (weak.get(item) ?? weak.set(item, new Set()).get(item)!).add(found.entityId);
  }
  for (const [item, ids] of weak) if (ids.size === 1) entityOf.set(item, [...ids][0]!);
  for (const item of items) if (item.id !== undefined) entityOf.set(item, item.id);

  const rows = new Map(
    (await lockEntities(tx, [...new Set(entityOf.values())].toSorted())).map((row) => [row.id, row]),
  );
  const byKey = new Map<string, EditDraft>();
  const keyOf = new Map(keyed.map(({ item, key }) => [item, key]));
  for (const item of items) {
    const id = entityOf.get(item);
    const row = id === undefined ? undefined : rows.get(id);
    if (
      id !== undefined &&
      item.id !== undefined &&
      (!row || row.kind !== kind || row.mergedInto !== null || (row.deletedAt !== null && options.mode === "update"))
    ) {
      problems
        .get(item)!
        .push({ pointer: "/id", code: "not.found", message: `There is no ${kind} with the id ${item.id}.` });
      continue;
    }
    const own = keyOf.get(item);
    if (row) {
      // A caller's own id names one record: it is not taken from the one that has it.
      if (own?.strong && item.id !== undefined) {
        const holder = holders.get(own.value) ?? row.id;
        if (holder !== row.id) {
          problems.get(item)!.push({
            pointer: "/externalId",
            code: "request.conflict",
            message: `The external id ${JSON.stringify(item.externalId)} belongs to the ${kind} ${holder} already. Leave it out, or change that one first.`,
          });
          continue;
        }
        holders.set(own.value, row.id);
      }
      item.target = drafts.get(row.id) ?? draftOf(row, options);
      drafts.set(row.id, item.target);
      continue;
    }
    if (options.mode === "update") {
      problems.get(item)!.push({
        pointer: "/externalId",
        code: "not.found",
        message: `There is no ${kind} with the external id ${JSON.stringify(item.externalId)}.`,
      });
      continue;
    }
    // The same new record twice in one call is one record.
    const name = own ? `${own.key}\n${own.value}` : undefined;
    const held = own?.strong ? drafts.get(holders.get(own.value) ?? "") : undefined;
    const twin = held ?? (name === undefined ? undefined : byKey.get(name));
    const draft = twin ?? {
      id: parts.newId(),
      row: undefined,
      stage: options.stage ?? null,
      fields: {},
      old: {},
      changed: new Set<string>(),
      revived: false,
    };
    item.target = draft;
    drafts.set(draft.id, draft);
    if (name !== undefined) byKey.set(name, draft);
    if (own?.strong) holders.set(own.value, draft.id);
  }
  return drafts;
}

const draftOf = (row: EntityRow, options: SaveOptions): EditDraft => ({
  // A lead does not go back from being a contact, and a contact is not made of a lead by a wrong address.
  ...editDraft(row, row.stage ?? options.stage ?? null),
  revived: row.deletedAt !== null,
});

/** Which of these words are field types. */
export const isFieldType = (word: string): word is FieldType => (FIELD_TYPES as readonly string[]).includes(word);
