// The kinds of alerts. Each has its page of what to do: a heading of docs/operations/alerts.md.

export const ALERT_KINDS = {
  credential: { title: "does not let Winston in", holdMs: 0 },
  brake: { title: "was stopped by a brake", holdMs: 0 },
  failing: { title: "runs keep failing", holdMs: 0 },
  silent: { title: "nobody works on it", holdMs: 3 * 60_000 },
  lag: { title: "is behind its target", holdMs: 3 * 60_000 },
  budget: { title: "the vendor's allowance runs out", holdMs: 0 },
  errors: { title: "the vendor answers with too many errors", holdMs: 0 },
  drift: { title: "fields changed there", holdMs: 0 },
  undescribed: { title: "does not say what its fields are", holdMs: 0 },
  version: { title: "speaks a version of the vendor's API that ends", holdMs: 0 },
  parked: { title: "more and more is set aside", holdMs: 0 },
} as const satisfies Record<string, { readonly title: string; readonly holdMs: number }>;

export type AlertKind = keyof typeof ALERT_KINDS;

/** `holdMs` of a kind: how long its cause must last before it is told, so that a restart tells nobody. */
export const holdMsOf = (kind: string): number =>
  Object.hasOwn(ALERT_KINDS, kind) ? ALERT_KINDS[kind as AlertKind].holdMs : 0;

/** The page of what to do. */
export const helpOf = (kind: string): string => `docs/operations/alerts.md#${kind}`;
