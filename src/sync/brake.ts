// The brake: a mass deletion, or a mass blanking of one field, stops and waits for a person; all else goes on.
import type { VendorRecord } from "../connector/contract.ts";
import type { CompiledMapping, Fields, Value } from "../mapping/types.ts";
import {
  brakesOn,
  countLosses,
  dropFilled,
  dropShown,
  holdLosses,
  insertBrake,
  lettingPass,
  lossesBesides,
  noteLosses,
  recordsUpTo,
  type LossOf,
  type LossWrite,
} from "../store/brake.ts";
import type { Queries } from "../store/database.ts";
import { type EntityRow } from "../store/entity.ts";
import type { ActiveLink } from "../store/link.ts";
import { livingLinks } from "../store/link.ts";
import type { StepOf, StreamContext } from "./context.ts";
import type { AttemptRow } from "../store/intent.ts";
import type { Item } from "./match.ts";

/** So many may go within the time that is counted, however few records there are. */
export const LOST_AT_LEAST = 50;
/** Else one in so many. */
export const LOST_ONE_IN = 20;
/** What is counted together: what is shown or done within an hour, in however many pages and runs. */
export const LOST_WITHIN_MS = 60 * 60_000;

/** Whether so many losses among so many records are asked about. Pure. */
export const tooMany = (lost: number, records: number): boolean =>
  lost > Math.max(LOST_AT_LEAST, records / LOST_ONE_IN);

/** Deletions stand under this name among fields. */
const DELETED = "";

/**
 * Notes losses that are about to be carried out, and returns those that wait instead, by field: because the brake is on already, or comes
 * on with these. One count for all of a step. Every loss of a field waits, or none: the page that goes over the limit waits whole.
 */
async function brake(
  tx: Queries,
  of: LossOf & { at: number; newId: () => string },
  losses: readonly LossWrite[],
): Promise<Map<string, Set<string>>> {
  const waiting = new Map<string, Set<string>>();
  if (losses.length === 0) return waiting;
  const byField = Map.groupBy(losses, (one) => one.field);
  const on = await brakesOn(tx, of);
  await noteLosses(tx, of, losses);
  const counts = await countLosses(
    tx,
    { ...of, since: of.at - LOST_WITHIN_MS },
    [...byField.keys()].filter((field) => !on.has(field)),
  );
  for (const [field, some] of byField) {
    const ids = some.map((one) => one.entityId);
    let brakeId = on.get(field);
    const lost = counts.get(field) ?? 0;
    if (brakeId === undefined && lost > LOST_AT_LEAST) {
      // What a deletion took is no record of the stream any more; it was one when the count began.
      const gone = field === DELETED && of.direction === "pull" ? lost - new Set(ids).size : 0;
      const records = (await recordsUpTo(tx, of.streamId, lost * LOST_ONE_IN)) + gone;
      if (tooMany(lost, records)) {
        brakeId = await insertBrake(tx, { ...of, id: of.newId(), field, lost, records });
      }
    }
    if (brakeId === undefined) continue;
    await holdLosses(tx, { ...of, brakeId, field }, ids);
    waiting.set(field, new Set(ids));
  }
  return waiting;
}

const ofPull = (ctx: StreamContext, of: StepOf) =>
  ({ streamId: ctx.stream.id, direction: "pull", at: of.now, newId: of.newId }) as const;

/** The ends of records without the deletions that wait at the brake. */
export async function brakeEnds(
  tx: Queries,
  ctx: StreamContext,
  ends: readonly VendorRecord[],
  of: StepOf,
): Promise<VendorRecord[]> {
  const told = new Map(
    ends.flatMap((one) => (one.deleted && !one.convertedTo && one.mergedInto === undefined ? [[one.id, one]] : [])),
  );
  const living = await livingLinks(tx, ctx.stream.id, [...told.keys()]);
  const losses = living.map((link) => ({
    ...link,
    field: DELETED,
    value: null,
    toldAt: told.get(link.recordId)!.changedAt,
  }));
  const waiting = (await brake(tx, ofPull(ctx, of), losses)).get(DELETED);
  if (!waiting) return [...ends];
  ctx.braked = true;
  const records = new Set(living.flatMap((link) => (waiting.has(link.entityId) ? [link.recordId] : [])));
  return ends.filter((one) => !told.has(one.id) || !records.has(one.id));
}

