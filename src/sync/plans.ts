// Plans: what a sync would write, shown before it is written, and written only as it was shown.
import type { Clock } from "../base/clock.ts";
import { isError, WinstonError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Log } from "../base/log.ts";
import type { Connector } from "../connector/contract.ts";
import type { Jobs, Wake } from "../jobs/jobs.ts";
import { listBrakes } from "../store/brake.ts";
import { readConnections, readStreams, type ConnectionRow } from "../store/connection.ts";
import type { Database, Tx } from "../store/database.ts";
import { MAY_LAND_MS } from "../store/intent.ts";
import type { Lane } from "../store/lane.ts";
import { waitingIn } from "../store/outlook.ts";
import {
  approvePlan,
  computingPlans,
  deletePlansBefore,
  excludeItems,
  failPlan,
  insertPlan,
  leaveOut,
  listPlans,
  planDifference,
  planItems,
  planTargets,
  planTotals,
  readyPlan,
  tickOff,
  type PlanRow,
} from "../store/plan.ts";
import { gatherPlan } from "../store/plan-gather.ts";
import { allowWrites, openStage, oweOnly, strikeStages, type Stage } from "../store/rehearsal.ts";
import { strikeOverruled } from "../store/overruled.ts";
import { copyPlanEdits, countRestored, endHere, insertRejects, noteRejects, placeRejects } from "../store/undo.ts";
import { closedTargets, refuseNotThere, refuseWrittenAnyway } from "./applying.ts";
import { createCatalog, type Catalog } from "./catalog.ts";
import type { EngineParts } from "./engine.ts";
import { gatherLeaves } from "./leaves.ts";
import { withBecause } from "./linked.ts";
import { namesOf, type Names, type Naming } from "./named.ts";
import { outlook } from "./outlook.ts";
import { costsOf } from "./plan-cost.ts";
import { rehearse } from "./rehearse.ts";
import { carryOut, notesOf, titled, undoScope, untoldOf, type UndoAsked } from "./undo.ts";
import { editPages, fillEdits } from "./undo-edits.ts";
import type { PlanItem, Plans, PlanView, Supposed } from "./planned.ts";
import { readDocument } from "./put-mapping.ts";
import { acceptDrifts } from "./schema.ts";
import { changeStream } from "./stream-settings.ts";
import { replaceMapping } from "./versions.ts";

export interface PlanParts {
  readonly database: Database;
  readonly jobs: Pick<Jobs, "wake">;
  readonly catalog: Pick<Catalog, "sharedMailboxes" | "environment" | "writers" | "writersOf" | "fields">;
  readonly connectors: Readonly<Record<string, Connector>>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly open: EngineParts["open"];
  /** How far history reaches back. */
  readonly historyDays: number;
  /** Names this process in plans that it computes. */
  readonly owner: string;
}

/** Longer than this nobody computes: a plan that is not ready by then belongs to a process that is gone. */
const COMPUTING_MAX_MS = 6 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const KEPT_MS = 90 * DAY_MS;
const DIFFERENCES_SHOWN = 20;
/** Thrown to see what a transaction would do, and to have it not done. */
const TAKEN_BACK = new Error("taken back");
const unlessTakenBack = (thrown: unknown): void => {
  if (thrown !== TAKEN_BACK) throw thrown;
};

export interface PlanDesk extends Plans {
  /** Once in a while: plans and stages that processes left behind, and old plans, go. */
  tidy(): Promise<void>;
  /** Gives up what is being computed in this process, and waits for it. */
  stop(): Promise<void>;
}

