// Which rows a query has to look at: by id, by an indexed value, by a span of stamps, or all of them.
import type { Row, Tables } from "../rows.ts";
import type { ObjectDefinition, Value } from "../schema.ts";
import type { Hint } from "./where.ts";

export interface Candidates {
  readonly rows: Iterable<Row>;
  /** In order of (SystemModstamp, Id) already. */
  readonly ordered: boolean;
}

const LOOKED_UP = new Set(["id", "reference", "string", "email", "phone", "picklist"]);
const LOOKUPS_MAX = 5_000;
/** Stamps that are never later than SystemModstamp: a lower bound on one is a lower bound on all. */
const STAMPS = new Set(["SystemModstamp", "LastModifiedDate", "CreatedDate"]);

/** `wantOrder`: the answer is to be in order of (SystemModstamp, Id). */
export function candidates(
  tables: Tables,
  definition: ObjectDefinition,
  hint: Hint | undefined,
  wantOrder: boolean,
): Candidates {
  const table = tables.table(definition.name);
  const lookup = hint && bestLookup(definition, hint);
  if (lookup) {
    const rows: Row[] = [];
    const seen = new Set<string>();
    for (const value of lookup.values) {
      if (value === null) continue;
      const ids = lookup.field === "Id" ? [value as string] : table.find(lookup.field, value);
      for (const id of ids) {
        const row = table.rows.get(id);
        if (row && !seen.has(id)) {
          seen.add(id);
          rows.push(row);
        }
      }
    }
    return { rows, ordered: false };
  }
  const from = hint ? lowerBound(hint) : -Infinity;
  const to = hint ? upperBound(hint) : Infinity;
  if (wantOrder || from > -Infinity || to < Infinity) return { rows: table.inOrder(from, to), ordered: true };
  return { rows: table.rows.values(), ordered: false };
}

function bestLookup(definition: ObjectDefinition, hint: Hint): { field: string; values: readonly Value[] } | undefined {
  if (hint.kind !== "field") {
    if (hint.kind === "or") return undefined;
    const found = hint.parts.flatMap((part) => (part ? (bestLookup(definition, part) ?? []) : []));
    return found.toSorted((a, b) => a.values.length - b.values.length)[0];
  }
  if ((hint.operator !== "=" && hint.operator !== "IN") || hint.values.length > LOOKUPS_MAX) return undefined;
  if (hint.values.includes(null)) return undefined;
  const field = definition.fields.find((one) => one.name === hint.field)!;
  return LOOKED_UP.has(field.type) ? { field: hint.field, values: hint.values } : undefined;
}

function lowerBound(hint: Hint): number {
  if (hint.kind === "field") {
    const [value] = hint.values;
    const bounds = [">", ">=", "="].includes(hint.operator) && STAMPS.has(hint.field);
    return bounds && typeof value === "number" ? value : -Infinity;
  }
  const bounds = hint.parts.map((part) => (part ? lowerBound(part) : -Infinity));
  return hint.kind === "and" ? Math.max(-Infinity, ...bounds) : Math.min(Infinity, ...bounds);
}

function upperBound(hint: Hint): number {
  if (hint.kind === "field") {
    const [value] = hint.values;
    const bounds = ["<", "<=", "="].includes(hint.operator) && hint.field === "SystemModstamp";
    return bounds && typeof value === "number" ? value : Infinity;
  }
  const bounds = hint.parts.map((part) => (part ? upperBound(part) : Infinity));
  return hint.kind === "and" ? Math.min(Infinity, ...bounds) : Math.max(-Infinity, ...bounds);
}
