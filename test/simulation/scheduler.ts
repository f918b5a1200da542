// One at a time: every statement and every request waits here until chance lets it go, so that a seed decides what overtakes what.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "../../src/base/random.ts";

/** On whose behalf code runs: a lane, a person. What waits at one time is ordered by it, so that the order of arrival does not matter. */
export const task = new AsyncLocalStorage<string>();

/** Something a worker wants to do outside of itself. */
interface Waiting {
  /** Worker, task and words: what waits is put in this order before chance draws. */
  readonly key: string;
  readonly worker: string;
  readonly what: string;
  readonly go: () => Running;
}

/** Something under way. Whoever asked for it is told only when the world says so, one at a time. */
interface Running {
  readonly worker: string;
  readonly what: string;
  readonly done: Promise<void>;
  readonly lock: Lock | undefined;
  /** Whether it ended with an error, as one whose connection was cut. */
  readonly failed: boolean;
  readonly tell: () => void;
}

/**
 * How the world asks whether a statement that does not come back waits for a lock: "deadlock" where whoever holds it waits for this one,
 * which is then ended as PostgreSQL would end it. Statements that never wait for a lock have none.
 */
export type Probe = () => Promise<"waits" | "deadlock" | undefined>;

/** What the world can do about a statement that may wait for a lock. */
export interface Lock {
  readonly probe: Probe;
  /**
   * Stops whoever works on it where it waits, and lets it go on: of several whose lock is let go at once, which comes to the next lock first
   * must not hang on which was faster.
   */
  readonly stand: (still: boolean) => void;
}

/** What ends a transaction, and with it its locks: nobody who waits for one comes on before. */
const LETS_GO = /^(?:commit|rollback)/u;

/** In real milliseconds: how long a statement is given before it is asked whether it waits for a lock, and then each time twice as long. */
const PROBE_AFTER_MS = 8;
const PROBE_MAX_MS = 64;
/** Turns of the event loop without anything new after which everybody is taken to wait. */
const STILL_TURNS = 6;

/**
 * Lets one operation go at a time and waits for its end, or until it waits for a lock. Between two of them all code runs until it waits
 * again, so the order of everything follows from the chance that is drawn here.
 */
