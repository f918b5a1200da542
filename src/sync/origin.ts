// Where each field's value came from, and when as far as it was observed. Pure.
import type { JsonObject } from "../base/json.ts";

/**
 * When a value was set: a span in which it must have happened, in milliseconds, both ends included. An edit through Winston is a
 * point. A vendor's stamp is evidence: it is as exact as the vendor says (`precisionMs`) and is clamped into the time between the
 * last look and this one, in which the change must have appeared (guarantee R17; docs/decisions/newest-by-observation.md).
 */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The source of a value: the stream it was pulled from, or the actor who set it here. */
export interface Origin extends Interval {
  readonly stream?: number;
  readonly actor?: string;
}

export function observed(
  stamp: number | null,
  look: { last: number | null; now: number; precisionMs: number },
): Interval {
  const low = look.last ?? 0;
  const clamp = (time: number): number => Math.min(Math.max(time, low), look.now);
  if (stamp === null) return { from: low, to: look.now };
  return { from: clamp(stamp), to: clamp(stamp + look.precisionMs - 1) };
}

/**
 * Whose value was set later. One order over all edits, so that three of them have one newest in whatever order they are compared: the
 * one that cannot have happened before a later moment; of two from one moment the one made here, then that of the connection made
 * first. Against an edit made here that is: a vendor's is newer exactly when its span begins after it.
 */
export function newer(record: Origin, winston: Origin): "record" | "winston" {
  if (record.from !== winston.from) return record.from > winston.from ? "record" : "winston";
  return (record.stream ?? 0) < (winston.stream ?? 0) ? "record" : "winston";
}

/** Stored form: {"*": [...], field: [...]}; "*" stands for every field not named, so that a first load stores one entry and not forty. */
export function pack(origin: Origin): (string | number | null)[] {
  return [origin.stream ?? null, origin.actor ?? null, origin.from, origin.to];
}

export function originOf(origins: JsonObject, field: string): Origin {
  const [stream, actor, from, to] = (origins[field] ?? origins["*"] ?? [null, null, 0, 0]) as [
    number | null,
    string | null,
    number,
    number,
  ];
  return { ...(stream === null ? {} : { stream }), ...(actor === null ? {} : { actor }), from, to };
}

/** The origins after these fields were set, all by one or each by its own. */
export function setOrigins(
  origins: JsonObject,
  fields: readonly string[],
  origin: Origin | ((field: string) => Origin),
): JsonObject {
  const next: JsonObject = { ...origins };
  for (const field of fields) next[field] = pack(typeof origin === "function" ? origin(field) : origin);
  return next;
}
