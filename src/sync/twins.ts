// Two records of one vendor that are one thing here. One of them is its record there; the other stands aside, told to a person, and takes
// the place of the first when that one ends.
import { standardStages } from "../mapping/kinds.ts";
import { readConnections, readStreams } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import type { IntentWrite } from "../store/intent.ts";
import { activeLinks, mergedLinks, setLinkState, type ActiveLink } from "../store/link.ts";
import { park, parkedFor, unpark } from "../store/parked.ts";
import type { StepOf } from "./context.ts";

/** Parked for this: of two records of one vendor that are one thing, the one that nothing is written to. */
export const TWIN = "record.twin";

type Place = Pick<ActiveLink, "streamId" | "recordId">;

/** Sets a record aside for another of its vendor, and tells a person. `why`: since when the two are one. */
export async function setAside(
  tx: Queries,
  of: StepOf,
  twin: Place & { readonly kept: string; readonly why: string },
): Promise<void> {
  await setLinkState(tx, twin.streamId, [twin.recordId], "merged");
  const [stream] = await readStreams(tx, { id: twin.streamId });
  const [connection] = stream ? await readConnections(tx, stream.connectionId) : [];
  if (!stream || !connection) return;
  const told = {
    streamId: stream.id,
    side: "pull" as const,
    mapping: stream.mappingVersion,
    runId: of.runId,
    at: of.now,
  };
  await park(tx, told, [
    {
      subject: twin.recordId,
      reason: TWIN,
      message: `This record is the same as record ${twin.kept} ${twin.why}. Merge the two at ${connection.name} too (a lead by converting it into the other), or delete this one there; nothing is written to it until then, and its edits go nowhere.`,
      field: null,
      vendor: null,
    },
  ]);
}

/**
 * The record that takes the place of one that ended, where another stood aside for it: a deletion of one of two is none of the thing.
 * `preferred` does so whether or not it was told. Returns what it is owed; undefined where there is none, or the thing has a record there.
 */
export async function takePlace(
  tx: Queries,
  of: {
    readonly entityId: string;
    readonly version: number;
    readonly connectionId: string;
    readonly preferred?: Place;
  },
): Promise<IntentWrite | undefined> {
  if ((await activeLinks(tx, [of.entityId], of.connectionId)).length > 0) return undefined;
  const aside = await mergedLinks(tx, [of.entityId], of.connectionId);
  const { preferred } = of;
  const standing: Place[] = aside.filter(
    (one) => one.streamId === preferred?.streamId && one.recordId === preferred.recordId,
  );
  for (const streamId of new Set(aside.map((one) => one.streamId))) {
    const subjects = aside.filter((one) => one.streamId === streamId).map((one) => one.recordId);
    for (const recordId of await parkedFor(tx, streamId, "pull", { reason: TWIN, subjects }))
      if (!preferred) standing.push({ streamId, recordId });
  }
  const next = standing.toSorted(byPlace)[0];
  if (!next) return undefined;
  await setLinkState(tx, next.streamId, [next.recordId], "active");
  await unpark(tx, next.streamId, "pull", [next.recordId]);
  // Nothing was written to it meanwhile, and its edits went nowhere: it is read again before it is brought to what stands.
  return { streamId: next.streamId, entityId: of.entityId, op: "upsert", version: of.version };
}

const byPlace = (one: Place, other: Place): number =>
  one.streamId - other.streamId || (one.recordId < other.recordId ? -1 : 1);

/** The later of two stages in the life of a kind: a contact that is made one with a lead is a contact. */
export function laterStage(kind: string, one: string | null, other: string | null): string | null {
  const stages = standardStages(kind);
  return stages.indexOf(other ?? "") > stages.indexOf(one ?? "") ? other : one;
}
