// How the columns of a CSV file become records: a mapping file, or what can be seen from the headers. Pure.
//
//     { "kind": "lead", "externalId": "Prospect ID", "nulls": ["Select", ""], "dateOrder": "monthFirst",
//       "columns": { "Country": "country",
//                    "Lead Source": { "field": "source" },
//                    "TotalVisits": { "field": "totalVisits", "type": "number", "custom": true },
//                    "sales_agent": { "field": "owner", "by": "name" },
//                    "Internal note": null },
//       "unmapped": "custom" }
//
// externalId  the column with your own id of the row       nulls      texts that mean "nothing" (default: only the empty one)
// dateOrder   how 3/4/2026 is to be read: monthFirst or dayFirst; without it only 2026-04-03 is a date
// columns     header → field; null leaves the column out   unmapped   the other columns: the field of that name or else a
//                                                                  new custom field (custom, the default), ignore, or error
import { WinstonError } from "../base/errors.ts";
import { computedNames } from "../http/output.ts";
import { canonical } from "../mapping/canonical.ts";
import { nearestInWords } from "../mapping/nearest.ts";
import { type Field, FIELD_TYPES, type FieldType } from "../mapping/types.ts";
import { Unreadable } from "../mapping/unreadable.ts";
import { listed } from "./words.ts";

const REFERENCE_KEYS = ["id", "externalId", "name", "email"] as const;
type ReferenceKey = (typeof REFERENCE_KEYS)[number];

/** What an import writes before the columns of a refused row; left out when such a file is imported again. */
export const REJECT_COLUMNS: readonly string[] = ["winston line", "winston reason"];

/** One column's way into a record. */
export interface ColumnPlan {
  readonly header: string;
  readonly at: number;
  readonly field: string;
  readonly type: FieldType;
  readonly custom: boolean;
  /** For references: what the column holds of the target. */
  readonly by?: ReferenceKey;
  /** A custom field of an import that did not say its type: what all its values allow. */
  readonly inferred?: boolean;
}

export interface CsvPlan {
  readonly columns: readonly ColumnPlan[];
  /** The column with the caller's own id. */
  readonly externalId: { readonly header: string; readonly at: number } | undefined;
  readonly ignored: readonly string[];
  readonly nulls: ReadonlySet<string>;
  readonly dateOrder: DateOrder | undefined;
}

export type DateOrder = "monthFirst" | "dayFirst";

export interface CsvMapping {
  readonly kind: string | undefined;
  readonly externalId: string | undefined;
  readonly nulls: readonly string[];
  readonly dateOrder: DateOrder | undefined;
  readonly columns: ReadonlyMap<string, ColumnRule | null>;
  readonly unmapped: "custom" | "ignore" | "error";
}

interface ColumnRule {
  readonly field: string;
  readonly type?: FieldType;
  readonly custom?: boolean;
  readonly by?: ReferenceKey;
}

export const NO_MAPPING: CsvMapping = {
  kind: undefined,
  externalId: undefined,
  nulls: [""],
  dateOrder: undefined,
  columns: new Map(),
  unmapped: "custom",
};

