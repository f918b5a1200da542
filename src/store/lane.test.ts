import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../../test/support/database.ts";
import { isError } from "../base/errors.ts";
import { insertConnection, insertStream } from "./connection.ts";
import { beginRun, beginWithLoad, finishRun, moveRun, placeLane, readChangesFrom, type Claim } from "./lane.ts";
import { listRuns } from "./run.ts";
import { sql } from "./sql.ts";

const AT = Date.UTC(2026, 0, 5);
const idOf = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;

async function withStream() {
  const database = await createTestDatabase();
  const id = idOf(1);
  await insertConnection(database, { id, vendor: "tern", name: "tern", mode: "write", settings: {}, at: AT });
  const streamId = await insertStream(database, {
    connectionId: id,
    key: "person",
    kind: "person",
    stage: null,
    direction: "both",
    position: 1,
    everyMs: 60_000,
    mapping: {},
    actor: "test",
    at: AT,
  });
  let runs = 100;
  return {
    database,
    begin: (owner: string): Promise<Claim & { id: string }> => {
      const id = idOf(runs++);
      return beginRun(database, { id, streamId, lane: "batch", trigger: "test", owner, at: AT }).then((claim) => ({
        ...claim,
        id,
      }));
    },
    lane: async () => (await database.one<object>(sql`select epoch, owner, checkpoint, crashes, stuck from lane`))!,
    runs: async () =>
      (await listRuns(database, { connectionId: null, state: null, since: null, after: null, id: null, limit: 9 })).map(
        ({ state, counts }) => [state, counts],
      ),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

test("a run that a dead process left open is over when the next one begins; deaths count for as long as nobody gets further", async () => {
  await using world = await withStream();
  const first = await world.begin("one");
  const second = await world.begin("two");
  const third = await world.begin("three");
  assert.deepEqual([first.crashes, second.crashes, third.crashes], [0, 1, 2]);
  await moveRun(world.database, third, {
    checkpoint: { page: 1 },
    watermark: null,
    run: { id: third.id, counts: { read: 1 } },
  });
  const fourth = await world.begin("four");
  assert.deepEqual([fourth.epoch, fourth.crashes, fourth.checkpoint], [4, 0, { page: 1 }]);
  assert.deepEqual(await world.runs(), [
    ["running", {}],
    ["stopped", { read: 1 }],
    ["stopped", {}],
    ["stopped", {}],
  ]);
});

test("whoever lost the lane moves nothing of it: no checkpoint, no counts, no end", async () => {
  await using world = await withStream();
  const zombie = await world.begin("one");
  const thief = await world.begin("two");
  const to = { checkpoint: { page: 7 }, watermark: AT, run: { id: zombie.id, counts: { read: 7 } } };
  await assert.rejects(moveRun(world.database, zombie, to), (thrown: unknown) => isError(thrown, "lane.lost"));
  const before = await world.lane();
  const end = { runId: zombie.id, at: AT, counts: {}, failed: "nowhere", error: null } as const;
  assert.deepEqual(await finishRun(world.database, zombie, end), { stuck: 0, halting: 0, applying: false });
  assert.deepEqual(await world.lane(), before);
  assert.deepEqual((await finishRun(world.database, thief, { ...end, runId: thief.id })).stuck, 1);
});

test("increments begin where the first load began, and a reading that is under way comes to its end before", async () => {
  for (const behindMs of [0, 10_000]) {
    await using world = await withStream();
    const { database } = world;
    const [streamId] = (await database.rows<{ id: number }>(sql`select id from stream`)).map((row) => row.id);
    await placeLane(database, streamId!, "batch", { watermark: AT - 500, checkpoint: { deletionsTo: AT } });
    await placeLane(database, streamId!, "backfill", { watermark: null, checkpoint: { recordsTo: AT - behindMs } });
    const run = await world.begin("one");
    await beginWithLoad(database, streamId!, 500);
    const to = { checkpoint: { deletionsTo: AT + 5_000 }, watermark: AT + 5_000, run: { id: run.id, counts: {} } };
    await moveRun(database, run, to);
    const began = behindMs === 0 ? AT + 5_000 : AT - behindMs;
    const second = await world.begin("two");
    assert.deepEqual([second.watermark, second.checkpoint], [began, { deletionsTo: began }]);
    await moveRun(database, second, { ...to, run: { id: second.id, counts: {} } });
    assert.equal((await world.begin("three")).watermark, AT + 5_000, "once is enough");
  }
});

test("changes are read once more from a time on where a stream had read further, reads just now, or was cut off while it read", async () => {
  await using world = await withStream();
  const { database } = world;
  const first = await world.begin("one");
  const { streamId } = first;
  const to = (at: number, { id }: { id: string }, more: object = {}) => ({
    checkpoint: {
      phase: "records",
      since: null,
      cursor: null,
      deletionsTo: at,
      recordsTo: null,
      missed: true,
      ...more,
    },
    watermark: at,
    run: { id, counts: {} },
  });
  const done = async (run: typeof first, at: number): Promise<void> => {
    await moveRun(database, run, to(at, run));
    await finishRun(database, run, { runId: run.id, at: AT, counts: {}, failed: null, error: null });
  };
  await done(first, AT + 60_000);
  await readChangesFrom(database, streamId, AT + 120_000);
  const second = await world.begin("two");
  assert.equal(second.watermark, AT + 60_000, "nothing of it was read so far");
  // While it reads what comes after its watermark; and it goes on, and is cut off.
  await readChangesFrom(database, streamId, AT + 90_000);
  await readChangesFrom(database, streamId, AT + 95_000);
  const cut = to(AT + 60_000, second, { since: AT + 60_000, cursor: { page: 2 } });
  await moveRun(database, second, cut);
  const third = await world.begin("three");
  assert.deepEqual([third.watermark, third.checkpoint], [AT + 60_000, cut.checkpoint], "what was begun is ended first");
  await done(third, AT + 180_000);
  const fourth = await world.begin("four");
  assert.deepEqual([fourth.watermark, fourth.checkpoint], [AT + 90_000, to(AT + 90_000, fourth).checkpoint]);
  await done(fourth, AT + 200_000);
  await readChangesFrom(database, streamId, AT);
  const { watermark, checkpoint } = await world.begin("five");
  assert.deepEqual([watermark, checkpoint], [AT, to(AT, first).checkpoint]);
});
