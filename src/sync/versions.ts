// Versions: what is read and written, and of which records, is put in force as a whole, and everything is read once more under it.
import type { JsonObject } from "../base/json.ts";
import {
  insertMapping,
  lastMappingVersion,
  readMapping,
  useMapping,
  type RulesRow,
  type StreamRow,
} from "../store/connection.ts";
import type { Tx } from "../store/database.ts";
import { oweUnlinked } from "../store/intent.ts";
import { readAnew, type Lane } from "../store/lane.ts";
import { releasePushes } from "../store/parked.ts";

export interface VersionBy {
  readonly actor: string;
  readonly at: number;
}

/** Puts a mapping in force, and returns the lanes that are due then. The filter stays. `unmet`: fields that meet as for the first time. */
export async function replaceMapping(
  tx: Tx,
  stream: StreamRow,
  document: JsonObject,
  by: VersionBy & { readonly unmet?: readonly string[] },
): Promise<readonly Lane[]> {
  return putVersion(tx, stream, { document, rules: stream.rules, unmet: by.unmet ?? [] }, by);
}

/** The same of a filter, which may let in entities that were never made there. The mapping stays. */
export async function replaceRules(
  tx: Tx,
  stream: StreamRow,
  rules: RulesRow,
  by: VersionBy & { readonly creates: boolean },
): Promise<readonly Lane[]> {
  const document = (await readMapping(tx, stream.id, stream.mappingVersion))!;
  const lanes = await putVersion(tx, stream, { document, rules }, by);
  if (by.creates && stream.direction !== "in") await oweUnlinked(tx, stream, by.at);
  return lanes;
}

async function putVersion(
  tx: Tx,
  stream: StreamRow,
  of: { readonly document: JsonObject; readonly rules: RulesRow; readonly unmet?: readonly string[] },
  { actor, at }: VersionBy,
): Promise<readonly Lane[]> {
  const version = (await lastMappingVersion(tx, stream.id)) + 1;
  await insertMapping(tx, { streamId: stream.id, version, ...of, actor, at });
  await useMapping(tx, stream.id, version);
  // A changed mapping reads everything once more: newly mapped fields meet for the first time.
  await readAnew(tx, stream.id);
  // What was parked under the old mapping is tried under the new one.
  await releasePushes(tx, [stream.id], null);
  return stream.direction === "in" ? ["backfill"] : ["backfill", "push"];
}
