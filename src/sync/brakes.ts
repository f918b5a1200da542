// The brake as people see it: what waits, and what they decide about it. Released, it is carried out; restored, it is put back where it was lost.
import { WinstonError } from "../base/errors.ts";
import type { Value } from "../mapping/types.ts";
import { askForRecords } from "../store/asked.ts";
import { decideBrake, dropRevived, lossesOf, listBrakes, type BrakeRow, type LossRow } from "../store/brake.ts";
import { agreeOn } from "../store/conflict.ts";
import type { Tx } from "../store/database.ts";
import { lockEntities, readEntities, type EntityRow } from "../store/entity.ts";
import { insertIntents, type IntentWrite } from "../store/intent.ts";
import { editDraft, setField, writeDrafts, type EditDraft } from "./edit.ts";
import { intentsFor } from "./owed.ts";
import type { SaveParts } from "./save.ts";
import type { Brakes, BrakeView } from "./stopped.ts";

export function createBrakes(parts: SaveParts): Brakes {
  const { database, clock, catalog, jobs } = parts;

  const one = async (tx: Tx | typeof database, id: string): Promise<BrakeRow> => {
    const [row] = UUID.test(id) ? await listBrakes(tx, { id, on: false, after: null, limit: 1 }) : [];
    if (!row) throw new WinstonError("not.found", `There is no brake ${id}; \`winston brake list\` shows them.`);
    return row;
  };

  return {
    list: async ({ on = false, after = null, limit }) =>
      (await listBrakes(database, { id: null, on, after, limit })).map(view),

    get: async (id) => {
      const row = await one(database, id);
      const losses = await lossesOf(database, row.id, { state: null, after: null, limit: EXAMPLES });
      const entities = new Map(
        (
          await readEntities(
            database,
            losses.map((loss) => loss.entityId),
          )
        ).map((entity) => [entity.id, entity]),
      );
      return {
        ...view(row),
        examples: losses.map(({ entityId, recordId, value, state }) => ({
          entityId,
          recordId,
          name: nameOf(entities.get(entityId)),
          value,
          state,
        })),
      };
    },

    decide: async (id, decision, actor) =>
      database.transaction(async (tx) => {
        const row = await one(tx, id);
        // Read before they are marked: afterwards nobody can tell what waited from what had gone.
        const waits = await lossesOf(tx, row.id, { state: "waits", after: null, limit: ALL });
        const went = await lossesOf(tx, row.id, { state: "went", after: null, limit: ALL });
        const state = decision === "release" ? "released" : "restored";
        if (!(await decideBrake(tx, row.id, { state, by: actor, at: clock.now() })))
          throw new WinstonError(
            "request.conflict",
            `Brake ${row.id} is off already (${row.state}${row.decidedBy === null ? "" : `, by ${row.decidedBy}`}).`,
          );
        const intents =
          decision === "release" ? await release(tx, row, waits) : await restore(tx, row, waits, went, actor);
        await insertIntents(tx, intents, clock.now());
        const wakes = [...new Set(intents.map((intent) => intent.streamId))].map((streamId) => ({
          streamId,
          lane: "push" as const,
        }));
        await jobs.wake(tx, [...wakes, { streamId: row.streamId, lane: "hints" }], `brake ${state}`);
        return view(await one(tx, id));
      }),
  };

  /** What waited is carried out. What the vendor did is looked at once more first. */
  async function release(
    tx: Tx,
    { streamId, direction, field }: BrakeRow,
    waits: readonly LossRow[],
  ): Promise<IntentWrite[]> {
    if (direction === "pull") {
      const missing = field === "" ? "end" : "merge";
      await askForRecords(
        tx,
        waits.map(({ recordId, toldAt }) => ({ streamId, recordId, missing, toldAt })),
      );
      return [];
    }
    const rows = await lockEntities(tx, waits.map((loss) => loss.entityId).toSorted());
    const op = field === "" ? "delete" : "upsert";
    return rows.map((entity) => ({ streamId, entityId: entity.id, op, version: entity.version }));
  }

  /** What was lost is put back: what waited, and what had gone before the brake came on. */
  async function restore(
    tx: Tx,
    { streamId, direction, field, kind }: BrakeRow,
    waits: readonly LossRow[],
    went: readonly LossRow[],
    actor: string,
  ): Promise<IntentWrite[]> {
    const now = clock.now();
    const lostHere = direction === "push" ? [...waits, ...went] : went;
    const rows = await lockEntities(tx, [...waits, ...went].map((loss) => loss.entityId).toSorted());
    const entities = new Map(rows.map((row) => [row.id, row]));
    const drafts = lostHere.flatMap((loss): EditDraft[] => {
      const row = entities.get(loss.entityId);
      if (!row || row.mergedInto !== null) return [];
      const draft = editDraft(row);
      if (field === "") {
        if (row.deletedAt === null) return [];
        draft.revived = true;
      } else {
        // Who gave it a value since meant that one.
        if (row.deletedAt !== null || (row.fields[field] ?? null) !== null) return [];
        setField(draft, field, loss.value as Value);
      }
      return [draft];
    });
    await writeDrafts(tx, { kind, created: [], changed: drafts, origin: { actor, from: now, to: now }, actor, now });
    const writers = await catalog.writersOf(tx, kind);
    const intents = await intentsFor(
      tx,
      writers,
      drafts.map((draft) => ({ ...draft, version: draft.row!.version + 1 })),
    );
    if (field === "")
      await dropRevived(
        tx,
        drafts.map((draft) => draft.id),
        now,
      );
    if (direction === "push") return intents;
    if (field === "")
      await askForRecords(
        tx,
        waits.map(({ recordId, toldAt }) => ({ streamId, recordId, missing: "restore", toldAt })),
      );
    else {
      // The blank is what was seen there, and is no edit any more: our value goes out.
      await agreeOn(
        tx,
        waits.map(({ recordId }) => ({ streamId, recordId, field, value: null })),
      );
      for (const { entityId } of waits) {
        const row = entities.get(entityId);
        if (row && writers.some((writer) => writer.streamId === streamId))
          intents.push({ streamId, entityId, op: "upsert", version: row.version });
      }
    }
    return intents;
  }
}

