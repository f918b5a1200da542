import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import { WinstonError } from "../base/errors.ts";
import { sql } from "../store/sql.ts";
import { mortal } from "../../test/support/database.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Tern, ternConnector } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { depthOf } from "./sweep.ts";

type World = Awaited<ReturnType<typeof createComparedWorld>>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Three people and a company at Tern, read an hour ago. `pages` and `reads` are what comparing costs there. */
async function createComparedWorld(...args: Parameters<typeof createTernWorld>) {
  const [fill, options] = args;
  const world = await createTernWorld(async (tern, clock, other) => {
    const acme = tern.add("company", { title: "Acme" });
    for (const last of ["Lee", "Ray", "Fox"])
      tern.add("person", { ...ann, last, mail: `${last.toLowerCase()}@example.com`, employer: acme });
    await fill?.(tern, clock, other);
  }, options);
  await world.cycle();
  world.clock.advance(HOUR_MS);
  await world.cycle();
  world.clock.advance(1_000);
  await world.cycle();
  const cost = { pages: 0, writes: world.tern.writes.length };
  world.tern.beforePage = () => void (cost.pages += 1);
  const idOf = (last: string): string => world.tern.living("person").find(([, row]) => row.fields["last"] === last)![0];
  return {
    ...world,
    cost,
    idOf,
    person: (last: string) => world.tern.people.get(idOf(last))!,
    entityOf: async (last: string): Promise<string> =>
      (await world.people()).find((one) => one.fields["lastName"] === last)!.id,
    compare: async (how: { repair?: boolean; depth?: "versions" | "fields"; stream?: string } = {}) => {
      const { repair = false, depth = "fields", stream = "person" } = how;
      const [asked] = await world.comparisons.start({ connection: "tern", stream }, { depth, repair }, "test");
      await world.settle(false);
      return world.comparisons.get(asked!.id);
    },
    /** What the last comparison found, as [cause, field, what, whether it was repaired]. */
    found: async () =>
      (await world.comparisons.differences({ connection: "tern", limit: 100 })).map((one) => [
        one.cause,
        one.field,
        one.recordId ?? one.entityId,
        one.repairedAt !== null,
      ]),
    /** Time passes, everything is read as ever, and what was moving is looked at again. */
    later: async (ms = HOUR_MS) => {
      world.clock.advance(ms);
      await world.engine.tick();
      await world.settle();
      await world.engine.tick();
      await world.settle();
    },
  };
}

/** An edit at the vendor whose row became visible only after the reading that should have shown it. */
function editUnseen(world: World, last: string, fields: Record<string, unknown>): void {
  const row = world.person(last);
  Object.assign(row.fields, fields);
  row.changedAt = world.clock.now() - HOUR_MS / 2;
}

/** The same without its stamp: what formulas and associations do. */
const editSilently = (world: World, last: string, fields: Record<string, unknown>): void =>
  void Object.assign(world.person(last).fields, fields);

