// The transforms a mapping row may name. Each is two-way (a lens that keeps the laws of laws.ts) or says why it is not.
import { z } from "zod";
import { equalJson } from "../base/json.ts";
import { canonical, canonicalText, equalValues, trimmedText, type Loose } from "./canonical.ts";
import { numberOrText } from "./decimal.ts";
import { constant, firstReference, fullName, moneyWithCurrencyField, template } from "./group-transforms.ts";
import { isBlank, type GroupLens, type Lens, type RowShape } from "./lens.ts";
import { isSupportedCountry, type CountryCode } from "./phone.ts";
import { picklist, multipicklist } from "./picklist.ts";
import { dateFormat, instantText, readDate, readInstant, zoneOf } from "./temporal.ts";
import type { FieldType, Value } from "./types.ts";
import { show, Unreadable } from "./unreadable.ts";

export interface Transform {
  /** One line for documents and error messages. */
  readonly does: string;
  /** The types of Winston's fields it can stand for. */
  readonly types: readonly FieldType[];
  /** Shape of `options`; unknown options are refused. */
  readonly options: z.ZodType;
  /** The lens of a row with one field on each side. `options` have passed the schema. */
  readonly lens?: (options: never, type: FieldType) => Lens;
  /** The lens of a row with another shape; undefined where the transform has none for it. */
  readonly group?: (options: never, shape: RowShape) => GroupLens | undefined;
}

const none = z.strictObject({});
const currency = z.string().regex(/^[A-Z]{3}$/u, "a currency is three capital letters, such as EUR");
const country = z.custom<CountryCode>(
  (given) => typeof given === "string" && isSupportedCountry(given),
  "a country is two capital letters of ISO 3166, such as US",
);
const zone = z.string().refine((name) => zoneOf(name) !== undefined, "a zone is an IANA name, such as Europe/Berlin");
const format = z
  .string()
  .refine(
    (text) => dateFormat(text) !== undefined,
    "a format holds YYYY, MM or M, and DD or D once each, as in MM/DD/YYYY",
  );

/** Raw values that read as the same value are the same. */
function sameByReading(get: Lens["get"], equal: Lens["equal"], blank: Value = null): Lens["same"] {
  const read = (raw: unknown): Value | Unreadable => (isBlank(raw) ? null : get(raw)) ?? blank;
  return (a, b) => {
    const [left, right] = [read(a), read(b)];
    if (left instanceof Unreadable || right instanceof Unreadable) return equalJson(a, b);
    return left === null || right === null ? left === right : equal(left, right);
  };
}

/** A lens by the canonical form of a type, whose values vendors take as they are. */
function plain(type: FieldType, loose: Loose = {}): Lens {
  const get: Lens["get"] = (raw) => canonical(type, raw, loose);
  const equal: Lens["equal"] = (a, b) => equalValues(a, b);
  return { get, put: (value) => value, equal, same: sameByReading(get, equal) };
}

/** A lens that brings text into a form of its own in both directions, so that it also fits fields whose own form is looser. */
function normalised(type: "email" | "phone" | "url", loose: Loose = {}): Lens {
  const get = (given: unknown): Value | Unreadable => canonical(type, given, loose);
  const same = sameByReading(get, (a, b) => a === b);
  return { get, put: get, equal: (a, b) => a === b || same(a, b), same };
}

const textLens: Lens = {
  get: canonicalText,
  put: canonicalText,
  equal: (a, b) => a === b || equalJson(canonicalText(a), canonicalText(b)),
  same: (a, b) => isBlank(a) === isBlank(b) && (isBlank(a) || equalJson(canonicalText(a), canonicalText(b))),
};

const trimEqual = (a: unknown, b: unknown): boolean => equalJson(trimmedText(a ?? ""), trimmedText(b ?? ""));
const trimLens: Lens = { get: trimmedText, put: trimmedText, equal: trimEqual, same: trimEqual };

/** A number as the vendor wants it: as JSON's number where that is exact, or always as text. */
const outgoing = (as: "number" | "text", decimal: number | string): number | string =>
  as === "text" ? String(decimal) : typeof decimal === "string" ? numberOrText(decimal) : decimal;

