import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../base/clock.ts";
import { sql } from "../store/sql.ts";
import { createTestEngine } from "../../test/support/engine.ts";
import { Knot, knotConnector } from "../../test/support/knot.ts";

/** One deal and two people at Knot; `fill` adds to them before Winston looks. */
async function createKnotWorld(fill: (knot: Knot, deal: string, people: [string, string]) => unknown = () => {}) {
  const clock = new VirtualClock();
  const knot = new Knot(clock);
  const deal = knot.add("deal", "Arm");
  const people = [knot.add("person", "Ann"), knot.add("person", "Bob")] as [string, string];
  fill(knot, deal, people);
  clock.advance(1_000);
  const winston = await createTestEngine({ knot: knotConnector(knot) }, { clock });
  const { id } = await winston.connections.connect({
    vendor: "knot",
    name: "knot",
    settings: {},
    secrets: {},
    mode: "write",
  });
  await winston.settle();
  clock.advance(1_000);
  const list = (includeDeleted = false) => winston.records.list({ kind: "deal-contact", limit: 50, includeDeleted });
  const named = async (kind: string, name: string): Promise<string> =>
    (await winston.records.list({ kind, limit: 50 })).find((one) => Object.values(one.fields).includes(name))!.id;
  return {
    ...winston,
    knot,
    deal,
    people,
    list,
    roles: async () => (await list()).map((one) => one.fields["role"] ?? null),
    named,
    /** Runs one lane of one stream, and nothing else. */
    run: async (key: string, lane: "batch" | "push" = "batch"): Promise<void> => {
      const stream = (await winston.connections.streams(id)).find((one) => one.key === key)!;
      await winston.engine.runLane({ streamId: stream.id, lane, trigger: "test", signal: winston.signal });
    },
    save: async (input: Record<string, unknown>, tie?: string): Promise<string> => {
      const [result] = await winston.records.save([{ id: tie, input }], {
        kind: "deal-contact",
        mode: "upsert",
        unknownKeys: "error",
        actor: "test",
      });
      if (result!.status === "failed") throw new Error(JSON.stringify(result));
      return result!.id;
    },
    cycle: async () => {
      clock.advance(1_000);
      await winston.sync(id);
    },
    links: async () =>
      (
        await winston.database.rows<{ line: string }>(
          sql`select record_id || ' ' || state as line from link join stream on stream.id = link.stream_id where stream.kind = 'deal-contact' order by 1`,
        )
      ).map((one) => one.line),
  };
}

test("a tie with an end that is not known yet waits without being made, and is read when the end comes", async () => {
  await using world = await createKnotWorld();
  const cy = world.knot.add("person", "Cy");
  world.knot.ties.set(`${world.deal}:${cy}`, "Judge");
  world.knot.touch("deal", world.deal);
  await world.run("tie");
  assert.deepEqual(await world.list(), []);
  world.knot.ties.set(`${world.deal}:${cy}`, "Buyer");
  await world.run("person");
  const [tie] = await world.list();
  assert.deepEqual(tie!.fields, {
    deal: await world.named("deal", "Arm"),
    contact: await world.named("person", "Cy"),
    role: "Buyer",
  });
  await world.cycle();
  assert.deepEqual([(await world.list()).length, world.knot.writes], [1, []]);
});

test("a tie that waited for an end and was removed meanwhile is never made", async () => {
  await using world = await createKnotWorld();
  const cy = world.knot.add("person", "Cy");
  world.knot.ties.set(`${world.deal}:${cy}`, null);
  world.knot.touch("deal", world.deal);
  await world.run("tie");
  world.knot.ties.clear();
  await world.run("person");
  assert.deepEqual(await world.list(true), []);
  const waiting = await world.database.rows(sql`select from pending_reference`);
  assert.equal(waiting.length, 0);
});

test("what a page that shows all of a deal lacks was removed; deals that it does not name keep theirs", async () => {
  let other = "";
  await using world = await createKnotWorld((knot, deal, [ann, bob]) => {
    other = knot.add("deal", "Other");
    for (const id of [`${deal}:${ann}`, `${deal}:${bob}`, `${other}:${ann}`]) knot.ties.set(id, id);
  });
  // What was there when the connection was made is read once more.
  await world.cycle();
  world.clock.advance(60_000);
  world.knot.ties.clear();
  world.knot.ties.set(`${world.deal}:${world.people[1]}`, "kept");
  world.knot.touch("deal", world.deal);
  await world.cycle();
  assert.deepEqual(await world.roles(), ["kept", `${other}:${world.people[0]}`]);
  assert.deepEqual((await world.list(true)).length, 3);
});

