// Where each field of one entity came from, as people are told.
import { type ChangeRow, changesOf } from "../store/change.ts";
import { readConnections, readStreams } from "../store/connection.ts";
import type { Queries } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import { linksOf } from "../store/link.ts";
import type { Catalog } from "./catalog.ts";
import { originOf } from "./origin.ts";
import type { FieldRules } from "./rules.ts";
import type { FieldOrigin } from "./types.ts";

/** Most changes that are looked through for when a value came to stand. */
const HISTORY_MAX = 1_000;

/** A stream by the names people know, and the entity's record in it. */
interface Place {
  readonly connection: string;
  readonly stream: string;
  readonly recordId: string | null;
}

export async function fieldOrigins(
  db: Queries,
  catalog: Pick<Catalog, "writers">,
  row: EntityRow,
): Promise<FieldOrigin[]> {
  const connections = new Map((await readConnections(db, null)).map((one) => [one.id, one.name]));
  // One that was taken out is another's record now.
  const links = (await linksOf(db, row.id)).filter((link) => link.state !== "detached");
  const places = new Map<number, Place>();
  for (const stream of await readStreams(db, {})) {
    const connection = connections.get(stream.connectionId);
    if (connection === undefined) continue;
    const recordId = links.find((link) => link.streamId === stream.id)?.recordId ?? null;
    places.set(stream.id, { connection, stream: stream.key, recordId });
  }
  const { rules } = await catalog.writers(db, row.kind);
  return tellOrigins(row, { places, rules, changes: await changesOf(db, row.id, HISTORY_MAX) });
}

/** Pure. `changes`: newest first. */
export function tellOrigins(
  row: Pick<EntityRow, "fields" | "origin" | "version" | "createdAt">,
  known: {
    readonly places: ReadonlyMap<number, Place>;
    readonly rules: FieldRules;
    readonly changes: readonly Pick<ChangeRow, "at" | "version" | "old">[];
  },
): FieldOrigin[] {
  const { places, rules, changes } = known;
  // Every version but the first has its change; where some are dropped already, what was before them is not known.
  const whole = changes.length === row.version - 1;
  const fields = new Set([
    ...Object.keys(row.fields).filter((field) => row.fields[field] !== null),
    ...Object.keys(row.origin).filter((field) => field !== "*"),
  ]);
  return [...fields].toSorted().map((field) => {
    const { stream, actor, from, to } = originOf(row.origin, field);
    const place = stream === undefined ? undefined : places.get(stream);
    const change = changes.find((one) => Object.hasOwn(one.old, field));
    const standing = rules.standing(stream, field);
    return {
      field,
      value: row.fields[field] ?? null,
      source: stream !== undefined ? "vendor" : actor !== undefined ? "here" : "unknown",
      connection: place?.connection ?? null,
      stream: place?.stream ?? null,
      recordId: place?.recordId ?? null,
      actor: stream === undefined ? (actor ?? null) : null,
      setFrom: from === 0 ? null : from,
      setTo: to === 0 ? null : to,
      takenAt: change?.at ?? (whole ? row.createdAt : null),
      version: change?.version ?? (whole ? 1 : null),
      standing: standing === 1 ? "owner" : standing === -1 ? "yields" : "equal",
      rule: rules.ruleOf(field),
    };
  });
}
