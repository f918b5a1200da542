// Local reads and edits of one kind's entities.
import { WinstonError } from "../base/errors.ts";
import { changesOf, insertChanges } from "../store/change.ts";
import type { Queries } from "../store/database.ts";
import { releaseHeld } from "../store/duplicate.ts";
import { lockEntities, listEntities, readEntities, updateEntities, type EntityRow } from "../store/entity.ts";
import { insertFields, readFields } from "../store/field.ts";
import { findByIdentity } from "../store/identity.ts";
import { insertIntents } from "../store/intent.ts";
import { activeLinks } from "../store/link.ts";
import { readConnections, readStreams } from "../store/connection.ts";
import { standardFields } from "../mapping/kinds.ts";
import type { Value } from "../mapping/types.ts";
import { fieldOrigins } from "./field-origins.ts";
import { ledOn } from "./led-on.ts";
import { EXTERNAL, identityValue } from "./keys.ts";
import { deletionsOwed } from "./owed.ts";
import { reviewQuestions } from "./questions.ts";
import { isFieldType } from "./save-items.ts";
import { save, type SaveParts } from "./save.ts";
import { endTies } from "./ties.ts";
import type { HistoryEntry, Records, StoredRecord } from "./types.ts";

const EXTERNAL_PREFIX = "external:";
const HISTORY_MAX = 1_000;

export function createRecords(parts: SaveParts): Records {
  const { database, catalog, clock } = parts;

  /** Winston's id of what a caller named: the id itself, or "external:..." of its own. */
  const idOf = async (kind: string, id: string): Promise<string | undefined> => {
    if (!id.startsWith(EXTERNAL_PREFIX)) return /^[0-9a-f-]{36}$/iu.test(id) ? id : undefined;
    const value = identityValue(EXTERNAL, id.slice(EXTERNAL_PREFIX.length));
    if (value === null) return undefined;
    const [found] = await findByIdentity(database, kind, [{ key: EXTERNAL, value }], null);
    return found?.entityId;
  };

  const find = async (kind: string, stage: string | undefined, id: string): Promise<EntityRow> => {
    const known = await idOf(kind, id);
    let row = known === undefined ? undefined : (await readEntities(database, [known]))[0];
    // A merged one leads to the one that took it in.
    for (let hops = 0; row?.mergedInto && hops < 10; hops++) row = (await readEntities(database, [row.mergedInto]))[0];
    if (!row || row.kind !== kind || (stage !== undefined && row.stage !== stage)) {
      throw new WinstonError("not.found", `There is no ${stage ?? kind} ${id}.`);
    }
    return row;
  };

  const findLedOn = async (kind: string, stage: string | undefined, id: string): Promise<EntityRow> => {
    const row = await find(kind, stage, id);
    return (await ledOn(database, await catalog.fields(database, kind), [row]))[0]!;
  };

  return {
    save: (inputs, options) => save(parts, inputs, options),

    list: async (query) => {
      const identity =
        query.externalId !== undefined
          ? { key: EXTERNAL, value: identityValue(EXTERNAL, query.externalId) ?? "" }
          : query.email !== undefined
            ? { key: "email", value: identityValue("email", query.email) ?? "" }
            : null;
      const rows = await listEntities(database, {
        kind: query.kind,
        stage: query.stage ?? null,
        after: query.after ?? null,
        updatedSince: query.updatedSince ?? null,
        includeDeleted: query.includeDeleted ?? false,
        identity,
        limit: query.limit,
      });
      return (await ledOn(database, await catalog.fields(database, query.kind), rows)).map(shown);
    },

    get: async (kind, stage, id) => {
      const row = await findLedOn(kind, stage, id);
      return { ...shown(row), links: (await placesOf(database, [row.id])).get(row.id) ?? [] };
    },

    history: async (kind, id) => {
      const row = await find(kind, undefined, id);
      const entries: HistoryEntry[] = [];
      // Changes keep old values only; walking back from what is, each one's new value is the next one's old.
      const state: Record<string, unknown> = {
        ...row.fields,
        stage: row.stage,
        deletedAt: row.deletedAt === null ? null : new Date(row.deletedAt).toISOString(),
      };
      for (const change of await changesOf(database, row.id, HISTORY_MAX)) {
        const changes: Record<string, { old: unknown; new: unknown }> = {};
        for (const [field, old] of Object.entries(change.old)) {
          changes[field] = { old, new: state[field] ?? null };
          state[field] = old;
        }
        entries.push({ version: change.version, at: change.at, actor: change.actor, runId: change.runId, changes });
      }
      return entries;
    },

    origin: async (kind, id) => fieldOrigins(database, catalog, await findLedOn(kind, undefined, id)),

    remove: async (kind, id, actor) => {
      const { id: known } = await find(kind, undefined, id);
      await database.transaction(async (tx) => {
        const [row] = await lockEntities(tx, [known]);
        if (!row || row.deletedAt !== null) throw new WinstonError("not.found", `There is no ${kind} ${id} any more.`);
        const now = clock.now();
        const version = row.version + 1;
        await updateEntities(
          tx,
          [
            {
              id: row.id,
              stage: row.stage,
              fields: JSON.stringify(row.fields),
              origin: JSON.stringify(row.origin),
              version,
              deletedAt: now,
              mergedInto: row.mergedInto,
            },
          ],
          now,
        );
        await insertChanges(tx, { at: now, actor, streamId: null, runId: null, mapping: null }, [
          { entityId: row.id, version, old: JSON.stringify({ deletedAt: null }) },
        ]);
        const writers = await catalog.writersOf(tx, kind);
        const owed = await deletionsOwed(tx, writers, { ...row, version });
        const by = { at: now, actor, streamId: null, runId: null, mapping: null };
        const { writersOf } = catalog;
        owed.push(...(await endTies(tx, { kind, id: row.id, livesOn: false, connectionId: null, writersOf, by })));
        await insertIntents(tx, owed, now);
        await reviewQuestions(tx, [row.id], { kind, writersOf, now, newId: parts.newId });
        const streams = [...owed.map((intent) => intent.streamId), ...(await releaseHeld(tx))];
        await parts.jobs.wake(
          tx,
          streams.map((streamId) => ({ streamId, lane: "push" as const })),
          "edit",
        );
      });
    },

    declareField: async (kind, field, source) => {
      if (!isFieldType(field.type))
        throw new WinstonError("request.invalid", `${field.type} is no type of field.`, {
          problems: [{ pointer: "/type", code: "field.type", message: `${field.type} is no type of field.` }],
        });
      const known =
        standardFields(kind).find((one) => one.key === field.key) ??
        (await readFields(database, kind)).find((one) => one.key === field.key);
      if (known) {
        if (known.type === field.type) return;
        throw new WinstonError(
          "request.conflict",
          `${kind} has a field ${field.key} of type ${known.type} already; give the new one another key.`,
        );
      }
      await insertFields(
        database,
        [{ kind, key: field.key, type: field.type, label: field.label, target: field.target ?? null, source }],
        clock.now(),
      );
      catalog.forget();
    },
  };
}

