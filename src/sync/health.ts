// How a stream is, as a state and in words, from proof of flow: never well while its last finished run failed. Pure.
//
// Each part below looks at one thing and says what it found. The worst part is the stream's state; what stands in the way of all else
// (BLOCKING) is said alone.
import type { ConnectionRow, StreamRow } from "../store/connection.ts";
import type { LaneFlow } from "../store/flow.ts";
import type { DriftRow } from "../store/schema-drift.ts";
import { comparedInWords } from "./causes.ts";
import { writeProblemOf } from "./leave.ts";

/**
 * off: switched off. ok: what should flow flowed lately. loading: not read to the end once yet. held: somebody paused or observes it, and
 * writes wait. waiting: the vendor's allowance is spent. late: older than its target. silent: nobody works on it. failing: its last
 * finished run failed. stopped: the connection does not run.
 */
export const HEALTH_STATES = [
  "off",
  "ok",
  "loading",
  "held",
  "waiting",
  "late",
  "silent",
  "failing",
  "stopped",
] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** States in which something that should flow does not. */
export const UNWELL: ReadonlySet<HealthState> = new Set(["late", "silent", "failing", "stopped"]);

export interface Seen {
  readonly connection: Pick<ConnectionRow, "problem" | "paused" | "mode" | "settings"> &
    Partial<Pick<ConnectionRow, "quarantinedAt">>;
  readonly stream: Pick<StreamRow, "enabled" | "direction" | "everyMs" | "settings"> &
    Partial<Pick<StreamRow, "strategy" | "approval">>;
  readonly lanes: readonly Omit<LaneFlow, "streamId">[];
  /** When the stream was laid out. */
  readonly madeAt: number;
  /** Whether its first load, or a full reading, has not come to its end. */
  readonly loading: boolean;
  /** The same of any stream of its connection that holds this kind: writes wait for that. */
  readonly kindLoading: boolean;
  /** Since when the oldest write is owed that may go. */
  readonly owedSince: number | null;
  readonly parked: number;
  readonly waiting: number;
  readonly held: number;
  /** Deletions and blankings that wait at the brake. */
  readonly braked?: number;
  /** Fields of its records that are frozen. */
  readonly frozen?: number;
  /** Where lanes stand: failures in a row, apart by whether the run got further before it failed; and processes that died in it. */
  readonly stands?: readonly Stand[];
  /** What mapped fields of the vendor are that they were not, and since when it does not describe them. */
  readonly drifts?: readonly Pick<DriftRow, "name" | "pauses">[];
  readonly undescribedSince?: number | null;
  /** The last comparison with the vendor that came to its end. */
  readonly compared?: Parameters<typeof comparedInWords>[0] | undefined;
  /** What is to be told of a run under way (forecast.ts). */
  readonly forecast?: string | undefined;
  readonly now: number;
}

interface Stand {
  readonly lane: string;
  readonly stuck: number;
  readonly halting: number;
  readonly crashes: number;
  readonly checkpoint?: unknown;
}

export interface HealthPart {
  readonly state: HealthState;
  readonly words: string;
}

/** Ages in milliseconds: of the last completed reading (since it was laid out, where there was none), and of the oldest owed write. */
export interface Lag {
  readonly pullMs: number | null;
  readonly writeMs: number | null;
  readonly targetMs: number;
}

export interface Health extends HealthPart {
  readonly lag: Lag;
  /** The lane whose last finished run failed, how often in a row, and since when; null where none did. */
  readonly failing: {
    readonly lane: string;
    readonly times: number;
    readonly since: number;
    readonly code: string;
    readonly message: string;
  } | null;
}

export function healthOf(seen: Seen): Health {
  const facts = { seen, lag: lagOf(seen), failing: failingIn(seen) };
  const parts = PARTS.flatMap((part) => part(facts) ?? []);
  const { state } = parts.toSorted((a, b) => HEALTH_STATES.indexOf(b.state) - HEALTH_STATES.indexOf(a.state))[0]!;
  const blocking = parts.find((part) => BLOCKING.has(part.state));
  const shown = blocking ? [blocking] : parts;
  return {
    state: blocking?.state ?? state,
    words: shown.map((part) => part.words).join(", "),
    lag: facts.lag,
    failing: facts.failing,
  };
}

