// One row of a document, checked against both sides: what it reads, what it writes, and why not.
import type { Problem } from "../base/errors.ts";
import { canonical } from "./canonical.ts";
import type { Exactness } from "./exactness.ts";
import { counterExample, groupCounterExample } from "./laws.ts";
import type { GroupLens, Lens, RowShape } from "./lens.ts";
import { nearestInWords } from "./nearest.ts";
import { TRANSFORMS, transformsFor, type Transform } from "./transforms.ts";
import type { Direction, Field, FieldType, MappingDocument, MappingRow } from "./types.ts";
import { Unreadable } from "./unreadable.ts";
import { pointerTo } from "./invalid.ts";

/** What the compiler needs to know of a vendor's field; the connector contract's VendorField fits. */
export interface RecordField {
  readonly name: string;
  readonly type?: string;
  readonly required?: boolean;
  readonly unclearable?: boolean;
  readonly createable?: boolean;
  readonly updateable?: boolean;
  readonly scale?: number;
  readonly double?: boolean;
  readonly integer?: boolean;
  readonly precisionMs?: number;
  readonly tidies?: Exactness["tidies"];
  readonly apart?: boolean;
  readonly inSteps?: boolean;
  readonly neverBlank?: boolean;
  readonly blank?: boolean;
  readonly handle?: boolean;
}

/** A row ready to run. */
export interface Plan {
  readonly index: number;
  readonly row: MappingRow;
  readonly fields: readonly PlanField[];
  /** Vendor fields, with that of an amount's currency last. */
  readonly records: readonly string[];
  /** A vendor field that several rows may write together: that of a currency. */
  readonly shared?: string | undefined;
  readonly in: boolean;
  readonly out: boolean;
  /** The vendor takes it only when the record is made, or only afterwards. */
  readonly createOnly: boolean;
  readonly updateOnly: boolean;
  /** A reference that the vendor lets nobody clear. */
  readonly neverBlank: boolean;
  /** How exactly the vendor keeps the one field that holds the value. */
  readonly exact?: (Exactness & Pick<RecordField, "integer">) | undefined;
  /** One of the two. */
  readonly lens?: Lens | undefined;
  readonly group?: GroupLens | undefined;
}

export interface PlanField {
  /** The entity's own field; of a path, the reference it goes through. */
  readonly key: string;
  readonly label: string;
  /** Of a path, that of the field at its end. */
  readonly type: FieldType;
  /** Of a path, the field of the entity referred to. */
  readonly path?: string;
  /** The kind a reference points to. */
  readonly target?: string;
}

export interface RowContext {
  readonly document: MappingDocument;
  readonly kindFields: readonly Field[];
  readonly recordFields?: readonly RecordField[] | undefined;
  readonly missing?: "refuse" | "skip" | undefined;
  readonly paused?: ReadonlyMap<string, string> | undefined;
  readonly fieldsOf: (kind: string) => readonly Field[];
}

const list = (names: string | readonly string[]): readonly string[] => (typeof names === "string" ? [names] : names);

/** The plan of a row, everything that is wrong with it, or undefined where it is left out. Sentences for `notes` are added there. */
export function planRow(
  row: MappingRow,
  index: number,
  context: RowContext,
  notes: string[],
): Plan | { problems: Problem[] } | undefined {
  const problems: Problem[] = [];
  const refuse = (at: string, code: string, message: string): void => {
    problems.push({ pointer: pointerTo("rows", index, at), code, message: `Row ${index + 1}: ${message}` });
  };
  const transform = Object.hasOwn(TRANSFORMS, row.transform) ? TRANSFORMS[row.transform]! : undefined;
  if (!transform)
    refuse(
      "transform",
      "transform.unknown",
      `there is no transform "${row.transform}"${nearestInWords(row.transform, Object.keys(TRANSFORMS))}.`,
    );

  // The other side of a constant says nothing; it may be named or left empty.
  const isConstant = row.transform === "constant";
  const fieldNames = isConstant && row.direction === "out" ? [] : list(row.field);
  const recordNames = isConstant && row.direction === "in" ? [] : list(row.record);
  const fields = fieldNames.flatMap((name) => {
    const found = resolve(name, context);
    if (typeof found !== "string") return [found];
    refuse("field", "field.unknown", found);
    return [];
  });
  const asked = transform && checkedOptions(transform, row, refuse);
  const options: Record<string, unknown> | undefined = asked && { ...blankOf(row, context), ...asked };
  const currencyField = row.transform === "money" ? (options?.["currencyField"] as string | undefined) : undefined;
  const records = currencyField === undefined ? recordNames : [...recordNames, currencyField];
  const why = records.map((name) => context.paused?.get(name)).find((one) => one !== undefined);
  if (why !== undefined) {
    notes.push(`Row ${index + 1} is paused: ${why}`);
    return undefined;
  }
  for (const name of records) {
    const wrong = unusable(name, context);
    if (wrong === undefined) continue;
    if (context.missing === "skip") {
      notes.push(`Row ${index + 1} is left out: ${wrong.message}`);
      return undefined;
    }
    refuse("record", wrong.code, wrong.message);
  }
  if (new Set(records).size < records.length || new Set(fieldNames).size < fieldNames.length)
    refuse("record", "mapping.twice", "one field is named twice.");
  if (!transform || !options || problems.length > 0) return { problems };

  const direction = permitted(row, index, records, context, notes);
  const shape: RowShape = {
    fieldTypes: fields.map(({ type }) => type),
    fields: fields.length,
    records: records.length,
    keys: fieldNames,
    names: row.direction === "in" ? recordNames : fieldNames,
    direction: row.direction,
  };
  checkTypes(row, fields, refuse);
  if (isConstant && fields[0] && canonical(fields[0].type, options["value"]) instanceof Unreadable)
    refuse(
      "options",
      "mapping.options",
      `the constant is no value for ${fields[0].label}, a field of type ${fields[0].type}.`,
    );
  const single = shape.fields === 1 && shape.records === 1 && transform.lens !== undefined;
  const lens = single ? transform.lens!(options as never, fields[0]!.type) : undefined;
  const group = single ? undefined : transform.group?.(options as never, shape);
  if (!lens && !group) refuse("transform", "mapping.shape", misshapen(row, shape));
  checkOnCreate(row, records, refuse);
  if (problems.length === 0) checkLaws(row, lens, group, shape, fields, refuse);
  if (problems.length > 0) return { problems };
  return {
    index,
    row,
    fields,
    records,
    shared: currencyField,
    in: direction.in,
    out: direction.out,
    createOnly: direction.createOnly,
    updateOnly: direction.updateOnly,
    neverBlank:
      row.transform === "reference" &&
      records.some((name) => context.recordFields?.find((field) => field.name === name)?.neverBlank),
    exact: fields.length === 1 ? context.recordFields?.find((field) => field.name === records[0]) : undefined,
    lens,
    group,
  };
}

