// Jobs: who works when. Queues, heartbeats and LISTEN/NOTIFY are pg-boss's; this is the narrow port the engine sees.
import { PgBoss, type ConstructorOptions } from "pg-boss";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Database, Tx } from "../store/database.ts";
import { answerWake, noteWakes, owedLanes, readWake, type Lane } from "../store/lane.ts";

export interface Wake {
  readonly streamId: number;
  readonly lane: Lane;
}

/** What a lane's work is given. `trigger` says in a word why it runs. */
export interface LaneJob extends Wake {
  readonly trigger: string;
  readonly signal: AbortSignal;
}

/** `lost`: another worker has the lane now, and the wakes it works on are not this one's to answer. */
export type LaneEnd = "worked" | "lost";

export interface Jobs {
  /** Owes work to lanes, in the transaction that causes it: it is enqueued when that commits, or not at all. */
  wake(tx: Tx, wakes: readonly Wake[], trigger: string): Promise<void>;
  /** Owes work to a lane at a later time. Not before `delayMs` from now. */
  wakeLater(wake: Wake, trigger: string, delayMs: number): Promise<void>;
  /** Begins to work: `lane` runs a lane until it owes nothing, or says that another worker took it over; `tick` runs about once a minute in one of all processes. */
  work(handlers: { lane: (job: LaneJob) => Promise<LaneEnd>; tick: () => Promise<void> }): Promise<void>;
  /** Lets the steps in hand end or be abandoned, then stops. What is owed stays owed. */
  stop(): Promise<void>;
}

const LANE_QUEUE = "winston.lane";
const TICK_QUEUE = "winston.tick";

/** Hints first, then what people wait for; loads of history last. */
const PRIORITY: Readonly<Record<Lane, number>> = { hints: 50, batch: 30, push: 20, backfill: 10, sweep: 0 };

/** A lane that is owed work all the time lets others have theirs after so long, else those of a killed process would wait behind it for ever. */
const TURN_MS = 1_000;

interface JobData {
  readonly streamId: number;
  readonly lane: Lane;
  readonly trigger: string;
  /** A delayed job brings its own wake when its time comes. */
  readonly later?: true;
}

export interface JobsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** A process that only enqueues (a CLI command) starts no workers and no supervision. */
  readonly worker: boolean;
  /** Lanes of this process at work at one time. */
  readonly concurrent: number;
}

/**
 * pg-boss with the settings that were measured: heartbeats of 10 s, monitor and supervise every second, so that work of a killed
 * process runs elsewhere after 7–10 s. One job at work per stream and lane (policy `singleton` with a key); repeats coalesce in the
 * counter of src/store/lane.ts, so that no wake is lost and no job is sent where one is still to come.
 */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  const { database, log } = options;
  const boss = new PgBoss({
    ...(database.connection as ConstructorOptions),
    max: 4,
    schema: "pgboss",
    useListenNotify: true,
    supervise: options.worker,
    schedule: options.worker,
    monitorIntervalSeconds: 1,
    superviseIntervalSeconds: 1,
  });
  boss.on("error", (error) => log.warn({ error: error.message }, "the job queue reported an error"));
  await boss.start();
  await boss.createQueue(LANE_QUEUE, {
    policy: "singleton",
    notify: true,
    heartbeatSeconds: 10,
    retryLimit: 1_000,
    retryDelay: 1,
    expireInSeconds: 23 * 3_600,
    deleteAfterSeconds: 3_600,
  });
  await boss.createQueue(TICK_QUEUE, {
    policy: "exclusive",
    notify: true,
    retryLimit: 0,
    expireInSeconds: 300,
    deleteAfterSeconds: 600,
  });

  const stopping = new AbortController();
  const jobOf = (data: JobData) => ({
    data,
    singletonKey: `${data.streamId}:${data.lane}`,
    priority: PRIORITY[data.lane],
  });

  const wake: Jobs["wake"] = async (tx, wakes, trigger) => {
    const first = await noteWakes(tx, wakes);
    if (first.length === 0) return;
    const db = { executeSql: (text: string, values?: unknown[]) => tx.raw.query(text, values) };
    await boss.insert(
      LANE_QUEUE,
      first.map((one) => jobOf({ streamId: one.streamId, lane: one.lane, trigger })),
      { db },
    );
  };

  /**
   * Runs a lane until nothing more is owed, or until its turn is over and others may wait: then it stands in line again, behind them. A wake
   * that comes while it runs is answered before the job ends, or by the next one.
   */
  const runLane = async (data: JobData, lane: (job: LaneJob) => Promise<LaneEnd>): Promise<void> => {
    if (data.later) await noteWakes(database, [data]);
    const turnOverAt = options.clock.now() + TURN_MS;
    for (;;) {
      if (stopping.signal.aborted) return;
      const { wanted, done } = await readWake(database, data.streamId, data.lane);
      if (wanted <= done) return;
      const job = { streamId: data.streamId, lane: data.lane, trigger: data.trigger, signal: stopping.signal };
      // Answered by a worker that lost the lane, wakes would be forgotten if the one that has it were killed.
      if ((await lane(job)) === "lost" || stopping.signal.aborted) return;
      if (!(await answerWake(database, data.streamId, data.lane, wanted))) return;
      if (options.clock.now() >= turnOverAt) {
        await boss.insert(LANE_QUEUE, [jobOf({ streamId: data.streamId, lane: data.lane, trigger: data.trigger })]);
        return;
      }
    }
  };

  return {
    wake,
    wakeLater: async (one, trigger, delayMs) => {
      const data: JobData = { ...one, trigger, later: true };
      await boss.send(LANE_QUEUE, data, {
        singletonKey: `${one.streamId}:${one.lane}`,
        priority: PRIORITY[one.lane],
        startAfter: Math.ceil(delayMs / 1000),
      });
    },
    work: async ({ lane, tick }) => {
      // Whatever a killed or stopped process left owed: a job that is not needed finds nothing to do.
      const owed = await owedLanes(database, null);
      if (owed.length > 0)
        await boss.insert(
          LANE_QUEUE,
          owed.map((one) => jobOf({ ...one, trigger: "restart" })),
        );
      const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 1 };
      const settings = { ...polling, batchSize: 1, heartbeatRefreshSeconds: 3 };
      for (let worker = 0; worker < options.concurrent; worker++) {
        const self: { id?: string } = {};
        self.id = await boss.work<JobData>(LANE_QUEUE, settings, async (jobs) => {
          for (const job of jobs) await runLane(job.data, lane);
          // Where one job ended the next may wait: look at once, and not when the poll comes round.
          if (self.id !== undefined) boss.notifyWorker(self.id);
        });
      }
      await boss.work(TICK_QUEUE, polling, async () => {
        const lost = await owedLanes(database, null);
        if (lost.length > 0)
          await boss.insert(
            LANE_QUEUE,
            lost.map((one) => jobOf({ ...one, trigger: "tick" })),
          );
        await tick();
      });
      await boss.schedule(TICK_QUEUE, "* * * * *");
    },
    stop: async () => {
      stopping.abort(new Error("Winston is stopping"));
      await boss.stop({ graceful: true, timeout: 20_000 });
    },
  };
}
