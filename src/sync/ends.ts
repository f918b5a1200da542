// Explicit ends of records: deleted, merged into another, converted into another. Few per page, so they are worked one by one on locked rows.
import type { JsonObject } from "../base/json.ts";
import type { VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Fields } from "../mapping/types.ts";
import { deletionsTold, insertChanges } from "../store/change.ts";
import type { Queries } from "../store/database.ts";
import { releaseHeld } from "../store/duplicate.ts";
import { insertEntities, lockEntities, updateEntities, type EntityRow } from "../store/entity.ts";
import { deletedByUs, deleteIntentsOf, insertIntents, settleIntents, type IntentWrite } from "../store/intent.ts";
import {
  activeLinks,
  endLeftAlone,
  entitiesOfRecords,
  insertAliases,
  insertLinks,
  lockLinks,
  setLinkState,
  type LinkReason,
  type LinkRow,
  type LinkWrite,
} from "../store/link.ts";
import { insertIdentities } from "../store/identity.ts";
import { readChangesFrom } from "../store/lane.ts";
import type { StreamRow } from "../store/connection.ts";
import { parkedFor, unpark } from "../store/parked.ts";
import { takePendingPushes } from "../store/pending.ts";
import { absorb } from "./absorb.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { addCounts, type Counts } from "./counts.ts";
import { neighbours, unsaid } from "./draft.ts";
import { weakKeys } from "./keys.ts";
import { isUuid } from "./match.ts";
import { observed, originOf, pack } from "./origin.ts";
import { reviewOf, reviewQuestions } from "./questions.ts";
import { deletes } from "./filter.ts";
import { GONE_FOR_GOOD } from "./gone.ts";
import { conversionAt, HANDLE, mergeAt, NEW } from "./linked.ts";
import { deletionsOwed, intentsElsewhere } from "./owed.ts";
import { endTies } from "./ties.ts";
import { setAside, takePlace } from "./twins.ts";

export async function applyEnds(
  tx: Queries,
  ctx: StreamContext,
  records: readonly VendorRecord[],
  of: StepOf,
): Promise<{ counts: Counts; owing: Set<number> }> {
  const counts: Counts = {};
  const intents: IntentWrite[] = [];
  const linked = new Map(
    (
      await entitiesOfRecords(
        tx,
        [ctx.stream.id],
        records.map((record) => record.id),
      )
    ).map((row) => [row.recordId, row.entityId]),
  );
  const entities = new Map(
    (await lockEntities(tx, [...new Set(linked.values())].toSorted())).map((row) => [row.id, row]),
  );
  const links = new Map(
    (
      await lockLinks(
        tx,
        ctx.stream.id,
        records.map((record) => record.id),
      )
    ).map((link) => [link.recordId, link]),
  );
  if (ctx.connection.quarantinedAt !== null) await linkForgotten(tx, ctx, records, { links, entities }, of.now);
  const along = await tookAlong(tx, ctx, records, links);
  let joined = false;
  for (const record of records) {
    // A merge or a conversion before it on this page may have moved its link and changed its thing.
    if (joined) {
      for (const fresh of await lockLinks(tx, ctx.stream.id, [record.id])) links.set(record.id, fresh);
      for (const row of await lockEntities(tx, linkedTo(links, record))) entities.set(row.id, row);
    }
    const link = links.get(record.id);
    const entity = link ? entities.get(link.entityId) : undefined;
    joined ||= record.convertedTo !== undefined || record.mergedInto !== undefined;
    if (record.convertedTo) addCounts(counts, await converted(tx, ctx, record, link, entity, of, intents));
    else if (!link || !entity) addCounts(counts, { unchanged: 1 });
    else if (record.mergedInto !== undefined)
      addCounts(counts, await mergedInto(tx, ctx, record, link, entity, of, intents));
    else addCounts(counts, await deleted(tx, ctx, { link, entity, along: along.has(record.id) }, of, intents));
  }
  intents.push(...(await reviewQuestions(tx, [...entities.keys()], reviewOf(ctx, of))));
  await insertIntents(tx, intents, of.now);
  const ids = records.map((record) => record.id);
  await unpark(tx, ctx.stream.id, "pull", ids);
  // What was held because of one that is gone, or joined another, may go now.
  const released = await releaseHeld(tx);
  return { counts, owing: new Set([...intents.map((intent) => intent.streamId), ...released]) };
}

