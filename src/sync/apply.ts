// The heart of a step: records of one stream meet what Winston holds. Reads a little, decides purely, writes set-based.
// Whoever calls holds the lane's fence in the same transaction and moves the checkpoint with it.
import { scheduler } from "node:timers/promises";
import { equalJson, type JsonObject } from "../base/json.ts";
import type { VendorRecord } from "../connector/contract.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Fields, Reading, Value } from "../mapping/types.ts";
import { insertChanges, type ChangeWrite } from "../store/change.ts";
import {
  closeConflicts,
  insertConflicts,
  openQuestions,
  type ConflictWrite,
  type OpenQuestion,
} from "../store/conflict.ts";
import type { Queries, Tx } from "../store/database.ts";
import { lockEntities, updateEntities, type EntityRow } from "../store/entity.ts";
import { deleteWeakIdentities, insertIdentities, type IdentityRow } from "../store/identity.ts";
import { insertDuplicates } from "../store/duplicate.ts";
import { AWAY } from "../store/former.ts";
import { beingMade, insertIntents, MAY_LAND_MS, ownWrites, takeUnsent, type IntentWrite } from "../store/intent.ts";
import {
  activeLinks,
  entitiesOfRecords,
  insertLinks,
  lockLinks,
  needsWork,
  updateLinks,
  type LinkReason,
  type LinkWrite,
} from "../store/link.ts";
import { park, parkedFor, unpark, type ParkedWrite } from "../store/parked.ts";
import { DecideAgain } from "../store/failures.ts";
import { deletePendingReferences, insertPendingReferences, takePendingPushes } from "../store/pending.ts";
import { keepsItsOwn } from "./apart.ts";
import { brakeBlankings, brakeEnds, noteShownAgain } from "./brake.ts";
import { withheldElsewhere } from "./consent.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { applyEnds } from "./ends.ts";
import { firstLook, maybeGiven, notGiven, setAfterMaking, type GivenByPeople } from "./filled.ts";
import { leaveAlone, passBy } from "./filter.ts";
import { freezeLoops, frozenName } from "./freeze.ts";
import { GONE_FOR_GOOD, WITHDRAWN } from "./gone.ts";
import { neverEnded } from "./hidden.ts";
import { findLinked, matchUnlinked, NOTHING_READ, resolveReferences, type Item } from "./match.ts";
import { imageOf, unstorableField } from "./image.ts";
import { identityFields, weakKeys } from "./keys.ts";
import { isLast, lastShown, writtenAmong } from "./last-shown.ts";
import { resolveLookups, valuesRead } from "./lookup.ts";
import { NEW } from "./linked.ts";
import { merge, type Conflict } from "./merge.ts";
import { NewRows } from "./new-rows.ts";
import { dropOverwritten, keepLate, takeOutdated } from "./outdated.ts";
import { intentsElsewhere } from "./owed.ts";
import { ownIdsTwice, ownKey } from "./own-ids.ts";
import { owedFor, reviewOf, reviewQuestions } from "./questions.ts";
import type { Ready } from "./ready.ts";
import { rulesFor } from "./rules.ts";
import { awaitedEnds } from "./ties.ts";
import { TWIN } from "./twins.ts";
import { problemTold } from "./told.ts";
import { editsAmong, lostThere, touchedSince } from "./revival.ts";
import { newer, observed, originOf, pack, setOrigins, type Origin } from "./origin.ts";
import { formerNames } from "./whole.ts";
import { addCounts, type Counts } from "./counts.ts";

export interface Applied {
  readonly counts: Counts;
  /** Streams that owe pushes now. */
  readonly owing: ReadonlySet<number>;
}

export interface ApplyOptions {
  /** Work on every record, also those whose image did not change. */
  readonly force?: boolean;
  /** By record id: values of a write whose outcome is unknown; a record value equal to one is our own write. */
  readonly sent?: ReadonlyMap<string, Fields>;
  /** By record id: fillers of such a write, to be read as blank. */
  readonly fillers?: ReadonlyMap<string, JsonObject>;
  /** By record id: fields that such a create left out. */
  readonly unsent?: ReadonlyMap<string, readonly string[]>;
  /** Of fields that creates left out, what its vendor says a person gave since. */
  readonly given?: GivenByPeople;
  /** By record id: the entity the record is known to be (found by our handle). */
  readonly known?: ReadonlyMap<string, string>;
  /** When these records were asked for, in milliseconds. Absent: they were read just now. */
  readonly askedAt?: number;
  /** What was made ready of these records before; the rest is made here. */
  readonly ready?: ReadonlyMap<VendorRecord, Ready>;
  /** Records that were taken for gone and never were. */
  readonly hidden?: ReadonlySet<string>;
  /** A person has let these pass: nothing of them waits at the brake. */
  readonly released?: boolean;
}

