// Re-read: the same records again when nothing changed, and when 1 % did, beside our own first load of them and beside COPY of the same
// rows into the same tables, all in one run.
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copy, countRows, dump, TABLES, type Rows } from "./copy.ts";
import { openGround } from "./ground.ts";
import { edited, lead } from "./leads.ts";
import { measure, Rounds } from "./measure.ts";
import { PAGE, preparedConnector, toRecord, type Hand } from "./prepared.ts";
import { peakMb, type Bench } from "./report.ts";
import { createRig } from "./rig.ts";

const [FIRST, SAME, CHANGED] = ["first load", "again, unchanged", "again, 1 % changed"] as const;
const COPY = "COPY of the same rows";

export const reRead: Bench = {
  goal: { sign: "≥", value: 3 },
  records: 200_000,
  run: async ({ rounds, records, say }) => {
    const before = Array.from({ length: records }, (_, number) => toRecord(lead(number)));
    const after = before.map((record, number) => (edited(number) ? toRecord(lead(number, 1)) : record));
    const changes = before.filter((record, number) => record !== after[number]).length;
    const hand: Hand = { leads: before, perPage: PAGE };
    const connectors = { prepared: preparedConnector(hand) };
    await using ground = await openGround();
    await ground.prepare(async (database) => {
      const rig = createRig(database, connectors);
      await rig.connect("prepared");
      await rig.run("user", "backfill");
    });
    const folder = mkdtempSync(join(tmpdir(), "winston-bench-rows-"));
    const measured = new Rounds();
    let [ours, copied]: [Rows | undefined, Rows | undefined] = [undefined, undefined];
    const readAgain = async (warmUp = false): Promise<void> => {
      await using database = await ground.fresh();
      const rig = createRig(database, connectors);
      const one = async (what: string, leads: Hand["leads"], expected: object): Promise<void> => {
        hand.leads = leads;
        const time = await measure(database, async () =>
          assert.deepEqual(await rig.run("lead", "backfill"), { read: records, ...expected }),
        );
        if (!warmUp) measured.add(what, records, time);
      };
      await one(FIRST, before, { created: records });
      ours = await countRows(database);
      if (warmUp) await dump(database, folder);
      await one(SAME, before, { unchanged: records });
      await one(CHANGED, after, { updated: changes, unchanged: records - changes });
    };
    const loadCopy = async (): Promise<void> => {
      await using database = await ground.fresh();
      await database.pool.query(`truncate ${TABLES.join(", ")}`);
      measured.add(COPY, records, await measure(database, () => copy(database, folder)));
      copied = await countRows(database);
    };
    try {
      say("warming up, and keeping the rows for COPY");
      await readAgain(true);
      for (let round = 0; round < rounds; round++) {
        say(`round ${round + 1} of ${rounds}`);
        for (const side of round % 2 === 0 ? [readAgain, loadCopy] : [loadCopy, readAgain]) await side();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    assert.deepEqual(ours, copied, "the two sides did not write the same rows");
    const times = (what: string, beside: string): string =>
      `${what}: ${(measured.rate(what) / measured.rate(beside)).toFixed(2)} × ${beside}`;
    return {
      table: measured.table(COPY),
      notes: [
        ...TABLES.map(
          (table) =>
            `rows in ${table}: ${ours![table].toLocaleString("en")} by our first load, ${copied![table].toLocaleString("en")} by COPY`,
        ),
        ...[SAME, CHANGED].flatMap((what) => [times(what, FIRST), times(what, COPY)]),
        `each round begins with a fresh database; no vacuum and no analyse between the loads`,
        `peak memory ${peakMb()} MB, all records in hand included`,
      ],
      ratio: measured.rate(SAME) / measured.rate(FIRST),
      limit: measured.limit(SAME, FIRST),
      postgres: ground.version,
    };
  },
};