describe("a quiet stream", () => {
  for (const depth of ["versions", "fields"] as const)
    test(`compared by its ${depth} it shows no difference, and nothing is written`, async () => {
      await using world = await createComparedWorld();
      world.tern.reads.length = 0;
      const seen = await world.compare({ depth });
      assert.deepEqual(
        [seen.state, seen.there, seen.listed, seen.differences, seen.moving, seen.note, seen.causes],
        ["done", 3, 3, 0, 0, null, []],
      );
      assert.deepEqual(await world.found(), []);
      assert.deepEqual([world.cost.pages, world.tern.reads.length], [1, 0], "one page, and nobody is read by itself");
      assert.equal(world.tern.writes.length, world.cost.writes);
    });

  test("values that the vendor rounds, writes that went out and echoes are no difference", async () => {
    await using world = await createComparedWorld();
    world.tern.keeps = (field, value) => (field === "worth" && value !== null ? Math.round(Number(value)) : value);
    await world.mapAlso("person", [{ field: "annualRevenue", record: "worth", direction: "both", transform: "money" }]);
    await world.save(
      { title: "Head", annualRevenue: { amount: "10.49", currency: null } },
      await world.entityOf("Lee"),
    );
    await world.settle();
    assert.equal(world.person("Lee").fields["worth"], 10);
    assert.equal((await world.compare()).differences, 0);
    await world.later();
    assert.equal((await world.compare()).differences, 0);
    assert.deepEqual(await world.found(), []);
  });

  test("what only says otherwise in fields that are not mapped is read once, and not every day", async () => {
    await using world = await createComparedWorld();
    editUnseen(world, "Lee", { score: 7 });
    world.tern.reads.length = 0;
    assert.equal((await world.compare({ depth: "versions" })).differences, 0);
    assert.deepEqual(
      world.tern.reads.map((one) => one.records),
      [1],
    );
    await world.compare({ depth: "versions" });
    assert.equal(world.tern.reads.length, 1);
  });
});

