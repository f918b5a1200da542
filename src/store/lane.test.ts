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

test("increments that are set back to where the first load began stay there, also while one of them is under way", async () => {
  for (const behindMs of [0, 10_000]) {
    await using world = await withStream();
    const { database } = world;
    const [streamId] = (await database.rows<{ id: number }>(sql`select id from stream`)).map((row) => row.id);
    const watermark = async () =>
      (await database.one<{ watermark: number }>(sql`select watermark from lane where lane = 'batch'`))!.watermark;
    await placeLane(database, streamId!, "batch", { watermark: AT - 500, checkpoint: { deletionsTo: AT } });
    await placeLane(database, streamId!, "backfill", { watermark: null, checkpoint: { recordsTo: AT - behindMs } });
    const run = await world.begin("one");
    await beginWithLoad(database, streamId!, 500);
    const to = { checkpoint: {}, watermark: AT + 5_000, run: { id: run.id, counts: {} } };
    assert.deepEqual(await database.rows(sql`select checkpoint from lane where lane = 'batch'`), [
      { checkpoint: { deletionsTo: AT - behindMs } },
    ]);
    await moveRun(database, run, to);
    assert.equal(await watermark(), behindMs === 0 ? AT + 5_000 : AT - behindMs);
    await moveRun(database, await world.begin("two"), to);
    assert.equal(await watermark(), AT + 5_000);
  }
});

test("changes are read once more from a time on where a stream had read further or reads just now, and whoever reads them commits nothing more", async () => {
  await using world = await withStream();
  const { database } = world;
  const first = await world.begin("one");
  const to = (at: number, { id }: { id: string }) => ({
    checkpoint: { phase: "records", since: null, cursor: null, deletionsTo: at, recordsTo: null, missed: true },
    watermark: at,
    run: { id, counts: {} },
  });
  await moveRun(database, first, to(AT + 60_000, first));
  await finishRun(database, first, { runId: first.id, at: AT, counts: {}, failed: null, error: null });
  const { streamId } = first;
  await readChangesFrom(database, streamId, AT + 120_000);
  const second = await world.begin("two");
  assert.deepEqual([second.epoch, second.watermark], [2, AT + 60_000], "nothing of it was read so far");
  // While it reads what comes after its watermark.
  await readChangesFrom(database, streamId, AT + 90_000);
  const moved = moveRun(database, second, to(AT + 180_000, second));
  await assert.rejects(moved, (thrown: unknown) => isError(thrown, "lane.lost"));
  const third = await world.begin("three");
  assert.equal(third.watermark, AT + 60_000);
  await moveRun(database, third, to(AT + 180_000, third));
  await finishRun(database, third, { runId: third.id, at: AT, counts: {}, failed: null, error: null });
  await readChangesFrom(database, streamId, AT);
  const { watermark, checkpoint } = await world.begin("four");
  assert.deepEqual([watermark, checkpoint], [AT, to(AT, third).checkpoint]);
});
