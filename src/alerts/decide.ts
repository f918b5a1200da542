// What becomes of alerts when what there is to tell was looked at once more. Pure.
//
// One alert for a kind and subject at a time; told when it is raised, when it gets worse, once a day while it lasts, and when it is over.
// A cause that comes and goes stays one alert: it must be gone the longer, the more often it came back.
import type { AlertRow, Severity } from "../store/alert.ts";
import type { Cause } from "./causes.ts";

/** changed: worse than what was told. reminded: it still lasts. */
export const EVENTS = ["raised", "changed", "reminded", "resolved"] as const;
export type AlertEvent = (typeof EVENTS)[number];

export interface Decided {
  /** Rows that are new or changed. */
  readonly put: readonly AlertRow[];
  /** Watched ones that came to nothing. */
  readonly drop: readonly string[];
  readonly told: readonly { readonly event: AlertEvent; readonly alert: AlertRow }[];
}

const MIN = 60_000;
/** A cause must be gone so long before its alert is over; twice as long for each time it came back. */
const CLEAR_MS = 5 * MIN;
const CLEAR_MAX_MS = 4 * 60 * MIN;
/** An alert that ended so lately and comes back goes on where it was. */
export const FLAP_MEMORY_MS = 6 * 60 * MIN;
/** An alert that lasts is told again, acknowledged or not. */
export const REMIND_MS = 24 * 60 * MIN;
/** That it is about more streams is not told more often. */
const CHANGE_MS = 10 * MIN;

export function decide(input: {
  readonly causes: readonly Cause[];
  /** All that are watched or open. */
  readonly known: readonly AlertRow[];
  /** The last of each kind and subject that ended within FLAP_MEMORY_MS. */
  readonly ended: readonly { readonly kind: string; readonly subject: string; readonly flaps: number }[];
  readonly holdMs: (kind: string) => number;
  readonly newId: () => string;
  readonly now: number;
}): Decided {
  const { now } = input;
  const causes = new Map(input.causes.map((cause) => [keyOf(cause), cause]));
  const ended = new Map(input.ended.map((one) => [keyOf(one), one]));
  const put: AlertRow[] = [];
  const drop: string[] = [];
  const told: { event: AlertEvent; alert: AlertRow }[] = [];
  const tell = (event: AlertEvent, alert: AlertRow): void => {
    put.push(alert);
    told.push({ event, alert });
  };

  for (const alert of input.known) {
    const cause = causes.get(keyOf(alert));
    causes.delete(keyOf(alert));
    if (!cause) {
      if (alert.state === "watched") drop.push(alert.id);
      else if (alert.clearSince === null) put.push({ ...alert, clearSince: now });
      else if (now - alert.clearSince >= clearMs(alert.flaps))
        tell("resolved", { ...alert, state: "resolved", resolvedAt: now });
      continue;
    }
    const flaps = alert.flaps + (alert.clearSince === null ? 0 : 1);
    const seen: AlertRow = { ...alert, ...said(cause), clearSince: null, flaps };
    if (alert.state === "watched") {
      if (now - alert.seenAt >= input.holdMs(alert.kind))
        tell("raised", toldNow({ ...seen, state: "open", raisedAt: now }, now));
      continue;
    }
    const event = whyTold(alert, cause, now);
    if (event) tell(event, toldNow({ ...seen, acknowledgedAt: null, acknowledgedBy: null }, now));
    else if (differs(alert, seen)) put.push(seen);
  }

  for (const cause of causes.values()) {
    const before = ended.get(keyOf(cause));
    const fresh: AlertRow = {
      id: input.newId(),
      kind: cause.kind,
      subject: cause.subject,
      connectionId: cause.connectionId,
      state: "watched",
      ...said(cause),
      seenAt: now,
      raisedAt: null,
      toldAt: null,
      toldSeverity: null,
      toldScope: [],
      clearSince: null,
      flaps: before ? before.flaps + 1 : 0,
      acknowledgedAt: null,
      acknowledgedBy: null,
      resolvedAt: null,
    };
    if (input.holdMs(cause.kind) > 0) put.push(fresh);
    else tell("raised", toldNow({ ...fresh, state: "open", raisedAt: now }, now));
  }
  return { put, drop, told };
}

export const clearMs = (flaps: number): number => Math.min(CLEAR_MAX_MS, CLEAR_MS * 2 ** Math.min(flaps, 10));

const keyOf = (one: { readonly kind: string; readonly subject: string }): string => `${one.kind} ${one.subject}`;

const said = ({
  severity,
  title,
  message,
  scope,
}: Cause): Pick<AlertRow, "severity" | "title" | "message" | "scope"> => ({
  severity,
  title,
  message,
  scope,
});

/** What was told grows and never shrinks, so that a stream which comes and goes is told once. */
const toldNow = (alert: AlertRow, now: number): AlertRow => ({
  ...alert,
  toldAt: now,
  toldSeverity: worse(alert.severity, alert.toldSeverity) ? alert.severity : alert.toldSeverity,
  toldScope: [...new Set([...alert.toldScope, ...alert.scope])],
});

function whyTold(alert: AlertRow, cause: Cause, now: number): "changed" | "reminded" | null {
  if (worse(cause.severity, alert.toldSeverity)) return "changed";
  const last = Math.max(alert.toldAt ?? 0, alert.acknowledgedAt ?? 0);
  if (cause.scope.some((key) => !alert.toldScope.includes(key)) && now - (alert.toldAt ?? 0) >= CHANGE_MS)
    return "changed";
  return now - last >= REMIND_MS ? "reminded" : null;
}

const worse = (one: Severity, other: Severity | null): boolean =>
  other === null || (one === "critical" && other === "warning");

const differs = (before: AlertRow, after: AlertRow): boolean =>
  before.clearSince !== after.clearSince ||
  before.severity !== after.severity ||
  before.title !== after.title ||
  before.message !== after.message ||
  before.scope.join() !== after.scope.join();
