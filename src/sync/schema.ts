// The vendor's fields, read again: on a schedule, and when something smells of a change there. What drifted pauses its rows; what came back
// meets again as for the first time, in one reading of that stream and of no other.
import { isError, WinstonError } from "../base/errors.ts";
import type { Api } from "../connector/api.ts";
import type { VendorField } from "../connector/contract.ts";
import type { MappingDocument } from "../mapping/types.ts";
import {
  readConnections,
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
  listDrifts,
  noteDescribed,
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

/** What makes a look due: the schedule, something that smells of a change, a run that was refused as a whole. */
export type LookFor = "schedule" | "smell" | "refused";

/** A mapped field of a vendor that is not what it was. */
export interface SchemaDrift {
  readonly connectionId: string;
  readonly connection: string;
  readonly stream: string;
  /** The vendor's field. */
  readonly field: string;
  readonly cause: DriftCause;
  readonly message: string;
  /** Whether the rows that name it are paused: neither read nor written. */
  readonly pauses: boolean;
  /** Fields of ours in those rows. */
  readonly fields: readonly string[];
  readonly noticedAt: number;
  /** When the stream's fields were read last. */
  readonly lookedAt: number | null;
}

export interface Schema {
  /** What drifted, of one connection (by id or name) or of all. Throws not.found. */
  diff(connection?: string): Promise<SchemaDrift[]>;
}

export function createSchema({ database }: { readonly database: Database }): Schema {
  return {
    diff: async (asked) => {
      const connections = await readConnections(database, asked ?? null);
      const [only] = connections;
      if (asked !== undefined && !only) throw new WinstonError("not.found", `There is no connection ${asked}.`);
      const connectionId = asked === undefined ? null : only!.id;
      const names = new Map(connections.map((one) => [one.id, one.name]));
      const streams = new Map((await readStreams(database, { connectionId })).map((one) => [one.id, one]));
      const rows: SchemaDrift[] = [];
      for (const drift of await listDrifts(database, connectionId)) {
        const stream = streams.get(drift.streamId);
        const connection = stream && names.get(stream.connectionId);
        if (!stream || connection === undefined) continue; // Removed meanwhile.
        const document = (await readMapping(database, stream.id, stream.mappingVersion))!;
        rows.push({
          connectionId: stream.connectionId,
          connection,
          stream: stream.key,
          field: drift.name,
          cause: drift.cause,
          message: drift.message,
          pauses: drift.pauses,
          fields: fieldsPaused(document as unknown as MappingDocument, new Set([drift.name])),
          noticedAt: drift.noticedAt,
          lookedAt: (await lastDescribed(database, stream.id)).at,
        });
      }
      return rows;
    },
  };
}

/** Whether the fields of a stream are to be read again. Pure. */
function isDue({ at, drifted }: Looked, why: LookFor, now: number): boolean {
  if (at === null) return true;
  const every = { schedule: drifted ? DRIFTED_EVERY_MS : LOOK_EVERY_MS, smell: SMELL_MS, refused: FAILED_MS }[why];
  return now - at >= every;
}

/** Reads the fields of a stream again where that is due. Returns whether anything is other than before; what is due then is woken. */
export async function lookAtSchema(
  parts: {
    readonly database: Database;
    readonly api: Api;
    readonly clock: { now(): number };
    readonly jobs: { wake(tx: Tx, wakes: readonly { streamId: number; lane: Lane }[], trigger: string): Promise<void> };
  },
  { declaration, stream, looked }: Pick<StreamContext, "declaration" | "stream" | "looked">,
  why: LookFor,
): Promise<boolean> {
  // As a run begins it has just read when that was; what smells later may have been looked at meanwhile.
  const last = why === "schedule" ? looked : await lastDescribed(parts.database, stream.id);
  if (!isDue(last, why, parts.clock.now())) return false;
  let refusal = "";
  const fields = await declaration.describe(parts.api).catch((thrown: unknown) => {
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
      return false;
    }
    const [now] = await readStreams(tx, { id: stream.id });
    if (!now) return false;
    const { differs, lanes } = await describeAnew(tx, now, fields, at);
    await parts.jobs.wake(
      tx,
      lanes.map((lane) => ({ streamId: stream.id, lane })),
      "schema",
    );
    return differs;
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
