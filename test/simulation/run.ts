// Worlds run one after another in a database of this process; and a failing one made smaller.
import pg from "pg";
import { createTestDatabase } from "../support/database.ts";
import { about } from "./about.ts";
import { Stock } from "./gated-client.ts";
import { World, type Outcome, type WorldOptions } from "./world.ts";

export interface Worlds extends AsyncDisposable {
  /** Runs the world of a seed. The same seed and options give the same run, whatever ran before it. */
  simulate(seed: number, options?: Pick<WorldOptions, "onLine" | "skip" | "more">): Promise<Outcome>;
  /** What the database says of a thing of the world that was run last. */
  about(name: string): ReturnType<typeof about>;
}

/**
 * A database that is put back before each world to where both vendors are connected, and connections that stay open: making all of it anew
 * would take longer than the world.
 */
export async function openWorlds(): Promise<Worlds> {
  const database = await createTestDatabase({ connectionsMax: 1 });
  const stock = new Stock();
  const control = new pg.Pool({ ...database.connection, max: 2, idleTimeoutMillis: 0 });
  // One that breaks is told by the next statement.
  control.on("error", () => {});
  const parts = { connection: database.connection, control, stock };
  const connected = await new World({ seed: 0, ...parts }).connect();
  const empty = await emptier(control);
  return {
    async simulate(seed, options = {}) {
      await empty();
      await stock.forgetPlans();
      return new World({ seed, ...parts, connected, ...options }).run();
    },
    about: (name) => about(control, name),
    async [Symbol.asyncDispose]() {
      await stock.end();
      await control.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** What makes this database as it is now again: its rows and where its sequences stand. */
async function emptier(pool: pg.Pool): Promise<() => Promise<void>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by oid`,
  );
  const { rows: sequences } = await pool.query<{ name: string; last: string | null; start: string }>(
    `select format('%I.%I', schemaname, sequencename) as name, last_value::text as last, start_value::text as start from pg_sequences where schemaname = 'public'`,
  );
  const filled: string[] = [];
  await pool.query("create schema kept");
  for (const { name } of tables) {
    const { rows } = await pool.query(`select from ${name} limit 1`);
    if (rows.length === 0) continue;
    filled.push(name);
    await pool.query(`create table kept.${name} as table ${name}`);
  }
  return async () => {
    // Stages of processes that were killed while they planned.
    const stages = await pool.query<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'rehearsal%'",
    );
    for (const { name } of stages.rows) await pool.query(`drop schema ${name} cascade`);
    const { rows } = await pool.query<{ name: string }>(
      "select name from unnest($1::text[]) as seen (name) where pg_relation_size(name::regclass) > 0",
      [tables.map((one) => one.name)],
    );
    const client = await pool.connect();
    await client.query("begin");
    // Some hold rows that others refer to: all at once.
    if (rows.length > 0) await client.query(`truncate ${rows.map((one) => one.name).join(", ")} cascade`);
    await client.query("set local session_replication_role = replica");
    for (const name of filled)
      await client.query(`insert into ${name} overriding system value select * from kept.${name}`);
    for (const { name, last, start } of sequences)
      await client.query("select setval($1::regclass, $2::bigint, $3)", [name, last ?? start, last !== null]);
    await client.query("commit");
    client.release();
  };
}

/** Most worlds that shrinking tries. */
const TRIES = 60;

/** Leaves planned events out, halves first and then one by one, for as long as the same invariant is violated. */
export async function shrink(
  worlds: Pick<Worlds, "simulate">,
  failing: Outcome,
  tell: (words: string) => void,
  triesMax = TRIES,
): Promise<{ outcome: Outcome; lines: readonly string[] }> {
  const invariants = new Set(failing.violations.map((one) => one.invariant));
  let outcome = failing;
  let lines: string[] = [];
  let skipped = new Set<number>();
  let tries = 0;
  const holds = async (skip: Set<number>): Promise<boolean> => {
    tries += 1;
    const tried: string[] = [];
    const result = await worlds.simulate(failing.seed, {
      skip,
      more: failing.more,
      onLine: (line) => tried.push(line),
    });
    if (!result.violations.some((one) => invariants.has(one.invariant))) return false;
    [outcome, lines, skipped] = [result, tried, skip];
    tell(`${failing.planned.length - skip.size} of ${failing.planned.length} events are enough`);
    return true;
  };
  await holds(skipped);
  for (let size = Math.ceil(failing.planned.length / 2); size >= 1 && tries < triesMax; size = Math.floor(size / 2)) {
    const left = failing.planned.filter((one) => !skipped.has(one));
    for (let start = 0; start < left.length && tries < triesMax; start += size)
      await holds(new Set([...skipped, ...left.slice(start, start + size)]));
  }
  return { outcome, lines };
}