/** Deletions that wait although the record is shown again wait no more. */
export async function noteShownAgain(
  tx: Queries,
  ctx: StreamContext,
  shown: readonly VendorRecord[],
  of: StepOf,
): Promise<void> {
  if (ctx.braked && shown.length > 0) await dropShown(tx, ctx.stream.id, shown, of.now);
}

const blank = (value: Value | undefined): boolean => value === undefined || value === null;

/** Whether a record that is blank takes a value away that both sides had. What a blank stands for, as it does for "no" of a box that was never ticked, is not lost by one. */
const loses = (equal: CompiledMapping["equal"], field: string, ours: Value | undefined, was: Value): boolean =>
  !blank(ours) && equal(field, ours, was) && !equal(field, ours, null);

/** What these records would blank, and which fields they have a value for. */
function blankingsOf(
  ctx: StreamContext,
  items: readonly BrakedItem[],
  fieldsOf: (entityId: string) => Fields | undefined,
): { losses: LossWrite[]; filled: { field: string; recordId: string }[] } {
  const losses: LossWrite[] = [];
  const filled: { field: string; recordId: string }[] = [];
  for (const { record, link, entityId, reading } of items) {
    if (!link || link.state !== "active" || entityId === undefined) continue;
    const ours = fieldsOf(entityId) ?? {};
    for (const said of [reading.fields, reading.references, reading.lookups])
      for (const [field, value] of Object.entries(said)) {
        if (value !== null) {
          if (ctx.braked) filled.push({ field, recordId: record.id });
        } else if (loses(ctx.mapping.equal, field, ours[field], link.baseline[field] as Value))
          losses.push({ field, entityId, recordId: record.id, value: ours[field]!, toldAt: null });
      }
  }
  return { losses, filled };
}

interface BrakedItem extends Pick<Item, "entityId" | "reading"> {
  readonly record: Pick<Item["record"], "id">;
  readonly link: Pick<NonNullable<Item["link"]>, "state" | "baseline"> | undefined;
}

/** By field, the entities that these records would blank it of and that wait at the brake instead. */
export async function brakeBlankings(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Item[],
  fieldsOf: (entityId: string) => Fields | undefined,
  of: StepOf,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { losses, filled } = blankingsOf(ctx, items, fieldsOf);
  if (ctx.braked) await dropFilled(tx, ctx.stream.id, filled, of.now);
  const waiting = await brake(tx, ofPull(ctx, of), losses);
  if (waiting.size > 0) ctx.braked = true;
  return waiting;
}

/** As `brakeBlankings` decides it, and nothing is noted. */
export function wouldBeHeld(
  tx: Queries,
  ctx: StreamContext,
  items: readonly BrakedItem[],
  of: { readonly fieldsOf: (entityId: string) => Fields | undefined; readonly now: number; readonly sample: boolean },
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { losses } = blankingsOf(ctx, items, of.fieldsOf);
  const where = { streamId: ctx.stream.id, direction: "pull", at: of.now } as const;
  return wouldWait(tx, where, losses, of.sample ? items.length : null);
}

