import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../store/sql.ts";
import { WinstonError } from "../base/errors.ts";
import { ann, createTernWorld } from "../../test/support/world.ts";
import { CRASHED } from "./careful.ts";

test("a value that cannot be read parks its record with the field, the rest of it and of the page is kept, and a correction frees it", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", { ...ann, mail: "no address", tel: "kept" });
    tern.add("person", { ...ann, mail: "fine@example.com" });
  });
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  assert.deepEqual(
    (await world.people()).map((one) => [one.fields["email"], one.fields["title"]]),
    [
      [undefined, "kept"],
      ["fine@example.com", "1"],
    ],
  );
  const [parked] = await world.runs.parked({ limit: 10 });
  assert.deepEqual([parked!.subject, parked!.side, parked!.field, parked!.times], [id, "pull", "mail", 1]);
  assert.match(parked!.message, /no address.*\. Correct the value at the vendor/u);
  const loaded = (await world.runs.list({ limit: 20 })).find(
    (run) => run.stream === "person" && run.counts.read === 2,
  )!;
  assert.deepEqual(
    (await world.runs.get(loaded.id)).parked?.map((one) => [one.field, one.count, one.example]),
    [["mail", 1, id]],
  );
  assert.equal(world.tern.writes.length, 0, "the unreadable value is not cleared there");

  world.clock.advance(1_000);
  world.tern.edit("person", id, { mail: "now@example.com" });
  await world.cycle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  assert.equal((await world.people())[0]!.fields["email"], "now@example.com");
});

test("parked records are read again when a person says so, by hundreds", async () => {
  await using world = await createTernWorld((tern) => {
    for (let index = 0; index < 250; index++) tern.add("person", { ...ann, mail: `bad ${index}` });
  });
  const ids = world.tern.living("person").map(([id]) => id);
  world.clock.advance(1_000);
  await world.cycle();
  // Corrected without a new stamp, as an import may do: no pull shows it.
  for (const id of ids.slice(1)) world.tern.people.get(id)!.fields["mail"] = `${id}@example.com`;
  await world.cycle();
  assert.equal((await world.stream("person")).counts.parked, 250);
  const read: string[] = [];
  world.tern.beforeRead = (asked) => void read.push(...asked);
  assert.equal(await world.runs.retryParked({ subject: ids[7]! }), 1);
  await world.settle();
  assert.deepEqual(read, [ids[7]], "one is asked for, and one is read");
  assert.equal((await world.stream("person")).counts.parked, 249);
  assert.equal(await world.runs.retryParked({ stream: "company" }), 0);
  assert.equal(await world.runs.retryParked({ connectionId: world.connection.id }), 249);
  await world.settle();
  assert.deepEqual(
    (await world.runs.parked({ limit: 10 })).map((one) => one.subject),
    [ids[0]],
  );
  const mails = (await world.people()).map((person) => person.fields["email"]);
  assert.deepEqual(mails, [undefined, ...ids.slice(1).map((id) => `${id}@example.com`)]);
});

test("one that cannot be read again stays asked for until it can, and is asked for no longer when it is parked anew", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, mail: "bad" }));
  const [[id]] = world.tern.living("person") as [[string, unknown]];
  let reads = 0;
  world.tern.beforeRead = () => {
    reads += 1;
    if (reads === 1) throw new WinstonError("vendor.unavailable", "Tern does not answer.");
  };
  await world.runs.retryParked({ subject: id });
  await world.settle();
  assert.equal(reads, 2, "the failed run is tried again");
  assert.equal((await world.runs.parked({ limit: 10 }))[0]!.times, 2);
  await world.settle();
  assert.equal(reads, 2);
});

