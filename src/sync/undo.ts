// Undo: puts back what was written, as edits of ours that travel like any other. What somebody changed since stays, and is named.
import { WinstonError } from "../base/errors.ts";
import { equalJson, type Json, type JsonObject } from "../base/json.ts";
import type { Value } from "../mapping/types.ts";
import type { Queries, Tx } from "../store/database.ts";
import { lockEntities, readEntities } from "../store/entity.ts";
import { insertIntents, type IntentWrite } from "../store/intent.ts";
import { parkedFor, unpark } from "../store/parked.ts";
import { listPlans } from "../store/plan.ts";
import { listRuns } from "../store/run.ts";
import { changedWithin, writtenWithin, type PlanEdit, type UndoScope } from "../store/undo.ts";
import type { Catalog } from "./catalog.ts";
import { editDraft, setField, writeDrafts, type EditDraft } from "./edit.ts";
import { WITHDRAWN } from "./gone.ts";
import { intentsFor } from "./owed.ts";
import type { Undoing } from "./planned.ts";

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

/** What undoing a scope sets here, and what it leaves. Reads only. */
export async function editsOf(
  tx: Queries,
  scope: UndoScope,
  planId: string | null,
): Promise<{ edits: PlanEdit[]; left: Left[] }> {
  const edits = new Map<
    string,
    { kind: string; fields: Record<string, [Json, Json]>; restore: boolean; withdraw: Set<number> }
  >();
  const left: Left[] = [];
  const editOf = (entityId: string, kind: string) => {
    const present = edits.get(entityId);
    if (present) return present;
    const fresh = { kind, fields: {} as Record<string, [Json, Json]>, restore: false, withdraw: new Set<number>() };
    edits.set(entityId, fresh);
    return fresh;
  };
  const changes = await changedWithin(tx, scope);
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
  const writes = scope.runId === null && planId === null ? [] : await writtenWithin(tx, { runId: scope.runId, planId });
  for (const write of writes) {
    const { entityId, kind, op } = write;
    const leave = (message: string, field: string | null = null): void =>
      void left.push({ entityId, kind, field, message });
    if (op === "create") {
      if (!write.linked)
        leave(`What was made at ${write.connection} is not there any more, or is something else's by now.`);
      else editOf(entityId, kind).withdraw.add(write.streamId);
    } else if (op === "delete") editOf(entityId, kind).restore = true;
    else if (op === "merge") leave(`It was merged at ${write.connection}; a merge is not undone.`);
    else
      for (const [field, value] of Object.entries(write.sent)) {
        const key = `${entityId} ${field}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const current = write.fields[field] ?? null;
        const before = write.before?.[field] ?? null;
        if (!equalJson(current, value)) leave("Somebody changed it since; that stays.", field);
        else if (!equalJson(current, before)) editOf(entityId, kind).fields[field] = [current, before];
      }
  }
  return {
    edits: [...edits].map(([entityId, { withdraw, ...edit }]) => ({ entityId, ...edit, withdraw: [...withdraw] })),
    left,
  };
}

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
  for (const [kind, ofKind] of Map.groupBy(edits, (one) => one.kind)) {
    const writers = await parts.catalog.writersOf(tx, kind);
    const changed: EditDraft[] = [];
    for (const edit of ofKind) {
      const row = rows.get(edit.entityId);
      if (!row || row.mergedInto !== null || (row.deletedAt !== null && !edit.restore)) {
        left.push({ entityId: edit.entityId, kind, field: null, message: "It is gone by now." });
        continue;
      }
      const draft = editDraft(row);
      draft.revived = row.deletedAt !== null;
      for (const [field, [current, target]] of Object.entries(edit.fields)) {
        if (equalJson((row.fields[field] ?? null) as Json, current)) setField(draft, field, target as Value);
        else
          left.push({
            entityId: edit.entityId,
            kind,
            field,
            message: "It was changed since the plan was made; that stays.",
          });
      }
      if (draft.changed.size > 0 || draft.revived) changed.push(draft);
    }
    await writeDrafts(tx, {
      kind,
      created: [],
      changed,
      origin: { actor: of.actor, from: of.now, to: of.now },
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
    const again = ofKind.filter((edit) => edit.restore && rows.get(edit.entityId)?.mergedInto === null);
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
    for (const edit of ofKind)
      for (const streamId of edit.withdraw)
        if (rows.has(edit.entityId))
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

/** What a caller asks to undo, as a scope. `historyFrom`: what is older may have been let go of. Throws not.found, request.invalid, and request.conflict where history does not reach back so far. */
export async function undoScope(
  db: Queries,
  what: Undoing,
  historyFrom: number,
): Promise<{ scope: UndoScope; planId: string | null; words: string }> {
  const { run, record, field, since } = what;
  if (field !== undefined && record === undefined)
    throw new WinstonError("request.invalid", `Say of which record the field ${field} is to be undone.`);
  if (run === undefined && record === undefined && since === undefined)
    throw new WinstonError(
      "request.invalid",
      "Say what is to be undone: a run or a plan, a record, or all since a time.",
    );
  const scope = { runId: null, entityId: record ?? null, field: field ?? null, since: since ?? null };
  if (record !== undefined && (await readEntities(db, [record])).length === 0)
    throw new WinstonError("not.found", `There is no record ${record}; \`winston records list\` shows them.`);
  if (since !== undefined && since < historyFrom)
    throw new WinstonError(
      "request.conflict",
      `History is kept from ${new Date(historyFrom).toISOString()} on, so nothing before that can be undone. Ask for a time after it.`,
    );
  const words = [
    ...(record === undefined ? [] : [field === undefined ? `record ${record}` : `${field} of record ${record}`]),
    ...(since === undefined ? [] : [`since ${new Date(since).toISOString()}`]),
  ];
  if (run === undefined) return { scope, planId: null, words: words.join(" ") };
  const [plan] = await listPlans(db, { id: run, after: null, limit: 1 });
  if (plan) {
    if (plan.state !== "applied")
      throw new WinstonError("request.conflict", `Plan ${run} is ${plan.state}: only what was applied can be undone.`);
    return { scope: { ...scope, runId: run }, planId: run, words: [`plan ${run}`, ...words].join(" ") };
  }
  const [known] = await listRuns(db, { connectionId: null, state: null, since: null, after: null, id: run, limit: 1 });
  if (!known)
    throw new WinstonError(
      "not.found",
      `There is no run and no plan ${run}; \`winston runs list\` and \`winston plans list\` show them.`,
    );
  if (known.state === "running") throw new WinstonError("request.conflict", `Run ${run} has not ended yet.`);
  return {
    scope: { ...scope, runId: run },
    planId: null,
    words: [`run ${run} (${known.connection} ${known.stream} ${known.lane})`, ...words].join(" "),
  };
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
