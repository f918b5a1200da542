// The two laws of a two-way mapping (R8). What breaks one is told in words.
//
// GetPut: writing back what was read changes nothing (nothing is an echo). PutGet: what was written is what is read back.
// "Nothing" and "what" are meant up to the equivalence a transform declares: a phone number in another spelling is the same number.
import type { Json } from "../base/json.ts";
import { isBlank, type GroupLens, type Lens } from "./lens.ts";
import type { CompiledMapping, Fields, FieldType, Value } from "./types.ts";
import { show, Unreadable } from "./unreadable.ts";

/** undefined when putting back what was got from `raw` leaves it the same. A raw value that cannot be read breaks nothing: it is a problem, and nothing is written. */
export function breaksGetPut(lens: Lens, raw: unknown): string | undefined {
  const value = isBlank(raw) ? null : lens.get(raw);
  if (value instanceof Unreadable) return undefined;
  const back = putOrBlank(lens, value);
  if (back instanceof Unreadable)
    return `${show(raw)} is read as ${show(value)}, which cannot be written back: ${back.why}`;
  const same = lens.same(raw, back);
  return same ? undefined : `${show(raw)} is read as ${show(value)}, and writing that back makes it ${show(back)}.`;
}

/** undefined when getting what was put reads as `value` again. A value that cannot be written breaks nothing: it is a problem, and nothing is sent. */
export function breaksPutGet(lens: Lens, value: Value): string | undefined {
  const raw = putOrBlank(lens, value);
  if (raw instanceof Unreadable) return undefined;
  const back = isBlank(raw) ? null : lens.get(raw);
  if (back instanceof Unreadable)
    return `${show(value)} is written as ${show(raw)}, which cannot be read back: ${back.why}`;
  return equalWith(lens, back, value)
    ? undefined
    : `${show(value)} is written as ${show(raw)}, and that is read back as ${show(back)}.`;
}

/** The same laws for a lens over groups of fields. */
export function groupBreaksGetPut(lens: GroupLens, raws: readonly unknown[]): string | undefined {
  const values = lens.get(raws);
  if (values instanceof Unreadable) return undefined;
  const back = lens.put(values.map((one) => one ?? null));
  if (back instanceof Unreadable)
    return `${show(raws)} is read as ${show(values)}, which cannot be written back: ${back.why}`;
  return lens.same(raws, back)
    ? undefined
    : `${show(raws)} is read as ${show(values)}, and writing that back makes it ${show(back)}.`;
}

export function groupBreaksPutGet(lens: GroupLens, values: readonly Value[]): string | undefined {
  const raws = lens.put(values);
  if (raws instanceof Unreadable) return undefined;
  const back = lens.get(raws);
  if (back instanceof Unreadable)
    return `${show(values)} is written as ${show(raws)}, which cannot be read back: ${back.why}`;
  return values.every((value, index) => lens.equal(back[index] ?? null, value))
    ? undefined
    : `${show(values)} is written as ${show(raws)}, and that is read back as ${show(back)}.`;
}

/** Canonical equality with null: null equals what is written as blank, or as what stands for blank. */
export function equalWith(lens: Pick<Lens, "equal" | "put" | "blank">, a: Value, b: Value): boolean {
  const [left, right] = [a ?? lens.blank ?? null, b ?? lens.blank ?? null];
  if (left === right) return true;
  if (left !== null && right !== null) return lens.equal(left, right);
  return isBlank(lens.put((left ?? right)!));
}

const putOrBlank = (lens: Lens, value: Value): Json | Unreadable => {
  const said = value ?? lens.blank ?? null;
  return said === null ? null : lens.put(said);
};

/**
 * The laws for a whole mapping and one real record: reads it, writes everything that was read, and compares. References come back as
 * they went. Returns one sentence per vendor field that would change, each beginning with its name.
 */
export function mappingBreaksGetPut(mapping: CompiledMapping, record: Readonly<Record<string, unknown>>): string[] {
  const reading = mapping.read(record);
  const entity: Record<string, Value> = { ...reading.fields };
  const related: Record<string, Fields> = {};
  for (const [field, id] of Object.entries(reading.references)) entity[field] = id;
  for (const [field, lookup] of Object.entries(reading.lookups)) {
    entity[field] = lookup && "found";
    if (lookup) related[field] = { [lookup.field]: lookup.value };
  }
  const writing = mapping.write({
    entity,
    changed: new Set(Object.keys(entity)),
    forCreate: false,
    reference: (_field, id) => id,
    related: (field) => related[field],
  });
  const broken = writing.problems
    .filter((problem) => mapping.twoWay.fields.has(problem.pointer.slice(1)) && problem.code !== "field.create_only")
    .map((problem) => `${problem.pointer.slice(1)}: ${problem.message}`);
  for (const [name, raw] of Object.entries(writing.values)) {
    // A filler stands for a blank that was read: the vendor may not keep this field empty.
    if (Object.hasOwn(writing.fillers, name)) continue;
    if (mapping.twoWay.records.has(name) && record[name] !== undefined && !mapping.same(name, record, writing.values))
      broken.push(`${name}: ${show(record[name])} would become ${show(raw)}.`);
  }
  return broken;
}

/**
 * The other way round: writes an entity as a new record, reads that, and compares every field that goes both ways. `kept` is what the
 * vendor makes of a raw value that it is sent.
 */
