// A simulator in a process of its own, so that its work is not measured with ours; and what a bench must know of its vendor.
import { fork } from "node:child_process";
import { once } from "node:events";
import type { JsonObject } from "../src/base/json.ts";
import type { Connector } from "../src/connector/contract.ts";

/** What a request was for. Only `work` counts; the rest is reported apart. */
export type Purpose = "work" | "sign-in" | "description" | "increments";

/** A request as the simulators log it. */
export interface Logged {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly rows: number;
  /** The beginning of its body. */
  readonly body?: string;
}

export interface Subject {
  /** Connected in these ways: each is a run of its own. */
  readonly ways: readonly { readonly title: string; readonly connector: Connector; readonly settings: JsonObject }[];
  /** Most records of a call that lists, and of one that reads or writes by id. */
  readonly listed: number;
  readonly written: number;
  readonly objects: readonly Measured[];
  /** Starts a simulator that has had so many of each object for long. */
  readonly start: (records: number) => Promise<Simulated>;
  /** What each request of a phase was for, in the order of the log. `listing`: the phase is a first load. */
  readonly purposes: (log: readonly Logged[], of: { object: Measured; listing: boolean }) => Record<Purpose, number>;
  readonly notes: readonly string[];
}

/** One kind of record that is loaded, made and edited. */
export interface Measured {
  /** In the plural, as the vendor calls it. */
  readonly title: string;
  readonly stream: string;
  readonly kind: string;
  readonly stage?: string;
  /** A new one of this number, in Winston's words, and what an edit sets. */
  readonly input: (number: number) => Record<string, unknown>;
  readonly edit: Readonly<Record<string, unknown>>;
}

export interface Simulated extends Disposable {
  readonly url: string;
  readonly settings: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  /** What it was asked since it was last asked for this: its own log. */
  takeLog(): Promise<readonly Logged[]>;
}

/** Starts `file` as a process of its own with a number of records; it answers with its address and secrets, and ends when we do. */
export async function startApart(
  file: string,
  records: number,
  settings: (url: string) => JsonObject,
): Promise<Simulated> {
  const child = fork(file, [String(records)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the simulator ended with ${code}`);
  });
  const [message] = (await Promise.race([once(child, "message"), ended])) as [Pick<Simulated, "url" | "secrets">];
  ended.catch(() => {});
  const control = `${message.url}/__winston/log`;
  return {
    ...message,
    settings: settings(message.url),
    takeLog: async () => {
      const { entries } = (await (await fetch(control)).json()) as { entries: Logged[] };
      await fetch(control, { method: "DELETE" });
      return entries;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

/** In that process: says where the simulator is, and ends with the parent. */
export function serveApart(simulated: Pick<Simulated, "url" | "secrets">): void {
  process.send!(simulated);
  process.on("disconnect", () => process.exit(0));
}

export const none = (): Record<Purpose, number> => ({ work: 0, "sign-in": 0, description: 0, increments: 0 });