const linkedTo = (links: ReadonlyMap<string, LinkRow>, { id }: VendorRecord): string[] => {
  const link = links.get(id);
  return link ? [link.entityId] : [];
};

/**
 * A deletion at the vendor makes a tombstone and travels on, unless the record was edited here since both sides agreed, or went along with
 * what Winston deleted there: then it lives, and the record is made again.
 */
async function deleted(
  tx: Queries,
  ctx: StreamContext,
  { link, entity, along }: { link: LinkRow; entity: EntityRow; along: boolean },
  of: StepOf,
  intents: IntentWrite[],
): Promise<Counts> {
  if (link.state === "deleted" && entity.deletedAt === null) {
    // It was taken for gone without a word, and here is the word: what was edited since outlives a deletion.
    const gone = await parkedFor(tx, ctx.stream.id, "push", { reason: GONE_FOR_GOOD, subjects: [entity.id] });
    if (gone.size > 0) {
      await unpark(tx, ctx.stream.id, "push", [entity.id]);
      intents.push({ streamId: ctx.stream.id, entityId: entity.id, op: "upsert", version: entity.version });
      return { updated: 1 };
    }
  }
  if (link.state !== "active") return { unchanged: 1 };
  if (link.outside || !deletes(ctx, "in")) {
    // It was let be, and so is what became of it: its thing lives on here, and is not made there again.
    await endLeftAlone(tx, ctx.stream.id, [link.recordId]);
    await settleIntents(tx, ctx.stream.id, [{ entityId: entity.id, version: entity.version }]);
    return { unchanged: 1 };
  }
  await setLinkState(tx, ctx.stream.id, [link.recordId], "deleted");
  const by = {
    at: of.now,
    actor: `connection:${ctx.connection.name}`,
    streamId: ctx.stream.id,
    runId: of.runId,
    mapping: ctx.stream.mappingVersion,
  };
  const tiesEnd = (livesOn: boolean): Promise<IntentWrite[]> =>
    endTies(tx, { ...entity, livesOn, connectionId: ctx.connection.id, writersOf: ctx.writersOf, by });
  if (entity.deletedAt !== null) {
    // Deleted on both sides: nothing is owed any more.
    await settleIntents(tx, ctx.stream.id, [{ entityId: entity.id, version: entity.version }]);
    return { unchanged: 1 };
  }
  const inItsPlace = await takePlace(tx, placeOf(ctx, entity));
  if (inItsPlace) {
    intents.push(inItsPlace);
    return { updated: 1 };
  }
  if (along || (await edited(tx, ctx, link, entity))) {
    if (ctx.stream.direction !== "in") {
      intents.push({ streamId: ctx.stream.id, entityId: entity.id, op: "upsert", version: entity.version });
      intents.push(...(await tiesEnd(true)));
    }
    return { unchanged: 1 };
  }
  const version = entity.version + 1;
  await updateEntities(
    tx,
    [
      {
        id: entity.id,
        stage: entity.stage,
        fields: JSON.stringify(entity.fields),
        origin: JSON.stringify(entity.origin),
        version,
        deletedAt: of.now,
        mergedInto: null,
      },
    ],
    of.now,
  );
  await insertChanges(tx, by, [{ entityId: entity.id, version, old: JSON.stringify({ deletedAt: null }) }]);
  intents.push(...(await tiesEnd(false)));
  await settleIntents(tx, ctx.stream.id, [{ entityId: entity.id, version }]);
  await unpark(tx, ctx.stream.id, "push", [entity.id]);
  const writers = (await ctx.writersOf(tx, ctx.stream.kind)).filter(({ streamId }) => streamId !== ctx.stream.id);
  intents.push(...(await deletionsOwed(tx, writers, { ...entity, version })));
  return { deleted: 1 };
}

