// Local edits: what comes through the API, the SDK and the importer. One call is one transaction, set-based; a bad item is refused alone.
import { insertChanges, type ChangeWrite } from "../store/change.ts";
import type { Json } from "../base/json.ts";
import type { Database, Tx } from "../store/database.ts";
import { insertDuplicates } from "../store/duplicate.ts";
import { lockEntities, survivorsOf, raiseVersions, readEntities } from "../store/entity.ts";
import { DecideAgain } from "../store/failures.ts";
import { insertFields, type FieldRow } from "../store/field.ts";
import { findByIdentity, insertIdentities, lockKeys } from "../store/identity.ts";
import { doneBefore, noteDone } from "../store/idempotency.ts";
import { insertIntents } from "../store/intent.ts";
import type { Field } from "../mapping/types.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Catalog } from "./catalog.ts";
import type { Writer } from "./context.ts";
import { editDraft, readOnlyFields, writeDrafts } from "./edit.ts";
import { EXTERNAL, lockOf, type IdentityKey } from "./keys.ts";
import { leadsOf } from "./led-on.ts";
import { intentsFor } from "./owed.ts";
import { reviewQuestions } from "./questions.ts";
import { freshItem, readItem, type Item } from "./save-items.ts";
import { plan, suggestions, weakName, type Known, type Plan, type SaveDraft } from "./save-plan.ts";
import { resolveGivenReferences, settleAmong } from "./save-references.ts";
import type { SaveInput, SaveOptions, SaveResult } from "./types.ts";

export interface SaveParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly catalog: Catalog;
  readonly clock: { now(): number };
  readonly newId: () => string;
}

/**
 * Saves inputs in their order; the result of each says what became of it. Two items with one external id are one record and the later one
 * wins; one without is who its email names by the rule of src/sync/names.ts, else what was made of the same content, else a new one.
 */
export async function save(
  parts: SaveParts,
  inputs: readonly SaveInput[],
  options: SaveOptions,
): Promise<SaveResult[]> {
  const fields = new Map((await parts.catalog.fields(parts.database, options.kind)).map((field) => [field.key, field]));
  const made = new Map<string, FieldRow>();
  const items = inputs.map((one, index) => readItem(one, index, fields, made, options));
  const { claim } = options;
  const results = await parts.database.transaction(async (tx) => {
    const before = claim && (await doneBefore(tx, claim));
    if (before !== undefined) return before as unknown as SaveResult[];
    await insertFields(tx, [...made.values()], parts.clock.now());
    const now = await commit(parts, tx, items.map(freshItem), fields, options);
    if (claim) await noteDone(tx, claim, now as unknown as Json);
    return now;
  });
  if (made.size > 0) parts.catalog.forget();
  return results;
}

async function commit(
  parts: SaveParts,
  tx: Tx,
  given: readonly Item[],
  fields: ReadonlyMap<string, Field>,
  options: SaveOptions,
): Promise<SaveResult[]> {
  const items = await followMerges(tx, given);
  const { kind, actor } = options;
  const { newId } = parts;
  const now = parts.clock.now();
  const kindOf = (field: string): string | undefined => fields.get(field)?.target;
  const sound = (): Item[] => items.filter((item) => item.problems.length === 0);

  const open = await resolveGivenReferences(tx, sound(), { kind, kindOf, actor, now, newId });
  const { sharedMailboxes } = parts.catalog;
  const { strong, weak } = await findKnown(tx, kind, sound(), sharedMailboxes);
  const makes = options.mode !== "update";
  const reserved = settleAmong(sound(), open, { known: strong, makes, kindOf, newId });
  const { writers, inboundOnly } = await parts.catalog.writers(tx, kind);
  const { drafts, taken, refused, suspects } = await planLocked(
    tx,
    sound(),
    { strong, weak, reserved, sharedMailboxes },
    options,
    {
      newId,
      fields,
      inboundOnly,
      writers,
    },
  );
  for (const [item, problem] of refused) item.problems.push(problem);

  const created = drafts.filter((draft) => !draft.row);
  const changed = drafts.filter((draft) => draft.row && (draft.changed.size > 0 || draft.revived));
  await writeDrafts(tx, { kind, created, changed, origin: { actor, from: now, to: now }, actor, now });
  await writeReplaced(tx, [...created, ...changed], { actor, now });
  await insertIdentities(
    tx,
    kind,
    created.flatMap(({ id, contents }) =>
      [...contents].map((value) => ({ entityId: id, key: EXTERNAL, value, strong: true })),
    ),
  );
  await insertDuplicates(
    tx,
    { kind, at: now },
    suspects.map((pair) => ({ id: newId(), ...pair })),
  );

  const owed = await intentsFor(tx, await parts.catalog.writersOf(tx, kind), [
    ...created.map((draft) => ({
      id: draft.id,
      stage: draft.stage,
      version: versionOf(draft),
      changed: new Set(Object.keys(draft.fields)),
    })),
    ...changed.map((draft) => ({
      id: draft.id,
      stage: draft.stage,
      version: versionOf(draft),
      // One that lives again owes all of itself: its delete may be under way.
      changed: draft.revived ? new Set([...Object.keys(draft.fields), ...draft.changed]) : draft.changed,
    })),
  ]);
  const ids = changed.map((draft) => draft.id);
  owed.push(...(await reviewQuestions(tx, ids, { kind, writersOf: parts.catalog.writersOf, now, newId })));
  await insertIntents(tx, owed, now);
  await parts.jobs.wake(
    tx,
    [...new Set(owed.map((intent) => intent.streamId))].map((streamId) => ({ streamId, lane: "push" as const })),
    "edit",
  );

  return items.map((item): SaveResult => {
    const one = taken.get(item);
    if (!one) return { index: item.index, status: "failed", problems: item.problems };
    const { externalId } = one.draft.fields;
    return {
      index: item.index,
      status: one.status,
      id: one.draft.id,
      externalId: typeof externalId === "string" ? externalId : null,
    };
  });
}

