// The engine: runs a lane of a stream when it is owed work, under the lane's fence, and says in a run what came of it.
import type { Clock } from "../base/clock.ts";
import { isError, type WinstonError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { endsOf } from "../mapping/kinds.ts";
import type { Database, Tx } from "../store/database.ts";
import { releaseHeld } from "../store/duplicate.ts";
import {
  nextDelayed,
  nextIntents,
  oweUnlinked,
  streamsWithIntents,
  streamsWithLostMerges,
  unsettledAttempts,
  type Due,
} from "../store/intent.ts";
import {
  backfillOwed,
  beginRun,
  beginWithLoad,
  finishRun,
  loadsNotWoken,
  readingStreams,
  unfinishedLoads,
  type Claim,
  type Lane,
} from "../store/lane.ts";
import { readStreams, updateConnection, type StreamRow } from "../store/connection.ts";
import { streamsPermitted, tickOff } from "../store/plan.ts";
import { placeInRollout } from "../store/rollout.ts";
import { ripeStreams } from "../store/pending.ts";
import { closeLostRuns, endRun, lastRuns } from "../store/run.ts";
import type { Jobs, LaneEnd, LaneJob } from "../jobs/jobs.ts";
import { workAsked } from "./asked.ts";
import type { Catalog } from "./catalog.ts";
import type { StreamContext } from "./context.ts";
import { packCounts, type Counts } from "./counts.ts";
import { writeProblemOf } from "./leave.ts";
import { pull, Replaced, retryParkedPulls, settleReferences } from "./pull.ts";
import { push, settleUnknown } from "./push.ts";
import type { RunApi } from "./run-api.ts";
import { owedBefore, readsNow } from "./schedule.ts";
import { sparedIn } from "./spared.ts";
import { dueOf, isByPlan, lookForCritical } from "./strategy.ts";
import { scheduleComparisons } from "./comparisons.ts";
import { endProved } from "./quarantine.ts";
import { lookAtSchema, smellIsDue } from "./schema.ts";
import { sweep } from "./sweep.ts";
import { MERGE_LOST_MS } from "./vendor-merge.ts";

export interface EngineParts {
  /** Of an engine that writes nothing anywhere: a plan's. */
  readonly pretends?: boolean;
  readonly database: Database;
  readonly jobs: Jobs;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  /** Names this process in lanes. */
  readonly owner: string;
  readonly open: (
    ctx: Pick<StreamContext, "connector" | "connection">,
    of: { lane: Lane | "interactive"; runId: string | null },
  ) => RunApi;
}

export interface Engine {
  /** The job handler: works until the lane owes nothing, or its run failed and a later try is enqueued. */
  runLane(job: LaneJob): Promise<LaneEnd>;
  /** Once a minute, somewhere: wakes what is due, and what waits without anybody working on it. */
  tick(): Promise<void>;
  /** When a process begins to work: wakes first loads that an earlier one left undone, also those that failed in it. */
  resume(): Promise<void>;
}

const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 10 * 60_000;
/** So many runs in a row may fail after they got further before the next one waits longer. */
const HALTING_FREE = 10;

/**
 * How long the next try waits. A run that got nowhere is tried again after twice as long each time; one that got further is soon
 * tried again, because the rest is still to be had. Pure.
 */
export function retryDelayMs({ stuck, halting }: { readonly stuck: number; readonly halting: number }): number {
  const times = Math.max(stuck - 1, halting - HALTING_FREE, 0);
  return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(times, 10));
}

/** Whether a run committed anything of what it is for. Pure. */
const gotFurther = ({ read, created, updated, deleted, linked, parked }: Counts): boolean =>
  [read, created, updated, deleted, linked, parked].some((count) => (count ?? 0) > 0);

