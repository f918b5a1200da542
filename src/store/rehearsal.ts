// A stage to rehearse on: the tables of a moment, copied under a schema of their own, in which the engine may write as it likes.
//
// The copy is one snapshot and takes no lock that anybody waits for. It is not flushed, is seen by nobody else, and goes when it is closed.
import { strict as assert } from "node:assert";
import pg from "pg";
import type { Log } from "../base/log.ts";
import { openDatabase, type Database, type Queries } from "./database.ts";
import { sql, text, uuid } from "./sql.ts";

export interface Stage extends AsyncDisposable {
  /** As the real one, but every table is the copy. */
  readonly database: Database;
  readonly schema: string;
}

const PREFIX = "rehearsal_";

/** What the engine decides on. Of the rest (history, logs, keys) a rehearsal begins with nothing. */
const COPIED: readonly string[] = [
  "setting",
  "connection",
  "stream",
  "former_stream",
  "mapping",
  "vendor_field",
  "schema_drift",
  "field",
  "lane",
  "reread",
  "entity",
  "identity",
  "link",
  "alias",
  "pending_reference",
  "pending_push",
  "conflict",
  "duplicate",
  "intent",
  "attempt",
  "unsent",
  "parked",
  "brake",
  "loss",
  "asked_record",
  "frozen",
  "bystander",
  "rollout_member",
];

/** Empty tables of the same shape: what is written there is what the rehearsal did; in `write`, what is done there. */
const EMPTY: readonly string[] = [
  "wake",
  "change",
  "write",
  "run",
  "plan",
  "plan_item",
  "plan_source",
  "plan_reference",
];

/**
 * Copies what the engine decides on. Costs time and disk in proportion to what is stored, and no memory. `mayLandSince`: writes whose outcome
 * stayed unknown since then may still land, and are known on the stage.
 */