/** An entity as this step changes it. */
interface Draft {
  readonly row: EntityRow;
  fields: Record<string, Value>;
  origin: JsonObject;
  old: Record<string, Value>;
  changed: Set<string>;
  /** A value is as it was, and somebody else's by now. */
  confirmed: boolean;
  deletedAt: number | null;
}

/** Applies records of one stream. One NUL in a page of a thousand parks one record; the others commit. */
export async function applyRecords(
  tx: Tx,
  ctx: StreamContext,
  records: readonly VendorRecord[],
  of: StepOf,
  options: ApplyOptions = {},
): Promise<Applied> {
  const counts: Counts = { read: records.length };
  const owing = new Set<number>();
  const parked: ParkedWrite[] = [];

  // The newest showing of a record in a page counts; explicit ends (deleted, merged, converted) take their own way.
  const plain = new Map<string, VendorRecord>();
  const told = new Map<string, VendorRecord>();
  for (const record of records) {
    if (record.deleted || record.mergedInto !== undefined || record.convertedTo)
      told.set([record.id, record.mergedInto, record.convertedTo?.id].join(" "), record);
    else if (!isOlder(record, plain.get(record.id))) plain.set(record.id, record);
  }
  const ends = [...told.values()];
  for (const end of ends) if (isOlder(plain.get(end.id), end)) plain.delete(end.id);
  if (ends.length > 0) {
    const ended = await applyEnds(tx, ctx, options.released ? ends : await brakeEnds(tx, ctx, ends, of), of);
    addCounts(counts, ended.counts);
    for (const streamId of ended.owing) owing.add(streamId);
  }

  const living = [...plain.values()];
  await noteShownAgain(tx, ctx, living, of);
  const last = (await lastShown(tx, ctx, ends)).filter(({ id }) => !plain.has(id));
  const shown = [...living, ...last];
  const images = shown.map(
    (record) => options.ready?.get(record)?.image ?? imageOf(record.fields, ctx.mapping.vendorFields),
  );
  const mappingVersion = ctx.stream.mappingVersion;
  const work = options.force
    ? shown.map((_, index) => ({ index, entityId: null }))
    : await needsWork(tx, {
        stream: ctx.stream.id,
        mapping: mappingVersion,
        ids: shown.map((one) => one.id),
        digests: images.map((one) => one.digest),
        changedAts: shown.map((one) => one.changedAt),
      });
  counts.unchanged = (counts.unchanged ?? 0) + shown.length - work.length;
  if (work.length === 0) return { counts, owing };

  const items: Item[] = [];
  for (const { index } of work) {
    const record = shown[index]!;
    const { text, digest } = images[index]!;
    const field = unstorableField(text, record.fields);
    if (field !== undefined) {
      parked.push(unstorable(record, field));
      continue;
    }
    items.push({
      record,
      image: text,
      digest,
      link: undefined,
      entityId: undefined,
      fillers: null,
      reason: NEW,
      reading: NOTHING_READ,
    });
  }

  await findLinked(tx, ctx, items, work, shown, options);
  const readWithoutFillers = (record: VendorRecord): Reading =>
    options.ready?.get(record)?.reading ?? ctx.mapping.read(record.fields);
  for (const item of items) if (!item.entityId) item.reading = readWithoutFillers(item.record);
  const loose = await resolveReferences(
    tx,
    ctx,
    items.filter((item) => !item.entityId),
  );
  const { passed, failed } = await passBy(tx, ctx, items, { references: loose, known: options.known });
  parked.push(...failed);
  counts.unchanged += passed + (await setAsideTies(tx, ctx, items, loose, of));
  for (const streamId of await renameTies(tx, ctx, { items, found: loose, counts }, of)) owing.add(streamId);
  const lookalikes = await matchUnlinked(tx, ctx, items, loose, { ...options, lastLook: of.lastLook });
  let fillers: JsonObject | undefined;
  const everyFilling = (): JsonObject => (fillers ??= everyFiller(ctx));
  for (const item of items) {
    if (!item.lostId) continue;
    item.fillers = everyFilling();
    item.reading = ctx.mapping.read(item.record.fields, item.fillers);
  }

  // Everything that exists is locked in one statement, in id order; then the links as they are now.
  const drafts = new Map<string, Draft>();
  let unsettled = new Map<string, Sent[]>();
  const existing = [...new Set(items.flatMap((item) => (item.entityId ? [item.entityId] : [])))].toSorted();
  for (const row of await lockEntities(tx, existing)) drafts.set(row.id, draftOf(row));
  // A batch of a push is made on locked entities: what began while this page was decided is seen now.
  const guessed = items.flatMap((item) => (item.guessed ? [item.entityId!] : []));
  for (const id of await beingMade(tx, ctx.connection.id, guessed))
    throw new DecideAgain(`a record of ${id} began to be made while a page was decided`);
  if (existing.length > 0) {
    const links = new Map(
      (
        await lockLinks(
          tx,
          ctx.stream.id,
          items.filter((item) => item.entityId).map((item) => item.record.id),
        )
      ).map((link) => [link.recordId, link]),
    );
    unsettled = await sentBefore(tx, ctx, items, of.now);
    for (const item of items) {
      if (!item.entityId) continue;
      item.link = links.get(item.record.id);
      if (item.link && item.link.entityId !== item.entityId) throw moved(item.record.id);
      const before = unsettled.get(item.entityId) ?? [];
      const sentFillers =
        options.fillers?.get(item.record.id) ?? before.find((one) => Object.keys(one.fillers).length > 0)?.fillers;
      const unknown = item.link === undefined && isHandle(item.record, item.entityId);
      const filled = sentFillers ?? (unknown ? everyFilling() : undefined);
      item.fillers = filled ? { ...item.link?.fillers, ...filled } : (item.link?.fillers ?? null);
      item.reading = item.fillers
        ? ctx.mapping.read(item.record.fields, item.fillers)
        : readWithoutFillers(item.record);
    }
  }

  const { outdated, hidden } = await takeOutdated(
    tx,
    ctx,
    items,
    new Set([...(options.hidden ?? []), ...last.map(({ id }) => id)]),
  );
  await keepLate(tx, ctx, outdated, (id) => drafts.get(id)?.row, of);
  counts.unchanged += outdated.length + (await dropOverwritten(tx, ctx, items, options.askedAt));
  const alone = await leaveAlone(tx, ctx, items, (id) => drafts.get(id)?.row.deletedAt !== null);
  parked.push(...alone.failed);
  counts.unchanged += alone.left;

  // What was hidden while its thing was deleted elsewhere, and was edited since: it lives again, and what both sides agreed on stands.
  const neverGone = await neverEnded(
    tx,
    ctx,
    items.flatMap(({ link, entityId }) =>
      link?.state === "deleted" && entityId && drafts.get(entityId)?.deletedAt ? [entityId] : [],
    ),
  );

  const leftOut = await takeUnsent(
    tx,
    ctx.stream.id,
    items.filter((item) => item.link).map((item) => item.record.id),
  );

  const afterwards = await setAfterMaking(tx, ctx, items, {
    given: options.given,
    entityOf: (id) => drafts.get(id)?.row,
  });

  // A record that came back (undeleted, unmerged) while its entity lives on as another record here.
  const ended = items.flatMap((item) => (item.link && item.link.state !== "active" ? [item.link.entityId] : []));
  const twins = new Map(
    (await activeLinks(tx, ended, ctx.connection.id)).map((link) => [link.entityId, link.recordId]),
  );

  const references = new Map([
    ...loose,
    ...(await resolveReferences(
      tx,
      ctx,
      items.filter((item) => item.link),
    )),
  ]);
  const lookups = await resolveLookups(
    tx,
    ctx,
    items.map((item) => item.reading),
    of,
  );

  const withheld = await withheldElsewhere(tx, ctx, items, (id) => drafts.get(id)?.fields);
  const lost = await lostThere(tx, ctx, items);
  // What nobody cleared is not cleared here.
  const cleared = items.map((item) => {
    const references = without(item.reading.references, lost(item));
    return { ...item, reading: { ...item.reading, references } };
  });
  const braked = options.released
    ? undefined
    : await brakeBlankings(tx, ctx, cleared, (id) => drafts.get(id)?.fields as Fields | undefined, of);
  const frozen = await freezeLoops(tx, ctx, items, { rowOf: (id) => drafts.get(id)?.row, references, withheld }, of);
  const lastOf = new Set(items.filter(isLast).map((item) => item.entityId));
  const isDeleted = (id: string): boolean => lastOf.has(id) || drafts.get(id)?.deletedAt !== null;
  const isEdit = await editsAmong(tx, ctx, items, isDeleted, options.given);
  const apart = await keepsItsOwn(tx, ctx, items, { entityOf: (id) => drafts.get(id), references });
  const open = await openQuestions(tx, existing);
  const questions = Map.groupBy(
    open.filter((one) => one.streamId === ctx.stream.id),
    (one) => one.recordId,
  );
  const answered: OpenQuestion[] = [];
  const identities: IdentityRow[] = [];
  const ownIds: IdentityRow[] = [];
  const goneKeys: { entityId: string; key: string; value: string }[] = [];
  const newLinks: LinkWrite[] = [];
  const oldLinks: LinkWrite[] = [];
  const conflicts: ConflictWrite[] = [];
  const pending: { recordId: string; field: string; targetKind: string; targetId: string }[] = [];
  const settledReferences: string[] = [];
  const intents: IntentWrite[] = [];
  const newlyLinked: string[] = [];
  const activeAgain: string[] = [];
  const backAgain: string[] = [];
  const againThere: string[] = [];
  const wellAgain: string[] = [];
  const made: { id: string; stage: string | null }[] = [];
  const stageFor = ({ stage }: VendorRecord): string | null =>
    ctx.stream.stage ?? stage ?? ctx.declaration.stageForNew ?? null;
  const behind = new Set<Draft>();
  // What a record does not say of a reference settles none.
  const mayWait = [...ctx.mapping.references.keys()].filter((field) => ctx.mapping.inbound.has(field));
  const { kind } = ctx.stream;
  const keyed = identityFields(kind);
  const restored = ctx.connection.quarantinedAt !== null;
  const parkedIds = new Set<string>();
  const suspects: { id: string; leftId: string; rightId: string }[] = [];
  const linkOf = {
    stream: ctx.stream.id,
    connectionId: ctx.connection.id,
    mapping: mappingVersion,
    at: of.now,
  };
  using newRows = new NewRows(tx, kind, linkOf);

  for (const [index, item] of items.entries()) {
    if (index % AT_ONCE === 0 && newRows.busy) await scheduler.yield();
    const { record, reading } = item;
    // After a restore nobody knows when a value without a stamp was set: it is newer than what stood here.
    const look = {
      last: restored && record.changedAt === null ? of.now : of.lastLook,
      now: of.now,
      precisionMs: ctx.declaration.precisionMs,
    };
    const span = observed(record.changedAt, look);
    const origin: Origin = { stream: ctx.stream.id, ...span };
    const { values, waiting } = valuesRead(reading, references, lookups);
    for (const { field, targetId } of isLast(item) ? [] : waiting)
      pending.push({ recordId: record.id, field, targetKind: ctx.mapping.references.get(field)!.kind, targetId });
    const waits = waiting.length > 0;
    if (item.link && !waits && mayWait.every((field) => values[field] !== undefined)) settledReferences.push(record.id);

    if (reading.problems.length > 0 && !isLast(item)) {
      const first = reading.problems[0]!;
      parkedIds.add(record.id);
      parked.push({
        subject: record.id,
        reason: first.code,
        message: problemTold(first, record.notes?.[first.pointer.slice(1)]),
        field: first.pointer.slice(1),
        vendor: null,
      });
    } else wellAgain.push(record.id);

    const draft = item.entityId ? drafts.get(item.entityId) : undefined;
    if (!draft) {
      // Nobody knows this record: a new entity, and both sides agree on all of it.
      const id = item.lostId ?? of.newId();
      const fields = stringifyWithoutNulls(values);
      const stage = stageFor(record);
      newRows.add(
        { id, stage, fields, origin: JSON.stringify({ "*": pack(origin) }) },
        weakKeys(kind, values).map((key) => ({ entityId: id, ...key })),
        linkWrite(item, id, {
          baseline: fields,
          fillers: item.fillers,
          parked: parkedIds.has(record.id),
          reason: item.reason,
        }),
      );
      for (const other of lookalikes.get(item) ?? []) suspects.push({ id: of.newId(), leftId: other, rightId: id });
      const own = ownKey(values);
      if (own) ownIds.push({ entityId: id, ...own });
      made.push({ id, stage });
      counts.created = (counts.created ?? 0) + 1;
      continue;
    }

    const { link } = item;
    const twin = link !== undefined && link.state !== "active" ? twins.get(draft.row.id) : undefined;
    if (twin !== undefined && !isLast(item)) {
      parked.push(cameBack(record, twin));
      continue;
    }
    const closed = link !== undefined && link.state === "deleted";
    // One that was only hidden never went: what both sides agreed on stands, and so does what was deleted elsewhere meanwhile.
    const revived = closed && !isLast(item) && !hidden.has(link.entityId);
    const before = unsettled.get(draft.row.id) ?? [];
    const given = options.sent?.get(record.id);
    const sends = [...(given ? [given] : []), ...before.map((one) => one.sent)];
    const agreed = link === undefined ? madeHere(ctx, { record, values }, draft.row.id, sends) : undefined;
    const met = agreed
      ? (field: string) => Object.hasOwn(agreed, field)
      : link === undefined || (revived && !neverGone.has(link.entityId))
        ? NEVER
        : link.mappingVersion === mappingVersion
          ? ALWAYS
          : ctx.metIn(link.mappingVersion);
    const left = notGiven(leftOut.get(record.id), options.given?.get(record.id));
    const own = ownValues(ctx, values, sends, [
      ...(left?.fields ?? []),
      ...(options.unsent?.get(record.id) ?? []),
      ...before.flatMap((one) => one.unsent),
    ]);
    const rules = rulesFor(ctx.rules, { record: origin, winston: draft.origin });
    // What was sent was looked at before: what it shows otherwise was set since, whatever its stamp says.
    const update = before.find((one) => one.lookedAt !== null);
    const since = update && observed(record.changedAt, { ...look, last: Math.max(look.last ?? 0, update.lookedAt!) });
    const sent = agreed ?? (link?.made && !link.shown ? (link.baseline as Fields) : undefined);
    // What another record of this page has just changed here is not what it was made of.
    const setLater = afterwards.get(record.id)?.difference(draft.changed);
    const first = firstLook(ctx, { sent, setLater });
    const wasBlank = sent && new Set(Object.keys(values).filter((field) => (draft.fields[field] ?? null) === null));
    const originAt = (field: string): Origin => {
      if (update && Object.hasOwn(update.sent, field)) return { ...origin, ...since };
      if (!wasBlank?.has(field) || !first.isFill(field)) return origin;
      const { from, to } = originOf(draft.origin, field);
      return { ...origin, from, to };
    };
    const merged = merge(
      {
        baseline: without((link?.baseline as Fields | undefined) ?? agreed ?? {}, lost(item)),
        met,
        entity: draft.fields,
        record: values,
        sent: own,
      },
      {
        equal: ctx.mapping.equal,
        standsFor: ctx.mapping.standsFor,
        outbound: ctx.mapping.outbound,
        withheld: (field) => withheld.get(draft.row.id)?.has(field) ?? false,
        waits: (field, blanks) =>
          frozen.has(frozenName(draft.row.id, field)) || (blanks && (braked?.get(field)?.has(draft.row.id) ?? false)),
        ...rules,
        newer: (field) =>
          first.later(field) ??
          (setSince(ctx, field, { values, fields: draft.fields }, before)
            ? "record"
            : newer(originAt(field), originOf(draft.origin, field))),
        losesNothing: (field, winner) => apart(item, field, winner) || rules.losesNothing!(field, winner),
      },
    );
    // Nobody edited it: what Winston deleted there stays as it is, here too.
    const unseen = isLast(item) && (merged.conflicts.length > 0 || isEdit(item, writtenAmong(ctx, merged.take)));
    if (isLast(item) && !unseen) continue;
    const filled = link && left ? maybeGiven(ctx, { record, link }, left, { here: draft.fields, there: values }) : [];
    const taken = Object.keys(merged.take);
    if (taken.length > 0) {
      if (taken.some((field) => keyed.includes(field))) {
        const before = weakKeys(kind, draft.fields);
        for (const key of before) goneKeys.push({ entityId: draft.row.id, key: key.key, value: key.value });
        for (const key of weakKeys(kind, { ...draft.fields, ...merged.take }))
          identities.push({ entityId: draft.row.id, ...key });
      }
      const own = ownKey(merged.take);
      if (own) ownIds.push({ entityId: draft.row.id, ...own });
      change(draft, merged.take, originAt);
    }
    if (merged.confirmed.length > 0) {
      draft.origin = setOrigins(draft.origin, merged.confirmed, originAt);
      draft.confirmed = true;
    }
    // An edit at the vendor outlives a deletion here; so does a record that came back. What meets again after its connection was away differs
    // for any reason: only its stamp tells whether it was edited there.
    const alive =
      unseen ||
      (link?.mappingVersion === AWAY
        ? revived || touchedSince(record, link)
        : isEdit(item, merged.take) ||
          revived ||
          merged.conflicts.length > 0 ||
          (restored && touchedSince(record, link)));
    if (draft.deletedAt !== null && alive) {
      draft.old["deletedAt"] ??= new Date(draft.deletedAt).toISOString();
      draft.deletedAt = null;
      draft.changed.add("deletedAt");
    }
    for (const asked of questions.get(record.id) ?? [])
      if (!stillAsked(asked, { values, conflicts: merged.conflicts }, ctx)) answered.push(asked);
    for (const one of [...merged.conflicts, ...filled])
      conflicts.push({ id: of.newId(), entityId: draft.row.id, recordId: record.id, ...one });
    counts.conflicts = (counts.conflicts ?? 0) + merged.conflicts.length + filled.length;
    // What ended with an edit that Winston had not seen is made there again, also where an undo had taken it away.
    if (unseen) againThere.push(draft.row.id);
    if ((merged.behind.length > 0 || unseen) && ctx.stream.direction !== "in" && draft.deletedAt === null) {
      behind.add(draft);
    }
    const write = linkWrite(item, draft.row.id, {
      baseline: JSON.stringify(merged.baseline),
      fillers: item.fillers,
      parked: parkedIds.has(record.id),
      reason: item.reason,
    });
    if (link && isLast(item)) oldLinks.push({ ...write, state: "deleted" });
    else if (link) {
      oldLinks.push(write);
      if (closed) backAgain.push(draft.row.id);
      if (closed && draft.deletedAt !== null && ctx.stream.direction !== "in")
        intents.push({ streamId: ctx.stream.id, entityId: draft.row.id, op: "delete", version: draft.row.version });
      // Can be given things again: what waited for that is owed.
      if (kind === "user" && link.baseline["active"] === false && merged.baseline["active"] !== false)
        activeAgain.push(draft.row.id);
    } else {
      newLinks.push(write);
      newlyLinked.push(draft.row.id);
      counts.linked = (counts.linked ?? 0) + 1;
    }
  }

  await newRows.end();
  const changedDrafts = [...drafts.values()].filter((draft) => draft.changed.size > 0);
  counts.updated = (counts.updated ?? 0) + changedDrafts.length;
  counts.unchanged +=
    items.length -
    made.length -
    changedDrafts.length -
    newlyLinked.filter((id) => drafts.get(id)!.changed.size === 0).length;
  for (const draft of behind) {
    intents.push({ streamId: ctx.stream.id, entityId: draft.row.id, op: "upsert", version: versionOf(draft) });
  }
  const changes = changedDrafts.map(({ row, changed }) => ({
    id: row.id,
    stage: row.stage,
    version: row.version + 1,
    changed,
  }));
  intents.push(...(await intentsElsewhere(tx, ctx, made, changes)));
  for (const push of await takePendingPushes(tx, ctx.connection.id, [...newlyLinked, ...activeAgain]))
    intents.push({ ...push, op: "upsert" });

  const confirmed = [...drafts.values()].filter((draft) => draft.confirmed && draft.changed.size === 0);
  await updateEntities(tx, [...changedDrafts, ...confirmed].map(changedRow), of.now);
  await insertChanges(
    tx,
    {
      at: of.now,
      actor: `connection:${ctx.connection.name}`,
      streamId: ctx.stream.id,
      runId: of.runId,
      mapping: mappingVersion,
    },
    changedDrafts.map((draft): ChangeWrite => ({
      entityId: draft.row.id,
      version: draft.row.version + 1,
      old: JSON.stringify(draft.old),
    })),
  );
  await deleteWeakIdentities(tx, goneKeys);
  await insertIdentities(tx, kind, [...identities, ...ownIds]);
  for (const pair of await ownIdsTwice(tx, kind, ownIds)) suspects.push({ id: of.newId(), ...pair });
  await insertLinks(tx, linkOf, newLinks);
  // There again, as another record or as itself.
  const there = [...newlyLinked, ...backAgain];
  const found = await parkedFor(tx, ctx.stream.id, "push", { reason: GONE_FOR_GOOD, subjects: there });
  const taken = await parkedFor(tx, ctx.stream.id, "push", { reason: WITHDRAWN, subjects: againThere });
  await unpark(tx, ctx.stream.id, "push", [...found, ...taken]);
  await updateLinks(tx, { stream: ctx.stream.id, mapping: mappingVersion }, oldLinks);
  await insertDuplicates(tx, { kind, at: of.now }, suspects);
  await insertConflicts(tx, { streamId: ctx.stream.id, runId: of.runId, at: of.now }, conflicts);
  await closeConflicts(
    tx,
    { by: null, at: of.now },
    answered.map(({ id }) => ({ id, winner: "moot", given: null })),
  );
  if (answered.length > 0) intents.push(...(await owedFor(tx, await ctx.writersOf(tx, kind), answered)));
  // What this step changed may be asked about at other vendors.
  const askedOf = changedDrafts.filter(({ row }) => open.some((one) => one.entityId === row.id));
  const ids = askedOf.map((draft) => draft.row.id);
  intents.push(...(await reviewQuestions(tx, ids, reviewOf(ctx, of))));
  await deletePendingReferences(tx, ctx.stream.id, settledReferences);
  await insertPendingReferences(tx, { streamId: ctx.stream.id, connectionId: ctx.connection.id, at: of.now }, pending);
  await insertIntents(tx, intents, of.now);
  for (const intent of intents) owing.add(intent.streamId);
  if (ctx.parkedBefore) await unpark(tx, ctx.stream.id, "pull", wellAgain);
  if (parked.length > 0) {
    await park(
      tx,
      { streamId: ctx.stream.id, side: "pull", mapping: mappingVersion, runId: of.runId, at: of.now },
      parked,
    );
    counts.parked = (counts.parked ?? 0) + parked.length;
    ctx.parkedBefore = true;
  }
  return { counts, owing };
}