type Refuse = (at: string, code: string, message: string) => void;

/** A field by its name or its path through a reference, or a sentence that says why not. */
function resolve(name: string, { document, kindFields, fieldsOf }: RowContext): PlanField | string {
  const own = kindFields.find((field) => field.key === name);
  if (own)
    return {
      key: own.key,
      label: own.label,
      type: own.type,
      ...(own.type === "reference" ? { target: own.target ?? "" } : {}),
    };
  const dot = name.indexOf(".");
  const [head, tail] = [name.slice(0, dot), name.slice(dot + 1)];
  const through = dot > 0 ? kindFields.find((field) => field.key === head && field.type === "reference") : undefined;
  if (!through) {
    const known = kindFields.map((field) => field.key);
    const what = dot > 0 ? `reference "${head}" to go through in "${name}"` : `field "${name}"`;
    return `${document.kind} has no ${what}${nearestInWords(dot > 0 ? head : name, known)}.`;
  }
  const targetFields = fieldsOf(through.target ?? "");
  const end = targetFields.find((field) => field.key === tail);
  if (!end)
    return `${through.target ?? "the target"} has no field "${tail}"${nearestInWords(
      tail,
      targetFields.map((field) => field.key),
    )}.`;
  if (end.type === "reference")
    return `"${name}" ends in a reference; a path goes through one reference to a field that holds a value.`;
  return {
    key: through.key,
    label: `${through.label}: ${end.label}`,
    type: end.type,
    path: end.key,
    target: through.target ?? "",
  };
}

/** Where a boolean knows no blank at the vendor, what stands for it there is as good as blank, whether or not the row says so. */
function blankOf(row: MappingRow, { recordFields }: RowContext): { blank?: boolean } {
  const found = recordFields?.find((field) => field.name === row.record);
  return row.transform === "boolean" && found?.blank !== undefined ? { blank: found.blank } : {};
}

/** Why no row may name a field of the vendor's, if none may. */
function unusable(name: string, { recordFields }: RowContext): Pick<Problem, "code" | "message"> | undefined {
  // A name with a dot goes through a reference at the vendor; its own description does not list those.
  if (!recordFields || name.includes(".")) return undefined;
  const found = recordFields.find((field) => field.name === name);
  if (found?.handle)
    return {
      code: "mapping.handle",
      message: `"${name}" holds Winston's own handle, by which Winston knows its records again, and is never mapped. Take the row out.`,
    };
  if (found) return undefined;
  const known = recordFields.flatMap((field) => (field.handle ? [] : [field.name]));
  return { code: "field.unknown", message: `the vendor has no field "${name}"${nearestInWords(name, known)}.` };
}

function checkedOptions(transform: Transform, row: MappingRow, refuse: Refuse): Record<string, unknown> | undefined {
  const parsed = transform.options.safeParse(row.options ?? {});
  if (parsed.success) return parsed.data as Record<string, unknown>;
  for (const issue of parsed.error.issues) {
    const where = issue.path.length === 0 ? "" : `"${issue.path.join(".")}": `;
    const known = issue.code === "unrecognized_keys" && issue.path.length === 0 ? knownOptions(transform) : "";
    refuse(
      "options",
      "mapping.options",
      `the options of ${row.transform} are not right: ${where}${issue.message}${known}.`,
    );
  }
  return undefined;
}

