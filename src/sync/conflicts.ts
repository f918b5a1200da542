// Conflicts as a person decides them: an open one is answered, a losing value is put back. All of a call is one transaction.
import { WinstonError, type ErrorCode } from "../base/errors.ts";
import { equalJson, type Json } from "../base/json.ts";
import { canonical } from "../mapping/canonical.ts";
import type { Field, Value } from "../mapping/types.ts";
import { Unreadable } from "../mapping/unreadable.ts";
import { agreeOn, closeConflicts, noteRestored, readConflicts, type ConflictRow } from "../store/conflict.ts";
import type { Queries, Tx } from "../store/database.ts";
import { lockEntities, readEntities, type EntityRow } from "../store/entity.ts";
import { findByIdentity } from "../store/identity.ts";
import { insertIntents, type IntentWrite } from "../store/intent.ts";
import type { Catalog } from "./catalog.ts";
import { editDraft, readOnlyFields, setField, writeDrafts, type EditDraft } from "./edit.ts";
import { EXTERNAL, identityValue } from "./keys.ts";
import { namesOf } from "./named.ts";
import { intentsFor } from "./owed.ts";
import { reviewQuestions } from "./questions.ts";
import type { SaveParts } from "./save.ts";
import type { Conflicts, ConflictView, Take, Taken } from "./types.ts";

const MOST = 2_000;