/** Takes away ties of which an end is not known yet, and returns how many: nobody can say which tie one is before both are. They are read again when it comes. */
async function setAsideTies(
  tx: Queries,
  ctx: StreamContext,
  items: Item[],
  found: ReadonlyMap<string, string>,
  of: StepOf,
): Promise<number> {
  if (!endsOf(ctx.stream.kind) || !ctx.declaration.read) return 0;
  const awaited = new Map(
    items.map((item) => [item, item.entityId ? [] : awaitedEnds(ctx.stream.kind, item, found)] as const),
  );
  const known = items.filter((item) => awaited.get(item)!.length === 0);
  const pending = items.flatMap((item) =>
    awaited.get(item)!.map((field) => ({
      recordId: item.record.id,
      field,
      targetKind: ctx.mapping.references.get(field)!.kind,
      targetId: item.reading.references[field]!,
    })),
  );
  await insertPendingReferences(tx, { streamId: ctx.stream.id, connectionId: ctx.connection.id, at: of.now }, pending);
  const aside = items.length - known.length;
  if (aside > 0) items.splice(0, items.length, ...known);
  return aside;
}

/** Gives ties that are shown under a new name what was known of them under the old one. Returns the streams that owe pushes now. */
async function renameTies(
  tx: Tx,
  ctx: StreamContext,
  { items, found, counts }: { items: readonly Item[]; found: ReadonlyMap<string, string>; counts: Counts },
  of: StepOf,
): Promise<ReadonlySet<number>> {
  // Only what is known by its ends there gets another name with them.
  const unlinked = endsOf(ctx.stream.kind) ? items.filter((one) => !one.entityId && one.record.id.includes(":")) : [];
  const former = await formerNames(tx, ctx, unlinked, found);
  if (former.length === 0) return new Set();
  const ended = await applyEnds(tx, ctx, former, of);
  addCounts(counts, ended.counts);
  const ids = former.map((one) => one.mergedInto!);
  const linked = new Map(
    (await entitiesOfRecords(tx, [ctx.stream.id], ids)).map((row) => [row.recordId, row.entityId]),
  );
  for (const item of unlinked) item.entityId = linked.get(item.record.id);
  return ended.owing;
}

