// A mapping as the specification's `field_mappings` JSON: what src/mapping/specification.ts reads, written. The JSON names pairs and nothing
// more, so what else a row says is left out, and each time that is told.
//
// The normal form of the JSON, in which it comes out: a field by Winston's own key, a person's whole name as `name`, before it the stage or
// the kind in the singular; a field of the vendor's behind its object, and one that is reached through another object as it stands.
import { equalJson } from "../base/json.ts";
import { kindNamed, standardFields } from "./kinds.ts";
import { fieldNamed, mostNamed } from "./specification.ts";
import type { Field, MappingDocument, MappingRow } from "./types.ts";

export interface WrittenFieldMappings {
  readonly document: {
    readonly field_mappings: {
      readonly crm: Readonly<Record<string, string>>;
      readonly winston: Readonly<Record<string, string>>;
    };
  };
  /** What the JSON cannot say of these mappings, in words. None: read again, it is the same mapping. */
  readonly notes: readonly string[];
}

/** One pair of a row. */
interface Pair {
  readonly row: MappingRow;
  readonly winston: string;
}

export function writeFieldMappings(
  documents: readonly { readonly object: string; readonly document: MappingDocument }[],
  fieldsOf: (kind: string) => readonly Field[] = standardFields,
): WrittenFieldMappings {
  const notes: string[] = [];
  const crm: Record<string, string> = {};
  const winston: Record<string, string> = {};
  for (const { object, document } of documents) {
    const pairs = document.rows.flatMap((row, index) => pairOf(row, index, document, fieldsOf, notes));
    const nameOf = namer(object, pairs);
    for (const { row, winston: field } of pairs) {
      const record = nameOf(row.record as string);
      if (row.direction !== "in") {
        if (Object.hasOwn(crm, field))
          notes.push(`${field} is written to ${crm[field]} and to ${record}; the JSON names only ${crm[field]}.`);
        else crm[field] = record;
      }
      if (row.direction !== "out") {
        if (Object.hasOwn(winston, record))
          notes.push(
            `${record} is read into ${winston[record]} and into ${field}; the JSON names only ${winston[record]}.`,
          );
        else winston[record] = field;
      }
    }
    notes.push(...paired(pairs));
  }
  return { document: { field_mappings: { crm, winston } }, notes };
}

/** A row as a pair of names; none where the JSON has no words for it. What it leaves out goes to `notes`. */
function pairOf(
  row: MappingRow,
  index: number,
  { kind, stage }: MappingDocument,
  fieldsOf: (kind: string) => readonly Field[],
  notes: string[],
): Pair[] {
  const what = `Row ${index + 1} (${[row.field].flat().join(", ") || [row.record].flat().join(", ")})`;
  const word = stage ?? kind;
  const named = kindNamed(word) ?? { kind: word };
  if (typeof row.record !== "string" || row.transform === "template" || row.transform === "constant") {
    notes.push(
      `${what} is left out: the JSON has no ${typeof row.record === "string" ? row.transform : "pair of one field with several of the vendor's"}.`,
    );
    return [];
  }
  if (!equalJson(named, stage === undefined ? { kind } : { kind, stage })) {
    notes.push(`${what} is left out: the JSON has no word for ${stage ?? kind}.`);
    return [];
  }
  const names = typeof row.field === "string" ? [row.field] : ["name", "fullName", "full_name"];
  const found = names
    .map((name) => ({ name, ...fieldNamed(name, kind, fieldsOf(kind), fieldsOf) }))
    .find((one) => equalJson(one.field, row.field));
  if (!found) {
    notes.push(`${what} is left out: the JSON has no name for its fields.`);
    return [];
  }
  const lost = [
    ...(found.transform === row.transform ? [] : [`the transform ${row.transform} (it is read as ${found.transform})`]),
    ...(Object.keys(row.options ?? {}).length === 0 ? [] : [`options ${JSON.stringify(row.options)}`]),
    ...(row.onCreate === undefined ? [] : [`onCreate ${JSON.stringify(row.onCreate)}`]),
    ...(row.rule === undefined ? [] : [`the rule ${row.rule}`]),
  ];
  if (lost.length > 0) notes.push(`${what}: the JSON cannot say ${lost.join(", ")}.`);
  return [{ row, winston: `${word}.${found.name}` }];
}

/** The vendor's fields as the JSON names them. With a dot in it a name stands alone only while the reader still knows the object by the rest. */
function namer(object: string, pairs: readonly Pair[]): (record: string) => string {
  const alone = (record: string): string =>
    record.includes(".") && !record.startsWith(`${object}.`) ? record : `${object}.${record}`;
  const said = (direction: MappingRow["direction"]) =>
    pairs.flatMap(({ row }) =>
      row.direction === "both" || row.direction === direction ? [alone(row.record as string).split(".")[0]!] : [],
    );
  const objects = [...said("out"), ...said("in")];
  return objects.length > 0 && mostNamed(objects) === object ? alone : (record) => `${object}.${record}`;
}

/** Two one-way rows between the same fields are read again as one that goes both ways. */
function paired(pairs: readonly Pair[]): string[] {
  return pairs.flatMap((one) =>
    one.row.direction === "out" &&
    pairs.some((two) => two.row.direction === "in" && two.winston === one.winston && two.row.record === one.row.record)
      ? [
          `${one.winston} and ${String(one.row.record)} are two rows, one each way; the JSON is read as one that goes both ways.`,
        ]
      : [],
  );
}