export function createConflicts(parts: SaveParts): Conflicts {
  const { database, clock, newId, catalog } = parts;

  return {
    get: async (id) => {
      const [row] = UUID.test(id) ? await readConflicts(database, [id]) : [];
      if (!row) throw new WinstonError("not.found", unknown(id));
      return (await conflictViews(database, catalog, [row]))[0]!;
    },

    take: async (ids, what, actor) => {
      if (ids.length > MOST)
        throw new WinstonError("request.invalid", `These are ${ids.length} conflicts; give at most ${MOST} at once.`);
      const asked = [...new Set(ids.map((id) => id.toLowerCase()).filter((id) => UUID.test(id)))];
      return database.transaction(async (tx) => {
        const rulings = await takeAll(tx, asked, what, actor);
        const after = new Map(
          (await conflictViews(tx, catalog, await readConflicts(tx, asked))).map((view) => [view.id, view]),
        );
        return ids.map((id): Taken => {
          const ruling = rulings.get(id.toLowerCase());
          if (!ruling) return { id, status: "failed", code: "not.found", message: unknown(id) };
          if (ruling.state === "refused") return { id, status: "failed", code: ruling.code, message: ruling.message };
          const status = ruling.state === "unchanged" ? "unchanged" : "taken";
          return { id, status, conflict: after.get(id.toLowerCase())! };
        });
      });
    },
  };

  /** Rules on each of these conflicts in their order, and stores what came of it: entities, conflicts, baselines and what is owed. */
  async function takeAll(tx: Tx, ids: readonly string[], what: Take, actor: string): Promise<Map<string, Ruling>> {
    const now = clock.now();
    const intents: IntentWrite[] = [];
    const owners = await lockOwners(tx, await readConflicts(tx, ids));
    const kinds = await describeKinds(tx, new Set([...owners.values()].map((row) => row.kind)));
    const review = async (rows: Iterable<EntityRow>, decided: boolean): Promise<void> => {
      for (const [kind, some] of Map.groupBy(rows, (row) => row.kind)) {
        const changed = [...new Set(some.map((row) => row.id))];
        intents.push(
          ...(await reviewQuestions(tx, changed, { kind, writersOf: catalog.writersOf, now, newId, decided })),
        );
      }
    };
    // What moved since it was asked is told apart first: nobody decides about values that are not there any more.
    await review(owners.values(), false);
    const conflicts = new Map((await readConflicts(tx, ids)).map((row) => [row.id, row]));
    const entities = await lockOwners(tx, [...conflicts.values()]);
    const readOnly = await vendorsOnly(tx, [...entities.values()], kinds);

    const rulings = new Map<string, Ruling>();
    const drafts = new Map<string, EditDraft>();
    const answered: { row: ConflictRow; winner: "winston" | "record" | "given"; value: Value }[] = [];
    const restored: string[] = [];
    for (const id of ids) {
      const row = conflicts.get(id);
      const entity = row && entities.get(row.entityId);
      if (!row || !entity) continue;
      const draft = drafts.get(entity.id) ?? editDraft(entity);
      const field = kinds.get(entity.kind)!.fields.get(row.field);
      const ours = draft.fields[row.field] ?? null;
      const ruling = rule(row, { ours, entity, field, readOnly: readOnly.get(entity.id) }, what);
      const refusal = "value" in ruling ? await cannotBe(tx, entity, field, ruling.value) : undefined;
      rulings.set(id, refusal ?? ruling);
      if (refusal !== undefined || !("value" in ruling)) continue;
      setField(draft, row.field, ruling.value);
      drafts.set(entity.id, draft);
      if (ruling.state === "answers") answered.push({ row, winner: ruling.winner, value: ruling.value });
      else restored.push(id);
    }

    for (const [kind, changed] of Map.groupBy(drafts.values(), (draft) => draft.row!.kind)) {
      await writeDrafts(tx, { kind, created: [], changed, origin: { actor, from: now, to: now }, actor, now });
      const news = changed.map((draft) => ({ ...draft, version: draft.row!.version + 1 }));
      intents.push(...(await intentsFor(tx, await catalog.writersOf(tx, kind), news)));
    }
    await closeConflicts(
      tx,
      { by: actor, at: now },
      answered.map(({ row, winner, value }) => ({ id: row.id, winner, given: winner === "given" ? value : null })),
    );
    // What the record says was seen by whoever decided: from now on it is no edit, so what was decided goes out.
    await agreeOn(
      tx,
      answered.map(({ row }) => ({ ...row, value: row.record })),
    );
    await noteRestored(tx, { by: actor, at: now }, restored);
    await review(
      [...drafts.values()].map((draft) => draft.row!),
      true,
    );
    await insertIntents(tx, intents, now);
    await parts.jobs.wake(
      tx,
      [...new Set(intents.map((intent) => intent.streamId))].map((streamId) => ({ streamId, lane: "push" as const })),
      "conflict",
    );
    return rulings;
  }

  async function describeKinds(tx: Tx, names: ReadonlySet<string>) {
    const kinds = new Map<string, Awaited<ReturnType<typeof catalog.writers>> & { fields: Map<string, Field> }>();
    for (const kind of names) {
      const fields = new Map((await catalog.fields(tx, kind)).map((field) => [field.key, field]));
      kinds.set(kind, { ...(await catalog.writers(tx, kind)), fields });
    }
    return kinds;
  }

  /** Fields that only a vendor may change, by entity. */
  async function vendorsOnly(
    tx: Tx,
    entities: readonly EntityRow[],
    kinds: Awaited<ReturnType<typeof describeKinds>>,
  ): Promise<Map<string, ReadonlySet<string>>> {
    const found = new Map<string, ReadonlySet<string>>();
    for (const [kind, rows] of Map.groupBy(entities, (row) => row.kind)) {
      const { writers, inboundOnly } = kinds.get(kind)!;
      const drafts = rows.map((row) => editDraft(row));
      for (const [id, fields] of await readOnlyFields(tx, drafts, inboundOnly, writers)) found.set(id, fields);
    }
    return found;
  }

  /** The things that these conflicts are about, locked, by the id that the conflict names: what was merged away is where it went. */
  async function lockOwners(tx: Tx, rows: readonly ConflictRow[]): Promise<Map<string, EntityRow>> {
    const owners = new Map<string, EntityRow>();
    let wanted = new Map(rows.map((row) => [row.entityId, row.entityId]));
    for (let hops = 0; wanted.size > 0 && hops < 10; hops++) {
      const ids = [...new Set(wanted.values())].toSorted();
      const locked = new Map((await lockEntities(tx, ids)).map((one) => [one.id, one]));
      const next = new Map<string, string>();
      for (const [owner, id] of wanted) {
        const row = locked.get(id);
        if (row?.mergedInto) next.set(owner, row.mergedInto);
        else if (row) owners.set(owner, row);
      }
      wanted = next;
    }
    return owners;
  }

  /** Why a value cannot be the field's, where only the database knows. */
  async function cannotBe(
    tx: Tx,
    entity: EntityRow,
    field: Field | undefined,
    value: Value,
  ): Promise<Extract<Ruling, { state: "refused" }> | undefined> {
    if (field?.type === "reference" && typeof value === "string") {
      const [target] = UUID.test(value) ? await readEntities(tx, [value]) : [];
      if (!target || target.deletedAt !== null || (field.target !== undefined && target.kind !== field.target))
        return refused(
          "request.invalid",
          `There is no ${field.target ?? "record"} ${value} any more for ${field.key}.`,
        );
    }
    if (field?.key === "externalId") {
      const key = identityValue(EXTERNAL, value);
      const [holder] = key === null ? [] : await findByIdentity(tx, entity.kind, [{ key: EXTERNAL, value: key }], null);
      if (holder && holder.entityId !== entity.id)
        return refused("request.conflict", `The external id ${show(value)} belongs to ${holder.entityId} by now.`);
    }
    return undefined;
  }
}

