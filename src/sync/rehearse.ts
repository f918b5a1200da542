// A rehearsal: the engine itself, on a stage of its own, with vendors that are read as ever and only told that they were written to.
// So a plan cannot differ from what a sync would do: it is what a sync did, where nobody was.
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Api } from "../connector/api.ts";
import type {
  Connector,
  CreateRow,
  RowOutcome,
  StreamDeclaration,
  UpdateRow,
  WriteCost,
} from "../connector/contract.ts";
import type { Jobs, Wake } from "../jobs/jobs.ts";
import type { Database } from "../store/database.ts";
import { answerWake, noteWakes, owedLanes, readWake } from "../store/lane.ts";
import { failedRuns, writtenRecords } from "../store/rehearsal.ts";
import { createCatalog } from "./catalog.ts";
import { createEngine, type EngineParts } from "./engine.ts";

/** Requests of one connection. `read` were sent to read for the plan; `again` too, and a sync sends them once more before it writes; `write` were not sent: they are what the writes would take. */
export interface Requests {
  read: number;
  again: number;
  write: number;
}

export interface RehearsalParts {
  readonly connectors: Readonly<Record<string, Connector>>;
  readonly sharedMailboxes: ReadonlySet<string>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly open: EngineParts["open"];
}

/** Begins the id of a record that is only pretended to be made; the entity's id follows. */
export const PRETENDED = "new:";

/**
 * Runs the lanes given and carries out, on the stage, all that follows, at every connection that may be written there. What the
 * vendors would be sent is in the stage's `write` table afterwards. Returns the requests by connection, and how runs failed.
 */
export async function rehearse(
  parts: RehearsalParts,
  stage: Database,
  wakes: readonly Wake[],
  signal: AbortSignal,
): Promise<{ requests: ReadonlyMap<string, Requests>; failures: readonly { stream: string; message: string }[] }> {
  const requests = new Map<string, Requests>();
  const callers = new WeakMap<Api, Requests>();
  const countOf = (connection: string): Requests => {
    const present = requests.get(connection) ?? { read: 0, again: 0, write: 0 };
    requests.set(connection, present);
    return present;
  };
  const jobs: Jobs = {
    wake: async (tx, wakes) => void (await noteWakes(tx, wakes)),
    // What a vendor would be asked later is not waited for.
    wakeLater: async () => {},
    work: async () => {},
    stop: async () => {},
  };
  const connectors = Object.fromEntries(
    Object.entries(parts.connectors).map(([key, connector]) => [
      key,
      pretending(connector, stage, (api, cost) => (callers.get(api)!.write += cost)),
    ]),
  );
  const engine = createEngine({
    database: stage,
    jobs,
    catalog: createCatalog(connectors, { sharedMailboxes: parts.sharedMailboxes }),
    clock: parts.clock,
    newId: parts.newId,
    log: parts.log,
    owner: "rehearsal",
    open: (ctx, of) => {
      const way = parts.open(ctx, of);
      const count = countOf(ctx.connection.name);
      callers.set(way.api, count);
      return {
        ...way,
        close: async () => {
          count[of.lane === "push" ? "again" : "read"] += way.requests();
          await way.close();
        },
      };
    },
  });

  await stage.transaction(async (tx) => {
    await jobs.wake(tx, wakes, "plan");
  });
  for (;;) {
    signal.throwIfAborted();
    const owed = await owedLanes(stage, null);
    // All that is to be read is read before anything is written, so that no reading shows what was not really written.
    const one = owed.find(({ lane }) => lane !== "push") ?? owed[0];
    if (!one) break;
    const { wanted } = await readWake(stage, one.streamId, one.lane);
    await engine.runLane({ ...one, trigger: "plan", signal });
    signal.throwIfAborted();
    await answerWake(stage, one.streamId, one.lane, wanted);
  }
  return { requests, failures: await failedRuns(stage) };
}

/** The same connector, of which every write succeeds and none is sent. */
function pretending(connector: Connector, stage: Database, spend: (api: Api, requests: number) => void): Connector {
  const streams = Object.entries(connector.streams).map(([key, declaration]): [string, StreamDeclaration] => {
    const { create, createMany, update, delete: remove, read, cost, merge: _, prepare: __, ...rest } = declaration;
    const costOf = <Row>(of: ((rows: readonly Row[]) => number) | undefined, rows: readonly Row[]): number =>
      of?.(rows) ?? 1;
    const made =
      (of: WriteCost["create"]) =>
      async (api: Api, rows: readonly CreateRow[]): Promise<readonly RowOutcome[]> => {
        spend(api, costOf(of, rows));
        return rows.map(({ handle }) => ({ state: "done", id: `${PRETENDED}${handle}`, created: true }));
      };
    return [
      key,
      {
        ...rest,
        ...(create && { create: made(cost?.create) }),
        ...(createMany && { createMany: made(cost?.createMany) }),
        ...(update && {
          update: async (api: Api, rows: readonly UpdateRow[]) => {
            spend(api, costOf(cost?.update, rows));
            return rows.map(({ id }): RowOutcome => ({ state: "done", id, created: false }));
          },
        }),
        ...(remove && {
          delete: async (api: Api, ids: readonly string[]) => {
            spend(api, costOf(cost?.delete, ids));
            return ids.map((id): RowOutcome => ({ state: "done", id, created: false }));
          },
        }),
        // A record that was written here shows there what stood before: it is not looked at again.
        ...(read && {
          read: async (api: Api, request: Parameters<typeof read>[1]) => {
            const written = await writtenRecords(stage, connector.key, key, request.ids);
            const ids = request.ids.filter((id) => !id.startsWith(PRETENDED) && !written.has(id));
            const found = new Map<string, Awaited<ReturnType<typeof read>>[number]>();
            if (ids.length > 0)
              (await read(api, { ...request, ids })).forEach((record, index) => found.set(ids[index]!, record));
            return request.ids.map((id) => found.get(id) ?? null);
          },
        }),
      },
    ];
  });
  return { ...connector, streams: Object.fromEntries(streams) };
}
