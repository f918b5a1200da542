// Drift: what a mapped field of a vendor is that it was not. Pure. A row whose field is gone, or means something else, is paused: nothing of
// it is read or written, so that neither side is blanked by what the vendor does not say any more (guarantee R2).
import type { JsonObject } from "../base/json.ts";
import type { VendorField } from "../connector/contract.ts";
import type { MappingDocument, MappingRow } from "../mapping/types.ts";
import type { DriftRow } from "../store/schema-drift.ts";

export type Drift = Omit<DriftRow, "noticedAt">;

/** The vendor's fields that a row names. */
export const recordsOf = ({ record, options }: MappingRow): string[] => {
  const currency = options?.["currencyField"];
  return [record].flat().concat(typeof currency === "string" ? [currency] : []);
};

/** Fields of ours whose rows these fields of the vendor pause, a path as its reference. */
export function fieldsPaused({ rows }: Pick<MappingDocument, "rows">, names: ReadonlySet<string>): string[] {
  const paused = rows.filter((row) => recordsOf(row).some((name) => names.has(name)));
  return [...new Set(paused.flatMap((row) => row.field).map((field) => field.split(".")[0]!))];
}

/** What drifted of the fields that a mapping names. `was`: each as it was when its row was sound; of one that is not in it nothing is known. */
export function driftsOf(
  { rows }: Pick<MappingDocument, "rows">,
  was: ReadonlyMap<string, VendorField>,
  now: ReadonlyMap<string, VendorField>,
): Drift[] {
  const drifts: Drift[] = [];
  for (const name of new Set(rows.flatMap(recordsOf))) {
    const before = was.get(name);
    if (!before) continue;
    const naming = rows.filter((row) => recordsOf(row).includes(name));
    const found = driftOf(before, now.get(name), naming);
    if (found) drifts.push({ name, ...found, was: before as unknown as JsonObject });
  }
  // What the vendor requires is refused for the whole record, whether a row writes it or none does.
  const mapped = new Set(rows.flatMap(recordsOf));
  for (const [name, before] of was) {
    const after = now.get(name);
    if (mapped.has(name) || !after || !requires(before, after) || !rows.some(writes)) continue;
    const message = `The vendor requires ${name} by now when a record is made, and no row writes it: new records will be refused. Map it, or give it a default there.`;
    drifts.push({ name, cause: "required", message, pauses: false, was: before as unknown as JsonObject });
  }
  return drifts;
}

const writes = (row: MappingRow): boolean => row.direction !== "in";
const requires = (was: VendorField, now: VendorField): boolean => now.required && now.createable && !was.required;
const writable = (field: VendorField): boolean => field.createable || field.updateable;

/** The gravest thing that happened to one field. */
function driftOf(
  was: VendorField,
  now: VendorField | undefined,
  rows: readonly MappingRow[],
): Pick<Drift, "cause" | "message" | "pauses"> | undefined {
  const { name } = was;
  if (!now)
    return {
      cause: "gone",
      pauses: true,
      message: `The vendor does not show ${name} any more: it was deleted or renamed there, or this user may not read it. Give it back, or map another field.`,
    };
  if (now.type !== was.type)
    return {
      cause: "retyped",
      pauses: true,
      message: `${name} was of type ${was.type} at the vendor and is of type ${now.type} now. Change it back, or put the mapping anew for the new type.`,
    };
  const gone = optionsGone(was, now).filter((value) => rows.some((row) => mayMean(row, value)));
  if (gone.length > 0) {
    const known = new Set(was.options?.map(({ value }) => value));
    const fresh = (now.options ?? []).filter(({ value, active }) => active && !known.has(value));
    const instead = fresh.length === 0 ? "" : ` New there: ${fresh.map(({ value }) => `"${value}"`).join(", ")}.`;
    return {
      cause: "optionGone",
      pauses: true,
      message: `${name} does not take ${gone.map((value) => `"${value}"`).join(", ")} any more: removed or renamed at the vendor.${instead} Give the value back, or put the mapping anew as it shall be now.`,
    };
  }
  if (writable(was) && !writable(now) && rows.some(writes))
    return {
      cause: "readOnly",
      pauses: false,
      message: `${name} can only be read at the vendor by now: it is read, and not written until it can be again.`,
    };
  if (requires(was, now) && rows.some((row) => writes(row) && row.onCreate === undefined))
    return {
      cause: "required",
      pauses: false,
      message: `The vendor requires ${name} by now when a record is made: records that are blank there will be refused. Give its row an "onCreate".`,
    };
  return undefined;
}

/** Values of a closed list that may not be set any more. Of an open list each value may be. */
function optionsGone(was: VendorField, now: VendorField): string[] {
  if (!was.options || !now.options || !now.restricted) return [];
  const taken = new Set(now.options.flatMap(({ value, active }) => (active ? [value] : [])));
  return was.options.flatMap(({ value, active }) => (active && !taken.has(value) ? [value] : []));
}

/** Whether a row may read or write a value: one with a table translates those that it names, and the rest only where it lets them pass. */
function mayMean({ options }: MappingRow, value: string): boolean {
  const table = options?.["table"];
  if (typeof table !== "object" || table === null || Array.isArray(table)) return true;
  return Object.hasOwn(table, value);
}

/** Whether two descriptions of a stream are the same. Keys of one field come in the order of its connector, or in that of the store. */
export function describedAlike(was: ReadonlyMap<string, VendorField>, now: ReadonlyMap<string, VendorField>): boolean {
  if (was.size !== now.size) return false;
  return [...now].every(([name, field]) => was.has(name) && ordered(was.get(name)) === ordered(field));
}

const ordered = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