/** Where each of these entities lives at vendors. A connection that was removed leaves its links behind; they are passed over. */
export async function placesOf(
  db: Queries,
  ids: readonly string[],
): Promise<Map<string, { connection: string; stream: string; recordId: string; state: string }[]>> {
  const links = await activeLinks(db, ids, null);
  if (links.length === 0) return new Map();
  const connections = new Map((await readConnections(db, null)).map((one) => [one.id, one.name]));
  const streams = new Map((await readStreams(db, {})).map((one) => [one.id, one.key]));
  const found = new Map<string, { connection: string; stream: string; recordId: string; state: string }[]>();
  for (const { entityId, connectionId, streamId, recordId } of links) {
    const [connection, stream] = [connections.get(connectionId), streams.get(streamId)];
    if (connection === undefined || stream === undefined) continue;
    (found.get(entityId) ?? found.set(entityId, []).get(entityId)!).push({
      connection,
      stream,
      recordId,
      state: "active",
    });
  }
  return found;
}

/** As people see it. */
export function shown(row: EntityRow): StoredRecord {
  const { externalId, ...fields } = row.fields as Record<string, Value>;
  return {
    id: row.id,
    kind: row.kind,
    stage: row.stage,
    externalId: typeof externalId === "string" ? externalId : null,
    fields,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    deletedAt: row.deletedAt,
  };
}
