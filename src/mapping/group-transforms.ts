// Transforms over several fields: a whole name, an amount with its currency, the first reference given, a constant, a template.
import { equalJson, type Json } from "../base/json.ts";
import { canonical, canonicalText, equalValues } from "./canonical.ts";
import { numberOrText } from "./decimal.ts";
import { collapse, joinName, splitName } from "./full-name.ts";
import { isBlank, type GroupLens, type RowShape } from "./lens.ts";
import type { Value } from "./types.ts";
import { show, Unreadable } from "./unreadable.ts";

/** The first Unreadable of a list, else the list. */
function readable<T>(list: readonly (T | Unreadable)[]): readonly T[] | Unreadable {
  return list.find((one) => one instanceof Unreadable) ?? (list as readonly T[]);
}

const texts = (list: readonly unknown[]): readonly (string | null)[] | Unreadable =>
  readable(list.map((one) => (isBlank(one) ? null : canonicalText(one))));

/** One text with a whole name on one side, first and last name (in this order) on the other. */
export function fullName(options: { single: "first" | "last" }, shape: RowShape): GroupLens | undefined {
  const split = (given: readonly unknown[]): readonly (string | null)[] | Unreadable => {
    const read = texts(given);
    if (read instanceof Unreadable) return read;
    const { first, last } = splitName(read[0] ?? "", options.single);
    return [first, last];
  };
  const join = (given: readonly unknown[]): readonly (string | null)[] | Unreadable => {
    const read = texts(given);
    if (read instanceof Unreadable) return read;
    const joined = joinName({ first: read[0] ?? null, last: read[1] ?? null }, options.single);
    return joined === undefined
      ? new Unreadable(
          `${show(`${read[0] ?? ""} ${read[1] ?? ""}`)} cannot be written as one name: it could not be parted again.`,
        )
      : [joined];
  };
  const sameBy =
    (way: (given: readonly unknown[]) => readonly (string | null)[] | Unreadable) =>
    (a: readonly unknown[], b: readonly unknown[]): boolean => {
      const [left, right] = [way(a), way(b)];
      return left instanceof Unreadable || right instanceof Unreadable ? equalJson(a, b) : equalJson(left, right);
    };
  if (shape.fields === 2 && shape.records === 1)
    return {
      get: split,
      put: join,
      equal: (a, b) => collapse((a ?? "") as string) === collapse((b ?? "") as string),
      same: sameBy(split),
    };
  if (shape.fields === 1 && shape.records === 2)
    return {
      get: join,
      put: split,
      equal: (a, b) => sameBy(split)([a], [b]),
      same: sameBy((given) => {
        const read = texts(given);
        return read instanceof Unreadable ? read : read.map((one) => collapse(one ?? "") || null);
      }),
    };
  return undefined;
}

/** `records` are the amount and the field that holds its currency. */
export function moneyWithCurrencyField(
  options: { currency?: string | undefined; as: "number" | "text" },
  shape: RowShape,
): GroupLens | undefined {
  if (shape.fields !== 1 || shape.records !== 2) return undefined;
  const byDefault = options.currency ?? null;
  const get = ([amount, currency]: readonly unknown[]): readonly Value[] | Unreadable => {
    if (isBlank(amount)) return [null];
    if (isBlank(currency) && byDefault === null)
      return new Unreadable(`${show(amount)} comes without a currency; give the row a "currency" for such amounts.`);
    const money = canonical("money", { amount, currency: isBlank(currency) ? byDefault : currency });
    return money instanceof Unreadable ? money : [money];
  };
  const equal = (a: Value, b: Value): boolean => {
    const [left, right] = [a, b] as ({ amount: string; currency: string | null } | null)[];
    if (!left || !right) return left === right;
    return left.amount === right.amount && (left.currency ?? byDefault) === (right.currency ?? byDefault);
  };
  return {
    get,
    put: ([value]) => {
      if (value === null || value === undefined) return [null, undefined];
      const { amount, currency } = value as { amount: string; currency: string | null };
      if (currency === null && byDefault === null)
        return new Unreadable(`${amount} has no currency; say which, or give the row a "currency" for such amounts.`);
      return [options.as === "text" ? amount : numberOrText(amount), currency ?? byDefault];
    },
    equal,
    same: (a, b) => {
      // A currency that was not sent is whatever it was.
      const [left, right] = [get(a), get([b[0], b[1] === undefined ? a[1] : b[1]])];
      if (left instanceof Unreadable || right instanceof Unreadable) return equalJson(a, b);
      return equal(left[0]!, right[0]!);
    },
  };
}

