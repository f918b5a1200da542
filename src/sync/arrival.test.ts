// R6: whatever the order, the repeats and the pages in which a vendor's records are shown, by one lane or by two, one state comes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { VirtualClock } from "../base/clock.ts";
import type { Connector, Page, VendorRecord } from "../connector/contract.ts";
import type { Lane } from "../store/lane.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann } from "../../test/support/world.ts";

const LANES = ["batch", "backfill"] as const;

/** A Winston whose lanes read the pages that a test lays out for them. */
async function createScripted() {
  const clock = new VirtualClock();
  const plain = ternConnector(new Tern(clock));
  const pages: Record<(typeof LANES)[number], VendorRecord[][]> = { batch: [], backfill: [] };
  const pull = async function* (_: unknown, request: { since: number | null; now: number }): AsyncGenerator<Page> {
    const mine = pages[request.since === null ? "backfill" : "batch"].splice(0);
    for (const [index, records] of mine.entries()) yield { records, cursor: index + 1 };
    yield { records: [], cursor: null, watermark: request.now };
  };
  const { person } = plain.streams;
  const connector: Connector = { ...plain, streams: { ...plain.streams, person: { ...person, pull } } };
  const winston = await createTestEngine({ tern: connector }, { clock });
  const mode = "observe" as const;
  const { id } = await winston.connections.connect({ vendor: "tern", name: "tern", settings: {}, secrets: {}, mode });
  await winston.settle();
  const stream = (await winston.connections.streams()).find((one) => one.key === "person")!;
  const run = async (lane: Lane): Promise<void> => {
    if (lane === "backfill") await winston.connections.sync(id, { trigger: "test", full: true, stream: "person" });
    await winston.engine.runLane({ streamId: stream.id, lane, trigger: "test", signal: winston.signal });
  };
  await run("batch"); // From now on it reads since a time.
  return { ...winston, pages, run };
}

/**
 * What happened to one record, in time: each is a value it was given, or its deletion at the end. Two things are not kept today and not
 * among them: nobody remembers the deletion of a record that was not here, and what is shown late of the time between the last showing
 * and a deletion brings the record back.
 */
const life = fc
  .tuple(fc.array(fc.constantFrom<string>("1", "2", "3"), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([values, deleted]) => (deleted ? [...values, null] : values));

interface Showing {
  /** Which event of all, counted over the records. */
  readonly event: number;
  readonly lane: (typeof LANES)[number];
  /** Whether a page ends with it. */
  readonly last: boolean;
}

/** All events in some order, some of them several times, parted into pages of two lanes. */
const arrivals = fc.array(life, { minLength: 1, maxLength: 3 }).chain((lives) => {
  const events = lives.flatMap((one, record) => one.map((value, at) => ({ record, value, at })));
  const all = events.map((_, index) => index);
  return fc.record({
    events: fc.constant(events),
    showings: fc
      .array(fc.constantFrom(...all), { maxLength: 4 })
      .chain((again) =>
        fc
          .shuffledSubarray([...all, ...again.map((_, index) => all.length + index)], {
            minLength: all.length + again.length,
          })
          .map((order) => order.map((one) => (one < all.length ? one : again[one - all.length]!))),
      )
      .chain((order) =>
        fc.tuple(
          ...order.map((event) =>
            fc.record<Showing>({ event: fc.constant(event), lane: fc.constantFrom(...LANES), last: fc.boolean() }),
          ),
        ),
      ),
    together: fc.boolean(),
  });
});

/** What was found once: one record's values in time, and in which order lanes showed them. Each number is an event, a bar ends a page. */
const found = (values: readonly (string | null)[], batch: string, backfill = "") => ({
  events: values.map((value, at) => ({ record: 0, value, at })),
  showings: [...shown("batch", batch), ...shown("backfill", backfill)],
  together: backfill !== "",
});

const shown = (lane: Showing["lane"], order: string): Showing[] =>
  [...order.matchAll(/(?<event>\d)(?<bar>\|?)/gu)].map(({ groups }) => ({
    event: Number(groups!["event"]),
    lane,
    last: groups!["bar"] === "|",
  }));

/** A value that is left and taken on again: one lane sees it as it was at first while the other works on what was between. Depends on who comes first, hence several. */
const taken = Array.from({ length: 8 }, () => found(["2", "1", "2", "2"], "01|2", "3"));

test("of any records shown in any order, repeated, in any pages, by two lanes one after the other or at once, one final state comes", async () => {
  await using world = await createScripted();
  let rounds = 0;
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ events, showings, together }) => {
      const round = ++rounds;
      world.clock.advance(60_000);
      const began = world.clock.now();
      world.clock.advance(60_000);
      const mailOf = (record: number): string => `r${round}.${record}@example.com`;
      const record = ({ record: index, value, at }: (typeof events)[number]): VendorRecord => ({
        id: `person_${round}_${index}`,
        changedAt: began + at * 1_000,
        version: String(at),
        handle: null,
        fields: value === null ? {} : { ...ann, employer: null, last: `Lee ${index}`, mail: mailOf(index), tel: value },
        ...(value === null ? { deleted: true } : {}),
      });
      // Each is known before the rest arrives, and as it was last if it is deleted: see the sentence above `life`.
      for (const index of new Set(events.map((one) => one.record))) {
        const values = events.filter((one) => one.record === index && one.value !== null);
        const deleted = events.some((one) => one.record === index && one.value === null);
        const first = showings.find(({ event }) => values.includes(events[event]!))!;
        world.pages.batch.push([record(deleted ? values.at(-1)! : events[first.event]!)]);
      }
      await world.run("batch");
      for (const { event, lane, last } of showings) {
        const pages = world.pages[lane];
        if (pages.length === 0) pages.push([]);
        pages.at(-1)!.push(record(events[event]!));
        if (last) pages.push([]);
      }
      if (together) await Promise.all(LANES.map((lane) => world.run(lane)));
      else for (const lane of LANES) await world.run(lane);

      assert.deepEqual(world.pages, { batch: [], backfill: [] }, "all of it was read");
      for (const index of new Set(events.map((one) => one.record))) {
        const final = events.filter((one) => one.record === index).at(-1)!;
        const here = await world.records.list({ kind: "person", limit: 5, email: mailOf(index) });
        assert.deepEqual(
          here.map((one) => one.fields["title"]),
          final.value === null ? [] : [final.value],
          `record ${index}`,
        );
      }
      assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
    }),
    {
      numRuns: 40,
      examples: [
        [found(["2", "1", "2"], "02|1")],
        [found(["1", "2"], "0|10")],
        [found(["1", null], "0|11")],
        ...taken.map((one): [typeof one] => [one]),
      ],
    },
  );
});
