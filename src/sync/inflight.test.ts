// What happens while a write is on its way: newer edits here, pulls that see it before its answer is stored, requests that land late.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ann, createTernWorld, type TernWorld } from "../../test/support/world.ts";

const there = (world: TernWorld) => world.tern.living("person")[0]![1];
const run = async (world: TernWorld, lane: "push" | "batch"): Promise<void> => {
  const { id } = await world.stream("person");
  await world.engine.runLane({ streamId: id, lane, trigger: "test", signal: new AbortController().signal });
};

/** While the next write is on its way: an edit here, and a pull that sees the write stamped later than the edit. */
function meanwhile(world: TernWorld, edit: () => Promise<unknown>): void {
  world.tern.afterWrite = async () => {
    world.tern.afterWrite = undefined;
    await edit();
    world.clock.advance(5);
    there(world).changedAt = world.clock.now();
    world.clock.advance(5);
    await run(world, "batch");
  };
}

test("our own update, seen by a pull before its answer is stored, does not beat a newer edit here", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.clock.advance(60_000);
  await world.save({ title: "v1" }, person!.id);
  meanwhile(world, () => world.save({ title: "v2" }, person!.id));
  await world.settle();
  await world.cycle();
  assert.deepEqual([(await world.people())[0]!.fields["title"], there(world).fields["tel"]], ["v2", "v2"]);
  assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
});

test("our own create, met by a pull before its answer is stored, is linked once, its filler is blank, and a newer edit goes out", async () => {
  await using world = await createTernWorld();
  world.clock.advance(60_000);
  const id = await world.save({ lastName: "New", title: "v1", email: "n@example.com" });
  meanwhile(world, () => world.save({ title: "v2" }, id));
  await world.settle();
  await world.cycle();
  assert.equal(world.tern.living("person").length, 1);
  const [person] = await world.people();
  assert.deepEqual(
    [person!.fields["title"], there(world).fields["tel"], person!.fields["company"] ?? null],
    ["v2", "v2", null],
  );
  assert.deepEqual(
    (await world.runs.list({ limit: 50 })).filter((one) => one.state !== "done"),
    [],
  );
});

test("our own create that is answered with there is one already is our own, and a newer edit here goes out", async () => {
  await using world = await createTernWorld();
  world.clock.advance(60_000);
  const id = await world.save({ lastName: "New", title: "v1", email: "n@example.com" });
  world.tern.callsMadeTaken = true;
  world.tern.afterWrite = async () => {
    world.tern.afterWrite = undefined;
    await world.save({ title: "v2" }, id);
    world.clock.advance(5);
    there(world).changedAt = world.clock.now();
  };
  await world.settle();
  await world.cycle();
  const [person] = await world.people();
  assert.deepEqual(
    [person!.fields["title"], there(world).fields["tel"], person!.fields["company"] ?? null],
    ["v2", "v2", null],
  );
  assert.deepEqual([world.tern.living("person").length, await world.runs.conflicts({ limit: 5 })], [1, []]);
});

test("our own create that is answered with there is one already, and is pulled or left by a killed process before it is read, is our own too", async () => {
  for (const killed of [false, true]) {
    await using world = await createTernWorld();
    world.clock.advance(60_000);
    const id = await world.save({ lastName: "New", title: "v1", email: "n@example.com" });
    world.tern.callsMadeTaken = true;
    world.tern.beforeRead = async () => {
      world.tern.beforeRead = undefined;
      await world.save({ title: "v2" }, id);
      world.clock.advance(5);
      there(world).changedAt = world.clock.now();
      if (killed) throw new Error("killed here");
      world.clock.advance(5);
      await run(world, "batch");
    };
    await run(world, "push");
    world.clock.advance(5);
    await run(world, "batch");
    await world.settle();
    await world.cycle();
    const [person] = await world.people();
    assert.deepEqual(
      [person!.fields["title"], there(world).fields["tel"], person!.fields["company"] ?? null],
      ["v2", "v2", null],
    );
    assert.equal(world.tern.living("person").length, 1);
    assert.deepEqual([await world.runs.parked({ limit: 5 }), await world.runs.conflicts({ limit: 5 })], [[], []]);
  }
});

test("a create that lands after it was given up is our own: its filler is blank", async () => {
  await using world = await createTernWorld();
  world.clock.advance(60_000);
  const id = await world.save({ lastName: "New", title: "v1", email: "n@example.com" });
  world.tern.faults = ["unknown-not-done"];
  await run(world, "push");
  world.clock.advance(5);
  world.tern.add("person", { last: "New", tel: "v1", mail: "n@example.com", firm: "[unknown]" }, id);
  world.clock.advance(5);
  await run(world, "batch");
  await world.settle();
  await world.cycle();
  const [person] = await world.people();
  assert.deepEqual([person!.fields["title"], person!.fields["company"] ?? null], ["v1", null]);
  assert.equal(world.tern.living("person").length, 1);
});

