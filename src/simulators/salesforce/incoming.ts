// Reads the values a caller sends: types, lengths, picklists and the vendor's own tidying (text loses blanks at both ends,
// "" is null, addresses are stored in lower case: help.salesforce.com article 000384328).
import { Refusal, said, type VendorError } from "./exchange.ts";
import { parseId } from "./ids.ts";
import { accessTo, type Org } from "./org.ts";
import type { Field, ObjectDefinition, Value } from "./schema.ts";

export interface Incoming {
  readonly values: Map<Field, Value>;
  readonly errors: VendorError[];
}

/**
 * The values of one record. A field that does not exist and a value that cannot be deserialised refuse the whole JSON
 * request; in a bulk job (`text`) they fail the row. Everything else is an error of the row.
 */
export function readValues(
  org: Org,
  definition: ObjectDefinition,
  raw: Readonly<Record<string, unknown>>,
  options: { readonly create: boolean; readonly api: boolean; readonly text?: boolean },
): Incoming {
  const values = new Map<Field, Value>();
  const errors: VendorError[] = [];
  const locked: string[] = [];
  for (const [key, given] of Object.entries(raw)) {
    if (key === "attributes") continue;
    const path = options.text && key.includes(".") ? key.split(".") : undefined;
    const value = path ? { [path[1]!]: given } : given;
    const name = path ? path[0]! : key;
    const parent = typeof value === "object" && value !== null ? relation(org, definition, name) : undefined;
    const field = parent ?? org.schema.field(definition.name, name);
    if (!field || (options.api && accessTo(org, definition.name, field) === "hidden"))
      throw new Refusal(400, "INVALID_FIELD", `No such column '${name}' on sobject of type ${definition.name}`);
    const writable = options.create ? field.createable : field.updateable;
    if (!writable || (options.api && accessTo(org, definition.name, field) !== "edit")) {
      locked.push(field.name);
      continue;
    }
    try {
      const read = parent
        ? byExternalId(org, field, value as Record<string, unknown>)
        : readValue(field, value, { inPages: !options.api });
      if (typeof read === "object" && read !== null) errors.push(read);
      else values.set(field, read);
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || !options.text) throw thrown;
      errors.push({
        code: "INVALID_TYPE_ON_FIELD_IN_RECORD",
        message: `${field.label}: value not of required type: ${said(given)}`,
        fields: [field.name],
      });
    }
  }
  if (locked.length > 0)
    errors.unshift({
      code: "INVALID_FIELD_FOR_INSERT_UPDATE",
      message: `Unable to create/update fields: ${locked.join(", ")}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
      fields: locked,
    });
  return { values, errors };
}

function relation(org: Org, definition: ObjectDefinition, name: string): Field | undefined {
  return org.schema.relationship(definition.name, name);
}

/** {"Account": {"Key__c": "x"}}: the parent named by its external id. */
function byExternalId(org: Org, field: Field, given: Record<string, unknown>): Value | VendorError {
  const keys = Object.keys(given).filter((key) => key !== "attributes");
  const target = field.referenceTo[0]!;
  const by = keys.length === 1 ? org.schema.field(target, keys[0]!) : undefined;
  if (!by || (!by.externalId && !by.idLookup))
    throw new Refusal(
      400,
      "INVALID_FIELD",
      `More than one field provided in an external foreign key reference in entity: ${target}`,
    );
  const value = given[keys[0]!];
  const ids = org.tables
    .table(target)
    .find(by.name, said(value))
    .filter((id) => !org.tables.get(target, id)!.IsDeleted);
  if (ids.length === 1) return ids[0]!;
  return {
    code: "INVALID_FIELD",
    message: `Foreign key external ID: ${said(value).toLowerCase()} not found for field ${by.name} in entity ${target}`,
    fields: [],
  };
}

function cannotRead(type: string, value: unknown): Refusal {
  const token =
    typeof value === "string"
      ? "VALUE_STRING"
      : typeof value === "boolean"
        ? value
          ? "VALUE_TRUE"
          : "VALUE_FALSE"
        : typeof value === "number"
          ? Number.isInteger(value)
            ? "VALUE_NUMBER_INT"
            : "VALUE_NUMBER_FLOAT"
          : Array.isArray(value)
            ? "START_ARRAY"
            : "START_OBJECT";
  const shown = typeof value === "object" ? "" : ` value ${said(value)}`;
  return new Refusal(
    400,
    "JSON_PARSER_ERROR",
    `Cannot deserialize instance of ${type} from ${token}${shown} or request may be missing a required field at [line:1, column:2]`,
  );
}

/**
 * A value as stored, or the error of its row. Throws a Refusal when it cannot even be deserialised. `inPages`: a person saved it, and the
 * page rounds to the field's decimal places, which the API does not (help.salesforce.com articles 000387302 and 000385689).
 */
export function readValue(
  field: Field,
  given: unknown,
  { inPages = false }: { readonly inPages?: boolean } = {},
): Value | VendorError {
  if (given === null || given === undefined || given === "") return field.type === "boolean" ? false : null;
  switch (field.type) {
    case "boolean": {
      const text = said(given).toLowerCase();
      if (text === "true" || (typeof given === "string" && text === "1")) return true;
      if (text === "false" || (typeof given === "string" && text === "0")) return false;
      throw cannotRead("boolean", given);
    }
    case "int":
    case "double":
    case "currency":
    case "percent":
      return readNumber(field, given, inPages);
    case "date":
      return readDate(given);
    case "datetime":
      return readTime(given);
    case "reference":
    case "id":
      return readReference(field, given);
    default:
      return readText(field, given);
  }
}

function readText(field: Field, given: unknown): Value | VendorError {
  if (typeof given !== "string") throw cannotRead("string", given);
  const text = given.replaceAll(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/gu, ""); // eslint-disable-line no-control-regex
  if (text === "") return null;
  if (text.length > field.length)
    return {
      code: "STRING_TOO_LONG",
      message: `${field.label}: data value too large: ${text} (max length=${field.length})`,
      fields: [field.name],
    };
  if (field.type === "email") {
    if (!/^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\.]+(?:\.[^\s@<>()[\],;:"\\.]+)+$/u.test(text))
      return {
        code: "INVALID_EMAIL_ADDRESS",
        message: `${field.label}: invalid email address: ${text}`,
        fields: [field.name],
      };
    return text.toLowerCase();
  }
  if (field.type === "picklist" || field.type === "multipicklist") {
    const chosen = field.type === "picklist" ? [text] : [...new Set(text.split(";").map((one) => one.trim()))];
    const known = field.picklist.filter((one) => one.active).map((one) => one.value);
    const wrong = chosen.find((one) => !known.includes(one));
    if (field.restricted && wrong !== undefined)
      return {
        code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        message: `${field.label}: bad value for restricted picklist field: ${wrong}`,
        fields: [field.name],
      };
    if (field.type === "picklist") return text;
    const rank = (one: string): number => (known.includes(one) ? known.indexOf(one) : known.length);
    return chosen
      .filter(Boolean)
      .toSorted((a, b) => rank(a) - rank(b))
      .join(";");
  }
  return text;
}

function readNumber(field: Field, given: unknown, inPages: boolean): Value | VendorError {
  const type = field.type === "int" ? "int" : "double";
  if (typeof given !== "number" && !(typeof given === "string" && given.trim() !== "")) throw cannotRead(type, given);
  const number = Number(given);
  if (!Number.isFinite(number)) throw cannotRead(type, given);
  if (field.type === "int" && !Number.isInteger(number)) throw cannotRead("int", given);
  const whole = field.precision - field.scale;
  if (Math.abs(number) >= 10 ** whole)
    return {
      code: "NUMBER_OUTSIDE_VALID_RANGE",
      message: `${field.label}: value outside of valid range on numeric field: ${String(given)}`,
      fields: [field.name],
    };
  return inPages ? roundHalfUp(number, field.scale) : number;
}

/** 12.345 becomes 12.35 and -12.345 becomes -12.34 (help, "Building formulas": the only place that says how halves go). */
function roundHalfUp(number: number, scale: number): number {
  if (Number.isInteger(number) || String(number).includes("e")) return Math.round(number);
  return Number(`${Math.round(Number(`${number}e${scale}`))}e-${scale}`);
}

function readDate(given: unknown): Value {
  const match = typeof given === "string" ? /^(\d{4})-(\d\d)-(\d\d)$/u.exec(given.trim()) : null;
  if (!match) throw cannotRead("date", given);
  const at = new Date(`${match[0]}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== match[0]) throw cannotRead("date", given);
  return match[0];
}

function readTime(given: unknown): Value {
  const match =
    typeof given === "string"
      ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?$/u.exec(given.trim())
      : null;
  if (!match) throw cannotRead("datetime", given);
  const zone = match[2] ?? "Z";
  const at = Date.parse(match[1]! + (zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(-2)}`));
  if (Number.isNaN(at)) throw cannotRead("datetime", given);
  return at;
}

function readReference(field: Field, given: unknown): Value | VendorError {
  const id = parseId(given);
  if (id !== null) return id;
  if (typeof given !== "string") throw cannotRead("string", given);
  return {
    code: "MALFORMED_ID",
    message: `${field.label}: id value of incorrect type: ${given}`,
    fields: [field.name],
  };
}
