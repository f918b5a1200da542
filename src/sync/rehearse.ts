// A rehearsal: the engine itself, on a stage of its own, with vendors that are read as ever and only told that they were written to.
// So a plan cannot differ from what a sync would do: it is what a sync did, where nobody was.
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Api } from "../connector/api.ts";
import type { Connector, CreateRow, RowOutcome, StreamDeclaration, UpdateRow } from "../connector/contract.ts";
import type { Jobs, Wake } from "../jobs/jobs.ts";
import type { Database } from "../store/database.ts";
import { answerWake, noteWakes, owedLanes, readWake } from "../store/lane.ts";
import { failedRuns, writtenRecords } from "../store/rehearsal.ts";
import { createCatalog } from "./catalog.ts";
import { createEngine, type EngineParts } from "./engine.ts";

/**
 * Requests of one connection that spend from one limit. `read` were sent for the plan. The others were not: `first` is what reading once more what
 * changed takes before anything is written, `again` what reading once more takes of that which is written, `write` what the writes take.
 */
export interface Requests {
  read: number;
  first: number;
  again: number;
  write: number;
}

/** By limit of the connector. */
export type Spending = ReadonlyMap<string, Requests>;

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
): Promise<{ requests: ReadonlyMap<string, Spending>; failures: readonly { stream: string; message: string }[] }> {
  const requests = new Map<string, Map<string, Requests>>();
  const callers = new WeakMap<Api, Caller>();
  /** Counts requests of one connection; those of no class spend what its connector's first limit allows, as a call does that names none. */
  const counter = (connection: string, connector: Connector): Count => {
    const spending = requests.get(connection) ?? requests.set(connection, new Map()).get(connection)!;
    return (what, count, limitClass = connector.limits[0]?.class ?? "requests") => {
      const present = spending.get(limitClass) ?? { read: 0, first: 0, again: 0, write: 0 };
      spending.set(limitClass, present);
      present[what] += count;
    };
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
      pretending(connector, stage, (api) => callers.get(api)!),
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
    pretends: true,
    open: (ctx, of) => {
      const way = parts.open(ctx, of);
      const count = counter(ctx.connection.name, ctx.connector);
      const batches = new Map<string, Batches>();
      callers.set(way.api, {
        sent: () => new Map(way.spent()),
        spend: (requests) => count("write", requests),
        batches: (key, declaration) => batches.get(key) ?? batches.set(key, packed(declaration, count)).get(key)!,
      });
      return {
        ...way,
        close: async () => {
          for (const one of batches.values()) one.end();
          for (const [limitClass, sent] of way.spent()) {
            count("read", sent, limitClass);
            // Applying reads the same changes once more; what is loaded is loaded without it.
            if (of.lane === "batch") count("first", sent, limitClass);
          }
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

type Count = (what: keyof Requests, requests: number, limitClass?: string) => void;

/** One run's way to a vendor, as what it would spend is counted. */
interface Caller {
  /** Requests so far, by limit. */
  sent(): ReadonlyMap<string, number>;
  spend(requests: number): void;
  batches(key: string, declaration: StreamDeclaration): Batches;
}

type Written =
  | { readonly op: "create"; readonly row: CreateRow }
  | { readonly op: "update"; readonly row: UpdateRow }
  | { readonly op: "delete"; readonly row: string };

/** The writes of one run of a stream, counted in the batches that they go in when nothing else does. */
interface Batches {
  add(rows: readonly Written[]): void;
  /** A reading of records was sent between these two counts. */
  noteReading(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void;
  end(): void;
}

/**
 * A rehearsal looks at all that is owed, and finds of some that there is nothing to write. What applies a plan takes what the plan says and nothing
 * else, so its batches are full.
 */
function packed({ batch, cost, read }: StreamDeclaration, count: Count): Batches {
  const size = Math.min(batch.create ?? 200, batch.update ?? 200);
  const costOf = <Row>(of: ((rows: readonly Row[]) => number) | undefined, rows: readonly Row[]): number =>
    rows.length === 0 ? 0 : (of?.(rows) ?? 1);
  let open: Written[] = [];
  const readings = { requests: new Map<string, number>(), times: 0 };
  let again = 0;
  const close = (rows: readonly Written[]): void => {
    const creates = rows.flatMap((one) => (one.op === "create" ? [one.row] : []));
    const updates = rows.flatMap((one) => (one.op === "update" ? [one.row] : []));
    const deletes = rows.flatMap((one) => (one.op === "delete" ? [one.row] : []));
    count("write", costOf(cost?.create, creates) + costOf(cost?.update, updates) + costOf(cost?.delete, deletes));
    if (read && updates.length + deletes.length > 0) again += 1;
  };
  return {
    add: (rows) => {
      open.push(...rows);
      while (open.length >= size) {
        close(open.slice(0, size));
        open = open.slice(size);
      }
    },
    noteReading: (before, after) => {
      const sent = [...after].map(([limit, total]) => [limit, total - (before.get(limit) ?? 0)] as const);
      if (sent.every(([, requests]) => requests === 0)) return;
      for (const [limit, requests] of sent)
        readings.requests.set(limit, (readings.requests.get(limit) ?? 0) + requests);
      readings.times += 1;
    },
    end: () => {
      if (open.length > 0) close(open);
      open = [];
      // Where nothing could be read, because none of it is there, a reading is taken for one request.
      if (readings.times === 0 && again > 0) count("again", again);
      for (const [limit, requests] of readings.requests)
        count("again", Math.round((again * requests) / readings.times), limit);
      again = 0;
    },
  };
}

/** The same connector, of which every write succeeds and none is sent. */
function pretending(connector: Connector, stage: Database, callerOf: (api: Api) => Caller): Connector {
  const streams = Object.entries(connector.streams).map(([key, declaration]): [string, StreamDeclaration] => {
    const { create, createMany, update, delete: remove, read, cost, merge: _, prepare: __, ...rest } = declaration;
    const made = (rows: readonly CreateRow[]): readonly RowOutcome[] =>
      rows.map(({ handle }) => ({ state: "done", id: `${PRETENDED}${handle}`, created: true }));
    const add = (api: Api, rows: readonly Written[]): void => callerOf(api).batches(key, declaration).add(rows);
    return [
      key,
      {
        ...rest,
        ...(create && {
          create: async (api: Api, rows: readonly CreateRow[]) => {
            add(
              api,
              rows.map((row) => ({ op: "create", row })),
            );
            return made(rows);
          },
        }),
        ...(createMany && {
          createMany: async (api: Api, rows: readonly CreateRow[]) => {
            callerOf(api).spend(cost?.createMany?.(rows) ?? 1);
            return made(rows);
          },
        }),
        ...(update && {
          update: async (api: Api, rows: readonly UpdateRow[]) => {
            add(
              api,
              rows.map((row) => ({ op: "update", row })),
            );
            return rows.map(({ id }): RowOutcome => ({ state: "done", id, created: false }));
          },
        }),
        ...(remove && {
          delete: async (api: Api, ids: readonly string[]) => {
            add(
              api,
              ids.map((row) => ({ op: "delete", row })),
            );
            return ids.map((id): RowOutcome => ({ state: "done", id, created: false }));
          },
        }),
        // A record that was written here shows there what stood before: it is not looked at again.
        ...(read && {
          read: async (api: Api, request: Parameters<typeof read>[1]) => {
            const written = await writtenRecords(stage, connector.key, key, request.ids);
            const ids = request.ids.filter((id) => !id.startsWith(PRETENDED) && !written.has(id));
            const found = new Map<string, Awaited<ReturnType<typeof read>>[number]>();
            const caller = callerOf(api);
            const before = caller.sent();
            if (ids.length > 0)
              (await read(api, { ...request, ids })).forEach((record, index) => found.set(ids[index]!, record));
            caller.batches(key, declaration).noteReading(before, caller.sent());
            return request.ids.map((id) => found.get(id) ?? null);
          },
        }),
      },
    ];
  });
  return { ...connector, streams: Object.fromEntries(streams) };
}
