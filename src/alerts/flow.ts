// Whether what should flow flows, for whatever watches Winston from outside.
import { countOpenAlerts } from "../store/alert.ts";
import type { Database } from "../store/database.ts";
import { type HealthState, UNWELL } from "../sync/health.ts";
import { seenConnections, type WatchParts } from "./watch.ts";

export interface Flow {
  readonly ok: boolean;
  /** Streams by state. */
  readonly streams: Partial<Record<HealthState, number>>;
  /** Those that are not over. */
  readonly alerts: { readonly warning: number; readonly critical: number };
}

/** So long one answer serves all who ask: anybody may. */
const STANDS_MS = 5_000;

export function createFlow(parts: {
  database: Database;
  connectors: WatchParts["connectors"];
  catalog: WatchParts["catalog"];
  clock: { now(): number };
}): () => Promise<Flow> {
  const { database, clock } = parts;
  const look = async (now: number): Promise<Flow> => {
    const streams: Partial<Record<HealthState, number>> = {};
    for (const connection of await seenConnections(database, parts, now))
      for (const { health } of connection.streams) streams[health.state] = (streams[health.state] ?? 0) + 1;
    const ok = [...UNWELL].every((state) => streams[state] === undefined);
    return { ok, streams, alerts: await countOpenAlerts(database) };
  };
  let last: { at: number; answer: Promise<Flow> } | undefined;
  return () => {
    const now = clock.now();
    if (last && now >= last.at && now - last.at < STANDS_MS) return last.answer;
    const asked = { at: now, answer: look(now) };
    last = asked;
    // One that failed is asked anew by the next.
    asked.answer.catch(() => {
      if (last === asked) last = undefined;
    });
    return asked.answer;
  };
}
