// What a test or a person can turn: how the simulated org behaves, and what goes wrong on the way.
import type { Random } from "../../base/random.ts";
import type { VendorRequest } from "./exchange.ts";

export interface DialSettings {
  /** Added to every answer, in milliseconds. */
  latencyMs: number;
  /** Up to this many milliseconds more, at random. */
  jitterMs: number;
  /** Rows per query page at most; the vendor's own most is 2,000. */
  pageSize: number;
  /** A session dies after this long without use, in milliseconds. */
  sessionMs: number;
  /** Each refresh returns a new refresh token and kills the old one. */
  rotateRefreshTokens: boolean;
  /** API calls in any 24 hours. */
  dailyCap: number;
  /** Share of API calls answered 503, 0 to 1. */
  rate503: number;
  /** Rows written through the API are stamped this much before they can be seen, in milliseconds. */
  lateCommitMs: number;
  /** A query locator dies after this long, in milliseconds. */
  locatorMs: number;
  /** Query locators kept at one time; the oldest goes. */
  locatorsMax: number;
  /** How long the vendor works on a bulk job, in milliseconds. */
  bulkMs: number;
  /** Rows per page of a bulk query's results when the caller does not say. */
  bulkPageSize: number;
  /** How long deleted rows stay in the recycle bin and in the log of deletions, in milliseconds. */
  recycleMs: number;
  /** Whether the integration user may customise the application: make fields and grant permissions. */
  canCustomize: boolean;
  /** A duplicate rule: rows of `object` with an equal `field` are refused, or only reported (`alert`: a header lets them pass). */
  duplicateRule: { object: string; field: string; action: "block" | "alert" } | null;
}

export const defaultDials = (): DialSettings => ({
  latencyMs: 0,
  jitterMs: 0,
  pageSize: 2_000,
  sessionMs: 2 * 3_600_000,
  rotateRefreshTokens: false,
  dailyCap: 108_000, // Enterprise: 100,000 and 1,000 for each of 8 licences.
  rate503: 0,
  lateCommitMs: 0,
  locatorMs: 2 * 86_400_000,
  locatorsMax: 50,
  bulkMs: 0,
  bulkPageSize: 50_000,
  recycleMs: 15 * 86_400_000,
  canCustomize: true,
  duplicateRule: null,
});

/**
 * What goes wrong: `hang` (nothing done, no answer), `hang-after` (done, no answer), `reset-before` (connection cut,
 * nothing done), `reset-after` (done, connection cut before the answer), `status` (nothing done; that status and body),
 * `truncate` (done, half the body), `html` (nothing done, a web page with 200), `error-in-200` (nothing done, an error
 * list with 200), `empty-json` (nothing done, `{}` with 200).
 */
export type FaultKind =
  | "hang"
  | "hang-after"
  | "reset-before"
  | "reset-after"
  | "status"
  | "truncate"
  | "html"
  | "error-in-200"
  | "empty-json";

const KINDS: readonly FaultKind[] = [
  "hang",
  "hang-after",
  "reset-before",
  "reset-after",
  "status",
  "truncate",
  "html",
  "error-in-200",
  "empty-json",
];

export interface FaultRule {
  readonly kind: FaultKind;
  /** Only requests of this method and with this text in path and query. */
  readonly match?: { readonly method?: string; readonly path?: string };
  /** How often it strikes before it is gone; for ever when null. One time by default. */
  readonly times?: number | null;
  /** Strikes only each nth matching request. */
  readonly every?: number;
  /** Strikes with this chance, 0 to 1. */
  readonly rate?: number;
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Armed {
  rule: FaultRule;
  left: number;
  seen: number;
}

/** The dials of one simulator. Settings are plain properties; faults are armed by `failNext`. */
export class Dials {
  readonly settings: DialSettings = defaultDials();
  readonly #random: Random;
  #armed: Armed[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Turns several dials. Throws a sentence naming an unknown one. */
  set(changes: Partial<DialSettings>): void {
    for (const [name, value] of Object.entries(changes)) {
      if (!(name in this.settings))
        throw new Error(`There is no dial ${name}; there are: ${Object.keys(this.settings).join(", ")}.`);
      const was = (this.settings as unknown as Record<string, unknown>)[name];
      if (was !== null && name !== "duplicateRule" && typeof value !== typeof was)
        throw new Error(`The dial ${name} takes a ${typeof was}, not ${JSON.stringify(value)}.`);
    }
    Object.assign(this.settings, changes);
  }

  /** Arms a fault for the next matching request (or as its rule says). Throws when the rule makes no sense. */
  failNext(rule: FaultRule): void {
    if (!KINDS.includes(rule.kind))
      throw new Error(`There is no fault ${String(rule.kind)}; there are: ${KINDS.join(", ")}.`);
    if (rule.kind === "status" && rule.status === undefined) throw new Error("A fault of kind status needs a status.");
    const often = rule.every !== undefined || rule.rate !== undefined;
    const times = rule.times === undefined ? (often ? null : 1) : rule.times;
    this.#armed.push({ rule, left: times ?? Infinity, seen: 0 });
  }

  clearFaults(): void {
    this.#armed = [];
  }

  /** The fault that strikes this request, if any. */
  strike(request: VendorRequest): FaultRule | undefined {
    const target = `${request.path}?${decodeURIComponent(request.query.toString().replaceAll("+", " "))}`;
    for (const armed of this.#armed) {
      const { match, every, rate } = armed.rule;
      if (match?.method !== undefined && match.method.toUpperCase() !== request.method) continue;
      if (match?.path !== undefined && !target.includes(match.path)) continue;
      armed.seen += 1;
      if (every !== undefined && armed.seen % every !== 0) continue;
      if (rate !== undefined && this.#random.float() >= rate) continue;
      armed.left -= 1;
      if (armed.left <= 0) this.#armed = this.#armed.filter((one) => one !== armed);
      return armed.rule;
    }
    return undefined;
  }
}
