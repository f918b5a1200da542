// Two entities turn out to be one: the winner takes in the loser, and no value is lost.
import type { Queries } from "../store/database.ts";
import { insertChanges } from "../store/change.ts";
import { insertConflicts, moveQuestions } from "../store/conflict.ts";
import { readConnections, readStreams } from "../store/connection.ts";
import { repointDuplicates, settleDuplicate } from "../store/duplicate.ts";
import { lockEntities, updateEntities } from "../store/entity.ts";
import { moveIdentities } from "../store/identity.ts";
import { deleteIntentsOf, type IntentWrite } from "../store/intent.ts";
import { activeLinks, moveLinks } from "../store/link.ts";
import { park, unparkPushesOf } from "../store/parked.ts";
import { takePushesWaitingFor } from "../store/pending.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Value } from "../mapping/types.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { originOf, pack } from "./origin.ts";
import { reviewOf, reviewQuestions } from "./questions.ts";

/** Parked for this: of two records of one vendor that are one thing, the one that nothing is written to. */
export const TWIN = "record.twin";

/** Blanks of the winner fill from the loser; every value that differs goes to the ledger; links and keys move; the loser becomes a tombstone that leads to the winner. Returns what the vendors are owed: of the winner, and of what waited to name the loser. */
export async function absorb(
  tx: Queries,
  ctx: StreamContext,
  who: { winner: string; loser: string; recordId: string },
  of: StepOf,
): Promise<IntentWrite[]> {
  const rows = new Map((await lockEntities(tx, [who.winner, who.loser].toSorted())).map((row) => [row.id, row]));
  const [winner, loser] = [rows.get(who.winner), rows.get(who.loser)];
  if (!winner || !loser) return [];
  const fields: Record<string, Value> = { ...winner.fields };
  const origin = { ...winner.origin };
  const old: Record<string, Value> = {};
  const conflicts = [];
  for (const [field, value] of Object.entries(loser.fields)) {
    if (value === null || ctx.mapping.equal(field, fields[field], value)) continue;
    if (fields[field] === undefined || fields[field] === null) {
      old[field] = null;
      fields[field] = value;
      origin[field] = pack(originOf(loser.origin, field));
    } else {
      conflicts.push({
        id: of.newId(),
        entityId: winner.id,
        recordId: who.recordId,
        field,
        baseline: null,
        winston: fields[field]!,
        record: value,
        winner: "winston" as const,
        rule: "merged",
      });
    }
  }
  const actor = of.actor ?? `connection:${ctx.connection.name}`;
  const history = { at: of.now, actor, streamId: ctx.stream.id, runId: of.runId, mapping: ctx.stream.mappingVersion };
  await tellTwins(tx, ctx, { winner: winner.id, loser: loser.id }, of);
  await moveLinks(tx, loser.id, winner.id);
  await moveQuestions(tx, loser.id, winner.id);
  await moveIdentities(tx, loser.id, winner.id);
  await deleteIntentsOf(tx, loser.id, null);
  await unparkPushesOf(tx, loser.id);
  await settleDuplicate(tx, winner.id, loser.id);
  await repointDuplicates(tx, { from: loser.id, to: winner.id });
  await updateEntities(
    tx,
    [
      {
        id: winner.id,
        stage: winner.stage,
        fields: JSON.stringify(fields),
        origin: JSON.stringify(origin),
        version: winner.version + 1,
        deletedAt: winner.deletedAt,
        mergedInto: null,
      },
      {
        id: loser.id,
        stage: loser.stage,
        fields: JSON.stringify(loser.fields),
        origin: JSON.stringify(loser.origin),
        version: loser.version + 1,
        deletedAt: of.now,
        mergedInto: winner.id,
      },
    ],
    of.now,
  );
  await insertChanges(tx, history, [
    { entityId: winner.id, version: winner.version + 1, old: JSON.stringify(old) },
    {
      entityId: loser.id,
      version: loser.version + 1,
      old: JSON.stringify({ mergedInto: null, deletedAt: loser.deletedAt }),
    },
  ]);
  await insertConflicts(tx, { streamId: ctx.stream.id, runId: of.runId, at: of.now }, conflicts);
  // The winner may be at a vendor now where only the loser was: also what waited to name the winner is looked at.
  const waited = (await takePushesWaitingFor(tx, [loser.id, winner.id])).map((push) => ({
    ...push,
    op: "upsert" as const,
  }));
  if (winner.deletedAt !== null) return waited;
  const version = winner.version + 1;
  // A record that came with the loser has its values still: every record of the winner's is compared with what it is now.
  const links = (await activeLinks(tx, [winner.id], null)).filter((link) =>
    ctx.writers.some((writer) => writer.streamId === link.streamId),
  );
  return [
    ...waited,
    ...(await reviewQuestions(tx, [winner.id], reviewOf(ctx, of))),
    ...links.map(({ streamId }) => ({ streamId, entityId: winner.id, op: "upsert" as const, version })),
  ];
}

/** Where both live at another vendor, which merged nothing, one of its two records stands for nobody from now on: a person is told. */
async function tellTwins(
  tx: Queries,
  ctx: StreamContext,
  who: { winner: string; loser: string },
  of: StepOf,
): Promise<void> {
  // Ties are of what they join: nobody need be told of theirs.
  if (endsOf(ctx.stream.kind)) return;
  const links = await activeLinks(tx, [who.winner, who.loser], null);
  for (const { entityId, connectionId, streamId, recordId } of links) {
    if (entityId !== who.loser || connectionId === ctx.connection.id) continue;
    const kept = links.find((one) => one.entityId === who.winner && one.connectionId === connectionId);
    const [[stream], [connection]] = [await readStreams(tx, { id: streamId }), await readConnections(tx, connectionId)];
    if (!kept || !stream || !connection) continue;
    const told = { streamId, side: "pull" as const, mapping: stream.mappingVersion, runId: of.runId, at: of.now };
    await park(tx, told, [
      {
        subject: recordId,
        reason: TWIN,
        message: `This record is the same as record ${kept.recordId} since the two were merged at ${ctx.connection.name}. Merge the two at ${connection.name} too, or delete this one there; nothing is written to it until then, and its edits go nowhere.`,
        field: null,
        vendor: null,
      },
    ]);
  }
}
