// Pairs that may be one thing: shown to a person, who decides; and the way back, a record that was taken for something it is not.
import { WinstonError } from "../base/errors.ts";
import { equalJson, type JsonObject } from "../base/json.ts";
import { insertChanges } from "../store/change.ts";
import { insertConflicts, moveQuestions, type ConflictWrite } from "../store/conflict.ts";
import { readConnections, readStreams } from "../store/connection.ts";
import type { Queries, Tx } from "../store/database.ts";
import {
  decideDuplicate,
  insertDuplicates,
  listDuplicates,
  lockDuplicate,
  moveLinksAt,
  releaseHeld,
  repointDuplicates,
  type DuplicateRow,
} from "../store/duplicate.ts";
import { insertEntities, lockEntities, readEntities, updateEntities, type EntityRow } from "../store/entity.ts";
import { insertIdentities, moveIdentities } from "../store/identity.ts";
import { createdByUs, deleteIntentsOf, insertIntents, underWay } from "../store/intent.ts";
import { activeLinks, moveLinks } from "../store/link.ts";
import { unparkPushesOf } from "../store/parked.ts";
import { takePushesWaitingFor } from "../store/pending.ts";
import type { Fields } from "../mapping/types.ts";
import { forbids } from "./consent.ts";
import { weakKeys } from "./keys.ts";
import { originOf, pack } from "./origin.ts";
import { placesOf, shown } from "./records.ts";
import type { Duplicates, DuplicateView } from "./types.ts";
import { busy, madeOne, mergeAtVendors, sidesOf, type MergeParts } from "./vendor-merge.ts";

const noPair = (id: string): WinstonError =>
  new WinstonError("not.found", `There is no pair ${id}; \`winston duplicates list\` shows them.`);