/**
 * Records that their vendor lost by mistake are made there again, with their ties, for as long as their things live here. Returns the
 * streams that owe pushes now.
 */
export async function putBack(
  tx: Queries,
  ctx: StreamContext,
  recordIds: readonly string[],
  of: StepOf,
): Promise<Set<number>> {
  const owners = await entitiesOfRecords(tx, [ctx.stream.id], recordIds);
  const entities = new Map(
    (await lockEntities(tx, [...new Set(owners.map((row) => row.entityId))].toSorted())).map((row) => [row.id, row]),
  );
  const links = (await lockLinks(tx, ctx.stream.id, recordIds)).filter(
    (link) => link.state === "active" || link.state === "deleted",
  );
  const ended = links.flatMap((link) => (link.state === "active" ? [link.recordId] : []));
  await setLinkState(tx, ctx.stream.id, ended, "deleted");
  if (ctx.stream.direction === "in") return new Set();
  const by = { at: of.now, actor: `connection:${ctx.connection.name}`, streamId: ctx.stream.id, runId: of.runId };
  const intents: IntentWrite[] = [];
  for (const link of links) {
    const entity = entities.get(link.entityId);
    if (!entity || entity.deletedAt !== null || entity.mergedInto !== null) continue;
    intents.push({ streamId: ctx.stream.id, entityId: entity.id, op: "upsert", version: entity.version });
    const end = { ...entity, livesOn: true, connectionId: ctx.connection.id, writersOf: ctx.writersOf };
    intents.push(...(await endTies(tx, { ...end, by: { ...by, mapping: ctx.stream.mappingVersion } })));
  }
  await unpark(
    tx,
    ctx.stream.id,
    "push",
    links.map((link) => link.entityId),
  );
  await insertIntents(tx, intents, of.now);
  return new Set(intents.map((intent) => intent.streamId));
}

/**
 * After a restore: records that ended and that nobody here remembers making are known by their handle, so that what was deleted there is
 * not made again.
 */
async function linkForgotten(
  tx: Queries,
  ctx: StreamContext,
  records: readonly VendorRecord[],
  { links, entities }: { links: Map<string, LinkRow>; entities: Map<string, EntityRow> },
  now: number,
): Promise<void> {
  const lost = records.filter((one) => one.deleted && isUuid(one.handle) && !links.has(one.id));
  const ids = [...new Set(lost.map((one) => one.handle!.toLowerCase()))].toSorted();
  const rows = (await lockEntities(tx, ids)).filter((row) => row.kind === ctx.stream.kind && row.mergedInto === null);
  const linked = await activeLinks(tx, ids, ctx.connection.id);
  const free = new Map(rows.map((row) => [row.id, row]));
  for (const { entityId } of linked) free.delete(entityId);
  const known = new Map<string, EntityRow>();
  for (const { id, handle } of lost) {
    const row = free.get(handle!.toLowerCase());
    if (row && free.delete(row.id)) known.set(id, row);
  }
  const at = { stream: ctx.stream.id, connectionId: ctx.connection.id, mapping: ctx.stream.mappingVersion, at: now };
  await insertLinks(
    tx,
    at,
    [...known].map(([recordId, row]) => freshLink(recordId, row.id, { baseline: {}, reason: HANDLE })),
  );
  for (const link of await lockLinks(tx, ctx.stream.id, [...known.keys()])) links.set(link.recordId, link);
  for (const row of known.values()) entities.set(row.id, row);
}

/** By so much a vendor's clock may be wrong beside ours, in milliseconds. */
const CLOCKS_APART_MS = 15 * 60_000;

/**
 * Records that ended because Winston deleted there what they name: a vendor takes an account's deals along that nobody deleted. One that
 * ended long before that was somebody's deed.
 */