/** What of a batch waits at the brake: entities that are not deleted there, and per entity fields that are not blanked there. */
export interface BrakedBatch {
  readonly deletions: ReadonlySet<string>;
  readonly blankings: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Counts what a batch would delete and blank at its vendor. What a person let pass on its way in is not asked about again on its way out. */
export async function brakeBatch(
  tx: Queries,
  ctx: StreamContext,
  attempts: readonly Pick<AttemptRow, "op" | "entityId" | "recordId" | "sent">[],
  around: {
    readonly entities: ReadonlyMap<string, Pick<EntityRow, "deletedAt">>;
    readonly links: ReadonlyMap<string, Pick<ActiveLink, "baseline">>;
  },
  of: StepOf,
): Promise<BrakedBatch> {
  const counted = await countedOf(tx, lossesOf(attempts, around));
  const where = { streamId: ctx.stream.id, direction: "push", at: of.now, newId: of.newId } as const;
  return byEntity(await brake(tx, where, counted));
}

/** As `brakeBatch` decides it of these, and nothing is noted. */
export async function wouldBeHeldThere(
  tx: Queries,
  ctx: StreamContext,
  attempts: Parameters<typeof brakeBatch>[2],
  of: Parameters<typeof brakeBatch>[3] & { readonly now: number; readonly tried: number | null },
): Promise<BrakedBatch> {
  const counted = await countedOf(tx, lossesOf(attempts, of));
  return byEntity(await wouldWait(tx, { streamId: ctx.stream.id, direction: "push", at: of.now }, counted, of.tried));
}

function lossesOf(
  attempts: Parameters<typeof brakeBatch>[2],
  around: Parameters<typeof brakeBatch>[3],
): readonly LossWrite[] {
  const losses: LossWrite[] = [];
  for (const { op, entityId, recordId, sent } of attempts) {
    const lost = (field: string, value: LossWrite["value"]): void =>
      void losses.push({ field, entityId, recordId: recordId!, value, toldAt: null });
    // A tie that is made anew between others is no loss.
    if (op === "delete" && around.entities.get(entityId)!.deletedAt !== null) lost(DELETED, null);
    if (op !== "update") continue;
    const baseline = around.links.get(entityId)!.baseline;
    for (const [field, value] of Object.entries(sent))
      if (value === null && !blank(baseline[field] as Value)) lost(field, baseline[field]!);
  }
  return losses;
}

/** Without those that a person let pass. */
async function countedOf(tx: Queries, losses: readonly LossWrite[]): Promise<readonly LossWrite[]> {
  const free = new Map<string, Set<string>>();
  for (const [field, some] of Map.groupBy(losses, (one) => one.field)) {
    const ids = some.map((one) => one.entityId);
    free.set(field, await lettingPass(tx, ids, field));
  }
  return losses.filter((one) => !free.get(one.field)!.has(one.entityId));
}

function byEntity(waiting: ReadonlyMap<string, ReadonlySet<string>>): BrakedBatch {
  const blankings = new Map<string, Set<string>>();
  for (const [field, ids] of waiting)
    if (field !== DELETED)
      for (const id of ids) (blankings.get(id) ?? blankings.set(id, new Set()).get(id)!).add(field);
  return { deletions: waiting.get(DELETED) ?? new Set(), blankings };
}

/** So many records say something of those that are not among them. */
const SAMPLE_LEAST = 100;

/**
 * What would wait if these losses were about to be carried out, by field. `tried`: of how many records these are the losses; those that are not
 * among them are taken to lose as much, where there are enough to say so. Null: nothing is said of others. Reads only.
 */
async function wouldWait(
  tx: Queries,
  of: LossOf & { readonly at: number },
  losses: readonly LossWrite[],
  tried: number | null,
): Promise<Map<string, Set<string>>> {
  const waiting = new Map<string, Set<string>>();
  if (losses.length === 0) return waiting;
  const byField = Map.groupBy(losses, (one) => one.field);
  const on = await brakesOn(tx, of);
  const before = await lossesBesides(tx, { ...of, since: of.at - LOST_WITHIN_MS }, losses);
  for (const [field, some] of byField) {
    const ids = new Set(some.map((one) => one.entityId));
    if (on.has(field)) {
      waiting.set(field, ids);
      continue;
    }
    const earlier = before.get(field) ?? 0;
    // Beyond so many records a share alone decides.
    const most = Math.max(tried ?? 0, LOST_AT_LEAST * LOST_ONE_IN, (earlier + ids.size) * LOST_ONE_IN) + 1;
    const records = await recordsUpTo(tx, of.streamId, most);
    const alike = tried !== null && tried >= SAMPLE_LEAST ? Math.max(1, records / tried) : 1;
    if (tooMany(earlier + ids.size * alike, records)) waiting.set(field, ids);
  }
  return waiting;
}