/** Reads a mapping file's JSON. Throws mapping.invalid with one sentence per mistake. */
export function readCsvMapping(document: unknown): CsvMapping {
  const wrong: string[] = [];
  if (!isObject(document)) throw invalid(["The mapping file must hold a JSON object."]);
  const KNOWN = ["kind", "externalId", "nulls", "dateOrder", "columns", "unmapped"];
  for (const key of Object.keys(document).filter((one) => !KNOWN.includes(one)))
    wrong.push(`"${key}" is nothing a mapping file knows${nearestInWords(key, KNOWN)}.`);
  const text = (key: string): string | undefined => {
    const value = document[key];
    if (value !== undefined && typeof value !== "string") wrong.push(`"${key}" must be text.`);
    return typeof value === "string" ? value : undefined;
  };
  const choice = <const One extends string>(key: string, choices: readonly One[]): One | undefined => {
    const value = document[key];
    if (value === undefined || choices.includes(value as One)) return value as One | undefined;
    wrong.push(`"${key}" must be one of ${choices.join(", ")}.`);
    return undefined;
  };
  const nulls = document["nulls"] ?? [""];
  if (!Array.isArray(nulls) || nulls.some((one) => typeof one !== "string"))
    wrong.push('"nulls" must be a list of texts, such as ["", "n/a"].');
  const columns = new Map<string, ColumnRule | null>();
  if (document["columns"] !== undefined && !isObject(document["columns"]))
    wrong.push('"columns" must be an object: {"Header": "field"}.');
  else
    for (const [header, rule] of Object.entries(document["columns"] ?? {})) {
      const read = readRule(header, rule, wrong);
      if (read !== undefined) columns.set(header, read);
    }
  const mapping: CsvMapping = {
    kind: text("kind"),
    externalId: text("externalId"),
    nulls: wrong.length === 0 ? (nulls as string[]) : [""],
    dateOrder: choice("dateOrder", ["monthFirst", "dayFirst"]),
    columns,
    unmapped: choice("unmapped", ["custom", "ignore", "error"]) ?? "custom",
  };
  if (wrong.length > 0) throw invalid(wrong);
  return mapping;
}

function readRule(header: string, rule: unknown, wrong: string[]): ColumnRule | null | undefined {
  const where = `Column "${header}"`;
  if (rule === null) return null;
  if (typeof rule === "string" && rule !== "") return { field: rule };
  if (!isObject(rule) || typeof rule["field"] !== "string" || rule["field"] === "") {
    wrong.push(`${where} must name a field: "email" or {"field": "email"}, or be null to be left out.`);
    return undefined;
  }
  const { field, type, custom, by, ...rest } = rule;
  for (const key of Object.keys(rest))
    wrong.push(
      `${where}: "${key}" is nothing a column knows${nearestInWords(key, ["field", "type", "custom", "by"])}.`,
    );
  if (type !== undefined && !FIELD_TYPES.includes(type as FieldType))
    wrong.push(`${where}: type must be one of ${FIELD_TYPES.join(", ")}.`);
  if (custom !== undefined && typeof custom !== "boolean") wrong.push(`${where}: custom must be true or false.`);
  if (by !== undefined && !REFERENCE_KEYS.includes(by as ReferenceKey))
    wrong.push(`${where}: by must be one of ${REFERENCE_KEYS.join(", ")}.`);
  return {
    field,
    ...(type === undefined ? {} : { type: type as FieldType }),
    ...(custom === undefined ? {} : { custom: custom === true }),
    ...(by === undefined ? {} : { by: by as ReferenceKey }),
  };
}

/**
 * Decides every column of a file with these headers. `fields` are those the kind has now, custom ones included; `word` is the
 * kind as the user said it ("lead"). Throws mapping.invalid with one sentence per mistake.
 */
