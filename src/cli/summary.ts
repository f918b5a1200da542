// What a sync did, from its runs: per connection and stream, and parked by cause. Pure.
import type { Run } from "../../sdk/src/index.ts";
import { ERRORS } from "../base/errors.ts";
import type { StreamProgress } from "./progress.ts";
import { type Column, drawTable } from "./table.ts";
import { count, counted, duration, listed } from "./words.ts";

export interface StreamSummary {
  /** The connection's name; null for the sum of several rows. */
  readonly connection: string | null;
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

/** A stream as its place in a summary needs it: connections stand in the order they were made, streams in their own. */
export interface Placed {
  readonly connectionId: string;
  readonly key: string;
}

/** One line per stream that has runs, in the order of `streams`; those that are not among them stand last, as they first ran. */
export function summarise(runs: readonly Run[], streams: readonly Placed[] = []): StreamSummary[] {
  const places = new Map(streams.map(({ connectionId, key }, at) => [keyOf(connectionId, key), at]));
  const byStream = new Map<string, { -readonly [Key in keyof StreamSummary]: StreamSummary[Key] }>();
  for (const run of runs.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0))) {
    const key = keyOf(run.connectionId, run.stream);
    let sum = byStream.get(key);
    if (sum === undefined) byStream.set(key, (sum = { connection: run.connection, stream: run.stream, ...NOTHING }));
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
  const place = (key: string): number => places.get(key) ?? streams.length;
  return [...byStream].toSorted(([a], [b]) => place(a) - place(b)).map(([, sum]) => sum);
}

/** The streams of several connections in the order of a summary. The ids of connections grow with time. */
export function inOrder<Stream extends Placed>(streams: readonly Stream[]): Stream[] {
  return streams.toSorted((a, b) => (a.connectionId < b.connectionId ? -1 : a.connectionId > b.connectionId ? 1 : 0));
}

/** Names a stream among those of all connections. */
export const keyOf = (connectionId: string, stream: string): string => `${connectionId}/${stream}`;

export function total(streams: readonly StreamSummary[]): StreamSummary {
  const sum = { connection: null, stream: "total", ...NOTHING };
  for (const one of streams) for (const key of Object.keys(NOTHING) as (keyof typeof NOTHING)[]) sum[key] += one[key];
  return sum;
}

/**
 * Created, updated, deleted: in Winston; sent: at the vendor. The connection is named where there are several. For people, columns that are zero in every row say nothing and are left
 * out, save the few one looks for; `all` keeps them.
 */
export function summaryColumns(rows: readonly StreamSummary[], look: { all?: boolean } = {}): Column<StreamSummary>[] {
  const number = (title: string, key: keyof typeof NOTHING, always = look.all ?? false): Column<StreamSummary>[] =>
    always || rows.some((row) => row[key] > 0) ? [{ title, of: (row) => row[key], right: true }] : [];
  const several = new Set(rows.map((row) => row.connection)).size > 1;
  return [
    ...(several
      ? [
          { title: "CONNECTION", of: (row: StreamSummary) => row.connection ?? row.stream },
          { title: "STREAM", of: (row: StreamSummary) => (row.connection === null ? "" : row.stream) },
        ]
      : [{ title: "STREAM", of: (row: StreamSummary) => row.stream }]),
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
  readonly connection: string;
  readonly stream: string;
  readonly reason: string;
  readonly message: string;
  readonly field: string | null;
  readonly count: number;
  readonly example: string;
}

/** Parked by cause over several runs, most first. A cause is a reason and a field: the words quote ids and values, which differ. */
export function parkedCauses(runs: readonly Run[]): ParkedCause[] {
  const causes = new Map<string, ParkedCause>();
  for (const run of runs) {
    for (const cause of run.parked ?? []) {
      const key = JSON.stringify([run.connection, run.stream, cause.reason, cause.field]);
      const before = causes.get(key) ?? { connection: run.connection, stream: run.stream, ...cause, count: 0 };
      causes.set(key, { ...before, count: before.count + cause.count });
    }
  }
  return [...causes.values()].toSorted((a, b) => b.count - a.count);
}

/** Runs that failed for one reason and did not go through since. */
export interface Failures {
  readonly connection: string;
  readonly code: string;
  /** Of the latest of them. */
  readonly message: string;
  /** The latest of them, for `runs show`. */
  readonly run: string;
  readonly lanes: readonly { readonly stream: string; readonly lane: string }[];
}

/** What stands failed, one entry for each reason at each connection, however many streams it struck. */
export function failuresOf(runs: readonly Run[]): Failures[] {
  const latest = new Map<string, Run>();
  for (const run of runs.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0)))
    if (run.state === "done" || run.state === "failed")
      latest.set(JSON.stringify([run.connectionId, run.stream, run.lane]), run);
  const failed = [...latest.values()].filter((run) => run.state === "failed");
  const alike = Map.groupBy(failed, ({ connection, error }) =>
    JSON.stringify([connection, error?.code, passes(error?.code) ? null : error?.message]),
  );
  return [...alike.values()].map((several) => {
    const { connection, error, id } = several.at(-1)!;
    return {
      connection,
      code: error?.code ?? "winston.bug",
      message: error?.message ?? "no reason was kept",
      run: id,
      lanes: several.map(({ stream, lane }) => ({ stream, lane })),
    };
  });
}

