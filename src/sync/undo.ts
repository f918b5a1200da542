// Undo: puts back what was written, as edits of ours that travel like any other. What somebody changed since stays, and is named.
import { WinstonError } from "../base/errors.ts";
import { equalJson, type Json, type JsonObject } from "../base/json.ts";
import type { Value } from "../mapping/types.ts";
import type { Queries, Tx } from "../store/database.ts";
import { readConnections } from "../store/connection.ts";
import { lockEntities, readEntities } from "../store/entity.ts";
import { insertIntents, type IntentWrite } from "../store/intent.ts";
import { activeLinks } from "../store/link.ts";
import { parkedFor, unpark } from "../store/parked.ts";
import { listPlans } from "../store/plan.ts";
import { listRuns } from "../store/run.ts";
import { changedAfter, changedWithin, writtenWithin, type PlanEdit, type UndoScope } from "../store/undo.ts";
import type { Catalog } from "./catalog.ts";
import { editDraft, setField, writeDrafts, type EditDraft } from "./edit.ts";
import { WITHDRAWN } from "./gone.ts";
import type { Writer } from "./context.ts";
import { intentsFor } from "./owed.ts";
import type { Undoing } from "./planned.ts";
import { refuseUnknownField, thingNamed } from "./undo-names.ts";

/** What is left as it is, and why. */
export interface Left {
  readonly entityId: string;
  readonly kind: string;
  readonly field: string | null;
  readonly message: string;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map([
  [
    "mergedInto",
    "It was merged into another; a merge is not undone. Two that are not one are parted with winston duplicates unlink.",
  ],
  ["stage", "It moved to another stage, as a lead that is converted does; that is not undone."],
]);

/** In the fields of an edit: it lives when the plan is made, and is only made again at a vendor. */
const LIVES = "deletedAt";

interface Edit {
  readonly kind: string;
  readonly fields: Record<string, [Json, Json]>;
  restore: boolean;
  readonly withdraw: Set<number>;
}

/** What undoing a scope sets here of these things, and what it leaves. Reads only. */
export async function editsOf(
  tx: Queries,
  parts: { readonly catalog: Pick<Catalog, "writersOf"> },
  { scope, planId }: Pick<UndoAsked, "scope" | "planId">,
  ids: readonly string[],
): Promise<{ edits: PlanEdit[]; left: Left[] }> {
  const edits = new Map<string, Edit>();
  const left: Left[] = [];
  const editOf = (entityId: string, kind: string) => {
    const present = edits.get(entityId);
    if (present) return present;
    const fresh: Edit = { kind, fields: {}, restore: false, withdraw: new Set() };
    edits.set(entityId, fresh);
    return fresh;
  };
  const changes = await changedWithin(tx, scope, ids);
  for (const { entityId, kind, field, current, target, changedBy } of changes) {
    const leave = (message: string): void => void left.push({ entityId, kind, field, message });
    if (changedBy !== null) leave(`${changedBy} changed it since; that stays.`);
    else if (NO_FIELDS.has(field)) leave(NO_FIELDS.get(field)!);
    else if (field === "deletedAt") {
      if (target === null && current !== null) editOf(entityId, kind).restore = true;
      else if (target !== null && current === null)
        leave("It was brought back to life; delete it where it is not wanted.");
    } else if (!equalJson(current, target)) editOf(entityId, kind).fields[field] = [current, target];
  }
  const seen = new Set(changes.map((one) => `${one.entityId} ${one.field}`));
  // Of one thing alone the values go back; that it was made or deleted somewhere is taken back with the run or the time of it.
  const written = scope.runId === null && scope.since === null ? [] : await writtenWithin(tx, scope, planId, ids);
  const writes = scope.field === null ? written : written.filter((one) => one.op === "update");
  const stood = new Map<string, Json>();
  for (const { entityId, before, sent } of writes)
    for (const field of Object.keys(sent)) stood.set(`${entityId} ${field}`, before?.[field] ?? null);
  for (const write of writes) {
    const { entityId, kind, op } = write;
    const leave = (message: string, field: string | null = null): void =>
      void left.push({ entityId, kind, field, message });
    if (op === "create") {
      if (!write.linked)
        leave(`What was made at ${write.connection} is not there any more, or is something else's by now.`);
      else editOf(entityId, kind).withdraw.add(write.streamId);
    } else if (op === "delete") {
      const edit = editOf(entityId, kind);
      edit.restore = true;
      if (write.lives) edit.fields[LIVES] = [null, null];
    } else if (op === "merge") leave(`It was merged at ${write.connection}; a merge is not undone.`);
    else
      for (const [field, value] of Object.entries(write.sent)) {
        const key = `${entityId} ${field}`;
        if (seen.has(key) || (scope.field !== null && field !== scope.field)) continue;
        seen.add(key);
        const current = write.fields[field] ?? null;
        const before = stood.get(key)!;
        if (!equalJson(current, value)) leave("Somebody changed it since; that stays.", field);
        else if (!equalJson(current, before)) editOf(entityId, kind).fields[field] = [current, before];
      }
  }
  left.push(...(await keepRequired(tx, parts, edits)));
  return {
    edits: [...edits]
      .filter(([, { fields, restore, withdraw }]) => Object.keys(fields).length > 0 || restore || withdraw.size > 0)
      .map(([entityId, { withdraw, ...edit }]) => ({ entityId, ...edit, withdraw: [...withdraw] })),
    left,
  };
}

/** A field that an edit of an undo would empty at one place where it is written. */
interface Emptying {
  readonly entityId: string;
  readonly kind: string;
  readonly field: string;
  readonly writer: Writer;
}

async function emptyings(
  tx: Queries,
  { catalog }: { readonly catalog: Pick<Catalog, "writersOf"> },
  edits: readonly Pick<PlanEdit, "entityId" | "kind" | "fields" | "withdraw">[],
): Promise<Emptying[]> {
  const emptying = edits.filter(({ fields }) => Object.values(fields).some(([, target]) => target === null));
  if (emptying.length === 0) return [];
  const found: Emptying[] = [];
  const ids = emptying.map((one) => one.entityId);
  const links = Map.groupBy(await activeLinks(tx, ids, null), (one) => one.entityId);
  for (const [kind, ofKind] of Map.groupBy(emptying, (one) => one.kind)) {
    const writers = new Map((await catalog.writersOf(tx, kind)).map((one) => [one.streamId, one]));
    for (const { entityId, fields, withdraw } of ofKind)
      for (const { streamId } of links.get(entityId) ?? []) {
        const writer = withdraw.includes(streamId) ? undefined : writers.get(streamId);
        if (!writer) continue;
        for (const [field, [, target]] of Object.entries(fields))
          if (target === null && writer.outbound.has(field)) found.push({ entityId, kind, field, writer });
      }
  }
  return found;
}

const namesOf = async (tx: Queries): Promise<ReadonlyMap<string, string>> =>
  new Map((await readConnections(tx, null)).map((one) => [one.id, one.name]));

/** Takes out of these edits what would empty a field that a vendor takes no blank for, and returns it: it would be refused. */
async function keepRequired(
  tx: Queries,
  parts: { readonly catalog: Pick<Catalog, "writersOf"> },
  edits: ReadonlyMap<string, Edit>,
): Promise<Left[]> {
  const all = [...edits].map(([entityId, edit]) => ({ ...edit, entityId, withdraw: [...edit.withdraw] }));
  const refused = (await emptyings(tx, parts, all)).filter(({ field, writer }) => writer.neverEmptied.has(field));
  if (refused.length === 0) return [];
  const names = await namesOf(tx);
  return refused.flatMap(({ entityId, kind, field, writer }) => {
    const { fields } = edits.get(entityId)!;
    if (!(field in fields)) return [];
    delete fields[field];
    const message = `It was blank before, and ${names.get(writer.connectionId)} takes no blank for it; what is there stays.`;
    return [{ entityId, kind, field, message }];
  });
}

/** What whoever approves these edits should know of places whose vendor does not tell which fields it takes no blank for. */
export async function untoldOf(
  tx: Queries,
  parts: { readonly catalog: Pick<Catalog, "writersOf"> },
  pages: AsyncIterable<readonly PlanEdit[]>,
): Promise<string[]> {
  const untold = new Map<string, { count: number; fields: Set<string> }>();
  for await (const edits of pages)
    for (const { field, writer } of await emptyings(tx, parts, edits)) {
      if (!writer.hidesRequired) continue;
      const of = untold.get(writer.connectionId) ?? { count: 0, fields: new Set() };
      untold.set(writer.connectionId, of);
      of.count += 1;
      of.fields.add(field);
    }
  if (untold.size === 0) return [];
  const names = await namesOf(tx);
  return [...untold].map(([id, of]) => {
    const values = `${of.count.toLocaleString("en")} ${of.count === 1 ? "value is" : "values are"}`;
    const fields = [...of.fields].toSorted().join(", ");
    return `${values} emptied at ${names.get(id)} (${fields}), which does not tell what it requires. Where it takes no blank, it refuses that write, which is parked with its words: fill the field here again.`;
  });
}

const TOUCHED = "It was changed since the plan was made; that stays.";

/**
 * Carries out edits of an undo, with what they owe to vendors. A field that is not as it was when the plan was made stays, and is
 * returned. All of it belongs to the transaction.
 */
export async function carryOut(
  tx: Tx,
  parts: { readonly catalog: Pick<Catalog, "writersOf"> },
  edits: readonly PlanEdit[],
  of: { readonly planId: string; readonly actor: string; readonly now: number },
): Promise<{ owing: number[]; left: Left[] }> {
  const left: Left[] = [];
  const owed: IntentWrite[] = [];
  const rows = new Map(
    (await lockEntities(tx, edits.map((one) => one.entityId).toSorted())).map((row) => [row.id, row]),
  );
  // What lived when the plan was made and was deleted since stays deleted.
  const isGone = ({ entityId, restore, fields }: PlanEdit): boolean => {
    const row = rows.get(entityId);
    if (!row || row.mergedInto !== null) return true;
    return row.deletedAt !== null && (!restore || LIVES in fields);
  };
  // What is put back is old: whatever somebody said at a vendor since is newer, also where nobody has read it yet.
  const from = Math.min(of.now, ...[...rows.values()].map((row) => row.createdAt));
  for (const [kind, ofKind] of Map.groupBy(edits, (one) => one.kind)) {
    const writers = await parts.catalog.writersOf(tx, kind);
    const changed: EditDraft[] = [];
    for (const edit of ofKind) {
      const row = rows.get(edit.entityId)!;
      if (isGone(edit)) {
        left.push({ entityId: edit.entityId, kind, field: null, message: "It is gone by now." });
        continue;
      }
      const draft = editDraft(row);
      draft.revived = row.deletedAt !== null;
      for (const [field, [current, target]] of Object.entries(edit.fields)) {
        if (field === LIVES) continue;
        if (equalJson((row.fields[field] ?? null) as Json, current)) setField(draft, field, target as Value);
        else
          left.push({
            entityId: edit.entityId,
            kind,
            field,
            message: TOUCHED,
          });
      }
      if (draft.changed.size > 0 || draft.revived) changed.push(draft);
    }
    await writeDrafts(tx, {
      kind,
      created: [],
      changed,
      origin: { actor: of.actor, from, to: of.now },
      actor: of.actor,
      runId: of.planId,
      now: of.now,
    });
    owed.push(
      ...(await intentsFor(
        tx,
        writers,
        changed.map((draft) => ({
          id: draft.id,
          stage: draft.stage,
          version: draft.row!.version + 1,
          changed: draft.changed,
        })),
      )),
    );
    // What lives again is made wherever it is not; what an earlier undo took away there, too.
    const again = ofKind.filter((edit) => edit.restore && !isGone(edit));
    for (const { streamId } of writers) {
      const subjects = again.map((edit) => edit.entityId);
      await unpark(tx, streamId, "push", [...(await parkedFor(tx, streamId, "push", { reason: WITHDRAWN, subjects }))]);
    }
    const raised = new Map(changed.map((draft) => [draft.id, draft.row!.version + 1]));
    owed.push(
      ...(await intentsFor(
        tx,
        writers,
        again.map(({ entityId }) => {
          const { stage, version, fields } = rows.get(entityId)!;
          return {
            id: entityId,
            stage,
            version: raised.get(entityId) ?? version,
            changed: new Set(Object.keys(fields)),
          };
        }),
      )),
    );
    const taken = ofKind.filter((edit) => edit.withdraw.length > 0 && !isGone(edit));
    const touched = await changedAfter(tx, of.planId, {
      actor: of.actor,
      entityIds: taken.map((one) => one.entityId),
    });
    for (const edit of taken)
      if (touched.has(edit.entityId)) left.push({ entityId: edit.entityId, kind, field: null, message: TOUCHED });
      else
        for (const streamId of edit.withdraw)
          owed.push({
            streamId,
            entityId: edit.entityId,
            op: "withdraw",
            version: raised.get(edit.entityId) ?? rows.get(edit.entityId)!.version,
          });
  }
  await insertIntents(tx, owed, of.now);
  return { owing: [...new Set(owed.map((one) => one.streamId))], left };
}

/** What a caller asks to undo. */
export interface UndoAsked {
  readonly scope: UndoScope;
  /** Where the run is the applying of a plan. */
  readonly planId: string | null;
  readonly words: string;
  readonly notes: readonly string[];
}

/** What a caller asks to undo, as a scope. `historyFrom`: what is older may have been let go of. Throws not.found, request.invalid, and request.conflict where history does not reach back so far. */
export async function undoScope(db: Queries, what: Undoing, historyFrom: number): Promise<UndoAsked> {
  const { run, record, field, since } = what;
  if (run === undefined && record === undefined && since === undefined)
    throw new WinstonError(
      "request.invalid",
      field === undefined
        ? "Say what is to be undone: a run or a plan, a record, or all since a time."
        : `Say of what the field ${field} is to be undone: of a run or a plan, of a record, or since a time.`,
    );
  const earliest = new Date(historyFrom).toISOString();
  const thing = record === undefined ? undefined : await thingNamed(db, record);
  if (field !== undefined) await refuseUnknownField(db, field, thing?.kind);
  if (since !== undefined && since < historyFrom)
    throw new WinstonError(
      "request.conflict",
      `History is kept from ${earliest} on, so nothing before that can be undone. Ask for a time after it.`,
    );
  const words = [
    ...(field === undefined ? [] : [field]),
    ...(thing ? [`${field === undefined ? "" : "of "}record ${thing.id}`] : []),
    ...(since === undefined ? [] : [`since ${new Date(since).toISOString()}`]),
  ].join(" ");
  const scope = { runId: run ?? null, entityId: thing?.id ?? null, field: field ?? null, since: since ?? null };
  if (run === undefined) {
    const cut = thing && since === undefined && thing.createdAt < historyFrom;
    const notes = cut ? [`History is kept from ${earliest} on; what was changed of it before that stays.`] : [];
    return { scope, planId: null, words, notes };
  }
  const gone = (what: string, at: number): void => {
    if (at < historyFrom)
      throw new WinstonError(
        "request.conflict",
        `${what} is of ${new Date(at).toISOString()}, and history is kept from ${earliest} on: what it wrote is not known any more, and it cannot be undone.`,
      );
  };
  const of = (what: string): string => (words === "" ? what : `${what}: ${words}`);
  const [plan] = await listPlans(db, { id: run, after: null, limit: 1 });
  if (plan) {
    if (plan.state !== "applied")
      throw new WinstonError("request.conflict", `Plan ${run} is ${plan.state}: only what was applied can be undone.`);
    gone(`Plan ${run}`, plan.approvedAt!);
    return { scope, planId: run, words: of(`plan ${run}`), notes: [] };
  }
  const [known] = await listRuns(db, { connectionId: null, state: null, since: null, after: null, id: run, limit: 1 });
  if (!known)
    throw new WinstonError(
      "not.found",
      `There is no run and no plan ${run}; \`winston runs list\` and \`winston plans list\` show them.`,
    );
  if (known.state === "running") throw new WinstonError("request.conflict", `Run ${run} has not ended yet.`);
  gone(`Run ${run}`, known.startedAt);
  return {
    scope,
    planId: null,
    words: of(`run ${run} (${known.connection} ${known.stream} ${known.lane})`),
    notes: [],
  };
}

/** What whoever approves such a plan should know. `again`: how many things of it were deleted. */
export function notesOf(again: number): string[] {
  return [
    "What a vendor did because of a value (a mail sent, a task made) is not undone.",
    ...(again === 0
      ? []
      : [
          `${again.toLocaleString("en")} of these ${again === 1 ? "is a thing that was" : "are things that were"} deleted. No vendor gives back the old record: each is made anew there, with a new id.`,
        ]),
  ];
}

/** What is left, with the names of the things. */
export async function titled(db: Queries, left: readonly Left[]): Promise<(Left & { title: string | null })[]> {
  const rows = new Map(
    (await readEntities(db, [...new Set(left.map((one) => one.entityId))])).map((row) => [row.id, row]),
  );
  return left.map((one) => ({ ...one, title: titleOf(rows.get(one.entityId)?.fields ?? {}) }));
}

/** What a person knows a thing by. */
export function titleOf(fields: JsonObject): string | null {
  const { name, firstName, lastName, subject, email } = fields;
  const whole = [firstName, lastName].filter((part) => typeof part === "string").join(" ");
  const known = [name, whole, subject, email].find((one) => typeof one === "string" && one !== "");
  return typeof known === "string" ? known : null;
}
