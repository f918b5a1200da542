import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { seededRandom } from "../../src/base/random.ts";
import { createTestDatabase } from "../support/database.ts";
import { gatedClient, Stock, waits, type Gate } from "./gated-client.ts";
import { Scheduler, task } from "./scheduler.ts";

async function createGates() {
  const database = await createTestDatabase({ connectionsMax: 1 });
  const control = new pg.Pool({ ...database.connection, max: 1 });
  const stock = new Stock();
  const scheduler = new Scheduler(seededRandom(1));
  let open = true;
  const gate: Gate = {
    scheduler,
    worker: "worker",
    open: () => open,
    waits: (processId) => waits(control, processId),
    gone: async () => {},
  };
  const connect = async (): Promise<pg.Client> => {
    const Client = gatedClient(gate, stock);
    const client = new Client({ ...database.connection, options: "-c deadlock_timeout=1h" });
    await client.connect();
    return client;
  };
  return {
    scheduler,
    stock,
    connect,
    /** From now on statements wait for their turn. */
    close: () => void (open = false),
    [Symbol.asyncDispose]: async () => {
      await stock.end();
      await control.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

const lock = (client: pg.Client, number: number): Promise<unknown> =>
  client.query("select pg_advisory_xact_lock($1)", [number]);

test("of two that wait for each other the later one is ended, in PostgreSQL's words for a deadlock, and the other goes on", async () => {
  await using gates = await createGates();
  const { scheduler } = gates;
  const [first, second] = [await gates.connect(), await gates.connect()];
  for (const [index, client] of [first, second].entries()) {
    await client.query("begin");
    await lock(client, index);
  }
  gates.close();

  const ended: string[] = [];
  const waiting = lock(first, 1).then(() => ended.push("first"));
  await scheduler.step();
  assert.deepEqual(ended, [], "it waits for what the second holds");
  const refused = task
    .run("second", () => lock(second, 0))
    .then(
      () => undefined,
      (thrown: unknown) => (thrown as { code: string }).code,
    );
  await scheduler.step();
  assert.equal(await refused, "40P01");
  const over = second.query("rollback");
  await scheduler.step();
  await Promise.all([over, waiting]);
  assert.deepEqual(ended, ["first"]);
  assert.deepEqual(await gates.stock.keep([first, second]), []);
});

test("of several whose locks are let go at once the first one comes to its end before the next goes on, however slow it is", async () => {
  await using gates = await createGates();
  const { scheduler } = gates;
  const [holder, first, second] = [await gates.connect(), await gates.connect(), await gates.connect()];
  await holder.query("create table locked (n int)");
  await holder.query("insert into locked values (1), (2)");
  for (const client of [holder, first, second]) await client.query("begin");
  await holder.query("update locked set n = n");
  gates.close();

  const ended: string[] = [];
  const rows =
    "perform from locked where n = 1 for update; perform pg_sleep(0.1); perform from locked where n = 2 for update;";
  const slow = first.query(`do $$ begin ${rows} end $$`).then(() => ended.push("first"));
  await scheduler.step();
  const quick = second.query("select n from locked where n = 2 for update").then(() => ended.push("second"));
  await scheduler.step();
  assert.deepEqual(ended, [], "both wait for the holder");
  const over = holder.query("commit");
  await scheduler.step();
  await Promise.all([over, slow]);
  assert.deepEqual(ended, ["first"]);
  const gone = first.query("rollback");
  await scheduler.step();
  await Promise.all([gone, quick]);
  const last = second.query("rollback");
  await scheduler.step();
  await last;
  assert.deepEqual(await gates.stock.keep([holder, first, second]), []);
});

test("a statement that takes its time and waits for nobody comes to its end", async () => {
  await using gates = await createGates();
  const client = await gates.connect();
  gates.close();
  const slept = client.query("do $$ begin perform pg_sleep(0.05); end $$");
  await gates.scheduler.step();
  await slept;
  await gates.stock.keep([client]);
});

test("a connection that a process leaves behind holds nothing of what it had begun, and serves the next one", async () => {
  await using gates = await createGates();
  const client = await gates.connect();
  await client.query("begin");
  await client.query("create table left_open (n int)");

  assert.deepEqual(await gates.stock.keep([client]), []);
  const next = await gates.connect();
  assert.equal(next, client);
  const { rows } = await next.query<{ there: string | null }>("select to_regclass('left_open') as there");
  assert.deepEqual(rows, [{ there: null }]);
  await gates.stock.keep([next]);
});
