// Comparisons as people ask for them, and by the clock: every stream once a day, each at an hour of its own.
import { WinstonError } from "../base/errors.ts";
import {
  askComparisons,
  comparisonsNotWoken,
  listComparisons,
  SCHEDULE,
  streamsToCompare,
  type ComparisonListed,
} from "../store/comparison.ts";
import { readConnections, readStreams, type StreamRow } from "../store/connection.ts";
import type { Database, Tx } from "../store/database.ts";
import { differencesByCause, listDifferences, type DifferenceRow } from "../store/difference.ts";
import { backfillOwed } from "../store/lane.ts";
import type { Jobs, Wake } from "../jobs/jobs.ts";
import { CAUSES, isCause } from "./causes.ts";
import type { CauseView, Compared, Comparisons, ComparisonView, DifferenceView } from "./types.ts";

export interface ComparisonParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly clock: { now(): number };
  readonly newId: () => string;
}

/** Asks for the comparisons whose hour has come, and returns the sweeps that have something to do and that nobody has woken. */
export async function scheduleComparisons(
  tx: Tx,
  { newId }: Pick<ComparisonParts, "newId">,
  now: number,
): Promise<Wake[]> {
  const due = await streamsToCompare(tx, now);
  await askComparisons(
    tx,
    { by: SCHEDULE, depth: "fields", repair: "reads", at: now },
    due.map((streamId) => ({ id: newId(), streamId })),
  );
  return (await comparisonsNotWoken(tx, now)).map((streamId) => ({ streamId, lane: "sweep" as const }));
}

export function createComparisons({ database, jobs, clock, newId }: ComparisonParts): Comparisons {
  /** The streams that are meant. Throws not.found. */
  const streamsOf = async ({ connection, stream }: Compared): Promise<StreamRow[]> => {
    const [row] = connection === undefined ? [] : await readConnections(database, connection);
    if (connection !== undefined && !row) throw new WinstonError("not.found", `There is no connection ${connection}.`);
    const found = (await readStreams(database, { connectionId: row?.id ?? null })).filter(
      (one) => stream === undefined || one.key === stream,
    );
    if (stream !== undefined && found.length === 0)
      throw new WinstonError(
        "not.found",
        connection === undefined
          ? `No connection has a stream ${stream}.`
          : `Connection ${connection} has no stream ${stream}.`,
      );
    return found;
  };

  const views = async (rows: readonly ComparisonListed[]): Promise<ComparisonView[]> => {
    const causes = Map.groupBy(
      await differencesByCause(
        database,
        rows.map((row) => row.id),
      ),
      (row) => row.comparisonId,
    );
    return rows.map((row) => view(row, causes.get(row.id) ?? []));
  };

  return {
    start: async (which, { depth, repair }, actor) => {
      const streams = (await streamsOf(which)).filter((one) => one.enabled && one.direction !== "out");
      if (streams.length === 0) throw new WinstonError("not.found", "There is no stream that could be compared.");
      const connections = new Map((await readConnections(database, null)).map((row) => [row.id, row]));
      for (const id of new Set(streams.map((one) => one.connectionId))) {
        const { name, problem } = connections.get(id)!;
        if (problem !== null)
          throw new WinstonError(
            "request.conflict",
            `Connection ${name} is stopped, and cannot be compared: ${problem}`,
          );
      }
      for (const one of streams)
        if (await backfillOwed(database, one.id))
          throw new WinstonError(
            "request.conflict",
            `Stream ${one.key} of ${connections.get(one.connectionId)!.name} is still being read as a whole; compare it when that has ended (\`winston runs watch\`).`,
          );
      const by = { by: actor, depth, repair: repair ? ("all" as const) : ("none" as const), at: clock.now() };
      const ids = await database.transaction(async (tx) => {
        const asked = await askComparisons(
          tx,
          by,
          streams.map((one) => ({ id: newId(), streamId: one.id })),
        );
        await jobs.wake(
          tx,
          streams.map((one) => ({ streamId: one.id, lane: "sweep" as const })),
          "compare",
        );
        return asked.map((one) => one.id);
      });
      const query = { streams: streams.map((one) => one.id), ids, last: false, after: null, limit: ids.length };
      return views((await listComparisons(database, query)).toReversed());
    },

    list: async ({ last, limit, after = null, ...which }) => {
      const streams = (await streamsOf(which)).map((one) => one.id);
      return views(await listComparisons(database, { streams, ids: null, last, after, limit }));
    },

    get: async (id) => {
      const streams = (await readStreams(database, {})).map((one) => one.id);
      const known = /^[0-9a-f-]{36}$/iu.test(id) ? [id] : [];
      const rows = await listComparisons(database, { streams, ids: known, last: false, after: null, limit: 1 });
      if (rows.length === 0)
        throw new WinstonError(
          "not.found",
          `There is no comparison ${id}; \`winston compare --last\` shows the last ones.`,
        );
      return (await views(rows))[0]!;
    },

    differences: async ({ cause = null, limit, after = null, ...which }) => {
      const streams = (await streamsOf(which)).map((one) => one.id);
      return (await listDifferences(database, { streams, cause, limit, after })).map(differenceView);
    },
  };
}

function view(
  listed: ComparisonListed,
  causes: readonly { cause: string; count: number; repaired: number }[],
): ComparisonView {
  const { streamId: _, counts, ...row } = listed;
  const number = (key: string): number | null => (typeof counts[key] === "number" ? counts[key] : null);
  return {
    ...row,
    there: number("there"),
    listed: number("listed") ?? 0,
    differences: number("differences") ?? 0,
    repaired: number("repaired") ?? 0,
    moving: number("moving") ?? 0,
    requests: number("requests") ?? 0,
    causes: causes.map((one): CauseView => {
      const { title, words, act } = saidOf(one.cause);
      return { cause: one.cause, title, words, act, count: one.count, repaired: one.repaired };
    }),
  };
}

const differenceView = (row: DifferenceRow): DifferenceView => ({ ...row, act: saidOf(row.cause).act });

/** A cause of another release keeps its code. */
const saidOf = (cause: string): { title: string; words: string; act: string | null } =>
  isCause(cause) ? CAUSES[cause] : { title: cause, words: cause, act: null };
