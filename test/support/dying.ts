// A process of Winston on a given database that is killed, as by the system, the moment it reads one record of Tern's. Ends by itself when it comes to rest.
// Arguments: the database's address, how many people Tern has, and which of them kills.
import { VirtualClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import type { VendorRecord } from "../../src/connector/contract.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createTestEngine } from "./engine.ts";
import { Tern, ternConnector } from "./tern.ts";
import { ann } from "./world.ts";

const [url, count, killer] = process.argv.slice(2) as [string, string, string];

class DeadlyTern extends Tern {
  override show(...shown: Parameters<Tern["show"]>): VendorRecord {
    const record = super.show(...shown);
    if (record.id === killer)
      Object.defineProperty(record.fields, "last", {
        enumerable: true,
        get: () => process.kill(process.pid, "SIGKILL"),
      });
    return record;
  }
}

const clock = new VirtualClock();
const tern = new DeadlyTern(clock);
for (let n = 0; n < Number(count); n++) tern.add("person", { ...ann, last: `Lee ${n}`, mail: `p${n}@example.com` });
const pool = openDatabase({ connectionString: url, max: 4 }, silentLog);
const database = { ...pool, url, [Symbol.asyncDispose]: () => pool.close() };
const winston = await createTestEngine({ tern: ternConnector(tern) }, { clock, database, seed: process.pid });
await winston.settle();
await pool.close();
