// Connections: listed, changed, taken away, woken; their mappings; and whether anything is still owed.
import { WinstonError } from "../base/errors.ts";
import { lookAgain } from "../store/budget.ts";
import {
  countStreams,
  lastMappingVersion,
  readConnections,
  readMapping,
  readStreams,
  updateConnection,
  type ConnectionRow,
} from "../store/connection.ts";
import { closeOrphans } from "../store/conflict.ts";
import { removeConnection } from "../store/former.ts";
import { placeInRollout, readRollouts, setRollout } from "../store/rollout.ts";
import { countIntents, hurryStreams, insertIntents, type IntentWrite } from "../store/intent.ts";
import { loadsNotWoken, owedLanes, readAnew, type Lane } from "../store/lane.ts";
import { tickOff } from "../store/plan.ts";
import { countRunning } from "../store/run.ts";
import { checkMapping } from "./check-mapping.ts";
import { connect, connectorOf, layOut, type ConnectionParts } from "./connect.ts";
import { closedTo, seenFrom, writeProblemOf } from "./leave.ts";
import { readDocument } from "./put-mapping.ts";
import { owedFor } from "./questions.ts";
import { owedBefore } from "./schedule.ts";
import { acceptDrifts } from "./schema.ts";
import { changeStream } from "./stream-settings.ts";
import { streamViews } from "./stream-views.ts";
import type { Connections, ConnectionView } from "./types.ts";
import { versionEndings } from "./version-ends.ts";
import { replaceMapping } from "./versions.ts";

