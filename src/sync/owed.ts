// What is owed: which streams must write, for entities that were made or changed.
import type { Queries } from "../store/database.ts";
import type { IntentWrite } from "../store/intent.ts";
import { activeLinks } from "../store/link.ts";
import type { StreamContext, Writer } from "./context.ts";

/** An entity as it is after a change, and which fields that changed. */
export interface Changed {
  readonly id: string;
  readonly stage: string | null;
  readonly version: number;
  readonly changed: ReadonlySet<string>;
}

/** What the other connections are owed for entities that this step made or changed. Costs nothing where there is no other. */
export async function intentsElsewhere(
  tx: Queries,
  ctx: StreamContext,
  made: readonly { id: string; stage: string | null }[],
  changed: readonly Changed[],
): Promise<IntentWrite[]> {
  if (made.length === 0 && changed.length === 0) return [];
  const writers = await ctx.writersOf(tx, ctx.stream.kind);
  const others = writers.filter((writer) => writer.connectionId !== ctx.connection.id);
  if (others.length === 0) return [];
  const intents: IntentWrite[] = [];
  for (const { id, stage } of made)
    for (const writer of creators(others, stage))
      intents.push({ streamId: writer.streamId, entityId: id, op: "upsert", version: 1 });
  intents.push(...(await intentsFor(tx, others, changed)));
  return intents;
}

/** Of these, where an entity of a stage may be made. */
export const creators = (writers: readonly Writer[], stage: string | null) =>
  writers.filter((writer) => writer.creates && (writer.stage === null || writer.stage === stage));

/** Where an entity that was deleted is to be deleted too: also where it is only about to be made, for that write may be parked, or under way. */
export async function deletionsOwed(
  tx: Queries,
  writers: readonly Writer[],
  { id, stage, version }: { readonly id: string; readonly stage: string | null; readonly version: number },
): Promise<IntentWrite[]> {
  const linked = new Set((await activeLinks(tx, [id], null)).map((link) => link.streamId));
  const made = new Set(creators(writers, stage));
  return writers
    .filter((writer) => linked.has(writer.streamId) || made.has(writer))
    .map(({ streamId }) => ({ streamId, entityId: id, op: "delete" as const, version }));
}

/** What these writers are owed for changed entities: an update where they have the record, else a create where they make new ones. */
export async function intentsFor(
  tx: Queries,
  writers: readonly Writer[],
  changed: readonly Changed[],
): Promise<IntentWrite[]> {
  if (writers.length === 0 || changed.length === 0) return [];
  const intents: IntentWrite[] = [];
  const links = new Map<string, number>();
  for (const link of await activeLinks(
    tx,
    changed.map((one) => one.id),
    null,
  ))
    links.set(`${link.entityId} ${link.connectionId}`, link.streamId);
  const connections = [...new Set(writers.map((writer) => writer.connectionId))];
  for (const entity of changed) {
    for (const connectionId of connections) {
      const here = writers.filter((writer) => writer.connectionId === connectionId);
      const linkedStream = links.get(`${entity.id} ${connectionId}`);
      const targets =
        linkedStream === undefined
          ? creators(here, entity.stage)
          : here.filter(
              (writer) =>
                writer.streamId === linkedStream &&
                [...entity.changed].some((field) => writer.outbound.has(field) || writer.asks.has(field)),
            );
      for (const writer of targets)
        intents.push({ streamId: writer.streamId, entityId: entity.id, op: "upsert", version: entity.version });
    }
  }
  return intents;
}
