// How long something takes, and what processor time it costs on each side.
import { readFileSync } from "node:fs";
import type { Database } from "../src/store/database.ts";

export interface Measured {
  readonly ms: number;
  /** Processor time of this process, in milliseconds. */
  readonly clientMs: number;
  /** Processor time of the database's sessions with us, in milliseconds; NaN where the system does not tell. */
  readonly serverMs: number;
}

export async function measure(database: Database, body: () => Promise<unknown>): Promise<Measured> {
  const sessions = async (): Promise<Map<number, number>> => {
    const { rows } = await database.pool.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'",
    );
    return new Map(rows.map(({ pid }) => [pid, processorMs(pid)]));
  };
  const before = await sessions();
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  await body();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  let serverMs = 0;
  for (const [pid, spent] of await sessions()) serverMs += spent - (before.get(pid) ?? 0);
  return { ms, clientMs: (user + system) / 1000, serverMs };
}

/** What Linux tells of a process: nanoseconds on a processor. */
function processorMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

interface Parts {
  readonly wall: number;
  readonly client: number;
  readonly server: number;
  readonly idle: number;
}

/** Measurements of several things over several rounds, in the order of their first. */
export class Rounds {
  readonly #of = new Map<string, { rows: number; runs: Measured[] }>();

  add(what: string, rows: number, measured: Measured): void {
    const present = this.#of.get(what) ?? { rows, runs: [] };
    this.#of.set(what, present);
    present.runs.push(measured);
  }

  /** Rows a second, median. */
  rate(what: string): number {
    const { rows, runs } = this.#of.get(what)!;
    return (rows * 1000) / median(runs.map((one) => one.ms));
  }

  /** What keeps `what` from the rate of `beside`: where each spends its time for a row, and which part differs most. */
  limit(what: string, beside: string): string {
    const [ours, theirs] = [this.#parts(what), this.#parts(beside)];
    const said = (of: Parts): string =>
      `${of.wall.toFixed(1)} µs a row (this process works ${of.client.toFixed(1)}, the database ${of.server.toFixed(1)}, at times both; ${of.idle.toFixed(1)} neither)`;
    const more = [
      ["work of this process", ours.client - theirs.client],
      ["work of the database", ours.server - theirs.server],
      ["waiting for disk, network or each other", ours.idle - theirs.idle],
    ] as const;
    const [most, by] = more.toSorted((a, b) => b[1] - a[1])[0]!;
    return `${what} takes ${said(ours)}, ${beside} ${said(theirs)}; most of what lies between is ${most}, ${by.toFixed(1)} µs a row`;
  }

  /** Medians in microseconds a row; `idle`: not even if all work of both sides lay side by side. */
  #parts(what: string): Parts {
    const { rows, runs } = this.#of.get(what)!;
    const each = (of: (one: Measured) => number): number => (median(runs.map(of)) * 1000) / rows;
    const parts = {
      wall: each((one) => one.ms),
      client: each((one) => one.clientMs),
      server: each((one) => one.serverMs),
    };
    const known = Number.isNaN(parts.server) ? { ...parts, server: 0 } : parts;
    return { ...known, idle: Math.max(0, known.wall - known.client - known.server) };
  }

  /** Median, slowest and fastest rows a second, beside `yardstick`, with microseconds of processor time a row. */
  table(yardstick: string): string[][] {
    const whole = (value: number): string => (Number.isNaN(value) ? "?" : Math.round(value).toLocaleString("en"));
    const head = ["what", "rows/s", "slowest", "fastest", "ratio", "client µs/row", "server µs/row"];
    const body = [...this.#of].map(([what, { rows, runs }]) => {
      const rates = runs.map((one) => (rows * 1000) / one.ms);
      const each = (of: (one: Measured) => number): string => {
        const value = (median(runs.map(of)) * 1000) / rows;
        return Number.isNaN(value) ? "?" : value.toFixed(1);
      };
      const ratio = (this.rate(what) / this.rate(yardstick)).toFixed(2);
      const [client, server] = [each((one) => one.clientMs), each((one) => one.serverMs)];
      return [what, whole(median(rates)), whole(Math.min(...rates)), whole(Math.max(...rates)), ratio, client, server];
    });
    return [head, ...body];
  }
}