export function createConnections(parts: ConnectionParts): Connections {
  const { database, jobs, catalog, connectors, clock } = parts;

  const one = async (idOrName: string): Promise<ConnectionRow> => {
    const [row] = await readConnections(database, idOrName);
    if (!row) throw new WinstonError("not.found", `There is no connection ${idOrName}.`);
    return row;
  };

  /** Lays the streams of a connection out anew. */
  const again = async (connection: ConnectionRow, resume: boolean): Promise<void> =>
    layOut(parts, { connector: connectorOf(connectors, connection.vendor), connection }, { resume });

  /** Streams of which writes wait for a schedule. */
  const scheduled = async (connectionId: string | null) =>
    (await readStreams(database, { connectionId }))
      .filter((stream) => stream.strategy !== "realtime")
      .map((stream) => ({ id: stream.id, owedBefore: owedBefore(stream, clock.now()) }));

  const views = async (rows: readonly ConnectionRow[]): Promise<ConnectionView[]> => {
    const rollouts = await readRollouts(database);
    return rows.map((row) => {
      const { settings: _, rolloutPercent: __, ...rest } = row;
      const problem = row.problem ?? writeProblemOf(seenFrom(catalog.environment, row));
      const endings = versionEndings(connectors[row.vendor], row.settings, clock.now());
      return { ...rest, rollout: rollouts.get(row.id) ?? null, problem, endings };
    });
  };
  const view = async (row: ConnectionRow): Promise<ConnectionView> => (await views([row]))[0]!;

  return {
    connect: async (input) => view(await one(await connect(parts, input))),

    list: async () => views(await readConnections(database, null)),
    get: async (idOrName) => view(await one(idOrName)),

    update: async (id, change) => {
      const row = await one(id);
      await database.transaction(async (tx) => {
        await updateConnection(tx, row.id, { mode: change.mode, paused: change.paused, at: clock.now() });
        if (change.rollout === undefined) return;
        await setRollout(tx, row.id, change.rollout);
        await placeInRollout(tx, row.id, "both");
      });
      if (change.mode !== undefined && change.mode !== "observe" && row.mode === "observe")
        await again(await one(row.id), false);
      const streams = await readStreams(database, { connectionId: row.id });
      await database.transaction((tx) =>
        jobs.wake(
          tx,
          streams.map((stream) => ({ streamId: stream.id, lane: "push" as const })),
          "mode",
        ),
      );
      return view(await one(row.id));
    },

    remove: async (id) => {
      const row = await one(id);
      await database.transaction(async (tx) => {
        await removeConnection(tx, row.id, clock.now());
        // Plans that are being applied end without it.
        await tickOff(tx, clock.now());
        // What was asked about its records held fields back from the other vendors.
        const released = await closeOrphans(tx, clock.now());
        const owed: IntentWrite[] = [];
        for (const [kind, held] of Map.groupBy(released, (one) => one.kind))
          owed.push(...(await owedFor(tx, await catalog.writersOf(tx, kind), held)));
        await insertIntents(tx, owed, clock.now());
        await jobs.wake(
          tx,
          [...new Set(owed.map((intent) => intent.streamId))].map((streamId) => ({ streamId, lane: "push" as const })),
          "disconnected",
        );
      });
      catalog.forget();
    },

    streams: (connectionId) => streamViews(parts, connectionId ?? null),

    updateStream: async (streamId, change, actor) => {
      const [stream] = await readStreams(database, { id: streamId });
      const [connection] = stream ? await readConnections(database, stream.connectionId) : [];
      if (!stream || !connection) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      const declaration = connectors[connection.vendor]?.streams[stream.key];
      await database.transaction(async (tx) => {
        const of = { stream, declaration };
        const lanes = await changeStream(tx, catalog, of, change, { actor, at: clock.now() });
        await jobs.wake(
          tx,
          lanes.map((lane) => ({ streamId, lane })),
          "settings",
        );
      });
      catalog.forget();
    },

    mapping: async (streamId) => {
      const [stream] = await readStreams(database, { id: streamId });
      if (!stream) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      const document = (await readMapping(database, streamId, stream.mappingVersion))!;
      return {
        version: stream.mappingVersion,
        document,
        notes: (await catalog.compile(database, stream, document, "skip")).notes,
      };
    },

    checkMapping: async (streamId, document) => {
      const [stream] = await readStreams(database, { id: streamId });
      if (!stream) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      return checkMapping(database, catalog, stream, document);
    },

    putMapping: async (streamId, document, actor) => {
      const [stream] = await readStreams(database, { id: streamId });
      if (!stream) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
      const read = await readDocument(database, catalog, stream, document);
      const version = await database.transaction(async (tx) => {
        const unmet = await acceptDrifts(tx, stream, clock.now());
        const lanes = await replaceMapping(tx, stream, read.document, { actor, at: clock.now(), unmet });
        await jobs.wake(
          tx,
          lanes.map((lane) => ({ streamId, lane })),
          "mapping",
        );
        return lastMappingVersion(tx, streamId);
      });
      catalog.forget();
      return { version, notes: read.notes };
    },

    sync: async (connectionId, options) => {
      const connection = await one(connectionId);
      // Stopped while it was being connected: nothing is known of the account yet.
      if (connection.organisationId === null) await again(connection, false);
      const streams = (await readStreams(database, { connectionId: connection.id })).filter(
        (stream) => stream.enabled && (options.stream === undefined || stream.key === options.stream),
      );
      if (streams.length === 0)
        throw new WinstonError(
          "not.found",
          options.stream === undefined
            ? `Connection ${connection.name} has no stream that is switched on.`
            : `Connection ${connection.name} has no stream ${options.stream}.`,
        );
      const since = clock.now();
      // What stopped it must be over: the same account answers, and lets us in.
      if (connection.problem !== null) await again(connection, true);
      const lanes: readonly Lane[] = options.full ? ["backfill", "batch", "push"] : ["batch", "push"];
      await database.transaction(async (tx) => {
        await lookAgain(tx, connection.id);
        await hurryStreams(
          tx,
          streams.map((stream) => stream.id),
        );
        if (options.full) for (const stream of streams) await readAnew(tx, stream.id);
        await jobs.wake(
          tx,
          streams.flatMap((stream) =>
            lanes
              .filter((lane) => lane !== "push" || stream.direction !== "in")
              .map((lane) => ({ streamId: stream.id, lane })),
          ),
          options.trigger,
        );
      });
      return { since };
    },

    quiet: async (connectionId) => {
      const id = connectionId ?? null;
      const [running, lanes, loads, intents] = [
        await countRunning(database, id),
        // A comparison owes nothing to anybody; what it finds to be owed is counted by itself.
        (await owedLanes(database, id)).filter((one) => one.lane !== "sweep"),
        await loadsNotWoken(database, { connectionId: id, failed: true }),
        await countIntents(database, id, clock.now(), await scheduled(id), closedTo(catalog.environment)),
      ];
      const owed = lanes.length + loads.length;
      const parked = (await countStreams(database, id)).reduce((sum, row) => sum + row.parked, 0);
      const waiting = intents.ready + intents.delayed;
      return {
        quiet: running === 0 && owed === 0 && waiting === 0,
        running,
        owed,
        intents: waiting,
        parked,
        held: intents.held,
        staged: intents.staged,
      };
    },
  };
}
