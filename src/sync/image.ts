// The image: a record's raw mapped fields as we store and compare them. Pure.
import { hash } from "node:crypto";
import type { JsonObject } from "../base/json.ts";
import { storable } from "../base/json.ts";

/** Under this key an image names the asked fields that the record did not carry. */
const ABSENT = "";

export interface Image {
  /** JSON text of the asked fields in their order, nulls left out. */
  readonly text: string;
  /** SHA-1 of the text: equal digests are equal records. */
  readonly digest: Uint8Array;
}

/** The image of a record. Put together by hand, which is twice as fast as an object made to be stringified. */
export function imageOf(fields: Readonly<Record<string, unknown>>, asked: readonly string[]): Image {
  let heads = headsOf.get(asked);
  if (!heads) headsOf.set(asked, (heads = asked.map((name) => `${JSON.stringify(name)}:`)));
  let inner = "";
  let absent: string[] | undefined;
  for (let index = 0; index < asked.length; index++) {
    const value = fields[asked[index]!];
    if (value === undefined) (absent ??= []).push(asked[index]!);
    else if (value !== null) inner += (inner === "" ? "" : ",") + heads[index]! + JSON.stringify(value);
  }
  if (absent) inner += `${inner === "" ? "" : ","}${JSON.stringify(ABSENT)}:${JSON.stringify(absent)}`;
  const text = `{${inner}}`;
  return { text, digest: hash("sha1", text, "buffer") };
}

const headsOf = new WeakMap<readonly string[], readonly string[]>();

/** The record's fields again from its image: what was null is null, what was absent is absent. */
export function fieldsOf(image: JsonObject, asked: readonly string[]): Record<string, unknown> {
  const absent = new Set((image[ABSENT] as string[] | undefined) ?? []);
  const fields: Record<string, unknown> = {};
  for (const name of asked) {
    if (Object.hasOwn(image, name)) fields[name] = image[name];
    else if (!absent.has(name)) fields[name] = null;
  }
  return fields;
}

/**
 * The first field with text that PostgreSQL cannot hold (NUL, half a surrogate pair), or undefined. JSON text shows both as an
 * escape, so a record without escapes needs no closer look.
 */
export function unstorableField(text: string, fields: Readonly<Record<string, unknown>>): string | undefined {
  if (!text.includes("\\u")) return undefined;
  return Object.keys(fields).find((name) => !storableValue(fields[name]));
}

function storableValue(value: unknown): boolean {
  if (typeof value === "string") return storable(value);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).every(([key, one]) => storable(key) && storableValue(one));
  return true;
}
