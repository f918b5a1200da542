// The filter of a stream: which records are synced. What it leaves out is let be, on both sides: nothing of it is taken, written, blanked or
// deleted, and what both sides last agreed on stays, so that it is merged when it is inside again as after a pause.
import type { Condition } from "../mapping/condition.ts";
import type { Fields } from "../mapping/types.ts";
import { leavesAny, leftAloneThere, replaceBystanders, type BystanderRow } from "../store/bystander.ts";
import type { Queries } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import { leaveLinks } from "../store/link.ts";
import { unpark, type ParkedWrite } from "../store/parked.ts";
import type { StreamContext } from "./context.ts";
import { DEAL_NAME, identityFields, matchKeys } from "./keys.ts";
import { isUuid, valuesOf, type Item } from "./match.ts";

/** `in`: of the record, whether it takes part. `out`: of the entity, whether it is written. What is not given leaves nothing out. */
export interface Filter {
  readonly in: Condition | undefined;
  readonly out: Condition | undefined;
}

/** Why something is parked that a filter could not decide about. */
export const RULE_FAILED = "rule.failed";

/** What is told of a condition that cannot be answered for something: its values, why, and what becomes of it. */
export function failedOn(
  subject: string,
  which: Condition,
  values: Fields,
  told: { readonly what: string; readonly why: string; readonly after: string },
): ParkedWrite {
  const shown = Object.fromEntries([...which.fields].map((field) => [field, values[field] ?? null]));
  return {
    subject,
    reason: RULE_FAILED,
    message: `The ${told.what} ${which.text} fails on ${JSON.stringify(shown)}: ${told.why}. ${told.after}`,
    field: which.fields.size === 1 ? [...which.fields][0]! : null,
    vendor: null,
  };
}

const undecided = (subject: string, which: Condition, values: Fields, why: string): ParkedWrite =>
  failedOn(subject, which, values, {
    what: "filter",
    why,
    after: "It is neither in nor out until the value or the filter changes; all else goes on.",
  });

/** Whether a record of these values takes part. */
export const isInside = ({ filter }: Pick<StreamContext, "filter">, values: Fields): boolean =>
  (filter.in?.of(values) ?? "yes") === "yes";

/** Whether an entity is written, as far as its own values say. */
export const isWritten = ({ filter }: Pick<StreamContext, "filter">, entity: Pick<EntityRow, "fields">): boolean =>
  (filter.out?.of(entity.fields as Fields) ?? "yes") === "yes";

/** Whether deletions travel: those here to the vendor (out), those there to here (in). */
export const deletes = ({ stream }: Pick<StreamContext, "stream">, way: "in" | "out"): boolean =>
  stream.deletes === "both" || stream.deletes === way;

/**
 * Takes away records that nothing here is linked to and that the stream leaves out, and returns how many. Who they may be is kept, so that
 * nobody makes them a second time there. What Winston itself made is never left out so.
 */
export async function passBy(
  tx: Queries,
  ctx: StreamContext,
  items: Item[],
  of: { readonly references: ReadonlyMap<string, string>; readonly known: ReadonlyMap<string, string> | undefined },
): Promise<{ passed: number; failed: ParkedWrite[] }> {
  const condition = ctx.filter.in;
  const { backfillSince } = ctx.stream;
  const failed: ParkedWrite[] = [];
  if (!condition && backfillSince === null && !ctx.leaves) return { passed: 0, failed };
  const aside = new Set<Item>();
  const within: Item[] = [];
  for (const item of items) {
    const { record } = item;
    if (item.entityId || of.known?.has(record.id) || isUuid(record.handle)) continue;
    const old = backfillSince !== null && record.changedAt !== null && record.changedAt < backfillSince;
    const answer = old ? "no" : (condition?.of(item.reading.fields) ?? "yes");
    if (answer === "yes") {
      within.push(item);
      continue;
    }
    aside.add(item);
    if (answer !== "no") failed.push(undecided(record.id, condition!, item.reading.fields, answer.failed));
  }
  await replaceBystanders(
    tx,
    ctx.stream.id,
    [...aside, ...(ctx.leaves ? within : [])].map((item) => item.record.id),
    [...aside].flatMap((item) => bystanderOf(ctx, item, of.references)),
  );
  if (aside.size === 0) return { passed: 0, failed };
  ctx.leaves = true;
  items.splice(0, items.length, ...items.filter((item) => !aside.has(item)));
  const well = [...aside].map((item) => item.record.id).filter((id) => !failed.some((one) => one.subject === id));
  if (ctx.parkedBefore) await unpark(tx, ctx.stream.id, "pull", well);
  return { passed: aside.size, failed };
}