/** What a stream's lag is held to when its settings do not say: three of its intervals, and never less than this. */
const TARGET_LEAST_MS = 15 * 60_000;
const INTERVALS = 3;
/** So much later than the target a run that is said to be under way is no proof any more. */
const HUNG = 4;
/** A first load may take so long before its run alone is no proof. */
const LOAD_MAX_MS = 24 * 3_600_000;

export const LAG_TARGET = "lagTargetMs";

export function lagTargetMs(stream: Seen["stream"]): number {
  const said = stream.settings[LAG_TARGET];
  return typeof said === "number" ? said : Math.max(TARGET_LEAST_MS, INTERVALS * stream.everyMs);
}

interface Facts {
  readonly seen: Seen;
  readonly lag: Lag;
  readonly failing: Health["failing"];
}

type Part = (facts: Facts) => HealthPart | null;

const BLOCKING: ReadonlySet<HealthState> = new Set(["stopped", "off", "failing"]);

/** In the order in which they are said. */
const PARTS: readonly Part[] = [
  ({ seen }) =>
    seen.connection.problem === null ? null : { state: "stopped", words: `stopped: ${seen.connection.problem}` },
  ({ seen }) => (seen.stream.enabled ? null : { state: "off", words: "switched off" }),
  ({ seen, failing }) =>
    failing === null || failing.code === SPENT
      ? null
      : {
          state: "failing",
          words: `${FAILING}${failing.lane}${howOften(seen.stands?.find((one) => one.lane === failing.lane))}): ${failing.message}`,
        },
  ({ failing }) => (failing?.code === SPENT ? { state: "waiting", words: `${WAITS}${failing.message}` } : null),
  ({ seen }) =>
    typeof seen.connection.quarantinedAt === "number"
      ? { state: "held", words: "restored: only read until all is known again" }
      : null,
  readAgain,
  dying,
  loading,
  lateReading,
  owed,
  ({ seen }) =>
    seen.held > 0 ? { state: "ok", words: `${seen.held} held until a person decides: winston duplicates list` } : null,
  stopped,
  drifted,
  undescribed,
  ({ seen }) => (seen.parked > 0 ? { state: "ok", words: `${seen.parked} parked` } : null),
  inStep,
  lastRead,
  ({ seen }) => (seen.compared ? { state: "ok", words: comparedInWords(seen.compared, seen.now) } : null),
  mode,
];

/** The code of a run that waits for room in a budget: it did not fail. */
const SPENT = "vendor.budget_spent";

/** What a run lost its place, or its vendor its memory, for. */
function readAgain({ seen }: Facts): HealthPart | null {
  const words = (seen.stands ?? []).flatMap(({ lane, checkpoint }) => {
    const { reread, missed } = (checkpoint ?? {}) as { reread?: string | null; missed?: boolean };
    return [
      ...(reread
        ? [`${lane} was read again from where it began, because the place where it stood had died (${reread})`]
        : []),
      ...(missed ? ["the vendor has forgotten deletions, so the next run looks at every known record once"] : []),
    ];
  });
  return words.length === 0 ? null : { state: "ok", words: words.join(", ") };
}

function dying({ seen }: Facts): HealthPart | null {
  const lane = seen.stands?.find(({ crashes }) => crashes > 1);
  return lane
    ? { state: "failing", words: `${lane.crashes} processes in a row ended in ${lane.lane} without getting further` }
    : null;
}

/** What waits because too much of it came at once, or because two writers would not agree. */
function stopped({ seen: { braked = 0, frozen = 0 } }: Facts): HealthPart | null {
  const words = [
    ...(braked > 0
      ? [`${braked.toLocaleString("en")} wait at the brake until a person decides: winston brake list`]
      : []),
    ...(frozen > 0
      ? [`${frozen.toLocaleString("en")} ${frozen === 1 ? "field" : "fields"} frozen: winston frozen list`]
      : []),
  ];
  return words.length === 0 ? null : { state: "ok", words: words.join(", ") };
}

