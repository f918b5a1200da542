// How long it takes after a kill until work goes on. Looked at from outside: the answers of the API, and the runs that the database holds.
import pg from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import type { Processes } from "./processes.ts";

const LOOK_EVERY_MS = 100;

/** A lane at work, and the process that holds it. */
export interface AtWork {
  readonly lane: string;
  readonly epoch: number;
  readonly pid: number;
  /** Attempts that this lane has stored and that have no outcome. */
  readonly attempts: number;
}

interface Wait {
  readonly since: number;
  /** The same moment on the clock of the day. */
  readonly sinceDate: number;
  readonly epoch: number;
}

/** What a lane's runs came to: the newest claim that committed a step or ended its run, and when a run last ended well. */
interface Passed {
  readonly lane: string;
  readonly epoch: string | null;
  readonly doneAt: Date | null;
  /** Nothing is owed to it any more. */
  readonly answered: boolean;
}

/**
 * Two kinds of work are waited for. The API: from a kill of the server or the database until an edit that was sent after it is
 * acknowledged. A lane that was at work in what was killed: from the kill until a step of a later claim of the same lane is committed, its
 * run ended, or all that it owed is answered. A lane that is struck once more before that is waited for from the later kill; `silences` has the whole time.
 */
export class Recovery {
  readonly #processes: Processes;
  readonly #lanes = new Map<string, Wait>();
  /** When each lane that is waited for was struck first. */
  readonly #silentSince = new Map<string, number>();
  #apiSince: number | undefined;
  readonly #stopping = new AbortController();
  #looking: Promise<void> | undefined;
  #client: pg.Client | undefined;
  readonly measuredMs: { readonly what: string; readonly ms: number }[] = [];
  /** Over several kills, in milliseconds. */
  readonly silencesMs: number[] = [];
  restruck = 0;

  constructor(processes: Processes) {
    this.#processes = processes;
  }

  begin(): void {
    this.#looking = this.#look();
  }

  async end(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
    await this.#client?.end().catch(() => {});
  }

  /** What is still waited for: lanes, and the API. */
  get open(): readonly string[] {
    return [...this.#lanes.keys(), ...(this.#apiSince === undefined ? [] : ["the API"])];
  }

  /** A kill, with the lanes that were at work in what was killed. */
  struck(what: { readonly api: boolean; readonly lanes: readonly AtWork[] }, at = performance.now()): void {
    if (what.api) {
      if (this.#apiSince !== undefined) this.restruck += 1;
      this.#apiSince = at;
    }
    for (const { lane, epoch } of what.lanes) {
      if (this.#lanes.has(lane)) this.restruck += 1;
      else this.#silentSince.set(lane, at);
      this.#lanes.set(lane, { since: at, sinceDate: Date.now() - (performance.now() - at), epoch });
    }
  }

  acknowledged({ startedAt, at }: { readonly startedAt: number; readonly at: number }): void {
    if (this.#apiSince === undefined || startedAt < this.#apiSince) return;
    this.measuredMs.push({ what: "the API", ms: at - this.#apiSince });
    this.#apiSince = undefined;
  }

  /** Lanes at work at this moment, by the process that holds each; undefined while the database cannot be asked. */
  async atWork(): Promise<AtWork[] | undefined> {
    const rows = await this.#ask<{ lane: string; epoch: string; owner: string; attempts: string }>(
      `select lane.stream_id || ':' || lane.lane as lane, lane.epoch, lane.owner,
              (select count(*) from attempt where attempt.stream_id = lane.stream_id and lane.lane = 'push' and attempt.state = 'open') as attempts
       from lane join run on run.stream_id = lane.stream_id and run.lane = lane.lane and run.epoch = lane.epoch
       where run.state = 'running'`,
    );
    return rows?.map((row) => ({
      lane: row.lane,
      epoch: Number(row.epoch),
      pid: Number.parseInt(row.owner, 10),
      attempts: Number(row.attempts),
    }));
  }

  /** Whether any lane came to the end of its work since a time of the day. */
  async flowsSince(date: number): Promise<boolean> {
    const rows = await this.#ask<{ flows: boolean }>(
      "select exists (select from run where state = 'done' and ended_at > $1) as flows",
      [new Date(date)],
    );
    return rows?.[0]?.flows ?? false;
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.#lanes.size > 0) {
        const rows = await this.#ask<Passed>(
          `select run.stream_id || ':' || run.lane as lane, max(run.epoch) filter (where run.state = 'done' or run.counts <> '{}') as epoch,
                  max(run.ended_at) filter (where run.state = 'done') as "doneAt", coalesce(bool_and(wake.wanted <= wake.done), true) as answered
           from run left join wake on wake.stream_id = run.stream_id and wake.lane = run.lane
           where run.started_at > $1 group by 1`,
          [new Date(Date.now() - 600_000)],
        );
        for (const row of rows ?? []) this.#passed(row);
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  #passed({ lane, epoch, doneAt, answered }: Passed): void {
    const wait = this.#lanes.get(lane);
    if (!wait) return;
    const ended = doneAt !== null && Number(epoch) === wait.epoch;
    if (!(Number(epoch) > wait.epoch || ended || answered)) return;
    // The same claim counts where its process lived on and brought its run to an end; one that ended before the kill was not struck.
    if (!ended || doneAt.getTime() >= wait.sinceDate) {
      const now = performance.now();
      this.measuredMs.push({ what: `lane ${lane}`, ms: now - wait.since });
      this.silencesMs.push(now - this.#silentSince.get(lane)!);
    }
    this.#lanes.delete(lane);
    this.#silentSince.delete(lane);
  }

  /** undefined while the database is away. */
  async #ask<Row extends object>(text: string, values: unknown[] = []): Promise<Row[] | undefined> {
    try {
      this.#client ??= await this.#connect();
      return (await this.#client.query<Row>(text, values)).rows;
    } catch {
      this.#client?.end().catch(() => {});
      this.#client = undefined;
      return undefined;
    }
  }

  async #connect(): Promise<pg.Client> {
    const { databaseUrl } = this.#processes;
    if (databaseUrl === undefined) throw new Error("There is no database at this moment.");
    const client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
    });
    client.on("error", () => {});
    await client.connect();
    return client;
  }
}

/** The value below which that share of all lies; 0 of nothing. Pure. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
