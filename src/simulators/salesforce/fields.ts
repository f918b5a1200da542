// Short words to write down standard objects with.
import { makeField, picklistOf, type Field, type ObjectDefinition } from "./schema.ts";

type More = Partial<Field>;

export const READ: More = { createable: false, updateable: false };
export const REQUIRED: More = { nillable: false };
/** Not to be left empty, but the vendor fills it in at create. */
export const FILLED: More = { nillable: false, defaultedOnCreate: true };

export const of =
  (type: Field["type"], base: More = {}) =>
  (name: string, label: string, more: More = {}): Field =>
    makeField({ name, label, type, ...base, ...more });

export const text = (name: string, label: string, length: number, more: More = {}): Field =>
  makeField({ name, label, type: "string", length, ...more });
export const area = (name: string, label: string, length: number, more: More = {}): Field =>
  makeField({ name, label, type: "textarea", length, ...more });
export const phone = of("phone", { length: 40 });
export const email = of("email", { length: 80, idLookup: true });
export const url = of("url", { length: 255 });
export const flag = of("boolean");
export const int = of("int", { precision: 8 });
export const date = of("date");
export const datetime = of("datetime");
export const money = of("currency", { precision: 18, scale: 0 });
export const double = of("double", { precision: 18, scale: 15 });

export const pick = (name: string, label: string, values: readonly string[], more: More = {}): Field =>
  makeField({
    name,
    label,
    type: "picklist",
    length: 255,
    picklist: picklistOf(values, typeof more.defaultValue === "string" ? more.defaultValue : undefined),
    ...more,
  });

export const ref = (
  name: string,
  label: string,
  to: string | readonly string[],
  childName: string | null,
  more: More = {},
) =>
  makeField({
    name,
    label,
    type: "reference",
    length: 18,
    referenceTo: typeof to === "string" ? [to] : to,
    relationshipName: name.replace(/Id$/u, ""),
    childName,
    ...more,
  });

export const owner = (to: readonly string[] = ["Group", "User"]): Field => ref("OwnerId", "Owner ID", to, null, FILLED);

export const system = (label: string): Field[] => [
  makeField({
    name: "Id",
    label: `${label} ID`,
    type: "id",
    length: 18,
    ...READ,
    ...FILLED,
    idLookup: true,
  }),
  flag("IsDeleted", "Deleted", READ),
];

export const audit: Field[] = [
  datetime("CreatedDate", "Created Date", { ...READ, ...FILLED }),
  ref("CreatedById", "Created By ID", "User", null, { ...READ, ...FILLED }),
  datetime("LastModifiedDate", "Last Modified Date", { ...READ, ...FILLED }),
  ref("LastModifiedById", "Last Modified By ID", "User", null, { ...READ, ...FILLED }),
  datetime("SystemModstamp", "System Modstamp", { ...READ, ...FILLED }),
];

export const master = (object: string): Field =>
  ref("MasterRecordId", "Master Record ID", object, null, { ...READ, relationshipName: "MasterRecord" });

export const address = (prefix: string, label: string): Field[] => [
  area(`${prefix}Street`, `${label}Street`, 255),
  text(`${prefix}City`, `${label}City`, 40),
  text(`${prefix}State`, `${label}State/Province`, 80),
  text(`${prefix}PostalCode`, `${label}Zip/Postal Code`, 20),
  text(`${prefix}Country`, `${label}Country`, 80),
  double(`${prefix}Latitude`, `${label}Latitude`),
  double(`${prefix}Longitude`, `${label}Longitude`),
  makeField({
    name: `${prefix}Address`,
    label: `${label}Address`,
    type: "address",
    ...READ,
    parts: {
      city: `${prefix}City`,
      country: `${prefix}Country`,
      latitude: `${prefix}Latitude`,
      longitude: `${prefix}Longitude`,
      postalCode: `${prefix}PostalCode`,
      state: `${prefix}State`,
      street: `${prefix}Street`,
    },
  }),
];

interface Given extends Partial<Omit<ObjectDefinition, "fields">> {
  name: string;
  keyPrefix: string;
  fields: Field[];
}

export function define(given: Given): ObjectDefinition {
  const label = given.label ?? given.name.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, " ");
  return {
    labelPlural: label.endsWith("y") ? `${label.slice(0, -1)}ies` : `${label}s`,
    createable: true,
    updateable: true,
    deletable: true,
    mergeable: false,
    ...given,
    label,
    fields: [...system(label), ...given.fields, ...audit],
  };
}
