// Ties whose ends a vendor merges, while the streams of the ends and of the ties are read in any order and at one time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, VirtualClock } from "../base/clock.ts";
import type { Queries, Tx } from "../store/database.ts";
import { sql } from "../store/sql.ts";
import { createTestDatabase, type TestDatabase } from "../../test/support/database.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Knot, knotConnector } from "../../test/support/knot.ts";

/** A database that lets something happen before each of its statements. */
function watched(database: TestDatabase, before: (text: string) => Promise<void>): TestDatabase {
  const watch = (queries: Queries): Queries => ({
    rows: async (query) => (await before(query.text), queries.rows(query)),
    one: async (query) => (await before(query.text), queries.one(query)),
    run: async (query) => (await before(query.text), queries.run(query)),
  });
  const transaction: TestDatabase["transaction"] = (body, options) =>
    database.transaction((tx) => body({ ...watch(tx), raw: tx.raw } satisfies Tx), options);
  return { ...database, ...watch(database), transaction };
}

/** Resolves when somebody in this database waits for a lock that another holds. */
async function aWait(database: TestDatabase): Promise<void> {
  for (;;) {
    const waiting = await database.rows(
      sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
    await systemClock.sleep(2);
  }
}

type Lane = "deal" | "person" | "tie";

/** Pairs of deals and pairs of people at Knot, each deal tied to a person of its own, all of them known. */
async function createPairs(count: number) {
  const clock = new VirtualClock();
  const knot = new Knot(clock);
  const pairs = Array.from({ length: count }, (_, index) => {
    const deals = [knot.add("deal", `Arm ${index}`), knot.add("deal", `Leg ${index}`)] as const;
    const people = [knot.add("person", `Ann ${index}`), knot.add("person", `Bob ${index}`)] as const;
    knot.ties.set(`${deals[0]}:${people[0]}`, "Judge");
    knot.ties.set(`${deals[1]}:${people[1]}`, "Buyer");
    return { deals, people };
  });
  clock.advance(1_000);
  const plain = await createTestDatabase();
  let before: (text: string) => Promise<void> = () => Promise.resolve();
  const winston = await createTestEngine(
    { knot: knotConnector(knot) },
    { clock, database: watched(plain, (text) => before(text)) },
  );
  const { id } = await winston.connections.connect({
    vendor: "knot",
    name: "knot",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await winston.settle();
  clock.advance(1_000);
  const streams = await winston.connections.streams(id);
  const run = (key: Lane): Promise<unknown> =>
    winston.engine.runLane({
      streamId: streams.find((one) => one.key === key)!.id,
      lane: "batch",
      trigger: "test",
      signal: winston.signal,
    });
  const first = (await winston.records.list({ kind: "deal-contact", limit: 500 })).map((one) => one.id);
  return {
    knot,
    pairs,
    run,
    /** Runs one lane, and another from its nth statement on behind the one that begins with `since`. Returns whether it came to that. */
    runBeside: async (one: Lane, other: Lane, at: { since: string; nth: number }): Promise<boolean> => {
      let seen = -1;
      let beside: Promise<unknown> | undefined;
      before = async (text) => {
        if (seen < 0 && !text.includes(at.since)) return;
        if (++seen !== at.nth) return;
        before = () => Promise.resolve();
        beside = run(other);
        await Promise.race([beside, aWait(plain)]);
      };
      await run(one);
      before = () => Promise.resolve();
      await beside;
      return beside !== undefined;
    },
    /** The ties by what they are tied to there now, each with whether it is one of those that were there before. */
    ties: async () => {
      clock.advance(1_000);
      await winston.sync(id, true);
      const rows = await plain.rows<{ record: string; entity: string; gone: boolean }>(sql`
        select link.record_id as record, link.entity_id as entity, entity.deleted_at is not null as gone
        from link join stream on stream.id = link.stream_id join entity on entity.id = link.entity_id
        where stream.kind = 'deal-contact' and link.state = 'active' order by 1`);
      return {
        there: rows.map((row) => row.record),
        strange: rows.filter((row) => row.gone || !first.includes(row.entity)),
        known: (await winston.records.list({ kind: "deal-contact", limit: 500 })).length,
      };
    },
    async [Symbol.asyncDispose]() {
      await winston[Symbol.asyncDispose]();
      await plain[Symbol.asyncDispose]();
    },
  };
}

type World = Awaited<ReturnType<typeof createPairs>>;

/** Every tie that Knot has is the one it was before, under its new name, and nothing was written. */
async function sameTies(world: World): Promise<void> {
  const { there, strange, known } = await world.ties();
  assert.deepEqual(strange, []);
  assert.deepEqual(there, [...world.knot.ties.keys()].toSorted());
  assert.equal(known, there.length);
  assert.deepEqual(world.knot.writes, []);
}

for (const order of [
  ["deal", "tie"],
  ["tie", "deal"],
] as const)
  for (const tells of [true, false])
    test(`deals that a vendor merges keep their ties, in the order ${order.join(", ")}, ${tells ? "also" : "not"} told with the ties`, async () => {
      await using world = await createPairs(1);
      world.knot.tellsMoves = tells;
      world.knot.merge("deal", ...world.pairs[0]!.deals);
      for (const lane of order) await world.run(lane);
      await sameTies(world);
    });

for (const order of [
  ["deal", "tie"],
  ["tie", "deal"],
] as const)
  test(`deals of which one keeps its id when they are merged keep their ties, in the order ${order.join(", ")}`, async () => {
    await using world = await createPairs(1);
    world.knot.merge("deal", ...world.pairs[0]!.deals, true);
    for (const lane of order) await world.run(lane);
    await sameTies(world);
  });

for (const order of [
  ["tie", "deal", "person"],
  ["tie", "person", "deal"],
  ["deal", "tie", "person"],
  ["person", "tie", "deal"],
  ["person", "deal", "tie"],
] as const)
  test(`a tie of which a vendor merges both ends is the same one, in the order ${order.join(", ")}`, async () => {
    await using world = await createPairs(1);
    world.knot.merge("deal", ...world.pairs[0]!.deals);
    world.knot.merge("person", ...world.pairs[0]!.people);
    for (const lane of order) await world.run(lane);
    await sameTies(world);
  });

for (const end of ["deal", "person"] as const)
  test(`a merge of what is at the ${end}'s end doubles no tie, at whatever moment it is read while a page of ties is being decided`, async () => {
    const moments = 8;
    await using world = await createPairs(moments);
    world.knot.tellsMoves = false;
    for (const [nth, pair] of world.pairs.entries()) {
      if (end === "deal") world.knot.merge("deal", ...pair.deals);
      else {
        world.knot.merge("person", ...pair.people);
        for (const deal of pair.deals) world.knot.touch("deal", deal);
      }
      assert.ok(await world.runBeside("tie", end, { since: "strpos(record_id", nth }));
    }
    await sameTies(world);
  });

test("a tie that waits for both its ends is not doubled, at whatever moment the second one is read while the first one brings it", async () => {
  const moments = 12;
  await using world = await createPairs(moments);
  world.knot.tellsMoves = true;
  for (const [nth, { deals, people }] of world.pairs.entries()) {
    world.knot.merge("deal", ...deals);
    world.knot.merge("person", ...people);
    await world.run("tie");
    assert.ok(await world.runBeside("deal", "person", { since: "select distinct pending_reference.record_id", nth }));
  }
  await sameTies(world);
});