export function planColumns(
  mapping: CsvMapping,
  headers: readonly string[],
  kind: { readonly word: string; readonly kind: string; readonly fields: readonly Field[] },
): CsvPlan {
  const wrong: string[] = [];
  const computed = computedNames(kind.kind);
  const fields =
    kind.kind === "person" ? [WHOLE_NAME, ...kind.fields.filter((one) => one.key !== "name")] : kind.fields;
  const known = new Map(fields.map((field) => [field.key, field]));
  const at = new Map<string, number>();
  for (const [index, header] of headers.entries()) {
    if (header.trim() === "") wrong.push(`Column ${index + 1} has no name in the first line.`);
    else if (at.has(header)) wrong.push(`The first line names "${header}" twice.`);
    else at.set(header, index);
  }
  for (const header of [...mapping.columns.keys(), ...(mapping.externalId === undefined ? [] : [mapping.externalId])])
    if (!at.has(header)) wrong.push(`The file has no column "${header}"${nearestInWords(header, at.keys())}.`);

  const guesses = guessFields(headers, { word: kind.word, fields });
  const ownId = mapping.externalId ?? (mapping.columns.size === 0 ? guesses.externalId : undefined);
  const columns: ColumnPlan[] = [];
  const ignored: string[] = [];
  for (const [header, index] of at) {
    const said = mapping.columns.get(header);
    if (header === ownId && !said) continue;
    if (said === null || REJECT_COLUMNS.includes(header)) {
      ignored.push(header);
      continue;
    }
    const guess = guesses.fields.get(header);
    const rule: ColumnRule | undefined =
      said ??
      (mapping.columns.size === 0 && guess !== undefined ? { field: guess } : undefined) ??
      (mapping.unmapped === "custom"
        ? { field: ownKey(header, { word: kind.word, known, computed }), custom: true }
        : undefined);
    if (rule === undefined) {
      if (mapping.unmapped === "error")
        wrong.push(`Column "${header}" is not in the mapping. Name a field for it, or null to leave it out.`);
      else ignored.push(header);
      continue;
    }
    const plan = planOne(header, index, rule, { known, computed, kind: kind.word, said: said !== undefined });
    if (typeof plan === "string") wrong.push(plan);
    else columns.push(plan);
  }
  const byField = Map.groupBy(columns, (column) => column.field);
  for (const [field, several] of byField)
    if (several.length > 1)
      wrong.push(
        `The columns ${listed(several.map((one) => `"${one.header}"`))} would all become the field "${field}". Name different fields in a mapping file (--map).`,
      );
  if (wrong.length > 0) throw invalid(wrong);
  return {
    columns,
    externalId: ownId === undefined ? undefined : { header: ownId, at: at.get(ownId)! },
    ignored,
    nulls: new Set(mapping.nulls),
    dateOrder: mapping.dateOrder,
  };
}

/** A person's whole name is no field: Winston makes it of first and last name, and splits what it is given into these. */
const WHOLE_NAME: Field = { key: "name", type: "text", label: "Full name" };

/**
 * The field that a column's name means: one that is there, else the key of a new custom field, apart from the names that Winston itself
 * uses: "Created at" of a lead is leadCreatedAt.
 */
function ownKey(
  header: string,
  of: { word: string; known: ReadonlyMap<string, Field>; computed: ReadonlySet<string> },
): string {
  const key = camelCase(header);
  const wholeNames = [camelCase(WHOLE_NAME.label), camelCase(`${of.word} name`)];
  if (of.known.get(WHOLE_NAME.key) === WHOLE_NAME && wholeNames.includes(key)) return WHOLE_NAME.key;
  return of.computed.has(key) && !of.known.has(key) ? camelCase(`${of.word} ${header}`) : key;
}

function planOne(
  header: string,
  at: number,
  rule: ColumnRule,
  of: { known: ReadonlyMap<string, Field>; computed: ReadonlySet<string>; kind: string; said: boolean },
): ColumnPlan | string {
  const field = of.known.get(rule.field);
  if (field === undefined) {
    if (rule.custom !== true)
      return `Column "${header}": a ${of.kind} has no field "${rule.field}"${nearestInWords(rule.field, of.known.keys())}. Say "custom": true to make one.`;
    if (rule.field === "") return `Column "${header}" has no letter or digit in its name; name a field for it.`;
    if (of.computed.has(rule.field))
      return `Column "${header}": "${rule.field}" is what Winston itself says of a ${of.kind}. Name the custom field otherwise.`;
    const type = rule.type ?? "text";
    if (type === "reference")
      return `Column "${header}": a custom reference must be declared first (winston fields add).`;
    return {
      header,
      at,
      field: rule.field,
      type,
      custom: true,
      ...(rule.type === undefined ? { inferred: true } : {}),
    };
  }
  const custom = field.custom === true;
  if (!of.said && field.type === "reference")
    return `Column "${header}" has the name of a reference. Say in the mapping file what it holds of the ${field.target}: {"field": "${field.key}", "by": "name"}, "email", "externalId" or "id".`;
  if (rule.type !== undefined && rule.type !== field.type)
    return `Column "${header}": the field "${field.key}" is of type ${field.type}, not ${rule.type}.`;
  if (rule.by !== undefined && field.type !== "reference")
    return `Column "${header}": "by" is for references, and "${field.key}" is a field of type ${field.type}.`;
  const plan = { header, at, field: field.key, type: field.type, custom };
  return field.type === "reference" ? { ...plan, by: rule.by ?? "externalId" } : plan;
}