export async function openStage(
  database: Database,
  id: string,
  { log, mayLandSince }: { readonly log: Log; readonly mayLandSince: number },
): Promise<Stage> {
  const schema = `${PREFIX}${id.replaceAll("-", "")}`;
  const name = pg.escapeIdentifier(schema);
  const close = async (): Promise<void> => {
    await stage.close();
    await raw(database, `drop schema if exists ${name} cascade`);
  };
  const stage = openDatabase({ ...database.connection, max: 4 }, log, { schema });
  try {
    await database.transaction(async (tx) => {
      // Reads all of one moment: nothing before it has taken a snapshot.
      await tx.raw.query("set transaction isolation level repeatable read");
      await tx.raw.query(`create schema ${name}`);
      const { rows } = await tx.raw.query<{ home: string }>("select quote_ident(current_schema()) as home");
      const copy = { client: tx.raw, from: rows[0]!.home, to: name };
      for (const table of COPIED) await copyTable(copy, table, true);
      for (const table of EMPTY) await copyTable(copy, table, false);
      // Asked before each reading of records; there is none at home, where nobody asks that.
      await tx.raw.query(`create index on ${name}.write (record_id)`);
      await tx.raw.query(
        `insert into ${name}.write select * from ${copy.from}.write where outcome = 'unknown' and at >= $1`,
        [new Date(mayLandSince)],
      );
      await copyViews(copy);
    });
    return { database: stage, schema, [Symbol.asyncDispose]: close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface Copy {
  readonly client: pg.ClientBase;
  readonly from: string;
  readonly to: string;
}

/** A table with fewer rows is not counted: it may grow while it is rehearsed on, and plans that PostgreSQL made for a small one would read all of it for each page. */
const COUNTED_FROM = 1_000;

/** The indexes come after the rows: building them at once is several times as fast. */
async function copyTable({ client, from, to }: Copy, table: string, withRows: boolean): Promise<void> {
  const [old, fresh] = [`${from}.${table}`, `${to}.${table}`];
  await client.query(`create unlogged table ${fresh} (like ${old} including defaults including identity)`);
  let [copied, counted] = [0, ""];
  if (withRows) {
    const { rows } = await client.query<{ columns: string; narrow: string }>(
      `select string_agg(quote_ident(attname), ', ' order by attnum) as columns,
         string_agg(quote_ident(attname), ', ' order by attnum) filter (where atttypid not in ('jsonb'::regtype, 'bytea'::regtype)) as narrow
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [old],
    );
    const { columns } = rows[0]!;
    counted = rows[0]!.narrow;
    const done = await client.query(
      `insert into ${fresh} (${columns}) overriding system value select ${columns} from ${old}`,
    );
    copied = done.rowCount ?? 0;
  }
  const { rows } = await client.query<{ definition: string }>(
    "select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = $1::regclass",
    [old],
  );
  for (const { definition } of rows) {
    const made = definition.replace(new RegExp(` ON (?:ONLY )?${escaped(old)} `, "u"), ` ON ${fresh} `);
    assert(made !== definition, `the index of ${table} is not on ${old}: ${definition}`);
    await client.query(made);
  }
  // Nothing is looked for by a wide column, and comparing those takes longer than all else.
  if (copied >= COUNTED_FROM) await client.query(`analyze ${fresh} (${counted})`);
}

/** The same views, over the copies. Their definitions name no schema while they are read from where they are at home. */
async function copyViews({ client, to }: Copy): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select quote_ident(relname) as name, pg_get_viewdef(oid) as definition from pg_class
     where relkind = 'v' and relnamespace = current_schema()::regnamespace order by oid`,
  );
  if (rows.length === 0) return;
  const before = await client.query<{ path: string }>("select current_setting('search_path') as path");
  await client.query(`set local search_path = ${to}`);
  for (const { name, definition } of rows) await client.query(`create view ${name} as ${definition}`);
  await client.query("select set_config('search_path', $1, true)", [before.rows[0]!.path]);
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);

/** Takes away the stages of processes that are gone; `alive` are the ids of plans that are being computed. */
export async function strikeStages(database: Database, alive: readonly string[]): Promise<number> {
  const kept = new Set(alive.map((id) => `${PREFIX}${id.replaceAll("-", "")}`));
  const rows = await database.rows<{ name: string }>(
    sql`select nspname as name from pg_namespace where nspname like ${`${PREFIX.replace("_", String.raw`\_`)}%`}`,
  );
  const over = rows.filter(({ name }) => !kept.has(name));
  for (const { name } of over) await raw(database, `drop schema if exists ${pg.escapeIdentifier(name)} cascade`);
  return over.length;
}

/** On the stage of plan `id`, an undo, nothing is owed but of the things that it edits. Asked at home, where its edits are. */
export async function oweOnly(database: Database, id: string, stage: Stage): Promise<void> {
  await database.transaction((tx) =>
    tx.raw.query(
      `delete from ${pg.escapeIdentifier(stage.schema)}.intent
       where not exists (select from plan_edit where plan_edit.plan_id = $1::uuid and plan_edit.entity_id = intent.entity_id)`,
      [id],
    ),
  );
}

/** Of these records of a vendor, those that were written on this stage. */
export async function writtenRecords(
  stage: Queries,
  vendor: string,
  streamKey: string,
  recordIds: readonly string[],
): Promise<Set<string>> {
  // Each is looked up: the table was empty when the statement was planned.
  const rows = await stage.rows<{ id: string }>(sql`
    select seen.id from unnest(${text(recordIds)}::text[]) as seen (id) cross join lateral (
      select from write join stream on stream.id = write.stream_id join connection on connection.id = stream.connection_id
      where write.record_id = seen.id and write.outcome = 'done' and stream.key = ${streamKey} and connection.vendor = ${vendor} limit 1) as found`);
  return new Set(rows.map((row) => row.id));
}

/** Runs that came to no good end on this stage. */
export async function failedRuns(stage: Queries): Promise<{ stream: string; message: string }[]> {
  return stage.rows(sql`
    select connection.name || ' ' || stream.key as stream, run.error ->> 'message' as message
    from run join stream on stream.id = run.stream_id join connection on connection.id = stream.connection_id
    where run.state = 'failed' order by run.started_at, run.id`);
}

/** Lets connections write on the stage as if somebody had said so, and what is put off go at once. */
export async function allowWrites(stage: Queries, connectionIds: readonly string[]): Promise<void> {
  await stage.run(sql`
    update connection set mode = 'write', paused = false, settings = settings - 'writeProblem' where id = any(${uuid(connectionIds)}::uuid[])`);
  await stage.run(sql`update intent set not_before = null where not_before is not null`);
  // What waits for a schedule, or for this very plan.
  await stage.run(sql`update stream set strategy = 'realtime', approval = 'auto'`);
}

/** A statement that names a schema cannot be a prepared one of sql.ts. */
async function raw(database: Database, text: string): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.raw.query(text);
  });
}
