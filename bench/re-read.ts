// Re-read: the same records again when nothing changed, and when 1 % did, beside our own first load of them.
import { strict as assert } from "node:assert";
import { openGround } from "./ground.ts";
import { edited, lead } from "./leads.ts";
import { measure, Rounds } from "./measure.ts";
import { PAGE, preparedConnector, toRecord, type Hand } from "./prepared.ts";
import { peakMb, type Bench } from "./report.ts";
import { createRig } from "./rig.ts";

const [FIRST, SAME, CHANGED] = ["first load", "again, unchanged", "again, 1 % changed"] as const;

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
    const measured = new Rounds();
    for (let round = 0; round <= rounds; round++) {
      say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      await using database = await ground.fresh();
      const rig = createRig(database, connectors);
      const one = async (what: string, leads: Hand["leads"], expected: object): Promise<void> => {
        hand.leads = leads;
        const time = await measure(database, async () =>
          assert.deepEqual(await rig.run("lead", "backfill"), { read: records, ...expected }),
        );
        if (round > 0) measured.add(what, records, time);
      };
      await one(FIRST, before, { created: records });
      await one(SAME, before, { unchanged: records });
      await one(CHANGED, after, { updated: changes, unchanged: records - changes });
    }
    return {
      table: measured.table(FIRST),
      notes: [
        `each round begins with a fresh database; no vacuum and no analyse between the loads`,
        `peak memory ${peakMb()} MB, all records in hand included`,
      ],
      ratio: measured.rate(SAME) / measured.rate(FIRST),
      postgres: ground.version,
    };
  },
};