export interface Item {
  readonly externalId?: string;
  readonly customFields?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** One row as the API takes it, or why not. `cells` are the row's texts in the order of the headers. */
export function toItem(plan: CsvPlan, cells: readonly string[]): { item: Item } | { problem: string } {
  const item: Record<string, unknown> = {};
  const custom: Record<string, unknown> = {};
  if (plan.externalId !== undefined) {
    const own = cells[plan.externalId.at]!.trim();
    if (plan.nulls.has(own) || own === "")
      return { problem: `${plan.externalId.header} is empty, and it is the row's own id` };
    item["externalId"] = own;
  }
  for (const column of plan.columns) {
    const read = readCell(column, cells[column.at]!, plan);
    if ("problem" in read) return { problem: `${column.header}: ${read.problem}` };
    (column.custom ? custom : item)[column.field] = read.value;
  }
  if (Object.keys(custom).length > 0) item["customFields"] = custom;
  return { item };
}

/** What Winston would refuse of an item without looking anything up, in the words it would use; undefined where nothing. */
export function unreadableIn(plan: CsvPlan, item: Item): string | undefined {
  const wrong = plan.columns.flatMap(({ header, field, type, custom }) => {
    const given = custom ? item.customFields?.[field] : item[field];
    const value = type === "reference" ? null : canonical(type, given);
    return value instanceof Unreadable ? [`${header}: ${value.why}`] : [];
  });
  return wrong.length > 0 ? wrong.join("; ") : undefined;
}

function readCell(
  column: ColumnPlan,
  text: string,
  { nulls, dateOrder }: Pick<CsvPlan, "nulls" | "dateOrder">,
): { value: unknown } | { problem: string } {
  if (nulls.has(text) || nulls.has(text.trim()) || text.trim() === "") return { value: null };
  switch (column.type) {
    case "reference":
      return { value: column.by === "id" ? text.trim() : { [column.by!]: text.trim() } };
    case "date":
    case "datetime":
      return readDate(text.trim(), dateOrder);
    case "multipicklist":
      return {
        value: text
          .split(/[;|]/u)
          .map((one) => one.trim())
          .filter((one) => one !== ""),
      };
    case "json":
      try {
        return { value: JSON.parse(text) as unknown };
      } catch {
        return { problem: "is not JSON" };
      }
    default:
      return { value: text };
  }
}

/** 3/1/2017, 03.01.2017 or 3-1-2017, with a time or without, as ISO 8601; what is ISO already, or nothing of the kind, as it is. */
function readDate(text: string, order: DateOrder | undefined): { value: string } | { problem: string } {
  const match = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](\d{1,2}:\d{2}(?::\d{2})?.*))?$/u.exec(text);
  if (!match) return { value: text };
  if (order === undefined)
    return { problem: `is "${text}"; say in the mapping file whether the month or the day stands first ("dateOrder")` };
  const [first, second] = [Number(match[1]), Number(match[2])];
  const [month, day] = order === "monthFirst" ? [first, second] : [second, first];
  const date = `${match[3]}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
  const stands = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(stands.getTime()) || stands.toISOString().slice(0, 10) !== date)
    return {
      problem: `is "${text}", which is no date when the ${order === "monthFirst" ? "month" : "day"} stands first`,
    };
  const time = match[4]?.replace(/^\d:/u, (hour) => `0${hour}`);
  return { value: time === undefined ? date : `${date}T${time}` };
}

/** What the values of a column allow, one after the other: feed all, then ask. */
export class TypeGuess {
  readonly #not = new Set<FieldType>();
  #seen = 0;

  see(text: string): void {
    this.#seen += 1;
    // Leading zeros and long digits are codes and not numbers; they would not come back as they went in.
    if (!/^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/u.test(text)) this.#not.add("number");
    if (!/^(?:yes|no|true|false)$/iu.test(text)) this.#not.add("boolean");
    if (!/^\d{4}-\d{2}-\d{2}$/u.test(text)) this.#not.add("date");
  }

  type(): FieldType {
    if (this.#seen === 0) return "text";
    return (["boolean", "number", "date"] as const).find((one) => !this.#not.has(one)) ?? "text";
  }
}

/** Names of codes and ids: text also when all their values look like numbers. */
const CODE = /(?:\bid|number|\bno|code|zip|postal|phone|mobile|fax)$/iu;

/** The plan with the types of unsaid custom fields filled in. `guesses` by header. */
export function withTypes(plan: CsvPlan, guesses: ReadonlyMap<string, TypeGuess>): CsvPlan {
  return {
    ...plan,
    columns: plan.columns.map((column) => {
      const type = column.inferred ? (guesses.get(column.header)?.type() ?? "text") : column.type;
      return {
        ...column,
        type: type === "number" && column.inferred && CODE.test(column.header.trim()) ? "text" : type,
      };
    }),
  };
}

/** "Total Time Spent on Website" → totalTimeSpentOnWebsite. Letters of all scripts stay; empty when there is none. */
export function camelCase(header: string): string {
  const words = header
    .normalize("NFC")
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replaceAll(/['’]/gu, "")
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== "");
  return words
    .map((word, at) => {
      const lower = word.toLowerCase();
      return at === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1);
    })
    .join("");
}

/** Which headers plainly name a standard field ("E-mail", "Lead Source", "first_name"), and which the row's own id. */
function guessFields(
  headers: readonly string[],
  kind: { readonly word: string; readonly fields: readonly Field[] },
): { fields: Map<string, string>; externalId: string | undefined } {
  const loosely = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  const names = new Map<string, string>();
  for (const field of kind.fields.filter((one) => one.type !== "reference"))
    for (const name of [field.key, field.label]) if (!names.has(loosely(name))) names.set(loosely(name), field.key);
  for (const [name, field] of [
    ["emailaddress", "email"],
    ["phonenumber", "phone"],
    ["mobilenumber", "mobile"],
    ["zip", "postalCode"],
    ["zipcode", "postalCode"],
    ["surname", "lastName"],
    ["givenname", "firstName"],
    ["companyname", "company"],
    ["jobtitle", "title"],
  ] as const)
    if (!names.has(name) && kind.fields.some((one) => one.key === field)) names.set(name, field);
  const prefix = loosely(kind.word);
  const fields = new Map<string, string>();
  const taken = new Set<string>();
  let externalId: string | undefined;
  for (const header of headers) {
    const name = loosely(header);
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const field = names.get(name) ?? names.get(bare);
    if (externalId === undefined && ["externalid", "id", `${prefix}id`].includes(name)) externalId = header;
    else if (field !== undefined && !taken.has(field)) {
      fields.set(header, field);
      taken.add(field);
    }
  }
  return { fields, externalId };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (sentences: readonly string[]): WinstonError =>
  new WinstonError("mapping.invalid", sentences.join("\n"), {
    problems: sentences.map((message) => ({ pointer: "", code: "mapping.invalid", message })),
  });
