// The `field_mappings` JSON of Winston's specification, read as written:
//
//   { "field_mappings": { "crm":     { "lead.email": "contact.email", "lead.name": "contact.full_name" },
//                         "winston": { "contact.email": "lead.email", "contact.name": "lead.name" } } }
//
// Under "crm": Winston's field → the CRM's (how Winston writes). Under "winston": the CRM's field → Winston's (how it reads).
// The two need not mirror each other; where they do not, it is said in words what follows from it.
// src/mapping/to-specification.ts goes the other way.
import { z } from "zod";
import type { Problem } from "../base/errors.ts";
import { oneSidedExample, splitExample } from "./asymmetry.ts";
import { kindNamed, standardFields } from "./kinds.ts";
import { nearestInWords } from "./nearest.ts";
import { TRANSFORM_OF } from "./transform-of.ts";
import type { Direction, Field, MappingDocument, MappingRow } from "./types.ts";
import { mappingInvalid, pointerTo } from "./invalid.ts";

export interface FieldMappings {
  /** One document per pair of a Winston kind (or stage) and the CRM's object that most of its fields name. */
  readonly documents: readonly { readonly object: string; readonly document: MappingDocument }[];
  /** What the mapping does that its author may not expect, in words. */
  readonly warnings: readonly string[];
}

const pairs = z.record(z.string().min(1), z.string().min(1));
const sides = z.strictObject({ crm: pairs.default({}), winston: pairs.default({}) });
const schema = z.union([
  z.strictObject({ field_mappings: sides }),
  sides.transform((given) => ({ field_mappings: given })),
]);

/** One line of the JSON. */
interface Pair {
  /** As written: "lead.name", "contact.full_name". */
  readonly winston: string;
  readonly crm: string;
  readonly side: "crm" | "winston";
  /** Of `winston`: what stands before the first dot, and Winston's fields behind the rest. */
  readonly word: string;
  readonly field: string | readonly string[];
  readonly transform: string;
  readonly object: string;
}

/** Throws `mapping.invalid` for what cannot be understood; never for asymmetry. `fieldsOf` adds custom fields and kinds. */
export function readFieldMappings(
  input: unknown,
  fieldsOf: (kind: string) => readonly Field[] = standardFields,
): FieldMappings {
  const parsed = schema.safeParse(input);
  if (!parsed.success)
    throw mappingInvalid("The field mappings are not well formed", [
      {
        pointer: "",
        code: "mapping.malformed",
        message:
          'expected { "field_mappings": { "crm": { "lead.email": "contact.email" }, "winston": { "contact.email": "lead.email" } } }.',
      },
    ]);
  const problems: Problem[] = [];
  const { crm, winston } = parsed.data.field_mappings;
  const read = (side: Pair["side"], field: string, record: string, key: string): Pair[] => {
    const pair = pairOf(side, field, record, fieldsOf);
    if (typeof pair !== "string") return [pair];
    problems.push({ pointer: pointerTo("field_mappings", side, key), code: "field.unknown", message: pair });
    return [];
  };
  const all = [
    ...Object.entries(crm).flatMap(([field, record]) => read("crm", field, record, field)),
    ...Object.entries(winston).flatMap(([record, field]) => read("winston", field, record, record)),
  ];
  if (all.length === 0 && problems.length === 0)
    problems.push({
      pointer: pointerTo("field_mappings"),
      code: "mapping.malformed",
      message: "there is no field in it.",
    });
  problems.push(...twice(all));
  if (problems.length > 0) throw mappingInvalid("The field mappings cannot be used", problems);

  const warnings: string[] = [];
  const documents = [...Map.groupBy(all, (pair) => pair.word)].map(([word, group]) =>
    documentOf(word, group, fieldsOf, warnings),
  );
  return { documents, warnings };
}

function pairOf(
  side: Pair["side"],
  winston: string,
  crm: string,
  fieldsOf: (kind: string) => readonly Field[],
): Pair | string {
  const [word, name] = parted(winston);
  const [object, record] = parted(crm);
  if (name === "") return `"${winston}" does not say its kind; write it as lead.${word || "email"}.`;
  if (record === "") return `"${crm}" does not say its object; write it as contact.${object || "email"}.`;
  const kind = kindNamed(word)?.kind ?? word;
  const kindFields = fieldsOf(kind);
  if (kindFields.length === 0)
    return `Winston has no kind "${word}"${nearestInWords(word, ["lead", "contact", "account", "deal", "deal-contact", "campaign", "activity", "user"])}.`;
  const found = fieldNamed(name, kind, kindFields, fieldsOf);
  return found
    ? { winston, crm, side, word, object, ...found }
    : `${word} has no field "${name}"${nearestInWords(
        name,
        kindFields.map((field) => field.key),
      )}.`;
}

