// Why a field has the value it has: the change that set it, where that came from, the rule, what was sent of it and answered, and what
// the next sync would do; and why each record is taken for the thing.
import { WinstonError } from "../base/errors.ts";
import { equalJson, type Json, type JsonObject } from "../base/json.ts";
import type { Database, Queries } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import { readEntities } from "../store/entity.ts";
import { activeLinks } from "../store/link.ts";
import {
  changesBehind,
  conflictsBehind,
  madeBy,
  placesBehind,
  requestsBehind,
  streamNames,
  writesBehind,
  type ChangeBehind,
  type PlaceBehind,
} from "../store/why.ts";
import type { Value } from "../mapping/types.ts";
import type { Catalog } from "./catalog.ts";
import type { Writer } from "./context.ts";
import { originOf } from "./origin.ts";
import type { FieldWhy, LinkWhy, Why, WhyPlace } from "./explained.ts";
import { reasonTold } from "./linked.ts";
import { creators } from "./owed.ts";

export function createWhy(parts: { readonly database: Database; readonly catalog: Pick<Catalog, "writers"> }): Why {
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
      const changes = await changesBehind(database, id);
      const { fields: then, later } = stateAt(row, changes, asOf);
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
      const [places, conflicts, writes] = await Promise.all([
        placesBehind(database, id, await couldBeAt(database, row, writers)),
        conflictsBehind(database, id),
        writesBehind(database, id),
      ]);
      const writerOf = new Map(writers.map((one) => [one.streamId, one]));
      const before = changes.filter((one) => !later.includes(one));
      const causes = new Map(fields.map((name) => [name, before.find((one) => Object.hasOwn(one.old, name))]));
      // Whoever set it later is not who had set it then.
      const whole = changes.length >= row.version - 1;
      const origins = new Map(
        fields.map((name) => {
          const since = later.some((one) => Object.hasOwn(one.old, name));
          // What never changed is of whoever made the thing, also where another said the same later; unless old changes were let go.
          const first = whole && causes.get(name) === undefined;
          return [name, originOf(since || first ? { "*": row.origin["*"] ?? null } : row.origin, name)];
        }),
      );
      // A reference that waited came with an earlier step, whose run and request brought it.
      const awaited = new Map<ChangeBehind, { at: number; runId: string | null }>();
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

      const explained = fields.map((name): FieldWhy => {
        const cause = causes.get(name);
        const origin = origins.get(name)!;
        const step =
          (cause && awaited.get(cause)) ?? cause ?? (origin.stream === undefined ? undefined : made.get(origin.stream));
        const from = cause
          ? cause.actor
          : origin.stream === undefined
            ? (origin.actor ?? "unknown")
            : (names.get(origin.stream) ?? "a connection that was removed");
        const conflict = conflicts.find((one) => one.field === name && (asOf === undefined || one.at <= asOf));
        return {
          field: name,
          value: then[name] ?? null,
          set: {
            at: cause?.at ?? row.createdAt,
            version: cause?.version ?? 1,
            by: from,
            before: cause ? (cause.old[name] ?? null) : null,
            stream: names.get((cause ? cause.streamId : origin.stream) ?? -1) ?? null,
            run: step?.runId ?? null,
            mappingVersion: (cause ?? made.get(origin.stream ?? -1))?.mappingVersion ?? null,
            request: step ? requestOf(step) : null,
            waitedSince: cause?.waitedSince ?? null,
            observed: { from: origin.from, to: origin.to },
          },
          rule: conflict
            ? {
                rule: conflict.rule,
                winner: conflict.winner,
                lost:
                  conflict.winner === "record"
                    ? conflict.winston
                    : conflict.winner === "winston"
                      ? conflict.record
                      : null,
                against: names.get(conflict.streamId) ?? null,
                conflict: conflict.id,
                at: conflict.at,
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
              connection: place.connection,
              stream: place.stream,
              recordId: place.recordId,
              state: place.state,
              agreed: place.baseline[name] ?? null,
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
              next: nextAt(place, name, row, writerOf.get(place.streamId)),
            };
          }),
        };
      });
      return {
        id,
        kind: row.kind,
        version: asOf === undefined ? row.version : row.version - later.length,
        deletedAt: row.deletedAt,
        asOf: asOf ?? null,
        links: places.flatMap(linkOf),
        fields: explained,
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

const linkOf = ({ connection, stream, recordId, state, linkedAt, reason, reasonOf }: PlaceBehind): LinkWhy[] =>
  recordId === null
    ? []
    : [
        {
          connection,
          stream,
          recordId,
          state,
          linkedAt: linkedAt!,
          reason,
          basis: reasonOf,
          because: reasonTold(reason, reasonOf),
        },
      ];

/** The fields as they were at a time: changes keep old values, so what came later is walked back. */
function stateAt(
  row: EntityRow,
  changes: readonly ChangeBehind[],
  asOf: number | undefined,
): { fields: JsonObject; later: readonly ChangeBehind[] } {
  const fields: JsonObject = { ...row.fields };
  const later = asOf === undefined ? [] : changes.filter((one) => one.at > asOf);
  for (const { old } of later)
    for (const [field, value] of Object.entries(old)) {
      if (field === "deletedAt" || field === "mergedInto" || field === "stage") continue;
      if (value === null) delete fields[field];
      else fields[field] = value;
    }
  return { fields, later };
}

/** What the next sync would do about this field there, in words. */
function nextAt(place: PlaceBehind, field: string, row: EntityRow, writer: Writer | undefined): string {
  const absent = place.state === "absent";
  if (place.state !== "active" && !absent) return `Nothing: the record there is ${place.state}.`;
  const same = equalJson(row.fields[field] ?? null, place.baseline[field] ?? null);
  if (row.deletedAt !== null) return "The record there is removed, unless it was edited there.";
  if (place.outside) return "Nothing: the filter of its stream leaves the record there out.";
  if (same && !absent) return "Nothing: both sides agree.";
  if (!writer?.outbound.has(field)) return "Nothing: this field is not written there.";
  if (!absent && writer.equal(field, row.fields[field] as Value, place.baseline[field] as Value))
    return "Nothing: what is there stands for this value.";
  // What is parked as a whole waits with every field, whichever it was refused for.
  const whole = place.intent === "parked" || place.parkedField === null || place.parkedField === field;
  if (place.parked !== null && whole) return `Nothing, until somebody acts: ${place.parked}`;
  if (place.awaiting.includes(field))
    return `It waits: what it names has no record at ${place.connection} that it could be given.`;
  if (place.intent === "held") return "Nothing, until a person says whether it is a record that is there already.";
  if (place.intent === "staged") return `It waits: this is not among what is rolled out at ${place.connection} yet.`;
  if (place.problem !== null) return `Nothing: ${place.connection} is stopped: ${place.problem}`;
  if (absent && place.intent === null)
    return "Nothing: it is not there, and is not to be made. A filter, the range or the direction of that stream may leave it out.";
  if (place.mode !== "write" || place.paused)
    return place.paused
      ? `It waits: ${place.connection} is paused.`
      : place.mode === "plan"
        ? `It waits for a plan that somebody approves: ${place.connection} is in plan mode.`
        : `It waits: ${place.connection} only observes.`;
  if (place.approval === "plan") return "It waits for a plan that somebody approves: so its stream is set.";
  const done = absent ? "It is made there" : "It is written there";
  if (place.intent === "ready" && place.notBefore === null && place.strategy !== "realtime" && !place.urgent)
    return `${done} with the schedule of its stream.`;
  if (place.intent === "ready")
    return place.notBefore === null ? `${done}.` : `${done} at ${new Date(place.notBefore).toISOString()}.`;
  return "Nothing is owed there. Where what it has does not stand for this value, `winston compare` says so.";
}
