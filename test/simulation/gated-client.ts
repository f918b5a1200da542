// A PostgreSQL connection whose statements wait for their turn. What is sent and what comes back is the real database's.
import pg from "pg";
import type { Submittable } from "pg";
import type { Lock, Probe, Scheduler } from "./scheduler.ts";

export interface Gate {
  readonly scheduler: Scheduler;
  readonly worker: string;
  /** Gates that are open let everything through at once: while a world is furnished. */
  readonly open: () => boolean;
  /** Asks over another connection whether this backend waits for a lock; ends its statement where that is a deadlock. */
  readonly waits: (processId: number) => ReturnType<Probe>;
  /** Waits until this backend, whose connection was cut, has ended, and let go of its locks. */
  readonly gone: (processId: number) => Promise<void>;
  /** Called when a statement is let go: may throw, which cuts the connection before it is sent, or have PostgreSQL end its transaction. */
  readonly before?: (text: string) => "serialization" | undefined;
  /** Told of connections to a stage of their own, which nobody else sees: they end with the process and are kept for nobody. */
  readonly staged?: (client: pg.Client) => void;
  /** Told of a statement that ended with an error. */
  readonly failed?: (text: string, thrown: unknown) => void;
  /** Called when a statement has ended: may throw, which cuts the connection after it. */
  readonly after?: (text: string, client: object) => void;
}

/** What pg knows of a connection and its types do not say. */
interface Inside {
  readonly connection: { readonly stream: { destroy(): void } };
  readonly processID: number;
  readonly readyForQuery: boolean;
  readonly _queryable: boolean;
  readonly _ending: boolean;
  _poolUseCount: number;
}

/**
 * Connections that processes which ended left behind, for those that come after them, in this world and in later ones: PostgreSQL would
 * spend more on opening one and preparing all statements anew than on what a world does with it.
 */
export class Stock {
  readonly #clients: pg.Client[] = [];

  /** Takes back the connections of a process that has ended, as if each were closed: what it left open is undone. Returns the backends that work on something still. */
  async keep(clients: readonly pg.Client[]): Promise<number[]> {
    const busy: number[] = [];
    for (const client of clients) {
      const inside = client as unknown as Inside;
      client.removeAllListeners();
      client.on("error", () => {});
      if (!inside._queryable || inside._ending) continue;
      if (!inside.readyForQuery) {
        busy.push(inside.processID);
        continue;
      }
      inside._poolUseCount = 0;
      await ungated(client, "rollback");
      this.#clients.push(client);
    }
    return busy;
  }

  take(): pg.Client | undefined {
    return this.#clients.pop();
  }