async function tookAlong(
  tx: Queries,
  { connection, mapping, stream }: StreamContext,
  records: readonly VendorRecord[],
  links: ReadonlyMap<string, LinkRow>,
): Promise<ReadonlySet<string>> {
  if (endsOf(stream.kind)) return new Set();
  const named = ({ id }: VendorRecord): string[] =>
    [...mapping.references.keys()].flatMap((field) => {
      const target = links.get(id)?.baseline[field];
      return typeof target === "string" ? [target] : [];
    });
  const ours = await deletedByUs(tx, connection.id, [...new Set(records.flatMap(named))]);
  if (ours.size === 0) return new Set();
  return new Set(
    records.flatMap((record) =>
      named(record).some((target) => {
        const at = ours.get(target);
        return at !== undefined && (record.changedAt === null || record.changedAt >= at - CLOCKS_APART_MS);
      })
        ? [record.id]
        : [],
    ),
  );
}

/** Whether both sides differ since they agreed by something that this vendor could be told. */
async function edited(tx: Queries, ctx: StreamContext, link: LinkRow, entity: EntityRow): Promise<boolean> {
  const baseline = link.baseline as Fields;
  const { outbound, equal } = ctx.mapping;
  const restoredAt = ctx.connection.quarantinedAt;
  // What was set here before a restore may have been there long before the deletion; what another vendor has by now was not.
  const told = (field: string): boolean => {
    if (restoredAt === null) return true;
    const { stream, to } = originOf(entity.origin, field);
    return stream === undefined ? to >= restoredAt : stream !== ctx.stream.id;
  };
  if ([...outbound].every((field) => equal(field, entity.fields[field], baseline[field]) || !told(field))) return false;
  return unsaid(ctx, entity, baseline, await neighbours(tx, ctx, [entity])).length > 0;
}

/** A merge at the vendor moves every link to the survivor's entity; the old id leads there for ever. */
async function mergedInto(
  tx: Queries,
  ctx: StreamContext,
  record: VendorRecord,
  link: LinkRow,
  entity: EntityRow,
  of: StepOf,
  intents: IntentWrite[],
): Promise<Counts> {
  if (link.state === "merged") return { unchanged: 1 };
  const survivor = record.mergedInto!;
  await insertAliases(tx, ctx.stream.id, [{ oldId: record.id, recordId: survivor }], of.now);
  await setLinkState(tx, ctx.stream.id, [record.id], "merged");
  const kept = (await entitiesOfRecords(tx, [ctx.stream.id], [survivor]))[0];
  const reason = mergeAt(ctx, { lost: record.id, kept: survivor }, of);
  if (!kept) {
    await insertLinks(
      tx,
      { stream: ctx.stream.id, connectionId: ctx.connection.id, mapping: ctx.stream.mappingVersion, at: of.now },
      [freshLink(survivor, entity.id, { baseline: link.baseline, reason })],
    );
    return { updated: 1 };
  }
  if (kept.entityId !== entity.id)
    intents.push(
      ...(await absorb(tx, ctx, { winner: kept.entityId, loser: entity.id, recordId: record.id, reason }, of)),
    );
  else {
    // The survivor stood aside for the one that is gone now.
    const preferred = { streamId: ctx.stream.id, recordId: survivor };
    const inItsPlace = await takePlace(tx, { ...placeOf(ctx, entity), preferred });
    if (inItsPlace) intents.push(inItsPlace);
  }
  return { updated: 1 };
}

const placeOf = (ctx: StreamContext, entity: EntityRow) => ({
  entityId: entity.id,
  version: entity.version,
  connectionId: ctx.connection.id,
});

/**
 * A converted record is the same thing in its next stage: the old link closes, the new one opens on the same entity. What the old
 * record said is the new link's baseline, so whatever the new record says differently was said since.
 */