test("a parked record that is read again keeps nobody waiting who waits for nothing but it: its thing is held first, then what is parked", async () => {
  await using world = await createTernWorld((tern) => void tern.add("person", { ...ann, mail: "no address" }));
  const held = Promise.withResolvers<void>();
  let other: Promise<unknown> = Promise.resolve();
  world.tern.afterRead = async () => {
    world.tern.afterRead = undefined;
    other = world.database.transaction(
      async (tx) => {
        await tx.run(sql`select from entity for update`);
        held.resolve();
        for (let waits = 0; waits === 0;) waits = (await tx.rows(sql`select from pg_locks where not granted`)).length;
        await tx.run(sql`select from parked for update nowait`);
      },
      { retries: 0 },
    );
    await held.promise;
  };
  assert.equal(await world.runs.retryParked({}), 1);
  await world.settle();
  assert.equal(world.tern.afterRead, undefined, "it was read again");
  await other;
  assert.equal((await world.runs.parked({ limit: 5 })).length, 1);
});

test("one of which processes died is asked for still where it was read, and what came of that could not be stored", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", { ...ann, mail: "bad" }));
  const [id, row] = world.tern.living("person")[0]!;
  row.fields["mail"] = "good@example.com";
  await world.database.run(sql`update parked set reason = ${CRASHED}`);
  let fails = false;
  const unlucky = await world.another(7, {
    ...world.database,
    transaction: async (body, options) => {
      if (!fails) return world.database.transaction(body, options);
      fails = false;
      throw new Error("deadlock detected");
    },
  });
  world.tern.beforeRead = () => {
    world.tern.beforeRead = undefined;
    fails = true;
  };
  await unlucky.runs.retryParked({ subject: id });
  await unlucky.settle();
  assert.deepEqual([fails, world.tern.beforeRead], [false, undefined]);
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
});

test("where a vendor shows no single record, the stream is read anew", async () => {
  await using world = await createTernWorld((tern) => {
    tern.listsOnly = true;
    tern.add("person", { ...ann, mail: "bad" });
  });
  const [id, row] = world.tern.living("person")[0]!;
  world.clock.advance(1_000);
  await world.cycle();
  row.fields["mail"] = "good@example.com";
  await world.cycle();
  assert.equal((await world.stream("person")).counts.parked, 1, "no stamp moved");
  await world.runs.retryParked({ subject: id });
  await world.settle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
});

test("what a vendor takes nothing for is left out and told, the rest of the record is written, and it is owed until the vendor takes it", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  const there = (): Record<string, unknown>[] => world.tern.living("person").map(([, row]) => row.fields);
  const parked = async () => (await world.runs.parked({ limit: 10 })).map((one) => [one.reason, one.field]);
  world.tern.unwritable = ["tel"];
  world.clock.advance(1_000);
  await world.save({ title: "Boss", lastName: "Lee-Fox" }, person!.id);
  await world.save({ externalId: "new", title: "Clerk", lastName: "New", company: "x" });
  await world.settle();
  assert.deepEqual(
    there().map((one) => [one["last"], one["tel"] ?? null]),
    [
      ["Lee-Fox", "1"],
      ["New", null],
    ],
  );
  assert.deepEqual(await parked(), [
    ["vendor.READ_ONLY", "tel"],
    ["vendor.READ_ONLY", "tel"],
  ]);
  const [told] = await world.runs.parked({ limit: 1 });
  assert.match(told!.message, /^tel "Boss" was left out, and the rest of the record was written\. Tern takes nothing/u);
  await world.cycle();
  await world.cycle();
  const titles = async () => (await world.people()).map((one) => one.fields["title"]);
  assert.deepEqual(await titles(), ["Boss", "Clerk"], "what could not be written is no edit of the vendor's");
  const writes = world.tern.writes.length;
  await world.cycle();
  assert.equal(world.tern.writes.length, writes, "it is not tried for ever");
  // The next edit goes through too.
  await world.save({ lastName: "Fox" }, person!.id);
  await world.settle();
  assert.equal(there()[0]!["last"], "Fox");
  world.tern.unwritable = [];
  await world.runs.retryParked({ stream: "person" });
  await world.settle();
  assert.deepEqual(
    there().map((one) => one["tel"]),
    ["Boss", "Clerk"],
  );
  assert.deepEqual(await parked(), []);
});