/** Fields of the vendor that are not what they were: what is paused first. */
function drifted({ seen: { drifts = [] } }: Facts): HealthPart | null {
  if (drifts.length === 0) return null;
  const named = (some: typeof drifts): string => some.map(({ name }) => name).join(", ");
  const paused = drifts.filter((one) => one.pauses);
  const others = drifts.filter((one) => !one.pauses);
  const words = [
    ...(paused.length > 0
      ? [`${named(paused)} changed at the vendor and ${paused.length === 1 ? "is" : "are"} paused`]
      : []),
    ...(others.length > 0 ? [`${named(others)} changed at the vendor`] : []),
  ];
  return { state: "ok", words: `${words.join(", ")}: winston schema diff` };
}

function undescribed({ seen: { undescribedSince = null, now } }: Facts): HealthPart | null {
  return undescribedSince === null
    ? null
    : {
        state: "ok",
        words: `the vendor has not described its fields for ${lasting(Math.max(0, now - undescribedSince))}: they are taken as they were`,
      };
}

/** How often in a row, where it is not the first time, and whether it gets further all the same. */
function howOften(lane: Stand | undefined): string {
  if (!lane) return "";
  if (lane.halting > 0) return `, further each time, ${lane.halting} in a row`;
  return lane.stuck > 1 ? `, ${lane.stuck} in a row without getting further` : "";
}

function loading({ seen }: Facts): HealthPart | null {
  if (neverRan(seen)) return { state: "loading", words: "not read yet" };
  // What was read to the end before is read once more, as under a new mapping.
  const again = seen.lanes.some((one) => one.lane === "backfill" && one.doneAt !== null);
  if (loadRuns(seen))
    return {
      state: "loading",
      words: seen.forecast ?? (again ? "everything is being read once more" : "first load under way"),
    };
  return seen.loading ? { state: "loading", words: "not read to the end yet" } : null;
}

function lateReading({ seen, lag, failing }: Facts): HealthPart | null {
  if (!isLate(lag)) return null;
  const running = seen.lanes.find((one) => READS.has(one.lane) && one.runningSince !== null);
  if (running?.lane === "backfill" && seen.now - running.runningSince! <= LOAD_MAX_MS) return null;
  const age = lasting(lag.pullMs!);
  const last =
    lastReadAt(seen) === null ? `was never read since it was connected ${age} ago` : `was read last ${age} ago`;
  const meant = `; ${lasting(lag.targetMs)} is meant`;
  if (failing !== null) return { state: "late", words: `late: it ${last}${meant}` };
  if (running && lag.pullMs! <= HUNG * lag.targetMs)
    return {
      state: "late",
      words: `late: it ${last}${meant}, and a run is under way since ${lasting(seen.now - running.runningSince!)}`,
    };
  return { state: "silent", words: `silent: it ${last}${meant}, and nothing failed: no worker works on it` };
}

function owed({ seen, lag }: Facts): HealthPart | null {
  if (seen.waiting === 0) return null;
  const why = whyHeld(seen);
  const when = seen.forecast !== undefined && !loadRuns(seen) ? `, ${seen.forecast}` : "";
  const schedule = (seen.stream.strategy ?? "realtime") === "realtime" ? "" : " with its schedule";
  const words = `${seen.waiting} to write${schedule}${why === null ? when : `, ${why}`}`;
  if (why !== null) return { state: "held", words };
  return lag.writeMs !== null && lag.writeMs > lag.targetMs
    ? {
        state: "late",
        words: `late: ${words}, the oldest for ${lasting(lag.writeMs)}; ${lasting(lag.targetMs)} is meant`,
      }
    : { state: "ok", words };
}

function inStep({ seen, lag, failing }: Facts): HealthPart | null {
  const busy =
    (seen.braked ?? 0) > 0 ||
    (seen.frozen ?? 0) > 0 ||
    (seen.drifts ?? []).some((one) => one.pauses) ||
    seen.waiting > 0 ||
    seen.held > 0 ||
    seen.parked > 0 ||
    seen.loading ||
    loadRuns(seen);
  return busy || neverRan(seen) || failing !== null || isLate(lag) ? null : { state: "ok", words: "in step" };
}

