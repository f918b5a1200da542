// Runs, parked work and the conflict ledger, for reading; and trying parked work again.
import { WinstonError } from "../base/errors.ts";
import { listConflicts } from "../store/conflict.ts";
import { readStreams } from "../store/connection.ts";
import type { Database } from "../store/database.ts";
import { askForParked, listParked, parkedByCause, releasePushes } from "../store/parked.ts";
import { listRuns, type RunRow } from "../store/run.ts";
import type { Jobs, Wake } from "../jobs/jobs.ts";
import type { Catalog } from "./catalog.ts";
import { conflictViews } from "./conflicts.ts";
import type { RunCounts, Runs, RunView } from "./types.ts";

export function createRuns(parts: {
  database: Database;
  jobs: Pick<Jobs, "wake">;
  catalog: Pick<Catalog, "fields">;
}): Runs {
  const { database, jobs } = parts;
  return {
    list: async (query) =>
      (
        await listRuns(database, {
          connectionId: query.connectionId ?? null,
          state: query.state ?? null,
          since: query.since ?? null,
          after: query.after ?? null,
          id: null,
          limit: query.limit,
        })
      ).map(view),

    get: async (id) => {
      const [row] = /^[0-9a-f-]{36}$/iu.test(id)
        ? await listRuns(database, { connectionId: null, state: null, since: null, after: null, id, limit: 1 })
        : [];
      if (!row) throw new WinstonError("not.found", `There is no run ${id}; \`winston runs list\` shows them.`);
      const parked = await parkedByCause(database, { runId: row.id, connectionId: null });
      return {
        ...view(row),
        parked: parked.map(({ reason, message, field, count, example }) => ({
          reason,
          message,
          field,
          count,
          example,
        })),
      };
    },

    parked: async (query) => {
      const [stream, side, subject] =
        query.after === undefined ? [] : (JSON.parse(query.after) as [number, string, string]);
      const rows = await listParked(database, {
        connectionId: query.connectionId ?? null,
        streams: null,
        after: stream === undefined ? null : [stream, side!, subject!],
        limit: query.limit,
      });
      return rows.map(({ streamId, ...row }) => ({
        ...row,
        cursor: JSON.stringify([streamId, row.side, row.subject]),
      }));
    },

    retryParked: async (query) => {
      const streams = (await readStreams(database, { connectionId: query.connectionId ?? null })).filter(
        (stream) => query.stream === undefined || stream.key === query.stream,
      );
      const subject = query.subject ?? null;
      return database.transaction(async (tx) => {
        const released = await releasePushes(
          tx,
          streams.map((stream) => stream.id),
          subject,
        );
        const ids = streams.map((stream) => stream.id);
        const asked = await askForParked(tx, ids, subject);
        const wakes = [...new Set(asked)].map((streamId): Wake => ({ streamId, lane: "hints" }));
        if (released > 0)
          for (const stream of streams)
            if (stream.direction !== "in") wakes.push({ streamId: stream.id, lane: "push" });
        await jobs.wake(tx, wakes, "retry parked");
        return released + asked.length;
      });
    },

    conflicts: async ({ entityId = null, open = false, after = null, limit }) =>
      conflictViews(database, parts.catalog, await listConflicts(database, { entityId, open, after, limit })),
  };
}

function view(row: RunRow): RunView {
  return {
    id: row.id,
    connectionId: row.connectionId,
    connection: row.connection,
    stream: row.stream,
    lane: row.lane,
    state: row.state,
    trigger: row.trigger,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    counts: row.counts as RunCounts,
    error: row.error,
  };
}