test("a tie edited here while it was removed there is made there again", async () => {
  await using world = await createKnotWorld((knot, deal, [ann]) => knot.ties.set(`${deal}:${ann}`, "old"));
  const [tie] = await world.list();
  world.knot.ties.clear();
  world.knot.touch("deal", world.deal);
  await world.save({ role: "new" }, tie!.id);
  await world.run("tie");
  await world.settle();
  assert.deepEqual([...world.knot.ties], [[`${world.deal}:${world.people[0]}`, "new"]]);
  assert.deepEqual(await world.roles(), ["new"]);
});

test("a page that was read before a tie was made here does not end it", async () => {
  await using world = await createKnotWorld();
  const pair = { deal: await world.named("deal", "Arm"), contact: await world.named("person", "Ann") };
  world.knot.touch("deal", world.deal);
  world.knot.afterRead = async () => {
    world.knot.afterRead = undefined;
    world.clock.advance(10);
    await world.save({ ...pair, role: "Judge" });
    await world.run("tie", "push");
  };
  await world.run("tie");
  assert.deepEqual(await world.roles(), ["Judge"]);
  assert.deepEqual([...world.knot.ties.values()], ["Judge"]);
});

test("a page that was read before a role was written does not bring back what stood before, though nothing has a stamp", async () => {
  await using world = await createKnotWorld((knot, deal, [ann]) => knot.ties.set(`${deal}:${ann}`, "old"));
  const id = `${world.deal}:${world.people[0]}`;
  const [tie] = await world.list();
  world.knot.ties.set(id, "older edit");
  world.knot.touch("deal", world.deal);
  world.knot.afterRead = async () => {
    world.knot.afterRead = undefined;
    world.clock.advance(10);
    world.knot.ties.set(id, "later edit");
    await world.save({ role: "ours" }, tie!.id);
    await world.run("tie", "push");
  };
  await world.run("tie");
  await world.settle();
  assert.deepEqual([world.knot.ties.get(id), await world.roles()], ["ours", ["ours"]]);
});

test("while an end of a tie that is shown is not known, what shares an end with it is not ended: it may be the same tie", async () => {
  await using world = await createKnotWorld((knot, deal, [ann, bob]) => {
    knot.ties.set(`${deal}:${ann}`, "Judge");
    knot.ties.set(`${deal}:${bob}`, "Buyer");
  });
  const before = (await world.list()).map((one) => one.id);
  const both = world.knot.merge("person", world.people[0], world.people[1]);
  world.knot.touch("deal", world.deal);
  await world.run("tie");
  assert.deepEqual(
    (await world.list()).map((one) => one.id),
    before,
    "nobody knows the new person yet",
  );
  await world.run("person");
  world.knot.touch("deal", world.deal);
  await world.cycle();
  assert.deepEqual(
    (await world.list()).map((one) => [one.id, one.fields["role"]]),
    [[before[0], "Judge"]],
  );
  assert.deepEqual(
    (await world.links()).filter((one) => one.endsWith("active")),
    [`${world.deal}:${both} active`],
  );
  await world.cycle();
  assert.deepEqual(world.knot.writes, []);
});

test("a tie that was removed while another of its deal waits for a person is removed when that one comes, and not before", async () => {
  await using world = await createKnotWorld((knot, deal, [ann, bob]) => {
    knot.ties.set(`${deal}:${ann}`, "Judge");
    knot.ties.set(`${deal}:${bob}`, "Buyer");
  });
  const [cy, dee] = [world.knot.add("person", "Cy"), world.knot.add("person", "Dee")];
  world.knot.hidden.add(dee);
  world.knot.ties.delete(`${world.deal}:${world.people[0]}`);
  for (const id of [cy, dee]) world.knot.ties.set(`${world.deal}:${id}`, id);
  world.knot.touch("deal", world.deal);
  await world.run("tie");
  assert.deepEqual(await world.roles(), ["Judge", "Buyer"], "either may be Ann by now");
  world.clock.advance(1_000);
  await world.run("person");
  assert.deepEqual(await world.roles(), ["Judge", "Buyer", cy], "Dee may be");
  world.knot.hidden.clear();
  world.clock.advance(1_000);
  world.knot.touch("person", dee);
  await world.run("person");
  assert.deepEqual(await world.roles(), ["Buyer", cy, dee]);
  await world.cycle();
  assert.deepEqual([(await world.list(true)).length, world.knot.writes], [4, []]);
});