export function mappingBreaksPutGet(
  mapping: CompiledMapping,
  entity: Fields,
  kept: (raw: unknown, name: string) => unknown = (raw) => raw,
): string[] {
  const writing = mapping.write({
    entity,
    changed: "all",
    forCreate: true,
    reference: (_field, id) => id,
    related: () => undefined,
  });
  const record: Record<string, unknown> = Object.fromEntries(mapping.vendorFields.map((name) => [name, null]));
  for (const [name, raw] of Object.entries(writing.values)) record[name] = kept(raw, name);
  const reading = mapping.read(record, writing.fillers);
  const broken = reading.problems.map((problem) => `${problem.pointer.slice(1)}: ${problem.message}`);
  const back: Record<string, Value> = { ...reading.fields, ...reading.references };
  for (const [field, sent] of Object.entries(writing.sent)) {
    if (mapping.twoWay.fields.has(field) && field in back && !mapping.standsFor(field, back[field], sent))
      broken.push(`${field}: ${show(sent)} would be read back as ${show(back[field])}.`);
  }
  return broken;
}

/** Values a two-way row is tried on before it is accepted, by type: ordinary ones and naughty ones, all canonical. */
export function sampleValues(type: FieldType): readonly Value[] {
  return SAMPLES[type];
}

/** Raw values every row is tried on: what vendors, spreadsheets and people have been seen to hold. */
export const SAMPLE_RAWS: readonly unknown[] = [
  null,
  "",
  " ",
  "a",
  " a ",
  "Ann  Lee",
  "Lee, Ann",
  "O'Brien",
  "Zoë",
  "Zoe\u0308",
  "王小明",
  "👩‍👩‍👧",
  "line\r\nline",
  "a;b",
  "true",
  "FALSE",
  "Yes",
  "0",
  "1.50",
  "1,234.5",
  "1e3",
  "99999999999999999999",
  "-0",
  "2024-02-29",
  "2024-02-29T10:00:00.000+0000",
  "2/29/2024",
  "+1 415 555 0100",
  "+44 20 7946 0958 ext 7",
  "ann@Example.COM",
  "HTTP://Example.com/Path",
  "none",
  0,
  -0,
  1,
  1.5,
  1e21,
  1e-7,
  true,
  false,
  [],
  ["b", "a"],
  { a: 1 },
];

const TEXTS: readonly string[] = [
  "a",
  "Ann",
  "Ann Lee",
  "van der Berg",
  "García Márquez",
  "O'Brien",
  "Zoë",
  "王小明",
  "🦒",
  " padded ",
  "a, b",
  "a;b",
  "true",
  "0",
  "null",
  "{x}",
  "line\nline",
  "\u202Eabc",
];

const SAMPLES: Record<FieldType, readonly Value[]> = {
  text: [null, ...TEXTS],
  picklist: [null, ...TEXTS],
  email: [null, "ann@example.com", "Ann+x@example.com", "用户@例子.公司"],
  phone: [null, "+14155550100", "+442079460958", "+14155550100 ext. 12", "ask reception", "12"],
  url: [null, "https://example.com/A?b#c", "example.com"],
  number: [null, 0, 1, -1.5, 1e21, 0.1, "99999999999999999999.5", "9007199254740993"],
  boolean: [null, true, false],
  date: [null, "2024-02-29", "0001-01-01", "9999-12-31"],
  datetime: [
    null,
    "2024-02-29T10:00:00.000Z",
    "2024-11-03T05:30:00.000Z",
    "2024-11-03T06:30:00.000Z",
    "1969-12-31T23:59:59.999Z",
  ],
  money: [
    null,
    { amount: "0", currency: null },
    { amount: "-12.5", currency: "EUR" },
    { amount: "1234.56", currency: "USD" },
    { amount: "99999999999999999999.01", currency: null },
  ],
  multipicklist: [null, ["a"], ["a", "b"], ["a;b"], ["x, y"]],
  reference: [null, "entity-1"],
  json: [null, true, 0, "text", [1, "a"], { b: null, a: [{}] }],
};

/** The first thing found that breaks a law for a lens over groups, trying each pair of samples on both sides. */
export function groupCounterExample(
  lens: GroupLens,
  shape: { readonly fieldTypes: readonly FieldType[]; readonly records: number },
): string | undefined {
  // Of two vendor fields, an amount stands first; any text and the name of a currency are tried as the second.
  const raws = SAMPLE_RAWS.flatMap((raw) =>
    shape.records === 1
      ? [[raw]]
      : [
          [raw, "a"],
          [raw, "USD"],
          [raw, null],
          ["a", raw],
        ],
  );
  const [first, second] = shape.fieldTypes.map((type) => SAMPLES[type]);
  const values = second ? first!.flatMap((a) => second.map((b) => [a, b])) : first!.map((one) => [one]);
  for (const list of raws) {
    const broken = groupBreaksGetPut(lens, list);
    if (broken !== undefined) return broken;
  }
  for (const list of values) {
    const broken = groupBreaksPutGet(lens, list);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** The first thing found that breaks a law for this lens, over the samples of a type and the lens's own. */
export function counterExample(lens: Lens, type: FieldType): string | undefined {
  for (const raw of [...SAMPLE_RAWS, ...(lens.examples?.raws ?? [])]) {
    const broken = breaksGetPut(lens, raw);
    if (broken !== undefined) return broken;
  }
  for (const value of [...SAMPLES[type], ...(lens.examples?.values ?? [])]) {
    const broken = breaksPutGet(lens, value);
    if (broken !== undefined) return broken;
  }
  return undefined;
}
