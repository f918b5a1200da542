// Custom fields of our kinds. The standard ones are in src/mapping/kinds.ts.
import type { Queries } from "./database.ts";
import { sql, text } from "./sql.ts";

export interface FieldRow {
  readonly kind: string;
  readonly key: string;
  readonly type: string;
  readonly label: string;
  readonly target: string | null;
  readonly source: string;
}

export async function readFields(tx: Queries, kind: string | null): Promise<FieldRow[]> {
  return tx.rows<FieldRow>(
    sql`select kind, key, type, label, target, source from field where (${kind}::text is null or kind = ${kind}) order by kind, created_at, key`,
  );
}

/** Declares fields; those already there stay as they are. */
export async function insertFields(tx: Queries, rows: readonly FieldRow[], at: number): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(sql`
    insert into field (created_at, kind, key, type, label, target, source)
    select ${new Date(at)}, seen.* from unnest(${text(rows.map((row) => row.kind))}::text[], ${text(rows.map((row) => row.key))}::text[], ${text(rows.map((row) => row.type))}::text[],
      ${text(rows.map((row) => row.label))}::text[], ${text(rows.map((row) => row.target))}::text[], ${text(rows.map((row) => row.source))}::text[]) as seen
    on conflict (kind, key) do nothing`);
}