describe("what is different is found with its cause", () => {
  test("a change that was not read: told, and with repair taken in", async () => {
    await using world = await createComparedWorld();
    editUnseen(world, "Lee", { tel: "2" });
    await world.cycle();
    const seen = await world.compare();
    assert.deepEqual(await world.found(), [["missed.read", "title", world.idOf("Lee"), false]]);
    const [difference] = await world.comparisons.differences({ limit: 5 });
    assert.deepEqual([difference!.there, difference!.here, difference!.act], ["2", "1", "winston compare --repair"]);
    assert.deepEqual(
      seen.causes.map(({ cause, count }) => [cause, count]),
      [["missed.read", 1]],
    );
    assert.equal((await world.people()).find((one) => one.fields["lastName"] === "Lee")!.fields["title"], "1");

    await world.compare({ repair: true });
    assert.deepEqual(await world.found(), [["missed.read", "title", world.idOf("Lee"), true]]);
    assert.equal((await world.people()).find((one) => one.fields["lastName"] === "Lee")!.fields["title"], "2");
    await world.compare();
    assert.deepEqual(await world.found(), [], "what is resolved goes with the next comparison");
    assert.equal(world.tern.writes.length, world.cost.writes);
  });

  test("pain 21: a change that moves no time of change, a formula or an association, is found and told as such", async () => {
    await using world = await createComparedWorld((tern) => tern.add("company", { title: "Blue" }));
    const blue = world.tern.living("company").find(([, row]) => row.fields["title"] === "Blue")![0];
    editSilently(world, "Lee", { tel: "formula" });
    editSilently(world, "Ray", { employer: blue });
    await world.cycle();
    await world.compare({ depth: "versions" });
    assert.deepEqual(await world.found(), [], "no version tells of it");
    await world.compare();
    assert.deepEqual(await world.found(), [
      ["missed.silent", "title", world.idOf("Lee"), false],
      ["missed.silent", "account", world.idOf("Ray"), false],
    ]);
    await world.compare({ repair: true });
    const title = async () => (await world.people()).find((one) => one.fields["lastName"] === "Lee")!.fields["title"];
    assert.equal(await title(), "formula");
    assert.equal((await world.compare()).differences, 0);
  });

  test("a record that was never read, and one that came back", async () => {
    await using world = await createComparedWorld();
    const id = world.tern.add("person", { ...ann, last: "New", mail: "new@example.com" });
    world.tern.people.get(id)!.changedAt -= HOUR_MS / 2;
    const gone = world.idOf("Fox");
    world.tern.remove("person", gone);
    await world.cycle();
    world.tern.people.get(gone)!.deleted = false;
    world.tern.people.get(gone)!.changedAt = world.clock.now() - HOUR_MS / 4;
    await world.cycle();
    world.clock.advance(1_000);
    await world.cycle();
    await world.compare();
    assert.deepEqual(await world.found(), [
      ["missed.read", null, gone, false],
      ["missed.read", null, id, false],
    ]);
    await world.compare({ repair: true });
    await world.compare();
    assert.deepEqual(await world.found(), []);
    assert.equal((await world.people()).length, 4);
  });

  test("one that came back is read again, also where it names somebody who is not known here", async () => {
    await using world = await createComparedWorld(async (tern) => {
      tern.add("person", { ...ann, last: "Day", mail: "day@example.com", employer: "nobody" });
    });
    const id = world.idOf("Day");
    const row = world.tern.people.get(id)!;
    const entity = await world.entityOf("Day");
    world.tern.people.delete(id);
    await world.save({ title: "edited" }, entity);
    await world.settle();
    assert.deepEqual(
      (await world.runs.parked({ limit: 5 })).map((one) => one.reason),
      ["record.gone"],
    );
    await world.later();
    world.tern.people.set(id, row);
    await world.compare({ repair: true });
    assert.deepEqual(
      (await world.found()).filter(([cause]) => cause !== "gone"),
      [
        ["reference.waits", "account", id, false],
        ["missed.read", null, id, true],
      ],
    );
    await world.settle();
    assert.deepEqual([await world.runs.parked({ limit: 5 }), row.fields["tel"]], [[], "edited"]);
  });

  test("an edit under way is no difference: it is looked at again when it has had its time", async () => {
    await using world = await createComparedWorld();
    world.tern.edit("person", world.idOf("Lee"), { tel: "2" });
    editSilently(world, "Ray", { tel: "3" });
    world.person("Ray").changedAt = world.clock.now();
    world.tern.remove("person", world.idOf("Fox"));
    const ids = ["Lee", "Ray"].map(world.idOf);
    const seen = await world.compare();
    assert.deepEqual([seen.differences, seen.moving, (seen.againAt ?? 0) > world.clock.now()], [0, 3, true]);
    assert.deepEqual(
      (await world.found()).map(([cause]) => cause),
      ["moving", "moving", "moving"],
    );
    await world.later();
    assert.deepEqual(await world.found(), []);
    const last = await world.comparisons.get(seen.id);
    assert.deepEqual([last.differences, last.moving, last.againAt, last.endedAt], [0, 0, null, seen.endedAt]);
    assert.equal(ids.length, 2);
  });

  test("an edit that is still not read when it has had its time is a difference then", async () => {
    await using world = await createComparedWorld();
    world.tern.edit("person", world.idOf("Lee"), { tel: "2" });
    const seen = await world.compare();
    assert.equal(seen.moving, 1);
    // The reading that should have shown it did not.
    const row = world.person("Lee");
    const { changedAt } = row;
    row.changedAt = 0;
    world.clock.advance(HOUR_MS);
    await world.cycle();
    row.changedAt = changedAt;
    await world.engine.tick();
    await world.settle();
    assert.deepEqual(await world.found(), [["missed.read", "title", world.idOf("Lee"), false]]);
  });

  test("refused writes, writes that wait, and values that cannot be read name what is parked or owed", async () => {
    await using world = await createComparedWorld();
    world.tern.faults = [{ refuse: "TOO_LONG", field: "tel", when: () => true }];
    await world.save({ title: "refused" }, await world.entityOf("Lee"));
    await world.settle();
    editUnseen(world, "Ray", {});
    world.tern.edit("person", world.idOf("Ray"), { first: "a\u0000b" });
    await world.cycle();
    await world.connections.update(world.connection.id, { paused: true });
    await world.save({ title: "waiting" }, await world.entityOf("Fox"));
    await world.settle();
    world.clock.advance(HOUR_MS);
    await world.cycle();
    await world.compare();
    const found = await world.comparisons.differences({ limit: 10 });
    assert.deepEqual(
      new Set(found.map(({ cause, field, recordId }) => `${cause} ${field} ${recordId}`)),
      new Set([
        `read.parked first ${world.idOf("Ray")}`,
        `write.parked tel ${world.idOf("Lee")}`,
        `write.waiting null ${world.idOf("Fox")}`,
      ]),
    );
    assert.match(found.find((one) => one.cause === "write.parked")!.message, /TOO_LONG/u);
    assert.match(found.find((one) => one.cause === "write.waiting")!.message, /paused/u);

    await world.connections.update(world.connection.id, { paused: false });
    world.tern.edit("person", world.idOf("Ray"), { first: "Ray" });
    await world.compare({ repair: true });
    await world.settle();
    await world.later();
    await world.compare();
    assert.deepEqual(await world.found(), []);
    assert.equal(world.person("Lee").fields["tel"], "refused");
    assert.equal(world.person("Fox").fields["tel"], "waiting");
  });

  test("pain 22: what a run left undone is listed with its reason, however the run ended", async () => {
    await using world = await createComparedWorld();
    world.tern.faults = [{ refuse: "NOPE", field: "tel", when: () => true }];
    for (const last of ["Lee", "Ray", "Fox"]) await world.save({ title: "new" }, await world.entityOf(last));
    await world.settle();
    const push = (await world.runs.list({ limit: 50 })).find((run) => run.lane === "push" && run.counts.parked)!;
    assert.equal(push.state, "done");
    const seen = await world.compare();
    assert.deepEqual(
      seen.causes.map(({ cause, count }) => [cause, count]),
      [["write.parked", 3]],
    );
    assert.match((await world.stream("person")).health, /3 parked.*compared .*: 3 records, 3 differences/u);
  });

  test("a write that nobody owes is found, and with repair it is sent after another look at the record", async () => {
    await using world = await createComparedWorld();
    const id = await world.entityOf("Lee");
    await world.save({ title: "here" }, id);
    await world.database.run(sql`delete from intent`);
    await world.settle();
    await world.compare();
    assert.deepEqual(await world.found(), [["write.forgotten", "title", world.idOf("Lee"), false]]);
    assert.equal(world.tern.writes.length, world.cost.writes, "telling of it writes nothing");
    await world.compare({ repair: true });
    assert.equal(world.person("Lee").fields["tel"], "here");
    await world.later();
    await world.compare();
    assert.deepEqual(await world.found(), []);
  });

  test("what is only here: never made, held for a person, or never meant for there", async () => {
    await using world = await createComparedWorld();
    const id = await world.save({
      firstName: "Ann",
      lastName: "Only",
      email: "only@example.com",
    });
    await world.database.run(sql`delete from intent`);
    await world.saveAll("person", [{ lastName: "Contact", email: "contact@example.com" }], { stage: "contact" });
    await world.settle();
    world.clock.advance(HOUR_MS);
    await world.cycle();
    await world.compare();
    assert.deepEqual(await world.found(), [["never.made", null, id, false]]);
    await world.compare({ repair: true });
    await world.settle();
    assert.ok(world.idOf("Only"));
    await world.later();
    await world.compare();
    assert.deepEqual(await world.found(), []);
  });

  test("a record that is gone without a word is asked about once two complete listings lacked it, and never deleted", async () => {
    await using world = await createComparedWorld();
    const id = world.idOf("Lee");
    world.tern.people.delete(id);
    await world.cycle();
    const first = await world.compare({ repair: true });
    assert.deepEqual([first.differences, first.moving], [0, 1], "its deletion may still be told");
    await world.later();
    assert.deepEqual(await world.found(), [["gone", null, id, false]]);
    assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
    world.clock.advance(DAY_MS / 2);
    await world.cycle();
    await world.compare({ repair: true });
    assert.deepEqual(await world.found(), [["gone", null, id, true]]);
    const parked = await world.runs.parked({ limit: 5 });
    assert.deepEqual(
      parked.map((one) => one.reason),
      ["record.gone"],
    );
    assert.equal((await world.people()).length, 3, "nothing was deleted here");
    assert.equal(world.tern.writes.length, world.cost.writes);
  });

  test("a listing that shows fewer records than the vendor counts says nothing of what it lacks", async () => {
    await using world = await createComparedWorld();
    const id = world.idOf("Lee");
    const row = world.person("Lee");
    world.tern.counts = () => 3;
    world.tern.people.delete(id);
    const seen = await world.compare({ repair: true });
    assert.deepEqual([seen.listed, seen.there, seen.differences, seen.moving], [2, 3, 0, 0]);
    assert.match(seen.note!, /counts 3 records and listed 2/u);
    world.tern.people.set(id, row);
    assert.deepEqual(await world.found(), []);
  });

  test("a mapped field that no record shows any more is told once, for all of them, and nothing is taken for blank", async () => {
    await using world = await createComparedWorld();
    const show = world.tern.show.bind(world.tern);
    world.tern.show = (id, row, fields) => {
      const { tel: _, ...shown } = show(id, row, fields).fields;
      return { ...show(id, row, fields), fields: shown };
    };
    await world.compare({ repair: true });
    const found = await world.comparisons.differences({ limit: 5 });
    assert.deepEqual(
      found.map((one) => [one.cause, one.field, one.recordId]),
      [["hidden", "title", null]],
    );
    assert.match(found[0]!.message, /3 had a value/u);
    assert.equal(
      (await world.people()).every((one) => one.fields["title"] === "1"),
      true,
    );
    await world.compare();
    assert.equal((await world.found()).length, 1, "as long as it is hidden");
  });
});

