// What there is to tell, from what the database shows now. Pure: one cause at most for a connection or stream and kind, and of several that
// explain each other only the first: credentials, then a spent allowance, then failures, then silence, then lag.
import type { Health } from "../sync/health.ts";
import { lasting } from "../sync/health.ts";
import type { VersionEnding } from "../sync/version-ends.ts";
import type { StreamFlow } from "../store/flow.ts";
import type { Severity } from "../store/alert.ts";
import { ALERT_KINDS, type AlertKind } from "./kinds.ts";

export interface Cause {
  readonly kind: AlertKind;
  /** One alert at a time for each kind and subject. */
  readonly subject: string;
  readonly connectionId: string | null;
  readonly severity: Severity;
  readonly title: string;
  readonly message: string;
  /** The streams it is about, by their keys. */
  readonly scope: readonly string[];
}

export interface SeenStream {
  readonly id: number;
  readonly key: string;
  readonly health: Health;
  /** Set aside within the last day, and still so; of how many linked records, where that matters. */
  readonly parkedLately: number;
  readonly linked: number | null;
  readonly drifts: StreamFlow["drifts"];
  /** Since when, and in which words, the vendor has refused to describe its fields; null where it describes them. */
  readonly undescribed: { readonly since: number; readonly words: string } | null;
}

export interface SeenConnection {
  readonly id: string;
  readonly name: string;
  readonly problem: string | null;
  readonly streams: readonly SeenStream[];
  readonly budgets: readonly SeenBudget[];
  /** Versions of the vendor's API that it speaks and that end. */
  readonly endings: readonly VersionEnding[];
}

/** A long window (an hour or more) of a connection's allowance. */
export interface SeenBudget {
  readonly class: string;
  readonly perMs: number;
  /** Share kept for hints and writes. */
  readonly reserve: number;
  readonly used: number | null;
  readonly allowed: number | null;
  readonly seenAt: number | null;
  readonly blockedUntil: number | null;
  /** Where its vendor wants few errors: how many of the window's answers were, and how near that is to what it allows. */
  readonly errors?: {
    readonly answers: number;
    readonly errors: number;
    readonly shareMax: number;
    readonly how: "few" | "near" | "over";
  };
}

/** A run fails often enough to be told of when it failed so many times in a row, over so long. */
const FAILURES = 3;
const FAILING_MS = 10 * 60_000;
/** Nearly spent. */
const NEARLY = 0.8;
/** What the vendor said longer ago than this is of another window. */
const ACCOUNT_STANDS_MS = 24 * 3_600_000;
/** A pause that the vendor asks for is told of when it is longer than this. */
const PAUSE_MS = 10 * 60_000;
/** Set aside within a day: fewer than this is daily life, and so is less than this share of the linked records. */
export const PARKED_LEAST = 20;
const PARKED_SHARE = 0.01;
export const PARKED_WITHIN_MS = 24 * 3_600_000;

export function causesOf(connection: SeenConnection, now: number): Cause[] {
  const { id, name, problem } = connection;
  const subject = `connection:${id}`;
  const about = { connectionId: id, scope: [] as readonly string[] };
  if (problem !== null)
    return [
      {
        ...about,
        kind: "credential",
        subject,
        severity: "critical",
        title: titleOf(name, "credential"),
        message: problem,
      },
    ];
  const budgets = connection.budgets.flatMap((budget) => budgetCause(connection, budget, now) ?? []);
  const spent = budgets.some((cause) => cause.severity === "critical");
  const by = Map.groupBy(connection.streams, (stream) => troubleOf(stream.health, spent, now));
  const causes: Cause[] = [...budgets, ...connection.budgets.flatMap((one) => errorsCause(connection, one) ?? [])];
  for (const kind of ["failing", "silent", "lag"] as const) {
    const streams = by.get(kind) ?? [];
    if (streams.length === 0) continue;
    causes.push({
      connectionId: id,
      kind,
      subject,
      severity: kind === "lag" ? "warning" : "critical",
      title: titleOf(name, kind),
      message: streams.map((stream) => `${stream.key}: ${troubleWords(stream.health, kind, now)}`).join("\n"),
      scope: streams.map((stream) => stream.key),
    });
  }
  causes.push(...fieldCauses(connection, now));
  if (connection.endings.length > 0)
    causes.push({
      ...about,
      kind: "version",
      subject,
      severity: connection.endings.some((one) => one.near) ? "critical" : "warning",
      title: titleOf(name, "version"),
      message: connection.endings.map((one) => one.message).join("\n"),
    });
  for (const stream of connection.streams) {
    const least = Math.max(PARKED_LEAST, PARKED_SHARE * (stream.linked ?? 0));
    if (stream.parkedLately < least) continue;
    causes.push({
      connectionId: id,
      kind: "parked",
      subject: `stream:${stream.id}`,
      severity: "warning",
      title: `${name} ${stream.key}: ${ALERT_KINDS.parked.title}`,
      message: `${stream.parkedLately} records of ${stream.key} were set aside within a day, and still are. By cause: winston parked list --connection ${name}`,
      scope: [stream.key],
    });
  }
  return causes;
}

