// What a person knows a thing by.
import type { Queries } from "./database.ts";
import { sql, uuid } from "./sql.ts";

/** The title as SQL, of what holds the fields of a thing. */
export const titleIn = (fields: string): string =>
  `coalesce(nullif(${fields} ->> 'name', ''), nullif(concat_ws(' ', ${fields} ->> 'firstName', ${fields} ->> 'lastName'), ''), ${fields} ->> 'subject', ${fields} ->> 'email')`;

/** Titles of these things, by id: of those that are here, and those that a plan would make. What has none is not among them. */
export async function readTitles(
  tx: Queries,
  ids: readonly string[],
  planId: string | null,
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.rows<{ id: string; title: string }>(sql`
    select * from (
      select id, coalesce(nullif(fields ->> 'name', ''), nullif(concat_ws(' ', fields ->> 'firstName', fields ->> 'lastName'), ''), fields ->> 'subject', fields ->> 'email') as title
      from entity where id = any(${uuid(ids)}::uuid[])
      union all
      select planned_id, title from plan_source where plan_id = ${planId}::uuid and planned_id = any(${uuid(ids)}::uuid[])) as named
    where title is not null`);
  return new Map(rows.map((row) => [row.id, row.title]));
}