const asNumber = z.strictObject({
  as: z.enum(["number", "text"]).default("number"),
  decimal: z.enum([".", ","]).optional(),
});

function numberLens(options: z.infer<typeof asNumber>): Lens {
  const say = (text: number | string): number | string =>
    options.decimal === "," && typeof text === "string" ? text.replace(".", ",") : text;
  // A float in text form could carry an exponent; the canonical form of a number prints without one.
  const lens = plain("number", { decimal: options.decimal });
  return {
    ...lens,
    put: (value) => {
      if (options.as === "number") return say(value as number | string);
      const text = canonicalText(value);
      return text instanceof Unreadable ? text : say(text!);
    },
  };
}

const moneyOptions = z.strictObject({
  currency: currency.optional(),
  currencyField: z.string().min(1).optional(),
  as: z.enum(["number", "text"]).default("number"),
});
export type MoneyOptions = z.infer<typeof moneyOptions>;

function moneyLens(options: MoneyOptions): Lens {
  const fixed = options.currency ?? null;
  const get: Lens["get"] = (raw) => {
    const money = canonical("money", raw);
    if (money === null || money instanceof Unreadable) return money;
    const { amount, currency: said } = money as { amount: string; currency: string | null };
    if (said !== null && said !== fixed)
      return new Unreadable(`${show(raw)} names ${said}, but this row reads ${fixed ?? "amounts without a currency"}.`);
    return { amount, currency: fixed };
  };
  const put: Lens["put"] = (value) => {
    const { amount, currency: said } = value as { amount: string; currency: string | null };
    if (said !== null && said !== fixed)
      return new Unreadable(
        fixed === null
          ? `${amount} ${said} cannot be written: the mapping does not say which currency the vendor's field is in. Give the row "currency" or "currencyField".`
          : `${amount} ${said} cannot be written: the vendor's field is in ${fixed}.`,
      );
    return outgoing(options.as, amount);
  };
  const equal: Lens["equal"] = (a, b) => {
    const [left, right] = [a, b] as { amount: string; currency: string | null }[];
    return left!.amount === right!.amount && (left!.currency ?? fixed) === (right!.currency ?? fixed);
  };
  return { get, put, equal, same: sameByReading(get, equal) };
}

const booleanOptions = z
  .strictObject({
    true: z.string().min(1).optional(),
    false: z.string().min(1).optional(),
    blank: z.boolean().optional(),
  })
  .refine((given) => (given.true === undefined) === (given.false === undefined), 'give both "true" and "false"')
  .refine(
    (given) =>
      given.true === undefined ||
      given.false === undefined ||
      given.true.trim().toLowerCase() !== given.false.trim().toLowerCase(),
    '"true" and "false" are the same text',
  );

function booleanLens(options: z.infer<typeof booleanOptions>): Lens {
  const words = options.true === undefined ? undefined : { true: options.true, false: options.false! };
  const key = (text: string): string => text.normalize("NFC").trim().toLowerCase();
  const get: Lens["get"] = (raw) => {
    if (typeof raw === "boolean") return raw;
    if (!words) return canonical("boolean", raw);
    if (typeof raw === "string" && key(raw) === key(words.true)) return true;
    if (typeof raw === "string" && key(raw) === key(words.false)) return false;
    return new Unreadable(`${show(raw)} is neither ${show(words.true)} nor ${show(words.false)}.`);
  };
  const equal: Lens["equal"] = (a, b) => a === b;
  return {
    get,
    put: (value) => (words ? words[value === true ? "true" : "false"] : value),
    equal,
    same: sameByReading(get, equal, options.blank),
    ...(options.blank === undefined ? {} : { blank: options.blank }),
  };
}

const dateOptions = z
  .strictObject({ format: format.optional(), as: z.enum(["text", "ms"]).default("text") })
  .refine((given) => given.format === undefined || given.as === "text", '"format" is for text only');

