// Why a field has the value it has: the change that set it, where that came from, the rule, what was sent of it and answered, and what
// the next sync would do; and why each record is taken for the thing.
import { WinstonError } from "../base/errors.ts";
import { equalJson, type Json, type JsonObject } from "../base/json.ts";
import type { Database } from "../store/database.ts";
import type { EntityRow } from "../store/entity.ts";
import { readEntities } from "../store/entity.ts";
import {
  changesBehind,
  conflictsBehind,
  placesBehind,
  requestsBehind,
  streamNames,
  writesBehind,
  type ChangeBehind,
  type PlaceBehind,
} from "../store/why.ts";
import type { Catalog } from "./catalog.ts";
import { originOf } from "./origin.ts";
import type { FieldWhy, LinkWhy, Why, WhyPlace } from "./explained.ts";
import { reasonTold } from "./linked.ts";

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
      const [places, conflicts, writes, { writers }] = await Promise.all([
        placesBehind(database, id),
        conflictsBehind(database, id),
        writesBehind(database, id),
        catalog.writers(database, row.kind),
      ]);
      const outbound = new Map(writers.map((one) => [one.streamId, one.outbound]));
      const before = changes.filter((one) => !later.includes(one));
      const causes = new Map(fields.map((name) => [name, before.find((one) => Object.hasOwn(one.old, name))]));
      const runs = new Set(
        [...[...causes.values()].flatMap((one) => one?.runId ?? []), ...writes.flatMap((one) => one.runId ?? [])].slice(
          0,
          200,
        ),
      );
      const requests = Map.groupBy(await requestsBehind(database, [...runs]), (one) => one.runId);
      const requestOf = (runId: string | null, writing: boolean) => {
        const all = runId === null ? [] : (requests.get(runId) ?? []);
        const fitting = all.filter((one) => writing === (one.method !== "GET"));
        const one = (fitting.length > 0 ? fitting : all).at(-1);
        return one ? { at: one.at, method: one.method, path: one.path, status: one.status } : null;
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
        // Whoever set it later is not who had set it then.
        const since = later.some((one) => Object.hasOwn(one.old, name));
        const origin = originOf(since ? { "*": row.origin["*"] ?? null } : row.origin, name);
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
            run: cause?.runId ?? null,
            mappingVersion: cause?.mappingVersion ?? null,
            request: requestOf(cause?.runId ?? null, false),
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
            const sent = writes.find((one) => one.streamId === place.streamId && Object.hasOwn(one.sent, name));
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
                    request: requestOf(sent.runId, true),
                  }
                : null,
              next: nextAt(place, name, row, outbound.get(place.streamId)),
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
        links: places.map(linkOf),
        fields: explained,
      };
    },
  };
}

const linkOf = ({ connection, stream, recordId, state, linkedAt, reason, reasonOf }: PlaceBehind): LinkWhy => ({
  connection,
  stream,
  recordId,
  state,
  linkedAt,
  reason,
  basis: reasonOf,
  because: reasonTold(reason, reasonOf),
});

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
function nextAt(place: PlaceBehind, field: string, row: EntityRow, outbound: ReadonlySet<string> | undefined): string {
  if (place.state !== "active") return `Nothing: the record there is ${place.state}.`;
  const same = equalJson(row.fields[field] ?? null, place.baseline[field] ?? null);
  if (row.deletedAt !== null) return "The record there is removed, unless it was edited there.";
  if (place.outside) return "Nothing: the filter of its stream leaves the record there out.";
  if (same) return "Nothing: both sides agree.";
  if (!outbound?.has(field)) return "Nothing: this field is not written there.";
  if (place.parked !== null && (place.parkedField === null || place.parkedField === field))
    return `Nothing, until somebody acts: ${place.parked}`;
  if (place.intent === "held") return "Nothing, until a person says whether it is a record that is there already.";
  if (place.intent === "staged") return `It waits: this is not among what is rolled out at ${place.connection} yet.`;
  if (place.problem !== null) return `Nothing: ${place.connection} is stopped: ${place.problem}`;
  if (place.mode !== "write" || place.paused)
    return place.paused
      ? `It waits: ${place.connection} is paused.`
      : place.mode === "plan"
        ? `It waits for a plan that somebody approves: ${place.connection} is in plan mode.`
        : `It waits: ${place.connection} only observes.`;
  if (place.approval === "plan") return "It waits for a plan that somebody approves: so its stream is set.";
  if (place.intent === "ready" && place.notBefore === null && place.strategy !== "realtime" && !place.urgent)
    return "It is written there with the schedule of its stream.";
  if (place.intent === "ready")
    return place.notBefore === null
      ? "It is written there."
      : `It is written there at ${new Date(place.notBefore).toISOString()}.`;
  return "Nothing is owed there. Where what it has does not stand for this value, `winston compare` says so.";
}
