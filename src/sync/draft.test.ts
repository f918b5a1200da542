import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../base/json.ts";
import type { Fault, Tern } from "../../test/support/tern.ts";
import { createTernWorld } from "../../test/support/world.ts";

/** A world where Tern refuses companies called "Refused", and whose people fall back as `fallback` says when their employer is not there. */
async function worldWith(fallback: unknown, faults: Fault[] = [], tells: Partial<Tern> = {}) {
  const world = await createTernWorld((tern) => {
    Object.assign(tern, tells);
    tern.add("company", { title: "House account" });
  });
  const stream = (await world.connections.streams()).find((one) => one.key === "person")!;
  const { document } = await world.connections.mapping(stream.id);
  const rows = (document["rows"] as JsonObject[]).map((row) =>
    row["field"] === "account" ? { ...row, options: { fallback } as JsonObject } : row,
  );
  await world.connections.putMapping(stream.id, { ...document, rows }, "test");
  await world.settle();
  world.tern.faults = [{ refuse: "NO_SUCH_COMPANY", field: "title", when: (values) => values["title"] === "Refused" }];
  await world.saveAll("account", [{ externalId: "R", name: "Refused" }]);
  await world.settle();
  world.tern.faults = [...faults];
  if (faults.length > 0) world.tern.defaults = { employer: house(world) };
  await world.saveAll("person", [{ externalId: "P", lastName: "Lee", company: "x", account: { externalId: "R" } }]);
  await world.settle();
  const [person] = await world.records.list({ kind: "person", limit: 5 });
  const [account] = await world.records.list({ kind: "account", externalId: "R", limit: 1 });
  return { world, person: person!, account: account!, there: () => world.tern.living("person")[0]?.[1] };
}

const house = (world: Awaited<ReturnType<typeof createTernWorld>>): string =>
  world.tern.living("company").find(([, row]) => row.fields["title"] === "House account")![0];

test("a target that is not there is left out and written later, where nothing else is declared", async () => {
  const { world, person, account, there } = await worldWith("keep");
  await using _ = world;
  assert.equal(there()!.fields["employer"] ?? null, null);
  assert.equal(person.fields["account"], account.id);
  await world.saveAll("account", [{ externalId: "R", name: "Accepted" }]);
  await world.settle();
  const [id] = world.tern.living("company").find(([, row]) => row.fields["title"] === "Accepted")!;
  assert.equal(there()!.fields["employer"], id);
});

test("a declared default stands in at the vendor, and Winston keeps its own value", async () => {
  const { world, person, account, there } = await worldWith({ default: "House account" });
  await using _ = world;
  assert.equal(there()!.fields["employer"], house(world));
  await world.sync(world.connection.id, true);
  const writes = world.tern.writes.length;
  await world.sync(world.connection.id, true);
  assert.equal(world.tern.writes.length, writes, "quiet");
  assert.equal((await world.records.get("person", undefined, person.id)).fields["account"], account.id);
  assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
});

test("a record whose target is not there is parked where a person shall decide; the rest of it is written", async () => {
  const { world, person, there } = await worldWith("park");
  await using _ = world;
  assert.equal(there()!.fields["last"], "Lee");
  const parked = (await world.runs.parked({ limit: 5 })).find((one) => one.subject === person.id);
  assert.deepEqual([parked?.reason, parked?.field], ["reference.unnamed", "account"]);
});

test("what the vendor puts by itself into a reference that our create left out is no edit, also when the answer was lost", async () => {
  for (const faults of [
    [{ refuse: "never", field: "last", when: () => false }],
    ["unknown-done"],
  ] satisfies Fault[][]) {
    const { world, person, account, there } = await worldWith("keep", faults);
    await using _ = world;
    assert.equal(there()!.fields["employer"], house(world), "Tern's own default");
    await world.sync(world.connection.id, true);
    assert.equal((await world.records.get("person", undefined, person.id)).fields["account"], account.id);
    assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
    world.tern.defaults = {};
    await world.saveAll("account", [{ externalId: "R", name: "Accepted" }]);
    await world.settle();
    assert.equal(
      there()!.fields["employer"],
      world.tern.living("company").find(([, row]) => row.fields["title"] === "Accepted")![0],
    );
  }
});

test("what a record that Winston made was given before anybody looked at it is in the ledger and can be had back; what stands here stays", async () => {
  for (const { tellsStamps, afterMs } of [
    { tellsStamps: true, afterMs: 1_000 },
    { tellsStamps: false, afterMs: 16 * 60_000 },
  ]) {
    const { world, person, account, there } = await worldWith("keep", [], { tellsStamps });
    await using _ = world;
    world.clock.advance(afterMs);
    world.tern.edit("person", world.tern.living("person")[0]![0], { employer: house(world) });
    await world.cycle();
    await world.sync(world.connection.id, true);
    const given = (await world.accounts()).find((one) => one.fields["name"] === "House account");
    const ledger = await world.runs.conflicts({ limit: 5 });
    assert.deepEqual(
      ledger.map(({ field, winston, record, winner, rule }) => [field, winston, record, winner, rule]),
      [["account", account.id, given!.id, "winston", "filled"]],
    );
    const ours = async () => (await world.records.get("person", undefined, person.id)).fields["account"];
    assert.deepEqual([await ours(), there()!.fields["employer"]], [account.id, house(world)]);
    await world.conflicts.take([ledger[0]!.id], { choice: { side: "record" } }, "key:ann");
    await world.cycle();
    assert.deepEqual([await ours(), there()!.fields["employer"]], [given!.id, house(world)]);
  }
});