async function converted(
  tx: Queries,
  ctx: StreamContext,
  record: VendorRecord,
  link: LinkRow | undefined,
  entity: EntityRow | undefined,
  of: StepOf,
  intents: IntentWrite[],
): Promise<Counts> {
  if (link?.state === "converted") return { unchanged: 1 };
  const next = record.convertedTo!;
  const target = ctx.siblings.get(next.stream);
  const reading = ctx.mapping.read(record.fields);
  const values = withoutNulls(reading.fields);
  const of2 = {
    stream: ctx.stream.id,
    connectionId: ctx.connection.id,
    mapping: ctx.stream.mappingVersion,
    at: of.now,
  };
  const nextEntity =
    target === undefined ? undefined : (await entitiesOfRecords(tx, [target.id], [next.id]))[0]?.entityId;
  let entityId = entity?.id;
  const reason = conversionAt(ctx, { from: record.id, to: next.id });

  if (entity && link) {
    await setLinkState(tx, ctx.stream.id, [record.id], "converted");
    const version = entity.version + 1;
    await updateEntities(
      tx,
      [
        {
          id: entity.id,
          stage: target?.stage ?? entity.stage,
          fields: JSON.stringify(entity.fields),
          origin: JSON.stringify(entity.origin),
          version,
          deletedAt: entity.deletedAt,
          mergedInto: entity.mergedInto,
        },
      ],
      of.now,
    );
    await insertChanges(
      tx,
      {
        at: of.now,
        actor: `connection:${ctx.connection.name}`,
        streamId: ctx.stream.id,
        runId: of.runId,
        mapping: ctx.stream.mappingVersion,
      },
      [{ entityId: entity.id, version, old: JSON.stringify({ stage: entity.stage }) }],
    );
    // The old record is read-only now: nothing more is owed to it, and what was refused there goes to the new one.
    await deleteIntentsOf(tx, entity.id, ctx.stream.id);
    await unpark(tx, ctx.stream.id, "push", [entity.id]);
    if (
      target &&
      (await makeWay(tx, ctx, { entity, target, nextId: next.id, nextEntity, reason, fillers: link.fillers }, of))
    )
      return { updated: 1 };
  } else if (nextEntity === undefined) {
    entityId = of.newId();
    const origin = {
      "*": pack({
        stream: ctx.stream.id,
        ...observed(record.changedAt, { last: of.lastLook, now: of.now, precisionMs: ctx.declaration.precisionMs }),
      }),
    };
    await insertEntities(
      tx,
      ctx.stream.kind,
      [
        {
          id: entityId,
          stage: target?.stage ?? ctx.stream.stage,
          fields: JSON.stringify(values),
          origin: JSON.stringify(origin),
        },
      ],
      of.now,
    );
    await insertIdentities(
      tx,
      ctx.stream.kind,
      weakKeys(ctx.stream.kind, values).map((key) => ({ entityId: entityId!, ...key })),
    );
    // What it became may say nothing else when it is read.
    const stage = target?.stage ?? ctx.stream.stage;
    intents.push(...(await intentsElsewhere(tx, ctx, [{ id: entityId, stage }], [])));
    const made = freshLink(record.id, entityId, { baseline: {}, reason: NEW });
    await insertLinks(tx, of2, [{ ...made, state: "converted" }]);
  } else {
    const became = freshLink(record.id, nextEntity, { baseline: {}, reason });
    await insertLinks(tx, of2, [{ ...became, state: "converted" }]);
    return { linked: 1 };
  }

  if (target !== undefined && entityId !== undefined) {
    if (nextEntity === undefined) {
      const baseline = link ? link.baseline : values;
      await insertLinks(tx, { ...of2, stream: target.id, mapping: target.mappingVersion }, [
        freshLink(next.id, entityId, { baseline, reason, fillers: link?.fillers ?? null }),
      ]);
      // It may be gone by now: told before anybody knew what it was, its deletion passed for that of a stranger.
      if (of.lastLook !== null && record.changedAt !== null)
        await readChangesFrom(tx, target.id, record.changedAt - ctx.declaration.overlapMs);
      // What could not name it before, as a deal that has contacts and no leads, can now.
      for (const push of await takePendingPushes(tx, ctx.connection.id, [entityId]))
        intents.push({ ...push, op: "upsert" });
    } else if (nextEntity !== entityId) {
      const [became] = await lockEntities(tx, [nextEntity]);
      intents.push(
        ...(await absorb(
          tx,
          ctx,
          {
            winner: entityId,
            loser: nextEntity,
            recordId: record.id,
            reason,
            ...(link
              ? {
                  baseline: link.baseline as Fields,
                  filled: link.fillers ? ctx.mapping.read(link.fillers).fields : {},
                  became: { streamId: target!.id, recordId: next.id, at: record.changedAt, last: reading.fields },
                }
              : {}),
            // Deleted elsewhere while it was converted: what it became was read as somebody new, and may have been made elsewhere.
            lives: true,
          },
          of,
        )),
      );
      if (became?.deletedAt && entity)
        intents.push(...(await deletedBefore(tx, ctx, { record, entity, target, became, nextId: next.id })));
    } else {
      // What it became stood aside for it.
      const preferred = { streamId: target.id, recordId: next.id };
      const inItsPlace = entity && (await takePlace(tx, { ...placeOf(ctx, entity), preferred }));
      if (inItsPlace) intents.push({ ...inItsPlace, version: inItsPlace.version + 1 });
    }
  }
  return { updated: 1 };
}

