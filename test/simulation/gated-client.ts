// A PostgreSQL connection whose statements wait for their turn. What is sent and what comes back is the real database's.
import pg from "pg";
import type { Submittable } from "pg";
import type { Probe, Scheduler } from "./scheduler.ts";

export interface Gate {
  readonly scheduler: Scheduler;
  readonly worker: string;
  /** Gates that are open let everything through at once: while a world is furnished. */
  readonly open: () => boolean;
  /** Asks over another connection whether this backend waits for a lock. */
  readonly blocked: (processId: number) => Promise<boolean>;
  /** Called when a statement is let go: may throw, which cuts the connection before it is sent, or have PostgreSQL end its transaction. */
  readonly before?: (text: string) => "serialization" | undefined;
  /** Called when a statement has ended: may throw, which cuts the connection after it. */
  readonly after?: (text: string) => void;
}

interface Cuttable {
  readonly connection: { readonly stream: { destroy(): void } };
}

/** The class that a pool makes its connections of. */
export function gatedClient(gate: Gate): typeof pg.Client {
  class GatedClient extends pg.Client {
    override connect(...args: unknown[]): never {
      const ready = new Promise<void>((resolve) => {
        this.once("connect", () => resolve());
        this.once("end", () => resolve());
        this.once("error", () => resolve());
      });
      gate.scheduler.hold(ready);
      return (super.connect as Any).apply(this, args);
    }

    // pg's own overloads: a promise, a callback, or something that is submitted.
    override query(...args: unknown[]): never {
      const [first] = args;
      const text = textOf(first);
      const direct = (): unknown => (super.query as Any).apply(this, args);
      if (gate.open()) return direct() as never;
      // What a pool sends to a connection that it just opened.
      if (text?.startsWith("set timezone")) {
        const opened = direct() as Promise<unknown>;
        gate.scheduler.hold(opened);
        return opened as never;
      }
      const label = (text ?? "copy").replace(/\s+/gu, " ").trim();
      const cut = (thrown: unknown): never => {
        (this as unknown as Cuttable).connection.stream.destroy();
        throw thrown;
      };
      const probe: Probe = () => gate.blocked((this as unknown as { processID: number }).processID);
      const run = async (send: () => Promise<unknown>): Promise<unknown> => {
        let instead: string | undefined;
        try {
          instead = gate.before?.(label);
        } catch (thrown) {
          cut(thrown);
        }
        if (instead)
          await super.query("do $$ begin raise exception 'could not serialize' using errcode = '40001'; end $$");
        const result = await send();
        try {
          gate.after?.(label);
        } catch (thrown) {
          cut(thrown);
        }
        return result;
      };
      if (isSubmittable(first)) {
        const ended = new Promise<void>((resolve) => {
          const { handleReadyForQuery, handleError } = first as unknown as Handlers;
          Object.assign(first, {
            handleReadyForQuery: (...more: unknown[]) => {
              Reflect.apply(handleReadyForQuery, first, more);
              resolve();
            },
            handleError: (...more: unknown[]) => {
              Reflect.apply(handleError, first, more);
              resolve();
            },
          });
        });
        void gate.scheduler.op(
          gate.worker,
          label,
          () =>
            run(() => {
              direct();
              return ended;
            }),
          probe,
        );
        return first as never;
      }
      const callback =
        typeof args.at(-1) === "function" ? (args.pop() as (error: unknown, result?: unknown) => void) : undefined;
      const promise = gate.scheduler.op(gate.worker, label, () => run(() => direct() as Promise<unknown>), probe);
      if (!callback) return promise as never;
      promise.then(
        (result) => callback(null, result),
        (error: unknown) => callback(error),
      );
      return undefined as never;
    }
  }
  return GatedClient as typeof pg.Client;
}

type Any = (this: unknown, ...args: unknown[]) => never;
type Handlers = Record<"handleReadyForQuery" | "handleError", (...args: unknown[]) => void>;
const isSubmittable = (value: unknown): value is Submittable =>
  typeof value === "object" && value !== null && typeof (value as { submit?: unknown }).submit === "function";

function textOf(query: unknown): string | undefined {
  if (typeof query === "string") return query;
  return (query as { text?: string }).text;
}
