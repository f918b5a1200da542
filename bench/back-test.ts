// Back-test: a changed mapping tried on the last 500 of many leads that are held, again and again with another change each time, as while a
// person writes it. Everything is in the time: reading and checking the mapping, the records, the decisions, the count.
import { strict as assert } from "node:assert";
import { cpus, loadavg } from "node:os";
import { systemClock } from "../src/base/clock.ts";
import type { JsonObject } from "../src/base/json.ts";
import { mappings as salesforce } from "../src/connectors/salesforce/mappings.ts";
import { readStreams } from "../src/store/connection.ts";
import { createCatalog } from "../src/sync/catalog.ts";
import { createMappings, RECORDS } from "../src/sync/mappings.ts";
import { openGround } from "./ground.ts";
import { lead } from "./leads.ts";
import { PAGE, preparedConnector, toRecord } from "./prepared.ts";
import { peakMb, type Bench } from "./report.ts";
import { createRig } from "./rig.ts";

/** Tries of one round, and those before that are not counted. */
const TRIES = 40;
const WARM = 5;

export const backTest: Bench = {
  goal: { sign: "≤", value: 200 },
  records: 200_000,
  run: async ({ rounds, records, say }) => {
    const leads = Array.from({ length: records }, (_, number) => toRecord(lead(number)));
    const connectors = { prepared: preparedConnector({ leads, perPage: PAGE }) };
    await using ground = await openGround();
    say("loading");
    await ground.prepare(async (database) => {
      const rig = createRig(database, connectors);
      await rig.connect("prepared");
      await rig.run("user", "backfill");
      await rig.run("lead", "backfill");
    });
    const times: number[] = [];
    const work: number[] = [];
    let changed = 0;
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`);
      await using database = await ground.fresh();
      const catalog = createCatalog(connectors);
      const mappings = createMappings({ database, catalog, clock: systemClock });
      const { id } = (await readStreams(database, {})).find((one) => one.key === "lead")!;
      for (let number = 0; number < WARM + TRIES; number++) {
        const [began, cpu] = [performance.now(), process.cpuUsage()];
        const found = await mappings.backTest(id, { document: changedMapping(number) });
        const ms = performance.now() - began;
        const { user, system } = process.cpuUsage(cpu);
        assert.equal(found.records, Math.min(RECORDS, records));
        for (const { counts } of found.rows)
          assert.equal(counts.ok + counts.coerced + counts.rejected + counts.unchanged + counts.unread, found.records);
        changed = found.rows.filter(({ counts }) => counts.ok + counts.coerced + counts.rejected > 0).length;
        if (number < WARM) continue;
        times.push(ms);
        work.push((user + system) / 1000);
      }
    }
    assert.ok(changed >= 3, `only ${changed} rows change anything`);
    const [p50, p99] = [at(times, 0.5), at(times, 0.99)];
    const row = (what: string, of: readonly number[]): string[] => [
      what,
      ...[0.5, 0.9, 0.99, 1].map((part) => at(of, part).toFixed(0)),
    ];
    return {
      table: [
        ["of a changed mapping", "p50 ms", "p90 ms", "p99 ms", "worst ms"],
        row(`tried on ${Math.min(RECORDS, records)} records`, times),
        row("of it, work of this process", work),
      ],
      notes: [
        `${times.length} tries, each with another change; ${records.toLocaleString("en")} leads are held; the first ${WARM} tries of a round are not counted`,
        `${(salesforce.lead["rows"] as unknown[]).length} rows, of which ${changed} change something`,
        `peak memory ${peakMb()} MB, all records in hand included`,
      ],
      ratio: p99,
      limit: `half of all took ${p50.toFixed(0)} ms, of which ${at(work, 0.5).toFixed(0)} ms were work of this process, at a load average of ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores`,
      line: `bench back-test: p50 ${p50.toFixed(0)} ms p99 ${p99.toFixed(0)} ms over ${times.length} tries`,
      postgres: ground.version,
    };
  },
};

/** The leads' own mapping with a few rows changed. */
function changedMapping(number: number): JsonObject {
  const table = { Hot: "hot", Warm: `warm ${number}` };
  const changes: Readonly<Record<string, JsonObject>> = {
    rating: { field: "rating", record: "Rating", direction: "both", transform: "picklist", options: { table } },
    source: {
      field: "source",
      record: "LeadSource",
      direction: "in",
      transform: "template",
      options: { template: `${number}: {LeadSource}` },
    },
    city: {
      field: "city",
      record: "City",
      direction: "both",
      transform: "picklist",
      options: { table: { Lyon: "Lugdunum" }, otherwise: "pass" },
    },
  };
  const rows = salesforce.lead["rows"] as JsonObject[];
  return {
    ...salesforce.lead,
    rows: rows.map((row) => changes[[row["field"] as string | string[]].flat().join(" ")] ?? row),
  };
}

/** The smallest value that this part of all does not exceed. */
function at(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;
}
