// What a sync did, from its runs: per stream, and parked by cause. Pure.
import type { Run } from "../../sdk/src/index.ts";
import type { StreamProgress } from "./progress.ts";
import { type Column, drawTable } from "./table.ts";
import { count, counted, duration } from "./words.ts";

export interface StreamSummary {
  readonly stream: string;
  readonly read: number;
  /** Records made or changed in Winston by what was read. */
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  /** Records made or changed at the vendor. */
  readonly sentNew: number;
  readonly sentChanged: number;
  readonly sentDeleted: number;
  readonly conflicts: number;
  readonly parked: number;
  readonly requests: number;
}

const NOTHING = {
  read: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  sentNew: 0,
  sentChanged: 0,
  sentDeleted: 0,
  conflicts: 0,
  parked: 0,
  requests: 0,
};

/** One line per stream that has runs, in the order in which the streams first ran. */
export function summarise(runs: readonly Run[]): StreamSummary[] {
  const byStream = new Map<string, { -readonly [Key in keyof StreamSummary]: StreamSummary[Key] }>();
  for (const run of runs.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0))) {
    let sum = byStream.get(run.stream);
    if (sum === undefined) byStream.set(run.stream, (sum = { stream: run.stream, ...NOTHING }));
    const { counts } = run;
    if (run.lane === "push") {
      sum.sentNew += counts.created ?? 0;
      sum.sentChanged += counts.updated ?? 0;
      sum.sentDeleted += counts.deleted ?? 0;
    } else {
      sum.read += counts.read ?? 0;
      sum.created += counts.created ?? 0;
      sum.updated += counts.updated ?? 0;
      sum.unchanged += counts.unchanged ?? 0;
      sum.deleted += counts.deleted ?? 0;
    }
    sum.conflicts += counts.conflicts ?? 0;
    sum.parked += counts.parked ?? 0;
    sum.requests += counts.requests ?? 0;
  }
  return [...byStream.values()];
}

export function total(streams: readonly StreamSummary[]): StreamSummary {
  const sum = { stream: "total", ...NOTHING };
  for (const one of streams) for (const key of Object.keys(NOTHING) as (keyof typeof NOTHING)[]) sum[key] += one[key];
  return sum;
}

/**
 * Created, updated, deleted: in Winston; sent: at the vendor. For people, columns that are zero in every row say nothing and are left
 * out, save the few one looks for; `all` keeps them.
 */
export function summaryColumns(rows: readonly StreamSummary[], look: { all?: boolean } = {}): Column<StreamSummary>[] {
  const number = (title: string, key: keyof typeof NOTHING, always = look.all ?? false): Column<StreamSummary>[] =>
    always || rows.some((row) => row[key] > 0) ? [{ title, of: (row) => row[key], right: true }] : [];
  return [
    { title: "STREAM", of: (row) => row.stream },
    ...number("READ", "read", true),
    ...number("CREATED", "created", true),
    ...number("UPDATED", "updated", true),
    ...number("DELETED", "deleted"),
    ...number("UNCHANGED", "unchanged", true),
    ...number("SENT NEW", "sentNew"),
    ...number("SENT CHANGED", "sentChanged"),
    ...number("SENT DELETED", "sentDeleted"),
    ...number("CONFLICTS", "conflicts"),
    ...number("PARKED", "parked", true),
    ...number("API CALLS", "requests", true),
  ];
}

export interface ParkedCause {
  readonly stream: string;
  readonly reason: string;
  readonly message: string;
  readonly field: string | null;
  readonly count: number;
  readonly example: string;
}

/** Parked by cause over several runs, most first. */
export function parkedCauses(runs: readonly Run[]): ParkedCause[] {
  const causes = new Map<string, ParkedCause>();
  for (const run of runs) {
    for (const cause of run.parked ?? []) {
      const key = JSON.stringify([run.stream, cause.reason, cause.field, cause.message]);
      const before = causes.get(key)?.count ?? 0;
      causes.set(key, { stream: run.stream, ...cause, count: before + cause.count });
    }
  }
  return [...causes.values()].toSorted((a, b) => b.count - a.count);
}

/** The summary as a person reads it. */
export function summaryLines(runs: readonly Run[], look: { width: number; styled?: boolean }): string[] {
  const rows = summarise(runs);
  if (rows.length === 0) return ["Nothing had to be done."];
  const shown = rows.length > 1 ? [...rows, total(rows)] : rows;
  const lines = drawTable(summaryColumns(rows), shown, look);
  const causes = parkedCauses(runs);
  if (causes.length > 0) {
    lines.push("", "Parked, by cause:");
    for (const cause of causes.slice(0, 10)) {
      const field = cause.field === null ? "" : ` (${cause.field})`;
      lines.push(`  ${count(cause.count)} ${cause.stream}${field}: ${cause.message} [for example ${cause.example}]`);
    }
    if (causes.length > 10) lines.push(`  and ${counted(causes.length - 10, "cause")} more`);
  }
  for (const run of runs.filter((one) => one.state === "failed"))
    lines.push("", `${run.stream} (${run.lane}) failed: ${run.error?.message ?? "no reason was kept"}`);
  return lines;
}

/** How far each stream is, from the runs so far. `streams` are all there are, in order; `totals` what there is to read. */
export function progressOf(
  runs: readonly Run[],
  streams: readonly {
    readonly key: string;
    readonly lanes: readonly { readonly lane: string; readonly owed: boolean }[];
  }[],
  totals: ReadonlyMap<string, number> = new Map(),
): StreamProgress[] {
  const sums = new Map(summarise(runs).map((one) => [one.stream, one]));
  return streams.map(({ key, lanes }) => {
    const mine = runs.filter((run) => run.stream === key);
    const running = mine.find((run) => run.state === "running");
    const owed = lanes.find((lane) => lane.owed);
    const failed =
      mine.length > 0 && mine.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))[0]!.state === "failed";
    const sum = sums.get(key);
    const doing = running
      ? running.lane === "push"
        ? "writing"
        : "reading"
      : failed
        ? "failed"
        : owed || mine.length === 0
          ? "waiting"
          : "in step";
    return {
      stream: key,
      doing,
      lane: running?.lane ?? "",
      read: sum?.read ?? 0,
      total: totals.get(key),
      written: (sum?.sentNew ?? 0) + (sum?.sentChanged ?? 0) + (sum?.sentDeleted ?? 0),
      parked: sum?.parked ?? 0,
    };
  });
}

/** "took 4.2 s" of a run, or that it still goes on. */
export const runTime = (run: Pick<Run, "startedAt" | "endedAt">): string =>
  run.endedAt === null ? "" : duration(Date.parse(run.endedAt) - Date.parse(run.startedAt));
