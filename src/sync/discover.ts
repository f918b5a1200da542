// What a vendor's description makes of a default mapping: rows it cannot carry go, custom fields come. Pure.
import type { JsonObject } from "../base/json.ts";
import type { VendorField } from "../connector/contract.ts";
import { standardFields } from "../mapping/kinds.ts";
import { TRANSFORM_OF } from "../mapping/transform-of.ts";
import type { MappingDocument, MappingRow } from "../mapping/types.ts";

export interface Discovered {
  readonly key: string;
  readonly type: string;
  readonly label: string;
  /** The vendor's field. */
  readonly name: string;
}

const { money: _, reference: __, ...OF_THEIR_TYPE } = TRANSFORM_OF;

/** How a custom field of each type is read and written: a list of the vendor's is text to us, and amounts and references need a mapping of their own. */
const TRANSFORM: Readonly<Record<string, string>> = { ...OF_THEIR_TYPE, picklist: "text" };

/** A vendor's custom fields as fields of ours: the key is the name in camel case without the vendor's suffix. */
export function discoverFields(kind: string, fields: readonly VendorField[], vendor: string): Discovered[] {
  const taken = new Set([...standardFields(kind).map((field) => field.key), "externalId"]);
  const found: Discovered[] = [];
  for (const field of fields) {
    if (!field.custom || field.handle || TRANSFORM[field.type] === undefined) continue;
    let key = camelCase(field.name.replace(/__c$/u, ""));
    if (key === "") continue;
    if (taken.has(key)) key = `${vendor}${key[0]!.toUpperCase()}${key.slice(1)}`;
    const name = key;
    for (let twin = 2; taken.has(key); twin++) key = `${name}${twin}`;
    taken.add(key);
    found.push({ key, type: field.type, label: field.label, name: field.name });
  }
  return found;
}

/** The keys under which the handle's field was taken for a custom one, where an earlier description did not tell it from others. */
export const handleKeys = (kind: string, fields: readonly VendorField[]): string[] => {
  const handles = new Set(fields.flatMap((field) => (field.handle ? [field.name] : [])));
  if (handles.size === 0) return [];
  const untold = fields.map((field) => ({ ...field, handle: false }));
  return discoverFields(kind, untold, "").flatMap(({ key, name }) => (handles.has(name) ? [key] : []));
};

/** A mapping without the rows that name the handle's field; the same object where there are none. */
export function withoutHandle<Document extends Pick<MappingDocument, "rows">>(
  document: Document,
  fields: readonly VendorField[],
): Document {
  const handles = new Set(fields.flatMap((field) => (field.handle ? [field.name] : [])));
  const rows = document.rows.filter((row) => ![row.record].flat().some((name) => handles.has(name)));
  return rows.length === document.rows.length ? document : { ...document, rows };
}

export function camelCase(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  return words
    .map((word, index) =>
      index === 0 ? word[0]!.toLowerCase() + word.slice(1) : word[0]!.toUpperCase() + word.slice(1),
    )
    .join("");
}

/** The default mapping, without rows that name fields this account does not have, and with its custom fields. */
export function fitMapping(
  mapping: JsonObject,
  fields: readonly VendorField[],
  custom: readonly Discovered[],
): JsonObject {
  const names = new Set(fields.map((field) => field.name));
  const rows = (mapping["rows"] as unknown as MappingRow[]).filter((row) =>
    [row.record].flat().every((name) => names.has(name)),
  );
  const mapped = new Set(rows.flatMap((row) => row.record));
  const added = custom
    .filter((field) => !mapped.has(field.name))
    .map((field) => ({ field: field.key, record: field.name, direction: "both", transform: TRANSFORM[field.type]! }));
  return { ...mapping, rows: [...rows, ...added] as unknown as JsonObject[] };
}