/** Records decided at one go. Then what is on its way to the database gets its turn, and some of the page ahead is made ready. */
const AT_ONCE = 250;

/** Whether a question about a record still stands after its merge: between the same values, or about a field that the record did not carry. */
function stillAsked(
  asked: OpenQuestion,
  { values, conflicts }: { values: Fields; conflicts: readonly Conflict[] },
  ctx: StreamContext,
): boolean {
  if (!Object.hasOwn(values, asked.field)) return ctx.mapping.inbound.has(asked.field);
  const now = conflicts.find((one) => one.field === asked.field);
  return now?.winner === "open" && equalJson(now.winston, asked.winston) && equalJson(now.record, asked.record);
}

const without = <Of>(fields: Readonly<Record<string, Of>>, names: readonly string[]): Record<string, Of> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

const ALWAYS = (): boolean => true;
const NEVER = (): boolean => false;

/** Of two showings of one record: where either has no stamp nobody can say. */
const isOlder = (one: VendorRecord | undefined, other: VendorRecord | undefined): boolean =>
  typeof one?.changedAt === "number" && typeof other?.changedAt === "number" && one.changedAt < other.changedAt;

const isHandle = ({ handle }: VendorRecord, entityId: string): boolean => handle?.toLowerCase() === entityId;

/** What Winston may have filled in at a record that it made, where nobody knows any more what that create was sent. */
const everyFiller = ({ mapping }: StreamContext): JsonObject =>
  mapping.write({
    entity: {},
    changed: "all",
    forCreate: true,
    reference: () => undefined,
    related: () => undefined,
  }).fillers as JsonObject;