/** What a person decides about pairs. `createRecords` knows the same parts. */
export function createDuplicates(parts: MergeParts): Duplicates {
  const { database, clock, newId } = parts;

  const viewOf = async (rows: readonly DuplicateRow[]): Promise<DuplicateView[]> => {
    const ids = [...new Set(rows.flatMap((row) => [row.leftId, row.rightId]))];
    const entities = new Map((await readEntities(database, ids)).map((row) => [row.id, row]));
    const places = await placesOf(database, ids);
    return rows.map((row) => {
      const [left, right] = [entities.get(row.leftId)!, entities.get(row.rightId)!];
      const side = (one: EntityRow) => ({ ...shown(one), links: places.get(one.id) ?? [] });
      const { id, kind, state, foundAt, connection } = row;
      const shared = sharedKeys(left, right);
      return { id, kind, state, foundAt, shared, connection, left: side(left), right: side(right) };
    });
  };

  return {
    get: async (id) => {
      const [row] = await listDuplicates(database, { state: null, id, after: null, limit: 1 });
      if (!row) throw noPair(id);
      return (await viewOf([row]))[0]!;
    },

    list: async ({ state, limit, after }) =>
      viewOf(await listDuplicates(database, { state: state ?? "open", id: null, after: after ?? null, limit })),

    decide: async (id, decision, actor) => {
      await database.transaction(async (tx) => {
        const pair = await lockDuplicate(tx, id);
        if (!pair) throw noPair(id);
        if (pair.state === decision) return;
        if (pair.state === "same") throw madeOne(id);
        if (decision === "same") await makeOne(tx, pair, actor);
        await decideDuplicate(tx, id, decision);
        await wakePushes(tx, await releaseHeld(tx));
      });
      const rows = await listDuplicates(database, { state: null, id, after: null, limit: 1 });
      return (await viewOf(rows))[0]!;
    },

    merge: async (id, keep, actor) => {
      const merged = await mergeAtVendors(parts, { id, keep, actor });
      const rows = await listDuplicates(database, { state: null, id, after: null, limit: 1 });
      return { pair: (await viewOf(rows))[0]!, merged };
    },

    unlink: (kind, id, connection, actor) =>
      database.transaction(async (tx) => {
        const [at] = await readConnections(tx, connection);
        if (!at) throw new WinstonError("not.found", `There is no connection ${connection}.`);
        const [entity] = await lockEntities(tx, [id]);
        if (!entity || entity.kind !== kind || entity.deletedAt !== null)
          throw new WinstonError("not.found", `There is no ${kind} ${id}.`);
        const [link] = await activeLinks(tx, [id], at.id);
        if (!link) throw new WinstonError("not.found", `The ${kind} ${id} has no record at ${at.name}.`);
        await refuseUnderWay(tx, [id]);
        if (await createdByUs(tx, { streamId: link.streamId, entityId: id, recordId: link.recordId }))
          throw new WinstonError(
            "request.conflict",
            `Winston itself made the record ${link.recordId} at ${at.name} for this ${kind}, so it is nobody else's. Correct its values where they are wrong; deleted there, this ${kind} would be deleted here and at every connection.`,
          );
        const [stream] = await readStreams(tx, { id: link.streamId });
        const now = clock.now();
        const own = newId();
        const fields = withoutNulls(link.baseline);
        const origin = { "*": pack({ stream: link.streamId, from: 0, to: now }) };
        await insertEntities(
          tx,
          kind,
          [
            {
              id: own,
              stage: stream?.stage ?? entity.stage,
              fields: JSON.stringify(fields),
              origin: JSON.stringify(origin),
            },
          ],
          now,
        );
        await insertIdentities(
          tx,
          kind,
          weakKeys(kind, fields).map((key) => ({ entityId: own, ...key })),
        );
        await moveLinksAt(tx, { from: id, to: own, connectionId: at.id, by: actor });
        await deleteIntentsOf(tx, id, link.streamId);
        const version = entity.version + 1;
        await updateEntities(tx, [{ ...written(entity), version }], now);
        await insertChanges(tx, { at: now, actor, streamId: null, runId: null, mapping: null }, [
          { entityId: id, version, old: JSON.stringify({ [`link to ${at.name}`]: link.recordId }) },
        ]);
        // The answer is known now: nobody is asked whether the two are one.
        const pair = { id: newId(), leftId: id, rightId: own };
        await insertDuplicates(tx, { kind, at: now }, [pair]);
        await decideDuplicate(tx, pair.id, "different");
        await wakePushes(tx, await releaseHeld(tx));
        return { id: own };
      }),
  };

  /** The older takes in the younger, except that a contact takes in a lead. Blanks fill, who forbids stands; what differs goes to the ledger; links and keys move. */
  async function makeOne(tx: Tx, pair: DuplicateRow, actor: string): Promise<void> {
    const rows = await lockEntities(tx, [pair.leftId, pair.rightId].toSorted());
    const { winner, loser } = sidesOf(pair, rows);
    const ids = [winner.id, loser.id];
    await refuseTwoAtOne(tx, winner.id, loser.id);
    await refuseUnderWay(tx, ids);

    const now = clock.now();
    const fields = { ...winner.fields };
    const origin = { ...winner.origin };
    const old: JsonObject = {};
    const loserLinks = await activeLinks(tx, [loser.id], null);
    const { rules } = await parts.catalog.writers(tx, winner.kind);
    const losing = new Map<number, ConflictWrite[]>();
    for (const [field, value] of Object.entries(loser.fields)) {
      if (value === null || equalJson(value, fields[field])) continue;
      const from = originOf(loser.origin, field);
      const present = fields[field] ?? null;
      const isForbidden = forbids(rules, field, { own: present, other: value });
      if (present === null || isForbidden) {
        old[field] = present;
        fields[field] = value;
        origin[field] = pack(from);
      }
      if (present === null) continue;
      const link = loserLinks.find((one) => one.streamId === from.stream) ?? loserLinks[0];
      const streamId = link?.streamId ?? 0;
      const list = losing.get(streamId) ?? losing.set(streamId, []).get(streamId)!;
      list.push({
        id: newId(),
        entityId: winner.id,
        recordId: link?.recordId ?? loser.id,
        field,
        baseline: null,
        winston: present,
        record: value,
        ...(isForbidden ? { winner: "record", rule: "restrictive" } : { winner: "winston", rule: "merged" }),
      });
    }
    await moveLinks(tx, loser.id, winner.id, { is: "person", of: { by: actor, pair: pair.id } });
    await moveQuestions(tx, loser.id, winner.id);
    await moveIdentities(tx, loser.id, winner.id);
    await deleteIntentsOf(tx, loser.id, null);
    await unparkPushesOf(tx, loser.id);
    await repointDuplicates(tx, { from: loser.id, to: winner.id });
    const version = winner.version + 1;
    await updateEntities(
      tx,
      [
        { ...written(winner), fields: JSON.stringify(fields), origin: JSON.stringify(origin), version },
        { ...written(loser), version: loser.version + 1, deletedAt: now, mergedInto: winner.id },
      ],
      now,
    );
    await insertChanges(tx, { at: now, actor, streamId: null, runId: null, mapping: null }, [
      { entityId: winner.id, version, old: JSON.stringify(old) },
      {
        entityId: loser.id,
        version: loser.version + 1,
        old: JSON.stringify({ mergedInto: null, deletedAt: null }),
      },
    ]);
    for (const [streamId, conflicts] of losing)
      await insertConflicts(tx, { streamId, runId: null, at: now }, conflicts);

    // Every record of the one is brought to what the one says now; where that is what it says, nothing is sent.
    const writers = await parts.catalog.writersOf(tx, winner.kind);
    const linked = new Set((await activeLinks(tx, [winner.id], null)).map((link) => link.streamId));
    const owed = writers
      .filter((writer) => linked.has(writer.streamId))
      .map((writer) => ({ streamId: writer.streamId, entityId: winner.id, op: "upsert" as const, version }));
    const waited = (await takePushesWaitingFor(tx, ids)).map((push) => ({ ...push, op: "upsert" as const }));
    await insertIntents(tx, [...owed, ...waited], now);
    await wakePushes(
      tx,
      [...owed, ...waited].map((intent) => intent.streamId),
    );
  }

  function wakePushes(tx: Tx, streams: readonly number[]): Promise<void> {
    return parts.jobs.wake(
      tx,
      [...new Set(streams)].map((streamId) => ({ streamId, lane: "push" as const })),
      "duplicates",
    );
  }

  /** Two records of one vendor are two for the vendor, whatever we say. A connection that was removed no longer counts. */
  async function refuseTwoAtOne(tx: Queries, left: string, right: string): Promise<void> {
    const links = await activeLinks(tx, [left, right], null);
    const both = (await readConnections(tx, null)).find((connection) =>
      [left, right].every((id) => links.some((link) => link.entityId === id && link.connectionId === connection.id)),
    );
    if (!both) return;
    const records = links.filter((link) => link.connectionId === both.id).map((link) => link.recordId);
    throw new WinstonError(
      "request.conflict",
      `Both live at the connection ${both.name}, as ${records.join(" and ")}. Merge them there; Winston follows. Where the vendor offers it, winston duplicates merge does that.`,
    );
  }

  async function refuseUnderWay(tx: Queries, ids: readonly string[]): Promise<void> {
    if (await underWay(tx, ids)) throw busy();
  }
}

/** By which values the two look like one, as matching compares them. */
function sharedKeys(left: EntityRow, right: EntityRow): { key: string; value: string }[] {
  const theirs = weakKeys(right.kind, right.fields as Fields);
  return weakKeys(left.kind, left.fields as Fields)
    .filter(({ key, value }) => theirs.some((one) => one.key === key && one.value === value))
    .map(({ key, value }) => ({ key, value }));
}

const written = (row: EntityRow) => ({
  id: row.id,
  stage: row.stage,
  fields: JSON.stringify(row.fields),
  origin: JSON.stringify(row.origin),
  version: row.version,
  deletedAt: row.deletedAt,
  mergedInto: row.mergedInto,
});

const withoutNulls = (values: JsonObject): Fields =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Fields;