  /** Plans are made for tables as they were: a new world makes its own, so that it does not matter which one came before. */
  async forgetPlans(): Promise<void> {
    for (const client of this.#clients) await ungated(client, "discard plans");
  }

  async end(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.end();
  }
}

/** Sends a statement past the gate. */
const ungated = (client: pg.Client, text: string): Promise<unknown> =>
  (pg.Client.prototype.query as (this: pg.Client, text: string) => Promise<unknown>).call(client, text);

/** The class that a pool makes its connections of; it takes them from the stock where that has any. */
export function gatedClient(gate: Gate, stock: Stock): typeof pg.Client {
  function Client(config: pg.ClientConfig): pg.Client {
    const kept = stock.take() as GatedClient | undefined;
    if (!kept) return new GatedClient(config, gate);
    kept.gate = gate;
    kept.removeAllListeners();
    return kept;
  }
  return Client as unknown as typeof pg.Client;
}

/** What a session begins with that has a schema of its own: a stage, on which a plan is rehearsed. */
const STAGE = "set search_path = ";
/** What makes a stage, and what it is made like. */
const MAKES_STAGE =
  /^(?:create schema|create unlogged table "?rehearsal_|insert into "?rehearsal_|analyze "?rehearsal_|create (?:unique )?index \S+ on "?rehearsal_|create view|set local search_path|set transaction isolation|select quote_ident\(current_schema|select string_agg\(quote_ident\(attname|select pg_get_indexdef|select quote_ident\(relname|select current_setting\('search_path'|select set_config\('search_path')/iu;

class GatedClient extends pg.Client {
  gate: Gate;
  #opened = false;
  #staged = false;

  constructor(config: pg.ClientConfig, gate: Gate) {
    super(config);
    this.gate = gate;
  }

  override connect(...args: unknown[]): never {
    const { gate } = this;
    if (this.#opened) {
      const [connected] = args as [(() => void)?];
      const again = new Promise<void>((resolve) => process.nextTick(() => (connected?.(), resolve())));
      gate.scheduler.hold(again);
      return (connected ? undefined : again) as never;
    }
    this.#opened = true;
    const ready = new Promise<void>((resolve) => {
      this.once("connect", () => resolve());
      this.once("end", () => resolve());
      this.once("error", () => resolve());
    });
    gate.scheduler.hold(ready);
    return (super.connect as Any).apply(this, args);
  }

  /** A stage is taken down in real time. */
  override end(...args: unknown[]): never {
    const ended = (super.end as Any).apply(this, args) as unknown;
    if (this.#staged && ended instanceof Promise) this.gate.scheduler.hold(ended);
    return ended as never;
  }

  #held(direct: () => unknown, args: readonly unknown[]): unknown {
    const [first] = args;
    if (isSubmittable(first)) this.gate.scheduler.hold(endOf(first));
    const sent = direct();
    if (sent instanceof Promise) this.gate.scheduler.hold(sent);
    return sent;
  }

  // pg's own overloads: a promise, a callback, or something that is submitted.
  override query(...args: unknown[]): never {
    const { gate } = this;
    const [first] = args;
    const text = textOf(first);
    const direct = (): unknown => (super.query as Any).apply(this, args);
    if (gate.open()) return direct() as never;
    if (text?.startsWith(STAGE)) {
      this.#staged = true;
      gate.staged?.(this);
    }
    // Nobody else sees a stage: what is done on it and to make it takes no turn. The world waits until it is done.
    if (this.#staged || (text !== undefined && MAKES_STAGE.test(text))) return this.#held(direct, args) as never;
    // What a pool sends to a connection that it just opened.
    if (text?.startsWith("set timezone")) {
      // The world itself ends what stands idle in a transaction for a minute of its own time.
      const opened = (super.query as Any).call(this, text.replace(IDLE_ENDS, "$1 = 0")) as unknown as Promise<unknown>;
      gate.scheduler.hold(opened);
      return opened as never;
    }
    const { label, mayWait } = knownAs(text ?? "copy");
    // It takes nothing and shows nothing of the moment: what waits for its turn is the statement after it.
    if (label.startsWith("begin")) {
      const begun = direct() as Promise<unknown>;
      gate.scheduler.hold(begun);
      return begun as never;
    }
    const cut = async (thrown: unknown): Promise<never> => {
      const { connection, processID } = this as unknown as Inside;
      connection.stream.destroy();
      await gate.gone(processID);
      throw thrown;
    };
    const { processID } = this as unknown as Inside;
    const lock: Lock | undefined = mayWait
      ? {
          probe: () => gate.waits(processID),
          stand: (still) => signalled(processID, still ? "SIGSTOP" : "SIGCONT"),
        }
      : undefined;
    const run = async (send: () => Promise<unknown>): Promise<unknown> => {
      let instead: string | undefined;
      try {
        instead = gate.before?.(label);
      } catch (thrown) {
        return cut(thrown);
      }
      if (instead)
        await super.query("do $$ begin raise exception 'could not serialize' using errcode = '40001'; end $$");
      const result = await send().catch((thrown: unknown) => {
        gate.failed?.(label, thrown);
        return asDeadlock(thrown);
      });
      try {
        gate.after?.(label, this);
      } catch (thrown) {
        return cut(thrown);
      }
      return result;
    };
    if (isSubmittable(first)) {
      const ended = endOf(first);
      void gate.scheduler.op(
        gate.worker,
        label,
        () =>
          run(() => {
            direct();
            return ended;
          }),
        lock,
      );
      return first as never;
    }
    const callback =
      typeof args.at(-1) === "function" ? (args.pop() as (error: unknown, result?: unknown) => void) : undefined;
    const promise = gate.scheduler.op(gate.worker, label, () => run(() => direct() as Promise<unknown>), lock);
    if (!callback) return promise as never;
    promise.then(
      (result) => callback(null, result),
      (error: unknown) => callback(error),
    );
    return undefined as never;
  }
}

const IDLE_ENDS = /(idle_in_transaction_session_timeout) = '\w+'/u;

type Any = (this: unknown, ...args: unknown[]) => never;
type Handlers = Record<"handleReadyForQuery" | "handleError", (...args: unknown[]) => void>;
const isSubmittable = (value: unknown): value is Submittable =>
  typeof value === "object" && value !== null && typeof (value as { submit?: unknown }).submit === "function";

/** When something that was submitted has ended. */
function endOf(submitted: Submittable): Promise<void> {
  const { handleReadyForQuery, handleError } = submitted as unknown as Handlers;
  return new Promise((resolve) => {
    Object.assign(submitted, {
      handleReadyForQuery: (...more: unknown[]) => {
        Reflect.apply(handleReadyForQuery, submitted, more);
        resolve();
      },
      handleError: (...more: unknown[]) => {
        Reflect.apply(handleError, submitted, more);
        resolve();
      },
    });
  });
}

function textOf(query: unknown): string | undefined {
  if (typeof query === "string") return query;
  return (query as { text?: string }).text;
}

/** Whether a backend waits for a lock; where it waits for one that waits for it, its statement is ended. */
export async function waits(control: pg.Pool, processId: number): ReturnType<Probe> {
  const { rows } = await control.query<{ state: "waits" | "deadlock" | null }>(
    `with recursive holder (pid) as (
       select unnest(pg_blocking_pids($1)) union select unnest(pg_blocking_pids(pid)) from holder
     )
     select case when coalesce(bool_or(pid = $1), false) and pg_cancel_backend($1) then 'deadlock' when count(*) > 0 then 'waits' end as state from holder`,
    [processId],
  );
  return rows[0]!.state ?? undefined;
}

/** To a backend, which may have ended meanwhile. */
export function signalled(processId: number, signal: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(processId, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}

/** A statement that the world ended for a deadlock says what PostgreSQL says of one. */
function asDeadlock(thrown: unknown): never {
  if (thrown instanceof pg.DatabaseError && thrown.code === "57014")
    Object.assign(thrown, { code: "40P01", message: "deadlock detected" });
  throw thrown;
}

interface Known {
  /** In one line. */
  readonly label: string;
  /** Whether it takes a lock that another may hold. Reading does not, nor does what begins or ends a transaction. */
  readonly mayWait: boolean;
}

const known = new Map<string, Known>();

function knownAs(text: string): Known {
  const present = known.get(text);
  if (present) return present;
  const label = text.replace(/\s+/gu, " ").trim();
  const reads = label.startsWith("select ") && !/ for (?:no key )?(?:update|share|key share)|lock|nextval/u.test(label);
  const fresh = { label, mayWait: !reads && !/^(?:begin|commit|rollback)/u.test(label) };
  known.set(text, fresh);
  return fresh;
}