/**
 * What both sides agreed on when Winston made this record: what it was sent, of a write whose outcome nobody stored; the last one comes
 * first. What it says otherwise was said since, also that it is blank, where whatever may have made it had a value there. But a reference may
 * not have got that far: it may go with a call of its own. And a tie has no handle: somebody else may have tied the same two, and said no more.
 */
function madeHere(
  { mapping, stream }: StreamContext,
  { record, values }: { record: VendorRecord; values: Fields },
  entityId: string,
  sends: readonly Fields[],
): Fields | undefined {
  const [sent] = sends;
  if (sent === undefined || !isHandle(record, entityId)) return undefined;
  const wasSaid = (field: string): boolean =>
    (values[field] ?? null) !== null ||
    (values[field] === null &&
      !mapping.references.has(field) &&
      !endsOf(stream.kind) &&
      sends.every((one) => (one[field] ?? null) !== null));
  return Object.fromEntries(Object.entries(sent).filter(([field, value]) => value !== null && wasSaid(field)));
}

/** Something Winston sent that nobody has settled yet. */
interface Sent {
  readonly sent: Fields;
  readonly fillers: JsonObject;
  readonly unsent: readonly string[];
  /** When the look before it began, of an update that nobody has read back since. Null where there was none. */
  readonly lookedAt: number | null;
  /** Of an update: what the record showed in these fields at the look before it. */
  readonly before: Fields | null;
}

