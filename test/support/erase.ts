// Run beside a test process that ends: takes its server's folder once the lock on it is gone, and removes both.
import { systemClock } from "../../src/base/clock.ts";
import { isError } from "../../src/base/errors.ts";
import { silentLog } from "../../src/base/log.ts";
import { eraseData } from "../../src/store/postgres/server.ts";

const dataDir = process.argv[2]!;
for (let tries = 0; tries < 500; tries++) {
  try {
    await eraseData(dataDir, silentLog);
    break;
  } catch (thrown) {
    if (!isError(thrown, "store.busy")) throw thrown;
    await systemClock.sleep(20);
  }
}
