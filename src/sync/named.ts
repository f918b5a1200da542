// What references name: a person knows a thing by its title, not by its id. All of a page is asked for at once.
import type { Queries } from "../store/database.ts";
import { readTitles } from "../store/title.ts";
import type { Catalog } from "./catalog.ts";

/** By the id of a thing: its title. What has none is not in it. */
export type Names = Readonly<Record<string, string>>;

/** Something with values by fields of a kind. */
export interface Naming {
  readonly kind: string;
  readonly values: readonly (readonly [field: string, value: unknown])[];
  /** Ids that it names otherwise. */
  readonly ids?: readonly string[];
}

/** The names of what each of these refers to, in their order. `planId`: things that this plan would make have names too. */
export async function namesOf(
  db: Queries,
  catalog: Pick<Catalog, "fields">,
  lines: readonly Naming[],
  planId: string | null = null,
): Promise<Names[]> {
  const references = new Map<string, ReadonlySet<string>>();
  for (const kind of new Set(lines.map((one) => one.kind))) {
    const fields = await catalog.fields(db, kind);
    references.set(kind, new Set(fields.filter((one) => one.type === "reference").map((one) => one.key)));
  }
  const named = lines.map(({ kind, values, ids = [] }) => {
    const fields = references.get(kind)!;
    return [...ids, ...values.flatMap(([field, value]) => (fields.has(field) && isId(value) ? [value] : []))];
  });
  const titles = await readTitles(db, [...new Set(named.flat())], planId);
  return named.map((ids) =>
    Object.fromEntries(ids.flatMap((id) => (titles.has(id) ? [[id, titles.get(id)!] as const] : []))),
  );
}

const isId = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(value);