test("killed after the write landed, with the vendor's clock ahead: the pull that comes first takes our write for our own", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.clock.advance(60_000);
  await world.save({ title: "v1" }, person!.id);
  world.tern.afterWrite = () => {
    world.tern.afterWrite = undefined;
    there(world).changedAt = world.clock.now() + 30_000;
    throw new Error("killed here");
  };
  await run(world, "push");
  world.clock.advance(5_000);
  await world.save({ title: "v2" }, person!.id);
  world.clock.advance(1_000);
  await run(world, "batch");
  await world.settle();
  await world.cycle();
  assert.deepEqual([(await world.people())[0]!.fields["title"], there(world).fields["tel"]], ["v2", "v2"]);
  assert.deepEqual(await world.runs.conflicts({ limit: 5 }), []);
});

test("an older write that lands after it was given up does not beat the newer one", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.clock.advance(60_000);
  world.tern.faults = ["unknown-not-done"];
  await world.save({ title: "v1" }, person!.id);
  await run(world, "push");
  world.clock.advance(5_000);
  await world.save({ title: "v2" }, person!.id);
  await world.settle();
  world.clock.advance(1_000);
  world.tern.edit("person", world.tern.living("person")[0]![0], { tel: "v1" });
  await world.cycle();
  await world.cycle();
  assert.deepEqual([(await world.people())[0]!.fields["title"], there(world).fields["tel"]], ["v2", "v2"]);
});

test("what stands there after a write whose answer was lost was said after the look before that write, whatever its stamp says", async () => {
  for (const [clock, seen] of [
    ["exact to the second", "when it is settled"],
    ["an hour behind", "when it is settled"],
    ["exact to the second", "by a pull"],
  ] as const) {
    await using world = await createTernWorld((tern) => {
      if (clock === "an hour behind") tern.behindMs = 3_600_000;
      else tern.precisionMs = 1_000;
      tern.add("person", ann);
    });
    const [person] = await world.people();
    const [[record]] = world.tern.living("person") as [[string, unknown]];
    const respelled = (title: string, meanwhile: () => unknown = () => {}): void => {
      world.tern.faults = ["unknown-done"];
      world.tern.afterWrite = async () => {
        world.tern.afterWrite = undefined;
        world.tern.edit("person", record, { tel: title });
        world.clock.advance(5);
        await meanwhile();
      };
    };
    const titles = async () => [(await world.people())[0]!.fields["title"], there(world).fields["tel"]];
    world.clock.advance(60_000 - (world.clock.now() % 1_000) + 209);
    await world.save({ title: "v1" }, person!.id);
    world.clock.advance(100);
    respelled("V1", () => (seen === "by a pull" ? run(world, "batch") : undefined));
    await world.settle();
    assert.deepEqual(await titles(), ["V1", "V1"], clock);
    assert.deepEqual(
      (await world.runs.conflicts({ limit: 5 })).map((one) => [one.winner, one.winston]),
      [["record", "v1"]],
    );
    await world.save({ title: "v2" }, person!.id);
    world.clock.advance(100);
    respelled("V2", () => world.save({ title: "v3" }, person!.id));
    await world.settle();
    assert.deepEqual(await titles(), ["v3", "v3"], `${clock}: an edit made here since is newer`);
  }
});

test("a value corrected while the refusal of the old one is on its way goes out", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.clock.advance(60_000);
  world.tern.faults = [{ refuse: "bad", field: "tel", when: (values) => values["tel"] === "bad" }];
  world.tern.afterWrite = async () => {
    world.tern.afterWrite = undefined;
    await world.save({ title: "good" }, person!.id);
  };
  await world.save({ title: "bad" }, person!.id);
  await world.settle();
  assert.equal(there(world).fields["tel"], "good");
  assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
});

test("a write that is refused because its record ended while it was on its way is not parked: what it became is written", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  const [person] = await world.people();
  world.clock.advance(60_000);
  world.tern.faults = [{ refuse: "record_closed", field: "tel", when: () => true }];
  world.tern.afterWrite = async () => {
    world.tern.afterWrite = undefined;
    world.tern.remove("person", world.tern.living("person")[0]![0]);
    await run(world, "batch");
  };
  await world.save({ title: "v1" }, person!.id);
  await world.settle();
  await world.cycle();
  assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
  assert.deepEqual(
    [world.tern.living("person").map(([, row]) => row.fields["tel"]), (await world.people()).length],
    [["v1"], 1],
  );
});

test("one saved again, with the same values, while its delete is under way lives on both sides", async () => {
  await using world = await createTernWorld();
  const input = { externalId: "L1", lastName: "New", company: "X" };
  const id = await world.save(input);
  await world.settle();
  await world.cycle();
  world.clock.advance(60_000);
  await world.records.remove("person", id, "test");
  world.tern.afterWrite = async () => {
    world.tern.afterWrite = undefined;
    await world.save(input);
  };
  await world.settle();
  await world.cycle();
  assert.deepEqual([(await world.people()).length, world.tern.living("person").length], [1, 1]);
});

