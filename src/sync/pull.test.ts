// The cursor beside a model of a vendor: equal stamps, rows that show late, small pages, edits between pages, runs that break off and go on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/support/fast-check.ts";
import { VirtualClock } from "../base/clock.ts";
import type { Connector, Page, PullRequest, VendorRecord } from "../connector/contract.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

const OVERLAP_MS = 5_000;
const STAMP_MS = 1_000;

interface Row {
  readonly stamp: number;
  readonly visibleAt: number;
  readonly value: string;
  /** What it was, for as long as the change does not show. */
  readonly before: Row | undefined;
}

type Step =
  | { readonly do: "change"; readonly row: number; readonly lateMs: number }
  | { readonly do: "wait"; readonly ms: number }
  /** A reading that breaks off after so many pages, or goes to its end; between pages rows are changed. */
  | { readonly do: "read"; readonly pages: number | null; readonly meanwhile: readonly number[] };

const row = fc.integer({ min: 0, max: 7 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("change" as const), row, lateMs: fc.constantFrom(0, 0, 900, 4_000) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(10, 1_000, 7_000) }),
    fc.record({
      do: fc.constant("read" as const),
      pages: fc.option(fc.integer({ min: 0, max: 2 })),
      meanwhile: fc.array(row, { maxLength: 2 }),
    }),
  ),
  { minLength: 3, maxLength: 12 },
);

/** A vendor that gives its rows by (stamp, id), two on a page, and a Winston that reads it. */
async function createReader() {
  const clock = new VirtualClock();
  const rows = new Map<string, Row>();
  let breakAfter: number | null = null;
  let meanwhile: string[] = [];
  let changes = 0;
  const change = (id: string, lateMs: number): void => {
    const now = clock.now();
    const stamp = now - (now % STAMP_MS);
    rows.set(id, { stamp, visibleAt: now + lateMs, value: `v${++changes}`, before: rows.get(id) });
  };
  const visible = (of: Row | undefined): Row | undefined =>
    of === undefined || of.visibleAt <= clock.now() ? of : visible(of.before);
  const show = (id: string, { stamp, value }: Row): VendorRecord => ({
    id,
    changedAt: stamp,
    version: value,
    handle: null,
    fields: { ...ann, employer: null, last: id, mail: `${id}@example.com`, tel: value },
  });
  const pull = async function* (_: unknown, request: PullRequest): AsyncGenerator<Page> {
    const cut = request.cursor as { stamp: number; id: string; began: number } | null;
    const began = cut?.began ?? clock.now();
    let after = cut ?? { stamp: request.since ?? 0, id: "" };
    for (let page = 0; ; page++) {
      if (page === breakAfter) {
        breakAfter = null;
        throw new Error("killed here");
      }
      const next = [...rows]
        .flatMap(([id, one]) => (visible(one) === undefined ? [] : [[id, visible(one)!] as const]))
        .filter(([id, { stamp }]) => stamp > after.stamp || (stamp === after.stamp && id > after.id))
        .toSorted(([a, x], [b, y]) => x.stamp - y.stamp || (a < b ? -1 : 1))
        .slice(0, 2);
      for (const id of meanwhile.splice(0)) change(id, 0);
      const last = next.at(-1);
      if (last === undefined) {
        yield { records: [], cursor: null, watermark: began - OVERLAP_MS };
        return;
      }
      after = { stamp: last[1].stamp, id: last[0] };
      yield { records: next.map(([id, one]) => show(id, one)), cursor: { ...after, began } };
    }
  };
  const plain = ternConnector(new Tern(clock));
  const person = { ...plain.streams.person, pull, precisionMs: STAMP_MS, overlapMs: OVERLAP_MS };
  const connector: Connector = { ...plain, streams: { ...plain.streams, person } };
  const winston = await createTestEngine({ tern: connector }, { clock });
  const of = { vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "observe" as const };
  const { id } = await winston.connections.connect(of);
  await winston.settle();
  const stream = (await winston.connections.streams(id)).find((one) => one.key === "person")!;
  const read = () =>
    winston.engine.runLane({ streamId: stream.id, lane: "batch", trigger: "test", signal: winston.signal });
  await read();
  return {
    ...winston,
    change,
    read,
    readPages: async (pages: number | null, changed: readonly string[]): Promise<void> => {
      breakAfter = pages;
      meanwhile = [...changed];
      await read();
      breakAfter = null;
      meanwhile = [];
    },
    there: () => new Map([...rows].map(([id, one]) => [id, one.value])),
    here: async () =>
      new Map(
        (await winston.records.list({ kind: "person", limit: 500 })).map((one) => [
          one.fields["lastName"] as string,
          one.fields["title"] as string,
        ]),
      ),
  };
}

test("whatever changes when, shows late, shares a stamp or is cut off: once all shows and one reading ends, what is here is what is there", async () => {
  await using world = await createReader();
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const idOf = (one: number): string => `row${one}`;
      for (const step of list) {
        if (step.do === "change") world.change(idOf(step.row), step.lateMs);
        else if (step.do === "wait") world.clock.advance(step.ms);
        else await world.readPages(step.pages, step.meanwhile.map(idOf));
      }
      world.clock.advance(4_001);
      // The first may be the rest of one that was cut off.
      for (let round = 0; round < 2; round++) await world.read();
      assert.deepEqual(await world.here(), world.there());
    }),
    { numRuns: 40 },
  );
});

test("what changes right after the first load is read by the next look, also where the vendor's clock is behind ours", async () => {
  await using world = await createTernWorld((tern) => {
    tern.behindMs = 10 * 60_000;
    tern.add("person", ann);
  });
  world.clock.advance(60_000);
  const [first] = world.tern.living("person")[0]!;
  world.tern.remove("person", first);
  world.tern.add("person", { ...ann, last: "Lee", first: "Bea", mail: "bea@example.com" });
  world.clock.advance(60_000);
  await world.cycle();
  assert.deepEqual(
    (await world.people()).map((one) => one.fields["firstName"]),
    ["Bea"],
  );
});
