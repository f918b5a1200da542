// How each stream is: its settings, how far its lanes are, what waits, and its health, computed from proof of flow.
import type { Connector } from "../connector/contract.ts";
import { countBraked } from "../store/brake.ts";
import { lastCompared } from "../store/comparison.ts";
import { countStreams, laneStates, readConnections, readStreams } from "../store/connection.ts";
import type { Database } from "../store/database.ts";
import { readFlow } from "../store/flow.ts";
import { countFrozen } from "../store/frozen.ts";
import type { Catalog } from "./catalog.ts";
import { forecasts } from "./forecast.ts";
import { healthOf } from "./health.ts";
import { seenFrom } from "./leave.ts";
import type { StreamView } from "./types.ts";

/** All streams, or those of a connection. */
export async function streamViews(
  {
    database,
    catalog,
    connectors,
    clock,
  }: {
    readonly database: Database;
    readonly catalog: Pick<Catalog, "environment">;
    readonly connectors: Readonly<Record<string, Connector>>;
    readonly clock: { now(): number };
  },
  connectionId: string | null,
): Promise<StreamView[]> {
  const counts = new Map((await countStreams(database, connectionId)).map((row) => [row.streamId, row]));
  const connections = new Map(
    (await readConnections(database, null)).map((row) => [row.id, seenFrom(catalog.environment, row)]),
  );
  const [braked, frozen] = [await countBraked(database), await countFrozen(database)];
  const now = clock.now();
  const flows = await readFlow(database, { connectionId: connectionId, parkedSince: now });
  const views: StreamView[] = [];
  const streams = await readStreams(database, { connectionId: connectionId });
  const ids = streams.map((stream) => stream.id);
  const compared = new Map((await lastCompared(database, ids)).map((row) => [row.streamId, row]));
  const under = { connections: [...connections.values()], streams, connectors, counts, now };
  const told = await forecasts(database, under);
  for (const stream of streams) {
    const lanes = await laneStates(database, stream.id);
    const { linked = 0, parked = 0, waiting = 0, held = 0, staged = 0, outside = 0 } = counts.get(stream.id) ?? {};
    const flow = flows.get(stream.id);
    const connection = connections.get(stream.connectionId);
    if (!flow || !connection) continue; // Removed meanwhile.
    const health = healthOf({
      ...flow,
      connection,
      stream,
      parked,
      braked: braked.get(stream.id) ?? 0,
      frozen: frozen.get(stream.id) ?? 0,
      stands: lanes,
      compared: compared.get(stream.id),
      forecast: told.get(stream.id),
      now,
    });
    views.push({
      id: stream.id,
      connectionId: stream.connectionId,
      key: stream.key,
      kind: stream.kind,
      stage: stream.stage,
      direction: stream.direction,
      strategy: stream.strategy,
      everyMs: stream.everyMs,
      cron: stream.cron,
      zone: stream.zone,
      critical: stream.critical,
      approval: stream.approval,
      deletes: stream.deletes,
      backfillSince: stream.backfillSince,
      enabled: stream.enabled,
      mappingVersion: stream.mappingVersion,
      filter: { in: stream.rules.in ?? null, out: stream.rules.out ?? null },
      state: health.state,
      health: health.words,
      lag: health.lag,
      lanes: lanes.map(({ lane, watermark, ranAt, owed }) => ({ lane, watermark, ranAt, owed })),
      counts: { linked, parked, waiting, held, staged, outside },
    });
  }
  return views;
}
