// Two entities turn out to be one: the winner takes in the loser, and no value is lost.
import type { Queries } from "../store/database.ts";
import { insertChanges } from "../store/change.ts";
import { insertConflicts, moveQuestions } from "../store/conflict.ts";
import { readStreams } from "../store/connection.ts";
import { repointDuplicates, settleDuplicate } from "../store/duplicate.ts";
import { lockEntities, updateEntities, type EntityRow } from "../store/entity.ts";
import { moveIdentities } from "../store/identity.ts";
import { deleteIntentsOf, type IntentWrite } from "../store/intent.ts";
import { activeLinks, lockLinks, moveLinks, type LinkReason } from "../store/link.ts";
import { unparkPushesOf } from "../store/parked.ts";
import { takePushesWaitingFor } from "../store/pending.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Fields, Value } from "../mapping/types.ts";
import { forbids } from "./consent.ts";
import type { StepOf, StreamContext } from "./context.ts";
import { newer, originOf, pack } from "./origin.ts";
import { intentsFor } from "./owed.ts";
import { reviewOf, reviewQuestions } from "./questions.ts";
import { laterStage, setAside } from "./twins.ts";

/** Two that turn out to be one. */
interface Who {
  readonly winner: string;
  readonly loser: string;
  readonly recordId: string;
  readonly reason: LinkReason;
  /** Where the loser is what a record of the winner's became: what that record and the winner agreed on, */
  readonly baseline?: Fields;
  /** which record that is, since when, and what the record of the winner's said last. */
  readonly became?: {
    readonly streamId: number;
    readonly recordId: string;
    readonly at: number | null;
    readonly last: Fields;
  };
  /** What the loser says only because its vendor takes no blank there. */
  readonly filled?: Fields;
  /** A winner that was deleted lives again with a loser that does. */
  readonly lives?: boolean;
}

/**
 * Blanks of the winner fill from the loser; every value that differs goes to the ledger, the loser's unless it forbids what the winner allows; links and keys move; the loser becomes a tombstone
 * that leads to the winner. Where the loser is what a record of the winner's became, and the winner still says what that record and it agreed
 * on, what the loser says was said since, and stands, a field that was emptied there too; where the loser says it, the winner's stands, a blank
 * too. Returns what the vendors are owed: of the winner, and of what waited to name the loser.
 */
export async function absorb(tx: Queries, ctx: StreamContext, who: Who, of: StepOf): Promise<IntentWrite[]> {
  const rows = new Map((await lockEntities(tx, [who.winner, who.loser].toSorted())).map((row) => [row.id, row]));
  const [winner, loser] = [rows.get(who.winner), rows.get(who.loser)];
  if (!winner || !loser) return [];
  const fields: Record<string, Value> = { ...winner.fields };
  const origin = { ...winner.origin };
  const old: Record<string, Value> = {};
  // It lives on in the later stage of the two.
  const again = who.lives === true && winner.deletedAt !== null && loser.deletedAt === null;
  if (again) old["deletedAt"] = new Date(winner.deletedAt!).toISOString();
  const stage = laterStage(winner.kind, winner.stage, loser.stage);
  if (stage !== winner.stage) old["stage"] = winner.stage;
  const conflicts = [];
  for (const [field, value] of Object.entries(loser.fields)) {
    if (value === null || ctx.mapping.equal(field, fields[field], value)) continue;
    const filled = who.filled?.[field] ?? null;
    if (filled !== null && ctx.mapping.equal(field, value, filled)) continue;
    const present = fields[field] ?? null;
    const said = who.baseline?.[field] ?? null;
    // The loser says what was agreed on: whatever stands here otherwise, or was cleared here, came after.
    if (said !== null && ctx.mapping.equal(field, value, said)) continue;
    const saidSince = said !== null && ctx.mapping.equal(field, present, said);
    // What the record before it never said was chosen when it became this one, or since: then the newest counts, as between any two.
    const isChosen =
      who.became !== undefined &&
      said === null &&
      newer(originOf(loser.origin, field), originOf(winner.origin, field)) === "record";
    const isForbidden = forbids(ctx.rules, field, { own: present, other: value });
    if (present === null || saidSince || isChosen || isForbidden) {
      old[field] = present;
      fields[field] = value;
      origin[field] = pack(originOf(loser.origin, field));
    }
    if (present !== null && !saidSince)
      conflicts.push({
        id: of.newId(),
        entityId: winner.id,
        recordId: who.recordId,
        field,
        baseline: null,
        winston: present,
        record: value,
        ...(isForbidden
          ? { winner: "record" as const, rule: "restrictive" }
          : isChosen
            ? { winner: "record" as const, rule: "newest" }
            : { winner: "winston" as const, rule: "merged" }),
      });
  }
  for (const field of await emptiedThere(tx, ctx, who, { winner, loser })) {
    old[field] = fields[field] ?? null;
    delete fields[field];
    origin[field] = pack(originOf(loser.origin, field));
  }
  const actor = of.actor ?? `connection:${ctx.connection.name}`;
  const history = { at: of.now, actor, streamId: ctx.stream.id, runId: of.runId, mapping: ctx.stream.mappingVersion };
  await tellTwins(tx, ctx, { winner: winner.id, loser: loser.id }, of);
  await moveLinks(tx, loser.id, winner.id, who.reason);
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
        stage,
        fields: JSON.stringify(fields),
        origin: JSON.stringify(origin),
        version: winner.version + 1,
        deletedAt: again ? null : winner.deletedAt,
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
  if (winner.deletedAt !== null && !again) return waited;
  const version = winner.version + 1;
  // A record that came with the loser has its values still: every record of the winner's is compared with what it is now.
  const writers = await ctx.writersOf(tx, ctx.stream.kind);
  const links = (await activeLinks(tx, [winner.id], null)).filter((link) =>
    writers.some((writer) => writer.streamId === link.streamId),
  );
  return [
    ...waited,
    ...(await reviewQuestions(tx, [winner.id], reviewOf(ctx, of))),
    ...links.map(({ streamId }) => ({ streamId, entityId: winner.id, op: "upsert" as const, version })),
    // Where neither is any more, what was owed of the other is owed of this one now.
    ...(again ? await intentsFor(tx, writers, [{ id: winner.id, stage, version, changed: NOTHING }]) : []),
  ];
}