function dateLens(options: z.infer<typeof dateOptions>): Lens {
  const spelled = options.format === undefined ? undefined : dateFormat(options.format);
  const get: Lens["get"] = (raw) => {
    if (typeof raw === "string" && raw.trim() === "") return null;
    if (spelled) return spelled.read(raw);
    if (options.as === "text") return readDate(raw);
    const at = milliseconds(raw);
    return at instanceof Unreadable ? at : readDate(at);
  };
  const put: Lens["put"] = (value) => {
    if (spelled) return spelled.write(value as string);
    return options.as === "ms" ? Date.parse(`${value as string}T00:00:00.000Z`) : value;
  };
  const equal: Lens["equal"] = (a, b) => a === b;
  return { get, put, equal, same: sameByReading(get, equal) };
}

/** Milliseconds since 1970 UTC, a number or its text, as an instant. */
function milliseconds(raw: unknown): string | Unreadable {
  const ms = typeof raw === "string" && /^-?\d{1,16}$/u.test(raw.trim()) ? Number(raw) : raw;
  return typeof ms === "number" && Number.isInteger(ms)
    ? instantText(ms)
    : new Unreadable(`${show(raw)} is not a number of milliseconds.`);
}

const datetimeOptions = z
  .strictObject({ zone: zone.optional(), as: z.enum(["utc", "local", "ms"]).default("utc") })
  .refine((given) => given.as !== "local" || given.zone !== undefined, '"as": "local" needs a "zone"');

function datetimeLens(options: z.infer<typeof datetimeOptions>): Lens {
  const local = options.zone === undefined ? undefined : zoneOf(options.zone);
  const get: Lens["get"] = (raw) => {
    if (typeof raw === "string" && raw.trim() === "") return null;
    return options.as === "ms" ? milliseconds(raw) : readInstant(raw, local);
  };
  const put: Lens["put"] = (value) => {
    if (options.as === "utc") return value;
    const ms = Date.parse(value as string);
    if (options.as === "ms") return ms;
    const text = local!.localText(ms);
    return (
      text ??
      new Unreadable(`${show(value)} has no local time of its own in ${local!.name}: clocks there were set back.`)
    );
  };
  const equal: Lens["equal"] = (a, b) => a === b;
  return { get, put, equal, same: sameByReading(get, equal) };
}

/** What to write while the target cannot be named at the vendor: an owner who is not there, or no longer active. */
const referenceOptions = z.strictObject({
  fallback: z.union([z.enum(["keep", "park"]), z.strictObject({ default: z.string().min(1) })]).optional(),
  /** Who is who where no address says so: the vendor's id or email → Winston's id, email or name. */
  table: z.record(z.string().min(1), z.string().min(1)).optional(),
  /** Of several fields in one of the vendor's: the beginnings of its ids → the field that such an id is for. */
  beginnings: z.record(z.string().min(1), z.string().min(1)).optional(),
});
const jsonOptions = z.strictObject({ as: z.enum(["json", "text"]).default("json") });

function jsonLens(options: z.infer<typeof jsonOptions>): Lens {
  const get: Lens["get"] = (raw) => {
    if (options.as === "json") return canonical("json", raw);
    if (typeof raw !== "string") return new Unreadable(`${show(raw)} is not JSON in text form.`);
    try {
      return canonical("json", JSON.parse(raw));
    } catch {
      return new Unreadable(`${show(raw)} is not valid JSON.`);
    }
  };
  const put: Lens["put"] = (value) => (options.as === "json" ? value : JSON.stringify(value));
  return { get, put, equal: equalJson, same: sameByReading(get, equalJson) };
}

/** Gives a transform's options their type inside its lens; the schema is what makes that true. */
function transform<S extends z.ZodType>(
  row: { does: string; types: readonly FieldType[]; options: S } & {
    lens?: (options: z.infer<S>, type: FieldType) => Lens;
    group?: (options: z.infer<S>, shape: RowShape) => GroupLens | undefined;
  },
): Transform {
  return row as unknown as Transform;
}

const ANY: readonly FieldType[] = [
  "text",
  "email",
  "phone",
  "url",
  "number",
  "boolean",
  "date",
  "datetime",
  "money",
  "picklist",
  "multipicklist",
  "json",
];

