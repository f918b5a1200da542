/** At most so many at one time; the rest wait in line. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async enter(signal: AbortSignal | undefined): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(go), 1);
          reject(signal!.reason as Error);
        };
        const go = (): void => {
          signal?.removeEventListener("abort", stop);
          resolve();
        };
        this.#waiting.push(go);
        signal?.addEventListener("abort", stop, { once: true });
      });
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }
}