function lastRead({ seen, lag }: Facts): HealthPart | null {
  const at = lastReadAt(seen);
  return at === null || isLate(lag)
    ? null
    : { state: "ok", words: `read ${Math.max(0, Math.round((seen.now - at) / 1000))} s ago` };
}

/** A connection that writes nothing says so, also while nothing is owed. */
function mode({ seen }: Facts): HealthPart | null {
  const why = seen.waiting > 0 || seen.stream.direction === "in" ? null : whyHeld(seen);
  if (why === null) return null;
  return {
    state: seen.connection.paused ? "held" : "ok",
    words: seen.connection.mode === "observe" ? "observing" : why,
  };
}

const FAILING = "failing (";
const WAITS = "waits for the vendor's allowance: ";

/** Why a stream of this health does not go on: it fails, or its allowance is spent; undefined where it does. */
export const failureIn = (health: string): string | undefined =>
  health.startsWith(FAILING)
    ? health.slice(health.indexOf("): ") + 3)
    : health.startsWith(WAITS)
      ? health.slice(WAITS.length)
      : undefined;

/** Lanes that read. */
const READS: ReadonlySet<string> = new Set(["batch", "backfill"]);

function lastReadAt(seen: Seen): number | null {
  const ends = seen.lanes.flatMap((one) => (READS.has(one.lane) && one.doneAt !== null ? [one.doneAt] : []));
  return ends.length === 0 ? null : Math.max(...ends);
}

const isLate = (lag: Lag): boolean => lag.pullMs !== null && lag.pullMs > lag.targetMs;

const loadRuns = (seen: Seen): boolean =>
  seen.lanes.some((one) => one.lane === "backfill" && one.runningSince !== null);

const neverRan = (seen: Seen): boolean => !seen.lanes.some((one) => one.doneAt !== null || one.runningSince !== null);

/** Why nothing is written; null where it is. */
function whyHeld({ connection, stream }: Seen): string | null {
  if (connection.mode !== "write") return `held in ${connection.mode} mode`;
  if (connection.paused) return "paused";
  if (stream.approval === "plan") return "held until a plan is applied";
  return writeProblemOf(connection);
}

function lagOf(seen: Seen): Lag {
  const { stream, now } = seen;
  const reads = stream.enabled && stream.direction !== "out";
  // Writes wait while records of their kind are read for the first time: that is no lag of theirs.
  const writes =
    stream.enabled &&
    stream.direction !== "in" &&
    seen.owedSince !== null &&
    whyHeld(seen) === null &&
    !seen.kindLoading;
  return {
    pullMs: reads ? Math.max(0, now - (lastReadAt(seen) ?? seen.madeAt)) : null,
    writeMs: writes ? Math.max(0, now - seen.owedSince!) : null,
    targetMs: lagTargetMs(stream),
  };
}

/**
 * The lane that failed last and has not gone well since: of several, the one that failed most often. What is not tried again is none: writes that
 * somebody holds back, and a load that came to its end since.
 */
function failingIn(seen: Seen): Health["failing"] {
  const failed = seen.lanes.filter(
    (one) =>
      one.state === "failed" &&
      !(one.lane === "push" && whyHeld(seen) !== null) &&
      !(one.lane === "backfill" && !seen.loading && (lastReadAt(seen) ?? 0) > one.endedAt!),
  );
  const [worst] = failed.toSorted(
    (a, b) => Number(a.error?.code === SPENT) - Number(b.error?.code === SPENT) || b.failures - a.failures,
  );
  if (!worst) return null;
  return {
    lane: worst.lane,
    times: worst.failures,
    since: worst.failingSince ?? worst.endedAt!,
    code: worst.error?.code ?? "winston.bug",
    message: worst.error?.message ?? "see its last run",
  };
}

/** 40 s, 12 min, 3 h, 2 days. */
export function lasting(ms: number): string {
  const units = [
    [86_400_000, " days"],
    [3_600_000, " h"],
    [60_000, " min"],
    [1_000, " s"],
  ] as const;
  const [size, unit] = units.find(([one]) => ms >= 2 * one) ?? units[3];
  return `${Math.round(ms / size)}${unit}`;
}
