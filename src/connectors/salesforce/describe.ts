// An object's fields as the vendor describes them to this user: what field-level security hides is not there.
import type { Api } from "../../connector/api.ts";
import type { VendorField } from "../../connector/contract.ts";
import { expected } from "./errors.ts";
import { dataPath, settingsOf } from "./settings.ts";

/** The parts of a describe answer that are used (sObject Describe). */
export interface RawField {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly length: number;
  readonly scale: number;
  readonly custom: boolean;
  readonly nillable: boolean;
  readonly defaultedOnCreate: boolean;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly externalId: boolean;
  readonly unique: boolean;
  readonly restrictedPicklist?: boolean;
  readonly picklistValues: readonly {
    readonly value: string;
    readonly label: string | null;
    readonly active: boolean;
  }[];
  readonly referenceTo: readonly string[];
}

export async function rawFields(api: Api, object: string): Promise<readonly RawField[]> {
  const { fields } = await api.get<{ fields: readonly RawField[] }>(dataPath(api, `/sobjects/${object}/describe`));
  expected(Array.isArray(fields), `a description of ${object}`);
  return fields;
}

/** Fields for mapping. `streamOf` names the stream of an object a reference may point to. */
export async function describe(
  api: Api,
  object: string,
  streamOf: (object: string) => string | undefined,
): Promise<readonly VendorField[]> {
  const handle = settingsOf(api).externalIdField.toLowerCase();
  const fields: VendorField[] = [];
  for (const raw of await rawFields(api, object)) {
    const type = TYPES[raw.type];
    // Compound values (addresses, places) come in their parts too; the parts are the fields.
    if (!type || raw.name === "Id") continue;
    const text = type === "text" || type === "email" || type === "phone" || type === "url";
    fields.push({
      name: raw.name,
      label: raw.label,
      type,
      custom: raw.custom,
      required: raw.createable && !raw.nillable && !raw.defaultedOnCreate && raw.type !== "boolean",
      ...(raw.updateable && !raw.nillable && raw.defaultedOnCreate && type !== "boolean" ? { unclearable: true } : {}),
      createable: raw.createable,
      updateable: raw.updateable,
      unique: raw.unique,
      // API names mean the same in any case.
      ...(raw.name.toLowerCase() === handle ? { handle: true } : {}),
      ...(text && raw.length > 0 ? { maxLength: raw.length } : {}),
      ...(text ? { tidies: type === "email" ? ["trim", "lowerCase"] : ["trim"] } : {}),
      ...(INTEGERS.has(raw.type) ? { integer: true } : {}),
      ...(DECIMALS.has(raw.type) ? { scale: raw.scale, double: true } : {}),
      ...(type === "datetime" ? { precisionMs: 1_000 } : {}),
      ...(type === "boolean" ? { blank: false } : {}),
      ...(raw.picklistValues.length > 0
        ? {
            options: raw.picklistValues.map(({ value, label, active }) => ({ value, label: label ?? value, active })),
            restricted: raw.restrictedPicklist ?? false,
          }
        : {}),
      ...(type === "reference"
        ? {
            targets: raw.referenceTo.map(streamOf).filter((stream) => stream !== undefined),
            ...(raw.nillable ? {} : { neverBlank: true }),
          }
        : {}),
    });
  }
  return fields;
}

/** The vendor's field types in our words (Object Reference, "Field Types"); types that are absent are not offered. */
const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  textarea: "text",
  encryptedstring: "text",
  combobox: "text",
  id: "text",
  time: "text",
  base64: "text",
  email: "email",
  phone: "phone",
  url: "url",
  int: "number",
  long: "number",
  double: "number",
  percent: "number",
  currency: "money",
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
  picklist: "picklist",
  multipicklist: "multipicklist",
  reference: "reference",
};

/**
 * What the API is given it keeps as it is; people's pages round it to the scale when they save a record (help articles 000387302 and
 * 000385689). Numbers are doubles of 64 bits, and date-times are kept to the second (Object Reference, "Primitive Data Types"). Addresses are kept in lower case (help article
 * 000384328), and text, as far as was seen, without the white space around it.
 */
const DECIMALS = new Set(["double", "percent", "currency"]);

/** A fraction for one of these refuses the whole request, without naming the field (JSON_PARSER_ERROR). */
const INTEGERS = new Set(["int", "long"]);
