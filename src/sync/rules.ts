// Whose value stands where both sides changed one field: rules of several systems about one field, made into one order. Pure.
import type { JsonObject } from "../base/json.ts";
import type { CompiledMapping } from "../mapping/types.ts";
import type { Rules } from "./merge.ts";
import { newer, originOf, type Origin } from "./origin.ts";

type Rule = ReturnType<CompiledMapping["ruleOf"]>;

/** What the mappings of all streams of one kind say of each field. */
export interface FieldRules {
  /** How values of equal standing are decided: where streams state different rules, the most careful of them. */
  readonly ruleOf: (field: string) => Exclude<Rule, "record" | "winston">;
  /** 1: the stream owns the field (its rule is `record`). -1: it yields to everybody (`winston`). 0: else, and for edits made here. */
  readonly standing: (stream: number | undefined, field: string) => -1 | 0 | 1;
  /**
   * Whether the stream's value of the field is its vendor's own, and nobody's to change from here: it is read and never written there, and
   * no other system is written it either, or this one yields it. What its vendor computes is such.
   */
  readonly theirOwn: (stream: number | undefined, field: string) => boolean;
  /** Whether the stream's vendor keeps what it has while a target cannot be named there, and nobody said who stands for whom. */
  readonly keeps: (stream: number | undefined, field: string) => boolean;
}

/** The most careful first. */
const BY_CARE = ["ask", "restrictive", "nonBlank", "newest"] as const;

export function fieldRules(
  streams: readonly {
    readonly id: number;
    readonly mapping: Pick<CompiledMapping, "ruleOf" | "inbound" | "outbound"> &
      Partial<Pick<CompiledMapping, "references">>;
  }[],
): FieldRules {
  const mappings = new Map(streams.map(({ id, mapping }) => [id, mapping]));
  const known = new Map<string, (typeof BY_CARE)[number]>();
  const stated = (field: string): (typeof BY_CARE)[number] => {
    const rules = streams
      .filter(({ mapping }) => mapping.inbound.has(field))
      .map(({ mapping }) => mapping.ruleOf(field));
    return BY_CARE.find((rule) => rules.includes(rule)) ?? "newest";
  };
  return {
    ruleOf: (field) => {
      const rule = known.get(field) ?? stated(field);
      known.set(field, rule);
      return rule;
    },
    standing: (stream, field) => {
      const rule = stream === undefined ? undefined : mappings.get(stream)?.ruleOf(field);
      return rule === "record" ? 1 : rule === "winston" ? -1 : 0;
    },
    theirOwn: (stream, field) => {
      const mapping = stream === undefined ? undefined : mappings.get(stream);
      if (!mapping || !mapping.inbound.has(field) || mapping.outbound.has(field)) return false;
      return mapping.ruleOf(field) === "winston" || !streams.some((one) => one.mapping.outbound.has(field));
    },
    keeps: (stream, field) => {
      const reference = stream === undefined ? undefined : mappings.get(stream)?.references?.get(field);
      return reference !== undefined && (reference.fallback ?? "keep") === "keep" && reference.table === undefined;
    },
  };
}

/**
 * The rules for one record that meets one entity. A value has the standing of the system it came from, so it matters who said what, not
 * who was heard first: any order of arrival ends with one value. Of two that own the field, or two that yield, the field's rule decides.
 */
export function rulesFor(
  of: FieldRules,
  sides: { readonly record: Origin; readonly winston: JsonObject },
): Pick<Rules, "ruleOf" | "reasonOf" | "newer" | "losesNothing"> {
  const standings = (field: string): { theirs: number; ours: number } => ({
    theirs: of.standing(sides.record.stream, field),
    ours: of.standing(originOf(sides.winston, field).stream, field),
  });
  return {
    ruleOf: (field) => {
      const { theirs, ours } = standings(field);
      return theirs > ours ? "record" : theirs < ours ? "winston" : of.ruleOf(field);
    },
    reasonOf: (field) => {
      const { theirs, ours } = standings(field);
      if (theirs === ours) return undefined;
      // Seen from this record: it owns the field or yields it, or the value here came from one that does.
      return theirs === 1 ? "record" : theirs === -1 ? "winston" : ours === 1 ? "owner" : "yields";
    },
    newer: (field) => newer(sides.record, originOf(sides.winston, field)),
    losesNothing: (field, winner) =>
      of.theirOwn((winner === "winston" ? sides.record : originOf(sides.winston, field)).stream, field),
  };
}