/**
 * What a record became was deleted while it passed for somebody else. Where its vendor told so, that is the end of this thing, unless
 * it was edited since: it is told once more, and judged like any deletion. Who was deleted elsewhere was one of two: the other lives.
 */
async function deletedBefore(
  tx: Queries,
  ctx: StreamContext,
  {
    record,
    entity,
    target,
    became,
    nextId,
  }: { record: VendorRecord; entity: EntityRow; target: StreamRow; became: EntityRow; nextId: string },
): Promise<IntentWrite[]> {
  const [now] = await lockEntities(tx, [entity.id]);
  if (!now || now.deletedAt !== null || now.mergedInto !== null) return [];
  if ((await activeLinks(tx, [now.id], ctx.connection.id)).length > 0) return [];
  const told = (await deletionsTold(tx, [became.id])).get(became.id) === ctx.connection.id;
  if (told && record.changedAt !== null) {
    await setLinkState(tx, target.id, [nextId], "active");
    await readChangesFrom(tx, target.id, record.changedAt - ctx.declaration.overlapMs);
    return [];
  }
  if (target.direction === "in") return [];
  return [{ streamId: target.id, entityId: now.id, op: "upsert", version: now.version }];
}

/**
 * Where the thing has another record there, because it was merged elsewhere with the one that was converted now: one of the same stage as
 * the new record stays, and the new one stands aside, as it does for a merge; one of an earlier stage stands aside for the new one.
 * Returns whether the new record is settled by that.
 */
async function makeWay(
  tx: Queries,
  ctx: StreamContext,
  one: {
    entity: EntityRow;
    target: StreamRow;
    nextId: string;
    nextEntity: string | undefined;
    reason: LinkReason;
    fillers: JsonObject | null;
  },
  of: StepOf,
): Promise<boolean> {
  const [there] = await activeLinks(tx, [one.entity.id], ctx.connection.id);
  if (!there || there.recordId === one.nextId) return false;
  const why = `since a record that was merged with it elsewhere was converted`;
  if (there.streamId !== one.target.id) {
    await setAside(tx, of, { ...there, kept: one.nextId, why });
    return false;
  }
  if (one.nextEntity === undefined) {
    const { target } = one;
    const links = { stream: target.id, connectionId: ctx.connection.id, mapping: target.mappingVersion, at: of.now };
    const aside = freshLink(one.nextId, one.entity.id, { baseline: {}, reason: one.reason, fillers: one.fillers });
    await insertLinks(tx, links, [{ ...aside, state: "merged" }]);
  }
  await setAside(tx, of, { streamId: one.target.id, recordId: one.nextId, kept: there.recordId, why });
  return one.nextEntity === undefined;
}

const freshLink = (
  recordId: string,
  entityId: string,
  { baseline, reason, fillers }: { baseline: JsonObject | Fields; reason: LinkReason; fillers?: JsonObject | null },
): LinkWrite => ({
  recordId,
  entityId,
  state: "active",
  baseline: JSON.stringify(baseline),
  image: null,
  digest: null,
  fillers: fillers ? JSON.stringify(fillers) : null,
  vendorVersion: null,
  changedAt: null,
  parked: false,
  reason,
});

const withoutNulls = (values: Fields): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