/** What stands in the way of all streams alike, whatever each was about when it met it. */
const passes = (code: string | undefined): boolean =>
  code !== undefined &&
  Object.hasOwn(ERRORS, code) &&
  ["later", "afterReconnect"].includes(ERRORS[code as keyof typeof ERRORS].retry);

/** "acme lead and contact failed: …" */
export function failureWords({ connection, lanes, message }: Failures): string {
  return `${connection} ${listed([...new Set(lanes.map((one) => one.stream))])} failed: ${message}`;
}

interface MayHold {
  readonly counts?: { readonly held: number };
}

/** How many new records wait for a person's word about a suspected duplicate. */
export const heldIn = (streams: readonly MayHold[]): number =>
  streams.reduce((sum, one) => sum + (one.counts?.held ?? 0), 0);

/** The summary as a person reads it. `self`: how the next command is typed here. */
export function summaryLines(
  runs: readonly Run[],
  look: { width: number; self: string; styled?: boolean; streams?: readonly (Placed & MayHold)[] },
): string[] {
  const rows = summarise(runs, look.streams);
  if (rows.length === 0) return ["Nothing had to be done."];
  const shown = rows.length > 1 ? [...rows, total(rows)] : rows;
  const lines = drawTable(summaryColumns(rows), shown, look);
  const several = new Set(runs.map((run) => run.connection)).size > 1;
  const causes = parkedCauses(runs);
  if (causes.length > 0) {
    lines.push("", "Parked, by cause; all else goes on:");
    for (const cause of causes.slice(0, 10)) {
      const where = several ? `${cause.connection} ${cause.stream}` : cause.stream;
      const field = cause.field === null ? "" : ` (${cause.field})`;
      lines.push(`  ${count(cause.count)} ${where}${field}: ${wordsOf(cause)} [for example ${cause.example}]`);
    }
    if (causes.length > 10) lines.push(`  and ${counted(causes.length - 10, "cause")} more`);
    lines.push(`  To see each: ${look.self} parked list`);
  }
  const held = heldIn(look.streams ?? []);
  if (held > 0) {
    const them = held === 1 ? "it is one that is there already" : "they are ones that are there already";
    lines.push(
      "",
      `Held: ${counted(held, "new record")} ${held === 1 ? "waits" : "wait"} until a person says whether ${them}.`,
    );
    lines.push(`  To see each: ${look.self} duplicates list`);
  }
  for (const one of failuresOf(runs)) lines.push("", failureWords(one));
  return lines;
}

/** What was said; of several records the same cause holds, so ids in the words, which are those of one, are left out. */
const wordsOf = (cause: ParkedCause): string => (cause.count === 1 ? cause.message : withoutIds(cause.message));

const withoutIds = (message: string): string => message.replaceAll(/\b\d{6,}\b/gu, "…");

/**
 * How far each stream is, from the runs so far. `streams` are all there are, in order; `totals` what there is to read, by `keyOf`;
 * `names` the connections by id, where several are shown.
 */
export function progressOf(
  runs: readonly Run[],
  streams: readonly (Placed & { readonly lanes: readonly { readonly lane: string; readonly owed: boolean }[] })[],
  look: { totals?: ReadonlyMap<string, number> | undefined; names?: ReadonlyMap<string, string> | undefined } = {},
): StreamProgress[] {
  return streams.map(({ connectionId, key, lanes }) => {
    const mine = runs.filter((run) => run.connectionId === connectionId && run.stream === key);
    const [sum] = summarise(mine);
    const name = look.names?.get(connectionId);
    const running = mine.find((run) => run.state === "running");
    const owed = lanes.find((lane) => lane.owed);
    const failed =
      mine.length > 0 && mine.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))[0]!.state === "failed";
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
      stream: name === undefined ? key : `${name} ${key}`,
      doing,
      lane: running?.lane ?? "",
      read: sum?.read ?? 0,
      total: look.totals?.get(keyOf(connectionId, key)),
      written: (sum?.sentNew ?? 0) + (sum?.sentChanged ?? 0) + (sum?.sentDeleted ?? 0),
      parked: sum?.parked ?? 0,
    };
  });
}

/** "took 4.2 s" of a run, or that it still goes on. */
export const runTime = (run: Pick<Run, "startedAt" | "endedAt">): string =>
  run.endedAt === null ? "" : duration(Date.parse(run.endedAt) - Date.parse(run.startedAt));