for (const behindMs of [0, 8 * 60_000])
  test(`what a person gave a record that Winston made, before anybody looked at it, is an edit where the vendor tells that a person did, also where its clock is ${behindMs} ms behind`, async () => {
    const { world, person, account, there } = await worldWith("keep", [], {
      tellsStamps: true,
      tellsPeople: true,
      behindMs,
    });
    await using _ = world;
    world.clock.advance(1_000);
    world.tern.edit("person", world.tern.living("person")[0]![0], { employer: house(world) });
    await world.cycle();
    const given = (await world.accounts()).find((one) => one.fields["name"] === "House account")!;
    assert.equal((await world.records.get("person", undefined, person.id)).fields["account"], given.id);
    assert.equal(there()!.fields["employer"], house(world));
    assert.deepEqual(
      (await world.runs.conflicts({ limit: 5 })).map(({ field, winston, winner, rule }) => [
        field,
        winston,
        winner,
        rule,
      ]),
      [["account", account.id, "record", "newest"]],
    );
  });

test("what a person gave a record that Winston made, after it was looked at, is the newer while what stands here is what stood when it was made, also where its clock is behind", async () => {
  for (const meanwhile of [false, true]) {
    const { world, person, account, there } = await worldWith("keep", [], { tellsStamps: true, behindMs: 8 * 60_000 });
    await using _ = world;
    const look = () => world.sync(world.connection.id, true);
    await look();
    if (meanwhile) {
      world.clock.advance(1_000);
      world.tern.faults = [{ refuse: "NO_SUCH_COMPANY", field: "title", when: () => true }];
      await world.saveAll("account", [{ externalId: "S", name: "Refused too" }]);
      await world.saveAll("person", [{ externalId: "P", account: { externalId: "S" } }]);
      await world.settle();
    }
    world.clock.advance(60_000);
    world.tern.edit("person", world.tern.living("person")[0]![0], { employer: house(world) });
    await look();
    const given = (await world.accounts()).find((one) => one.fields["name"] === "House account")!;
    const here = (await world.records.get("person", undefined, person.id)).fields["account"];
    assert.equal(here === given.id, !meanwhile, "changed here since, only the stamps tell");
    assert.equal(there()!.fields["employer"], house(world));
    const ledger = await world.runs.conflicts({ limit: 5 });
    assert.deepEqual(
      ledger.map(({ field, winner, rule }) => [field, winner, rule]),
      [["account", meanwhile ? "winston" : "record", "newest"]],
    );
    if (!meanwhile) assert.equal(ledger[0]!.winston, account.id);
  }
});

test("what a vendor puts by itself into a reference that was nobody's yields to what a person gave elsewhere before, whichever is read first", async () => {
  for (const first of ["tern", "other"]) {
    const world = await createTernWorld((tern, _, other) => {
      for (const one of [tern, other]) one.add("company", { title: "House account" });
      other.add("company", { title: "Given" });
    });
    await using _ = world;
    const other = await world.connect("other");
    await world.settle();
    const companyOf = (tern: Tern, title: string): string =>
      tern.living("company").find(([, row]) => row.fields["title"] === title)![0];
    const record = world.other.add("person", { first: "Bo", last: "Ray", mail: "bo@example.com", firm: "x" });
    world.tern.defaults = { employer: companyOf(world.tern, "House account") };
    let given = false;
    world.tern.faults = [
      {
        refuse: "never",
        field: "last",
        when: () => {
          // While it is on its way there, somebody is given where it came from.
          if (!given) world.other.edit("person", record, { employer: companyOf(world.other, "Given") });
          given = true;
          world.clock.advance(60_000);
          return false;
        },
      },
    ];
    await world.sync(other.id);
    world.clock.advance(60_000);
    for (const id of first === "tern" ? [world.connection.id, other.id] : [other.id, world.connection.id])
      await world.sync(id);
    await world.cycle();
    const [, there] = world.tern.living("person").find(([, row]) => row.fields["last"] === "Ray")!;
    const here = (await world.people()).find(({ fields }) => fields["lastName"] === "Ray")!;
    const account = (await world.accounts()).find(({ id }) => id === here.fields["account"]);
    assert.deepEqual(
      [account?.fields["name"], there.fields["employer"], world.other.people.get(record)!.fields["employer"]],
      ["Given", companyOf(world.tern, "Given"), companyOf(world.other, "Given")],
      `${first} is read first`,
    );
  }
});