function bystanderOf(ctx: StreamContext, item: Item, references: ReadonlyMap<string, string>): BystanderRow[] {
  const { kind } = ctx.stream;
  const values = valuesOf(item, references, identityFields(kind));
  // Deals share names: only with its account a name says which one it is.
  return matchKeys(kind, values, ctx.sharedMailboxes)
    .filter(({ key }) => kind !== "deal" || key !== DEAL_NAME)
    .map(({ key, value }) => ({ recordId: item.record.id, key, value }));
}

/**
 * Takes away linked records that the stream leaves out, and leaves their links alone; so too those whose thing was deleted here, where that
 * does not travel. Of fields that a record does not carry, what both
 * sides last agreed on is asked.
 */
export async function leaveAlone(
  tx: Queries,
  ctx: StreamContext,
  items: Item[],
  isDeleted: (entityId: string) => boolean,
): Promise<{ left: number; failed: ParkedWrite[] }> {
  const condition = ctx.filter.in;
  const failed: ParkedWrite[] = [];
  if (!condition && deletes(ctx, "out")) return { left: 0, failed };
  const aside = new Set<Item>();
  for (const item of items) {
    const { link, record } = item;
    if (!link) continue;
    const values = { ...(link.baseline as Fields), ...item.reading.fields };
    const over = !deletes(ctx, "out") && link.state === "active" && isDeleted(link.entityId);
    const answer = over ? "no" : (condition?.of(values) ?? "yes");
    if (answer === "yes") continue;
    aside.add(item);
    if (answer !== "no") failed.push(undecided(record.id, condition!, values, answer.failed));
  }
  if (aside.size === 0) return { left: 0, failed };
  const notSure = new Set(failed.map((one) => one.subject));
  await leaveLinks(
    tx,
    { stream: ctx.stream.id, mapping: ctx.stream.mappingVersion },
    // One that ended stays as it ended.
    [...aside]
      .filter(({ link }) => link!.state === "active")
      .map(({ record, image, digest }) => ({
        recordId: record.id,
        image,
        digest,
        vendorVersion: record.version,
        changedAt: record.changedAt,
        parked: notSure.has(record.id),
      })),
  );
  ctx.leaves = true;
  items.splice(0, items.length, ...items.filter((item) => !aside.has(item)));
  const well = [...aside].map((item) => item.record.id).filter((id) => !notSure.has(id));
  if (ctx.parkedBefore) await unpark(tx, ctx.stream.id, "pull", well);
  return { left: aside.size, failed };
}

/** Of locked entities, those that are not written to a stream: its filter leaves them out, or their records there. */
export async function unwritten(
  tx: Queries,
  ctx: StreamContext,
  entities: readonly EntityRow[],
  links: ReadonlyMap<string, { readonly outside: boolean }>,
): Promise<{ left: ReadonlySet<string>; failed: ParkedWrite[] }> {
  const condition = ctx.filter.out;
  const left = new Set<string>();
  const failed: ParkedWrite[] = [];
  const unmade: string[] = [];
  for (const { id, fields, deletedAt } of entities) {
    const link = links.get(id);
    if (link?.outside || (deletedAt !== null && !deletes(ctx, "out"))) {
      left.add(id);
      continue;
    }
    const answer = condition?.of(fields as Fields) ?? "yes";
    if (answer !== "yes") left.add(id);
    else if (!link) unmade.push(id);
    if (typeof answer === "object") failed.push(undecided(id, condition!, fields as Fields, answer.failed));
  }
  if (unmade.length > 0 && (ctx.leaves ||= await leavesAny(tx, ctx.stream.id))) {
    for (const id of await leftAloneThere(tx, ctx.stream, unmade)) left.add(id);
  }
  return { left, failed };
}