test("a parked record that is deleted at the vendor is no longer parked", async () => {
  await using world = await createTernWorld((tern) => {
    tern.add("person", { ...ann, mail: "bad" });
    tern.add("person", { ...ann, last: "nul\u0000" });
    tern.add("person", { ...ann, mail: "bad too" });
  });
  const ids = world.tern.living("person").map(([id]) => id);
  assert.equal((await world.runs.parked({ limit: 10 })).length, 3);
  world.clock.advance(1_000);
  world.tern.remove("person", ids[0]!);
  world.tern.remove("person", ids[1]!);
  await world.cycle();
  assert.deepEqual(
    (await world.runs.parked({ limit: 10 })).map((one) => one.subject),
    [ids[2]],
  );
  world.tern.people.delete(ids[2]!);
  await world.runs.retryParked({});
  await world.settle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), [], "it is not there any more: nothing is left to retry");
});

test("a refused write is tried again when a person says so, and when its record changes", async () => {
  await using world = await createTernWorld();
  const refuse = { refuse: "RULE", field: "last", when: () => true } as const;
  world.tern.faults = [refuse];
  await world.save({ externalId: "1", lastName: "Lee", company: "x" });
  await world.settle();
  await world.cycle();
  assert.equal(world.tern.writes.length, 1, "it is not tried again by itself");
  world.tern.faults = [refuse];
  assert.equal(await world.runs.retryParked({ connectionId: world.connection.id }), 1);
  await world.settle();
  const [parked] = await world.runs.parked({ limit: 10 });
  assert.equal(parked!.times, 1, "it was freed and parked anew");
  await world.save({ externalId: "1", lastName: "Ray" });
  await world.settle();
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);
  assert.equal(world.tern.living("person")[0]![1].fields["last"], "Ray");
});

test("a row that the vendor asks to send later goes through by itself, and is parked only when it never does", async () => {
  await using world = await createTernWorld();
  const busy = { refuse: "ROW_LOCKED", field: "last", when: () => true, kind: "later" } as const;
  world.tern.faults = [busy, busy];
  await world.save({ externalId: "1", lastName: "Patient", company: "x" });
  await world.settle();
  assert.equal(world.tern.living("person").length, 1);
  assert.equal(world.tern.writes.length, 3);
  assert.deepEqual(await world.runs.parked({ limit: 10 }), []);

  world.tern.faults = Array.from({ length: 100 }, () => busy);
  await world.save({ externalId: "2", lastName: "Locked", company: "x" });
  await world.settle();
  const [parked] = await world.runs.parked({ limit: 10 });
  assert.equal(parked!.reason, "vendor.ROW_LOCKED");
  assert.match(parked!.message, /^last "Locked" was not taken\. Tern says: ROW_LOCKED\. Correct/u);
  assert.equal((await world.connections.quiet()).quiet, true);
});

test("rows that wait do so together, each time twice as long and a little more, which is not the same for each stream", async () => {
  await using world = await createTernWorld();
  const busy = { refuse: "ROW_LOCKED", field: "any", when: () => true, kind: "later" } as const;
  world.tern.faults = Array.from({ length: 100 }, () => busy);
  let at = 0;
  world.tern.afterWrite = () => (at = world.clock.now());
  const people = [1, 2].map((index) => ({ externalId: `${index}`, lastName: "Locked", company: "x" }));
  const factors: number[] = [];
  for (const [kind, inputs] of [
    ["person", people],
    ["account", [{ externalId: "3", name: "Locked" }]],
  ] as const) {
    await world.saveAll(kind, inputs);
    for (let tries = 0; tries < 4; tries++) {
      await world.settle(false);
      const waits = await world.database.rows<{ until: number }>(
        sql`select distinct not_before as until from intent where tries = ${tries + 1} and not_before > ${new Date(at)}`,
      );
      assert.equal(waits.length, 1, "one time for all that were refused at once");
      factors.push((waits[0]!.until - at) / 1_000 / 2 ** tries);
      world.clock.advance(waits[0]!.until - world.clock.now());
      await world.engine.tick();
    }
    await world.database.run(sql`delete from intent`);
  }
  for (const factor of factors) assert.ok(factor >= 1 && factor < 1.5, `${factor} times the doubled wait`);
  assert.ok(new Set(factors).size > 6, `${factors.join(", ")} are too much alike`);
});
