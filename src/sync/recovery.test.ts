import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, pick } from "../base/random.ts";
import { answerWake, readWake, unfinishedLoads } from "../store/lane.ts";
import { mortal } from "../../test/support/database.ts";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

/** Every person here is one record there with the same values, and nothing is owed. */
async function assertInStep(world: TernWorld, why: string): Promise<void> {
  const people = await world.people();
  const ours: Record<string, unknown> = {};
  for (const { id } of people) {
    const { links, fields } = await world.records.get("person", undefined, id);
    assert.equal(links!.length, 1, `${why}: ${id} lives in one place`);
    ours[links![0]!.recordId] = [fields["lastName"], fields["email"] ?? null, fields["title"] ?? null];
  }
  const theirs = Object.fromEntries(
    world.tern
      .living("person")
      .map(([id, { fields }]) => [id, [fields["last"], fields["mail"] ?? null, fields["tel"] ?? null]]),
  );
  assert.deepEqual(ours, theirs, why);
  const { quiet, parked } = await world.connections.quiet();
  assert.deepEqual([quiet, parked], [true, 0], why);
}

test("killed before or after any step, a fresh process finishes the work: nothing is lost and nothing is made twice", async () => {
  await using world = await createTernWorld((tern) => {
    tern.pageSize = 2;
    for (let index = 0; index < 4; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  });
  let seed = 10;
  let killed = 0;
  for (const when of ["before", "after"] as const) {
    // After a step differs from before the next one only where a vendor is called between: every third will do.
    for (let step = 1; ; step += when === "before" ? 1 : 3) {
      const why = `killed ${when} step ${step}`;
      const name = `${when} ${step}`;
      world.clock.advance(1_000);
      const [first, second, third] = world.tern.living("person").map(([id]) => id);
      world.tern.edit("person", first!, { tel: name });
      world.tern.edit("person", second!, { tel: name });
      world.tern.add("person", { ...ann, mail: `${when}${step}@example.com`, last: "Made there" });
      const people = await world.people();
      await world.save({ externalId: name, lastName: `Made here ${name}`, company: "x" });
      await world.save({ lastName: `Edited here ${name}` }, people[0]!.id);
      if (people.length > 12) {
        await world.records.remove("person", people.at(-1)!.id, "test");
        world.tern.remove("person", third!);
      }
      await world.connections.sync(world.connection.id, { trigger: "test" });

      const body = mortal(world.database, step, when);
      const dying = await world.another(seed++, body);
      await dying.settle().catch((thrown: unknown) => {
        if (!body.dead()) throw thrown;
      });
      if (body.dead()) killed += 1;
      await world.settle();
      await world.cycle();
      await assertInStep(world, why);
      const made = world.tern.living("person").filter(([, row]) => row.fields["last"] === `Made here ${name}`);
      assert.equal(made.length, 1, why);
      if (!body.dead()) break;
    }
  }
  assert.ok(killed >= 25, `it was killed ${killed} times`);
  assert.deepEqual(await world.runs.conflicts({ limit: 10 }), [], "nobody's own write was taken for an edit");
  assert.deepEqual(await world.runs.list({ state: "running", limit: 10 }), []);
});

test("killed the moment a first load ended, a fresh process still makes there what was here before", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann }));
  const { id } = await world.connect("other");
  const person = await world.stream("person", id);
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Error("this process was killed");
  };
  const dying = await world.another(2, {
    ...world.database,
    rows: async (query) => (alive(), world.database.rows(query)),
    one: async (query) => (alive(), world.database.one(query)),
    run: async (query) => (alive(), world.database.run(query)),
    transaction: async (body, options) => {
      alive();
      const result = await world.database.transaction(body, options);
      dead ||= !(await unfinishedLoads(world.database, id)).includes(person.id);
      return result;
    },
  });
  await dying.settle().catch((thrown: unknown) => {
    if (!dead) throw thrown;
  });
  assert.ok(dead);
  assert.equal(world.other.living("person").length, 0, "it was killed before it could make the person there");
  await world.settle();
  await world.sync(id);
  assert.equal(world.other.living("person").length, 1);
});

test("killed at any step of a first load, a fresh process loads everything, children whose parents ended too, and makes there what was here", async () => {
  await using world = await createTernWorld();
  const { other, database } = world;
  other.pageSize = 1;
  let killed = 0;
  for (let step = 1; ; step++) {
    const why = `killed before step ${step}`;
    world.clock.advance(1_000);
    for (const index of [1, 2]) {
      const employer = other.add("company", { title: `Company ${step}.${index}` });
      other.add("person", { ...ann, last: "There", mail: `${step}.${index}@example.com`, employer });
    }
    await world.save({ email: `${step}@example.com`, lastName: "Here", company: "x" });
    const { id } = await world.connect("other");
    // The children look before their parents ended: the wake they were given is answered in vain.
    await runBackfill(world, (await world.stream("person", id)).id);

    const body = mortal(database, step, "before");
    const dying = await world.another(1_000 + step, body);
    await dying.settle().catch((thrown: unknown) => {
      if (!body.dead()) throw thrown;
    });
    await world.settle();
    assert.deepEqual(await unfinishedLoads(database, id), [], why);
    assert.equal((await world.connections.quiet()).quiet, true, why);
    assert.deepEqual([(await world.accounts()).length, (await world.people()).length], [2, 3], why);
    assert.equal((await world.people()).filter((one) => one.fields["account"]).length, 2, `${why}: employers`);
    assert.deepEqual([other.living("company").length, other.living("person").length], [2, 3], why);

    if (!body.dead()) break;
    killed += 1;
    await world.connections.remove(id);
    for (const one of await world.people()) await world.records.remove("person", one.id, "test");
    for (const one of await world.accounts()) await world.records.remove("account", one.id, "test");
    await world.settle();
    for (const table of [other.people, other.companies]) table.clear();
  }
  assert.ok(killed > 20, `it was killed ${killed} times`);
});

