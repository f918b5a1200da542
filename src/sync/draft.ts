// What an entity needs sent to one vendor: decided purely on locked rows, around which a few queries for the whole batch were made.
import type { JsonObject } from "../base/json.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Fields, Value } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { holdEntities, readEntities, survivorsOf, type EntityRow } from "../store/entity.ts";
import type { AttemptRow } from "../store/intent.ts";
import { activeLinks, type ActiveLink } from "../store/link.ts";
import type { StreamContext } from "./context.ts";
import { findNamed, pairsOf } from "./tables.ts";

/** What references lead to at this connection, for one batch. */
export interface Around {
  /** The vendor's id of a reference's target; undefined while it cannot be named there. */
  readonly recordOf: (field: string, entityId: string) => string | undefined;
  /** The entity that must be linked, or active, at the vendor before a target can be named there. */
  readonly awaited: (field: string, entityId: string) => string;
  readonly related: (entityId: string) => Fields | undefined;
  /** The entity that stands in for a target that cannot be named there, where the mapping declares one. */
  readonly standIn: (field: string) => string | undefined;
}

/** What references of these entities lead to at this connection, and the fields that paths read. Two queries for the whole batch. */
export async function neighbours(tx: Queries, ctx: StreamContext, entities: readonly EntityRow[]): Promise<Around> {
  const wanted = new Set<string>();
  const read = new Set<string>();
  for (const entity of entities) {
    for (const [field, { path }] of ctx.mapping.references) {
      const id = entity.fields[field];
      if (typeof id !== "string") continue;
      wanted.add(id);
      if (path !== undefined) read.add(id);
    }
  }
  const links = new Map((await activeLinks(tx, [...wanted], ctx.connection.id)).map((link) => [link.entityId, link]));
  // Held, so that whoever links one now does so after it is noted what waits for it; and looked at again, for who did before.
  const unlinked = [...wanted].filter((id) => !links.has(id));
  const merged = (await holdEntities(tx, unlinked)).filter((row) => row.mergedInto !== null).map((row) => row.id);
  for (const link of await activeLinks(tx, unlinked, ctx.connection.id)) links.set(link.entityId, link);
  // What was merged away is where the one that took it in is, by way of however many.
  const gone = await survivorsOf(tx, merged);
  const winners = [...new Set(gone.values())];
  await holdEntities(tx, winners);
  for (const link of await activeLinks(tx, winners, ctx.connection.id))
    for (const [id, winner] of gone) if (winner === link.entityId) links.set(id, link);
  const survivors = new Map([...read].map((id) => [id, gone.get(id) ?? id]));
  const fieldsOf = new Map(
    (await readEntities(tx, [...new Set(survivors.values())])).map((row) => [row.id, row.fields]),
  );
  const related = new Map([...survivors].map(([id, at]) => [id, fieldsOf.get(at) as Fields | undefined]));
  const pairs = await pairsOf(tx, ctx);
  const recordOf: Around["recordOf"] = (field, entityId) => {
    const pair = pairs.get(field)?.theirs.get(entityId);
    if (pair) return pair.active ? pair.recordId : undefined;
    const link = links.get(entityId);
    if (!link || !(ctx.targets.get(field) ?? []).includes(link.streamId)) return undefined;
    // An owner who is not active there cannot be given anything.
    if (ctx.mapping.references.get(field)?.kind === "user" && link.baseline["active"] === false) return undefined;
    return link.recordId;
  };
  const standIns = await findStandIns(tx, ctx);
  for (const link of await activeLinks(tx, [...standIns.values()], ctx.connection.id)) links.set(link.entityId, link);
  return {
    recordOf,
    awaited: (field, entityId) => pairs.get(field)?.theirs.get(entityId)?.entityId ?? gone.get(entityId) ?? entityId,
    related: (entityId) => related.get(entityId),
    standIn: (field) => standIns.get(field),
  };
}

/** The declared default targets of this mapping's references, by field. */
async function findStandIns(tx: Queries, ctx: StreamContext): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [field, { kind, fallback }] of ctx.mapping.references) {
    const id = typeof fallback === "object" ? await findNamed(tx, kind, fallback.default) : undefined;
    if (id !== undefined) found.set(field, id);
  }
  return found;
}

/** The entity's fields as this vendor can have them: a target that cannot be named there gives way to its declared stand-in, for as long as that is so. */
function fieldsFor(
  ctx: StreamContext,
  entity: EntityRow,
  around: Around,
): { fields: Fields; unnamed: string[]; stoodIn: string[] } {
  const fields: Record<string, Value> = { ...(entity.fields as Record<string, Value>) };
  const unnamed: string[] = [];
  const stoodIn: string[] = [];
  for (const [field, { fallback }] of ctx.mapping.references) {
    const id = fields[field];
    if (
      fallback === undefined ||
      fallback === "keep" ||
      typeof id !== "string" ||
      around.recordOf(field, id) !== undefined
    )
      continue;
    const standIn = around.standIn(field);
    if (standIn === undefined) unnamed.push(field);
    else {
      fields[field] = standIn;
      stoodIn.push(field);
    }
  }
  return { fields, unnamed, stoodIn };
}

/** Fields that only the vendor computes there and Winston's value of which stands: what a new record begins with is no edit of them. */
const ownToKeep = (ctx: StreamContext, fields: Fields): string[] =>
  [...ctx.mapping.inboundOnly].filter(
    (field) => ctx.mapping.ruleOf(field) === "winston" && (fields[field] ?? null) !== null,
  );

type Unsent = Omit<AttemptRow, "id" | "streamId" | "epoch" | "runId" | "at">;

