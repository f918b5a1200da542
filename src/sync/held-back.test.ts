// A back-test sees what a plan sees beside the mapping: the brake, frozen fields, consent, what a rollout keeps back, and writes that are owed
// or under way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSame, everyRecord, planned, row, tallied, told, withRows } from "../../test/support/back-test.ts";
import { fc } from "../../test/support/fast-check.ts";
import { createTernWorld, type TernWorld } from "../../test/support/world.ts";
import type { JsonObject } from "../base/json.ts";
import { insertFrozen } from "../store/frozen.ts";
import { insertAttempts } from "../store/intent.ts";
import { claimLane } from "../store/lane.ts";

const crowd =
  (count: number, tel: (n: number) => string | null, firm: (n: number) => string | null = () => "Acme") =>
  (tern: TernWorld["tern"]) => {
    for (let n = 0; n < count; n++)
      tern.add("person", {
        first: "Ann",
        last: `Lee ${n}`,
        mail: `p${n}@example.com`,
        tel: tel(n),
        firm: firm(n),
      });
  };

/** Whose firm is blank would be blanked of the title, too. */
const READ_ELSEWHERE = row("title", "firm", "text", { direction: "in" });
const mixed = (count: number, every: number) =>
  crowd(
    count,
    () => "kept",
    (n) => (n % every === 0 ? null : "kept"),
  );
/** What is read as "1" now is "one". */
const RENAMED = row("title", "tel", "picklist", { options: { table: { "1": "one" }, otherwise: "pass" } });

let frozenSoFar = 0;
const freeze = (world: TernWorld, entityId: string, field: string): Promise<void> => {
  const writers = ["connection:tern", "key:nightly"].map((actor) => ({
    actor,
    streamId: null,
    mapping: null,
    value: "x",
  }));
  const [one, other] = writers as [(typeof writers)[0], (typeof writers)[0]];
  const id = `00000000-0000-7000-8000-${String(++frozenSoFar).padStart(12, "0")}`;
  return insertFrozen(world.database, [{ id, entityId, field, writers: [one, other] }], world.clock.now());
};

const idOf = async (world: TernWorld, last: string): Promise<string> =>
  (await world.people()).find((one) => one.fields["lastName"] === last)!.id;

interface Case {
  readonly what: string;
  readonly arrange: () => Promise<TernWorld>;
  readonly rows: readonly { field: unknown }[];
  /** Effects of the back-test, as "field side". */
  readonly effects: readonly string[];
}

const CASES: readonly Case[] = [
  {
    what: "a frozen field stays, and others move",
    arrange: async () => {
      const world = await createTernWorld(crowd(2, () => "1"));
      await freeze(world, await idOf(world, "Lee 0"), "title");
      return world;
    },
    rows: [RENAMED],
    effects: ["title here"],
  },
  {
    what: "consent that another system withholds is not given by another reading of it",
    arrange: async () => {
      const world = await createTernWorld(crowd(2, () => "never"));
      const words = { true: "never", false: "always" };
      await world.mapAlso("person", [
        row("title", "score", "template", { direction: "in", options: { template: "{score}" } }) as never,
        row("doNotCall", "tel", "boolean", { options: words, rule: "restrictive" }) as never,
      ]);
      const there = await world.connect("other");
      await world.settle();
      const stream = await world.stream("person", there.id);
      const { document } = await world.connections.mapping(stream.id);
      const rows = [
        ...(document["rows"] as object[]),
        row("doNotCall", "silent", "boolean", { direction: "in", rule: "restrictive" }),
      ];
      await world.connections.putMapping(stream.id, { ...document, rows } as unknown as JsonObject, "test");
      const [first] = world.other.living("person");
      world.other.edit("person", first![0], { silent: true });
      await world.sync(there.id, true);
      return world;
    },
    rows: [row("doNotCall", "tel", "boolean", { options: { true: "always", false: "never" }, rule: "restrictive" })],
    effects: ["doNotCall conflict", "doNotCall here", "doNotCall there"],
  },
  {
    what: "what a rollout keeps back is not written, and what it lets go is",
    arrange: async () => {
      const world = await createTernWorld(crowd(3, () => "1"));
      const records = [await idOf(world, "Lee 1")];
      await world.connections.update(world.connection.id, { mode: "observe", rollout: { percent: 0, records } });
      for (const { id } of await world.people()) await world.save({ title: "of ours" }, id);
      await world.settle();
      return world;
    },
    rows: [RENAMED],
    effects: ["title conflict", "title there"],
  },
  {
    what: "what is owed already is written, of a row that only writes too",
    arrange: async () => {
      const world = await createTernWorld(
        crowd(2, () => "1"),
        { mode: "observe" },
      );
      await world.save({ title: "of ours" }, await idOf(world, "Lee 1"));
      await world.settle();
      return world;
    },
    rows: [row("title", "tel", "text", { direction: "out" })],
    effects: ["title there"],
  },
  {
    what: "a brake that is on holds what would be blanked, be it one more",
    arrange: async () => {
      const world = await createTernWorld(
        crowd(
          62,
          () => "x",
          (n) => (n < 61 ? null : "x"),
        ),
      );
      world.tern.living("person").forEach(([id], n) => n < 60 && world.tern.edit("person", id, { tel: null }));
      await world.cycle();
      const [brake] = await world.brakes.list({ on: true, limit: 2 });
      assert.equal(brake!.waits, 60);
      return world;
    },
    rows: [READ_ELSEWHERE],
    effects: [],
  },
];