/** What a job does, once. */
async function runBackfill({ database, engine, signal }: TernWorld, streamId: number): Promise<void> {
  const { wanted } = await readWake(database, streamId, "backfill");
  await engine.runLane({ streamId, lane: "backfill", trigger: "test", signal });
  await answerWake(database, streamId, "backfill", wanted);
}

test("a first load that nobody is told of is owed, and is found by the clock; one that failed, by the next process at once", async () => {
  await using world = await createTernWorld();
  world.other.add("person", { ...ann, mail: "there@example.com" });
  const { id } = await world.connect("other");
  const [company, person] = [await world.stream("company", id), await world.stream("person", id)];
  const load = () => world.stream("person", id).then((stream) => stream.counts.linked);
  await runBackfill(world, company.id);
  // As a Winston left it that was killed before it told the children.
  const { wanted } = await readWake(world.database, person.id, "backfill");
  await answerWake(world.database, person.id, "backfill", wanted);
  await world.settle();
  assert.equal(await load(), 0);
  const { quiet, owed } = await world.connections.quiet(id);
  assert.deepEqual([quiet, owed], [false, 1]);

  world.other.beforePage = () => {
    throw new Error("it cannot be read");
  };
  await world.engine.tick();
  await world.settle(false);
  assert.equal((await world.connections.quiet(id)).owed, 1, "it waits for a later try");
  world.other.beforePage = undefined;
  await world.engine.tick();
  await world.settle(false);
  assert.equal(await load(), 0, "the clock does not shorten that wait");
  await world.engine.resume();
  await world.settle(false);
  assert.equal(await load(), 1);
  assert.equal((await world.connections.quiet(id)).quiet, true);
});

test("two processes at work on the same lanes at once lose nothing and make nothing twice", async () => {
  await using world = await createTernWorld((tern) => {
    tern.pageSize = 7;
    for (let index = 0; index < 30; index++) tern.add("person", { ...ann, mail: `p${index}@example.com` });
  });
  const second = await world.another(2);
  const third = await world.another(3);
  const random = seededRandom(99);
  for (let round = 0; round < 12; round++) {
    world.clock.advance(1_000);
    const people = await world.people();
    for (let index = 0; index < 8; index++) {
      await world.save({ title: `here ${round}.${index}` }, pick(random, people).id);
      world.tern.edit("person", pick(random, world.tern.living("person"))[0], { last: `there ${round}.${index}` });
    }
    await world.save({ externalId: `new ${round}`, lastName: "New", company: "x" });
    world.tern.add("person", { ...ann, mail: `n${round}@example.com` });
    await world.connections.sync(world.connection.id, { trigger: "test" });
    await Promise.all([world.settle(false), second.settle(false), third.settle(false)]);
  }
  await world.settle();
  await world.cycle();
  await assertInStep(world, "after twelve rounds");
  assert.equal((await world.people()).length, 54);
  const lost = (await world.runs.list({ limit: 500 })).filter((run) => run.error?.code === "lane.lost");
  assert.ok(lost.length > 0, "they did meet");
});

test("a run that is told to stop ends at a page, stays owed, and goes on from there", async () => {
  await using world = await createTernWorld();
  for (let index = 0; index < 500; index++) world.tern.add("person", { ...ann, mail: `p${index}@example.com` });
  const stopping = await world.another(5);
  world.tern.beforePage = (page) => {
    if (page === 2) void stopping.jobs.stop();
  };
  world.clock.advance(1_000);
  await world.connections.sync(world.connection.id, { stream: "person", trigger: "test" });
  const { id } = await world.stream("person");
  await stopping.engine.runLane({ streamId: id, lane: "batch", trigger: "test", signal: stopping.signal });
  const [stopped] = await world.runs.list({ limit: 1 });
  assert.equal(stopped!.state, "stopped");
  const read = stopped!.counts.read!;
  assert.ok(read === 200 || read === 400, `${read} were read`);
  world.tern.beforePage = undefined;
  await world.settle();
  assert.equal((await world.people()).length, 500);
  const [resumed] = (await world.runs.list({ state: "done", limit: 20 })).filter(
    (run) => run.stream === "person" && run.lane === "batch",
  );
  assert.equal(resumed!.counts.read, 500 - read);
});
