// What people and programs call things, turned into what the engine is given. Pure: the HTTP surface and the CSV importer share it.
//
// The shape handed to `Records.save` is { id?, input }:
//   id      Winston's id of the record to change, where the item carries one
//   input   { externalId?: "the caller's own id",
//             <field key>: a loose value (text, number, ...; the engine makes it canonical or says why not),
//             <reference field>: "<Winston id>" | { externalId: "the target's own id" } | { email: "..." } | { name: "..." } | null,
//             <any other key>: passed through; the engine's `unknownKeys` rule makes a custom field of it or refuses it }
import type { Problem } from "../base/errors.ts";
import { storable } from "../base/json.ts";
import { splitName } from "../mapping/full-name.ts";
import type { Field } from "../mapping/types.ts";
import type { RecordInput } from "../sync/types.ts";
import { escapePointer } from "./body.ts";

export type Normalised =
  | {
      readonly id?: string;
      readonly input: RecordInput;
      /** What the item called the keys of `input` that it called otherwise; absent where it called none otherwise. */
      readonly said?: Readonly<Record<string, string>>;
      readonly problems?: undefined;
    }
  | { readonly problems: readonly Problem[] };

/** Winston's ids are UUIDs of version 7; any other text is the caller's own id. */
export const isWinstonId = (value: unknown): value is string =>
  typeof value === "string" && /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/iu.test(value);

const EXTERNAL = "external:";
const TEXT_MAX = 255;
const KEYS_MAX = 1000;

/** Names under which a kind goes in other people's records; "<name>Id" is the own id in its own resource and a reference elsewhere. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  person: ["person", "lead", "contact"],
  account: ["account"],
  deal: ["deal"],
  "deal-contact": ["dealcontact"],
  campaign: ["campaign"],
  activity: ["activity"],
  user: ["user"],
};

/** Said by every record Winston shows and decided by Winston alone: ignored when a shown record comes back. */
const SHOWN_ONLY = new Set(["version", "createdAt", "updatedAt", "deletedAt", "links"]);

/** "First Name", "first_name" and "firstName" are one name. */
const loosely = (key: string): string => key.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

/**
 * Makes the normaliser of one resource. `fields` are the standard fields of its kind; `stage` tells a lead from a contact.
 * The result takes one item of any shape; `externalIdKey` names the item's key that holds the caller's own id.
 */
