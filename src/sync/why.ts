// Why a field has the value it has: the change that set it, where that came from, the rule, what was sent of it and answered, and what
// the next sync would do; and why each record is taken for the thing.
import { WinstonError } from "../base/errors.ts";
import type { Json } from "../base/json.ts";
import { readMapping, readStreams } from "../store/connection.ts";
import type { Database, Queries } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import { readEntities } from "../store/entity.ts";
import { activeLinks } from "../store/link.ts";
import {
  changesBehind,
  conflictsBehind,
  heldFields,
  madeBy,
  placesBehind,
  requestsBehind,
  streamNames,
  writesBehind,
  type PlaceBehind,
} from "../store/why.ts";
import { listDrifts } from "../store/schema-drift.ts";
import type { MappingDocument } from "../mapping/types.ts";
import { agreedThen, inOrder, stateAt, type ToldChange } from "./as-of.ts";
import type { Catalog } from "./catalog.ts";
import type { Writer } from "./context.ts";
import { originOf } from "./origin.ts";
import { fieldsPaused } from "./drift.ts";
import type { FieldWhy, LinkWhy, Why, WhyPlace } from "./explained.ts";
import { reasonTold } from "./linked.ts";
import { namesOf } from "./named.ts";
import { decidedBy, nextAt } from "./next-step.ts";
import { creators } from "./owed.ts";