/** The options that a transform takes, in words. */
function knownOptions({ options }: Transform): string {
  const names = "shape" in options ? Object.keys(options.shape as object) : [];
  return names.length === 0 ? "; it takes none" : `; it takes ${names.join(", ")}`;
}

/** What the vendor's permissions leave of the row's direction. */
function permitted(
  row: MappingRow,
  index: number,
  records: readonly string[],
  { recordFields }: RowContext,
  notes: string[],
): { in: boolean; out: boolean; createOnly: boolean; updateOnly: boolean } {
  const known = records.flatMap((name) => recordFields?.find((field) => field.name === name) ?? []);
  const createable = known.every((field) => field.createable !== false);
  const updateable = known.every((field) => field.updateable !== false);
  const wanted = (direction: Direction): boolean => row.direction === "both" || row.direction === direction;
  const out = wanted("out") && (createable || updateable);
  const names = records.join(", ");
  if (wanted("out") && !out)
    notes.push(
      row.direction === "both"
        ? `Row ${index + 1}: ${names} can only be read at the vendor, so the row is inbound.`
        : `Row ${index + 1}: ${names} can only be read at the vendor, so the row does nothing.`,
    );
  else if (out && !updateable)
    notes.push(`Row ${index + 1}: ${names} can be set at create only; later edits are not sent.`);
  else if (out && !createable)
    notes.push(`Row ${index + 1}: ${names} cannot be set at create; it is sent with the first update.`);
  return { in: wanted("in"), out, createOnly: out && !updateable, updateOnly: out && !createable };
}

function checkTypes(row: MappingRow, fields: readonly PlanField[], refuse: Refuse): void {
  // What a template reads may be of any type; what it sets is text.
  if (row.transform === "template" && row.direction === "out") return;
  const { types } = TRANSFORMS[row.transform]!;
  for (const field of fields) {
    if (field.path === undefined && field.target !== undefined && row.transform !== "reference")
      refuse(
        "transform",
        "mapping.type",
        `${field.label} is a reference; use the transform reference, or a path such as "${field.key}.name".`,
      );
    else if (!types.includes(field.type))
      refuse(
        "transform",
        "mapping.type",
        `${row.transform} does not fit ${field.label}, a field of type ${field.type}; use ${transformsFor(field.type).join(", ")}.`,
      );
  }
}

function misshapen(row: MappingRow, shape: RowShape): string {
  if (row.transform === "fullName")
    return 'fullName needs ["firstName", "lastName"] on one side and one whole name on the other.';
  if (row.transform === "constant" || row.transform === "template") {
    if (row.direction === "both") return `${row.transform} has no inverse; set "direction" to "in" or "out".`;
    if (row.transform === "template" && (row.direction === "in" ? shape.fields : shape.records) === 1)
      return `the template may name only ${shape.names.join(", ") || "fields of the row"} in braces.`;
    return `${row.transform} sets one field.`;
  }
  if (row.transform === "reference" && row.options?.["beginnings"] !== undefined)
    return `"beginnings" names each of the row's fields, and no other: ${shape.keys.join(", ")}.`;
  return `${row.transform} joins one field with one; this row has ${shape.fields} and ${shape.records}.`;
}

function checkOnCreate(row: MappingRow, records: readonly string[], refuse: Refuse): void {
  if (row.onCreate === undefined || row.onCreate === null || row.onCreate === "") return;
  if (row.direction === "in" || row.transform === "constant")
    refuse("onCreate", "mapping.onCreate", '"onCreate" is for rows that write a value which may be blank.');
  else if (records.length > 1) {
    const named = typeof row.onCreate === "object" && !Array.isArray(row.onCreate) ? Object.keys(row.onCreate) : [];
    if (named.length === 0 || !named.every((name) => records.includes(name)))
      refuse(
        "onCreate",
        "mapping.onCreate",
        `a row with several vendor fields gives "onCreate" by field: { "${records.at(-1)}": ... }.`,
      );
  }
}

function checkLaws(
  row: MappingRow,
  lens: Lens | undefined,
  group: GroupLens | undefined,
  shape: RowShape,
  fields: readonly PlanField[],
  refuse: Refuse,
): void {
  const why = (lens ?? group!).oneWay;
  const several = row.transform === "reference" && group !== undefined;
  if (row.direction === "in" && several && why !== undefined)
    refuse("direction", "mapping.one_way", `several references are only written: ${why}; set "direction" to "out".`);
  if (row.direction !== "both") return;
  if (why !== undefined)
    return refuse(
      "direction",
      "mapping.one_way",
      `${row.transform} cannot go both ways here: ${why}; set "direction" to "in" or "out".`,
    );
  // An id's beginning is the vendor's promise, which no sample could try.
  if (several) return;
  const broken = lens ? counterExample(lens, fields[0]!.type) : groupCounterExample(group!, shape);
  if (broken !== undefined)
    refuse(
      "direction",
      "mapping.unlawful",
      `${row.transform} with these options cannot go both ways: ${broken} Set "direction" to "in" or "out".`,
    );
}