export const removal = (entity: EntityRow, link: ActiveLink): Unsent => ({
  entityId: entity.id,
  version: entity.version,
  op: "delete",
  recordId: link.recordId,
  handle: null,
  sent: {},
  body: {},
  fillers: {},
  unsent: [],
  before: link.baseline,
});

/** What this entity needs sent, decided on locked rows: nothing, a create, an update of what differs from the baseline, or a delete. */
export function attemptFor(
  ctx: StreamContext,
  entity: EntityRow,
  link: ActiveLink | undefined,
  held: ReadonlySet<string> | undefined,
  around: Around,
): {
  attempt: Unsent | null;
  pending: readonly string[];
  problem: { code: string; message: string; field: string } | null;
  /** Its record went with one of its ends. */
  gone?: true;
} {
  const nothing = { attempt: null, pending: [], problem: null };
  const base = { entityId: entity.id, version: entity.version, before: null };
  if (entity.mergedInto !== null) return nothing;
  const ends = endsOf(ctx.stream.kind);
  if (entity.deletedAt !== null) {
    if (!link || link.streamId !== ctx.stream.id || !ctx.declaration.delete) return nothing;
    const endIsThere = (end: string): boolean => around.recordOf(end, entity.fields[end] as string) !== undefined;
    // The vendor took it along, and brings it back with its end should that be restored.
    if (ends && !ends.every(endIsThere)) return { ...nothing, gone: true };
    return { ...nothing, attempt: removal(entity, link) };
  }
  if (link && link.streamId !== ctx.stream.id) return nothing;
  const { outbound, references, equal } = ctx.mapping;
  const { fields: entityFields, unnamed, stoodIn } = fieldsFor(ctx, entity, around);
  const changed = link
    ? new Set(
        [...outbound].filter((field) => !held?.has(field) && !equal(field, entityFields[field], link.baseline[field])),
      )
    : ("all" as const);
  if (link && (changed as ReadonlySet<string>).size === 0) return { ...nothing, pending: stoodIn };
  if (link ? !ctx.declaration.update : !ctx.declaration.create || !takes(ctx, entity)) return nothing;
  const writing = ctx.mapping.write({
    entity: entityFields,
    changed,
    forCreate: !link,
    reference: around.recordOf,
    related: relatedOf(entityFields, around),
  });
  const missing = writing.pending.filter((field) => references.get(field)?.required);
  if (!link && missing.length > 0) return { ...nothing, pending: missing };
  // What a tie joins cannot be changed there: it is made anew between the others.
  const moved = ends?.some((end) => link && references.get(end)?.fixed && (changed as ReadonlySet<string>).has(end));
  if (link && moved && ctx.declaration.delete && ctx.declaration.create)
    return { ...nothing, attempt: removal(entity, link) };
  const first = writing.problems[0];
  const parkedFor = unnamed.find((field) => writing.pending.includes(field));
  const problem = first
    ? { code: first.code, message: first.message, field: first.pointer.slice(1) }
    : parkedFor === undefined
      ? null
      : {
          code: "reference.unnamed",
          message: `The ${parkedFor} of this record is not there, or not active, at ${ctx.connection.name}. Choose another ${parkedFor} here, or make the same one known and active there.`,
          field: parkedFor,
        };
  // Whom another stands in for is written as soon as that is possible.
  const pending = [...new Set([...writing.pending, ...stoodIn])];
  if (link && Object.keys(writing.values).length === 0) return { attempt: null, pending, problem };
  const before: JsonObject | null = link
    ? Object.fromEntries(Object.keys(writing.sent).map((field) => [field, link.baseline[field] ?? null]))
    : null;
  return {
    attempt: {
      ...base,
      op: link ? "update" : "create",
      recordId: link?.recordId ?? null,
      handle: link ? null : entity.id,
      sent: writing.sent as JsonObject,
      body: writing.values as JsonObject,
      fillers: writing.fillers as JsonObject,
      unsent: link ? [] : [...writing.pending, ...ownToKeep(ctx, entityFields)],
      before,
    },
    pending,
    problem,
  };
}

/**
 * Fields that are otherwise here than both sides last agreed on, as far as this vendor could be told of them, at an update or a create.
 * A target it does not know and a value it cannot hold were never news for it.
 */
export function unsaid(ctx: StreamContext, entity: EntityRow, baseline: Fields, around: Around): string[] {
  const { outbound, equal, write } = ctx.mapping;
  const { fields } = fieldsFor(ctx, entity, around);
  const changed = new Set([...outbound].filter((field) => !equal(field, fields[field], baseline[field])));
  if (changed.size === 0) return [];
  const related = relatedOf(fields, around);
  const tellable = [false, true].flatMap((forCreate) =>
    Object.keys(write({ entity: fields, changed, forCreate, reference: around.recordOf, related }).sent),
  );
  return [...changed].filter((field) => tellable.includes(field));
}

/** The fields of what a reference of these fields points to. */
function relatedOf(fields: Fields, around: Around): (field: string) => Fields | undefined {
  return (field) => {
    const id = fields[field];
    return typeof id === "string" ? around.related(id) : undefined;
  };
}

/** Whether a record of this entity is made in this stream: a vendor may keep leads and contacts, calls and meetings apart. */
function takes(ctx: StreamContext, entity: EntityRow): boolean {
  const { takes: only } = ctx.declaration;
  if (ctx.stream.stage !== null && entity.stage !== ctx.stream.stage) return false;
  const value = only === undefined ? null : (entity.fields[only.field] ?? null);
  return only === undefined || only.values.some((one) => one === value);
}