export class Scheduler {
  readonly #random: Random;
  #waiting: Waiting[] = [];
  /** Statements that wait for a lock another transaction holds. */
  #blocked: Running[] = [];
  #dead = new Set<string>();
  #paused = new Set<string>();
  #arrivals = 0;
  /** Locks may have been let go by something that was no step. */
  #loose = false;
  readonly #held = new Set<Promise<unknown>>();
  /** Everybody waits, and nothing was done since that was found. */
  #quiet = false;
  /** Operations let go so far. */
  steps = 0;
  /** Called before each with its name; a history. */
  onStep: ((worker: string, what: string) => void) | undefined;
  /** Called around each: true where its worker was killed at that moment. */
  onMoment: ((moment: "before" | "after", worker: string, what: string) => Promise<boolean>) | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Waits for its turn, then runs. A dead worker's operations never run and never end. */
  op<T>(worker: string, what: string, run: () => Promise<T>, lock?: Lock): Promise<T> {
    this.#arrive();
    return new Promise<T>((resolve, reject) => {
      if (this.#dead.has(worker)) return;
      const go = (): Running => {
        let tell: (() => void) | undefined;
        let failed = false;
        const done = run().then(
          (value) => void (tell = () => resolve(value)),
          (error: unknown) => {
            failed = true;
            tell = () => reject(error as Error);
          },
        );
        return {
          worker,
          what,
          done,
          lock,
          get failed() {
            return failed;
          },
          tell: () => {
            if (this.#dead.has(worker)) return;
            this.stir();
            tell!();
          },
        };
      };
      this.#waiting.push({ key: `${worker} ${task.getStore() ?? ""} ${what}`, worker, what, go });
    });
  }

  /** Something was done that may let others go on. */
  stir(): void {
    this.#quiet = false;
  }

  #arrive(): void {
    this.#arrivals += 1;
    this.stir();
  }

  /** Whether anybody could go on. */
  async ready(): Promise<boolean> {
    await this.still();
    return this.#candidates().length > 0;
  }

  /** Lets one go, chosen by chance. Returns false where nobody can. */
  async step(): Promise<boolean> {
    await this.still();
    const candidates = this.#candidates();
    if (candidates.length === 0) return this.#unblocked();
    const next = candidates[Math.floor(this.#random.float() * candidates.length)]!;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.steps += 1;
    this.stir();
    this.onStep?.(next.worker, next.what);
    if (await this.onMoment?.("before", next.worker, next.what)) return true;
    const running = next.go();
    if (!(await ended(running))) {
      running.lock?.stand(true);
      this.#blocked.push(running);
      return true;
    }
    if (!(await this.onMoment?.("after", next.worker, next.what))) running.tell();
    if (this.#blocked.length > 0 && (this.#loose || running.failed || LETS_GO.test(next.what))) {
      await this.still();
      await this.#unblocked();
    }
    return true;
  }

  /** Nothing of it comes to anything any more. */
  kill(worker: string): void {
    this.#dead.add(worker);
    this.#waiting = this.#waiting.filter((one) => one.worker !== worker);
    this.#blocked = this.#blocked.filter((one) => one.worker !== worker);
    this.#loose = true;
    this.stir();
  }

  /** Transactions were ended from outside, and their locks with them. */
  loosen(): void {
    this.#loose = true;
  }

  pause(worker: string): void {
    this.#paused.add(worker);
  }

  resume(worker: string): void {
    this.#paused.delete(worker);
  }

  isPaused(worker: string): boolean {
    return this.#paused.has(worker);
  }

  /** Something that takes real time and nobody chooses, such as opening a connection: the world waits for it. */
  hold(work: Promise<unknown>): void {
    this.#held.add(work);
    this.#arrive();
    const over = (): void => {
      this.#held.delete(work);
      this.#arrive();
    };
    work.then(over, over);
  }

  /** Lets all code run until everybody waits for an operation, a lock or the clock. */
  async still(): Promise<void> {
    if (this.#quiet) return;
    for (let turns = 0; turns < STILL_TURNS; turns++) {
      const before = this.#arrivals;
      await new Promise(setImmediate);
      if (this.#held.size > 0) await Promise.allSettled(this.#held);
      if (this.#arrivals !== before) turns = -1;
    }
    this.#quiet = true;
  }

  #candidates(): Waiting[] {
    return this.#waiting
      .filter((one) => !this.#paused.has(one.worker))
      .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  /** After something ended, others may have got their lock: whoever has it is waited for. Returns whether anybody came on. */
  async #unblocked(): Promise<boolean> {
    let came = false;
    this.#loose = false;
    for (let again = true; again;) {
      again = false;
      for (const one of this.#blocked) {
        one.lock?.stand(false);
        if (!(await ended(one))) {
          one.lock?.stand(true);
          continue;
        }
        this.#blocked = this.#blocked.filter((each) => each !== one);
        one.tell();
        await this.still();
        came = again = true;
      }
    }
    return came;
  }
}

/** Whether it ended; false as soon as it is known to wait for a lock. */
async function ended({ done, lock }: Running): Promise<boolean> {
  if (!lock) return done.then(() => true);
  let over = false;
  void done.then(() => (over = true));
  for (let waitMs = PROBE_AFTER_MS; ; waitMs = Math.min(PROBE_MAX_MS, waitMs * 2)) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)));
    await Promise.race([done, late]);
    clearTimeout(timer);
    if (over) return true;
    const state = await lock.probe();
    if (state === "waits") return over;
    if (state === "deadlock") return done.then(() => true);
  }
}