export function inputReader(resource: {
  readonly kind: string;
  readonly stage?: string | undefined;
  readonly fields: readonly Field[];
}): (item: unknown, options?: { externalIdKey?: string | undefined }) => Normalised {
  const exact = new Map(resource.fields.map((field) => [field.key, field]));
  const variants = new Map(resource.fields.map((field) => [loosely(field.key), field]));
  for (const field of resource.fields.filter((one) => one.type === "reference" && one.target !== undefined)) {
    // "ownerId" and "userId" say the owner, "leadId" and "contactId" the person of an activity.
    for (const name of [field.key, ...(NAMES[field.target!] ?? [])]) {
      const variant = `${loosely(name)}id`;
      if (field.target !== resource.kind || name === field.key) variants.set(variant, variants.get(variant) ?? field);
    }
  }
  const ownIds = new Set((NAMES[resource.kind] ?? []).map((name) => `${name}id`));
  const person = resource.kind === "person";

  return (item, options = {}) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) {
      return {
        problems: [{ pointer: "", code: "invalid_type", message: "must be an object with the record's values" }],
      };
    }
    const given = item as Readonly<Record<string, unknown>>;
    const problems: Problem[] = [];
    const input: Record<string, unknown> = {};
    const later: [key: string, value: unknown][] = [];
    const problem = (key: string, message: string): void =>
      void problems.push({ pointer: `/${escapePointer(key)}`, code: "request.invalid", message });

    let said: Record<string, string> | undefined;
    const put = (key: string, field: Field, value: unknown): void => {
      if (key !== field.key) (said ??= {})[field.key] = key;
      input[field.key] = field.type === "reference" ? reference(value, (message) => problem(key, message)) : value;
    };
    const ownId = (key: string, value: unknown): void => {
      if (typeof value !== "string" && typeof value !== "number") {
        if (value !== null) problem(key, `"${key}" is an id of your own; it must be text or a number`);
      } else if (String(value).trim() !== "") {
        if (String(value).length > TEXT_MAX || !storable(String(value)))
          problem(key, `"${key}" is an id of your own; it must be plain text of at most ${TEXT_MAX} characters`);
        else {
          input.externalId = String(value);
          if (key !== "externalId") (said ??= {}).externalId = key;
        }
      }
    };

    const keys = Object.keys(given).filter((key) => given[key] !== undefined);
    if (keys.length > KEYS_MAX)
      return { problems: [{ pointer: "", code: "request.invalid", message: `has more than ${KEYS_MAX} keys` }] };
    const shown = isWinstonId(given.id) && typeof given.version === "number";

    // First what is said in our own words, then variants where the place is still free, then everything else as it is.
    const { externalIdKey } = options;
    if (externalIdKey !== undefined) ownId(externalIdKey, given[externalIdKey] ?? null);
    for (const key of keys) {
      const value = given[key];
      const field = exact.get(key);
      if (shown && (SHOWN_ONLY.has(key) || (person && (key === "stage" || key === "name")))) continue;
      if (key === "customFields") custom(value);
      else if (key === "externalId") {
        if (input.externalId === undefined) ownId(key, value);
      } else if (field) put(key, field, value);
      else if (key === externalIdKey || (key === "id" && isWinstonId(value))) continue;
      else if (!(person && key === "stage" && value === resource.stage)) later.push([key, value]);
    }
    for (const [key, value] of later) {
      const name = loosely(key);
      const field = variants.get(name);
      if ((name === "externalid" || ownIds.has(name) || key === "id") && input.externalId === undefined) {
        ownId(key, value);
      } else if (field && input[field.key] === undefined) put(key, field, value);
      else if (person && (name === "name" || name === "fullname")) split(key, value);
      else other(key, key, value);
    }
    if (problems.length > 0) return { problems };
    return { ...(isWinstonId(given.id) ? { id: given.id.toLowerCase() } : {}), input, ...(said ? { said } : {}) };

    function split(key: string, value: unknown): void {
      if (value === null) {
        input.firstName ??= null;
        input.lastName ??= null;
      } else if (typeof value === "string") {
        const parts = splitName(value);
        for (const part of ["firstName", "lastName"]) if (input[part] === undefined) (said ??= {})[part] = key;
        if (input.lastName === undefined) input.lastName = parts.last;
        if (input.firstName === undefined) input.firstName = parts.first;
      } else problem(key, `"${key}" must be text`);
    }

    function custom(value: unknown): void {
      if (value === null) return;
      if (typeof value !== "object" || Array.isArray(value)) {
        problem("customFields", '"customFields" must be an object: {"<field key>": value}');
        return;
      }
      for (const [key, one] of Object.entries(value)) {
        if (exact.has(key))
          problems.push({
            pointer: `/customFields/${escapePointer(key)}`,
            code: "request.invalid",
            message: `"${key}" is a standard field; give it beside customFields, not inside`,
          });
        else if (person && key === "name" && !shown)
          problems.push({
            pointer: "/customFields/name",
            code: "request.invalid",
            message: `"name" is made of firstName and lastName; give it beside customFields, not inside`,
          });
        else other(key, `customFields/${key}`, one);
      }
    }

    function other(key: string, where: string, value: unknown): void {
      if (key.trim() === "" || key.length > TEXT_MAX || !storable(key))
        problem(where, "has a key that cannot name a field");
      else input[key] = value;
    }
  };
}

/** Problems of an `input`, with pointers into the item as it was given. */
export function asSaid(
  problems: readonly Problem[],
  said: Readonly<Record<string, string>> | undefined,
): readonly Problem[] {
  if (!said) return problems;
  return problems.map((problem) => {
    const [, key = "", rest = ""] = /^\/([^/]*)(.*)$/su.exec(problem.pointer) ?? [];
    return Object.hasOwn(said, key) ? { ...problem, pointer: `/${escapePointer(said[key]!)}${rest}` } : problem;
  });
}

/** A target as people name it: Winston's id, "external:<own id>", an own id alone, or { id }, { externalId }, { email } or { name }. Blank is none. */
function reference(value: unknown, wrong: (message: string) => void): string | Readonly<Record<string, string>> | null {
  if (value === null || value === "") return null;
  if (isWinstonId(value)) return value.toLowerCase();
  if (typeof value === "string")
    return { externalId: value.startsWith(EXTERNAL) ? value.slice(EXTERNAL.length) : value };
  if (typeof value === "number") return { externalId: String(value) };
  if (typeof value === "object" && !Array.isArray(value)) {
    const { id, externalId, email, name } = value as Readonly<Record<string, unknown>>;
    if (isWinstonId(id)) return id.toLowerCase();
    if (typeof externalId === "string" || typeof externalId === "number") return { externalId: String(externalId) };
    if (typeof email === "string") return { email };
    if (typeof name === "string") return { name };
  }
  wrong(
    'must name a record: its Winston id, your own id of it, {"externalId": "..."}, {"email": "..."}, {"name": "..."} or null',
  );
  return null;
}
