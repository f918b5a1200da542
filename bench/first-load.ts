// First load: records in hand to committed, through the engine's own pull, beside COPY of the very same rows into the same tables with
// the same indexes. Sides take turns in going first; every run begins with a fresh database.
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copy, countRows, dump, TABLES, type Rows } from "./copy.ts";
import { openGround } from "./ground.ts";
import { lead } from "./leads.ts";
import { measure, Rounds } from "./measure.ts";
import { PAGE, preparedConnector, toRecord } from "./prepared.ts";
import { peakMb, type Bench } from "./report.ts";
import { createRig } from "./rig.ts";

const [OURS, COPY] = ["first load", "COPY of the same rows"] as const;

export const firstLoad: Bench = {
  goal: { sign: "≥", value: 0.5 },
  records: 200_000,
  run: async ({ rounds, records, say }) => {
    const hand = { leads: Array.from({ length: records }, (_, number) => toRecord(lead(number))), perPage: PAGE };
    const connectors = { prepared: preparedConnector(hand) };
    await using ground = await openGround();
    // The owners of the leads are there before, on both sides.
    await ground.prepare(async (database) => {
      const rig = createRig(database, connectors);
      await rig.connect("prepared");
      await rig.run("user", "backfill");
    });
    const folder = mkdtempSync(join(tmpdir(), "winston-bench-rows-"));
    const measured = new Rounds();
    let [ours, copied]: [Rows | undefined, Rows | undefined] = [undefined, undefined];
    let bytes = 0;
    const loadOurs = async (warmUp = false): Promise<void> => {
      await using database = await ground.fresh();
      const rig = createRig(database, connectors);
      const time = await measure(database, () => rig.run("lead", "backfill"));
      ours = await countRows(database);
      if (warmUp) bytes = await dump(database, folder);
      else measured.add(OURS, records, time);
    };
    const loadCopy = async (): Promise<void> => {
      await using database = await ground.fresh();
      await database.pool.query(`truncate ${TABLES.join(", ")}`);
      measured.add(COPY, records, await measure(database, () => copy(database, folder)));
      copied = await countRows(database);
    };
    try {
      say("warming up, and keeping the rows for COPY");
      await loadOurs(true);
      for (let round = 0; round < rounds; round++) {
        say(`round ${round + 1} of ${rounds}`);
        for (const side of round % 2 === 0 ? [loadOurs, loadCopy] : [loadCopy, loadOurs]) await side();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    assert.deepEqual(ours, copied, "the two sides did not write the same rows");
    return {
      table: measured.table(COPY),
      notes: [
        ...TABLES.map(
          (table) =>
            `rows in ${table}: ${ours![table].toLocaleString("en")} by us, ${copied![table].toLocaleString("en")} by COPY`,
        ),
        `${Math.round(bytes / records)} bytes a record in COPY's binary form; pages of ${PAGE.toLocaleString("en")} records; one transaction a page by us, one a table by COPY`,
        `peak memory ${peakMb()} MB, all records in hand included`,
      ],
      ratio: measured.rate(OURS) / measured.rate(COPY),
      limit: measured.limit(OURS, COPY),
      postgres: ground.version,
    };
  },
};
