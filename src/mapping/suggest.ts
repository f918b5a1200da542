// Pairs that a mapping could have: each with what speaks for it. Pure, and nothing of it is in force before a person puts it there.
import { nearest } from "./nearest.ts";
import type { RecordField } from "./row.ts";
import { TRANSFORM_OF } from "./transform-of.ts";
import type { Field, FieldType, MappingRow, Value } from "./types.ts";

/** What must be known of a vendor's field; the connector contract's VendorField fits. */
export interface SuggestedField extends RecordField {
  readonly label: string;
  readonly type: string;
  readonly handle?: boolean;
  readonly options?: readonly { readonly value: string; readonly active: boolean }[];
}

export interface Suggestion {
  readonly row: MappingRow;
  /** What speaks for it, in words, the weightiest first. */
  readonly reasons: readonly string[];
}

export interface Suggesting {
  readonly kindFields: readonly Field[];
  readonly recordFields: readonly SuggestedField[];
  /** Those in force: what they name is not named again. */
  readonly rows: readonly MappingRow[];
  /** The rows that a new connection begins with. */
  readonly standard: readonly MappingRow[];
  /** Values of Winston's field that are held. */
  readonly valuesOf: (field: string) => readonly Value[];
  /** In how many records the vendor's field and Winston's say the same, of those where both say something. */
  readonly agreement: (
    record: string,
    field: string,
    type: FieldType,
  ) => { readonly same: number; readonly of: number };
}

/** Least weight of what is suggested. A type alone speaks for nothing. */
const WEIGHT_MIN = 3;
/** So many records must say something of both, and so large a part of them the same. */
const AGREEING_MIN = 3;
const AGREEING_PART = 0.8;

interface Candidate extends Suggestion {
  readonly weight: number;
}

/** The best pairs, each field in one of them at most. */
export function suggest(of: Suggesting): Suggestion[] {
  const taken = takenBy(of.rows);
  const free = of.recordFields.filter((one) => !one.handle && !taken.records.has(one.name));
  const fields = of.kindFields.filter(({ key }) => !taken.fields.has(key));
  const candidates: Candidate[] = of.standard.flatMap((row) => {
    const [ours, theirs] = [[row.field].flat(), [row.record].flat()];
    const there = theirs.every((name) => free.some((one) => one.name === name));
    if (theirs.length === 0 || !there || ours.some((field) => taken.fields.has(field.split(".")[0]!))) return [];
    return [{ row, weight: 10, reasons: ["the connector's own mapping has this pair"] }];
  });
  for (const theirs of free)
    for (const ours of fields) {
      const found = candidate(ours, theirs, of);
      if (found) candidates.push(found);
    }
  const chosen: Candidate[] = [];
  for (const one of candidates.toSorted((a, b) => b.weight - a.weight)) {
    const so = takenBy(chosen.map(({ row }) => row));
    const [ours, theirs] = [[one.row.field].flat(), [one.row.record].flat()];
    if (ours.some((field) => so.fields.has(field.split(".")[0]!)) || theirs.some((name) => so.records.has(name)))
      continue;
    chosen.push(one);
  }
  return chosen.map(({ row, reasons }) => ({ row, reasons }));
}

function takenBy(rows: readonly MappingRow[]): { fields: ReadonlySet<string>; records: ReadonlySet<string> } {
  return {
    fields: new Set(rows.flatMap((row) => row.field).map((field) => field.split(".")[0]!)),
    records: new Set(rows.flatMap((row) => row.record)),
  };
}

function candidate(ours: Field, theirs: SuggestedField, of: Suggesting): Candidate | undefined {
  if (!fits(ours.type, theirs.type)) return undefined;
  const reasons: { weight: number; why: string }[] = [];
  const say = (weight: number, why: string): void => void reasons.push({ weight, why });
  if (plain(ours.key) === plain(theirs.name)) say(4, `the same name: ${ours.key} and ${theirs.name}`);
  else if (plain(ours.label) === plain(theirs.label)) say(4, `the same label: "${theirs.label}"`);
  else if (nearest(theirs.name, [ours.key]).length > 0) say(2, `names that are near: ${ours.key} and ${theirs.name}`);
  else if (nearest(theirs.label, [ours.label]).length > 0)
    say(2, `labels that are near: "${ours.label}" and "${theirs.label}"`);
  const { same, of: both } = of.agreement(theirs.name, ours.key, ours.type);
  if (both >= AGREEING_MIN && same / both >= AGREEING_PART)
    say(4, `the same values in ${same} of ${both} records that say something of both`);
  const options = new Set(theirs.options?.flatMap(({ value, active }) => (active ? [value] : [])));
  const held = new Set(of.valuesOf(ours.key).filter((value) => typeof value === "string"));
  const within = [...held].filter((value) => options.has(value as string)).length;
  if (options.size > 0 && held.size > 1 && within / held.size >= AGREEING_PART)
    say(3, `${within} of the ${held.size} values here are in its list there`);
  const weight = reasons.reduce((sum, one) => sum + one.weight, 0);
  const alike = ours.type === theirs.type;
  if (weight + (alike ? 1 : 0) < WEIGHT_MIN || reasons.length === 0) return undefined;
  if (alike) say(1, `the same type: ${ours.type}`);
  const writable = theirs.createable !== false || theirs.updateable !== false;
  if (!writable) say(0, "the vendor lets it only be read, so the row is inbound");
  return {
    weight: weight + (alike ? 1 : 0),
    reasons: reasons.toSorted((a, b) => b.weight - a.weight).map(({ why }) => why),
    row: {
      field: ours.key,
      record: theirs.name,
      direction: writable ? "both" : "in",
      transform: TRANSFORM_OF[ours.type],
    },
  };
}

const TEXTS: ReadonlySet<string> = new Set(["text", "picklist"]);

/** Whether values of these types can stand for each other without options. References need to know what they point to, and JSON says nothing. */
function fits(ours: FieldType, theirs: string): boolean {
  if (ours === "reference" || ours === "json") return false;
  if (ours === theirs) return true;
  if (TEXTS.has(ours)) return TEXTS.has(theirs) || theirs === "url" || theirs === "phone" || theirs === "email";
  return (ours === "email" || ours === "phone" || ours === "url") && theirs === "text";
}

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/__c$/u, "")
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