/**
 * Several references into one vendor field that can point to records of several streams: the first that is not blank. Read, the beginning
 * of an id says which of them it is: those before it are blank, and nothing is said of those behind it, which it would hide. An id with
 * none of the beginnings leads to what is not synced, and all of them are blank.
 */
export function firstReference(
  { beginnings }: { readonly beginnings?: Readonly<Record<string, string>> | undefined },
  { fields, records, keys }: RowShape,
): GroupLens | undefined {
  if (fields < 2 || records !== 1) return undefined;
  const put: GroupLens["put"] = (values) => [values.find((one) => !isBlank(one)) ?? null];
  const equal: GroupLens["equal"] = (a, b) => a === b;
  if (!beginnings)
    return {
      get: () => new Unreadable("This reference is only written."),
      put,
      equal,
      same: equalJson,
      oneWay: 'one id cannot say which of several references it belongs to; "beginnings" would',
    };
  const places = Object.entries(beginnings).map(([beginning, key]) => [beginning, keys.indexOf(key)] as const);
  if (keys.some((_, place) => !places.some(([, one]) => one === place)) || places.some(([, place]) => place < 0))
    return undefined;
  const get = ([id]: readonly unknown[]): readonly (Value | undefined)[] => {
    const found = places.find(([beginning]) => typeof id === "string" && id.startsWith(beginning))?.[1] ?? fields;
    return keys.map((_, place) => (place < found ? null : place === found ? (id as string) : undefined));
  };
  return { get, put, equal, same: (a, b) => equalJson(get(a), get(b)) };
}

/** Always the same value: read for a field, or sent to a vendor field at create. */
export function constant(options: { value: Json }, shape: RowShape): GroupLens | undefined {
  if (shape.direction === "in" ? shape.fields !== 1 : shape.records !== 1) return undefined;
  const type = shape.fieldTypes[0] ?? "json";
  const value = canonical(type, options.value);
  return {
    get: () => (value instanceof Unreadable ? value : [value]),
    put: () => [options.value],
    equal: (a, b) => equalValues(a, b),
    same: equalJson,
    oneWay: "a constant says nothing about what stood there before",
  };
}

/** Text with {names} of the row's own fields in it. Blank ones leave nothing. */
export function template(options: { template: string }, shape: RowShape): GroupLens | undefined {
  if (shape.direction === "in" ? shape.fields !== 1 : shape.records !== 1) return undefined;
  const parts = options.template.split(/\{([^{}]*)\}/u);
  const slots = parts.map((part, index) => (index % 2 === 0 ? part : shape.names.indexOf(part)));
  if (slots.includes(-1)) return undefined;
  const fill = (given: readonly unknown[]): readonly (string | null)[] | Unreadable => {
    const said = readable(given.map(inWords));
    if (said instanceof Unreadable) return said;
    if (said.every((one) => one === "")) return [null];
    const text = slots.map((slot) => (typeof slot === "string" ? slot : said[slot])).join("");
    return [text.trim() || null];
  };
  return {
    get: fill,
    put: fill,
    equal: (a, b) => a === b,
    same: equalJson,
    oneWay: "what a template put together cannot be taken apart again",
  };
}

/** A value as a template shows it. */
function inWords(value: unknown): string | Unreadable {
  if (isBlank(value)) return "";
  if (Array.isArray(value)) return value.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", ");
  if (typeof value === "object") {
    const { amount, currency } = value as { amount?: unknown; currency?: unknown };
    if (typeof amount === "string") return typeof currency === "string" ? `${amount} ${currency}` : amount;
    return new Unreadable(`${show(value)} cannot be put into a text.`);
  }
  const text = canonicalText(value);
  return text instanceof Unreadable ? text : (text ?? "");
}