describe("more causes", () => {
  test("an ending that was not heard of: merged there while the reading of it failed", async () => {
    await using world = await createComparedWorld();
    const [lost, kept] = [world.idOf("Lee"), world.idOf("Ray")];
    world.tern.merge("person", lost, kept);
    const row = world.tern.people.get(lost)!;
    row.changedAt = world.clock.now() - HOUR_MS / 2;
    world.person("Ray").changedAt = world.clock.now() - HOUR_MS / 2;
    await world.cycle();
    await world.compare();
    assert.deepEqual(await world.found(), [["missed.end", null, lost, false]]);
    await world.compare({ repair: true });
    await world.settle();
    await world.compare();
    assert.deepEqual(await world.found(), []);
    assert.equal((await world.people()).length, 2);
  });

  test("a person is asked: an open conflict, and a suspected duplicate that is held", async () => {
    await using world = await createComparedWorld();
    await world.mapAlso("person", [
      { field: "title", record: "tel", direction: "both", transform: "text", rule: "ask" },
    ]);
    await world.connections.update(world.connection.id, { paused: true });
    await world.save({ title: "here" }, await world.entityOf("Lee"));
    world.tern.edit("person", world.idOf("Lee"), { tel: "there" });
    await world.cycle();
    world.other.add("person", { ...ann, first: "Zoe", last: "Ray", mail: "ray@example.com" });
    await world.connect("other", "observe");
    await world.settle();
    const theirs = (await world.people()).find((one) => one.fields["firstName"] === "Zoe")!;
    await world.connections.update(world.connection.id, { paused: false });
    await world.settle();
    await world.later();
    await world.compare();
    const found = await world.comparisons.differences({ connection: "tern", stream: "person", limit: 10 });
    assert.deepEqual(
      found.map((one) => [one.cause, one.field, one.recordId ?? one.entityId]),
      [
        ["write.held", null, theirs.id],
        ["question", "title", world.idOf("Lee")],
      ],
    );
    assert.deepEqual(
      found.map((one) => one.act),
      ["winston duplicates list", "winston conflicts list --open"],
    );
  });

  test("a reference whose target is not known on the other side waits, and says for what", async () => {
    await using world = await createComparedWorld();
    world.tern.edit("person", world.idOf("Lee"), { employer: "company_999999" });
    await world.cycle();
    world.clock.advance(HOUR_MS);
    await world.cycle();
    await world.compare();
    const [one, ...more] = await world.comparisons.differences({ connection: "tern", limit: 10 });
    assert.deepEqual(
      [one!.cause, one!.field, one!.recordId, more],
      ["reference.waits", "account", world.idOf("Lee"), []],
    );
    assert.match(one!.message, /company_999999/u);
  });

  test("where much is missing at once nobody is asked about each", async () => {
    await using world = await createComparedWorld((tern) => {
      for (let index = 0; index < 60; index++)
        tern.add("person", { ...ann, mail: `p${index}@example.com`, last: `P${index}` });
    });
    for (let index = 0; index < 60; index++) world.tern.people.delete(world.idOf(`P${index}`));
    await world.compare({ repair: true });
    await world.later();
    world.clock.advance(HOUR_MS);
    await world.compare({ repair: true });
    assert.deepEqual(
      new Set((await world.found()).map(([cause, , , repaired]) => `${cause} ${repaired}`)),
      new Set(["gone false"]),
    );
    assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
  });

  test("a vendor that shows no single record is not compared, and says so", async () => {
    const clock = new VirtualClock();
    const tern = new Tern(clock);
    tern.listsOnly = true;
    tern.add("person", ann);
    await using winston = await createTestEngine({ tern: ternConnector(tern) }, { clock });
    await winston.connections.connect({ vendor: "tern", name: "tern", settings: {}, secrets: {}, mode: "observe" });
    await winston.settle();
    const [asked] = await winston.comparisons.start({ stream: "person" }, { depth: "fields", repair: false }, "test");
    await winston.settle();
    assert.match((await winston.comparisons.get(asked!.id)).note!, /shows no single record/u);
  });
});

