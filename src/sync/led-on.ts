// References to what was merged away: they stand as they were set, and lead to what it lives on in.
import type { JsonObject } from "../base/json.ts";
import type { Field } from "../mapping/types.ts";
import type { Queries } from "../store/database.ts";
import { survivorsOf } from "../store/entity.ts";

type Referring = { readonly fields: JsonObject };

/** Where the references of these records lead by now, of those that were merged away. */
export function leadsOf(
  db: Queries,
  fields: Iterable<Field>,
  rows: readonly Referring[],
): Promise<Map<string, string>> {
  const references = referencesIn(fields);
  const targets = rows.flatMap((row) => references.map((field) => row.fields[field]));
  return survivorsOf(db, [...new Set(targets.filter((one): one is string => typeof one === "string"))]);
}

/** The rows with references to what was merged away led on, as people are shown them. Nothing is stored. */
export async function ledOn<Row extends Referring>(
  db: Queries,
  fields: readonly Field[],
  rows: readonly Row[],
): Promise<Row[]> {
  const leads = await leadsOf(db, fields, rows);
  if (leads.size === 0) return [...rows];
  return rows.map((row) => {
    const led = referencesIn(fields).flatMap((field) => {
      const named = row.fields[field];
      const target = typeof named === "string" ? leads.get(named) : undefined;
      return target === undefined ? [] : [[field, target] as const];
    });
    return led.length === 0 ? row : { ...row, fields: { ...row.fields, ...Object.fromEntries(led) } };
  });
}

const referencesIn = (fields: Iterable<Field>): string[] =>
  [...fields].filter(({ type }) => type === "reference").map(({ key }) => key);
