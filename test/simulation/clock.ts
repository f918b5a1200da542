// Virtual time, with whose timers are whose: a killed worker's never fire, and each worker's clock may be wrong.
import type { Clock } from "../../src/base/clock.ts";

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly worker: string;
  readonly wake: () => void;
}

export class WorldClock implements Clock {
  #now: number;
  #order = 0;
  #sleepers: Sleeper[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.sleepAs("world", ms, signal);
  }

  sleepAs(worker: string, ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        reject(signal!.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const sleeper = { at: this.#now + Math.max(0, ms), order: this.#order++, worker, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Wrong by `skewMs()`, and able to tell whose its timers are. */
  of(worker: string, skewMs: () => number): Clock {
    return {
      now: () => this.#now + skewMs(),
      sleep: (ms, signal) => this.sleepAs(worker, ms, signal),
    };
  }

  /** When the next timer is due; undefined where there is none. */
  next(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#sleepers) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Moves time forward; timers that come due fire, in the order of their time. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers
      .filter((one) => one.at <= this.#now)
      .toSorted((a, b) => a.at - b.at || a.order - b.order);
    this.#sleepers = this.#sleepers.filter((one) => one.at > this.#now);
    for (const one of due) one.wake();
  }

  kill(worker: string): void {
    this.#sleepers = this.#sleepers.filter((one) => one.worker !== worker);
  }
}