/** A picklist's table: the vendor's value → Winston's. `otherwise`: what becomes of values that are not in it. */
const table = z.record(z.string().min(1), z.string().min(1));
const otherwise = z.enum(["pass", "null", "problem"]);
const picklistOptions = z
  .strictObject({ table: table.optional(), otherwise: otherwise.optional(), also: table.optional() })
  .superRefine((given, context) => {
    const values = new Set(Object.values(given.table ?? {}));
    for (const [field, record] of Object.entries(given.also ?? {})) {
      if (given.table?.[record] === undefined)
        context.addIssue({
          code: "custom",
          message: `"also" writes "${field}" as "${record}", which the table does not read`,
        });
      if (values.has(field))
        context.addIssue({ code: "custom", message: `"also" names "${field}", which the table writes already` });
    }
  });

export const TRANSFORMS: Readonly<Record<string, Transform>> = {
  text: transform({ does: "text as it is", types: ["text", "picklist"], options: none, lens: () => textLens }),
  trim: transform({
    does: "text without the white space around it",
    types: ["text", "picklist"],
    options: none,
    lens: () => trimLens,
  }),
  email: transform({
    does: "an email address, its domain in lower case",
    types: ["email", "text"],
    options: none,
    lens: () => normalised("email"),
  }),
  phone: transform({
    does: "a phone number in E.164 where it is one",
    types: ["phone", "text"],
    options: z.strictObject({ country: country.optional() }),
    lens: (options) => normalised("phone", options),
  }),
  url: transform({
    does: "a web address, its scheme and host in lower case",
    types: ["url", "text"],
    options: none,
    lens: () => normalised("url"),
  }),
  fullName: transform({
    does: "one whole name ↔ first and last name",
    types: ["text"],
    options: z.strictObject({ single: z.enum(["first", "last"]).default("last") }),
    group: fullName,
  }),
  picklist: transform({
    does: "one value of a list, translated by a table",
    types: ["picklist", "text"],
    options: picklistOptions,
    lens: picklist,
  }),
  multipicklist: transform({
    does: "several values of a list",
    types: ["multipicklist"],
    options: z.strictObject({
      separator: z.string().min(1).default(";"),
      as: z.enum(["text", "list"]).default("text"),
      table: table.optional(),
      otherwise: otherwise.optional(),
    }),
    lens: multipicklist,
  }),
  date: transform({
    does: "a calendar date, never moved by a zone",
    types: ["date"],
    options: dateOptions,
    lens: dateLens,
  }),
  datetime: transform({ does: "an instant", types: ["datetime"], options: datetimeOptions, lens: datetimeLens }),
  money: transform({
    does: "an amount as exact decimal text, with its currency",
    types: ["money"],
    options: moneyOptions,
    lens: moneyLens,
    group: moneyWithCurrencyField,
  }),
  number: transform({ does: "a number, exact", types: ["number"], options: asNumber, lens: numberLens }),
  boolean: transform({ does: "true or false", types: ["boolean"], options: booleanOptions, lens: booleanLens }),
  reference: transform({
    does: "a reference: an entity ↔ the vendor's id of its record",
    types: ["reference"],
    options: referenceOptions,
    lens: () => plain("reference"),
    group: firstReference,
  }),
  json: transform({ does: "any JSON", types: ["json"], options: jsonOptions, lens: jsonLens }),
  constant: transform({
    does: "always the same value (one-way)",
    types: ANY,
    options: z.strictObject({ value: z.json() }),
    group: constant,
  }),
  template: transform({
    does: 'text put together from several fields, such as "{firstName} {lastName}" (one-way)',
    types: ["text", "picklist"],
    options: z.strictObject({ template: z.string().min(1) }),
    group: template,
  }),
};

/** The names of the transforms that can stand for a field of this type, two-way ones first. */
export function transformsFor(type: FieldType): string[] {
  return Object.keys(TRANSFORMS).filter((name) => TRANSFORMS[name]!.types.includes(type));
}
