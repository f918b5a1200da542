// The canonical form of a value, by field type, from loose input: the API's JSON, a CSV cell, a vendor's answer.
import { equalJson, storable, type Json } from "../base/json.ts";
import type { Problem } from "../base/errors.ts";
import { looseDecimal, normalDecimal, numberOrText } from "./decimal.ts";
import { canonicalPhone, type CountryCode } from "./phone.ts";
import { readDate, readInstant, type DateOrder, type Zone } from "./temporal.ts";
import { nearestInWords } from "./nearest.ts";
import type { Field, FieldType, Value } from "./types.ts";
import { show, Unreadable } from "./unreadable.ts";
import { pointerTo } from "./invalid.ts";

/** How to read what people write in more than one way. Nothing here is guessed: without the option, such a value is a problem. */
export interface Loose {
  /** 10/20/2016 is October in the United States. */
  readonly dateOrder?: DateOrder | undefined;
  /** The decimal mark of numbers and amounts; "." by default. */
  readonly decimal?: "." | "," | undefined;
  /** Of times that carry no offset. */
  readonly zone?: Zone | undefined;
  /** Of phone numbers without a "+". */
  readonly country?: CountryCode | undefined;
  /** Of amounts that name no currency. */
  readonly currency?: string | undefined;
  /** Between the values of a multi-select; ";" by default. */
  readonly separator?: string | undefined;
}

/**
 * The canonical form (src/mapping/types.ts) of anything said for a field of this type: `undefined`, null and "" are null. A value
 * that has none comes back as `Unreadable`. Text is never altered silently: NUL and half surrogate pairs are refused.
 */
export function canonical(type: FieldType, input: unknown, loose: Loose = {}): Value | Unreadable {
  if (input === undefined || input === null || input === "") return null;
  return CANONICAL[type](input, loose);
}

/** Equal as canonical values of one type, which is equal as JSON; absent and null are equal. */
export function equalValues(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b || ((a ?? null) === null && (b ?? null) === null)) return true;
  return equalJson(a, b);
}

/** The fields of one item (an API body, a CSV row) in canonical form, with a problem for each that has none and for each name that is no field. */
export function canonicalFields(
  kindFields: readonly Field[],
  input: Readonly<Record<string, unknown>>,
  loose: Loose = {},
): { fields: Record<string, Value>; problems: Problem[] } {
  const byKey = new Map(kindFields.map((field) => [field.key, field]));
  const fields: Record<string, Value> = {};
  const problems: Problem[] = [];
  for (const [key, given] of Object.entries(input)) {
    if (given === undefined) continue;
    const field = byKey.get(key);
    const value = field
      ? canonical(field.type, given, loose)
      : new Unreadable(`There is no field ${show(key)}${nearestInWords(key, byKey.keys())}.`);
    if (value instanceof Unreadable)
      problems.push({
        pointer: pointerTo(key),
        code: field ? "value.unreadable" : "field.unknown",
        message: field ? `${field.label}: ${value.why}` : value.why,
      });
    else fields[key] = value;
  }
  return { fields, problems };
}

const PLAIN = /^[\x20-\x7e]*$/;

/** Text in NFC. Numbers and booleans become their text. */
export function canonicalText(input: unknown): string | null | Unreadable {
  if (typeof input !== "string") {
    if (typeof input === "number" && Number.isFinite(input)) return normalDecimal(String(input)) ?? String(input);
    if (typeof input === "boolean" || typeof input === "bigint") return String(input);
    return new Unreadable(`${show(input)} is not text.`);
  }
  if (PLAIN.test(input)) return input === "" ? null : input;
  if (!storable(input))
    return new Unreadable(
      `${show(input)} holds a NUL or half of a surrogate pair, which no database text can; remove that character.`,
    );
  return input.normalize("NFC");
}

/** Text without the white space around it; null when nothing is left. */
export function trimmedText(input: unknown): string | null | Unreadable {
  const text = canonicalText(input);
  return typeof text === "string" ? text.trim() || null : text;
}

/** Trimmed, with the domain in lower case. */
function canonicalEmail(input: unknown): string | null | Unreadable {
  const text = trimmedText(input);
  if (typeof text !== "string") return text;
  const at = text.lastIndexOf("@");
  if (at < 1 || at === text.length - 1 || /[\s,;<>]/u.test(text))
    return new Unreadable(`${show(text)} is not one email address; write it as name@example.com.`);
  const domain = text.slice(at + 1);
  const lower = domain.toLowerCase().normalize("NFC");
  return domain === lower ? text : text.slice(0, at + 1) + lower;
}

/** Trimmed, with scheme and host in lower case where they are written. */
function canonicalUrl(input: unknown): string | null | Unreadable {
  const text = trimmedText(input);
  if (typeof text !== "string") return text;
  const head = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*/iu.exec(text)?.[0];
  if (head === undefined || head.includes("@")) return text;
  return head.toLowerCase().normalize("NFC") + text.slice(head.length);
}

function canonicalNumber(input: unknown, loose: Loose): Value | Unreadable {
  if (typeof input === "number" && Number.isFinite(input)) return input === 0 ? 0 : input;
  const decimal =
    typeof input === "string" ? looseDecimal(input, loose.decimal) : typeof input === "bigint" ? String(input) : null;
  if (decimal !== null) return numberOrText(decimal);
  if (typeof input === "string" && input.trim() === "") return null;
  return new Unreadable(`${show(input)} is not a number.`);
}

const CURRENCY = /^[A-Z]{3}$/u;
const SIGNS: Readonly<Record<string, string>> = {
  "€": "EUR",
  "£": "GBP",
  "₹": "INR",
  "₪": "ILS",
  "₩": "KRW",
  "₫": "VND",
};

