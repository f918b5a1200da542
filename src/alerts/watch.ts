// Looks at what there is to tell, decides, and commits what was decided with what is to be sent for it.
import type { JsonObject } from "../base/json.ts";
import { limitsOf, type Connector } from "../connector/contract.ts";
import { errorsIn, inWindow } from "../jobs/counted.ts";
import { LONG_MS, type Limit } from "../jobs/spending.ts";
import {
  deleteAlertsBefore,
  dropAlerts,
  endedAlerts,
  lockAlerts,
  mayEvaluate,
  putAlerts,
  type AlertRow,
} from "../store/alert.ts";
import { oweDeliveries, readChannels } from "../store/alert-channel.ts";
import { listBudgets, type BudgetView } from "../store/budget.ts";
import { countLinked, readConnections, readStreams, type ConnectionRow } from "../store/connection.ts";
import type { Database, Queries } from "../store/database.ts";
import { readFlow } from "../store/flow.ts";
import type { Catalog } from "../sync/catalog.ts";
import { healthOf } from "../sync/health.ts";
import { seenFrom } from "../sync/leave.ts";
import { versionEndings } from "../sync/version-ends.ts";
import {
  causesOf,
  PARKED_LEAST,
  PARKED_WITHIN_MS,
  type Cause,
  type SeenBudget,
  type SeenConnection,
} from "./causes.ts";
import { decide, FLAP_MEMORY_MS, type AlertEvent } from "./decide.ts";
import { helpOf, holdMsOf } from "./kinds.ts";

/** Whoever has causes of its own gives them so: all that there are at this time, each time it is asked. */
export type CauseSource = (tx: Queries, now: number) => Promise<readonly Cause[]>;

export interface WatchParts {
  readonly database: Database;
  readonly connectors: Readonly<Record<string, Pick<Connector, "title" | "limits" | "versionEnds">>>;
  readonly newId: () => string;
  readonly sources?: readonly CauseSource[];
  readonly catalog: Pick<Catalog, "environment">;
}

const KEPT_MS = 90 * 24 * 3_600_000;
const RESERVE = 0.1;

/** Evaluates once. Returns how many events are to be told; none where another process evaluates at this moment. */
export async function watch(parts: WatchParts, now: number): Promise<number> {
  return parts.database.transaction(async (tx) => {
    if (!(await mayEvaluate(tx))) return 0;
    const causes = (await seenConnections(tx, parts, now)).flatMap((one) => causesOf(one, now));
    for (const source of parts.sources ?? []) causes.push(...(await source(tx, now)));
    const { put, drop, told } = decide({
      causes,
      known: await lockAlerts(tx),
      ended: await endedAlerts(tx, now - FLAP_MEMORY_MS),
      holdMs: holdMsOf,
      newId: parts.newId,
      now,
    });
    await putAlerts(tx, put);
    await dropAlerts(tx, drop);
    await deleteAlertsBefore(tx, now - KEPT_MS);
    if (told.length === 0) return 0;
    const channels = (await readChannels(tx, null)).map((row) => row.id);
    const names = new Map((await readConnections(tx, null)).map((row) => [row.id, row.name]));
    const rows = told.map(({ event, alert }) => ({
      id: alert.id,
      alertId: alert.id,
      event,
      body: bodyOf(alert, event, names.get(alert.connectionId ?? "") ?? null),
    }));
    const ids = rows.flatMap(() => channels.map(() => parts.newId()));
    await oweDeliveries(tx, channels, rows, { ids, at: now });
    return told.length;
  });
}

/** What is told, as it is then: the `data` of a webhook. */
export function bodyOf(alert: AlertRow, event: AlertEvent | "test", connection: string | null): JsonObject {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    id: alert.id,
    event,
    kind: alert.kind,
    state: alert.state,
    severity: alert.severity,
    title: alert.title,
    message: alert.message,
    connection,
    streams: [...alert.scope],
    raisedAt: iso(alert.raisedAt),
    resolvedAt: iso(alert.resolvedAt),
    help: helpOf(alert.kind),
  };
}

/** All connections, with the health of their streams: a few statements, however many there are. */
export async function seenConnections(
  tx: Queries,
  { connectors, catalog }: Pick<WatchParts, "connectors" | "catalog">,
  now: number,
): Promise<SeenConnection[]> {
  const connections = (await readConnections(tx, null)).map((row) => seenFrom(catalog.environment, row));
  const streams = Map.groupBy(await readStreams(tx, {}), (row) => row.connectionId);
  const flows = await readFlow(tx, { connectionId: null, parkedSince: now - PARKED_WITHIN_MS });
  const crowded = [...flows.values()].filter((flow) => flow.parkedLately >= PARKED_LEAST).map((flow) => flow.streamId);
  const linked = await countLinked(tx, crowded);
  const budgets = Map.groupBy(await listBudgets(tx, null), (row) => row.connectionId);
  return connections.map((connection) => ({
    id: connection.id,
    name: connection.name,
    problem: connection.problem,
    endings: versionEndings(connectors[connection.vendor], connection.settings, now),
    streams: (streams.get(connection.id) ?? []).flatMap((stream) => {
      const flow = flows.get(stream.id);
      if (!flow) return [];
      return [
        {
          id: stream.id,
          key: stream.key,
          health: healthOf({ ...flow, connection, stream, parked: 0, now }),
          parkedLately: flow.parkedLately,
          linked: linked.get(stream.id) ?? null,
          drifts: flow.drifts,
          undescribed:
            flow.undescribedSince === null
              ? null
              : { since: flow.undescribedSince, words: flow.undescribedWords ?? "" },
        },
      ];
    }),
    budgets: budgetsOf(connectors[connection.vendor], connection, budgets.get(connection.id) ?? [], now),
  }));
}

/** The long windows of a connection, as they are now. */
function budgetsOf(
  connector: Pick<Connector, "limits"> | undefined,
  { settings }: Pick<ConnectionRow, "settings">,
  rows: readonly BudgetView[],
  now: number,
): SeenBudget[] {
  const limits: readonly Limit[] = connector ? limitsOf(connector, settings) : [];
  return rows.flatMap((stored): SeenBudget[] => {
    const limit = limits.find((one) => one.class === stored.class);
    if (!limit || limit.perMs < LONG_MS) return [];
    const row = inWindow(stored, limit, now);
    const { answers, errors, ...account } = row;
    const { errorShareMax: shareMax, reserve = RESERVE } = limit;
    return [
      {
        ...account,
        class: limit.class,
        perMs: limit.perMs,
        reserve,
        ...(shareMax === undefined ? {} : { errors: { answers, errors, shareMax, how: errorsIn(row, limit, now) } }),
      },
    ];
  });
}