test("a merge of both ends' things moves their ties and makes no new ones", async () => {
  await using world = await createKnotWorld((knot, deal, [ann]) => {
    knot.ties.set(`${deal}:${ann}`, "Judge");
    knot.add("deal", "Arm too");
  });
  const [tie] = await world.list();
  const into = world.knot.merge("deal", world.deal, [...world.knot.deal.keys()].at(-1)!);
  await world.run("deal");
  await world.run("tie");
  await world.cycle();
  assert.deepEqual(
    (await world.list(true)).map((one) => one.id),
    [tie!.id],
  );
  assert.deepEqual(
    (await world.links()).filter((one) => one.endsWith("active")),
    [`${into}:${world.people[0]} active`],
  );
  assert.deepEqual(world.knot.writes, []);
});

test("a tie whose answer was lost is found by its pair and not made twice", async () => {
  await using world = await createKnotWorld();
  const pair = { deal: await world.named("deal", "Arm"), contact: await world.named("person", "Ann") };
  world.knot.loseAnswer = true;
  await world.save({ ...pair, role: "Judge" });
  await world.settle();
  assert.deepEqual([world.knot.writes, world.knot.creates], [[`create ${world.deal}:${world.people[0]}`], 1]);
  assert.deepEqual(await world.links(), [`${world.deal}:${world.people[0]} active`]);
  await world.cycle();
  assert.equal(world.knot.writes.length, 1);
});

test("a tie that a person made there in the same moment is met and given its role, and a second one of the pair is parked", async () => {
  await using world = await createKnotWorld();
  const pair = { deal: await world.named("deal", "Arm"), contact: await world.named("person", "Ann") };
  world.knot.ties.set(`${world.deal}:${world.people[0]}`, null);
  await world.save({ ...pair, externalId: "1", role: "Judge" });
  await world.settle();
  assert.deepEqual(world.knot.writes, [`update ${world.deal}:${world.people[0]}`]);
  await world.save({ ...pair, externalId: "2", role: "Buyer" });
  await world.settle();
  assert.equal(world.knot.ties.get(`${world.deal}:${world.people[0]}`), "Judge");
  assert.deepEqual(
    (await world.runs.parked({ limit: 5 })).map((one) => one.reason),
    ["vendor.TIED"],
  );
  assert.deepEqual(await world.duplicates.list({ limit: 5 }), []);
});

test("of several ties of one pair the one that says the same is met, then the oldest", async () => {
  await using world = await createKnotWorld();
  const pair = { deal: await world.named("deal", "Arm"), contact: await world.named("person", "Ann") };
  await world.connections.update((await world.connections.list())[0]!.id, { paused: true });
  const ids: string[] = [];
  for (const role of ["Judge", "Buyer"]) ids.push(await world.save({ ...pair, externalId: role, role }));
  world.knot.ties.set(`${world.deal}:${world.people[0]}`, "Buyer");
  world.knot.touch("deal", world.deal);
  await world.run("tie");
  const links = await world.database.rows<{ id: string }>(
    sql`select entity_id as id from link where record_id = ${`${world.deal}:${world.people[0]}`}`,
  );
  assert.deepEqual(links, [{ id: ids[1] }]);
});

test("another end makes the tie anew between the other two, because the vendor changes none", async () => {
  await using world = await createKnotWorld((knot, deal, [ann]) => knot.ties.set(`${deal}:${ann}`, "Judge"));
  const [tie] = await world.list();
  await world.save({ contact: await world.named("person", "Bob") }, tie!.id);
  await world.settle();
  assert.deepEqual([...world.knot.ties], [[`${world.deal}:${world.people[1]}`, "Judge"]]);
  await world.cycle();
  assert.deepEqual(
    (await world.list()).map((one) => one.id),
    [tie!.id],
  );
  assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
});

test("a thing that ends takes its ties along, in history too, and one that was tied to what it took in", async () => {
  await using world = await createKnotWorld((knot, deal, [ann, bob]) => {
    knot.ties.set(`${deal}:${ann}`, "Judge");
    knot.ties.set(`${deal}:${bob}`, "Buyer");
  });
  const before = await world.list();
  await world.records.remove("person", await world.named("person", "Ann"), "key:tester");
  assert.deepEqual(await world.roles(), ["Buyer"]);
  const history = await world.records.history("deal-contact", before[0]!.id);
  assert.deepEqual([history[0]!.actor, Object.keys(history[0]!.changes)], ["key:tester", ["deletedAt"]]);
  world.knot.touch("deal", world.deal, { deleted: true });
  await world.run("deal");
  assert.deepEqual(await world.list(), []);
});