/** Shown of each brake. */
const EXAMPLES = 20;
const ALL = 10_000_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** As a person calls it. */
export function nameOf(entity: Pick<EntityRow, "fields"> | undefined): string | null {
  const { name, firstName, lastName, email, subject } = entity?.fields ?? {};
  const whole = [firstName, lastName].filter((part) => typeof part === "string").join(" ");
  return [name, whole, email, subject].find((one): one is string => typeof one === "string" && one !== "") ?? null;
}

function view({ field, streamId: _stream, connectionId: _connection, ...row }: BrakeRow): BrakeView {
  return {
    ...row,
    what: field === "" ? "deletion" : "blanking",
    field: field === "" ? null : field,
    says: says({ field, ...row }),
  };
}

/** In words: what was lost where, and what becomes of it. Pure. */
function says(row: Omit<BrakeRow, "streamId" | "connectionId">): string {
  const many = `${number(Math.max(row.waits + row.went, row.lost))} of ${row.stream}`;
  const lost = row.field === "" ? "deleted" : `without ${row.field}`;
  const [told, where] =
    row.direction === "pull"
      ? [`${row.connection} tells that ${many} are ${lost} there`, "here or elsewhere"]
      : [`${many} are ${lost} here`, `at ${row.connection}`];
  switch (row.state) {
    case "on": {
      const before = row.went === 0 ? "" : `; ${number(row.went)} went before it was noticed`;
      return `${told}; ${number(row.waits)} wait and are not carried out ${where}${before}.`;
    }
    case "released":
      return `${told}; ${row.decidedBy ?? "somebody"} let it be carried out.`;
    case "restored":
      return `${told}; ${row.decidedBy ?? "somebody"} had it put back.`;
    case "over":
      return `${told}; they are back, and nothing waits.`;
  }
}

const number = (count: number): string => count.toLocaleString("en");