const NOTHING: ReadonlySet<string> = new Set();

/** Fields of the winner that say what was agreed on before it became another record, and that are blank there: somebody emptied them, before or since. */
async function emptiedThere(
  tx: Queries,
  ctx: StreamContext,
  { baseline, became }: Who,
  { winner, loser }: { readonly winner: EntityRow; readonly loser: EntityRow },
): Promise<string[]> {
  if (!baseline || !became) return [];
  const [link] = await lockLinks(tx, became.streamId, [became.recordId]);
  // Values that could not be read say nothing.
  if (!link || link.parked) return [];
  // As it was seen when it became that, or before, its blanks are those of the record before it, or of fields that became nothing.
  const movedSince = link.shown && link.changedAt !== null && became.at !== null && link.changedAt > became.at;
  const writer = (await ctx.writersOf(tx, winner.kind)).find(({ streamId }) => streamId === became.streamId);
  const { inbound, references, equal } = ctx.mapping;
  return Object.keys(baseline).filter((field) => {
    const [said, present, there] = [baseline[field] ?? null, winner.fields[field], loser.fields[field] ?? null];
    if (said === null || typeof said === "boolean" || there !== null || !equal(field, present, said)) return false;
    if (became.last[field] === null) return true;
    // What either record has no field for was not emptied, and a reference may wait.
    return movedSince && inbound.has(field) && writer?.outbound.has(field) === true && !references.has(field);
  });
}

/**
 * Where both live at another vendor, which merged nothing, one of its two records stands aside from now on, and a person is told: the
 * loser's, unless it is further in its life than the winner's, as a contact beside a lead.
 */
async function tellTwins(
  tx: Queries,
  ctx: StreamContext,
  who: { winner: string; loser: string },
  of: StepOf,
): Promise<void> {
  // Ties are of what they join: nobody need be told of theirs.
  if (endsOf(ctx.stream.kind)) return;
  const links = await activeLinks(tx, [who.winner, who.loser], null);
  for (const theirs of links) {
    if (theirs.entityId !== who.loser || theirs.connectionId === ctx.connection.id) continue;
    const ours = links.find((one) => one.entityId === who.winner && one.connectionId === theirs.connectionId);
    if (!ours) continue;
    const [stageOfOurs, stageOfTheirs] = [await stageOf(tx, ours.streamId), await stageOf(tx, theirs.streamId)];
    const further = laterStage(ctx.stream.kind, stageOfOurs, stageOfTheirs) !== stageOfOurs;
    const [twin, kept] = further ? [ours, theirs] : [theirs, ours];
    await setAside(tx, of, {
      streamId: twin.streamId,
      recordId: twin.recordId,
      kept: kept.recordId,
      why: `since the two were merged at ${ctx.connection.name}`,
    });
  }
}

const stageOf = async (tx: Queries, streamId: number): Promise<string | null> =>
  (await readStreams(tx, { id: streamId }))[0]?.stage ?? null;
