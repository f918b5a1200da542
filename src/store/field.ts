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

/** Takes away fields under these keys that this stream's connection brought, where no mapping or condition in force names them. */
export async function forgetHandle(tx: Queries, streamId: number, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.run(sql`
    delete from field using stream own, connection
    where own.id = ${streamId} and connection.id = own.connection_id
      and field.kind = own.kind and field.key = any(${text(keys)}::text[]) and field.source = 'connection:' || connection.name
      and not exists (
        select from stream join mapping on mapping.stream_id = stream.id and mapping.version = stream.mapping_version
        where stream.kind = field.kind and (
          exists (select from jsonb_array_elements(mapping.document -> 'rows') as row (said) where row.said -> 'field' ? field.key)
          or strpos(mapping.rules::text || coalesce(stream.critical, ''), field.key) > 0))`);
}