for (const { what, arrange, rows, effects } of CASES)
  test(`${what}: told by a back-test as by a plan`, async () => {
    await using world = await arrange();
    const document = await withRows(world, rows);
    const trials = await everyRecord(world, document);
    const found = trials.flatMap((one) => one.rows).flatMap((one) => one.effects);
    assert.deepEqual([...new Set(found.map(({ field, side }) => `${field} ${side}`))].toSorted(), effects);
    assertSame(told(trials), await planned(world, document));
  });

for (const [count, waits] of [
  [50, false],
  [70, true],
] as const)
  test(`${count} blankings of ${count} records ${waits ? "wait at the brake" : "are too few for the brake"}: told by a back-test as by a plan`, async () => {
    await using world = await createTernWorld(mixed(count, 1));
    const document = await withRows(world, [READ_ELSEWHERE]);
    const ours = await tallied(world, document);
    assert.deepEqual(ours.entries, (await planned(world, document)).entries);
    assert.equal(ours.entries.length, waits ? 0 : count);
    const words = /The brake would hold 70 blankings of title by tern person/u;
    assert.equal(
      ours.found.notes.some((note) => words.test(note)),
      waits,
      ours.found.notes.join("\n"),
    );
    assert.deepEqual(await world.brakes.list({ limit: 2 }), [], "and nothing of it is noted");
  });

test("the records that are tried stand for the rest of their stream: what the brake would hold of all is told of them", async () => {
  await using world = await createTernWorld(mixed(400, 5));
  const document = await withRows(world, [READ_ELSEWHERE]);
  const { found, entries } = await tallied(world, document, { records: 100 });
  assert.deepEqual([found.records, entries], [100, []], "a fifth of four hundred");
  assert.ok(found.notes.some((note) => /would hold 20 blankings of title/u.test(note)));
  await using fewer = await createTernWorld(mixed(400, 25));
  const all = await tallied(fewer, await withRows(fewer, [READ_ELSEWHERE]), { records: 100 });
  assert.equal(all.entries.length, 4, "one in twenty-five may go");
});

test("of a write that is under way a back-test says that only the vendor knows what became of it", async () => {
  await using world = await createTernWorld(
    crowd(2, () => "1"),
    { mode: "observe" },
  );
  const entityId = await idOf(world, "Lee 0");
  await world.save({ title: "of ours" }, entityId);
  await world.settle();
  const stream = await world.stream("person");
  const { epoch } = await claimLane(world.database, stream.id, "push", "one that died");
  const [recordId] = world.tern.living("person")[0]!;
  await insertAttempts(world.database, [
    {
      id: "00000000-0000-7000-8000-000000000001",
      streamId: stream.id,
      epoch: epoch - 1,
      runId: null,
      at: world.clock.now(),
      entityId,
      version: 2,
      op: "update",
      recordId,
      handle: null,
      sent: { title: "of ours" },
      body: { tel: "of ours" },
      fillers: {},
      unsent: [],
      before: { title: "1" },
    },
  ]);
  world.tern.edit("person", recordId, { tel: "of ours" });
  const document = await withRows(world, [RENAMED]);
  const trials = await everyRecord(world, document);
  const verdicts = trials.map(({ rows }) => rows.find((one) => one.index === rows.length - 1)!.verdict);
  assert.deepEqual(verdicts, ["unread", "ok"]);
  // It had arrived, and the plan finds that out.
  assert.deepEqual(told(trials).entries, (await planned(world, document)).entries);
});

test("whatever holds values back, in whatever order, a back-test and a plan say the same", async () => {
  const tel = fc.constantFrom(null, "1", "2", "kept");
  const person = fc.record({ tel, firm: fc.constantFrom(null, "Acme", "1"), silent: fc.boolean() });
  const at = fc.nat(3);
  await fc.assert(
    fc.asyncProperty(
      fc.array(person, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(at, fc.constantFrom("title", "company")), { maxLength: 3 }),
      fc.array(fc.record({ at, title: tel, company: fc.constantFrom(null, "1", "Zeta") }), { maxLength: 4 }),
      fc.option(fc.constantFrom(0, 40, 100)),
      fc.constantFrom(
        [RENAMED],
        [READ_ELSEWHERE],
        [
          row("title", "firm", "text"),
          row("company", "tel", "picklist", { options: { table: { "1": "one" }, otherwise: "pass" } }),
        ],
        [row("title", "tel", "text", { direction: "out" })],
        [row("company", "firm", "text", { rule: "ask", direction: "in" })],
      ),
      async (people, frozen, edits, percent, rows) => {
        await using world = await createTernWorld((tern) =>
          people.forEach((one, n) => tern.add("person", { ...one, last: `Lee ${n}`, mail: `p${n}@example.com` })),
        );
        await world.connections.update(world.connection.id, {
          mode: "observe",
          ...(percent === null ? {} : { rollout: { percent } }),
        });
        const ids = (await world.people()).map(({ id }) => id).toSorted();
        for (const [n, field] of frozen) await freeze(world, ids[n % ids.length]!, field);
        for (const { at: n, ...fields } of edits) await world.save(fields, ids[n % ids.length]);
        await world.settle();
        const document = await withRows(world, rows);
        const { usable } = await world.connections.checkMapping((await world.stream("person")).id, document);
        fc.pre(usable);
        assertSame(told(await everyRecord(world, document)), await planned(world, document));
      },
    ),
    { numRuns: 25 },
  );
});
