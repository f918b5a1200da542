// The vendor's fields, read again: on a schedule, and when something smells of a change there. What drifted pauses its rows; what came back
// meets again as for the first time, in one reading of that stream and of no other.
import { isError } from "../base/errors.ts";
import type { Api } from "../connector/api.ts";
import type { VendorField } from "../connector/contract.ts";
import type { MappingDocument } from "../mapping/types.ts";
import {
  readMapping,
  readStreams,
  readVendorFields,
  writeVendorFields,
  type Looked,
  type StreamRow,
} from "../store/connection.ts";
import type { Database, Tx } from "../store/database.ts";
import { forgetHandle } from "../store/field.ts";
import type { Lane } from "../store/lane.ts";
import {
  lastDescribed,
  noteDescribed,
  noteSuspected,
  noteUndescribed,
  readDrifts,
  replaceDrifts,
  type DriftCause,
} from "../store/schema-drift.ts";
import type { StreamContext } from "./context.ts";
import { describedAlike, driftsOf, fieldsPaused, recordsOf } from "./drift.ts";
import { handleKeys, withoutHandle } from "./discover.ts";
import { replaceMapping } from "./versions.ts";

/** How often the fields of a stream are read again, and how often while something of it drifted, so that it heals soon. */
const LOOK_EVERY_MS = 6 * 3_600_000;
const DRIFTED_EVERY_MS = 30 * 60_000;
/** How soon again where something smells of a change, and where a run failed of it. */
const SMELL_MS = 10 * 60_000;
const FAILED_MS = 60_000;

export interface LookParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly jobs: { wake(tx: Tx, wakes: readonly { streamId: number; lane: Lane }[], trigger: string): Promise<void> };
}

/** What makes a look due: the schedule, something that smells of a change, a run that was refused as a whole. */
export type LookFor = "schedule" | "smell" | "refused";

/** Whether what smelled too soon after the last look is to be looked at now. Pure. */
export const smellIsDue = ({ at, suspected }: Pick<Looked, "at" | "suspected">, now: number): boolean =>
  suspected && (at === null || now - at >= SMELL_MS);

/** Whether the fields of a stream are to be read again. Pure. */
function isDue({ at, drifted, suspected }: Looked, why: LookFor, now: number): boolean {
  if (at === null || smellIsDue({ at, suspected }, now)) return true;
  const every = { schedule: drifted ? DRIFTED_EVERY_MS : LOOK_EVERY_MS, smell: SMELL_MS, refused: FAILED_MS }[why];
  return now - at >= every;
}

/** Reads the fields of a stream again where that is due. Returns whether anything is other than before; what is due then is woken. */
export async function lookAtSchema(
  parts: LookParts & { readonly api: Api },
  { declaration, stream, looked }: Pick<StreamContext, "declaration" | "stream" | "looked">,
  why: LookFor,
): Promise<boolean> {
  // As a run begins it has just read when that was; what smells later may have been looked at meanwhile.
  const last = why === "schedule" ? looked : await lastDescribed(parts.database, stream.id);
  const now = parts.clock.now();
  if (isDue(last, why, now)) return (await describeNow(parts, parts.api, { declaration, stream })).differs;
  // It is remembered, and looked at when its time is over.
  if (why !== "schedule") await noteSuspected(parts.database, stream.id, now);
  return false;
}

/** Asks the vendor for the fields of a stream, and stores what it says. `refusal`: why it says nothing of them. */
export async function describeNow(
  parts: Pick<LookParts, "database" | "clock" | "jobs">,
  api: Api,
  { declaration, stream }: Pick<StreamContext, "declaration" | "stream">,
): Promise<{ readonly differs: boolean; readonly refusal: string | null }> {
  let refusal = "";
  const fields = await declaration.describe(api).catch((thrown: unknown) => {
    // A vendor that does not say what it has is read as it was described last, and that is told.
    if (!isError(thrown, "vendor.refused")) throw thrown;
    refusal = thrown.message;
    return undefined;
  });
  const at = parts.clock.now();
  return parts.database.transaction(async (tx) => {
    if (!fields) {
      await noteDescribed(tx, stream.id, { differs: false, at });
      await noteUndescribed(tx, stream.id, { words: refusal, at });
      return { differs: false, refusal };
    }
    const [now] = await readStreams(tx, { id: stream.id });
    if (!now) return { differs: false, refusal: null };
    const { differs, lanes } = await describeAnew(tx, now, fields, at);
    await parts.jobs.wake(
      tx,
      lanes.map((lane) => ({ streamId: stream.id, lane })),
      "schema",
    );
    return { differs, refusal: null };
  });
}