export function createWhy(parts: {
  readonly database: Database;
  readonly catalog: Pick<Catalog, "writers" | "fields">;
}): Why {
  const { database, catalog } = parts;
  return {
    explain: async (id, { field, asOf }) => {
      const [row] = await readEntities(database, [id]);
      if (!row) throw new WinstonError("not.found", `There is no record ${id}; \`winston records list\` shows them.`);
      if (asOf !== undefined && asOf < row.createdAt)
        throw new WinstonError(
          "not.found",
          `${id} was made at ${new Date(row.createdAt).toISOString()}; there was nothing of it before.`,
        );
      const changes = inOrder(await changesBehind(database, id), row.createdAt);
      const whole = changes.length >= row.version - 1;
      const { fields: then, later } = stateAt(row, changes, asOf);
      const before = changes.slice(later.length);
      if (!whole && before.length === 0 && later.length > 0)
        throw new WinstonError(
          "not.found",
          `What was before ${new Date(later.at(-1)!.toldAt).toISOString()} is told no more: older changes of ${id} were let go.`,
        );
      const fields = field === undefined ? Object.keys(then).toSorted() : [field];
      const known = new Set([...Object.keys(row.fields), ...changes.flatMap((one) => Object.keys(one.old))]);
      if (field !== undefined && !known.has(field))
        throw new WinstonError(
          "not.found",
          `${id} never had a value of ${field}. It has ${[...known]
            .filter((one) => one !== "deletedAt" && one !== "mergedInto")
            .toSorted()
            .join(", ")}.`,
        );
      const { writers } = await catalog.writers(database, row.kind);
      const [places, conflicts, writes, held] = await Promise.all([
        placesBehind(database, id, await couldBeAt(database, row, writers)),
        conflictsBehind(database, id),
        writesBehind(database, id),
        heldFields(database, id),
      ]);
      const drifts = await driftsAt(database, new Set(places.map((one) => one.streamId)));
      const writerOf = new Map(writers.map((one) => [one.streamId, one]));
      const causes = new Map(fields.map((name) => [name, before.find((one) => Object.hasOwn(one.old, name))]));
      // Whoever set it later is not who had set it then.
      const origins = new Map(
        fields.map((name) => {
          const since = later.some((one) => Object.hasOwn(one.old, name));
          // What never changed is of whoever made the thing, also where another said the same later; unless old changes were let go.
          const first = whole && causes.get(name) === undefined;
          return [name, originOf(since || first ? { "*": row.origin["*"] ?? null } : row.origin, name)];
        }),
      );
      // A reference that waited came with an earlier step, whose run and request brought it.
      const awaited = new Map<ToldChange, { at: number; runId: string | null }>();
      for (const cause of new Set(causes.values()))
        if (cause && cause.waitedSince !== null && cause.streamId !== null) {
          const { runId } = await madeBy(database, cause.streamId, cause.waitedSince);
          awaited.set(cause, { at: cause.waitedSince, runId });
        }
      const made = new Map<number, { at: number; runId: string | null; mappingVersion: number | null }>();
      for (const name of fields) {
        const { stream } = origins.get(name)!;
        if (stream === undefined || causes.get(name) || made.has(stream)) continue;
        made.set(stream, { at: row.createdAt, ...(await madeBy(database, stream, row.createdAt)) });
      }
      const steps = [...causes.values(), ...awaited.values(), ...made.values(), ...writes];
      const moments = steps.flatMap((one) => (one?.runId ? [{ runId: one.runId, at: one.at }] : []));
      const requests = await requestsBehind(database, moments.slice(0, MOMENTS_MAX));
      const requestOf = ({ runId, at: moment }: { readonly runId: string | null; readonly at: number }) => {
        const found = requests.find((one) => one.runId === runId && one.moment === moment);
        return found ? { at: found.at, method: found.method, path: found.path, status: found.status } : null;
      };
      const names = await streamNames(database, [
        ...new Set([
          ...changes.flatMap((one) => one.streamId ?? []),
          ...conflicts.map((one) => one.streamId),
          ...Object.values(row.origin).flatMap((one) => ((one as Json[])[0] as number | null) ?? []),
        ]),
      ]);

      const connectionOf = (stream: number): string => {
        const name = names.get(stream);
        return name === undefined ? REMOVED : `connection:${name.slice(0, name.indexOf(" "))}`;
      };
      const explained = fields.map((name): FieldWhy => {
        const cause = causes.get(name);
        const origin = origins.get(name)!;
        const step =
          (cause && awaited.get(cause)) ?? cause ?? (origin.stream === undefined ? undefined : made.get(origin.stream));
        const value = then[name] ?? null;
        const setAt = cause?.at ?? row.createdAt;
        const decided = decidedBy(conflicts, { field: name, value, setAt, asOf });
        return {
          field: name,
          value,
          set: {
            at: cause?.toldAt ?? row.createdAt,
            version: cause?.version ?? 1,
            by: actorOf(cause ?? origin, connectionOf),
            before: cause ? (cause.old[name] ?? null) : null,
            stream: names.get((cause ? cause.streamId : origin.stream) ?? -1) ?? null,
            run: step?.runId ?? null,
            mappingVersion: (cause ?? made.get(origin.stream ?? -1))?.mappingVersion ?? null,
            request: step ? requestOf(step) : null,
            waitedSince: cause?.waitedSince ?? null,
            observed: { from: origin.from, to: origin.to },
          },
          rule: decided
            ? {
                rule: decided.conflict.rule,
                winner: decided.winner,
                lost: decided.lost,
                against: names.get(decided.conflict.streamId) ?? null,
                conflict: decided.conflict.id,
                at: decided.at,
              }
            : null,
          places: places.map((place): WhyPlace => {
            const sent = writes.find(
              (one) =>
                one.streamId === place.streamId &&
                Object.hasOwn(one.sent, name) &&
                (asOf === undefined || one.at <= asOf),
            );
            return {
              ...placeOf(place, name, asOf, { row, changes, writes, conflicts }),
              sent: sent
                ? {
                    at: sent.at,
                    value: sent.sent[name] ?? null,
                    outcome: sent.outcome,
                    answer: sent.vendor,
                    run: sent.runId,
                    request: requestOf(sent),
                  }
                : null,
              next:
                asOf === undefined
                  ? nextAt(place, name, row, {
                      writer: writerOf.get(place.streamId),
                      held,
                      drift: drifts.get(place.streamId)?.get(name),
                    })
                  : NOT_TOLD,
            };
          }),
        };
      });
      const values = explained.flatMap((one) => [
        [one.field, one.value] as const,
        [one.field, one.set.before] as const,
        [one.field, one.rule?.lost] as const,
        ...one.places.flatMap(({ agreed, sent }) => [[one.field, agreed] as const, [one.field, sent?.value] as const]),
      ]);
      const [named] = await namesOf(database, catalog, [{ kind: row.kind, values }]);
      return {
        id,
        kind: row.kind,
        version: later.length === 0 ? row.version : later.at(-1)!.version - 1,
        deletedAt: row.deletedAt,
        asOf: asOf ?? null,
        links: places.flatMap((place) => linkOf(place, row)),
        fields: explained,
        names: named!,
      };
    },
  };
}

