// What a world that is over says of one of its things: each row of the database that speaks of it.
import type pg from "pg";

/** Tables whose rows are too many and say too little of a thing. */
const PASSED_OVER = ["vendor_field", "mapping", "setting"];

/** A pattern that finds each of these words where it stands alone, in JavaScript and in PostgreSQL alike. */
function pattern(words: readonly string[]): string {
  const safe = words.map((word) => word.replace(/[^\w-]/g, String.raw`\$&`));
  return `(^|[^0-9A-Za-z])(${safe.join("|")})([^0-9A-Za-z]|$)`;
}

/**
 * Lines of the form `TABLE {row}` of everything that speaks of the thing of this name (`Pers1`), by its name, the ids of ours and those
 * of its records; and a pattern of these words, to look for in the history.
 */
export async function about(pool: pg.Pool, name: string): Promise<{ lines: string[]; pattern: RegExp }> {
  const words = new Set([name]);
  const { rows: ours } = await pool.query<{ id: string }>("select id from entity where fields::text ~ $1", [
    pattern([name]),
  ]);
  for (const { id } of ours) words.add(id);
  const { rows: records } = await pool.query<{ id: string }>(
    `select record_id as id from link where entity_id = any($1)
     union select old_id from alias join link using (stream_id, record_id) where entity_id = any($1)`,
    [ours.map((one) => one.id)],
  );
  for (const { id } of records) words.add(id);
  const sought = pattern([...words]);
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
       and relnamespace = 'public'::regnamespace and not relname = any($1) order by relname`,
    [PASSED_OVER],
  );
  const lines: string[] = [];
  for (const table of tables) {
    const { rows } = await pool.query<{ row: object }>(
      `select to_jsonb(row_) as row from "${table.name}" as row_ where to_jsonb(row_)::text ~ $1 order by to_jsonb(row_) ->> 'at'`,
      [sought],
    );
    for (const { row } of rows) lines.push(`${table.name} ${JSON.stringify(row)}`);
  }
  return { lines, pattern: new RegExp(sought) };
}
