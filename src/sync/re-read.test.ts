// Tern answers for `employer` by a call of its own here, as vendors do for associations.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualClock } from "../base/clock.ts";
import { sql } from "../store/sql.ts";
import type { Tern } from "../../test/support/tern.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";

/** Ann, who works at the first of two companies. */
async function createApartWorld(fill: (tern: Tern, clock: VirtualClock) => unknown = () => {}) {
  let [acme, blue] = ["", ""];
  const world = await createTernWorld((tern, clock) => {
    tern.apart = ["employer"];
    [acme, blue] = [tern.add("company", { title: "Acme" }), tern.add("company", { title: "Blue" })];
    tern.add("person", { ...ann, employer: acme });
    return fill(tern, clock);
  });
  const [person] = await world.people();
  const [[record]] = world.tern.living("person") as [[string, unknown]];
  const idOf = async (name: string): Promise<string> =>
    (await world.accounts()).find((one) => one.fields["name"] === name)!.id;
  return {
    ...world,
    id: person!.id,
    record,
    acme,
    blue,
    idOf,
    /** Whether each look before a write since the last time asked for the employer. */
    asked: (): boolean[] => world.tern.reads.splice(0).map(({ fields }) => fields.includes("employer")),
    there: () => world.tern.people.get(record)!.fields,
    employer: async () => (await world.people())[0]!.fields["account"],
    image: async (): Promise<unknown> => {
      const rows = await world.database.rows<{ image: unknown }>(
        sql`select image -> 'employer' as image from link where record_id = ${record}`,
      );
      return rows[0]!.image;
    },
  };
}

test("what costs a call of its own is not read again where it is left alone, and nothing takes it for blank", async () => {
  await using world = await createApartWorld();
  const acme = await world.idOf("Acme");
  world.clock.advance(1_000);
  world.tern.edit("person", world.record, { first: "Anna" });
  await world.save({ title: "Head" }, world.id);
  await world.settle();
  assert.deepEqual(world.asked(), [false]);
  assert.deepEqual([world.there()["tel"], world.there()["employer"]], ["Head", world.acme]);
  const [person] = await world.people();
  assert.deepEqual([person!.fields["firstName"], person!.fields["account"]], ["Anna", acme]);
  assert.equal(await world.image(), world.acme, "the image keeps what was said of it before");
  await world.save({ title: "Chief" }, world.id);
  await world.settle();
  await world.cycle();
  assert.deepEqual([await world.employer(), world.there()["employer"]], [acme, world.acme]);
});

test("a reference changed there while another field is written stays, and arrives", async () => {
  await using world = await createApartWorld();
  await world.save({ title: "Head" }, world.id);
  world.tern.beforeRead = () => {
    world.tern.beforeRead = undefined;
    world.clock.advance(100);
    world.tern.edit("person", world.record, { employer: world.blue });
  };
  await world.settle();
  assert.deepEqual([world.there()["tel"], world.there()["employer"]], ["Head", world.blue]);
  await world.cycle();
  assert.equal(await world.employer(), await world.idOf("Blue"));
  assert.deepEqual([world.there()["tel"], world.there()["employer"]], ["Head", world.blue]);
  assert.deepEqual(await world.runs.conflicts({ limit: 10 }), []);
});

test("what costs a call of its own is read again before it is written, and an edit there is not overwritten unseen", async () => {
  await using world = await createApartWorld((tern) => tern.add("company", { title: "Cobalt" }));
  const cobalt = await world.idOf("Cobalt");
  await world.save({ account: cobalt }, world.id);
  world.tern.beforeRead = () => {
    world.tern.beforeRead = undefined;
    world.clock.advance(100);
    world.tern.edit("person", world.record, { employer: world.blue });
  };
  await world.settle();
  assert.deepEqual(world.asked(), [true]);
  const [conflict] = await world.runs.conflicts({ limit: 10 });
  assert.deepEqual(
    [conflict!.field, conflict!.winston, conflict!.record],
    ["account", cobalt, await world.idOf("Blue")],
  );
});