/** Of all that was sent of a thing in its life, so much is told with its request. */
const MOMENTS_MAX = 500;

/** Streams where a record of it could be made, at connections that have none. */
async function couldBeAt(tx: Queries, row: EntityRow, writers: readonly Writer[]): Promise<number[]> {
  if (row.deletedAt !== null || row.mergedInto !== null) return [];
  const there = new Set((await activeLinks(tx, [row.id], null)).map((one) => one.connectionId));
  return creators(writers, row.stage).flatMap((one) => (there.has(one.connectionId) ? [] : [one.streamId]));
}

/** Who it was, as history names it: a connection by the name that it has now. */
function actorOf(
  of: { readonly actor?: string; readonly streamId?: number | null; readonly stream?: number },
  connectionOf: (stream: number) => string,
): string {
  const stream = of.streamId ?? of.stream;
  const isConnection = of.actor === undefined || of.actor.startsWith("connection:");
  return stream !== undefined && isConnection ? connectionOf(stream) : (of.actor ?? "unknown");
}

/** Of what is owed only the present state is kept. */
const NOT_TOLD = "What was next then is not told: what is owed is kept only as it is now (without --as-of).";
const REMOVED = "a connection that was removed";

/** A place as it is or, as far as that is told, as it was at a time. */
function placeOf(
  place: PlaceBehind,
  field: string,
  asOf: number | undefined,
  of: Parameters<typeof agreedThen>[3],
): Omit<WhyPlace, "sent" | "next"> {
  const { connection, stream, recordId, state } = place;
  const at = { connection, stream, recordId, state };
  if (asOf === undefined) return { ...at, agreed: place.baseline[field] ?? null, agreedTold: true };
  // The thing's record was linked later.
  if (place.linkedAt === null || linkedWhen(place, of.row) > asOf)
    return { ...at, recordId: null, state: "absent", agreed: null, agreedTold: true };
  const agreed = agreedThen(place, field, asOf, of);
  return { ...at, agreed: agreed ?? null, agreedTold: agreed !== undefined };
}

/** What pauses rows of these streams, by field of ours. */
async function driftsAt(tx: Queries, streamIds: ReadonlySet<number>): Promise<Map<number, Map<string, string>>> {
  const found = new Map<number, Map<string, string>>();
  const drifts = (await listDrifts(tx, null)).filter((one) => one.pauses && streamIds.has(one.streamId));
  for (const [streamId, some] of Map.groupBy(drifts, (one) => one.streamId)) {
    const [stream] = await readStreams(tx, { id: streamId });
    const document = stream && (await readMapping(tx, streamId, stream.mappingVersion));
    if (!document) continue;
    const of = new Map<string, string>();
    for (const { name, message } of some)
      for (const field of fieldsPaused(document as unknown as MappingDocument, new Set([name]))) of.set(field, message);
    found.set(streamId, of);
  }
  return found;
}

/** A step that waited for the one that made the thing began before that. */
const linkedWhen = (place: PlaceBehind, row: Pick<EntityRow, "createdAt">): number =>
  Math.max(place.linkedAt!, row.createdAt);

const linkOf = (place: PlaceBehind, row: EntityRow): LinkWhy[] => {
  const { connection, stream, recordId, state, reason, reasonOf } = place;
  return recordId === null
    ? []
    : [
        {
          connection,
          stream,
          recordId,
          state,
          linkedAt: linkedWhen(place, row),
          reason,
          basis: reasonOf,
          because: reasonTold(reason, reasonOf),
        },
      ];
};
