// A worker that takes a lane, stores an attempt, and then wants to commit a step of it, for a test to stop and wake in between:
// node paused-worker.ts DATABASE_URL STREAM. Says "taken", waits for a line, and says what became of its commit.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { systemClock } from "../../src/base/clock.ts";
import { isError } from "../../src/base/errors.ts";
import { silentLog } from "../../src/base/log.ts";
import { insertAttempts } from "../../src/store/intent.ts";
import { claimLane, holdLane, saveCheckpoint } from "../../src/store/lane.ts";
import { openStore } from "../../src/store/open.ts";

const [databaseUrl, stream] = process.argv.slice(2);
const { database } = await openStore({
  databaseUrl,
  dataDir: "",
  clock: systemClock,
  log: silentLog,
  unsafeForTests: true,
});
const claim = await database.transaction(async (tx) => {
  const taken = await claimLane(tx, Number(stream), "push", `paused-${process.pid}`);
  const { streamId, epoch } = taken;
  const what = { op: "update", recordId: "r1", handle: null, version: 1, sent: {}, body: {}, fillers: {} } as const;
  await insertAttempts(tx, [
    {
      id: randomUUID(),
      streamId,
      epoch,
      entityId: randomUUID(),
      ...what,
      unsent: [],
      before: null,
      runId: null,
      at: 0,
    },
  ]);
  return taken;
});
process.stdout.write("taken\n");
await once(createInterface(process.stdin), "line");
const outcome = await database
  .transaction(async (tx) => {
    await saveCheckpoint(tx, claim, { checkpoint: "of the paused one", watermark: null });
    await holdLane(tx, claim);
  })
  .then(
    () => "committed",
    (thrown: unknown) => (isError(thrown) ? thrown.code : String(thrown)),
  );
process.stdout.write(`${outcome}\n`);
await database.close();
process.stdin.destroy();
