// Picklists by table. Two-way only while no two values of one side meet in one of the other.
import type { Json } from "../base/json.ts";
import { equalJson } from "../base/json.ts";
import { canonical, canonicalText, equalValues } from "./canonical.ts";
import { isBlank, type Lens } from "./lens.ts";
import type { Value } from "./types.ts";
import { show, Unreadable } from "./unreadable.ts";

export interface TableOptions {
  /** The vendor's value → Winston's value. */
  readonly table?: Readonly<Record<string, string>> | undefined;
  /** For values that are not in the table: taken over as they are, dropped, or a problem (the default where there is a table). */
  readonly otherwise?: "pass" | "null" | "problem" | undefined;
  /**
   * Further values of Winston's, by what they are written as. While the vendor holds that, they are as good as the value it is read as: a
   * list that is finer here than there goes both ways, and nothing is coarsened by coming back.
   */
  readonly also?: Readonly<Record<string, string>> | undefined;
}

interface Translation {
  readonly get: (text: string) => string | null | Unreadable;
  readonly put: (text: string) => string | null | Unreadable;
  /** Whether two of Winston's values are written as the same. */
  readonly alike: (a: Value, b: Value) => boolean;
  readonly oneWay?: string;
}

/** One value of a list. */
export function picklist(options: TableOptions): Lens {
  const translation = translate(options);
  const through = (way: (text: string) => string | null | Unreadable) => (given: unknown) => {
    const text = canonicalText(given);
    return typeof text === "string" ? way(text) : text;
  };
  return {
    get: through(translation.get),
    put: through(translation.put),
    equal: (a, b) => equalValues(a, b) || (options.also !== undefined && translation.alike(a, b)),
    same: (a, b) => isBlank(a) === isBlank(b) && (isBlank(a) || equalJson(canonicalText(a), canonicalText(b))),
    ...oneWay(translation),
    examples: examples(options),
  };
}

/** Several values of a list; on the vendor's side a text with separators, or a list. */
export function multipicklist(options: TableOptions & { separator: string; as: "text" | "list" }): Lens {
  const translation = translate(options);
  const each = (values: readonly string[], way: Translation["get"]): string[] | Unreadable => {
    const found: string[] = [];
    for (const value of values) {
      const translated = way(value);
      if (translated instanceof Unreadable) return translated;
      if (translated !== null) found.push(translated);
    }
    return found;
  };
  const read = (raw: unknown): Value | Unreadable => canonical("multipicklist", raw, { separator: options.separator });
  const get: Lens["get"] = (raw) => {
    const values = read(raw);
    if (!Array.isArray(values)) return values;
    const found = each(values as string[], translation.get);
    return found instanceof Unreadable ? found : canonical("multipicklist", found);
  };
  const put = (value: Value): Json | Unreadable => {
    const found = each(value as string[], translation.put);
    if (found instanceof Unreadable) return found;
    if (found.length === 0) return null;
    if (options.as === "list") return found;
    const torn = found.find((one) => one.includes(options.separator) || one.trim() !== one);
    return torn === undefined
      ? found.join(options.separator)
      : new Unreadable(`${show(torn)} cannot be written: it holds the separator ${show(options.separator)}.`);
  };
  return {
    get,
    put,
    equal: (a, b) => equalValues(a, b),
    same: (a, b) => {
      const [left, right] = [read(a), read(b)];
      return !(left instanceof Unreadable || right instanceof Unreadable) && equalValues(left, right);
    },
    ...oneWay(translation),
    examples: {
      raws: examples(options).raws,
      values: examples(options).values.map((value) => [value as string]),
    },
  };
}

const oneWay = (translation: Translation): { oneWay?: string } =>
  translation.oneWay === undefined ? {} : { oneWay: translation.oneWay };

function translate(options: TableOptions): Translation {
  const otherwise = options.otherwise ?? (options.table ? "problem" : "pass");
  const ours = new Map<string, string>();
  const theirs = new Map<string, string>();
  const shared: string[] = [];
  for (const [record, field] of Object.entries(options.table ?? {})) {
    const [from, to] = [record.normalize("NFC"), field.normalize("NFC")];
    ours.set(from, to);
    if (theirs.has(to)) shared.push(to);
    else theirs.set(to, from);
  }
  for (const [field, record] of Object.entries(options.also ?? {}))
    theirs.set(field.normalize("NFC"), record.normalize("NFC"));
  const look =
    (table: ReadonlyMap<string, string>, reverse: ReadonlyMap<string, string>, side: string) =>
    (text: string): string | null | Unreadable => {
      const found = table.get(text);
      if (found !== undefined) return found;
      if (otherwise === "null") return null;
      if (otherwise === "problem")
        return new Unreadable(`${show(text)} is not in the row's table of ${side} values; add it there.`);
      // Passing it on would make it one of the other side's translated values, and it would come back as something else.
      const meets = reverse.get(text);
      return meets === undefined
        ? text
        : new Unreadable(
            `${show(text)} is what ${show(meets)} is translated to and cannot be told from it; add it to the row's table.`,
          );
    };
  let why: string | undefined;
  if (shared.length > 0)
    why = `several of the vendor's values become ${show(shared[0])}, so it cannot be known which to write back`;
  else if (otherwise === "null") why = 'with "otherwise": "null" a value that is not in the table is lost';
  return {
    get: look(ours, theirs, "the vendor's"),
    put: look(theirs, ours, "Winston's"),
    alike: (a, b) => {
      const [left, right] = [a, b].map((value) => (typeof value === "string" ? theirs.get(value) : undefined));
      return left !== undefined && left === right;
    },
    ...(why === undefined ? {} : { oneWay: why }),
  };
}

function examples(options: TableOptions): { raws: Json[]; values: Value[] } {
  const raws = Object.keys(options.table ?? {});
  const values = [...Object.values(options.table ?? {}), ...Object.keys(options.also ?? {})];
  return { raws: [...raws, ...values], values: [...values, ...raws] };
}