const parted = (text: string): [string, string] => {
  const dot = text.indexOf(".");
  return dot < 0 ? [text, ""] : [text.slice(0, dot), text.slice(dot + 1)];
};

const camel = (name: string): string => name.replaceAll(/_+([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());

/** A field as the specification writes it: our key, its snake_case, a path, or a person's whole name. */
export function fieldNamed(
  name: string,
  kind: string,
  kindFields: readonly Field[],
  fieldsOf: (kind: string) => readonly Field[],
): Pick<Pair, "field" | "transform"> | undefined {
  const own = kindFields.find((field) => field.key === name) ?? kindFields.find((field) => field.key === camel(name));
  if (own) return { field: own.key, transform: TRANSFORM_OF[own.type] };
  if (kind === "person" && /^(?:full_?)?name$/iu.test(name))
    return { field: ["firstName", "lastName"], transform: "fullName" };
  const [head, tail] = parted(name);
  const reference = kindFields.find((field) => field.key === camel(head) && field.type === "reference");
  const end = tail === "" ? undefined : fieldsOf(reference?.target ?? "").find((field) => field.key === camel(tail));
  return reference && end ? { field: `${reference.key}.${end.key}`, transform: TRANSFORM_OF[end.type] } : undefined;
}

/** Two lines that set one field. JSON itself rules out only the other half of these. */
function twice(all: readonly Pair[]): Problem[] {
  const problems: Problem[] = [];
  const find = (side: Pair["side"], target: "winston" | "crm", source: "winston" | "crm", verb: string): void => {
    const some = all.filter((pair) => pair.side === side);
    for (const [name, group] of Map.groupBy(
      some,
      (pair) => `${pair.word}\n${target === "winston" ? String(pair.field) : pair.crm}`,
    )) {
      if (group.length > 1)
        problems.push({
          pointer: pointerTo("field_mappings", side),
          code: "mapping.twice",
          message: `${group.map((pair) => pair[source]).join(" and ")} are both ${verb} ${group[0]![target] ?? name}; keep one.`,
        });
    }
  };
  find("crm", "crm", "winston", "written to");
  find("winston", "winston", "crm", "read into");
  return problems;
}

function documentOf(
  word: string,
  group: readonly Pair[],
  fieldsOf: (kind: string) => readonly Field[],
  warnings: string[],
): FieldMappings["documents"][number] {
  const object = mostNamed(group.map((pair) => pair.object));
  const named = kindNamed(word) ?? { kind: word };
  const rows: MappingRow[] = [];
  for (const [, pairsOfField] of Map.groupBy(group, (pair) => String(pair.field))) {
    const writes = pairsOfField.find((pair) => pair.side === "crm");
    const reads = pairsOfField.find((pair) => pair.side === "winston");
    const row = (pair: Pair, direction: Direction): MappingRow => ({
      field: pair.field,
      record: pair.object === object ? pair.crm.slice(object.length + 1) : pair.crm,
      direction,
      transform: pair.transform,
    });
    if (writes && reads?.crm === writes.crm) rows.push(row(writes, "both"));
    else {
      const [out, back] = [writes && row(writes, "out"), reads && row(reads, "in")];
      rows.push(...[out, back].flatMap((one) => one ?? []));
      const context = { document: { ...named, rows: [] }, kindFields: fieldsOf(named.kind), fieldsOf };
      const example = out && back ? splitExample(out, back, context) : oneSidedExample((out ?? back)!, context);
      warnings.push([asymmetry(writes, reads), ...example].join(" "));
    }
  }
  for (const crm of new Set(group.filter((pair) => pair.object !== object).map((pair) => pair.crm)))
    warnings.push(
      `${crm} is no field of ${object}, which the other fields of ${word} name: it is reached through the ${object}'s ${parted(crm)[0]}, and the connector must offer it as "${crm}".`,
    );
  return { object, document: { ...named, rows } };
}

function asymmetry(writes: Pair | undefined, reads: Pair | undefined): string {
  if (writes && reads)
    return (
      `${writes.winston} is written to ${writes.crm} but read from ${reads.crm}. An edit in Winston is seen there again only if the CRM itself ` +
      `carries ${writes.crm} over to ${reads.crm}; if it does not, the next change read from ${reads.crm} replaces the edit. ` +
      `If the two are one field, name it the same on both sides.`
    );
  if (writes)
    return `${writes.winston} is written to ${writes.crm} and never read: what people change in the CRM stays there.`;
  return `${reads!.winston} is read from ${reads!.crm} and never written: Winston refuses edits of it, for they would never reach the CRM.`;
}

/** The name that occurs most often; of several, the first. */
export function mostNamed(names: readonly string[]): string {
  const counts = [...Map.groupBy(names, (name) => name)];
  return counts.reduce((best, one) => (one[1].length > best[1].length ? one : best))[0];
}
