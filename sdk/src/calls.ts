// The bulk calls of one client that are under way at one time: what one of them refers to, another may be about to make.

/** How the others stand: none of them sends, some go on, or some stand still. */
export type Others = "quiet" | "moving" | "still";

/** The bulk calls of one client. */
export class Calls {
  readonly #under = new Set<Call>();
  readonly #listeners = new Set<() => void>();
  /** Records stored by all of them so far. */
  stored = 0;

  /** `resource`: of which records. */
  begin(resource: string): Call {
    const call = new Call(this, resource);
    this.#under.add(call);
    return call;
  }

  end(call: Call): void {
    this.#under.delete(call);
    this.changed();
  }

  has(call: Call): boolean {
    return this.#under.has(call);
  }

  /** Those under way besides this one. */
  others(call: Call): readonly Call[] {
    return [...this.#under].filter((one) => one !== call);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Waits until `done` says so after a change, the time is over or the signal aborted. */
  until(done: () => boolean, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        signal.removeEventListener("abort", look);
        resolve();
      };
      const look = (): void => {
        if (done() || signal.aborted) finish();
      };
      const timer = setTimeout(finish, waitMs);
      this.#listeners.add(look);
      signal.addEventListener("abort", look);
      look();
    });
  }
}

/** "sends" while it reads its source, "sends the last" after that. */
type State = "sends" | "sends the last" | "waits" | "sends again" | "is through";

/** One bulk call: it sends what its source holds, waits for others with what is left and sends that again, and is through. */
export class Call {
  readonly #calls: Calls;
  readonly #resource: string;
  #others: readonly Call[] | undefined;
  #state: State = "sends";
  /** Records read and chunks answered. */
  moves = 0;
  /** Records stored. */
  stored = 0;

  constructor(calls: Calls, resource: string) {
    this.#calls = calls;
    this.#resource = resource;
  }

  /** Notes that the source is read to its end. */
  allRead(): void {
    this.#enter("sends the last");
  }

  /** Notes that so many records were stored. */
  store(count: number): void {
    this.stored += count;
    this.#calls.stored += count;
  }

  /** Records that all calls of the client have stored so far. */
  get storedByAll(): number {
    return this.#calls.stored;
  }

  /** Records stored by those that were under way when this one began to wait. */
  get storedByOthers(): number {
    return (this.#others ?? []).reduce((sum, one) => sum + one.stored, 0);
  }

  /**
   * Waits while one of the others sends: of those that are under way when it is first asked. Who waits is not waited for, so nobody waits
   * in a circle. At most `waitMs`; an aborted signal ends it too.
   */
  async quiet(waitMs: number, signal: AbortSignal): Promise<Others> {
    const others = (this.#others ??= this.#calls.others(this));
    const moves = (): number => others.reduce((sum, one) => sum + one.moves, 0);
    const before = moves();
    this.#enter("waits");
    await this.#calls.until(() => !this.#isKept, waitMs, signal);
    const kept = this.#isKept;
    this.#enter("sends again");
    return !kept ? "quiet" : moves() > before ? "moving" : "still";
  }

  /**
   * Lets those have their turn that waited for this one, or are about to be told whether they must: of other resources, with all they have under
   * way. A REPL whose input is over leaves with the first line that is done, and would take them along.
   */
  async through(waitMs: number, signal: AbortSignal): Promise<void> {
    this.#enter("is through");
    const others = this.#calls.others(this);
    const remain = (one: Call): boolean =>
      one.#hasItsTurn || (one.#state === "sends the last" && one.#resource !== this.#resource);
    await this.#calls.until(() => !others.some((one) => this.#calls.has(one) && remain(one)), waitMs, signal);
  }

  end(): void {
    this.#calls.end(this);
  }

  get #isBusy(): boolean {
    return this.#calls.has(this) && this.#state.startsWith("sends");
  }

  /** Whether another keeps it waiting. */
  get #isKept(): boolean {
    return (this.#others ?? []).some((one) => one.#isBusy);
  }

  get #hasItsTurn(): boolean {
    return this.#state === "sends again" || (this.#state === "waits" && !this.#isKept);
  }

  #enter(state: State): void {
    this.#state = state;
    this.#calls.changed();
  }
}