/** An amount and its currency as `{ amount, currency }`, as a number, or as text such as "1,234.50", "EUR 5", "€5" or "$5" (which country's dollar is left to `loose.currency`). */
function canonicalMoney(input: unknown, loose: Loose): Value | Unreadable {
  let [given, currency]: [unknown, unknown] = [input, null];
  if (typeof input === "object" && input !== null && !Array.isArray(input)) {
    const { amount, currency: named, ...others } = input as Record<string, unknown>;
    if (Object.keys(others).length > 0)
      return new Unreadable(`${show(input)} is not money; write { "amount": "12.50", "currency": "EUR" }.`);
    if (amount === undefined || amount === null || amount === "") return null;
    [given, currency] = [amount, named ?? null];
  } else if (typeof input === "string") {
    const trimmed = input.trim();
    if (trimmed === "") return null;
    const parted =
      trimmed.length > 100
        ? null
        : /^(-?)\s*([A-Za-z]{3}|\p{Sc})?\s*([^A-Za-z\p{Sc}]+?)\s*([A-Za-z]{3}|\p{Sc})?$/u.exec(trimmed);
    if (parted && !(parted[2] && parted[4])) {
      given = parted[1]! + parted[3]!;
      const name = parted[2] ?? parted[4];
      if (name !== undefined) {
        const known = name.length === 3 ? name : SIGNS[name];
        if (known === undefined && name !== "$" && loose.currency === undefined)
          return new Unreadable(`${show(input)} does not say which currency; use its three letters, such as EUR.`);
        currency = known ?? null;
      }
    }
  }
  currency ??= loose.currency ?? null;
  if (typeof currency === "string") currency = currency.toUpperCase();
  if (currency !== null && !(typeof currency === "string" && CURRENCY.test(currency)))
    return new Unreadable(`${show(currency)} is not a currency; use its three letters of ISO 4217, such as EUR.`);
  const amount =
    typeof given === "number" && Number.isFinite(given)
      ? normalDecimal(String(given))
      : typeof given === "string"
        ? looseDecimal(given, loose.decimal)
        : typeof given === "bigint"
          ? String(given)
          : null;
  if (amount === null) return new Unreadable(`${show(given)} is not an amount; write it like 1234.50.`);
  return { amount, currency: currency as string | null };
}

const TRUE = new Set(["true", "yes", "y", "t", "1", "on"]);
const FALSE = new Set(["false", "no", "n", "f", "0", "off"]);

function canonicalBoolean(input: unknown): Value | Unreadable {
  if (typeof input === "boolean") return input;
  const word = typeof input === "string" || typeof input === "number" ? String(input).trim().toLowerCase() : null;
  if (word === "") return null;
  if (word !== null && TRUE.has(word)) return true;
  if (word !== null && FALSE.has(word)) return false;
  return new Unreadable(`${show(input)} is neither true nor false.`);
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function canonicalMultipicklist(input: unknown, loose: Loose): Value | Unreadable {
  const parts: unknown[] = Array.isArray(input)
    ? input
    : typeof input === "string"
      ? input.split(loose.separator ?? ";")
      : [input];
  const values = new Set<string>();
  for (const part of parts) {
    const text = part === null ? null : trimmedText(part);
    if (text instanceof Unreadable) return text;
    if (text !== null) values.add(text);
  }
  return values.size === 0 ? null : [...values].toSorted(byCodeUnit);
}

function canonicalReference(input: unknown): Value | Unreadable {
  const id = typeof input === "string" || typeof input === "number" ? trimmedText(input) : undefined;
  return id === undefined ? new Unreadable(`${show(input)} is not the id of an entity.`) : id;
}

/** Deeper than this, a value is refused rather than risk the stack. */
const JSON_DEPTH_MAX = 100;

function canonicalJson(input: unknown): Value | Unreadable {
  const wrong = wrongInJson(input, 0);
  return wrong === undefined ? (input as Json) : new Unreadable(wrong);
}

function wrongInJson(input: unknown, depth: number): string | undefined {
  if (input === null || typeof input === "boolean") return undefined;
  if (typeof input === "number") return Number.isFinite(input) ? undefined : "JSON has no such number.";
  if (typeof input === "string")
    return storable(input) ? undefined : `${show(input)} holds a NUL or half of a surrogate pair; remove it.`;
  if (typeof input !== "object") return `A ${typeof input} is not JSON.`;
  if (depth >= JSON_DEPTH_MAX) return `The value is nested more than ${JSON_DEPTH_MAX} levels deep.`;
  const parts = Array.isArray(input) ? input : [...Object.keys(input), ...Object.values(input)];
  for (const part of parts) {
    const wrong = wrongInJson(part, depth + 1);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const blankText = (input: unknown): boolean => typeof input === "string" && input.trim() === "";

const CANONICAL: Record<FieldType, (input: unknown, loose: Loose) => Value | Unreadable> = {
  text: canonicalText,
  email: canonicalEmail,
  phone: (input, loose) => {
    const text = trimmedText(input);
    return typeof text === "string" ? canonicalPhone(text, loose.country) : text;
  },
  url: canonicalUrl,
  number: canonicalNumber,
  boolean: canonicalBoolean,
  date: (input, loose) => (blankText(input) ? null : readDate(input, loose.dateOrder)),
  datetime: (input, loose) => (blankText(input) ? null : readInstant(input, loose.zone)),
  money: canonicalMoney,
  picklist: canonicalText,
  multipicklist: canonicalMultipicklist,
  reference: canonicalReference,
  json: canonicalJson,
};