/** What vendors say of their fields: one cause for all streams of a connection, which a right that was taken away meets together. */
function fieldCauses({ id, name, streams }: SeenConnection, now: number): Cause[] {
  const awake = streams.filter((stream) => stream.health.state !== "off");
  const told = {
    drift: awake.filter((one) => one.drifts.length > 0),
    undescribed: awake.filter((one) => one.undescribed),
  };
  const words = {
    drift: ({ key, drifts }: SeenStream) => drifts.map((one) => `${key}: ${one.message}`).join("\n"),
    undescribed: ({ key, undescribed }: SeenStream) =>
      `${key}, for ${lasting(now - undescribed!.since)}: ${undescribed!.words} Its fields are taken as they were described last.`,
  };
  return (["drift", "undescribed"] as const).flatMap((kind) =>
    told[kind].length === 0
      ? []
      : [
          {
            connectionId: id,
            kind,
            subject: `connection:${id}`,
            severity: "warning" as const,
            title: titleOf(name, kind),
            message: told[kind].map(words[kind]).join("\n"),
            scope: told[kind].map((stream) => stream.key),
          },
        ],
  );
}

const titleOf = (name: string, kind: AlertKind): string => `${name}: ${ALERT_KINDS[kind].title}`;

function troubleOf({ state, failing, lag }: Health, spent: boolean, now: number): "failing" | "silent" | "lag" | null {
  if (state === "failing") return failing!.times >= FAILURES && now - failing!.since >= FAILING_MS ? "failing" : null;
  if (spent) return null;
  if (state === "silent") return "silent";
  const late = (age: number | null): boolean => age !== null && age > lag.targetMs;
  return state === "late" && (late(lag.pullMs) || late(lag.writeMs)) ? "lag" : null;
}

function troubleWords(health: Health, kind: "failing" | "silent" | "lag", now: number): string {
  const { failing } = health;
  if (kind !== "failing" || failing === null) return health.words;
  const times = failing.times >= 100 ? "100 times or more" : `${failing.times} times`;
  return `${failing.lane} failed ${times} in a row, since ${lasting(now - failing.since)}: ${failing.message}`;
}

function budgetCause(connection: SeenConnection, budget: SeenBudget, now: number): Cause | null {
  const { used, allowed, seenAt, blockedUntil } = budget;
  const about = {
    kind: "budget" as const,
    subject: `connection:${connection.id}:${budget.class}`,
    connectionId: connection.id,
    title: titleOf(connection.name, "budget"),
    scope: [],
  };
  const until =
    blockedUntil !== null && blockedUntil - now > PAUSE_MS ? ` until ${new Date(blockedUntil).toISOString()}` : null;
  const known =
    used !== null && allowed !== null && seenAt !== null && now - seenAt < Math.min(ACCOUNT_STANDS_MS, budget.perMs);
  const counts = known ? `${used} of ${allowed} "${budget.class}" requests are used` : `the vendor asked for a pause`;
  if ((known && used >= allowed) || until !== null)
    return {
      ...about,
      severity: "critical",
      message: `${counts}: work waits${until ?? " until there is room again"}, and goes on by itself.`,
    };
  if (!known || used < NEARLY * allowed) return null;
  if (used >= allowed - Math.floor(allowed * budget.reserve))
    return {
      ...about,
      severity: "critical",
      message: `${counts}; the rest is kept for writing, and reading waits until there is room again. It goes on by itself.`,
    };
  return {
    ...about,
    severity: "warning",
    message: `${counts} (${Math.floor((100 * used) / allowed)} %). Near the end reading waits, then all does, until there is room again.`,
  };
}

/** A vendor that wants few errors may close an app that makes many: somebody must look at what it refuses. */
function errorsCause({ id, name }: SeenConnection, { class: limitClass, errors: seen }: SeenBudget): Cause | null {
  if (seen === undefined || seen.how === "few") return null;
  const { answers, errors, shareMax, how } = seen;
  return {
    kind: "errors",
    subject: `connection:${id}:${limitClass}`,
    connectionId: id,
    severity: how === "over" ? "critical" : "warning",
    title: titleOf(name, "errors"),
    message: `${errors} of ${answers} requests of its day were answered by errors, and the vendor wants fewer than ${Math.round(shareMax * 100)} in a hundred. Loads and comparisons wait; all else goes on. What it refuses: winston parked list --connection ${name}`,
    scope: [],
  };
}
