// The transform for a field about which nothing more is said: the one of its type.
import type { FieldType } from "./types.ts";

export const TRANSFORM_OF: Readonly<Record<FieldType, string>> = {
  text: "text",
  email: "email",
  phone: "phone",
  url: "url",
  number: "number",
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
  money: "money",
  picklist: "picklist",
  multipicklist: "multipicklist",
  reference: "reference",
  json: "json",
};