/**
 * Stores a stream's fields as just described, with what drifted, and returns the lanes that are due because something came back. A row that
 * names the handle's field, from when its description did not tell it from others, goes, and so does the field that was made for it.
 */
export async function describeAnew(
  tx: Tx,
  stream: StreamRow,
  fields: readonly VendorField[],
  at: number,
): Promise<{ readonly differs: boolean; readonly lanes: readonly Lane[] }> {
  const inForce = (await readMapping(tx, stream.id, stream.mappingVersion)) as unknown as MappingDocument;
  const document = withoutHandle(inForce, fields);
  const standing = await readDrifts(tx, stream.id);
  const known = byName((await readVendorFields(tx, stream.id)) as unknown as VendorField[]);
  const was = new Map([...known, ...standing.map((one) => [one.name, one.was as unknown as VendorField] as const)]);
  const now = byName(fields);
  const drifts = driftsOf(document, was, now);
  await writeVendorFields(
    tx,
    stream.id,
    fields.map((field) => ({ name: field.name, document: JSON.stringify(field) })),
    at,
  );
  await replaceDrifts(tx, stream.id, drifts, at);
  await noteUndescribed(tx, stream.id, null);
  const alike =
    describedAlike(known, now) &&
    drifts.length === standing.length &&
    drifts.every((one) => standing.some((other) => other.name === one.name && other.cause === one.cause));
  await noteDescribed(tx, stream.id, { differs: !alike, at });
  const mapped = new Set(document.rows.flatMap(recordsOf));
  const still = new Map(drifts.map((one) => [one.name, one]));
  const back = standing.filter(
    (one) => mapped.has(one.name) && (one.pauses || one.cause === "readOnly") && !isStill(one, still.get(one.name)),
  );
  const keys = handleKeys(stream.kind, fields);
  if (back.length === 0 && document === inForce) {
    await forgetHandle(tx, stream.id, keys);
    return { differs: !alike, lanes: [] };
  }
  const paused = new Set(back.flatMap((one) => (one.pauses ? [one.name] : [])));
  const unmet = fieldsPaused(document, paused);
  const lanes = await replaceMapping(tx, stream, document as never, { actor: "schema", at, unmet });
  await forgetHandle(tx, stream.id, keys);
  return { differs: true, lanes };
}

/** Whether what stood in the way of a field's row stands there still, for whatever cause. */
const isStill = (
  was: { readonly pauses: boolean },
  now: { readonly pauses: boolean; readonly cause: DriftCause } | undefined,
) => now !== undefined && (was.pauses ? now.pauses : now.pauses || now.cause === "readOnly");

const byName = (fields: readonly VendorField[]): Map<string, VendorField> =>
  new Map(fields.map((field) => [field.name, field]));

/** A mapping is put anew: whoever puts it has seen what the vendor's fields are now. Returns the fields that meet as for the first time. */
export async function acceptDrifts(tx: Tx, stream: StreamRow, at: number): Promise<readonly string[]> {
  const standing = await readDrifts(tx, stream.id);
  if (standing.length === 0) return [];
  const document = (await readMapping(tx, stream.id, stream.mappingVersion)) as unknown as MappingDocument;
  await replaceDrifts(tx, stream.id, [], at);
  await noteDescribed(tx, stream.id, { differs: true, at });
  return fieldsPaused(document, new Set(standing.flatMap((one) => (one.pauses ? [one.name] : []))));
}