export function createEngine(parts: EngineParts): Engine {
  const { database, jobs, catalog, clock, log } = parts;

  const runLane = async (job: LaneJob): Promise<LaneEnd> => {
    const ctx = await catalog.context(database, job.streamId).catch((thrown: unknown) => {
      if (isError(thrown, "not.found")) return undefined; // Its connection was removed.
      throw thrown;
    });
    if (!ctx) return "worked";
    const now = clock.now();
    const idle = !ctx.stream.enabled || ctx.connection.problem !== null;
    const mayWork = (): Promise<boolean> => (quarantined(ctx) ? unknownThere(ctx) : mayPush(ctx));
    const waits = idle || (job.lane === "push" ? !(await mayWork()) : job.lane === "backfill" && !(await mayLoad(ctx)));
    if (waits) {
      // A process killed after its last step left its run open, and nothing else to do.
      await closeLostRuns(database, { streamId: job.streamId, lane: job.lane, at: now });
      return "worked";
    }
    const runId = parts.newId();
    const { streamId, lane, trigger } = job;
    const claim = await beginRun(database, { id: runId, streamId, lane, trigger, owner: parts.owner, at: now });
    return runClaimed(job, ctx, claim, runId);
  };

  const runClaimed = async (job: LaneJob, before: StreamContext, claim: Claim, runId: string): Promise<LaneEnd> => {
    let ctx = before;
    const counts: Counts = {};
    const way = parts.open(ctx, { lane: job.lane, runId });
    let notShown = false;
    const run = { ctx, claim, runId, counts, signal: job.signal };
    const reading = () => ({ ...run, ctx, notShown: () => (notShown = true) });
    const guard = way.guard && { guard: way.guard };
    const step = {
      database,
      jobs,
      api: way.api,
      clock,
      newId: parts.newId,
      pretends: parts.pretends ?? false,
      way,
      ...guard,
    };
    const close = async () => {
      const requests = way.requests();
      if (requests > 0) counts.requests = requests;
      await way.close();
      return { at: clock.now(), counts: packCounts(counts) };
    };
    const finish = async (failed: "further" | "nowhere" | null, error: { code: string; message: string } | null) =>
      finishRun(database, claim, { runId, failed, error, ...(await close()) });
    const stop = async (error: { code: string; message: string }): Promise<void> =>
      endRun(database, runId, { state: "stopped", error, ...(await close()) });
    const firstLoad =
      job.lane === "backfill" && (await unfinishedLoads(database, ctx.connection.id)).includes(ctx.stream.id);
    try {
      if ((job.lane === "batch" || job.lane === "backfill") && (await lookAtSchema(step, ctx, "schedule")))
        ctx = await catalog.context(database, job.streamId);
      if (job.lane === "push") await (quarantined(ctx) ? settleUnknown(step, run) : push(step, run));
      else if (job.lane === "hints") {
        const spared = await sparedIn(step, run);
        await retryParkedPulls(step, run, spared);
        await workAsked(step, run, spared);
      } else if (job.lane === "sweep") await sweep(step, { ...run, requests: () => way.requests() });
      else if (job.lane === "backfill") await pull(step, { ...reading(), atEnd: (tx) => endLoad(tx, ctx, firstLoad) });
      else await pull(step, reading());
      if (job.lane !== "push") await settleRipe(step, { ...run, ctx });
      // A field that nobody shows, and one that is refused, may be gone.
      if (notShown || (job.lane === "push" && (counts.parked ?? 0) > 0)) await lookAtSchema(step, ctx, "smell");
      const { applying } = await finish(null, null);
      if (job.lane === "push") await wakeAfterPush(ctx);
      if (applying)
        await database.transaction(async (tx) => {
          await tickOff(tx, clock.now());
          // What a plan lets go waits until all it was read from was read once more: this may have been the last of it.
          if (job.lane === "batch")
            await jobs.wake(
              tx,
              (await streamsPermitted(tx)).map((streamId) => ({ streamId, lane: "push" as const })),
              "apply",
            );
        });
      if (quarantined(ctx)) await endProved(parts);
    } catch (thrown) {
      if (job.signal.aborted) {
        await stop({
          code: "stopped",
          message: "Winston stopped; the next start goes on from the last committed page.",
        });
        return "worked";
      }
      if (thrown instanceof Replaced) {
        await stop({
          code: "stopped",
          message: "Another mapping was put in force, and all is read anew under it; what was committed stays.",
        });
        return "worked";
      }
      if (isError(thrown, "write.withheld")) {
        await stop({ code: thrown.code, message: thrown.message });
        return "worked";
      }
      if (isError(thrown, "lane.lost")) {
        await stop({ code: thrown.code, message: thrown.message });
        return "lost";
      }
      const error = isError(thrown) ? thrown : undefined;
      log.warn(
        {
          stream: ctx.stream.key,
          lane: job.lane,
          run: runId,
          code: error?.code ?? "winston.bug",
          error: String(thrown),
          ...(error ? {} : { stack: (thrown as Error).stack }),
        },
        "a run failed",
      );
      const drifted = error?.code === "vendor.refused" && (await lookAfterRefusal(step, ctx));
      const failed = gotFurther(counts) ? "further" : "nowhere";
      const inARow = await finish(failed, {
        code: error?.code ?? "winston.bug",
        message: error
          ? thrownWords(error)
          : `Winston made a mistake in this run: ${String(thrown)}. What was committed stays; the run is tried again.`,
      });
      await afterFailure(job, ctx, inARow, error);
      if (drifted) await database.transaction((tx) => jobs.wake(tx, [job], "schema"));
      if (job.lane === "backfill") await database.transaction((tx) => wakeHeld(tx, ctx));
    }
    return "worked";
  };

  /** A call that is refused as a whole may name a field that is gone: then the next run goes without it. */
  const lookAfterRefusal = async (step: Parameters<typeof lookAtSchema>[0], ctx: StreamContext): Promise<boolean> =>
    lookAtSchema(step, ctx, "refused").catch((thrown: unknown) => {
      log.warn({ stream: ctx.stream.key, error: String(thrown) }, "the vendor's fields could not be read again");
      return false;
    });

  /** References that wait for records which this run may have brought. */
  const settleRipe = async (step: Parameters<typeof pull>[0], run: Parameters<typeof pull>[1]): Promise<void> => {
    for (const streamId of await ripeStreams(database, run.ctx.connection.id)) {
      await settleReferences(
        step,
        run,
        streamId === run.ctx.stream.id ? run.ctx : await catalog.context(database, streamId),
      );
    }
  };

  const afterFailure = async (
    job: LaneJob,
    ctx: StreamContext,
    inARow: { stuck: number; halting: number },
    error: WinstonError | undefined,
  ): Promise<void> => {
    if (error?.row.retry === "afterReconnect") {
      await updateConnection(database, ctx.connection.id, { problem: error.message, at: clock.now() });
      return;
    }
    await jobs.wakeLater(job, "retry", Math.max(error?.retryAfterMs ?? 0, retryDelayMs(inARow)));
  };

  /** What of these streams may go. Of a hybrid one whether any is critical is found out when it is looked at. */
  const dueAmong = (streams: readonly StreamRow[]): Due[] =>
    streams.map((one) => ({ id: one.id, owedBefore: one.strategy === "hybrid" ? null : owedBefore(one, clock.now()) }));

  /** After a restore nothing is written before all is read; what became of writes that were under way is looked up. */
  const unknownThere = async ({ stream }: StreamContext): Promise<boolean> =>
    (await unsettledAttempts(database, stream.id, 1, clock.now() - MERGE_LOST_MS)).length > 0;

  /** Writes go only where a person let them; and parents first: a child waits while records it may point to are still to be made. What is to be deleted waits for the children. */
  const mayPush = async (ctx: StreamContext): Promise<boolean> => {
    const { connection, stream, declaration } = ctx;
    if (connection.mode === "observe" || connection.paused || stream.direction === "in") return false;
    const byPlan = isByPlan(ctx);
    if (byPlan && !(await streamsPermitted(database)).includes(stream.id)) return false;
    if (writeProblemOf(connection) !== null) return false;
    if (connection.rolloutPercent !== null) await placeInRollout(database, connection.id, "ready");
    // Nothing is made at a vendor before its own records of that kind were read once: what is there already must be known first.
    const loading = new Set(await unfinishedLoads(database, connection.id));
    if ([...ctx.siblings.values()].some((one) => one.kind === stream.kind && loading.has(one.id))) return false;
    await lookForCritical(database, ctx, clock.now());
    const of = { id: stream.id, connectionId: connection.id, onlyPlanned: byPlan, owedBefore: dueOf(ctx, clock.now()) };
    const [intents, unsettled] = await Promise.all([
      nextIntents(database, of, clock.now(), null, 1),
      unsettledAttempts(database, stream.id, 1, clock.now() - MERGE_LOST_MS),
    ]);
    if (intents.length === 0 && unsettled.length === 0) {
      const at = await nextDelayed(database, stream.id, clock.now());
      if (at !== null) await jobs.wakeLater({ streamId: stream.id, lane: "push" }, "delayed", at - clock.now());
      // What failed and is owed no more is well again only by a run that shows it.
      return (await lastRuns(database, stream.id)).some((run) => run.lane === "push" && run.state === "failed");
    }
    const parents = (declaration.after ?? [])
      .flatMap((key) => ctx.siblings.get(key) ?? [])
      .filter((one) => one.id !== stream.id && one.enabled && one.direction !== "in");
    const owing = await streamsWithIntents(
      database,
      parents.map((one) => ({ id: one.id, owedBefore: owedBefore(one, clock.now()) })),
      clock.now(),
      // A tie ends with what it joins, and comes back with it: it is not taken away first.
      { deletions: endsOf(stream.kind) !== undefined },
    );
    // What no plan lets go is not waited for.
    const open = byPlan && owing.length > 0 ? await streamsPermitted(database) : owing;
    const busy = owing.filter((id) => open.includes(id));
    if (busy.length === 0) return true;
    await database.transaction((tx) =>
      jobs.wake(
        tx,
        busy.map((streamId) => ({ streamId, lane: "push" as const })),
        "parents first",
      ),
    );
    return false;
  };

  /** What follows from the end of a load, in the transaction that ends it: nobody who finds it ended would do it any more. */
  const endLoad = async (tx: Tx, ctx: StreamContext, firstLoad: boolean): Promise<void> => {
    // What Winston had before this vendor was connected, and the vendor did not have, is owed to it.
    if (firstLoad && ctx.declaration.create && ctx.stream.direction !== "in")
      await oweUnlinked(tx, ctx.stream, clock.now());
    const { overlapMs, precisionMs } = ctx.declaration;
    if (firstLoad) await beginWithLoad(tx, ctx.stream.id, overlapMs + precisionMs);
    await wakeHeld(tx, ctx);
  };

  /** What waited for this stream's first load: pushes of its kind, and the first loads of streams whose records point to its own. */
  const wakeHeld = async (tx: Tx, ctx: StreamContext): Promise<void> => {
    const siblings = [...ctx.siblings.values()];
    const held = siblings.filter((one) => one.kind === ctx.stream.kind && one.direction !== "in");
    const pushes = await streamsWithIntents(tx, dueAmong(held), clock.now());
    const loading = new Set(await unfinishedLoads(tx, ctx.connection.id));
    const loads = siblings.filter((one) => loading.has(one.id) && parentsOf(ctx, one.key).includes(ctx.stream.key));
    await jobs.wake(
      tx,
      [
        ...pushes.map((streamId) => ({ streamId, lane: "push" as const })),
        ...loads.map((one) => ({ streamId: one.id, lane: "backfill" as const })),
      ],
      "parents loaded",
    );
  };

  /** A first load waits for those of the streams its records point to, so that what they name is known: but not for one that failed. */
  const mayLoad = async (ctx: StreamContext): Promise<boolean> => {
    if (!(await backfillOwed(database, ctx.stream.id))) return false;
    const loading = new Set(await unfinishedLoads(database, ctx.connection.id));
    if (!loading.has(ctx.stream.id)) return true;
    for (const key of parentsOf(ctx, ctx.stream.key)) {
      const parent = ctx.siblings.get(key);
      if (!parent || parent.id === ctx.stream.id || !loading.has(parent.id)) continue;
      const last = (await lastRuns(database, parent.id)).find((run) => run.lane === "backfill");
      if (last?.state !== "failed") return false;
    }
    return true;
  };

  /** Children that waited for this stream's records, and this stream's own rows that may go a little later. */
  const wakeAfterPush = async (ctx: StreamContext): Promise<void> => {
    const children = [...ctx.siblings.values()].filter(
      (one) => one.id !== ctx.stream.id && (ctx.connector.streams[one.key]?.after ?? []).includes(ctx.stream.key),
    );
    const waiting = await streamsWithIntents(database, dueAmong(children), clock.now());
    if (waiting.length > 0)
      await database.transaction((tx) =>
        jobs.wake(
          tx,
          waiting.map((streamId) => ({ streamId, lane: "push" as const })),
          "parents done",
        ),
      );
    const at = await nextDelayed(database, ctx.stream.id, clock.now());
    if (at !== null) await jobs.wakeLater({ streamId: ctx.stream.id, lane: "push" }, "delayed", at - clock.now());
  };

  const tick = async (): Promise<void> => {
    const now = clock.now();
    const due = (await readingStreams(database))
      .filter(
        (one) =>
          readsNow(one, one.ranAt, now) ||
          smellIsDue({ at: latest(one.lookedAt, one.ranAt), suspected: one.suspected }, now),
      )
      .map(({ id }) => ({ streamId: id, lane: "batch" as const }));
    const streams = await readStreams(database, {});
    const waiting = (await streamsWithIntents(database, dueAmong(streams), now)).map((streamId) => ({
      streamId,
      lane: "push" as const,
    }));
    await database.transaction(async (tx) => {
      const released = (await releaseHeld(tx)).map((streamId) => ({ streamId, lane: "push" as const }));
      const lost = (await streamsWithLostMerges(tx, now - MERGE_LOST_MS)).map((streamId) => ({
        streamId,
        lane: "push" as const,
      }));
      const loads = await forgotten(tx, false);
      await tickOff(tx, now);
      const sweeps = await scheduleComparisons(tx, parts, now);
      await jobs.wake(tx, [...due, ...waiting, ...released, ...lost, ...loads, ...sweeps], "schedule");
    });
    await endProved(parts);
  };

  const forgotten = async (tx: Tx, failed: boolean) =>
    (await loadsNotWoken(tx, { connectionId: null, failed })).map((streamId) => ({
      streamId,
      lane: "backfill" as const,
    }));

  const resume = async (): Promise<void> =>
    database.transaction(async (tx) => jobs.wake(tx, await forgotten(tx, true), "restart"));

  return { runLane, tick, resume };
}

/** The sentence, and the vendor's own words where it said some. */
function thrownWords(error: WinstonError): string {
  return error.vendor && !error.message.includes(error.vendor.message)
    ? `${error.message} The vendor said: ${error.vendor.code}: ${error.vendor.message}`
    : error.message;
}

const quarantined = ({ connection }: StreamContext): boolean => connection.quarantinedAt !== null;

const parentsOf = (ctx: StreamContext, key: string): readonly string[] => ctx.connector.streams[key]?.after ?? [];

/** A look that the vendor did not answer was a run all the same: the next one has its time. */
const latest = (...times: readonly (number | null)[]): number | null => {
  const known = times.filter((one) => one !== null);
  return known.length === 0 ? null : Math.max(...known);
};
