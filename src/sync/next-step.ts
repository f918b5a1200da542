// What the next sync would do about a field of a thing at a place, and which decision made its value what it is. Pure.
import { equalJson, type Json } from "../base/json.ts";
import type { Value } from "../mapping/types.ts";
import type { EntityRow } from "../store/entity.ts";
import type { ConflictBehind, HeldField, PlaceBehind } from "../store/why.ts";
import type { Writer } from "./context.ts";

/** The next step, in words: what is done, or what it waits for and who ends that. `held`: why neither side of the field moves, where that is so. */
export function nextAt(
  place: PlaceBehind,
  field: string,
  row: Pick<EntityRow, "fields" | "deletedAt">,
  of: {
    readonly writer: Writer | undefined;
    readonly held: readonly HeldField[];
    /** What drifted at the vendor, where that pauses the row of the field. */
    readonly drift: string | undefined;
  },
): string {
  const { writer, held, drift } = of;
  const absent = place.state === "absent";
  if (place.state !== "active" && !absent) return `Nothing: the record there is ${place.state}.`;
  const same = equalJson(row.fields[field] ?? null, place.baseline[field] ?? null);
  if (row.deletedAt !== null)
    return brakedAt(place, DELETED) ?? "The record there is removed, unless it was edited there.";
  if (place.outside) return "Nothing: the filter of its stream leaves the record there out.";
  if (!place.enabled) return `Nothing: ${place.connection} ${place.stream} is switched off.`;
  const owed = absent ? place.intent !== null : !same;
  const stopped =
    heldAt(place, field, { held, concerned: owed && writer?.outbound.has(field) === true }) ?? brakedAt(place, field);
  if (stopped !== undefined) return stopped;
  if (drift !== undefined) return `Nothing: the row of ${field} is paused (winston schema diff). ${drift}`;
  if (same && !absent)
    return place.unread === null
      ? "Nothing: both sides agree."
      : `What the record there says by now is not taken, until somebody acts: ${place.unread}`;
  if (!writer?.outbound.has(field)) return "Nothing: this field is not written there.";
  if (!absent && writer.equal(field, row.fields[field] as Value, place.baseline[field] as Value))
    return "Nothing: what is there stands for this value.";
  // What is parked as a whole waits with every field, whichever it was refused for.
  const whole = place.intent === "parked" || place.parkedField === null || place.parkedField === field;
  if (place.parked !== null && whole) return `Nothing, until somebody acts: ${place.parked}`;
  if (place.awaiting.includes(field))
    return `It waits: what it names has no record at ${place.connection} that it could be given.`;
  if (place.intent === "held")
    return "Nothing, until a person says whether it is a record that is there already (winston duplicates list).";
  if (place.intent === "staged")
    return `It waits: this is not among what is rolled out at ${place.connection} yet (winston connections rollout).`;
  if (place.problem !== null) return `Nothing: ${place.connection} is stopped: ${place.problem}`;
  if (absent && place.intent === null)
    return "Nothing: it is not there, and is not to be made. A filter, the range or the direction of that stream may leave it out.";
  if (place.paused) return `It waits: ${place.connection} is paused (winston resume ${place.connection}).`;
  if (place.mode === "plan") return `It waits for a plan that somebody approves: ${place.connection} is in plan mode.`;
  if (place.mode !== "write") return `It waits: ${place.connection} only observes.`;
  if (place.approval === "plan") return "It waits for a plan that somebody approves: so its stream is set.";
  const done = absent ? "It is made there" : "It is written there";
  if (place.intent === "ready" && place.notBefore === null && place.strategy !== "realtime" && !place.urgent)
    return `${done} with the schedule of its stream.`;
  if (place.intent === "ready")
    return place.notBefore === null ? `${done}.` : `${done} at ${new Date(place.notBefore).toISOString()}.`;
  return "Nothing is owed there. Where what it has does not stand for this value, `winston compare` says so.";
}

/** Why a field moves on neither side; undefined where nothing holds it, or it is asked about elsewhere and this place is not `concerned`. */
function heldAt(
  place: PlaceBehind,
  field: string,
  { held, concerned }: { readonly held: readonly HeldField[]; readonly concerned: boolean },
): string | undefined {
  const of = held.filter((one) => one.field === field);
  const here = of.find((one) => one.streamId === place.streamId && one.recordId === place.recordId);
  const asked = here ?? (concerned ? of.find((one) => one.is === "asked") : undefined);
  if (asked)
    return `Nothing, until a person says which value stands: \`winston conflicts take ${asked.id} winston\`, or \`record\`${here ? "" : `. It is asked about ${asked.recordId} at ${asked.place}, and waits everywhere`}.`;
  const frozen = of.find((one) => one.is === "frozen");
  return (
    frozen && `Nothing: two writers set it to and fro, and it is frozen until \`winston frozen release ${frozen.id}\`.`
  );
}

/** As the brake's book has a deletion. */
const DELETED = "";

function brakedAt({ brakes }: PlaceBehind, field: string): string | undefined {
  const on = brakes.find((one) => one.field === field);
  return on && `Nothing, until a person decides: it waits at the brake (winston brake show ${on.id}).`;
}

/** A decision about a field, as it stood at a time. */
export interface Decided {
  readonly conflict: ConflictBehind;
  /** When the value was decided; of an open one, when it was asked. */
  readonly at: number;
  /** What it was then: a question that was answered later was open. */
  readonly winner: "winston" | "record" | "given" | "open";
  readonly lost: Json;
}

/**
 * The decision by which the value of a field stands: the last one whose winner it is, where nobody set the field since. A question that is
 * open comes first: the value stands because neither side moves. Nothing where no rule decided. `conflicts`: newest first. `setAt`: when the
 * value was set. `asOf`: what is decided later is not known.
 */
export function decidedBy(
  conflicts: readonly ConflictBehind[],
  { field, value, setAt, asOf }: { field: string; value: Json; setAt: number; asOf: number | undefined },
): Decided | undefined {
  const of = conflicts.flatMap((conflict): Decided[] => {
    if (conflict.field !== field || (asOf !== undefined && conflict.at > asOf)) return [];
    const { decidedAt } = conflict;
    const isAsked = conflict.winner === "open" || (asOf !== undefined && decidedAt !== null && decidedAt > asOf);
    if (isAsked) return [{ conflict, at: conflict.at, winner: "open", lost: null }];
    if (conflict.winner === "moot") return [];
    const lost =
      conflict.winner === "record" ? conflict.winston : conflict.winner === "winston" ? conflict.record : null;
    return [{ conflict, at: decidedAt ?? conflict.at, winner: conflict.winner, lost }];
  });
  const stood = ({ conflict, winner }: Decided): Json =>
    winner === "record" ? conflict.record : winner === "given" ? conflict.given : conflict.winston;
  return (
    of.find((one) => one.winner === "open") ??
    of.filter((one) => one.at >= setAt && equalJson(stood(one), value)).toSorted((a, b) => b.at - a.at)[0]
  );
}