test("a reference edited here while the records were read without it is not written before it is read", async () => {
  await using world = await createApartWorld((tern) => tern.add("company", { title: "Cobalt" }));
  const cobalt = await world.idOf("Cobalt");
  await world.save({ title: "Head" }, world.id);
  world.tern.beforeRead = async () => {
    world.tern.beforeRead = undefined;
    world.clock.advance(100);
    world.tern.edit("person", world.record, { employer: world.blue });
    await world.save({ account: cobalt }, world.id);
  };
  await world.settle();
  assert.deepEqual(world.asked(), [false, true]);
  assert.equal(world.there()["tel"], "Head");
  assert.deepEqual(
    (await world.runs.conflicts({ limit: 10 })).map((one) => one.field),
    ["account"],
  );
});

test("before a deletion all is read again: a reference edited there since keeps the record alive", async () => {
  await using world = await createApartWorld();
  world.clock.advance(1_000);
  world.tern.edit("person", world.record, { employer: world.blue });
  await world.records.remove("person", world.id, "test");
  await world.settle();
  assert.deepEqual(world.asked(), [true]);
  assert.equal(world.tern.living("person").length, 1);
  assert.equal(await world.employer(), await world.idOf("Blue"));
});

test("a reference that waits for its target waits on while another field is written", async () => {
  await using world = await createApartWorld((tern) =>
    tern.add("person", { ...ann, mail: "b@example.com", last: "Bo", employer: "company_000099" }),
  );
  const bo = (await world.people()).find((one) => one.fields["lastName"] === "Bo")!;
  const record = world.tern.living("person")[1]![0];
  world.clock.advance(1_000);
  world.tern.edit("person", record, { first: "Bob" });
  await world.save({ title: "Head" }, bo.id);
  await world.settle();
  assert.deepEqual(world.asked(), [false]);
  world.tern.companies.set("company_000099", {
    fields: { title: "Awaited" },
    changedAt: world.clock.now(),
    handle: null,
    deleted: false,
  });
  const { id: streamId } = await world.stream("company");
  await world.engine.runLane({ streamId, lane: "batch", trigger: "test", signal: world.signal });
  const after = (await world.people()).find((one) => one.id === bo.id)!;
  assert.equal(after.fields["account"], await world.idOf("Awaited"));
});

test("a record that was never pulled back is read whole before it is written, and so is one that is parked", async () => {
  await using world = await createApartWorld((tern) =>
    tern.add("person", { ...ann, mail: "odd@example.com", employer: { odd: true } }),
  );
  const made = await world.save({ lastName: "New", company: "N" });
  await world.settle();
  world.asked();
  await world.save({ title: "Head" }, made);
  await world.settle();
  assert.deepEqual(world.asked(), [false, true]);
  const odd = (await world.people()).find((one) => one.fields["email"] === "odd@example.com")!;
  await world.save({ title: "Head" }, odd.id);
  await world.settle();
  assert.deepEqual(world.asked(), [false, true]);
  assert.equal((await world.runs.parked({ limit: 10 })).length, 1, "what could not be read is still told");
});

test("an edit made there while the look before a write took minutes is not overwritten unseen, and a vendor that is slow each time is written", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  const title = () => world.tern.people.get(id)!.fields["tel"];
  await world.save({ title: "here" }, (await world.people())[0]!.id);
  world.tern.afterRead = () => {
    world.tern.afterRead = undefined;
    world.clock.advance(60_000);
    world.tern.edit("person", id, { tel: "there" });
    world.clock.advance(60_000);
  };
  await world.settle();
  await world.cycle();
  assert.deepEqual([title(), (await world.people())[0]!.fields["title"]], ["there", "there"]);
  const [conflict] = await world.runs.conflicts({ limit: 10 });
  assert.deepEqual([conflict!.winston, conflict!.record], ["here", "there"]);
  const looks = world.tern.reads.length;
  world.tern.afterRead = () => world.clock.advance(120_000);
  await world.save({ title: "once more" }, (await world.people())[0]!.id);
  await world.settle();
  assert.deepEqual([title(), world.tern.reads.length - looks], ["once more", 3]);
});