/** What is done about one conflict. */
export type Ruling =
  | { readonly state: "refused"; readonly code: ErrorCode; readonly message: string }
  | { readonly state: "unchanged" }
  | { readonly state: "answers"; readonly winner: "winston" | "record" | "given"; readonly value: Value }
  | { readonly state: "restores"; readonly value: Value };

/**
 * What taking a conflict comes to. Pure. Open: the chosen value becomes ours. Decided: the losing value does, unless the field is no
 * longer what was decided and nobody insists.
 */
export function rule(
  row: Pick<ConflictRow, "id" | "field" | "winston" | "record" | "winner" | "given" | "decidedBy">,
  now: {
    readonly ours: Json;
    readonly entity: Pick<EntityRow, "id" | "kind" | "deletedAt">;
    readonly field: Field | undefined;
    /** Fields that only a vendor may change. */
    readonly readOnly: ReadonlySet<string> | undefined;
  },
  { choice, force = false }: Take,
): Ruling {
  const { ours, entity, field } = now;
  if (entity.deletedAt !== null)
    return refused(
      "request.conflict",
      `The ${entity.kind} ${entity.id} is deleted; there is nothing to put ${row.field} into.`,
    );
  if (!field) return refused("request.conflict", `${entity.kind} has no field ${row.field} any more.`);
  if (row.winner === "moot")
    return refused(
      "request.conflict",
      `Nobody need decide conflict ${row.id} any more: both sides agree, the record is gone, or it was asked anew about other values. \`winston conflicts list --open\` shows what is open; to set ${row.field} otherwise, edit the record.`,
    );
  const readOnly = refused(
    "field.read_only",
    `${row.field} comes from a vendor only: its mapping reads it and does not write it. Change it there, or make the mapping row two-way.`,
  );
  if (row.winner === "open") {
    if (!choice)
      return refused(
        "request.invalid",
        `Conflict ${row.id} is open. Say what ${row.field} shall be: winston, record, or a value.`,
      );
    if ("side" in choice) return { state: "answers", winner: choice.side, value: row[choice.side] as Value };
    const value = canonical(field.type, choice.value);
    if (value instanceof Unreadable) return refused("request.invalid", `${row.field}: ${value.why}`);
    const side = (["winston", "record"] as const).find((one) => equalJson(value, row[one]));
    if (side === undefined && now.readOnly?.has(row.field)) return readOnly;
    return { state: "answers", winner: side ?? "given", value };
  }
  if (choice && "value" in choice)
    return refused(
      "request.conflict",
      `Conflict ${row.id} is decided, and gives back one of its own values. To set ${row.field} to another one, edit the record.`,
    );
  if (!choice && row.winner === "given")
    return refused(
      "request.invalid",
      `Conflict ${row.id} was decided for a third value. Say which to put back: winston or record.`,
    );
  const side = choice?.side ?? (row.winner === "record" ? "winston" : "record");
  const value = row[side] as Value;
  if (equalJson(value, ours)) return { state: "unchanged" };
  const stood = row.winner === "given" ? row.given : row[row.winner];
  if (!equalJson(ours, stood) && !force)
    return refused(
      "request.conflict",
      `${row.field} was edited since conflict ${row.id} was decided: it is ${show(ours)} now, and ${show(stood)} had won. To put ${show(value)} back all the same, take it with force (--force).`,
    );
  if (now.readOnly?.has(row.field)) return readOnly;
  return { state: "restores", value };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

const refused = (code: ErrorCode, message: string): Extract<Ruling, { state: "refused" }> => ({
  state: "refused",
  code,
  message,
});
const unknown = (id: string): string => `There is no conflict ${id}; \`winston conflicts list\` shows them.`;
const show = (value: Json): string => (value === null ? "blank" : JSON.stringify(value));

/** As people see them, in their order. */
export async function conflictViews(
  db: Queries,
  catalog: Pick<Catalog, "fields">,
  rows: readonly ConflictRow[],
): Promise<ConflictView[]> {
  const names = await namesOf(
    db,
    catalog,
    rows.map(({ kind, field, entityId, baseline, winston, record, given }) => ({
      kind,
      values: [baseline, winston, record, given].map((value) => [field, value] as const),
      ids: [entityId],
    })),
  );
  return rows.map(({ streamId: _stream, ...view }, at) => {
    const { [view.entityId]: title = null, ...named } = names[at]!;
    return { ...view, title, names: named };
  });
}
