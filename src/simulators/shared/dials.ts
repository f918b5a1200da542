// The dials every simulated vendor has: its own settings, and faults that strike requests on their way.
import type { Random } from "../../base/random.ts";
import { json, type VendorRequest, type VendorResponse } from "./exchange.ts";

/**
 * What goes wrong: `hang` (nothing done, no answer), `hang-after` (done, no answer), `reset-before` (connection cut,
 * nothing done), `reset-after` (done, connection cut before the answer), `status` (nothing done; that status and body),
 * `truncate` (done, half the body), `html` (nothing done, a web page with 200), `error-in-200` (nothing done, the
 * vendor's error body with 200), `empty-json` (nothing done, `{}` with 200).
 */
export type FaultKind = (typeof KINDS)[number];

const KINDS = [
  "hang",
  "hang-after",
  "reset-before",
  "reset-after",
  "status",
  "truncate",
  "html",
  "error-in-200",
  "empty-json",
] as const;

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
export class FaultDials<Settings extends object> {
  readonly settings: Settings;
  readonly #free: ReadonlySet<string>;
  readonly #random: Random;
  #armed: Armed[] = [];

  /** A setting whose default is null takes any value; the others keep the type of their default. */
  constructor(defaults: Settings, random: Random) {
    this.settings = defaults;
    this.#free = new Set(Object.entries(defaults).flatMap(([name, value]) => (value === null ? [name] : [])));
    this.#random = random;
  }

  /** Turns several dials. Throws a sentence naming an unknown one. */
  set(changes: Partial<Settings>): void {
    for (const [name, value] of Object.entries(changes)) {
      if (!(name in this.settings))
        throw new Error(`There is no dial ${name}; there are: ${Object.keys(this.settings).join(", ")}.`);
      const was = (this.settings as Record<string, unknown>)[name];
      if (!this.#free.has(name) && typeof value !== typeof was)
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

/** How a vendor words its errors when a fault does not say: the body of a failed request, and of an error inside a 200. */
export interface FaultWords {
  readonly failed: unknown;
  readonly inside200: unknown;
}

/** The answer of a fault that keeps the request from being worked on. */
export function instead(fault: FaultRule, words: FaultWords): VendorResponse | undefined {
  switch (fault.kind) {
    case "hang":
      return { status: 0, headers: {}, body: "", cut: "hang" };
    case "reset-before":
      return { status: 0, headers: {}, body: "", cut: "reset" };
    case "status": {
      const status = fault.status ?? 500;
      const body = fault.body ?? words.failed;
      const headers = { ...fault.headers };
      return typeof body === "string"
        ? { status, headers: { "content-type": "text/html", ...headers }, body }
        : json(status, body, { headers });
    }
    case "html":
      return {
        status: 200,
        headers: { "content-type": "text/html;charset=UTF-8" },
        body: "<html><head><title>Down for maintenance</title></head><body><h1>Sorry to interrupt</h1></body></html>",
      };
    case "error-in-200":
      return json(200, words.inside200);
    case "empty-json":
      return json(200, {});
    default:
      return undefined;
  }
}

/** What a fault does to an answer already made. */
export function spoil(fault: FaultRule, response: VendorResponse): VendorResponse {
  if (fault.kind === "hang-after") return { ...response, cut: "hang" };
  if (fault.kind === "reset-after") return { ...response, cut: "reset" };
  if (fault.kind === "truncate") return { ...response, cut: "truncate" };
  return response;
}
