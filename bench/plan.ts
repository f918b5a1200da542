// Plans: what a first load would do, and what a change of 1 % would, each computed from a second process over HTTP and stored line by line,
// beside the pull that really does it, and beside plain code over the same pages (bench/pull.ts). A plan is a rehearsal: it reads the same, on a
// copy of the tables, and then compares the copy with what is there. What it says of its cost stands beside what a vendor counts.
import { strict as assert } from "node:assert";
import { measure, Rounds } from "./measure.ts";
import { findPlace, plainPull } from "./plain.ts";
import { forecasts } from "./plan-forecast.ts";
import { peakMb, type Bench } from "./report.ts";
import { openServed } from "./served.ts";

const FIRST = { plan: "plan: first load", pull: "pull: first load", plain: "plain: first load" } as const;
/** The account itself, which stands among its users. */
const OTHERS = { "here create user": 1 };
const CHANGED = { plan: "plan: 1 % changed", pull: "pull: 1 % changed" } as const;

export const plan: Bench = {
  goal: { sign: "≥", value: 0.5 },
  records: 200_000,
  run: async ({ rounds, records, say }) => {
    await using served = await openServed(records);
    const { pages, ground, changes } = served;
    const measured = new Rounds();
    for (let round = 0; round <= rounds; round++) {
      say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      const add = (what: string, rows: number, time: Awaited<ReturnType<typeof measure>>): void => {
        if (round > 0) measured.add(what, rows, time);
      };
      await pages.serve("before");
      {
        await using database = await ground.fresh();
        const place = await findPlace(database);
        const pulled = async (): Promise<void> => assert.equal(await plainPull(database, place, pages.url), records);
        add(FIRST.plain, records, await measure(database, pulled));
      }
      await using database = await ground.fresh();
      const rig = served.rig(database);
      const planned = (expected: Record<string, number>) => async (): Promise<void> =>
        assert.deepEqual(await rig.plan("salesforce"), expected);
      add(FIRST.plan, records, await measure(database, planned({ "here create person": records, ...OTHERS })));
      const loaded = async (): Promise<void> =>
        assert.deepEqual(await rig.run("lead", "backfill"), { read: records, created: records });
      add(FIRST.pull, records, await measure(database, loaded));
      await pages.serve("after");
      add(CHANGED.plan, changes, await measure(database, planned({ "here update person": changes, ...OTHERS })));
      const read = async (): Promise<void> =>
        assert.deepEqual(await rig.run("lead", "batch"), { read: changes, updated: changes });
      add(CHANGED.pull, changes, await measure(database, read));
    }
    const foretold = await forecasts(records, say);
    const ratio = (of: { readonly plan: string; readonly pull: string }): number =>
      measured.rate(of.plan) / measured.rate(of.pull);
    return {
      table: measured.table(FIRST.pull),
      notes: [
        `a plan of a first load has ${records.toLocaleString("en")} lines, one of 1 % changed ${changes.toLocaleString("en")}: each with old and new of every field`,
        `first load: a plan works at ${ratio(FIRST).toFixed(2)} × the rate of the pull it rehearses`,
        `1 % changed: at ${ratio(CHANGED).toFixed(2)} ×, for all ${records.toLocaleString("en")} records are copied before`,
        ...foretold,
        `peak memory ${peakMb()} MB, all sides in one process`,
      ],
      ratio: ratio(FIRST),
      limit: measured.limit(FIRST.plan, FIRST.pull),
      postgres: ground.version,
    };
  },
};
