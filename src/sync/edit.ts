// Edits of ours: entities as a caller makes or changes them, with their origins, keys and history, written set-based.
import type { Value } from "../mapping/types.ts";
import { insertChanges, type ChangeWrite } from "../store/change.ts";
import type { Queries } from "../store/database.ts";
import { insertEntities, updateEntities, type EntityRow } from "../store/entity.ts";
import { deleteWeakIdentities, insertIdentities, type IdentityRow } from "../store/identity.ts";
import { activeLinks } from "../store/link.ts";
import type { Writer } from "./context.ts";
import { EXTERNAL, identityFields, identityValue, weakKeys } from "./keys.ts";
import { pack, setOrigins, type Origin } from "./origin.ts";

/** An entity on its way; `row` is what it was, locked, or undefined for a new one. */
export interface EditDraft {
  readonly id: string;
  readonly row: EntityRow | undefined;
  stage: string | null;
  fields: Record<string, Value>;
  readonly old: Record<string, Value>;
  readonly changed: Set<string>;
  revived: boolean;
}

export const editDraft = (row: EntityRow, stage: string | null = row.stage): EditDraft => ({
  id: row.id,
  row,
  stage,
  fields: { ...(row.fields as Record<string, Value>) },
  old: {},
  changed: new Set(),
  revived: false,
});

/** Sets a field. A value that is there already is an edit too: who says it again says so now. */
export function setField(draft: EditDraft, field: string, value: Value): void {
  if (!draft.changed.has(field)) draft.old[field] = (draft.row?.fields[field] as Value | undefined) ?? null;
  draft.changed.add(field);
  if (value === null) delete draft.fields[field];
  else draft.fields[field] = value;
}

/** Whether a field would be another than it is. */
export const differs = (a: Value | undefined, b: Value | undefined): boolean =>
  JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);

/** Stores drafts of one kind: entities, origins, history and keys. Each becomes one version. */
export async function writeDrafts(
  tx: Queries,
  what: {
    readonly kind: string;
    readonly created: readonly EditDraft[];
    readonly changed: readonly EditDraft[];
    readonly origin: Origin;
    /** As history names who did it. */
    readonly actor: string;
    /** The run, or the plan, that it belongs to. */
    readonly runId?: string;
    readonly now: number;
  },
): Promise<void> {
  const { kind, created, changed, origin, actor, runId = null, now } = what;
  const identities: IdentityRow[] = [];
  const gone: { entityId: string; key: string; value: string }[] = [];
  const own = (draft: EditDraft): void => {
    for (const key of weakKeys(kind, draft.fields)) identities.push({ entityId: draft.id, ...key });
    const external = identityValue(EXTERNAL, draft.fields["externalId"]);
    if (external !== null) identities.push({ entityId: draft.id, key: EXTERNAL, value: external, strong: true });
  };
  for (const draft of created) own(draft);
  for (const draft of changed) {
    if (![...draft.changed].some((field) => field === "externalId" || identityFields(kind).includes(field))) continue;
    for (const key of weakKeys(kind, draft.row!.fields as Record<string, Value>))
      gone.push({ entityId: draft.id, key: key.key, value: key.value });
    own(draft);
  }
  await insertEntities(
    tx,
    kind,
    created.map((draft) => ({
      id: draft.id,
      stage: draft.stage,
      fields: JSON.stringify(draft.fields),
      origin: JSON.stringify({ "*": pack(origin) }),
    })),
    now,
  );
  await updateEntities(
    tx,
    changed.map((draft) => ({
      id: draft.id,
      stage: draft.stage,
      fields: JSON.stringify(draft.fields),
      origin: JSON.stringify(setOrigins(draft.row!.origin, [...draft.changed], origin)),
      version: draft.row!.version + 1,
      deletedAt: null,
      mergedInto: null,
    })),
    now,
  );
  await insertChanges(
    tx,
    { at: now, actor, streamId: origin.stream ?? null, runId, mapping: null },
    changed.map((draft): ChangeWrite => ({
      entityId: draft.id,
      version: draft.row!.version + 1,
      old: JSON.stringify(
        draft.revived ? { ...draft.old, deletedAt: new Date(draft.row!.deletedAt!).toISOString() } : draft.old,
      ) satisfies string,
    })),
  );
  await deleteWeakIdentities(tx, gone);
  await insertIdentities(tx, kind, identities);
}

/** Fields of these entities that only a vendor may change, because the linked streams that map them read them and none writes them. */
export async function readOnlyFields(
  tx: Queries,
  drafts: readonly EditDraft[],
  inboundOnly: ReadonlyMap<number, ReadonlySet<string>>,
  writers: readonly Writer[],
): Promise<Map<string, ReadonlySet<string>>> {
  const result = new Map<string, Set<string>>();
  if (inboundOnly.size === 0) return result;
  const written = new Map(writers.map((writer) => [writer.streamId, writer.outbound]));
  const writable = new Map<string, Set<string>>();
  for (const link of await activeLinks(
    tx,
    drafts.flatMap((draft) => (draft.row ? [draft.id] : [])),
    null,
  )) {
    const somewhere = writable.get(link.entityId) ?? writable.set(link.entityId, new Set()).get(link.entityId)!;
    for (const field of written.get(link.streamId) ?? []) somewhere.add(field);
    const fields = inboundOnly.get(link.streamId);
    if (!fields) continue;
    const known = result.get(link.entityId) ?? result.set(link.entityId, new Set()).get(link.entityId)!;
    for (const field of fields) known.add(field);
  }
  // One vendor that only shows a field does not forbid what another takes.
  for (const [id, fields] of result) for (const field of writable.get(id) ?? []) fields.delete(field);
  return result;
}
