// A worker that takes one lane and never ends it, for a test to kill: node stuck-worker.ts DATABASE_URL. Says "working" once it has begun.
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { openJobs } from "../../src/jobs/jobs.ts";
import { openStore } from "../../src/store/open.ts";

const { database } = await openStore({
  databaseUrl: process.argv[2],
  dataDir: "",
  clock: systemClock,
  log: silentLog,
  unsafeForTests: true,
});
const jobs = await openJobs({ database, clock: systemClock, log: silentLog, worker: true, concurrent: 1 });
await jobs.work({
  lane: () => {
    process.stdout.write("working\n");
    return new Promise(() => {});
  },
  tick: () => Promise.resolve(),
});