/** What Winston sent of these entities and nobody has settled, by entity. */
export async function sentBefore(
  tx: Queries,
  ctx: StreamContext,
  items: readonly Pick<Item, "entityId">[],
  now: number,
): Promise<Map<string, Sent[]>> {
  const found = new Map<string, Sent[]>();
  const ids = items.flatMap((item) => item.entityId ?? []);
  for (const { entityId, lookedAt, ...sent } of await ownWrites(tx, ctx.stream.id, ids, now - MAY_LAND_MS))
    (found.get(entityId) ?? found.set(entityId, []).get(entityId)!).push({
      ...sent,
      lookedAt: ctx.declaration.read ? lookedAt : null,
    });
  return found;
}

/** Whether somebody set a field after the look before an update of what still stands here: it shows neither what that said nor what it showed then. */
function setSince(
  { mapping }: StreamContext,
  field: string,
  { values, fields }: { readonly values: Fields; readonly fields: Fields },
  writes: readonly Sent[],
): boolean {
  return writes.some(
    ({ sent, before }) =>
      before !== null &&
      Object.hasOwn(sent, field) &&
      mapping.equal(field, fields[field], sent[field]) &&
      ![before[field], sent[field]].some((one) => mapping.standsFor(field, values[field] ?? null, one)),
  );
}

