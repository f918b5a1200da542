// Pull: the whole way from a second process over HTTP (fetch, parse, map, match, merge, store), by the Salesforce connector on the connector
// runtime, beside a plain pipeline over the same pages into the same tables. Reads REST pages: a first load would be read by Bulk.
import { strict as assert } from "node:assert";
import { countRows, TABLES, type Rows } from "./copy.ts";
import { measure, Rounds } from "./measure.ts";
import { findPlace, plainPull } from "./plain.ts";
import { PAGE } from "./prepared.ts";
import { peakMb, type Bench } from "./report.ts";
import { openServed } from "./served.ts";

const SIDES = ["Winston", "plain"] as const;
const LOADS = ["first load", "again, unchanged", "again, 1 % changed"] as const;
const name = (side: (typeof SIDES)[number], load: (typeof LOADS)[number]): string => `${side}: ${load}`;

export const pull: Bench = {
  goal: { sign: "≥", value: 0.5 },
  records: 100_000,
  run: async ({ rounds, records, say }) => {
    await using served = await openServed(records);
    const { pages, ground, changes } = served;
    const measured = new Rounds();
    const written: Partial<Record<(typeof SIDES)[number], Rows>> = {};
    for (let round = 0; round <= rounds; round++) {
      say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
        await using database = await ground.fresh();
        const rig = served.rig(database);
        const place = await findPlace(database);
        const expected = {
          "first load": { created: records },
          "again, unchanged": { unchanged: records },
          "again, 1 % changed": { updated: changes, unchanged: records - changes },
        };
        for (const load of LOADS) {
          await pages.serve(load === "again, 1 % changed" ? "after" : "before");
          const time = await measure(database, async () => {
            if (side === "plain") assert.equal(await plainPull(database, place, pages.url), records);
            else assert.deepEqual(await rig.run("lead", "backfill"), { read: records, ...expected[load] });
          });
          if (round > 0) measured.add(name(side, load), records, time);
          if (load === "first load") written[side] = await countRows(database);
        }
      }
    }
    assert.deepEqual(written["Winston"], written["plain"], "the two sides did not write the same rows");
    const ratio = (load: (typeof LOADS)[number]): number =>
      measured.rate(name("Winston", load)) / measured.rate(name("plain", load));
    return {
      table: measured.table(name("plain", "first load")),
      notes: [
        ...TABLES.map((table) => `rows in ${table}: ${written["Winston"]![table].toLocaleString("en")} on both sides`),
        `pages of ${PAGE.toLocaleString("en")} records from another process; plain code works with two database connections, Winston with one`,
        ...LOADS.map((load) => `${load}: ${ratio(load).toFixed(2)} × plain`),
        `again, unchanged: ${(measured.rate(name("Winston", "again, unchanged")) / measured.rate(name("Winston", "first load"))).toFixed(2)} × our first load`,
        `peak memory ${peakMb()} MB, both sides in one process`,
      ],
      ratio: ratio("first load"),
      limit: measured.limit(name("Winston", "first load"), name("plain", "first load")),
      postgres: ground.version,
    };
  },
};
