// What a caller gives, read: canonical values of each item, and what is wrong with it. Pure.
import type { Problem } from "../base/errors.ts";
import { storable } from "../base/json.ts";
import { canonical, type Loose } from "../mapping/canonical.ts";
import { pointerTo } from "../mapping/invalid.ts";
import { FIELD_TYPES, type Field, type FieldType, type Value } from "../mapping/types.ts";
import { Unreadable } from "../mapping/unreadable.ts";
import type { FieldRow } from "../store/field.ts";
import { EXTERNAL, identityValue } from "./keys.ts";
import type { SaveInput, SaveOptions } from "./types.ts";

/** One item on its way. An item with problems is refused as a whole. */
export interface Item {
  readonly index: number;
  /** Winston's id of the record it is meant for. */
  readonly id: string | undefined;
  readonly externalId: string | null;
  /** The caller's own id, as keys are compared. */
  readonly external: string | null;
  /** What the caller calls a record by all it says. */
  readonly content: string | null;
  readonly values: Record<string, Value>;
  readonly references: readonly GivenReference[];
  readonly problems: Problem[];
}

/** A reference by Winston's id or another key of its target. */
export interface GivenReference {
  readonly field: string;
  readonly key: string;
  readonly value: string;
}

/** Under this key a reference is given by Winston's id. */
export const ID = "id";

/** The same item for a try of its own: what a try finds out does not outlive it. */
export const freshItem = (item: Item): Item => ({
  ...item,
  values: { ...item.values },
  problems: [...item.problems],
});

/** Canonical values of one item. A key that is no field becomes a custom field (in `fields` and `made`), or a problem, as the caller chose. */
export function readItem(
  one: SaveInput,
  index: number,
  fields: Map<string, Field>,
  made: Map<string, FieldRow>,
  options: SaveOptions,
): Item {
  const values: Record<string, Value> = {};
  const references: GivenReference[] = [];
  const problems: Problem[] = [];
  const loose: Loose = options.loose ?? {};
  for (const [key, given] of Object.entries(one.input)) {
    if (given === undefined) continue;
    let field = fields.get(key);
    if (!field) {
      if (options.unknownKeys === "error") {
        problems.push({
          pointer: pointerTo(key),
          code: "field.unknown",
          message: `There is no field ${key}. Declare it first, or send unknownKeys: "custom" to have it made.`,
        });
        continue;
      }
      if (given === null || given === "") continue;
      const bad = badKey(key);
      if (bad) {
        problems.push({ pointer: pointerTo(key), code: "field.bad_key", message: bad });
        continue;
      }
      field = { key, type: options.types?.[key] ?? typeOf(given), label: key, custom: true };
      fields.set(key, field);
      made.set(key, {
        kind: options.kind,
        key,
        type: field.type,
        label: options.labels?.[key] ?? key,
        target: null,
        source: options.actor,
      });
    }
    if (field.type === "reference" && typeof given === "object" && given !== null) {
      const entry = Object.entries(given as Record<string, unknown>).find(
        ([name, value]) =>
          ["externalId", "name", "email"].includes(name) &&
          typeof value === "string" &&
          value.trim() !== "" &&
          storable(value),
      );
      if (entry)
        references.push({
          field: key,
          key: entry[0] === "externalId" ? EXTERNAL : entry[0],
          value: entry[1] as string,
        });
      else
        problems.push({
          pointer: pointerTo(key),
          code: "value.unreadable",
          message: `Give ${key} as a Winston id, or as {"externalId": ...}, {"name": ...} or {"email": ...}.`,
        });
      continue;
    }
    if (field.type === "reference" && typeof given === "string" && given !== "") {
      references.push({ field: key, key: ID, value: given.trim().toLowerCase() });
      continue;
    }
    const value = canonical(field.type, given, loose);
    if (value instanceof Unreadable)
      problems.push({ pointer: pointerTo(key), code: "value.unreadable", message: value.why });
    else values[key] = value;
  }
  const externalId = typeof values["externalId"] === "string" ? values["externalId"] : null;
  return {
    index,
    id: one.id?.toLowerCase(),
    externalId,
    external: identityValue(EXTERNAL, externalId),
    content: identityValue(EXTERNAL, one.contentId),
    values,
    references,
    problems,
  };
}

const typeOf = (value: unknown): FieldType =>
  typeof value === "boolean"
    ? "boolean"
    : typeof value === "number" || typeof value === "bigint"
      ? "number"
      : typeof value === "object"
        ? "json"
        : "text";

function badKey(key: string): string | undefined {
  if (key.length > 100) return "The name is longer than 100 characters.";
  if (key === "" || key.startsWith("_") || /[\p{Cc}\p{Cs}.]/u.test(key))
    return `${JSON.stringify(key)} cannot be the name of a field: it is empty, begins with "_", or holds a dot, a control character or half of a surrogate pair.`;
  return undefined;
}

/** Which of these words are field types. */
export const isFieldType = (word: string): word is FieldType => (FIELD_TYPES as readonly string[]).includes(word);