export function createPlans(parts: PlanParts): PlanDesk {
  const { database, clock } = parts;
  const stopping = new AbortController();
  const underWay = new Map<string, Promise<void>>();

  const rowOf = async (id: string): Promise<PlanRow> => {
    const [row] = /^[0-9a-f-]{36}$/iu.test(id) ? await listPlans(database, { id, after: null, limit: 1 }) : [];
    if (!row) throw new WinstonError("not.found", `There is no plan ${id}; \`winston plans list\` shows them.`);
    return row;
  };

  const view = async (row: PlanRow): Promise<PlanView> => {
    const names = new Map((await readConnections(database, null)).map((one) => [one.id, one.name]));
    const [stream] = row.streamId === null ? [] : await readStreams(database, { id: row.streamId });
    const { connectionId, streamId: _, ...rest } = row;
    return {
      ...rest,
      connection: connectionId === null ? null : (names.get(connectionId) ?? null),
      stream: stream?.key ?? null,
      totals: row.totals ?? (await planTotals(database, row.id)),
      requests: await costsOf(database, row.requests, { connectors: parts.connectors, now: clock.now() }),
    };
  };

  const scopeOf = async (ask: {
    connection?: string | undefined;
    stream?: string | undefined;
  }): Promise<{
    connection: ConnectionRow | null;
    streamIds: number[];
    streamId: number | null;
    writable: string[];
    notes: string[];
  }> => {
    const [connection] = ask.connection === undefined ? [] : await readConnections(database, ask.connection);
    if (ask.connection !== undefined && !connection)
      throw new WinstonError("not.found", `There is no connection ${ask.connection}.`);
    const all = await readConnections(database, null);
    const working = new Set(all.filter((one) => one.problem === null).map((one) => one.id));
    if (connection && !working.has(connection.id))
      throw new WinstonError("request.conflict", `Connection ${connection.name} is stopped: ${connection.problem}`);
    const streams = (await readStreams(database, connection ? { connectionId: connection.id } : {})).filter(
      (one) => one.enabled && working.has(one.connectionId) && (ask.stream === undefined || one.key === ask.stream),
    );
    if (streams.length === 0)
      throw new WinstonError(
        "not.found",
        ask.stream === undefined
          ? "There is nothing to plan: no connection has a stream that is switched on and works."
          : `There is no stream ${ask.stream}${connection ? ` in connection ${connection.name}` : ""} that is switched on and works.`,
      );
    const names = new Map(all.map((one) => [one.id, one.name]));
    const read =
      ask.stream === undefined ? [connection?.name] : streams.map((one) => `${names.get(one.connectionId)} ${one.key}`);
    return {
      connection: connection ?? null,
      streamIds: streams.map((one) => one.id),
      streamId: ask.stream !== undefined && streams.length === 1 ? streams[0]!.id : null,
      // What is read there may be owed anywhere, as when it is synced.
      writable: [...working],
      notes: connection || ask.stream !== undefined ? [`Only ${read.join(" and ")} was read.`] : [],
    };
  };

  interface Rehearsal {
    /** Streams of which it tells what waits for a person; none where that is nothing of its. */
    readonly streamIds: readonly number[];
    /** What is done on the stage before the engine runs; returns the lanes that it runs. */
    readonly begin: (stage: Stage) => Promise<readonly Wake[]>;
    readonly writable: readonly string[];
    readonly notes: readonly string[];
    /** The stream of which a change is shown. */
    readonly changes?: number;
  }

  const compute = async (id: string, of: Rehearsal): Promise<void> => {
    await using stage = await openStage(database, id, { log: parts.log, mayLandSince: clock.now() - MAY_LAND_MS });
    await allowWrites(stage.database, of.writable);
    const { requests, failures } = await rehearse(
      { ...parts, sharedMailboxes: parts.catalog.sharedMailboxes },
      stage.database,
      await of.begin(stage),
      stopping.signal,
    );
    const [first] = failures;
    if (first)
      throw new WinstonError(
        "plan.failed",
        `Not all could be read, so nothing is planned. ${failures.map(({ stream, message }) => `${stream}: ${message}`).join(" ")}`,
      );
    const braked = await brakedOn(stage.database, database);
    await database.transaction(async (tx) => {
      await strikeOverruled(tx, id, stage.schema, undoes(id));
      await gatherPlan(tx, id, stage.schema);
      await placeRejects(tx, id);
      const ahead = await outlook(tx, id, { requests, connectors: parts.connectors, now: clock.now() });
      const notes = [...ahead.notes, ...of.notes, ...braked];
      if (of.changes !== undefined)
        await gatherLeaves(tx, id, {
          connectors: parts.connectors,
          database,
          stage: stage.database,
          schema: stage.schema,
          streamId: of.changes,
        });
      await readyPlan(tx, id, {
        at: clock.now(),
        requests: ahead.spent as unknown as JsonObject,
        notes,
        waiting: of.streamIds.length === 0 ? null : await waitingIn(tx, of.streamIds),
      });
    });
  };

  const begin = async (
    plan: { connectionId: string | null; streamId: number | null; undoes?: string; supposes?: string },
    by: string,
    rehearsal: (id: string) => Promise<Rehearsal>,
  ): Promise<PlanView> => {
    const id = parts.newId();
    const told = { undoes: plan.undoes ?? null, supposes: plan.supposes ?? null };
    await insertPlan(database, { ...plan, ...told, id, owner: parts.owner, by, at: clock.now() });
    const work = rehearsal(id)
      .then((of) => compute(id, of))
      .catch(async (thrown: unknown) => {
        const known = isError(thrown) ? thrown : undefined;
        if (!known && !stopping.signal.aborted) parts.log.error({ plan: id, error: String(thrown) }, "a plan failed");
        await failPlan(database, id, {
          code: known?.code ?? (stopping.signal.aborted ? "stopped" : "winston.bug"),
          message:
            known?.message ??
            (stopping.signal.aborted
              ? "Winston stopped while it computed this plan. Ask for another."
              : `Winston made a mistake in this plan: ${String(thrown)}`),
        });
      })
      .catch((thrown: unknown) => parts.log.warn({ plan: id, error: String(thrown) }, "a plan could not be ended"))
      .finally(() => underWay.delete(id));
    underWay.set(id, work);
    return view(await rowOf(id));
  };

  const create: Plans["create"] = async (ask, by) => {
    const { connection, streamId, streamIds, writable, notes } = await scopeOf(ask);
    return begin({ connectionId: connection?.id ?? null, streamId }, by, async () => ({
      begin: async () =>
        streamIds.flatMap((id) => (["backfill", "batch", "push"] as const).map((lane) => ({ streamId: id, lane }))),
      streamIds,
      writable,
      notes,
    }));
  };

  /** Begins to compute what the edits that `fill` keeps, of an undo, would write. */
  const undoBy = async (
    of: Pick<UndoAsked, "words" | "notes">,
    by: string,
    fill: (id: string) => Promise<void>,
  ): Promise<PlanView> => {
    const connections = await readConnections(database, null);
    return begin({ connectionId: null, streamId: null, undoes: of.words }, by, async (id) => {
      await fill(id);
      return {
        begin: async (stage) => {
          const catalog = createCatalog(parts.connectors, { sharedMailboxes: parts.catalog.sharedMailboxes });
          // What is owed already is another plan's.
          await oweOnly(database, id, stage);
          const owing = new Set<number>();
          for await (const edits of editPages(database, id)) {
            const done = await stage.database.transaction((tx) =>
              carryOut(tx, { catalog }, edits, { planId: id, actor: undoes(id), now: clock.now() }),
            );
            await noteRejects(database, id, await titled(database, done.left));
            for (const streamId of done.owing) owing.add(streamId);
          }
          return [...owing].map((streamId) => ({ streamId, lane: "push" as const }));
        },
        streamIds: [],
        writable: connections.filter((one) => one.problem === null).map((one) => one.id),
        notes: [
          ...of.notes,
          ...notesOf(await countRestored(database, id)),
          ...(await untoldOf(database, parts, editPages(database, id))),
        ],
      };
    });
  };

  const undo: Plans["undo"] = async (what, by) => {
    const asked = await undoScope(database, what, clock.now() - parts.historyDays * DAY_MS);
    return undoBy(asked, by, (id) => fillEdits(database, parts, asked, id));
  };

  /** Makes the change on a stage or, to see whether it may be made, in a transaction that is taken back. */
  const change = async (tx: Tx, streamId: number, what: Supposed, actor: string): Promise<readonly Wake[]> => {
    const catalog = createCatalog(parts.connectors, { sharedMailboxes: parts.catalog.sharedMailboxes });
    const by = { actor, at: clock.now() };
    const streamNow = async () => (await readStreams(tx, { id: streamId }))[0]!;
    const lanes = new Set<Lane>();
    if (what.mapping) {
      const stream = await streamNow();
      const { document } = await readDocument(tx, catalog, stream, what.mapping);
      // As where it is put: whoever puts it has seen what the vendor's fields are now.
      const unmet = await acceptDrifts(tx, stream, by.at);
      for (const lane of await replaceMapping(tx, stream, document, { ...by, unmet })) lanes.add(lane);
    }
    if (what.settings) {
      const stream = await streamNow();
      const [connection] = await readConnections(tx, stream.connectionId);
      const declaration = parts.connectors[connection!.vendor]?.streams[stream.key];
      for (const lane of await changeStream(tx, catalog, { stream, declaration }, what.settings, by)) lanes.add(lane);
    }
    return [...lanes].map((lane) => ({ streamId, lane }));
  };

  const suppose: Plans["suppose"] = async (streamId, what, by) => {
    const [stream] = await readStreams(database, { id: streamId });
    const connections = await readConnections(database, null);
    const connection = connections.find((one) => one.id === stream?.connectionId);
    if (!stream || !connection) throw new WinstonError("not.found", `There is no stream ${streamId}.`);
    if (connection.problem !== null)
      throw new WinstonError("request.conflict", `Connection ${connection.name} is stopped: ${connection.problem}`);
    await database
      .transaction(async (tx) => {
        await change(tx, streamId, what, by);
        throw TAKEN_BACK;
      })
      .catch(unlessTakenBack);
    const changes = [...(what.mapping ? ["another mapping"] : []), ...Object.keys(what.settings ?? {})];
    const supposes = `${connection.name} ${stream.key} with ${changes.join(", ")} changed`;
    return begin({ connectionId: null, streamId: null, supposes }, by, async () => ({
      begin: (stage) =>
        stage.database.transaction(async (tx) => [
          ...(await change(tx, streamId, what, by)),
          ...(["batch", "push"] as const).map((lane) => ({ streamId, lane })),
        ]),
      streamIds: [streamId],
      writable: connections.filter((one) => one.problem === null).map((one) => one.id),
      notes: ["It shows a change that was not made, beside what is owed already; make the change, and it comes true."],
      changes: streamId,
    }));
  };

  const settled: Plans["settled"] = async (id) => {
    await underWay.get(id);
    return view(await rowOf(id));
  };

  /** Throws plan.stale with the lines that a plan computed now would not have. */
  const provenAnew = async (row: PlanRow, by: string): Promise<void> => {
    const [stream] = row.streamId === null ? [] : await readStreams(database, { id: row.streamId });
    const begun =
      row.undoes === null
        ? create({ connection: row.connectionId ?? undefined, stream: stream?.key }, by)
        : undoBy({ words: row.undoes, notes: [] }, by, (id) => copyPlanEdits(database, row.id, id));
    const again = await settled((await begun).id);
    if (again.state !== "ready")
      throw new WinstonError(
        "request.conflict",
        `The plan could not be proved anew: ${again.error?.message ?? again.state}`,
      );
    // Of an undo, what it would put back here alone is no write.
    const changed = await planDifference(database, row.id, again.id, {
      stays: row.undoes !== null,
      limit: DIFFERENCES_SHOWN,
    });
    if (changed.count > 0) {
      const named = changed.names.join(", ");
      const left = changed.count - changed.names.length;
      const more = left > 0 ? ` and ${left} more, which the new plan shows` : "";
      throw new WinstonError(
        "plan.stale",
        `The plan is out of date, and nothing was written. Changed since: ${named}${more}. A new plan is ready: ${again.id}.`,
      );
    }
  };

  return {
    create,
    suppose,
    undo,
    settled,
    get: async (id) => view(await rowOf(id)),
    list: async ({ limit, after }) => {
      const rows = await listPlans(database, { id: null, after: after ?? null, limit });
      const views: PlanView[] = [];
      for (const row of rows) views.push(await view(row));
      return views;
    },
    items: async (id, query) => {
      await rowOf(id);
      const rows = await planItems(database, id, {
        class: query.class ?? null,
        state: query.state ?? null,
        after: query.after ?? 0,
        limit: query.limit,
      });
      const names = await namesOf(database, parts.catalog, rows.map(namingOf), id);
      return rows.map((row, at) => itemView(row, names[at]!));
    },
    apply: async (id, how, by) => {
      const row = await rowOf(id);
      if (row.state !== "ready")
        throw new WinstonError(
          "request.conflict",
          row.state === "computing"
            ? `Plan ${id} is still being computed. Ask again when it is ready.`
            : `Plan ${id} is ${row.state} and cannot be applied${row.state === "applied" || row.state === "applying" ? " again" : ""}. Make a new one.`,
        );
      if (row.supposes !== null)
        throw new WinstonError(
          "request.conflict",
          `Plan ${id} shows a change that was not made (${row.supposes}), and is not applied. Make the change; what it writes then is a plan of its own.`,
        );
      const closed = await closedTargets(database, parts.catalog.environment, id);
      if (how.strict && !how.dryRun) await provenAnew(row, by);
      let ahead: PlanView | undefined;
      const work = database.transaction(async (tx) => {
        const out = {
          numbers: how.exclude ?? [],
          entityIds: (how.excludeRecords ?? []).map((one) => one.toLowerCase()),
          wholeThings: row.undoes !== null,
        };
        await refuseNotThere(tx, id, out);
        const excluded = new Set(await excludeItems(tx, id, out));
        if (row.undoes === null) await refuseWrittenAnyway(tx, id);
        if (!(await approvePlan(tx, id, { named: how.approvedBy ?? by, by, at: clock.now() })))
          throw new WinstonError("request.conflict", `Plan ${id} is being applied already.`);
        await leaveOut(tx, id, closed);
        if (how.dryRun) {
          ahead = await view({ ...row, totals: await planTotals(tx, id) });
          throw TAKEN_BACK;
        }
        const targets = await planTargets(tx, id);
        if (row.undoes !== null) {
          const gone: string[] = [];
          for await (const edits of editPages(tx, id)) {
            const of = { planId: id, actor: undoes(id), now: clock.now() };
            const wanted = edits.filter((one) => !excluded.has(one.entityId));
            const { owing, left } = await carryOut(tx, parts, wanted, of);
            await insertRejects(tx, id, await titled(tx, left));
            for (const { entityId, field } of left) if (field === null) gone.push(entityId);
            await parts.jobs.wake(
              tx,
              owing.map((streamId) => ({ streamId, lane: "push" as const })),
              "undo",
            );
          }
          await endHere(tx, id, gone);
          if (targets.length === 0) await tickOff(tx, clock.now());
          return;
        }
        const sources = await readStreams(tx, row.connectionId === null ? {} : { connectionId: row.connectionId });
        await parts.jobs.wake(
          tx,
          [
            // What the plan would make of records that were not read yet is made first.
            ...sources
              .filter(
                (one) => one.enabled && one.direction !== "out" && (row.streamId === null || row.streamId === one.id),
              )
              .map((one) => ({ streamId: one.id, lane: "batch" as const })),
            ...targets.map(({ streamId }) => ({ streamId, lane: "push" as const })),
          ],
          "apply",
        );
        if (targets.length === 0) await tickOff(tx, clock.now());
      });
      await work.catch(unlessTakenBack);
      return ahead ?? view(await rowOf(id));
    },
    tidy: async () => {
      const now = clock.now();
      const computing = await computingPlans(database);
      const alive: string[] = [];
      for (const { id, owner, createdAt } of computing) {
        const mine = owner === parts.owner;
        if ((mine && underWay.has(id)) || (!mine && now - createdAt < COMPUTING_MAX_MS)) alive.push(id);
        else
          await failPlan(database, id, {
            code: "stopped",
            message: "The process that computed this plan ended. Ask for another.",
          });
      }
      await strikeStages(database, alive);
      await deletePlansBefore(database, now - KEPT_MS);
    },
    stop: async () => {
      stopping.abort(new Error("Winston is stopping"));
      await Promise.all(underWay.values());
    },
  };
}