/** The record's values that are our own writes seen again: sent, in whole or in part, and not settled, or put by the vendor itself into fields that our create left out. */
export function ownValues(
  ctx: StreamContext,
  values: Fields,
  sent: readonly Fields[],
  leftOut: readonly string[],
): Fields {
  const own: Record<string, Value> = {};
  for (const [field, value] of Object.entries(values)) {
    const ours = sent.find((one) => Object.hasOwn(one, field) && ctx.mapping.standsFor(field, value, one[field]));
    if (ours) own[field] = ours[field]!;
    else if (leftOut.includes(field)) own[field] = value;
    // Taken away to make room, and not set yet.
    else if (value === null && ctx.mapping.inSteps.has(field) && sent.some((one) => typeof one[field] === "string"))
      own[field] = null;
  }
  return own;
}

/** Somebody else moved a link while we looked: the step is decided again on what is there now. */
function moved(recordId: string): Error {
  return new DecideAgain(`record ${recordId} was linked elsewhere while its page was decided`);
}

function unstorable(record: VendorRecord, field: string): ParkedWrite {
  return {
    subject: record.id,
    reason: "record.unstorable",
    message: `Field ${field} holds a NUL character or half of a surrogate pair, which the database cannot keep. Correct the value at the vendor; the record is read again when it changes.`,
    field,
    vendor: null,
  };
}