describe("how it runs", () => {
  test("killed at any step it goes on from there, and finds the same", async () => {
    await using world = await createComparedWorld((tern) => {
      tern.pageSize = 2;
    });
    editUnseen(world, "Lee", { tel: "2" });
    editSilently(world, "Fox", { tel: "3" });
    await world.cycle();
    const expected = [
      ["missed.silent", "title", world.idOf("Fox"), false],
      ["missed.read", "title", world.idOf("Lee"), false],
    ];
    for (const when of ["before", "after"] as const) {
      for (let step = 1; ; step++) {
        const [asked] = await world.comparisons.start(
          { connection: "tern", stream: "person" },
          { depth: "fields", repair: false },
          `${when} ${step}`,
        );
        const body = mortal(world.database, step, when);
        const dying = await world.another(1_000 + step, body);
        world.cost.pages = 0;
        await dying.settle(false).catch((thrown: unknown) => {
          if (!body.dead()) throw thrown;
        });
        await world.settle();
        const seen = await world.comparisons.get(asked!.id);
        assert.equal(seen.state, "done", `${when} ${step}`);
        const found = (await world.found()).toSorted(([, , a], [, , b]) => (String(a) < String(b) ? 1 : -1));
        assert.deepEqual(found, expected, `${when} ${step}`);
        // Two pages, and the one that was on its way.
        assert.ok(world.cost.pages <= 3, `${when} ${step}: ${world.cost.pages} pages`);
        if (!body.dead()) break;
      }
    }
    assert.equal(world.tern.writes.length, world.cost.writes);
  });

  test("many records cost a page for each page and a read for each batch that differs", async () => {
    await using world = await createComparedWorld((tern) => {
      for (let index = 0; index < 450; index++)
        tern.add("person", { ...ann, mail: `p${index}@example.com`, last: `P${index}` });
    });
    for (let index = 0; index < 120; index++) editSilently(world, `P${index}`, { tel: "9" });
    world.tern.reads.length = 0;
    const seen = await world.compare();
    assert.deepEqual([seen.listed, seen.differences, world.cost.pages], [453, 120, 3]);
    assert.deepEqual(
      world.tern.reads.map((one) => one.records),
      [100, 20],
    );
  });

  test("every stream is compared once a day by itself, at an hour of its own, takes in what was missed, and says so", async () => {
    await using world = await createComparedWorld();
    editSilently(world, "Lee", { tel: "2" });
    await world.cycle();
    const hours = new Map<string, Set<number>>();
    for (let hour = 0; hour < 72; hour++) {
      // Clocks may tell parts of a millisecond.
      world.clock.advance(HOUR_MS + 0.5);
      await world.engine.tick();
      await world.settle();
    }
    const all = await world.comparisons.list({ last: false, limit: 100 });
    for (const one of all)
      (hours.get(one.stream) ?? hours.set(one.stream, new Set()).get(one.stream)!).add(
        new Date(one.askedAt).getUTCHours(),
      );
    assert.deepEqual([...hours.keys()].toSorted(), ["company", "person"]);
    assert.deepEqual(
      [...hours.values()].map((one) => one.size),
      [1, 1],
    );
    assert.notDeepEqual([...hours.values()][0], [...hours.values()][1]);
    assert.ok(all.length >= 4 && all.length <= 6, `${all.length} comparisons in three days`);
    assert.equal(
      all.every((one) => one.askedBy === "schedule" && one.repair === "reads"),
      true,
    );
    assert.equal((await world.people()).find((one) => one.fields["lastName"] === "Lee")!.fields["title"], "2");
    assert.match((await world.stream("person")).health, /compared \S*\s?\d\d:\d\d: 3 records, no difference$/u);
    assert.equal((await world.connections.quiet()).quiet, true);
    assert.equal(world.tern.writes.length, world.cost.writes);
  });

  test("a comparison that the vendor breaks off fails as what it is, and goes on by itself", async () => {
    await using world = await createComparedWorld((tern) => {
      tern.pageSize = 2;
    });
    let broken = true;
    world.tern.beforePage = (page) => {
      if (page === 1 && broken) throw new WinstonError("vendor.unavailable", "Tern does not answer.");
    };
    const seen = await world.compare();
    assert.deepEqual([seen.state, seen.error?.code], ["running", "vendor.unavailable"]);
    assert.deepEqual(await world.found(), []);
    broken = false;
    await world.settle();
    const ended = await world.comparisons.get(seen.id);
    assert.deepEqual([ended.state, ended.error, ended.listed, ended.differences], ["done", null, 3, 0]);
  });

  test("one that cannot be compared now is refused in words", async () => {
    await using world = await createComparedWorld();
    const start = (connection: string, stream?: string) =>
      world.comparisons.start({ connection, stream }, { depth: "fields", repair: false }, "test");
    await assert.rejects(start("nobody"), /There is no connection nobody/u);
    await assert.rejects(start("tern", "nothing"), /Connection tern has no stream nothing/u);
    await world.connections.sync(world.connection.id, { full: true, trigger: "test" });
    await assert.rejects(start("tern"), /is still being read as a whole/u);
  });

  test("a large stream is read whole once a week, and by its versions on the other days", () => {
    const now = 30 * DAY_MS;
    const daily = { askedBy: "schedule", depth: "fields" as const };
    const large = { linked: 50_001, now };
    assert.equal(depthOf(daily, { linked: 50_000, fieldsAt: now - DAY_MS, now }), "fields");
    assert.equal(depthOf(daily, { ...large, fieldsAt: null }), "fields");
    assert.equal(depthOf(daily, { ...large, fieldsAt: now - DAY_MS }), "versions");
    assert.equal(depthOf(daily, { ...large, fieldsAt: now - 7 * DAY_MS + 60_000 }), "fields");
    assert.equal(depthOf({ askedBy: "key:ann", depth: "fields" }, { ...large, fieldsAt: now - DAY_MS }), "fields");
  });
});
