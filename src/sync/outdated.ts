// Showings that are older than what is known of their records: no edit comes by them, and no value is lost with them.
import type { Json } from "../base/json.ts";
import type { VendorRecord } from "../connector/contract.ts";
import type { Value } from "../mapping/types.ts";
import { everHeld } from "../store/change.ts";
import { insertConflicts, type ConflictWrite } from "../store/conflict.ts";
import type { Queries } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import { writtenSince } from "../store/intent.ts";
import type { LinkRow } from "../store/link.ts";
import { parkedFor } from "../store/parked.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { GONE_FOR_GOOD } from "./gone.ts";
import { valuesRead } from "./lookup.ts";
import { resolveReferences, type Item } from "./match.ts";
import { originOf } from "./origin.ts";

/**
 * Takes away showings that are older than what is known, and returns them. A page may be on its way while the record is read again,
 * written or deleted, here or by another lane: its values are no edit, and a record that is gone does not come back by it. `hidden`: the
 * things whose records were taken for gone without a word, and are shown again; `known` says of which records that is known already.
 */
export async function takeOutdated(
  tx: Queries,
  ctx: StreamContext,
  items: Item[],
  known: ReadonlySet<string> = new Set(),
): Promise<{ readonly outdated: readonly Item[]; readonly hidden: ReadonlySet<string> }> {
  // What was taken for gone because nobody was shown it any more is there, as any showing proves: somebody has a permission back.
  const subjects = items.flatMap(({ link }) => (link?.state === "deleted" ? [link.entityId] : []));
  const hidden = await parkedFor(tx, ctx.stream.id, "push", { reason: GONE_FOR_GOOD, subjects });
  for (const { record, link } of items) if (link && known.has(record.id)) hidden.add(link.entityId);
  const current = items.filter(
    ({ record, link }) => !link || (link.state === "deleted" && hidden.has(link.entityId)) || !isOutdated(record, link),
  );
  if (current.length === items.length) return { outdated: [], hidden };
  const kept = new Set(current);
  const outdated = items.filter((item) => !kept.has(item));
  items.splice(0, items.length, ...current);
  return { outdated, hidden };
}

/** Of a link that is closed, the very showing it was closed on is outdated too: a record that is brought back has a new stamp. */
function isOutdated(record: VendorRecord, link: LinkRow): boolean {
  if (record.changedAt === null || link.changedAt === null) return false;
  return link.state === "active" ? record.changedAt < link.changedAt : record.changedAt <= link.changedAt;
}

/** The same for records without a stamp: what Winston wrote after they were asked for may not be in them. The next look shows them as they are. */
export async function dropOverwritten(
  tx: Queries,
  ctx: StreamContext,
  items: Item[],
  askedAt: number | undefined,
): Promise<number> {
  if (askedAt === undefined) return 0;
  const ids = items.flatMap(({ record, entityId }) => (record.changedAt === null && entityId ? [entityId] : []));
  const written = await writtenSince(tx, ctx.stream.id, ids, askedAt);
  if (written.size === 0) return 0;
  const current = items.filter((item) => item.record.changedAt !== null || !written.has(item.entityId ?? ""));
  const dropped = items.length - current.length;
  items.splice(0, items.length, ...current);
  return dropped;
}

/**
 * Keeps in the ledger what a late showing tells and nobody here ever held: somebody's value that our own write replaced before any answer
 * showed it. Only fields are looked at whose value here is not the record's own, since its own successor replaces a value rightly.
 */
export async function keepLate(
  tx: Queries,
  ctx: StreamContext,
  outdated: readonly Item[],
  rowOf: (entityId: string) => EntityRow | undefined,
  of: StepOf,
): Promise<void> {
  const alive = outdated.filter(({ link }) => link?.state === "active" && !link.outside);
  if (alive.length === 0) return;
  const { equal, inbound, outbound, standsFor } = ctx.mapping;
  const references = await resolveReferences(tx, ctx, alive);
  const unknown: ConflictWrite[] = [];
  for (const { record, reading, link } of alive) {
    const row = rowOf(link!.entityId);
    if (!row) continue;
    for (const [field, value] of Object.entries(valuesRead(reading, references, NO_LOOKUPS).values)) {
      const [here, agreed] = [row.fields[field] as Value, link!.baseline[field] as Value];
      if (value === null || !inbound.has(field) || !outbound.has(field)) continue;
      if (originOf(row.origin, field).stream === ctx.stream.id) continue;
      if ([here, agreed].some((known) => equal(field, known, value) || standsFor(field, value, known))) continue;
      unknown.push({
        id: of.newId(),
        entityId: row.id,
        recordId: record.id,
        field,
        baseline: (agreed ?? null) as Json,
        winston: (here ?? null) as Json,
        record: value as Json,
        winner: "winston",
        rule: "late",
      });
    }
  }
  if (unknown.length === 0) return;
  const held = Map.groupBy(await everHeld(tx, unknown), (one) => `${one.entityId}\n${one.field}`);
  const lost = unknown.filter(({ entityId, field, record }) =>
    (held.get(`${entityId}\n${field}`) ?? []).every(
      ({ value }) =>
        !equal(field, value as Value, record as Value) && !standsFor(field, record as Value, value as Value),
    ),
  );
  await insertConflicts(tx, { streamId: ctx.stream.id, runId: of.runId, at: of.now }, lost);
}

const NO_LOOKUPS: ReadonlyMap<string, string> = new Map();
