// The merge: per field, three legs and no guess. Pure.
import type { Json } from "../base/json.ts";
import type { CompiledMapping, Fields, Value } from "../mapping/types.ts";

/** The three legs, and on a fourth what we sent in a write whose outcome nobody stored. */
export interface Sides {
  /** What both sides last agreed on, by field; an absent key is null. */
  readonly baseline: Fields;
  /** Whether a field has a baseline at all; without one both sides meet for the first time. */
  readonly met: (field: string) => boolean;
  /** Winston's values. */
  readonly entity: Fields;
  /** The record's values. An absent key was not carried and says nothing. */
  readonly record: Fields;
  /** Values of a write with an unknown outcome: a record value that stands for one is our own write seen again, not an edit. */
  readonly sent?: Fields;
}

export interface Rules {
  readonly equal: CompiledMapping["equal"];
  readonly standsFor: CompiledMapping["standsFor"];
  readonly ruleOf: CompiledMapping["ruleOf"];
  readonly outbound: ReadonlySet<string>;
  /** What the ledger says instead of `record` or `winston`, where it is not this record's own mapping that says so. */
  readonly reasonOf?: (field: string) => string | undefined;
  /** Whether a system that only its own people can change still forbids what this record no longer does. */
  readonly withheld?: (field: string) => boolean;
  /** Whether the side that loses keeps its value for itself: it is computed there, and nobody here decides anything about it. */
  readonly losesNothing?: (field: string, winner: "record" | "winston") => boolean;
  /** Whether a field waits for a person: where both sides differ, neither moves, and what they last agreed on stays as it is. `blanks`: only the record moved, and to blank. */
  readonly waits?: (field: string, blanks: boolean) => boolean;
  /** Whose value was set later, as far as it was observed. */
  readonly newer: (field: string) => "record" | "winston";
}

export interface Conflict {
  readonly field: string;
  readonly winner: "winston" | "record" | "open";
  readonly rule: string;
  readonly baseline: Json;
  readonly winston: Json;
  readonly record: Json;
}

export interface Merge {
  /** Values Winston takes from the record. */
  readonly take: Readonly<Record<string, Value>>;
  /** The whole new baseline, without nulls. */
  readonly baseline: Readonly<Record<string, Value>>;
  /** Fields the record lacks or has otherwise, to be pushed to it. */
  readonly behind: readonly string[];
  /** Fields both sides changed, each with the decision; the loser goes to the ledger. */
  readonly conflicts: readonly Conflict[];
  /** Fields both sides changed to the same value, which the record's side said with more weight: from now on it is the record's. */
  readonly confirmed: readonly string[];
}

const blank = (value: Value | undefined): boolean => value === undefined || value === null;

/**
 * Three-way merge, as Unison does for files (guarantee R2): equal sides agree; a side that did not move takes the other; where both
 * moved, the field's rule decides and the loser is kept. At a first meeting blanks fill from the other side. A null that stands
 * where the baseline had a value is a clear, and travels like any other change. What the vendor rounds did not move: the exact value
 * stays here and in the baseline, so that it is neither taken for an edit nor sent again.
 */
export function merge(sides: Sides, rules: Rules): Merge {
  const take: Record<string, Value> = {};
  const baseline: Record<string, Value> = { ...sides.baseline };
  const agree = (field: string, value: Value): void => {
    if (value === null) delete baseline[field];
    else baseline[field] = value;
  };
  const behind: string[] = [];
  const conflicts: Conflict[] = [];
  const confirmed: string[] = [];

  const keep = (field: string, theirs: Value): void => {
    agree(field, theirs);
    if (rules.outbound.has(field)) behind.push(field);
  };
  const accept = (field: string, theirs: Value): void => {
    take[field] = theirs;
    agree(field, theirs);
  };

  for (const field of Object.keys(sides.record)) {
    const theirs = sides.record[field] ?? null;
    const ours = sides.entity[field];
    const own =
      sides.sent !== undefined && Object.hasOwn(sides.sent, field) && rules.standsFor(field, theirs, sides.sent[field]);
    if (rules.equal(field, theirs, ours)) {
      agree(field, theirs);
      const theyMoved = !own && sides.met(field) && !rules.standsFor(field, theirs, sides.baseline[field]);
      if (theyMoved && decide(field, { ours, theirs }, rules).winner === "record") confirmed.push(field);
      continue;
    }
    const met = own || sides.met(field);
    const was = own ? sides.sent![field] : sides.baseline[field];
    const weMoved = !met || !rules.equal(field, ours, was);
    const theyMoved = !met || !rules.standsFor(field, theirs, was);
    if (!weMoved && !theyMoved) agree(field, ours ?? null);
    else if (rules.waits?.(field, !weMoved && blank(theirs))) continue;
    else if (!met && blank(ours)) accept(field, theirs);
    else if (!met && blank(theirs)) keep(field, theirs);
    else if (!weMoved && rules.withheld?.(field)) {
      const values = { baseline: was ?? null, winston: ours ?? null, record: theirs };
      conflicts.push({ field, winner: "winston", rule: "restrictive", ...values });
      keep(field, theirs);
    } else if (!weMoved) accept(field, theirs);
    else if (!theyMoved) keep(field, theirs);
    else if (rules.standsFor(field, theirs, ours)) agree(field, ours ?? null);
    else {
      const { winner, rule } = decide(field, { ours, theirs }, rules);
      if (winner === "open" || !rules.losesNothing?.(field, winner))
        conflicts.push({ field, winner, rule, baseline: was ?? null, winston: ours ?? null, record: theirs });
      if (winner === "record") accept(field, theirs);
      else if (winner === "winston") keep(field, theirs);
    }
  }
  return { take, baseline, behind, conflicts, confirmed };
}

/** Who wins a field that both sides changed, by the field's rule. The same for every order of arrival. */
function decide(
  field: string,
  values: { ours: Value | undefined; theirs: Value },
  rules: Rules,
): { winner: Conflict["winner"]; rule: string } {
  const rule = rules.ruleOf(field);
  const newest = rules.newer(field);
  switch (rule) {
    case "winston":
    case "record":
      return { winner: rule, rule: rules.reasonOf?.(field) ?? rule };
    case "ask":
      return { winner: "open", rule };
    case "nonBlank":
      if (blank(values.ours) !== blank(values.theirs))
        return { winner: blank(values.ours) ? "record" : "winston", rule };
      return { winner: newest, rule: "nonBlank, then newest" };
    case "restrictive":
      // Consent: whoever forbids wins. `true` is the restrictive value ("do not call").
      if (values.ours !== values.theirs && (values.ours === true || values.theirs === true))
        return { winner: values.ours === true ? "winston" : "record", rule };
      return { winner: newest, rule: "restrictive, then newest" };
    case "newest":
      return { winner: newest, rule };
  }
}