/** Items meant for a record that was merged into another are meant for that other: callers keep the ids they know. */
async function followMerges(tx: Tx, items: readonly Item[]): Promise<readonly Item[]> {
  const away = await survivorsOf(
    tx,
    items.flatMap((item) => item.id ?? []),
  );
  return away.size === 0 ? items : items.map((item) => ({ ...item, id: away.get(item.id!) ?? item.id }));
}

/** The records that the items' keys lead to. The keys stay locked: whoever else is about to make one of these waits. */
async function findKnown(
  tx: Tx,
  kind: string,
  items: readonly Item[],
  sharedMailboxes: ReadonlySet<string>,
): Promise<Pick<Known, "strong" | "weak">> {
  const keys = new Map<string, IdentityKey>();
  const add = (key: IdentityKey): void => void keys.set(weakName(key), key);
  for (const { id, external, content, values } of items) {
    if (external !== null) add({ key: EXTERNAL, value: external, strong: true });
    if (external !== null || id !== undefined) continue;
    if (content !== null) add({ key: EXTERNAL, value: content, strong: true });
    for (const key of suggestions(kind, values, sharedMailboxes)) add(key);
  }
  const asked = [...keys.values()];
  await lockKeys(tx, lockOf(kind), asked.length, () => asked.map((key) => lockOf(kind, key)));
  const strong = new Map<string, string>();
  const weak = new Map<string, string[]>();
  for (const found of await findByIdentity(tx, kind, asked, null)) {
    const key = asked[found.index]!;
    const name = weakName(key);
    if (!key.strong) (weak.get(name) ?? weak.set(name, []).get(name)!).push(found.entityId);
    else if (found.strong) strong.set(key.value, found.entityId);
  }
  return { strong, weak };
}

/**
 * The plan, with all it touches locked. Of an address that many have only those are locked that an item turns out to be: it is planned
 * on what was read, and once more on what is locked.
 */
async function planLocked(
  tx: Tx,
  items: readonly Item[],
  keys: Omit<Known, "rows" | "readOnly" | "leads">,
  options: SaveOptions,
  of: {
    readonly newId: () => string;
    readonly fields: ReadonlyMap<string, Field>;
    readonly inboundOnly: ReadonlyMap<number, ReadonlySet<string>>;
    readonly writers: readonly Writer[];
  },
): Promise<Plan> {
  const sure = new Set([...items.flatMap((item) => item.id ?? []), ...keys.strong.values()]);
  const maybe = [...new Set([...keys.weak.values()].flat())].filter((id) => !sure.has(id));
  const read = new Map((await readEntities(tx, maybe)).map((row) => [row.id, row]));
  let meant = new Set(sure);
  for (let first = maybe.length > 0; ; first = false) {
    const locked = first ? await readEntities(tx, [...sure]) : await lockEntities(tx, [...meant].toSorted());
    const rows = new Map([...read, ...locked.map((row) => [row.id, row] as const)]);
    for (const id of sure)
      if ((rows.get(id)?.mergedInto ?? null) !== null) throw new DecideAgain(`record ${id} was merged meanwhile`);
    const readOnly = await readOnlyFields(
      tx,
      [...rows.values()].map((row) => editDraft(row)),
      of.inboundOnly,
      of.writers,
    );
    const leads = await leadsOf(tx, of.fields.values(), [...rows.values()]);
    const planned = plan(items, { ...keys, rows, readOnly, leads }, options, of.newId);
    const touched = planned.drafts.flatMap((draft) => (draft.row ? [draft.id] : []));
    if (!first) {
      const loose = touched.find((id) => !meant.has(id));
      if (loose !== undefined) throw new DecideAgain(`record ${loose} changed while it was decided who is meant`);
      return planned;
    }
    meant = new Set([...sure, ...touched]);
  }
}

const versionOf = ({ row, replaced }: SaveDraft): number => (row?.version ?? 0) + 1 + replaced.length;

/** What one item said and a later one replaced is in the history, too. */
async function writeReplaced(
  tx: Tx,
  drafts: readonly SaveDraft[],
  of: { readonly actor: string; readonly now: number },
): Promise<void> {
  const later = drafts.filter((draft) => draft.replaced.length > 0);
  await raiseVersions(
    tx,
    later.map((draft) => ({ id: draft.id, version: versionOf(draft) })),
  );
  await insertChanges(
    tx,
    { at: of.now, actor: of.actor, streamId: null, runId: null, mapping: null },
    later.flatMap((draft) =>
      draft.replaced.map((old, index): ChangeWrite => ({
        entityId: draft.id,
        version: versionOf(draft) - draft.replaced.length + 1 + index,
        old: JSON.stringify(old),
      })),
    ),
  );
}