test("what an undo takes away at a vendor lives on everywhere else, also where a pull sees it gone before the answer is stored, or the answer never comes", async () => {
  for (const lost of [null, "answer", "request"] as const) {
    await using world = await createTernWorld();
    await world.connect("other");
    await world.save({ lastName: "New", company: "Acme" });
    await world.settle();
    const made = (await world.runs.list({ limit: 50 })).find(
      (one) => one.lane === "push" && one.connection === "tern" && (one.counts.created ?? 0) > 0,
    );
    world.clock.advance(60_000);
    const { id } = await world.plans.undo({ run: made!.id }, "tester");
    await world.plans.settled(id);
    await world.plans.apply(id, {}, "tester");
    if (lost) world.tern.faults = [lost === "answer" ? "unknown-done" : "unknown-not-done"];
    else world.tern.afterWrite = () => run(world, "batch");
    await run(world, "push");
    world.tern.afterWrite = undefined;
    // It was given up, and lands after it was read back.
    if (lost === "request") {
      await run(world, "push");
      world.tern.remove("person", "person_000001");
    }
    world.clock.advance(5_000);
    await run(world, "batch");
    await world.settle();
    await world.cycle();
    assert.deepEqual(
      [(await world.people()).map((one) => one.deletedAt), world.tern.living("person").length],
      [[null], 0],
      String(lost),
    );
    assert.equal(world.other.living("person").length, 1, String(lost));
  }
});

test("one that lives again while its delete is under way is made again, also where a pull sees it gone before the answer is stored", async () => {
  await using world = await createTernWorld();
  const input = { externalId: "L1", lastName: "New", company: "X" };
  const id = await world.save(input);
  await world.settle();
  await world.cycle();
  world.clock.advance(60_000);
  await world.records.remove("person", id, "test");
  world.tern.afterWrite = async () => {
    world.tern.afterWrite = undefined;
    await world.save(input);
    await run(world, "batch");
  };
  await world.settle();
  await world.cycle();
  assert.deepEqual([(await world.people()).length, world.tern.living("person").length], [1, 1]);
});

test("what was here before a vendor is connected arrives there after its first load, and is not doubled where it had it", async () => {
  await using world = await createTernWorld((tern) => tern.add("person", ann));
  await world.save({ externalId: "1", lastName: "Only here", email: "here@example.com", company: "X" });
  await world.settle();
  world.other.add("person", ann);
  await world.connect("other");
  await world.settle();
  const mails = world.other.living("person").map(([, row]) => row.fields["mail"] as string);
  assert.deepEqual(mails.toSorted(), ["ann@example.com", "here@example.com"]);
  assert.equal((await world.people()).length, 2);
});

test("a create that the vendor refused is tried again under a changed mapping", async () => {
  await using world = await createTernWorld();
  world.tern.faults = [{ refuse: "bad_tel", field: "tel", when: (values) => values["tel"] !== undefined }];
  await world.save({ lastName: "New", company: "X", title: "bad" });
  await world.settle();
  assert.equal(world.tern.living("person").length, 0);
  await world.mapAlso("person", [{ field: "title", record: "tel", direction: "in", transform: "text" }]);
  assert.equal(world.tern.living("person").length, 1);
});

test("one organisation is connected once", async () => {
  await using world = await createTernWorld();
  await assert.rejects(world.connect("tern", "write", "second"), /is connected already, as tern/u);
  assert.equal((await world.connections.list()).length, 1);
});

test("a create whose address is taken there by a record nobody here knew yet becomes an update of it; whether one is another that has it, a person is asked", async () => {
  await using world = await createTernWorld((tern) => {
    tern.uniqueMail = true;
    tern.add("person", ann);
  });
  world.clock.advance(1_000);
  const id = world.tern.add("person", { ...ann, mail: "new@example.com", tel: "9" });
  await world.save({ lastName: "Lee", email: "new@example.com", company: "X", externalId: "1" });
  await world.save({ lastName: "Other Ann", email: "ann@example.com", company: "X", externalId: "2" });
  await world.settle();
  const people = await world.people();
  const met = people.find((one) => one.externalId === "1")!;
  assert.equal(met.fields["title"], "9");
  assert.deepEqual(
    (await world.records.get("person", undefined, met.id)).links!.map((link) => link.recordId),
    [id],
  );
  assert.equal(world.tern.living("person").length, 2);
  await world.cycle();
  assert.equal((await world.people()).length, 3);
  assert.deepEqual(
    (await world.duplicates.list({ limit: 5 })).map((pair) => [
      pair.left.fields["lastName"],
      pair.right.fields["lastName"],
    ]),
    [["Lee", "Other Ann"]],
  );
  assert.deepEqual(await world.runs.parked({ limit: 5 }), []);
});