function cameBack(record: VendorRecord, twin: string): ParkedWrite {
  return {
    subject: record.id,
    reason: TWIN,
    message: `This record came back after it was deleted or merged, and the same thing lives on as record ${twin}. Merge the two at the vendor, or delete one; nothing is written to this one until then.`,
    field: null,
    vendor: null,
  };
}

function draftOf(row: EntityRow): Draft {
  return {
    row,
    fields: { ...row.fields },
    origin: row.origin,
    old: {},
    changed: new Set(),
    confirmed: false,
    deletedAt: row.deletedAt,
  };
}

function change(draft: Draft, values: Readonly<Record<string, Value>>, originAt: (field: string) => Origin): void {
  for (const [field, value] of Object.entries(values)) {
    if (!draft.changed.has(field)) draft.old[field] = draft.row.fields[field] ?? null;
    draft.changed.add(field);
    if (value === null) delete draft.fields[field];
    else draft.fields[field] = value;
  }
  draft.origin = setOrigins(draft.origin, Object.keys(values), originAt);
}

const versionOf = (draft: Draft): number => draft.row.version + (draft.changed.size > 0 ? 1 : 0);

const changedRow = (draft: Draft) => ({
  id: draft.row.id,
  stage: draft.row.stage,
  fields: JSON.stringify(draft.fields),
  origin: JSON.stringify(draft.origin),
  version: versionOf(draft),
  deletedAt: draft.deletedAt,
  mergedInto: draft.row.mergedInto,
});

function linkWrite(
  item: Item,
  entityId: string,
  of: { baseline: string; fillers: JsonObject | null; parked: boolean; reason: LinkReason },
): LinkWrite {
  const { baseline, fillers, parked, reason } = of;
  return {
    recordId: item.record.id,
    entityId,
    state: "active",
    baseline,
    image: item.image,
    digest: item.digest,
    fillers: fillers === null ? null : JSON.stringify(fillers),
    vendorVersion: item.record.version,
    changedAt: item.record.changedAt,
    parked,
    reason,
  };
}

/** JSON text of what is not blank. Put together by hand, as in image.ts and for the same reason. */
function stringifyWithoutNulls(values: Readonly<Record<string, Value>>): string {
  let inner = "";
  for (const field in values) {
    const value = values[field]!;
    if (value !== null) inner += (inner === "" ? "" : ",") + headOf(field) + JSON.stringify(value);
  }
  return `{${inner}}`;
}

const heads = new Map<string, string>();
function headOf(field: string): string {
  let head = heads.get(field);
  if (head === undefined) heads.set(field, (head = `${JSON.stringify(field)}:`));
  return head;
}
