// The one way to the database: statements from sql.ts, transactions that tell what became of them.
import { strict as assert } from "node:assert";
import pg from "pg";
import { WinstonError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { columnTypes } from "./columns.ts";
import { isCut, sqlState, storeFailure } from "./failures.ts";
import { ArrayParameter, Scratch, type Sql } from "./sql.ts";

/**
 * Statements. All throw `WinstonError` store.unavailable or store.full when the database cannot; what a statement itself did
 * wrong (a unique key, a check) comes as `pg.DatabaseError` with its five-letter `code`.
 *
 * Columns come back as: int8 a number where exact, else text · numeric and date text · timestamptz milliseconds since 1970 ·
 * jsonb parsed · bytea Buffer. Values go out as sql.ts says; a time goes out as `Date`.
 */
export interface Queries {
  rows<Row extends object>(query: Sql): Promise<Row[]>;
  /** The first row. */
  one<Row extends object>(query: Sql): Promise<Row | undefined>;
  /** How many rows it touched. */
  run(query: Sql): Promise<number>;
}

/** An open transaction. It refuses statements once its body has ended. */
export interface Tx extends Queries {
  /** For pg-boss's `db` option and COPY (copy.ts); nothing else. */
  readonly raw: pg.ClientBase;
}

export interface Database extends Queries {
  /**
   * Runs the body in one READ COMMITTED transaction: all of it is kept, or nothing. The whole body runs again, at most
   * `retries` times (5), when PostgreSQL ended it for a deadlock or a serialisation failure, so it must have no other effects.
   * A connection cut while committing throws store.unavailable and says that the outcome is unknown.
   */
  transaction<T>(body: (tx: Tx) => Promise<T>, options?: { retries?: number }): Promise<T>;
  /** For others that bring their own pool, such as pg-boss. */
  readonly connection: Readonly<pg.PoolConfig>;
  readonly pool: pg.Pool;
  /** Waits for what is under way, then closes every connection. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Settings of every session; whatever the server's own defaults are. */
const SESSION =
  "set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set bytea_output = 'hex'; " +
  "set statement_timeout = 0; set idle_in_transaction_session_timeout = '60s'; " +
  // A statement whose process was killed gives up within a second (PostgreSQL 14 and later), and with it its locks.
  "select set_config(name, '1000', false) from pg_settings where name = 'client_connection_check_interval'; " +
  "select pg_is_in_recovery() as replica";

/** A replica is behind by what it has not heard yet, and whatever is decided on that may be decided wrongly. */
const REPLICA =
  "The database that answers is a replica (it is in recovery), which may lack the newest commits. Winston works with the primary only; let DATABASE_URL lead there, also after a failover.";

const notConfirmed = (): WinstonError =>
  new WinstonError(
    "store.unavailable",
    "The database committed, and its standby did not confirm that it has the step (the wait was cancelled): whether the step survives a failover is unknown until it is read back.",
    { cause: new Error("the outcome of the commit is unknown") },
  );

/**
 * Opens a pool; nothing is sent before the first statement. `config.max` is the most connections (10). `trouble` tells why the server
 * cannot be reached, where that is known better than by the line that broke. `schema`: where its tables are, if not in the usual one.
 */
export function openDatabase(
  config: Readonly<pg.PoolConfig>,
  log: Log,
  { trouble = () => undefined, schema }: { trouble?: () => WinstonError | undefined; schema?: string } = {},
): Database {
  const session = schema === undefined ? SESSION : `set search_path = ${pg.escapeIdentifier(schema)}; ${SESSION}`;
  const failure = (thrown: unknown): unknown => {
    const known = isCut(thrown) ? trouble() : undefined;
    return known ? new WinstonError(known.code, known.message, { cause: thrown }) : storeFailure(thrown);
  };
  const pool = new pg.Pool({
    connectionTimeoutMillis: 30_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: "winston",
    ...config,
    types: columnTypes,
    // The pool waits for what this returns, which its types do not say.
    onConnect: (client) => prepare(client) as never,
  });
  /** Clients whose last commit was confirmed by the server before its standby had it: a failover may lose it. */
  const unconfirmed = new WeakSet<pg.ClientBase>();
  const prepare = async (client: pg.ClientBase): Promise<void> => {
    const answers = (await client.query(session)) as unknown as pg.QueryResult<{ replica?: boolean }>[];
    if (answers.at(-1)?.rows[0]?.replica) throw new WinstonError("store.unavailable", REPLICA);
    client.on("notice", ({ routine }) => {
      if (routine === "SyncRepWaitForLSN") unconfirmed.add(client);
    });
  };
  // A connection that breaks while nobody waits for it has nobody to tell; its next user gets a fresh one.
  pool.on("error", (error) => {
    if (!closed) log.warn({ error: error.message }, "a database connection was lost");
  });
  pool.on("connect", (client) => client.on("error", () => {}));

  let closed: Promise<void> | undefined;
  const scratches = new WeakMap<pg.ClientBase, Scratch>();
  const scratchOf = (client: pg.ClientBase): Scratch => {
    const present = scratches.get(client);
    if (present) return present;
    const fresh = new Scratch();
    scratches.set(client, fresh);
    return fresh;
  };

  const take = async (): Promise<pg.PoolClient> => {
    try {
      return await pool.connect();
    } catch (thrown) {
      throw failure(thrown);
    }
  };

  const send = async <Row extends object>(client: pg.ClientBase, query: Sql): Promise<pg.QueryResult<Row>> => {
    const values = query.values.map((value, slot) => outgoing(value, slot, client, scratchOf));
    let result: pg.QueryResult<Row>;
    try {
      result = await client.query<Row>({ name: query.name, text: query.text, values });
    } catch (thrown) {
      throw failure(thrown);
    }
    // A statement of its own commits as it ends.
    if (unconfirmed.delete(client)) throw notConfirmed();
    return result;
  };

  const single = async <Row extends object>(query: Sql): Promise<pg.QueryResult<Row>> => {
    const client = await take();
    try {
      const result = await send<Row>(client, query);
      client.release();
      return result;
    } catch (thrown) {
      client.release(isCut(thrown instanceof WinstonError ? thrown.cause : thrown));
      throw thrown;
    }
  };

  const attempt = async <T>(body: (tx: Tx) => Promise<T>): Promise<T> => {
    const client = await take();
    let open = true;
    const guarded = async <Row extends object>(query: Sql): Promise<pg.QueryResult<Row>> => {
      assert(open, "a statement was sent through a transaction that had ended");
      return send<Row>(client, query);
    };
    let committing = false;
    try {
      await client.query("begin isolation level read committed");
      const result = await body({ ...queries(guarded), raw: client });
      open = false;
      committing = true;
      const { command } = await client.query("commit");
      if (command !== "COMMIT") {
        throw new WinstonError(
          "winston.bug",
          "A statement of a transaction failed and its body went on, so PostgreSQL kept nothing of it.",
        );
      }
      if (unconfirmed.delete(client)) throw notConfirmed();
      client.release();
      return result;
    } catch (thrown) {
      open = false;
      if (committing && isCut(thrown)) {
        client.release(true);
        throw new WinstonError(
          "store.unavailable",
          "The connection to the database was cut while it committed: whether the step was kept is unknown until it is read back.",
          { cause: new Error("the outcome of the commit is unknown", { cause: thrown }) },
        );
      }
      await client.query("rollback").then(
        () => client.release(),
        () => client.release(true),
      );
      throw failure(thrown);
    }
  };

  const transaction: Database["transaction"] = async (body, { retries = 5 } = {}) => {
    for (let retry = 0; ; retry++) {
      try {
        return await attempt(body);
      } catch (thrown) {
        const state = sqlState(thrown);
        if (retry >= retries || (state !== "40001" && state !== "40P01")) throw thrown;
        log.debug({ state, retry: retry + 1 }, "a transaction is run again");
      }
    }
  };

  return {
    ...queries(single),
    transaction,
    connection: { ...config },
    pool,
    close: () => (closed ??= pool.end()),
  };
}

function queries(send: <Row extends object>(query: Sql) => Promise<pg.QueryResult<Row>>): Queries {
  return {
    rows: async <Row extends object>(query: Sql) => (await send<Row>(query)).rows,
    one: async <Row extends object>(query: Sql) => (await send<Row>(query)).rows[0],
    run: async (query) => (await send(query)).rowCount ?? 0,
  };
}

/** A value as pg takes it. Arrays are encoded when their statement leaves and copied at once, so one scratch per connection is enough. */
function outgoing(
  value: unknown,
  slot: number,
  client: pg.ClientBase,
  scratchOf: (client: pg.ClientBase) => Scratch,
): unknown {
  if (value instanceof ArrayParameter) return { toPostgres: () => value.encode(scratchOf(client), slot) };
  // pg would write the local zone's offset, which in old years is not whole minutes.
  if (value instanceof Date) return value.toISOString();
  assert(value !== undefined, `parameter ${slot + 1} of a statement is undefined; say null`);
  assert(
    !Array.isArray(value),
    `parameter ${slot + 1} is a bare array; wrap it in text(), uuid() and so on, or JSON.stringify it for jsonb`,
  );
  return value;
}
