// Frozen fields as people see them: who set what, in words, and letting go.
import { WinstonError } from "../base/errors.ts";
import { askForRecords } from "../store/asked.ts";
import { lockEntities } from "../store/entity.ts";
import { listFrozen, releaseFrozen, type FrozenRow } from "../store/frozen.ts";
import { insertIntents } from "../store/intent.ts";
import { activeLinks } from "../store/link.ts";
import { nameOf } from "./brakes.ts";
import { intentsFor } from "./owed.ts";
import type { SaveParts } from "./save.ts";
import type { Frozen, FrozenView } from "./stopped.ts";

export function createFrozen(parts: SaveParts): Frozen {
  const { database, clock, catalog, jobs } = parts;
  const find = async (id: string): Promise<FrozenRow> => {
    const [row] = UUID.test(id) ? await listFrozen(database, { id, on: false, after: null, limit: 1 }) : [];
    if (!row)
      throw new WinstonError("not.found", `There is no frozen field ${id}; \`winston frozen list\` shows them.`);
    return row;
  };
  return {
    list: async ({ on = false, after = null, limit }) =>
      (await listFrozen(database, { id: null, on, after, limit })).map(view),
    get: async (id) => view(await find(id)),
    release: async (id, actor) => {
      const { entityId, field } = await find(id);
      await database.transaction(async (tx) => {
        const now = clock.now();
        const [entity] = await lockEntities(tx, [entityId]);
        if (!(await releaseFrozen(tx, id, { by: actor, at: now })))
          throw new WinstonError("request.conflict", `Frozen field ${id} was released already.`);
        if (!entity || entity.deletedAt !== null || entity.mergedInto !== null) return;
        // Every system's record is looked at once more, and every one is owed what stands then.
        const links = await activeLinks(tx, [entityId], null);
        const asked = links.map(
          ({ streamId, recordId }) => ({ streamId, recordId, missing: "merge", toldAt: null }) as const,
        );
        await askForRecords(tx, asked);
        const writers = await catalog.writersOf(tx, entity.kind);
        const intents = await intentsFor(tx, writers, [{ ...entity, changed: new Set([field]) }]);
        await insertIntents(tx, intents, now);
        const wakes = [
          ...links.map(({ streamId }) => ({ streamId, lane: "hints" as const })),
          ...intents.map(({ streamId }) => ({ streamId, lane: "push" as const })),
        ];
        await jobs.wake(tx, wakes, "released");
      });
      return view(await find(id));
    },
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

function view({ fields, ...row }: FrozenRow): FrozenView {
  const name = nameOf({ fields });
  const writers = row.writers.map(({ actor, connection, stream, mapping, record, value }) => ({
    actor,
    connection,
    stream,
    mapping,
    recordField:
      [record]
        .flat()
        .filter((one) => typeof one === "string")
        .join(", ") || null,
    value,
  }));
  return { ...row, name, writers, says: says({ ...row, name, writers }) };
}

/** In words: who sets what. Pure. */
function says({
  kind,
  name,
  entityId,
  field,
  writers,
}: Pick<FrozenView, "kind" | "name" | "entityId" | "field" | "writers">): string {
  const sets = writers.map((one) => `${nameWriter(one)} sets it to ${show(one.value)}`);
  return `${field} of ${kind} ${name ?? entityId} goes to and fro: ${sets.join(", and ")}. Nothing of this field is taken or written for this record until somebody releases it.`;
}

function nameWriter({ actor, connection, stream, mapping, recordField }: FrozenView["writers"][number]): string {
  if (actor === "winston") return "Winston, because another system withholds it,";
  if (connection === null || stream === null) return actor;
  const by = recordField === null ? "" : `, its field ${recordField}`;
  return `${connection} (${stream}${by}, mapping version ${mapping ?? "unknown"})`;
}

const show = (value: unknown): string => (value === null || value === undefined ? "blank" : JSON.stringify(value));