/** As whom a plan puts values back. */
const undoes = (id: string): string => `undo:${id}`;

/** What a sync would stop and ask about instead of doing it. */
async function brakedOn(stage: Database, database: Database): Promise<string[]> {
  const on = { id: null, on: true, after: null, limit: 100 };
  const before = new Set((await listBrakes(database, on)).map((one) => one.id));
  return (await listBrakes(stage, on))
    .filter((one) => !before.has(one.id))
    .map(
      ({ connection, stream, field, waits }) =>
        `The brake would hold ${waits.toLocaleString("en")} ${field === "" ? "deletion" : "blanking"}${waits === 1 ? "" : "s"}${field === "" ? "" : ` of ${field}`} of ${connection} ${stream} until a person decides (winston brake list); they are not among the lines.`,
    );
}

type ItemRow = Awaited<ReturnType<typeof planItems>>[number];

const namingOf = ({ kind, fields, class: what, detail }: ItemRow): Naming => ({
  kind,
  values: Object.entries(fields).flatMap(([field, [old, fresh]]) => [[field, old] as const, [field, fresh] as const]),
  ...(what === "here" && typeof detail?.["into"] === "string" ? { ids: [detail["into"]] } : {}),
});

function itemView({ fields, detail, ...row }: ItemRow, names: Names): PlanItem {
  return {
    ...row,
    detail: row.class === "link" ? withBecause(detail) : detail,
    fields: Object.fromEntries(
      Object.entries(fields).map(([field, [old, fresh, from, rule]]) => [
        field,
        { old: old ?? null, new: fresh ?? null, from: from ?? null, rule: rule ?? null },
      ]),
    ),
    names,
  };
}
